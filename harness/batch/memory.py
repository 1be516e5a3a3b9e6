"""What came of a rule, remembered by everything that decides it."""

from __future__ import annotations

import json
from functools import cached_property

from harness.batch.task import Part, Task
from harness.cache import Cache, code_digest, key_of
from harness.ruleset.model import Rule

BATCH = 64
"""Parts that are written together."""


class Memory:
    """Parts of a task by rule.

    The key holds the rule's own text and settings, what decides the task, and the harness
    itself.
    """

    def __init__(self, task: Task, cache: Cache) -> None:
        self._task = task
        self._cache = cache
        self._new: list[tuple[str, str]] = []

    @cached_property
    def _settings(self) -> str:
        return f"{type(self._task).__name__} {self._task.identity()}"

    def _key(self, rule: Rule) -> str:
        return key_of("part", code_digest(), self._settings, repr(rule))

    def recall(self, rule: Rule) -> Part | None:
        """Return what is known of a rule."""
        if not self._cache:
            return None
        known = self._cache.get(self._key(rule))
        return None if known is None else json.loads(known)

    def keep(self, rule: Rule, part: Part) -> None:
        """Remember what came of a rule, unless that was an accident."""
        if not self._cache or any(one["code"] in _ACCIDENTS for one in part["problems"]):
            return
        self._new.append((self._key(rule), json.dumps(part)))
        if len(self._new) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is still to be written."""
        if self._new:
            self._cache.put(self._new)
            self._new.clear()


_ACCIDENTS = frozenset({"internal-error", "worker-died", "converter-died", "no-converter"})
