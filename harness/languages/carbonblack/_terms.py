"""Tests of one term on one value: certain, possible, or excluded by every reading.

Each kind of field says by ``sure`` what its documentation promises and by ``possible`` what no
page excludes; in between a test is undecided.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from harness.errors import Fault
from harness.ir import Case, Wild, as_number, as_text, fold
from harness.ir.checks import Piece, glob_match
from harness.languages.carbonblack._fields import Kind

Pieces = tuple[Piece, ...]
_REMOVED = re.compile(r"""[\\"'()\[\]{},=<>&|;]""")
"""Characters that become blanks before a command line is cut into tokens.
https://docs.vmware.com/en/VMware-Carbon-Black-EDR/7.8.0/vmw-cb-edr-ug/GUID-558D150C-22D5-42DF-9D47-75898712D9EB.html"""
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}")
_WORD = re.compile(r"[^\W_]+")
_SLASHES = "\\/"
_ANY, _ONE = "\ue000", "\ue001"
"""Stand for wildcards while a pattern is cut into tokens."""
MARKS = frozenset({_ANY, _ONE})


@dataclass(frozen=True, slots=True)
class Term:
    """A term on a field of some kind; ``folds`` tells that letter case does not matter.

    ``readings`` has more than one where it is not known what a character stands for.
    """

    readings: tuple[Pieces, ...]
    kind: Kind
    folds: bool

    def accepts(self, value: Any) -> bool:
        found = {self._accepts(pieces, value) for pieces in self.readings}
        if found == {True}:
            return True
        if found == {False}:
            return False
        message = "whether the term matches this value is not documented"
        raise Fault(message)

    def _accepts(self, pieces: Pieces, value: Any) -> bool | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and not _wild(pieces):
            number = as_number(_written(pieces))
            return number is not None and number == value
        text = as_text(value)
        address = _address(text)
        if address is not None and not _wild(pieces):
            other = _address(_written(pieces))
            if other is not None:
                return address == other
        plain = (_folded(pieces, Case.ASCII), fold(text, Case.ASCII)) if self.folds else None
        if _decide(self.kind, *(plain or (pieces, text))):
            return True
        loose = _decide(self.kind, _folded(pieces, Case.UNICODE), fold(text, Case.UNICODE))
        return False if loose is False else None

    def describe(self) -> str:
        return f"{_written(self.readings[0])!r} in a field of kind {self.kind.value!r}"


def _wild(pieces: Pieces) -> bool:
    return any(isinstance(piece, Wild) for piece in pieces)


def _written(pieces: Pieces) -> str:
    """Return a pattern as text, wildcards as their characters."""
    return "".join(piece.value if isinstance(piece, Wild) else str(piece) for piece in pieces)


@lru_cache(maxsize=4096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _decide(kind: Kind, pieces: Pieces, text: str) -> bool | None:
    """Return True for certain, False for excluded, None for undecided."""
    sure, possible = _KINDS[kind]
    if sure(pieces, text):
        return True
    return None if possible(pieces, text) else False


@lru_cache(maxsize=4096)
def _folded(pieces: Pieces, case: Case) -> Pieces:
    return tuple(fold(piece, case) if isinstance(piece, str) else piece for piece in pieces)


@lru_cache(maxsize=4096)
def _units(pieces: Pieces) -> Pieces:
    units: list[Piece] = []
    for piece in pieces:
        units.extend(piece if isinstance(piece, str) else (piece,))
    return tuple(units)


def _whole(pieces: Pieces, text: str) -> bool:
    return glob_match(_units(pieces), text)


def _ending(pieces: Pieces, text: str) -> bool:
    return glob_match((Wild.ANY, *_units(pieces)), text)


def _inside(pieces: Pieces, text: str) -> bool:
    return glob_match((Wild.ANY, *_units(pieces), Wild.ANY), text)


def _marked(pieces: Pieces) -> str:
    """Return a pattern as text, wildcards as private characters."""
    marks = {Wild.ANY: _ANY, Wild.ONE: _ONE}
    return "".join(marks[piece] if isinstance(piece, Wild) else str(piece) for piece in pieces)


def _unmarked(text: str) -> Pieces:
    marks: Mapping[str, Piece] = {_ANY: Wild.ANY, _ONE: Wild.ONE}
    return tuple(marks.get(char, char) for char in text)


@lru_cache(maxsize=4096)
def _patterns(pieces: Pieces, cut: re.Pattern[str]) -> tuple[Pieces, ...]:
    """Return the tokens of a pattern."""
    return tuple(_unmarked(token) for token in cut.findall(_marked(pieces)))


_MARKED_WORD = re.compile(rf"(?:[^\W_]|[{_ANY}{_ONE}])+")
_RUN = re.compile(r"\w+")


def _phrase(patterns: Sequence[Pieces], tokens: Sequence[str], match: Callable[..., bool]) -> bool:
    """Return whether patterns match neighbouring tokens, in order."""
    last = len(tokens) - len(patterns)
    return bool(patterns) and any(
        all(match(pattern, tokens[at + i]) for i, pattern in enumerate(patterns))
        for at in range(last + 1)
    )


def _sure_tokens(pieces: Pieces, text: str) -> bool:
    """The term stands in the value between special characters; a wildcard stays in its token.

    https://docs.vmware.com/en/VMware-Carbon-Black-Cloud/services/carbon-black-cloud-user-guide/GUID-5BAF0EB4-EAA7-4123-9FE3-0FCD86D51214.html
    How a term with a wildcard and special characters is cut is not said.
    """
    if not _wild(pieces):
        return _stands(_marked(pieces), text)
    if not all(piece.isalnum() for piece in pieces if isinstance(piece, str)):
        return False
    return any(_whole(pieces, run) for run in _RUN.findall(text) if "_" not in run)


def _stands(term: str, text: str) -> bool:
    """Return whether a text stands in another one without a letter or digit beside it."""
    at = text.find(term)
    while at != -1 and term:
        before, after = text[at - 1 : at] if at else "", text[at + len(term) :][:1]
        begins = not _RUN.match(before) or not _RUN.match(term[0])
        if begins and not (_RUN.match(after) and _RUN.match(term[-1])):
            return True
        at = text.find(term, at + 1)
    return False


def _possible_tokens(pieces: Pieces, text: str) -> bool:
    """Tokens in order, whatever stands between them; or an implied leading wildcard."""
    if _ending(pieces, text):
        return True
    return _phrase(_patterns(pieces, _MARKED_WORD), _WORD.findall(text), _whole)


@lru_cache(maxsize=8192)
def _command_tokens(line: str) -> tuple[str, ...]:
    """Return the tokens of a command line."""
    return tuple(_REMOVED.sub(" ", line).split())


@lru_cache(maxsize=4096)
def _command_patterns(pieces: Pieces) -> tuple[Pieces, ...]:
    return tuple(_unmarked(token) for token in _command_tokens(_marked(pieces)))


def _sure_command(pieces: Pieces, text: str) -> bool:
    """The tokens of the term are neighbours; the extension of a token is one of its own."""
    patterns = _command_patterns(pieces)
    if _phrase(patterns, _command_tokens(text), _whole):
        return True
    return len(patterns) == 1 and _is_extension(patterns[0], text)


def _is_extension(pattern: Pieces, text: str) -> bool:
    if _wild(pattern):
        return False
    written = "".join(str(piece) for piece in pattern)
    if not _EXTENSION.fullmatch(written):
        return False
    return any(
        token.endswith(written) and len(token) > len(written) for token in _command_tokens(text)
    )


def _possible_command(pieces: Pieces, text: str) -> bool:
    """An inner slash or colon may end a token, and an extension may be one inside a phrase."""
    patterns = _command_patterns(pieces)
    if not patterns:
        return True
    loose = tuple(re.sub(r"[/:]", " ", _REMOVED.sub(" ", text)).split())
    cut = _command_tokens(re.sub(r"[/:]", " ", _marked(pieces)))
    if _phrase(tuple(_unmarked(token) for token in cut), loose, _whole):
        return True
    return _phrase(patterns, _command_tokens(text), _whole_or_extension)


def _whole_or_extension(pattern: Pieces, token: str) -> bool:
    return _whole(pattern, token) or _is_extension(pattern, token)


@lru_cache(maxsize=8192)
def _subpaths(path: str) -> tuple[str, ...]:
    """Return a path and what follows each of its slashes."""
    starts = [0, *(at + 1 for at, char in enumerate(path) if char in _SLASHES)]
    return tuple(path[at:] for at in starts if path[at:])


def _sure_path(pieces: Pieces, text: str) -> bool:
    """The term is a subpath, to the end of the path; a wildcard matches in a subpath.

    https://docs.vmware.com/en/VMware-Carbon-Black-EDR/7.8.0/vmw-cb-edr-ug/GUID-1318E1F4-D192-453D-AB21-1C86C5BBF7BD.html
    """
    return any(_whole(pieces, subpath) for subpath in _subpaths(text))


def _possible_path(pieces: Pieces, text: str) -> bool:
    """A leading slash may count or not, and the term may be the beginning or a middle part."""
    bare = _unmarked(_marked(pieces).strip(_SLASHES))
    return not bare or _inside(bare, text)


def _labels(text: str) -> list[str]:
    return text.split(".")


def _sure_domain(pieces: Pieces, text: str) -> bool:
    """Labels at the place that the dots round them say.

    https://docs.vmware.com/en/VMware-Carbon-Black-EDR/7.7/vmw-cb-edr-ug/GUID-1C9A5D96-7877-49E0-AFF4-B5EBC9C512FE.html
    """
    if _whole(pieces, text):
        return True
    if _wild(pieces):
        return False
    term, labels = _marked(pieces), _labels(text)
    bare = term.strip(".")
    if "." in bare or not bare:
        return False
    places = {"": labels, ".": labels[-1:], "..": labels[1:-1], "<": labels[:1]}
    return bare in places[_dots(term)]


def _dots(term: str) -> str:
    if term.startswith(".") and term.endswith("."):
        return ".."
    if term.startswith("."):
        return "."
    return "<" if term.endswith(".") else ""


def _possible_domain(pieces: Pieces, text: str) -> bool:
    """Without dots any part may match; two labels never match where more labels follow."""
    term = _marked(pieces)
    bare = term.strip(".")
    if _ANY in term or _ONE in term:
        return _inside(_unmarked(bare), text)
    if "." not in bare:
        return _dots(term) == "" and bare in text
    if term == bare and f".{text}.".startswith(f".{bare}."):
        return text == bare
    return bare in text


def _possible_anything(pieces: Pieces, text: str) -> bool:
    """The field may be cut into words, as a command line, or as a path."""
    if _phrase(_patterns(pieces, _MARKED_WORD), _WORD.findall(text), _whole):
        return True
    if _possible_command(pieces, text):
        return True
    bare = _unmarked(_marked(pieces).strip(_SLASHES))
    parents = [text[:at] for at, char in enumerate(text) if char in _SLASHES]
    return any(_whole(bare, part) for part in (*_subpaths(text), *parents))


def _never(pieces: Pieces, text: str) -> bool:
    del pieces, text
    return False


Reading = Callable[[Pieces, str], bool]
_KINDS: Mapping[Kind, tuple[Reading, Reading]] = MappingProxyType(
    {
        Kind.COMMAND: (_sure_command, _possible_command),
        Kind.PATH: (_sure_path, _possible_path),
        Kind.DOMAIN: (_sure_domain, _possible_domain),
        Kind.TOKENS: (_sure_tokens, _possible_tokens),
        Kind.WHOLE: (_whole, _never),
        Kind.PARTS: (_whole, _possible_tokens),
        Kind.UNKNOWN: (_whole, _possible_anything),
    }
)
