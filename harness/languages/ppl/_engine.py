"""What changed between versions of the SQL plugin, as facts about one version.

The release notes of https://github.com/opensearch-project/sql/tree/main/release-notes say which
version brought what; pull requests are named where they tell more.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.ir import Context
from harness.languages._elastic.opensearch import flag, release

_STRING_ESCAPES = (3, 0)
_CALCITE = (3, 3)
_CASE_SETTING = (3, 4)
_NULLS = (3, 7)
_TYPED_SEARCH = (3, 9)


@dataclass(frozen=True, slots=True)
class Engine:
    """One version of the engine."""

    release: tuple[int, int]
    legacy: bool

    @property
    def calcite(self) -> bool:
        """Whether the engine is the one on Apache Calcite (#4372): three-valued logic."""
        return self.release >= _CALCITE

    @property
    def string_escapes(self) -> bool:
        """Whether a backslash in a string escapes a quote and itself (#1206)."""
        return self.release >= _STRING_ESCAPES

    @property
    def leaks_nulls(self) -> bool:
        """Whether some negations keep rows without the field (#5236, #5337, #5338)."""
        return _CALCITE <= self.release < _NULLS

    @property
    def null_predicate(self) -> bool:
        """Whether ``IS NULL`` is there (#5278)."""
        return self.release >= _NULLS

    @property
    def like_minds_case(self) -> bool:
        """Whether LIKE minds letter case by default (#4837)."""
        return self.release >= _CASE_SETTING and not self.legacy

    @property
    def like_takes_case(self) -> bool:
        """Whether like() has a third argument, and ilike() is there (#4837)."""
        return self.release >= _CASE_SETTING

    @property
    def like_escapes_itself(self) -> bool:
        r"""Whether ``\\`` in a pattern is one backslash (#5653)."""
        return self.release >= _TYPED_SEARCH

    @property
    def typed_search(self) -> bool:
        """Whether the search command writes a value as its field's type wants it (#5697)."""
        return self.release >= _TYPED_SEARCH


def engine(context: Context) -> Engine:
    """Return the engine that the options mean."""
    return Engine(release(context.options), flag(context.options, "legacy", default=True))
