"""The release report as one HTML page that needs nothing else: no script, no other file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.report import _classes, _view
from harness.report._base import Format, Results
from harness.report._characters import json_line, visible
from harness.report._profile import PROMISES, WORST, profile, totals
from harness.report._view import Json
from harness.ruleset import attack

MAX_LINES = 400
"""Lines of one document that the page shows."""
STATUSES = {
    "pass": ("\N{CHECK MARK}", "pass"),
    "known": ("\N{BLACK DIAMOND}", "known"),
    "fail": ("\N{MULTIPLICATION X}", "fail"),
    "unsupported": ("\N{EN DASH}", "not evaluated"),
    "error": ("!", "invalid"),
}
"""Sign and word of a status: colour is never the only carrier."""
RANKS = {
    "error": ("\N{MULTIPLICATION X}", "error"),
    "warning": ("!", "warning"),
    "known": ("\N{BLACK DIAMOND}", "known"),
    "note": ("i", "note"),
}
_HEAT = ((100, "h5"), (95, "h4"), (80, "h3"), (50, "h2"), (0, "h1"))
"""Shade of a share of verdicts that stayed, in percent."""


def render(results: Results) -> str:
    """Return the page."""
    many = len(results["rules"]) > _classes.MANY
    document = _view.shown(_classes.slim(results) if many else results)
    rules = _view.rules(document)
    found = _classes.classes(results) if many else []
    page = _environment().get_template("report.html.j2")
    return page.render(
        document=document,
        summary=document["summary"],
        verdict=_view.verdict(document),
        outcome=_outcome(document["summary"]),
        rules=rules,
        many=many,
        classes=found,
        columns=[visible(name) for name in _classes.columns(found)],
        examples=_classes.examples(found),
        totals=_classes.totals(results) if many else [],
        robustness_totals=totals(results) if many else [],
        engines=_view.engines(results),
        techniques=_view.techniques(rules),
        attack_version=attack.version(),
    )


def _outcome(summary: Mapping[str, int]) -> str:
    if summary["problems"] or summary["interrupted"]:
        return "error"
    return "fail" if summary["findings"] else "pass"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", "_templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        view=_view,
        statuses=STATUSES,
        ranks=RANKS,
        heat=heat,
        robustness_of=robustness_of,
        profile=profile,
        promises=PROMISES,
        worst=WORST,
        lines_of=lines_of,
        absent_in=absent_in,
    )
    environment.filters["sentence"] = sentence
    return environment


def sentence(words: str) -> Markup:
    """Return a sentence in which pairs of backticks set query text apart."""
    parts = words.split("`")
    if len(parts) % 2 == 0:
        return escape(words)
    template = Markup("<code>{}</code>")
    pieces = [template.format(part) if at % 2 else escape(part) for at, part in enumerate(parts)]
    return Markup("").join(pieces)


def heat(share: int) -> str:
    """Return the shade for a share of verdicts that stayed."""
    return next(name for least, name in _HEAT if share >= least)


@dataclass(frozen=True, slots=True)
class Heat:
    """One field of the robustness table; ``share`` is None where nothing was tried."""

    kept: int
    total: int
    share: int | None


def robustness_of(cell: Json, name: str) -> Heat:
    """Return how a cell did under a mutation."""
    entry = cell["robustness"].get(name)
    if entry is None:
        return Heat(0, 0, None)
    return Heat(entry["kept"], entry["kept"] + entry["changed"], _view.percent([entry]))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document. ``mark`` is ``decisive``, ``read`` or empty."""

    indent: int
    key: str
    value: str
    mark: str


def lines_of(witness: Json) -> Sequence[Line]:
    """Return the lines of a witness's document, those that decide marked."""
    marks = _marks(witness)
    lines = list(_lines(witness["document"], "", "", 0, marks))
    if len(lines) > MAX_LINES:
        left = len(lines) - MAX_LINES
        return [*lines[:MAX_LINES], Line(0, "", f"… {left} more lines", "")]
    return lines


def _marks(witness: Json) -> dict[str, str]:
    """Return what the parts of the query say about fields: path to mark."""
    marks: dict[str, str] = {}
    for step in witness["steps"]:
        for path, _ in _seen(step):
            if marks.get(path) != "decisive":
                marks[path] = "decisive" if _decides(step, witness) else "read"
    return marks


def _decides(step: Json, witness: Json) -> bool:
    """Return whether a part is why the verdict came out: true where the query fires."""
    return (step["outcome"] == "true") is (witness["verdict"] == "fires")


def _seen(step: Json) -> Iterator[tuple[str, str]]:
    """Yield the fields of ``a.b is 'x'; c is absent`` with what is said of each."""
    for part in step["values"].split("; "):
        path, separator, said = part.partition(" is ")
        if separator:
            yield path, said


def absent_in(witness: Json) -> list[str]:
    """Return the fields that the document lacks and that decide by that."""
    deciding = (step for step in witness["steps"] if _decides(step, witness))
    return sorted({path for step in deciding for path, said in _seen(step) if said == "absent"})


def _lines(
    value: Any, key: str, path: str, indent: int, marks: Mapping[str, str]
) -> Iterator[Line]:
    """Yield a value as JSON, a key a line; an object of several lines ends in its bracket."""
    mark = marks.get(path, "")
    label = f"{json_line(key)}: " if key else ""
    inner = _inner(value, path)
    if inner is None:
        yield Line(indent, label, json_line(value), mark)
        return
    brackets, items = inner
    yield Line(indent, label, brackets[0], mark)
    for at, (name, below, item) in enumerate(items, start=1):
        lines = list(_lines(item, name, below, indent + 1, marks))
        comma = "," if at < len(items) else ""
        yield from (*lines[:-1], replace(lines[-1], value=lines[-1].value + comma))
    yield Line(indent, "", brackets[1], "")


def _inner(value: Any, path: str) -> tuple[str, list[tuple[str, str, Any]]] | None:
    """Return the brackets and (key, path, item) of what does not fit on one line."""
    if isinstance(value, Mapping) and value:
        lead = f"{path}." if path else ""
        return "{}", [(str(name), f"{lead}{name}", item) for name, item in value.items()]
    if isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        return "[]", [("", path, item) for item in value]
    return None


FORMAT = Format(name="html", title="HTML", extensions=(".html", ".htm"), render=render)
