"""The properties of an event record as ``Get-WinEvent`` gives it (EventLogRecord)."""

from __future__ import annotations

from typing import Any

from harness.errors import Fault
from harness.ir import Call, Expression, FieldValue, Function, Literal
from harness.languages.powershell.values import read_date
from harness.source import Span

SCALARS = [
    "ActivityId",
    "Bookmark",
    "ContainerLog",
    "Id",
    "Keywords",
    "Level",
    "LevelDisplayName",
    "LogName",
    "MachineName",
    "Message",
    "Opcode",
    "OpcodeDisplayName",
    "ProcessId",
    "ProviderId",
    "ProviderName",
    "Qualifiers",
    "RecordId",
    "RelatedActivityId",
    "Task",
    "TaskDisplayName",
    "ThreadId",
    "TimeCreated",
    "UserId",
    "Version",
]
"""Properties that hold one value (learn.microsoft.com, EventLogRecord class)."""
LISTS = ("Properties", "KeywordsDisplayNames", "MatchedQueryIds")
"""Properties that hold a list."""
NOT_PROPERTIES = frozenset({"eventdata", "userdata", "xml"})
"""Parts of a recorded event that the object has only inside its XML: ``$_.EventData`` is null."""
READ_ONLY = frozenset(name.lower() for name in (*SCALARS, *LISTS)) - {"message"}
"""Properties without a setter; ``Message`` is added by the cmdlet and can be set."""

_CANONICAL = {name.lower(): name for name in (*SCALARS, *LISTS)}


def canonical(name: str) -> str:
    """Return a property name in its usual spelling; an unknown name stays as written."""
    return _CANONICAL.get(name.lower(), name)


def is_scalar(name: str) -> bool:
    """Return whether a property is known to hold one value."""
    return name in SCALARS


def as_recorded(value: Any) -> Any:
    """Return a recorded time as the time it is."""
    if isinstance(value, str):
        moment = read_date(value)
        return value if moment is None else moment
    return value


DATE = Function("powershell time", as_recorded, strict=False)


def property_value(name: str, span: Span | None) -> Expression:
    """Return ``$_.name`` as an expression."""
    if name.lower() in NOT_PROPERTIES:
        return Literal(None)
    path = canonical(name)
    value = FieldValue(path, raw=True, span=span)
    return Call(DATE, (value,), span) if path == "TimeCreated" else value


def property_of(expression: Expression) -> str | None:
    """Return the name of the property that an expression is; ``None`` for anything more.

    ``Properties`` is left out: its members are objects, which a cell does not hold.
    """
    if isinstance(expression, Call) and expression.function == DATE:
        expression = expression.arguments[0]
    if isinstance(expression, FieldValue) and expression.path not in {"*", "Xml", "Properties"}:
        return expression.path
    return None


def _needs_xml(value: Any) -> Any:
    if value is None:
        message = "the XML of the event is not recorded"
        raise Fault(message)
    return value


XML = Call(Function("powershell ToXml", _needs_xml, strict=False), (FieldValue("Xml", raw=True),))
"""``$_.ToXml()``."""
EVENT = FieldValue("*", raw=True)
"""``$_`` itself."""
