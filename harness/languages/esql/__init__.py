"""ES|QL, the piped query language of Elasticsearch: the rows that pass ``WHERE`` and ``LIMIT``.

``LANGUAGE`` is what the registry reads. A query goes through ``tokens``, ``expressions`` and
``commands`` (text to syntax), ``columns``, ``analysis`` and ``calls`` (names and types),
``translate`` (predicate) and ``pipeline`` (the whole query).
"""

from __future__ import annotations

from harness.ir import Lookup, Semantics
from harness.languages._base import Language, Option
from harness.languages.esql.operators import OPERATORS
from harness.languages.esql.pipeline import parse

__all__ = ["LANGUAGE"]

LANGUAGE = Language(
    name="esql",
    title="Elasticsearch ES|QL",
    reference="https://www.elastic.co/docs/reference/query-languages/esql",
    semantics=Semantics(
        lookup=Lookup.PATH,
        operators=OPERATORS,
        typed=True,
        notes=(
            "A comparison with a missing value is null, and so is its negation: no match.",
            (
                "Several values where one is wanted are null as well; only ':' and MV_ functions "
                "look at each."
            ),
            "A column that no index maps is an error of the whole query.",
            (
                "A text constant is read as a date, address, version or boolean where the column "
                "is one; other types do not mix."
            ),
            "Commands that make other rows (STATS and its like) are not evaluated.",
            "Which rows LIMIT leaves is undefined without a SORT that tells them apart.",
            "The limit of 1,000 rows that Elasticsearch adds is not applied.",
        ),
    ),
    parse=parse,
    extensions=(".esql",),
    options=(
        Option(
            name="unmapped",
            default="error",
            summary="What a column outside the mapping is: 'error', as in Elasticsearch, or "
            "'missing', for the fields of other data streams in the same index pattern.",
        ),
    ),
)
