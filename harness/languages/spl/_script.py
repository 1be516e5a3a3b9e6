"""The text of a search: comments removed, macros replaced, cut into commands at its pipes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from harness.languages._lexing import Token, syntax_error, unsupported
from harness.source import Source, Span, Unsupported

MAX_LENGTH = 500_000
"""Characters of a search after its macros are replaced."""
MAX_COMMANDS = 100
"""Commands of one pipeline."""
_MAX_MACRO_DEPTH = 16
_COMMENT = "```"
_MACRO = re.compile(r"\s*([\w.\-:]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_QUOTED = re.compile(r'(?:[^"\\]+|\\.|\\\Z)*', re.DOTALL)
_PLAIN = re.compile(r'[^"\\\[\]|]*')
_PARAMETER = re.compile(r"\$([\w.\-]+)\$")


@dataclass(frozen=True, slots=True)
class Script:
    """Text after replacement; ``places`` says for each character which source it stems from.

    Without ``places`` the text is the source's own.
    """

    source: Source
    text: str
    places: tuple[Span, ...] | None

    def span(self, start: int, end: int) -> Span:
        """Return the place in the source of a range of this text."""
        if self.places is None:
            last = max(0, len(self.text) - 1)
            return Span(min(start, last), min(max(start + 1, end), len(self.text)))
        if not self.places:
            return Span(0, 0)
        last = len(self.places) - 1
        first, final = self.places[min(start, last)], self.places[min(max(start, end - 1), last)]
        return first.to(final)


@dataclass(frozen=True, slots=True)
class Part:
    """A range of a script: one command, its name not yet taken off."""

    script: Script
    start: int
    end: int
    first: bool = field(default=False, kw_only=True)
    piped: bool = field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        """The text of the range."""
        return self.script.text[self.start : self.end]

    @property
    def span(self) -> Span:
        """The place of the range, blanks at its ends left out."""
        text = self.text
        left = len(text) - len(text.lstrip())
        right = len(text.rstrip())
        return self.script.span(self.start + min(left, right), self.start + right)

    def after(self, offset: int) -> Part:
        """Return the rest of the range from an offset on."""
        return Part(self.script, self.start + offset, self.end)


def read_script(source: Source, macros: Mapping[str, Any]) -> Script:
    """Return the script of a source, comments removed and macros replaced."""
    if len(source.text) > MAX_LENGTH:
        raise _too_long(source, Span(0, 0))
    if "`" not in source.text:
        return Script(source, source.text, None)
    expander = _Expander(source, macros)
    chars: list[tuple[str, Span]] = []
    here = [(char, Span(i, i + 1)) for i, char in enumerate(source.text)]
    expander.expand(here, 0, chars)
    return Script(source, "".join(char for char, _ in chars), tuple(place for _, place in chars))


Chars = list[tuple[str, Span]]


@dataclass(frozen=True, slots=True)
class _Expander:
    source: Source
    macros: Mapping[str, Any]

    def expand(self, chars: Chars, depth: int, out: Chars) -> None:
        """Append ``chars`` to ``out``, with comments dropped and macros replaced."""
        text = "".join(char for char, _ in chars)
        at = 0
        while at < len(text):
            if text[at] in '"\\':
                end = _past_quote(text, at) if text[at] == '"' else min(at + 2, len(text))
                out.extend(chars[at:end])
            elif text.startswith(_COMMENT, at):
                end = self._past(text, chars, at, _COMMENT)
                out.append((" ", chars[at][1]))
            elif text[at] == "`":
                end = self._past(text, chars, at, "`")
                place = chars[at][1].to(chars[end - 1][1])
                self._macro(text[at + 1 : end - 1], place, depth, out)
            else:
                end = at + 1
                out.append(chars[at])
            at = end
            if len(out) > MAX_LENGTH:
                raise _too_long(self.source, chars[0][1])

    def _past(self, text: str, chars: Chars, at: int, mark: str) -> int:
        """Return the offset after the closing mark; backticks inside quotes do not close."""
        end = at + len(mark)
        while end < len(text) and not text.startswith(mark, end):
            end = _past_quote(text, end) if text[end] == '"' and mark == "`" else end + 1
        if end >= len(text):
            what = "comment" if mark == _COMMENT else "macro"
            message = f"the {what} that begins here has no closing {mark}"
            raise syntax_error(self.source, chars[at][1], message, "add the closing backticks")
        return end + len(mark)

    def _macro(self, call: str, place: Span, depth: int, out: Chars) -> None:
        matched = _MACRO.fullmatch(call)
        if matched is None:
            raise syntax_error(self.source, place, "a macro call is a name and arguments")
        name, given = matched.group(1), matched.group(2)
        arguments = [] if given is None else _arguments(given)
        body = self._definition(name, arguments, place)
        if depth >= _MAX_MACRO_DEPTH:
            reason = f"more than {_MAX_MACRO_DEPTH} levels are not read"
            raise unsupported(self.source, place, "deeply nested macros", reason)
        self.expand([(char, place) for char in body], depth + 1, out)

    def _definition(self, name: str, arguments: list[str], place: Span) -> str:
        for key, value in self.macros.items():
            matched = _MACRO.fullmatch(key)
            if matched is None or matched.group(1) != name:
                continue
            names = _parameters(matched.group(2), value)
            if len(names) == len(arguments):
                body = str(value["definition"] if isinstance(value, Mapping) else value)
                bound = dict(zip(names, arguments, strict=True))
                return _filled(body, bound)
        reason = "its definition lives in the Splunk instance; give it in the option 'macros'"
        raise unsupported(self.source, place, f"macro `{name}`", reason)


def _too_long(source: Source, place: Span) -> Unsupported:
    reason = f"with its macros it has more than {MAX_LENGTH} characters"
    return unsupported(source, place, "a very long search", reason)


def _filled(body: str, bound: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda hit: bound.get(hit.group(1), hit.group()), body)


def _parameters(written: str | None, value: object) -> list[str]:
    """Return the parameter names of a definition: ``name(a, b)``, or a list under ``args``."""
    if isinstance(value, Mapping) and "args" in value:
        args = value["args"]
        return [str(item).strip() for item in (args.split(",") if isinstance(args, str) else args)]
    if written is None:
        return []
    if written.strip().isdigit():
        return [str(number + 1) for number in range(min(int(written), 20))]
    return [item.strip() for item in written.split(",") if item.strip()]


def _arguments(text: str) -> list[str]:
    """Split macro arguments at commas outside quotes and parentheses."""
    found, start, depth, at = [], 0, 0, 0
    while at < len(text):
        if text[at] == '"':
            at = _past_quote(text, at)
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if text[at] == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
        at += 1
    found.append(text[start:].strip())
    return found


def _past_quote(text: str, at: int) -> int:
    """Return the offset after the quoted text that begins at ``at``; past the end if unclosed."""
    return min(_inside(text, at) + 1, len(text))


def _inside(text: str, at: int) -> int:
    """Return the offset of the quote that closes the one at ``at``, or behind the text."""
    matched = _QUOTED.match(text, at + 1)
    return matched.end() if matched else at + 1


def is_closed(text: str, at: int) -> bool:
    """Return whether the quoted text that begins at ``at`` has its closing quote."""
    return _inside(text, at) < len(text)


def commands(script: Script) -> list[Part]:
    """``command ("|" command)*``, with pipes in quotes and in square brackets left alone."""
    cuts = [-1, *_pipes(script), len(script.text)]
    parts = []
    for left, right in pairwise(cuts):
        parts.append(Part(script, left + 1, right, first=left == -1, piped=left != -1))
    if len(parts) > 1 and not parts[0].text.strip():
        parts = [Part(script, parts[1].start, parts[1].end, first=True, piped=True), *parts[2:]]
    if len(parts) > MAX_COMMANDS:
        reason = f"more than {MAX_COMMANDS} commands are not read"
        raise unsupported(script.source, parts[MAX_COMMANDS].span, "a very long pipeline", reason)
    for part in parts:
        if not part.text.strip():
            message = "a command is missing here"
            raise syntax_error(
                script.source, part.span, message, "write a command after each pipe, or remove it"
            )
    return parts


def _pipes(script: Script) -> Iterator[int]:
    text, at, brackets = script.text, 0, 0
    while at < len(text):
        plain = _PLAIN.match(text, at)
        at = plain.end() if plain else at
        char = text[at : at + 1]
        if char == '"':
            if not is_closed(text, at):
                message = "the quoted text that begins here has no closing quote"
                hint = 'close it with "; a backslash before a quote must be doubled'
                raise syntax_error(script.source, script.span(at, at + 1), message, hint)
            at = _past_quote(text, at)
            continue
        if char == "\\":
            at += 2
            continue
        brackets += {"[": 1, "]": -1}.get(char, 0)
        if brackets < 0:
            break
        if char == "|" and brackets == 0:
            yield at
        at += 1
    if brackets != 0:
        message = "square brackets do not balance"
        place = script.span(min(at, len(text) - 1), at + 1)
        raise syntax_error(script.source, place, message, "close the subsearch with ]")


def scan(part: Part, pattern: re.Pattern[str]) -> Iterator[tuple[str, str, int, int]]:
    """Yield ``(kind, text, start, end)`` of the tokens of a part; kinds with ``_`` are dropped."""
    text, at = part.script.text, part.start
    while at < part.end:
        hit = pattern.match(text, at, part.end)
        if hit is None or hit.end() == at:
            place = part.script.span(at, at + 1)
            raise syntax_error(part.script.source, place, f"unexpected character {text[at]!r}")
        kind = hit.lastgroup or ""
        if not kind.startswith("_"):
            yield kind, hit.group(), at, hit.end()
        at = hit.end()


def tokens(part: Part, pattern: re.Pattern[str]) -> list[Token]:
    """Return the tokens of a part, an end token last."""
    script = part.script
    found = [
        Token(kind, text, script.span(start, end)) for kind, text, start, end in scan(part, pattern)
    ]
    found.append(Token("END", "", script.span(part.end, part.end)))
    return found
