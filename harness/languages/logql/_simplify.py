"""What Loki makes of a regular expression before it runs it.

Loki replaces an expression that is no more than texts, ``.*`` and alternatives of them by plain
text tests. Of a label's value these tests ask less than the anchored expression would
(https://github.com/grafana/loki/issues/23892), so both readings matter. What is rebuilt here is
the tree that Go's parser makes of such an expression, common beginnings of alternatives factored
out, and the rules of
https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/log/filter.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

MAX_LENGTH = 4000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Text:
    """A literal text; ``folded``: in any letter case."""

    text: str
    folded: bool


@dataclass(frozen=True, slots=True)
class Run:
    """``.*``, or ``.+`` where it is not ``empty``."""

    empty: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes in a row, alternatives, or what a capture group holds, by ``kind``."""

    kind: str
    items: tuple[Node, ...]


Node = Text | Run | Group

NOTHING = Group("row", ())


@dataclass(frozen=True, slots=True)
class Plain:
    """One plain test: the value contains, or equals, a text; any text at all; some text."""

    kind: str
    text: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Simplified:
    """Plain tests of which one has to hold.

    ``whole`` and ``within``: they say what the expression says, of a whole value or anywhere.
    """

    tests: tuple[Plain, ...]
    whole: bool
    within: bool


class _NotPlain(Exception):
    """The expression is more than texts and runs."""


_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_CAPTURE = re.compile(r"\((?:\?P?<\w+>)?(?!\?)")
_ONE = re.compile(r"\[(?:\\([^\w\s])|([^\]\\^\[]))\]")
_ANCHORED = re.compile(r"(?:\(\?i\))?\^|(?:[^\\]|\\.)*\$\Z", re.DOTALL)
"""Expressions that are seen at once to be more than texts."""
_ONE_TEXT = re.compile(
    r"(\(\?i\))?(\.\*)?((?:\\[ -/:-@\[-^`{-~]|[^\\^$.|?*+()\[\]{}])+)(\.\*)?", re.DOTALL
)
"""A text between runs, as converters write it."""
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}


class _Reader:
    """Reads an expression; anything that cannot become a plain test ends the reading."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def sees(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def whole(self) -> Node:
        node = self.alternatives(frozenset(), 0)
        if self.at < len(self.text):
            raise _NotPlain
        return node

    def alternatives(self, flags: frozenset[str], depth: int) -> Node:
        """``alternatives := row ("|" row)*``; a flag holds to the end of the group."""
        if depth > MAX_DEPTH:
            raise _NotPlain
        branches: list[Node] = []
        row: list[Node] = []
        while self.at < len(self.text) and not self.sees(")"):
            if self.sees("|"):
                self.at += 1
                branches.append(_row(row))
                row = []
                continue
            switch = _FLAGS.match(self.text, self.at)
            if switch and switch[3] == ")":
                self.at = switch.end()
                flags = _switched(flags, switch)
                continue
            row.extend(self.item(flags, depth))
        branches.append(_row(row))
        return _alternation(branches)

    def item(self, flags: frozenset[str], depth: int) -> list[Node]:
        """``item := group | ".*" | ".+" | character``."""
        switch = _FLAGS.match(self.text, self.at)
        capture = None if switch else _CAPTURE.match(self.text, self.at)
        if switch or capture:
            inner = _switched(flags, switch) if switch else flags
            self.at = (switch or capture).end()  # type: ignore[union-attr] # one of them is there
            node = self.alternatives(inner, depth + 1)
            if not self.sees(")"):
                raise _NotPlain
            self.at += 1
            self._not_repeated()
            return [Group("capture", (node,)) if capture else node]
        if self.sees("."):
            return [self.run(flags)]
        node = Text(*self.character(flags))
        self._not_repeated()
        return [node]

    def run(self, flags: frozenset[str]) -> Node:
        sign = self.text[self.at + 1 : self.at + 2]
        if "s" in flags or sign not in ("*", "+") or not sign:
            raise _NotPlain
        self.at += 2
        if self.sees("?"):
            self.at += 1
        self._not_repeated()
        return Run(sign == "*")

    def character(self, flags: frozenset[str]) -> tuple[str, bool]:
        char, folds = self.text[self.at], "i" in flags
        single = _ONE.match(self.text, self.at)
        if single:
            self.at = single.end()
            found = single[1] or single[2]
            if folds and found in "kKsS\u017f\u212a":
                raise _NotPlain
            return found, folds and found.lower() != found.upper()
        if char in "^$*+?[{":
            raise _NotPlain
        self.at += 1
        if char != "\\":
            return char, folds
        following = self.text[self.at : self.at + 1]
        self.at += 1
        if following in _CONTROLS:
            return _CONTROLS[following], folds
        if not following or not following.isascii() or following.isalnum() or following == "_":
            raise _NotPlain
        return following, folds

    def _not_repeated(self) -> None:
        if self.at < len(self.text) and self.text[self.at] in "*+?{":
            raise _NotPlain


def _switched(flags: frozenset[str], switch: re.Match[str]) -> frozenset[str]:
    return (flags | set(switch[1])) - set(switch[2] or "")


def _row(nodes: list[Node]) -> Node:
    """Return nodes in a row: neighbouring texts of one kind are joined, then rows spliced in."""
    joined: list[Node] = []
    for node in nodes:
        before = joined[-1] if joined else None
        if isinstance(node, Text) and isinstance(before, Text) and before.folded == node.folded:
            joined[-1] = replace(before, text=before.text + node.text)
        else:
            joined.append(node)
    flat: list[Node] = []
    for node in joined:
        inner = isinstance(node, Group) and node.kind == "row" and node.items
        flat.extend(inner or (node,))
    return flat[0] if len(flat) == 1 else Group("row", tuple(flat))


def _alternation(branches: list[Node]) -> Node:
    """Return alternatives, with what neighbours have in common at their beginning factored out."""
    flat: list[Node] = []
    for branch in branches:
        same = isinstance(branch, Group) and branch.kind == "or"
        flat.extend(branch.items if same and isinstance(branch, Group) else (branch,))
    if len(flat) == 1:
        return flat[0]
    factored = _factored(flat)
    singles = [isinstance(item, Text) and len(item.text) == 1 for item in factored]
    if any(left and right for left, right in pairwise(singles)):
        raise _NotPlain  # Go makes a character class of them
    merged = [
        item
        for at, item in enumerate(factored)
        if item != NOTHING or at == 0 or factored[at - 1] != NOTHING
    ]
    return merged[0] if len(merged) == 1 else Group("or", tuple(merged))


def _factored(items: list[Node]) -> list[Node]:
    result: list[Node] = []
    start, common = 0, Text("", False)
    for at in range(len(items) + 1):
        head = _head(items[at]) if at < len(items) else None
        if head is not None and head.folded == common.folded:
            shared = _shared(common.text, head.text)
            if shared:
                common = replace(common, text=shared)
                continue
        if at - start == 1:
            result.append(items[start])
        elif at > start:
            rests = [_without(item, len(common.text)) for item in items[start:at]]
            result.append(Group("row", (common, _alternation(rests))))
        start, common = at, head or Text("", False)
    return result


def _head(node: Node) -> Text:
    first = node.items[0] if isinstance(node, Group) and node.kind == "row" and node.items else node
    return first if isinstance(first, Text) else Text("", False)


def _shared(left: str, right: str) -> str:
    count = 0
    while count < min(len(left), len(right)) and left[count] == right[count]:
        count += 1
    return left[:count]


def _without(node: Node, count: int) -> Node:
    if isinstance(node, Text):
        return NOTHING if len(node.text) == count else replace(node, text=node.text[count:])
    assert isinstance(node, Group)
    first = _without(node.items[0], count)
    rest = node.items[1:] if first == NOTHING else (first, *node.items[1:])
    return rest[0] if len(rest) == 1 else Group("row", rest)


class _Writer:
    """Turns a tree into plain tests, noting where they say less than the tree."""

    def __init__(self, *, label: bool) -> None:
        self.label = label
        self.whole = True
        self.within = True

    def tests(self, node: Node) -> list[Plain]:
        """Return the tests of which one has to hold; ``all`` never stands beside others."""
        match node:
            case Group("or", items):
                return self.either([_bare(item) for item in items])
            case Group("row", ()):
                self.whole = False
                return [Plain("all")]
            case Group("row", items):
                return self.row(items, None)
            case Group("capture", (inner,)):
                return self.tests(inner)
            case Text(text, folded):
                kind = "equals" if self.label else "contains"
                return [Plain(kind, text, folded)]
            case Run(empty):
                return [Plain("all" if empty else "some")]
            case _:
                raise _NotPlain

    def either(self, items: list[Node]) -> list[Plain]:
        found: list[Plain] = []
        for item in items:
            tests = self.tests(item)
            trivial = tests == [Plain("all")]
            if trivial or found == [Plain("all")]:
                # Loki leaves out an alternative that holds for every text
                self.whole = self.within = False
                found = found or tests if trivial else tests
            else:
                found = [*found, *tests]
        return found

    def row(self, items: tuple[Node, ...], base: Text | None) -> list[Plain]:
        parts = [part for part in map(_bare, items) if part != NOTHING]
        if len(parts) > 3:  # noqa: PLR2004 - Loki's own limit
            raise _NotPlain
        found: list[Plain] = []
        own: Text | None = None
        text, folded = (base.text, base.folded) if base else ("", False)
        for part in parts:
            if isinstance(part, Text):
                if own is not None:
                    raise _NotPlain
                own, text = part, text + part.text
                folded = part.folded
            elif isinstance(part, Group) and part.kind == "or" and (base or own):
                self.whole = False
                found += self.branches(part.items, Text(text, folded))
            elif not (isinstance(part, Run) and part.empty):
                raise _NotPlain
        self._judge(parts, base)
        if found:
            return found
        if own is None and base is None:
            raise _NotPlain
        return [Plain("contains", text, folded)]

    def _judge(self, parts: list[Node], base: Text | None) -> None:
        ends = bool(parts) and isinstance(parts[0], Run) and isinstance(parts[-1], Run)
        if not ends or len(parts) < 3 or base is not None:  # noqa: PLR2004 - .*text.*
            self.whole = False
        grouped = any(isinstance(part, Group) for part in parts)
        if base is not None or (grouped and not _text_then_branches(parts)):
            self.within = False

    def branches(self, items: tuple[Node, ...], base: Text) -> list[Plain]:
        found: list[Plain] = []
        for item in items:
            folds = isinstance(item, Text) and item.folded
            if not base.folded and folds:
                raise _NotPlain
            match item:
                case Group("row", ()):
                    found.append(Plain("contains", base.text, base.folded))
                case Text(text, same):
                    self.within &= same == base.folded
                    found.append(Plain("contains", base.text + text, base.folded))
                case Group("row", inner):
                    found += self.row(inner, base)
                case Run(True):
                    found.append(Plain("contains", base.text, base.folded))
                case _:
                    raise _NotPlain
        return found


def _text_then_branches(parts: list[Node]) -> bool:
    """Return whether the parts are a text, alternatives right behind it, and runs outside."""
    kinds = [type(part) for part in parts if not isinstance(part, Run)]
    at = next((i for i, part in enumerate(parts) if isinstance(part, Text)), -1)
    return kinds == [Text, Group] and isinstance(parts[at + 1], Group)


def _bare(node: Node) -> Node:
    """Return what a capture group holds; only the outermost is looked through, as in Loki."""
    return node.items[0] if isinstance(node, Group) and node.kind == "capture" else node


@lru_cache(maxsize=8192)
def simplified(pattern: str, *, label: bool) -> Simplified | None:
    """Return the plain tests that Loki makes of an expression; ``None`` where it runs it."""
    if len(pattern) > MAX_LENGTH or _ANCHORED.match(pattern):
        return None
    one = _ONE_TEXT.fullmatch(pattern)
    if one is not None:
        return _one_text(one, label=label)
    try:
        node = _Reader(pattern).whole()
        writer = _Writer(label=label)
        tests = writer.tests(node)
    except _NotPlain:
        return None
    return Simplified(tuple(tests), writer.whole, writer.within)


def _one_text(match: re.Match[str], *, label: bool) -> Simplified:
    text, folded = re.sub(r"\\(.)", r"\1", match[3], flags=re.DOTALL), bool(match[1])
    runs = bool(match[2]), bool(match[4])
    kind = "equals" if label and not any(runs) else "contains"
    return Simplified((Plain(kind, text, folded),), runs[0] == runs[1], within=True)
