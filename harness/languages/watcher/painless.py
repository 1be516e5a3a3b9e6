"""A small, safe part of Painless: expressions over the payload, ``if``, ``def`` and ``return``.

Everything else is ``Unsupported``. The language:
https://www.elastic.co/guide/en/elasticsearch/painless/7.17/painless-lang-spec.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from harness.jsonsource import Json, JsonObject, JsonScalar, StringPlaces
from harness.languages._lexing import END, Cursor, Lexer, Token
from harness.languages.watcher import _read
from harness.languages.watcher.painless_nodes import (
    METHODS,
    Binary,
    Block,
    Call,
    Choose,
    Constant,
    Declare,
    Either,
    Expression,
    If,
    Index,
    Member,
    Name,
    Return,
    Statement,
    Unary,
    run,
)
from harness.languages.watcher.values import ExecutionFailed
from harness.source import QuerySyntaxError, Source, Span, Unsupported

_LEXER = Lexer(
    {
        "_blank": r"\s+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/",
        "NUMBER": r"(?:\d+\.\d+|\d+)(?:[eE][+-]?\d+)?[lLfFdD]?",
        "STRING": r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"",
        "NAME": r"[A-Za-z_]\w*",
        "OTHER": r"->|::|=~|==~|\+\+|--|<<|>>>?|[-+*/%&|^]=",
        "OP": r"===|!==|==|!=|<=|>=|&&|\|\||\?\.|\?:|[-+*/%<>!?:.,;()\[\]{}=&|^~]",
        "ODD": r".",
    },
    re.DOTALL,
)
_TYPES = frozenset(
    [
        "def",
        "boolean",
        "int",
        "long",
        "float",
        "double",
        "String",
        "Map",
        "List",
        "Object",
        "Integer",
        "Long",
        "Double",
        "Boolean",
    ]
)
_LOOPS = frozenset(
    ["for", "while", "do", "try", "throw", "new", "break", "continue", "catch", "function"]
)
_ROOTS = frozenset(("ctx", "params"))
_STATICS = frozenset(("Math", "Integer", "Long", "Double", "String", "Boolean"))
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!=", "===", "!=="),
    ("<", ">", "<=", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_METHOD_NAMES = frozenset(name.partition(".")[2] for name in METHODS)
_FEATURE = "this part of Painless"
_REASON = "only expressions over the payload, if, def and return are evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script condition: statements that return a boolean."""

    body: tuple[Statement, ...]
    params: dict[str, Any]
    paths: tuple[str, ...]
    text: str
    span: Span

    def met(self, model: Any) -> bool:
        """Return what the script returns; raise ``ExecutionFailed`` for anything not boolean."""
        result = run(self.body, {**model, "params": self.params})
        if not isinstance(result, bool):
            message = "the script does not return a boolean"
            raise ExecutionFailed(message)
        return result

    def compared(self) -> tuple[str, ...]:
        """Return the payload paths that the script reads."""
        return self.paths

    def describe(self) -> str:
        """Return the script in one line."""
        return " ".join(self.text.split())


def read_script(node: Json, source: Source, *, boolean: bool) -> Script:
    """Script = text | '{' ( 'source' | 'inline' ) ':' text [ 'params' ] [ 'lang' ] '}'."""
    params: dict[str, Any] = {}
    if isinstance(node, JsonObject):
        text, params = _script_object(node, source)
    elif isinstance(node, JsonScalar) and isinstance(node.value, str):
        text = node
    else:
        raise _read.invalid(source, node.span, f"a script is text or an object, not {node.kind}")
    code = str(text.value)
    places = StringPlaces(source, text)
    try:
        body, paths = _Parser(Source(code), boolean=boolean).script()
    except QuerySyntaxError as error:
        raise QuerySyntaxError(error.message, source, places(error.span), error.hint) from None
    except Unsupported as error:
        raise Unsupported(error.message, source, places(error.span), error.hint) from None
    return Script(body=body, params=params, paths=paths, text=code, span=node.span)


def _script_object(node: JsonObject, source: Source) -> tuple[JsonScalar, dict[str, Any]]:
    text: Json | None = None
    params: dict[str, Any] = {}
    for member in node:
        match member.key:
            case "source" | "inline":
                text = member.value
            case "params":
                params = _read.object_of(member.value, source, "'params'").plain()
            case "lang":
                if _read.text_of(member.value, source, "'lang'") != "painless":
                    reason = "only Painless scripts are evaluated"
                    raise _read.unsupported(source, member.value.span, "this language", reason)
            case "id":
                reason = "its text is stored in the cluster"
                raise _read.unsupported(source, member.key_span, "a stored script", reason)
            case "options":
                _read.object_of(member.value, source, "'options'")
            case _:
                known = ("source", "inline", "params", "lang", "id", "options")
                raise _read.unknown_key(member, known, source, "a script")
    if text is None:
        raise _read.invalid(source, node.span, "the script has no 'source'")
    if not isinstance(text, JsonScalar) or not isinstance(text.value, str):
        raise _read.invalid(source, text.span, f"'source' is a string, not {text.kind}")
    return text, params


class _Parser:
    """Recursive descent over the tokens of one script."""

    def __init__(self, source: Source, *, boolean: bool) -> None:
        self.cursor = Cursor(source, _LEXER.tokens(source))
        self.boolean = boolean
        self.names = set(_ROOTS)
        self.paths: dict[str, None] = {}

    def script(self) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
        """Script = statement { statement }."""
        body: list[Statement] = []
        while not self.cursor.at(END):
            body.append(self.statement())
        if not body:
            self.cursor.fail("the script is empty")
        return tuple(body), tuple(self.paths)

    def statement(self) -> Statement:
        """Statement = 'return' expression | if | declaration | expression, each with ';'."""
        cursor = self.cursor
        with cursor:
            token = cursor.token
            if token.text in _LOOPS and token.kind == "NAME":
                cursor.unsupported(_FEATURE, _REASON)
            if token.text == "if" and token.kind == "NAME":
                return self.condition()
            if token.text == "return" and token.kind == "NAME":
                cursor.next()
                value = self.expression()
                self.check_boolean(value, token)
                self.end()
                return Return(value)
            if token.text in _TYPES and cursor.peek().kind == "NAME":
                return self.declaration()
            if token.kind == "NAME" and cursor.peek().text == "=":
                return self.assignment(cursor.next())
            value = self.expression()
            self.end()
            last = cursor.at(END)
            if last:
                self.check_boolean(value, token)
            return Return(value) if last else Declare("", value)

    def check_boolean(self, value: Expression, token: Token) -> None:
        if self.boolean and isinstance(value, Constant) and not isinstance(value.value, bool):
            self.cursor.fail("a condition script returns a boolean", span=token.span)

    def end(self) -> None:
        """End = ';' | the end of the script | the end of a block."""
        if self.cursor.at_text(";"):
            self.cursor.next()
        elif not self.cursor.at(END) and not self.cursor.at_text("}"):
            if self.cursor.at("OTHER"):
                self.cursor.unsupported(_FEATURE, _REASON)
            self.cursor.fail(f"expected ';', found {self.cursor.token}")

    def condition(self) -> Statement:
        """If = 'if' '(' expression ')' block [ 'else' block ]."""
        self.cursor.next()
        self.take("(")
        test = self.expression()
        self.take(")")
        then = self.block()
        otherwise: tuple[Statement, ...] = ()
        if self.cursor.at_text("else"):
            self.cursor.next()
            otherwise = self.block()
        return If(test, Block(then), Block(otherwise))

    def block(self) -> tuple[Statement, ...]:
        """Block = '{' { statement } '}' | statement."""
        if not self.cursor.at_text("{"):
            return (self.statement(),)
        self.cursor.next()
        body: list[Statement] = []
        while not self.cursor.at_text("}"):
            if self.cursor.at(END):
                self.cursor.fail("'}' is missing")
            body.append(self.statement())
        self.cursor.next()
        return tuple(body)

    def declaration(self) -> Statement:
        """Declaration = type name '=' expression ';'."""
        self.cursor.next()
        name = self.cursor.next()
        if not self.cursor.at_text("="):
            self.cursor.unsupported("a variable without a value", _REASON)
        self.names.add(name.text)
        return self.assignment(name)

    def assignment(self, name: Token) -> Statement:
        """Assignment = name '=' expression ';'."""
        if name.text not in self.names:
            self.cursor.fail(f"the variable {name.text!r} is not defined", span=name.span)
        self.take("=")
        value = self.expression()
        self.end()
        return Declare(name.text, value)

    def take(self, text: str) -> None:
        if not self.cursor.at_text(text):
            if self.cursor.at("OTHER"):
                self.cursor.unsupported(_FEATURE, _REASON)
            self.cursor.fail(f"expected {text!r}, found {self.cursor.token}")
        self.cursor.next()

    def expression(self) -> Expression:
        """Expression = binary [ '?' expression ':' expression | '?:' expression ]."""
        with self.cursor:
            value = self.binary(0)
            if self.cursor.at_text("?:"):
                self.cursor.next()
                return Either(value, self.expression())
            if self.cursor.at_text("?"):
                self.cursor.next()
                then = self.expression()
                self.take(":")
                return Choose(value, then, self.expression())
            return value

    def binary(self, level: int) -> Expression:
        """Binary = operand { operator operand }, by level of precedence."""
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.cursor.at("OP") and self.cursor.at_text(*_LEVELS[level]):
            operator = self.cursor.next().text
            left = Binary(operator, left, self.binary(level + 1))
        if self.cursor.at_text("instanceof", "&", "|", "^"):
            self.cursor.unsupported(_FEATURE, _REASON)
        return left

    def unary(self) -> Expression:
        """Unary = { '!' | '-' | '+' } postfix."""
        with self.cursor:
            if self.cursor.at_text("!", "-", "+") and self.cursor.at("OP"):
                operator = self.cursor.next().text
                return Unary(operator, self.unary())
            return self.postfix()

    def postfix(self) -> Expression:
        """Postfix = primary { ('.' | '?.') name [ arguments ] | '[' expression ']' }."""
        start = self.cursor.token
        value, path = self.primary()
        while True:
            if self.cursor.at_text(".", "?."):
                safe = self.cursor.next().text == "?."
                name = self.cursor.expect(("NAME", "NUMBER"), "a name")
                if self.cursor.at_text("("):
                    self.check_method(name)
                    value, path = Call(value, name.text, self.arguments(), safe), None
                else:
                    value = Member(value, name.text, safe)
                    path = f"{path}.{name.text}" if path else None
            elif self.cursor.at_text("["):
                self.cursor.next()
                index = self.expression()
                self.take("]")
                value = Index(value, index)
                known = path and isinstance(index, Constant)
                path = f"{path}.{index.value}" if known and isinstance(index, Constant) else None
            else:
                break
            if path:
                self.note(path, start)
        return value

    def check_method(self, name: Token) -> None:
        if name.text not in _METHOD_NAMES:
            feature = f"the method {name.text!r}"
            self.cursor.unsupported(feature, "only a few methods are evaluated", name.span)

    def note(self, path: str, start: Token) -> None:
        """Remember the longest form of each payload path."""
        if start.text == "ctx":
            self.paths = {known: None for known in self.paths if not path.startswith(f"{known}.")}
            self.paths[path] = None

    def arguments(self) -> tuple[Expression, ...]:
        """Arguments = '(' [ expression { ',' expression } ] ')'."""
        self.take("(")
        found: list[Expression] = []
        while not self.cursor.at_text(")"):
            if found:
                self.take(",")
            found.append(self.argument())
        self.cursor.next()
        return tuple(found)

    def argument(self) -> Expression:
        if self.cursor.peek().text == "->" or self.cursor.at("OTHER"):
            self.cursor.unsupported("a lambda", _REASON)
        return self.expression()

    def primary(self) -> tuple[Expression, str | None]:
        """Primary = number | string | 'true' | 'false' | 'null' | name | '(' expression ')'."""
        token = self.cursor.token
        if token.kind == "NUMBER":
            self.cursor.next()
            return Constant(_number(token.text)), None
        if token.kind == "STRING":
            self.cursor.next()
            return Constant(_string(token.text)), None
        if token.text == "(":
            self.cursor.next()
            value = self.expression()
            self.take(")")
            return value, None
        if token.kind in ("OTHER", "ODD") or token.text in ("[", "{"):
            self.cursor.unsupported(_FEATURE, _REASON)
        if token.kind != "NAME":
            self.cursor.fail(f"expected a value, found {token}")
        return self.name(self.cursor.next())

    def name(self, token: Token) -> tuple[Expression, str | None]:
        words: dict[str, Any] = {"true": True, "false": False, "null": None}
        if token.text in words:
            return Constant(words[token.text]), None
        if token.text in self.names or token.text in _STATICS:
            return Name(token.text), token.text
        self.undefined(token)
        return None

    def undefined(self, token: Token) -> NoReturn:
        if token.text in _LOOPS or token.text[0].isupper():
            self.cursor.unsupported(_FEATURE, _REASON, token.span)
        hint = "read the payload as ctx.payload and parameters as params"
        self.cursor.fail(f"the variable {token.text!r} is not defined", hint, token.span)


def _number(text: str) -> int | float:
    bare = text.rstrip("lLfFdD")
    if bare.isdigit() and text[-1] not in "fFdD":
        return int(bare[:400])
    return float(bare)


_UNESCAPE = re.compile(r"\\(.)", re.DOTALL)


def _string(text: str) -> str:
    """Return a string literal's value: a backslash escapes itself and the quote."""
    return _UNESCAPE.sub(r"\1", text[1:-1])
