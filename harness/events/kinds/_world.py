"""A small company that stays the same for one seed: computers, people, and a running clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from faker import Faker

CLOCK = datetime(2024, 5, 10, 12, 34, 56, tzinfo=UTC)
"""The moment at which generated activities end; fixed, so that corpora are reproducible."""

_SPAN = 4 * 60 * 1000
"""Milliseconds in which all activities happen."""
_HOSTS = (("ws", 11), ("ws", 12), ("srv", 3), ("dc", 1))
_AT = (0, 0, 1, 1, 2, 3)
"""The computer of ``_HOSTS`` at which each of the people works."""


@dataclass(frozen=True, slots=True)
class Host:
    """A computer: its full name, what products that watch it call it, and its address."""

    name: str
    id: str
    address: str
    machine: str
    """Eight digits that Sysmon puts before every identifier of this computer."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user account with its domain and SID, in the directory and in the cloud."""

    name: str
    domain: str
    sid: str
    logon_id: str
    full_name: str
    guid: str
    """The object id in a cloud directory."""
    address: str
    """The public address of this person's connections."""
    host: Host
    logon_guid: str


@dataclass
class World:
    """A small company that stays the same for one seed: hosts, people, and a running clock."""

    seed: int
    chance: random.Random = field(init=False)
    words: tuple[str, ...] = field(init=False)
    people: list[Person] = field(init=False)
    hosts: list[str] = field(init=False)
    computers: list[Host] = field(init=False)
    domain: str = field(init=False)
    tenant: str = field(init=False)
    """The id of the company in a cloud directory."""
    subscription: str = field(init=False)
    account: str = field(init=False)
    """The twelve digits of the company's account in a cloud."""
    kept: dict[str, Any] = field(init=False, default_factory=dict)
    """What makers of events remember between them, such as the processes that run."""
    _ticks: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible data, not secrets
        fake = _faker()
        fake.seed_instance(self.seed)
        self.words = tuple(fake.words(200))
        self.domain = fake.domain_word().upper().replace("-", "")[:12]
        self.computers = [self._host(kind, n) for kind, n in _HOSTS]
        self.hosts = [one.name for one in self.computers]
        authority = "-".join(str(self.chance.randrange(10**8, 10**9)) for _ in range(3))
        names = [(fake.first_name(), fake.last_name()) for _ in range(6)]
        self.people = [self._person(authority, n, *name) for n, name in enumerate(names)]
        self.tenant, self.subscription = self.guid(), self.guid()
        self.account = f"{self.chance.randrange(10**11, 10**12)}"

    def _host(self, kind: str, number: int) -> Host:
        name = f"{kind}{number:02d}.{self.domain.lower()}.example"
        address = f"10.20.4.{number + (20 if kind == 'ws' else 0)}"
        return Host(name, self.guid(), address, f"{self.chance.getrandbits(32):08X}")

    def _person(self, authority: str, number: int, first: str, last: str) -> Person:
        name = f"{first[0]}.{last}".lower().replace(" ", "").replace("'", "")
        logon_id = f"0x{self.chance.randrange(0x10000, 0xFFFFFF):x}"
        host = self.computers[_AT[number]]
        return Person(
            name=name,
            domain=self.domain,
            sid=f"S-1-5-21-{authority}-{1104 + number}",
            logon_id=logon_id,
            full_name=f"{first} {last}",
            guid=self.guid(),
            address=f"198.51.100.{20 + number}",
            host=host,
            logon_guid=process_guid(host, self.started, int(logon_id, 16)),
        )

    def person(self) -> Person:
        """Return one of the people."""
        return self.chance.choice(self.people)

    def host(self) -> str:
        """Return the name of one of the computers."""
        return self.chance.choice(self.hosts)

    def computer(self) -> Host:
        """Return one of the computers."""
        return self.chance.choice(self.computers)

    def word(self) -> str:
        """Return an everyday word."""
        return self.chance.choice(self.words)

    def guid(self) -> str:
        """Return a GUID in lower case without braces."""
        number = self.chance.getrandbits(128)
        raw, variant = f"{number:032x}", "89ab"[number >> 60 & 3]
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{variant}{raw[17:20]}-{raw[20:]}"

    @property
    def started(self) -> datetime:
        """The moment before the first activity."""
        return CLOCK - timedelta(milliseconds=_SPAN)

    @property
    def now(self) -> datetime:
        """The moment of the activity that was drawn last."""
        return self.started + timedelta(milliseconds=self._ticks)

    def moment(self) -> str:
        """Return the next time stamp, ISO 8601 in UTC with milliseconds.

        It only moves forward, in ever smaller steps where the clock comes near.
        """
        left = _SPAN - self._ticks
        self._ticks += min(self.chance.randrange(40, 900), left // 200)
        return iso8601(self.now)


def iso8601(at: datetime) -> str:
    """Return a moment as activities tell it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def process_guid(host: Host, at: datetime, number: int) -> str:
    """Return an identifier of a process or logon as Sysmon composes it.

    The computer, the second in which it began and a number that Windows gives, as in
    https://learn.microsoft.com/sysinternals/downloads/sysmon: "a unique value for this process".
    """
    second = int(at.timestamp())
    low, high = second & 0xFFFF, second >> 16
    return f"{{{host.machine}-{low:04X}-{high:04X}-{number & 0xFFFF:04X}-{number >> 16:012X}}}"


@lru_cache(maxsize=1)
def _faker() -> Faker:
    return Faker("en_US")
