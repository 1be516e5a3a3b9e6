"""What every reader of a Query DSL query shares: the query at hand, its settings, its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import NoReturn

from harness.ir import FALSE, Constant, Context, FieldType, Predicate, Truth
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member
from harness.languages._elastic import fields
from harness.source import QuerySyntaxError, Source, Span, Unsupported

MAX_NESTED_DEPTH = 30
"""``indices.query.bool.max_nested_depth``; it counts every query since 8.0
(https://www.elastic.co/guide/en/elasticsearch/reference/8.13/search-settings.html)."""
_COUNTED_SINCE = 8
_MAX_BOOLS = 20
_BOOLS_COUNTED_SINCE = (7, 12)
"""In 7.12 to 7.17 only ``bool`` queries count (20 ran on 7.17.29, 21 did not)."""
METADATA = ("_id", "_index", "_type", "_score", "_source", "_routing", "_version", "_seq_no")
"""Names that a document of this harness may carry beside its own fields."""
COMMON = ("boost", "_name")
"""Settings that every query takes and that change no match."""

QueryReader = Callable[["Dsl", Member], Predicate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One query on one field, for explanations: what it became, and whether the field exists.

    ``sources`` are the paths in a document that the field's values stand at.
    """

    query: str
    field: str
    span: Span
    predicate: Predicate
    mapped: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsl:
    """A query being read: its text, the index it is for, and where in the tree we are.

    ``filtering`` tells whether the query only filters (before 7.0 that changed ``bool``);
    ``nested`` whether it looks at the objects of a nested query; ``clauses`` collects the
    queries on fields in the order of the text.
    """

    source: Source
    context: Context
    readers: Mapping[str, QueryReader]
    removed: Mapping[str, str]
    unsupported: Mapping[str, str]
    depth: int = 0
    bools: int = 0
    filtering: bool = False
    nested: bool = False
    clauses: list[Clause] = field(default_factory=list)

    @property
    def major(self) -> int:
        """The major version of Elasticsearch that the query is read for."""
        return fields.major(self.context)

    def query(self, node: Json, *, filtering: bool = False) -> Predicate:
        """Query = '{' name ':' body '}'."""
        body = self.object(node, "a query")
        if not len(body):
            self.fail(node.span, "the query is empty", "use match_all to match everything")
        if len(body) > 1:
            second = body.members[1]
            message = f"a query object holds one query; {second.key!r} is a second one"
            self.fail(second.key_span, message, "join queries with a bool query")
        inner = replace(
            self,
            depth=self.depth + 1,
            bools=self.bools + (body.members[0].key == "bool"),
            filtering=self.filtering or filtering,
        )
        inner.check_depth(node)
        return inner.named(body.members[0])

    def check_depth(self, node: Json) -> None:
        """Fail where queries are nested too deeply."""
        release = fields.version(self.context)
        depth, most = self.depth, MAX_NESTED_DEPTH
        if release[0] < _COUNTED_SINCE:
            depth, most = self.bools, _MAX_BOOLS
        if depth > most and release >= _BOOLS_COUNTED_SINCE:
            self.fail(node.span, f"queries are nested deeper than {most} levels")

    def named(self, member: Member) -> Predicate:
        """Read a query by its name."""
        reader = self.readers.get(member.key)
        if reader is not None:
            return reader(self, member)
        reason = self.unsupported.get(member.key)
        if reason is not None:
            self.cannot(member.key_span, f"the query {member.key!r}", reason)
        hint = self.removed.get(member.key, "")
        near = get_close_matches(member.key, self.readers, n=1)
        if not hint and near:
            hint = f"did you mean {near[0]!r}?"
        self.fail(member.key_span, f"there is no query {member.key!r}", hint)
        return None

    def within(self, context: Context) -> Dsl:
        """Return this reader for the objects of a nested query."""
        return replace(self, context=context, nested=True)

    def leaf(
        self, span: Span, build: Callable[[], Predicate], *, lenient: bool = False
    ) -> Predicate:
        """Return what ``build`` gives; its field errors get a place, or no match if lenient."""
        found: Predicate = FALSE
        try:
            with fields.placed(self.source, span, lenient=lenient):
                found = build()
        except fields.FieldError:
            pass
        return found

    def on_field(
        self, query: Member, named: Member, build: Callable[[Context], Predicate]
    ) -> Predicate:
        """Return what ``build`` gives for the field that ``named`` names, and note it down."""
        context = self.for_field(named.key)
        span = place(named)
        found = self.leaf(named.value.span, lambda: build(context))
        return self.note(query.key, named.key, span, found, context)

    def note(
        self, query: str, path: str, span: Span, found: Predicate, context: Context
    ) -> Predicate:
        """Note a query on a field down; one that can never match keeps its place."""
        placed = Constant(Truth.FALSE, span, (path,)) if found == FALSE else found
        known = fields.resolve(path, context)
        clause = Clause(
            query=query,
            field=path,
            span=span,
            predicate=placed,
            mapped=known is not None,
            sources=(path,) if known is None else known.sources,
        )
        self.clauses.append(clause)
        return placed

    def fail(self, span: Span, message: str, hint: str = "") -> NoReturn:
        """Raise the error for what Elasticsearch rejects."""
        raise QuerySyntaxError(message, self.source, span, hint)

    def cannot(self, span: Span, feature: str, reason: str) -> NoReturn:
        """Raise Unsupported."""
        raise Unsupported(feature, self.source, span, reason)

    def object(self, node: Json, what: str) -> JsonObject:
        """Return an object, or fail saying what must be one."""
        if not isinstance(node, JsonObject):
            self.fail(node.span, f"{what} is an object, not {node.kind}")
        return node

    def text(self, node: Json, what: str) -> str:
        """Return a scalar as text, as Elasticsearch's reader gives it."""
        if not isinstance(node, JsonScalar) or node.value is None:
            self.fail(node.span, f"{what} is a single value, not {node.kind}")
        return scalar_text(node)

    def flag(self, node: Json, what: str) -> bool:
        """Return a boolean, also one written as a string."""
        value = node.value if isinstance(node, JsonScalar) else None
        if value in ("true", "false") or isinstance(value, bool):
            return value in ("true", True)
        self.fail(node.span, f"{what} is true or false")
        return None

    def whole(self, node: Json, what: str) -> int:
        """Return a whole number, also one written as a string."""
        value = node.value if isinstance(node, JsonScalar) else None
        if isinstance(value, str) and value.lstrip("+-").isascii() and value.lstrip("-").isdigit():
            value = int(value[:10])
        if isinstance(value, float) and value == int(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(node.span, f"{what} is a whole number")
        return value

    def settings(self, body: JsonObject, name: str, allowed: tuple[str, ...]) -> dict[str, Json]:
        """Return the settings of a query by key; fail at a key that it does not have."""
        found: dict[str, Json] = {}
        for member in body:
            if member.key not in (*allowed, *COMMON):
                self.unknown(member, name, allowed)
            found[member.key] = member.value
        return found

    def unknown(self, member: Member, name: str, allowed: tuple[str, ...]) -> NoReturn:
        """Fail at a key that a query does not have."""
        near = get_close_matches(member.key, allowed, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(allowed)}"
        self.fail(member.key_span, f"the query {name!r} has no {member.key!r}", hint)

    def one_field(self, member: Member, *, besides: tuple[str, ...] = ()) -> Member:
        """Return the one member that names a field in the body of a field query."""
        body = self.object(member.value, f"the query {member.key!r}")
        named = [item for item in body if item.key not in besides]
        if not named:
            self.fail(body.span, f"the query {member.key!r} names no field")
        if len(named) > 1:
            message = f"the query {member.key!r} takes one field; {named[1].key!r} is a second"
            self.fail(named[1].key_span, message, "join one query a field with a bool query")
        if not named[0].key:
            self.fail(named[0].key_span, "the field has no name")
        return named[0]

    def for_field(self, path: str) -> Context:
        """Return the context for a field: the metadata fields count as keywords."""
        if path in ("_id", "_index"):
            return replace(self.context, types={path: FieldType(name="keyword")})
        return self.context


def scalar_text(node: JsonScalar) -> str:
    """Return a scalar as Elasticsearch's reader gives its text."""
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return "" if node.value is None else str(node.value)


def items_of(node: Json) -> tuple[Json, ...]:
    """Return the items of an array, or the one value that stands in its place."""
    return node.items if isinstance(node, JsonArray) else (node,)


def place(member: Member) -> Span:
    """Return the span of a key with its value."""
    return member.key_span.to(member.value.span)
