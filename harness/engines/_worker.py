"""A program of ours that runs a library's engine in a process of its own, with limits.

It reads one JSON request a line and writes one JSON answer a line. The process has no
environment, a limit of memory and no file that it could make larger; one that takes too long is
killed, and the next request starts another.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.engines._base import EngineFailure, EngineTimeout

START = 30.0
"""Seconds that a library may take to be loaded, beside what its query may take."""
MOST_REQUESTS = 2000
"""Requests after which a process is replaced, so that it does not grow without end."""
_LONGEST = 64 << 20
_CHUNK = 1 << 16


@dataclass(slots=True)
class Worker:
    """A process that runs ``script``; ``memory`` is the bytes of address space, 0 for any."""

    title: str
    script: Path
    memory: int
    _process: subprocess.Popen[bytes] | None = None
    _asked: int = 0
    _buffer: bytearray = field(default_factory=bytearray)

    def ask(self, request: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            EngineTimeout: It takes too long.
            EngineFailure: The process ends, or answers in another form.
        """
        fresh = self._process is None or self._process.poll() is not None
        if fresh or self._asked >= MOST_REQUESTS:
            self._start()
        self._asked += 1
        process = self._process
        assert process is not None
        assert process.stdin is not None
        deadline = time.monotonic() + timeout + (START if self._asked == 1 else 0)
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, deadline, timeout)
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            self.stop()
            message = f"{self.title} ends without an answer: it may need more memory than it has"
            raise EngineFailure(message) from error
        if not isinstance(answer, dict):
            self.stop()
            message = f"{self.title} answers in another form"
            raise EngineFailure(message)
        if "failed" in answer:
            message = f"{self.title} fails: {str(answer['failed'])[:500]}"
            raise EngineFailure(message)
        return answer

    def _line(self, process: subprocess.Popen[bytes], deadline: float, timeout: float) -> bytes:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        while (end := self._buffer.find(b"\n")) < 0:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([descriptor], [], [], left)[0]
            if not ready:
                self.stop()
                message = f"{self.title} does not end within {timeout:g} seconds"
                raise EngineTimeout(message)
            part = os.read(descriptor, _CHUNK)
            if not part or len(self._buffer) > _LONGEST:
                message = "no answer"
                raise OSError(message)
            self._buffer += part
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _start(self) -> None:
        self.stop()
        self._buffer.clear()
        self._asked = 0
        argv = [sys.executable, "-I", str(self.script), json.dumps(sys.path)]
        self._process = subprocess.Popen(  # noqa: S603 - our own script, never a shell
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"},
            cwd="/",
            start_new_session=True,
            preexec_fn=self._limit,  # noqa: PLW1509 - sets limits and nothing else
        )
        atexit.register(self.stop)

    def _limit(self) -> None:
        if self.memory:
            resource.setrlimit(resource.RLIMIT_AS, (self.memory, self.memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.stop)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with process:
            process.kill()
