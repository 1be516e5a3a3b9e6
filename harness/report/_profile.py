"""The robustness profile of a rule: what becomes of its malicious events under each mutation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.report import _view
from harness.report._base import Results
from harness.report._view import Json, MutationView, RuleView

PROMISES = {
    "promised": "the rule promises it: an event that is missed is an error",
    "noted": "it means the same and is not promised: an event that is missed is a note",
    "probed": "nothing is promised: the number is all that is reported",
}
"""What a rule says about a mutation, and what that does to an event that is missed."""
WORST = 4
"""Translations that miss an event under a mutation and are named; the JSON has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of the malicious events that were changed still fire, and where."""

    place: str
    survived: int
    malicious: int

    @property
    def words(self) -> str:
        """The share, such as ``3/5``."""
        return f"{self.survived}/{self.malicious}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A mutation, what the rule says about it, and how the reference and translations do.

    ``losing`` are the translations that miss an event, the worst first; ``keeping`` is how many
    miss none.
    """

    mutation: MutationView
    promise: str
    reference: Share | None
    losing: Sequence[Share]
    keeping: int

    @property
    def tried(self) -> int:
        """On how many translations and sources the mutation was tried."""
        return len(self.losing) + self.keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A mutation over many rules: how many were tried, and how many of them miss no event.

    ``rules`` counts those whose reference was tried, ``cells`` translations on their sources.
    """

    mutation: MutationView
    rules: int
    rules_keeping: int
    cells: int
    cells_keeping: int


def totals(results: Results) -> list[Total]:
    """Return what every mutation does to many rules."""
    bare = {
        owners: [{**one, "findings": [], "gaps": []} for one in results[owners]]
        for owners in ("rules", "results")
    }
    shown = _view.shown(bare)
    counts: dict[str, Counter[str]] = {}
    for owners, kind in (("rules", "rules"), ("results", "cells")):
        for name, entry in (pair for one in shown[owners] for pair in one["robustness"].items()):
            if entry["malicious"]:
                kept = int(entry["survived"] == entry["malicious"])
                count = counts.setdefault(name, Counter())
                count.update({kind: 1, f"{kind}_keeping": kept})
    return [
        Total(
            mutation=_view.mutation(name),
            rules=count["rules"],
            rules_keeping=count["rules_keeping"],
            cells=count["cells"],
            cells_keeping=count["cells_keeping"],
        )
        for name, count in sorted(counts.items())
    ]


def profile(rule: RuleView) -> list[Row]:
    """Return the profile of a rule, promises first; a mutation may stand in two rows."""
    promised = set(rule.rule["robust"])
    names = {
        *rule.rule["robustness"],
        *(n for one in rule.cells for n in one["robustness"]),
    }
    rows = [
        row
        for mutation in map(_view.mutation, sorted(names))
        for row in _rows(rule, mutation, promised=mutation.name in promised)
    ]
    return sorted(rows, key=lambda one: tuple(PROMISES).index(one.promise))


def _rows(rule: RuleView, mutation: MutationView, *, promised: bool) -> Iterator[Row]:
    own = rule.rule["robustness"].get(mutation.name, {})
    for binding in (True, False):
        promise = "probed" if not binding else "promised" if promised else "noted"
        reference = _share("the reference", own, binding=binding)
        shares = [
            share
            for cell in rule.cells
            if (
                share := _share(
                    _place(cell), cell["robustness"].get(mutation.name, {}), binding=binding
                )
            )
        ]
        losing = [one for one in shares if one.survived < one.malicious]
        if shares or reference:
            yield Row(
                mutation=mutation,
                promise=promise,
                reference=reference,
                losing=sorted(losing, key=lambda one: one.survived / one.malicious),
                keeping=len(shares) - len(losing),
            )


def _place(cell: Json) -> str:
    return f"{_view.name_of(cell)} on {cell['schema']}"


def _share(place: str, entry: Mapping[str, int], *, binding: bool) -> Share | None:
    """Return a share of the events that must still fire, or of the others; None for none."""
    if not entry:
        return None
    bound, held = entry["binding"], entry["held"]
    total, left = entry["malicious"], entry["survived"]
    malicious, survived = (bound, held) if binding else (total - bound, left - held)
    return Share(place=place, survived=survived, malicious=malicious) if malicious else None
