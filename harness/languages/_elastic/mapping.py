"""Finding fields in the mapping of an index: multi-fields, aliases, objects, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from harness.ir import Context, FieldType, View
from harness.ir.query import field_types
from harness.languages._elastic import types

_CONTAINERS = frozenset({"object", "nested", "passthrough"})
_SUB_FIELDS = frozenset({"keyword", "text", "raw", "caseless", "wildcard"})
"""Names that mark a multi-field where the mapping of its parent is not given."""
_MAX_ALIASES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the index: its type, and where in the document its values stand.

    ``hidden`` tells that it lies inside a nested object that the query is not in: its type
    counts, its values are not seen. ``searchable`` and ``recorded`` tell whether the index can
    be asked for its values, and for its presence.
    """

    path: str
    sources: tuple[str, ...]
    type: FieldType
    hidden: bool = False
    searchable: bool = True
    recorded: bool = True

    @property
    def keyed(self) -> bool:
        """Whether this is one key of a flattened field."""
        return self.type.name == "flattened" and bool(self.sources)

    @property
    def view(self) -> View:
        """What the index holds for a value."""
        return types.view(self.type)


def resolve(path: str, context: Context) -> Field | None:
    """Return the field at a path; ``None`` where it is unmapped, an object, or hidden."""
    found = known(path, context)
    return None if found is None or found.hidden else found


def known(path: str, context: Context) -> Field | None:
    """Return the field at a path, a hidden one too; ``None`` where it is unmapped or an object."""
    alias = path
    for _ in range(_MAX_ALIASES):
        found = _lookup(path, context)
        if found is None or found.type.name != "alias":
            break
        path = str(found.type.settings.get("path", ""))
    if found is None or found.type.name in _CONTAINERS:
        return None
    indexed = found.type.settings.get("index", True) not in _NO
    values = (
        found.type.name not in types.TOKENISED
        and found.type.settings.get("doc_values", True) not in _NO
    )
    return replace(
        found,
        hidden=_hidden(path, context) or _hidden(alias, context),
        searchable=indexed or (values and version(context, "values") >= _VALUES_ARE_SEARCHED),
        recorded=indexed or values,
    )


_NO = (False, "false")
_VALUES_ARE_SEARCHED = (8, 1)
"""Since then ``doc_values`` are searched where a field is not indexed
(https://www.elastic.co/guide/en/elasticsearch/reference/8.1/doc-values.html)."""


def _lookup(path: str, context: Context) -> Field | None:
    flattened = _flattened(path, context)
    if flattened is not None:
        return flattened
    own = context.types.get(path)
    parent, _, name = path.rpartition(".")
    above = context.types.get(parent)
    if own is None and above is not None and isinstance(above.settings.get("fields"), dict):
        own = field_types(above.settings["fields"]).get(name)
    if own is None:
        return None
    if own.name == "flattened":
        return Field(path=path, sources=(), type=own)
    if above is not None and above.name not in _CONTAINERS and above.name != "flattened":
        return Field(path=path, sources=(parent,), type=own)
    if above is None and name in _SUB_FIELDS and parent:
        return Field(path=path, sources=(path, parent), type=own)
    return Field(path=path, sources=(path,), type=own)


def _flattened(path: str, context: Context) -> Field | None:
    for root in _parents(path):
        kind = context.types.get(root)
        if kind is not None and kind.name == "flattened":
            return Field(path=path, sources=(path,), type=FieldType(name="flattened"))
    return None


def _parents(path: str) -> Iterator[str]:
    dot = path.rfind(".")
    while dot > 0:
        yield path[:dot]
        dot = path.rfind(".", 0, dot)


def _hidden(path: str, context: Context) -> bool:
    """Return whether the path lies inside a nested object, which only nested queries see."""
    kinds = (context.types.get(parent) for parent in _parents(path))
    return any(kind is not None and kind.name == "nested" for kind in kinds)


def in_nested(path: str, context: Context) -> Context:
    """Return the context of the clauses inside a nested query on ``path``.

    Fields outside keep their types, and have no values there.
    """
    inside = dict.fromkeys((path, *_parents(path)), FieldType(name="object"))
    return replace(context, types={**context.types, **inside})


def expand(pattern: str, context: Context) -> list[str]:
    """Return the fields, multi-fields included, whose name fits a pattern with ``*``."""
    names = dict.fromkeys(all_names(context))
    if "*" not in pattern:
        return [pattern] if known(pattern, context) else []
    glob = pattern.replace("[", "[[]").replace("?", "[?]")
    return [name for name in names if fnmatchcase(name, glob) and known(name, context)]


def all_names(context: Context) -> Iterator[str]:
    """Yield the path of every field, multi-fields included."""
    for path, kind in context.types.items():
        yield path
        if isinstance(kind.settings.get("fields"), dict):
            yield from (f"{path}.{name}" for name in kind.settings["fields"])


_NEWEST = (99, 99)
_VERSION = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})?\s*-\s*)?(\d{1,2})(?:\.(\d{1,2}))?")


def version(context: Context, topic: str = "") -> tuple[int, int]:
    """Return the Elasticsearch version a query is read for: major, minor; the newest if unstated.

    Of a range such as ``7.7-9.3`` the end counts; a missing minor is the newest of its major.
    A fork that differs by topic names the version that it is like there in the option
    ``like``, a mapping from topics to versions.
    """
    like = context.options.get("like")
    named = like.get(topic) if isinstance(like, Mapping) else None
    found = _VERSION.search(str(named or context.options.get("version") or ""))
    if found is None:
        return _NEWEST
    return int(found[1]), int(found[2]) if found[2] else _NEWEST[1]


def fork(context: Context) -> tuple[int, int]:
    """Return the OpenSearch version a query is read for; zeros where it is for Elasticsearch."""
    like = context.options.get("like")
    found: tuple[int, int] = like.get("fork", (0, 0)) if isinstance(like, Mapping) else (0, 0)
    return found


OPENSEARCH_3 = (3, 0)
"""Since then "all" of a regular expression is without complement, a regular expression asks its
field as other queries do, and a range has one bound a side (2.19.1 and 3.6.0 were run, of those
between none)."""


def major(context: Context) -> int:
    """Return the major of :func:`version`."""
    return version(context)[0]


def splits(field: Field) -> bool:
    """Return whether a keyword's text in a query is broken up at blanks."""
    settings = field.type.settings
    return field.type.name == "keyword" and bool(settings.get("split_queries_on_whitespace"))


def breaks_up(field: Field, context: Context) -> bool:
    """Return whether a phrase for a keyword is broken up at blanks too: OpenSearch does it."""
    return fork(context) > (0, 0) and splits(field)


def only_word(path: str, text: str) -> str | None:
    """Return the one word of a phrase that is broken up for a keyword; ``None`` without any."""
    words = text.split()
    if len(words) > 1:
        message = f"field {path!r} was indexed without position data, which phrases need"
        raise types.FieldError(message)
    return words[0] if words else None


def only_values(field: Field, context: Context) -> bool:
    """Return whether an expression runs on the doc_values of a keyword.

    Elasticsearch knows no flags there ("Match flags not yet implemented": KeywordFieldMapper of its
    main branch; ran on 8.19.21), OpenSearch does (ran on 3.6.0).
    """
    unindexed = str(field.type.settings.get("index", True)).lower() == "false"
    return field.type.name == "keyword" and unindexed and fork(context) == (0, 0)
