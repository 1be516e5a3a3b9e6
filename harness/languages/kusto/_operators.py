"""The operators on text, as a table, and the tests that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.ir import Case, Check, Equals, Glob, Matches, Operator, Truth, Wild
from harness.languages.kusto._terms import HasTerm

_ANY = Case.ASCII
_EXACT = Case.SENSITIVE


def _text(summary: str, case: Case) -> Operator:
    return Operator(summary=summary, case=case)


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "==": _text("the whole value; a missing string is the empty string", _EXACT),
        "=~": _text("the whole text", _ANY),
        "contains": _text("the text stands anywhere", _ANY),
        "contains_cs": _text("the text stands anywhere", _EXACT),
        "startswith": _text("the beginning", _ANY),
        "startswith_cs": _text("the beginning", _EXACT),
        "endswith": _text("the end", _ANY),
        "endswith_cs": _text("the end", _EXACT),
        "has": _text("a whole term, or several with what stands between them", _ANY),
        "has_cs": _text("a whole term", _EXACT),
        "hasprefix": _text("the beginning of a term", _ANY),
        "hasprefix_cs": _text("the beginning of a term", _EXACT),
        "hassuffix": _text("the end of a term", _ANY),
        "hassuffix_cs": _text("the end of a term", _EXACT),
        "in": _text("one of the values, as ==", _EXACT),
        "in~": _text("one of the values, as =~", _ANY),
        "has_any": _text("one of the terms, as has", _ANY),
        "has_all": _text("all of the terms, as has", _ANY),
        "matches regex": Operator(
            summary="the expression matches somewhere in the text", dialect="rust"
        ),
        "!= !~ !contains !has !in ...": Operator(
            summary="the negation, so true for a missing value", missing=Truth.TRUE
        ),
        "< <= > >= between": Operator(
            summary="numbers, datetimes and timespans; null for a null, also under not()",
            missing=Truth.UNKNOWN,
        ),
    }
)
"""https://learn.microsoft.com/en-us/kusto/query/datatypes-string-operators"""

_OLD = {
    "notcontains": "!contains",
    "containscs": "contains_cs",
    "notcontainscs": "!contains_cs",
    "!~": "!=~",
    "<>": "!==",
    "!=": "!==",
}


@dataclass(frozen=True, slots=True)
class TextOperator:
    """An operator on text: its name in the table, and whether it is negated."""

    name: str
    negated: bool

    @property
    def case(self) -> Case:
        """Which letters count as equal."""
        return OPERATORS[self.name].case

    @property
    def on_terms(self) -> bool:
        """Whether it looks for terms."""
        return self.name.startswith("has")

    def checks(self, text: str, case: Case) -> tuple[Check, ...]:
        """Return the tests for one operand, which all have to pass."""
        return _CHECKS[self.name.removesuffix("_cs")](text, case)


def text_operator(spelling: str) -> TextOperator:
    """Return the operator of a spelling."""
    name = _OLD.get(spelling, spelling)
    if name == ":":
        name = "has"
    return TextOperator(name.removeprefix("!"), name.startswith("!"))


def _contains(text: str, case: Case) -> Glob:
    return Glob((Wild.ANY, text, Wild.ANY), case)


def _terms(*, begins: bool, ends: bool) -> Callable[[str, Case], tuple[Check, ...]]:
    # The first test is implied by the second; events are made from it.
    return lambda text, case: (_contains(text, case), HasTerm(text, case, begins, ends))


_CHECKS: Mapping[str, Callable[[str, Case], tuple[Check, ...]]] = {
    "==": lambda text, case: (Equals(text, case),),
    "=~": lambda text, case: (Equals(text, case),),
    "contains": lambda text, case: (_contains(text, case),),
    "startswith": lambda text, case: (Glob((text, Wild.ANY), case),),
    "endswith": lambda text, case: (Glob((Wild.ANY, text), case),),
    "has": _terms(begins=True, ends=True),
    "hasprefix": _terms(begins=True, ends=False),
    "hassuffix": _terms(begins=False, ends=True),
    "matches regex": lambda text, _: (Matches(text, OPERATORS["matches regex"].dialect, _EXACT),),
}
