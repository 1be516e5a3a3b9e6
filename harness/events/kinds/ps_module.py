"""Commands of modules that administrators run every day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_COMMANDS = ("Get-Date", "Get-Service", "Out-Default", "Write-Output")


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one command."""
    command, person = world.chance.choice(_COMMANDS), world.person()
    context = {
        "Severity": "Informational",
        "Host Name": "ConsoleHost",
        "Host Version": "5.1.19041.1682",
        "Host ID": world.guid(),
        "Host Application": "powershell.exe",
        "Engine Version": "5.1.19041.1682",
        "Command Name": command,
        "Command Type": "Cmdlet",
        "User": f"{person.domain}\\{person.name}",
        "Shell ID": "Microsoft.PowerShell",
    }
    values = _sysmon.record(world)
    values.update(
        UserID=person.sid,
        ContextInfo="\r\n".join(f"        {name} = {value}" for name, value in context.items()),
        Payload=f'CommandInvocation({command}): "{command}"\r\n',
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="ps_module",
    draw=draw,
    others={"Payload": ('CommandInvocation(Get-Date): "Get-Date"\r\n',)},
)
