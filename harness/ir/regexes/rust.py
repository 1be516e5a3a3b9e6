r"""Expressions of Rust's ``regex`` crate, translated piece by piece for the ``regex`` package.

Kusto runs them. The syntax is that of https://docs.rs/regex/latest/regex/#syntax: classes such as
``\d`` and letter case are Unicode, sets nest, ``^`` and ``$`` are the ends of the whole text, and
there is neither look-around nor a back-reference. What the crate rejects is rejected; what is not
translated raises :class:`TooComplex`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NoReturn

import regex

from harness.ir.regexes import Dialect, Options, RegexError, TooComplex
from harness.ir.regexes._rust_sets import DIGIT, SPACE, WORD, Set, property_set
from harness.ir.regexes._timed import BeyondRegex, Timed, timed
from harness.ir.values import Case

_MAX_LENGTH = 20_000
_MAX_DEPTH = 60
_MAX_REPEAT = 1000
"""Repetitions beyond are left alone: the crate limits the size of a compiled pattern."""
_LAST = 0x10FFFF
_CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}
_WORD = WORD.written
_ASSERTIONS = {
    "A": r"\A",
    "z": r"\Z",
    "b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
    "<": f"(?:(?<!{_WORD})(?={_WORD}))",
    ">": f"(?:(?<={_WORD})(?!{_WORD}))",
}
_WORD_ENDS = {
    "{start}": _ASSERTIONS["<"],
    "{end}": _ASSERTIONS[">"],
    "{start-half}": f"(?<!{_WORD})",
    "{end-half}": f"(?!{_WORD})",
}
_SPECIAL_BOUNDARY = re.compile(r"b\{[A-Za-z-]")
_COUNTS = re.compile(r"\{\s*([0-9]+)\s*(?:(,)\s*([0-9]*)\s*)?\}")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:(-)([a-zA-Z]*))?([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_.\[\]]*)>")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)([^{}]{1,60})\}|([A-Za-z]))")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_ASCII_SETS = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\x20",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\t\n\x0b\f\r\x20",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_SET_OPERATORS = ("&&", "--", "~~")


@dataclass(frozen=True, slots=True)
class _Modes:
    """The flags in force at one place; ``u`` and ``R`` are taken at their defaults only."""

    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False
    x: bool = False


class _Reader:
    """A pattern and a place in it."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.depth = 0

    def fail(self, message: str) -> NoReturn:
        """Raise where the crate rejects the pattern."""
        raise RegexError(message, self.at)

    def beyond(self, feature: str) -> NoReturn:
        """Raise where only this translation cannot express the pattern."""
        message = f"{feature} is not evaluated"
        raise TooComplex(message, self.at)

    def sees(self, *texts: str) -> bool:
        return self.text.startswith(texts, self.at)

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def deeper(self) -> None:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.beyond(f"nesting deeper than {_MAX_DEPTH} levels")

    def space(self, modes: _Modes) -> None:
        """Skip blanks and comments where the flag ``x`` is set."""
        while modes.x and not self.done:
            if self.text[self.at].isspace():
                self.at += 1
            elif self.sees("#"):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end == -1 else end + 1
            else:
                return

    def predefined(self) -> Set | None:
        r"""Read ``\d`` and its kind after a backslash, if it stands here."""
        char = self.text[self.at : self.at + 1]
        known = {"d": DIGIT, "s": SPACE, "w": WORD}.get(char.lower()) if char else None
        if known is not None:
            self.at += 1
            return known if char.islower() else known.complement()
        if char not in {"p", "P"}:
            return None
        found = _PROPERTY.match(self.text, self.at)
        if found is None:
            self.fail("a Unicode class is not valid")
        named = property_set(found[2] or found[3])
        if named is None:
            self.beyond(f"the Unicode class {(found[2] or found[3])!r}")
        self.at = found.end()
        return named.complement() if (char == "P") is not bool(found[1]) else named

    def character(self) -> int:
        """Read what follows a backslash and stands for one character."""
        char = self.text[self.at : self.at + 1]
        if not char:
            self.fail("the pattern ends with a lone backslash")
        if char in _HEX_LENGTHS:
            return self._hexadecimal(_HEX_LENGTHS[char])
        self.at += 1
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isdigit():
            self.fail("there are no back-references")
        if not char.isascii() or char.isalnum() or char in "<>":
            self.fail(f"\\{char} is no escape")
        return ord(char)

    def _hexadecimal(self, length: int) -> int:
        braced = re.compile(r".\{([0-9A-Fa-f]{1,9})\}").match(self.text, self.at)
        plain = re.compile(rf".([0-9A-Fa-f]{{{length}}})").match(self.text, self.at)
        found = braced or plain
        code = int(found[1], 16) if found else _LAST + 1
        if found is None or code > _LAST or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - surrogates
            self.fail("a hexadecimal escape is not valid")
        self.at = found.end()
        return code


class _Sets(_Reader):
    """Reads sets in brackets."""

    def set(self, modes: _Modes) -> Set:
        """Set = "[" "^"? items (("&&" | "--" | "~~") items)* "]"."""
        self.deeper()
        self.at += 1
        self.space(modes)
        negated = self.sees("^")
        self.at += negated
        whole = self._items(modes, first=self.leading(modes))
        while not self.sees("]"):
            operator = self.text[self.at : self.at + 2]
            self.at += 2
            right = self._items(modes)
            whole = whole.combined(operator, right)
        self.at += 1
        self.depth -= 1
        return whole.complement() if negated else whole

    def leading(self, modes: _Modes) -> Set:
        """Leading = "-"* | "]", which stand for themselves at the start of a set."""
        found = Set()
        self.space(modes)
        while self.sees("-"):
            self.at += 1
            found = Set.range(45, 45)
            self.space(modes)
        if self.sees("]") and not found.members:
            self.at += 1
            found = Set.range(93, 93)
        return found

    def _items(self, modes: _Modes, first: Set | None = None) -> Set:
        """Items = (set | class | character ("-" character)?)*."""
        found = first or Set()
        while True:
            self.space(modes)
            if self.done:
                self.fail("a set is not closed")
            if self.sees("]", *_SET_OPERATORS):
                return found
            found = found.union(self._item(modes))

    def _item(self, modes: _Modes) -> Set:
        if self.sees("["):
            posix = _POSIX.match(self.text, self.at)
            if posix and posix[2] in _ASCII_SETS:
                self.at = posix.end()
                named = Set((_ASCII_SETS[posix[2]],))
                return named.complement() if posix[1] else named
            return self.set(modes)
        if self.sees("\\"):
            self.at += 1
            found = self.predefined()
            if found is not None:
                if self._ranges(modes):
                    self.fail("a range begins with a class")
                return found
            low = self.character()
        else:
            low = ord(self.text[self.at])
            self.at += 1
        if not self._ranges(modes):
            return Set.range(low, low)
        self.at += 1
        self.space(modes)
        high = self._end()
        if high < low:
            self.fail("a range has its ends in the wrong order")
        return Set.range(low, high)

    def _ranges(self, modes: _Modes) -> bool:
        """Return whether a minus between two characters comes next."""
        self.space(modes)
        rest = self.text[self.at : self.at + 2]
        return rest.startswith("-") and rest not in {"-]", "--", "-"}

    def _end(self) -> int:
        if self.done:
            self.fail("a set is not closed")
        if self.sees("\\"):
            self.at += 1
            if self.predefined() is not None:
                self.fail("a range ends with a class")
            return self.character()
        if self.sees("["):
            self.fail("a range ends with a set")
        self.at += 1
        return ord(self.text[self.at - 1])


class _Translator(_Sets):
    """Reads a pattern and writes the same for the ``regex`` package."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.names: list[str] = []

    def whole(self, modes: _Modes) -> str:
        """Pattern = alternatives END."""
        written = self.alternatives(modes)
        if not self.done:
            self.fail("a closing parenthesis is unmatched")
        return written

    def alternatives(self, modes: _Modes) -> str:
        """Alternatives = sequence ("|" sequence)*."""
        self.deeper()
        pieces: list[str] = []
        atom: str | None = None
        while True:
            self.space(modes)
            if self.done or self.sees(")"):
                break
            if self.sees("*", "+", "?", "{"):
                if atom is None:
                    self.fail("a repetition follows nothing")
                pieces[-1] = atom = self.repeated(atom, modes)
                continue
            if self.sees("|"):
                self.at += 1
                pieces.append("|")
                atom = None
                continue
            switch = _FLAGS.match(self.text, self.at)
            if switch and switch[4] == ")":
                modes = self.switched(modes, switch)
                self.at = switch.end()
                atom = None
                continue
            atom = self.atom(modes)
            pieces.append(atom)
        self.depth -= 1
        return "".join(pieces)

    def switched(self, modes: _Modes, found: re.Match[str]) -> _Modes:
        """Return the modes after some flags."""
        if not found[1] and not found[3] and (found[2] or found[4] == ")"):
            self.fail("a flag is missing")
        if found[2] and not found[3]:
            self.fail("a flag is missing after '-'")
        seen: set[str] = set()
        for letters, to in ((found[1], True), (found[3] or "", False)):
            for letter in letters:
                if letter not in "imsRUux" or letter in seen:
                    self.fail(f"the flag {letter!r} is not known, or stands twice")
                seen.add(letter)
                if letter in "Ru":
                    if to is (letter == "u"):
                        continue
                    self.beyond(f"the flag {letter!r}")
                modes = replace(modes, **{letter: to})
        return modes

    def repeated(self, atom: str, modes: _Modes) -> str:
        """Repetition = ("*" | "+" | "?" | "{" n ("," m?)? "}") "?"?."""
        symbol = self.text[self.at]
        if symbol == "{":
            found = _COUNTS.match(self.text, self.at)
            if found is None:
                self.fail("a counted repetition is not valid")
            counts = [int(number[:9]) for number in (found[1], found[3]) if number]
            if counts != sorted(counts):
                self.fail("a repetition has its counts in the wrong order")
            if max(counts) > _MAX_REPEAT:
                self.beyond(f"a repetition beyond {_MAX_REPEAT}")
            numbers = (found[1], *([found[3]] if found[2] else []))
            symbol = f"{{{','.join(numbers)}}}"
            self.at = found.end()
        else:
            self.at += 1
        self.space(modes)
        lazy = self.sees("?")
        self.at += lazy
        return f"(?:{atom}){symbol}{'?' if lazy is not modes.U else ''}"

    def atom(self, modes: _Modes) -> str:
        """Atom = group | set | escape | "." | "^" | "$" | character."""
        char = self.text[self.at]
        if char == "(":
            return self.group(modes)
        if char == "[":
            return _cased(self.set(modes).written, modes)
        if char == "\\":
            return self.escape(modes)
        self.at += 1
        if char == ".":
            return r"[\s\S]" if modes.s else r"[^\n]"
        if char == "^":
            return r"(?:\A|(?<=\n))" if modes.m else r"\A"
        if char == "$":
            return r"(?=\n|\Z)" if modes.m else r"\Z"
        return _cased(Set.range(ord(char), ord(char)).written, modes)

    def escape(self, modes: _Modes) -> str:
        r"""Escape = "\" (class | assertion | character)."""
        self.at += 1
        if _SPECIAL_BOUNDARY.match(self.text, self.at):
            for ending, written in _WORD_ENDS.items():
                if self.sees(f"b{ending}"):
                    self.at += 1 + len(ending)
                    return written
            self.fail("a word boundary is not known")
        char = self.text[self.at : self.at + 1]
        if char and char in _ASSERTIONS:
            self.at += 1
            return _ASSERTIONS[char]
        found = self.predefined()
        if found is not None:
            return _cased(found.written, modes)
        code = self.character()
        return _cased(Set.range(code, code).written, modes)

    def group(self, modes: _Modes) -> str:
        """Group = "(" ("?" flags ":" | "?" "P"? "<" name ">")? alternatives ")"."""
        flags = _FLAGS.match(self.text, self.at)
        if flags:
            modes = self.switched(modes, flags)
            self.at = flags.end()
            return f"(?:{self._closed(modes)}"
        named = _NAMED.match(self.text, self.at)
        if named:
            if named[1] in self.names:
                self.fail(f"the group {named[1]!r} is defined twice")
            self.names.append(named[1])
            if not named[1].isidentifier():
                self.beyond(f"the group name {named[1]!r}")
            self.at = named.end()
            return f"(?P<n_{named[1]}>{self._closed(modes)}"
        if self.sees("(?=", "(?!", "(?<=", "(?<!"):
            self.fail("look-around is not supported")
        if self.sees("(?"):
            self.fail("a group begins with an unknown flag or name")
        self.at += 1
        return f"({self._closed(modes)}"

    def _closed(self, modes: _Modes) -> str:
        inner = self.alternatives(modes)
        if not self.sees(")"):
            self.fail("a group is not closed")
        self.at += 1
        return f"{inner})"


def _cased(written: str, modes: _Modes) -> str:
    return f"(?i:{written})" if modes.i else written


def _compile(pattern: str, options: Options) -> Timed:
    if len(pattern) > _MAX_LENGTH:
        message = f"a pattern longer than {_MAX_LENGTH} characters is not evaluated"
        raise TooComplex(message)
    letters = set(options.flags)
    modes = _Modes(
        i=options.case is not Case.SENSITIVE, m="m" in letters, s="s" in letters, x="x" in letters
    )
    written = _Translator(pattern).whole(modes)
    try:
        return timed(written, regex.VERSION0, whole=options.whole)
    except BeyondRegex as error:
        raise TooComplex(str(error)) from error


DIALECT = Dialect(
    name="rust",
    summary="Rust's regex crate, searches anywhere; classes and letter case are Unicode.",
    compile=_compile,
)
