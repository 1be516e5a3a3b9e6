"""Which recorded events a Sigma log source means; the facts are in ``logsources.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from harness.errors import Diagnostic, InvalidInput


class LogSource(NamedTuple):
    """Product, category and service, in small letters; empty for what is not said."""

    product: str = ""
    category: str = ""
    service: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> LogSource:
        """Return the log source that a rule names."""
        return cls(*(str(given.get(name, "") or "").lower() for name in cls._fields))

    @classmethod
    def parse(cls, text: str) -> LogSource:
        """Return the log source of ``product=windows,category=process_creation``.

        Raises ``InvalidInput`` for anything else.
        """
        parts = [part.partition("=") for part in text.split(",")]
        given = {name.strip(): value.strip() for name, _, value in parts}
        if not all(given.values()) or not set(given) <= set(cls._fields):
            message = f"{text[:80]!r} is no log source"
            hint = "write product=windows,category=process_creation or service=..."
            raise InvalidInput([Diagnostic(code="bad-logsource", message=message, hint=hint)])
        return cls.of(given)

    def covers(self, other: LogSource) -> bool:
        """Return whether everything that this one names is so in the other."""
        return all(mine in {"", theirs} for mine, theirs in zip(self, other, strict=True))

    def __str__(self) -> str:
        return "/".join(part for part in self if part) or "any"


class Member(NamedTuple):
    """What an event is: a log source, and the renaming of fields with which it is one."""

    source: LogSource
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Native:
    """A log source whose events are known by their keys and values."""

    source: LogSource
    has: tuple[str, ...]
    values: Mapping[str, frozenset[str]]

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths that are looked at."""
        return (*self.has, *self.values)


@lru_cache(maxsize=1)
def _facts() -> Mapping[str, Any]:
    text = files(__package__).joinpath("logsources.toml").read_text("utf-8")
    return tomllib.loads(text)


def channels(service: str) -> tuple[str, ...]:
    """Return the Windows channels that a service stands for; nothing for an unknown one."""
    return tuple(_facts()["windows"]["services"].get(service, ()))


def services() -> tuple[str, ...]:
    """Return the Windows services whose channels are known."""
    return tuple(_facts()["windows"]["services"])


@lru_cache(maxsize=1)
def _windows() -> Mapping[str, tuple[str, ...]]:
    """Return the services of each channel, in small letters."""
    found: dict[str, tuple[str, ...]] = {}
    for service, channels in _facts()["windows"]["services"].items():
        for channel in channels:
            key = channel.lower()
            found[key] = (*found.get(key, ()), service)
    return found


@lru_cache(maxsize=65536)
def of_windows(channel: str, event_id: str) -> frozenset[Member]:
    """Return what an event of a Windows channel is."""
    linux = _facts()["linux"]
    if channel.lower() == linux["channel"].lower():
        ids = linux["categories"].items()
        return frozenset(
            Member(LogSource("linux", category))
            for category, some in ids
            if event_id in map(str, some)
        ) | {Member(LogSource("linux", "", "sysmon"))}
    services = _windows().get(channel.lower(), ())
    found = {Member(LogSource("windows", "", service)) for service in services}
    for category, places in _facts()["windows"]["categories"].items():
        found |= {
            Member(LogSource("windows", category), place.get("reading", ""))
            for place in places
            if place["service"] in services and event_id in map(str, place["ids"])
        }
    return frozenset(found or {Member(LogSource("windows"))})


@lru_cache(maxsize=1)
def renamings() -> Mapping[str, Mapping[str, str]]:
    """Return, for each named reading, which field stands for one of the taxonomy."""
    return dict(_facts()["readings"])


@lru_cache(maxsize=1)
def natives() -> tuple[Native, ...]:
    """Return the log sources that are known by keys and values."""
    return tuple(
        Native(
            LogSource.of(one["logsource"]),
            tuple(one.get("has", ())),
            {path: frozenset(values) for path, values in one.get("is", {}).items()},
        )
        for one in _facts()["native"]
    )


def zeek_key() -> str:
    """Return the key in which Zeek names the log."""
    return str(_facts()["zeek"]["key"])


def categories() -> Iterator[LogSource]:
    """Yield every log source that recorded events can be told to belong to."""
    for service in _facts()["windows"]["services"]:
        yield LogSource("windows", "", service)
    for category in _facts()["windows"]["categories"]:
        yield LogSource("windows", category)
    for category in _facts()["linux"]["categories"]:
        yield LogSource("linux", category)
    for one in natives():
        yield one.source


def covers_one(asked: LogSource, members: Iterable[Member]) -> bool:
    """Return whether a rule's log source means one of the log sources of an event."""
    return any(asked.covers(one.source) for one in members)
