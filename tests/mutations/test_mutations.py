"""Every mutation: what it declares holds for it, and examples worked out by hand."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest

from harness import mutations, schemas
from harness.mutations import Effect, Mutated, Subject

KEY = r"C:\Temp\ntds_capi_0.pfx"
RECORD = {
    "EventID": 4692,
    "Computer": "dc01.corp.example",
    "TimeCreated": "2024-05-10T12:00:00.000Z",
    "SubjectUserSid": "S-1-5-21-1-2-3-1104",
    "SubjectUserName": "a.smith",
    "SubjectLogonId": "0x3e7abc",
    "MasterKeyId": "0b8f6c1d-2a4e-4f7b-9c35-7e1d2f3a4b5c",
    "RecoveryServer": "",
    "FailureReason": "0x0",
}
PLAIN = {**RECORD, "Message": "no text derived from other values"}
FILE = {
    "OS": "windows",
    "Action": "creation",
    "TargetFilename": KEY,
    "Image": r"C:\Windows\System32\lsass.exe",
    "Computer": "dc01.corp.example",
    "ProcessId": 672,
    "User": "a.smith",
    "Domain": "CORP",
    "Timestamp": "2024-05-10T12:00:00.123Z",
    "CreationUtcTime": "2024-05-10T11:59:59.900Z",
}
VALUES = {"windows_security": RECORD, "file_event": FILE}
LABELS = [label for name in schemas.names() for label in (name, *schemas.labels(name))]
STREAMS = [(label, kind) for label in LABELS for kind in VALUES if kind in schemas.get(label).kinds]


def _subject(
    label: str = "sigma",
    kind: str = "windows_security",
    *,
    values: Mapping[str, Any] | None = None,
    document: Mapping[str, Any] | None = None,
    read: frozenset[str] = frozenset({"EventID"}),
    fields: frozenset[str] = frozenset(),
    late_by: timedelta | None = None,
) -> Subject:
    schema = schemas.get(label)
    values = dict(values or VALUES[kind])
    return Subject(
        kind=kind,
        schema=schema,
        values=values,
        document=schema.render(kind, values) if document is None else document,
        read=read,
        fields=fields or read,
        chance=random.Random(1),  # noqa: S311 - reproducible data
        late_by=late_by,
    )


@lru_cache
def _shared(label: str, kind: str) -> Subject:
    read = frozenset({"EventID", "TargetFilename"})
    return _subject(label, kind, read=read, late_by=timedelta(minutes=5))


def _apply(name: str, subject: Subject) -> dict[str, Mutated]:
    return {one.detail: one for one in mutations.get(name).apply(subject)}


def _changes(name: str, subject: Subject) -> dict[str, tuple[Any, Effect]]:
    """Return, per path that a mutation changed alone, the new value and the effect."""
    found: dict[str, tuple[Any, Effect]] = {}
    for one in mutations.get(name).apply(subject):
        keys = {*subject.document, *one.document}
        changed = [
            key for key in keys if subject.document.get(key, ...) != one.document.get(key, ...)
        ]
        assert len(changed) == 1, f"{one.detail} changes {changed}"
        found[one.detail] = (one.document.get(changed[0], "(absent)"), one.effect)
    return found


DATA = [name for name in mutations.names() if mutations.get(name).evasion is None]
"""Mutations of what a source records; those of what an attacker chooses are evasions."""


def test_the_families_that_data_goes_through() -> None:
    assert DATA == [
        "clock-skew",
        "deleted-group",
        "deleted-key",
        "extra-fields",
        "key-case",
        "late-arrival",
        "list-wrap",
        "null-empty",
        "number-string",
        "path-spelling",
        "renamed-keys",
        "unicode-forms",
        "value-case",
        "whitespace",
    ]


def test_unknown_mutation() -> None:
    with pytest.raises(KeyError, match="no-such"):
        mutations.get("no-such")


@pytest.mark.parametrize("name", mutations.names())
def test_it_is_described(name: str) -> None:
    one = mutations.get(name)
    assert one.name == name
    assert one.title
    assert one.summary.endswith((".", ")."))
    assert one.effects


@pytest.mark.parametrize("name", DATA)
def test_it_keeps_what_it_declares(name: str) -> None:
    """Over every shape of every stream: declared effects, real changes, no change of the input,
    the same again, and one line of detail that tells its documents apart."""
    mutation = mutations.get(name)
    produced = 0
    for label, kind in STREAMS:
        subject = _shared(label, kind)
        before = copy.deepcopy((dict(subject.values), dict(subject.document)))
        first = list(mutation.apply(subject))
        again = list(mutation.apply(subject)) if label in schemas.names() else first
        assert (dict(subject.values), dict(subject.document)) == before
        assert first == again
        details = [one.detail for one in first]
        assert len(details) == len(set(details)), label
        for one in first:
            produced += 1
            assert one.effect in mutation.effects
            assert one.detail
            assert "\n" not in one.detail
            assert one.document != subject.document, f"{label}: {one.detail} changes nothing"
            json.dumps(one.document)
    assert produced


@pytest.mark.parametrize("name", DATA)
def test_every_declared_effect_occurs(name: str) -> None:
    subjects = (
        _subject(label, kind, read=read, late_by=late_by)
        for label, kind in (("winlogbeat", "windows_security"), ("winlogbeat", "file_event"))
        for read in (frozenset({"EventID"}), frozenset({"SubjectUserName", "TargetFilename"}))
        for late_by in (None, timedelta(minutes=5))
    )
    seen = {one.effect for subject in subjects for one in mutations.get(name).apply(subject)}
    assert seen == set(mutations.get(name).effects)


@pytest.mark.parametrize("name", DATA)
def test_changed_documents_share_nothing_with_the_input(name: str) -> None:
    subject = _subject("winlogbeat", "file_event", read=frozenset({"TargetFilename"}))
    before = json.dumps(subject.document)
    for one in mutations.get(name).apply(subject):
        _spoil(one.document)
    assert json.dumps(subject.document) == before


def _spoil(node: Any) -> None:
    """Overwrite everything inside a JSON value."""
    for key, item in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(item, dict | list):
            _spoil(item)
        node[key] = "spoiled"


def test_deleted_key() -> None:
    """The taxonomy is known to leave nothing out, so every outcome is only reported."""
    document = {"EventID": 4692, "Channel": "Security", "SubjectUserName": "x"}
    assert _changes("deleted-key", _subject(document=document)) == {
        "without EventID": ("(absent)", Effect.PROBES),
        "without Channel": ("(absent)", Effect.PROBES),
        "without SubjectUserName": ("(absent)", Effect.PROBES),
    }


def test_deleted_key_binds_where_the_source_leaves_it_out_and_nobody_reads_it() -> None:
    """Winlogbeat adds the host only with add_host_metadata; it always writes the computer."""
    values = {**RECORD, "OS": "windows"}
    found = _apply("deleted-key", _subject("winlogbeat", values=values))
    assert found["without host.os.family"].effect is Effect.KEEPS
    assert found["without winlog.computer_name"].effect is Effect.PROBES
    read = _subject("winlogbeat", values=values, read=frozenset({"OS"}))
    assert _apply("deleted-key", read)["without host.os.family"].effect is Effect.PROBES


def test_deleted_key_probes_wherever_a_read_value_shows() -> None:
    """winlog.event_id and event.code both show the event id; each of them is only probed."""
    found = _apply("deleted-key", _subject("winlogbeat"))
    probed = {detail for detail, one in found.items() if one.effect is Effect.PROBES}
    assert {"without winlog.event_id", "without event.code"} <= probed


def test_deleted_key_takes_empty_objects_along() -> None:
    subject = _subject(document={"a": {"b": {"c": 1}}, "d": 2})
    assert [one.document for one in _apply("deleted-key", subject).values()] == [
        {"d": 2},
        {"a": {"b": {"c": 1}}},
    ]


def test_renamed_keys_are_the_variants_of_the_schema() -> None:
    for label, kind in STREAMS:
        schema = schemas.get(label)
        subject = _subject(label, kind)
        expected = {}
        for variant in schema.variants(kind):
            other = schemas.get(variant.label)
            document = other.render(kind, subject.values)
            if not other.unrecorded(kind, subject.values) and document not in (
                {},
                subject.document,
            ):
                expected[variant.label] = document
        found = {
            one.detail.split(",")[0]: one.document
            for one in mutations.get("renamed-keys").apply(subject)
        }
        assert found == expected, label


def test_renamed_keys_of_winlogbeat_by_hand() -> None:
    """Agents before 7.13.1 wrote event ids as numbers; the host is metadata that may be off."""
    subject = _subject("winlogbeat", values={**RECORD, "OS": "windows"})
    found = {detail.split(",")[0]: one for detail, one in _apply("renamed-keys", subject).items()}
    assert {one.effect for one in found.values()} == {Effect.KEEPS}
    assert {label: one.shape for label, one in found.items()} == {label: label for label in found}
    assert subject.document["winlog"]["event_id"] == "4692"
    assert found["winlogbeat@7.12:numeric_event_id"].document["winlog"]["event_id"] == 4692
    assert subject.document["host"]["os"]["type"] == "windows"
    assert "os" not in found["winlogbeat@8.9:no_host_metadata"].document.get("host", {})


def test_renamed_keys_leave_out_what_a_variant_does_not_report() -> None:
    """CrowdStrike's PeVersionInfo goes with an image that was written, not with a deletion."""
    for action, reported in (("creation", True), ("deletion", False)):
        subject = _subject("crowdstrike_fdr", "file_event", values={**FILE, "Action": action})
        found = {one.shape for one in mutations.get("renamed-keys").apply(subject)}
        assert ("crowdstrike_fdr@2.4.0:without_target" in found) is reported


def test_key_case() -> None:
    subject = _subject(document={"EventID": 1, "winlog": {"Channel": "x"}, "tags": ["A"]})
    assert {detail: one.document for detail, one in _apply("key-case", subject).items()} == {
        "keys in upper case": {"EVENTID": 1, "WINLOG": {"CHANNEL": "x"}, "TAGS": ["A"]},
        "keys in lower case": {"eventid": 1, "winlog": {"channel": "x"}, "tags": ["A"]},
    }


def test_value_case_changes_names() -> None:
    subject = _subject(values={**RECORD, "SubjectUserName": "A.smith"})
    found = _apply("value-case", subject)
    assert found["SubjectUserName in upper case"].document["SubjectUserName"] == "A.SMITH"
    assert found["SubjectUserName in lower case"].document["SubjectUserName"] == "a.smith"
    assert found["SubjectUserName in swapped case"].document["SubjectUserName"] == "a.SMITH"
    assert {one.effect for one in found.values()} == {Effect.KEEPS}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SubjectUserSid", "S-1-5-21-1004336348-1177238915-682003330-1604"),
        ("MasterKeyId", "0b8f6c1d-2a4e-4f7b-9c35-7e1d2f3a4b5c"),
        ("Provider_Guid", "{54849625-5478-4994-A5BA-3E3B0328C30D}"),
        ("SubjectLogonId", "0x3e7abc"),
        ("TimeCreated", "2024-05-10T12:00:00.000Z"),
        ("TargetHash", "D41D8CD98F00B204E9800998ECF8427E"),
        ("OS", "windows"),
        ("SubjectUserName", "1234"),
        ("SubjectUserName", ""),
    ],
)
def test_value_case_leaves_formats_and_closed_vocabularies_alone(name: str, value: str) -> None:
    found = _apply("value-case", _subject(values={**RECORD, name: value}))
    assert not [detail for detail in found if detail.startswith(f"{name} ")]


def test_value_case_touches_each_case_once() -> None:
    found = _apply("value-case", _subject(values={**RECORD, "SubjectUserName": "admin"}))
    details = [detail for detail in found if detail.startswith("SubjectUserName")]
    assert details == ["SubjectUserName in upper case"], "lower is the same, swapped is upper"


def test_number_string() -> None:
    document = {
        "a": 4692,
        "b": "4692",
        "c": "007",
        "d": True,
        "e": 1.5,
        "f": "x",
        "g": "0",
        "h": -1,
    }
    assert _changes("number-string", _subject(document=document)) == {
        "a as text": ("4692", Effect.KEEPS),
        "b as a number": (4692, Effect.KEEPS),
        "g as a number": (0, Effect.KEEPS),
        "h as text": ("-1", Effect.KEEPS),
    }


@pytest.mark.parametrize("text", ["9" * 5000, "²", "٣", "1_000", "+1"])
def test_number_string_leaves_what_is_no_plain_number(text: str) -> None:
    assert _changes("number-string", _subject(document={"a": text})) == {}


def test_list_wrap() -> None:
    document = {"a": 1, "b": ["x"], "c": ["x", "y"], "d": [], "e": {"f": None}}
    found = _apply("list-wrap", _subject(document=document))
    assert {detail: one.document for detail, one in found.items()} == {
        "a as a list of one": {**document, "a": [1]},
        "b as a single value": {**document, "b": "x"},
        "e.f as a list of one": {**document, "e": {"f": [None]}},
    }


def test_null_empty() -> None:
    document = {"EventID": 4692, "SubjectUserName": "x", "Channel": "Security"}
    assert _changes("null-empty", _subject(document=document)) == {
        "SubjectUserName as null": (None, Effect.PROBES),
        "SubjectUserName as an empty text": ("", Effect.PROBES),
        "SubjectUserName as a dash": ("-", Effect.PROBES),
        "Channel as null": (None, Effect.PROBES),
        "Channel as an empty text": ("", Effect.PROBES),
        "Channel as a dash": ("-", Effect.PROBES),
    }


def test_null_empty_binds_where_the_source_leaves_it_out_and_nobody_reads_it() -> None:
    values = {**RECORD, "OS": "windows"}
    found = _apply("null-empty", _subject("winlogbeat", values=values))
    assert found["host.os.family as a dash"].effect is Effect.KEEPS
    assert found["winlog.computer_name as a dash"].effect is Effect.PROBES
    read = _subject("winlogbeat", values=values, read=frozenset({"OS"}))
    assert _apply("null-empty", read)["host.os.family as a dash"].effect is Effect.PROBES


def test_null_empty_leaves_what_is_a_dash_already() -> None:
    found = _apply("null-empty", _subject(document={"a": "-", "b": ""}))
    assert set(found) == {"a as null", "a as an empty text", "b as null", "b as a dash"}


def test_whitespace() -> None:
    subject = _subject(
        values={**PLAIN, "SubjectUserName": "x"}, read=frozenset({"SubjectUserName"})
    )
    assert _changes("whitespace", subject) == {
        "SubjectUserName with a leading blank": (" x", Effect.PROMISABLE),
        "SubjectUserName with a trailing blank": ("x ", Effect.PROMISABLE),
        "SubjectUserName with a line end": ("x\n", Effect.PROMISABLE),
    }


def test_unicode_forms() -> None:
    subject = _subject(
        values={**PLAIN, "SubjectUserName": "Zoe\u0301"}, read=frozenset({"SubjectUserName"})
    )
    assert _changes("unicode-forms", subject) == {
        "SubjectUserName in normal form NFC": ("Zo\u00e9", Effect.PROMISABLE),
        "SubjectUserName in normal form NFKC": ("Zo\u00e9", Effect.PROMISABLE),
        "SubjectUserName in Cyrillic look-alikes": ("Z\u043e\u0435\u0301", Effect.PROMISABLE),
        "SubjectUserName in full-width letters": ("Z\uff4f\uff45\u0301", Effect.PROMISABLE),
    }


def test_unicode_forms_decompose_too() -> None:
    subject = _subject(
        values={**PLAIN, "SubjectUserName": "\u00c9"}, read=frozenset({"SubjectUserName"})
    )
    assert _changes("unicode-forms", subject) == {
        "SubjectUserName in normal form NFD": ("E\u0301", Effect.PROMISABLE)
    }


def test_extra_fields() -> None:
    (nested,) = _apply("extra-fields", _subject("winlogbeat")).values()
    assert nested.document["labels"] == {"site": "north", "retention": "90d"}
    assert nested.effect is Effect.KEEPS
    (flat,) = _apply("extra-fields", _subject("sigma")).values()
    assert flat.document["site"] == "north"
    (line,) = _apply("extra-fields", _subject("text_line")).values()
    assert set(line.document) == {"_raw"}
    assert line.document["_raw"].endswith("\tsite=north\tretention=90d")


def test_extra_fields_replace_nothing() -> None:
    document = {"labels": "mine", "tags": 1}
    (found,) = _apply("extra-fields", _subject("winlogbeat", document=document)).values()
    assert (found.document["labels"], found.document["tags"]) == ("mine", 1)


def test_path_spelling() -> None:
    subject = _subject(
        "sigma", "file_event", values={**FILE, "TargetFilename": r"C:\Temp\a.pfx"},
        read=frozenset({"TargetFilename"}),
    )  # fmt: skip
    found = {
        detail.removeprefix("TargetFilename "): one.document["TargetFilename"]
        for detail, one in _apply("path-spelling", subject).items()
    }
    assert found == {
        "with forward slashes": "C:/Temp/a.pfx",
        r"with the prefix \\?\ ".strip(): "\\\\?\\C:\\Temp\\a.pfx",
        "as an administrative share": r"\\localhost\C$\Temp\a.pfx",
        "as an NT device path": r"\Device\HarddiskVolume3\Temp\a.pfx",
        "with a doubled separator": "C:\\Temp\\\\a.pfx",
        "with a dot component": r"C:\.\Temp\a.pfx",
        "with an alternate data stream": r"C:\Temp\a.pfx:stream",
        "with a trailing dot": r"C:\Temp\a.pfx.",
    }


@pytest.mark.parametrize("value", ["/etc/passwd", "report.docx", 7, ""])
def test_path_spelling_needs_a_windows_path_that_is_read(value: Any) -> None:
    values = {**FILE, "TargetFilename": value}
    subject = _subject("sigma", "file_event", values=values, read=frozenset({"TargetFilename"}))
    assert _apply("path-spelling", subject) == {}
    assert _apply("path-spelling", _subject("sigma", "file_event", read=frozenset({"OS"}))) == {}


def test_late_arrival() -> None:
    """Every time of the activity lies further back; nothing else changes."""
    subject = _subject("sigma", "file_event", late_by=timedelta(minutes=5))
    found = _apply("late-arrival", subject)
    assert {detail: one.effect for detail, one in found.items()} == {
        "searchable 1 min late": Effect.KEEPS,
        "searchable 5 min late": Effect.KEEPS,
        "searchable 15 min late": Effect.PROBES,
        "searchable 1 h late": Effect.PROBES,
        "searchable 24 h late": Effect.PROBES,
    }
    values = found["searchable 5 min late"].values
    assert values == {
        **FILE,
        "Timestamp": "2024-05-10T11:55:00.123Z",
        "CreationUtcTime": "2024-05-10T11:54:59.900Z",
    }


def test_late_arrival_tries_what_the_rule_promises() -> None:
    subject = _subject(late_by=timedelta(seconds=90))
    found = _apply("late-arrival", subject)
    assert found["searchable 90 s late"].effect is Effect.KEEPS
    assert found["searchable 90 s late"].document["TimeCreated"] == "2024-05-10T11:58:30.000Z"
    assert found["searchable 5 min late"].effect is Effect.PROBES


def test_clock_skew_goes_both_ways() -> None:
    found = _apply("clock-skew", _subject(late_by=timedelta(minutes=5)))
    assert {detail: one.document["TimeCreated"] for detail, one in found.items()} == {
        "a clock 1 min slow": "2024-05-10T11:59:00.000Z",
        "a clock 5 min slow": "2024-05-10T11:55:00.000Z",
        "a clock 1 h slow": "2024-05-10T11:00:00.000Z",
        "a clock 12 h slow": "2024-05-10T00:00:00.000Z",
        "a clock 1 min fast": "2024-05-10T12:01:00.000Z",
        "a clock 5 min fast": "2024-05-10T12:05:00.000Z",
        "a clock 1 h fast": "2024-05-10T13:00:00.000Z",
        "a clock 12 h fast": "2024-05-11T00:00:00.000Z",
    }
    keeps = {detail for detail, one in found.items() if one.effect is Effect.KEEPS}
    assert keeps == {f"a clock {n} min {way}" for n in (1, 5) for way in ("slow", "fast")}


@pytest.mark.parametrize("name", ["late-arrival", "clock-skew"])
def test_times_only_bind_where_a_delay_is_promised_and_no_time_is_read(name: str) -> None:
    for subject in (
        _subject(),
        _subject(late_by=timedelta(days=9), read=frozenset({"TimeCreated"})),
    ):
        assert {one.effect for one in _apply(name, subject).values()} == {Effect.PROBES}


@pytest.mark.parametrize("name", ["late-arrival", "clock-skew"])
@pytest.mark.parametrize(
    "text",
    [
        "2024-05-10",
        "2024-05-10 12:00:00",
        "yesterday",
        "9999-12-31T23:59:59Z",
        "2024-13-45T99:00:00Z",
        "0001-01-01T00:00:00Z",
    ],
)
def test_times_beyond_reason_are_left_alone(name: str, text: str) -> None:
    list(mutations.get(name).apply(_subject(values={"EventID": 1, "TimeCreated": text})))
