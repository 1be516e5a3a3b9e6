"""Findings that say the same about several schemas or versions, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings with the same words; ``places`` says where each holds, ``first`` stands for all."""

    first: Mapping[str, Any]
    places: tuple[str, ...]


def group(findings: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Return groups in the order of their first finding."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in findings:
        key = (one["code"], one["severity"], one["known"], one["translation"], one["message"])
        found.setdefault(key, []).append(one)
    return [Group(first=same[0], places=_places(same)) for same in found.values()]


def _places(findings: list[Mapping[str, Any]]) -> tuple[str, ...]:
    versions: dict[str, list[str]] = {}
    for one in findings:
        versions.setdefault(one["schema"], []).append(one["version"])
    return tuple(_place(schema, held) for schema, held in versions.items() if schema)


def _place(schema: str, versions: list[str]) -> str:
    named = [version for version in dict.fromkeys(versions) if version]
    return f"{schema} (version {', '.join(named)})" if named else schema
