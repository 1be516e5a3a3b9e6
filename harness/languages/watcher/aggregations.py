"""Aggregations of a search body, computed over its hits.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/search-aggregations.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.ir import Context, Event
from harness.languages._elastic import fields, types
from harness.languages.watcher.buckets import Rounding
from harness.languages.watcher.mustache import ANYTHING, ListOf
from harness.languages.watcher.response import Hits, Total, doc_values, in_order
from harness.languages.watcher.values import ExecutionFailed, Unknowable, Unpredictable, iso_millis

MAX_BUCKETS = 65_536
"""``search.max_buckets``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an aggregation is computed over: documents, and the searches of its filters.

    ``found`` holds, per filter, the identities of the documents that it finds.
    """

    documents: Sequence[Event]
    context: Context
    found: Mapping[int, frozenset[int]]

    def only(self, documents: Sequence[Event]) -> Scope:
        """Return the scope of one bucket."""
        return Scope(documents, self.context, self.found)


class Aggregation(Protocol):
    """One named aggregation."""

    def compute(self, scope: Scope) -> dict[str, Any] | Unknowable:
        """Return its part of the response."""
        ...

    def shape(self) -> Any:
        """Return the keys that its part of the response has, for checking paths."""
        ...


Named = tuple[tuple[str, Aggregation], ...]


def compute_all(named: Named, scope: Scope) -> dict[str, Any]:
    """Return the results of several aggregations by name."""
    return {name: item.compute(scope) for name, item in named}


def shapes(named: Named) -> dict[str, Any]:
    """Return the shapes of several aggregations by name."""
    return {name: item.shape() for name, item in named}


def _values(scope: Scope, path: str, missing: Any) -> list[list[Any]]:
    """Return the indexed values of each document, ``missing`` standing in for none."""
    stand_in = [] if missing is None else [missing]
    return [doc_values(document, path, scope.context) or stand_in for document in scope.documents]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number over all values of a field: ``min``, ``sum``, ``cardinality``, ..."""

    kind: str
    path: str
    missing: Any

    def compute(self, scope: Scope) -> dict[str, Any]:
        per_document = _values(scope, self.path, self.missing)
        field = fields.resolve(self.path, scope.context)
        name = "" if field is None else field.type.name
        if self.kind == "value_count":
            exact = name in types.EXACT
            counts = (len(set(found)) if exact else len(found) for found in per_document)
            return {"value": sum(counts)}
        values = [value for found in per_document for value in found]
        if self.kind == "cardinality":
            return {"value": len({_identity(value) for value in values})}
        if name and name not in types.NUMBERS | types.DATES and name != "boolean":
            message = f"{self.kind} does not work on {self.path!r} of type {name!r}"
            raise ExecutionFailed(message)
        return self._number([float(value) for value in values], name)

    def _number(self, values: list[float], name: str) -> dict[str, Any]:
        found = _statistics(values)
        if self.kind == "stats":
            return found
        result: dict[str, Any] = {"value": found[self.kind]}
        if name in types.DATES and result["value"] is not None:
            result["value_as_string"] = iso_millis(int(result["value"]))
        return result

    def shape(self) -> Any:
        if self.kind == "stats":
            return dict.fromkeys(("count", "min", "max", "avg", "sum"))
        return {"value": None, "value_as_string": None}


def _identity(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value


def _statistics(values: list[float]) -> dict[str, Any]:
    total = math.fsum(values)
    return {
        "count": len(values),
        "min": min(values, default=None),
        "max": max(values, default=None),
        "avg": total / len(values) if values else None,
        "sum": total,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How buckets are ordered: by ``_count``, ``_key``, or the value of a metric in them."""

    by: str
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One bucket for each value of a field, the largest first."""

    path: str
    size: int
    order: tuple[Order, ...]
    min_count: int
    missing: Any
    inner: Named

    def compute(self, scope: Scope) -> dict[str, Any]:
        groups: dict[Any, list[Event]] = {}
        found = _values(scope, self.path, self.missing)
        for document, values in zip(scope.documents, found, strict=True):
            for value in dict.fromkeys(values):
                groups.setdefault(value, []).append(document)
        buckets = [
            self._bucket(key, documents, scope)
            for key, documents in groups.items()
            if len(documents) >= self.min_count
        ]
        for order in reversed((*self.order, Order(by="_key", descending=False))):
            buckets.sort(key=lambda bucket: _rank(bucket, order.by), reverse=order.descending)
        shown = buckets[: self.size]
        rest = sum(bucket["doc_count"] for bucket in buckets[self.size :])
        return {
            "doc_count_error_upper_bound": 0,
            "sum_other_doc_count": rest,
            "buckets": [_public(bucket) for bucket in shown],
        }

    def _bucket(self, key: Any, documents: list[Event], scope: Scope) -> dict[str, Any]:
        field = fields.resolve(self.path, scope.context)
        shown, text = _shown_key(key, "" if field is None else field.type.name)
        bucket: dict[str, Any] = {"_sort": in_order(key), "key": shown}
        if text is not None:
            bucket["key_as_string"] = text
        bucket["doc_count"] = len(documents)
        bucket.update(compute_all(self.inner, scope.only(documents)))
        return bucket

    def shape(self) -> Any:
        bucket = {"key": None, "key_as_string": None, "doc_count": None, **shapes(self.inner)}
        keys = ("doc_count_error_upper_bound", "sum_other_doc_count")
        return {**dict.fromkeys(keys), "buckets": ListOf(bucket)}


def _shown_key(key: Any, name: str) -> tuple[Any, str | None]:
    if name == "boolean":
        return int(key), "true" if key else "false"
    if name in types.DATES:
        millis = key // 1_000_000 if name == "date_nanos" else key
        return millis, iso_millis(millis)
    return (str(key), None) if name == "ip" else (key, None)


def _rank(bucket: Mapping[str, Any], by: str) -> Any:
    """Return what a bucket is ordered by; buckets without a metric's value come first."""
    if by == "_key":
        return bucket["_sort"]
    if by == "_count":
        return bucket["doc_count"]
    value: Any = bucket
    for part in by.replace(">", ".").split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping):
        value = value.get("value", value.get("doc_count"))
    if isinstance(value, Unknowable):
        raise Unpredictable(value.why)
    return -math.inf if value is None else value


def _public(bucket: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in bucket.items() if key != "_sort"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The documents that a query finds, in one bucket; ``query`` numbers the search."""

    query: int
    inner: Named

    def compute(self, scope: Scope) -> dict[str, Any]:
        members = scope.found[self.query]
        documents = [document for document in scope.documents if id(document) in members]
        return {"doc_count": len(documents), **compute_all(self.inner, scope.only(documents))}

    def shape(self) -> Any:
        return {"doc_count": None, **shapes(self.inner)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """One bucket for each of several queries, by name or in order."""

    parts: tuple[tuple[str, Filter], ...]
    keyed: bool

    def compute(self, scope: Scope) -> dict[str, Any]:
        found = [(name, part.compute(scope)) for name, part in self.parts]
        return {"buckets": dict(found) if self.keyed else [bucket for _, bucket in found]}

    def shape(self) -> Any:
        if self.keyed:
            return {"buckets": {name: part.shape() for name, part in self.parts}}
        return {"buckets": ListOf(self.parts[0][1].shape())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The documents without a value in a field, in one bucket."""

    path: str
    inner: Named

    def compute(self, scope: Scope) -> dict[str, Any]:
        documents = [
            document
            for document in scope.documents
            if not doc_values(document, self.path, scope.context)
        ]
        return {"doc_count": len(documents), **compute_all(self.inner, scope.only(documents))}

    def shape(self) -> Any:
        return {"doc_count": None, **shapes(self.inner)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """One bucket for each step of a number or of time, empty ones in between included."""

    path: str
    rounding: Rounding
    min_count: int
    missing: Any
    keyed: bool
    order: Order
    inner: Named

    def compute(self, scope: Scope) -> dict[str, Any]:
        field = fields.resolve(self.path, scope.context)
        nanos = field is not None and field.type.name == "date_nanos"
        groups: dict[Any, list[Event]] = {}
        found = _values(scope, self.path, self.missing)
        for document, values in zip(scope.documents, found, strict=True):
            keys = (self.rounding.floor(item // 1_000_000 if nanos else item) for item in values)
            for key in dict.fromkeys(keys):
                groups.setdefault(key, []).append(document)
        buckets = [
            self._bucket(key, groups.get(key, []), scope)
            for key in self._keys(groups)
            if len(groups.get(key, [])) >= self.min_count
        ]
        buckets.sort(key=lambda bucket: _rank(bucket, self.order.by), reverse=self.order.descending)
        if self.keyed:
            return {"buckets": {str(b.get("key_as_string", b["key"])): _public(b) for b in buckets}}
        return {"buckets": [_public(bucket) for bucket in buckets]}

    def _keys(self, groups: Mapping[Any, Any]) -> list[Any]:
        if not groups or self.min_count > 0:
            return sorted(groups)
        keys, last = [min(groups)], max(groups)
        while keys[-1] < last:
            keys.append(self.rounding.next(keys[-1]))
            if len(keys) > MAX_BUCKETS:
                message = f"the histogram has more than {MAX_BUCKETS} buckets"
                raise ExecutionFailed(message)
        return keys

    def _bucket(self, key: Any, documents: list[Event], scope: Scope) -> dict[str, Any]:
        bucket: dict[str, Any] = {"_sort": key}
        text = self.rounding.text(key)
        if text is not None:
            bucket["key_as_string"] = text
        bucket["key"] = key
        bucket["doc_count"] = len(documents)
        bucket.update(compute_all(self.inner, scope.only(documents)))
        return bucket

    def shape(self) -> Any:
        bucket = {"key": None, "key_as_string": None, "doc_count": None, **shapes(self.inner)}
        return {"buckets": ANYTHING if self.keyed else ListOf(bucket)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TopHits:
    """The first hits of a bucket."""

    hits: Hits

    def compute(self, scope: Scope) -> dict[str, Any]:
        total = Total(track=None, as_object=True)
        return {"hits": self.hits.of(scope.documents, scope.context, total)}

    def shape(self) -> Any:
        return {"hits": {"total": ANYTHING, "max_score": None, "hits": ANYTHING}}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """An aggregation that exists and is not computed here."""

    why: str

    def compute(self, scope: Scope) -> Unknowable:  # noqa: ARG002 - an Aggregation is given its scope
        return Unknowable(self.why)

    def shape(self) -> Any:
        return ANYTHING
