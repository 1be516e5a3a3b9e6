"""Does the real engine, where it is installed, agree with our reading of the query?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, finding
from harness.checks._witness import smallest, witness
from harness.ir import Truth

_SAID = {True: "fires", False: "stays silent", None: "fails"}
_ANSWER = {Truth.TRUE: True, Truth.FALSE: False}


def _run(cell: Cell) -> Iterator[Finding]:
    for opinion in cell.opinions:
        named = f"{opinion.engine} {opinion.version}"
        if opinion.rejection:
            yield finding(
                cell,
                "engine-rejects",
                f"{named} rejects the query: {opinion.rejection}",
                hint="correct the query; our own reading of it does not count",
                family=opinion.engine,
            )
            continue
        if opinion.failure:
            yield finding(
                cell,
                "engine-fails",
                f"{named} gives no answer: {opinion.failure}",
                severity="warning",
                hint="simplify the query, or leave the engine out with --no-engines",
                family=opinion.engine,
            )
            continue
        ours = {one.name: verdict for one, verdict in cell.pairs()}
        pairs = zip(opinion.documents, opinion.verdicts, strict=True)
        wrong = {one.name: told for one, told in pairs if told != _ANSWER.get(ours[one.name])}
        if not wrong:
            continue
        chosen = smallest([one for one in opinion.documents if one.name in wrong])
        said = _SAID[wrong[chosen.name]]
        yield finding(
            cell,
            "engine-disagrees",
            f"{named} {said} where our reading does not, on {len(wrong)} events",
            hint="this is a bug of the harness: report the query and the event",
            family=opinion.engine,
            count=len(wrong),
            witness=witness(cell, chosen, ours[chosen.name]),
        )


CHECK = Check(
    name="engine",
    question="Does the real engine, where it is installed, agree with our evaluation?",
    codes={
        "engine-rejects": "The real engine rejects the query.",
        "engine-fails": "The real engine gives no answer in time.",
        "engine-disagrees": "The real engine gives another verdict than our evaluation.",
    },
    cell=_run,
)
