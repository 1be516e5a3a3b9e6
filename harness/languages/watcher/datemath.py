"""Date math in a configured value: ``<{now-5m}>``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harness.languages._elastic.date_formats import FormatUnsupported
from harness.languages._elastic.dates import DEFAULT_FORMAT, DateError, DateReader
from harness.languages.watcher._read import invalid
from harness.source import Source, Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DateMath:
    """A moment given by date math, worked out at the time of execution (in UTC)."""

    text: str
    moment: datetime

    def __repr__(self) -> str:
        return f"<{{{self.text}}}>"


def read_date_math(text: str, now: datetime, source: Source, span: Span) -> DateMath:
    """Return the moment of a date math expression."""
    try:
        nanos = DateReader(DEFAULT_FORMAT, now).bound(text, up=False)
    except (DateError, FormatUnsupported) as error:
        raise invalid(source, span, f"{text!r} is no date math: {error}") from error
    return DateMath(text, _EPOCH + timedelta(microseconds=nanos // 1000))
