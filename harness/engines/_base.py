"""What an engine file declares: a program on this machine, or a kind of server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from harness.engines._addresses import Address
from harness.errors import HarnessError
from harness.ir import Event, FieldType


class EngineFailure(HarnessError):
    """A real engine gives no answer: it is down, slow, full, or says what cannot be read.

    The message names the engine and never holds a credential.
    """


class Declined(EngineFailure):
    """It answers, and does not have what is needed: a type, an interface."""


class EngineTimeout(EngineFailure):
    """It does not end within its time."""


class Run(Protocol):
    """Runs a query over text lines in the real engine."""

    def __call__(
        self, query: str, lines: list[str | bytes], /, *, timeout: float
    ) -> list[bool | None]:
        """Return one verdict per line; raise ``QuerySyntaxError`` where the engine refuses."""
        ...


class Judge(Protocol):
    """Runs a query over documents in the real engine."""

    def __call__(
        self,
        query: str,
        events: Sequence[Event],
        /,
        *,
        options: Mapping[str, Any],
        types: Mapping[str, FieldType],
        timeout: float,
    ) -> list[bool | None]:
        """Return one verdict per event; ``types`` are those of all fields that there are."""
        ...


class Check(Protocol):
    """Says whether the real engine takes a query, and runs nothing."""

    def __call__(
        self,
        query: str,
        /,
        *,
        options: Mapping[str, Any],
        types: Mapping[str, FieldType],
        timeout: float,
    ) -> None:
        """Raise ``QuerySyntaxError`` where the engine refuses; ``types`` are all columns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A real engine for one query language, on this machine.

    ``available`` gives its version, or ``None`` where it is not installed. ``run`` takes text
    lines; an engine with ``judge`` takes documents as well, and one with only ``check`` takes
    none: it is a vendor's parser. ``trusted`` engines run whenever they are installed; the
    others only when a user names them, since what they run may do more than answer.
    """

    name: str
    title: str
    language: str
    available: Callable[[], str | None]
    run: Run | None = None
    judge: Judge | None = None
    check: Check | None = None
    trusted: bool = True


class Store(Protocol):
    """Documents in a place of their own on a server, gone when the context is left."""

    @property
    def taken(self) -> Sequence[bool]:
        """Which of the documents the server took: it may refuse one that its types forbid."""
        ...

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document, ``None`` for a failure on that document alone.

        Raises:
            QuerySyntaxError: The server refuses the query, in its own words.
            EngineFailure: There is no answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A place of ours on a server that nobody took away; ``made`` as its name says."""

    name: str
    made: datetime


class Connection(Protocol):
    """A server that answers. It is used by one thread at a time."""

    @property
    def version(self) -> str:
        """The server's version, as it says."""
        ...

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return how this server indexes fields that should be of some types."""
        ...

    def store(
        self, documents: Sequence[Event], types: Mapping[str, FieldType]
    ) -> AbstractContextManager[Store]:
        """Store documents in a new place, with how each field is indexed."""
        ...

    def leftovers(self) -> list[Leftover]:
        """Return our places on the server, whoever made them."""
        ...

    def remove(self, name: str) -> None:
        """Remove one of our places."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A kind of server. ``settings`` are what it takes in ``harness.toml`` beside the rest."""

    name: str
    title: str
    languages: tuple[str, ...]
    connect: Callable[[Address], Connection]
    credentials: str
    """What it can be given to log in, for the documentation."""
    settings: frozenset[str] = frozenset()
    clock: bool = False
    """Whether its queries can look at its clock, as date math does with ``now``."""
