"""Moving the times that an activity tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from harness.mutations._base import Effect, Mutated, Subject

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


def moved(values: Mapping[str, Any], by: timedelta) -> dict[str, str]:
    """Return the values that tell a time (ISO 8601 in UTC), each moved; nothing else."""
    found = {name: _later(value, by) for name, value in values.items() if isinstance(value, str)}
    return {name: moment for name, moment in found.items() if moment is not None}


def _later(text: str, by: timedelta) -> str | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text) + by
    except (ValueError, OverflowError):
        return None
    digits = "milliseconds" if "." in text else "seconds"
    return at.isoformat(timespec=digits).replace("+00:00", "Z")


def shifted(subject: Subject, shifts: Mapping[str, timedelta]) -> Iterator[Mutated]:
    """Yield the subject with every time of the activity moved, per words and shift.

    The label binds for shifts up to the delay that the rule promises to survive, unless the
    reference looks at a time itself.
    """
    for words, by in shifts.items():
        changes = moved(subject.values, by)
        values = {**subject.values, **changes}
        document = subject.schema.render(subject.kind, values)
        if document == subject.document:
            continue
        promised = subject.late_by is not None and abs(by) <= subject.late_by
        binds = promised and not subject.read & changes.keys()
        effect = Effect.KEEPS if binds else Effect.PROBES
        yield Mutated(detail=words, document=document, effect=effect, values=values)


def in_words(span: timedelta) -> str:
    """Return a time span in the largest unit that tells it exactly."""
    seconds = int(span.total_seconds())
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s" if seconds else "0 min"
