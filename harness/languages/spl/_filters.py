"""The commands that keep or drop single events: search, where, regex, dedup, head."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from harness.ir import Atom, Call, Expression, Function, Literal, Matches, Not
from harness.languages._lexing import END
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import agreeing
from harness.languages.spl._calls import valid_regex
from harness.languages.spl._eval import read_eval, read_where, unescape
from harness.languages.spl._functions import one
from harness.languages.spl._rewrite import sed
from harness.languages.spl._rex import Extraction
from harness.languages.spl._script import Part
from harness.languages.spl._search import read_search
from harness.languages.spl._semantics import EVAL
from harness.languages.spl._state import (
    State,
    argument_cursor,
    error,
    is_true,
    is_word,
    name_of,
    read_names,
    read_options,
    refuse,
)

_REGEX = re.compile(
    r"""\s*(?:(?P<field>"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'=!]+)\s*(?P<sign>!=|=)\s*)?
    (?P<regex>"(?:\\.|[^"\\])*")\s*""",
    re.VERBOSE | re.DOTALL,
)


def search(part: Part, state: State) -> State:
    """``search conjunction``."""
    return state.test(read_search(part, state.scope, indexed=False), part)


def where(part: Part, state: State) -> State:
    """``where expression``."""
    return state.test(read_where(part, state.scope), part)


def evaluate(part: Part, state: State) -> State:
    """``eval name = expression ("," name = expression)*``."""
    return replace(state, scope=read_eval(part, state.scope))


def regex(part: Part, state: State) -> State:
    """``regex ((field ("=" | "!="))? STRING)``; without a field it looks at ``_raw``."""
    matched = _REGEX.fullmatch(part.text)
    if matched is None:
        message = "regex takes a field, = or !=, and an expression in double quotes"
        hint = 'write regex field="..." or regex field!="..."; NOT is not accepted'
        raise error(part, message, hint)
    field = matched["field"] or "_raw"
    field = unescape(field[1:-1]) if field[0] in "\"'" else field
    cursor = NestedCursor(part.script.source, [])
    pattern = valid_regex(cursor, unescape(matched["regex"][1:-1]), part.span)
    negated = matched["sign"] == "!="
    operator = EVAL["regex !=" if negated else "regex ="]
    check = Matches(pattern, operator.dialect, operator.case)
    atom = Atom(field="", check=check, missing=operator.missing, span=part.span)
    found = agreeing(state.scope.resolve(field), atom)
    return state.test(Not(found) if negated else found, part)


def rex(part: Part, state: State) -> State:
    """``rex option* STRING option*``: a new field for each named group."""
    cursor = argument_cursor(part)
    options = read_options(cursor)
    if not (cursor.at("QUOTED") and cursor.token.text.startswith('"')):
        cursor.fail(
            f"expected an expression in double quotes, found {cursor.token}",
            "rex takes options first, then the expression in double quotes",
        )
    written = cursor.next()
    options |= read_options(cursor)
    if not cursor.at(END):
        cursor.fail(f"unexpected {cursor.token} after the expression")
    if options.get("mode", "").lower() == "sed":
        change = sed(cursor, unescape(written.text[1:-1]), written.span)
        return _rewritten(part, state, options, change)
    pattern = valid_regex(cursor, unescape(written.text[1:-1]), written.span)
    if "offset_field" in options:
        raise refuse(part, "rex offset_field", "byte offsets are not evaluated")
    limit = options.get("max_match", "1")
    if not limit.isdigit() or len(limit) > 9:  # noqa: PLR2004 - a sane number of digits
        raise error(part, "max_match takes a whole number")
    subject = state.scope.resolve(options.get("field", "_raw")) or Literal(None)
    names = Extraction(pattern, "", int(limit)).names
    if not names:
        cursor.fail("the expression has no named group", "name one: (?<name>...)", written.span)
    values: dict[str, Expression] = {}
    for name in names:
        old = state.scope.resolve(name) or Literal(None)
        extraction = Extraction(pattern, name, int(limit))
        function = Function(f"spl.rex {pattern} {name} {limit}", extraction, strict=False)
        values[name] = Call(function, (subject, old), part.span)
    return state.assign(values, part)


def _rewritten(part: Part, state: State, options: Mapping[str, str], change: Function) -> State:
    """``rex mode=sed``: the field's text is rewritten."""
    name = options.get("field", "_raw")
    old = state.scope.resolve(name)
    return state if old is None else state.assign({name: Call(change, (old,), part.span)}, part)


def dedup(part: Part, state: State) -> State:
    """``dedup N? names option* ("sortby" ...)?``: an event without one of the fields is dropped."""
    cursor = argument_cursor(part)
    if cursor.at("WORD") and cursor.token.text.isdigit():
        cursor.next()
    names: tuple[str, ...] = ()
    options: dict[str, str] = {}
    while not cursor.at(END) and not is_word(cursor.token, "sortby"):
        found = read_options(cursor)
        options |= found
        if not found and not cursor.take("COMMA"):
            names += (name_of(cursor.expect(("WORD", "QUOTED"), "a field name")),)
    if not names:
        raise error(part, "dedup names no field", "name the fields whose duplicates go")
    kept = is_true(options.get("keepempty")) or is_true(options.get("keepevents"))
    return state if kept else state.require(names, part)


def head(part: Part, state: State) -> State:
    """``head N? option*``: a limit passes each event on its own, an expression does not."""
    if re.fullmatch(r"\s*(?:(?:limit\s*=\s*)?\d+)?\s*", part.text):
        return state
    raise refuse(part, "head with an expression", "it depends on the events before this one")


def mvexpand(part: Part, state: State) -> State:
    """``mvexpand field option*``: an event becomes one event for each value."""
    names = read_names(argument_cursor(part))
    if len(names) != 1:
        raise error(part, "mvexpand takes one field")
    held = state.test(state.maybe_present(names[0], part.span), part)
    value = state.scope.resolve(names[0])
    if value is None:
        return held
    return held.assign({names[0]: Call(Function("spl.mvexpand", one), (value,), part.span)}, part)
