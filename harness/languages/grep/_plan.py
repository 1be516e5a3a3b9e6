"""From a command line in shell words to the greps that it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from harness.languages._lexing import syntax_error, unsupported
from harness.languages.grep._command import (
    UTF8,
    C,
    Cat,
    Grep,
    Pattern,
    Pipe,
    Stage,
    Steps,
)
from harness.languages.grep._options import OptionReader
from harness.languages.grep._shell import Listing, Pipeline, Redirection, Simple, parse_shell
from harness.languages.grep._words import Word
from harness.source import Source, Span

_GREPS = frozenset({"grep", "egrep", "fgrep", "zgrep", "zegrep", "zfgrep"})
_FOLDERS = frozenset({"", "/bin", "/usr/bin", "/usr/local/bin"})
_LOCALES = {
    "C": C, "POSIX": C, "C.UTF-8": UTF8, "C.utf8": UTF8, "C.UTF8": UTF8, "C.utf-8": UTF8,
}  # fmt: skip
_HARMLESS = frozenset({"GREP_COLOR", "GREP_COLORS", "GREP_OPTIONS", "LANGUAGE", "TERM", "TZ"})
_OTHER_CATEGORIES = frozenset({
    "LC_COLLATE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME", "LC_MONETARY", "LC_PAPER", "LC_NAME",
    "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION",
})  # fmt: skip
_WRAPPERS = frozenset({"command", "env", "sudo"})


def plan(source: Source, settings: Mapping[str, Any]) -> Steps:
    """Return what a command line runs, or raise for what bash, grep or the harness refuses."""
    return _Planner(source, settings).steps(parse_shell(source))


class _Planner:
    def __init__(self, source: Source, settings: Mapping[str, Any]) -> None:
        self.source = source
        self.settings = settings

    def steps(self, listing: Listing) -> Steps:
        items = tuple(
            self.steps(item) if isinstance(item, Listing) else self._pipe(item)
            for item in listing.items
        )
        return Steps(items, listing.operators, listing.negated)

    def _pipe(self, pipeline: Pipeline) -> Pipe:
        return Pipe(tuple(self._stage(simple) for simple in pipeline.stages), pipeline.negated)

    def _stage(self, simple: Simple) -> Stage:
        environment = dict(simple.assignments)
        words = self._unwrapped(list(simple.words), environment)
        name = words[0]
        folder, _, base = name.text.rpartition("/")
        command: Grep | Cat
        if folder not in _FOLDERS or base not in {*_GREPS, "cat"}:
            self._unsupported(f"the command {name.text!r}", "only grep and cat run", name.span)
        locale = self._locale(environment, simple.span)
        if base == "cat":
            command = self._cat(words)
        else:
            reader = OptionReader(self.source, self.settings, name)
            in_order = "POSIXLY_CORRECT" in environment
            command = reader.read(words[1:], locale, in_order=in_order)
        source, discards = self._redirected(simple.redirections)
        return Stage(command, source, discards)

    def _unwrapped(self, words: list[Word], environment: dict[str, str]) -> list[Word]:
        """Take off ``env NAME=value``, ``command`` and ``sudo`` in front of a command."""
        while words and words[0].text.rsplit("/", 1)[-1] in _WRAPPERS:
            wrapper = words.pop(0)
            while words and wrapper.text.endswith("env") and "=" in words[0].text:
                key, _, value = words.pop(0).text.partition("=")
                environment[key] = value
            if words and words[0].text.startswith("-"):
                reason = "its options are not followed"
                self._unsupported(f"{wrapper.text} {words[0].text}", reason, words[0].span)
            if not words:
                self._unsupported(f"{wrapper.text} without a command", "", wrapper.span)
        return words

    def _locale(self, environment: Mapping[str, str], span: Span) -> str:
        for name in environment:
            known = name in {"LC_ALL", "LC_CTYPE", "LANG", "POSIXLY_CORRECT"}
            if not (known or name in _HARMLESS or name in _OTHER_CATEGORIES):
                reason = "its effect on the command is not known"
                self._unsupported(f"the variable {name}", reason, span)
        for name in ("LC_ALL", "LC_CTYPE", "LANG"):
            if value := environment.get(name):
                return self._known_locale(value, span)
        return self._known_locale(str(self.settings.get("locale") or UTF8), span)

    def _known_locale(self, value: str, span: Span) -> str:
        if value not in _LOCALES:
            reason = "it is not on every system; C and C.UTF-8 are evaluated"
            self._unsupported(f"the locale {value!r}", reason, span)
        return _LOCALES[value]

    def _cat(self, words: Sequence[Word]) -> Cat:
        names = [word for word in words[1:] if word.text != "--"]
        for word in names:
            if word.text.startswith("-") and len(word.text) > 1:
                self._unsupported(f"cat {word.text}", "it changes the lines", word.span)
        if len(names) > 1:
            self._unsupported("cat of several files", "an event is one line", names[1].span)
        return Cat(tuple(Pattern(word.text, word.span) for word in names), words[0].span)

    def _redirected(self, redirections: Sequence[Redirection]) -> tuple[str | None, bool]:
        """Return the file that is read instead of the input, and whether output is dropped."""
        source, discards = None, False
        for item in redirections:
            target = item.target.text
            if item.operator == "<" and item.number in {"", "0"}:
                source = target
            elif item.operator in {">", ">>", ">|", "&>", "&>>"} and target == "/dev/null":
                discards = discards or item.number in {"", "1"}
            elif item.operator == ">&" and (item.number, target) == ("2", "1"):
                continue  # grep's messages are no lines of the log; see docs/languages/grep.md
            else:
                feature = f"the redirection {item.number}{item.operator}{target}"
                reason = "only < FILE, > /dev/null and 2>&1 are followed"
                self._unsupported(feature, reason, item.target.span)
        return source, discards

    def _unsupported(self, feature: str, reason: str, span: Span) -> NoReturn:
        raise unsupported(self.source, span, feature, reason)


def missing_file(source: Source, name: Pattern) -> NoReturn:
    """Raise for a file that does not exist, which ends grep with an error."""
    message = f"there is no file {name.text!r}"
    hint = "leave the other files out where FILE stands for the log"
    raise syntax_error(source, name.span, message, hint)
