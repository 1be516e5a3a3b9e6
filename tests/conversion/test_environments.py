"""Environments made of requirements files, without a network: pip installs a file made here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.conversion.environments import Environment, opened
from harness.errors import InvalidInput
from tests.conversion.environments import environment, wheel

Write = Callable[[str], Path]


@pytest.fixture
def requirements(tmp_path: Path) -> Write:
    """Write a requirements file for packages that lie in a folder."""
    packages = tmp_path / "packages"

    def write(text: str) -> Path:
        wheel(packages, {"one": "a"}, "1.0")
        path = tmp_path / "requirements.txt"
        path.write_text(f"--no-index\n--find-links {packages}\n{text}\n", "utf-8")
        return path

    return write


def _only(name: Path, folder: Path | None, said: list[str]) -> Environment:
    with opened([str(name)], folder, tell=said.append) as (found,):
        assert Path(found.python).exists()
        return found


@pytest.mark.long
def test_an_environment_is_made_once(requirements: Write, tmp_path: Path) -> None:
    path, kept, said = requirements("pysigma==1.0"), tmp_path / "kept", list[str]()
    first = _only(path, kept, said)
    assert first.versions == {"pysigma": "1.0"}
    assert first.named == str(path)
    assert _only(path, kept, said) == first
    assert said == [f"{path}: making a virtual environment"]
    assert [one.name for one in kept.iterdir()] == [Path(first.python).parents[1].name]


@pytest.mark.long
def test_a_failure_says_what_pip_says_and_leaves_nothing(
    requirements: Write, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    with pytest.raises(InvalidInput) as caught:
        _only(requirements("no-such-package==1.0"), kept, [])
    (problem,) = caught.value.diagnostics
    assert problem.code == "no-environment"
    assert "pip failed" in problem.message
    assert "no-such-package" in problem.excerpt
    assert problem.place.endswith("requirements.txt")
    assert list(kept.iterdir()) == []


@pytest.mark.long
def test_what_may_change_under_its_name_is_not_kept(requirements: Write, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    requirements("")
    path = requirements(f"{tmp_path}/packages/pysigma-1.0-py3-none-any.whl")
    found = _only(path, kept, [])
    assert found.versions == {"pysigma": "1.0"}
    assert not kept.exists()
    assert not Path(found.python).exists()


def test_folder_and_python_are_used_as_they_are(tmp_path: Path) -> None:
    place = environment(tmp_path / "place", {"one": "a"})
    with opened([str(place), str(place / "bin" / "python")], None) as (folder, python):
        assert folder.digest == python.digest
        assert folder.python == python.python == str(place / "bin" / "python")


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    places = [
        environment(tmp_path / name, {"one": text}, version)
        for name, text, version in (
            ("a", "x", "1.0"),
            ("same", "x", "1.0"),
            ("code", "y", "1.0"),
            ("version", "x", "1.1"),
        )
    ]
    with opened(list(map(str, places)), None) as found:
        digests = [one.digest for one in found]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize("name", ["no/such/thing", "", "x" * 5000, "-rf"])
def test_what_is_no_environment(name: str) -> None:
    with pytest.raises(InvalidInput) as caught, opened([name], None):
        pass
    (problem,) = caught.value.diagnostics
    assert problem.code == "no-environment"
    assert "requirements file" in problem.hint


def test_a_program_that_is_no_python(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho hello\n", "utf-8")
    program.chmod(0o755)
    with pytest.raises(InvalidInput) as caught, opened([str(program)], None):
        pass
    assert "no Python that runs here" in caught.value.diagnostics[0].message
