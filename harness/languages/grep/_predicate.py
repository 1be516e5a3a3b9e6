"""From the greps of a command line to a predicate: the exit status on one event.

What flows through a pipeline is followed as a list of cases: under a condition the next
command reads the event's line, or a text that is known, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from harness.ir import (
    FALSE,
    TRUE,
    And,
    Atom,
    Constant,
    Glob,
    Not,
    Or,
    Predicate,
    Truth,
    Wild,
    all_of,
    any_of,
)
from harness.ir.checks import Matches
from harness.ir.nodes import Quantifier
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.grep._command import (
    LOG,
    UTF8,
    Binary,
    Cat,
    Grep,
    Pattern,
    Pipe,
    Stage,
    Steps,
)
from harness.languages.grep._plan import missing_file
from harness.languages.grep._semantics import check_of
from harness.languages.grep._views import FIELD, WHOLE, IsText, unit_of, unit_view
from harness.source import Source

_MANY = 20
"""Patterns beyond which one check takes them all."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a command reads where ``condition`` holds.

    ``text`` is known text; ``None`` stands for the event's line behind ``prefix``.
    """

    condition: Predicate
    text: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds the predicate of one command line."""

    source: Source
    files: dict[str, str]
    version: tuple[int, ...]
    names_log: bool
    """``FILE`` is among the operands, so that other names are other files."""

    def steps(self, steps: Steps) -> Predicate:
        """Return whether the last command that runs succeeds."""
        result: Predicate = TRUE
        for place, item in enumerate(steps.items):
            following = self.steps(item) if isinstance(item, Steps) else self._pipe(item)
            operator = steps.operators[place - 1] if place else ";"
            if operator == "&&":
                result = And((result, following))
            elif operator == "||":
                result = Or((result, following))
            else:
                result = following
        return Not(result) if steps.negated else result

    def _pipe(self, pipe: Pipe) -> Predicate:
        contents = [Content(TRUE)]
        for stage in pipe.stages[:-1]:
            contents = self._through(stage, contents)
        last = pipe.stages[-1]
        if isinstance(last.command, Cat):
            self._inputs(last, contents)
            status: Predicate = TRUE
        elif last.command.selects_nothing:
            status = FALSE
        else:
            status = self._status(last, last.command, contents)
        return Not(status) if pipe.negated else status

    def _inputs(self, stage: Stage, piped: list[Content]) -> list[list[Content]]:
        """Return the cases of each file that a stage reads; a missing file is refused."""
        found = self._readable(stage, piped)
        for name, contents in found:
            if contents is None:
                missing_file(self.source, name)
        return [contents for _, contents in found if contents is not None]

    def _readable(
        self, stage: Stage, piped: list[Content]
    ) -> list[tuple[Pattern, list[Content] | None]]:
        """Return the files that a stage reads, with ``None`` for those that are not there."""
        stdin = Pattern(stage.input or "-", stage.command.span)
        contents: list[Content] | None = piped
        if stage.input is not None:
            contents = self._file(stdin)
        names = stage.command.operands or (stdin,)
        return [
            (name, contents if name.text == "-" or name is stdin else self._file(name))
            for name in names
        ]

    def _file(self, name: Pattern) -> list[Content] | None:
        if name.text == "/dev/null":
            return []
        if name.text in self.files:
            return [Content(TRUE, self.files[name.text])]
        if name.text != LOG and self.names_log:
            return None
        return [Content(TRUE)]

    def _status(self, stage: Stage, grep: Grep, piped: list[Content]) -> Predicate:
        """Return whether a grep selects a line of any of its inputs."""
        self._check_patterns(grep)
        inputs = self._readable(stage, piped)
        missing = [name for name, contents in inputs if contents is None]
        if missing and (not grep.quiet or len(missing) == len(inputs)):
            missing_file(self.source, missing[0])
        if grep.max_count == 0:
            return FALSE
        cases = [
            # a line that is sure to arrive may be one of many; others are followed one by one
            _both(content.condition, self._selects(grep, content, single=content.condition != TRUE))
            for _, contents in inputs
            for content in contents or ()
        ]
        if missing:
            cases.append(Constant(Truth.UNDEFINED))
        return any_of(*cases) if cases else FALSE

    def _through(self, stage: Stage, contents: list[Content]) -> list[Content]:
        """Return what the next command reads."""
        command = stage.command
        if isinstance(command, Grep) and command.selects_nothing:
            return []
        inputs = self._inputs(stage, contents)
        if len(inputs) > 1:
            reason = "the names of the files become part of the lines"
            raise unsupported(self.source, command.span, "several files in a pipeline", reason)
        if isinstance(command, Cat):
            return [] if stage.discards else inputs[0]
        self._check_output(command)
        self._check_patterns(command)
        if stage.discards or command.quiet:
            return []
        if command.listing or command.count:
            return self._summed_up(command, inputs[0])
        return [item for content in inputs[0] for item in self._printed(command, content)]

    def _summed_up(self, grep: Grep, contents: list[Content]) -> list[Content]:
        """Return what ``-l``, ``-L`` and ``-c`` print, which is about the whole input."""
        if any(content.text is not None for content in contents):
            option = f"-{grep.listing or 'c'} before a pipe"
            raise unsupported(self.source, grep.span, option, "it sums up another file")
        cases = [
            _both(content.condition, self._selects(grep, content, single=True))
            for content in contents
        ]
        found = any_of(*cases) if cases else FALSE
        if grep.listing:
            name = grep.operands[0].text if grep.operands else "(standard input)"
            return [Content(found if grep.listing == "l" else Not(found), name)]
        return [Content(found, "1"), Content(Not(found), "0")]

    def _check_output(self, grep: Grep) -> None:
        """Refuse options whose output the next command could not be followed through."""
        options = sorted(grep.decorations - {"n", "b"})
        if grep.only_matching and not grep.invert:
            options.append("o")
        if grep.null_data:
            options.append("z")
        if grep.count and "H" not in grep.decorations and not grep.listing:
            options = [option for option in options if option == "z"]
        if options and not grep.quiet:
            written = f"--{options[0]}" if len(options[0]) > 1 else f"-{options[0]}"
            reason = "the next command reads what it prints"
            raise unsupported(self.source, grep.span, f"{written} before a pipe", reason)

    def _printed(self, grep: Grep, content: Content) -> list[Content]:
        selected = self._selects(grep, content, single=True)
        hit = _both(content.condition, selected)
        if grep.only_matching:
            return []
        if content.text is not None:
            lines = [line for line in _lines(content.text) if self._takes(grep, line)]
            return [replace(content, text="\n".join(lines))] if lines else []
        if grep.binary is not Binary.TEXT:
            text = Atom(field=FIELD, view=WHOLE, check=IsText(grep.locale == UTF8), span=grep.span)
            hit = _both(text, hit)
        prefix = "".join(
            text for letter, text in (("n", "1:"), ("b", "0:")) if letter in grep.decorations
        )
        return [Content(hit, None, f"{prefix}{content.prefix}")]

    def _selects(self, grep: Grep, content: Content, *, single: bool) -> Predicate:
        """Return whether a line of the content is selected."""
        if content.text is not None:
            return Constant(Truth.of(any(self._takes(grep, line) for line in _lines(content.text))))
        found = self._matches(grep, content, single=single)
        if grep.binary is Binary.SKIP and not grep.null_data:
            no_nul = Not(
                Atom(
                    field=FIELD, view=WHOLE, check=Glob((Wild.ANY, "\0", Wild.ANY)), span=grep.span
                )
            )
            return And((no_nul, found))
        return found

    def _matches(self, grep: Grep, content: Content, *, single: bool) -> Predicate:
        if not grep.patterns:
            return TRUE if grep.invert else FALSE
        view = unit_view(unit_of(grep), content.prefix, single=single)
        if grep.invert or len(grep.patterns) > _MANY:
            check = check_of(grep, grep.joined, self.version)
            quantifier = Quantifier.ALL if grep.invert else Quantifier.ANY
            span = reduce(lambda left, right: left.to(right), (p.span for p in grep.patterns))
            atom = Atom(field=FIELD, check=check, view=view, quantifier=quantifier, span=span)
            return Not(atom) if grep.invert else atom
        return any_of(
            *(
                Atom(
                    field=FIELD,
                    check=check_of(grep, pattern.text, self.version),
                    view=view,
                    span=pattern.span,
                )
                for pattern in grep.patterns
            )
        )

    def _takes(self, grep: Grep, line: str) -> bool:
        """Return whether a grep selects a line that is known now."""
        if not grep.patterns:
            return grep.invert
        return check_of(grep, grep.joined, self.version).accepts(line) is not grep.invert

    def _check_patterns(self, grep: Grep) -> None:
        """Raise for patterns that grep refuses, or that are not evaluated."""
        if not grep.patterns:
            return
        check = check_of(grep, grep.joined, self.version)
        if not isinstance(check, Matches):
            return
        pattern = grep.patterns[0]
        try:
            compile_regex(
                check.pattern,
                check.dialect,
                case=check.case,
                flags=check.flags,
                whole=check.whole,
            )
        except TooComplex as error:
            raise unsupported(
                self.source, pattern.span, str(error), "it is not evaluated"
            ) from error
        except RegexError as error:
            raise syntax_error(
                self.source, pattern.span, f"grep refuses the pattern: {error}"
            ) from error


def _both(left: Predicate, right: Predicate) -> Predicate:
    if left == TRUE:
        return right
    return left if right == TRUE else all_of(*_flat(left), *_flat(right))


def _flat(node: Predicate) -> tuple[Predicate, ...]:
    return node.items if isinstance(node, And) else (node,)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
