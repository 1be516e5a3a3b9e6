"""The event becomes searchable only some time after it happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._times import in_words, shifted

STEP = timedelta(minutes=1)
"""The step in which schedules are tried, unless that would be more than ``MOST`` delays."""
MOST = 3000
_TYPICAL = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 24 * 60))


def delays(longest: timedelta) -> Iterator[timedelta]:
    """Yield the delays that a schedule is tried with, from none to the longest."""
    step = max(STEP, longest / MOST)
    delay = timedelta(0)
    while delay <= longest:
        yield delay
        delay += step


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Seen from the run that finds the event, its times lie the delay further back."""
    wanted = {*_TYPICAL, *((subject.late_by,) if subject.late_by else ())}
    yield from shifted(
        subject, {f"searchable {in_words(delay)} late": -delay for delay in sorted(wanted)}
    )


MUTATION = Mutation(
    name="late-arrival",
    title="late arrival",
    summary="Agents buffer and queues fill up: the event is searchable only after its time. "
    "What a schedule does about it is tried by the check of the same name.",
    effects=(Effect.KEEPS, Effect.PROBES),
    apply=_apply,
    once=True,
)
