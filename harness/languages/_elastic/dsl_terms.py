"""Query DSL queries on exact values.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/term-level-queries.html and the
page of each query beside it.
"""

from __future__ import annotations

import re
from typing import Any

from harness.ir import FALSE, TRUE, Atom, Case, Equals, Predicate, Wild, any_of
from harness.ir.checks import Piece
from harness.jsonsource import Json, JsonArray, JsonObject, JsonScalar, Member
from harness.languages._elastic import fields
from harness.languages._elastic.dsl_base import COMMON, Dsl, items_of, place, scalar_text
from harness.languages._elastic.dsl_operators import OPERATORS

MAX_TERMS = 65_536
"""``index.max_terms_count``."""
MAX_REGEX = 1000
"""``index.max_regex_length``."""
_LONGEST_WILDCARD = 32_766


def _value_and_settings(
    dsl: Dsl, member: Member, field: Member, allowed: tuple[str, ...], *value_keys: str
) -> tuple[JsonScalar, dict[str, Json]]:
    """Return the value of a field query in its short or long form, and its settings."""
    settings: dict[str, Json] = {}
    node: Json | None = field.value
    if isinstance(node, JsonObject):
        settings = dsl.settings(node, member.key, (*value_keys, *allowed))
        node = next((settings[key] for key in value_keys if key in settings), None)
    if node is None:
        dsl.fail(field.value.span, f"the query {member.key!r} has no 'value'")
    if isinstance(node, JsonArray):
        hint = "use a terms query for several values" if member.key == "term" else ""
        dsl.fail(node.span, f"the query {member.key!r} takes one value, not an array", hint)
    if not isinstance(node, JsonScalar) or node.value is None:
        dsl.fail(node.span, f"the value of the query {member.key!r} is {node.kind}")
    return node, settings


def _case(dsl: Dsl, settings: dict[str, Json]) -> Case:
    node = settings.get("case_insensitive")
    if node is None:
        return Case.SENSITIVE
    if fields.version(dsl.context) < _CASE_SINCE:
        dsl.fail(node.span, "'case_insensitive' exists since 7.10", "leave it out")
    return (
        OPERATORS["case_insensitive"].case
        if dsl.flag(node, "'case_insensitive'")
        else Case.SENSITIVE
    )


_CASE_SINCE = (7, 10)


def read_term(dsl: Dsl, member: Member) -> Predicate:
    """Term = '{' field ':' ( value | '{' 'value' ':' value { setting } '}' ) '}'."""
    field = dsl.one_field(member, besides=COMMON)
    value, settings = _value_and_settings(
        dsl, member, field, ("case_insensitive",), "value", "term"
    )
    case = _case(dsl, settings)
    return dsl.on_field(
        member,
        field,
        lambda index: fields.term(field.key, value.value, index, case=case, span=place(field)),
    )


def read_terms(dsl: Dsl, member: Member) -> Predicate:
    """Terms = '{' field ':' '[' { value } ']' '}'."""
    field = dsl.one_field(member, besides=COMMON)
    if isinstance(field.value, JsonObject):
        reason = "its values stand in another index"
        dsl.cannot(field.value.span, "a terms lookup", reason)
    if not isinstance(field.value, JsonArray):
        hint = "put the value in an array, or use a term query"
        dsl.fail(field.value.span, f"terms takes an array, not {field.value.kind}", hint)
    items = field.value.items
    if len(items) > MAX_TERMS:
        dsl.fail(field.value.span, f"terms takes at most {MAX_TERMS} values")
    context = dsl.for_field(field.key)
    tests = []
    for item in items:
        if not isinstance(item, JsonScalar) or item.value is None:
            dsl.fail(item.span, f"a value of terms is {item.kind}")
        tests.append(_one_term(dsl, field.key, item, context))
    found = any_of(*tests) if tests else FALSE
    return dsl.note(member.key, field.key, place(field), found, context)


def _one_term(dsl: Dsl, path: str, item: JsonScalar, context: Any) -> Predicate:
    return dsl.leaf(
        item.span, lambda: fields.term(path, item.value, context, among=True, span=item.span)
    )


def read_exists(dsl: Dsl, member: Member) -> Predicate:
    """Exists = '{' 'field' ':' name '}'."""
    body = dsl.object(member.value, "the exists query")
    settings = dsl.settings(body, "exists", ("field",))
    if "field" not in settings or not isinstance(settings["field"], JsonScalar):
        dsl.fail(body.span, "exists needs a 'field'")
    path = dsl.text(settings["field"], "'field'")
    if path in ("_id", "_index", "_source"):
        return TRUE
    names = fields.expand(path, dsl.context) if "*" in path else [path]
    span = place(body.members[0]) if len(body) == 1 else body.span
    found = [
        dsl.leaf(span, lambda name=name: fields.exists(name, dsl.context, span=span))  # type: ignore[misc]
        for name in names
    ]
    known = any_of(*found) if found else FALSE
    return dsl.note(member.key, path, span, known, dsl.context)


def read_ids(dsl: Dsl, member: Member) -> Predicate:
    """Ids = '{' 'values' ':' ( value | '[' { value } ']' ) '}'."""
    body = dsl.object(member.value, "the ids query")
    settings = dsl.settings(body, "ids", ("values", "type", "types"))
    if "values" not in settings:
        dsl.fail(body.span, "ids needs 'values'")
    if dsl.nested:
        reason = "the harness sees the nested object without the document's _id"
        dsl.cannot(member.key_span, "ids in a nested query", reason)
    found: list[Predicate] = []
    for item in items_of(settings["values"]):
        if not isinstance(item, JsonScalar) or item.value is None:
            dsl.fail(item.span, f"an id is text, not {item.kind}")
        found.append(Atom(field="_id", check=Equals(scalar_text(item)), span=item.span))
    return any_of(*found) if found else FALSE


_BOUNDS = {
    "gt": ("low", False),
    "gte": ("low", True),
    "from": ("low", None),
    "lt": ("high", False),
    "lte": ("high", True),
    "to": ("high", None),
}
_RELATIONS = ("intersects", "contains", "within")


def read_range(dsl: Dsl, member: Member) -> Predicate:
    """Range = '{' field ':' '{' { bound ':' value | setting } '}' '}'."""
    field = dsl.one_field(member, besides=COMMON)
    body = dsl.object(field.value, "the range of a field")
    extra = ("include_lower", "include_upper", "format", "time_zone", "relation")
    dsl.settings(body, "range", (*_BOUNDS, *extra))
    bounds: dict[str, Any] = {"low": None, "high": None, "include_low": True, "include_high": True}
    given: set[str] = set()
    for item in body:
        if item.key in _BOUNDS:
            side, inclusive = _BOUNDS[item.key]
            if side in given and fields.fork(dsl.context) >= fields.OPENSEARCH_3:
                dsl.fail(item.key_span, "there are two bounds on one side of the range")
            given.add(side)
            bounds[side] = _bound(dsl, item)
            if inclusive is not None:
                bounds[f"include_{side}"] = inclusive
        elif item.key in ("include_lower", "include_upper"):
            side = "low" if item.key.endswith("lower") else "high"
            bounds[f"include_{side}"] = dsl.flag(item.value, repr(item.key))
        elif item.key in ("format", "time_zone"):
            bounds[item.key] = dsl.text(item.value, repr(item.key))
        elif item.key == "relation":
            relation = dsl.text(item.value, "'relation'").lower()
            if relation not in _RELATIONS:
                dsl.fail(item.value.span, f"there is no relation {relation!r}")
    return dsl.on_field(
        member, field, lambda index: fields.range_(field.key, index, **bounds, span=place(field))
    )


def _bound(dsl: Dsl, item: Member) -> Any:
    if not isinstance(item.value, JsonScalar):
        dsl.fail(item.value.span, f"a bound is a single value, not {item.value.kind}")
    return item.value.value


def read_wildcard(dsl: Dsl, member: Member) -> Predicate:
    """Wildcard = '{' field ':' ( pattern | '{' 'value' ':' pattern { setting } '}' ) '}'."""
    field = dsl.one_field(member, besides=COMMON)
    allowed = ("case_insensitive", "rewrite")
    value, settings = _value_and_settings(dsl, member, field, allowed, "value", "wildcard")
    pieces = wildcard_pieces(scalar_text(value)[:_LONGEST_WILDCARD])
    case = _case(dsl, settings)
    is_fork = fields.fork(dsl.context) > (0, 0)
    analyze = not is_fork and bool(_LOWERING.fullmatch(str(dsl.context.options.get("version"))))
    return dsl.on_field(
        member,
        field,
        lambda index: fields.wildcard(
            field.key, pieces, index, case=case, analyze=analyze, span=place(field)
        ),
    )


_LOWERING = re.compile(r"7\.(?:[7-9]|1[0-2])(?:\.\d+)?")
"""The versions that lower-cased the pattern on text (pull request 72216 took it back); OpenSearch,
forked from 7.10.2, does not (2.19.1 and 3.6.0 were run)."""


def wildcard_pieces(pattern: str) -> tuple[Piece, ...]:
    r"""Pieces = { '*' | '?' | '\' character | character }; a backslash at the end is literal."""
    pieces: list[Piece] = []
    literal: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char in OPERATORS["wildcard"].wildcards:
            if literal:
                pieces.append("".join(literal))
                literal = []
            pieces.append(Wild.ANY if char == "*" else Wild.ONE)
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            literal.append(pattern[at])
        else:
            literal.append(char)
        at += 1
    if literal:
        pieces.append("".join(literal))
    return tuple(pieces)


def read_prefix(dsl: Dsl, member: Member) -> Predicate:
    """Prefix = '{' field ':' ( text | '{' 'value' ':' text { setting } '}' ) '}'."""
    field = dsl.one_field(member, besides=COMMON)
    allowed = ("case_insensitive", "rewrite")
    value, settings = _value_and_settings(dsl, member, field, allowed, "value", "prefix")
    case = _case(dsl, settings)
    return dsl.on_field(
        member,
        field,
        lambda index: fields.prefix(
            field.key, scalar_text(value), index, case=case, span=place(field)
        ),
    )


def read_regexp(dsl: Dsl, member: Member) -> Predicate:
    """Regexp = '{' field ':' ( pattern | '{' 'value' ':' pattern { setting } '}' ) '}'."""
    field = dsl.one_field(member, besides=COMMON)
    allowed = ("flags", "flags_value", "max_determinized_states", "case_insensitive", "rewrite")
    value, settings = _value_and_settings(dsl, member, field, allowed, "value", "regexp")
    if "flags_value" in settings:
        reason = "the numbers of the flags are internal to the engine"
        dsl.cannot(settings["flags_value"].span, "'flags_value'", reason)
    flags = dsl.text(settings["flags"], "'flags'") if "flags" in settings else "ALL"
    pattern = scalar_text(value)
    if len(pattern) > MAX_REGEX:
        dsl.fail(value.span, f"the expression is longer than {MAX_REGEX} characters")
    case = _case(dsl, settings)
    return dsl.on_field(
        member,
        field,
        lambda index: fields.regexp(
            field.key,
            pattern,
            index,
            flags=flags or "ALL",
            case=case,
            span=place(field),
        ),
    )


def read_fuzzy(dsl: Dsl, member: Member) -> Predicate:
    """Fuzzy = '{' field ':' ( text | '{' 'value' ':' text { setting } '}' ) '}'."""
    field = dsl.one_field(member, besides=COMMON)
    allowed = ("fuzziness", "prefix_length", "max_expansions", "transpositions", "rewrite")
    value, settings = _value_and_settings(dsl, member, field, allowed, "value", "term")
    given = fuzzy_settings(dsl, settings, "transpositions")
    return dsl.on_field(
        member,
        field,
        lambda index: fields.fuzzy(
            field.key, scalar_text(value), index, **given, span=place(field)
        ),
    )


def _fuzziness(dsl: Dsl, node: Json) -> str | int:
    """Return a fuzziness; a JSON number loses its fraction."""
    if isinstance(node, JsonScalar) and isinstance(node.value, float):
        return int(max(-1.0, min(node.value, 100.0)))
    return dsl.text(node, "'fuzziness'")


def fuzzy_settings(dsl: Dsl, settings: dict[str, Json], swaps: str) -> dict[str, Any]:
    """Return the settings of a fuzzy search as the arguments of :func:`fields.fuzzy`."""
    given: dict[str, Any] = {}
    if "fuzziness" in settings:
        given["distance"] = _fuzziness(dsl, settings["fuzziness"])
    if "prefix_length" in settings:
        length = dsl.whole(settings["prefix_length"], "'prefix_length'")
        if length < 0:
            dsl.fail(settings["prefix_length"].span, "'prefix_length' is negative")
        given["prefix_length"] = length
    if swaps in settings:
        given["transpositions"] = dsl.flag(settings[swaps], repr(swaps))
    return given
