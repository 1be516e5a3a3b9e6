"""Tests of addresses in a range, and of elements of JSON arrays."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql._columns import Kind, Stored
from harness.languages.logsql._tests import Simple

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Addresses(Simple):
    """The value is an address between two others."""

    low: int
    high: int
    read: Callable[[str], int | None]

    def on_text(self, text: str) -> bool:
        found = self.read(text)
        return found is not None and self.low <= found <= self.high

    def on_stored(self, value: Stored) -> bool | None:
        if value.kind is not Kind.ADDRESS:
            return False
        number = int(value.number)
        return self.low <= (number if self.read is numbers.ipv4 else _MAPPED + number) <= self.high

    def describe(self) -> str:
        return f"is an address from {self.low:#x} to {self.high:#x}"


_MAPPED = 0xFFFF << 32
"""What stands before an IPv4 address that is written as one of IPv6."""


def ipv6(text: str) -> int | None:
    """Return an address of either version as a number of 128 bits; a zone does not count."""
    if not 2 <= len(text) <= 45:  # noqa: PLR2004 - as the server bounds them
        return None
    plain, percent, zone = text.partition("%")
    if percent and (not zone or ":" not in plain):
        return None
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return int(found) if found.version == 6 else _MAPPED + int(found)  # noqa: PLR2004


def network(
    text: str, read: Callable[[str], int | None], bits: int, *, alone: bool
) -> tuple[int, int] | None:
    """Return the first and last address of a network or, of an address, itself."""
    plain, slash, size = text.partition("/") if alone else (text, "", "")
    at = read(plain)
    length = numbers.unsigned(size) if slash else bits
    if at is None or length is None or length > bits:
        return None
    mask = (1 << (bits - length)) - 1
    return at & ~mask, at | mask


@dataclass(frozen=True, slots=True)
class HasElement(Simple):
    """The value is a JSON array with one of these texts, numbers or constants in it."""

    values: tuple[str, ...]

    def on_text(self, text: str) -> bool:
        plain = text.strip(" \t\n\r")
        if not plain.startswith("[") or not any(_spells(plain, one) for one in self.values):
            return False
        try:
            found = json.loads(
                plain, strict=False, parse_int=_Number, parse_float=_Number, parse_constant=_Number
            )
        except RecursionError as error:
            message = "the array is nested too deeply"
            raise Fault(message) from error
        except ValueError:
            return False
        return any(_element(one) in self.values for one in found)

    def on_stored(self, value: Stored) -> bool | None:
        del value
        return False

    def describe(self) -> str:
        return f"has one of {list(self.values)!r} in its array"


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _spells(text: str, value: str) -> bool:
    """Return whether the words of a value stand in the text, which is looked at first."""
    return all(word in text for word in _WORD.findall(value))


def _element(item: Any) -> str | None:
    if isinstance(item, bool) or item is None:
        return {True: "true", False: "false", None: "null"}[item]
    return item if isinstance(item, str) else None
