"""Kinds of activity: the vendor-neutral values that something that happened is told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir.values import as_text
from harness.schemas._render import as_json
from harness.schemas._rules import Rule, given

Activity = dict[str, Any]
_NONE: frozenset[str] = frozenset()

_PYTHON = {"integer": int, "number": float, "boolean": bool, "string": str}
_JSON = {"integer": "number", "number": "number", "boolean": "boolean", "string": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a kind.

    ``defaults`` say what the value is where the activity does not give it, the first that
    applies. ``implies`` holds, per other value, a table from this value to the one that the
    other must have.
    """

    name: str
    type: str
    meaning: str
    example: Any
    required: bool = False
    allowed: tuple[Any, ...] = ()
    defaults: tuple[Rule, ...] = ()
    implies: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)

    def coerce(self, value: Any) -> Any:
        """Return ``value`` in this value's type, unchanged where it has no such form."""
        if type(value) is _PYTHON[self.type]:
            return value
        coerced = as_json(value, _JSON[self.type], array=False)
        if coerced is None or (self.type == "integer" and not isinstance(coerced, int)):
            return value
        return coerced

    def fits(self, value: Any) -> bool:
        """Return whether a value has this value's type, or can be written in it."""
        return not isinstance(value, list) and type(self.coerce(value)) is _PYTHON[self.type]

    @property
    def json(self) -> str:
        """The JSON type of the value."""
        return _JSON[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of activity and its values. An ``open`` kind also takes values it does not declare.

    ``elements`` are the values that Windows records as data of the event, in its order.
    """

    name: str
    title: str
    values: Mapping[str, Value]
    open: bool = False
    elements: tuple[str, ...] = ()
    with_defaults: tuple[Value, ...] = field(init=False, repr=False, compare=False)
    types: Mapping[str, type] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        defaulted = tuple(one for one in self.values.values() if one.defaults)
        object.__setattr__(self, "with_defaults", defaulted)
        types = {one.name: _PYTHON[one.type] for one in self.values.values()}
        object.__setattr__(self, "types", types)

    @property
    def example(self) -> Activity:
        """An activity with the example of every value."""
        return {name: value.example for name, value in self.values.items()}

    @property
    def required(self) -> tuple[str, ...]:
        """The values that every activity of this kind has."""
        return tuple(name for name, value in self.values.items() if value.required)

    def undeclared(self, activity: Mapping[str, Any]) -> frozenset[str]:
        """Return the names of values that the kind does not declare."""
        return frozenset(name for name in activity if name not in self.values)

    def complete(
        self, activity: Mapping[str, Any], needed: frozenset[str] | None = None
    ) -> Activity:
        """Return the activity with the defaults of the values that it does not mention.

        A value that is ``None`` is mentioned, and stays absent. ``needed`` are the only values
        whose defaults are wanted, with those that they are made of.
        """
        self._accept(activity)
        full = dict(activity)
        types = self.types
        for name, value in activity.items():
            if type(value) is not types.get(name) and name in types:
                full[name] = self.values[name].coerce(value)
        for one in self.with_defaults:
            if one.name not in full and (needed is None or one.name in needed):
                for rule in one.defaults:
                    default = rule.getter(full, _NONE)
                    if default is not None:
                        full[one.name] = one.coerce(default)
                        break
        return full

    def _accept(self, activity: Mapping[str, Any]) -> None:
        if self.open:
            return
        unknown = sorted(self.undeclared(activity))
        if unknown:
            raise InvalidInput([self._unknown(name) for name in unknown])

    def _unknown(self, name: str) -> Diagnostic:
        near = get_close_matches(name, self.values, n=1)
        return Diagnostic(
            code="unknown-value",
            message=f"an activity of kind {self.name!r} has no value {name!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.values)}",
        )

    def with_consequences(self, activity: Mapping[str, Any]) -> Activity:
        """Return the activity with the values that its own values imply."""
        result = dict(activity)
        for name in activity:
            declared = self.values.get(name)
            for other, table in declared.implies.items() if declared else ():
                implied = table.get(activity[name])
                if other not in result and implied is not None:
                    result[other] = implied
        return result

    def problems(self, activity: Mapping[str, Any]) -> list[Diagnostic]:
        """Return what is wrong with an activity: missing, unknown, mistyped or at odds."""
        found = [] if self.open else [self._unknown(n) for n in sorted(self.undeclared(activity))]
        found.extend(
            _problem("missing-value", f"the value {name!r} is required")
            for name in self.required
            if not given(activity, name)
        )
        for name, value in self.values.items():
            if given(activity, name):
                found.extend(_value_problems(value, activity))
        return found


def _value_problems(value: Value, activity: Mapping[str, Any]) -> list[Diagnostic]:
    held = activity[value.name]
    found = []
    if as_json(held, value.json, array=False) != held or isinstance(held, list):
        message = f"{value.name} is {held!r}, which is no {value.type}"
        found.append(_problem("value-type", message))
    elif value.allowed and held not in value.allowed:
        known = ", ".join(as_text(item) for item in value.allowed)
        message = f"{value.name} is {held!r}, which is not one of {known}"
        found.append(_problem("value-not-allowed", message))
    for other, table in value.implies.items():
        implied = table.get(held)
        if implied is not None and given(activity, other) and activity[other] != implied:
            message = f"{value.name} {held!r} means {other} {implied!r}, not {activity[other]!r}"
            found.append(_problem("values-disagree", message))
    return found


def _problem(code: str, message: str) -> Diagnostic:
    return Diagnostic(code=code, message=message)
