"""What a translation costs, as ratios within one run: never as seconds.

``relative`` compares the time per event with that of the cheapest predicate there is (one
equality on one field) on the same documents. ``growth`` is the exponent by which the time of
the query's patterns grows with the length of a text made to hurt them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeGuard

from harness.checks import Cell, Cost
from harness.errors import Fault
from harness.evaluate import oracle
from harness.ir import (
    Atom,
    Check,
    Condition,
    Equals,
    Glob,
    Matches,
    Predicate,
    Semantics,
    Truth,
    walk_predicate,
)
from harness.ir.nodes import expression_fields
from harness.ir.regexes import RegexError
from harness.source import Span

SAMPLES, FEW = 40, 10
"""Events on which a query is timed, and how many for a rule that is one of thousands."""
REPEATS = 5
LENGTHS = (1000, 2000, 4000)
LONGEST = 0.5
"""Seconds of processor time after which a single match counts as exhausted."""
NOISE = 2e-5
"""Seconds of processor time below which a growth is not told from noise."""
STEEP = 1.2
"""Exponent from which a growth is measured again, since other work may have disturbed it."""
CONFIRMATIONS = 3
ENOUGH = 0.01
"""Seconds of processor time after which no measurement is repeated: it stands out by itself."""


def measure(cell: Cell) -> Cost:
    """Return the cost of a cell's query."""
    assert cell.query is not None
    samples = FEW if cell.rule.promises.focused else SAMPLES
    bodies = [one.body for one in cell.documents if one.mutation is None][:samples]
    prepared = [cell.query.prepare(body) if cell.query.prepare else body for body in bodies]
    relative = _relative(cell.query.predicate, prepared, cell)
    worst = _worst(_targets(cell))
    return Cost(
        relative=relative,
        growth=worst.exponent,
        exhausted=worst.exponent == math.inf,
        text=worst.unit,
        span=worst.span,
    )


def _relative(predicate: Predicate, bodies: Sequence[Any], cell: Cell) -> float:
    if not bodies:
        return 1.0
    first = next(iter(bodies[0]), "_raw")
    cheapest = Atom(field=first, check=Equals("no such value"))

    def run(node: Predicate) -> Callable[[], None]:
        def once() -> None:
            for body in bodies:
                oracle.evaluate(node, body, cell.semantics)

        return once

    return max(1.0, _best(run(predicate)) / max(_best(run(cheapest)), 1e-9))


def _best(action: Callable[[], object]) -> float:
    action()
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < ENOUGH:
        started = time.thread_time()
        action()
        times.append(time.thread_time() - started)
    return min(times)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """A part of a query that takes a text, and the short texts whose repetition may hurt it."""

    apply: Callable[[str], object]
    units: tuple[str, ...]
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worst:
    """The steepest growth seen: its exponent, the text and the part that show it."""

    exponent: float = 1.0
    unit: str = ""
    span: Span | None = None


def _worst(targets: Iterable[_Target]) -> _Worst:
    """Return the worst growth over all parts; infinite where one gave up."""
    worst = _Worst()
    for target in targets:
        for unit in target.units:
            try:
                exponent = _confirmed(target, unit)
            except (Fault, RegexError):
                exponent = math.inf
            if exponent > worst.exponent:
                worst = _Worst(exponent=round(exponent, 2), unit=unit, span=target.span)
            if exponent == math.inf:
                return worst
    return worst


def _targets(cell: Cell) -> Iterator[_Target]:
    assert cell.query is not None
    for node in walk_predicate(cell.query.predicate):
        if isinstance(node, Atom) and _backtracks(node.check):
            yield _Target(apply=node.check.accepts, units=_hostile(node.check), span=node.span)
        elif isinstance(node, Condition) and expression_fields(node.expression) - {"*"}:
            written = cell.translation.source.text
            if node.span is not None:
                written = written[node.span.start : node.span.end]
            yield _Target(
                apply=partial(_decide, node, cell.semantics),
                units=_letters(written),
                span=node.span,
            )


def _backtracks(check: Check) -> TypeGuard[Matches | Glob]:
    """Return whether matching may have to start over: texts that are merely found never do."""
    return isinstance(check, Matches) or (isinstance(check, Glob) and check.runs() is None)


def _decide(node: Condition, semantics: Semantics, text: str) -> None:
    """Decide a condition whose fields all hold a text; raise where only its length is to blame."""
    names = expression_fields(node.expression)
    outcomes = [
        oracle.condition_truth(node, dict.fromkeys(names, value), semantics)
        for value in (text, text[:8])
    ]
    if outcomes[0] is Truth.UNDEFINED is not outcomes[1]:
        message = "the condition gives up"
        raise Fault(message)


def _hostile(check: Glob | Matches) -> tuple[str, ...]:
    """Return short texts whose repetition may make a pattern backtrack."""
    if isinstance(check, Matches):
        return _letters(check.pattern)
    literal = "".join(piece for piece in check.pieces if isinstance(piece, str))
    return tuple(dict.fromkeys((literal or "x", literal[:1] or "x")))


def _letters(pattern: str) -> tuple[str, ...]:
    letters = dict.fromkeys(char for char in pattern if char.isalnum())
    word = "".join(letters)[:12]
    units = (*list(letters)[:4], word, " ", "1", "\\")
    return tuple(unit for unit in dict.fromkeys(units) if unit)


def _confirmed(target: _Target, unit: str) -> float:
    """Return the exponent; one that looks steep is measured again, and the least one counts."""
    exponent = _exponent(target, unit)
    for _ in range(CONFIRMATIONS):
        if exponent == math.inf or exponent <= STEEP:
            break
        exponent = min(exponent, _exponent(target, unit))
    return exponent


def _exponent(target: _Target, unit: str) -> float:
    """Return the exponent of time over length, from the shortest to the longest text."""
    times = []
    for length in LENGTHS:
        text = (unit * (length // len(unit) + 1))[:length] + "\x01"
        started = time.thread_time()
        target.apply(text)
        first = time.thread_time() - started
        if first > LONGEST:
            return math.inf
        times.append(min(first, _best(partial(target.apply, text))))
    if times[-1] < NOISE:
        return 1.0
    return math.log(times[-1] / max(times[0], NOISE)) / math.log(LENGTHS[-1] / LENGTHS[0])
