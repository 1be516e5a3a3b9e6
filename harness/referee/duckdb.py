"""Conditions and statements of DuckDB over rows of every type."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from harness.ir.query import field_types
from harness.referee._base import Grammar, Takes, World

Text = st.SearchStrategy[str]
COLUMNS = {"words": "VARCHAR[]", "counts": "BIGINT[]", "small": "TINYINT", "day": "DATE"}
TYPES = {
    "a": "keyword",
    "b": "keyword",
    "i": "integer",
    "n": "long",
    "d": "double",
    "t": "boolean",
    "ts": "date",
    "s": "object",
    "s.x": "keyword",
    "s.n": "long",
}
TEXTS = [
    *("a", "A", "ab", "AB", "abc", "é", "É", "", " ", "a ", "%", "_", "a_b", "a%b", "\\", "a\\b"),
    *("1", "5", "05", " 5", "5 ", "5.0", "5.5", "5abc", "0x10", "1e1", ".5", "-1", "+5", "4688"),
    *(
        "true",
        "T",
        "no",
        "2024-01-01",
        "2024-01-01T10:00:00",
        "İ",
        "ß",
        "\u017f",
        "Σς",
        "a]b",
        "a\nb",
    ),
    *("a,b", "[a]", "(", "a.c", "K", "日本", "*", "?", "1_000", "0b1", "infinity", "'", "a'b"),
]
NUMBERS = [0, 1, -1, 2, 5, 10, 16, 127, 4688, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1]
REALS = [0.0, 0.5, 1.0, 5.0, -1.5, 1e15, 2.5, 5.5, 9007199254740992.0]
MOMENTS = ["2024-01-01T00:00:00Z", "2024-01-01T10:00:00.5Z", "2023-12-31 23:59:59", "2024-02-29"]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _filled(form: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda given: form.format(*given))


def _one(*forms: str) -> Text:
    return st.sampled_from(forms)


literals = st.sampled_from([*map(_quoted, TEXTS), *map(_quoted, MOMENTS), "e'a\\nb'", "$$a'b$$"])
text_columns = _one("a", "b", '"a"', "A", "logs.b", "s.x", "logs.s.x", "words[1]", "`b`")
integer_columns = _one("i", "n", "s.n", "small", "counts[1]", "I", '"n"')
integer_literals = st.sampled_from([*map(str, NUMBERS), "1_000"])
decimals = _one("1.5", "5.0", "0.5", ".5", "5.", "2.50", "1e1", "5e-1", "5.55")
PATTERNS = [
    *("a%", "%b", "_", "%", "", "A_", "%\\%%", "a[b", "*", "a*", "?b", "[", "[a-c]*", "[!a]*"),
    *(
        "[]a]",
        "[a-]",
        "[^]]",
        "%é%",
        "5%",
        "a!_b",
        "%!",
        "a[*]b",
        "[c-a]",
        "a%_b",
        "İ%",
        "%ß",
        "\\",
    ),
    *("é?", "a\\*", "[!]]", "%__", "_%_", "a\\_b", "!!%", "%!%", "É%"),
]
EXPRESSIONS = [
    *("a", "^a", "b$", "a.c", "(?i)A", "[a-c]+", "^$", "", "\\d+", "(", "a|b", "(?s)a.b", "\\bab"),
    *("é", "\\w", "[[:alpha:]]", "a{2}", "(?=a)", "\\\\", "x*", "(a)(b)?", "^é$"),
]
patterns = st.sampled_from([_quoted(one) for one in PATTERNS])
regexes = st.sampled_from([_quoted(one) for one in EXPRESSIONS])


def _texts(inner: Text, whole: Text) -> Text:
    return st.one_of(
        _filled("{}({})", _one("lower", "upper", "trim", "lcase", "ltrim", "rtrim"), inner),
        _filled("{} || {}", inner, inner),
        _filled("{}({}, {})", _one("left", "right", "repeat"), inner, _one("0", "1", "2", "-1")),
        _filled("substr({}, {})", inner, _one("1", "2", "0", "-1", "-2", "9")),
        _filled(
            "substring({}, {}, {})",
            inner,
            _one("1", "2", "0", "-2", "9"),
            _one("0", "1", "2", "-1"),
        ),
        _filled("replace({}, {}, {})", inner, inner, inner),
        _filled("concat({}, {})", inner, whole),
        _filled("concat_ws('-', {}, {})", inner, inner),
        _filled("split_part({}, {}, {})", inner, literals, _one("1", "2", "-1", "9")),
        _filled(
            "regexp_extract({}, {})",
            inner,
            regexes.filter(lambda one: "(?=" not in one and one != "'('"),
        ),
        _filled("coalesce({}, {})", inner, inner),
        _filled("nullif({}, {})", inner, inner),
        _filled("CAST({} AS VARCHAR)", whole),
        _filled("{}::TEXT", whole),
        _filled("trim({}, {})", inner, literals),
        _filled("({})[{}]", inner, _one("1", "-1", "0", "9")),
        _filled("CASE {} WHEN {} THEN {} ELSE {} END", inner, inner, inner, inner),
        _filled("array_to_string(words, {})", literals),
    )


def _integers(inner: Text, texts: Text) -> Text:
    return st.one_of(
        _filled("{}({})", _one("length", "len", "strlen", "ascii"), texts),
        _filled("{}({}, {})", _one("strpos", "instr"), texts, texts),
        _filled("position({} IN {})", literals, texts),
        _filled("len({})", _one("words", "counts", "string_split(a, ',')")),
        _filled("{} {} {}", inner, _one("+", "-", "*", "%", "//", "&", "|"), inner),
        _filled("-{}", inner),
        _filled("abs({})", inner),
        _filled("CAST({} AS {})", texts, _one("INTEGER", "BIGINT", "TINYINT", "UBIGINT")),
        _filled("TRY_CAST({} AS {})", texts, _one("INTEGER", "BIGINT", "DOUBLE", "DECIMAL(5,2)")),
        _filled("{}(ts)", _one("hour", "year", "month", "day", "minute", "second", "dayofweek")),
        _filled("coalesce({}, {})", inner, inner),
        _filled("list_position(words, {})", texts),
        _filled("{} / {}", inner, inner),
    )


def _tests(texts: Text, integers: Text, loose: Text, inner: Text) -> Text:
    compare = _one("=", "==", "<>", "!=", "<", "<=", ">", ">=")
    negation = _one("", "NOT ")
    return st.one_of(
        _filled("{} {} {}", texts, compare, texts),
        _filled("{} {} {}", integers, compare, integers | decimals | _one("'5'", "d", "'x'")),
        _filled("{} {} {}", loose, compare, loose),
        _filled("{} {}{} {}", texts, negation, _one("LIKE", "ILIKE", "GLOB"), patterns),
        _filled("{} {} {}", texts, _one("LIKE", "ILIKE", "GLOB", "~~", "!~~*"), texts),
        _filled(
            "{} {}{} {} ESCAPE {}",
            texts,
            negation,
            _one("LIKE", "ILIKE"),
            patterns,
            _one("'!'", "'\\'", "''"),
        ),
        _filled("{} {}SIMILAR TO {}", texts, negation, regexes),
        _filled("{} {} {}", texts, _one("~", "!~", "~*"), regexes),
        _filled("{}({}, {})", _one("regexp_matches", "regexp_full_match"), texts, regexes),
        _filled(
            "regexp_matches({}, {}, {})", texts, regexes, _one("'i'", "'s'", "'c'", "'l'", "''")
        ),
        _filled("{}({}, {})", _one("contains", "starts_with", "ends_with", "prefix"), texts, texts),
        _filled("{} ^@ {}", texts, texts),
        _filled("{} {}IN ({}, {})", texts, negation, texts, texts | _one("NULL")),
        _filled("{} {}IN ({}, {})", integers, negation, integers, integers | decimals),
        _filled("{} IN ({})", loose, loose),
        _filled("{} {}BETWEEN {} AND {}", texts, negation, texts, texts),
        _filled("{} BETWEEN {} AND {}", integers, integers, integers | _one("'5'", "2.5")),
        _filled("{} IS {}NULL", loose, negation),
        _filled("{} {}", loose, _one("ISNULL", "NOTNULL", "NOT NULL")),
        _filled("{} IS {}DISTINCT FROM {}", texts, negation, texts),
        _filled("{} IS {}DISTINCT FROM {}", loose, negation, loose),
        _filled("{} IS {}{}", inner, negation, _one("TRUE", "FALSE", "UNKNOWN")),
        _filled("{}(words, {})", _one("list_contains", "array_has", "contains"), texts),
        _filled("list_contains(counts, {})", integers),
        _filled("{} {} ANY(words)", texts, _one("=")),
        _filled("{} IN {}", texts, _one("words", "['a', 'ab']", "a")),
        _filled("{}(words, [{}, {}])", _one("list_has_any", "list_has_all"), literals, literals),
        _filled(
            "len(list_filter(words, lambda x: x {} {})) > 0", _one("=", "LIKE", "ILIKE"), patterns
        ),
        _filled("ts {} {}", compare, st.sampled_from([_quoted(one) for one in MOMENTS])),
        _filled("ts - INTERVAL {} > '2023-12-31'", _one("1 DAY", "'2 hours'", "'1' WEEK")),
        _filled(
            "day {} {}",
            compare,
            _one("'2024-01-01'", "DATE", "ts", "'x'").filter(lambda x: x != "DATE"),
        ),
        _one("t", "NOT t", "TRUE", "FALSE", "NULL", "i", "d > 1.5", "d = i", "n = d", "a", "t = 1"),
    )


_texts_found = st.recursive(
    text_columns | text_columns | literals,
    lambda inner: _texts(inner, inner | integer_columns | _one("d", "t", "ts", "1.50")),
    max_leaves=3,
)
_integers_found = st.recursive(
    integer_columns | integer_literals,
    lambda inner: _integers(inner, _texts_found),
    max_leaves=3,
)
_loose = st.one_of(
    _texts_found, _integers_found, decimals, _one("d", "t", "NULL", "TRUE", "ts", "words", "day")
)
_simple = _tests(_texts_found, _integers_found, _loose, _one("t", "a = 'a'", "i > 1", "NULL"))


def _joined(inner: Text) -> Text:
    return st.one_of(
        _filled("{} AND {}", inner, inner),
        _filled("{} OR {}", inner, inner),
        _filled("NOT {}", inner),
        _filled("({})", inner),
        _filled("NOT ({})", inner),
        _filled("CASE WHEN {} THEN {} ELSE {} END", inner, inner, inner),
        _filled("{} = {}", inner, _one("TRUE", "t")),
        _filled("if({}, {}, {})", inner, inner, inner),
        _filled("coalesce({}, FALSE)", inner),
    )


conditions = st.recursive(_simple, _joined, max_leaves=4)
plain = _tests(text_columns, integer_columns, _loose, _one("t", "a = 'a'"))
"""Tests of columns themselves, most of which differ from each other."""
STATEMENTS = [
    "SELECT a, lower(b) AS x FROM logs WHERE {}",
    "SELECT * FROM logs AS l WHERE {};",
    "FROM logs WHERE {}",
    "SELECT count FROM (SELECT 1) WHERE {}",
]
WORDS = [
    *("a", "i", "5", "'a'", "(", ")", ",", "=", "<", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN"),
    *("IS", "NULL", "ESCAPE", "CASE", "WHEN", "THEN", "END", "||", "-", "~", "::", "VARCHAR", "t"),
    *("DISTINCT", "FROM", "lower(", "coalesce(", "nosuch", '"x"', "ILIKE", "GLOB", "SIMILAR TO"),
    *("CAST(", "AS", "TEXT", "ISNULL", "+", "*", ".", "--", "1e", "[", "]", "words", "d", "key"),
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
        "i": _sometimes([0, 1, 5, -1, 2, 4688, 2**31 - 1]),
        "n": _sometimes(NUMBERS),
        "small": _sometimes([0, 1, 5, 127, -128]),
        "d": _sometimes(REALS),
        "t": _sometimes([True, False]),
        "ts": _sometimes(MOMENTS),
        "day": _sometimes(["2024-01-01", "2023-12-31"]),
        "words": _sometimes([["a", "ab"], [], ["É"], [None, "a"], [None], ["b", "a", "a"]]),
        "counts": _sometimes([[1, 5], [], [0], [None, 2]]),
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
    language="duckdb",
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
