"""A token cursor that can go back to a place it has been, and words of SQL."""

from __future__ import annotations

from harness.languages._lexing import Token
from harness.languages._nested import NestedCursor


def is_word(token: Token, *words: str) -> bool:
    """Return whether a token is one of these keywords, in any letter case."""
    return token.kind == "NAME" and token.text.upper() in words


class SqlCursor(NestedCursor):
    """Reads some tokens twice: result columns name things that FROM declares."""

    def mark(self) -> int:
        """Return the present place."""
        return self._at

    def reset(self, mark: int) -> None:
        """Go back to a place."""
        self._at = mark

    def at_word(self, *words: str) -> bool:
        """Return whether the next token is one of these keywords."""
        return is_word(self.token, *words)

    def word(self, *words: str) -> bool:
        """Read these keywords if they are all next, in order."""
        if not all(is_word(self.peek(ahead), one) for ahead, one in enumerate(words)):
            return False
        for _ in words:
            self.next()
        return True

    def expect_word(self, word: str, hint: str = "") -> Token:
        """Read a keyword, or fail."""
        if not self.at_word(word):
            self.fail(f"expected {word}, found {self.token}", hint)
        return self.next()

    def at_sign(self, *signs: str) -> bool:
        """Return whether the next token is one of these operators."""
        return self.token.kind == "OP" and self.token.text in signs
