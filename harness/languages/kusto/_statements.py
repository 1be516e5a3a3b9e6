"""Reading the statements of a query: ``let``, ``set``, and the pipelines between them.

https://learn.microsoft.com/en-us/kusto/query/statements
"""

from __future__ import annotations

from harness.languages.kusto._expressions import expression
from harness.languages.kusto._reader import pipeline, type_name
from harness.languages.kusto._syntax import Body, Expression, Let, Parameter, Script, Value
from harness.languages.kusto._tokens import END, TokenCursor, cursor
from harness.source import Source, Span


def script(source: Source) -> Script:
    """``script := (statement ";")* statement ";"? END``."""
    tokens = cursor(source, pipeline)
    lets: list[Let] = []
    results: list[Expression] = []
    while not tokens.at(END):
        if tokens.at_word("let") and _declares(tokens):
            lets.append(_let(tokens))
        elif tokens.at_word("set", "declare", "alias", "restrict") and _is_setting(tokens):
            _setting(tokens)
        else:
            results.append(pipeline(tokens))
        if not tokens.at(END):
            _separator(tokens)
    if not results:
        tokens.fail("the query returns nothing", "end it with a table, or with operators on one")
    if len(results) > 1:
        reason = "each of them has a result of its own"
        tokens.unsupported("several queries in one", reason, results[1].span)
    return Script(tuple(lets), results[0], Span(0, len(source.text)))


def _separator(tokens: TokenCursor) -> None:
    token = tokens.token
    if tokens.take_symbol(";"):
        return
    if token.text in {"&", "AND", "OR", "NOT"} or (token.kind == "NAME" and token.text.isupper()):
        tokens.fail(f"unexpected {token}", "keywords and operators are written in lower case")
    tokens.fail(f"expected an operator, '|' or the end, found {token}")


def _declares(tokens: TokenCursor) -> bool:
    return tokens.peek().kind == "NAME" or tokens.peek().text == "["


def _is_setting(tokens: TokenCursor) -> bool:
    return tokens.peek().kind == "NAME"


def _setting(tokens: TokenCursor) -> None:
    """``setting := "set" name ("=" value)?``."""
    word = tokens.next()
    if word.text != "set":
        reason = "it changes what names mean"
        tokens.unsupported(f"the statement {word.text}", reason, word.span)
    tokens.name("the name of an option")
    if tokens.take_symbol("="):
        tokens.next()


def _let(tokens: TokenCursor) -> Let:
    """``let := "let" name "=" (function | pipeline)``."""
    start = tokens.next()
    if not tokens.at_new_name():
        tokens.fail(f"expected the name of a variable, found {tokens.token}")
    name, _ = tokens.name("the name of a variable")
    tokens.symbol("=")
    view = tokens.take_word("view") if tokens.peek().text == "(" else None
    own = view is not None or _begins_function(tokens)
    value = _function(tokens) if own else pipeline(tokens)
    return Let(name, value, start.span.to(tokens.previous.span))


def _begins_function(tokens: TokenCursor) -> bool:
    if not tokens.at_symbol("("):
        return False
    if tokens.peek().text == ")":
        return tokens.peek(2).text == "{"
    return tokens.peek().kind == "NAME" and tokens.peek(2).text == ":"


def _function(tokens: TokenCursor) -> Body:
    """``function := "(" parameter,* ")" "{" (let ";")* pipeline ";"? "}"``."""
    start = tokens.symbol("(")
    parameters: list[Parameter] = []
    while not tokens.at_symbol(")"):
        if parameters:
            tokens.symbol(",")
        parameters.append(_parameter(tokens))
    tokens.next()
    tokens.symbol("{")
    with tokens:
        lets: list[Let] = []
        while tokens.at_word("let") and _declares(tokens):
            lets.append(_let(tokens))
            tokens.symbol(";")
        result: Expression = pipeline(tokens)
        tokens.take_symbol(";")
        end = tokens.symbol("}")
    return Body(tuple(parameters), tuple(lets), result, start.span.to(end.span))


def _parameter(tokens: TokenCursor) -> Parameter:
    """``parameter := name ":" (type ("=" literal)? | "(" ("*" | name ":" type,*) ")")``."""
    name, span = tokens.name("the name of a parameter")
    tokens.symbol(":")
    if tokens.at_symbol("("):
        while not tokens.at_symbol(")") and not tokens.at(END):
            tokens.next()
        tokens.symbol(")")
        return Parameter(name, "table", None, span)
    kind = type_name(tokens)
    default = _default(tokens) if tokens.take_symbol("=") else None
    return Parameter(name, kind, default, span)


def _default(tokens: TokenCursor) -> Value:
    found = expression(tokens)
    if not isinstance(found, Value):
        tokens.fail("expected a literal as default", span=found.span)
    return found
