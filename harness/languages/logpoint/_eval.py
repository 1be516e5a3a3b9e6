"""The expressions of ``process eval``: arithmetic, comparison, logic and a few functions.

Sources: https://newportal.logpoint.com/docs/evaluation-process-plugin/en/latest for the order of
operators, and the vendor's converter for the functions
(https://github.com/logpoint/pySigma-backend-logpoint).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Atom,
    Call,
    Case,
    Choice,
    Condition,
    Definite,
    Equals,
    Expression,
    FieldValue,
    Function,
    Glob,
    Has,
    Literal,
    Matches,
    Not,
    Or,
    Predicate,
    Presence,
    Truth,
    Wild,
    as_number,
    as_text,
)
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import END, Lexer, Token
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import on, undecided
from harness.languages._scope import Scope
from harness.languages.logpoint._semantics import OPERATORS
from harness.source import Source, Span

LEXER = Lexer(
    {
        "_blank": r"\s+",
        "STRING": r"'[^']*'",
        "NUMBER": r"\d+(?:\.\d+)?",
        "WORD": r"[A-Za-z_][\w.]*",
        "ARROW": r"->",
        "LOGIC": r"\|\||&&",
        "COMPARE": r"==|!=|<=|>=|=|<|>",
        "NOT": r"!",
        "SIGN": r"[-+*/]",
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "COMMA": r",",
    },
    re.ASCII,
)
_LEVELS = {"||": 1, "&&": 2}
_COMPARISON, _ADDITIVE, _MULTIPLICATIVE = 3, 4, 5
_SIGNS = {"+": _ADDITIVE, "-": _ADDITIVE, "*": _MULTIPLICATIVE, "/": _MULTIPLICATIVE}
MAX_CHOICES = 40
"""Conditions of one case()."""


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that is no Boolean."""

    expression: Expression
    span: Span

    @property
    def text(self) -> str | None:
        """The text of a string literal."""
        value = self.expression.value if isinstance(self.expression, Literal) else None
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Test:
    """A Boolean expression."""

    predicate: Predicate
    span: Span


Operand = Value | Test


def read_eval(source: Source, token: Token, scope: Scope) -> tuple[str, Expression]:
    """``assignment := WORD "=" expression``, inside the quoted text of a token."""
    start = token.span.start + 1
    padding = re.sub(r"[^\n]", " ", source.text[:start])
    padded = Source(padding + token.text[1:-1], source.name, source.first_line)
    cursor = NestedCursor(source, LEXER.tokens(padded))
    name = cursor.expect("WORD", "an identifier")
    if not cursor.at_text("="):
        cursor.fail(f"expected = after the identifier, found {cursor.token}")
    cursor.next()
    found = _Parser(cursor, scope).expression()
    if not cursor.at(END):
        cursor.fail(f"unexpected {cursor.token}", "join conditions by ||")
    return name.text, found.expression if isinstance(found, Value) else as_flag(found.predicate)


def as_flag(test: Predicate) -> Expression:
    """Return a Boolean as the text that a later search sees; null where it is unknown."""
    unknown = Choice(Not(Definite(test)), Literal(None), _FAULT)
    return Choice(test, Literal("true"), Choice(Not(test), Literal("false"), unknown))


def _fail() -> None:
    message = "the condition cannot be decided"
    raise Fault(message)


_FAULT = Call(Function("logpoint.undecided condition", _fail, strict=False), ())


@dataclass(frozen=True, slots=True)
class _Parser:
    cursor: NestedCursor
    scope: Scope

    def expression(self, level: int = 1) -> Operand:
        """``expression := prefix (operator expression)*``, loosest first: ||, =, +, *."""
        left = self._prefix()
        while True:
            token = self.cursor.token
            if token.kind == "LOGIC" and _LEVELS[token.text] >= level:
                left = self._logical(left, token)
            elif token.kind == "COMPARE" and level <= _COMPARISON:
                left = self._comparison(self._value(left), token)
            elif token.kind == "SIGN" and _SIGNS[token.text] >= level:
                left = self._arithmetic(self._value(left), token)
            else:
                return left

    def _test(self, operand: Operand) -> Predicate:
        if isinstance(operand, Value):
            reason = "what the engine makes of a value in its place is not documented"
            self.cursor.unsupported("value used as a condition", reason, operand.span)
        return operand.predicate

    def _value(self, operand: Operand) -> Value:
        if isinstance(operand, Test):
            return Value(as_flag(operand.predicate), operand.span)
        return operand

    def _logical(self, left: Operand, token: Token) -> Test:
        """``a || b || ...``, the only logical operator that the vendor's converter writes."""
        if token.text != "||":
            reason = "no page or vendor example read shows it"
            self.cursor.unsupported(f"eval operator {token.text}", reason, token.span)
        items = [self._test(left)]
        while self.cursor.token.kind == "LOGIC" and self.cursor.token.text == token.text:
            self.cursor.next()
            items.append(self._test(self.expression(_LEVELS[token.text] + 1)))
        return Test(Or(tuple(items)), left.span.to(self.cursor.previous.span))

    def _prefix(self) -> Operand:  # noqa: RET503 - fail does not return
        """``prefix := "(" expression ")" | STRING | NUMBER | call | field``."""
        token = self.cursor.next()
        with self.cursor:
            match token.kind:
                case "NOT":
                    reason = "no page or vendor example read shows it"
                    self.cursor.unsupported("eval operator !", reason, token.span)
                case "OPEN":
                    found = self.expression()
                    if not self.cursor.take("CLOSE"):
                        self.cursor.fail("this parenthesis is not closed", "add )", token.span)
                    return found
                case "STRING":
                    return Value(Literal(token.text[1:-1]), token.span)
                case "NUMBER":
                    return Value(Literal(as_number(token.text)), token.span)
                case "WORD" if self.cursor.at("OPEN"):
                    return self._call(token)
                case "WORD":
                    found_value = self.scope.resolve(token.text) or Literal(None)
                    return Value(found_value, token.span)
                case _:
                    self.cursor.fail(f"expected a value, found {token}", "", token.span)

    def _comparison(self, left: Value, token: Token) -> Test:
        self.cursor.next()
        right = self._value(self.expression(_ADDITIVE))
        span = left.span.to(right.span)
        if self.cursor.at("COMPARE"):
            self.cursor.fail("comparisons cannot be chained", "compare two values at a time")
        sign = "=" if token.text == "==" else token.text
        function = Function(f"logpoint.{sign}", _comparing(sign))
        expression = Call(function, (left.expression, right.expression), span)
        return Test(Condition(expression=expression, truth=_truth, span=span), span)

    def _arithmetic(self, left: Value, token: Token) -> Value:
        self.cursor.next()
        right = self._value(self.expression(_SIGNS[token.text] + 1))
        span = left.span.to(right.span)
        function = Function(f"logpoint.{token.text}", _computing(token.text))
        return Value(Call(function, (left.expression, right.expression), span), span)

    def _call(self, token: Token) -> Operand:
        """``call := WORD "(" (expression ("," expression)*)? ")"``."""
        name = token.text
        if name not in ("issubstr", "match", "isnotnull", "case"):
            reason = "only the functions that the vendor's converter writes are known"
            self.cursor.unsupported(f"eval function {name}()", reason, token.span)
        opening = self.cursor.next()
        if name == "case":
            return self._case(token, opening)
        items: list[Operand] = []
        while not self.cursor.at("CLOSE", END):
            if items:
                self.cursor.expect("COMMA", "a comma or )")
            items.append(self.expression())
        self._close(opening)
        wanted = 1 if name == "isnotnull" else 2
        if len(items) != wanted:
            message = f"{name}() takes {wanted} arguments, not {len(items)}"
            self.cursor.fail(message, "", token.span)
        span = token.span.to(self.cursor.previous.span)
        values = [self._value(item) for item in items]
        if wanted == 1:
            present = _present(values[0].expression, span)
            return Test(present, span)
        build = self._issubstr if name == "issubstr" else self._match
        return Test(build(values[0], values[1], span), span)

    def _close(self, opening: Token) -> None:
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)

    def _literal(self, value: Value, what: str) -> str:
        if value.text is None:
            reason = "only a text in single quotes is evaluated there"
            self.cursor.unsupported(what, reason, value.span)
        return value.text

    def _issubstr(self, part: Value, subject: Value, span: Span) -> Predicate:
        """``issubstr('text', field)``; whether letter case counts is not documented."""
        text, missing = self._literal(part, "computed text"), OPERATORS["issubstr()"].missing
        pieces = (Wild.ANY, text, Wild.ANY)
        tests = [
            on(
                subject.expression,
                Atom(field="", check=Glob(pieces, case), missing=missing, span=span),
            )
            for case in (Case.SENSITIVE, Case.UNICODE)
        ]
        return undecided(tests[0], tests[1])

    def _match(self, subject: Value, pattern: Value, span: Span) -> Predicate:
        """``match(field, 'regex')``."""
        regex = self._literal(pattern, "computed regular expression")
        flag = OPERATORS["match()"]
        try:
            compile_regex(regex, flag.dialect)
        except RegexError as error:
            message = f"the regular expression is invalid: {error}"
            self.cursor.fail(message, "", pattern.span)
        check = Matches(regex, flag.dialect)
        return on(subject.expression, Atom(field="", check=check, missing=flag.missing, span=span))

    def _case(self, token: Token, opening: Token) -> Value:
        """``case(condition -> value, ..., default?)``."""
        pairs: list[tuple[Predicate, Expression]] = []
        result: Expression = Literal(None)
        while not self.cursor.at("CLOSE", END):
            item = self.expression()
            if not self.cursor.take("ARROW"):
                result = self._value(item).expression
                break
            test = self._test(item)
            pairs.append((test, self._value(self.expression()).expression))
            if len(pairs) > MAX_CHOICES:
                reason = f"more than {MAX_CHOICES} conditions are not evaluated"
                self.cursor.unsupported("long case()", reason, token.span)
            if not self.cursor.take("COMMA"):
                break
        self._close(opening)
        if not pairs:
            self.cursor.fail("case() needs a condition", "write case(test -> value)", token.span)
        for test, value in reversed(pairs):
            rest = Choice(Not(Definite(test)), result, _FAULT)
            result = Choice(test, value, result if isinstance(test, Presence) else rest)
        return Value(result, token.span.to(self.cursor.previous.span))


def _present(expression: Expression, span: Span) -> Predicate:
    if isinstance(expression, FieldValue):
        return Presence(field=expression.path, has=Has.VALUE, span=span)
    return Condition(
        expression=expression, truth=lambda value: Truth.of(value is not None), span=span
    )


def _truth(value: Any) -> Truth:
    return Truth.UNKNOWN if value is None else Truth.of(bool(value))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _single(value: Any) -> Any:
    if isinstance(value, list):
        message = "how eval treats several values is not documented"
        raise Fault(message)
    return value


def _comparing(sign: str) -> Callable[[Any, Any], bool]:
    """Return a comparison; text that differs in letter case only is undecided."""
    compare = _COMPARE[sign]

    def apply(left: Any, right: Any) -> bool:
        first, second = _single(left), _single(right)
        numbers = as_number(first), as_number(second)
        if None not in numbers:
            return compare(*numbers)
        texts = as_text(first), as_text(second)
        if sign not in ("=", "!="):
            message = "ordering text is not documented"
            raise Fault(message)
        folded = Equals(texts[0], Case.UNICODE).accepts(texts[1])
        if folded and texts[0] != texts[1]:
            message = "whether eval compares text in its letter case is not documented"
            raise Fault(message)
        return compare(*texts)

    return apply


def _computing(sign: str) -> Callable[[Any, Any], int | float]:
    def apply(left: Any, right: Any) -> int | float:
        first, second = as_number(_single(left)), as_number(_single(right))
        if first is None or second is None or (sign == "/" and second == 0):
            message = "arithmetic on text, or division by zero"
            raise Fault(message)
        operation = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
        try:
            result = operation[sign](first, second)
        except OverflowError as error:
            raise Fault(str(error)) from error
        if abs(result) > 1e300:  # noqa: PLR2004 - near the end of a double's range
            message = "the number is out of range"
            raise Fault(message)
        whole = isinstance(result, float) and result.is_integer()
        return int(result) if whole else result

    return apply
