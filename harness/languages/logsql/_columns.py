"""Tests of one value, as text and as a column of numbers, addresses or times holds it.

VictoriaLogs stores a field block by block. Where all values of a block are whole numbers,
decimals, IPv4 addresses or times, and more than eight of them differ, they are stored as such, and
some filters then answer otherwise than on the text. Which block a value is in depends on the
values beside it, so that such an answer is undefined.
``lib/logstorage/values_encoder.go`` and ``filter_*.go`` of VictoriaLogs 1.47.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol

from harness.errors import Fault
from harness.ir import as_text
from harness.languages.logsql import _numbers as numbers

_TYPED = re.compile(r"-?[0-9_][0-9_.]*|[0-9TZ:. -]{24}", re.ASCII)
"""What may be stored as something else than text."""
PLAIN = re.compile(r"[^0-9_.\-TZ: ]")
"""A character that no number, address or time has."""
_LONGEST = 32


class Kind(Enum):
    """What a column is stored as."""

    UNSIGNED = "whole numbers"
    SIGNED = "whole numbers, some negative"
    DECIMAL = "decimals"
    ADDRESS = "IPv4 addresses"
    TIME = "times"


@dataclass(frozen=True, slots=True)
class Stored:
    """A value as one kind of column stores it: its number, and the text that it gives back."""

    kind: Kind
    number: float
    text: str
    own: str
    """The text as it was sent."""

    @property
    def whole(self) -> bool:
        """Whether the column holds whole numbers."""
        return self.kind in {Kind.UNSIGNED, Kind.SIGNED}

    def reads(self, text: str) -> float | None:
        """Return a text of a query as a value of such a column."""
        return _READ[self.kind](text)

    def same(self, text: str) -> bool | None:
        """Return whether a text of a query is this value.

        It is open where the number is the same and the text is not: such a text is looked up in
        a Bloom filter first, which may or may not let it pass.
        """
        found = self.reads(text)
        if found is None or found != self.number:
            return False
        return True if text == self.own else None


_READ = {
    Kind.UNSIGNED: numbers.unsigned,
    Kind.SIGNED: numbers.signed,
    Kind.DECIMAL: lambda text: numbers.decimal(text, exact=True),
    Kind.ADDRESS: numbers.ipv4,
    Kind.TIME: numbers.milliseconds,
}


@lru_cache(maxsize=8192)
def stored(text: str) -> tuple[Stored, ...]:
    """Return the ways in which a value may be stored other than as text."""
    if len(text) > _LONGEST or not _TYPED.fullmatch(text):
        return ()
    return tuple(_stored(text))


def _stored(text: str) -> Iterator[Stored]:
    for kind, read in _READ.items():
        found = read(text)
        if found is not None:
            yield Stored(kind, found, _given_back(kind, found), text)


def _given_back(kind: Kind, number: float) -> str:
    if kind is Kind.DECIMAL:
        return numbers.written(number)
    if kind is Kind.ADDRESS:
        return ".".join(map(str, int(number).to_bytes(4, "big")))
    if kind is Kind.TIME:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number) // 1000)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return str(int(number))


class Test(Protocol):
    """A test of one value."""

    def on_text(self, text: str) -> bool:
        """Return the answer on a value that is stored as text; the empty one is no value."""
        ...

    def on_stored(self, value: Stored) -> bool | None:
        """Return the answer on a value in a column; ``None`` where that depends on others."""
        ...

    def on_result(self, value: Stored) -> bool | None:
        """Return the answer behind a pipe, on a value that came from a column."""
        ...

    def describe(self) -> str:
        """Return the test in a few words."""
        ...


@dataclass(frozen=True, slots=True)
class Anyhow:
    """A test whose answer must not depend on how the value is stored; else it is undefined.

    ``late`` is one behind a pipe.
    """

    test: Test
    late: bool = False

    def accepts(self, value: Any) -> bool:
        text = value if isinstance(value, str) else as_text(value)
        answer = self.test.on_text(text)
        for one in stored(text):
            other = self.test.on_result(one) if self.late else self.test.on_stored(one)
            if other is not answer:
                message = f"in a block of {one.kind.value} VictoriaLogs answers otherwise"
                raise Fault(message)
        return answer

    def describe(self) -> str:
        return self.test.describe()
