"""Connections that ordinary programs make and take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_PLACES = (
    ("198.51.100.23", "www.example.org", 443, "https"),
    ("203.0.113.80", "update.example.net", 443, "https"),
    ("203.0.113.12", "cdn.example.com", 80, "http"),
    ("10.20.0.5", "-", 445, "microsoft-ds"),
    ("10.20.0.2", "-", 53, "domain"),
)


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one connection."""
    values = _sysmon.actor(world, wanted)
    address, host, port, service = world.chance.choice(_PLACES)
    values.update(
        Protocol="udp" if port == 53 else "tcp",  # noqa: PLR2004 - DNS
        Initiated="true",
        SourceIsIpv6="false",
        SourceIp=f"10.20.4.{world.chance.randrange(10, 250)}",
        SourceHostname=values["Computer"],
        SourcePort=world.chance.randrange(49152, 65535),
        SourcePortName="-",
        DestinationIsIpv6="false",
        DestinationIp=address,
        DestinationHostname="-" if "DestinationIp" in wanted else host,
        DestinationPort=port,
        DestinationPortName="-" if "DestinationPort" in wanted else service,
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="network_connection",
    draw=draw,
    others={
        "Initiated": ("false",),
        "DestinationPort": (443, 80, 53),
        "DestinationIp": ("10.20.0.5", "198.51.100.23", "127.0.0.1"),
        "DestinationHostname": ("www.example.org", "-"),
        "Image": (r"C:\Windows\System32\svchost.exe",),
    },
)
