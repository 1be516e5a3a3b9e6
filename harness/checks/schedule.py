"""What do the interval and the look-back of a rule miss when events arrive late?

A rule that runs every ``interval`` and looks back over ``lookback`` finds an event in some run
only if that run comes after the event arrived and its window still reaches back to the event's
time. The check simulates runs against arrival delays; a watch is really evaluated at each run's
clock, so that rounding such as ``now-30m/m`` counts as it does in production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from harness.checks._base import Cell, Check, Finding, RuleResult, Witness, finding
from harness.documents.document import Document
from harness.events.kinds import CLOCK
from harness.ir import FieldType, Schedule, Truth
from harness.mutations import late_arrival
from harness.mutations._documents import delete_path
from harness.mutations._times import in_words

MAX_RUNS = 100
"""Runs after the arrival of an event that are tried; later ones see no more of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misses:
    """The shortest delays, in the steps tried, with which an event is missed.

    ``sometimes``: it depends on when the event happens within the interval; ``always``: it is
    missed whenever it happens. ``None`` where that never was so.
    """

    sometimes: timedelta | None
    always: timedelta | None


def misses(schedule: Schedule, seen: Callable[[timedelta, timedelta], bool]) -> Misses:
    """Simulate runs. ``seen(at, run)`` tells whether the run at a time finds an event of a time.

    Times are offsets from the first run. Per delay two moments decide: the event arrives just
    after a run (and waits longest for the next), or just in time for one.
    """
    assert schedule.interval is not None
    interval, lookback = schedule.interval, schedule.lookback or timedelta(0)
    more = min(lookback // interval + 1, MAX_RUNS)
    sometimes = None
    for delay in late_arrival.delays(lookback + interval + late_arrival.STEP):
        found = []
        for wait in (timedelta(seconds=1), timedelta(0)):
            first = -(-delay // interval) + 1
            at = interval * (first - 1) + wait - delay
            runs = range(first - (wait == timedelta(0)), first + more)
            found.append(any(seen(at, interval * run) for run in runs))
        if not all(found) and sometimes is None:
            sometimes = delay
        if not any(found):
            return Misses(sometimes=sometimes, always=delay)
    return Misses(sometimes=sometimes, always=None)


def _run(result: RuleResult) -> Iterator[Finding]:
    """Report each translation's schedule once, whatever it runs on."""
    reported: set[tuple[str, str]] = set()
    for cell in result.cells:
        for one in _about(cell):
            if (one.translation, one.message) not in reported:
                reported.add((one.translation, one.message))
                yield replace(one, schema="", version="")


def _about(cell: Cell) -> Iterator[Finding]:
    if cell.query is None:
        return
    schedule = cell.query.schedule or _rule_schedule(cell)
    if schedule is None:
        return
    if not schedule.interval or schedule.lookback is None:
        what = "look-back" if schedule.interval else "interval"
        message = f"the {what} is not a constant span of time, so late events are not judged"
        yield finding(cell, "schedule-unread", message, severity="note")
        return
    document = _seed(cell)
    if document is None:
        return
    if cell.query.schedule is not None:
        found = misses(schedule, _watched(cell, document, schedule))
    else:
        lookback = schedule.lookback
        found = misses(schedule, lambda at, run: at <= run and at >= run - lookback)
    yield from _finding(cell, schedule, found, document)
    yield from _capped(cell, document)


def _rule_schedule(cell: Cell) -> Schedule | None:
    """Return the schedule of the rule, if this translation is the query that it schedules."""
    same = cell.translation.source.name == cell.rule.reference.source.name
    return cell.rule.schedule if same else None


def _seed(cell: Cell) -> Document | None:
    fired = (one for one, verdict in cell.pairs() if one.malicious and verdict is Truth.TRUE)
    malicious = (one for one in cell.documents if one.malicious and one.mutation is None)
    return next(fired, None) or next(malicious, None)


def _watched(
    cell: Cell, document: Document, schedule: Schedule
) -> Callable[[timedelta, timedelta], bool]:
    """Return a test that runs the watch itself, the event's time set in the field it looks at.

    That field counts as a date even where the data source does not record it: whether it does
    is another check's question.
    """
    types = {schedule.field: FieldType(name="date")}
    start = CLOCK.replace(minute=0, second=0, microsecond=0)

    def seen(at: timedelta, run: timedelta) -> bool:
        body = dict(document.body)
        delete_path(body, schedule.field)
        moment = (start + at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body[schedule.field] = moment
        return cell.judge([body], now=start + run, types=types) == [Truth.TRUE]

    return seen


def _finding(
    cell: Cell, schedule: Schedule, found: Misses, document: Document
) -> Iterator[Finding]:
    if found.sometimes is None or schedule.interval is None or schedule.lookback is None:
        return
    promised = cell.rule.promises.late_by
    broken = promised is not None and found.sometimes <= promised
    always = f", always from {in_words(found.always)} on" if found.always is not None else ""
    yield finding(
        cell,
        "late-event-missed",
        f"runs every {in_words(schedule.interval)} and looks back {in_words(schedule.lookback)}: "
        f"an event that arrives {in_words(found.sometimes)} late can be missed{always}",
        severity="error" if broken else "note",
        hint="look back at least one interval plus the longest delay, or filter on the time of "
        "arrival (event.ingested)",
        mutation=late_arrival.MUTATION.name,
        witness=_witness(document, schedule, found.sometimes),
    )


def _witness(document: Document, schedule: Schedule, delay: timedelta) -> Witness:
    body: Mapping[str, Any] = {schedule.field: document.body.get(schedule.field, "(event time)")}
    return Witness(
        label=document.label,
        verdict="stays silent",
        activity=document.activity,
        document=body,
        because=f"searchable {in_words(delay)} after it happened",
    )


def _capped(cell: Cell, document: Document) -> Iterator[Finding]:
    """Run the query on one more matching event than the rule may alert on."""
    limit = cell.rule.metadata.max_alerts
    if limit is None or limit > 10_000 or _rule_schedule(cell) is None:  # noqa: PLR2004 - Elastic's own ceiling
        return
    fired = cell.judge([document.body] * (limit + 1)).count(Truth.TRUE)
    if fired > limit:
        yield finding(
            cell,
            "alerts-capped",
            f"{fired} matching events in one run give {limit} alerts; the rest is dropped",
            severity="note",
            hint="raise max_signals, or make the query narrower where it can match in bulk",
        )


CHECK = Check(
    name="schedule",
    question="Which events does the schedule miss when they arrive late, or in bulk?",
    codes={
        "late-event-missed": "An event that becomes searchable late falls between two windows.",
        "schedule-unread": "The interval or look-back is missing, or is no constant span of time.",
        "alerts-capped": "A run may match more events than it raises alerts for.",
    },
    rule=_run,
)
