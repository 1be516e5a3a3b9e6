"""Tables of Microsoft Defender XDR and Microsoft Sentinel, for the spelling of their names.

https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-schema-tables and
https://learn.microsoft.com/en-us/azure/sentinel/sentinel-tables-connectors-reference; names are
case-sensitive (https://learn.microsoft.com/en-us/kusto/query/schema-entities/entity-names).
"""

from __future__ import annotations

DEFAULT = "Events"
_KNOWN = frozenset(
    [
        "AADSignInEventsBeta",
        "AADSpnSignInEventsBeta",
        "AlertEvidence",
        "AlertInfo",
        "BehaviorEntities",
        "BehaviorInfo",
        "CloudAppEvents",
        "CloudAuditEvents",
        "CloudProcessEvents",
        "DeviceEvents",
        "DeviceFileCertificateInfo",
        "DeviceFileEvents",
        "DeviceImageLoadEvents",
        "DeviceInfo",
        "DeviceLogonEvents",
        "DeviceNetworkEvents",
        "DeviceNetworkInfo",
        "DeviceProcessEvents",
        "DeviceRegistryEvents",
        "EmailAttachmentInfo",
        "EmailEvents",
        "EmailPostDeliveryEvents",
        "EmailUrlInfo",
        "EntraIdSignInEvents",
        "ExposureGraphEdges",
        "ExposureGraphNodes",
        "IdentityInfo",
        "IdentityDirectoryEvents",
        "IdentityLogonEvents",
        "IdentityQueryEvents",
        "UrlClickEvents",
        "AADManagedIdentitySignInLogs",
        "AADNonInteractiveUserSignInLogs",
        "AADServicePrincipalSignInLogs",
        "AWSCloudTrail",
        "AuditLogs",
        "AzureActivity",
        "AzureDiagnostics",
        "BehaviorAnalytics",
        "CommonSecurityLog",
        "DnsEvents",
        "Event",
        "GCPAuditLogs",
        "OfficeActivity",
        "SecurityAlert",
        "SecurityEvent",
        "SecurityIncident",
        "SigninLogs",
        "Syslog",
        "ThreatIntelligenceIndicator",
        "W3CIISLog",
        "WindowsEvent",
        "WindowsFirewall",
    ]
)


def written(name: str, own: str) -> str | None:
    """Return how a table is written whose name differs in letter case; ``None`` for any other."""
    if name == own or name in _KNOWN:
        return None
    return {item.lower(): item for item in (*_KNOWN, own)}.get(name.lower())
