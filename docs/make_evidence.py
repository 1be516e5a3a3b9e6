"""Writes ``evidence.md`` from case files and recorded runs: ``python docs/make_evidence.py``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness import languages

HERE = Path(__file__).parent
PAGE = HERE / "evidence.md"
CASES = HERE.parent / "tests" / "languages" / "cases"
HEAD = """# What our word is worth

Every statement about a language rests on something: a real engine that was asked, or a
document. This page says which, feature by feature. It is made from the case files and from
[referees.toml](referees.toml) by `python docs/make_evidence.py`; a test compares it with them.

A *feature* is a case file of the language. *Each case* means that a test runs all of them on
the engine; *some* that the sources of single cases name a run. Where no engine is named, the
expectations come from the vendor's documents, each with its source beside it.
"""
MADE_UP = """Queries that `harness referee` makes up from the grammar, each over documents that
exercise every type, without a disagreement that is not declared.

"""
_RAN = re.compile(
    r"\bran on (?P<engines>[^:;]*)|\b(?P<other>[\w@/. -]*?),? run\b|\b(?P<npm>npm \S+ [\d.]+)"
)


def evidence() -> str:
    """Return the page."""
    table = tomllib.loads((HERE / "referees.toml").read_text("utf-8"))
    return "".join(
        [
            HEAD,
            "\n## Made-up queries\n\n",
            MADE_UP,
            *_table(
                ("language", "engine", "seeds", "queries", "verdicts", "declared"),
                _generated(table["generated"]),
            ),
            "\n*Declared* are differences that we know and keep:\n\n",
            *_deviations(),
            "\nRecorded answers of an engine that a test compares with ours:\n\n",
            *(f"- {one['language']}: {one['what']}.\n" for one in table["recorded"]),
            "\n## Feature by feature\n\n",
            *_table(("language", "feature", "cases", "evidence"), _features(table["cases"])),
        ]
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"


def _generated(runs: list[Mapping[str, Any]]) -> Iterator[list[str]]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in runs:
        groups.setdefault((one["language"], f"{one['engine']} {one['version']}"), []).append(one)
    for (language, engine), found in sorted(groups.items()):
        numbers = [sum(one[key] for one in found) for key in ("queries", "verdicts", "declared")]
        seeds = ", ".join(str(one["seed"]) for one in found)
        yield [language, engine, seeds, *(f"{number:,}" for number in numbers)]


def _deviations() -> Iterator[str]:
    for name in languages.names():
        for one in languages.get(name).deviations:
            yield f"- {name}, {one.name}: {one.reason}.\n"


def _features(refereed: list[Mapping[str, Any]]) -> Iterator[list[str]]:
    for folder in sorted(CASES.iterdir()):
        whole = [
            f"each case on {one['engine']} {', '.join(one['versions'])}{_limit(one)}"
            for one in refereed
            if one["language"] == folder.name
        ]
        for path in sorted(folder.glob("*.toml")):
            table = tomllib.loads(path.read_text("utf-8"))
            sources = [case.get("source", table.get("source", "")) for case in table["case"]]
            ran = sorted({name for one in sources for name in _engines(str(one))})
            some = [f"some on {', '.join(ran)}"] if ran and not whole else []
            said = "; ".join([*whole, *some]) or "documents"
            yield [folder.name, path.stem.replace("_", " "), str(len(sources)), said]


def _limit(refereed: Mapping[str, Any]) -> str:
    """Return what alone an engine is asked about a case, where it is not everything."""
    return f" ({refereed['only']})" if "only" in refereed else ""


def _engines(source: str) -> Iterator[str]:
    """Yield the engines that a source says were run."""
    for found in _RAN.finditer(source):
        named = found["engines"] or found["other"] or found["npm"] or ""
        name = re.sub(r",? (?:where|which|with|parse).*", "", named).strip(" ,.")
        if name:
            yield name


if __name__ == "__main__":
    PAGE.write_text(evidence(), "utf-8")
