r"""What PCRE2 10.42 reads differently from the newer library that evaluates patterns here.

Up to 10.42 a look-behind needs a fixed length per alternative and ``{,2}`` and ``{ 1 }`` are
literal text (https://github.com/PCRE2Project/pcre2/blob/pcre2-10.43/ChangeLog). There
``\x`` without digits is the character NUL, which 10.47 refuses (both were run). Compiled to
machine code for text that may be invalid UTF-8, as grep does it, ``\D``, ``\S`` and ``\W`` do not
match characters outside ASCII (https://github.com/PCRE2Project/pcre2/issues/224).
"""

from __future__ import annotations

import re
from typing import NoReturn

from harness.ir.regexes import RegexError

MAX_DEPTH = 250
"""The nesting of parentheses that PCRE2 accepts by default."""

_QUANTIFIER = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_NEWER_QUANTIFIER = re.compile(r"\{[ \t]*\d*[ \t]*(?:,[ \t]*\d*[ \t]*)?\}")
_CODED = re.compile(r"\\(?:[xoNpP]\{[^}]*\}|x[0-9A-Fa-f]{0,2}|[pP].|c.|0[0-7]{0,2})", re.DOTALL)
_REFERENCE = re.compile(r"\\(?:[gk](?:\{[^}]*\}|<[^>]*>|'[^']*'|[+-]?\d+)|[1-9]\d*)")
_FLAGS = re.compile(r"\(\?[imsxnJU^-]*[:)]")
_NAMED = re.compile(r"\(\?(?:P?<|')\w+[>']")
_REFERRING = re.compile(r"\(\?(?:P[=>]|&|R|[+-]?\d)")
_VERB = re.compile(r"\(\*[A-Z:]")
_WORDED = re.compile(r"\(\*([a-z_]+):")
_EMPTY_ESCAPES = frozenset("bBAzZGKE")
_LONGER_ESCAPES = frozenset("RX")
_BEHIND = ("plb", "nlb", "naplb", "positive_lookbehind", "negative_lookbehind")
_AHEAD = ("pla", "nla", "napla", "positive_lookahead", "negative_lookahead")
_UNKNOWN_WORDS = ("scs", "scan_substring")

_Length = int | None
"""Characters that an item consumes; ``None`` where only the library can tell."""


def as_before_10_43(pattern: str, *, extended: bool, ascii_complements: bool = False) -> str:
    r"""Return the pattern in words that newer libraries read in the old way.

    Raises ``RegexError`` for what the old library refuses; ``extended`` is its ``x`` option,
    ``ascii_complements`` asks for the limits of ``\D``, ``\S`` and ``\W``.
    """
    scan = _Scan(pattern, extended=extended)
    while scan.at < len(pattern):
        scan.alternatives(behind=False)
        scan.at += 1  # a closing parenthesis too many, which the library reports itself
    edits = [(at, at, "\\") for at in scan.braces]
    edits.extend((at, at, "00") for at in scan.bare)
    if ascii_complements:
        edits.extend(
            (at, at + 2, f"(?-i:[^\\{pattern[at + 1].lower()}\\x{{80}}-\\x{{10ffff}}])")
            for at in scan.complements
        )
    for start, end, text in sorted(edits, reverse=True):
        pattern = f"{pattern[:start]}{text}{pattern[end:]}"
    return pattern


def _is_newer_quantifier(text: str, at: int) -> bool:
    """Return whether braces are a quantifier since 10.43 and were literal text before."""
    return bool(_NEWER_QUANTIFIER.match(text, at)) and not _QUANTIFIER.match(text, at)


class _Scan:
    """One pass over a pattern that only needs the outline to be right."""

    def __init__(self, text: str, *, extended: bool) -> None:
        self.text = text
        self.at = 0
        self.extended = extended
        self.quoting = False
        self.depth = 0
        self.braces: list[int] = []
        self.complements: list[int] = []
        self.bare: list[int] = []  # ends of codes without digits

    def alternatives(self, *, behind: bool) -> list[_Length]:
        """alternatives: branch ('|' branch)*; return the length of each."""
        lengths: list[_Length] = []
        total: _Length = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if not self.quoting and char == ")":
                break
            if not self.quoting and char == "|":
                lengths.append(total)
                total = 0
                self.at += 1
                continue
            one = self._item(behind=behind)
            times = 1 if self.quoting else self._quantifier(behind=behind)
            if total is not None:
                total = None if one is None or times is None else total + one * times
        return [*lengths, total]

    def _item(self, *, behind: bool) -> _Length:
        """item: escape | class | group | character."""
        text, at = self.text, self.at
        char = text[at]
        if char == "\\":
            return self._escape(behind=behind)
        if self.quoting:
            self.at += 1
            return 1
        if char == "(":
            return self._group(behind=behind)
        if char == "[":
            self._class()
            return 1
        if self.extended and (char.isspace() or char == "#"):
            end = text.find("\n", at) if char == "#" else at
            self.at = len(text) if end == -1 else end + 1
            return 0
        if char == "{" and _is_newer_quantifier(text, at):
            self.braces.append(at)
        self.at += 1
        return 0 if char in "^$" else 1

    def _escape(self, *, behind: bool) -> _Length:
        """escape: a backslash and what it takes."""
        text, at = self.text, self.at
        char = text[at + 1 : at + 2]
        self.at = at + 2
        if self.quoting:
            if char == "E":
                self.quoting = False
                return 0
            self.at = at + 1
            return 1
        if char == "Q":
            self.quoting = True
            return 0
        if found := _REFERENCE.match(text, at):
            self.at = found.end()
            return None
        if found := _CODED.match(text, at):
            self.at = found.end()
            self._note_bare(found)
        if char == "N" and _is_newer_quantifier(text, at + 2):
            message = "PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u"
            raise RegexError(message, at)
        if char in {"D", "S", "W"}:
            self.complements.append(at)
        if char in _LONGER_ESCAPES and behind:
            self._not_fixed()
        return 0 if char in _EMPTY_ESCAPES else 1

    def _note_bare(self, found: re.Match[str]) -> None:
        if found.group() == "\\x":
            self.bare.append(found.end())

    def _class(self) -> None:
        """class: '[' ... ']'."""
        text = self.text
        at = self.at + 1
        at += text.startswith("^", at)
        at += text.startswith("]", at)
        while at < len(text) and text[at] != "]":
            if text.startswith("\\Q", at):
                end = text.find("\\E", at)
                at = len(text) if end == -1 else end + 2
            elif found := _CODED.match(text, at):
                self._note_bare(found)
                at = found.end()
            elif text[at] == "\\":
                at += 2
            elif text.startswith("[:", at) and (end := text.find(":]", at)) != -1:
                at = end + 2
            else:
                at += 1
        self.at = at + 1

    def _quantifier(self, *, behind: bool) -> _Length:
        """quantifier: ('*' | '+' | '?' | '{' n [',' [m]] '}') ['+' | '?']."""
        char = self.text[self.at : self.at + 1]
        times: _Length = 1
        if char and char in "*+?":
            self.at += 1
            times = None
        elif found := _QUANTIFIER.match(self.text, self.at):
            self.at = found.end()
            low, comma, high = found.groups()
            times = int(low) if not comma or low == high else None
        else:
            return times
        if times is None and behind:
            self._not_fixed()
        if self.text[self.at : self.at + 1] in {"+", "?"}:
            self.at += 1
        return times

    def _group(self, *, behind: bool) -> _Length:
        """group: '(' [kind] alternatives ')'."""
        text, begin = self.text, self.at
        if text.startswith(("(?#", "(?C"), begin) or _VERB.match(text, begin):
            return self._skip(0)
        if _REFERRING.match(text, begin):
            return self._skip(None)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = "parentheses are too deeply nested"
            raise RegexError(message, begin)
        saved = self.extended
        kind = self._group_kind(begin)
        if kind == "flags":
            self.depth -= 1
            return 0
        lengths = self.alternatives(behind=kind == "behind" or (behind and kind == "plain"))
        self.at += 1
        self.depth -= 1
        self.extended = saved
        if kind in {"behind", "ahead"}:
            return 0
        if kind == "condition" or None in lengths:
            return None
        if len(set(lengths)) > 1 and behind:
            self._not_fixed()
        return lengths[0]

    def _group_kind(self, begin: int) -> str:
        """Read the opening of a group and return what it is."""
        text = self.text
        if text.startswith(("(?<=", "(?<!", "(?<*"), begin):
            self.at = begin + 4
            return "behind"
        if text.startswith(("(?=", "(?!", "(?*"), begin):
            self.at = begin + 3
            return "ahead"
        if text.startswith("(?(", begin):
            self.at = begin + 2
            if not text.startswith(("(?(?", "(?(*"), begin):
                self._skip(0)
            return "condition"
        if found := _WORDED.match(text, begin):
            return self._worded(found)
        if found := _NAMED.match(text, begin):
            self.at = found.end()
        elif text.startswith(("(?>", "(?|"), begin):
            self.at = begin + 3
        elif found := _FLAGS.match(text, begin):
            self.at = found.end()
            on = found.group().split("-")[0]
            self.extended = self.extended or "x" in on
            return "flags" if found.group()[-1] == ")" else "plain"
        elif text.startswith("(?", begin):
            message = "unrecognized character after (? or (?-"
            raise RegexError(message, begin + 2)
        else:
            self.at = begin + 1
        return "plain"

    def _worded(self, found: re.Match[str]) -> str:
        """An assertion in words: ``(*plb:``."""
        word = found.group(1)
        if word in _UNKNOWN_WORDS:
            message = "(*alpha_assertion) not recognized"
            raise RegexError(message, found.start())
        self.at = found.end()
        if word in _BEHIND:
            return "behind"
        return "ahead" if word in _AHEAD else "plain"

    def _skip(self, length: _Length) -> _Length:
        end = self.text.find(")", self.at)
        self.at = len(self.text) if end == -1 else end + 1
        return length

    def _not_fixed(self) -> NoReturn:
        message = "lookbehind assertion is not fixed length"
        raise RegexError(message, self.at)
