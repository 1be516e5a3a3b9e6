"""Processes that ordinary programs open, to ask how they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_SOURCES = (
    r"C:\Windows\System32\svchost.exe",
    r"C:\Windows\System32\Taskmgr.exe",
    r"C:\Program Files\Windows Defender\MsMpEng.exe",
)
_TARGETS = (r"C:\Windows\explorer.exe", r"C:\Windows\System32\lsass.exe", _SOURCES[0])
_TRACE = r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e"
_SYSTEM = _sysmon.SYSTEM


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one process opening another."""
    values = _sysmon.record(world)
    values.update(
        SourceProcessGUID=_sysmon.process_guid(world),
        SourceProcessId=_sysmon.process_id(world),
        SourceThreadId=_sysmon.process_id(world),
        SourceImage=world.chance.choice(_SOURCES),
        TargetProcessGUID=_sysmon.process_guid(world),
        TargetProcessId=_sysmon.process_id(world),
        TargetImage=world.chance.choice(_TARGETS),
        GrantedAccess=world.chance.choice(("0x1000", "0x1400", "0x100000")),
        CallTrace=f"{_TRACE}|C:\\Windows\\System32\\{world.word()}.dll+1a2b",
        SourceUser=_SYSTEM,
        TargetUser=_SYSTEM,
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="process_access",
    draw=draw,
    others={
        "SourceImage": _SOURCES,
        "TargetImage": _TARGETS,
        "GrantedAccess": ("0x1000", "0x1400"),
        "CallTrace": (_TRACE,),
    },
)
