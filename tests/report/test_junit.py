"""JUnit XML that consumers read: structure, counts, names, and any text at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.report import junit

RULES = Path(__file__).parents[2] / "rules"

ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"classname", "name"}, {"failure", "error", "skipped", "system-out"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}
"""Attributes (all required) and children of each element, as junit-10.xsd of Jenkins has them."""


def parse(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own output


def check(element: ET.Element) -> None:
    attributes, children = ALLOWED[element.tag]
    assert set(element.attrib) == attributes, element.tag
    names = [child.tag for child in element]
    assert set(names) <= children, element.tag
    if element.tag == "testcase":
        assert len(names) == len(set(names)), "an outcome occurs once"
        assert len({"failure", "error", "skipped"} & set(names)) <= 1, "a case has one outcome"
    if element.tag == "testsuite":
        assert names[0] == "properties"
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.attrib[count]) == len(element.findall(f"testcase/{tag}"))
        assert int(element.attrib["tests"]) == len(element.findall("testcase"))
    for child in element:
        check(child)


@pytest.mark.parametrize("name", ["hostile", "empty", "interrupted"])
def test_structure(name: str, request: pytest.FixtureRequest) -> None:
    root = parse(junit.render(request.getfixturevalue(name)))
    check(root)
    for count in ("tests", "failures", "errors", "skipped"):
        suites = sum(int(suite.attrib[count]) for suite in root)
        assert int(root.attrib[count]) == suites


def test_outcomes(hostile: dict[str, Any]) -> None:
    root = parse(junit.render(hostile))
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    failed = cases["eql on winlogbeat@8.9: recall"].find("failure")
    assert failed is not None
    assert failed.attrib["type"] == "missed-malicious"
    assert failed.attrib["message"].endswith("(and 1 more)")
    assert '"type": "linux"' in (failed.text or "")
    known = cases["eql 8|9 on winlogbeat@8.9: recall"].find("skipped")
    assert known is not None
    assert known.attrib["message"].startswith("known: <script>")
    note = cases["eql on graylog@0: recall"]
    assert [child.tag for child in note] == ["system-out"]
    assert cases["eql on logpoint@0: precision"].find("skipped") is not None
    assert cases["eql on sigma: readable"].find("failure") is not None
    assert cases["eql on sigma: recall"].find("skipped") is not None
    assert cases["eql on graylog@0: budget"].find("skipped") is not None
    assert cases["rule: schedule"].find("failure") is not None
    assert cases["rule: other"].find("failure") is not None
    assert len(root.findall("testsuite[@name='inputs']/testcase/error")) == 2


def test_properties(hostile: dict[str, Any]) -> None:
    suite = parse(junit.render(hostile))[0]
    found = {one.attrib["name"]: one.attrib["value"] for one in suite.iter("property")}
    assert found == {"seed": "7", "harness": "0.1.0"}


def test_hidden_characters_are_shown(hostile: dict[str, Any]) -> None:
    text = junit.render(hostile)
    assert "\\u0000\\u001b[31m" in text
    assert "\u202e" not in text


@pytest.mark.long
def test_names_are_those_of_the_pytest_plugin() -> None:
    """The cases of a cell are named like the items that ``pytest rules/`` collects."""
    from harness import test as run  # noqa: PLC0415 - pytest would collect a module-level name
    from harness.ruleset.load import load_rules  # noqa: PLC0415

    folder = RULES / "dpapi_domain_backup_key_file"
    listed = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", folder],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
        cwd=RULES.parent,
    ).stdout
    items = {line.split("::", 1)[1] for line in listed.splitlines() if "::" in line}
    assert items, listed
    root = parse(junit.render(run(load_rules(folder))))
    assert {case.attrib["name"] for case in root.iter("testcase")} == items
