"""pySigma with its backends: in process, or in another environment."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.cache import key_of
from harness.conversion import _content, _worker
from harness.conversion._base import Conversion, Converter, Target, from_answer
from harness.conversion._process import Worker, python_of
from harness.errors import Diagnostic, InvalidInput

SCRIPT = Path(_worker.__file__)


def _fingerprint(target: Target) -> str:
    """Return versions, code and pipeline files: a backend under development keeps its version."""
    code = "" if target.environment else _code()
    files = [_file(one) for one in target.pipelines]
    return json.dumps([_versions(target.environment), code, files], sort_keys=True)


@lru_cache(maxsize=1)
def _code() -> str:
    return key_of(*map(_content.digest_of, _content.folders()))


def _file(pipeline: str) -> str:
    """Return the content of a pipeline that is a file; the built-in ones are part of the code."""
    path = Path(pipeline)
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except (OSError, ValueError):
        return ""


@lru_cache(maxsize=16)
def _versions(environment: str) -> dict[str, str]:
    if environment:
        answer = worker(environment).ask({})
        found: dict[str, str] = answer.get("versions", {})
    else:
        found = _worker.versions()
    if "pysigma" not in found:
        hint = "pip install 'detection-harness[convert]', or name an environment that has it"
        where = f" in {environment}" if environment else ""
        message = f"pySigma is not installed{where}"
        raise InvalidInput([Diagnostic(code="no-converter", message=message, hint=hint)])
    return found


@lru_cache(maxsize=16)
def worker(environment: str) -> Worker:
    """Return the process that converts in an environment; it is started once."""
    return Worker([python_of(environment), str(SCRIPT)])


def _convert(target: Target, rule: str) -> Conversion:
    request: dict[str, Any] = {
        "rule": rule,
        "backend": target.backend,
        "pipelines": list(target.pipelines),
    }
    if target.environment:
        return from_answer(worker(target.environment).ask(request))
    if find_spec("sigma") is None:
        return Conversion(error="no-converter", reason="pySigma is not installed")
    return from_answer(_worker.convert(**request))


CONVERTER = Converter(name="pysigma", title="pySigma", fingerprint=_fingerprint, convert=_convert)
