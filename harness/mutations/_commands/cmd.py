"""The command that cmd.exe is given, and the parts of it that stand outside quotes.

https://learn.microsoft.com/windows-server/administration/windows-commands/cmd
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._commands.windows import words

_SWITCH = re.compile(r"/[ckr]", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_VARIABLE = re.compile(r"%[^%\s]*%|%[0-9*~]|![^!\s]*!")
_FILE = re.compile(r"[^&<>()@^|]+\.(?:exe|com|bat|cmd)", re.IGNORECASE)
_LITERAL = frozenset({"echo", "set", "rem", "title", "prompt"})
"""Commands that take what follows as it is, blanks and all."""


def command(text: str) -> tuple[int, int] | None:
    """Return where the command stands that cmd.exe is to run; ``None`` if there is none.

    Quotes that cmd.exe takes off before it reads the command are not part of it: the outer ones,
    unless between the only two stands the name of a file and nothing else.
    """
    for word in words(text):
        if word.quotes == 0 and _SWITCH.match(text, word.start):
            start, end = word.start + 2, len(text.rstrip())
            while start < end and text[start] in " \t":
                start += 1
            if (
                end - start > 1
                and text[start] == text[end - 1] == '"'
                and _taken_off(text[start:end])
            ):
                start, end = start + 1, end - 1
            return (start, end) if start < end else None
    return None


def _taken_off(quoted: str) -> bool:
    inner = quoted[1:-1]
    return '"' in inner or " " not in inner or _FILE.fullmatch(inner) is None


def bare(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the words of a command in which a caret before a letter means nothing.

    They stand outside quotes, hold letters and digits only, and are no part of a variable.
    """
    inside, quoted = False, set()
    for at in range(start, end):
        inside ^= text[at] == '"'
        if inside or text[at] == '"':
            quoted.add(at)
    for variable in _VARIABLE.finditer(text, start, end):
        quoted.update(range(*variable.span()))
    for word in _WORD.finditer(text, start, end):
        escaped = word.start() > start and text[word.start() - 1] == "^"
        if not escaped and not quoted.intersection(range(*word.span())):
            yield word.span()


def is_literal(text: str, start: int, end: int) -> bool:
    """Return whether a command takes part of its text as it is, so that blanks would show."""
    return any(text[a:b].lower() in _LITERAL for a, b in bare(text, start, end))
