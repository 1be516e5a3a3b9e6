"""What a system makes of a command line stays: laws, each against another implementation."""

from __future__ import annotations

import ntpath
import shlex
import socket
from base64 import b64decode
from ipaddress import IPv4Address
from subprocess import list2cmdline
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.mutations._commands import cmd, windows
from harness.mutations._commands.programs import Reader, program, table
from harness.mutations.ip_notation import FORMS, rewritten_addresses
from tests.mutations.test_evasions import EVASIONS, applied, lines, process, subject

ARGUMENTS = st.lists(st.text('ab"\\ \t-/.^%&$', max_size=8), min_size=1, max_size=5)
TOOL, CMD = "C:\\Tools\\x.exe", "C:\\Windows\\System32\\cmd.exe"
POWERSHELL = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"


def _values(line: str) -> list[str]:
    return [one.value for one in windows.words(line)]


@given(ARGUMENTS)
def test_arguments_are_read_as_they_are_written(arguments: list[str]) -> None:
    """Python writes command lines by the rules of the C runtime."""
    assert _values(f"x.exe {list2cmdline(arguments)}") == ["x.exe", *arguments]


@pytest.mark.parametrize("name", ["extra-blanks", "extra-quotes"])
@given(arguments=ARGUMENTS)
def test_arguments_stay_under_blanks_and_quotes(name: str, arguments: list[str]) -> None:
    line = f"x.exe {list2cmdline(arguments)}"
    for changed in lines(name, process(TOOL, line)):
        assert changed != line
        assert _values(changed) == ["x.exe", *arguments]


def _without_carets(text: str) -> str:
    """Return what cmd.exe reads: outside quotes a caret goes and the next character stays."""
    kept, inside, at = "", False, 0
    while at < len(text):
        inside ^= text[at] == '"'
        at += text[at] == "^" and not inside
        kept += text[at : at + 1]
        at += 1
    return kept


@given(st.text('abC1 "%/&\\.-', min_size=1, max_size=30))
def test_carets_come_off_again(command: str) -> None:
    line = f"cmd.exe /c {command}"
    span = cmd.command(line)
    for changed in lines("cmd-carets", process(CMD, line)):
        assert span is not None
        start, end = span
        grown = end + len(changed) - len(line)
        assert (changed[:start], changed[grown:]) == (line[:start], line[end:])
        assert _without_carets(changed[start:grown]) == line[start:end]


WORDS = st.lists(st.text("abcXYZ019._/-", min_size=1, max_size=9), min_size=1, max_size=5)


@given(WORDS)
def test_shell_words_stay_under_quotes(words: list[str]) -> None:
    """All forms but ``$@``, which only a shell knows: tests/engines asks one."""
    text = " ".join(words)
    for changed in lines("shell-quotes", process("/bin/sh", f"sh -c {text}"))[:3]:
        assert shlex.split(changed.removeprefix("sh -c ")) == words


@given(st.lists(st.text("ab$|;'é ", min_size=1, max_size=9), min_size=1, max_size=4))
def test_base64_holds_the_command(words: list[str]) -> None:
    line = f"powershell.exe -nop -c {list2cmdline(words)}"
    for changed in lines("powershell-base64", process(POWERSHELL, line)):
        encoded = changed.rpartition(" ")[2]
        assert b64decode(encoded, validate=True).decode("utf-16-le") == " ".join(words)


@given(st.text("abdeirsuvxGnt0-;|( )'\"", max_size=30))
def test_backticks_stand_before_letters_without_a_meaning(script: str) -> None:
    assume("`" not in script)
    line = f"powershell.exe -c {script}"
    for changed in lines("powershell-backticks", process(POWERSHELL, line)):
        assert changed.replace("`", "") == line
        marked = {changed[at + 1] for at in range(len(changed)) if changed[at] == "`"}
        assert not marked & set("0abefnrtuv")


@pytest.mark.parametrize(("words", "form"), FORMS)
@given(number=st.integers(0, 2**32 - 1))
def test_addresses_stay(words: str, form: object, number: int) -> None:
    """inet_aton is the C library's own."""
    assert callable(form), words
    address = str(IPv4Address(number))
    changed = rewritten_addresses(f"curl http://{address}/", form)
    written = changed.removeprefix("curl http://").removesuffix("/")
    assert socket.inet_aton(written) == socket.inet_aton(address)


@given(st.text("ab/.%4", max_size=20))
def test_urls_stay(path: str) -> None:
    url = f"http://a.example/{path}"
    for changed in lines("url-encoding", process("C:\\Windows\\System32\\curl.exe", f"curl {url}")):
        assert unquote(changed) == unquote(f"curl {url}")


NAMES = st.lists(st.text("abc .-", min_size=1, max_size=6).map(lambda one: f"{one}x"), min_size=1)


@given(NAMES)
def test_paths_stay(names: list[str]) -> None:
    path = "C:\\" + "\\".join(names)
    line = list2cmdline(["x.exe", path])
    for changed in lines("relative-paths", process(TOOL, line)):
        assert ntpath.normpath(_values(changed)[1]) == ntpath.normpath(path)


IMAGES = (CMD, POWERSHELL, TOOL, "C:\\certutil.exe", "/bin/sh", "/usr/bin/curl")


@given(st.sampled_from(IMAGES), st.text("abC \"\\%^&|<>()$`'{};-/=.\t\n\xe9\u2013", max_size=40))
def test_no_line_stops_an_evasion(image: str, line: str) -> None:
    for name in EVASIONS:
        applied(name, subject(process(image, f"{line.split(' ', maxsplit=1)[0]} -c /c {line}")))


def test_programs_are_as_the_table_says() -> None:
    assert program("nothing") == program("nothing")
    assert not program("nothing").known
    for name, one in table().items():
        assert (one.name, one.known) == (name, True)
        assert one.source
        assert name == name.lower()
        assert len(set(one.signs)) == len(one.signs)
        assert one.letters in {"", "superscript", "fullwidth"}
        assert all(len(group) > 1 for group in one.names)
        assert all(full.startswith(least) for full, least in one.prefixes.items())
        if one.reader is Reader.OWN:
            assert not one.quotes
