"""Text that nobody meant as PowerShell gives a diagnosis, never another exception."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.errors import Fault
from harness.ir.regexes import RegexError, compile_regex
from harness.ir.values import Case

EVENTS: list[dict[str, Any]] = [
    {"LogName": "Security", "Id": 4624, "Message": "a\r\nb", "Properties": [{"Value": "x"}]},
    {"Id": "7", "Message": ["a", ""], "TimeCreated": "2024-01-01T00:00:00Z", "EventData": {"A": 1}},
    {"Message": None, "Keywords": -1, "Level": 2.5, "UserData": {"A": "v"}},
]
VALID = (
    "Get-WinEvent -LogName Security | Where-Object { $_.Id -eq 4624 -and $_.Message -like '*a*' }",
    "Get-WinEvent -FilterHashtable @{LogName='Security'; Id=1,2; SuppressHashFilter=@{Level=4}}",
    'Get-WinEvent -LogName Security -FilterXPath "*[System[(EventID=1 or band(Keywords,1))]]"',
    "Get-WinEvent -FilterXml '<QueryList><Query Path=\"a\"><Select>*</Select></Query></QueryList>'",
    "$x = 1,2; Get-WinEvent -Log Security -Max 3 | ? Id -in $x | sort Id | select -First 1 Id",
    'Get-WinEvent Security | where { $_.Properties[0].Value.ToLower() -match "^$($_.Id)x" }',
    "Get-WinEvent Security | where { [int]$_.Level -gt 0x1F -xor !($_.Nope -replace 'a','b') }",
)
PIECES = st.sampled_from(
    [
        "$_",
        "$_.Id",
        ".Message",
        "'x'",
        '"y"',
        "-eq",
        "-match",
        "-like",
        "-and",
        "-or",
        "-not",
        "!",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "@(",
        "@{",
        "@'",
        ";",
        "|",
        ",",
        "=",
        ".",
        "`",
        "#",
        "<#",
        "4624",
        "1kb",
        "0xff",
        "$null",
        "$true",
        "Get-WinEvent",
        "-LogName",
        "where",
        "?",
        "select",
        "-First",
        "[int]",
        "[regex]",
        "::",
        "..",
        "+",
        "-",
        "*",
        "%",
        "*[System[EventID=1]]",
        "$(",
        "${",
        '"',
        "'",
        "Security",
        "-FilterXPath",
        "-FilterHashtable",
        "Id",
    ]
)


def _run(query: str) -> None:
    with contextlib.suppress(harness.QuerySyntaxError, harness.Unsupported):
        harness.match(query, language="powershell", events=EVENTS)
        harness.match(query, language="powershell", events=EVENTS, options={"whole_log": True})


@given(st.text(max_size=60))
@settings(max_examples=80, deadline=None)
def test_any_text(text: str) -> None:
    _run(text)


@given(st.lists(PIECES, max_size=14))
@settings(max_examples=100, deadline=None)
def test_any_pieces(pieces: list[str]) -> None:
    _run(" ".join(pieces))
    _run("Get-WinEvent -LogName Security | Where-Object { " + " ".join(pieces) + " }")


@given(st.sampled_from(VALID), st.integers(0, 100), st.integers(0, 3), st.text(max_size=3))
@settings(max_examples=100, deadline=None)
def test_mutated_queries(query: str, at: int, cut: int, inserted: str) -> None:
    _run(query[:at] + inserted + query[at + cut :])


@given(st.text(alphabet="ab(?<>n')[]-^$\\.*+{}1,|:=!iswdpQxk#", max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_pattern(pattern: str) -> None:
    with contextlib.suppress(RegexError, Fault):
        compile_regex(pattern, "dotnet", case=Case.UNICODE).matches("ab\na1")


@pytest.mark.parametrize(
    "query",
    [
        "(" * 3000,
        "{" * 3000,
        "!" * 3000 + "1",
        "@{a=" * 3000,
        "Get-WinEvent Security | ? { " + "(" * 500 + "1" + ")" * 500 + " }",
        "Get-WinEvent Security | ? { " + "1" + " -or 1 -and 1" * 3000 + " }",
        "Get-WinEvent Security | ? { " + "$_.Id" + " + $_.Id" * 4000 + " }",
        "Get-WinEvent Security | ? { $_.Id -in " + "1," * 1500 + "1 }",
        "Get-WinEvent Security | ? { $_" + ".a" * 4000 + " }",
        "Get-WinEvent Security | ? { " + "[int]" * 3000 + "1 }",
        "Get-WinEvent Security -FilterXPath '*" + "[System" * 3000 + "'",
        "Get-WinEvent Security | ? { $_.Message -match '" + "(" * 3000 + "' }",
        "Get-WinEvent Security | ? { ('a' * 9999999) -eq 1 }",
        "Get-WinEvent Security | ? { (1..99999999) -contains 1 }",
        "Get-WinEvent Security" + " | ? Id -eq 1" * 500,
        'Get-WinEvent Security | ? { "' + "$(" * 3000,
    ],
)
def test_deep_or_long_queries(query: str) -> None:
    _run(query)
