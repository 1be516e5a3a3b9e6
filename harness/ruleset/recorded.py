"""Recorded events of the user's own, imported for a rule: read again by every run of the rule.

They lie in ``corpora/recorded/`` beside the regressions: a folder a rule, a folder an import.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import schemas
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text
from harness.ruleset.model import Recorded, Rule
from harness.ruleset.regressions import folder_name, home_of, with_folder

FOLDER = Path("corpora") / "recorded"
EVENTS = "events.jsonl"
LABELS = ("malicious", "benign")
KEYS = frozenset({"name", "label", "kind", "values", "schema", "document", "source"})
MAX_BYTES = 64_000_000
"""Bytes of the events of one import that are read."""
MAX_EVENTS = 2_000
"""Recorded events of one rule that are run."""
_MAX_DEPTH = 40
_HINT = "import the events again with harness import"


def folder_of(rule: Rule) -> Path:
    """Return the folder in which imports for a rule lie; it need not be there yet."""
    return home_of(rule.folder.resolve()) / FOLDER / folder_name(rule.key)


def with_recorded(rules: Sequence[Rule]) -> tuple[list[Rule], list[Diagnostic]]:
    """Return rules with the events imported for them, and what is wrong with those files."""
    problems: list[Diagnostic] = []
    found = []
    for rule, there in with_folder(rules, FOLDER):
        read = tuple(_imported(rule, problems)) if there else ()
        found.append(replace(rule, recorded=read) if read else rule)
    return found, problems


def _imported(rule: Rule, problems: list[Diagnostic]) -> Iterator[Recorded]:
    folder = folder_of(rule)
    files = sorted(folder.glob(f"*/{EVENTS}")) if folder.is_dir() else []
    count = 0
    for path in files:
        try:
            text = read_text(path, within=folder, limit=MAX_BYTES)
        except InvalidInput as error:
            problems.extend(error.diagnostics)
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            count += 1
            if count > MAX_EVENTS:
                message = f"more than {MAX_EVENTS} recorded events are imported for the rule"
                problems.append(_problem(str(folder), message, "delete an import"))
                return
            try:
                yield _event(rule, line, f"{path}:{number}", path.parent.name)
            except InvalidInput as error:
                problems.extend(error.diagnostics)


def _event(rule: Rule, line: str, place: str, imported: str) -> Recorded:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _invalid(place, f"this is no JSON: {error}") from error
    if not isinstance(told, dict) or set(told) != KEYS:
        keys = ", ".join(sorted(KEYS))
        raise _invalid(place, f"this is no imported event: it is an object with {keys}")
    name, label, values, document = (told[key] for key in ("name", "label", "values", "document"))
    if not isinstance(name, str) or not name or label not in LABELS:
        raise _invalid(place, "'name' is no text, or 'label' is neither malicious nor benign")
    if told["kind"] != rule.kind:
        raise _invalid(place, f"'kind' is not {rule.kind!r}, as for this rule")
    if not isinstance(values, dict) or not isinstance(document, dict) or _depth(document) < 0:
        raise _invalid(place, "'values' or 'document' is no object, or is nested too deeply")
    _check_values(rule, values, place)
    schema = told["schema"]
    if not isinstance(schema, str):
        raise _invalid(place, "'schema' is no text")
    try:
        schemas.get(schema).kind(rule.kind)
    except InvalidInput as error:
        raise InvalidInput(replace(one, place=place) for one in error.diagnostics) from error
    return Recorded(
        name=f"{imported}-{name}",
        label=label,
        values=values,
        schema=schema,
        document=document,
        place=place,
    )


def _check_values(rule: Rule, values: dict[str, Any], place: str) -> None:
    kind = schemas.kind(rule.kind)
    for name, value in values.items():
        if name not in kind.values and not kind.open:
            raise _invalid(place, f"an activity of kind {kind.name!r} has no value {name[:80]!r}")
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict | list) for item in items):
            raise _invalid(place, f"{name[:80]!r} is neither a scalar nor a list of them")


def _depth(value: Any, left: int = _MAX_DEPTH) -> int:
    """Return how much deeper a document might be nested; less than zero for too deep."""
    if left < 0 or not isinstance(value, dict | list):
        return left
    below = value.values() if isinstance(value, dict) else value
    return min((_depth(item, left - 1) for item in below), default=left)


def _invalid(place: str, message: str) -> InvalidInput:
    return InvalidInput([_problem(place, message, _HINT)])


def _problem(place: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="bad-recorded", message=message, place=place, hint=hint)
