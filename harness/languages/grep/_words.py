"""Shell words: quoting, ``$'...'``, parameters (all unset) and brace expansion, as bash does it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from harness.languages._lexing import syntax_error, unsupported
from harness.source import Source, Span

MAX_FIELDS = 1000
"""Words that one brace expansion may give."""
BREAKS = frozenset(" \t\n|&;()<>")
"""Characters that end a word unless they are quoted."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SET = frozenset({
    "BASH", "BASHPID", "BASH_VERSION", "EUID", "GROUPS", "HOME", "HOSTNAME", "HOSTTYPE", "IFS",
    "LANG", "LC_ALL", "LINENO", "LOGNAME", "MACHTYPE", "OLDPWD", "OPTIND", "OSTYPE", "PATH",
    "PPID", "PS4", "PWD", "RANDOM", "SECONDS", "SHELL", "SHLVL", "TERM", "UID", "USER", "_",
})  # fmt: skip
"""Variables that a shell sets by itself, or that every session has."""
_SIMPLE_ESCAPES = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_NUMBERED = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")
_MAX_CODE = 0x10FFFF
_SEQUENCE = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?|([A-Za-z])\.\.([A-Za-z])")

_Char = tuple[str, bool]
"""A character and whether it was quoted."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word after all expansions; ``plain``: it was written without any quoting."""

    text: str
    span: Span
    plain: bool
    pattern: bool
    """It has an unquoted ``*``, ``?`` or ``[``, which file names may match."""


class WordReader:
    """Reads one word from a source, from ``at`` on."""

    def __init__(self, source: Source, at: int) -> None:
        self.source = source
        self.text = source.text
        self.begin = at
        self.at = at
        self.chars: list[_Char] = []
        self.quoted = False

    def read(self) -> list[Word]:
        """word: (character | escape | quoted | parameter)*; return what it expands to."""
        while self.at < len(self.text) and self.text[self.at] not in BREAKS:
            self._piece()
        span = Span(self.begin, self.at)
        words = []
        for chars in self._braces(self.chars):
            if not chars and not self.quoted:
                continue
            text = _joined(char for char, _ in chars)
            pattern = any(char in "*?[" and not quoted for char, quoted in chars)
            words.append(Word(text, span, plain=not self.quoted, pattern=pattern))
        return words

    def _piece(self) -> None:
        text, char = self.text, self.text[self.at]
        if char == "\\":
            self._escape()
        elif char == "'":
            self._single()
        elif char == '"':
            self._double()
        elif char == "`":
            self._refuse_command()
        elif char == "$" and text.startswith("$'", self.at):
            self._ansi()
        elif char == "$" and text.startswith('$"', self.at):
            self.at += 1
            self._double()
        elif char == "$":
            self._parameter(quoted=False)
        elif char == "~" and self.at == self.begin:
            self._fail_unsupported("~", "the home directory is not known", self.at + 1)
        else:
            self.chars.append((char, False))
            self.at += 1

    def _escape(self) -> None:
        """escape: a backslash and a character; before a newline both vanish."""
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following != "\n":
            self.quoted = True
            self.chars.append((following or "\\", True))

    def _single(self) -> None:
        """quoted: "'" any* "'"."""
        end = self.text.find("'", self.at + 1)
        if end == -1:
            self._fail_unclosed("'")
        self.quoted = True
        self.chars.extend((char, True) for char in self.text[self.at + 1 : end])
        self.at = end + 1

    def _double(self) -> None:
        """quoted: '"' (character | escape | parameter)* '"'."""
        self.quoted = True
        opening = self.at
        self.at += 1
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in {*'$`"\\\n'}:
                following = self.text[self.at + 1]
                self.at += 2
                if following != "\n":
                    self.chars.append((following, True))
            elif char == "`":
                self._refuse_command()
            elif char == "$":
                self._parameter(quoted=True)
            else:
                self.chars.append((char, True))
                self.at += 1
        self.at = opening
        self._fail_unclosed('"')

    def _ansi(self) -> None:
        """quoted: "$'" (character | C escape)* "'"; a NUL ends what it stands for."""
        self.quoted = True
        opening = self.at
        self.at += 2
        cut = False
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "'":
                self.at += 1
                return
            value = self._ansi_escape() if char == "\\" else char
            if char != "\\":
                self.at += 1
            cut = cut or value == "\0"
            if not cut:
                self.chars.extend((one, True) for one in value)
        self.at = opening
        self._fail_unclosed("'")

    def _ansi_escape(self) -> str:
        following = self.text[self.at + 1 : self.at + 2]
        if following in _SIMPLE_ESCAPES:
            self.at += 2
            return _SIMPLE_ESCAPES[following]
        if found := _NUMBERED.match(self.text, self.at + 1):
            self.at = found.end()
            byte, short, long, octal = found.groups()
            if short or long:
                code = int(short or long, 16)
                return chr(code) if code <= _MAX_CODE else "\ufffd"
            return _byte(int(byte, 16) if byte else int(octal, 8) & 0xFF)
        if following == "c" and self.at + 2 < len(self.text):
            self.at += 3
            return chr(ord(self.text[self.at - 1].upper()) & 0x1F)
        self.at += 1
        return "\\"

    def _parameter(self, *, quoted: bool) -> None:
        """parameter: '$' name | '${' name '}' | '$' digit; an unset one expands to nothing."""
        text, begin = self.text, self.at
        if text.startswith("$(", begin):
            self._refuse_command()
        following = text[begin + 1 : begin + 2]
        if following == "{":
            found = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*|\d+)\}").match(text, begin)
            if not found:
                end = text.find("}", begin)
                reason = "only plain variables are expanded"
                self._fail_unsupported("${...}", reason, len(text) if end == -1 else end + 1)
            name, self.at = found.group(1), found.end()
        elif named := _NAME.match(text, begin + 1):
            name, self.at = named.group(), named.end()
        elif following and following in "0123456789?#$!-@*":
            name, self.at = following, begin + 2
        else:
            self.chars.append(("$", quoted))
            self.at += 1
            return
        if name in _SET or name in {"0", "?", "#", "$", "!", "-"}:
            reason = "its value depends on the session"
            self._fail_unsupported(f"${name}", reason, self.at)

    def _braces(self, chars: list[_Char]) -> Iterator[list[_Char]]:
        """Yield what brace expansion makes of a word, from left to right."""
        count = 0
        todo = [chars]
        while todo:
            current = todo.pop()
            expanded = _expand_first(current)
            if expanded is None:
                count += 1
                yield current
            else:
                todo.extend(reversed(expanded))
            if count + len(todo) > MAX_FIELDS:
                reason = f"a word expands to more than {MAX_FIELDS}"
                self._fail_unsupported("brace expansion", reason, self.at)

    def _refuse_command(self) -> NoReturn:
        reason = "the harness never runs commands of a rule"
        self._fail_unsupported("command substitution", reason, self.at + 2)

    def _fail_unsupported(self, feature: str, reason: str, end: int) -> NoReturn:
        raise unsupported(self.source, Span(min(self.at, end - 1), end), feature, reason)

    def _fail_unclosed(self, quote: str) -> NoReturn:
        span = Span(self.at, self.at + 1)
        message = f"the quote {quote} is never closed"
        raise syntax_error(self.source, span, message, f"add the closing {quote}")


def _byte(value: int) -> str:
    return chr(value) if value < 0x80 else chr(0xDC00 + value)  # noqa: PLR2004 - PEP 383


def _joined(chars: Iterator[str]) -> str:
    """Join characters, bytes among them as lone surrogates that may add up to characters."""
    text = "".join(chars)
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text


def _expand_first(chars: list[_Char]) -> list[list[_Char]] | None:
    """Expand the first brace expression that is one; ``None`` where there is none."""
    for start, one in enumerate(chars):
        if one != ("{", False):
            continue
        end, commas = _closing(chars, start)
        if end is None:
            continue
        before, after = chars[:start], chars[end + 1 :]
        if commas:
            cuts = [start, *commas, end]
            inner = [chars[a + 1 : b] for a, b in itertools.pairwise(cuts)]
        else:
            inner = _sequence(chars[start + 1 : end])
        if inner:
            return [[*before, *item, *after] for item in inner]
    return None


def _closing(chars: list[_Char], start: int) -> tuple[int | None, list[int]]:
    """Return where a brace closes, and the commas directly inside it."""
    depth = 0
    commas: list[int] = []
    for at in range(start, len(chars)):
        char, quoted = chars[at]
        if quoted:
            continue
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return at, commas
        elif char == "," and depth == 1:
            commas.append(at)
    return None, commas


def _sequence(chars: list[_Char]) -> list[list[_Char]]:
    """sequence: number '..' number ['..' step] | letter '..' letter."""
    found = _SEQUENCE.fullmatch("".join(char for char, _ in chars))
    if not found or any(quoted for _, quoted in chars):
        return []
    first, last, by, low, high = found.groups()
    start, end = (int(first), int(last)) if first else (ord(low), ord(high))
    step = max(1, abs(int(by or 1)))
    down = end < start
    numbers = range(start, end + (-1 if down else 1), -step if down else step)
    zeros = first and any(re.fullmatch(r"-?0\d+", item) for item in (first, last))
    width = max(len(first), len(last)) if zeros else 0
    texts = (
        f"{number:0{width}d}" if first else chr(number) for number in numbers[: MAX_FIELDS + 1]
    )
    return [[(char, True) for char in text] for text in texts]
