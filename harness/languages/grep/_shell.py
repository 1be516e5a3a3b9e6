"""The part of bash's grammar that stands round a ``grep``: pipelines, ``&&``, ``||``, ``!``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NoReturn

from harness.languages._lexing import syntax_error, unsupported
from harness.languages.grep._words import Word, WordReader
from harness.source import Source, Span

MAX_COMMANDS = 100
MAX_DEPTH = 50

_OPERATORS = (
    "&>>", "<<<", "<<-", "||", "&&", "|&", ";;", ">>", "<<", ">&", "<&", "&>", "<>", ">|",
    "|", "&", ";", "(", ")", "<", ">", "\n",
)  # fmt: skip
_REDIRECTIONS = frozenset({"<", ">", ">>", ">&", "<&", "&>", "&>>", "<>", ">|", "<<", "<<-", "<<<"})
_RESERVED = frozenset({
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "select", "function", "time", "coproc", "[[", "]]",
})  # fmt: skip
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of the shell; ``number`` is the file descriptor before a redirection."""

    text: str
    span: Span
    number: str = ""


@dataclass(frozen=True, slots=True)
class Redirection:
    """``2>/dev/null``, ``< FILE``."""

    number: str
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its words, the assignments before it and its redirections."""

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, str], ...]
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``; ``negated`` by a ``!`` in front."""

    stages: tuple[Simple, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """Lists joined by ``&&``, ``||`` or ``;``; ``operators`` stand between the items."""

    items: tuple[Pipeline | Listing, ...]
    operators: tuple[str, ...]
    negated: bool = False


def parse_shell(source: Source) -> Listing:
    """Return the command line of a source."""
    return _Parser(source).parse()


def _tokens(source: Source) -> list[Word | Operator]:
    """Split a command line into words and operators; comments are dropped."""
    text, at = source.text, 0
    if "\0" in text:
        place = text.index("\0")
        raise syntax_error(source, Span(place, place + 1), "a command line cannot hold a NUL")
    found: list[Word | Operator] = []
    while at < len(text):
        if text[at] in " \t":
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
        elif text[at] == "#":
            end = text.find("\n", at)
            at = len(text) if end == -1 else end
        elif operator := _operator(text, at):
            found.append(operator)
            at = operator.span.end
        else:
            reader = WordReader(source, at)
            found.extend(reader.read())
            at = reader.at
    return found


def _operator(text: str, at: int) -> Operator | None:
    number = re.compile(r"\d+(?=[<>])").match(text, at)
    start = number.end() if number else at
    for candidate in _OPERATORS:
        if text.startswith(candidate, start):
            digits = number.group() if number else ""
            return Operator(candidate, Span(at, start + len(candidate)), digits)
    return None


class _Parser:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = _tokens(source)
        self.at = 0
        self.depth = 0
        self.commands = 0

    def parse(self) -> Listing:
        """line: list END."""
        self._skip_newlines()
        if self._token() is None:
            self._fail("the command line is empty", "write a grep command")
        found = self._list()
        if self._token() is not None:
            self._fail(f"unexpected {self._shown()}")
        return found

    def _list(self) -> Listing:
        """list: pipeline (('&&' | '||' | ';' | newline) pipeline)* [';']."""
        items = [self._pipeline()]
        operators = []
        while (operator := self._operator_text()) in {"&&", "||", ";", "\n"}:
            self.at += 1
            self._skip_newlines()
            if operator in {";", "\n"} and self._at_list_end():
                break
            operators.append(";" if operator == "\n" else operator)
            items.append(self._pipeline())
        if self._operator_text() == "&":
            self._unsupported("&", "a command in the background has no verdict")
        return Listing(tuple(items), tuple(operators))

    def _at_list_end(self) -> bool:
        return self._token() is None or self._operator_text() == ")" or self._at_plain("}")

    def _pipeline(self) -> Pipeline | Listing:
        """pipeline: '!'* command ('|' command)*."""
        negated = False
        while self._at_plain("!"):
            self.at += 1
            negated = not negated
        if self._operator_text() == "(" or self._at_plain("{"):
            return self._grouped(negated=negated)
        stages = [self._simple()]
        while self._operator_text() == "|":
            self.at += 1
            self._skip_newlines()
            if self._operator_text() == "(" or self._at_plain("{"):
                self._unsupported("a group in a pipeline", "its input cannot be followed")
            stages.append(self._simple())
        if self._operator_text() == "|&":
            self._unsupported("|&", "what a command writes to standard error is not followed")
        return Pipeline(tuple(stages), negated)

    def _grouped(self, *, negated: bool) -> Listing:
        """group: '(' list ')' | '{' list '}'."""
        closing = ")" if self._operator_text() == "(" else "}"
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail(f"the command is nested deeper than {MAX_DEPTH} levels")
        self.at += 1
        self._skip_newlines()
        found = self._list()
        closed = self._operator_text() == ")" if closing == ")" else self._at_plain("}")
        if not closed:
            self._fail(f"expected {closing!r}, found {self._shown()}")
        self.at += 1
        self.depth -= 1
        if self._operator_text() in {"|", "|&"} or self._operator_text() in _REDIRECTIONS:
            self._unsupported("a group with a pipe or a redirection", "it is not followed")
        return replace(found, negated=negated)

    def _simple(self) -> Simple:
        """command: assignment* word (word | redirection)*."""
        self.commands += 1
        if self.commands > MAX_COMMANDS:
            self._unsupported("a long command line", f"it has more than {MAX_COMMANDS} commands")
        words: list[Word] = []
        assignments: list[tuple[str, str]] = []
        redirections: list[Redirection] = []
        start = self._token()
        while (token := self._token()) is not None:
            if isinstance(token, Operator):
                if token.text not in _REDIRECTIONS:
                    break
                redirections.append(self._redirection(token))
                continue
            self.at += 1
            assigned = _ASSIGNMENT.match(self.source.text, token.span.start)
            if assigned and not words:
                name, _, value = token.text.partition("=")
                assignments.append((name, value))
            else:
                words.append(token)
        if start is None or not (words or assignments or redirections):
            self._fail(f"expected a command, found {self._shown()}")
        self._check_name(words, start)
        span = Span(start.span.start, self.tokens[self.at - 1].span.end)
        return Simple(tuple(words), tuple(assignments), tuple(redirections), span)

    def _check_name(self, words: list[Word], start: Word | Operator) -> None:
        if not words:
            reason = "a line without a command sets variables, which are not followed"
            raise unsupported(self.source, start.span, "an assignment on its own", reason)
        if words[0].plain and words[0].text in _RESERVED:
            reason = "only pipelines, !, && and || are evaluated"
            raise unsupported(self.source, words[0].span, words[0].text, reason)
        if self._operator_text() == "(":
            self._fail("unexpected '('", "quote it if it belongs to the pattern")

    def _redirection(self, operator: Operator) -> Redirection:
        """redirection: [number] operator word."""
        self.at += 1
        target = self._token()
        if operator.text in {"<<", "<<-", "<<<"}:
            reason = "input written in the command line is not evaluated"
            raise unsupported(self.source, operator.span, operator.text, reason)
        if isinstance(target, Operator) and target.text == "(":
            self._unsupported("process substitution", "the harness never runs commands of a rule")
        if not isinstance(target, Word):
            self._fail(f"expected a file after {operator.text!r}, found {self._shown()}")
        self.at += 1
        return Redirection(operator.number, operator.text, target)

    def _token(self) -> Word | Operator | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _operator_text(self) -> str:
        token = self._token()
        return token.text if isinstance(token, Operator) else ""

    def _at_plain(self, text: str) -> bool:
        token = self._token()
        return isinstance(token, Word) and token.plain and token.text == text

    def _skip_newlines(self) -> None:
        while self._operator_text() == "\n":
            self.at += 1

    def _span(self) -> Span:
        token = self._token()
        end = len(self.source.text)
        return token.span if token is not None else Span(end, end)

    def _shown(self) -> str:
        token = self._token()
        return "the end of the line" if token is None else repr(token.text)

    def _fail(self, message: str, hint: str = "") -> NoReturn:
        raise syntax_error(self.source, self._span(), message, hint)

    def _unsupported(self, feature: str, reason: str) -> NoReturn:
        raise unsupported(self.source, self._span(), feature, reason)
