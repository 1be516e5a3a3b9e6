"""Query DSL queries whose text is a small language: ``query_string``, ``simple_query_string``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from harness.ir import (
    FALSE,
    And,
    AtLeast,
    Atom,
    Condition,
    Constant,
    Definite,
    Nested,
    Not,
    Or,
    Predicate,
    Presence,
    all_of,
    walk_predicate,
)
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member, StringPlaces
from harness.languages._elastic import fields
from harness.languages._elastic.dsl_base import Dsl, place, scalar_text
from harness.languages._elastic.dsl_compound import calculate_minimum, enough
from harness.languages._elastic.dsl_fulltext import Search, each_field, match_text, target_fields
from harness.languages._elastic.dsl_simple import ALL_FLAGS, FLAGS, Leaves, SimpleReader, TooDeep
from harness.languages._elastic.query_string import Settings, parse_query_string
from harness.source import QuerySyntaxError, Source, Span, Unsupported

_SIMPLE = (
    "query",
    "fields",
    "default_operator",
    "analyzer",
    "analyze_wildcard",
    "flags",
    "lenient",
    "minimum_should_match",
    "quote_field_suffix",
    "fuzzy_prefix_length",
    "fuzzy_max_expansions",
    "fuzzy_transpositions",
    "auto_generate_synonyms_phrase_query",
)


_OF_WORDS = ("analyzer", "fuzzy_prefix_length", "fuzzy_transpositions")
"""The settings that change how a single word is looked for."""


def read_simple_query_string(dsl: Dsl, member: Member) -> Predicate:
    """simple_query_string = '{' 'query' ':' text [ 'fields' ':' list ] { setting } '}'."""
    body = dsl.object(member.value, "the simple_query_string query")
    settings = dsl.settings(body, "simple_query_string", _SIMPLE)
    node = settings.get("query")
    if not isinstance(node, JsonScalar) or node.value is None:
        dsl.fail(body.span, "simple_query_string has no 'query'")
    for name in ("analyze_wildcard", "quote_field_suffix"):
        if name in settings and scalar_text_of(settings[name]) not in ("false", ""):
            reason = "it changes the words of the query in a way that is not modelled"
            dsl.cannot(settings[name].span, repr(name), reason)
    names, everything = target_fields(dsl, settings.get("fields"))
    lenient = dsl.flag(settings["lenient"], "'lenient'") if "lenient" in settings else everything
    operator = _operator(dsl, settings.get("default_operator"))
    search = Search(
        dsl=dsl,
        query=member.key,
        text=node,
        settings={key: item for key, item in settings.items() if key in _OF_WORDS},
        span=place(member),
        lenient=lenient,
        operator=operator,
    )
    text = scalar_text(node)
    if text.strip() == "*":
        return dsl.query(_match_all(node))
    reader = SimpleReader(
        text,
        _leaves(search, names),
        default="+" if operator == "and" else "|",
        flags=_flags(dsl, settings.get("flags")),
    )
    try:
        spec = settings.get("minimum_should_match")
        return reader.read(None if spec is None else partial(_at_least, search, spec))
    except TooDeep:
        dsl.cannot(node.span, "deep parentheses", "the query text is nested too deeply")


def _match_all(node: JsonScalar) -> Json:
    return JsonObject((Member("match_all", node.span, JsonObject((), node.span)),), node.span)


def scalar_text_of(node: Json) -> str:
    """Return the text of a scalar; a marker for anything else."""
    return scalar_text(node) if isinstance(node, JsonScalar) else "?"


def _operator(dsl: Dsl, node: Json | None) -> str:
    text = "or" if node is None else dsl.text(node, "'default_operator'").lower()
    if node is not None and text not in ("or", "and"):
        dsl.fail(node.span, f"there is no operator {text!r}", "use and or or")
    return text


def _flags(dsl: Dsl, node: Json | None) -> frozenset[str]:
    if node is None:
        return ALL_FLAGS
    if isinstance(node, JsonScalar) and isinstance(node.value, int):
        if node.value == -1:
            return ALL_FLAGS
        dsl.cannot(node.span, "'flags' as a number", "the numbers are internal to the engine")
    found: set[str] = set()
    for name in dsl.text(node, "'flags'").upper().split("|"):
        if name == "ALL":
            return ALL_FLAGS
        if name not in FLAGS and name not in ("NONE", ""):
            dsl.fail(
                node.span, f"there is no flag {name!r}", f"known: ALL, NONE, {', '.join(FLAGS)}"
            )
        found.update(FLAGS.get(name, ""))
    return frozenset(found)


def _at_least(search: Search, spec: Json, items: list[Predicate], joined: str) -> Predicate:
    """Return the test that so many clauses match; required ones are not counted."""
    if not joined:
        reason = "what it counts in a single clause depends on how that is cut"
        search.dsl.cannot(spec.span, "'minimum_should_match'", reason)
    optional = len(items) if joined == "|" else 0
    text = search.dsl.text(spec, "'minimum_should_match'")
    least = calculate_minimum(search.dsl, text, optional, spec.span)
    if joined == "|":
        return enough(max(1, least), items)
    return FALSE if least > 0 else all_of(*items)


def _leaves(search: Search, names: list[str]) -> Leaves:
    """Return how the words of the query are looked for in the fields."""
    assert isinstance(search.text, JsonScalar)
    is_text = isinstance(search.text.value, str)
    places = StringPlaces(search.dsl.source, search.text) if is_text else None

    def at(text: str, span: Span) -> Search:
        found = places(span) if places else search.text.span
        return replace(search, text=JsonScalar(text, search.text.span), span=found)

    def over(one: Search, build: Any) -> Predicate | None:
        found = [one.on(name, lambda index, name=name: build(one, name, index)) for name in names]  # type: ignore[misc]
        kept = [item for item in found if item is not None]
        if not kept and found:
            return None
        return each_field(one, names, build)

    def prefix(text: str, span: Span) -> Predicate | None:
        one = at(text, span)
        return over(
            one,
            lambda s, name, index: fields.prefix(name, text, index, analyze=True, span=s.span),
        )

    def fuzzy(text: str, edits: int, span: Span) -> Predicate | None:
        one = at(text, span)
        given = _fuzzy_arguments(search)
        return over(
            one,
            lambda s, name, index: fields.fuzzy(
                name, text, index, distance=edits, analyze=True, span=s.span, **given
            ),
        )

    def phrase(text: str, slop: int, span: Span) -> Predicate | None:
        one = at(text, span)
        return over(
            one,
            lambda s, name, index: fields.phrase_or_none(name, text, index, slop=slop, span=s.span),
        )

    return Leaves(
        word=lambda text, span: over(at(text, span), match_text),
        phrase=phrase,
        prefix=prefix,
        fuzzy=fuzzy,
    )


def _fuzzy_arguments(search: Search) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "fuzzy_prefix_length" in search.settings:
        given["prefix_length"] = max(0, search.number("fuzzy_prefix_length"))
    if "fuzzy_transpositions" in search.settings:
        node = search.settings["fuzzy_transpositions"]
        given["transpositions"] = search.dsl.flag(node, "'fuzzy_transpositions'")
    return given


def replaced(node: Predicate, places: Callable[[Span], Span]) -> Predicate:
    """Return a predicate whose places in a JSON string's value are places in the source."""

    def moved(span: Span | None) -> Span | None:
        return None if span is None else places(span)

    match node:
        case And(items) | Or(items):
            return type(node)(tuple(replaced(item, places) for item in items))
        case AtLeast(count, items):
            return AtLeast(count, tuple(replaced(item, places) for item in items))
        case Not(item) | Definite(item):
            return type(node)(replaced(item, places))
        case Nested(path, item):
            return Nested(path, replaced(item, places))
        case Atom() | Presence() | Condition() | Constant():
            return replace(node, span=moved(node.span))


_QUERY_STRING = (
    "query",
    "fields",
    "default_field",
    "default_operator",
    "analyzer",
    "quote_analyzer",
    "allow_leading_wildcard",
    "analyze_wildcard",
    "auto_generate_synonyms_phrase_query",
    "enable_position_increments",
    "escape",
    "fuzziness",
    "fuzzy_max_expansions",
    "fuzzy_prefix_length",
    "fuzzy_rewrite",
    "fuzzy_transpositions",
    "lenient",
    "max_determinized_states",
    "minimum_should_match",
    "phrase_slop",
    "quote_field_suffix",
    "rewrite",
    "tie_breaker",
    "time_zone",
    "type",
)
_NOT_MODELLED = {
    "analyzer": "it cuts the query text in another way than the fields do",
    "quote_analyzer": "it cuts the quoted text in another way than the fields do",
}
_TYPES = ("best_fields", "most_fields", "phrase")
_OTHER_TYPES = ("cross_fields", "phrase_prefix", "bool_prefix")
_SPECIAL = re.compile(r'([\\+\-!():^\[\]"{}~*?|&/])')


def read_query_string(dsl: Dsl, member: Member) -> Predicate:
    """query_string = '{' 'query' ':' text { setting } '}'."""
    body = dsl.object(member.value, "the query_string query")
    given = dsl.settings(body, "query_string", _QUERY_STRING)
    node = given.get("query")
    if not isinstance(node, JsonScalar) or node.value is None:
        dsl.fail(body.span, "query_string has no 'query'")
    for name, reason in _NOT_MODELLED.items():
        if name in given:
            dsl.cannot(given[name].span, f"{name!r} of query_string", reason)
    if "fields" in given and "default_field" in given:
        hint = "keep one of the two"
        dsl.fail(
            given["default_field"].span, "'fields' and 'default_field' exclude each other", hint
        )
    text = scalar_text(node)
    escape = "escape" in given and dsl.flag(given["escape"], "'escape'")
    settings = _string_settings(dsl, given)
    if escape or not isinstance(node.value, str):
        escaped = _SPECIAL.sub(r"\\\1", text) if escape else text
        found = _parsed(dsl, escaped, settings, lambda _: node.span)
    else:
        found = _parsed(dsl, text, settings, StringPlaces(dsl.source, node))
    for leaf in walk_predicate(found):
        if isinstance(leaf, Atom | Presence) and isinstance(leaf.field, str):
            dsl.note(member.key, leaf.field, leaf.span or node.span, leaf, dsl.context)
    return found


def _parsed(dsl: Dsl, text: str, settings: Settings, places: Callable[[Span], Span]) -> Predicate:
    """Return the predicate of the text, its places and those of errors in the JSON."""
    try:
        return replaced(parse_query_string(Source(text), dsl.context, settings), places)
    except QuerySyntaxError as error:
        raise QuerySyntaxError(error.message, dsl.source, places(error.span), error.hint) from None
    except Unsupported as error:
        raise Unsupported(error.message, dsl.source, places(error.span), error.hint) from None


def _string_settings(dsl: Dsl, given: dict[str, Json]) -> Settings:
    options = dsl.context.options
    default = options.get("default_field")
    names = tuple(map(str, default)) if isinstance(default, list | tuple) else ()
    chosen: dict[str, Any] = {"fields": names}
    if isinstance(default, str):
        chosen["default_field"] = default
    if isinstance(options.get("lenient"), bool):
        chosen["lenient"] = options["lenient"]
    for name, item in given.items():
        if name in ("default_field", "time_zone", "quote_field_suffix"):
            chosen[name] = dsl.text(item, repr(name))
        elif name in _FLAGS:
            chosen[name] = dsl.flag(item, repr(name))
        elif name in ("phrase_slop", "fuzzy_prefix_length"):
            chosen[name] = max(0, dsl.whole(item, repr(name)))
        elif name == "fields":
            listed = item.items if isinstance(item, JsonArray) else (item,)
            chosen[name] = tuple(dsl.text(one, "a field") for one in listed)
        elif name == "default_operator":
            chosen[name] = _operator(dsl, item).upper()
        elif name == "fuzziness":
            chosen[name] = dsl.text(item, repr(name))
        elif name == "type":
            chosen["as_phrases"] = _type(dsl, item) == "phrase"
        elif name == "minimum_should_match":
            spec = dsl.text(item, repr(name))
            calculate_minimum(dsl, spec, 1, item.span)
            chosen["required_of"] = _required_of(dsl, spec, item.span)
    if "default_field" in given or "fields" in given:
        chosen.pop("fields" if "default_field" in given else "default_field", None)
    return Settings(**chosen)


_FLAGS = ("lenient", "allow_leading_wildcard", "analyze_wildcard", "fuzzy_transpositions")


def _type(dsl: Dsl, item: Json) -> str:
    name = dsl.text(item, "'type'").lower()
    if name in _OTHER_TYPES:
        dsl.cannot(item.span, f"type {name!r} of query_string", "it joins fields in another way")
    if name not in _TYPES:
        dsl.fail(
            item.span, f"there is no type {name!r}", f"known: {', '.join(_TYPES + _OTHER_TYPES)}"
        )
    return name


def _required_of(dsl: Dsl, spec: str, span: Span) -> Callable[[int], int]:
    return lambda count: calculate_minimum(dsl, spec, count, span)
