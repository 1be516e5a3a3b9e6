"""One rule of a plan, run to the end whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.cache import Cache
from harness.errors import Diagnostic, InvalidInput
from harness.report.results import Part, part
from harness.ruleset.model import Rule
from harness.run.engine import run_rule
from harness.run.events import RuleFinished
from harness.run.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is done with every rule: a plan, of which only the settings count."""

    plan: Plan
    remember: bool

    def settings(self) -> Work:
        """Return the work without its rules, which travel one by one."""
        return replace(self, plan=replace(self.plan, rules=()))


def part_of(work: Work, rule: Rule, cache: Cache) -> Part:
    """Return what comes of one rule; a fault of ours is a problem of that rule alone."""
    try:
        return part(run_rule(work.plan, rule, cache))
    except InvalidInput as error:
        problems = tuple(error.diagnostics)
    except Exception as error:  # noqa: BLE001 - one rule must not stop the others
        problems = (internal_error(rule, f"{type(error).__name__}: {error}"),)
    return part([RuleFinished(rule=rule, cells=0, findings=(), problems=problems)])


def internal_error(rule: Rule, what: str) -> Diagnostic:
    """Return a fault of the harness itself as a problem of a rule."""
    return Diagnostic(
        code="internal-error",
        message=f"the harness failed on this rule: {what}",
        place=rule.reference.source.name,
        hint="this is a bug of the harness; report it with the rule, as CONTRIBUTING.md says",
    )
