"""The pipeline: ``search source=...`` and the commands after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import NoReturn

from harness.ir import TRUE, Context, FieldType, Not, Predicate, Query, all_of
from harness.languages._elastic import fields as elastic
from harness.languages._elastic.opensearch import STAND_INS, engine_context
from harness.languages._lexing import END, Token, unsupported
from harness.languages._nested import NestedCursor
from harness.languages._scope import too_large
from harness.languages.ppl import _calls
from harness.languages.ppl._compare import Tests
from harness.languages.ppl._engine import Engine, engine
from harness.languages.ppl._expressions import Expressions
from harness.languages.ppl._search import read_search
from harness.languages.ppl._tokens import HIDDEN, is_name, is_word, name_value, read_tokens, show
from harness.languages.ppl._values import Kind, Value, as_condition, constant, field_value, kind_of
from harness.source import QuerySyntaxError, Source, Span

MAX_COMMANDS = 100
"""Commands of one query."""
_CONSTANT_KEYWORD_SINCE = (3, 8)
_WITHOUT_TYPE = frozenset({"match_only_text", "flattened", *STAND_INS})
"""Index types that PPL leaves out
(https://github.com/opensearch-project/sql/blob/main/docs/user/ppl/limitations/limitations.md)."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known after some commands.

    ``names`` are fields that commands made, renamed or (``None``) took away; with ``kept`` only
    fields of these patterns are left.
    """

    tests: tuple[Predicate, ...] = ()
    names: Mapping[str, Value | None] = field(default_factory=dict)
    kept: tuple[str, ...] | None = None
    pushed: bool = True


class _Reader:
    def __init__(self, cursor: NestedCursor, context: Context) -> None:
        self.cursor = cursor
        self.context = context
        self.engine: Engine = engine(context)
        self.tests = Tests(cursor.source, engine_context(context), self.engine)
        self._fields: dict[str, Value] = {}

    def query(self) -> Predicate:
        """``query := search ("|" command)* ";"? END``."""
        state = State()
        found = read_search(self.expressions(state))
        if found is not None:
            state = replace(state, tests=(found,))
        count = 0
        while self.cursor.at_text("|") and self.cursor.take("OPERATOR"):
            count += 1
            if count > MAX_COMMANDS:
                reason = f"more than {MAX_COMMANDS} commands are not read"
                self.cursor.unsupported("a very long pipeline", reason)
            state = self.command(state)
        if self.cursor.at_text(";"):
            self.cursor.next()
        if not self.cursor.at(END):
            self.cursor.fail(f"expected a pipe or the end, found {show(self.cursor.token)}")
        return all_of(*state.tests) if state.tests else TRUE

    def expressions(self, state: State) -> Expressions:
        """Return the reader of expressions at this place of the pipeline."""
        return Expressions(
            self.cursor,
            self.tests,
            lambda name, span: self.resolve(name, span, state),
            pushed=state.pushed,
        )

    # Fields --------------------------------------------------------------------------------

    def resolve(self, name: str, span: Span, state: State) -> Value:
        """Return what a name stands for at this place of the pipeline."""
        if name in state.names:
            made = state.names[name]
            if made is None:
                self._gone(name, span)
            return replace(made, span=span)
        if state.kept is not None and not _fits(name, state.kept):
            self._gone(name, span)
        return self.event_field(name, span)

    def _gone(self, name: str, span: Span) -> NoReturn:
        message = f"there is no field {name[:60]!r} any more"
        self.cursor.fail(message, "a command before this one took it away", span)

    def event_field(self, name: str, span: Span) -> Value:
        """Return a field of the event, with its type."""
        found = self._fields.get(name)
        if found is None:
            found = self._fields[name] = self._event_field(name, span)
        return replace(found, span=span)

    def _event_field(self, name: str, span: Span) -> Value:
        own = self.context.types.get(name)
        if own is not None and self._has_no_type(own):
            hint = "map the field as keyword or text"
            self.cursor.fail(f"PPL has no fields of the type {own.name!r}", hint, span)
        found = elastic.known(name, self.tests.context)
        if found is not None and found.hidden:
            reason = "how nested objects are filtered differs between versions"
            self.cursor.unsupported("field of a nested object", reason, span)
        if found is not None and not found.sources:
            self.cursor.unsupported(f"field {name[:60]!r}", "its values are not known", span)
        if found is None:
            inside = any(path.startswith(f"{name}.") for path in self.context.types)
            return field_value(name, name, Kind.STRUCT if inside else Kind.ANY, None, span)
        kind = kind_of(found.type.name)
        if kind is None:
            reason = "what it holds in PPL is not modelled"
            self.cursor.unsupported(f"index type {found.type.name!r}", reason, span)
        return field_value(name, found.sources[0], kind, found.type, span)

    def _has_no_type(self, kind: FieldType) -> bool:
        if kind.name == "constant_keyword":
            return self.engine.release < _CONSTANT_KEYWORD_SINCE
        return kind.name in _WITHOUT_TYPE

    # Commands ------------------------------------------------------------------------------

    def command(self, state: State) -> State:  # noqa: RET503 - fail does not return
        """``command := WORD arguments``."""
        token = self.cursor.expect("WORD", "a command")
        name = token.text.lower()
        read = _COMMANDS.get(name)
        if read is not None:
            return read(self, state, token)
        if name in _LATER:
            self.cursor.unsupported(f"command {name}", _LATER[name], token.span)
        message = f"there is no command {token.text[:40]!r}"
        self.cursor.fail(message, "see the list of commands", token.span)

    def where(self, state: State, token: Token) -> State:
        """``where := "WHERE" logical``."""
        del token
        return self.keep(self.expressions(state).condition(), state)

    def keep(self, test: Predicate, state: State) -> State:
        """Return the state behind a filter."""
        return replace(state, tests=(*state.tests, test))

    def regex(self, state: State, token: Token) -> State:
        """``regex := "REGEX" name ("=" | "!=") STRING``."""
        if not self.engine.calcite:
            self.cursor.fail("regex is there since 3.3", "", token.span)
        parser = self.expressions(state)
        left = parser.field()
        negated = self.cursor.at_text("!=")
        if not negated:
            parser.operator("=")
        else:
            self.cursor.next()
        text = self.cursor.expect("STRING", "an expression in quotes")
        pattern = constant(parser.text(text), Kind.TEXT, text.span)
        span = parser.span_from(token.span)
        if not negated:
            return self.keep(as_condition(_calls.regexp(parser, left, pattern, span)), state)
        with parser.negation():
            found = as_condition(_calls.regexp(parser, left, pattern, span))
        return self.keep(Not(found), state)

    def eval(self, state: State, token: Token) -> State:
        """``eval := "EVAL" name "=" logical ("," name "=" logical)*``."""
        del token
        while True:
            parser = self.expressions(state)
            name, span = parser.name()
            parser.operator("=")
            value = parser.logical()
            if too_large(value.expression):
                reason = "its expression is too large"
                self.cursor.unsupported(f"field {name[:60]!r}", reason, span)
            names = {**state.names, name: value}
            state = replace(state, names=names, kept=_with(state.kept, name), pushed=False)
            if not parser.take(","):
                return state

    def rename(self, state: State, token: Token) -> State:
        """``rename := "RENAME" name "AS" name (","? name "AS" name)*``."""
        del token
        while True:
            parser = self.expressions(state)
            old, span = parser.name()
            if not is_word(self.cursor.token, "as"):
                self.cursor.fail(f"expected AS, found {show(self.cursor.token)}")
            self.cursor.next()
            new, _ = parser.name()
            if "*" in old + new:
                self.cursor.unsupported("wildcard in rename", "it is not evaluated", span)
            value = self.resolve(old, span, state)
            names = {**state.names, old: None, new: value}
            state = replace(state, names=names, kept=_with(state.kept, new), pushed=False)
            if not parser.take(",") and not is_name(self.cursor.token):
                return state

    def fields(self, state: State, token: Token) -> State:
        """``fields := ("FIELDS" | "TABLE") ("+" | "-")? pattern (","? pattern)*``."""
        minus = self.cursor.at_text("-")
        if self.cursor.at_text("+", "-"):
            self.cursor.next()
        listed = [self._pattern()]
        while self.cursor.at_text(",") or is_name(self.cursor.token) or self.cursor.at_text("*"):
            if self.cursor.at_text(","):
                self.cursor.next()
            listed.append(self._pattern())
        if not minus:
            kept = tuple(listed)
            if state.kept is not None:
                kept = tuple(name for name in listed if "*" in name or _fits(name, state.kept))
            names = {
                name: value if _fits(name, kept) else None for name, value in state.names.items()
            }
            return replace(state, names=names, kept=kept, pushed=False)
        if any("*" in name for name in listed):
            self.cursor.unsupported("wildcard in fields -", "it is not evaluated", token.span)
        gone = dict.fromkeys(listed)
        return replace(state, names={**state.names, **gone}, pushed=False)

    def _pattern(self) -> str:
        """``pattern := part ("." part)*``, where a part may hold ``*``."""
        parts: list[str] = []
        while True:
            token = self.cursor.token
            if not is_name(token) and token.text != "*":
                self.cursor.fail(f"expected a field, found {show(token)}")
            parts.append(name_value(self.cursor.next()))
            if not self.cursor.at_text("."):
                return ".".join(parts)
            self.cursor.next()

    def passes(self, state: State, token: Token) -> State:
        """A command that orders or limits events: each event on its own passes."""
        del token
        while not self.cursor.at(END) and not self.cursor.at_text("|", ";"):
            self.cursor.next()
        return replace(state, pushed=False)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a name is kept: it, its parent, or a pattern of it is listed."""
    for pattern in patterns:
        if name == pattern or name.startswith(f"{pattern}."):
            return True
        glob = pattern.replace("[", "[[]").replace("?", "[?]")
        if "*" in pattern and fnmatchcase(name, glob):
            return True
    return False


def _with(kept: tuple[str, ...] | None, name: str) -> tuple[str, ...] | None:
    return None if kept is None else (*kept, name)


_Command = Callable[[_Reader, State, Token], State]
_COMMANDS: Mapping[str, _Command] = MappingProxyType(
    {
        "where": _Reader.where,
        "regex": _Reader.regex,
        "eval": _Reader.eval,
        "rename": _Reader.rename,
        "fields": _Reader.fields,
        "table": _Reader.fields,
        "head": _Reader.passes,
        "sort": _Reader.passes,
        "reverse": _Reader.passes,
    }
)
_ROWS = "it turns events into other rows"
_MANY = "its result depends on several events"
_MADE = "the fields that it makes are not computed"
_ROW_COMMANDS = "stats top rare chart timechart xyseries transpose fieldsummary"
_MANY_COMMANDS = """
dedup eventstats streamstats trendline join lookup append appendcol appendpipe multisearch union
graphlookup ad kmeans ml cluster describe show addtotals addcoltotals timewrap outputlookup collect
makeresults rest
"""
_MADE_COMMANDS = """
parse grok rex patterns spath bin expand flatten fillnull replace convert mvexpand mvcombine nomv
fieldformat format foreach highlight multikv search
"""
_LATER: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(_ROW_COMMANDS.split(), _ROWS),
        **dict.fromkeys(_MANY_COMMANDS.split(), _MANY),
        **dict.fromkeys(_MADE_COMMANDS.split(), _MADE),
    }
)
"""Commands that exist and are not evaluated, with the reason."""


def parse(source: Source, context: Context) -> Query:
    """Read a query; what stands behind a character that the grammar hides is left open."""
    tokens = read_tokens(source)
    cursor = NestedCursor(source, tokens)
    try:
        return Query(predicate=_Reader(cursor, context).query())
    except QuerySyntaxError as error:
        hidden = next((token for token in tokens if token.kind == HIDDEN), None)
        if hidden is None or error.span.start < hidden.span.start:
            raise
        feature = f"character {hidden.text!r} outside quotes"
        reason = "the grammar hides characters that it does not know from its rules"
        raise unsupported(source, hidden.span, feature, reason) from error
