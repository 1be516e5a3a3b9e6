"""Lucene itself, from the jars of a Debian package, in the manner of a server.

``HARNESS_LUCENE_JARS`` names another folder with jars. ``Lucene.java`` beside this file is compiled
with the JDK that is there.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engines._base import Declined, EngineFailure, EngineTimeout, Leftover
from harness.ir import Event, FieldType
from harness.source import QuerySyntaxError, Source, Span

VARIABLE = "HARNESS_LUCENE_JARS"
PROGRAM = Path(__file__).with_name("Lucene.java")
TYPES = {
    "k": FieldType(name="keyword"),
    "t": FieldType(name="text"),
    "tw": FieldType(name="text", settings={"analyzer": "whitespace"}),
}
"""The fields that the program knows."""
_PARTS = ("core", "queryparser", "analyzers-common", "queries", "sandbox")
_TIME = 60.0


def jars() -> list[Path]:
    """Return the jars that are needed, the newest of each; none where one is missing."""
    folder = Path(os.environ.get(VARIABLE, "/usr/share/java"))
    found = [sorted(folder.glob(f"lucene-{part}-[0-9]*.jar")) for part in _PARTS]
    return [paths[-1] for paths in found] if all(found) else []


def version() -> str:
    """Return the version that the jars have."""
    found = re.search(r"-(\d[\w.]*)\.jar$", jars()[0].name) if jars() else None
    return found[1] if found else ""


def missing() -> str:
    """Return what is not there; empty where all is."""
    if not jars():
        return f"no Lucene jars in {VARIABLE} or where Debian's liblucene8-java puts them"
    return "" if shutil.which("javac") and shutil.which("java") else "there is no JDK"


@dataclass(slots=True)
class _Documents:
    """Documents that the program holds."""

    lucene: Lucene
    taken: list[bool]

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language
        operator = options.get("default_operator", "OR")
        said = self.lucene.say(f"{options['default_field']} {operator} {_encoded(query)}")
        if "error" in said:
            raise QuerySyntaxError(said["error"], Source(query, "<lucene>"), Span(0, len(query)))
        if "hits" not in said:
            message = "Lucene gives no answer"
            raise Declined(message)
        return [number in said["hits"] for number in range(len(self.taken))]


class Lucene:
    """The program, compiled into a folder; to be closed."""

    version = version()

    def __init__(self, folder: Path) -> None:
        path = ":".join(map(str, jars()))
        javac, java = (shutil.which(one) or one for one in ("javac", "java"))
        compile_ = [javac, "-cp", path, "-d", str(folder), str(PROGRAM)]
        subprocess.run(  # noqa: S603 - our own program
            compile_, check=True, capture_output=True, timeout=_TIME
        )
        self._process = subprocess.Popen(  # noqa: S603 - the same
            [java, "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{path}:{folder}", "Lucene", "search"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def say(self, line: str) -> dict[str, Any]:
        """Return the answer to a line."""
        self._tell(line)
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], _TIME)[0]:
            message = "Lucene does not end in time"
            raise EngineTimeout(message)
        found = self._process.stdout.readline()
        if not found:
            message = "Lucene ends without an answer"
            raise EngineFailure(message)
        answer: dict[str, Any] = json.loads(found)
        return answer

    def _tell(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{one}\n" for one in lines).encode())
        self._process.stdin.flush()

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are."""
        return types

    @contextmanager
    def store(
        self, documents: Sequence[Event], types: Mapping[str, FieldType]
    ) -> Iterator[_Documents]:
        """Have the program hold documents in place of those before."""
        del types
        self._tell(f"documents {len(documents)}", *map(_line, documents))
        yield _Documents(self, [True] * len(documents))

    def leftovers(self) -> list[Leftover]:
        """Return nothing."""
        return []

    def remove(self, name: str) -> None:
        """Do nothing: there is nothing of ours."""

    def close(self) -> None:
        """End the program."""
        with self._process:
            self._process.kill()


def _line(document: Event) -> str:
    """Return a document as the program reads it."""
    parts = []
    for name in TYPES:
        value = document.get(name)
        values = value if isinstance(value, list) else [value]
        parts += [f"{name}={_encoded(str(one))}" for one in values if one is not None]
    return " ".join(parts)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
