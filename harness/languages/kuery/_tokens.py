r"""KQL as tokens: words, quoted texts, brackets, operators and the words that join clauses.

``and``, ``or`` and ``not`` are keywords only with blanks round them, so what a blank means
depends on whether a value may begin here or has just ended. Follows Kibana's grammar
(https://github.com/elastic/kibana/blob/main/src/platform/packages/shared/kbn-es-query/src/kuery/grammar/grammar.peggy).
"""

from __future__ import annotations

import re

from harness.languages._lexing import END, Token, syntax_error
from harness.source import Source, Span

MAX_LENGTH = 1_000_000
"""Characters of a query that are read."""

QUOTED, WORD, AND, OR, NOT = "quoted", "word", "and", "or", "not"

_BLANK = "[ \t\r\n\u00a0]"
_SPECIAL = r"\\():<>\"*{}"
_KEYWORD = f"{_BLANK}(?i:or|and){_BLANK}|(?i:not){_BLANK}"
_BLANKS = re.compile(f"{_BLANK}*+")
_NOT = re.compile(f"(?i:not){_BLANK}++")
_JOIN = re.compile(f"{_BLANK}++(?:(?P<and>(?i:and))|(?i:or)){_BLANK}++")
_ESCAPE = rf"\\(?:[trn]|[{_SPECIAL}]|u[0-9a-fA-F]{{4}}|(?i:or|and|not))"
_WORD = re.compile(rf"(?:{_ESCAPE}|\*|(?!{_KEYWORD})[^{_SPECIAL}])++")
_QUOTED = re.compile(r'"(?:\\[\\"]|[^"])*+"')
_OPERATOR = re.compile(r"<=|>=|[():{}<>]")
_OPENS = frozenset({"(", "{", ":", "<", "<=", ">", ">="})
"""What a value may stand behind; blanks after it mean nothing."""


def tokens(source: Source) -> list[Token]:
    """Return all tokens of a query, the end token last."""
    text = source.text
    if len(text) > MAX_LENGTH:
        message = f"the query is longer than {MAX_LENGTH} characters"
        raise syntax_error(source, Span(0, 1), message)
    found: list[Token] = []
    at, behind_value = _after_blanks(text, 0), False
    while at < len(text):
        joined = _JOIN.match(text, at) if behind_value else None
        if joined:
            kind, end = AND if joined["and"] else OR, joined.end()
        else:
            at = _after_blanks(text, at)
            if at == len(text):
                break
            kind, end = _token(source, at)
        found.append(Token(kind, text[at:end], Span(at, end)))
        behind_value = kind in (QUOTED, WORD, ")", "}")
        at = end if behind_value else _after_blanks(text, end)
    found.append(Token(END, "", Span(len(text), len(text))))
    return found


def _after_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    assert blanks is not None, "the pattern matches the empty text"
    return blanks.end()


def _token(source: Source, at: int) -> tuple[str, int]:
    """Return the kind and the end of a token that begins with no blank."""
    text = source.text
    if match := _OPERATOR.match(text, at):
        return match.group(), match.end()
    if match := _NOT.match(text, at):
        return NOT, match.end()
    if match := _QUOTED.match(text, at):
        return QUOTED, match.end()
    if match := _WORD.match(text, at):
        return WORD, match.end()
    if text[at] == '"':
        hint = 'close the quote; \\" is a quote and \\\\ a backslash in quotes'
        raise syntax_error(source, Span(at, at + 1), "the quote is never closed", hint)
    after = text[at + 1 : at + 2]
    what = f"no escape begins with a backslash and {after!r}" if after else "a backslash is last"
    hint = "write \\\\ for a backslash, or quote the value"
    raise syntax_error(source, Span(at, at + 1 + len(after)), what, hint)
