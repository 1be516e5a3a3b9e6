"""Text that a user wrote, and places inside it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from harness.errors import HarnessError


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets into a :class:`Source`."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the smallest span that covers this one and ``other``."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True)
class Source:
    """A named text, with offsets translated to lines and columns (both from 1)."""

    text: str
    name: str = "<query>"
    first_line: int = 1
    first_column: int = 1
    _cache: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return starts

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return the line and column of a character offset, both counted from 1."""
        offset = max(0, min(offset, len(self.text)))
        row = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[row] + (self.first_column if row == 0 else 1)
        return self.first_line + row, column

    def line_at(self, offset: int) -> str:
        """Return the whole line that holds ``offset``, without its line end."""
        row = bisect_right(self._starts, max(0, min(offset, len(self.text)))) - 1
        start = self._starts[row]
        end = self._starts[row + 1] - 1 if row + 1 < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def place(self, span: Span) -> str:
        """Return ``name:line:column`` of a span's start."""
        line, column = self.line_column(span.start)
        return f"{self.name}:{line}:{column}"

    def excerpt(self, span: Span, *, width: int = 100) -> str:
        """Return the line of ``span`` and a caret line under it, cut to ``width`` columns."""
        line = self.line_at(span.start).replace("\t", " ")
        row = bisect_right(self._starts, max(0, min(span.start, len(self.text)))) - 1
        column = min(span.start, len(self.text)) - self._starts[row] + 1
        begin = max(0, column - 1 - width // 2)
        shown = line[begin : begin + width]
        room = max(1, len(shown) - (column - 1 - begin))
        carets = "^" * max(1, min(span.end - span.start, room))
        return f"  {shown}\n  {' ' * (column - 1 - begin)}{carets}"


@dataclass
class _Placed(HarnessError):
    """An error with a place in a source; the message is one line, the rendering several."""

    message: str
    source: Source
    span: Span
    hint: str = ""

    def __post_init__(self) -> None:
        super().__init__(self.message)

    @property
    def place(self) -> str:
        """``file:line:column`` of the error."""
        return self.source.place(self.span)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}\n{self.source.excerpt(self.span)}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class QuerySyntaxError(_Placed):
    """The real language rejects this query."""


class Unsupported(_Placed):
    """The language allows this construct and the harness does not evaluate it yet.

    ``message`` names the feature, ``hint`` gives the reason.
    """

    @property
    def feature(self) -> str:
        """The name of the construct that is not evaluated."""
        return self.message

    @property
    def reason(self) -> str:
        """Why it is not evaluated."""
        return self.hint
