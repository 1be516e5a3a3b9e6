"""The search response that becomes the payload: hits, their order, and the total.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/search-search.html#search-api-response-body
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harness.ir import Context, Event
from harness.ir.cells import Lookup, cell
from harness.languages._elastic import fields, types
from harness.languages._elastic.dsl_base import METADATA
from harness.languages.watcher.values import Unknowable, UnorderedList

TRACKED = 10_000
"""Hits that are counted unless ``track_total_hits`` says otherwise (since 7.0)."""
_OBJECT_TOTAL_SINCE = 7
_V4_MAPPED = 0xFFFF_0000_0000


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How the number of hits is reported.

    ``track`` is the count at which counting stops, ``None`` for never, -1 for no counting;
    ``as_object`` gives ``{"value": ..., "relation": ...}`` instead of a number.
    """

    track: int | None
    as_object: bool

    def of(self, count: int) -> Any:
        """Return ``hits.total`` for a number of hits; ``None`` where it is left out."""
        if self.track == -1:
            return None if self.as_object else -1
        capped = self.track is not None and count > self.track
        value = self.track if capped else count
        if not self.as_object:
            return value
        return {"value": value, "relation": "gte" if capped else "eq"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One field that hits are sorted by."""

    path: str
    descending: bool
    missing_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFilter:
    """What of each document's source is returned: patterns of paths, with ``*``."""

    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    enabled: bool = True

    def of(self, document: Event) -> dict[str, Any]:
        """Return the filtered source of a document."""
        body = {key: value for key, value in document.items() if key not in METADATA}
        if not self.includes and not self.excludes:
            return body
        kept = self._kept(body, "")
        return kept if isinstance(kept, dict) else {}

    def _kept(self, value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            found = {}
            for key, item in value.items():
                inner = self._kept(item, f"{path}.{key}" if path else str(key))
                if inner is not None:
                    found[key] = inner
            return found or (None if path else {})
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            items = [self._kept(item, path) for item in value]
            return [item for item in items if item is not None] or None
        return value if self._wanted(path) else None

    def _wanted(self, path: str) -> bool:
        included = not self.includes or any(_covers(item, path) for item in self.includes)
        return included and not any(_covers(item, path) for item in self.excludes)


def _covers(pattern: str, path: str) -> bool:
    glob = pattern.replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(path, glob) or fnmatchcase(path, f"{glob}.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Which hits are returned, in which order, and what of them.

    ``score`` is the score of every hit where it can be known; ``uniform`` tells that all hits
    have the same one, so that they come in the order of the index.
    """

    first: int
    size: int
    sort: tuple[SortKey, ...]
    source: SourceFilter
    index: Any
    score: float | None
    uniform: bool
    extra: tuple[str, ...]

    def of(self, documents: Sequence[Event], context: Context, total: Total) -> dict[str, Any]:
        """Return the ``hits`` object of the response."""
        ordered = self._sorted(documents, context)
        page = ordered[self.first : self.first + self.size]
        found: dict[str, Any] = {}
        number = total.of(len(documents))
        if number is not None:
            found["total"] = number
        found["max_score"] = self._max_score(documents)
        found["hits"] = self._page(page, len(documents), context)
        return found

    def _max_score(self, documents: Sequence[Event]) -> Any:
        if self.sort or not self.size or not documents:
            return None
        return self._score()

    def _score(self) -> Any:
        if self.sort:
            return None
        return Unknowable("scores are not computed") if self.score is None else self.score

    def _page(self, page: Sequence[Event], count: int, context: Context) -> list[Any]:
        if not self.sort and not self.uniform and count > 1:
            if count > len(page):
                why = "which hits are returned depends on their scores"
                return [Unknowable(why) for _ in page]
            return UnorderedList(self._hit(document, context) for document in page)
        return [self._hit(document, context) for document in page]

    def _hit(self, document: Event, context: Context) -> dict[str, Any]:
        hit: dict[str, Any] = {
            "_index": document.get("_index", self.index),
            "_id": document.get("_id", Unknowable("the id of the document is not known")),
            "_score": self._score(),
        }
        if fields.major(context) <= _OBJECT_TOTAL_SINCE:
            hit["_type"] = document.get("_type", "_doc")
        if self.source.enabled:
            hit["_source"] = self.source.of(document)
        for name in self.extra:
            hit[name] = Unknowable(f"{name!r} of a hit is not computed")
        if self.sort:
            hit["sort"] = [_sort_value(document, key, context) for key in self.sort]
        return hit

    def _sorted(self, documents: Sequence[Event], context: Context) -> list[Event]:
        found = list(documents)
        for key in reversed(self.sort):
            found = _sorted_by(found, key, context)
        return found


def _sorted_by(documents: list[Event], key: SortKey, context: Context) -> list[Event]:
    valued = [(document, _sort_value(document, key, context)) for document in documents]
    present = [pair for pair in valued if pair[1] is not None]
    present.sort(key=lambda pair: in_order(pair[1]), reverse=key.descending)
    ordered = [document for document, _ in present]
    absent = [document for document, value in valued if value is None]
    return absent + ordered if key.missing_first else ordered + absent


def _sort_value(document: Event, key: SortKey, context: Context) -> Any:
    values = doc_values(document, key.path, context)
    if not values:
        return None
    return max(values, key=in_order) if key.descending else min(values, key=in_order)


def doc_values(document: Event, path: str, context: Context) -> list[Any]:
    """Return what the index holds of a document at a field, in order."""
    field = fields.resolve(path, context)
    if field is None:
        return []
    found: list[Any] = []
    for source in field.sources:
        for value in cell(document, source, Lookup.PATH).values:
            found.extend(field.view.convert(value))
    if field.type.name == "scaled_float":
        return [item / types.scaling(field.type) for item in found]
    return found


def in_order(value: Any) -> Any:
    """Return a key with the order of the index: addresses of both families in one line."""
    if isinstance(value, ipaddress.IPv4Address):
        return _V4_MAPPED + int(value)
    return int(value) if isinstance(value, ipaddress.IPv6Address) else value


def check_sortable(path: str, context: Context) -> str:
    """Return why a field cannot be sorted by or aggregated on; nothing where it can."""
    field = fields.resolve(path, context)
    if field is None:
        return ""
    if field.type.name in types.TOKENISED and not field.type.settings.get("fielddata"):
        return f"field {path!r} is text: it cannot be sorted or aggregated, its keyword field can"
    return ""


def response(hits: dict[str, Any], aggregations: dict[str, Any] | None) -> dict[str, Any]:
    """Return the response of a search; what only a cluster knows is marked as unknowable."""
    shards = Unknowable("the number of shards is not known")
    found: dict[str, Any] = {
        "took": Unknowable("how long the search takes is not known"),
        "timed_out": False,
        "_shards": {"total": shards, "successful": shards, "skipped": 0, "failed": 0},
        "hits": hits,
    }
    if aggregations is not None:
        found["aggregations"] = aggregations
    return found


def extract(keys: Sequence[str], value: Mapping[str, Any]) -> dict[str, Any]:
    """Return only the named paths of a payload, through lists of objects."""
    tree: dict[str, Any] = {}
    for key in keys:
        node = tree
        for part in key.split("."):
            node = node.setdefault(part, {})
    return _filtered(tree, value)


def _filtered(tree: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in tree.items():
        if key not in value:
            continue
        item = value[key]
        if not inner:
            found[key] = item
        elif isinstance(item, Mapping):
            found[key] = _filtered(inner, item)
        elif isinstance(item, list):
            found[key] = [_filtered(inner, one) for one in item if isinstance(one, Mapping)]
    return found
