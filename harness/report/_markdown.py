"""Markdown (CommonMark with GitHub's tables) made of texts that nobody checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ADDRESS = re.compile(r"\b(https?|ftp)(?=://)|\b(www)(?=\.)", re.IGNORECASE)
_TICKS = re.compile(r"`+")


def text(words: object) -> str:
    """Return plain text on one line: nothing in it is markup, a link or the start of a block."""
    return _at_line_start(_inline(" ".join(str(words).split())))


def _inline(words: str) -> str:
    entities = re.sub(r"[&<>]", lambda match: _ENTITIES[match.group()], words)
    return _ADDRESS.sub(r"\g<0>\\", _SPECIAL.sub(r"\\\g<0>", entities))


def _at_line_start(ready: str) -> str:
    """Keep a line from starting a list, a heading or a rule: ``- ``, ``# ``, ``1. ``."""
    start = re.match(r"\d*", ready)
    at = start.end() if start else 0
    needed = ready[at : at + 1] in (".)" if at else "-+=#") and at < len(ready)
    return f"{ready[:at]}\\{ready[at:]}" if needed else ready


def sentence(words: str) -> str:
    """Return a sentence in which pairs of backticks set query text apart."""
    parts = " ".join(words.split()).split("`")
    if len(parts) % 2 == 0:
        return text(words)
    ready = [code(part) if at % 2 else _inline(part) for at, part in enumerate(parts)]
    return _at_line_start("".join(ready))


def code(words: object) -> str:
    """Return a code span, also of text with backticks; nothing for an empty text."""
    flat = " ".join(str(words).split())
    if not flat:
        return ""
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(flat)), default=0))
    pad = " " if flat[0] == "`" or flat[-1] == "`" else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fence(words: str, language: str = "") -> Iterator[str]:
    """Yield the lines of a fenced block that its content cannot close."""
    longest = max((len(run) for run in _TICKS.findall(words)), default=0)
    ticks = "`" * max(3, longest + 1)
    yield from (f"{ticks}{language}", *words.split("\n"), ticks)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], aligns: str = "") -> Iterator[str]:
    """Yield the lines of a table of ready Markdown; ``aligns`` has ``r`` for numbers."""
    marks = {"r": "---:", "l": "---"}
    yield _row([_in_table(head) for head in heads])
    yield _row([marks[one] for one in aligns.ljust(len(heads), "l")])
    for cells in rows:
        yield _row([_in_table(cell) for cell in cells])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _in_table(cell: str) -> str:
    r"""Escape pipes: in a table ``\|`` is a pipe even inside a code span."""
    return re.sub(r"(\\*)\|", lambda match: _pipe(len(match.group(1))), cell)


def _pipe(slashes: int) -> str:
    """Return a pipe after an odd number of backslashes, which is what keeps it in its cell."""
    return "\\" * (slashes if slashes % 2 else slashes + 1) + "|"
