"""JSON lines: one event a line. A file that holds one JSON array is taken as well.

orjson reads what it can; what it refuses is read again by the standard library, which takes
halves of surrogate pairs and numbers of any length.
"""

from __future__ import annotations

import json
import math
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from harness.telemetry.formats._base import (
    PIECE,
    TOO_DEEP,
    Batch,
    Format,
    Piece,
    Trouble,
    Unreadable,
)
from harness.telemetry.shapes import Shapes

Flags = NDArray[np.bool_]
_BLOCK = 512 << 10
_PATIENCE = 1.0
"""Seconds after which lines of a stream are worked on, however few they are."""
MAX_RECORD = 256 << 20
"""Bytes of a line, or of an array, beyond which it is not read."""


def cut(path: Path) -> Iterator[Piece]:
    """Yield ranges of a file; a line belongs to the range that its first byte is in."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        yield Piece(str(path), 0, size, share=size)
        return
    for start in range(0, size, PIECE):
        end = min(size, start + PIECE)
        yield Piece(str(path), start, end, share=end - start)


def stream(file: BinaryIO, name: str) -> Iterator[Piece]:
    """Yield whole lines: as many as make a piece, or those that came within a second."""
    rest: list[bytes] = []
    held = 0
    since = time.monotonic()
    while True:
        try:
            block = file.read1(PIECE)  # type: ignore[attr-defined]
        except (EOFError, OSError, zlib.error):  # what came before it is whole
            data = b"".join(rest)
            at = data.rfind(b"\n") + 1
            if at:
                yield Piece(name, data=data[:at], share=at)
            raise
        rest.append(block)
        held += len(block)
        late = time.monotonic() - since > _PATIENCE
        if block and held < PIECE and not late:
            continue
        data = b"".join(rest)
        at = data.rfind(b"\n") + 1 if block else len(data)
        if at:
            yield Piece(name, data=data[:at], share=at)
            since = time.monotonic()
        if not block:
            break
        rest, held = [data[at:]], len(data) - at
        if held > MAX_RECORD:
            message = f"a line is longer than {MAX_RECORD >> 20} MiB"
            raise Unreadable(message)


def read(piece: Piece, wanted: frozenset[str] = frozenset()) -> Batch:
    """Return the events of some lines."""
    data = _lines_in(piece) if piece.data is None else piece.data
    if piece.start == 0:
        data = data.removeprefix(b"\xef\xbb\xbf")
    if piece.start == 0 and data[:64].lstrip(b" \t\r\n").startswith(b"["):
        return _array(data, wanted)
    lines: list[bytes] = []
    shapes = Shapes(wanted)
    for block in _blocks(data):
        some = block.split(b"\n")
        if not some[-1]:
            some.pop()
        try:
            found = list(map(orjson.loads, some))
        except orjson.JSONDecodeError:
            found = []
        if not found or set(map(type, found)) != {dict} or _repeats(block, some, found):
            return _one_by_one(data.split(b"\n"), wanted)
        lines += some
        shapes.add(found)
    numbers = range(len(lines))
    return Batch(_Again(lines), shapes, numbers, len(lines), [], partial(_exact, lines), lines)


class _Again(Sequence[dict[str, Any]]):
    """Events that are read again when they are asked for, which is seldom."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        return orjson.loads(self._lines[number])


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield runs of whole lines, small enough to stay near the processor."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK) + 1 or len(data)
        yield data[start:end]
        start = end


def records_in(piece: Piece) -> int:
    """Return how many lines a piece holds that could not be worked on; none if it is gone."""
    try:
        data = _lines_in(piece) if piece.data is None else piece.data
    except Unreadable:
        return 0
    return data.count(b"\n")


def _lines_in(piece: Piece) -> bytes:
    try:
        with Path(piece.path).open("rb") as file:
            return _range_of(file, piece)
    except OSError as error:
        raise Unreadable(str(error.strerror or error)) from error


def _range_of(file: BinaryIO, piece: Piece) -> bytes:
    start = piece.start
    if start:  # the line before may reach into this range
        file.seek(start - 1)
        start += len(file.readline(MAX_RECORD)) - 1
    file.seek(start)
    if start >= piece.end:
        return b""
    data = file.read(piece.end - start)
    if len(data) < piece.end - start:
        message = "the file became shorter while it was read"
        raise Unreadable(message)
    if not data.endswith(b"\n"):
        data += file.readline(MAX_RECORD)
    return data


def _array(data: bytes, wanted: frozenset[str]) -> Batch:
    if len(data) > MAX_RECORD:
        message = f"a JSON array of more than {MAX_RECORD >> 20} MiB; write one event a line"
        raise Unreadable(message)
    try:
        items = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        message = f"a JSON array that cannot be read: {error}"
        raise Unreadable(message) from error
    return _one_by_one([orjson.dumps(item) for item in items], wanted)


def _repeats(data: bytes, lines: Sequence[bytes], events: Sequence[dict[str, Any]]) -> bool:
    """Return whether an object may name a key twice; where it cannot, nothing is read again.

    Without blanks before colons every key is followed by a quote and a colon. As many of these
    as there are keys, or as what was read has when it is written again, leave no key unseen.
    """
    if _count_of(b" :", data) or _count_of(b"\t:", data):
        odd = [line for line in lines if b" :" in line or b"\t:" in line]
        if any(map(_has_repeats, odd)):
            return True
    if _count_of(b'":', data) == sum(map(len, events)):
        return False
    keys = _places_of(b'":', data)
    following = np.frombuffer(data, np.uint8)[np.minimum(keys + 2, len(data) - 1)]
    keys = np.sort(keys[following != _COLON])  # no value begins so, but text does: "::1"
    held = np.fromiter(map(len, events), np.int64, len(events))
    if len(keys) == held.sum():
        return False
    ends = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)) + 1)
    counts = np.diff(np.searchsorted(keys, ends), prepend=0)
    unlike = np.flatnonzero(counts != held).tolist()
    if len(unlike) * _FEW < len(lines):
        return any(_has_repeats(lines[number]) for number in unlike)
    again = orjson.dumps(events)
    return len(keys) > again.count(b'":') - again.count(b'"::')


_COLON = ord(":")


def _side_by_side(pair: bytes, data: bytes) -> tuple[Flags, Flags]:
    """Return whether two bytes stand at each even place, and at each odd one."""
    [wanted] = np.frombuffer(pair, np.uint16)
    even = np.frombuffer(data, np.uint16, len(data) // 2)
    odd = np.frombuffer(data, np.uint16, (len(data) - 1) // 2, offset=1)
    return even == wanted, odd == wanted


def _count_of(pair: bytes, data: bytes) -> int:
    return sum(int(np.count_nonzero(part)) for part in _side_by_side(pair, data))


def _places_of(pair: bytes, data: bytes) -> NDArray[np.intp]:
    even, odd = map(np.flatnonzero, _side_by_side(pair, data))
    return np.concatenate([even * 2, odd * 2 + 1])


_FEW = 20
"""One line in so many is looked at by itself; of more, all are written again."""


class _Repeated(ValueError):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        name = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        message = f"the key {name[:40]!r} occurs twice in an object"
        raise _Repeated(message)
    return found


def _constant(text: str) -> Any:
    message = f"{text[:40]} is no number in JSON"
    raise ValueError(message)


def _fraction(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _constant(text)


_strict = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_fraction
)


def _has_repeats(line: bytes) -> bool:
    try:
        _strict.decode(line.decode("utf-8"))
    except _Repeated:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _one_by_one(lines: Sequence[bytes], wanted: frozenset[str]) -> Batch:
    events: list[dict[str, Any]] = []
    numbers: list[int] = []
    troubles: list[Trouble] = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        found = _event_of(line)
        if isinstance(found, str):
            troubles.append(Trouble(number, found))
        else:
            events.append(found)
            numbers.append(number)
    kept = [lines[number] for number in numbers]
    batch = Batch.of(events, wanted, numbers, len(lines), troubles)
    return replace(batch, exact=partial(_exact, kept), lines=kept)


def _event_of(line: bytes) -> dict[str, Any] | str:
    """Return the event of a line, or why there is none."""
    try:
        event = orjson.loads(line)
        repeats = isinstance(event, dict) and line.count(b":") > len(event)
        if repeats or not isinstance(event, dict):
            event = _strict.decode(line.decode("utf-8"))
    except orjson.JSONDecodeError as refused:
        if "depth" in str(refused):
            return TOO_DEEP
        try:
            event = _strict.decode(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            return f"it is no UTF-8: {error.reason} at byte {error.start}"
        except RecursionError:
            return TOO_DEEP
        except ValueError:
            return f"it is no JSON: {refused}"
    except RecursionError:
        return TOO_DEEP
    except ValueError as error:
        return str(error)
    return event if isinstance(event, dict) else "it is no JSON object"


def _exact(lines: Sequence[bytes], number: int) -> dict[str, Any]:
    """Return an event with numbers of any length as they were written."""
    found: dict[str, Any] = json.loads(lines[number])
    return found


FORMAT = Format(
    name="jsonl",
    title="JSON lines",
    endings=(".jsonl", ".ndjson", ".json", ".log"),
    record="line",
    cut=cut,
    stream=stream,
    read=read,
)
