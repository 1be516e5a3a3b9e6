"""Everyday changes of the registry: what ordinary programs set, create and delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import World, _sysmon

_HIVE = "HKU\\{sid}\\"
SETTINGS = (
    (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\FileExts\.txt\MRUList", "abc"),
    (r"SOFTWARE\Microsoft\Office\16.0\Common\General\FirstRunTime", "DWORD (0x01b3f7a2)"),
    (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Notifications\Data\Count", "Binary Data"),
    (r"SOFTWARE\7-Zip\FM\Columns\RootFolder", "Binary Data"),
    (r"SOFTWARE\Google\Chrome\BLBeacon\state", "DWORD (0x00000001)"),
)
MACHINE = (
    (
        r"HKLM\System\CurrentControlSet\Services\W32Time\Config\LastKnownGoodTime",
        "QWORD (0x01dabe42-0x1c9f3a80)",
    ),
    (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\LastCheck", "2024-05-10"),
    (r"HKLM\SOFTWARE\Google\Update\ClientState\pv", "124.0.6367.119"),
)


def change(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return who changes the registry, where, and to which data."""
    values = _sysmon.actor(world, wanted)
    if world.chance.random() < 0.3:  # noqa: PLR2004 - a third concerns the whole computer
        values["TargetObject"], values["Details"] = world.chance.choice(MACHINE)
    else:
        path, values["Details"] = world.chance.choice(SETTINGS)
        values["TargetObject"] = _HIVE.format(sid=values["UserSid"]) + path
    return values


OTHERS: Mapping[str, tuple[Any, ...]] = {
    "Image": (r"C:\Windows\System32\svchost.exe", r"C:\Windows\regedit.exe"),
    "TargetObject": (r"HKLM\SOFTWARE\Google\Update\ClientState\pv",),
    "Details": ("DWORD (0x00000000)", "Binary Data"),
}
