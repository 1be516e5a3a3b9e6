"""One rule of a plan, run to the end whatever happens."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from harness import conversion, engines
from harness.batch.task import internal_error
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

    def identity(self) -> str:
        """Return the plan's settings and the versions of converters and engines that take part."""
        plan = self.plan
        targets = [one for choice in plan.request.choices for one in choice]
        made_by = {
            one.name: conversion.get(one.converter).fingerprint(one)
            for one in dict.fromkeys(targets, None)
        }
        asked = engines.versions(plan.named, trusted=plan.engines)
        chosen = (
            plan.seed,
            sorted(plan.languages),
            sorted(plan.schemas),
            plan.measure,
            plan.patience,
            plan.servers,
        )
        return repr((chosen, plan.request, made_by, asked, sys.version_info[:3]))

    def settings(self) -> Work:
        """Return the work without its rules, which travel one by one."""
        return replace(self, plan=replace(self.plan, rules=()))

    def start(self, cache: Cache) -> Callable[[Rule], Part]:
        """Return the function that runs a rule."""
        return partial(part_of, self, cache=cache)

    def lost(self, rule: Rule, problem: Diagnostic) -> Part:
        """Return the part of a rule of which only a problem is known."""
        return _unusable(rule, problem)


def part_of(work: Work, rule: Rule, cache: Cache) -> Part:
    """Return what comes of one rule; a fault of ours is a problem of that rule alone."""
    try:
        return part(run_rule(work.plan, rule, cache))
    except InvalidInput as error:
        return _unusable(rule, *error.diagnostics)
    except Exception as error:  # noqa: BLE001 - one rule must not stop the others
        return _unusable(rule, internal_error(rule, f"{type(error).__name__}: {error}"))


def _unusable(rule: Rule, *problems: Diagnostic) -> Part:
    return part([RuleFinished(rule=rule, cells=0, findings=(), problems=problems)])
