"""What a Sigma log source says: the kind of its events, and conditions on their values.

Product and service come from the taxonomy of the Sigma specification
(https://github.com/SigmaHQ/sigma-specification, appendix "taxonomy"); the channels of Windows
services are the channel names that Windows itself uses.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness import schemas
from harness.ir import Atom, Case, Equals, Predicate, any_of

ANY_KIND = "event"
"""The kind of events that have no kind of their own: values under the rule's own names."""
_RECORDS = "windows_security"
"""The kind of the records of any Windows channel."""

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


def kind_of(logsource: Mapping[str, str]) -> str:
    """Return the kind of activity that a log source is about."""
    category, windows = logsource.get("category", ""), logsource.get("product") == "windows"
    if windows and category in schemas.kinds():
        return category
    if windows and not category and logsource.get("service", "").lower() in _CHANNELS:
        return _RECORDS
    return ANY_KIND


def conditions(logsource: Mapping[str, str]) -> tuple[Predicate, ...]:
    """Return what a log source asks; nothing for parts that name no value of an event."""
    found: list[Predicate] = []
    if (product := logsource.get("product", "").lower()) in _PRODUCTS:
        found.append(_equals("OS", product))
    if logsource.get("category", "").lower() == "file_event":
        found.append(_equals("Action", "creation"))
    channels = _CHANNELS.get(logsource.get("service", "").lower(), ())
    if channels:
        found.append(any_of(*(_equals("Channel", channel) for channel in channels)))
    return tuple(found)


def _equals(name: str, value: str) -> Predicate:
    return Atom(field=name, check=Equals(value, Case.UNICODE))
