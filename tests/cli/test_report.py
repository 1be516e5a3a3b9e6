"""``harness report``: formats by file ending, an earlier run as input, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.report import formats

RULE = Path(__file__).parents[2] / "rules" / "dpapi_domain_backup_key_file"


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run, as ``harness report`` writes them."""
    path = tmp_path_factory.mktemp("earlier") / "results.json"
    assert run(["report", str(RULE), "-o", str(path)]) == 1
    return path


def test_every_ending(earlier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    endings = [ending for one in formats().values() for ending in one.extensions]
    paths = [tmp_path / "new" / f"report{ending}" for ending in endings]
    written = [part for path in paths for part in ("-o", str(path))]
    assert run(["report", "--from", str(earlier), *written]) == 1
    assert capsys.readouterr().out == ""
    document = json.loads(earlier.read_text(encoding="utf-8"))
    for one in formats().values():
        for ending in one.extensions:
            text = (tmp_path / "new" / f"report{ending}").read_text(encoding="utf-8")
            assert text == one.render(document)


def test_markdown_is_printed(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--from", str(earlier)]) == 1
    assert capsys.readouterr().out.startswith("# Detection rule report\n")


def test_a_run_gives_the_same_bytes_as_its_results(
    earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["report", str(RULE)])
    fresh = capsys.readouterr().out
    run(["report", "--from", str(earlier)])
    assert capsys.readouterr().out == fresh


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "not-json", ":1:1"),
        ('{"a":\n  x}', "not-json", ":2:3"),
        ('{"a": NaN}', "not-json", ""),
        ("[" * 100_000, "too-deep", ""),
        ("[]", "not-results", ":1:1"),
        ('{"schema": "harness/gate/1"}', "not-results", ":1:"),
    ],
)
def test_no_results(
    text: str, code: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    path.write_text(text, encoding="utf-8")
    assert run(["report", "--from", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"[{code}]" in told
    assert told.startswith(f"{path}{place}")
    assert "hint: make it with: harness test --format json" in told


def test_the_place_of_what_is_wrong(
    earlier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document: dict[str, Any] = json.loads(earlier.read_text(encoding="utf-8"))
    document["results"][2]["status"] = "splendid"
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    assert run(["report", "--from", str(path)]) == 2
    told = capsys.readouterr().err
    line = 1 + path.read_text(encoding="utf-8").split('"splendid"')[0].count("\n")
    assert told.startswith(f"{path}:{line}:")
    assert "results[2].status" in told
    assert '"splendid"' in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "report.pdf"], "[unknown-format]"),
        (["--from", "nowhere.json"], "[no-such-file]"),
        (["--from", "x.json", "rules"], "leave PATHS out"),
        (["nowhere"], ""),
        (["--format", "pdf"], "Invalid value"),
    ],
)
def test_refused(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_unwritable(earlier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    path = tmp_path / "file" / "report.md"
    assert run(["report", "--from", str(earlier), "-o", str(path)]) == 2
    assert "[unwritable]" in capsys.readouterr().err


def test_test_writes_a_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rules.layer.json"
    run(["test", str(RULE), "--no-measure", "-q", "-o", str(path)])
    capsys.readouterr()
    assert "techniques" in json.loads(path.read_text(encoding="utf-8"))
