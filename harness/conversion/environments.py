"""Python environments that hold one version of a converter: found, or made of a requirements file.

What a requirements file names is installed, which runs the code of those packages: the file is
trusted as the command line is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.cache import key_of
from harness.conversion import _content
from harness.conversion._process import TIMEOUT, clean_environment, python_of
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text

INSTALL_TIMEOUT = 900.0
"""Seconds that one step of making an environment may take."""
REQUIREMENTS = (".txt", ".in")
"""Endings of the names of requirements files."""
SHOWN = 12
"""Last lines of an installer that failed which are shown."""
MAX_FILES = 20
"""Requirements files that one file may lead to."""

Tell = Callable[[str], None]
"""Is told, in a sentence, what takes time."""

_SCRIPT = Path(_content.__file__)
_REFERS = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)", re.MULTILINE)
_MOVES = re.compile(
    r"^\s*(?:-e\b|--editable\b|[./~]|\w:\\)|\bfile:|\b(?:git|hg|svn|bzr)\+|@\s*[./~]",
    re.MULTILINE,
)
"""Lines that name a folder, a file or a branch, whose content changes under the same name."""
_FOR_PIP = ("PIP_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A Python with a converter.

    ``named`` is how the user calls it, ``python`` the program, ``versions`` what is installed
    of the converter's family. ``digest`` stands for the content of the converter and for all
    installed versions: two environments with one digest convert alike.
    """

    named: str
    python: str
    digest: str
    versions: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def opened(
    names: Sequence[str], folder: Path | None, *, tell: Tell = lambda _: None
) -> Iterator[tuple[Environment, ...]]:
    """Give the environments that some requirements files, folders or Pythons stand for.

    Environments made of requirements files are kept in ``folder``; without one, or where a file
    names what may change under its name, they last as long as the context.
    """
    with tempfile.TemporaryDirectory(prefix="harness-environment-") as scratch:
        passing = Path(scratch)
        pythons = {name: _python(name, folder, passing, tell) for name in dict.fromkeys(names)}
        yield tuple(_described(name, pythons[name]) for name in names)


def _python(name: str, folder: Path | None, passing: Path, tell: Tell) -> str:
    path = Path(name)
    try:
        if path.suffix.lower() not in REQUIREMENTS or not path.is_file():
            return os.path.abspath(python_of(name))  # noqa: PTH100 - a link must stay one
    except (InvalidInput, OSError, ValueError) as error:
        hint = (
            "name a requirements file (its name ends in .txt or .in), a virtual environment or "
            "its Python"
        )
        message = f"there is no converter at {name[:200]!r}"
        raise _problem(message, hint=hint) from error
    return python_of(str(_made(path, folder, passing, tell)))


def _made(path: Path, folder: Path | None, passing: Path, tell: Tell) -> Path:
    """Return the environment of a requirements file, made now if there is none yet."""
    texts = list(_contents(path))
    key = key_of("environment", sys.version, sys.base_prefix, *texts)[:32]
    moves = any(_MOVES.search(text) for text in texts)
    kept = folder if folder is not None and not moves and _writable(folder) else passing
    place = kept / key
    if _works(place):
        return place
    tell(f"{path}: making a virtual environment")
    fresh = Path(tempfile.mkdtemp(prefix=f"{key}.", dir=kept))
    try:
        _install(path, fresh)
        _settle(fresh, place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return place


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _contents(path: Path) -> Iterator[str]:
    """Yield the texts of a requirements file and of those that it includes."""
    seen: dict[Path, None] = {path: None}
    waiting = [path]
    while waiting:
        file = waiting.pop(0)
        text = read_text(file)
        yield text
        for name in _REFERS.findall(text):
            other = file.parent / name
            if other.is_file() and other not in seen and len(seen) < MAX_FILES:
                seen[other] = None
                waiting.append(other)


def _works(place: Path) -> bool:
    with suppress(InvalidInput):
        return bool(python_of(str(place)))
    return False


def _install(path: Path, place: Path) -> None:
    _run([sys.executable, "-m", "venv", str(place)], path, "venv")
    options = ("--no-input", "--disable-pip-version-check", "--no-warn-script-location")
    install = [python_of(str(place)), "-m", "pip", "install", *options, "-r", str(path.absolute())]
    _run(install, path, "pip")


def _settle(fresh: Path, place: Path) -> None:
    """Give a finished environment its name; that of another process is as good."""
    if place.exists() and not _works(place):
        shutil.rmtree(place, ignore_errors=True)
    try:
        fresh.rename(place)
    except OSError:
        if not _works(place):
            raise


def _run(command: Sequence[str], path: Path, what: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=INSTALL_TIMEOUT,
            env=_for_pip(),
        )
    except subprocess.TimeoutExpired as error:
        raise _failed(path, f"{what} took longer than {INSTALL_TIMEOUT:g} s", "") from error
    except OSError as error:
        raise _failed(path, f"{what} cannot be run: {error.strerror}", "") from error
    if done.returncode:
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise _failed(path, f"{what} failed", "\n".join(f"  {one}" for one in lines[-SHOWN:]))


def _for_pip() -> dict[str, str]:
    """Return a converter's variables and those that say where packages come from."""
    found = {name: value for name, value in os.environ.items() if name.upper().startswith(_FOR_PIP)}
    return {**clean_environment(), **found}


def _failed(path: Path, what: str, said: str) -> InvalidInput:
    message = f"no environment can be made of these requirements: {what}"
    hint = "check that they install together on this Python, or name an environment that has them"
    return _problem(message, place=str(path), excerpt=said, hint=hint)


def _described(name: str, python: str) -> Environment:
    """Return an environment with what is installed in it."""
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
            [python, str(_SCRIPT)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
            env=clean_environment(),
        )
        said = json.loads(done.stdout)
        digest, versions = str(said["digest"]), dict(said["versions"])
    except (OSError, ValueError, TypeError, KeyError, subprocess.TimeoutExpired) as error:
        hint = "name the Python of an environment in which the converter is installed"
        message = f"{name[:200]!r} is no Python that runs here"
        raise _problem(message, hint=hint) from error
    return Environment(named=name, python=python, digest=digest, versions=versions)


def _problem(message: str, *, hint: str, place: str = "", excerpt: str = "") -> InvalidInput:
    return InvalidInput(
        [
            Diagnostic(
                code="no-environment", message=message, place=place, excerpt=excerpt, hint=hint
            )
        ]
    )
