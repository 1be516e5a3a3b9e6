"""Leaves: one test on what a field name means at this point of the pipeline."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from harness.errors import Fault
from harness.ir import (
    NUMBER,
    Anything,
    Atom,
    Constant,
    Equals,
    Expression,
    Glob,
    InNetwork,
    Literal,
    Operator,
    Order,
    Ordered,
    Predicate,
    Scalar,
    Truth,
    View,
    Wild,
    any_of,
    as_number,
    as_text,
)
from harness.ir.checks import Piece
from harness.languages._on_scope import on
from harness.source import Span

ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}


def _present(value: Scalar) -> Iterable[Scalar]:
    if value == "":
        message = "whether * matches an empty value is not documented"
        raise Fault(message)
    return (value,)


PRESENT = View("present, not empty", _present)
"""The value; undecided for an empty text."""
WORDS = View("text that is no number", lambda v: () if as_number(v) is not None else (as_text(v),))


def _strictly_number(value: Scalar) -> Iterable[int | float]:
    number = as_number(value)
    if number is None:
        message = "a text is compared by order with a number"
        raise Fault(message)
    return (number,)


STRICT_NUMBER = View("number, undecided for text", _strictly_number)


def text_beside(literal: str) -> View:
    """Return a view of text that is undecided where only the number equals the literal's."""

    def convert(value: Scalar) -> Iterable[str]:
        text = as_text(value)
        if text != literal and as_number(value) is not None:
            same = as_number(value) == as_number(literal)
            if same:
                message = f"{text!r} equals {literal!r} as a number but not as text"
                raise Fault(message)
        return (text,)

    return View(f"text beside {literal!r}", convert)


_UNITS = re.compile(r'\\[\\"|*]|\*|[^\\*]+|\\')
_ESCAPED = frozenset(("\\\\", '\\"', "\\|"))
Readings = tuple[tuple[Piece, ...], ...]


def glob_readings(written: str) -> Readings:
    r"""Return the readings of a value as written in search: one, or two where ``\*`` occurs.

    ``\\``, ``\"`` and ``\|`` stand for their second character, other sequences for themselves
    (https://help.splunk.com/splunk-enterprise/spl-search-reference/9.2/search-commands/search).
    A backslash cannot escape the asterisk; whether it stays as a character is not stated.
    """
    kept: list[Piece] = []
    dropped: list[Piece] = []
    doubt = False
    for match in _UNITS.finditer(written):
        unit = match.group()
        if unit == "\\*":
            kept += ["\\", Wild.ANY]
            dropped.append(Wild.ANY)
            doubt = True
            continue
        piece: Piece = Wild.ANY if unit == "*" else unit[1] if unit in _ESCAPED else unit
        kept.append(piece)
        dropped.append(piece)
    return (_joined(kept), _joined(dropped)) if doubt else (_joined(kept),)


def _joined(units: list[Piece]) -> tuple[Piece, ...]:
    """Join neighbouring characters, and drop a wildcard next to another."""
    pieces: list[Piece] = []
    for unit in units:
        last = pieces[-1] if pieces else None
        if isinstance(unit, str) and isinstance(last, str):
            pieces[-1] = last + unit
        elif isinstance(unit, str) or unit is not last:
            pieces.append(unit)
    return tuple(pieces)


def plain(pieces: tuple[Piece, ...]) -> str | None:
    """Return the text of a value without wildcards."""
    if any(not isinstance(piece, str) for piece in pieces):
        return None
    return "".join(piece for piece in pieces if isinstance(piece, str))


def text_check(pieces: tuple[Piece, ...], operator: Operator) -> Equals | Glob | Anything:
    """Return the test of a search value: a whole text, a pattern, or existence."""
    text = plain(pieces)
    if text is not None:
        return Equals(text, operator.case)
    return Anything() if pieces == (Wild.ANY,) else Glob(pieces, operator.case)


def network(text: str | None) -> InNetwork | None:
    """Return the network that a value spells, if any."""
    if text is None or "/" not in text:
        return None
    try:
        return InNetwork(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return None


def ordered(expression: Expression | None, order: Order, bound: str, span: Span) -> Predicate:
    """Return an order test of search: numeric where both are numbers, else by code point."""
    number = as_number(bound)
    if number is None:
        return on(expression, Atom(field="", check=Ordered(order, bound), span=span))
    numeric = Atom(field="", check=Ordered(order, number), view=NUMBER, span=span)
    textual = Atom(field="", check=Ordered(order, bound), view=WORDS, span=span)
    return any_of(on(expression, numeric), on(expression, textual))


def exists(expression: Expression | None, span: Span) -> Predicate:
    """Return whether a field has a value, an empty one included."""
    if isinstance(expression, Literal):
        return Constant(Truth.of(expression.value is not None), span)
    return on(expression, Atom(field="", check=Anything(), span=span))
