"""What a scan says on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_MOST = 40
_LEVELS = ("critical", "high", "medium", "low", "informational", "")


def show(document: Mapping[str, Any], out: Console, *, details: int) -> None:
    """Print the result: totals with ``details`` 0, hits with 1, everything with 2."""
    if details:
        _problems(document, out, everything=details > 1)
        _hits(document["rules"], out, everything=details > 1)
        _disagreements(document["rules"], out)
        _expectations(document["expectations"], out)
    for line in _totals(document):
        out.print(line, soft_wrap=True)


def _problems(document: Mapping[str, Any], out: Console, *, everything: bool) -> None:
    for one in document["problems"]:
        place = f"{one['place']}: " if one["place"] else ""
        out.print(f"{escape(place)}{one['severity']}: {escape(one['message'])}", soft_wrap=True)
    for file in document["files"]:
        for message in file["errors"]:
            out.print(f"{escape(file['path'])}: {escape(message)}", soft_wrap=True)
        shown = file["troubles"] if everything else file["troubles"][:3]
        for one in shown:
            place = f"{file['path']}:{one['record']}"
            out.print(f"{escape(place)}: not read: {escape(one['reason'])}", soft_wrap=True)
        left = file["troubles_count"] - len(shown)
        if left > 0:
            out.print(f"{escape(file['path'])}: {left:,} more not read", soft_wrap=True)
    if everything:
        for one in document["not_run"]:
            name = f"{one['file']} {one['translation']}"
            out.print(f"{escape(name)}: not run: {escape(one['reason'])}", soft_wrap=True)


def _hits(rows: Sequence[Mapping[str, Any]], out: Console, *, everything: bool) -> None:
    own = [row for row in rows if row["translation"] == "reference"]
    shown = [row for row in own if row["hits"] or row["undecided"] or everything]
    if not shown:
        return
    shown.sort(key=lambda row: (-row["hits"], _rank(row["level"]), row["title"], row["file"]))
    table = Table(box=None, pad_edge=False)
    table.add_column("hits", justify="right")
    table.add_column("of", justify="right")
    table.add_column("level")
    table.add_column("rule", overflow="fold")
    table.add_column("first", overflow="fold")
    limit = len(shown) if everything else _MOST
    for row in shown[:limit]:
        first = row["first"][0] if row["first"] else None
        table.add_row(
            f"{row['hits']:,}",
            f"{row['seen']:,}",
            row["level"],
            escape(row["title"] or row["rule"]),
            escape(f"{first['file']}:{first['record']}") if first else "",
        )
    out.print(table)
    if len(shown) > limit:
        out.print(f"... and {len(shown) - limit:,} more rules with hits (-v shows all)")


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _disagreements(rows: Sequence[Mapping[str, Any]], out: Console) -> None:
    for row in rows:
        for what, places in (("missed", "missed_at"), ("extra", "extra_at")):
            if row[what]:
                at = ", ".join(f"{one['file']}:{one['record']}" for one in row[places][:3])
                verb = "misses" if what == "missed" else "also returns"
                out.print(
                    f"{escape(row['title'] or row['rule'])}: {escape(row['translation'])} {verb} "
                    f"{_some(row[what], 'event')}: {escape(at)}",
                    soft_wrap=True,
                )


def _expectations(rows: Sequence[Mapping[str, Any]], out: Console) -> None:
    for row in rows:
        if not row["met"]:
            why = row["reason"] or f"{_some(row['hits'], 'hit')}, expected {row['expected']}"
            out.print(f"{escape(row['rule'])}: {escape(why)}", soft_wrap=True)


def _totals(document: Mapping[str, Any]) -> Iterator[str]:
    summary = document["summary"]
    rate = summary["events"] / max(summary["seconds"], 1e-3)
    yield (
        f"{_some(summary['events'], 'event')} in {_some(summary['files'], 'file')}, "
        f"{_some(summary['rules'], 'rule')}, "
        f"{summary['seconds']:.1f} s ({rate:,.0f} events/s)"
    )
    yield (
        f"{_some(summary['hits'], 'hit')} of {_some(summary['rules_with_hits'], 'rule')}; "
        f"{_some(summary['rules_without_events'], 'rule')} saw no event of their log source"
    )
    if summary["unknown"]:
        most = "; ".join(f"{escape(one['keys'])}" for one in document["unknown"][:2])
        yield (
            f"{summary['unknown']:,} events belong to no known log source, such as those with "
            f"{most}; --logsource says what they are"
        )
    if summary["unreadable"] or summary["errors"]:
        records, parts = _some(summary["unreadable"], "record"), _some(summary["errors"], "part")
        yield f"{records} and {parts} not read"
    if summary["not_run"]:
        yield f"{_some(summary['not_run'], 'query')} not run (-v says why)"
    if summary["undecided"]:
        yield f"{_some(summary['undecided'], 'verdict')} undecided: the query fails on the event"
    if summary["disagreements"]:
        yield f"{_some(summary['disagreements'], 'translation')} not in agreement with the rule"
    if summary["unexpected"]:
        yield f"{_some(summary['unexpected'], 'expectation')} not met"
    if summary["interrupted"]:
        yield "interrupted: the result covers what was read until then"


def _some(count: int, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    return f"{count:,} {what[:-1]}ies" if what.endswith("y") else f"{count:,} {what}s"
