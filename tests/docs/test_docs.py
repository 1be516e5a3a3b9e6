"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from harness import languages, mutations
from harness.cli import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = cli.list_commands(None)  # type: ignore[arg-type] # the listing needs no context


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_page_is_as_the_code_declares() -> None:
    made = _module(ROOT / "docs" / "make_reference.py").reference()
    committed = (ROOT / "docs" / "reference.md").read_text("utf-8")
    assert committed == made, "run: python docs/make_reference.py"


def test_mutations_page_is_as_the_code_declares() -> None:
    committed = (ROOT / "docs" / "mutations.md").read_text("utf-8")
    made = _module(ROOT / "docs" / "make_reference.py").mutations_page(committed)
    assert committed == made, "run: python docs/make_reference.py"
    assert all(f"| {name} |" in committed for name in mutations.names())


def test_evidence_page_is_as_the_cases_and_runs_say() -> None:
    made = _module(ROOT / "docs" / "make_evidence.py").evidence()
    committed = (ROOT / "docs" / "evidence.md").read_text("utf-8")
    assert committed == made, "run: python docs/make_evidence.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_has_help(name: str) -> None:
    assert f"harness {name}" in README
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


@pytest.mark.parametrize("name", languages.names())
def test_every_language_has_a_page_with_sources(name: str) -> None:
    text = (ROOT / "docs" / "languages" / f"{name}.md").read_text("utf-8")
    assert "Unsupported" in text
    assert "http" in text or "ran" in text


def _sessions() -> list[tuple[str, str]]:
    """Return the commands of the README's terminal session with the output shown for each."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def _normal(text: str) -> str:
    text = re.sub(r" in [0-9.]+ s;", ";", text)
    text = re.sub(r" +[0-9]+x\b", " Nx", text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


@pytest.mark.parametrize(("command", "shown"), _sessions(), ids=lambda text: text[:40])
def test_readme_session_is_real(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "118")
    words = shlex.split(command)
    assert words[0] == "harness"
    result = CliRunner().invoke(cli, words[1:], standalone_mode=False)
    output = _normal(result.output)
    for piece in _normal(shown).split("\n...\n"):
        assert piece.strip("\n") in output


def test_readme_has_exactly_two_setup_commands() -> None:
    assert len(re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)) == 2
