"""The matcher for patterns with back-references: a search that remembers where it has been.

Matching with back-references is NP-hard, so the number of steps for one text is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import Fault
from harness.ir.regexes._posix.automaton import eats, holds
from harness.ir.regexes._posix.charset import Alphabet, Kind
from harness.ir.regexes._posix.nodes import Place
from harness.ir.regexes._posix.program import Instruction, Op
from harness.ir.regexes._posix.words import is_word

MAX_STEPS = 250_000
"""Steps for one text before the matcher gives up."""

_Captures = tuple[int, ...]
_Thread = tuple[int, int, _Captures]


@dataclass(frozen=True, slots=True)
class Backtracker:
    """A program with captures, run by trying one alternative after the other.

    ``words``: only whole words count, as for :class:`harness.ir.regexes._posix.words.Words`.
    """

    code: list[Instruction]
    alphabet: Alphabet
    groups: int
    words: bool

    def matches(self, text: str) -> bool:
        """Return whether the program matches somewhere in the text."""
        kinds = [Kind.EDGE, *(self.alphabet.kind(char) for char in text), Kind.EDGE]
        steps = MAX_STEPS
        for start in range(len(text) + 1):
            ends: set[int] = set()
            for end in self._ends(text, kinds, start, steps):
                steps -= end < 0
                if end < 0:
                    continue
                if not self.words:
                    return True
                ends.add(end)
            longer = ends - {start}
            if any(is_word(kinds, start, end) for end in longer or ends):
                return True
        return False

    def _ends(self, text: str, kinds: list[Kind], start: int, steps: int) -> Iterator[int]:
        """Yield -1 for each step taken, and where each match from ``start`` ends."""
        todo: list[_Thread] = [(0, start, (-1,) * (2 * self.groups + 2))]
        seen: set[_Thread] = set()
        while todo:
            thread = todo.pop()
            if thread in seen:
                continue
            seen.add(thread)
            if len(seen) > steps:
                message = "matching back-references takes more steps than are allowed"
                raise Fault(message)
            yield -1
            if self.code[thread[0]].op is Op.DONE:
                yield thread[1]
            todo.extend(self._step(thread, text, kinds))

    def _step(self, thread: _Thread, text: str, kinds: list[Kind]) -> list[_Thread]:
        at, place, captures = thread
        step = self.code[at]
        match step.op:
            case Op.EAT:
                eaten = place < len(text) and eats(
                    step.test, text[place], self.alphabet, folded=True
                )
                return [(step.x, place + 1, captures)] if eaten else []
            case Op.FORK:
                return [(step.y, place, captures), (step.x, place, captures)]
            case Op.JUMP:
                return [(step.x, place, captures)]
            case Op.AT:
                assert isinstance(step.test, Place)
                fits = holds(step.test, kinds[place], kinds[place + 1])
                return [(at + 1, place, captures)] if fits else []
            case Op.DONE:
                return []
            case Op.SAVE:
                return [(at + 1, place, (*captures[: step.x], place, *captures[step.x + 1 :]))]
            case _:
                return self._back_reference(step.x, thread, text)

    def _back_reference(self, group: int, thread: _Thread, text: str) -> list[_Thread]:
        at, place, captures = thread
        start, end = captures[2 * group : 2 * group + 2]
        if start < 0 or end < start:
            return []
        fold = self.alphabet.fold
        length = end - start
        there = text[place : place + length]
        same = len(there) == length and all(
            fold(one) == fold(other) for one, other in zip(text[start:end], there, strict=True)
        )
        return [(at + 1, place + length, captures)] if same else []
