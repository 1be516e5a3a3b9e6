"""The settled probes of the semantics sheets, where that folder is present."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import harness
from harness import languages
from measures.tables import section, table

REFUTED = Path(__file__).parents[2] / "tests" / "languages" / "refuted.toml"


def show(folder: Path) -> None:
    """Print the section."""
    section(
        "5. Probes",
        "A query, events, and what the real engine or its documentation says. Refuted: a better",
        "source contradicts the probe (tests/languages/refuted.toml); the harness follows that.",
    )
    if not folder.is_dir():
        print(f"The probes: not there ({folder.name})\n")
        return
    refuted = tomllib.loads(REFUTED.read_text("utf-8"))
    rows: list[tuple[object, ...]] = []
    for path in sorted(folder.glob("*.jsonl")):
        probes = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        if path.stem not in languages.names():
            rows.append((path.stem, "", "", "", len(probes), "not run: no such language"))
            continue
        outcomes = [_outcome(probe, refuted) for probe in probes]
        failed = [p["id"] for p, one in zip(probes, outcomes, strict=True) if one == "failed"]
        found = Counter(outcomes)
        counts = found["passed"], found["refuted"], len(failed), len(probes)
        rows.append((path.stem, *counts, ", ".join(failed[:3])))
    known = [row for row in rows if row[1] != ""]
    rows.append(("together", *(sum(int(str(row[at])) for row in known) for at in range(1, 5)), ""))
    table(("language", "passed", "refuted", "failed", "all", "which"), rows)


def _outcome(probe: Mapping[str, Any], refuted: Mapping[str, Any]) -> str:
    answer = _answer(probe)
    better = refuted.get(probe["id"])
    if better is not None:
        return "refuted" if answer == better["expected"] else "failed"
    return "passed" if answer == probe["expected"] else "failed"


def _answer(probe: Mapping[str, Any]) -> Any:
    try:
        return harness.match(
            probe["query"],
            language=probe["language"],
            events=probe["events"],
            types=probe.get("types"),
            now=probe.get("now"),
            options=probe.get("options"),
        )
    except harness.QuerySyntaxError:
        return "invalid"
    except harness.Unsupported as error:
        return f"Unsupported: {error.feature}"
