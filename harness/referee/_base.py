"""What a grammar file declares, and what comes of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from harness.ir import FieldType

Answer = list[bool | None] | str
"""One verdict per document, or why there is none: ``invalid``, ``unsupported``."""


@dataclass(frozen=True, slots=True)
class World:
    """Documents and how a store indexes their fields.

    ``options`` are settings of the language that the documents are stored under.
    """

    types: Mapping[str, FieldType]
    documents: Sequence[Mapping[str, Any]]
    options: Mapping[str, Any] = field(default_factory=dict)


Takes = Callable[[FieldType], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How queries of a language are made up, and the documents that exercise them.

    ``worlds`` is given what the engine can index; where it draws one world again and again, the
    engine stores it once. ``options`` are settings that are drawn with each query.
    """

    language: str
    queries: SearchStrategy[str]
    worlds: Callable[[Takes], SearchStrategy[World]]
    options: SearchStrategy[dict[str, Any]]


class Disagreement(Exception):
    """A query on which an engine and our reading differ, with documents that show it."""

    def __init__(
        self,
        query: str,
        world: World,
        options: Mapping[str, Any],
        *,
        ours: Answer,
        theirs: Answer,
        words: str = "",
    ) -> None:
        super().__init__(query)
        self.query = query
        self.world = world
        self.options = options
        self.ours = ours
        self.theirs = theirs
        self.words = words


@dataclass(slots=True)
class Report:
    """What a comparison came to, in numbers; ``disagreement`` is what ended it."""

    engine: str
    version: str
    language: str
    seed: int
    queries: int = 0
    verdicts: int = 0
    rejected: int = 0
    unsupported: int = 0
    undecided: int = 0
    declared: dict[str, int] = field(default_factory=dict)
    disagreement: Disagreement | None = None
