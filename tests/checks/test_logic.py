"""What a run says of conditions that decide nothing, and of events that could not be made."""

from __future__ import annotations

from pathlib import Path

from tests.support import Json, run, selection, sigma, write_rule

BACKUP = selection(EventID=4692, SubjectUserName="backupsvc")


def _run(folder: Path, reference: str) -> Json:
    """Return what a run says of a rule, with a translation that does not matter here."""
    translations = {"tested": ("sigma", BACKUP, ["sigma"])}
    rules: list[Json] = run(write_rule(folder, reference=reference, translations=translations))[
        "rules"
    ]
    return rules[0]


def test_what_cannot_be_built_is_told(tmp_path: Path) -> None:
    reference = sigma(
        {
            "selection": {"EventID": 4692},
            "same": {"SubjectUserName|fieldref": "SubjectUserName"},
            "condition": "selection and same",
        }
    )
    rule = _run(tmp_path / "r", reference)
    assert rule["gaps"] == [
        {
            "what": "a benign event that differs in an expression alone",
            "reason": "an expression over several values is not solved",
        }
    ]


def test_what_is_proven_of_a_rule_is_found(tmp_path: Path) -> None:
    reference = sigma(
        {
            "selection": {"EventID": 4692, "SubjectUserName|contains": ["svc", "svc_backup"]},
            "condition": "selection",
        }
    )
    rule = _run(tmp_path / "r", reference)
    (found,) = [one for one in rule["findings"] if one["code"] == "dead-atom"]
    assert found["severity"] == "note"
    assert found["message"] == (
        "SubjectUserName like '*svc_backup*' (any case) decides nothing: "
        "whatever it matches is matched by SubjectUserName like '*svc*' (any case)"
    )
    assert "svc_backup" in found["excerpt"]
