"""YAML that somebody wrote: plain values, each with its place, read safely from untrusted text.

Scalars get the types of YAML 1.1 as PyYAML's safe loader gives them (https://yaml.org/type/).
Everything else is stricter than PyYAML: duplicate keys, keys that are no scalars, collections
with a tag, and texts beyond the :class:`Limits` are refused. libyaml only delivers events
here; the tree is built in this module, so that depth and size are known while reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

import yaml
from yaml.constructor import SafeConstructor

from harness.errors import Diagnostic
from harness.source import QuerySyntaxError, Source, Span

ScalarValue = str | int | float | bool | bytes | date | None
Path = tuple[str | int, ...]


class YamlError(QuerySyntaxError):
    """A text is no YAML, or YAML that this module refuses."""

    def diagnostic(self) -> Diagnostic:
        """Return the error as a value, for a report of all errors of a file."""
        return Diagnostic(
            code="yaml",
            message=self.message,
            place=self.place,
            hint=self.hint,
            excerpt=self.source.excerpt(self.span),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much YAML is read before it is refused; aliases count as what they stand for."""

    characters: int = 1_000_000
    depth: int = 64
    nodes: int = 200_000
    documents: int = 1_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True, eq=False)
class YamlScalar:
    """A scalar. ``verbatim`` is where its text begins in the source, if it stands there as is."""

    value: ScalarValue
    span: Span
    verbatim: int | None = None

    def part(self, start: int, end: int) -> Span:
        """Return the place of a slice of the text; of the whole scalar where it is rewritten."""
        if self.verbatim is None:
            return self.span
        return Span(self.verbatim + start, self.verbatim + end)


@dataclass(frozen=True, slots=True, eq=False)
class YamlSequence:
    """A list."""

    items: tuple[YamlNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value."""

    key: YamlScalar
    value: YamlNode


@dataclass(frozen=True, slots=True, eq=False)
class YamlMapping:
    """A mapping; keys are unique and in the order of the text."""

    entries: tuple[Entry, ...]
    span: Span

    def entry(self, key: ScalarValue) -> Entry | None:
        """Return the entry of a key; ``None`` where there is none."""
        return next((item for item in self.entries if item.key.value == key), None)

    def get(self, key: ScalarValue) -> YamlNode | None:
        """Return the value of a key; ``None`` where there is none."""
        found = self.entry(key)
        return None if found is None else found.value


YamlNode = YamlScalar | YamlSequence | YamlMapping


def plain(node: YamlNode) -> Any:
    """Return a node as plain Python dicts, lists and scalars."""
    match node:
        case YamlScalar(value):
            return value
        case YamlSequence(items):
            return [plain(item) for item in items]
        case YamlMapping(entries):
            return {item.key.value: plain(item.value) for item in entries}


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One YAML document."""

    root: YamlNode
    source: Source

    def plain(self) -> Any:
        """Return the document as plain Python values."""
        return plain(self.root)

    def node(self, path: Path) -> YamlNode:
        """Return the node at a path of keys and indexes; raises ``KeyError`` if there is none."""
        return self._walk(path)[-1][1]

    def span(self, path: Path = ()) -> Span:
        """Return the place of the value at a path."""
        return self.node(path).span

    def key_span(self, path: Path) -> Span:
        """Return the place of the key at the end of a path; of the item in a list."""
        return self._walk(path)[-1][0]

    def _walk(self, path: Path) -> list[tuple[Span, YamlNode]]:
        steps = [(self.root.span, self.root)]
        for step in path:
            here = steps[-1][1]
            entry = here.entry(step) if isinstance(here, YamlMapping) else None
            if entry is not None:
                steps.append((entry.key.span, entry.value))
            elif isinstance(here, YamlSequence) and step in range(len(here.items)):
                item = here.items[int(step)]
                steps.append((item.span, item))
            else:
                raise KeyError(path)
        return steps


def load(source: Source, limits: Limits = LIMITS) -> Document:
    """Return the one document of a text; raises :class:`YamlError` for none or several."""
    found = load_all(source, limits)
    if not found:
        message = "the text holds no YAML document"
        raise YamlError(message, source, Span(0, 0))
    if len(found) > 1:
        message = "the text holds several YAML documents"
        raise YamlError(message, source, found[1].span(), "keep one document, without '---'")
    return found[0]


def load_all(source: Source, limits: Limits = LIMITS) -> tuple[Document, ...]:
    """Return the documents of a text; raises :class:`YamlError` at the first fault."""
    _check_text(source, limits)
    return _Builder(source, limits).documents()


_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # https://yaml.org/spec/1.1/#c-printable
_MAX_TAG_DIRECTIVES = 16  # libyaml compares each with all before it


def _check_text(source: Source, limits: Limits) -> None:
    if len(source.text) > limits.characters:
        message = f"the YAML text is longer than {limits.characters} characters"
        raise YamlError(message, source, Span(0, 0))
    bad = _FORBIDDEN.search(source.text)
    if bad is not None:
        message = f"the character U+{ord(bad.group()):04X} is not allowed in YAML"
        hint = 'write it as an escape in double quotes, as "\\x00"'
        raise YamlError(message, source, Span(*bad.span()), hint)
    if source.text.count("%TAG") > _MAX_TAG_DIRECTIVES:
        message = "the YAML text declares too many tags"
        raise YamlError(message, source, Span(0, 0))


_MERGE = "tag:yaml.org,2002:merge"
_STR = "tag:yaml.org,2002:str"
_TYPES = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "binary", "timestamp")
)
_LONGEST_TYPED = 1_000
"""Characters of a scalar that is not text; number conversion is not linear in the length."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A node that an alias can stand for, with its expanded size and height."""

    node: YamlNode
    nodes: int
    height: int


class _Builder:
    """Builds trees from libyaml's events."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._loader: Any = yaml.CSafeLoader(source.text)
        self._bom = 1 if source.text.startswith("\ufeff") else 0  # libyaml does not count it
        self._constructor = SafeConstructor()
        self._anchors: dict[str, _Anchor] = {}
        self._nodes = 0
        self._depth = 0
        self._height = 0

    def documents(self) -> tuple[Document, ...]:
        """stream: document*."""
        found: list[Document] = []
        self._next()
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if len(found) == self._limits.documents:
                self._fail(event, f"the text holds more than {self._limits.documents} documents")
            self._anchors = {}
            found.append(Document(self._node(self._next()), self._source))
            self._next()
        return tuple(found)

    def _next(self) -> Any:
        try:
            return self._loader.get_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = 0 if mark is None else min(self._bom + mark.index, len(self._source.text))
            tab = self._source.text[at : at + 1] == "\t"
            hint = "indent with spaces, YAML forbids tabs there" if tab else ""
            message = f"the YAML is broken: {error.problem or error.context}"
            raise YamlError(message, self._source, Span(at, at + 1), hint) from error
        except yaml.YAMLError as error:
            message = f"the YAML is broken: {error}"
            raise YamlError(message, self._source, Span(0, 0)) from error

    def _node(self, event: Any) -> YamlNode:
        """node: ALIAS | SCALAR | sequence | mapping."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before, outer = self._nodes, self._height
        self._count(event, 1)
        self._height = 0
        self._depth += 1
        if self._depth > self._limits.depth:
            self._fail(event, f"the YAML is nested deeper than {self._limits.depth} levels")
        node: YamlNode
        match event:
            case yaml.ScalarEvent():
                node = self._scalar(event, self._tag(event))
            case yaml.SequenceStartEvent():
                node = self._sequence(event)
            case _:
                node = self._mapping(event)
        self._depth -= 1
        height = self._height + 1
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(node, self._nodes - before, height)
        self._height = max(outer, height)
        return node

    def _alias(self, event: Any) -> YamlNode:
        known = self._anchors.get(event.anchor)
        if known is None:
            self._fail(event, f"the alias '*{event.anchor}' stands for nothing before it")
        self._count(event, known.nodes)
        if self._depth + known.height > self._limits.depth:
            self._fail(event, f"the YAML is nested deeper than {self._limits.depth} levels")
        self._height = max(self._height, known.height)
        return known.node

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            self._fail(event, f"the YAML holds more than {self._limits.nodes} values")

    def _sequence(self, start: Any) -> YamlSequence:
        """sequence: node* END."""
        self._refuse_tag(start)
        items: list[YamlNode] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return YamlSequence(tuple(items), self._span(start, event))

    def _mapping(self, start: Any) -> YamlMapping:
        """mapping: (SCALAR node)* END."""
        self._refuse_tag(start)
        entries: dict[ScalarValue, Entry] = {}
        merged: list[Entry] = []
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent) and self._tag(event) == _MERGE:
                merged.extend(self._merged(event))
                continue
            key = self._key(event)
            if key.value in entries:
                line, _ = self._source.line_column(entries[key.value].key.span.start)
                message = f"the key {key.value!r} occurs twice, first in line {line}"
                raise YamlError(message, self._source, key.span, "merge the two or rename one")
            entries[key.value] = Entry(key, self._node(self._next()))
        for entry in merged:
            entries.setdefault(entry.key.value, entry)
        return YamlMapping(tuple(entries.values()), self._span(start, event))

    def _key(self, event: Any) -> YamlScalar:
        node = self._node(event)
        if not isinstance(node, YamlScalar):
            self._fail(event, "a list or mapping is used as a key", "use text as the key")
        return node

    def _merged(self, event: Any) -> Iterator[Entry]:
        """merge: '<<' (mapping | list of mappings); see https://yaml.org/type/merge.html ."""
        value = self._node(self._next())
        maps = value.items if isinstance(value, YamlSequence) else (value,)
        for item in maps:
            if not isinstance(item, YamlMapping):
                self._fail(event, "'<<' merges something that is no mapping", "quote the key '<<'")
            yield from item.entries

    def _tag(self, event: Any) -> str:
        if event.tag is not None and event.tag != "!":
            return str(event.tag)
        return str(self._loader.resolve(yaml.ScalarNode, event.value, event.implicit))

    def _scalar(self, event: Any, tag: str) -> YamlScalar:
        span = self._span(event, event)
        verbatim = span.start + (1 if event.style in ("'", '"') else 0)
        if self._source.text[verbatim : verbatim + len(event.value)] != event.value:
            verbatim = -1
        value = self._typed(event, tag)
        return YamlScalar(value, span, None if verbatim < 0 else verbatim)

    def _typed(self, event: Any, tag: str) -> ScalarValue:
        if tag == _STR:
            return str(event.value)
        if tag not in _TYPES:
            name = tag.removeprefix("tag:yaml.org,2002:")
            self._fail(event, f"the scalar has the type {name!r}", "put it into quotes")
        try:
            if len(event.value) > _LONGEST_TYPED and not tag.endswith("binary"):
                self._fail(event, "the number is too long", "put it into quotes")
            convert = SafeConstructor.yaml_constructors[tag]
            value: ScalarValue = convert(self._constructor, yaml.ScalarNode(tag, event.value))
        except (ValueError, KeyError, OverflowError, yaml.YAMLError):
            name = tag.removeprefix("tag:yaml.org,2002:")
            self._fail(event, f"the scalar is no valid {name}", "put it into quotes")
        return value

    def _refuse_tag(self, event: Any) -> None:
        if not event.implicit and event.tag not in (
            "!",
            "tag:yaml.org,2002:seq",
            "tag:yaml.org,2002:map",
        ):
            self._fail(event, f"the tag {event.tag!r} is not supported", "take the tag away")

    def _span(self, first: Any, last: Any) -> Span:
        start = self._bom + first.start_mark.index
        end = max(start, self._bom + last.end_mark.index)
        text = self._source.text
        while end > start and text[end - 1].isspace():
            end -= 1
        return Span(start, end)

    def _fail(self, event: Any, message: str, hint: str = "") -> NoReturn:
        raise YamlError(message, self._source, self._span(event, event), hint)
