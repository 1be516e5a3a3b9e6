"""What a finding names as its cause, where several parts of a query could be it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.checks import Cell
from harness.run.engine import execute
from harness.run.events import CellFinished
from harness.run.plan import Plan
from tests.support import change, findings, only, rule_of, run, selection, write_rule


def _rule(folder: Path, reference: str, language: str, query: str, **more: Any) -> Path:
    translations = {"tested": (language, query, ["sigma"])}
    return write_rule(folder, reference=reference, translations=translations, kind="event", **more)


def _message(folder: Path, code: str) -> str:
    return str(only(run(folder), code)["message"])


def _cell(folder: Path) -> Cell:
    plan = Plan(rules=(rule_of(folder),), measure=False, engines=True)
    (cell,) = (event.cell for event in execute(plan) if isinstance(event, CellFinished))
    return cell


def test_of_several_alternatives_the_likeliest_is_named(tmp_path: Path) -> None:
    reference = selection(User=["alice", "wilhelmina"])
    query = 'user:bob OR user:alice OR User:alice OR User:"wilhelmine"'
    folder = _rule(tmp_path / "r", reference, "lucene", query)
    message = _message(folder, "missed-malicious")
    assert message.endswith("""`User: "wilhelmine"` is false: User is 'wilhelmina'""")


def test_of_several_alternatives_the_nearest_is_named(tmp_path: Path) -> None:
    reference = selection(EventID=1, User="bob", Image="x.exe")
    query = "(EventID:2 AND User:bo AND Image:x) OR (EventID:1 AND User:bob AND Image:y.exe)"
    message = _message(_rule(tmp_path / "r", reference, "lucene", query), "never-fires")
    assert message.endswith("`Image: y.exe` is false: Image is 'x.exe'")


def test_after_a_mutation_it_is_the_alternative_that_was_true(tmp_path: Path) -> None:
    reference = selection(User=["BOB", "alice"])
    folder = _rule(
        tmp_path / "r",
        reference,
        "lucene",
        "User:BOB OR User:alice",
        promises={"robust": ["value-case"]},
    )
    found = [one for one in findings(run(folder), "mutation-missed") if one["mutation"]]
    assert found
    for one in found:
        value = one["witness"]["document"]["User"]
        original = "BOB" if value.upper() == "BOB" else "alice"
        assert f"`User: {original}` is false: User is {value!r}" in one["message"]


def test_an_open_outcome_names_the_part_that_is_open(tmp_path: Path) -> None:
    reference = selection(EventID=1)
    query = "SELECT * FROM events WHERE EventID=1 AND (EventID=2 OR NOT User='x')"
    message = _message(_rule(tmp_path / "r", reference, "aql", query), "undecided")
    assert "`User='x'`" in message


def test_what_no_page_settles_is_named(tmp_path: Path) -> None:
    """An escaped asterisk of Splunk."""
    reference = selection(User="a\\*b")
    message = _message(_rule(tmp_path / "r", reference, "spl", r'User="a\*b"'), "undecided")
    assert r'`User="a\*b"' in message or r'`User: "a\*b"' in message
    assert message.endswith("is undefined: User is 'a*b'")


def test_only_missing_fields_at_fault_are_named(tmp_path: Path) -> None:
    reference = selection(User="bob")
    query = "User:bob AND NOT other:x AND (one:1 OR (two:2 AND three:3)) AND four:4"
    message = _message(_rule(tmp_path / "r", reference, "lucene", query), "never-fires")
    assert message.endswith("it needs `one: 1`, but one is absent (and so is four)")


def test_a_part_that_is_true_under_a_negation(tmp_path: Path) -> None:
    reference = selection(User="bob")
    query = 'User="bob" -(Image="x" OR Other!=*)'
    found = only(run(_rule(tmp_path / "r", reference, "logpoint", query)), "never-fires")
    assert found["message"].endswith("`Other!=*` is true: Other is absent")
    assert found["hint"] == "the query leaves out events for which that is true"


def test_a_test_that_passes_all_the_same(tmp_path: Path) -> None:
    folder = _rule(tmp_path / "r", selection(User="bob"), "lucene", "User:b*")
    found = only(run(folder), "false-alarm")
    assert found["hint"].startswith("its test `User: b*` passes all the same (User is ")


def test_what_the_language_adds_is_no_step(tmp_path: Path) -> None:
    """That a filter of Loki may fail stands in no text of the query."""
    query = '{job="x"} | json | User=40000 and Ip!=ip("10.0.0.0/8")'
    folder = _rule(tmp_path / "r", selection(User=40000), "logql", query)
    found = only(run(folder), "never-fires")
    assert found["message"].endswith('it needs `Ip!=ip("10.0.0.0/8")`, but Ip is absent')
    texts = [one["text"] for one in found["witness"]["steps"]]
    assert texts.count("User=40000") == 1
    assert not any("no number" in one for one in texts)


def test_sqlite_is_asked_about_documents(tmp_path: Path) -> None:
    reference = selection(EventID=1, User="bob")
    query = "SELECT * FROM logs WHERE EventID=1 AND User='bob' AND NOT COALESCE((Other='x'), 0)"
    (opinion,) = _cell(_rule(tmp_path / "r", reference, "sqlite", query)).opinions
    assert (opinion.engine, opinion.rejection, opinion.failure) == ("SQLite", "", "")
    cell = _cell(tmp_path / "r")
    assert len(opinion.documents) == len(cell.documents) > 0
    assert [told is True for told in opinion.verdicts] == [
        verdict.name == "TRUE" for verdict in cell.verdicts
    ]


def test_sqlite_is_asked_with_the_columns_of_the_translation(tmp_path: Path) -> None:
    reference = selection(User="bob")
    folder = _rule(tmp_path / "r", reference, "sqlite", "SELECT * FROM logs WHERE User='BOB'")
    assert not _fires(folder)
    with_options = "language: sqlite\n  options: {columns: zircolite}"
    change(folder / "harness.yml", "language: sqlite", with_options)
    assert _fires(folder)
    assert not findings(run(folder), "engine-disagrees")


def _fires(folder: Path) -> bool:
    """Return whether SQLite returns an event as it was made."""
    (told,) = _cell(folder).opinions
    pairs = zip(told.documents, told.verdicts, strict=True)
    return any(verdict for document, verdict in pairs if document.mutation is None)
