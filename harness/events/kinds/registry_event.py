"""Everything that ordinary programs do to the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _registry

_TYPES = ("SetValue", "SetValue", "SetValue", "CreateKey", "DeleteValue", "RenameKey")
_OF_ID = {12: "CreateKey", 13: "SetValue", 14: "RenameKey"}


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one change of the registry; data and new name go with its type."""
    values = _registry.change(world, wanted)
    values["EventType"] = _type(world, wanted)
    if values["EventType"] != "SetValue":
        del values["Details"]
    if values["EventType"] == "RenameKey":
        values["NewName"] = f"{values['TargetObject']}_old"
    values.update(wanted)
    return values


def _type(world: World, wanted: Mapping[str, Any]) -> str:
    """Return the type of event that has the wanted values."""
    if "EventType" in wanted:
        return str(wanted["EventType"])
    if "EventID" in wanted:
        return _OF_ID.get(wanted["EventID"], "SetValue")
    if "NewName" in wanted:
        return "RenameKey"
    return "SetValue" if "Details" in wanted else world.chance.choice(_TYPES)


KIND = Kind(
    name="registry_event",
    draw=draw,
    others={**_registry.OTHERS, "EventType": ("CreateKey", "DeleteKey", "DeleteValue", "SetValue")},
)
