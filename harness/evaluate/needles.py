"""Many texts looked for at once: one pass over all distinct contents of a field.

The contents are laid one after the other into one run of bytes, with a byte between them that
UTF-8 never uses; begin and end of a content are then bytes like any other, and an Aho-Corasick
automaton finds all texts in one pass, in time that does not depend on their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import re2
from ahocorasick_rs import BytesAhoCorasick
from numpy.typing import NDArray

from harness.evaluate.clauses import Needle, Place
from harness.evaluate.columns import Column

_BETWEEN = b"\xff"
_PER_HIT = 3
"""Numbers that the automaton gives for a hit: which text, where it begins, where it ends."""

Found = NDArray[np.intp]
"""Numbers of distinct contents, ascending, each once."""


class Needles:
    """The texts that are looked for at one place."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self.place: Place = needles[0].place
        self.needles = needles
        self._shift = np.array([one.begins for one in needles], dtype=np.int64)
        self.anywhere = _anywhere(needles)
        """What the bytes of an event hold, as JSON, if one of the texts is in it."""
        self._automaton = BytesAhoCorasick([_pattern(one) for one in needles])

    def search(self, column: Column) -> Iterator[tuple[Needle, Found]]:
        """Yield the needles that are found, with the contents that hold them."""
        folded = column.folded(self.place.view, self.place.case)
        texts, at = folded.texts, folded.at
        several = [(index, text) for index, many in folded.others for text in many or ()]
        if several:
            texts = [*texts, *(text for _, text in several)]
            at = np.concatenate([at, np.array([index for index, _ in several], dtype=np.intp)])
        if not texts:
            return
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        hits = self._automaton.find_matches_as_indexes(
            _BETWEEN + _BETWEEN.join(encoded) + _BETWEEN, overlapping=True
        )
        if not hits:
            return
        flat = np.fromiter(chain.from_iterable(hits), np.int64, _PER_HIT * len(hits))
        which, start = flat[::_PER_HIT], flat[1::_PER_HIT]
        sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
        starts = np.concatenate([np.ones(1, np.int64), 1 + np.cumsum(sizes + 1)[:-1]])
        held = at[np.searchsorted(starts, start + self._shift[which], side="right") - 1]
        order = np.argsort(which, kind="stable")
        which, held = which[order], held[order]
        cuts = np.flatnonzero(np.diff(which)) + 1
        for part in np.split(np.arange(len(which)), cuts):
            yield self.needles[int(which[part[0]])], np.unique(held[part])

    def undecided(self, column: Column) -> Found:
        """Return the contents that hold something of which no text can be had."""
        folded = column.folded(self.place.view, self.place.case)
        found = [
            index
            for index, texts in folded.others
            if texts is None and column.distinct[index].values
        ]
        return np.array(found, dtype=np.intp)


def _pattern(needle: Needle) -> bytes:
    text = needle.text.encode("utf-8", "surrogatepass")
    return _BETWEEN * needle.begins + text + _BETWEEN * needle.ends


_SHORT = 3
_SAFE = re.compile(r"[a-z0-9 ._:=();,-]+")
_ESCAPE = r"[^\\](?:\\\\)*\\u[0-9A-Fa-f]"
"""A character written as a number; not a backslash, written as two, before a ``u``."""
_KELVIN = "(?:k|\xe2\x84\xaa)"  # U+212A folds to k; the bytes are matched as Latin-1


def _anywhere(needles: Sequence[Needle]) -> re2.Pattern[bytes] | None:
    """Return a pattern that finds every event, as bytes of JSON, that may hold one of the texts.

    It looks for the longest part of each text that JSON always writes as it is; any character
    may be written as an escape, so an event with such escapes may hold anything. ``None`` where
    a text has no such part.
    """
    parts: set[str] = set()
    for needle in needles:
        longest = max(_SAFE.findall(needle.text), key=len, default="")
        if len(longest) < _SHORT:
            return None
        parts.add(re2.escape(longest).replace("k", _KELVIN))
    texts = "|".join(sorted(parts))
    return re2.compile(f"{_ESCAPE}|(?i:{texts})".encode("latin-1"))
