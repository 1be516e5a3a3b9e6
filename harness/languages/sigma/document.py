"""Sigma documents: the metadata of rules and filters, and a rule's detection as a predicate."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from harness.errors import Diagnostic
from harness.ir import Predicate, all_of, any_of
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.sigma.condition import read_condition
from harness.languages.sigma.detection import Reader, Search, read_search
from harness.source import QuerySyntaxError, Source, Span
from harness.yamlsource import (
    Document,
    YamlMapping,
    YamlNode,
    YamlScalar,
    YamlSequence,
    load_all,
    plain,
)

T = TypeVar("T")

STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
LEVELS = ("informational", "low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """Where a rule's events come from."""

    category: str | None = None
    product: str | None = None
    service: str | None = None
    definition: str | None = None

    def covers(self, other: LogSource) -> bool:
        """Return whether everything that this log source names is the same in ``other``."""
        pairs = (
            (self.category, other.category),
            (self.product, other.product),
            (self.service, other.service),
        )
        return all(mine is None or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmaDocument:
    """A rule's metadata, typed, and its detection section as YAML.

    ``spans`` holds the place of each attribute's value. ``problems`` are the faults for which
    a Sigma processor refuses the rule, ``warnings`` what the specification only advises
    against; an attribute with a problem is left at its default.
    """

    title: str = ""
    id: str | None = None
    name: str | None = None
    status: str | None = None
    level: str | None = None
    description: str | None = None
    author: str | None = None
    license: str | None = None
    taxonomy: str | None = None
    date: dt.date | None = None
    modified: dt.date | None = None
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    logsource: LogSource = LogSource()
    detection: YamlMapping
    source: Source
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)
    problems: tuple[QuerySyntaxError, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmaFilter:
    """A filter: a condition added to every rule that it refers to.

    ``rules`` are ids or names; ``None`` stands for any rule of the log source.
    """

    title: str
    id: str | None
    logsource: LogSource
    rules: tuple[str, ...] | None
    filter: YamlMapping
    source: Source
    span: Span

    def applies_to(self, rule: SigmaDocument) -> bool:
        """Return whether the filter is for this rule."""
        if not self.logsource.covers(rule.logsource):
            return False
        return self.rules is None or bool({rule.id, rule.name} & set(self.rules))


def read_documents(source: Source) -> tuple[SigmaDocument | SigmaFilter, ...]:
    """Return the rules and filters of a text, in order.

    Raises ``QuerySyntaxError`` for what is no Sigma document at all, ``Unsupported`` for a
    correlation or a collection action. Faults of a rule's metadata are in its ``problems``.
    """
    return tuple(_read(document) for document in load_all(source))


def predicate_of_document(
    rule: SigmaDocument, reader: Reader, filters: tuple[SigmaFilter, ...] = ()
) -> Predicate:
    """Return what a rule's detection asks of an event; warnings are left in the reader.

    A filter is joined with 'and' (pySigma's rewriting; the specification's text is silent).
    """
    conditions = _conditions(rule.detection, {"condition"}, reader)
    predicate = any_of(*conditions)
    for item in filters:
        if item.applies_to(rule):
            (added,) = _conditions(item.filter, {"condition", "rules"}, reader)
            _warn_unless_negated(item, reader)
            predicate = all_of(predicate, added)
        else:
            reader.warn(f"the filter '{item.title}' does not apply to the rule", item.span)
    return predicate


def _warn_unless_negated(item: SigmaFilter, reader: Reader) -> None:
    node = item.filter.get("condition")
    if isinstance(node, YamlScalar) and not re.search(r"\bnot\b", str(node.value)):
        message = "the filter keeps only the events that it describes"
        reader.warn(message, node.span, "write 'not' in its condition to exclude them")


def _conditions(section: YamlMapping, reserved: set[str], reader: Reader) -> list[Predicate]:
    """detection: (name ':' search)+ 'condition' ':' (text | list of text)."""
    searches: dict[str, Search] = {}
    for entry in section.entries:
        name = entry.key.value
        if not isinstance(name, str):
            message = f"the name of a search, {name!r}, is no text"
            raise syntax_error(reader.source, entry.key.span, message, "quote it")
        if len(name) > _LONGEST_NAME:
            reason = f"names have at most {_LONGEST_NAME} characters here"
            raise unsupported(reader.source, entry.key.span, "a name of this length", reason)
        if name == "timeframe":
            hint = "take it away; correlation rules have a time span"
            reader.warn("'timeframe' is an ordinary search since Sigma 2", entry.key.span, hint)
        if name not in reserved:
            searches[name] = read_search(entry, reader)
    if not searches:
        raise syntax_error(reader.source, section.span, "the rule has no search", "add one")
    nodes = _condition_nodes(section, reader, several="rules" not in reserved)
    return [read_condition(node, searches, reader) for node in nodes]


_LONGEST_NAME = 128


def _condition_nodes(section: YamlMapping, reader: Reader, *, several: bool) -> list[YamlScalar]:
    node = section.get("condition")
    if node is None:
        hint = "add 'condition: selection'"
        raise syntax_error(reader.source, section.span, "the condition is missing", hint)
    items = list(node.items) if isinstance(node, YamlSequence) and several else [node]
    if not items:
        raise syntax_error(reader.source, node.span, "the list of conditions is empty", "add one")
    for item in items:
        if not isinstance(item, YamlScalar) or not isinstance(item.value, str):
            hint = "write it as text, in quotes where YAML reads a number"
            raise syntax_error(reader.source, item.span, "the condition is no text", hint)
    return [item for item in items if isinstance(item, YamlScalar)]


def _read(document: Document) -> SigmaDocument | SigmaFilter:
    """document: rule | filter."""
    root, source = document.root, document.source
    if not isinstance(root, YamlMapping):
        hint = "begin with 'title:'"
        raise syntax_error(source, root.span, "the document is no map of attributes", hint)
    for key, feature in (("correlation", "a correlation rule"), ("action", "a rule collection")):
        entry = root.entry(key)
        if entry is not None:
            raise unsupported(source, entry.key.span, feature, "only single rules are evaluated")
    attributes = _Attributes(root, source)
    if root.entry("filter") is not None:
        return _filter(root, attributes)
    return _rule(root, attributes)


class _Attributes:
    """The attributes of one document, with every fault found while reading them."""

    def __init__(self, root: YamlMapping, source: Source) -> None:
        self.root = root
        self.source = source
        self.problems: list[QuerySyntaxError] = []
        self.notes = Reader(source=source)

    def problem(self, span: Span, message: str, hint: str = "") -> None:
        """Note a fault for which the document is refused."""
        self.problems.append(syntax_error(self.source, span, message, hint))

    def advise(self, name: str, message: str, hint: str) -> None:
        """Note something about an attribute that the specification advises against."""
        node = self.root.get(name)
        self.notes.warn(message, self.root.span if node is None else node.span, hint)

    def _typed(self, name: str, wanted: str, convert: Callable[[YamlNode], T | None]) -> T | None:
        node = self.root.get(name)
        if node is None or (isinstance(node, YamlScalar) and node.value is None):
            return None
        value = convert(node)
        if value is None:
            self.problem(node.span, f"'{name}' is not {wanted}", f"write {wanted}")
        return value

    def text(self, name: str) -> str | None:
        """Return an attribute that is text."""
        return self._typed(name, "text", _as_text)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an attribute that is a list."""
        return self._typed(name, "a list of texts", _as_texts) or ()

    def date(self, name: str) -> dt.date | None:
        """Return an attribute that is a date."""
        return self._typed(name, "a date like 2024-12-31", _as_date)

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return an attribute that is one of a few words."""

        def convert(node: YamlNode) -> str | None:
            word = (_as_text(node) or "").lower()
            return word if word in choices else None

        return self._typed(name, f"one of {', '.join(choices)}", convert)

    def map(self, name: str) -> YamlMapping:
        """Return an attribute that is a map and must be there; the document is refused else."""
        node = self.root.get(name)
        if isinstance(node, YamlMapping):
            return node
        if node is None:
            message = f"the attribute '{name}' is missing"
            raise syntax_error(self.source, self.root.span, message, f"add '{name}:'")
        message = f"'{name}' is no map"
        raise syntax_error(self.source, node.span, message, "indent its keys below it")


def _as_text(node: YamlNode) -> str | None:
    value = node.value if isinstance(node, YamlScalar) else None
    return value if isinstance(value, str) else None


def _as_texts(node: YamlNode) -> tuple[str, ...] | None:
    """Return a list's items as text; pySigma asks for a list, not for what is in it."""
    if not isinstance(node, YamlSequence):
        return None
    scalars = [item.value for item in node.items if isinstance(item, YamlScalar)]
    return tuple(str(value) for value in scalars if value is not None)


_DATE = re.compile(r"(\d{4})(?:-(\d\d)-(\d\d)|/(\d\d?)/(\d\d?))", re.ASCII)


def _as_date(node: YamlNode) -> dt.date | None:
    """date: YYYY-MM-DD | YYYY/M/D, the older form."""
    value = node.value if isinstance(node, YamlScalar) else None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    found = _DATE.fullmatch(str(value))
    if found is None:
        return None
    year, *rest = (int(part) for part in found.groups() if part is not None)
    try:
        return dt.date(year, *rest)
    except ValueError:
        return None


_LONGEST_TITLE = 256


def _rule(root: YamlMapping, at: _Attributes) -> SigmaDocument:
    """rule: the attributes of the rules specification, with logsource and detection."""
    return SigmaDocument(
        detection=at.map("detection"),
        logsource=_logsource(at),
        title=_title(at),
        id=_identifier(at),
        name=at.text("name"),
        status=at.choice("status", STATUSES),
        level=at.choice("level", LEVELS),
        description=at.text("description"),
        author=at.text("author"),
        license=at.text("license"),
        taxonomy=at.text("taxonomy"),
        date=at.date("date"),
        modified=at.date("modified"),
        references=at.texts("references"),
        tags=_tags(at),
        fields=at.texts("fields"),
        falsepositives=at.texts("falsepositives"),
        scope=at.texts("scope"),
        source=at.source,
        span=root.span,
        spans={str(item.key.value): item.value.span for item in root.entries},
        problems=tuple(sorted(at.problems, key=lambda problem: problem.span)),
        warnings=tuple(at.notes.warnings),
    )


def _title(at: _Attributes) -> str:
    node = at.root.get("title")
    title = at.text("title")
    if node is None or plain(node) is None:
        at.problem(at.root.span, "the attribute 'title' is missing", "add 'title:'")
    elif title is not None and len(title) > _LONGEST_TITLE:
        message = f"'title' is longer than {_LONGEST_TITLE} characters"
        at.problem(node.span, message, "move the detail into 'description'")
    return title or ""


def _identifier(at: _Attributes) -> str | None:
    identifier = at.text("id")
    if identifier is not None:
        try:
            UUID(identifier)
        except ValueError:
            at.advise("id", "'id' is no UUID, which pySigma refuses", "generate a UUID")
    return identifier


def _tags(at: _Attributes) -> tuple[str, ...]:
    tags = at.texts("tags")
    for tag in tags:
        if "." not in tag:
            at.advise("tags", f"the tag '{tag}' has no namespace", "write 'namespace.name'")
    return tags


def _logsource(at: _Attributes) -> LogSource:
    """logsource: category | product | service, at least one of them."""
    node = at.map("logsource")
    values: dict[str, str | None] = {}
    for name in ("category", "product", "service", "definition"):
        item = node.get(name)
        if item is None or (isinstance(item, YamlScalar) and item.value is None):
            continue
        values[name] = _as_text(item)
        if values[name] is None:
            at.problem(item.span, f"'{name}' of the log source is no text", "quote it")
    if not set(values) - {"definition"}:
        hint = "name a category, a product or a service"
        at.problem(node.span, "the log source names nothing", hint)
    return LogSource(**values)


def _filter(root: YamlMapping, at: _Attributes) -> SigmaFilter:
    """filter: logsource, and a filter section with rules, searches and one condition."""
    section = at.map("filter")
    logsource = _logsource(at)
    rules = section.get("rules")
    title, identifier = at.text("title"), at.text("id")
    if at.problems:
        raise at.problems[0]
    return SigmaFilter(
        title=title or "",
        id=identifier,
        logsource=logsource,
        rules=_references(rules, section, at.source),
        filter=section,
        source=at.source,
        span=root.span,
    )


def _references(
    node: YamlNode | None, section: YamlMapping, source: Source
) -> tuple[str, ...] | None:
    """rules: 'any' | 'all' | reference | list of references."""
    hint = "list ids or names of rules, or write 'any'"
    if node is None:
        raise syntax_error(source, section.span, "the filter names no rules", hint)
    if isinstance(node, YamlSequence):
        return _as_texts(node) or None
    word = _as_text(node)
    if word is None:
        raise syntax_error(source, node.span, "'rules' is neither text nor a list", hint)
    return None if word.lower() in ("any", "all") else (word,)
