"""Functions on IP addresses.

https://learn.microsoft.com/en-us/kusto/query/ipv4-is-in-range-function and its neighbours.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from harness.languages.kusto import _values

_V4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_MAPPED_BITS = 96
_LOCAL = [ipaddress.ip_network(item) for item in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_LIST_LIMIT = 10_000

Address = tuple[int, int]
"""An address as a number, and the length of its prefix."""


def _v4(text: str) -> Address | None:
    """Read ``a.b.c.d`` with an optional prefix."""
    plain, slash, mask = text.strip().partition("/")
    try:
        number = int(ipaddress.IPv4Address(plain))
    except ValueError:
        return None
    length = _prefix(mask, 32) if slash else 32
    return None if length is None else (number, length)


def _prefix(mask: str, most: int) -> int | None:
    if not mask.isascii() or not mask.isdigit() or len(mask) > len("128"):
        return None
    return int(mask) if int(mask) <= most else None


def _v6(text: str) -> Address | None:
    """Read an IPv6 or IPv4 address with an optional prefix, as an IPv6 one."""
    plain, slash, mask = text.strip().partition("/")
    short = _v4(text)
    if short is not None:
        return (0xFFFF << 32) + short[0], _MAPPED_BITS + short[1]
    try:
        number = int(ipaddress.IPv6Address(plain))
    except ValueError:
        return None
    length = _prefix(mask, 128) if slash else 128
    return None if length is None else (number, length)


def _same(one: Address, other: Address, bits: int, length: int) -> bool:
    return one[0] >> (bits - length) == other[0] >> (bits - length)


Read = Callable[[str], Address | None]


def _in_range(read: Read, bits: int) -> Callable[[str, str], bool | None]:
    def holds(address: str, network: str) -> bool | None:
        one, other = read(address), read(network)
        if one is None or other is None:
            return None
        return one[1] >= other[1] and _same(one, other, bits, other[1])

    return holds


def _in_any_range(read: Read, bits: int) -> Callable[..., bool | None]:
    one_range = _in_range(read, bits)

    def holds(address: str, *networks: Any) -> bool | None:
        listed: list[str] = []
        for item in networks:
            value = _values.plain(item)
            listed += [str(x) for x in value] if isinstance(value, list) else [str(value)]
        found = [one_range(address, network) for network in listed[:_LIST_LIMIT]]
        if True in found:
            return True
        return None if not found or None in found else False

    return holds


def _match(read: Read, bits: int) -> Callable[..., bool | None]:
    def holds(left: str, right: str, prefix: int | None = None) -> bool | None:
        one, other = read(left), read(right)
        if one is None or other is None:
            return None
        length = min(one[1], other[1], bits if prefix is None else max(0, prefix))
        return _same(one, other, bits, length)

    return holds


def is_private(address: str) -> bool | None:
    """Return whether an IPv4 address or network is private."""
    found = _v4(address)
    if found is None:
        return None
    return any(
        found[1] >= net.prefixlen
        and _same(found, (int(net.network_address), 32), 32, net.prefixlen)
        for net in _LOCAL
    )


def _valid_v4(text: str) -> bool:
    found = _v4(text)
    return found is not None and "/" not in text


def has_ipv4(text: str, *addresses: Any) -> bool:
    """Return whether a text holds one of some addresses, set off by other characters."""
    wanted = {item for item in _texts(addresses) if _valid_v4(item)}
    return any(
        item in text and any(_apart(text, found) for found in re.finditer(re.escape(item), text))
        for item in wanted
    )


def _texts(items: tuple[Any, ...]) -> list[str]:
    found: list[str] = []
    for item in items:
        value = _values.plain(item)
        found += [str(x) for x in value] if isinstance(value, list) else [str(value)]
    return found[:_LIST_LIMIT]


def _apart(text: str, found: re.Match[str], *, end: bool = True) -> bool:
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    return not before.isalnum() and not (end and after.isalnum())


def has_ipv4_prefix(text: str, *prefixes: Any) -> bool:
    """Return whether a text holds an address that begins with one of some prefixes."""
    found = [one for one in _V4.finditer(text) if _apart(text, one) and _valid_v4(one.group())]
    for prefix in _texts(prefixes):
        whole = _valid_v4(prefix)
        if not whole and not re.fullmatch(r"(?:\d{1,3}\.){1,3}", prefix, re.ASCII):
            continue
        if any(one.group() == prefix if whole else one.group().startswith(prefix) for one in found):
            return True
    return False


in_range_v4 = _in_range(_v4, 32)
in_any_range_v4 = _in_any_range(_v4, 32)
in_range_v6 = _in_range(_v6, 128)
in_any_range_v6 = _in_any_range(_v6, 128)
match_v4 = _match(_v4, 32)
match_v6 = _match(_v6, 128)
