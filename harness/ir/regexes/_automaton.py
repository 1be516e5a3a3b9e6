"""Finite automata over characters, with bounds on their size and on the work of building."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from harness.ir.regexes import TooComplex

MAX_STATES = 20_000
MAX_EFFORT = 100_000
"""Automaton states visited while making an automaton deterministic: Lucene's own measure,
``max_determinized_states`` (10,000) times ten."""
_DEAD = -1
_LAST = 0x10FFFF


def _too_complex() -> TooComplex:
    """Return the error; Lucene counts its own effort, so near the limit it may go on."""
    return TooComplex("the regular expression is too complex to determinize")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of an automaton under construction: where it starts and where it accepts."""

    start: int
    accept: int


@dataclass(frozen=True)
class Automaton:
    """A deterministic automaton; ``cuts`` are the first characters of the character classes."""

    cuts: Sequence[int]
    steps: Sequence[Sequence[int]]
    accepting: Sequence[bool]

    @cached_property
    def _classes(self) -> dict[str, int]:
        return {}

    def matches(self, text: str | bytes) -> bool:
        """Return whether the automaton accepts the whole text."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "surrogateescape")
        classes, state = self._classes, 0
        for char in text:
            kind = classes.get(char)
            if kind is None:
                kind = classes[char] = bisect_right(self.cuts, ord(char)) - 1
            state = self.steps[state][kind]
            if state == _DEAD:
                return False
        return self.accepting[state]


@dataclass(slots=True)
class Builder:
    """The states of an automaton with empty moves, built bottom up."""

    moves: list[list[tuple[int, int, int]]] = field(default_factory=list)
    empty: list[list[int]] = field(default_factory=list)
    effort: int = 0

    def state(self) -> int:
        if len(self.moves) >= MAX_STATES:
            raise _too_complex()
        self.moves.append([])
        self.empty.append([])
        return len(self.moves) - 1

    def counted(self, times: int) -> Iterator[int]:
        """Yield ``times`` numbers, or fail where a repetition cannot fit the limit."""
        if times > MAX_STATES:
            raise _too_complex()
        yield from range(times)

    def chars(self, ranges: Iterable[tuple[int, int]]) -> Fragment:
        start, accept = self.state(), self.state()
        self.moves[start].extend((low, high, accept) for low, high in ranges)
        return Fragment(start, accept)

    def text(self, text: str) -> Fragment:
        start = at = self.state()
        for char in text:
            to = self.state()
            self.moves[at].append((ord(char), ord(char), to))
            at = to
        return Fragment(start, at)

    def nothing(self) -> Fragment:
        return Fragment(self.state(), self.state())

    def union(self, parts: Sequence[Fragment]) -> Fragment:
        start, accept = self.state(), self.state()
        for part in parts:
            self.empty[start].append(part.start)
            self.empty[part.accept].append(accept)
        return Fragment(start, accept)

    def concat(self, parts: Sequence[Fragment]) -> Fragment:
        for left, right in pairwise(parts):
            self.empty[left.accept].append(right.start)
        return Fragment(parts[0].start, parts[-1].accept)

    def optional(self, part: Fragment) -> Fragment:
        start, accept = self.state(), self.state()
        self.empty[start] += [part.start, accept]
        self.empty[part.accept].append(accept)
        return Fragment(start, accept)

    def star(self, part: Fragment) -> Fragment:
        start, accept = self.state(), self.state()
        self.empty[start] += [part.start, accept]
        self.empty[part.accept] += [part.start, accept]
        return Fragment(start, accept)

    def is_open(self, part: Fragment) -> bool:
        """Return whether a part accepts any text at all."""
        seen, todo = {part.start}, [part.start]
        while todo:
            state = todo.pop()
            if state == part.accept:
                return True
            steps = (to for low, high, to in self.moves[state] if low <= high)
            for to in (*self.empty[state], *steps):
                if to not in seen:
                    seen.add(to)
                    todo.append(to)
        return False

    def complement(self, part: Fragment) -> Fragment:
        """Return the complement, by way of a deterministic automaton."""
        return self._adopt(determinize(self, part), negated=True)

    def intersection(self, left: Fragment, right: Fragment) -> Fragment:
        """Return the intersection: not (not left or not right)."""
        either = self.union([self.complement(left), self.complement(right)])
        return self.complement(either)

    def _adopt(self, automaton: Automaton, *, negated: bool) -> Fragment:
        sink = self.state()
        states = [self.state() for _ in automaton.steps]
        accept = self.state()
        ends = [*automaton.cuts[1:], _LAST + 1]
        for state, steps, accepting in zip(
            states, automaton.steps, automaton.accepting, strict=True
        ):
            if accepting is not negated:
                self.empty[state].append(accept)
            for low, end, to in zip(automaton.cuts, ends, steps, strict=True):
                target = sink if to == _DEAD else states[to]
                if negated or target != sink:
                    self.moves[state].append((low, end - 1, target))
        if negated:
            self.moves[sink].append((0, _LAST, sink))
            self.empty[sink].append(accept)
        return Fragment(states[0], accept)

    def reachable(self, starts: Iterable[int]) -> frozenset[int]:
        """Return the states reached by empty moves."""
        seen = set(starts)
        todo = list(seen)
        while todo:
            for state in self.empty[todo.pop()]:
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
        return frozenset(seen)


def determinize(builder: Builder, part: Fragment) -> Automaton:
    """Return the deterministic automaton of a fragment, within the limit of effort."""
    closures: dict[int, frozenset[int]] = {}

    def closure(state: int) -> frozenset[int]:
        if state not in closures:
            found = builder.reachable([state])
            builder.effort += len(found) // 8
            closures[state] = frozenset(
                item for item in found if builder.moves[item] or item == part.accept
            )
        return closures[state]

    cuts = _cuts(builder, part)
    places = {cut: index for index, cut in enumerate(cuts)}
    last = len(cuts)
    spans: dict[int, list[tuple[int, int, int]]] = {}
    sets = [closure(part.start)]
    numbers = {sets[0]: 0}
    known: dict[frozenset[int], int] = {}
    steps: list[list[int]] = []
    for current in sets:
        builder.effort += len(current) + 1
        if builder.effort > MAX_EFFORT:
            raise _too_complex()
        starts: dict[int, list[int]] = {0: []}
        ends: dict[int, list[int]] = {}
        for state in current:
            if state not in spans:
                spans[state] = [
                    (places[low], places.get(high + 1, last), to)
                    for low, high, to in builder.moves[state]
                ]
            for first, end, to in spans[state]:
                starts.setdefault(first, []).append(to)
                ends.setdefault(end, []).append(to)
        row: list[int] = []
        for first, end, targets in _stretches(starts, ends, last):
            if targets not in known:
                known[targets] = _number(targets, closure, numbers, sets)
            row += [known[targets]] * (end - first)
        steps.append(row)
    return Automaton(cuts, steps, [part.accept in found for found in sets])


def _stretches(
    starts: Mapping[int, Sequence[int]], ends: Mapping[int, Sequence[int]], last: int
) -> Iterator[tuple[int, int, frozenset[int]]]:
    """Yield runs of character classes with the states that each of them leads to."""
    open_: Counter[int] = Counter()
    places = sorted({*starts, *ends, last})
    for first, end in pairwise(places):
        for to in ends.get(first, ()):
            open_[to] -= 1
            if not open_[to]:
                del open_[to]
        open_.update(starts.get(first, ()))
        yield first, end, frozenset(open_)


def _number(
    found: frozenset[int],
    closure: Callable[[int], frozenset[int]],
    numbers: dict[frozenset[int], int],
    sets: list[frozenset[int]],
) -> int:
    """Return the number of the deterministic state for a set of states, making it if new."""
    if not found:
        return _DEAD
    whole = frozenset().union(*map(closure, found))
    if not whole:
        return _DEAD
    if whole not in numbers:
        numbers[whole] = len(sets)
        sets.append(whole)
    return numbers[whole]


def _cuts(builder: Builder, part: Fragment) -> list[int]:
    """Return the first characters of the classes that the fragment tells apart."""
    seen, todo, cuts = {part.start}, [part.start], {0}
    while todo:
        state = todo.pop()
        for low, high, to in builder.moves[state]:
            cuts.update((low, high + 1))
            if to not in seen:
                seen.add(to)
                todo.append(to)
        for to in builder.empty[state]:
            if to not in seen:
                seen.add(to)
                todo.append(to)
    cuts.discard(_LAST + 1)
    return sorted(cuts)
