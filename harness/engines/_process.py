"""Running a program with limits: no shell, no environment, bounded time, memory and output."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.engines._base import EngineTimeout

MEMORY = 1 << 30
"""Bytes of address space that a program may have."""
OUTPUT = 64 << 20
"""Bytes of output that are kept."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended and what it wrote."""

    status: int
    output: bytes
    errors: bytes


def run_limited(
    argv: Sequence[str | bytes],
    *,
    stdin: bytes,
    locale: str,
    timeout: float,
    memory: int = MEMORY,
    more: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program by its path; raise :class:`EngineTimeout` where it takes too long.

    ``more`` is what its environment holds beside the locale and a path.
    """
    environment = {"LC_ALL": locale, "PATH": "/usr/bin:/bin", **(more or {})}
    with subprocess.Popen(  # noqa: S603 - an argument vector of our own making, never a shell
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd="/",
        start_new_session=True,
        preexec_fn=lambda: _limit(timeout, memory),  # noqa: PLW1509 - sets limits and nothing else
    ) as process:
        try:
            output, errors = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            message = f"{os.fsdecode(argv[0])} does not end within {timeout:g} seconds"
            raise EngineTimeout(message) from error
    if process.returncode == -signal.SIGXCPU:
        message = f"{os.fsdecode(argv[0])} uses more than its processor time"
        raise EngineTimeout(message)
    return Finished(process.returncode, output[:OUTPUT], errors[:OUTPUT])


def _limit(timeout: float, memory: int) -> None:
    seconds = int(timeout) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
