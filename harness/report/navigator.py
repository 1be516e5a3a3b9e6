"""A layer for the ATT&CK Navigator: the techniques of the rules, scored by what passes.

Layer format 4.5:
https://github.com/mitre-attack/attack-navigator/blob/master/layers/LAYERFORMATv4_5.md
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.report import _view
from harness.report._base import Format, Results
from harness.report._view import RuleView, Technique
from harness.ruleset import attack

_OLDEST_NAVIGATOR = "4.9.0"
"""The first Navigator that reads layer format 4.5."""
_COLOURS = ("#d1495b", "#edae49", "#2a9d6f")


def render(results: Results) -> str:
    """Return the layer as JSON."""
    document = _view.shown(results)
    rules = _view.rules(document)
    techniques = _view.techniques(rules)
    placed = [one for one in techniques if attack.technique(one.identifier)]
    parents = {one.identifier.split(".")[0] for one in placed if "." in one.identifier}
    layer = {
        "name": "Detection rules",
        "versions": {
            "attack": attack.version().split(".")[0],
            "navigator": _OLDEST_NAVIGATOR,
            "layer": "4.5",
        },
        "domain": "enterprise-attack",
        "description": f"{_view.verdict(document)} The score is the share of translations on "
        "their sources that pass, over the rules that name the technique.",
        "sorting": 3,
        "layout": {"layout": "side", "showID": True, "expandedSubtechniques": "annotated"},
        "hideDisabled": False,
        "techniques": [
            _technique(one, parent=one.identifier in parents and "." not in one.identifier)
            for one in placed
        ],
        "gradient": {"colors": list(_COLOURS), "minValue": 0, "maxValue": 100},
        "legendItems": [
            {"label": label, "color": colour}
            for label, colour in zip(
                ("no translation passes", "half of them", "every translation passes"),
                _COLOURS,
                strict=True,
            )
        ],
        "metadata": [
            {"name": name, "value": value} for name, value in _facts(document, techniques)
        ],
    }
    return json.dumps(layer, indent=2, ensure_ascii=False) + "\n"


def _facts(document: dict[str, Any], techniques: list[Technique]) -> Iterator[tuple[str, str]]:
    yield "harness", str(document["harness"])
    yield "seed", str(document["seed"])
    yield "rules", str(document["summary"]["rules"])
    unknown = [one.identifier for one in techniques if not attack.technique(one.identifier)]
    if unknown:
        yield f"not in ATT&CK {attack.version()}", ", ".join(unknown)


def _technique(one: Technique, *, parent: bool) -> dict[str, Any]:
    """Return the annotation, which holds under every tactic of the technique."""
    score = {} if one.score is None else {"score": one.score}
    metadata = [{"name": rule.title, "value": _passing(rule)} for rule in one.rules]
    return {
        "techniqueID": one.identifier,
        **score,
        "comment": "\n".join(line for rule in one.rules for line in _comment(rule)),
        "enabled": True,
        "metadata": metadata,
        "showSubtechniques": parent,
    }


def _passing(rule: RuleView) -> str:
    passing = sum(cell["status"] == "pass" for cell in rule.cells)
    return f"{passing} of {len(rule.cells)} translations on their sources pass"


def _comment(rule: RuleView) -> Iterator[str]:
    """Yield what matters for coverage: how often a rule has which finding."""
    counts = Counter(
        (_view.rank(one.first), one.first["code"])
        for one in rule.ranked("error", "warning", "known")
    )
    found = ", ".join(f"{number} {code} ({rank})" for (rank, code), number in counts.items())
    yield f"{rule.title}: {found or 'no findings'}"


FORMAT = Format(
    name="navigator",
    title="ATT&CK Navigator layer",
    extensions=(".layer.json",),
    render=render,
)
