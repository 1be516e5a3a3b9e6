"""From the checked query to the predicate that the evaluators run.

A test of one plain field against constants becomes an atom, as Elasticsearch makes an index
query of it; everything else becomes a condition, as Elasticsearch makes a script of it, which
runs once per value (or combination of values) and holds if one run gives true.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from harness.errors import Diagnostic, Fault
from harness.ir import (
    Call,
    Case,
    Condition,
    Expression,
    FieldValue,
    Function,
    Literal,
    Predicate,
    Truth,
    Wild,
    all_of,
    any_of,
)
from harness.ir import (
    Constant as Fixed,
)
from harness.ir import (
    Not as Negated,
)
from harness.ir.checks import Piece
from harness.ir.regexes import RegexError, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.languages._elastic import fields, types
from harness.languages._elastic.fields import FieldError
from harness.languages._lexing import unsupported
from harness.languages.eql import values
from harness.languages.eql.analysis import likeness
from harness.languages.eql.functions import wildcard_pieces
from harness.languages.eql.operators import OPERATORS
from harness.languages.eql.typed import (
    Column,
    Compared,
    Computed,
    Constant,
    IsNull,
    Joined,
    Like,
    Node,
    Not,
    OneOf,
)
from harness.source import Source, Span

_NOT = Function("eql.not", values.negation, strict=False)
_AND = Function("eql.and", values.conjunction, strict=False)
_OR = Function("eql.or", values.disjunction, strict=False)
_IS_NULL = Function("eql.is_null", values.is_null, strict=False)
_ONE_OF = Function("eql.in", values.one_of, strict=False)
_BOUNDS = {
    "<": ("high", False),
    "<=": ("high", True),
    ">": ("low", False),
    ">=": ("low", True),
}


class Translator:
    """The writer of one query's predicate; ``warnings`` collects what fails at run time."""

    def __init__(self, source: Source, *, raw_wildcards: bool = False) -> None:
        self.source = source
        self.warnings: list[Diagnostic] = []
        self._raw_wildcards = raw_wildcards

    # As an index query -------------------------------------------------------------------------

    def predicate(self, node: Node) -> Predicate:
        """Return a condition as a predicate."""
        match node:
            case Constant(value, span):
                return Fixed(Truth.of(value is True), span)
            case Not(item):
                return Negated(self.predicate(item))
            case Joined(operator, items):
                parts = [self.predicate(item) for item in items]
                return all_of(*parts) if operator == "and" else any_of(*parts)
            case IsNull(Column() as column, span):
                return Negated(
                    self._leaf(span, lambda: fields.exists(column.path, column.context, span=span))
                )
            case Compared(operator, Column() as column, right, span):
                return self._leaf(span, partial(self._compared, operator, column, right, span))
            case OneOf(Column() as column, found, span):
                return any_of(*(self._term(column, value, span) for value in found))
            case Like(operator, Column() as column, patterns, span):
                return self._leaf(span, partial(self._like, operator, column, patterns, span))
            case Computed():
                return self._pushed_down(node) or self._condition(node)
            case _:
                return self._condition(node)

    def _leaf(self, span: Span, build: Callable[[], Predicate]) -> Predicate:
        """Build a field test; a value that the field cannot take fails every search."""
        try:
            with fields.placed(self.source, span, lenient=True):
                return build()
        except FieldError as error:
            self.warnings.append(
                Diagnostic(
                    code="fails-at-run-time",
                    message=f"every search with this test fails: {error}",
                    place=self.source.place(span),
                    excerpt=self.source.excerpt(span),
                    hint="give a value that the field's type takes",
                    severity="warning",
                )
            )
            return Fixed(Truth.UNDEFINED, span)

    def _compared(self, operator: str, column: Column, right: Constant, span: Span) -> Predicate:
        if operator == "==":
            case = OPERATORS["=="].case
            return fields.term(column.path, right.value, column.context, case=case, span=span)
        if right.value is None:
            raise unsupported(
                self.source,
                span,
                "an ordering against null",
                "what Elasticsearch does with a field on the other side is not documented",
            )
        side, inclusive = _BOUNDS[operator]
        bounds: dict[str, Any] = {side: right.value, f"include_{side}": inclusive}
        return fields.range_(column.path, column.context, span=span, **bounds)

    def _term(
        self, column: Column, value: Any, span: Span, case: Case = OPERATORS["in"].case
    ) -> Predicate:
        return self._leaf(
            span,
            lambda: fields.term(column.path, value, column.context, case=case, span=span),
        )

    def _like(
        self, operator: str, column: Column, patterns: tuple[str, ...], span: Span
    ) -> Predicate:
        declared = OPERATORS[operator]
        if declared.dialect:
            return fields.regexp(
                column.path, "|".join(patterns), column.context, case=declared.case, span=span
            )
        tests = [
            self._glob(column, wildcard_pieces(pattern), declared.case, span)
            if set(pattern) & set(declared.wildcards)
            else self._term(column, pattern, span, declared.case)
            for pattern in patterns
        ]
        return any_of(*tests)

    def _glob(self, column: Column, pieces: tuple[Piece, ...], case: Case, span: Span) -> Predicate:
        return self._leaf(
            span,
            lambda: fields.wildcard(column.path, pieces, column.context, case=case, span=span),
        )

    def _pushed_down(self, node: Computed) -> Predicate | None:
        """Return a boolean function of one plain field as an index query."""
        column, rest = node.arguments[0], node.arguments[1:]
        if not isinstance(column, Column):
            return None
        texts = [item.value for item in rest if isinstance(item, Constant)]
        if len(texts) != len(rest) or not all(isinstance(text, str) for text in texts):
            return None
        name = f"{_DISPLAYED.get(node.name, node.name)}{'~' * node.tilde}"
        declared = OPERATORS.get(name)
        if declared is None:
            return None
        if node.name == "cidrmatch":
            return any_of(*(self._block(column, text, node.span) for text in texts))
        if node.name == "wildcard":
            globs = [wildcard_pieces(text) for text in texts]
        elif node.name == "startswith":
            globs = [(texts[0], Wild.ANY)]
        else:
            globs = [self._inside(texts[0], anywhere=node.name == "stringcontains")]
        return any_of(*(self._glob(column, glob, declared.case, node.span) for glob in globs))

    def _block(self, column: Column, block: str, span: Span) -> Predicate:
        return self._leaf(span, lambda: fields.term(column.path, block, column.context, span=span))

    def _inside(self, text: str, *, anywhere: bool) -> tuple[Piece, ...]:
        """Return the pattern of ``endsWith`` and ``stringContains``."""
        end = (Wild.ANY,) if anywhere else ()
        middle = _lucene_pieces(text) if self._raw_wildcards else (text,)
        return (Wild.ANY, *middle, *end)

    # As a script -------------------------------------------------------------------------------

    def _condition(self, node: Node) -> Predicate:
        return Condition(
            expression=self.expression(node), truth=condition_truth, each=True, span=node.span
        )

    def expression(self, node: Node) -> Expression:
        """Return a node as an expression on values."""
        match node:
            case Constant(value):
                return Literal(value)
            case Column():
                return self._value(node)
            case Computed(function=function, arguments=arguments, span=span):
                return Call(function, tuple(map(self.expression, arguments)), span)
            case Not(item, span):
                return Call(_NOT, (self.expression(item),), span)
            case Joined(operator, items, span):
                join = _AND if operator == "and" else _OR
                return Call(join, tuple(map(self.expression, items)), span)
            case IsNull(item, span):
                return Call(_IS_NULL, (self.expression(item),), span)
            case Compared(operator, left, right, span):
                function = Function(
                    f"eql.{operator}", partial(values.compare, operator), strict=False
                )
                return Call(function, (self.expression(left), Literal(right.value)), span)
            case OneOf(subject, found, span):
                return Call(_ONE_OF, (self.expression(subject), *map(Literal, found)), span)
            case Like(operator, subject, patterns, span):
                self._check_java(operator, patterns, span)
                function = Function(f"eql.{operator}", partial(likeness, operator), strict=False)
                return Call(function, (self.expression(subject), *map(Literal, patterns)), span)

    def _check_java(self, operator: str, patterns: tuple[str, ...], span: Span) -> None:
        """Raise for an expression that is not translated; one that Java rejects fails later."""
        if operator.startswith("regex"):
            try:
                compile_regex("|".join(patterns), "java")
            except BeyondRegex as error:
                reason = "a script runs it as a Java expression"
                raise unsupported(self.source, span, str(error), reason) from error
            except RegexError:
                return

    def _value(self, column: Column) -> Expression:
        """Return a field's value as a script sees it: what the index holds, as a Java value."""
        kind = column.field.type
        if column.type in {"date", "binary"} or "null_value" in kind.settings:
            what = "null_value" if "null_value" in kind.settings else f"a {column.type} field"
            raise unsupported(
                self.source, column.span, f"{what} inside a function", "its value is not modelled"
            )
        if kind.name == "constant_keyword" and kind.settings.get("value") is not None:
            return Literal(str(kind.settings["value"]))
        with fields.placed(self.source, column.span):
            view = column.field.view
        scale = types.scaling(kind) if kind.name == "scaled_float" else None

        def convert(*found: Any) -> Any:
            for value in found:
                for item in () if value is None else view.convert(value):
                    return item / scale if scale else item if _plain(item) else str(item)
            return None

        function = Function(f"eql.value of {view.name}", convert, strict=False)
        sources = tuple(FieldValue(source, span=column.span) for source in column.field.sources)
        return Call(function, sources, column.span)


_DISPLAYED = {
    "startswith": "startsWith",
    "endswith": "endsWith",
    "stringcontains": "stringContains",
    "cidrmatch": "cidrMatch",
}


def _plain(item: Any) -> bool:
    return isinstance(item, str | int | float | bool)


def condition_truth(value: Any) -> Truth:
    """Return what a value means for the filter: a null is false."""
    if value is None or isinstance(value, bool):
        return Truth.of(value is True)
    message = "a condition gives a value that is not boolean"
    raise Fault(message)


def _lucene_pieces(text: str) -> tuple[Piece, ...]:
    """Return a Lucene wildcard pattern, where a backslash takes the meaning off what follows."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
            pieces.append(text[at])
        else:
            pieces.append(Wild(text[at]) if text[at] in "*?" else text[at])
        at += 1
    return tuple(pieces)
