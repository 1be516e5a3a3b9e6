"""Records of the Windows event log: mostly the Security channel, some of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World

_AUDIT = "Microsoft-Windows-Security-Auditing"
_RECORDS = (
    (4624, "Security", _AUDIT, 12544, "An account was successfully logged on."),
    (4634, "Security", _AUDIT, 12545, "An account was logged off."),
    (4672, "Security", _AUDIT, 12548, "Special privileges assigned to new logon."),
    (4693, "Security", _AUDIT, 13314, "Recovery of data protection master key was attempted."),
    (4695, "Security", _AUDIT, 13314, "Unprotection of auditable protected data was attempted."),
    (5379, "Security", _AUDIT, 13824, "Credential Manager credentials were read."),
    (1102, "Security", "Microsoft-Windows-Eventlog", 104, "The audit log was cleared."),
    (7036, "System", "Service Control Manager", 0, "A service entered the running state."),
    (1000, "Application", "Application Error", 100, "Faulting application name: editor.exe"),
)
_PROVIDERS = {
    "Security": _AUDIT,
    "System": "Service Control Manager",
    "Application": "MSSQLSERVER",
    "Microsoft-Windows-Sysmon/Operational": "Microsoft-Windows-Sysmon",
}
_KEY_EVENTS = {
    4692: "Backup of data protection master key was attempted.",
    4693: "Recovery of data protection master key was attempted.",
}
_SUCCESS = "0x8020000000000000"
_CLASSIC = "0x80000000000000"


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one record of the Windows event log."""
    event_id, channel, provider, task, message = _template(world, wanted)
    audit = channel == "Security"
    values: dict[str, Any] = {
        "OS": "windows",
        "EventID": event_id,
        "Channel": channel,
        "Provider_Name": provider,
        "Computer": world.host(),
        "Level": 0 if audit else 4,
        "Task": task,
        "Opcode": 0,
        "Keywords": _SUCCESS if audit else _CLASSIC,
        "EventRecordID": world.chance.randrange(10_000, 900_000),
        "TimeCreated": world.moment(),
        "ProcessID": world.chance.randrange(400, 1200) // 4 * 4,
        "ThreadID": world.chance.randrange(400, 9000) // 4 * 4,
        "Message": message,
    }
    if audit:
        values |= _subject(world)
    if audit and event_id in _KEY_EVENTS:
        values |= _key_data(world)
    values.update(wanted)
    return values


def _template(world: World, wanted: Mapping[str, Any]) -> tuple[Any, str, str, int, str]:
    """Return event id, channel, provider, task and message that fit the wanted values."""
    if not {"EventID", "Channel", "Provider_Name"} & set(wanted):
        return world.chance.choice(_RECORDS)
    channel = str(wanted.get("Channel", "Security"))
    event_id = wanted.get("EventID", 4624)
    for known in _RECORDS:
        if (known[0], known[1]) == (event_id, channel):
            return known
    provider = _PROVIDERS.get(channel, channel)
    task = 13314 if event_id in _KEY_EVENTS and channel == "Security" else 0
    message = _KEY_EVENTS.get(event_id, "") if channel == "Security" else ""
    return event_id, channel, provider, task, message or f"Event {event_id} of {provider}."


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
        "OS": ("linux",),
    },
)
