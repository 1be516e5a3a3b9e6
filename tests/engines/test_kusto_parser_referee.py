"""Our reading of Kusto against Microsoft's own parser: what is a query at all.

``HARNESS_KUSTO_PARSER`` names a folder in which ``npm install @kusto/language-service-next`` was
run. The parser has no rows: it says of a query whether it can be read over columns of some types.
"""

from __future__ import annotations

import os
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from harness import languages
from harness.engines import kusto_parser
from harness.engines._base import Declined
from harness.engines.kusto_parser import Complaint, Question
from harness.engines.servers.kusto import ROW, Table
from harness.ir import Context, FieldType
from harness.languages.kusto._functions import FUNCTIONS
from harness.run.engine import execute
from harness.run.events import CellFinished
from harness.run.plan import Plan
from harness.source import QuerySyntaxError, Source, Unsupported
from tests.support import rule_of, selection, write_rule

pytestmark = pytest.mark.skipif(
    kusto_parser.available() is None, reason=f"{kusto_parser.VARIABLE} names no parser"
)

CASES = Path(__file__).parents[1] / "languages" / "cases" / "kusto"
TYPES = (
    *("string", "long", "int", "real", "decimal", "bool", "datetime", "timespan", "guid"),
    "dynamic",
)
DEEP = os.environ.get("HARNESS_HYPOTHESIS", "default") != "default"
NAME = re.compile(r"[A-Za-z_]\w*")
SEEDS, QUERIES = (range(5), 800) if DEEP else (range(1), 400)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query over columns of some types; without types any column may be there."""

    query: str
    types: Mapping[str, str]
    options: Mapping[str, str]

    def ours(self) -> str:
        """Return what we reject it for; nothing where we take it, ``?`` where we do not read it."""
        types = {name: FieldType(name=kind) for name, kind in self.types.items()}
        context = Context(types=types, options=dict(self.options))
        try:
            languages.get("kusto").parse(Source(self.query, "query"), context)
        except QuerySyntaxError as error:
            return error.message
        except Unsupported:
            return "?"
        return ""

    def question(self) -> Question:
        types = {name: FieldType(name=kind) for name, kind in self.types.items()}
        return kusto_parser.question(self.query, types, self.options)


@dataclass(frozen=True, slots=True)
class Apart:
    """A query that one side takes and the other rejects."""

    asked: Asked
    ours: str
    theirs: Sequence[Complaint]


def apart(asked: Sequence[Asked]) -> Iterator[Apart]:
    """Yield the queries on which we differ from the parser, for no reason that we know."""
    answers = kusto_parser.ask([one.question() for one in asked], timeout=120.0)
    found = [
        Apart(one, ours, theirs)
        for one, theirs in zip(asked, answers, strict=True)
        if (ours := one.ours()) != "?" and bool(ours) != bool(theirs)
    ]
    strange = [one for one in found if not declared(one)]
    lenient = [one for one in strange if one.ours and not one.asked.types]
    found_possible = possible([one.asked for one in lenient])
    impossible = [one for one, can in zip(lenient, found_possible, strict=True) if not can]
    return (one for one in strange if one not in impossible)


def declared(one: Apart) -> bool:
    """Return whether a difference is known, and why."""
    codes = {code for code, *_ in one.theirs}
    query, is_open = one.asked.query, not one.asked.types
    return bool(
        # the parser does not read patterns; the service refuses what its Rust crate refuses
        "regular expression is not valid" in one.ours
        # names of well-known tables in another letter case; the parser is told every table
        or "there is no table" in one.ours
        # a column alone, which we take for a slip, and the parser for a table
        or (one.ours.startswith("a condition must be") and re.fullmatch(r"\W*\w+\W*", query))
        # it does not look at queries that nest deeper than is safe for it
        or "KS245" in codes
        # a workspace may have functions of its own; a column may be called as one of Kusto's own
        or codes & {"KS211", "KS117"}
        # one name as a table and as a column, which only an open table can mean
        or (is_open and "KS106" in codes and _is_table(one))
        # an element of what is surely a list of texts: it refuses it under `has`, not `contains`
        or any(
            "has' is not defined for the operand types string and dynamic" in said
            for *_, said in one.theirs
        )
        # a constant list where a text or a bag belongs, which it lets some functions have
        or ("dynamic([" in query and codes & {"KS107", "KS235"})
        # a constant list with a text as its key gives null here, where it may be refused
        or any("one of the types: int or long" in said for *_, said in one.theirs)
        # a text or number where a table stands, and a method of a value: it takes both
        or "a table is expected here" in one.ours
        or re.search(r"\.\w+\s*\(", query)
        # what begins a condition alone is a statement or an operator for one of us
        or one.ours.startswith(
            ("expected the name of a variable", "'take' cannot", "'limit' cannot")
        )
        # a variable that is a name alone, which only an open table can mean
        or (is_open and one.ours.endswith("is no column, table or variable"))
        # what they are given is not looked at: they do not choose rows, or are not evaluated
        or re.search(r"\b(?:render|toscalar)\b", query)
    )


def _is_table(one: Apart) -> bool:
    words = [found for *_, said in one.theirs for found in re.findall(r"types (\w+) and", said)]
    return any(word not in TYPES for word in words)


def possible(asked: Sequence[Asked]) -> list[bool]:
    """Return whether the parser takes each query over columns of at least one type.

    Of a column without a type it believes everything, such as that it may be both a number and
    a text; we do not.
    """
    tries = [
        Question(query=one.query, columns=dict.fromkeys(NAME.findall(one.query), kind))
        for one, kind in product(asked, TYPES)
    ]
    said = kusto_parser.ask(tries, timeout=120.0)
    width = len(TYPES)
    return [not all(said[at : at + width]) for at in range(0, len(said), width)]


def agree(asked: Sequence[Asked]) -> None:
    lines = [
        f"{one.asked.query!r} {one.asked.types}\n  ours: {one.ours}\n  theirs: {one.theirs[:1]}"
        for one in sorted(apart(asked), key=lambda one: len(one.asked.query))
    ]
    assert not lines, "\n".join(lines)


def written() -> list[Asked]:
    """Return the queries of all cases."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        for case in table.pop("case"):
            whole = {**table, **case}
            found.append(Asked(whole["query"], whole.get("types", {}), whole.get("options", {})))
    return found


def test_every_case_is_read_alike() -> None:
    agree(written())


SIGNS = (
    "==",
    "!=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=~",
    "!~",
    "matches regex",
)
TEXT = ("contains", "startswith", "endswith", "has", "hasprefix", "hassuffix")
NEGATABLE = (*TEXT, *(f"{one}_cs" for one in TEXT), "in", "in~")
OPERATORS = (*SIGNS, *NEGATABLE, *(f"!{one}" for one in NEGATABLE), "has_any", "has_all", "between")


def test_operators_take_the_same_types() -> None:
    columns = {f"C{kind}": kind for kind in TYPES}
    right = [*columns, '"x"', "5", '("x", "y")', "(5 .. 6)", "(5, 6)"]
    asked = [
        Asked(f"Events | where C{left} {operator} {other}", columns, {})
        for operator in OPERATORS
        for left, other in product(TYPES, right)
    ]
    agree(asked if DEEP else asked[::9])


SAMPLES = {
    "s": "Cstring",
    "v": "Cstring",
    "h": "Cstring",
    "j": "Cstring",
    "x": "Cstring",
    "w": "Clong",
    "n": "Clong",
    "o": "Clong",
    "i": "Clong",
    "k": "1",
    "d": "Cdatetime",
    "a": "Cdynamic",
    "t": "Ctimespan",
    "b": "Cbool",
    "p": '"a"',
}
"""An argument of each kind of ``Signature``, and of kinds that only the next table has."""
OTHERS = {
    **dict.fromkeys(("isnull", "isnotnull", "isempty", "isnotempty"), "x"),
    "not": "b",
    "iff": "b x x",
    "case": "b x x",
    "coalesce": "x x",
    "now": "t",
    "ago": "t",
    "extract": "p k s",
    "replace_regex": "s p p",
    "trim": "p s",
    "trim_start": "p s",
}
"""Functions that are read one by one, with the kinds of their arguments."""
CONSTANTS = ('"a"', "5", "5.5", "1h", "true", "dynamic([1])", "datetime(2024-01-01)")


def calls(name: str, kinds: Sequence[str]) -> Iterator[str]:
    """Yield calls of a function with one argument of another type, or with fewer or more."""
    base = [SAMPLES[kind] for kind in kinds]
    for at, other in product(range(len(base)), (*(f"C{one}" for one in TYPES), *CONSTANTS)):
        yield f"{name}({', '.join([*base[:at], other, *base[at + 1 :]])})"
    for count in range(6):
        yield f"{name}({', '.join((base * 6)[:count])})"


def test_functions_take_the_same_types() -> None:
    known = {name: [kind[0] for kind in one.kinds] for name, one in FUNCTIONS.items()}
    known |= {name: kinds.split() for name, kinds in OTHERS.items()}
    columns = {f"C{kind}": kind for kind in TYPES}
    asked = [
        Asked(f"Events | extend X = {call}", columns, {})
        for name, kinds in known.items()
        for call in calls(name, kinds)
    ]
    agree(asked if DEEP else asked[::9])


TOKEN = re.compile(r'@?"(?:[^"\\]|\\.)*"|\w+|!?[=~<>]+|\s+|.', re.DOTALL)
VOCABULARY = """
where and or not ( ) == != =~ !~ contains !contains has !has has_cs startswith endswith_cs in in~
!in !in~ has_any has_all matches regex between .. | , ; "a" "x" 5 5.5 -3 true false null
dynamic([1,2]) datetime(2024-01-01) 1h project extend take let = A B S N T J.a J['b'] * isnull(S)
isnotempty(S) tolower(S) tostring(N) toint(S) iff(B,1,2) ago(1d) search union T1 + - / % < > <= >=
[ ] { } : as by asc sort limit distinct @'\\w+' h's' ! !between split(S,',')[0] // int(null) long(5)
real(1) timespan(1d) count() strcat(S,'x') 'q' kind=inner
"""
WORDS = VOCABULARY.split()


def damaged(choose: random.Random, query: str) -> str:
    """Return a query with some of its words dropped, doubled, swapped or replaced."""
    tokens = TOKEN.findall(query)
    for _ in range(choose.choice([1, 1, 1, 2, 3])):
        at = choose.randrange(len(tokens) or 1)
        match choose.choice(["drop", "drop", "add", "put", "put", "double", "swap"]):
            case "drop":
                del tokens[at : at + 1]
            case "add":
                tokens.insert(at, f" {choose.choice(WORDS)} ")
            case "put":
                tokens[at : at + 1] = [choose.choice(WORDS)]
            case "double":
                tokens[at:at] = tokens[at : at + 1]
            case _:
                other = choose.randrange(len(tokens) or 1)
                tokens[at : at + 1], tokens[other : other + 1] = (
                    tokens[other : other + 1],
                    tokens[at : at + 1],
                )
    return "".join(tokens)


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_queries_are_read_alike(seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311 - no secret
    whole = written()
    asked = []
    for _ in range(QUERIES):
        one = choose.choice(whole)
        asked.append(Asked(damaged(choose, one.query), one.types, one.options))
    agree(asked)


class Overheard:
    """A service that is asked and knows nothing."""

    title = "Kusto"
    text = ""

    def query(self, text: str, written: str = "") -> tuple[list[str], list[list[int]]]:
        del written
        self.text = text
        return [ROW], []


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ('SecurityEvent | where A == "x"', []),
        ('A == "x" or A has "y"', []),
        ('union SecurityEvent, Sys* | where A == "x"', []),
        ('let t = SecurityEvent | where A == "x"; t', []),
        ('search "x"', []),
        ('search in (SecurityEvent) A:"x"', []),
        ('SecurityEvent | where B == "x"', ["KS142"]),
        ('SecurityEvent | where A == "x" |', ["KS176"]),
    ],
)
def test_what_is_sent_to_a_service_is_a_query(query: str, codes: list[str]) -> None:
    overheard: Any = Overheard()
    table = Table(overheard, "harness_tmp_x", {"A": "string"})
    table.ask("kusto", query, options={})
    columns = {"A": "string", ROW: "long"}
    (said,) = kusto_parser.ask([Question(query=overheard.text, columns=columns)])
    assert [code for code, *_ in said][:1] == codes
    if codes:
        line = overheard.text.index(query)
        assert said[0][1] >= line


def test_places_are_counted_in_characters() -> None:
    with pytest.raises(QuerySyntaxError) as found:
        kusto_parser.check("S == '\N{PILE OF POO}' and", types={"S": FieldType(name="string")})
    assert found.value.span.start == len("S == 'x' and")


def test_a_query_that_nests_too_deeply_has_no_verdict() -> None:
    deep = " or ".join(f'A == "{number}"' for number in range(3000))
    with pytest.raises(Declined):
        kusto_parser.check(deep)


def test_a_run_asks_the_parser_too(tmp_path: Path) -> None:
    queries = {
        "read": "Events | where EventID == 4692",
        "refused": "Events | where EventID = 4692",
        "open": "Events | summarize count() by EventID",
    }
    write_rule(
        tmp_path / "rule",
        reference=selection(EventID=4692),
        translations={name: ("kusto", text, ["sigma"]) for name, text in queries.items()},
        kind="event",
    )
    plan = Plan(rules=(rule_of(tmp_path / "rule"),), measure=False, engines=True)
    cells = [event for event in execute(plan) if isinstance(event, CellFinished)]
    said = {one.cell.translation.name: one.cell.opinions for one in cells}
    assert {name: [bool(one.rejection) for one in found] for name, found in said.items()} == {
        "read": [False],
        "refused": [True],
        "open": [False],
    }
    assert not any(one.failure or one.verdicts for found in said.values() for one in found)
    codes = {one.code for event in cells for one in event.findings}
    assert not [code for code in codes if code.startswith("engine-")]
