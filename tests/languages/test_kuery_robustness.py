"""Whatever the text, a KQL query is read or refused with a place; in bounded time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness import languages
from harness.ir import Context, FieldType
from harness.source import Source

TYPES: dict[str, Any] = {
    "k": "keyword",
    "t": {"type": "text", "fields": {"raw": "keyword"}},
    "n": "long",
    "ts": "date",
    "ip": "ip",
    "b": "boolean",
    "g": "flattened",
    "o.x": "wildcard",
    "p": "nested",
    "p.a": "keyword",
    "p.q": "nested",
    "p.q.c": "long",
}
EVENTS: list[dict[str, Any]] = [
    {},
    {"k": "abc", "t": "a quick Fox", "n": 7, "ts": "2024-05-06T03:00:00Z", "ip": "10.0.0.1"},
    {"k": [None, "x", 4.0], "b": True, "o": [{"x": "é"}, {"x": "\ud83d\ude00"}]},
    {"p": [{"a": "x", "q": [{"c": 1}]}, {"a": None}], "g": {"y": "z"}},
]
TOKENS = [
    *("and", "or", "not", "AND", "nOt", " ", "\n", "\u00a0", "(", ")", "{", "}"),
    *(":", "<", "<=", ">", ">=", '"', '"a b"', '"x\\"', "*", "**", "*a", "b*", "\\", "\\\\"),
    *("\\:", "\\*", "\\t", "\\not ", "\\and", "\\u0041", "\\u00", "\\ud83d", "\\ude00"),
    *("k: ", "k:(", "t: ", "t.raw:", "n: ", "n >", "ts: ", "ip:", "b:", "g.y:", "o.*: ", "*: "),
    *("p:{", "p:{ a: x", "q:{", "p.a:", "p.q:{c>0}", "ghost:{", "null", "true", "null:", "5"),
    *("2024-05-06", "now-1d/d", "10.0.0.0/8", "1e999", "99999999999999999999", "é", "漢字"),
    *(
        " and ",
        " or ",
        " not ",
        "x AND",
        "+",
        "-",
        "?",
        "/",
        "[",
        "]",
        "~",
        "^",
        "\ud800",
        "\u3000",
    ),
]
QUERIES = [
    'k: (a* or "b c") and not n >= 5',
    "p:{ a: x and q:{ c > 0 } } or ts: 2024-05-06",
    "t: *qu ick* and o.*: é or fox",
]
soups = st.lists(st.sampled_from(TOKENS), max_size=12).map("".join)
mutated = st.builds(
    lambda text, at, token: text[: at % len(text)] + token + text[at % len(text) :],
    st.sampled_from(QUERIES),
    st.integers(0, 100),
    st.sampled_from(TOKENS),
)


def survives(text: str, **options: Any) -> None:
    try:
        outcome = harness.match(text, language="kuery", events=EVENTS, types=TYPES, options=options)
    except (harness.QuerySyntaxError, harness.Unsupported) as error:
        assert "\n" in str(error)  # noqa: PT017 - the place of the error is what is tested
    else:
        assert len(outcome) == len(EVENTS)


@given(
    text=st.text(max_size=30) | soups | mutated,
    data_view=st.booleans(),
    version=st.sampled_from(["", "7.17", "8.10"]),
)
@settings(max_examples=300, deadline=None)
def test_text_is_read_or_refused(text: str, data_view: bool, version: str) -> None:  # noqa: FBT001
    survives(text, data_view=data_view, version=version)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "k: a" + ")" * 5000,
        "k: " + "(" * 5000 + "a" + ")" * 5000,
        "not (" * 55 + "k: a" + ")" * 55,
        "not (k: a and " * 25 + "k: a" + ")" * 25,
        "p: { " * 50 + "a: x" + " }" * 50,
        "not " * 5000 + "k: a",
        'k: "' + "\\" * 5001,
        "k: " + "\\" * 5001,
        "k: " + "*a" * 5000,
        "k: " + "a " * 20000,
        "k: (" + " or ".join(["a*"] * 5000) + ")",
        " or ".join(["*: 1"] * 5000),
        " or ".join(["a*"] * 5000),
        "n: " + "9" * 5000,
        "ts: now" + "+1d" * 5000,
        "\u00a0" * 50000,
    ],
)
def test_hostile_text(text: str) -> None:
    survives(text)
    survives(text, data_view=False, version="7.10")


def test_many_fields_times_many_clauses() -> None:
    context = Context(types={f"f{n}": FieldType(name="keyword") for n in range(2000)})
    language = languages.get("kuery")
    with pytest.raises(harness.Unsupported, match="very many clauses"):
        language.parse(Source(" or ".join(["*: a"] * 2000)), context)


def test_a_typical_query_is_read_in_no_time() -> None:
    text = " and ".join(f'k: ("a{n}" or b{n}* or c{n})' for n in range(100))
    context = Context(types={"k": FieldType(name="keyword")})
    language = languages.get("kuery")
    start = time.perf_counter()
    language.parse(Source(text), context)
    assert time.perf_counter() - start < 1


def test_an_unknown_nested_object_is_assumed_with_a_warning() -> None:
    query = languages.get("kuery").parse(Source("k: a and ghost: { not x: 1 }"), Context())
    (warning,) = query.warnings
    assert warning.code == "assumed-nested"
    assert warning.place == "<query>:1:10"
    outcome = harness.match(
        "ghost: { not x: 1 }",
        language="kuery",
        events=[{"ghost": [{}]}, {}],
        types={"k": "keyword"},
    )
    assert outcome == [True, False]


def test_atoms_of_a_split_pattern_stand_where_the_word_is() -> None:
    text = 't: \\"ab* cd*'
    context = Context(types={"t": FieldType(name="text")})
    query = languages.get("kuery").parse(Source(text), context)
    spans = [atom.span for atom in getattr(query.predicate, "items", ())]
    assert [text[span.start : span.end] for span in spans if span] == ['\\"ab*', "cd*"]
