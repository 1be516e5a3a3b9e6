"""Invented values that have the shape of the real ones, each the same for the same value.

Addresses come from the ranges kept for documentation (RFC 5737, RFC 3849) and, when those are
used up, for benchmarks (RFC 2544). Names end in ``.example`` (RFC 2606).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import chain, count

SID = re.compile(r"S-1-(?:5-21|12-1)(?:-\d{1,10}){3,5}\b", re.IGNORECASE)
"""SIDs of accounts of a domain or computer, and of Entra ID; the others are the same anywhere."""
_WITHOUT_RID = 7
"""Parts of the SID of a domain itself, such as ``S-1-5-21-1-2-3``."""
_WELL_KNOWN_RID = 1000
"""Relative identifiers below it are the same in every domain."""
_V4 = tuple(map(ipaddress.IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
_V4_MORE = ipaddress.IPv4Network("198.18.0.0/15")
_V6 = ipaddress.IPv6Network("2001:db8::/32")
_ID = re.compile(r"[0-9A-Za-z]")


class Pseudonyms:
    """Hands out invented values; ``taken`` are real ones, which are never handed out."""

    def __init__(self, public: frozenset[str]) -> None:
        self._public = public
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, Iterator[int]] = {}
        self._addresses = chain(*(network.hosts() for network in _V4), _V4_MORE.hosts())
        self._real: set[str] = set()

    def avoid(self, value: str) -> None:
        """Keep a real value from being handed out."""
        self._real.add(value.lower())

    def is_public(self, value: str) -> bool:
        """Return whether a value is no secret."""
        return value.strip().lower() in self._public

    def of(self, value: str, shape: str) -> str:
        """Return what stands for a value of a shape; the value itself where it is public."""
        if self.is_public(value):
            return value
        made = getattr(self, f"_{shape}", self._auto)(value)
        return str(made)

    def parts(self, value: str, shape: str) -> Iterator[tuple[str, str]]:
        """Yield the parts of a value that may stand elsewhere by themselves, with a shape each."""
        if shape == "auto":
            shape = self._shape(value)
        if shape == "user" and "\\" in value:
            domain, _, name = value.partition("\\")
            yield from ((domain, "domain"), (name, "user"))
        elif shape == "user" and "@" in value:
            name, _, domain = value.partition("@")
            yield from ((name, "user"), (domain, "domain"))
        elif shape == "user" and value.endswith("$"):
            yield value[:-1], "host"
        elif shape == "host" and "." in value and self._shape(value) != "ip":
            name, _, domain = value.partition(".")
            yield from ((name, "host"), (domain, "domain"))
        elif shape == "domain" and "." in value:
            yield value.partition(".")[0], "domain"
        elif isinstance(address := _address(value), ipaddress.IPv6Address) and address.ipv4_mapped:
            yield str(address.ipv4_mapped), "ip"

    @staticmethod
    def _shape(value: str) -> str:
        if SID.fullmatch(value):
            return "sid"
        if _address(value) is not None:
            return "ip"
        return "user"

    def _auto(self, value: str) -> str:
        return self.of(value, self._shape(value))

    def _user(self, value: str) -> str:
        if SID.fullmatch(value):
            return self._sid(value)
        if "\\" in value:
            domain, _, name = value.partition("\\")
            return f"{self.of(domain, 'domain')}\\{self.of(name, 'user')}"
        if "@" in value:
            name, _, domain = value.partition("@")
            return f"{self.of(name, 'user')}@{self.of(domain, 'domain')}"
        if value.endswith("$"):
            return f"{self.of(value[:-1], 'host')}$"
        return self._name(value, "user")

    def _host(self, value: str) -> str:
        if _address(value) is not None:
            return self._ip(value)
        name, dot, domain = value.partition(".")
        if not dot:
            return self._name(value, "host")
        return f"{self.of(name, 'host')}.{self._domain(domain)}"

    def _domain(self, value: str) -> str:
        name, dot, _ = value.partition(".")
        if not dot:
            return self._name(value, "domain")
        if self.is_public(value):
            return value
        return f"{self._name(name, 'domain')}.example"

    def _name(self, value: str, kind: str) -> str:
        """Return a name; one real name has one, whether it is that of a computer or a domain."""
        key = ("name", value.lower())
        if key not in self._known:
            self._known[key] = self._fresh(kind)
        return in_style(self._known[key], value)

    def _fresh(self, kind: str) -> str:
        numbers = self._counts.setdefault(kind, count(1))
        return next(name for name in (f"{kind}{n}" for n in numbers) if name not in self._real)

    def _sid(self, value: str) -> str:
        if not SID.fullmatch(value):
            return value if value.upper().startswith("S-1-") else self._user(value)
        pieces = value.split("-")
        if pieces[2] == "12":
            return "-".join((*pieces[:4], *self._numbers("cloud", value.upper(), 4)))
        head, rid = pieces[:4], pieces[7] if len(pieces) > _WITHOUT_RID else ""
        domain = self._numbers("domain", "-".join(pieces[4:7]), 3)
        if rid and int(rid) >= _WELL_KNOWN_RID:
            rid = self._numbers("rid", value.upper(), 1)[0]
        return "-".join((*head, *domain, *([rid] if rid else []), *pieces[8:]))

    def _numbers(self, kind: str, key: str, many: int) -> tuple[str, ...]:
        known = ("sid", f"{kind} {key}")
        if known not in self._known:
            number = next(self._counts.setdefault(f"sid {kind}", count(1)))
            base = _WELL_KNOWN_RID if kind == "rid" else 0
            self._known[known] = "-".join(str(base + number + 100 * n) for n in range(many))
        return tuple(self._known[known].split("-"))

    def _ip(self, value: str) -> str:
        address = _address(value)
        if address is None:
            return self._host(value) if re.search("[A-Za-z]", value) else self._id(value)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        real = mapped or address
        if real.is_loopback or real.is_unspecified or real.is_link_local or real.is_multicast:
            return value
        key = ("ip", str(real))
        while key not in self._known:
            fresh = self._address(real)
            if fresh not in self._real:
                self._known[key] = fresh
        return f"::ffff:{self._known[key]}" if mapped else self._known[key]

    def _address(self, real: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
        if isinstance(real, ipaddress.IPv4Address):
            return str(next(self._addresses))
        return str(_V6[next(self._counts.setdefault("ip6", count(1)))])

    def _id(self, value: str) -> str:
        """Return an identifier of the same form: separators stay, all else are digits."""
        key = ("id", value.lower())
        if key not in self._known:
            number = next(self._counts.setdefault("id", count(1)))
            places = len(_ID.findall(value))
            digits = iter(str(number).rjust(places, "0")[-places:] if places else "")
            self._known[key] = _ID.sub(lambda _: next(digits), value)
        return self._known[key]


def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value.strip())
    except ValueError:
        return None


def in_style(name: str, like: str) -> str:
    """Return a name in capitals or small letters where the value that it stands for is."""
    if like.isupper():
        return name.upper()
    return name.lower() if like.islower() else name
