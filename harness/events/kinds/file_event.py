"""Files created, changed, renamed and deleted by ordinary programs on Windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World

_PROGRAMS = (
    (r"C:\Program Files\Google\Chrome\Application\chrome.exe", "chrome.exe --type=utility"),
    (r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE", '"EXCEL.EXE" /dde'),
    (r"C:\Windows\System32\svchost.exe", r"C:\Windows\System32\svchost.exe -k netsvcs -p"),
    (r"C:\Windows\explorer.exe", r"C:\Windows\Explorer.EXE"),
    (r"C:\Program Files\7-Zip\7zG.exe", r'"C:\Program Files\7-Zip\7zG.exe" a -tzip archive.zip'),
)
_FOLDERS = (
    r"C:\Users\{user}\Documents",
    r"C:\Users\{user}\Downloads",
    r"C:\Users\{user}\AppData\Local\Temp",
    r"C:\ProgramData\Inventory",
    r"C:\Windows\Temp",
)
_ENDINGS = ("docx", "xlsx", "log", "tmp", "json", "pfx", "cer", "zip", "dll")
_ACTIONS = ("creation", "creation", "creation", "modification", "deletion", "rename")


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one file activity."""
    person, (image, command_line) = world.person(), world.chance.choice(_PROGRAMS)
    folder = world.chance.choice(_FOLDERS).format(user=person.name)
    name = f"{world.word()}_{world.chance.randrange(1000)}.{world.chance.choice(_ENDINGS)}"
    at = world.moment()
    values: dict[str, Any] = {
        "OS": "windows",
        "Action": world.chance.choice(_ACTIONS),
        "TargetFilename": f"{folder}\\{name}",
        "Image": image,
        "ProcessId": world.chance.randrange(400, 20000) // 4 * 4,
        "ProcessGuid": f"{{{world.guid().upper()}}}",
        "CommandLine": command_line,
        "User": person.name,
        "Domain": person.domain,
        "UserSid": person.sid,
        "RequestUser": person.name,
        "RequestDomain": person.domain,
        "RequestUserSid": person.sid,
        "Computer": world.host(),
        "ComputerId": world.guid(),
        "EventRecordID": world.chance.randrange(10_000, 900_000),
        "FileSize": world.chance.randrange(1, 5_000_000),
        "Timestamp": at,
        "CreationUtcTime": at,
    }
    values.update(wanted)
    if values["Action"] == "rename":
        values.setdefault("PreviousFilename", f"{folder}\\{world.word()}.tmp")
    return values


KIND = Kind(
    name="file_event",
    draw=draw,
    others={
        "OS": ("linux", "macos"),
        "Action": ("deletion", "rename", "modification"),
        "TargetFilename": (r"C:\Windows\Temp\report.docx",),
    },
)
