"""Characters of a URL in percent-encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands.lines import distinct, lines, rewritten
from harness.mutations._commands.programs import Reader

_URL = re.compile(r"(https?://[^\s\"'/?#<>|]+)(/[^\s\"'<>|?#)]*)", re.IGNORECASE)
_RECORDED = ("c-uri", "cs-uri", "cs-uri-stem", "url.path", "url.original")
"""Values that hold a request as a client sent it."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|[A-Za-z]")


def _encoded(path: str, *, most: int) -> str:
    """Return a path with its first letters encoded; what is encoded already stays."""
    left = most

    def escape(found: re.Match[str]) -> str:
        nonlocal left
        if len(found.group()) > 1 or left == 0:
            return found.group()
        left -= 1
        return f"%{ord(found.group()):02X}"

    return _ESCAPE.sub(escape, path)


def encoded(text: str, *, most: int) -> str:
    """Return a text with the paths of its URLs encoded."""
    return _URL.sub(lambda found: found[1] + _encoded(found[2], most=most), text)


_FORMS = (("a letter of the path", 1), ("every letter of the path", 4096))


def _texts(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the values that hold URLs; cmd.exe would take a percent sign as its own."""
    for unix in (False, True):
        for line in lines(subject, unix=unix):
            if line.reader is not Reader.CMD:
                yield line.name, line.text
    for name in _RECORDED:
        text = subject.values.get(name)
        if isinstance(text, str) and subject.reads(name):
            yield name, text


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, text in _texts(subject):
        for words, most in _FORMS:
            whole = name in _RECORDED and text.startswith("/")
            changed = _encoded(text, most=most) if whole else encoded(text, most=most)
            yield from rewritten(subject, name, changed, f"with {words} of a URL encoded")


MUTATION = Mutation(
    name="url-encoding",
    title="percent-encoded URLs",
    summary="A letter of a URL's path and its percent-encoding name the same resource; the sender "
    "chooses.",
    effects=(Effect.PROMISABLE,),
    apply=distinct(_apply),
    evasion=Evasion.RECODING,
    sources=("https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2",),
)
