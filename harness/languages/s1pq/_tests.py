"""Comparisons and text operators as tests on what their left side stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from harness.ir import (
    ANY_FIELD,
    AS_IS,
    FALSE,
    Atom,
    Call,
    Check,
    Condition,
    Equals,
    Expression,
    FieldValue,
    Function,
    Glob,
    Has,
    Literal,
    Matches,
    Not,
    Ordered,
    Predicate,
    Presence,
    Truth,
    Verdict,
    Wild,
    any_of,
)
from harness.ir.truth import negate
from harness.languages._lexing import Cursor, Token
from harness.languages._on_scope import doubtful, on
from harness.languages.s1pq import _values as values
from harness.languages.s1pq._regexes import check_regex
from harness.languages.s1pq._semantics import MIRRORED, ORDERS, operator
from harness.languages.s1pq._tokens import number_of, text_of
from harness.source import Span


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that is no Boolean.

    ``word`` is the token of a field name or text that stands alone, which the initial filter
    looks up in the message; ``defined``: a command made the field.
    """

    expression: Expression
    span: Span
    word: Token | None = None
    defined: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """A Boolean expression; ``presence``: it is ``field = *``, which only filters take."""

    predicate: Predicate
    span: Span
    presence: bool = False


@dataclass(frozen=True, slots=True)
class AnyField:
    """The ``*`` before ``contains`` or ``matches``."""

    span: Span


Operand = Value | Test | AnyField


def as_value(operand: Operand) -> Value:
    """Return an operand as a value; a Boolean becomes true or false."""
    if isinstance(operand, Value):
        return operand
    assert isinstance(operand, Test)
    return Value(Verdict(operand.predicate), operand.span)


@dataclass(frozen=True, slots=True)
class Tests:
    """Makes tests. ``missing``: outcomes of negated operators and orders on a missing field."""

    cursor: Cursor
    missing: tuple[Truth, Truth]

    def compare(self, left: Value, sign: str, right: Value, *, at: Token) -> Test:
        """Return ``left sign right``."""
        sign = "=" if sign == "==" else sign
        span = left.span.to(right.span)
        if isinstance(left.expression, Literal) and not isinstance(right.expression, Literal):
            left, sign, right = right, MIRRORED.get(sign, sign), left
        if not isinstance(right.expression, Literal) or isinstance(left.expression, Literal):
            return Test(self._both(left, sign, right, span), span)
        literal = right.expression.value
        if literal is None:
            return Test(self._null(left, sign, at, span), span)
        check: Check = Equals(literal)
        if sign in ORDERS:
            check = Ordered(ORDERS[sign], literal)
        atom = Atom(field="", check=check, view=values.view_of(literal), span=span)
        if sign == "!=":
            atom = replace(atom, missing=negate(self.missing[0]))
            return Test(Not(on(left.expression, atom)), span)
        missing = self.missing[1] if sign in ORDERS else operator(sign).missing
        return Test(on(left.expression, replace(atom, missing=missing)), span)

    def _both(self, left: Value, sign: str, right: Value, span: Span) -> Predicate:
        missing = self.missing[1] if sign in ORDERS else operator("=").missing
        if sign == "!=":
            missing = self.missing[0]
        function = Function(
            f"s1pq.{sign} {missing.name}", values.comparing(sign, missing), strict=False
        )
        call = Call(function, (left.expression, right.expression), span)
        return Condition(expression=call, truth=lambda found: found, span=span)

    def _null(self, left: Value, sign: str, at: Token, span: Span) -> Predicate:
        """``field = null`` asks whether a command left a field empty."""
        if sign in ORDERS:
            self.cursor.fail("null has no order", "compare with = or !=", at.span)
        if sign == "=" and left.word is not None and not left.defined:
            message = f"{left.word.text} = null stands before a command that makes the field"
            self.cursor.fail(message, f"write !({left.word.text} = *)", span)
        if isinstance(left.expression, FieldValue):
            there: Predicate = Presence(field=left.expression.path, has=Has.VALUE, span=span)
            return there if sign == "!=" else Not(there)
        null = Condition(expression=left.expression, truth=values.is_null, span=span)
        return null if sign == "=" else Not(null)

    def presence(self, left: Value, span: Span) -> Test:
        """``field = *``."""
        if isinstance(left.expression, FieldValue):
            there = Presence(field=left.expression.path, has=Has.VALUE, span=span)
            return Test(there, span, presence=True)
        null = Condition(expression=left.expression, truth=values.is_null, span=span)
        return Test(Not(null), span, presence=True)

    def listed(self, left: Operand, spelling: str, literals: list[Token]) -> Test:
        """``left contains ("a", "b")`` and so on: one of the literals is enough."""
        word = spelling.partition(":")[0]
        span = left.span.to(self.cursor.previous.span)
        return Test(any_of(*(self._one(left, word, spelling, one, span) for one in literals)), span)

    def _one(
        self, left: Operand, word: str, spelling: str, literal: Token, span: Span
    ) -> Predicate:
        if word == "in":
            found = literal_of(self.cursor, literal)
            check: Check = Equals(found, operator(spelling).case)
            view = values.member_view(found)
            return self._on(left, Atom(field="", check=check, view=view, span=span))
        if literal.kind != "STRING":
            reason = f"{word} is documented for text only"
            self.cursor.unsupported(f"{word} {literal.text}", reason, literal.span)
        text = text_of(self.cursor, literal)
        if word == "matches":
            return self.matches(left, text, spelling, literal.span, span)
        if not text:
            reason = "what an empty text finds is not documented"
            self.cursor.unsupported("contains with an empty text", reason, literal.span)
        check = Glob((Wild.ANY, text, Wild.ANY), operator(spelling).case)
        return self._on(left, Atom(field="", check=check, view=values.TEXTS, span=span))

    def matches(
        self, left: Operand, pattern: str, spelling: str, at: Span, span: Span
    ) -> Predicate:
        """Return the test of a regular expression."""
        meant = operator(spelling)
        unclear = check_regex(self.cursor, pattern, meant.dialect, at)
        check = Matches(pattern, meant.dialect, meant.case)
        found = self._on(left, Atom(field="", check=check, view=values.TEXTS, span=span))
        return doubtful(found) if unclear else found

    def _on(self, left: Operand, atom: Atom) -> Predicate:
        if isinstance(left, AnyField):
            return replace(atom, field=ANY_FIELD, check=values.OfAnyType(atom.check), view=AS_IS)
        return on(as_value(left).expression, atom)

    def without(self, left: Value, found: Test) -> Test:
        """``left !contains "a"``: the opposite, with an outcome of its own on a missing field."""
        missing = self.missing[0]
        if missing is Truth.TRUE:
            return Test(Not(found.predicate), found.span)
        gone = Not(self.presence(left, found.span).predicate)
        held = gone if missing is Truth.FALSE else doubtful(gone)
        return Test(Not(any_of(found.predicate, held)), found.span)

    def nothing(self, span: Span) -> Test:
        """``left not in (...)``, which the engine reads and never finds true."""
        return Test(replace(FALSE, span=span), span)


def literal_of(cursor: Cursor, token: Token) -> Any:
    """Return the value of a literal in a list."""
    if token.kind == "STRING":
        return text_of(cursor, token)
    if token.kind == "NUMBER":
        return number_of(cursor, token)
    return token.text == "true"
