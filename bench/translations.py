"""Measures of `any Sigma rule, every translation`; see README.md beside this file."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from measures import elastic, probes, reading, referees, targets, whole

from harness import conversion
from harness.cache import Cache, folder
from harness.conversion.sigmac import VARIABLE
from harness.ruleset.load import load

SHARED = Path(__file__).parents[2] / "shared"
SECTIONS = ("reading", "targets", "referees", "elastic", "probes")


def main(arguments: Sequence[str] | None = None) -> None:
    given = _arguments(arguments)
    if given.sigmatools:
        os.environ[VARIABLE] = given.sigmatools
    data = given.shared / "data"
    print(
        f"# Any Sigma rule, every translation\n\nPython {sys.version.split()[0]}, {_versions()}\n"
    )
    loaded = load([data / "sigma-rules"]) if (data / "sigma-rules").is_dir() else None
    rules = loaded.rules if loaded else []
    if loaded is None:
        print("Sigma rules: not there (data/sigma-rules)\n")
    elif loaded.problems:
        print(f"Files that are no rule: {len(loaded.problems)}\n")
    if rules and "reading" in given.only:
        reading.show(rules)
    if rules and {"targets", "referees"} & given.only:
        wanted = conversion.built_in()
        if given.targets:
            chosen = conversion.choose(given.targets, wanted)
            wanted = tuple(one for one in wanted if any(one in choice for choice in chosen))
        cache = Cache(folder())
        found, absent = targets.measured(rules, wanted, cache)
        cache.close()
        targets.show(found, absent)
        if "referees" in given.only:
            referees.show(found)
    if "elastic" in given.only:
        elastic.show(data / "elastic-rules", data / "es-eql")
    if "probes" in given.only:
        probes.show(given.shared / "semantics" / "probes")
    if given.full and rules:
        whole.show(data / "sigma-rules", rules)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder of public data")
    parser.add_argument("--sigmatools", help="a virtual environment that has sigmatools")
    parser.add_argument(
        "--full", action="store_true", help="also run `harness test` over all rules"
    )
    parser.add_argument(
        "--targets", type=_names, default=(), help="only these, as `harness languages` names them"
    )
    parser.add_argument("--only", type=_names, default=SECTIONS, help=", ".join(SECTIONS))
    given = parser.parse_args(arguments)
    unknown = set(given.only) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    given.only = set(given.only)
    return given


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _versions() -> str:
    return f"pySigma {metadata.version('pysigma')}" if find_spec("sigma") else "no pySigma"


if __name__ == "__main__":
    main()
