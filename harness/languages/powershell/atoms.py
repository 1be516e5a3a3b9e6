"""Comparisons of one property with constants, as atoms that the evaluators understand.

A view turns the recorded value into what it is beside the constant, so that the plain check
gives PowerShell's answer: the constant itself for a value that PowerShell holds equal, or a
value on the same side of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, overload

from harness.errors import Fault
from harness.ir import (
    Anything,
    Atom,
    Constant,
    Equals,
    Has,
    Matches,
    Not,
    Ordered,
    Predicate,
    Presence,
    Truth,
    View,
    any_of,
)
from harness.ir.checks import Check
from harness.ir.nodes import Quantifier
from harness.languages.powershell import operators
from harness.languages.powershell.members import is_plain
from harness.languages.powershell.operators import COMPARISONS, ORDERS, base_name, pattern_case
from harness.languages.powershell.record import as_recorded, is_scalar
from harness.languages.powershell.values import (
    Folding,
    compare,
    equals,
    is_number,
    read_date,
    read_number,
    text,
    truth,
)
from harness.languages.powershell.wildcards import glob
from harness.source import Span

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_HIGHEST = "\U0010ffff"
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_NEGATIVE = {"ne": "eq", "notlike": "like", "notmatch": "match", "notcontains": "contains"}


class Comparison:
    """One comparison of a property with a constant; ``flipped`` where the constant is left."""

    def __init__(
        self, operator: str, field: str, constant: Any, folding: Folding, span: Span
    ) -> None:
        self.name = base_name(operator)
        self.case = COMPARISONS[operator].case
        self.field = field
        self.constant = constant
        self.folding = folding
        self.span = span

    def to_predicate(self) -> Predicate | None:
        """Return ``property -op constant`` as atoms; ``None`` where no atom says the same."""
        name = _NEGATIVE.get(self.name)
        if name is not None:
            return self._negated(name)
        match self.name:
            case "eq":
                return self._equal(list_may_be_falsy=True)
            case "contains":
                return self._equal(list_may_be_falsy=False)
            case "in" | "notin":
                members = self.constant if isinstance(self.constant, list) else [self.constant]
                return self._any_member(members)
            case "like" | "match":
                return self._pattern(Quantifier.ANY)
            case _:
                pass
        return self._ordered(self.name, mirrored=False)

    def to_flipped(self) -> Predicate | None:
        """Return ``constant -op property`` as atoms, or ``None``."""
        match self.name:
            case "contains" | "notcontains":
                members = self.constant if isinstance(self.constant, list) else [self.constant]
                return self._any_member(members)
            case "in" | "notin":
                found = self._equal(list_may_be_falsy=False)
                return _negated_if(found, negative=self.name == "notin")
            case _:
                pass
        if not is_plain(self.constant) or not is_scalar(self.field):
            return None
        if self.name in {"eq", "ne"}:
            found = self._member(self.constant)
            return _negated_if(found, negative=self.name == "ne")
        return self._ordered(_MIRRORED[self.name], mirrored=True) if self.name in ORDERS else None

    def _negated(self, name: str) -> Predicate | None:
        if name == "contains":
            found = self._equal(list_may_be_falsy=False)
        elif not is_scalar(self.field):
            return None
        elif name == "eq":
            found = self._equal(list_may_be_falsy=True, quantifier=Quantifier.ALL)
        else:
            found = self._pattern(Quantifier.ALL)
        return _negated_if(found, negative=True)

    def _equal(
        self, *, list_may_be_falsy: bool, quantifier: Quantifier = Quantifier.ANY
    ) -> Predicate | None:
        """Atom of ``property -eq constant``.

        A list on the left gives its matching members, so one falsy member alone is false;
        only a property that holds one value keeps clear of that.
        """
        if self.constant is None:
            return Presence(field=self.field, has=Has.NULL, span=self.span)
        falsy = not truth(self.constant) or self.constant == "0"
        if list_may_be_falsy and falsy and not is_scalar(self.field):
            return None
        return Atom(
            field=self.field,
            check=Equals(self._target(self.constant), self.case),
            view=self._beside(self.constant, flipped=False),
            quantifier=quantifier,
            missing=Truth.of(equals(None, self.constant, self.folding)),
            span=self.span,
        )

    def _any_member(self, members: list[Any]) -> Predicate | None:
        """One of the constants equals the property; each constant is the left operand."""
        if any(isinstance(item, list | dict) for item in members):
            return None
        atoms = [self._member(item) for item in members]
        found: Predicate = any_of(*atoms) if atoms else Constant(Truth.FALSE, self.span)
        return _negated_if(found, negative=self.name.startswith("not"))

    def _member(self, constant: Any) -> Predicate:
        if constant is None:
            return Presence(field=self.field, has=Has.NULL, span=self.span)
        return Atom(
            field=self.field,
            check=Equals(self._target(constant), self.case),
            view=self._beside(constant, flipped=True),
            missing=Truth.of(equals(constant, None, self.folding)),
            span=self.span,
        )

    def _target(self, constant: Any) -> Any:
        if self.field == "TimeCreated" and isinstance(constant, str):
            return read_date(constant) or constant
        return text(constant) if isinstance(constant, list) else constant

    def _beside(self, constant: Any, *, flipped: bool) -> View:
        target, folding, check = self._target(constant), self.folding, self.case
        dated = self.field == "TimeCreated"

        def convert(value: Any) -> Iterable[Any]:
            seen = as_recorded(value) if dated else value
            same = equals(constant, seen, folding) if flipped else equals(seen, constant, folding)
            if same:
                return (target,)
            return (None if Equals(target, check).accepts(seen) else seen,)

        return View(self._view_name(f"{constant!r}", flipped=flipped), convert)

    def _view_name(self, beside: str, *, flipped: bool) -> str:
        kind = "time" if self.field == "TimeCreated" else "value"
        rules = f"{self.folding.case.name.lower()}{'' if self.folding.weightless else ', ordinal'}"
        side = "right of" if flipped else "left of"
        return f"PowerShell {kind} {side} {beside} ({rules})"

    def _pattern(self, quantifier: Quantifier) -> Predicate | None:
        pattern = text(self.constant)
        case = pattern_case(self.constant, self.case)
        like = self.name.endswith("like")
        check: Check = glob(pattern, case) if like else Matches(pattern, "dotnet", case)
        if quantifier is Quantifier.ANY and not is_scalar(self.field) and check.accepts(""):
            return None
        return Atom(
            field=self.field,
            check=check,
            view=DATE_TEXT if self.field == "TimeCreated" else TEXT,
            quantifier=quantifier,
            missing=Truth.of(check.accepts("")),
            span=self.span,
        )

    def _ordered(self, name: str, *, mirrored: bool) -> Predicate | None:
        """Atom of an ordering; ``name`` as seen from the property."""
        constant = self.constant
        if not is_scalar(self.field) or isinstance(constant, bool | list | dict | type(None)):
            return None
        bound = self._bound(constant, mirrored=mirrored)
        outcome = (
            operators.scalar(self.name, constant, None, self.folding)
            if mirrored
            else operators.scalar(self.name, None, constant, self.folding)
        )
        return Atom(
            field=self.field,
            check=Ordered(ORDERS[name], bound),
            view=self._sided(constant, bound, mirrored=mirrored),
            missing=Truth.of(outcome),
            span=self.span,
        )

    def _bound(self, constant: Any, *, mirrored: bool) -> Any:
        """Return the constant as what the property most likely holds."""
        if isinstance(constant, str) and not mirrored:
            if self.field == "TimeCreated":
                return read_date(constant) or constant
            number = read_number(constant) if constant.strip() else None
            return constant if number is None else number
        return constant

    def _sided(self, constant: Any, bound: Any, *, mirrored: bool) -> View:
        folding = self.folding
        dated = self.field == "TimeCreated"

        def convert(value: Any) -> Iterable[Any]:
            seen = as_recorded(value) if dated else value
            if mirrored:
                side = -compare(constant, seen, folding)
            else:
                side = compare(seen, constant, folding)
            return (_on_side(seen, bound, side),)

        beside = f"{constant!r} as {bound!r}"
        return View(self._view_name(beside, flipped=mirrored), convert)


def _on_side(value: Any, bound: Any, side: int) -> Any:
    """Return the value where it stands on that side of the bound, else a stand-in that does."""
    alike = (
        (is_number(value) and is_number(bound))
        or (isinstance(value, str) and isinstance(bound, str))
        or (isinstance(value, datetime) and isinstance(bound, datetime))
    )
    if alike and (value > bound) - (value < bound) == side:
        return value
    if side == 0:
        return bound
    if isinstance(bound, str):
        return bound + _HIGHEST if side > 0 else bound[:-1] if bound else _before_all()
    if isinstance(bound, datetime):
        return _LAST if side > 0 else _FIRST
    return bound + side if abs(bound) < 2**52 else float("inf") * side


@overload
def _negated_if(found: Predicate, *, negative: bool) -> Predicate: ...
@overload
def _negated_if(found: Predicate | None, *, negative: bool) -> Predicate | None: ...
def _negated_if(found: Predicate | None, *, negative: bool) -> Predicate | None:
    return Not(found) if negative and found is not None else found


def _before_all() -> str:
    message = "nothing comes before an empty text"
    raise Fault(message)


TEXT = View("PowerShell text", lambda value: (text(value),))
"""What the value prints as."""
DATE_TEXT = View("PowerShell time text", lambda value: (text(as_recorded(value)),))
"""What a recorded time prints as."""
_TRUE = View("PowerShell truth", lambda value: (value,) if truth(value) else ())


def holds(field: str, span: Span) -> Predicate | None:
    """Return the truth of a property that holds one value."""
    if not is_scalar(field):
        return None
    return Atom(field=field, check=Anything(), view=_TRUE, span=span)
