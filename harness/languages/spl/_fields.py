"""The commands that select, rename, fill or compute fields and drop no event."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from harness.errors import Fault
from harness.ir import Call, Expression, Function, Literal
from harness.languages._lexing import END, Cursor
from harness.languages._scope import opaque
from harness.languages.spl._rex import Splitting
from harness.languages.spl._script import Part
from harness.languages.spl._state import (
    Command,
    State,
    argument_cursor,
    error,
    is_true,
    is_word,
    name_of,
    read_names,
    read_options,
)
from harness.languages.spl._values import first_value


def fields(part: Part, state: State) -> State:
    """``fields ("+" | "-")? names``; ``_raw`` and ``_time`` stay unless they are removed."""
    cursor = argument_cursor(part)
    sign = cursor.next().text if cursor.at_text("+", "-") else "+"
    names = read_names(cursor)
    if not names:
        raise error(part, "fields names no field")
    if names[0][0] in "+-" and len(names[0]) > 1:
        reason = "the manual puts a blank after the sign"
        cursor.unsupported(f"field name {names[0]!r}", reason, part.span)
    scope = state.scope
    kept = scope.drop(names) if sign == "-" else scope.keep(names, internal=True)
    return replace(state, scope=kept)


def table(part: Part, state: State) -> State:
    """``table names``."""
    names = read_names(argument_cursor(part))
    if not names:
        raise error(part, "table names no field")
    return replace(state, scope=state.scope.keep(names, internal=False))


def rename(part: Part, state: State) -> State:
    """``rename (name "AS" name ","?)+``."""
    cursor, scope, renamed = argument_cursor(part), state.scope, 0
    while not cursor.at(END):
        old = cursor.expect(("WORD", "QUOTED"), "a field name")
        if not is_word(cursor.token, "as"):
            cursor.fail(f"expected AS, found {cursor.token}", "write rename old AS new")
        cursor.next()
        new = cursor.expect(("WORD", "QUOTED"), "a new field name")
        before, after = name_of(old), name_of(new)
        if before.count("*") != after.count("*"):
            message = "both names of a rename need the same number of wildcards"
            cursor.fail(message, "", old.span.to(new.span))
        if before.count("*") > 1:
            reason = "more than one wildcard in a name is not evaluated"
            cursor.unsupported("rename with several wildcards", reason, old.span)
        scope, renamed = scope.rename(before, after), renamed + 1
        cursor.take("COMMA")
    if not renamed:
        raise error(part, "rename names no field")
    return replace(state, scope=scope)


def fillnull(part: Part, state: State) -> State:
    """``fillnull ("value" "=" text)? names?``; without names, other events decide which fields."""
    cursor = argument_cursor(part)
    options = read_options(cursor)
    filler = Literal(options.get("value", "0"))
    names = read_names(cursor)
    if not names:
        return replace(state, scope=state.scope.change(_filled_if_known))
    function = Function("spl.fillnull", first_value, strict=False)
    values: dict[str, Expression] = {}
    for name in names:
        old = state.scope.resolve(name) or Literal(None)
        values[name] = Call(function, (old, filler), part.span)
    return state.assign(values, part)


def _filled_if_known(name: str, value: Expression | None) -> Expression | None:
    """A missing field is filled if another event has it, which one event does not tell."""
    if name.startswith("_"):
        return value
    function = Function("spl.fillnull in other events", _known, strict=False)
    return Call(function, (value or Literal(None),))


def _known(value: object) -> object:
    return value if value is not None and value != [] else _unknown()


def _unknown() -> NoReturn:
    message = "fillnull fills a field that other events have"
    raise Fault(message)


def bucket(part: Part, state: State) -> State:
    """``bin option* field ("AS" name)?``: the value becomes its bucket."""
    cursor = argument_cursor(part)
    values = _renamed(cursor, state, "bin")
    return state.assign(values, part)


def _renamed(cursor: Cursor, state: State, command: str) -> dict[str, Expression]:
    """``(option | field ("AS" name)? ","?)*``; each field turns into an unknown value."""
    values: dict[str, Expression] = {}
    while not cursor.at(END):
        if read_options(cursor) or cursor.take("COMMA"):
            continue
        name = name_of(cursor.expect(("WORD", "QUOTED"), "a field name"))
        old = state.scope.resolve(name) or Literal(None)
        if is_word(cursor.token, "as"):
            cursor.next()
            name = name_of(cursor.expect(("WORD", "QUOTED"), "a new field name"))
        values[name] = opaque(f"field {name} of {command}", old)
    return values


def convert(part: Part, state: State) -> State:
    """``convert option* (function "(" field ")" ("AS" name)?)+``."""
    cursor = argument_cursor(part)
    values: dict[str, Expression] = {}
    while not cursor.at(END):
        if read_options(cursor) or cursor.take("COMMA"):
            continue
        cursor.expect("WORD", "a convert function")
        cursor.expect("OPEN", "(")
        name = name_of(cursor.expect(("WORD", "QUOTED"), "a field name"))
        cursor.expect("CLOSE", ")")
        old = state.scope.resolve(name) or Literal(None)
        if is_word(cursor.token, "as"):
            cursor.next()
            name = name_of(cursor.expect(("WORD", "QUOTED"), "a new field name"))
        values[name] = opaque(f"field {name} of convert", old)
    return state.assign(values, part)


def lookup(part: Part, state: State) -> State:
    """``lookup option* table (field ("AS" name)?)+ (("OUTPUT" | "OUTPUTNEW") names)?``."""
    cursor = argument_cursor(part)
    read_options(cursor)
    cursor.expect(("WORD", "QUOTED"), "a lookup table")
    while not cursor.at(END) and not is_word(cursor.token, "output", "outputnew"):
        cursor.next()
    if cursor.at(END):
        return taint("lookup")(part, state)
    cursor.next()
    values: dict[str, Expression] = {}
    while not cursor.at(END):
        if cursor.take("COMMA"):
            continue
        name = name_of(cursor.expect(("WORD", "QUOTED"), "a field name"))
        if is_word(cursor.token, "as"):
            cursor.next()
            name = name_of(cursor.expect(("WORD", "QUOTED"), "a field name"))
        values[name] = opaque(f"field {name} of lookup")
    return state.assign(values, part)


def taint(command: str) -> Command:
    """Return a command whose new fields have names that the search does not tell."""

    def change(name: str, value: Expression | None) -> Expression | None:
        return value if name in ("_raw", "_time") else opaque(f"fields after {command}")

    def run(part: Part, state: State) -> State:
        del part
        return replace(state, scope=state.scope.change(change))

    return run


def iplocation(part: Part, state: State) -> State:
    """``iplocation option* field``."""
    cursor = argument_cursor(part)
    prefix = read_options(cursor).get("prefix", "")
    made = ("City", "Country", "Region", "Continent", "MetroCode", "Timezone", "lat", "lon")
    values = {f"{prefix}{name}": opaque(f"field {prefix}{name} of iplocation") for name in made}
    return state.assign(values, part)


def makemv(part: Part, state: State) -> State:
    """``makemv option* field``."""
    cursor = argument_cursor(part)
    options = read_options(cursor)
    names = read_names(cursor)
    if len(names) != 1:
        raise error(part, "makemv takes one field")
    old = state.scope.resolve(names[0])
    if old is None:
        return state
    if "tokenizer" in options or is_true(options.get("setsv")) or not options.get("delim", " "):
        return state.assign({names[0]: opaque(f"field {names[0]} of makemv", old)}, part)
    split = Splitting(options.get("delim", " "), is_true(options.get("allowempty")))
    function = Function(f"spl.makemv {split!r}", split)
    return state.assign({names[0]: Call(function, (old,), part.span)}, part)


def flatten(command: str) -> Command:
    """Return a command that changes the values of the fields it names."""

    def run(part: Part, state: State) -> State:
        return state.assign(_renamed(argument_cursor(part), state, command), part)

    return run


def addinfo(part: Part, state: State) -> State:
    """``addinfo`` adds facts about the search."""
    made = ("info_min_time", "info_max_time", "info_sid", "info_search_time")
    return state.assign({name: opaque(f"field {name} of addinfo") for name in made}, part)


def keep(part: Part, state: State) -> State:
    """A command that changes neither events nor fields, or only the order of events."""
    del part
    return state
