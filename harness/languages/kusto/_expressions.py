"""Reading expressions.

The grammar is Microsoft's, https://github.com/microsoft/Kusto-Query-Language (grammar/Kql.g4);
where it and the published parser differ, the parser decides.
"""

from __future__ import annotations

from typing import Any, NoReturn

from harness.languages.kusto import _literals
from harness.languages.kusto._syntax import (
    Among,
    Between,
    Binary,
    Element,
    Expression,
    Invocation,
    Joined,
    Name,
    Path,
    Pipeline,
    Scalar,
    Sign,
    Star,
    Value,
)
from harness.languages.kusto._tokens import END, TokenCursor, decode
from harness.source import Span

MAX_CHAIN = 50
"""Steps of one path or one sum."""
MAX_ITEMS = 1_000_000
"""Bytes of a value list; https://learn.microsoft.com/en-us/kusto/query/in-operator."""
EQUALITY = frozenset(("==", "!=", "<>"))
ORDER = frozenset(("<", "<=", ">", ">="))
MEMBERSHIP = frozenset(("in", "!in", "in~", "!in~", "has_any", "has_all"))
TEXT = frozenset(
    [
        "=~",
        "!~",
        "has",
        "!has",
        "has_cs",
        "!has_cs",
        "hasprefix",
        "!hasprefix",
        "hasprefix_cs",
        "!hasprefix_cs",
        "hassuffix",
        "!hassuffix",
        "hassuffix_cs",
        "!hassuffix_cs",
        "contains",
        "!contains",
        "contains_cs",
        "!contains_cs",
        "startswith",
        "!startswith",
        "startswith_cs",
        "!startswith_cs",
        "endswith",
        "!endswith",
        "endswith_cs",
        "!endswith_cs",
        "like",
        "notlike",
        "likecs",
        "notlikecs",
        "notcontains",
        "containscs",
        "notcontainscs",
    ]
) | {"matches regex", ":"}
_FOREIGN = {
    "&": "and",
    "AND": "and",
    "OR": "or",
    "NOT": "not(...)",
    "HAS": "has",
    "CONTAINS": "contains",
    "STARTSWITH": "startswith",
    "ENDSWITH": "endswith",
    "IN": "in",
    "LIKE": "contains, startswith or endswith",
    "=": "==",
}
_CLUSTER = frozenset(("cluster", "database", "workspace", "app", "adx", "arg"))


def expression(tokens: TokenCursor) -> Expression:
    """``expression := and ("or" and)*``."""
    with tokens:
        return _joined(tokens, "or")


def _joined(tokens: TokenCursor, word: str) -> Expression:
    """``and := equality ("and" equality)*``, and the same for ``or`` above it."""

    def item() -> Expression:
        return _joined(tokens, "and") if word == "or" else _equality(tokens)

    items = [item()]
    while tokens.at("NAME") and tokens.token.text == word:
        tokens.next()
        items.append(item())
    if len(items) == 1:
        return items[0]
    return Joined(word, tuple(items), items[0].span.to(items[-1].span))


def _equality(tokens: TokenCursor) -> Expression:
    """``equality := relation (("==" | "!=" | "<>") relation | list | between)?``."""
    if tokens.at_symbol("*") and tokens.peek().text in EQUALITY | TEXT:
        return _starred(tokens)
    left = _relation(tokens)
    token = tokens.token
    if tokens.at("SYMBOL") and token.text in EQUALITY:
        tokens.next()
        right = _relation(tokens)
        return Binary(token.text, left, right, left.span.to(right.span))
    if tokens.at_word(*MEMBERSHIP):
        return _among(tokens, left)
    if tokens.at_word("between", "!between"):
        return _between(tokens, left)
    return left


def _starred(tokens: TokenCursor) -> Expression:
    """``starred := "*" operator operand``."""
    star = tokens.next()
    operator = tokens.next().text
    right = _relation(tokens) if operator in EQUALITY else _operand(tokens)
    return Binary(operator, Star(star.span), right, star.span.to(right.span))


def _among(tokens: TokenCursor, left: Expression) -> Expression:
    """``list := operator "(" (expression ("," expression)* | pipeline) ")"``."""
    operator = tokens.next().text
    tokens.symbol("(", "put the values in parentheses")
    items = [tokens.pipeline()]
    while tokens.take_symbol(","):
        items.append(tokens.pipeline())
    end = tokens.symbol(")")
    return Among(operator, left, tuple(items), left.span.to(end.span))


def _between(tokens: TokenCursor, left: Expression) -> Expression:
    """``between := operator "(" operand ".." operand ")"``."""
    operator = tokens.next().text
    tokens.symbol("(")
    low = _sum(tokens)
    tokens.symbol("..", "write both ends with two dots between them")
    high = _sum(tokens)
    end = tokens.symbol(")")
    return Between(operator, left, low, high, left.span.to(end.span))


def _relation(tokens: TokenCursor) -> Expression:
    """``relation := sum (("<" | "<=" | ">" | ">=") sum)?``."""
    left = _sum(tokens)
    token = tokens.token
    if tokens.at("SYMBOL") and token.text in ORDER:
        tokens.next()
        right = _sum(tokens)
        return Binary(token.text, left, right, left.span.to(right.span))
    return left


def _sum(tokens: TokenCursor) -> Expression:
    """``sum := product (("+" | "-") product)*``."""
    return _chain(tokens, ("+", "-"))


def _chain(tokens: TokenCursor, symbols: tuple[str, ...]) -> Expression:
    """``product := text (("*" | "/" | "%") text)*``, and the same for sums above it."""

    def item() -> Expression:
        return _chain(tokens, ("*", "/", "%")) if "+" in symbols else _text(tokens)

    left = item()
    steps = 0
    while tokens.at_symbol(*symbols):
        steps += 1
        if steps > MAX_CHAIN:
            tokens.unsupported("a long calculation", f"more than {MAX_CHAIN} steps are not read")
        operator = tokens.next().text
        right = item()
        left = Binary(operator, left, right, left.span.to(right.span))
    return left


def _text(tokens: TokenCursor) -> Expression:
    """``text := operand (operator operand)?``."""
    left = _operand(tokens)
    token = tokens.token
    if token.kind in {"NAME", "CARET", "KEYWORD", "SYMBOL"} and token.text in TEXT:
        tokens.next()
        right = _operand(tokens)
        return Binary(token.text, left, right, left.span.to(right.span))
    return left


def _operand(tokens: TokenCursor) -> Expression:
    """``operand := ("+" | "-")? path``."""
    sign = tokens.take_symbol("+", "-")
    item = _path(tokens)
    return item if sign is None else Sign(sign.text, item, sign.span.to(item.span))


def _path(tokens: TokenCursor) -> Expression:
    """``path := primary ("." name | "."? "[" expression "]")*``."""
    base = _primary(tokens)
    steps = 0
    while tokens.at_symbol(".", "["):
        steps += 1
        if steps > MAX_CHAIN:
            tokens.unsupported("a long path", f"more than {MAX_CHAIN} steps are not read")
        dot = tokens.take_symbol(".")
        if tokens.at_symbol("["):
            tokens.next()
            index = expression(tokens)
            end = tokens.symbol("]")
            base = Element(base, index, base.span.to(end.span))
        elif dot is not None:
            base = _member(tokens, base)
    return base


def _member(tokens: TokenCursor, base: Expression) -> Expression:
    """``member := name | name "(" arguments ")"`` after a dot."""
    if tokens.at_constant():
        tokens.fail(f"expected a property, found {tokens.token}")
    name, span = tokens.name("a property")
    if tokens.at_symbol("(") and isinstance(base, Invocation) and base.name in _CLUSTER:
        inner = _invocation(tokens, name, span)
        return Path(base, "", base.span.to(inner.span)) if inner.name in _CLUSTER else inner
    return Path(base, name, base.span.to(span))


def _primary(tokens: TokenCursor) -> Expression:
    """``primary := literal | "(" pipeline ")" | name | name "(" arguments ")"``."""
    token = tokens.token
    if token.kind in {"STRING", "TYPED", "REAL", "TIMESPAN", "LONG"} or tokens.at_constant():
        return literal(tokens)
    if tokens.at_symbol("("):
        return _group(tokens)
    if tokens.at("NAME") and token.text == "dynamic":
        return _dynamic(tokens)
    if tokens.at("NAME") and token.text in {"toscalar", "totable", "materialize"}:
        return _subquery(tokens)
    if tokens.at("NAME") and token.text == "count" and tokens.peek().text == "(":
        tokens.next()
        return _invocation(tokens, "count", token.span)
    if not tokens.at_name():
        _no_value(tokens)
    name, span = tokens.name("a value")
    return _invocation(tokens, name, span) if tokens.at_symbol("(") else Name(name, span)


def _no_value(tokens: TokenCursor) -> NoReturn:
    token = tokens.token
    hint = ""
    if token.kind == "NAME":
        hint = f"write a column of this name as ['{token.text}']"
    elif token.text in _FOREIGN:
        hint = f"write {_FOREIGN[token.text]}"
    tokens.fail(f"expected a value, found {token}", hint)


def _group(tokens: TokenCursor) -> Expression:
    """``group := "(" pipeline ")"``."""
    with tokens:
        tokens.next()
        inner: Expression = tokens.pipeline()
        tokens.symbol(")")
        return inner


def _subquery(tokens: TokenCursor) -> Expression:
    """``subquery := ("toscalar" | "totable" | "materialize") "(" pipeline ")"``."""
    word = tokens.next()
    if not tokens.at_symbol("("):
        tokens.fail(f"expected '(' after {word.text!r}, found {tokens.token}")
    inner = _group(tokens)
    if word.text == "toscalar":
        return Scalar(word.span.to(tokens.previous.span))
    return inner if isinstance(inner, Pipeline) else Pipeline(inner, (), inner.span)


def _invocation(tokens: TokenCursor, name: str, span: Span) -> Invocation:
    """``invocation := name "(" (argument ("," argument)*)? ")"``."""
    with tokens:
        tokens.next()
        arguments: list[Expression] = []
        while not tokens.at_symbol(")"):
            if arguments:
                tokens.symbol(",")
            if tokens.at_name() and tokens.peek().text == "=":
                tokens.name("a parameter")
                tokens.next()
            star = tokens.take_symbol("*") if tokens.peek().text in {",", ")"} else None
            arguments.append(tokens.pipeline() if star is None else Star(star.span))
        end = tokens.next()
        return Invocation(name, tuple(arguments), span.to(end.span))


def literal(tokens: TokenCursor) -> Value:
    """``literal := STRING+ | TYPED | REAL | TIMESPAN | LONG | BOOLEAN``."""
    token = tokens.next()
    text, span = token.text, token.span
    if token.kind == "STRING":
        parts = [decode(text)]
        while tokens.at("STRING"):
            parts.append(decode(tokens.next().text))
        return Value("".join(parts), "string", span.to(tokens.previous.span), joined=len(parts) > 1)
    if token.kind == "LONG":
        return _number(tokens, text, span)
    if token.kind == "REAL":
        return Value(_literals.real(text), "real", span)
    if token.kind == "NAME":
        return Value(text.lower() == "true", "bool", span)
    return _typed(tokens, text, span)


def _number(tokens: TokenCursor, text: str, span: Span) -> Value:
    number = _literals.integer(text)
    if number is None or number not in _literals.INT64:
        reason = "how a number beyond 64 bits is read is not documented"
        tokens.unsupported(f"the number {text[:30]}", reason, span)
    return Value(number, "long", span)


def _typed(tokens: TokenCursor, text: str, span: Span) -> Value:
    name, bracket, rest = text.partition("(")
    kind = _literals.TYPES.get(name, name) if bracket else "timespan"
    if kind == "typeof":
        return Value(rest[:-1].strip(), "type", span)
    try:
        value = _literals.typed(kind, rest[:-1]) if bracket else _literals.timespan_of(text)
    except _literals.NotRead:
        reason = "this form is not evaluated, and the service may refuse it"
        tokens.unsupported(f"the literal {text[:40]}", reason, span)
    if value is None and not bracket:
        tokens.unsupported(f"the literal {text[:40]}", "it is shorter than a microsecond", span)
    return Value(value, kind, span)


def _dynamic(tokens: TokenCursor) -> Value:
    """``dynamic := "dynamic" "(" json ")"``."""
    start = tokens.next()
    tokens.symbol("(")
    value = _json(tokens)
    end = tokens.symbol(")")
    return Value(value, "dynamic", start.span.to(end.span))


def _json(tokens: TokenCursor) -> Any:
    """``json := "[" json,* "]" | "{" pair,* "}" | "-"? number | literal | "null" | dynamic``."""
    with tokens:
        if tokens.at_symbol("["):
            return _json_items(tokens, "]", lambda: _json(tokens))
        if tokens.at_symbol("{"):
            return dict(_json_items(tokens, "}", lambda: _json_pair(tokens)))
        if tokens.at("NAME") and tokens.token.text == "null":
            tokens.next()
            return None
        if tokens.at("NAME") and tokens.token.text == "dynamic":
            return _dynamic(tokens).value
        minus = tokens.take_symbol("-")
        numbers = ("LONG", "REAL")
        kinds = numbers if minus else (*numbers, "STRING", "TYPED", "TIMESPAN")
        if not tokens.at(*kinds) and not (tokens.at_constant() and not minus):
            tokens.fail(f"expected a JSON value, found {tokens.token}")
        found = literal(tokens)
        if found.type in {"int", "decimal"}:
            tokens.fail(f"dynamic() holds no {found.type}", span=found.span)
        if found.type in {"datetime", "timespan", "guid", "type"}:
            reason = "only what JSON has is evaluated inside dynamic()"
            tokens.unsupported(f"a {found.type} inside dynamic()", reason, found.span)
        return -found.value if minus else found.value


def _json_items(tokens: TokenCursor, closing: str, item: Any) -> list[Any]:
    tokens.next()
    items: list[Any] = []
    while not tokens.at_symbol(closing):
        if items:
            tokens.symbol(",")
        items.append(item())
    tokens.next()
    return items


def _json_pair(tokens: TokenCursor) -> tuple[str, Any]:
    """``pair := STRING ":" json``."""
    key = tokens.expect("STRING", "a property name in quotes")
    tokens.symbol(":")
    return decode(key.text), _json(tokens)


def at_end(tokens: TokenCursor) -> bool:
    """Return whether an operator or a statement ends here."""
    return tokens.at(END) or tokens.at_symbol("|", ";", ")", "}")
