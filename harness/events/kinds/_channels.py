"""The events of Windows channels, as ``events/channels/*.toml`` tell them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from harness.events.kinds import _vocabulary
from harness.events.kinds._vocabulary import Record

_FOLDER = files("harness.events").joinpath("channels")
_FIELDS = "fields.toml"
_INFORMATION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel: its events, those among them that happen every day, and whose they are."""

    name: str
    records: Mapping[str, tuple[Record, ...]]
    """By event id, in small letters."""
    everyday: tuple[Record, ...]
    providers: frozenset[str]
    provider: str
    """The provider of events of which nothing is known."""
    guid: str | None
    level: int
    keywords: str


@cache
def channels() -> Mapping[str, Channel]:
    """Return the channels by their names in small letters."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for provider in _providers():
        found.setdefault(provider["channel"].casefold(), []).append(provider)
    return {key: _channel(providers) for key, providers in found.items()}


@cache
def elements() -> frozenset[str]:
    """Return the names of the data of all events."""
    return frozenset(
        name
        for provider in _providers()
        for event in provider["event"]
        for name in event.get("fields", ())
    )


@cache
def _providers() -> tuple[Mapping[str, Any], ...]:
    return tuple(
        provider
        for file in sorted(_FOLDER.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".toml") and file.name != _FIELDS
        for provider in tomllib.loads(file.read_text("utf-8"))["provider"]
    )


@cache
def _ordinary() -> Mapping[str, Any]:
    return tomllib.loads(_FOLDER.joinpath(_FIELDS).read_text("utf-8"))


def _channel(providers: list[Mapping[str, Any]]) -> Channel:
    first = providers[0]
    made = [one for provider in providers for one in _records(provider)]
    by_id: dict[str, list[Record]] = {}
    for event_id, record, _ in made:
        by_id.setdefault(str(event_id), []).append(record)
    return Channel(
        name=first["channel"],
        records={event_id: tuple(some) for event_id, some in by_id.items()},
        everyday=tuple(record for _, record, rare in made if not rare),
        providers=frozenset(one["name"].casefold() for one in providers),
        provider=first["name"],
        guid=first.get("guid"),
        level=first.get("level", _INFORMATION),
        keywords=first["keywords"],
    )


def _records(provider: Mapping[str, Any]) -> Iterator[tuple[int, Record, bool]]:
    """Yield id and record of each event of a provider, and whether it is a rare one."""
    for event in provider["event"]:
        special = event.get("values", {})
        data = {name: special.get(name, _ordinary().get(name)) for name in event.get("fields", ())}
        values = {
            "EventID": event["id"],
            "Channel": provider["channel"],
            "Provider_Name": provider["name"],
            "Provider_Guid": provider.get("guid"),
            "Level": event.get("level", provider.get("level", _INFORMATION)),
            "Task": event.get("task", 0),
            "Keywords": event.get("keywords", provider["keywords"]),
            **data,
            "Message": event["message"],
        }
        if not event["message"]:
            del values["Message"]
        yield event["id"], _vocabulary.record(values), event.get("rare", False)
