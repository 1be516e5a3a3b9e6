"""Everyday activity: declared values only, and consistent with itself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness import schemas
from harness.events import kinds
from harness.events.kinds import CLOCK, World, _channels

SEEDS = range(2)
DRAWS = 40

WITH_VALUES = [name for name in kinds.names() if schemas.kind(name).values]
OF_COMPUTERS = [
    name
    for name in WITH_VALUES
    if {"Computer", "EventRecordID"} <= schemas.kind(name).values.keys()
]
NAMES_AN_ACCOUNT = [name for name in WITH_VALUES if "UserSid" in schemas.kind(name).values]


def _drawn(name: str, seed: int = 0, **wanted: Any) -> list[dict[str, Any]]:
    world = World(seed)
    return [kinds.get(name).draw(world, wanted) for _ in range(DRAWS)]


def test_every_generator_has_a_declared_kind() -> None:
    assert set(kinds.names()) <= set(schemas.kinds())


def test_unknown_kind() -> None:
    with pytest.raises(KeyError, match="no_such_kind"):
        kinds.get("no_such_kind")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", kinds.names())
def test_values_are_declared_and_valid(name: str, seed: int) -> None:
    kind = schemas.kind(name)
    declared = {*kind.values, *(_channels.elements() if name == "windows_security" else ())}
    for values in _drawn(name, seed):
        assert set(values) <= declared, "an undeclared value"
        given = {key: value for key, value in values.items() if value is not None}
        assert kind.problems(given) == []


@pytest.mark.parametrize("name", kinds.names())
def test_other_values_are_declared_and_differ(name: str) -> None:
    kind = schemas.kind(name)
    for value, others in kinds.get(name).others.items():
        declared = kind.values[value]
        assert len(set(others)) == len(others)
        if declared.allowed:
            assert set(others) <= set(declared.allowed)


@pytest.mark.parametrize("name", OF_COMPUTERS)
def test_wanted_values_win(name: str) -> None:
    for values in _drawn(name, Computer="HOST-1", EventRecordID=7):
        assert (values["Computer"], values["EventRecordID"]) == ("HOST-1", 7)


@pytest.mark.parametrize("name", OF_COMPUTERS)
def test_time_only_moves_forward_and_stays_behind_the_clock(name: str) -> None:
    field = "TimeCreated" if name == "windows_security" else "Timestamp"
    moments = [values[field] for values in _drawn(name)]
    assert moments == sorted(moments)
    assert all(re.fullmatch(r"2024-05-10T12:\d\d:\d\d\.\d{3}Z", one) for one in moments)
    assert moments[-1] < CLOCK.isoformat()


@pytest.mark.parametrize("name", [*NAMES_AN_ACCOUNT, "windows_security"])
def test_a_user_keeps_sid_and_domain(name: str) -> None:
    user, sid, domain = (
        ("SubjectUserName", "SubjectUserSid", "SubjectDomainName")
        if name == "windows_security"
        else ("User", "UserSid", "Domain")
    )
    seen: dict[str, set[tuple[str, str]]] = {}
    for values in _drawn(name):
        if user in values:
            seen.setdefault(values[user], set()).add((values[sid], values.get(domain, "")))
    assert len(seen) > 1
    assert all(len(identity) == 1 for identity in seen.values())
    known = re.compile(r"S-1-5-(18|19|20|21(-\d{9}){3}-\d{4})")
    assert all(known.fullmatch(s) for one in seen.values() for s, _ in one)


def test_file_events_that_rename_have_a_previous_name() -> None:
    for values in _drawn("file_event"):
        assert ("PreviousFilename" in values) is (values["Action"] == "rename")


def test_a_record_has_the_data_of_its_event() -> None:
    """Channel, provider, event id and elements are those of one event of the tables."""
    for values in _drawn("windows_security"):
        channel = _channels.channels()[values["Channel"].casefold()]
        told = ("EventID", "Provider_Name", "Provider_Guid", "Level", "Keywords")
        fitting = [one for one in channel.everyday if one.fits({n: values[n] for n in told})]
        data = set(values) - set(schemas.kind("windows_security").values)
        assert any(data <= one.names for one in fitting)
        assert ("MasterKeyId" in values) is (values["EventID"] in {4692, 4693, 4694, 4695})


@pytest.mark.parametrize(
    ("wanted", "provider"),
    [
        ({"EventID": 4692}, "Microsoft-Windows-Security-Auditing"),
        ({"EventID": 4692, "Channel": "System"}, "Service Control Manager"),
        ({"EventID": 1102}, "Microsoft-Windows-Eventlog"),
        (
            {"EventID": 11, "Channel": "Microsoft-Windows-Sysmon/Operational"},
            "Microsoft-Windows-Sysmon",
        ),
        ({"Channel": "Some/Operational"}, "Some/Operational"),
    ],
    ids=str,
)
def test_the_provider_follows_the_channel(wanted: dict[str, Any], provider: str) -> None:
    for values in _drawn("windows_security", **wanted):
        assert values["Provider_Name"] == provider


def test_the_message_of_a_key_event_is_derived_from_its_values() -> None:
    kind = schemas.kind("windows_security")
    values = _drawn("windows_security", EventID=4692)[0]
    message = kind.complete(values)["Message"]
    assert f"Account Name:\t\t{values['SubjectUserName']}" in message
    assert f"Key Identifier:\t{values['MasterKeyId']}" in message


def test_worlds_of_one_seed_are_alike() -> None:
    one, two, other = World(1), World(1), World(2)
    assert (one.people, one.hosts, one.guid()) == (two.people, two.hosts, two.guid())
    assert one.people != other.people


def test_drawing_in_one_world_does_not_disturb_another() -> None:
    """Both worlds share one name generator."""
    alone = [kinds.get("file_event").draw(World(1), {}) for _ in range(1)]
    first, second = World(1), World(2)
    kinds.get("file_event").draw(second, {})
    assert kinds.get("file_event").draw(first, {}) == alone[0]


@pytest.mark.parametrize("name", ["process_creation", "registry_set", "image_load"])
def test_a_wanted_program_brings_nothing_else_that_gives_it_away(name: str) -> None:
    """A condition on the program must not be met by another trait as well."""
    for values in _drawn(name, Image=r"C:\Windows\System32\certutil.exe"):
        others = {
            key: value for key, value in values.items() if key not in {"Image", "CommandLine"}
        }
        assert not any("certutil" in str(value).lower() for value in others.values())


def test_a_program_fits_its_resources_and_its_account() -> None:
    for values in _drawn("process_creation"):
        name = values["Image"].rpartition("\\")[2]
        assert values["OriginalFileName"].lower() == name.lower()
        service = values["User"].startswith("NT AUTHORITY")
        assert (values["IntegrityLevel"] == "System") is service
        assert (values["UserSid"] in {"S-1-5-18", "S-1-5-19", "S-1-5-20"}) is service


@pytest.mark.parametrize(
    ("wanted", "kind", "has", "lacks"),
    [
        ({"EventID": 14}, "RenameKey", "NewName", "Details"),
        ({"EventType": "DeleteValue"}, "DeleteValue", "TargetObject", "Details"),
        ({"Details": "x"}, "SetValue", "Details", "NewName"),
    ],
)
def test_a_registry_event_fits_its_type(
    wanted: dict[str, Any], kind: str, has: str, lacks: str
) -> None:
    for values in _drawn("registry_event", **wanted):
        assert values["EventType"] == kind
        assert has in values
        assert lacks not in values
