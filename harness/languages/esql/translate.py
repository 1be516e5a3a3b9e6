"""From the checked query to the predicate that the evaluators run.

A test of one plain column against constants becomes an atom; what needs a real expression
becomes a condition. A null, and several values where one is wanted, are unknown.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.errors import Fault
from harness.ir import (
    AS_IS,
    NUMBER,
    TEXT,
    And,
    Anything,
    Atom,
    Call,
    Case,
    Check,
    Choice,
    Condition,
    Equals,
    Expression,
    FieldValue,
    Function,
    Glob,
    InNetwork,
    Literal,
    Matches,
    Operator,
    Or,
    Order,
    Ordered,
    Predicate,
    Truth,
    Verdict,
    View,
    Wild,
    any_of,
)
from harness.ir import Constant as Fixed
from harness.ir import Not as Negated
from harness.ir.checks import Piece
from harness.ir.nodes import Quantifier
from harness.languages._elastic import fields, types
from harness.languages._lexing import unsupported
from harness.languages.esql import values
from harness.languages.esql.operators import OPERATORS
from harness.languages.esql.patterns import takes_all, wildcard_pieces
from harness.languages.esql.typed import (
    TEXTS,
    Chosen,
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
from harness.source import QuerySyntaxError, Source, Span

_DEDUPED = types.EXACT | {"ip"}
"""Index types that keep each value of a document once."""
_ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
_FOLDING = {"to_lower": str.lower, "to_upper": str.upper}
_TESTS = {"starts_with": "STARTS_WITH", "ends_with": "ENDS_WITH", "contains": "CONTAINS"}


@dataclass(frozen=True, slots=True)
class Never:
    """No value passes."""

    def accepts(self, value: Any) -> bool:  # noqa: ARG002 - a Check looks at its value
        return False

    def describe(self) -> str:
        return "never holds"


@dataclass(frozen=True, slots=True)
class EitherWay:
    """What two checks agree on; undecided where they differ."""

    one: Check
    other: Check

    def accepts(self, value: Any) -> bool:
        first = self.one.accepts(value)
        if first is not self.other.accepts(value):
            message = "the answer depends on where the engine evaluates the test"
            raise Fault(message)
        return first

    def describe(self) -> str:
        return self.one.describe()


def _first_source(tests: list[Atom]) -> Predicate:
    """Return the test of the first place that has a value, of those a column may have."""
    first, *rest = tests
    if not rest:
        return first
    has = Atom(field=first.field, check=Anything(), view=first.view, span=first.span)
    return Or((And((has, first)), And((Negated(has), _first_source(rest)))))


class Translator:
    """The writer of one query's predicates."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def predicate(self, node: Node) -> Predicate:
        """Return a condition as a predicate."""
        node = plain(node)
        match node:
            case Constant(value, _, span):
                return Fixed(_truth(value), span)
            case Opaque(error):
                raise error
            case Not(item):
                return Negated(self.predicate(item))
            case Joined(operator, items):
                parts = tuple(map(self.predicate, items))
                return And(parts) if operator == "and" else Or(parts)
            case IsNull(item, span):
                return self._is_null(plain(item), span)
            case Compared():
                return self._compared(node)
            case Like():
                return self._like(node)
            case Found():
                return self._found(node)
            case Column() as column:
                return self._atoms(column, Equals(True), OPERATORS["=="], column.span)
            case Computed():
                return self._tested(node) or self._condition(self.expression(node), node.span)
            case Chosen():
                return self._condition(self.expression(node), node.span)
            case _:
                message = "a column stands for its expression"
                raise AssertionError(message)

    def _condition(self, expression: Expression, span: Span) -> Predicate:
        return Condition(expression=expression, truth=_truth, span=span)

    # One column against constants --------------------------------------------------------------

    def _atoms(
        self, column: Column, check: Check, operator: Operator, span: Span, view: View | None = None
    ) -> Predicate:
        """Return the test of a column's one value."""
        self._check_column(column)
        constant = _mapped_constant(column)
        seen = view or self._view(column)
        if constant is not None:
            return Fixed(Truth.of(any(map(check.accepts, seen.convert(constant)))), span)
        exact = column.field.type.name in _DEDUPED
        tests = [
            Atom(
                field=path,
                check=check,
                view=seen,
                quantifier=Quantifier.ONLY_DISTINCT if exact else Quantifier.ONLY,
                missing=Truth.UNDEFINED if column.always else operator.missing,
                span=span,
            )
            for path in column.field.sources
        ]
        return _first_source(tests)

    def _view(self, column: Column) -> View:
        with fields.placed(self.source, column.span):
            if column.field.type.name in types.TOKENISED:
                return TEXT
            return (
                _scaled(column) if column.field.type.name == "scaled_float" else column.field.view
            )

    def _check_column(self, column: Column) -> None:
        settings = column.field.type.settings
        if "null_value" in settings:
            feature = f"null_value of {column.path!r}"
            raise unsupported(self.source, column.span, feature, "what it stands in for varies")

    def _is_null(self, item: Node, span: Span) -> Predicate:
        match item:
            case Constant(value):
                return Fixed(Truth.of(value is None), span)
            case Column(always=True):
                return Fixed(Truth.FALSE, span)
            case Column() as column if column.type != "unknown":
                self._check_column(column)
                with fields.placed(self.source, column.span):
                    return Negated(fields.exists(column.path, column.context, span=span))
            case Column() as column:
                return Negated(Atom(field=column.path, check=Anything(), view=TEXT, span=span))
            case _:
                call = Call(_IS_NULL, (self.expression(item),), span)
                return self._condition(call, span)

    def _compared(self, node: Compared) -> Predicate:
        operator, left, right = node.operator, plain(node.left), plain(node.right)
        declared = OPERATORS[node.spelled]
        if isinstance(right, Constant):
            if right.value is None or isinstance(right.value, tuple):
                return Fixed(Truth.UNKNOWN, node.span)
            check = _comparison(operator, right.value)
            if isinstance(left, Column) and check is not None and self._simple(left, operator):
                return self._atoms(left, self._either(left, check), declared, node.span)
            if check is not None and operator == "==" and (folded := _folded(left)) is not None:
                return self._folded_atoms(folded, check, declared, node.span)
        compare = values.compare_versions if node.left.type == "version" else values.compare
        function = Function(
            f"esql.{compare.__name__} {operator}", partial(compare, operator), strict=False
        )
        call = Call(function, (self.expression(left), self.expression(right)), node.span)
        return self._condition(call, node.span)

    def _simple(self, column: Column, operator: str) -> bool:
        return operator == "==" or column.type not in {"ip", "version"}

    def _either(self, column: Column, check: Check) -> Check:
        """Return a check that is sure of itself on a field with a normalizer.

        The index normalizes the constant, the compute engine does not
        (https://github.com/elastic/elasticsearch/issues/103896).
        """
        if "normalizer" not in column.field.type.settings:
            return check
        with fields.placed(self.source, column.span):
            normal = types.text_normalizer(column.field.type)
        match check:
            case Equals(str() as text):
                return _agreeing(check, Equals(normal(text)))
            case Glob(pieces):
                changed = (normal(piece) if isinstance(piece, str) else piece for piece in pieces)
                return _agreeing(check, Glob(tuple(changed)))
            case Matches(pattern):
                return _agreeing(check, Matches(normal(pattern), "lucene"))
            case _:
                return check

    def _folded_atoms(
        self, folded: tuple[str, Column], check: Check, declared: Operator, span: Span
    ) -> Predicate:
        """Return the test of ``TO_LOWER(column)`` or ``TO_UPPER(column)``.

        A constant in the other case can never be met; otherwise the case of ASCII letters is
        ignored (classes ``ReplaceStringCasingWithInsensitiveEquals`` and ``...RegexMatch``).
        """
        name, column = folded
        texts = _texts(check)
        change = _FOLDING[name]
        if any(change(text) != text for text in texts):
            return self._atoms(column, Never(), declared, span)
        ready = _with_case(check, Case.ASCII)
        if not all(text.isascii() for text in texts):
            ready = _agreeing(ready, _with_case(check, Case.UNICODE))
        return self._atoms(column, ready, declared, span)

    def _like(self, node: Like) -> Predicate:
        subject = plain(node.subject)
        if isinstance(subject, Constant) and subject.value is None:
            return Fixed(Truth.UNKNOWN, node.span)
        if any(takes_all(node.operator, pattern) for pattern in node.patterns):
            return Negated(self._is_null(subject, node.span))
        return any_of(*(self._liked(node, subject, pattern) for pattern in node.patterns))

    def _liked(self, node: Like, subject: Node, pattern: str) -> Predicate:
        declared = OPERATORS[node.operator]
        check: Check
        if node.operator == "LIKE":
            check = _glob(wildcard_pieces(pattern) or ())
        else:
            check = Matches(pattern, declared.dialect)
        if isinstance(subject, Column):
            return self._atoms(subject, self._either(subject, check), declared, node.span)
        folded = _folded(subject)
        if folded is not None:
            return self._folded_atoms(folded, check, declared, node.span)
        function = Function(
            f"esql.{check.describe()}", values.single(_accepting(check)), strict=False
        )
        call = Call(function, (self.expression(subject),), node.span)
        return self._condition(call, node.span)

    def _tested(self, node: Computed) -> Predicate | None:
        """Return a boolean function of one column and constants as a test of that column."""
        subject, rest = plain(node.arguments[0]), [plain(item) for item in node.arguments[1:]]
        constants = [item.value for item in rest if isinstance(item, Constant)]
        if len(constants) < len(rest) or not all(isinstance(item, str) for item in constants):
            return None
        if node.name == "cidr_match" and isinstance(subject, Column):
            blocks = [
                self._block(text, item.span) for text, item in zip(constants, rest, strict=True)
            ]
            declared = OPERATORS["CIDR_MATCH"]
            return any_of(*(self._atoms(subject, block, declared, node.span) for block in blocks))
        if node.name not in _TESTS:
            return None
        text = constants[0]
        ends = {"starts_with": (text, Wild.ANY), "ends_with": (Wild.ANY, text)}
        check = _glob(ends.get(node.name, (Wild.ANY, text, Wild.ANY)))
        declared = OPERATORS[_TESTS[node.name]]
        if isinstance(subject, Column):
            return self._atoms(subject, self._either(subject, check), declared, node.span)
        folded = _folded(subject)
        if folded is None or folded[0] != "to_lower" or not (text.isascii() and text.islower()):
            return None
        return self._atoms(folded[1], _with_case(check, Case.UNICODE), declared, node.span)

    def _block(self, text: str, span: Span) -> Check:
        try:
            return InNetwork(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            message = f"{text[:60]!r} is no CIDR block"
            raise QuerySyntaxError(message, self.source, span) from error

    def _found(self, node: Found) -> Predicate:
        column = node.column
        with fields.placed(self.source, node.span):
            if node.operator == "MATCH_PHRASE":
                return fields.phrase(column.path, node.wanted, column.context, span=node.span)
            joined = "and" if node.every else "or"
            return fields.match(
                column.path, node.wanted, column.context, operator=joined, span=node.span
            )

    # Expressions -------------------------------------------------------------------------------

    def expression(self, node: Node) -> Expression:
        """Return a node as an expression on values."""
        node = plain(node)
        match node:
            case Constant(value):
                return Literal(value)
            case Opaque(error):
                raise error
            case Column():
                return self._value(node)
            case Computed(function=function, arguments=arguments, span=span):
                return Call(function, tuple(map(self.expression, arguments)), span)
            case Chosen(condition, then, otherwise):
                return Choice(
                    self.predicate(condition), self.expression(then), self.expression(otherwise)
                )
            case _:
                return Verdict(self.predicate(node))

    def _value(self, column: Column) -> Expression:
        """Return a column's value: null, one value, or a tuple."""
        self._check_column(column)
        constant = _mapped_constant(column)
        if constant is not None:
            return Literal(constant)
        if column.type == "unknown":
            view = NUMBER if column.field.type.name == "double" else AS_IS
        else:
            view = self._view(column)
        kind = column.field.type.name
        exact, sort = kind in _DEDUPED, kind not in types.TOKENISED
        convert = partial(_column_value, view, exact, sort, column.always)
        name = f"esql.value of {view.name} {exact} {column.always}"
        function = Function(name, convert, strict=False)
        sources = tuple(FieldValue(path, span=column.span) for path in column.field.sources)
        return Call(function, sources, column.span)


def _column_value(view: View, exact: bool, sort: bool, always: bool, *places: Any) -> Any:  # noqa: FBT001 - bound by partial
    for place in places:
        listed = place if isinstance(place, list) else [place]
        found = [item for one in listed if one is not None for item in view.convert(one)]
        if exact:
            found = list(dict.fromkeys(found))
        if len(found) > 1 and sort:
            found.sort(key=values.sort_key)
        if found:
            return values.several(found)
    if always:
        message = "the event does not tell what Elasticsearch sets there"
        raise Fault(message)
    return None


def _scaled(column: Column) -> View:
    kind = column.field.type
    view, scale = types.view(kind), types.scaling(kind)
    return View(
        f"unscaled {view.name}", lambda value: tuple(item / scale for item in view.convert(value))
    )


def _mapped_constant(column: Column) -> Any:
    kind = column.field.type
    if kind.name != "constant_keyword" or kind.settings.get("value") is None:
        return None
    return str(kind.settings["value"])


def _is_missing(value: Any) -> bool:
    return value is None


_IS_NULL = Function("esql.is_null", _is_missing, strict=False)


def _truth(value: Any) -> Truth:
    """Return what a value means for a filter."""
    return Truth.of(value) if isinstance(value, bool) else Truth.UNKNOWN


def _comparison(operator: str, value: Any) -> Check | None:
    return Equals(value) if operator == "==" else Ordered(_ORDERS[operator], value)


def _glob(pieces: tuple[Piece, ...]) -> Check:
    if all(isinstance(piece, str) for piece in pieces):
        return Equals("".join(piece for piece in pieces if isinstance(piece, str)))
    return Glob(tuple(piece for piece in pieces if piece != ""))


def _accepting(check: Check) -> Any:
    def accepts(value: Any) -> bool:
        return check.accepts(value)

    return accepts


def _agreeing(one: Check, other: Check) -> Check:
    return one if one == other else EitherWay(one, other)


def _folded(node: Node) -> tuple[str, Column] | None:
    """Return the function and the column of ``TO_LOWER(column)`` or ``TO_UPPER(column)``."""
    if not isinstance(node, Computed) or node.name not in _FOLDING:
        return None
    column = plain(node.arguments[0])
    if not isinstance(column, Column) or column.type not in TEXTS | {"unknown"}:
        return None
    return None if "normalizer" in column.field.type.settings else (node.name, column)


def _texts(check: Check) -> list[str]:
    match check:
        case Equals(str() as text):
            return [text]
        case Glob(pieces):
            return [piece for piece in pieces if isinstance(piece, str)]
        case Matches(pattern):
            return [pattern]
        case _:
            return []


def _with_case(check: Check, case: Case) -> Check:
    match check:
        case Equals(value):
            return Equals(value, case)
        case Glob(pieces):
            return Glob(pieces, case)
        case Matches(pattern, dialect):
            return Matches(pattern, dialect, Case.ASCII)
        case _:
            return check
