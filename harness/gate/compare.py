"""What a change does: findings that are new, that are gone, and that stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Finding = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The difference between two runs, as ``harness/test/1`` findings with their rule.

    A finding is the same in both runs if rule, translation, schema, version, code, mutation and
    family are.
    """

    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]
    rules: tuple[str, ...]
    problems: tuple[Mapping[str, Any], ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the change may go in: no new finding of severity error, nothing unusable."""
        serious = [one for one in self.new if one["severity"] == "error" and not one["known"]]
        return not serious and not self.problems


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Outcome:
    """Return the difference between two ``harness/test/1`` documents."""
    old, new = _findings(before), _findings(after)
    return Outcome(
        new=tuple(one for key, one in new.items() if key not in old or _no_longer(one, old[key])),
        fixed=tuple(one for key, one in old.items() if key not in new),
        unchanged=tuple(
            one for key, one in new.items() if key in old and not _no_longer(one, old[key])
        ),
        rules=tuple(sorted({one["title"] or one["name"] for one in after["rules"]})),
        problems=tuple(after["problems"]),
    )


def _no_longer(after: Finding, before: Finding) -> bool:
    """Return whether a finding was accepted before and is not any more."""
    return bool(before["known"] and not after["known"])


def _findings(document: Mapping[str, Any]) -> dict[tuple[str, ...], Finding]:
    owners: Sequence[Mapping[str, Any]] = (*document["results"], *document["rules"])
    found: dict[tuple[str, ...], Finding] = {}
    for owner in owners:
        for one in owner["findings"]:
            if one["severity"] == "note":
                continue
            key = tuple(
                str(one[name] or "")
                for name in ("translation", "schema", "version", "code", "mutation", "family")
            )
            found[owner["rule"], *key] = {**one, "rule": owner["title"] or owner["rule"]}
    return found
