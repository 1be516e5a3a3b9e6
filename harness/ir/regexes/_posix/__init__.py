"""POSIX basic and extended expressions with the GNU extensions, as GNU grep matches them.

What a pattern selects follows GNU grep 3.8 on glibc 2.36: https://www.gnu.org/software/grep/manual/
and, for the points that the manual leaves open, runs of that program (``docs/languages/grep.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.ir.regexes import Options, TooComplex
from harness.ir.regexes._posix.automaton import Automaton
from harness.ir.regexes._posix.backtrack import Backtracker
from harness.ir.regexes._posix.charset import Alphabet, is_bad_byte
from harness.ir.regexes._posix.nodes import (
    Alt,
    At,
    Char,
    Group,
    Node,
    Place,
    Seq,
    has_back_reference,
    needs_glibc,
    parts,
    superset,
)
from harness.ir.regexes._posix.program import write_program
from harness.ir.regexes._posix.syntax import Reader, parse
from harness.ir.regexes._posix.words import whole_word, words
from harness.ir.values import Case

__all__ = ["Posix", "compile_posix"]

FLAGS = "cw"
"""``c``: the C locale, every byte a character. ``w``: the match is a whole word (``grep -w``)."""


class _Matcher(Protocol):
    def matches(self, text: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Posix:
    """A compiled pattern; one of several matchers accepts the line."""

    matchers: tuple[_Matcher, ...]
    alphabet: Alphabet
    required: str
    """A text of ASCII characters that every match contains, lower-cased where case is ignored."""
    screen: _Matcher | None = None
    """A matcher that must accept the line as well."""

    def matches(self, text: str | bytes) -> bool:
        """Return whether the line is selected."""
        line = self.alphabet.decode(text)
        if self.required and line.isascii():
            screened = line.lower() if self.alphabet.icase else line
            if self.required not in screened:
                return False
        if self.screen is not None and not self.screen.matches(line):
            return False
        return any(matcher.matches(line) for matcher in self.matchers)


def compile_posix(pattern: str, options: Options, *, extended: bool) -> Posix:
    """Compile a pattern; newlines separate alternatives. Raises ``RegexError``."""
    alphabet = Alphabet(unicode="c" not in options.flags, icase=options.case is not Case.SENSITIVE)
    lines = alphabet.decode(pattern).split("\n")
    if any(is_bad_byte(char) for line in lines for char in line):
        message = "the pattern has a byte that is not valid UTF-8"
        raise TooComplex(message)
    glibc = [parse(line, alphabet, Reader.GLIBC, extended=extended) for line in lines]
    plain = [parse(line, alphabet, Reader.AUTOMATON, extended=extended) for line in lines]
    ours = _wrapped(lines, plain, options, alphabet) if extended else _wrap_all(plain, options)
    screen = None
    if _defers(glibc, options, alphabet):
        matchers = _glibc_matchers(glibc, options, alphabet)
        if plain != glibc or ours != _wrap_all(plain, options):
            screen = _automaton(superset(ours), alphabet)
    else:
        matchers = (_automaton(ours, alphabet),)
    required = _required(plain[0], alphabet) if len(plain) == 1 and plain == glibc else ""
    return Posix(matchers, alphabet, required, screen)


def _either(nodes: Sequence[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Alt(tuple(nodes))


def _wrap_all(nodes: Sequence[Node], options: Options) -> Node:
    """Add what ``-x`` and ``-w`` ask for; ``-x`` wins."""
    node = _either(nodes)
    if options.whole:
        return Seq((At(Place.LINE_START), node, At(Place.LINE_END)))
    return whole_word(node) if "w" in options.flags else node


def _wrapped(
    lines: Sequence[str], plain: Sequence[Node], options: Options, alphabet: Alphabet
) -> Node:
    """Wrap extended patterns for ``-x`` and ``-w`` as grep does it: as text.

    It shows where a pattern closes a parenthesis that it never opened.
    """
    if not (options.whole or "w" in options.flags):
        return _either(plain)
    texts = [f"({line})" for line in lines]
    grouped = [parse(text, alphabet, Reader.AUTOMATON, extended=True, added=1) for text in texts]
    if all(isinstance(node, Group) for node in grouped):
        return _wrap_all(plain, options)
    if len(lines) > 1 or not options.whole:
        message = "-w, or -x with several patterns, and a ) without its ("
        raise TooComplex(message)
    return parse(f"^{texts[0]}$", alphabet, Reader.AUTOMATON, extended=True, added=1)


def _defers(nodes: Sequence[Node], options: Options, alphabet: Alphabet) -> bool:
    """Return whether glibc decides, because the automaton of grep is not exact."""
    if alphabet.unicode and "w" in options.flags and not options.whole:
        return True
    return any(
        has_back_reference(node) or (alphabet.unicode and needs_glibc(node)) for node in nodes
    )


def _glibc_matchers(
    nodes: Sequence[Node], options: Options, alphabet: Alphabet
) -> tuple[_Matcher, ...]:
    words_only = "w" in options.flags and not options.whole
    found: list[_Matcher] = []
    for node in nodes:
        if has_back_reference(node):
            tree = node if words_only else _wrap_all([node], options)
            code = write_program(tree, captures=True)
            found.append(Backtracker(code, alphabet, _groups(node), words_only))
    others = [node for node in nodes if not has_back_reference(node)]
    if others and words_only:
        found.append(words(_either(others), alphabet))
    elif others:
        found.append(_automaton(_wrap_all(others, options), alphabet))
    return tuple(found)


def _automaton(node: Node, alphabet: Alphabet) -> Automaton:
    return Automaton(write_program(node, captures=False), alphabet, folded=alphabet.unicode)


def _groups(node: Node) -> int:
    below = max((_groups(item) for item in parts(node)), default=0)
    return max(below, node.number) if isinstance(node, Group) else below


def _required(node: Node, alphabet: Alphabet) -> str:
    """Return the longest run of ASCII literals that stands in every match."""
    items = node.items if isinstance(node, Seq) else (node,)
    best = run = ""
    for item in items:
        run = run + item.char if isinstance(item, Char) and item.char.isascii() else ""
        best = max(best, run, key=len)
    return best.lower() if alphabet.icase else best
