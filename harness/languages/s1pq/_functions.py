"""The functions of expressions that are evaluated, and the names of the others.

Source: SentinelOne's function list as the published PowerQuery reference gives it. A point that
it leaves open is a fault, which makes the outcome undefined.
"""

from __future__ import annotations

import ipaddress
import math
import operator as arithmetic
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from harness.ir import Case
from harness.ir.regexes import compile_regex
from harness.languages.s1pq._values import truth, undecidable

_LARGEST = 2**53
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Known:
    """A function: how many arguments it takes, and whether a null makes its result null."""

    least: int
    most: int
    apply: Callable[..., Any]
    strict: bool = True


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        undecidable("a number is expected")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        undecidable("a text is expected")
    return value


def checked(value: float) -> int | float:
    """Return a result of arithmetic, whole where it is; undecided where floats stop being exact."""
    if not math.isfinite(value) or abs(value) > _LARGEST:
        undecidable("the number is out of range")
    return int(value) if float(value).is_integer() else value


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": arithmetic.add,
    "-": arithmetic.sub,
    "*": arithmetic.mul,
    "/": arithmetic.truediv,
    "%": arithmetic.mod,
}


def computing(sign: str) -> Callable[[Any, Any], Any]:
    """Return an operation on two values; + joins texts."""

    def apply(left: Any, right: Any) -> Any:
        if sign == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        for value in (left, right):
            if isinstance(value, bool) or not isinstance(value, int | float):
                undecidable("arithmetic on text, null or Booleans is not settled")
        if sign in "/%" and (right == 0 or (sign == "%" and min(left, right) < 0)):
            undecidable("division by zero, or a negative remainder, is not documented")
        return checked(_OPERATIONS[sign](left, right))

    return apply


def _numeric(function: Callable[..., float]) -> Callable[..., Any]:
    def apply(*values: Any) -> int | float:
        try:
            return checked(function(*map(_number, values)))
        except (ValueError, OverflowError, ZeroDivisionError, TypeError) as error:
            undecidable(str(error))

    return apply


def _log(value: float, base: float = 10) -> float:
    return math.log10(value) if base == 10 else math.log(value, base)  # noqa: PLR2004 - decimal


def _textual(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value: function(_text(value))


def _ascii_only(function: Callable[[str], Any]) -> Callable[[str], Any]:
    def apply(value: str) -> Any:
        if not value.isascii():
            undecidable("how characters beyond ASCII are treated is not documented")
        return function(value)

    return apply


def _stripping(strip: Callable[..., str]) -> Callable[..., str]:
    return lambda value, *chars: strip(_text(value), *map(_text, chars))


def _substr(value: Any, start: Any, count: Any = None) -> str:
    text, at = _text(value), _number(start)
    size = len(text) if count is None else _number(count)
    if at != int(at) or size != int(size) or at < 0 or size < 0 or at > len(text):
        undecidable("a position outside of the text is not documented")
    return text[int(at) : int(at) + int(size)]


def replacing(pattern: str, dialect: str) -> Callable[[Any, Any, Any], str]:
    """Return ``replace`` for one expression; ``$1`` in the new text is a group."""

    def apply(value: Any, _: Any, new: Any) -> str:
        text, made = _text(value), _text(new)
        if re.search(r"\\|\$(?!\d)", made):
            undecidable("escapes in the new text are not documented")
        finder: Any = compile_regex(pattern, dialect, case=Case.ASCII)
        pieces, end = [], 0
        for found in finder.finds(text):
            if found.start == found.end:
                undecidable("replacing an empty match is not documented")
            groups = (text[found.start : found.end], *found.groups)
            pieces += [text[end : found.start], _filled(made, groups)]
            end = found.end
        return "".join([*pieces, text[end:]])

    return apply


def _filled(made: str, groups: tuple[str | None, ...]) -> str:
    def group(found: re.Match[str]) -> str:
        number = int(found[1])
        if number >= len(groups) or groups[number] is None:
            undecidable("the new text names a group that took no part")
        return groups[number] or ""

    return re.sub(r"\$(\d)", group, made, flags=re.ASCII)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    number = checked(_number(value))
    if not isinstance(number, int):
        undecidable("how a fraction is written is not documented")
    return str(number)


def _to_number(value: Any) -> int | float:
    """``number(x)``: 0 for null, NaN for a text that is no number."""
    if value is None:
        return 0
    if isinstance(value, str):
        if re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII) and len(value) <= 15:  # noqa: PLR2004 - exact in a float
            return checked(float(value))
        if re.search(r"\d|inf|nan", value, re.IGNORECASE):
            undecidable("whether this text is a number is not documented")
        return math.nan
    return checked(_number(value))


def _address(value: Any) -> Address | None:
    try:
        return ipaddress.ip_address(_text(value))
    except ValueError:
        return None


_V4 = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_LOOP = ipaddress.ip_network("127.0.0.0/8")
_V6 = ipaddress.ip_network("fc00::/7")


def _rfc1918(value: Any) -> bool:
    address = _address(value)
    if isinstance(address, ipaddress.IPv4Address) and address in _LOOP:
        undecidable("pages disagree whether 127.0.0.0/8 counts as private")
    return address is not None and any(address in network for network in _V4)


def _rfc4193(value: Any) -> bool:
    address = _address(value)
    return isinstance(address, ipaddress.IPv6Address) and address in _V6


def _private(value: Any) -> bool:
    address = _address(value)
    if _rfc1918(value) or _rfc4193(value):
        return True
    if address is not None and not address.is_global:
        undecidable("which other ranges count as private is not documented")
    return False


def _ipsubnet(value: Any, subnet: Any) -> bool:
    address = _address(value)
    try:
        network = ipaddress.ip_network(_text(subnet))
    except ValueError as error:
        undecidable(str(error))
    return address is not None and address.version == network.version and address in network


def _known_only(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a null argument a fault: what the function gives for it is not documented."""

    def apply(*values: Any) -> Any:
        if None in values:
            undecidable("what this function gives for null is not documented")
        return function(*values)

    return apply


def _is_version(version: int) -> Callable[[Any], bool]:
    def apply(value: Any) -> bool:
        address = _address(value)
        return address is not None and address.version == version

    return apply


FUNCTIONS: Mapping[str, Known] = MappingProxyType(
    {
        "abs": Known(1, 1, _numeric(abs)),
        "ceiling": Known(1, 1, _numeric(math.ceil)),
        "floor": Known(1, 1, _numeric(math.floor)),
        "min": Known(2, 2, _numeric(min)),
        "max": Known(2, 2, _numeric(max)),
        "sqrt": Known(1, 1, _numeric(math.sqrt)),
        "exp": Known(1, 1, _numeric(math.exp)),
        "ln": Known(1, 1, _numeric(math.log)),
        "log": Known(1, 2, _numeric(_log)),
        "pow": Known(2, 2, _numeric(math.pow)),
        "len": Known(1, 1, _known_only(_textual(len)), strict=False),
        "lower": Known(1, 1, _textual(_ascii_only(str.lower))),
        "upper": Known(1, 1, _textual(_ascii_only(str.upper))),
        "trim": Known(1, 2, _stripping(str.strip)),
        "ltrim": Known(1, 2, _stripping(str.lstrip)),
        "rtrim": Known(1, 2, _stripping(str.rstrip)),
        "substr": Known(2, 3, _substr),
        "isempty": Known(1, 1, lambda value: value is None or value == "", strict=False),
        "isblank": Known(
            1,
            1,
            lambda value: value is None or (isinstance(value, str) and not value.strip()),
            strict=False,
        ),
        "bool": Known(1, 1, lambda value: bool(truth(value)), strict=False),
        "string": Known(1, 1, _known_only(_string), strict=False),
        "number": Known(1, 1, _to_number, strict=False),
        "net_ip": Known(1, 1, _known_only(lambda value: _address(value) is not None), strict=False),
        "net_ipv4": Known(1, 1, _known_only(_is_version(4)), strict=False),
        "net_ipv6": Known(1, 1, _known_only(_is_version(6)), strict=False),
        "net_ipsubnet": Known(2, 2, _known_only(_ipsubnet), strict=False),
        "net_private": Known(1, 1, _known_only(_private), strict=False),
        "net_rfc1918": Known(1, 1, _known_only(_rfc1918), strict=False),
        "net_rfc4193": Known(1, 1, _known_only(_rfc4193), strict=False),
    }
)
"""The functions that are evaluated; ``replace`` is made for its expression."""
UNREAD = re.compile(
    r"(?:array|geo|net_url|overall|running)_\w+|array|query(?:start|end|span)|timebucket"
    r"|strftime|strptime|simpledate(?:format|parse)|json_object_value|format|pad_version"
    r"|percent_of_total|extract_matches(?:_matchcase)?|concat|contains|distinct|expand|filter"
    r"|get|intersect|map|match_all|match_any|mean|median|reduce|set|slice|sort|sort_desc|split"
    r"|sum|to_string|zip"
)
"""Functions that the reference lists and that are not evaluated."""
