"""What a format of corpora declares: how documents are written, and how they are read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.documents.document import Document
from harness.errors import HarnessError

Record = dict[str, Any]
"""A labelled event as it is read again: ``document``, and what says where it came from."""


class NotWritten(HarnessError):
    """A document that a format cannot hold, or a file that is not of the format; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file of a corpus: its bytes, the documents in it, and how many were left out and why.

    ``places`` say where each document stands; there are none where labels stand beside events.
    """

    data: bytes
    kept: Sequence[Document]
    left_out: Mapping[str, int]
    places: Sequence[Mapping[str, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of corpora.

    ``labels`` says in words where the labels stand, ``layout`` what the rest of a record is.
    A format with a ``sidecar`` keeps them in a file beside the events; a ``binary`` one is no text.
    ``exact`` is false where equal events need not be equal bytes: another version of a library
    writes others.
    ``schemas`` are the data sources that the format can hold, any where there are none.
    """

    name: str
    title: str
    ending: str
    record: str
    labels: str
    layout: str
    write: Callable[[Sequence[Document]], Written]
    read: Callable[[bytes], list[Record]]
    sidecar: bool = False
    binary: bool = False
    exact: bool = True
    schemas: tuple[str, ...] = ()


def lineage(document: Document) -> Record:
    """Return the label of a document and where it came from, without the document."""
    return {
        "name": document.name,
        "label": document.label,
        "because": document.sample.because,
        "mutation": document.mutation,
        "detail": document.detail,
        "effect": document.effect.value,
        "activity": document.activity,
    }


def as_line(value: Any) -> str:
    """Return JSON on one line, keys sorted; halves of surrogate pairs stand as escapes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if _is_utf8(text) else json.dumps(value, sort_keys=True)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def records_of(data: bytes) -> list[Any]:
    """Return the JSON value of each line; raises ``NotWritten`` for a line that is none."""
    found = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line:
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            message = f"line {number} is no JSON: {error}"
            raise NotWritten(message) from error
    return found
