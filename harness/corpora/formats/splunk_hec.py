"""Envelopes of Splunk's HTTP Event Collector, one a line; the labels are indexed fields.

Keys: https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/format-events-for-http-event-collector
Indexed fields, which are flat:
https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/automate-indexed-field-extractions-with-http-event-collector
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from harness.corpora.formats._base import (
    Format,
    NotWritten,
    Record,
    Written,
    as_line,
    lineage,
    records_of,
)
from harness.documents.document import Document

PREFIX = "harness_"
"""Begins the name of each indexed field, so that none hides a field of the event."""
_META = {"_time": "time", "host": "host", "source": "source", "sourcetype": "sourcetype"}
_SEARCHED = "the mutation is in a field that Splunk takes from the text of the event, which stays"
_NO_TEXT = "Splunk holds no event without its text, which the mutation takes away"
_EMPTY = "the collector refuses an event without any content"


def write(documents: Sequence[Document]) -> Written:
    """Return one envelope a line.

    Where Splunk has the text of the event (``_raw``) that is the event, as an add-on for the
    source type expects; any other event is sent as the object that it is.
    """
    texts = {one.sample.name: _envelope(one) for one in documents if _is_text(one)}
    kept, lines = [], []
    left_out: Counter[str] = Counter()
    for one in documents:
        envelope = _envelope(one)
        reason = _unfit(one, envelope, texts.get(one.sample.name))
        if reason:
            left_out[reason] += 1
            continue
        kept.append(one)
        lines.append(as_line({**envelope, "fields": _fields(one)}))
    text = "".join(f"{line}\n" for line in lines)
    return Written(data=text.encode(), kept=kept, left_out=left_out)


def _is_text(document: Document) -> bool:
    """Return whether a document, as the data source records it, has the text of the event."""
    return document.mutation is None and "_raw" in document.body


def _unfit(document: Document, envelope: dict[str, Any], plain: dict[str, Any] | None) -> str:
    """Return why a document cannot be sent; ``plain`` is its envelope before the mutation."""
    if plain is not None and not isinstance(document.body.get("_raw"), str):
        return _NO_TEXT
    if envelope["event"] in ("", {}):
        return _EMPTY
    return _SEARCHED if document.mutation and envelope == plain else ""


def _fields(document: Document) -> dict[str, str]:
    told = {name: value for name, value in lineage(document).items() if name != "activity"}
    return {
        f"{PREFIX}{name}": str(value) for name, value in told.items() if value not in (None, "")
    }


def _envelope(document: Document) -> dict[str, Any]:
    body = document.body
    if "_raw" in body:
        meta = {to: body[key] for key, to in _META.items() if _is_meta(to, body.get(key))}
        return {**meta, "event": body["_raw"]}
    found: dict[str, Any] = {"event": document.document, "source": f"harness:{document.schema}"}
    found["sourcetype"] = "_json"
    values = document.values
    host = values.get("Computer") or values.get("DeviceName")
    if isinstance(host, str) and host:
        found["host"] = host
    moment = _epoch(values.get("Timestamp") or values.get("TimeCreated"))
    if moment is not None:
        found["time"] = moment
    return found


def _epoch(value: Any) -> float | None:
    """Return a time as seconds since 1970, to the millisecond."""
    try:
        return round(datetime.fromisoformat(value).timestamp(), 3)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _is_meta(name: str, value: Any) -> bool:
    if name == "time":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and math.isfinite(value)
    return isinstance(value, str) and value != ""


def read(data: bytes) -> list[Record]:
    """Return the records of the envelopes."""
    return [_record(one, number) for number, one in enumerate(records_of(data), 1)]


def _record(envelope: Any, number: int) -> Record:
    event = envelope.get("event") if isinstance(envelope, dict) else None
    fields = envelope.get("fields") if isinstance(envelope, dict) else None
    if not isinstance(event, str | dict) or not isinstance(fields, dict):
        message = f"line {number} is no envelope with an event and fields"
        raise NotWritten(message)
    document: dict[str, Any] = event if isinstance(event, dict) else {"_raw": event}
    if isinstance(event, str):
        document |= {key: envelope[to] for key, to in _META.items() if to in envelope}
    told = {key.removeprefix(PREFIX): value for key, value in fields.items()}
    return {"mutation": None, "detail": "", **told, "document": document}


FORMAT = Format(
    name="splunk-hec",
    title="Splunk HTTP Event Collector",
    ending=".hec.jsonl",
    record="line",
    labels=f"in `fields`, as indexed fields whose names begin with `{PREFIX}`",
    layout="`event` is the text that Splunk would hold as `_raw`, with the `time`, `host`, "
    "`source` and `sourcetype` beside it; for other data sources it is the event as an object",
    write=write,
    read=read,
)
