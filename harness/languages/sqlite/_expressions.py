"""Expressions, by precedence as in SQLite's grammar. https://www.sqlite.org/lang_expr.html."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from typing import NoReturn

from harness.errors import Diagnostic, Fault
from harness.ir import Predicate, Truth, all_of, any_of
from harness.languages._lexing import END, Token
from harness.languages.sqlite import _builders as build
from harness.languages.sqlite._columns import Table, folded
from harness.languages.sqlite._comparisons import (
    comparison,
    identity,
    is_null,
    is_truth,
    negated,
    one_of,
)
from harness.languages.sqlite._cursor import SqlCursor
from harness.languages.sqlite._functions import arithmetic, bitwise, inverted, joined
from harness.languages.sqlite._json import arrow, arrow_text
from harness.languages.sqlite._operands import (
    MAX_DEPTH,
    Operand,
    column,
    computed,
    condition,
    constant,
)
from harness.languages.sqlite._tokens import is_name, is_word, name_of
from harness.languages.sqlite._values import Affinity, Differs, Value, affinity_of, cast
from harness.source import Span

MAX_HEIGHT = 1000
"""Height of an expression that SQLite accepts: SQLITE_MAX_EXPR_DEPTH."""
_NOT, _EQUALITY, _ORDER, _BITS, _SUM, _PRODUCT, _CONCAT = range(3, 10)
_BINARY: Mapping[str, int] = {
    "=": _EQUALITY,
    "==": _EQUALITY,
    "<>": _EQUALITY,
    "!=": _EQUALITY,
    "<": _ORDER,
    "<=": _ORDER,
    ">": _ORDER,
    ">=": _ORDER,
    "&": _BITS,
    "|": _BITS,
    "<<": _BITS,
    ">>": _BITS,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "%": _PRODUCT,
    "||": _CONCAT,
    "->": _CONCAT,
    "->>": _CONCAT,
}
_TESTS = ("IS", "IN", "LIKE", "GLOB", "REGEXP", "MATCH", "BETWEEN", "NOT", "ISNULL", "NOTNULL")
_ROW_NUMBERS = frozenset({"rowid", "oid", "_rowid_"})
_CLOCK = {"CURRENT_DATE": "date", "CURRENT_TIME": "time", "CURRENT_TIMESTAMP": "datetime"}
_LARGEST = "9223372036854775808"


@dataclass(slots=True)
class Scope:
    """What names stand for while a statement is read."""

    table: Table
    tables: frozenset[str] = frozenset({"logs", "main.logs"})
    aliases: dict[str, Operand] = field(default_factory=dict)
    aggregates: bool = False
    warnings: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Expressions:
    """A parser of expressions."""

    cursor: SqlCursor
    scope: Scope

    def expression(self) -> Operand:
        """``expression := conjunction ("OR" conjunction)*``."""
        with self.cursor:
            return self._chain("OR", self._conjunction, any_of)

    def _conjunction(self) -> Operand:
        """``conjunction := operand ("AND" operand)*``."""
        return self._chain("AND", lambda: self.operand(_NOT), all_of)

    def _chain(
        self, word: str, part: Callable[[], Operand], join: Callable[..., Predicate]
    ) -> Operand:
        first = part()
        if not is_word(self.cursor.token, word):
            return first
        parts, height = [first], first.height
        while is_word(self.cursor.token, word):
            token = self.cursor.next()
            parts.append(part())
            height = 1 + max(height, parts[-1].height)
            self._check(height, token.span)
        predicate = build.folded_constants(join, [one.test for one in parts], word)
        made = condition(predicate, first.span.to(parts[-1].span), parts)
        return replace(made, height=height)

    def operand(self, level: int) -> Operand:
        """``operand := prefix (BINARY operand | test | "COLLATE" name)*``."""
        left = self._prefix()
        while True:
            token = self.cursor.token
            if token.kind == "OP" and _BINARY.get(token.text, 0) >= level:
                self.cursor.next()
                right = self.operand(_BINARY[token.text] + 1)
                left = self._tried(partial(self._binary, token, left, right), token)
            elif is_word(token, "COLLATE"):
                left = self._collate(left)
            elif level <= _EQUALITY and is_word(token, *_TESTS):
                left = self._tried(partial(self._test, left), token)
            else:
                return left
            self._check(left.height, left.span)
            if left.depth > MAX_DEPTH:
                reason = f"more than {MAX_DEPTH} operations inside each other are not evaluated"
                self.cursor.unsupported("a deep expression", reason, left.span)

    def _check(self, height: int, span: Span) -> None:
        if height > MAX_HEIGHT:
            message = f"Expression tree is too large (maximum depth {MAX_HEIGHT})"
            hint = "join fewer terms in a row: put them in groups, or use IN (...)"
            self.cursor.fail(message, hint, span)

    def _compute(
        self,
        name: str,
        apply: Callable[..., Value],
        parts: list[Operand],
        *,
        total: bool = False,
    ) -> Operand:
        """Return a computation; one that fails on constants fails the statement."""
        span = parts[0].span.to(parts[-1].span)
        try:
            return computed(name, apply, parts, span, total=total)
        except Fault as error:
            self.refuse(error, span)

    def _tried(self, build_it: Callable[[], Operand], token: Token) -> Operand:
        """Return what is built; what cannot be compared fails the statement."""
        try:
            return build_it()
        except Fault as error:
            self.refuse(error, token.span)

    def refuse(self, error: Fault, span: Span) -> NoReturn:
        """Raise for what fails on constants, whatever the event."""
        if isinstance(error, Differs):
            reason = "SQLite's versions and builds differ, or the harness computes no further"
            self.cursor.unsupported(str(error), reason, span)
        self.cursor.fail(str(error), "", span)

    def _binary(self, token: Token, left: Operand, right: Operand) -> Operand:
        sign = {"==": "=", "<>": "!="}.get(token.text, token.text)
        span = left.span.to(right.span)
        if sign in ("=", "!="):
            test = negated(comparison("=", left, right, span), wanted=sign == "!=")
            return condition(test, span, [left, right])
        if _BINARY[sign] == _ORDER:
            return condition(comparison(sign, left, right, span), span, [left, right])
        if sign == "||":
            return self._compute("||", joined, [left, right], total=True)
        if sign in ("->", "->>"):
            return self._compute(sign, arrow if sign == "->" else arrow_text, [left, right])
        find = bitwise if _BINARY[sign] == _BITS else arithmetic
        return self._compute(sign, find(sign), [left, right], total=sign in "&|<<>>")

    def _collate(self, left: Operand) -> Operand:
        """``"COLLATE" name``."""
        self.cursor.next()
        token = self.cursor.token
        if not is_name(token) and token.kind != "STRING":
            self.cursor.fail(f"expected a collation, found {token}")
        self.cursor.next()
        name = name_of(token).upper()
        span = left.span.to(token.span)
        return replace(left, span=span, collation=name, explicit=True, height=left.height + 1)

    def _test(self, left: Operand) -> Operand:
        """``test := IS ... | "NOT"? (IN ... | LIKE ... | BETWEEN ...) | ISNULL | NOTNULL``."""
        token = self.cursor.next()
        word = token.text.upper()
        negative = word == "NOT"
        if negative:
            token = self.cursor.next()
            word = token.text.upper() if token.kind == "NAME" else ""
        span = left.span.to(token.span)
        if word == "ISNULL" and not negative:
            return condition(is_null(left, span), span, [left])
        if (word == "NOTNULL" and not negative) or (word == "NULL" and negative):
            return condition(negated(is_null(left, span), wanted=True), span, [left])
        if word == "IS" and not negative:
            return self._is(left)
        if word == "IN":
            return self._in(left, negative=negative)
        if word == "BETWEEN":
            return self._between(left, negative=negative)
        if word not in ("LIKE", "GLOB", "REGEXP", "MATCH"):
            message = f"expected IN, LIKE, GLOB, REGEXP, BETWEEN or NULL, found {token}"
            self.cursor.fail(message, "", token.span)
        return self._pattern(left, token, negative=negative)

    def _is(self, left: Operand) -> Operand:
        """``"IS" "NOT"? ("DISTINCT" "FROM")? operand``."""
        negative = self._word("NOT")
        if self._word("DISTINCT"):
            if not self._word("FROM"):
                self.cursor.fail(f"expected FROM, found {self.cursor.token}")
            negative = not negative
        elif is_word(self.cursor.token, "TRUE", "FALSE") and not self._is_column("TRUE"):
            return self._is_truth(left, negative=negative)
        right = self.operand(_ORDER)
        span = left.span.to(right.span)
        test = negated(identity(left, right, span), wanted=negative)
        return condition(test, span, [left, right])

    def _is_column(self, name: str) -> bool:
        return self.scope.table.names is not None and self.scope.table.has(name)

    def _is_truth(self, left: Operand, *, negative: bool) -> Operand:
        right = self.operand(_ORDER)
        span = left.span.to(right.span)
        if right.height > 1 or not right.constant:
            test = identity(left, right, span)
        else:
            test = is_truth(left, Truth.of(bool(right.value)), span)
        return condition(negated(test, wanted=negative), span, [left, right])

    def _in(self, left: Operand, *, negative: bool) -> Operand:
        """``"IN" "(" (expression ("," expression)*)? ")"``."""
        if not self.cursor.at("OPEN"):
            reason = "it would need the rows of another table"
            if is_name(self.cursor.token):
                self.cursor.unsupported("IN with a table", reason)
            self.cursor.fail(f"expected ( after IN, found {self.cursor.token}")
        opening = self.cursor.next()
        self._no_select("IN with a SELECT")
        items = self.items(opening)
        span = left.span.to(self.cursor.previous.span)
        test = negated(one_of(left, items, span), wanted=negative)
        return condition(test, span, [left, *items])

    def _no_select(self, feature: str) -> None:
        if is_word(self.cursor.token, "SELECT", "WITH", "VALUES"):
            reason = "statements inside each other depend on several rows"
            self.cursor.unsupported(feature, reason)

    def items(self, opening: Token) -> list[Operand]:
        """``list := (expression ("," expression)*)? ")"``."""
        items: list[Operand] = []
        while not self.cursor.at("CLOSE", END):
            if items:
                self.cursor.expect("COMMA", "a comma or )")
            items.append(self.expression())
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        return items

    def _between(self, left: Operand, *, negative: bool) -> Operand:
        """``"BETWEEN" operand "AND" operand``."""
        low = self.operand(_NOT)
        if not self._word("AND"):
            self.cursor.fail(f"expected AND, found {self.cursor.token}", "write BETWEEN a AND b")
        high = self.operand(_ORDER)
        span = left.span.to(high.span)
        tests = [comparison(">=", left, low, span), comparison("<=", left, high, span)]
        test = negated(build.folded_constants(all_of, tests, "AND"), wanted=negative)
        return condition(test, span, [left, low, high])

    def _pattern(self, left: Operand, token: Token, *, negative: bool) -> Operand:
        """``("LIKE" | "GLOB" | "REGEXP" | "MATCH") operand ("ESCAPE" operand)?``."""
        right = self.operand(_ORDER)
        parts = [left, right]
        if self._word("ESCAPE"):
            parts.append(self.operand(_ORDER))
        span = left.span.to(parts[-1].span)
        word = token.text.upper()
        if word == "MATCH":
            message = "unable to use function MATCH in the requested context"
            self.cursor.fail(message, "use LIKE or GLOB; MATCH needs a full-text table", span)
        if len(parts) > 2 and word != "LIKE":  # noqa: PLR2004 - a third part is ESCAPE
            message = f"wrong number of arguments to function {word}()"
            self.cursor.fail(message, "only LIKE takes ESCAPE", parts[2].span)
        test = build.pattern(word, parts, span, self.scope.table.regexp)
        return condition(negated(test, wanted=negative), span, parts)

    def _word(self, word: str) -> bool:
        if is_word(self.cursor.token, word):
            self.cursor.next()
            return True
        return False

    def _prefix(self) -> Operand:
        """``prefix := "NOT" operand | ("-" | "+" | "~") operand | primary``."""
        token = self.cursor.token
        with self.cursor:
            if is_word(token, "NOT"):
                self.cursor.next()
                return self._negation(token)
            if token.kind == "OP" and token.text in "+-~":
                self.cursor.next()
                return self._signed(token)
        return self._primary()

    def _negation(self, token: Token) -> Operand:
        if is_word(self.cursor.token, "EXISTS"):
            return self._primary()
        part = self.operand(_EQUALITY)
        span = token.span.to(part.span)
        return condition(negated(part.test, wanted=True), span, [part])

    def _signed(self, token: Token) -> Operand:
        minus = token.text == "-"
        literal = self.cursor.token
        if minus and literal.text == _LARGEST:
            self.cursor.next()
            return constant(-int(_LARGEST), token.span.to(literal.span), height=2)
        if minus and literal.text.lower() == "0x8000000000000000":
            self.cursor.fail(f"hex literal too big: -{literal.text}", "", literal.span)
        part = self._prefix()
        span = token.span.to(part.span)
        if token.text == "+":
            return replace(part, span=span, affinity=Affinity.NONE, height=part.height + 1)
        if token.text == "~":
            return replace(self._compute("~", inverted, [part], total=True), span=span)
        if part.constant and isinstance(part.value, float) and part.height == 1:
            return constant(-part.value, span, height=2)
        zero = constant(0, token.span)
        return self._compute("-", arithmetic("-"), [zero, part], total=True)

    def _primary(self) -> Operand:  # noqa: RET503 - fail does not return
        """``primary := literal | name | call | CASE | CAST | "(" expression ")"``."""
        token = self.cursor.token
        word = token.text.upper() if token.kind == "NAME" else ""
        with self.cursor:
            if token.kind == "OPEN":
                return self._group()
            if word == "CASE":
                return self._tried(partial(build.case, self, self.cursor.next()), token)
            if word == "CAST":
                return self._cast()
            if word == "EXISTS":
                self.cursor.unsupported("EXISTS", "it would need the rows of a statement")
            if word in _CLOCK:
                self.cursor.next()
                return build.date_call(self, _CLOCK[word], [], token.span)
            if token.kind == "PARAMETER":
                if token.text[0] == "#":
                    self.cursor.fail(f"unrecognized token: {token}")
                message = f"the parameter {token.text} is not bound to a value"
                self.cursor.fail(message, "write the value")
            if is_name(token):
                if self.cursor.peek().kind == "OPEN" and token.kind != "STRING":
                    return self._tried(partial(build.call, self, self.cursor.next()), token)
                return self._name()
            if token.kind in ("STRING", "NUMBER", "BLOB") or word == "NULL":
                self.cursor.next()
                return self._literal(token)
        hint = f'write "{token.text}" for a column of this name' if word else ""
        if token.kind == END:
            self.cursor.fail("the expression ends too early", "add a value or a condition")
        self.cursor.fail(f"expected a value, found {token}", hint)

    def _group(self) -> Operand:
        opening = self.cursor.next()
        self._no_select("a SELECT as a value")
        if self.cursor.at("CLOSE"):
            self.cursor.fail("the parentheses are empty", "put an expression between them")
        found = self.expression()
        if self.cursor.at("COMMA"):
            self.cursor.unsupported("a row value", "only single values are compared")
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        return found

    def _literal(self, token: Token) -> Operand:
        if token.kind == "STRING":
            return constant(name_of(token), token.span)
        if token.kind == "BLOB":
            return constant(bytes.fromhex(token.text[2:-1]), token.span)
        if token.kind == "NAME":
            return constant(None, token.span)
        text = token.text.lower()
        if text.startswith("0x"):
            digits = text[2:].lstrip("0") or "0"
            if len(digits) > 16:  # noqa: PLR2004 - hexadecimal digits of 64 bits
                self.cursor.fail(f"hex literal too big: {token.text}", "", token.span)
            value = int(digits, 16)
            return constant(value - 2**64 if value >= 2**63 else value, token.span)
        whole = text.isdigit() and len(text.lstrip("0")) <= len(_LARGEST)
        if whole and int(text) < 2**63:
            return constant(int(text), token.span)
        return constant(float(text), token.span)

    def _cast(self) -> Operand:
        """``"CAST" "(" expression "AS" type ")"``."""
        token = self.cursor.next()
        self.cursor.expect("OPEN", "( after CAST")
        part = self.expression()
        if not self._word("AS"):
            self.cursor.fail(f"expected AS, found {self.cursor.token}")
        start = self.cursor.token.span
        while is_name(self.cursor.token) or self.cursor.at("STRING"):
            self.cursor.next()
        name = self.cursor.source.text[start.start : self.cursor.previous.span.end]
        if self.cursor.take("OPEN"):
            self._type_sizes()
        closing = self.cursor.expect("CLOSE", "a type and )")
        affinity = affinity_of(name)
        found = self._compute(
            f"cast {affinity.name}", lambda value: cast(value, affinity), [part], total=True
        )
        span = token.span.to(closing.span)
        return replace(
            found,
            span=span,
            affinity=affinity,
            collation=part.collation,
            explicit=part.explicit,
        )

    def _type_sizes(self) -> None:
        """``sizes := number ("," number)? ")"``."""
        for place in range(2):
            if place and not self.cursor.take("COMMA"):
                break
            if self.cursor.at("OP") and self.cursor.token.text in "+-":
                self.cursor.next()
            self.cursor.expect("NUMBER", "a number")
        self.cursor.expect("CLOSE", ")")

    def _name(self) -> Operand:
        """``name := (table ".")? column``."""
        parts = [self.cursor.next()]
        while self.cursor.at("DOT"):
            self.cursor.next()
            if not is_name(self.cursor.token):
                self.cursor.fail(f"expected a name, found {self.cursor.token}")
            parts.append(self.cursor.next())
        span = parts[0].span.to(parts[-1].span)
        name = name_of(parts[-1])
        table, key = self.scope.table, folded(name)
        if len(parts) > 1:
            owner = ".".join(folded(name_of(part)) for part in parts[:-1])
            if owner not in self.scope.tables:
                whole = ".".join(name_of(part) for part in parts)
                hint = f"write `{whole}` if that is one column" if table.has(whole) else ""
                self.cursor.fail(f"no such column: {whole}", hint, span)
        elif key in self.scope.aliases and not (table.names is not None and table.has(name)):
            return replace(self.scope.aliases[key], span=span)
        bare = len(parts) == 1 and parts[0].kind == "NAME"
        if bare and key in ("true", "false") and not self._is_column(name):
            return constant(int(key == "true"), span)
        if key in _ROW_NUMBERS and not self._is_column(name):
            reason = "the number of a row depends on the table it is stored in"
            self.cursor.unsupported(f"the row number {name}", reason, span)
        if table.has(name):
            return column(name, table.declaration(name), span)
        return self._no_column(parts, name, span)

    def _no_column(self, parts: list[Token], name: str, span: Span) -> Operand:
        near = get_close_matches(name, sorted(self.scope.table.names or ()), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "name a field that some event has"
        if parts[-1].kind != "QUOTED" or len(parts) > 1:
            self.cursor.fail(f"no such column: {name}", hint, span)
        warning = Diagnostic(
            code="quoted-text",
            message=f"there is no column {name!r}, so SQLite takes it as a text",
            hint=f"write '{name}' for a text; {hint}",
            place=self.cursor.source.place(span),
            excerpt=self.cursor.source.excerpt(span),
            severity="warning",
        )
        self.scope.warnings.append(warning)
        return constant(name, span)
