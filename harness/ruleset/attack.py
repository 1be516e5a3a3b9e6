"""The ATT&CK techniques and tactics, known offline (``attack.json`` names its version)."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(
        files("harness.ruleset").joinpath("attack.json").read_text("utf-8")
    )
    return data


def version() -> str:
    """Return the version of ATT&CK that the table is from."""
    return str(_data()["version"])


def technique(identifier: str) -> dict[str, Any] | None:
    """Return ``name``, ``tactics`` and maybe ``retired`` of a technique such as ``T1003.001``."""
    found: dict[str, Any] | None = _data()["techniques"].get(identifier)
    return found


def tactic(identifier: str) -> dict[str, str] | None:
    """Return ``short`` and ``name`` of a tactic, by its id or by its short name."""
    tactics: dict[str, dict[str, str]] = _data()["tactics"]
    if identifier in tactics:
        return tactics[identifier]
    wanted = identifier.replace("_", "-")
    return next((one for one in tactics.values() if one["short"] == wanted), None)
