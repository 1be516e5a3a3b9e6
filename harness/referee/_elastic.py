"""An index that exercises every index type, and random query strings and query objects over it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from harness.ir.query import field_types
from harness.referee._base import Takes, World

LOWERED = {"type": "keyword", "normalizer": "lowercase"}
TYPES: dict[str, Any] = {
    "k": {"type": "keyword", "fields": {"t": "text", "low": LOWERED}},
    "kn": LOWERED,
    "ki": {"type": "keyword", "ignore_above": 5},
    "ks": {"type": "keyword", "split_queries_on_whitespace": True},
    "nv": {"type": "keyword", "null_value": "none"},
    "ni": {"type": "keyword", "index": False},
    "nn": {"type": "keyword", "index": False, "doc_values": False},
    "t": {"type": "text", "fields": {"raw": "keyword"}},
    "tw": {"type": "text", "analyzer": "whitespace"},
    "m": "match_only_text",
    "al": {"type": "alias", "path": "k"},
    "by": "byte",
    "i": "integer",
    "n": "long",
    "d": "double",
    "f": "float",
    "h": "half_float",
    "b": "boolean",
    "ip": "ip",
    "ts": "date",
    "td": {"type": "date", "format": "yyyy-MM-dd"},
    "te": {"type": "date", "format": "epoch_second||strict_date_optional_time"},
    "tn": "date_nanos",
    "fl": "flattened",
    "o": "object",
    "o.x": "keyword",
    "o.n": "long",
    "ne": "nested",
    "ne.k": "keyword",
    "ne.n": "long",
    "ne.t": "text",
}
"""The index types; a test leaves out those that its engine does not have."""

WORDS = (
    *("abc", "ab", "Abc", "ABC", "abd", "b", "a", "none", "NONE", "acb", "abcd"),
    *("a b", "a b c", "b a", "A-b", "a_b", "cmd.exe", "rundll32.exe", "C:\\Win\\cmd.exe", "/a/b"),
    *("", " ", "é", "É", "Straße", "ß", "1", "10", "1.5", "-1", "true", "false", "10.0.0.1"),
    *("2024-05-06", "a*c", "a?c", "a\\c", 'a"c', "(a)", "TO", "AND", "日本", "😀", "o'neil"),
)
NUMBERS = ("0", "1", "-1", "7", "10", "127", "128", "1.5", "-0.5", "1.0", "2147483647", "1e3")
ADDRESSES = ("10.0.0.1", "10.0.0.255", "192.168.1.7", "::1", "fe80::1", "::ffff:10.0.0.1")
DATES = (
    *("2024-05-06", "2024-05-06T10:30:00Z", "2024-05-06T10:30:15.123Z", "2024-05", "2024"),
    *("1714991415123", "2024-05-07", "2023-12-31T23:59:59.999Z", "2024-05-06T12:30+02:00"),
)
_NANOS = "2024-05-06T10:30:15.123456789Z"


_HALF, _BYTE = 60_000, 127
"""Numbers that a half_float and a byte still hold."""


def _documents() -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = [{}]
    for place, word in enumerate(WORDS):
        other = WORDS[(place * 7 + 3) % len(WORDS)]
        number = int("0123456789"[place % 10])
        document: dict[str, Any] = {
            **dict.fromkeys(("k", "kn", "ki", "ks", "t", "m", "tw", "nn", "ni"), word),
            "nv": None if place % 5 == 0 else word,
            "fl": {"x": word, "y": {"z": other}},
            "o": [{"x": word, "n": number}, {"x": other, "n": number + 1}],
            "ne": [{"k": word, "n": number, "t": word}, {"k": other, "n": number + 1, "t": other}],
        }
        if place % 3 == 0:
            document |= {"k": [word, other], "t": [word, other], "m": [word, other]}
        if place % 4 == 1:
            document = {key: document[key] for key in ("k", "t", "o") if key in document}
        documents.append(document)
    for text in NUMBERS:
        value = json.loads(text)
        document = dict.fromkeys(("i", "n", "d", "f"), value)
        small = {"h": value if value < _HALF else 1, "by": value if abs(value) <= _BYTE else 1}
        documents.append({**document, **small})
    documents += [{"n": [1, 10], "d": ["2.5", "0.1"], "f": 0.1, "h": 0.1}, {"n": "7", "i": "1.0"}]
    documents += [{"b": flag} for flag in (True, False, "true", "false", "", [True, False])]
    documents += [{"ip": address} for address in ADDRESSES]
    documents += [{"ip": list(ADDRESSES[:3])}]
    documents += [
        {"ts": date, "tn": date, "te": date}
        for date in DATES[:3] + DATES[3:4] + DATES[4:5] + DATES[6:8]
    ]
    documents += [{"ts": 1714991415123, "te": 1714991415, "td": "2024-05-06"}, {"tn": _NANOS}]
    documents += [{"td": "2024-05-07"}, {"k": []}, {"k": [None]}, {"k": None}, {"o.x": "abc"}]
    documents += [{"ne": {"k": "abc", "n": 1}}, {"ne": []}, {"t": ["a b", "c d"]}, {"t": "a x b"}]
    return documents


DOCUMENTS = [{"_id": str(place), **one} for place, one in enumerate(_documents())]


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return one world, without the fields whose type an engine does not have."""
    known = field_types(TYPES)
    there = {name for name, kind in known.items() if kind.name == "alias" or takes(kind)}
    types = {name: kind for name, kind in known.items() if name in there}
    documents = [
        {name: value for name, value in one.items() if name in there or name not in known}
        for one in DOCUMENTS
    ]
    return st.just(World(types, documents))


EXACT = ("k", "kn", "ki", "ks", "nv", "ni", "al", "t.raw", "k.low", "o.x")
TOKENISED = ("t", "tw", "m", "k.t")
NUMERIC = ("by", "i", "n", "d", "f", "h", "o.n")
TIMES = ("ts", "td", "te", "tn")
OTHERS = ("b", "ip", "fl", "fl.x", "fl.y.z", "ghost", "o", "ne", "ne.k", "nn")
FIELDS = (*EXACT, *TOKENISED, *NUMERIC, *TIMES, *OTHERS)

words = st.sampled_from(WORDS)
patterns = st.lists(
    st.sampled_from(["*", "?", "a", "b", "c", "A", ".", "\\", " ", "e", "é", "😀", "1", "-", "/"]),
    max_size=5,
).map("".join)
_ATOMS = (
    r'a b c A . .* a+ (a|b) [a-c] [^a] b? a{1,2} ~b a&.b @ # <1-20> "a" \d \w \. ^ $ é | () ( [ * '
    r"\s a{2} \- [a\-c] - \\"
)
expressions = st.lists(st.sampled_from((*_ATOMS.split(), " ")), max_size=5).map("".join)


def values_of(field: str) -> st.SearchStrategy[str]:
    """Return values that a field may hold, now and then a wrong one."""
    if field in NUMERIC:
        usual = st.sampled_from(
            (*NUMBERS, "2", "0.1", "129", "-129", "1e40", "99999999999999999999")
        )
    elif field in TIMES:
        usual = st.sampled_from((*DATES, "2024-05-06||/M", "2024-05-06||+1d/d", "2024-05-06||-1M"))
    elif field == "ip":
        usual = st.sampled_from((*ADDRESSES, "10.0.0.0/8", "10.0.0.0/33", "::/0", "0.0.0.0/0"))
    elif field == "b":
        usual = st.sampled_from(("true", "false", "True", "yes", ""))
    else:
        return words
    return st.one_of(usual, usual, usual, words)


# Query strings -------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in '+-!():^[]"{}~*?\\/ &|<>=' else char for char in text)


@st.composite
def leaves(draw: st.DrawFn, fields: tuple[str, ...] = FIELDS, *, loose: bool = True) -> str:
    """Draw one clause of a query string."""
    field = draw(st.sampled_from(fields))
    prefix = f"{field}:"
    if loose and draw(st.integers(0, 9)) == 0:
        prefix = draw(st.sampled_from(["", "", "*:", "o.\\*:", "t*:", "k.\\*:", "_exists_:"]))
    value = draw(values_of(field))
    bound = draw(st.sampled_from([value, draw(values_of(field)), "*"]))
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    plain, other = _escaped(value) or '""', bound.replace("\\", "\\\\").replace('"', '\\"')
    left, right = draw(st.sampled_from("[{")), draw(st.sampled_from("]}"))
    forms = (
        *(plain, plain, f'"{quoted}"', f'"{quoted}"~{draw(st.integers(0, 4))}', f"{plain}*"),
        *(draw(patterns) or "*", "*", f"/{draw(expressions)}/".replace("//", "/a/")),
        *(f"{plain}~", f"{plain}~{draw(st.integers(0, 2))}", f"{plain}^2"),
        *(f'{left}"{quoted}" TO "{other}"{right}', f'{left}* TO "{quoted}"{right}'),
        f"{draw(st.sampled_from(['>', '>=', '<', '<=']))}{plain}",
        f"({plain} {_escaped(draw(words)) or 'a'})",
    )
    return prefix + draw(st.sampled_from(forms))


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joiner = st.sampled_from(
        [" ", " AND ", " OR ", " && ", " || ", " NOT ", " AND NOT ", " OR NOT "]
    )
    sign = st.sampled_from(["", "", "", "", "+", "-", "!", "NOT "])

    @st.composite
    def build(draw: st.DrawFn) -> str:
        parts = draw(st.lists(inner, min_size=1, max_size=4))
        text = draw(sign) + parts[0]
        for part in parts[1:]:
            text += draw(joiner) + draw(sign) + part
        return draw(st.sampled_from([text, f"({text})", f"({text})^2"]))

    return build()


query_strings = st.one_of(leaves(), leaves(), st.recursive(leaves(), _joined, max_leaves=6))
_TOKENS = (
    "AND OR NOT && || ! + - ( ) : k: t: n: ts: ghost: t.raw: _exists_: * ? a abc* b?c "
    '"a b" " ~ ~1 ^2 ^ [ ] { } TO 1 > <= / a/ \\ \\u00e9 ip: 10.0.0.0/8 b: true *:'
)
soup = st.lists(
    st.sampled_from((*_TOKENS.split(), "a b", "\u3000", " ", " ", " ")), max_size=9
).map("".join)
options = st.fixed_dictionaries(
    {},
    optional={
        "default_operator": st.sampled_from(["AND", "OR"]),
        "lenient": st.booleans(),
        "default_field": st.sampled_from(["k", "t", "n", "*", "ghost", "ts"]),
        "analyze_wildcard": st.booleans(),
        "allow_leading_wildcard": st.booleans(),
        "phrase_slop": st.integers(0, 2),
        "fuzziness": st.sampled_from(["AUTO", "0", "1", "2", "AUTO:1,3"]),
        "fuzzy_prefix_length": st.integers(0, 2),
        "fuzzy_transpositions": st.booleans(),
        "time_zone": st.sampled_from(["+02:00", "-05:00", "Europe/Berlin"]),
        "quote_field_suffix": st.sampled_from([".raw", ".low"]),
    },
)

# The Query DSL -------------------------------------------------------------------------------

_scalars = st.one_of(words, st.integers(-2, 130), st.booleans(), st.sampled_from([1.5, 1.0, 0.1]))


@st.composite
def _typed(draw: st.DrawFn, field: str) -> Any:
    text = draw(values_of(field))
    if field in NUMERIC and draw(st.booleans()):
        return json.loads(text) if text in NUMBERS else text
    return draw(_scalars) if draw(st.integers(0, 5)) == 0 else text


def _optional(**named: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=named)


_CASE = _optional(case_insensitive=st.booleans())
_FUZZY: dict[str, st.SearchStrategy[Any]] = {
    "fuzziness": st.sampled_from(["AUTO", 0, 1, 2, "AUTO:1,3"]),
    "prefix_length": st.integers(0, 2),
}
_MINIMUM = st.sampled_from([0, 1, 2, 3, -1, "50%", "-30%", "2<75%", "1<-1 3<50%", "100%", "1"])
_TEXTS = st.lists(words, min_size=1, max_size=3).map(" ".join)
_SIMPLE = st.lists(
    st.sampled_from([*'+|-()*~"\\ ', "a", "abc", "b", "ab*", '"a b"', "~1", "~2", "10", " ", "é"]),
    max_size=8,
).map("".join)
_LISTS = st.lists(
    st.sampled_from(["k", "t", "n", "tw", "*", "t*", "k.*", "o.x", "ghost", "ts", "t^2", "m"]),
    min_size=1,
    max_size=3,
)


@st.composite
def _term_level(draw: st.DrawFn, fields: tuple[str, ...]) -> Any:
    field = draw(st.sampled_from(fields))
    value = draw(_typed(field))
    kind = draw(
        st.sampled_from(
            ["term", "terms", "range", "exists", "wildcard", "prefix", "regexp", "fuzzy", "ids"]
        )
    )
    match kind:
        case "term":
            body: Any = {"value": value, **draw(_CASE)}
        case "terms":
            body = draw(st.lists(_typed(field), max_size=3))
        case "range":
            names = st.sampled_from(["gt", "gte", "lt", "lte"])
            body = draw(st.dictionaries(names, _typed(field), max_size=2))
            if field in TIMES:
                body |= draw(_optional(time_zone=st.sampled_from(["+02:00", "Europe/Berlin"])))
        case "exists":
            return {"exists": {"field": draw(st.sampled_from([field, "o", "k*", "ne"]))}}
        case "wildcard":
            body = {"value": draw(patterns), **draw(_CASE)}
        case "regexp":
            flags = st.sampled_from(["ALL", "NONE", "INTERVAL|COMPLEMENT", "ANYSTRING"])
            body = {"value": draw(expressions), **draw(_CASE), **draw(_optional(flags=flags))}
        case "fuzzy":
            swaps = _optional(transpositions=st.booleans(), **_FUZZY)
            body = {"value": value, **draw(swaps)}
        case "ids":
            return {"ids": {"values": draw(st.lists(st.sampled_from("0123456789"), max_size=3))}}
        case _:
            body = {"value": draw(words), **draw(_CASE)}
    return {kind: {field: body}}


_FULL_TEXT = (
    "match match match_phrase match_phrase_prefix match_bool_prefix multi_match query_string "
    "simple_query_string"
)


@st.composite
def _full_text(draw: st.DrawFn, fields: tuple[str, ...]) -> Any:
    field = draw(st.sampled_from(fields))
    text = draw(st.one_of(_typed(field), _TEXTS))
    operator = st.sampled_from(["and", "or"])
    zero = st.sampled_from(["none", "all"])
    common = {"zero_terms_query": zero}
    matching = {
        "operator": operator,
        "minimum_should_match": _MINIMUM,
        "lenient": st.booleans(),
        **common,
    }
    kind = draw(st.sampled_from(_FULL_TEXT.split()))
    match kind:
        case "match":
            return {kind: {field: {"query": text, **draw(_optional(**matching, **_FUZZY))}}}
        case "match_phrase" | "match_phrase_prefix":
            slop = _optional(slop=st.integers(0, 3), **common)
            return {kind: {field: {"query": text, **draw(slop)}}}
        case "match_bool_prefix":
            chosen = _optional(operator=operator, minimum_should_match=_MINIMUM, **_FUZZY)
            return {kind: {field: {"query": text, **draw(chosen)}}}
        case "multi_match":
            types = st.sampled_from(["best_fields", "most_fields", "phrase", "phrase_prefix"])
            more = _optional(type=types, fields=_LISTS, operator=operator, lenient=st.booleans())
            return {kind: {"query": text, **draw(more)}}
        case "query_string":
            more = _optional(fields=_LISTS, minimum_should_match=_MINIMUM, lenient=st.booleans())
            return {kind: {"query": draw(query_strings), **draw(more)}}
        case _:
            more = _optional(
                fields=_LISTS,
                default_operator=operator,
                minimum_should_match=_MINIMUM,
                lenient=st.booleans(),
            )
            return {kind: {"query": draw(st.one_of(_SIMPLE, _TEXTS)), **draw(more)}}


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    clauses = st.one_of(inner, st.lists(inner, max_size=3))
    boolean = _optional(
        must=clauses,
        filter=clauses,
        should=clauses,
        must_not=clauses,
        minimum_should_match=_MINIMUM,
        adjust_pure_negative=st.booleans(),
    )
    return st.one_of(
        boolean.map(lambda body: {"bool": body}),
        boolean.map(lambda body: {"bool": body}),
        inner.map(lambda one: {"constant_score": {"filter": one}}),
        st.lists(inner, min_size=1, max_size=2).map(lambda some: {"dis_max": {"queries": some}}),
        st.tuples(inner, inner).map(
            lambda two: {
                "boosting": {"positive": two[0], "negative": two[1], "negative_boost": 0.5}
            }
        ),
    )


_nested = st.one_of(
    _term_level(("ne.k", "ne.n", "ne.t", "ne.x", "k")),
    _full_text(("ne.k", "ne.n", "ne.t", "ne.x", "k")),
)
_plain = st.one_of(
    _term_level(FIELDS),
    _full_text(FIELDS),
    st.one_of(_nested, _compound(_nested)).map(
        lambda one: {"nested": {"path": "ne", "query": one}}
    ),
    st.sampled_from([{"match_all": {}}, {"match_none": {}}]),
)
query_objects = st.one_of(_plain, _plain, st.recursive(_plain, _compound, max_leaves=6))
