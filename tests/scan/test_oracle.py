"""On real events of simulated attacks, a scan of SigmaHQ's rules finds what `oracle` finds."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from harness import languages
from harness.evaluate import oracle
from harness.ir import Truth
from harness.scan.prepare import prepared
from harness.scan.work import Worker
from harness.telemetry.formats import Batch, Piece
from harness.telemetry.logsources import covers_one
from harness.telemetry.streams import ReadEvent, Reading, tables

DATA = Path(__file__).parents[3] / "shared" / "data"
STEP = 20


@pytest.mark.long
def test_every_verdict_is_that_of_oracle() -> None:
    if not DATA.is_dir():
        pytest.skip("the shared rules and events are not beside this checkout")
    with gzip.open(DATA / "otrf-sample.jsonl.gz") as file:
        lines = file.read().splitlines()[::STEP]
    ready = prepared([DATA / "sigma-rules"], remember=False)
    part = Worker(ready.queries)("jsonl", Piece("events", data=b"\n".join(lines)))
    found = {(number, row) for number, rows in part.hits.items() for row in rows}
    events = [json.loads(line) for line in lines]
    semantics = languages.get("sigma").semantics
    expected = set()
    judged = 0
    for table in tables(Batch.of(events, frozenset(), range(len(events)), len(events)))[0]:
        for number, query in enumerate(ready.queries.queries):
            assert query.asked is not None
            if not covers_one(query.asked, table.members):
                continue
            for row in table.rows.tolist():
                assert isinstance(table.reading, Reading)
                event = ReadEvent(events[row], table.reading)
                judged += 1
                truth = oracle.evaluate(query.compiled.exact.predicate, event, semantics)
                if truth is Truth.TRUE:
                    expected.add((number, row))
    assert judged > 1_000_000 // STEP
    assert found == expected
    assert found
