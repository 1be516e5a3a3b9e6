"""The doors of the library that work on whole rules; ``harness`` re-exports them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness import batch, conversion, schemas
from harness.cache import Cache
from harness.conversion.translate import Request, translated
from harness.documents.build import documents
from harness.documents.document import Document
from harness.errors import Diagnostic, InvalidInput
from harness.events.corpus import samples_of
from harness.events.intent import intent_of
from harness.report.results import Collector
from harness.ruleset.model import Rule
from harness.run.plan import Plan


def corpus(rule: Rule, schema: str, *, seed: int = 0) -> list[Document]:
    """Return the labelled documents of a rule in one schema, mutated ones included.

    Args:
        rule: A rule from :func:`harness.load_rules`.
        schema: A name from ``harness schemas``, with ``@version`` or ``:variant`` if wanted;
            ``"sigma"`` is Sigma's own taxonomy, flat.
        seed: The same seed gives the same documents, byte for byte.

    Returns:
        Documents with ``label`` (``"malicious"`` or ``"benign"``), ``document`` (what a query
        sees), ``activity`` (what happened, vendor-neutral) and ``mutation`` (a name or None).

    Raises:
        InvalidInput: There is no such schema, or it does not record the rule's kind.
        QuerySyntaxError: The rule's reference cannot be read.
        Unsupported: The rule's reference is not evaluated yet.
    """
    intent = intent_of(rule)
    built = samples_of(rule, intent, seed=seed)
    return documents(built.samples, intent, schemas.get(schema), seed=seed)


def convert(rule: Rule, language: str) -> list[str]:
    """Return the queries that a converter makes of a Sigma rule.

    Args:
        rule: A rule from :func:`harness.load_rules` whose reference is Sigma.
        language: What to convert to, as ``harness languages`` lists it: ``"lucene@winlogbeat"``,
            or ``"lucene"`` for the first data source that records the rule's kind.

    Returns:
        The texts of the queries; several where the converter splits a rule.

    Raises:
        InvalidInput: There is no such target, the converter is not installed, or it does not
            convert the rule; the message is the converter's reason.
    """
    request = Request(choices=conversion.choose([language], conversion.built_in()))
    made = translated(replace(rule, translations=()), request, Cache(None))
    for one in made.not_converted:
        place = rule.reference.source.name
        message = f"no translation was made: {one.reason} [{one.code}]"
        raise InvalidInput([Diagnostic(code="not-convertible", message=message, place=place)])
    first = made.translations[0]
    return list(first.pieces or (first.source.text,))


def test(rules: Iterable[Rule], *, seed: int = 0, measure: bool = False) -> dict[str, Any]:
    """Run every translation of some rules and return the ``harness/test/1`` document.

    ``measure`` also measures what translations cost, which takes longer and makes the numbers
    of the document differ from run to run.
    """
    collector = Collector(seed)
    batch.run(Plan(rules=tuple(rules), seed=seed, measure=measure), collector)
    return collector.document(times=measure)
