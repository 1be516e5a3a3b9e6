"""EQL, the Event Query Language, as Elasticsearch runs it: event queries.

``LANGUAGE`` is what the registry reads. A query goes through ``tokens``, ``parser`` and
``statements`` (text to syntax), ``analysis`` (names, types, folding) and ``translate``
(predicate).
"""

from __future__ import annotations

from harness.ir import Context, Lookup, Query, Semantics, all_of
from harness.languages._base import Language, Option
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.eql import columns, pipes
from harness.languages.eql.analysis import Analysis
from harness.languages.eql.operators import OPERATORS
from harness.languages.eql.statements import parse_statement
from harness.languages.eql.syntax import EventFilter, Name, Pipe, Sequence
from harness.languages.eql.translate import Translator
from harness.languages.eql.typed import (
    NUMBERS,
    Column,
    Compared,
    Constant,
    Joined,
    Node,
)
from harness.source import Source

__all__ = ["LANGUAGE"]

_SEQUENCE_REASON = "it relates several events, and only one event at a time is evaluated so far"


def parse(source: Source, context: Context) -> Query:
    """Read an EQL query against a mapping."""
    statement = parse_statement(source)
    limits = [(pipe.name, _limit(pipe, source, context)) for pipe in statement.pipes]
    if isinstance(statement.body, Sequence):
        _check_sequence(statement.body, source, context)
        raise unsupported(source, statement.body.span, statement.body.kind, _SEQUENCE_REASON)
    node = _filter(statement.body, source, context)
    raw = context.options.get("suffix_wildcards", "literal") == "active"
    translator = Translator(source, raw_wildcards=raw)
    return Query(
        predicate=all_of(*(translator.predicate(part) for part in node)),
        stages=pipes.stages(limits, context),
        warnings=tuple(translator.warnings),
    )


def _filter(event_filter: EventFilter, source: Source, context: Context) -> list[Node]:
    """Return the test of the category, if any, and the condition."""
    condition = Analysis(source, context).condition(event_filter.condition)
    if event_filter.category is None:
        return [condition]
    path = str(context.options.get("event_category_field") or "event.category")
    name = Name(path, optional=False, span=event_filter.span)
    field = columns.column(name, source, context)
    assert isinstance(field, Column)
    wanted = Constant(event_filter.category, event_filter.span)
    test = Compared("==", columns.as_used(field, "string"), wanted, event_filter.span)
    if isinstance(condition, Constant):
        return [test] if condition.value is True else [Constant(False, condition.span)]
    if isinstance(condition, Joined) and condition.operator == "and":
        return [test, *condition.items]
    return [test, condition]


def _limit(pipe: Pipe, source: Source, context: Context) -> Constant:
    argument = Analysis(source, context).expression(pipe.argument)
    whole = isinstance(argument, Constant) and argument.type == "integer"
    if not isinstance(argument, Constant) or not whole or argument.value < 0:
        raise syntax_error(
            source, pipe.argument.span, f"{pipe.name!r} takes a whole number that is not negative"
        )
    return argument


def _check_sequence(sequence: Sequence, source: Source, context: Context) -> None:
    """Raise where a filter or a join key of a sequence is not valid."""
    steps = [*sequence.steps, *([sequence.until] if sequence.until else [])]
    types: list[list[str]] = []
    for step in steps:
        _filter(step.filter, source, context)
        types.append([columns.column(key, source, context).type for key in step.keys])
    if sequence.kind == "sample":
        return
    for step, found in zip(steps, types, strict=True):
        for key, kind, first in zip(step.keys, found, types[0], strict=True):
            if not _joins(kind, first):
                raise syntax_error(
                    source,
                    key.span,
                    f"the join key {key.path!r} is of type {kind} and the first filter's {first}",
                    "join fields of one type",
                )


def _joins(kind: str, other: str) -> bool:
    both = {kind, other}
    return len(both) == 1 or both <= NUMBERS or bool(both & {"null", "unknown"})


LANGUAGE = Language(
    name="eql",
    title="Elasticsearch EQL",
    reference="https://www.elastic.co/docs/reference/query-languages/eql",
    semantics=Semantics(
        lookup=Lookup.PATH,
        operators=OPERATORS,
        typed=True,
        notes=(
            "A test of a field holds if one of its values passes, and is false without the field.",
            "'not', '!=' and 'not in' are plain negations: true where the field is missing.",
            "An optional field (?name) that no index maps is a null, folded before the search.",
            "Sequences and samples are checked and not evaluated.",
            "The search API's default of ten events is not applied: a rule sees every match.",
        ),
    ),
    parse=parse,
    extensions=(".eql",),
    options=(
        Option(
            name="version",
            default="9",
            summary="The version of Elasticsearch; before 8 a regular expression has no "
            "classes such as \\d.",
        ),
        Option(
            name="event_category_field",
            default="event.category",
            summary="The field that a category before 'where' is compared with.",
        ),
        Option(
            name="timestamp_field",
            default="@timestamp",
            summary="The field that 'head' and 'tail' order events by.",
        ),
        Option(
            name="tiebreaker_field",
            default="none",
            summary="The field that orders events of the same time.",
        ),
        Option(
            name="unmapped",
            default="error",
            summary="What a field outside the mapping is: 'error', as in Elasticsearch, or "
            "'missing', for the fields of other data streams in the same index pattern.",
        ),
        Option(
            name="suffix_wildcards",
            default="literal",
            summary="Whether '*', '?' and a backslash in the text of endsWith and "
            "stringContains are 'literal', as documented, or 'active', as the index query of "
            "some versions reads them.",
        ),
    ),
)
