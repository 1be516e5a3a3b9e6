"""What a Sigma log source says: the kind of its events, and conditions on their values.

Product and service come from the taxonomy of the Sigma specification
(https://github.com/SigmaHQ/sigma-specification, appendix "taxonomy"); the channels of Windows
services are those by which recorded events are recognised.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from harness import schemas
from harness.ir import Atom, Case, Equals, Predicate, any_of
from harness.telemetry.logsources import LogSource, channels

ANY_KIND = "event"
"""The kind of events that have no kind of their own: values under the rule's own names."""
_RECORDS = "windows_security"
"""The kind of the records of any Windows channel."""

_WINDOWS = "windows"
_PRODUCTS = (_WINDOWS, "linux", "macos")


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[LogSource, str], ...]:
    """Return the log sources that have a kind of their own, those that say most first."""
    text = files(__package__).joinpath("kinds.toml").read_text("utf-8")
    found = [
        (LogSource.of(source), kind)
        for kind, sources in tomllib.loads(text)["kinds"].items()
        for source in sources
    ]
    return tuple(sorted(found, key=lambda one: one[0].count("")))


@lru_cache(maxsize=4096)
def _kind_of(source: LogSource) -> str:
    if source.product == _WINDOWS:
        if source.category in schemas.kinds():
            return source.category
        if not source.category and (channels(source.service) or not source.service):
            return _RECORDS
    return next((kind for known, kind in _kinds() if known.covers(source)), ANY_KIND)


def kind_of(logsource: Mapping[str, str]) -> str:
    """Return the kind of activity that a log source is about."""
    return _kind_of(LogSource.of(logsource))


def conditions(logsource: Mapping[str, str]) -> tuple[Predicate, ...]:
    """Return what a log source asks; nothing for parts that name no value of an event."""
    source = LogSource.of(logsource)
    found: list[Predicate] = []
    if source.product in _PRODUCTS:
        found.append(_equals("OS", source.product))
    if source.category == "file_event":
        found.append(_equals("Action", "creation"))
    if source.product in {"", _WINDOWS} and channels(source.service):
        found.append(any_of(*(_equals("Channel", one) for one in channels(source.service))))
    return tuple(found)


def _equals(name: str, value: str) -> Predicate:
    return Atom(field=name, check=Equals(value, Case.UNICODE))
