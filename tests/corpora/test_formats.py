"""What is written in a format is read again, and what cannot be is left out with a reason."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import harness
from harness.corpora import formats
from harness.corpora.formats import NotWritten
from harness.corpora.formats._base import as_line, lineage
from harness.corpora.make import Part, Wanted, make
from harness.documents.document import Document
from harness.errors import InvalidInput
from harness.events.model import Activity, Label, Sample
from tests.support import KEY_FILE, MASTER_KEY

HOSTILE = [
    "a & b < c > d ' \" e",
    "]]> <!-- --> <![CDATA[ &#0; &amp;",
    "line\r\nline\rline\nline\ttab",
    "  blanks  ",
    "\u202e\u00e9\U0001f600 \u2028",
    "",
]


@cache
def _part(format_: str, schema: str) -> Part:
    (loaded,) = harness.load_rules(MASTER_KEY)
    return make(loaded, Wanted(format=format_, schemas=(schema,))).parts[0]


def _document(body: Mapping[str, Any], name: str = "one") -> Document:
    activity = Activity(kind="windows_security", values={"EventID": 1})
    sample = Sample(name=name, label=Label.BENIGN, family="f", because="so", activity=activity)
    return Document(sample=sample, schema="s", body=body)


def _event(**data: Any) -> dict[str, Any]:
    system = {"Provider": {"#attributes": {"Name": "P"}}, "EventID": "1", "Channel": "Security"}
    attributes = {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}
    return {"Event": {"#attributes": attributes, "System": system, "EventData": data}}


@pytest.mark.parametrize(
    ("format_", "schema"),
    [
        ("jsonl", "text_line"),
        ("parquet", "logpoint"),
        ("splunk-hec", "logpoint"),
        ("evtx-xml", "windows_event_raw"),
        ("text", "text_line"),
    ],
)
def test_documents_are_read_again(format_: str, schema: str) -> None:
    written = _part(format_, schema).written
    records = formats.get(format_).read(written.data)
    assert len(records) == len(written.kept) > 100
    for record, one in zip(records, written.kept, strict=True):
        told = {**lineage(one), "document": one.document}
        if format_ == "splunk-hec":
            del told["activity"]
        elif format_ == "evtx-xml":
            told = {"document": one.document}
        elif format_ == "text":
            told = {"document": {"_raw": as_line(one.document)}}
            told = told if "_raw" not in one.body else {"document": {"_raw": one.body["_raw"]}}
        assert as_line(record) == as_line(told)


def test_splunk_gets_the_text_of_the_event_with_its_source() -> None:
    part = _part("splunk-hec", "splunk_wineventlog:classic")
    records = formats.get("splunk-hec").read(part.written.data)
    for record, one in zip(records, part.written.kept, strict=True):
        assert record["document"]["_raw"] == one.body["_raw"]
        shown = {"_raw", "_time", "host", "source", "sourcetype"} & set(one.body)
        assert set(record["document"]) <= shown
        assert record["label"] == one.label


def test_labels_beside_a_text_say_which_lines_an_event_has() -> None:
    part = _part("text", "splunk_wineventlog:classic")
    assert part.sidecar is not None
    lines = part.written.data.decode().split("\n")
    labels = [json.loads(line) for line in part.sidecar[1].decode().splitlines()]
    for label, one in zip(labels, part.written.kept, strict=True):
        first = label["line"] - 1
        assert "\n".join(lines[first : first + label["lines"]]) == one.body["_raw"]
        assert (label["name"], label["label"]) == (one.name, one.label)
    assert max(label["lines"] for label in labels) > 3


@pytest.mark.parametrize("value", HOSTILE)
def test_event_xml_holds_any_text(value: str) -> None:
    document = _document(_event(Name=value, **{"x'<&": "odd name"}))
    written = formats.get("evtx-xml").write([document])
    assert written.kept, written.left_out
    (record,) = formats.get("evtx-xml").read(written.data)
    assert record["document"] == document.document


@pytest.mark.parametrize("char", ["\0", "\x08", "\x1b", "\ufffe", "\ud800"])
def test_event_xml_leaves_out_what_xml_cannot_hold(char: str) -> None:
    good = _document(_event(Name="good"), "good")
    written = formats.get("evtx-xml").write([_document(_event(Name=f"a{char}b")), good])
    assert [one.name for one in written.kept] == ["good"]
    ((reason, count),) = written.left_out.items()
    assert "XML 1.0" in reason
    assert count == 1


def test_event_xml_is_as_windows_writes_it() -> None:
    data = formats.get("evtx-xml").write([_document(_event(Name="a<b"))]).data.decode()
    assert data == (
        "<Events>\n<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='P'/><EventID>1</EventID><Correlation/><Channel>Security</Channel>"
        "<Security/></System>"
        "<EventData><Data Name='Name'>a&lt;b</Data></EventData></Event>\n</Events>\n"
    )


SHARED = Path(__file__).parents[3] / "shared" / "vendors" / "samples" / "splunk_ta_windows"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared samples are not beside this checkout")
def test_event_xml_of_real_events_comes_out_as_it_was() -> None:
    """Read and written again, byte for byte: the events that Splunk shows of its add-on's input."""
    found = formats.get("evtx-xml")
    count = 0
    for path in sorted(SHARED.glob("*.json")):
        for sample in json.loads(path.read_text("utf-8")):
            xml = sample.get("example_log") or ""
            if not xml.startswith("<Event ") or not xml.endswith("</Event>"):
                continue
            (record,) = found.read(f"<Events>{xml}</Events>".encode())
            written = found.write([_document(record["document"])])
            assert written.data.decode() == f"<Events>\n{xml}\n</Events>\n"
            count += 1
    assert count >= 10


def test_a_document_type_is_refused() -> None:
    text = b'<!DOCTYPE a [<!ENTITY b "c">]><Events><Event>&b;</Event></Events>'
    with pytest.raises(NotWritten, match="document type"):
        formats.get("evtx-xml").read(text)


@pytest.mark.parametrize(
    ("bodies", "column"),
    [
        ([{"a": {"b": 1, "c": [True]}}, {"a": {"b": 2}}], "document"),
        ([{"a": 1}, {"a": "text"}], "document_json"),
        ([{"a": None}], "document_json"),
        ([{"a": {}}, {"a": {"b": 1}}], "document"),
        ([{"a": {}}], "document_json"),
        ([{"a": []}, {"a": ["b"]}], "document"),
        ([], "document_json"),
        ([{"a": 2**80}], "document_json"),
        ([{"a": 1}, {"a": 1.5}], "document_json"),
        ([{"a": "\ud800"}], "document_json"),
    ],
    ids=[
        "same types",
        "other types",
        "null",
        "empty object",
        "only empty",
        "empty list",
        "nothing",
        "large",
        "int and float",
        "half",
    ],
)
def test_parquet_nests_where_nothing_is_lost(bodies: list[dict[str, Any]], column: str) -> None:
    found = formats.get("parquet")
    written = found.write([_document(one, str(place)) for place, one in enumerate(bodies)])
    assert column in pq.read_table(io.BytesIO(written.data)).column_names
    assert [one["document"] for one in found.read(written.data)] == bodies


@pytest.mark.parametrize("value", ["\ud800 half", "\u2028", "\x00"])
@pytest.mark.parametrize("format_", ["jsonl", "splunk-hec"])
def test_json_lines_hold_any_text(format_: str, value: str) -> None:
    found = formats.get(format_)
    written = found.write([_document({"a": value})])
    assert written.data.count(b"\n") == 1
    assert found.read(written.data)[0]["document"] == {"a": value}


@pytest.mark.parametrize("format_", formats.names())
def test_garbage_is_told(format_: str) -> None:
    if format_ == "text":
        with pytest.raises(NotWritten):
            formats.get(format_).read(b"\xff\n")
        return
    for data in (b"{", b"[1]\n", b'{"document": 1}\n', b"\xff\xfe", b"<Events>", b"null"):
        with pytest.raises(NotWritten):
            formats.get(format_).read(data)


@pytest.mark.parametrize(
    ("rule", "schema", "code"),
    [(MASTER_KEY, "winlogbeat", "format-schema"), (KEY_FILE, "sigma", "format-schema")],
    ids=["another source", "no source of Windows"],
)
def test_event_xml_is_for_event_logs_only(rule: Any, schema: str, code: str) -> None:
    (loaded,) = harness.load_rules(rule)
    with pytest.raises(InvalidInput) as caught:
        make(loaded, Wanted(format="evtx-xml", schemas=(schema,)))
    assert [one.code for one in caught.value.diagnostics] == [code]
