"""Converts Sigma rules with sigmatools, the converter before pySigma, in the Python that runs this.

The file stands alone, as its neighbour for pySigma does, and speaks the same JSON lines:
``rule``, ``backend``, and in ``pipelines`` the names of sigmatools configurations.
"""

from __future__ import annotations

import json
import sys
import warnings
from functools import lru_cache
from importlib import metadata
from typing import Any

_OPTIONS = {"xpack-watcher": {"output": "json"}}
"""Settings of a backend; the watch is wanted as JSON rather than as a shell command."""


def versions() -> dict[str, str]:
    """Return the version of sigmatools, if it is installed."""
    try:
        return {"sigmatools": metadata.version("sigmatools")}
    except metadata.PackageNotFoundError:
        return {}


@lru_cache(maxsize=32)
def _configuration(names: tuple[str, ...]) -> Any:
    from sigma.config.collection import SigmaConfigurationManager  # noqa: PLC0415
    from sigma.configuration import SigmaConfigurationChain  # noqa: PLC0415

    chain = SigmaConfigurationChain()
    known = SigmaConfigurationManager()
    for name in names:
        chain.append(known.get(name))
    return chain


def convert(rule: str, backend: str, pipelines: list[str]) -> dict[str, Any]:
    """Convert one rule; a failure of any sort is an answer."""
    from sigma.backends import discovery  # noqa: PLC0415
    from sigma.backends.base import BackendOptions  # noqa: PLC0415
    from sigma.parser.collection import SigmaCollectionParser  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            chain = _configuration(tuple(pipelines))
            options = BackendOptions([], None)
            options.update(_OPTIONS.get(backend, {}))
            writer = discovery.getBackend(backend)(chain, options)
            found = list(SigmaCollectionParser(rule, chain, None).generate(writer))
            last = writer.finalize()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a bug there must not stop here
            return {"error": type(error).__name__, "reason": str(error)[:2000]}
    texts = [one for one in (*found, last) if isinstance(one, str) and one.strip()]
    if not texts:
        return {"error": "no-query", "reason": "the converter gave no query"}
    return {"queries": [one.strip() for one in texts]}


def main() -> None:
    """Answer requests until the input ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what a backend prints must not be taken for an answer
    for line in sys.stdin:
        request = json.loads(line)
        answer = convert(**request) if request else {"versions": versions()}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
