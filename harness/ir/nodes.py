"""The predicate that every language is read into.

What the tree promises:

* it is *resolved*: modifiers, defaults, index types and quoting of the language are gone;
  each leaf says by itself which field it looks at, through which view, with which check, and
  what it gives where the field is missing;
* it is *faithful*: nothing is lower-cased, expanded or compiled while parsing; letter case,
  wildcards and regular expressions are kept as written and interpreted by the check;
* it is *placed*: each leaf carries the span of the text it came from;
* it is *immutable*: passes return new trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from harness.ir.checks import TEXT, Check, View
from harness.ir.truth import Truth
from harness.source import Span


class Quantifier(Enum):
    """How many of a field's values must pass."""

    ANY = "any value"
    ALL = "every value"
    ONLY = "the only value; several leave it unknown"
    ONLY_DISTINCT = "the only value, repetitions aside; several leave it unknown"


class Has(Enum):
    """A question about a key itself rather than about its values."""

    KEY = "the key is present, even with null or an empty list"
    VALUE = "at least one value that is not null"
    NULL = "the key is missing, or holds an explicit null"


@dataclass(frozen=True, slots=True)
class AnyField:
    """Every leaf value of the event is looked at, whatever its field is called.

    ``without`` names fields that are left out; one that ends with ``*`` names all fields that
    begin so.
    """

    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "(any field)"

    def covers(self, path: str) -> bool:
        """Return whether the values of this field are looked at."""
        return not any(
            path.startswith(name[:-1]) if name.endswith("*") else path == name
            for name in self.without
        )


ANY_FIELD = AnyField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One test on the values of one field.

    ``missing`` is the outcome where the field has no value at all (after nulls are left
    out); a value for which the view gives nothing simply does not pass.
    """

    field: str | AnyField
    check: Check
    view: View = TEXT
    quantifier: Quantifier = Quantifier.ANY
    missing: Truth = Truth.FALSE
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A test on whether a field is there."""

    field: str
    has: Has
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of the items hold."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the items holds."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The item does not hold."""

    item: Predicate


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least ``count`` of the items hold."""

    count: int
    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Definite:
    """The item as a two-valued statement: what is not true counts as false.

    An undefined outcome stays undefined.
    """

    item: Predicate


@dataclass(frozen=True, slots=True)
class Nested:
    """One object of the list at ``path`` satisfies the item on its own.

    Field paths inside the item are full paths, as in Elasticsearch's nested query.
    """

    path: str
    item: Predicate


@dataclass(frozen=True, slots=True)
class Constant:
    """The same outcome for every event.

    ``about`` names the fields that the text it stands for looks at, where it is constant
    because the index does not have them.
    """

    truth: Truth
    span: Span | None = field(default=None, compare=False)
    about: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The value of an expression, taken as a truth.

    ``truth`` maps the value to an outcome (the language's rule for what counts as true; a
    null is ``None``). With ``each`` the expression is evaluated once per combination of the
    values of the fields in it and holds if one combination makes it true; a missing field
    then takes part once, as null.
    """

    expression: Expression
    truth: Callable[[Any], Truth]
    each: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant value."""

    value: Any


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field: a scalar, a list, or ``None`` where it is missing.

    ``raw`` gives the JSON value untouched, objects and lists included; ``path`` is ``"*"``
    for the whole event.
    """

    path: str
    raw: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function on values. ``strict``: any null argument makes the result null.

    ``apply`` is pure; it raises :class:`~harness.errors.Fault` for a run-time error of the
    engine. Functions are compared by ``name``, which is unique within a language
    (``"eql.between~"``).
    """

    name: str
    apply: Callable[..., Any]
    strict: bool = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Function({self.name!r})"


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to expressions."""

    function: Function
    arguments: tuple[Expression, ...]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of ``then`` where the condition is true, else of ``otherwise``."""

    condition: Predicate
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Verdict:
    """A predicate as a value: ``True``, ``False``, or ``None`` for unknown."""

    predicate: Predicate


Predicate = And | Or | Not | AtLeast | Definite | Nested | Constant | Atom | Presence | Condition
Expression = Literal | FieldValue | Call | Choice | Verdict

TRUE = Constant(Truth.TRUE)
FALSE = Constant(Truth.FALSE)


def all_of(*items: Predicate) -> Predicate:
    """Return the conjunction, without a wrapper round a single item."""
    return items[0] if len(items) == 1 else And(items)


def any_of(*items: Predicate) -> Predicate:
    """Return the disjunction, without a wrapper round a single item."""
    return items[0] if len(items) == 1 else Or(items)


def children(node: Predicate) -> tuple[Predicate, ...]:
    """Return the predicates directly below a node, in order."""
    match node:
        case And(items) | Or(items) | AtLeast(_, items):
            return items
        case Not(item) | Definite(item) | Nested(_, item):
            return (item,)
        case Condition(expression=expression):
            return tuple(_predicates_in(expression))
        case _:
            return ()


def _predicates_in(expression: Expression) -> Iterator[Predicate]:
    match expression:
        case Verdict(predicate):
            yield predicate
        case Choice(condition, then, otherwise):
            yield condition
            yield from _predicates_in(then)
            yield from _predicates_in(otherwise)
        case Call(_, arguments):
            for argument in arguments:
                yield from _predicates_in(argument)
        case _:
            return


def walk_predicate(node: Predicate) -> Iterator[Predicate]:
    """Yield a node and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk_predicate(child)


def fields_of(node: Predicate) -> set[str]:
    """Return the names of the fields that a predicate looks at."""
    names: set[str] = set()
    for item in walk_predicate(node):
        match item:
            case Atom(field=str() as name) | Presence(field=name):
                names.add(name)
            case Condition(expression=expression):
                names.update(expression_fields(expression))
            case _:
                pass
    return names


def expression_fields(expression: Expression) -> set[str]:
    """Return the names of the fields whose values an expression uses directly."""
    match expression:
        case FieldValue(path):
            return {path}
        case Call(_, arguments):
            return (
                set().union(*(expression_fields(item) for item in arguments))
                if arguments
                else set()
            )
        case Choice(condition, then, otherwise):
            return fields_of(condition) | expression_fields(then) | expression_fields(otherwise)
        case Verdict(predicate):
            return fields_of(predicate)
        case _:
            return set()
