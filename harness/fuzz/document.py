"""What a search came to, as one JSON document and as text."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import harness
from harness.checks._base import Step
from harness.errors import Diagnostic
from harness.fuzz.rules import Skipped, Unusable
from harness.fuzz.search import Disagreement, Searched
from harness.report._characters import json_line, visible
from harness.report._view import step as step_line
from harness.ruleset.model import Rule

SCHEMA = "harness/fuzz/1"
MOST_STEPS = 40
"""Parts of one query that the text shows."""

Json = dict[str, Any]


@dataclass(kw_only=True)
class Report:
    """Gathers the steps of a search; ``commands`` begin what repeats it: rule key to words."""

    seed: int
    commands: Mapping[str, Sequence[str]]
    translations: list[Json] = field(default_factory=list)
    problems: list[Json] = field(default_factory=list)
    interrupted: bool = False

    def add_problems(self, problems: Sequence[Diagnostic]) -> None:
        """Add what was wrong with the input."""
        self.problems += map(asdict, problems)

    def add(self, step: Searched | Skipped | Unusable, files: Sequence[str] = ()) -> None:
        """Add what came of one translation; ``files`` are where its disagreements are saved."""
        if isinstance(step, Unusable):
            self.add_problems(step.problems)
        elif isinstance(step, Skipped):
            self.translations.append(_skipped(step))
        else:
            self.interrupted |= step.interrupted
            self.translations.append(self._searched(step, files))

    def _searched(self, step: Searched, files: Sequence[str]) -> Json:
        cell = step.cell
        head = _head(
            cell.rule,
            (cell.translation.name, cell.translation.language, cell.schema.label, cell.version),
        )
        saved = [*files, *[""] * (len(step.found) - len(files))]
        cut = step.out_of_time or step.interrupted
        return {
            **head,
            "status": "cut-short" if cut else "searched",
            "reason": "",
            "place": "",
            "examples": step.examples,
            "undefined": step.undefined,
            "probed": step.probed,
            "excused": list(step.excused),
            "disagreements": [
                self._disagreement(step, one, file)
                for one, file in zip(step.found, saved, strict=True)
            ],
        }

    def _disagreement(self, step: Searched, found: Disagreement, file: str) -> Json:
        translation = step.cell.translation
        name = ["--schema", next(iter(_written(step)), step.cell.schema.label)]
        words = [*self.commands[step.cell.rule.key], "--language", translation.language, *name]
        verb = ["harness", "test"] if file else ["harness", "fuzz"]
        seed = [] if file else ["--seed", str(self.seed)]
        return {
            "code": found.group.code,
            "mutation": found.mutation,
            "tests": sorted(found.group.tests),
            "message": found.message,
            "hint": found.hint,
            "place": found.place,
            "excerpt": found.excerpt,
            "also_in_test": found.in_test,
            "label": found.label.value,
            "activity": {"kind": step.cell.intent.kind, "values": dict(found.values)},
            "document": dict(found.document),
            "reference": {"verdict": found.expected, "steps": _steps(found.reference)},
            "translation": {"verdict": found.verdict, "steps": _steps(found.translation)},
            "saved": file,
            "replay": shlex.join([*verb, *words, *seed]),
        }

    def document(self) -> Json:
        """Return the ``harness/fuzz/1`` document; it holds no times."""
        statuses = Counter(one["status"] for one in self.translations)
        skipped = sum(statuses[name] for name in ("unsupported", "rejected", "not-converted"))
        return {
            "schema": SCHEMA,
            "harness": harness.__version__,
            "seed": self.seed,
            "summary": {
                "translations": len(self.translations) - skipped,
                "skipped": skipped,
                "cut_short": statuses["cut-short"],
                "examples": sum(one["examples"] for one in self.translations),
                "undefined": sum(one["undefined"] for one in self.translations),
                "disagreements": sum(len(one["disagreements"]) for one in self.translations),
                "problems": len(self.problems),
                "interrupted": self.interrupted,
            },
            "translations": self.translations,
            "problems": self.problems,
        }


def _written(step: Searched) -> Iterator[str]:
    """Yield how the rule's owner writes the schema's name."""
    from harness import schemas  # noqa: PLC0415

    for name in step.cell.translation.schemas:
        if schemas.get(name).label == step.cell.schema.label:
            yield name


def _head(rule: Rule, column: tuple[str, str, str, str]) -> Json:
    translation, language, schema, version = column
    return {
        "rule": rule.key,
        "title": rule.metadata.title,
        "translation": translation,
        "language": language,
        "schema": schema,
        "version": version,
    }


def _skipped(step: Skipped) -> Json:
    column = (step.translation, step.language, step.schema, step.version)
    return {
        **_head(step.rule, column),
        "status": step.status,
        "reason": step.reason,
        "place": step.place,
        "examples": 0,
        "undefined": 0,
        "probed": 0,
        "excused": [],
        "disagreements": [],
    }


def _steps(steps: Sequence[Step]) -> list[Json]:
    return [{"text": one.text, "outcome": one.outcome, "values": one.values} for one in steps]


def text(document: Mapping[str, Any]) -> str:
    """Return the document for a reader."""
    lines = [line for one in document["translations"] for line in _lines(one)]
    for problem in document["problems"]:
        place = f"{problem['place']}: " if problem["place"] else ""
        lines.append(f"{place}{problem['severity']}: {problem['message']} [{problem['code']}]")
        lines += [part for part in (problem["excerpt"],) if part]
        lines += [f"  hint: {problem['hint']}"] if problem["hint"] else []
    lines += ["", _summary(document)] if lines else [_summary(document)]
    return "".join(f"{visible(line)}\n" for line in lines)


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    where = f"{one['translation']} {one['version']}".strip()
    where += f" on {one['schema']}" if one["schema"] else ""
    if one["status"] in {"unsupported", "rejected", "not-converted"}:
        yield f"{where}: skipped, {one['status']}: {one['reason']}"
        return
    count = len(one["disagreements"])
    found = f"{count} disagreement{'' if count == 1 else 's'}" if count else "no disagreement"
    cut = ", cut short" if one["status"] == "cut-short" else ""
    undefined = f", {one['undefined']} undefined" if one["undefined"] else ""
    excused = f", known: {', '.join(one['excused'])}" if one["excused"] else ""
    yield f"{where}: {found} in {one['examples']} events{undefined}{excused}{cut}"
    for item in one["disagreements"]:
        yield from (f"  {line}" for line in _found(item))


def _found(item: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{item['code']}: {item['message']}"
    if item["excerpt"]:
        yield from (item["place"], *item["excerpt"].split("\n"))
    yield f"activity  {json_line(item['activity']['values'])}"
    yield f"document  {json_line(item['document'])}"
    for side in ("reference", "translation"):
        yield f"{side}: {item[side]['verdict']}"
        yield from (f"  {step_line(one)}" for one in item[side]["steps"][:MOST_STEPS])
    if item["hint"]:
        yield f"hint: {item['hint']}"
    if item["also_in_test"]:
        yield "harness test shows the same on the events that it generates"
    if item["saved"]:
        yield f"saved as {item['saved']}"
    yield f"replay: {item['replay']}"


def _summary(document: Mapping[str, Any]) -> str:
    summary = document["summary"]
    count = summary["disagreements"]
    parts = [f"{count} disagreement{'' if count == 1 else 's'}"]
    searched = summary["translations"]
    parts += [f"{searched} translation{'' if searched == 1 else 's'} on their sources"]
    parts += [f"{summary['examples']} events"]
    for name in ("skipped", "undefined", "problems"):
        parts += [f"{summary[name]} {name}"] if summary[name] else []
    parts += [f"{summary['cut_short']} cut short"] if summary["cut_short"] else []
    line = f"{', '.join(parts)}; seed {document['seed']}"
    return f"{line}\ninterrupted: the rest was not searched" if summary["interrupted"] else line
