"""The functions of EQL: what they take, and what they give for values.

Signatures and results follow
https://www.elastic.co/docs/reference/query-languages/eql/eql-function-ref; what the page leaves
open follows the server's classes in x-pack/plugin/eql/.../expression/function/scalar.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.errors import Fault
from harness.ir import Function, Wild, as_number
from harness.ir.checks import Piece
from harness.languages.eql import values
from harness.languages.eql.values import java_text, lower, units, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A function: the kinds of its arguments, the type of its result, how it is computed.

    Kinds are ``string``, ``number``, ``integer``, ``boolean``, ``ip`` and ``any``; a plus at
    the end wants a constant. The last ``optional`` arguments may be left out; with ``repeats``
    the last one may come any number of times. ``folded`` computes the form with a tilde.
    ``nullable`` arguments (by place) may be null without making the result null.
    """

    name: str
    kinds: tuple[str, ...]
    gives: str
    apply: Callable[..., Any]
    folded: Callable[..., Any] | None = None
    optional: int = 0
    repeats: bool = False
    nullable: tuple[int, ...] = ()

    @property
    def fewest(self) -> int:
        """How many arguments there are at least."""
        return len(self.kinds) - self.optional

    def kind(self, place: int) -> str:
        """Return the kind of the argument at a place."""
        return self.kinds[min(place, len(self.kinds) - 1)]

    def function(self, *, tilde: bool) -> Function:
        """Return the function as part of a predicate."""
        compute = self.folded if tilde and self.folded else self.apply
        return Function(f"eql.{self.name}{'~' * tilde}", self._guarded(compute), strict=False)

    def _guarded(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        nullable = self.nullable

        def apply(*arguments: Any) -> Any:
            needed = (item for at, item in enumerate(arguments) if at not in nullable)
            return None if any(item is None for item in needed) else compute(*arguments)

        return apply


def _starts(text: str, start: str) -> bool:
    return text.startswith(start)


def _starts_folded(text: str, start: str) -> bool:
    return lower(text).startswith(lower(start))


def _ends(text: str, end: str) -> bool:
    return text.endswith(end)


def _ends_folded(text: str, end: str) -> bool:
    return values.fold_each(text).endswith(values.fold_each(end))


def _contains(text: str, part: str) -> bool:
    return bool(text and part) and part in text


def _contains_folded(text: str, part: str) -> bool:
    return bool(text and part) and lower(part) in lower(text)


def _index(text: str, part: str, start: Any = None) -> int | None:
    found = units(text).find(units(part), max(0, int(start or 0)))
    return None if found < 0 else found


def _index_folded(text: str, part: str, start: Any = None) -> int | None:
    return _index(lower(text), lower(part), start)


def _substring(text: str, start: int, end: int | None = None) -> str:
    """Slice as Python does; a negative end beyond the start is the start."""
    spelled = units(text)
    length = len(spelled)
    first = max(0, start + length if start < 0 else start)
    last = length if end is None else end
    last = min(length, max(0, last + length if last < 0 else last))
    return whole(spelled[first:last]) if first < last else ""


def _between(text: str, left: str, right: str, greedy: Any = None) -> str:
    return _cut(text, text, left, right, greedy)


def _between_folded(text: str, left: str, right: str, greedy: Any = None) -> str:
    folded = lower(text)
    searched = folded if len(folded) == len(text) else values.fold_each(text)
    return _cut(text, searched, lower(left), lower(right), greedy)


def _cut(text: str, searched: str, left: str, right: str, greedy: Any) -> str:
    """Return what stands between two texts; nothing where either is not found."""
    start = searched.find(left)
    if start < 0:
        return ""
    start += len(left)
    end = searched.rfind(right, start) if greedy else searched.find(right, start)
    return text[start:end] if end >= 0 else ""


def _length(text: str) -> int:
    return len(units(text))


def _concat(*items: Any) -> str:
    return "".join(map(java_text, items))


_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:E-?[0-9]{1,4})?")
_MAX_DIGITS = 400
_INTEGER = (-(2**31), 2**31 - 1)
_LONG = 2**63
_BASES = range(2, 37)


def _number(text: str, base: Any = None) -> int | float:
    """Read a number; text that is none fails at run time, as in the server."""
    prefixed = text.startswith("0x")
    radix = base if base is not None else 16 if prefixed else 10
    digits = text[2:] if prefixed and radix == 16 else text  # noqa: PLR2004 - hexadecimal
    message = f"{text[:40]!r} is no number of base {radix}"
    if len(digits) > _MAX_DIGITS or radix not in _BASES:
        raise Fault(message)
    if radix == 10:  # noqa: PLR2004 - decimal
        found = as_number(digits) if _DECIMAL.fullmatch(digits) else None
        if found is None:
            raise Fault(message)
        return int(found) if abs(found) < _LONG and found == int(found) else found
    if not re.fullmatch(r"[+-]?[0-9A-Za-z]+", digits):
        raise Fault(message)
    try:
        result = int(digits, radix)
    except ValueError as error:
        raise Fault(message) from error
    if not _INTEGER[0] <= result <= _INTEGER[1]:
        raise Fault(message)
    return result


def _in_block(text: str, *blocks: str) -> bool:
    """Return whether an address lies in one of several CIDR blocks."""
    try:
        address = ipaddress.ip_address(text)
        networks = [ipaddress.ip_network(block, strict=False) for block in blocks]
    except ValueError as error:
        raise Fault(str(error)) from error
    return any(address.version == net.version and address in net for net in networks)


def wildcard_pieces(pattern: str) -> tuple[Piece, ...]:
    """Return an EQL pattern: every ``*`` and ``?`` is a wildcard, nothing escapes them."""
    pieces: list[Piece] = []
    for part in re.split(r"([*?])", pattern):
        if part in {"*", "?"}:
            pieces.append(Wild(part))
        elif part:
            pieces.append(part)
    return tuple(pieces)


def java_pattern(pattern: str) -> str:
    r"""Return an EQL pattern as the Java expression that scripts use: ``.`` stops at line ends."""
    return "".join(map(_java_piece, wildcard_pieces(pattern)))


def _java_piece(piece: Piece) -> str:
    if isinstance(piece, Wild):
        return ".*" if piece is Wild.ANY else "."
    return f"\\Q{str(piece).replace(_QUOTE_END, _ESCAPED)}\\E"


_QUOTE_END = "\\E"
_ESCAPED = "\\E\\\\E\\Q"


def _wildcard(text: str, *patterns: str) -> bool:
    return any(values.matches(text, java_pattern(pattern), False) for pattern in patterns)


def _wildcard_folded(text: str, *patterns: str) -> bool:
    return any(values.matches(text, java_pattern(pattern), True) for pattern in patterns)


_TWO_TEXTS = ("string", "string")
_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%"}

_SIGNATURES = (
    Signature(
        name="between",
        kinds=("string", "string", "string", "boolean"),
        gives="string",
        apply=_between,
        folded=_between_folded,
        optional=1,
    ),
    Signature(
        name="cidrMatch", kinds=("ip", "string+"), gives="boolean", apply=_in_block, repeats=True
    ),
    Signature(name="concat", kinds=("any",), gives="string", apply=_concat, repeats=True),
    Signature(name="endsWith", kinds=_TWO_TEXTS, gives="boolean", apply=_ends, folded=_ends_folded),
    Signature(
        name="indexOf",
        kinds=("string", "string", "number"),
        gives="integer",
        apply=_index,
        folded=_index_folded,
        optional=1,
        nullable=(2,),
    ),
    Signature(name="length", kinds=("string",), gives="integer", apply=_length),
    Signature(
        name="number",
        kinds=("string", "integer"),
        gives="double",
        apply=_number,
        optional=1,
        nullable=(1,),
    ),
    Signature(
        name="startsWith", kinds=_TWO_TEXTS, gives="boolean", apply=_starts, folded=_starts_folded
    ),
    Signature(name="string", kinds=("any",), gives="string", apply=java_text),
    Signature(
        name="stringContains",
        kinds=_TWO_TEXTS,
        gives="boolean",
        apply=_contains,
        folded=_contains_folded,
    ),
    Signature(
        name="substring",
        kinds=("string", "integer", "integer"),
        gives="string",
        apply=_substring,
        optional=1,
        nullable=(2,),
    ),
    Signature(
        name="wildcard",
        kinds=("string", "string+"),
        gives="boolean",
        apply=_wildcard,
        folded=_wildcard_folded,
        repeats=True,
    ),
    *(
        Signature(
            name=name,
            kinds=("number", "number"),
            gives="number",
            apply=partial(values.arithmetic, operator),
        )
        for name, operator in _ARITHMETIC.items()
    ),
)
FUNCTIONS = {signature.name.lower(): signature for signature in _SIGNATURES}
"""Every function by its name in lower case."""
BY_OPERATOR = {operator: FUNCTIONS[name] for name, operator in _ARITHMETIC.items()}
"""The functions behind ``+ - * / %``."""
