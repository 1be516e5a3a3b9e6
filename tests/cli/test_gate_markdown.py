"""The gate's summary is shown in pull requests and quotes rules that anybody may have written."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from harness.cli.gate import markdown

HOSTILE = "a | b ![i](http://e.example/i.png) <img src=x> `c` [l](//x) \u202e"


def test_nothing_breaks_out() -> None:
    finding = {
        "rule": HOSTILE,
        "translation": HOSTILE,
        "version": "8",
        "schema": HOSTILE,
        "code": "false-alarm",
        "message": HOSTILE,
    }
    text = markdown(
        {
            "passes": False,
            "base": "main`|",
            "rules": ["one"],
            "new": [finding],
            "fixed": [],
            "unchanged": [finding],
            "problems": [{"place": HOSTILE, "message": HOSTILE}],
        }
    )
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    allowed = {"h2", "h3", "p", "code", "strong", "ul", "li"}
    allowed |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"</?([a-z]\w*)", shown)) <= allowed
    assert shown.count("<td>") == 8
    assert "## Rule gate fails" in text
    assert "1 changed rule against ``main`|``: 1 new, 0 fixed, 1 unchanged findings." in text
