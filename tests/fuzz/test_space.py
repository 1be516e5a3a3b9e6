"""What is drawn, and how disagreements are grouped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness import schemas
from harness.checks import Cell
from harness.evaluate.verdicts import read
from harness.events.intent import intent_of
from harness.fuzz import _texts
from harness.fuzz._group import Group, deciding
from harness.fuzz._sides import Side
from harness.fuzz._space import _coherent, space_of
from harness.ir import Atom, Case, Equals, Glob, Wild
from harness.ruleset.model import Translation
from harness.source import Source
from tests.support import KEY_FILE, rule_of

IMPLIED = {"EventID": {"Action": {11: "creation", 23: "deletion"}}}
RULE = rule_of(KEY_FILE)
INTENT = intent_of(RULE)


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({"EventID": 23}, {"EventID": 23, "Action": "deletion"}),
        ({"Action": "deletion"}, {"Action": "deletion"}),  # the number follows from it
        ({"EventID": 5}, {"EventID": 5, "Action": "creation"}),
        ({}, {"EventID": 11, "Action": "creation"}),
    ],
)
def test_values_that_follow_from_others_do(
    changed: Mapping[str, Any], result: Mapping[str, Any]
) -> None:
    assert _coherent(IMPLIED, {"EventID": 11, "Action": "creation"}, changed) == result


def cell(query: str) -> Cell:
    parsed, semantics = read(query, language="kuery", types=dict.fromkeys("abcd", "keyword"))
    return Cell(
        rule=RULE,
        translation=Translation(
            name="q", language="kuery", source=Source(query), schemas=("sigma",)
        ),
        schema=INTENT.schema,
        version="",
        query=parsed,
        error=None,
        semantics=semantics,
        judge=lambda *_: [],
        intent=INTENT,
    )


@pytest.mark.parametrize(
    ("query", "document", "tests"),
    [
        ("a:1 and b:2", {"a": "1", "b": "1"}, {"b:2"}),
        ("a:1 and b:2", {}, {"a:1", "b:2"}),
        # of several branches the one that lacks least
        ("(a:1 and b:2) or (c:3 and d:4)", {"a": "1"}, {"b:2"}),
        ("(a:1 and b:2) or (c:3 and d:4)", {"d": "4"}, {"c:3"}),
        # all that must coincide
        ("a:1 and not (b:2 and c:3)", {"a": "1", "b": "2", "c": "3"}, {"b:2", "c:3"}),
    ],
)
def test_a_group_is_the_tests_that_decide(
    query: str, document: Mapping[str, Any], tests: set[str]
) -> None:
    found = {one.replace(" ", "") for one in deciding(cell(query), document)}
    assert found == tests


def test_a_group_covers_what_differs_in_more() -> None:
    small, large = Group("missed", frozenset("a")), Group("missed", frozenset("ab"))
    nothing = Group("missed", frozenset())
    assert small.covers(large)
    assert small.covers(small)
    assert not large.covers(small)
    assert not nothing.covers(small)
    assert nothing.covers(nothing)
    assert not small.covers(Group("alarm", frozenset("a")))
    assert not small.covers(Group("missed", frozenset("a"), "value-case"))


def side(**more: Any) -> Side:
    schema = schemas.get("sigma")
    fields: dict[str, Any] = {"kind": "network_connection", "read": frozenset({"DestinationIp"})}
    return Side(schema=schema, predicates=(), **{**fields, **more})


def test_an_address_stays_an_address() -> None:
    test = Atom(field="DestinationIp", check=Glob(("10.", Wild.ANY)))
    assert "10.2b0a7e1c" in {one["DestinationIp"] for one in side().ways(test).holding}
    kept = side(addresses=frozenset({"DestinationIp"})).ways(test)
    assert not kept.holding
    exact = Atom(field="DestinationIp", check=Equals("10.0.0.1"))
    near = side(addresses=frozenset({"DestinationIp"})).ways(exact).failing
    assert {"DestinationIp": "10.0.0.2"} in near
    assert {"DestinationIp": "10.0.0.0"} in near


def test_only_the_reference_knows_values_that_no_kind_declares() -> None:
    test = Atom(field="Invented", check=Equals("x"))
    assert not side().ways(test).holding
    assert side(read=frozenset({"Invented"})).ways(test).holding == ({"Invented": "x"},)


def test_texts_for_wildcards_begin_with_what_languages_escape() -> None:
    test = Atom(field="a", check=Glob((Wild.ANY, "\\\\run", Wild.ANY), case=Case.ASCII))
    found = {*_texts.satisfying(test, side()._chance("a"))}
    assert {f"\\{letter}1\\\\run\\{letter}1" for letter in "ntcpuw"} <= found


def test_nothing_to_begin_with_is_an_empty_activity() -> None:
    space = space_of(INTENT, schemas.get("sigma"), [], [])
    assert list(space.bases) == [{}]
