"""The value functions of eval, as pure functions on Python values.

Names and meanings are those of
https://help.splunk.com/splunk-enterprise/spl-search-reference/10.0/evaluation-functions/evaluation-functions.
A null argument gives null unless a function says otherwise.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote_plus

from harness.errors import Fault
from harness.ir import as_number, as_text
from harness.ir.regexes import compile_regex

MAX_TEXT = 1_000_000
"""Characters of a computed text."""
MAX_VALUES = 10_000
"""Values of a computed multivalue field."""
_GROUP = re.compile(r"\\(\d)")


@dataclass(frozen=True, slots=True)
class ValueFunction:
    """A function of eval: its implementation, and how many arguments it takes."""

    apply: Callable[..., Any]
    least: int
    most: int
    strict: bool = True


def one(value: Any) -> Any:
    """Return the one value of a field; several are a fault."""
    if isinstance(value, list):
        if len(value) > 1:
            message = "a function of one value gets a multivalue field"
            raise Fault(message)
        return value[0] if value else None
    return value


def several(value: Any) -> list[Any]:
    """Return the values of a field."""
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """Return the text of one value; whole numbers without a fraction."""
    value = one(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - beyond, doubles are not exact integers
        value = int(value)
    text = as_text(value)
    if len(text) > MAX_TEXT:
        message = f"a computed text is longer than {MAX_TEXT} characters"
        raise Fault(message)
    return text


def number_of(value: Any) -> int | float:
    """Return the number that one value is or spells; a fault for other text."""
    number = as_number(one(value))
    if number is None:
        message = f"{value!r} is no number"
        raise Fault(message)
    if abs(number) > 1e300:  # noqa: PLR2004 - near the end of a double's range
        message = "the number is out of range"
        raise Fault(message)
    return number


def simplest(number: float) -> int | float:
    """Return a whole number as an integer."""
    return int(number) if number == math.floor(number) else number


def _substr(text: Any, start: Any, length: Any = None) -> str:
    """Positions count from 1, negative ones from the end."""
    whole, begin = text_of(text), int(number_of(start))
    if begin == 0:
        message = "a position of substr counts from 1"
        raise Fault(message)
    at = begin - 1 if begin > 0 else max(0, len(whole) + begin)
    if length is None:
        return whole[at:]
    count = int(number_of(length))
    if count < 0:
        message = "a negative length of substr is not documented"
        raise Fault(message)
    return whole[at : at + count]


def replaced(text: Any, pattern: Any, template: Any) -> str:
    r"""Every match of the expression is replaced; ``\1`` stands for the first group."""
    whole, written = text_of(text), text_of(template)
    parts, at = [], 0
    finder: Any = compile_regex(text_of(pattern), "pcre")
    for found in finder.finds(whole):
        groups = found.groups

        def group(hit: re.Match[str], groups: tuple[str | None, ...] = groups) -> str:
            number = int(hit.group(1))
            return (groups[number - 1] or "") if 0 < number <= len(groups) else hit.group()

        parts += [whole[at : found.start], _GROUP.sub(group, written)]
        at = found.end
    return text_of("".join([*parts, whole[at:]]))


def _tonumber(value: Any, base: Any = 10) -> int | float | None:
    radix = int(number_of(base))
    if radix == 10:  # noqa: PLR2004 - decimal
        return as_number(one(value))
    if not 2 <= radix <= 36:  # noqa: PLR2004 - the range the manual gives
        message = "the base of tonumber lies between 2 and 36"
        raise Fault(message)
    try:
        return int(text_of(value)[:100].removeprefix("0x" if radix == 16 else ""), radix)  # noqa: PLR2004 - hexadecimal
    except ValueError:
        return None


def _tostring(value: Any, form: Any = None) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if form is None:
        return text_of(value)
    number, kind = number_of(value), text_of(form)
    if kind == "hex":
        return f"0x{int(number):X}"
    if kind == "commas":
        whole = isinstance(simplest(number), int)
        return f"{int(number):,}" if whole else f"{round(number, 2):,.2f}"
    message = f"tostring in the form {kind!r} is not evaluated"
    raise Fault(message)


def _split(text: Any, delimiter: Any) -> list[str]:
    whole, mark = text_of(text), text_of(delimiter)
    found = list(whole) if mark == "" else whole.split(mark)
    return _bounded(found)


def _bounded(values: list[Any]) -> list[Any]:
    if len(values) > MAX_VALUES:
        message = f"a computed field has more than {MAX_VALUES} values"
        raise Fault(message)
    return values


def _mvindex(values: Any, start: Any, end: Any = None) -> Any:
    """Indexes count from 0, negative ones from the end; out of range gives null."""
    items, first = several(values), int(number_of(start))
    begin = first if first >= 0 else len(items) + first
    if end is None:
        return items[begin] if 0 <= begin < len(items) else None
    last = int(number_of(end))
    stop = last if last >= 0 else len(items) + last
    found = items[begin : stop + 1] if 0 <= begin <= stop else []
    return _unwrapped(found)


def _unwrapped(values: list[Any]) -> Any:
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def _mvfind(values: Any, pattern: Any) -> int | None:
    regex = compile_regex(text_of(pattern), "pcre")
    found = (at for at, item in enumerate(several(values)) if regex.matches(text_of(item)))
    return next(found, None)


def _mvappend(*values: Any) -> Any:
    flat = [item for value in values if value is not None for item in several(value)]
    return _unwrapped(_bounded(flat))


def _mvdedup(values: Any) -> Any:
    return _unwrapped(list(dict.fromkeys(text_of(item) for item in several(values))))


def _mvjoin(values: Any, mark: Any) -> str:
    return text_of(text_of(mark).join(text_of(item) for item in several(values)))


def _round(value: Any, places: Any = 0) -> int | float:
    number, digits = number_of(value), int(number_of(places))
    if not 0 <= digits <= 15:  # noqa: PLR2004 - digits of a double
        message = "round takes 0 to 15 decimal places"
        raise Fault(message)
    scaled = abs(number) * 10**digits
    away = math.floor(scaled + 0.5) / 10**digits
    return simplest(math.copysign(away, number))


def _pow(base: Any, exponent: Any) -> int | float:
    try:
        return simplest(math.pow(number_of(base), number_of(exponent)))
    except (ValueError, OverflowError) as error:
        message = f"pow fails: {error}"
        raise Fault(message) from error


def _log(value: Any, base: Any = 10) -> int | float:
    try:
        return simplest(math.log(number_of(value), number_of(base)))
    except (ValueError, ZeroDivisionError) as error:
        message = f"log fails: {error}"
        raise Fault(message) from error


def _sqrt(value: Any) -> int | float:
    number = number_of(value)
    if number < 0:
        message = "the square root of a negative number"
        raise Fault(message)
    return simplest(math.sqrt(number))


def _extreme(pick: Callable[[Any], Any]) -> Callable[..., Any]:
    """``max`` and ``min`` of the arguments; text is greater than numbers."""

    def apply(*values: Any) -> Any:
        items = [item for value in values if value is not None for item in several(value)]
        numbers = [as_number(item) for item in items]
        if any(number is None for number in numbers):
            message = "max and min over text are not evaluated"
            raise Fault(message)
        return pick(numbers) if numbers else None

    return apply


def _stripped(side: str) -> Callable[..., str]:
    def apply(text: Any, chars: Any = None) -> str:
        strip: Callable[..., str] = getattr(text_of(text), side)
        return strip(" \t" if chars is None else text_of(chars))

    return apply


def _hashed(name: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(
        name, text_of(value).encode("utf-8", "surrogatepass"), usedforsecurity=False
    ).hexdigest()


def _typeof(value: Any) -> str:
    if value is None:
        return "Invalid"
    if isinstance(value, bool):
        return "Boolean"
    return "Number" if as_number(one(value)) is not None else "String"


FUNCTIONS: Mapping[str, ValueFunction] = MappingProxyType(
    {
        "abs": ValueFunction(lambda v: abs(number_of(v)), 1, 1),
        "ceil": ValueFunction(lambda v: math.ceil(number_of(v)), 1, 1),
        "ceiling": ValueFunction(lambda v: math.ceil(number_of(v)), 1, 1),
        "floor": ValueFunction(lambda v: math.floor(number_of(v)), 1, 1),
        "round": ValueFunction(_round, 1, 2),
        "pow": ValueFunction(_pow, 2, 2),
        "sqrt": ValueFunction(_sqrt, 1, 1),
        "ln": ValueFunction(lambda v: _log(v, math.e), 1, 1),
        "log": ValueFunction(_log, 1, 2),
        "pi": ValueFunction(lambda: math.pi, 0, 0),
        "max": ValueFunction(_extreme(max), 1, 100, strict=False),
        "min": ValueFunction(_extreme(min), 1, 100, strict=False),
        "len": ValueFunction(lambda v: len(text_of(v)), 1, 1),
        "length": ValueFunction(lambda v: len(text_of(v)), 1, 1),
        "lower": ValueFunction(lambda v: text_of(v).lower(), 1, 1),
        "upper": ValueFunction(lambda v: text_of(v).upper(), 1, 1),
        "substr": ValueFunction(_substr, 2, 3),
        "replace": ValueFunction(replaced, 3, 3),
        "trim": ValueFunction(_stripped("strip"), 1, 2),
        "ltrim": ValueFunction(_stripped("lstrip"), 1, 2),
        "rtrim": ValueFunction(_stripped("rstrip"), 1, 2),
        "urldecode": ValueFunction(lambda v: unquote_plus(text_of(v)), 1, 1),
        "md5": ValueFunction(_hashed("md5"), 1, 1),
        "sha1": ValueFunction(_hashed("sha1"), 1, 1),
        "sha256": ValueFunction(_hashed("sha256"), 1, 1),
        "sha512": ValueFunction(_hashed("sha512"), 1, 1),
        "tonumber": ValueFunction(_tonumber, 1, 2),
        "tostring": ValueFunction(_tostring, 1, 2),
        "typeof": ValueFunction(_typeof, 1, 1, strict=False),
        "split": ValueFunction(_split, 2, 2),
        "mvcount": ValueFunction(lambda v: len(several(v)) or None, 1, 1),
        "mvindex": ValueFunction(_mvindex, 2, 3),
        "mvfind": ValueFunction(_mvfind, 2, 2),
        "mvappend": ValueFunction(_mvappend, 1, 100, strict=False),
        "mvdedup": ValueFunction(_mvdedup, 1, 1),
        "mvjoin": ValueFunction(_mvjoin, 2, 2),
    }
)
"""The functions that are evaluated."""

OPAQUE_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("now", "time", "relative_time"), "it depends on the time of the search")
    | dict.fromkeys(("strftime", "strptime"), "it depends on the time zone of the search")
    | dict.fromkeys(("random",), "it is random")
    | dict.fromkeys(
        [
            "acos",
            "acosh",
            "asin",
            "asinh",
            "atan",
            "atan2",
            "atanh",
            "cos",
            "cosh",
            "hypot",
            "sin",
            "sinh",
            "tan",
            "tanh",
            "exp",
            "exact",
            "sigfig",
            "avg",
            "sum",
            "stdev",
            "stdevp",
            "var",
            "varp",
            "range",
            "mode",
            "median",
            "bit_and",
            "bit_or",
            "bit_not",
            "bit_xor",
            "bit_shift_left",
            "bit_shift_right",
            "printf",
            "ipmask",
            "toarray",
            "tobool",
            "todouble",
            "toint",
            "tomv",
            "toobject",
            "tojson",
            "commands",
            "mvfilter",
            "mvmap",
            "mvrange",
            "mvsort",
            "mvreverse",
            "mvzip",
            "mv_to_json_array",
            "json",
            "json_append",
            "json_array",
            "json_array_to_mv",
            "json_delete",
            "json_entries",
            "json_extend",
            "json_extract",
            "json_extract_exact",
            "json_has_key_exact",
            "json_keys",
            "json_object",
            "json_set",
            "json_set_exact",
            "json_valid",
            "isvalidjson",
            "spath",
            "lookup",
            "cluster",
            "getfields",
            "isarray",
            "isdouble",
            "ismv",
            "isobject",
            "map",
            "filter",
            "reduce",
            "all",
            "any",
            "base64decode",
            "base64encode",
        ],
        "its value is not evaluated yet",
    )
)
"""Functions that exist and whose value is not known here, with the reason."""
