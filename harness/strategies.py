"""Hypothesis strategies for properties of your own: events near the border of a rule.

* :func:`activities` draws what may have happened, vendor-neutral;
* :func:`documents` draws it as a data source records it, with its label;
* :func:`near_misses` draws values that differ a little from one.

What they draw first, and shrink towards, is the plainest event that the rule is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from harness import schemas
from harness.documents.document import Document
from harness.events.corpus import samples_of
from harness.events.intent import Intent, intent_of
from harness.events.kinds import CLOCK
from harness.events.model import Activity, Sample
from harness.fuzz import _texts
from harness.fuzz._space import Space, space_of
from harness.ir import Context, Query
from harness.ruleset.mapping import index_types
from harness.ruleset.model import Rule
from harness.run.queries import parse_query
from harness.source import QuerySyntaxError, Unsupported

__all__ = ["activities", "documents", "near_misses"]


def activities(rule: Rule, *, schema: str | None = None, seed: int = 0) -> SearchStrategy[Activity]:
    """Return a strategy for activities of a rule's kind, near the border of what it is about.

    Args:
        rule: A rule from :func:`harness.load_rules`.
        schema: The data source whose translations are looked at beside the reference, as for
            :func:`documents`; default: the reference's own.
        seed: Of the generated events that are changed.
    """
    intent = intent_of(rule)
    name = schema or intent.schema.label
    space = _space(rule, intent, name, seed)

    def activity(values: dict[str, Any]) -> Activity:
        return Activity(kind=intent.kind, values=values)

    return space.activities().map(activity)


def documents(rule: Rule, schema: str, *, seed: int = 0) -> SearchStrategy[Document]:
    """Return a strategy for labelled documents of a rule, as one schema records them.

    A document is like those of :func:`harness.corpus`: ``document`` is what a query sees,
    ``malicious`` whether the rule's reference fires on it.

    Args:
        rule: A rule from :func:`harness.load_rules`.
        schema: A name from ``harness schemas``, with ``@version`` or ``:variant`` if wanted.
            What the rule's translations for it test is looked at beside the reference.
        seed: Of the generated events that are changed.
    """
    intent = intent_of(rule)
    space = _space(rule, intent, schema, seed)
    return _documents(intent, schema, space)


@st.composite
def _documents(draw: DrawFn, intent: Intent, schema: str, space: Space) -> Document:
    recorded = schemas.get(schema)
    kind = intent.kind
    values = draw(space.activities().filter(lambda one: not recorded.unrecorded(kind, one)))
    sample = Sample(
        name="drawn",
        label=intent.label(values),
        family="drawn",
        because="drawn by harness.strategies",
        activity=Activity(kind=kind, values=values),
    )
    return Document(sample=sample, schema=recorded.name, body=recorded.render(kind, values))


def near_misses(value: str | int) -> SearchStrategy[Any]:
    """Return a strategy for values that differ a little from one, as languages see values.

    Letters in another case, a character more or less, wildcard characters as text, doubled and
    missing backslashes, and letters after a backslash that some language reads together with it.
    """
    return st.sampled_from([value, *dict.fromkeys(_texts.near(value))])


def _space(rule: Rule, intent: Intent, schema: str, seed: int) -> Space:
    samples = samples_of(rule, intent, seed=seed)
    queries = list(_queries(rule, schema))
    return space_of(intent, schemas.get(schema), queries, samples.samples, seed=seed)


def _queries(rule: Rule, schema: str) -> Iterator[Query]:
    """Yield the translations of a rule for a schema, as far as they can be read."""
    types = schemas.get(schema).types(rule.kind)
    for one in rule.translations:
        if schema not in one.schemas:
            continue
        known = index_types(one, schemas.get(schema).name, types)
        try:
            yield parse_query(one, Context(types=known, now=CLOCK, options=dict(one.options)))
        except (QuerySyntaxError, Unsupported):
            continue
