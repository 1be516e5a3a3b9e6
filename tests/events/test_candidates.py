"""Values that pass a check, and values that just miss one."""

from __future__ import annotations

import ipaddress
import random
import re
import time
import warnings
from typing import Any

import pytest

from harness.events import _from_regex, candidates
from harness.ir import (
    Atom,
    Case,
    Equals,
    Glob,
    InNetwork,
    Matches,
    OneOfChars,
    Order,
    Ordered,
    Wild,
    Within,
)

ANY, ONE = Wild.ANY, Wild.ONE


def _passing(check: Any) -> list[Any]:
    chance = random.Random(1)  # noqa: S311 - reproducible data
    return list(candidates.passing(Atom(field="f", check=check), chance))


@pytest.mark.parametrize(
    "check",
    [
        Equals("abc"),
        Equals(4692),
        Equals("ABC", Case.ASCII),
        Glob(("ntds_", ANY, ".pfx")),
        Glob((ANY, "\\lsass.exe"), Case.UNICODE),
        Glob(("a", ONE, "c", ANY)),
        Glob((OneOfChars((("a", "c"), ("0", "9"))), "x")),
        Glob((ANY,)),
        Glob(()),
        Matches("^[0-9]{4}-x+$", "pcre"),
        Matches("(foo|bar)baz", "python"),
        Ordered(Order.GREATER, 10),
        Ordered(Order.AT_LEAST, 10),
        Ordered(Order.LESS, 10),
        Ordered(Order.AT_MOST, 1.5),
        Within(3, 5),
        Within(3, 5, include_low=False, include_high=False),
        Within(None, 5),
        Within(3, None, include_low=False),
    ],
    ids=lambda check: check.describe(),
)
def test_some_value_passes(check: Any) -> None:
    """The builder verifies each value; at least one of a plain check must be right."""
    assert any(check.accepts(value) for value in _passing(check))


@pytest.mark.parametrize(
    "check",
    [Equals("abc"), Glob(("a", ANY, "b", ONE)), Glob((OneOfChars((("k", "m"),)), ANY))],
    ids=lambda check: check.describe(),
)
def test_every_value_of_an_exact_check_passes(check: Any) -> None:
    values = _passing(check)
    assert values
    assert all(check.accepts(value) for value in values)


def test_wildcards_are_filled_in_several_ways() -> None:
    """Empty, a blank, dots, letters beyond ASCII, and a digit stand for a wildcard."""
    values = _passing(Glob(("x", ANY, "y")))
    assert {"xy", "x1y", "xreport 01y", "xÜnïcodey"} <= set(values)


@pytest.mark.parametrize("block", ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128"])
def test_addresses_lie_in_their_network(block: str) -> None:
    network = ipaddress.ip_network(block)
    found = [ipaddress.ip_address(one) for one in _passing(InNetwork(network))]
    assert len(found) == (1 if network.num_addresses == 1 else 2)
    assert all(one in network for one in found)


@pytest.mark.parametrize("pattern", ["(", "(?<x>a)(?P=y)", "[z-a]", "(?R)"])
def test_a_pattern_that_cannot_be_built_from_gives_nothing(pattern: str) -> None:
    assert _passing(Matches(pattern, "pcre")) == []


@pytest.mark.parametrize("bound", ["2024-01-01", True, None])
def test_bounds_that_are_no_numbers_give_nothing(bound: Any) -> None:
    assert _passing(Ordered(Order.LESS, bound)) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            4692,
            {
                "digit-added": 46920,
                "digit-before": 14692,
                "neighbour": 4693,
                "neighbour-below": 4691,
            },
        ),
        (-5, {"digit-added": -50, "digit-before": 15, "neighbour": -4, "neighbour-below": -6}),
        (True, {"opposite": False}),
        (
            "4692",
            {
                "digit-added": "46920",
                "digit-before": "14692",
                "neighbour": "4693",
                "suffix-added": "4692.bak",
                "prefix-added": "x4692",
                "cut-short": "469",
                "wildcard-as-text": "46*2",
                "one-character-changed": "46q2",
                "other-value": "unrelated",
            },
        ),
        (
            "key_1.pfx",
            {
                "suffix-added": "key_1.pfx.bak",
                "prefix-added": "xkey_1.pfx",
                "cut-short": "key_1.pf",
                "inner-text-added": "key_1_old.pfx",
                "other-ending": "key_1.txt",
                "wildcard-as-text": "key_*.pfx",
                "wildcard-as-one-character": "keyx1.pfx",
                "wildcard-as-any-text": "keyxyz1.pfx",
                "one-character-changed": "key_q.pfx",
                "other-value": "unrelated",
            },
        ),
        (
            "q",
            {
                "suffix-added": "q.bak",
                "prefix-added": "xq",
                "cut-short": "",
                "wildcard-as-text": "*",
                "one-character-changed": "z",
                "other-value": "unrelated",
            },
        ),
        ("", {}),
        (None, {}),
        (1.5, {}),
        ([1], {}),
    ],
    ids=repr,
)
def test_near_values(value: Any, expected: dict[str, Any]) -> None:
    found = list(candidates.near(value))
    assert dict(found) == expected
    assert len(found) == len(expected), "each family occurs once"
    assert all(near != value for near in expected.values())


def test_near_a_text_of_superscripts() -> None:
    """``isdigit`` holds for digits that are no decimal numbers."""
    assert dict(candidates.near("²"))["suffix-added"] == "².bak"


@pytest.mark.parametrize(
    "value", ["9" * 5000, 10**5000, -(10**5000)], ids=["text", "number", "negative"]
)
def test_near_a_number_that_is_too_long_to_write(value: Any) -> None:
    """Python refuses to convert such numbers; the value comes from the rule."""
    assert "neighbour" not in dict(candidates.near(value))


PATTERNS = (
    r"^[0-9]{4}-x+$",
    r"(foo|bar)baz",
    r"(?i)\\(?:cmd|pwsh)\.exe$",
    r"[^a]b",
    r"(a|b)\1{2,}",
    r"(?=foo)foo",
    r"[\s\S]+\d\D\w\W",
    r"(?>a)b",
    r"[[a]",
    r"x*?y",
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_drawn_from_a_pattern_match_it(pattern: str) -> None:
    chance = random.Random(3)  # noqa: S311 - reproducible data
    texts = [_from_regex.draw(pattern, chance) for _ in range(20)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert any(text is not None and re.search(pattern, text) for text in texts)


@pytest.mark.parametrize(
    "pattern",
    [
        "((a{1000}){1000}){1000}",
        "a{100000000}",
        "(){100000000}",
        "a{99999999999999999999}",
        "(" * 5000,
        "[^\\s\\S]",
    ],
    ids=lambda pattern: pattern[:24],
)
def test_a_hostile_pattern_gives_nothing_and_takes_no_time(pattern: str) -> None:
    started = time.process_time()
    assert _from_regex.draw(pattern, random.Random(1)) is None  # noqa: S311 - reproducible data
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("pieces", "value", "expected"),
    [
        (
            ("key_", ANY, ".pfx"),
            "key_1.pfx",
            {"keq_1.pfx", "1.pfx", "ey_1.pfx", "key1.pfx"}
            | {"key_1.pqx", "key_1", "key_1pfx", "key_1.pf"},
        ),
        ((ANY, "B", ANY), "abc", {"aqc", "ac"}),
        ((ANY, "x"), "abc", set()),
        ((ANY,), "abc", set()),
    ],
    ids=["literals", "inner", "ending", "any"],
)
def test_spoiled_values(pieces: tuple[Any, ...], value: str, expected: set[str]) -> None:
    found = {text for _, text in candidates.spoiled(Glob(pieces, Case.ASCII), value)}
    assert found == expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([("a", ANY), (ANY, "z")], "az"),
        ([("a", ANY), ("ab", ANY)], "ab"),
        ([(ANY, "m", ANY), (ANY, "n", ANY)], "mn"),
        ([(ANY, "grep", ANY), (ANY, "password", ANY)], "grep password"),
        ([(ANY, "\\Temp\\", ANY), (ANY, ".exe", ANY)], "\\Temp\\.exe"),
        ([("a", ANY, "m", ANY), (ANY, "n", ANY), (ANY, "z")], "amnz"),
    ],
    ids=str,
)
def test_one_text_for_several_patterns(patterns: list[tuple[Any, ...]], expected: str) -> None:
    atoms = [Atom(field="f", check=Glob(pieces)) for pieces in patterns]
    chance = random.Random(0)  # noqa: S311 - reproducible data
    found = list(candidates.together(atoms, chance))
    assert expected in found
    assert any(all(atom.check.accepts(text) for atom in atoms) for text in found)
    assert list(candidates.together(atoms[:1], chance)) == []
