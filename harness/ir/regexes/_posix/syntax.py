"""The parser of POSIX basic and extended expressions with GNU extensions.

GNU grep reads every pattern twice: with the parser of its own automaton (gnulib ``dfa.c``) and
with glibc's ``regcomp``. Both must accept it, and they disagree about a repetition operator at
the start of an expression, so the parser here knows both habits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import NoReturn

from harness.ir.regexes import RegexError, TooComplex
from harness.ir.regexes._posix.bracket import parse_bracket
from harness.ir.regexes._posix.charset import Alphabet, CharSet
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

MAX_REPEAT = 32767
"""``RE_DUP_MAX`` of glibc."""
MAX_DEPTH = 100
"""Nested groups that are evaluated; grep itself takes more."""


class Reader(Enum):
    """Which of the two parsers of grep is followed."""

    AUTOMATON = auto()
    """A repetition at the start of an extended expression applies to nothing."""
    GLIBC = auto()
    """A repetition at the start of an extended expression is skipped."""


class _Is(Enum):
    LITERAL = auto()
    ANY = auto()
    OPEN_BRACKET = auto()
    REPEAT = auto()
    OPEN_BRACE = auto()
    OPEN = auto()
    CLOSE = auto()
    OR = auto()
    PLACE = auto()
    BACK = auto()
    CLASS = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Is
    text: str
    start: int
    end: int
    value: object = None


_OPERATORS = {
    "(": _Is.OPEN,
    ")": _Is.CLOSE,
    "|": _Is.OR,
    "{": _Is.OPEN_BRACE,
    "+": _Is.REPEAT,
    "?": _Is.REPEAT,
}
"""Operators that are bare in an extended and backslashed in a basic expression."""
_REPEATS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_PLACES = {
    "<": Place.WORD_START,
    ">": Place.WORD_END,
    "b": Place.WORD_EDGE,
    "B": Place.NO_WORD_EDGE,
    "`": Place.LINE_START,
    "'": Place.LINE_END,
}
_WORD = CharSet(chars=frozenset("_"), classes=("alnum",))
_SPACE = CharSet(classes=("space",))
_SETS = {
    "w": _WORD,
    "W": CharSet(chars=_WORD.chars, classes=_WORD.classes, negated=True),
    "s": _SPACE,
    "S": CharSet(classes=_SPACE.classes, negated=True),
}


def parse(text: str, alphabet: Alphabet, reader: Reader, *, extended: bool, added: int = 0) -> Node:
    """Return the tree of one pattern without newlines, or raise ``RegexError``.

    The first ``added`` groups are not the author's; back-references do not count them.
    """
    return _Parser(text, alphabet, reader, extended=extended, added=added).parse()


class _Parser:
    def __init__(
        self, text: str, alphabet: Alphabet, reader: Reader, *, extended: bool, added: int
    ) -> None:
        self.text = text
        self.alphabet = alphabet
        self.reader = reader
        self.extended = extended
        self.depth = 0
        self.groups = -added
        self.closed: set[int] = set()
        self.token = self._read(0, caret=True)

    def parse(self) -> Node:
        """pattern: alternatives END."""
        node = self._alternatives()
        if self.token.kind is not _Is.END:
            self._fail("Unmatched ) or \\)")
        return node

    def _alternatives(self) -> Node:
        """alternatives: branch ('|' branch)*.

        A group of one branch cannot be referred to in the next.
        """
        before = frozenset(self.closed)
        items = [self._branch()]
        closed = set(self.closed)
        while self.token.kind is _Is.OR:
            self._next(caret=True)
            self.closed = set(before)
            items.append(self._branch())
            closed |= self.closed
        self.closed = closed
        return items[0] if len(items) == 1 else Alt(tuple(items))

    def _branch(self) -> Node:
        """branch: (expression repetition*)*."""
        items: list[Node] = []
        fresh = True
        while not self._at_branch_end():
            node, fresh = self._expression(fresh=fresh)
            while not fresh and self._at_repetition():
                node = self._repetition(node)
            items.append(node)
        return items[0] if len(items) == 1 else Seq(tuple(items))

    def _at_branch_end(self) -> bool:
        if self.token.kind is _Is.CLOSE:
            return self.depth > 0 or not self.extended
        return self.token.kind in {_Is.OR, _Is.END}

    def _at_repetition(self) -> bool:
        if self.token.kind is _Is.OPEN_BRACE:
            return self._interval() is not None
        return self.token.kind is _Is.REPEAT

    def _expression(self, *, fresh: bool) -> tuple[Node, bool]:
        """expression: literal | '.' | '[' | '(' alternatives ')' | anchor | back-reference.

        Also tells whether a repetition operator that follows stands at a start, as it does
        after an anchor.
        """
        token = self.token
        if fresh and token.kind in {_Is.REPEAT, _Is.OPEN_BRACE} and self.extended:
            return self._leading_repetition()
        if token.kind is _Is.OPEN:
            return self._group(), False
        if token.kind is _Is.OPEN_BRACKET:
            charset, end = parse_bracket(self.text, token.end, self.alphabet)
            self.token = self._read(end)
            return OneOf(charset), False
        self._next()
        match token.kind:
            case _Is.ANY:
                return AnyChar(), False
            case _Is.PLACE:
                assert isinstance(token.value, Place)
                return At(token.value), self._fresh_after_place(fresh=fresh)
            case _Is.CLASS:
                assert isinstance(token.value, CharSet)
                return OneOf(token.value), False
            case _Is.BACK:
                return self._back_reference(token), False
            case _:
                return Char(token.text[-1]), False

    def _fresh_after_place(self, *, fresh: bool) -> bool:
        """Return whether a repetition operator after an anchor stands at a start."""
        if self.reader is Reader.GLIBC:
            return True
        return fresh and not self.extended

    def _leading_repetition(self) -> tuple[Node, bool]:
        """A repetition operator where an expression should begin, in an extended expression."""
        if self.reader is Reader.AUTOMATON:
            if self._at_repetition():
                return self._repetition(Seq()), False
            self._next()
            return Char("{"), False
        while self.token.kind in {_Is.REPEAT, _Is.OPEN_BRACE}:
            self._next()
        if self.token.kind is _Is.CLOSE:
            self._next()
            return Char(")"), False
        return Seq(), True

    def _group(self) -> Node:
        """group: '(' alternatives ')'."""
        opening = self.token
        self.groups += 1
        self.depth += 1
        number = self.groups
        if self.depth > MAX_DEPTH:
            message = f"groups are nested deeper than {MAX_DEPTH} levels"
            raise TooComplex(message, opening.start)
        self._next(caret=True)
        node = self._alternatives()
        if self.token.kind is not _Is.CLOSE:
            self._fail("Unmatched ( or \\(", opening)
        self.depth -= 1
        self._next()
        self.closed.add(number)
        return Group(number, node)

    def _back_reference(self, token: _Token) -> Node:
        number = int(token.text[-1])
        if number not in self.closed:
            self._fail("Invalid back reference", token)
        return Back(number)

    def _repetition(self, node: Node) -> Node:
        """repetition: '*' | '+' | '?' | interval."""
        if self.token.kind is _Is.REPEAT:
            low, high = _REPEATS[self.token.text[-1]]
            self._next()
            return Repeat(node, low, high)
        found = self._interval()
        assert found is not None
        low, high, end = found
        self.token = self._read(end)
        return Repeat(node, low, high)

    def _interval(self) -> tuple[int, int | None, int] | None:
        """interval: '{' [low] [',' [high]] '}'; ``None`` where the brace is a literal."""
        try:
            return self._braced()
        except RegexError:
            if self.extended and self.reader is Reader.AUTOMATON:
                return None
            raise

    def _braced(self) -> tuple[int, int | None, int] | None:
        low, at = self._number(self.token.end)
        comma = self.text[at : at + 1] == ","
        if low == _ABSENT:
            if not comma:
                self._fail("Invalid content of \\{\\}")
            low = 0
        high = low
        if low != _NO_NUMBER:
            high, at = self._number(at + 1) if comma else (low, at)
        if _NO_NUMBER in (low, high):
            if self.extended:
                return None
            ended = at >= len(self.text)
            self._fail("Unmatched \\{" if ended else "Invalid content of \\{\\}")
        closing = "}" if self.extended else "\\}"
        if (high != _ABSENT and low > high) or not self.text.startswith(closing, at):
            self._fail("Invalid content of \\{\\}")
        if max(low, high) > MAX_REPEAT:
            self._fail("Regular expression too big")
        return low, None if high == _ABSENT else high, at + len(closing)

    def _number(self, at: int) -> tuple[int, int]:
        """Read up to a comma or the closing brace as glibc does; return the number and its end."""
        text, value = self.text, _ABSENT
        closing = "}" if self.extended else "\\}"
        while at < len(text):
            if text.startswith(closing, at) or text[at] == ",":
                return value, at
            if "0" <= text[at] <= "9" and value != _NO_NUMBER:
                digit = int(text[at])
                value = min(MAX_REPEAT + 1, max(0, value) * 10 + digit)
            else:
                value = _NO_NUMBER
            at += 2 if text[at] == "\\" else 1
        return _NO_NUMBER, at

    def _next(self, *, caret: bool = False) -> None:
        self.token = self._read(self.token.end, caret=caret)

    def _read(self, at: int, *, caret: bool = False) -> _Token:
        """Return the token at an offset; ``caret``: an expression begins here."""
        text = self.text
        if at >= len(text):
            return _Token(_Is.END, "", at, at)
        char = text[at]
        if char == "\\":
            return self._read_escape(at)
        kind, value = _Is.LITERAL, None
        if char == ".":
            kind = _Is.ANY
        elif char == "[":
            kind = _Is.OPEN_BRACKET
        elif char == "*":
            kind = _Is.REPEAT
        elif char == "^" and (self.extended or caret):
            kind, value = _Is.PLACE, Place.LINE_START
        elif char == "$" and (self.extended or self._ends_at(at + 1)):
            kind, value = _Is.PLACE, Place.LINE_END
        elif self.extended and char in _OPERATORS:
            kind = _OPERATORS[char]
        return _Token(kind, char, at, at + 1, value)

    def _read_escape(self, at: int) -> _Token:
        pair = self.text[at : at + 2]
        char = pair[1:]
        if not char:
            message = "Trailing backslash"
            raise RegexError(message, at)
        kind: _Is = _Is.LITERAL
        value: object = None
        if char in _PLACES:
            kind, value = _Is.PLACE, _PLACES[char]
        elif char in _SETS:
            kind, value = _Is.CLASS, _SETS[char]
        elif "1" <= char <= "9":
            kind = _Is.BACK
        elif not self.extended and char in _OPERATORS:
            kind = _OPERATORS[char]
        return _Token(kind, pair, at, at + 2, value)

    def _ends_at(self, at: int) -> bool:
        """Return whether a basic expression ends here, so that a ``$`` before it is an anchor."""
        return at >= len(self.text) or self.text[at : at + 2] in {"\\)", "\\|"}

    def _fail(self, message: str, token: _Token | None = None) -> NoReturn:
        raise RegexError(message, (token or self.token).start)


_ABSENT = -1
_NO_NUMBER = -2
