"""What a rule says about itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks import Finding, RuleResult
from harness.checks.metadata import CHECK
from harness.ruleset import attack
from tests.support import KEY_FILE, MASTER_KEY, change, copy_rule, rule_of, sigma, write_rule


def _found(folder: Path, *codes: str) -> list[Finding]:
    """Return what the check says about a rule; it looks at no events."""
    assert CHECK.rule is not None
    found = list(CHECK.rule(RuleResult(rule=rule_of(folder), intent=None, cells=())))
    assert all(one.code in CHECK.codes for one in found)
    return [one for one in found if not codes or one.code in codes]


def _only(folder: Path, code: str) -> Finding:
    (found,) = _found(folder, code)
    return found


@pytest.fixture
def elastic(tmp_path: Path) -> Path:
    return copy_rule(KEY_FILE, tmp_path / "r", "eql")


def test_the_shipped_rules_are_consistent(elastic: Path, tmp_path: Path) -> None:
    copy_rule(MASTER_KEY, tmp_path / "m", "es-qs")
    assert _found(elastic) == []
    assert _found(tmp_path / "m") == []


@pytest.mark.parametrize(
    ("severity", "score", "wrong"),
    [
        ("low", 21, False),
        ("low", 22, True),
        ("medium", 22, False),
        ("medium", 47, False),
        ("high", 47, True),
        ("high", 73, False),
        ("critical", 74, False),
        ("critical", 73, True),
    ],
)
def test_severity_and_score(elastic: Path, severity: str, score: int, *, wrong: bool) -> None:
    change(elastic / "elastic.toml", 'severity = "high"', f'severity = "{severity}"')
    change(elastic / "elastic.toml", "risk_score = 73", f"risk_score = {score}")
    found = _found(elastic, "severity-mismatch")
    assert bool(found) is wrong
    for one in found:
        assert one.severity == "warning"
        assert one.message == f"severity {severity!r} does not go with risk score {score}"
        assert one.place == str(elastic / "elastic.toml")
        assert one.hint


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        ('id = "T1555"', 'id = "T155"', "attack-id", "'T155' is no ATT&CK technique id"),
        ('id = "T1555"', 'id = "T9999"', "attack-id", "T9999 is not in ATT&CK"),
        (
            'name = "Private Keys"',
            'name = "Public Keys"',
            "attack-name",
            "T1552.004 is called 'Private Keys', not 'Public Keys'",
        ),
        ('id = "TA0006"', 'id = "TA0999"', "attack-id", "'TA0999' is no ATT&CK tactic"),
        ('id = "TA0006"', 'id = "TA0040"', "attack-tactic", "belongs to credential-access"),
    ],
    ids=["malformed", "unknown", "wrong name", "unknown tactic", "wrong tactic"],
)
def test_attack_of_an_elastic_rule(
    elastic: Path, before: str, after: str, code: str, words: str
) -> None:
    change(elastic / "elastic.toml", before, after)
    found = _found(elastic)
    assert code in {one.code for one in found}
    assert any(words in one.message for one in found if one.code == code)
    assert all(one.hint and one.severity == "warning" for one in found)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["attack.credential_access", "attack.t1003"], []),
        (["attack.credential-access", "attack.t1003.001"], []),
        (["attack.t1003"], []),
        (["attack.s0002", "attack.g0016"], []),
        (["attack.t1003.1"], ["attack-id"]),
        (["attack.persistence", "attack.t1003"], ["attack-tactic"]),
        (["attack.no_such_tactic"], ["attack-id"]),
        (["attack.t1086"], ["attack-id"]),
        (["attack.stealth", "attack.t9999"], ["attack-newer"]),
        (["attack.defense-impairment", "attack.t1003"], ["attack-newer"]),
        (["attack.stealth", "attack.t1003.1"], ["attack-newer", "attack-id"]),
    ],
    ids=str,
)
def test_attack_of_a_sigma_rule(tmp_path: Path, tags: list[str], expected: list[str]) -> None:
    reference = sigma({"selection": {"EventID": 4692}}, tags=tags)
    folder = write_rule(
        tmp_path / "r", reference=reference, translations={"t": ("sigma", reference, ["sigma"])}
    )
    assert [one.code for one in _found(folder)] == expected


def test_a_retired_technique(tmp_path: Path) -> None:
    """T1086 (PowerShell) became T1059.001 when sub-techniques came."""
    reference = sigma({"selection": {"EventID": 4692}}, tags=["attack.t1086"])
    folder = write_rule(
        tmp_path / "r", reference=reference, translations={"t": ("sigma", reference, ["sigma"])}
    )
    found = _only(folder, "attack-id")
    assert found.message == f"T1086 (PowerShell) is retired in ATT&CK {attack.version()}"
    assert found.hint == "use the technique that replaced it"


def test_a_field_of_the_guide_that_no_source_has(elastic: Path) -> None:
    text = (elastic / "elastic.toml").read_text("utf-8")
    text = text.replace('"field":"process.pid"', '"field":"process.pidd"')
    (elastic / "elastic.toml").write_text(text, "utf-8")
    found = _only(elastic, "guide-field")
    assert found.message == (
        "the guide's query 'Events of the writing process' reads 'process.pidd', "
        "which no source records"
    )
    assert found.hint == "did you mean 'process.pid'?"


def test_a_placeholder_of_the_guide_is_a_field_too(elastic: Path) -> None:
    text = (elastic / "elastic.toml").read_text("utf-8")
    (elastic / "elastic.toml").write_text(text.replace("{{process.pid}}", "{{nothing}}"), "utf-8")
    assert "'nothing'" in _only(elastic, "guide-field").message


@pytest.mark.parametrize(
    "query", ['{"label": }', "{nonsense}", '{"a":' + '{"a":' * 5000 + "}" * 5001], ids=len
)
def test_a_query_of_the_guide_that_cannot_be_read(elastic: Path, query: str) -> None:
    change(elastic / "elastic.toml", "## Triage\n", f"## Triage\n!{{investigate{query}}}\n")
    found = _only(elastic, "guide-query")
    assert found.severity == "warning"
    assert found.hint


@pytest.mark.parametrize("query", ['{"providers": 3}', '{"providers": [3, [4]]}', "{}"])
def test_a_guide_of_another_shape_is_left_alone(elastic: Path, query: str) -> None:
    change(elastic / "elastic.toml", "## Triage\n", f"## Triage\n!{{investigate{query}}}\n")
    assert _found(elastic, "guide-query", "guide-field") == []
