"""Blocks of scripts that administrators run every day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_SCRIPTS = (
    (r"Get-ChildItem -Path C:\Users -Recurse | Measure-Object", r"C:\Scripts\inventory.ps1"),
    ("Get-Service | Where-Object {$_.Status -eq 'Running'}", ""),
    ('param($Name)\nWrite-Output "Hello $Name"', r"C:\Scripts\hello.ps1"),
    ("prompt", ""),
    ("{ Set-StrictMode -Version 1; $_.PSMessageDetails }", ""),
)


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one block of a script."""
    text, path = world.chance.choice(_SCRIPTS)
    values = _sysmon.record(world)
    values.update(
        UserID=world.person().sid,
        MessageNumber=1,
        MessageTotal=1,
        ScriptBlockText=text,
        ScriptBlockId=world.guid(),
        Path="" if "ScriptBlockText" in wanted else path,
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="ps_script",
    draw=draw,
    others={"ScriptBlockText": ("prompt", _SCRIPTS[0][0])},
)
