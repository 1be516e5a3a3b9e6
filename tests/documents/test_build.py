"""What a mutation promises, where the rule itself may turn."""

from __future__ import annotations

import pytest

from harness import languages, schemas
from harness.documents.build import documents
from harness.events import solve
from harness.events.intent import Intent
from harness.ir import ANY_FIELD, Atom, Case, Glob, Wild
from harness.mutations import Effect


def _anywhere(text: str) -> Intent:
    check = Glob((Wild.ANY, text, Wild.ANY), Case.UNICODE)
    return Intent(
        kind="windows_security",
        schema=schemas.get("sigma"),
        predicate=Atom(field=ANY_FIELD, check=check),
        semantics=languages.get("sigma").semantics,
    )


@pytest.mark.parametrize(
    ("text", "benign"), [("4692", Effect.PROBES), ("mimikatz", Effect.KEEPS)], ids=str
)
def test_fields_beside_an_event_are_seen_by_a_rule_that_looks_anywhere(
    text: str, benign: Effect
) -> None:
    """The mutation adds a note that holds 4692: an event that was benign is not any more."""
    intent = _anywhere(text)
    built = documents(solve.samples(intent).samples, intent, schemas.get("sigma"))
    found = {(one.malicious, one.effect) for one in built if one.mutation == "extra-fields"}
    assert found == {(True, Effect.KEEPS), (False, benign)}
