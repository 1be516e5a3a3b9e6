"""Reading the JSON of a watch: expectations on values, with their errors."""

from __future__ import annotations

import re

from harness.errors import Diagnostic
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member
from harness.source import QuerySyntaxError, Source, Span, Unsupported


def invalid(source: Source, span: Span, message: str, hint: str = "") -> QuerySyntaxError:
    """Return the error for a watch that is rejected when it is stored."""
    return QuerySyntaxError(message, source, span, hint)


def unsupported(source: Source, span: Span, feature: str, reason: str) -> Unsupported:
    """Return the error for what the harness cannot evaluate."""
    return Unsupported(feature, source, span, reason)


def warning(source: Source, span: Span, code: str, message: str, hint: str = "") -> Diagnostic:
    """Return a warning at a place."""
    return Diagnostic(
        code=code,
        message=message,
        place=source.place(span),
        hint=hint,
        excerpt=source.excerpt(span),
        severity="warning",
    )


def object_of(node: Json, source: Source, what: str) -> JsonObject:
    """Return an object, or fail saying what must be one."""
    if not isinstance(node, JsonObject):
        raise invalid(source, node.span, f"{what} is an object, not {node.kind}")
    return node


def text_of(node: Json, source: Source, what: str) -> str:
    """Return a string, or fail saying what must be one."""
    if not isinstance(node, JsonScalar) or not isinstance(node.value, str):
        raise invalid(source, node.span, f"{what} is a string, not {node.kind}")
    return node.value


def boolean_of(node: Json, source: Source, what: str) -> bool:
    """Return a boolean, also one written as a string, as Elasticsearch takes it."""
    value = node.value if isinstance(node, JsonScalar) else None
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise invalid(source, node.span, f"{what} is true or false")


def items_of(node: Json) -> tuple[Json, ...]:
    """Return the items of an array, or the one value that stands in its place."""
    return node.items if isinstance(node, JsonArray) else (node,)


def known_keys(body: JsonObject, allowed: tuple[str, ...], source: Source, what: str) -> None:
    """Fail at the first key that is not allowed."""
    for member in body:
        if member.key not in allowed:
            raise unknown_key(member, allowed, source, what)


def unknown_key(
    member: Member, allowed: tuple[str, ...], source: Source, what: str
) -> QuerySyntaxError:
    """Return the error for a key that does not exist."""
    message = f"{what} has no {member.key!r}"
    return invalid(source, member.key_span, message, f"known: {', '.join(allowed)}")


_DURATION = re.compile(r"\s*(\d{1,15}) *(nanos|micros|ms|[sS]|m|[hH]|[dD])\s*", re.ASCII)
_SECONDS = {"nanos": 1e-9, "micros": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}


def duration_of(node: Json, source: Source, what: str) -> float:
    """Return the seconds of a time value such as ``"5m"``."""
    text = text_of(node, source, what)
    if text in ("-1", "0"):
        return float(text)
    match = _DURATION.fullmatch(text)
    if match is None:
        hint = "write a number with a unit, such as 30s, 5m or 1h"
        raise invalid(source, node.span, f"{text!r} is no time value", hint)
    return float(match.group(1)) * _SECONDS[match.group(2).lower()]
