"""From paths to files of recorded events: by their endings, packed or not."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from harness.errors import Diagnostic, InvalidInput
from harness.telemetry.formats import Format, Piece, Unreadable, format_named, formats

STANDARD_INPUT = "-"
PACKED = (".gz", ".zst", ".zstd")
_ZSTD_BLOCK = 8 << 10
"""Bytes that are unpacked at once: small, since they may unpack to very many."""
_ZSTD_WINDOW = 1 << 27


@dataclass(frozen=True, slots=True)
class Input:
    """One file of recorded events. ``size`` is that of the file in bytes, 0 where unknown."""

    path: str
    format: str
    packed: str = ""
    size: int = 0

    @property
    def record(self) -> str:
        """What a record is called."""
        return format_named(self.format).record

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of the file, in order; raises ``Unreadable`` where it ends too soon."""
        found = format_named(self.format)
        try:
            if self.path == STANDARD_INPUT:
                yield from _streamed(found, sys.stdin.buffer, self.path)
            elif self.packed:
                with Path(self.path).open("rb") as file:
                    yield from _streamed(found, _unpacked(file, self.packed), self.path)
            elif not Path(self.path).is_file():  # a named pipe, or the like
                with Path(self.path).open("rb") as file:
                    yield from _streamed(found, file, self.path)
            else:
                yield from found.cut(Path(self.path))
        except OSError as error:
            raise Unreadable(str(error.strerror or error)) from error


def _streamed(found: Format, file: BinaryIO, name: str) -> Iterator[Piece]:
    if found.stream is None:
        message = f"{found.title} cannot be read packed or from standard input; unpack it first"
        raise Unreadable(message)
    try:
        yield from found.stream(file, name)
    except (EOFError, OSError, zlib.error) as error:
        message = f"the packed file is damaged or cut off: {error}"
        raise Unreadable(message) from error


class _Whole(io.BufferedIOBase):
    """Gives what could be unpacked before it gives the error."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._error: Exception | None = None

    def read1(self, size: int = -1, /) -> bytes:
        if self._error is not None:
            raise self._error
        parts: list[bytes] = []
        left = size
        while left > 0:
            try:
                block = self._file.read1(min(left, 1 << 20))
            except (EOFError, OSError, zlib.error) as error:
                self._error = error
                break
            if not block:
                break
            parts.append(block)
            left -= len(block)
        if not parts and self._error is not None:
            raise self._error
        return b"".join(parts)


def _unpacked(file: BinaryIO, packed: str) -> BinaryIO:
    if packed == ".gz":
        return _Whole(gzip.GzipFile(fileobj=file))  # type: ignore[return-value]
    try:
        import zstandard  # noqa: PLC0415 (an extra)
    except ImportError as error:
        message = "zstd needs the package zstandard: pip install 'detection-harness[telemetry]'"
        raise Unreadable(message) from error
    return _Whole(_Zstd(file, zstandard.ZstdDecompressor))  # type: ignore[return-value]


class _Zstd:
    """Frames one after the other; unlike the package's own reader it tells a cut-off one."""

    def __init__(self, file: BinaryIO, decompressor: Any) -> None:
        self._file, self._decompressor = file, decompressor
        self._frame: Any = None

    def read1(self, _: int) -> bytes:
        while True:
            block = self._file.read(_ZSTD_BLOCK)
            if not block:
                if self._frame is not None and not self._frame.eof:
                    message = "it ends in the middle of a frame"
                    raise EOFError(message)
                return b""
            if data := self._decompressed(block):
                return data

    def _decompressed(self, block: bytes) -> bytes:
        parts: list[bytes] = []
        while block:
            if self._frame is None or self._frame.eof:
                self._frame = self._decompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            try:
                parts.append(self._frame.decompress(block))
            except Exception as error:  # the package is an extra, and so is its error
                raise OSError(str(error)) from error
            block = self._frame.unused_data if self._frame.eof else b""
        return b"".join(parts)


def find(path: str, named: str | None = None) -> list[Input]:
    """Return the files of events at or below a path, in order.

    ``named`` is the format of a file whose ending does not tell. Raises ``InvalidInput`` for a
    path that is not there or that holds none.
    """
    if path == STANDARD_INPUT:
        return [Input(path, named or "jsonl")]
    place = Path(path)
    try:
        if place.is_dir():
            below = sorted(one for one in place.rglob("*") if one.is_file())
            found = [one for one in map(_by_ending, below) if one is not None]
        else:
            size = place.stat().st_size
            one = _by_ending(place)
            if named is not None:
                one = Input(path, named, _packing(place), size)
            found = [] if one is None else [one]
    except OSError as error:
        raise _unusable(path, str(error.strerror or error)) from error
    if not found:
        raise _unusable(path, "there are no recorded events of a known format")
    return found


def is_events(path: Path) -> bool:
    """Return whether a file's ending is that of a format of events."""
    return _format_of(path) is not None


def _by_ending(path: Path) -> Input | None:
    found = _format_of(path)
    if found is None:
        return None
    return Input(str(path), found.name, _packing(path), path.stat().st_size)


def _packing(path: Path) -> str:
    return path.suffix.lower() if path.suffix.lower() in PACKED else ""


def _format_of(path: Path) -> Format | None:
    name = path.name.lower()
    packing = _packing(path)
    name = name.removesuffix(packing)
    for one in formats():
        if name.endswith(one.endings) and (not packing or one.stream is not None):
            return one
    return None


def _unusable(path: str, message: str) -> InvalidInput:
    endings = ", ".join(ending for one in formats() for ending in one.endings)
    hint = f"known endings: {endings}; also with .gz or .zst"
    return InvalidInput([Diagnostic(code="no-events", message=message, place=path, hint=hint)])
