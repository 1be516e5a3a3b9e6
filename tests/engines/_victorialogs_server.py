"""A VictoriaLogs for the tests: built from its Go module, started, stopped.

The module's own ``replace`` directive counts only in its own build, so that ``go install`` refuses
it; it is repeated in a module around it. As a script it builds::

    python -m tests.engines._victorialogs_server
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from urllib.request import ProxyHandler, build_opener

VERSION = "1.47.1-0.20260225221819-a408207c2242"
"""The newest that the module proxy has, of the day when 1.47.0 was released."""
MODULE = "github.com/VictoriaMetrics/VictoriaLogs"
_STAMP = "github.com/VictoriaMetrics/VictoriaMetrics/lib/buildinfo.Version"
START_TIME, STOP_TIME, BUILD_TIME = 60.0, 15.0, 480.0


class Unavailable(Exception):
    """VictoriaLogs cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A VictoriaLogs that runs."""

    url: str
    process: subprocess.Popen[bytes]


def folder(version: str = VERSION) -> Path:
    """Return the folder of a built VictoriaLogs."""
    cache = os.environ.get("HARNESS_ENGINES") or "~/.cache/harness-engines"
    return Path(cache).expanduser() / f"victorialogs-{version}"


def built(version: str = VERSION) -> Path | None:
    """Return the program, where it has been built."""
    program = folder(version) / "victoria-logs"
    return program if os.access(program, os.X_OK) else None


def build(version: str = VERSION) -> Path:
    """Return the program, built if it is not there yet."""
    if (there := built(version)) is not None:
        return there
    target = folder(version)
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="victorialogs-build-") as scratch:
        _wrap(Path(scratch), version)
        made = Path(scratch) / "victoria-logs"
        stamp = f"-s -w -X {_STAMP}={version}"
        flags = ("-mod=mod", "-trimpath", "-ldflags", stamp, "-o", str(made))
        _go(scratch, "build", *flags, f"{MODULE}/app/victoria-logs")
        waiting = Path(mkdtemp(dir=target)) / "victoria-logs"
        shutil.copy(made, waiting)
        waiting.replace(target / "victoria-logs")
        waiting.parent.rmdir()
    return target / "victoria-logs"


def _wrap(scratch: Path, version: str) -> None:
    """Write a module with the requirements and replacements of VictoriaLogs."""
    told = json.loads(_go(scratch, "mod", "download", "-json", f"{MODULE}@v{version}"))
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(Path(told["Dir"]) / name, scratch / name)
    require = f"-require={MODULE}@v{version}"
    _go(scratch, "mod", "edit", "-module=victorialogsbuild", require)


def _go(folder: Path | str, *words: str) -> str:
    program = shutil.which("go")
    if program is None:
        message = "the program go is not installed"
        raise Unavailable(message)
    nice = shutil.which("nice")
    command = [*((nice, "-n", "10") if nice else ()), program, *words]
    try:
        done = subprocess.run(  # noqa: S603 - the words are ours
            command, cwd=folder, capture_output=True, text=True, timeout=BUILD_TIME, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"go {words[0]} does not end within {BUILD_TIME:g} seconds"
        raise Unavailable(message) from error
    if done.returncode:
        message = f"go {words[0]} fails: {done.stderr[-1000:]}"
        raise Unavailable(message)
    return done.stdout


@contextmanager
def running(program: Path, *, deletion: bool = True) -> Iterator[Running]:
    """Run VictoriaLogs on a free port of this machine; its data goes when it stops."""
    with TemporaryDirectory(prefix="victorialogs-data-") as data:
        server = start(program, Path(data), deletion=deletion)
        try:
            yield server
        finally:
            stop(server)


def start(program: Path, data: Path, *, deletion: bool = True) -> Running:
    """Start VictoriaLogs and wait until it answers; it keeps entries of any year."""
    address = f"127.0.0.1:{_free_port()}"
    flags = [
        f"-storageDataPath={data / 'data'}",
        f"-httpListenAddr={address}",
        "-retentionPeriod=100y",
        "-futureRetention=100y",
        "-loggerLevel=ERROR",
        *(["-delete.enable"] if deletion else []),
    ]
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - what we have built
            [program, *flags],
            cwd=data,
            env={**os.environ, "TZ": "UTC"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Running(f"http://{address}", process)
    deadline = time.monotonic() + START_TIME
    while not _is_ready(server.url):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(server)
            said = (data / "log").read_text("utf-8", "replace")[-500:]
            message = f"VictoriaLogs does not start: {said}"
            raise Unavailable(message)
        time.sleep(0.1)
    return server


def stop(server: Running) -> None:
    """End VictoriaLogs, by force where it takes too long."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(STOP_TIME)
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def _is_ready(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    print(build())  # noqa: T201 - a script
