"""What a Sigma log source says: the kind of its events, and conditions on their values.

Product and service come from the taxonomy of the Sigma specification
(https://github.com/SigmaHQ/sigma-specification, appendix "taxonomy"); the channels of Windows
services are those by which recorded events are recognised.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness import schemas
from harness.ir import Atom, Case, Equals, Predicate, any_of
from harness.telemetry.logsources import channels

ANY_KIND = "event"
"""The kind of events that have no kind of their own: values under the rule's own names."""
_RECORDS = "windows_security"
"""The kind of the records of any Windows channel."""

_PRODUCTS = ("windows", "linux", "macos")
_SERVICES = frozenset(
    {
        "application",
        "applocker",
        "bits-client",
        "codeintegrity-operational",
        "dns-server",
        "firewall-as",
        "ntlm",
        "powershell",
        "powershell-classic",
        "security",
        "smbclient-security",
        "sysmon",
        "system",
        "taskscheduler",
        "terminalservices-localsessionmanager",
        "windefend",
        "wmi",
    }
)
"""Windows services of which events are made with their channel; others may be recognised only."""


def kind_of(logsource: Mapping[str, str]) -> str:
    """Return the kind of activity that a log source is about."""
    category, windows = logsource.get("category", ""), logsource.get("product") == "windows"
    if windows and category in schemas.kinds():
        return category
    if windows and not category and logsource.get("service", "").lower() in _SERVICES:
        return _RECORDS
    return ANY_KIND


def conditions(logsource: Mapping[str, str]) -> tuple[Predicate, ...]:
    """Return what a log source asks; nothing for parts that name no value of an event."""
    found: list[Predicate] = []
    if (product := logsource.get("product", "").lower()) in _PRODUCTS:
        found.append(_equals("OS", product))
    if logsource.get("category", "").lower() == "file_event":
        found.append(_equals("Action", "creation"))
    service = logsource.get("service", "").lower()
    if service in _SERVICES:
        found.append(any_of(*(_equals("Channel", one) for one in channels(service))))
    return tuple(found)


def _equals(name: str, value: str) -> Predicate:
    return Atom(field=name, check=Equals(value, Case.UNICODE))
