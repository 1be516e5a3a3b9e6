"""Values of AQL expressions, and the functions on them."""

from __future__ import annotations

import ipaddress
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Atom,
    Call,
    Check,
    Condition,
    Expression,
    FieldValue,
    Function,
    Literal,
    Predicate,
    Truth,
    View,
    Wild,
    as_number,
    as_text,
)
from harness.ir.checks import Piece
from harness.source import Span

MAX_TEXT = 1_000_000
MAX_NUMBER = 1e300
ADDRESS_FIELDS = frozenset(
    f"{place}{kind}"
    for place in ("source", "destination", "identity")
    for kind in ("ip", "v6", "address")
) | frozenset(
    f"{when}nat{place}ip" for when in ("pre", "post") for place in ("source", "destination")
)
"""Columns of type address, which LIKE does not take.
https://github.com/opencybersecurityalliance/stix-shifter/issues/365
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A part of an expression.

    ``field`` and ``of`` tell of a value that depends on one field; ``missing`` is the outcome
    of a test where that field is not there. ``opaque`` names what cannot be evaluated.
    """

    span: Span
    expression: Expression
    field: str | None = None
    name: str = ""
    of: Callable[[Any], Any] | None = None
    constant: bool = False
    value: Any = None
    missing: Truth = Truth.UNKNOWN
    opaque: str = ""
    depth: int = 1


def literal(value: Any, span: Span) -> Value:
    """Return a constant."""
    return Value(span=span, expression=Literal(value), constant=True, value=value)


def column(name: str, span: Span, *, missing: Truth = Truth.UNKNOWN) -> Value:
    """Return a column or custom property."""
    return Value(
        span=span,
        expression=FieldValue(name, span=span),
        field=name,
        name=name,
        of=_identity,
        missing=missing,
    )


def _identity(value: Any) -> Any:
    return value


def computed(name: str, apply: Callable[..., Any], parts: Sequence[Value], span: Span) -> Value:
    """Return a function of values; of constants it is computed at once."""
    depth = 1 + max((part.depth for part in parts), default=0)
    opaque = next((part.opaque for part in parts if part.opaque), "")
    if all(part.constant for part in parts) and not opaque:
        return literal(apply(*(part.value for part in parts)), span)
    call = Call(
        Function(f"aql.{name}", apply, strict=True), tuple(part.expression for part in parts), span
    )
    open_parts = [part for part in parts if not part.constant]
    first = open_parts[0]
    if len(open_parts) > 1 or first.field is None or first.of is None or opaque:
        return Value(span=span, expression=call, opaque=opaque, depth=depth)
    inner = first.of

    def of(value: Any) -> Any:
        return apply(*(part.value if part.constant else inner(value) for part in parts))

    texts = ", ".join(repr(part.value) if part.constant else part.name for part in parts)
    return Value(
        span=span,
        expression=call,
        field=first.field,
        name=f"{name}({texts})",
        of=of,
        missing=first.missing,
        depth=depth,
    )


def tested(
    value: Value, check: Check, kind: str, view: Callable[[Any], Iterable[Any]]
) -> Predicate:
    """Return a check of a value, as an atom where it depends on one field."""
    if value.field is not None and value.of is not None:
        of = value.of
        seen = View(f"{kind} of {value.name}", lambda item: view(of(item)))
        return Atom(
            field=value.field, check=check, view=seen, missing=value.missing, span=value.span
        )

    def decide(item: Any) -> Truth:
        if item is None:
            return value.missing
        return Truth.of(any(check.accepts(one) for one in view(_single(item))))

    return Condition(expression=value.expression, truth=decide, span=value.span)


def _single(value: Any) -> Any:
    if isinstance(value, list):
        message = "AQL knows no lists"
        raise Fault(message)
    return value


def text_view(value: Any) -> tuple[str, ...]:
    """View a value as text."""
    return (as_text(value),)


def number_view(value: Any) -> tuple[int | float, ...]:
    """View a value as a number; how other text is ordered is not documented."""
    return (number(value),)


def address_view(value: Any) -> tuple[Any, ...]:
    """View a value as an address; nothing for other text."""
    try:
        return (ipaddress.ip_address(as_text(value).strip()),)
    except ValueError:
        return ()


def number(value: Any) -> int | float:
    """Return a number; a fault for text that is none."""
    found = as_number(_single(value))
    if found is None:
        message = "a text stands where a number is needed"
        raise Fault(message)
    return found


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal: numbers as numbers, else as text in its case."""
    first, second = as_number(_single(left)), as_number(_single(right))
    if first is not None and second is not None and not isinstance(left, str):
        return first == second
    return as_text(left) == as_text(right)


def arithmetic(sign: str) -> Callable[[Any, Any], Any]:
    """Return an operation on numbers; division by zero and overflow are faults."""
    operation = {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "%": math.fmod,
        "^": _power,
    }[sign]

    def apply(left: Any, right: Any) -> Any:
        try:
            result = operation(number(left), number(right))
        except (ArithmeticError, ValueError) as error:
            raise Fault(str(error)) from error
        if abs(result) > MAX_NUMBER:
            message = "the number is out of range"
            raise Fault(message)
        return int(result) if isinstance(result, float) and result.is_integer() else result

    return apply


def _power(left: float, right: float) -> float:
    result = math.pow(left, right)
    if math.isnan(result):
        message = "the power is no number"
        raise Fault(message)
    return result


def _lower(value: Any) -> str:
    return as_text(_single(value)).lower()


def _upper(value: Any) -> str:
    return as_text(_single(value)).upper()


def _text(value: Any) -> str:
    return as_text(_single(value))


def _concat(*values: Any) -> str:
    text = "".join(as_text(_single(value)) for value in values)
    if len(text) > MAX_TEXT:
        message = "the text is too long"
        raise Fault(message)
    return text


def _length(value: Any) -> int:
    return len(_text(value))


def _substring(value: Any, start: Any, count: Any = MAX_TEXT) -> str:
    first, wanted = int(number(start)), int(number(count))
    if first < 0 or wanted < 0:
        message = "SUBSTRING takes places from 0"
        raise Fault(message)
    return _text(value)[first : first + wanted]


def _position(value: Any, part: Any, start: Any = 0) -> int:
    return _text(value).find(_text(part), max(0, int(number(start))))


def _long(value: Any) -> int:
    try:
        return int(ipaddress.IPv4Address(_text(value)))
    except ValueError:
        return int(number(value))


def _double(value: Any) -> float:
    return float(number(value))


FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "lower": (1, 1, _lower),
    "upper": (1, 1, _upper),
    "utf8": (1, 1, _text),
    "str": (1, 1, _text),
    "concat": (1, 100, _concat),
    "strlen": (1, 1, _length),
    "substring": (2, 3, _substring),
    "strpos": (2, 3, _position),
    "long": (1, 1, _long),
    "double": (1, 1, _double),
}
"""Functions by name: fewest and most arguments, and what they do.
https://www.ibm.com/docs/en/qsip/7.6.0?topic=language-aql-data-calculation-formatting-functions
"""
LOOKUPS = frozenset(
    {
        "applicationname",
        "assethostname",
        "assetuser",
        "categoryname",
        "domainname",
        "hostname",
        "logsourcegroupname",
        "logsourcename",
        "logsourcetypename",
        "networkname",
        "processorname",
        "protocolname",
        "qiddescription",
        "qidname",
        "rulename",
    }
)
"""Functions that look a name up in QRadar's own tables: the event carries it in a field of
the function's name. https://www.ibm.com/docs/en/qsip/7.6.0?topic=language-aql-data-retrieval-functions
"""


def like_pieces(pattern: str) -> tuple[Piece, ...]:
    """Return a pattern cut at its wildcards; there is no escape character."""
    wild = {"%": Wild.ANY, "_": Wild.ONE}
    pieces: list[Piece] = []
    for part in re.findall(r"[%_]|[^%_]+", pattern):
        piece = wild.get(part, part)
        if not (piece is Wild.ANY and pieces and pieces[-1] is Wild.ANY):
            pieces.append(piece)
    return tuple(pieces)


def truth(value: Any) -> Truth:
    """Return the value of a comparison as an outcome; ``None`` is left to the option missing."""
    return Truth.UNKNOWN if value is None else Truth.of(bool(value))
