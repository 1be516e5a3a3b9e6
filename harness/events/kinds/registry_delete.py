"""Keys and values of the registry that ordinary programs delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _registry


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one change of the registry."""
    values = _registry.change(world, wanted)
    del values["Details"]
    values.update(wanted)
    return values


KIND = Kind(
    name="registry_delete",
    draw=draw,
    others={name: values for name, values in _registry.OTHERS.items() if name != "Details"},
)
