"""Operands of function calls, CASE and patterns."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import Fault
from harness.ir import (
    Choice,
    Constant,
    Definite,
    Expression,
    Literal,
    Matches,
    Not,
    Predicate,
    Truth,
)
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import Token
from harness.languages.sqlite._comparisons import comparison, is_null, known_collation, pattern_test
from harness.languages.sqlite._dates import DATES
from harness.languages.sqlite._functions import AGGREGATES, BUILTINS, OTHERS
from harness.languages.sqlite._like import (
    escape_of,
    glob,
    glob_check,
    like,
    like_check,
    pattern_text,
    subject_text,
)
from harness.languages.sqlite._operands import (
    AGGREGATED,
    Operand,
    computed,
    condition,
    constant,
    over,
)
from harness.languages.sqlite._semantics import OPERATORS
from harness.languages.sqlite._tokens import is_word, name_of
from harness.languages.sqlite._values import Affinity, Value, compare, to_text
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.sqlite._expressions import Expressions

MAX_BRANCHES = 50
"""WHENs of a CASE and arguments of coalesce() that are evaluated."""
_TAKES = {"coalesce": (2, 127), "ifnull": (2, 2), "iif": (3, 3), "nullif": (2, 2)}


def folded_constants(
    join: Callable[..., Predicate], parts: Sequence[Predicate], word: str
) -> Predicate:
    """Return a conjunction or disjunction; a constant where its parts are constants."""
    decisive = Truth.FALSE if word == "AND" else Truth.TRUE
    truths = [part.truth if isinstance(part, Constant) else None for part in parts]
    if None not in truths:
        if decisive in truths:
            return Constant(decisive)
        return Constant(Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.of(word == "AND"))
    return join(*parts)


def pattern(word: str, parts: Sequence[Operand], span: Span, regexp: str) -> Predicate:
    """Return LIKE, GLOB or REGEXP; raises :class:`Fault` where it cannot work."""
    left, right = parts[0], parts[1]
    if word == "REGEXP":
        return _regexp(left, right, span, regexp)
    operator = OPERATORS[word]
    if any(part.constant and part.value is None for part in parts):
        return Constant(Truth.UNKNOWN, span)
    if all(part.constant for part in parts[1:]):
        text = pattern_text(right.value)
        escape = escape_of(parts[2].value) if len(parts) > 2 else ""  # noqa: PLR2004
        check = like_check(text, escape) if word == "LIKE" else glob_check(text)
        return pattern_test(word, left, check, subject_text, operator.missing, span)
    made = computed(word.lower(), like if word == "LIKE" else glob, [right, left, *parts[2:]], span)
    return made.test


def _regexp(left: Operand, right: Operand, span: Span, regexp: str) -> Predicate:
    """Return REGEXP as the application's function decides it."""
    if regexp == "none":
        message = "no such function: REGEXP"
        raise Fault(message)
    operator = OPERATORS["REGEXP" if regexp == "python" else "REGEXP (zircolite)"]
    text = to_text if regexp == "python" else _text_only
    if right.constant and right.value is not None:
        expression = to_text(right.value)
        check_expression(expression)
        check = Matches(expression, operator.dialect)
        return pattern_test(regexp, left, check, text, operator.missing, span)
    if right.constant:
        if regexp == "python":
            return Constant(Truth.UNKNOWN, span)
        message = "the expression of REGEXP is NULL"
        raise Fault(message)

    def search(expression: Value, value: Value) -> Value:
        if value is None or (expression is None and regexp == "python"):
            return None if regexp == "python" else 0
        wanted = text(expression)
        check_expression(wanted)
        return int(Matches(wanted, operator.dialect).accepts(text(value)))

    return computed(f"regexp {regexp}", search, [right, left], span, strict=False).test


def _text_only(value: Value) -> str:
    if not isinstance(value, str):
        message = "re.search() takes no number"
        raise Fault(message)
    return value


def check_expression(expression: str) -> None:
    """Raise where Python's ``re`` refuses an expression (the ``regex`` package takes more)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(expression)
        compile_regex(expression, "python")
    except (re.error, RegexError, RecursionError, OverflowError) as error:
        message = f"the regular expression is invalid: {error}"
        raise Fault(message) from error


def call(parser: Expressions, token: Token) -> Operand:
    """``call := name "(" ("*" | "DISTINCT"? expression ("," expression)*)? ")"``."""
    name = name_of(token).lower()
    opening = parser.cursor.next()
    if name in AGGREGATES and (name not in ("max", "min")):
        return _aggregate(parser, name, token, opening)
    if parser.cursor.at("OP") and parser.cursor.token.text == "*":
        parser.cursor.next()
    if is_word(parser.cursor.token, "DISTINCT", "ALL"):
        parser.cursor.next()
    parts = parser.items(opening)
    span = token.span.to(parser.cursor.previous.span)
    if name in ("max", "min") and len(parts) == 1:
        return _aggregated(parser, span)
    _no_window(parser, name, span)
    made = _made(parser, name, parts, span)
    return replace(made, span=span)


def _made(parser: Expressions, name: str, parts: list[Operand], span: Span) -> Operand:
    if name in DATES:
        return date_call(parser, name, parts, span)
    if name == "regexp":
        _count(parser, name, len(parts), (2, 2), span)
        return _guard(parser, "REGEXP", [parts[1], parts[0]], span)
    if name in ("like", "glob") and name in BUILTINS:
        _count(parser, name, len(parts), (BUILTINS[name].low, BUILTINS[name].high), span)
        return _guard(parser, name.upper(), [parts[1], parts[0], *parts[2:]], span)
    if name in ("max", "min"):
        _count(parser, name, len(parts), (2, 127), span)
        return _extreme(parts, span, largest=name == "max")
    if name in _TAKES:
        _count(parser, name, len(parts), _TAKES[name], span)
        return {"iif": _iif, "nullif": _nullif}.get(name, _coalesce)(parser, parts, span)
    builtin = BUILTINS.get(name)
    if builtin is None:
        return _unknown(parser, name, span)
    _count(parser, name, len(parts), (builtin.low, builtin.high), span)
    if not parts:
        return constant("", span)
    made = computed(name, builtin.apply, parts, span, strict=builtin.strict, total=builtin.total)
    if name in ("likely", "unlikely", "likelihood"):
        return replace(made, affinity=parts[0].affinity, collation=parts[0].collation)
    return made


def _guard(parser: Expressions, word: str, parts: list[Operand], span: Span) -> Operand:
    test = pattern(word, parts, span, parser.scope.table.regexp)
    return condition(test, span, parts)


def _unknown(parser: Expressions, name: str, span: Span) -> Operand:
    if name in OTHERS:
        reason = "it changes from call to call, from version to version, or is rarely compiled in"
        parser.cursor.unsupported(f"the function {name}()", reason, span)
    parser.cursor.fail(f"no such function: {name}", "use a function that SQLite has", span)


def _count(parser: Expressions, name: str, given: int, takes: tuple[int, int], span: Span) -> None:
    if not takes[0] <= given <= takes[1]:
        message = f"wrong number of arguments to function {name}()"
        low, high = takes
        hint = f"give {low}" if low == high else f"give {low} to {high}"
        parser.cursor.fail(message, hint, span)


def _no_window(parser: Expressions, name: str, span: Span) -> None:
    following = parser.cursor.token
    opens = parser.cursor.peek().kind == "OPEN"
    if is_word(following, "FILTER") and opens:
        message = f"FILTER may not be used with non-aggregate {name}()"
        parser.cursor.fail(message, "", span)
    if is_word(following, "OVER"):
        parser.cursor.unsupported("a window function", "it depends on several rows", span)


def _aggregate(parser: Expressions, name: str, token: Token, opening: Token) -> Operand:
    if parser.cursor.at("OP") and parser.cursor.token.text == "*":
        parser.cursor.next()
    if is_word(parser.cursor.token, "DISTINCT", "ALL"):
        parser.cursor.next()
    parser.items(opening)
    span = token.span.to(parser.cursor.previous.span)
    if is_word(parser.cursor.token, "FILTER", "OVER"):
        parser.cursor.unsupported(f"{name}() with FILTER or OVER", "it needs several rows", span)
    return _aggregated(parser, span)


def _aggregated(parser: Expressions, span: Span) -> Operand:
    if not parser.scope.aggregates:
        text = parser.cursor.source.text[span.start : span.end]
        parser.cursor.fail(f"misuse of aggregate: {text}", "use it in HAVING", span)
    return Operand(span=span, expression=AGGREGATED)


def date_call(parser: Expressions, name: str, parts: list[Operand], span: Span) -> Operand:
    """Return a date function against the clock of the context."""
    apply, now = DATES[name], parser.scope.table.now
    if not parts and name == "strftime":
        parser.cursor.fail("wrong number of arguments to function strftime()", "", span)
    try:
        if not parts:
            return constant(apply([], now), span)
        return computed(
            f"{name} {now.isoformat()}", lambda *values: apply(values, now), parts, span
        )
    except Fault as error:
        parser.refuse(error, span)


def _extreme(parts: list[Operand], span: Span, *, largest: bool) -> Operand:
    """``max(X,Y,...)`` and ``min(X,Y,...)``, by the first collation among the arguments."""
    collation = known_collation(next((part.collation for part in parts if part.collation), None))

    def apply(*values: Value) -> Value:
        best = values[0]
        for value in values[1:]:
            order = compare(value, best, collation)
            if order > 0 if largest else order < 0:
                best = value
        return best

    return computed(f"{'max' if largest else 'min'} {collation}", apply, parts, span)


def _coalesce(parser: Expressions, parts: list[Operand], span: Span) -> Operand:
    """``coalesce(X,Y,...)`` and ``ifnull(X,Y)``: the first value that is not NULL."""
    _branches(parser, len(parts), span)
    first, second = parts[0], parts[1]
    if len(parts) == 2 and first.predicate is not None and second.constant:  # noqa: PLR2004
        if second.value == 0 and not isinstance(second.value, str | bytes):
            return condition(Definite(first.predicate), span, parts)
        if second.value == 1 and not isinstance(second.value, str | bytes):
            return condition(Not(Definite(Not(first.predicate))), span, parts)
    if all(part.constant for part in parts[1:]):
        made = computed("coalesce", _first_known, parts, span, strict=False, total=True)
        return replace(made, collation=made.collation if made.explicit else None)
    expression = parts[-1].expression
    for part in reversed(parts[:-1]):
        expression = Choice(is_null(part, span), expression, part.expression)
    return over(Operand(span=span, expression=expression), parts)


def _first_known(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _branches(parser: Expressions, count: int, span: Span) -> None:
    if count > MAX_BRANCHES:
        reason = f"more than {MAX_BRANCHES} branches are not evaluated"
        parser.cursor.unsupported("many branches", reason, span)


def _nullif(_: Expressions, parts: list[Operand], span: Span) -> Operand:
    """``nullif(X,Y)``: NULL where both are equal, without any affinity."""
    bare = [replace(part, affinity=Affinity.NONE) for part in parts]
    equal = comparison("=", bare[0], bare[1], span)
    expression: Expression = Choice(equal, Literal(None), parts[0].expression)
    if all(part.constant for part in parts):
        same = isinstance(equal, Constant) and equal.truth is Truth.TRUE
        return over(constant(None if same else parts[0].value, span), parts)
    return over(Operand(span=span, expression=expression), parts)


def _iif(_: Expressions, parts: list[Operand], span: Span) -> Operand:
    """``iif(X,Y,Z)``."""
    return _choice([(parts[0].test, parts[1])], parts[2], span, parts)


def case(parser: Expressions, token: Token) -> Operand:
    """``"CASE" expression? ("WHEN" expression "THEN" expression)+ ("ELSE" expression)? "END"``."""
    cursor = parser.cursor
    base = None if is_word(cursor.token, "WHEN") else parser.expression()
    parts = [] if base is None else [base]
    branches: list[tuple[Predicate, Operand]] = []
    while is_word(cursor.token, "WHEN"):
        cursor.next()
        when = parser.expression()
        _expect(parser, "THEN")
        then = parser.expression()
        same = when.test if base is None else comparison("=", base, when, when.span)
        branches.append((same, then))
        parts += [when, then]
        _branches(parser, len(branches), token.span)
    if not branches:
        cursor.fail(f"expected WHEN, found {cursor.token}", "write CASE WHEN x THEN y END")
    otherwise = constant(None, token.span)
    if is_word(cursor.token, "ELSE"):
        cursor.next()
        otherwise = parser.expression()
        parts.append(otherwise)
    _expect(parser, "END")
    return _choice(branches, otherwise, token.span.to(cursor.previous.span), parts)


def _expect(parser: Expressions, word: str) -> None:
    if not is_word(parser.cursor.token, word):
        parser.cursor.fail(f"expected {word}, found {parser.cursor.token}")
    parser.cursor.next()


def _choice(
    branches: Sequence[tuple[Predicate, Operand]],
    otherwise: Operand,
    span: Span,
    parts: Sequence[Operand],
) -> Operand:
    expression = otherwise.expression
    for test, then in reversed(branches):
        expression = Choice(test, then.expression, expression)
    made = Operand(span=span, expression=expression)
    deepest = max(part.depth for part in parts)
    return replace(over(made, parts), depth=deepest + len(branches))
