"""Events of any log source: ordinary values for the fields that a rule names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds._base import Kind
from harness.events.kinds._world import World

_PROGRAMS = (
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Windows\System32\svchost.exe",
    r"C:\Windows\explorer.exe",
    r"C:\Program Files\7-Zip\7zG.exe",
)
_COMMANDS = (
    r"C:\Windows\System32\svchost.exe -k netsvcs -p",
    '"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe" --type=utility',
    r"C:\Windows\Explorer.EXE",
    '"7zG.exe" a -tzip archive.zip',
)
_ORDINARY: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("commandline", _COMMANDS),
    ("image", _PROGRAMS),
    ("imageloaded", (r"C:\Windows\System32\kernel32.dll", r"C:\Windows\System32\ntdll.dll")),
    ("originalfilename", ("chrome.exe", "svchost.exe", "EXPLORER.EXE")),
    ("targetobject", (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\ShellState",)),
    ("targetfilename", (r"C:\Users\Public\Documents\report.docx",)),
    ("details", ("DWORD (0x00000001)", "explorer.exe")),
    ("integritylevel", ("Medium", "System")),
    ("eventid", (1, 4624, 5379)),
    ("destinationport", (443, 80, 53)),
    ("initiated", ("true", "false")),
    ("user", ("NT AUTHORITY\\SYSTEM",)),
)
"""Values by the end of a field's name in lower case, the longest end first that fits."""


def ordinary(world: World, name: str) -> Any:
    """Return an everyday value for a field of some name."""
    bare = name.lower().replace("_", "").replace(".", "")
    fitting = [end for end, _ in _ORDINARY if bare.endswith(end)]
    if not fitting:
        return world.word()
    return world.chance.choice(dict(_ORDINARY)[max(fitting, key=len)])


def draw(_: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one event: what is wanted, and nothing that nobody asked for."""
    return dict(wanted)


KIND = Kind(name="event", draw=draw, ordinary=ordinary)
