"""What the matchers and options of grep mean, as data that the checks are built from."""

from __future__ import annotations

from harness.ir import Case, Equals, Glob, Lookup, Matches, Operator, Semantics, Wild
from harness.ir.checks import Check
from harness.languages.grep._command import UTF8, Dialect, Grep

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators={
        "-G": Operator(
            summary="Basic expressions (the default): + ? | { } ( ) are operators when escaped.",
            dialect="bre",
        ),
        "-E": Operator(
            summary="Extended expressions (egrep): + ? | { } ( ) are operators when bare.",
            dialect="ere",
        ),
        "-F": Operator(
            summary="Fixed text (fgrep): every character stands for itself, the backslash too.",
            dialect="bre",
        ),
        "-P": Operator(
            summary="Perl-compatible expressions; classes like \\d and \\w are ASCII up to 3.8.",
            dialect="pcre",
        ),
        "-i": Operator(
            summary="Case is ignored: one to one in UTF-8, ASCII letters in the C locale.",
            case=Case.UNICODE,
        ),
    },
    notes=(
        "An event is one line: _raw, or _raw_b64 for bytes that are not UTF-8.",
        "The verdict is the exit status of the command line: 0 the event is selected, 1 it is not.",
        "Case counts unless -i is given, and a pattern matches anywhere unless it is anchored.",
        "Input with a NUL is binary: the NULs are taken for line ends, with -I nothing is found.",
        "Where PCRE gives up backtracking, grep ends with an error and the verdict is undefined.",
    ),
)

_SPECIAL = frozenset("\\.[]*^$")


def check_of(grep: Grep, text: str, version: tuple[int, ...]) -> Check:
    """Return the test that a pattern puts on a line; ``text`` may be several, one a line."""
    words = grep.words and not grep.lines
    case = SEMANTICS.operators["-i"].case if grep.ignore_case else Case.SENSITIVE
    if grep.ignore_case and grep.locale != UTF8:
        case = Case.ASCII
    if grep.dialect is Dialect.FIXED and not grep.ignore_case and not words and "\n" not in text:
        return Equals(text) if grep.lines else Glob((Wild.ANY, text, Wild.ANY))
    operator = SEMANTICS.operators[grep.dialect.value]
    flags = "w" if words else ""
    if grep.locale != UTF8:
        flags += "c"
    if grep.dialect is Dialect.PERL:
        flags += _perl_flags(grep, version)
    pattern = _escaped(text) if grep.dialect is Dialect.FIXED else text
    return Matches(pattern, operator.dialect, case=case, flags=flags, whole=grep.lines)


def _perl_flags(grep: Grep, version: tuple[int, ...]) -> str:
    r"""Return how this version of grep calls PCRE2: Unicode classes since 3.9, less \\d in 3.10.

    https://lists.gnu.org/archive/html/bug-grep/2023-04/msg00031.html
    """
    flags = "D"
    if grep.locale == UTF8:
        flags += "j"
        if version >= (3, 9):
            flags += "u"
        if version >= (3, 10):
            flags += "d"
    return flags


def _escaped(text: str) -> str:
    """Write fixed text as a basic expression."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
