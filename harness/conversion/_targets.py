"""What can be converted to: the built-in pairs of language and data source, and a user's own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from harness import languages, schemas
from harness.conversion._base import Target
from harness.errors import Diagnostic, InvalidInput

PLAIN = "sigma"
"""The schema of queries that read Sigma's own field names."""


@lru_cache(maxsize=1)
def built_in() -> tuple[Target, ...]:
    """Return the pairs that need no set-up."""
    text = files("harness.conversion").joinpath("targets.toml").read_text("utf-8")
    return tuple(_target(item) for item in tomllib.loads(text)["target"])


def read_targets(text: str, name: str) -> tuple[Target, ...]:
    """Return the targets that a TOML text declares; raises ``InvalidInput`` with every fault."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput([_problem(name, f"the TOML is broken: {error}")]) from error
    schema = json.loads(files("harness.conversion").joinpath("targets.schema.json").read_text())
    faults = [_fault(name, one) for one in Draft202012Validator(schema).iter_errors(data)]
    if not faults:
        faults = [one for item in data["target"] for one in _unknown_names(name, item)]
    if faults:
        raise InvalidInput(faults)
    return tuple(_target(item) for item in data["target"])


def _target(item: Mapping[str, Any]) -> Target:
    lists = {
        key: tuple(item[key]) for key in ("pipelines", "command", "version_command") if key in item
    }
    given = {**item, **lists}
    if "command" in given:
        given.setdefault("converter", "command")
    return Target(**given)


def _fault(name: str, error: Any) -> Diagnostic:
    where = ".".join(map(str, error.absolute_path)) or "the file"
    return _problem(name, f"{where}: {error.message[:200]}", error.schema.get("description", ""))


def _unknown_names(name: str, item: Mapping[str, Any]) -> Iterator[Diagnostic]:
    try:
        schemas.get(item.get("schema", PLAIN))
    except InvalidInput as error:
        yield from (_problem(name, one.message, one.hint) for one in error.diagnostics)
    if item["language"] not in languages.names():
        known = ", ".join(languages.names())
        yield _problem(name, f"there is no language {item['language']!r}", f"known: {known}")
    if not item.get("command") and not item.get("backend"):
        yield _problem(name, f"{item['name']} names neither a backend nor a command")


def _problem(name: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code="invalid-targets", message=message, place=name, hint=hint)


def choose(wanted: Iterable[str], known: Sequence[Target]) -> tuple[tuple[Target, ...], ...]:
    """Return, per wanted name, the targets that it may stand for, the first that fits counts.

    ``lucene@winlogbeat`` is that pair; ``lucene`` is the pair of the first data source that
    records a rule's kind, or else Sigma's own field names. A language's name does as well.
    """
    found: list[tuple[Target, ...]] = []
    for name in wanted:
        fitting = [one for one in known if name in {one.name, one.name.partition("@")[0]}]
        fitting = fitting or [one for one in known if name == one.language]
        if not fitting:
            raise InvalidInput([_no_target(name, known)])
        found.append(tuple(sorted(fitting, key=lambda one: one.schema == PLAIN)))
    return tuple(found)


def _no_target(name: str, known: Sequence[Target]) -> Diagnostic:
    names = sorted({one.name for one in known} | {one.name.partition("@")[0] for one in known})
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Diagnostic(
        code="unknown-target",
        message=f"there is nothing called {name!r} to convert to",
        hint=f"{hint}known: {', '.join(names)}",
    )


def targets_of(kind: str, wanted: Sequence[Sequence[Target]]) -> Iterator[Target]:
    """Yield the target that each choice comes to for rules of a kind.

    Where no data source of a choice records the kind, that is its first target all the same.
    """
    for choice in wanted:
        fitting = (one for one in choice if kind in schemas.get(one.schema).kinds)
        yield next(fitting, choice[0])
