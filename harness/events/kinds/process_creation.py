"""Programs that people and Windows start every day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import _sysmon
from harness.events.kinds._base import Kind
from harness.events.kinds._processes import Process
from harness.events.kinds._world import World

_RESOURCES = ("FileVersion", "Description", "Product", "Company", "OriginalFileName")
_TRAITS = ("Image", "Hashes", *_RESOURCES)


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one start of a program.

    Of a program that is wanted and not one of the everyday ones nothing more is known: its
    resources are empty, as those of many programs are. So no second trait gives it away.
    """
    process = _started(world, wanted)
    program, parent, person = process.program, process.parent, process.person
    user, sid = _sysmon.user(process)
    values = _sysmon.record(world, process.host)
    values.update(
        Image=program.image,
        ProcessId=process.pid,
        ProcessGuid=process.guid,
        CommandLine=process.command_line,
        CurrentDirectory=process.folder,
        User=user,
        UserSid=sid,
        LogonGuid=_logon_guid(process),
        LogonId=person.logon_id if person else _logon_id(process),
        TerminalSessionId=1 if person else 0,
        IntegrityLevel="Medium" if person else "System",
        Hashes=program.hashes,
        FileVersion=program.version,
        Description=program.description,
        Product=program.product,
        Company=program.company,
        OriginalFileName=program.original,
    )
    values.update(_parent(parent, wanted))
    values.update(wanted)
    return values


def _started(world: World, wanted: Mapping[str, Any]) -> Process:
    processes = _sysmon.processes(world)
    if not any(name in wanted for name in _TRAITS):
        return processes.starting(keep=not wanted)
    return processes.starting(str(wanted.get("Image") or _unknown_image(world)))


def _unknown_image(world: World) -> str:
    return f"C:\\Users\\{world.person().name}\\Downloads\\{world.word()}.exe"


def _logon_guid(process: Process) -> str:
    if process.person is not None:
        return process.person.logon_guid
    number = int(_logon_id(process), 16)
    return f"{{{process.host.machine}-0000-0000-{number:04X}-000000000000}}"


def _logon_id(process: Process) -> str:
    return process.account.logon_id if process.account is not None else "0x0"


def _parent(parent: Process | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of the process that started the new one."""
    if parent is None:
        return {}
    user, _ = _sysmon.user(parent)
    values = {
        "ParentProcessGuid": parent.guid,
        "ParentProcessId": parent.pid,
        "ParentImage": parent.program.image,
        "ParentCommandLine": parent.command_line,
        "ParentUser": user,
    }
    if "ParentImage" in wanted:
        values["ParentCommandLine"] = f'"{wanted["ParentImage"]}"'
    elif parent.parent is not None:
        values["GrandParentImage"] = parent.parent.program.image
    return values


KIND = Kind(
    name="process_creation",
    draw=draw,
    others={
        "Image": (r"C:\Windows\System32\notepad.exe", r"C:\Program Files\7-Zip\7zG.exe"),
        "OriginalFileName": ("NOTEPAD.EXE", "-"),
        "ParentImage": (r"C:\Windows\explorer.exe", r"C:\Windows\System32\services.exe"),
        "IntegrityLevel": ("Low", "Medium", "High", "System"),
        "User": ("NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\LOCAL SERVICE"),
        "CommandLine": (r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule",),
    },
)
