"""The four outcomes of a predicate on one event."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """Outcome of a predicate.

    ``UNKNOWN`` is the null of three-valued logic: a filter drops the event. ``UNDEFINED``
    means that no answer can be given: a run-time error of the real engine, or a point that
    the language leaves open. Numbers are part of the columnar evaluator's encoding.
    """

    FALSE = 0
    TRUE = 1
    UNKNOWN = 2
    UNDEFINED = 3

    @classmethod
    def of(cls, value: bool) -> Truth:  # noqa: FBT001 - a conversion takes its one value bare
        """Return TRUE or FALSE."""
        return cls.TRUE if value else cls.FALSE


NEGATION = (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.UNDEFINED)


def negate(value: Truth) -> Truth:
    """Return the negation; unknown and undefined stay what they are."""
    return NEGATION[value]


def both(left: Truth, right: Truth, *, ordered: bool = False) -> Truth:
    """Return ``left and right``.

    FALSE wins over everything, then UNDEFINED, then UNKNOWN. With ``ordered`` the right
    side is never looked at once the left side failed at run time (short-circuit order).
    """
    if ordered and left is Truth.UNDEFINED:
        return left
    if Truth.FALSE in (left, right):
        return Truth.FALSE
    return max(left, right)


def either(left: Truth, right: Truth, *, ordered: bool = False) -> Truth:
    """Return ``left or right``; the mirror image of :func:`both`."""
    return negate(both(negate(left), negate(right), ordered=ordered))


def conjunction(values: Iterable[Truth], *, ordered: bool = False) -> Truth:
    """Return the conjunction of all values; TRUE for none."""
    result = Truth.TRUE
    for value in values:
        result = both(result, value, ordered=ordered)
        if result is Truth.FALSE or (ordered and result is Truth.UNDEFINED):
            return result
    return result


def disjunction(values: Iterable[Truth], *, ordered: bool = False) -> Truth:
    """Return the disjunction of all values; FALSE for none."""
    return negate(conjunction((negate(value) for value in values), ordered=ordered))


def at_least(count: int, values: Iterable[Truth]) -> Truth:
    """Return whether at least ``count`` of the values are true."""
    seen = list(values)
    true = seen.count(Truth.TRUE)
    unknown, undefined = seen.count(Truth.UNKNOWN), seen.count(Truth.UNDEFINED)
    if true >= count:
        return Truth.TRUE
    if true + unknown + undefined < count:
        return Truth.FALSE
    return Truth.UNDEFINED if true + unknown < count else Truth.UNKNOWN
