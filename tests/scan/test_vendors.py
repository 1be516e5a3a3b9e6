"""Records of products that a schema describes: what they are known as, and read as."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import schemas
from harness.evaluate.columns import MISSING
from harness.ir import Lookup
from harness.telemetry.formats import Batch
from harness.telemetry.streams import Table, tables
from harness.telemetry.vendors import Backwards, vendors
from tests.scan.support import hits, scan, write_events, write_sigma

Json = dict[str, Any]
SAMPLES = Path(__file__).parents[3] / "shared" / "vendors" / "samples"


def _sorted(events: Sequence[Json]) -> tuple[list[Table], list[int]]:
    batch = Batch.of(list(events), frozenset(), range(len(events)), len(events))
    found, unknown = tables(batch)
    return found, unknown.tolist()


def _read(table: Table) -> list[dict[str, Any]]:
    assert isinstance(table.reading, Backwards)
    events = table.read().events
    return [
        {name: event[name] for name in table.reading.recipes if name in event} for event in events
    ]


def _known_as(events: Sequence[Json]) -> list[set[str]]:
    found: list[set[str]] = [set() for _ in events]
    for table in _sorted(events)[0]:
        for row in table.rows.tolist():
            found[row] |= {str(one.source) for one in table.members}
    return found


REAL = {
    "defender_tables_raw/DeviceEvents": ["windows"] * 3,
    "defender_tables_raw/DeviceFileEvents": ["windows/file_event", "windows/file_delete"],
    "defender_tables_raw/DeviceImageLoadEvents": ["windows/image_load"],
    "defender_tables_raw/DeviceLogonEvents": ["windows", "linux macos"],
    "defender_tables_raw/DeviceNetworkEvents": ["windows/network_connection"] * 4,
    "defender_tables_raw/DeviceProcessEvents": [
        "windows/process_creation",
        *["linux/process_creation macos/process_creation"] * 3,
    ],
    "defender_tables_raw/DeviceRegistryEvents": [
        "windows/registry_event windows/registry_set",
        "windows/registry_delete windows/registry_event",
    ],
    "crowdstrike_raw/dns": ["windows/dns_query"] * 2,
    "crowdstrike_raw/file_create": ["windows/file_event", "windows/file_event", "windows"],
    "crowdstrike_raw/image_load": ["windows/image_load"],
    "crowdstrike_raw/network": ["windows/network_connection"] * 2,
    "crowdstrike_raw/process_start": [
        *["windows/process_creation"] * 4,
        "macos/process_creation",
    ],
    "crowdstrike_raw/registry_set": ["windows/registry_event windows/registry_set"] * 2,
    "sentinelone_raw/dns": ["windows/dns_query", "macos/dns_query"],
    "sentinelone_raw/file_create": ["windows/file_event"],
    "sentinelone_raw/file_delete": ["windows/file_delete"],
    "sentinelone_raw/file_rename": ["windows/file_rename", "linux/file_rename"],
    "sentinelone_raw/logon": ["windows"] * 2,
    "sentinelone_raw/network": ["windows/network_connection"] * 2,
    "sentinelone_raw/process_start": [
        "windows/process_creation",
        "macos/process_creation",
        "linux/process_creation",
    ],
    "sentinelone_raw/registry_set": [
        *["windows/registry_event windows/registry_set"] * 2,
        "windows/registry_add windows/registry_event",
    ],
    "elastic_defend/file_create": ["windows/file_event"],
    "elastic_defend/library_load": ["windows/image_load"],
    "elastic_defend/network": ["windows"],  # the end of a connection
    "elastic_defend/process_start": ["windows/process_creation"],
    "elastic_defend/registry": ["windows"],  # a query
    "elastic_defend/security_logon": ["windows"],
}
"""What each real record is: nothing but the product's where none of our kinds is meant."""


def _real(name: str) -> list[Json]:
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside this checkout")
    return [one["doc"] for one in json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))]


@pytest.mark.parametrize("name", REAL)
def test_real_records_are_known(name: str) -> None:
    assert [" ".join(sorted(one)) for one in _known_as(_real(name))] == REAL[name]


def test_every_real_record_is_asked_about() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside this checkout")
    folders = {name.partition("/")[0] for name in REAL}
    there = {f"{one}/{path.stem}" for one in folders for path in (SAMPLES / one).glob("*.json")}
    assert there == set(REAL)


SAID: list[tuple[str, int, str, dict[str, Any]]] = [
    (
        "defender_tables_raw/DeviceRegistryEvents",
        0,
        "registry_set",
        {
            "TargetObject": "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\RunOnce\\"
            "msedge_cleanup_{00000000-0000-0000-0000-000000000000}",
            "User": "system\\système",
            "ParentImage": "\\setup.exe",
        },
    ),
    (
        "defender_tables_raw/DeviceFileEvents",
        1,
        "file_delete",
        {"TargetFilename": "ANONYMIZED", "User": "example.com\\user1"},
    ),
    (
        "defender_tables_raw/DeviceNetworkEvents",
        0,
        "network_connection",
        {
            "Initiated": "true",
            "DestinationIp": "2.2.2.2",
            "SourcePort": 59985,
            "Protocol": "tcp",
            "DestinationHostname": "www.example.org",
        },
    ),
    (
        "crowdstrike_raw/process_start",
        0,
        "process_creation",
        {
            "Image": "C:\\Windows\\System32\\svchost.exe",
            "ParentImage": "\\services.exe",
            "IntegrityLevel": "System",
            "LogonId": "0x3e5",
            "ProcessId": "4164",
            "Hashes": "SHA256=e9c5a42bdcca52bd24b095eae55dbc5c63a0918fa9b43717e389b470c4accdf6,"
            "MD5=33ee2de3cd0bdf7d6488a920f4f4eddb",
        },
    ),
    (
        "crowdstrike_raw/network",
        1,
        "network_connection",
        {"Initiated": "false", "DestinationPort": "443", "SourcePort": "48477"},
    ),
    (
        "sentinelone_raw/registry_set",
        0,
        "registry_set",
        {
            "TargetObject": "HKLM\\System\\CurrentControlSet\\Services\\W32Time\\Config\\"
            "LastKnownGoodTime",
            "Details": "QWORD (0x01d95e36-0xbb59e231)",
        },
    ),
    (
        "sentinelone_raw/file_rename",
        0,
        "file_rename",
        {
            "PreviousFilename": "C:\\WindowsAzure\\Logs\\AggregateStatus\\aggregatestatus.json",
            "User": "NT AUTHORITY\\SYSTEM",
        },
    ),
    (
        "elastic_defend/library_load",
        0,
        "image_load",
        {
            "ImageLoaded": "C:\\Windows\\System32\\msxml3.dll",
            "User": "NT AUTHORITY\\SYSTEM",
            "SignatureStatus": "Valid",
        },
    ),
]
"""What real records say, read by hand."""


@pytest.mark.parametrize(("name", "number", "category", "said"), SAID)
def test_real_records_are_read(name: str, number: int, category: str, said: Json) -> None:
    found = _sorted([_real(name)[number]])[0]
    (table,) = [one for one in found if any(m.source.category == category for m in one.members)]
    (read,) = _read(table)
    assert {key: read.get(key) for key in said} == said


# The inverse of rendering ----------------------------------------------------------------------

MADE = [
    pytest.param(one, kind, id=f"{one.name}-{kind}")
    for one in vendors()
    for kind in schemas.get(one.schema).kinds
]
LOST = frozenset({"Computer", "ParentImage", "GrandParentImage", "Image", "User", "ParentUser"})
"""Values of which some products record a part."""


def _activities(kind: str) -> list[Json]:
    example = schemas.kind(kind).example
    if kind == "file_event":
        actions = ("creation", "deletion", "modification", "rename")
        return [{**example, "Action": one} for one in actions]
    if kind == "network_connection":
        return [{**example, "Initiated": one} for one in ("true", "false")]
    return [example]


CATEGORIES = {
    "creation": "file_event",
    "deletion": "file_delete",
    "modification": "file_change",
    "rename": "file_rename",
}


@pytest.mark.parametrize(("vendor", "kind"), MADE)
def test_what_is_rendered_is_read_back(vendor: Any, kind: str) -> None:
    schema = schemas.get(vendor.schema)
    for activity in _activities(kind):
        if schema.unrecorded(kind, activity):
            continue
        record = schema.render(kind, activity)
        if vendor.below:
            record = {vendor.below: record, "category": "AdvancedHunting-DeviceEvents"}
        found, unknown = _sorted([record])
        assert not unknown
        category = CATEGORIES.get(activity.get("Action", ""), kind)
        chosen = [one for one in found if category in {m.source.category for m in one.members}]
        (read,) = _read(chosen[0])
        shown = schemas.get("sigma").render(kind, schemas.kind(kind).complete(activity))
        assert read
        for name, value in read.items():
            if name in shown and not _same(value, shown[name]):
                assert name in LOST, (name, value, shown[name])
                assert str(value).lower().lstrip("\\") in str(shown[name]).lower(), name


def _same(read: Any, shown: Any) -> bool:
    left, right = (str(one).casefold() for one in (read, shown))
    return left == right or set(left.split(",")) <= set(right.split(",")) or _moment(left, right)


def _moment(left: str, right: str) -> bool:
    return left[:10] == right[:10] and left[4:5] == "-" and left.count(":") == right.count(":")


# Scans -----------------------------------------------------------------------------------------


def test_a_rule_sees_records_of_every_product(tmp_path: Path) -> None:
    process = {
        "OS": "windows",
        "Image": "C:\\Windows\\System32\\certutil.exe",
        "CommandLine": "certutil -decode a b",
        "ParentImage": "C:\\Windows\\System32\\cmd.exe",
        "User": "CONTOSO\\weber",
    }
    records = [schemas.get(one.schema).render("process_creation", process) for one in vendors()]
    records = [
        {"properties": one, "category": "AdvancedHunting-DeviceProcessEvents"} if v.below else one
        for v, one in zip(vendors(), records, strict=True)
    ]
    source = {"product": "windows", "category": "process_creation"}
    rules = tmp_path / "rules"
    selection = {"Image|endswith": "\\certutil.exe", "CommandLine|contains": "-decode"}
    write_sigma(rules, "decode", source, {"selection": selection})
    write_sigma(rules, "parent", source, {"selection": {"ParentImage|endswith": "\\cmd.exe"}})
    write_sigma(rules, "drive", source, {"selection": {"Image|startswith": "C:\\Windows\\"}})
    write_sigma(rules, "linux", {**source, "product": "linux"}, {"selection": selection})
    write_sigma(rules, "file", {**source, "category": "file_event"}, {"selection": selection})
    document = scan(rules, write_events(tmp_path / "events.jsonl", records))
    found = {one["title"]: one["hits"] for one in document["rules"] if one["hits"]}
    assert found == dict.fromkeys(("decode", "parent", "drive"), len(records))
    assert document["summary"]["unknown"] == 0


def test_a_condition_on_the_kind_of_an_event_holds(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    source = {"product": "windows", "category": "registry_event"}
    write_sigma(rules, "set", source, {"selection": {"EventType": "SetValue"}})
    write_sigma(rules, "deleted", source, {"selection": {"EventType": "DeleteKey"}})
    records = [
        {"ActionType": one, "DeviceId": "x", "RegistryKey": "HKEY_LOCAL_MACHINE\\A"}
        for one in ("RegistryValueSet", "RegistryKeyDeleted")
    ]
    document = scan(rules, write_events(tmp_path / "events.jsonl", records))
    assert hits(document) == {"set": [1], "deleted": [2]}


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@st.composite
def _odd_records(draw: st.DrawFn) -> Json:
    """Records with the keys of a product, which hold anything."""
    vendor = draw(st.sampled_from(vendors()))
    schema = schemas.get(vendor.schema)
    kind = draw(st.sampled_from(schema.kinds))
    record = schema.render(kind, schema.kind(kind).example)
    keys = st.sampled_from(sorted(record))
    record |= draw(st.dictionaries(keys, ODD, max_size=4))
    if vendor.below:
        under = draw(st.just(record) | ODD)
        return {vendor.below: under, "category": draw(st.just("AdvancedHunting-X") | ODD)}
    return record


@given(st.lists(_odd_records(), min_size=1, max_size=4))
@settings(deadline=None, max_examples=settings().max_examples // 5)
def test_records_that_hold_anything_are_read(records: list[Mapping[str, Any]]) -> None:
    found, unknown = _sorted([dict(one) for one in records])
    rows = {row for table in found for row in table.rows.tolist()}
    assert rows | set(unknown) == set(range(len(records)))
    for table in found:
        if isinstance(table.reading, Backwards):
            columns = table.read()
            for name in table.reading.recipes:
                values = columns.values(name, Lookup.LITERAL_FIRST)
                for event, value in zip(columns.events, values, strict=True):
                    assert (name in event) == (value is not MISSING)
                    if name in event:
                        assert repr(event[name]) == repr(value)
