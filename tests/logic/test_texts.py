"""A text is found if and only if there is one: held against trying all short texts."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.ir import Case, Equals, Glob, Matches, OneOfChars, Wild
from harness.ir.regexes import RegexError
from harness.logic import texts
from harness.logic.regex import NotRun, automaton_of
from harness.logic.texts import Budget, GaveUp, Pattern, Wanted, text_for

_pieces = st.lists(
    st.one_of(
        st.text("abA", min_size=1, max_size=2),
        st.sampled_from(Wild),
        st.just(OneOfChars((("a", "b"),))),
    ),
    max_size=4,
).map(tuple)
_cases = st.sampled_from(Case)
_regexes = st.sampled_from(
    ("a", "^a", "a$", r"a\Z", "(^|b)a", "a(b|$)", "a*b", "(ab){2}", "a{1,2}b?", "[^a]", ".", r"\w")
)
_patterns: st.SearchStrategy[Pattern] = st.one_of(
    st.builds(Glob, _pieces, _cases),
    st.builds(Equals, st.text("abA", max_size=3), _cases),
    st.builds(Matches, _regexes, st.just("pcre"), st.sampled_from((Case.SENSITIVE, Case.UNICODE))),
)
wanted = st.lists(st.builds(Wanted, _patterns, st.booleans()), max_size=4)
SHORT = ["".join(chars) for n in range(5) for chars in product("abABx\n", repeat=n)]


def does(text: str, wishes: list[Wanted]) -> bool:
    """Return whether a text matches just the patterns that it is to match."""
    return all(one.pattern.accepts(text) is one.match for one in wishes)


@given(wanted)
@example([Wanted(Glob((Wild.ANY, "ab"), Case.SENSITIVE), True), Wanted(Equals("ab"), False)])
@example([Wanted(Glob(("ab", Wild.ANY, "x"), Case.SENSITIVE), True), Wanted(Equals("ab"), False)])
@example([Wanted(Matches("a$", "pcre"), True), Wanted(Equals("a"), False)])
def test_a_text_is_found_if_there_is_one(wishes: list[Wanted]) -> None:
    found = text_for(wishes)
    if found is None:
        assert not any(does(text, wishes) for text in SHORT)
    else:
        assert does(found, wishes)


@pytest.mark.parametrize(
    ("needed", "excluded", "possible"),
    [
        (["*lsass.dmp*"], ["*lsass*"], False),
        (["*lsass*"], ["*lsass.dmp*"], True),
        (["*.dmp*", "*NotLSASS.zip*"], ["*lsass.dmp*"], True),
        (["c:\\windows\\*", "*\\cmd.exe"], ["*:\\windows\\*"], False),
        (["?:\\*", "*.exe"], ["*:*"], False),
        (["a?c"], ["abc"], True),
        (["abc"], ["a?c"], False),
        (["*a*", "*b*"], ["*a*b*", "*b*a*"], False),
        (["*ab*", "*ba*"], ["*ab*ba*", "*ba*ab*"], True),  # aba, where they overlap
    ],
)
def test_patterns_that_exclude_each_other(
    needed: list[str], excluded: list[str], *, possible: bool
) -> None:
    wishes = [Wanted(_glob(one), True) for one in needed]
    wishes += [Wanted(_glob(one), False) for one in excluded]
    found = text_for(wishes)
    assert (found is not None) is possible
    assert found is None or does(found, wishes)


def _glob(text: str) -> Glob:
    wild = {"*": Wild.ANY, "?": Wild.ONE}
    pieces = re.split(r"([*?])", text)
    return Glob(tuple(wild.get(one, one) for one in pieces if one), Case.UNICODE)


def test_letters_that_are_the_same_in_another_case_are_known() -> None:
    kelvin = "\N{KELVIN SIGN}"  # is k in lower case, and no K
    any_case, exact = Equals("k", Case.UNICODE), [Equals("k"), Equals("K")]
    wishes = [Wanted(any_case, True), *(Wanted(one, False) for one in exact)]
    assert text_for(wishes) == kelvin


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_STATES", 5)
    with pytest.raises(GaveUp):
        text_for([Wanted(_glob("*abc*"), True), Wanted(Matches("[^c]", "pcre"), False)])


def test_searches_share_a_budget() -> None:
    wishes = [Wanted(_glob("*lsass*"), True), Wanted(_glob("*sas*"), False)]
    budget = Budget()
    assert text_for(wishes, budget) is None
    spent = Budget().left - budget.left
    assert text_for(wishes, Budget(spent)) is None
    with pytest.raises(GaveUp):
        text_for(wishes, Budget(spent - 1))


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", r"\bword\b", "(?m)^a", "a{5000}", "("])
def test_what_no_automaton_can_do_is_not_run(pattern: str) -> None:
    with pytest.raises(NotRun):
        automaton_of(Matches(pattern, "pcre"))


@given(_regexes, st.sampled_from(("", "i", "s")), st.text("abAB\n", max_size=5))
@example("a$", "", "a\n")
@example(r"a\Z", "", "a\n")
@example("^a", "", "ba")
@example(".", "", "\n")
@example(".", "s", "\n")
@example("[^a]", "i", "A")
def test_an_automaton_matches_what_the_regular_expression_does(
    pattern: str, flags: str, text: str
) -> None:
    for dialect in ("pcre", "python", "re2"):
        case = Case.UNICODE if "i" in flags else Case.SENSITIVE
        check = Matches(pattern, dialect, case=case, flags=flags.replace("i", ""))
        try:
            automaton, expected = automaton_of(check), check.accepts(text)
        except (NotRun, RegexError):
            continue
        state = automaton.start
        for char in text:
            state = automaton.step(state, char)
        assert automaton.accepts(state) is expected, dialect


@pytest.mark.parametrize(("dialect", "run"), [("pcre", True), ("re2", True), ("python", False)])
def test_classes_are_run_where_they_are_of_ascii(dialect: str, *, run: bool) -> None:
    try:
        automaton_of(Matches(r"\w\d", dialect))
    except NotRun:
        assert not run
    else:
        assert run
