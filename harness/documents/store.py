"""Documents as JSON lines, and the manifest that says where they came from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import harness
from harness.documents.document import Document


def as_json(document: Document) -> dict[str, Any]:
    """Return a document with its label and lineage."""
    return {
        "name": document.name,
        "label": document.label,
        "because": document.sample.because,
        "mutation": document.mutation,
        "detail": document.detail,
        "effect": document.effect.value,
        "activity": document.activity,
        "document": document.document,
    }


def to_jsonl(documents: Iterable[Document]) -> str:
    """Return one line a document, keys in a fixed order, so that equal corpora are equal bytes."""
    lines = (json.dumps(as_json(one), ensure_ascii=False, sort_keys=True) for one in documents)
    return "".join(f"{line}\n" for line in lines)


def manifest(files: Mapping[str, str], *, rule: str, seed: int) -> dict[str, Any]:
    """Return what made some files of a corpus: ``files`` maps their names to their texts."""
    return {
        "schema": "harness/corpus/1",
        "harness": harness.__version__,
        "rule": rule,
        "seed": seed,
        "files": {
            name: {
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "labels": dict(sorted(_labels(text).items())),
            }
            for name, text in sorted(files.items())
        },
    }


def _labels(text: str) -> Counter[str]:
    return Counter(json.loads(line)["label"] for line in text.splitlines())
