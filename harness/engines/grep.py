"""GNU grep itself as a referee for our reading of grep command lines.

The arguments are built from our own reading of the command line, never from its text, and
run without a shell. Our reading of shell and options is therefore shared; patterns, matching,
and exit statuses are grep's.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from harness.engines._base import Engine
from harness.engines._process import Finished, run_limited
from harness.languages.grep import (
    LOG,
    Binary,
    Cat,
    Dialect,
    Grep,
    Pipe,
    Stage,
    Steps,
    greps_of,
    names_log,
    plan,
)
from harness.source import QuerySyntaxError, Source

TIMEOUT = 10.0
"""Seconds that one run of grep may take."""
_SELECTED, _ERROR = 0, 2
_DIALECT_OPTIONS = {dialect: dialect.value for dialect in Dialect}


@lru_cache(maxsize=1)
def _program() -> str | None:
    return shutil.which("grep", path="/usr/local/bin:/usr/bin:/bin")


@lru_cache(maxsize=1)
def available() -> str | None:
    """Return the version of GNU grep that is installed."""
    program = _program()
    if program is None:
        return None
    finished = run_limited([program, "--version"], stdin=b"", locale="C", timeout=TIMEOUT)
    found = re.match(rb"grep \(GNU grep\) (\S+)", finished.output)
    return found.group(1).decode() if found else None


def run(
    query: str,
    lines: Sequence[str | bytes],
    *,
    timeout: float = TIMEOUT,
    options: Mapping[str, Any] | None = None,
) -> list[bool | None]:
    """Return grep's verdict on each line; ``None`` where it fails on that line.

    Raises:
        QuerySyntaxError: grep refuses the command line, in its own words.
        Unsupported: The command line does more than run greps.
        EngineTimeout: A run takes too long.
    """
    source = Source(query, "<grep>")
    given = dict(options or {})
    steps = plan(source, given)
    referee = _Referee(source, given.get("files") or {}, timeout, names_log(steps))
    for grep in greps_of(steps):
        referee.check(grep)
    events = [_bytes(line) for line in lines]
    single = _only_grep(steps)
    if single is not None:
        return referee.batch(single, events)
    return [_verdict(referee.steps(steps, event)) for event in events]


def seconds(query: str, line: str | bytes, *, timeout: float = TIMEOUT) -> float:
    """Return the time that grep takes for one line, in seconds of the clock.

    The time of starting the program is measured on an empty line and taken off. A run that
    does not end raises ``EngineTimeout``.
    """
    run(query, [b""], timeout=timeout)
    begin = time.perf_counter()
    run(query, [b""], timeout=timeout)
    start = time.perf_counter() - begin
    begin = time.perf_counter()
    run(query, [line], timeout=timeout)
    return max(0.0, time.perf_counter() - begin - start)


@dataclass(frozen=True, slots=True)
class _Referee:
    """Runs the greps of one command line."""

    source: Source
    files: Mapping[str, str]
    timeout: float
    names_log: bool
    """``FILE`` is among the names, so that other names are other files."""

    def check(self, grep: Grep) -> None:
        """Raise where grep refuses the patterns, which shows on empty input."""
        finished = self._run(_arguments(grep), grep, b"")
        if finished.status >= _ERROR:
            message = finished.errors.decode("utf-8", "replace").strip() or "grep fails"
            span = grep.patterns[0].span if grep.patterns else grep.span
            raise QuerySyntaxError(message.removeprefix("grep: "), self.source, span)

    def batch(self, grep: Grep, events: Sequence[bytes]) -> list[bool | None]:
        """Run one grep over many events: those of one plain line all at once."""
        verdicts: list[bool | None] = [None] * len(events)
        plain = [i for i, event in enumerate(events) if b"\n" not in event and b"\0" not in event]
        if grep.null_data or grep.max_count is not None:
            plain = []
        together = self._together(grep, [events[i] for i in plain])
        if together is None:
            plain = []
        for place, i in enumerate(plain):
            verdicts[i] = place + 1 in (together or ())
        for i in set(range(len(events))) - set(plain):
            verdicts[i] = _verdict(self._status(grep, _file(events[i])))
        return verdicts

    def _together(self, grep: Grep, events: Sequence[bytes]) -> set[int] | None:
        """Return the numbers of the selected lines; ``None`` where grep stops with an error."""
        numbered = replace(
            grep, quiet=False, listing="", count=False, only_matching=False, binary=Binary.TEXT
        )
        argv = [*_arguments(numbered), "-n", "--color=never"]
        finished = self._run(argv, grep, b"".join(_file(event) for event in events))
        if finished.status >= _ERROR:
            return None
        found = (re.match(rb"\d+", line) for line in finished.output.split(b"\n"))
        return {int(match.group()) for match in found if match}

    def steps(self, steps: Steps, event: bytes) -> int:
        """Return the status of a list, as a shell computes it."""
        status = 0
        for place, item in enumerate(steps.items):
            operator = steps.operators[place - 1] if place else ";"
            if (operator == "&&" and status) or (operator == "||" and not status):
                continue
            if isinstance(item, Pipe):
                status = self._pipe(item, event)
                continue
            status = self.steps(item, event)
        return int(status == 0) if steps.negated else status

    def _pipe(self, pipe: Pipe, event: bytes) -> int:
        data, status = _file(event), 0
        for stage in pipe.stages:
            inputs = self._inputs(stage, data, event)
            there = [item for item in inputs if item is not None]
            if isinstance(stage.command, Cat):
                data, status = b"".join(there), int(len(there) < len(inputs))
            else:
                argv = [*_arguments(stage.command), *_output(stage.command)]
                runs = [self._run(argv, stage.command, item) for item in there]
                data = b"".join(finished.output for finished in runs)
                absent = [_ERROR] * (len(inputs) - len(there))
                status = _combined([*(item.status for item in runs), *absent], stage.command)
            data = b"" if stage.discards else data
        return int(status == 0) if pipe.negated else status

    def _inputs(self, stage: Stage, piped: bytes, event: bytes) -> list[bytes | None]:
        """Return what a stage reads, with ``None`` for a file that is not there."""
        stdin = piped if stage.input is None else self._named(stage.input, event)
        names = [operand.text for operand in stage.command.operands]
        return [stdin if name == "-" else self._named(name, event) for name in names] or [stdin]

    def _named(self, name: str, event: bytes) -> bytes | None:
        if name == "/dev/null":
            return b""
        if name in self.files:
            return _bytes(self.files[name])
        return _file(event) if name == LOG or not self.names_log else None

    def _status(self, grep: Grep, data: bytes) -> int:
        return self._run(_arguments(grep), grep, data).status

    def _run(self, argv: Sequence[str | bytes], grep: Grep, data: bytes) -> Finished:
        return run_limited(argv, stdin=data, locale=grep.locale, timeout=self.timeout)


def _arguments(grep: Grep) -> list[str | bytes]:
    """Return the arguments that select the lines which a grep selects."""
    program = _program()
    if program is None:
        message = "GNU grep is not installed"
        raise FileNotFoundError(message)
    flags = {
        "-i": grep.ignore_case,
        "-v": grep.invert,
        "-w": grep.words,
        "-x": grep.lines,
        "-z": grep.null_data,
        "-q": grep.quiet,
        "-l": grep.listing == "l",
        "-L": grep.listing == "L",
        "-c": grep.count,
        "-o": grep.only_matching,
    }
    argv: list[str | bytes] = [program, _DIALECT_OPTIONS[grep.dialect]]
    argv.extend(flag for flag, given in flags.items() if given)
    argv.append(f"--binary-files={grep.binary.value}")
    if grep.max_count is not None:
        argv.append(f"--max-count={grep.max_count}")
    for pattern in grep.patterns:
        argv.extend(("-e", _bytes(pattern.text)))
    if not grep.patterns:
        argv.extend(("-f", "/dev/null"))
    return argv


def _output(grep: Grep) -> list[str]:
    """Return the arguments that change what the next command reads."""
    return [f"-{letter}" for letter in "nb" if letter in grep.decorations]


def _combined(statuses: Sequence[int], grep: Grep) -> int:
    if grep.quiet and _SELECTED in statuses:
        return _SELECTED
    return max(statuses) if max(statuses) >= _ERROR else min(statuses)


def _only_grep(steps: Steps) -> Grep | None:
    """Return the grep of a command line that is nothing but one grep of the log."""
    first = steps.items[0]
    if len(steps.items) > 1 or steps.negated or isinstance(first, Steps) or first.negated:
        return None
    command = first.stages[0].command
    if len(first.stages) > 1 or first.stages[0].input is not None or isinstance(command, Cat):
        return None
    return command if not command.operands or _names_log(command) else None


def _names_log(grep: Grep) -> bool:
    return [operand.text for operand in grep.operands] == [LOG]


def _file(event: bytes) -> bytes:
    return event.removesuffix(b"\n") + b"\n"


def _verdict(status: int) -> bool | None:
    return None if status >= _ERROR else status == _SELECTED


def _bytes(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


ENGINE = Engine(name="grep", title="GNU grep", language="grep", available=available, run=run)
