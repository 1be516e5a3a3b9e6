"""What a rule means: its reference, read on activities rendered in the reference's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from harness import languages, schemas
from harness.evaluate.remembered import Remembered
from harness.events.asked import FREE_TEXT, Asked, looks_anywhere, types_of
from harness.events.kinds import CLOCK
from harness.events.model import Label
from harness.ir import And, Context, Predicate, Semantics, Truth, fields_of
from harness.ruleset import logsource
from harness.ruleset.mapping import index_types
from harness.ruleset.model import Rule
from harness.schemas import Schema


@dataclass(frozen=True, kw_only=True)
class Intent:
    """The reference predicate over documents of one schema, for activities of one kind.

    For Sigma the predicate includes the ``scope``, what the log source asks, so an event of
    another channel is benign.
    ``late_by`` is the delay that the rule promises to survive, ``robust`` the mutations.
    """

    kind: str
    schema: Schema
    predicate: Predicate
    semantics: Semantics
    scope: tuple[Predicate, ...] = ()
    late_by: timedelta | None = None
    robust: frozenset[str] = frozenset()

    def truth(self, values: Mapping[str, Any]) -> Truth:
        """Return the reference's outcome on an activity of this kind."""
        return self.truth_on(self.document(values))

    def document(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the reference sees of an activity in its own schema."""
        return self.schema.render(self.kind, values, self._seen)

    def seen(self) -> frozenset[str] | None:
        """Return the fields that the reference looks at; ``None`` for the whole event."""
        return self._seen

    @cached_property
    def _seen(self) -> frozenset[str] | None:
        """The fields that the reference looks at; ``None`` for the whole event."""
        named = frozenset(fields_of(self.predicate))
        return None if "*" in named or looks_anywhere(self.predicate) else named

    def truth_on(self, document: Mapping[str, Any]) -> Truth:
        """Return the reference's outcome on a document of its own schema."""
        return self._decided.truth(document)

    @cached_property
    def _decided(self) -> Remembered:
        return Remembered(self.predicate, self.semantics)

    @cached_property
    def _scoped(self) -> Remembered:
        return Remembered(And(self.scope), self.semantics)

    def in_scope(self, values: Mapping[str, Any]) -> bool:
        """Return whether an activity is of the rule's log source."""
        if not self.scope:
            return True
        return self._scoped.truth(self.document(values)) is Truth.TRUE

    def read_values(self) -> frozenset[str]:
        """Return the names of the activity values that the reference looks at."""
        return self._read_values

    @cached_property
    def _read_values(self) -> frozenset[str]:
        provenance = self.schema.provenance(self.kind)
        names = (provenance.get(path) for path in self.read_fields())
        return frozenset(name for name in names if name)

    def read_fields(self) -> frozenset[str]:
        """Return the names of the fields that the reference looks at."""
        return self._read_fields

    @cached_property
    def _read_fields(self) -> frozenset[str]:
        named = frozenset(fields_of(self.predicate))
        return named | {FREE_TEXT} if looks_anywhere(self.predicate) else named

    def asked_types(self) -> dict[str, Asked]:
        """Return the types that the tests of the reference ask for, where they agree."""
        return types_of(self.predicate)

    def label(self, values: Mapping[str, Any], *, beside: Mapping[str, Any] | None = None) -> Label:
        """Return what the rule must do on an activity: only TRUE means that it must fire.

        ``beside`` is what else stands in the event, in no field that the rule names.
        """
        document = self.document(values)
        fires = self.truth_on({**beside, **document} if beside else document) is Truth.TRUE
        return Label.MALICIOUS if fires else Label.BENIGN


def intent_of(rule: Rule) -> Intent:
    """Return what a rule means.

    Raises ``QuerySyntaxError`` or ``Unsupported`` where the reference cannot be read.
    """
    if rule.unsupported is not None:
        raise rule.unsupported.error()
    reference = rule.reference
    schema = schemas.get(reference.schemas[0])
    language = languages.get(reference.language)
    types = index_types(reference, schema.name, schema.types(rule.kind))
    context = Context(types=types, now=CLOCK, options=dict(reference.options))
    predicate = language.parse(reference.source, context).predicate
    known = schema.kind(rule.kind).values
    asked = logsource.conditions(rule.metadata.logsource)
    scope = tuple(one for one in asked if fields_of(one) <= set(known))
    if scope:
        predicate = And((*scope, predicate))
    return Intent(
        kind=rule.kind,
        schema=schema,
        predicate=predicate,
        semantics=language.semantics,
        scope=scope,
        late_by=rule.promises.late_by,
        robust=frozenset(rule.promises.robust),
    )
