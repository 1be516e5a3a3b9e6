"""A text that passes some patterns and fails others, or the proof that there is none.

All patterns are run side by side, as one automaton whose state is a number: a bit per place in
each pattern (Baeza-Yates and Gonnet, "A New Approach to Text Searching", CACM 35(10), 1992).
Searching its states finds a short text; running out of states proves that none exists.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, islice

from harness.ir import Case, Equals, Glob, Matches, OneOfChars, Wild, fold
from harness.ir.checks import Piece
from harness.logic import regex

MAX_STATES = 5_000
"""States that are looked at before the search is given up."""
_NO_MORE_CASE = 0x20000
"""From here on no character of Unicode has letter case: ideographs, tags and private use."""
_JOINTS = (
    ("", "", ""),
    (" ", "", ""),
    ("x", "x", ""),
    ("", "x", "x"),
    ("", "", "x"),
    (" ", "x ", " x"),
)
"""What is put between, before and after texts that are put together."""
_FILLERS = "x0y1z_-"
"""What stands where any character does; one that no pattern mentions, if there is one."""

CHEAP = 20
"""Patterns that are tried on a text, or demands that are noted, in the time of one step."""
MOST_ADDED = 4
"""Patterns to avoid that are added to a search at once."""

Pattern = Equals | Glob | Matches
"""A test of a text; an ``Equals`` is one with a text to compare with."""
State = tuple[int, ...]
"""The places that globs have reached, one number for all, then those of each regular expression."""


class GaveUp(Exception):
    """The search took too many steps: neither a text nor a proof was found."""


@dataclass(slots=True)
class Budget:
    """Steps that may still be taken, over all searches that share it."""

    left: int = 2_000_000

    def spend(self, steps: int) -> None:
        """Take steps; raises :class:`GaveUp` where none are left."""
        self.left -= steps
        if self.left < 0:
            raise GaveUp


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pattern, and whether the text is to match it."""

    pattern: Pattern
    match: bool


def text_for(wanted: Sequence[Wanted], budget: Budget | None = None) -> str | None:
    """Return a short text that does as wanted, ``None`` if it is proven that there is none.

    Raises :class:`GaveUp` where that takes more than ``MAX_STATES`` states or the budget, or a
    regular expression cannot be run beside others.
    """
    budget = Budget() if budget is None else budget
    budget.spend(1 + len(wanted) // CHEAP)
    needed = [one for one in wanted if one.match]
    for text in _assembled(needed):
        if all(_fits(text, wanted)):
            return text
    unwanted = [one for one in wanted if not one.match]
    if len(needed) > 1 and any(_without([one], unwanted, budget) is None for one in needed):
        return None
    return _without(needed, unwanted, budget)


def _without(needed: Sequence[Wanted], unwanted: Sequence[Wanted], budget: Budget) -> str | None:
    """Return a text for some patterns that matches none of others.

    Of these only such are run along as a text for the rest turned out to match.
    """
    chosen = list(needed)
    while True:
        text = _search(chosen, budget)
        if text is None:
            return None
        pairs = zip(unwanted, _fits(text, unwanted), strict=True)
        found = [one for one, fits in pairs if not fits]
        if not found:
            return text
        chosen += found[:MOST_ADDED]


def _assembled(needed: Sequence[Wanted]) -> Iterator[str]:
    """Yield texts that put together what patterns need, which will do most of the time."""
    runs = [_runs(one.pattern) for one in needed if not isinstance(one.pattern, Matches)]
    if len(runs) < len(needed):
        return
    head = max((one[0] for one in runs), key=len, default="")
    tail = max((one[-1] for one in runs if len(one) > 1), key=len, default="")
    inner = list(dict.fromkeys(run for one in runs for run in one[1:-1] if run))
    if any(len(one) == 1 for one in runs):
        yield head
        return
    for glue, before, after in _JOINTS:
        text = head or before
        for run in inner:
            if run not in text:
                text += f"{glue}{run}"
        yield f"{text}{'' if tail else after}{tail}"


def _runs(pattern: Equals | Glob) -> list[str]:
    """Return the texts between the wildcards for any text, as they are written."""
    runs = [""]
    for piece in pattern.pieces if isinstance(pattern, Glob) else (pattern.value,):
        if isinstance(piece, str):
            runs[-1] += piece
        elif piece is Wild.ANY:
            runs.append("")
        else:
            runs[-1] += piece.ranges[0][0] if isinstance(piece, OneOfChars) else _FILLERS[0]
    return runs


def _fits(text: str, wanted: Iterable[Wanted]) -> Iterator[bool]:
    """Yield for each pattern whether a text matches it as wanted."""
    folded = {case: fold(text, case) for case in Case}
    for one in wanted:
        pattern = one.pattern
        if isinstance(pattern, Equals | Glob):
            yield pattern.on_folded()(folded[pattern.case]) is one.match
        else:
            yield pattern.accepts(text) is one.match


def _search(wanted: Sequence[Wanted], budget: Budget) -> str | None:
    machine = _Machine(wanted)
    order = count()
    start = machine.start
    texts = {start: ""}
    todo = [(machine.missing(start), next(order), start)]
    while todo:
        _, _, state = heapq.heappop(todo)
        text = texts[state]
        if machine.accepts(state):
            return text
        if len(texts) > MAX_STATES:
            raise GaveUp
        budget.spend(machine.classes)
        for char, reached in machine.steps(state):
            if reached not in texts and not machine.hopeless(reached):
                texts[reached] = text + char
                cost = len(text) + 1 + 2 * machine.missing(reached)
                heapq.heappush(todo, (cost, next(order), reached))
    return None


@dataclass(frozen=True, slots=True)
class _Track:
    """One pattern's bits in the state: one before each unit, and one at the end.

    At a place in ``loops`` any text may stand. ``after`` is the number of the first bit that is
    not this pattern's.
    """

    match: bool
    case: Case
    units: tuple[Piece, ...]
    loops: int
    first: int
    after: int

    @property
    def end(self) -> int:
        return 1 << (self.after - 1)

    @property
    def bits(self) -> int:
        return (1 << self.after) - (1 << self.first)


def _track(wanted: Wanted, pattern: Equals | Glob, first: int) -> _Track:
    glob = pattern if isinstance(pattern, Glob) else Glob((pattern.value,), pattern.case)
    units: list[Piece] = []
    loops = 0
    for unit in glob.units():
        if unit is Wild.ANY:
            loops |= 1 << (first + len(units))
        else:
            units.append(unit)
    after = first + len(units) + 1
    return _Track(wanted.match, glob.case, tuple(units), loops, first, after)


class _Machine:
    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._tracks: list[_Track] = []
        self._regexes: list[tuple[bool, regex.Automaton]] = []
        for one in wanted:
            if isinstance(one.pattern, Matches):
                self._regexes.append((one.match, _automaton(one.pattern)))
            else:
                last = self._tracks[-1] if self._tracks else None
                self._tracks.append(_track(one, one.pattern, last.after if last else 0))
        self._loops = sum(track.loops for track in self._tracks)
        self._needed = sum(track.end for track in self._tracks if track.match)
        self._unwanted = sum(track.end for track in self._tracks if not track.match)
        self._lost = self._unwanted & self._loops  # matched, whatever may follow
        self._wanted = [(one.bits, one.after) for one in self._tracks if one.match]
        inner = [(one.loops & ~(1 << one.first), one.bits) for one in self._tracks]
        self._inner = [(loops, bits) for loops, bits in inner if loops]
        self._settles = sum(loops for loops, _ in self._inner)
        self._columns = self._classes(wanted)
        places = self._settled(sum(1 << track.first for track in self._tracks))
        self.start: State = (places, *(one.start for _, one in self._regexes))

    @property
    def classes(self) -> int:
        """The number of classes of characters."""
        return len(self._columns)

    def accepts(self, state: State) -> bool:
        places, *others = state
        if places & self._needed != self._needed or places & self._unwanted:
            return False
        pairs = zip(self._regexes, others, strict=True)
        return all(one.accepts(at) is match for (match, one), at in pairs)

    def hopeless(self, state: State) -> bool:
        """Return whether no text that goes on from here can do as wanted."""
        places, *others = state
        if places & self._lost:
            return True
        if not all(places & bits for bits, _ in self._wanted):
            return True
        pairs = zip(self._regexes, others, strict=True)
        return any(match and not at for (match, _), at in pairs)

    def missing(self, state: State) -> int:
        """Return how many units the wanted globs still need at least, all in all."""
        places = state[0]
        return sum(after - (places & bits).bit_length() for bits, after in self._wanted)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Yield one character of each class, and the state that it leads to."""
        places, *others = state
        stay = places & self._loops
        idle = not self._regexes
        for char, column in self._columns:
            moved = places & column
            if moved:
                reached = self._settled((moved << 1) | stay)
            elif idle:
                idle, reached = False, self._settled(stay)
            elif self._regexes:
                reached = self._settled(stay)
            else:
                continue  # like another character that passes nowhere
            pairs = zip(self._regexes, others, strict=True)
            yield char, (reached, *(one.step(at, char) for (_, one), at in pairs))

    def _settled(self, places: int) -> int:
        """Return places without those that a later one of the same pattern makes needless.

        Where any text may follow, whatever matches from an earlier place matches as well.
        """
        if places & self._settles:
            for loops, bits in self._inner:
                looping = places & loops
                if looping:
                    places &= ~(bits & ((1 << (looping.bit_length() - 1)) - 1))
        return places

    def _classes(self, wanted: Sequence[Wanted]) -> list[tuple[str, int]]:
        """Return a character for each class that the patterns tell apart, and where it passes."""
        chars = _alphabet(wanted)
        if self._regexes or len({track.case for track in self._tracks}) > 1:
            chars = list(dict.fromkeys(found for one in chars for found in (one, *_alike(one))))
        columns = _Columns(self._tracks)
        classes: dict[tuple[object, ...], tuple[str, int]] = {}
        for char in chars:
            column = columns.of(char)
            traits = (column, *(one.signature(char) for _, one in self._regexes))
            classes.setdefault(traits, (char, column))
        return list(classes.values())


class _Columns:
    """The places of globs at which a character passes."""

    def __init__(self, tracks: Sequence[_Track]) -> None:
        self._any = 0
        self._ranges: list[tuple[Case, OneOfChars, int]] = []
        self._chars: dict[Case, dict[str, int]] = {}
        for track in tracks:
            chars = self._chars.setdefault(track.case, {})
            for at, unit in enumerate(track.units, start=track.first):
                if isinstance(unit, str):
                    chars[unit] = chars.get(unit, 0) | 1 << at
                elif isinstance(unit, OneOfChars):
                    self._ranges.append((track.case, unit, 1 << at))
                else:
                    self._any |= 1 << at

    def of(self, char: str) -> int:
        found = self._any
        for case, chars in self._chars.items():
            found |= chars.get(fold(char, case), 0)
        for case, unit, place in self._ranges:
            if unit.holds(fold(char, case)):
                found |= place
        return found


def _automaton(check: Matches) -> regex.Automaton:
    try:
        return regex.automaton_of(check)
    except regex.NotRun as error:
        raise GaveUp from error


def _alphabet(wanted: Sequence[Wanted]) -> list[str]:
    """Return the characters that patterns mention, and ones that none of them does.

    Of a range its ends and their neighbours count, and one inside that is not mentioned; a
    regular expression may tell any two characters of ASCII apart.
    """
    chars: dict[str, None] = {}
    ranges: list[tuple[str, str]] = []
    for one in sorted(wanted, key=lambda one: not one.match):
        for piece in _pieces(one.pattern):
            if isinstance(piece, str):
                chars.update(dict.fromkeys(piece))
            elif isinstance(piece, OneOfChars):
                ranges += piece.ranges
    for low, high in ranges:
        around = (ord(low), ord(high), ord(low) - 1, ord(high) + 1)
        chars.update(dict.fromkeys(chr(one) for one in around if 0 <= one <= sys.maxunicode))
    for low, high in ranges:
        inside = map(chr, range(ord(low), ord(high) + 1))
        chars.update(dict.fromkeys(islice((one for one in inside if one not in chars), 1)))
    folded = {fold(one, Case.UNICODE) for one in chars}
    others = (one for one in chain(_FILLERS, map(chr, range(256, 65536))) if one not in folded)
    chars.setdefault(next(others))
    return list(chars)


def _pieces(pattern: Pattern) -> Sequence[Piece]:
    match pattern:
        case Glob(pieces):
            return pieces
        case Matches(text):
            return (*_FILLERS, *map(chr, range(32, 127)), "\t", "\n", *text)
        case _:
            return (pattern.value,)


@cache
def _same_letters() -> dict[str, str]:
    """Return the characters that fold to another one, by that one."""
    found: dict[str, str] = {}
    for char in map(chr, range(_NO_MORE_CASE)):
        folded = fold(char, Case.UNICODE)
        if folded != char:
            found[folded] = found.get(folded, "") + char
    return found


def _alike(char: str) -> Iterator[str]:
    """Yield the other characters that are the same letter in another case."""
    folded = fold(char, Case.UNICODE)
    yield folded
    yield from _same_letters().get(folded, "")
