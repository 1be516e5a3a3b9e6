"""Calls of grep in each of its dialects over short lines of text."""

from __future__ import annotations

import random
import shlex

from hypothesis import strategies as st

from harness.engines.grep import available
from harness.referee._base import Grammar, Takes, World

ATOMS = {
    "-G": [
        "a", "b", "A", "K", "1", "_", "-", " ", "foo", ".", "*", "^", "$", "\\(", "\\)", "\\|",
        "\\?", "\\+", "\\{1,2\\}", "\\{,2\\}", "\\{2,\\}", "\\{", "\\}", "{", "|", "+", "?", "\\1",
        "\\<", "\\>", "\\b", "\\B", "\\w", "\\W", "\\s", "\\S", "\\`", "\\'", "\\d", "\\.", "\\\\",
        "[a-c]", "[^a]", "[[:alpha:]]", "[[:upper:]b]", "[]a]", "[a-]", "[A-b]", "[0-9]",
        "[[.a.]]", "[[=a=]]", "[[:foo:]]", "[:space:]", "[a", "é", "É", "[é]", "[à-ü]", "ß",
        "\u017f",
    ],
    "-E": [
        "a", "b", "A", "K", "1", "_", "-", " ", "foo", ".", "*", "^", "$", "(", ")", "|", "?", "+",
        "{1,2}", "{,2}", "{2,}", "{1", "{", "}", "()", "(a|b)", "\\1", "\\<", "\\>", "\\b", "\\B",
        "\\w", "\\W", "\\s", "\\S", "\\d", "\\.", "\\(", "\\{", "[a-c]", "[^a]", "[[:alpha:]]",
        "[[:space:]]", "[]a]", "[a-Z]", "[a", "(?:a|b)", "a+?", "é", "É", "[é]", "[^é]", "\u017f",
        "\u212a",
    ],
    "-F": ["a", "b", "foo", "A", ".", "*", "\\", "^a", "[a]", "é", "É", " ", "-", "a.b", "\\n"],
    "-P": [
        "a", "b", "A", "k", "1", " ", "foo", ".", "*", "^", "$", "(", ")", "(?:", "|", "?", "+",
        "{1,2}", "{,2}", "\\1", "\\b", "\\w", "\\W", "\\s", "\\S", "\\d", "\\D", "\\.", "[a-c]",
        "[^a]", "[[:alpha:]]", "[\\d_]", "(?i)", "(?=a)", "(?!a)", "(?<=a)", "(?<!b|ab)", "(?>a+)",
        "\\K", "\\Qa.b\\E", "\\x41", "\\U", "\\p{L}", "\\R", "\\z", "a++", "(?<=a+)", "é", "[^é]",
    ],
}  # fmt: skip
"""Pieces of patterns, chosen so that every rule of a dialect meets every other."""
FLAGS = ["-i", "-v", "-w", "-x", "-c", "-o", "-l", "-L", "-q", "-s", "-a", "-I", "-z", "-m1", "-y"]
PIECES = [
    "a", "b", "c", "A", "B", "K", "k", "\u212a", "1", "_", "-", " ", "foo", "a.b", "\t", "é", "É",
    "\u017f", "ß", "日", "\xa0", "·", "e\u0301", "{", "}", "(", ")", "|", "+", "?", "*", "\\", "^",
    "$", "[", "]", ".", "\r",
]  # fmt: skip

lines = st.lists(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=1, max_size=12
)
byte_lines = st.lists(
    st.lists(
        st.sampled_from([b"a", b"b", b"\xff", b"\xb7", b"\xc3", "é".encode(), b" "]), max_size=5
    ).map(b"".join),
    min_size=1,
    max_size=6,
)


@st.composite
def commands(draw: st.DrawFn) -> str:
    """One grep with a pattern of its dialect and some options, in either locale."""
    dialect = draw(st.sampled_from(sorted(ATOMS)))
    atoms = st.lists(st.sampled_from(ATOMS[dialect]), min_size=0, max_size=5)
    patterns = ["".join(draw(atoms)) for _ in range(draw(st.sampled_from([1, 1, 1, 2])))]
    flags = draw(st.lists(st.sampled_from(FLAGS), max_size=2))
    locale = draw(st.sampled_from(["", "", "LC_ALL=C ", "LC_ALL=C.UTF-8 "]))
    given_patterns = " ".join(f"-e {shlex.quote(pattern)}" for pattern in patterns)
    return f"{locale}grep {dialect} {' '.join(flags)} {given_patterns}"


pipelines = st.builds(
    lambda first, others, operator: operator.join(
        [f"{first} FILE", *(f"{one}{'' if operator == ' | ' else ' FILE'}" for one in others)]
    ),
    commands(),
    st.lists(commands(), min_size=1, max_size=2),
    st.sampled_from([" && ", " || ", " | "]),
)


_chance = random.Random(0)  # noqa: S311 - the same lines in every run
TEXTS = tuple("".join(_chance.choices(PIECES, k=_chance.randrange(7))) for _ in range(80))
"""Lines that every query is run on."""


def worlds(takes: Takes) -> st.SearchStrategy[World]:
    """Return lines of text."""
    del takes
    return st.just(World({}, tuple({"_raw": text} for text in TEXTS)))


GRAMMAR = Grammar(
    language="grep",
    queries=st.one_of(commands(), commands(), commands(), pipelines),
    worlds=worlds,
    options=st.builds(lambda: {"version": available() or ""}),
)
