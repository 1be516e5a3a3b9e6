"""Records of the Windows event log: mostly the Security channel, and all its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import _channels, _sysmon, _vocabulary
from harness.events.kinds._base import Kind
from harness.events.kinds._channels import Channel
from harness.events.kinds._phrases import Scene
from harness.events.kinds._vocabulary import Record
from harness.events.kinds._world import World

_SECURITY = "Security"
_OFTEN = (_SECURITY, _SECURITY, _SECURITY, "System", "Application")
"""Channels of which most events are; one event in ``_SELDOM`` is of any other."""
_SELDOM = 8
_TELLING = ("EventID", "Channel", "Provider_Name")
_SUBJECT = _vocabulary.record(
    {
        "SubjectUserSid": "{sid}",
        "SubjectUserName": "{user}",
        "SubjectDomainName": "{domain}",
        "SubjectLogonId": "{logon_id}",
    }
)


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one record of the Windows event log.

    Channel, provider, event id and the data of the event agree, as far as they are not wanted
    otherwise.
    """
    host = world.computer()
    values: dict[str, Any] = {
        "Computer": host.name,
        "ComputerId": host.id,
        "EventRecordID": _sysmon.record_id(world, host),
        "TimeCreated": world.moment(),
        **_sysmon.source(world, host),
    }
    scene = Scene(world, _vocabulary.Both(wanted, values), values["TimeCreated"])
    scene.host = host
    chosen = _chosen(world, wanted)
    if isinstance(chosen, Record):
        _vocabulary.fill(scene, values, wanted, chosen)
    else:
        values |= _unknown(chosen, wanted)
        if values["Channel"] == _SECURITY:
            _vocabulary.fill(scene, values, wanted, _SUBJECT)
    values.update(wanted)
    return values


def _chosen(world: World, wanted: Mapping[str, Any]) -> Record | Channel | None:
    """Return an event that has the wanted values, or the channel that it would be of."""
    if not wanted:
        return world.chance.choice(_of_channel(_everyday_channel(world)).everyday)
    channel = _channel(wanted)
    if channel is None:
        return None
    asked = wanted.get("EventID")
    records = channel.everyday if asked is None else channel.records.get(str(asked), ())
    _, found = _vocabulary.fitting(records, wanted)
    if not found and asked is not None:
        telling = {name: wanted[name] for name in _TELLING if name in wanted}
        _, found = _vocabulary.fitting(records, telling)
    return world.chance.choice(found) if found else channel


def _everyday_channel(world: World) -> str:
    if world.chance.randrange(_SELDOM):
        return world.chance.choice(_OFTEN)
    return world.chance.choice(tuple(_channels.channels()))


def _of_channel(name: str) -> Channel:
    return _channels.channels()[name.casefold()]


def _channel(wanted: Mapping[str, Any]) -> Channel | None:
    """Return the channel that is wanted, or that a wanted provider writes to."""
    known = _channels.channels()
    if "Channel" in wanted:
        return known.get(str(wanted["Channel"]).casefold())
    provider = str(wanted.get("Provider_Name")).casefold()
    writes = (one for one in known.values() if provider in one.providers)
    return next(writes, known[_SECURITY.casefold()])


def _unknown(channel: Channel | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an event of which only the channel is known."""
    name = channel.name if channel is not None else str(wanted.get("Channel"))
    provider = wanted.get("Provider_Name") or (channel.provider if channel is not None else name)
    event_id = wanted.get("EventID", 1)
    known = channel is not None and provider == channel.provider
    return {
        "EventID": event_id,
        "Channel": name,
        "Provider_Name": provider,
        "Provider_Guid": channel.guid if channel is not None and known else None,
        "Level": channel.level if channel is not None else 4,
        "Task": 0,
        "Keywords": channel.keywords if channel is not None else "0x80000000000000",
        "Message": f"Event {event_id} of {provider}.",
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
