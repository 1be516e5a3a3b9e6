"""Reading the aggregations of a search body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from harness.ir import Context
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member
from harness.languages._elastic.dates import DateError, time_zone
from harness.languages.watcher import _read
from harness.languages.watcher.aggregations import (
    Aggregation,
    Filter,
    Filters,
    Histogram,
    Metric,
    Missing,
    Named,
    NotEvaluated,
    Order,
    Terms,
    TopHits,
)
from harness.languages.watcher.buckets import CALENDAR, CalendarUnit, Steps, fixed_span
from harness.languages.watcher.response import Hits, check_sortable
from harness.source import Source

METRICS = ("min", "max", "sum", "avg", "stats", "value_count", "cardinality")
"""The metrics that are computed."""
OTHERS = frozenset(
    [
        "adjacency_matrix",
        "auto_date_histogram",
        "boxplot",
        "bucket_script",
        "bucket_selector",
        "bucket_sort",
        "avg_bucket",
        "max_bucket",
        "min_bucket",
        "sum_bucket",
        "stats_bucket",
        "extended_stats_bucket",
        "percentiles_bucket",
        "categorize_text",
        "children",
        "composite",
        "cumulative_sum",
        "cumulative_cardinality",
        "date_range",
        "derivative",
        "diversified_sampler",
        "extended_stats",
        "frequent_item_sets",
        "geo_bounds",
        "geo_centroid",
        "geo_distance",
        "geohash_grid",
        "geotile_grid",
        "geohex_grid",
        "global",
        "inference",
        "ip_prefix",
        "ip_range",
        "matrix_stats",
        "median_absolute_deviation",
        "moving_avg",
        "moving_fn",
        "multi_terms",
        "nested",
        "normalize",
        "parent",
        "percentile_ranks",
        "percentiles",
        "random_sampler",
        "range",
        "rare_terms",
        "rate",
        "reverse_nested",
        "sampler",
        "scripted_metric",
        "serial_diff",
        "significant_terms",
        "significant_text",
        "string_stats",
        "t_test",
        "time_series",
        "top_metrics",
        "variable_width_histogram",
        "weighted_avg",
        "bucket_count_ks_test",
        "bucket_correlation",
        "change_point",
    ]
)
"""The aggregations that exist and are not computed."""
_BARE = ("meta",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationReader:
    """Reads aggregations; ``filters`` registers a query, ``hits`` reads a ``top_hits`` body."""

    source: Source
    context: Context
    filters: Callable[[Json], int]
    hits: Callable[[JsonObject], Hits]

    def named(self, node: Json) -> Named:
        """Aggregations = '{' { name ':' aggregation } '}'."""
        body = _read.object_of(node, self.source, "the aggregations")
        return tuple((member.key, self.one(member)) for member in body)

    def one(self, member: Member) -> Aggregation:
        """Aggregation = '{' type ':' settings [ 'aggs' ':' aggregations ] '}'."""
        body = _read.object_of(member.value, self.source, "an aggregation")
        inner: Named = ()
        kind: Member | None = None
        for item in body:
            if item.key in ("aggs", "aggregations"):
                inner = self.named(item.value)
            elif item.key in _BARE:
                continue
            elif kind is not None:
                message = f"the aggregation {member.key!r} has two types"
                raise _read.invalid(self.source, item.key_span, message)
            else:
                kind = item
        if kind is None:
            message = f"the aggregation {member.key!r} has no type"
            raise _read.invalid(self.source, member.key_span, message)
        return self.typed(kind, inner)

    def typed(self, kind: Member, inner: Named) -> Aggregation:
        """Read an aggregation by its type."""
        if kind.key in OTHERS:
            return NotEvaluated(why=f"the aggregation {kind.key!r} is not computed")
        if kind.key in ("filter", "filters"):
            return self.filter(kind, inner)
        settings = _read.object_of(kind.value, self.source, f"the aggregation {kind.key!r}")
        if kind.key == "top_hits":
            return TopHits(hits=self.hits(settings))
        if kind.key in METRICS or kind.key in ("terms", "missing", "histogram", "date_histogram"):
            return self.on_field(kind, settings, inner)
        message = f"there is no aggregation {kind.key!r}"
        raise _read.invalid(self.source, kind.key_span, message)

    def filter(self, kind: Member, inner: Named) -> Aggregation:
        """Filter = query; filters = '{' 'filters' ':' ( named queries | list ) '}'."""
        if kind.key == "filter":
            return Filter(query=self.filters(kind.value), inner=inner)
        settings = _read.object_of(kind.value, self.source, "the aggregation 'filters'")
        queries = settings.get("filters")
        known = {member.key for member in settings}
        if known - {"filters"} or queries is None:
            return NotEvaluated(why="filters with other_bucket is not computed")
        if isinstance(queries, JsonObject):
            parts = [(item.key, self._filter(item.value, inner)) for item in queries]
        else:
            parts = [
                (str(at), self._filter(item, inner))
                for at, item in enumerate(_read.items_of(queries))
            ]
        if not parts:
            raise _read.invalid(self.source, queries.span, "filters needs a query")
        return Filters(parts=tuple(parts), keyed=isinstance(queries, JsonObject))

    def _filter(self, node: Json, inner: Named) -> Filter:
        return Filter(query=self.filters(node), inner=inner)

    def on_field(self, kind: Member, settings: JsonObject, inner: Named) -> Aggregation:
        """Read an aggregation over the values of one field."""
        if settings.get("script", "include", "exclude", "extended_bounds", "hard_bounds", "offset"):
            why = f"{kind.key!r} with script, include, exclude, bounds or offset is not computed"
            return NotEvaluated(why=why)
        field = settings.get("field")
        if field is None:
            message = f"the aggregation {kind.key!r} names no field"
            raise _read.invalid(self.source, kind.value.span, message)
        path = _read.text_of(field, self.source, "'field'")
        problem = (
            "" if kind.key in ("value_count", "missing") else check_sortable(path, self.context)
        )
        if problem:
            raise _read.invalid(self.source, field.span, problem, "use its keyword field")
        missing = self._plain(settings, "missing")
        if kind.key in METRICS:
            return Metric(kind=kind.key, path=path, missing=missing)
        if kind.key == "missing":
            return Missing(path=path, inner=inner)
        if kind.key == "terms":
            return self.terms(settings, path, missing, inner)
        return self.histogram(kind, settings, path, inner)

    def terms(self, settings: JsonObject, path: str, missing: Any, inner: Named) -> Aggregation:
        """Terms = '{' 'field' ':' name [ 'size' ] [ 'order' ] [ 'min_doc_count' ] '}'."""
        least = self._whole(settings, "min_doc_count", 1)
        if least < 1:
            return NotEvaluated(why="terms with min_doc_count 0 lists terms of other documents")
        size = self._whole(settings, "size", 10)
        if size < 1:
            raise _read.invalid(self.source, settings.span, "the size of terms is at least 1")
        orders = self._orders(settings)
        if not orders:
            orders = (Order(by="_count", descending=True),)
        return Terms(
            path=path, size=size, order=orders, min_count=least, missing=missing, inner=inner
        )

    def _orders(self, settings: JsonObject) -> tuple[Order, ...]:
        """Order = '{' key ':' ( 'asc' | 'desc' ) '}' | '[' { order } ']'."""
        node = settings.get("order")
        found: list[Order] = []
        for item in () if node is None else _read.items_of(node):
            for member in _read.object_of(item, self.source, "'order'"):
                way = _read.text_of(member.value, self.source, "the direction").lower()
                if way not in ("asc", "desc"):
                    raise _read.invalid(self.source, member.value.span, "use asc or desc")
                by = {"_term": "_key"}.get(member.key, member.key)
                found.append(Order(by=by, descending=way == "desc"))
        return tuple(found)

    def histogram(self, kind: Member, settings: JsonObject, path: str, inner: Named) -> Aggregation:
        """Histogram = '{' 'field' ':' name interval { setting } '}'."""
        if settings.get("missing", "format") is not None:
            return NotEvaluated(why="histograms with missing or format are not computed")
        rounding = self._steps(settings) if kind.key == "histogram" else self._spans(settings)
        if rounding is None:
            message = "the histogram has no valid interval"
            raise _read.invalid(self.source, kind.value.span, message, "such as fixed_interval: 5m")
        orders = self._orders(settings)
        keyed = settings.get("keyed")
        return Histogram(
            path=path,
            rounding=rounding,
            min_count=self._whole(settings, "min_doc_count", 0),
            missing=None,
            keyed=keyed is not None and _read.boolean_of(keyed, self.source, "'keyed'"),
            order=orders[0] if orders else Order(by="_key", descending=False),
            inner=inner,
        )

    def _steps(self, settings: JsonObject) -> Steps | None:
        node = settings.get("interval")
        width = node.value if isinstance(node, JsonScalar) else None
        if isinstance(width, bool) or not isinstance(width, int | float) or width <= 0:
            return None
        return Steps(float(width), 0.0)

    def _spans(self, settings: JsonObject) -> Any:
        zone = self._zone(settings)
        for name in ("fixed_interval", "calendar_interval", "interval"):
            node = settings.get(name)
            if node is None:
                continue
            text = _read.text_of(node, self.source, f"{name!r}")
            if name != "fixed_interval" and text in CALENDAR:
                return CalendarUnit(CALENDAR[text], zone)
            return None if name == "calendar_interval" else fixed_span(text, zone)
        return None

    def _zone(self, settings: JsonObject) -> tzinfo:
        node = settings.get("time_zone")
        if node is None:
            return UTC
        try:
            return time_zone(_read.text_of(node, self.source, "'time_zone'"))
        except DateError as error:
            raise _read.invalid(self.source, node.span, str(error)) from error

    def _whole(self, settings: JsonObject, name: str, default: int) -> int:
        return whole_number(settings.get(name), self.source, name, default)

    def _plain(self, settings: JsonObject, name: str) -> Any:
        node = settings.get(name)
        if isinstance(node, JsonArray | JsonObject):
            raise _read.invalid(self.source, node.span, f"{name!r} is a single value")
        return None if node is None else node.value


def whole_number(node: Json | None, source: Source, name: str, default: int) -> int:
    """Return a setting that is a whole number, also one written as a string."""
    if node is None:
        return default
    value = node.value if isinstance(node, JsonScalar) else None
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) < len("1000000000")
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _read.invalid(source, node.span, f"{name!r} is a whole number")
    return value
