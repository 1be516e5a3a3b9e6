"""What a schema declares, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, lru_cache
from reprlib import repr as repr_short
from typing import Any, Literal

from harness.errors import Diagnostic, InvalidInput
from harness.ir.query import FieldType, infer_types
from harness.schemas import _render
from harness.schemas._kinds import Activity, Kind
from harness.schemas._rules import ALWAYS, Constant, From, Getter, Rule, Template, When, given
from harness.schemas._transforms import Step

Document = dict[str, Any]

_AS_IS = frozenset({"lower", "upper", "unbraced", "no_dash"})
"""Changes that a comparison without regard to letter case, within a text, does not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One path of a stream. Several fields may share a path: the first that gives a value wins.

    ``missing`` says when the path is legitimately absent, ``case`` how the vendor writes
    letters, ``source`` which evidence it rests on and ``status`` how good that is. A constant
    that is a ``placeholder`` stands for what differs from one installation or event to the next.
    """

    path: str
    rule: Rule
    json: str
    type: FieldType
    array: bool = False
    case: str = ""
    missing: str = ""
    note: str = ""
    source: tuple[str, ...] = ()
    status: str = ""
    placeholder: bool = False

    def getter(self) -> Getter:
        """Return what gives the value at the path of a completed activity, ``None`` for nothing."""
        get, json, array = self.rule.getter, self.json, self.array

        def whole(values: Mapping[str, Any], rest: frozenset[str]) -> Any:
            found = get(values, rest)
            return None if found is None else _render.as_json(found, json, array=array)

        def text(values: Mapping[str, Any], rest: frozenset[str]) -> Any:
            found = get(values, rest)
            return found if type(found) is str else _in_json(found)

        def _in_json(found: Any) -> Any:
            return None if found is None else _render.as_json(found, json, array=False)

        return text if json == "string" and not array else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Where values go that the kind does not declare; ``{name}`` in ``path`` is their name."""

    path: str
    json: str = "string"
    type: FieldType = field(default_factory=lambda: FieldType(name="keyword"))
    snake: bool = False


@lru_cache(maxsize=65536)
def touches(path: str, asked: frozenset[str]) -> bool:
    """Return whether what is at a path shows at one of the paths asked for.

    That is so for the path itself in any letter case, for what lies below it, and for an object
    that it lies in.
    """
    if path in asked:
        return True
    folded = path.casefold()
    return any(
        folded == one or folded.startswith(f"{one}.") or one.startswith(f"{folded}.")
        for one in map(str.casefold, asked)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is written at some paths: path, keys and function each, first choice first.

    ``needed`` are the values of the kind that they are made of; ``None`` for all of them.
    """

    writers: tuple[tuple[str, tuple[_render.Token, ...], Getter], ...]
    needed: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one kind of activity looks like in a stream.

    ``records`` tells which activities the stream reports at all, ``why`` the reason for the
    others; ``coverage`` warns about how far the shape is proven.
    """

    kind: Kind
    fields: tuple[Field, ...]
    records: When = ALWAYS
    why: str = ""
    coverage: str = ""
    rest: Rest | None = None
    nested: bool = False
    _parts: dict[frozenset[str] | None, Part] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _shown: dict[str, tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def part(self, only: frozenset[str] | None) -> Part:
        """Return what is written at some paths, or at all of them for ``None``."""
        if only not in self._parts:
            self._parts[only] = self._part(only)
        return self._parts[only]

    def _part(self, only: frozenset[str] | None) -> Part:
        chosen = [one for one in self.fields if only is None or touches(one.path, only)]
        writers = tuple(
            (one.path, _render.tokens(one.path, nested=self.nested), one.getter()) for one in chosen
        )
        if only is None:
            return Part(writers=writers, needed=None)
        needed: set[str] = set()
        new = {name for item in chosen for name in item.rule.needs}
        while new - needed:
            needed |= new
            rules = [
                rule
                for name in new
                if name in self.kind.values
                for rule in self.kind.values[name].defaults
            ]
            new = {name for rule in rules for name in rule.needs}
        return Part(writers=writers, needed=frozenset(needed))

    def shows(self, name: str) -> tuple[str, ...]:
        """Return the paths that look at a value of the activity."""
        if name not in self._shown:
            found = (one.path for one in self.fields if name in one.rule.needs)
            self._shown[name] = tuple(dict.fromkeys(found))
        return self._shown[name]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path, each once, in the order of the file."""
        return tuple(dict.fromkeys(item.path for item in self.fields))

    def at(self, path: str) -> tuple[Field, ...]:
        """Return the fields of a path, first choice first."""
        return tuple(item for item in self.fields if item.path == path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another way in which the same stream records the same activity.

    ``label`` is the name under which :func:`harness.schemas.get` finds it; ``at`` is the
    version for a variant that is only an earlier shape of the stream.
    """

    name: str
    title: str
    label: str
    source: tuple[str, ...]
    at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a path can hold: ``never`` anything, a ``constant``, ``listed`` values, or ``open``.

    A ``derived`` path follows from the activity, but no way back is known.
    """

    how: Literal["never", "constant", "listed", "open", "derived"]
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Inverse:
    """The activities, as partial values, that make a path hold something.

    Without any, ``reason`` says why. ``({},)`` means that the path holds it anyway.
    """

    activities: tuple[Activity, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.activities)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """How one data stream records activities, in one version and variant."""

    name: str
    title: str
    store: str
    shape: str
    index: tuple[str, ...]
    languages: tuple[str, ...]
    evidence: Mapping[str, str]
    version: str
    variant: str = ""
    single: bool = False
    shapes: Mapping[str, Shape]
    template: Mapping[str, FieldType] = field(default_factory=dict)
    all_variants: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.label)

    @property
    def label(self) -> str:
        """The full name: ``winlogbeat@8.9:forwarded``; no version where there is only one."""
        return label_of(self.name, self.version, self.variant, single=self.single)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of activity that the stream records."""
        return tuple(self.shapes)

    def kind(self, kind: str) -> Kind:
        """Return the declaration of a kind that the stream records."""
        return self._shape(kind).kind

    def shape_of(self, kind: str) -> Shape:
        """Return what a kind looks like."""
        return self._shape(kind)

    def _shape(self, kind: str) -> Shape:
        if kind in self.shapes:
            return self.shapes[kind]
        near = get_close_matches(kind, self.shapes, n=1)
        message = f"the schema {self.name!r} does not record {kind!r}"
        hint = f"did you mean {near[0]!r}?" if near else f"it records {', '.join(self.shapes)}"
        raise InvalidInput([Diagnostic(code="unknown-kind", message=message, hint=hint)])

    def fields(self, kind: str) -> tuple[Field, ...]:
        """Return the fields of a kind, in the order of the file."""
        return self._shape(kind).fields

    def paths(self, kind: str) -> tuple[str, ...]:
        """Return the paths of a kind, each once."""
        return self._shape(kind).paths

    def fields_at(self, kind: str, path: str) -> tuple[Field, ...]:
        """Return the fields of a path of a kind, first choice first."""
        return self._shape(kind).at(path)

    def undeclared_name(self, kind: str, path: str) -> str:
        """Return the name of the value that a path holds as one that the kind does not declare.

        It is empty where the path is no place for such values.
        """
        return self._rest_name(self._shape(kind), path)

    def types(self, kind: str) -> dict[str, FieldType]:
        """Return how the store indexes each path."""
        return {path: self._shape(kind).at(path)[0].type for path in self.paths(kind)}

    def types_in(self, kind: str, documents: Sequence[Mapping[str, Any]]) -> dict[str, FieldType]:
        """Return how the store indexes each path, those of undeclared values included.

        Where undeclared values may have any type, the first document that holds one decides,
        as dynamic mapping does. An index of Elasticsearch holds all kinds of a stream, so their
        paths are mapped as well, as are those that only its template names.
        """
        shape = self._shape(kind)
        found = self.types(kind)
        if self.store == "elasticsearch":
            found = {**self._mapped, **found}
        if shape.rest is not None:
            for path, seen in infer_types(documents, known=found).items():
                if self._rest_name(shape, path):
                    found[path] = seen if shape.rest.json == "any" else shape.rest.type
        return found

    @cached_property
    def _mapped(self) -> dict[str, FieldType]:
        found = dict(self.template)
        for kind in self.kinds:
            found |= {path: type_ for path, type_ in self.types(kind).items() if path not in found}
        return found

    def optional(self, kind: str) -> dict[str, str]:
        """Return the paths that may legitimately be absent, with the circumstances."""
        notes = ((item.path, item.missing) for item in self.fields(kind) if item.missing)
        return dict(notes)

    def coverage(self, kind: str) -> str:
        """Return the warning about how far the shape is proven, empty for none."""
        return self._shape(kind).coverage

    def variants(self, kind: str) -> tuple[Variant, ...]:
        """Return the other ways in which the stream records this kind."""
        self._shape(kind)
        return self.all_variants.get(kind, ())

    def shows(self, kind: str, name: str) -> tuple[str, ...]:
        """Return the paths that look at a value of the activity, in their conditions too."""
        return self._shape(kind).shows(name)

    @lru_cache(maxsize=1024)  # noqa: B019 - schemas are few and live as long as the process
    def provenance(self, kind: str) -> Mapping[str, str]:
        """Return, for each path that shows a single value of the activity, that value's name."""
        found: dict[str, set[str]] = {}
        for item in self.fields(kind):
            found.setdefault(item.path, set()).update(item.rule.names)
        return {path: next(iter(names)) for path, names in found.items() if len(names) == 1}

    def held_as_is(self, kind: str) -> Mapping[str, tuple[str, ...]]:
        """Return, by the name of a value of the activity, the paths that hold nothing else.

        Letter case and braces may differ, and a dash that stands for nothing may be left out.
        """
        found: dict[str, tuple[str, ...]] = {}
        for item in self.fields(kind):
            plain = all(step.name in _AS_IS for step in item.rule.steps)
            plain = plain and not item.array and not item.rule.when.alternatives
            if plain and isinstance(item.rule.origin, From):
                name = item.rule.origin.name
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), item.path)))
        return found

    def unrecorded(self, kind: str, values: Mapping[str, Any]) -> str:
        """Return why the stream reports no such activity at all; empty where it does."""
        shape = self._shape(kind)
        if not shape.records.alternatives or shape.records.holds(shape.kind.complete(values)):
            return ""
        return shape.why or "the stream does not report such activities"

    def render(
        self, kind: str, values: Mapping[str, Any], only: frozenset[str] | None = None
    ) -> Document:
        """Return the document of an activity; absent values leave their paths out.

        It does not ask whether the stream reports the activity: see :meth:`unrecorded`. With
        ``only`` it is the part at some paths, for those who look at nothing else.
        """
        shape = self._shape(kind)
        part = shape.part(only)
        full = shape.kind.complete(values, part.needed)
        undeclared = shape.kind.undeclared(full)
        document: Document = {}
        done: set[str] = set()
        for path, keys, get in part.writers:
            if path not in done:
                found = get(full, undeclared)
                if found is not None:
                    done.add(path)
                    _render.put(document, keys, found)
        for path, found in self._rest(shape, full, undeclared):
            if path not in done and (only is None or touches(path, only)):
                _render.put(document, self._tokens(path), found)
        return document

    def _tokens(self, path: str) -> tuple[_render.Token, ...]:
        return _render.tokens(path, nested=self.shape == "nested")

    @staticmethod
    def _rest(
        shape: Shape, values: Mapping[str, Any], names: frozenset[str]
    ) -> Iterator[tuple[str, Any]]:
        if shape.rest is None:
            return
        for name in sorted(names):
            found = _render.as_json(
                values[name], shape.rest.json, array=isinstance(values[name], list)
            )
            if found is not None:
                written = snake_case(name) if shape.rest.snake else name
                yield shape.rest.path.replace("{name}", written), found

    def find(self, document: Mapping[str, Any], path: str) -> Any:
        """Return the JSON value at a path of a document, ``None`` where there is none."""
        return _render.find(document, self._tokens(path))

    def json_schema(self, kind: str) -> dict[str, Any]:
        """Return a JSON Schema of the documents that :meth:`render` makes of a kind."""
        from harness.schemas._jsonschema import json_schema  # noqa: PLC0415 (rarely asked for)

        return json_schema(self, kind)

    def reachable(self, kind: str, path: str) -> Reach:
        """Return what a path can hold in this schema."""
        shape = self._shape(kind)
        fields = shape.at(path)
        if not fields:
            return Reach("open" if self._rest_name(shape, path) else "never")
        listed: list[Any] = []
        for item in fields:
            if isinstance(item.rule.origin, Constant):
                listed.append(_render.as_json(item.rule.origin.value, item.json, array=item.array))
            elif (images := _images(item, shape.kind)) is not None:
                listed.extend(images)
            else:
                return Reach("derived" if item.rule.one_way else "open")
        unique = tuple(value for i, value in enumerate(listed) if value not in listed[:i])
        constant = all(isinstance(item.rule.origin, Constant) for item in fields)
        return Reach("constant" if constant and len(unique) == 1 else "listed", unique)

    def _rest_name(self, shape: Shape, path: str) -> str:
        if shape.rest is None or not shape.kind.open:
            return ""
        before, _, after = shape.rest.path.partition("{name}")
        inside = path[len(before) : len(path) - len(after)]
        known = inside and path.startswith(before) and path.endswith(after)
        if not known or (self.shape == "nested" and "." in inside):
            return ""
        return camel_case(inside) if shape.rest.snake else inside

    def invert(self, kind: str, path: str, value: Any) -> Activity | None:
        """Return values of an activity that make ``path`` hold ``value``; ``None`` for none."""
        return next(iter(self.inverse(kind, path, value).activities), None)

    def inverse(self, kind: str, path: str, value: Any) -> Inverse:
        """Return every known way to make ``path`` hold ``value``, or the reason for none.

        ``None`` in an activity says that the value must be absent. Each answer is proven by
        rendering it.
        """
        shape = self._shape(kind)
        fields = shape.at(path)
        if not fields:
            return self._inverse_rest(shape, path, value)
        found: list[Activity] = []
        for item in fields:
            for wanted in _forms(item, value):
                for cause in item.rule.causes(wanted, shape.kind.example):
                    activity = _coerced(shape.kind, cause)
                    if activity not in found and self._proves(shape, path, activity, value):
                        found.append(activity)
        return Inverse(tuple(found)) if found else Inverse(reason=self._why(kind, path, value))

    def _inverse_rest(self, shape: Shape, path: str, value: Any) -> Inverse:
        name = self._rest_name(shape, path)
        if not name or shape.rest is None:
            return Inverse(reason=f"{self.name} has no path {path!r} in a {shape.kind.name}")
        if name in shape.kind.values:
            return Inverse(reason=f"{name} is recorded elsewhere in {self.name}")
        return Inverse(({name: value},))

    def _proves(self, shape: Shape, path: str, activity: Activity, value: Any) -> bool:
        document = self.render(shape.kind.name, activity, frozenset({path}))
        found = self.find(document, path)
        return any(
            _render.holds(found, wanted)
            for item in shape.at(path)
            for wanted in _forms(item, value)
        )

    def _why(self, kind: str, path: str, value: Any) -> str:
        reach = self.reachable(kind, path)
        wanted = repr_short(value)
        if reach.how == "constant":
            return f"{path} is always {repr_short(reach.values[0])} in {self.name}"
        if reach.how == "listed":
            return f"{path} is one of {', '.join(map(repr, reach.values))} in {self.name}"
        if reach.how == "derived":
            return f"{path} is made up from the activity; no way back to {wanted} is known"
        return f"no activity makes {path} hold {wanted} in {self.name}"


def _forms(item: Field, value: Any) -> list[Any]:
    """Return the forms in which a field may hold a wanted value."""
    whole = _render.as_json(value, item.json, array=isinstance(value, list))
    if whole is None:
        return []
    if isinstance(whole, list) and (not item.array or len(whole) == 1):
        return [whole, *whole[:1]]
    return [whole]


def _images(item: Field, kind: Kind) -> list[Any] | None:
    """Return the values that a field with a closed range can have; ``None`` for any."""
    inputs = _inputs(item.rule, kind)
    if inputs is None:
        return None
    name = item.rule.names[0]
    bare = Rule(origin=From(name), steps=item.rule.steps)
    results = (bare.value({name: given}) for given in inputs)
    found = (_render.as_json(value, item.json, array=item.array) for value in results)
    return [value for value in found if value is not None]


def _inputs(rule: Rule, kind: Kind) -> tuple[Any, ...] | None:
    if isinstance(rule.origin, Template):
        return None
    tables = [step for step in rule.steps[:1] if step.name == "map"]
    if tables:
        return tuple(tables[0].argument)
    declared = kind.values[rule.names[0]]
    return declared.allowed or None


def _coerced(kind: Kind, cause: Activity) -> Activity:
    activity = {
        name: kind.values[name].coerce(value) if value is not None else None
        for name, value in cause.items()
    }
    return kind.with_consequences(activity)


def label_of(name: str, version: str, variant: str, *, single: bool) -> str:
    """Return the name under which a version and variant of a schema is found."""
    at = "" if single else f"@{version}"
    return f"{name}{at}" + (f":{variant}" if variant else "")


def snake_case(name: str) -> str:
    """Return ``RecoveryServer`` as ``recovery_server``."""
    words = "".join(f"_{char}" if _starts_word(name, i) else char for i, char in enumerate(name))
    return words.lower()


def _starts_word(name: str, index: int) -> bool:
    before = name[index - 1] if index else "_"
    return name[index].isupper() and before != "_" and not before.isupper()


def camel_case(name: str) -> str:
    """Return ``recovery_server`` as ``RecoveryServer``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


__all__ = [
    "Document",
    "Field",
    "Inverse",
    "Reach",
    "Rest",
    "Schema",
    "Shape",
    "Step",
    "Variant",
    "camel_case",
    "given",
    "label_of",
    "snake_case",
]
