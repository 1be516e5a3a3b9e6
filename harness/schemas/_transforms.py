"""The named ways in which a schema changes a value on its way into a document.

Every transform goes forward and says what it can about the way back: ``backward`` offers values
that may lead to a wanted result; the caller renders them again and keeps those that do.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harness.ir.values import as_number, as_text
from harness.schemas import _windows

Forward = Callable[[Any, Any], Any]
Backward = Callable[[Any, Any], Iterable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A named change of one value; ``None`` as a result means that nothing is recorded.

    ``argument`` names what stands behind the colon in a schema file, empty for nothing.
    """

    summary: str
    forward: Forward
    backward: Backward | None = None
    argument: str = ""


_MOST_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Step:
    """One use of a transform; it remembers what it made of the latest values."""

    name: str
    argument: Any = None
    _made: dict[tuple[type, Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def forward(self, value: Any) -> Any:
        """Return what is recorded for ``value``."""
        if isinstance(value, list):
            return TRANSFORMS[self.name].forward(value, self.argument)
        key = (value.__class__, value)
        if key in self._made:
            return self._made[key]
        if len(self._made) >= _MOST_REMEMBERED:
            self._made.clear()
        made = self._made[key] = TRANSFORMS[self.name].forward(value, self.argument)
        return made

    def backward(self, value: Any) -> Iterable[Any]:
        """Return values that may be recorded as ``value``."""
        back = TRANSFORMS[self.name].backward
        return back(value, self.argument) if back else ()

    @property
    def one_way(self) -> bool:
        """Whether nothing is known about the way back."""
        return TRANSFORMS[self.name].backward is None


def forward(steps: Iterable[Step], value: Any) -> Any:
    """Return ``value`` after every step, ``None`` as soon as one records nothing."""
    for step in steps:
        if value is None:
            return None
        value = step.forward(value)
    return value


_MOST_CANDIDATES = 32


def backward(steps: Iterable[Step], value: Any) -> list[Any]:
    """Return values that the steps may turn into ``value``."""
    wanted = [value]
    for step in reversed(list(steps)):
        wanted = [item for one in wanted for item in step.backward(one)][:_MOST_CANDIDATES]
    return wanted


# Paths. A Windows path may be written with either slash; a file name holds neither.

_SEPARATORS = re.compile(r"[\\/]")
_FOLDER = "C:\\Windows\\Temp"
_FILE = "file.txt"


def _basename(value: Any, _: Any) -> Any:
    return _SEPARATORS.split(as_text(value))[-1] or None


def _from_basename(value: Any, _: Any) -> Iterable[Any]:
    text = as_text(value)
    return [f"{_FOLDER}\\{text}"] if text and not _SEPARATORS.search(text) else ()


def _last_separator(text: str) -> int:
    return max(text.rfind("\\"), text.rfind("/"))


def _dirname(value: Any, _: Any) -> Any:
    text = as_text(value)
    return text[: _last_separator(text)] if _last_separator(text) > 0 else None


def _extension(value: Any, _: Any) -> Any:
    name = as_text(_basename(value, None))
    return name.rpartition(".")[2] or None if "." in name else None


def _last_dot(value: Any, _: Any) -> Any:
    _, dot, rest = as_text(value).rpartition(".")
    return rest or None if dot else None


def _from_extension(value: Any, _: Any) -> Iterable[Any]:
    text = as_text(value)
    return [f"{_FOLDER}\\file.{text}"] if text and "." not in text else ()


def _drive_letter(value: Any, _: Any) -> Any:
    text = as_text(value)
    return text[0] if re.match(r"[A-Za-z]:", text) else None


# Times. An activity holds ISO 8601 in UTC; the streams write it in their own ways.


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(as_text(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _canonical(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


_FRACTION = re.compile(r"(\.(\d+))?(Z|[+-]\d\d:?\d\d)?$")


def _iso8601(value: Any, digits: Any) -> Any:
    moment = _moment(value)
    if moment is None:
        return as_text(value)
    found = _FRACTION.search(as_text(value))
    fraction = (found.group(2) or "" if found else "").ljust(digits, "0")[:digits]
    head = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{head}.{fraction}Z" if digits else f"{head}Z"


def _time_format(value: Any, layout: Any) -> Any:
    moment = _moment(value)
    if moment is None:
        return as_text(value)
    return moment.strftime(layout.replace("%3f", f"{moment.microsecond // 1000:03d}"))


def _from_time_format(value: Any, layout: Any) -> Iterable[Any]:
    try:
        moment = datetime.strptime(
            f"{as_text(value)} +0000", layout.replace("%3f", "%f") + " %z"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return [as_text(value)]
    return [_canonical(moment), as_text(value)]


_SYSMON = "%Y-%m-%d %H:%M:%S.%3f"


def _epoch(value: Any, scale: Any) -> Any:
    moment = _moment(value)
    if moment is None:
        return None
    milliseconds = round(moment.timestamp() * 1000)
    return milliseconds / 1000 if scale == 1 else milliseconds


def _from_epoch(value: Any, scale: Any) -> Iterable[Any]:
    number = as_number(value)
    if number is None:
        return ()
    try:
        return [_canonical(datetime.fromtimestamp(number / scale, UTC))]
    except (ValueError, OverflowError, OSError):
        return ()


# Numbers that Windows writes in several ways.

_SIGN_BIT = 1 << 63


def _hex_number(value: Any, _: Any) -> Any:
    try:
        return int(as_text(value), 16)
    except ValueError:
        return None


def _from_hex_number(value: Any, _: Any) -> Iterable[Any]:
    number = as_number(value)
    return [f"0x{number:x}"] if isinstance(number, int) and number >= 0 else ()


def _signed_hex(value: Any, _: Any) -> Any:
    number = _hex_number(value, None)
    if number is None or number >= 2 * _SIGN_BIT:
        return None
    return number - 2 * _SIGN_BIT if number & _SIGN_BIT else number


def _from_signed_hex(value: Any, _: Any) -> Iterable[Any]:
    number = as_number(value)
    if not isinstance(number, int) or not -_SIGN_BIT <= number < _SIGN_BIT:
        return ()
    return [f"0x{number % (2 * _SIGN_BIT):016x}", f"0x{number % (2 * _SIGN_BIT):x}"]


# Tables, lists and texts.


def _same(left: Any, right: Any) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _map(value: Any, table: Any) -> Any:
    for key, result in table.items():
        if as_text(key) == as_text(value):
            return result
    return None


def _from_map(value: Any, table: Any) -> Iterable[Any]:
    for key, result in table.items():
        if _same(result, value) or (isinstance(result, list) and value in result):
            yield key


def _map_or_same(value: Any, table: Any) -> Any:
    found = _map(value, table)
    return value if found is None else found


def _from_map_or_same(value: Any, table: Any) -> Iterable[Any]:
    yield from _from_map(value, table)
    yield value


def _lower(value: Any, _: Any) -> Any:
    return as_text(value).lower()


def _upper(value: Any, _: Any) -> Any:
    return as_text(value).upper()


def _itself(value: Any, _: Any) -> Iterable[Any]:
    return [as_text(value)]


def _unbraced(value: Any, _: Any) -> Any:
    return as_text(value).strip("{}")


def _from_unbraced(value: Any, _: Any) -> Iterable[Any]:
    return [f"{{{as_text(value)}}}"]


def _hash_part(value: Any, name: Any) -> Any:
    for part in as_text(value).split(","):
        key, _, digest = part.strip().partition("=")
        if key.upper() == name and digest:
            return digest
    return None


def _from_hash_part(value: Any, name: Any) -> Iterable[Any]:
    text = as_text(value)
    return [f"{name}={text}"] if text and "," not in text else ()


_ARGUMENT = re.compile(r'"[^"]*"|\S+')


def _arguments(value: Any, _: Any) -> Any:
    return [item.strip('"') for item in _ARGUMENT.findall(as_text(value))] or None


def _from_arguments(value: Any, _: Any) -> Iterable[Any]:
    items = value if isinstance(value, list) else [value]
    texts = [as_text(item) for item in items]
    return [" ".join(f'"{text}"' if re.search(r"\s", text) else text for text in texts)]


def _count(value: Any, _: Any) -> Any:
    return len(value) if isinstance(value, list) else None


def _base64(value: Any, _: Any) -> Any:
    return base64.b64encode(as_text(value).encode()).decode()


def _from_base64(value: Any, _: Any) -> Iterable[Any]:
    try:
        return [base64.b64decode(as_text(value), validate=True).decode()]
    except ValueError:
        return ()


_ALPHABETS: Mapping[str, str] = {"decimal": "0123456789", "hex": "0123456789ABCDEF"}


def _digest(value: Any, shape: Any) -> Any:
    """Return an identifier of the wanted length that is the same for the same value."""
    letters = _ALPHABETS[shape["alphabet"]]
    number = int.from_bytes(hashlib.sha256(as_text(value).encode()).digest())
    digits = [letters[1 + number % (len(letters) - 1)]]
    while len(digits) < shape["length"]:
        number //= len(letters)
        digits.append(letters[number % len(letters)])
    return "".join(digits)


TRANSFORMS: Mapping[str, Transform] = {
    "account": Transform(
        summary="the name in a text of domain and name",
        forward=_windows.account,
        backward=_windows.from_account,
    ),
    "account_domain": Transform(
        summary="the domain in a text of domain and name",
        forward=_windows.account_domain,
        backward=_windows.from_account_domain,
    ),
    "arguments": Transform(
        summary="a command line split at blanks outside quotes",
        forward=_arguments,
        backward=_from_arguments,
    ),
    "base64": Transform(summary="the text in base64", forward=_base64, backward=_from_base64),
    "basename": Transform(
        summary="what follows the last slash of a path", forward=_basename, backward=_from_basename
    ),
    "count": Transform(summary="how many members a list has", forward=_count),
    "digest": Transform(
        summary="a stable made-up identifier of a given length",
        forward=_digest,
        argument="length and alphabet",
    ),
    "dirname": Transform(
        summary="what precedes the last slash of a path",
        forward=_dirname,
        backward=lambda value, _: [f"{as_text(value)}\\{_FILE}"],
    ),
    "dns_addresses": Transform(
        summary="the addresses among the answers of Sysmon's event 22",
        forward=_windows.dns_addresses,
        backward=_windows.from_dns_addresses,
    ),
    "drive_letter": Transform(
        summary="the letter before the colon of a path",
        forward=_drive_letter,
        backward=lambda value, _: [f"{as_text(value)}:\\{_FILE}"],
    ),
    "epoch": Transform(
        summary="time since 1970: 1 for seconds with a fraction, 1000 for milliseconds",
        forward=_epoch,
        backward=_from_epoch,
        argument="units a second",
    ),
    "extension": Transform(
        summary="what follows the last dot of the file name",
        forward=_extension,
        backward=_from_extension,
    ),
    "hash_part": Transform(
        summary="one digest of a list such as MD5=..,SHA256=..",
        forward=_hash_part,
        backward=_from_hash_part,
        argument="algorithm",
    ),
    "hex_number": Transform(
        summary="a number written as 0x3e7", forward=_hex_number, backward=_from_hex_number
    ),
    "host_part": Transform(
        summary="a computer name without its domain",
        forward=lambda value, _: as_text(value).partition(".")[0] or None,
        backward=lambda value, _: [as_text(value)],
    ),
    "iso8601": Transform(
        summary="a UTC time with a given number of decimals",
        forward=_iso8601,
        backward=_itself,
        argument="decimals",
    ),
    "last_dot": Transform(
        summary="what follows the last dot of a whole path, folders included",
        forward=_last_dot,
        backward=_from_extension,
    ),
    "lower": Transform(summary="lower case", forward=_lower, backward=_itself),
    "map": Transform(
        summary="looked up in a table; other values are not recorded",
        forward=_map,
        backward=_from_map,
        argument="table",
    ),
    "map_or_same": Transform(
        summary="looked up in a table; other values stay as they are",
        forward=_map_or_same,
        backward=_from_map_or_same,
        argument="table",
    ),
    "no_dash": Transform(
        summary="nothing where Windows writes a dash or an empty GUID for no value",
        forward=_windows.no_dash,
        backward=_itself,
    ),
    "nt_device_path": Transform(
        summary="a path below a device instead of a drive",
        forward=_windows.nt_device_path,
        backward=_windows.from_nt_device_path,
    ),
    "registry_data": Transform(
        summary="registry data of Sysmon, with numbers in decimals",
        forward=_windows.registry_data,
        backward=_windows.from_registry_data,
        argument="bits by which the upper half of a QWORD is shifted",
    ),
    "registry_hive": Transform(
        summary="the hive of a registry path, in its short form",
        forward=_windows.registry_hive,
        backward=_windows.from_registry_hive,
    ),
    "registry_key": Transform(
        summary="a registry path without its value",
        forward=_windows.registry_key,
        backward=_windows.from_registry_key,
    ),
    "registry_tail": Transform(
        summary="a registry path without its hive",
        forward=_windows.registry_tail,
        backward=_windows.from_registry_tail,
    ),
    "registry_type": Transform(
        summary="the type of registry data of Sysmon, looked up in a table",
        forward=_windows.registry_type,
        backward=_windows.from_registry_type,
        argument="table",
    ),
    "registry_value": Transform(
        summary="what follows the last backslash of a registry path",
        forward=_windows.registry_value,
        backward=_windows.from_registry_value,
    ),
    "restart": Transform(
        summary="a text that begins with a key of a table, begun with the value there instead",
        forward=_windows.restart,
        backward=_windows.from_restart,
        argument="table",
    ),
    "signed_hex": Transform(
        summary="a 64-bit mask written as 0x80.. as a signed number",
        forward=_signed_hex,
        backward=_from_signed_hex,
    ),
    "sysmon_time": Transform(
        summary="a UTC time as Sysmon writes it: 2024-03-05 09:14:07.123",
        forward=lambda value, _: _time_format(value, _SYSMON),
        backward=lambda value, _: _from_time_format(value, _SYSMON),
    ),
    "time_format": Transform(
        summary="a UTC time in a given layout (strftime, %3f for milliseconds)",
        forward=_time_format,
        backward=_from_time_format,
        argument="layout",
    ),
    "unbraced": Transform(
        summary="a GUID without its braces", forward=_unbraced, backward=_from_unbraced
    ),
    "upper": Transform(summary="upper case", forward=_upper, backward=_itself),
}
