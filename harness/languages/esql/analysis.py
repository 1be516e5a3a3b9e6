"""Checking expressions: names, types, the constants that other types read.

The rules are those of Elasticsearch's ``Analyzer`` (implicit casts) and ``Verifier`` (types)
in x-pack/plugin/esql; what fails there fails the whole query.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import Function
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.languages._elastic import dates, types
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.esql import datefunctions, values
from harness.languages.esql.calls import Calls
from harness.languages.esql.columns import Scope, as_used, size
from harness.languages.esql.functions import CASTS, FUNCTIONS, UNEVALUATED_CASTS
from harness.languages.esql.patterns import wildcard_pieces
from harness.languages.esql.syntax import (
    Cast,
    Comparison,
    Expression,
    Interval,
    Invocation,
    Junction,
    Likeness,
    Literal,
    Membership,
    Minus,
    Name,
    Negation,
    NullTest,
    Search,
    Sum,
)
from harness.languages.esql.typed import (
    ANYTHING,
    DATES,
    NUMBERS,
    SPANS,
    TEXTS,
    Column,
    Compared,
    Computed,
    Constant,
    Found,
    IsNull,
    Joined,
    Like,
    Node,
    Not,
    Opaque,
    plain,
)
from harness.source import Source, Span

MAX_CONDITION = 100_000
"""Operations in one condition, the columns that it uses counted in."""
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_READ_FROM_TEXT = frozenset({"datetime", "date_nanos", "ip", "version", "boolean"})
_KINDS = {
    "string": TEXTS,
    "number": NUMBERS,
    "whole": frozenset({"integer", "long"}),
    "boolean": frozenset({"boolean"}),
    "ip": frozenset({"ip"}),
    "date": DATES,
    "span": SPANS,
}
_READS = {"ip": "ip", "date": "datetime", "boolean": "boolean"}
_USED_AS = {"string": "keyword", "number": "double", "whole": "long"} | _READS


class Analysis:
    """The checker of one query; ``scope`` is what the command at hand sees.

    ``search_ends`` names the command after which the index can no longer be searched.
    """

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.search_ends: str | None = None
        self._calls = Calls(self)

    def fail(self, span: Span, message: str, hint: str = "") -> NoReturn:
        """Raise the verification error at a place."""
        raise syntax_error(self.source, span, message, hint)

    def opaque(self, span: Span, feature: str, reason: str) -> Opaque:
        """Return a value that is not evaluated: an error once a condition needs it."""
        return Opaque(unsupported(self.source, span, feature, reason), span)

    def condition(self, expression: Expression) -> Node:
        """Return the condition of ``WHERE``."""
        node = self._truth(self.expression(expression))
        if size(node) > MAX_CONDITION:
            raise unsupported(self.source, expression.span, "the condition", "it is too long")
        return node

    def _truth(self, node: Node) -> Node:
        """Return a node that stands where a truth is needed."""
        if node.type not in ANYTHING | {"boolean"}:
            self.fail(
                node.span,
                f"a condition is boolean, and this is of type {node.type}",
                "compare it with a value",
            )
        return as_used(node, "boolean")

    def expression(self, expression: Expression) -> Node:
        """Return the meaning of an expression."""
        match expression:
            case Literal(value, kind, span):
                return Constant(value, kind, span, literal=kind == "keyword")
            case Name():
                return self.scope.column(expression)
            case Negation(item, span):
                return self._negated(self._truth(self.expression(item)), span)
            case Junction(operator, items, span):
                found = tuple(self._truth(self.expression(item)) for item in items)
                return Joined(operator, found, span)
            case Interval() | Sum() | Minus() | Cast() | Invocation():
                return self._computed(expression)
            case _:
                return self._test(expression)

    def _test(self, expression: Comparison | Membership | Likeness | NullTest | Search) -> Node:
        match expression:
            case Comparison():
                return self._comparison(expression)
            case Membership():
                return self._membership(expression)
            case Likeness():
                return self._likeness(expression)
            case NullTest(item, span):
                return IsNull(self.expression(item), span)
            case Search():
                return self._search(expression)

    def _computed(self, expression: Interval | Sum | Minus | Cast | Invocation) -> Node:
        match expression:
            case Interval():
                return self._interval(expression)
            case Sum():
                return self._sum(expression)
            case Minus(item, span):
                return self._minus(self.expression(item), span)
            case Cast():
                return self._cast(expression)
            case Invocation():
                return self._calls.invocation(expression)

    def _negated(self, item: Node, span: Span) -> Node:
        return item.item if isinstance(item, Not) else Not(item, span)

    def _interval(self, interval: Interval) -> Constant:
        known = datefunctions.UNITS.get(interval.unit)
        if known is None:
            near = get_close_matches(interval.unit, datefunctions.UNITS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            self.fail(interval.span, f"there is no time unit {interval.unit!r}", hint)
        span = datefunctions.Span(interval.amount, interval.unit)
        return Constant(span, known[0], interval.span)

    # Comparisons -------------------------------------------------------------------------------

    def _comparison(self, comparison: Comparison) -> Node:
        left, right = self.expression(comparison.left), self.expression(comparison.right)
        return self.compared(comparison.operator, left, right, comparison.span)

    def compared(
        self, operator: str, left: Node, right: Node, span: Span, spelled: str = ""
    ) -> Node:
        """Return a comparison of two values that fit each other, a constant on the right."""
        left, right = self.together(left, right)
        self._check_comparison(operator, left, right, span)
        if isinstance(plain(left), Constant) and not isinstance(plain(right), Constant):
            left, right, operator = right, left, _MIRRORED[operator]
        spelled = spelled or operator
        if operator == "!=":
            return self._negated(Compared("==", left, right, span, spelled), span)
        return Compared(operator, left, right, span, spelled)

    def together(self, left: Node, right: Node) -> tuple[Node, Node]:
        """Return two operands, a text constant read as the type of the other."""
        left, right = as_used(left, right.type), as_used(right, left.type)
        left, right = self.read(left, right.type), self.read(right, left.type)
        if {left.type, right.type} == DATES:
            left, right = self._same_dates(left), self._same_dates(right)
        return left, right

    def _same_dates(self, node: Node) -> Node:
        if node.type == "date_nanos":
            return node
        if isinstance(node, Constant) and isinstance(node.value, int):
            return replace(node, value=node.value * dates.MILLI, type="date_nanos")
        feature = "a date beside a date_nanos"
        return self.opaque(node.span, feature, "the conversion is not modelled")

    def read(self, node: Node, kind: str) -> Node:
        """Return a text constant as a value of another type."""
        if kind not in _READ_FROM_TEXT or not isinstance(node, Constant) or not node.literal:
            return node
        if not isinstance(node.value, str):
            return node
        value = self._read_text(node.value, kind)
        if value is None:
            message = f"{node.value[:60]!r} cannot be read as {kind}"
            self.fail(node.span, message, "give a value of the column's type")
        return Constant(value, kind, node.span)

    def _read_text(self, text: str, kind: str) -> Any:
        match kind:
            case "datetime" | "date_nanos":
                found = dates.stored_date(text, values.DATE_FORMAT)
                unit = 1 if kind == "date_nanos" else dates.MILLI
                return None if found is None else found // unit
            case "ip":
                return types.address(text)
            case "boolean":
                return {"true": True, "false": False}.get(text.lower())
            case _:
                return text

    def _check_comparison(self, operator: str, left: Node, right: Node, span: Span) -> None:
        kinds = {left.type, right.type}
        if kinds & ANYTHING:
            return
        if kinds == {"boolean"} and operator not in {"==", "!="}:
            self.fail(span, f"{operator!r} does not compare booleans", "use == or !=")
        fits = len(kinds) == 1 or kinds <= TEXTS or kinds <= DATES or kinds <= NUMBERS
        if fits and "unsigned_long" in kinds and len(kinds) > 1:
            fits = False
        if not fits or kinds & SPANS:
            self.fail(
                span,
                f"{operator!r} compares {left.type} with {right.type}",
                "convert one side, as in TO_STRING(column) or TO_LONG(column)",
            )

    def _membership(self, membership: Membership) -> Node:
        subject = self.expression(membership.subject)
        tests = []
        for item in membership.items:
            node = self.expression(item)
            if isinstance(plain(node), Constant) and isinstance(plain(node).value, tuple):  # type: ignore[union-attr]
                feature = "several values in one item of IN"
                raise unsupported(self.source, item.span, feature, "they are not modelled")
            tests.append(self.compared("==", subject, node, membership.span, "IN"))
        return tests[0] if len(tests) == 1 else Joined("or", tuple(tests), membership.span)

    def _likeness(self, likeness: Likeness) -> Node:
        subject = as_used(self.expression(likeness.subject), "keyword")
        if subject.type not in ANYTHING | TEXTS:
            self.fail(
                likeness.span,
                f"{likeness.operator} tests texts, and this is of type {subject.type}",
                "convert it with TO_STRING",
            )
        check = self._check_wildcards if likeness.operator == "LIKE" else self._check_expression
        for pattern, span in likeness.patterns:
            check(pattern, span)
        patterns = tuple(pattern for pattern, _ in likeness.patterns)
        return Like(likeness.operator, subject, patterns, likeness.span)

    def _check_wildcards(self, pattern: str, span: Span) -> None:
        if wildcard_pieces(pattern) is None:
            self.fail(
                span,
                f"invalid pattern for LIKE: a backslash in {pattern[:60]!r} escapes no wildcard",
                r'a literal backslash is written "\\\\", or \\ inside """..."""',
            )

    def _check_expression(self, pattern: str, span: Span) -> None:
        try:
            compile_regex(pattern, "lucene")
        except TooComplex as error:
            raise unsupported(self.source, span, str(error), "its work is not bounded") from error
        except RegexError as error:
            self.fail(span, f"invalid pattern for RLIKE: {error}")

    def _search(self, search: Search) -> Node:
        wanted = search.wanted
        return self.found(":", self.expression(search.column), wanted.value, search.span)

    def found(
        self, operator: str, column: Node, wanted: Any, span: Span, *, every: bool = False
    ) -> Node:
        """Return a search of the index; a conversion of the column is looked through."""
        if self.search_ends:
            self.fail(span, f"{operator!r} cannot be used after {self.search_ends}")
        if isinstance(column, Computed) and column.name in CASTS.values():
            column = column.arguments[0]
        if isinstance(column, Opaque):
            return column
        if isinstance(column, Constant) and column.type == "null":
            return Constant(None, "null", span)
        if not isinstance(column, Column):
            self.fail(span, f"{operator!r} searches a field of the index, not a computed column")
        if isinstance(wanted, tuple) or wanted is None:
            self.fail(span, f"{operator!r} searches for one value")
        return Found(operator, _as_text(column), wanted, every, span)

    # Arithmetic --------------------------------------------------------------------------------

    def _sum(self, node: Sum) -> Node:
        left, right = self.expression(node.left), self.expression(node.right)
        if {left.type, right.type} & (DATES | SPANS):
            return self._moved(node, left, right)
        left = self.known(as_used(left, "double"), "number")
        right = self.known(as_used(right, "double"), "number")
        for item in (left, right):
            if item.type not in ANYTHING | NUMBERS:
                message = f"{node.operator!r} calculates with numbers, and this is {item.type}"
                self.fail(item.span, message)
        kind = self._number_type(left, right, node.span)
        apply = partial(values.arithmetic, node.operator, kind)
        function = Function(
            f"esql.{node.operator} {kind}", values.single(_named(apply)), strict=False
        )
        return self.folded(node.operator, function, (left, right), kind, node.span)

    def _number_type(self, left: Node, right: Node, span: Span) -> str:
        kinds = {left.type, right.type}
        if "unknown" in kinds:
            return "unknown"
        kinds -= ANYTHING
        if "unsigned_long" in kinds and len(kinds) > 1:
            self.fail(span, "an unsigned_long is calculated with unsigned_long numbers only")
        order = ("double", "unsigned_long", "long", "integer", "null")
        return next(kind for kind in order if kind in (kinds or {"null"}))

    def _moved(self, node: Sum, left: Node, right: Node) -> Node:
        if left.type in SPANS and node.operator == "+":
            left, right = right, left
        if left.literal if isinstance(left, Constant) else False:
            left = self.read(left, "datetime")
        fits = left.type in DATES | ANYTHING and right.type in SPANS | ANYTHING
        if node.operator not in "+-" or not fits:
            self.fail(
                node.span,
                f"{node.operator!r} does not combine {left.type} and {right.type}",
                "add a time span such as 1 hour to a date, or take it off",
            )
        span = plain(right)
        if left.type != "datetime" or not isinstance(span, Constant) or span.value is None:
            return self.opaque(
                node.span, f"{left.type} {node.operator} {right.type}", "not modelled"
            )
        apply = partial(_shifted, node.operator, span.value)
        name = f"esql.{node.operator} {span.value!r}"
        function = Function(name, values.single(_named(apply)), strict=False)
        return self.folded(node.operator, function, (left,), "datetime", node.span)

    def _minus(self, item: Node, span: Span) -> Node:
        item = self.known(as_used(item, "double"), "number")
        if item.type in SPANS:
            return self.opaque(span, "a negative time span", "write the date minus the span")
        if item.type not in ANYTHING | NUMBERS - {"unsigned_long"}:
            self.fail(span, f"'-' turns numbers round, and this is {item.type}")
        function = Function("esql.negative", values.single(values.negative), strict=False)
        return self.folded("-", function, (item,), item.type, span)

    def folded(
        self, name: str, function: Function, arguments: tuple[Node, ...], kind: str, span: Span
    ) -> Node:
        """Return a call, or its value where that is known before any event is seen."""
        opaque = next((item for item in arguments if isinstance(item, Opaque)), None)
        if opaque is not None:
            return opaque
        constants = [item.value for item in map(plain, arguments) if isinstance(item, Constant)]
        if len(constants) < len(arguments):
            return Computed(name=name, function=function, arguments=arguments, type=kind, span=span)
        try:
            return Constant(function.apply(*constants), kind, span)
        except (Fault, RegexError):
            return Computed(name=name, function=function, arguments=arguments, type=kind, span=span)

    # Functions ---------------------------------------------------------------------------------

    def _cast(self, cast: Cast) -> Node:
        item = self.expression(cast.item)
        name = CASTS.get(cast.type)
        if name is None:
            if cast.type in UNEVALUATED_CASTS:
                return self.opaque(cast.span, f"::{cast.type}", "its values are not modelled")
            near = get_close_matches(cast.type, CASTS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            self.fail(cast.span, f"there is no type {cast.type!r}", hint)
        return self._calls.call(FUNCTIONS[name], (item,), cast.span)

    def argument(self, node: Node, kind: str) -> Node:
        """Return an argument that fits its kind."""
        fixed, kind = kind.endswith("+"), kind.removesuffix("+")
        if kind in _READS:
            node = self.read(node, _READS[kind])
        node = self.known(as_used(node, _USED_AS.get(kind, "")), kind)
        allowed = _KINDS.get(kind)
        if allowed is not None and node.type not in ANYTHING | allowed:
            article = {"string": "a text", "ip": "an address"}.get(kind, f"a {kind}")
            self.fail(node.span, f"the function wants {article} here, not {node.type}")
        if fixed and not isinstance(plain(node), Constant | Opaque):
            self.fail(node.span, "the function wants a constant here")
        return node

    def known(self, node: Node, kind: str) -> Node:
        """Return a computed value of unknown type as one of a kind, null where it is not."""
        if node.type != "unknown" or isinstance(node, Opaque | Column) or kind not in _KINDS:
            return node
        if kind == "span":
            return node
        apply = values.each(_named(partial(values.accepted, kind)))
        function = Function(f"esql.as {kind}", apply, strict=False)
        return Computed(
            name="as", function=function, arguments=(node,), type="unknown", span=node.span
        )


def _as_text(column: Column) -> Column:
    used = as_used(column, "keyword")
    return used if isinstance(used, Column) else column


def _shifted(operator: str, span: datefunctions.Span, value: int) -> int:
    return datefunctions.moved(operator, value, span)


def _named(apply: Any) -> Any:
    """Return a partial function as a plain one."""

    def call(*arguments: Any) -> Any:
        return apply(*arguments)

    return call
