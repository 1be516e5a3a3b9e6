"""sigmatools, the converter before pySigma: the formats that only it writes."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.conversion import _worker_sigmac
from harness.conversion._base import Conversion, Converter, Target, from_answer
from harness.conversion._process import Worker, python_of
from harness.errors import Diagnostic, InvalidInput

SCRIPT = Path(_worker_sigmac.__file__)
VARIABLE = "HARNESS_SIGMATOOLS"
"""The environment variable that names the virtual environment with sigmatools."""


def _environment(target: Target) -> str:
    found = target.environment or os.environ.get(VARIABLE, "")
    if not found:
        message = f"{target.name} is written by sigmatools, which needs an environment of its own"
        hint = (
            "python3 -m venv sigmatools && sigmatools/bin/pip install sigmatools==0.23.1, "
            f"then {VARIABLE}=sigmatools"
        )
        raise InvalidInput([Diagnostic(code="no-converter", message=message, hint=hint)])
    return found


@lru_cache(maxsize=16)
def _worker(environment: str) -> Worker:
    return Worker([python_of(environment), str(SCRIPT)])


@lru_cache(maxsize=16)
def _versions(environment: str) -> str:
    versions: dict[str, Any] = _worker(environment).ask({}).get("versions", {})
    if not versions:
        message = f"sigmatools is not installed in {environment}"
        raise InvalidInput([Diagnostic(code="no-converter", message=message)])
    return json.dumps(versions, sort_keys=True)


def _convert(target: Target, rule: str) -> Conversion:
    request = {"rule": rule, "backend": target.backend, "pipelines": list(target.pipelines)}
    return from_answer(_worker(_environment(target)).ask(request))


CONVERTER = Converter(
    name="sigmac",
    title="sigmatools (sigmac)",
    fingerprint=lambda target: _versions(_environment(target)),
    convert=_convert,
)
