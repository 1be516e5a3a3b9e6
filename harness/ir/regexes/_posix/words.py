"""Whole words, as ``grep -w`` finds them with glibc's matcher.

At each place grep takes the longest match and then shorter ones until both neighbours are no
word characters; it never shortens a match to nothing, so an empty match counts only where
nothing longer begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import Fault
from harness.ir.regexes._posix.automaton import Automaton
from harness.ir.regexes._posix.charset import Alphabet, Kind, is_bad_byte
from harness.ir.regexes._posix.nodes import At, Node, Place, Seq
from harness.ir.regexes._posix.program import without_empty_match, write_program


def is_word(kinds: Sequence[Kind], start: int, end: int) -> bool:
    """Return whether no word character touches a match; ``kinds`` begins with the left edge."""
    return kinds[start] is not Kind.WORD and kinds[end + 1] is not Kind.WORD


@dataclass(frozen=True, slots=True)
class Words:
    """A matcher for whole words."""

    bounded: Automaton
    """Finds matches that consume something and touch no word character."""
    longer: Automaton
    """Finds any match that consumes something from a given place."""
    plain: Automaton

    def matches(self, text: str) -> bool:
        """Return whether a whole word of the text matches."""
        if self.bounded.matches(text):
            return True
        edges = (Kind.EDGE,)
        kinds = (*edges, *(self.plain.alphabet.kind(char) for char in text), *edges)
        if any(
            is_word(kinds, at, at)
            and self.plain.matches_empty(kinds[at], kinds[at + 1])
            and not self.longer.matches(text, at)
            for at in range(len(text) + 1)
        ):
            return True
        if self._looks_inside_characters(text):
            message = "-w and an empty match: grep looks between the bytes of a character"
            raise Fault(message)
        return False

    def _looks_inside_characters(self, text: str) -> bool:
        """Return whether grep may find an empty match between the bytes of one character.

        It steps byte by byte from one empty match to the next, and may take the rest of a
        character that is no word character for a border.
        """
        alphabet = self.plain.alphabet
        return (
            alphabet.unicode
            and any(
                char > "\x7f" and not is_bad_byte(char) and alphabet.kind(char) is Kind.OTHER
                for char in text
            )
            and self.plain.matches_empty(Kind.OTHER, Kind.OTHER)
        )


def whole_word(node: Node) -> Node:
    """Return a tree that matches only where no word character touches the match."""
    return Seq((At(Place.NO_WORD_BEFORE), node, At(Place.NO_WORD_AFTER)))


def words(node: Node, alphabet: Alphabet) -> Words:
    """Return the matcher for whole words of a tree without back-references."""
    code = write_program(node, captures=False)
    bounded = without_empty_match(write_program(whole_word(node), captures=False))
    return Words(
        Automaton(bounded, alphabet, folded=True),
        Automaton(without_empty_match(code), alphabet, folded=True, anchored=True),
        Automaton(code, alphabet, folded=True),
    )
