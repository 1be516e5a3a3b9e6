"""The commands that rewrite values: ``replace``, ``strcat`` and ``rex mode=sed``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import Fault
from harness.ir import Call, Expression, Function, Literal
from harness.ir.regexes import compile_regex
from harness.languages._lexing import END, Cursor
from harness.languages.spl._calls import valid_regex
from harness.languages.spl._functions import one, replaced, several, text_of
from harness.languages.spl._script import Part
from harness.languages.spl._state import (
    State,
    argument_cursor,
    error,
    is_true,
    is_word,
    name_of,
    read_names,
    read_options,
    refuse,
)
from harness.source import Span

_MAX_RULES = 50


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Whole values that become others; one ``*`` on each side stands for the same text."""

    rules: tuple[tuple[str, str], ...]

    def __call__(self, value: Any) -> Any:
        """Return the new value or values."""
        found = [self._text(text_of(item)) for item in several(value)]
        return found[0] if len(found) == 1 else found or None

    def _text(self, text: str) -> str:
        new = {_moved(text, *rule) for rule in self.rules} - {None}
        if len(new) > 1:
            message = "several replacements fit one value"
            raise Fault(message)
        if not new and any(
            _moved(text.lower(), old.lower(), "") is not None for old, _ in self.rules
        ):
            message = "whether replace minds letter case is not documented"
            raise Fault(message)
        return str(new.pop()) if new else text


def _moved(text: str, old: str, new: str) -> str | None:
    start, star, end = old.partition("*")
    if not star:
        return new if text == old else None
    fits = len(text) >= len(start) + len(end) and text.startswith(start) and text.endswith(end)
    return new.replace("*", text[len(start) : len(text) - len(end)]) if fits else None


def replace_values(part: Part, state: State) -> State:
    """``replace (old "WITH" new ","?)+ ("IN" names)?``; without names every field.

    https://docs.splunk.com/Documentation/Splunk/9.4.0/SearchReference/Replace
    """
    cursor = argument_cursor(part)
    rules: list[tuple[str, str]] = []
    while not cursor.at(END) and not is_word(cursor.token, "in"):
        rules.append(_rule(cursor))
        cursor.take("COMMA")
    if not rules or len(rules) > _MAX_RULES:
        raise error(
            part, "replace takes up to 50 values", 'write replace "old" WITH "new" IN field'
        )
    if any(old.count("*") > 1 or new.count("*") > old.count("*") for old, new in rules):
        raise refuse(part, "replace with several wildcards", "which text moves is not documented")
    function = Function(f"spl.replace values {rules!r}", Rewriting(tuple(rules)))
    if cursor.at(END):
        return replace(state, scope=state.scope.change(_every(function)))
    cursor.next()
    names = read_names(cursor)
    if not names or any("*" in name for name in names):
        raise refuse(part, "replace IN a pattern", "only fields by their whole name are read")
    known = {name: state.scope.resolve(name) for name in names}
    values = {n: Call(function, (old,), part.span) for n, old in known.items() if old is not None}
    return state.assign(values, part)


def _rule(cursor: Cursor) -> tuple[str, str]:
    old = name_of(cursor.expect(("WORD", "QUOTED"), "a value to replace"))
    if not is_word(cursor.token, "with"):
        cursor.fail(f"expected WITH, found {cursor.token}")
    cursor.next()
    return old, name_of(cursor.expect(("WORD", "QUOTED"), "the new value"))


def _every(function: Function) -> Any:
    def change(name: str, value: Expression | None) -> Expression | None:
        return value if value is None or name.startswith("_") else Call(function, (value,))

    return change


def strcat(part: Part, state: State) -> State:
    """``strcat option* (name | STRING)+ name``: the texts joined in the last field.

    A missing field counts as nothing, or with ``allrequired`` nothing is written.
    https://docs.splunk.com/Documentation/Splunk/9.4.0/SearchReference/Strcat
    """
    cursor = argument_cursor(part)
    required = is_true(read_options(cursor).get("allrequired"))
    sources: list[Expression] = []
    names: list[str] = []
    while not cursor.at(END):
        token = cursor.expect(("WORD", "QUOTED"), "a field or a text")
        name = name_of(token)
        text = token.kind == "QUOTED" and token.text.startswith('"')
        sources.append(Literal(name) if text else state.scope.resolve(name) or Literal(None))
        names.append("" if text else name)
    if len(names) < 2 or not names[-1]:  # noqa: PLR2004 - a source and the new field
        raise error(part, "strcat takes fields or texts and, at the end, the new field")
    old = state.scope.resolve(names[-1]) or Literal(None)
    function = Function(f"spl.strcat {required}", _Joined(required), strict=False)
    return state.assign({names[-1]: Call(function, (old, *sources[:-1]), part.span)}, part)


@dataclass(frozen=True, slots=True)
class _Joined:
    required: bool

    def __call__(self, old: Any, *values: Any) -> Any:
        missing = [one(value) is None for value in values]
        if any(missing) and self.required:
            return old
        return text_of(
            "".join(text_of(v) for v, gone in zip(values, missing, strict=True) if not gone)
        )


@dataclass(frozen=True, slots=True)
class Sed:
    """``s/expression/replacement/`` with or without ``g``."""

    pattern: str
    replacement: str
    everywhere: bool

    def __call__(self, value: Any) -> str:
        """Return the text with the first match, or every match, replaced."""
        text = text_of(value)
        if self.everywhere:
            return replaced(text, self.pattern, self.replacement)
        finder: Any = compile_regex(self.pattern, "pcre")
        first = next(iter(finder.finds(text)), None)
        if first is None:
            return text
        head, tail = text[: first.end], text[first.end :]
        return replaced(head, self.pattern, self.replacement) + tail


@dataclass(frozen=True, slots=True)
class _Exchange:
    table: tuple[tuple[int, str], ...]

    def __call__(self, value: Any) -> str:
        return text_of(value).translate(dict(self.table))


def sed(cursor: Cursor, written: str, span: Span) -> Function:
    """``sed := "s" mark regex mark text mark flags | "y" mark chars mark chars mark``.

    https://docs.splunk.com/Documentation/Splunk/9.4.0/SearchReference/Rex
    """
    text = written.strip()
    command, mark = text[:1], text[1:2]
    pieces = re.split(rf"(?<!\\){re.escape(mark)}", text[2:]) if mark and not mark.isalnum() else []
    if command not in ("s", "y") or len(pieces) != 3:  # noqa: PLR2004 - two parts and the flags
        hint = 'write "s/expression/replacement/g" or "y/abc/xyz/"'
        cursor.fail(f"{written!r} is no sed expression", hint, span)
    first, second, flags = pieces
    if command == "y":
        if len(first) != len(second) or flags or "\\" in first + second:
            cursor.unsupported("rex mode=sed with y", "its characters do not pair up", span)
        pairs = zip(first, second, strict=True)
        return Function(f"spl.sed {text}", _Exchange(tuple((ord(a), b) for a, b in pairs)))
    if flags not in ("", "g") or mark == "\\":
        cursor.unsupported(f"rex mode=sed with the flag {flags}", "only g is evaluated", span)
    pattern = valid_regex(cursor, first, span)
    if flags != "g" and re.search(r"\\[bBGKAzZ]|\(\?<?[=!]|\$|\^", pattern):
        reason = "replacing the first match only is evaluated for expressions without anchors"
        cursor.unsupported("rex mode=sed without g", reason, span)
    return Function(f"spl.sed {text}", Sed(pattern, second, flags == "g"))
