"""What a check file declares, what it looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from harness.documents.document import Document
from harness.errors import Diagnostic
from harness.events.intent import Intent
from harness.events.model import Fact, NotConstructed
from harness.ir import FieldType, Query, Semantics, Truth
from harness.ruleset.model import Rule, Translation
from harness.schemas import Schema
from harness.source import QuerySyntaxError, Span, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One part of a query and what it came to on a witness."""

    text: str
    outcome: str
    values: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The smallest event that shows a finding, as activity and as the document a query sees."""

    label: str
    verdict: str
    activity: Mapping[str, Any]
    document: Mapping[str, Any]
    because: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A promise that is broken.

    ``code`` is stable and documented; ``message`` a fact in one sentence, ``hint`` what to do.
    ``family`` tells near-miss or mutation families apart, ``count`` how many documents show
    the same, ``place`` where in the query or rule file the cause stands.
    """

    code: str
    severity: str
    rule: str
    message: str
    translation: str = ""
    language: str = ""
    schema: str = ""
    version: str = ""
    hint: str = ""
    family: str = ""
    mutation: str | None = None
    place: str = ""
    excerpt: str = ""
    count: int = 1
    witness: Witness | None = None
    known: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two findings the same finding in two runs."""
        return (
            self.rule,
            self.translation,
            self.schema,
            self.version,
            self.code,
            self.mutation or "",
            self.family,
        )


class Judge(Protocol):
    """Runs the translation of a cell on further documents of its schema."""

    def __call__(
        self,
        bodies: Sequence[Mapping[str, Any]],
        now: datetime | None = None,
        types: Mapping[str, FieldType] | None = None,
    ) -> list[Truth]:
        """Return one verdict per document.

        ``now`` is the clock of the run; ``types`` are index types beyond the schema's own.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One translation on one schema: its query, the documents, and a verdict for each.

    ``error`` stands in for ``query`` where the query could not be read, or the rule not be run:
    then nothing is known of what it means, and its ``intent`` is undefined on every event.
    """

    rule: Rule
    translation: Translation
    schema: Schema
    version: str
    query: Query | None
    error: QuerySyntaxError | Unsupported | None
    semantics: Semantics
    judge: Judge
    intent: Intent
    documents: Sequence[Document] = ()
    verdicts: Sequence[Truth] = ()
    cost: Cost | None = None
    opinions: tuple[Opinion, ...] = ()

    def pairs(self) -> Iterator[tuple[Document, Truth]]:
        """Yield every document with its verdict."""
        return zip(self.documents, self.verdicts, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Measured cost of a translation: see :class:`harness.ruleset.model.Budget`."""

    relative: float
    growth: float
    exhausted: bool = False
    text: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a real engine says about some of a cell's documents.

    ``rejection`` is why it refuses the query, in its own words; ``failure`` why it gave no
    answer, such as a time limit. ``expected`` is what we say of just this version of the
    engine, where that is known; otherwise the cell's verdicts count. ``refused`` documents are
    such that the engine does not store; ``stand_ins`` are index types that it lacks, with what
    was taken in their place (``wildcard as keyword``), by it and in ``expected``.
    """

    engine: str
    version: str
    documents: tuple[Document, ...] = ()
    verdicts: tuple[bool | None, ...] = ()
    expected: tuple[Truth, ...] = ()
    refused: int = 0
    stand_ins: tuple[str, ...] = ()
    rejection: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """A rule with all of its cells, what could not be built for it, and what is proven of it."""

    rule: Rule
    intent: Intent | None
    cells: tuple[Cell, ...]
    gaps: tuple[NotConstructed, ...] = ()
    facts: tuple[Fact, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A promise that the harness verifies.

    ``question`` is what it asks, in one sentence; ``codes`` the findings it can report with a
    sentence each. A check looks at one cell or at a whole rule.
    """

    name: str
    question: str
    codes: Mapping[str, str]
    cell: Callable[[Cell], Iterator[Finding]] | None = None
    rule: Callable[[RuleResult], Iterator[Finding]] | None = None


def finding(cell: Cell, code: str, message: str, **details: Any) -> Finding:
    """Return a finding about one cell."""
    details.setdefault("severity", "error")
    return Finding(
        code=code,
        rule=cell.rule.key,
        translation=cell.translation.name,
        language=cell.translation.language,
        schema=cell.schema.label,
        version=cell.version,
        message=message,
        **details,
    )
