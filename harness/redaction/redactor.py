r"""Redacts events: first all values that are to go are learnt, then they go wherever they stand.

What is recognised is the value itself and the parts that it consists of (``CORP`` and ``alice`` of
``CORP\alice``), in any letter case, as a word of its own; long values also within words. Encoded
forms, such as Base64, are not recognised.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ahocorasick_rs import AhoCorasick

from harness.errors import Diagnostic, InvalidInput
from harness.redaction.profile import Action, Profile, Rule
from harness.redaction.pseudonyms import SID, Pseudonyms, in_style

SHORTEST = 3
"""Characters from which on a value is looked for in other texts."""
LONG = 8
"""Characters from which on a value is looked for within words as well."""
_HASHED = 32
_NUMBER = re.compile(r"\d{1,5}|0x[0-9a-f]{1,5}")
"""Short numbers are not looked for in other texts, where the same digits mean something else."""
Path = str
_HOME = re.compile(
    r"(?P<before>\\Users\\|\\Documents and Settings\\|/Users/|/home/)"
    r"(?P<name>[^\\/:*?\"<>|\r\n]+)"
    r"(?=[\\/\"]|$)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Done:
    """What was done with one field: by which rule, with which values, and how often."""

    rule: Rule
    values: set[str] = field(default_factory=set)
    count: int = 0


@dataclass(slots=True)
class Report:
    """What was done with some events, by the paths of fields, and how often within texts."""

    fields: dict[Path, Done] = field(default_factory=dict)
    in_texts: int = 0

    def add(self, other: Report) -> None:
        """Add what was done with further events."""
        for path, done in other.fields.items():
            told = self.fields.setdefault(path, Done(done.rule))
            told.values |= done.values
            told.count += done.count
        self.in_texts += other.in_texts


class Redactor:
    """Redacts the events of one import under one profile."""

    def __init__(self, profile: Profile, key: bytes = b"") -> None:
        if profile.needs_key and not key:
            message = "the action 'hash' needs a key"
            hint = "put one into the environment variable HARNESS_REDACTION_KEY, or name a file"
            raise InvalidInput([Diagnostic(code="no-key", message=message, hint=hint)])
        self._profile, self._key = profile, key
        self._names = Pseudonyms(profile.public)
        self._rules: dict[Path, Rule | None] = {}
        self._instead: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._learnt: list[tuple[str, Rule]] = []
        self._gone: AhoCorasick | None = None
        self._report = Report()

    # learning

    def learn(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take note of the values that are to go; call it once, with all events."""
        for event in events:
            for path, value in leaves(event):
                rule = self._rule(path)
                if rule is not None and rule.action is not Action.KEEP:
                    self._take(value, rule)
                if isinstance(value, str):
                    self._take_recognised(value)
        for value, rule in sorted(self._learnt, key=lambda one: _ORDER.get(one[1].shape, 9)):
            self._put(value, rule)
        self._compile()

    def _take(self, value: Any, rule: Rule) -> None:
        if isinstance(value, str) and not self._names.is_public(value):
            self._learnt.append((value, rule))
            self._names.avoid(value)
            for part, _ in self._names.parts(value, rule.shape):
                self._names.avoid(part)

    def _take_recognised(self, text: str) -> None:
        if "sid" in self._profile.anywhere:
            for found in SID.findall(text):
                self._take(found, _PSEUDONYM_SID)
        if "home" in self._profile.anywhere:
            for match in _HOME.finditer(text):
                self._take(match["name"], _PSEUDONYM_USER)

    def _put(self, value: str, rule: Rule) -> None:
        """Say what stands for a value, and for its parts, wherever they are found."""
        if value.lower() not in self._instead:
            made = self._replacement(value, rule)
            if made.lower() != value.lower():
                self._instead[value.lower()] = made
        for part, shape in self._names.parts(value, rule.shape):
            if part and not self._names.is_public(part):
                self._put(part, Rule(pattern="", action=rule.action, shape=shape))

    def _replacement(self, value: str, rule: Rule) -> str:
        match rule.action:
            case Action.PSEUDONYM:
                return self._names.of(value, rule.shape)
            case Action.HASH:
                message = value.lower().encode("utf-8", "surrogatepass")
                return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:_HASHED]
            case _:
                return "x" * _rounded(len(value))

    def _compile(self) -> None:
        words = [
            re.escape(one) if len(one) >= LONG else _alone(one)
            for one in sorted(self._instead, key=lambda one: (-len(one), one))
            if _is_sought(one)
        ]
        self._pattern = re.compile("|".join(words), re.IGNORECASE) if words else None

    # applying

    def apply(self, event: Mapping[str, Any], report: Report | None = None) -> dict[str, Any]:
        """Return a redacted event; what was done is added to a report."""
        self._report = Report() if report is None else report
        return {
            name: value
            for name, value in ((key, self._value(item, key)) for key, item in event.items())
            if value is not _GONE
        }

    def text(self, text: str) -> str:
        """Return a text of another origin, such as a file's name, without what is to go."""
        return self._in_text(text)

    def _value(self, value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            pairs = ((key, self._value(item, f"{path}.{key}")) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _GONE}
        if isinstance(value, list):
            items = (self._value(item, path) for item in value)
            return [item for item in items if item is not _GONE]
        rule = self._rule(path)
        if rule is None:
            return self._in_text(value) if isinstance(value, str) else value
        if rule.action is Action.KEEP or value is None:
            return value
        return self._redacted(value, path, rule)

    def _redacted(self, value: Any, path: Path, rule: Rule) -> Any:
        if isinstance(value, str) and self._names.is_public(value):
            return value
        made = self._made(value, rule)
        if made != value or type(made) is not type(value):
            told = self._report.fields.setdefault(path, Done(rule))
            told.count += 1
            told.values.add(str(value).lower())
        return made

    def _made(self, value: Any, rule: Rule) -> Any:
        if rule.action is Action.DROP:
            return _GONE
        if isinstance(value, str):
            known = self._instead.get(value.lower())
            return self._replacement(value, rule) if known is None else in_style(known, value)
        return self._replacement(str(value), rule) if rule.action is Action.HASH else type(value)(0)

    def _in_text(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub(self._found, text)
        if "home" in self._profile.anywhere:
            text = _HOME.sub(self._found_home, text)
        return text

    def _found(self, match: re.Match[str]) -> str:
        found = match.group()
        made = self._instead.get(found.lower())
        self._report.in_texts += 1
        return "x" * _rounded(len(found)) if made is None else in_style(made, found)

    def _found_home(self, match: re.Match[str]) -> str:
        name = match["name"]
        if self._names.is_public(name):
            return match.group()
        made = self._instead.get(name.lower(), name)
        return match["before"] + in_style(made, name)

    def _rule(self, path: Path) -> Rule | None:
        if path not in self._rules:
            self._rules[path] = self._profile.rule(path)
        return self._rules[path]

    # looking back

    def left(self, event: Mapping[str, Any]) -> Iterator[Path]:
        """Yield the paths of a redacted event where a value that was to go still stands.

        That is so inside longer words, for values too short to be looked for, and where the
        profile keeps a field as it is.
        """
        if self._gone is None:
            made = {one.lower() for one in self._instead.values()}
            gone = [one for one in self._instead if _is_sought(one) and one not in made]
            self._gone = AhoCorasick(gone)
        for path, value in leaves(event):
            text = str(value).lower()
            if any(
                not self._is_made(text, one) for one in self._gone.find_matches_as_strings(text)
            ):
                yield path

    def _is_made(self, text: str, value: str) -> bool:
        """Return whether a value stands in a text only as a part of invented ones."""
        for one in {made.lower() for made in self._instead.values() if value in made.lower()}:
            text = text.replace(one, "")
        return value not in text


_GONE = object()
_ORDER = {"host": 0, "domain": 1}
"""A name is that of a computer before it is that of a domain, and of a person last."""
_PSEUDONYM_SID = Rule(pattern="", action=Action.PSEUDONYM, shape="sid")
_PSEUDONYM_USER = Rule(pattern="", action=Action.PSEUDONYM, shape="user")


def _is_sought(value: str) -> bool:
    """Return whether a value is looked for in texts."""
    return len(value) >= SHORTEST and not _NUMBER.fullmatch(value)


def _alone(value: str) -> str:
    return rf"(?<![^\W_]){re.escape(value)}(?![^\W_])"


def _rounded(length: int) -> int:
    return 1 << max(0, length - 1).bit_length()


def leaves(value: Any, path: Path = "") -> Iterator[tuple[Path, Any]]:
    """Yield the values of an event with their dotted paths."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value
