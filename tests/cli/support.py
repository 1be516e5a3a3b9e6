"""The command line run in this process, what it printed, and rules that are broken on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.support import selection, write_rule

GOOD = selection(EventID=4692)
Run = Callable[..., "Answer"]


class Answer:
    """What a command printed and returned."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def said(self) -> str:
        """Everything that was printed; no traceback, ever."""
        text = f"{self.out}\n{self.err}"
        assert "Traceback" not in text
        assert "internal error:" not in text
        return text

    def places(self) -> list[tuple[int, int]]:
        """Return the lines and columns of all errors."""
        found = re.findall(r":(\d+):(\d+): error: ", self.said)
        return [(int(line), int(column)) for line, column in found]

    def codes(self) -> list[str]:
        """Return the codes of all errors."""
        return re.findall(r"^(?:.*: )?error: .*\[([a-z0-9-]+)\]$", self.said, re.MULTILINE)


def rule(folder: Path, *, query: str | bytes = GOOD, language: str = "sigma") -> Path:
    schema = {"sigma": "sigma", "watcher": "winlogbeat", "lucene": "winlogbeat"}[language]
    write_rule(folder, reference=GOOD, translations={"t": (language, "", [schema])})
    data = query.encode() if isinstance(query, str) else query
    (folder / "t.txt").write_bytes(data)
    return folder


def manifest(folder: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    rule(folder)
    data = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    edit(data)
    (folder / "harness.yml").write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    return folder


def pointed_at(folder: Path, answer: Answer) -> list[str]:
    """Return what stands at each place, up to the end of its line."""
    lines = (folder / "harness.yml").read_text("utf-8").splitlines()
    return [lines[line - 1][column - 1 :] for line, column in answer.places()]
