"""The report for a terminal: one table a rule, then each finding with its witness."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.console import Group as Lines
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.report._base import Format, Results
from harness.report._grouping import Group, group

WIDTH = 118
_STATUS = {
    "pass": ("pass", "green"),
    "known": ("known", "cyan"),
    "fail": ("FAIL", "bold red"),
    "unsupported": ("unsupported", "yellow"),
    "error": ("INVALID", "bold red"),
}
_SEVERITY = {"error": "bold red", "warning": "yellow", "note": "dim"}
_MAX_DOCUMENT = 900


def render(results: Results, *, details: int = 1) -> str:
    """Return the report as plain text."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    show(results, console, details=details)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def show(results: Results, console: Console, *, details: int = 1) -> None:
    """Print the report. ``details`` 0 leaves witnesses out, 2 adds notes."""
    for rule in results["rules"]:
        cells = [one for one in results["results"] if one["rule"] == rule["rule"]]
        console.print(_heading(rule))
        if cells:
            console.print(_table(cells))
        console.print(Lines(*_findings(rule, cells, details)))
    for problem in results["problems"]:
        console.print(_problem(problem), soft_wrap=True)
    console.print(_summary(results))


def _heading(rule: Mapping[str, Any]) -> Text:
    text = Text(rule["title"] or rule["name"], style="bold")
    facts = [part for part in (rule["severity"], rule["rule"], *rule["techniques"]) if part]
    text.append(f"\n{' · '.join(facts)}", style="dim")
    return text


def _table(cells: list[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("translation", no_wrap=True)
    table.add_column("on", no_wrap=True)
    for name in ("recall", "precision", "robust", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("findings")
    for cell in cells:
        label, style = _STATUS[cell["status"]]
        version = f" {cell['version']}" if cell["version"] else ""
        table.add_row(
            f"{cell['translation']}{version}",
            cell["schema"],
            _share(cell["tp"], cell["fn"]),
            _share(cell["tn"], cell["fp"]),
            _robust(cell),
            _cost(cell),
            Text(label, style=style),
            _codes(cell),
        )
    return table


def _share(good: int, bad: int) -> str:
    total = good + bad
    return f"{good}/{total}" if total else "-"


def _robust(cell: Mapping[str, Any]) -> str:
    kept = sum(one["kept"] for one in cell["robustness"].values())
    changed = sum(one["changed"] for one in cell["robustness"].values())
    return f"{100 * kept // (kept + changed)}%" if kept + changed else "-"


def _cost(cell: Mapping[str, Any]) -> str:
    cost = cell["cost"]
    if cost["budget"] == "not measured":
        return "-"
    return f"{cost['relative']:.0f}x{'!' if cost['budget'] == 'over' else ''}"


def _codes(cell: Mapping[str, Any]) -> str:
    codes: dict[str, int] = {}
    for one in cell["findings"]:
        if one["severity"] != "note" and one["known"] is None:
            codes[one["code"]] = codes.get(one["code"], 0) + 1
    return ", ".join(f"{code} {n}" if n > 1 else code for code, n in codes.items())


def _findings(
    rule: Mapping[str, Any], cells: list[Mapping[str, Any]], details: int
) -> Iterator[Any]:
    listed = [one for owner in (*cells, rule) for one in owner["findings"]]
    groups = group(listed)
    shown = [one for one in groups if one.first["severity"] != "note" or details > 1]
    hidden = len(groups) - len(shown)
    for one in shown:
        yield _finding(one, details)
    if hidden:
        yield Text(f"\n{hidden} notes not shown; -v shows them", style="dim")
    for gap in rule["gaps"]:
        yield Text(f"\nnot constructed: {gap['what']} ({gap['reason']})", style="yellow")
    yield Text("")


def _finding(found: Group, details: int) -> Any:
    one = found.first
    head = Text("\n")
    head.append(one["code"], style=_SEVERITY[one["severity"]])
    where = " on ".join(part for part in (one["translation"], ", ".join(found.places)) if part)
    head.append(f"  {where}", style="bold")
    if one["known"]:
        head.append(f"  known: {one['known']}", style="cyan")
    body: list[Any] = [Text(one["message"])]
    if one["excerpt"]:
        body.append(Text(f"{one['place']}\n{one['excerpt']}", style="dim"))
    if details and one["witness"]:
        body.extend(_witness(one["witness"], one["count"]))
    if one["hint"]:
        body.append(Text(f"hint: {one['hint']}", style="green"))
    return Lines(head, *(Padding(part, (0, 0, 0, 2)) for part in body))


def _witness(witness: Mapping[str, Any], count: int) -> Iterator[Text]:
    others = f", one of {count}" if count > 1 else ""
    yield Text(f"{witness['label']} event{others} ({witness['because']}): {witness['verdict']}")
    shown = json.dumps(witness["document"], ensure_ascii=False, default=str)
    cut = shown if len(shown) <= _MAX_DOCUMENT else f"{shown[:_MAX_DOCUMENT]}…"
    yield Text(f"  {cut}", style="dim")
    for step in witness["steps"][:12]:
        values = f"   ({step['values']})" if step["values"] else ""
        yield Text(f"  {step['outcome']:<9} {step['text']}{values}", style="dim")


def _problem(problem: Mapping[str, Any]) -> Text:
    text = Text(f"{problem['place']}: " if problem["place"] else "")
    text.append(problem["severity"], style=_SEVERITY[problem["severity"]])
    text.append(f": {problem['message']} [{problem['code']}]")
    if problem["excerpt"]:
        text.append(f"\n{problem['excerpt']}", style="dim")
    if problem["hint"]:
        text.append(f"\n  hint: {problem['hint']}", style="green")
    return text


def _summary(results: Results) -> Text:
    summary = results["summary"]
    text = Text()
    text.append(
        f"{summary['rules']} rules, {summary['translations']} translations on their sources, "
        f"{summary['verdicts']} verdicts: "
    )
    style = "bold red" if summary["findings"] or summary["problems"] else "bold green"
    text.append(f"{summary['findings']} findings", style=style)
    for name in ("warnings", "notes", "known", "unsupported", "problems"):
        if summary[name]:
            text.append(f", {summary[name]} {name}")
    tail = f" in {summary['seconds']} s" if summary["seconds"] else ""
    text.append(f"{tail}; seed {results['seed']}")
    if summary["interrupted"]:
        text.append(
            "\ninterrupted: what is above is complete, the rest was not run", style="yellow"
        )
    return text


FORMAT = Format(name="text", title="Text", extensions=(".txt",), render=render)
