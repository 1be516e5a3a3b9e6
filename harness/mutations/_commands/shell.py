"""The text that a Unix shell is given with ``-c``, and its plain words.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html. What is recorded of
a command line is its arguments joined by blanks: the quotes around the text are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPTION = re.compile(r"(?:^|\s)-[abefhilmnprtuvx]*c\s+")
_TOKEN = re.compile(
    r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|[;&|()<>{}\n]+|[^\s'\"\\;&|()<>{}]+|\s", re.DOTALL
)
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_RESERVED = frozenset(
    [
        "!",
        "[",
        "[[",
        "]]",
        "case",
        "coproc",
        "do",
        "done",
        "elif",
        "else",
        "esac",
        "fi",
        "for",
        "function",
        "if",
        "in",
        "select",
        "then",
        "time",
        "until",
        "while",
        "{",
        "}",
    ]
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A word without anything that a shell would expand.

    ``after`` is where the plain word before it in the same command ends, ``None`` without one.
    """

    start: int
    end: int
    after: int | None = None


def text_of(line: str) -> tuple[int, int] | None:
    """Return where the text stands that a shell is to run."""
    found = _OPTION.search(line)
    return (found.end(), len(line)) if found and found.end() < len(line) else None


def plain_words(text: str, start: int, end: int) -> Iterator[Plain]:
    """Yield the plain words of a text; none at all where it holds what is not read here."""
    if re.search(r"<<|\$\(\(|\bcase\b|\bfunction\b|`|\(\)", text[start:end]):
        return
    after, at, redirected = None, start, False
    while at < end:
        token = _TOKEN.match(text, at, end)
        if token is None:
            return
        part = token.group()
        alone = (at == start or text[at - 1] in " \t\n;&|()") and (
            token.end() == end or text[token.end()] in " \t\n;&|()<>"
        )
        if part[0] in ";&|(){}\n":
            after = None
        elif part[0] in "<>":
            redirected = True
        elif not part.isspace():
            known = part in _RESERVED
            if alone and not known and not redirected and _PLAIN.fullmatch(part):
                yield Plain(at, token.end(), after)
                after = token.end()
            elif not known:
                after = None
            redirected = False
        at = token.end()
