"""Labelled activities: their labels are true, and each condition is turned alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import languages, schemas
from harness.evaluate import oracle
from harness.events import alternatives, complete, solve
from harness.events.intent import Intent, intent_of
from harness.events.model import Code, Label, Sample, Samples
from harness.ir import (
    ANY_FIELD,
    NUMBER,
    And,
    AtLeast,
    Atom,
    Call,
    Case,
    Condition,
    Equals,
    FieldValue,
    Function,
    Glob,
    Has,
    Literal,
    Matches,
    Nested,
    Not,
    Or,
    Order,
    Ordered,
    Predicate,
    Presence,
    Truth,
    Wild,
    children,
)
from harness.logic.decisions import decisions
from harness.source import Span
from tests.support import KEY_FILE, MASTER_KEY, copy_rule, rule_of, selection, write_rule

EQUAL = Function("test.equal", lambda left, right: left == right)


def _is(field: str, value: Any) -> Atom:
    return Atom(field=field, check=Equals(value, Case.UNICODE))


def _like(field: str, *pieces: Any) -> Atom:
    return Atom(field=field, check=Glob(pieces, Case.UNICODE))


def _matches(field: str, pattern: str) -> Atom:
    return Atom(field=field, check=Matches(pattern, "pcre"))


def _same(left: str, right: str) -> Condition:
    expression = Call(EQUAL, (FieldValue(left), FieldValue(right)))
    return Condition(expression=expression, truth=lambda value: Truth.of(bool(value)))


def _intent(predicate: Predicate, kind: str = "windows_security") -> Intent:
    return Intent(
        kind=kind,
        schema=schemas.get("sigma"),
        predicate=predicate,
        semantics=languages.get("sigma").semantics,
    )


ID = Atom(field="EventID", check=Equals(4692), view=NUMBER)
PREDICATES: dict[str, Predicate] = {
    "one number": ID,
    "one text": _is("SubjectUserName", "admin"),
    "conjunction": And((ID, _is("SubjectUserName", "admin"))),
    "disjunction": Or((ID, _like("SubjectUserName", "svc_", Wild.ANY))),
    "negation": And((ID, Not(_is("SubjectUserName", "admin")))),
    "negated disjunction": And((ID, Not(Or((_is("TaskName", "a"), _is("TaskName", "b")))))),
    "two tests of one field": And(
        (_like("Image", Wild.ANY, "\\cmd.exe"), Not(_like("Image", "C:\\Windows", Wild.ANY)))
    ),
    "beginning and end": And(
        (_like("Image", "C:\\Users\\", Wild.ANY), _like("Image", Wild.ANY, "\\net.exe"))
    ),
    "several parts of one text": And(
        tuple(_like("CommandLine", Wild.ANY, part, Wild.ANY) for part in ("-enc", "-w", "hidden"))
    ),
    "parts, and an exception": And(
        (
            _like("CommandLine", Wild.ANY, "user", Wild.ANY),
            _like("CommandLine", Wild.ANY, "/add"),
            Not(_like("CommandLine", Wild.ANY, "/domain", Wild.ANY)),
        )
    ),
    "a value that may be missing": Or((ID, Presence(field="TargetUserName", has=Has.KEY))),
    "parts of one text, and exceptions in three other fields": And(
        (
            *(_like("CommandLine", Wild.ANY, part, Wild.ANY) for part in ("\\Ser", "\\Par")),
            _like("CommandLine", Wild.ANY, "\\Dll"),
            Not(
                Or(
                    (
                        _is("SubjectUserName", "a"),
                        And((_is("RecoveryServer", "s"), _like("CommandLine", "x", Wild.ANY))),
                        And((_is("TaskName", "t"), _is("FailureReason", "0x5"))),
                    )
                )
            ),
        )
    ),
    "parts of one text that does not end with a blank": And(
        (
            *(_like("CommandLine", Wild.ANY, part, Wild.ANY) for part in (" use ", "/user: ")),
            Not(_like("CommandLine", Wild.ANY, " ")),
        )
    ),
    "at least": AtLeast(
        2, (_is("SubjectUserName", "u"), _is("RecoveryServer", "s"), _is("FailureReason", "0x5"))
    ),
    "a value is there": And((ID, Presence(field="RecoveryServer", has=Has.VALUE))),
    "a value is not there": And((ID, Presence(field="RecoveryServer", has=Has.NULL))),
    "a pattern": Atom(field="Service", check=Matches(r"^svc[^a]-[0-9]{3}$", "pcre")),
    "an order": Atom(field="Size", check=Ordered(Order.GREATER, 100), view=NUMBER),
    "a value of the open kind": _is("TargetUserName", "krbtgt"),
}


def _atoms(node: Predicate) -> list[Predicate]:
    below = children(node)
    return [leaf for child in below for leaf in _atoms(child)] if below else [node]


def _outcomes(intent: Intent, sample: Sample) -> tuple[Truth, ...]:
    document = intent.schema.render(intent.kind, sample.activity.values)
    return tuple(
        oracle.evaluate(atom, document, intent.semantics) for atom in _atoms(intent.predicate)
    )


def _turned_alone(intent: Intent, built: Samples) -> set[int]:
    """Return the atoms for which a benign and a malicious sample differ in that atom only."""
    labelled: dict[Label, set[tuple[Truth, ...]]] = {label: set() for label in Label}
    for sample in built.samples:
        labelled[sample.label].add(_outcomes(intent, sample))
    found = set()
    for bad in labelled[Label.MALICIOUS]:
        for good in labelled[Label.BENIGN]:
            differing = [
                number
                for number, pair in enumerate(zip(bad, good, strict=True))
                if len(set(pair)) > 1
            ]
            if len(differing) == 1:
                found.add(differing[0])
    return found


@pytest.mark.parametrize("name", PREDICATES)
def test_labels_are_the_verdict_of_the_predicate(name: str) -> None:
    intent = _intent(PREDICATES[name])
    built = solve.samples(intent)
    assert {sample.label for sample in built.samples} == set(Label)
    for sample in built.samples:
        document = intent.schema.render(intent.kind, sample.activity.values)
        fires = oracle.evaluate(intent.predicate, document, intent.semantics) is Truth.TRUE
        assert fires is (sample.label is Label.MALICIOUS), sample.because


OVERLAP = Or((ID, Presence(field="RecoveryServer", has=Has.VALUE)))
"""An event with that id has that value, too: turning one of the two turns nothing."""


def test_what_still_fires_is_not_called_benign() -> None:
    intent = _intent(OVERLAP)
    built = solve.samples(intent)
    assert {sample.label for sample in built.samples} == set(Label)
    for sample in built.samples:
        assert intent.label(sample.activity.values) is sample.label, sample.because


@pytest.mark.parametrize("name", PREDICATES)
def test_every_near_miss_differs_in_one_condition_alone(name: str) -> None:
    intent = _intent(PREDICATES[name])
    built = solve.samples(intent)
    fires = {_outcomes(intent, one) for one in built.samples if one.label is Label.MALICIOUS}
    near = [
        one for one in built.samples if one.label is Label.BENIGN and one.family != "background"
    ]
    assert near
    for sample in near:
        good = _outcomes(intent, sample)
        distances = [sum(a is not b for a, b in zip(good, bad, strict=True)) for bad in fires]
        assert min(distances) == 1, sample.because


@pytest.mark.parametrize("name", PREDICATES)
def test_each_condition_is_turned_alone(name: str) -> None:
    intent = _intent(PREDICATES[name])
    built = solve.samples(intent)
    assert _turned_alone(intent, built) == set(range(len(_atoms(intent.predicate))))
    assert built.gaps == ()


def _master_key(folder: Path) -> Intent:
    return intent_of(rule_of(copy_rule(MASTER_KEY, folder / "rule", "es-qs")))


def _key_file(_: Path) -> Intent:
    return intent_of(rule_of(KEY_FILE))


@pytest.mark.parametrize(
    ("door", "constant", "gaps"),
    [(_master_key, {"OS"}, []), (_key_file, {"event.category"}, ["event.category"])],
    ids=["master key", "key file"],
)
def test_shipped_rules(
    tmp_path: Path, door: Callable[[Path], Intent], constant: set[str], gaps: list[str]
) -> None:
    """Each atom is turned alone, but for values that every activity of the kind shares.

    What the log source alone asks for is no gap.
    """
    intent = door(tmp_path)
    built = solve.samples(intent)
    atoms = _atoms(intent.predicate)
    turned = _turned_alone(intent, built)
    fields = {getattr(atom, "field", None) for n, atom in enumerate(atoms) if n not in turned}
    assert fields == constant
    assert [gap.what for gap in built.gaps] == [
        f"a benign event that differs in {name} alone" for name in gaps
    ]
    assert {gap.reason for gap in built.gaps} <= {"it is the same in every activity of this kind"}
    for sample in built.samples:
        assert intent.label(sample.activity.values) is sample.label


def test_labels_of_the_master_key_rule_by_hand(tmp_path: Path) -> None:
    """The rule's meaning in one line of Python, beside every label."""
    built = solve.samples(_master_key(tmp_path))
    for sample in built.samples:
        values = sample.activity.values
        is_backup = str(values["EventID"]) == "4692" and values["Channel"].lower() == "security"
        assert is_backup is (sample.label is Label.MALICIOUS), sample.name
    families = {sample.family for sample in built.samples if sample.label is Label.BENIGN}
    assert {"other-value", "digit-added", "digit-before", "neighbour", "background"} <= families


def test_labels_of_the_key_file_rule_by_hand() -> None:
    built = solve.samples(intent_of(rule_of(KEY_FILE)))
    for sample in built.samples:
        values = sample.activity.values
        name = values["TargetFilename"].rpartition("\\")[2].lower()
        is_key = name.startswith("ntds_capi_") and name.endswith((".pfx", ".pvk"))
        expected = is_key and values["OS"] == "windows" and values["Action"] != "deletion"
        assert expected is (sample.label is Label.MALICIOUS), sample.name
    endings = {
        str(sample.activity.values["TargetFilename"])[-4:]
        for sample in built.samples
        if sample.label is Label.MALICIOUS
    }
    assert endings == {".pfx", ".pvk"}, "both patterns of the list are tried"


@pytest.mark.parametrize(
    ("predicate", "what", "reason"),
    [
        (
            And((ID, _same("EventID", "EventID"))),
            "a benign event that differs in an expression alone",
            "an expression over several values is not solved",
        ),
        (
            Nested("parts", _is("parts.name", "x")),
            "a malicious event that turns on an expression",
            "an expression over several values is not solved",
        ),
        (
            And((ID, _is("EventID", "4692"))),
            "a benign event that differs in EventID alone",
            "neither was one found, nor that there can be none",
        ),
        (
            And((_is("OS", "windows"), ID)),
            "a benign event that differs in OS alone",
            "it is the same in every activity of this kind",
        ),
    ],
    ids=["tautology", "nested", "redundant in another type", "constant"],
)
def test_gaps_say_what_and_why(predicate: Predicate, what: str, reason: str) -> None:
    gaps = solve.samples(_intent(predicate)).gaps
    assert (what, reason) in [(gap.what, gap.reason) for gap in gaps]


@pytest.mark.parametrize(
    "predicate",
    [
        And((ID, _same("SubjectUserName", "RecoveryServer"))),
        And((ID, Not(_same("SubjectUserName", "RecoveryServer")))),
        Or(
            (
                _like("SubjectUserName", Wild.ANY, "ab", Wild.ANY),
                _like("SubjectUserName", Wild.ANY, "ba", Wild.ANY),
            )
        ),
        And(
            (
                _matches("SubjectUserName", "^svc_[a-z]+$"),
                Not(_like("SubjectUserName", Wild.ANY, "backup", Wild.ANY)),
            )
        ),
        And((Or(tuple(_is("TargetUserName", f"user{n}") for n in range(27))), ID)),
    ],
    ids=["two fields", "two fields apart", "overlap", "expression and exception", "many"],
)
def test_every_condition_decides_both_ways(
    predicate: Predicate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not built directly is looked for condition by condition."""
    monkeypatch.setattr(alternatives, "MAX_ALTERNATIVES", 20)
    intent = _intent(predicate)
    built = solve.samples(intent)
    assert built.gaps == ()
    assert built.facts == ()
    documents = [intent.document(one.activity.values) for one in built.samples]
    assert all(one.both_ways for one in decisions(predicate, documents, intent.semantics))


def test_a_rule_with_too_many_conditions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alternatives, "MAX_ALTERNATIVES", 5)
    monkeypatch.setattr(complete, "MAX_WORK", 300)
    many = Or(tuple(_is("TargetUserName", f"user{n}") for n in range(30)))
    (gap,) = solve.samples(_intent(many)).gaps
    assert str(gap) == "a malicious event that turns on TargetUserName (15 conditions)"
    assert gap.reason == complete.TOO_MANY


NAME = "SubjectUserName"


@pytest.mark.parametrize(
    ("predicate", "facts"),
    [
        (
            And((_is(NAME, "a"), _is(NAME, "b"))),
            [
                (
                    "always-false",
                    "the rule can never fire",
                    f"{NAME} = 'a' (any case) and {NAME} = 'b' (any case) exclude each other",
                )
            ],
        ),
        (
            Or((_is(NAME, "a"), Not(_is(NAME, "a")))),
            [("always-true", "the rule fires on every event", "")],
        ),
        (
            Or((_like(NAME, Wild.ANY, "ab", Wild.ANY), _like(NAME, "a", Wild.ONE, "b", "ab"))),
            [
                (
                    "dead-atom",
                    f"{NAME} like 'a?bab' (any case) decides nothing",
                    f"whatever it matches is matched by {NAME} like '*ab*' (any case)",
                )
            ],
        ),
        (
            And((_like(NAME, Wild.ANY, "ab"), _like(NAME, Wild.ANY, "b"))),
            [
                (
                    "dead-atom",
                    f"{NAME} like '*b' (any case) decides nothing",
                    f"it holds wherever another does: {NAME} like '*ab' (any case)",
                )
            ],
        ),
        (
            Or((_is(NAME, "a"), And((_is("TaskName", "t"), _is(NAME, "b"), _is(NAME, "c"))))),
            [
                (
                    "unreachable-branch",
                    "a branch can never hold",
                    f"{NAME} = 'b' (any case) and {NAME} = 'c' (any case) exclude each other",
                )
            ],
        ),
        (
            Or((_is(NAME, "a"), And((_is("TaskName", "t"), _is(NAME, "a"))))),
            [
                (
                    "unreachable-branch",
                    "a branch decides nothing",
                    "wherever it holds, the rest of the rule has decided already",
                )
            ],
        ),
        (
            Or((_is(NAME, "a"), _is(NAME, "A"))),
            [("dead-atom", f"{NAME} = 'a' (any case) decides nothing", "…")],
        ),
    ],
    ids=["never", "always", "covered", "implied", "impossible", "beside", "twice"],
)
def test_what_is_proven(predicate: Predicate, facts: list[tuple[str, str, str]]) -> None:
    spans = iter(Span(n, n + 1) for n in range(100))
    built = solve.samples(_intent(_placed(predicate, spans)))
    assert built.gaps == () or facts[0][0] == "always-false"
    found = [(one.code.value, one.what, one.why) for one in built.facts]
    assert [one[:2] for one in found] == [one[:2] for one in facts]
    assert all(one[2] in {"…", other[2]} for one, other in zip(facts, found, strict=True))
    assert all(one.atom for one in built.facts if one.code is not Code.ALWAYS_TRUE)


_NULL = Atom(field=NAME, check=Equals("a", Case.UNICODE), missing=Truth.UNKNOWN)


@pytest.mark.parametrize(
    "predicate",
    [
        Or((_NULL, Not(_NULL))),
        And(tuple(Atom(field=ANY_FIELD, check=Equals(one, Case.UNICODE)) for one in "ab")),
    ],
    ids=["unknown where the value is missing", "two values of one event"],
)
def test_nothing_is_proven_where_an_event_may_do_it(predicate: Predicate) -> None:
    assert solve.samples(_intent(predicate)).facts == ()


def _placed(node: Predicate, spans: Iterator[Span]) -> Predicate:
    """Give each condition a place of its own."""
    match node:
        case And(items):
            return And(tuple(_placed(one, spans) for one in items))
        case Or(items):
            return Or(tuple(_placed(one, spans) for one in items))
        case Not(item):
            return Not(_placed(item, spans))
        case Atom():
            return replace(node, span=next(spans))
        case _:
            return node


def test_unicity() -> None:
    """Names are unique; no two samples of a label, family and atom read the same."""
    built = solve.samples(_intent(PREDICATES["conjunction"]))
    names = [sample.name for sample in built.samples]
    assert len(names) == len(set(names))
    shown = [(one.label, one.family, one.because, one.atom) for one in built.samples]
    plain = [one for one in shown if one[1] != "background"]
    assert len(plain) == len(set(plain))


_SCRIPT = """
import hashlib, json, sys
from pathlib import Path
import harness
for folder, schemas in (sys.argv[1], ("sigma", "winlogbeat")), (sys.argv[2], ("crowdstrike_fdr",)):
    (rule,) = harness.load_rules(Path(folder))
    for schema in schemas:
        for seed in 0, 1:
            found = harness.corpus(rule, schema, seed=seed)
            shown = [(one.name, one.label, one.effect, one.activity, one.document) for one in found]
            print(hashlib.sha256(json.dumps(shown, default=str).encode()).hexdigest())
"""


def _digests(folder: Path, hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", _SCRIPT, str(folder), str(KEY_FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603 - our own interpreter
    return done.stdout.split()


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Also for patterns, globs and lists, in other processes, whatever their hash seed is."""
    reference = selection(
        EventID=[4692, 4693], SubjectUserName__re="^svc[^a]-[0-9]{3}$", RecoveryServer="*dc*"
    )
    folder = write_rule(
        tmp_path / "r", reference=reference, translations={"t": ("sigma", reference, ["sigma"])}
    )
    one = _digests(folder, "1")
    assert len(one) == len(set(one)) == 6, "another seed gives other bytes"
    assert one == _digests(folder, "2")


def test_literals_compare_by_leaf() -> None:
    """What makes one literal the same test as another: its leaf and the wanted outcome."""
    assert alternatives.Literal(ID, wanted=True) == alternatives.Literal(ID, wanted=True)
    assert alternatives.Literal(ID, wanted=True) != alternatives.Literal(ID, wanted=False)
    assert Literal(1) == Literal(1)
