"""What ``ip("...")`` finds: addresses inside a text, against an address, a range or a network."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.ir import as_text

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NETWORK = re.compile(r"([^%/]*)/(0|[1-9]\d{0,2})", re.ASCII)
_V4 = re.compile(r"[0-9].{0,2}?\.", re.DOTALL)
_V6 = re.compile(r"::[0-9a-fA-F]|[0-9a-fA-F]{1,4}:")
_V4_RUN = re.compile(r"[0-9.]*")
_V6_RUN = re.compile(r"[0-9a-fA-F:.]*")
_V4_ROOM, _V6_ROOM = 4, 5
"""Characters that must be left where an address may begin."""


@dataclass(frozen=True, slots=True)
class HasAddress:
    """An address between two bounds stands in the text."""

    written: str
    low: Address
    high: Address

    def accepts(self, value: Any) -> bool:
        return any(
            one.version == self.low.version
            and _zone(one) == _zone(self.low)
            and int(self.low) <= int(one) <= int(self.high)
            for one in addresses(as_text(value))
        )

    def describe(self) -> str:
        return f"holds an address of {self.written}"


def _zone(one: Address) -> str | None:
    return getattr(one, "scope_id", None)


def address_check(pattern: str) -> HasAddress | None:
    """Return the test of ``ip(pattern)``, ``None`` for a pattern that is none."""
    single = _address(pattern)
    if single is not None:
        return HasAddress(pattern, single, single)
    network = _NETWORK.fullmatch(pattern)
    try:
        if network is not None:
            block = ipaddress.ip_network(pattern, strict=False)
            return HasAddress(pattern, block[0], block[-1])
    except ValueError:
        return None
    low, dash, high = pattern.partition("-")
    first, last = _address(low), _address(high)
    if not dash or first is None or last is None or first.version != last.version:
        return None
    if _zone(first) or _zone(last) or int(first) > int(last):
        return None
    return HasAddress(pattern, first, last)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def addresses(text: str) -> Iterator[Address]:
    """Yield the addresses that Loki sees in a text; it counts in bytes and jumps over near ones."""
    line = text.encode("utf-8", "surrogateescape").decode("latin-1")
    at = 0
    while at < len(line):
        run = None
        if at + _V4_ROOM <= len(line) and _V4.match(line, at):
            run = _V4_RUN.match(line, at)
        elif at + _V6_ROOM <= len(line) and _V6.match(line, at):
            run = _V6_RUN.match(line, at)
        if run is not None:
            found = _address(run.group())
            if found is not None:
                yield found
            at = run.end()
        at += 1
