"""Rules as pytest items.

A folder's ``harness.yml`` is collected as a file; its items are named
``<translation> on <schema>: <promise>``. A finding that breaks a promise fails its item, a
known one is an expected failure, and what the harness cannot evaluate is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.checks import Check, Finding, all_checks
from harness.errors import InvalidInput
from harness.ruleset import sources
from harness.ruleset.files import read_text
from harness.ruleset.model import Rule
from harness.ruleset.sources.manifest import load_rule
from harness.run.engine import execute
from harness.run.events import CellFinished, RuleFinished
from harness.run.plan import Plan
from harness.schemas import get as get_schema

EXCEPTIONS = Check(
    name="exceptions",
    question="Are the known exceptions of the rule still true?",
    codes={"known-no-more": "A known exception matches no finding any more."},
)
"""What the engine itself promises about a rule with known exceptions."""


class RuleFile(pytest.File):
    """A rule: runs once, when its first item does."""

    rule: Rule
    _findings: dict[tuple[str, ...], list[Finding]] | None = None
    _unusable: str = ""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item per translation, schema and promise, and one per promise of the rule."""
        try:
            text = read_text(self.path, within=self.path.parent)
            self.rule = load_rule(sources.RuleFile(path=self.path, text=text))
        except InvalidInput as error:
            raise self.CollectError(str(error)) from error
        for translation, version, schema in Plan(rules=(self.rule,)).columns(self.rule):
            label = get_schema(schema).label
            place = (translation.name, label, version)
            shown = f"{translation.name}{f' {version}' if version else ''} on {label}"
            for check in all_checks():
                if check.cell is not None:
                    yield PromiseItem.from_parent(
                        self, name=f"{shown}: {check.name}", check=check, place=place
                    )
        whole = [check for check in all_checks() if check.rule is not None]
        for check in (*whole, EXCEPTIONS) if self.rule.known else whole:
            yield PromiseItem.from_parent(self, name=f"rule: {check.name}", check=check, place=None)

    def findings(self, check: Check, place: tuple[str, str, str] | None) -> list[Finding]:
        """Return what a check found at one place; runs the rule if that was not done yet."""
        if self._findings is None:
            self._findings = self._run()
        found = self._findings.get(place or (), [])
        return [one for one in found if one.code in check.codes]

    def unusable(self) -> str:
        """Return why the rule's reference cannot be used; empty where it can."""
        return self._unusable

    def _run(self) -> dict[tuple[str, ...], list[Finding]]:
        seed = self.config.getoption("--harness-seed")
        found: dict[tuple[str, ...], list[Finding]] = {}
        for event in execute(Plan(rules=(self.rule,), seed=seed)):
            if isinstance(event, CellFinished):
                cell = event.cell
                place = (cell.translation.name, cell.schema.label, cell.version)
                found[place] = list(event.findings)
            elif isinstance(event, RuleFinished):
                found[()] = list(event.findings)
                self._unusable = "\n".join(map(str, event.problems))
        return found


class BrokenPromise(Exception):
    """A promise is broken; carries its findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join(_words(one) for one in findings))


class PromiseItem(pytest.Item):
    """One promise of one translation on one schema."""

    def __init__(
        self, *, check: Check, place: tuple[str, str, str] | None, **arguments: object
    ) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type] # pytest hands its own through
        self._check = check
        self._place = place

    def runtest(self) -> None:
        """Fail if the promise is broken, skip if it cannot be judged."""
        assert isinstance(self.parent, RuleFile)
        found = self.parent.findings(self._check, self._place)
        if self.parent.unusable():
            pytest.fail(self.parent.unusable(), pytrace=False)
        unsupported = [one for one in found if one.code == "unsupported"]
        if unsupported:
            pytest.skip(_words(unsupported[0]))
        broken = [one for one in found if one.severity == "error"]
        if any(one.known is None for one in broken):
            raise BrokenPromise([one for one in broken if one.known is None])
        if broken:
            pytest.xfail("; ".join(str(one.known) for one in broken))

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: object = None,  # noqa: ARG002 - pytest's signature
    ) -> str:
        """Return the findings, without a traceback."""
        if isinstance(excinfo.value, BrokenPromise):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the item stands."""
        return self.path, None, self.name


def _words(finding: Finding) -> str:
    lines = [f"{finding.code}: {finding.message}"]
    if finding.witness is not None:
        lines.append(f"  {finding.witness.label} event, {finding.witness.verdict}:")
        lines.append(f"  {dict(finding.witness.document)}")
        lines.extend(
            f"  {step.outcome:<9} {step.text}   ({step.values})" for step in finding.witness.steps
        )
    if finding.hint:
        lines.append(f"  hint: {finding.hint}")
    return "\n".join(lines)
