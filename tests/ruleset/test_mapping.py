"""How the store of a language indexes the fields of a data source."""

from __future__ import annotations

import pytest

from harness import schemas
from harness.ir import FieldType
from harness.ruleset.mapping import index_types
from harness.ruleset.model import Translation
from harness.source import Source

ELASTIC = FieldType(name="wildcard", settings={"fields": {"text": {"type": "text"}}})
OPENSEARCH = FieldType(
    name="keyword", settings={"fields": {"text": {"type": "text"}}, "ignore_above": 1024}
)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("lucene", ELASTIC), ("eql", ELASTIC), ("opensearch", OPENSEARCH), ("ppl", OPENSEARCH)],
)
def test_opensearch_has_no_wildcard_type_from_an_agent(language: str, expected: FieldType) -> None:
    """Only agents under Elastic's licence declare the type."""
    query = Translation(
        name=language, language=language, source=Source("", "q"), schemas=("winlogbeat",)
    )
    recorded = schemas.get("winlogbeat").types("process_creation")
    assert recorded["process.command_line"] == ELASTIC
    found = index_types(query, "winlogbeat", recorded)
    assert found["process.command_line"] == expected
    assert found["process.pid"] == recorded["process.pid"]
