"""The Markdown report says everything once and lets no text out of its place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt

from harness.report import markdown

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
TAGS = {
    "h1", "h2", "h3", "h4", "p", "strong", "code", "pre", "ul", "li",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@pytest.mark.parametrize("name", ["hostile", "empty", "interrupted"])
def test_only_our_own_markup(name: str, request: pytest.FixtureRequest) -> None:
    shown = READER.render(markdown.render(request.getfixturevalue(name)))
    assert set(re.findall(r"</?([a-zA-Z]\w*)", shown)) <= TAGS


def test_tables_are_whole(hostile: dict[str, Any]) -> None:
    shown = READER.render(markdown.render(hostile))
    for table in re.findall(r"<table>(.*?)</table>", shown, re.DOTALL):
        heads = table.count("<th>") + table.count("<th ")
        for row in re.findall(r"<tr>(.*?)</tr>", table.split("</thead>")[1], re.DOTALL):
            assert row.count("<td>") + row.count("<td ") == heads
    assert "| ---" not in shown


def test_sections(hostile: dict[str, Any]) -> None:
    text = markdown.render(hostile)
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert len(heads) == 4
    assert heads[1:] == ["## ATT&amp;CK coverage", "## Not evaluated", "## Problems"]
    for part in (
        "### Findings",
        "### Notes",
        "### Robustness profile",
        "### Verdicts that stayed",
        "### Not constructed",
    ):
        assert f"\n{part}\n" in text
    assert text.count("winlogbeat@8.9, endgame@1") == 1, "equal findings stand together"
    assert "Witness, a malicious event" in text
    assert "\u202e" not in text
    assert len(text) < 30_000, "long texts are cut"


def test_small_words(hostile: dict[str, Any]) -> None:
    """No figure is better than none: nothing tried is a dash, and 199 of 200 is not 100%."""
    text = markdown.render(hostile)
    row = next(line for line in text.splitlines() if "logpoint@0" in line and "| 3/4" in line)
    assert row.split(" | ")[4:6] == ["-", "-"]
    hostile["results"] = [hostile["results"][0]]
    counts = ("malicious", "survived", "binding", "held")
    hostile["results"][0]["robustness"] = {
        "value-case": {"kept": 199, "changed": 1, **dict.fromkeys(counts, 0)}
    }
    assert "| 99% |" in markdown.render(hostile)
