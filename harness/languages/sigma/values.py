"""What a value of a rule has become after its modifiers, and the predicate it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from harness.ir import (
    ADDRESS,
    ANY_FIELD,
    NUMBER,
    TEXT,
    AnyField,
    Atom,
    Call,
    Case,
    Check,
    Condition,
    Equals,
    FieldValue,
    Glob,
    Has,
    InNetwork,
    Matches,
    Not,
    Order,
    Ordered,
    Predicate,
    Presence,
    View,
    Wild,
    any_of,
)
from harness.languages.sigma.operators import OPERATORS
from harness.languages.sigma.text import Text, number_text, opened
from harness.languages.sigma.views import (
    DECIMAL,
    FLAG,
    NUMERAL,
    TIME_PARTS,
    field_comparison,
    is_true,
)
from harness.source import Span


@dataclass(frozen=True, slots=True)
class Number:
    """A number; ``part`` names the part of a time that it is compared with."""

    number: int | float
    part: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null:
    """The null of YAML."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether the key is there."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """Which ends of a field may hold more than the value asks for."""

    left: bool = False
    right: bool = False

    def __or__(self, other: Ends) -> Ends:
        return Ends(self.left or other.left, self.right or other.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression; without ``ends`` it searches."""

    pattern: str
    case: Case = OPERATORS["re"].case
    flags: str = ""
    ends: Ends | None = None

    def anchored(self) -> str:
        """Return the pattern as it is searched for, closed ends anchored."""
        if self.ends is None or self.ends == Ends(left=True, right=True):
            return self.pattern
        left = "" if self.ends.left else r"\A"
        right = "" if self.ends.right else r"\Z"
        return f"{left}(?:{self.pattern}){right}"


@dataclass(frozen=True, slots=True)
class Network:
    """An IP network."""

    network: IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Reference:
    """Another field."""

    name: str
    ends: Ends = Ends()


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit for a number, or for a part of a time."""

    order: Order
    number: Number


@dataclass(frozen=True, slots=True)
class Expansion:
    """Several values that one value of the rule stands for; one of them is enough."""

    values: tuple[Value, ...]


Single = Text | Number | Flag | Null | Exists | Pattern | Network | Reference | Bound
Value = Single | Expansion

NUMERIC = frozenset("0123456789+-.e")
"""The characters, folded, that the text of a number can hold."""


def predicate_of(value: Value, field: str | None, span: Span, fold: Case) -> Predicate:
    """Return the predicate of a value; without a field it is a keyword.

    ``fold`` is how letters fold wherever case does not count.
    """
    if isinstance(value, Expansion):
        return any_of(*(predicate_of(item, field, span, fold) for item in value.values))
    if field is None:
        return _keyword(value, span, fold)
    match value:
        case Null():
            return Presence(field=field, has=Has.NULL, span=span)
        case Exists(wanted):
            test = Presence(field=field, has=Has.KEY, span=span)
            return test if wanted else Not(test)
        case Reference(name, ends):
            return _reference(field, name, ends, span, fold)
        case _:
            view, check = _test(value, fold)
            return Atom(
                field=field,
                check=check,
                view=view,
                missing=OPERATORS["value"].missing,
                span=span,
            )


def _keyword(value: Single, span: Span, fold: Case) -> Atom:
    """Return the test that some value of the event holds a keyword."""
    everywhere: AnyField = ANY_FIELD
    if isinstance(value, Number | Flag):
        value = as_string(value)
    if isinstance(value, Text):
        value = opened(value, left=True, right=True)
    view, check = _test(value, fold)
    missing = OPERATORS["keyword"].missing
    return Atom(field=everywhere, check=check, view=view, missing=missing, span=span)


def as_string(value: Number | Flag) -> Text:
    """Return a number or boolean as the text that it is compared as."""
    if isinstance(value, Flag):
        return Text(("true" if value.value else "false",))
    return Text((number_text(value.number),))


def _reference(field: str, name: str, ends: Ends, span: Span, fold: Case) -> Condition:
    function = field_comparison(left=ends.left, right=ends.right, case=fold)
    arguments = (FieldValue(field, span=span), FieldValue(name, span=span))
    call = Call(function, arguments, span)
    return Condition(expression=call, truth=is_true, each=True, span=span)


def _test(value: Single, fold: Case) -> tuple[View, Check]:
    """Return the view and the check of a value that is compared with one field."""
    match value:
        case Text():
            return _text_view(value), _text_check(value, _folded(value.case, fold))
        case Flag():
            return FLAG, _text_check(as_string(value), fold)
        case Number(number, part) if part:
            return TIME_PARTS[part], Equals(number)
        case Number():
            return NUMERAL, _text_check(as_string(value), fold)
        case Pattern():
            case_rule = _folded(value.case, fold)
            dialect = OPERATORS["re"].dialect
            return TEXT, Matches(value.anchored(), dialect, case=case_rule, flags=value.flags)
        case Network(network):
            return ADDRESS, InNetwork(network)
        case Bound(order, bound):
            view = TIME_PARTS[bound.part] if bound.part else NUMBER
            return view, Ordered(order, bound.number)
        case _:
            message = f"a {type(value).__name__} is no test on one value"
            raise AssertionError(message)


def _folded(case: Case, fold: Case) -> Case:
    return case if case is Case.SENSITIVE else fold


def _text_check(text: Text, case: Case) -> Check:
    literal = text.literal
    return Glob(text.pieces, case) if literal is None else Equals(literal, case)


def _text_view(text: Text) -> View:
    """Return ``TEXT`` where it gives the same as ``DECIMAL``: no number can match the text."""
    literals = [piece for piece in text.pieces if isinstance(piece, str)]
    if any(char not in NUMERIC for piece in literals for char in piece.lower()):
        return TEXT
    return DECIMAL if text.pieces not in {(), (Wild.ANY,)} else TEXT
