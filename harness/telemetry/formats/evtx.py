"""Windows event logs (EVTX), read by the Rust parser of the package ``evtx``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.telemetry.formats import jsonl
from harness.telemetry.formats._base import PIECE, Batch, Format, Piece, Trouble, Unreadable

_BROKEN = b"\0"
"""Stands before the reason where a record cannot be read; no JSON begins so."""


def cut(path: Path) -> Iterator[Piece]:
    """Yield the records of a log as JSON, with their record numbers."""
    try:
        from evtx import PyEvtxParser  # noqa: PLC0415 (an extra)
    except ImportError as error:
        message = "EVTX needs the package evtx: pip install 'detection-harness[telemetry]'"
        raise Unreadable(message) from error
    size = path.stat().st_size
    try:
        records = iter(PyEvtxParser(str(path), number_of_threads=1).records_json())
    except (OSError, RuntimeError, ValueError) as error:
        message = f"it is no Windows event log: {_first_line(error)}"
        raise Unreadable(message) from error
    lines: list[bytes] = []
    numbers: list[int] = []
    held = read = 0
    while True:
        try:
            record: Any = next(records)
        except StopIteration:
            break
        except (OSError, RuntimeError, ValueError) as error:  # a chunk or record is damaged
            lines.append(_BROKEN + _first_line(error).encode())
            numbers.append(numbers[-1] + 1 if numbers else 0)
            continue
        data = record["data"].replace("\n", " ").encode("utf-8", "surrogatepass")
        lines.append(data)
        numbers.append(record["event_record_id"])
        held += len(data)
        if held > PIECE:
            yield Piece(str(path), data=b"\n".join(lines), numbers=tuple(numbers))
            lines, numbers, held = [], [], 0
        read += 1
    yield Piece(str(path), data=b"\n".join(lines), numbers=tuple(numbers), share=size)


def read(piece: Piece, wanted: frozenset[str] = frozenset()) -> Batch:
    """Return the events of some records."""
    assert piece.data is not None
    lines = piece.data.split(b"\n") if piece.data else []
    broken = {at: line[1:].decode() for at, line in enumerate(lines) if line[:1] == _BROKEN}
    kept = [line for line in lines if line[:1] != _BROKEN]
    batch = jsonl.read(Piece(piece.path, start=1, data=b"\n".join(kept)), wanted)
    places = [at for at in range(len(lines)) if at not in broken]
    troubles = [Trouble(places[one.record], one.reason) for one in batch.troubles]
    troubles += [Trouble(at, reason) for at, reason in broken.items()]
    numbers = [places[number] for number in batch.numbers]
    return replace(batch, numbers=numbers, records=len(lines), troubles=sorted(troubles))


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200]


FORMAT = Format(
    name="evtx",
    title="Windows event log",
    endings=(".evtx",),
    record="record",
    cut=cut,
    stream=None,
    read=read,
)
