"""What real engines say about a translation's documents."""

from __future__ import annotations

import atexit
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import compress
from types import TracebackType
from typing import Any, Self

from harness import languages
from harness.checks import Opinion
from harness.documents.document import Document
from harness.engines import Address, Connection, Engine, Store, engines_for
from harness.engines._base import Declined, EngineFailure, Server
from harness.engines.servers import servers
from harness.errors import HarnessError
from harness.ir import FieldType, Truth
from harness.ir.cells import text_line
from harness.languages._elastic.opensearch import as_elasticsearch, release
from harness.ruleset.model import Translation
from harness.source import QuerySyntaxError

MAX_DOCUMENTS = 500
GIVEN_UP = 3
"""Failures in a row after which a server is not asked any more."""
_OF_ELASTICSEARCH = frozenset({"lucene", "querydsl"})
_log = logging.getLogger(__name__)
_CLOCK = re.compile(r"\bnow\b", re.IGNORECASE)


def opinions(
    translation: Translation,
    documents: Sequence[Document],
    types: Mapping[str, FieldType],
    *,
    known: Mapping[str, FieldType] | None = None,
    named: Collection[str] = (),
    trusted: bool = True,
    timeout: float,
) -> Iterator[Opinion]:
    """Yield the verdicts of every engine that is installed for the translation's language.

    ``types`` are those of all fields that the query or a document names, and ``known`` those
    that the query is read with. Engines that read text lines only are asked about such
    documents, and only a parser where there is no document. A translation of several queries is
    left out. ``named`` engines are those that the user asks for, without the ``trusted`` ones if
    so wanted; ``timeout`` is how many seconds an engine may take for one translation.
    """
    if translation.pieces:
        return
    for engine in engines_for(translation.language, named, trusted=trusted):
        version = engine.available() or ""
        asked = tuple(one for one in documents if engine.judge or _is_line(one))[:MAX_DOCUMENTS]
        if engine.check is not None:
            asked = ()
        elif not documents:
            continue
        try:
            verdicts = _said(engine, translation, asked, (types, known or {}), timeout)
        except QuerySyntaxError as error:
            yield Opinion(engine=engine.title, version=version, rejection=error.message)
        except HarnessError as error:
            yield Opinion(engine=engine.title, version=version, failure=str(error))
        else:
            yield Opinion(
                engine=engine.title, version=version, documents=asked, verdicts=tuple(verdicts)
            )


def _said(
    engine: Engine,
    translation: Translation,
    documents: Sequence[Document],
    types: tuple[Mapping[str, FieldType], Mapping[str, FieldType]],
    timeout: float,
) -> Sequence[bool | None]:
    """Return the verdicts of an engine; a parser has none."""
    text, options = translation.source.text, translation.options
    if engine.check is not None:
        engine.check(text, options=options, types=types[1], timeout=timeout)
        return ()
    bodies = [one.body for one in documents]
    if engine.judge is not None:
        return engine.judge(text, bodies, options=options, types=types[0], timeout=timeout)
    assert engine.run is not None
    return engine.run(text, [text_line(one) for one in bodies], timeout=timeout)


def _is_line(document: Document) -> bool:
    return bool(document.body) and set(document.body) <= {"_raw", "_raw_b64"}


# Servers -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Peer:
    """A server as this process knows it."""

    connection: Connection | None = None
    failures: int = 0
    last: str = ""


_peers: dict[Address, _Peer] = {}


def connected(address: Address) -> Connection:
    """Return the connection of this process to a server; raises ``EngineFailure``."""
    peer = _peers.setdefault(address, _Peer())
    if peer.connection is None:
        peer.connection = servers()[address.kind].connect(address)
    return peer.connection


def let_go() -> None:
    """Close all connections of this process."""
    for peer in _peers.values():
        if peer.connection is not None:
            with suppress(Exception):
                peer.connection.close()
    _peers.clear()


atexit.register(let_go)

Expected = Callable[[str, Mapping[str, FieldType]], Sequence[Truth]]
"""What we say ourselves of a server's kind and version, and of index types; nothing where we do
not evaluate it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Documents of ours that stay on a server, and why."""

    address: Address
    reason: str

    @property
    def message(self) -> str:
        """What happened, in one sentence."""
        return f"documents of this rule are left on {self.address.name}: {self.reason}"

    @property
    def hint(self) -> str:
        """The command that takes them away."""
        one = self.address
        named = f"{one.name}={one.url}" if one.name == one.kind else one.name
        return f"take them away with: harness engine clean {named} --older-than 0"


@dataclass(slots=True, kw_only=True)
class Beside:
    """The servers beside one rule: its documents are stored once a data source, then removed."""

    addresses: tuple[Address, ...]
    left: list[Leftover] = field(default_factory=list)
    """What could not be taken away from the servers in the end."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _stores: dict[tuple[Address, int, str], Store] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if kind is not None:  # nobody reads what is left
            for one in self.left:
                _log.warning("%s; %s", one.message, one.hint)

    @contextmanager
    def _removed(self, address: Address, context: AbstractContextManager[Store]) -> Iterator[Store]:
        """Store documents; note where they cannot be removed."""
        store = context.__enter__()
        try:
            yield store
        finally:
            try:
                context.__exit__(None, None, None)
            except EngineFailure as failure:
                self.left.append(Leftover(address=address, reason=str(failure)))

    def opinions(
        self,
        translation: Translation,
        documents: Sequence[Document],
        types: Mapping[str, FieldType],
        expected: Expected,
    ) -> Iterator[Opinion]:
        """Yield what each server of the translation's language says."""
        for address in self.addresses:
            server = servers()[address.kind]
            if translation.language in server.languages:
                yield self._opinion(address, translation, documents, types, expected)

    def _opinion(
        self,
        address: Address,
        translation: Translation,
        documents: Sequence[Document],
        types: Mapping[str, FieldType],
        expected: Expected,
    ) -> Opinion:
        server = servers()[address.kind]
        title = server.title
        peer = _peers.setdefault(address, _Peer())
        version = peer.connection.version if peer.connection else ""
        why_not = self._why_not(peer, server, translation)
        if why_not:
            return Opinion(engine=title, version=version, failure=why_not)
        try:
            version = connected(address).version
            stored = connected(address).stored_as(types)
            store = self._store(address, documents, stored)
            said = store.ask(
                translation.language, translation.source.text, options=translation.options
            )
        except QuerySyntaxError as error:
            peer.failures = 0
            return Opinion(
                engine=title, version=connected(address).version, rejection=error.message
            )
        except HarnessError as error:
            if not isinstance(error, Declined):
                peer.failures += 1
                peer.last = str(error)
            return Opinion(engine=title, version=version, failure=str(error))
        peer.failures = 0
        ours = expected(f"{address.kind} {version}", stored)
        kept = list(store.taken)
        return Opinion(
            engine=title,
            version=version,
            documents=tuple(compress(documents, kept)),
            verdicts=tuple(compress(said, kept)),
            expected=tuple(compress(ours, kept)),
            refused=kept.count(False),
            stand_ins=tuple(
                sorted(
                    {f"{types[one].name} as {stored[one].name}" for one in _apart(types, stored)}
                )
            ),
        )

    @staticmethod
    def _why_not(peer: _Peer, server: Server, translation: Translation) -> str:
        if peer.failures >= GIVEN_UP:
            return f"not asked any more after {GIVEN_UP} failures, the last: {peer.last}"
        if translation.pieces:
            return "several queries of one rule are not asked of a server"
        if server.clock and _CLOCK.search(translation.source.text):
            return "the query looks at the clock, which cannot be set on a server"
        return ""

    def _store(
        self,
        address: Address,
        documents: Sequence[Document],
        types: Mapping[str, FieldType],
    ) -> Store:
        key = (address, id(documents), repr(sorted(types.items(), key=str)))
        if key not in self._stores:
            bodies = [one.body for one in documents]
            context = connected(address).store(bodies, types)
            self._stores[key] = self._stack.enter_context(self._removed(address, context))
        return self._stores[key]


def _apart(types: Mapping[str, FieldType], stored: Mapping[str, FieldType]) -> Iterator[str]:
    return (path for path, kind in types.items() if stored[path].name != kind.name)


def version_option(language: str, version: str) -> dict[str, Any]:
    """Return the options with which a language means a version of an engine.

    Before the number stands the kind of server: its fork reads Elasticsearch's languages too.
    """
    kind, _, number = version.rpartition(" ")
    meant = ".".join(number.split(".")[:2])
    if not any(one.name == "version" for one in languages.get(language).options):
        return {}
    if kind == "opensearch" and language in _OF_ELASTICSEARCH:
        return as_elasticsearch(release({"version": meant}))
    return {"version": meant}
