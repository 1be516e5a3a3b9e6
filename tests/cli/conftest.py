"""What the tests of the command line share."""

from __future__ import annotations

import pytest

from harness import cli
from tests.cli.support import Answer, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command line."""

    def call(*arguments: object) -> Answer:
        code = cli.run([str(one) for one in arguments])
        return Answer(code, *capsys.readouterr())

    return call
