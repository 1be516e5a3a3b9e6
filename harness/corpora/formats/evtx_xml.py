"""Windows event logs as XML, as ``wevtutil qe /f:xml`` and ``ToXml`` of an event write it.

The elements and their order are those of the event schema
(https://learn.microsoft.com/windows/win32/wes/eventschema-schema); the root that holds several
is what ``/e:Events`` adds (https://learn.microsoft.com/windows-server/administration/windows-commands/wevtutil).
Windows writes control characters that XML 1.0 forbids as they are, which parsers then refuse
(https://github.com/elastic/beats/pull/11006, https://github.com/libyal/libevtx/issues/20); here
such an event is left out. A carriage return stands as ``&#xD;``, since parsers drop a bare one
(https://github.com/elastic/beats/pull/11357).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers import expat

from harness.corpora.formats._base import Format, NotWritten, Record, Written
from harness.documents.document import Document

NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
_ORDER = (
    "Provider",
    "EventID",
    "Version",
    "Level",
    "Task",
    "Opcode",
    "Keywords",
    "TimeCreated",
    "EventRecordID",
    "Correlation",
    "Execution",
    "Channel",
    "Computer",
    "Security",
)
_ALWAYS = ("Correlation", "Security")
"""Elements that every event has, also with nothing in them."""
_ATTRIBUTES = "#attributes"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0 (https://www.w3.org/TR/xml/#charsets)."""
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_QUOTED = {**_ESCAPES, "'": "&apos;", "\n": "&#xA;", "\t": "&#x9;"}

_CHARACTER = (
    "a value holds a character that XML 1.0 cannot; Windows writes it and parsers refuse it"
)
_SHAPE = "the mutation makes an event of another shape than the XML of Windows has"
_TYPES = "the mutation turns texts into numbers, lists or nothing, and in XML all is text"
_NO_CHANNEL = "the event is in no channel, so it is in no event log"
_MAX_DEPTH = 8


def write(documents: Sequence[Document]) -> Written:
    """Return an ``Events`` element with one ``Event`` a line."""
    kept, events = [], []
    left_out: Counter[str] = Counter()
    for one in documents:
        try:
            event = _verified(one.document)
        except NotWritten as error:
            left_out[str(error)] += 1
            continue
        kept.append(one)
        events.append(event)
    text = "".join(f"{event}\n" for event in events)
    return Written(data=f"<Events>\n{text}</Events>\n".encode(), kept=kept, left_out=left_out)


def _verified(document: Mapping[str, Any]) -> str:
    """Return the XML of an event, once it is read again as the same event."""
    event = _event(document)
    if _parsed(f"<Events>{event}</Events>") != [_without_empty(document)]:
        raise NotWritten(_SHAPE)
    return event


def _event(document: Mapping[str, Any]) -> str:
    root = document.get("Event")
    if not isinstance(root, Mapping) or len(document) > 1:
        raise NotWritten(_SHAPE)
    system, data = root.get("System"), root.get("EventData", {})
    if not isinstance(system, Mapping) or not isinstance(data, Mapping):
        raise NotWritten(_SHAPE)
    if not system.get("Channel"):
        raise NotWritten(_NO_CHANNEL)
    rank = {name: place for place, name in enumerate(_ORDER)}
    elements = {**dict.fromkeys(_ALWAYS), **system}
    inner = "".join(
        _element(name, elements[name]) for name in sorted(elements, key=lambda n: rank.get(n, 99))
    )
    items = "".join(
        f"<Data Name='{_escaped(name, _QUOTED)}'>{_value(held)}</Data>"
        for name, held in data.items()
    )
    head = f"<Event xmlns='{NAMESPACE}'><System>{inner}</System>"
    return (
        f"{head}<EventData>{items}</EventData></Event>"
        if "EventData" in root
        else f"{head}</Event>"
    )


def _element(name: str, held: Any) -> str:
    _check_name(name)
    attributes, text = "", held
    if isinstance(held, Mapping):
        given = held.get(_ATTRIBUTES, {})
        if set(held) - {_ATTRIBUTES, "#text"} or not isinstance(given, Mapping):
            raise NotWritten(_SHAPE)
        for key in given:
            _check_name(key)
        attributes = "".join(f" {key}='{_value(one, _QUOTED)}'" for key, one in given.items())
        text = held.get("#text")
    if text is None:
        return f"<{name}{attributes}/>"
    return f"<{name}{attributes}>{_value(text)}</{name}>"


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise NotWritten(_SHAPE)


def _value(held: Any, escapes: Mapping[str, str] = _ESCAPES) -> str:
    if not isinstance(held, str):
        raise NotWritten(_TYPES)
    return _escaped(held, escapes)


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    if _FORBIDDEN.search(text):
        raise NotWritten(_CHARACTER)
    return "".join(escapes.get(char, char) for char in text)


def _without_empty(document: Mapping[str, Any]) -> Any:
    """Return a document as it is read again: an element without anything is not there."""
    event = dict(document["Event"])
    event["System"] = {name: one for name, one in event["System"].items() if one is not None}
    return {"Event": event}


class _Reader:
    """Puts together events from what an XML parser meets; nothing outside the file is read."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._attributes: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _MAX_DEPTH:
            message = "the XML is nested more deeply than an event"
            raise NotWritten(message)
        if name == "Event":
            self.events.append({"Event": {_ATTRIBUTES: dict(attributes)}})
        elif name in {"System", "EventData"} and self._path == ["Events", "Event"]:
            self._last()[name] = {}
        self._path.append(name)
        self._text, self._attributes = [], attributes

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        parent = self._path[-2] if len(self._path) > 1 else ""
        inside = self._path[:2] == ["Events", "Event"]
        self._path.pop()
        text = "".join(self._text)
        if parent == "System" and inside:
            attributes = dict(self._attributes)
            held: Any = {_ATTRIBUTES: attributes, **({"#text": text} if text else {})}
            if not attributes:
                held = text
            if held != "" or name not in _ALWAYS:
                self._last()["System"][name] = held
        elif parent == "EventData" and name == "Data" and inside:
            self._last()["EventData"][self._attributes.get("Name", "")] = text
        self._text, self._attributes = [], {}

    def _last(self) -> Any:
        if not self.events:
            message = "an element stands outside an event"
            raise NotWritten(message)
        return self.events[-1]["Event"]


def _parsed(text: str | bytes) -> list[Any]:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        message = f"line {error.lineno} is no XML: {expat.ErrorString(error.code)}"
        raise NotWritten(message) from error
    return reader.events


def _refuse(*_: object) -> None:
    message = "the XML has a document type, which no event has"
    raise NotWritten(message)


def read(data: bytes) -> list[Record]:
    """Return the events; their labels are in the file beside it."""
    return [{"document": event} for event in _parsed(data)]


FORMAT = Format(
    name="evtx-xml",
    title="Windows event XML",
    ending=".xml",
    record="record",
    labels="in the file beside it, by the number of the event",
    layout="each `Event` has a `System` part, the same for all events of Windows, and an "
    "`EventData` part with a `Data` element for each named value; all values are text",
    write=write,
    read=read,
    sidecar=True,
    schemas=("windows_event_raw:xml_text",),
)
