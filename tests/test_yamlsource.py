"""YAML from untrusted text: values, places, and everything that is refused."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.source import Source
from harness.yamlsource import (
    Limits,
    YamlError,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    load,
    load_all,
)


def _plain(text: str) -> Any:
    return load(Source(text)).plain()


def _error(text: str, limits: Limits | None = None) -> YamlError:
    with pytest.raises(YamlError) as caught:
        load_all(Source(text, "f.yml"), limits or Limits())
    return caught.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a", "a"),
        ("'1'", "1"),
        ("1", 1),
        ("1_000", 1000),
        ("010", 8),
        ("0x17", 23),
        ("1:30", 90),
        ("1.5", 1.5),
        ("1e3", "1e3"),
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("2024-05-06", date(2024, 5, 6)),
        ("!!str 5", "5"),
        ("! 5", 5),
        ("!!binary aGk=", b"hi"),
        ('"a\\tb"', "a\tb"),
        ("'it''s'", "it's"),
    ],
)
def test_scalars_have_yaml_1_1_types(written: str, value: object) -> None:
    found = _plain(f"k: {written}\n")["k"]
    assert found == value
    assert type(found) is type(value)


def test_places_of_keys_values_and_items() -> None:
    text = "a:\n  - x\n  - {b: 'y z'}\nc: |\n  one\n  two\nd: 1\n"
    document = load(Source(text))
    path = ("a", 1, "b")
    span, key = document.span(path), document.key_span(path)
    assert text[span.start : span.end] == "'y z'"
    assert text[key.start : key.end] == "b"
    assert text[slice(*_pair(document.span(("c",))))] == "|\n  one\n  two"
    assert text[slice(*_pair(document.key_span(("a", 0))))] == "x"
    assert document.source.place(document.span(("d",))) == "<query>:7:4"


def _pair(span: Any) -> tuple[int, int]:
    return span.start, span.end


@pytest.mark.parametrize("prefix", ["", "\ufeff", "# é😀\n", "x: 'é😀'\r\n"])
def test_places_count_characters(prefix: str) -> None:
    text = prefix + "key: 'välue'"
    document = load(Source(text))
    span = document.span(("key",))
    assert text[span.start : span.end] == "'välue'"


def test_a_part_of_a_scalar_has_a_place_where_it_stands_as_written() -> None:
    text = "a: 'one two'\nb: \"t\\x77o\"\n"
    root = load(Source(text)).root
    assert isinstance(root, YamlMapping)
    a, b = root.get("a"), root.get("b")
    assert isinstance(a, YamlScalar)
    assert isinstance(b, YamlScalar)
    part = a.part(4, 7)
    assert text[part.start : part.end] == "two"
    assert b.part(0, 1) == b.span


def test_paths_that_lead_nowhere() -> None:
    document = load(Source("a: [x]\n"))
    for path in [("b",), ("a", 1), ("a", "x"), ("a", 0, 0), ("a", -1)]:
        with pytest.raises(KeyError):
            document.node(path)


def test_aliases_share_and_merge_keys_fill_in() -> None:
    text = "base: &b {x: 1, y: 2}\ncopy: *b\nmore: {<<: *b, y: 3}\nboth: {<<: [*b, {z: 4}]}\n"
    assert _plain(text) == {
        "base": {"x": 1, "y": 2},
        "copy": {"x": 1, "y": 2},
        "more": {"y": 3, "x": 1},
        "both": {"x": 1, "y": 2, "z": 4},
    }
    root = load(Source("[&a x, *a]")).root
    assert isinstance(root, YamlSequence)
    assert root.items[0] is root.items[1]


def test_several_documents() -> None:
    text = "a: 1\n---\nb: 2\n"
    assert [item.plain() for item in load_all(Source(text))] == [{"a": 1}, {"b": 2}]
    assert load_all(Source("# nothing\n")) == ()
    with pytest.raises(YamlError, match="several") as caught:
        load(Source(text))
    assert caught.value.place == "<query>:3:1"
    with pytest.raises(YamlError, match="no YAML document"):
        load(Source(""))


def test_anchors_end_with_their_document() -> None:
    assert "stands for nothing" in _error("&a x\n---\n*a\n").message


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: 1\na: 2\n", "the key 'a' occurs twice, first in line 1", "f.yml:2:1"),
        ("1: x\n1.0: y\n", "occurs twice", "f.yml:2:1"),
        ("? [x]\n: y\n", "used as a key", "f.yml:1:3"),
        ("{{a: b}: c}\n", "used as a key", "f.yml:1:2"),
        ("a:\n\tb: 1\n", "the YAML is broken", "f.yml:2:1"),
        ("a: [1\n", "the YAML is broken", "f.yml:2:1"),
        ("a: b: c\n", "the YAML is broken", "f.yml:1:5"),
        ("a: 'x\n", "the YAML is broken", "f.yml:2:1"),
        ("a: x\0y\n", "U+0000 is not allowed", "f.yml:1:5"),
        ("a: \x1b[31m\n", "U+001B is not allowed", "f.yml:1:4"),
        ("a: \ud800\n", "U+D800 is not allowed", "f.yml:1:4"),
        ("a: !!python/object:os.system x\n", "has the type 'python/object", "f.yml:1:4"),
        ("a: !x [1]\n", "the tag '!x' is not supported", "f.yml:1:4"),
        ("a: !!set {x}\n", "is not supported", "f.yml:1:4"),
        ("a: =\n", "has the type 'value'", "f.yml:1:4"),
        ("a: 2024-13-45\n", "no valid timestamp", "f.yml:1:4"),
        ("a: !!int x\n", "no valid int", "f.yml:1:4"),
        ("a: !!bool x\n", "no valid bool", "f.yml:1:4"),
        ("a: !!binary x\n", "no valid binary", "f.yml:1:4"),
        ("a: *b\n", "'*b' stands for nothing", "f.yml:1:4"),
        ("a: &a [*a]\n", "'*a' stands for nothing", "f.yml:1:8"),
        ("<<: x\n", "merges something that is no mapping", "f.yml:1:1"),
        ("a: 1" + "0" * 2000 + "\n", "the number is too long", "f.yml:1:4"),
    ],
)
def test_refused_with_a_place(text: str, message: str, place: str) -> None:
    error = _error(text)
    assert message in error.message
    assert error.place == place
    assert error.diagnostic().place == place
    assert error.diagnostic().code == "yaml"


def test_a_tab_has_a_hint() -> None:
    assert "forbids tabs" in _error("a:\n\tb: 1\n").hint


def test_nesting_is_limited_also_through_aliases() -> None:
    assert _plain("[" * 60 + "]" * 60)
    assert "nested deeper" in _error("[" * 100_000).message
    assert "nested deeper" in _error("a: " + "{a: " * 100_000).message
    assert "nested deeper" in _error("- " * 100_000).message
    chain = "x0: &a0 [x]\n" + "".join(f"x{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200))
    assert "nested deeper" in _error(chain).message


def test_billion_laughs() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    began = time.perf_counter()
    assert "more than 200000 values" in _error("\n".join(lines)).message
    assert time.perf_counter() - began < 2


def test_quadratic_blow_up() -> None:
    text = "a: &a [" + "x, " * 50_000 + "]\nb: [" + "*a, " * 50_000 + "]\n"
    assert "more than 200000 values" in _error(text).message


def test_size_is_limited() -> None:
    assert _plain("a: " + "x" * 900_000) == {"a": "x" * 900_000}
    assert "longer than 1000000 characters" in _error("x" * 1_000_001).message
    assert "more than 10 values" in _error("[" + "x, " * 20 + "]", Limits(nodes=10)).message
    assert "more than 3 documents" in _error("--- x\n" * 9, Limits(documents=3)).message
    assert "too many tags" in _error("%TAG !a! tag:a\n" * 50_000 + "--- x\n").message


@given(st.text(max_size=60) | st.text(alphabet="[]{}:,-?&*!|>'\"%#ab1 \n\t<=~", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        documents = load_all(Source(text))
    except YamlError as error:
        documents = ()
        rendered = str(error)
        assert rendered.startswith("<query>:")
    for document in documents:
        span = document.span()
        assert 0 <= span.start <= span.end <= len(text)
