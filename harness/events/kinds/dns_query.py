"""Names that ordinary programs ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_NAMES = (
    ("www.example.org", "198.51.100.23;"),
    ("update.example.net", "type:  5 cdn.example.com;203.0.113.12;"),
    ("login.example.com", "::ffff:203.0.113.80;"),
    ("wpad", "-"),
)


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one query for a name."""
    values = _sysmon.actor(world, wanted)
    name, answers = world.chance.choice(_NAMES)
    asked = "QueryName" in wanted
    values.update(
        QueryName=name,
        QueryResults="203.0.113.7;" if asked else answers,
        QueryStatus="9003" if answers == "-" and not asked else "0",
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="dns_query",
    draw=draw,
    others={
        "QueryName": ("www.example.org", "login.example.com"),
        "Image": (r"C:\Windows\System32\svchost.exe",),
    },
)
