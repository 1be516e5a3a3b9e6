"""Tiny rules on disk, and what a run says about them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import harness
from harness.ruleset.model import Rule

SHIPPED = Path(__file__).parent.parent / "rules"
MASTER_KEY = SHIPPED / "dpapi_master_key_backup"
KEY_FILE = SHIPPED / "dpapi_domain_backup_key_file"
IDENTIFIER = "39a94fd1-8c9a-4ff6-bf22-c058762f8014"

Json = dict[str, Any]


def sigma(detection: Mapping[str, Any], *, tags: Sequence[str] = ()) -> str:
    """Return a Sigma rule without a log source that would restrict it."""
    rule = {
        "title": "A tiny rule",
        "id": IDENTIFIER,
        "logsource": {"category": "test"},
        "detection": {**detection, "condition": detection.get("condition", "selection")},
        "tags": list(tags),
        "level": "high",
    }
    return yaml.safe_dump(rule, sort_keys=False)


def selection(**fields: Any) -> str:
    """Return a Sigma rule with one selection; ``__`` in a name stands for the pipe."""
    return sigma({"selection": {name.replace("__", "|"): item for name, item in fields.items()}})


def write_rule(
    folder: Path,
    *,
    reference: str,
    translations: Mapping[str, tuple[str, str, Sequence[str]]],
    kind: str = "windows_security",
    **more: Any,
) -> Path:
    """Write a rule folder; ``translations`` maps a name to language, text and schemas."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sigma.yml").write_text(reference, "utf-8")
    manifest: Json = {
        "reference": {"file": "sigma.yml", "language": "sigma", "schema": "sigma"},
        "kind": kind,
        "translations": [],
        **more,
    }
    for name, (language, text, schemas) in translations.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
        entry = {"name": name, "file": f"{name}.txt", "language": language}
        manifest["translations"].append({**entry, "schemas": list(schemas)})
    (folder / "harness.yml").write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")
    return folder


def copy_rule(source: Path, folder: Path, *names: str) -> Path:
    """Copy a shipped rule with only some of its translations."""
    shutil.copytree(source, folder)
    manifest = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    manifest["translations"] = [one for one in manifest["translations"] if one["name"] in names]
    (folder / "harness.yml").write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")
    return folder


def change(path: Path, before: str, after: str) -> None:
    """Replace the one occurrence of a text in a file."""
    text = path.read_text("utf-8")
    assert text.count(before) == 1, f"{before!r} occurs {text.count(before)} times"
    path.write_text(text.replace(before, after), "utf-8")


def rule_of(folder: Path) -> Rule:
    """Return the one rule of a folder."""
    (rule,) = harness.load_rules(folder)
    return rule


def run(folder: Path, *, seed: int = 0, measure: bool = False) -> Json:
    """Run all rules below a folder and return the ``harness/test/1`` document."""
    return harness.test(harness.load_rules(folder), seed=seed, measure=measure)


def findings(document: Json, *codes: str) -> list[Json]:
    """Return the findings of a document, of some codes or all."""
    owners = (*document["results"], *document["rules"])
    found = [one for owner in owners for one in owner["findings"]]
    return [one for one in found if not codes or one["code"] in codes]


def only(document: Json, code: str) -> Json:
    """Return the one finding with a code."""
    (found,) = findings(document, code)
    return found


def serious(document: Json) -> set[tuple[str, str]]:
    """Return ``(translation, code)`` of every finding that fails a run."""
    return {
        (one["translation"], one["code"])
        for one in findings(document)
        if one["severity"] == "error" and one["known"] is None
    }
