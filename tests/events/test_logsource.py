"""What a Sigma log source asks of an event."""

from __future__ import annotations

from typing import Any

import pytest

from harness.evaluate import oracle
from harness.ir import And, Lookup, Semantics, Truth
from harness.ruleset import logsource

SEMANTICS = Semantics(lookup=Lookup.FLAT)
SECURITY = {"OS": "windows", "Channel": "Security"}


def _holds(source: dict[str, str], event: dict[str, Any]) -> bool:
    conditions = And(logsource.conditions(source))
    return oracle.evaluate(conditions, event, SEMANTICS) is Truth.TRUE


@pytest.mark.parametrize(
    ("source", "event", "expected"),
    [
        ({"product": "windows", "service": "security"}, SECURITY, True),
        ({"product": "Windows", "service": "Security"}, SECURITY, True),
        ({"product": "windows", "service": "security"}, SECURITY | {"Channel": "SECURITY"}, True),
        ({"product": "windows", "service": "security"}, SECURITY | {"Channel": "System"}, False),
        ({"product": "windows", "service": "security"}, SECURITY | {"OS": "linux"}, False),
        ({"product": "windows", "service": "security"}, {"OS": "windows"}, False),
        ({"product": "linux"}, {"OS": "linux"}, True),
        (
            {"service": "powershell"},
            {"Channel": "Microsoft-Windows-PowerShell/Operational"},
            True,
        ),
        ({"service": "powershell"}, {"Channel": "PowerShellCore/Operational"}, True),
        ({"service": "powershell"}, {"Channel": "Windows PowerShell"}, False),
        ({"service": "powershell-classic"}, {"Channel": "Windows PowerShell"}, True),
        ({"service": "sysmon"}, {"Channel": "Microsoft-Windows-Sysmon/Operational"}, True),
        ({"service": "sysmon"}, SECURITY, False),
        ({"category": "process_creation"}, {}, True),
        ({"product": "aws", "service": "cloudtrail"}, {}, True),
        ({}, {}, True),
    ],
    ids=str,
)
def test_log_source(source: dict[str, str], event: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert _holds(source, event) is expected


@pytest.mark.parametrize(
    ("service", "channel"),
    [
        ("security", "Security"),
        ("system", "System"),
        ("application", "Application"),
        ("taskscheduler", "Microsoft-Windows-TaskScheduler/Operational"),
        ("wmi", "Microsoft-Windows-WMI-Activity/Operational"),
        ("windefend", "Microsoft-Windows-Windows Defender/Operational"),
        ("ntlm", "Microsoft-Windows-NTLM/Operational"),
        ("dns-server", "DNS Server"),
        ("bits-client", "Microsoft-Windows-Bits-Client/Operational"),
        ("codeintegrity-operational", "Microsoft-Windows-CodeIntegrity/Operational"),
        ("applocker", "Microsoft-Windows-AppLocker/EXE and DLL"),
        ("applocker", "Microsoft-Windows-AppLocker/MSI and Script"),
        ("smbclient-security", "Microsoft-Windows-SmbClient/Security"),
    ],
)
def test_channels_of_windows_services(service: str, channel: str) -> None:
    assert _holds({"product": "windows", "service": service}, SECURITY | {"Channel": channel})
    assert not _holds({"service": service}, {"Channel": f"{channel} "})
