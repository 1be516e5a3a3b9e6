"""What is remembered of queries means what the queries mean, in every language."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import languages
from harness.evaluate.columns import Columns
from harness.evaluate.program import Compiled, Program
from harness.ir import Atom, Context, Equals, FieldType, View, all_of
from harness.ir.query import field_types, infer_types
from harness.scan import memory
from harness.scan.queries import About, NotRun, Queries, Query
from harness.source import QuerySyntaxError, Source, Unsupported
from tests.scan.support import hits, scan, write_events
from tests.support import selection, write_rule

CASES = Path(__file__).parents[1] / "languages" / "cases"
EVERY = 1 if os.environ.get("HARNESS_HYPOTHESIS", "default") == "deep" else 30
"""One case in so many is looked at."""
Json = dict[str, Any]


def _cases(language: str) -> list[tuple[Query, list[Json]]]:
    """Return queries of a language with the events of their cases."""
    found: list[tuple[Query, list[Json]]] = []
    for path in sorted((CASES / language).glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        for case in table.pop("case")[::EVERY]:
            whole = {**table, **case}
            listed = whole.get("events") or []
            given = listed if isinstance(listed, list) else [listed]
            events = [json.loads(one) if isinstance(one, str) else one for one in given]
            query = _query(language, whole, events)
            if query is not None:
                found.append((query, events))
    return found


def _query(language: str, case: Json, events: Sequence[Json]) -> Query | None:
    types: dict[str, FieldType] = {**infer_types(events), **field_types(case.get("types"))}
    options = case.get("options") or {}
    source = Source(case["query"], "<case>")
    spoken = languages.get(language)
    try:
        read = spoken.parse(source, Context(types=types, options=options))
    except (QuerySyntaxError, Unsupported):
        return None
    if read.stages or read.outcome or read.upstream or read.prepare:
        return None
    return Query(
        About("rule", "id", "title", "high", "file", "as written", language),
        language,
        Compiled.of(read.predicate, spoken.semantics, read.unknown),
        source=source,
        options=options,
        types=types,
    )


def _outcomes(query: Query, events: Sequence[Json]) -> list[Any]:
    program = Program([query.compiled], languages.get(query.language).semantics)
    found = list(program.run(Columns(events)))
    again = list(program.learned().run(Columns(events)))
    return [
        [(one.holds.tolist(), one.undefined.tolist()) for one in some] for some in (found, again)
    ]


def _remembered(some: Sequence[Query]) -> Queries:
    queries = Queries(queries=list(some), rules=[f"rule {n}" for n in range(len(some))])
    known = memory._plain(queries)
    assert known is not None
    return memory._queries(json.loads(json.dumps(known)))


@pytest.mark.parametrize("language", languages.names())
def test_a_remembered_query_means_the_same(language: str) -> None:
    made = _cases(language)
    if not made:
        pytest.skip("its queries see more than one event, or change what they see")
    again = _remembered([query for query, _ in made]).queries
    for (query, events), one in zip(made, again, strict=True):
        assert query.source is not None
        assert _outcomes(one, events) == _outcomes(query, events), query.source.text
        assert (one.options, one.types) == (query.options, query.types)


def test_a_text_that_hits_everywhere_is_given_up_alike() -> None:
    """What is looked for no more is decided instead, also where it was remembered."""
    events = [{"k": f"common {number}", "t": "hay"} for number in range(1500)]
    events += [{"k": "rare", "t": "needle"}, {"k": "common 0", "t": "needle"}]
    types = {"k": "keyword", "t": "keyword"}
    query = _query("lucene", {"query": "k:*common* AND t:*needle*", "types": types}, events)
    assert query is not None
    (one,) = _remembered([query]).queries
    assert _outcomes(one, events) == _outcomes(query, events) == [[([1501], [])]] * 2


def test_a_query_that_sees_a_field_in_two_ways_is_read_at_once() -> None:
    ways = (View("way", lambda value: (value,)), View("way", lambda value: (str(value) + "!",)))
    atoms = [
        Atom(field="k", check=Equals(text), view=way)
        for way, text in zip(ways, ("abcdef", "ghijkl!"), strict=True)
    ]
    semantics = languages.get("lucene").semantics
    one, both = (Compiled.of(all_of(*some), semantics) for some in (atoms[:1], atoms))
    assert not memory._is_ambiguous(one)
    assert memory._is_ambiguous(both)
    about = About("rule", "id", "title", "high", "file", "as written", "lucene")
    queries = [Query(about, "lucene", some, source=Source("k:x", "<q>")) for some in (one, both)]
    known = memory._plain(Queries(queries=queries, rules=["a", "b"]))
    assert known is not None
    assert [row["again"] for row in known["queries"]] == [False, True]
    assert known["queries"][1]["needles"] == known["queries"][1]["clauses"] == []


def test_no_query_is_read_again_where_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    query = _query("lucene", {"query": "k:needle", "types": {"k": "keyword"}}, [{"k": "hay"}])
    assert query is not None
    (one,) = _remembered([query]).queries
    read: list[str] = []
    lucene = languages.get("lucene")

    def parse(source: Source, context: Context) -> Any:
        read.append(source.text)
        return lucene.parse(source, context)

    class Spoken:
        semantics, views = lucene.semantics, lucene.views

        def __init__(self) -> None:
            self.parse = parse

    monkeypatch.setattr(languages, "get", lambda _: Spoken())
    assert list(Program([one.compiled], lucene.semantics).run(Columns([{"other": "x"}] * 3))) == []
    assert read == []
    assert len(list(Program([one.compiled], lucene.semantics).run(Columns([{"k": "needle"}])))) == 1
    assert read == ["k:needle"]


def test_a_rule_in_another_language_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    folder = write_rule(
        tmp_path / "rules" / "one",
        reference=selection(Image="x"),
        translations={},
    )
    (folder / "harness.yml").write_text(
        "reference: {file: rule.txt, language: s1ql, schema: sentinelone_deep_visibility}\n"
        "kind: process_creation\n"
        "translations:\n"
        "  - {name: a, file: rule.txt, language: s1ql, schemas: [sentinelone_deep_visibility]}\n",
        "utf-8",
    )
    (folder / "rule.txt").write_text('TgtProcName StartsWith "eve"', "utf-8")
    events = [
        {"EventType": "Process Creation", "EndpointOS": "windows", "TgtProcName": name}
        for name in ("bob", "eve1", "Eve", "eve2")
    ]
    path = write_events(tmp_path / "e.jsonl", events)
    first = scan(tmp_path / "rules", path, remember=True)
    calls: list[Any] = []
    monkeypatch.setattr("harness.ruleset.load.load", lambda *_: calls.append(1))
    known = scan(tmp_path / "rules", path, remember=True)
    assert not calls
    assert list(hits(known).values()) == [[2, 4]] == list(hits(first).values())
    (folder / "rule.txt").write_text('TgtProcName != "x"', "utf-8")
    monkeypatch.undo()
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    assert list(hits(scan(tmp_path / "rules", path, remember=True)).values()) == [[1, 2, 3, 4]]


def test_what_a_converter_could_not_be_asked_is_not_remembered() -> None:
    about = About("rule", "id", "title", "high", "file", "lucene", "lucene")
    assert memory._plain(Queries(not_run=[NotRun(about, "no-converter", "not there")])) is None
    assert memory._plain(Queries(not_run=[NotRun(about, "unsupported", "no")])) is not None


def test_other_targets_are_other_memories(tmp_path: Path) -> None:
    from harness.cli.scan import _request  # noqa: PLC0415 - what the command line makes

    keys = {memory.key_for([tmp_path])}
    keys |= {memory.key_for([tmp_path], _request(one)) for one in (("lucene",), ("eql", "lucene"))}
    assert len(keys) == 3
    assert memory.state_of([tmp_path]) != memory.state_of([tmp_path], _request(("lucene",)))
