"""Events of Sigma rules: typed values, text that may stand anywhere, and whole filters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.events import solve
from harness.events.asked import Asked, types_of
from harness.events.intent import Intent, intent_of
from harness.events.model import Label, Sample
from tests.support import rule_of, sigma, write_rule

ANY = {"any": ("eql", "any where true", ["sigma"])}


def _intent(folder: Path, detection: str) -> Intent:
    reference = sigma(yaml.safe_load(detection))
    return intent_of(
        rule_of(write_rule(folder / "rule", reference=reference, translations=ANY, kind="event"))
    )


def _samples(intent: Intent, label: Label) -> list[Sample]:
    return [one for one in solve.samples(intent).samples if one.label is label]


def _values(samples: list[Sample], name: str) -> list[Any]:
    return [one.activity.values.get(name) for one in samples]


@pytest.mark.parametrize(
    ("tests", "asked"),
    [
        ("{F: 5}", Asked.NUMBER),
        ("{F: [5, 6]}", Asked.NUMBER),
        ("{F|gt: 5}", Asked.NUMBER),
        ("{F: '5'}", None),
        ("{F: [5, x]}", None),
        ("{F: true}", Asked.BOOLEAN),
        ("{F: 'true'}", None),
        ("{F|cidr: 10.0.0.0/8}", Asked.ADDRESS),
        ("[{F|cidr: 10.0.0.0/8}, {F: '::1'}]", Asked.ADDRESS),
        ("[{F|cidr: 10.0.0.0/8}, {F: '-'}]", None),
        ("[{F|cidr: 10.0.0.0/8}, {F|startswith: '10.'}]", None),
        ("[{F: 5}, {F|fieldref: G}]", None),
        ("[{F: 5}, {F: null}]", Asked.NUMBER),
    ],
)
def test_a_field_has_the_type_that_all_its_tests_ask_for(
    tmp_path: Path, tests: str, asked: Asked | None
) -> None:
    intent = _intent(tmp_path, f"{{selection: {tests}}}")
    assert types_of(intent.predicate).get("F") is asked
    values = [one for one in _values(_samples(intent, Label.MALICIOUS), "F") if one is not None]
    kind = {Asked.NUMBER: int, Asked.BOOLEAN: bool}.get(asked, str) if asked else None
    assert kind is None or {type(one) for one in values} == {kind}


def test_a_keyword_stands_in_the_message(tmp_path: Path) -> None:
    intent = _intent(tmp_path, "{a: {'|all': [dd, if=]}, b: [of=], condition: a and not b}")
    malicious = _values(_samples(intent, Label.MALICIOUS), "Message")
    assert malicious
    assert all("dd" in one and "if=" in one and "of=" not in one for one in malicious)
    benign = _values(_samples(intent, Label.BENIGN), "Message")
    assert any("dd" in one and "if=" in one and "of=" in one for one in benign)


def test_a_filter_of_several_conditions_holds_as_a_whole_once(tmp_path: Path) -> None:
    detection = "{s: {A: x}, f: {B: y, C|contains: z}, condition: s and not f}"
    intent = _intent(tmp_path, detection)
    excluded = [one.activity.values for one in _samples(intent, Label.BENIGN)]
    assert any(one.get("A") == "x" and one.get("B") == "y" for one in excluded)
    near = [one for one in _samples(intent, Label.MALICIOUS) if one.family == "just-not-excluded"]
    assert {(one.activity.values.get("B") == "y") for one in near} == {True, False}
    assert not [gap for gap in solve.samples(intent).gaps if "benign" in gap.what]


def test_an_excluded_field_is_there_with_another_value_and_absent(tmp_path: Path) -> None:
    intent = _intent(tmp_path, "{s: {A: x}, f: {B: y}, condition: s and not f}")
    values = _values(_samples(intent, Label.MALICIOUS), "B")
    assert None in values
    assert any(one not in (None, "y") for one in values)


def test_a_shared_condition_is_turned_in_other_alternatives_too(tmp_path: Path) -> None:
    intent = _intent(tmp_path, "{s: {A: x}, t: [{B: y}, {B: z}], condition: s and t}")
    without = [one for one in _samples(intent, Label.BENIGN) if one.activity.values.get("A") != "x"]
    assert {"y", "z"} <= set(_values(without, "B"))


def test_what_is_searched_for_stands_inside_other_text(tmp_path: Path) -> None:
    intent = _intent(tmp_path, "{selection: {F|re: 'a[0-9]b'}}")
    values = _values(_samples(intent, Label.MALICIOUS), "F")
    assert any(one[0] != "a" and one[-1] != "b" for one in values)
    benign = _values(_samples(intent, Label.BENIGN), "F")
    assert any(isinstance(one, str) and one[0] == "A" and one[-1] == "B" for one in benign)


def test_addresses_beside_and_at_both_ends_of_a_network(tmp_path: Path) -> None:
    intent = _intent(tmp_path, "{selection: {F|cidr: 172.16.0.0/12}}")
    assert set(_values(_samples(intent, Label.MALICIOUS), "F")) == {"172.16.0.1", "172.31.255.254"}
    benign = set(_values(_samples(intent, Label.BENIGN), "F"))
    assert {"172.15.255.255", "172.32.0.0", None} <= benign
