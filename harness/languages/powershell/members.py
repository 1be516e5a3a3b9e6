"""Properties, methods, static members and casts that detections use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from harness.errors import Fault
from harness.ir import Case
from harness.languages.powershell.operators import matches
from harness.languages.powershell.values import (
    MAX_ITEMS,
    Folding,
    RegexText,
    is_number,
    read_date,
    text,
    to_integer,
    to_number,
    truth,
)

_EXACT = Folding(case=Case.SENSITIVE)
_TIME_PARTS: Mapping[str, Callable[[datetime], Any]] = {
    "year": lambda at: at.year,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "hour": lambda at: at.hour,
    "minute": lambda at: at.minute,
    "second": lambda at: at.second,
    "millisecond": lambda at: at.microsecond // 1000,
    "dayofyear": lambda at: at.timetuple().tm_yday,
    "date": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0),
}
_SPAN_PARTS: Mapping[str, Callable[[timedelta], Any]] = {
    "totaldays": lambda span: span / timedelta(days=1),
    "totalhours": lambda span: span / timedelta(hours=1),
    "totalminutes": lambda span: span / timedelta(minutes=1),
    "totalseconds": lambda span: span.total_seconds(),
    "days": lambda span: int(span / timedelta(days=1)),
}
UNREAD_PROPERTIES = {"dayofweek": "a weekday compares as text and as a number"}
"""Properties that exist and are not evaluated, with the reason."""


def member(value: Any, name: str) -> Any:
    """Return ``value.name``, ``name`` in lower case; an unknown property is null."""
    if isinstance(value, list):
        return len(value) if name in {"count", "length"} else _enumerated(value, name)
    if isinstance(value, Mapping):
        found = [item for key, item in value.items() if key.casefold() == name]
        if found:
            return found[0]
    if isinstance(value, str) and name == "length":
        return len(value.encode("utf-16-le")) // 2
    if isinstance(value, datetime) and name in _TIME_PARTS:
        return _TIME_PARTS[name](value)
    if isinstance(value, timedelta) and name in _SPAN_PARTS:
        return _SPAN_PARTS[name](value)
    if name in {"count", "length"}:
        return 0 if value is None else 1
    return None


def _enumerated(items: list[Any], name: str) -> Any:
    """Collect a property from the members; one value stands alone, none is null."""
    found: list[Any] = []
    for item in items:
        if isinstance(item, Mapping) and name not in {key.casefold() for key in item}:
            continue
        value = member(item, name)
        found.extend(value if isinstance(value, list) else [value])
    return found if len(found) > 1 else found[0] if found else None


def index(value: Any, at: Any) -> Any:
    """Return ``value[at]``: null beyond the end, from the end for negative numbers."""
    if value is None:
        message = "null is indexed"
        raise Fault(message)
    if isinstance(at, list):
        return [index(value, one) for one in at]
    if isinstance(value, Mapping):
        return member(value, text(at).casefold())
    items = value if isinstance(value, list | str) else [value]
    place = to_integer(at)
    return items[place] if -len(items) <= place < len(items) else None


def _comparison(arguments: tuple[Any, ...]) -> bool:
    """Return whether a StringComparison argument asks to ignore case."""
    return len(arguments) > 1 and text(arguments[1]).lower().endswith("ignorecase")


def _cased(value: str, arguments: tuple[Any, ...], *, linguistic: bool) -> tuple[str, str]:
    """Return value and first argument, folded as the method compares them."""
    case = Case.UNICODE if _comparison(arguments) else Case.SENSITIVE
    ordinal = len(arguments) > 1 and text(arguments[1]).lower().startswith("ordinal")
    folding = Folding(case, weightless=linguistic and not ordinal)
    if not linguistic or ordinal:
        fold = Case.UNICODE if _comparison(arguments) else Case.SENSITIVE
        from_case = Folding(fold, weightless=False)
        return _plain(value, from_case), _plain(text(arguments[0]), from_case)
    return folding.key(value), folding.key(text(arguments[0]))


def _plain(value: str, folding: Folding) -> str:
    return value if folding.case is Case.SENSITIVE else value.lower()


def _contains(value: str, *arguments: Any) -> bool:
    whole, part = _cased(value, arguments, linguistic=False)
    return part in whole


def _starts(value: str, *arguments: Any) -> bool:
    whole, part = _cased(value, arguments, linguistic=True)
    return whole.startswith(part)


def _ends(value: str, *arguments: Any) -> bool:
    whole, part = _cased(value, arguments, linguistic=True)
    return whole.endswith(part)


def _equals(value: str, *arguments: Any) -> bool:
    if not isinstance(arguments[0], str):
        return False
    whole, part = _cased(value, arguments, linguistic=False)
    return whole == part


def _index_of(value: str, *arguments: Any) -> int:
    whole, part = _cased(value, arguments, linguistic=False)
    return whole.find(part)


def _last_index_of(value: str, *arguments: Any) -> int:
    whole, part = _cased(value, arguments, linguistic=False)
    return whole.rfind(part)


def _substring(value: str, start: Any, length: Any = None) -> str:
    begin = to_integer(start)
    count = len(value) - begin if length is None else to_integer(length)
    if begin < 0 or count < 0 or begin + count > len(value):
        message = "a substring lies outside its text"
        raise Fault(message)
    return value[begin : begin + count]


def _split(value: str, *arguments: Any) -> list[str]:
    marks = arguments[0] if arguments else " "
    separators = marks if isinstance(marks, list) else [text(marks)]
    pieces = [value]
    for mark in separators:
        if text(mark):
            pieces = [part for piece in pieces for part in piece.split(text(mark))]
        if len(pieces) > MAX_ITEMS:
            message = "the text falls into too many pieces"
            raise Fault(message)
    return pieces


def _trimmed(strip: Callable[[str, str | None], str]) -> Callable[..., str]:
    def apply(value: str, *arguments: Any) -> str:
        chars = "".join(text(item) for item in arguments)
        return strip(value, chars or None)

    return apply


def _replace(value: str, old: Any, new: Any) -> str:
    if not text(old):
        message = "an empty text cannot be replaced"
        raise Fault(message)
    return value.replace(text(old), text(new))


STRING_METHODS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "tolower": (lambda value: value.lower(), 0, 0),
    "tolowerinvariant": (lambda value: value.lower(), 0, 0),
    "toupper": (lambda value: value.upper(), 0, 0),
    "toupperinvariant": (lambda value: value.upper(), 0, 0),
    "contains": (_contains, 1, 2),
    "startswith": (_starts, 1, 2),
    "endswith": (_ends, 1, 2),
    "equals": (_equals, 1, 2),
    "indexof": (_index_of, 1, 2),
    "lastindexof": (_last_index_of, 1, 2),
    "substring": (_substring, 1, 2),
    "split": (_split, 0, 1),
    "trim": (_trimmed(str.strip), 0, 1),
    "trimstart": (_trimmed(str.lstrip), 0, 1),
    "trimend": (_trimmed(str.rstrip), 0, 1),
    "replace": (_replace, 2, 2),
    "tostring": (lambda value: value, 0, 0),
}
"""Methods of strings: the function, and the fewest and most arguments."""

_ADDED = {
    "adddays": lambda number: timedelta(days=number),
    "addhours": lambda number: timedelta(hours=number),
    "addminutes": lambda number: timedelta(minutes=number),
    "addseconds": lambda number: timedelta(seconds=number),
    "addmilliseconds": lambda number: timedelta(milliseconds=number),
}
TIME_METHODS = frozenset({*_ADDED, "touniversaltime", "tolocaltime"})
METHODS = frozenset({*STRING_METHODS, *TIME_METHODS})


def invoke(value: Any, name: str, *arguments: Any) -> Any:
    """Call a method, ``name`` in lower case; what the type has not is a run-time error."""
    if value is None:
        message = f"the method {name!r} is called on null"
        raise Fault(message)
    if isinstance(value, list):
        if name == "contains":
            return any(type(item) is type(arguments[0]) and item == arguments[0] for item in value)
        return [invoke(item, name, *arguments) for item in value]
    if isinstance(value, str) and name in STRING_METHODS:
        function, fewest, most = STRING_METHODS[name]
        if fewest <= len(arguments) <= most:
            return function(value, *arguments)
    if isinstance(value, datetime) and name in TIME_METHODS:
        return _moved(value, name, arguments)
    if name == "tostring" and not arguments:
        return text(value)
    if name == "equals" and len(arguments) == 1:
        return type(value) is type(arguments[0]) and value == arguments[0]
    message = f"{text(value)[:40]!r} has no method {name!r} with {len(arguments)} arguments"
    raise Fault(message)


def _moved(value: datetime, name: str, arguments: tuple[Any, ...]) -> datetime:
    if name not in _ADDED:
        return value
    try:
        return value + _ADDED[name](to_number(arguments[0]))
    except (IndexError, OverflowError, ValueError) as error:
        message = "a time cannot be moved that far"
        raise Fault(message) from error


def _is_match(*arguments: Any) -> bool:
    options = text(arguments[2]).lower() if len(arguments) > 2 else ""  # noqa: PLR2004 - third
    case = Case.UNICODE if "ignorecase" in options else Case.SENSITIVE
    if arguments[0] is None:
        message = "a null text is matched"
        raise Fault(message)
    return matches(text(arguments[0]), text(arguments[1]), case)


STATIC_METHODS: dict[tuple[str, str], tuple[Callable[..., Any], int, int]] = {
    ("string", "isnullorempty"): (lambda value: not text(value), 1, 1),
    ("string", "isnullorwhitespace"): (lambda value: not text(value).strip(), 1, 1),
    ("regex", "ismatch"): (_is_match, 2, 3),
    ("text.regularexpressions.regex", "ismatch"): (_is_match, 2, 3),
    ("math", "abs"): (lambda value: abs(to_number(value)), 1, 1),
}
STATIC_VALUES: Mapping[tuple[str, str], Any] = {
    ("int", "maxvalue"): 2**31 - 1,
    ("int", "minvalue"): -(2**31),
    ("long", "maxvalue"): 2**63 - 1,
    ("long", "minvalue"): -(2**63),
    ("string", "empty"): "",
}
NAMED_CONSTANTS = frozenset(
    {"stringcomparison", "text.regularexpressions.regexoptions", "stringsplitoptions"}
)
"""Enumerations whose members are only handed on to a method, by name."""


def to_date(value: Any) -> datetime:
    """Cast to a time; raise ``Fault`` where the text is none."""
    moment = read_date(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        message = f"{text(value)[:60]!r} cannot be read as a time"
        raise Fault(message)
    return moment


STATIC_METHODS["datetime", "parse"] = (to_date, 1, 1)


def _to_list(convert: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda value: [convert(item) for item in (value if isinstance(value, list) else [value])]


def _to_double(value: Any) -> float:
    return float(to_number(value))


def _to_bool(value: Any) -> bool:
    return truth(value)


def _integer(bits: int) -> Callable[[Any], int]:
    return lambda value: to_integer(value, bits)


def _unsigned(bits: int) -> Callable[[Any], int]:
    def apply(value: Any) -> int:
        number = to_integer(value, bits + 1)
        if number < 0:
            message = "a negative number does not fit into an unsigned one"
            raise Fault(message)
        return number

    return apply


CASTS: Mapping[str, Callable[[Any], Any]] = {
    "string": text,
    "int": _integer(32),
    "int32": _integer(32),
    "int16": _integer(16),
    "long": _integer(64),
    "int64": _integer(64),
    "byte": _unsigned(8),
    "uint16": _unsigned(16),
    "uint32": _unsigned(32),
    "uint64": _unsigned(64),
    "double": _to_double,
    "float": _to_double,
    "single": _to_double,
    "decimal": to_number,
    "bool": _to_bool,
    "boolean": _to_bool,
    "datetime": to_date,
    "array": _to_list(lambda item: item),
    "object[]": _to_list(lambda item: item),
    "string[]": _to_list(text),
    "int[]": _to_list(_integer(32)),
    "int32[]": _to_list(_integer(32)),
    "regex": lambda value: RegexText(text(value)),
    "xml": lambda value: value,
    "xml.xmldocument": lambda value: value,
    "hashtable": lambda value: value,
    "ordered": lambda value: value,
}
"""Types that a value can be cast to."""


def is_plain(value: Any) -> bool:
    """Return whether a value is a single text, number or truth value."""
    return value is None or isinstance(value, str | bool) or is_number(value)
