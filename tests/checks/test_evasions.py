"""What a rule promises about evasions is judged; what it does not promise is only counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.documents.build import documents
from harness.events.corpus import samples_of
from harness.events.intent import intent_of
from harness.mutations import Effect
from tests.support import Json, findings, rule_of, run, selection, sigma, write_rule

DOWNLOAD = selection(
    Image__endswith="\\powershell.exe", CommandLine__contains__all=["iex", "DownloadString("]
)
ACCOUNT = selection(Image__endswith="\\net.exe", CommandLine__contains__all=["user", "add"])
POWERSHELL = {"Image|endswith": "\\powershell.exe"}
PLAIN = sigma({"selection": {**POWERSHELL, "CommandLine|contains": "iex"}})
TOLERANT = sigma(
    {
        "plain": {**POWERSHELL, "CommandLine|contains": "iex"},
        "evasive": {**POWERSHELL, "CommandLine|re": "i`?e`x"},
        "condition": "1 of them",
    }
)


def _rule(folder: Path, reference: str, query: str, *robust: str) -> Path:
    return write_rule(
        folder,
        reference=reference,
        translations={"tested": ("sigma", query, ["sigma"])},
        kind="process_creation",
        promises={"robust": list(robust)},
    )


def _missed(document: Json) -> list[Json]:
    found = findings(document, "mutation-missed")
    return [one for one in found if one["mutation"] == "powershell-backticks"]


def test_an_evasion_that_nobody_promises_is_only_counted(tmp_path: Path) -> None:
    document = run(_rule(tmp_path / "r", DOWNLOAD, DOWNLOAD))
    assert _missed(document) == []
    (result,), (rule,) = document["results"], document["rules"]
    assert result["robustness"]["powershell-backticks"] == {
        "kept": 0,
        "changed": 1,
        "malicious": 1,
        "survived": 0,
        "binding": 0,
        "held": 0,
    }
    assert rule["robust"] == []
    assert rule["robustness"]["powershell-backticks"] == {
        "malicious": 1,
        "survived": 0,
        "binding": 0,
        "held": 0,
    }


def test_a_promised_evasion_that_is_missed_is_an_error(tmp_path: Path) -> None:
    """The reference misses it as well, which is no excuse: the rule promises it."""
    document = run(_rule(tmp_path / "r", DOWNLOAD, DOWNLOAD, "powershell-backticks"))
    (found,) = _missed(document)
    assert found["severity"] == "error"
    assert "`" in found["witness"]["document"]["CommandLine"]
    assert found["witness"]["label"] == "malicious"
    assert found["hint"] == "the reference misses it too: the rule itself has to allow for it"
    (rule,) = document["rules"]
    assert rule["robust"] == ["powershell-backticks"]
    survival = rule["robustness"]["powershell-backticks"]
    assert (survival["binding"], survival["held"]) == (1, 0)


def test_a_translation_that_is_evaded_where_the_rule_is_not(tmp_path: Path) -> None:
    document = run(_rule(tmp_path / "r", TOLERANT, TOLERANT, "powershell-backticks"))
    assert _missed(document) == []
    (found,) = _missed(run(_rule(tmp_path / "s", TOLERANT, PLAIN, "powershell-backticks")))
    assert found["severity"] == "error"
    assert "reference" not in found["hint"]
    assert "iex` is false" in found["message"]


@pytest.mark.parametrize("name", ["extra-quotes", "option-abbreviations", "extra-blanks"])
def test_a_promise_that_is_kept(tmp_path: Path, name: str) -> None:
    tolerant = selection(Image__endswith="\\net.exe", CommandLine__re=".*u\\W*s\\W*e\\W*r.*/")
    document = run(_rule(tmp_path / "r", tolerant, tolerant, name))
    assert findings(document, "mutation-missed") == []


def test_evasions_are_for_malicious_events_and_few(tmp_path: Path) -> None:
    rule = rule_of(_rule(tmp_path / "r", ACCOUNT, ACCOUNT, "extra-quotes"))
    intent = intent_of(rule)
    samples = samples_of(rule, intent)
    made = documents(samples.samples, intent, intent.schema)
    quoted = [one for one in made if one.mutation == "extra-quotes"]
    assert {one.detail for one in quoted} == {
        "CommandLine with quotes around arguments",
        "CommandLine with quotes inside arguments",
    }
    assert all(one.malicious and one.effect is Effect.KEEPS for one in quoted)
    assert {one.sample.family for one in quoted} == {"as-typed"}
    many = selection(
        Image__endswith="\\x.exe", CommandLine__contains=[f"tool{n} run" for n in range(12)]
    )
    rule = rule_of(_rule(tmp_path / "many", many, many))
    read = intent_of(rule)
    attacks = samples_of(rule, read).samples
    for focus, most in ((None, 8), (lambda _: frozenset({"CommandLine"}), 3)):
        of_many = documents(attacks, read, read.schema, focus=focus)
        tried = {one.sample.name for one in of_many if one.mutation == "extra-blanks"}
        assert len(tried) == most
    blanks = [one for one in made if one.mutation == "extra-blanks"]
    assert {one.effect for one in blanks} == {Effect.PROBES}
    again = documents(samples_of(rule, intent).samples, intent, intent.schema)
    assert [one.body for one in again] == [one.body for one in made]


def test_probes_of_other_mutations_stay_probes(tmp_path: Path) -> None:
    """A key that the rule reads may be missing; promising deletions does not judge that."""
    document = run(_rule(tmp_path / "r", DOWNLOAD, DOWNLOAD, "deleted-key", "key-case"))
    assert [one for one in findings(document) if one["mutation"] == "deleted-key"] == []
    found = [one for one in findings(document) if one["mutation"] == "key-case"]
    assert {one["severity"] for one in found} == {"error"}, "a promise about keys is judged"
