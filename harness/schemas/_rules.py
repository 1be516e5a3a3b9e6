"""How one path or one default value follows from an activity, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import unescape as unescape_xml

from harness.ir.values import as_text
from harness.schemas import _transforms
from harness.schemas._transforms import Step

Values = Mapping[str, Any]


def given(values: Values, name: str) -> bool:
    """Return whether an activity holds a value; ``None`` counts as absent."""
    return values.get(name) is not None


class Presence(Enum):
    """A condition on whether a value is there."""

    PRESENT = "present"
    ABSENT = "absent"


Condition = Presence | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class When:
    """Alternatives, each of which asks something of several values; none means always."""

    alternatives: tuple[Mapping[str, Condition], ...] = ()

    def holds(self, values: Values) -> bool:
        """Return whether an activity meets at least one alternative."""
        if not self.alternatives:
            return True
        return any(
            all(_meets(values, name, condition) for name, condition in each.items())
            for each in self.alternatives
        )

    def needs(self, examples: Values) -> Iterator[dict[str, Any]]:
        """Yield, per alternative, values that meet it; ``None`` stands for an absent one."""
        if not self.alternatives:
            yield {}
        for each in self.alternatives:
            yield {name: _met_by(name, item, examples) for name, item in each.items()}

    @property
    def names(self) -> frozenset[str]:
        """The values that the alternatives look at."""
        return frozenset(name for each in self.alternatives for name in each)


ALWAYS = When()


def _meets(values: Values, name: str, condition: Condition) -> bool:
    if isinstance(condition, Presence):
        return given(values, name) == (condition is Presence.PRESENT)
    return given(values, name) and values[name] in condition


def _met_by(name: str, condition: Condition, examples: Values) -> Any:
    if condition is Presence.ABSENT:
        return None
    return examples.get(name) if condition is Presence.PRESENT else condition[0]


class Escape(Enum):
    """How a template writes the values that it holds."""

    NONE = "none"
    XML = "xml"
    LINE = "line"
    """Tabs and line ends as backslash and letter, so that a value stays in its column."""

    def write(self, text: str) -> str:
        """Return ``text`` as it stands inside the template."""
        if self is Escape.XML:
            return escape_xml(text)
        if self is Escape.LINE:
            return text.replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")
        return text

    def read(self, text: str) -> str:
        """Return the value that may stand behind ``text``."""
        return unescape_xml(text) if self is Escape.XML else text


@dataclass(frozen=True, slots=True)
class Member:
    """One repetition of a part: its name, the text of its value, and when it is there."""

    name: str
    text: Template
    when: When = ALWAYS


@dataclass(frozen=True, slots=True)
class Each:
    """A part of a template that repeats: once a member, in order, for those that have a value.

    ``item`` holds ``{name}`` and ``{value}``; ``rest`` adds the values that the kind does not
    declare.
    """

    members: tuple[Member, ...]
    item: str
    rest: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The values of the activity that the members show."""
        return tuple(name for member in self.members for name, _ in slots(member.text))


@dataclass(frozen=True, slots=True)
class Template:
    """A text with values in it: ``{Name}`` or ``{Name|transform}`` or ``{Name|transform:3}``.

    Where a value is absent the whole text is, unless ``absent`` gives what to print.
    """

    text: str
    absent: str | None = None
    escape: Escape = Escape.NONE
    parts: Mapping[str, Each] | None = None


_SLOT = re.compile(r"\{(?P<name>[A-Za-z_]\w*)(?P<steps>(?:\|[a-z0-9_]+(?::\w+)?)*)\}")


def slots(template: Template) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield the values that a template prints, with the transforms on their way."""
    for found in _SLOT.finditer(template.text):
        yield found["name"], _slot_steps(found["steps"])


@lru_cache(maxsize=4096)
def _slot_steps(text: str) -> tuple[Step, ...]:
    steps = []
    for item in text.split("|")[1:]:
        name, _, argument = item.partition(":")
        steps.append(Step(name, int(argument) if argument.isdigit() else argument or None))
    return tuple(steps)


Getter = Callable[[Values, frozenset[str]], Any]
"""What gives a value for an activity and the names of its undeclared values; rendering is a hot
path, so what a schema file says is put together once."""


def _printer(template: Template) -> Getter:
    """Return what prints a template, ``None`` where a value is absent and nothing stands for it."""
    parts = template.parts or {}
    pieces: list[tuple[str, Getter]] = []
    end = 0
    for slot in _SLOT.finditer(template.text):
        name, steps = slot["name"], _slot_steps(slot["steps"])
        made = (
            _repeater(parts[name], template.escape)
            if name in parts
            else _slot_printer(template, name, steps)
        )
        pieces.append((template.text[end : slot.start()], made))
        end = slot.end()
    rest_of_text = template.text[end:]
    if len(pieces) == 1 and not pieces[0][0] and not rest_of_text:
        return pieces[0][1]

    def printed(values: Values, rest: frozenset[str]) -> str | None:
        found = []
        for before, made in pieces:
            text = made(values, rest)
            if text is None:
                return None
            found.append(before)
            found.append(text)
        found.append(rest_of_text)
        return "".join(found)

    return printed


def _slot_printer(template: Template, name: str, steps: tuple[Step, ...]) -> Getter:
    absent, write = template.absent, template.escape.write
    if template.escape is Escape.NONE and not steps:

        def plain(values: Values, _: frozenset[str]) -> str | None:
            value = values.get(name)
            if type(value) is str:
                return value
            return absent if value is None else as_text(value)

        return plain

    def printed(values: Values, _: frozenset[str]) -> str | None:
        value = _transforms.forward(steps, values.get(name))
        return absent if value is None else write(as_text(value))

    return printed


def _repeater(part: Each, escape: Escape) -> Getter:
    members = [_member(part.item, one) for one in part.members]
    write = escape.write

    def repeated(values: Values, rest: frozenset[str]) -> str:
        found = []
        for before, after, made, when in members:
            if when is None or when.holds(values):
                text = made(values, rest)
                if text is not None:
                    found.append(f"{before}{write(text)}{after}")
        for name in sorted(rest) if part.rest else ():
            if given(values, name):
                before, _, after = part.item.replace("{name}", name).partition("{value}")
                found.append(f"{before}{write(as_text(values[name]))}{after}")
        return "".join(found)

    return repeated


def _member(item: str, member: Member) -> tuple[str, str, Getter, When | None]:
    before, _, after = item.replace("{name}", member.name).partition("{value}")
    when = member.when if member.when.alternatives else None
    return before, after, _printer(member.text), when


def _parse(template: Template, text: str) -> Iterator[dict[str, Any]]:
    """Yield the values that may have been printed as ``text``."""
    groups = None if template.parts else _split(template, text)
    if groups is None:
        return
    result: dict[str, Any] = {}
    for (name, steps), group in zip(slots(template), groups, strict=True):
        if group == template.absent:
            result.setdefault(name, None)
            continue
        candidates = list(_transforms.backward(steps, template.escape.read(group)))
        if not candidates or not group:
            return
        result.setdefault(name, candidates[0])
    yield result


def _split(template: Template, text: str) -> list[str] | None:
    """Return what stands in the slots, each as short as the text behind its slot allows."""
    ends = [found.span() for found in _SLOT.finditer(template.text)]
    starts = [end for _, end in ends]
    stops = [start for start, _ in ends[1:]] + [len(template.text)]
    fixed = [template.text[start:stop] for start, stop in zip(starts, stops, strict=True)]
    before = template.text[: ends[0][0]] if ends else template.text
    if not ends or not text.startswith(before) or not text.endswith(fixed[-1]):
        return None
    groups = []
    position = len(before)
    for literal in fixed[:-1]:
        found = text.find(literal, position) if literal else -1
        if found < 0:
            return None
        groups.append(text[position:found])
        position = found + len(literal)
    last = len(text) - len(fixed[-1])
    return [*groups, text[position:last]] if position <= last else None


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value whatever the activity."""

    value: Any


@dataclass(frozen=True, slots=True)
class From:
    """A value of the activity."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a value comes from, under which condition, and what happens to it on the way."""

    origin: Constant | From | Template
    steps: tuple[Step, ...] = ()
    when: When = ALWAYS
    _getter: Getter | None = field(default=None, init=False, repr=False, compare=False)

    def value(self, values: Values, rest: frozenset[str] = frozenset()) -> Any:
        """Return what an activity gives, ``None`` for nothing; ``rest`` are undeclared names."""
        return self.getter(values, rest)

    @property
    def getter(self) -> Getter:
        """The rule as a function."""
        if self._getter is None:
            object.__setattr__(self, "_getter", _getter(self))
        assert self._getter is not None
        return self._getter

    def causes(self, wanted: Any, examples: Values) -> Iterator[dict[str, Any]]:
        """Yield values of an activity that may give ``wanted``."""
        for needs in self.when.needs(examples):
            for cause in self._causes(wanted):
                if all(cause.get(name, value) == value for name, value in needs.items()):
                    yield {**needs, **cause}

    def _causes(self, wanted: Any) -> Iterator[dict[str, Any]]:
        match self.origin:
            case Constant():
                yield {}
            case From(name):
                yield from ({name: item} for item in _transforms.backward(self.steps, wanted))
            case Template():
                for text in _transforms.backward(self.steps, wanted):
                    yield from _parse(self.origin, as_text(text))

    @property
    def names(self) -> tuple[str, ...]:
        """The values that it is made of, each once, in order."""
        match self.origin:
            case Constant():
                return ()
            case From(name):
                return (name,)
            case Template():
                parts = self.origin.parts or {}
                found: list[str] = []
                for name, _ in slots(self.origin):
                    found.extend(parts[name].names if name in parts else (name,))
                return tuple(dict.fromkeys(found))

    @property
    def needs(self) -> frozenset[str]:
        """Every value that it looks at: those it is made of, and those of its conditions."""
        found = {*self.names, *self.when.names}
        if isinstance(self.origin, Template):
            for part in (self.origin.parts or {}).values():
                found.update(name for member in part.members for name in member.when.names)
        return frozenset(found)

    @property
    def one_way(self) -> bool:
        """Whether nothing is known about the way back."""
        if isinstance(self.origin, Template) and self.origin.parts:
            return True
        return any(step.one_way for step in self.steps)


def _getter(rule: Rule) -> Getter:
    found = _stepped(_original(rule.origin), rule.steps)
    if not rule.when.alternatives:
        return found
    holds = rule.when.holds
    return lambda values, rest: found(values, rest) if holds(values) else None


def _original(origin: Constant | From | Template) -> Getter:
    match origin:
        case From(name):
            return lambda values, _: values.get(name)
        case Constant(value):
            return lambda _values, _rest: value
        case Template():
            return _printer(origin)


def _stepped(found: Getter, steps: tuple[Step, ...]) -> Getter:
    if not steps:
        return found
    return lambda values, rest: _transforms.forward(steps, found(values, rest))
