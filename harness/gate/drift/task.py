"""Two versions of a converter, and what is done with every rule to compare them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from harness import batch, conversion
from harness.cache import Cache
from harness.conversion import Target
from harness.conversion.environments import Environment
from harness.conversion.translate import Request
from harness.errors import Diagnostic, InvalidInput
from harness.gate.drift.rule import drift_of, part
from harness.ruleset.model import Rule

PROBE = """title: Probe
logsource: {product: windows, category: process_creation}
detection: {selection: {Image: a}, condition: selection}
"""
"""A rule that is only converted to see whether the converter knows the target."""
_UNKNOWN = frozenset({"no-backend", "SigmaPipelineNotFoundError"})


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Converters in two environments, what they convert to, and the seed of the events.

    ``request`` says nothing of environments.
    """

    old: Environment
    new: Environment
    request: Request
    seed: int = 0
    remember: bool = False

    def requests(self) -> tuple[Request, Request]:
        """Return what each side is asked for."""
        return _asked(self.request, self.old), _asked(self.request, self.new)

    def identity(self) -> str:
        """Return everything that decides what comes of a rule apart from it and the harness."""
        digests = (self.old.digest, self.new.digest)
        return json.dumps((digests, repr(self.request), self.seed, sys.version_info[:3]))

    def settings(self) -> Drift:
        """Return the task as it travels to other processes."""
        return self

    def start(self, cache: Cache) -> Callable[[Rule], batch.Part]:  # noqa: ARG002 - see below
        """Return the function that compares the two sides on a rule.

        Conversions are not taken from the cache: there a version stands for its content, and
        two states of a backend that is being written may have the same.
        """
        return self.part_of

    def part_of(self, rule: Rule) -> batch.Part:
        """Return what comes of one rule; a fault of ours is a problem of that rule alone."""
        try:
            return drift_of(rule, self.requests(), seed=self.seed)
        except InvalidInput as error:
            return part(error.diagnostics)
        except Exception as error:  # noqa: BLE001 - one rule must not stop the others
            return part([batch.internal_error(rule, f"{type(error).__name__}: {error}")])

    def lost(self, rule: Rule, problem: Diagnostic) -> batch.Part:  # noqa: ARG002 - it is named
        """Return the part of a rule of which only a problem is known."""
        return part([problem])


def _asked(request: Request, environment: Environment) -> Request:
    return Request(
        choices=tuple(
            tuple(replace(one, environment=environment.python) for one in choice)
            for choice in request.choices
        )
    )


def check(drift: Drift, rules: Iterable[Rule]) -> None:
    """Raise ``InvalidInput`` where an environment cannot convert to what some rules need."""
    kinds = sorted({rule.kind for rule in rules})
    problems: dict[Diagnostic, None] = {}
    for side, request in zip((drift.old, drift.new), drift.requests(), strict=True):
        for kind in kinds:
            for target in conversion.targets_of(kind, request.choices):
                problems.update(dict.fromkeys(_problems(side, target)))
    if problems:
        raise InvalidInput(problems)


def _problems(side: Environment, target: Target) -> Iterator[Diagnostic]:
    if target.converter == "command":
        message = f"{target.name} is converted by a command of its own, not by an environment"
        yield Diagnostic(code="no-converter", message=message, hint="choose other --translate")
        return
    converter = conversion.get(target.converter)
    try:
        converter.fingerprint(target)
    except InvalidInput as error:
        yield from (replace(one, place=side.named) for one in error.diagnostics)
        return
    found = converter.convert(target, PROBE)
    if found.error in _UNKNOWN:
        installed = ", ".join(f"{name} {number}" for name, number in side.versions.items())
        yield Diagnostic(
            code=found.error if found.error == "no-backend" else "no-pipeline",
            message=f"{target.name} cannot be converted there: {found.reason}",
            place=side.named,
            hint=f"install what has it; this environment has {installed}",
        )
