"""At the end of a run: how many verdicts of real servers were compared with ours."""

from __future__ import annotations

import pytest

from tests.engines._elasticsearch_cases import VERDICTS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not VERDICTS:
        return
    terminalreporter.section("verdicts compared, one query on one document each")
    for name, count in sorted(VERDICTS.items()):
        terminalreporter.line(f"{count:>12,}  {name}")
