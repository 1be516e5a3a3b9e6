"""What a language file declares about its language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.ir import Context, Query, Semantics
from harness.source import Source

Parse = Callable[[Source, Context], Query]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A query language.

    ``parse`` reads a query; it raises ``QuerySyntaxError`` where the real language rejects
    the text and ``Unsupported`` where only the harness cannot evaluate it. ``extensions`` are
    the file name endings that a practitioner expects a query of this language in.
    """

    name: str
    title: str
    reference: str
    semantics: Semantics
    parse: Parse
    extensions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A setting of the real product that changes a query's meaning."""

    name: str
    default: str
    summary: str
