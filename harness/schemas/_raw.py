"""From the words of a schema file to rules, fields and types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Diagnostic
from harness.ir.query import FieldType
from harness.schemas._base import Field, Rest
from harness.schemas._places import Document, Pointer
from harness.schemas._rules import (
    Condition,
    Constant,
    Each,
    Escape,
    From,
    Member,
    Presence,
    Rule,
    Template,
    When,
    slots,
)
from harness.schemas._transforms import TRANSFORMS, Step

Raw = Mapping[str, Any]

_JSON_OF_TYPE = {
    "boolean": "boolean",
    "byte": "number",
    "double": "number",
    "float": "number",
    "integer": "number",
    "long": "number",
    "scaled_float": "number",
    "unsigned_long": "number",
    "nested": "object",
    "object": "object",
}
_TYPE_OF_JSON = {"number": "long", "boolean": "boolean", "object": "object"}


def rule(raw: Raw) -> Rule:
    """Return the rule of a field or of a default value."""
    origin: Constant | From | Template
    if "const" in raw:
        origin = Constant(raw["const"])
    elif "template" in raw:
        origin = template(raw["template"])
    else:
        origin = From(raw["from"])
    return Rule(origin=origin, steps=steps(raw.get("as", [])), when=when(raw.get("when", [])))


def template(raw: str | Raw) -> Template:
    """Return a template from its text, or from its text with settings."""
    if isinstance(raw, str):
        return Template(raw)
    parts = {
        name: Each(
            tuple(_member(item) for item in part.get("each", ())),
            part["as"],
            rest=part.get("rest", False),
        )
        for name, part in raw.get("parts", {}).items()
    }
    escape = Escape(raw.get("escape", "none"))
    return Template(raw["text"], raw.get("absent"), escape, parts or None)


def _member(raw: str | Raw) -> Member:
    if isinstance(raw, str):
        return Member(raw, Template(f"{{{raw}}}"))
    return Member(raw["name"], Template(raw["text"]), when(raw.get("when", [])))


def steps(raw: str | Raw | list[Any]) -> tuple[Step, ...]:
    """Return the steps behind ``as``: a name, a name with an argument, or a list of those."""
    if isinstance(raw, str):
        return (Step(raw),)
    if isinstance(raw, Mapping):
        return tuple(Step(name, argument) for name, argument in raw.items())
    return tuple(step for item in raw for step in steps(item))


def when(raw: Raw | list[Raw]) -> When:
    """Return the condition behind ``when``: values to meet together, or a list of alternatives."""
    alternatives = [raw] if isinstance(raw, Mapping) else raw
    return When(tuple({n: _condition(c) for n, c in item.items()} for item in alternatives))


def _condition(raw: Any) -> Condition:
    if isinstance(raw, list):
        return tuple(raw)
    if raw in ("present", "absent"):
        return Presence(raw)
    return (raw,)


def json_type(raw: Raw) -> tuple[str, bool]:
    """Return the JSON type of a field, and whether it is a list of those."""
    json = raw.get("json", _JSON_OF_TYPE.get(raw.get("type", ""), "string"))
    return (json[0], True) if isinstance(json, list) else (json, False)


def index_type(raw: Raw, settings: Raw) -> FieldType:
    """Return how the store indexes a field."""
    json, _ = json_type(raw)
    name = raw.get("type", _TYPE_OF_JSON.get(json, "keyword"))
    return FieldType(name=name, settings={**settings.get(name, {}), **raw.get("index", {})})


def field(raw: Raw, settings: Raw) -> Field:
    """Return one field of a schema file."""
    json, array = json_type(raw)
    return Field(
        path=raw["path"],
        rule=rule(raw),
        json=json,
        array=array,
        type=index_type(raw, settings),
        case=raw.get("case", ""),
        missing=raw.get("missing", ""),
        note=raw.get("note", ""),
        source=tuple(raw.get("source", ())),
        status=raw.get("status", ""),
        placeholder=raw.get("placeholder", False),
    )


def rest(raw: Raw | None, settings: Raw) -> Rest | None:
    """Return where undeclared values go."""
    if raw is None:
        return None
    json, _ = json_type(raw)
    kind = index_type(raw, settings)
    return Rest(path=raw["path"], json=json, type=kind, snake=raw.get("names") == "snake")


def rule_problems(
    document: Document, pointer: Pointer, raw: Raw, known: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Yield what a rule names that does not exist: values of the activity and transforms."""
    built = rule(raw)
    for name in sorted({*built.names, *built.when.names} - set(known)):
        yield document.problem(pointer, f"the kind has no value {name!r}")
    used = list(built.steps)
    if isinstance(built.origin, Template):
        used.extend(step for _, found in slots(built.origin) for step in found)
    for step in used:
        if step.name not in TRANSFORMS:
            hint = f"known: {', '.join(TRANSFORMS)}"
            yield document.problem(pointer, f"there is no transform {step.name!r}", hint)
        elif bool(TRANSFORMS[step.name].argument) != (step.argument is not None):
            wanted = TRANSFORMS[step.name].argument or "no argument"
            yield document.problem(pointer, f"the transform {step.name!r} takes {wanted}")
