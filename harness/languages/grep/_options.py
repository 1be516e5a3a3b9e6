"""The options of GNU grep 3.8, read as ``getopt_long`` reads them.

https://www.gnu.org/software/grep/manual/grep.html#Invoking
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, NoReturn

from harness.languages._lexing import syntax_error, unsupported
from harness.languages.grep._command import LOG, Binary, Dialect, Grep, Pattern
from harness.languages.grep._words import Word
from harness.source import Source, Span

_WITH_VALUE = frozenset("ABCDXdefm")
_FLAGS = frozenset("EFGHILPRTUVZabchilnoqrsuvwxyz") | frozenset("0123456789")
_LONG = {
    "after-context": "A", "basic-regexp": "G", "before-context": "B", "binary": "U",
    "binary-files": "=binary", "byte-offset": "b", "color": "=color", "colour": "=color",
    "context": "C", "count": "c", "dereference-recursive": "R", "devices": "D",
    "directories": "d", "exclude": "=names", "exclude-dir": "=names", "exclude-from": "=names",
    "extended-regexp": "E", "file": "f", "files-with-matches": "l", "files-without-match": "L",
    "fixed-regexp": "F", "fixed-strings": "F", "group-separator": "=separator", "help": "=help",
    "ignore-case": "i", "include": "=names", "initial-tab": "T", "invert-match": "v",
    "label": "=label", "line-buffered": "=buffer", "line-number": "n", "line-regexp": "x",
    "max-count": "m", "no-filename": "h", "no-group-separator": "=noseparator",
    "no-ignore-case": "=case", "no-messages": "s", "null": "Z", "null-data": "z",
    "only-matching": "o", "perl-regexp": "P", "quiet": "q", "recursive": "r", "regexp": "e",
    "silent": "q", "text": "a", "unix-byte-offsets": "u", "version": "V", "with-filename": "H",
    "word-regexp": "w",
}  # fmt: skip
"""Long options by name, with the short option or the meaning that they share."""
_VALUED = frozenset({
    "after-context", "before-context", "binary-files", "context", "devices", "directories",
    "exclude", "exclude-dir", "exclude-from", "file", "group-separator", "include", "label",
    "max-count", "regexp",
})  # fmt: skip
_OPTIONAL = frozenset({"color", "colour"})
_DIALECTS = {
    "E": Dialect.EXTENDED, "F": Dialect.FIXED, "G": Dialect.BASIC, "P": Dialect.PERL,
    "egrep": Dialect.EXTENDED, "fgrep": Dialect.FIXED, "grep": Dialect.BASIC,
    "perl": Dialect.PERL,
}  # fmt: skip
_SIMPLE_FLAGS = {
    "c": "count", "o": "only_matching", "q": "quiet", "v": "invert", "w": "words", "x": "lines",
    "z": "null_data",
}  # fmt: skip
_WITHOUT_EFFECT = frozenset("hsUu") | {"=buffer", "=separator", "=noseparator", "=label"}
_ZGREP_REFUSES = frozenset("drRzZ") | {"=names"}
_MAX_PATTERNS = 5000


@dataclass(frozen=True, slots=True)
class _Option:
    """One option as given: its letter or meaning, its value, and where it stands."""

    key: str
    value: str
    span: Span
    written: str


@dataclass(slots=True)
class _Reading:
    """What has been read of a command so far."""

    grep: Grep
    chosen: Dialect | None = None
    patterns: list[Pattern] = field(default_factory=list)
    given: bool = False


class OptionReader:
    """Reads the words after the name of a command."""

    def __init__(self, source: Source, settings: Mapping[str, Any], name: Word) -> None:
        self.source = source
        self.files: Mapping[str, str] = settings.get("files") or {}
        self.name = name.text.rsplit("/", 1)[-1]
        self.span = name.span
        self.handlers = {
            "e": self._pattern,
            "f": self._file,
            "m": self._max_count,
            "=binary": self._binary,
            "D": self._devices,
            "d": self._directories,
        }

    def read(self, words: Sequence[Word], locale: str, *, in_order: bool) -> Grep:
        """Return the command; ``in_order``: options end at the first operand (POSIX)."""
        options, operands = self._split(words, in_order=in_order)
        reading = _Reading(Grep(span=self.span, locale=locale))
        if self.name in {"egrep", "zegrep"}:
            reading.chosen = Dialect.EXTENDED
        elif self.name in {"fgrep", "zfgrep"}:
            reading.chosen = Dialect.FIXED
        for option in options:
            if self.name.startswith("z") and option.key in _ZGREP_REFUSES:
                self._fail(f"zgrep does not take the option {option.written!r}", option.span)
            self._apply(reading, option)
        if not reading.given:
            if not operands:
                self._fail("the pattern is missing", self.span, "write grep PATTERN FILE")
            first = operands.pop(0)
            self._check_file_names(first, (LOG, *self.files))
            reading.patterns.append(Pattern(first.text, first.span))
        patterns = _lines(reading.patterns)
        if len(patterns) > _MAX_PATTERNS:
            reason = f"more than {_MAX_PATTERNS} patterns"
            raise unsupported(self.source, self.span, "a long list of patterns", reason)
        grep = replace(
            reading.grep,
            dialect=reading.chosen or Dialect.BASIC,
            patterns=patterns,
            operands=tuple(self._operand(word) for word in operands),
        )
        if self.name.startswith("z") and grep.listing:
            grep = _decorated(grep, grep.listing)  # zgrep prints names in a way of its own
        if grep.dialect is Dialect.PERL and len(patterns) > 1 and not grep.selects_nothing:
            self._fail(
                "the -P option only supports a single pattern",
                patterns[1].span,
                "write one pattern with | between the alternatives",
            )
        return grep

    def _operand(self, word: Word) -> Pattern:
        """Return a file name; a shell pattern that can only name the log is the log."""
        if word.pattern and fnmatchcase(LOG, word.text):
            self._check_file_names(word, self.files)
            return Pattern(LOG, word.span)
        return Pattern(word.text, word.span)

    def _split(self, words: Sequence[Word], *, in_order: bool) -> tuple[list[_Option], list[Word]]:
        """Tell options from operands, as ``getopt_long`` does it."""
        options: list[_Option] = []
        operands: list[Word] = []
        rest = list(reversed(words))
        while rest:
            word = rest.pop()
            if word.text == "--":
                operands.extend(reversed(rest))
                break
            if word.text.startswith("--"):
                options.append(self._long(word, rest))
            elif word.text.startswith("-") and len(word.text) > 1:
                options.extend(self._short(word, rest))
            else:
                operands.append(word)
                if in_order:
                    operands.extend(reversed(rest))
                    break
        return options, operands

    def _short(self, word: Word, rest: list[Word]) -> list[_Option]:
        """Read ``-iE`` or ``-efoo`` or ``-e foo``."""
        found: list[_Option] = []
        for place, letter in enumerate(word.text[1:], start=2):
            written = f"-{letter}"
            if letter in _WITH_VALUE:
                value = word.text[place:]
                span = word.span
                if not value:
                    if not rest:
                        self._fail(f"the option {written!r} requires an argument", word.span)
                    following = rest.pop()
                    value, span = following.text, following.span
                return [*found, _Option(letter, value, span, written)]
            if letter not in _FLAGS:
                self._fail(f"there is no option {written!r}", word.span, _hint(letter))
            found.append(_Option(letter, "", word.span, written))
        return found

    def _long(self, word: Word, rest: list[Word]) -> _Option:
        """Read ``--name``, ``--name=value`` or ``--name value``; names may be cut short."""
        name, equals, value = word.text[2:].partition("=")
        names = [name] if name in _LONG else [item for item in _LONG if item.startswith(name)]
        if len({_LONG[item] for item in names}) > 1:
            self._fail(f"the option '--{name}' is ambiguous: {', '.join(names)}", word.span)
        if not names:
            self._fail(f"there is no option '--{name}'", word.span)
        full, span = names[0], word.span
        if full in _VALUED and not equals:
            if not rest:
                self._fail(f"the option '--{full}' requires an argument", word.span)
            following = rest.pop()
            value, span = following.text, following.span
        elif equals and full not in _VALUED and full not in _OPTIONAL:
            self._fail(f"the option '--{full}' does not take an argument", word.span)
        return _Option(_LONG[full], value, span, f"--{full}")

    def _apply(self, reading: _Reading, option: _Option) -> None:
        key = option.key
        if key in _DIALECTS or key == "X":
            self._dialect(reading, option)
        elif key in self.handlers:
            self.handlers[key](reading, option)
        elif key in _SIMPLE_FLAGS:
            given: dict[str, Any] = {_SIMPLE_FLAGS[key]: True}
            reading.grep = replace(reading.grep, **given)
        elif key in {"l", "L"}:
            reading.grep = replace(reading.grep, listing=key)
        elif key in {"i", "y", "=case"}:
            reading.grep = replace(reading.grep, ignore_case=key != "=case")
        elif key in {"a", "I"}:
            reading.grep = replace(reading.grep, binary=Binary.TEXT if key == "a" else Binary.SKIP)
        elif key in {"A", "B", "C"}:
            if not re.fullmatch(r"[ \t]*\+?\d+", option.value):
                self._fail(f"{option.value!r} is no length of a context", option.span)
        elif key in {"b", "n", "H", "T", "Z"}:
            reading.grep = _decorated(reading.grep, key)
        elif key == "=color":
            if option.value == "always":
                reading.grep = _decorated(reading.grep, "color")
        elif not (key in _WITHOUT_EFFECT or key.isdigit()):
            self._unsupported(option)

    def _unsupported(self, option: _Option) -> NoReturn:
        reason = {
            "r": "it searches folders, and an event is one line",
            "R": "it searches folders, and an event is one line",
            "=names": "it chooses files, and an event is one line",
            "d": "it is about folders, and an event is one line",
        }.get(option.key, "it prints about grep and searches nothing")
        raise unsupported(self.source, option.span, f"the option {option.written}", reason)

    def _dialect(self, reading: _Reading, option: _Option) -> None:
        name = option.value if option.key == "X" else option.key
        if name in {"awk", "gawk", "posixawk"}:
            reason = "the pattern language of awk is not evaluated"
            raise unsupported(self.source, option.span, f"-X {name}", reason)
        if name not in _DIALECTS or (option.key == "X" and len(name) == 1):
            self._fail(f"there is no matcher {name!r}", option.span)
        wanted = _DIALECTS[name]
        if reading.chosen not in (None, wanted):
            assert reading.chosen is not None
            self._fail(
                f"{reading.chosen.value} and {wanted.value} exclude each other",
                option.span,
                "keep one of -E, -F, -G and -P",
            )
        reading.chosen = wanted

    def _pattern(self, reading: _Reading, option: _Option) -> None:
        reading.given = True
        reading.patterns.append(Pattern(option.value, option.span))

    def _file(self, reading: _Reading, option: _Option) -> None:
        reading.given = True
        name = option.value
        if name == "/dev/null":
            return
        if name not in self.files:
            reason = "give the file's text in the option 'files'"
            raise unsupported(self.source, option.span, f"the pattern file {name!r}", reason)
        text = self.files[name]
        if text:
            reading.patterns.append(Pattern(text.removesuffix("\n"), option.span))

    def _max_count(self, reading: _Reading, option: _Option) -> None:
        if not re.fullmatch(r"[ \t]*[+-]?\d+", option.value):
            self._fail(f"{option.value!r} is no count", option.span)
        number = int(option.value[:20])
        reading.grep = replace(reading.grep, max_count=number if number >= 0 else None)

    def _binary(self, reading: _Reading, option: _Option) -> None:
        known = {item.value: item for item in Binary}
        if option.value not in known:
            self._fail(f"--binary-files takes {', '.join(known)}", option.span)
        reading.grep = replace(reading.grep, binary=known[option.value])

    def _devices(self, _: _Reading, option: _Option) -> None:
        if option.value not in {"read", "skip"}:
            self._fail("-D takes read or skip", option.span)

    def _directories(self, _: _Reading, option: _Option) -> None:
        if option.value not in {"read", "skip"}:
            self._unsupported(option)

    def _check_file_names(self, word: Word, names: Iterable[str]) -> None:
        if word.pattern and any(fnmatchcase(name, word.text) for name in names):
            reason = "quote the pattern, or the shell replaces it by file names"
            raise unsupported(self.source, word.span, "pathname expansion", reason)

    def _fail(self, message: str, span: Span, hint: str = "") -> NoReturn:
        raise syntax_error(self.source, span, message, hint)


def _decorated(grep: Grep, letter: str) -> Grep:
    return replace(grep, decorations=grep.decorations | {letter})


def _lines(patterns: Sequence[Pattern]) -> tuple[Pattern, ...]:
    """Split patterns at newlines and drop repeated ones, as grep does."""
    found: dict[str, Pattern] = {}
    for pattern in patterns:
        for line in pattern.text.split("\n"):
            found.setdefault(line, Pattern(line, pattern.span))
    return tuple(found.values())


def _hint(letter: str) -> str:
    return "write -e before a pattern that begins with a hyphen" if letter.isalpha() else ""
