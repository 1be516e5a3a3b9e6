"""Checks on indexed values that only full-text engines have: fuzzy terms and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heapreplace
from itertools import product
from typing import Any

from harness.errors import Fault

_MAX_ORDERINGS = 20_000


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """The value is within a number of edits of a text; a swap of neighbours counts as one.

    The first ``prefix`` characters must be equal.
    """

    text: str
    edits: int
    transpositions: bool = True
    prefix: int = 0

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, str) or value[: self.prefix] != self.text[: self.prefix]:
            return False
        return within_edits(
            value[self.prefix :], self.text[self.prefix :], self.edits, swaps=self.transpositions
        )

    def describe(self) -> str:
        return f"within {self.edits} edits of {self.text!r}"


@lru_cache(maxsize=65536)
def within_edits(left: str, right: str, edits: int, *, swaps: bool) -> bool:
    """Return whether two texts are at most ``edits`` apart (optimal string alignment)."""
    if abs(len(left) - len(right)) > edits:
        return False
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, char in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            cost = min(
                previous[column] + 1,
                current[column - 1] + 1,
                previous[column - 1] + (char != other),
            )
            swapped = (
                row > 1 and column > 1 and char == right[column - 2] and left[row - 2] == other
            )
            if swaps and swapped:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > edits:
            return False
        before, previous = previous, current
    return previous[-1] <= edits


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sequence of tokens holds these tokens in order, at most ``slop`` position moves off.

    ``prefix`` makes the last token a prefix, as ``match_phrase_prefix`` does.
    """

    tokens: tuple[str, ...]
    slop: int = 0
    prefix: bool = False

    def accepts(self, value: Any) -> bool:
        if not self.slop:
            last = len(value) - len(self.tokens)
            return any(self._at(value, start) for start in range(last + 1))
        places = [
            [at for at, token in enumerate(value) if self._is(token, index)]
            for index in range(len(self.tokens))
        ]
        return _sloppy(places, self.slop)

    def _at(self, value: Sequence[str], start: int) -> bool:
        return all(self._is(value[start + at], at) for at in range(len(self.tokens)))

    def _is(self, token: str, index: int) -> bool:
        wanted = self.tokens[index]
        if self.prefix and index == len(self.tokens) - 1:
            return token.startswith(wanted)
        return token == wanted

    def describe(self) -> str:
        near = f" within {self.slop} moves" if self.slop else ""
        return f"phrase {' '.join(self.tokens)!r}{near}"


def _sloppy(places: list[list[int]], slop: int) -> bool:
    """Return whether a choice of distinct places is at most ``slop`` wide.

    Lucene measures the spread of ``place - index in the phrase`` over all tokens.
    """
    shifted = [[place - index for place in found] for index, found in enumerate(places)]
    if not all(shifted) or _narrowest(shifted) > slop:
        return False
    if len({tuple(found) for found in places}) == len(places):
        return True
    for tried, choice in enumerate(product(*places)):
        if tried >= _MAX_ORDERINGS:
            message = "a phrase that repeats a word has too many ways to match"
            raise Fault(message)
        moved = [place - index for index, place in enumerate(choice)]
        if len(set(choice)) == len(choice) and max(moved) - min(moved) <= slop:
            return True
    return False


def _narrowest(lists: list[list[int]]) -> int:
    """Return the smallest spread of a choice of one number from each sorted list."""
    heads = [(found[0], row, 0) for row, found in enumerate(lists)]
    heapify(heads)
    highest = max(found[0] for found in lists)
    best = highest - heads[0][0]
    while True:
        _, row, at = heads[0]
        if at + 1 == len(lists[row]):
            return best
        following = lists[row][at + 1]
        heapreplace(heads, (following, row, at + 1))
        highest = max(highest, following)
        best = min(best, highest - heads[0][0])
