"""The parser of all three products: clauses, groups, and the readings of their operators."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NoReturn

from harness.errors import Fault
from harness.ir import (
    ADDRESS,
    ANY_FIELD,
    AS_IS,
    FALSE,
    NUMBER,
    And,
    AnyField,
    Anything,
    Atom,
    InNetwork,
    Not,
    Or,
    Predicate,
    Scalar,
    View,
    Wild,
    Within,
    as_number,
)
from harness.ir.checks import Piece
from harness.languages._lexing import syntax_error, unsupported
from harness.languages._nested import MAX_NESTING
from harness.languages._on_scope import doubtful, undecided
from harness.languages._scope import too_large
from harness.languages.carbonblack._fields import Fields, Kind
from harness.languages.carbonblack._products import Product
from harness.languages.carbonblack._terms import MARKS, Pieces, Term
from harness.source import Source, Span

_WHITE = r" \t\n\r\u3000"
"""What Lucene's parser takes as blanks."""
_BLANK = re.compile(rf"[{_WHITE}]+")
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*):")
_DRIVE = re.compile(r"[A-Za-z]:")
_VALUE = re.compile(rf"(?:\\[\s\S]|[^{_WHITE}()\"\\])+|\\\Z")
_PHRASE = re.compile(r'"((?:[^"\\]|\\[\s\S])*)"')
_RANGE = re.compile(r"([\[{])\s*([^\s\[\]{}]+)\s+TO\s+([^\s\[\]{}]+)\s*([\]}])")
_OPERATOR = re.compile(r"(?:AND|OR|NOT|and|or|not|And|Or|Not)(?=[\s()\"]|\Z)|&&|\|\||!")
_ESCAPED = re.compile(r"\\[\s\S]")
_SPECIAL = "^~[]{}"
_LEADING = "+-!:/=<>^~[]{}&|"
MAX_LENGTH = 500_000
"""Characters of one search."""
MAX_PREDICATE = 200_000
"""Nodes of the predicate that one search stands for."""
_STYLES = ("and", "or", "lucene")


def _there(value: Scalar) -> Iterable[Scalar]:
    if value == "":
        message = "whether an empty value counts as one is not documented"
        raise Fault(message)
    return (value,)


PRESENT = View("present, not empty", _there)
"""The value; undecided for an empty text."""


@dataclass(frozen=True, slots=True)
class Found:
    """A search in three readings of its operators, mostly the same one.

    ``and`` binds tighter, ``or`` binds tighter, or terms are required, optional and prohibited
    as in Lucene's parser. ``negative``: nothing but a negation.
    """

    readings: tuple[Predicate, ...]
    negative: bool = False

    @property
    def clear(self) -> bool:
        """Whether there is one reading only."""
        return all(item is self.readings[0] for item in self.readings)


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a search with the operator before it."""

    sign: str
    denied: bool
    found: Found


def _one(predicate: Predicate) -> Found:
    return Found((predicate,) * len(_STYLES))


class Parser:
    """Reads a search of one product."""

    def __init__(self, source: Source, product: Product, fields: Fields) -> None:
        self.source = source
        self.text = source.text
        self.product = product
        self.fields = fields
        self.at = 0
        self.depth = 0

    def query(self) -> Predicate:
        """``query := clauses END``; a reading decides only where the others agree."""
        if len(self.text) > MAX_LENGTH:
            reason = f"it has more than {MAX_LENGTH} characters"
            self.unsupported("a very long search", reason)
        self.blank()
        if self.ended:
            self.unsupported("an empty search", "what it finds is not documented")
        found = self._clauses(None, nested=False)
        if not self.ended:
            self.fail("this parenthesis closes nothing", "remove it or escape it")
        distinct: list[Predicate] = []
        for reading in found.readings:
            if not any(reading is item for item in distinct):
                distinct.append(reading)
        predicate = reduce(undecided, distinct)
        if too_large(predicate, MAX_PREDICATE):
            reason = "the predicate that it stands for is too large"
            self.unsupported("a very long search", reason, Span(0, len(self.text)))
        return predicate

    def _clauses(self, field: str | None, *, nested: bool) -> Found:
        """``clauses := clause ((and | or)? clause)*``."""
        clauses: list[Clause] = []
        self.depth += 1
        if self.depth > MAX_NESTING:
            reason = f"more than {MAX_NESTING} levels are not read"
            self.unsupported("a deeply nested search", reason)
        while not self.ended and not self.text.startswith(")", self.at):
            sign = self._sign()
            if sign and not clauses:
                self.fail("an operator stands at the beginning", "put a term before it")
            clauses.append(self._clause(sign or "and", field))
        self.depth -= 1
        if not clauses:
            self.fail("there is no term", "write field:value")
        return self._joined(clauses, nested=nested)

    def _operator(self) -> str | None:  # noqa: RET503 - unsupported does not return
        """Return the meaning of an operator that stands here; letter case counts."""
        found = _OPERATOR.match(self.text, self.at)
        if found is None:
            return None
        written = found.group()
        if written in self.product.operators:
            return self.product.operators[written]
        reason = "its meaning in this product is not documented"
        self.unsupported(f"the word {written!r}", reason, Span(*found.span()))

    def _sign(self) -> str | None:
        """``sign := "and" | "or"``."""
        meaning = self._operator()
        if meaning not in ("and", "or"):
            return None
        self._pass()
        if self.ended or self.text.startswith(")", self.at):
            self.fail("an operator stands at the end", "put a term behind it")
        if self._operator() in ("and", "or"):
            self.fail("two operators follow each other", "put a term between them")
        return meaning

    def _pass(self) -> None:
        found = _OPERATOR.match(self.text, self.at)
        self.at = found.end() if found else self.at
        self.blank()

    def _clause(self, sign: str, field: str | None) -> Clause:
        """``clause := ("-" | not)* primary``."""
        denied = False
        while True:
            if self.text.startswith("-", self.at):
                self.at += 1
                if self.text[self.at : self.at + 1].strip() == "":
                    reason = "a minus stands right before a term"
                    self.unsupported("a minus before a blank", reason)
            elif self._operator() == "not":
                self._pass()
            else:
                break
            denied = not denied
            if self.ended:
                self.fail("a negation stands at the end", "put a term behind it")
        return Clause(sign, denied, self._primary(field))

    def _primary(self, field: str | None) -> Found:
        """``primary := "(" clauses ")" | FIELD ":" value | value``."""
        start = self.at
        if self.text.startswith("(", start):
            return self._group(field)
        named = _FIELD.match(self.text, start)
        drive = not self.product.lucene and _DRIVE.match(self.text, start)
        if named and not (drive and len(named[1]) == 1):
            self.at = named.end()
            return self._field(named[1], start)
        if not self.product.bare and field is None:
            message = "a term has no field"
            self.fail(message, "write field:value; a filter takes no bare values")
        return self._test(field, start)

    def _group(self, field: str | None) -> Found:
        opening = Span(self.at, self.at + 1)
        self.at += 1
        self.blank()
        found = self._clauses(field, nested=True)
        if not self.text.startswith(")", self.at):
            self.fail("this parenthesis is not closed", "add ) or escape it", opening)
        self.at += 1
        if self.text[self.at : self.at + 1] in ("^", "~"):
            self.unsupported("a boost", "it only changes the order of results")
        self.blank()
        return found

    def _field(self, name: str, start: int) -> Found:
        """``field := NAME ":" (range | "(" clauses ")" | value)``."""
        if self.text.startswith("(", self.at):
            if not self.product.lucene:
                reason = "whether the field holds for every term in it is not documented"
                self.unsupported("a group behind a field", reason)
            return self._group(name)
        if self.text.startswith(("[", "{"), self.at):
            return _one(self._range(name, start))
        if self.ended or _BLANK.match(self.text, self.at) or self.text[self.at] == ")":
            hint = "write the value right behind the colon"
            self.fail(f"the field {name!r} has no value", hint)
        return self._test(name, start)

    def _range(self, name: str, start: int) -> Predicate:
        """``range := "[" bound "TO" bound "]"``, or braces without the bounds."""
        found = _RANGE.match(self.text, self.at)
        if found is None:
            reason = "a bracket that is part of the value must be escaped"
            self.unsupported("this bracket", reason)
        if not self.product.lucene and (found[1] == "{" or found[4] == "}"):
            self.unsupported("a range in braces", "no page shows it")
        bounds = []
        for written in (found[2], found[3]):
            number = as_number(written)
            if number is None and written != "*":
                reason = "only ranges of numbers are evaluated"
                self.unsupported(f"the bound {written!r}", reason, Span(*found.span()))
            bounds.append(number)
        self.at = found.end()
        span = Span(start, self.at)
        self.blank()
        check = Within(bounds[0], bounds[1], found[1] == "[", found[4] == "]")
        return Atom(field=name, check=check, view=NUMBER, span=span)

    def _test(self, name: str | None, start: int) -> Found:
        """``value := PHRASE | WORD``."""
        readings = self._phrase() if self.text.startswith('"', self.at) else self._word()
        span = Span(start, self.at)
        self.blank()
        if name is None:
            return _one(doubtful(self._atom(ANY_FIELD, readings, Kind.UNKNOWN, span)))
        if all(pieces == (Wild.ANY,) for pieces in readings):
            return _one(Atom(field=name, check=Anything(), view=PRESENT, span=span))
        network = _network(readings[0]) if "ip" in name else None
        if network is not None:
            if not self.product.lucene:
                reason = "the page on addresses could not be read"
                self.unsupported("a network", reason, span)
            return _one(Atom(field=name, check=InNetwork(network), view=ADDRESS, span=span))
        return _one(self._atom(name, readings, self.fields.kind(name), span))

    def _atom(
        self, field: str | AnyField, readings: Sequence[Pieces], kind: Kind, span: Span
    ) -> Predicate:
        check = Term(tuple(readings), kind, self.product.folds)
        return Atom(field=field, check=check, view=AS_IS, span=span)

    def _phrase(self) -> list[Pieces]:
        """``phrase := '"' (character | escape)* '"'``; wildcards in it may be characters."""
        found = _PHRASE.match(self.text, self.at)
        if found is None:
            hint = 'close it; \\" is a quote inside the phrase'
            self.fail("this phrase is not closed", hint)
        if not found[1].strip():
            self.unsupported("an empty phrase", "what it finds is not documented")
        self.at = found.end()
        if self.text[self.at : self.at + 1] in ("~", "^"):
            self.unsupported("a phrase with a distance or boost", "it is not evaluated")
        readings = self._readings(found[1], quoted=True)
        return _distinct([*readings, *(_plain(pieces) for pieces in readings)])

    def _word(self) -> list[Pieces]:
        """``word := (character | escape)+``, without blanks, parentheses and quotes."""
        found = _VALUE.match(self.text, self.at)
        if found is None:
            self.fail("a term is missing", "write field:value")
        written = found.group()
        if written[0] in _LEADING and (self.product.lucene or written[0] == "-"):
            reason = f"{written[0]!r} at the beginning of a value must be escaped"
            self.unsupported("this value", reason, Span(*found.span()))
        bare = _ESCAPED.sub("", written)
        if self.product.lucene and any(char in bare for char in _SPECIAL):
            reason = f"one of {_SPECIAL} in it is not escaped"
            self.unsupported("this value", reason, Span(*found.span()))
        self.at = found.end()
        if self.text[self.at : self.at + 1] in ("(", '"'):
            reason = "the parenthesis or quote behind it is not escaped"
            self.unsupported("this value", reason, Span(*found.span()))
        return _distinct(self._readings(written, quoted=False))

    def _readings(self, written: str, *, quoted: bool) -> list[Pieces]:
        """Return what a value may stand for: its backslashes escape, or stand for themselves.

        In a third reading they stand for themselves only where a wildcard follows.
        """
        if not MARKS.isdisjoint(written):
            self.unsupported("a private character", "U+E000 and U+E001 are not read")
        kept: list[Piece] = []
        dropped: list[Piece] = []
        partly: list[Piece] = []
        at = 0
        while at < len(written):
            char, after = written[at], written[at + 1 : at + 2]
            if char != "\\" or not after:
                self._add(char, kept, dropped, partly)
                at += 1
                continue
            if self._escapes(after, at, quoted=quoted):
                for reading in (kept, dropped, partly):
                    reading.append(after)
            elif not self.product.lucene and (after.isalnum() or after in "._%$#@"):
                self._add(char, kept, dropped, partly)
                self._add(after, kept, dropped, partly)
            elif after in self.product.wildcards:
                for reading in (kept, partly):
                    reading.append(char)
                self._add(after, kept, partly)
                dropped.append(after)
            else:
                kept.append(char)
                self._add(after, kept)
                dropped.append(after)
                partly.append(after)
            at += 2
        return [_joined(kept), _joined(dropped), _joined(partly)]

    def _add(self, char: str, *readings: list[Piece]) -> None:
        piece: Piece = char
        if char in self.product.wildcards:
            piece = Wild.ANY if char == "*" else Wild.ONE
        for reading in readings:
            reading.append(piece)

    def _escapes(self, char: str, at: int, *, quoted: bool) -> bool:
        """Return whether a backslash before this character is documented as an escape."""
        if self.product.lucene:
            return char in self.product.escaped
        if quoted:
            return char == '"'
        return char in self.product.escaped and (char != "-" or at == 0)

    def _joined(self, clauses: Sequence[Clause], *, nested: bool) -> Found:
        """Join clauses; in one reading where all of them agree."""
        if len(clauses) == 1 and not clauses[0].denied:
            return clauses[0].found
        signs = [clause.sign for clause in clauses[1:]]
        mixed = len(set(signs)) > 1
        negative = all(clause.denied for clause in clauses)
        prohibited = self.product.lucene and (
            (negative and nested) or ("or" in signs and any(item.denied for item in clauses))
        )
        clear = all(clause.found.clear for clause in clauses)
        if clear and not mixed and not prohibited:
            return Found((_boolean(clauses, 0, "and"),) * len(_STYLES), negative)
        plain = _boolean(clauses, 0, "and")
        tight = _boolean(clauses, 1, "or") if mixed or not clear else plain
        if mixed or prohibited:
            lucene = _required(clauses, 2, nested=nested)
        else:
            lucene = _boolean(clauses, 2, "and")
        return Found((plain, tight, lucene), negative)

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def blank(self) -> None:
        """Pass blanks."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def fail(self, message: str, hint: str = "", span: Span | None = None) -> NoReturn:
        """Raise a syntax error here, or at ``span``."""
        raise syntax_error(self.source, span or Span(self.at, self.at + 1), message, hint)

    def unsupported(self, feature: str, reason: str, span: Span | None = None) -> NoReturn:
        """Raise Unsupported here, or at ``span``."""
        place = span or Span(self.at, self.at + 1)
        raise unsupported(self.source, place, feature, reason)


def _joined(units: Sequence[Piece]) -> Pieces:
    """Join neighbouring characters, and drop an asterisk next to another."""
    pieces: list[Piece] = []
    for unit in units:
        last = pieces[-1] if pieces else None
        if isinstance(unit, str) and isinstance(last, str):
            pieces[-1] = last + unit
        elif unit is not Wild.ANY or last is not Wild.ANY:
            pieces.append(unit)
    return tuple(pieces)


def _plain(pieces: Pieces) -> Pieces:
    """Return a value with its wildcards as characters."""
    return _joined([piece.value if isinstance(piece, Wild) else piece for piece in pieces])


def _distinct(readings: Sequence[Pieces]) -> list[Pieces]:
    return list(dict.fromkeys(readings))


def _network(pieces: Pieces) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    text = pieces[0] if len(pieces) == 1 else None
    if not isinstance(text, str) or "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _item(clause: Clause, style: int) -> Predicate:
    item = clause.found.readings[style]
    return Not(item) if clause.denied else item


def _boolean(clauses: Sequence[Clause], style: int, tighter: str) -> Predicate:
    """Join clauses where ``tighter`` binds tighter than the other operator."""
    groups: list[list[Predicate]] = []
    for clause in clauses:
        if groups and clause.sign == tighter:
            groups[-1].append(_item(clause, style))
        else:
            groups.append([_item(clause, style)])
    inner, outer = (And, Or) if tighter == "and" else (Or, And)
    joined = [group[0] if len(group) == 1 else inner(tuple(group)) for group in groups]
    return joined[0] if len(joined) == 1 else outer(tuple(joined))


def _required(clauses: Sequence[Clause], style: int, *, nested: bool) -> Predicate:
    """Join clauses as Lucene's parser with the default operator AND: required, optional, not.

    https://lucene.apache.org/core/9_0_0/queryparser/org/apache/lucene/queryparser/classic/QueryParser.html;
    a group of prohibited clauses alone finds nothing, except as the whole of a Solr query.
    """
    needed = [clause.sign != "or" for clause in clauses]
    for at, clause in enumerate(clauses):
        if at and clause.sign == "or":
            needed[at - 1] = False
    pairs = list(zip(clauses, needed, strict=True))
    denied = [_item(clause, style) for clause in clauses if clause.denied]
    required = [_item(clause, style) for clause, need in pairs if need and not clause.denied]
    optional = [_item(clause, style) for clause, need in pairs if not need and not clause.denied]
    if not required and not optional:
        return FALSE if nested else And(tuple(denied))
    if not required:
        required = [optional[0] if len(optional) == 1 else Or(tuple(optional))]
    found = [*required, *denied]
    return found[0] if len(found) == 1 else And(tuple(found))
