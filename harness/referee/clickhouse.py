"""Conditions and statements of ClickHouse over rows of every type."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from harness.ir.query import field_types
from harness.referee._base import Grammar, Takes, World

Text = st.SearchStrategy[str]
COLUMNS = {
    "words": "Array(String)",
    "counts": "Array(Int64)",
    "p": "Nullable(String)",
    "q": "Nullable(Int64)",
    "w": "Nullable(Bool)",
    "m": "Map(String, String)",
    "u": "UInt8",
    "day": "Date",
    "at": "DateTime",
    "low": "LowCardinality(String)",
}
TYPES = {
    "a": "keyword",
    "b": "keyword",
    "i": "integer",
    "n": "long",
    "d": "double",
    "t": "boolean",
    "ts": "date",
    "s.x": "keyword",
    "s.n": "long",
}
TEXTS = [
    *("a", "A", "ab", "AB", "abc", "é", "É", "", " ", "a ", "%", "_", "a_b", "a%b", "\\", "a\\b"),
    *("1", "5", "05", " 5", "5.0", "5abc", "0x10", "1e1", "-1", "+5", "4688", "true", "abc def"),
    *(
        "2024-01-01",
        "2024-01-01 10:00:00",
        "a]b",
        "a\nb",
        "a,b",
        "a-b",
        "(",
        "a.c",
        "日本",
        "*",
        "'",
    ),
    *("AbC", "x=a;b", "éa", "-a-"),
]
NUMBERS = [0, 1, -1, 2, 5, 10, 255, 256, 4688, 2**31 - 1, 2**53 + 1, 2**63 - 1]
REALS = [0.0, 0.5, 1.0, 5.0, -1.5, 2.5, 9007199254740992.0]
MOMENTS = ["2024-01-01T00:00:00Z", "2024-01-01T10:00:00.500Z", "2023-12-31T23:59:59Z"]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _filled(form: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda given: form.format(*given))


def _one(*forms: str) -> Text:
    return st.sampled_from(forms)


literals = st.sampled_from([*map(_quoted, TEXTS), "'it''s'", "'a\\.b'", "'a\\qb'"])
text_columns = _one(
    "a", "b", "`a`", '"b"', "logs.b", "s.x", "`s.x`", "p", "m['k']", "words[1]", "low"
)
integer_columns = _one("i", "n", "s.n", "u", "q", "counts[1]", "`n`")
integer_literals = st.sampled_from([*map(str, NUMBERS), "1_000", "0x1F"])
decimals = _one("1.5", "5.0", "0.5", "5.", "1e1", "5e-1")
PATTERNS = [
    *("a%", "%b", "_", "%", "", "A_", "%\\%%", "a[b", "*", "%é%", "5%", "a\\_b", "%a%b%", "É%"),
    *("%\\\\%", "a\\", "\\a%", "__", "_%_", "%ab", "AB", "%B%", "a%c", "%\n%", "\\%"),
]
EXPRESSIONS = [
    *("a", "^a", "b$", "a.c", "(?i)A", "[a-c]+", "^$", "", "\\d+", "(", "a|b", "a.b", "\\bab"),
    *(
        "é",
        "\\w",
        "[[:alpha:]]",
        "a{2}",
        "(?=a)",
        "\\\\",
        "x*",
        "(a)(b)?",
        "^é$",
        "^.$",
        "(?-s)a.b",
    ),
]
patterns = st.sampled_from([_quoted(one) for one in PATTERNS])
regexes = st.sampled_from([_quoted(one) for one in EXPRESSIONS])
groups = st.sampled_from([_quoted(one) for one in EXPRESSIONS if one not in ("(", "(?=a)")])
words = _one("'a'", "'ab'", "'abc'", "'A'", "'é'", "'5'", "'b'", "'a b'", "'x'")


def _texts(inner: Text, whole: Text) -> Text:
    return st.one_of(
        _filled(
            "{}({})",
            _one("lower", "upper", "lowerUTF8", "LOWER", "trim", "ltrim", "trimRight"),
            inner,
        ),
        _filled("{} || {}", inner, inner),
        _filled("substring({}, {})", inner, _one("1", "2", "-1", "-2", "9")),
        _filled("substringUTF8({}, {}, {})", inner, _one("1", "2", "-2", "9"), _one("0", "1", "2")),
        _filled("replaceAll({}, {}, {})", inner, inner, inner),
        _filled("replaceOne({}, {}, {})", inner, literals, inner),
        _filled("concat({}, {})", inner, whole),
        _filled("extract({}, {})", inner, groups),
        _filled("coalesce({}, {})", inner, inner),
        _filled("ifNull(p, {})", inner),
        _filled("nullIf({}, {})", inner, inner),
        _filled("toString({})", whole),
        _filled("{}::String", whole),
        _filled("if({} = {}, {}, {})", inner, inner, inner, inner),
        _filled("CASE {} WHEN {} THEN {} ELSE {} END", inner, inner, inner, inner),
        _filled("arrayStringConcat(words, {})", literals),
        _filled("splitByChar(',', {})[{}]", inner, _one("1", "-1", "3")),
    )


def _integers(inner: Text, texts: Text) -> Text:
    return st.one_of(
        _filled("{}({})", _one("length", "lengthUTF8", "char_length", "empty", "notEmpty"), texts),
        _filled("{}({}, {})", _one("position", "positionCaseInsensitive", "instr"), texts, texts),
        _filled("positionUTF8({}, {})", texts, texts),
        _filled("position({} IN {})", literals, texts),
        _filled("{}({})", _one("length", "empty"), _one("words", "counts")),
        _filled("{} {} {}", inner, _one("+", "-", "*", "%", "/"), inner),
        _filled("intDiv({}, {})", inner, inner),
        _filled("-{}", inner),
        _filled(
            "{}({})", _one("toInt64", "toInt64OrNull", "toInt64OrZero", "toUInt8OrZero"), texts
        ),
        _filled("toInt32OrNull({})", texts),
        _filled("CAST({} AS Int64)", texts | inner),
        _filled(
            "{}(ts)", _one("toHour", "toYear", "toMonth", "toDayOfWeek", "toMinute", "toSecond")
        ),
        _filled("coalesce(q, {})", inner),
        _filled("indexOf(words, {})", literals),
        _filled("arrayCount(x -> x = {}, words)", literals),
        _filled("if({} = {}, 1, 2)", texts, texts),
    )


def _tests(texts: Text, integers: Text, loose: Text) -> Text:
    compare = _one("=", "==", "<>", "!=", "<", "<=", ">", ">=")
    negation = _one("", "NOT ")
    search = _one(
        *("multiSearchAny", "multiSearchAnyCaseInsensitive", "multiSearchAnyCaseInsensitiveUTF8")
    )
    return st.one_of(
        _filled("{} {} {}", texts, compare, texts),
        _filled("{} {} {}", integers, compare, integers | decimals | _one("'5'", "d", "'x'", "t")),
        _filled("{} {} {}", loose, compare, loose),
        _filled("{} {}{} {}", texts, negation, _one("LIKE", "ILIKE"), patterns),
        _filled("{} LIKE {}", texts, texts),
        _filled("{} REGEXP {}", texts, regexes),
        _filled("match({}, {})", texts, regexes),
        _filled("{}({}, {})", _one("startsWith", "endsWith"), texts, texts),
        _filled("{}({}, {})", _one("hasToken", "hasTokenCaseInsensitive"), texts, words),
        _filled("{}({}, [{}, {}])", search, texts, literals, literals),
        _filled("{} {}IN ({}, {})", texts, negation, literals, literals | _one("NULL")),
        _filled(
            "{} {}IN ({}, {})",
            integers,
            negation,
            integer_literals,
            integer_literals | _one("'5'", "NULL", "1.5"),
        ),
        _filled("{} {}IN ({})", loose, negation, literals | integer_literals),
        _filled("{} {}BETWEEN {} AND {}", texts, negation, texts, texts),
        _filled("{} BETWEEN {} AND {}", integers, integers, integers | _one("'5'", "2.5")),
        _filled("{} IS {}NULL", loose, negation),
        _filled("{}({})", _one("isNull", "isNotNull"), loose),
        _filled("{} IS {}DISTINCT FROM {}", texts, negation, texts),
        _filled("{} <=> {}", integers, integers | _one("NULL")),
        _filled("t IS {}{}", negation, _one("TRUE", "FALSE")),
        _filled("has(words, {})", texts),
        _filled("has(counts, {})", integers),
        _filled("{}(words, [{}, {}])", _one("hasAny", "hasAll"), literals, literals),
        _filled(
            "arrayExists(x -> x {} {}, words)", _one("=", "LIKE", "ILIKE", "!=", "<"), patterns
        ),
        _filled(
            "{}(x -> x LIKE {} AND NOT match(x, {}), words)",
            _one("arrayExists", "arrayAll"),
            patterns,
            groups,
        ),
        _filled("arrayExists(x -> lower(x) IN ({}, {}), words)", literals, literals),
        _filled("mapContains(m, {})", _one("'k'", "'j'", "'zz'")),
        _filled("m[{}] {} {}", _one("'k'", "'j'", "'zz'"), compare, texts),
        _filled(
            "{} {} {}",
            _one("ts", "at"),
            compare,
            _one(
                "'2024-01-01 00:00:00'", "'2024-01-01'", "at", "toDateTime('2024-01-01 10:00:00')"
            ),
        ),
        _filled(
            "{} - INTERVAL {} > '2023-12-31 00:00:00'",
            _one("ts", "at"),
            _one("1 DAY", "2 HOUR", "1 WEEK"),
        ),
        _filled("day {} {}", compare, _one("'2024-01-01'", "'2023-12-31'")),
        _one(
            "t",
            "NOT t",
            "true",
            "false",
            "NULL",
            "i",
            "d > 1.5",
            "d = i",
            "n = d",
            "t = 1",
            "w",
            "NOT w",
            "q",
            "NOT q",
            "not n",
        ),
    )


_texts_found = st.recursive(
    text_columns | text_columns | literals,
    lambda inner: _texts(inner, inner | integer_columns | _one("d", "t", "ts", "at", "day")),
    max_leaves=3,
)
_integers_found = st.recursive(
    integer_columns | integer_literals,
    lambda inner: _integers(inner, _texts_found),
    max_leaves=3,
)
_loose = st.one_of(
    _texts_found, _integers_found, decimals, _one("d", "t", "NULL", "true", "w", "q")
)
_simple = _tests(_texts_found, _integers_found, _loose)


def _joined(inner: Text) -> Text:
    return st.one_of(
        _filled("{} AND {}", inner, inner),
        _filled("{} OR {}", inner, inner),
        _filled("NOT {}", inner),
        _filled("({})", inner),
        _filled("NOT ({})", inner),
        _filled("if({}, {}, {})", inner, inner, inner),
        _filled("({}) = {}", inner, _one("1", "0", "t")),
        _filled("(({}) ? ({}) : ({}))", inner, inner, inner),
        _filled("and({}, {})", inner, inner),
        _filled("multiIf({}, 1, {}, 0, 1)", inner, inner),
    )


conditions = st.recursive(_simple, _joined, max_leaves=4)
plain = _tests(text_columns, integer_columns, _loose)
"""Tests of columns themselves, most of which differ from each other."""
STATEMENTS = [
    "SELECT a, lower(b) AS x FROM logs WHERE {}",
    "SELECT * FROM logs WHERE {} ORDER BY a;",
]
WORDS = [
    *("a", "i", "5", "'a'", "(", ")", ",", "=", "<", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN"),
    *("IS", "NULL", "CASE", "WHEN", "THEN", "END", "||", "-", "::", "String", "t", "?", ":"),
    *("DISTINCT", "FROM", "lower(", "coalesce(", "nosuch", '"x"', "ILIKE", "REGEXP", "->", "x"),
    *("CAST(", "AS", "+", "*", ".", "--", "1e", "[", "]", "words", "d", "has("),
]
soup = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
"""Words in any order: most of it is refused, by both."""

_chance = random.Random(0)  # noqa: S311 - the same rows in every run
_OFTEN = 0.8


def _sometimes(values: list[Any]) -> Any:
    return _chance.choice([*values, None]) if _chance.random() < _OFTEN else None


def _row() -> dict[str, Any]:
    found = {
        "a": _sometimes(TEXTS),
        "b": _sometimes(TEXTS),
        "p": _sometimes(TEXTS),
        "low": _sometimes(TEXTS),
        "i": _sometimes([0, 1, 5, -1, 2, 4688, 2**31 - 1]),
        "n": _sometimes(NUMBERS),
        "q": _sometimes([0, 1, 5, -1]),
        "u": _sometimes([0, 1, 5, 255]),
        "d": _sometimes(REALS),
        "t": _sometimes([True, False]),
        "w": _sometimes([True, False]),
        "ts": _sometimes(MOMENTS),
        "at": _sometimes(MOMENTS),
        "day": _sometimes(["2024-01-01", "2023-12-31"]),
        "words": _sometimes([["a", "ab"], [], ["É"], [None, "a"], [None], ["b", "a", "a"]]),
        "counts": _sometimes([[1, 5], [], [0], [None, 2]]),
        "m": {"k": _sometimes(TEXTS), "j": _sometimes(TEXTS)},
        "s": {"x": _sometimes(TEXTS), "n": _sometimes(NUMBERS)},
    }
    return {
        key: value for key, value in found.items() if value is not None or _chance.random() < _OFTEN
    }


ROWS: tuple[dict[str, Any], ...] = tuple(_row() for _ in range(60))
"""Rows that every query is run on."""
_WORLD = World(field_types(TYPES), ROWS, {"columns": COLUMNS})


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return rows in a table with typed columns."""
    del takes
    return st.just(_WORLD)


GRAMMAR = Grammar(
    language="clickhouse",
    queries=st.one_of(
        plain,
        plain,
        plain,
        conditions,
        conditions,
        st.builds(str.format, st.sampled_from(STATEMENTS), conditions),
        soup,
    ),
    worlds=worlds,
    options=st.just({}),
)
