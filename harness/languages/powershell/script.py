"""The grammar of statements, pipelines and commands."""

from __future__ import annotations

import re

from harness.languages.powershell.expressions import MAX_CHAIN, Expressions
from harness.languages.powershell.reader import DASHES, DOUBLE, SINGLE
from harness.languages.powershell.syntax import (
    Argument,
    Assignment,
    Command,
    Const,
    Expandable,
    Items,
    Node,
    Pipeline,
    Return,
    Splat,
    Statement,
)
from harness.languages.powershell.values import literal_number, match_number
from harness.source import Source, Span

KEYWORDS = frozenset(
    [
        "begin",
        "break",
        "catch",
        "class",
        "clean",
        "continue",
        "data",
        "do",
        "dynamicparam",
        "else",
        "elseif",
        "end",
        "enum",
        "exit",
        "filter",
        "finally",
        "for",
        "foreach",
        "from",
        "function",
        "hidden",
        "if",
        "in",
        "param",
        "process",
        "static",
        "switch",
        "throw",
        "trap",
        "try",
        "until",
        "using",
        "var",
        "while",
        "workflow",
    ]
)
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_COMMAND = re.compile(r"\?(?![\w-])|%(?![\w-])|[^\s|;,(){}\"'`$<>&#@\[\]]+")
_PARAMETER = re.compile(rf"[{DASHES}]([A-Za-z_?][^\s|;,(){{}}\"'`$<>&.\[:=]*)(:?)")
_BARE = re.compile(rf"[^\s|;,(){{}}`$<>&{SINGLE}{DOUBLE}]+")
_REDIRECTION = re.compile(r"[1-6*]?>&[12]|[1-6*]?>>?")
_ASSIGN = re.compile(r"(?:[+\-*/%]|\?\?)?=(?!=)")
_EXPRESSION_START = re.compile(
    rf"[$(\"{{\[!,+.0-9{SINGLE}{DOUBLE}]|@[({{{SINGLE}{DOUBLE}]"
    rf"|[{DASHES}](?:(?:not|bnot|join|split)(?!\w)|[\d.$(\"'])",
    re.IGNORECASE,
)


class Script(Expressions):
    """Reads a whole script."""

    def script(self) -> tuple[Statement, ...]:
        """Script = statements END."""
        found = self.statements("")
        if self.char:
            self.fail(f"unexpected {self.char!r}", "remove it, or open the bracket it closes")
        return found

    def statements(self, close: str) -> tuple[Statement, ...]:
        found: list[Statement] = []
        self.skip_lines(";")
        while self.char and self.char not in ")}":
            found.append(self.statement())
            self.skip_blanks()
            if self.char not in {"", ";", ")", "}", "\n", "\r"}:
                self._unexpected()
            self.skip_lines(";")
            if len(found) > MAX_CHAIN:
                self.unsupported("a very long script", f"more than {MAX_CHAIN} statements")
        if self.char != close:
            self.expect(close, "the brackets do not pair")
        return tuple(found)

    def _unexpected(self) -> None:
        if self.starts("&&") or self.starts("||"):
            self.unsupported(f"'{self.text[self.at : self.at + 2]}'", "pipelines are not chained")
        if self.char == "?":
            self.unsupported("the operators '?', '??' and '?.'", "they are not evaluated")
        found = re.compile(rf"[{DASHES}]\w+|\w+|.", re.DOTALL).match(self.text, self.at)
        word = found.group() if found else ""
        hint = "operators are written with a dash: -eq, -and, -like" if word else ""
        self.fail(f"unexpected {word!r} after an expression", hint)

    def statement(self) -> Statement:
        self.skip_blanks()
        start = self.at
        word = _WORD.match(self.text, self.at)
        if word and word.group().lower() == "return":
            self.at = word.end()
            self.skip_blanks()
            ends = self.at_line_end() or self.char in ";)}"
            return Return(None if ends else self.pipeline(), self.since(start))
        if word and word.group().lower() in KEYWORDS:
            span = Span(word.start(), word.end())
            self.unsupported(f"the statement {word.group()!r}", "only pipelines are run", span)
        pipeline = self.pipeline()
        self.skip_blanks()
        found = _ASSIGN.match(self.text, self.at)
        if found is None:
            return pipeline
        if len(pipeline.elements) != 1:
            self.fail("the left side of an assignment is not a variable or a property")
        self.at = found.end()
        self.skip_lines()
        with self:
            value = self.statement()
        return Assignment(pipeline.elements[0], found.group(), value, self.since(start))

    def pipeline(self) -> Pipeline:
        """Pipeline = (expression | command) ("|" command)*."""
        self.skip_blanks()
        start = self.at
        elements = [self.element(first=True)]
        while self._bar():
            self.skip_lines()
            elements.append(self.element(first=False))
            if len(elements) > MAX_CHAIN:
                self.unsupported("a very long pipeline", f"more than {MAX_CHAIN} commands")
        return Pipeline(tuple(elements), self.since(start))

    def _bar(self) -> bool:
        """Pass the bar of a pipeline, which may also begin the next line (PowerShell 7)."""
        before = self.at
        self.skip_lines()
        if self.char == "|" and not self.starts("||"):
            self.at += 1
            return True
        self.at = before
        self.skip_blanks()
        return False

    def element(self, *, first: bool) -> Node:
        """Element = expression (only in front) | command."""
        if self.at_line_end():
            self.fail("a command is expected here", "finish the pipeline")
        if self.char in {"&", "."} and not re.compile(r"\.\d").match(self.text, self.at):
            self.unsupported("calling a command by value", "it is not known before the run")
        if _EXPRESSION_START.match(self.text, self.at):
            if not first:
                self.fail(
                    "an expression stands in the middle of a pipeline",
                    "expressions are allowed only as the first element",
                )
            return self.expression()
        return self.command()

    def command(self) -> Command:
        """Command = name (argument | redirection)*."""
        start = self.at
        found = self.match(_COMMAND)
        if found is None:
            self.fail(f"unexpected {self.char!r}", "a command or an expression is expected")
        name = found.group().lower().rpartition("\\")[2]
        arguments: list[Argument | Splat] = []
        while not self._command_ends():
            if not self._redirection():
                arguments.extend(self.argument())
            if len(arguments) > MAX_CHAIN:
                self.unsupported("a very long command", f"more than {MAX_CHAIN} arguments")
        listed = tuple(
            Argument(None, item, item.span) if isinstance(item, Splat) else item
            for item in arguments
        )
        return Command(name, listed, self.since(start))

    def _command_ends(self) -> bool:
        self.skip_blanks()
        return self.at_line_end() or self.char in "|;)}" or self.starts("&&")

    def _redirection(self) -> bool:
        found = self.match(_REDIRECTION)
        if found is None:
            return False
        if "&" not in found.group():
            self.skip_blanks()
            if self._command_ends():
                self.fail("the target of a redirection is missing")
            self.value()
        return True

    def argument(self) -> list[Argument]:
        """Argument = "-" name (":" value)? | value ("," value)*."""
        start = self.at
        found = self.match(_PARAMETER)
        if found is None:
            value = self.values()
            return [Argument(None, value, self.since(start))]
        if not found.group(2):
            return [Argument(found.group(1), None, self.since(start))]
        self.skip_blanks()
        value = self.values()
        return [Argument(found.group(1), value, self.since(start))]

    def values(self) -> Node:
        """Values = value ("," value)*."""
        start = self.at
        found = [self.value()]
        for _ in range(MAX_CHAIN):
            before = self.at
            self.skip_blanks()
            if self.char != ",":
                self.at = before
                return found[0] if len(found) == 1 else Items(tuple(found), self.since(start))
            self.at += 1
            self.skip_lines()
            found.append(self.value())
        return self.unsupported("a very long list", f"more than {MAX_CHAIN} items")

    def value(self) -> Node:
        """Value = string | variable | group | table | block | splat | word."""
        start, char = self.at, self.char
        splat = re.compile(r"@(\w+)").match(self.text, self.at)
        if splat:
            self.at = splat.end()
            return Splat(splat.group(1).lower(), self.since(start))
        if (char and char in "({@") or (char and char in SINGLE + DOUBLE):
            return self.postfix(self.primary(), start)
        if char == "$":
            node = self.postfix(self.primary(), start)
            glued = bool(self.char) and not self.char.isspace() and self.char not in ",;|)}&<>"
            return self._glued(node, start) if glued else node
        if not char or char in ",;|)}&<>":
            self.fail("an argument is missing here")
        return self._word(start)

    def _word(self, start: int) -> Node:
        number = match_number(self.text, self.at)
        bare = _BARE.match(self.text, self.at)
        if number and (bare is None or bare.end() <= number.end()):
            value = literal_number(number)
            if value is not None:
                self.at = number.end()
                return Const(value, self.since(start), bare=True)
        return self._glued(None, start)

    def _glued(self, first: Node | None, start: int) -> Node:
        """Word = (letters | string | variable | "`" character)+ without blanks between."""
        parts: list[Node] = [] if first is None else [first]
        while self.char and not self.char.isspace() and self.char not in ",;|(){}&<>":
            found = self.match(_BARE)
            if found:
                parts.append(Const(found.group(), Span(found.start(), found.end())))
            elif self.char == "`":
                parts.append(Const(self.escape(), self.since(start)))
            elif self.char == "$" and re.compile(r"\$(?!\w|\{|\()").match(self.text, self.at):
                self.at += 1
                parts.append(Const("$", self.since(start)))
            else:
                parts.append(self.primary())
        if len(parts) == 0:
            self.fail(f"unexpected {self.char!r} in an argument")
        if all(isinstance(part, Const) and isinstance(part.value, str) for part in parts):
            text = "".join(str(part.value) for part in parts if isinstance(part, Const))
            return Const(text, self.since(start), bare=True)
        return Expandable(tuple(parts), self.since(start))


def read_script(source: Source) -> tuple[Statement, ...]:
    """Return the statements of a script."""
    return Script(source).script()
