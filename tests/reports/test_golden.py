"""The shipped rules come to what the committed report says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli._running import format_of
from harness.cli.report import report_on

ROOT = Path(__file__).parents[2]
COMMITTED = ("rules.md", "rules.layer.json")
AGAIN = "harness report rules -o reports/rules.md -o reports/rules.layer.json"
PROGRAM = """
import hashlib, pathlib
from harness.cli.report import report_on
from harness.report import formats
document = report_on([pathlib.Path("rules/dpapi_domain_backup_key_file")])
for name, one in sorted(formats().items()):
    print(name, hashlib.sha256(one.render(document).encode()).hexdigest())
"""


@pytest.mark.parametrize("name", COMMITTED)
def test_the_report_is_the_committed_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    path = ROOT / "reports" / name
    fresh = format_of(path).render(report_on([Path("rules")]))
    if path.read_text(encoding="utf-8") != fresh:
        pytest.fail(f"reports/{name} is not what the rules come to; look at what changed: {AGAIN}")


def test_the_committed_reports_are_these() -> None:
    found = {path.name for path in (ROOT / "reports").iterdir()}
    assert found == {*COMMITTED, "README.md"}
    assert AGAIN in (ROOT / "reports" / "README.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_hash_seed_does_not_matter() -> None:
    """A run and its reports are the same bytes in another process."""
    seen = {
        subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "31337")
    }
    assert len(seen) == 1
