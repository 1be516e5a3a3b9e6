"""A POSIX tree as a program for the two matchers: a list of small instructions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from harness.ir.regexes import TooComplex
from harness.ir.regexes._posix.nodes import (
    Alt,
    AnyChar,
    At,
    Back,
    Char,
    Group,
    Node,
    OneOf,
    Place,
    Repeat,
    Seq,
)

MAX_PROGRAM = 100_000
"""Instructions of one program; nested counted repetitions multiply."""


class Op(IntEnum):
    """What an instruction does."""

    EAT = 0
    """Consume one character that passes ``test`` and go on at ``x``."""
    FORK = 1
    """Go on at ``x`` and at ``y``."""
    JUMP = 2
    """Go on at ``x``."""
    AT = 3
    """Go on where the position has the place ``test``."""
    SAVE = 4
    """Note the position in slot ``x``."""
    BACK = 5
    """Consume what group ``x`` captured."""
    DONE = 6
    """A match ends here."""


@dataclass(slots=True)
class Instruction:
    """One step; which of the operands count depends on ``op``."""

    op: Op
    x: int = 0
    y: int = 0
    test: Char | AnyChar | OneOf | Place | None = None


@dataclass(slots=True)
class _Writer:
    captures: bool
    code: list[Instruction] = field(default_factory=list)

    def add(self, instruction: Instruction) -> int:
        if len(self.code) >= MAX_PROGRAM:
            message = "the repetitions of the pattern multiply beyond what is evaluated"
            raise TooComplex(message)
        self.code.append(instruction)
        return len(self.code) - 1

    def write(self, node: Node) -> None:
        match node:
            case Char() | AnyChar() | OneOf():
                self.add(Instruction(Op.EAT, x=len(self.code) + 1, test=node))
            case At(place):
                self.add(Instruction(Op.AT, test=place))
            case Back(group):
                self.add(Instruction(Op.BACK, x=group))
            case Seq(items):
                for item in items:
                    self.write(item)
            case Alt(items):
                self._alternatives(items)
            case Group(number, item):
                self._group(number, item)
            case Repeat(item, low, high):
                self._repeat(item, low, high)

    def _alternatives(self, items: tuple[Node, ...]) -> None:
        ends = []
        for item in items[:-1]:
            fork = self.add(Instruction(Op.FORK))
            self.code[fork].x = len(self.code)
            self.write(item)
            ends.append(self.add(Instruction(Op.JUMP)))
            self.code[fork].y = len(self.code)
        self.write(items[-1])
        for end in ends:
            self.code[end].x = len(self.code)

    def _group(self, number: int, item: Node) -> None:
        if not self.captures:
            self.write(item)
            return
        self.add(Instruction(Op.SAVE, x=2 * number))
        self.write(item)
        self.add(Instruction(Op.SAVE, x=2 * number + 1))

    def _repeat(self, item: Node, low: int, high: int | None) -> None:
        before = len(self.code)
        for _ in range(low):
            self.write(item)
            if len(self.code) == before:  # an empty item: once is as good as many times
                return
        if high is None:
            fork = self.add(Instruction(Op.FORK))
            self.code[fork].x = len(self.code)
            self.write(item)
            self.add(Instruction(Op.JUMP, x=fork))
            self.code[fork].y = len(self.code)
            return
        forks = []
        for _ in range(high - low):
            forks.append(self.add(Instruction(Op.FORK)))
            self.code[forks[-1]].x = len(self.code)
            self.write(item)
        for fork in forks:
            self.code[fork].y = len(self.code)


def write_program(node: Node, *, captures: bool) -> list[Instruction]:
    """Return the instructions of a tree; ``captures`` keeps what groups matched."""
    writer = _Writer(captures)
    writer.write(node)
    writer.add(Instruction(Op.DONE))
    return writer.code


def without_empty_match(code: list[Instruction]) -> list[Instruction]:
    """Return a program that matches the same texts but never the empty one.

    It is the program twice: the first copy runs until a character is consumed, which goes on
    in the second, and only the second has an end.
    """
    size = len(code)
    if 2 * size > MAX_PROGRAM:
        message = "the repetitions of the pattern multiply beyond what is evaluated"
        raise TooComplex(message)
    first = [
        Instruction(Op.JUMP, x=at) if step.op is Op.DONE else step for at, step in enumerate(code)
    ]
    first = [replace(step, x=step.x + size) if step.op is Op.EAT else step for step in first]
    moving = (Op.EAT, Op.FORK, Op.JUMP)
    second = [
        replace(step, x=step.x + size, y=step.y + size) if step.op in moving else step
        for step in code
    ]
    return first + second
