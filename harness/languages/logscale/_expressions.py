"""Expressions: what ``test()``, ``eval()`` and ``:=`` take."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.ir import Call, Expression, FieldValue, Literal, as_number
from harness.languages._scope import Scope
from harness.languages.logscale._scanner import CALL, NAME, Scanner, Text
from harness.languages.logscale._values import BINARY, UNARY
from harness.source import Span

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_COMPARE = re.compile(r"<=>|==|!=|<=|>=|<|>")
_ADD = re.compile(r"[+-]")
_MULTIPLY = re.compile(r"\*|/|%(?=\s)")


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison of two values."""

    sign: str
    left: Expression
    right: Expression
    span: Span

    @property
    def expression(self) -> Expression:
        """The comparison as a value."""
        return Call(BINARY[self.sign], (self.left, self.right), self.span)


CallValue = Callable[[re.Match[str], Scope], Expression]


def only(text: Text, scanner: Scanner) -> str:
    """Return the one reading of a text."""
    if len(text.readings) > 1:
        reason = "no page says whether the backslash stays"
        scanner.unsupported("this escape in quotes", reason, text.span)
    return text.text


def field_value(name: str, scope: Scope, span: Span, scanner: Scanner) -> Expression:
    """Return the value of a field, null where it is not there."""
    if name == "*":
        scanner.unsupported("a field named *", "the name is not read", span)
    found = scope.resolve(name)
    return Literal(None) if found is None else found


@dataclass(frozen=True, slots=True)
class Expressions:
    """Reads expressions; ``call`` reads a function call that gives a value."""

    scanner: Scanner
    scope: Scope
    call: CallValue

    def expression(self) -> Expression:
        """``expression := additive (comparison additive)?``."""
        found = self.compared()
        return found.expression if isinstance(found, Compared) else found

    def compared(self) -> Compared | Expression:
        """Read an expression; a comparison is kept apart."""
        start = self.scanner.at
        left = self._additive()
        found = self.scanner.read(_COMPARE)
        if found is None:
            if self.scanner.sees("=") and not self.scanner.sees("=~"):
                self.scanner.fail("an expression compares with ==", "write ==, or quote the text")
            return left
        if found.group() == "<=>":
            reason = "it links the queries of correlate()"
            self.scanner.unsupported("operator <=>", reason, Span(*found.span()))
        right = self._additive()
        again = self.scanner.looking(_COMPARE)
        if again:
            self.scanner.fail("comparisons cannot be chained", "compare two values at a time")
        return Compared(found.group(), left, right, self.scanner.since(start))

    def _additive(self) -> Expression:
        """``additive := multiplicative (("+" | "-") multiplicative)*``."""
        return self._chain(_ADD, self._multiplicative)

    def _multiplicative(self) -> Expression:
        """``multiplicative := unary (("*" | "/" | "%") unary)*``."""
        return self._chain(_MULTIPLY, self._unary)

    def _chain(self, sign: re.Pattern[str], operand: Callable[[], Expression]) -> Expression:
        start = self.scanner.at
        left = operand()
        while found := self.scanner.read(sign):
            right = operand()
            left = Call(BINARY[found.group()], (left, right), self.scanner.since(start))
        return left

    def _unary(self) -> Expression:
        """``unary := ("-" | "!")? primary``."""
        start = self.scanner.at
        for sign, function in UNARY.items():
            if self.scanner.take(sign):
                return Call(function, (self._primary(),), self.scanner.since(start))
        return self._primary()

    def _primary(self) -> Expression:
        """``primary := "(" expression ")" | call | STRING | number | field``."""
        scanner = self.scanner
        with scanner:
            opening = scanner.here
            if scanner.take("("):
                found = self.expression()
                scanner.expect(")", "this parenthesis is not closed", "add )", opening)
                return found
            if scanner.sees('"'):
                return Literal(only(scanner.string(), scanner))
            called = scanner.looking(CALL)
            if called:
                return self.call(called, self.scope)
            return self._name()

    def _name(self) -> Expression:
        scanner = self.scanner
        if scanner.sees("{", "["):
            reason = "only single values are read there"
            scanner.unsupported("a subquery or array in an expression", reason)
        word = scanner.read(NAME)
        if word is None:
            scanner.stray("a value")
        text, span = word.group(), Span(*word.span())
        if "%" in text:
            reason = "it may be the remainder or part of a name"
            scanner.unsupported("a percent sign inside a word", reason, span)
        if _NUMBER.fullmatch(text):
            return Literal(as_number(text))
        if text in ("true", "false"):
            return Literal(text)
        return field_value(text, self.scope, span, scanner)


def simple(found: Compared) -> tuple[str, FieldValue, Literal] | None:
    """Return a comparison of a field with a constant, the field on the left."""
    mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
    match found.left, found.right:
        case FieldValue() as field, Literal(value=str() | int() | float()) as constant:
            return found.sign, field, constant
        case Literal(value=str() | int() | float()) as constant, FieldValue() as field:
            return mirrored.get(found.sign, found.sign), field, constant
        case _:
            return None
