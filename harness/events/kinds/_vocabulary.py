"""Kinds whose everyday occurrences are data: ``<kind>.toml`` in this folder.

``record`` are the things that happen, each with the values that tell it; ``every`` are values
of all of them, ``other`` those of an event that is none of them. ``apart`` names the values
that tell them apart: realistic other values of each are taken from the records. A name that
begins with ``__`` is for other values to use (``{=__name}``), and no value of the event.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

from harness import schemas
from harness.events.kinds import _phrases
from harness.events.kinds._base import Kind
from harness.events.kinds._phrases import Scene, Writer
from harness.events.kinds._world import Host, Person, World

MAX_OTHERS = 3
"""Other values of one value that are looked at."""
_HIDDEN = "__"
_ACTING = ("Image", "SourceImage", "TargetImage")
"""Values of a record that the base of its kind must know: whose doing it is."""


class Ground(NamedTuple):
    """What an event builds upon: values, and whom and which computer the rest of it is about."""

    values: dict[str, Any]
    person: Person | None = None
    host: Host | None = None


Base = Callable[[World, Mapping[str, Any]], Ground]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happens: how its values are written, and which of them are settled.

    ``writers`` need no other value of the event, ``made`` are of those that do.
    """

    writers: tuple[tuple[str, Writer], ...]
    made: tuple[tuple[str, Writer], ...]
    settled: Mapping[str, frozenset[str]]
    names: frozenset[str]
    acting: tuple[tuple[str, Writer], ...] = ()

    def fits(self, wanted: Mapping[str, Any]) -> bool:
        """Return whether wanted values are this record's, as far as it settles them."""
        for name, value in wanted.items():
            known = self.settled.get(name)
            if known is not None and str(value).casefold() not in known:
                return False
        return True


_NOTHING = Record((), (), {}, frozenset())


def record(values: Mapping[str, Any], types: Mapping[str, str] | None = None) -> Record:
    """Return the record that a table of a vocabulary describes."""
    types = types or {}
    writers = tuple((name, _typed(value, types.get(name, ""))) for name, value in values.items())
    settled = {
        name: frozenset(str(one).casefold() for one in options)
        for name, value in values.items()
        for options in [value if isinstance(value, list) else [value]]
        if all(map(_phrases.constant, options))
    }
    acting = tuple(one for one in writers if one[0] in _ACTING)
    made = frozenset(name for name, value in values.items() if _phrases.refers(value))
    return Record(
        writers=tuple(one for one in writers if one[0] not in made),
        made=tuple(one for one in writers if one[0] in made),
        settled=settled,
        names=frozenset(values),
        acting=acting,
    )


_FORMS: Mapping[str, Callable[[Any], Any]] = {"string": str, "number": float}


def _typed(value: Any, type_: str) -> Writer:
    """Return a writer whose blanks are filled with what the kind declares."""
    write, form = _phrases.writer(value), _FORMS.get(type_)
    if form is None or not isinstance(value, str) or _phrases.constant(value):
        return write
    return lambda scene: form(write(scene))


def fitting(records: Sequence[Record], wanted: Mapping[str, Any]) -> tuple[int, list[Record]]:
    """Return the records that can be a wanted event, those that tell most of it, and how much."""
    if not wanted:
        return 0, list(records)
    found = [one for one in records if one.fits(wanted)]
    told = [len(wanted.keys() & one.names) for one in found]
    most = max(told, default=-1)
    return most, [one for one, count in zip(found, told, strict=True) if count == most]


def fill(scene: Scene, values: dict[str, Any], wanted: Mapping[str, Any], *records: Record) -> None:
    """Put the values of records into an event, those aside that are wanted or there already."""
    for one in records:
        for name, write in one.writers:
            if name not in wanted and name not in values:
                values[name] = write(scene)
    for one in records:
        for name, write in one.made:
            if name not in wanted and name not in values:
                values[name] = write(scene)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Everything that a file says about a kind."""

    base: Base | None
    records: tuple[Record, ...]
    every: Record
    others: tuple[Record, ...]
    hidden: tuple[str, ...]
    """Values that stand for themselves in no event: others are made of them."""

    def draw(self, world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of one everyday event that holds the wanted ones."""
        chosen = self._chosen(world, wanted)
        ground = self._ground(world, chosen, wanted)
        values = ground.values
        scene = Scene(world, Both(wanted, values), values.get("Timestamp"))
        if ground.person is not None:
            scene.person = ground.person
        if ground.host is not None:
            scene.host = ground.host
        fill(scene, values, wanted, chosen, self.every)
        for name in self.hidden:
            values.pop(name, None)
        values.update(wanted)
        return values

    def _chosen(self, world: World, wanted: Mapping[str, Any]) -> Record:
        told, found = fitting(self.records, wanted)
        if wanted:
            more, spare = fitting(self.others, wanted)
            found = spare if more > told else found or list(self.others)
        return world.chance.choice(found) if found else _NOTHING

    def _ground(self, world: World, chosen: Record, wanted: Mapping[str, Any]) -> Ground:
        if self.base is None:
            return Ground({})
        if not chosen.acting:
            return self.base(world, wanted)
        scene = Scene(world, {})
        acting = {name: write(scene) for name, write in chosen.acting}
        return self.base(world, {**acting, **wanted})


class Both(dict[str, Any]):
    """Wanted values, and behind them those of an event that is being written."""

    def __init__(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        super().__init__(first)
        self._second = second

    def get(self, name: str, default: Any = None) -> Any:
        found = super().get(name)
        return self._second.get(name, default) if found is None else found


def read(name: str, bases: Mapping[str, Base]) -> Kind:
    """Return the kind that a file of this folder describes."""
    text = files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
    return kind_of(name, tomllib.loads(text), bases)


def kind_of(name: str, data: Mapping[str, Any], bases: Mapping[str, Base]) -> Kind:
    """Return the kind that a vocabulary describes."""
    types = {one.name: one.type for one in schemas.kind(name).values.values()}
    tables = data.get("record", [])
    vocabulary = Vocabulary(
        base=bases[data["base"]] if "base" in data else None,
        records=tuple(record(table, types) for table in tables),
        every=record(data.get("every", {}), types),
        others=tuple(record(table, types) for table in data.get("other", ())),
        hidden=tuple(sorted({one for table in tables for one in table if one.startswith(_HIDDEN)})),
    )
    return Kind(
        name=name,
        draw=vocabulary.draw,
        others={one: _others(tables, one) for one in data.get("apart", ())},
        product=tuple(data.get("product", ())),
    )


def _others(tables: Sequence[Mapping[str, Any]], name: str) -> tuple[Any, ...]:
    found = [
        option
        for table in tables
        if name in table
        for option in (table[name] if isinstance(table[name], list) else [table[name]])
        if _phrases.constant(option)
    ]
    return tuple(dict.fromkeys(found))[:MAX_OTHERS]
