"""Values that pass or just miss one check."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import rstr

from harness.ir import (
    Atom,
    Equals,
    Glob,
    InNetwork,
    Matches,
    OneOfChars,
    Order,
    Ordered,
    Wild,
    Within,
)

_FILLERS = ("2b0a7e1c", "", "x", "report 01", "a.b-c_d", "Ünïcode", "1")


def passing(atom: Atom, chance: random.Random) -> Iterator[Any]:
    """Yield values that are likely to pass an atom's check, the plainest first."""
    match atom.check:
        case Equals(value):
            yield value
        case Glob(pieces):
            for filler in _FILLERS:
                yield "".join(_fill(piece, filler) for piece in pieces)
        case Matches(pattern):
            yield from _from_regex(pattern, chance)
        case Ordered(order, bound):
            yield from _beside(bound, up=order in {Order.GREATER, Order.AT_LEAST})
        case Within(low, high):
            yield from (bound for bound in (low, high) if bound is not None)
            yield from _beside(low, up=True)
            yield from _beside(high, up=False)
        case InNetwork(network):
            yield str(network[min(1, network.num_addresses - 1)])
        case _:
            return


def _fill(piece: Any, filler: str) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, OneOfChars):
        return piece.ranges[0][0] if piece.ranges else ""
    return filler if piece is Wild.ANY else (filler or "x")[0]


def _from_regex(pattern: str, chance: random.Random) -> Iterator[str]:
    """Yield texts that a pattern should match, where Python can read the pattern."""
    generator = rstr.Rstr(chance)
    for _ in range(5):
        try:
            yield generator.xeger(pattern)
        except Exception:  # noqa: BLE001 - any failure means: cannot build from this pattern
            return


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
        yield "digit-added", int(f"{value}0")
        yield "digit-before", int(f"1{abs(value)}")
        yield "neighbour", value + 1
        yield "neighbour-below", value - 1
        return
    if not isinstance(value, str) or not value:
        return
    if value.isdigit():
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
    yield "one-character-changed", _swap_middle(value)
    yield "other-value", "unrelated"


def _swap_middle(value: str) -> str:
    at = len(value) // 2
    return f"{value[:at]}{'q' if value[at] not in 'qQ' else 'z'}{value[at + 1 :]}"
