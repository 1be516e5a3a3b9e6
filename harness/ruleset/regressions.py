"""Activities that once exposed a disagreement: one small file each, read again by every run.

They lie in ``corpora/regressions/`` at the top of the git work tree that the rule is in; without
git in the working directory that it lies below, or else in its own folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import schemas
from harness.errors import Diagnostic, InvalidInput
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, read_json
from harness.ruleset.files import read_text
from harness.ruleset.model import Regression, Rule
from harness.ruleset.sources import from_syntax_error
from harness.source import QuerySyntaxError, Source

SCHEMA = "harness/regression/1"
FOLDER = Path("corpora") / "regressions"
ENDING = ".json"
MAX_FILES = 200
"""Saved activities of one rule that are read."""
MAX_BYTES = 64_000
MAX_VALUES = 500
_KEYS = ("schema", "rule", "kind", "values", "provenance")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


def folder_of(rule: Rule) -> Path:
    """Return the folder in which activities of a rule are saved; it need not be there yet."""
    return home_of(rule.folder.resolve()) / FOLDER / folder_name(rule.key)


def home_of(folder: Path) -> Path:
    """Return the top of the work tree that a folder is in; see above for what if there is none."""
    for one in (folder, *folder.parents):
        if (one / ".git").exists():
            return one
    here = Path.cwd()
    return here if folder.is_relative_to(here) else folder


def folder_name(key: str) -> str:
    """Return the name of a folder that stands for a rule's key, whatever characters that has."""
    safe = _UNSAFE.sub("-", key).strip(".-")[:_LONGEST]
    return safe if safe == key else f"{safe}-{_digest(key)[:8]}".lstrip("-")


def text_of(rule: Rule, values: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    """Return the text of the file that saves an activity of a rule."""
    content = {
        "schema": SCHEMA,
        "rule": rule.key,
        "kind": rule.kind,
        "values": dict(sorted(values.items())),
        "provenance": dict(provenance),
    }
    return json.dumps(content, indent=2) + "\n"


def name_of(rule: Rule, values: Mapping[str, Any]) -> str:
    """Return the name under which an activity is saved: the same for the same activity."""
    identity = (rule.key, rule.kind, sorted(values.items()))
    return _digest(json.dumps(identity))[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def with_folder(rules: Iterable[Rule], folder: Path) -> Iterator[tuple[Rule, bool]]:
    """Yield rules, each with whether its home has a folder; a home is looked at once."""
    homes: dict[Path, bool] = {}
    for rule in rules:
        if rule.folder not in homes:
            homes[rule.folder] = (home_of(rule.folder.resolve()) / folder).is_dir()
        yield rule, homes[rule.folder]


def with_regressions(rules: Sequence[Rule]) -> tuple[list[Rule], list[Diagnostic]]:
    """Return rules with the activities saved for them, and what is wrong with those files."""
    problems: list[Diagnostic] = []
    found = []
    for rule, there in with_folder(rules, FOLDER):
        saved = tuple(_saved(rule, problems)) if there else ()
        found.append(replace(rule, regressions=saved) if saved else rule)
    return found, problems


def _saved(rule: Rule, problems: list[Diagnostic]) -> Iterator[Regression]:
    folder = folder_of(rule)
    files = sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []
    if len(files) > MAX_FILES:
        message = f"{len(files)} activities are saved for the rule; {MAX_FILES} are run"
        problems.append(_problem(str(folder), message, "delete those that repeat others"))
    for path in files[:MAX_FILES]:
        try:
            yield _read(rule, path)
        except QuerySyntaxError as error:
            problems.append(replace(from_syntax_error(error), code="bad-regression"))
        except InvalidInput as error:
            problems.extend(error.diagnostics)


def _read(rule: Rule, path: Path) -> Regression:
    text = read_text(path, within=path.parent, limit=MAX_BYTES)
    source = Source(text, str(path))
    root = read_json(source)
    place = str(path)
    if not isinstance(root, JsonObject):
        raise _invalid(place, "this is no saved activity: it is no JSON object")
    for key in _KEYS:
        if root.get(key) is None:
            raise _invalid(place, f"this is no saved activity: {key!r} is missing")
    for member in root.members:
        if member.key not in _KEYS:
            message = f"a saved activity has no {member.key[:80]!r}"
            raise _invalid(source.place(member.key_span), message)
    for key, wanted in (("schema", SCHEMA), ("rule", rule.key), ("kind", rule.kind)):
        held = root.get(key)
        assert held is not None
        if not isinstance(held, JsonScalar) or held.value != wanted:
            message = f"{key!r} is not {wanted!r}, as for this rule"
            raise _invalid(source.place(held.span), message)
    values = root.get("values")
    if not isinstance(values, JsonObject) or len(values) > MAX_VALUES:
        at = root.span if values is None else values.span
        message = f"'values' is no object of at most {MAX_VALUES} values"
        raise _invalid(source.place(at), message)
    return Regression(
        name=path.name[: -len(ENDING)], values=_values(rule, values, source), place=place
    )


def _values(rule: Rule, given: JsonObject, source: Source) -> dict[str, Any]:
    kind = schemas.kind(rule.kind)
    found = {}
    for member in given.members:
        place = source.place(member.key_span)
        if member.key not in kind.values and not kind.open:
            message = f"an activity of kind {kind.name!r} has no value {member.key[:80]!r}"
            raise _invalid(place, message)
        if not _is_plain(member.value):
            message = (
                f"{member.key[:80]!r} is neither text, number, boolean, null, nor a list of them"
            )
            raise _invalid(place, message)
        found[member.key] = member.value.plain()
    return found


def _is_plain(value: Json) -> bool:
    if isinstance(value, JsonArray):
        return all(isinstance(item, JsonScalar) for item in value.items)
    return isinstance(value, JsonScalar)


def _invalid(place: str, message: str) -> InvalidInput:
    hint = "delete the file; harness fuzz makes it again if it is still of use"
    return InvalidInput([_problem(place, message, hint)])


def _problem(place: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="bad-regression", message=message, place=place, hint=hint)
