"""The arguments of functions: each is read as the function says what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.languages.logscale._expressions import Compared, Expressions, only
from harness.languages.logscale._scanner import IDENTIFIER, NAME, STRING, Scanner, Text
from harness.source import Span

_NAMED = re.compile(rf"(?:{IDENTIFIER.pattern})(?=\s*=[^=~])")
MAX_ITEMS = 10_000
"""Values of one list."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes: kinds of its parameters by name, and the one without a name."""

    unnamed: str
    kinds: Mapping[str, str]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values of a call, by parameter."""

    name: str
    span: Span
    values: Mapping[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a parameter."""
        return self.values.get(name, default)


@dataclass(frozen=True, slots=True)
class ArgumentReader:
    """Reads what stands between the parentheses of a call."""

    scanner: Scanner
    expressions: Expressions

    def read(self, called: re.Match[str], signature: Signature) -> Arguments:
        """``arguments := "(" ((NAME "=")? value ("," (NAME "=")? value)*)? ")"``."""
        scanner = self.scanner
        name, span = called.group(), Span(*called.span())
        scanner.at = called.end()
        scanner.blank()
        scanner.take("(")
        values: dict[str, Any] = {}
        with scanner:
            while not scanner.sees(")") and not scanner.ended:
                if values:
                    scanner.expect(",", "expected a comma or )", "separate arguments by commas")
                self._one(name, signature, values)
        scanner.expect(")", "this call is not closed", "add )", span)
        for wanted in signature.required:
            if wanted not in values:
                scanner.fail(f"{name}() needs {wanted}", f"add {wanted}=...", span)
        return Arguments(name, span.to(scanner.since(span.start)), values)

    def _one(self, name: str, signature: Signature, values: dict[str, Any]) -> None:
        scanner = self.scanner
        named = scanner.looking(_NAMED)
        key = named.group() if named else signature.unnamed
        if named:
            scanner.read(_NAMED)
            scanner.take("=")
        elif not key:
            scanner.fail(f"{name}() takes named arguments only", "write name=value")
        kind = signature.kinds.get(key)
        if kind is None:
            reason = "the parameter is not evaluated"
            span = Span(*named.span()) if named else None
            scanner.unsupported(f"{name}({key}=...)", reason, span)
        if key in values:
            message = f"{name}() has {key} twice"
            scanner.fail(message, "give each argument once; only one goes without its name")
        values[key] = _KINDS[kind](self)

    def field(self) -> Text:
        """``field := STRING | NAME``."""
        scanner = self.scanner
        if scanner.looking(STRING):
            found = scanner.string()
            only(found, scanner)
        else:
            name = scanner.read(NAME)
            if name is None:
                scanner.stray("a field")
            found = Text((name.group(),), Span(*name.span()))
        if found.text == "*":
            scanner.unsupported("a field named *", "the name is not read", found.span)
        return found

    def text(self) -> Text:
        """``text := STRING | WORD``."""
        return self.scanner.string() if self.scanner.sees('"') else self.scanner.word("a value")

    def flag(self) -> bool:
        """``flag := "true" | "false"``."""
        found = self.text()
        if found.text not in ("true", "false"):
            self.scanner.fail("expected true or false", "", found.span)
        return found.text == "true"

    def fields(self) -> list[Text]:
        """``fields := field | "[" field ("," field)* "]"``."""
        return self._list(self.field)

    def texts(self) -> list[Text]:
        """``texts := text | "[" text ("," text)* "]"``."""
        return self._list(self.text)

    def values(self) -> list[Any]:
        """``values := "[" expression ("," expression)* "]"``."""
        return self._list(self.expressions.expression)

    def expression(self) -> Any:
        """One expression."""
        return self.expressions.expression()

    def condition(self) -> Compared | Any:
        """One expression; a comparison is kept apart."""
        return self.expressions.compared()

    def _list(self, item: Callable[[], Any]) -> list[Any]:
        scanner = self.scanner
        opening = scanner.here
        if not scanner.take("["):
            return [item()]
        found: list[Any] = []
        while not scanner.sees("]") and not scanner.ended:
            if found:
                scanner.expect(",", "expected a comma or ]", "separate values by commas")
            found.append(item())
            if len(found) > MAX_ITEMS:
                reason = f"more than {MAX_ITEMS} values are not read"
                scanner.unsupported("a very long list", reason, opening)
        scanner.expect("]", "this list is not closed", "add ]", opening)
        if not found:
            scanner.fail("the list is empty", "put a value in it", opening)
        return found

    def skip(self, called: re.Match[str]) -> Span:
        """Pass the arguments of a call unread."""
        scanner = self.scanner
        start = called.start()
        scanner.at = called.end()
        scanner.blank()
        scanner.take("(")
        depth = 1
        while depth:
            if scanner.ended:
                scanner.fail("this call is not closed", "add )", Span(*called.span()))
            if scanner.sees('"'):
                scanner.string()
                continue
            char = scanner.text[scanner.at]
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(char, 0)
            scanner.at += 1
            scanner.blank()
        return scanner.since(start)


_KINDS: Mapping[str, Callable[[ArgumentReader], Any]] = {
    "field": ArgumentReader.field,
    "text": ArgumentReader.text,
    "flag": ArgumentReader.flag,
    "fields": ArgumentReader.fields,
    "texts": ArgumentReader.texts,
    "values": ArgumentReader.values,
    "expression": ArgumentReader.expression,
    "condition": ArgumentReader.condition,
}
