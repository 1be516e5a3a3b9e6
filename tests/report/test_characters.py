"""Hidden characters are shown; everything else stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report._characters import MAX_DEPTH, as_json, bounded, cut, in_columns, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä ж 漢 \U0001f600", "plain ä ж 漢 \U0001f600"),
        ("tab\tand\r\nlines\n", "tab\tand\nlines\n"),
        ("nul \x00 esc \x1b cr \r", "nul \\u0000 esc \\u001b cr \\u000d"),
        ("turned \u202e round", "turned \\u202e round"),
        ("half \ud800", "half \\ud800"),
        ("tag \U000e0041", "tag \\udb40\\udc41"),
        ("\ufeff\u200b\u2066\u2028", "\\ufeff\\u200b\\u2066\\u2028"),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_columns_stay(text: str) -> None:
    text = text.replace("\r\n", "\n")
    assert len(in_columns(text)) == len(text)
    in_columns(text).encode("utf-8")


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
        max_leaves=8,
    )
)
def test_a_shown_document_is_the_same_json(value: Any) -> None:
    assert json.loads(as_json(value)) == value


def test_depth_and_length_are_bounded() -> None:
    deep: Any = "end"
    for _ in range(5_000):
        deep = {"a": deep}
    assert as_json(deep).count("{") == MAX_DEPTH + 1
    assert bounded([object]) == ["<class 'object'>"]
    assert cut("x" * 5_000).endswith("x… (1000 more characters)")
