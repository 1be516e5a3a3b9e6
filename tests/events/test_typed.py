"""Command lines as they would be typed, worked out by hand from what rules look for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.events import typed
from harness.events.corpus import samples_of
from harness.events.intent import intent_of
from harness.events.model import Label, Sample
from tests.support import rule_of, selection, write_rule

SYSTEM = "C:\\Windows\\System32\\"
POWERSHELL = f"{SYSTEM}WindowsPowerShell\\v1.0\\powershell.exe"


def _samples(folder: Path, reference: str, kind: str = "process_creation") -> list[Sample]:
    translations = {"tested": ("sigma", reference, ["sigma"])}
    rule = rule_of(write_rule(folder, reference=reference, translations=translations, kind=kind))
    intent = intent_of(rule)
    found = samples_of(rule, intent).samples
    made = [one for one in found if one.family == typed.FAMILY]
    assert all(intent.label(one.activity.values) is Label.MALICIOUS for one in made)
    assert all(one.label is Label.MALICIOUS for one in made)
    return made


@pytest.mark.parametrize(
    ("fields", "image", "line"),
    [
        (
            {"Image__endswith": "\\certutil.exe", "CommandLine__contains": "-decode "},
            f"{SYSTEM}certutil.exe",
            "certutil.exe -decode out.txt",
        ),
        (
            {"Image__endswith": "\\cmd.exe", "CommandLine__contains__all": ["del ", "/q"]},
            f"{SYSTEM}cmd.exe",
            "cmd.exe /c del /q",
        ),
        (
            {"Image__endswith": "\\cmd.exe", "CommandLine__contains": " /r "},
            f"{SYSTEM}cmd.exe",
            "cmd.exe /r out.txt",
        ),
        (
            {"CommandLine__contains__all": ["Set-MpPreference", "-DisableX"]},
            POWERSHELL,
            "powershell.exe Set-MpPreference -DisableX",
        ),
        (
            {"CommandLine__contains__all": ["rundll32.exe", ".dll"]},
            f"{SYSTEM}rundll32.exe",
            "rundll32.exe file.dll",
        ),
        (
            {"Image__endswith": "\\pwsh.exe", "CommandLine__contains": "iex"},
            f"{SYSTEM}pwsh.exe",
            "pwsh.exe -Command iex",
        ),
        (
            {"Image__endswith": "\\x.exe", "CommandLine__contains": "\\AppData\\Local\\"},
            f"{SYSTEM}x.exe",
            "x.exe C:\\Users\\m.weber\\AppData\\Local\\",
        ),
        (
            {"Image__endswith": "\\x.exe", "CommandLine__windash__contains": "-run "},
            f"{SYSTEM}x.exe",
            "x.exe -run out.txt",
        ),
    ],
)
def test_windows(tmp_path: Path, fields: dict[str, Any], image: str, line: str) -> None:
    one, *_ = _samples(tmp_path / "r", selection(**fields))
    values = one.activity.values
    assert (values["Image"], values["CommandLine"]) == (image, line)
    assert one.because.endswith(", as it would be typed")


@pytest.mark.parametrize(
    ("fields", "image", "line"),
    [
        (
            {"Image__endswith": "/bash", "CommandLine__contains": "/etc/passwd"},
            "/usr/bin/bash",
            "bash -c /etc/passwd",
        ),
        ({"Image__endswith": "/bash", "CommandLine__contains": " -i"}, "/usr/bin/bash", "bash -i"),
        ({"Image": "/opt/x", "CommandLine__contains": "y"}, "/opt/x", "x y"),
    ],
)
def test_unix(tmp_path: Path, fields: dict[str, Any], image: str, line: str) -> None:
    one, *_ = _samples(tmp_path / "r", selection(**fields), "event")
    values = one.activity.values
    assert (values["Image"], values["CommandLine"]) == (image, line)


def test_a_renamed_program_keeps_its_file(tmp_path: Path) -> None:
    rule = selection(OriginalFileName="Cmd.Exe", CommandLine__contains="whoami")
    one, *_ = _samples(tmp_path / "r", rule)
    image = one.activity.values["Image"].rpartition("\\")[2]
    assert one.activity.values["CommandLine"] == f"{image} /c whoami"


def test_a_rule_that_looks_elsewhere_has_none(tmp_path: Path) -> None:
    assert _samples(tmp_path / "r", selection(Image__endswith="\\certutil.exe")) == []


def test_a_rule_that_says_how_the_line_begins_and_ends(tmp_path: Path) -> None:
    """Nothing that would be typed is one that the rule is about, so there is none."""
    assert _samples(tmp_path / "r", selection(CommandLine="-only this")) == []


def test_they_are_few(tmp_path: Path) -> None:
    rule = selection(CommandLine__contains=[f"word{n}" for n in range(30)])
    assert len(_samples(tmp_path / "r", rule)) == typed.MOST
