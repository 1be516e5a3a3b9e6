"""The machine-readable report; its JSON Schema is ``harness/report/test.schema.json``."""

from __future__ import annotations

import json
import re

from harness.report._base import Format, Results

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair, which an event may have and UTF-8 has not."""


def render(results: Results) -> str:
    """Return the document with stable key order, one value a line."""
    text = json.dumps(results, indent=2, ensure_ascii=False, default=str)
    return _HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", text) + "\n"


FORMAT = Format(name="json", title="JSON", extensions=(".json",), render=render)
