"""Mustache templates as Watcher uses them: reading, rendering, and the variables they name.

Rendering follows mustache.java with Elasticsearch's handler (maps by key, lists by index);
https://www.elastic.co/guide/en/elasticsearch/reference/7.17/how-watcher-works.html#templates
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import HarnessError
from harness.languages.watcher.values import Unknowable, UnorderedList, Unpredictable, java_text
from harness.source import Span

MAX_DEPTH = 50
MAX_STEPS = 20_000
"""Pieces that one rendering writes."""


class TemplateError(HarnessError):
    """The template cannot be rendered; ``known`` is False where only the harness cannot."""

    def __init__(self, message: str, span: Span, *, known: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.known = known


@dataclass(frozen=True, slots=True)
class Variable:
    """``{{name}}``: the text of a value."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """``{{#name}}...{{/name}}``, or ``{{^name}}...{{/name}}`` for its opposite."""

    name: str
    inverted: bool
    items: tuple[Piece, ...]
    span: Span


Piece = str | Variable | Section

_TAG = re.compile(r"\{\{(?:\{([^{}]*)\}|([#/^&!>=]?)((?:(?!\}\}).)*))\}\}", re.DOTALL)
_FUNCTIONS = ("toJson", "join", "url")


def read_template(text: str) -> tuple[Piece, ...]:
    """Template = { text | variable | section | comment }; raise :class:`TemplateError`."""
    stack: list[tuple[str, bool, int, list[Piece]]] = []
    items: list[Piece] = []
    at = 0
    while (start := text.find("{{", at)) != -1:
        match = _TAG.match(text, start)
        if match is None:
            message = "a template tag is not closed"
            raise TemplateError(message, Span(start, start + 2))
        if start > at:
            items.append(text[at:start])
        at = match.end()
        span = Span(start, at)
        kind = match.group(2) or ""
        name = (match.group(1) if match.group(1) is not None else match.group(3)).strip()
        match kind:
            case "" | "&":
                items.append(Variable(name, span))
            case "#" | "^":
                _check_section(name, len(stack), span)
                stack.append((name, kind == "^", start, items))
                items = []
            case "/":
                if not stack or stack[-1][0] != name:
                    message = f"the section {name!r} is closed but not open"
                    raise TemplateError(message, span)
                opened, inverted, begin, outer = stack.pop()
                outer.append(Section(opened, inverted, tuple(items), Span(begin, at)))
                items = outer
            case ">" | "=":
                message = "partials and other delimiters are not rendered"
                raise TemplateError(message, span, known=False)
            case _:
                pass  # a comment
    if stack:
        message = f"the section {stack[-1][0]!r} is not closed"
        raise TemplateError(message, Span(stack[-1][2], stack[-1][2] + 2))
    if at < len(text):
        items.append(text[at:])
    return tuple(items)


def _check_section(name: str, depth: int, span: Span) -> None:
    function = name.partition(" ")[0]
    if function in _FUNCTIONS:
        message = f"the template function {function!r} is not rendered"
        raise TemplateError(message, span, known=False)
    if depth >= MAX_DEPTH:
        message = f"sections are nested deeper than {MAX_DEPTH} levels"
        raise TemplateError(message, span)


def render(template: tuple[Piece, ...], model: Mapping[str, Any]) -> str:
    """Return the text of a template; a name that leads nowhere renders as nothing."""
    parts: list[str] = []
    for part in _write(template, [model]):
        parts.append(part)
        if len(parts) > MAX_STEPS:
            message = f"the template writes more than {MAX_STEPS} pieces"
            raise TemplateError(message, Span(0, 0), known=False)
    return "".join(parts)


def _write(items: tuple[Piece, ...], scopes: list[Any]) -> Iterator[str]:
    for item in items:
        match item:
            case str():
                yield item
            case Variable(name):
                value = lookup(name, scopes)
                yield "" if value is None else java_text(value)
            case Section(name, inverted, inner):
                rounds = _rounds(lookup(name, scopes))
                if inverted and not rounds:
                    yield from _write(inner, scopes)
                elif not inverted:
                    for scope in rounds:
                        yield ""
                        yield from _write(inner, [*scopes, scope])


def _rounds(value: Any) -> list[Any]:
    """Return the scopes that a section runs through: none for what counts as false."""
    if isinstance(value, Unknowable):
        raise Unpredictable(value.why)
    if value is None or value is False or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]


def lookup(name: str, scopes: list[Any]) -> Any:
    """Return the value of a dotted name: its first part in the innermost scope that has it."""
    if name == ".":
        return scopes[-1]
    first, _, rest = name.partition(".")
    for scope in reversed(scopes):
        if isinstance(scope, Mapping) and first in scope:
            return _descend(scope[first], rest)
    return None


_INDEX = re.compile(r"[0-9]{1,9}")


def _descend(value: Any, path: str) -> Any:
    for part in path.split(".") if path else ():
        if isinstance(value, Unknowable):
            raise Unpredictable(value.why)
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and _INDEX.fullmatch(part):
            if isinstance(value, UnorderedList) and len(value) > 1:
                message = "the order of the hits depends on their scores"
                raise Unpredictable(message)
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, list) and part == "size":
            value = len(value)
        else:
            return None
    return value


@dataclass(frozen=True, slots=True)
class ListOf:
    """The shape of a list: every element has this shape."""

    item: Shape


class Anything:
    """The shape of a value that nothing is known about."""


ANYTHING = Anything()
Shape = Mapping[str, Any] | ListOf | Anything | None
"""What is known of a value before it exists: keys, list, anything, or a plain value (None)."""


def unknown_names(items: tuple[Piece, ...], scopes: list[Shape]) -> Iterator[tuple[str, Span]]:
    """Yield the names in a template that can have no value."""
    for item in items:
        if isinstance(item, str):
            continue
        found = _shape_of(item.name, scopes)
        if found is _NOWHERE:
            yield item.name, item.span
        elif isinstance(item, Section):
            inner = found.item if isinstance(found, ListOf) else found
            scope: Shape = None if inner is _NOWHERE else inner
            yield from unknown_names(item.items, [*scopes, scope])


_NOWHERE: Any = object()


def _shape_of(name: str, scopes: list[Shape]) -> Any:
    if name == ".":
        return scopes[-1]
    first, _, rest = name.partition(".")
    for scope in reversed(scopes):
        if isinstance(scope, Anything):
            return ANYTHING
        if isinstance(scope, Mapping) and first in scope:
            return _descend_shape(scope[first], rest)
    return _NOWHERE


def _descend_shape(shape: Shape, path: str) -> Any:
    for part in path.split(".") if path else ():
        if isinstance(shape, Anything):
            return ANYTHING
        if isinstance(shape, Mapping) and part in shape:
            shape = shape[part]
        elif isinstance(shape, ListOf) and part.isdigit():
            shape = shape.item
        elif isinstance(shape, ListOf) and part == "size":
            shape = None
        else:
            return _NOWHERE
    return shape
