"""What is remembered of rules between scans: what must be looked for, and their texts.

A rule's own predicate is read again from its text when an event has what it must have, which
for nearly all rules is never. Only rules in languages that declare their views are remembered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from harness import languages
from harness.cache import Cache, code_digest, key_of
from harness.errors import Diagnostic
from harness.evaluate.clauses import Clause, Needle, place
from harness.evaluate.program import Compiled, Exact
from harness.ir import AnyField, Case, Context, Truth, View
from harness.ruleset.files import MANIFEST, rule_files
from harness.scan.queries import About, NotRun, Queries, Query
from harness.source import Source
from harness.telemetry.logsources import LogSource

_MAX_FILE = 4 << 20
"""Bytes of a file that count for whether anything has changed."""


def key_for(paths: Sequence[Path]) -> str:
    """Return the name under which the rules at some paths are remembered."""
    return key_of("scan", *(str(path.absolute()) for path in paths))


def state_of(paths: Sequence[Path]) -> str:
    """Return a digest of the harness and of every file that may belong to the rules."""
    digest = hashlib.sha256(code_digest().encode())
    for file in _files(paths):
        digest.update(f"\0{file}\0".encode("utf-8", "surrogatepass"))
        try:
            with file.open("rb") as opened:
                digest.update(hashlib.sha256(opened.read(_MAX_FILE)).digest())
        except OSError as error:
            digest.update(str(error).encode())
    return digest.hexdigest()


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for root in paths:
        for file in rule_files(root, ("",)):
            if file.name == MANIFEST:
                yield from sorted(one for one in file.parent.rglob("*") if one.is_file())
            else:
                yield file


def recall(cache: Cache, key: str, state: str) -> tuple[Queries, tuple[Diagnostic, ...]] | None:
    """Return the queries of rules that have not changed, and the problems of the others."""
    text = cache.get(key)
    if text is None:
        return None
    known = orjson.loads(text)
    if known["state"] != state:
        return None
    problems = tuple(Diagnostic(**one) for one in known["problems"])
    return _queries(known), problems


def keep(
    cache: Cache, key: str, state: str, queries: Queries, problems: Iterable[Diagnostic]
) -> None:
    """Remember the queries of some rules, if all of them can be."""
    known = _plain(queries)
    if cache and known is not None:
        known |= {"state": state, "problems": [asdict(one) for one in problems]}
        cache.put([(key, json.dumps(known))])


def _plain(queries: Queries) -> dict[str, Any] | None:
    table = _Table()
    rows = []
    for query, key in zip(queries.queries, queries.rules, strict=True):
        views = languages.get(query.language).views
        needles = {*query.compiled.needles, *(n for c in query.compiled.clauses for n in c.needles)}
        if query.source is None or any(one.place.view not in views for one in needles):
            return None
        try:
            options = json.dumps(query.options)
        except TypeError:
            return None
        rows.append(
            {
                "key": key,
                "about": asdict(query.about),
                "asked": query.asked,
                "text": query.source.text,
                "line": query.source.first_line,
                "options": json.loads(options),
                "unknown": int(query.compiled.unknown),
                "fields": sorted(query.compiled.fields),
                "clauses": [
                    [one.exact, [table.number(needle) for needle in one.needles]]
                    for one in query.compiled.clauses
                ],
                "needles": [table.number(one) for one in query.compiled.needles],
            }
        )
    not_run = [[asdict(one.about), one.code, one.reason] for one in queries.not_run]
    return {"queries": rows, "not_run": not_run, "places": table.places, "needles": table.needles}


class _Table:
    """Needles by number."""

    def __init__(self) -> None:
        self.needles: list[list[Any]] = []
        self.places: list[list[Any]] = []
        self._needles: dict[Needle, int] = {}
        self._places: dict[Any, int] = {}

    def number(self, needle: Needle) -> int:
        if needle not in self._needles:
            self._needles[needle] = len(self.needles)
            if needle.place not in self._places:
                self._places[needle.place] = len(self.places)
                where = needle.place.field
                field = where if isinstance(where, str) else {"without": where.without}
                self.places.append([field, needle.place.view.name, needle.place.case.name])
            number = self._places[needle.place]
            self.needles.append([number, needle.text, needle.begins, needle.ends])
        return self._needles[needle]


def _queries(known: Mapping[str, Any]) -> Queries:
    views: dict[str, View] = {}
    for language in {one["about"]["language"] for one in known["queries"]}:
        views |= {view.name: view for view in languages.get(language).views}
    places = [
        place(
            field if isinstance(field, str) else AnyField(tuple(field["without"])),
            views[view],
            Case[case],
        )
        for field, view, case in known["places"]
    ]
    needles = [
        Needle(places[number], text, begins, ends)
        for number, text, begins, ends in known["needles"]
    ]
    made = Queries()
    for row in known["queries"]:
        about = About(**row["about"])
        made.references[row["key"]] = len(made.queries)
        made.rules.append(row["key"])
        made.queries.append(_query(row, about, needles))
    made.not_run = [NotRun(About(**one), code, reason) for one, code, reason in known["not_run"]]
    return made


def _query(row: Mapping[str, Any], about: About, needles: Sequence[Needle]) -> Query:
    source = Source(row["text"], about.file, first_line=row["line"])
    unknown = Truth(row["unknown"])
    compiled = Compiled(
        partial(_exact, about.language, source, row["options"], unknown),
        clauses=tuple(
            Clause(frozenset([needles[number] for number in numbers]), exact)
            for exact, numbers in row["clauses"]
        ),
        needles=tuple(needles[number] for number in row["needles"]),
        unknown=unknown,
        fields=frozenset(row["fields"]),
    )
    asked = LogSource(*row["asked"])
    return Query(about, about.language, compiled, asked, source=source, options=row["options"])


def _exact(language: str, source: Source, options: Mapping[str, Any], unknown: Truth) -> Exact:
    """Read a rule again; it was read before, so nothing is wrong with it."""
    spoken = languages.get(language)
    query = spoken.parse(source, Context(options=options))
    return Exact.of(query.predicate, spoken.semantics, unknown)
