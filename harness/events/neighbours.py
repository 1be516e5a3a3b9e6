"""Tests that are easily taken for another one: a wildcard more or less, a character lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.ir import Atom, Equals, Glob, Wild
from harness.ir.checks import Piece

_AS_WILDCARD = {"*": Wild.ANY, "%": Wild.ANY, "?": Wild.ONE, "_": Wild.ONE}
"""Characters that are text here and wildcards in some language."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A test like another one; a ``wider`` one passes all that the other does, and more."""

    atom: Atom
    wider: bool


def neighbours(atom: Atom) -> Iterator[Neighbour]:
    """Yield the tests of the same field that a wrong translation would make of a test of text."""
    check = atom.check
    if isinstance(check, Equals) and isinstance(check.value, str):
        check = Glob((check.value,) if check.value else (), check.case)
    if not isinstance(check, Glob):
        return
    for pieces, wider in _changed(check.pieces):
        yield Neighbour(replace(atom, check=Glob(pieces, check.case)), wider)


def _changed(pieces: tuple[Piece, ...]) -> Iterator[tuple[tuple[Piece, ...], bool]]:
    opened, closed = pieces[:1] == (Wild.ANY,), pieces[-1:] == (Wild.ANY,)
    yield (pieces[1:], False) if opened else ((Wild.ANY, *pieces), True)
    yield (pieces[:-1], False) if closed else ((*pieces, Wild.ANY), True)
    for at, piece in enumerate(pieces):
        if not isinstance(piece, str) or not piece:
            continue
        before, after = pieces[:at], pieces[at + 1 :]
        if before[-1:] == (Wild.ANY,):
            yield (*before, piece[1:], *after), True
        if after[:1] == (Wild.ANY,):
            yield (*before, piece[:-1], *after), True
        for char, wildcard in _AS_WILDCARD.items():
            left, found, right = piece.partition(char)
            if found:
                yield (*before, left, wildcard, right, *after), True
