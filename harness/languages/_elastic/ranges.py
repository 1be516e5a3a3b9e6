"""Bounds of range queries, rounded and stepped as each index type does it.

Sources: the range query page of the Elasticsearch 7.17 reference; ``NumberFieldMapper``,
``DateFieldMapper`` and ``IpFieldMapper`` of the server.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from harness.ir import Check, Equals, FieldType, InNetwork, Within, as_text
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


def number_term(number: Decimal, kind: FieldType, *, strict: bool = False) -> int | float | None:
    """Return the term of a number in a numeric field; ``None`` where no value can equal it.

    ``strict`` makes a number out of the type's range an error: before 8.16, and in ``terms``
    (https://github.com/elastic/elasticsearch/pull/112916).
    """
    if kind.name not in types.INTEGERS:
        found = types.decimal_term(float(number), kind)
        if strict and kind.name != "scaled_float" and not _is_finite(found):
            raise _out_of_range(number, kind)
        return found if _is_finite(found) else None
    if number != number.to_integral_value() or math.isinf(float(number)):
        return None
    least, most = _parsed_range(kind)
    if strict and kind.name != "unsigned_long" and not least <= number <= most:
        raise _out_of_range(number, kind)
    least, most = types.INTEGERS[kind.name]
    return int(number) if least <= number <= most else None


def _is_finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def _parsed_range(kind: FieldType) -> tuple[int, int]:
    """Return what a query's number may be: the short types are read as ``integer``."""
    return types.INTEGERS["integer" if kind.name in {"byte", "short"} else kind.name]


def _out_of_range(number: Decimal, kind: FieldType) -> FieldError:
    message = f"{str(number)[:40]} is out of the range of {kind.name}"
    return FieldError(message)


def number_checks(bounds: Bounds, kind: FieldType, *, strict: bool = False) -> list[Check]:
    """Return the checks of a numeric range; fractions on whole numbers are rounded inward.

    A bound beyond a whole number type is an error; beyond ``float`` it is one if ``strict``,
    before 8.14 (https://github.com/elastic/elasticsearch/pull/106691).
    """
    low = None if bounds.low is None else types.query_number(bounds.low, kind)
    high = None if bounds.high is None else types.query_number(bounds.high, kind)
    if kind.name not in types.INTEGERS:
        return [_decimal_check(low, high, bounds, kind, strict=strict)]
    first = None if low is None else _first(low, kind, include=bounds.include_low)
    last = None if high is None else _last(high, kind, include=bounds.include_high)
    return [Within(first, last)]


def _first(bound: Decimal, kind: FieldType, *, include: bool) -> int:
    """Return the least whole number inside a lower bound."""
    whole, fraction = _split(bound, kind)
    return whole + 1 if (bound > 0 if fraction else not include) else whole


def _last(bound: Decimal, kind: FieldType, *, include: bool) -> int:
    """Return the greatest whole number inside an upper bound."""
    whole, fraction = _split(bound, kind)
    return whole - 1 if (bound < 0 if fraction else not include) else whole


def _split(bound: Decimal, kind: FieldType) -> tuple[int, bool]:
    """Return the whole part of a bound, and whether it has a fraction as a double."""
    least, most = _parsed_range(kind)
    compared = bound.to_integral_value(ROUND_DOWN) if kind.name == "long" else bound
    if kind.name != "unsigned_long" and not least <= compared <= most:
        raise _out_of_range(bound, kind)
    return int(bound), float(bound) % 1 != 0


_FLOAT = FieldType(name="float")


def _decimal_check(
    low: Decimal | None, high: Decimal | None, bounds: Bounds, kind: FieldType, *, strict: bool
) -> Check:
    def ready(bound: Decimal | None) -> float | None:
        if bound is None:
            return None
        if kind.name == "scaled_float":
            return float(bound) * types.scaling(kind)
        found = types.decimal_term(float(bound), kind)
        if _is_finite(found):
            # A bound on half_float keeps the precision of float (ran on 7.10.2 and 8.19.21).
            return types.decimal_term(float(bound), _FLOAT) if kind.name == "half_float" else found
        if strict and kind.name != "double":
            raise _out_of_range(bound, kind)
        return math.inf if bound > 0 else -math.inf

    return Within(ready(low), ready(high), bounds.include_low, bounds.include_high)


def boolean_checks(bounds: Bounds) -> list[Check]:
    """Return the checks of a range over booleans, where false sorts before true."""
    low = None if bounds.low is None else types.query_boolean(bounds.low)
    high = None if bounds.high is None else types.query_boolean(bounds.high)
    return [Within(low, high, bounds.include_low, bounds.include_high)]


_BLOCK = re.compile(r"([^/]+)/\+?([0-9]{1,3})", re.ASCII)


def network_checks(text: str) -> list[Check]:
    """Return the checks for an address or a CIDR block; a block of IPv6 may hold all of IPv4."""
    if "/" not in text:
        return [Equals(types.query_address(text))]
    match = _BLOCK.fullmatch(text)
    if match is not None:
        host, bits = types.query_address(match[1]), int(match[2])
        mapped = host.version == 4 and ":" in match[1]  # noqa: PLR2004 - IP versions
        if not mapped and bits <= host.max_prefixlen:
            return _network(ipaddress.ip_network(f"{host}/{bits}", strict=False))
    message = f"{text[:60]!r} is no CIDR block"
    raise FieldError(message)


def _network(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> list[Check]:
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 6 and first <= _V4_MAPPED <= last:  # noqa: PLR2004 - IP versions
        return _addresses(first, last)
    return [InNetwork(network)]


def address_checks(bounds: Bounds) -> list[Check]:
    """Return the checks of an address range."""
    first = 0 if bounds.low is None else _place(bounds.low) + (not bounds.include_low)
    last = _V6_LAST if bounds.high is None else _place(bounds.high) - (not bounds.include_high)
    return _addresses(first, last)


def _addresses(first: int, last: int) -> list[Check]:
    """Return the checks of a range; IPv4 sorts inside IPv6 where it is mapped to."""
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


@dataclass(frozen=True, slots=True)
class Release:
    """The versions that a range of dates is read for: of all else, and of numbers before 1970.

    ``sinks``: milliseconds before 1970 are rounded up to less than they are.
    """

    number: tuple[int, int]
    negatives: tuple[int, int]
    sinks: bool


def date_checks(
    bounds: Bounds,
    kind: FieldType,
    now: datetime,
    zone: str | None,
    form: str | None,
    since: Release,
) -> list[Check]:
    """Return the checks of a date range.

    Exclusive lower bounds round up and then step past, exclusive upper bounds round down. Since
    8.0 a bound that is a JSON number counts milliseconds, whatever the field's format.
    """
    if not form and since.number >= _NUMBERS_ARE_MILLIS and _has_number(bounds):
        form = "epoch_millis"
    if _NO_NEGATIVES[0] <= since.negatives < _NO_NEGATIVES[1]:
        _refuse_negatives(bounds, form or types.date_format(kind))
    if kind.name == "date_nanos" and since.number < _NANOS_FORMAT_SINCE:
        form = form or kind.settings.get("format") or dates.DEFAULT_FORMAT
    reader = dates.DateReader(
        format=form or types.date_format(kind),
        now=now,
        zone=dates.time_zone(zone) if zone else UTC,
        moves_epoch=zone is not None and _moves_epoch(since.number),
        sinks=since.sinks,
    )
    unit = 1 if kind.name == "date_nanos" else dates.MILLI
    low = high = None
    if bounds.low is not None:
        low = _date(reader, bounds.low, unit, up=not bounds.include_low)
        low += not bounds.include_low
    if bounds.high is not None:
        high = _date(reader, bounds.high, unit, up=bounds.include_high)
        high -= not bounds.include_high
    return [Within(low, high)]


_NUMBERS_ARE_MILLIS = (8, 0)
_NANOS_FORMAT_SINCE = (7, 13)
_NO_NEGATIVES = ((7, 0), (8, 2))
"""Versions that read no milliseconds before 1970, except whole seconds
(https://github.com/elastic/elasticsearch/pull/80208 ended that)."""
_NEGATIVE = re.compile(r"-\d{1,18}", re.ASCII)


def _refuse_negatives(bounds: Bounds, form: str) -> None:
    for bound in (bounds.low, bounds.high):
        text = "" if bound is None else as_text(bound)
        if _NEGATIVE.fullmatch(text) and int(text) % 1000 and "epoch_second" not in form:
            message = f"{text!r} is negative, and so no date"
            raise FieldError(message)


def _has_number(bounds: Bounds) -> bool:
    return any(
        isinstance(bound, int | float) and not isinstance(bound, bool)
        for bound in (bounds.low, bounds.high)
    )


def _moves_epoch(release: tuple[int, int]) -> bool:
    """Return whether a time zone moves numbers since 1970.

    https://github.com/elastic/elasticsearch/pull/148663 ended that, in 8.19 and 9.3.
    """
    return release < (8, 19) or (9, 0) <= release < (9, 3)


def _date(reader: dates.DateReader, bound: Any, unit: int, *, up: bool) -> int:
    found = reader.bound(as_text(bound), up=up)
    if unit == 1 and not dates.fits_nanos(found):
        message = f"{as_text(bound)[:40]!r} is out of the range of date_nanos"
        raise FieldError(message)
    return found // unit
