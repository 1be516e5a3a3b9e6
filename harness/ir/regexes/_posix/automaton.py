"""The matcher for patterns without back-references: an automaton built while it runs.

The time is linear in the text for a given pattern; the states that were seen are kept, up to a
bound, so that each is built once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.errors import Fault
from harness.ir.regexes._posix.charset import Alphabet, Kind
from harness.ir.regexes._posix.nodes import AnyChar, Char, OneOf, Place
from harness.ir.regexes._posix.program import Instruction, Op

MAX_WORK = 5_000_000
"""Instructions visited for one text before the matcher gives up."""
MAX_KEPT = 20_000
"""Moves kept over all states before the automaton forgets them and starts anew."""


def holds(place: Place, before: Kind, after: Kind) -> bool:
    """Return whether a position between two neighbours has the property of ``place``."""
    words = (Kind.WORD, Kind.BAD_WORD)
    match place:
        case Place.LINE_START:
            return before is Kind.EDGE
        case Place.LINE_END:
            return after is Kind.EDGE
        case Place.WORD_START:
            return before not in words and after in words
        case Place.WORD_END:
            return before in words and after not in words
        case Place.WORD_EDGE:
            return (before in words) is not (after in words)
        case Place.NO_WORD_EDGE:
            return (before in words) is (after in words)
        case Place.NO_WORD_BEFORE:
            return before is not Kind.WORD
        case Place.NO_WORD_AFTER:
            return after is not Kind.WORD


def eats(
    test: Char | AnyChar | OneOf | Place | None, char: str, alphabet: Alphabet, *, folded: bool
) -> bool:
    """Return whether a consuming test accepts a character."""
    match test:
        case Char(wanted):
            return char == wanted or alphabet.fold(char) == alphabet.fold(wanted)
        case AnyChar():
            return not "\ud800" <= char <= "\udfff"
        case OneOf(charset):
            return charset.accepts(char, alphabet, folded=folded)
        case _:
            return False


@dataclass(slots=True, eq=False)
class _State:
    """Instructions to go on from, what stands to the left, and the moves found so far."""

    kernel: frozenset[int]
    before: Kind
    moves: dict[str, _State | None] = field(default_factory=dict)
    at_end: bool | None = None


@dataclass(slots=True)
class Automaton:
    """A program run over a text, one pass, all alternatives at once."""

    code: list[Instruction]
    alphabet: Alphabet
    folded: bool
    anchored: bool = False
    """A match must begin where the search begins."""
    _states: dict[tuple[frozenset[int], Kind], _State] = field(default_factory=dict)
    _kept: int = 0
    _work: int = 0

    def matches(self, text: str, start: int = 0) -> bool:
        """Return whether the program matches somewhere in the text from ``start`` on."""
        self._work = 0
        before = self.alphabet.kind(text[start - 1]) if start else Kind.EDGE
        state = self._state(frozenset({0}), before)
        for char in text[start:] if start else text:
            try:
                following = state.moves[char]
            except KeyError:
                following = self._move(state, char)
            if following is None:
                return True
            state = following
        if state.at_end is None:
            state.at_end = self._closure(state, Kind.EDGE) is None
        return state.at_end

    def matches_empty(self, before: Kind, after: Kind) -> bool:
        """Return whether the program matches nothing at all between two neighbours."""
        return self._closure(self._state(frozenset({0}), before), after) is None

    def _state(self, kernel: frozenset[int], before: Kind) -> _State:
        key = (kernel, before)
        found = self._states.get(key)
        if found is None:
            found = self._states[key] = _State(kernel, before)
        return found

    def _move(self, state: _State, char: str) -> _State | None:
        """Return the state after a character; ``None`` where a match ends before it."""
        if self._kept > MAX_KEPT:
            self._states.clear()
            self._kept = 0
        kind = self.alphabet.kind(char)
        reached = self._closure(state, kind)
        following = None
        if reached is not None:
            code, alphabet, folded = self.code, self.alphabet, self.folded
            kernel = {
                code[at].x for at in reached if eats(code[at].test, char, alphabet, folded=folded)
            }
            if not self.anchored:
                kernel.add(0)
            following = self._state(frozenset(kernel), kind)
            self._kept += len(kernel)
        state.moves[char] = following
        return following

    def _closure(self, state: _State, after: Kind) -> list[int] | None:
        """Return the consuming instructions within reach; ``None`` where a match ends here."""
        code, before = self.code, state.before
        seen = set(state.kernel)
        todo, eating = list(state.kernel), []
        while todo:
            at = todo.pop()
            step = code[at]
            following: tuple[int, ...] = ()
            match step.op:
                case Op.DONE:
                    return None
                case Op.EAT:
                    eating.append(at)
                case Op.FORK:
                    following = (step.x, step.y)
                case Op.JUMP:
                    following = (step.x,)
                case Op.AT:
                    assert isinstance(step.test, Place)
                    following = (at + 1,) if holds(step.test, before, after) else ()
                case _:
                    following = (at + 1,)
            for target in following:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        self._work += len(seen)
        if self._work > MAX_WORK:
            message = "matching takes more steps than are allowed for one text"
            raise Fault(message)
        return eating
