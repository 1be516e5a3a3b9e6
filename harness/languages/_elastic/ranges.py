"""Bounds of range queries, rounded and stepped as each index type does it.

Sources: the range query page of the Elasticsearch 7.17 reference; ``NumberFieldMapper``,
``DateFieldMapper`` and ``IpFieldMapper`` of the server.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from harness.ir import Check, FieldType, Within, as_text
from harness.languages._elastic import dates, types
from harness.languages._elastic.types import FieldError

_V4_MAPPED = 0xFFFF_0000_0000
_V4_LAST = _V4_MAPPED + 2**32 - 1
_V6_LAST = 2**128 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The two sides of a range as the user wrote them; ``None`` is open."""

    low: Any
    high: Any
    include_low: bool
    include_high: bool


def text_checks(bounds: Bounds, prepare: Callable[[str], str], kind: FieldType) -> list[Check]:
    """Return the checks of a range over terms of text, in the order of their bytes.

    The order of code points is the order of UTF-8 bytes.
    """
    if kind.name == "constant_keyword":
        message = "constant_keyword fields have no range queries"
        raise FieldError(message)
    if kind.name == "version":
        reason = "the order of versions is not modelled"
        raise types.FieldUnsupported(kind.name, "range on index type", reason)
    low = None if bounds.low is None else prepare(as_text(bounds.low))
    high = None if bounds.high is None else prepare(as_text(bounds.high))
    return [Within(low, high, bounds.include_low, bounds.include_high)]


def number_term(number: Decimal, kind: FieldType) -> int | float | None:
    """Return the term of a number in a numeric field; ``None`` where no value can equal it."""
    if kind.name not in types.INTEGERS:
        return types.decimal_term(float(number), kind)
    low, high = types.INTEGERS[kind.name]
    if not low <= number <= high or number != number.to_integral_value():
        return None
    return int(number)


def number_checks(bounds: Bounds, kind: FieldType) -> list[Check]:
    """Return the checks of a numeric range; fractions on whole numbers are rounded inward."""
    low = None if bounds.low is None else types.query_number(bounds.low)
    high = None if bounds.high is None else types.query_number(bounds.high)
    if kind.name not in types.INTEGERS:
        return [_decimal_check(low, high, bounds, kind)]
    least, most = types.INTEGERS[kind.name]
    first = least if low is None else _inward(low, bounds.include_low, (least, most), up=True)
    last = most if high is None else _inward(high, bounds.include_high, (least, most), up=False)
    if first > last:
        return []
    return [Within(None if low is None else first, None if high is None else last)]


def _inward(bound: Decimal, include: bool, limits: tuple[int, int], *, up: bool) -> int:  # noqa: FBT001
    """Return the nearest whole number inside a bound, within the limits of the type."""
    least, most = limits
    step = 1 if up else -1
    if bound < least:
        return least if up else least - 1
    if bound > most:
        return most + 1 if up else most
    whole = int(bound.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))
    return whole + step if whole == bound and not include else whole


def _decimal_check(
    low: Decimal | None, high: Decimal | None, bounds: Bounds, kind: FieldType
) -> Check:
    def ready(bound: Decimal | None) -> float | None:
        if bound is None:
            return None
        if kind.name == "scaled_float":
            return float(bound) * types.scaling(kind)
        found = types.decimal_term(float(bound), kind)
        return float("inf") if found is None and bound > 0 else found

    return Within(ready(low), ready(high), bounds.include_low, bounds.include_high)


def boolean_checks(bounds: Bounds) -> list[Check]:
    """Return the checks of a range over booleans, where false sorts before true."""
    low = None if bounds.low is None else types.query_boolean(bounds.low)
    high = None if bounds.high is None else types.query_boolean(bounds.high)
    return [Within(low, high, bounds.include_low, bounds.include_high)]


def address_checks(bounds: Bounds) -> list[Check]:
    """Return the checks of an address range; IPv4 sorts inside IPv6 where it is mapped to."""
    first = 0 if bounds.low is None else _place(bounds.low) + (not bounds.include_low)
    last = _V6_LAST if bounds.high is None else _place(bounds.high) - (not bounds.include_high)
    checks: list[Check] = []
    if (low := max(first, _V4_MAPPED)) <= (high := min(last, _V4_LAST)):
        v4 = ipaddress.IPv4Address
        checks.append(Within(v4(low - _V4_MAPPED), v4(high - _V4_MAPPED)))
    v6 = ipaddress.IPv6Address
    for low, high in ((first, min(last, _V4_MAPPED - 1)), (max(first, _V4_LAST + 1), last)):
        if low <= high:
            checks.append(Within(v6(low), v6(high)))
    return checks


def _place(value: Any) -> int:
    found = types.query_address(value)
    return int(found) + (_V4_MAPPED if found.version == 4 else 0)  # noqa: PLR2004 - IP versions


def date_checks(
    bounds: Bounds, kind: FieldType, now: datetime, zone: str | None, form: str | None
) -> list[Check]:
    """Return the checks of a date range.

    Exclusive lower bounds round up and then step past, exclusive upper bounds round down.
    """
    reader = dates.DateReader(
        format=form or types.date_format(kind),
        now=now,
        zone=dates.time_zone(zone) if zone else UTC,
    )
    unit = 1 if kind.name == "date_nanos" else dates.MILLI
    low = high = None
    if bounds.low is not None:
        low = reader.bound(as_text(bounds.low), up=not bounds.include_low) // unit
        low += not bounds.include_low
    if bounds.high is not None:
        high = reader.bound(as_text(bounds.high), up=bounds.include_high) // unit
        high -= not bounds.include_high
    return [Within(low, high)]
