"""A small ``harness/test/1`` document in which every text tries to break out of its place."""

from __future__ import annotations

from typing import Any

import pytest

SCRIPT = '<script>alert("x")</script>'
MARKUP = "a | b ``` c `d` **e** [f](http://g.example) <img src=x onerror=h> &amp; \\| \\"
HIDDEN = "control \x00\x1b[31m, turned \u202ecba\u202c, tag \U000e0041, zero\u200bwidth, bom \ufeff"
LONG = "long " + "x" * 30_000


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "code": "missed-malicious",
        "severity": "error",
        "known": None,
        "message": f"misses `a|b` because of {SCRIPT} and {MARKUP}",
        "hint": "do not",
        "translation": "eql",
        "schema": "winlogbeat@8.9",
        "version": "",
        "mutation": None,
        "family": "",
        "count": 1,
        "place": "rules/x/rule.toml:3:5",
        "excerpt": f'  file where x == "{SCRIPT}\u202e```"\n             ^^^^',
        "witness": None,
        **changes,
    }


def witness(**changes: Any) -> dict[str, Any]:
    return {
        "label": "malicious",
        "verdict": "stays silent",
        "because": HIDDEN,
        "activity": {"kind": "file_event"},
        "document": {
            "host": {"os": {"type": "linux"}},
            "```": "```\n```` </pre>",
            SCRIPT: [HIDDEN, {"deep": [[1, None, True]]}],
        },
        "steps": [
            {
                "text": "host.os.type == `w|`",
                "outcome": "false",
                "values": "host.os.type is 'linux'",
            },
            {"text": SCRIPT, "outcome": "unknown", "values": "user.name is absent"},
            {"text": "true", "outcome": "true", "values": ""},
        ],
        **changes,
    }


def survived(**changes: int) -> dict[str, int]:
    return {"malicious": 0, "survived": 0, "binding": 0, "held": 0, **changes}


def survival(*, kept: int, changed: int, **changes: int) -> dict[str, int]:
    return {"kept": kept, "changed": changed, **survived(**changes)}


def cell(**changes: Any) -> dict[str, Any]:
    return {
        "rule": "r-1",
        "title": f"{SCRIPT} {MARKUP}",
        "translation": "eql",
        "language": "eql",
        "schema": "winlogbeat@8.9",
        "source": "Winlogbeat",
        "version": "",
        "tp": 3,
        "fn": 1,
        "tn": 9,
        "fp": 0,
        "errors": 0,
        "cost": {"relative": 0.0, "growth": 0.0, "budget": "not measured"},
        "status": "fail",
        "robustness": {
            "value-case": survival(
                kept=199, changed=1, malicious=90, survived=89, binding=90, held=89
            ),
            "no|such`one": survival(kept=0, changed=2, malicious=1),
            "cmd-carets": survival(kept=1, changed=1, malicious=2, survived=1),
        },
        "engines": [],
        "findings": [],
        **changes,
    }


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "rule": "r-1",
        "name": "hostile_rule",
        "title": f"{SCRIPT} {MARKUP}",
        "severity": "high",
        "author": HIDDEN,
        "license": "# not a heading",
        "techniques": ["T1003.001", "T1003", "T9999", SCRIPT],
        "tactics": ["TA0006"],
        "findings": [],
        "gaps": [{"what": MARKUP, "reason": "1. no list"}],
        "robust": ["value-case", SCRIPT],
        "robustness": {
            "value-case": survived(malicious=90, survived=90, binding=90, held=90),
            "cmd-carets": survived(malicious=2, survived=0),
        },
        **changes,
    }


def document(**changes: Any) -> dict[str, Any]:
    summary = dict.fromkeys(
        ("rules", "translations", "documents", "verdicts", "findings", "warnings", "notes"), 0
    )
    return {
        "schema": "harness/test/1",
        "seed": 7,
        "harness": "0.1.0",
        "summary": {
            **summary,
            "known": 0,
            "unsupported": 0,
            "problems": 0,
            "interrupted": False,
            "seconds": 0.0,
        },
        "results": [],
        "rules": [],
        "problems": [],
        **changes,
    }


def hostile_document() -> dict[str, Any]:
    cells = [
        cell(findings=[finding(witness=witness()), finding(schema="endgame@1", witness=witness())]),
        cell(version="8|9", status="known", findings=[finding(known=f"{SCRIPT}|")]),
        cell(schema="graylog@0", status="pass", fn=0, findings=[finding(severity="note")]),
        cell(
            schema="logpoint@0",
            status="unsupported",
            robustness={},
            findings=[finding(code="unsupported", severity="warning", message=f"uses {MARKUP}")],
        ),
        cell(
            schema="sigma",
            status="error",
            robustness={},
            findings=[finding(code="invalid-query", message=LONG)],
        ),
    ]
    late = finding(code="late-event-missed", schema="", mutation="late-arrival", excerpt="")
    gone = finding(code="known-no-more", schema="*", translation="*")
    problem = {
        "code": "unknown-language",
        "message": f"there is no {MARKUP}",
        "place": "rules/`|y/harness.yml:1:2",
        "hint": HIDDEN,
        "excerpt": f"  {HIDDEN}\n  ^",
        "severity": "error",
    }
    made = document(results=cells, rules=[rule(findings=[late, gone])], problems=[problem, problem])
    made["summary"].update(rules=1, translations=5, verdicts=65, documents=65, findings=5)
    made["summary"].update(known=1, notes=1, warnings=1, unsupported=1, problems=2)
    return made


@pytest.fixture
def hostile() -> dict[str, Any]:
    """A document with a rule, a cell of each status, and every kind of finding."""
    return hostile_document()


@pytest.fixture
def empty() -> dict[str, Any]:
    """A run in which there was nothing to do."""
    return document()


@pytest.fixture
def interrupted(hostile: dict[str, Any]) -> dict[str, Any]:
    """A run that ended before its rule was finished."""
    hostile["rules"] = []
    hostile["summary"].update(interrupted=True, rules=0)
    return hostile
