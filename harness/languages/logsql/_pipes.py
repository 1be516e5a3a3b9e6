"""Pipes behind the filter: more filters, fields that come and go, and how many are returned.

https://docs.victoriametrics.com/victorialogs/logsql/#pipes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.ir import TRUE, Event, Predicate, Query, Truth, all_of
from harness.ir.query import Stage
from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql._filters import Reader
from harness.languages.logsql._record import MESSAGE, OWN, TIME

MOST_PIPES = 100
"""Pipes that move fields or cut the result, which are read of one query."""
_ENDS = ("|", ")", "")
_UNREAD = frozenset(
    [
        *("block_stats", "blocks_count", "collapse_nums", "decolorize"),
        *("drop_empty_fields", "extract", "extract_regexp", "eval", "facets"),
        *("field_names", "field_values", "first", "format", "generate_sequence", "hash"),
        *("join", "json_array_len", "last", "len", "math", "pack_json", "pack_logfmt"),
        *("query_stats", "replace", "replace_regexp", "running_stats", "sample"),
        *("set_stream_fields", "split", "stats", "stats_remote", "stream_context"),
        *("time_add", "top", "total_stats", "union", "uniq", "unpack_json"),
        *("unpack_logfmt", "unpack_syslog", "unpack_words", "unroll"),
    ]
)
"""Pipes that make other records or values."""
_STATS = frozenset(
    [
        *("any", "avg", "count", "count_empty", "count_uniq", "count_uniq_hash"),
        *("field_max", "field_min", "histogram", "json_values", "max", "median", "min"),
        *("quantile", "rate", "rate_sum", "row_any", "row_max", "row_min", "sum"),
        *("sum_len", "uniq_values", "values"),
    ]
)
_OTHER = "the records behind it are no longer those that the filter finds"


@dataclass(frozen=True, slots=True)
class Limit:
    """Returns some of the records: which ones is open unless all or none are."""

    count: int

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Return the outcomes after this step."""
        del events
        if not self.count:
            return [Truth.FALSE] * len(outcomes)
        return _some(outcomes, self.count, fits=None)


@dataclass(frozen=True, slots=True)
class Skip:
    """Leaves out some of the records: which ones is open unless all or none are."""

    count: int

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Return the outcomes after this step."""
        del events
        return _some(outcomes, self.count, fits=Truth.FALSE) if self.count else list(outcomes)


def _some(outcomes: Sequence[Truth], count: int, *, fits: Truth | None) -> list[Truth]:
    """Return what becomes of records where so many are kept or left out."""
    possible = sum(one is not Truth.FALSE for one in outcomes)
    if possible <= count:
        return list(outcomes) if fits is None else [fits] * len(outcomes)
    return [one if one is Truth.FALSE else Truth.UNDEFINED for one in outcomes]


class Pipeline:
    """Reads pipes; the filters since the last limit are one query, what is before it another."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._filters: list[Predicate] = []
        self._stages: list[Stage] = []
        self._upstream: Query | None = None
        self._moves = 0

    def query(self) -> Query:
        """``query := filter ("|" pipe)*``."""
        self._filters.append(self.reader.filter())
        while self.reader.tokens.take("|"):
            self._pipe()
        shown = self.reader.fields.shown()
        if shown != TRUE:
            self._add(shown)
        return self._so_far()

    def _so_far(self) -> Query:
        predicate = all_of(*self._filters)
        stages = tuple(self._stages)
        return Query(predicate=predicate, stages=stages, upstream=self._upstream)

    def _pipe(self) -> None:
        """``pipe := name arguments | filter``."""
        tokens = self.reader.tokens
        token = tokens.token
        name = "" if token.quoted else token.text.lower()
        read = _PIPES.get(name)
        if read is not None:
            tokens.next()
            read(self)
        elif name in _UNREAD or name == "by" or (name in _STATS and self._calls()):
            tokens.unsupported(f"the pipe {name}", _OTHER)
        else:
            if name in _STATS:
                tokens.fail(f"a filter may not begin with {token}", "put it into quotes")
            self._filter()
        if not tokens.said(*_ENDS):
            tokens.fail(f"expected '|', found {tokens.token}")

    def _calls(self) -> bool:
        """Return whether a parenthesis follows the next token."""
        tokens = self.reader.tokens
        start = tokens.at
        tokens.next()
        found = tokens.said("(")
        tokens.at = start
        return found

    def _filter(self) -> None:
        """``("filter" | "where") filter``."""
        self._add(self.reader.filter())

    def _add(self, predicate: Predicate) -> None:
        if self._stages:
            self._upstream = self._so_far()
            self._filters, self._stages = [], []
        self._filters.append(predicate)

    def _count(self) -> None:
        """Refuse a query with too many pipes: each name is looked up through all of them."""
        self._moves += 1
        if self._moves > MOST_PIPES:
            reason = f"more than {MOST_PIPES} moves of fields and limits are not read"
            self.reader.tokens.unsupported("so many pipes", reason)

    def _keep(self) -> None:
        """``("fields" | "keep") field ("," field)*``."""
        self._count()
        self.reader.fields = self.reader.fields.keep(self._names())

    def _drop(self) -> None:
        """``("delete" | "del" | "rm" | "drop") field ("," field)*``."""
        self._count()
        self.reader.fields = self.reader.fields.drop(self._names())

    def _names(self) -> list[str]:
        found = [self._name()]
        while self.reader.tokens.take(","):
            found.append(self._name())
        return found

    def _name(self) -> str:
        """``field := "*" | text ["*"]``."""
        tokens = self.reader.tokens
        if tokens.take("*"):
            return "*"
        name = tokens.compound() or MESSAGE
        if tokens.touches("*"):
            tokens.next()
            name += "*"
        return name

    def _copy(self) -> None:
        """``("copy" | "cp") field ["as"] field ("," …)*``."""
        for old, new in self._pairs():
            self.reader.fields = self.reader.fields.copy(old, new)

    def _rename(self) -> None:
        """``("rename" | "mv") field ["as"] field ("," …)*``."""
        for old, new in self._pairs():
            self.reader.fields = self.reader.fields.rename(old, new)

    def _pairs(self) -> list[tuple[str, str]]:
        tokens = self.reader.tokens
        found = []
        while True:
            start = tokens.at
            old = self._name()
            tokens.take("as")
            new = self._name()
            span = tokens.since(start)
            if old.endswith("*") or new.endswith("*"):
                tokens.unsupported("a wildcard in names", "only whole names are moved", span)
            if new in OWN or new == TIME or old in OWN or old == TIME:
                tokens.unsupported("a name that VictoriaLogs makes", _OTHER, span)
            self._count()
            found.append((old, new))
            if not tokens.take(","):
                return found

    def _sort(self) -> None:
        """``("sort" | "order") ["by"] ["(" … ")"] ["desc"] (("offset" | "limit") number)*``."""
        tokens = self.reader.tokens
        if tokens.said("by", "("):
            tokens.take("by")
            self._sorted()
        if not tokens.take("desc"):
            tokens.take("asc")
        given: dict[str, int] = {}
        while tokens.said("offset", "limit", "rank", "partition"):
            word = tokens.next().text.lower()
            if word not in {"offset", "limit"}:
                tokens.unsupported(f"{word} of sort", "only whole results are sorted")
            if given.get(word):
                tokens.fail(f"{word!r} is given twice")
            given[word] = self._number(numbers.unsigned)
        self._some(given.get("offset", 0), given.get("limit", 0) or None)

    def _sorted(self) -> None:
        """``"(" [field ["desc" | "asc"] ("," …)*] ")"``."""
        tokens = self.reader.tokens
        tokens.expect("(")
        while not tokens.said(")"):
            tokens.compound()
            if not tokens.take("desc"):
                tokens.take("asc")
            if not tokens.said(")"):
                tokens.expect(",")
        tokens.next()

    def _limit(self) -> None:
        """``("limit" | "head") [number]``."""
        count = 10 if self.reader.tokens.said(*_ENDS) else self._number(numbers.count)
        self._some(0, count)

    def _offset(self) -> None:
        """``("offset" | "skip") number``: one of nothing is taken out before it is run."""
        if skipped := self._number(numbers.count):
            self._some(skipped, None)

    def _number(self, read: Callable[[str], int | None]) -> int:
        tokens = self.reader.tokens
        start = tokens.at
        text = tokens.compound()
        found = read(text)
        if found is None:
            tokens.fail(f"{text!r} is no number of records", span=tokens.since(start))
        return found

    def _some(self, skipped: int, kept: int | None) -> None:
        self._count()
        if skipped:
            self._stages.append(Skip(skipped))
        if kept is not None:
            self._stages.append(Limit(kept))
        self.reader.fields = self.reader.fields.behind()


_PIPES: dict[str, Callable[[Pipeline], None]] = {
    "filter": Pipeline._filter,  # noqa: SLF001 - the table of the class above
    "where": Pipeline._filter,  # noqa: SLF001
    **dict.fromkeys(("fields", "keep"), Pipeline._keep),  # noqa: SLF001
    **dict.fromkeys(("delete", "del", "rm", "drop"), Pipeline._drop),  # noqa: SLF001
    **dict.fromkeys(("copy", "cp"), Pipeline._copy),  # noqa: SLF001
    **dict.fromkeys(("rename", "mv"), Pipeline._rename),  # noqa: SLF001
    **dict.fromkeys(("sort", "order"), Pipeline._sort),  # noqa: SLF001
    **dict.fromkeys(("limit", "head"), Pipeline._limit),  # noqa: SLF001
    **dict.fromkeys(("offset", "skip"), Pipeline._offset),  # noqa: SLF001
}
