"""Streams that a browser marks its downloads with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_SITES = ("https://www.example.org/", "https://update.example.net/", "https://cdn.example.com/")


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one stream that is created."""
    values = _sysmon.actor(world, wanted)
    name = f"{world.word()}.{world.chance.choice(('pdf', 'zip', 'docx'))}"
    path = f"C:\\Users\\{world.person().name}\\Downloads\\{name}:Zone.Identifier"
    site = world.chance.choice(_SITES)
    values.update(
        TargetFilename=path,
        Hash=_sysmon.hashes(name),
        Contents=f"[ZoneTransfer]  ZoneId=3  HostUrl={site}{name}  ",
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="create_stream_hash",
    draw=draw,
    others={"Contents": ("[ZoneTransfer]  ZoneId=3  ",), "Hash": (_sysmon.hashes("-"),)},
)
