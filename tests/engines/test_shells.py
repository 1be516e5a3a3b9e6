"""Real Unix shells read what an evasion makes of a text as they read the text itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mutations.test_evasions import lines, process

SHELLS = [name for name in ("bash", "dash", "sh", "ksh", "zsh") if shutil.which(name)]
WORDS = st.lists(st.text("abcXYZ019._/-", min_size=2, max_size=9), min_size=1, max_size=5)
_END = "=====end====="
_OPTIONS = {"zsh": ["-f"]}


def _printed(shell: str, texts: Sequence[str]) -> list[str]:
    """Return what a shell prints of each text, all of them run in one go."""
    text = f"\necho {_END}\n".join(texts)
    command = [str(shutil.which(shell)), *_OPTIONS.get(shell, ()), "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603 - a shell of this machine
    return done.stdout.split(f"{_END}\n")


@pytest.mark.parametrize("shell", SHELLS)
@given(words=WORDS)
def test_words_are_the_same(shell: str, words: list[str]) -> None:
    r"""``printf`` is changed as its words are; what is in quotes is left alone."""
    text = " ".join(["printf", r'"%s\n"', "--", "x", *words])
    made = [
        *lines("shell-quotes", process(f"/bin/{shell}", f"{shell} -c {text}")),
        *lines("shell-blanks", process(f"/bin/{shell}", f"{shell} -c {text}")),
    ]
    assert len(made) == (4 if shell == "zsh" else 5)
    changed = [one.removeprefix(f"{shell} -c ") for one in made]
    assert text not in changed
    expected, *printed = _printed(shell, [text, *changed])
    assert expected.splitlines()[-len(words) :] == words
    assert printed == [expected] * len(made)


@pytest.mark.parametrize("shell", SHELLS)
def test_several_commands(shell: str) -> None:
    text = 'cd /tmp; pwd | tr a-z A-Z && if true; then printf "%s" done; fi'
    line = process(f"/bin/{shell}", f"{shell} -c {text}")
    made = [one for name in ("shell-quotes", "shell-blanks") for one in lines(name, line)]
    expected, *printed = _printed(
        shell, [text, *(one.removeprefix(f"{shell} -c ") for one in made)]
    )
    assert expected == "/TMP\ndone"
    assert printed == [expected] * len(made)
