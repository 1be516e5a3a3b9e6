"""PowerShell's values: their text, their truth, and how two of them compare.

The rules follow the binder and the conversions of PowerShell 7
(https://github.com/PowerShell/PowerShell, ``Binders.cs`` and ``LanguagePrimitives.cs``): the left
operand decides; text beside a number is read as PowerShell reads a number; a failing conversion
is unequal for ``-eq`` and an error for ``-gt``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.errors import Fault
from harness.ir import Case
from harness.ir.values import fold

EVENT_TEXT = "System.Diagnostics.Eventing.Reader.EventLogRecord"
PROPERTY_TEXT = "System.Diagnostics.Eventing.Reader.EventProperty"
MAX_ITEMS = 10_000
"""Members of a list that an expression may build."""

_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?:0x(?P<hex>[0-9a-f]+)|0b(?P<bin>[01]+)"
    r"|(?P<real>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:e[+-]?\d+)?))"
    r"(?P<suffix>u?[lsy]|u|n|d)?(?P<multiplier>[kmgtp]b)?",
    re.ASCII | re.IGNORECASE,
)
_MULTIPLIERS = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}
_LONGEST_NUMBER = 60
_INT32 = 2**31
_INT64 = 2**63

Number = int | float


@dataclass(frozen=True, slots=True)
class Folding:
    """How two texts are compared: the case rule, and whether weightless characters count."""

    case: Case = Case.UNICODE
    weightless: bool = True
    """True where characters without weight are ignored (ICU, from PowerShell 7.1 on)."""

    def key(self, text: str) -> str:
        """Return a text that is equal for equal texts."""
        if text.isascii() and text.isprintable():
            return fold(text, self.case)
        if self.weightless:
            text = "".join(char for char in text if not _weightless(char))
        return fold(unicodedata.normalize("NFC", text), self.case)


def _weightless(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf"} and char not in "\t\n\v\f\r\x85"


def text(value: Any) -> str:
    """Return what a value prints as in a string."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return _real_text(value)
    if isinstance(value, datetime):
        return value.strftime("%m/%d/%Y %H:%M:%S")
    if isinstance(value, list):
        return " ".join(text(item) for item in value)
    if isinstance(value, Mapping):
        return PROPERTY_TEXT if set(value) == {"Value"} else EVENT_TEXT
    return str(value)


def _real_text(value: float) -> str:
    """Print a double as .NET does: the shortest form that reads back."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    written = repr(value)
    mantissa, _, exponent = written.partition("e")
    mantissa = mantissa.removesuffix(".0")
    if not exponent:
        return mantissa
    sign = "-" if exponent.startswith("-") else "+"
    return f"{mantissa}E{sign}{exponent.lstrip('+-').zfill(2)}"


def truth(value: Any) -> bool:
    """Return a value as a condition (about_Booleans)."""
    if isinstance(value, list):
        if len(value) == 1:
            only = value[0]
            return len(only) > 0 if isinstance(only, list) else truth(only)
        return len(value) > 1
    if isinstance(value, Mapping | datetime):
        return True
    return bool(value)


def is_number(value: Any) -> bool:
    """Return whether a value is a number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_number(written: str) -> Number | None:
    """Return the number that text is read as beside a number; ``None`` if it is none.

    ``Parser.ScanNumber``: blanks round it are dropped, nothing at all is 0, and otherwise it is
    a literal as in a script: decimal, ``0x``, with a suffix or a multiplier.
    """
    stripped = written.strip()
    if not stripped:
        return 0
    found = _NUMBER.fullmatch(stripped) if len(stripped) <= _LONGEST_NUMBER else None
    return literal_number(found) if found else _converted(stripped)


def match_number(source: str, at: int) -> re.Match[str] | None:
    """Return the numeric literal that begins at an offset of a script."""
    return _NUMBER.match(source, at)


def literal_number(found: re.Match[str]) -> Number | None:
    """Return the value of a numeric literal."""
    sign = -1 if found["sign"] == "-" else 1
    multiplier = _MULTIPLIERS.get((found["multiplier"] or "").lower(), 1)
    if found["hex"] or found["bin"]:
        return _hexadecimal(found) * sign * multiplier
    written, suffix = found["real"], (found["suffix"] or "").lower()
    if written.isdecimal():
        number: Number = int(written) * multiplier
        return sign * (number if number < 2**96 else float(number))
    real = float(written) * multiplier
    if not math.isfinite(real):
        return None
    if suffix and suffix != "d":
        return sign * round(real)
    return sign * real


def _hexadecimal(found: re.Match[str]) -> int:
    """Read hexadecimal or binary; eight full digits are a negative int, as in .NET."""
    digits = found["hex"] or found["bin"]
    value = int(digits, 16 if found["hex"] else 2)
    for bits in (32, 64):
        full = len(digits) == (bits // 4 if found["hex"] else bits)
        if full and value >= 2 ** (bits - 1) and not found["suffix"]:
            return int(value - 2**bits)
    return value


def _converted(written: str) -> Number | None:
    """Convert text that is no literal; thousands separators are taken (``'1,024'``)."""
    if not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", written, re.ASCII):
        return None
    return int(written.replace(",", ""))


def to_number(value: Any) -> Number:
    """Return a value as an operand of arithmetic; raise ``Fault`` where it is none."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    number = read_number(value) if isinstance(value, str) else None
    if number is None:
        message = f"{text(value)[:60]!r} cannot be converted to a number"
        raise Fault(message)
    return number


def to_integer(value: Any, bits: int = 32) -> int:
    """Cast to an integer of a size: halves go to the even neighbour (about_Type_Conversion)."""
    number = to_number(value)
    if isinstance(number, float):
        if not math.isfinite(number):
            message = "the number is too large for an integer"
            raise Fault(message)
        number = round(number)
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        message = f"the number does not fit into {bits} bits"
        raise Fault(message)
    return number


def narrowed(number: Number) -> Number:
    """Return an arithmetic result: integers beyond 64 bits become doubles."""
    if isinstance(number, int) and not -_INT64 <= number < _INT64:
        return float(number) if abs(number) < 10**300 else math.inf
    return number


_TIME_FORMATS = (
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%y",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y %H:%M:%S",
    "%B %d, %Y %I:%M:%S %p",
)
_JSON_DATE = re.compile(r"/Date\((-?\d{1,15})\)/")


def read_date(written: str) -> datetime | None:
    """Return the time that text spells in the invariant culture (month first), as UTC."""
    stripped = re.sub(r"(\.\d{6})\d+", r"\1", " ".join(written.split())[:60])
    try:
        found = _JSON_DATE.fullmatch(stripped)
        if found:
            return datetime.fromtimestamp(int(found.group(1)) / 1000, UTC)
        if re.match(r"\d{4}-\d\d-\d\d", stripped):
            moment = datetime.fromisoformat(stripped)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    for form in _TIME_FORMATS:
        try:
            return datetime.strptime(stripped, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def equals(left: Any, right: Any, folding: Folding) -> bool:
    """Return ``left -eq right`` for a left operand that is no collection."""
    if left is None or right is None:
        return left is right
    if isinstance(left, str):
        return folding.key(left) == folding.key(text(right))
    if isinstance(left, bool):
        return left is truth(right)
    if isinstance(left, int | float):
        number = _beside_number(right)
        return number is not None and bool(left == number)
    if isinstance(left, datetime):
        return left == (read_date(right) if isinstance(right, str) else right)
    return False


def _beside_number(value: Any) -> Number | None:
    if isinstance(value, str):
        return read_number(value)
    return to_number(value) if isinstance(value, bool | int | float) else None


def compare(left: Any, right: Any, folding: Folding) -> int:
    """Return the sign of ``left`` against ``right``, neither null nor a collection on the left."""
    if isinstance(left, str):
        return _order(collation_key(left, folding), collation_key(text(right), folding))
    if isinstance(left, bool):
        return _order(left, truth(right))
    if isinstance(left, int | float):
        number = _beside_number(right)
        if number is not None:
            return _order(left, number)
    if isinstance(left, datetime):
        moment = read_date(right) if isinstance(right, str) else right
        if isinstance(moment, datetime):
            return _order(left, moment)
    message = f"{text(left)[:60]!r} cannot be compared to {text(right)[:60]!r}"
    raise Fault(message)


def _order(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
"""ASCII punctuation in the order of the root collation (https://unicode.org/charts/collation/)."""


def collation_key(written: str, folding: Folding) -> tuple[Any, ...]:
    """Return a key that orders texts as a dictionary does: letters, accents, then case."""
    if folding.weightless:
        written = "".join(char for char in written if not _weightless(char))
    plain = unicodedata.normalize("NFD", written)
    bases = [char for char in plain if not unicodedata.combining(char)]
    marks = "".join(char for char in plain if unicodedata.combining(char))
    primary = tuple(_weight(char) for char in bases)
    upper: tuple[bool, ...] = ()
    if folding.case is Case.SENSITIVE:
        upper = tuple(char.isupper() for char in bases)
    return (primary, marks, upper)


def _weight(char: str) -> tuple[int, int | str]:
    if char.isspace():
        return (0, ord(char))
    if char in _PUNCTUATION:
        return (1, _PUNCTUATION.index(char))
    if char.isdecimal():
        return (3, unicodedata.decimal(char))
    return (4, fold(char, Case.UNICODE)) if char.isalpha() else (2, ord(char))


class RegexText(str):
    """A pattern cast with ``[regex]``: such an object keeps its own, case-sensitive options."""

    __slots__ = ()


class HashTable(dict[str, Any]):
    """A hash table; keys as written, looked up in any case."""

    def find(self, name: str) -> Any:
        """Return the value of a key in any case, or ``None``."""
        return next((value for key, value in self.items() if key.lower() == name), None)
