"""Elasticsearch index types: how a document's value is indexed, how a query's value is read.

Sources: the field type pages of the Elasticsearch 7.17 reference (mapping-types) and the
mappers of the server (``KeywordFieldMapper``, ``NumberFieldMapper``, ``BooleanFieldMapper``,
``IpFieldMapper``, ``DateFieldMapper``).
"""

from __future__ import annotations

import ipaddress
import math
import re
import struct
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from harness.errors import HarnessError
from harness.ir import FieldType, Scalar, View, as_number, as_text
from harness.languages._elastic import analysis, dates
from harness.languages._elastic.date_formats import FormatUnsupported, compile_format

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FieldError(HarnessError):
    """The value or the kind of query cannot be used on this index type."""


class FieldUnsupported(HarnessError):
    """The harness does not evaluate this feature of an index type; ``reason`` says why."""

    def __init__(self, name: object, kind: str, reason: str = "its values are not known") -> None:
        super().__init__(f"{kind} {name!r}")
        self.reason = reason


INTEGERS = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsigned_long": (0, 2**64 - 1),
}
"""Whole number types and their ranges."""
DECIMALS = frozenset({"double", "float", "half_float", "scaled_float"})
EXACT = frozenset({"keyword", "wildcard", "constant_keyword", "flattened", "version"})
"""Types whose whole value is one term of text."""
TOKENISED = frozenset({"text", "match_only_text"})
DATES = frozenset({"date", "date_nanos"})
NUMBERS = frozenset(INTEGERS) | DECIMALS
MODELLED = EXACT | TOKENISED | DATES | NUMBERS | {"boolean", "ip"}
"""Every index type whose values can be queried here."""


def view(kind: FieldType) -> View:
    """Return the view that gives what the index holds for a document's value."""
    return _view(kind)


@lru_cache(maxsize=4096)
def _view(kind: FieldType) -> View:
    name, settings = kind.name, kind.settings
    label = f"{name} {sorted(settings.items())!r}" if settings else name
    if name in EXACT:
        return View(label, _exact(kind))
    if name in TOKENISED:
        return View(label, text_analyzer(kind).tokens_of_value)
    if name in INTEGERS:
        return View(label, lambda value: _one(_stored_integer(value, name)))
    if name in DECIMALS:
        return View(label, lambda value: _one(_stored_decimal(value, kind)))
    if name == "boolean":
        return View(label, lambda value: _one(_BOOLEANS.get(as_text(value))))
    if name == "ip":
        return View(label, lambda value: _one(address(as_text(value))))
    if name in DATES:
        form = _known_format(kind)
        unit = 1 if name == "date_nanos" else dates.MILLI
        return View(label, lambda value: _one(_stored_date(value, form, unit)))
    raise FieldUnsupported(name, "index type")


@lru_cache(maxsize=1024)
def sequence_view(kind: FieldType) -> View:
    """Return the view that gives all tokens of one value as a single sequence."""
    tokens = text_analyzer(kind).tokens
    return View(f"tokens of {_view(kind).name}", lambda value: (tokens(as_text(value)),))


def _one(value: Any) -> Iterable[Any]:
    return () if value is None else (value,)


class TextAnalyzer:
    """The analyzer of a text field."""

    def __init__(self, analyzer: analysis.Analyzer) -> None:
        self.filter = analyzer.filter
        self.tokens = analyzer.tokens
        self.reaches_end = analyzer.tokenizer.reaches_end

    def tokens_of_value(self, value: Scalar) -> tuple[str, ...]:
        """Return the tokens of a document's value."""
        return self.tokens(as_text(value))


@lru_cache(maxsize=1024)
def text_analyzer(kind: FieldType, *, searching: bool = False) -> TextAnalyzer:
    """Return the analyzer of a text field, at index or at search time."""
    given = kind.settings.get("analyzer")
    if searching:
        given = kind.settings.get("search_analyzer", given)
    found = analysis.analyzer(given)
    if found is None:
        raise FieldUnsupported(given, "analyzer", "its tokens are not known")
    return TextAnalyzer(found)


def text_normalizer(kind: FieldType) -> Callable[[str], str]:
    """Return what is done to terms of an exact field, in the index and in queries."""
    given = kind.settings.get("normalizer") if kind.name == "keyword" else None
    found = analysis.normalizer(given)
    if found is None:
        raise FieldUnsupported(given, "normalizer", "what it changes is not known")
    return found


def _exact(kind: FieldType) -> Callable[[Scalar], Iterable[Any]]:
    normalize = text_normalizer(kind)
    longest = kind.settings.get("ignore_above")

    def convert(value: Scalar) -> Iterable[Any]:
        text = as_text(value)
        if longest is not None and len(text) > int(longest):
            return ()
        return (normalize(text),)

    return convert


_BOOLEANS = {"true": True, "false": False, "": False}


def _stored_integer(value: Scalar, name: str) -> int | None:
    low, high = INTEGERS[name]
    number = as_number(value)
    if number is None or (isinstance(number, float) and not math.isfinite(number)):
        return None
    whole = math.trunc(number)
    return whole if low <= whole <= high else None


def _stored_decimal(value: Scalar, kind: FieldType) -> float | int | None:
    number = as_number(value)
    return None if number is None else decimal_term(number, kind)


def decimal_term(number: float, kind: FieldType) -> float | int | None:
    """Return a number as a fractional field holds it; ``None`` where it cannot."""
    try:
        match kind.name:
            case "float":
                return float(struct.unpack("<f", struct.pack("<f", number))[0])
            case "half_float":
                return float(struct.unpack("<e", struct.pack("<e", number))[0])
            case "scaled_float":
                return math.floor(float(number) * scaling(kind) + 0.5)
            case _:
                return float(number)
    except (OverflowError, ValueError):
        return None


def scaling(kind: FieldType) -> float:
    """Return the ``scaling_factor`` of a ``scaled_float``."""
    return float(kind.settings.get("scaling_factor", 1))


def query_number(value: Any, kind: FieldType) -> Decimal:
    """Return the number that a query gives for a numeric field.

    All types but the long ones read it as Java reads a double: blanks around it and a ``d`` or
    ``f`` behind it are allowed.
    """
    text = as_text(value)
    if text.strip(_JAVA_BLANKS).lstrip("+-") in {"NaN", "Infinity"}:
        raise FieldUnsupported(text[:20], "number", "it is no finite number")
    plain = _PLAIN_NUMBER.fullmatch(text) is not None
    if kind.name not in _LONGS:
        text = text.strip(_JAVA_BLANKS)
        plain = _NUMBER.fullmatch(text) is not None
    if isinstance(value, bool) or not plain or len(text) > _LONGEST_NUMBER:
        message = f"{text[:40]!r} is no number"
        raise FieldError(message)
    try:
        return Decimal(text.rstrip("dDfF"))
    except InvalidOperation as error:  # pragma: no cover - the pattern admits numbers only
        message = f"{text[:40]!r} is no number"
        raise FieldError(message) from error


_LONGS = frozenset({"long", "unsigned_long"})
_JAVA_BLANKS = "".join(map(chr, range(33)))
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_NUMBER = re.compile(_PLAIN_NUMBER.pattern + r"[dDfF]?", re.ASCII)
_LONGEST_NUMBER = 200


def query_boolean(value: Any) -> bool:
    """Return the boolean that a query gives."""
    text = as_text(value)
    if text not in {"true", "false"}:
        message = f"{text[:40]!r} is no boolean: only true and false are"
        raise FieldError(message)
    return text == "true"


@lru_cache(maxsize=65536)
def address(text: str) -> Address | None:
    """Return an IP address, IPv4 even where it is written mapped into IPv6.

    A scope such as ``%eth0`` is dropped.
    """
    plain, scoped, scope = text.partition("%")
    if scoped and not (scope and ":" in plain):
        return None
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def query_address(value: Any) -> Address:
    """Return the address that a query gives."""
    found = address(as_text(value))
    if found is None:
        message = f"{as_text(value)[:60]!r} is no IP address"
        raise FieldError(message)
    return found


def date_format(kind: FieldType) -> str:
    """Return the date format of a date field."""
    default = dates.NANOS_FORMAT if kind.name == "date_nanos" else dates.DEFAULT_FORMAT
    return str(kind.settings.get("format") or default)


def _known_format(kind: FieldType) -> str:
    """Return the date format of a field, every alternative of which is known."""
    form = date_format(kind)
    try:
        for name in form.split("||"):
            compile_format(name)
    except FormatUnsupported as error:
        raise FieldUnsupported(str(error), "date format", "it is not known") from error
    return form


def _stored_date(value: Scalar, form: str, unit: int) -> int | None:
    found = dates.stored_date(as_text(value), form)
    if found is None or (unit == 1 and not dates.fits_nanos(found)):
        return None
    return found // unit
