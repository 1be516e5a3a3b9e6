"""What the built-in targets emit for every rule, and how much of it the harness reads."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from harness import conversion, languages, schemas
from harness.cache import Cache
from harness.conversion import Target
from harness.conversion.translate import convert
from harness.errors import InvalidInput
from harness.events.kinds import CLOCK
from harness.ir import Context, FieldType, fields_of
from harness.ruleset.model import Rule
from harness.source import QuerySyntaxError, Source, Unsupported
from measures.tables import kind_of_message, ratio, section, share, short, table

SAMPLE = 300
"""Accepted queries of a target that a referee is asked about, and rules that are timed."""
_BY_USE = frozenset({"eql", "esql", "kusto"})
"""Languages that can take the type of a field that no mapping names from how it is used."""
_KEYWORD = FieldType(name="keyword")
_BY_TYPE = "rejected by type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A query that somebody may be asked about, and why the harness rejects it, if it does."""

    rule: str
    text: str
    error: str
    types: Mapping[str, FieldType]


@dataclass
class Measured:
    """What came of one target."""

    target: Target
    queries: int = 0
    read: int = 0
    unrecorded: int = 0
    """Queries of rules whose kind the data source does not record."""
    not_converted: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    """Rejected, but accepted where no field has a type."""
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    """The first rule of every class."""
    refused: list[Judged] = field(default_factory=list)
    accepted: list[Judged] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    parsing: float = 0.0
    converting: float = 0.0


def measured(
    rules: Sequence[Rule], targets: Iterable[Target], memory: Cache
) -> tuple[list[Measured], dict[str, str]]:
    """Return what came of the targets, and why the others cannot be asked."""
    found: list[Measured] = []
    absent: dict[str, str] = {}
    for target in targets:
        try:
            found.append(_measure(target, rules, memory))
            print(f"{target.name}: {found[-1].queries} queries", file=sys.stderr)
        except InvalidInput as error:
            absent[target.name] = error.diagnostics[0].message
    return found, absent


def _measure(target: Target, rules: Sequence[Rule], memory: Cache) -> Measured:
    clock = time.process_time if target.converter == "pysigma" else time.perf_counter
    result = Measured(target=target)
    chance = random.Random(0)
    converter = conversion.get(target.converter)
    converter.fingerprint(target)
    if rules:
        converter.convert(target, rules[0].reference.source.text)
    step = max(1, len(rules) // SAMPLE)
    for number, rule in enumerate(rules):
        text = rule.reference.source.text
        made = convert(text, target, memory)
        if made.error:
            _count(result, "not converted", result.not_converted, made.error, rule)
            continue
        took = sum(_judge(result, query, rule, chance) for query in made.queries)
        if number % step == 0:
            started = clock()
            converter.convert(target, text)
            result.converting += clock() - started
            result.parsing += took
    return result


def _count(result: Measured, what: str, counter: Counter[str], name: str, rule: Rule) -> None:
    counter[name] += 1
    result.seen.setdefault((what, name), rule.name)


def _judge(result: Measured, text: str, rule: Rule, chance: random.Random) -> float:
    """Read one query, and return how long that took."""
    target = result.target
    result.queries += 1
    result.unrecorded += rule.kind not in schemas.get(target.schema).kinds
    context, before = _context(target, text, rule)
    error, took = _parsed(target, text, context)
    took = max(before, took)
    result.times.append(took)
    reason = error.message if isinstance(error, QuerySyntaxError) else ""
    one = Judged(rule=rule.name, text=text, error=reason, types=context.types)
    if isinstance(error, Unsupported):
        _count(result, "Unsupported", result.unsupported, kind_of_message(error.feature), rule)
    elif error is not None:
        untyped, _ = _parsed(target, text, Context(now=CLOCK, options=context.options))
        named = isinstance(untyped, QuerySyntaxError)
        what, counter = ("rejected", result.rejected) if named else (_BY_TYPE, result.by_type)
        _count(result, what, counter, kind_of_message(error.message), rule)
        result.refused.append(one)
    else:
        result.read += 1
        if len(result.accepted) < SAMPLE:
            result.accepted.append(one)
        elif (place := chance.randrange(result.read)) < SAMPLE:
            result.accepted[place] = one
    return took


def _parsed(
    target: Target, text: str, context: Context
) -> tuple[QuerySyntaxError | Unsupported | None, float]:
    parse = languages.get(target.language).parse
    error: QuerySyntaxError | Unsupported | None = None
    started = time.process_time()
    try:
        parse(Source(text), context)
    except (QuerySyntaxError, Unsupported) as caught:
        error = caught
    return error, time.process_time() - started


class _Asked(dict[str, FieldType]):
    """Index types of nothing that remember what they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def get(self, name: str, default: Any = None) -> Any:
        self.names[name] = None
        return default


def _context(target: Target, text: str, rule: Rule) -> tuple[Context, float]:
    """Return what a run would read a query against, with a type for every field in it.

    Where the rule does not name those fields, a first reading shows which they are; its time
    is returned as well, since it fills the caches of the second.
    """
    took = 0.0
    options = dict(target.options)
    types = _recorded(target.schema, rule)
    if target.language in _BY_USE:
        options["unmapped"] = "missing"
    elif not target.scoped and languages.get(target.language).semantics.typed:
        asked = _Asked()
        _, took = _parsed(target, text, Context(types=asked, now=CLOCK, options=options))
        types = {**dict.fromkeys(_leaves(asked.names), _KEYWORD), **types}
    return Context(types=types, now=CLOCK, options=options), took


def _leaves(names: Iterable[str]) -> list[str]:
    """Return names of fields, not of the objects that these lie in."""
    given = list(names)
    objects = {name[:at] for name in given for at, char in enumerate(name) if char == "."}
    return [one for one in given if one and one not in objects and "*" not in one and one[0] != "_"]


def _recorded(name: str, rule: Rule) -> dict[str, FieldType]:
    """Return the types that the schema of a run gives, none where it has no such activities."""
    schema = schemas.get(name)
    named = _read_fields(rule.reference.source.text) if name == "sigma" else frozenset()
    if rule.kind not in schema.kinds:
        return dict.fromkeys(named, _KEYWORD)
    return schema.types_in(rule.kind, [dict.fromkeys(named, "")])


@cache
def _read_fields(text: str) -> frozenset[str]:
    try:
        query = languages.get("sigma").parse(Source(text), Context())
    except (QuerySyntaxError, Unsupported):
        return frozenset()
    return frozenset(fields_of(query.predicate))


def show(results: Sequence[Measured], absent: Mapping[str, str]) -> None:
    """Print the section."""
    section(
        "2. Every target",
        "Types: those that a run gives (schema `sigma`: the fields of the Sigma rule; others: the",
        "schema's for the rule's kind); every other field that a query reads is `keyword`, in EQL,",
        "ES|QL and Kusto of the type that it is used as (`unmapped: missing`). Rejected by type:",
        "accepted where no field has a type at all. Not in a run: queries of rules whose kind of",
        "activity the schema does not record, read here all the same. Where a first reading must",
        "find the fields, the longer of the two readings counts; parse / convert is over every",
        f"n-th rule (about {SAMPLE}), converted anew between its readings and the next rule's:",
        "processor time, but wall time for sigmatools, which is a process of its own.",
    )
    table(
        (
            *("target", "queries", "not converted", "read", "Unsupported", "rejected", _BY_TYPE),
            *("read %", "not in a run", "median ms", "parse / convert"),
        ),
        [_row(one) for one in results]
        + [
            (name, *[""] * 10)
            for name in absent
            if name not in {one.target.name for one in results}
        ],
    )
    for reason, names in _grouped(absent).items():
        print(f"Not installed: {', '.join(names)} ({reason})\n")
    rows = [
        (one.target.name, what, name, count, one.seen[what, name])
        for one in results
        for what, counter in (
            ("not converted", one.not_converted),
            ("Unsupported", one.unsupported),
            ("rejected", one.rejected),
            (_BY_TYPE, one.by_type),
        )
        for name, count in counter.most_common()
    ]
    if rows:
        table(("target", "what", "class", "queries", "first rule"), rows)


def _row(one: Measured) -> tuple[object, ...]:
    return (
        one.target.name,
        one.queries,
        one.not_converted.total(),
        one.read,
        one.unsupported.total(),
        one.rejected.total(),
        one.by_type.total(),
        share(one.read, one.queries),
        one.unrecorded,
        f"{1000 * statistics.median(one.times):.2f}" if one.times else "-",
        ratio(one.parsing, one.converting),
    )


def _grouped(absent: Mapping[str, str]) -> dict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in absent.items():
        groups[short(reason.replace(name, "it"))].append(name)
    return groups
