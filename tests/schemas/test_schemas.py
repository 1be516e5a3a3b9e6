"""Every schema file is valid, renders what its vendor writes, and can be read backwards."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness import schemas
from harness.errors import InvalidInput
from harness.ir import FieldType
from harness.ir.cells import walk
from harness.schemas import _load
from harness.schemas._base import Field, Shape
from harness.schemas._render import glob

FACTS = tomllib.loads((Path(__file__).parent / "facts.toml").read_text("utf-8"))["fact"]
LABELS = [label for name in schemas.names() for label in schemas.labels(name)]
SHAPES = [(label, kind) for label in LABELS for kind in schemas.get(label).kinds]
VARIANTS = [(n, v) for n in schemas.names() for v in _load.schema_file(n).variants]


@pytest.mark.parametrize(("label", "kind"), SHAPES)
def test_example_is_valid_against_its_own_json_schema(label: str, kind: str) -> None:
    schema = schemas.get(label)
    json_schema = schema.json_schema(kind)
    document = schema.render(kind, schema.kind(kind).example)
    assert document or not schema.kind(kind).values
    _validate(json.dumps(json_schema), json.dumps(document))
    assert json.loads(json.dumps(document)) == document


@cache  # most versions and set-ups of a source record a kind of activity in the same way
def _validate(json_schema: str, document: str) -> None:
    Draft202012Validator.check_schema(json.loads(json_schema))
    Draft202012Validator(json.loads(json_schema)).validate(json.loads(document))


@pytest.mark.parametrize(("label", "kind"), SHAPES)
def test_questions_about_a_shape_agree(label: str, kind: str) -> None:
    schema = schemas.get(label)
    paths = schema.paths(kind)
    assert len(set(paths)) == len(paths)
    assert set(schema.types(kind)) == set(paths)
    assert set(schema.optional(kind)) <= set(paths)
    assert set(schema.provenance(kind)) <= set(paths)
    assert all(schema.reachable(kind, path).how != "never" for path in paths)
    assert all(item.source for item in schema.fields(kind))


@pytest.mark.parametrize("kind", schemas.kinds())
def test_example_activity_is_sound(kind: str) -> None:
    declared = schemas.kind(kind)
    assert declared.problems(declared.example) == []
    smallest = {name: declared.example[name] for name in declared.required}
    assert declared.problems(declared.complete(smallest)) == []


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact['label']}: {fact['because']}")
def test_fact(fact: dict[str, Any]) -> None:
    schema = schemas.get(fact["label"])
    changes = {**fact.get("activity", {}), **dict.fromkeys(fact.get("absent", ()))}
    example = {**schema.kind(fact["kind"]).example, **changes}
    dependent = {"Action", "EventID"} & set(changes)
    if dependent:
        stale = {"EventID", "Action", "Task", "TaskDisplayName", "Version", "Message"} - dependent
        example = {name: value for name, value in example.items() if name not in stale}
    document = schema.render(fact["kind"], example)
    for path, value in fact.get("has", {}).items():
        assert schema.find(document, path) == value
    for path in fact.get("lacks", ()):
        assert schema.find(document, path) is None


def _meaning(items: tuple[Field, ...]) -> list[Any]:
    return [(item.rule, item.json, item.array, item.type) for item in items]


def _differences(base: Shape, other: Shape) -> set[str]:
    paths = {*base.paths, *other.paths}
    return {path for path in paths if _meaning(base.at(path)) != _meaning(other.at(path))}


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_variant_differs_in_the_declared_paths(name: str, variant: str) -> None:
    file = _load.schema_file(name)
    base, other = file.resolve(None, None), file.resolve(None, variant)
    found = False
    for kind in base.kinds:
        different = _differences(base.shapes[kind], other.shapes[kind])
        assert different <= file.declared_difference(variant, kind)
        if "differs" not in file.variants[variant]:
            assert _kept(file, variant, kind) <= different
        found = found or bool(different)
        assert bool(different) == (variant in [item.name for item in base.variants(kind)])
    assert found
    assert schemas.get(other.label) == other


def _kept(file: _load.SchemaFile, variant: str, kind: str) -> set[str]:
    """Return the declared paths, but for those that a later change puts back."""
    if "like" in file.variants[variant]:
        return set()
    base, other = file.resolve(None, None).shapes[kind], file.resolve(None, variant).shapes[kind]
    return {
        path
        for path in file.declared_difference(variant, kind)
        if path in base.paths or path in other.paths
    }


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_differs_names_only_what_differs(name: str, variant: str) -> None:
    file = _load.schema_file(name)
    base, other = file.resolve(None, None), file.resolve(None, variant)
    declared = file.variants[variant].get("differs", ())
    found = set.union(*(_differences(base.shapes[k], other.shapes[k]) for k in base.kinds))
    for pattern in declared:
        assert any(glob(pattern).fullmatch(path) for path in found), pattern


FEW = max(8, settings().max_examples // 8)
"""The properties run for every shape, so that a few examples of each are many in all."""

FOLDERS = st.lists(st.sampled_from(["Windows", "Temp", "a.b", "Ünï", "x y", "ntds"]), max_size=3)
FILES = st.text("abcXYZ019._- *?%", min_size=1, max_size=12).filter(lambda name: name.strip("."))
PATHS = st.builds(lambda folders, name: "\\".join(["C:", *folders, name]), FOLDERS, FILES)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
WORDS = st.one_of(TEXTS, PATHS, FILES, st.sampled_from(["0x3e7", "S-1-5-18", "2024-03-05"]))
NUMBERS = st.integers(-(2**63), 2**63 - 1)


def _wanted(item: Field) -> st.SearchStrategy[Any]:
    if item.json == "number":
        return NUMBERS
    return st.booleans() if item.json == "boolean" else WORDS


@settings(max_examples=FEW)
@given(data=st.data())
@pytest.mark.parametrize(
    "label", dict.fromkeys(label for label, kind in SHAPES if schemas.get(label).paths(kind))
)
def test_an_inverse_holds_what_was_wanted(label: str, data: st.DataObject) -> None:
    schema = schemas.get(label)
    kind = data.draw(st.sampled_from([one for one in schema.kinds if schema.paths(one)]))
    path = data.draw(st.sampled_from(schema.paths(kind)))
    item = data.draw(st.sampled_from(schema.shapes[kind].at(path)))
    reach = schema.reachable(kind, path)
    leaves = [leaf for value in reach.values for _, leaf in walk({"x": value})]
    strategy = st.sampled_from(leaves) if leaves else _wanted(item)
    value = data.draw(strategy)
    inverse = schema.inverse(kind, path, value)
    assert bool(inverse) != bool(inverse.reason)
    for activity in inverse.activities:
        assert set(activity) <= set(schema.kind(kind).values)
        held = schema.find(schema.render(kind, activity), path)
        assert value in held if isinstance(held, list) else held == value
    if reach.how in ("constant", "listed"):
        assert inverse


@settings(max_examples=FEW)
@given(data=st.data())
@pytest.mark.parametrize("label", LABELS)
def test_what_is_rendered_can_be_inverted(label: str, data: st.DataObject) -> None:
    schema = schemas.get(label)
    kind = data.draw(st.sampled_from(schema.kinds))
    activity = data.draw(_activities(schema.kind(kind)))
    document = schema.render(kind, activity)
    Draft202012Validator(schema.json_schema(kind)).validate(document)
    for path in schema.paths(kind):
        held = schema.find(document, path)
        if held is not None and schema.reachable(kind, path).how != "derived":
            assert schema.inverse(kind, path, held), (path, held)


def _activities(kind: schemas.Kind) -> st.SearchStrategy[dict[str, Any]]:
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for name, value in kind.values.items():
        if value.allowed:
            drawn[name] = st.sampled_from(value.allowed)
        elif "Filename" in name or "Image" in name:
            drawn[name] = PATHS
        elif value.type == "integer" and name != "EventID":
            drawn[name] = st.integers(0, 2**31)
        elif name in ("User", "Computer", "ComputerId", "SubjectUserName", "MasterKeyId"):
            drawn[name] = st.text("abcXYZ019-$", min_size=1, max_size=8)
        else:
            drawn[name] = st.just(value.example)
    required = {name: drawn[name] for name in kind.required}
    optional = {name: each for name, each in drawn.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def test_a_value_can_have_several_causes() -> None:
    found = schemas.get("elastic_defend").inverse("file_event", "event.type", "change")
    assert [item["Action"] for item in found.activities] == ["modification", "rename"]


def test_an_inverse_brings_what_follows_from_it() -> None:
    winlogbeat = schemas.get("winlogbeat")
    assert winlogbeat.invert("file_event", "winlog.event_id", "23") == {
        "EventID": 23,
        "Action": "deletion",
    }
    assert winlogbeat.invert("file_event", "winlog.event_id", 23) is not None
    found = schemas.get("elastic_defend").invert("file_event", "file.Ext.original.name", "a.tmp")
    assert found == {"Action": "rename", "PreviousFilename": "C:\\Windows\\Temp\\a.tmp"}


def test_a_base_name_holds_no_separator() -> None:
    defend = schemas.get("elastic_defend")
    assert defend.invert("file_event", "file.name", "a.pfx") == {
        "TargetFilename": "C:\\Windows\\Temp\\a.pfx"
    }
    assert defend.invert("file_event", "file.name", "b\\a.pfx") is None


def test_the_reason_for_no_inverse_is_told() -> None:
    winlogbeat = schemas.get("winlogbeat")
    reasons = {
        ("event.kind", "alert"): "event.kind is always 'event' in winlogbeat",
        ("event.type", "info"): "event.type is one of ['change'], ['creation'], ['access'], "
        "['deletion'] in winlogbeat",
        ("no.such.path", "x"): "winlogbeat has no path 'no.such.path' in a file_event",
    }
    for (path, value), reason in reasons.items():
        assert winlogbeat.inverse("file_event", path, value).reason == reason
    assert winlogbeat.reachable("file_event", "no.such.path").how == "never"
    assert winlogbeat.reachable("file_event", "event.kind").values == ("event",)
    assert winlogbeat.inverse("file_event", "event.kind", "event").activities == ({},)


def test_undeclared_values_go_where_the_stream_keeps_them() -> None:
    places = {
        "winlogbeat": "winlog.event_data.AccessMask",
        "windows_event_raw": "Event.EventData.AccessMask",
        "splunk_wineventlog": "AccessMask",
        "graylog": "winlogbeat_winlog_event_data_AccessMask",
        "graylog:unprefixed": "winlog_event_data_AccessMask",
        "graylog:nxlog_gelf": "AccessMask",
        "logpoint": "access_mask",
        "powershell_event": "EventData.AccessMask",
        "sigma": "AccessMask",
    }
    for label, path in places.items():
        schema = schemas.get(label)
        document = schema.render("windows_security", {"EventID": 4662, "AccessMask": "0x100"})
        assert schema.find(document, path) == "0x100"
        assert schema.invert("windows_security", path, "0x100") == {"AccessMask": "0x100"}
        Draft202012Validator(schema.json_schema("windows_security")).validate(document)


def test_text_line_begins_with_the_event_id_and_stays_one_line() -> None:
    schema = schemas.get("text_line")
    example = schema.kind("windows_security").example
    line = schema.render("windows_security", {**example, "Message": "a\r\nb\tc", "Extra": "1"})
    columns = line["_raw"].split("\t")
    assert columns[:4] == ["4692", "Security", "DC01.contoso.example", example["Provider_Name"]]
    assert columns[-2:] == ["a\\r\\nb\\tc", "Extra=1"]
    absent = schema.render("windows_security", {"EventID": 4624, "Message": None})
    assert absent["_raw"].split("\t")[2] == "-"


def test_xml_text_is_escaped() -> None:
    schema = schemas.get("powershell_event")
    document = schema.render("windows_security", {"EventID": 4692, "SubjectUserName": "a<b>&c"})
    assert "<Data Name='SubjectUserName'>a&lt;b&gt;&amp;c</Data>" in document["Xml"]
    assert document["Properties"][:2] == [{"Value": None}, {"Value": "a<b>&c"}]


def test_what_a_stream_does_not_report() -> None:
    example = {**schemas.kind("file_event").example, "Action": "rename"}
    assert "renames" in schemas.get("winlogbeat").unrecorded("file_event", example)
    assert schemas.get("elastic_defend").unrecorded("file_event", example) == ""


def test_types_are_index_types() -> None:
    types = schemas.get("elastic_defend").types("file_event")
    assert types["process.pid"] == FieldType(name="long")
    assert types["file.name"] == FieldType(name="keyword", settings={"ignore_above": 1024})
    assert types["file.path"].settings["fields"]["caseless"]["normalizer"] == "lowercase"
    assert schemas.get("graylog").types("windows_security")["message"].name == "text"


@pytest.mark.parametrize(
    ("label", "code", "hint"),
    [
        ("winlogbeet", "unknown-schema", "'winlogbeat'"),
        ("winlogbeat@6.8", "unknown-version", "7.0"),
        ("winlogbeat:forwrded", "unknown-variant", "'forwarded'"),
        ("winlogbeat@7.0:raw", "unknown-variant", ""),
        ("winlogbeat@8.9:numeric_event_id", "unknown-variant", ""),
        ("", "unknown-schema", "known"),
    ],
)
def test_unknown_names_are_told(label: str, code: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        schemas.get(label)
    assert caught.value.diagnostics[0].code == code
    assert hint in caught.value.diagnostics[0].hint


def test_unknown_kinds_are_told() -> None:
    with pytest.raises(InvalidInput, match="file_evnt"):
        schemas.get("winlogbeat").render("file_evnt", {})
    with pytest.raises(InvalidInput, match="no kind"):
        schemas.kind("file_evnt")


def test_versions_stand_for_the_shape_that_they_have() -> None:
    assert schemas.get("winlogbeat", "7.17.1").version == "7.13.1"
    assert schemas.get("winlogbeat@8.9.0").version == "8.9"
    assert schemas.get("winlogbeat@8.8", variant="forwarded").label == "winlogbeat@8.0:forwarded"
    assert schemas.get("winlogbeat:numeric_event_id").version == "7.12"


BROKEN = """\
name: broken
title: Broken
store: elasticsearch
shape: nested
languages: [eql]
evidence: {E1: somewhere}
versions: ["1.0"]
kinds:
  file_event:
    fields:
      - {path: a, from: TargetFile, source: [E1]}
      - {path: b, from: Image, as: basenam, source: [E2]}
      - {path: c, from: Image, as: {lower: 1}, since: "2.0", source: [E1]}
variants:
  old: {title: Old, source: [E1], changes: [{drop: [z.*]}]}
"""


def test_a_broken_file_is_told_all_at_once_with_places() -> None:
    with pytest.raises(InvalidInput) as caught:
        _load.read_schema(BROKEN, "broken.yml")
    found = [(item.place, item.message) for item in caught.value.diagnostics]
    assert found == [
        ("broken.yml:11:9", "the kind has no value 'TargetFile'"),
        ("broken.yml:12:9", "there is no transform 'basenam'"),
        ("broken.yml:12:9", "there is no evidence 'E2'"),
        ("broken.yml:13:9", "the transform 'lower' takes no argument"),
        ("broken.yml:13:55", "since '2.0' is not one of the versions of this file"),
        ("broken.yml:15:45", "no path of this file is like 'z.*'"),
    ]


def test_a_file_of_the_wrong_form_is_told_with_places() -> None:
    text = BROKEN.replace("shape: nested", "shape: nest").replace("from: TargetFile, ", "")
    with pytest.raises(InvalidInput) as caught:
        _load.read_schema(text, "broken.yml")
    places = {item.place for item in caught.value.diagnostics}
    assert {"broken.yml:4:8", "broken.yml:11:9"} <= places
    with pytest.raises(InvalidInput, match=r"twice\.yml:2:1"):
        _load.read_schema("name: a\nname: b\n", "twice.yml")


def test_an_activity_at_odds_with_itself_is_told() -> None:
    kind = schemas.kind("file_event")
    wrong = {**kind.example, "EventID": 23, "FileSize": "big", "OS": "beos"}
    del wrong["Computer"]
    assert {item.code for item in kind.problems(wrong)} == {
        "missing-value",
        "value-type",
        "value-not-allowed",
        "values-disagree",
    }
