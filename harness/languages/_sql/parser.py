"""Expressions by precedence, for every dialect that says its operators in a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.languages._lexing import END, Token
from harness.languages._sql.cursor import SqlCursor, is_word
from harness.languages._sql.grammar import Grammar
from harness.languages._sql.tree import (
    Conditional,
    Constant,
    Conversion,
    Element,
    Invocation,
    Lambda,
    Listing,
    Member,
    Name,
    Node,
    Operation,
    Period,
    Star,
    Test,
    Word,
)
from harness.source import Span

MAX_HEIGHT = 60
"""Operations inside each other that are evaluated."""
_BY_KEYWORD = {"NULL": "null", "TRUE": "true", "FALSE": "false"}
_CALLED = frozenset({"AND", "ANY", "FORMAT", "ILIKE", "IN", "LEFT", "LIKE", "OR", "RIGHT"})
_TRUTHS = ("NULL", "TRUE", "FALSE", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Expressions:
    """A parser of expressions."""

    cursor: SqlCursor
    grammar: Grammar

    def whole(self) -> Node:
        """Return an expression that is not too high to be evaluated."""
        start = self.cursor.token.span
        found = self.expression()
        if height(found) > MAX_HEIGHT:
            reason = f"more than {MAX_HEIGHT} operations inside each other are not evaluated"
            self.cursor.unsupported("a deep expression", reason, start.to(found.span))
        return found

    def expression(self, level: int = 0) -> Node:
        """``expression := prefix (BINARY expression | test)*``."""
        with self.cursor:
            left, last = self._prefix(), -1
            while (found := self._level()) >= max(level, 0):
                if found == last and found in self.grammar.single:
                    self.cursor.fail("comparisons do not follow each other", "join them with AND")
                left = self._continued(left, found)
                last = found if isinstance(left, Operation) else -1
            if level == 0 and self.grammar.ternary and self.cursor.at_sign("?"):
                return self._ternary(left)
            return left

    def _level(self) -> int:
        """Return the precedence of what comes next; -1 where it ends the expression."""
        token = self.cursor.token
        if token.kind == "OP":
            return self.grammar.binary.get(token.text, -1)
        if token.kind != "NAME":
            return -1
        word = token.text.upper()
        if word == "NULL":
            return -1
        if word == "NOT":
            word = self.cursor.peek().text.upper()
        found = self.grammar.tests.get(word, -1)
        return self.grammar.binary.get(word, -1) if found < 0 else found

    def _continued(self, left: Node, level: int) -> Node:
        token = self.cursor.token
        if token.kind == "NAME" and token.text.upper() not in self.grammar.binary:
            return self._test(left, level)
        sign = self._sign(token)
        items = [left]
        while self._sign(self.cursor.token) == sign:
            place = self.cursor.next().span
            if self.grammar.quantified and self.cursor.at_word("ANY", "SOME", "ALL"):
                return self._quantified(left, sign)
            items.append(self.expression(level + 1))
            if sign not in ("AND", "OR"):
                break
        return Operation(sign, tuple(items), left.span.to(items[-1].span), place)

    def _quantified(self, left: Node, sign: str) -> Node:
        """``expression sign ("ANY" | "SOME" | "ALL") "(" list ")"``."""
        word = "ALL" if self.cursor.next().text.upper() == "ALL" else "ANY"
        opening = self.cursor.expect("OPEN", "( and a list")
        self.no_select(f"{word} with a SELECT")
        right = self.expression()
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        span = left.span.to(self.cursor.previous.span)
        return Test(f"{sign} {word}", (left, right), False, span)

    def _sign(self, token: Token) -> str:
        if token.kind not in ("OP", "NAME"):
            return ""
        text = token.text.upper()
        return self.grammar.joined.get(text, text)

    def _ternary(self, left: Node) -> Node:
        """``condition "?" value ":" value``."""
        self.cursor.next()
        then = self.expression()
        self.cursor.expect("COLON", ": and another value")
        otherwise = self.expression()
        return Conditional(None, ((left, then),), otherwise, left.span.to(otherwise.span))

    # Tests ---------------------------------------------------------------------------------

    def _test(self, left: Node, level: int) -> Node:
        """``test := IS ... | "NOT"? (IN ... | BETWEEN ... | LIKE ...) | ISNULL | NOTNULL``."""
        negative = self.cursor.word("NOT")
        token = self.cursor.next()
        word = token.text.upper()
        if word == "IS":
            return self._is(left, level)
        if word in ("ISNULL", "NOTNULL", "NULL"):
            negative = negative or word == "NOTNULL"
            return Test("NULL", (left,), negative, left.span.to(token.span))
        if word == "IN":
            return self._in(left, level, negative=negative)
        if word == "BETWEEN":
            low = self.expression(level + 1)
            self.cursor.expect_word("AND", "write BETWEEN a AND b")
            high = self.expression(level + 1)
            return Test("BETWEEN", (left, low, high), negative, left.span.to(high.span))
        if word == "SIMILAR":
            self.cursor.expect_word("TO")
        parts = [left, self.expression(level + 1)]
        if word in self.grammar.escape and self.cursor.word("ESCAPE"):
            parts.append(self.expression(level + 1))
        return Test(word, tuple(parts), negative, left.span.to(parts[-1].span))

    def _is(self, left: Node, level: int) -> Node:
        """``"IS" "NOT"? (NULL | TRUE | FALSE | UNKNOWN | "DISTINCT" "FROM" expression)``."""
        negative = self.cursor.word("NOT")
        if self.cursor.word("DISTINCT", "FROM"):
            right = self.expression(level + 1)
            return Test("DISTINCT", (left, right), negative, left.span.to(right.span))
        token = self.cursor.token
        if not is_word(token, *_TRUTHS):
            self.cursor.fail(f"expected NULL, TRUE, FALSE or DISTINCT FROM, found {token}")
        self.cursor.next()
        word = "NULL" if is_word(token, "UNKNOWN") else token.text.upper()
        return Test(word, (left,), negative, left.span.to(token.span))

    def _in(self, left: Node, level: int, *, negative: bool) -> Node:
        """``"IN" ("(" expression ("," expression)* ")" | expression)``."""
        if not self.cursor.at("OPEN"):
            right = self.expression(level + 1)
            return Test("IN", (left, right), negative, left.span.to(right.span))
        opening = self.cursor.next()
        self.no_select("IN with a SELECT")
        items = self.items(opening)
        span = left.span.to(self.cursor.previous.span)
        listed = Listing("tuple", tuple(items), opening.span.to(self.cursor.previous.span))
        return Test("IN", (left, listed), negative, span)

    def no_select(self, feature: str) -> None:
        """Refuse a statement inside this one."""
        if self.cursor.at_word("SELECT", "WITH", "VALUES", "FROM"):
            self.cursor.unsupported(feature, "it needs the rows of another statement")

    def items(self, opening: Token, closing: str = "CLOSE") -> list[Node]:
        """``items := (expression ("," expression)* ","?)? ")"``."""
        found: list[Node] = []
        while not self.cursor.at(closing, END):
            found.append(self.expression())
            if not self.cursor.take("COMMA"):
                break
        if self.cursor.at(END):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        self.cursor.expect(closing, "a comma or the end of the list")
        return found

    # Operands ------------------------------------------------------------------------------

    def _prefix(self) -> Node:
        """``prefix := "NOT" expression | ("-" | "+" | "~") expression | postfix``."""
        token = self.cursor.token
        with self.cursor:
            if is_word(token, "NOT") or self.cursor.at_sign("-", "+", "~", "!"):
                self.cursor.next()
                word = is_word(token, "NOT")
                item = self.expression(self.grammar.negation if word else self.grammar.minus)
                sign = "NOT" if word else token.text
                return Operation(sign, (item,), token.span.to(item.span), token.span)
            return self._postfix(self._primary())

    def _postfix(self, item: Node) -> Node:
        """``postfix := primary ("[" expression "]" | "::" type | "." name)*``."""
        while True:
            if self.cursor.at("SQUARE"):
                item = self._element(item)
            elif self.cursor.at("CAST"):
                place = self.cursor.next().span
                text = self._type()
                span = item.span.to(self.cursor.previous.span)
                item = Conversion(item, text, False, span, place)
            elif self.cursor.at("DOT") and not isinstance(item, Constant):
                item = self._member(item)
            else:
                return item

    def _element(self, item: Node) -> Node:
        opening = self.cursor.next()
        if self.cursor.at("COLON"):
            self.cursor.unsupported("a slice", "only single elements are evaluated")
        index = self.expression()
        if self.cursor.at("COLON"):
            self.cursor.unsupported("a slice", "only single elements are evaluated")
        if not self.cursor.take("SQUARE_CLOSE"):
            self.cursor.fail("this bracket is not closed", "add ]", opening.span)
        return Element(item, index, item.span.to(self.cursor.previous.span))

    def _member(self, item: Node) -> Node:
        self.cursor.next()
        token = self.cursor.token
        if token.kind == "NUMBER":
            self.cursor.unsupported("a tuple's element", "only lists have elements here")
        if token.kind not in ("NAME", "QUOTED"):
            self.cursor.fail(f"expected a name, found {token}")
        self.cursor.next()
        if self.cursor.at("OPEN"):
            return self._call(token, (item,))
        word = Word(self.grammar.unescape(token), token.kind == "QUOTED")
        return Member(item, word, item.span.to(token.span))

    def _primary(self) -> Node:
        """``primary := constant | name | call | CASE | CAST | list | "(" expression ")"``."""
        token = self.cursor.token
        word = token.text.upper() if token.kind == "NAME" else ""
        if token.kind == "OPEN":
            return self._group()
        if token.kind == "SQUARE":
            self.cursor.next()
            found = self.items(token, "SQUARE_CLOSE")
            return Listing("list", tuple(found), token.span.to(self.cursor.previous.span))
        if token.kind in ("STRING", "NUMBER", "BLOB"):
            self.cursor.next()
            kind = {"STRING": "text", "NUMBER": "number", "BLOB": "blob"}[token.kind]
            return Constant(kind, self.grammar.unescape(token), token.span)  # type: ignore[arg-type]
        if word in _BY_KEYWORD:
            self.cursor.next()
            return Constant(_BY_KEYWORD[word], token.text, token.span)  # type: ignore[arg-type]
        if word in ("CASE", "CAST", "TRY_CAST", "INTERVAL", "EXISTS", "LAMBDA"):
            found_one = self._keyword(word)
            if found_one is not None:
                return found_one
        if self.grammar.is_name(token) or self._names_function(word):
            return self._name()
        if token.kind == "CURLY":
            self.cursor.unsupported("a structure", "only lists and single values are evaluated")
        if token.kind == "PARAMETER":
            self.cursor.fail(f"the parameter {token} has no value", "write the value")
        if token.kind == END:
            self.cursor.fail("the expression ends too early", "add a value or a condition")
        hint = f'write "{token.text}" for a column of this name' if word else ""
        return self.cursor.fail(f"expected a value, found {token}", hint)

    def _names_function(self, word: str) -> bool:
        """Return whether a keyword is called as a function, where the dialect has one."""
        return self.grammar.arrow and word in _CALLED and self.cursor.peek().kind == "OPEN"

    def _keyword(self, word: str) -> Node | None:
        """Return what a word begins; nothing where it is the name of a column."""
        opens = self.cursor.peek().kind == "OPEN"
        if word == "CASE" and self.cursor.peek().kind not in ("DOT", "COMMA", "OP", END):
            return self._case()
        if word in ("CAST", "TRY_CAST") and opens:
            return self._cast(tolerant=word == "TRY_CAST")
        if word == "INTERVAL" and self.cursor.peek().kind in ("STRING", "NUMBER", "OPEN"):
            return self._period()
        if word == "EXISTS" and opens:
            self.cursor.unsupported("EXISTS", "it needs the rows of another statement")
        if word == "LAMBDA" and not self.grammar.arrow and self.cursor.peek().kind == "NAME":
            return self._lambda()
        return None

    def _group(self) -> Node:
        opening = self.cursor.next()
        self.no_select("a SELECT as a value")
        if self.grammar.arrow and (found := self._arrow(opening)) is not None:
            return found
        items = self.items(opening)
        span = opening.span.to(self.cursor.previous.span)
        if not items and not self.grammar.arrow:
            self.cursor.fail("the parentheses are empty", "put an expression between them", span)
        if len(items) == 1:
            return items[0]
        return Listing("tuple", tuple(items), span)

    def _arrow(self, opening: Token) -> Node | None:
        """``"(" name ("," name)* ")" "->" expression``; nothing is read otherwise."""
        start = self.cursor.mark()
        names = []
        while self.cursor.at("NAME"):
            names.append(self.cursor.next().text)
            if not self.cursor.take("COMMA"):
                break
        if names and self.cursor.take("CLOSE") and self.cursor.at_sign("->"):
            self.cursor.next()
            body = self.expression()
            return Lambda(tuple(names), body, opening.span.to(body.span))
        self.cursor.reset(start)
        return None

    def _lambda(self) -> Node:
        """``"lambda" name ("," name)* ":" expression``."""
        token = self.cursor.next()
        names = [self.cursor.expect("NAME", "a name").text]
        while self.cursor.take("COMMA"):
            names.append(self.cursor.expect("NAME", "a name").text)
        self.cursor.expect("COLON", ": and an expression")
        body = self.expression()
        return Lambda(tuple(names), body, token.span.to(body.span))

    def _name(self) -> Node:
        """``name := word ("." word)* | word "(" arguments ")"``."""
        token = self.cursor.next()
        if self.cursor.at("OPEN"):
            return self._call(token, ())
        if token.kind == "NAME" and self.grammar.arrow and self.cursor.at_sign("->"):
            self.cursor.next()
            body = self.expression()
            return Lambda((token.text,), body, token.span.to(body.span))
        tokens = [token]
        while self.cursor.at("DOT") and self.cursor.peek().kind in ("NAME", "QUOTED"):
            if self.cursor.peek(2).kind == "OPEN":
                break
            self.cursor.next()
            tokens.append(self.cursor.next())
        words = (Word(self.grammar.unescape(one), one.kind == "QUOTED") for one in tokens)
        return Name(tuple(words), token.span.to(tokens[-1].span))

    def _call(self, token: Token, before: tuple[Node, ...]) -> Node:
        """``call := name "(" ("DISTINCT"? expression ("," expression)*)? ")"``."""
        opening = self.cursor.next()
        name = self.grammar.unescape(token)
        special = self.grammar.special.get(name.upper()) if not before else None
        distinct = self.cursor.word("DISTINCT")
        if special is not None:
            start = self.cursor.mark()
            found = special(self.cursor, self.expression)
            if found is not None:
                span = token.span.to(self.cursor.previous.span)
                return Invocation(found[0], tuple(found[1]), span, token.span)
            self.cursor.reset(start)
        if self.cursor.at_sign("*") and self.cursor.peek().kind == "CLOSE":
            items: list[Node] = [Star(self.cursor.next().span)]
            self.cursor.next()
        else:
            self.no_select("a SELECT as a value")
            items = self.items(opening)
        parameters: tuple[Node, ...] = ()
        if self.grammar.arrow and self.cursor.at("OPEN"):
            parameters, items = tuple(items), self.items(self.cursor.next())
        span = (before[0].span if before else token.span).to(self.cursor.previous.span)
        return Invocation(name, (*before, *items), span, token.span, parameters, distinct)

    def _case(self) -> Node:
        """``"CASE" expression? ("WHEN" expression "THEN" expression)+ ("ELSE" expression)? "END"``."""  # noqa: E501 - one grammar line
        token = self.cursor.next()
        base = None if self.cursor.at_word("WHEN") else self.expression()
        branches = []
        while self.cursor.word("WHEN"):
            when = self.expression()
            self.cursor.expect_word("THEN")
            branches.append((when, self.expression()))
        if not branches:
            hint = "write CASE WHEN x THEN y END"
            self.cursor.fail(f"expected WHEN, found {self.cursor.token}", hint)
        otherwise = self.expression() if self.cursor.word("ELSE") else None
        self.cursor.expect_word("END")
        span = token.span.to(self.cursor.previous.span)
        return Conditional(base, tuple(branches), otherwise, span)

    def _cast(self, *, tolerant: bool) -> Node:
        """``("CAST" | "TRY_CAST") "(" expression "AS" type ")"``."""
        token = self.cursor.next()
        self.cursor.next()
        item = self.expression()
        if self.cursor.at("COMMA") and self.grammar.arrow:
            self.cursor.next()
            text = self.grammar.unescape(self.cursor.expect("STRING", "the name of a type"))
        else:
            self.cursor.expect_word("AS")
            text = self._type()
        closing = self.cursor.expect("CLOSE", "a type and )")
        return Conversion(item, text, tolerant, token.span.to(closing.span), token.span)

    def _type(self) -> str:
        """``type := word ("(" ... ")")? ("[" number? "]")*``, as it is written."""
        if self.cursor.token.kind not in ("NAME", "QUOTED"):
            self.cursor.fail(f"expected a type, found {self.cursor.token}")
        start = self.cursor.next().span
        text = self.cursor.source.text
        for word in ("PRECISION", "VARYING", "WITH", "WITHOUT", "TIME", "ZONE"):
            self.cursor.word(word)
        if self.cursor.at("OPEN"):
            self._skip_brackets()
        while self.cursor.at("SQUARE"):
            self.cursor.next()
            self.cursor.take("NUMBER")
            self.cursor.expect("SQUARE_CLOSE", "]")
        return text[start.start : self.cursor.previous.span.end]

    def _skip_brackets(self) -> None:
        opening, depth = self.cursor.token, 0
        while not self.cursor.at(END):
            token = self.cursor.next()
            depth += (token.kind == "OPEN") - (token.kind == "CLOSE")
            if depth == 0:
                return
        self.cursor.fail("this parenthesis is not closed", "add )", opening.span)

    def _period(self) -> Node:
        """``"INTERVAL" (text | number | "(" expression ")") unit?``."""
        token = self.cursor.next()
        amount = self._primary()
        unit = ""
        if self.cursor.at("NAME") and self.cursor.token.text.upper().rstrip("S") in _UNITS:
            unit = self.cursor.next().text.upper().rstrip("S")
        return Period(amount, unit, token.span.to(self.cursor.previous.span))


_UNITS = frozenset(
    {"MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER"}
    | {"YEAR"}
)


def height(node: Node) -> int:
    """Return how many operations stand inside each other."""
    highest, waiting = 0, [(node, 1)]
    while waiting:
        one, level = waiting.pop()
        highest = max(highest, level)
        waiting.extend((part, level + 1) for part in parts_of(one))
    return highest


def parts_of(node: Node) -> Iterator[Node]:
    """Yield the parts of a node."""
    match node:
        case (
            Operation(items=items)
            | Test(items=items)
            | Invocation(items=items)
            | Listing(items=items)
        ):
            yield from items
        case Conversion(item=item) | Member(item=item) | Period(amount=item):
            yield item
        case Lambda(body=body):
            yield body
        case Element(item=item, index=index):
            yield item
            yield index
        case Conditional(base=base, branches=branches, otherwise=otherwise):
            yield from (one for one in (base, otherwise) if one is not None)
            for when, then in branches:
                yield when
                yield then
        case _:
            return


def span_of(nodes: list[Node]) -> Span:
    """Return the place of some nodes."""
    return nodes[0].span.to(nodes[-1].span)
