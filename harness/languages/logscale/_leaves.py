"""Leaves: one test on a field or on all fields, built from the table of operators."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from harness.errors import Fault
from harness.ir import (
    ADDRESS,
    NUMBER,
    TEXT,
    TRUE,
    AnyField,
    Anything,
    Atom,
    Case,
    Equals,
    Expression,
    Glob,
    InNetwork,
    Matches,
    Order,
    Ordered,
    Predicate,
    Scalar,
    View,
    Wild,
    any_of,
    as_number,
    as_text,
)
from harness.ir.checks import Piece
from harness.ir.regexes import RegexError, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.languages._on_scope import on, undecided
from harness.languages.logscale._events import RAW, SPECIAL
from harness.languages.logscale._scanner import Scanner, Text
from harness.languages.logscale._semantics import OPERATORS
from harness.source import Span

SEARCHED = AnyField(without=SPECIAL)
"""The fields that free text is looked up in."""
ORDERS: Mapping[str, Order] = MappingProxyType({order.value: order for order in Order})
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_PLAIN = re.compile(
    r"\^?(?:[^\\^$|?*+()\[\]{}.]|\\[^A-Za-z0-9]|(?:\.|\\[dDsSwW])[*+?]?)*\$?", re.DOTALL
)
"""Expressions that need no compiler to be known as valid."""
_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]?|\(\?<(?![=!])([^>]*)>", re.DOTALL)
_GROUP_NAME = re.compile(r"[\w.@#\[\]-]+")


@lru_cache(maxsize=4096)
def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return a value cut at its asterisks, which cannot be escaped."""
    parts = re.split(r"(\*+)", text)
    return tuple(Wild.ANY if part[0] == "*" else part for part in parts if part)


@lru_cache(maxsize=4096)
def beside(literal: str) -> View:
    """Return a view of text that is undecided where only the number equals the literal's.

    The manual says that a number on the right is converted before it is compared, the grammar
    that it is a pattern: https://library.humio.com/data-analysis/syntax-operators.html.
    """
    number = as_number(literal)
    if number is None:
        return TEXT

    def convert(value: Scalar) -> Iterable[str]:
        text = as_text(value)
        if text != literal and as_number(text) == number:
            message = f"{text!r} equals {literal!r} as a number but not as text"
            raise Fault(message)
        return (text,)

    return View(f"text beside {literal!r}", convert)


def _fitting(text: str, operator: str) -> tuple[Case, ...]:
    """Return the ways to compare letters: two where it is not known which of them fold."""
    case = OPERATORS[operator].case
    return (case,) if case is Case.SENSITIVE or text.isascii() else (case, Case.UNICODE)


def _agreed(readings: Sequence[Predicate]) -> Predicate:
    """Return what several readings agree on."""
    found = readings[0]
    for other in readings[1:]:
        found = undecided(found, other)
    return found


def equal(target: Expression | None, value: Text, span: Span, operator: str = "=") -> Predicate:
    """Return whether a value is this text, a pattern, or just there."""
    missing = OPERATORS["="].missing
    readings: list[Predicate] = []
    for text in value.readings:
        pieces = pieces_of(text)
        for case in _fitting(text, operator):
            check: Anything | Glob | Equals = Equals(text, case)
            if pieces == (Wild.ANY,):
                check = Anything()
            elif any(isinstance(piece, Wild) for piece in pieces):
                check = Glob(pieces, case)
            view = beside(text) if isinstance(check, Equals) else TEXT
            readings.append(
                on(target, Atom(field="", check=check, view=view, missing=missing, span=span))
            )
    return _agreed(readings)


def contains(target: Expression | None, value: Text, span: Span) -> Predicate:
    """Return ``like``: the text stands in the value, or a pattern in it that may be anchored.

    The manual gives ``like "a"`` as ``= *a*``, but ``like "a*b"`` as beginning with a and
    ending with b: https://library.humio.com/data-analysis-1.183/syntax-operators.html.
    """
    flags = OPERATORS["like"]
    readings: list[Predicate] = []
    for text in value.readings:
        pieces = pieces_of(text)
        inside = Glob((Wild.ANY, *pieces, Wild.ANY), flags.case)
        checks = [inside]
        if any(isinstance(piece, Wild) for piece in pieces):
            checks.append(Glob(pieces, flags.case))
        for check in checks:
            atom = Atom(field="", check=check, missing=flags.missing, span=span)
            readings.append(on(target, atom))
    return _agreed(readings)


def free_text(value: Text, operator: str = "free text") -> Predicate:
    """Return whether a text stands in any field that is searched."""
    readings: list[Predicate] = []
    for text in value.readings:
        pieces = pieces_of(text)
        if not any(isinstance(piece, str) for piece in pieces):
            return TRUE
        for case in _fitting(text, operator):
            check = Glob((Wild.ANY, *pieces, Wild.ANY), case)
            readings.append(Atom(field=SEARCHED, check=check, span=value.span))
    return _agreed(readings)


def ordered(target: Expression | None, sign: str, bound: Text, scanner: Scanner) -> Predicate:
    """Return an order test: ``number := digits ("." digits)?``."""
    number = as_number(bound.text)
    if bound.quoted or number is None or not _NUMBER.fullmatch(bound.text):
        if number is not None:
            reason = "the published grammar has digits there, without a sign or quotes"
            scanner.unsupported(f"the number {bound.text!r} after {sign}", reason, bound.span)
        message = f"{bound.text!r} after {sign} is no number"
        scanner.fail(message, "compare fields with test(a < b)", bound.span)
    missing = OPERATORS[sign].missing
    check = Ordered(ORDERS[sign], number)
    return on(target, Atom(field="", check=check, view=NUMBER, missing=missing, span=bound.span))


def in_networks(target: Expression | None, subnets: Sequence[Text], scanner: Scanner) -> Predicate:
    """Return whether a value is an address in one of some networks."""
    found: list[Predicate] = []
    for subnet in subnets:
        try:
            network = ipaddress.ip_network(subnet.text, strict=False)
        except ValueError:
            reason = "only address/length is read"
            scanner.unsupported(f"the subnet {subnet.text!r}", reason, subnet.span)
        missing = OPERATORS["cidr()"].missing
        atom = Atom(
            field="", check=InNetwork(network), view=ADDRESS, missing=missing, span=subnet.span
        )
        found.append(on(target, atom))
    return any_of(*found)


@dataclass(frozen=True, slots=True)
class Regex:
    """A checked expression; ``groups`` maps names of fields to names of groups."""

    pattern: str
    case: Case
    flags: str
    span: Span
    groups: Mapping[str, str]
    repeats: bool = False

    def check(self, operator: str) -> Matches:
        """Return the test of one value."""
        dialect = OPERATORS[operator].dialect
        return Matches(self.pattern, dialect, case=self.case, flags=self.flags)


def regex_of(pattern: str, letters: str, span: Span, scanner: Scanner) -> Regex:
    """Check an expression and its flags: d, m and i, F for the newer engine, g to repeat.

    https://library.humio.com/data-analysis-1.252/syntax-regex-flags.html
    """
    for letter in letters:
        if letter not in "dmiFg":
            reason = "the manual knows d, F, g, i and m"
            reason += "; escape a slash inside the expression"
            scanner.unsupported(f"the regular expression flag {letter!r}", reason, span)
    groups: dict[str, str] = {}
    if "(?<" in pattern:
        pattern = _name_groups(pattern, groups, span, scanner)
    case = Case.ASCII if "i" in letters else Case.SENSITIVE
    flags = "".join({"d": "s", "m": "m"}.get(letter, "") for letter in sorted(set(letters)))
    found = Regex(pattern, case, flags, span, groups, "g" in letters)
    if not _PLAIN.fullmatch(pattern):
        _compile(found, scanner)
    return found


def _compile(regex: Regex, scanner: Scanner) -> None:
    try:
        compile_regex(regex.pattern, "java", case=regex.case, flags=regex.flags)
    except BeyondRegex as error:
        feature = "this regular expression"
        scanner.unsupported(feature, str(error), regex.span)
    except RegexError as error:
        message = f"the regular expression is invalid: {error}"
        scanner.fail(message, "", regex.span)


def _name_groups(pattern: str, groups: dict[str, str], span: Span, scanner: Scanner) -> str:
    """Give groups names that the dialect takes, whatever field they are named after."""

    def rename(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return found.group()
        if name in groups or not _GROUP_NAME.fullmatch(name):
            reason = "only one group of each name, made of letters and digits, is read"
            scanner.unsupported(f"the group {name!r}", reason, span)
        groups[name] = f"g{len(groups)}"
        return f"(?<{groups[name]}>"

    return _GROUP.sub(rename, pattern)


def matching(target: Expression | None, regex: Regex, operator: str, span: Span) -> Predicate:
    """Return whether an expression matches somewhere in a value."""
    missing = OPERATORS["= /regex/"].missing
    return on(target, Atom(field="", check=regex.check(operator), missing=missing, span=span))


def anywhere(regex: Regex) -> Predicate:
    """Return whether an expression matches somewhere in a field that free text searches."""
    return Atom(field=SEARCHED, check=regex.check("/regex/"), span=regex.span)


@dataclass(frozen=True, slots=True)
class Capture:
    """The text of one group in one value; the old value of the field where it took no part."""

    regex: Regex
    group: str

    def __call__(self, subject: Any, old: Any) -> Any:
        """Return the new value of the field."""
        if subject is None:
            return old
        finder: Any = compile_regex(
            self.regex.pattern, "java", case=self.regex.case, flags=self.regex.flags
        )
        for found in finder.finds(as_text(subject)):
            value = found.named[self.group]
            return old if value is None else value
        return old


@dataclass(frozen=True, slots=True)
class Anywhere:
    """The text of one group in the fields that free text is looked up in, @rawstring first."""

    capture: Capture

    def __call__(self, event: Any, old: Any = None) -> Any:
        """Return the new value; undecided where several fields give different ones."""
        regex = self.capture.regex
        finder: Any = compile_regex(regex.pattern, "java", case=regex.case, flags=regex.flags)
        names = [name for name in event if SEARCHED.covers(name) and event[name] is not None]
        matching = [name for name in names if finder.matches(as_text(event[name]))]
        if RAW in matching:
            matching = [RAW]
        values = {self.capture(event[name], old) for name in matching}
        if len(values) > 1:
            message = "a named group matches in several fields"
            raise Fault(message)
        return values.pop() if values else old
