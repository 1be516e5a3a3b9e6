"""From syntax to operands with types, as ClickHouse's analyzer does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import (
    Case,
    Choice,
    Condition,
    Constant,
    Expression,
    Predicate,
    Truth,
    all_of,
    any_of,
)
from harness.languages._lexing import syntax_error, unsupported
from harness.languages._sql import operands, tree
from harness.languages._sql.operands import (
    Operand,
    Subject,
    computed,
    condition,
    constant,
    negated,
)
from harness.languages._sql.tree import Node
from harness.languages.clickhouse import _arithmetic as arithmetic
from harness.languages.clickhouse import _arrays as arrays
from harness.languages.clickhouse import _patterns as patterns
from harness.languages.clickhouse._calls import call, converted
from harness.languages.clickhouse._casts import parse, text_of
from harness.languages.clickhouse._columns import Table, loader, view_of
from harness.languages.clickhouse._comparisons import (
    against,
    compared,
    condition_kind,
    identical,
    is_text,
    numbered,
)
from harness.languages.clickhouse._functions import bounded
from harness.languages.clickhouse._kinds import (
    BOOL,
    NULL,
    STRING,
    Kind,
    kind_of,
)
from harness.source import Source, Span

_SENSITIVE = Case.SENSITIVE
MAX_BRANCHES = 100
"""Branches of a statement that are evaluated."""
_ORDERS = ("=", "<", "<=", ">", ">=")
_REGEX = {"~": (False, False), "!~": (False, True), "~*": (True, False), "!~*": (True, True)}


@dataclass(slots=True)
class Scope:
    """What names stand for while a statement is read."""

    source: Source
    table: Table
    now: datetime
    tables: frozenset[tuple[str, ...]] = frozenset()
    aliases: dict[str, Node] = field(default_factory=dict)
    parameters: dict[str, Operand] = field(default_factory=dict)
    branches: int = 0
    _open: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Binder:
    """Gives syntax a meaning."""

    scope: Scope

    def fail(self, message: str, hint: str, span: Span) -> NoReturn:
        """Raise for what ClickHouse refuses."""
        raise syntax_error(self.scope.source, span, message, hint)

    def unsupported(self, feature: str, reason: str, span: Span) -> NoReturn:
        """Raise for what ClickHouse takes and we do not evaluate."""
        raise unsupported(self.scope.source, span, feature, reason)

    def condition(self, node: Node) -> Predicate:
        """Return an expression as a condition."""
        return self.boolean(self.bind(node))

    def boolean(self, operand: Operand) -> Predicate:
        """Return an operand as a condition: a number that is not 0."""
        if operand.predicate is not None:
            return operand.predicate
        if operand.kind == NULL:
            return Constant(Truth.UNKNOWN, operand.span)
        if not operand.kind.is_number:
            message = f"a {operand.kind} is no condition"
            self.fail(message, "compare it with something", operand.span)
        if operand.kind.name == "Bool":
            return operand.test
        return negated(against("=", operand, 0, operand.span))

    def chooser(self, operand: Operand) -> Predicate:
        """Return the condition of ``if``, which is a UInt8 and no other number."""
        if operand.kind.name not in ("UInt8", "Bool", "Nothing"):
            message = f"a {operand.kind} is no condition of if()"
            self.fail(message, "compare it with something", operand.span)
        return self.boolean(operand)

    def made(self, predicate: Predicate, span: Span, *parts: Operand) -> Operand:
        """Return a condition as an operand."""
        return condition(predicate, condition_kind(*parts), span)

    def bind(self, node: Node) -> Operand:  # noqa: C901, RET503 - one case a kind of node
        """Return what a node stands for."""
        match node:
            case tree.Constant():
                return self._constant(node)
            case tree.Name():
                return self._name(node)
            case tree.Operation():
                return self._operation(node)
            case tree.Test():
                return self._test(node)
            case tree.Invocation():
                return call(self, node)
            case tree.Conversion():
                kind = self.kind(node.type_text, node.span)
                if node.tolerant:
                    self.fail(
                        "there is no function TRY_CAST()", "use accurateCastOrNull()", node.place
                    )
                return converted(self, self.bind(node.item), kind, node.span, exact=True)
            case tree.Conditional():
                return self._conditional(node)
            case tree.Element():
                return arrays.element(self, node)
            case tree.Listing(kind="list"):
                return arrays.listing(self, node)
            case tree.Member() | tree.Listing():
                self.unsupported("a tuple", "only single values are compared", node.span)
            case tree.Lambda():
                self.fail("a lambda stands alone", "use it in arrayExists()", node.span)
            case tree.Period():
                self.unsupported("an INTERVAL alone", "it is subtracted from a time", node.span)
            case tree.Star():
                self.fail("* stands alone", "name a column", node.span)

    # Names and constants ---------------------------------------------------------------------

    def _constant(self, node: tree.Constant) -> Operand:
        match node.kind:
            case "text":
                return constant(node.text, STRING, node.span)
            case "number":
                return arithmetic.number(self, node)
            case "null":
                return constant(None, NULL, node.span)
            case "blob":
                return self.unsupported("a text of bytes", "texts in quotes are read", node.span)
            case _:
                return constant(node.kind == "true", BOOL, node.span)

    def _name(self, node: tree.Name) -> Operand:
        """``name := (table ".")? column``, the name of a column may hold dots."""
        words = [one.text for one in node.words]
        table = self.scope.table
        if len(words) == 1:
            if words[0] in self.scope.parameters:
                return replace(self.scope.parameters[words[0]], span=node.span)
            aliased = self._alias(words[0])
            if aliased is not None:
                return replace(aliased, span=node.span)
        path = ".".join(words)
        if table.names is None or not table.has(path):
            for length in range(len(words) - 1, 0, -1):
                if tuple(one.lower() for one in words[:length]) in self.scope.tables:
                    path = ".".join(words[length:])
                    break
        if not table.has(path):
            self._no_column(path, node.span)
        return self.column(path, table.columns.kind(path), node.span)

    def _alias(self, name: str) -> Operand | None:
        """Return what an alias stands for; it comes before a column of the same name."""
        scope = self.scope
        if name not in scope.aliases or name in scope._open:  # noqa: SLF001 - its own keeper
            return None
        scope._open.add(name)  # noqa: SLF001
        try:
            return self.bind(scope.aliases[name])
        finally:
            scope._open.discard(name)  # noqa: SLF001

    def column(self, path: str, kind: Kind, span: Span) -> Operand:
        """Return a column."""
        if kind.name == "Map":
            self.unsupported("a Map as a value", "its values are read, as in map['key']", span)
        if kind.name == "Array":
            return arrays.column(path, kind, span)
        return operands.column(path, kind, loader(kind), span, view_of(kind))

    def _no_column(self, path: str, span: Span) -> NoReturn:
        table = self.scope.table
        if table.is_object(path):
            self.unsupported("an object as a value", "its members are columns", span)
        names = sorted(table.names or ())
        near = get_close_matches(path, names, n=1)
        caseless = [one for one in names if one.lower() == path.lower()]
        hint = "name a field that some event has"
        if caseless or near:
            hint = f"did you mean {(caseless or near)[0]!r}? Letter case counts"
        self.fail(f"there is no column {path}", hint, span)

    # Operators -------------------------------------------------------------------------------

    def _operation(self, node: tree.Operation) -> Operand:
        sign, span = node.sign, node.span
        if sign in ("AND", "OR"):
            parts = [self.bind(item) for item in node.items]
            tests = [self.boolean(part) for part in parts]
            return self.made(joined(sign, tests), span, *parts)
        if sign == "NOT":
            part = self.bind(node.items[0])
            return self.made(negated(self.boolean(part)), span, part)
        if sign in ("+", "-") and len(node.items) > 1 and isinstance(node.items[1], tree.Period):
            return arithmetic.shifted(self, node)
        items = [self.bind(item) for item in node.items]
        return self.operation(sign, items, span)

    def operation(self, sign: str, items: list[Operand], span: Span) -> Operand:
        """Return an operator between operands."""
        if sign in _ORDERS or sign == "!=":
            plain = "=" if sign == "!=" else sign
            found = compared(self, plain, items[0], items[1], span)
            return self.made(negated(found, wanted=sign == "!="), span, *items)
        if sign == "<=>":
            return self.made(identical(self, items[0], items[1], span), span)
        if sign in _REGEX and len(items) > 1:
            fold, negative = _REGEX[sign]
            return self.regex(items, span, fold=fold, negative=negative)
        if sign == "||":
            return self.texts_joined(items, span)
        return arithmetic.operation(self, sign, items, span)

    def texts_joined(self, items: Sequence[Operand], span: Span) -> Operand:
        """``text "||" text``, ``concat(...)``: anything as a text."""
        if any(item.kind == NULL for item in items):
            return constant(None, NULL, span)
        if any(item.kind.name == "Array" for item in items):
            self.unsupported("arrays joined by ||", "their elements are tested one by one", span)
        kinds = [item.kind for item in items]

        def join(*values: Any) -> str:
            return bounded("".join(map(text_of, values, kinds)))

        kind = replace(STRING, nullable=any(one.nullable for one in kinds))
        named = f"concat {' '.join(map(str, kinds))}"
        return computed(named, join, [_valued(item) for item in items], kind, span)

    def text(self, item: Operand, name: str) -> None:
        """Refuse an operand that is no text."""
        if not is_text(item.kind) and item.kind != NULL:
            message = f"no function {name} takes a {item.kind}"
            self.fail(message, "write toString(x)", item.span)

    def regex(
        self, items: list[Operand], span: Span, *, fold: bool = False, negative: bool = False
    ) -> Operand:
        """``match(text, expression)``; an invalid expression is refused."""
        for item in items:
            self.text(item, "match")
        text, pattern = items
        if any(item.kind == NULL for item in items):
            return self.made(Constant(Truth.UNKNOWN, span), span, *items)
        if not pattern.constant:
            self.unsupported("an expression from a column", "write it as a text", span)
        try:
            check = patterns.regex(pattern.value, fold=fold)
        except Fault as error:
            self.fail(str(error), "", pattern.span)
        found = operands.text_test(text, None, lambda _: check, "match", span)
        return self.made(negated(found, wanted=negative), span, *items)

    # Tests -----------------------------------------------------------------------------------

    def _test(self, node: tree.Test) -> Operand:
        word, span = node.word, node.span
        if word == "IN":
            return self._in(node)
        items = [self.bind(item) for item in node.items]
        if word == "NULL":
            found = self.is_null(items[0], span)
            return self.made(negated(found, wanted=node.negative), span)
        if word in ("TRUE", "FALSE"):
            return self._is_truth(items[0], node)
        if word == "BETWEEN":
            value, low, high = items
            tests = [
                compared(self, ">=", value, low, span),
                compared(self, "<=", value, high, span),
            ]
            return self.made(negated(joined("AND", tests), wanted=node.negative), span, *items)
        if word == "DISTINCT":
            found = negated(identical(self, items[0], items[1], span))
            return self.made(negated(found, wanted=node.negative), span)
        if word == "REGEXP":
            return self.regex(items, span, negative=node.negative)
        return self.like(word, items, span, negative=node.negative)

    def is_null(self, operand: Operand, span: Span) -> Predicate:
        """Return ``operand IS NULL``; what is not Nullable never is."""
        if not operand.kind.nullable:
            subject = operand.subject
            if operand.constant or (subject is not None and subject.view is not None):
                return Constant(Truth.FALSE, span)
            return Condition(expression=operand.expression, truth=_never, span=span)
        subject = operand.subject
        if subject is not None and subject.plain and not operand.constant and _has_default(subject):
            return Condition(expression=operand.expression, truth=_null, span=span)
        return operands.is_null(operand, span)

    def _is_truth(self, item: Operand, node: tree.Test) -> Operand:
        """``condition IS TRUE``: not distinct from true."""
        if item.kind.name != "Bool":
            self.unsupported(f"IS {node.word} of a {item.kind}", "a Bool is read", node.span)
        wanted = constant(node.word == "TRUE", BOOL, node.span)
        found = identical(self, item, wanted, node.span)
        return self.made(negated(found, wanted=node.negative), node.span)

    def like(
        self, word: str, items: list[Operand], span: Span, *, negative: bool = False
    ) -> Operand:
        """``text LIKE pattern``, ``text ILIKE pattern``."""
        if len(items) > 2:  # noqa: PLR2004 - the third is ESCAPE
            self.unsupported("ESCAPE", "versions before 25 do not know it", span)
        for item in items:
            self.text(item, word.lower())
        text, pattern = items
        if any(item.kind == NULL for item in items):
            return self.made(Constant(Truth.UNKNOWN, span), span, *items)
        if not pattern.constant:
            if word == "ILIKE":
                self.unsupported("ILIKE with a column's pattern", "a text is read", span)

            def match(value: str, wanted: str) -> bool:
                return patterns.like_check(wanted, _SENSITIVE).accepts(value)

            found = computed("LIKE", match, items, condition_kind(*items), span).test
            return self.made(negated(found, wanted=negative), span, *items)
        try:
            make = patterns.like if word == "LIKE" else patterns.ilike
            found = make(text, pattern.value, span)
        except Fault as error:
            if "several forms" in str(error):
                self.unsupported("ILIKE with such a letter", str(error), pattern.span)
            if not self.scope.parameters:
                self.fail(str(error), "", pattern.span)
            found = Constant(Truth.UNDEFINED, span)  # it fails where there is an element
        return self.made(negated(found, wanted=negative), span, *items)

    def _in(self, node: tree.Test) -> Operand:
        """``value IN (constants)``; NULL among them is never equal."""
        left, right = node.items
        value, span = self.bind(left), node.span
        listed = right.items if isinstance(right, tree.Listing) else (right,)
        items = [self.bind(item) for item in listed]
        if any(not item.constant for item in items) or isinstance(left, tree.Listing):
            self.unsupported("IN with columns", "a list of constants is read", span)
        if value.kind == NULL or value.kind.item is not None:
            self.unsupported("IN of NULL or an array", "single values are read", span)
        tests = [
            test
            for item in items
            if item.value is not None and (test := self._member(value, item, span)) is not None
        ]
        if not tests:
            null = Constant(Truth.UNKNOWN, span)
            nothing = Constant(Truth.FALSE, span)
            absent = self.is_null(value, span)
            found: Predicate = nothing
            if value.kind.nullable:
                found = joined("AND", [absent, null])
        else:
            found = joined("OR", tests)
        return self.made(negated(found, wanted=node.negative), span, value)

    def _member(self, value: Operand, item: Operand, span: Span) -> Predicate | None:
        """Return whether a value is one of a set; nothing where its type cannot hold that."""
        if is_text(value.kind) and not is_text(item.kind):
            self.unsupported("a number in a set of texts", "its text depends on its type", span)
        if is_text(item.kind) and not is_text(value.kind):
            try:
                parsed = parse(item.value, value.kind)
            except Fault as error:
                self.fail(str(error), "", item.span)
            return against("=", numbered(value), _number(parsed), span)
        return compared(self, "=", value, item, span)

    # Casts and choices -----------------------------------------------------------------------

    def kind(self, text: str, span: Span) -> Kind:
        """Return the type that a cast names."""
        found = kind_of(text)
        if isinstance(found, Kind):
            return found
        if found == "other":
            self.unsupported(f"the type {text}", "its values are not computed here", span)
        return self.fail(f"there is no type {text}", "", span)

    def _conditional(self, node: tree.Conditional) -> Operand:
        """``CASE``, ``condition ? value : other``."""
        base = None if node.base is None else self.bind(node.base)
        tests, values = [], []
        for when, then in node.branches:
            found = self.bind(when)
            if base is None:
                tests.append(self.chooser(found))
            else:
                tests.append(compared(self, "=", base, found, when.span))
            values.append(self.bind(then))
        null = constant(None, NULL, node.span)
        values.append(null if node.otherwise is None else self.bind(node.otherwise))
        return self.choice(tests, values, node.span)

    def choice(self, tests: list[Predicate], values: list[Operand], span: Span) -> Operand:
        """Return the first value whose test is true, else the last one."""
        self.scope.branches += len(tests)
        if self.scope.branches > MAX_BRANCHES:
            self.unsupported("many branches", f"at most {MAX_BRANCHES} are evaluated", span)
        kind = arithmetic.common(self, [one.kind for one in values], span)
        while tests and isinstance(tests[0], Constant) and tests[0].truth is not Truth.UNDEFINED:
            values = values[:1] if tests[0].truth is Truth.TRUE else values[1:]
            tests = [] if tests[0].truth is Truth.TRUE else tests[1:]
        if not tests and values[0].constant:
            return replace(numbered(values[0]), kind=kind, predicate=None)
        cast = [_valued(numbered(one) if kind.name != "Bool" else one) for one in values]
        expression: Expression = cast[-1].expression
        for test, value in zip(reversed(tests), reversed(cast[:-1]), strict=True):
            expression = Choice(test, value.expression, expression)
        return Operand(span=span, kind=kind, expression=expression)

    @contextmanager
    def with_parameter(self, name: str, operand: Operand) -> Iterator[None]:
        """Let a name stand for an element while the body of a lambda is read."""
        parameters = self.scope.parameters
        before = parameters.get(name)
        parameters[name] = operand
        try:
            yield
        finally:
            parameters.pop(name)
            if before is not None:
                parameters[name] = before


def _has_default(subject: Subject) -> bool:
    """Return whether there is a value where the event has none."""
    try:
        return subject.of(None) is not None
    except Fault:
        return True


def _null(value: Any) -> Truth:
    return Truth.of(value is None)


def _never(_: Any) -> Truth:
    return Truth.FALSE


def _valued(operand: Operand) -> Operand:
    """Return a condition as a number; other operands as they are."""
    return numbered(operand) if operand.predicate is not None else operand


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def joined(sign: str, tests: Sequence[Predicate]) -> Predicate:
    """Return a conjunction or disjunction; a constant where its parts are constants."""
    decisive = Truth.FALSE if sign == "AND" else Truth.TRUE
    truths = [one.truth if isinstance(one, Constant) else None for one in tests]
    if Truth.UNDEFINED not in truths:
        if decisive in truths:
            return tests[truths.index(decisive)]
        if None not in truths:
            return tests[truths.index(Truth.UNKNOWN) if Truth.UNKNOWN in truths else 0]
    return all_of(*tests) if sign == "AND" else any_of(*tests)
