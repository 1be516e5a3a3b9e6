"""``harness explain``: why a translation fired or not, part by part."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from harness import languages, schemas
from harness.errors import Diagnostic, InvalidInput
from harness.evaluate.explain import explain
from harness.evaluate.verdicts import outcomes
from harness.events.kinds import CLOCK
from harness.ir import Context, Truth
from harness.ruleset.files import read_text
from harness.ruleset.load import load
from harness.ruleset.model import Rule, Translation

WORDS = {
    Truth.TRUE: "fires",
    Truth.FALSE: "stays silent",
    Truth.UNKNOWN: "stays silent",
    Truth.UNDEFINED: "fails or is undefined",
}


@click.command()
@click.argument("rule", type=click.Path(path_type=Path))
@click.argument("event", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--translation", "-t", help="Only this translation; default: all.")
@click.option("--schema", help="The schema whose index types apply; default: each declared one.")
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def command(rule: Path, event: Path, translation: str | None, schema: str | None, form: str) -> int:
    """Explain what each translation of RULE does on EVENT, a JSON file or - for standard input.

    A file that is no JSON is taken as text lines, one event a line.
    """
    loaded = load([rule])
    if loaded.problems:
        raise InvalidInput(loaded.problems)
    events = _events(event)
    if not events:
        hint = "give a JSON object, a list of them, or text lines"
        problem = Diagnostic(
            code="no-event", message="the file holds no event", place=str(event), hint=hint
        )
        raise InvalidInput([problem])
    explained = [
        entry
        for one in loaded.rules
        for item in one.translations
        if translation in {None, item.name}
        for entry in _explain(one, item, schema, events)
    ]
    if not explained:
        names = ", ".join(item.name for one in loaded.rules for item in one.translations)
        hint = f"translations: {names}"
        problem = Diagnostic(code="unknown-translation", message="nothing to explain", hint=hint)
        raise InvalidInput([problem])
    if form == "json":
        document = {"schema": "harness/explain/1", "explanations": explained}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
    else:
        for entry in explained:
            _print(entry)
    return 0


def _explain(
    rule: Rule, translation: Translation, schema: str | None, events: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    language = languages.get(translation.language)
    for name in (schema,) if schema else translation.schemas:
        types = schemas.get(name).types(rule.kind)
        context = Context(types=types, now=CLOCK, options=dict(translation.options))
        query = language.parse(translation.source, context)
        for number, event in enumerate(events, start=1):
            verdict = outcomes(query, [event], language.semantics)[0]
            seen = query.prepare(event) if query.prepare else event
            parts = explain(query.predicate, seen, language.semantics, translation.source)
            yield {
                "rule": rule.key,
                "translation": translation.name,
                "language": translation.language,
                "schema": name,
                "event": number,
                "verdict": WORDS[verdict],
                "parts": [
                    {"text": one.text, "outcome": one.outcome.name.lower(), "seen": one.seen}
                    for one in parts
                ],
            }


def _print(entry: Mapping[str, Any]) -> None:
    head = f"{entry['translation']} ({entry['language']}) on {entry['schema']}"
    click.echo(f"{head}, event {entry['event']}: {entry['verdict']}")
    for part in entry["parts"]:
        seen = f"   ({part['seen']})" if part["seen"] else ""
        click.echo(f"  {part['outcome']:<9} {part['text']}{seen}")


def _events(path: Path) -> list[dict[str, Any]]:
    text = sys.stdin.read() if str(path) == "-" else read_text(path)
    try:
        parsed = json.loads(text)
    except RecursionError as error:
        problem = Diagnostic(code="too-deep", message="the JSON is nested too deeply")
        raise InvalidInput([problem]) from error
    except ValueError:
        return [_line(line) for line in text.splitlines() if line.strip()]
    listed = parsed if isinstance(parsed, list) else [parsed]
    return [item if isinstance(item, dict) else {"_raw": str(item)} for item in listed]


def _line(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return {"_raw": line}
    return parsed if isinstance(parsed, dict) else {"_raw": line}
