"""The search command: words and field comparisons, OR before AND."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.ir import (
    TRUE,
    Anything,
    Atom,
    Case,
    Literal,
    Not,
    Operator,
    Or,
    Predicate,
    Quantifier,
    Truth,
    Wild,
    all_of,
    any_of,
)
from harness.ir.checks import ADDRESS, TEXT, Piece
from harness.languages._lexing import END, Cursor, Token
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import doubtful, on, undecided
from harness.languages._scope import Scope
from harness.languages.spl._keywords import Bound, IndexedGlob, Keyword, inner_words
from harness.languages.spl._leaves import (
    ORDERS,
    PRESENT,
    glob_readings,
    network,
    ordered,
    plain,
    text_check,
)
from harness.languages.spl._script import Part, scan
from harness.languages.spl._semantics import SEARCH

_TERM = re.compile(
    r"""(?P<_blank>\s+)
    | (?P<SUBSEARCH>[\[\]])
    | (?P<OPEN>\() | (?P<CLOSE>\)) | (?P<COMMA>,)
    | (?P<OP>!=|==|<=|>=|=|<|>)
    | (?P<QUOTED>"(?:\\.|[^"\\])*")
    | (?P<DIRECTIVE>(?:TERM|CASE)\((?:"(?:\\.|[^"\\])*"|[^()"])*\))
    | (?P<WORD>(?:\\["\\|]|!(?!=)|[^\s"(),\[\]=<>!|])+|\|)""",
    re.VERBOSE | re.DOTALL,
)
_VALUE = re.compile(
    r"""(?P<_blank>\s+)
    | (?P<SUBSEARCH>[\[\]])
    | (?P<OPEN>\() | (?P<CLOSE>\)) | (?P<COMMA>,)
    | (?P<QUOTED>"(?:\\.|[^"\\])*")
    | (?P<DIRECTIVE>(?:TERM|CASE)\((?:"(?:\\.|[^"\\])*"|[^()"])*\))
    | (?P<WORD>(?:\\["\\|]|[^\s"(),\[\]])+)""",
    re.VERBOSE | re.DOTALL,
)
_TIME_OPTIONS = frozenset(
    [
        "earliest",
        "latest",
        "starttime",
        "endtime",
        "timeformat",
        "starttimeu",
        "endtimeu",
        "_index_earliest",
        "_index_latest",
        "startdaysago",
        "enddaysago",
        "starthoursago",
        "endhoursago",
        "startminutesago",
        "endminutesago",
        "startmonthsago",
        "endmonthsago",
        "searchtimespandays",
        "searchtimespanhours",
        "searchtimespanminutes",
        "searchtimespanmonths",
        "daysago",
        "hoursago",
        "minutesago",
        "monthsago",
    ]
)
_OTHER_SEARCHES = frozenset({"savedsearch", "savedsplunk", "sid"})
MAX_TERMS = 20_000
"""Words and values of one search command."""


def search_tokens(part: Part) -> list[Token]:
    """Return the tokens of a search command; what follows a comparison is a value."""
    script, at = part.script, part.start
    found: list[Token] = []
    value = listed = False
    while at < part.end:
        rest, rules = Part(script, at, part.end), _VALUE if value or listed else _TERM
        kind, text, start, end = next(scan(rest, rules), (END, "", 0, 0))
        if kind == END:
            break
        if kind == "OPEN":
            listed = bool(found) and found[-1].kind == "WORD" and found[-1].text in ("IN", "in")
        listed = listed and kind != "CLOSE"
        found.append(Token(kind, text, script.span(start, end)))
        value, at = kind == "OP", end
    found.append(Token(END, "", script.span(part.end, part.end)))
    return found


def read_search(part: Part, scope: Scope, *, indexed: bool) -> Predicate:
    """``search := conjunction END``; ``indexed`` is the first command, which reads the index."""
    if not part.text.strip():
        return TRUE
    tokens = search_tokens(part)
    cursor = NestedCursor(part.script.source, tokens)
    if len(tokens) > MAX_TERMS:
        cursor.unsupported("a very long search", f"more than {MAX_TERMS} terms are not read")
    parser = _Search(cursor, scope, indexed=indexed)
    found = parser.conjunction()
    if not cursor.at(END):
        cursor.fail(f"unexpected {cursor.token}", "close or remove the parenthesis")
    return TRUE if found is None else found


@dataclass(frozen=True, slots=True)
class _Search:
    cursor: Cursor
    scope: Scope
    indexed: bool

    def conjunction(self) -> Predicate | None:
        """``conjunction := disjunction ("AND"? disjunction)*``."""
        items = [self._disjunction()]
        while not self.cursor.at(END, "CLOSE"):
            if _is_word(self.cursor.token, "AND"):
                self.cursor.next()
            items.append(self._disjunction())
        held = [item for item in items if item is not None]
        return all_of(*held) if held else None

    def _disjunction(self) -> Predicate | None:
        """``disjunction := negation ("OR" negation)*``."""
        items = [self._negation()]
        while _is_word(self.cursor.token, "OR"):
            self.cursor.next()
            items.append(self._negation())
        held = [item for item in items if item is not None]
        return any_of(*held) if held else None

    def _negation(self) -> Predicate | None:
        """``negation := "NOT" negation | primary``."""
        if not _is_word(self.cursor.token, "NOT"):
            return self._primary()
        self.cursor.next()
        with self.cursor:
            item = self._negation()
        return None if item is None else Not(item)

    def _primary(self) -> Predicate | None:
        """``primary := "(" conjunction ")" | comparison | word``."""
        token = self.cursor.token
        if token.kind == "OPEN":
            return self._group()
        if token.kind == "SUBSEARCH":
            self.cursor.unsupported("subsearch", "its result depends on a search over other events")
        if token.kind == "COMMA":
            self.cursor.unsupported(
                "comma between search terms", "the manual names commas only inside IN lists"
            )
        if token.kind in (END, "CLOSE", "OP"):
            self.cursor.fail(f"expected a search term, found {token}")
        if _is_word(token, "AND") or _is_word(token, "OR"):
            hint = "write a term on both sides, or quote the word to search for it"
            self.cursor.fail(f"{token} has no term on its left", hint)
        self.cursor.next()
        if self.cursor.at("OP") and token.kind != "DIRECTIVE":
            return self._comparison(token)
        if token.kind == "WORD" and token.text in ("IN", "in") and self.cursor.at("OPEN"):
            hint = "the form is: field IN (a, b), negated NOT field IN (a, b)"
            self.cursor.fail("IN has no field on its left", hint, token.span)
        if self._at_list() and token.kind != "DIRECTIVE":
            return self._list(token)
        return self._word(token)

    def _group(self) -> Predicate | None:
        opening = self.cursor.next()
        if self.cursor.at("CLOSE"):
            reason = "the manual does not say what empty parentheses match"
            self.cursor.unsupported("empty parentheses", reason, opening.span)
        with self.cursor:
            found = self.conjunction()
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        return found

    def _at_list(self) -> bool:
        token = self.cursor.token
        if token.kind != "WORD" or token.text not in ("IN", "in"):
            return False
        return self.cursor.peek().kind == "OPEN"

    def _name(self, token: Token) -> str:
        if token.kind == "QUOTED":
            return _unquoted(token)
        if token.text.startswith("'"):
            reason = "the manual gives single quotes a meaning in eval and where only"
            self.cursor.unsupported("single-quoted field name in search", reason, token.span)
        if "*" in token.text:
            reason = "the manual shows wildcards in values only"
            self.cursor.unsupported("wildcard in a field name", reason, token.span)
        return token.text

    def _comparison(self, name: Token) -> Predicate | None:
        """``comparison := field OP value``; time options hold for every event."""
        field, operator = self._name(name), self.cursor.next()
        value = self.cursor.token
        if value.kind == "SUBSEARCH":
            self.cursor.unsupported("subsearch", "its result depends on a search over other events")
        if value.kind not in ("WORD", "QUOTED", "DIRECTIVE"):
            self.cursor.fail(f"expected a value after {operator.text!r}, found {value}")
        self.cursor.next()
        if field.lower() in _TIME_OPTIONS:
            return None
        if field.lower() in _OTHER_SEARCHES:
            self.cursor.unsupported(f"{field}=", "it runs another search", name.span)
        span = name.span.to(value.span)
        target = self.scope.resolve(field)
        if operator.text in ORDERS:
            bound = _plain_text(value)
            return ordered(target, ORDERS[operator.text], bound, span)
        if operator.text == "!=":
            return self._differs(field, value)
        found = self._equals(field, value, SEARCH["="])
        # The manual's list of operators has no ==, though instances are said to take it.
        return doubtful(found) if operator.text == "==" else found

    def _equals(self, field: str, value: Token, operator: Operator) -> Predicate:
        written, case = _written(value)
        if case is not None:
            operator = SEARCH[case] if case == "CASE()" else operator
        readings = [self._equal(field, pieces, operator, value) for pieces in written]
        return readings[0] if len(readings) == 1 else undecided(readings[0], readings[1])

    def _equal(
        self, field: str, pieces: tuple[Piece, ...], operator: Operator, value: Token
    ) -> Predicate:
        target, check = self.scope.resolve(field), text_check(pieces, operator)
        view = PRESENT if isinstance(check, Anything) else TEXT
        atom = Atom(field="", check=check, view=view, missing=operator.missing, span=value.span)
        found = on(target, atom)
        block = network(plain(pieces))
        if block is not None:
            inside = Atom(field="", check=block, view=ADDRESS, span=value.span)
            return Or((on(target, inside), found))
        if self.indexed and inner_words(pieces):
            indexed = Atom(field="", check=IndexedGlob(pieces), span=value.span)
            return undecided(found, all_of(found, on(target, indexed)))
        return found

    def _differs(self, field: str, value: Token) -> Predicate:
        """A value is there that differs: not every value is equal, a missing field is false."""
        written, case = _written(value)
        operator = SEARCH["CASE()"] if case == "CASE()" else SEARCH["!="]
        target, readings = self.scope.resolve(field), []
        for pieces in written:
            atom = Atom(
                field="",
                check=text_check(pieces, operator),
                quantifier=Quantifier.ALL,
                missing=Truth.TRUE,
                span=value.span,
            )
            readings.append(Not(on(target, atom)))
            block = network(plain(pieces))
            if block is not None:
                # That a network also works after != is the natural reading, not a stated one.
                inside = Atom(
                    field="",
                    check=block,
                    view=ADDRESS,
                    quantifier=Quantifier.ALL,
                    missing=Truth.TRUE,
                    span=value.span,
                )
                readings.append(Not(on(target, inside)))
        return readings[0] if len(readings) == 1 else undecided(readings[0], readings[1])

    def _list(self, name: Token) -> Predicate:
        """``list := field "IN" "(" (value ","?)* ")"``."""
        field, word = self._name(name), self.cursor.next()
        opening = self.cursor.next()
        items = []
        while not self.cursor.at("CLOSE", END):
            # Splunk's own detections leave commas out and put them in front or at the end.
            if self.cursor.take("COMMA"):
                continue
            value = self.cursor.token
            if value.kind == "SUBSEARCH":
                reason = "its result depends on a search over other events"
                self.cursor.unsupported("subsearch", reason)
            if value.kind not in ("WORD", "QUOTED", "DIRECTIVE"):
                self.cursor.fail(f"expected a value of the list, found {value}")
            self.cursor.next()
            items.append(self._equals(field, value, SEARCH["IN"]))
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this list is not closed", "add )", opening.span)
        if not items:
            self.cursor.fail("the IN list is empty", "put at least one value in it", opening.span)
        found = any_of(*items)
        # The manual writes IN in upper case; whether in works is not stated.
        return doubtful(found) if word.text == "in" else found

    def _word(self, token: Token) -> Predicate:
        """``word := WORD | QUOTED | TERM(text) | CASE(text)``, looked up in ``_raw``."""
        if _is_word(token, "IN"):
            reason = "IN is a keyword, and the manual shows it before a list in parentheses only"
            self.cursor.unsupported("IN without a list", reason, token.span)
        if token.kind == "WORD" and "::" in token.text:
            reason = "indexed fields are not told apart from extracted ones here"
            self.cursor.unsupported("field::value", reason, token.span)
        if _is_word(self.cursor.token, "NOT") and _is_word(self.cursor.peek(), "IN"):
            reason = "the manual writes NOT field IN (...)"
            self.cursor.unsupported("field NOT IN (...)", reason, token.span)
        written, directive = _written(token)
        operator = SEARCH[directive or "word"]
        bound = Bound.TERM if directive == "TERM()" else Bound.SEGMENT
        readings = [self._keyword(pieces, operator.case, bound, token) for pieces in written]
        return readings[0] if len(readings) == 1 else undecided(readings[0], readings[1])

    def _keyword(
        self, pieces: tuple[Piece, ...], case: Case, bound: Bound, token: Token
    ) -> Predicate:
        if pieces == (Wild.ANY,):
            return TRUE
        if not pieces:
            reason = "the manual does not say what an empty phrase matches"
            self.cursor.unsupported("empty phrase", reason, token.span)
        atom = Atom(field="", check=Keyword(pieces, case, bound), span=token.span)
        raw = self.scope.resolve("_raw")
        return on(raw, atom) if raw is not None else on(Literal(None), atom)


def _is_word(token: Token, text: str) -> bool:
    return token.kind == "WORD" and token.text == text


def _unquoted(token: Token) -> str:
    return "".join(str(p) if isinstance(p, str) else "*" for p in _written(token)[0][0])


def _plain_text(token: Token) -> str:
    return _unquoted(token)


def _written(token: Token) -> tuple[tuple[tuple[Piece, ...], ...], str | None]:
    """Return the readings of a value or word, and the directive round it."""
    text, directive = token.text, None
    if token.kind == "DIRECTIVE":
        directive, text = f"{text[:4]}()", text[5:-1].strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return glob_readings(text), directive
