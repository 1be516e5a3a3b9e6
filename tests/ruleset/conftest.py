"""Folders of rule files, written for a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.ruleset.load import Loaded, load

Load = Callable[[Mapping[str, str | bytes]], Loaded]


@pytest.fixture
def load_files(tmp_path: Path) -> Load:
    """Write files below an empty folder and load that folder."""

    def run(files: Mapping[str, str | bytes]) -> Loaded:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load([tmp_path])

    return run
