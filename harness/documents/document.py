"""A labelled activity as one schema records it, mutated or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.events.model import Label, Sample
from harness.mutations import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a query sees, and what it must do about it.

    ``mutation`` is the name of the mutation, or ``None``; ``detail`` says what it changed;
    ``effect`` whether the label still binds.
    """

    sample: Sample
    schema: str
    body: Mapping[str, Any]
    mutation: str | None = None
    detail: str = ""
    family: str = ""
    shape: str = ""
    effect: Effect = Effect.KEEPS
    mutated: Mapping[str, Any] | None = None
    """The activity's values after a mutation of the activity; otherwise the sample's hold."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the activity that the document records."""
        return self.sample.activity.values if self.mutated is None else self.mutated

    @property
    def label(self) -> str:
        """``"malicious"`` or ``"benign"``."""
        return self.sample.label.value

    @property
    def malicious(self) -> bool:
        """Whether a query must return this document."""
        return self.sample.label is Label.MALICIOUS

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object that the query sees."""
        return dict(self.body)

    @property
    def activity(self) -> dict[str, Any]:
        """The unmutated activity, which the label is about: its kind and values."""
        values = self.sample.activity.values
        given = {name: value for name, value in values.items() if value is not None}
        return {"kind": self.sample.activity.kind, **given}

    @property
    def name(self) -> str:
        """A name that is unique within the corpus of a rule and schema."""
        return (
            f"{self.sample.name}/{self.mutation}/{self.detail}"
            if self.mutation
            else self.sample.name
        )

    @property
    def size(self) -> int:
        """The length of the document as JSON, to pick the smallest witness."""
        return len(json.dumps(self.body, default=str))
