"""Perl-compatible expressions, run by PCRE2 itself, as ``grep -P`` and Splunk do.

PCRE2 gives up after a number of backtracking steps, ten million by default
(https://www.pcre.org/current/doc/html/pcre2api.html, "match limit"), but it counts from zero at
every place of the text where a match may begin. A first run therefore has a low limit; only
where that is hit are the places tried one by one with the full limit, and few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pcre2

from harness.errors import Fault
from harness.ir.regexes import Dialect, Found, Options, RegexError, TooComplex
from harness.ir.regexes._pcre_syntax import as_before_10_43
from harness.ir.values import Case

FULL_LIMIT = 10_000_000
"""The match limit of PCRE2, for one place where a match may begin."""
QUICK_LIMIT = 100_000
COSTLY_PLACES = 8
"""Places in one text that may go beyond the quick limit."""
HEAP_LIMIT = 200_000
"""Kibibytes that the matcher may use."""

# The values are those of pcre2.h; the package names only the first three of them.
_CASELESS, _DOTALL, _MULTILINE, _EXTENDED = 0x08, 0x20, 0x400, 0x80
_DOLLAR_ENDONLY, _UCP, _UTF = 0x10, 0x20000, 0x80000
_MATCH_INVALID_UTF, _NEVER_BACKSLASH_C = 0x04000000, 0x00100000
_NO_START_OPTIMIZE = 0x00010000
"""How 10.47's machine code skips to where a match may begin passes over matches of some patterns,
such as ``(?:abcd|cpi).{2,31}D`` in ``cpi nD``."""
_ALT_BSUX = 0x02
_ANCHORED, _ENDANCHORED = 0x80000000, 0x20000000
_LETTERS = {
    "m": _MULTILINE,
    "s": _DOTALL,
    "x": _EXTENDED,
    "D": _DOLLAR_ENDONLY,
    "u": _UCP,
    "c": 0,
    "d": 0,
    "j": 0,
    "w": 0,
}
"""Flags: ``m``, ``s`` and ``x`` as in Perl; ``D`` ``$`` only at the very end; ``c`` the C locale,
every byte a character; ``u`` classes like ``\\w`` are Unicode, ``d`` but ``\\d`` is not; ``w`` the
match is a whole word (``grep -w``); ``j`` as grep up to PCRE2 10.42 runs it, where ``\\D``, ``\\S``
and ``\\W`` match ASCII only and a line starts behind bytes that cannot begin a character."""

_MATCH_LIMIT_ERROR, _JIT_STACK_ERROR = -47, -46
_NOTBOL = 1
_NO_START = bytes([*range(0x80, 0xC2), *range(0xF5, 0x100)])
"""Bytes that cannot begin a character of UTF-8."""
_START_VERBS = re.compile(r"(?:\(\*[A-Z][A-Z0-9_]*(?:=\d+)?\))*")


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is searched, and the library's options for it."""

    text: bytes
    flags: int


@dataclass(slots=True)
class _Compiled:
    """A pattern, compiled when needed in the forms that bounded matching takes."""

    pattern: str
    options: int
    unicode: bool
    skips: bool = False
    """Leading bytes that cannot begin a character are passed over."""
    _forms: dict[tuple[int, int, bool], Any] = field(default_factory=dict)

    def form(self, limit: int, extra: int = 0, *, jit: bool = True) -> Any:
        """Return the library's pattern for a match limit and further options.

        Only the interpreter looks ahead for a character that every match needs.
        """
        key = (limit, extra, jit)
        if key not in self._forms:
            text = f"(*LIMIT_HEAP={HEAP_LIMIT})(*LIMIT_MATCH={limit}){self.pattern}"
            options = self.options | extra
            if not jit:
                options &= ~_NO_START_OPTIMIZE
            self._forms[key] = _library(_as_bytes(text), options, jit=jit)
        return self._forms[key]

    def matches(self, text: str | bytes) -> bool:
        """Return whether the pattern matches; ``Fault`` where PCRE2 gives up."""
        whole = _as_bytes(text) if isinstance(text, str) else text
        rest = whole.lstrip(_NO_START) if self.skips else whole
        subject = _Subject(rest, 0 if len(rest) == len(whole) else _NOTBOL)
        if subject.flags and self.options & _ENDANCHORED:
            return False
        try:
            return self._search(subject, QUICK_LIMIT)
        except pcre2.LibraryError as error:
            if error.code != _MATCH_LIMIT_ERROR:
                raise _gives_up(error) from error
        try:
            return self._search_by_place(subject)
        except pcre2.LibraryError as error:
            raise _gives_up(error) from error

    def _search(self, subject: _Subject, limit: int, start: int = 0, extra: int = 0) -> bool:
        for jit in (True, False):
            form = self.form(limit, extra, jit=jit)
            try:
                # the public search() has no way to say that the text is not a line's beginning
                found = form._match(subject.text, start, options=subject.flags)  # noqa: SLF001
            except pcre2.LibraryError as error:
                passing = {_JIT_STACK_ERROR} | (
                    {_MATCH_LIMIT_ERROR} if limit < FULL_LIMIT else set()
                )
                if not jit or error.code not in passing:
                    raise
            else:
                return found is not None
        raise AssertionError

    def _search_by_place(self, subject: _Subject) -> bool:
        if "\\G" in self.pattern or "(*" in self.pattern:
            message = "PCRE gives up: the pattern controls where matching starts and is costly"
            raise Fault(message)
        costly = 0
        for start in range(len(subject.text) + 1):
            if self.unicode and _is_inside_character(subject.text[start : start + 1]):
                continue
            try:
                found = self._search(subject, QUICK_LIMIT, start, _ANCHORED)
            except pcre2.LibraryError as error:
                costly += 1
                if error.code != _MATCH_LIMIT_ERROR or costly > COSTLY_PLACES:
                    raise
                found = self._search(subject, FULL_LIMIT, start, _ANCHORED)
            if found:
                return True
        return False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.form(QUICK_LIMIT).groupindex)

    def finds(self, text: str) -> Iterator[Found]:
        """Yield the matches from left to right; ``Fault`` where PCRE2 gives up."""
        limited = f"(*LIMIT_HEAP={HEAP_LIMIT})(*LIMIT_MATCH={FULL_LIMIT}){self.pattern}"
        clean = text.encode("utf-8", "replace").decode()
        try:
            for hit in _library(limited, self.options & ~_MATCH_INVALID_UTF).finditer(clean):
                yield Found(hit.start(), hit.end(), hit.groups(), hit.groupdict())
        except pcre2.LibraryError as error:
            raise _gives_up(error) from error


def _is_inside_character(byte: bytes) -> bool:
    return b"\x80" <= byte < b"\xc0"


def _gives_up(error: pcre2.LibraryError) -> Fault:
    return Fault(f"PCRE gives up: {error}")


def _as_bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _library(pattern: str | bytes, options: int, *, jit: bool = True) -> Any:
    """Return a pattern of the library with exactly these options.

    The public ``pcre2.compile`` adds the escapes of JavaScript and takes too few options.
    """
    inner = pcre2._cy  # noqa: SLF001 - see above
    disabled = _ALT_BSUX | (0 if options & _UCP else _UCP)
    if not options & _UTF:
        disabled |= _NEVER_BACKSLASH_C
    code = inner.compile(pattern, options, disabled)
    if jit:
        try:
            inner.jit_compile(code)
        except pcre2.LibraryError:
            jit = False
    return pcre2.Pattern(code, pattern, pcre2.RegexFlag(0), jit, None)


def _compile(pattern: str, options: Options) -> _Compiled:
    chosen = 0
    for letter in options.flags:
        chosen |= _LETTERS[letter]
    if options.case is not Case.SENSITIVE:
        chosen |= _CASELESS
    if "(*" not in pattern:  # a verb may act on the places that are skipped
        chosen |= _NO_START_OPTIMIZE
    unicode = "c" not in options.flags
    chosen |= _UTF | _MATCH_INVALID_UTF if unicode else 0
    verbs = _START_VERBS.match(pattern)
    start = verbs.group() if verbs else ""
    _check_limits(start)
    as_grep = unicode and "j" in options.flags
    text = as_before_10_43(
        pattern,
        extended="x" in options.flags,
        ascii_complements=as_grep and not any(verb in start for verb in ("(*UCP)", "(*NO_JIT)")),
    )
    _check_single_byte(text)
    if "d" in options.flags:
        text = f"{start}(?aD){text[len(start) :]}"
    if options.whole:
        chosen |= _ANCHORED | _ENDANCHORED
    elif "w" in options.flags:
        text = f"(?<!\\w)(?:{text})(?!\\w)"
    compiled = _Compiled(text, chosen, unicode, as_grep)
    try:
        compiled.form(QUICK_LIMIT)
    except pcre2.PatternError as error:
        position = max(
            0, error.pos - len(f"(*LIMIT_HEAP={HEAP_LIMIT})(*LIMIT_MATCH={QUICK_LIMIT})")
        )
        raise RegexError(_message(error), min(position, len(pattern))) from error
    except pcre2.LibraryError as error:
        raise RegexError(str(error)) from error
    return compiled


def _message(error: pcre2.PatternError) -> str:
    return str(error).split("; ", 1)[-1]


def _check_limits(start: str) -> None:
    """Refuse a pattern that sets limits of its own beyond ours."""
    for value in re.findall(r"LIMIT_[A-Z]+=(\d+)", start):
        if int(value) > QUICK_LIMIT:
            message = "the pattern raises PCRE's limits"
            raise TooComplex(message)


def _check_single_byte(text: str) -> None:
    """Refuse the escape for a single byte, which the library here is built without."""
    if re.search(r"(?<!\\)(?:\\\\)*\\C", text):
        message = "\\C matches a single byte of a character"
        raise TooComplex(message)


DIALECT = Dialect(
    name="pcre",
    summary="Perl-compatible (PCRE2), searches anywhere, classes like \\d are ASCII.",
    compile=_compile,
)
