"""Recorded events by seed, for measuring ``harness scan``: Windows events as flat JSON lines.

Three lanes differ in how often values come again, all else being equal: ``repetitive`` hosts do
the same over and over, ``realistic`` ones have a long tail, ``distinct`` ones never run the same
command line twice. An event has about 700 bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import orjson

LANES = ("repetitive", "realistic", "distinct")
_POOL = {"repetitive": 300, "realistic": 20_000, "distinct": 0}

_SYSTEM = "C:\\Windows\\System32\\"
_PROGRAMS = {  # each with the program that starts it
    f"{_SYSTEM}svchost.exe": f"{_SYSTEM}services.exe",
    f"{_SYSTEM}SearchIndexer.exe": f"{_SYSTEM}services.exe",
    f"{_SYSTEM}taskhostw.exe": f"{_SYSTEM}svchost.exe",
    f"{_SYSTEM}dllhost.exe": f"{_SYSTEM}svchost.exe",
    f"{_SYSTEM}backgroundTaskHost.exe": f"{_SYSTEM}svchost.exe",
    f"{_SYSTEM}wbem\\WmiPrvSE.exe": f"{_SYSTEM}svchost.exe",
    f"{_SYSTEM}RuntimeBroker.exe": f"{_SYSTEM}svchost.exe",
    f"{_SYSTEM}cmd.exe": "C:\\Windows\\explorer.exe",
    f"{_SYSTEM}conhost.exe": f"{_SYSTEM}cmd.exe",
    f"{_SYSTEM}notepad.exe": "C:\\Windows\\explorer.exe",
    f"{_SYSTEM}WindowsPowerShell\\v1.0\\powershell.exe": "C:\\Windows\\explorer.exe",
    "C:\\Windows\\explorer.exe": f"{_SYSTEM}userinit.exe",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe": "C:\\Windows\\explorer.exe",
    "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE": "C:\\Windows\\explorer.exe",
    "C:\\Program Files\\Edge\\Application\\msedge.exe": "C:\\Windows\\explorer.exe",
    "C:\\Program Files\\7-Zip\\7z.exe": "C:\\Windows\\explorer.exe",
    "C:\\Program Files\\Python312\\python.exe": f"{_SYSTEM}cmd.exe",
}
_IMAGES = list(_PROGRAMS)
_ONLINE = [one for one in _IMAGES if "chrome" in one or "msedge" in one or "svchost" in one]
_ARGUMENTS = [
    "-k netsvcs -p -s Schedule",
    "/c dir /b C:\\Users",
    "--type=renderer --field-trial-handle=1718",
    "-File C:\\Ops\\collect.ps1",
    "--log-level=info --profile-directory=Default",
    "/n /e C:\\Reports\\quarter.docx",
    "--lang=de --no-rate-limit",
    "--version",
    "a -tzip C:\\Temp\\archive.zip C:\\Data",
    "-u worker --queue nightly",
    "Default",
    "",
]
_KEYS = [
    r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters",
    r"HKU\S-1-5-21-1004336348-1177238915-682003330-1604\SOFTWARE\Microsoft\Windows\CurrentVersion",
    r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Fonts",
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender",
]
_SYSMON = "Microsoft-Windows-Sysmon/Operational"
_KINDS = ["process"] * 45 + ["registry"] * 15 + ["image"] * 15 + ["file"] * 10 + ["net"] * 10
_KINDS += ["dns"] * 3 + ["logon"] * 2


class _Host:
    """Makes the events of one lane."""

    def __init__(self, lane: str, seed: int) -> None:
        self._random = random.Random(f"{lane} {seed}")
        self._pool = _POOL[lane]
        self._lines: list[str] = [self._fresh() for _ in range(self._pool)]

    def _fresh(self) -> str:
        draw = self._random
        return (
            f'"{draw.choice(_IMAGES[1:])}" {draw.choice(_ARGUMENTS)} '
            f"/job:{draw.getrandbits(96):024x} /out C:\\Work\\{draw.getrandbits(48):012x}\\log.txt"
        )

    def _line(self) -> str:
        return self._random.choice(self._lines) if self._pool else self._fresh()

    def _guid(self) -> str:
        number = f"{self._random.getrandbits(128):032X}"
        return f"{{{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}}}"

    def _common(self, number: int, event_id: int, channel: str) -> dict[str, object]:
        seconds = number // 50
        clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return {
            "EventID": event_id,
            "Channel": channel,
            "Provider_Name": "Microsoft-Windows-Sysmon",
            "Computer": f"WS{number % 200:04d}.contoso.example",
            "EventRecordID": number,
            "UtcTime": f"2026-03-{1 + seconds // 86400 % 28:02d} {clock}.{number % 1000:03d}",
            "RuleName": "-",
        }

    def event(self, number: int) -> dict[str, object]:
        """Return one event."""
        draw = self._random
        kind = draw.choice(_KINDS)
        image = draw.choice(_ONLINE if kind in {"net", "dns"} else _IMAGES)
        actor = {
            "ProcessGuid": self._guid(),
            "ProcessId": draw.randrange(4, 20000, 4),
            "Image": image,
            "User": f"CONTOSO\\user{draw.randrange(60)}",
        }
        match kind:
            case "process":
                return {
                    **self._common(number, 1, _SYSMON),
                    **actor,
                    "CommandLine": self._line(),
                    "CurrentDirectory": "C:\\Windows\\system32\\",
                    "IntegrityLevel": draw.choice(("Medium", "High", "System")),
                    "OriginalFileName": image.rpartition("\\")[2],
                    "Hashes": f"SHA256={hash_of(image)}",
                    "ParentProcessGuid": self._guid(),
                    "ParentImage": _PROGRAMS[image],
                    "ParentCommandLine": self._line(),
                }
            case "registry":
                return {
                    **self._common(number, 13, _SYSMON),
                    **actor,
                    "EventType": "SetValue",
                    "TargetObject": f"{draw.choice(_KEYS)}\\Value{draw.randrange(500)}",
                    "Details": f"DWORD (0x{draw.randrange(16):08x})",
                    "Message": "Registry value set: " + "x" * 40,
                }
            case "image":
                return {
                    **self._common(number, 7, _SYSMON),
                    **actor,
                    "ImageLoaded": f"C:\\Windows\\System32\\module{draw.randrange(400)}.dll",
                    "Hashes": f"SHA256={hash_of(image)}",
                    "Signed": "true",
                    "Signature": "Microsoft Windows",
                    "SignatureStatus": "Valid",
                    "Message": "Image loaded: " + "x" * 40,
                }
            case "file":
                name = draw.choice((f"{draw.getrandbits(40):010x}", "report"))
                return {
                    **self._common(number, 11, _SYSMON),
                    **actor,
                    "TargetFilename": f"C:\\Users\\m.weber\\AppData\\Local\\Temp\\{name}.tmp",
                    "CreationUtcTime": "2026-03-01 08:00:00.000",
                    "Message": "File created: " + "x" * 90,
                }
            case "net":
                return {
                    **self._common(number, 3, _SYSMON),
                    **actor,
                    "Protocol": "tcp",
                    "Initiated": "true",
                    "SourceIp": f"10.1.{draw.randrange(8)}.{draw.randrange(250)}",
                    "SourcePort": draw.randrange(49152, 65535),
                    "DestinationIp": f"52.{draw.randrange(30)}.{draw.randrange(99)}.7",
                    "DestinationHostname": f"host{draw.randrange(300)}.example.net",
                    "DestinationPort": draw.choice((80, 443, 443, 445, 8080)),
                    "Message": "Network connection detected: " + "x" * 40,
                }
            case "dns":
                return {
                    **self._common(number, 22, _SYSMON),
                    **actor,
                    "QueryName": f"host{draw.randrange(300)}.example.net",
                    "QueryStatus": "0",
                    "QueryResults": "::ffff:52.1.2.3;",
                    "Message": "Dns query: " + "x" * 100,
                }
            case _:
                return {
                    **self._common(number, 4624, "Security"),
                    "TargetUserName": f"user{draw.randrange(60)}",
                    "TargetDomainName": "CONTOSO",
                    "LogonType": draw.choice((2, 3, 3, 5, 10)),
                    "IpAddress": f"10.1.{draw.randrange(8)}.{draw.randrange(250)}",
                    "WorkstationName": f"WS{draw.randrange(200):04d}",
                    "AuthenticationPackageName": "Kerberos",
                    "LogonGuid": self._guid(),
                    "Message": "An account was successfully logged on. " + "x" * 100,
                }


def hash_of(text: str) -> str:
    """Return what a digest of a program looks like; the same for the same program."""
    return f"{random.Random(text).getrandbits(256):064X}"


def events(lane: str, count: int, seed: int = 0) -> Iterator[dict[str, object]]:
    """Yield the events of a lane."""
    host = _Host(lane, seed)
    return (host.event(number) for number in range(count))


def write(path: Path, lane: str, count: int, seed: int = 0) -> None:
    """Write a lane as JSON lines."""
    with path.open("wb") as file:
        for event in events(lane, count, seed):
            file.write(orjson.dumps(event) + b"\n")
