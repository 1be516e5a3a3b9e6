"""The committed corpora are what the generator makes, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import harness
from harness.cli.generate import corpus_files
from harness.documents import store

ROOT = Path(__file__).parents[2]
RULES = sorted(path.parent for path in (ROOT / "rules").glob("*/harness.yml"))


@pytest.mark.parametrize("folder", RULES, ids=lambda folder: folder.name)
def test_corpus_is_as_committed(folder: Path) -> None:
    rule = harness.load_rules(folder)[0]
    files = corpus_files(rule, mutations=False, seed=0)
    committed = ROOT / "corpora" / folder.name
    again = "make the corpora again as corpora/README.md says"
    assert {path.name for path in committed.glob("*.jsonl")} == set(files), again
    for name, text in files.items():
        assert (committed / name).read_text("utf-8") == text, f"{name} differs; {again}"
    manifest = json.loads((committed / "manifest.json").read_text("utf-8"))
    assert manifest == store.manifest(files, rule=rule.metadata.id, seed=0), again


@pytest.mark.parametrize("folder", RULES, ids=lambda folder: folder.name)
def test_corpus_has_both_labels_in_every_source(folder: Path) -> None:
    manifest = json.loads((ROOT / "corpora" / folder.name / "manifest.json").read_text("utf-8"))
    for facts in manifest["files"].values():
        assert set(facts["labels"]) == {"benign", "malicious"}
