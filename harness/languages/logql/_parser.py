"""The grammar of log queries; metric queries are recognised and named.

https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/syntax/syntax.y
"""

from __future__ import annotations

from harness.languages._lexing import END, Cursor, Token
from harness.languages.logql._stages import (
    AddressTest,
    Both,
    Change,
    Either,
    LabelFilter,
    LabelTest,
    LineFilter,
    LogQuery,
    Matcher,
    Measured,
    Stage,
    Wanted,
)
from harness.languages.logql._tokens import METRICS, Lexeme, tokens
from harness.languages.logql._units import number
from harness.source import Source, Span

MATCHING = ("=", "!=", "=~", "!~")
LINE_FILTERS = ("|=", "|~", "|>", "!=", "!~", "!>")
COMPARING = ("=", "==", "!=", ">", ">=", "<", "<=")
_JOINERS = {"and": 2, "or": 1}
"""How tight two joiners that meet bind; a comma or a blank always takes all that follows."""
_METRIC_SIGNS = ("NUMBER", "+", "-", "variants")


def parse_query(source: Source) -> LogQuery:
    """``query := log_query END``."""
    cursor = Cursor(source, tokens(source))
    query = _log_query(cursor)
    if not cursor.at(END):
        _after_query(cursor)
    return query


def _after_query(cursor: Cursor) -> None:
    token = cursor.token
    if token.kind == "RANGE":
        hint = "wrap it in a function such as count_over_time()"
        cursor.fail("a log query has no range", hint)
    cursor.fail(f"expected a stage of the pipeline, found {token}")


def _log_query(cursor: Cursor) -> LogQuery:
    """``log_query := selector stage* | "(" log_query ")"``."""
    if cursor.at("("):
        with cursor:
            cursor.next()
            query = _log_query(cursor)
            cursor.expect(")", "')'")
            return query
    _refuse_metrics(cursor)
    matchers = _selector(cursor)
    stages: list[Stage] = []
    while cursor.at("|", *LINE_FILTERS):
        stages.append(_stage(cursor))
    return LogQuery(matchers, tuple(stages))


def _refuse_metrics(cursor: Cursor) -> None:
    token = cursor.token
    called = token.kind == "FUNCTION" and _value(token) in METRICS
    if called or token.kind in _METRIC_SIGNS:
        name = f"metric query {_value(token)}()" if called else "metric query"
        cursor.unsupported(name, "it gives numbers over time ranges, not log lines")


def _value(token: Token) -> str:
    return str(token.value) if isinstance(token, Lexeme) else token.text


def _selector(cursor: Cursor) -> tuple[Matcher, ...]:
    """``selector := "{" (matcher ("," matcher)*)? "}"``."""
    opening = cursor.expect("{", 'a stream selector such as {job="x"}')
    found: list[Matcher] = []
    if not cursor.at("}"):
        found.append(_matcher(cursor))
        while cursor.take(","):
            found.append(_matcher(cursor))
    closing = cursor.expect("}", "',' or '}'")
    if not found:
        hint = 'name a stream, for instance {job=~".+"}'
        cursor.fail("the stream selector is empty", hint, opening.span.to(closing.span))
    return tuple(found)


def _matcher(cursor: Cursor) -> Matcher:
    """``matcher := name ("=" | "!=" | "=~" | "!~") string``."""
    name = cursor.expect("NAME", "a label name")
    operator = cursor.expect(MATCHING, "one of = != =~ !~")
    text = cursor.expect("STRING", "a quoted text")
    return Matcher(
        name=_value(name), operator=operator.kind, text=_value(text), span=name.span.to(text.span)
    )


def _stage(cursor: Cursor) -> Stage:
    """``stage := line_filter | "|" (change | label_filter)``."""
    if not cursor.at("|"):
        return _line_filter(cursor)
    cursor.next()
    token = cursor.token
    if token.kind in _CHANGES:
        cursor.next()
        return _CHANGES[token.kind](cursor, token)
    if token.kind == "unwrap":
        hint = "leave it out, or wrap the query in a function such as sum_over_time()"
        cursor.fail("a log query cannot unwrap", hint)
    if not cursor.at("NAME", "("):
        cursor.fail(f"expected a parser, a format or a label filter, found {token}")
    return LabelFilter(_label_tests(cursor))


def _line_filter(cursor: Cursor) -> LineFilter:
    """``line_filter := op wanted ("or" wanted)*``."""
    operator = cursor.next()
    items = [_wanted(cursor)]
    while cursor.take("or"):
        items.append(_wanted(cursor))
    span = operator.span.to(cursor.previous.span)
    return LineFilter(operator=operator.kind, items=tuple(items), span=span)


def _wanted(cursor: Cursor) -> Wanted:
    """``wanted := string | "ip" "(" string ")"``."""
    start = cursor.token.span
    address = _take_ip(cursor)
    text = cursor.expect("STRING", "a quoted text")
    if address:
        cursor.expect(")", "')'")
    return Wanted(_value(text), address, start.to(cursor.previous.span))


def _take_ip(cursor: Cursor) -> bool:
    if not (cursor.at("FUNCTION") and _value(cursor.token) == "ip"):
        return False
    cursor.next()
    cursor.expect("(", "'('")
    return True


def _label_tests(cursor: Cursor) -> LabelTest:
    """``label_filter := test (("and" | "or" | "," | ) test)*``, joined as Loki's parser does."""
    operands = [_label_test(cursor)]
    joiners: list[str] = []
    while cursor.at("and", "or", ",", "NAME", "("):
        taken = cursor.take("and", "or", ",")
        joiner = taken.kind if taken else ","
        while joiners and _reduces(joiners[-1], joiner):
            _reduce(operands, joiners)
        joiners.append(joiner)
        operands.append(_label_test(cursor))
    while joiners:
        _reduce(operands, joiners)
    return operands[0]


def _reduces(before: str, after: str) -> bool:
    return before in _JOINERS and after in _JOINERS and _JOINERS[before] >= _JOINERS[after]


def _reduce(operands: list[LabelTest], joiners: list[str]) -> None:
    right, left = operands.pop(), operands.pop()
    operands.append(_joined(Either if joiners.pop() == "or" else Both, left, right))


def _joined(kind: type[Both | Either], *parts: LabelTest) -> LabelTest:
    items: list[LabelTest] = []
    for part in parts:
        items.extend(part.items if isinstance(part, kind) else (part,))
    return kind(tuple(items))


def _label_test(cursor: Cursor) -> LabelTest:
    """``test := "(" label_filter ")" | name op (string | quantity | ip)``."""
    if cursor.at("("):
        with cursor:
            cursor.next()
            inner = _label_tests(cursor)
            cursor.expect(")", "')'")
            return inner
    name = cursor.expect("NAME", "a label name")
    operator = cursor.expect((*COMPARING, "=~", "!~"), "a comparison")
    if cursor.at("STRING"):
        return _string_test(cursor, name, operator)
    if operator.kind in ("=", "!=") and cursor.at("FUNCTION") and _value(cursor.token) == "ip":
        return _address_test(cursor, name, operator)
    if operator.kind not in COMPARING:
        cursor.fail(f"expected a quoted text, found {cursor.token}")
    return _measured(cursor, name, operator)


def _string_test(cursor: Cursor, name: Token, operator: Token) -> Matcher:
    if operator.kind not in MATCHING:
        hint = "write = for texts; numbers, durations and sizes stand without quotes"
        cursor.fail(f"{operator.text} compares no text", hint)
    text = cursor.next()
    span = name.span.to(text.span)
    return Matcher(name=_value(name), operator=operator.kind, text=_value(text), span=span)


def _address_test(cursor: Cursor, name: Token, operator: Token) -> AddressTest:
    _take_ip(cursor)
    text = cursor.expect("STRING", "a quoted address, range or network")
    closing = cursor.expect(")", "')'")
    return AddressTest(
        name=_value(name),
        operator=operator.kind,
        pattern=_value(text),
        span=name.span.to(closing.span),
        place=text.span,
    )


def _measured(cursor: Cursor, name: Token, operator: Token) -> Measured:
    """``quantity := duration | size | ("+" | "-")? number``."""
    sign = cursor.take("+", "-")
    kinds = ("NUMBER",) if sign else ("NUMBER", "DURATION", "BYTES")
    given = cursor.expect(kinds, "a quoted text, a number, a duration or a size")
    kind = given.kind
    bound = number(given.text) if kind == "NUMBER" else getattr(given, "value", None)
    if bound is None:
        cursor.unsupported("number", "it is too large", given.span)
    if kind == "BYTES" and not bound:
        hint = "Loki writes it as 0B for itself, and cannot read that: compare with 1B"
        cursor.fail("a label cannot be compared with a size of 0 bytes", hint, given.span)
    return Measured(
        name=_value(name),
        operator="=" if operator.kind == "==" else operator.kind,
        kind=kind,
        bound=-bound if sign and sign.kind == "-" else bound,
        span=name.span.to(given.span),
    )


def _flags(cursor: Cursor) -> frozenset[str]:
    found = set()
    while cursor.at("FLAG"):
        found.add(cursor.next().text)
    return frozenset(found)


def _extracting(cursor: Cursor, word: Token) -> Change:
    """``extracting := ("json" | "logfmt" flag*) (name ("=" path)? ("," ...)*)?``."""
    flags = _flags(cursor) if word.kind == "logfmt" else frozenset()
    found: list[tuple[str, str, Span]] = []
    if cursor.at("NAME"):
        found.append(_extraction(cursor))
        while cursor.take(","):
            found.append(_extraction(cursor))
    return _change(cursor, word, tuple(found), flags)


def _extraction(cursor: Cursor) -> tuple[str, str, Span]:
    name = cursor.expect("NAME", "a label name")
    if not cursor.take("="):
        return _value(name), _value(name), name.span
    path = cursor.expect("STRING", "a quoted path")
    return _value(name), _value(path), path.span


def _with_text(cursor: Cursor, word: Token) -> Change:
    """``with_text := ("regexp" | "pattern" | "line_format") string``."""
    text = cursor.expect("STRING", f"a quoted text after {word.text}")
    return _change(cursor, word, (_value(text), text.span))


def _bare(cursor: Cursor, word: Token) -> Change:
    """``bare := "unpack" | "decolorize"``."""
    return _change(cursor, word, ())


def _label_format(cursor: Cursor, word: Token) -> Change:
    """``label_format := name "=" (name | template) ("," ...)*``."""
    found: list[tuple[str, str, bool, Span]] = []
    while True:
        name = cursor.expect("NAME", "a label name")
        cursor.expect("=", "'='")
        given = cursor.expect(("NAME", "STRING"), "a label name or a quoted template")
        renames = given.kind == "NAME"
        found.append((_value(name), _value(given), renames, name.span.to(given.span)))
        if not cursor.take(","):
            return _change(cursor, word, tuple(found))


def _choosing(cursor: Cursor, word: Token) -> Change:
    """``choosing := ("drop" | "keep") (name | matcher) ("," ...)*``."""
    found: list[str | Matcher] = []
    while True:
        followed = cursor.at("NAME") and cursor.peek().kind in MATCHING
        if followed:
            found.append(_matcher(cursor))
        else:
            found.append(_value(cursor.expect("NAME", "a label name")))
        if not cursor.take(","):
            return _change(cursor, word, tuple(found))


def _change(
    cursor: Cursor, word: Token, value: object, flags: frozenset[str] = frozenset()
) -> Change:
    span = word.span.to(cursor.previous.span)
    return Change(kind=word.kind, value=value, flags=flags, span=span)


_CHANGES = {
    "json": _extracting,
    "logfmt": _extracting,
    "regexp": _with_text,
    "pattern": _with_text,
    "unpack": _bare,
    "line_format": _with_text,
    "label_format": _label_format,
    "decolorize": _bare,
    "drop": _choosing,
    "keep": _choosing,
}
