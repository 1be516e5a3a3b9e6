"""What the events of Sysmon have in common: the record itself, and the process that acts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.events.kinds import Person, World

SYSTEM = "NT AUTHORITY\\SYSTEM"
SYSTEM_SID = "S-1-5-18"
WINDOWS = "Microsoft® Windows® Operating System"
VERSION = "10.0.19041.1266 (WinBuild.160101.0800)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An everyday program: its file, how it is started, and what its resources say."""

    image: str
    command_line: str
    original: str
    description: str
    product: str = WINDOWS
    company: str = "Microsoft Corporation"
    version: str = VERSION
    parent: str = r"C:\Windows\explorer.exe"
    parent_command_line: str = r"C:\Windows\Explorer.EXE"
    service: bool = False
    """Whether it runs as the system and not as a person."""
    hashes: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashes", hashes(self.image))


def hashes(seed: str) -> str:
    """Return the digests that stand for the content of a file, always the same ones."""
    text = hashlib.sha512(seed.encode()).hexdigest().upper()
    return f"MD5={text[:32]},SHA256={text[32:96]},IMPHASH={text[96:]}"


_SERVICES = r"C:\Windows\System32\services.exe"
_CHROME = r"C:\Program Files\Google\Chrome\Application\chrome.exe"
_OFFICE = r"C:\Program Files\Microsoft Office\root\Office16"

PROGRAMS = (
    Program(
        image=_CHROME,
        command_line=f'"{_CHROME}" --type=renderer --lang=en-US --renderer-client-id=14',
        original="chrome.exe",
        description="Google Chrome",
        product="Google Chrome",
        company="Google LLC",
        version="124.0.6367.119",
        parent=_CHROME,
        parent_command_line=f'"{_CHROME}" --no-startup-window',
    ),
    Program(
        image=rf"{_OFFICE}\EXCEL.EXE",
        command_line=rf'"{_OFFICE}\EXCEL.EXE" "C:\Users\Public\Documents\budget.xlsx"',
        original="Excel.exe",
        description="Microsoft Excel",
        product="Microsoft Office",
        version="16.0.17531.20152",
    ),
    Program(
        image=r"C:\Windows\System32\svchost.exe",
        command_line=r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule",
        original="svchost.exe",
        description="Host Process for Windows Services",
        parent=_SERVICES,
        parent_command_line=r"C:\Windows\system32\services.exe",
        service=True,
    ),
    Program(
        image=r"C:\Windows\System32\conhost.exe",
        command_line=r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1",
        original="CONHOST.EXE",
        description="Console Window Host",
        parent=r"C:\Program Files\Git\usr\bin\bash.exe",
        parent_command_line='"C:\\Program Files\\Git\\usr\\bin\\bash.exe" --login',
    ),
    Program(
        image=r"C:\Windows\System32\RuntimeBroker.exe",
        command_line=r"C:\Windows\System32\RuntimeBroker.exe -Embedding",
        original="RuntimeBroker.exe",
        description="Runtime Broker",
        parent=r"C:\Windows\System32\svchost.exe",
        parent_command_line=r"C:\Windows\system32\svchost.exe -k DcomLaunch -p",
    ),
    Program(
        image=r"C:\Windows\System32\notepad.exe",
        command_line=r'"C:\Windows\system32\NOTEPAD.EXE" C:\Users\Public\Documents\notes.txt',
        original="NOTEPAD.EXE",
        description="Notepad",
    ),
    Program(
        image=r"C:\Program Files\7-Zip\7zG.exe",
        command_line=r'"C:\Program Files\7-Zip\7zG.exe" a -tzip archive.zip -ad -saa',
        original="7zg.exe",
        description="7-Zip GUI",
        product="7-Zip",
        company="Igor Pavlov",
        version="23.01",
    ),
)


def record(world: World) -> dict[str, Any]:
    """Return the values that the record of any event of Sysmon has."""
    return {
        "Computer": world.host(),
        "ComputerId": world.guid(),
        "Timestamp": world.moment(),
        "EventRecordID": world.chance.randrange(10_000, 900_000),
        "ProcessID": world.chance.randrange(400, 4000) // 4 * 4,
        "ThreadID": world.chance.randrange(400, 9000) // 4 * 4,
    }


def process_id(world: World) -> int:
    """Return the number of a process."""
    return world.chance.randrange(400, 20_000) // 4 * 4


def process_guid(world: World) -> str:
    """Return the identifier of a process as Sysmon writes it."""
    return f"{{{world.guid().upper()}}}"


def account(world: World, program: Program | None) -> tuple[str, str, Person | None]:
    """Return the account that a program runs as, its SID, and the person where it is one."""
    if program is not None and program.service:
        return SYSTEM, SYSTEM_SID, None
    person = world.person()
    return f"{person.domain}\\{person.name}", person.sid, person


def actor(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record, and of the process that acts in it.

    Where another program is wanted, what follows from the program is that of a program of
    which nothing is known.
    """
    program = world.chance.choice(PROGRAMS)
    image = str(wanted.get("Image") or program.image)
    known = image == program.image
    user, sid, _ = account(world, program if known else None)
    values = record(world)
    values.update(
        Image=image,
        ProcessId=process_id(world),
        ProcessGuid=process_guid(world),
        User=user,
        UserSid=sid,
        CommandLine=program.command_line if known else f'"{image}"',
        ParentImage=program.parent,
        ParentProcessId=process_id(world),
        ParentCommandLine=program.parent_command_line,
    )
    return values


def other_user(world: World) -> str:
    """Return the account of one of the people."""
    person = world.person()
    return f"{person.domain}\\{person.name}"
