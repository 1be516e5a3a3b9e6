"""A Loki of one process for the tests: built from its Go module, started, stopped.

The module's own ``replace`` directives count only in its own build, so that ``go install``
refuses it; they are repeated in a module around it. As a script it builds::

    python -m tests.engines._loki_server
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
from typing import Any
from urllib.request import ProxyHandler, build_opener

VERSION = "3.7.8"
MODULE = "github.com/grafana/loki/v3"
_OWN = "github.com/grafana/loki/pkg/push"
"""A module inside Loki's repository, which its own build takes from its folder."""
START_TIME, STOP_TIME, BUILD_TIME = 60.0, 15.0, 480.0


class Unavailable(Exception):
    """Loki cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A Loki that runs."""

    url: str
    process: subprocess.Popen[bytes]


def folder(version: str = VERSION) -> Path:
    """Return the folder of a built Loki."""
    cache = os.environ.get("HARNESS_ENGINES") or "~/.cache/harness-engines"
    return Path(cache).expanduser() / f"loki-{version}"


def built(version: str = VERSION) -> Path | None:
    """Return the program, where it has been built."""
    program = folder(version) / "loki"
    return program if os.access(program, os.X_OK) else None


def build(version: str = VERSION) -> Path:
    """Return the program, built if it is not there yet; that takes minutes."""
    if (there := built(version)) is not None:
        return there
    target = folder(version)
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="loki-build-") as scratch:
        _wrap(Path(scratch), version)
        stamp = f"-s -w -X {MODULE}/pkg/util/build.Version={version}"
        made = Path(scratch) / "loki"
        flags = ("-mod=mod", "-trimpath", "-ldflags", stamp, "-o", str(made))
        _go(scratch, "build", *flags, f"{MODULE}/cmd/loki")
        waiting = Path(mkdtemp(dir=target)) / "loki"
        shutil.copy(made, waiting)
        waiting.replace(target / "loki")
        waiting.parent.rmdir()
    return target / "loki"


def _wrap(scratch: Path, version: str) -> None:
    """Write a module with Loki's requirements and replacements."""
    told = json.loads(_go(scratch, "mod", "download", "-json", f"{MODULE}@v{version}"))
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(Path(told["Dir"]) / name, scratch / name)
    require = f"-require={MODULE}@v{version}"
    _go(scratch, "mod", "edit", "-module=lokibuild", f"-dropreplace={_OWN}", require)


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
def running(
    program: Path,
    *,
    deletion: bool = True,
    tenants: bool = False,
    limits: dict[str, Any] | None = None,
) -> Iterator[Running]:
    """Run Loki on a free port of this machine; its data goes when it stops.

    With ``tenants`` every request must name one, or several in a query.
    """
    with TemporaryDirectory(prefix="loki-data-") as data:
        server = start(program, Path(data), deletion=deletion, tenants=tenants, limits=limits)
        try:
            yield server
        finally:
            stop(server)


def start(
    program: Path,
    data: Path,
    *,
    deletion: bool = True,
    tenants: bool = False,
    limits: dict[str, Any] | None = None,
) -> Running:
    """Start Loki and wait until it is ready."""
    http, grpc = _free_ports()
    file = data / "loki.yaml"
    settings = _settings(data, http, grpc, deletion=deletion, limits=limits or {})
    settings |= {"auth_enabled": tenants, "querier": {"multi_tenant_queries_enabled": tenants}}
    file.write_text(json.dumps(settings), "utf-8")  # JSON is YAML
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - what we have built
            [program, f"-config.file={file}"], cwd=data, stdout=log, stderr=subprocess.STDOUT
        )
    server = Running(f"http://127.0.0.1:{http}", process)
    deadline = time.monotonic() + START_TIME
    while not _is_ready(server.url):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(server)
            message = f"Loki does not start: {(data / 'log').read_text('utf-8', 'replace')[-500:]}"
            raise Unavailable(message)
        time.sleep(0.2)
    return server


def stop(server: Running) -> None:
    """End Loki, by force where it takes too long."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(STOP_TIME)
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def _is_ready(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _settings(
    data: Path, http: int, grpc: int, *, deletion: bool, limits: dict[str, Any]
) -> dict[str, Any]:
    return {
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": http,
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": grpc,
            "log_level": "error",
        },
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": str(data),
            "storage": {
                "filesystem": {
                    "chunks_directory": str(data / "chunks"),
                    "rules_directory": str(data / "rules"),
                }
            },
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}, "instance_addr": "127.0.0.1"},
        },
        "schema_config": {
            "configs": [
                {
                    "from": "2024-01-01",
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "compactor": {"retention_enabled": True, "delete_request_store": "filesystem"}
        if deletion
        else {},
        "ingester": {"lifecycler": {"min_ready_duration": "0s"}},
        "limits_config": limits,
        "analytics": {"reporting_enabled": False},
    }


if __name__ == "__main__":
    print(build())  # noqa: T201 - a script
