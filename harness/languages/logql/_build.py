"""From a log query to one predicate over prepared events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
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
from harness.languages.logql._compile import step_of
from harness.languages.logql._entry import ERROR
from harness.languages.logql._plan import LINE, Kind, Plan
from harness.languages.logql._regex import (
    Patterned,
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
_EARLY = (stages.Matcher, stages.Measured)


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
        self.line = 0
        self.filtered_line = 0
        self.unknown_line = self.unknown_error = False
        self.early: dict[str, tuple[int, stages.Matcher | stages.Measured]] = {}

    def query(self, query: stages.LogQuery) -> Predicate:
        """Return the predicate of a whole query."""
        self.selector(query.matchers)
        for stage in query.stages:
            match stage:
                case stages.LineFilter():
                    self.tests.append(self.line_filter(stage))
                case stages.LabelFilter(test):
                    self.filtered_line = self.line
                    if isinstance(test, _EARLY):
                        self.early.setdefault(test.name, (len(self.tests), test))
                    self.tests.append(self.label_filter(test))
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
        if step.drops_error == "sometimes" and (self.failures or self.unknown_error):
            reason = "whether a label filter failed before it is not known here"
            raise unsupported(self.source, stage.span, f"drop by the value of {ERROR}", reason)
        if step.drops_error == "always":
            self.failures, self.unknown_error = [], False
        self.plan.steps.append(step)
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
        documented = self.line_tests(stage, self.line)
        if self.filtered_line == self.line:
            return documented
        # Loki runs a line filter before the decolorize that stands right before it
        engine = self.line_tests(stage, self.filtered_line)
        return self.read(documented, engine)

    def read(self, documented: Predicate, engine: Predicate) -> Predicate:
        """Return the reading that is asked for."""
        if self.reading == "agreed":
            return undecided(documented, engine)
        return engine if self.reading == "engine" else documented

    def line_tests(self, stage: stages.LineFilter, after: int) -> Predicate:
        tests = [self.line_test(stage, item, after) for item in stage.items]
        if stage.operator.startswith("!"):
            return all_of(*(Not(test) for test in tests))
        kept = [test for test in tests if test != TRUE]
        if not kept or len(kept) == len(tests):
            return any_of(*tests) if kept else TRUE
        return self.read(TRUE, any_of(*kept))

    def line_test(self, stage: stages.LineFilter, item: stages.Wanted, after: int) -> Predicate:
        """Return the test of one text, not negated."""
        if item.address:
            check = self.line_address(stage, item)
        elif stage.operator.endswith("~"):
            check = line_check(validated(self.source, item.text, item.span), self.reading)
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
        before = self.failures
        found: list[Predicate] = []
        for item in items:
            self.failures = []
            test = self.label_filter(item, alone=False)
            tried = [And((*map(Not, found), failure)) for failure in self.failures]
            before = [*before, *(tried if found else self.failures)]
            found.append(test)
        self.failures = before
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
        order = _ORDERS.get(test.operator)
        plain = Ordered(order, test.bound) if order else Equals(test.bound, Case.SENSITIVE)
        check = Comparison(test.kind, plain, negated=test.operator == "!=")
        return Atom(field=field, check=check, missing=missing, span=test.span)

    def unreadable(self, test: stages.Measured) -> Predicate:
        """Return that a filter fails, which stands nowhere in the text."""
        field = self.label(test.name, test.span)
        return Atom(field=field, check=Unreadable(test.kind))

    def address_test(self, test: stages.AddressTest) -> Predicate:
        """Return ``name = ip(...)``; a line with an error passes.

        Loki tries the filter as soon as a parser extracts the label. So an error of that parser
        comes too late, and one of a label filter may or may not.
        """
        check = self.address(test.pattern, test.place)
        field = self.label(test.name, test.span)
        negated = test.operator == "!="
        atom = Atom(field=field, check=check, missing=Truth.of(negated), span=test.span)
        tested = Not(atom) if negated else atom
        failures, self.failures = self.failures, []
        failed = Not(self.error(Equals(""), None))
        self.failures = failures
        after = self.plan.since(test.name)
        if not after or not self.plan.steps[after - 1].early:
            return any_of(*failures, failed, tested)
        made = Presence(field=self.plan.field_of(Kind.MADE, test.name, after), has=Has.VALUE)
        late = [And((failure, Or((Not(made), UNDECIDED)))) for failure in failures]
        return any_of(*late, And((failed, Not(made))), tested)

    def error(self, check: Check, span: Span | None) -> Predicate:
        """Return a test of the error's text, as parsers and label filters before left it."""
        if self.unknown_error:
            raise refuse_template(self.source, span or Span(0, 0), "filter on an error")
        field = self.plan.field_of(Kind.ERROR, ERROR, len(self.plan.steps))
        atom = partial(Atom, field=field, span=span)
        given = atom(check=check, missing=_accepted(check, ""))
        if not self.failures:
            return given
        none = atom(check=Equals(""), missing=Truth.TRUE)
        failed = any_of(*self.failures)
        if check == Equals(""):
            return And((none, Not(failed)))
        filtered = Constant(_accepted(check, FILTER_ERROR), span)
        silent = Constant(_accepted(check, ""), span)
        settled = Or((And((failed, filtered)), And((Not(failed), silent))))
        return Or((And((Not(none), given)), And((none, settled))))

    def try_early(self) -> None:
        """Let label filters see what Loki shows them: the label as a parser has just found it.

        Loki tries the first filter on a label as soon as a parser extracts the label, before
        other stages change it.
        https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/log/parser_hints.go
        """
        for name, (place, test) in self.early.items():
            documented = self.tests[place]
            seen = _label_point(documented)
            for after, step in enumerate(self.plan.steps, start=1):
                if not step.early or not step.touches(name) or self._point(name, after) == seen:
                    continue
                field = self.plan.field_of(Kind.MADE, name, after)
                tried = self.tried(test, field)
                self.tests[place] = self.read(self.tests[place], And((self.tests[place], tried)))

    def tried(self, test: stages.Matcher | stages.Measured, field: str) -> Predicate:
        if isinstance(test, stages.Measured):
            return self.measured(test, field, Truth.TRUE)
        missing = Truth.of(not test.operator.startswith("!"))
        return self.text_test(test, field, missing)

    def _point(self, name: str, after: int) -> str | None:
        for sight, field in self.plan.sights.items():
            if sight.kind is Kind.LABEL and sight.name == name and sight.after == after:
                return field
        return None


def _label_point(test: Predicate) -> str | None:
    inner = test.item if isinstance(test, Not) else test
    return inner.field if isinstance(inner, Atom) and isinstance(inner.field, str) else None


def _accepted(check: Check, text: str) -> Truth:
    try:
        return Truth.of(check.accepts(text))
    except Fault:
        return UNDECIDED.truth
