"""Conditions and pipelines of Kusto over rows of typed columns."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from harness.ir.query import field_types
from harness.referee._base import Grammar, Takes, World

Text = st.SearchStrategy[str]
TYPES = {
    "S": "string",
    "T": "string",
    "N": "long",
    "I": "int",
    "R": "real",
    "B": "bool",
    "D": "datetime",
    "J": "dynamic",
}
TEXTS = [
    *("a", "A", "ab", "AB", "abc", "a b", "a-b", "a_b", "ab.exe", "C:\\ab\\cd.exe", "", " "),
    *("who", "WHO", "who_whoami_x", "whoami /all", "xwho", "net user bob /add", "5", "05", "10"),
    *("1.5", "true", "10.0.0.1", "192.168.1.7", "::1", "2024-05-06", "a'b", 'a"b', "a,b", "[1]"),
    *("a.b", "ab ab", "/ab", "ab/", "(ab)", "4624", "id=4624;", "x4624", "delete SHADOWS"),
]
NUMBERS = [0, 1, -1, 2, 5, 10, 4624, 65535]
SMALL = [0, 1, -1, 2, 5, 10]
"""Numbers whose products an int holds: what more of them give is not documented."""
REALS = [0.0, 0.5, 1.0, 1.5, -2.0, 5.0]
MOMENTS = ["2024-05-06T10:30:00Z", "2024-05-06T00:00:00Z", "2023-12-31T23:59:59.5Z"]
OBJECTS: list[Any] = [
    {"a": "ab"},
    {"a": "AB", "n": 5},
    {"a": {"b": ["x", "ab"]}},
    {"n": 1, "t": True},
    ["a", "ab"],
    [],
    {},
]
PATTERNS = [
    *("a", "^a", "b$", "a.c", "(?i)AB", "[a-c]+", "^$", "\\d+", "a|b", "\\bab\\b", "\\w+", "x*"),
    *("(a)(b)?", "\\\\", "\\.exe$", "[^a]", "a{2}", "(?s)a.b", "\\s"),
]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _filled(form: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda given: form.format(*given))


def _one(*forms: str) -> Text:
    return st.sampled_from(forms)


_WHOLE = ("==", "!=", "=~", "!~")
_PARTS = ("contains", "startswith", "endswith", "has", "hasprefix", "hassuffix")
_LISTED = ("in", "!in", "in~", "!in~", "has_any", "has_all")
on_text = _one(
    *_WHOLE, *(f"{no}{one}{cs}" for one in _PARTS for no in ("", "!") for cs in ("", "_cs"))
)
on_lists = _one(*_LISTED)
compare = _one("==", "!=", "<", "<=", ">", ">=")

literals = st.sampled_from([*map(_quoted, TEXTS), "'ab'", '@"C:\\ab"', '"a" "b"'])
text_columns = _one("S", "T", "S", "T", "['S']")
paths = _one(
    "tostring(J.a)", "tostring(J['a'])", "tostring(J.a.b[0])", "tostring(J[0])", "tostring(J)"
)
whole_numbers = st.sampled_from([*map(str, NUMBERS), "0x10", "int(5)", "long(5)"])
decimals = st.sampled_from([*map(str, REALS), "1e1", "real(2.5)"])
moments = st.sampled_from([f"datetime({one})" for one in (*MOMENTS, "2024-05-06", "2024-01")])
spans = _one("1h", "1d", "90m", "0.5s", "timespan(1d)")
regexes = st.sampled_from([_quoted(one) for one in PATTERNS])


def _texts(inner: Text, whole: Text) -> Text:
    return st.one_of(
        _filled("{}({})", _one("tolower", "toupper", "tostring", "reverse"), inner),
        _filled("tostring({})", whole),
        _filled("strcat({}, {})", inner, inner),
        _filled("strcat_delim('-', {}, {})", inner, inner),
        _filled("substring({}, {})", inner, _one("0", "1", "9")),
        _filled("substring({}, {}, {})", inner, _one("0", "1", "9"), _one("0", "1", "2")),
        _filled("replace_string({}, {}, {})", inner, literals, literals),
        _filled("extract({}, {}, {})", regexes, _one("0", "1"), inner),
        _filled("trim({}, {})", _one('"a"', '"\\\\s"', '"[ab]"'), inner),
        _filled(
            "tostring(split({}, {})[{}])", inner, _one('" "', '","', '"b"'), _one("0", "1", "-1")
        ),
        _filled("iff({} == {}, {}, {})", inner, literals, inner, inner),
        _filled("coalesce({}, {})", inner, inner),
        _filled("case({} has {}, {}, {})", inner, literals, inner, literals),
    )


def _numbers(inner: Text, texts: Text) -> Text:
    return st.one_of(
        _filled("strlen({})", texts),
        _filled("indexof({}, {})", texts, literals),
        _filled("countof({}, {})", texts, _one('"a"', '"ab"', '" "')),
        _filled("{}({})", _one("toint", "tolong"), texts),
        _filled("{} {} {}", inner, _one("+", "-", "*"), inner),
        _filled("abs({})", inner),
        _filled("array_length({})", _one("J", "J.a.b", "split(S, ' ')")),
        _filled("{}(D)", _one("hourofday", "dayofmonth", "monthofyear", "getyear")),
        _filled("toint({})", _one("J.n", "B", "J[0]")),
        _filled("min_of({}, {})", inner, inner),
    )


def _tests(texts: Text, numbers: Text, inner: Text) -> Text:
    lists = st.lists(literals, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        _filled("{} {} {}", texts, on_text, literals),
        _filled("{} {} {}", text_columns, on_text, literals),
        _filled("{} {} {}", text_columns, on_text, literals),
        _filled("{} {} {}", texts, on_text, texts),
        _filled("{} {} ({})", texts, on_lists, lists),
        _filled("{} {} dynamic([{}])", text_columns, on_lists, literals.filter(_is_json)),
        _filled("{} matches regex {}", texts, regexes),
        _filled("{} {} {}", numbers, compare, numbers),
        _filled("{} {} {}", _one("R", "N", "I"), compare, decimals),
        _filled("{} {}({}, {})", _one("N", "I"), _one("in ", "!in "), whole_numbers, whole_numbers),
        _filled(
            "{} {}({} .. {})", numbers, _one("between ", "!between "), whole_numbers, whole_numbers
        ),
        _filled("D {} {}", compare, moments),
        _filled("D between ({} .. {})", moments, _one("1d", "datetime(2025-01-01)")),
        _filled("D {} {} - {}", compare, moments, spans),
        _filled("B {} {}", _one("==", "!="), _one("true", "false")),
        _filled("{}({})", _one("isempty", "isnotempty"), texts),
        _filled("{}({})", _one("isnull", "isnotnull"), _one("N", "R", "B", "D", "J", "J.a", "I")),
        _filled(
            "J.{} {} {}", _one("a", "n", "x"), _one("==", "!=", "=~", "has", "contains"), literals
        ),
        _filled("ipv4_is_in_range({}, {})", texts, _one('"10.0.0.0/8"', '"192.168.1.0/24"')),
        _filled("ipv4_is_private({})", texts),
        _filled("set_has_element(J, {})", _one("'ab'", '"x"', '"a"')),
        _one("B", "not(B)", "true", "false", "N == R", "S == T", "S =~ T", "I == N"),
        _filled("not({})", inner),
    )


_texts_found = st.recursive(
    text_columns | text_columns | text_columns | paths,
    lambda inner: _texts(inner, inner | _one("N", "I", "B", "D", "J.n")),
    max_leaves=3,
)
_numbers_found = st.recursive(
    _one("N", "I", "N") | whole_numbers,
    lambda inner: _numbers(inner, _texts_found),
    max_leaves=3,
)


def _is_json(literal: str) -> bool:
    return literal.startswith('"') and '" "' not in literal


_plain = _tests(text_columns, _one("N", "I"), _one("B", 'S has "ab"', "N == 5"))
_simple = _tests(_texts_found, _numbers_found, _plain)


def _joined(inner: Text) -> Text:
    return st.one_of(
        _filled("{} and {}", inner, inner),
        _filled("{} or {}", inner, inner),
        _filled("not({})", inner),
        _filled("({})", inner),
        _filled("iff({}, {}, {})", inner, inner, inner),
    )


conditions = st.recursive(_simple, _joined, max_leaves=4)
PIPELINES = [
    "Events\n| where {}",
    "Events | where {} | where isnotempty(S)",
    'Events | extend X = strcat(S, "/", T) | where X has "ab" or {}',
    "Events | project-rename Z = R | where {}",
    'let t = "ab"; Events | where S has t or {}',
    "Events | filter {} | sort by N asc",
    'search "ab" | where {}',
    'Events | where * has "ab" and {}',
]
WORDS = [
    *("S", "N", "J.a", "5", '"ab"', "(", ")", ",", "==", "!=", "=~", "and", "or", "not(", "has"),
    *("contains", "in", "in~", "between", "..", "|", "where", "Events", "extend", "X =", "null"),
    *("true", "D", "1h", "ago(", "matches regex", "!has", "startswith_cs", "<", "+", "-", "[0]"),
]
soup = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
"""Words in any order: most of it is refused, by both."""

_chance = random.Random(0)  # noqa: S311 - the same rows in every run
_OFTEN = 0.8
_VALUES: dict[str, list[Any]] = {
    "S": TEXTS,
    "T": TEXTS,
    "N": NUMBERS,
    "I": SMALL,
    "R": REALS,
    "B": [True, False],
    "D": MOMENTS,
    "J": OBJECTS,
}
ROWS: tuple[dict[str, Any], ...] = tuple(
    {name: _chance.choice(some) for name, some in _VALUES.items() if _chance.random() < _OFTEN}
    for _ in range(50)
)
"""Rows that every query is run on."""
_WORLD = World(field_types(TYPES), ROWS)


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return rows in a table with typed columns."""
    del takes
    return st.just(_WORLD)


GRAMMAR = Grammar(
    language="kusto",
    queries=st.one_of(
        _plain,
        _plain,
        _plain,
        conditions,
        conditions,
        st.builds(str.format, st.sampled_from(PIPELINES), conditions),
        soup,
    ),
    worlds=worlds,
    options=st.just({}),
)
