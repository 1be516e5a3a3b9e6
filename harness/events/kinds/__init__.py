"""Realistic everyday activity, one file a kind; listing this folder is the registry.

Each file has ``KIND = Kind(name, draw)``: ``draw(world, wanted)`` gives the values of one
activity that holds the wanted values and is otherwise ordinary and consistent with them (a
user keeps a SID, a channel keeps its provider).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from faker import Faker

CLOCK = datetime(2024, 5, 10, 12, 34, 56, tzinfo=UTC)
"""The moment at which generated activities end; fixed, so that corpora are reproducible."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user account with its domain and SID."""

    name: str
    domain: str
    sid: str
    logon_id: str


@dataclass
class World:
    """A small company that stays the same for one seed: hosts, people, and a running clock."""

    seed: int
    chance: random.Random = field(init=False)
    words: tuple[str, ...] = field(init=False)
    people: list[Person] = field(init=False)
    hosts: list[str] = field(init=False)
    domain: str = field(init=False)
    _ticks: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible data, not secrets
        fake = _faker()
        fake.seed_instance(self.seed)
        self.words = tuple(fake.words(200))
        self.domain = fake.domain_word().upper().replace("-", "")[:12]
        self.hosts = [f"{kind}{n:02d}.{self.domain.lower()}.example" for kind, n in _HOSTS]
        authority = "-".join(str(self.chance.randrange(10**8, 10**9)) for _ in range(3))
        names = [(fake.first_name(), fake.last_name()) for _ in range(6)]
        self.people = [self._person(authority, n, *name) for n, name in enumerate(names)]

    def _person(self, authority: str, number: int, first: str, last: str) -> Person:
        name = f"{first[0]}.{last}".lower().replace(" ", "").replace("'", "")
        logon_id = f"0x{self.chance.randrange(0x10000, 0xFFFFFF):x}"
        return Person(name, self.domain, f"S-1-5-21-{authority}-{1104 + number}", logon_id)

    def person(self) -> Person:
        """Return one of the people."""
        return self.chance.choice(self.people)

    def host(self) -> str:
        """Return one of the hosts."""
        return self.chance.choice(self.hosts)

    def word(self) -> str:
        """Return an everyday word."""
        return self.chance.choice(self.words)

    def guid(self) -> str:
        """Return a GUID in lower case without braces."""
        raw = f"{self.chance.getrandbits(128):032x}"
        return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"

    def moment(self) -> str:
        """Return the next time stamp, ISO 8601 in UTC with milliseconds; it only moves forward."""
        self._ticks += self.chance.randrange(40, 900)
        at = CLOCK - timedelta(minutes=4) + timedelta(milliseconds=self._ticks)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_HOSTS = (("ws", 11), ("ws", 12), ("srv", 3), ("dc", 1))


@lru_cache(maxsize=1)
def _faker() -> Faker:
    return Faker("en_US")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of activity and the generator of its everyday occurrences.

    ``others`` lists realistic other values of a value whose range is open: the channels and
    programs that a rule for one of them should leave alone.
    """

    name: str
    draw: Callable[[World, Mapping[str, Any]], dict[str, Any]]
    others: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    product: tuple[str, ...] = ()
    """Values that tell which product recorded an activity."""
    ordinary: Callable[[World, str], Any] | None = None
    """Everyday values for the fields that a rule reads, where the kind declares none."""


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the kinds that have a generator, sorted."""
    return tuple(sorted(info.name for info in iter_modules(__path__) if info.name[0] != "_"))


def get(name: str) -> Kind:
    """Return a kind; raises ``KeyError`` for one that has no generator."""
    if name not in names():
        raise KeyError(name)
    kind: Kind = import_module(f"{__name__}.{name}").KIND
    return kind
