"""Functions as they are called in expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness.errors import Fault
from harness.ir import (
    Call,
    Choice,
    Condition,
    Equals,
    Function,
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
    as_text,
)
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.languages._elastic import fields, ranges, types
from harness.languages._elastic.types import FieldError
from harness.languages._lexing import Token
from harness.languages._scope import too_large
from harness.languages.ppl import _dates, _fulltext, _functions, _relevance
from harness.languages.ppl._functions import FUNCTIONS, LATER, Spec
from harness.languages.ppl._semantics import OPERATORS
from harness.languages.ppl._tokens import is_word, show
from harness.languages.ppl._values import Kind, Value, computed, truth_value
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.ppl._expressions import Expressions

_MAX_ARGUMENTS = 100
_CONDITIONAL_SINCE = (3, 3)
_PLAIN_PATTERN = frozenset("\\.*+?[](){}^$|")
_CAST = {
    "string": Kind.TEXT,
    "int": Kind.NUMBER,
    "integer": Kind.NUMBER,
    "long": Kind.NUMBER,
    "double": Kind.NUMBER,
    "float": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
}


def call(parser: Expressions, name: Token) -> Value:
    """``call := WORD "(" arguments ")"``."""
    word = name.text.lower()
    parser.operator("(")
    if word in _relevance.SINGLE | _relevance.MULTIPLE:
        return _fulltext.full_text(parser, word, name.span)
    if word in _SPECIAL:
        return _SPECIAL[word](parser, name)
    if word in _dates.SHIFTS:
        return _dates.shift(parser, name)
    if word in _dates.CONSTANTS:
        return _dates.now(parser, name)
    if word in LATER and word != "replace":
        parser.cursor.unsupported(f"function {word}", "it is not evaluated", name.span)
    given = _arguments(parser)
    span = parser.span_from(name.span)
    if word in _CONDITIONS:
        return _CONDITIONS[word](parser, given, span)
    spec = FUNCTIONS.get(word)
    if spec is None:
        parser.cursor.fail(f"there is no function {word!r}", "see the list of functions", name.span)
    return _apply(parser, word, spec, given, span)


def _arguments(parser: Expressions) -> list[Value]:
    """``arguments := (logical ("," logical)*)? ")"``."""
    given: list[Value] = []
    if parser.take(")"):
        return given
    given.append(parser.logical())
    while parser.take(","):
        given.append(parser.logical())
        if len(given) > _MAX_ARGUMENTS:
            parser.cursor.unsupported("a very long list", f"more than {_MAX_ARGUMENTS} arguments")
    parser.operator(")")
    return given


def _count(parser: Expressions, given: Sequence[Value], span: Span, *counts: int) -> None:
    if len(given) not in counts:
        wanted = " or ".join(map(str, counts))
        parser.cursor.fail(f"the function takes {wanted} arguments, not {len(given)}", "", span)


def _apply(parser: Expressions, word: str, spec: Spec, given: Sequence[Value], span: Span) -> Value:
    _count(parser, given, span, *range(spec.least, spec.most + 1))
    for kind, item in zip(spec.takes, given, strict=False):
        if item.kind not in {kind, Kind.ANY}:
            message = f"{word} takes a {kind.value} here, not a {item.kind.value}"
            parser.cursor.fail(message, "cast it first", item.span)
    function = Function(f"ppl.{word}", spec.apply, spec.strict)
    return _sized(parser, spec.gives, function, given, span)


def _sized(
    parser: Expressions, kind: Kind, function: Function, given: Sequence[Value], span: Span
) -> Value:
    made = Call(function, tuple(item.expression for item in given), span)
    if too_large(made):
        parser.cursor.unsupported("nested functions", "the expression is too large", span)
    return computed(kind, made, span)


# Text ---------------------------------------------------------------------------------------


def like(
    parser: Expressions, left: Value, pattern: Value, span: Span, *, minds_case: bool
) -> Value:
    """Return ``left LIKE pattern``."""
    if not isinstance(pattern.constant, str):
        if pattern.is_constant:
            parser.cursor.fail("a pattern of LIKE is text", "put it in quotes", pattern.span)
        parser.cursor.unsupported("computed pattern of LIKE", "only constants are read", span)
    return parser.tests.like(left, pattern.constant, span, minds_case=minds_case)


def contains(parser: Expressions, left: Value, part: str, span: Span) -> Value:
    """Return ``left CONTAINS part``: a text inside another, in any letter case."""
    parser.tests.need_text(left, "contains", span)
    if set(part) & {"%", "_", "\\"}:
        reason = "whether it is escaped in the pattern that the operator stands for was not read"
        parser.cursor.unsupported("% _ or backslash after contains", reason, span)
    check = Glob((Wild.ANY, part, Wild.ANY), OPERATORS["contains"].case)
    return parser.tests.check(left, check, span)


def regexp(parser: Expressions, left: Value, pattern: Value, span: Span) -> Value:
    """Return whether an expression matches somewhere in a text."""
    parser.tests.need_text(left, "a regular expression", span)
    if not isinstance(pattern.constant, str):
        parser.cursor.unsupported("computed regular expression", "only constants are read", span)
    dialect = OPERATORS["regexp_match"].dialect
    try:
        compile_regex(pattern.constant, dialect)
    except (BeyondRegex, TooComplex) as error:
        parser.cursor.unsupported("regular expression", str(error), pattern.span)
    except RegexError as error:
        message = f"the regular expression is invalid: {error}"
        parser.cursor.fail(message, "", pattern.span)
    return parser.tests.check(left, Matches(pattern.constant, dialect), span)


def _like_call(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``like(text, pattern, minds_case?)``."""
    engine = parser.tests.engine
    _count(parser, given, span, *((2, 3) if engine.like_takes_case else (2,)))
    minds_case = engine.like_minds_case
    if len(given) > 2:  # noqa: PLR2004 - the third argument
        if not isinstance(given[2].constant, bool):
            parser.cursor.fail("the third argument is true or false", "", given[2].span)
        minds_case = given[2].constant
    return like(parser, given[0], given[1], span, minds_case=minds_case)


def _ilike_call(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``ilike(text, pattern)``."""
    _count(parser, given, span, 2)
    if not parser.tests.engine.like_takes_case:
        parser.cursor.fail("ilike is there since 3.4", "write like", span)
    return like(parser, given[0], given[1], span, minds_case=False)


def _regexp_call(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``regexp_match(text, pattern)``."""
    _count(parser, given, span, 2)
    if parser.tests.engine.release < _CONDITIONAL_SINCE:
        parser.cursor.fail("regexp_match is there since 3.3", "", span)
    return regexp(parser, given[0], given[1], span)


def _replace(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``replace(text, pattern, by)``; the pattern became a regular expression in some version."""
    _count(parser, given, span, 3)
    old, new = given[1].constant, given[2].constant
    if not isinstance(old, str) or not isinstance(new, str):
        parser.cursor.unsupported("computed pattern of replace", "only constants are read", span)
    if set(old) & _PLAIN_PATTERN or set(new) & {"$", "\\"} or not old:
        reason = "some versions take it literally, others as a regular expression"
        parser.cursor.unsupported("special character in replace", reason, span)
    parser.tests.need_text(given[0], "replace", span)
    function = Function(f"ppl.replace {old!r} {new!r}", lambda text: text.replace(old, new))
    return _sized(parser, Kind.TEXT, function, given[:1], span)


# Null ---------------------------------------------------------------------------------------


def is_null(parser: Expressions, value: Value, span: Span) -> Predicate:
    """Return whether a value is null; an object is null without any leaf."""
    if value.field is not None and value.kind is Kind.STRUCT:
        return Not(fields.exists(value.field, parser.tests.context, span=span))
    if value.field is not None:
        return Not(Presence(field=value.source or value.field, has=Has.VALUE, span=span))
    function = Function("ppl.isnull", lambda found: found is None or found == [], strict=False)
    return Condition(
        expression=Call(function, (value.expression,), span), truth=Truth.of, span=span
    )


def _null_call(parser: Expressions, given: Sequence[Value], span: Span, *, there: bool) -> Value:
    _count(parser, given, span, 1)
    found = is_null(parser, given[0], span)
    return truth_value(_opposite(found) if there else found, span)


def _opposite(node: Predicate) -> Predicate:
    return node.item if isinstance(node, Not) else Not(node)


def _blanks(value: Scalar) -> tuple[str, ...]:
    text = as_text(value)
    stripped = text.strip(" ")
    if stripped and not stripped.strip():
        message = "whether blanks other than spaces count differs between manual and code"
        raise Fault(message)
    return (stripped,)


_TRIMMED = View("ppl without spaces", _blanks)
_AS_TEXT = View("text", lambda value: (as_text(value),))


def _empty_call(parser: Expressions, given: Sequence[Value], span: Span, *, trims: bool) -> Value:
    """``isempty(text)`` or ``isblank(text)``: null, or no text."""
    _count(parser, given, span, 1)
    parser.tests.need_text(given[0], "isblank" if trims else "isempty", span)
    view = _TRIMMED if trims else _AS_TEXT
    empty = parser.as_truth(parser.tests.check(given[0], Equals(""), span, view))
    return truth_value(any_of(is_null(parser, given[0], span), empty), span)


# Addresses ----------------------------------------------------------------------------------


def _address_of(value: Scalar) -> tuple[Any, ...]:
    found = types.address(as_text(value))
    if found is None:
        message = f"{as_text(value)[:40]!r} is no IP address"
        raise Fault(message)
    return (found,)


_ADDRESS = View("ppl address", _address_of)


def _cidrmatch(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``cidrmatch(address, network)``."""
    _count(parser, given, span, 2)
    left, network = given
    if left.kind not in {Kind.ADDRESS, Kind.TEXT, Kind.ANY}:
        message = f"cidrmatch takes an address or text, not a {left.kind.value}"
        parser.cursor.fail(message, "", left.span)
    if not isinstance(network.constant, str):
        parser.cursor.unsupported("computed network", "only constants are read", span)
    try:
        checks = ranges.network_checks(network.constant)
    except FieldError as error:
        parser.cursor.fail(str(error), "write it as '10.0.0.0/8'", network.span)
    if len(checks) > 1 or not isinstance(checks[0], Equals | InNetwork):
        reason = "how IPv4 addresses compare with it was not read"
        parser.cursor.unsupported("network round the IPv4 addresses", reason, network.span)
    return parser.tests.check(left, checks[0], span, _ADDRESS)


# Choosing -----------------------------------------------------------------------------------


def _common(parser: Expressions, values: Sequence[Value], span: Span) -> Kind:
    kinds = {value.kind for value in values} - {Kind.ANY}
    if len(kinds) > 1:
        names = " and ".join(sorted(kind.value for kind in kinds))
        reason = "which common type the results get is not modelled"
        parser.cursor.unsupported(f"results of the types {names}", reason, span)
    return kinds.pop() if kinds else Kind.ANY


def _chosen(
    parser: Expressions, pairs: Sequence[tuple[Predicate, Value]], other: Value | None, span: Span
) -> Value:
    values = [value for _, value in pairs] + ([other] if other else [])
    kind = _common(parser, values, span)
    expression = other.expression if other else Literal(None)
    for condition, value in reversed(pairs):
        expression = Choice(condition, value.expression, expression)
    if too_large(expression):
        parser.cursor.unsupported("case()", "the expression is too large", span)
    return computed(kind, expression, span)


def _case(parser: Expressions, name: Token) -> Value:
    """``case := "CASE" "(" logical "," value ("," logical "," value)* ("ELSE" value)? ")"``."""
    pairs: list[tuple[Predicate, Value]] = []
    other = None
    while True:
        condition = parser.condition()
        parser.operator(",")
        pairs.append((condition, parser.value()))
        if parser.take(","):
            continue
        if is_word(parser.cursor.token, "else"):
            parser.cursor.next()
            other = parser.value()
        parser.operator(")")
        return _chosen(parser, pairs, other, parser.span_from(name.span))


def _if(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``if(condition, then, otherwise)``."""
    _count(parser, given, span, 3)
    return _chosen(parser, [(parser.as_truth(given[0]), given[1])], given[2], span)


def _first_known(*values: Any) -> Any:
    return next((value for value in values if value is not None and value != []), None)


def _coalesce(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``ifnull(a, b)`` or ``coalesce(a, ...)``."""
    if not given:
        parser.cursor.fail("the function takes a value", "", span)
    function = Function("ppl.coalesce", _first_known, strict=False)
    return _sized(parser, _common(parser, given, span), function, given, span)


def _ifnull(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``ifnull(a, b)``."""
    _count(parser, given, span, 2)
    return _coalesce(parser, given, span)


def _nullif(parser: Expressions, given: Sequence[Value], span: Span) -> Value:
    """``nullif(a, b)``: null where both are equal."""
    _count(parser, given, span, 2)
    same = parser.as_truth(parser.tests.compare("=", given[0], given[1], span))
    nothing = computed(given[0].kind, Literal(None), span)
    return _chosen(parser, [(same, nothing)], given[0], span)


def _cast(parser: Expressions, name: Token) -> Value:
    """``cast := "CAST" "(" logical "AS" type ")"``."""
    value = parser.logical()
    if not is_word(parser.cursor.token, "as"):
        parser.cursor.fail(f"expected AS, found {show(parser.cursor.token)}")
    parser.cursor.next()
    word = parser.cursor.expect("WORD", "a type").text.lower()
    parser.operator(")")
    span = parser.span_from(name.span)
    kind = _CAST.get(word)
    if kind is None or value.kind in {Kind.TIME, Kind.STRUCT}:
        feature = f"cast of a {value.kind.value} to {word[:20]}"
        parser.cursor.unsupported(feature, "it is not evaluated", span)
    safe = parser.tests.engine.calcite
    apply: Callable[..., Any] = _functions.to_text
    if kind is Kind.NUMBER:
        whole = word not in {"double", "float"}
        apply = partial(_functions.to_number, whole=whole, safe=safe)
    elif kind is Kind.BOOLEAN:
        apply = partial(_functions.to_boolean, safe=safe)
    return _sized(parser, kind, Function(f"ppl.cast {word} {safe}", apply), [value], span)


def _position(parser: Expressions, name: Token) -> Value:
    """``position := "POSITION" "(" value "IN" value ")"``."""
    part = parser.value()
    if not is_word(parser.cursor.token, "in"):
        parser.cursor.fail(f"expected IN, found {show(parser.cursor.token)}")
    parser.cursor.next()
    text = parser.value()
    parser.operator(")")
    span = parser.span_from(name.span)
    return _apply(parser, "position", FUNCTIONS["position"], [part, text], span)


_CONDITIONS: Mapping[str, Callable[[Expressions, Sequence[Value], Span], Value]] = MappingProxyType(
    {
        "like": _like_call,
        "ilike": _ilike_call,
        "regexp_match": _regexp_call,
        "regex_match": _regexp_call,
        "replace": _replace,
        "isnull": partial(_null_call, there=False),
        "isnotnull": partial(_null_call, there=True),
        "ispresent": partial(_null_call, there=True),
        "isempty": partial(_empty_call, trims=False),
        "isblank": partial(_empty_call, trims=True),
        "cidrmatch": _cidrmatch,
        "if": _if,
        "ifnull": _ifnull,
        "coalesce": _coalesce,
        "nullif": _nullif,
    }
)
_SPECIAL: Mapping[str, Callable[[Expressions, Token], Value]] = MappingProxyType(
    {
        "case": _case,
        "cast": _cast,
        "position": _position,
        "timestamp": _dates.timestamp,
        "date": _dates.timestamp,
    }
)
