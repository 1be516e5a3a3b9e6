"""What a Sigma log source asks of an event, as conditions on activity values.

Product and service come from the taxonomy of the Sigma specification
(https://github.com/SigmaHQ/sigma-specification, appendix "taxonomy"); the channels of Windows
services are the channel names that Windows itself uses.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.ir import Atom, Case, Equals, Predicate, any_of

_PRODUCTS = ("windows", "linux", "macos")
_CHANNELS: Mapping[str, tuple[str, ...]] = {
    "security": ("Security",),
    "system": ("System",),
    "application": ("Application",),
    "sysmon": ("Microsoft-Windows-Sysmon/Operational",),
    "powershell": (
        "Microsoft-Windows-PowerShell/Operational",
        "PowerShellCore/Operational",
    ),
    "powershell-classic": ("Windows PowerShell",),
    "taskscheduler": ("Microsoft-Windows-TaskScheduler/Operational",),
    "wmi": ("Microsoft-Windows-WMI-Activity/Operational",),
    "windefend": ("Microsoft-Windows-Windows Defender/Operational",),
    "ntlm": ("Microsoft-Windows-NTLM/Operational",),
    "dns-server": ("DNS Server",),
    "bits-client": ("Microsoft-Windows-Bits-Client/Operational",),
    "codeintegrity-operational": ("Microsoft-Windows-CodeIntegrity/Operational",),
    "applocker": (
        "Microsoft-Windows-AppLocker/MSI and Script",
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
    ),
    "terminalservices-localsessionmanager": (
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    ),
    "smbclient-security": ("Microsoft-Windows-SmbClient/Security",),
    "firewall-as": ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",),
}


def conditions(logsource: Mapping[str, str]) -> tuple[Predicate, ...]:
    """Return what a log source asks; nothing for parts that name no value of an event."""
    found: list[Predicate] = []
    if (product := logsource.get("product", "").lower()) in _PRODUCTS:
        found.append(_equals("OS", product))
    channels = _CHANNELS.get(logsource.get("service", "").lower(), ())
    if channels:
        found.append(any_of(*(_equals("Channel", channel) for channel in channels)))
    return tuple(found)


def _equals(name: str, value: str) -> Predicate:
    return Atom(field=name, check=Equals(value, Case.UNICODE))
