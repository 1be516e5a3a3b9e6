"""From a log query to one predicate over prepared events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import (
    TRUE,
    And,
    Anything,
    Atom,
    Case,
    Check,
    Constant,
    Equals,
    Has,
    Not,
    Or,
    Order,
    Ordered,
    Predicate,
    Presence,
    Truth,
    all_of,
    any_of,
)
from harness.languages._lexing import syntax_error, unsupported
from harness.languages._on_scope import UNDECIDED, undecided
from harness.languages.logql import _stages as stages
from harness.languages.logql import _units as units
from harness.languages.logql._addresses import address_check
from harness.languages.logql._compile import Step, step_of
from harness.languages.logql._entry import ERROR
from harness.languages.logql._plan import LINE, Kind, Plan
from harness.languages.logql._regex import (
    Patterned,
    choose,
    contains,
    label_check,
    line_check,
    stream_check,
    validated,
)
from harness.languages.logql._semantics import OPERATORS
from harness.languages.logql._syntax import line_pattern, refuse_template
from harness.source import Source, Span

FILTER_ERROR = "LabelFilterErr"
_ORDERS = {">": Order.GREATER, ">=": Order.AT_LEAST, "<": Order.LESS, "<=": Order.AT_MOST}
_READERS: dict[str, Callable[[str], float | None]] = {
    "NUMBER": units.number,
    "DURATION": units.go_duration,
    "BYTES": units.size,
}
MOST_ALTERNATIVES = 500
"""Tests before one that may fail; each failure is told from all before it."""
LOGFMT_ERROR = "LogfmtParserErr"
Single = stages.Matcher | stages.Measured | stages.AddressTest


@dataclass(frozen=True, slots=True)
class Comparison:
    """A label's text, read as a number, a duration or a size, compares to a bound.

    A text that cannot be read passes: Loki keeps the line and notes an error.
    """

    kind: str
    check: Equals | Ordered
    negated: bool = False

    def accepts(self, value: Any) -> bool:
        read = _READERS[self.kind](str(value))
        return read is None or self.check.accepts(read) is not self.negated

    def describe(self) -> str:
        no = "not " if self.negated else ""
        return f"{no}{self.check.describe()} ({self.kind.lower()}), or unreadable"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A label's text cannot be read as a number, a duration or a size."""

    kind: str

    def accepts(self, value: Any) -> bool:
        return _READERS[self.kind](str(value)) is None

    def describe(self) -> str:
        return f"is no {self.kind.lower()}"


class Builder:
    """Builds the predicate stage by stage."""

    def __init__(self, source: Source, labels: Mapping[str, str] | None, reading: str) -> None:
        self.source = source
        self.plan = Plan(labels)
        self.reading = reading
        self.tests: list[Predicate] = []
        self.failures: list[Predicate] = []
        self.early_failures: list[Predicate] = []
        self.failed_before: dict[int, tuple[list[Predicate], bool]] = {}
        self.line = 0
        self.filtered_line = 0
        self.unknown_line = self.unknown_error = False
        self.early: dict[str, Single | None] = {}
        self.placed: dict[int, Predicate] = {}

    def query(self, query: stages.LogQuery) -> Predicate:
        """Return the predicate of a whole query."""
        self.selector(query.matchers)
        self.early = self.early_filters(query.stages)
        for stage in query.stages:
            match stage:
                case stages.LineFilter():
                    self.tests.append(self.line_filter(stage))
                case stages.LabelFilter(test):
                    self.filtered_line = self.line
                    self.tests.append(self.label_filter(test))
                    if test in self.early.values():
                        self.placed.setdefault(id(test), self.tests[-1])
                case stages.Change():
                    self.change(stage)
        self.try_early()
        tests = [test for test in self.tests if test != TRUE]
        return all_of(*tests) if tests else TRUE

    def selector(self, matchers: tuple[stages.Matcher, ...]) -> None:
        """Add the matchers; one of them has to refuse the empty text."""
        refuses = False
        for matcher in matchers:
            atom = self.stream_atom(matcher)
            negated = matcher.operator.startswith("!")
            refuses |= atom.check.accepts("") is negated
            self.tests.append(Not(atom) if negated else atom)
        if not refuses:
            span = matchers[0].span.to(matchers[-1].span)
            hint = 'add one such as {job=~".+"}'
            message = "every matcher of the selector accepts an empty label"
            raise syntax_error(self.source, span, message, hint)

    def stream_atom(self, matcher: stages.Matcher) -> Atom:
        """Return the test of one matcher; a stream that is not known passes."""
        if matcher.operator.endswith("~"):
            check: Check = stream_check(validated(self.source, matcher.text, matcher.span))
        else:
            check = Equals(matcher.text, OPERATORS["="].case)
        negated = matcher.operator.startswith("!")
        return Atom(
            field=self.plan.field_of(Kind.STREAM, matcher.name, 0),
            check=check,
            missing=Truth.of(not negated),
            span=matcher.span,
        )

    def change(self, stage: stages.Change) -> None:
        """Add a stage that changes labels or the line."""
        if self.unknown_line and stage.kind in ("json", "logfmt", "regexp", "pattern", "unpack"):
            raise refuse_template(self.source, stage.span, f"{stage.kind} of a formatted line")
        step = step_of(self.source, stage)
        failures = [*self.failures, *self.early_failures]
        if step.drops_error == "sometimes" and (failures or self.unknown_error):
            reason = "whether a label filter failed before it is not known here"
            raise unsupported(self.source, stage.span, f"drop by the value of {ERROR}", reason)
        if step.drops_error == "always":
            self.failures, self.early_failures, self.unknown_error = [], [], False
        self.plan.steps.append(step)
        if step.early:
            self.failed_before[len(self.plan.steps)] = failures, self.unknown_error
            self.early_failures += self.failing_early(step)
        if stage.kind == "logfmt" and "--strict" in stage.flags and not stage.value:
            self.refuse_early(stage)
        self.unknown_line |= step.unknown_line
        self.unknown_error |= step.unknown_error
        if step.line:
            self.line = len(self.plan.steps)
            if stage.kind != "decolorize":
                self.filtered_line = self.line

    # line filters

    def line_filter(self, stage: stages.LineFilter) -> Predicate:
        """``op "text" or "text"``: one of them, or none of them with a negated operator."""
        if self.unknown_line:
            raise refuse_template(self.source, stage.span, "line filter on a formatted line")
        # Loki runs a line filter before the decolorize that stands right before it
        documented = self.line_tests(stage, self.line, "documented")
        engine = self.line_tests(stage, self.filtered_line, "engine")
        if self.reading != "agreed":
            return engine if self.reading == "engine" else documented
        if self.filtered_line == self.line and len(stage.items) == 1:
            return self.line_tests(stage, self.line, "agreed")
        return documented if documented == engine else undecided(documented, engine)

    def read(self, documented: Predicate, engine: Predicate) -> Predicate:
        """Return the reading that is asked for."""
        if self.reading == "agreed":
            return documented if documented == engine else undecided(documented, engine)
        return engine if self.reading == "engine" else documented

    def line_tests(self, stage: stages.LineFilter, after: int, reading: str) -> Predicate:
        tests = [self.line_test(stage, item, after, reading) for item in stage.items]
        if stage.operator.startswith("!"):
            return all_of(*(Not(test) for test in tests))
        return any_of(*(_chained(tests) if reading == "engine" else tests))

    def line_test(
        self, stage: stages.LineFilter, item: stages.Wanted, after: int, reading: str
    ) -> Predicate:
        """Return the test of one text, not negated."""
        if item.address:
            check = self.line_address(stage, item)
        elif stage.operator.endswith("~"):
            check = line_check(validated(self.source, item.text, item.span), reading)
        elif stage.operator.endswith(">"):
            check = Patterned(line_pattern(self.source, item.text, item.span))
        else:
            check = contains(item.text, OPERATORS["|="].case) if item.text else Anything()
        if check == Anything():
            return Constant(Truth.TRUE, item.span)
        return self.line_atom(check, item.span, after)

    def line_address(self, stage: stages.LineFilter, item: stages.Wanted) -> Check:
        if stage.operator not in ("|=", "!="):
            message = f"{stage.operator} takes no ip()"
            raise syntax_error(self.source, item.span, message, "write |= or !=")
        if stage.operator == "|=" and len(stage.items) > 1:
            reason = "Loki takes it as plain text there, which is not documented"
            raise unsupported(self.source, item.span, "ip() beside or", reason)
        return self.address(item.text, item.span)

    def address(self, pattern: str, span: Span) -> Check:
        check = address_check(pattern)
        if check is None:
            hint = "write an address, a network such as 10.0.0.0/8, or first-last without blanks"
            raise syntax_error(self.source, span, f"{pattern!r} is no address pattern", hint)
        return check

    def line_atom(self, check: Check, span: Span, after: int) -> Atom:
        return Atom(field=self.plan.field_of(Kind.LINE, LINE, after), check=check, span=span)

    # label filters

    def label_filter(self, test: stages.LabelTest, *, alone: bool = True) -> Predicate:
        """Return the predicate of a label filter; notes where it fails on an unreadable value."""
        match test:
            case stages.Both(items):
                return And(tuple(self.label_filter(item, alone=False) for item in items))
            case stages.Either(items):
                return self.either(items)
            case stages.Matcher(name=name) if name == ERROR:
                tested = self.error(self.text_check(test), test.span)
                return Not(tested) if test.operator.startswith("!") else tested
            case stages.Matcher():
                return self.text_test(test, self.label(test.name, test.span))
            case stages.Measured():
                self.failures.append(self.unreadable(test))
                return self.measured(test, self.label(test.name, test.span))
            case stages.AddressTest():
                if not alone and address_check(test.pattern) is None:
                    reason = "Loki refuses it in a filter on its own, and here it is never true"
                    raise unsupported(self.source, test.place, "ip() of no address", reason)
                return self.address_test(test)

    def either(self, items: tuple[stages.LabelTest, ...]) -> Predicate:
        """One of the tests; one behind it is not tried, and does not fail."""
        found: list[Predicate] = []
        for item in items:
            before = len(self.failures)
            test = self.label_filter(item, alone=False)
            if len(self.failures) > before:
                if len(found) > MOST_ALTERNATIVES:
                    what = f"more than {MOST_ALTERNATIVES} alternatives of which one may fail"
                    raise unsupported(self.source, Span(0, 0), what, "it is not evaluated")
                untrue = [*map(Not, found)]
                self.failures[before:] = [all_of(*untrue, one) for one in self.failures[before:]]
            found.append(test)
        return Or(tuple(found))

    def label(self, name: str, span: Span) -> str:
        """Return the field that holds a label at this point."""
        after = self.plan.since(name)
        if after and name in self.plan.steps[after - 1].unknown:
            raise refuse_template(self.source, span, f"filter on the formatted label {name}")
        return self.plan.field_of(Kind.LABEL, name, after)

    def text_check(self, test: stages.Matcher) -> Check:
        if test.operator.endswith("~"):
            return label_check(validated(self.source, test.text, test.span), self.reading)
        return Equals(test.text, OPERATORS["="].case)

    def text_test(
        self, test: stages.Matcher, field: str, missing: Truth | None = None
    ) -> Predicate:
        """Return ``name op text``; a label that is not there is the empty text."""
        check, negated = self.text_check(test), test.operator.startswith("!")
        if check == Anything():
            return Constant(Truth.of(not negated), test.span)
        absent = _accepted(check, "") if missing is None else missing
        atom = Atom(field=field, check=check, missing=absent, span=test.span)
        return Not(atom) if negated else atom

    def measured(
        self, test: stages.Measured, field: str, missing: Truth = Truth.FALSE
    ) -> Predicate:
        """Return ``name op quantity``; a label that is not there does not pass."""
        check: Check = _compared(test, test.bound)
        if test.kind == "BYTES":
            check = choose(check, _compared(test, units.size_as_sent(test.bound)), self.reading)
        return Atom(field=field, check=check, missing=missing, span=test.span)

    def unreadable(self, test: stages.Measured) -> Predicate:
        """Return that a filter fails, which stands nowhere in the text."""
        field = self.label(test.name, test.span)
        return Atom(field=field, check=Unreadable(test.kind))

    def address_test(self, test: stages.AddressTest) -> Predicate:
        """Return ``name = ip(...)``; a line with an error passes."""
        tested = self.in_label(test, self.label(test.name, test.span))
        failed = Not(self.error_after(len(self.plan.steps), Equals(""), None))
        documented = any_of(*self.failures, failed, tested)
        if not self.early_failures:
            return documented
        return self.read(documented, any_of(*self.early_failures, documented))

    def in_label(
        self, test: stages.AddressTest, field: str, missing: Truth = Truth.FALSE
    ) -> Predicate:
        """Return that a label holds an address, or with ``!=`` that it does not."""
        check = self.address(test.pattern, test.place)
        negated = test.operator == "!="
        absent = Truth.of((missing is Truth.TRUE) is not negated)
        atom = Atom(field=field, check=check, missing=absent, span=test.span)
        return Not(atom) if negated else atom

    def error(self, check: Check, span: Span | None) -> Predicate:
        """Return a test of the error's text, as parsers and label filters before left it."""
        documented = self.error_of(check, span, self.failures)
        if not self.early_failures:
            return documented
        engine = self.error_of(check, span, [*self.failures, *self.early_failures])
        return self.read(documented, engine)

    def error_after(self, after: int, check: Check, span: Span | None) -> Atom:
        """Return a test of the error that the parsers among the first steps left."""
        if self.unknown_error:
            raise refuse_template(self.source, span or Span(0, 0), "filter on an error")
        field = self.plan.field_of(Kind.ERROR, ERROR, after)
        return Atom(field=field, check=check, missing=_accepted(check, ""), span=span)

    def error_of(self, check: Check, span: Span | None, failures: Sequence[Predicate]) -> Predicate:
        """Return a test of the error, which is that of a filter where one of these failed."""
        given = self.error_after(len(self.plan.steps), check, span)
        if not failures:
            return given
        none = self.error_after(len(self.plan.steps), Equals(""), span)
        failed = any_of(*failures)
        if check == Equals(""):
            return And((none, Not(failed)))
        filtered = Constant(_accepted(check, FILTER_ERROR), span)
        silent = Constant(_accepted(check, ""), span)
        settled = Or((And((failed, filtered)), And((Not(failed), silent))))
        return Or((And((Not(none), given)), And((none, settled))))

    # label filters that Loki tries while a parser extracts

    def early_filters(self, found: Sequence[stages.Stage]) -> dict[str, Single | None]:
        """Return the filters that Loki tries as soon as a parser extracts a label of the name.

        It is the first filter on the label that stands alone in its stage. Filters and names are
        two lists, and a filter that accepts everything has no name: the names behind it meet a
        filter too early. One that is for another label is ``None`` here: what it does depends on
        the order in which labels are found.
        https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/log/parser_hints.go
        """
        tests = [stage.test for stage in found if isinstance(stage, stages.LabelFilter)]
        filters = [test for test in tests if not isinstance(test, stages.Both | stages.Either)]
        names = [test.name for test in filters if not self.accepts_all(test)]
        early: dict[str, Single | None] = {}
        for name, test in zip(names, filters, strict=False):
            if name not in early and not self.accepts_all(test):
                early[name] = test if test.name == name else None
            elif name not in early:
                early[name] = _NO_TEST
        return {name: test for name, test in early.items() if test is not _NO_TEST}

    def accepts_all(self, test: Single) -> bool:
        if not isinstance(test, stages.Matcher) or test.operator != "=~":
            return False
        return label_check(validated(self.source, test.text, test.span), "engine") == Anything()

    def failing_early(self, step: Step) -> list[Predicate]:
        """Return where a filter fails on a label that the last step has extracted."""
        after = len(self.plan.steps)
        return [
            Atom(field=self.plan.field_of(Kind.MADE, name, after), check=Unreadable(test.kind))
            for name, test in self.early.items()
            if isinstance(test, stages.Measured) and step.touches(name)
        ]

    def refuse_early(self, stage: stages.Change) -> None:
        """Let a filter on the error see that of a strict ``logfmt`` at once, wherever it stands."""
        test = self.early.get(ERROR)
        if not isinstance(test, stages.Matcher):
            return
        accepted = _accepted(self.text_check(test), LOGFMT_ERROR)
        if accepted is Truth.of(not test.operator.startswith("!")):
            return
        broken = self.plan.field_of(Kind.ERROR, ERROR, len(self.plan.steps))
        failed = Atom(field=broken, check=Equals(LOGFMT_ERROR), span=stage.span)
        self.tests.append(self.read(TRUE, Not(failed)))

    def try_early(self) -> None:
        """Let label filters see what Loki shows them: the label as a parser has just found it."""
        for name, test in self.early.items():
            if name == ERROR:
                continue
            for after, step in enumerate(self.plan.steps, start=1):
                if not step.early or not step.touches(name) or self.is_seen(test, name, after):
                    continue
                field = self.plan.field_of(Kind.MADE, name, after)
                self.tests.append(self.read(TRUE, self.tried(test, field, after)))

    def is_seen(self, test: Single | None, name: str, after: int) -> bool:
        """Return whether a filter looks at the label behind this step where it stands, too."""
        if not isinstance(test, stages.Matcher | stages.Measured):
            return False
        point = self._point(name, after)
        return point is not None and _label_point(self.placed[id(test)]) == point

    def tried(self, test: Single | None, field: str, after: int) -> Predicate:
        """Return a filter on a label that a step has just extracted."""
        match test:
            case stages.Measured():
                return self.measured(test, field, Truth.TRUE)
            case stages.Matcher():
                missing = Truth.of(not test.operator.startswith("!"))
                return self.text_test(test, field, missing)
            case stages.AddressTest():
                failures, unknown = self.failed_before[after]
                error = UNDECIDED if unknown else Not(self.error_after(after - 1, Equals(""), None))
                return any_of(*failures, error, self.in_label(test, field, Truth.TRUE))
            case None:
                return Or((Not(Presence(field=field, has=Has.VALUE)), UNDECIDED))

    def _point(self, name: str, after: int) -> str | None:
        for sight, field in self.plan.sights.items():
            if sight.kind is Kind.LABEL and sight.name == name and sight.after == after:
                return field
        return None


_NO_TEST = stages.Matcher(name="", operator="=", text="", span=Span(0, 0))


def _chained(tests: Sequence[Predicate]) -> list[Predicate]:
    """Return the tests that are left of a chain of ``or`` in Loki's code.

    A test that always holds is left out, but not once it has been a part of the chain.
    https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/log/filter.go (``newOrFilter``)
    """
    left = [tests[0]]
    for at, test in enumerate(tests[1:]):
        if at == 0 and left == [TRUE]:
            left = [test]
        elif test != TRUE:
            left.append(test)
    return left


def _compared(test: stages.Measured, bound: float) -> Comparison:
    order = _ORDERS.get(test.operator)
    plain = Ordered(order, bound) if order else Equals(bound, Case.SENSITIVE)
    return Comparison(test.kind, plain, negated=test.operator == "!=")


def _label_point(test: Predicate) -> str | None:
    inner = test.item if isinstance(test, Not) else test
    return inner.field if isinstance(inner, Atom) and isinstance(inner.field, str) else None


def _accepted(check: Check, text: str) -> Truth:
    try:
        return Truth.of(check.accepts(text))
    except Fault:
        return UNDECIDED.truth
