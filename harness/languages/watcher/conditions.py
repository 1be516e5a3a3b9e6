"""Conditions of a watch and of its actions: ``always``, ``never``, ``compare``, ``array_compare``.

``script`` conditions are read by :mod:`.painless`. What is accepted, and what is silently
overwritten, follows ``CompareCondition.java`` and ``ArrayCompareCondition.java`` in
``x-pack/plugin/watcher`` of https://github.com/elastic/elasticsearch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.ir import Context, Operator, Truth
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member
from harness.languages.watcher import _read
from harness.languages.watcher.datemath import DateMath, read_date_math
from harness.languages.watcher.painless import Script, read_script
from harness.languages.watcher.values import ExecutionFailed, compare, select
from harness.source import Source, Span

Model = Mapping[str, Any]
"""What a condition sees: ``{"ctx": {"payload": ..., ...}}``."""


class Condition(Protocol):
    """A test of the payload."""

    @property
    def span(self) -> Span:
        """Where the condition stands."""
        ...

    def met(self, model: Model) -> bool:
        """Return whether it holds; raise ``ExecutionFailed`` or ``Unpredictable`` otherwise."""
        ...

    def compared(self) -> tuple[str, ...]:
        """Return the payload paths that it looks at."""
        ...

    def describe(self) -> str:
        """Return the condition in a few words."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """``always`` or ``never``."""

    value: bool
    span: Span

    def met(self, model: Model) -> bool:  # noqa: ARG002 - a Condition is given the payload
        return self.value

    def compared(self) -> tuple[str, ...]:
        return ()

    def describe(self) -> str:
        return "always" if self.value else "never"


_HOLDS: dict[str, Callable[[int], bool]] = {
    "eq": lambda order: order == 0,
    "not_eq": lambda order: order != 0,
    "lt": lambda order: order < 0,
    "lte": lambda order: order <= 0,
    "gt": lambda order: order > 0,
    "gte": lambda order: order >= 0,
}
"""What each comparison says about an order."""
OPERATORS: dict[str, Operator] = {
    "eq": Operator(summary="Equal as the configured value's type decides; null equals null."),
    "not_eq": Operator(
        summary="Not equal; compare also takes it for null and for what has no order.",
        missing=Truth.TRUE,
    ),
    "lt": Operator(summary="Less: numbers as numbers, text in text order."),
    "lte": Operator(summary="At most."),
    "gt": Operator(summary="Greater."),
    "gte": Operator(summary="At least."),
}
"""The comparisons; ``missing`` is what ``compare`` gives where the two have no order."""
_STRUCTURED = ("eq", "not_eq")
"""The operators that take a list or an object."""


@dataclass(frozen=True, slots=True)
class PathValue:
    """A configured value ``{{path}}``: another value of the model."""

    path: str


Configured = DateMath | PathValue | str | int | float | bool | None | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """One value of the payload against a configured one."""

    path: str
    operator: str
    value: Configured
    span: Span

    def met(self, model: Model) -> bool:
        configured = resolve(self.value, model)
        order = compare(select(self.path, model), configured)
        if order is None:
            return OPERATORS[self.operator].missing is Truth.TRUE
        return _HOLDS[self.operator](order)

    def compared(self) -> tuple[str, ...]:
        return (self.path,)

    def describe(self) -> str:
        return f"{self.path} {self.operator} {self.value!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayCompare:
    """The elements of a list in the payload against a configured value."""

    array: str
    path: str
    operator: str
    value: Configured
    every: bool
    span: Span

    def met(self, model: Model) -> bool:
        configured = resolve(self.value, model)
        found = select(self.array, model)
        if found is not None and not isinstance(found, list):
            message = f"{self.array} is no list"
            raise ExecutionFailed(message)
        elements = [select(self.path, item) for item in found or ()]
        return (all if self.every else any)(self._holds(item, configured) for item in elements)

    def _holds(self, item: Any, configured: Any) -> bool:
        order = compare(item, configured)
        return order is not None and _HOLDS[self.operator](order)

    def compared(self) -> tuple[str, ...]:
        return (self.array,)

    def describe(self) -> str:
        which = "every" if self.every else "some"
        return f"{which} {self.path or 'element'} of {self.array} {self.operator} {self.value!r}"


def resolve(value: Configured, model: Model) -> Any:
    """Return a configured value with its date math or path worked out."""
    if isinstance(value, DateMath):
        return value.moment
    return select(value.path, model) if isinstance(value, PathValue) else value


def read_condition(node: Json, source: Source, context: Context) -> Condition | Script:
    """Condition = '{' type ':' body '}'; of several types the last one counts."""
    body = _read.object_of(node, source, "a condition")
    found: Condition | Script | None = None
    for member in body:
        found = _typed(member, source, context)
    if found is None:
        raise _read.invalid(source, node.span, "a condition needs a type", _TYPES)
    return found


_TYPES = "use always, never, compare, array_compare or script"


def _typed(member: Member, source: Source, context: Context) -> Condition | Script:
    node = member.value
    match member.key:
        case "always" | "never":
            if len(_read.object_of(node, source, f"the {member.key} condition")):
                raise _read.invalid(source, node.span, f"{member.key!r} takes an empty object")
            return Fixed(member.key == "always", member.key_span.to(node.span))
        case "compare":
            return _compare(node, source, context)
        case "array_compare":
            return _array_compare(node, source, context)
        case "script":
            return read_script(node, source, boolean=True)
        case _:
            message = f"there is no condition type {member.key!r}"
            raise _read.invalid(source, member.key_span, message, _TYPES)


def _compare(node: Json, source: Source, context: Context) -> Compare:
    """Compare = '{' path ':' '{' operator ':' value '}' '}'; of several paths the last counts."""
    found: Compare | None = None
    for member in _read.object_of(node, source, "the compare condition"):
        inner = _read.object_of(member.value, source, "the comparison")
        if len(inner) != 1:
            message = "a comparison takes exactly one operator"
            raise _read.invalid(source, inner.span, message, _OPERATOR_HINT)
        (pair,) = inner
        operator = _operator(pair, source)
        found = Compare(
            path=member.key,
            operator=operator,
            value=_configured(pair.value, operator, source, context),
            span=member.key_span.to(member.value.span),
        )
    if found is None:
        raise _read.invalid(source, node.span, "the compare condition compares nothing")
    return found


_OPERATOR_HINT = f"use one of {', '.join(OPERATORS)}"


def _operator(pair: Member, source: Source) -> str:
    # Java resolves the name in upper case, so GT is taken as well.
    if pair.key.lower() not in OPERATORS or not pair.key.isascii():
        message = f"there is no comparison operator {pair.key!r}"
        raise _read.invalid(source, pair.key_span, message, _OPERATOR_HINT)
    return pair.key.lower()


_DATE_MATH = re.compile(r"<\{(.+)\}>")
_PATH = re.compile(r"\{\{(.+)\}\}")


def _configured(node: Json, operator: str, source: Source, context: Context) -> Configured:
    if isinstance(node, JsonArray | JsonObject):
        if operator not in _STRUCTURED:
            message = f"{operator!r} compares with a single value, not with {node.kind}"
            raise _read.invalid(source, node.span, message)
        return node.plain()
    value = node.value
    if not isinstance(value, str):
        return value
    if match := _DATE_MATH.fullmatch(value):
        return read_date_math(match.group(1), context.now, source, node.span)
    match = _PATH.fullmatch(value)
    return PathValue(match.group(1)) if match else value


def _array_compare(node: Json, source: Source, context: Context) -> ArrayCompare:
    """array_compare = '{' path ':' '{' [ 'path' ':' text ] operator ':' test '}' '}'."""
    array: str | None = None
    path, operator, value, every = "", "", None, False
    for member in _read.object_of(node, source, "the array_compare condition"):
        array = member.key
        for pair in _read.object_of(member.value, source, "the comparison"):
            if pair.key == "path":
                path = _read.text_of(pair.value, source, "'path'")
                continue
            operator = _operator(pair, source)
            for item in _read.object_of(pair.value, source, f"the test of {pair.key!r}"):
                if item.key == "value":
                    value = _configured(item.value, operator, source, context)
                elif item.key == "quantifier":
                    every = _quantifier(item.value, source)
                else:
                    hint = "use 'value' and 'quantifier'"
                    message = f"a list comparison has no setting {item.key!r}"
                    raise _read.invalid(source, item.key_span, message, hint)
    if array is None or not operator:
        raise _read.invalid(source, node.span, "the array_compare condition compares nothing")
    return ArrayCompare(
        array=array, path=path, operator=operator, value=value, every=every, span=node.span
    )


def _quantifier(node: Json, source: Source) -> bool:
    text = node.value if isinstance(node, JsonScalar) else None
    if not isinstance(text, str) or text.lower() not in ("all", "some"):
        raise _read.invalid(source, node.span, "the quantifier is 'some' or 'all'")
    return text.lower() == "all"
