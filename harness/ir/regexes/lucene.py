"""Lucene's regular expressions, as Elasticsearch's ``regexp`` and ``/.../`` take them.

A pattern always covers the whole value. It is compiled, as in Lucene, to an automaton with a
limit on the work, and then runs in one step per character. The grammar is that of Lucene's
``RegExp`` class (https://lucene.apache.org/core/9_0_0/core/org/apache/lucene/util/automaton/RegExp.html);
the limits are ``index.max_regex_length`` and ``max_determinized_states`` at their defaults.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NoReturn

from harness.ir.regexes import Dialect, Options, RegexError
from harness.ir.regexes._automaton import Automaton, Builder, Fragment, determinize
from harness.ir.values import Case

MAX_LENGTH = 1000
_MAX_DEPTH = 100
_LAST = sys.maxunicode
_DIGITS = "0123456789"
_MAX_INT = 2**31 - 1
_FIRST_NOT_ASCII = 129
_CLASSES = {
    "d": ((48, 57),),
    "s": ((32, 32), (10, 10), (13, 13), (9, 9)),
    "w": ((97, 122), (65, 90), (48, 57), (95, 95)),
}
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Chars:
    ranges: Ranges
    literal: bool = False
    """True for a character that stands for itself, outside a class."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Nothing:
    pass


@dataclass(frozen=True, slots=True)
class _Union:
    items: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Concat:
    items: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Both:
    left: _Node
    right: _Node


@dataclass(frozen=True, slots=True)
class _Complement:
    item: _Node


@dataclass(frozen=True, slots=True)
class _Repeat:
    item: _Node
    least: int
    most: int | None


_Node = _Chars | _Text | _Nothing | _Union | _Concat | _Both | _Complement | _Repeat
_NO_TEXT = _Nothing()
_ANY_CHAR = _Chars(((0, _LAST),))


@dataclass(slots=True)
class _Parser:
    """Recursive descent over a pattern; a method is named after the rule it reads."""

    text: str
    off: str
    case: Case
    at: int = 0
    depth: int = 0

    def regexp(self) -> _Node:
        """Regexp = "" | union."""
        if not self.text:
            return self.empty()
        node = self.union()
        if self.at < len(self.text):
            self.fail("expected the end of the expression")
        return node

    def fail(self, message: str) -> NoReturn:
        where = f"at position {self.at} of the regular expression"
        error = f"{message} {where}"
        raise RegexError(error, self.at)

    def more(self) -> bool:
        return self.at < len(self.text)

    def peek(self, chars: str) -> bool:
        return self.more() and self.text[self.at] in chars

    def take(self, char: str) -> bool:
        """Read a character if it comes next."""
        if not self.peek(char):
            return False
        self.at += 1
        return True

    def operator(self, char: str) -> bool:
        """Read an optional operator if it comes next and is switched on."""
        return char not in self.off and self.take(char)

    def next(self) -> str:
        if not self.more():
            self.fail("unexpected end")
        self.at += 1
        return self.text[self.at - 1]

    def union(self) -> _Node:
        """Union = inter ("|" inter)*."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail(f"nested deeper than {_MAX_DEPTH} levels")
        items = [self.inter()]
        while self.take("|"):
            items.append(self.inter())
        self.depth -= 1
        return items[0] if len(items) == 1 else _Union(tuple(items))

    def inter(self) -> _Node:
        """Inter = concat ("&" concat)*."""
        node = self.concat()
        while self.operator("&"):
            node = _Both(node, self.concat())
        return node

    def concat(self) -> _Node:
        """Concat = repeat+."""
        items = [self.repeat()]
        while self.more() and not self.peek(")|") and ("&" in self.off or not self.peek("&")):
            items.append(self.repeat())
        items = _taken_in(items)
        return items[0] if len(items) == 1 else _Concat(tuple(items))

    def repeat(self) -> _Node:
        """Repeat = complement ("?" | "*" | "+" | "{" n ["," [m]] "}")*."""
        node = self.complement()
        while self.more():
            if self.take("?"):
                node = _Repeat(node, 0, 1)
            elif self.take("*"):
                node = _star(node)
            elif self.take("+"):
                node = node if _is_star(node) else _Repeat(node, 1, None)
            elif self.take("{"):
                node = self.counted(node)
            else:
                break
        return node

    def counted(self, node: _Node) -> _Node:
        """Counted = n ["," [m]] "}"."""
        least = self.number()
        if least is None:
            self.fail("expected a number after '{'")
        most: int | None = least
        if self.take(","):
            most = self.number()
        if not self.take("}"):
            self.fail("expected '}'")
        if most is not None and least > most:
            return _Nothing()
        return _Repeat(node, least, most)

    def number(self) -> int | None:
        start = self.at
        while self.peek(_DIGITS):
            self.at += 1
        digits = self.text[start : self.at]
        if not digits:
            return None
        if int(digits) > _MAX_INT:
            self.fail("the number is too large")
        return int(digits)

    def complement(self) -> _Node:
        """Complement = "~"* class."""
        count = 0
        while self.operator("~"):
            count += 1
        node = self.char_class()
        return _Complement(node) if count % 2 else node

    def char_class(self) -> _Node:
        """Class = "[" ["^"] item+ "]" | simple."""
        if not self.take("["):
            return self.simple()
        negated = self.take("^")
        ranges = list(self.class_item())
        while self.more() and not self.peek("]"):
            ranges.extend(self.class_item())
        if not self.take("]"):
            self.fail("expected ']'")
        return _Chars(_inverse(ranges) if negated else tuple(ranges))

    def class_item(self) -> Ranges:
        """Item = shorthand | char ["-" char]."""
        shorthand = self.shorthand()
        if shorthand is not None:
            return shorthand
        if "8" not in self.off and self.text.startswith("\\\\", self.at):
            self.at += 2  # since 8, an escaped backslash begins no range, as a shorthand does not
            return ((ord("\\"), ord("\\")),)
        first = self.char()
        if not self.take("-"):
            return self.folded(first)
        last = self.char()
        if first > last:
            self.fail(f"the range {first}-{last} runs backwards")
        return ((ord(first), ord(last)),)

    def simple(self) -> _Node:
        """Simple = "." | "#" | "@" | string | group | interval | shorthand | char."""
        if self.take("."):
            return _ANY_CHAR
        if self.operator("#"):
            return _Nothing()
        if self.operator("@"):
            return _Repeat(_ANY_CHAR, 0, None)
        if self.take('"'):
            return self.string()
        if self.take("("):
            return self.group()
        if self.operator("<"):
            return self.interval()
        shorthand = self.shorthand()
        if shorthand is not None:
            return _Chars(shorthand)
        return _Chars(self.folded(self.char()), literal=True)

    def string(self) -> _Node:
        """String = '"' text '"'."""
        end = self.text.find('"', self.at)
        if end == -1:
            self.at = len(self.text)
            self.fail("expected a closing '\"'")
        text = self.text[self.at : end]
        self.at = end + 1
        chars = tuple(_Chars(self.folded(char), literal=True) for char in text)
        return _Concat(chars) if text else self.empty()

    def group(self) -> _Node:
        """Group = "(" [union] ")"."""
        if self.take(")"):
            return self.empty()
        node = self.union()
        if not self.take(")"):
            self.fail("expected ')'")
        return node

    def empty(self) -> _Node:
        """Return the node of no text at all, which matches nothing where case is ignored.

        Lucene joins the automata of the characters then, and of none it makes one that matches
        nothing; text beside it takes it in (ran on Elasticsearch 7.10.2, 7.17.29 and 8.19.21).
        """
        return _Text("") if self.case is Case.SENSITIVE else _NO_TEXT

    def interval(self) -> _Node:
        """Interval = "<" n "-" m ">"."""
        end = self.text.find(">", self.at)
        if end == -1:
            self.at = len(self.text)
            self.fail("expected '>'")
        low, dash, high = self.text[self.at : end].partition("-")
        if not (dash and _is_int(low) and _is_int(high)):
            self.fail("expected an interval such as <1-99>")
        self.at = end + 1
        width = len(low) if len(low) == len(high) else 0
        first, last = sorted((int(low), int(high)))
        return _interval(first, last, width)

    def shorthand(self) -> Ranges | None:
        r"""Shorthand = "\" ("d" | "D" | "s" | "S" | "w" | "W")."""
        if "8" in self.off or not self.peek("\\") or self.at + 1 >= len(self.text):
            return None
        letter = self.text[self.at + 1]
        ranges = _CLASSES.get(letter.lower())
        if ranges is not None and letter.isascii():
            self.at += 2
            return ranges if letter.islower() else _inverse(list(ranges))
        if letter.isascii() and letter.isalpha():
            self.fail(f"'\\{letter}' is no character class")
        return None

    def char(self) -> str:
        r"""Char = ["\"] any character."""
        self.take("\\")
        return self.next()

    def folded(self, char: str) -> Ranges:
        """Return a character, and its other case where case is ignored."""
        code = ord(char)
        if self.case is Case.SENSITIVE or (self.case is Case.ASCII and code >= _FIRST_NOT_ASCII):
            return ((code, code),)
        forms = {form for form in (char, char.lower(), char.upper()) if len(form) == 1}
        return tuple((ord(form), ord(form)) for form in sorted(forms))


def _taken_in(items: list[_Node]) -> list[_Node]:
    """Return the items without those of no text that have a literal beside them."""
    kept: list[_Node] = []
    for at, item in enumerate(items):
        after = next((other for other in items[at + 1 :] if other is not _NO_TEXT), None)
        beside = (kept[-1] if kept else None, after)
        if item is not _NO_TEXT or not any(map(_is_literal, beside)):
            kept.append(item)
    return kept


def _is_literal(node: _Node | None) -> bool:
    if isinstance(node, _Concat):
        return all(map(_is_literal, node.items))
    return isinstance(node, _Chars) and node.literal


def _is_int(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len("2147483647") <= _MAX_INT


def _is_star(node: _Node) -> bool:
    return isinstance(node, _Repeat) and node.least == 0 and node.most is None


def _star(node: _Node) -> _Node:
    if node is _NO_TEXT:
        return _Nothing()
    return node if _is_star(node) else _Repeat(node, 0, None)


def _inverse(ranges: list[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _LAST:
        found.append((start, _LAST))
    return tuple(found)


def _interval(low: int, high: int, width: int) -> _Node:
    """Return the decimal numbers from ``low`` to ``high``.

    With a width they have exactly that many digits, else any number of leading zeros.
    """
    items: list[_Node] = []
    for length in range(len(str(low)), len(str(high)) + 1):
        first = max(low, 10 ** (length - 1) if length > 1 else 0)
        last = min(high, 10**length - 1)
        padding = "0" * (width - length)
        items.extend(
            _Concat((_Text(padding), *digits)) if width else _Concat((_ZEROS, *digits))
            for digits in _digit_ranges(str(first), str(last))
        )
    return _Union(tuple(items))


_ZEROS = _Repeat(_Chars(((48, 48),)), 0, None)


def _digit_ranges(low: str, high: str) -> list[tuple[_Chars, ...]]:
    """Split an interval of numbers of one length into products of digit ranges."""
    if not low:
        return [()]
    first, last = int(low[0]), int(high[0])
    if first == last:
        return [(_digits(first, first), *rest) for rest in _digit_ranges(low[1:], high[1:])]
    free = len(low) - 1
    found: list[tuple[_Chars, ...]] = []
    if int(low[1:] or "0"):
        tails = _digit_ranges(low[1:], "9" * free)
        found.extend((_digits(first, first), *rest) for rest in tails)
        first += 1
    if (high[1:] or "9") != "9" * max(free, 1):
        tails = _digit_ranges("0" * free, high[1:])
        found.extend((_digits(last, last), *rest) for rest in tails)
        last -= 1
    if first <= last:
        found.append((_digits(first, last), *(_digits(0, 9) for _ in range(free))))
    return found


def _digits(low: int, high: int) -> _Chars:
    return _Chars(((48 + low, 48 + high),))


def _build(node: _Node, builder: Builder) -> Fragment:
    """Return the states of a node; each visit makes new ones."""
    match node:
        case _Chars(ranges):
            return builder.chars(ranges)
        case _Text(text):
            return builder.text(text)
        case _Nothing():
            return builder.nothing()
        case _Union(items):
            return builder.union([_build(item, builder) for item in items])
        case _Concat(items):
            return builder.concat([_build(item, builder) for item in items])
        case _Both(left, right):
            return builder.intersection(_build(left, builder), _build(right, builder))
        case _Complement(item):
            return builder.complement(_build(item, builder))
        case _Repeat(item, least, most):
            return _build_repeat(item, least, most, builder)


def _build_repeat(item: _Node, least: int, most: int | None, builder: Builder) -> Fragment:
    parts = [_build(item, builder) for _ in builder.counted(least)]
    if most is None:
        part = _build(item, builder)
        # what matches no text does not match the empty one any number of times either
        # (ran on Elasticsearch 8.19.21, OpenSearch 3.6.0 and Lucene 8.7.0)
        parts.append(builder.star(part) if builder.is_open(part) else builder.nothing())
    else:
        tail: Fragment | None = None
        for _ in builder.counted(most - least):
            one = _build(item, builder)
            tail = builder.optional(one if tail is None else builder.concat([one, tail]))
        parts.extend([tail] if tail else [])
    return builder.concat(parts) if parts else builder.text("")


def _compile(pattern: str, options: Options) -> Automaton:
    if len(pattern) > MAX_LENGTH:
        message = f"the regular expression is longer than {MAX_LENGTH} characters"
        raise RegexError(message)
    node = _Parser(pattern, options.flags, options.case).regexp()
    builder = Builder()
    return determinize(builder, _build(node, builder))


DIALECT = Dialect(
    name="lucene",
    summary=(
        "Lucene: covers the whole value; ~ & @ # <n-m> are operators unless switched off by "
        "their letter in the flags; flag 8 takes \\d, \\s, \\w as letters, as Lucene 8 does."
    ),
    compile=_compile,
)
