"""JUnit XML: a test suite per rule, a test case per translation, source and promise.

The names are those of the pytest plugin. There is no official schema; elements and attributes
are the ones that Jenkins (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd) and GitLab
(https://docs.gitlab.com/ci/testing/unit_test_reports/) read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from harness.checks import Check, all_checks
from harness.report import _view
from harness.report._base import Format, Results
from harness.report._characters import as_json
from harness.report._view import Json, RuleView

_UNREAD = {
    "unsupported": "the query uses what the harness does not evaluate yet",
    "error": "the language rejects the query",
}
"""Why the other promises of a query that was not evaluated have no verdict."""


def render(results: Results) -> str:
    """Return the report as XML 1.0, valid for any text."""
    document = _view.shown(results)
    root = ET.Element("testsuites", name="detection-harness")
    for rule in _view.rules(document):
        root.append(_suite(document, rule.title, list(_cases(rule))))
    if document["problems"]:
        cases = [_problem(one) for one in document["problems"]]
        root.append(_suite(document, "inputs", cases))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{document['summary']['seconds']:.2f}")
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(document: Json, name: str, cases: Sequence[ET.Element]) -> ET.Element:
    suite = ET.Element("testsuite", name=name, tests=str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    properties = ET.SubElement(suite, "properties")
    for key, value in (("seed", document["seed"]), ("harness", document["harness"])):
        ET.SubElement(properties, "property", name=key, value=str(value))
    suite.extend(cases)
    return suite


def _cases(rule: RuleView) -> Iterator[ET.Element]:
    for cell in rule.cells:
        shown = f"{_view.name_of(cell)} on {cell['schema']}"
        checks = [check for check in all_checks() if check.cell is not None]
        for check in checks:
            yield _case(rule, f"{shown}: {check.name}", _of(check, cell), _no_verdict(check, cell))
        yield from _others(rule, f"{shown}: other", cell["findings"], checks)
    checks = [check for check in all_checks() if check.rule is not None]
    for check in checks:
        yield _case(rule, f"rule: {check.name}", _of(check, rule.rule))
    yield from _others(rule, "rule: other", rule.rule["findings"], checks)


def _of(check: Check, owner: Json) -> list[Json]:
    return [one for one in owner["findings"] if one["code"] in check.codes]


def _others(
    rule: RuleView, name: str, findings: Sequence[Json], checks: Sequence[Check]
) -> Iterator[ET.Element]:
    """Yield a case for findings of no check, such as an exception that matches nothing more."""
    left = [one for one in findings if not any(one["code"] in check.codes for check in checks)]
    if left:
        yield _case(rule, name, left)


def _no_verdict(check: Check, cell: Json) -> str:
    """Return why a promise was not judged, empty where it was."""
    if check.name == "budget" and cell["cost"]["budget"] == "not measured":
        return "not measured"
    if cell["status"] == "unsupported" or (cell["status"] == "error" and check.name != "readable"):
        return _UNREAD[cell["status"]]
    return ""


def _case(rule: RuleView, name: str, findings: Sequence[Json], no_verdict: str = "") -> ET.Element:
    case = ET.Element("testcase", classname=str(rule.rule["name"]), name=name)
    broken = [one for one in findings if _view.rank(one) == "error"]
    known = [one for one in findings if _view.rank(one) == "known"]
    if broken:
        first, more = broken[0]["message"], len(broken) - 1
        message = f"{first} (and {more} more)" if more else first
        failure = ET.SubElement(case, "failure", message=message, type=broken[0]["code"])
        failure.text = "\n\n".join(map(_words, broken))
    elif no_verdict:
        found = "; ".join(one["message"] for one in findings)
        ET.SubElement(case, "skipped", message=found or no_verdict)
    elif any(one["severity"] == "error" for one in known):
        message = "; ".join(f"known: {one['known']} ({one['message']})" for one in known)
        ET.SubElement(case, "skipped", message=message)
    rest = [one for one in findings if one not in broken]
    if rest:
        ET.SubElement(case, "system-out").text = "\n\n".join(map(_words, rest))
    return case


def _words(finding: Json) -> str:
    lines = [f"{_view.rank(finding)} {finding['code']}: {finding['message']}"]
    if finding["excerpt"]:
        lines += [finding["place"], finding["excerpt"]]
    witness = finding["witness"]
    if witness:
        lines.append(f"{witness['label']} event ({witness['because']}): {witness['verdict']}")
        lines.append(as_json(witness["document"]))
        lines += [f"  {_view.step(one)}" for one in witness["steps"]]
    if finding["hint"]:
        lines.append(f"hint: {finding['hint']}")
    return "\n".join(lines)


def _problem(problem: Json) -> ET.Element:
    case = ET.Element("testcase", classname="inputs", name=problem["place"] or problem["code"])
    error = ET.SubElement(case, "error", message=problem["message"], type=problem["code"])
    error.text = "\n".join(part for part in (problem["excerpt"], problem["hint"]) if part)
    return case


FORMAT = Format(name="junit", title="JUnit XML", extensions=(".xml",), render=render)
