"""The clock of the computer that records the event is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._times import in_words, shifted

_SKEWS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 60, 12 * 60))


def _apply(subject: Subject) -> Iterator[Mutated]:
    slow = {f"a clock {in_words(skew)} slow": -skew for skew in _SKEWS}
    fast = {f"a clock {in_words(skew)} fast": skew for skew in _SKEWS}
    yield from shifted(subject, slow | fast)


MUTATION = Mutation(
    name="clock-skew",
    title="a wrong clock",
    summary="Clocks drift, and a local time written as UTC is off by hours; Kerberos alone "
    "tolerates five minutes between computers of a domain.",
    effects=(Effect.KEEPS, Effect.PROBES),
    apply=_apply,
    once=True,
)
