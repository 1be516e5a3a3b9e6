"""Random LogQL log queries, and the entries that they are asked of."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from harness.referee._base import Grammar, Takes, World

Event = dict[str, Any]


def _entry(line: str, metadata: dict[str, str] | None = None, **labels: str) -> Event:
    found: Event = {"line": line, "labels": {"job": "w", **labels}}
    return {**found, "metadata": metadata} if metadata else found


LINES = [
    *("", " ", "error", "an error here", "ERROR", "login denied now", "denied", "x\ny"),
    *("é È \u017f", "ящ", "ЯЩ", "дя ДЯ ÿ", "Ÿ K s S"),
    *("a.b", "a+b", "a*c", "net user", "dotnet users", "prewarning", "warn", "Warn", "\\d", "\t"),
    *("from 10.0.0.1 to 10.9.8.7", "110.0.0.1", "::1 and 2001:db8::1", "192.168.4.5", "1.2.3"),
    *("\x1b[31mred\x1b[0m now", '1.2.3.4 - bob "GET /x"', "u=a u=b", "id=1 x", "GET /", "5 6"),
    *('{"a":"1"}', '{"a":1,"b":2}', '{"a":"x","b":"x"}', '{"b":"2","c":"3"}', '{"a":null}'),
    *('{"a":["x","y"]}', '{"a":{"b":"1"}}', '{"a":{"b":{"c":1.50}}}', '{"a_b":"1","a":{"b":"2"}}'),
    *('{"a":"1","a":"2"}', '{"app":"p","env":"e"}', '{"trace":"t9"}', '{"a":true,"b":false}'),
    *(
        '{"n":10}',
        '{"n":"9.5"}',
        '{"n":"many","a":"1"}',
        '{"n":-2}',
        '{"n":"0x1p4"}',
        '{"n":"1_0"}',
    ),
    *('{"t":"90s"}', '{"t":"1h2m"}', '{"t":"5"}', '{"t":"-1.5s","n":"1e3"}', '{"n":"Inf"}'),
    *('{"s":"1KiB"}', '{"s":"1.5 MB"}', '{"s":"1000"}', '{"s":"1,000B"}', '{"n":""}', '{"n":" 5"}'),
    *('{"a":"1","b":', '{"b":tru,"a":"1"}', '{"a":"1"} trailing', "[1]", '"text"', "{}", "{"),
    *('{"u":"Bob","c":"net user"}', '{"u":"dotnet"}', '{"u":"warn"}', '{"u":"prewarning"}'),
    *('{"ip":"10.1.1.1"}', '{"ip":"::1"}', '{"ip":"none","n":"x"}', '{"a":"x\\ny"}'),
    *('{"a":"\\u00e9\\ud83d\\ude00"}', '{"a":"\\ud800"}', '{"1x":"1","é":"2"," a ":"3"}'),
    *('{"_entry":"error","a":"1"}', '{"_entry":"a=1 b=2","job":"x"}', '{"_entry":5,"a":"1"}'),
    *('{"msg":"a=1 b=x"}', '{"msg":"{\\"a\\":\\"1\\"}"}', '{"a":"","b":""}', '{"a":"<1>"}'),
    *("a=1 b=2", "a=1 n=10 u=Bob", 'a="x y" b=""', "a= b=2", "a=1=2 b=2", 'a"x b=2', 'a="x b=2'),
    *("a b c=1", "a.b=1 a-b=2", "t=90s s=1KiB n=many", "a=1 a=2", 'a="\\"q\\""', "=x b=1"),
    *("app=p trace=t9 job=z", "u=dotnet c=warn ip=10.1.1.1", "a=x b=x", "é=1", 'a="\\u00e9" b=1'),
]
WORLD: list[Event] = [
    *(_entry(line) for line in LINES),
    _entry('{"a":"1","app":"p"}', app="s"),
    _entry("a=1 app=p env=x", app="s", env="prod"),
    _entry("error", app="mysql"),
    _entry('{"env":"x"}', env="prod"),
    _entry("x", {"trace": "t1"}),
    _entry('{"trace":"t9","a":"1"}', {"trace": "t1", "a": "m"}),
    _entry("a=1 b=2", {"n": "5"}, app="sql"),
    _entry("x", {"app": "m"}, app="s"),
    {"line": '{"a":"1"}', "labels": {"job": "v"}},
    {"line": "error", "labels": {"job": "v", "u": "Bob", "a": "dotnet"}},
    {"_raw": "an error"},
    {"_raw": "a=1 b=2"},
    {"a": "1", "b": {"c": True, "d": [1]}, "n": 10},
    {"u": "net user", "a": None, "ip": "10.1.1.1"},
]
"""Entries with labels of their stream, text lines without, and documents."""


def quoted(text: str) -> st.SearchStrategy[str]:
    """Return the ways to write a text."""
    plain = json.dumps(text, ensure_ascii=False)
    return st.sampled_from([plain, plain if "`" in text else f"`{text}`"])


NAMES = [
    *("a", "b", "c", "n", "t", "s", "u", "ip", "a_b", "a_b_c", "app", "env", "job", "trace", "_"),
    *("app_extracted", "trace_extracted", "job_extracted", "a_extracted", "msg", "missing", "_1x"),
    *("__error__", "env_extracted", "_entry", "verb"),
]
TEXTS = [
    *("", "1", "2", "x", "w", "p", "s", "error", "Bob", "bob", "warn", "net user", "dotnet", "t1"),
    *("a", "10.1.1.1", "JSONParserErr", "LabelFilterErr", "LogfmtParserErr", "é", "a=1", " ", "."),
    *("true", "1.50", "10", "GET", "ERROR", '"', "\n", "t9", "prod", "red now", "1-2", "x y"),
]
REGEXES = [
    *("", ".*", ".+", "1", "err.r", "net.*", ".*net", ".*net.*", "(?i)BOB", "(?i).*ERR.*", "a|b"),
    *("warn|warning", "warn|warn", "^a", "a$", "^net.*", "[0-9]+", "\\d+", "w+", "x.y", "x.*y"),
    *(
        "(?i)net.*user",
        "(warn|net).*",
        "net( user)?",
        "a{2}",
        "(?s)x.y",
        "(?-i)a",
        "s|p",
        "\\.",
        "|",
    ),
    *(
        "(error|denied)",
        ".*(error|denied).*",
        "(?:a|b)c",
        "error|",
        "|1",
        "[a]",
        "(?i)k",
        "(?i)s",
        "(?i)ящ",
        "(?i)ДЯ",
        "(?i)É",
        "(?i)ÿ",
    ),
    *("pre(warn|warning)ing", "(", "(?!a)", "\\bnet\\b", ".", "..", "(.*)", "(1)", "x|.*", "t1?"),
    *("(?i)warn|WARN", "err(or)?", "[^a]", "\\w+ error", "net .*|dotnet.*", "(?i)Error|denied"),
]
ADDRESSES = [
    *("10.0.0.1", "10.0.0.0/8", "192.168.4.1-192.168.4.9", "::1", "2001:db8::/32", "0.0.0.0/0"),
    *("::/0", "10.0.0", "x", "10.0.0.9-10.0.0.1"),
]
LINE_PATTERNS = [
    *("<_>error<_>", "<_>error", "an <_>", "<_>", "<_> <_>", "error", "<_><_>", "<a>", "", "a=<_>"),
    *("<_>=<_> <_>", "login <_> now", '{<_>"a"<_>', "<_>a", " <_>"),
]
PARSER_PATTERNS = [
    *(
        "<a> <b>",
        "<a>=<b>",
        "a=<a> ",
        "<_> <a>",
        "id=<a> ",
        '<ip> - <_> "<verb> <_>"',
        "<a>",
        "<_>",
    ),
    *("<a><b>", "<a> <a>", '{"a":"<a>"', "<app> <_>", "x<a>", "<u>:<_>", "<a> <_> <b>"),
]
GROUPS = [
    *("(?P<a>\\d+)", "a=(?P<a>\\w+)", "(?P<ip>\\S+) .*(?P<verb>GET|PUT)", "(?P<a>x)|(?P<b>y)"),
    *("u=(?P<u>\\w)", "(\\w+)", "(?P<a>x)(?P<a>y)", "(?P<app>\\w+)", "(?<b>\\w+)$", "(?P<a>"),
    *('"a":"(?P<a>[^"]*)"', "^(?P<c>.*)$", "(?P<n>\\d+) (?P<t>\\d+)", "(?P<a>z)?"),
]
TEMPLATES = [
    *(
        "x",
        "",
        "{{.a}}",
        "{{ .a }} {{.b}}",
        "{{__line__}}",
        "{{.msg}}",
        "{{.missing}}",
        "{{.a}}-{{.b}}",
    ),
    *("a={{.b}} b={{.a}}", '{"a":"{{.b}}"}', "{{ if eq .a .b }}1{{ else }}2{{ end }}", "{{.a"),
    *("{{ if contains .a .u }}x{{else}}{{end}}", "{{.app}}", "{{.__error__}}", "error {{.n}}"),
    *("{{ if hasPrefix .a .b }}true{{ else }}false{{ end }}", "{{ ToLower .u }}", "{{__line__}} x"),
]
PATHS = ["a", "a.b", "a[0]", "a[5]", "a.b.c", '["a"]', "n", "b", "msg", "app", "a[", "a..b", "[0]"]

names = st.sampled_from(NAMES)
texts = st.sampled_from(TEXTS).flatmap(quoted)
regexes = st.sampled_from(REGEXES).flatmap(quoted)
NUMBERS = ["1", "08", "5", "9.5", "-2", "10", "+1", "1e3", "0", "1000"]
SPANS = ["1s", "90s", "1m30s", "1h", "5ms", "1d", "1.5s", "0s"]
SIZES = ["1KB", "1KiB", "1000B", "1.5MB", "5K", "1kb", "20MiB", "0B", "0KB", "12500B"]
quantities = st.sampled_from([*NUMBERS, *SPANS, *SIZES])
COMPARING = ["=", "==", "!=", ">", ">=", "<", "<="]


def _joined(parts: list[str], between: str) -> str:
    return between.join(parts)


def _one_or_more(
    item: st.SearchStrategy[str], between: str, most: int = 3
) -> st.SearchStrategy[str]:
    return st.lists(item, min_size=1, max_size=most).map(lambda parts: _joined(parts, between))


plain_matchers = st.builds("{}{}{}".format, names, st.sampled_from(["=", "!="]), texts)
regex_matchers = st.builds("{}{}{}".format, names, st.sampled_from(["=~", "!~"]), regexes)
addresses = st.sampled_from(ADDRESSES).flatmap(quoted).map("ip({})".format)
measured = st.builds(
    "{} {} {}".format,
    st.sampled_from(["n", "t", "s", "a", "u", "missing", "a_b", "b"]),
    st.sampled_from(COMPARING),
    quantities,
)
address_tests = st.builds(
    "{} {} {}".format,
    st.sampled_from(["ip", "a", "missing"]),
    st.sampled_from(["=", "!="]),
    addresses,
)
single_tests = plain_matchers | regex_matchers | measured | address_tests
errors = st.sampled_from(
    [
        '__error__=""',
        '__error__!=""',
        '__error__="JSONParserErr"',
        '__error__=~"Json.*|.*Err"',
        '__error__!="LabelFilterErr"',
    ]
)
label_tests = st.recursive(
    single_tests | plain_matchers | errors,
    lambda inner: (
        st.builds(
            "{}{}{}".format, inner, st.sampled_from([" and ", " or ", ", ", " ", " AND "]), inner
        )
        | inner.map("({})".format)
    ),
    max_leaves=4,
)
label_filters = label_tests.map("| {}".format)
line_filters = (
    st.builds("{} {}".format, st.sampled_from(["|=", "!="]), _one_or_more(texts, " or "))
    | st.builds("{} {}".format, st.sampled_from(["|~", "!~"]), _one_or_more(regexes, " or "))
    | st.builds(
        "{} {}".format,
        st.sampled_from(["|>", "!>"]),
        _one_or_more(st.sampled_from(LINE_PATTERNS).flatmap(quoted), " or ", 2),
    )
    | st.builds("{} {}".format, st.sampled_from(["|=", "!="]), addresses)
)
paths = st.builds("{}={}".format, names, st.sampled_from(PATHS).flatmap(quoted)) | names
keys = (
    st.builds("{}={}".format, names, st.sampled_from(["a", "b", "a.b", "u", "app"]).flatmap(quoted))
    | names
)
flags = st.sampled_from(["", " --strict", " --keep-empty", " --strict --keep-empty"])
templates = st.sampled_from(TEMPLATES).flatmap(quoted)
formats = st.builds("{}={}".format, names, names | templates)
choices = names | plain_matchers | regex_matchers
changes = (
    st.sampled_from(["| json", "| logfmt", "| json", "| unpack", "| decolorize"])
    | _one_or_more(paths, ", ").map("| json {}".format)
    | flags.map("| logfmt{}".format)
    | st.builds("| logfmt{} {}".format, flags, _one_or_more(keys, ", "))
    | st.sampled_from(GROUPS).flatmap(quoted).map("| regexp {}".format)
    | st.sampled_from(PARSER_PATTERNS).flatmap(quoted).map("| pattern {}".format)
    | templates.map("| line_format {}".format)
    | _one_or_more(formats, ", ", 2).map("| label_format {}".format)
    | st.builds("| {} {}".format, st.sampled_from(["drop", "keep"]), _one_or_more(choices, ", "))
)
selectors = st.sampled_from(
    [
        *(['{job="w"}'] * 8),
        '{job=~".+"}',
        '{job=~"w|v"}',
        '{job="w", app!="s"}',
        '{job="w", app=~".*sql"}',
        '{job!="v", env="prod"}',
        '{job=~"(?i)W", env!~"p.*"}',
        '{job!="w"}',
        '{app=~"s|.*"}',
        "{}",
        "{ job = `w` , app = `` }",
    ]
)


def _query(selector: str, stages: list[str]) -> str:
    return " ".join([selector, *stages])


stages = line_filters | label_filters | label_filters | changes
queries = st.builds(_query, selectors, st.lists(stages, max_size=5))
"""Whole queries: any stages in any order."""
PARSERS = ["| json", "| logfmt", "| logfmt --keep-empty", "| json | logfmt", "| unpack"]
parsed = st.builds(
    lambda selector, before, parser, after: _query(selector, [*before, parser, *after]),
    selectors,
    st.lists(line_filters, max_size=1),
    st.sampled_from(PARSERS),
    st.lists(label_filters, min_size=1, max_size=2),
)
"""Queries as rules have them: a parser, then filters on labels."""
TOKENS = [
    *("{", "}", "(", ")", ",", "=", "!=", "=~", "|=", "|~", "|>", "!>", "|", "or", "and", "json"),
    *("logfmt", "a", "n", "5", "1s", "1KB", '"x"', "`x`", "ip", "ip(", "unwrap", "drop", "keep"),
    *("line_format", "label_format", "regexp", "pattern", "--strict", "by", "rate", "[5m]", "+"),
    *(">", "==", "<", "-1", "#", "1e5", "0x1", "'", '"', "__error__", "job", "decolorize", "//"),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return a query with a few words taken out, doubled or put in."""
    words = draw(queries).split(" ")
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(words)))
        put = draw(st.sampled_from(TOKENS) | st.just(""))
        words[at : at + draw(st.integers(0, 1))] = [put] if put else []
    return " ".join(words)


ENGINE = World({}, tuple(WORLD), {"reading": "engine"})
"""What Loki's code does is asked for, not only what is documented as well."""


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return lines of every sort."""
    del takes
    return st.just(ENGINE)


GRAMMAR = Grammar(
    language="logql",
    queries=st.one_of(queries, queries, parsed, damaged()),
    worlds=worlds,
    options=st.just({}),
)
