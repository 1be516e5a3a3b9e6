"""Queries on one field of an Elasticsearch index, as predicates for the field's index type.

Each function reads the field's type from ``context.types`` (multi-fields under ``fields``
included) and gives a predicate; an unmapped field never matches. Values are given as the
user wrote them. They raise :class:`FieldError` where the type does not take the value or the
kind of query, and :class:`FieldUnsupported` for types that are not modelled;
:func:`placed` turns both into errors with a place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from harness.ir import (
    FALSE,
    TEXT,
    TRUE,
    Anything,
    AtLeast,
    Atom,
    Call,
    Case,
    Check,
    Condition,
    Constant,
    Context,
    Equals,
    FieldValue,
    Function,
    Glob,
    Has,
    Matches,
    Predicate,
    Presence,
    Truth,
    View,
    Wild,
    all_of,
    any_of,
    as_text,
)
from harness.ir.checks import Piece
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._elastic import ranges, types
from harness.languages._elastic.checks import Fuzzy, Phrase
from harness.languages._elastic.date_formats import FormatUnsupported
from harness.languages._elastic.dates import DateError
from harness.languages._elastic.fuzziness import fuzzy_distance
from harness.languages._elastic.mapping import (
    OPENSEARCH_3,
    Field,
    all_names,
    breaks_up,
    expand,
    fork,
    in_nested,
    known,
    major,
    only_values,
    only_word,
    resolve,
    splits,
    version,
)
from harness.languages._elastic.regexp_flags import regexp_flags
from harness.languages._elastic.types import FieldError, FieldUnsupported
from harness.source import QuerySyntaxError, Source, Span, Unsupported

__all__ = [
    "OPENSEARCH_3",
    "Field",
    "FieldError",
    "FieldUnsupported",
    "breaks_up",
    "exists",
    "expand",
    "fork",
    "fuzzy",
    "fuzzy_distance",
    "in_nested",
    "known",
    "loose_fuzziness",
    "major",
    "match",
    "match_or_none",
    "phrase",
    "phrase_or_none",
    "placed",
    "prefix",
    "range_",
    "regexp",
    "resolve",
    "splits",
    "term",
    "unmapped",
    "version",
    "wildcard",
]


@contextmanager
def placed(source: Source, span: Span, *, lenient: bool = False) -> Iterator[None]:
    """Turn field errors inside the block into query errors at ``span``.

    With ``lenient`` a :class:`FieldError` is left for the caller, who makes it "no match".
    """
    try:
        yield
    except FieldError as error:
        if lenient:
            raise
        raise QuerySyntaxError(str(error), source, span) from error
    except FieldUnsupported as error:
        raise Unsupported(str(error), source, span, error.reason) from error


# Building predicates ----------------------------------------------------------------------


def _atom(field: Field, check: Check, span: Span | None, view: View | None = None) -> Predicate:
    """Return the test of a field's values, its constants of the mapping taken into account."""
    if not field.searchable:
        message = f"field {field.path!r} is not indexed"
        raise FieldError(message)
    if field.hidden:
        return FALSE
    if not field.sources:
        raise FieldUnsupported(field.path, "search over all of the flattened field")
    seen = field.view if view is None else view
    constant = field.type.settings.get("value") if field.type.name == "constant_keyword" else None
    if constant is not None:
        return TRUE if any(map(check.accepts, seen.convert(constant))) else FALSE
    tests: list[Predicate] = [
        Atom(field=source, check=check, view=seen, span=span) for source in field.sources
    ]
    stand_in = field.type.settings.get("null_value")
    if stand_in is not None and any(map(check.accepts, seen.convert(stand_in))):
        tests.extend(_explicit_null(source, span) for source in field.sources)
    return any_of(*tests)


def _holds_null(value: Any) -> bool:
    return value is None or (isinstance(value, list) and any(map(_holds_null, value)))


_NULL = Function("elastic.holds_null", _holds_null, strict=False)


def _explicit_null(source: str, span: Span | None) -> Predicate:
    """Return the test for a null in the document, which ``null_value`` stands in for."""
    call = Call(_NULL, (FieldValue(source, raw=True),), span)
    null = Condition(expression=call, truth=Truth.of, span=span)
    return all_of(Presence(field=source, has=Has.KEY, span=span), null)


def unmapped(path: str, span: Span | None) -> Constant:
    """Return the test of a field that the index does not have: it matches nothing."""
    return Constant(Truth.FALSE, span, (path,))


def term(
    path: str,
    value: Any,
    context: Context,
    *,
    case: Case = Case.SENSITIVE,
    among: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for one indexed term; text is compared as it stands, without analysis.

    ``among`` tells that it is one of several, which are stricter about numbers.
    """
    field = known(path, context)
    if field is None:
        return unmapped(path, span)
    name = field.type.name
    if name in types.EXACT:
        return _exact_term(field, as_text(value), case, span)
    if name in types.TOKENISED:
        return _atom(field, Equals(as_text(value), case), span)
    if case is not Case.SENSITIVE and name != "boolean":
        message = f"field {path!r} of type {name!r} has no case-insensitive term queries"
        raise FieldError(message)
    if name in types.NUMBERS:
        strict = among or version(context) < _LARGE_NUMBERS_SINCE
        number = types.query_number(value, field.type)
        indexed = ranges.number_term(number, field.type, strict=strict)
        return FALSE if indexed is None else _atom(field, Equals(indexed), span)
    return _typed_term(field, value, context, span)


_LARGE_NUMBERS_SINCE = (8, 16)


def _exact_term(field: Field, text: str, case: Case, span: Span | None) -> Predicate:
    if field.type.name == "constant_keyword" and "*" in text:
        return _atom(field, Glob(_stars(text), case), span)
    normal = types.text_normalizer(field.type)(text)
    return _atom(field, Equals(normal, case), span)


def _stars(text: str) -> tuple[Piece, ...]:
    """Return a pattern in which only ``*`` is special."""
    pieces: list[Piece] = []
    for part in text.split("*"):
        pieces.extend([part, Wild.ANY] if part else [Wild.ANY])
    return tuple(pieces[:-1])


def _typed_term(field: Field, value: Any, context: Context, span: Span | None) -> Predicate:
    """Return the test of a boolean, address or date."""
    name = field.type.name
    if name == "boolean":
        return _atom(field, Equals(types.query_boolean(value)), span)
    if name == "ip":
        checks = ranges.network_checks(as_text(value))
        return any_of(*(_atom(field, check, span) for check in checks))
    if name in types.DATES:
        return range_(field.path, context, low=value, high=value, span=span)
    raise FieldUnsupported(name, "term on index type")


def _text_field(path: str, context: Context, kind: str) -> Field | None:
    """Return the field if its type takes wildcard, prefix, regexp and fuzzy queries."""
    field = known(path, context)
    if field is not None and field.keyed and kind != "prefix":
        message = f"field {path!r} of type 'flattened' has no {kind} queries"
        raise FieldError(message)
    if field is None or field.type.name in types.EXACT | types.TOKENISED:
        return field
    if field.type.name in types.MODELLED:
        message = f"field {path!r} of type {field.type.name!r} has no {kind} queries"
        raise FieldError(message)
    raise FieldUnsupported(field.type.name, "index type")


def _prepare(field: Field, *, analyze: bool) -> Callable[[str], str]:
    """Return what is done to the text of a pattern before it meets the index."""
    if field.type.name in types.TOKENISED:
        return types.text_analyzer(field.type, searching=True).filter if analyze else str
    return types.text_normalizer(field.type)


def wildcard(
    path: str,
    pieces: tuple[Piece, ...],
    context: Context,
    *,
    case: Case = Case.SENSITIVE,
    analyze: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for a wildcard pattern: the whole value, or a single token of text.

    ``analyze`` passes the pattern through the analyzer's filters, as ``query_string`` does;
    a keyword normalizer is always applied.
    """
    field = known(path, context)
    if field is not None and field.keyed and analyze:
        reason = "query_string matches them against the keys of the flattened field too"
        raise FieldUnsupported(path, "wildcards on", reason)
    field = _text_field(path, context, "wildcard")
    if field is None:
        return unmapped(path, span)
    prepare = _prepare(field, analyze=analyze)
    ready = tuple(prepare(piece) if isinstance(piece, str) else piece for piece in pieces)
    found = _atom(field, Glob(ready, case), span)
    return found if pieces else FALSE


def prefix(
    path: str,
    text: str,
    context: Context,
    *,
    case: Case = Case.SENSITIVE,
    analyze: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for values, or tokens, that begin with a text."""
    field = _text_field(path, context, "prefix")
    if field is None:
        return unmapped(path, span)
    ready = _prepare(field, analyze=analyze)(text)
    if field.type.name == "constant_keyword":
        return _atom(field, Glob((*_stars(ready), Wild.ANY), case), span)
    return _atom(field, Glob((ready, Wild.ANY), case), span)


def regexp(
    path: str,
    pattern: str,
    context: Context,
    *,
    flags: str = "ALL",
    case: Case = Case.SENSITIVE,
    analyze: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for a Lucene regular expression over the whole value, or a token.

    ``flags`` are Elasticsearch's names joined by ``|``. ``analyze`` lower-cases the pattern
    for text fields, as OpenSearch and old versions do. The pattern is read even where the field
    is unmapped.
    """
    field = _text_field(path, context, "regexp")
    if field is not None and case is not Case.SENSITIVE and only_values(field, context):
        message = f"field {path!r} is not indexed, and takes no 'case_insensitive' here"
        raise FieldError(message)
    ready = pattern if field is None else _prepare(field, analyze=analyze)(pattern)
    complement = fork(context) < OPENSEARCH_3
    letters = regexp_flags(flags, version(context, "lucene"), complement=complement)
    try:
        compile_regex(ready, "lucene", case=case, flags=letters)
    except RegexError as error:
        raise FieldError(str(error)) from error
    if field is None:
        return unmapped(path, span)
    return _atom(field, Matches(ready, "lucene", case, letters), span)


def loose_fuzziness(context: Context) -> bool:
    """Return whether any number is a fuzziness, as before 8.0."""
    return version(context) < _STRICT_FUZZINESS


_STRICT_FUZZINESS = (8, 0)
_LONG_PREFIX_SINCE = (8, 0)
"""Before, a prefix as long as the term allows no edit (ran on 7.17.29 and 8.19.21)."""


def fuzzy(  # noqa: PLR0913 - the parameters of the fuzzy query
    path: str,
    text: str,
    context: Context,
    *,
    distance: str | int = "AUTO",
    transpositions: bool = True,
    prefix_length: int = 0,
    analyze: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for values, or tokens, within an edit distance of a text."""
    field = _text_field(path, context, "fuzzy")
    if field is None:
        return unmapped(path, span)
    ready = _prepare(field, analyze=analyze)(text)
    edits = fuzzy_distance(distance, ready, loose=loose_fuzziness(context))
    fixed = min(prefix_length, len(ready))
    if not ready or (fixed == len(ready) and version(context, "lucene") < _LONG_PREFIX_SINCE):
        edits = 0
    return _atom(field, Fuzzy(ready, edits, transpositions, fixed), span)


def range_(  # noqa: PLR0913 - the parameters of the range query
    path: str,
    context: Context,
    *,
    low: Any = None,
    high: Any = None,
    include_low: bool = True,
    include_high: bool = True,
    time_zone: str | None = None,
    format: str | None = None,  # noqa: A002 - the parameter's name in the range query
    analyze: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for a value between two bounds; ``None`` leaves a side open."""
    field = known(path, context)
    if field is None:
        return unmapped(path, span)
    if low is None and high is None:
        return exists(path, context, span=span)
    bounds = ranges.Bounds(low=low, high=high, include_low=include_low, include_high=include_high)
    if field.type.name in types.EXACT | types.TOKENISED:
        checks = ranges.text_checks(bounds, _prepare(field, analyze=analyze), field.type)
    else:
        checks = _typed_range(field, bounds, context, time_zone, format)
    if field.keyed and (low is None or high is None):
        message = f"a range on the flattened field {path!r} has two bounds"
        raise FieldError(message)
    return any_of(*(_atom(field, check, span) for check in checks)) if checks else FALSE


def _typed_range(
    field: Field, bounds: ranges.Bounds, context: Context, zone: str | None, form: str | None
) -> list[Check]:
    name = field.type.name
    if name in types.NUMBERS:
        strict = version(context) < _LARGE_BOUNDS_SINCE
        return ranges.number_checks(bounds, field.type, strict=strict)
    if name == "ip":
        return ranges.address_checks(bounds)
    if name in types.DATES:
        try:
            # the last ran on OpenSearch 3.6.0; Elasticsearch does not do it
            since = ranges.Release(
                version(context), version(context, "negatives"), fork(context) > (0, 0)
            )
            return ranges.date_checks(bounds, field.type, context.now, zone, form, since)
        except DateError as error:
            raise FieldError(str(error)) from error
        except FormatUnsupported as error:
            raise FieldUnsupported(str(error), "date format", "the format is not known") from error
    if name == "boolean":
        return ranges.boolean_checks(bounds)
    raise FieldUnsupported(name, "range on index type")


_LARGE_BOUNDS_SINCE = (8, 14)


def exists(path: str, context: Context, *, span: Span | None = None) -> Predicate:
    """Return the test for a field with a value; the name of an object covers its leaves."""
    field = known(path, context)
    if field is None:
        names = [name for name in all_names(context) if name.startswith(f"{path}.")]
        found = [exists(name, context, span=span) for name in names if known(name, context)]
        return any_of(*found) if found else FALSE
    if field.type.name == "constant_keyword" and field.type.settings.get("value") is not None:
        return TRUE
    if not field.recorded:
        return FALSE
    view = TEXT if field.type.name in types.TOKENISED else None
    return _atom(replace(field, searchable=True), Anything(), span, view)


def phrase(
    path: str,
    text: str,
    context: Context,
    *,
    slop: int = 0,
    last_is_prefix: bool = False,
    span: Span | None = None,
) -> Predicate:
    """Return the test for a phrase: the tokens of a text, in order; exact types take the term."""
    return (
        phrase_or_none(path, text, context, slop=slop, last_is_prefix=last_is_prefix, span=span)
        or FALSE
    )


def phrase_or_none(
    path: str,
    text: str,
    context: Context,
    *,
    slop: int = 0,
    last_is_prefix: bool = False,
    span: Span | None = None,
) -> Predicate | None:
    """Return :func:`phrase`, or ``None`` where the text has no token at all."""
    field = known(path, context)
    if field is None:
        return unmapped(path, span)
    if not last_is_prefix and breaks_up(field, context):
        word = only_word(path, text)
        return None if word is None else term(path, word, context, span=span)
    if field.type.name not in types.TOKENISED:
        if last_is_prefix:
            return prefix(path, text, context, span=span)
        return term(path, text, context, span=span)
    tokens = types.text_analyzer(field.type, searching=True).tokens(text)
    if not tokens:
        return None
    if slop < 0 and len(tokens) > 1:
        message = f"the slop {slop} of a phrase is negative"
        raise FieldError(message)
    if len(tokens) == 1:
        check: Check = Glob((tokens[0], Wild.ANY)) if last_is_prefix else Equals(tokens[0])
        return _atom(field, check, span)
    view = types.sequence_view(field.type)
    return _atom(field, Phrase(tokens, slop, last_is_prefix), span, view)


def match(
    path: str, text: Any, context: Context, *, operator: str = "or", span: Span | None = None
) -> Predicate:
    """Return the test for analysed text: any, or with ``and`` every one, of its tokens."""
    return match_or_none(path, text, context, operator=operator, span=span) or FALSE


def match_or_none(
    path: str,
    text: Any,
    context: Context,
    *,
    operator: str = "or",
    required_of: Callable[[int], int] | None = None,
    span: Span | None = None,
) -> Predicate | None:
    """Return :func:`match`, or ``None`` where the text has no token at all.

    ``required_of`` gives how many of several optional tokens must match.
    """
    field = known(path, context)
    if field is None:
        return unmapped(path, span)
    if field.type.name in types.TOKENISED:
        tokens = types.text_analyzer(field.type, searching=True).tokens(as_text(text))
    elif splits(field):
        tokens = tuple(as_text(text).split())
    else:
        return term(path, text, context, span=span)
    if not tokens:
        return None
    together = operator.lower() == "and"
    least = required_of(0 if together else len(tokens)) if required_of and len(tokens) > 1 else 0
    if least > 0:
        several = tuple(term(path, token, context, span=span) for token in tokens)
        return FALSE if together or least > len(tokens) else AtLeast(least, several)
    tests = [term(path, token, context, span=span) for token in dict.fromkeys(tokens)]
    return all_of(*tests) if together else any_of(*tests)
