"""Converters in processes of their own: bounded in time, never through a shell."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import Diagnostic, InvalidInput

TIMEOUT = 60.0
"""Seconds that one conversion may take."""
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def python_of(environment: str) -> str:
    """Return the Python of a virtual environment, or the program that is named itself."""
    path = Path(environment)
    if path.is_dir():
        for name in ("bin/python", "Scripts/python.exe"):
            if (path / name).exists():
                return str(path / name)
    elif path.is_file():
        return environment
    hint = "name a virtual environment or its Python"
    message = f"there is no Python environment at {environment!r}"
    raise InvalidInput([Diagnostic(code="no-environment", message=message, hint=hint)])


def clean_environment() -> dict[str, str]:
    """Return the variables that a converter gets: nothing that may hold a secret."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


class Worker:
    """A process that answers one JSON line with another."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def ask(self, request: Mapping[str, Any], *, timeout: float = TIMEOUT) -> dict[str, Any]:
        """Return the answer; a process that dies or takes too long is an error answer."""
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            watchdog = threading.Timer(timeout, process.kill)
            watchdog.start()
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
                answer = json.loads(line) if line else None
            except (OSError, ValueError):
                answer = None
            finally:
                watchdog.cancel()
            if isinstance(answer, dict):
                return answer
            self.close()
            reason = f"the converter died or took longer than {timeout:g} s"
            return {"error": "converter-died", "reason": reason}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    encoding="utf-8",
                    env=clean_environment(),
                )
            except OSError as error:
                message = f"the converter cannot be started: {error.strerror}"
                place = self._command[0]
                problem = Diagnostic(code="no-environment", message=message, place=place)
                raise InvalidInput([problem]) from error
            atexit.register(self.close)
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        process.kill()
        process.wait()
