"""``harness scan``: rules over recorded telemetry."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from harness.cli._common import FINDINGS, KEPT, UNUSABLE, console, write
from harness.errors import Diagnostic, InvalidInput

_RULES = (".yml", ".yaml", ".toml", ".eql", ".kql", ".esql")
_EITHER = (".json", ".log")
"""Endings of events that may stand beside rules without being any."""
_SMALL = 48 << 20
"""Bytes of input for which a second process is not worth its start."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="RULE... EVENTS...")
@click.option(
    "--rules",
    "-r",
    "more_rules",
    multiple=True,
    help="A path that holds rules, whatever it is called.",
)
@click.option(
    "--events",
    "-e",
    "more_events",
    multiple=True,
    help="A path that holds events, or - for standard input.",
)
@click.option(
    "--format",
    "form",
    default="text",
    type=click.Choice(["text", "json"]),
    help="What is printed on standard output.",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also write the result (.json) or the hits, one a line (.jsonl). Repeatable.",
)
@click.option("--with-events", is_flag=True, help="Write each hit with its event.")
@click.option(
    "--input-format",
    type=click.Choice(["jsonl", "parquet", "evtx"]),
    help="The format of files whose ending does not tell.",
)
@click.option(
    "--logsource",
    metavar="SOURCE",
    help="The log source of events that cannot be told by themselves: "
    "product=windows,category=process_creation.",
)
@click.option(
    "--translate",
    "wanted",
    multiple=True,
    metavar="NAMES",
    help="Also convert Sigma rules, and tell where a translation disagrees with its rule on "
    "these events: lucene, eql, ...; comma-separated.",
)
@click.option(
    "--expect",
    "expectations",
    type=click.Path(path_type=Path),
    help="A YAML file with the hits that rules must have.",
)
@click.option("--strict", is_flag=True, help="Exit with 2 if anything could not be read.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1, max=256),
    help="Worker processes; default: one a processor.",
)
@click.option(
    "--cache/--no-cache", "remember", default=True, help="Remember rules as they are read."
)
@click.option("-q", "--quiet", is_flag=True, help="Only the totals.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Also rules without hits, and all that was not read."
)
def command(
    paths: tuple[str, ...],
    more_rules: tuple[str, ...],
    more_events: tuple[str, ...],
    form: str,
    outputs: tuple[Path, ...],
    with_events: bool,
    input_format: str | None,
    logsource: str | None,
    wanted: tuple[str, ...],
    expectations: Path | None,
    strict: bool,
    jobs: int | None,
    remember: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run rules over recorded events and say which rule returns which of them.

    Events are JSON lines, Parquet or Windows event logs, packed with gzip or zstd, in files or
    in folders of them; - is standard input. A rule sees the events of its log source only, which
    is recognised event by event. With --expect the scan is a regression test.
    """
    from harness.cli._scanning import show  # noqa: PLC0415 (slow to import)
    from harness.scan.collect import Collector  # noqa: PLC0415
    from harness.scan.expect import read  # noqa: PLC0415
    from harness.scan.prepare import prepared  # noqa: PLC0415
    from harness.scan.run import Scan, run  # noqa: PLC0415
    from harness.telemetry.inputs import find  # noqa: PLC0415
    from harness.telemetry.logsources import LogSource  # noqa: PLC0415

    for one in outputs:
        if one.suffix not in {".json", ".jsonl"}:
            raise InvalidInput([_bad_output(one)])
    expected = read(expectations) if expectations is not None else []
    declared = LogSource.parse(logsource) if logsource else None
    rules, events = _told_apart(paths)
    if not (events or more_events):
        raise InvalidInput([_no_events()])
    inputs = [one for path in [*events, *more_events] for one in find(path, input_format)]
    request = _request(wanted)
    ready = prepared([Path(one) for one in [*rules, *more_rules]], request, remember=remember)
    size = sum(one.size or _SMALL for one in inputs)
    count = jobs or (1 if size < _SMALL else _processors())
    scan = Scan(
        queries=ready.queries,
        inputs=inputs,
        declared=declared,
        events=with_events,
        jobs=count,
    )
    hit_files = [one for one in outputs if one.suffix == ".jsonl"]
    with _opened(hit_files) as hits:
        collector = Collector(ready.queries, inputs, hits=hits, events=with_events)
        collector.add_problems(ready.problems)
        with _bar(sum(one.size for one in inputs), quiet=quiet) as advance:
            run(scan, collector, advance)
    document = collector.document(expected)
    text = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    if form == "json":
        click.echo(text, nl=False)
    else:
        show(document, console(), details=0 if quiet else 2 if verbose else 1)
    for path in outputs:
        if path.suffix == ".json":
            write(path, text)
    return _exit_code(document["summary"], strict=strict, expected=bool(expected))


def _request(wanted: tuple[str, ...]) -> Any:
    if not wanted:
        return None
    from harness.cli._running import request_of  # noqa: PLC0415 (slow to import)

    return request_of(wanted, None)


def _exit_code(summary: dict[str, Any], *, strict: bool, expected: bool) -> int:
    if summary["interrupted"] or summary["problems"]:
        return UNUSABLE
    if strict and (summary["unreadable"] or summary["errors"]):
        return UNUSABLE
    if expected and summary["unexpected"]:
        return FINDINGS
    return FINDINGS if summary["disagreements"] else KEPT


def _told_apart(paths: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return which paths hold rules and which events: by ending, a folder by what is in it."""
    from harness.telemetry.inputs import STANDARD_INPUT, is_events  # noqa: PLC0415

    rules: list[str] = []
    events: list[str] = []
    for given in paths:
        path = Path(given)
        if given == STANDARD_INPUT:
            events.append(given)
        elif path.is_dir():
            below = [one for one in path.rglob("*") if one.is_file()]
            held = [one for one in below if is_events(one)]
            has_rules = any(one.suffix.lower() in _RULES for one in below)
            if has_rules and any(one.suffix.lower() not in _EITHER for one in held):
                raise InvalidInput([_unclear(given)])
            (events if held and not has_rules else rules).append(given)
        else:
            (events if is_events(path) else rules).append(given)
    return rules, events


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


@contextmanager
def _opened(paths: list[Path]) -> Iterator[Any]:
    if not paths:
        yield None
        return
    if len(paths) > 1:
        message = "hits are written to one file"
        raise InvalidInput([Diagnostic(code="bad-output", message=message, place=str(paths[1]))])
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    with paths[0].open("w", encoding="utf-8") as file:
        yield file


@contextmanager
def _bar(total: int, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show rate and time left on standard error, if that is a terminal and it takes long."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    started = time.perf_counter()
    bar = Progress(
        TextColumn("scanning"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=total or None, rate="", visible=False)

        def advance(done: int, events: int) -> None:
            seconds = time.perf_counter() - started
            rate = f"{events / max(seconds, 1e-9):,.0f} events/s"
            bar.update(task, completed=done, rate=rate, visible=seconds > 1)

        yield advance


def _no_events() -> Diagnostic:
    return Diagnostic(
        code="no-events",
        message="there are no events to run the rules on",
        hint="name a file or folder of recorded events after the rules, or - for standard input",
    )


def _unclear(path: str) -> Diagnostic:
    return Diagnostic(
        code="rules-and-events",
        message="the folder holds rules and recorded events",
        place=path,
        hint="name them apart with --rules and --events",
    )


def _bad_output(path: Path) -> Diagnostic:
    return Diagnostic(
        code="unknown-format",
        message="the file ending selects neither the result nor the hits",
        place=str(path),
        hint="known endings: .json, .jsonl",
    )
