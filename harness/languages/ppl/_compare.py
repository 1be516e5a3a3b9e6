"""Comparisons: of a field with constants as tests on the field, of anything else as computations.

On a field the plugin makes queries of them (``PredicateAnalyzer`` and, before 3.3,
``FilterQueryBuilder``): a term, a range or a wildcard on the keyword that holds the text.
https://github.com/opensearch-project/sql/blob/main/opensearch/src/main/java/org/opensearch/sql/opensearch/request/PredicateAnalyzer.java
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from harness.ir import (
    NUMBER,
    TEXT,
    And,
    Anything,
    AtLeast,
    Atom,
    Call,
    Case,
    Check,
    Constant,
    Context,
    Equals,
    FieldType,
    Function,
    Glob,
    Not,
    Or,
    Predicate,
    Truth,
    View,
    Within,
    all_of,
    any_of,
)
from harness.languages._elastic import fields, types
from harness.languages._elastic.types import FieldError, FieldUnsupported
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.ppl import _times
from harness.languages.ppl._engine import Engine
from harness.languages.ppl._patterns import like_pieces, plain_backslash
from harness.languages.ppl._semantics import OPERATORS
from harness.languages.ppl._values import Kind, Value, as_condition, computed, truth_value
from harness.source import Source, Span

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KEYWORD = FieldType(name="keyword")
_BOOLEANS = {"true": True, "false": False}


def _spelled_boolean(value: Any) -> Sequence[bool]:
    found = _BOOLEANS.get(str(value).strip().lower())
    return () if found is None else (found,)


BOOLEAN_TEXT = View("ppl boolean text", _spelled_boolean)


@dataclass(frozen=True, slots=True)
class Tests:
    """Builds the tests of one query at one place of its pipeline.

    ``missing`` is what a test gives on an event without its field.
    """

    source: Source
    context: Context
    engine: Engine
    missing: Truth = Truth.UNKNOWN

    def fail(self, span: Span, message: str, hint: str = "") -> NoReturn:
        """Refuse what the real engine rejects."""
        raise syntax_error(self.source, span, message, hint)

    def cannot(self, span: Span, feature: str, reason: str) -> NoReturn:
        """Refuse what is not evaluated."""
        raise unsupported(self.source, span, feature, reason)

    def field(
        self, value: Value, build: Callable[[str, Context], Predicate], span: Span
    ) -> Predicate:
        """Return a test by the shared code of Elasticsearch, made three-valued."""
        path = value.field
        assert path is not None
        context = self.context
        if value.type is None:
            context = replace(context, types={path: _KEYWORD})
        try:
            return self.three_valued(build(path, context), value, span)
        except FieldError as error:
            raise syntax_error(self.source, span, str(error)) from error
        except FieldUnsupported as error:
            raise unsupported(self.source, span, str(error), error.reason) from error

    def three_valued(self, node: Predicate, value: Value, span: Span) -> Predicate:
        """Return a test that is unknown where the field has no value."""
        match node:
            case Atom():
                return replace(node, missing=self.missing)
            case Or(items):
                return Or(tuple(self.three_valued(item, value, span) for item in items))
            case And(items):
                return And(tuple(self.three_valued(item, value, span) for item in items))
            case AtLeast(count, items):
                several = tuple(self.three_valued(item, value, span) for item in items)
                return AtLeast(count, several)
            case Not(item):
                return Not(self.three_valued(item, value, span))
            case Constant(Truth.FALSE):
                return Not(self.any_value(value, span))
            case _:
                return node

    def any_value(self, value: Value, span: Span) -> Predicate:
        """Return a test that is true for every value."""
        return self.atom(value, Anything(), TEXT, span)

    def atom(self, value: Value, check: Check, view: View, span: Span) -> Predicate:
        """Return a test of the values that stand in the document."""
        assert value.field is not None
        name = value.source or value.field
        return Atom(field=name, check=check, view=view, missing=self.missing, span=span)

    def guarded(self, value: Value, check: Check, view: View, span: Span) -> Predicate:
        """Return a test of what the text spells; unknown where it spells no such thing."""
        spells = self.atom(value, Anything(), view, span)
        unknown = all_of(Not(spells), Constant(Truth.UNKNOWN, span))
        return any_of(self.atom(value, check, view, span), unknown)

    def keyword(self, value: Value) -> str | None:
        """Return the path of the keyword that holds a field's text; ``None`` without one."""
        assert value.field is not None
        if value.type is None or value.type.name not in types.TOKENISED:
            return value.field
        for name, given in (value.type.settings.get("fields") or {}).items():
            kind = given if isinstance(given, str) else given.get("type")
            if kind == "keyword":
                return f"{value.field}.{name}"
        return None

    # Comparing -----------------------------------------------------------------------------

    def compare(self, sign: str, left: Value, right: Value, span: Span) -> Value:
        """Return ``left sign right``, where sign is one of ``= != < <= > >=``."""
        if sign == "!=":
            equal = self.compare("=", left, right, span)
            return truth_value(Not(as_condition(equal)), span)
        if left.is_constant and right.field is not None:
            return self.compare(_MIRRORED.get(sign, sign), right, left, span)
        self._check_kinds(left, right, span)
        if left.field is not None and right.is_constant:
            return truth_value(self._on_field(sign, left, right, span), span)
        if left.condition is not None and isinstance(right.constant, bool) and sign == "=":
            same = left.condition if right.constant else Not(left.condition)
            return truth_value(same, span)
        return self._computed(sign, left, right, span)

    def _check_kinds(self, left: Value, right: Value, span: Span) -> None:
        kinds = {left.kind, right.kind} - {Kind.ANY}
        if Kind.STRUCT in kinds:
            self.cannot(span, "comparison of an object", "its fields are not compared as one")
        mixed = kinds == {Kind.TEXT, Kind.NUMBER}
        convertible = len(kinds) <= 1 or (Kind.TEXT in kinds and (not mixed or self.engine.calcite))
        if not convertible:
            names = " and ".join(sorted(kind.value for kind in kinds))
            self.fail(span, f"values of the types {names} do not compare", "cast one of them")

    def _on_field(self, sign: str, left: Value, right: Value, span: Span) -> Predicate:
        if right.constant is None:
            return Constant(Truth.UNKNOWN, span)
        if left.kind is Kind.TIME or right.kind is Kind.TIME:
            return self._time(sign, left, right, span)
        if left.kind is Kind.NUMBER:
            return self._number(sign, left, right, span)
        if left.kind is Kind.BOOLEAN:
            return self._boolean(sign, left, right, span)
        if left.kind is Kind.ADDRESS:
            return self._address(sign, left, right, span)
        if right.kind is Kind.NUMBER:
            check = _ordered(sign, right.constant)
            if left.kind is Kind.ANY:
                return self.atom(left, check, NUMBER, span)
            return self.guarded(left, check, NUMBER, span)
        if right.kind is Kind.BOOLEAN:
            if sign != "=":
                self.cannot(span, "order of booleans", "how text is cast for it is not stated")
            return self.guarded(left, Equals(right.constant), BOOLEAN_TEXT, span)
        return self._text(sign, left, str(right.constant), span)

    def _text(self, sign: str, left: Value, text: str, span: Span) -> Predicate:
        if left.type is None:
            return self.atom(left, _ordered(sign, text), TEXT, span)
        path = self.keyword(left)
        if sign != "=":
            if path != left.field:
                reason = "the plugin compares single tokens of it"
                self.cannot(span, "order comparison on a text field", reason)
            return self._range(left, sign, text, span)
        if path is not None:
            return self.field(
                left, lambda _, context: fields.term(path, text, context, span=span), span
            )
        if self.engine.calcite:
            return self.atom(left, Equals(text, OPERATORS["="].case), TEXT, span)
        return self.field(
            left, lambda own, context: fields.term(own, text, context, span=span), span
        )

    def _range(self, left: Value, sign: str, bound: Any, span: Span) -> Predicate:
        include = sign.endswith("=")
        low, high = (bound, None) if sign[0] == ">" else (None, bound)
        return self._between(left, (low, high), (include, include), span)

    def _between(
        self, left: Value, bounds: tuple[Any, Any], include: tuple[bool, bool], span: Span
    ) -> Predicate:
        form = _times.FORMAT if left.kind is Kind.TIME else None
        return self.field(
            left,
            lambda path, context: fields.range_(
                path,
                context,
                low=bounds[0],
                high=bounds[1],
                include_low=include[0],
                include_high=include[1],
                format=form,
                span=span,
            ),
            span,
        )

    def _number(self, sign: str, left: Value, right: Value, span: Span) -> Predicate:
        number = _times.spelled_number(right.constant)
        if number is None:
            return Constant(Truth.UNKNOWN, span)
        if sign != "=":
            return self._range(left, sign, number, span)
        return self.field(
            left, lambda path, context: fields.term(path, number, context, span=span), span
        )

    def _boolean(self, sign: str, left: Value, right: Value, span: Span) -> Predicate:
        if sign != "=":
            self.cannot(span, "order of booleans", "the plugin's queries for it were not read")
        wanted = right.constant
        if isinstance(wanted, str):
            wanted = _BOOLEANS.get(wanted.strip().lower(), None if self.engine.calcite else False)
        if wanted is None:
            return Constant(Truth.UNKNOWN, span)
        return self.field(
            left, lambda path, context: fields.term(path, wanted, context, span=span), span
        )

    def _address(self, sign: str, left: Value, right: Value, span: Span) -> Predicate:
        text = str(right.constant)
        if types.address(text) is None:
            self.fail(right.span, f"{text[:60]!r} is no IP address", "use cidrmatch for a network")
        if sign != "=":
            return self._range(left, sign, text, span)
        return self.field(
            left, lambda path, context: fields.term(path, text, context, span=span), span
        )

    def _time(self, sign: str, left: Value, right: Value, span: Span) -> Predicate:
        if left.kind is not Kind.TIME:
            reason = "how text or numbers become a timestamp then is not stated"
            self.cannot(span, f"comparison of a {left.kind.value} with a timestamp", reason)
        moment = _times.moment(right.constant, self.engine)
        if moment is None:
            message = f"{str(right.constant)[:40]!r} is no timestamp"
            self.fail(right.span, message, "write it as 'yyyy-MM-dd HH:mm:ss'")
        text = _times.written(moment)
        if sign == "=":
            return self._between(left, (text, text), (True, True), span)
        return self._range(left, sign, text, span)

    def _computed(self, sign: str, left: Value, right: Value, span: Span) -> Value:
        kinds = {left.kind, right.kind} - {Kind.ANY}
        if not kinds <= {Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN}:
            names = " and ".join(sorted(kind.value for kind in kinds))
            self.cannot(span, f"comparison of computed values ({names})", "only constants are read")
        numbers = Kind.NUMBER in kinds
        function = Function(f"ppl.{sign} {numbers}", _comparison(sign, numbers=numbers))
        call = Call(function, (left.expression, right.expression), span)
        return computed(Kind.BOOLEAN, call, span)

    # Lists, bounds, patterns ---------------------------------------------------------------

    def among(self, left: Value, listed: Sequence[Value], span: Span) -> Value:
        """Return ``left IN (listed)``."""
        kinds = {item.kind for item in (left, *listed)} - {Kind.ANY}
        if left.kind in {Kind.TIME, Kind.ADDRESS}:
            reason = "which common type its values then have is not documented"
            self.cannot(span, f"IN on a field of the type {left.kind.value}", reason)
        if len(kinds) > 1:
            names = ", ".join(sorted(kind.value for kind in kinds))
            hint = "give the list the type of the field"
            self.fail(span, f"the types of field and values differ: {names}", hint)
        tests = [self.compare("=", left, item, span) for item in listed]
        return truth_value(any_of(*(as_condition(test) for test in tests)), span)

    def between(self, left: Value, low: Value, high: Value, span: Span) -> Value:
        """Return ``left BETWEEN low AND high``."""
        kinds = {left.kind, low.kind, high.kind} - {Kind.ANY}
        if left.field is None or not (low.is_constant and high.is_constant) or len(kinds) != 1:
            tests = (self.compare(">=", left, low, span), self.compare("<=", left, high, span))
            return truth_value(all_of(*map(as_condition, tests)), span)
        if None in (low.constant, high.constant):
            return truth_value(Constant(Truth.UNKNOWN, span), span)
        if left.kind is Kind.ANY and low.kind is Kind.NUMBER:
            inside = Within(low.constant, high.constant)
            return truth_value(self.atom(left, inside, NUMBER, span), span)
        if self.keyword(left) != left.field:
            reason = "the plugin compares single tokens of it"
            self.cannot(span, "BETWEEN on a text field", reason)
        bounds = (low.constant, high.constant)
        if left.kind is Kind.TIME:
            bounds = (_times.written(low.constant), _times.written(high.constant))
        return truth_value(self._between(left, bounds, (True, True), span), span)

    def like(self, left: Value, pattern: str, span: Span, *, minds_case: bool) -> Value:
        """Return whether a text fits a pattern of LIKE."""
        self.need_text(left, "LIKE", span)
        fixed = self.engine.like_escapes_itself
        if not self.engine.calcite and set(pattern) & {"*", "?"}:
            reason = "whether * and ? are wildcards differs between versions before 3.3"
            self.cannot(span, "* or ? in a pattern of LIKE", reason)
        case = Case.SENSITIVE if minds_case else OPERATORS["LIKE"].case
        glob = Glob(like_pieces(pattern, escapes_itself=fixed), case)
        path = self.keyword(left) if left.field is not None else None
        if path is not None and left.type is None:
            return truth_value(self.atom(left, glob, TEXT, span), span)
        if path is not None:
            found = self.field(
                left,
                lambda _, context: fields.wildcard(
                    path, glob.pieces, context, case=glob.case, span=span
                ),
                span,
            )
            return truth_value(found, span)
        if plain_backslash(pattern) or (not fixed and "\\\\" in pattern):
            reason = "off the index other characters cannot be escaped, or not in every version"
            self.cannot(span, "backslash in a pattern of LIKE", reason)
        return self.check(left, glob, span)

    def check(self, left: Value, check: Check, span: Span, view: View = TEXT) -> Value:
        """Return a test of a text, whether it stands in a field or is computed."""
        if left.field is not None:
            return truth_value(self.atom(left, check, view, span), span)

        def apply(value: Any) -> bool:
            return any(check.accepts(item) for item in view.convert(value))

        function = Function(f"ppl.check {check!r} {view.name}", apply)
        return computed(Kind.BOOLEAN, Call(function, (left.expression,), span), span)

    def need_text(self, value: Value, what: str, span: Span) -> None:
        """Refuse a value that is no text."""
        if value.kind not in {Kind.TEXT, Kind.ANY}:
            message = f"{what} takes text, not a value of the type {value.kind.value}"
            self.fail(span, message, "cast it to string")


def _ordered(sign: str, bound: Any) -> Check:
    if sign == "=":
        return Equals(bound)
    include = sign.endswith("=")
    if sign[0] == ">":
        return Within(low=bound, include_low=include)
    return Within(high=bound, include_high=include)


def _comparison(sign: str, *, numbers: bool) -> Callable[[Any, Any], bool | None]:
    order = _ORDERS[sign]

    def apply(left: Any, right: Any) -> bool | None:
        if numbers:
            left, right = _times.spelled_number(left), _times.spelled_number(right)
            if left is None or right is None:
                return None
        try:
            return bool(order(left, right))
        except TypeError:
            return None

    return apply
