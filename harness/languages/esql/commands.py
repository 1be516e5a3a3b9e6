"""Reading whole queries: a source and the commands piped behind it."""

from __future__ import annotations

import re
from difflib import get_close_matches

from harness.languages._lexing import END, Token
from harness.languages.esql.expressions import Reader
from harness.languages.esql.syntax import (
    Adding,
    Command,
    Eval,
    Expression,
    Limit,
    Name,
    Other,
    Project,
    Rename,
    Sort,
    SortKey,
    Statement,
    Where,
)
from harness.languages.esql.tokens import name_value, number_value, string_value, tokenize
from harness.source import Source, Span

METADATA = frozenset(
    {"_id", "_ignored", "_index", "_index_mode", "_score", "_size", "_source", "_tsid", "_version"}
)
"""What ``METADATA`` may name."""
MAX_COMMANDS = 500
_OTHER_SOURCES = frozenset({"row", "show", "ts", "explain", "promql", "metrics"})
_ROW_CHANGING = frozenset(
    {"change_point", "completion", "dedup", "fork", "fuse", "metrics_info", "mmr", "rerank"}
    | {"sample", "ts_info", "uri_parts", "registered_domain", "user_agent", "highlight"}
)
_KEYED = frozenset(
    {"where", "eval", "keep", "drop", "rename", "limit", "sort", "stats", "inline", "inlinestats"}
    | {"dissect", "grok", "mv_expand", "enrich", "lookup"}
)
_STRINGS = ("STRING", "RAW_STRING")
_DISSECT_KEY = re.compile(r"%\{([^}]*)\}")
_GROK_NAME = re.compile(r"%\{\w+:([\w@.\-\[\]]+)(?::\w+)?\}|\(\?<([\w@.\-\[\]]+)>")


def parse_statement(source: Source) -> Statement:
    """Statement: setting* source ("|" command)*."""
    reader = Reader(source, tokenize(source))
    nullify = _settings(reader)
    metadata, found = _source(reader)
    while reader.take("|"):
        found.append(_command(reader))
        if len(found) > MAX_COMMANDS:
            reader.cursor.unsupported(f"more than {MAX_COMMANDS} commands", "the query is too long")
    if not reader.cursor.at(END):
        token = reader.cursor.token
        reader.cursor.fail(f"expected '|' or the end of the query, found {token}")
    return Statement(metadata, tuple(found), nullify)


def _settings(reader: Reader) -> bool:
    """Setting: ``SET`` name "=" constant ";"."""
    nullify = False
    while reader.take("set"):
        name = reader.name()
        reader.expect("=")
        value = reader.cursor.expect((*_STRINGS, "INTEGER", "DECIMAL", "NAME"), "a value")
        reader.expect(";")
        if name.path.lower() != "unmapped_fields":
            reader.cursor.unsupported(f"SET {name.path}", "it is not modelled", name.span)
        chosen = string_value(value).lower() if value.kind in _STRINGS else ""
        if chosen not in {"default", "fail", "load", "nullify"}:
            reader.cursor.fail("unmapped_fields is 'default' or 'nullify'", span=value.span)
        if chosen == "load":
            feature = 'SET unmapped_fields="load"'
            reader.cursor.unsupported(feature, "it reads the source of documents", value.span)
        nullify = chosen == "nullify"
    return nullify


def _source(reader: Reader) -> tuple[frozenset[str], list[Command]]:
    """Source: ``FROM`` target ("," target)* (``METADATA`` name ("," name)*)?."""
    if not reader.cursor.at("NAME"):
        reader.cursor.fail(f"a query begins with FROM, found {reader.cursor.token}")
    start = reader.cursor.next()
    word = start.text.lower()
    if word in _OTHER_SOURCES:
        _skip(reader)
        return frozenset(), [Other(word.upper(), start.span)]
    if word != "from":
        reader.cursor.fail(f"a query begins with FROM, not {start.text!r}", span=start.span)
    if reader.at("("):
        _skip(reader)
        return frozenset(), [Other("FROM with a query inside", start.span)]
    _target(reader)
    while reader.take(","):
        _target(reader)
    return _metadata(reader), []


def _target(reader: Reader) -> None:
    """Target: (cluster ":")? index ("::" selector)?."""
    if reader.at("metadata"):
        reader.cursor.fail("FROM names no index")
    reader.cursor.expect(("WORD", *_STRINGS), "the name of an index")
    while reader.take(":", "::", "/"):
        reader.cursor.expect(("WORD", *_STRINGS), "the name of an index")


def _metadata(reader: Reader) -> frozenset[str]:
    if reader.at("["):
        reader.cursor.fail(
            "METADATA stands without brackets", "write: FROM index METADATA _id, _index"
        )
    if not reader.take("metadata"):
        return frozenset()
    names = []
    while True:
        token = reader.cursor.expect("WORD", "the name of a metadata field")
        name = name_value(token.text)
        if name not in METADATA:
            hint = f"the metadata fields are {', '.join(sorted(METADATA))}"
            reader.cursor.fail(f"there is no metadata field {name!r}", hint, token.span)
        names.append(name)
        if not reader.take(","):
            return frozenset(names)


def _command(reader: Reader) -> Command:
    """Command: its name, then what it takes."""
    token = reader.cursor.expect("NAME", "a command")
    match token.text.lower():
        case "where":
            return Where(reader.condition(), reader.since(token.span))
        case "eval":
            return Eval(tuple(_columns(reader)), reader.since(token.span))
        case "keep" | "drop" as word:
            return Project(word.upper(), _patterns(reader), reader.since(token.span))
        case "rename":
            return Rename(tuple(_renamings(reader)), reader.since(token.span))
        case "limit":
            return _limit(reader, token)
        case "sort":
            return _sort(reader, token)
        case "stats" | "inlinestats" | "inline" as word:
            return _stats(reader, token, word)
        case "dissect" | "grok" as word:
            return _extraction(reader, token, word)
        case "mv_expand":
            name = reader.name()
            return Adding("MV_EXPAND", (name.path,), (name,), reader.since(token.span))
        case word:
            return _other(reader, token, word)


def _columns(reader: Reader) -> list[tuple[str, Expression]]:
    """Columns: (name "=")? condition ("," (name "=")? condition)*."""
    found = []
    while True:
        following = reader.cursor.peek()
        start = reader.cursor.token.span
        if following.kind == "OP" and following.text == "=" and reader.cursor.at("NAME"):
            name = reader.name().path
            reader.expect("=")
            found.append((name, reader.condition()))
        else:
            expression = reader.condition()
            span = reader.since(start)
            found.append((reader.source.text[span.start : span.end], expression))
        if not reader.take(","):
            return found


def _patterns(reader: Reader) -> tuple[tuple[str, Span], ...]:
    """Patterns: pattern ("," pattern)*."""
    found = []
    while True:
        token = reader.cursor.expect("PATTERN", "a column")
        found.append((token.text, token.span))
        if not reader.take(","):
            return tuple(found)


def _renamings(reader: Reader) -> list[tuple[Name, Name]]:
    """Renamings: (old ``AS`` new | new "=" old) ("," ...)*."""
    found = []
    while True:
        first = _plain_name(reader)
        if reader.take("="):
            found.append((_plain_name(reader), first))
        else:
            reader.expect("as")
            found.append((first, _plain_name(reader)))
        if not reader.take(","):
            return found


def _plain_name(reader: Reader) -> Name:
    token = reader.cursor.expect("PATTERN", "a column")
    if "*" in re.sub(r"`[^`]*`", "", token.text):
        reader.cursor.fail("RENAME takes no wildcards", span=token.span)
    return Name(name_value(token.text), token.span)


def _limit(reader: Reader, start: Token) -> Limit:
    """Limit: ``LIMIT`` integer."""
    token = reader.cursor.expect("INTEGER", "a whole number after LIMIT")
    count = number_value(token, reader.source)
    if reader.at("by"):
        reader.cursor.unsupported("LIMIT BY", "it counts rows of groups")
    return Limit(int(count), reader.since(start.span))


def _sort(reader: Reader, start: Token) -> Sort:
    """Sort: key (``ASC`` | ``DESC``)? (``NULLS`` (``FIRST`` | ``LAST``))? ("," ...)*."""
    keys = []
    while True:
        expression = reader.condition()
        order = reader.take("asc", "desc")
        descending = order is not None and order.text.lower() == "desc"
        first = descending
        if reader.take("nulls"):
            where = reader.take("first", "last")
            if where is None:
                reader.cursor.fail("NULLS is followed by FIRST or LAST")
            first = where.text.lower() == "first"
        keys.append(SortKey(expression, descending, first))
        if not reader.take(","):
            return Sort(tuple(keys), reader.since(start.span))


def _stats(reader: Reader, start: Token, word: str) -> Command:
    """Stats: (aggregation (``WHERE`` condition)?),* (``BY`` columns)?."""
    inline = word != "stats"
    if word == "inline":
        reader.expect("stats")
    names: list[str] = []
    while not reader.at("by", "|") and not reader.cursor.at(END):
        names.extend(name for name, _ in _aggregation(reader))
        if not reader.take(","):
            break
    if reader.take("by"):
        names.extend(name for name, _ in _columns(reader))
    span = reader.since(start.span)
    if start.span == span:
        reader.cursor.fail("STATS names no aggregation and no group")
    if inline:
        return Adding("INLINE STATS", tuple(names), (), span)
    return Other("STATS", span)


def _aggregation(reader: Reader) -> list[tuple[str, Expression]]:
    following = reader.cursor.peek()
    name = ""
    if following.kind == "OP" and following.text == "=":
        name = reader.name().path
        reader.expect("=")
    start = reader.cursor.token.span
    expression = reader.condition()
    span = reader.since(start)
    if reader.take("where"):
        reader.condition()
    return [(name or reader.source.text[span.start : span.end], expression)]


def _extraction(reader: Reader, start: Token, word: str) -> Adding:
    """Extraction: column pattern ("," pattern)* (``APPEND_SEPARATOR`` "=" string)?."""
    column = reader.name()
    columns: list[str] = []
    while True:
        token = reader.cursor.expect(_STRINGS, f"a pattern in quotes after {word.upper()}")
        columns.extend(_extracted(word, string_value(token)))
        if not reader.take(","):
            break
    if word == "dissect" and reader.take("append_separator"):
        reader.expect("=")
        reader.cursor.expect(_STRINGS, "the separator in quotes")
    return Adding(word.upper(), tuple(columns), (column,), reader.since(start.span))


def _extracted(word: str, pattern: str) -> list[str]:
    """Return the columns that a pattern sets."""
    if word == "dissect":
        keys = (
            key.split("/")[0].strip("+?*&").removesuffix("->")
            for key in _DISSECT_KEY.findall(pattern)
        )
        return [key for key in keys if key]
    return [first or second for first, second in _GROK_NAME.findall(pattern)]


def _other(reader: Reader, start: Token, word: str) -> Command:
    if word == "enrich":
        _skip(reader)
        return Adding("ENRICH", None, (), reader.since(start.span))
    if word == "lookup":
        reader.expect("join")
        _skip(reader)
        return Adding("LOOKUP JOIN", None, (), reader.since(start.span))
    if word in {"full", "left", "right"} and reader.at("join"):
        reader.cursor.fail(f"there is no {word.upper()} JOIN", "write LOOKUP JOIN", start.span)
    if word not in _ROW_CHANGING:
        near = get_close_matches(word, _KEYED | _ROW_CHANGING, n=1)
        hint = f"did you mean {near[0].upper()}?" if near else ""
        reader.cursor.fail(f"there is no command {start.text!r}", hint, start.span)
    _skip(reader)
    return Other(word.upper(), start.span)


def _skip(reader: Reader) -> None:
    """Read up to the next pipe that stands outside of parentheses."""
    depth = 0
    while not reader.cursor.at(END) and (depth > 0 or not reader.at("|")):
        token = reader.cursor.next()
        depth += token.kind == "OP" and token.text in {"(", "["}
        depth -= token.kind == "OP" and token.text in {")", "]"}
