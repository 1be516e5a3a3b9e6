"""``spath``: values of JSON text by location path.

A step of a path is a name and, for arrays, braces behind it: ``{}`` for every element, ``{n}``
for one, counted from zero.
https://docs.splunk.com/Documentation/Splunk/9.4.0/SearchReference/Spath
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import Call, Expression, Function, Literal
from harness.languages._lexing import END
from harness.languages.spl._functions import MAX_VALUES, one, text_of
from harness.languages.spl._script import Part
from harness.languages.spl._state import State, argument_cursor, name_of, read_options, refuse

CUTOFF = 5000
"""Characters that are looked at where no path is given (limits.conf, ``extraction_cutoff``)."""
_MAX_TEXT = 200_000
_MAX_STEPS = 50
_STEP = re.compile(r"([^.{}]*)((?:\{\d{0,6}\})*)(?:\.|\Z)")
_INDEX = re.compile(r"\{(\d*)\}")

Step = str | int | None
"""A name, the number of an element, or ``None`` for every element."""


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[Step, ...] | None:
    """Return the steps of a path, ``None`` for one that is not read."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or len(found) > _MAX_STEPS:
            return None
        if match[1]:
            found.append(match[1])
        elif not match[2]:
            return None
        found.extend(int(index) if index else None for index in _INDEX.findall(match[2]))
        at = match.end()
    return tuple(found) or None


def _undecided(message: str) -> NoReturn:
    raise Fault(message)


def _constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    """Return the JSON value of a text; numbers stay texts, null where there is no JSON."""
    if not text.lstrip().startswith(("{", "[")):
        return _undecided("XML is not read") if text.lstrip().startswith("<") else None
    if len(text) > _MAX_TEXT:
        _undecided("the text is too long")
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=_constant)
    except (ValueError, RecursionError):
        return _undecided("what spath makes of broken JSON is not documented")


@dataclass(frozen=True, slots=True)
class Located:
    """What stands at a path; ``leaves``: only texts, numbers and Booleans, as without a path."""

    path: str
    leaves: bool

    def __call__(self, subject: Any) -> Any:
        """Return the value or the values."""
        if one(subject) is None:
            return None
        text = text_of(subject)
        if self.leaves and len(text) > CUTOFF:
            _undecided(f"only the first {CUTOFF} characters are extracted")
        found = [self._text(item) for item in _walk(_parsed(text), steps(self.path) or ())]
        values = [item for item in found if item is not None][:MAX_VALUES]
        return values[0] if len(values) == 1 else values or None

    def _text(self, item: Any) -> str | None:
        if item is None:
            _undecided("how spath writes null is not documented")
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, str):
            return item
        if self.leaves:
            return None
        if isinstance(item, list):
            _undecided("what spath makes of a whole array is not documented")
        return json.dumps(item, ensure_ascii=False)


def _walk(value: Any, path: tuple[Step, ...]) -> Iterator[Any]:
    """Yield the values at a path."""
    level = [value]
    for step in path:
        level = [inner for item in level for inner in _inside(item, step)][:MAX_VALUES]
    yield from level


def _inside(item: Any, step: Step) -> list[Any]:
    if isinstance(step, str):
        return [item[step]] if isinstance(item, dict) and step in item else []
    if not isinstance(item, list):
        return []
    return item if step is None else item[step : step + 1]


@dataclass(frozen=True, slots=True)
class _Either:
    """The value of the field that search-time extraction made, where there is no raw text."""

    located: Located

    def __call__(self, raw: Any, field: Any) -> Any:
        return field if raw is None else self.located(raw)


def _both(extracted: Any, before: Any) -> Any:
    if extracted is None or before is None or before == []:
        return before if extracted is None else extracted
    if extracted != before:
        _undecided("the field had another value before spath")
    return extracted


def spath(part: Part, state: State) -> State:
    """``spath option* path?``; without a path from ``_raw`` it is taken as done."""
    cursor = argument_cursor(part)
    options: dict[str, str] = {}
    while not cursor.at(END):
        options |= read_options(cursor)
        if not cursor.at(END):
            options["path"] = name_of(cursor.expect(("WORD", "QUOTED"), "a path"))
    given = options.get("input", "_raw")
    subject = state.scope.resolve(given) or Literal(None)
    if "path" not in options:
        return state if given == "_raw" else replace(state, scope=state.scope.change(_all(subject)))
    path = options["path"]
    if steps(path) is None:
        reason = "XML attributes and empty steps are not evaluated"
        raise refuse(part, f"location path {path!r}", reason)
    located = Located(path, leaves=False)
    if given == "_raw":
        function = Function(f"spl.spath {path}", _Either(located), strict=False)
        known = state.scope.resolve(path) or Literal(None)
        value = Call(function, (subject, known), part.span)
    else:
        value = Call(Function(f"spl.spath {path}", located), (subject,), part.span)
    return state.assign({options.get("output", path): value}, part)


def _all(subject: Expression) -> Any:
    """Return the change that ``spath input=...`` makes: every leaf becomes a field."""

    def change(name: str, value: Expression | None) -> Expression | None:
        if name.startswith("_") or steps(name) is None:
            return value
        function = Function(f"spl.spath all {name}", Located(name, leaves=True))
        found = Call(function, (subject,))
        if value is None:
            return found
        return Call(Function("spl.spath beside", _both, strict=False), (found, value))

    return change
