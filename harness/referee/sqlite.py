"""Expressions and statements of SQLite over rows of every type."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from harness.referee._base import Grammar, Takes, World

COLUMNS = ("a", "b", "t", "n", "i", "r", "u")
DECLARED = {
    "t": "TEXT COLLATE NOCASE",
    "n": "NUMERIC",
    "i": "INTEGER",
    "r": "REAL",
    "u": "TEXT",
}
TEXTS = [
    *("a", "A", "ab", "AB", "abc", "é", "É", "", " ", "a ", "%", "_", "a_b", "a%b", "\\", "a\\b"),
    *("1", "5", "05", " 5", "5 ", "5.0", "5abc", "0x10", "1e1", ".5", "-1", "+5", "4688", "abcd"),
    *("true", "2024-01-01", "2023-12-31T23:59:59.5Z", "12:30", '{"k":[1,"x"]}', "a]b", "a\nb"),
]
NUMBERS = [0, 1, -1, 2, 5, 10, 16, 4688, 2**31, 2**53 + 1, 2**63 - 1]
REALS = [0.0, 0.5, 1.0, 5.0, -1.5, 1e15, 1e20, 2.5, 9007199254740992.0]
scalars = st.sampled_from([*TEXTS, *NUMBERS, *REALS, None, True, False])
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, scalars)), min_size=1, max_size=6)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


literals = st.sampled_from(
    [*map(_quoted, TEXTS), *map(str, NUMBERS), *map(str, REALS), "NULL", "TRUE", "x'61'", "0x1F"]
)
columns = st.sampled_from([*COLUMNS, '"a"', "`t`", "[n]", "A", "logs.b", '"nosuch"'])
PATTERNS = [
    *("'a%'", "'%b'", "'_'", "'%'", "''", "'A_'", "'%\\%%'", "'a[b'", "'*'", "'a*'", "'?b'", "'['"),
    *("'[a-c]*'", "'[^a]*'", "'[]a]'", "'[a-]'", "'[^]]'", "'%é%'", "'5%'", "'a!_b'", "'%!'"),
    *("'a[*]b'", "'[c-a]'", "'a%_b'", "5", "NULL"),
]
patterns = st.sampled_from(PATTERNS)
UNARY = [
    "NOT {}",
    "-{}",
    "+{}",
    "~{}",
    "({})",
    "{} IS NULL",
    "{} NOTNULL",
    "{} NOT NULL",
    "{} ISNULL",
]
FUNCTIONS = [
    *("abs({})", "lower({})", "upper({})", "length({})", "hex({})", "trim({})", "ltrim({},'a')"),
    *("rtrim({})", "typeof({})", "coalesce({},0)", "ifnull({},'a')", "quote({}||'')", "sign({})"),
    *("substr({},2)", "substr({},-2,1)", "substr({},0,2)", "substr({},2,-1)", "unicode({})"),
    *("instr({},'b')", "replace({},'a','bc')", "round({})", "nullif({},'a')", "max({},5)"),
    *("min({},'a')", "iif({},1,'a')", "likely({})", "json_valid({}||'')", "date({})"),
    *("strftime('%W %d %H',{})", "datetime({},'+1 day')", "typeof(julianday({}))"),
    *("CAST({} AS TEXT)", "CAST({} AS INTEGER)", "CAST({} AS REAL)", "CAST({} AS NUMERIC)"),
    *("CAST({} AS BLOB)", "{} COLLATE NOCASE", "{} COLLATE RTRIM", "{} COLLATE BINARY"),
    "CASE {} WHEN 'a' THEN 1 WHEN 5 THEN 'x' ELSE 0 END",
]
BINARY = [
    *("=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "IS DISTINCT FROM", "+", "-"),
    *("IS NOT DISTINCT FROM", "*", "/", "%", "||", "&", "|", "<<", ">>", "AND", "OR"),
]
MATCHING = [
    *("{} LIKE {}", "{} NOT LIKE {}", "{} GLOB {}", "{} LIKE {} ESCAPE '!'", "{} REGEXP {}"),
    *("{} LIKE {} ESCAPE '\\'", "{} NOT GLOB {}", "like({1},{0})", "{} LIKE {} COLLATE BINARY"),
]


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    unary = st.builds(lambda form, x: form.format(x), st.sampled_from(UNARY + FUNCTIONS), inner)
    binary = st.builds(lambda x, op, y: f"{x} {op} {y}", inner, st.sampled_from(BINARY), inner)
    match = st.builds(lambda f, x, y: f.format(x, y), st.sampled_from(MATCHING), inner, patterns)
    listed = st.builds(
        lambda x, negative, items: f"{x} {negative}IN ({', '.join(items)})",
        inner,
        st.sampled_from(["", "NOT "]),
        st.lists(inner, max_size=3),
    )
    between = st.builds(lambda x, y, z: f"{x} BETWEEN {y} AND {z}", inner, inner, inner)
    return unary | binary | match | listed | between


expressions = st.recursive(columns | columns | literals, _expressions, max_leaves=6)


STATEMENT = "SELECT a, lower(t) AS x FROM logs WHERE {}"
WORDS = [
    *("a", "t", "5", "'a'", "(", ")", ",", "=", "<", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN"),
    *("IS", "NULL", "ESCAPE", "COLLATE", "NOCASE", "CASE", "WHEN", "THEN", "END", "||", "-", "~"),
    *("DISTINCT", "FROM", "lower(", "coalesce(", "count(", "nosuch", '"x"', "REGEXP", "GLOB"),
    *("CAST(", "AS", "TEXT", "ISNULL", "+", "*", ".", ";", "--", "x'6'", "1e", "EXISTS", "key"),
]


soup = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
"""Words in any order: most of it is refused, by both."""


_VALUES = [*TEXTS, *NUMBERS, *REALS, None, True, False]
_chance = random.Random(0)  # noqa: S311 - the same rows in every run
ROWS: tuple[dict[str, Any], ...] = tuple(
    dict(zip(COLUMNS, _chance.choices(_VALUES, k=len(COLUMNS)), strict=True)) for _ in range(60)
)
"""Rows that every query is run on."""


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return rows in a table with or without declared types."""
    del takes
    return st.sampled_from([World({}, ROWS, {"columns": one}) for one in ({}, DECLARED)])


GRAMMAR = Grammar(
    language="sqlite",
    queries=st.one_of(expressions, expressions, expressions.map(STATEMENT.format), soup),
    worlds=worlds,
    options=st.just({}),
)
