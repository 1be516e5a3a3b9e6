"""What another version of a converter changes: rules whose verdicts turn, and by which event."""

from __future__ import annotations

from harness.gate.drift.result import document, markdown
from harness.gate.drift.task import Drift, check

__all__ = ["Drift", "check", "document", "markdown"]
