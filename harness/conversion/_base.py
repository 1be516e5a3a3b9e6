"""What a converter file declares, and what a conversion gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What rules are converted to: a language, a data source, and how to get there.

    ``backend`` and ``pipelines`` are the converter's own names. ``environment`` is the Python
    (or the virtual environment) that has the converter; empty for this one. ``scoped`` says
    that the query does not test the log source, because it is run where nothing else is.
    ``command`` is the argument list of an external program, ``version_command`` one that prints
    its version.
    """

    name: str
    language: str
    backend: str = ""
    pipelines: tuple[str, ...] = ()
    schema: str = "sigma"
    converter: str = "pysigma"
    environment: str = ""
    command: tuple[str, ...] = ()
    version_command: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def scoped(self) -> bool:
        """Whether the query only sees events of the rule's log source."""
        return self.schema == "sigma"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a converter made of a rule: queries, or an error with the converter's reason."""

    queries: tuple[str, ...] = ()
    error: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converter:
    """A program that turns a Sigma rule into queries.

    ``fingerprint`` names everything that decides the answer apart from the rule and the target
    (versions); ``convert`` never raises for a rule that it cannot convert.
    """

    name: str
    title: str
    fingerprint: Callable[[Target], str]
    convert: Callable[[Target, str], Conversion]


def from_answer(answer: Mapping[str, Any]) -> Conversion:
    """Return what a worker's answer says."""
    if "error" in answer:
        return Conversion(error=str(answer["error"]), reason=str(answer.get("reason", "")))
    return Conversion(queries=tuple(map(str, answer.get("queries", ()))))
