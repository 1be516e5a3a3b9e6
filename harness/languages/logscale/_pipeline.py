"""A query as a whole: steps between bars, case and match."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from harness.errors import Diagnostic
from harness.ir import (
    TRUE,
    Call,
    Choice,
    Expression,
    FieldValue,
    Literal,
    Predicate,
    all_of,
    any_of,
)
from harness.languages._on_scope import doubtful, undecided
from harness.languages._scope import EVENT, Scope, opaque, opaque_origin, too_large
from harness.languages.logscale import _leaves as leaves
from harness.languages.logscale._arguments import ArgumentReader, Arguments, Signature
from harness.languages.logscale._calls import SIGNATURES, Calls
from harness.languages.logscale._events import RAW
from harness.languages.logscale._expressions import field_value
from harness.languages.logscale._filter import ENDS, Filter, Found
from harness.languages.logscale._names import FILTERS
from harness.languages.logscale._scanner import REGEX, Scanner, Text
from harness.languages.logscale._values import DEFAULT, FIRST, TEXT_TESTS
from harness.source import Span

_CASE = re.compile(r"case\s*\{")
_STEP = re.compile(r":=|=~|match\s*\{")
_ANYTHING = re.compile(r"(?:\*|true)(?=\s*=>)")
MAX_STEPS = 100
"""Steps of one query, and branches of one case."""
MAX_PREDICATE = 200_000
"""Nodes of the predicate that one query stands for."""
_DEFAULTS = MappingProxyType(
    {
        "lower": "_lower",
        "upper": "_upper",
        "length": "_length",
        "concat": "_concat",
        "coalesce": "_coalesce",
        "if": "_if",
    }
)
"""The fields that functions write to by default."""
_SHAPE = {"fields": "fields", "limit": "text", "sortby": "fields", "order": "texts"}
_STEPS: Mapping[str, Signature] = {
    "drop": Signature("fields", {"fields": "fields"}, ("fields",)),
    "select": Signature("fields", {"fields": "fields"}, ("fields",)),
    "fieldset": Signature("fields", {"fields": "fields"}, ("fields",)),
    "table": Signature("fields", {**_SHAPE, "reverse": "flag", "type": "texts"}, ("fields",)),
    "rename": Signature("field", {"field": "field", "as": "field"}, ("field", "as")),
    "default": Signature("value", {"value": "expression", "field": "fields"}, ("value", "field")),
}


@dataclass(frozen=True, slots=True)
class State:
    """What is known after some steps: the tests passed so far, and the fields."""

    tests: tuple[Predicate, ...] = ()
    scope: Scope = EVENT

    @property
    def test(self) -> Predicate:
        """All the tests."""
        return all_of(*self.tests) if self.tests else TRUE


@dataclass(slots=True)
class Reader:
    """Reads a query; ``decided`` follows the published grammar alone for mixed and/or."""

    scanner: Scanner
    decided: bool
    warnings: list[Diagnostic] = field(default_factory=list)
    count: int = 0

    @property
    def calls(self) -> Calls:
        """The reader of function calls."""
        return Calls(self.scanner)

    def query(self) -> Predicate:
        """``query := pipeline? END``."""
        if self.scanner.ended:
            return TRUE
        state = self.pipeline(State())
        if not self.scanner.ended:
            char = self.scanner.text[self.scanner.at]
            self.scanner.fail(f"unexpected {char!r}", "close or remove the bracket")
        return state.test

    def pipeline(self, state: State) -> State:
        """``pipeline := step ("|" step)*``."""
        state = self._step(state)
        while self.scanner.take("|"):
            state = self._step(state)
        return state

    def _step(self, state: State) -> State:
        """``step := case | match | assignment | field-function | function | filter``."""
        scanner = self.scanner
        self.count += 1
        if self.count > MAX_STEPS:
            reason = f"more than {MAX_STEPS} steps are not read"
            scanner.unsupported("a very long pipeline", reason)
        if scanner.ended or scanner.sees(*ENDS):
            message = "a step is missing"
            scanner.fail(message, "write a filter or a function between bars")
        if scanner.sees("["):
            reason = "it stands for stats(), whose result depends on several events"
            scanner.unsupported("a list of aggregates", reason)
        if scanner.sees("$"):
            reason = "its text is not part of the query"
            scanner.unsupported("a saved query", reason)
        if scanner.looking(_CASE):
            return self._case(state)
        reader = Filter(scanner, state.scope, self.calls)
        named = reader.field_before(_STEP)
        if named is None:
            return self._function(state, reader)
        if scanner.take(":="):
            return self._assignment(named, state)
        if scanner.sees("=~"):
            scanner.at = named.span.start
            return self._function(state, reader)
        return self._match(named, state)

    def _function(self, state: State, reader: Filter) -> State:
        """A function that changes fields; anything else is a filter."""
        start, called = self.scanner.at, reader.call_here()
        if called and called.group() not in FILTERS:
            return self._transform(called, state)
        found = reader.read()
        return self._kept(self._settled(found, start), found.values, state, start)

    def _settled(self, found: Found, start: int) -> Predicate:
        """Return a filter; undecided where its readings, or its validity, are in doubt."""
        predicate = found.grammar
        if not found.clear:
            span = self.scanner.since(start)
            self.warnings.append(
                Diagnostic(
                    code="mixed-and-or",
                    severity="warning",
                    message="the manual gives two readings of and behind or",
                    place=self.scanner.source.place(span),
                    hint="put parentheses round the alternatives",
                )
            )
            if not self.decided:
                predicate = undecided(predicate, found.other)
        return doubtful(predicate) if found.call and not found.alone else predicate

    def _kept(
        self, test: Predicate, values: Mapping[str, Expression], state: State, start: int
    ) -> State:
        span = self.scanner.since(start)
        if too_large(test, MAX_PREDICATE):
            reason = "the predicate that it stands for is too large"
            self.scanner.unsupported("this step", reason, span)
        origin = opaque_origin(test)
        if origin is not None:
            reason = "its value is not computed"
            self.scanner.unsupported(f"a test on {origin}", reason, span)
        return self._assigned(values, replace(state, tests=(*state.tests, test)), span)

    def _assigned(self, values: Mapping[str, Expression], state: State, span: Span) -> State:
        for value in values.values():
            if too_large(value):
                reason = "its expression is too large"
                self.scanner.unsupported("a computed field", reason, span)
        return replace(state, scope=state.scope.assign(values)) if values else state

    def _assignment(self, name: Text, state: State) -> State:
        """``assignment := field ":=" expression``; a null makes no field."""
        value = self.calls.expressions(state.scope).expression()
        if self.scanner.sees("=") or not (self.scanner.ended or self.scanner.sees(*ENDS)):
            self.scanner.stray("| or the end after an assignment")
        span = name.span.to(self.scanner.since(name.span.start))
        return self._assigned({name.text: self._over(name.text, value, state, span)}, state, span)

    def _over(self, name: str, value: Expression, state: State, span: Span) -> Expression:
        """Return a new value of a field, or the old one where the new one is null."""
        if isinstance(value, Literal) and value.value is not None:
            return value
        old = state.scope.resolve(name)
        return value if old is None else Call(FIRST, (value, old), span)

    def _transform(self, called: re.Match[str], state: State) -> State:
        """A function that changes fields and keeps every event."""
        calls, name, span = self.calls, called.group(), Span(*called.span())
        calls.refuse(called)
        if name in SIGNATURES and name in _DEFAULTS and name not in TEXT_TESTS:
            given = calls.arguments(called, state.scope, SIGNATURES[name])
            value = calls.built(name, given, state.scope, span)
            target = given.get("as")
            made = _DEFAULTS[name] if target is None else target.text
            return self._assigned({made: self._over(made, value, state, span)}, state, span)
        if name == "eval":
            return self._eval(called, state)
        if name in _STEPS:
            given = calls.arguments(called, state.scope, _STEPS[name])
            return _APPLY[name](self, given, state)
        ArgumentReader(self.scanner, calls.expressions(state.scope)).skip(called)
        if name == "sort":
            return state
        return self._tainted(f"function {name}()", state)

    def _tainted(self, origin: str, state: State) -> State:
        """Fields other than the raw string may hold anything from here on."""

        def change(name: str, value: Expression | None) -> Expression | None:
            return value if name == RAW else opaque(f"a field behind {origin}")

        return replace(state, scope=state.scope.change(change))

    def _eval(self, called: re.Match[str], state: State) -> State:
        """``eval(name = expression)``."""
        scanner = self.scanner
        scanner.at = called.end()
        scanner.blank()
        scanner.take("(")
        reader = ArgumentReader(scanner, self.calls.expressions(state.scope))
        name = reader.field()
        scanner.expect("=", "expected = after the field of eval()", "write eval(name=expression)")
        value = reader.expression()
        scanner.expect(")", "this call is not closed", "add )", Span(*called.span()))
        value = self._over(name.text, value, state, name.span)
        return self._assigned({name.text: value}, state, name.span)

    def _names(self, given: Arguments) -> tuple[str, ...]:
        names = tuple(item.text for item in given.get("fields"))
        if any("*" in name for name in names):
            reason = "a pattern of names is not read"
            self.scanner.unsupported(f"{given.name}() with an asterisk", reason, given.span)
        return names

    def dropping(self, given: Arguments, state: State) -> State:
        """``drop([a, b])``."""
        return replace(state, scope=state.scope.drop(self._names(given)))

    def keeping(self, given: Arguments, state: State) -> State:
        """``select([a, b])`` and ``table([a, b])``: events pass with these fields only."""
        return replace(state, scope=state.scope.keep(self._names(given), internal=False))

    def renaming(self, given: Arguments, state: State) -> State:
        """``rename(a, as=b)``; where a is missing, b stays."""
        old, new = given.get("field").text, given.get("as").text
        if "*" in old + new or old == new:
            reason = "two different plain names are read"
            self.scanner.unsupported("this rename()", reason, given.span)
        moved = state.scope.resolve(old)
        scope = state.scope.drop((old,))
        if moved is None:
            return replace(state, scope=scope)
        value = self._over(new, moved, state, given.span)
        return replace(state, scope=scope.assign({new: value}))

    def defaulting(self, given: Arguments, state: State) -> State:
        """``default(value=..., field=...)``: fills fields that are missing."""
        values: dict[str, Expression] = {}
        for name in given.get("field"):
            old = field_value(name.text, state.scope, name.span, self.scanner)
            values[name.text] = Call(DEFAULT, (old, given.get("value")), given.span)
        return self._assigned(values, state, given.span)

    def _case(self, state: State) -> State:
        """``case := "case" "{" pipeline (";" pipeline)* ";"? "}"``."""
        opening = self.scanner.here
        self.scanner.read(_CASE)
        branches: list[State] = []
        with self.scanner:
            while not self.scanner.sees("}") and not self.scanner.ended:
                branches.append(self.pipeline(State(scope=state.scope)))
                if not self.scanner.take(";"):
                    break
        return self._branched(branches, state, opening)

    def _match(self, name: Text, state: State) -> State:
        """``match := field "match" "{" guard "=>" pipeline (";" guard "=>" pipeline)* "}"``."""
        scanner, opening = self.scanner, self.scanner.here
        scanner.read(_STEP)
        branches: list[State] = []
        with scanner:
            while not scanner.sees("}") and not scanner.ended:
                guard, values = self._guard(name, state.scope)
                scanner.expect("=>", "expected => after a guard", "write value => pipeline")
                start = State((guard,), state.scope.assign(values) if values else state.scope)
                branches.append(self.pipeline(start))
                if not scanner.take(";"):
                    break
        return self._branched(branches, state, opening)

    def _guard(self, name: Text, scope: Scope) -> tuple[Predicate, Mapping[str, Expression]]:
        """``guard := "*" | "true" | regex | function | value``."""
        scanner, start = self.scanner, self.scanner.at
        if scanner.read(_ANYTHING):
            return TRUE, {}
        target = scope.resolve(name.text)
        if scanner.sees("/"):
            found = scanner.read(REGEX)
            if found is None:
                scanner.fail("this regular expression is not closed", "close it with /")
            regex = leaves.regex_of(found[1], found[2], Span(*found.span()), scanner)
            values = self.calls.captures(regex, target, scope)
            return leaves.matching(target, regex, "= /regex/", regex.span), values
        called = Filter(scanner, scope, self.calls).call_here()
        if called:
            return self.calls.filter(called, scope, name)
        value = scanner.string() if scanner.sees('"') else scanner.word("a guard")
        return leaves.equal(target, value, scanner.since(start)), {}

    def _branched(self, branches: Sequence[State], state: State, opening: Span) -> State:
        """The first branch that lets the event pass takes it; without one it is dropped."""
        self.scanner.expect("}", "this case or match is not closed", "add }", opening)
        if not branches:
            self.scanner.fail("there is no branch", "put a pipeline between the braces", opening)
        passed = State((*state.tests, any_of(*(branch.test for branch in branches))), state.scope)
        if too_large(passed.test, MAX_PREDICATE):
            reason = "the predicate that it stands for is too large"
            self.scanner.unsupported("this case or match", reason, opening)
        if all(branch.scope is state.scope for branch in branches):
            return passed
        return replace(passed, scope=Scope(_Chosen(tuple(branches), self.scanner, opening)))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a name means behind a case: the field of the first branch that took the event."""

    branches: tuple[State, ...]
    scanner: Scanner
    span: Span
    seen: dict[str, Expression | None] = field(default_factory=dict)
    """Answers given: each branch would ask the fields before the case again."""

    def __call__(self, name: str) -> Expression | None:
        if name not in self.seen:
            self.seen[name] = self._chosen(name)
        return self.seen[name]

    def _chosen(self, name: str) -> Expression | None:
        found = [branch.scope.resolve(name) for branch in self.branches]
        if all(item is None for item in found):
            return None
        if all(isinstance(item, FieldValue) and item == found[0] for item in found):
            return found[0]
        result: Expression = Literal(None)
        for branch, item in zip(reversed(self.branches), reversed(found), strict=True):
            result = Choice(branch.test, Literal(None) if item is None else item, result)
            if too_large(result):
                reason = "its expression is too large"
                self.scanner.unsupported(f"the field {name!r} behind case", reason, self.span)
        return result


_APPLY: Mapping[str, Callable[[Reader, Arguments, State], State]] = {
    "drop": Reader.dropping,
    "select": Reader.keeping,
    "fieldset": Reader.keeping,
    "table": Reader.keeping,
    "rename": Reader.renaming,
    "default": Reader.defaulting,
}
