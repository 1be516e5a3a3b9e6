"""Actions and transforms of a watch: checked as they are when a watch is stored.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/actions.html; their own conditions
decide which actions run, never whether the watch's condition is met.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import Diagnostic
from harness.ir import Context
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member, StringPlaces
from harness.languages._elastic import fields
from harness.languages.watcher import _read
from harness.languages.watcher.conditions import Condition, read_condition
from harness.languages.watcher.mustache import (
    ANYTHING,
    Shape,
    TemplateError,
    read_template,
    unknown_names,
)
from harness.languages.watcher.painless import Script
from harness.source import Source

_REQUIRED: dict[str, tuple[str, ...]] = {
    "email": (),
    "webhook": (),
    "index": (),
    "logging": ("text",),
    "slack": ("message",),
    "pagerduty": (),
    "jira": (),
    "hipchat": ("message",),
}
"""The action types, with the settings that each must have."""
_HIPCHAT_UNTIL = 7
_WRAPPING = (
    "condition",
    "transform",
    "throttle_period",
    "throttle_period_in_millis",
    "foreach",
    "max_iterations",
)
_NO_TEMPLATES = frozenset(("condition", "transform"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action: its name, its type, and its own condition."""

    name: str
    type: str
    condition: Condition | Script | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReader:
    """Reads actions; ``model`` is the shape of what their templates can name."""

    source: Source
    context: Context
    model: Shape
    warnings: list[Diagnostic]

    def read(self, node: Json) -> tuple[Action, ...]:
        """Actions = '{' { name ':' action } '}'."""
        body = _read.object_of(node, self.source, "the actions")
        return tuple(self._action(member) for member in body)

    def _action(self, member: Member) -> Action:
        """Action = '{' type ':' settings { 'condition' | 'throttle_period' | ... } '}'."""
        if not member.key or re.search(r"\s", member.key):
            raise _read.invalid(self.source, member.key_span, "an action's name has no blanks")
        body = _read.object_of(member.value, self.source, "an action")
        kind = ""
        condition: Condition | Script | None = None
        for item in body:
            match item.key:
                case "condition":
                    condition = read_condition(item.value, self.source, self.context)
                case "transform":
                    check_transform(item.value, self.source)
                case "throttle_period":
                    _read.duration_of(item.value, self.source, "'throttle_period'")
                case "throttle_period_in_millis" | "max_iterations" | "foreach":
                    self._plain(item)
                case _:
                    kind = self._typed(item)
        if not kind:
            hint = f"use one of {', '.join(_REQUIRED)}"
            raise _read.invalid(
                self.source, body.span, f"the action {member.key!r} has no type", hint
            )
        reshaped = body.get("transform") is not None or body.get("foreach") is not None
        self._check_templates(body, ANYTHING if reshaped else self.model)
        return Action(name=member.key, type=kind, condition=condition)

    def _plain(self, item: Member) -> None:
        if not isinstance(item.value, JsonScalar):
            message = f"{item.key!r} is a single value, not {item.value.kind}"
            raise _read.invalid(self.source, item.value.span, message)

    def _typed(self, item: Member) -> str:
        known = item.key in _REQUIRED
        gone = item.key == "hipchat" and fields.major(self.context) >= _HIPCHAT_UNTIL
        if not known or gone:
            hint = f"use one of {', '.join(name for name in _REQUIRED if name != 'hipchat')}"
            message = f"there is no action type {item.key!r}"
            raise _read.invalid(self.source, item.key_span, message, hint)
        body = _read.object_of(item.value, self.source, f"the action type {item.key!r}")
        for name in _REQUIRED[item.key]:
            if body.get(name) is None:
                message = f"the action type {item.key!r} has no {name!r}"
                raise _read.invalid(self.source, item.value.span, message)
        return item.key

    def _check_templates(self, body: JsonObject, model: Shape) -> None:
        """Warn about templates that cannot be rendered, or that name what is never there."""
        for text in _strings(body):
            places = StringPlaces(self.source, text)
            try:
                template = read_template(str(text.value))
            except TemplateError as error:
                if error.known:
                    self._warn("template-fails", text, f"{error.message}: the action fails")
                continue
            for name, span in unknown_names(template, [model]):
                message = f"the template names {name!r}, which has no value here"
                hint = "check the name; it renders as nothing"
                found = _read.warning(
                    self.source, places(span), "unknown-template-variable", message, hint
                )
                self.warnings.append(found)

    def _warn(self, code: str, text: JsonScalar, message: str) -> None:
        self.warnings.append(_read.warning(self.source, text.span, code, message))


def _strings(node: Json) -> Iterator[JsonScalar]:
    """Yield the strings of an action that hold a template."""
    match node:
        case JsonScalar(str() as text):
            if "{{" in text:
                yield node
        case JsonArray(items):
            for item in items:
                yield from _strings(item)
        case JsonObject(members):
            for member in members:
                if member.key not in _NO_TEMPLATES:
                    yield from _strings(member.value)
        case _:
            pass


_TRANSFORMS = ("script", "search", "chain")


def check_transform(node: Json, source: Source) -> None:
    """Transform = '{' ( 'script' | 'search' | 'chain' ) ':' settings '}'."""
    body = _read.object_of(node, source, "the transform")
    if not len(body):
        hint = f"use one of {', '.join(_TRANSFORMS)}"
        raise _read.invalid(source, node.span, "a transform needs a type", hint)
    for member in body:
        if member.key not in _TRANSFORMS:
            message = f"there is no transform type {member.key!r}"
            raise _read.invalid(
                source, member.key_span, message, f"use one of {', '.join(_TRANSFORMS)}"
            )
        if member.key == "chain":
            if not isinstance(member.value, JsonArray):
                raise _read.invalid(source, member.value.span, "a chain of transforms is a list")
            for item in member.value.items:
                check_transform(item, source)
