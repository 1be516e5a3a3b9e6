"""Elasticsearch's ``query_string``: clauses of Lucene's syntax as a predicate.

Follows ``QueryStringQueryParser`` of the server
(https://github.com/elastic/elasticsearch/blob/main/server/src/main/java/org/elasticsearch/index/search/QueryStringQueryParser.java)
over Lucene's classic parser. There is no precedence: each clause of a group is required,
optional or prohibited, and optional ones count only where nothing is required.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.ir import (
    FALSE,
    TRUE,
    AtLeast,
    Context,
    Not,
    Operator,
    Predicate,
    all_of,
    any_of,
)
from harness.ir.regexes.lucene import MAX_LENGTH
from harness.languages._elastic import fields, types
from harness.languages._elastic.fields import FieldError
from harness.languages._elastic.query_syntax import (
    Group,
    Item,
    Kind,
    Leaf,
    Modifier,
    parse_syntax,
    pieces,
)
from harness.languages._lexing import syntax_error
from harness.source import Source, Span

MAX_FIELDS = 1024
"""Fields that one clause may search (``indices.query.bool.max_clause_count`` by default)."""
_EXISTS = "_exists_"
_METADATA = frozenset(
    {"_id", "_index", "_type", "_source", "_routing", "_field_names", "_ignored", "_size"}
)
_WITHOUT_TERMS = frozenset(
    {"binary", "geo_point", "geo_shape", "point", "shape", "histogram", "dense_vector"}
    | {"sparse_vector", "rank_feature", "rank_features", "aggregate_metric_double", "percolator"}
)
"""Types that a search over all fields passes by."""

_TRIMMED = "".join(map(chr, range(33)))
"""What Java's ``trim`` takes off; a query of other blanks alone is a syntax error."""

RequiredOf = Callable[[int], int]
"""How many of so many optional clauses must match."""

OPERATORS: Mapping[str, Operator] = {
    "field:value": Operator(
        summary="Exact whole value on keyword fields; any token of the value on text fields."
    ),
    'field:"value"': Operator(
        summary="As without quotes on keyword fields; the tokens in order on text fields."
    ),
    "field:val*": Operator(
        summary="Wildcards over the whole keyword value, or over one token of text.",
        wildcards="*?",
    ),
    "field:/regex/": Operator(
        summary="A regular expression over the whole keyword value, or over one token of text.",
        dialect="lucene",
    ),
    "field:value~": Operator(summary="Values, or tokens, within an edit distance."),
    "field:[a TO b]": Operator(summary="A range in the order of the field's type; also > and <."),
    "field:*": Operator(summary="The field has an indexed value; _exists_:field is the same."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Parameters of a ``query_string`` query, named as there.

    ``lenient`` unset means: true where the default field is ``*``. ``required_of`` gives the
    number of optional clauses of the top group that must match (``minimum_should_match``).
    """

    default_field: str | None = None
    fields: tuple[str, ...] = ()
    default_operator: str = "OR"
    lenient: bool | None = None
    allow_leading_wildcard: bool = True
    analyze_wildcard: bool = False
    fuzziness: str = "AUTO"
    fuzzy_prefix_length: int = 0
    fuzzy_transpositions: bool = True
    phrase_slop: int = 0
    time_zone: str | None = None
    quote_field_suffix: str = ""
    as_phrases: bool = False
    """True for ``type: phrase``: unquoted text is a phrase too."""
    is_opensearch: bool = False
    """True for OpenSearch: expressions pass the analyzer, and unindexed fields have no terms."""
    check_leading_wildcards: bool = False
    """True where a leading wildcard is an error even on a field that is not mapped."""
    required_of: RequiredOf | None = field(default=None, compare=False)

    @property
    def searches_all(self) -> bool:
        """Whether terms without a field search every field."""
        listed = self.fields or (self.default_field or "*",)
        return "*" in listed


def parse_query_string(
    source: Source,
    context: Context,
    settings: Settings | None = None,
    *,
    text: str | None = None,
    span: Span | None = None,
) -> Predicate:
    """Return the predicate of a query.

    The query is the whole source, or ``text`` that stands (escaped, say) at ``span`` of it.
    """
    chosen = settings or Settings()
    written = source.text if text is None else text
    whole = span or Span(0, len(source.text))
    if not written.strip(_TRIMMED):
        return FALSE
    group = parse_syntax(source, whole, text)
    return _Reader(source, context, chosen).top(group) or FALSE


@dataclass(frozen=True, slots=True)
class _Clauses:
    """The clauses of one group while they are being read."""

    items: list[tuple[str, Predicate]] = field(default_factory=list)

    def revise(self, occur: str) -> None:
        """Change how the last clause counts, unless it is prohibited."""
        if self.items and self.items[-1][0] != "-":
            self.items[-1] = (occur, self.items[-1][1])

    def of(self, occur: str) -> list[Predicate]:
        return [item for kind, item in self.items if kind == occur]


class _Reader:
    """Turns clauses into predicates for one query."""

    def __init__(self, source: Source, context: Context, settings: Settings) -> None:
        self.source = source
        self.context = context
        self.settings = settings
        self.conjunctive = settings.default_operator.upper() == "AND"
        lenient = settings.lenient
        self.lenient = settings.searches_all if lenient is None else lenient

    def top(self, group: Group) -> Predicate | None:
        """Return the predicate of the query; ``minimum_should_match`` is about its outer clauses.

        A lone clause without a sign is the query itself, however many parentheses are round it.
        """
        while len(group.items) == 1 and not group.items[0].modifier.value:
            node = group.items[0].node
            if not isinstance(node, Group):
                return self.leaf(node, self.settings.required_of)
            group = node
        return self.group(group, self.settings.required_of)

    def group(self, group: Group, required_of: RequiredOf | None = None) -> Predicate | None:
        """Return the predicate of a group; ``None`` where no clause is left in it."""
        clauses = _Clauses()
        for item in group.items:
            self.add(clauses, item)
        if not clauses.items:
            return None
        return _boolean(clauses, required_of)

    def add(self, clauses: _Clauses, item: Item) -> None:
        """Add a clause; an operator before it also changes how its left neighbour counts."""
        node = item.node
        predicate = self.group(node) if isinstance(node, Group) else self.leaf(node)
        default = "+" if self.conjunctive else "?"
        if item.plain:
            if predicate is not None:
                clauses.items.append((default, predicate))
            return
        if item.conjunction == "AND":
            clauses.revise("+")
        elif item.conjunction == "OR" and self.conjunctive:
            clauses.revise("?")
        if predicate is None:
            return
        if item.modifier is Modifier.PROHIBITED:
            clauses.items.append(("-", predicate))
        elif self.conjunctive:
            clauses.items.append(("?" if item.conjunction == "OR" else "+", predicate))
        else:
            required = item.modifier is Modifier.REQUIRED or item.conjunction == "AND"
            clauses.items.append(("+" if required else "?", predicate))

    # Leaves -----------------------------------------------------------------------------

    def leaf(self, leaf: Leaf, required_of: RequiredOf | None = None) -> Predicate | None:
        """Return the predicate of one condition; ``None`` where analysis leaves nothing."""
        if leaf.field == _EXISTS and leaf.kind in {Kind.TEXT, Kind.QUOTED}:
            return self.exists(leaf.text, leaf)
        match leaf.kind:
            case Kind.TEXT:
                return self.text(leaf, required_of)
            case Kind.QUOTED:
                return self.each(leaf, self.phrase)
            case Kind.PREFIX:
                return self.each(leaf, self.prefix)
            case Kind.WILDCARD:
                return self.wildcard(leaf)
            case Kind.REGEXP:
                self.check_length(leaf)
                return self.each(leaf, self.regexp)
            case Kind.FUZZY:
                return self.fuzzy(leaf)
            case Kind.RANGE:
                return self.range(leaf, leaf.low, leaf.high)

    def text(self, leaf: Leaf, required_of: RequiredOf | None) -> Predicate | None:
        """Return the test of a bare word, which ``>`` or ``<`` in front makes a range."""
        text = leaf.text
        if len(text) > 1 and text[0] in "<>" and self.has_field(leaf):
            equal = text[1] == "=" and len(text) > len(">=")
            bound = _bound(text[2:] if equal else text[1:])
            low, high = (bound, None) if text[0] == ">" else (None, bound)
            return self.range(leaf, low, high, include=equal)
        if self.settings.as_phrases:
            return self.each(leaf, self.phrase)
        several = len(self.names(leaf)) > 1
        required = None if several else required_of
        return self.each(leaf, lambda name, item: self.match(name, item, required))

    def has_field(self, leaf: Leaf) -> bool:
        """Whether the parser has one field name for the leaf, its default one included."""
        return leaf.field is not None or not self.settings.fields

    def names(self, leaf: Leaf) -> list[str]:
        """Return the fields that a leaf searches."""
        listed = [leaf.field] if leaf.field is not None else self.defaults()
        found: dict[str, None] = {}
        for name in listed:
            pattern = name.partition("^")[0] if leaf.field is None else name
            quoted = leaf.kind is Kind.QUOTED
            names = self.expand(pattern)
            found.update(dict.fromkeys(map(self.quoted, names) if quoted else names))
        if len(found) > MAX_FIELDS:
            message = f"the clause searches more than {MAX_FIELDS} fields"
            raise syntax_error(self.source, leaf.span, message)
        return list(found)

    def quoted(self, name: str) -> str:
        """Return the field that quoted text searches in place of a field."""
        other = name + self.settings.quote_field_suffix
        return other if fields.known(other, self.context) else name

    def defaults(self) -> list[str]:
        return list(self.settings.fields) or [self.settings.default_field or "*"]

    def expand(self, pattern: str) -> list[str]:
        if "*" not in pattern:
            return [pattern]
        found = fields.expand(pattern, self.context)
        if pattern != "*":
            return found
        kinds = {name: fields.known(name, self.context) for name in found}
        return [
            name
            for name, kind in kinds.items()
            if kind and kind.type.name not in _WITHOUT_TERMS and name not in _METADATA
        ]

    def each(self, leaf: Leaf, build: Callable[[str, Leaf], Predicate | None]) -> Predicate | None:
        """Return the test that any of the leaf's fields passes; type errors may be no match."""
        names = self.names(leaf)
        tests = [self.guarded(leaf, build, name) for name in names]
        found = [test for test in tests if test is not None]
        if not found:
            return None if tests else FALSE
        return any_of(*found)

    def guarded(
        self, leaf: Leaf, build: Callable[[str, Leaf], Predicate | None], name: str
    ) -> Predicate | None:
        try:
            with fields.placed(self.source, leaf.span, lenient=self.lenient):
                return build(name, leaf)
        except FieldError:
            return FALSE

    def match(
        self, name: str, leaf: Leaf, required_of: RequiredOf | None = None
    ) -> Predicate | None:
        if self.settings.time_zone and name == leaf.field and self.is_date(name):
            return self.range_on(leaf.text, leaf.text, include=(True, True))(name, leaf)
        operator = "and" if self.conjunctive else "or"
        return fields.match_or_none(
            name,
            leaf.text,
            self.context,
            operator=operator,
            required_of=required_of,
            span=leaf.span,
        )

    def is_date(self, name: str) -> bool:
        found = fields.known(name, self.context)
        return found is not None and found.type.name in types.DATES

    def phrase(self, name: str, leaf: Leaf) -> Predicate | None:
        slop = self.settings.phrase_slop if not leaf.fuzzy else _slop(leaf.fuzzy)
        if slop is None:
            slop = self.settings.phrase_slop
        return fields.phrase_or_none(name, leaf.text, self.context, slop=slop, span=leaf.span)

    def prefix(self, name: str, leaf: Leaf) -> Predicate | None:
        found = fields.known(name, self.context)
        tokenised = found is not None and found.type.name in types.TOKENISED
        if not (tokenised and self.settings.analyze_wildcard):
            return fields.prefix(name, leaf.text, self.context, analyze=True, span=leaf.span)
        assert found is not None
        tokens = types.text_analyzer(found.type, searching=True).tokens(leaf.text)
        if not tokens:
            return None
        *whole, last = tokens
        tests = [fields.term(name, token, self.context, span=leaf.span) for token in whole]
        tests.append(fields.prefix(name, last, self.context, span=leaf.span))
        return all_of(*tests) if self.conjunctive else any_of(*tests)

    def wildcard(self, leaf: Leaf) -> Predicate | None:
        """Return the test of a wildcard term; a lone ``*`` asks whether the field exists."""
        if leaf.text == "*" and self.has_field(leaf):
            name = leaf.field if leaf.field is not None else self.settings.default_field or "*"
            return TRUE if name == "*" else self.exists(name, leaf)
        leading = leaf.text[0] in "*?" and not self.settings.allow_leading_wildcard
        names = [name for name in self.names(leaf) if fields.known(name, self.context)]
        refused = leading and leaf.text != "*"
        if refused and (names or self.settings.check_leading_wildcards):
            raise syntax_error(
                self.source,
                leaf.span,
                "'*' or '?' is not allowed as the first character of a term",
                "allow leading wildcards in the options, or use a regular expression",
            )
        return self.each(leaf, self.wild)

    def wild(self, name: str, leaf: Leaf) -> Predicate:
        if leaf.text == "*":
            return fields.exists(name, self.context, span=leaf.span)
        found = fields.known(name, self.context)
        if found is not None and found.type.name == "constant_keyword":
            self.refuse_constant(leaf)
        if found is not None and self.walks_no_terms(found):
            return FALSE
        return fields.wildcard(name, pieces(leaf.text), self.context, analyze=True, span=leaf.span)

    def refuse_constant(self, leaf: Leaf) -> None:
        """Raise where wildcards other than a trailing star fail on constant_keyword.

        https://github.com/elastic/elasticsearch/pull/141784 brought them in 9.4.
        """
        if fields.version(self.context) < (9, 4):
            message = f"wildcard {leaf.text[:40]!r} on a constant_keyword field is not supported"
            raise FieldError(message)

    def check_length(self, leaf: Leaf) -> None:
        """Refuse a regular expression over the limit, whatever is lenient."""
        if len(leaf.text) > MAX_LENGTH:
            message = f"the regular expression is longer than {MAX_LENGTH} characters"
            raise syntax_error(self.source, leaf.span, message)

    def regexp(self, name: str, leaf: Leaf) -> Predicate:
        found = fields.known(name, self.context)
        if found is None:
            return fields.unmapped(name, leaf.span)
        analyze = self.settings.is_opensearch
        asks = fields.fork(self.context) >= fields.OPENSEARCH_3
        if analyze and not asks and not _has_text_terms(found):
            # OpenSearch 2 reads the pattern without asking the field: it meets no term there.
            fields.regexp("", leaf.text, self.context)
            return FALSE
        return fields.regexp(name, leaf.text, self.context, analyze=analyze, span=leaf.span)

    def fuzzy(self, leaf: Leaf) -> Predicate | None:
        """Return the test of a fuzzy term; its distance is an error whatever is lenient."""
        with fields.placed(self.source, leaf.span):
            edits = fields.fuzzy_distance(
                leaf.fuzzy or self.settings.fuzziness,
                leaf.text,
                loose=fields.loose_fuzziness(self.context),
            )

        def build(name: str, item: Leaf) -> Predicate:
            found = fields.known(name, self.context)
            if found is not None and self.walks_no_terms(found):
                message = f"field {name!r} is not indexed, which fuzzy terms need"
                raise FieldError(message)
            return fields.fuzzy(
                name,
                item.text,
                self.context,
                distance=edits,
                transpositions=self.settings.fuzzy_transpositions,
                prefix_length=self.settings.fuzzy_prefix_length,
                analyze=True,
                span=item.span,
            )

        return self.each(leaf, build)

    def walks_no_terms(self, field: fields.Field) -> bool:
        """Return whether a field is searched through its values alone, by OpenSearch.

        Words, ranges and prefixes are; wildcards walk over the index's terms, of which there are
        none, and fuzzy terms are refused.
        """
        unindexed = str(field.type.settings.get("index", True)).lower() == "false"
        exact = field.type.name in types.EXACT
        return self.settings.is_opensearch and field.searchable and unindexed and exact

    def range(
        self, leaf: Leaf, low: str | None, high: str | None, *, include: bool | None = None
    ) -> Predicate | None:
        sides = (leaf.include_low, leaf.include_high) if include is None else (include, include)
        return self.each(leaf, self.range_on(low, high, include=sides))

    def range_on(
        self, low: str | None, high: str | None, *, include: tuple[bool, bool]
    ) -> Callable[[str, Leaf], Predicate | None]:
        def build(name: str, leaf: Leaf) -> Predicate:
            return fields.range_(
                name,
                self.context,
                low=low,
                high=high,
                include_low=include[0],
                include_high=include[1],
                time_zone=self.settings.time_zone,
                analyze=True,
                span=leaf.span,
            )

        return build

    def exists(self, pattern: str, leaf: Leaf) -> Predicate:
        """Return the test for a field, an object, or any field that fits a pattern."""
        names = [pattern] if "*" not in pattern else fields.expand(pattern, self.context)
        with fields.placed(self.source, leaf.span):
            found = [fields.exists(name, self.context, span=leaf.span) for name in names]
        return any_of(*found) if found else FALSE


def _has_text_terms(field: fields.Field) -> bool:
    indexed = str(field.type.settings.get("index", True)).lower() != "false"
    return indexed and field.type.name in types.EXACT | types.TOKENISED


def _bound(text: str) -> str | None:
    return None if text == "*" else text


def _slop(text: str) -> int | None:
    """Return the slop of a phrase; ``None`` for text that is no number, which is ignored."""
    try:
        return max(-1, min(int(float(text)), 10_000))
    except (ValueError, OverflowError):
        return None


def _boolean(clauses: _Clauses, required_of: RequiredOf | None) -> Predicate:
    """Return the predicate of a group's clauses.

    Optional clauses count only where no clause is required; where all are prohibited, every
    document without them matches.
    """
    must, should, must_not = clauses.of("+"), clauses.of("?"), clauses.of("-")
    least = required_of(len(should)) if required_of else 0
    if not must and should:
        least = max(least, 1)
    parts = list(must)
    if least > len(should):
        return FALSE
    if least == 1:
        parts.append(any_of(*should))
    elif least > 1:
        parts.append(AtLeast(least, tuple(should)))
    parts.extend(Not(item) for item in must_not)
    return all_of(*parts) if parts else TRUE
