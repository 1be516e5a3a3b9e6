"""Laws of the predicate algebra, for every combination of the four outcomes."""

from __future__ import annotations

from hypothesis import given

from harness.evaluate import oracle
from harness.ir import And, Definite, Lookup, Not, Or, Predicate, Semantics, Truth
from tests.properties import strategies

SEMANTICS = Semantics(lookup=Lookup.PATH)


def _value(node: Predicate, event: dict[str, object]) -> Truth:
    return oracle.evaluate(node, event, SEMANTICS)


@given(strategies.predicates(), strategies.events)
def test_double_negation_is_identity(node: Predicate, event: dict[str, object]) -> None:
    assert _value(Not(Not(node)), event) is _value(node, event)


@given(strategies.predicates(), strategies.predicates(), strategies.events)
def test_de_morgan(left: Predicate, right: Predicate, event: dict[str, object]) -> None:
    one = _value(Not(And((left, right))), event)
    assert one is _value(Or((Not(left), Not(right))), event)


@given(strategies.predicates(), strategies.predicates(), strategies.events)
def test_order_does_not_matter_without_short_circuit(
    left: Predicate, right: Predicate, event: dict[str, object]
) -> None:
    assert _value(And((left, right)), event) is _value(And((right, left)), event)


@given(strategies.predicates(), strategies.events)
def test_idempotence(node: Predicate, event: dict[str, object]) -> None:
    assert _value(And((node, node)), event) is _value(node, event)
    assert _value(Or((node, node)), event) is _value(node, event)


@given(strategies.predicates(), strategies.events)
def test_definite_is_never_unknown(node: Predicate, event: dict[str, object]) -> None:
    assert _value(Definite(node), event) is not Truth.UNKNOWN
