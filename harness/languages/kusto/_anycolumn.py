"""Tests of every column at once, as ``* has "x"`` and ``search`` make them.

https://learn.microsoft.com/en-us/kusto/query/search-operator
"""

from __future__ import annotations

from typing import Any

from harness.ir import ANY_FIELD, Atom, Case, Check, Predicate, View, all_of, any_of
from harness.languages.kusto import _values
from harness.languages.kusto._operators import TextOperator
from harness.languages.kusto._typed import UNDEFINED, ignoring_case
from harness.source import Span

_TEXTS = View("kusto texts", lambda value: (value,) if isinstance(value, str) else ())
_OTHERS = View("kusto others", lambda value: () if isinstance(value, str) else (_plain(value),))


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, float) else _values.text(value)


def holds(spoken: TextOperator, wanted: str, span: Span) -> Predicate:
    """Return whether the text of a column passes.

    Whether a number is tested by its text is not documented, so the outcome is undefined where
    it alone would pass.
    """
    if spoken.on_terms and not wanted:
        return UNDEFINED

    def build(case: Case) -> Predicate:
        check = spoken.checks(wanted, case)[-1]
        return any_of(_atom(check, _TEXTS, span), all_of(_atom(check, _OTHERS, span), UNDEFINED))

    return ignoring_case(wanted, spoken.case, build)


def _atom(check: Check, view: View, span: Span) -> Predicate:
    return Atom(field=ANY_FIELD, check=check, view=view, span=span)
