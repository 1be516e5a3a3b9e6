"""Whatever a text holds, a Markdown reader gets that text back and no markup."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report._markdown import code, fence, sentence, table, text

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
TRICKY = st.text(st.sampled_from(list("ab1 `|\\*_<>&[]()!#-+=.:~$\n\t@/w")), max_size=30)
WORDS = st.one_of(TRICKY, st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20))


def flat(words: str) -> str:
    return " ".join(words.split())


def inner(rendered: str, tag: str) -> str:
    match = re.fullmatch(rf"<{tag}>(.*)</{tag}>\n?", rendered, re.DOTALL)
    assert match is not None, rendered
    return match.group(1)


@given(WORDS)
def test_text_is_one_paragraph_of_that_text(words: str) -> None:
    if not flat(words):
        assert text(words) == ""
        return
    shown = inner(READER.render(text(words)), "p")
    assert "<" not in shown
    assert html.unescape(shown) == flat(words)


@given(WORDS)
def test_code_is_one_span_of_that_text(words: str) -> None:
    if not flat(words):
        assert code(words) == ""
        return
    shown = inner(inner(READER.render(code(words)), "p"), "code")
    assert html.unescape(shown) == flat(words)


@given(WORDS)
def test_a_fence_holds_that_text(words: str) -> None:
    words = words.replace("\r", "")
    shown = READER.render("\n".join(fence(words, "text")))
    body = re.fullmatch(r'<pre><code class="language-text">(.*)</code></pre>\n', shown, re.DOTALL)
    assert body is not None, shown
    if words:
        assert html.unescape(body.group(1)) == words + "\n"


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3))
def test_a_table_keeps_its_columns(rows: list[tuple[str, str]]) -> None:
    lines = table(("a", "b"), ((text(one), text(two)) for one, two in rows))
    shown = READER.render("\n".join(lines))
    fields = re.findall(r"<td>(.*?)</td>", shown, re.DOTALL)
    assert [html.unescape(field) for field in fields] == [flat(one) for row in rows for one in row]


@given(st.lists(st.tuples(TRICKY, TRICKY), min_size=1, max_size=3))
def test_code_in_a_table_keeps_its_columns(rows: list[tuple[str, str]]) -> None:
    lines = table(("a", "b"), ((code(one), code(two)) for one, two in rows))
    shown = READER.render("\n".join(lines))
    assert shown.count("<td>") == 2 * len(rows)
    assert set(re.findall(r"</?(\w+)", shown)) <= {
        "table", "thead", "tbody", "tr", "th", "td", "code"
    }  # fmt: skip


@given(WORDS)
def test_a_sentence_has_code_at_most(words: str) -> None:
    shown = READER.render(sentence(words))
    assert set(re.findall(r"</?(\w+)", shown)) <= {"p", "code"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("it needs `a == 1`, but", "it needs `a == 1`, but"),
        ("host.os.type is absent", "host.os.type is absent"),
        ("one ` tick", "one \\` tick"),
        ("a_b _c_", "a_b \\_c\\_"),
        ("# no heading", "\\# no heading"),
        ("12. no list", "12\\. no list"),
        ("- no list", "\\- no list"),
        ("101 events", "101 events"),
        ("http://a.example www.b.example", "http\\://a.example www\\.b.example"),
        ("winlogbeat@8.9", "winlogbeat@8.9"),
    ],
)
def test_escapes_are_few(words: str, expected: str) -> None:
    assert sentence(words) == expected
