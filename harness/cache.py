"""What is remembered between runs: texts by the content that they were made from.

One SQLite file in the user's cache folder, shared by processes. Nothing depends on it: where it
cannot be read or written, everything is simply made again.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from platformdirs import user_cache_dir

VARIABLE = "HARNESS_CACHE"
"""The environment variable that names another folder; empty for no cache."""
MAX_ROWS = 200_000
"""Entries that are kept; the oldest go first."""
_WAIT = 10.0


def folder() -> Path | None:
    """Return the folder of the cache, ``None`` where the user wants none."""
    named = os.environ.get(VARIABLE)
    if named == "":
        return None
    return Path(named) if named else Path(user_cache_dir("detection-harness", appauthor=False))


def key_of(*parts: str) -> str:
    """Return one key for some texts; different texts never share one."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


class Cache:
    """Texts by key. Every method is safe to call where there is no cache."""

    def __init__(self, path: Path | None) -> None:
        self._database: sqlite3.Connection | None = None
        if path is None:
            return
        with suppress(OSError, sqlite3.Error):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            database = sqlite3.connect(path / "cache.sqlite", timeout=_WAIT, isolation_level=None)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, text TEXT)")
            self._database = database

    def __bool__(self) -> bool:
        """Whether anything can be remembered."""
        return self._database is not None

    def get(self, key: str) -> str | None:
        """Return the text of a key, ``None`` where it is not known."""
        if self._database is None:
            return None
        try:
            query = "SELECT text FROM entry WHERE key = ?"
            row = self._database.execute(query, (key,)).fetchone()
        except sqlite3.Error:
            return None
        return str(row[0]) if row else None

    def put(self, entries: Iterable[tuple[str, str]]) -> None:
        """Remember some texts."""
        if self._database is None:
            return
        with suppress(sqlite3.Error):
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", entries)
            self._database.execute(
                "DELETE FROM entry WHERE rowid <= (SELECT max(rowid) FROM entry) - ?", (MAX_ROWS,)
            )
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            self._database.close()
            self._database = None


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the harness itself, so that a changed harness remembers nothing."""
    digest = hashlib.sha256()
    for name, data in sorted(_package_files(files("harness"), "")):
        digest.update(name.encode())
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def _package_files(folder: Traversable, name: str) -> Iterable[tuple[str, bytes]]:
    for item in folder.iterdir():
        if item.is_dir():
            if item.name != "__pycache__":
                yield from _package_files(item, f"{name}{item.name}/")
        elif not item.name.endswith((".pyc", "~")):
            yield f"{name}{item.name}", item.read_bytes()
