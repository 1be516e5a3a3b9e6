"""Values that pass or just miss one check."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator, Sequence
from typing import Any

from harness.events import _from_regex
from harness.events.asked import is_address
from harness.ir import (
    Atom,
    Case,
    Equals,
    Glob,
    InNetwork,
    Matches,
    OneOfChars,
    Order,
    Ordered,
    Wild,
    Within,
    fold,
)

_FILLERS = ("2b0a7e1c", "", "x", "report 01", "a.b-c_d", "Ünïcode", "1")
UNRELATED = "unrelated"
"""A text that no rule is about."""
_WILDCARDS = "*?%_"
"""Characters that are wildcards in one language and text in another."""
EVERYDAY_ADDRESS = "198.51.100.7"
"""An address in no private network."""
_MOST_DIGITS = 400
_LONGEST = 10**_MOST_DIGITS
"""Numbers from here on are left alone: Python refuses to write very long ones."""


def passing(atom: Atom, chance: random.Random) -> Iterator[Any]:
    """Yield values that are likely to pass an atom's check, the plainest first."""
    match atom.check:
        case Equals(value):
            yield value
        case Glob(pieces):
            for filler in _FILLERS:
                yield "".join(_fill(piece, filler) for piece in pieces)
        case Matches(pattern):
            drawn = [_from_regex.draw(pattern, chance) for _ in range(5)]
            texts = [text for text in drawn if text is not None]
            yield from texts
            for before, after in (("2b0a7e1c ", " x"), ("2b0a7e1c ", ""), ("", " x")):
                yield from (f"{before}{text}{after}" for text in texts[:1])
        case Ordered(order, bound):
            yield from _beside(bound, up=order in {Order.GREATER, Order.AT_LEAST})
        case Within(low, high):
            yield from (bound for bound in (low, high) if bound is not None)
            yield from _beside(low, up=True)
            yield from _beside(high, up=False)
        case InNetwork(network):
            yield str(network[min(1, network.num_addresses - 1)])
            if network.num_addresses > 1:
                yield str(network[max(-2, -network.num_addresses)])
        case _:
            return


def _fill(piece: Any, filler: str) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, OneOfChars):
        return piece.ranges[0][0] if piece.ranges else ""
    return filler if piece is Wild.ANY else (filler or "x")[0]


def together(atoms: Sequence[Atom], chance: random.Random) -> Iterator[str]:
    """Yield texts that may satisfy several patterns on one field at once.

    The longest beginning and end that are asked for, with every inner part between them.
    """
    runs = [_runs(atom.check) for atom in atoms if isinstance(atom.check, Glob)]
    drawn = [
        _from_regex.draw(atom.check.pattern, chance)
        for atom in atoms
        if isinstance(atom.check, Matches)
    ]
    runs += [["", text, ""] for text in drawn if text]
    if len(runs) < 2:  # noqa: PLR2004 - one pattern alone is what `passing` is for
        return
    head = max((one[0] for one in runs), key=len)
    tail = max((one[-1] for one in runs), key=len)
    inner = list(dict.fromkeys(text for one in runs for text in one[1:-1] if text))
    for middle in (inner, inner[::-1]) if drawn else (inner,):
        parts = [part for part in (head, *middle, tail) if part]
        yield _as_words(parts)
        yield "".join(parts)
        yield " ".join(parts)
        if not tail:
            yield f"{_as_words(parts)}{_FILLERS[0]}"
    yield f"{head}{tail}"


def _as_words(parts: Sequence[str]) -> str:
    """Return texts joined with a blank where two words would run into each other."""
    joined = ""
    for part in parts:
        words = joined[-1:].isalnum() and part[:1].isalnum()
        joined += f" {part}" if words else part
    return joined


def spoiled(check: Glob, value: str) -> Iterator[tuple[str, str]]:
    """Yield ``(family, value)`` pairs in which one literal part of a pattern no longer stands."""
    for part in (piece for piece in check.pieces if isinstance(piece, str) and piece):
        at = fold(value, check.case).find(fold(part, check.case))
        if at >= 0:
            before, after = value[:at], value[at + len(part) :]
            yield "part-changed", f"{before}{_swap_middle(part)}{after}"
            yield "part-left-out", f"{before}{after}"
            yield "part-begins-later", f"{before}{part[1:]}{after}"
            yield "part-ends-earlier", f"{before}{part[:-1]}{after}"


def other_case(atom: Atom, value: Any) -> Iterator[tuple[str, str]]:
    """Yield ``(family, value)`` pairs in other letters, where the atom minds letter case."""
    check = atom.check
    if not isinstance(value, str) or not isinstance(check, Equals | Glob | Matches):
        return
    if check.case is Case.SENSITIVE:
        for other in (value.swapcase(), value.upper(), value.lower()):
            yield "other-letter-case", other


def near_address(atom: Atom, value: Any) -> Iterator[tuple[str, str]]:
    """Yield ``(family, value)`` pairs: addresses just outside what an atom asks for."""
    check = atom.check
    if isinstance(check, InNetwork):
        first, last = check.network.network_address, check.network.broadcast_address
    elif is_address(value):
        first = last = ipaddress.ip_address(value)
    else:
        return
    if int(first) > 0:
        yield "address-below", str(first - 1)
    if int(last) < 2**first.max_prefixlen - 1:
        yield "address-above", str(last + 1)
    yield "other-address", EVERYDAY_ADDRESS
    yield "address-of-the-other-version", "2001:db8::7" if first.version == 4 else EVERYDAY_ADDRESS  # noqa: PLR2004 - IPv4


def _runs(glob: Glob) -> list[str]:
    """Return what stands before, between and after the wildcards for any text."""
    runs = [""]
    for piece in glob.pieces:
        if piece is Wild.ANY:
            runs.append("")
        else:
            runs[-1] += _fill(piece, "x")
    return runs if len(runs) > 1 else [*runs, ""]


def _beside(bound: Any, *, up: bool) -> Iterator[Any]:
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return
    yield bound
    yield bound + (1 if up else -1)


def near(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield ``(family, value)`` pairs that differ a little from a value."""
    if isinstance(value, bool):
        yield "opposite", not value
        return
    if isinstance(value, int):
        if abs(value) >= _LONGEST:
            return
        yield "digit-added", int(f"{value}0")
        yield "digit-before", int(f"1{abs(value)}")
        yield "neighbour", value + 1
        yield "neighbour-below", value - 1
        return
    if not isinstance(value, str) or not value:
        return
    if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        yield "digit-added", f"{value}0"
        yield "digit-before", f"1{value}"
        yield "neighbour", str(int(value) + 1)
    yield from _near_text(value)


def _near_text(value: str) -> Iterator[tuple[str, str]]:
    head, dot, tail = value.rpartition(".")
    yield "suffix-added", f"{value}.bak"
    yield "prefix-added", f"x{value}"
    yield "cut-short", value[:-1]
    if dot and head:
        yield "inner-text-added", f"{head}_old.{tail}"
        yield "other-ending", f"{head}.txt"
    yield "wildcard-as-text", f"{value[: len(value) // 2]}*{value[len(value) // 2 + 1 :]}"
    for char in dict.fromkeys(char for char in value if char in _WILDCARDS):
        yield "wildcard-as-one-character", value.replace(char, "x")
        yield "wildcard-as-any-text", value.replace(char, "xyz")
    yield "one-character-changed", _swap_middle(value)
    yield "other-value", UNRELATED


def _swap_middle(value: str) -> str:
    at = len(value) // 2
    return f"{value[:at]}{'q' if value[at] not in 'qQ' else 'z'}{value[at + 1 :]}"
