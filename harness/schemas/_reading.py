"""What a document says of an activity: rendering, backwards.

Where a schema says from which value of an activity a path is made, and how, the path says what the
value was. A change that keeps everything gives the value back; one that keeps a part, such as the
name of a file without its folder, gives what there is. Nothing is made up, but for what the product
does not record at all and the schema has one form for: the letter of a drive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from harness.ir.values import as_text
from harness.schemas import _transforms
from harness.schemas._base import Field, Schema
from harness.schemas._rules import Constant, From, Presence, Template, When, slots
from harness.schemas._transforms import Step

Facts = Mapping[str, Any]
"""Values of an activity that are known."""
Found = Mapping[str, Any]
"""What a document holds, by path."""
_NO_CHANGE = frozenset({"lower", "upper", "no_dash", "host_part"})
_TABLES = frozenset({"map", "map_or_same"})
_UNDONE = frozenset(
    {"hex_number", "signed_hex", "epoch", "iso8601", "sysmon_time", "time_format", "dns_addresses"}
)
_PARTS = frozenset(
    {
        *("account", "account_domain", "basename", "hash_part", "registry_data", "registry_key"),
        *("registry_type", "registry_value"),
    }
)
_VOLUME = re.compile(r"\\Device\\HarddiskVolume\d+(?=\\)", re.IGNORECASE)
_DWORD, _WORD = 0xFFFFFFFF, 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a value is read from what a document holds at some paths."""

    paths: tuple[str, ...]
    read: Callable[[Found], Any]


def facts_of(
    schema: Schema, kind: str, must: Sequence[str], may: Sequence[str], found: Found
) -> list[dict[str, Any]]:
    """Return what is known of an activity whose document holds some values; nothing if none fits.

    Every path of ``must`` has to hold what the kind puts there; those of ``may`` only narrow down.
    """
    shape = schema.shape_of(kind)
    possible: list[dict[str, Any]] = [{}]
    for path in must:
        if shape.at(path):
            possible = _narrowed(possible, shape.at(path), found.get(path))
    for path in may:
        possible = _narrowed(possible, shape.at(path), found.get(path)) or possible
    return possible


def _narrowed(
    possible: list[dict[str, Any]], fields: Iterable[Field], value: Any
) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for one, other in product(possible, [x for item in fields for x in _causes(item, value)]):
        agrees = all(one.get(name, known) == known for name, known in other.items())
        if agrees and {**one, **other} not in made:
            made.append({**one, **other})
    return made


def _causes(item: Field, value: Any) -> Iterator[dict[str, Any]]:
    """Yield what an activity must be like for a field to hold a value."""
    for needs in _needs(item.rule.when):
        if isinstance(item.rule.origin, Constant):
            if _holds(value, item.rule.origin.value):
                yield needs
        elif isinstance(item.rule.origin, From) and item.rule.steps[:1]:
            table = item.rule.steps[0]
            for key, image in table.argument.items() if table.name in _TABLES else ():
                if _holds(value, _transforms.forward(item.rule.steps[1:], image)):
                    yield {**needs, item.rule.origin.name: as_text(key)}


def _needs(when: When) -> Iterator[dict[str, Any]]:
    for each in when.alternatives or ({},):
        named = [(name, one) for name, one in each.items() if not isinstance(one, Presence)]
        for chosen in product(*(values for _, values in named)):
            yield {name: value for (name, _), value in zip(named, chosen, strict=True)}


def _holds(found: Any, wanted: Any) -> bool:
    """Return whether a value, or a list, holds another, or all of them, in any letter case."""
    if found is None:
        return False
    held = {as_text(one).casefold() for one in (found if isinstance(found, list) else [found])}
    return {as_text(one).casefold() for one in _listed(wanted)} <= held


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(slots=True)
class _Pieces:
    """Where a document holds a value, or a part of it, and how that is read."""

    whole: list[Recipe] = field(default_factory=list)
    parts: dict[str, list[Recipe]] = field(default_factory=dict)

    def add(self, role: str, recipe: Recipe) -> None:
        """Add a place."""
        (self.parts.setdefault(role, []) if role else self.whole).append(recipe)

    def recipe(self) -> Recipe:
        """Return how the value is read."""
        every = [*self.whole, *(one for some in self.parts.values() for one in some)]
        paths = tuple(dict.fromkeys(path for one in every for path in one.paths))
        return Recipe(paths, self._read)

    def _read(self, found: Found) -> Any:
        for one in self.whole:
            value = one.read(found)
            if value is not None:
                return value
        return self._together({role: _first(some, found) for role, some in self.parts.items()})

    @staticmethod
    def _together(parts: Mapping[str, Any]) -> Any:
        """Return a value that is made of parts; ``None`` without any."""
        there = {role: as_text(value) for role, value in parts.items() if value is not None}
        if hashes := [f"{role}={there[role]}" for role in there if role.isupper()]:
            return ",".join(hashes)
        if "registry_data" in there:
            return _data(there["registry_data"], parts.get("registry_type"))
        name, domain = there.get("account"), there.get("account_domain")
        if name:
            return f"{domain}\\{name}" if domain else name
        if key := there.get("registry_key"):
            return f"{key}\\{there.get('registry_value') or '(Default)'}"
        base = there.get("registry_value") or there.get("basename")
        return f"\\{base}" if base else None


def _first(recipes: Iterable[Recipe], found: Found) -> Any:
    return next((value for one in recipes if (value := one.read(found)) is not None), None)


def _data(text: str, kind: Any) -> Any:
    """Return registry data as Sysmon writes it, where its type is known."""
    if kind == "binary":
        return "Binary Data"
    if kind not in ("dword", "qword"):
        return text
    try:
        number = int(text, 0) if not text.isdigit() else int(text)
    except ValueError:
        return text
    if kind == "dword":
        return f"DWORD (0x{number & _DWORD:08x})"
    return f"QWORD (0x{number >> _WORD & _DWORD:08x}-0x{number & _DWORD:08x})"


def recipes(schema: Schema, kind: str, facts: Facts) -> dict[str, Recipe]:
    """Return how the values of an activity are read from documents of which some are known."""
    shape = schema.shape_of(kind)
    pieces: dict[str, _Pieces] = {}
    for item in shape.fields:
        if not _possible(item.rule.when, facts):
            continue
        if isinstance(item.rule.origin, From):
            role, read = _way_back(item.rule.steps)
            if read is not None:
                several = any(step.name == "dns_addresses" for step in item.rule.steps)
                recipe = Recipe((item.path,), _at(item.path, read, read if several else None))
                pieces.setdefault(item.rule.origin.name, _Pieces()).add(role, recipe)
        elif isinstance(item.rule.origin, Template) and not item.rule.steps:
            for name in item.rule.names if not item.rule.origin.parts else ():
                recipe = Recipe((item.path,), _in_template(item, name))
                pieces.setdefault(name, _Pieces()).add("", recipe)
    made = {name: one.recipe() for name, one in pieces.items()}
    for name, value in facts.items():
        made[name] = Recipe((), _always(value))
    return made


def _always(value: Any) -> Callable[[Found], Any]:
    return lambda _: value


def _possible(when: When, facts: Facts) -> bool:
    """Return whether a condition may hold; one on a value that is not known does not."""
    if not when.alternatives:
        return True
    return any(
        all(
            isinstance(one, Presence) or (name in facts and facts[name] in one)
            for name, one in each.items()
        )
        for each in when.alternatives
    )


def _at(
    path: str, read: Callable[[Any], Any], whole: Callable[[Any], Any] | None = None
) -> Callable[[Found], Any]:
    """Return what reads a path; the members of a list one by one, or else by ``whole``."""

    def found_at(found: Found) -> Any:
        value = found.get(path)
        some = [one for one in _listed(value) if isinstance(one, str | int | float) and one != ""]
        if len(some) > 1:
            return whole(some) if whole else [read(one) for one in some]
        return read(some[0]) if some else None

    return found_at


def _in_template(item: Field, name: str) -> Callable[[Found], Any]:
    def read(value: Any) -> Any:
        return next((one.get(name) for one in item.rule.causes(as_text(value), {})), None)

    return _at(item.path, read)


def _way_back(steps: Sequence[Step]) -> tuple[str, Callable[[Any], Any] | None]:
    """Return which part of a value some steps leave, empty for all, and how it is read.

    ``None`` where they leave nothing that is a part of it.
    """
    undone: list[Step] = []
    role = ""
    for step in reversed(steps):
        if role:
            if step.name not in _NO_CHANGE:
                return role, None
        elif step.name in _PARTS:
            role = as_text(step.argument) if step.name == "hash_part" else step.name
            if step.name == "registry_type":
                undone.append(step)
        elif step.name in _NO_CHANGE | _TABLES | _UNDONE | {"restart", "nt_device_path"}:
            undone.append(step)
        else:
            return role, None
    return role, lambda value: _undo(undone, value)


def _undo(steps: Iterable[Step], value: Any) -> Any:
    for step in steps:
        value = _undo_one(step, value)
    return value


def _undo_one(step: Step, value: Any) -> Any:
    if step.name in _NO_CHANGE:
        return value
    if step.name == "nt_device_path":
        return _drive(as_text(value))
    if step.name == "restart":
        return _old_start(as_text(value), step.argument)
    if step.name in _TABLES or step.name == "registry_type":
        fitting = (key for key, image in step.argument.items() if _holds(value, image))
        return next(fitting, value)
    return next(iter(step.backward(value)), value)


def _drive(text: str) -> str:
    """Return a path below a device as one on a drive; which drive a volume is, is not recorded."""
    if _VOLUME.match(text):
        return _VOLUME.sub("C:", text, count=1)
    share = "\\Device\\Mup\\"
    return f"\\\\{text[len(share) :]}" if text.startswith(share) else text


def _old_start(text: str, table: Mapping[str, str]) -> str:
    for old, new in table.items():
        if text[: len(new)].casefold() == new.casefold():
            return f"{old}{text[len(new) :]}"
    return text


def under_names_of(target: Schema, kind: str, found: Mapping[str, Recipe]) -> dict[str, Recipe]:
    """Return how the paths of another, flat schema are read, which shows values by their names."""
    shape = target.shape_of(kind)
    made = dict(found)
    for path in shape.paths:
        chosen = [one for item in shape.at(path) if (one := _forward(item, found)) is not None]
        if chosen:
            paths = tuple(dict.fromkeys(place for one in chosen for place in one.paths))
            made[path] = Recipe(paths, partial(_first, chosen))
    return made


def _forward(item: Field, found: Mapping[str, Recipe]) -> Recipe | None:
    """Return how a field of another schema is read from what is known of the activity."""
    origin = item.rule.origin
    names = [name for name, _ in slots(origin)] if isinstance(origin, Template) else []
    names = [origin.name] if isinstance(origin, From) else names
    if not names or any(name not in found for name in names):
        return None
    paths = tuple(dict.fromkeys(place for name in names for place in found[name].paths))

    def read(values: Found) -> Any:
        return item.rule.value({name: found[name].read(values) for name in names})

    return Recipe(paths, read)


__all__ = ["Facts", "Found", "Recipe", "facts_of", "recipes", "under_names_of"]
