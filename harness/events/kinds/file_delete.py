"""Files that ordinary programs delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one deletion of a file."""
    values = _sysmon.actor(world, wanted)
    ending = world.chance.choice(("tmp", "log", "docx", "json"))
    folder = f"C:\\Users\\{world.person().name}\\AppData\\Local\\Temp"
    name = f"{folder}\\{world.word()}_{world.chance.randrange(1000)}.{ending}"
    path = str(wanted.get("TargetFilename") or name)
    values.update(
        TargetFilename=path,
        Hashes=_sysmon.hashes(path),
        IsExecutable="false",
        Archived="true",
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="file_delete",
    draw=draw,
    others={
        "TargetFilename": (r"C:\Windows\Temp\report.tmp",),
        "Image": (r"C:\Windows\System32\svchost.exe", r"C:\Windows\explorer.exe"),
    },
)
