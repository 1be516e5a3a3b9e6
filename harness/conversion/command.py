"""Any converter with a command line: it reads a rule on standard input and prints a query."""

from __future__ import annotations

import json
import subprocess
from functools import lru_cache

from harness.conversion._base import Conversion, Converter, Target
from harness.conversion._process import TIMEOUT, clean_environment

MAX_OUTPUT = 2_000_000
"""Characters of a query; more is refused."""


def _run(command: tuple[str, ...], text: str) -> Conversion:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own list of arguments, no shell
            list(command),
            input=text.encode(),
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
            env=clean_environment(),
        )
    except subprocess.TimeoutExpired:
        return Conversion(error="converter-died", reason=f"it took longer than {TIMEOUT:g} s")
    except OSError as error:
        reason = f"{command[0]} cannot be run: {error.strerror}"
        return Conversion(error="no-converter", reason=reason)
    said = done.stderr.decode("utf-8", "replace").strip()
    query = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode:
        reason = said[-2000:] or f"exit code {done.returncode}"
        return Conversion(error="converter-failed", reason=reason)
    if not query:
        return Conversion(error="no-query", reason=said[-2000:] or "it printed nothing")
    if len(query) > MAX_OUTPUT:
        return Conversion(error="too-large", reason=f"more than {MAX_OUTPUT} characters")
    return Conversion(queries=(query,))


@lru_cache(maxsize=64)
def _version(command: tuple[str, ...]) -> str:
    answer = _run(command, "")
    return answer.queries[0] if answer.queries else ""


def _fingerprint(target: Target) -> str:
    version = _version(target.version_command) if target.version_command else ""
    return json.dumps({"command": target.command, "version": version})


CONVERTER = Converter(
    name="command",
    title="External command",
    fingerprint=_fingerprint,
    convert=lambda target, rule: _run(target.command, rule),
)
