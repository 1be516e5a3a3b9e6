"""Schema files: read, validated, and resolved to one version and variant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, cached_property, partial
from importlib import resources
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.schemas import _places, _raw, _render
from harness.schemas._base import Field, Schema, Shape, Variant, label_of
from harness.schemas._kinds import Kind, Value
from harness.schemas._places import Document, Pointer
from harness.schemas._raw import Raw

_FOLDER = resources.files("harness.schemas")


def schema_names() -> tuple[str, ...]:
    """Return the names of the schema files, sorted."""
    return _stems("")


def kind_names() -> tuple[str, ...]:
    """Return the names of the kind files, sorted; what several kinds share begins with ``_``."""
    return tuple(name for name in _stems("kinds") if not name.startswith("_"))


def _stems(folder: str) -> tuple[str, ...]:
    files = (item.name for item in _FOLDER.joinpath(folder).iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in files if name.endswith(".yml")))


@cache
def kind(name: str) -> Kind:
    """Return the declaration of a kind of activity."""
    text = _FOLDER.joinpath("kinds", f"{name}.yml").read_text("utf-8")
    return read_kind(text, f"kinds/{name}.yml")


def read_kind(text: str, name: str) -> Kind:
    """Return the kind that a file declares; raises ``InvalidInput`` with every problem."""
    document = _places.read(text, name)
    _validate(document, "kind")
    data = document.data
    shared = kind(data["like"]).values if "like" in data else {}
    elements = tuple(data.get("elements", ()))
    own = {value: _with_defaults(raw, elements) for value, raw in data["values"].items()}
    problems = [
        problem
        for value, raw in own.items()
        for index, default in enumerate(raw.get("default", []))
        for problem in _raw.rule_problems(
            document, ("values", value, "default", index), default, {**shared, **own}
        )
    ]
    values = {**shared, **{value: _value(value, raw) for value, raw in own.items()}}
    for index, element in enumerate(elements):
        if element not in values:
            message = f"the kind has no value {element!r}"
            problems.append(document.problem(("elements", index), message))
    if problems:
        raise InvalidInput(problems)
    return Kind(
        name=data["kind"],
        title=data["title"],
        open=data.get("open", False),
        values=values,
        elements=elements,
    )


def _with_defaults(raw: Raw, elements: tuple[str, ...]) -> Raw:
    """Return a value whose templates name the elements of the event."""
    if "default" not in raw:
        return raw
    return {**raw, "default": [_with_elements(item, elements) for item in raw["default"]]}


def _value(name: str, raw: Raw) -> Value:
    return Value(
        name=name,
        type=raw["type"],
        meaning=raw["meaning"],
        example=raw["example"],
        required=raw.get("required", False),
        allowed=tuple(raw.get("allowed", ())),
        defaults=tuple(_raw.rule(item) for item in raw.get("default", ())),
        implies=raw.get("implies", {}),
    )


@cache
def described(name: str) -> frozenset[str]:
    """Return the kinds that a schema file describes, none for one that is no data source.

    The file is looked through and not checked: that would take much longer.
    """
    text = _FOLDER.joinpath(f"{name}.yml").read_text("utf-8")
    if _NO_SOURCE.search(text):
        return frozenset()
    section = _KINDS.search(text)
    return frozenset(_KEY.findall(section[0] if section else ""))


_NO_SOURCE = re.compile(r"^store: none$", re.MULTILINE)
_KINDS = re.compile(r"^kinds:\n((?:[ #].*)?\n)*", re.MULTILINE)
_KEY = re.compile(r"^  (\w+):", re.MULTILINE)


@cache
def schema_file(name: str) -> SchemaFile:
    """Return a schema file of the package."""
    return read_schema(_FOLDER.joinpath(f"{name}.yml").read_text("utf-8"), f"{name}.yml")


def read_schema(text: str, name: str) -> SchemaFile:
    """Return a schema file; raises ``InvalidInput`` with every problem and its place."""
    document = _places.read(text, name)
    _validate(document, "schema")
    file = SchemaFile(document)
    problems = list(file.problems())
    if problems:
        raise InvalidInput(problems)
    return file


def _validate(document: Document, what: str) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 (slow to import)

    validator = Draft202012Validator(_json_schema(what))
    problems = [
        document.problem(tuple(error.absolute_path), error.message)
        for error in sorted(validator.iter_errors(document.data), key=lambda error: error.json_path)
    ]
    if problems:
        raise InvalidInput(problems)


@cache
def _json_schema(what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FOLDER.joinpath(f"{what}.schema.json").read_text("utf-8"))
    return found


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as numbers to compare; trailing zeros do not count."""
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _lives(raw: Raw, version: str) -> bool:
    """Return whether something with ``since`` and ``until`` exists in a version."""
    now = version_key(version)
    return not (
        ("since" in raw and now < version_key(raw["since"]))
        or ("until" in raw and now >= version_key(raw["until"]))
    )


@dataclass(frozen=True)
class SchemaFile:
    """A schema file with all its versions and variants."""

    document: Document
    _resolved: dict[tuple[str | None, str | None], Schema] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _shapes: dict[tuple[str, str, str | None], Shape] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def data(self) -> dict[str, Any]:
        """What the file says."""
        found: dict[str, Any] = self.document.data
        return found

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions at which the shape changes, newest last."""
        return tuple(self.data["versions"])

    @cached_property
    def kinds(self) -> dict[str, Raw]:
        """The kinds by name: those that the file describes, and all others where it says how."""
        every = self.data.get("every_kind")
        others = dict.fromkeys(kind_names(), every) if every is not None else {}
        return {**others, **self.data["kinds"]}

    @property
    def variants(self) -> dict[str, Raw]:
        """The variants by name, as written."""
        return dict(self.data.get("variants", {}))

    def version(self, wanted: str) -> str:
        """Return the listed version whose shape a product version has."""
        older = [item for item in self.versions if version_key(item) <= version_key(wanted)]
        if not older:
            message = f"the schema {self.data['name']!r} knows no version {wanted!r}"
            hint = f"its shapes begin at {', '.join(self.versions)}"
            raise InvalidInput([Diagnostic(code="unknown-version", message=message, hint=hint)])
        return older[-1]

    def resolve(self, version: str | None, variant: str | None) -> Schema:
        """Return the schema of a version and variant; the newest that has the variant."""
        key = (version, variant)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(version, variant)
        return self._resolved[key]

    def _resolve(self, version: str | None, variant: str | None) -> Schema:
        raw = self._variant(variant) if variant else {}
        if version is None:
            lives = [item for item in self.versions if _lives(raw, item)]
            chosen = raw.get("at", lives[-1])
        else:
            chosen = self.version(version)
        if variant and not (_lives(raw, chosen) and raw.get("at", chosen) == chosen):
            message = f"version {chosen} of {self.data['name']!r} has no variant {variant!r}"
            raise InvalidInput([Diagnostic(code="unknown-variant", message=message)])
        data = self.data
        return Schema(
            name=data["name"],
            title=self._title(raw),
            store=data["store"],
            shape=data["shape"],
            index=tuple(data.get("index", ())),
            languages=tuple(data["languages"]),
            evidence=data["evidence"],
            version=chosen,
            variant=variant or "",
            single=len(self.versions) == 1,
            shapes=_Shapes(self, chosen, variant),
            template={
                path: _raw.index_type({"type": type_}, data.get("settings", {}))
                for type_, paths in data.get("template", {}).items()
                for path in paths
            },
            all_variants={} if variant else self._others(chosen),
        )

    def _title(self, variant: Raw) -> str:
        """Return the title of the stream, or of a variant: "Graylog, NXLog through GELF"."""
        title = str(self.data["title"])
        if not variant:
            return title
        words = str(variant["title"])
        if not words[1:2].isupper():
            words = words[:1].lower() + words[1:]
        return f"{title.partition(',')[0]} ({words})"

    def _variant(self, name: str) -> Raw:
        if name in self.variants:
            return self.variants[name]
        near = get_close_matches(name, self.variants, n=1)
        known = ", ".join(self.variants) or "none"
        raise InvalidInput(
            [
                Diagnostic(
                    code="unknown-variant",
                    message=f"the schema {self.data['name']!r} has no variant {name!r}",
                    hint=f"did you mean {near[0]!r}?" if near else f"known: {known}",
                )
            ]
        )

    def _changes(self, variant: str) -> list[Raw]:
        """Return the changes of a variant, after those of the variant that it is like."""
        raw = self.variants[variant]
        first = self.variants[raw["like"]].get("changes", []) if "like" in raw else []
        return [*first, *raw.get("changes", [])]

    def _others(self, version: str) -> dict[str, tuple[Variant, ...]]:
        found: dict[str, list[Variant]] = {name: [] for name in self.kinds}
        for name, raw in self.variants.items():
            at = raw.get("at", version)
            if not _lives(raw, at) or version_key(at) > version_key(version):
                continue
            label = label_of(self.data["name"], at, name, single=len(self.versions) == 1)
            title, note = raw["title"], raw.get("note", "")
            variant = Variant(
                name=name,
                title=title,
                label=label,
                source=tuple(raw["source"]),
                at=raw.get("at", ""),
                note=note,
            )
            for shape, variants in found.items():
                if self._shape(shape, at, name) != self._shape(shape, version, None):
                    variants.append(variant)
        return {name: tuple(variants) for name, variants in found.items()}

    def _shape(self, name: str, version: str, variant: str | None) -> Shape:
        key = (name, version, variant)
        if key not in self._shapes:
            self._shapes[key] = self._new_shape(name, version, variant)
        return self._shapes[key]

    def _new_shape(self, name: str, version: str, variant: str | None) -> Shape:
        raw = self.kinds[name]
        settings = self.data.get("settings", {})
        declared = kind(name)
        if variant is None:
            return Shape(
                kind=declared,
                fields=tuple(
                    _raw.field(item, settings)
                    for item in self._items(name)
                    if _lives(item, version)
                ),
                records=_raw.when(raw.get("records", [])),
                why=raw.get("why", ""),
                coverage=raw.get("coverage", ""),
                rest=_raw.rest(raw.get("rest"), settings),
                nested=self.data["shape"] == "nested",
            )
        shape = self._shape(name, version, None)
        own, touched = self.variants[variant], "at" in self.variants[variant]
        for change in self._changes(variant):
            if _lives(change, version) and name in change.get("kinds", [name]):
                shape, touched = _changed(shape, change, settings), True
        if "records" in own and touched:
            return replace(shape, records=_raw.when(own["records"]), why=own.get("why", ""))
        return shape

    def _items(self, name: str) -> list[Raw]:
        """Return the fields of a kind: its own, those of its groups, those for each value."""
        raw, declared = self.kinds[name], kind(name)
        own = raw.get("fields", ())
        written = {item["path"] for item in own}
        shared = [
            item
            for group in raw.get("groups", ())
            for item in self.data.get("groups", {}).get(group, ())
            if item["path"] not in written
        ]
        written.update(item["path"] for item in shared)
        every = [*_elements(raw, declared), *_every_value(raw, declared)]
        found = [*shared, *own, *(item for item in every if item["path"] not in written)]
        return [_with_elements(item, declared.elements) for item in found]

    def declared_difference(self, variant: str, kind: str) -> set[str]:
        """Return the paths that a variant declares to differ from its base."""
        raw = self.variants[variant]
        base = self._shape(kind, self.versions[-1], None)
        other = self.resolve(None, variant).shapes[kind]
        paths = [*base.paths, *other.paths]
        found: set[str] = set()
        for pattern in raw.get("differs", ()):
            found.update(path for path in paths if _render.glob(pattern).fullmatch(path))
        version = raw.get("at", self.resolve(None, variant).version)
        for change in self._changes(variant):
            if "at" not in raw and _lives(change, version) and kind in change.get("kinds", [kind]):
                found.update(_touched(change, base, self.data.get("settings", {})))
        return found

    def problems(self) -> Iterator[Diagnostic]:
        """Yield what is wrong beyond the form of the file."""
        for name, raw in self.data["kinds"].items():
            pointer: Pointer = ("kinds", name)
            if name not in kind_names():
                known = f"known: {', '.join(kind_names())}"
                yield self.document.problem(pointer, f"there is no kind {name!r}", known)
                continue
            for index, item in enumerate(raw.get("fields", ())):
                yield from self._field_problems((*pointer, "fields", index), item, (name,))
            for group in raw.get("groups", ()):
                if group not in self.data.get("groups", {}):
                    yield self.document.problem((*pointer, "groups"), f"no group {group!r}")
                    continue
                for index, item in enumerate(self.data["groups"][group]):
                    yield from self._field_problems(("groups", group, index), item, (name,))
        for name, raw in self.variants.items():
            yield from self._variant_problems(name, raw)

    def _field_problems(
        self, pointer: Pointer, raw: Raw, kinds: tuple[str, ...]
    ) -> Iterator[Diagnostic]:
        for name in kinds:
            if name in kind_names():
                yield from _raw.rule_problems(self.document, pointer, raw, kind(name).values)
        for source in raw.get("source", ()):
            if source not in self.data["evidence"]:
                yield self.document.problem(pointer, f"there is no evidence {source!r}")
        for bound in ("since", "until"):
            if raw.get(bound, self.versions[0]) not in self.versions:
                message = f"{bound} {raw[bound]!r} is not one of the versions of this file"
                yield self.document.problem((*pointer, bound), message)

    def _variant_problems(self, name: str, raw: Raw) -> Iterator[Diagnostic]:
        pointer: Pointer = ("variants", name)
        yield from self._field_problems(pointer, {"const": "", **raw}, ())
        if raw.get("at", self.versions[0]) not in self.versions:
            yield self.document.problem((*pointer, "at"), "'at' is not one of the versions")
        if raw.get("like", name) not in self.variants:
            yield self.document.problem((*pointer, "like"), "'like' is not one of the variants")
        declared = set(self.data["kinds"]).intersection(kind_names())
        known = {item["path"] for each in declared for item in self._items(each)}
        for index, change in enumerate(raw.get("changes", ())):
            here: Pointer = (*pointer, "changes", index)
            kinds = tuple(change.get("kinds", self.data["kinds"]))
            for number, item in enumerate(change.get("add", ())):
                yield from self._field_problems((*here, "add", number), item, kinds)
            for pattern in [*change.get("drop", ()), *change.get("rename", ())]:
                if not any(_render.glob(pattern).fullmatch(path) for path in known):
                    message = f"no path of this file is like {pattern!r}"
                    yield self.document.problem(here, message)


class _Shapes(Mapping[str, Shape]):
    """The shapes of all kinds in one version and variant, each made when it is asked for."""

    def __init__(self, file: SchemaFile, version: str, variant: str | None) -> None:
        self._make = partial(file._shape, version=version, variant=variant)  # noqa: SLF001 - its other half
        self._names = tuple(file.kinds)
        self._made: dict[str, Shape] = {}

    def __getitem__(self, name: str) -> Shape:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _every_value(raw: Raw, declared: Kind) -> list[Raw]:
    """Return fields for the values of a kind under their own names, where the file wants them."""
    if not raw.get("every_value"):
        return []
    return [
        {"path": name, "from": name, "json": value.json, "source": raw["every_value"]}
        for name, value in declared.values.items()
    ]


def _elements(raw: Raw, declared: Kind) -> list[Raw]:
    """Return fields for the data of a Windows event, where the file keeps them in one way."""
    wanted = raw.get("elements")
    if wanted is None:
        return []
    form = {key: value for key, value in wanted.items() if key not in ("path", "except")}
    return [
        {"json": declared.values[name].json, **form, "from": name, "path": path}
        for name in declared.elements
        if name not in wanted.get("except", ())
        for path in [wanted["path"].replace("{name}", name)]
    ]


def _with_elements(raw: Raw, elements: tuple[str, ...]) -> Raw:
    """Return a field whose template repeats a part for each element, with those named."""
    template = raw.get("template")
    if not isinstance(template, Mapping):
        return raw
    parts = {
        name: {**part, "each": [*part.get("each", ()), *elements]} if part.get("elements") else part
        for name, part in template.get("parts", {}).items()
    }
    return {**raw, "template": {**template, "parts": parts}} if parts else raw


def _added(change: Raw, shape: Shape, settings: Raw) -> list[Field]:
    """Return the fields that a change adds: those written, and for each element not there yet."""
    own = change.get("add", ())
    written = {item["path"] for item in own}
    found = [_raw.field(_with_elements(item, shape.kind.elements), settings) for item in own]
    for raw in _elements(change, shape.kind):
        item = _raw.field(raw, settings)
        if item.path not in written and not any(_alike(item, one) for one in shape.fields):
            found.append(item)
    return found


def _alike(one: Field, other: Field) -> bool:
    return (one.path, one.rule, one.json, one.type) == (
        other.path,
        other.rule,
        other.json,
        other.type,
    )


def _changed(shape: Shape, change: Raw, settings: Raw) -> Shape:
    """Return a shape after one change of a variant."""
    added = _added(change, shape, settings)
    replaced = {item.path for item in added}
    fields = [
        _altered(item, change, settings)
        for item in shape.fields
        if item.path not in replaced
        and not any(_render.glob(p).fullmatch(item.path) for p in change.get("drop", ()))
    ]
    rest = _raw.rest(change["rest"], settings) if "rest" in change else shape.rest
    if rest is not None and "rest" not in change:
        rest = replace(rest, path=_new_path(rest.path, change))
    return replace(shape, fields=(*fields, *added), rest=rest)


def _altered(item: Field, change: Raw, settings: Raw) -> Field:
    for pattern, raw in change.get("retype", {}).items():
        if _render.glob(pattern).fullmatch(item.path):
            json_name, array = _raw.json_type(raw)
            index = _raw.index_type(raw, settings)
            item = replace(item, json=json_name, array=array, type=index)
    return replace(item, path=_new_path(item.path, change))


def _new_path(path: str, change: Raw) -> str:
    for pattern, replacement in change.get("rename", {}).items():
        found = _render.renamed(pattern, replacement, path)
        if found is not None:
            return found
    return path


def _touched(change: Raw, base: Shape, settings: Raw) -> set[str]:
    """Return the paths that a change names, as they are in the base and after it."""
    found = {item.path for item in _added(change, base, settings)}
    patterns: Mapping[str, Any] = {
        **dict.fromkeys(change.get("drop", ())),
        **change.get("retype", {}),
        **change.get("rename", {}),
    }
    for path in base.paths:
        for pattern in patterns:
            if _render.glob(pattern).fullmatch(path):
                found.update((path, _new_path(path, change)))
    return found
