"""What many rules come to: findings by class and translation, with an example of each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report import _view
from harness.report._base import Results
from harness.report._grouping import Group, group

Json = Mapping[str, Any]
MANY = 20
"""Rules from which a report to read begins with classes instead of with every rule."""
WHOLE = "(rule)"
"""Stands for the translation of findings about a rule as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingClass:
    """One code: in how many rules it occurs per translation, and the plainest example."""

    code: str
    rank: str
    rules: Mapping[str, int]
    example: Json
    rule: Json

    @property
    def total(self) -> int:
        """In how many cells it occurs."""
        return sum(self.rules.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How the cells of one translation ended, by status, and what could not be converted."""

    translation: str
    statuses: Mapping[str, int]
    not_converted: int


def classes(results: Results) -> list[FindingClass]:
    """Return every class of finding, the gravest and most frequent first; notes left out."""
    rules = {one["rule"]: one for one in results["rules"]}
    counted: dict[tuple[str, str], Counter[str]] = {}
    examples: dict[tuple[str, str], tuple[tuple[Any, ...], Json, Json]] = {}
    for owner, translation, found in _occurrences(results):
        rank = _view.rank(found)
        if rank == "note":
            continue
        key = (found["code"], rank)
        counted.setdefault(key, Counter())[translation] += 1
        order = _plainness(found, owner["rule"])
        if key not in examples or order < examples[key][0]:
            examples[key] = (order, found, rules.get(owner["rule"], owner))
    found_classes = [
        FindingClass(
            code=code,
            rank=rank,
            rules=counts,
            example=examples[code, rank][1],
            rule=examples[code, rank][2],
        )
        for (code, rank), counts in counted.items()
    ]
    found_classes.sort(key=lambda one: (_view.SEVERITIES.index(one.rank), -one.total, one.code))
    return found_classes


def _occurrences(results: Results) -> Iterator[tuple[Json, str, Json]]:
    """Yield each code once per cell or rule, with its plainest finding."""
    for cell in results["results"]:
        yield from _once(cell, _view.name_of(cell))
    for rule in results["rules"]:
        by_translation: dict[str, list[Json]] = {}
        for one in rule["findings"]:
            by_translation.setdefault(one["translation"] or WHOLE, []).append(one)
        for translation, found in by_translation.items():
            yield from _once({**rule, "findings": found}, translation)


def _once(owner: Json, translation: str) -> Iterator[tuple[Json, str, Json]]:
    best: dict[tuple[str, str], Json] = {}
    for one in owner["findings"]:
        key = (one["code"], _view.rank(one))
        if key not in best or _plainness(one, "") < _plainness(best[key], ""):
            best[key] = one
    for one in best.values():
        yield owner, translation, one


def _plainness(found: Json, rule: str) -> tuple[Any, ...]:
    """Order findings: those that show an event first, then by how much there is to read."""
    witness = found["witness"]
    size = len(str(witness["document"])) if witness else 0
    return (witness is None, size + len(found["message"]), rule)


def totals(results: Results) -> list[Totals]:
    """Return how the translations ended, by name."""
    statuses: dict[str, Counter[str]] = {}
    failed: Counter[str] = Counter()
    for cell in results["results"]:
        statuses.setdefault(_view.name_of(cell), Counter())[cell["status"]] += 1
    for rule in results["rules"]:
        for one in rule["findings"]:
            if one["code"] == "not-convertible":
                statuses.setdefault(one["translation"], Counter())
                failed[one["translation"]] += 1
    return [
        Totals(translation=name, statuses=statuses[name], not_converted=failed[name])
        for name in sorted(statuses)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A class of findings with its example, texts made visible."""

    finding: FindingClass
    group: Group
    title: str
    identifier: str


def examples(found: Sequence[FindingClass]) -> list[Example]:
    """Return the example of each class as a report shows it."""
    made = []
    for one in found:
        shown = _view.shown({"example": one.example, "rule": one.rule})
        made.append(
            Example(
                finding=one,
                group=group([shown["example"]])[0],
                title=str(shown["rule"]["title"] or shown["rule"]["rule"]),
                identifier=str(shown["rule"]["rule"]),
            )
        )
    return made


def slim(results: Results) -> dict[str, Any]:
    """Return a document without what only a page per rule would show."""

    def bare(owner: Json) -> dict[str, Any]:
        found = [{**one, "witness": None, "excerpt": ""} for one in owner["findings"]]
        return {**owner, "findings": found}

    document = dict(results)
    document["results"] = [{**bare(one), "robustness": {}} for one in results["results"]]
    document["rules"] = [{**bare(one), "gaps": [], "robustness": {}} for one in results["rules"]]
    return document


def columns(found: Sequence[FindingClass]) -> list[str]:
    """Return the translations that any class occurs in, findings about rules last."""
    names = {name for one in found for name in one.rules}
    return sorted(names - {WHOLE}) + ([WHOLE] if WHOLE in names else [])
