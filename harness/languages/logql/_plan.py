"""What a query looks at, at which point of its pipeline, and how events are brought there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from harness.ir import Event
from harness.languages.logql._compile import Step
from harness.languages.logql._entry import Entry

LINE = "_raw"
"""The name of the line, as text lines have it."""


class Kind(Enum):
    """What is looked at."""

    STREAM = "a label of the stream"
    LABEL = "a label"
    MADE = "a label that a stage has just extracted"
    ERROR = "the error"
    LINE = "the line"


@dataclass(frozen=True, slots=True)
class Sight:
    """Something to look at behind the first ``after`` steps of a pipeline."""

    kind: Kind
    name: str
    after: int


@dataclass(slots=True)
class Plan:
    """The steps of a pipeline, and what is looked at on the way, by the name that it gets.

    A name is used as it is the first time; the same name at another point, where it may stand
    for another value, gets the point's number behind it. ``writer`` says how documents that
    are no lines are recorded, other than as JSON.
    """

    labels: Mapping[str, str] | None
    writer: Callable[[Event], str] | None = None
    steps: list[Step] = field(default_factory=list)
    sights: dict[Sight, str] = field(default_factory=dict)

    def field_of(self, kind: Kind, name: str, after: int) -> str:
        """Return the name of the prepared event's field for something to look at."""
        sight = Sight(kind, name, after)
        if sight not in self.sights:
            taken = set(self.sights.values())
            written = name if name not in taken else f"{name} ({kind.value}, stage {after})"
            self.sights[sight] = written
        return self.sights[sight]

    def since(self, name: str) -> int:
        """Return behind which step a label has the value that it has now."""
        after = len(self.steps)
        while after > 0 and not self.steps[after - 1].touches(name):
            after -= 1
        return after

    def prepare(self, event: Event) -> dict[str, Any]:
        """Return what the query looks at in one event."""
        entry = Entry(event, self.labels)
        if self.writer is not None and entry.document is not None:
            entry.line = self.writer(entry.document)
        found: dict[str, Any] = {}
        last = max((sight.after for sight in self.sights), default=0)
        at: dict[int, list[tuple[Sight, str]]] = {}
        for sight, name in self.sights.items():
            at.setdefault(sight.after, []).append((sight, name))
        for after in range(last + 1):
            before = set(entry.parsed)
            if after:
                self.steps[after - 1].run(entry)
            for sight, name in at.get(after, ()):
                value = _seen(entry, sight, before)
                if value is not None:
                    found[name] = value
        return found


def _seen(entry: Entry, sight: Sight, before: set[str]) -> str | None:
    match sight.kind:
        case Kind.STREAM:
            return None if entry.unlabelled else entry.stream.get(sight.name, "")
        case Kind.LABEL:
            return entry.get(sight.name)
        case Kind.MADE:
            return None if sight.name in before else entry.parsed.get(sight.name)
        case Kind.ERROR:
            return entry.error
        case Kind.LINE:
            return entry.line
