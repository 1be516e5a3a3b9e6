"""The translation of .NET expressions into the syntax of the ``regex`` package.

The syntax follows https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference.
Every construct is read and written anew, so that nothing keeps a meaning of Python's by accident:
what .NET rejects is rejected, and what cannot be expressed raises :class:`BeyondRegex`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NoReturn

import regex

from harness.ir.regexes import RegexError
from harness.ir.regexes._timed import CATEGORIES, BeyondRegex

MAX_DEPTH = 60
"""Nesting of groups that is accepted."""
MAX_LENGTH = 20_000
MAX_REPEAT = 2_147_483_647

WORD = r"\p{L}\p{Mn}\p{Nd}\p{Pc}"
SPACE = r"\f\n\r\t\v\x85\p{Z}"
CLASSES = {"d": r"\p{Nd}", "w": WORD, "s": SPACE}
CONTROLS = {"a": 7, "e": 27, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
ASSERTIONS = {"A": r"\A", "z": r"\Z", "Z": r"(?=\n?\Z)", "b": r"\b", "B": r"\B", "G": r"\G"}
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(,(\d*))?\}", re.ASCII)
_NAME = re.compile(r"[\w]+")


@dataclass(frozen=True, slots=True)
class _Modes:
    """The inline options in force at one place."""

    multiline: bool = False
    single: bool = False
    extended: bool = False
    explicit: bool = False
    caseless: bool = False

    def changed(self, letters: str, *, to: bool) -> _Modes:
        names = {"m": "multiline", "s": "single", "x": "extended", "n": "explicit", "i": "caseless"}
        result = self
        for letter in letters.lower():
            result = replace(result, **{names[letter]: to})
        return result


class _Translator:
    """Reads a .NET pattern and writes the same for the ``regex`` package."""

    def __init__(self, pattern: str, *, caseless: bool) -> None:
        self.text = pattern
        self.caseless = caseless
        self.at = 0
        self.depth = 0
        self.count = 0
        self.unnamed, self.named = _groups(pattern)

    def fail(self, message: str) -> NoReturn:
        raise RegexError(message, self.at)

    def whole(self, modes: _Modes) -> str:
        """Pattern = alternatives END."""
        result = self.alternatives(modes)
        if self.at < len(self.text):
            self.fail("too many closing parentheses")
        return result

    def alternatives(self, modes: _Modes) -> str:
        """Alternatives = sequence ("|" sequence)*; an inline option reaches over the bars."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"groups are nested deeper than {MAX_DEPTH} levels"
            raise BeyondRegex(message, self.at)
        written: list[str] = []
        pieces: list[str] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                written.append("".join(pieces))
                pieces = []
                continue
            if self._skipped(modes):
                continue
            inline = self._inline_options()
            if inline is not None:
                modes = modes.changed(inline[0], to=True).changed(inline[1], to=False)
                continue
            pieces.append(self.quantified(modes))
        self.depth -= 1
        return "|".join([*written, "".join(pieces)])

    def _skipped(self, modes: _Modes) -> bool:
        """Pass a comment, or blanks in extended mode."""
        start = self.at
        if self.text.startswith("(?#", self.at):
            end = self.text.find(")", self.at)
            if end == -1:
                self.fail("a (?# comment is not closed")
            self.at = end + 1
        elif modes.extended and self.text[self.at].isspace():
            self.at += 1
        elif modes.extended and self.text[self.at] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end == -1 else end + 1
        return self.at > start

    def _inline_options(self) -> tuple[str, str] | None:
        found = re.compile(r"\(\?([imnsxIMNSX]*)(?:-([imnsxIMNSX]*))?\)").match(self.text, self.at)
        if found is None or found.group() == "(?)":
            return None
        self.at = found.end()
        return found.group(1), found.group(2) or ""

    def quantified(self, modes: _Modes) -> str:
        """Quantified = atom (("*" | "+" | "?" | "{" n ("," m?)? "}") "?"?)?."""
        if _QUANTIFIER.match(self.text, self.at):
            self.fail("a quantifier follows nothing")
        atom = self.atom(modes)
        while self.at < len(self.text) and self._skipped(modes):
            pass
        found = _QUANTIFIER.match(self.text, self.at)
        if found is None:
            return atom
        self._check_bounds(found)
        self.at = found.end()
        lazy = self.text.startswith("?", self.at)
        self.at += lazy
        while self.at < len(self.text) and self._skipped(modes):
            pass
        if _QUANTIFIER.match(self.text, self.at):
            self.fail("a quantifier follows a quantifier (.NET has no possessive ones)")
        return f"(?:{atom}){found.group()}{'?' * lazy}"

    def _check_bounds(self, found: re.Match[str]) -> None:
        low, high = found.group(1), found.group(3)
        if (low and int(low[:11]) > MAX_REPEAT) or (high and int(high[:11]) > MAX_REPEAT):
            self.fail("a repeat count is too large")
        if low and high and int(high) < int(low):
            self.fail("a repeat range is in reverse order")

    def atom(self, modes: _Modes) -> str:
        """Atom = group | set | escape | "." | "^" | "$" | character."""
        char = self.text[self.at]
        if char == "(":
            return self.group(modes)
        if char == "[":
            self.at += 1
            return self._cased(self.set(), modes)
        if char == "\\":
            return self.escape(modes)
        self.at += 1
        if char == ".":
            return r"[\s\S]" if modes.single else r"[^\n]"
        if char in "^$":
            return f"(?m:{char})" if modes.multiline else ("\\A" if char == "^" else char)
        return self._cased(_literal(char), modes)

    def _cased(self, written: str, modes: _Modes) -> str:
        """Say the case rule where it is not the one of the whole pattern."""
        if modes.caseless == self.caseless:
            return written
        return f"(?{'' if modes.caseless else '-'}i:{written})"

    def group(self, modes: _Modes) -> str:
        """Group = "(" (capture | look-around | atomic | conditional | options) ")"."""
        rest = self.text[self.at : self.at + 4]
        for opening in ("(?<=", "(?<!", "(?=", "(?!", "(?>", "(?:"):
            if rest.startswith(opening):
                self.at += len(opening)
                return opening + self._closed(modes)
        if rest.startswith("(?("):
            return self._conditional(modes)
        if rest.startswith(("(?<", "(?'")):
            return self._named(modes)
        if rest.startswith("(?"):
            return self._scoped(modes)
        self.at += 1
        if modes.explicit:
            return f"(?:{self._closed(modes)}"
        self.count += 1
        return f"(?P<_{self.count}>{self._closed(modes)}"

    def _closed(self, modes: _Modes) -> str:
        inner = self.alternatives(modes)
        if not self.text.startswith(")", self.at):
            self.fail("a group is not closed")
        self.at += 1
        return f"{inner})"

    def _named(self, modes: _Modes) -> str:
        close = ">" if self.text[self.at + 2] == "<" else "'"
        self.at += 3
        found = _NAME.match(self.text, self.at)
        if self.text.startswith("-", self.at) or (found and self.text.startswith("-", found.end())):
            message = "balancing groups are not evaluated"
            raise BeyondRegex(message, self.at)
        if found is None or not self.text.startswith(close, found.end()):
            self.fail("a group name is not valid")
        self.at = found.end() + 1
        return f"(?P<{_group_name(found.group())}>{self._closed(modes)}"

    def _scoped(self, modes: _Modes) -> str:
        found = re.compile(r"\(\?([imnsxIMNSX]*)(?:-([imnsxIMNSX]*))?:").match(self.text, self.at)
        if found is None:
            self.fail("a grouping construct is not known to .NET")
        self.at = found.end()
        inner = modes.changed(found.group(1), to=True).changed(found.group(2) or "", to=False)
        return f"(?:{self._closed(inner)}"

    def _conditional(self, modes: _Modes) -> str:
        found = re.compile(r"\(\?\((\w+)\)").match(self.text, self.at)
        if found is None or not self._has_group(found.group(1)):
            message = "a conditional on an expression is not evaluated"
            raise BeyondRegex(message, self.at)
        self.at = found.end()
        return f"(?({self._reference(found.group(1))}){self._closed(modes)}"

    def _has_group(self, name: str) -> bool:
        return name in self.named or (name.isdecimal() and 0 < int(name[:9]) <= self._total)

    @property
    def _total(self) -> int:
        return self.unnamed + len(self.named)

    def _reference(self, name: str) -> str:
        """Return our name of a group: .NET numbers the unnamed ones first, then the named."""
        if name in self.named:
            return _group_name(name)
        number = int(name)
        if number <= self.unnamed:
            return f"_{number}"
        return _group_name(self.named[number - self.unnamed - 1])

    def escape(self, modes: _Modes) -> str:
        r"""Escape = "\" (class | assertion | back reference | character)."""
        self.at += 1
        if self.at >= len(self.text):
            self.fail("the pattern ends with a lone backslash")
        char = self.text[self.at]
        if char in ASSERTIONS:
            self.at += 1
            return ASSERTIONS[char]
        if char.lower() in CLASSES:
            self.at += 1
            return f"[{'^' if char.isupper() else ''}{CLASSES[char.lower()]}]"
        if char in "pP":
            return f"[{self._category()}]"
        if char == "k":
            return self._cased(self._named_reference(), modes)
        if char.isdecimal() and char.isascii() and char != "0":
            return self._cased(self._numbered_reference(), modes)
        return self._cased(_literal(chr(self.code_point())), modes)

    def _named_reference(self) -> str:
        found = re.compile(r"k(?:<(\w+)>|'(\w+)')").match(self.text, self.at)
        if found is None:
            self.fail("a \\k is not followed by a group name")
        name = found.group(1) or found.group(2)
        if not self._has_group(name):
            self.fail(f"there is no group {name!r}")
        self.at = found.end()
        return f"(?P={self._reference(name)})"

    def _numbered_reference(self) -> str:
        digits = re.compile(r"[0-9]+").match(self.text, self.at)
        assert digits is not None
        number = digits.group()
        if self._has_group(number):
            self.at = digits.end()
            return f"(?P={self._reference(number)})"
        if len(number) == 1 or self.text[self.at] in "89":
            self.fail(f"there is no group number {number[:9]}")
        return _literal(chr(self._octal()))

    def _octal(self) -> int:
        found = re.compile(r"[0-7]{1,3}").match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return int(found.group(), 8) & 0xFF

    def code_point(self) -> int:
        """Read what follows a backslash and stands for one character."""
        char = self.text[self.at]
        if char == "0":
            return self._octal()
        if char in CONTROLS:
            self.at += 1
            return CONTROLS[char]
        for letter, digits in (("x", 2), ("u", 4)):
            if char == letter:
                return self._hexadecimal(digits)
        if char == "c":
            control = self.text[self.at + 1 : self.at + 2].upper()
            if not ("@" <= control <= "_"):
                self.fail("a \\c is not followed by a control character")
            self.at += 2
            return ord(control) - 64
        if char == "_" or char.isalnum():
            self.fail(f"\\{char} is no escape of .NET")
        self.at += 1
        return ord(char)

    def _hexadecimal(self, digits: int) -> int:
        number = self.text[self.at + 1 : self.at + 1 + digits]
        if not re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", number):
            self.fail(f"a \\{self.text[self.at]} needs {digits} hexadecimal digits")
        self.at += 1 + digits
        return int(number, 16)

    def _category(self) -> str:
        found = re.compile(r"[pP]\{(\w+)\}").match(self.text, self.at)
        if found is None:
            self.fail("a \\p is not followed by a category in braces")
        if found.group(1) not in CATEGORIES:
            message = f"the Unicode block {found.group(1)!r} is not evaluated"
            raise BeyondRegex(message, self.at)
        self.at = found.end()
        return f"\\{found.group()}"

    def set(self) -> str:
        """Set = "[" "^"? (class | character ("-" character)?)+ ("-" set)? "]"."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"sets are nested deeper than {MAX_DEPTH} levels"
            raise BeyondRegex(message, self.at)
        negated = self.text.startswith("^", self.at)
        self.at += negated
        items: list[str] = []
        without = ""
        first = True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                self.fail("a [ set is not closed")
            if not first and self.text.startswith("-[", self.at):
                self.at += 2
                without = f"(?!{self.set()})"
                if not self.text.startswith("]", self.at):
                    self.fail("a subtraction is not the last thing in its set")
                break
            items.append(self._set_item())
            first = False
        self.at += 1
        self.depth -= 1
        written = f"[{'^' * negated}{''.join(items)}]"
        return f"(?:{without}{written})" if without else written

    def _set_item(self) -> str:
        low = self._set_character()
        if isinstance(low, str):
            return low
        at = self.at
        ranged = self.text.startswith("-", at) and not self.text.startswith(("-]", "-["), at)
        if not ranged or at + 1 >= len(self.text):
            return _in_set(low)
        self.at += 1
        high = self._set_character()
        if isinstance(high, str):
            self.fail("a class cannot end a range")
        if high < low:
            self.fail("a range is in reverse order")
        return f"{_in_set(low)}-{_in_set(high)}"

    def _set_character(self) -> int | str:
        """Read one member: a character as its number, a class as text."""
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.at >= len(self.text):
            self.fail("a [ set is not closed")
        char = self.text[self.at]
        if char.lower() in CLASSES:
            self.at += 1
            return CLASSES[char] if char.islower() else _complement(char.lower())
        if char in "pP":
            return self._category()
        if char == "b":
            self.at += 1
            return 8
        if char in "1234567":
            return self._octal()
        return self.code_point()


def _complement(name: str) -> str:
    """Return a class that holds what a class leaves out, as members of a set."""
    if name == "d":
        return r"\P{Nd}"
    if name == "s":
        return r"\S\x1c-\x1f"
    return r"\p{Mc}\p{Me}\p{Nl}\p{No}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\p{S}\p{Z}\p{C}"


def _groups(pattern: str) -> tuple[int, list[str]]:
    """Return the number of unnamed groups and the names, in .NET's order of numbering."""
    unnamed, names, at, depth = 0, list[str](), 0, 0
    explicit = "(?n" in pattern
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            continue
        if depth:
            depth += pattern.startswith("-[", at) - (pattern[at] == "]")
            at += 1
            continue
        if pattern[at] == "[":
            depth = 1
            at += 2 + pattern.startswith("^", at + 1)
            continue
        if pattern[at] == "(":
            found = re.compile(r"\(\?(?:<(\w+)>|'(\w+)')").match(pattern, at)
            name = (found.group(1) or found.group(2)) if found else None
            if name and name not in names:
                names.append(name)
            unnamed += not explicit and not pattern.startswith("(?", at)
        at += 1
    return unnamed, names


def _group_name(name: str) -> str:
    return f"n_{name}"


def _literal(char: str) -> str:
    return char if char.isalnum() else regex.escape(char, special_only=False)


def _in_set(code: int) -> str:
    char = chr(code)
    return char if char.isalnum() else f"\\U{code:08x}"


def translate(pattern: str, flags: str = "") -> str:
    """Return a .NET pattern in the syntax of the ``regex`` package, version 0.

    The result is to be compiled with IGNORECASE where ``flags`` holds ``i``.
    """
    if len(pattern) > MAX_LENGTH:
        message = f"the pattern is longer than {MAX_LENGTH} characters"
        raise BeyondRegex(message)
    reader = _Translator(pattern, caseless="i" in flags)
    return reader.whole(_Modes().changed(flags, to=True))
