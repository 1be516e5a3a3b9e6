"""The tree of a Painless fragment, and its evaluation.

Payload values have no declared type in Painless (``def``), so wrong types are errors at run
time and make the execution of the watch fail; see
https://www.elastic.co/guide/en/elasticsearch/painless/7.17/painless-types.html.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.languages.watcher.values import (
    ExecutionFailed,
    Unknowable,
    UnorderedList,
    Unpredictable,
    java_number,
    java_text,
)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A variable: ``ctx``, ``params`` or a declared one; or a class with static methods."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``value.name``; ``safe`` for ``?.``."""

    value: Expression
    name: str
    safe: bool


@dataclass(frozen=True, slots=True)
class Index:
    """``value[index]``."""

    value: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """``value.method(arguments)``."""

    value: Expression
    method: str
    arguments: tuple[Expression, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Unary:
    """``!``, ``-`` or ``+`` before an operand."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Choose:
    """``test ? then : otherwise``."""

    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Either:
    """``value ?: otherwise``: the value unless it is null."""

    value: Expression
    otherwise: Expression


Expression = Constant | Name | Member | Index | Call | Unary | Binary | Choose | Either


@dataclass(frozen=True, slots=True)
class Return:
    """Ends the script with a value."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Declare:
    """Gives a variable a value; with an empty name the value is only evaluated."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """Statements in order."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """A choice between two blocks."""

    test: Expression
    then: Block
    otherwise: Block


Statement = Return | Declare | If

_NOTHING: Any = object()


def run(body: tuple[Statement, ...], names: dict[str, Any]) -> Any:
    """Return what the statements return; ``None`` where they end without a return."""
    result = _run(body, dict(names))
    return None if result is _NOTHING else result


def _run(body: tuple[Statement, ...], names: dict[str, Any]) -> Any:
    for statement in body:
        match statement:
            case Return(value):
                return evaluate(value, names)
            case Declare(name, value):
                names[name] = evaluate(value, names)
            case If(test, then, otherwise):
                chosen = then if _boolean(evaluate(test, names)) else otherwise
                result = _run(chosen.body, names)
                if result is not _NOTHING:
                    return result
    return _NOTHING


def evaluate(node: Expression, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression."""
    match node:
        case Constant(value):
            return value
        case Name(name):
            return names.get(name)
        case Member(value, name, safe):
            return _member(evaluate(value, names), name, safe=safe)
        case Index(value, index):
            return _index(evaluate(value, names), evaluate(index, names))
        case Call():
            return _call(node, names)
        case Unary(sign, operand):
            return _unary(sign, evaluate(operand, names))
        case Binary("&&" | "||" as word, left, right):
            first = _boolean(evaluate(left, names))
            return _boolean(evaluate(right, names)) if first is (word == "&&") else first
        case Binary(sign, left, right):
            return _binary(sign, evaluate(left, names), evaluate(right, names))
        case Choose(test, then, otherwise):
            return evaluate(then if _boolean(evaluate(test, names)) else otherwise, names)
        case Either(value, otherwise):
            found = evaluate(value, names)
            return evaluate(otherwise, names) if found is None else found


def _known(value: Any) -> Any:
    if isinstance(value, Unknowable):
        raise Unpredictable(value.why)
    return value


def _fail(message: str) -> ExecutionFailed:
    return ExecutionFailed(message)


def _boolean(value: Any) -> bool:
    if not isinstance(_known(value), bool):
        message = "a condition in the script is not boolean"
        raise _fail(message)
    return bool(value)


def _member(value: Any, name: str, *, safe: bool) -> Any:
    value = _known(value)
    if value is None:
        if safe:
            return None
        message = f"cannot read {name!r} of null"
        raise _fail(message)
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list) and name == "length":
        return len(value)
    if isinstance(value, list) and name.isdigit():
        return _index(value, int(name))
    message = f"there is no {name!r} in this value"
    raise _fail(message)


def _index(value: Any, index: Any) -> Any:
    value, index = _known(value), _known(index)
    if isinstance(value, Mapping):
        return value.get(index) if isinstance(index, str) else None
    whole = isinstance(index, int) and not isinstance(index, bool)
    if not isinstance(value, list) or not whole:
        message = "the value cannot be indexed like this"
        raise _fail(message)
    at = index + len(value) if index < 0 else index
    if not 0 <= at < len(value):
        message = f"index {index} is out of bounds for a list of {len(value)}"
        raise _fail(message)
    if isinstance(value, UnorderedList) and len(value) > 1:
        message = "the order of the hits depends on their scores"
        raise Unpredictable(message)
    return value[at]


def _number(value: Any) -> int | float:
    if isinstance(_known(value), int | float) and not isinstance(value, bool):
        return value  # type: ignore[no-any-return]
    message = "a number is needed"
    raise _fail(message)


def _unary(sign: str, value: Any) -> Any:
    if sign == "!":
        return not _boolean(value)
    number = _number(value)
    return -number if sign == "-" else number


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _binary(sign: str, left: Any, right: Any) -> Any:
    left, right = _known(left), _known(right)
    if sign in ("==", "!=", "===", "!=="):
        return _equal(left, right) is (sign[0] == "=")
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return java_text(left) + java_text(right)
    a, b = _number(left), _number(right)
    if sign in _ORDER:
        return _ORDER[sign](a, b)
    return _arithmetic(sign, a, b)


def _equal(left: Any, right: Any) -> bool:
    numbers = [
        isinstance(item, int | float) and not isinstance(item, bool) for item in (left, right)
    ]
    if all(numbers):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


_LIMIT = 2**63


def _arithmetic(sign: str, a: float, b: float) -> int | float:
    try:
        if sign in "/%":
            return _divide(sign, a, b)
        result = a + b if sign == "+" else a - b if sign == "-" else a * b
    except OverflowError as error:
        message = "the number is too large"
        raise _fail(message) from error
    if isinstance(result, int):
        return (result + _LIMIT) % (2 * _LIMIT) - _LIMIT
    return result


def _divide(sign: str, a: float, b: float) -> int | float:
    """Divide as Java does: whole numbers truncate toward zero, and zero divides only doubles."""
    whole = isinstance(a, int) and isinstance(b, int)
    if b == 0:
        if whole:
            message = "division by zero"
            raise _fail(message)
        return math.nan if sign == "%" or a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    if sign == "%":
        return int(abs(a) % abs(b)) * (1 if a >= 0 else -1) if whole else math.fmod(a, b)
    return int(abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if whole else a / b


def _call(node: Call, names: Mapping[str, Any]) -> Any:
    arguments = [_known(evaluate(item, names)) for item in node.arguments]
    if isinstance(node.value, Name) and node.value.name in _STATIC_CLASSES:
        return _apply(f"{node.value.name}.{node.method}", arguments)
    receiver = _known(evaluate(node.value, names))
    if receiver is None:
        if node.safe:
            return None
        message = f"cannot call {node.method!r} of null"
        raise _fail(message)
    kind = next((word for word, types in _KINDS if isinstance(receiver, types)), "")
    return _apply(f"{kind}.{node.method}", [receiver, *arguments])


_KINDS: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("list", list),
    ("map", Mapping),
    ("text", str),
    ("boolean", bool),
    ("number", (int, float)),
)
_STATIC_CLASSES = frozenset(("Math", "Integer", "Long", "Double", "String", "Boolean"))


def _apply(name: str, arguments: list[Any]) -> Any:
    method = METHODS.get(name)
    if method is None:
        message = f"the method {name.partition('.')[2]!r} is not evaluated here"
        raise Unpredictable(message)
    try:
        return method(*arguments)
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        message = f"{name.partition('.')[2]!r} fails: {error}"
        raise _fail(message) from error


def _parsed(value: str) -> float:
    number = java_number(value)
    if number is None:
        message = f"{value!r} is no number"
        raise ValueError(message)
    return number


METHODS: dict[str, Callable[..., Any]] = {
    "list.size": len,
    "list.isEmpty": lambda items: not items,
    "list.contains": lambda items, item: any(_equal(item, other) for other in items),
    "list.get": _index,
    "map.size": len,
    "map.isEmpty": lambda items: not items,
    "map.containsKey": lambda items, key: key in items,
    "map.get": lambda items, key: items.get(key),
    "map.getOrDefault": lambda items, key, other: items.get(key, other),
    "text.length": len,
    "text.isEmpty": lambda text: not text,
    "text.contains": lambda text, part: part in text,
    "text.startsWith": lambda text, part: text.startswith(part),
    "text.endsWith": lambda text, part: text.endswith(part),
    "text.equals": _equal,
    "text.equalsIgnoreCase": lambda text, other: text.lower() == other.lower(),
    "text.toLowerCase": lambda text: text.lower(),
    "text.toUpperCase": lambda text: text.upper(),
    "text.trim": lambda text: text.strip(),
    "text.indexOf": lambda text, part: text.find(part),
    "number.equals": lambda a, b: type(a) is type(b) and a == b,
    "number.intValue": int,
    "number.longValue": int,
    "number.doubleValue": float,
    "boolean.equals": _equal,
    "boolean.booleanValue": bool,
    "list.equals": _equal,
    "map.equals": _equal,
    "list.toString": java_text,
    "map.toString": java_text,
    "text.toString": java_text,
    "number.toString": java_text,
    "boolean.toString": java_text,
    "Math.min": lambda a, b: min(_number(a), _number(b)),
    "Math.max": lambda a, b: max(_number(a), _number(b)),
    "Math.abs": lambda a: abs(_number(a)),
    "Integer.parseInt": int,
    "Long.parseLong": int,
    "Double.parseDouble": _parsed,
    "String.valueOf": java_text,
    "Boolean.parseBoolean": lambda text: str(text).lower() == "true",
}
"""The methods that are evaluated, by the kind of their receiver."""
