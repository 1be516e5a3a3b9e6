"""The filters of LogsQL, read into one predicate.

https://docs.victoriametrics.com/victorialogs/logsql/#filters
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import Fault
from harness.ir import (
    AS_IS,
    TEXT,
    TRUE,
    And,
    Atom,
    Check,
    Constant,
    Equals,
    Glob,
    Not,
    Or,
    Predicate,
    Truth,
    Wild,
)
from harness.languages.logsql._columns import PLAIN, Anyhow, Test
from harness.languages.logsql._lexer import Tokens
from harness.languages.logsql._record import MESSAGE, OWN, TIME
from harness.languages.logsql._regex import Regexp, validated
from harness.languages.logsql._scope import ENTRY, Fields
from harness.languages.logsql._tests import Exact, ExactPrefix, Phrase, Prefix, Substring
from harness.languages.logsql._time import ends_on_sunday, time_filter
from harness.source import Span

NOOP = TRUE
_ENDS = ("|", ")", "")
_TOUCHED = ("|", ":", "(", "!", "-")


@dataclass(slots=True)
class Reader:
    """Reads filters; ``fields`` are those at this point of the query."""

    tokens: Tokens
    now: int
    streams: tuple[str, ...] | None
    fields: Fields = ENTRY

    def filter(self) -> Predicate:
        """``filter := any``."""
        if self.tokens.said(*_ENDS):
            self.tokens.fail("a filter is missing", "write * for all entries")
        return self.any_of("")

    def any_of(self, field: str) -> Predicate:
        """``any := all ("or" all)*``."""
        with self.tokens:
            items = [self._all_of(field)]
            while not self.tokens.said(*_ENDS):
                self.tokens.take("or")
                items.append(self._all_of(field))
        return items[0] if len(items) == 1 else Or(tuple(items))

    def _all_of(self, field: str) -> Predicate:
        """``all := item ("and"? item)*``."""
        items = [self.item(field)]
        while not self.tokens.said("or", *_ENDS):
            self.tokens.take("and")
            items.append(self.item(field))
        return items[0] if len(items) == 1 else And(tuple(items))

    def item(self, field: str) -> Predicate:
        """``item := stream | "*" | "(" any ")" | compare | not | call | time | phrase``."""
        tokens = self.tokens
        group = tokens.said("(")
        tokens.adjacent(*_TOUCHED, *(("not", "and", "or") if group else ()))
        word = "" if tokens.token.quoted else tokens.token.text.lower()
        read = _SIGNS.get(word) or CALLS.get(word)
        if read is not None:
            return read(self, field)
        if not field and word in _SPECIAL:
            return self._special(word)
        return self.phrase(field)

    # Signs ---------------------------------------------------------------------------------

    def group(self, field: str) -> Predicate:
        """``"(" any ")"``."""
        self.tokens.next()
        found = self.any_of(field)
        self.tokens.expect(")")
        return found

    def negated(self, field: str) -> Predicate:
        """``("not" | "!" | "-") item``."""
        self.tokens.next()
        with self.tokens:
            return Not(self.item(field))

    def star(self, field: str) -> Predicate:
        """``"*" [text "*"]``."""
        tokens = self.tokens
        start = tokens.at
        tokens.next()
        if tokens.ends(*_ENDS):
            return self.prefix(field, "", tokens.since(start))
        text = tokens.compound()
        if not tokens.touches("*"):
            tokens.fail(f"'*' is missing behind *{text}", "write *text* or text*")
        tokens.next()
        if not tokens.ends(*_ENDS):
            tokens.fail(f"a blank is missing between *{text}* and {tokens.token}")
        return self.test(field, Substring(text), tokens.since(start))

    def equal(self, field: str) -> Predicate:
        """``"=" text ["*"]``."""
        start = self.tokens.at
        self._of_field(field)
        text = self.tokens.compound()
        if self.tokens.touches("*"):
            self.tokens.next()
            return self.test(field, ExactPrefix(text), self.tokens.since(start))
        return self.test(field, Exact(text), self.tokens.since(start))

    def unequal(self, field: str) -> Predicate:
        """``"!=" text ["*"]``."""
        return Not(self.equal(field))

    def matches(self, field: str) -> Predicate:
        """``"~" expression``."""
        tokens = self.tokens
        start = tokens.at
        sign = tokens.next().text
        if tokens.said("-"):
            tokens.fail("an expression that begins with '-' is not in quotes", "quote it")
        if tokens.token.spaced and not field:
            tokens.fail(f"':' is missing in front of {sign!r}", f"write field:{sign}text")
        return self.expression(field, tokens.compound(), tokens.since(start))

    def matches_not(self, field: str) -> Predicate:
        """``"!~" expression``."""
        return Not(self.matches(field))

    def _of_field(self, field: str) -> None:
        """Read a comparison's sign, which needs ``:`` where a blank follows it."""
        sign = self.tokens.next().text
        if self.tokens.token.spaced and not field:
            self.tokens.fail(f"':' is missing in front of {sign!r}", f"write field:{sign}value")

    # Words ---------------------------------------------------------------------------------

    def _special(self, word: str) -> Predicate:
        """``("_time" | "_stream" | "_stream_id") ":" …``, or the plain word."""
        tokens = self.tokens
        start = tokens.at
        tokens.next()
        if not tokens.said(":"):
            tokens.at = start
            return self.phrase("")
        tokens.next()
        return self._of_special(word, start)

    def _of_special(self, word: str, start: int) -> Predicate:
        if word == "_time":
            return self.time(start)
        if word == "_stream":
            return CALLS["{"](self, "_stream")
        reason = "VictoriaLogs makes these names itself"
        return self.tokens.unsupported("_stream_id", reason, self.tokens.since(start))

    def phrase(self, field: str) -> Predicate:
        """``phrase := [field ":"] item | text ["*"]``."""
        tokens = self.tokens
        start = tokens.at
        text = tokens.compound(stop=() if field else (":",))
        if not field and tokens.said(":"):
            tokens.next()
            if text in _SPECIAL:
                return self._of_special(text, start)
            with tokens:
                return self.item(text)
        if tokens.touches("*"):
            tokens.next()
            return self.prefix(field, text, tokens.since(start))
        return self.test(field, Phrase(text), tokens.since(start))

    # Atoms ---------------------------------------------------------------------------------

    def prefix(self, field: str, text: str, span: Span) -> Predicate:
        """Return the test of a prefix; an empty one on the message holds for every entry."""
        if not text and field in {"", MESSAGE} and not self.fields.late:
            return NOOP
        return self.test(field, Prefix(text), span)

    def expression(self, field: str, pattern: str, span: Span) -> Predicate:
        """Return the test of a regular expression."""
        if pattern in {"", ".*"}:
            return NOOP
        if pattern == ".+":
            return self.prefix(field, "", span)
        return self.test(field, Regexp(validated(self.tokens.source, pattern, span)), span)

    def test(self, field: str, test: Test, span: Span) -> Predicate:
        """Return the test of a field's value."""
        missing = _on_nothing(test)
        name = self.name(field, span)
        if name is None:
            return Constant(missing, span)
        check = _plain(test) or Anyhow(test, late=self.fields.late)
        return Atom(field=name, check=check, view=TEXT, missing=missing, span=span)

    def name(self, field: str, span: Span) -> str | None:
        """Return the field of the entry that a name stands for here."""
        found = self.fields.resolve(field or MESSAGE)
        if found in OWN or found == TIME:
            reason = "what VictoriaLogs puts there is not told by the event"
            self.tokens.unsupported(f"{found} as a field", reason, span)
        return found

    def time(self, start: int) -> Predicate:
        """``"_time:" time``."""
        check = time_filter(self.tokens, self.now)
        span = self.tokens.since(start)
        name = self.fields.resolve(TIME)
        if name is None or (self.fields.late and ends_on_sunday(check)):
            return Constant(Truth.FALSE, span)
        if name != TIME:
            self.tokens.unsupported("a field renamed to _time", "it is not read as a time", span)
        unknown = Truth.UNDEFINED
        return Atom(field=TIME, check=check, view=AS_IS, missing=unknown, span=span)


_SPECIAL = frozenset({"_time", "_stream", "_stream_id"})
Read = Callable[[Reader, str], Predicate]
_SIGNS: dict[str, Read] = {
    "*": Reader.star,
    "(": Reader.group,
    "=": Reader.equal,
    "!=": Reader.unequal,
    "~": Reader.matches,
    "!~": Reader.matches_not,
    "not": Reader.negated,
    "!": Reader.negated,
    "-": Reader.negated,
}
CALLS: dict[str, Read] = {}
"""Filters by the word or sign that begins them; :mod:`_calls` fills it."""


def _on_nothing(test: Test) -> Truth:
    """Return the answer on an entry without the field."""
    try:
        return Truth.of(test.on_text(""))
    except Fault:
        return Truth.UNDEFINED


def _plain(test: Test) -> Check | None:
    """Return a plainer check with the same answers, where no number, address or time is meant."""
    match test:
        case Exact(text) if PLAIN.search(text):
            return Equals(text)
        case ExactPrefix(text) if PLAIN.search(text):
            return Glob((text, Wild.ANY))
        case Substring(text) if PLAIN.search(text):
            return Glob((Wild.ANY, text, Wild.ANY))
        case _:
            return None
