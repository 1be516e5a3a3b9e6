"""What a Sigma log source asks of an event."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from harness import schemas
from harness.evaluate import oracle
from harness.ir import And, Lookup, Semantics, Truth
from harness.ruleset import logsource
from harness.telemetry.logsources import LogSource

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


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"product": "windows", "category": "process_creation"}, "process_creation"),
        ({"product": "linux", "category": "process_creation"}, "linux_process_creation"),
        ({"product": "macos", "category": "process_creation"}, "macos_process_creation"),
        ({"category": "process_creation"}, "event"),
        ({"product": "windows", "service": "appxdeployment-server"}, "windows_security"),
        ({"product": "windows", "service": "no-such-service"}, "event"),
        ({"product": "windows"}, "windows_security"),
        ({"product": "linux", "service": "auditd"}, "linux_auditd"),
        ({"product": "linux", "service": "sshd"}, "linux_syslog"),
        ({"product": "AWS", "service": "CloudTrail"}, "aws_cloudtrail"),
        (
            {"product": "kubernetes", "category": "application", "service": "audit"},
            "kubernetes_audit",
        ),
        ({"product": "opencanary", "category": "application"}, "opencanary"),
        ({"product": "jvm", "category": "application"}, "application_log"),
        ({"category": "webserver"}, "webserver"),
        ({"product": "apache", "category": "webserver"}, "webserver"),
        ({"product": "zeek", "service": "dns"}, "zeek_dns"),
        ({"product": "zeek", "service": "ssl"}, "event"),
        ({"product": "nobody", "service": "knows"}, "event"),
    ],
    ids=str,
)
def test_kind_of_a_log_source(source: dict[str, str], kind: str) -> None:
    assert logsource.kind_of(source) == kind


def test_every_listed_kind_is_one_and_can_be_told_apart() -> None:
    text = files("harness.ruleset").joinpath("kinds.toml").read_text("utf-8")
    listed = tomllib.loads(text)["kinds"]
    assert set(listed) <= set(schemas.kinds())
    told = [LogSource.of(source) for sources in listed.values() for source in sources]
    assert len(set(told)) == len(told)
    for kind, sources in listed.items():
        assert {logsource.kind_of(source) for source in sources} == {kind}


def test_every_kind_is_of_some_log_source() -> None:
    text = files("harness.ruleset").joinpath("kinds.toml").read_text("utf-8")
    listed = set(tomllib.loads(text)["kinds"])
    for kind in set(schemas.kinds()) - listed - {"event", "windows_security"}:
        assert logsource.kind_of({"product": "windows", "category": kind}) == kind
