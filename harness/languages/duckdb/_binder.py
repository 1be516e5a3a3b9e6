"""From syntax to operands with types, as DuckDB's binder does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import Choice, Constant, Definite, Expression, Predicate, Truth, all_of
from harness.languages._lexing import syntax_error, unsupported
from harness.languages._sql import tree
from harness.languages._sql.operands import (
    Operand,
    column,
    computed,
    condition,
    constant,
    is_null,
    negated,
)
from harness.languages._sql.tree import Node
from harness.languages.duckdb import _arithmetic as arithmetic
from harness.languages.duckdb import _lists as lists
from harness.languages.duckdb import _patterns as patterns
from harness.languages.duckdb._calls import call
from harness.languages.duckdb._casts import text_of
from harness.languages.duckdb._columns import Table, folded, loader, view_of
from harness.languages.duckdb._comparisons import (
    as_kind,
    compared,
    identical,
    joined_or,
    one_of,
)
from harness.languages.duckdb._functions import bounded
from harness.languages.duckdb._kinds import (
    BOOLEAN,
    NULL,
    STRING,
    VARCHAR,
    Kind,
    fitting,
    kind_of,
)
from harness.source import Source, Span

MAX_BRANCHES = 100
"""WHENs and arguments of coalesce() of a statement that are evaluated."""
_SIGNS = ("=", "<", "<=", ">", ">=")
_PATTERN_SIGNS = {
    "~~": ("LIKE", False),
    "!~~": ("LIKE", True),
    "~~*": ("ILIKE", False),
    "!~~*": ("ILIKE", True),
    "~~~": ("GLOB", False),
}
_REGEX_SIGNS = {"~": ("", False), "!~": ("", True), "~*": ("i", False), "!~*": ("i", True)}
_CLOCK = frozenset({"current_timestamp", "localtimestamp", "current_date", "today"})


@dataclass(slots=True)
class Scope:
    """What names stand for while a statement is read."""

    source: Source
    table: Table
    now: datetime
    searches: bool = True
    """Whether ``~`` searches, as from version 2 on."""
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
        """Raise for what DuckDB refuses."""
        raise syntax_error(self.scope.source, span, message, hint)

    def unsupported(self, feature: str, reason: str, span: Span) -> NoReturn:
        """Raise for what DuckDB takes and we do not evaluate."""
        raise unsupported(self.scope.source, span, feature, reason)

    def condition(self, node: Node) -> Predicate:
        """Return an expression as a condition."""
        return self.boolean(self.bind(node)).test

    def boolean(self, operand: Operand) -> Operand:
        """Return an operand as a BOOLEAN."""
        if operand.kind == BOOLEAN:
            return operand
        if operand.kind.name in ("DATE", "TIMESTAMP", "INTERVAL", "LIST"):
            self.unsupported(f"a {operand.kind} as a condition", "its cast fails", operand.span)
        return as_kind(operand, BOOLEAN)

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
                return self._conversion(node)
            case tree.Conditional():
                return self._conditional(node)
            case tree.Element():
                return lists.element(self, node)
            case tree.Listing(kind="list"):
                return lists.listing(self, node)
            case tree.Member():
                self.unsupported("a member of a value", "members of columns are read", node.span)
            case tree.Listing():
                self.unsupported("a row value", "only single values are compared", node.span)
            case tree.Lambda():
                self.fail("a lambda stands alone", "use it in list_filter()", node.span)
            case tree.Period():
                self.unsupported("an INTERVAL alone", "it is subtracted from a time", node.span)
            case tree.Star():
                self.fail("* stands alone", "name a column", node.span)

    # Names and constants ---------------------------------------------------------------------

    def _constant(self, node: tree.Constant) -> Operand:  # noqa: RET503 - unsupported() raises
        match node.kind:
            case "text":
                return constant(node.text, STRING, node.span)
            case "number":
                return arithmetic.number(self, node)
            case "null":
                return constant(None, NULL, node.span)
            case "blob":
                self.unsupported("a BLOB", "only text and numbers are compared", node.span)
            case _:
                return constant(node.kind == "true", BOOLEAN, node.span)

    def _name(self, node: tree.Name) -> Operand:
        """``name := (table ".")? column ("." member)*``."""
        words = [one.text for one in node.words]
        table, keys = self.scope.table, tuple(folded(one) for one in words)
        if len(keys) == 1 and keys[0] in self.scope.parameters:
            return replace(self.scope.parameters[keys[0]], span=node.span)
        for length in range(len(keys) - 1, 0, -1):
            if keys[:length] in self.scope.tables and not self._is_member(words):
                words = words[length:]
                break
        if len(words) == 1:
            aliased = self._alias(keys[-1])
            if aliased is not None:
                return replace(aliased, span=node.span)
            if table.is_column(words[0]):
                return self._column(words[0], node.span)
            if folded(words[0]) in _CLOCK and not node.words[0].quoted:
                return arithmetic.clock(self, folded(words[0]), node.span)
        path = ".".join(words)
        if len(words) > 1 and table.has(path) and self._is_member(words):
            return self._column(path, node.span)
        return self._no_column(path, node)

    def _is_member(self, words: Sequence[str]) -> bool:
        table = self.scope.table
        return table.names is None or (table.has(words[0]) and table.is_object(words[0]))

    def _alias(self, key: str) -> Operand | None:
        """Return what an alias stands for; a column of the same name comes first."""
        table, scope = self.scope.table, self.scope
        if key not in scope.aliases or key in scope._open:  # noqa: SLF001 - its own keeper
            return None
        if table.names is not None and table.is_column(key):
            return None
        scope._open.add(key)  # noqa: SLF001
        try:
            return self.bind(scope.aliases[key])
        finally:
            scope._open.discard(key)  # noqa: SLF001

    def _column(self, path: str, span: Span) -> Operand:
        table = self.scope.table
        if table.is_object(path):
            self.unsupported("a STRUCT as a value", "its members are read", span)
        kind = table.columns.kind(path)
        if kind.item is not None:
            return lists.column(path, kind, span)
        return column(path, kind, loader(kind), span, view_of(kind))

    def _no_column(self, path: str, node: tree.Name) -> NoReturn:
        names = sorted(self.scope.table.names or ())
        near = get_close_matches(folded(path), names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "name a field that some event has"
        if node.words[0].quoted and len(node.words) == 1 and "." in path:
            hint = f"write {path} without quotes for a member of a STRUCT"
        elif node.words[0].quoted:
            hint = f"write '{path}' for a text"
        self.fail(f"there is no column {path}", hint, node.span)

    # Operators -------------------------------------------------------------------------------

    def _operation(self, node: tree.Operation) -> Operand:
        sign, span = node.sign, node.span
        if sign in ("AND", "OR"):
            parts = [self.condition(item) for item in node.items]
            found = joined_or(parts) if sign == "OR" else joined_and(parts)
            return condition(found, BOOLEAN, span)
        if sign == "NOT":
            return condition(negated(self.condition(node.items[0])), BOOLEAN, span)
        if sign in ("->", "->>"):
            self.unsupported("JSON", "members of STRUCT columns are read", span)
        if sign in ("+", "-") and isinstance(node.items[-1], tree.Period) and len(node.items) > 1:
            return arithmetic.shifted(self, node)
        items = [self.bind(item) for item in node.items]
        if sign in _SIGNS or sign == "!=":
            return self._comparison(sign, items, span)
        if sign in _PATTERN_SIGNS and len(items) > 1:
            word, negative = _PATTERN_SIGNS[sign]
            return self.pattern(word, items, span, negative=negative)
        if sign in _REGEX_SIGNS and len(items) > 1:
            flags, negative = _REGEX_SIGNS[sign]
            whole = not self.scope.searches
            return self.regexp(items, span, whole=whole, flags=flags, negative=negative)
        if sign == "||":
            return self._joined(items, span)
        if sign == "^@":
            return lists.affix(self, "starts_with", items, span)
        if sign in ("&&", "@>", "<@"):
            ordered = items[::-1] if sign == "<@" else items
            return lists.overlap(self, ordered, span, every=sign != "&&")
        return arithmetic.operation(self, node, items)

    def _comparison(self, sign: str, items: list[Operand], span: Span) -> Operand:
        negative = sign == "!="
        plain = "=" if negative else sign
        kind = self.fit(items, span, forced=plain == "=")
        found = compared(plain, items[0], items[1], span, kind)
        return condition(negated(found, wanted=negative), BOOLEAN, span)

    def fit(self, items: Sequence[Operand], span: Span, *, forced: bool) -> Kind:
        """Return the type that operands are compared as."""
        kinds = [item.kind for item in items]
        found = fitting(kinds, forced=forced)
        if found is None:
            names = " and ".join(dict.fromkeys(map(str, kinds)))
            if forced:
                self.unsupported(f"{names} as one type", "their cast fails or is not known", span)
            message = f"values of the types {names} are not compared without a cast"
            self.fail(message, "write CAST(x AS type) on one side", span)
        return found

    def _joined(self, items: list[Operand], span: Span) -> Operand:
        """``text "||" text``."""
        if any(item.kind.name == "LIST" for item in items):
            self.unsupported("lists joined by ||", "their elements are tested one by one", span)
        if any(item.kind == NULL for item in items):
            return constant(None, NULL, span)

        def join(*values: Any) -> str:
            return bounded("".join(map(text_of, values)))

        return computed("||", join, items, VARCHAR, span)

    def texts(self, items: Sequence[Operand], name: str) -> None:
        """Refuse operands that are no text."""
        wrong = [item for item in items if item.kind.name not in ("VARCHAR", "NULL")]
        if wrong:
            message = f"no function {name} takes a {wrong[0].kind}"
            self.fail(message, "write CAST(x AS VARCHAR)", wrong[0].span)

    def pattern(self, word: str, items: list[Operand], span: Span, *, negative: bool) -> Operand:
        """Return LIKE, ILIKE or GLOB."""
        self.texts(items, word)
        try:
            found = (
                patterns.glob(items, span) if word == "GLOB" else patterns.like(word, items, span)
            )
        except Fault:
            found = Constant(Truth.UNDEFINED, span)
        return condition(negated(found, wanted=negative), BOOLEAN, span)

    def regexp(
        self,
        items: list[Operand],
        span: Span,
        *,
        whole: bool,
        flags: str = "",
        negative: bool = False,
    ) -> Operand:
        """Return the test of a regular expression; one that is invalid is refused."""
        self.texts(items, "regexp_matches")
        try:
            found = patterns.regexp(items, span, whole=whole, flags=flags)
        except Fault as error:
            self.fail(str(error), "", span)
        return condition(negated(found, wanted=negative), BOOLEAN, span)

    # Tests -----------------------------------------------------------------------------------

    def _test(self, node: tree.Test) -> Operand:
        word, span = node.word, node.span
        if word == "IN":
            found = self._in(node)
        elif word == "NULL":
            found = is_null(self.bind(node.items[0]), span)
        elif word in ("TRUE", "FALSE"):
            found = self._is_truth(node, wanted=word == "TRUE")
        elif word == "BETWEEN":
            found = self._between(node)
        elif word == "DISTINCT":
            items = [self.bind(item) for item in node.items]
            kind = self.fit(items, span, forced=True)
            found = negated(identical(items[0], items[1], span, kind))
        elif word.endswith((" ANY", " ALL")):
            return lists.quantified(self, node)
        elif word == "SIMILAR":
            items = [self.bind(item) for item in node.items]
            return self.regexp(items, span, whole=True, negative=node.negative)
        else:
            items = [self.bind(item) for item in node.items]
            return self.pattern(word, items, span, negative=node.negative)
        return condition(negated(found, wanted=node.negative), BOOLEAN, span)

    def _is_truth(self, node: tree.Test, *, wanted: bool) -> Predicate:
        """``condition IS TRUE``: NULL is neither."""
        test = self.boolean(self.bind(node.items[0])).test
        return Definite(test if wanted else negated(test))

    def _between(self, node: tree.Test) -> Predicate:
        """``value BETWEEN low AND high``."""
        value, low, high = (self.bind(item) for item in node.items)
        kind = self.fit([value, low, high], node.span, forced=False)
        tests = [
            compared(">=", value, low, node.span, kind),
            compared("<=", value, high, node.span, kind),
        ]
        return joined_and(tests)

    def _in(self, node: tree.Test) -> Predicate:
        """``value IN (values)``, ``value IN list``."""
        left, right = node.items
        if isinstance(right, tree.Listing):
            items = [self.bind(item) for item in right.items]
            if not items:
                return Constant(Truth.FALSE, node.span)
            value = self.bind(left)
            kind = self.fit([value, *items], node.span, forced=True)
            return one_of(value, items, node.span, kind)
        value, listed = self.bind(left), self.bind(right)
        if listed.kind.name == "VARCHAR":
            return lists.affix(self, "contains", [listed, value], node.span).test
        return lists.contains(self, listed, value, node.span, careful=True).test

    # Casts and choices -----------------------------------------------------------------------

    def kind(self, text: str, span: Span) -> Kind:
        """Return the type that a cast names."""
        found = kind_of(text)
        if isinstance(found, Kind):
            return found
        if found == "other":
            self.unsupported(f"the type {text}", "its values are not computed here", span)
        return self.fail(f"there is no type {text}", "", span)

    def _conversion(self, node: tree.Conversion) -> Operand:
        kind = self.kind(node.type_text, node.span)
        operand = self.bind(node.item)
        times, numbers = ("DATE", "TIMESTAMP"), operand.kind.is_number or operand.kind == BOOLEAN
        if (kind.name in times and numbers) or (
            operand.kind.name in times and (kind.is_number or kind == BOOLEAN)
        ):
            self.fail(f"a {operand.kind} is not cast to {kind}", "", node.span)
        lists_apart = (kind.name == "LIST") != (operand.kind.name == "LIST")
        if lists_apart and operand.kind != NULL and kind != VARCHAR:
            self.unsupported("a cast to a list", "lists are taken as they are", node.span)
        return replace(as_kind(operand, kind, tolerant=node.tolerant), span=node.span)

    def _conditional(self, node: tree.Conditional) -> Operand:
        base = None if node.base is None else self.bind(node.base)
        tests, values = [], []
        whens = [self.bind(when) for when, _ in node.branches]
        if base is not None:
            kind = self.fit([base, *whens], node.span, forced=True)
        for when, (_, then) in zip(whens, node.branches, strict=True):
            if base is None:
                tests.append(self.boolean(when).test)
            else:
                tests.append(compared("=", base, when, when.span, kind))
            values.append(self.bind(then))
        null = constant(None, NULL, node.span)
        values.append(null if node.otherwise is None else self.bind(node.otherwise))
        return self.choice(tests, values, node.span)

    def choice(self, tests: list[Predicate], values: list[Operand], span: Span) -> Operand:
        """Return the first value whose test is true, else the last one."""
        self.scope.branches += len(tests)
        if self.scope.branches > MAX_BRANCHES:
            self.unsupported("many branches", f"at most {MAX_BRANCHES} are evaluated", span)
        kind = replace(self.fit(values, span, forced=False), literal=False)
        cast = [as_kind(value, kind) for value in values]
        expression: Expression = cast[-1].expression
        for test, value in zip(reversed(tests), reversed(cast[:-1]), strict=True):
            expression = Choice(test, value.expression, expression)
        return Operand(span=span, kind=kind, expression=expression)

    @contextmanager
    def with_parameter(self, name: str, operand: Operand) -> Iterator[None]:
        """Let a name stand for an element while the body of a lambda is read."""
        key, parameters = folded(name), self.scope.parameters
        before = parameters.get(key)
        parameters[key] = operand
        try:
            yield
        finally:
            parameters.pop(key)
            if before is not None:
                parameters[key] = before


def joined_and(tests: Sequence[Predicate]) -> Predicate:
    """Return a conjunction; a constant where its parts are constants."""
    truths = [one.truth if isinstance(one, Constant) else None for one in tests]
    if None not in truths and Truth.UNDEFINED not in truths:
        if Truth.FALSE in truths:
            return tests[truths.index(Truth.FALSE)]
        return tests[truths.index(Truth.UNKNOWN) if Truth.UNKNOWN in truths else 0]
    return all_of(*tests)
