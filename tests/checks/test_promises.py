"""Each promise on a tiny rule that keeps it, and on one that breaks it in a known way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
from harness import checks
from harness.checks import Cell, Cost, Finding, all_checks
from harness.checks._base import Opinion
from harness.errors import InvalidInput
from harness.ir import Truth
from harness.mutations import Effect
from harness.run.engine import execute
from harness.run.events import CellFinished
from harness.run.plan import Plan
from harness.source import Unsupported
from tests.support import (
    IDENTIFIER,
    Json,
    findings,
    only,
    rule_of,
    run,
    selection,
    serious,
    sigma,
    write_rule,
)

BACKUP = selection(EventID=4692, SubjectUserName="backupsvc")
ACCOUNTS = selection(SubjectUserName__startswith=["svc_", "adm_"])
FLAT = ["sigma"]


def _rule(folder: Path, reference: str, query: str, **more: Any) -> Path:
    language = more.pop("language", "sigma")
    schemas = more.pop("schemas", FLAT)
    translations = {"tested": (language, query, schemas)}
    return write_rule(folder, reference=reference, translations=translations, **more)


def _steps(found: Json) -> list[tuple[str, str, str]]:
    return [(one["text"], one["outcome"], one["values"]) for one in found["witness"]["steps"]]


def _cells(folder: Path) -> list[Cell]:
    plan = Plan(rules=(rule_of(folder),), measure=False)
    return [event.cell for event in execute(plan) if isinstance(event, CellFinished)]


def test_every_check_is_documented() -> None:
    names = [one.name for one in all_checks()]
    assert names == sorted(names)
    assert {"agreement", "budget", "metadata", "precision"} <= set(names)
    assert {"readable", "recall", "robustness", "schedule"} <= set(names)
    for one in all_checks():
        assert one.question.endswith("?")
        assert all(text.endswith(".") for text in one.codes.values())
        assert (one.cell is None) is not (one.rule is None)
    codes = [code for one in all_checks() for code in one.codes]
    assert len(codes) == len(set(codes)), "a code belongs to one check"


def test_a_translation_that_means_the_same_has_no_finding(tmp_path: Path) -> None:
    document = run(_rule(tmp_path / "r", BACKUP, BACKUP))
    assert findings(document) == []
    (result,) = document["results"]
    assert (result["status"], result["fn"], result["fp"]) == ("pass", 0, 0)
    assert result["tp"] > 0
    assert result["tn"] > 0


# recall


def test_never_fires(tmp_path: Path) -> None:
    query = selection(EventID=4693, SubjectUserName="backupsvc")
    found = only(run(_rule(tmp_path / "r", BACKUP, query)), "never-fires")
    assert found["severity"] == "error"
    assert found["message"] == (
        "never fires on Sigma taxonomy: `EventID: 4693` is false: EventID is 4692"
    )
    assert found["place"] == f"{tmp_path / 'r' / 'tested.txt'}:7:5"
    assert found["excerpt"] == "      EventID: 4693\n      ^^^^^^^^^^^^^"
    assert found["hint"]
    assert found["witness"]["label"] == "malicious"
    assert found["witness"]["verdict"] == "stays silent"
    assert found["witness"]["document"] == {"EventID": 4692, "SubjectUserName": "backupsvc"}
    assert found["witness"]["activity"] == {
        "kind": "windows_security",
        "EventID": 4692,
        "SubjectUserName": "backupsvc",
    }
    assert _steps(found) == [
        ("EventID: 4693", "false", "EventID is 4692"),
        ("SubjectUserName: backupsvc", "true", "SubjectUserName is 'backupsvc'"),
    ]


def test_missed_malicious_shows_the_alternative_that_is_missed(tmp_path: Path) -> None:
    query = selection(SubjectUserName__startswith="svc_")
    found = only(run(_rule(tmp_path / "r", ACCOUNTS, query)), "missed-malicious")
    assert found["witness"]["document"].keys() == {"SubjectUserName"}
    assert found["witness"]["document"]["SubjectUserName"].startswith("adm_")
    assert found["place"].endswith("tested.txt:7:5")
    assert _steps(found)[0][:2] == ("SubjectUserName|startswith: svc_", "false")


@pytest.mark.parametrize(("promise", "broken"), [(0.0, False), (0.5, False), (0.6, True)])
def test_recall_is_a_share(tmp_path: Path, *, promise: float, broken: bool) -> None:
    """Half of the malicious events start with each of the two prefixes."""
    query = selection(SubjectUserName__startswith="svc_")
    folder = _rule(tmp_path / "r", ACCOUNTS, query, promises={"recall": promise})
    document = run(folder)
    (result,) = document["results"]
    assert result["tp"] == result["fn"]
    assert bool(findings(document, "missed-malicious")) is broken


def test_a_field_that_the_source_never_records(tmp_path: Path) -> None:
    folder = _rule(
        tmp_path / "r",
        selection(EventID=4692),
        "EventID:4692",
        language="lucene",
        schemas=["winlogbeat"],
    )
    found = only(run(folder), "never-fires")
    assert "it reads `EventID`, which that source never records" in found["message"]
    assert found["excerpt"].splitlines()[0].strip() == "EventID:4692"
    assert found["hint"] == "use the field that this data source records"


def test_a_field_that_the_source_may_record(tmp_path: Path) -> None:
    """The kind is open: any event data may be there, and is not in this event."""
    query = selection(TargetUserName="backupsvc")
    found = only(run(_rule(tmp_path / "r", selection(EventID=4692), query)), "never-fires")
    assert "it needs `TargetUserName: backupsvc`, but TargetUserName is absent" in found["message"]


def test_a_source_that_records_no_such_activity(tmp_path: Path) -> None:
    """Sysmon does not report files on Linux in that stream; the rule is about Linux."""
    folder = _rule(
        tmp_path / "r",
        selection(OS="linux", TargetFilename="/etc/shadow"),
        "file.path:x",
        language="lucene",
        schemas=["sysmon_operational"],
        kind="file_event",
    )
    found = only(run(folder), "nothing-to-detect")
    assert (found["severity"], found["witness"]) == ("note", None)
    assert serious(run(folder)) == set()


# precision


def test_false_alarm_names_the_condition_that_was_lost(tmp_path: Path) -> None:
    found = only(run(_rule(tmp_path / "r", BACKUP, selection(EventID=4692))), "false-alarm")
    assert found["severity"] == "error"
    assert found["message"] == (
        "fires on a benign event of Sigma taxonomy: "
        "SubjectUserName is 'unrelated' instead of 'backupsvc'"
    )
    assert found["hint"].startswith("the translation does not test what tells this event apart")
    assert found["witness"]["document"] == {"EventID": 4692, "SubjectUserName": "unrelated"}
    assert found["witness"]["verdict"] == "fires"
    assert _steps(found) == [("EventID: 4692", "true", "EventID is 4692")]
    assert found["count"] > 1


def test_one_false_alarm_per_condition(tmp_path: Path) -> None:
    everything = sigma({"selection": {"EventID": "*"}})
    document = run(_rule(tmp_path / "r", BACKUP, everything))
    lost = {
        one["message"].split(": ")[1].split(" is ")[0] for one in findings(document, "false-alarm")
    }
    assert {"EventID", "SubjectUserName"} <= lost


@pytest.mark.parametrize(("promise", "broken"), [(0.0, False), (0.3, False), (1.0, True)])
def test_precision_is_a_share(tmp_path: Path, *, promise: float, broken: bool) -> None:
    folder = _rule(tmp_path / "r", BACKUP, selection(EventID=4692), promises={"precision": promise})
    document = run(folder)
    (result,) = document["results"]
    assert 0.3 < result["tn"] / (result["tn"] + result["fp"]) < 1
    assert bool(findings(document, "false-alarm")) is broken


def test_precision_that_is_met_exactly_is_met(tmp_path: Path) -> None:
    query = selection(EventID=4692)
    (result,) = run(_rule(tmp_path / "one", BACKUP, query))["results"]
    share = result["tn"] / (result["tn"] + result["fp"])
    for promise, broken in ((share, False), (share + 0.001, True)):
        folder = _rule(tmp_path / "r", BACKUP, query, promises={"precision": promise})
        assert bool(findings(run(folder), "false-alarm")) is broken


@pytest.mark.parametrize("missed", range(11))
def test_a_share_that_is_met_exactly_is_met(tmp_path: Path, missed: int) -> None:
    """Also where the share has no exact binary fraction: 1 of 10 keeps a promise of 0.1."""
    names = [f"user{number:02d}" for number in range(10)]
    query = selection(SubjectUserName=names[missed:] or "nobody")
    promises = {"recall": (10 - missed) / 10, "precision": 0}
    folder = _rule(tmp_path / "r", selection(SubjectUserName=names), query, promises=promises)
    document = run(folder)
    (result,) = document["results"]
    assert (result["tp"], result["fn"]) == (10 - missed, missed)
    assert findings(document, "missed-malicious", "never-fires") == []


# robustness


LUCENE = "winlog.event_id:4692 AND winlog.event_data.SubjectUserName:backupsvc"


@pytest.mark.parametrize(("robust", "severity"), [([], "note"), (["value-case"], "error")])
def test_mutation_missed(tmp_path: Path, robust: list[str], severity: str) -> None:
    """The field is a keyword: letter case counts in a Lucene query, and not on Windows."""
    folder = _rule(
        tmp_path / "r",
        BACKUP,
        LUCENE,
        language="lucene",
        schemas=["winlogbeat"],
        promises={"robust": robust},
    )
    document = run(folder)
    found = [
        one
        for one in findings(document, "mutation-missed")
        if (one["mutation"], one["family"]) == ("value-case", "SubjectUserName")
    ]
    assert [one["severity"] for one in found] == [severity]
    assert found[0]["place"].endswith(f"tested.txt:1:{LUCENE.index('backupsvc') + 1}")
    seen = found[0]["witness"]["document"]["winlog"]["event_data"]["SubjectUserName"]
    assert seen != "backupsvc"
    assert seen.lower() == "backupsvc"
    assert found[0]["witness"]["because"].startswith("SubjectUserName in ")


def test_mutation_false_alarm(tmp_path: Path) -> None:
    """An excluded account is found again once its name is written in upper case."""
    reference = sigma(
        {
            "selection": {"EventID": 4692},
            "other": {"SubjectUserName": "backupsvc"},
            "condition": "selection and not other",
        }
    )
    query = LUCENE.replace(" AND ", " AND NOT ")
    folder = _rule(
        tmp_path / "r",
        reference,
        query,
        language="lucene",
        schemas=["winlogbeat"],
        promises={"robust": ["value-case"]},
    )
    found = only(run(folder), "mutation-false-alarm")
    assert (found["mutation"], found["severity"]) == ("value-case", "error")
    assert found["witness"]["label"] == "benign"
    assert (
        found["witness"]["document"]["winlog"]["event_data"]["SubjectUserName"].lower()
        == "backupsvc"
    )


def test_a_robust_translation_keeps_its_verdicts(tmp_path: Path) -> None:
    names = ["renamed-keys", "deleted-key", "value-case", "number-string", "extra-fields"]
    folder = _rule(tmp_path / "r", BACKUP, BACKUP, promises={"robust": names})
    assert findings(run(folder)) == []


# readable


def test_invalid_query(tmp_path: Path) -> None:
    folder = write_rule(
        tmp_path / "r",
        reference=BACKUP,
        translations={
            "broken": ("lucene", "a:1 AND\n b:(c", ["winlogbeat"]),
            "good": ("sigma", BACKUP, FLAT),
        },
    )
    document = run(folder)
    found = only(document, "invalid-query")
    assert found["place"].startswith(f"{tmp_path / 'r' / 'broken.txt'}:2:")
    assert found["excerpt"].splitlines()[1].strip() == "^"
    assert [one["status"] for one in document["results"]] == ["error", "pass"]


def test_unsupported_is_an_answer_and_no_failure(tmp_path: Path) -> None:
    query = "EventCode=4692 | transaction host"
    folder = _rule(tmp_path / "r", BACKUP, query, language="spl", schemas=["splunk_wineventlog"])
    document = run(folder)
    found = only(document, "unsupported")
    assert (found["severity"], found["witness"]) == ("warning", None)
    assert "transaction" in found["excerpt"]
    assert found["hint"]
    assert (document["summary"]["unsupported"], document["summary"]["findings"]) == (1, 0)
    assert document["results"][0]["status"] == "unsupported"


# agreement


def test_agreement(tmp_path: Path) -> None:
    other = selection(EventID=4693, SubjectUserName="backupsvc")
    folder = write_rule(
        tmp_path / "r",
        reference=BACKUP,
        translations={
            "one": ("sigma", BACKUP, FLAT),
            "two": ("sigma", other, FLAT),
            "three": ("sigma", BACKUP, FLAT),
        },
    )
    found = only(run(folder), "disagreement")
    assert found["severity"] == "note"
    assert "one on sigma, three on sigma fire and two on sigma do not" in found["message"]
    assert found["hint"] == "by the reference the activity is malicious"
    assert found["witness"]["verdict"] == "disputed"
    assert found["witness"]["activity"]["EventID"] == 4692


def test_translations_that_are_wrong_alike_agree(tmp_path: Path) -> None:
    wide = ("sigma", selection(EventID=4692), FLAT)
    folder = write_rule(tmp_path / "r", reference=BACKUP, translations={"one": wide, "two": wide})
    document = run(folder)
    assert findings(document, "disagreement") == []
    assert len(findings(document, "false-alarm")) == 2


# budget


@pytest.mark.parametrize(
    ("language", "query", "schema"),
    [
        ("sigma", selection(SubjectUserName__re="^(a+)+$"), "sigma"),
        ("spl", r'EventCode=4692 | regex SubjectUserName="^(\w+\s?)+$"', "splunk_wineventlog"),
    ],
    ids=["sigma", "spl"],
)
def test_a_pattern_that_explodes(tmp_path: Path, language: str, query: str, schema: str) -> None:
    folder = _rule(tmp_path / "r", BACKUP, query, language=language, schemas=[schema])
    document = run(folder, measure=True)
    found = only(document, "cost-explodes")
    assert (found["severity"], found["mutation"]) == ("error", None)
    assert "a pattern gives up on a text made of" in found["message"]
    assert "(a+)+" in found["hint"]
    assert document["results"][0]["cost"]["budget"] == "over"


def test_a_linear_pattern_stays_in_its_budget(tmp_path: Path) -> None:
    query = selection(SubjectUserName__re="^a+$")
    document = run(_rule(tmp_path / "r", BACKUP, query), measure=True)
    assert findings(document, "cost-explodes", "cost-grows", "over-budget") == []
    assert document["results"][0]["cost"]["budget"] == "ok"


@pytest.mark.parametrize(
    ("cost", "code", "message"),
    [
        (Cost(relative=200.0, growth=1.5), "", ""),
        (Cost(relative=200.1, growth=1.0), "over-budget", "costs 200 times the cheapest predicate"),
        (Cost(relative=1.0, growth=2.0, text="ab"), "cost-grows", "to the power of 2.0"),
        (Cost(relative=1.0, growth=9.0, exhausted=True, text="a"), "cost-explodes", "'a'"),
    ],
    ids=["at the limit", "relative", "growth", "exhausted"],
)
def test_budget_of_a_measured_cost(tmp_path: Path, cost: Cost, code: str, message: str) -> None:
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, BACKUP))
    found = list(_check("budget", replace(cell, cost=cost)))
    assert [one.code for one in found] == ([code] if code else [])
    assert all(message in one.message for one in found)


def _check(name: str, cell: Cell) -> list[Finding]:
    (check,) = (one for one in checks.all_checks() if one.name == name)
    assert check.cell is not None
    return list(check.cell(cell))


def test_what_was_not_measured_has_no_cost_finding(tmp_path: Path) -> None:
    query = selection(SubjectUserName__re="^(a+)+$")
    document = run(_rule(tmp_path / "r", BACKUP, query), measure=False)
    assert findings(document, "cost-explodes") == []
    assert document["results"][0]["cost"]["budget"] == "not measured"


# real engines


def _opinion(cell: Cell, **more: Any) -> list[Finding]:
    opinion = Opinion(engine="some engine", version="1.2", **more)
    return _check("engine", replace(cell, opinions=(opinion,)))


def test_an_engine_that_agrees(tmp_path: Path) -> None:
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, BACKUP))
    documents = tuple(cell.documents)
    same = tuple(verdict is Truth.TRUE for verdict in cell.verdicts)
    assert _opinion(cell, documents=documents, verdicts=same) == []
    assert _check("engine", cell) == [], "no engine, no opinion"


@pytest.mark.parametrize(("told", "word"), [(False, "stays silent"), (None, "fails")])
def test_an_engine_that_disagrees(tmp_path: Path, told: bool | None, word: str) -> None:  # noqa: FBT001 - a verdict
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, BACKUP))
    event = next(one for one, verdict in cell.pairs() if verdict is Truth.TRUE)
    (found,) = _opinion(cell, documents=(event,), verdicts=(told,))
    assert (found.code, found.severity, found.count) == ("engine-disagrees", "error", 1)
    assert found.message.startswith(f"some engine 1.2 {word} where our reading does not")
    assert found.witness is not None
    assert found.witness.verdict == "fires"
    assert "bug of the harness" in found.hint


@pytest.mark.parametrize(
    ("more", "code", "severity"),
    [
        ({"rejection": "unmatched ( at 1"}, "engine-rejects", "error"),
        ({"failure": "it took longer than 5 s"}, "engine-fails", "warning"),
    ],
    ids=["rejects", "fails"],
)
def test_an_engine_that_gives_no_verdict(
    tmp_path: Path, more: dict[str, str], code: str, severity: str
) -> None:
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, BACKUP))
    (found,) = _opinion(cell, **more)
    assert (found.code, found.severity, found.witness) == (code, severity, None)
    assert next(iter(more.values())) in found.message


def test_an_engine_of_another_version_is_held_against_that_version(tmp_path: Path) -> None:
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, BACKUP))
    event = next(one for one, verdict in cell.pairs() if verdict is Truth.TRUE)
    silent = {"documents": (event,), "verdicts": (False,), "expected": (Truth.FALSE,)}
    assert _opinion(cell, **silent) == []
    (found,) = _opinion(cell, **silent | {"verdicts": (True,)})
    assert found.message.startswith("some engine 1.2 fires where our reading does not")


def test_an_engine_and_a_query_that_we_reject(tmp_path: Path) -> None:
    (read,) = _cells(_rule(tmp_path / "a", BACKUP, BACKUP))
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, "a:(", language="lucene"))
    assert cell.query is None
    (found,) = _opinion(cell, documents=tuple(read.documents[:1]), verdicts=(True,))
    assert (found.code, found.severity) == ("engine-accepts", "error")
    assert _opinion(cell, rejection="no") == [], "both reject it, and that is said already"


def test_an_engine_and_a_query_that_we_do_not_evaluate(tmp_path: Path) -> None:
    (read,) = _cells(_rule(tmp_path / "a", BACKUP, BACKUP))
    counting = "| tstats count where index=x by host"
    (cell,) = _cells(_rule(tmp_path / "r", BACKUP, counting, language="spl"))
    assert isinstance(cell.error, Unsupported)
    documents = tuple(one for one in read.documents if one.effect is Effect.KEEPS)
    right = tuple(one.malicious for one in documents)
    assert _opinion(cell, documents=documents, verdicts=right) == []
    wrong = tuple(not one for one in right)
    found = {one.code: one for one in _opinion(cell, documents=documents, verdicts=wrong)}
    assert set(found) == {"engine-misses", "engine-false-alarm"}
    assert found["engine-misses"].count == right.count(True)
    witness = found["engine-false-alarm"].witness
    assert witness is not None
    assert (witness.label, witness.verdict) == ("benign", "fires")
    (rejected,) = _opinion(cell, rejection="unknown command")
    assert rejected.code == "engine-rejects"


# known exceptions

REASON = "the forwarder drops every other account before this"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"translation": "tested"},
        {"schema": "sigma"},
        {"family": "other-value"},
        {"translation": "tested", "schema": "sigma", "family": "other-value"},
    ],
    ids=str,
)
def test_a_known_finding_does_not_fail_the_run(tmp_path: Path, more: dict[str, str]) -> None:
    known = [{"code": "false-alarm", "reason": REASON, **more}]
    document = run(_rule(tmp_path / "r", BACKUP, selection(EventID=4692), known=known))
    assert only(document, "false-alarm")["known"] == REASON
    assert serious(document) == set()
    assert document["results"][0]["status"] == "known"
    assert (document["summary"]["known"], document["summary"]["findings"]) == (1, 0)


@pytest.mark.parametrize(
    "more",
    [
        {"code": "never-fires"},
        {"translation": "other"},
        {"schema": "winlogbeat"},
        {"family": "neighbour"},
    ],
    ids=str,
)
def test_an_exception_that_is_no_more_true_is_a_finding(
    tmp_path: Path, more: dict[str, str]
) -> None:
    known = [{"code": "false-alarm", "reason": REASON, **more}]
    folder = _rule(tmp_path / "r", BACKUP, selection(EventID=4692), known=known)
    document = run(folder)
    assert only(document, "false-alarm")["known"] is None
    found = only(document, "known-no-more")
    assert found["severity"] == "error"
    lines = (folder / "harness.yml").read_text("utf-8").splitlines()
    path, line, column = found["place"].rsplit(":", 2)
    assert path == str(folder / "harness.yml")
    assert lines[int(line) - 1][int(column) - 1 :].startswith("code:")


def test_an_exception_covers_one_rule_only(tmp_path: Path) -> None:
    known = [{"code": "false-alarm", "reason": REASON}]
    for name, more in (("a", {"known": known}), ("b", {})):
        _rule(tmp_path / name, BACKUP, selection(EventID=4692), **more)
    document = run(tmp_path)
    marks = [one["known"] for one in findings(document, "false-alarm")]
    assert sorted(map(str, marks)) == ["None", REASON]


def test_an_exception_needs_a_reason(tmp_path: Path) -> None:
    folder = _rule(tmp_path / "r", BACKUP, BACKUP, known=[{"code": "false-alarm", "reason": "x"}])
    with pytest.raises(InvalidInput, match=r"known\.0\.reason"):
        harness.load_rules(folder)


# the rule as a whole


def test_a_reference_that_cannot_be_read_stops_only_its_own_rule(tmp_path: Path) -> None:
    broken = yaml.safe_load(BACKUP)
    broken["detection"]["condition"] = "selection and missing"
    _rule(tmp_path / "broken", yaml.safe_dump(broken), BACKUP)
    _rule(tmp_path / "good", BACKUP, BACKUP)
    document = run(tmp_path)
    (problem,) = document["problems"]
    assert problem["code"] == "invalid-query"
    assert problem["place"].startswith(str(tmp_path / "broken" / "sigma.yml"))
    assert [one["status"] for one in document["results"]] == ["pass"]


def test_keys_of_findings_are_stable_over_runs(tmp_path: Path) -> None:
    folder = _rule(tmp_path / "r", BACKUP, selection(EventID="469*"))
    plan = Plan(rules=(rule_of(folder),), measure=False)
    runs = [
        sorted(
            found.key
            for event in execute(plan)
            if isinstance(event, CellFinished)
            for found in event.findings
        )
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert {key[0] for key in runs[0]} == {IDENTIFIER}
