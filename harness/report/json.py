"""The machine-readable report; its JSON Schema is ``harness/report/test.schema.json``."""

from __future__ import annotations

import json

from harness.report._base import Format, Results


def render(results: Results) -> str:
    """Return the document with stable key order, one value a line."""
    return json.dumps(results, indent=2, ensure_ascii=False, default=str) + "\n"


FORMAT = Format(name="json", title="JSON", extensions=(".json",), render=render)
