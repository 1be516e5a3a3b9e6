"""Real servers for the tests: fetched or built, started, stopped, cleaned.

Loki and VictoriaLogs are built from their Go modules, and Microsoft's parser of Kusto, which is
no server, comes from npm. The distributions of the others are those that both projects publish
for integration tests, without Elastic's own modules and without plugins; Maven fetches them from
wherever it is told to. As a script::

    python tests/engines/servers.py run elasticsearch loki victorialogs -- pytest tests/engines

starts what can be had, runs the command with ``HARNESS_ELASTICSEARCH_URL`` and the like set,
stops the servers and returns the command's code.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import FrameType
from typing import NoReturn
from urllib.request import ProxyHandler, build_opener

FETCH_TIME, START_TIME, STOP_TIME = 600.0, 180.0, 20.0
"""Seconds to fetch a distribution, to become healthy, and to end when asked."""
USER = "nobody"
"""Who a server runs as where we are root, as which it refuses to run."""
BUILT = {"loki": "_loki_server", "victorialogs": "_victorialogs_server"}
"""Servers that are built from Go modules, and the modules here that do it."""
PARSER, PARSER_VERSION = "kusto-parser", "12.4.1"
JVMS = Path("/usr/lib/jvm")
_USAGE = "servers.py run NAME[@VERSION]... -- COMMAND..."
_SETTINGS = {
    "cluster.name": "harness-tests",
    "node.name": "only",
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "cluster.routing.allocation.disk.threshold_enabled": False,
}


class Unavailable(Exception):
    """A server cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version, with the oldest and the newest Java that it runs on."""

    version: str
    oldest: int
    newest: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of server; its releases are tried in their order."""

    name: str
    artifact: str
    releases: tuple[Release, ...]
    settings: tuple[tuple[str, bool], ...] = ()
    named: str = ""

    @property
    def variable(self) -> str:
        """The environment variable in which the tests find the server."""
        return self.named or f"HARNESS_{self.name.upper()}_URL"


KINDS = {
    one.name: one
    for one in (
        Kind(
            "elasticsearch",
            "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{}:zip",
            (Release("8.19.21", 17, 25),),
            (("xpack.security.enabled", False),),
        ),
        *(Kind(name, "", ()) for name in BUILT),
        Kind(PARSER, "@kusto/language-service-next", (), named="HARNESS_KUSTO_PARSER"),
        Kind(
            "opensearch",
            "org.opensearch.distribution.integ-test-zip:opensearch:{}:zip",
            # 3 needs Java 21; 2 needs the security manager, which Java 24 took away (JEP 486)
            (Release("3.6.0", 21, 25), Release("2.19.1", 11, 23)),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    kind: Kind
    version: str
    url: str


@contextmanager
def running(name: str, version: str = "") -> Iterator[Running]:
    """Run a server of a kind; raises ``Unavailable`` where none can be had."""
    kind = KINDS[name]
    release, java = _choose(kind, version)
    archive = fetched(kind, release.version)
    home = Path(mkdtemp(prefix=f"harness-{name}-"))
    try:
        url = _install(archive, home, kind)
        with _process(home, kind, java) as process:
            _wait(process, url, home)
            yield Running(kind, release.version, url)
    finally:
        shutil.rmtree(home, ignore_errors=True)


# Java ----------------------------------------------------------------------------------------


def javas() -> list[tuple[int, Path]]:
    """Return the Java versions of this machine with their homes: the user's own, then by age."""
    own = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    others = sorted((major, path) for path in JVMS.glob("*") if (major := _major(path)))
    return [(major, path) for path in own if (major := _major(path))] + others


def _major(home: Path) -> int:
    """Return the major version of the Java in a folder; 0 where there is none."""
    command = [str(home / "bin" / "java"), "-version"]
    try:
        done = subprocess.run(  # noqa: S603 - this machine's Java
            command, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(found[1]) if found else 0


def _choose(kind: Kind, version: str) -> tuple[Release, Path]:
    wanted = [one for one in kind.releases if version in {"", one.version}]
    if not wanted:
        known = ", ".join(one.version for one in kind.releases)
        message = f"version {version} is none of {known}"
        raise Unavailable(message)
    there = javas()
    for release in wanted:
        for major, home in there:
            if release.oldest <= major <= release.newest:
                return release, home
    needs = " or ".join(f"{one.oldest} to {one.newest} for {one.version}" for one in wanted)
    has = ", ".join(sorted({str(major) for major, _ in there})) or "none"
    message = f"it needs Java {needs}; here is {has}"
    raise Unavailable(message)


# The distribution ----------------------------------------------------------------------------


def fetched(kind: Kind, version: str) -> Path:
    """Return the archive of a version from the cache, fetched with Maven if it is not there."""
    folder = Path(os.environ.get("HARNESS_ENGINES") or "~/.cache/harness-engines").expanduser()
    archive = folder / f"{kind.name}-{version}.zip"
    if zipfile.is_zipfile(archive):
        return archive
    maven = shutil.which("mvn")
    if maven is None:
        message = "it is not in the cache, and Maven, which fetches it, is not installed"
        raise Unavailable(message)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as fresh:
        command = [maven, "-B", "-q", "-C", "dependency:copy"]
        command += [f"-Dartifact={kind.artifact.format(version)}", f"-DoutputDirectory={fresh}"]
        _fetch(command)
        found = next(Path(fresh).glob("*.zip"), None)
        if found is None or not zipfile.is_zipfile(found):
            message = "Maven brings no archive"
            raise Unavailable(message)
        found.replace(archive)
    return archive


def _fetch(command: list[str], program: str = "Maven") -> None:
    try:
        done = subprocess.run(  # noqa: S603 - Maven or npm with our own arguments
            command, capture_output=True, timeout=FETCH_TIME, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"{program} does not fetch it within {FETCH_TIME:g} seconds"
        raise Unavailable(message) from error
    if done.returncode:
        text = done.stdout.decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if line.startswith("[ERROR]")]
        message = f"{program} cannot fetch it: {lines[0][:300] if lines else 'it does not say why'}"
        raise Unavailable(message)


def _install(archive: Path, home: Path, kind: Kind) -> str:
    """Unpack a distribution into a folder of its own and configure it; return its address.

    It is unpacked anew for each run: the cache may be where another user cannot read.
    """
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(home)
    (root,) = home.iterdir()
    root.rename(home / "server")
    for program in (home / "server" / "bin").iterdir():
        program.chmod(0o755)
    (home / "tmp").mkdir()
    http, transport = _free_ports()
    settings = {
        **_SETTINGS,
        **dict(kind.settings),
        "http.port": http,
        "transport.port": transport,
        "path.data": str(home / "data"),
        "path.logs": str(home / "logs"),
    }
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in settings.items()]
    (home / "server" / "config" / f"{kind.name}.yml").write_text("".join(lines), "utf-8")
    if os.geteuid() == 0:
        for path in (home, *home.rglob("*")):
            shutil.chown(path, USER)
    return f"http://127.0.0.1:{http}"


def _free_ports() -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


# The process ---------------------------------------------------------------------------------


@contextmanager
def _process(home: Path, kind: Kind, java: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server in a session of its own, so that a Ctrl-C does not reach it before us."""
    prefix = "ES" if kind.name == "elasticsearch" else "OPENSEARCH"
    environment = {
        "PATH": os.defpath,
        "HOME": str(home),
        "JAVA_HOME": str(java),
        f"{prefix}_JAVA_HOME": str(java),
        f"{prefix}_JAVA_OPTS": "-Xms512m -Xmx512m",
        f"{prefix}_TMPDIR": str(home / "tmp"),
    }
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the server itself
            [home / "server" / "bin" / kind.name],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=USER if os.geteuid() == 0 else None,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and what it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIME)


def _wait(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        if process.poll() is not None:
            message = f"it ends with code {process.returncode}: {_last_words(home)}"
            raise Unavailable(message)
        with suppress(OSError):
            path = "/_cluster/health?wait_for_status=yellow&timeout=5s"
            with opener.open(url + path, timeout=10) as answer:
                if answer.status == 200:
                    return
        time.sleep(0.3)
    message = f"it is not healthy after {START_TIME:g} seconds: {_last_words(home)}"
    raise Unavailable(message)


def _last_words(home: Path) -> str:
    text = (home / "output").read_bytes()[-20_000:].decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"error|exception", line, re.IGNORECASE)]
    return " / ".join((told or lines)[:3])[:600]


# The script ----------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Run a command beside servers and return its code."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    action, names, command = arguments[:1], arguments[1:at], list(arguments[at + 1 :])
    if list(action) != ["run"] or not names or not command or _unknown(names):
        _say(f"usage: {_USAGE}; names: {', '.join(KINDS)}")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    with ExitStack() as stack:
        found = dict(_start(stack, one) for one in names)
        given = {name: url for name, url in found.items() if url}
        return _call(command, {**os.environ, **given})


def _unknown(names: Sequence[str]) -> bool:
    return any(name.partition("@")[0] not in KINDS for name in names)


def _start(stack: ExitStack, wanted: str) -> tuple[str, str]:
    """Return the variable of a server with its address; none where it cannot be had."""
    name, _, version = wanted.partition("@")
    variable = KINDS[name].variable
    if url := os.environ.get(variable):
        _say(f"{name}: the one that {variable} names takes part")
        return variable, url
    try:
        if name == PARSER:
            made = _parser()
        else:
            made = _from_module(name) if name in BUILT else running(name, version)
        server = stack.enter_context(made)
    except Unavailable as error:
        _say(f"{name}: takes no part: {error}")
        return variable, ""
    _say(f"{name}: {server.version} takes part")
    return variable, server.url


@contextmanager
def _from_module(name: str) -> Iterator[Running]:
    """Run a server that is built from its Go module, first where it has not been."""
    maker = import_module(f"{__package__}.{BUILT[name]}" if __package__ else BUILT[name])
    try:
        with maker.running(maker.build()) as server:
            yield Running(KINDS[name], maker.VERSION, server.url)
    except maker.Unavailable as error:
        raise Unavailable(str(error)) from error


@contextmanager
def _parser() -> Iterator[Running]:
    """Say where Microsoft's parser of Kusto is, installed first where it is not there."""
    kind = KINDS[PARSER]
    cache = Path(os.environ.get("HARNESS_ENGINES") or "~/.cache/harness-engines").expanduser()
    folder = cache / f"{PARSER}-{PARSER_VERSION}"
    npm = shutil.which("npm")
    if not folder.is_dir() and npm is not None:
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as fresh:
            flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefix", fresh)
            _fetch([npm, "install", *flags, f"{kind.artifact}@{PARSER_VERSION}"], "npm")
            shutil.copytree(fresh, folder)
    if not folder.is_dir():
        message = "it is not in the cache, and npm, which fetches it, is not installed"
        raise Unavailable(message)
    yield Running(kind, PARSER_VERSION, str(folder))


def _call(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - the user's command
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_TIME)
                process.kill()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End the script in good order; what comes after the first signal does not disturb that."""
    del frame
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    sys.exit(128 + number)


def _say(text: str) -> None:
    sys.stderr.write(f"servers.py: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
