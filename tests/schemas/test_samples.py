"""Real documents agree with their schemas, but for the deviations listed in samples.toml."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness import schemas
from harness.schemas._rules import From

SAMPLES = Path(__file__).parents[3] / "shared" / "vendors" / "samples"
CASES = tomllib.loads((Path(__file__).parent / "samples.toml").read_text("utf-8"))["sample"]


def _name(case: dict[str, Any]) -> str:
    return f"{case['schema']}-{case['file']}-{case.get('pick', 'all')}"


def _documents(case: dict[str, Any]) -> list[Any]:
    if not (SAMPLES / case["file"]).is_file():
        pytest.skip("the shared vendor samples are not beside this checkout")
    items = json.loads((SAMPLES / case["file"]).read_text("utf-8"))
    found = [items[index][case.get("key", "doc")] for index in case.get("pick", range(len(items)))]
    return [_unwrapped(item) for item in found] if case.get("unwrap") else found


def _unwrapped(node: Any) -> Any:
    """Take the list of one off every leaf, but for event.category, which is a list in an index."""
    if isinstance(node, dict):
        return {k: v if k == "category" else _unwrapped(v) for k, v in node.items()}
    return node[0] if isinstance(node, list) and len(node) == 1 else node


def _activity(schema: schemas.Schema, kind: str, document: Any) -> dict[str, Any]:
    """Read an activity off a document: each value from the path that changes it least."""
    found: dict[str, Any] = {}
    for item in sorted(schema.fields(kind), key=lambda item: len(item.rule.steps)):
        held = schema.find(document, item.path)
        name = item.rule.origin.name if isinstance(item.rule.origin, From) else None
        if held is None or name is None or name in found:
            continue
        for activity in schema.inverse(kind, item.path, held).activities:
            if activity.get(name) is not None:
                found[name] = activity[name]
                break
    return found


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_form_agrees(case: dict[str, Any]) -> None:
    schema = schemas.get(case["schema"])
    found = schemas.check(schema, case["kind"], _documents(case))
    assert {item.message.split()[0] for item in found} == set(case.get("form", {}))


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_values_can_be_rebuilt(case: dict[str, Any]) -> None:
    schema, kind = schemas.get(case["schema"]), case["kind"]
    wrong = set()
    for document in _documents(case):
        rendered = schema.render(kind, _activity(schema, kind, document))
        for path in schema.paths(kind):
            held, made = schema.find(document, path), schema.find(rendered, path)
            if held is not None and made is not None and held != made:
                wrong.add(path)
    assert wrong == set(case.get("value", {}))


def test_check_finds_what_is_wrong() -> None:
    schema = schemas.get("winlogbeat")
    document = schema.render("file_event", schema.kind("file_event").example)
    assert schemas.check(schema, "file_event", [document]) == []
    document["event"]["type"] = "creation"
    document["winlog"]["event_id"] = 11
    document["event"]["kind"] = "alert"
    del document["file"]["path"]
    document["extra"] = {"a": 1}
    codes = {item.code for item in schemas.check(schema, "file_event", [document])}
    assert codes == {"list-or-single", "json-type", "constant", "path-absent"}
    noted = schemas.check(schema, "file_event", [document], undeclared=True)
    assert [item.message for item in noted if item.code == "undeclared-path"] == [
        "extra.a is not in the schema"
    ]
