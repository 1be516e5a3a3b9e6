"""What reports for people have in common: rules with their cells, findings and coverage.

Everything is derived from one ``harness/test/1`` document, in its order; texts are made visible
here, so that a format has only its own markup to escape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness import mutations
from harness.mutations import Effect
from harness.report._base import Results
from harness.report._characters import bounded, cut, in_columns, visible
from harness.report._grouping import Group, group
from harness.ruleset import attack

Json = Mapping[str, Any]

WORST_FIRST = ("error", "fail", "unsupported", "known", "pass")
"""The statuses of a cell; a rule has the worst of its cells."""
SEVERITIES = ("error", "warning", "known", "note")
"""Ranks of findings: what fails a run, what should be looked at, what is accepted, and notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule with its cells and its findings: the gravest first, plain events before mutated."""

    rule: Json
    cells: Sequence[Json]
    groups: Sequence[Group]

    @property
    def title(self) -> str:
        """What the rule is called."""
        return str(self.rule["title"] or self.rule["name"])

    @property
    def status(self) -> str:
        """The worst status of a cell, or that of the rule as a whole."""
        found = {one["status"] for one in self.cells}
        if any(rank(one.first) == "error" for one in self.groups):
            found.add("fail")
        return next((one for one in WORST_FIRST if one in found), "error")

    def ranked(self, *ranks: str) -> list[Group]:
        """Return the findings of some ranks."""
        return [one for one in self.groups if rank(one.first) in ranks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """An ATT&CK technique and how well the rules that name it do."""

    identifier: str
    name: str
    tactics: tuple[str, ...]
    rules: tuple[RuleView, ...]

    @property
    def cells(self) -> list[Json]:
        """Every cell of the technique's rules."""
        return [cell for rule in self.rules for cell in rule.cells]

    @property
    def passing(self) -> int:
        """How many of the cells pass."""
        return sum(cell["status"] == "pass" for cell in self.cells)

    @property
    def score(self) -> int | None:
        """The share of passing cells, in percent; None where nothing was run."""
        return 100 * self.passing // len(self.cells) if self.cells else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationView:
    """A mutation as a report names it. ``judged`` tells whether a changed verdict is wrong.

    ``family`` is the way of evasion, where it is one.
    """

    name: str
    title: str
    summary: str
    judged: bool
    family: str = ""


def rank(finding: Json) -> str:
    """Return what a finding counts as: its severity, or ``known``."""
    return "known" if finding["known"] is not None else str(finding["severity"])


def shown(results: Results) -> dict[str, Any]:
    """Return the document with every text visible and of bearable length."""
    return {str(key): _shown(value, str(key)) for key, value in results.items()}


def _shown(value: Any, key: str) -> Any:
    """Make texts visible; events stay, since they are shown as JSON, which has its own escapes."""
    if key in {"activity", "document"}:
        return bounded(value)
    if isinstance(value, str):
        return cut(in_columns(value) if key == "excerpt" else visible(value))
    if isinstance(value, Mapping):
        return {visible(str(name)): _shown(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item, "") for item in value]
    return value


def rules(results: Results) -> list[RuleView]:
    """Return every rule; one whose run was interrupted has the cells that were finished."""
    cells: dict[str, list[Json]] = {}
    for cell in results["results"]:
        cells.setdefault(cell["rule"], []).append(cell)
    named = {one["rule"] for one in results["rules"]}
    unfinished = [_interrupted(found[0]) for key, found in cells.items() if key not in named]
    listed = (*results["rules"], *unfinished)
    return [_view(rule, cells.get(rule["rule"], [])) for rule in listed]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """A real engine and what it said, over all translations that it was asked about."""

    name: str
    translations: int
    verdicts: int
    differing: int
    refused: int
    rejects: int
    fails: int
    stand_ins: tuple[str, ...]


def engines(results: Results) -> list[EngineView]:
    """Return the real engines that were asked, by name."""
    asked: dict[str, list[Json]] = {}
    for cell in results["results"]:
        for one in cell["engines"]:
            name = f"{one['engine']} {one['version']}".strip()
            asked.setdefault(name, []).append(one)
    return [
        EngineView(
            name=name,
            translations=len(said),
            **{
                key: sum(one[key] for one in said)
                for key in ("verdicts", "differing", "refused", "rejects", "fails")
            },
            stand_ins=tuple(sorted({kind for one in said for kind in one["stand_ins"]})),
        )
        for name, said in sorted(asked.items())
    ]


def _interrupted(cell: Json) -> Json:
    unknown = dict.fromkeys(("severity", "author", "license"), "")
    lists: dict[str, list[Any]] = {"techniques": [], "tactics": [], "findings": [], "gaps": []}
    lists["robust"] = []
    return {
        "rule": cell["rule"],
        "name": cell["rule"],
        "title": cell["title"],
        "robustness": {},
        **unknown,
        **lists,
    }


def _view(rule: Json, cells: Sequence[Json]) -> RuleView:
    groups = group(one for owner in (*cells, rule) for one in owner["findings"])
    groups.sort(key=lambda one: (SEVERITIES.index(rank(one.first)), bool(one.first["mutation"])))
    return RuleView(rule=rule, cells=cells, groups=groups)


def techniques(views: Iterable[RuleView]) -> list[Technique]:
    """Return the techniques that rules name, sorted by id; unknown ids have no name."""
    found: dict[str, list[RuleView]] = {}
    for view in views:
        for identifier in dict.fromkeys(view.rule["techniques"]):
            found.setdefault(identifier, []).append(view)
    return [
        Technique(
            identifier=identifier,
            name=str((attack.technique(identifier) or {}).get("name", "")),
            tactics=tuple(_tactics(identifier)),
            rules=tuple(named),
        )
        for identifier, named in sorted(found.items())
    ]


def _tactics(identifier: str) -> Iterator[str]:
    for tactic in (attack.technique(identifier) or {}).get("tactics", ()):
        yield (attack.tactic(tactic) or {}).get("name", str(tactic))


def mutations_of(rule: RuleView) -> list[MutationView]:
    """Return the mutations that the cells of a rule were tried with, sorted by name."""
    names = sorted({name for cell in rule.cells for name in cell["robustness"]})
    promised = rule.rule["robust"]
    return [replace(one, judged=one.judged or one.name in promised) for one in map(mutation, names)]


def mutation(name: str) -> MutationView:
    """Return a mutation as a report names it."""
    try:
        known = mutations.get(name)
    except KeyError:  # the document may be from another version of the harness
        return MutationView(name=name, title=name, summary="", judged=True)
    return MutationView(
        name=name,
        title=known.title,
        summary=known.summary,
        judged=Effect.KEEPS in known.effects,
        family=known.evasion or "",
    )


def name_of(cell: Json) -> str:
    """Return the name of a cell's translation, with the product's version if there are several."""
    return f"{cell['translation']} {cell['version']}".strip()


def where(found: Group) -> str:
    """Return which translation and which sources findings are about."""
    parts = (found.first["translation"], ", ".join(found.places))
    return " on ".join(part for part in parts if part)


def step(one: Json) -> str:
    """Return one line for what a part of a query came to."""
    values = f"   ({one['values']})" if one["values"] else ""
    return " ".join(f"{one['outcome']:<9} {one['text']}{values}".split("\n"))


def share(good: int, bad: int) -> str:
    """Return how many of all are good, or a dash where there are none."""
    return f"{good}/{good + bad}" if good + bad else "-"


def percent(entries: Iterable[Mapping[str, int]]) -> int | None:
    """Return the share of verdicts that stayed, rounded down: 100 means all of them."""
    listed = list(entries)
    kept = sum(one["kept"] for one in listed)
    total = kept + sum(one["changed"] for one in listed)
    return 100 * kept // total if total else None


def never_fires(cell: Json) -> bool:
    """Return whether a translation misses everything, so that no mutation can change a thing."""
    return bool(cell["fn"] and not cell["tp"])


def robust(cell: Json) -> str:
    """Return the share of verdicts that mutations leave alone, or a dash where it says nothing."""
    kept = None if never_fires(cell) else percent(cell["robustness"].values())
    return "-" if kept is None else f"{kept}%"


def cost(cell: Json) -> str:
    """Return what a translation costs next to the cheapest predicate, or a dash."""
    measured = cell["cost"]
    if measured["budget"] == "not measured":
        return "-"
    return f"{measured['relative']:.0f}x{' over budget' if measured['budget'] == 'over' else ''}"


def codes(cell: Json) -> dict[str, int]:
    """Return how often each finding occurs in a cell, without notes and accepted ones."""
    counts: dict[str, int] = {}
    for one in cell["findings"]:
        if rank(one) in {"error", "warning"}:
            counts[one["code"]] = counts.get(one["code"], 0) + 1
    return counts


def verdict(results: Results) -> str:
    """Return what the run comes to, in one sentence."""
    summary = results["summary"]
    if summary["interrupted"]:
        return "The run was interrupted: what is here is complete, the rest was not run."
    if summary["problems"]:
        return "Some of the input cannot be used."
    if summary["findings"]:
        kept = sum(one["status"] == "pass" for one in results["results"])
        total = summary["translations"]
        return f"On their data sources, {kept} of {total} translations keep every promise."
    if summary["known"] or summary["unsupported"]:
        return "No promise is broken, apart from what is known or not evaluated."
    return "Every translation keeps every promise."
