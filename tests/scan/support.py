"""Rules and recorded events in a folder, and a scan of them in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.scan.collect import Collector
from harness.scan.prepare import prepared
from harness.scan.run import Scan, run
from harness.telemetry.inputs import find
from harness.telemetry.logsources import LogSource

SYSMON = "Microsoft-Windows-Sysmon/Operational"

Json = dict[str, Any]


def write_sigma(
    folder: Path,
    name: str,
    logsource: Mapping[str, str],
    detection: Mapping[str, Any],
    *,
    level: str = "high",
) -> Path:
    """Write a Sigma rule as a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    number = sum(map(ord, name))
    rule = {
        "title": name,
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "status": "test",
        "logsource": dict(logsource),
        "detection": {"condition": "selection", **detection},
        "level": level,
    }
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(rule, sort_keys=False), "utf-8")
    return path


def process(image: str, command: str, **more: Any) -> Json:
    """Return a process creation as Sysmon records it, flat."""
    return {
        "Channel": SYSMON,
        "EventID": 1,
        "Image": image,
        "CommandLine": command,
        **more,
    }


def write_events(path: Path, events: Sequence[Mapping[str, Any]]) -> Path:
    """Write events as JSON lines."""
    path.write_text("".join(json.dumps(one) + "\n" for one in events), "utf-8")
    return path


def scan(
    rules: Path,
    *events: Path,
    jobs: int = 1,
    declared: LogSource | None = None,
    remember: bool = False,
) -> Json:
    """Return what a scan says."""
    ready = prepared([rules], remember=remember)
    inputs = [one for path in events for one in find(str(path))]
    collector = Collector(ready.queries, inputs)
    run(Scan(queries=ready.queries, inputs=inputs, declared=declared, jobs=jobs), collector)
    return collector.document()


def hits(document: Json) -> dict[str, list[int]]:
    """Return the records that each rule returns first, by title."""
    return {
        row["title"]: [one["record"] for one in row["first"]]
        for row in document["rules"]
        if row["hits"]
    }
