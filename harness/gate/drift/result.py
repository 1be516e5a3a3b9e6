"""What a comparison of two converters comes to: one document, and a summary of it for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import harness
from harness.batch import Part
from harness.conversion.environments import Environment
from harness.errors import Diagnostic
from harness.gate.drift.changes import MEANING, Change, Direction
from harness.gate.drift.task import Drift
from harness.report._characters import cut, json_line, visible
from harness.report._markdown import code, fence, sentence, table, text

SCHEMA = "harness/drift/1"
FAILING = frozenset({Change.NEWLY_INVALID, Change.NEWLY_NOT_CONVERTIBLE})
"""Changes for the worse that need no event to show them."""
WITNESSES = 10
"""Changed verdicts that a summary shows in full; the rest are named in a table."""
ROWS = 100
"""Rules that a summary names in one table; the JSON document has all of them."""
CONTEXT = 60
"""Characters of a query that are shown before and after what changes."""
MAX_QUERY = 1_500
"""Characters of one query that a summary shows."""

Json = Mapping[str, Any]


def document(
    drift: Drift,
    parts: Sequence[Part],
    problems: Iterable[Diagnostic] = (),
    *,
    interrupted: bool = False,
) -> dict[str, Any]:
    """Return the ``harness/drift/1`` document of some rules, in their order."""
    entries = [{**one, "worse": _is_worse(one)} for part in parts for one in part["entries"]]
    entries.sort(key=lambda one: (_RANK[one["change"]], not one["worse"], _only_mutated(one)))
    trouble = [*map(asdict, problems), *(p for one in parts for p in one["problems"])]
    return {
        "schema": SCHEMA,
        "seed": drift.seed,
        "harness": harness.__version__,
        "old": _environment(drift.old),
        "new": _environment(drift.new),
        "passes": not any(one["worse"] for one in entries) and not trouble and not interrupted,
        "summary": {
            "rules": len(parts),
            "translations": sum(len(one["counts"]) for one in parts),
            "documents": sum(one["documents"] for one in parts),
            "worse": sum(one["worse"] for one in entries),
            "worse_if_mutated": sum(_only_mutated(one) for one in entries),
            "problems": len(trouble),
            "interrupted": interrupted,
        },
        "targets": _targets(parts, entries),
        "changes": entries,
        "problems": trouble,
    }


_ORDER = (
    Change.VERDICTS,
    Change.NEWLY_INVALID,
    Change.NEWLY_NOT_CONVERTIBLE,
    Change.NEWLY_READABLE,
    Change.NEWLY_CONVERTIBLE,
    Change.UNDECIDABLE,
    Change.TEXT,
    Change.SAME,
    Change.NOT_CONVERTED,
)
_RANK = {str(change): rank for rank, change in enumerate(_ORDER)}


def _is_worse(entry: Json) -> bool:
    directions = {one["direction"] for one in entry["verdicts"]}
    return entry["change"] in FAILING or Direction.WORSE in directions


def _only_mutated(entry: Json) -> bool:
    """Return whether an entry is worse on mutated events only."""
    worse = [one for one in entry["verdicts"] if one["direction"] == Direction.WORSE]
    return any(worse) and not any(one["unmutated"] for one in worse)


def _environment(environment: Environment) -> dict[str, Any]:
    return {"converter": environment.named, "versions": dict(environment.versions)}


def _targets(parts: Sequence[Part], entries: Sequence[Json]) -> list[dict[str, Any]]:
    counts: dict[str, Counter[str]] = {}
    for part in parts:
        for name, change in part["counts"]:
            counts.setdefault(name, Counter())[change] += 1
    worse = Counter(one["translation"] for one in entries if one["worse"])
    return [
        {
            "target": name,
            "changes": {str(change): counts[name][change] for change in _ORDER},
            "worse": worse[name],
        }
        for name in sorted(counts)
    ]


def markdown(document: Json) -> str:
    """Return the summary that a pull request shows; what it quotes may come from anybody."""
    verdict = "passes" if document["passes"] else "fails"
    lines = [f"## Converter drift {verdict}", "", *_versions(document)]
    turned = [one for one in document["changes"] if one["change"] == Change.VERDICTS]
    for one in turned[:WITNESSES]:
        lines += ["", *_turned(one)]
    lines += _listed("Verdicts change as well", turned[WITNESSES:])
    for change in _ORDER[1:-2]:
        found = [one for one in document["changes"] if one["change"] == change]
        lines += _listed(f"{_title(change)}: {MEANING[change]}", found)
    for problem in document["problems"]:
        place, message = visible(problem["place"]), visible(problem["message"])
        lines += ["", f"- cannot be used: {code(place)} {sentence(message)}"]
    lines += ["", *_table(document), "", _closing(document)]
    return "\n".join(lines) + "\n"


def _versions(document: Json) -> Iterator[str]:
    sides = [document["old"], document["new"]]
    names = sorted({name for side in sides for name in side["versions"]})
    rows = []
    for name in names:
        numbers = [side["versions"].get(name, "-") for side in sides]
        if numbers[0] != numbers[1]:
            rows.append([text(visible(name)), *(text(visible(one)) for one in numbers)])
    heads = ("", *(f"{side} {code(visible(document[side]['converter']))}" for side in _SIDES))
    yield from table(heads, rows or [["the same versions", "", ""]])


_SIDES = ("old", "new")


def _turned(entry: Json) -> Iterator[str]:
    """Yield a rule whose verdicts change, with a witness for each way in which they do."""
    title = text(visible(entry["title"]))
    yield f"### {title}: {text(entry['translation'])}"
    yield ""
    yield code(visible(entry["place"]))
    for one in entry["verdicts"]:
        witness = one["witness"]
        yield ""
        head = f"- **{_DIRECTIONS[one['direction']]}** on {_events(one)}"
        if one["direction"] == Direction.OPEN and len(entry["verdicts"]) > 1:
            yield head
            continue
        yield f"{head}: {_event(witness)}"
        yield f"  was: {text(witness['old'])}; is: {text(witness['new'])}"
        yield f"  {code(json_line(witness['document']))}"
        if witness["reason"]:
            yield f"  {sentence(visible(cut(witness['reason'], MAX_QUERY)))}"
    for side, part in zip(_SIDES, _apart(entry["old"]["text"], entry["new"]["text"]), strict=True):
        yield ""
        yield f"{side} query"
        yield ""
        yield from fence(cut(visible(part), MAX_QUERY))


def _apart(old: str, new: str) -> Iterator[str]:
    """Yield two texts from a little before they differ to a little after."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    first = start - CONTEXT if start > CONTEXT else 0
    for one in (old, new):
        last = len(one) - end + CONTEXT
        yield f"{'… ' if first else ''}{one[first:last]}{' …' if last < len(one) else ''}"


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


_DIRECTIONS = {
    Direction.WORSE: "worse",
    Direction.BETTER: "better",
    Direction.OPEN: "not judged",
}


def _events(one: Json) -> str:
    number = one["documents"]
    return "1 event" if number == 1 else f"{number} events, {one['unmutated']} of them unmutated"


def _event(witness: Json) -> str:
    """Return what sort of event a witness is."""
    because = sentence(visible(witness["because"]))
    if witness["mutation"] is None:
        return f"a {witness['label']} event ({because})"
    of = f"made of a {witness['label']} one by {text(witness['mutation'])}"
    return f"an event {of} ({because})"


def _listed(title: str, entries: Sequence[Json]) -> list[str]:
    """Return a table of rules under a heading, nothing for none."""
    if not entries:
        return []
    rows = [
        [
            text(visible(one["title"])),
            text(one["translation"]),
            "worse" if one["worse"] else "",
            sentence(visible(cut(one["message"], MAX_QUERY))),
        ]
        for one in entries[:ROWS]
    ]
    more = len(entries) - len(rows)
    tail = ["", f"and {more} more; the JSON document has all of them"] if more else []
    heads = ("rule", "translation", "", "what")
    return ["", f"### {title} ({len(entries)})", "", *table(heads, rows), *tail]


def _title(change: str) -> str:
    return change.replace("-", " ").capitalize()


def _table(document: Json) -> Iterator[str]:
    shown = [
        change for change in _ORDER if any(one["changes"][change] for one in document["targets"])
    ]
    heads = ("translation", *(change.replace("-", " ") for change in shown), "worse")
    rows = [
        [text(one["target"]), *(str(one["changes"][change]) for change in shown), str(one["worse"])]
        for one in document["targets"]
    ]
    yield from table(heads, rows, aligns="l" + "r" * (len(shown) + 1))


def _closing(document: Json) -> str:
    summary = document["summary"]
    rules = "1 rule" if summary["rules"] == 1 else f"{summary['rules']} rules"
    worse = f"{summary['worse'] or 'none'} for the worse"
    if summary["worse_if_mutated"]:
        worse += f" ({summary['worse_if_mutated']} of them on mutated events only)"
    end = "; interrupted, the rest was not compared" if summary["interrupted"] else ""
    return f"{rules}, {summary['translations']} translations: {worse}{end}."
