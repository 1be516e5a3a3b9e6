"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read

EVENTS: list[dict[str, Any]] = [
    {},
    {"process_name": "c:\\ps\\PowerShell.exe", "cmdline": 'a "b" /c x.dll', "port": 443},
    {"path": "c:\\windows\\a.exe", "domain": "www.example.com", "ok": True, "ip": "10.0.0.1"},
    {"path": ["c:\\a b\\c", ""], "domain": None, "process_cmdline": "", "port": "7.5"},
]
QUERIES = [
    r"process_name:\\powershell.exe (process_cmdline:a\ b* OR -path:c\:\\windows\\*) NOT ok:true",
    r'path:"a b\c" -(cmdline:"\"b\"" or cmdline:.dll) and domain:.com. or domain:example.com',
    "port:[1 TO *] AND ip:10.0.0.0\\/8 && !port:{5 TO 9} || domain:(a OR b)",
    r"path:windows\* process_name:p?w*.exe port:443 path:*",
    r"powershell -cmdline:\-enc c:\program\ files\ \(x86\)\a",
]
WORDS = [" AND ", " OR ", " NOT ", " or ", "-", "[1 TO 2]", "path:", "cmdline:", "domain:", "&&"]
PIECES = [*'|()"\\[]{}:*?-+!/^~. 1aé', *WORDS]
PRODUCTS = ("cloud-investigate", "cloud-forwarder", "edr")


def _judge(text: str, product: str) -> None:
    options = {"product": product}
    try:
        query, semantics = read(text, language="carbonblack", events=EVENTS, options=options)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    assert fast == [oracle.evaluate(query.predicate, event, semantics) for event in EVENTS]


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.sampled_from(PRODUCTS),
)
def test_any_text_is_read_or_refused(text: str, product: str) -> None:
    _judge(text, product)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(PRODUCTS))
def test_damaged_queries_are_read_or_refused(data: st.DataObject, product: str) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    _judge(text, product)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "-" * 5000 + "path:a",
        "!" * 5000 + "path:a",
        "path:(" * 5000,
        "(path:a OR path:b path:c " * 50 + ")" * 50,
        "path:a OR path:b path:c " * 60,
        "process_name:" + "a*" * 3000,
        "cmdline:" + "a?" * 3000,
        "path:" + "\\" * 5001,
        'cmdline:"' + "a " * 5000 + '"',
        "domain:" + "." * 5000,
    ],
    ids=range(11),
)
def test_excessive_queries_are_bounded(text: str, product: str) -> None:
    _judge(text, product)
