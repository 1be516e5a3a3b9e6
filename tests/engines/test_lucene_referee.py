"""Query strings in Lucene's classic syntax, on Lucene itself: a second opinion.

Debian's ``liblucene8-java`` and a JDK have it. It knows keywords and texts, and neither the types
of Elasticsearch nor its additions to the syntax: ``_exists_``, ``f:*``, ``f:>1`` are not asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from harness import referee
from harness.referee import Grammar, World, _elastic
from tests.engines._elasticsearch_cases import VERDICTS, story
from tests.engines._lucene import TYPES, Lucene, missing, version

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "all is there"),
    pytest.mark.skipif(
        os.environ.get("HARNESS_HYPOTHESIS", "default") == "default",
        reason="seconds: tox -e referee",
    ),
]
NO_LUCENE = re.compile(
    r"""
    _exists_ | [<>] | \*:                                       # what names or compares fields
    | (?:^|[\s"():+!^\]}/-])\*(?=$|[\s")^~/])                    # `*` alone: existence
    | (?<!\\)~(?![012](?:[\s)^]|\Z))                            # `~` by length, or misread
    | [\[{]"\*?"\ | "\*?"[\]}]                                  # "" and "*" as bounds
    | ghost:\s*/                                               # never read on an unmapped field
    """,
    re.VERBOSE,
)
"""What is Elasticsearch's own."""
FIELDS = ("k", "t", "tw", "ghost")
VERSION = "7.17"
"""The Elasticsearch whose regular expressions are those of Lucene 8."""


def _classic(query: str) -> bool:
    return bool(query.strip()) and NO_LUCENE.search(query) is None


_leaves = _elastic.leaves(FIELDS, loose=False)
_queries = st.one_of(_leaves, st.recursive(_leaves, _elastic._joined, max_leaves=6))
_tokens = (
    "AND OR NOT && || ! + - ( ) : k: t: tw: ghost: ? a abc* b?c "
    '"a b" " ~1 ^2 ^ [ ] { } TO 1 / a/ \\ \\u00e9 b'
)
_soup = st.lists(st.sampled_from((*_tokens.split(), "a b", " ", " ", " ")), max_size=9).map("".join)
_documents = tuple({name: one[name] for name in TYPES if name in one} for one in _elastic.DOCUMENTS)
WORLD = World(TYPES, _documents, {"version": VERSION})
GRAMMAR = Grammar(
    language="lucene",
    queries=st.one_of(_queries, _queries, _soup).filter(_classic),
    worlds=lambda _: st.just(WORLD),
    options=st.fixed_dictionaries(
        {"default_field": st.sampled_from(["k", "t", "tw"])},
        optional={"default_operator": st.sampled_from(["AND", "OR"])},
    ),
)


@pytest.fixture(scope="module")
def lucene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lucene]:
    lucene = Lucene(Path(tmp_path_factory.mktemp("lucene")))
    yield lucene
    lucene.close()


def test_random_queries(lucene: Lucene) -> None:
    report = referee.search(
        GRAMMAR, lucene, "Lucene", examples=settings().max_examples, seconds=120, seed=0
    )
    VERDICTS[f"Lucene {version()}, random lucene, seed 0"] += report.verdicts
    assert report.disagreement is None, story(report)
