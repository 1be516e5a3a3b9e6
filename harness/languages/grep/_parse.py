"""The entry of the language: text to predicate, with its warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Diagnostic
from harness.ir import Context, Event, Query
from harness.ir.cells import text_line
from harness.languages.grep._command import LOG, Dialect, Grep, Pattern, Steps
from harness.languages.grep._plan import plan
from harness.languages.grep._predicate import Builder
from harness.languages.grep._views import FIELD
from harness.source import Source

DEFAULT_VERSION = "3.8"

_LINTS = (
    (
        (Dialect.BASIC, Dialect.EXTENDED),
        re.compile(r"(?<!\\)(?:\\\\)*\\[dDntrfhHvVxuUpQAzZ]"),
        "grep-stray-backslash",
        "the backslash before a letter is dropped, so that the letter stands for itself",
        "use -P, or a class like [0-9]",
    ),
    (
        (Dialect.EXTENDED,),
        re.compile(r"[+*?}]\?"),
        "grep-no-lazy",
        "extended expressions have no lazy repetition; the ? makes the repeated item optional",
        "drop the ?, or use -P",
    ),
    (
        (Dialect.EXTENDED,),
        re.compile(r"(?<!\\)\(\?"),
        "grep-no-perl-group",
        "(? has no meaning in extended expressions; the ? applies to nothing",
        "write a plain group, or use -P",
    ),
    (
        (Dialect.BASIC,),
        re.compile(r"(?<!\\)[|+]"),
        "grep-basic-operator",
        "| and + stand for themselves in basic expressions",
        "use -E, or write \\| and \\+",
    ),
)


def parse(source: Source, context: Context) -> Query:
    """Read a command line."""
    options = context.options
    steps = plan(source, options)
    greps = list(greps_of(steps))
    files = {str(name): str(text) for name, text in (options.get("files") or {}).items()}
    builder = Builder(source, files, version_of(options), names_log(steps))
    warnings = tuple(
        item for grep in greps for pattern in grep.patterns for item in _lint(source, grep, pattern)
    )
    return Query(predicate=builder.steps(steps), prepare=_prepare, warnings=warnings)


def version_of(options: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the version of grep that is asked for, as numbers."""
    text = str(options.get("version") or DEFAULT_VERSION)
    return tuple(int(part) for part in re.findall(r"\d{1,4}", text)[:3])


def greps_of(steps: Steps) -> Iterator[Grep]:
    """Yield the greps of a command line from left to right."""
    for item in steps.items:
        if isinstance(item, Steps):
            yield from greps_of(item)
        else:
            yield from (stage.command for stage in item.stages if isinstance(stage.command, Grep))


def names_log(steps: Steps) -> bool:
    """Return whether ``FILE`` is named, so that other names are other files."""
    return any(operand.text == LOG for operand in _operands(steps))


def _operands(steps: Steps) -> Iterator[Pattern]:
    for item in steps.items:
        if isinstance(item, Steps):
            yield from _operands(item)
            continue
        for stage in item.stages:
            yield from stage.command.operands
            if stage.input is not None:
                yield Pattern(stage.input, stage.command.span)


def _prepare(event: Event) -> Event:
    return {FIELD: text_line(event)}


def _lint(source: Source, grep: Grep, pattern: Pattern) -> Iterator[Diagnostic]:
    for dialects, sign, code, message, hint in _LINTS:
        if grep.dialect in dialects and sign.search(pattern.text):
            yield Diagnostic(
                code=code,
                message=message,
                place=source.place(pattern.span),
                hint=hint,
                excerpt=source.excerpt(pattern.span),
                severity="warning",
            )
