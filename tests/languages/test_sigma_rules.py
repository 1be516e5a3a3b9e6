"""SigmaHQ's rules, where they lie beside the checkout: each is read, or named with a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.ir import Context
from harness.ir.nodes import Atom, walk_predicate
from harness.languages import get
from harness.source import QuerySyntaxError, Source, Unsupported

RULES = Path(__file__).parents[3] / "shared" / "data" / "sigma-rules"


@pytest.mark.long
@pytest.mark.skipif(not RULES.is_dir(), reason="SigmaHQ's rules are not beside this checkout")
def test_every_sigmahq_rule_is_read() -> None:
    counts: Counter[str] = Counter()
    refused: list[str] = []
    parse = get("sigma").parse
    for path in sorted(RULES.rglob("*.yml")):
        source = Source(path.read_text("utf-8"), str(path.relative_to(RULES)))
        try:
            query = parse(source, Context())
        except (QuerySyntaxError, Unsupported) as error:
            refused.append(str(error))
            continue
        counts["rules"] += 1
        counts["warnings"] += len(query.warnings)
        for node in walk_predicate(query.predicate):
            if isinstance(node, Atom):
                assert node.span is not None
                counts["atoms"] += 1
    assert not refused, "\n".join(refused[:10])
    assert counts["rules"] >= 3_000
    assert counts["atoms"] >= 10 * counts["rules"]
    assert not counts["warnings"]
