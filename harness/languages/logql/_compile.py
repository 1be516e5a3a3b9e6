"""From a stage that changes labels or the line to a function on entries, and what it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import cast

from harness.ir import Check, Equals
from harness.ir.regexes import Finder, compile_regex
from harness.languages._lexing import syntax_error
from harness.languages.logql import _changes as changes
from harness.languages.logql._entry import ERROR, EXTRACTED
from harness.languages.logql._regex import stream_check, validated
from harness.languages.logql._semantics import OPERATORS
from harness.languages.logql._stages import Change, Matcher
from harness.languages.logql._syntax import (
    group_names,
    json_path,
    label_alone,
    logfmt_key,
    parser_pattern,
    template,
)
from harness.source import Source

Touches = Callable[[str], bool]


def _nothing(_: str) -> bool:
    return False


def _anything(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one stage does.

    ``touches`` tells which labels it may change; ``early``: Loki tries label filters already on
    what this stage extracts. ``unknown`` are labels whose new value cannot be told.
    """

    run: changes.Change
    touches: Touches = _nothing
    line: bool = False
    early: bool = False
    unknown: frozenset[str] = frozenset()
    unknown_line: bool = False
    unknown_error: bool = False
    drops_error: str = ""


def step_of(source: Source, stage: Change) -> Step:
    """Return what a stage does."""
    return _STEPS[stage.kind](source, stage)


def _json(source: Source, stage: Change) -> Step:
    if not stage.value:
        return Step(run=changes.json_labels, touches=_anything, early=True)
    paths = tuple((name, json_path(source, path, span)) for name, path, span in stage.value)
    return Step(run=changes.JsonPaths(paths), touches=_named(name for name, _ in paths))


def _logfmt(source: Source, stage: Change) -> Step:
    strict, keep = "--strict" in stage.flags, "--keep-empty" in stage.flags
    if not stage.value:
        run = changes.Logfmt(strict, keep)
        return Step(run=run, touches=_anything, early=True)
    keys = tuple((name, logfmt_key(source, key, span)) for name, key, span in stage.value)
    return Step(run=changes.LogfmtKeys(keys, strict), touches=_named(name for name, _ in keys))


def _named(names: Iterable[str]) -> Touches:
    """Return a test for these names, and for those that they get where they are taken."""
    found = frozenset(names)
    return partial(_is_one, found | {f"{name}{EXTRACTED}" for name in found})


def _is_one(names: frozenset[str], name: str) -> bool:
    return name in names


def _regexp(source: Source, stage: Change) -> Step:
    pattern, span = stage.value
    names = group_names(source, validated(source, pattern, span), span)
    finder = cast("Finder", compile_regex(pattern, OPERATORS["=~"].dialect))
    return Step(run=changes.Captures(finder), touches=_named(names), early=True)


def _pattern(source: Source, stage: Change) -> Step:
    text, span = stage.value
    pieces = parser_pattern(source, text, span)
    names = [piece for piece, gap in pieces if gap]
    return Step(run=changes.Pattern(pieces), touches=_named(names), early=True)


def _unpack(_: Source, __: Change) -> Step:
    return Step(run=changes.unpack, touches=_anything, line=True, early=True)


def _decolorize(_: Source, __: Change) -> Step:
    return Step(run=changes.decolorize, line=True)


def _line_format(source: Source, stage: Change) -> Step:
    text, span = stage.value
    found = template(source, text, span)
    if found is None:
        return Step(run=_keep_all, line=True, unknown_line=True, unknown_error=True)
    return Step(run=changes.LineFormat(found, label_alone(text)), line=True)


def _keep_all(_: object) -> None:
    """Change nothing: what would change is not known."""


def _label_format(source: Source, stage: Change) -> Step:
    items: list[tuple[str, str | changes.Template | None]] = []
    touched: set[str] = set()
    unknown: set[str] = set()
    seen: set[str] = set()
    for name, given, renames, span in stage.value:
        if name == ERROR:
            raise syntax_error(source, span, f"{ERROR} cannot be formatted")
        if name in seen:
            raise syntax_error(source, span, f"the label {name} is formatted twice in one stage")
        seen.add(name)
        filled = given if renames else template(source, given, span)
        items.append((name, filled))
        touched |= {name, given} if renames else {name}
        if filled is None or given in unknown:
            unknown.add(name)
    return Step(
        run=changes.LabelFormat(tuple(items)),
        touches=partial(_is_one, frozenset(touched)),
        unknown=frozenset(unknown),
        unknown_error=any(filled is None for _, filled in items),
    )


Choice = tuple[str, Check | None, bool]


def _choices(source: Source, stage: Change) -> tuple[Choice, ...]:
    return tuple(_choice(source, item) for item in stage.value)


def _choice(source: Source, item: str | Matcher) -> Choice:
    if isinstance(item, str):
        return item, None, False
    negated = item.operator.startswith("!")
    if item.operator.endswith("~"):
        return item.name, stream_check(validated(source, item.text, item.span)), negated
    return item.name, Equals(item.text, OPERATORS["="].case), negated


def _drop(source: Source, stage: Change) -> Step:
    choices = _choices(source, stage)
    names = frozenset(name for name, _, _ in choices)
    errors = [check is None for name, check, _ in choices if name == ERROR]
    drops = "" if not errors else "always" if any(errors) else "sometimes"
    return Step(run=changes.Drop(choices), touches=partial(_is_one, names), drops_error=drops)


def _keep(source: Source, stage: Change) -> Step:
    choices = _choices(source, stage)
    safe = frozenset(name for name, check, _ in choices if check is None)
    return Step(run=changes.Keep(choices), touches=partial(_is_other, safe))


def _is_other(names: frozenset[str], name: str) -> bool:
    return name not in names


_STEPS: dict[str, Callable[[Source, Change], Step]] = {
    "json": _json,
    "logfmt": _logfmt,
    "regexp": _regexp,
    "pattern": _pattern,
    "unpack": _unpack,
    "line_format": _line_format,
    "label_format": _label_format,
    "decolorize": _decolorize,
    "drop": _drop,
    "keep": _keep,
}
