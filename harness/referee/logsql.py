"""Random LogsQL queries, and the entries that they are asked of."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from harness.referee._base import Grammar, Takes, World

Event = dict[str, Any]

MESSAGES = [
    *("", " ", "error", "an error: 42 here", "ERROR", "Error", "errors", "error_code=5", "x\ny"),
    *("login denied now", "denied", "net user", "dotnet users", "prewarning", "warn-1", "Warn"),
    *("é È \u017f", "ящ ЯЩ", "дя ДЯ", "naïve", "n\u0665 a", "a.b", "a+b", "a*c", "\\d"),
    *("\t", "2024-01-01"),
    *("from 10.0.0.1 to 10.9.8.7", "110.0.0.1", "192.168.4.5:80", "::1 and 2001:db8::1", "1.2.3"),
    *('say "hi" `now`', "GET /a/b?c=1 HTTP/1.1", "u=a u=b", "id=1 x", "$x and #y", "a\ufffdb"),
    *("123e4567-e89b-12d3-a456-426614174000", "at 10:20:30.5 or 10:20", "2024-01-02T03:04:05Z"),
    *("foo bar foobar", "foofoo", "barfoo baz", "foo", "foo.bar.foo", "xfooyfooz", "it's 'a b' c"),
]
VALUES: list[Any] = [
    *("x", "X", "y", "xy", "x y", "x-y", "x.y", "x:y", "", None, "a b c", "net user", "dotnet"),
    *(0, 5, -5, 42, 1.5, -0.5, 1e300, 12345678901234567890, True, False, "5", "05", "-5", "1_0"),
    *("1.50", "5s", "1m30s", "-2h", "10KB", "10KiB", "1.5MB", "1e3", "0x1F", "inf", "nan", "-"),
    *("10.0.0.1", "010.000.0.1", "10.0.0.300", "255.255.255.255", "::1", "2001:db8::1"),
    *("::ffff:1.2.3.4",),
    *("2024-05-12T14:55:22Z", "2024-05-12T14:55:22.123Z", "2024-05-12 14:55:22+02:00", "2024"),
    *(["x", 1, None, True, "é"], [], ["a b", {"k": "v"}], '["x",1.50]', "[1,", " [true] ", [5]),
    *(
        {"c": "x"},
        {"c": {"d": 5}},
        {"": "q"},
        {},
        "é",
        "Straße",
        "K",
        "\u017f",
        "İ",
        "x\ny",
        "x" * 300,
    ),
]


TIMED = [
    *("2024-05-12T14:55:22Z", "2024-05-12T00:00:00Z", "2025-01-31T23:59:59.5Z"),
    *("2023-11-05T08:00:00Z",),
    *("2024-05-12T14:54:59.999Z", "2024-05-13T12:00:00Z", "2024-06-01T00:00:00Z"),
]


def _entries() -> list[Event]:
    found: list[Event] = [{"_msg": message} for message in MESSAGES]
    for at, value in enumerate(VALUES):
        other = VALUES[(at * 7 + 3) % len(VALUES)]
        entry: Event = {"_msg": MESSAGES[at % len(MESSAGES)], "a": value, "b": other}
        if at % 3 == 0:
            entry["app"] = ("web", "db", "web db", "5", "")[at % 5]
        if at % 4 == 0:
            entry["env"] = ("prod", "dev", "x\ny")[at % 3]
        found.append(entry)
    times = ["2024-05-12T14:55:22Z", "2024-05-12T23:59:59.999999999Z", "2024-02-29", 1715525722]
    times += ["1715525722123", "2024-12-31T23:30:00-02:00", "2024-05-12 14:55:22.5", "0", "-", ""]
    found += [{"_time": one, "a": "t", "app": "clock"} for one in times]
    found += [
        {},
        {"a.c": "1", "a": {"c": "2"}},
        {"a": {"c": "2"}, "a.c": "1"},
        {"": "the message"},
        {"_msg": {"inner": 1}, "A": "x"},
        {"a b": "x", "c:d": "y", "e*": "z", "ä": "w"},
        {"k" * 129: "x", "a": "long"},
        {"a": {"k" * 127: "x", "c": {"d": 1}}},
        {"a": "x", "b": "x", "app": "web", "env": "prod"},
    ]
    return [{"_time": TIMED[at % len(TIMED)], **one} for at, one in enumerate(found)]


MIXED = World({}, tuple(_entries()), {"stream_fields": ["app", "env"]})
"""Values of every sort beside each other: they are stored as text."""


def _typed() -> list[Event]:
    """Return entries whose fields hold values of one sort each, more than eight of them."""
    whole = [0, 1, 2, 5, 7, 10, 12, 42, 99, 100, 123, 200, 255]
    return [
        {
            "_msg": str(number * 3),
            "_time": f"2024-05-12T14:{number % 60:02d}:22Z",
            "a": number,
            "b": number * 257 + 1,
            "c": number if number % 3 else -number - 5,
            "d": number / 4 if number % 2 else -number - 0.5,
            "e": f"10.{number}.{number % 7}.{255 - number}",
            "f": f"2024-05-{number % 28 + 1:02d}T14:{number % 60:02d}:22.{number:03d}Z",
            "g": f"{number}s",
            "n": (1 << 60) + number,
            "app": "web",
        }
        for number in whole
    ]


TYPED = World({}, tuple(_typed()), {"stream_fields": ["app", "env"]})
"""Values that are stored as numbers, addresses and times: of one day, since each has its blocks."""
FEW = World(
    {},
    (
        {"_msg": "5", "a": 5, "b": -5, "c": "10.0.0.1", "d": 1.5, "f": "2024-05-12T14:55:22.123Z"},
        {"_msg": "error 5", "a": "5", "b": "x", "c": "::1", "d": "1.50", "msg": "other"},
        {"msg": "an error", "a": None, "message": "", "time": "2024-05-12T14:55:22Z", "app": "db"},
    ),
    {"msg_field": ["message", "msg"], "time_field": "time", "stream_fields": ["app"]},
)
"""Few values; the message and the time have names of their own."""

FIELDS = [
    *("", "", "", "", "", "_msg:", "a:", "a:", "a:", "b:", "b:", "c:", "c:", "d:", "d:"),
    *("e:", "f:"),
    *("n:", "app:", "a.c:", "missing:", '"a b":', "'c:d':", "`e*`:", "ä:", "A:", "g:", "env:"),
    *('"":', "msg:", "a.c.d:", "a :"),
]
WORDS = [
    *("error", "ERROR", "foo", "bar", "x", "y", "xy", "5", "42", "-5", "1.5", "10", "10.0.0.1"),
    *("a", "err", "web", "prod", "2024", "1", "0", "true", "é", "ящ", "t", "12", "2", "05", "1_0"),
    *("_", "n", "10.0", "x-y", "a/b", "net", "now", "123e4567", "5s", "in", "i", "null", "missing"),
]
NEAR = [
    *("-10", "7", "17", "47", "104", "99", "257", "10.42", "42.0.213", "0.213", "14:42", "22.042Z"),
    *("5.5", "0.25", "25", "10.5", "-12.5", "12.5", "2.5", "1.75", "-2.5", "2024-05", "-", "10.5."),
    *("1152921504606846976", "11529", "10.1.1.254", "10.2.", "254"),
    *("2024-05-15T14:42:22.042Z", "T14"),
]
"""Values and parts of values that are stored as numbers, addresses and times."""
TEXTS = [
    *("", " ", "net user", "x y", "x:y", "error:", ": 42", ".", "-", "+", "x\ny", '"', "'", "\\"),
    *("an error", "denied now", "a*c", "-0.5", "1.50", "9", "91", "10.", "a b", "é È"),
    *("[", "{"),
    *("GET /a", "/", "é", "K", "k", "\u017f", "ß", "2024-05-12T14:55:22.123Z"),
    *("2024-05-12T", "255"),
    *("foo bar", "ar fo", "\ufffd", "5", "-5", "42", "101.5", "web db", "10.42.0.213", ":22", "Z"),
]
REGEXES = [
    *("", ".*", ".+", "err.r", "^err", "err$", "(?i)ERR", "foo|bar", "foo\\b", "\\bfoo\\b", "\\d+"),
    *(".+foo.+", "foo.+foo", "x.+foo.+", "foo.*", ".*foo", "[0-9]+s", "^$", "^5$", "5", "x.y"),
    *("(foo|bar)baz", "(foo)\\b", "fo+\\b", "(?s)x.y", "(?m)^y", "x\\ny", "a{2}", "("),
    *("(?!a)", "[a"),
    *("^1", "\\.", "10\\.0", "-", "^.{3}$", "(?i)É", "\\w+ user", "foo\\B", "foo^", "é", "^(x|y)$"),
    *("(.+foo.+)", "foo$|bar", "[^a]", "T14", "(err|ERR)or", "\\S+@", "1|2|3"),
    *("foo(bar)?\\b", "x\\_y"),
]
NUMBERS = [
    *("5", "42", "-5", "0", "1.5", "100", "1e3", "0x1F", "inf", "-inf", "5s", "1m"),
    *("10KB", "10KiB"),
    *("10.0.0.1", "2024-05-12T14:55:22Z", "1_0", "-0.5", "12345678901234567890", "nan", "255", "1"),
    *("90s", "1.5MB", "x", "foo", '"9"', "-"),
]
PATTERNS = [
    *("<N>", "<IP4>", "<UUID>", "<TIME>", "<DATE>", "<DATETIME>", "<W>", "", "foo"),
    *("<X>", "<", "a<"),
    *("<W> <W>", "error: <N> here", "from <IP4> to <IP4>", "<N>.<N>", "id=<N> ", "u=<W>"),
    *("say <W>",),
    *("<N>s", "<W>error", "<DATE>T<TIME>", "at <TIME> or", "x<y <N>", "it's <W> c", "<N>-<N>"),
]
TIMES = [
    *("2024", "2024-05", "2024-05-12", "2024-05-12T14", "2024-05-12T14:55", "2024-05-12T14:55:22"),
    *("2024-05-12T14:55:22Z", "2024-05-12Z", "2024-05-12T14:55:22.5Z", "2024-05-12+02:00", "2023"),
    *("2024-05-12T16:55:22+02:00", "1715525722", "1715525722123", "2025-01", "2024-13"),
    *("x", "1999"),
]
DAYS = ["08:00", "14:55", "23:59", "00:00", "24:00", "1455", "8:00", "25:00"]
WEEK = ["Sun", "monday", "Sat", "fri", "x"]
SPANS = ["1h", "-2h", "30m", "x", "1d"]

names = st.sampled_from(FIELDS)


def quoted(text: str) -> st.SearchStrategy[str]:
    """Return the ways to write a text."""
    ways = [json.dumps(text, ensure_ascii=False)]
    if "`" not in text and "\r" not in text:
        ways.append(f"`{text}`")
    if "'" not in text and "\\" not in text:
        ways.append(f"'{text}'")
    return st.sampled_from(ways)


texts = (
    st.sampled_from(WORDS)
    | st.sampled_from([*TEXTS, *WORDS]).flatmap(quoted)
    | st.sampled_from(NEAR).flatmap(quoted)
)
regexes = st.sampled_from(REGEXES).flatmap(quoted) | st.sampled_from(WORDS)
bounds = st.sampled_from(NUMBERS)


def _listed(item: st.SearchStrategy[str], least: int = 0, most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(item, min_size=least, max_size=most).map(", ".join)


def _evenly(*choices: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return one of some strategies, each as often as the others, whatever it is made of."""
    return st.sampled_from(range(len(choices))).flatmap(lambda at: choices[at])


words = texts | st.builds("{}*".format, texts) | st.builds("*{}*".format, texts) | st.just("*")
comparisons = st.builds("{}{}".format, st.sampled_from(["=", "!=", "= "]), texts) | st.builds(
    "{}{}*".format, st.sampled_from(["=", "!="]), texts
)
matches = st.builds("{}{}".format, st.sampled_from(["~", "!~"]), regexes)
ordered = st.builds("{}{}".format, st.sampled_from([">", ">=", "<", "<=", "> "]), bounds | texts)
lengths = st.sampled_from(["0", "1", "2", "3", "4", "5", "6", "24", "0x5", "inf"]) | bounds
calls = st.one_of(
    st.builds("i({})".format, texts),
    st.builds("i({}*)".format, texts),
    st.builds("exact({})".format, texts),
    st.builds("exact({}*)".format, texts),
    st.builds("re({})".format, regexes),
    st.builds(
        "{}({})".format,
        st.sampled_from(["in", "contains_any", "contains_all", "seq", "json_array_contains_any"]),
        _listed(texts),
    ),
    st.builds("{}(*)".format, st.sampled_from(["in", "contains_any", "contains_all"])),
    st.builds(
        "{}({})".format,
        st.sampled_from(["contains_common_case", "equals_common_case"]),
        _listed(st.sampled_from(["Error", "ERROR", "VictoriaLogs", "error", "Warn", "X", "É"]), 1),
    ),
    st.builds(
        "range{}{}, {}{}".format,
        st.sampled_from(["(", "["]),
        bounds,
        bounds,
        st.sampled_from([")", "]"]),
    ),
    st.builds("string_range({}, {})".format, texts, texts),
    st.builds("len_range({}, {})".format, lengths, lengths),
    st.builds(
        "{}({})".format,
        st.sampled_from(["eq_field", "le_field", "lt_field"]),
        st.sampled_from(["a", "b", "c", "n", "missing", "_msg", "app", '"a b"', "d"]),
    ),
    st.builds(
        "ipv4_range({})".format,
        st.sampled_from(
            [
                "10.0.0.0/8",
                "10.0.0.1",
                '"10.0.0.0", "10.42.0.255"',
                "10.0.0.9, 10.0.0.1",
                "::1",
                "0.0.0.0/0",
                "10.0.0.0/33",
                "'10.0.0.0/8'",
                '"10.0.0.0/8"',
            ]
        ),
    ),
    st.builds(
        "ipv6_range({})".format,
        st.sampled_from(
            [
                '"::1"',
                '"2001:db8::/32"',
                '"::/0"',
                '"::ffff:10.0.0.0/104"',
                '"10.0.0.0/8"',
                '"::1", "::5"',
                "x",
                '"::ffff:1.2.3.4", "ffff::"',
                '"::", "::1"',
            ]
        ),
    ),
    st.builds(
        "pattern_match{}({})".format,
        st.sampled_from(["", "_full", "_prefix", "_suffix"]),
        st.sampled_from(PATTERNS).flatmap(quoted),
    ),
)
streams = st.sampled_from(
    [
        *('{app="web"}', '{app!="web"}', '{app=~"w.*|db"}', '{app!~"web|"}', "{}", '{app=""}'),
        *('{app="web" or env="prod"}', '{app="web",env!=""}', "{app in (web, db)}", '{env=~".+"}'),
        *("{app not_in (web)}", "{app in (*)}", '{a="x"}', '{app=~"(?i)WEB"}', "{app=web,}"),
        *('_stream:{app="db"}', '{app="web" or}', "{app}", '{app=~""}', '{env!~"p.+"}'),
        *("{app in ()}",),
    ]
)
times = st.one_of(
    st.builds("_time:{}".format, st.sampled_from(TIMES)),
    st.builds(
        "_time:{}{}, {}{}".format,
        st.sampled_from(["[", "("]),
        st.sampled_from(TIMES),
        st.sampled_from(TIMES),
        st.sampled_from(["]", ")", "] offset 1h"]),
    ),
    st.builds("_time:{}{}".format, st.sampled_from([">", ">=", "<", "<=", "="]),
              st.sampled_from(TIMES)),
    st.builds("_time:day_range{}{}, {}{}".format, st.sampled_from(["[", "("]),
              st.sampled_from(DAYS), st.sampled_from(DAYS),
              st.sampled_from(["]", ")", "] offset 2h", ") offset -2h"])),
    st.builds("_time:week_range{}{}, {}{}".format, st.sampled_from(["[", "("]),
              st.sampled_from(WEEK), st.sampled_from(WEEK),
              st.sampled_from(["]", ")", "] offset 2h"])),
)  # fmt: skip
values = _evenly(words, comparisons, matches, ordered, calls)
tests = st.builds("{}{}".format, names, values)
leaves = _evenly(tests, tests, tests, streams | times)


def _joined(parts: list[str], between: str) -> str:
    return between.join(parts)


def _groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joiners = st.sampled_from([" ", " and ", " or ", " AND ", " OR ", " Or "])
    several = st.builds(_joined, st.lists(inner, min_size=2, max_size=3), joiners)
    return st.one_of(
        several,
        inner.map("({})".format),
        inner.map("!{}".format),
        inner.map("not {}".format),
        inner.map("-{}".format),
        st.builds(
            "{}({})".format, st.sampled_from(["a:", "b:", "_msg:", "app:", "!", "not"]), inner
        ),
    )


filters = st.recursive(leaves, _groups, max_leaves=5)
kept = st.sampled_from(
    ["a", "b", "_msg", "a*", "c, d", "app", "n", "*", "_time", "a, b, _msg", "e"]
)
pipes = st.one_of(
    st.builds("| filter {}".format, filters),
    st.builds("| where {}".format, filters),
    st.builds("| {}".format, filters),
    st.builds("| {} {}".format, st.sampled_from(["fields", "keep", "delete", "drop", "rm"]), kept),
    st.builds(
        "| {} {}{}{}".format,
        st.sampled_from(["rename", "mv", "copy", "cp"]),
        st.sampled_from(["a", "b", "c", "_msg", "missing"]),
        st.sampled_from([" as ", " "]),
        st.sampled_from(["b", "a", "z", "_msg"]),
    ),
    st.sampled_from(
        [
            *("| sort by (a desc, b)", "| sort", "| sort by (a) limit 1000", "| order by (a)"),
            *("| limit 1000", "| limit 0", "| offset 0", "| head 1K", "| skip 1000", "| limit"),
            *("| sort by (", "| limit x"),
        ]
    ),
)  # fmt: skip
queries = st.builds(
    _joined,
    st.builds(lambda one, more: [one, *more], filters, st.lists(pipes, max_size=3)),
    st.just(" "),
)
"""Whole queries: a filter, then pipes."""
PIECES = [
    *("(", ")", "[", "]", "{", "}", ",", ":", "*", "=", "!=", "~", "!~", ">", "<", ">="),
    *("|", "!", "-"),
    *("not", "and", "or", "in", "i", "range", "seq", "_time", "_stream", "options(concurrency=2)"),
    *('"', "'", "`", '""', "#", "# x\n", ".", "/", "$", "+", "x", "5", "a:", "\\", "<N>"),
    *("by", "fields"),
    *("filter", "count()", "'a'", "in(", "i(x", "_stream_id:", "é", "x*", "*x", "=x*"),
    *("~x", "\n", "%"),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return a query with a few pieces taken out, doubled or put in."""
    text = draw(queries)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 2))
        put = draw(st.sampled_from(PIECES) | st.just(""))
        text = text[:at] + put + text[at + cut :]
    return text


scraps = st.lists(st.sampled_from([*PIECES, *WORDS]), max_size=6).flatmap(
    lambda parts: st.sampled_from([" ".join(parts), "".join(parts)])
)


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return entries of every sort."""
    del takes
    return st.sampled_from([MIXED, TYPED, FEW])


GRAMMAR = Grammar(
    language="logsql",
    queries=_evenly(leaves, leaves, filters, queries, damaged(), scraps),
    worlds=worlds,
    options=st.just({}),
)
