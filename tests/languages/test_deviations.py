"""Every declared difference from an engine covers its example, and not what stands beside it."""

from __future__ import annotations

import pytest

from harness import languages
from harness.languages import Language
from harness.languages._base import Deviation

EXAMPLES = {
    ("clickhouse", "parts that a constant decides"): ("if(1, a = 1, a = 'x')", "a = 1"),
    ("clickhouse", "order of evaluation"): ("toUInt8(a) = 1 OR b = 1", None),
    ("duckdb", "order of evaluation"): ("a::INT = 1 OR b = 1", None),
    ("logql", "paths into broken JSON"): ('{a="b"} | json x="a.b"', '{a="b"} | json'),
    ("opensearch", "years of nine digits"): (r"ts:<\-561600000", r"ts:<\-56160000"),
    ("querydsl", "unread clauses"): (
        '{"bool": {"must": [{"term": {"ghost": 1}}]}}',
        '{"term": {"ghost": 1}}',
    ),
    ("sqlite", "failing constants"): (
        "json_extract('{', '$.a') = 1",
        "json_extract('{}', '$.a') = 1",
    ),
}
"""A query that each of them is about, and a neighbour that it is not about."""
DECLARED = [
    pytest.param(language, one, id=f"{name}-{one.name}")
    for name in languages.names()
    for language in [languages.get(name)]
    for one in language.deviations
]


@pytest.mark.parametrize(("language", "deviation"), DECLARED)
def test_a_deviation_covers_what_it_says(language: Language, deviation: Deviation) -> None:
    example, neighbour = EXAMPLES[language.name, deviation.name]
    assert deviation.covers(example)
    if neighbour is None:  # about every query, and only where a part of it is undefined for us
        assert deviation.when == "it fails"
    else:
        assert not deviation.covers(neighbour)
    assert len(deviation.reason.split()) > 8, "a reason says why"
