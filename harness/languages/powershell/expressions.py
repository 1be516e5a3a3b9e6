"""The grammar of PowerShell expressions (about_Operator_Precedence)."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.languages.powershell.reader import DASHES, DOUBLE, SINGLE, Reader
from harness.languages.powershell.syntax import (
    Binary,
    Block,
    Cast,
    Const,
    Expandable,
    Group,
    Index,
    Invoke,
    Items,
    Member,
    Node,
    Pipeline,
    Statement,
    Table,
    TypeName,
    Unary,
    Variable,
)
from harness.languages.powershell.values import literal_number, match_number
from harness.source import Source, Span

MAX_CHAIN = 5000
"""Operands of one run of operators, and items of one list."""
MAX_MEMBERS = 60
"""Members, calls and indexes in one chain; each nests the tree one deeper."""

_COMPARISON = (
    "(?:[ic]?(?:eq|ne|ge|gt|le|lt|like|notlike|match|notmatch|contains|notcontains|in|notin"
    "|replace|split)|is|isnot|as|join|shl|shr)"
)
_LEVELS = (
    re.compile(rf"[{DASHES}](?:and|or|xor)(?!\w)", re.IGNORECASE),
    re.compile(rf"[{DASHES}](?:band|bor|bxor)(?!\w)", re.IGNORECASE),
    re.compile(rf"[{DASHES}]{_COMPARISON}(?!\w)", re.IGNORECASE),
    re.compile(rf"\+(?!\+)|[{DASHES}](?![{DASHES}a-z])", re.IGNORECASE),
    re.compile(r"[*/%](?!=)"),
    re.compile(rf"[{DASHES}]f(?!\w)", re.IGNORECASE),
    re.compile(r"\.\."),
)
_UNARY = re.compile(rf"!|[{DASHES}](?:not|bnot|join|split)(?!\w)|[{DASHES}+,]", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{((?:[^}`]|`.)+)\}|(\w+:(?!:)\w+|\w+)|([$?^]))", re.DOTALL)
_TYPE = re.compile(r"\[\s*([A-Za-z_][\w.+]*(?:\[[\w.,\s]*\])?)\s*\]")
_NAME = re.compile(r"\w+")
CONSTANTS = {"true": True, "false": False, "null": None}


class Expressions(Reader):
    """Reads expressions; the subclass reads statements."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._listing = True

    @contextmanager
    def nested(self, *, listing: bool = True) -> Iterator[None]:
        """Go one level deeper, where a comma builds a list or only separates arguments."""
        outer, self._listing = self._listing, listing
        with self:
            yield
        self._listing = outer

    @abstractmethod
    def statements(self, close: str) -> tuple[Statement, ...]:
        """Statements = statement ((";" | line end)+ statement)*, up to ``close``."""

    @abstractmethod
    def statement(self) -> Statement:
        """Statement = assignment | pipeline | return."""

    def expression(self) -> Node:
        """Expression = items joined by the binary operators of all levels."""
        return self.binary(0)

    def binary(self, level: int) -> Node:
        """Items joined by the operators of a level and of those that bind tighter."""
        start = self.at
        left = self.items()
        for _ in range(MAX_CHAIN):
            before = self.at
            self.skip_blanks()
            at = self.at
            found, own = self._operator(level)
            if found is None:
                self.at = before
                return left
            operator = re.sub(f"[{DASHES}]", "-", found.lower())
            place = Span(at, self.at)
            self.skip_lines()
            self._operand_follows(found)
            right = self.binary(own + 1)
            left = Binary(operator, left, right, place, self.since(start))
        return self.unsupported("a very long expression", f"more than {MAX_CHAIN} operators")

    def _operator(self, level: int) -> tuple[str | None, int]:
        """Pass an operator that binds at least as tight as a level; return it and its level."""
        for own in range(level, len(_LEVELS)):
            found = self.match(_LEVELS[own])
            if found is not None:
                return found.group(), own
        return None, level

    def _operand_follows(self, operator: str) -> None:
        if self.char in {"", ")", "}", "]", "|", ";"}:
            self.fail(
                f"a value is missing on the right of {operator!r}",
                "give the operator a right operand",
            )

    def items(self) -> Node:
        """Items = unary ("," unary)*."""
        start = self.at
        found = [self.unary()]
        if not self._listing:
            return found[0]
        for _ in range(MAX_CHAIN):
            before = self.at
            self.skip_blanks()
            if self.char != ",":
                self.at = before
                return found[0] if len(found) == 1 else Items(tuple(found), self.since(start))
            self.at += 1
            self.skip_lines()
            found.append(self.unary())
        return self.unsupported("a very long list", f"more than {MAX_CHAIN} items")

    def unary(self) -> Node:
        """Unary = ("!" | "-not" | "-" | "+" | "," | "-join" | "-split" | cast) unary | primary."""
        self.skip_blanks()
        start = self.at
        if self.char == "[":
            return self._type_or_cast()
        number = self._number()
        if number is not None:
            return self.postfix(number, start)
        found = self.match(_UNARY)
        if found is None:
            return self.postfix(self.primary(), start)
        operator = re.sub(f"[{DASHES}]", "-", found.group().lower())
        self.skip_lines()
        with self:
            operand = self.unary()
        if operator == ",":
            return Items((operand,), self.since(start))
        return Unary("-not" if operator == "!" else operator, operand, self.since(start))

    def _number(self) -> Const | None:
        """Number = a numeric literal with its sign, where one stands here."""
        found = match_number(self.text, self.at)
        if found is None:
            return None
        following = self.text[found.end() : found.end() + 1]
        if following.isalnum() or following == "_":
            self.fail("a number runs into letters", "put a blank between them")
        value = literal_number(found)
        if value is None:
            self.fail("a number is too large")
        self.at = found.end()
        return Const(value, Span(found.start(), found.end()), bare=True)

    def _type_or_cast(self) -> Node:
        start = self.at
        found = self.match(_TYPE)
        if found is None:
            self.fail("a type name in brackets is expected here")
        name = re.sub(r"\s", "", found.group(1)).lower().removeprefix("system.")
        if self.starts("::"):
            return self.postfix(TypeName(name, self.since(start)), start)
        before = self.at
        self.skip_blanks()
        starts = "$('\"@[{" + SINGLE + DOUBLE
        negative = re.compile(rf"[{DASHES}]\d").match(self.text, self.at)
        if self.char and (self.char in starts or self.char.isdigit() or negative):
            with self:
                return Cast(name, self.unary(), self.since(start))
        self.at = before
        return TypeName(name, self.since(start))

    def primary(self) -> Node:
        """Primary = variable | string | group | table | script block."""
        char = self.char
        if char == "$":
            return self.subexpression() if self.starts("$(") else self.variable()
        if char and char in SINGLE:
            start = self.at
            value = self.verbatim()
            return self._text(value, start)
        if char and char in DOUBLE:
            return self.expandable()
        if char == "(":
            return self.group("(")
        if char == "{":
            return self.block()
        if char == "@":
            return self._at_sign()
        where = repr(char) if char else "the end of the script"
        return self.fail(f"expected a value, found {where}")

    def _text(self, value: str, start: int) -> Const:
        """Return a string constant that says whether it stands in the source as it is."""
        verbatim = self.text.startswith(value, start + 1)
        return Const(value, self.since(start), verbatim=verbatim)

    def _at_sign(self) -> Node:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "(":
            return self.group("@(")
        if following == "{":
            return self.table()
        if following and following in SINGLE + DOUBLE:
            return self.here()
        return self.fail("expected a list, a hash table or a here-string after '@'")

    def here(self) -> Node:
        """Here = "@'" line end text line end "'@", or the same with double quotes."""
        start = self.at
        quotes = SINGLE if self.text[self.at + 1] in SINGLE else DOUBLE
        begin, end = self.here_string(quotes)
        after = self.at
        if quotes == SINGLE:
            return Const(self.text[begin:end], Span(start, after))
        self.at = begin
        parts = self._parts(lambda: self.at >= end)
        if self.at > end:
            self.fail("an expression in a here-string is not closed", span=Span(start, start + 2))
        self.at = after
        return _joined(parts, Span(start, after))

    def expandable(self) -> Node:
        """Expandable = '"' (character | escape | '""' | variable | "$(" statements ")")* '"'."""
        start = self.at
        self.at += 1
        parts = self._parts(self._string_ends)
        if not self.char:
            self.fail("a string is not closed", "add the closing quote", Span(start, start + 1))
        self.at += 1
        joined = _joined(parts, self.since(start))
        return self._text(joined.value, start) if isinstance(joined, Const) else joined

    def _string_ends(self) -> bool:
        if not self.char:
            return True
        following = self.text[self.at + 1 : self.at + 2]
        return self.char in DOUBLE and not (following and following in DOUBLE)

    def _parts(self, ends: Callable[[], bool]) -> list[Node]:
        """Read the pieces of an expandable string until ``ends()`` holds."""
        parts: list[Node] = []
        literal: list[str] = []
        start = self.at
        while self.char and not ends():
            char = self.char
            if char == "`":
                literal.append(self.escape())
            elif char == "$" and (self.starts("$(") or _VARIABLE.match(self.text, self.at)):
                parts.append(Const("".join(literal), self.since(start)))
                literal = []
                parts.append(self.subexpression() if self.starts("$(") else self._string_variable())
            else:
                doubled = char in DOUBLE and self._string_doubled()
                literal.append(char)
                self.at += 1 + doubled
        parts.append(Const("".join(literal), self.since(start)))
        return parts

    def _string_doubled(self) -> bool:
        following = self.text[self.at + 1 : self.at + 2]
        return bool(following) and following in DOUBLE

    def _string_variable(self) -> Node:
        variable = self.variable()
        if self.char == ":" and isinstance(variable, Variable) and not self.starts("::"):
            self.fail(
                "a colon follows a variable name inside a string",
                "write ${name}: to end the name before the colon",
            )
        return variable

    def variable(self) -> Node:
        """Variable = "$" (name | scope ":" name | "{" name "}")."""
        found = self.match(_VARIABLE)
        if found is None:
            self.fail("a variable name is expected after '$'")
        name = (found.group(1) or found.group(2) or found.group(3)).lower()
        span = Span(found.start(), found.end())
        if name in CONSTANTS:
            return Const(CONSTANTS[name], span)
        return Variable(name, span)

    def subexpression(self) -> Group:
        """Subexpression = "$(" statements ")"."""
        start = self.at
        self.at += 2
        with self.nested():
            inner = self.statements(")")
        self.expect(")", "a subexpression is not closed")
        return Group("$", inner, self.since(start))

    def group(self, opening: str) -> Group:
        """Group = "(" pipeline ")" | "@(" statements ")"."""
        start = self.at
        self.at += len(opening)
        with self.nested():
            self.skip_lines()
            if opening == "(":
                if self.char == ")":
                    self.fail("an expression is expected between the parentheses")
                inner: tuple[Statement, ...] = (self.statement(),)
                self.skip_lines()
            else:
                inner = self.statements(")")
        self.expect(")", "a parenthesis is not closed")
        return Group(opening[0], inner, self.since(start))

    def block(self) -> Block:
        """Block = "{" statements "}"."""
        start = self.at
        self.expect("{", "a script block is expected")
        with self.nested():
            inner = self.statements("}")
        self.expect("}", "a script block is not closed")
        return Block(inner, self.since(start))

    def table(self) -> Table:
        """Table = "@{" (key "=" statement ((";" | line end)+ | "}"))* "}"."""
        start = self.at
        self.at += 2
        entries: list[tuple[Node, Node]] = []
        seen: set[str] = set()
        with self.nested():
            self.skip_lines(";")
            while self.char not in {"}", ""}:
                key = self._key()
                if isinstance(key, Const):
                    folded = str(key.value).lower()
                    if folded in seen:
                        self.fail(
                            f"the key {key.value!r} stands twice in a hash table",
                            "give the key once, with a list of values",
                            key.span,
                        )
                    seen.add(folded)
                self.skip_blanks()
                self.expect("=", "a hash table needs key = value")
                self.skip_lines()
                entries.append((key, self._entry_value()))
                self._entry_ends()
                if len(entries) > MAX_CHAIN:
                    self.unsupported("a very long hash table", f"more than {MAX_CHAIN} entries")
        self.expect("}", "a hash table is not closed")
        return Table(tuple(entries), self.since(start))

    def _entry_ends(self) -> None:
        self.skip_blanks()
        if not self.at_line_end() and self.char not in ";}":
            self.fail(
                f"expected the end of the entry, found {self.char!r}",
                "separate the entries with ';' or a line break",
            )
        self.skip_lines(";")

    def _entry_value(self) -> Node:
        start = self.at
        statement = self.statement()
        inner = Group("(", (statement,), self.since(start))
        return unwrapped(inner)

    def _key(self) -> Node:
        """Key = name | string | number | variable | "(" pipeline ")"."""
        start = self.at
        found = self.match(re.compile(r"[A-Za-z_][\w\-]*"))
        if found:
            return Const(found.group(), self.since(start), bare=True)
        return self.unary()

    def postfix(self, target: Node, start: int) -> Node:
        """Postfix = primary ("." name arguments? | "::" name arguments? | "[" expression "]")*."""
        for _ in range(MAX_MEMBERS):
            if self.starts("::"):
                self.at += 2
                target = self._member(target, start, static=True)
            elif self.char == "." and not self.starts(".."):
                self.at += 1
                target = self._member(target, start, static=False)
            elif self.char == "[":
                self.at += 1
                with self.nested():
                    self.skip_lines()
                    index = self.expression()
                    self.skip_lines()
                self.expect("]", "an index is not closed")
                target = Index(target, index, self.since(start))
            elif self.starts("++") or self.starts("--"):
                self.unsupported("'++' and '--'", "variables are read, not changed")
            else:
                return target
        reason = f"more than {MAX_MEMBERS} members"
        return self.unsupported("a very long chain of members", reason, Span(start, start + 1))

    def _member(self, target: Node, start: int, *, static: bool) -> Node:
        self.skip_lines()
        name = self._member_name()
        if self.char == "(":
            arguments = self._arguments()
            return Invoke(target, name, static, arguments, self.since(start))
        if self.char == "{" and name.lower() in {"where", "foreach"}:
            block = self.block()
            return Invoke(target, name, static, (block,), self.since(start))
        return Member(target, name, static, self.since(start))

    def _member_name(self) -> str:
        found = self.match(_NAME)
        if found:
            return found.group()
        if self.char and self.char in SINGLE:
            return self.verbatim()
        if self.char and self.char in DOUBLE:
            node = self.expandable()
            if isinstance(node, Const):
                return str(node.value)
        if self.char and self.char in "$({":
            self.unsupported("a computed member name", "the name is not known before the run")
        return self.fail("a member name is expected after the dot")

    def _arguments(self) -> tuple[Node, ...]:
        """Arguments = "(" (binary ("," binary)*)? ")": the comma separates, it builds no list."""
        self.at += 1
        found: list[Node] = []
        with self.nested(listing=False):
            self.skip_lines()
            while self.char not in {")", ""}:
                found.append(self.expression())
                self.skip_lines()
                if self.char != ",":
                    break
                self.at += 1
                self.skip_lines()
        self.expect(")", "the arguments of a method are not closed")
        return tuple(found)


def _joined(parts: list[Node], span: Span) -> Node:
    """Return a constant where no part of a string is to be expanded."""
    kept = [part for part in parts if not (isinstance(part, Const) and part.value == "")]
    if all(isinstance(part, Const) and isinstance(part.value, str) for part in kept):
        return Const("".join(str(part.value) for part in kept if isinstance(part, Const)), span)
    return Expandable(tuple(kept), span)


def unwrapped(node: Node) -> Node:
    """Return the expression inside parentheses that hold nothing else."""
    while isinstance(node, Group) and node.kind == "(" and len(node.statements) == 1:
        only = node.statements[0]
        if not isinstance(only, Pipeline) or len(only.elements) != 1:
            return node
        node = only.elements[0]
    return node
