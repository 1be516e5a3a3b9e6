"""The commands that compute over events: a row for each group, or a column beside each event."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.ir import Expression
from harness.languages._lexing import END, Cursor
from harness.languages._scope import Scope, matches_any, opaque
from harness.languages.spl._script import Part
from harness.languages.spl._state import (
    MAX_PATTERN,
    State,
    argument_cursor,
    error,
    is_word,
    name_of,
    read_names,
    read_options,
)


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The columns that are computed and the fields that form the groups."""

    columns: tuple[str, ...]
    over: tuple[str, ...]
    by: tuple[str, ...]


def _read(cursor: Cursor) -> Aggregation:
    """``aggregation := (option | column)+ ("over" names)? ("by" names)?``."""
    columns: list[str] = []
    while not cursor.at(END) and not is_word(cursor.token, "by", "over"):
        if not read_options(cursor) and not cursor.take("COMMA"):
            columns.append(_column(cursor))
    over: tuple[str, ...] = ()
    if is_word(cursor.token, "over"):
        cursor.next()
        over = read_names(cursor, "by")
    by: tuple[str, ...] = ()
    if is_word(cursor.token, "by"):
        cursor.next()
        by = read_names(cursor)
        if not by:
            cursor.fail("BY names no field", "name at least one field")
    return Aggregation(tuple(columns), over, by)


def _column(cursor: Cursor) -> str:
    """``column := function ("(" ... ")")? ("AS" name)?``."""
    text = name_of(cursor.expect(("WORD", "QUOTED"), "an aggregation"))
    if cursor.at("OPEN"):
        opening, depth = cursor.token, 0
        while not cursor.at(END):
            token = cursor.next()
            text += token.text
            depth += {"OPEN": 1, "CLOSE": -1}.get(token.kind, 0)
            if depth == 0:
                break
        else:
            cursor.fail("this parenthesis is not closed", "add )", opening.span)
    if is_word(cursor.token, "as"):
        cursor.next()
        return name_of(cursor.expect(("WORD", "QUOTED"), "a name"))
    return text


def _rows(state: State, kept: tuple[str, ...], made: tuple[str, ...], command: str) -> State:
    """Replace the events by rows with these groups and computed columns."""
    before = state.scope

    def resolve(name: str) -> Expression | None:
        if name in kept:
            return before.resolve(name)
        return opaque(f"aggregate {name} of {command}") if matches_any(made, name) else None

    return replace(state, scope=Scope(resolve))


def _stars(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return column patterns; where there are several, they stand for any name."""
    patterns = [name for name in names if "*" in name]
    return ("*",) if len(patterns) > 1 or any(len(p) > MAX_PATTERN for p in patterns) else names


def stats(part: Part, state: State) -> State:
    """``stats columns ("by" names)?``: an event counts if it has all the fields of BY."""
    found = _read(argument_cursor(part))
    if not found.columns:
        raise error(part, "stats computes nothing", "write at least one function, such as count")
    held = state.require(found.by, part)
    return _rows(held, found.by, _stars(found.columns), "stats")


def chart(part: Part, state: State) -> State:
    """``chart columns ("over" name)? ("by" names)?``: events without the row field do not count."""
    found = _read(argument_cursor(part))
    if not found.columns:
        raise error(part, "chart computes nothing", "write at least one function, such as count")
    row = found.over or found.by[:1]
    return _rows(state.require(row, part), row, ("*",), "chart")


def timechart(part: Part, state: State) -> State:
    """``timechart columns ("by" name)?``: events without the BY field still count."""
    found = _read(argument_cursor(part))
    if not found.columns:
        raise error(part, "timechart computes nothing", "write a function, such as count")
    return _rows(state, (), ("*",), "timechart")


def top(part: Part, state: State) -> State:
    """``top N? option* names ("by" names)?``, and ``rare``."""
    cursor = argument_cursor(part)
    if cursor.at("WORD") and cursor.token.text.isdigit():
        cursor.next()
    names = read_names(cursor, "by")
    if is_word(cursor.token, "by"):
        cursor.next()
        names += read_names(cursor)
    if not names:
        raise error(part, "top and rare need a field")
    return _rows(state.require(names, part), names, ("*",), "top")


def eventstats(part: Part, state: State) -> State:
    """``eventstats columns ("by" names)?``, and ``streamstats``: columns beside each event."""
    found = _read(argument_cursor(part))
    made = _stars(found.columns)
    if any("*" in name for name in made):
        before = state.scope

        def resolve(name: str) -> Expression | None:
            computed = matches_any(made, name)
            return opaque(f"aggregate {name}") if computed else before.resolve(name)

        return replace(state, scope=Scope(resolve))
    return state.assign({name: opaque(f"aggregate {name} of eventstats") for name in made}, part)
