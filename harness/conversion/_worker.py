"""Converts Sigma rules with the pySigma of the Python that runs this file.

The file stands alone: it imports the standard library and pySigma, nothing of the harness, so
that any environment's Python can run it. A request is a JSON line with ``rule`` (YAML text),
``backend`` and ``pipelines``; the answer is a JSON line with ``queries``, or with ``error`` and
``reason``. An empty request asks for the versions of what is installed.
"""

from __future__ import annotations

import copy
import json
import sys
import warnings
from functools import lru_cache
from importlib import metadata
from typing import Any


@lru_cache(maxsize=1)
def _plugins() -> Any:
    from sigma.plugins import InstalledSigmaPlugins  # noqa: PLC0415 - only where it is installed

    return InstalledSigmaPlugins.autodiscover()


@lru_cache(maxsize=1)
def _resolver() -> Any:
    return _plugins().get_pipeline_resolver()


def versions() -> dict[str, str]:
    """Return the installed distributions of the pySigma family, by name in lower case."""
    found = {}
    for one in metadata.distributions():
        name = str(one.metadata["Name"] or "").lower().replace("_", "-")
        if name == "pysigma" or name.startswith("pysigma-"):
            found[name] = one.version
    return dict(sorted(found.items()))


def _collection(rule: str) -> Any:
    """Return a rule as pySigma reads it; the YAML of a rule is parsed once for all backends."""
    import yaml  # noqa: PLC0415 - pySigma brings it
    from sigma.collection import SigmaCollection  # noqa: PLC0415 - only where it is installed

    try:
        documents = _documents(rule)
    except yaml.YAMLError:
        return SigmaCollection.from_yaml(rule)  # for the reason in pySigma's own words
    return SigmaCollection.from_dicts(copy.deepcopy(documents))


@lru_cache(maxsize=2)
def _documents(rule: str) -> list[Any]:
    import yaml  # noqa: PLC0415 - pySigma brings it

    return list(yaml.safe_load_all(rule))


def convert(rule: str, backend: str, pipelines: list[str]) -> dict[str, Any]:
    """Convert one rule; a failure of any sort is an answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            chosen = _plugins().backends.get(backend)
            if chosen is None:
                return {"error": "no-backend", "reason": f"pySigma has no backend {backend!r} here"}
            pipeline = _resolver().resolve(pipelines) if pipelines else None
            answer = chosen(pipeline).convert(_collection(rule))
        except Exception as error:  # noqa: BLE001 - a converter's bug must not stop the others
            return {"error": type(error).__name__, "reason": str(error)[:2000]}
    return {"queries": [answer] if isinstance(answer, str) else [_text(one) for one in answer]}


def _text(query: Any) -> str:
    return query if isinstance(query, str) else json.dumps(query, default=str)


def main() -> None:
    """Answer requests until the input ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what a plugin prints must not be taken for an answer
    for line in sys.stdin:
        request = json.loads(line)
        answer = convert(**request) if request else {"versions": versions()}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
