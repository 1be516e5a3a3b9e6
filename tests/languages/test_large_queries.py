"""Queries of the size that converters emit are read; limits are Unsupported, not syntax errors."""

from __future__ import annotations

import pytest

import harness

HASHES = [f"{number:064x}" for number in range(3000)]
LISTED = ", ".join(f'"*SHA256={one}*"' for one in HASHES)
WHERE = "Get-WinEvent -LogName Security | Where-Object {{ {} }}"


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("spl", " OR ".join(f'h="*SHA256={one}*"' for one in HASHES)),
        ("spl", f"h IN ({LISTED})"),
        ("logpoint", f"h IN [{LISTED}]"),
    ],
    ids=("spl-or", "spl-in", "logpoint-in"),
)
def test_thousands_of_values(language: str, query: str) -> None:
    events = [{"h": f"SHA256={HASHES[-1].upper()},X"}, {"h": "SHA256=0"}]
    assert harness.match(query, language=language, events=events) == [True, False]


def test_a_long_list_in_powershell() -> None:
    listed = ",".join(f"'{one}'" for one in HASHES)
    events = [{"Message": HASHES[-1]}, {"Message": "x"}]
    for test in (f"$_.Message -in {listed}", f"({listed}).Contains($_.Message)"):
        found = harness.match(WHERE.format(test), language="powershell", events=events)
        assert found == [True, False]


@pytest.mark.parametrize("language", ["spl", "logpoint"])
def test_nesting(language: str) -> None:
    found = harness.match("(" * 55 + "a=1" + ")" * 55, language=language, events=[{"a": 1}])
    assert found == [True]
    with pytest.raises(harness.Unsupported):
        harness.match("(" * 500 + "a=1" + ")" * 500, language=language, events=[{}])


def test_nesting_in_powershell() -> None:
    query = WHERE.format("(" * 60 + "$_.Id -eq 1" + ")" * 60)
    assert harness.match(query, language="powershell", events=[{"Id": 1}]) == [True]
    deep = WHERE.format("!(" * 500 + "$_.Id -eq 1" + ")" * 500)
    with pytest.raises(harness.Unsupported):
        harness.match(deep, language="powershell", events=[{}])
