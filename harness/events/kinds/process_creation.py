"""Programs that people and Windows start every day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon
from harness.events.kinds._sysmon import PROGRAMS, SYSTEM, Program

_RESOURCES = ("FileVersion", "Description", "Product", "Company", "OriginalFileName")
_SYSTEM_FOLDER, _SYSTEM_LOGON = "C:\\Windows\\system32\\", "0x3e7"


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one start of a program.

    Of a program that is wanted and not one of the everyday ones nothing more is known: its
    resources are empty, as those of many programs are. So no second trait gives it away.
    """
    program = _program(world, wanted)
    image = str(wanted.get("Image") or (program.image if program else _unknown_image(world)))
    user, sid, person = _sysmon.account(world, program)
    parent, parent_command_line = _parent(program, wanted)
    values = _sysmon.record(world)
    values.update(
        Image=image,
        ProcessId=_sysmon.process_id(world),
        ProcessGuid=_sysmon.process_guid(world),
        CommandLine=program.command_line if program else f'"{image}"',
        CurrentDirectory=f"C:\\Users\\{person.name}\\" if person else _SYSTEM_FOLDER,
        User=user,
        UserSid=sid,
        LogonGuid=_sysmon.process_guid(world),
        LogonId=person.logon_id if person else _SYSTEM_LOGON,
        TerminalSessionId=world.chance.randrange(1, 4) if person else 0,
        IntegrityLevel="Medium" if person else "System",
        Hashes=program.hashes if program else _sysmon.hashes(image),
        ParentProcessGuid=_sysmon.process_guid(world),
        ParentProcessId=_sysmon.process_id(world),
        ParentImage=parent,
        ParentCommandLine=parent_command_line,
        ParentUser=SYSTEM if person is None else user,
        GrandParentImage=r"C:\Windows\System32\userinit.exe",
    )
    values.update(_resources(program))
    values.update(wanted)
    return values


def _program(world: World, wanted: Mapping[str, Any]) -> Program | None:
    """Return an everyday program that has the wanted file and resources, ``None`` for none."""
    program = world.chance.choice(PROGRAMS)
    if not any(name in wanted for name in ("Image", "Hashes", *_RESOURCES)):
        return program
    image = wanted.get("Image")
    return next((one for one in PROGRAMS if one.image == image), None)


def _unknown_image(world: World) -> str:
    return f"C:\\Users\\{world.person().name}\\Downloads\\{world.word()}.exe"


def _parent(program: Program | None, wanted: Mapping[str, Any]) -> tuple[str, str]:
    parent = wanted.get("ParentImage")
    if parent:
        return str(parent), f'"{parent}"'
    if program is None:
        return r"C:\Windows\explorer.exe", r"C:\Windows\Explorer.EXE"
    return program.parent, program.parent_command_line


def _resources(program: Program | None) -> dict[str, str]:
    if program is None:
        return dict.fromkeys(_RESOURCES, "-")
    return {
        "FileVersion": program.version,
        "Description": program.description,
        "Product": program.product,
        "Company": program.company,
        "OriginalFileName": program.original,
    }


KIND = Kind(
    name="process_creation",
    draw=draw,
    others={
        "Image": (r"C:\Windows\System32\notepad.exe", r"C:\Program Files\7-Zip\7zG.exe"),
        "OriginalFileName": ("NOTEPAD.EXE", "-"),
        "ParentImage": (r"C:\Windows\explorer.exe", r"C:\Windows\System32\services.exe"),
        "IntegrityLevel": ("Low", "Medium", "High", "System"),
        "User": (SYSTEM, "NT AUTHORITY\\LOCAL SERVICE"),
        "CommandLine": (r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule",),
    },
)
