"""A YAML file as plain values, with the place of every value in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.source import Source
from harness.yamlsource import Document as Tree
from harness.yamlsource import YamlError, load

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: what it says, and where."""

    data: Any
    tree: Tree

    def problem(self, pointer: Pointer, message: str, hint: str = "") -> Diagnostic:
        """Return a diagnostic about the value at ``pointer``, or its nearest parent."""
        while True:
            try:
                span = self.tree.span(pointer)
                break
            except KeyError:
                pointer = pointer[:-1]
        return Diagnostic(
            code="invalid-schema",
            message=message,
            place=self.tree.source.place(span),
            hint=hint,
            excerpt=self.tree.source.excerpt(span),
        )


def read(text: str, name: str) -> Document:
    """Return the only YAML document in ``text``."""
    try:
        tree = load(Source(text, name))
    except YamlError as error:
        raise InvalidInput([error.diagnostic()]) from error
    return Document(tree.plain(), tree)
