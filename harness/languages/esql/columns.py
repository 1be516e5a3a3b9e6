"""The columns that a command sees: those of the mapping, and those that commands define."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from harness.ir import Context, FieldType, Glob, Wild
from harness.languages._elastic import fields
from harness.languages._elastic.mapping import all_names
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.esql.syntax import Name, Project, Rename
from harness.languages.esql.tokens import name_value
from harness.languages.esql.typed import Column, Constant, Defined, Node, Opaque, below
from harness.source import Source, Span, Unsupported

MAX_DEPTH = 60
"""Nesting of a column's expression, columns defined before counted in."""
MAX_SIZE = 2_000
"""Operations in a column's expression, columns defined before counted in."""
_TYPES = {
    "boolean": "boolean",
    "byte": "integer",
    "short": "integer",
    "integer": "integer",
    "long": "long",
    "unsigned_long": "unsigned_long",
    "double": "double",
    "float": "double",
    "half_float": "double",
    "scaled_float": "double",
    "keyword": "keyword",
    "wildcard": "keyword",
    "constant_keyword": "keyword",
    "text": "text",
    "match_only_text": "text",
    "date": "datetime",
    "date_nanos": "date_nanos",
    "ip": "ip",
    "version": "version",
}
"""The column type of an index type."""
_NOT_MODELLED = frozenset(
    {"aggregate_metric_double", "cartesian_point", "cartesian_shape", "counted_keyword"}
    | {"dense_vector", "geo_point", "geo_shape", "point", "semantic_text", "shape"}
)
"""Index types that ES|QL takes and the harness does not."""
_METADATA_TYPES = {"_version": "long", "_score": "double", "_size": "integer"}
_AS = {
    "keyword": "keyword",
    "text": "keyword",
    "integer": "double",
    "long": "double",
    "unsigned_long": "double",
    "double": "double",
    "boolean": "boolean",
    "ip": "ip",
    "datetime": "date",
    "date_nanos": "date_nanos",
    "version": "version",
}
"""The index type that a column outside the mapping is given, by what it is used with."""


@dataclass(slots=True)
class Scope:
    """The columns at one place of a query; commands change it as they are read.

    ``defined`` holds what commands set, ``hidden`` and ``kept`` patterns of names that are
    gone or that alone are left. ``opaque``: a command that may have set any column. ``nullify``
    makes a column that no index maps null.
    """

    source: Source
    context: Context
    metadata: frozenset[str] = frozenset()
    nullify: bool = False
    defined: dict[str, Node] = field(default_factory=dict)
    hidden: list[Glob] = field(default_factory=list)
    kept: list[list[Glob]] = field(default_factory=list)
    opaque: Unsupported | None = None

    @property
    def open(self) -> bool:
        """Whether columns outside the mapping count as mapped."""
        return bool(self.context.options.get("unmapped", "error") == "missing")

    def column(self, name: Name) -> Node:
        """Return what a name stands for."""
        own = self.defined.get(name.path)
        if own is not None:
            return own if isinstance(own, Opaque) else _placed(own, name.span)
        if self.opaque is not None:
            return Opaque(self.opaque, name.span)
        if not self._visible(name.path):
            raise self._unknown(name, "no command before leaves it")
        return self._mapped(name)

    def _visible(self, path: str) -> bool:
        return not any(pattern.accepts(path) for pattern in self.hidden) and all(
            any(pattern.accepts(path) for pattern in patterns) for patterns in self.kept
        )

    def _mapped(self, name: Name) -> Node:
        if name.path in self.metadata:
            return self._metadata(name)
        found = fields.resolve(name.path, self.context)
        if found is None:
            return self._unmapped(name)
        kind = found.type.name
        if kind in _NOT_MODELLED:
            feature = f"the index type {kind!r}"
            error = unsupported(self.source, name.span, feature, "its values are not modelled")
            return Opaque(error, name.span)
        if kind not in _TYPES or not found.sources:
            message = f"column {name.path!r} has the type {kind!r}, which ES|QL does not support"
            raise syntax_error(self.source, name.span, message)
        return Column(
            path=found.path, field=found, type=_TYPES[kind], context=self.context, span=name.span
        )

    def _metadata(self, name: Name) -> Column:
        kind = _METADATA_TYPES.get(name.path, "keyword")
        own = FieldType(name=kind)
        found = fields.Field(path=name.path, sources=(name.path,), type=own)
        return Column(
            path=name.path,
            field=found,
            type=_TYPES[kind],
            context=self.context,
            span=name.span,
            always=True,
        )

    def _unmapped(self, name: Name) -> Node:
        if self.nullify:
            return Constant(None, "null", name.span)
        if not self.open or name.path in self.context.types:
            raise self._unknown(name, "no index maps it")
        own = FieldType(name="keyword")
        found = fields.Field(path=name.path, sources=(name.path,), type=own)
        return Column(
            path=name.path, field=found, type="unknown", context=self.context, span=name.span
        )

    def _unknown(self, name: Name, why: str) -> Exception:
        near = get_close_matches(name.path, self._names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near and near[0] != name.path else ""
        message = f"unknown column {name.path!r}: {why}"
        return syntax_error(self.source, name.span, message, hint)

    def _names(self) -> Iterator[str]:
        yield from self.defined
        names = {*all_names(self.context), *self.context.types, *self.metadata}
        yield from (name for name in sorted(names) if self._visible(name))

    # Commands ----------------------------------------------------------------------------------

    def define(self, name: str, node: Node, span: Span) -> None:
        """Set a column."""
        if not isinstance(node, Opaque) and (depth(node) > MAX_DEPTH or size(node) > MAX_SIZE):
            feature = f"the expression of column {name!r}"
            node = Opaque(unsupported(self.source, span, feature, "it is too long"), span)
        self.defined[name] = node

    def project(self, command: Project) -> None:
        """Leave or take out the columns of some patterns."""
        patterns = []
        for text, span in command.patterns:
            pattern = _pattern(text)
            if not _has_star(text):
                self._check_known(Name(name_value(text), span))
            elif not self._known_match(pattern):
                message = f"no column fits the pattern {text!r}"
                raise syntax_error(self.source, span, message)
            patterns.append(pattern)
        keeps = command.command == "KEEP"
        for name in list(self.defined):
            if any(pattern.accepts(name) for pattern in patterns) is not keeps:
                del self.defined[name]
        if keeps:
            self.kept.append(patterns)
        else:
            self.hidden.extend(patterns)

    def _check_known(self, name: Name) -> None:
        """Raise where there is no such column; one of an index type that is not taken will do."""
        if name.path in self.defined or self.opaque is not None or name.path in self.metadata:
            return
        if not self._visible(name.path):
            raise self._unknown(name, "no command before leaves it")
        if fields.resolve(name.path, self.context) is None:
            self._unmapped(name)

    def _known_match(self, pattern: Glob) -> bool:
        if self.open or self.opaque is not None or pattern.pieces == (Wild.ANY,):
            return True
        return any(pattern.accepts(name) for name in self._names())

    def rename(self, command: Rename) -> None:
        """Give columns other names."""
        for old, new in command.pairs:
            node = self.column(old)
            self.defined.pop(old.path, None)
            self.hidden.append(Glob((old.path,)))
            self.defined[new.path] = node


def _placed(node: Node, span: Span) -> Node:
    """Return a column that is used at a place of its own."""
    if isinstance(node, Column | Constant):
        return replace(node, span=span)
    return Defined(node, depth(node), size(node), node.type, span)


def depth(node: Node) -> int:
    """Return how deep an expression is, the columns that it uses counted in."""
    if isinstance(node, Defined):
        return node.depth + 1
    return 1 + max(map(depth, below(node)), default=0)


def size(node: Node) -> int:
    """Return how many operations an expression has, the columns that it uses counted in."""
    if isinstance(node, Defined):
        return node.size
    return 1 + sum(map(size, below(node)))


def as_used(node: Node, kind: str) -> Node:
    """Return a column of unknown type with the index type that goes with its use."""
    if not isinstance(node, Column) or node.type != "unknown" or kind not in _AS:
        return node
    own = FieldType(name=_AS[kind])
    return replace(
        node,
        type="unknown" if own.name == "double" else _TYPES[own.name],
        field=replace(node.field, type=own),
        context=replace(node.context, types={**node.context.types, node.path: own}),
    )


def _has_star(text: str) -> bool:
    return "*" in re.sub(r"`[^`]*`", "", text)


def _pattern(text: str) -> Glob:
    pieces = [piece for piece in re.split(r"(`(?:[^`]|``)*`|\*+)", text) if piece]
    return Glob(tuple(Wild.ANY if piece[0] == "*" else name_value(piece) for piece in pieces))
