"""Whole queries: one filter, or a sequence or sample of filters, and the pipes after them."""

from __future__ import annotations

from dataclasses import replace

from harness.languages.eql.parser import Parser
from harness.languages.eql.syntax import Name, Sequence, Statement, Step
from harness.languages.eql.tokens import number_value
from harness.source import Source, Span

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MAX_RUNS = 100
_FEWEST = 2


def parse_statement(source: Source) -> Statement:
    """Statement: (sequence | sample | filter) pipe*."""
    parser = Parser(source)
    if parser.at("join"):
        parser.cursor.fail("'join' is not supported", "write a sequence or a sample")
    if parser.at("sequence"):
        body: Sequence | None = _sequence(parser)
    else:
        body = _sample(parser) if parser.at("sample") else None
    statement = Statement(body or parser.event_filter(), parser.pipes())
    parser.finish()
    if body and body.kind == "sample" and statement.pipes:
        parser.cursor.fail("a sample takes no pipes", "take the pipe out", statement.pipes[0].span)
    return statement


def _sequence(parser: Parser) -> Sequence:
    """Sequence: ``sequence`` keys? maxspan? step step+ (``until`` step)?."""
    start = parser.cursor.next().span
    shared = _keys(parser)
    max_span = _max_span(parser)
    if max_span is not None and parser.at("by"):
        parser.cursor.fail("'by' stands before 'with'", "write: sequence by key with maxspan=5m")
    steps = _steps(parser, start)
    until = None
    if parser.take("until"):
        until = _step(parser)
        if until.missing:
            parser.cursor.fail("'until' takes no missing event", span=until.span)
    _check_steps(parser, steps, max_span, start)
    _check_keys(parser, [*steps, until] if until else steps)
    joined = tuple(_with_keys(step, shared) for step in steps)
    until = _with_keys(until, shared) if until else None
    return Sequence(
        kind="sequence",
        steps=joined,
        max_span=max_span,
        until=until,
        span=parser.since(start),
    )


def _sample(parser: Parser) -> Sequence:
    """Sample: ``sample`` keys? step step+."""
    start = parser.cursor.next().span
    shared = _keys(parser)
    steps = _steps(parser, start)
    for step in steps:
        if step.missing or step.runs > 1:
            parser.cursor.fail("a sample has no missing events and no runs", span=step.span)
    if parser.at("until"):
        parser.cursor.fail("a sample has no 'until'")
    if len(steps) < _FEWEST:
        parser.cursor.fail("a sample needs at least two filters", span=start)
    _check_keys(parser, steps)
    joined = tuple(_with_keys(step, shared) for step in steps)
    if not joined[0].keys:
        parser.cursor.fail("a sample needs a join key", "write: sample by host.id [...] [...]")
    return Sequence(
        kind="sample", steps=joined, max_span=None, until=None, span=parser.since(start)
    )


def _with_keys(step: Step, shared: tuple[Name, ...]) -> Step:
    return replace(step, keys=shared + step.keys)


def _keys(parser: Parser) -> tuple[Name, ...]:
    """Keys: (``by`` field ("," field)*)?."""
    if not parser.take("by"):
        return ()
    keys = [parser.field()]
    while parser.take(","):
        keys.append(parser.field())
    return tuple(keys)


def _max_span(parser: Parser) -> int | None:
    """Maximum span: (``with maxspan`` "=" integer unit)?."""
    if not parser.take("with"):
        return None
    parser.expect("maxspan", "a sequence takes 'with maxspan=...' before its filters")
    parser.expect("=")
    number = parser.cursor.expect(("INTEGER", "DECIMAL"), "a time span such as 5m")
    if number.kind == "DECIMAL":
        parser.cursor.fail("a time span is a whole number", span=number.span)
    unit = parser.cursor.take("NAME")
    if unit is None or unit.text not in _UNITS:
        parser.cursor.fail(
            "the time span has no known unit",
            f"write one of {', '.join(_UNITS)} after the number, as in {number.text}s",
            unit.span if unit else number.span,
        )
    amount = int(number_value(number, parser.source))
    if amount <= 0:
        parser.cursor.fail("a time span is positive", span=number.span)
    return amount * _UNITS[unit.text]


def _steps(parser: Parser, start: Span) -> list[Step]:
    steps = []
    while parser.at("[", "!["):
        steps.append(_step(parser))
    if not steps:
        parser.cursor.fail(
            f"expected a filter in brackets, found {parser.cursor.token}",
            "write: sequence [category where condition] [category where condition]",
            None if parser.cursor.token.text else start,
        )
    return steps


def _step(parser: Parser) -> Step:
    """Step: ("[" | "![") filter "]" keys? (``with runs`` "=" integer)?."""
    token = parser.take("![") or parser.expect("[")
    event_filter = parser.event_filter()
    parser.expect("]")
    keys = _keys(parser)
    runs = _runs(parser)
    return Step(
        filter=event_filter,
        keys=keys,
        missing=token.text == "![",
        runs=1 if runs is None else runs,
        span=parser.since(token.span),
    )


def _runs(parser: Parser) -> int | None:
    """Runs: (``with runs`` "=" integer)?."""
    if not parser.take("with"):
        return None
    option = parser.cursor.token
    if option.text != "runs":
        parser.cursor.fail(f"there is no option {option.text!r} here", "a filter takes 'runs=n'")
    parser.cursor.next()
    parser.expect("=", "write: with runs=3")
    number = parser.cursor.expect(("INTEGER", "DECIMAL"), "how many times the event occurs")
    count = number_value(number, parser.source)
    if not isinstance(count, int) or not 1 <= count <= _MAX_RUNS:
        parser.cursor.fail(f"'runs' is a whole number from 1 to {_MAX_RUNS}", span=number.span)
    return count


def _check_steps(parser: Parser, steps: list[Step], max_span: int | None, start: Span) -> None:
    """Raise where a sequence has too few steps, or missing events without the bounds they need."""
    if sum(step.runs for step in steps) < _FEWEST:
        parser.cursor.fail("a sequence needs at least two filters", span=start)
    missing = [step for step in steps if step.missing]
    if missing and max_span is None:
        parser.cursor.fail(
            "a missing event needs 'with maxspan'",
            "bound the sequence: sequence with maxspan=5m ...",
            missing[0].span,
        )
    if len(missing) == len(steps):
        parser.cursor.fail("a sequence needs at least one filter that is not '!'", span=start)


def _check_keys(parser: Parser, steps: list[Step]) -> None:
    """Raise where the filters do not have equally many join keys."""
    for step in steps:
        if len(step.keys) != len(steps[0].keys):
            parser.cursor.fail(
                f"this filter has {len(step.keys)} join keys and the first has "
                f"{len(steps[0].keys)}",
                "give every filter the same number of keys",
                step.span,
            )
