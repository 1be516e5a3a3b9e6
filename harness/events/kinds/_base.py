"""What a kind of activity declares to those who make events of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.events.kinds._world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of activity and the generator of its everyday occurrences.

    ``others`` lists realistic other values of a value whose range is open: the channels and
    programs that a rule for one of them should leave alone.
    """

    name: str
    draw: Callable[[World, Mapping[str, Any]], dict[str, Any]]
    others: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    product: tuple[str, ...] = ()
    """Values that tell which product recorded an activity."""
    ordinary: Callable[[World, str], Any] | None = None
    """Everyday values for the fields that a rule reads, where the kind declares none."""
