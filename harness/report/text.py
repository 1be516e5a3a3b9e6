"""The report for a terminal: one table a rule, then each finding with its witness."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.console import Group as Lines
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.report import _classes, _view
from harness.report._base import WIDTH, Format, Results
from harness.report._characters import json_line, visible
from harness.report._classes import Example, FindingClass, Totals
from harness.report._grouping import Group
from harness.report._profile import PROMISES, Row, Total, profile, totals
from harness.report._view import EngineView, RuleView

WITNESSES, NOTES = 1, 2
"""Levels of detail: 0 is the tables and the findings in a sentence each."""
_STATUS = {
    "pass": ("pass", "green"),
    "known": ("known", "cyan"),
    "fail": ("FAIL", "bold red"),
    "unsupported": ("unsupported", "yellow"),
    "error": ("INVALID", "bold red"),
}
_STYLE = {"error": "bold red", "warning": "yellow", "known": "cyan", "note": "dim"}
_MAX_STEPS = 12
_NAMED = 2
"""Translations that a line of the profile names."""


def render(results: Results) -> str:
    """Return the report as plain text."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    show(results, console, profiled=True)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def show(
    results: Results, console: Console, *, details: int = WITNESSES, profiled: bool = False
) -> None:
    """Print the report; ``details`` is a level: 0, WITNESSES or NOTES.

    ``profiled``: with the robustness profile of every rule; of many rules it is a line each.
    """
    if len(results["rules"]) > _classes.MANY and details < NOTES:
        shown = _show_classes(results, console, details)
        if profiled:
            rules = _view.rules(_view.shown(results))
            console.print(Lines(*map(_profile_line, rules)))
            console.print(_robustness_totals(totals(results)))
    else:
        shown = _view.shown(results)
        for rule in _view.rules(shown):
            console.print(_heading(rule))
            if rule.cells:
                console.print(_table(rule))
            if profiled and (rows := profile(rule)):
                console.print(_profile(rows))
            console.print(Lines(*_findings(rule, details)))
    if asked := _view.engines(results):
        console.print(_engines(asked))
    for problem in shown["problems"]:
        console.print(_problem(problem), soft_wrap=True)
    console.print(_summary(shown))


def _show_classes(results: Results, console: Console, details: int) -> Mapping[str, Any]:
    """Print many rules: an example of each class of finding, then the numbers."""
    found = _classes.classes(results)
    for one in _classes.examples(found) if details else ():
        console.print(_example(one, details))
    if found:
        console.print(_class_table(found))
    console.print(_totals_table(_classes.totals(results)))
    gaps = sum(len(rule["gaps"]) for rule in results["rules"])
    if gaps:
        console.print(Text(f"{gaps} tests could not be constructed; -v names them", style="yellow"))
    console.print(Text("-v prints every rule; -o report.html and -o report.json keep them\n"))
    ends = ("summary", "problems", "seed")
    return _view.shown({name: results[name] for name in ends})


def _example(one: Example, details: int) -> Lines:
    head = Text(f"\n{one.finding.total} times, such as in {one.title} ({one.identifier})")
    return Lines(head, _finding(one.group, details))


def _class_table(found: Sequence[FindingClass]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("finding", no_wrap=True)
    names = _classes.columns(found)
    for name in names:
        table.add_column(name, justify="right")
    for one in found:
        counts = [str(one.rules.get(name, 0) or "-") for name in names]
        table.add_row(Text(one.code, style=_STYLE[one.rank]), *counts)
    return table


def _totals_table(found: Sequence[Totals]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("\ntranslation", no_wrap=True)
    for name in (*_STATUS, "not converted"):
        table.add_column(f"\n{_STATUS[name][0] if name in _STATUS else name}", justify="right")
    for one in found:
        counts = [str(one.statuses.get(name, 0) or "-") for name in _STATUS]
        table.add_row(Text(one.translation), *counts, str(one.not_converted or "-"))
    return table


def _heading(rule: RuleView) -> Text:
    facts = (rule.rule["severity"], rule.rule["rule"], *rule.rule["techniques"])
    text = Text(rule.title, style="bold")
    return text.append(f"\n{' · '.join(part for part in facts if part)}", style="dim")


def _table(rule: RuleView) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("translation", no_wrap=True)
    table.add_column("on", no_wrap=True)
    for name in ("recall", "precision", "robust", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("findings")
    for cell in rule.cells:
        label, style = _STATUS[cell["status"]]
        counted = _view.codes(cell).items()
        table.add_row(
            _view.name_of(cell),
            cell["schema"],
            _view.share(cell["tp"], cell["fn"]),
            _view.share(cell["tn"], cell["fp"]),
            _view.robust(cell),
            _view.cost(cell),
            Text(label, style=style),
            Text(", ".join(f"{code} {n}" if n > 1 else code for code, n in counted)),
        )
    return table


def _profile(rows: Sequence[Row]) -> Table:
    """Return what becomes of malicious events, a line per mutation."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("\nunder", no_wrap=True)
    table.add_column("\n")
    for name in ("reference", "translations"):
        table.add_column(f"\n{name}", justify="right")
    table.add_column("\nmissed by")
    for row in rows:
        worst = [f"{one.place} {one.words}" for one in row.losing[:_NAMED]]
        more = [f"{len(row.losing) - _NAMED} more"] if len(row.losing) > _NAMED else []
        table.add_row(
            row.mutation.name,
            Text(row.promise, style="bold" if row.promise == "promised" else "dim"),
            row.reference.words if row.reference else "-",
            _view.share(row.keeping, len(row.losing)),
            ", ".join((*worst, *more)),
        )
    return table


def _robustness_totals(found: Sequence[Total]) -> Table:
    """Return what mutations do to malicious events, over all rules."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("\nno event missed under", no_wrap=True)
    for name in ("references", "translations"):
        table.add_column(f"\n{name}", justify="right")
    for one in found:
        cells = f"{one.cells_keeping}/{one.cells}"
        table.add_row(one.mutation.name, f"{one.rules_keeping}/{one.rules}", cells)
    return table


def _profile_line(rule: RuleView) -> Text:
    """Return one line: shares by promise, and the evasions that the reference does not survive."""
    rows = profile(rule)
    shares = []
    for promise in PROMISES:
        tried = [one for one in rows if one.promise == promise and one.tried]
        if tried:
            kept = sum(one.keeping for one in tried)
            shares.append(f"{promise} {kept}/{sum(one.tried for one in tried)}")
    lost = [
        one.mutation.name
        for one in rows
        if (one.mutation.family or one.promise == "promised")
        and one.reference
        and one.reference.survived < one.reference.malicious
    ]
    text = Text(f"{rule.title}: ").append(", ".join(shares) or "nothing was changed", style="dim")
    if lost:
        text.append(f"; the reference misses events under {', '.join(dict.fromkeys(lost))}")
    return text


def _findings(rule: RuleView, details: int) -> Iterator[Any]:
    hidden = 0 if details >= NOTES else len(rule.ranked("note"))
    for found in rule.groups:
        if details >= NOTES or _view.rank(found.first) != "note":
            yield _finding(found, details)
    if hidden:
        notes = "1 note" if hidden == 1 else f"{hidden} notes"
        yield Text(f"\n{notes} not shown; -v shows them", style="dim")
    for gap in rule.rule["gaps"]:
        yield Text(f"\nnot constructed: {gap['what']} ({gap['reason']})", style="yellow")
    yield Text("")


def _finding(found: Group, details: int) -> Lines:
    one = found.first
    head = Text("\n")
    head.append(one["code"], style=_STYLE[_view.rank(one)])
    head.append(f"  {_view.where(found)}", style="bold")
    if one["known"]:
        head.append(f"  known: {one['known']}", style="cyan")
    body = [Text(one["message"])]
    if one["excerpt"] and details:
        body.append(Text(f"{one['place']}\n{one['excerpt']}", style="dim"))
    if details and one["witness"]:
        body.extend(_witness(one["witness"], one["count"]))
    if one["hint"]:
        body.append(Text(f"hint: {one['hint']}", style="green"))
    return Lines(head, *(Padding(part, (0, 0, 0, 2)) for part in body))


def _witness(witness: Mapping[str, Any], count: int) -> Iterator[Text]:
    others = f", one of {count}" if count > 1 else ""
    yield Text(f"{witness['label']} event{others} ({witness['because']}): {witness['verdict']}")
    yield Text(f"  {json_line(witness['document'])}", style="dim")
    for step in witness["steps"][:_MAX_STEPS]:
        yield Text(f"  {_view.step(step)}", style="dim")


def _problem(problem: Mapping[str, Any]) -> Text:
    text = Text(f"{problem['place']}: " if problem["place"] else "")
    text.append(problem["severity"], style=_STYLE[problem["severity"]])
    text.append(f": {problem['message']} [{problem['code']}]")
    if problem["excerpt"]:
        text.append(f"\n{problem['excerpt']}", style="dim")
    if problem["hint"]:
        text.append(f"\n  hint: {problem['hint']}", style="green")
    return text


def _engines(asked: Sequence[EngineView]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("real engine")
    for head in ("translations", "verdicts", "not as ours", "rejected", "no answer"):
        table.add_column(head, justify="right")
    for one in asked:
        numbers = (one.translations, one.verdicts, one.differing, one.rejects, one.fails)
        table.add_row(visible(one.name), *(str(number) if number else "-" for number in numbers))
    return table


def _summary(results: Mapping[str, Any]) -> Text:
    summary = results["summary"]
    text = Text(
        f"{_count(summary, 'rules')}, {_count(summary, 'translations')} on their sources, "
        f"{_count(summary, 'verdicts')}: "
    )
    broken = summary["findings"] or summary["problems"]
    text.append(_count(summary, "findings"), style="bold red" if broken else "bold green")
    for name in ("warnings", "notes", "known", "unsupported", "problems"):
        if summary[name]:
            text.append(f", {_count(summary, name)}")
    tail = f" in {summary['seconds']} s" if summary["seconds"] else ""
    text.append(f"{tail}; seed {results['seed']}")
    if summary["interrupted"]:
        text.append("\ninterrupted: what is above is complete, the rest was not run", "yellow")
    return text


def _count(summary: Mapping[str, Any], name: str) -> str:
    number = summary[name]
    return f"{number} {name.removesuffix('s') if number == 1 else name}"


FORMAT = Format(name="text", title="Text", extensions=(".txt",), render=render)
