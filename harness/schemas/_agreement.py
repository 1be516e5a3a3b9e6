"""Whether a schema and real documents of its stream agree: what its author should know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.ir.cells import walk
from harness.ir.values import as_text
from harness.schemas._base import Schema
from harness.schemas._check import Deviation, deviations, may_miss
from harness.schemas._rules import Constant, From, Rule

_JSON_NAME = {bool: "boolean", str: "string", int: "number", float: "number", type(None): "null"}
_IDENTITY = ("Channel",)
"""Values whose default tells a kind from others, where nothing says which are allowed."""
MOST = 100_000
"""Paths that are told apart in the documents of one kind."""

Doc = Mapping[str, Any]
Placed = tuple[str, Doc]
"""A document, and where it stands."""


@dataclass(slots=True)
class Seen:
    """A path of the documents: in how many it is, of which types, and in how many as a list."""

    count: int = 0
    lists: int = 0
    types: Counter[str] = field(default_factory=Counter)

    def add(self, types: Iterable[str], *, listed: bool) -> None:
        """Count one document that has the path."""
        self.count += 1
        self.lists += listed
        self.types.update(types)


@dataclass(slots=True)
class Disagreement:
    """What several documents have at a path that the schema says otherwise: first where."""

    path: str
    code: str
    message: str
    place: str
    count: int = 0


@dataclass(slots=True)
class Agreement:
    """The documents of one kind, held against the version or variant that fits them best."""

    kind: str
    schema: Schema
    documents: int = 0
    declared: dict[str, Seen] = field(default_factory=dict)
    undeclared: dict[str, Seen] = field(default_factory=dict)
    disagreements: dict[tuple[str, str], Disagreement] = field(default_factory=dict)

    @property
    def never_seen(self) -> list[str]:
        """The paths of the schema that no document has, though it may."""
        told = {path for path, _ in self.disagreements}
        every = self.schema.paths(self.kind)
        return [path for path in every if path not in self.declared and path not in told]

    @property
    def sometimes(self) -> list[tuple[str, int, str]]:
        """The paths that only some documents have: how many lack them, and the schema's reason."""
        reasons = self.schema.optional(self.kind)
        return [
            (path, self.documents - seen.count, reasons.get(path, ""))
            for path, seen in self.declared.items()
            if seen.count < self.documents and may_miss(self.schema.fields_at(self.kind, path))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """What came of all documents; ``unrecognised`` are places with a reason each."""

    documents: int
    kinds: tuple[Agreement, ...]
    unrecognised: tuple[tuple[str, str], ...]

    @property
    def disagreements(self) -> int:
        """How many paths disagree."""
        return sum(len(one.disagreements) for one in self.kinds)


def agreements(
    shapes: Sequence[Schema], documents: Iterable[Placed], kind: str | None = None
) -> Agreements:
    """Hold documents against a schema in all its versions and variants, newest first.

    Each document counts for the kind that it is recognised as (or for ``kind``), in the version
    or variant from which it deviates least.
    """
    found: dict[tuple[str, str], Agreement] = {}
    lost: list[tuple[str, str]] = []
    total = 0
    for place, document in documents:
        total += 1
        kinds = [kind] if kind else recognised(shapes, document)
        if not kinds:
            lost.append((place, why_not(shapes, document)))
            continue
        name, schema, problems = _best(shapes, kinds, document)
        key = (name, schema.label)
        if key not in found:
            found[key] = Agreement(kind=name, schema=schema)
        _count(found[key], place, document, problems)
    ranked = sorted(found.values(), key=lambda one: (one.kind, one.schema.label))
    return Agreements(documents=total, kinds=tuple(ranked), unrecognised=tuple(lost))


def recognised(shapes: Sequence[Schema], document: Doc) -> list[str]:
    """Return the kinds that a document may be of: what tells kinds apart is as they say."""
    ranked: dict[str, int] = {}
    for schema in shapes:
        for kind in schema.kinds:
            score, against = _telling(schema, kind, document)
            if against or not any(
                schema.find(document, one) is not None for one in schema.paths(kind)
            ):
                continue
            ranked[kind] = max(ranked.get(kind, score), score)
    best = max(ranked.values(), default=0)
    return [kind for kind, score in ranked.items() if score == best]


def _telling(schema: Schema, kind: str, document: Doc) -> tuple[int, str]:
    """Return how much tells that a document is of a kind, and the first value that rules it out.

    A value that is not among the allowed ones rules the kind out. A constant of another kind
    does not, as it may be the schema that is wrong, unless most of them are.
    """
    score, strange = 0, ""
    tells = _tells(schema, kind)
    for path, (wanted, strict) in tells.items():
        held = schema.find(document, path)
        values = held if isinstance(held, list) else [held]
        texts = {
            as_text(one).lower()
            for one in values
            if one is not None and not isinstance(one, Mapping | list)
        }
        if not texts:
            continue
        if texts & wanted:
            score += 1
            continue
        score -= 1
        shown = f"{path} is {min(texts)[:60]!r}"
        strange = strange or shown
        if strict:
            return score, shown
    if score > 0 or not tells:
        return score, ""
    return score, strange or f"{next(iter(tells))} is absent"


@lru_cache(maxsize=512)
def _tells(schema: Schema, kind: str) -> Mapping[str, tuple[frozenset[str], bool]]:
    """Return the texts that each path can hold which tells a kind from others.

    A constant tells them apart if another kind has another one at the same path; values that
    are allowed do so strictly.
    """
    found = {path: (texts, True) for path, texts in _listed(schema, kind)}
    constants = _constants(schema, kind)
    for other in schema.kinds:
        for path, texts in _constants(schema, other).items():
            if constants.get(path, texts) != texts:
                found[path] = (constants[path], False)
    return found


def _listed(schema: Schema, kind: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the paths that show a value with few allowed contents, or that names the kind."""
    declared = schema.kind(kind)
    for path in schema.paths(kind):
        origins = [item.rule.origin for item in schema.fields_at(kind, path)]
        names = {one.name if isinstance(one, From) else "" for one in origins}
        value = declared.values.get(next(iter(names))) if len(names) == 1 else None
        if value is None:
            continue
        values: Sequence[Any]
        if value.allowed:
            values = [
                found
                for item in schema.fields_at(kind, path)
                for given in value.allowed
                for found in [
                    Rule(origin=item.rule.origin, steps=item.rule.steps).value({value.name: given})
                ]
                if found is not None
            ]
        elif value.name in _IDENTITY and all(
            not item.rule.steps for item in schema.fields_at(kind, path)
        ):
            values = _defaults(value.defaults)
        else:
            continue
        if values:
            yield path, _texts(values)


@lru_cache(maxsize=512)
def _constants(schema: Schema, kind: str) -> Mapping[str, frozenset[str]]:
    """Return the texts of the paths that hold nothing but constants."""
    found = {}
    for path in schema.paths(kind):
        origins = [item.rule.origin for item in schema.fields_at(kind, path)]
        values = [one.value for one in origins if isinstance(one, Constant)]
        if len(values) == len(origins):
            found[path] = _texts(values)
    return found


def _texts(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(as_text(one).lower() for each in values for one in _leaves(each))


def _defaults(rules: Sequence[Any]) -> tuple[Any, ...]:
    constants = [one.origin.value for one in rules if isinstance(one.origin, Constant)]
    return tuple(constants) if len(constants) == len(rules) else ()


def _leaves(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def why_not(shapes: Sequence[Schema], document: Doc) -> str:
    """Return why a document is of no kind, in words."""
    reasons: Counter[str] = Counter()
    for kind in shapes[0].kinds:
        reasons[_telling(shapes[0], kind, document)[1]] += 1
    reason = next((one for one, _ in reasons.most_common() if one), "")
    return (
        f"no kind of the schema is like that: {reason}"
        if reason
        else "no path of the schema is there"
    )


def fitting(shapes: Sequence[Schema], kind: str, document: Doc) -> Schema:
    """Return the version or variant from which a document of a kind deviates least."""
    return _best(shapes, [kind], document)[1]


def _best(
    shapes: Sequence[Schema], kinds: Sequence[str], document: Doc
) -> tuple[str, Schema, list[Deviation]]:
    """Return the kind and shape from which a document deviates least."""
    tried = [
        (schema, kind, list(deviations(schema, kind, document)))
        for schema in shapes
        for kind in kinds
        if kind in schema.kinds
    ]
    return min(
        ((kind, schema, problems) for schema, kind, problems in tried),
        key=lambda one: (len(one[2]), _unknown(one[1], one[0], document)),
    )


def _unknown(schema: Schema, kind: str, document: Doc) -> int:
    return sum(1 for _ in _foreign(schema, kind, document))


def _foreign(schema: Schema, kind: str, document: Doc) -> Iterator[str]:
    """Yield the paths of a document that the schema does not know, each once."""
    known = _known(schema, kind)
    seen: set[str] = set()
    for path, _ in walk(document):
        if path in seen or path in known or schema.undeclared_name(kind, path):
            continue
        seen.add(path)
        yield path


@lru_cache(maxsize=512)
def _known(schema: Schema, kind: str) -> frozenset[str]:
    """Return the declared paths, also without the places in lists, as documents are walked."""
    paths = schema.paths(kind)
    return frozenset({*paths, *(_without_places(path) for path in paths)})


def _without_places(path: str) -> str:
    return ".".join(part.partition("[")[0] for part in path.split("."))


def _count(one: Agreement, place: str, document: Doc, problems: Iterable[Deviation]) -> None:
    one.documents += 1
    schema, kind = one.schema, one.kind
    for path in schema.paths(kind):
        held = schema.find(document, path)
        if held is not None:
            _add(one.declared, path, [held])
    wanted = set(_foreign(schema, kind, document))
    values: dict[str, list[Any]] = {}
    for path, leaf in walk(document):
        if path in wanted:
            values.setdefault(path, []).append(leaf)
    for path, leaves in values.items():
        _add(one.undeclared, path, [leaves if len(leaves) > 1 else leaves[0]])
    for problem in problems:
        key = (problem.path, problem.code)
        told = one.disagreements.setdefault(
            key, Disagreement(problem.path, problem.code, problem.message, place)
        )
        told.count += 1


def _add(into: dict[str, Seen], path: str, held: list[Any]) -> None:
    if path not in into:
        if len(into) >= MOST:
            return
        into[path] = Seen()
    (value,) = held
    listed = isinstance(value, list)
    into[path].add({_type(one) for one in (value if listed else [value])}, listed=listed)


def _type(value: Any) -> str:
    if isinstance(value, Mapping):
        return "object"
    return "list" if isinstance(value, list) else _JSON_NAME.get(type(value), "string")
