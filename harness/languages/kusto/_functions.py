"""The functions on values, as a table of what they take and give.

https://learn.microsoft.com/en-us/kusto/query/scalar-functions
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote

from harness.errors import Fault
from harness.languages.kusto import _network, _values
from harness.languages.kusto._compare import flattened

MAX_ARGUMENTS = 64
"""Arguments of one call; https://learn.microsoft.com/en-us/kusto/query/strcat-function."""
_LONGEST = 1_000_000
"""Characters of a text that a function may build."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A function: the kinds of its arguments, the type of its result, and what it does.

    Kinds: ``s`` text, ``v`` text that other values may stand for, ``h`` such a text that no
    dynamic value stands for, ``j`` text or dynamic and nothing else, ``n`` number, ``w`` number
    or timespan, ``o`` number or what else has an order, ``i`` whole number, ``k`` a constant one,
    ``d`` datetime, ``a`` dynamic, ``x`` anything; ``?`` marks an argument that may be left out,
    ``*`` the last one as repeatable. An empty result is the type of the first argument.
    ``strict``: a null argument
    makes the result null. What the kinds take was compared with Microsoft's parser.
    """

    takes: str
    gives: str
    apply: Callable[..., Any]
    strict: bool = True

    @property
    def kinds(self) -> list[str]:
        """The kinds of the arguments, in order."""
        return self.takes.removesuffix(" *").split()

    @property
    def least(self) -> int:
        """The least number of arguments."""
        return sum(not item.endswith("?") for item in self.kinds)

    @property
    def most(self) -> int:
        """The largest number of arguments."""
        return MAX_ARGUMENTS if self.takes.endswith("*") else len(self.kinds)

    def kind(self, index: int) -> str:
        """Return the kind of an argument."""
        return self.kinds[min(index, len(self.kinds) - 1)][0]


def _fold(change: Callable[[str], str]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        changed = change(text)
        if len(changed) != len(text):
            _values.fails("how a letter changes case that becomes several is not documented")
        return changed

    return convert


def _substring(text: str, start: int, length: int | None = None) -> str:
    if start < 0 or (length is not None and length < 0):
        _values.fails("a negative position in substring()")
    return text[start:] if length is None else text[start : start + length]


def _index_of(text: str, what: str, *rest: int) -> int:
    if rest:
        _values.fails("indexof() with positions")
    return text.find(what)


def _strcat(*items: Any) -> str:
    return _bounded("".join(_values.text(item) for item in items))


def _bounded(text: str) -> str:
    if len(text) > _LONGEST:
        _values.fails("a text grows too long")
    return text


def _strcat_delim(delimiter: str, *items: Any) -> str:
    return _bounded(delimiter.join(_values.text(item) for item in items))


def _split(text: str, delimiter: str, index: int | None = None) -> list[str]:
    if not delimiter:
        _values.fails("an empty delimiter in split()")
    parts = text.split(delimiter)
    if index is None:
        return parts
    return [parts[index]] if 0 <= index < len(parts) else []


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        _values.fails("an empty text to replace")
    return _bounded(text.replace(old, new))


def _count_of(text: str, what: str) -> int:
    if not what:
        _values.fails("an empty text to count")
    return sum(text.startswith(what, at) for at in range(len(text)))


def _decode_base64(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def parse_json(value: Any) -> Any:
    """Return the dynamic value of a JSON text; of other text, the text."""
    if not isinstance(value, str) or isinstance(value, _values.Dynamic):
        return _values.plain(value)
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _array_length(value: Any) -> int | None:
    value = _values.plain(value)
    return len(value) if isinstance(value, list) else None


def _index_in(value: Any, wanted: Any) -> int | None:
    value = _values.plain(value)
    if not isinstance(value, list):
        return None
    for index, item in enumerate(value):
        if type(item) is type(wanted) and item == wanted:
            return index
    return -1


def _has_element(value: Any, wanted: Any) -> bool | None:
    found = _index_in(value, wanted)
    return None if found is None else found >= 0


def _has_key(value: Any, key: str) -> bool | None:
    value = _values.plain(value)
    if not isinstance(value, dict):
        return None
    if key.startswith("$"):
        _values.fails("a path in bag_has_key()")
    return key in value


def _keys(value: Any) -> list[str] | None:
    value = _values.plain(value)
    return list(value) if isinstance(value, dict) else None


def _start_of(**zeroed: int) -> Callable[..., datetime]:
    def start(at: datetime, offset: int = 0) -> datetime:
        if offset:
            _values.fails("an offset in a start-of function")
        return at.replace(**zeroed)  # type: ignore[arg-type]

    return start


def _day_of_week(at: datetime) -> timedelta:
    return timedelta(days=at.isoweekday() % 7)


def _floor(value: Any, size: Any) -> Any:
    """Return what ``bin`` gives for numbers and timespans."""
    if isinstance(value, datetime) or not size:
        _values.fails("bin() of a datetime or by zero")
    return math.floor(value / size) * size


def _round(value: float, digits: int = 0) -> float:
    if not math.isfinite(value) or (abs(value) * 10**digits) % 1 == 0.5:  # noqa: PLR2004 - a half
        _values.fails("how halves are rounded is not documented")
    return round(float(value), digits)


def _least(*values: Any) -> Any:
    """Return the least value; a null counts only beside nulls (min-of-function)."""
    return min((one for one in values if one is not None), default=None)


def _greatest(*values: Any) -> Any:
    """Return the largest value; a null counts only beside nulls (max-of-function)."""
    return max((one for one in values if one is not None), default=None)


def _type_name(value: Any) -> str:
    value = _values.plain(value)
    if value is None:
        return "null"
    if isinstance(value, list | dict):
        return "array" if isinstance(value, list) else "dictionary"
    message = "gettype() of a scalar"
    raise Fault(message)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _concat(*arrays: Any) -> list[Any] | None:
    found = [_values.plain(item) for item in arrays]
    if not all(isinstance(item, list) for item in found):
        return None
    return [element for item in found for element in item]


def _join(array: Any, delimiter: str = "") -> str:
    value = _values.plain(array)
    if not isinstance(value, list):
        _values.fails("strcat_array() of a value that is no array")
    return _bounded(delimiter.join(_values.text(item) for item in flattened(value)))


_S, _L, _B, _D = "string", "long", "bool", "dynamic"
FUNCTIONS: Mapping[str, Signature] = MappingProxyType(
    {
        "tolower": Signature("x", _S, lambda value: _fold(str.lower)(_values.text(value))),
        "toupper": Signature("x", _S, lambda value: _fold(str.upper)(_values.text(value))),
        "tostring": Signature("x", _S, _values.text, strict=False),
        "toint": Signature("x", "int", _values.short),
        "tolong": Signature("x", _L, _values.whole),
        "todouble": Signature("x", "real", _values.real),
        "toreal": Signature("x", "real", _values.real),
        "tobool": Signature("x", _B, _values.boolean),
        "toboolean": Signature("x", _B, _values.boolean),
        "todatetime": Signature("x", "datetime", _values.moment),
        "totimespan": Signature("x", "timespan", _values.span),
        "toguid": Signature("j", "guid", _values.guid),
        "strlen": Signature("s", _L, len),
        "strcat": Signature("x *", _S, _strcat, strict=False),
        "strcat_delim": Signature("v x x *", _S, _strcat_delim, strict=False),
        "strcat_array": Signature("a v", _S, _join),
        "substring": Signature("v i i?", _S, _substring),
        "indexof": Signature("v v i? i? k?", _L, _index_of),
        "split": Signature("v s i?", _D, _split),
        "replace_string": Signature("s s s", _S, _replace),
        "countof": Signature("s s", _L, _count_of),
        "reverse": Signature("v", _S, lambda text: text[::-1]),
        "strcmp": Signature("v v", _L, lambda one, other: (one > other) - (one < other)),
        "isascii": Signature("v", _B, str.isascii),
        "url_decode": Signature("s", _S, unquote),
        "url_encode": Signature("s", _S, lambda text: quote(text, safe="-_.~")),
        "base64_decode_tostring": Signature("s", _S, _decode_base64),
        "base64_encode_tostring": Signature(
            "s", _S, lambda text: base64.b64encode(text.encode("utf-8", "replace")).decode()
        ),
        "hash_sha256": Signature("h", _S, _sha256),
        "parse_json": Signature("j", _D, parse_json),
        "parsejson": Signature("j", _D, parse_json),
        "todynamic": Signature("j", _D, parse_json),
        "toobject": Signature("j", _D, parse_json),
        "array_length": Signature("a", _L, _array_length),
        "array_index_of": Signature("a x", _L, _index_in),
        "array_concat": Signature("a *", _D, _concat),
        "set_has_element": Signature("a x", _B, _has_element),
        "bag_has_key": Signature("a s", _B, _has_key),
        "bag_keys": Signature("a", _D, _keys),
        "gettype": Signature("x", _S, _type_name, strict=False),
        "pack_array": Signature("x *", _D, lambda *items: list(items), strict=False),
        "abs": Signature("w", "", abs),
        "floor": Signature("x x", "", _floor),
        "bin": Signature("x x", "", _floor),
        "round": Signature("n k?", "real", _round),
        "ceiling": Signature("n", _L, math.ceil),
        "min_of": Signature("o o *", "", _least, strict=False),
        "max_of": Signature("o o *", "", _greatest, strict=False),
        "hourofday": Signature("d", _L, lambda at: at.hour),
        "dayofweek": Signature("d", "timespan", _day_of_week),
        "dayofmonth": Signature("d", _L, lambda at: at.day),
        "monthofyear": Signature("d", _L, lambda at: at.month),
        "getyear": Signature("d", _L, lambda at: at.year),
        "startofday": Signature(
            "d i?", "datetime", _start_of(hour=0, minute=0, second=0, microsecond=0)
        ),
        "ipv4_is_in_range": Signature("s s", _B, _network.in_range_v4),
        "ipv4_is_in_any_range": Signature("s j *", _B, _network.in_any_range_v4),
        "ipv4_is_private": Signature("s", _B, _network.is_private),
        "ipv4_is_match": Signature("s s i?", _B, _network.match_v4),
        "ipv6_is_in_range": Signature("s s", _B, _network.in_range_v6),
        "ipv6_is_in_any_range": Signature("s j *", _B, _network.in_any_range_v6),
        "ipv6_is_match": Signature("s s i?", _B, _network.match_v6),
        "has_ipv4": Signature("s s", _B, _network.has_ipv4),
        "has_any_ipv4": Signature("s j *", _B, _network.has_ipv4),
        "has_ipv4_prefix": Signature("s s", _B, _network.has_ipv4_prefix),
        "has_any_ipv4_prefix": Signature("s j *", _B, _network.has_ipv4_prefix),
    }
)
"""The functions that compute a value from values; more are read in ``_calls``."""
