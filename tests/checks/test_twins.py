"""Wrong translations of Sigma rules, as converters emit them, and their corrected twins.

Each case of ``twins.toml`` has a Sigma detection (``detection``, in YAML), the ``language`` of
its translations, one that is ``wrong`` and its twin that is ``right``, the ``code`` of the finding
on the wrong one, a text that the message or the hint ``says``, and perhaps what ``caused`` it: the
mutation. The twin must stay silent, and so is what the wrong one is compared with.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import findings, run, sigma, write_rule

TWINS = tomllib.loads(Path(__file__).with_name("twins.toml").read_text("utf-8"))["twin"]


def _found(folder: Path, twin: dict[str, Any], query: str) -> list[dict[str, Any]]:
    """Return what is found on a translation, mutated events in other letters included."""
    write_rule(
        folder,
        reference=sigma(yaml.safe_load(twin["detection"])),
        translations={"converted": (twin["language"], query, ["sigma"])},
        kind="event",
        promises={"robust": ["value-case"]},
    )
    return [one for one in findings(run(folder)) if one["severity"] != "note"]


@pytest.fixture(autouse=True)
def _only_letter_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the other mutations out: nothing here turns on them."""
    monkeypatch.setattr("harness.mutations.names", lambda: ("value-case",))


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin["id"])
def test_a_wrong_translation_is_found_and_told_right(tmp_path: Path, twin: dict[str, Any]) -> None:
    found = _found(tmp_path / "rule", twin, twin["wrong"])
    told = [one for one in found if one["code"] == twin["code"]]
    assert told, [(one["code"], one["message"]) for one in found]
    words = " | ".join(f"{one['message']}; {one['hint']}" for one in told)
    assert twin["says"] in words
    assert {one["mutation"] for one in told} == {twin.get("caused")}


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin["id"])
def test_its_corrected_twin_is_silent(tmp_path: Path, twin: dict[str, Any]) -> None:
    found = _found(tmp_path / "rule", twin, twin["right"])
    assert [(one["code"], one["message"]) for one in found] == []
