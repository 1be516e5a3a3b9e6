"""Sigma's value modifiers, applied to a value one after the other.

What may follow what is pySigma's rule (https://github.com/SigmaHQ/pySigma, 2.0.1, run), and
the modifier appendix 2.1.0 where that speaks:
https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import NoReturn

from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.sigma.operators import OPERATORS, ORDERS
from harness.languages.sigma.text import (
    MAX_VARIANTS,
    Text,
    TextError,
    base64,
    base64_offsets,
    expand,
    has_placeholder,
    opened,
    spelled_out,
    utf16,
    windash,
)
from harness.languages.sigma.values import (
    Bound,
    Ends,
    Exists,
    Expansion,
    Flag,
    Network,
    Null,
    Number,
    Pattern,
    Reference,
    Single,
    Value,
    as_string,
)
from harness.languages.sigma.views import TIME_PARTS
from harness.source import Source, Span

WHOLE_LIST = frozenset({"all", "neq"})
"""Modifiers that say how the values of a list are joined, not what a value is."""


@dataclass(frozen=True, slots=True)
class Modifier:
    """A modifier as written: its name and its place in the key."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One modifier at work: what stands before it, and how to complain."""

    modifier: Modifier
    before: tuple[str, ...]
    source: Source
    raw: str
    """The value's text before any escape was read."""
    placeholders: Mapping[str, Sequence[str]]
    warn: Callable[[str, Span, str], None]

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """Refuse the rule at the modifier."""
        raise syntax_error(self.source, self.modifier.span, message, hint)

    def mismatch(self, value: Single) -> NoReturn:
        """Refuse the rule: this modifier does not take such a value."""
        self.fail(
            f"the modifier '{self.modifier.name}' does not take {_KINDS[type(value)]}",
            _WANTED.get(self.modifier.name, "take the modifier away"),
        )

    def unsupported(self, feature: str, reason: str) -> NoReturn:
        """Give up on a construct at the modifier."""
        raise unsupported(self.source, self.modifier.span, feature, reason)


_KINDS: dict[type, str] = {
    Text: "text",
    Number: "a number",
    Flag: "a boolean",
    Null: "null",
    Exists: "the result of 'exists'",
    Pattern: "a regular expression",
    Network: "a network",
    Reference: "a field reference",
    Bound: "the result of a comparison",
}
_WANTED = {
    **dict.fromkeys(ORDERS, "write the number without quotes, one comparison a key"),
    **dict.fromkeys(TIME_PARTS, "write the number without quotes, the comparison after the part"),
    **dict.fromkeys(
        ("windash", "wide", "utf16le", "utf16be", "utf16", "base64", "base64offset", "expand"),
        "quote the value, and put this modifier before the others",
    ),
    **dict.fromkeys(("i", "m", "s", "ignorecase", "multiline", "dotall"), "put 're' before it"),
    "exists": "write true or false without quotes",
    "cidr": "quote the network, as '10.0.0.0/8'",
    "re": "quote the regular expression",
    "fieldref": "give the name of a field",
}


MAX_MODIFIERS = 32


def split_key(key: str, place: Callable[[int, int], Span]) -> tuple[str, tuple[Modifier, ...]]:
    """key: field? ('|' modifier)*."""
    field, *names = key.split("|")
    at = len(field) + 1
    found = []
    for name in names:
        found.append(Modifier(name, place(at, at + len(name))))
        at += len(name) + 1
    return field, tuple(found)


def check_names(modifiers: Sequence[Modifier], source: Source) -> None:
    """Refuse a modifier that Sigma does not have."""
    if len(modifiers) > MAX_MODIFIERS:
        feature = f"more than {MAX_MODIFIERS} modifiers on one key"
        raise unsupported(source, modifiers[0].span, feature, "no rule needs as many")
    for modifier in modifiers:
        if modifier.name not in _STEPS and modifier.name not in WHOLE_LIST:
            known = [*_STEPS, *WHOLE_LIST]
            near = get_close_matches(modifier.name.strip().lower(), known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known))}"
            if not modifier.name:
                hint = "name a modifier after '|'"
            message = f"there is no modifier '{modifier.name}'"
            raise syntax_error(source, modifier.span, message, hint)


MAX_LENGTH = 1_000_000
"""Characters that the texts of one value may come to; each encoding makes them longer."""


def apply(value: Value, step: Step) -> Value:
    """Return what a modifier makes of a value, of each value of an expansion by itself."""
    if not isinstance(value, Expansion):
        done = _applied(value, step)
    else:
        parts = [_applied(item, step) for item in _flat(value)]
        done = Expansion(tuple(item for one in parts for item in _flat(one)))
    texts = [item for item in _flat(done) if isinstance(item, Text)]
    if len(texts) > MAX_VARIANTS or sum(text.length for text in texts) > MAX_LENGTH:
        step.unsupported("a value of this size", "its encoded forms are too many or too long")
    return done


def _flat(value: Value) -> tuple[Single, ...]:
    if not isinstance(value, Expansion):
        return (value,)
    return tuple(item for one in value.values for item in _flat(one))


def _applied(value: Single, step: Step) -> Value:
    if isinstance(value, Null) and step.modifier.name != "exists":
        step.mismatch(value)
    try:
        return _STEPS[step.modifier.name](value, step)
    except TextError as error:
        step.fail(str(error), error.hint)


def _several(values: Sequence[Single]) -> Value:
    return values[0] if len(values) == 1 else Expansion(tuple(values))


def _string(value: Single, step: Step) -> Text:
    """Return a value as text for a generic modifier, which takes numbers and booleans too."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Flag) or (isinstance(value, Number) and not value.part):
        message = (
            f"'{step.modifier.name}' is applied to {_KINDS[type(value)]}, which pySigma refuses"
        )
        step.warn(message, step.modifier.span, "quote the value")
        return as_string(value)
    return step.mismatch(value)


def _ends(value: Single, step: Step) -> Value:
    """'contains' | 'startswith' | 'endswith'."""
    name = step.modifier.name
    ends = Ends(left=name != "startswith", right=name != "endswith")
    match value:
        case Pattern():
            return _valid(replace(value, ends=(value.ends or Ends()) | ends), step)
        case Reference():
            return replace(value, ends=value.ends | ends)
        case _:
            text = _string(value, step)
            return opened(text, left=ends.left, right=ends.right)


def _cased(value: Single, step: Step) -> Value:
    return replace(_string(value, step), case=OPERATORS["cased"].case)


def _windash(value: Single, step: Step) -> Value:
    return windash(_text(value, step))


def _text(value: Single, step: Step) -> Text:
    """Return a value that must be a string: string modifiers take nothing else."""
    return value if isinstance(value, Text) else step.mismatch(value)


def _encoded(value: Single, step: Step) -> Value:
    """'wide' | 'utf16le' | 'utf16be' | 'utf16'."""
    texts = spelled_out(_text(value, step))
    return _several([utf16(text, step.modifier.name) for text in texts])


def _base64(value: Single, step: Step) -> Value:
    return _several([base64(text) for text in spelled_out(_text(value, step))])


def _base64offset(value: Single, step: Step) -> Value:
    texts = spelled_out(_text(value, step))
    return _several([form for text in texts for form in base64_offsets(text)])


def _expand(value: Single, step: Step) -> Value:
    if isinstance(value, Pattern):
        if not has_placeholder(value.pattern):
            return value
        reason = "no document says whether a placeholder's value is escaped inside a pattern"
        step.unsupported("placeholders in a regular expression", reason)
    return _several(expand(_text(value, step), step.placeholders))


def _re(value: Single, step: Step) -> Value:
    if step.before:
        step.fail("'re' follows another modifier", "put 're' first")
    if isinstance(value, Number):
        step.warn("a number is used as a regular expression", step.modifier.span, "quote it")
        return _valid(Pattern(pattern=as_string(value).literal or ""), step)
    if not isinstance(value, Text):
        step.mismatch(value)
    return _advised(_valid(Pattern(pattern=step.raw), step), step)


_BACKTRACKS = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!>]|<[=!]|P=)|\\[1-9])")
"""Look-around, atomic groups and back references."""


def _advised(pattern: Pattern, step: Step) -> Pattern:
    """Warn of constructs beyond the specification's list that pySigma refuses (it uses RE2)."""
    if _BACKTRACKS.search(pattern.pattern):
        message = "the pattern uses look-around or a back reference, which pySigma refuses"
        step.warn(message, step.modifier.span, "write it without, other searches can exclude")
    return pattern


_FLAGS = {"m": "m", "multiline": "m", "s": "s", "dotall": "s"}


def _flag(value: Single, step: Step) -> Value:
    """'i' | 'm' | 's' | 'ignorecase' | 'multiline' | 'dotall'."""
    if not isinstance(value, Pattern):
        step.mismatch(value)
    flag = _FLAGS.get(step.modifier.name)
    if flag is None:
        return replace(value, case=OPERATORS[step.modifier.name].case)
    return replace(value, flags="".join(sorted({*value.flags, flag})))


def _valid(pattern: Pattern, step: Step) -> Pattern:
    """Refuse a pattern that does not compile."""
    dialect = OPERATORS["re"].dialect
    try:
        compile_regex(pattern.pattern, dialect)
    except RegexError as error:
        step.fail(f"the regular expression is broken: {error}")
    try:
        compile_regex(pattern.anchored(), dialect)
    except RegexError as error:
        step.unsupported("this pattern with 'startswith' or 'endswith'", str(error))
    return pattern


def _cidr(value: Single, step: Step) -> Value:
    if step.before:
        step.fail("'cidr' follows another modifier", "put 'cidr' first")
    literal = _text(value, step).literal
    try:
        return Network(ipaddress.ip_network(literal or ""))
    except ValueError as error:
        step.fail(f"the value is no network: {error}", "give it as '10.0.0.0/8' or '2001:db8::/32'")


def _exists(value: Single, step: Step) -> Value:
    if step.before:
        step.fail("'exists' follows another modifier", "use 'exists' alone")
    return Exists(value.value) if isinstance(value, Flag) else step.mismatch(value)


def _fieldref(value: Single, step: Step) -> Value:
    literal = _text(value, step).literal
    if literal is None:
        step.fail(
            "the name of the other field holds wildcards",
            "put 'contains', 'startswith' or 'endswith' after 'fieldref'",
        )
    return Reference(literal)


def _order(value: Single, step: Step) -> Value:
    """'gt' | 'gte' | 'lt' | 'lte'."""
    if not isinstance(value, Number):
        step.mismatch(value)
    return Bound(ORDERS[step.modifier.name], value)


def _part(value: Single, step: Step) -> Value:
    """'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'."""
    part = step.modifier.name
    if not isinstance(value, Number):
        step.mismatch(value)
    if value.part:
        reason = "no document says which of the two counts"
        step.unsupported("two parts of a time on one key", reason)
    if isinstance(value.number, float) and not value.number.is_integer():
        step.unsupported("a fraction of a time part", "pySigma cuts it off, others compare it")
    low, high = _RANGES[part]
    if not low <= value.number <= high:
        step.warn(
            f"no time has the {part} {value.number}", step.modifier.span, f"use {low} to {high}"
        )
    return Number(int(value.number), part)


_RANGES = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "week": (1, 53),
    "month": (1, 12),
    "year": (1, 9999),
}

_STEPS: dict[str, Callable[[Single, Step], Value]] = {
    **dict.fromkeys(("contains", "startswith", "endswith"), _ends),
    "cased": _cased,
    "windash": _windash,
    **dict.fromkeys(("wide", "utf16le", "utf16be", "utf16"), _encoded),
    "base64": _base64,
    "base64offset": _base64offset,
    "expand": _expand,
    "re": _re,
    **dict.fromkeys(("i", "ignorecase", *_FLAGS), _flag),
    "cidr": _cidr,
    "exists": _exists,
    "fieldref": _fieldref,
    **dict.fromkeys(ORDERS, _order),
    **dict.fromkeys(TIME_PARTS, _part),
}
