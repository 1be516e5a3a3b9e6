"""VictoriaLogs' LogsQL: the filter of a query, read as one predicate over an entry's fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query
from harness.languages._base import Language
from harness.languages.logsql import _calls  # noqa: F401 - it fills the table of filters
from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql._filters import Reader
from harness.languages.logsql._lexer import Tokens
from harness.languages.logsql._pipes import Pipeline
from harness.languages.logsql._record import TIME, Recorder
from harness.languages.logsql._semantics import OPTIONS, SEMANTICS
from harness.source import Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOOLEANS = frozenset(
    ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"]
)


def _parse(source: Source, context: Context) -> Query:
    """``query := ["options" "(" … ")"] filter ("|" pipe)*``."""
    tokens = Tokens(source)
    now = (context.now - _EPOCH) // timedelta(microseconds=1) * 1000
    streams = names(context.options, "stream_fields")
    _options(tokens)
    query = Pipeline(Reader(tokens, now, streams or None)).query()
    if tokens.token.raw:
        tokens.fail(f"expected the end, found {tokens.token}")
    time_field = names(context.options, "time_field") or (TIME,)
    recorder = Recorder(names(context.options, "msg_field"), time_field[0])
    return replace(query, prepare=recorder)


def names(options: Any, name: str) -> tuple[str, ...]:
    """Return the field names of an option: a list, or a text with commas."""
    given = options.get(name)
    if given is None:
        return ()
    listed = given.split(",") if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        message, hint = f"the option {name} is no list of names", f'write {name} = ["a", "b"]'
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return tuple(one.strip() for one in listed if one.strip())


def _options(tokens: Tokens) -> None:
    """``"options" "(" [name "=" value ("," …)*] ")"``: none changes which entries match."""
    if not tokens.take("options"):
        return
    tokens.expect("(")
    while not tokens.said(")"):
        start = tokens.at
        name = tokens.compound()
        tokens.expect("=")
        value = tokens.compound()
        span = tokens.since(start)
        valid = _VALID.get(name)
        if valid is None or not valid(value):
            tokens.fail(f"{name} = {value!r} is no query option", span=span)
        if name == "time_offset":
            tokens.unsupported(name, "it moves the times of entries", span)
        if not tokens.said(")"):
            tokens.expect(",")
    tokens.next()


_VALID: dict[str, Callable[[str], bool]] = {
    "concurrency": lambda text: numbers.unsigned(text) is not None,
    "parallel_readers": lambda text: numbers.unsigned(text) is not None,
    "ignore_global_time_filter": _BOOLEANS.__contains__,
    "allow_partial_response": _BOOLEANS.__contains__,
    "time_offset": lambda text: numbers.duration(text) is not None,
}

LANGUAGE = Language(
    name="logsql",
    title="VictoriaLogs LogsQL",
    reference="https://docs.victoriametrics.com/victorialogs/logsql/",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".logsql",),
    options=OPTIONS,
)
