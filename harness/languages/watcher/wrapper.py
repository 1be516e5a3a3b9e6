"""Finding the watch in the forms people keep it in: plain JSON, or a ``curl`` command.

Converters write a shell command whose here-document is the watch. The command is only read as
text; nothing is ever run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.jsonsource import Excerpt
from harness.languages.watcher._read import invalid, unsupported
from harness.source import Source, Span

_CURL = re.compile(r"(?:\s|#[^\n]*\n)*curl\s")
_COMMAND = re.compile(r"(?:\s|#[^\n]*\n)*curl\s[^\n]*?_watcher/watch/([^\s/?'\"<]+)?")
_CONSOLE = re.compile(r"\s*PUT\s+/?_(?:xpack/)?watcher/watch/(\S+)[^\n]*\n")
_HERE = re.compile(r"<<(-?)\s*(['\"]?)(\w+)\2[^\n]*\n")
_ARGUMENT = re.compile(r"(?:-d|--data(?:-binary|-raw|-ascii)?)[ =]?'([^']*)'")
_EXPANSION = re.compile(r"\\([\\$`\n])|\$(?=[A-Za-z_0-9{(@*#?!$-])|`")


@dataclass(frozen=True, slots=True)
class Found:
    """Where the JSON of a watch stands, and the watch's id where it is stated."""

    part: Span | Excerpt
    name: str = ""


def find_watch(source: Source) -> Found:
    """Return the JSON of the watch in a text."""
    text = source.text
    console = _CONSOLE.match(text)
    if console:
        return Found(Span(console.end(), len(text)), console.group(1).partition("?")[0])
    if not _CURL.match(text):
        return Found(Span(0, len(text)))
    start = len(text) - len(text.lstrip())
    command = _COMMAND.match(text)
    if command is None:
        hint = "give the JSON of the watch, or a curl command that puts it"
        raise invalid(source, Span(start, start + 4), "this command puts no watch", hint)
    name = command.group(1) or ""
    here = _HERE.search(text)
    if here is not None:
        return Found(_document(source, here), name)
    argument = _ARGUMENT.search(text)
    if argument is None:
        hint = "pass the watch as a here-document: <<EOF, the JSON, EOF"
        raise invalid(source, Span(*command.span()), "the command carries no watch", hint)
    _nothing_after(source, argument.end())
    return Found(Span(*argument.span(1)), name)


def _document(source: Source, here: re.Match[str]) -> Span | Excerpt:
    """Return the content of a here-document as the shell hands it on."""
    dash, quote, word = here.groups()
    tabs = r"\t*" if dash else ""
    closing = re.compile(rf"^{tabs}{word}$", re.MULTILINE).search(source.text, here.end())
    if closing is None:
        raise invalid(source, Span(*here.span()), f"the here-document is not closed by {word!r}")
    _nothing_after(source, closing.end())
    span = Span(here.end(), closing.start())
    return span if quote else _expanded(source, span)


def _nothing_after(source: Source, end: int) -> None:
    rest = source.text[end:]
    if rest.strip():
        at = end + len(rest) - len(rest.lstrip())
        raise invalid(source, Span(at, at + 1), "something follows after the command")


def _expanded(source: Source, span: Span) -> Span | Excerpt:
    r"""Return a here-document whose word is not quoted: the shell reads ``\\`` as ``\`` in it.

    https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_07_04
    """
    pieces: list[str] = []
    offsets: list[int] = []
    at = span.start
    for match in _EXPANSION.finditer(source.text, span.start, span.end):
        escaped = match.group(1)
        if escaped is None:
            reason = "quote the word after << to hand the text on as it stands"
            place = Span(match.start(), match.end() + 1)
            raise unsupported(source, place, "an expansion by the shell", reason)
        pieces.append(source.text[at : match.start()])
        offsets.extend(range(at, match.start()))
        if escaped != "\n":
            pieces.append(escaped)
            offsets.append(match.start())
        at = match.end()
    if not offsets:
        return span
    pieces.append(source.text[at : span.end])
    offsets.extend(range(at, span.end + 1))
    return Excerpt("".join(pieces), tuple(offsets))
