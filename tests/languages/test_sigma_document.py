"""A rule's metadata, its places, and what its predicate is made of."""

from __future__ import annotations

from datetime import date

import pytest

import harness
from harness.ir import (
    ANY_FIELD,
    TEXT,
    Atom,
    Case,
    Context,
    Equals,
    Glob,
    OneOfChars,
    Or,
    Wild,
    walk_predicate,
)
from harness.languages import get
from harness.languages.sigma import (
    LogSource,
    SigmaDocument,
    SigmaFilter,
    predicate_of_document,
    read_documents,
    reader_for,
)
from harness.languages.sigma.views import DECIMAL, NUMERAL
from harness.source import QuerySyntaxError, Source, Unsupported

RULE = r"""title: Service stopped by net
id: 0a9f5e3c-4b1f-4a57-8a5f-0d6b9f3f2c11
name: net_stop
status: test
level: High
description: Somebody stops a service.
author: A. Author
license: MIT
date: 2024-05-06
modified: 2024/6/7
references: [https://example.org/a, 5]
tags: [attack.impact, attack.t1489]
fields: [CommandLine]
falsepositives:
  - Administrators
scope: [server]
logsource:
  category: process_creation
  product: windows
  definition: with command lines
detection:
  selection:
    Image|endswith: '\net.exe'
    CommandLine|contains|windash: ' -stop '
    EventID:
      - 1
      - 4688
  words: evil
  condition: selection or words
"""


def _document(text: str = RULE) -> SigmaDocument:
    (document,) = read_documents(Source(text, "rule.yml"))
    assert isinstance(document, SigmaDocument)
    return document


def _atoms(text: str) -> list[Atom]:
    query = get("sigma").parse(Source(text), Context())
    return [node for node in walk_predicate(query.predicate) if isinstance(node, Atom)]


def test_metadata_is_typed() -> None:
    document = _document()
    assert document.title == "Service stopped by net"
    assert document.id == "0a9f5e3c-4b1f-4a57-8a5f-0d6b9f3f2c11"
    assert (document.name, document.status, document.level) == ("net_stop", "test", "high")
    assert (document.author, document.license) == ("A. Author", "MIT")
    assert (document.date, document.modified) == (date(2024, 5, 6), date(2024, 6, 7))
    assert document.references == ("https://example.org/a", "5")
    assert document.tags == ("attack.impact", "attack.t1489")
    assert document.fields == ("CommandLine",)
    assert document.falsepositives == ("Administrators",)
    assert document.scope == ("server",)
    assert document.logsource == LogSource(
        category="process_creation", product="windows", definition="with command lines"
    )
    assert not document.problems
    assert not document.warnings


def test_attributes_have_places() -> None:
    document = _document()
    assert document.source.place(document.spans["level"]) == "rule.yml:5:8"
    span = document.spans["tags"]
    assert RULE[span.start : span.end] == "[attack.impact, attack.t1489]"


def test_every_problem_is_found_in_the_order_of_the_text() -> None:
    text = RULE.replace("test", "draft").replace("High", "3").replace("2024/6/7", "soon")
    document = _document(text.replace("category: process_creation", "category: 7"))
    assert [(item.message, item.place) for item in document.problems] == [
        (
            "'status' is not one of stable, test, experimental, deprecated, unsupported",
            "rule.yml:4:9",
        ),
        (
            "'level' is not one of informational, low, medium, high, critical",
            "rule.yml:5:8",
        ),
        ("'modified' is not a date like 2024-12-31", "rule.yml:10:11"),
        ("'category' of the log source is no text", "rule.yml:18:13"),
    ]
    assert document.status is None


def test_advice_is_a_warning() -> None:
    text = RULE.replace("0a9f5e3c-4b1f-4a57-8a5f-0d6b9f3f2c11", "rule-1").replace("attack.i", "i")
    document = _document(text)
    assert [item.message for item in document.warnings] == [
        "'id' is no UUID, which pySigma refuses",
        "the tag 'impact' has no namespace",
    ]
    assert not document.problems
    query = get("sigma").parse(Source(text), Context())
    assert query.warnings[0].severity == "warning"


def test_the_predicate_keeps_what_the_author_wrote_and_where() -> None:
    image, command, one, other, word = _atoms(RULE)
    assert (image.field, image.view) == ("Image", TEXT)
    assert image.check == Glob((Wild.ANY, "\\net.exe"), Case.UNICODE)
    assert image.span is not None
    assert RULE[image.span.start : image.span.end] == r"Image|endswith: '\net.exe'"
    assert isinstance(command.check, Glob)
    assert isinstance(command.check.pieces[2], OneOfChars)
    assert (one.check, one.view) == (Equals("1", Case.UNICODE), NUMERAL)
    assert other.span is not None
    assert RULE[other.span.start : other.span.end] == "4688"
    assert word.field is ANY_FIELD
    assert word.check == Glob((Wild.ANY, "evil", Wild.ANY), Case.UNICODE)


def test_a_document_gives_its_predicate_with_filters() -> None:
    text = RULE + (
        "---\ntitle: f\nlogsource: {product: windows}\nfilter:\n  rules: net_stop\n"
        "  ours: {User: svc}\n  condition: ours\n"
    )
    source = Source(text)
    rule, exclusion = read_documents(source)
    assert isinstance(rule, SigmaDocument)
    assert isinstance(exclusion, SigmaFilter)
    assert exclusion.rules == ("net_stop",)
    assert exclusion.applies_to(rule)
    reader = reader_for(source, {})
    assert isinstance(predicate_of_document(rule, reader), Or)
    assert not reader.warnings
    predicate_of_document(rule, reader, (exclusion,))
    assert [item.message for item in reader.warnings] == [
        "the filter keeps only the events that it describes"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ("|endswith", "|endwith", "there is no modifier 'endwith'", "<query>:23:11"),
        ("or words", "or wrods", "there is no search 'wrods'", "<query>:29:27"),
        ("or words", "OR words", "expected an operator, found 'OR'", "<query>:29:24"),
        ("words: evil", "words: {A|gt: '5'}", "'gt' does not take text", "<query>:28:13"),
        ("words: evil", "words: {A|re: '['}", "the regular expression is broken", "<query>:28:13"),
        ("- 4688", "- null", "null stands in a list", "<query>:27:9"),
    ],
)
def test_a_fault_has_its_place(old: str, new: str, message: str, place: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        get("sigma").parse(Source(RULE.replace(old, new)), Context())
    assert message in caught.value.message
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("item", "warnings"),
    [
        ("A|re: 'a(?=b)'", 1),
        (r"A|re: '(a)\1'", 1),
        (r"A|re: '\\(?<!x)y'", 1),
        (r"A|re: '\(?=x'", 0),
        (r"A|re: '\d+(?:x|y)\\1'", 0),
        ("A|contains: 5", 1),
        ("A|hour: 24", 1),
        ("A|hour: 23", 0),
    ],
)
def test_what_is_allowed_and_doubtful_is_a_warning(item: str, warnings: int) -> None:
    text = RULE.replace("words: evil", f"words: {{{item}}}")
    assert len(get("sigma").parse(Source(text), Context()).warnings) == warnings


def test_what_is_not_evaluated_has_its_place() -> None:
    with pytest.raises(Unsupported) as caught:
        get("sigma").parse(Source("title: c\ncorrelation: {type: temporal}\n"), Context())
    assert caught.value.feature == "a correlation rule"
    assert caught.value.place == "<query>:2:1"


def test_a_view_is_special_only_where_numbers_can_match() -> None:
    template = "title: t\nlogsource: {category: c}\ndetection:\n  s: {A: %s}\n  condition: s\n"
    views = {
        text: _atoms(template % text)[0].view
        for text in ("abc", "'5'", "'5*'", "'*'", "''", "'?'", "5", "'5x'", "'1e9'")
    }
    assert [text for text, view in views.items() if view == DECIMAL] == [
        "'5'",
        "'5*'",
        "'?'",
        "'1e9'",
    ]
    assert views["5"] == NUMERAL


@pytest.mark.parametrize("value", [5, {"a": [{}]}, ["x"]])
def test_a_bad_placeholder_option_is_refused(value: object) -> None:
    with pytest.raises(harness.InvalidInput, match="placeholders"):
        harness.match(RULE, language="sigma", events=[], options={"placeholders": value})
