"""How often rules are expected to fire on some telemetry: a regression test as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text
from harness.source import Source
from harness.yamlsource import load, plain

OTHERS = "*"
"""Stands for every rule that the file does not name."""
_BOUNDS = ("exactly", "at_least", "at_most")


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many hits a query must have; ``None`` for no bound on that side.

    ``rule`` is an id, a name, a title, the end of a path, or ``*`` for all others.
    """

    rule: str
    low: int | None
    high: int | None
    translation: str = "reference"

    def __str__(self) -> str:
        if self.low == self.high:
            return f"exactly {self.low}"
        if self.high is None:
            return f"at least {self.low}"
        return f"at most {self.high}" if self.low is None else f"{self.low} to {self.high}"

    def met(self, hits: int) -> bool:
        """Return whether a number of hits is as expected."""
        return (self.low is None or hits >= self.low) and (self.high is None or hits <= self.high)

    def means(self, row: Mapping[str, Any]) -> bool:
        """Return whether a query of the result is meant."""
        if row["translation"] != self.translation:
            return False
        if self.rule in {row["id"], row["rule"], row["title"]}:
            return True
        path = Path(row["file"]).parts
        wanted = Path(self.rule).parts
        return bool(wanted) and path[-len(wanted) :] == wanted


def read(path: Path) -> list[Expectation]:
    """Return the expectations of a file; raises ``InvalidInput`` with all that is wrong."""
    source = Source(read_text(path), str(path))
    given = plain(load(source).root)
    items = given.get("expect") if isinstance(given, dict) else None
    if not isinstance(items, list):
        raise InvalidInput([_wrong(path, "it has no list 'expect'")])
    found: list[Expectation] = []
    problems: list[Diagnostic] = []
    for number, item in enumerate(items, 1):
        one = _expectation(item)
        if isinstance(one, str):
            problems.append(_wrong(path, f"entry {number}: {one}"))
        else:
            found.append(one)
    if problems:
        raise InvalidInput(problems)
    return found


def _expectation(item: Any) -> Expectation | str:
    if not isinstance(item, dict) or not isinstance(item.get("rule"), str):
        return "it names no rule"
    unknown = set(item) - {"rule", "translation", *_BOUNDS}
    if unknown:
        return f"{min(map(str, unknown))!r} means nothing here"
    bounds = {name: item[name] for name in _BOUNDS if name in item}
    if not bounds:
        return "it has none of exactly, at_least, at_most"
    for name, value in bounds.items():
        if type(value) is not int or value < 0:
            return f"{name} is no whole number from 0"
    if "exactly" in bounds and len(bounds) > 1:
        return "exactly stands alone"
    exact = bounds.get("exactly")
    return Expectation(
        item["rule"],
        bounds.get("at_least", exact),
        bounds.get("at_most", exact),
        str(item.get("translation", "reference")),
    )


def judged(
    expectations: Sequence[Expectation], rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what became of each expectation; one that means no query is not met."""
    named: set[int] = set()
    made: list[dict[str, Any]] = []
    for one in expectations:
        if one.rule == OTHERS:
            continue
        meant = [index for index, row in enumerate(rows) if one.means(row)]
        named.update(meant)
        if not meant:
            made.append(_judgement(one, None, reason="no rule of the scan is called so"))
        made.extend(_judgement(one, rows[index]) for index in meant)
    for one in expectations:
        if one.rule == OTHERS:
            made.extend(
                _judgement(one, row)
                for index, row in enumerate(rows)
                if index not in named
                and row["translation"] == one.translation
                and not one.met(row["hits"])
            )
    return made


def _judgement(one: Expectation, row: Mapping[str, Any] | None, reason: str = "") -> dict[str, Any]:
    hits = row["hits"] if row is not None else 0
    return {
        "rule": row["rule"] if row is not None else one.rule,
        "translation": one.translation,
        "expected": str(one),
        "hits": hits,
        "met": row is not None and one.met(hits),
        "reason": reason,
    }


def _wrong(path: Path, message: str) -> Diagnostic:
    hint = "write: expect: [{rule: ID, exactly: 3}, {rule: '*', at_most: 0}]"
    return Diagnostic(code="bad-expectations", message=message, place=str(path), hint=hint)
