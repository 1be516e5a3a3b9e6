"""A referee finds what an engine and our reading differ in, and makes it small."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import cli, referee
from harness.engines import EngineFailure
from harness.engines._base import Leftover
from harness.ir import Event, FieldType
from harness.referee._cases import case_of, record
from harness.source import QuerySyntaxError, Source, Span


class Wrong:
    """An engine that reads SQLite as we do, but for the queries that a word stands in."""

    version = "1.0"

    def __init__(self, word: str, *, refuses: bool = False) -> None:
        self.word, self.refuses = word, refuses
        self.documents: Sequence[Event] = ()
        self.stored = 0

    @property
    def taken(self) -> list[bool]:
        return [True] * len(self.documents)

    @contextmanager
    def store(self, documents: Sequence[Event], types: Mapping[str, FieldType]) -> Iterator[Wrong]:
        del types
        before, self.documents = self.documents, documents
        self.stored += 1
        yield self
        self.documents = before

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        wrong = self.word in query
        if wrong and self.refuses:
            message = "no such word"
            raise QuerySyntaxError(message, Source(query, "<wrong>"), Span(0, 1))
        found = harness.match(
            query, language=language, events=list(self.documents), options=options
        )
        return [not one if wrong and one is not None else one for one in found]

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        return types

    def leftovers(self) -> list[Leftover]:
        return []

    def remove(self, name: str) -> None:
        raise AssertionError(name)

    def close(self) -> None:
        raise AssertionError


def _search(engine: Wrong, examples: int = 250) -> referee.Report:
    grammar = referee.get("sqlite")
    return referee.search(grammar, engine, "Wrong", examples=examples, seconds=60, seed=3)


def test_equal_engines_agree() -> None:
    engine = Wrong("no query holds this")
    report = _search(engine, examples=200)
    assert report.disagreement is None
    assert report.queries > 150
    assert report.verdicts > 1000
    assert engine.stored <= 2, "a world that is drawn again is stored once"


def test_a_wrong_verdict_is_made_small() -> None:
    report = _search(Wrong("IS NULL"))
    found = report.disagreement
    assert found is not None
    assert len(found.query) < 20
    assert "IS NULL" in found.query
    (document,) = found.world.documents
    assert len(document) <= 1
    assert isinstance(found.ours, list)
    assert isinstance(found.theirs, list)
    assert found.ours[0] is not found.theirs[0]


def test_a_refusal_is_made_small() -> None:
    report = _search(Wrong("BETWEEN", refuses=True))
    found = report.disagreement
    assert found is not None
    assert found.theirs == "invalid"
    assert found.words == "no such word"
    assert len(found.query) < 30
    assert found.world.documents == ()


def test_a_case_says_what_the_engine_says() -> None:
    report = _search(Wrong("IS NULL"))
    assert report.disagreement is not None
    (case,) = tomllib.loads(case_of(report, report.disagreement))["case"]
    assert case["query"] == report.disagreement.query
    assert case["expected"] == report.disagreement.theirs
    assert [json.loads(one) for one in case["events"]] == list(report.disagreement.world.documents)
    assert case["source"] == "ran on Wrong 1.0 (harness referee, seed 3)"


def test_the_same_seed_makes_up_the_same_queries() -> None:
    first, second = (_search(Wrong("IS NULL")) for _ in range(2))
    assert first.disagreement is not None
    assert second.disagreement is not None
    assert first.queries == second.queries
    assert first.disagreement.query == second.disagreement.query


def test_time_ends_it() -> None:
    grammar = referee.get("sqlite")
    engine = Wrong("no query holds this")
    report = referee.search(grammar, engine, "Wrong", examples=10**6, seconds=0.5, seed=0)
    assert report.disagreement is None
    assert 0 < report.queries < 10**5


def test_an_engine_that_fails_ends_it() -> None:
    class Down(Wrong):
        def ask(self, *_: Any, **__: Any) -> list[bool | None]:
            message = "it is down"
            raise EngineFailure(message)

    with pytest.raises(EngineFailure, match="it is down"):
        _search(Down("x"))


def test_numbers_are_recorded_once_a_run(tmp_path: Path) -> None:
    path = tmp_path / "runs.toml"
    path.write_text('# kept\n\n[[cases]]\nlanguage = "grep"\n', "utf-8")
    report = referee.Report("SQLite", "3.40", "sqlite", 1, queries=5, verdicts=50)
    record(path, report)
    report.verdicts = 60
    record(path, report)
    text = path.read_text("utf-8")
    table = tomllib.loads(text)
    assert text.startswith("# kept\n")
    assert table["cases"] == [{"language": "grep"}]
    assert [one["verdicts"] for one in table["generated"]] == [60]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = tmp_path / "runs.toml"
    code = cli.run(
        ["referee", "sqlite", "--engine", "sqlite", "--examples", "50", "--record", str(numbers)]
    )
    out = capsys.readouterr().out
    assert code == 0
    assert out.startswith("sqlite on SQLite ")
    assert out.rstrip().endswith("no disagreement")
    (run,) = tomllib.loads(numbers.read_text("utf-8"))["generated"]
    assert f"{run['verdicts']:,} verdicts" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["spl", "--engine", "sqlite"], "no grammar makes up queries in 'spl'"),
        (["sqlite", "--engine", "grep"], "give NAME=URL"),
        (["lucene", "--engine", "nobody=http://localhost:1"], "'nobody' is no kind of server"),
    ],
)
def test_what_cannot_be_asked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["referee", *arguments]) == 2
    assert message in capsys.readouterr().err
