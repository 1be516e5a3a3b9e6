"""Records of the Windows event log: mostly the Security channel, some of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds._base import Kind
from harness.events.kinds._world import World

_AUDIT = "Microsoft-Windows-Security-Auditing"
_RECORDS = (
    (4624, "Security", _AUDIT, "An account was successfully logged on."),
    (4634, "Security", _AUDIT, "An account was logged off."),
    (4672, "Security", _AUDIT, "Special privileges assigned to new logon."),
    (4693, "Security", _AUDIT, "Recovery of data protection master key was attempted."),
    (4695, "Security", _AUDIT, "Unprotection of auditable protected data was attempted."),
    (5379, "Security", _AUDIT, "Credential Manager credentials were read."),
    (1102, "Security", "Microsoft-Windows-Eventlog", "The audit log was cleared."),
    (7036, "System", "Service Control Manager", "A service entered the running state."),
    (1000, "Application", "Application Error", "Faulting application name: editor.exe"),
)
_PROVIDERS = {
    "Security": _AUDIT,
    "System": "Service Control Manager",
    "Application": "MSSQLSERVER",
    "Microsoft-Windows-Sysmon/Operational": "Microsoft-Windows-Sysmon",
}
_KEY_EVENTS = (4692, 4693)
_CLASSIC = "0x80000000000000"


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one record of the Windows event log."""
    event_id, channel, provider, message = _template(world, wanted)
    audit = channel == "Security"
    values: dict[str, Any] = {
        "EventID": event_id,
        "Channel": channel,
        "Provider_Name": provider,
        "Computer": world.host(),
        "ComputerId": world.guid(),
        "EventRecordID": world.chance.randrange(10_000, 900_000),
        "TimeCreated": world.moment(),
        "ProcessID": world.chance.randrange(400, 1200) // 4 * 4,
        "ThreadID": world.chance.randrange(400, 9000) // 4 * 4,
    }
    if message:
        values["Message"] = message
    if audit:
        values |= _subject(world)
    else:
        values |= {"Level": 4, "Keywords": _CLASSIC, "Provider_Guid": None, "Task": 0}
    if audit and event_id in _KEY_EVENTS:
        values |= _key_data(world)
    values.update(wanted)
    return values


def _template(world: World, wanted: Mapping[str, Any]) -> tuple[Any, str, str, str]:
    """Return event id, channel, provider and message that fit the wanted values.

    No message stands for the one that the kind derives from the event's own values.
    """
    if not {"EventID", "Channel", "Provider_Name"} & set(wanted):
        return world.chance.choice(_RECORDS)
    channel = str(wanted.get("Channel", "Security"))
    event_id = wanted.get("EventID", 4624)
    for known in _RECORDS:
        if (known[0], known[1]) == (event_id, channel):
            return known
    provider = _PROVIDERS.get(channel, channel)
    derived = channel == "Security" and event_id in _KEY_EVENTS
    return event_id, channel, provider, "" if derived else f"Event {event_id} of {provider}."


def _subject(world: World) -> dict[str, Any]:
    person = world.person()
    return {
        "SubjectUserSid": person.sid,
        "SubjectUserName": person.name,
        "SubjectDomainName": person.domain,
        "SubjectLogonId": person.logon_id,
    }


def _key_data(world: World) -> dict[str, Any]:
    return {
        "MasterKeyId": world.guid(),
        "RecoveryServer": world.hosts[-1],
        "RecoveryKeyId": world.guid(),
        "FailureReason": "0x0",
    }


KIND = Kind(
    name="windows_security",
    draw=draw,
    others={
        "Channel": ("System", "Application", "ForwardedEvents"),
        "EventID": (4693, 4624),
    },
    product=("Provider_Name",),
)
