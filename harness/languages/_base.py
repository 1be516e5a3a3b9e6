"""What a language file declares about its language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.ir import Context, FieldType, Query, Semantics, View
from harness.source import Source

Parse = Callable[[Source, Context], Query]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A query language.

    ``parse`` reads a query; it raises ``QuerySyntaxError`` where the real language rejects
    the text and ``Unsupported`` where only the harness cannot evaluate it. ``extensions`` are
    the file name endings that a practitioner expects a query of this language in. ``indexed``
    says how its store indexes a field that a data source's own template gives another type;
    ``deviations`` where a real engine is known to differ from us; ``views`` are those that do
    not depend on the query, which what is remembered of a query may name.
    """

    name: str
    title: str
    reference: str
    semantics: Semantics
    parse: Parse
    extensions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    indexed: Mapping[str, FieldType] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()
    views: tuple[View, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Where a real engine is known to answer otherwise than our reading, and why that stays.

    ``covers`` says of a query whether it may be so; ``when`` what the difference is: we reject
    the query and the engine takes it, the reverse, or both take it and a verdict differs; it fails
    where the engine fails on a document on which a part of the query is undefined for us.
    """

    name: str
    reason: str
    covers: Callable[[str], bool]
    when: Literal["we reject", "it rejects", "verdicts", "it fails"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A setting of the real product that changes a query's meaning."""

    name: str
    default: str
    summary: str
