"""The layer is one that the ATT&CK Navigator opens (layer format 4.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.report import navigator

COLOUR = {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "additionalProperties": False,
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
    },
}
LAYER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "versions", "domain", "techniques"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "domain": {"const": "enterprise-attack"},
        "versions": {
            "type": "object",
            "required": ["navigator", "layer"],
            "additionalProperties": False,
            "properties": {
                "attack": {"type": "string", "pattern": "^[0-9]+$"},
                "navigator": {"type": "string"},
                "layer": {"const": "4.5"},
            },
        },
        "sorting": {"enum": [0, 1, 2, 3]},
        "layout": {"type": "object"},
        "hideDisabled": {"type": "boolean"},
        "metadata": PAIRS,
        "gradient": {
            "type": "object",
            "required": ["colors", "minValue", "maxValue"],
            "properties": {"colors": {"type": "array", "minItems": 2, "items": COLOUR}},
        },
        "legendItems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["label", "color"],
                "properties": {"label": {"type": "string"}, "color": COLOUR},
            },
        },
        "techniques": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["techniqueID"],
                "additionalProperties": False,
                "properties": {
                    "techniqueID": {"type": "string", "pattern": "^T[0-9]{4}(\\.[0-9]{3})?$"},
                    "score": {"type": "number", "minimum": 0, "maximum": 100},
                    "comment": {"type": "string"},
                    "enabled": {"type": "boolean"},
                    "metadata": PAIRS,
                    "showSubtechniques": {"type": "boolean"},
                },
            },
        },
    },
}
"""https://github.com/mitre-attack/attack-navigator/blob/master/layers/LAYERFORMATv4_5.md"""


@pytest.mark.parametrize("name", ["hostile", "empty", "interrupted"])
def test_the_layer_is_valid(name: str, request: pytest.FixtureRequest) -> None:
    layer = json.loads(navigator.render(request.getfixturevalue(name)))
    Draft202012Validator(LAYER).validate(layer)


def test_techniques(hostile: dict[str, Any]) -> None:
    layer = json.loads(navigator.render(hostile))
    found = {one["techniqueID"]: one for one in layer["techniques"]}
    assert list(found) == ["T1003", "T1003.001"]
    assert found["T1003"]["score"] == 20, "one of five cells passes"
    assert found["T1003"]["showSubtechniques"]
    assert not found["T1003.001"]["showSubtechniques"]
    assert "1 invalid-query (error)" in found["T1003"]["comment"]
    left_out = next(one["value"] for one in layer["metadata"] if one["name"].startswith("not in"))
    assert left_out == '<script>alert("x")</script>, T9999'


def test_a_technique_of_a_rule_that_was_not_run_has_no_score(hostile: dict[str, Any]) -> None:
    hostile["results"] = []
    layer = json.loads(navigator.render(hostile))
    assert all("score" not in one for one in layer["techniques"])
