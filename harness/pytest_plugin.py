"""pytest as a front door: ``pytest rules/`` runs each promise of each rule as a test.

Only the hooks are here: pytest loads this module at every start, so the rest of the package is
imported when the first rule is collected.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--harness-seed``."""
    group = parser.getgroup("harness", "detection rules")
    group.addoption("--harness-seed", type=int, default=0, help="seed of the generated events")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the manifest of a rule."""
    if file_path.name != "harness.yml":
        return None
    from harness.pytest_rules import RuleFile  # noqa: PLC0415 - see the module's docstring

    return RuleFile.from_parent(parent, path=file_path)
