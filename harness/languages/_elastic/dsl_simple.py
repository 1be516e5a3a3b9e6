r"""The language of ``simple_query_string``: ``+ | - "..." ( ) * ~``, and never a syntax error.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/query-dsl-simple-query-string-query.html;
what happens to stray operators follows Lucene's ``SimpleQueryParser``: an operator without an
operand is dropped, and each change between ``+`` and ``|`` groups what stands before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.ir import FALSE, Not, Predicate, all_of, any_of
from harness.source import Span

FLAGS = {
    "AND": "+",
    "OR": "|",
    "NOT": "-",
    "PREFIX": "*",
    "PHRASE": '"',
    "PRECEDENCE": "()",
    "ESCAPE": "\\",
    "WHITESPACE": " ",
    "FUZZY": "~",
    "NEAR": "n",
    "SLOP": "n",
}
"""The switches of ``flags``, and the operators that they turn on (``n``: ``~`` after a phrase)."""
ALL_FLAGS = frozenset("".join(FLAGS.values()))
_BLANK = " \t\r\n"
_MAX_EDITS = 2
_DEFAULT_EDITS = 2
MAX_DEPTH = 100
"""Parentheses inside each other that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """How words become predicates; each gives ``None`` where the text has no token."""

    word: Callable[[str, Span], Predicate | None]
    phrase: Callable[[str, int, Span], Predicate | None]
    prefix: Callable[[str, Span], Predicate | None]
    fuzzy: Callable[[str, int, Span], Predicate | None]


class TooDeep(Exception):
    """The parentheses are nested deeper than the harness reads."""


@dataclass(slots=True)
class _Group:
    """What has been read of one pair of parentheses: clauses joined by one operator."""

    clauses: list[Predicate]
    joined: str = ""
    pending: str = ""

    def add(self, clause: Predicate, default: str) -> None:
        if not self.clauses:
            self.clauses.append(clause)
        else:
            operator = self.pending or default
            if self.joined and self.joined != operator:
                self.clauses = [self.predicate()]
            self.joined = operator
            self.clauses.append(clause)
        self.pending = ""

    def predicate(self) -> Predicate:
        return all_of(*self.clauses) if self.joined == "+" else any_of(*self.clauses)


class SimpleReader:
    """Reads one query text."""

    def __init__(self, text: str, leaves: Leaves, *, default: str, flags: frozenset[str]) -> None:
        self.text = text
        self.leaves = leaves
        self.default = default
        self.flags = flags

    def read(self, choose: Callable[[list[Predicate], str], Predicate] | None = None) -> Predicate:
        """Return the predicate; ``choose`` joins the clauses of the top group, by its operator."""
        group = self._group(0, len(self.text), 0)
        if not group.clauses:
            return FALSE
        return choose(group.clauses, group.joined) if choose else group.predicate()

    def _is(self, at: int, operator: str) -> bool:
        return operator in self.flags and self.text[at] == operator

    def _group(self, at: int, end: int, depth: int) -> _Group:
        """Group = { word | phrase | '(' group ')' | '+' | '|' | '-' }."""
        if depth > MAX_DEPTH:
            raise TooDeep
        group = _Group([])
        negated = False
        while at < end:
            char = self.text[at]
            if self._is(at, "-"):
                negated = not negated
                at += 1
                continue
            if char in "()" and "(" in self.flags:
                at = self._parenthesis(group, at, end, depth, negated=negated)
            elif self._is(at, '"'):
                at = self._phrase(group, at, end, negated=negated)
            elif self._is(at, "+") or self._is(at, "|"):
                if not group.pending and group.clauses:
                    group.pending = char
                at += 1
            elif char in _BLANK and " " in self.flags:
                at += 1
            else:
                at = self._word(group, at, end, negated=negated)
            negated = False
        return group

    def _add(self, group: _Group, clause: Predicate | None, *, negated: bool) -> None:
        """Add a clause; one without a token leaves the operator before it for the next."""
        if clause is not None:
            group.add(Not(clause) if negated else clause, self.default)

    def _parenthesis(self, group: _Group, at: int, end: int, depth: int, *, negated: bool) -> int:
        """Read a group in parentheses; one that is never closed is dropped."""
        if self.text[at] == ")":
            return at + 1
        close = self._closing(at + 1, end)
        if close == end:
            return at + 1
        if close == at + 1:
            group.pending = ""
        else:
            inner = self._group(at + 1, close, depth + 1)
            found = inner.predicate() if inner.clauses else None
            self._add(group, found, negated=negated)
        return close + 1

    def _closing(self, at: int, end: int) -> int:
        level, escaped = 1, False
        while at < end:
            if not escaped and self._is(at, "\\"):
                escaped = True
                at += 1
                continue
            if not escaped and self.text[at] in "()":
                level += 1 if self.text[at] == "(" else -1
                if not level:
                    return at
            escaped = False
            at += 1
        return end

    def _phrase(self, group: _Group, at: int, end: int, *, negated: bool) -> int:
        """Phrase = '"' text '"' [ '~' number ]; without a closing quote the first is dropped."""
        start, escaped = at, False
        content: list[str] = []
        at += 1
        while at < end:
            if not escaped and self._is(at, "\\"):
                escaped = True
                at += 1
                continue
            if not escaped and self.text[at] == '"':
                break
            escaped = False
            content.append(self.text[at])
            at += 1
        if at >= end:
            return start + 1
        near = "n" in self.flags and self.text[at + 1 : at + 2] == "~" and at + 1 < end
        if at == start + 1 and not near:
            group.pending = ""
            return at + 1
        slop = 0
        at += 1
        if near:
            at, slop = self._distance(at, end) if at + 1 < end else (at, 0)
            at = min(at + 1, end)  # the parser drops the character that ends the number
        span = Span(start, at)
        self._add(group, self.leaves.phrase("".join(content), slop, span), negated=negated)
        return at

    def _word(self, group: _Group, at: int, end: int, *, negated: bool) -> int:
        """Word = character { character } [ '*' | '~' [ number ] ]."""
        start = at
        content: list[str] = []
        escaped = prefix = fuzzy = False
        while at < end:
            if not escaped:
                if self._is(at, "\\"):
                    escaped, prefix = True, False
                    at += 1
                    continue
                if self._finished(at):
                    break
                if content and self._is(at, "~"):
                    fuzzy = True
                    break
                prefix = bool(content) and self._is(at, "*")
            escaped = False
            content.append(self.text[at])
            at += 1
        word = "".join(content)
        if fuzzy:
            at, edits = self._distance(at, end)
            span = Span(start, at)
            found = (
                self.leaves.fuzzy(word, min(edits, _MAX_EDITS), span)
                if edits
                else self.leaves.word(word, span)
            )
        elif prefix:
            found = self.leaves.prefix(word[:-1], Span(start, at))
        else:
            found = self.leaves.word(word, Span(start, at)) if word else None
        if word:
            self._add(group, found, negated=negated)
        return max(at, start + 1)

    def _finished(self, at: int) -> bool:
        char = self.text[at]
        if char in _BLANK:
            return " " in self.flags
        return char in '"|+()' and char in self.flags

    def _distance(self, at: int, end: int) -> tuple[int, int]:
        """Distance = '~' [ digits ]; what is no number counts as zero."""
        at += 1
        start = at
        while at < end and not self._finished(at):
            at += 1
        digits = self.text[start:at]
        if not digits:
            return at, _DEFAULT_EDITS
        valid = digits.isascii() and digits.isdigit() and len(digits) < len("1000000000")
        return at, int(digits) if valid else 0
