"""JSON with places: what is read, what is rejected, and where things stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import QuerySyntaxError
from harness.jsonsource import (
    MAX_DEPTH,
    MAX_LENGTH,
    Excerpt,
    JsonArray,
    JsonObject,
    JsonScalar,
    StringPlaces,
    read_json,
)
from harness.source import Source, Span

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # half of a surrogate pair has no meaning of its own
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=15,
)


@given(VALUES, st.booleans())
def test_reads_what_json_writes(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    assert read_json(Source(json.dumps(value, ensure_ascii=ascii_only))).plain() == value


@given(VALUES)
def test_every_value_stands_at_its_place(value: Any) -> None:
    text = json.dumps(value, indent=1)
    stack = [read_json(Source(text))]
    while stack:
        node = stack.pop()
        assert json.loads(text[node.span.start : node.span.end]) == node.plain()
        if isinstance(node, JsonArray):
            stack.extend(node.items)
        elif isinstance(node, JsonObject):
            for member in node:
                assert json.loads(text[member.key_span.start : member.key_span.end]) == member.key
                stack.append(member.value)


@given(st.text(alphabet='a"\\/\n\u00e9\U0001f600', max_size=8))
def test_places_inside_strings(text: str) -> None:
    for written in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        source = Source(f"  {written}")
        value = read_json(source)
        assert isinstance(value, JsonScalar)
        places = StringPlaces(source, value)
        for at, char in enumerate(text):
            span = places(Span(at, at + 1))
            assert json.loads(f'"{source.text[span.start : span.end]}"') == char
        assert places(Span(0, len(text))) == Span(value.span.start + 1, value.span.end - 1)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "a JSON value is missing"),
        ('{"a": 1} x', 10, "text follows"),
        ('{"a": 1, "b": 2, "a": 3}', 18, "the key 'a' occurs twice"),
        ("{'a': 1}", 2, "a key in double quotes"),
        ('{"a" 1}', 6, "':' is missing"),
        ('{"a": 1,}', 9, "a value is missing between"),
        ("[1 2]", 4, "',' or ']' is missing"),
        ('"abc', 1, "the string is not closed"),
        ('"a\tb"', 3, "a control character"),
        (r'"C:\cmd"', 4, "no JSON escape"),
        (r'"\u12g4"', 2, "four hexadecimal digits"),
        (r'"\ud800x"', 2, "a high surrogate stands alone"),
        (r'"\udc00"', 2, "a low surrogate stands alone"),
        ("01", 1, "no JSON number"),
        ("1.", 1, "no JSON number"),
        ("1e999", 1, "too large"),
        ("True", 1, "'True' is no JSON value"),
        ("NaN", 1, "'NaN' is no JSON value"),
        ("[" * (MAX_DEPTH + 1), MAX_DEPTH + 1, "nested deeper"),
        ("9" * 500, 1, "longer than"),
    ],
)
def test_rejected(text: str, column: int, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read_json(Source(text))
    assert message in caught.value.message
    assert caught.value.place == f"<query>:1:{column}"


def test_too_long_a_text_is_rejected() -> None:
    with pytest.raises(QuerySyntaxError, match="longer than"):
        read_json(Source('"' + "a" * MAX_LENGTH + '"'))


def test_comments_are_blanks() -> None:
    assert read_json(Source('{ /* a */ "a": // b\n 1 }')).plain() == {"a": 1}


def test_a_part_of_the_source() -> None:
    source = Source("PUT x\n[1, 2] tail")
    value = read_json(source, Span(6, 12))
    assert value.plain() == [1, 2]
    assert value.span == Span(6, 12)


def test_an_excerpt_keeps_places_of_the_source() -> None:
    source = Source(r'["a\\\\b", "c"]')
    offsets = [at for at in range(len(source.text)) if at not in {4, 6}]
    excerpt = Excerpt("".join(source.text[at] for at in offsets), (*offsets, len(source.text)))
    value = read_json(source, excerpt)
    assert value.plain() == ["a\\b", "c"]
    assert isinstance(value, JsonArray)
    first, second = value.items
    assert isinstance(first, JsonScalar)
    assert source.text[second.span.start : second.span.end] == '"c"'
    place = StringPlaces(source, first)(Span(2, 3))
    assert source.text[place.start : place.end] == "b"


def test_the_first_of_several_keys() -> None:
    value = read_json(Source('{"b": 1, "a": 2}'))
    assert isinstance(value, JsonObject)
    assert value.get("x", "a", "b") == value.members[1].value
    assert value.get("x") is None
    assert len(value) == 2
