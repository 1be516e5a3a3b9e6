"""Threads that Windows itself starts in other processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_SOURCES = (r"C:\Windows\System32\csrss.exe", r"C:\Windows\System32\svchost.exe")
_TARGETS = (r"C:\Windows\System32\conhost.exe", r"C:\Windows\System32\notepad.exe")


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one thread started in another process."""
    values = _sysmon.record(world)
    values.update(
        SourceProcessGuid=_sysmon.process_guid(world),
        SourceProcessId=_sysmon.process_id(world),
        SourceImage=world.chance.choice(_SOURCES),
        TargetProcessGuid=_sysmon.process_guid(world),
        TargetProcessId=_sysmon.process_id(world),
        TargetImage=world.chance.choice(_TARGETS),
        NewThreadId=_sysmon.process_id(world),
        StartAddress=f"0x00007FF{world.chance.randrange(16**8, 16**9):X}",
        StartModule=r"C:\Windows\System32\KERNELBASE.dll",
        StartFunction="CtrlRoutine",
        SourceUser=_sysmon.SYSTEM,
        TargetUser=_sysmon.other_user(world),
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="create_remote_thread",
    draw=draw,
    others={
        "SourceImage": _SOURCES,
        "TargetImage": _TARGETS,
        "StartModule": ("-", r"C:\Windows\System32\KERNELBASE.dll"),
        "StartFunction": ("-", "CtrlRoutine"),
    },
)
