"""Named pipes of ordinary programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_PIPES = (r"\spoolss", r"\wkssvc", r"\lsass", r"\InitShutdown")


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one pipe that is created or connected to."""
    values = _sysmon.actor(world, wanted)
    chrome = f"\\mojo.{values['ProcessId']}.{world.chance.randrange(10**4, 10**5)}"
    values.update(
        PipeName=world.chance.choice((*_PIPES, chrome)),
        EventType="ConnectPipe" if wanted.get("EventID") == 18 else "CreatePipe",  # noqa: PLR2004
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="pipe_created",
    draw=draw,
    others={"PipeName": _PIPES, "Image": (r"C:\Windows\System32\svchost.exe",)},
)
