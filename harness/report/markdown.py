"""The release report: what every rule came to, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from harness.report import _classes, _view
from harness.report._base import Format, Results
from harness.report._characters import as_json, visible
from harness.report._grouping import Group
from harness.report._markdown import code, fence, sentence, table, text
from harness.report._profile import PROMISES, WORST, Row, Total, profile
from harness.report._profile import totals as _totals
from harness.report._view import EngineView, Json, RuleView
from harness.ruleset import attack

MAX_STEPS = 20
_STATUS = {
    "pass": "pass",
    "known": "known",
    "fail": "**fail**",
    "unsupported": "unsupported",
    "error": "**invalid**",
}
_COUNTS = ("documents", "verdicts", "findings", "warnings", "notes", "known", "unsupported")


def render(results: Results) -> str:
    """Return the report."""
    many = len(results["rules"]) > _classes.MANY
    document = _view.shown(_classes.slim(results) if many else results)
    rules = _view.rules(document)
    parts = (
        _head(document, rules),
        *([_by_class(results)] if many else [_rule(rule) for rule in rules]),
        _coverage(rules),
        _engines(_view.engines(results)),
        _unsupported(rules),
        _problems(document["problems"]),
        _foot(document),
    )
    return "\n".join(chain.from_iterable(parts)).rstrip("\n") + "\n"


def _head(document: Json, rules: Sequence[RuleView]) -> Iterator[str]:
    summary = document["summary"]
    yield from ("# Detection rule report", "", f"**{_view.verdict(document)}**", "")
    heads = ("rules", "translations on sources", *_COUNTS, "problems")
    numbers = ("rules", "translations", *_COUNTS, "problems")
    yield from table(heads, [[str(summary[one]) for one in numbers]], "r" * len(heads))
    yield ""
    if rules:
        about = ("rule", "severity", "passing", "findings", "known", "status")
        yield from table(about, map(_overview, rules), "llrrrl")
        yield ""


def _by_class(results: Results) -> Iterator[str]:
    """Yield what many rules come to: numbers by class and translation, and examples."""
    found = _classes.classes(results)
    if found:
        names = _classes.columns(found)
        rows = [
            [code(one.code), *(str(one.rules.get(name, "-")) for name in names)] for one in found
        ]
        heads = ["finding", *(text(visible(name)) for name in names)]
        yield from ("## Findings by class", "", "In how many rules, by translation.", "")
        yield from (*table(heads, rows, "l" + "r" * len(names)), "")
    rows = [
        [text(visible(one.translation)), *(str(one.statuses.get(name, "-")) for name in _STATUS)]
        for one in _classes.totals(results)
    ]
    yield from ("## Translations", "", *table(["translation", *_STATUS], rows, "lrrrrr"), "")
    yield from _robustness_totals(_totals(results))
    for one in _classes.examples(found):
        yield from (f"### {one.finding.total} times {code(one.finding.code)}", "")
        yield from (f"Such as in {text(one.title)} ({code(one.identifier)}):", "")
        yield from _finding(one.group)


def _robustness_totals(found: Sequence[Total]) -> Iterator[str]:
    """Yield what mutations do to malicious events, over all rules."""
    if not found:
        return
    yield from ("## Robustness", "", "Without a missed malicious event, of those tried.", "")
    rows = (
        [
            text(one.mutation.title),
            one.mutation.family,
            f"{one.rules_keeping}/{one.rules}",
            f"{one.cells_keeping}/{one.cells}",
        ]
        for one in found
    )
    heads = ("mutation", "evasion by", "references", "translations")
    yield from (*table(heads, rows, "llrr"), "")


def _overview(rule: RuleView) -> list[str]:
    passing = sum(cell["status"] == "pass" for cell in rule.cells)
    return [
        text(rule.title),
        text(rule.rule["severity"]),
        _view.share(passing, len(rule.cells) - passing),
        str(len(rule.ranked("error"))),
        str(len(rule.ranked("known"))),
        _STATUS[rule.status],
    ]


def _rule(rule: RuleView) -> Iterator[str]:
    facts = rule.rule
    yield from (f"## {text(rule.title)}", "")
    named = [(name, text(facts[name])) for name in ("severity", "author", "license")]
    about = [("id", code(facts["rule"])), *named]
    about.append(("ATT&amp;CK", ", ".join(code(one) for one in facts["techniques"])))
    yield from (" · ".join(f"{name}: {value}" for name, value in about if value), "")
    if rule.cells:
        yield from _cells(rule.cells)
    listed = rule.ranked("error", "warning", "known")
    if listed:
        yield from ("### Findings", "")
    for found in listed:
        yield from _finding(found)
    yield from _notes(rule.ranked("note"))
    yield from _profiled(rule)
    yield from _robustness(rule)
    if facts["gaps"]:
        yield from ("### Not constructed", "", *map(_gap, facts["gaps"]), "")


def _cells(cells: Sequence[Json]) -> Iterator[str]:
    heads = ("translation", "on", "recall", "precision", "robustness", "cost", "status", "findings")
    rows = (
        [
            code(_view.name_of(cell)),
            code(cell["schema"]),
            _view.share(cell["tp"], cell["fn"]),
            _view.share(cell["tn"], cell["fp"]),
            _view.robust(cell),
            _view.cost(cell),
            _STATUS[cell["status"]],
            ", ".join(f"{code(one)} {n}" for one, n in _view.codes(cell).items()),
        ]
        for cell in cells
    )
    yield from (*table(heads, rows, "llrrrrll"), "")


def _percent(share: int | None) -> str:
    return "-" if share is None else f"{share}%"


def _finding(found: Group) -> Iterator[str]:
    one = found.first
    where = text(_view.where(found))
    yield f"#### {_view.rank(one)}: {code(one['code'])}{' ' if where else ''}{where}"
    yield from ("", sentence(one["message"]), "")
    if one["known"] is not None:
        yield from (f"Known: {text(one['known'])}", "")
    if one["excerpt"]:
        yield from (code(one["place"]), "", *fence(one["excerpt"], "text"), "")
    if one["witness"]:
        yield from _witness(one["witness"], one["count"])
    if one["hint"]:
        yield from (f"**Hint:** {sentence(one['hint'])}", "")


def _witness(witness: Json, count: int) -> Iterator[str]:
    others = f", one of {count}" if count > 1 else ""
    because = f" ({text(witness['because'])})" if witness["because"] else ""
    yield f"Witness, a {text(witness['label'])} event{others}{because}: {text(witness['verdict'])}"
    yield from ("", *fence(as_json(witness["document"]), "json"), "")
    steps = witness["steps"]
    if steps:
        yield from ("What each part of the query came to on it:", "")
        yield from (*fence("\n".join(map(_view.step, steps[:MAX_STEPS])), "text"), "")
    if len(steps) > MAX_STEPS:
        yield from (f"{len(steps) - MAX_STEPS} more parts are in the JSON report.", "")


def _notes(notes: Sequence[Group]) -> Iterator[str]:
    if not notes:
        return
    yield from ("### Notes", "")
    for found in notes:
        where = text(_view.where(found))
        head = code(found.first["code"]) + (f" {where}" if where else "")
        yield f"- {head}: {sentence(found.first['message'])}"
    yield ""


def _profiled(rule: RuleView) -> Iterator[str]:
    """Yield the robustness profile: a row per mutation, with what misses an event under it."""
    rows = profile(rule)
    if not rows:
        return
    yield from ("### Robustness profile", "")
    yield "Malicious events that still fire once they are changed, of those that fired before."
    yield from ("; ".join(f"{name}: {means}" for name, means in PROMISES.items()) + ".", "")
    heads = (
        "mutation",
        "evasion by",
        "",
        "reference",
        "translations without a miss",
        "with misses",
    )
    yield from table(heads, map(_profile_row, rows), "lllrrl")
    yield ""


def _profile_row(row: Row) -> list[str]:
    worst = [f"{code(one.place)} {one.words}" for one in row.losing[:WORST]]
    more = [f"{len(row.losing) - WORST} more"] if len(row.losing) > WORST else []
    return [
        text(row.mutation.title),
        row.mutation.family,
        row.promise,
        row.reference.words if row.reference else "-",
        _view.share(row.keeping, len(row.losing)),
        ", ".join((*worst, *more)),
    ]


def _robustness(rule: RuleView) -> Iterator[str]:
    """Yield a table of the verdicts that stayed, a row per mutation and a column per cell."""
    mutated = [cell for cell in rule.cells if cell["robustness"]]
    if not mutated:
        return
    yield from ("### Verdicts that stayed", "")
    yield "Verdicts that stayed the same, of all documents changed in that way; after a mutation"
    yield from ("marked with `*` a changed verdict is reported and not judged.", "")
    heads = [f"{code(_view.name_of(one))} on {code(one['schema'])}" for one in mutated]
    rows = (
        [
            f"{text(mutation.title)}{'' if mutation.judged else ' `*`'}",
            *(_stayed(one["robustness"].get(mutation.name)) for one in mutated),
        ]
        for mutation in _view.mutations_of(rule)
    )
    yield from table(["mutation", *heads], rows, "l" + "r" * len(heads))
    yield ""


def _stayed(entry: Json | None) -> str:
    return "-" if entry is None else _view.share(entry["kept"], entry["changed"])


def _gap(gap: Json) -> str:
    return f"- {sentence(gap['what'])}: {sentence(gap['reason'])}"


def _coverage(rules: Sequence[RuleView]) -> Iterator[str]:
    found = _view.techniques(rules)
    if not found:
        return
    yield from ("## ATT&amp;CK coverage", "")
    yield "Share of the translations on their sources that pass, over the rules that name the"
    yield from (f"technique. Names are from ATT&amp;CK {attack.version()}.", "")
    rows = (
        [
            code(one.identifier),
            text(one.name or "not in this version"),
            ", ".join(map(text, one.tactics)),
            ", ".join(text(rule.title) for rule in one.rules),
            _view.share(one.passing, len(one.cells) - one.passing),
            _percent(one.score),
        ]
        for one in found
    )
    heads = ("technique", "name", "tactics", "rules", "passing", "share")
    yield from (*table(heads, rows, "llllrr"), "")


def _engines(asked: Sequence[EngineView]) -> Iterator[str]:
    if not asked:
        return
    lead = "Asked beside our own evaluation, on the same documents."
    yield from ("## Real engines", "", lead, "")
    heads = ("engine", "translations", "verdicts", "not as ours", "rejected", "no answer", "notes")
    yield from table(heads, map(_engine, asked), "lrrrrrl")
    yield ""


def _engine(one: EngineView) -> list[str]:
    numbers = (one.translations, one.verdicts, one.differing, one.rejects, one.fails)
    notes = [f"stored {', '.join(one.stand_ins)}"] if one.stand_ins else []
    notes += [f"{one.refused} documents refused"] if one.refused else []
    return [text(visible(one.name)), *map(str, numbers), text(visible("; ".join(notes)))]


def _unsupported(rules: Sequence[RuleView]) -> Iterator[str]:
    rows = [
        [text(rule.title), code(_view.name_of(cell)), code(cell["schema"]), _reason(cell)]
        for rule in rules
        for cell in rule.cells
        if cell["status"] == "unsupported"
    ]
    if rows:
        yield from ("## Not evaluated", "")
        yield "The language allows these queries and the harness does not evaluate them yet; they"
        yield from ("count neither as passing nor as failing.", "")
        yield from (*table(("rule", "translation", "on", "reason"), rows), "")


def _reason(cell: Json) -> str:
    found = (one for one in cell["findings"] if one["code"] == "unsupported")
    return "; ".join(sentence(one["message"]) for one in found)


def _problems(problems: Sequence[Json]) -> Iterator[str]:
    if not problems:
        return
    yield from ("## Problems", "", "This input cannot be used:", "")
    for one in problems:
        place = f"{code(one['place'])} " if one["place"] else ""
        hint = f" ({sentence(one['hint'])})" if one["hint"] else ""
        yield f"- {place}{code(one['code'])}: {sentence(one['message'])}{hint}"
    yield ""


def _foot(document: dict[str, Any]) -> Iterator[str]:
    seconds = document["summary"]["seconds"]
    time = f" in {seconds} s" if seconds else ""
    version = code(document["harness"])
    yield f"Made by detection-harness {version} with seed {document['seed']}{time}."


FORMAT = Format(name="markdown", title="Markdown", extensions=(".md",), render=render)
