"""What a translation costs, as ratios within one run: never as seconds.

``relative`` compares the time per event with that of the cheapest predicate there is (one
equality on one field) on the same documents. ``growth`` is the exponent by which the time of
the query's patterns grows with the length of a text made to hurt them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from harness.checks import Cell, Cost
from harness.errors import Fault
from harness.evaluate import oracle
from harness.ir import Atom, Check, Equals, Glob, Matches, Predicate, walk_predicate
from harness.ir.regexes import RegexError

SAMPLES = 40
REPEATS = 5
LENGTHS = (1000, 2000, 4000)
LONGEST = 0.5
"""Seconds of processor time after which a single match counts as exhausted."""
NOISE = 2e-5
"""Seconds of processor time below which a growth is not told from noise."""
STEEP = 1.2
"""Exponent from which a growth is measured again, since other work may have disturbed it."""
CONFIRMATIONS = 3


def measure(cell: Cell) -> Cost:
    """Return the cost of a cell's query."""
    assert cell.query is not None
    bodies = [one.body for one in cell.documents if one.mutation is None][:SAMPLES]
    prepared = [cell.query.prepare(body) if cell.query.prepare else body for body in bodies]
    relative = _relative(cell.query.predicate, prepared, cell)
    growth, text, exhausted = _growth(cell.query.predicate)
    return Cost(relative=relative, growth=growth, exhausted=exhausted, text=text)


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
    times = []
    for _ in range(REPEATS):
        started = time.thread_time()
        action()
        times.append(time.thread_time() - started)
    return min(times)


def _growth(predicate: Predicate) -> tuple[float, str, bool]:
    """Return the worst growth exponent over all patterns, its text, and whether one gave up."""
    worst, worst_text = 1.0, ""
    for check in _patterns(predicate):
        for unit in _hostile(check):
            try:
                exponent, exhausted = _confirmed(check, unit)
            except (Fault, RegexError):
                return math.inf, unit, True
            if exhausted:
                return math.inf, unit, True
            if exponent > worst:
                worst, worst_text = exponent, unit
    return round(worst, 2), worst_text, False


def _patterns(predicate: Predicate) -> Iterator[Check]:
    for node in walk_predicate(predicate):
        if isinstance(node, Atom) and isinstance(node.check, Matches | Glob):
            yield node.check


def _hostile(check: Check) -> Iterator[str]:
    """Yield short texts whose repetition may make a pattern backtrack."""
    if isinstance(check, Glob):
        literal = "".join(piece for piece in check.pieces if isinstance(piece, str))
        yield literal or "x"
        if literal:
            yield literal[:1]
        return
    assert isinstance(check, Matches)
    letters = dict.fromkeys(char for char in check.pattern if char.isalnum())
    yield from list(letters)[:4]
    word = "".join(letters)[:12]
    yield from (unit for unit in (word, " ", "1", "\\") if unit)


def _confirmed(check: Check, unit: str) -> tuple[float, bool]:
    """Return the exponent; one that looks steep is measured again, and the least one counts."""
    exponent, exhausted = _exponent(check, unit)
    for _ in range(CONFIRMATIONS):
        if exhausted or exponent <= STEEP:
            break
        again, exhausted = _exponent(check, unit)
        exponent = min(exponent, again)
    return exponent, exhausted


def _exponent(check: Check, unit: str) -> tuple[float, bool]:
    """Return the exponent of time over length, from the shortest to the longest text."""
    times = []
    for length in LENGTHS:
        text = (unit * (length // len(unit) + 1))[:length] + "\x01"
        started = time.thread_time()
        check.accepts(text)
        first = time.thread_time() - started
        if first > LONGEST:
            return math.inf, True
        times.append(min(first, _best(partial(check.accepts, text))))
    if times[-1] < NOISE:
        return 1.0, False
    return math.log(times[-1] / max(times[0], NOISE)) / math.log(LENGTHS[-1] / LENGTHS[0]), False
