"""Sigma strings: escapes, wildcards, dashes, placeholders, and their encoded forms."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product
from math import prod

from harness.ir import Case, OneOfChars, Wild
from harness.languages.sigma.operators import OPERATORS

Piece = str | Wild | OneOfChars
_WILDS = {wild.value: wild for wild in Wild if wild.value in OPERATORS["value"].wildcards}


@dataclass(frozen=True, slots=True)
class Text:
    """A string value. In ``binary`` text each character of a literal piece is one byte."""

    pieces: tuple[Piece, ...]
    case: Case = OPERATORS["value"].case
    binary: bool = False

    @property
    def literal(self) -> str | None:
        """The text, if it holds no wildcard."""
        if all(isinstance(piece, str) for piece in self.pieces):
            return "".join(piece for piece in self.pieces if isinstance(piece, str))
        return None

    @property
    def length(self) -> int:
        """How many characters the literal pieces hold."""
        return sum(len(piece) for piece in self.pieces if isinstance(piece, str))


class TextError(Exception):
    """A modifier cannot be applied to a text; ``hint`` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def parse_text(text: str, case: Case = OPERATORS["value"].case) -> Text:
    r"""text: ( '\\' [*?\\] | '*' | '?' | other )*; another backslash stands for itself."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("\\", *_WILDS):
            at += 1
            pieces.append(text[at])
        else:
            pieces.append(_WILDS.get(char, char))
        at += 1
    return Text(_merged(pieces), case)


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Join neighbouring literals."""
    merged: list[Piece] = []
    for is_text, run in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if not is_text:
            merged.extend(run)
        elif joined := "".join(piece for piece in run if isinstance(piece, str)):
            merged.append(joined)
    return tuple(merged)


def whole(number: float) -> int | float:
    """Return the integer that a float is exactly, as pySigma reads 1.0 as 1."""
    if isinstance(number, int):
        return number
    return int(number) if number.is_integer() else number


def number_text(number: float) -> str:
    """Return a number as Sigma compares it: whole numbers without a fraction."""
    return str(whole(number))


def opened(text: Text, *, left: bool, right: bool) -> Text:
    """Return the text with '*' at its ends, where none stands yet."""
    pieces = text.pieces
    if left and pieces[:1] != (Wild.ANY,):
        pieces = (Wild.ANY, *pieces)
    if right and pieces[-1:] != (Wild.ANY,):
        pieces = (*pieces, Wild.ANY)
    return replace(text, pieces=pieces)


DASHES = "-/\u2013\u2014\u2015"
_ANY_DASH = OneOfChars(tuple((dash, dash) for dash in DASHES))
# Where pySigma's windash looks, for all five characters of the modifier appendix: directly
# before a word and not inside one.
_DASH = re.compile(rf"\B[{DASHES}]\b")


def windash(text: Text) -> Text:
    """Return the text with every dash at a word's start standing for all five."""
    pieces: list[Piece] = []
    for piece in text.pieces:
        if isinstance(piece, str):
            pieces.extend(_split(_DASH, piece, lambda _: (_ANY_DASH,)))
        else:
            pieces.append(piece)
    return replace(text, pieces=_merged(pieces))


def _split(
    pattern: re.Pattern[str],
    text: str,
    pieces_of: Callable[[re.Match[str]], Sequence[Piece]],
) -> list[Piece]:
    """Replace every match in a literal by pieces."""
    pieces: list[Piece] = []
    at = 0
    for match in pattern.finditer(text):
        pieces += [text[at : match.start()], *pieces_of(match)]
        at = match.end()
    return [*pieces, text[at:]]


MAX_VARIANTS = 1_000
"""Texts that one value may stand for, through placeholders or encoded dashes."""


def spelled_out(text: Text) -> tuple[Text, ...]:
    """Return one text per combination of dashes, without any set of characters left."""
    choices: list[Sequence[Piece]] = [
        [low for low, _ in piece.ranges] if isinstance(piece, OneOfChars) else [piece]
        for piece in text.pieces
    ]
    if prod(map(len, choices)) > MAX_VARIANTS:
        message = f"the dashes of the value give more than {MAX_VARIANTS} texts to encode"
        raise TextError(message, "write several values with fewer dashes")
    return tuple(replace(text, pieces=_merged(pieces)) for pieces in product(*choices))


_ENCODINGS = {
    "wide": (b"", "utf-16-le"),
    "utf16le": (b"", "utf-16-le"),
    "utf16be": (b"", "utf-16-be"),
    "utf16": (b"\xff\xfe", "utf-16-le"),
}


def utf16(text: Text, name: str) -> Text:
    """Return the text as the bytes of a UTF-16 form; wildcards stay wildcards."""
    mark, codec = _ENCODINGS[name]
    pieces = [
        piece.encode(codec).decode("latin-1") if isinstance(piece, str) else piece
        for piece in text.pieces
    ]
    return Text(_merged([mark.decode("latin-1"), *pieces]), text.case, binary=True)


def _bytes(text: Text) -> bytes:
    literal = text.literal
    if literal is None:
        message = "the value holds wildcards, and Base64 of a wildcard means nothing"
        raise TextError(message, r"put 'contains' after 'base64', or escape as '\*'")
    return literal.encode("latin-1" if text.binary else "utf-8")


def base64(text: Text) -> Text:
    """Return the Base64 form of a text without wildcards."""
    return Text(_merged([b64encode(_bytes(text)).decode()]), text.case)


def base64_offsets(text: Text) -> tuple[Text, ...]:
    """Return what stays the same of the Base64 form at each of the three offsets.

    With ``n`` bytes before, the first 0, 2 or 3 characters depend on those bytes; at the end
    a group that is not full depends on what follows.
    """
    data = _bytes(text)
    found = []
    for before, begin in enumerate((0, 2, 3)):
        whole = b64encode(b" " * before + data).decode()
        end = len(whole) - (0, 3, 2)[(len(data) + before) % 3]
        found.append(Text(_merged([whole[begin:end]]), text.case))
    return tuple(found)


_PLACEHOLDER = re.compile(r"\\%|%(?P<name>[^%\\\s]+)%")


def has_placeholder(text: str) -> bool:
    """Return whether a text names a placeholder."""
    return any(match["name"] is not None for match in _PLACEHOLDER.finditer(text))


def expand(text: Text, values: Mapping[str, Sequence[str]]) -> tuple[Text, ...]:
    r"""Return one text per combination of placeholder values; ``\%`` is a plain percent."""
    choices: list[Sequence[tuple[Piece, ...]]] = []
    for piece in text.pieces:
        if not isinstance(piece, str):
            choices.append([(piece,)])
            continue
        at = 0
        for match in _PLACEHOLDER.finditer(piece):
            choices += [[(piece[at : match.start()],)], _meanings(match, values)]
            at = match.end()
        choices.append([(piece[at:],)])
    if prod(map(len, choices)) > MAX_VARIANTS:
        message = f"the placeholders give more than {MAX_VARIANTS} texts"
        raise TextError(message, "use fewer placeholders or values")
    return tuple(
        replace(text, pieces=_merged([item for part in parts for item in part]))
        for parts in product(*choices)
    )


def _meanings(
    match: re.Match[str], values: Mapping[str, Sequence[str]]
) -> Sequence[tuple[Piece, ...]]:
    name = match["name"]
    if name is None:
        return [("%",)]
    if not values.get(name):
        message = f"the placeholder '%{name}%' has no value"
        hint = "give its values in the option 'placeholders'"
        raise TextError(message, hint)
    return [parse_text(value).pieces for value in values[name]]
