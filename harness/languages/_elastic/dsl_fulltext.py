"""Query DSL queries on analysed text.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/full-text-queries.html; what a
query does on a field that is not text follows ``MatchQueryParser.java`` of the server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.ir import FALSE, TRUE, Context, FieldType, Predicate, all_of, any_of
from harness.jsonsource import Json, JsonScalar, Member
from harness.languages._elastic import analysis, fields, types
from harness.languages._elastic.dsl_base import Dsl, place, scalar_text
from harness.languages._elastic.dsl_compound import calculate_minimum, enough
from harness.languages._elastic.dsl_terms import fuzzy_settings
from harness.source import Span

_KNOWN_ANALYZERS = frozenset(("standard", "simple", "whitespace", "keyword"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One text to look for, and how: the settings that the match queries share."""

    dsl: Dsl
    text: JsonScalar
    settings: dict[str, Json]
    span: Span
    query: str
    lenient: bool = False
    operator: str = "or"

    @property
    def plain(self) -> str:
        """The text to look for."""
        return scalar_text(self.text)

    def setting(self, name: str, default: str = "") -> str:
        """Return a setting as text."""
        node = self.settings.get(name)
        return default if node is None else self.dsl.text(node, repr(name))

    def number(self, name: str) -> int:
        """Return a setting that is a whole number, 0 by default."""
        node = self.settings.get(name)
        return 0 if node is None else self.dsl.whole(node, repr(name))

    def empty(self) -> Predicate:
        """Return what a text without any token matches."""
        rule = self.setting("zero_terms_query", "none").lower()
        if rule not in ("none", "all"):
            self.dsl.fail(
                self.settings["zero_terms_query"].span, f"there is no zero_terms_query {rule!r}"
            )
        return TRUE if rule == "all" else FALSE

    def context(self, path: str) -> Context:
        """Return the index as a search with the query's own ``analyzer`` sees the field."""
        name = self.setting("analyzer")
        if not name:
            return self.dsl.context
        if name not in _KNOWN_ANALYZERS or analysis.analyzer(name) is None:
            node = self.settings["analyzer"]
            self.dsl.cannot(node.span, f"analyzer {name!r}", "its tokens are not known")
        kind = self.dsl.context.types.get(path)
        if kind is None or kind.name not in types.TOKENISED:
            return self.dsl.context
        index = kind.settings.get("analyzer", "standard")
        changed = {**kind.settings, "analyzer": index, "search_analyzer": name}
        given = {**self.dsl.context.types, path: FieldType(name=kind.name, settings=changed)}
        return replace(self.dsl.context, types=given)

    def on(self, path: str, build: Callable[[Context], Predicate | None]) -> Predicate | None:
        """Return what ``build`` gives for a field; type errors are no match if lenient."""
        context = self.context(path)
        empty: list[bool] = []

        def checked() -> Predicate:
            found = build(context)
            if found is None:
                empty.append(True)
                return FALSE
            return found

        found = self.dsl.leaf(self.text.span, checked, lenient=self.lenient)
        if empty:
            return None
        return self.dsl.note(self.query, path, self.span, found, context)


def _search(dsl: Dsl, query: str, node: Json, settings: dict[str, Json], span: Span) -> Search:
    if not isinstance(node, JsonScalar) or node.value is None:
        dsl.fail(node.span, f"the text to look for is {node.kind}")
    search = Search(dsl=dsl, query=query, text=node, settings=settings, span=span)
    operator = search.setting("operator", "or").lower()
    if operator not in ("or", "and"):
        dsl.fail(settings["operator"].span, f"there is no operator {operator!r}", "use and or or")
    lenient = "lenient" in settings and dsl.flag(settings["lenient"], "'lenient'")
    return replace(search, operator=operator, lenient=lenient)


_MATCH = (
    "query",
    "operator",
    "analyzer",
    "fuzziness",
    "prefix_length",
    "max_expansions",
    "fuzzy_transpositions",
    "fuzzy_rewrite",
    "lenient",
    "minimum_should_match",
    "zero_terms_query",
    "cutoff_frequency",
    "auto_generate_synonyms_phrase_query",
)
_PHRASE = ("query", "analyzer", "slop", "zero_terms_query", "max_expansions")


def _field_search(dsl: Dsl, member: Member, allowed: tuple[str, ...]) -> tuple[Member, Search]:
    """FieldSearch = '{' field ':' ( text | '{' 'query' ':' text { setting } '}' ) '}'."""
    field = dsl.one_field(member)
    if isinstance(field.value, JsonScalar):
        return field, _search(dsl, member.key, field.value, {}, place(field))
    body = dsl.object(field.value, f"the body of {member.key!r}")
    settings = dsl.settings(body, member.key, allowed)
    if "query" not in settings:
        dsl.fail(body.span, f"{member.key!r} has no 'query'")
    return field, _search(dsl, member.key, settings["query"], settings, place(field))


def _or_empty(found: Predicate | None, search: Search) -> Predicate:
    return search.empty() if found is None else found


def read_match(dsl: Dsl, member: Member) -> Predicate:
    """Match = '{' field ':' ( text | '{' 'query' ':' text { setting } '}' ) '}'."""
    field, search = _field_search(dsl, member, _MATCH)
    return _or_empty(
        search.on(field.key, lambda index: match_text(search, field.key, index)), search
    )


def match_text(search: Search, path: str, index: Context) -> Predicate | None:
    """Return the test for the tokens of a text in one field; ``None`` without any token."""
    tokens = search_tokens(path, search.plain, index)
    if tokens is None:
        if "fuzziness" in search.settings:
            return _fuzzy_token(search, path, search.plain, index)
        return fields.term(path, search.text.value, index, span=search.span)
    tests = [_token(search, path, token, index) for token in tokens]
    return _joined(search, tests)


def as_written(search: Search) -> Search:
    """Return a search whose text is a string, even where the query gives a number."""
    return replace(search, text=JsonScalar(search.plain, search.text.span))


def _joined(search: Search, tests: list[Predicate]) -> Predicate | None:
    """Join the tests of several tokens by the operator and ``minimum_should_match``."""
    if len(tests) < 2:  # noqa: PLR2004 - a single token is no boolean query, so no minimum
        return tests[0] if tests else None
    spec = search.setting("minimum_should_match")
    optional = 0 if search.operator == "and" else len(tests)
    if spec:
        node = search.settings["minimum_should_match"]
        least = calculate_minimum(search.dsl, spec, optional, node.span)
        if least > 0:
            return enough(least, tests) if optional else FALSE
    return all_of(*tests) if search.operator == "and" else any_of(*tests)


def search_tokens(path: str, text: str, index: Context) -> tuple[str, ...] | None:
    """Return the tokens that a text field looks for; ``None`` for types without analysis."""
    field = fields.known(path, index)
    if field is None:
        return None
    if field.type.name in types.TOKENISED:
        return types.text_analyzer(field.type, searching=True).tokens(text)
    if fields.splits(field):
        return tuple(text.split())
    return None


def _token(search: Search, path: str, token: str, index: Context) -> Predicate:
    if "fuzziness" in search.settings:
        return _fuzzy_token(search, path, token, index)
    return fields.term(path, token, index, span=search.span)


def _fuzzy_token(search: Search, path: str, token: str, index: Context) -> Predicate:
    given = fuzzy_settings(search.dsl, search.settings, "fuzzy_transpositions")
    return fields.fuzzy(path, token, index, **given, span=search.span)


def read_match_phrase(dsl: Dsl, member: Member) -> Predicate:
    """match_phrase = '{' field ':' ( text | '{' 'query' ':' text { setting } '}' ) '}'."""
    field, search = _field_search(dsl, member, _PHRASE)
    return _or_empty(search.on(field.key, lambda index: _phrase(search, field.key, index)), search)


def _phrase(search: Search, path: str, index: Context) -> Predicate | None:
    slop = search.number("slop")
    if slop < 0:
        search.dsl.fail(search.settings["slop"].span, "'slop' is negative")
    field = fields.known(path, index)
    whole = field is not None and not fields.breaks_up(field, index)
    if field is not None and whole and field.type.name not in types.TOKENISED:
        return fields.term(path, search.text.value, index, span=search.span)
    return fields.phrase_or_none(path, search.plain, index, slop=slop, span=search.span)


def read_match_phrase_prefix(dsl: Dsl, member: Member) -> Predicate:
    """match_phrase_prefix: as match_phrase, the last token a prefix."""
    field, search = _field_search(dsl, member, _PHRASE)
    found = search.on(field.key, lambda index: _phrase_prefix(search, field.key, index))
    return _or_empty(found, search)


def _phrase_prefix(search: Search, path: str, index: Context) -> Predicate | None:
    field = fields.known(path, index)
    if field is not None and fields.breaks_up(field, index) and not search.plain.split():
        return None
    if field is not None and field.type.name not in types.TOKENISED:
        message = f"field {path!r} of type {field.type.name!r} has no phrase prefix queries"
        raise fields.FieldError(message)
    slop = search.number("slop")
    return fields.phrase_or_none(
        path, search.plain, index, slop=slop, last_is_prefix=True, span=search.span
    )


def read_match_bool_prefix(dsl: Dsl, member: Member) -> Predicate:
    """match_bool_prefix: each token but the last as a term, the last as a prefix."""
    field, search = _field_search(dsl, member, _MATCH)
    found = search.on(field.key, lambda index: _bool_prefix(search, field.key, index))
    return _or_empty(found, search)


def _bool_prefix(search: Search, path: str, index: Context) -> Predicate | None:
    tokens = search_tokens(path, search.plain, index)
    if tokens is None:
        field = fields.known(path, index)
        if field is not None and field.type.name in types.EXACT - {"flattened"}:
            return fields.prefix(path, search.plain, index, span=search.span)
        return match_text(as_written(search), path, index)
    if not _ends_with_token(path, search.plain, index):
        return _joined(search, [_token(search, path, token, index) for token in tokens])
    tests = [_token(search, path, token, index) for token in tokens[:-1]]
    tests += [fields.prefix(path, token, index, span=search.span) for token in tokens[-1:]]
    return _joined(search, tests)


def _ends_with_token(path: str, text: str, index: Context) -> bool:
    """Return whether the last token reaches the end of a text; only then it is a prefix."""
    field = fields.known(path, index)
    if field is None or field.type.name not in types.TOKENISED:
        return text[-1:].strip() != ""
    return types.text_analyzer(field.type, searching=True).reaches_end(text)


_MULTI_TYPES = (
    "best_fields",
    "most_fields",
    "cross_fields",
    "phrase",
    "phrase_prefix",
    "bool_prefix",
)


def read_multi_match(dsl: Dsl, member: Member) -> Predicate:
    """multi_match = '{' 'query' ':' text [ 'fields' ':' list ] { setting } '}'."""
    body = dsl.object(member.value, "the multi_match query")
    allowed = (*_MATCH, "fields", "type", "slop", "tie_breaker")
    settings = dsl.settings(body, "multi_match", allowed)
    if "query" not in settings:
        dsl.fail(body.span, "multi_match has no 'query'")
    search = as_written(_search(dsl, member.key, settings["query"], settings, place(member)))
    kind = search.setting("type", "best_fields").lower()
    if kind not in _MULTI_TYPES:
        hint = f"use one of {', '.join(_MULTI_TYPES)}"
        dsl.fail(settings["type"].span, f"there is no multi_match type {kind!r}", hint)
    names, everything = target_fields(dsl, settings.get("fields"))
    if everything and "lenient" not in settings:
        search = replace(search, lenient=True)
    if kind == "cross_fields":
        return _or_empty(_cross_fields(search, names), search)
    build = {"phrase": _phrase, "phrase_prefix": _phrase_prefix, "bool_prefix": _bool_prefix}
    return each_field(search, names, build.get(kind, match_text))


def each_field(
    search: Search, names: list[str], build: Callable[[Search, str, Context], Predicate | None]
) -> Predicate:
    """Return the disjunction of one search over several fields."""
    found = [search.on(name, lambda index, name=name: build(search, name, index)) for name in names]  # type: ignore[misc]
    kept = [item for item in found if item is not None]
    if kept:
        return any_of(*kept)
    return search.empty() if found else FALSE


def target_fields(dsl: Dsl, node: Json | None) -> tuple[list[str], bool]:
    """Return the fields of a search over several, and whether it is over all of them."""
    if node is not None and not isinstance(node, JsonScalar) and node.kind != "an array":
        dsl.fail(node.span, f"'fields' is an array, not {node.kind}")
    given = (
        []
        if node is None
        else [dsl.text(item, "a field") for item in getattr(node, "items", (node,))]
    )
    if not given:
        default = dsl.context.options.get("default_field", "*")
        given = (
            [str(name) for name in default] if isinstance(default, list | tuple) else [str(default)]
        )
    names: dict[str, None] = {}
    for pattern in given:
        bare = pattern.partition("^")[0]
        names.update(dict.fromkeys(fields.expand(bare, dsl.context)))
    return list(names), any(pattern.partition("^")[0] == "*" for pattern in given)


def _cross_fields(search: Search, names: list[str]) -> Predicate | None:
    """Return the test of each token over all fields that cut the text into the same tokens."""
    groups: dict[tuple[str, ...] | None, list[str]] = {}
    for name in names:
        groups.setdefault(search_tokens(name, search.plain, search.context(name)), []).append(name)
    found: list[Predicate] = []
    for tokens, members in groups.items():
        if tokens is None:
            found.append(each_field(search, members, match_text))
        elif tokens:
            tests = [_anywhere(search, members, token) for token in tokens]
            joined = _joined(search, tests)
            found.extend([joined] if joined is not None else [])
    return any_of(*found) if found else None


def _anywhere(search: Search, names: list[str], token: str) -> Predicate:
    def on(name: str) -> Predicate | None:
        return search.on(name, lambda index: _token(search, name, token, index))

    return any_of(*(test for test in map(on, names) if test is not None))
