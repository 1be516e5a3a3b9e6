r"""Expressions of Java's ``Pattern``, translated piece by piece for the ``regex`` package.

Elasticsearch runs them in scripts (Painless, EQL functions). The syntax is that of
https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html:
classes such as ``\d`` and letter case are ASCII unless the pattern says otherwise, and a dot
stops at every kind of line end. What Java rejects is rejected; what is not translated raises
:class:`BeyondRegex`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

import regex

from harness.ir.regexes import Dialect, Options, RegexError
from harness.ir.regexes._timed import CATEGORIES, BeyondRegex, Timed, timed
from harness.ir.values import Case

_MAX_LENGTH = 20_000
_MAX_DEPTH = 60
_MAX_REPEAT = 2**31 - 1
_LINE_ENDS = r"\n\r\x85\u2028\u2029"
_LINE_END = rf"(?:\r\n|[{_LINE_ENDS}])"
_CLASSES = {
    "d": "0-9",
    "w": "a-zA-Z0-9_",
    "s": r"\t\n\x0b\f\r\x20",
    "h": r"\x20\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000\t",
    "v": r"\n\x0b\f\r\x85\u2028\u2029",
}
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "Blank": r"\x20\t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r"\x20\t\n\x0b\f\r",
}
_CONTROLS = {"a": 7, "e": 27, "f": 12, "n": 10, "r": 13, "t": 9}
_WORD = "[a-zA-Z0-9_]"
_ASSERTIONS = {
    "A": r"\A",
    "z": r"\Z",
    "Z": rf"(?={_LINE_END}?\Z)",
    "b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
_QUANTIFIER = re.compile(r"([*+?]|\{[0-9]+(?:,[0-9]*)?\})([?+]?)", re.ASCII)
_COUNTS = re.compile(r"[0-9]+")
_GROUP_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")


@dataclass(frozen=True, slots=True)
class _Modes:
    """The flags in force at one place."""

    i: bool = False
    s: bool = False
    m: bool = False


class _Translator:
    """Reads a Java pattern and writes the same for the ``regex`` package."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.depth = 0
        self.names: list[str] = []
        self.groups = 0

    def fail(self, message: str) -> NoReturn:
        """Raise where Java rejects the pattern."""
        raise RegexError(message, self.at)

    def beyond(self, feature: str) -> NoReturn:
        """Raise where only this translation cannot express the pattern."""
        message = f"{feature} is not evaluated"
        raise BeyondRegex(message, self.at)

    def sees(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def whole(self, modes: _Modes) -> str:
        """Pattern = alternatives END."""
        written = self.alternatives(modes)
        if self.at < len(self.text):
            self.fail("a closing parenthesis is unmatched")
        return written

    def alternatives(self, modes: _Modes) -> str:
        """Alternatives = sequence ("|" sequence)*."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.beyond(f"nesting deeper than {_MAX_DEPTH} groups")
        pieces: list[str] = []
        while self.at < len(self.text) and not self.sees(")"):
            if self.sees("|"):
                self.at += 1
                pieces.append("|")
                continue
            switch = _FLAGS.match(self.text, self.at)
            if switch and switch[3] == ")":
                self.at = switch.end()
                modes = self._switched(modes, switch)
                continue
            pieces.append(self.quantified(modes))
        self.depth -= 1
        return "".join(pieces)

    def _switched(self, modes: _Modes, found: re.Match[str]) -> _Modes:
        for letters, to in ((found[1], True), (found[2] or "", False)):
            for letter in letters:
                if letter not in "idmsuxU":
                    self.fail(f"{letter!r} is no inline flag")
                if letter not in "ims":
                    self.beyond(f"the inline flag {letter!r}")
                modes = replace(modes, **{letter: to})
        return modes

    def quantified(self, modes: _Modes) -> str:
        """Quantified = atom (("*" | "+" | "?" | "{" n ("," m?)? "}") ("?" | "+")?)*."""
        if self.text[self.at] in "*+?":
            self.fail("a quantifier follows nothing")
        if self.sees("{"):
            self.fail("a repetition follows nothing")
        atom = self.atom(modes)
        while found := _QUANTIFIER.match(self.text, self.at):
            counts = [int(number[:11]) for number in _COUNTS.findall(found[1])]
            if any(count > _MAX_REPEAT for count in counts) or counts != sorted(counts):
                self.fail("a repetition has an illegal range")
            self.at = found.end()
            atom = f"(?:{atom}){found.group()}"
        if self.sees("{"):
            self.fail("a repetition is not closed")
        return atom

    def atom(self, modes: _Modes) -> str:
        """Atom = group | set | escape | "." | "^" | "$" | character."""
        char = self.text[self.at]
        if char == "(":
            return self.group(modes)
        if char == "[":
            return self.set(modes)
        if char == "\\":
            return self.escape(modes)
        self.at += 1
        if char == ".":
            return r"[\s\S]" if modes.s else f"[^{_LINE_ENDS}]"
        if char == "^":
            after = r"(?<=[\n\x85\u2028\u2029]|\r(?!\n))(?!\Z)"
            return rf"(?:\A|{after})" if modes.m else r"\A"
        if char == "$":
            return rf"(?={_LINE_END}|\Z)" if modes.m else _ASSERTIONS["Z"]
        return _literal(ord(char), modes)

    def group(self, modes: _Modes) -> str:
        """Group = "(" (look-around | atomic | flags ":" | "?<" name ">")? alternatives ")"."""
        for opening in ("(?<=", "(?<!", "(?=", "(?!", "(?>", "(?:"):
            if self.sees(opening):
                self.at += len(opening)
                return f"{opening}{self._closed(modes)}"
        flags = _FLAGS.match(self.text, self.at)
        if flags:
            self.at = flags.end()
            return f"(?:{self._closed(self._switched(modes, flags))}"
        self.groups += 1
        number = self.groups
        if self.sees("(?<"):
            self.at += len("(?<")
            name = _GROUP_NAME.match(self.text, self.at)
            if name is None or self.text[name.end() : name.end() + 1] != ">":
                self.fail("a group name is not valid")
            if name.group() in self.names:
                self.fail(f"the group {name.group()!r} is defined twice")
            self.names.append(name.group())
            self.at = name.end() + 1
            return f"(?P<n_{name.group()}>{self._closed(modes)}"
        if self.sees("(?"):
            self.fail("an inline construct is not known to Java")
        self.at += 1
        return f"(?P<_{number}>{self._closed(modes)}"

    def _closed(self, modes: _Modes) -> str:
        inner = self.alternatives(modes)
        if not self.sees(")"):
            self.fail("a group is not closed")
        self.at += 1
        return f"{inner})"

    def escape(self, modes: _Modes) -> str:
        r"""Escape = "\" (class | assertion | quotation | reference | character)."""
        self.at += 1
        char = self.text[self.at : self.at + 1]
        if char in _ASSERTIONS and char:
            self.at += 1
            return _ASSERTIONS[char]
        if char == "Q":
            return self._quotation(modes)
        if char == "R":
            self.at += 1
            return f"(?>{_LINE_END}|[\\x0b\\f])"
        if char in set("GXNk123456789"):
            self.beyond(f"\\{char}")
        found = self._class()
        return f"[{found}]" if found else _literal(self._character(), modes)

    def _quotation(self, modes: _Modes) -> str:
        self.at += 1
        end = self.text.find("\\E", self.at)
        quoted = self.text[self.at :] if end == -1 else self.text[self.at : end]
        self.at = len(self.text) if end == -1 else end + 2
        pieces = [_literal(ord(char), modes) for char in quoted]
        if len(pieces) > 1 and _QUANTIFIER.match(self.text, self.at):
            self.beyond("a repeated \\Q...\\E")
        return "".join(pieces)

    def _class(self) -> str | None:
        """Return the members of a predefined class at this place, if there is one."""
        char = self.text[self.at : self.at + 1]
        if char and char.lower() in _CLASSES:
            self.at += 1
            members = _CLASSES[char.lower()]
            return members if char.islower() else _complement(members)
        if char and char in "pP":
            found = re.compile(r"[pP](?:\{(?:Is)?(\w+)\}|([A-Z]))").match(self.text, self.at)
            if found is None:
                self.beyond(f"\\{char} with a property")
            name = found[1] or found[2]
            self.at = found.end()
            if name in _POSIX:
                return _POSIX[name] if char == "p" else _complement(_POSIX[name])
            if name in CATEGORIES:
                return f"\\{char}{{{name}}}"
            self.beyond(f"the property {name[:40]!r}")
        return None

    def _character(self) -> int:
        """Read what follows a backslash and stands for one character."""
        char = self.text[self.at : self.at + 1]
        if not char:
            self.fail("the pattern ends with a lone backslash")
        rules = (r"x\{([0-9A-Fa-f]+)\}", r"x([0-9A-Fa-f]{2})", r"u([0-9A-Fa-f]{4})")
        for rule in rules:
            found = re.compile(rule).match(self.text, self.at)
            if found:
                code = int(found[1][-12:], 16)
                if code > 0x10FFFF:  # noqa: PLR2004 - the last code point
                    self.fail("there is no character of this code")
                self.at = found.end()
                return code
        octal = re.compile(r"0([0-3]?[0-7]{1,2})").match(self.text, self.at)
        if octal:
            self.at = octal.end()
            return int(octal[1], 8)
        self.at += 1
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isascii() and char.isalnum():
            self.fail(f"\\{char} is no escape of Java")
        return ord(char)

    def set(self, modes: _Modes) -> str:
        """Set = "[" "^"? (class | character ("-" character)?)+ "]"."""
        self.at += 1
        negated = self.sees("^")
        self.at += negated
        items: list[str] = []
        while not (self.sees("]") and items):
            if self.at >= len(self.text):
                self.fail("a set is not closed")
            if self.sees("[") or self.sees("&&"):
                self.beyond("a set inside a set")
            items.append(self._member(modes))
        self.at += 1
        return f"[{'^' * negated}{''.join(items)}]"

    def _member(self, modes: _Modes) -> str:
        low = self._set_character()
        if isinstance(low, str):
            return low
        ranged = self.sees("-") and self.text[self.at + 1 : self.at + 2] not in {"]", "[", ""}
        if not ranged:
            return _range(low, low, modes)
        self.at += 1
        high = self._set_character()
        if isinstance(high, str) or high < low:
            self.fail("a range has illegal ends")
        return _range(low, high, modes)

    def _set_character(self) -> int | str:
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.sees("Q"):
            self.beyond("\\Q inside a set")
        found = self._class()
        return self._character() if found is None else found


def _complement(members: str) -> str:
    """Return the members of the complement of a class, for use inside a set."""
    outside = [code for code in range(0x3001) if not regex.match(f"[{members}]", chr(code))]
    return "".join(_spans(outside)) + "\\u3001-\\U0010ffff"


def _spans(codes: list[int]) -> Iterator[str]:
    start = previous = codes[0]
    for code in [*codes[1:], -1]:
        if code != previous + 1:
            yield f"{_code(start)}-{_code(previous)}"
            start = code
        previous = code


def _code(code: int) -> str:
    return f"\\U{code:08x}"


def _literal(code: int, modes: _Modes) -> str:
    return f"[{_range(code, code, modes)}]"


def _range(low: int, high: int, modes: _Modes) -> str:
    """Return a range of characters, with the other case of its ASCII letters where it folds."""
    written = f"{_code(low)}-{_code(high)}"
    if modes.i:
        for first, last, shift in ((65, 90, 32), (97, 122, -32)):
            start, end = max(low, first), min(high, last)
            if start <= end:
                written += f"{_code(start + shift)}-{_code(end + shift)}"
    return written


def _compile(pattern: str, options: Options) -> Timed:
    if len(pattern) > _MAX_LENGTH:
        message = f"the pattern is longer than {_MAX_LENGTH} characters"
        raise BeyondRegex(message)
    letters = set(options.flags)
    modes = _Modes(i=options.case is not Case.SENSITIVE, s="s" in letters, m="m" in letters)
    written = _Translator(pattern).whole(modes)
    return timed(written, regex.VERSION0, whole=options.whole)


DIALECT = Dialect(
    name="java",
    summary="Java syntax, searches anywhere; classes and letter case are ASCII.",
    compile=_compile,
)
