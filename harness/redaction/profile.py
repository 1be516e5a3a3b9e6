"""Which fields are redacted, and how: a file that ships, files of the user's own, single fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.source import Source
from harness.yamlsource import Document, YamlError, load

SCHEMA = "harness/redaction/1"


class Action(StrEnum):
    """What is done with the value of a field."""

    KEEP = "keep"
    """It stays as it is, also where it looks like a value that is redacted elsewhere."""
    DROP = "drop"
    """The field is taken away."""
    MASK = "mask"
    """Text of about the same length: its length is rounded up to the next power of two."""
    HASH = "hash"
    """An HMAC under a key of the user's: equal values stay equal, also between imports."""
    PSEUDONYM = "pseudonym"
    """An invented value of the same shape; equal values stay equal within an import."""


SHAPES = ("auto", "user", "host", "domain", "sid", "ip", "id")
"""Shapes of values that have pseudonyms; ``auto`` looks at the value."""
ANYWHERE = ("sid", "home")
"""What is recognised inside any text: SIDs of accounts, and the names of home folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is done with the fields that a pattern names.

    The pattern is held against the path and against what follows any of its dots, in any letter
    case; ``*`` is any text. One that begins with ``^`` is held against the whole path only.
    """

    pattern: str
    action: Action
    shape: str = "auto"

    def names(self, path: str) -> bool:
        """Return whether the rule is about a field."""
        expression = _expression(self.pattern.removeprefix("^"))
        if self.pattern.startswith("^"):
            return expression.fullmatch(path) is not None
        return any(expression.fullmatch(one) for one in _endings(path))


def _endings(path: str) -> Iterator[str]:
    """Yield a path, and what follows each of its dots."""
    yield path
    at = path.find(".")
    while at >= 0:
        yield path[at + 1 :]
        at = path.find(".", at + 1)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Rules, of which the first that names a field counts, and what is recognised anywhere.

    ``public`` are values that are no secret and stay: accounts of Windows itself and the like.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    anywhere: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()

    def rule(self, path: str) -> Rule | None:
        """Return the rule about a field, ``None`` for a field of which nothing is said."""
        return next((one for one in self.rules if one.names(path)), None)

    def with_rules(self, rules: Iterable[Rule]) -> Profile:
        """Return the profile with rules that come first."""
        return replace(self, rules=(*rules, *self.rules))

    @property
    def needs_key(self) -> bool:
        """Whether a value may have to be hashed."""
        return any(one.action is Action.HASH for one in self.rules)


@lru_cache(maxsize=1)
def default() -> Profile:
    """Return the profile that ships: the well-known fields that tell persons and computers."""
    text = files(__package__).joinpath("default.yml").read_text("utf-8")
    return replace(read(text, "default.yml"), name="default")


def read(text: str, name: str) -> Profile:
    """Return the profile of a file; raises ``InvalidInput`` with every problem and its place."""
    try:
        document = load(Source(text, name))
    except YamlError as error:
        raise InvalidInput([error.diagnostic()]) from error
    data = document.plain()
    errors = sorted(_validator().iter_errors(data), key=lambda error: error.json_path)
    if errors:
        raise InvalidInput(
            _problem(document, tuple(one.absolute_path), one.message) for one in errors
        )
    rules = tuple(_rule(pattern, given) for pattern, given in data.get("fields", {}).items())
    own = Profile(
        name=name,
        rules=rules,
        anywhere=frozenset(data.get("anywhere", ())),
        public=frozenset(one.lower() for one in data.get("public", ())),
    )
    if not data.get("extends", False):
        return own
    shipped = default()
    return Profile(
        name=name,
        rules=(*own.rules, *shipped.rules),
        anywhere=own.anywhere | shipped.anywhere,
        public=own.public | shipped.public,
    )


def _rule(pattern: str, given: Any) -> Rule:
    if isinstance(given, Mapping):
        shape = given.get("as", "auto")
        return Rule(pattern=pattern, action=Action(given["action"]), shape=shape)
    return Rule(pattern=pattern, action=Action(given))


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 (slow to import)

    text = files(__package__).joinpath("redaction.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def _problem(document: Document, pointer: tuple[str | int, ...], message: str) -> Diagnostic:
    while True:
        try:
            span = document.span(pointer)
            break
        except KeyError:
            pointer = pointer[:-1]
    return Diagnostic(
        code="bad-redaction",
        message=message[:300],
        place=document.source.place(span),
        excerpt=document.source.excerpt(span),
    )


def one_field(text: str) -> Rule:
    """Return the rule of ``field=action`` or ``field=pseudonym:shape``."""
    pattern, _, given = text.rpartition("=")
    action, _, shape = given.partition(":")
    known = {one.value for one in Action}
    fits = not shape or (action == Action.PSEUDONYM and shape in SHAPES)
    if pattern and action in known and fits:
        return Rule(pattern=pattern, action=Action(action), shape=shape or "auto")
    message = f"{text[:80]!r} is no redaction of a field"
    hint = f"write FIELD=ACTION: {', '.join(known)}; pseudonym may name a shape: pseudonym:user"
    raise InvalidInput([Diagnostic(code="bad-redaction", message=message, hint=hint)])
