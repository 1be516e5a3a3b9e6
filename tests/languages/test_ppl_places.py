"""Where the conditions of a PPL query stand, those that are made of other queries included."""

from __future__ import annotations

import pytest

from harness.ir import Context, FieldType, children, walk_predicate
from harness.languages import get
from harness.source import Source


@pytest.mark.parametrize(
    "call", ["match(message, 'x y')", "match_phrase(message, 'x')", "query_string('message:x')"]
)
def test_a_full_text_function_stands_where_it_is_written(call: str) -> None:
    text = f"source=logs | where user = 'a' and {call}"
    context = Context(types={"message": FieldType(name="text"), "user": FieldType(name="keyword")})
    query = get("ppl").parse(Source(text), context)
    leaves = [one for one in walk_predicate(query.predicate) if not children(one)]
    spans = [span for one in leaves if (span := getattr(one, "span", None)) is not None]
    assert call in [text[span.start : span.end] for span in spans]
    assert all(text[span.start : span.end] in text for span in spans)
    assert all(span.start >= text.index("user") for span in spans)
