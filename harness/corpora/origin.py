"""What a corpus was made of, so that it can be found, made again, and told to have changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from harness.ruleset.files import MANIFEST as RULE_MANIFEST
from harness.ruleset.model import Rule
from harness.ruleset.regressions import home_of


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


def path_of(rule: Rule) -> str:
    """Return where a rule lies below the top of its work tree; empty where it is that itself."""
    folder = rule.folder.resolve()
    home = home_of(folder)
    own = (folder / RULE_MANIFEST).exists()
    place = folder if own else Path(rule.reference.source.name).resolve()
    path = place.relative_to(home).as_posix() if place.is_relative_to(home) else ""
    return "" if path == "." else path


def rule_digest(rule: Rule) -> str:
    """Return a digest of what a rule means: its reference, and what events it is about."""
    reference, delay = rule.reference, rule.promises.late_by
    told = {
        "kind": rule.kind,
        "language": reference.language,
        "query": reference.source.text,
        "schemas": reference.schemas,
        "options": dict(reference.options),
        "logsource": dict(rule.metadata.logsource),
        "late_by": delay.total_seconds() if delay else None,
        "saved": [dict(one.values) for one in rule.regressions],
    }
    text = json.dumps(told, sort_keys=True, default=str)
    return digest(text.encode("utf-8", "surrogatepass"))
