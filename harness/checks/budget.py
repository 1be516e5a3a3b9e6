"""Does every translation stay within its runtime budget?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, finding


def _run(cell: Cell) -> Iterator[Finding]:
    cost, budget = cell.cost, cell.rule.budget
    if cost is None:
        return
    source, span = cell.translation.source, cost.span
    where = {"place": source.place(span), "excerpt": source.excerpt(span)} if span else {}
    if cost.exhausted:
        yield finding(
            cell,
            "cost-explodes",
            f"a pattern gives up on a text made of {cost.text!r}",
            hint="rewrite nested repetitions such as (a+)+ so that a text matches in one way only",
            **where,
        )
    elif cost.growth > budget.growth:
        yield finding(
            cell,
            "cost-grows",
            f"time grows with length to the power of {cost.growth:.1f} on a text made of "
            f"{cost.text!r}; the budget is {budget.growth}",
            hint="anchor the pattern or drop leading wildcards",
            **where,
        )
    if cost.relative > budget.relative:
        yield finding(
            cell,
            "over-budget",
            f"costs {cost.relative:.0f} times the cheapest predicate; the budget is "
            f"{budget.relative:.0f}",
            hint="simplify the query or raise budget.relative in harness.yml",
        )


CHECK = Check(
    name="budget",
    question="Does every translation stay within its runtime budget?",
    codes={
        "cost-explodes": "A pattern exceeds its engine's limit on a hostile text.",
        "cost-grows": "Time grows faster with the length of a value than the budget allows.",
        "over-budget": "A translation costs more than its budget.",
    },
    cell=_run,
)
