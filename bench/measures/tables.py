"""Numbers as Markdown tables, and messages without what differs from query to query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WIDTH = 110
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|\u2018[^\u2019]*\u2019")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_RIGHT = re.compile(r"[\d.]+|-|")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under heads; numbers stand on the right."""
    lines = [[cell(one) for one in row] for row in rows]
    right = [
        any(line[at] for line in lines) and all(_RIGHT.fullmatch(line[at]) for line in lines)
        for at in range(len(heads))
    ]
    widths = [
        max(3, len(head), *(len(line[at]) for line in lines), 0) for at, head in enumerate(heads)
    ]
    rule = [
        "-" * (width - 1) + (":" if far else "-") for width, far in zip(widths, right, strict=True)
    ]
    for line in (heads, rule, *lines):
        padded = (
            one.rjust(width) if far else one.ljust(width)
            for one, width, far in zip(line, widths, right, strict=True)
        )
        print(f"| {' | '.join(padded)} |")
    print()


def cell(value: object) -> str:
    """Return a value as the text of one cell."""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return short(text).replace("|", "\\|")


def short(text: str, width: int = WIDTH) -> str:
    """Return a text on one line, cut to a width."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def kind_of_message(message: str) -> str:
    """Return a message without the names and numbers of one query."""
    line = message.strip().splitlines()[0] if message.strip() else "(no message)"
    return short(_NUMBER.sub("N", _QUOTED.sub("'…'", line)), 90)


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent."""
    return f"{100 * part / whole:.2f}" if whole else "-"


def ratio(part: float, whole: float) -> str:
    """Return a ratio of two times."""
    return f"{part / whole:.2f}" if whole else "-"


def section(title: str, *notes: str) -> None:
    """Print a heading and what stands under it."""
    print(f"## {title}\n")
    if notes:
        print("\n".join(notes), end="\n\n")
