"""Texts that satisfy a test, texts that just do not, and texts that languages read differently."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from harness.events import candidates
from harness.ir import Atom, Equals, Glob, Matches, OneOfChars, Wild

LONGEST = 2000
"""Characters of a text that is changed; what is longer is taken as it is."""
AFTER_BACKSLASH = "ntcpuw"
r"""Letters that some language reads together with a backslash: ``\n``, ``\t``, ``\u``, ``\w``."""
_FILLERS = (*(f"\\{letter}1" for letter in AFTER_BACKSLASH), "*", "\\", '"', "a\nb")
"""What may stand for any text in a pattern, and ends or escapes something in some language."""
_PAIRS = {"k": "\u212a", "s": "\u017f", "i": "\u0130", "I": "\u0131", "ss": "\u00df"}
"""Letters, and others that some ways to ignore letter case take for them."""


def satisfying(atom: Atom, chance: random.Random) -> Iterator[Any]:
    """Yield values that are likely to pass an atom's check, the plainest first."""
    yield from candidates.passing(atom, chance)
    match atom.check:
        case Glob(pieces) if Wild.ANY in pieces:
            yield from (_filled(pieces, filler) for filler in _FILLERS)
        case Matches(pattern=pattern):
            yield from _literal_of(pattern)
        case _:
            return


def near(value: Any) -> Iterator[Any]:
    """Yield values that differ a little from one, in ways that languages treat differently."""
    yield from (other for _, other in candidates.near(value))
    if isinstance(value, str) and value and len(value) <= LONGEST:
        yield from chain(_cased(value), _cut(value), _escaped(value), _padded(value))


def _cased(text: str) -> Iterator[str]:
    yield from (text.swapcase(), text.upper(), text.lower())
    for plain, other in _PAIRS.items():
        for written in (plain, plain.upper()):
            if written in text:
                yield text.replace(written, other, 1)


def _cut(text: str) -> Iterator[str]:
    yield text[1:]
    yield ""
    for char in "*?%_":
        yield f"{text[:-1]}{char}"


def _escaped(text: str) -> Iterator[str]:
    if "\\" in text:
        yield text.replace("\\", "\\\\")
        yield text.replace("\\", "")
        yield text.replace("\\", "/")
        at = text.rindex("\\") + 1
        for letter in AFTER_BACKSLASH:
            if at < len(text):
                yield f"{text[:at]}{letter}{text[at + 1 :]}"
    for letter in AFTER_BACKSLASH:
        yield f"{text}\\{letter}"


def _padded(text: str) -> Iterator[str]:
    yield from (f" {text}", f"{text} ", f"{text}\n", f"x {text} y", f'"{text}"')


def _filled(pieces: Sequence[Any], filler: str) -> str:
    def one(piece: Any) -> str:
        if isinstance(piece, str):
            return piece
        if isinstance(piece, OneOfChars):
            return piece.ranges[0][0] if piece.ranges else ""
        return filler if piece is Wild.ANY else "x"

    return "".join(map(one, pieces))


def _literal_of(pattern: str) -> Iterator[str]:
    """Yield a regular expression as if it were text: a query may have lost what it is."""
    bare = pattern.replace(".*", "").removeprefix("^").removesuffix("$")
    if 0 < len(bare) <= LONGEST:
        yield bare


def texts_in(atom: Atom) -> Iterator[str]:
    """Yield the texts that a test names as they stand, whatever it does with them."""
    match atom.check:
        case Equals(str() as text):
            yield text
        case Glob(pieces):
            yield from (piece for piece in pieces if isinstance(piece, str) and piece)
        case _:
            return
