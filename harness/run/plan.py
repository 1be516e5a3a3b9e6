"""What is to be run: rules, seed, and which part of the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.conversion.translate import Request
from harness.engines import Address
from harness.ruleset.model import Rule, Translation


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Rules to test. Empty filters mean everything.

    ``request`` names what Sigma rules are converted to beside the translations they have;
    ``measure`` asks for costs, ``engines`` for the verdicts of real engines that are installed,
    each of which may take ``patience`` seconds for a translation, ``named`` for those that run
    only when they are named, and ``servers`` for those of the user's own.
    """

    rules: tuple[Rule, ...]
    seed: int = 0
    languages: frozenset[str] = field(default_factory=frozenset)
    schemas: frozenset[str] = field(default_factory=frozenset)
    request: Request = field(default_factory=Request)
    measure: bool = True
    engines: bool = False
    named: frozenset[str] = field(default_factory=frozenset)
    patience: float = 10.0
    servers: tuple[Address, ...] = ()

    @property
    def size(self) -> int:
        """The number of cells: translation, version and schema, conversions included."""
        written = sum(1 for rule in self.rules for _ in self.columns(rule))
        return written + len(self.rules) * len(self.request.choices)

    def columns(self, rule: Rule) -> Iterator[tuple[Translation, str, str]]:
        """Yield every (translation, version, schema name) of a rule that the filters keep."""
        for translation in rule.translations:
            if self.languages and translation.language not in self.languages:
                continue
            for version in translation.versions or ("",):
                for schema in translation.schemas:
                    if not self.schemas or schema in self.schemas:
                        yield translation, version, schema
