"""A disagreement as a case file, for the tests of the language to keep."""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.ir import FieldType
from harness.referee._base import Disagreement, Report

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def case_of(report: Report, found: Disagreement) -> str:
    """Return a disagreement as a ``[[case]]`` table that states what the engine says."""
    name = f"{report.engine.lower().replace(' ', '-')}-{abs(hash_of(found.query)):08x}"
    source = f"ran on {report.engine} {report.version} (harness referee, seed {report.seed})"
    theirs = found.theirs
    expected = (
        _toml(theirs)
        if isinstance(theirs, str)
        else _toml(["undefined" if one is None else one for one in theirs])
    )
    lines = [
        "[[case]]",
        f"id = {_toml(name)}",
        f"source = {_toml(source)}",
        f"query = {_toml(found.query)}",
    ]
    if found.world.types:
        types = {path: _type(kind) for path, kind in found.world.types.items()}
        lines.append(f"types = {_toml(types)}")
    if found.options:
        lines.append(f"options = {_toml(found.options)}")
    if found.world.documents:
        events = [json.dumps(one, ensure_ascii=False, default=str) for one in found.world.documents]
        lines.append(f"events = {_toml(events)}")
    lines.append(f"expected = {expected}")
    return "\n".join(lines) + "\n"


def hash_of(text: str) -> int:
    """Return a number for a text that is the same in every run."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def file_case(folder: Path, report: Report, found: Disagreement) -> Path:
    """Add a disagreement to ``referee.toml`` in a folder of case files, once."""
    path = folder / report.language / "referee.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text("utf-8") if path.is_file() else ""
    case = case_of(report, found)
    if case not in text:
        path.write_text(f"{text}\n{case}".lstrip("\n"), "utf-8")
    return path


def record(path: Path, report: Report) -> None:
    """Add the numbers of a comparison to a file, in place of those of the same one before."""
    table = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    head = path.read_text("utf-8").partition("[[generated]]")[0] if path.is_file() else ""
    entry = {
        "language": report.language,
        "engine": report.engine,
        "version": report.version,
        "seed": report.seed,
        "queries": report.queries,
        "verdicts": report.verdicts,
        "declared": sum(report.declared.values()),
    }
    kept = [one for one in table.get("generated", ()) if not _same_run(one, entry)]
    entries = sorted([*kept, entry], key=lambda one: [str(one[key]) for key in _RUN])
    parts = [
        "[[generated]]\n" + "".join(f"{key} = {_toml(one)}\n" for key, one in item.items())
        for item in entries
    ]
    path.write_text(head.rstrip("\n") + ("\n\n" if head else "") + "\n".join(parts), "utf-8")


_RUN = ("language", "engine", "version", "seed")


def _same_run(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(key) == other[key] for key in _RUN)


def _type(kind: FieldType) -> Any:
    return {"type": kind.name, **kind.settings} if kind.settings else kind.name


def _toml(value: Any) -> str:
    """Return a value in TOML; what it has no word for, as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = (f"{_key(str(key))} = {_toml(one)}" for key, one in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return _text(str(value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
