"""Search macros that lie beside Splunk detections: ``macros/*.yml`` and ``macros.conf``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import Diagnostic

CONF = "macros.conf"
_STANZA = re.compile(r"\[(?P<name>[^\]]*)\]\s*")
_NAME = re.compile(r"(?P<name>[\w.\-:]+)(\((?P<count>\d+)\))?")
_USE = re.compile(r"(?<!`)`(?!``)\s*([\w.\-:]+)\s*[`(]")
_TRUE = ("1", "true", "t", "yes")
MAX_MACROS = 500
"""Macros that one search may use, those inside macros counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A search macro; ``home`` is the folder at and below which it is known."""

    name: str
    arguments: tuple[str, ...]
    definition: str
    home: Path

    @property
    def signature(self) -> str:
        """The name as the language's option ``macros`` takes it: ``ctime(field)``."""
        return f"{self.name}({', '.join(self.arguments)})" if self.arguments else self.name


@dataclass(slots=True)
class Macros:
    """Every macro of a run, by name."""

    by_name: dict[str, list[Macro]] = field(default_factory=dict)

    def add(self, macros: Iterable[Macro]) -> None:
        """Add macros; of those in one folder with one signature the last counts."""
        for one in macros:
            self.by_name.setdefault(one.name, []).append(one)

    def used_by(self, search: str, folder: Path) -> dict[str, str]:
        """Return the definitions that a search in a folder needs, by signature."""
        found: dict[str, str] = {}
        seen: set[str] = set()
        waiting = [search]
        while waiting and len(seen) < MAX_MACROS:
            for name in dict.fromkeys(_USE.findall(waiting.pop())):
                if name in seen:
                    continue
                seen.add(name)
                for macro in self._known(name, folder):
                    found[macro.signature] = macro.definition
                    waiting.append(macro.definition)
        return dict(sorted(found.items()))

    def _known(self, name: str, folder: Path) -> Iterator[Macro]:
        """Yield the macros of a name, those of the nearest folder last, so that they count."""
        fitting = [one for one in self.by_name.get(name, ()) if folder.is_relative_to(one.home)]
        yield from sorted(fitting, key=lambda one: len(one.home.parts))


def names_in(search: str, macros: Mapping[str, str]) -> set[str]:
    """Return the names of the macros that a search uses, those inside its macros included."""
    return {name for text in (search, *macros.values()) for name in _USE.findall(text)}


def from_table(data: Mapping[str, object], path: Path) -> Macro | None:
    """Return the macro of a YAML file; ``None`` where the file is not of that form."""
    name, definition = data.get("name"), data.get("definition")
    arguments = data.get("arguments") or []
    if not (isinstance(name, str) and isinstance(definition, str) and isinstance(arguments, list)):
        return None
    parts = _NAME.fullmatch(name.strip())
    if parts is None or not all(isinstance(one, str) for one in arguments):
        return None
    inside = path.parent.name == "macros"
    return Macro(
        name=parts["name"],
        arguments=tuple(arguments),
        definition=definition,
        home=path.parent.parent if inside else path.parent,
    )


def from_conf(text: str, path: Path) -> tuple[list[Macro], list[Diagnostic]]:
    """Return the macros of a ``macros.conf``, and what is wrong with it.

    Known below the file's folder, or below the app where it lies in ``default`` or ``local``.
    One that is computed with ``iseval`` stays unknown.
    """
    home = path.parent.parent if path.parent.name in {"default", "local"} else path.parent
    found: list[Macro] = []
    problems: list[Diagnostic] = []
    for line, name, settings in _stanzas(text):
        parts = _NAME.fullmatch(name)
        if parts is None or "definition" not in settings:
            if name != "default":
                problems.append(_problem(path, line, name, named=parts is not None))
            continue
        if settings.get("iseval", "0").lower() in _TRUE:
            continue
        arguments = tuple(one.strip() for one in settings.get("args", "").split(",") if one.strip())
        definition = settings["definition"]
        found.append(
            Macro(name=parts["name"], arguments=arguments, definition=definition, home=home)
        )
    return found, problems


def _problem(path: Path, line: int, name: str, *, named: bool) -> Diagnostic:
    message = f"the macro {name!r} has no definition" if named else f"{name!r} is no macro's name"
    return Diagnostic(
        code="invalid-macro",
        message=message,
        place=f"{path}:{line}:1",
        hint="write [name] or [name(number of arguments)], and definition = ... below it",
    )


def _stanzas(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield (line, name, settings) of each section; a backslash at its end continues a line."""
    current: tuple[int, str, dict[str, str]] | None = None
    for number, line in _logical_lines(text.splitlines()):
        stanza = _STANZA.fullmatch(line)
        if stanza:
            if current:
                yield current
            current = (number, stanza["name"].strip(), {})
        elif current and line.strip() and not line.lstrip().startswith("#"):
            key, _, value = line.partition("=")
            current[2][key.strip()] = value.strip()
    if current:
        yield current


def _logical_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    first, parts = 1, list[str]()
    for number, line in enumerate(lines, start=1):
        if not parts:
            first = number
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        yield first, "\n".join([*parts, line])
        parts.clear()
    if parts:
        yield first, "\n".join(parts)
