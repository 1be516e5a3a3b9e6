"""Arguments of a Windows command line, and the file names in it.

The rules are those of the C runtime, https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments,
which for the program's own name and for what an evasion adds are those of CommandLineToArgvW too
(https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 32_767
"""Characters that a command line can have, the terminating null included."""
_BLANK = " \t"
_DRIVE = re.compile(r"[A-Za-z]:\\[^\\/:*?\"<>|]")


@dataclass(frozen=True, slots=True)
class Word:
    """An argument: where it stands, and what the program gets of it."""

    start: int
    end: int
    value: str
    quotes: int = 0


def words(text: str) -> list[Word]:
    """Return the arguments of a command line, the program's name first."""
    found: list[Word] = []
    at = _skip(text, 0)
    while at < len(text):
        word = _program(text, at) if not found and at == 0 else _argument(text, at)
        found.append(word)
        at = _skip(text, word.end)
    return found


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _program(text: str, start: int) -> Word:
    """Read the program's name, in which a backslash means nothing."""
    at, inside = start, False
    while at < len(text) and (inside or text[at] not in _BLANK):
        inside ^= text[at] == '"'
        at += 1
    raw = text[start:at]
    return Word(start, at, raw.replace('"', ""), raw.count('"'))


def _argument(text: str, start: int) -> Word:
    at, inside, quotes = start, False, 0
    value: list[str] = []
    while at < len(text) and (inside or text[at] not in _BLANK):
        slashes = 0
        while at < len(text) and text[at] == "\\":
            slashes += 1
            at += 1
        if at < len(text) and text[at] == '"':
            value.append("\\" * (slashes // 2))
            if slashes % 2:
                value.append('"')
            elif inside and text[at + 1 : at + 2] == '"':
                value.append('"')
                quotes += 2
                at += 1
            else:
                inside = not inside
                quotes += 1
            at += 1
        elif slashes:
            value.append("\\" * slashes)
        else:
            value.append(text[at])
            at += 1
    return Word(start, at, "".join(value), quotes)


def paths(text: str, found: list[Word]) -> Iterator[tuple[int, int]]:
    """Yield where a whole argument is the absolute path of a file, its quotes not included."""
    for word in found:
        raw = text[word.start : word.end]
        start, end = word.start, word.end
        if word.quotes == len("''") and raw[0] == raw[-1] == '"':
            start, end = start + 1, end - 1
        elif word.quotes:
            continue
        if _DRIVE.match(text, start, end) and text[start:end] == word.value:
            yield start, end


def replaced(text: str, changes: list[tuple[int, int, str]]) -> str:
    """Return a text with some parts replaced; they do not overlap."""
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text
