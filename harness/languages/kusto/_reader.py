"""Reading pipelines and their operators.

https://learn.microsoft.com/en-us/kusto/query/tabular-expression-statements
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NoReturn

from harness.languages._lexing import Token
from harness.languages.kusto import _expressions
from harness.languages.kusto._expressions import MEMBERSHIP, TEXT, expression, literal
from harness.languages.kusto._literals import TYPES
from harness.languages.kusto._not_read import NOT_READ
from harness.languages.kusto._syntax import (
    Assignment,
    Columns,
    Expression,
    Extend,
    Name,
    NotRead,
    Operator,
    Ordering,
    Parse,
    ParsePart,
    Pass,
    Pipeline,
    Rename,
    Search,
    Some,
    Sort,
    Star,
    Union,
    Value,
    Where,
)
from harness.languages.kusto._tokens import END, TokenCursor
from harness.source import Span

_ALONE = frozenset(("search", "union", "find", "print", "range", "evaluate", "datatable"))
"""What may begin a pipeline besides a table."""
_OPERATORS_ALONE = frozenset(("where", "filter", "extend", "project", "summarize", "take", "limit"))

_BETWEEN_OPERANDS = TEXT | MEMBERSHIP | {"between", "matches", "and", "or"}


def type_name(tokens: TokenCursor) -> str:
    """``type := NAME``."""
    token = tokens.expect("NAME", "a type")
    if token.text not in TYPES:
        tokens.fail(f"there is no type {token.text!r}", span=token.span)
    return TYPES[token.text]


def pipeline(tokens: TokenCursor) -> Expression:
    """``pipeline := (expression | search | union) ("|" operator)*``."""
    first: Operator | None = None
    source: Expression
    if tokens.at_word(*_ALONE) and tokens.peek().text not in {"|", ")", "=="}:
        token = tokens.next()
        first = _OPERATORS.get(token.text, _not_read)(tokens, token)
        source = Star(token.span)
    elif tokens.at_word(*_OPERATORS_ALONE) and _starts_operand(tokens.peek()):
        token = tokens.token
        tokens.fail(f"{token.text!r} cannot be the first operator", "name a table before it")
    else:
        source = expression(tokens)
    operators = [] if first is None else [first]
    while tokens.at_symbol("|"):
        tokens.next()
        operators.append(_operator(tokens))
    if not operators:
        return source
    return Pipeline(source, tuple(operators), source.span.to(tokens.previous.span))


def _starts_operand(token: Token) -> bool:
    return token.kind == "STRING" or (token.kind == "NAME" and token.text not in _BETWEEN_OPERANDS)


def _operator(tokens: TokenCursor) -> Operator:
    """``operator := name arguments``."""
    token = tokens.token
    if token.kind not in {"NAME", "KEYWORD"} or (
        token.text not in _OPERATORS and token.text not in NOT_READ
    ):
        hint = "operators are written in lower case" if token.text.lower() in _OPERATORS else ""
        tokens.fail(f"expected a query operator, found {token}", hint)
    tokens.next()
    return _OPERATORS.get(token.text, _not_read)(tokens, token)


def _not_read(tokens: TokenCursor, token: Token) -> Operator:
    reason = NOT_READ[token.text]
    _skip(tokens)
    return NotRead(token.text, reason, token.span)


def _skip(tokens: TokenCursor) -> None:
    """Pass over the arguments of an operator that is not read."""
    depth = 0
    while not tokens.at(END):
        if depth == 0 and _expressions.at_end(tokens):
            return
        if tokens.at_symbol("(", "[", "{"):
            depth += 1
        elif tokens.at_symbol(")", "]", "}"):
            depth -= 1
        tokens.next()


def _parameters(tokens: TokenCursor) -> dict[str, str]:
    """``parameters := (name "=" value)*``, such as ``isfuzzy=true`` and ``hint.spread=5``."""
    found: dict[str, str] = {}
    while tokens.at("NAME"):
        ahead = 2 if tokens.token.text == "hint" and tokens.peek().text == "." else 0
        known = ahead or tokens.token.text in {"kind", "isfuzzy", "withsource", "with_source"}
        if not known or tokens.peek(ahead + 1).text != "=":
            return found
        name = tokens.peek(ahead).text
        for _ in range(ahead + 2):
            tokens.next()
        found[name] = tokens.next().text
    return found


def _where(tokens: TokenCursor, token: Token) -> Operator:
    """``where := expression``."""
    _parameters(tokens)
    if _assigns(tokens):
        _named_condition(tokens)
    predicate = expression(tokens)
    return Where(predicate, token.span.to(predicate.span))


def _named_condition(tokens: TokenCursor) -> NoReturn:
    """``name "=" expression``: of a text or a number it is a slip, and else in no manual."""
    tokens.name("a name", new=True)
    sign = tokens.next()
    if isinstance(expression(tokens), Value):
        tokens.fail("a condition is no value with a name", "write '==' to compare", sign.span)
    reason = "Microsoft's parser takes it, and the manual does not know it"
    tokens.unsupported("a name for a condition", reason, sign.span)


_KINDS = ("default", "case_insensitive", "case_sensitive")


def _search(tokens: TokenCursor, token: Token) -> Operator:
    """``search := ("kind" "=" kind)? ("in" "(" table,+ ")")? expression``."""
    start = tokens.token.span
    kind = _parameters(tokens).get("kind", "default")
    if kind not in _KINDS:
        hint = f"write {', '.join(_KINDS)}"
        tokens.fail(f"a search has no kind {kind!r}", hint, start.to(tokens.previous.span))
    tables: list[Expression] = []
    if tokens.take_word("in"):
        tokens.symbol("(")
        tables.append(_table(tokens))
        while tokens.take_symbol(","):
            tables.append(_table(tokens))
        tokens.symbol(")")
    predicate: Expression
    star = tokens.token if tokens.at_symbol("*") and tokens.peek().text in {"", "|", ")"} else None
    if star is not None:
        predicate = Star(tokens.next().span)
    else:
        if tokens.at_symbol("*") and tokens.peek().text == "and":
            tokens.next()
            tokens.next()
        predicate = expression(tokens)
    span = token.span.to(predicate.span)
    return Search(predicate, kind == "case_sensitive", tuple(tables), span)


def _table(tokens: TokenCursor) -> Expression:
    """``table := name "*"? | "*" | "(" pipeline ")" | function``."""
    token = tokens.token
    if tokens.at_symbol("*"):
        return Name("*", tokens.next().span)
    if tokens.at("NAME") and tokens.peek().text == "*" and not tokens.at_word("toscalar"):
        tokens.next()
        return Name(f"{token.text}*", token.span.to(tokens.next().span))
    return expression(tokens)


def _union(tokens: TokenCursor, token: Token) -> Operator:
    """``union := parameters table ("," table)*``."""
    given = _parameters(tokens)
    if given.get("kind") == "inner":
        reason = "it keeps the columns that all tables have"
        tokens.unsupported("union kind=inner", reason, token.span)
    tables = [_table(tokens)]
    while tokens.take_symbol(","):
        tables.append(_table(tokens))
    column = given.get("withsource", given.get("with_source", ""))
    return Union(tuple(tables), column, token.span.to(tokens.previous.span))


def _extend(tokens: TokenCursor, token: Token) -> Operator:
    """``extend := assignment ("," assignment)*``; ``project`` and ``distinct`` alike."""
    only = token.text != "extend"
    if token.text == "distinct":
        _parameters(tokens)
        if tokens.take_symbol("*"):
            return Pass(token.span)
    if only and _expressions.at_end(tokens) and token.text == "project":
        return Extend((), only, distinct=False, span=token.span)
    return _assignments(tokens, token, only=only)


def _assignments(tokens: TokenCursor, token: Token, *, only: bool) -> Extend:
    """``assignments := assignment ("," assignment)*``."""
    found = [_assignment(tokens)]
    while tokens.take_symbol(","):
        found.append(_assignment(tokens))
    span = token.span.to(tokens.previous.span)
    return Extend(tuple(found), only, token.text == "distinct", span)


def _assignment(tokens: TokenCursor) -> Assignment:
    """``assignment := (name "=" | "(" name,+ ")" "=")? expression``."""
    start = tokens.token.span
    names: list[str] = []
    if _assigns(tokens):
        names.append(tokens.name("a column", new=True)[0])
        tokens.next()
    elif tokens.at_symbol("(") and _names_ahead(tokens):
        tokens.next()
        names.append(tokens.name("a column", new=True)[0])
        while tokens.take_symbol(","):
            names.append(tokens.name("a column", new=True)[0])
        tokens.symbol(")")
        tokens.symbol("=")
    found = expression(tokens)
    return Assignment(tuple(names), found, start.to(found.span))


def _assigns(tokens: TokenCursor) -> bool:
    """Return whether ``name =`` comes next."""
    ahead = 3 if tokens.at_symbol("[") else 1
    return (ahead > 1 or tokens.at_new_name()) and tokens.peek(ahead).text == "="


def _names_ahead(tokens: TokenCursor) -> bool:
    ahead = 1
    while tokens.peek(ahead).kind == "NAME" and tokens.peek(ahead + 1).text == ",":
        ahead += 2
    named = tokens.peek(ahead).kind == "NAME" and tokens.peek(ahead + 1).text == ")"
    return named and tokens.peek(ahead + 2).text == "="


def _columns(tokens: TokenCursor, token: Token) -> Operator:
    """``columns := column ("," column)*``."""
    names: list[Name] = []
    while names or not _expressions.at_end(tokens):
        names.append(_wildcard_name(tokens))
        if token.text == "project-reorder":
            tokens.take_word("asc", "desc", "granny-asc", "granny-desc")
        if not tokens.take_symbol(","):
            break
    return Columns(token.text, tuple(names), token.span.to(tokens.previous.span))


def _wildcard_name(tokens: TokenCursor) -> Name:
    """``column := name | (NAME | LONG | "*")+`` without blanks between them."""
    start = tokens.token
    if tokens.at_name() and (start.kind != "NAME" or tokens.peek().text != "*"):
        return Name(*tokens.name("a column"))
    text = ""
    end = start.span.start
    while tokens.at("NAME", "LONG") or tokens.at_symbol("*"):
        if tokens.token.span.start != end:
            break
        end = tokens.token.span.end
        text += tokens.next().text
    if not text:
        tokens.fail(f"expected a column, found {tokens.token}")
    return Name(text, Span(start.span.start, end))


def _rename(tokens: TokenCursor, token: Token) -> Operator:
    """``rename := new "=" old ("," new "=" old)*``."""
    names: list[tuple[str, Name]] = []
    while names or not _expressions.at_end(tokens):
        new, _ = tokens.name("the new name of a column", new=True)
        tokens.symbol("=", "write new = old")
        names.append((new, Name(*tokens.name("the old name of a column"))))
        if not tokens.take_symbol(","):
            break
    return Rename(tuple(names), token.span.to(tokens.previous.span))


def _some(tokens: TokenCursor, token: Token) -> Operator:
    """``some := expression ("by" expression order)?``."""
    _parameters(tokens)
    count = expression(tokens)
    by = None
    if token.text == "top":
        tokens.word("by")
        by = _ordering(tokens)
    return Some(token.text, count, by, token.span.to(tokens.previous.span))


def _ordering(tokens: TokenCursor) -> Ordering:
    """``ordering := assignment ("asc" | "desc")? ("nulls" ("first" | "last"))?``."""
    value = _assignment(tokens).expression
    word = tokens.take_word("asc", "desc")
    ascending = word is not None and word.text == "asc"
    nulls_first = ascending
    if tokens.take_word("nulls"):
        if not tokens.at_word("first", "last"):
            tokens.fail(f"expected 'first' or 'last', found {tokens.token}")
        nulls_first = tokens.next().text == "first"
    return Ordering(value, ascending, nulls_first)


def _sort(tokens: TokenCursor, token: Token) -> Operator:
    """``sort := "by" expression order ("," expression order)*``."""
    _parameters(tokens)
    tokens.word("by")
    keys: list[Ordering] = []
    while not keys or tokens.take_symbol(","):
        keys.append(_ordering(tokens))
    return Sort(tuple(keys), token.span.to(tokens.previous.span))


def _parse(tokens: TokenCursor, token: Token) -> Operator:
    """``parse := ("kind" "=" kind)? expression "with" part+``."""
    kind = "simple"
    if tokens.at_word("kind") and tokens.peek().text == "=":
        kind = _parameters(tokens)["kind"]
        if tokens.take_word("flags"):
            tokens.symbol("=")
            tokens.next()
            kind = "flags"
    subject = expression(tokens)
    tokens.word("with")
    parts: list[ParsePart] = []
    while not _expressions.at_end(tokens):
        parts.append(_parse_part(tokens))
    if not parts:
        tokens.fail("expected a pattern")
    span = token.span.to(tokens.previous.span)
    return Parse(subject, kind, tuple(parts), token.text == "parse-where", span)


def _parse_part(tokens: TokenCursor) -> ParsePart:
    """``part := "*" | STRING+ | name (":" type)?``."""
    token = tokens.token
    if tokens.take_symbol("*"):
        return ParsePart(None, None, "string", token.span)
    if tokens.at("STRING"):
        text = literal(tokens)
        return ParsePart(text.value, None, "string", text.span)
    name, span = tokens.name("a text, a column or '*'")
    kind = type_name(tokens) if tokens.take_symbol(":") else "string"
    return ParsePart(None, name, kind, span)


def _pass(tokens: TokenCursor, token: Token) -> Operator:
    """Read an operator that changes neither rows nor columns."""
    if token.text == "as":
        tokens.name("a name")
    else:
        _skip(tokens)
    return Pass(token.span)


def _serialize(tokens: TokenCursor, token: Token) -> Operator:
    """``serialize := assignment,*``."""
    if _expressions.at_end(tokens):
        return Pass(token.span)
    return _assignments(tokens, token, only=False)


_OPERATORS: Mapping[str, Callable[[TokenCursor, Token], Operator]] = MappingProxyType(
    {
        "where": _where,
        "filter": _where,
        "search": _search,
        "union": _union,
        "extend": _extend,
        "project": _extend,
        "distinct": _extend,
        "project-away": _columns,
        "project-keep": _columns,
        "project-reorder": _columns,
        "project-rename": _rename,
        "take": _some,
        "limit": _some,
        "sample": _some,
        "top": _some,
        "sort": _sort,
        "order": _sort,
        "parse": _parse,
        "parse-where": _parse,
        "serialize": _serialize,
        "as": _pass,
        "render": _pass,
    }
)
