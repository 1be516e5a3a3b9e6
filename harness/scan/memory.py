"""What is remembered of rules between scans: what must be looked for, and their texts.

A query's own predicate is read again from its text when an event has what it must have, which
for nearly all is never. How a language sees values (its views) cannot be written down; a view
that the language does not declare is taken from a query that has it, read again when the first
value is to be seen so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from harness import languages
from harness.cache import Cache, code_digest, key_of
from harness.errors import Diagnostic
from harness.evaluate.clauses import Clause, Needle, Place, Required, place
from harness.evaluate.program import Compiled, Exact
from harness.ir import (
    AnyField,
    Atom,
    Case,
    Context,
    FieldType,
    Predicate,
    Query,
    Semantics,
    Truth,
    View,
    walk_predicate,
)
from harness.ruleset.files import MANIFEST, rule_files
from harness.scan.queries import REFERENCE, About, NotRun, Queries
from harness.scan.queries import Query as Asked
from harness.source import Source
from harness.telemetry.logsources import LogSource

if TYPE_CHECKING:
    from harness.conversion.translate import Request

_MAX_FILE = 4 << 20
"""Bytes of a file that count for whether anything has changed."""
_PASSING = frozenset({"converter-died", "no-converter"})
"""Why a rule is not converted, where that says nothing about the rule."""


def key_for(paths: Sequence[Path], request: Request | None = None) -> str:
    """Return the name under which the rules at some paths are remembered."""
    names = [target.name for choice in request.choices for target in choice] if request else []
    return key_of("scan", *(str(path.absolute()) for path in paths), *(f"\0{one}" for one in names))


def state_of(paths: Sequence[Path], request: Request | None = None) -> str:
    """Return a digest of the harness and of all that decides what the rules become.

    That is every file that may belong to them, and the converters with their versions.
    """
    digest = hashlib.sha256(code_digest().encode())
    for part in _converters(request) if request else ():
        digest.update(f"\0{part}\0".encode("utf-8", "surrogatepass"))
    for file in _files(paths):
        digest.update(f"\0{file}\0".encode("utf-8", "surrogatepass"))
        try:
            with file.open("rb") as opened:
                digest.update(hashlib.sha256(opened.read(_MAX_FILE)).digest())
        except OSError as error:
            digest.update(str(error).encode())
    return digest.hexdigest()


def _converters(request: Request) -> Iterator[str]:
    from harness import conversion  # noqa: PLC0415 (slow to import, and only where asked for)

    for choice in request.choices:
        for one in choice:
            yield json.dumps(asdict(one), default=str)
            yield conversion.get(one.converter).fingerprint(one)


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
    if any(one.code in _PASSING for one in queries.not_run):
        return None
    table = _Table()
    rows = []
    for number, (query, key) in enumerate(zip(queries.queries, queries.rules, strict=True)):
        if query.source is None:
            return None
        try:
            options, types = json.dumps(query.options), _types(query.types)
        except TypeError:
            return None
        table.begin(number, query.language)
        compiled = query.compiled
        again = _is_ambiguous(compiled)
        rows.append(
            {
                "key": key,
                "about": asdict(query.about),
                "asked": query.asked,
                "schemas": sorted(query.schemas),
                "text": query.source.text,
                "name": query.source.name,
                "line": query.source.first_line,
                "pieces": query.pieces,
                "options": json.loads(options),
                "types": table.types_number(types),
                "unknown": int(query.compiled.unknown),
                "fields": sorted(compiled.fields),
                "again": again,
                "clauses": [
                    [one.exact, [table.number(needle) for needle in one.needles]]
                    for one in (() if again else compiled.clauses)
                ],
                "needles": [table.number(one) for one in (() if again else compiled.needles)],
            }
        )
    not_run = [[asdict(one.about), one.code, one.reason] for one in queries.not_run]
    kept = {"places": table.places, "needles": table.needles, "types": table.types}
    return {"queries": rows, "not_run": not_run, **kept}


def _is_ambiguous(compiled: Compiled) -> bool:
    """Return whether texts are looked for in a field that is seen in two ways of one name."""
    some = (*compiled.needles, *(one for clause in compiled.clauses for one in clause.needles))
    asked = {(one.place.field, one.place.view.name) for one in some}
    known: dict[tuple[Any, str], Any] = {}
    return any(
        known.setdefault((one.field, one.view.name), one.view.convert) is not one.view.convert
        for one in walk_predicate(compiled.exact.predicate)
        if isinstance(one, Atom) and (one.field, one.view.name) in asked
    )


def _types(types: Mapping[str, FieldType]) -> str:
    return json.dumps({path: [kind.name, kind.settings] for path, kind in types.items()})


class _Table:
    """Needles, places and types by number; each place with the first query that looks there."""

    def __init__(self) -> None:
        self.needles: list[list[Any]] = []
        self.places: list[list[Any]] = []
        self.types: list[Any] = []
        self._needles: dict[Any, int] = {}
        self._places: dict[Any, int] = {}
        self._types: dict[str, int] = {}
        self._query, self._language = 0, ""

    def begin(self, query: int, language: str) -> None:
        """Go on with the needles of a query."""
        self._query, self._language = query, language

    def types_number(self, types: str) -> int:
        """Return the number of types, written down."""
        if types not in self._types:
            self._types[types] = len(self.types)
            self.types.append(json.loads(types))
        return self._types[types]

    def number(self, needle: Needle) -> int:
        """Return the number of a needle."""
        key = (self._language, needle)
        if key not in self._needles:
            self._needles[key] = len(self.needles)
            self.needles.append([self._place(needle.place), *needle[1:]])
        return self._needles[key]

    def _place(self, found: Place) -> int:
        key = (self._language, found)
        if key not in self._places:
            self._places[key] = len(self.places)
            field = found.field
            where = field if isinstance(field, str) else {"without": field.without}
            view = [found.view.name, found.view.plain]
            self.places.append([self._language, where, *view, found.case.name, self._query])
        return self._places[key]


def _queries(known: Mapping[str, Any]) -> Queries:
    types = [
        {path: FieldType(name=name, settings=given) for path, (name, given) in one.items()}
        for one in known["types"]
    ]
    made = Queries()
    remembered = [_Remembered(row, types[row["types"]]) for row in known["queries"]]
    places = [_place_of(one, remembered) for one in known["places"]]
    needles = [
        Needle(places[number], text, begins, ends)
        for number, text, begins, ends in known["needles"]
    ]
    for one in remembered:
        if one.about.translation == REFERENCE:
            made.references[one.row["key"]] = len(made.queries)
        made.rules.append(one.row["key"])
        made.queries.append(one.query(needles))
    made.not_run = [NotRun(About(**one), code, reason) for one, code, reason in known["not_run"]]
    return made


def _place_of(known: Sequence[Any], remembered: Sequence[_Remembered]) -> Place:
    language, where, name, plain, case, example = known
    field = where if isinstance(where, str) else AnyField(tuple(where["without"]))
    declared = {view.name: view for view in languages.get(language).views}
    view = declared.get(name)
    if view is None:
        convert = _Convert(partial(remembered[example].convert, field, name))
        view = View(name, convert, plain=plain)
    return place(field, view, Case[case])


class _Convert:
    """How a view sees values, found when the first one is to be seen."""

    def __init__(self, find: Callable[[], Callable[[Any], Iterable[Any]]]) -> None:
        self._find = find
        self._found: Callable[[Any], Iterable[Any]] | None = None

    def __call__(self, value: Any) -> Iterable[Any]:
        if self._found is None:
            self._found = self._find()
        return self._found(value)


class _Remembered:
    """A query as it is kept; it was read before, so nothing is wrong with it."""

    __slots__ = ("_clauses", "_read", "_types", "_unknown", "about", "row")

    def __init__(self, row: Mapping[str, Any], types: Mapping[str, FieldType]) -> None:
        self.row, self.about = row, About(**row["about"])
        self._types = types
        self._unknown = Truth(row["unknown"])
        self._clauses: tuple[Clause, ...] = ()
        self._read: Predicate | None = None

    def query(self, needles: Sequence[Needle]) -> Asked:
        """Return the query; its predicate is made when it is first needed."""
        row = self.row
        looked_for = tuple(needles[number] for number in row["needles"])
        clauses = tuple(
            Clause(frozenset([needles[number] for number in numbers]), exact)
            for exact, numbers in row["clauses"]
        )
        self._clauses = clauses
        if row["again"]:
            compiled = Compiled.of(self._predicate, self._semantics, self._unknown)
        else:
            compiled = Compiled(
                self._exact,
                clauses=clauses,
                needles=looked_for,
                unknown=self._unknown,
                fields=frozenset(row["fields"]),
            )
        return Asked(
            self.about,
            self.about.language,
            compiled,
            None if row["asked"] is None else LogSource(*row["asked"]),
            schemas=frozenset(row["schemas"]),
            source=self._source,
            options=row["options"],
            types=self._types,
            pieces=tuple(row["pieces"]),
        )

    @property
    def _source(self) -> Source:
        return Source(self.row["text"], self.row["name"], first_line=self.row["line"])

    def _exact(self) -> Exact:
        """Read the predicate again.

        Where its texts are looked for in places of which there is a new description now, those
        that are remembered count, and all of the predicate is decided where they are found.
        """
        found = Exact.of(self._predicate, self._semantics, self._unknown)
        if found.required.clauses == self._clauses:
            return found
        parts = (None,) * len(self._clauses)
        return replace(found, required=Required(self._clauses, parts, found.predicate))

    def convert(self, field: str | AnyField, name: str) -> Callable[[Any], Any]:
        """Return how a view that the query has sees values."""
        atoms = (one for one in walk_predicate(self._predicate) if isinstance(one, Atom))
        views = (one.view for one in atoms if one.field == field)
        return next(one for one in views if one.name == name).convert

    @property
    def _predicate(self) -> Predicate:
        if self._read is None:
            self._read = self._parsed().predicate
        return self._read

    @property
    def _semantics(self) -> Semantics:
        return languages.get(self.about.language).semantics

    def _parsed(self) -> Query:
        context = Context(types=self._types, options=self.row["options"])
        if not self.row["pieces"]:
            return languages.get(self.about.language).parse(self._source, context)
        from harness.ruleset.model import Translation  # noqa: PLC0415
        from harness.run.queries import parse_query  # noqa: PLC0415 (slow to import)

        whole = Translation(
            name=self.about.translation,
            language=self.about.language,
            source=self._source,
            schemas=(),
            pieces=tuple(self.row["pieces"]),
        )
        return parse_query(whole, context)
