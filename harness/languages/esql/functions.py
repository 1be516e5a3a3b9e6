"""The functions of ES|QL: what they take, and what they give for values.

Signatures and results follow
https://www.elastic.co/docs/reference/query-languages/esql/esql-functions-operators; what the
pages leave open follows the server's classes in
x-pack/plugin/esql/.../expression/function/scalar.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from harness.ir import Function
from harness.languages.esql import datefunctions, textfunctions, values
from harness.languages.esql.values import many, several, sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A function: the kinds of its arguments, the type of its result, how it is computed.

    Kinds are ``string number whole boolean ip date version span any same``; a plus at the end
    wants a constant, ``same`` is of the first argument's type. The last ``optional`` arguments
    may be left out; with ``repeats`` the last one may come any number of times. ``gives`` is a
    type, or the place of the argument whose type it is. ``values`` says how several values are
    taken: ``one`` (null for several), ``each`` (one by one), ``all`` (together).
    """

    name: str
    kinds: tuple[str, ...]
    gives: str | int
    apply: Callable[..., Any]
    optional: int = 0
    repeats: bool = False
    values: str = "one"

    @property
    def fewest(self) -> int:
        """How many arguments there are at least."""
        return len(self.kinds) - self.optional

    def kind(self, place: int) -> str:
        """Return the kind of the argument at a place."""
        return self.kinds[min(place, len(self.kinds) - 1)]

    @property
    def function(self) -> Function:
        """The function as part of a predicate."""
        apply = self.apply
        if self.values == "one":
            apply = values.single(apply)
        elif self.values == "each":
            apply = values.each(apply)
        return Function(f"esql.{self.name}", apply, strict=False)


def _starts(text: str, start: str) -> bool:
    return text.startswith(start)


def _ends(text: str, end: str) -> bool:
    return text.endswith(end)


def _contains(text: str, part: str) -> bool:
    return part in text


# Numbers ------------------------------------------------------------------------------------


def _is_fraction(number: object) -> bool:
    return isinstance(number, float)


def _absolute(number: float) -> float | None:
    return abs(number) if _is_fraction(number) else values.fitting(abs(int(number)), "long")


def _ceiling(number: float) -> float:
    return float(math.ceil(number)) if _is_fraction(number) else number


def _floor(number: float) -> float:
    return float(math.floor(number)) if _is_fraction(number) else number


_MOST_DIGITS = 340


def _rounded(number: float, digits: int = 0) -> float | None:
    if abs(digits) > _MOST_DIGITS:
        return number if digits > 0 else number * 0
    exact = Decimal(repr(number)).scaleb(digits).quantize(Decimal(1), ROUND_HALF_UP)
    result = exact.scaleb(-digits)
    return float(result) if _is_fraction(number) else values.fitting(int(result), "long")


def _power(base: float, exponent: float) -> float | None:
    try:
        result = math.pow(base, exponent)
    except (OverflowError, ValueError):
        return None
    return result if math.isfinite(result) else None


def _root(number: float) -> float | None:
    return math.sqrt(number) if number >= 0 else None


def _sign(number: float) -> float:
    return float((number > 0) - (number < 0))


# Several values -----------------------------------------------------------------------------


def _count(column: Any) -> int | None:
    return len(many(column)) or None


def _least(column: Any) -> Any:
    return min(many(column), key=sort_key, default=None)


def _greatest(column: Any) -> Any:
    return max(many(column), key=sort_key, default=None)


def _extreme(pick: Callable[..., Any], *columns: Any) -> Any:
    found = [pick(many(column), key=sort_key, default=None) for column in columns]
    if any(item is None for item in found):
        return None
    return pick(found, key=sort_key)


def _first(column: Any) -> Any:
    return next(iter(many(column)), None)


def _last(column: Any) -> Any:
    found = many(column)
    return found[-1] if found else None


def _joined(column: Any, delimiter: Any) -> str | None:
    if column is None or not isinstance(delimiter, str):
        return None
    return textfunctions.joined(many(column), delimiter)


def _holds_all(column: Any, wanted: Any) -> bool:
    return set(many(wanted)) <= set(many(column))


def _meets(column: Any, other: Any) -> bool:
    return not set(many(column)).isdisjoint(many(other))


def _common(column: Any, other: Any) -> Any:
    wanted = set(many(other))
    return several(dict.fromkeys(item for item in many(column) if item in wanted))


def _distinct(column: Any) -> Any:
    return several(dict.fromkeys(many(column)))


def _sorted(column: Any, order: Any = "ASC") -> Any:
    return several(
        sorted(many(column), key=sort_key, reverse=str(order).upper() == "DESC"),
    )


def _slice(column: Any, start: Any, end: Any = None) -> Any:
    found = many(column)
    last = start if end is None else end
    if not found or not isinstance(start, int) or not isinstance(last, int):
        return None
    first, last = (at + len(found) if at < 0 else at for at in (start, last))
    return several(found[max(0, first) : last + 1]) if last >= 0 else None


def _appended(column: Any, other: Any) -> Any:
    if column is None or other is None:
        return None
    return several((*many(column), *many(other)))


def _total(column: Any) -> Any:
    found = many(column)
    if not found:
        return None
    total = sum(found)
    if isinstance(total, float):
        return total if math.isfinite(total) else None
    return values.fitting(total, "long")


def _average(column: Any) -> float | None:
    found = many(column)
    return math.fsum(found) / len(found) if found else None


def _coalesce(*columns: Any) -> Any:
    return next((column for column in columns if column is not None), None)


# Dates --------------------------------------------------------------------------------------


def _difference(part: str, start: int, end: int) -> int | None:
    return datefunctions.difference(part, start, end)


_TEXT = ("string",)
_TWO_TEXTS = ("string", "string")
_ONE_OF_ANY = ("any",)


def _text_function(name: str, apply: Callable[..., Any], gives: str = "keyword") -> Signature:
    return Signature(name=name, kinds=_TEXT, gives=gives, apply=apply)


def _conversion(name: str, gives: str, apply: Callable[..., Any]) -> Signature:
    return Signature(name=name, kinds=_ONE_OF_ANY, gives=gives, apply=apply, values="each")


def _reduction(name: str, apply: Callable[..., Any], gives: str | int = 0) -> Signature:
    return Signature(name=name, kinds=_ONE_OF_ANY, gives=gives, apply=apply, values="all")


_SIGNATURES = (
    # text
    Signature(
        name="concat",
        kinds=_TWO_TEXTS,
        gives="keyword",
        apply=textfunctions.concat,
        optional=1,
        repeats=True,
    ),
    Signature(name="contains", kinds=_TWO_TEXTS, gives="boolean", apply=_contains),
    Signature(name="ends_with", kinds=_TWO_TEXTS, gives="boolean", apply=_ends),
    Signature(name="starts_with", kinds=_TWO_TEXTS, gives="boolean", apply=_starts),
    Signature(name="left", kinds=("string", "whole"), gives="keyword", apply=textfunctions.left),
    Signature(name="right", kinds=("string", "whole"), gives="keyword", apply=textfunctions.right),
    _text_function("length", len, "integer"),
    _text_function("byte_length", textfunctions.length_in_bytes, "integer"),
    _text_function("bit_length", lambda text: 8 * textfunctions.length_in_bytes(text), "integer"),
    Signature(
        name="locate",
        kinds=("string", "string", "whole"),
        gives="integer",
        apply=textfunctions.locate,
        optional=1,
    ),
    _text_function("trim", values.trim),
    _text_function("ltrim", values.trim_left),
    _text_function("rtrim", values.trim_right),
    Signature(
        name="replace",
        kinds=("string", "string", "string"),
        gives="keyword",
        apply=textfunctions.replace,
    ),
    Signature(
        name="repeat", kinds=("string", "whole"), gives="keyword", apply=textfunctions.repeat
    ),
    _text_function("reverse", lambda text: text[::-1]),
    Signature(name="space", kinds=("whole",), gives="keyword", apply=textfunctions.space),
    Signature(name="split", kinds=_TWO_TEXTS, gives="keyword", apply=textfunctions.split),
    Signature(
        name="substring",
        kinds=("string", "whole", "whole"),
        gives="keyword",
        apply=textfunctions.substring,
        optional=1,
    ),
    Signature(name="to_lower", kinds=_TEXT, gives="keyword", apply=str.lower, values="each"),
    Signature(name="to_upper", kinds=_TEXT, gives="keyword", apply=str.upper, values="each"),
    _text_function("from_base64", textfunctions.from_base64),
    _text_function("to_base64", textfunctions.to_base64),
    _text_function("md5", partial(textfunctions.digest, "md5")),
    _text_function("sha1", partial(textfunctions.digest, "sha-1")),
    _text_function("sha256", partial(textfunctions.digest, "sha-256")),
    Signature(name="hash", kinds=_TWO_TEXTS, gives="keyword", apply=textfunctions.digest),
    _text_function("url_encode", textfunctions.url_encode),
    _text_function("url_decode", textfunctions.url_decode),
    Signature(
        name="cidr_match",
        kinds=("ip", "string"),
        gives="boolean",
        apply=textfunctions.in_block,
        repeats=True,
    ),
    # numbers
    Signature(name="abs", kinds=("number",), gives=0, apply=_absolute),
    Signature(name="ceil", kinds=("number",), gives=0, apply=_ceiling),
    Signature(name="floor", kinds=("number",), gives=0, apply=_floor),
    Signature(name="round", kinds=("number", "whole"), gives=0, apply=_rounded, optional=1),
    Signature(name="pow", kinds=("number", "number"), gives="double", apply=_power),
    Signature(name="sqrt", kinds=("number",), gives="double", apply=_root),
    Signature(name="signum", kinds=("number",), gives="double", apply=_sign),
    # conversions
    _conversion("to_boolean", "boolean", values.boolean),
    _conversion("to_double", "double", values.number),
    _conversion("to_integer", "integer", partial(values.whole, "integer")),
    _conversion("to_long", "long", partial(values.whole, "long")),
    _conversion("to_unsigned_long", "unsigned_long", partial(values.whole, "unsigned_long")),
    _conversion("to_string", "keyword", values.text),
    _conversion("to_ip", "ip", values.address),
    _conversion("to_datetime", "datetime", values.instant),
    _conversion("to_version", "version", values.text),
    # dates
    Signature(
        name="date_diff",
        kinds=("string", "date", "date"),
        gives="integer",
        apply=_difference,
    ),
    Signature(
        name="date_extract",
        kinds=("string+", "date"),
        gives="long",
        apply=datefunctions.extracted,
    ),
    Signature(name="date_trunc", kinds=("span+", "date"), gives=1, apply=datefunctions.truncated),
    Signature(name="day_name", kinds=("date",), gives="keyword", apply=datefunctions.name_of_day),
    # several values
    Signature(
        name="coalesce",
        kinds=("any", "same"),
        gives=0,
        apply=_coalesce,
        optional=1,
        repeats=True,
        values="all",
    ),
    Signature(
        name="greatest",
        kinds=("any", "same"),
        gives=0,
        apply=partial(_extreme, max),
        optional=1,
        repeats=True,
        values="all",
    ),
    Signature(
        name="least",
        kinds=("any", "same"),
        gives=0,
        apply=partial(_extreme, min),
        optional=1,
        repeats=True,
        values="all",
    ),
    _reduction("mv_count", _count, "integer"),
    _reduction("mv_min", _least),
    _reduction("mv_max", _greatest),
    _reduction("mv_first", _first),
    _reduction("mv_last", _last),
    _reduction("mv_dedupe", _distinct),
    Signature(name="mv_sum", kinds=("number",), gives=0, apply=_total, values="all"),
    Signature(name="mv_avg", kinds=("number",), gives="double", apply=_average, values="all"),
    Signature(
        name="mv_sort", kinds=("any", "string+"), gives=0, apply=_sorted, optional=1, values="all"
    ),
    Signature(name="mv_concat", kinds=_TWO_TEXTS, gives="keyword", apply=_joined, values="all"),
    Signature(
        name="mv_contains", kinds=("any", "same"), gives="boolean", apply=_holds_all, values="all"
    ),
    Signature(
        name="mv_intersects", kinds=("any", "same"), gives="boolean", apply=_meets, values="all"
    ),
    Signature(name="mv_intersection", kinds=("any", "same"), gives=0, apply=_common, values="all"),
    Signature(name="mv_append", kinds=("any", "same"), gives=0, apply=_appended, values="all"),
    Signature(
        name="mv_slice",
        kinds=("any", "whole", "whole"),
        gives=0,
        apply=_slice,
        optional=1,
        values="all",
    ),
)
FUNCTIONS = {signature.name: signature for signature in _SIGNATURES}
"""Every function that is evaluated, by its name in lower case."""
ALIASES = {
    "to_bool": "to_boolean",
    "to_dbl": "to_double",
    "to_int": "to_integer",
    "to_str": "to_string",
    "to_dt": "to_datetime",
    "to_ul": "to_unsigned_long",
    "to_ulong": "to_unsigned_long",
    "to_ver": "to_version",
}
"""Other names of functions."""
CASTS = {
    "bool": "to_boolean",
    "boolean": "to_boolean",
    "date": "to_datetime",
    "datetime": "to_datetime",
    "double": "to_double",
    "int": "to_integer",
    "integer": "to_integer",
    "ip": "to_ip",
    "keyword": "to_string",
    "long": "to_long",
    "string": "to_string",
    "unsigned_long": "to_unsigned_long",
    "ul": "to_unsigned_long",
    "version": "to_version",
}
"""The function behind ``::type``."""
UNEVALUATED_CASTS = frozenset(
    {"aggregate_metric_double", "cartesian_point", "cartesian_shape", "date_nanos", "date_period"}
    | {"date_range", "dense_vector", "exponential_histogram", "geo_point", "geo_shape", "geohash"}
    | {"geohex", "geotile", "tdigest", "time_duration"}
)
"""Further types of ``::``, which are not evaluated."""
AGGREGATIONS = frozenset(
    {"absent", "avg", "count", "count_distinct", "earliest", "first", "last", "latest", "max"}
    | {"median", "median_absolute_deviation", "min", "percentile", "present", "sample"}
    | {"st_centroid_agg", "st_extent_agg", "std_dev", "sum", "top", "values", "variance"}
    | {"weighted_avg", "bucket", "categorize", "tbucket", "all_first", "all_last"}
)
"""Functions that belong in ``STATS``."""
UNEVALUATED = frozenset(
    {"acos", "acosh", "ascii", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "chunk", "clamp"}
    | {"clamp_max", "clamp_min", "copy_sign", "cos", "cosh", "date_format", "date_parse", "decay"}
    | {"date_unit_count", "days_in_month", "e", "embedding", "exp", "field_extract", "hypot"}
    | {"in_range", "ip_prefix", "json_extract", "knn", "kql", "log", "log10", "month_name"}
    | {"multi_match", "mv_difference", "mv_median", "mv_median_absolute_deviation"}
    | {"mv_percentile", "mv_pseries_weighted_sum", "mv_union", "mv_zip", "network_direction"}
    | {"parse_ip", "pi", "qstr", "random", "range_max", "range_min", "range_within", "scalb"}
    | {"range_contains", "range_intersects", "score", "sin", "sinh", "st_buffer", "st_contains"}
    | {"st_disjoint", "st_distance", "st_dimension", "st_envelope", "st_geohash", "st_geohex"}
    | {"st_geohash_to_long", "st_geohash_to_string", "st_geohex_to_long", "st_geohex_to_string"}
    | {"st_geometrytype", "st_geotile", "st_geotile_to_long", "st_geotile_to_string"}
    | {"st_intersects", "st_isempty", "st_npoints", "st_simplify", "st_within", "st_x"}
    | {"st_simplifypreservetopology", "st_xmax", "st_xmin", "st_y", "st_ymax", "st_ymin"}
    | {"tan", "tanh", "tau", "term", "text_embedding", "to_aggregate_metric_double"}
    | {"to_cartesianpoint", "to_cartesianshape", "to_date_nanos", "to_datenanos", "to_dateperiod"}
    | {"to_date_range", "to_degrees", "to_dense_vector", "to_geohash", "to_geohex", "to_geopoint"}
    | {"to_geoshape", "to_geotile", "to_radians", "to_timeduration", "top_snippets", "trange"}
    | {"url_encode_component", "v_cosine", "v_dot_product", "v_hamming", "v_l1_norm", "v_l2_norm"}
    | {"extract_snippets", "mv_contains_all", "to_tdigest", "to_exponential_histogram"}
    | {"to_text", "v_magnitude", "date_range", "to_aggregatemetricdouble"}
)
"""Functions of Elasticsearch that are not evaluated."""
