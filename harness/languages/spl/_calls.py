"""The functions of eval that test something or choose between values."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from harness.errors import Fault
from harness.ir import (
    ADDRESS,
    FALSE,
    NUMBER,
    TRUE,
    Anything,
    Atom,
    Condition,
    Expression,
    FieldValue,
    Glob,
    Has,
    InNetwork,
    Literal,
    Matches,
    Not,
    Predicate,
    Presence,
    Scalar,
    Truth,
    View,
    Wild,
    any_of,
    as_number,
)
from harness.ir.checks import Piece
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import Cursor
from harness.languages._on_scope import agreeing, undecided
from harness.languages.spl._functions import several, text_of
from harness.languages.spl._leaves import WORDS
from harness.languages.spl._semantics import EVAL
from harness.languages.spl._values import (
    Operand,
    Test,
    Value,
    call,
    choose,
    compare,
    condition,
    first_value,
    validated,
)
from harness.source import Span

MAX_CHOICES = 40
"""Pairs of one case or validate."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call, with checks that fail at their place."""

    cursor: Cursor
    name: str
    span: Span
    items: tuple[Operand, ...]

    def value(self, index: int) -> Value:
        """Return an argument that must not be Boolean."""
        item = self.items[index]
        if isinstance(item, Test):
            message = f"argument {index + 1} of {self.name}() is Boolean"
            self.cursor.fail(message, "put the test inside if() or case()", item.span)
        return item

    def test(self, index: int) -> Predicate:
        """Return an argument that must be Boolean."""
        item = self.items[index]
        if isinstance(item, Value):
            reason = "it is no Boolean expression"
            feature = f"argument {index + 1} of {self.name}()"
            self.cursor.unsupported(feature, reason, item.span)
        return item.predicate

    def values(self) -> list[Value]:
        """Return all arguments, none of them Boolean."""
        return [self.value(index) for index in range(len(self.items))]


def valid_regex(cursor: Cursor, pattern: str, span: Span) -> str:
    """Return a pattern that PCRE takes."""
    try:
        compile_regex(pattern, "pcre")
    except RegexError as error:
        cursor.fail(f"the regular expression is invalid: {error}", "", span)
    return pattern


def _match(given: Arguments) -> Operand:
    subject, pattern = given.value(0), given.value(1)
    if pattern.text is None:
        return Test(condition("match", _matches, given.span, subject, pattern), given.span)
    regex = valid_regex(given.cursor, pattern.text, pattern.span)
    operator = EVAL["match()"]
    check = Matches(regex, operator.dialect, operator.case)
    atom = Atom(field="", check=check, missing=operator.missing, span=given.span)
    return Test(agreeing(subject.expression, atom), given.span)


def _matches(subject: Any, pattern: Any) -> bool:
    regex = compile_regex(text_of(pattern), "pcre")
    return _unanimous(subject, lambda item: regex.matches(text_of(item)))


def _unanimous(subject: Any, accepts: Callable[[Any], bool]) -> bool:
    answers = {accepts(item) for item in several(subject)}
    if len(answers) > 1:
        message = "the values of a multivalue field disagree"
        raise Fault(message)
    return True in answers


def like_glob(pattern: str, *, escapes: bool) -> Glob:
    r"""Return the glob of a like() pattern; ``escapes``: ``\%`` is a literal per cent sign."""
    pieces: list[Piece] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if escapes and char == "\\" and pattern[at + 1 : at + 2] in ("%", "_", "\\"):
            at += 1
            pieces.append(pattern[at])
        else:
            pieces.append({"%": Wild.ANY, "_": Wild.ONE}.get(char, char))
        at += 1
    return Glob(tuple(pieces), EVAL["like()"].case)


def _like(given: Arguments) -> Operand:
    subject, pattern = given.value(0), given.value(1)
    return Test(like(subject, pattern, given.span), given.span)


def like(subject: Value, pattern: Value, span: Span) -> Predicate:
    """``subject LIKE pattern``; whether a backslash escapes is not documented."""
    if pattern.text is None:
        return condition("like", _is_like, span, subject, pattern)
    globs = [like_glob(pattern.text, escapes=escapes) for escapes in (False, True)]
    missing = EVAL["like()"].missing
    tests = [
        agreeing(subject.expression, Atom(field="", check=glob, missing=missing, span=span))
        for glob in globs
    ]
    return tests[0] if globs[0] == globs[1] else undecided(tests[0], tests[1])


def _is_like(subject: Any, pattern: Any) -> bool:
    written = text_of(pattern)
    globs = [like_glob(written, escapes=escapes) for escapes in (False, True)]
    return _unanimous(subject, lambda item: _agreed({g.accepts(text_of(item)) for g in globs}))


def _agreed(answers: set[bool]) -> bool:
    if len(answers) > 1:
        message = "whether a backslash escapes in like() is not documented"
        raise Fault(message)
    return answers.pop()


def _in(given: Arguments) -> Operand:
    values = given.values()
    return Test(any_of(*(compare(values[0], "=", item) for item in values[1:])), given.span)


def _cidrmatch(given: Arguments) -> Operand:
    block, address = given.value(0), given.value(1)
    if block.text is None:
        return Test(condition("cidrmatch", _in_network, given.span, block, address), given.span)
    try:
        network = ipaddress.ip_network(block.text, strict=False)
    except ValueError:
        reason = "what the engine does with such a network is not documented"
        given.cursor.unsupported(f"network {block.text!r}", reason, block.span)
    atom = Atom(
        field="",
        check=InNetwork(network),
        view=ADDRESS,
        missing=EVAL["cidrmatch()"].missing,
        span=given.span,
    )
    return Test(agreeing(address.expression, atom), given.span)


def _in_network(block: Any, address: Any) -> bool:
    try:
        network = InNetwork(ipaddress.ip_network(text_of(block), strict=False))
    except ValueError as error:
        raise Fault(str(error)) from error
    views = ADDRESS.convert
    return _unanimous(address, lambda item: any(map(network.accepts, views(text_of(item)))))


def present(value: Value, span: Span) -> Predicate:
    """``isnotnull(value)``."""
    if isinstance(value.expression, FieldValue):
        return Presence(field=value.expression.path, has=Has.VALUE, span=span)
    return Condition(
        expression=value.expression,
        truth=lambda item: Truth.of(item is not None and item != []),
        span=span,
    )


def _whole(value: Scalar) -> tuple[Scalar, ...]:
    number = as_number(value)
    if isinstance(number, float) and number.is_integer():
        message = "whether a text such as 5.0 is an integer is not documented"
        raise Fault(message)
    return (value,) if isinstance(number, int) else ()


_WHOLE = View("whole number", _whole)


def _is(view: View) -> Callable[[Arguments], Operand]:
    def build(given: Arguments) -> Operand:
        atom = Atom(field="", check=Anything(), view=view, span=given.span)
        return Test(agreeing(given.value(0).expression, atom), given.span)

    return build


def _isbool(given: Arguments) -> Operand:
    return Test(TRUE if isinstance(given.items[0], Test) else FALSE, given.span)


def _if(given: Arguments) -> Operand:
    return _chosen(given, given.test(0), given.items[1], given.items[2])


def _chosen(given: Arguments, test: Predicate, then: Operand, otherwise: Operand) -> Operand:
    kinds = {type(then), type(otherwise)}
    if kinds == {Test}:
        both = given.test(1), given.test(2)
        reason = "a Boolean chosen by if() is not evaluated; use AND and OR"
        if not all(item in (TRUE, FALSE) for item in both):
            given.cursor.unsupported("if() between Boolean expressions", reason, given.span)
        expression = choose(test, *(Literal(item is TRUE) for item in both))
        truth = Condition(expression=expression, truth=lambda v: Truth.of(bool(v)), span=given.span)
        return Test(truth, given.span)
    first, second = given.value(1), given.value(2)
    return Value(choose(test, first.expression, second.expression), given.span)


def _case(given: Arguments) -> Operand:
    result: Expression = Literal(None)
    for index in reversed(range(0, _paired(given), 2)):
        result = choose(given.test(index), given.value(index + 1).expression, result)
    return Value(result, given.span)


def _validate(given: Arguments) -> Operand:
    result: Expression = Literal(None)
    for index in reversed(range(0, _paired(given), 2)):
        result = validated(given.test(index), result, given.value(index + 1).expression)
    return Value(result, given.span)


def _paired(given: Arguments) -> int:
    count = len(given.items)
    if count % 2:
        message = f"{given.name}() takes pairs of a condition and a value"
        given.cursor.fail(message, "end with true() and a value for the rest", given.span)
    if count > 2 * MAX_CHOICES:
        reason = f"more than {MAX_CHOICES} pairs are not evaluated"
        given.cursor.unsupported(f"long {given.name}()", reason, given.span)
    return count


def _coalesce(given: Arguments) -> Operand:
    return Value(call("coalesce", first_value, *given.values(), strict=False), given.span)


def _nullif(given: Arguments) -> Operand:
    left, right = given.value(0), given.value(1)
    equal = compare(left, "=", right)
    return Value(choose(equal, Literal(None), left.expression), given.span)


def _isnull(given: Arguments) -> Operand:
    return Test(Not(present(given.value(0), given.span)), given.span)


def _isnotnull(given: Arguments) -> Operand:
    return Test(present(given.value(0), given.span), given.span)


@dataclass(frozen=True, slots=True)
class Special:
    """A function that is built rather than called, and how many arguments it takes."""

    build: Callable[[Arguments], Operand]
    least: int
    most: int


SPECIAL: Mapping[str, Special] = MappingProxyType(
    {
        "match": Special(_match, 2, 2),
        "like": Special(_like, 2, 2),
        "in": Special(_in, 2, 2000),
        "cidrmatch": Special(_cidrmatch, 2, 2),
        "isnull": Special(_isnull, 1, 1),
        "isnotnull": Special(_isnotnull, 1, 1),
        "isnum": Special(_is(NUMBER), 1, 1),
        "isint": Special(_is(_WHOLE), 1, 1),
        "isstr": Special(_is(WORDS), 1, 1),
        "isbool": Special(_isbool, 1, 1),
        "true": Special(lambda given: Test(TRUE, given.span), 0, 0),
        "false": Special(lambda given: Test(FALSE, given.span), 0, 0),
        "null": Special(lambda given: Value(Literal(None), given.span), 0, 0),
        "if": Special(_if, 3, 3),
        "case": Special(_case, 2, 2000),
        "validate": Special(_validate, 2, 2000),
        "coalesce": Special(_coalesce, 1, 1000),
        "nullif": Special(_nullif, 2, 2),
    }
)
"""Tests and choices."""
