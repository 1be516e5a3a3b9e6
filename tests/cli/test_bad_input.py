"""Options, outputs and interruptions: what cannot be used has exit code 2 and a hint."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import cli
from tests.cli.support import Run, rule

# outputs and options


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("there/is/a-file/report.json", "unwritable"),
        ("folder.json", "unwritable"),
        ("report.nope", "unknown-format"),
        ("report", "unknown-format"),
        ("x" * 300 + ".json", "unwritable"),
    ],
)
def test_an_output_that_cannot_be_written(run: Run, tmp_path: Path, output: str, code: str) -> None:
    (tmp_path / "there" / "is").mkdir(parents=True)
    (tmp_path / "there" / "is" / "a-file").touch()
    (tmp_path / "folder.json").mkdir()
    answer = run("test", rule(tmp_path / "r"), "--no-measure", "-o", tmp_path / output)
    assert (answer.code, answer.codes()) == (2, [code])
    assert "hint: " in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["test", "--nope"],
        ["test", "--format", "xml"],
        ["test", "--seed", "-1"],
        ["test", "--seed", "x"],
        ["test", "--seed", "9" * 5000],
        ["nope"],
        [],
        ["explain"],
        ["gate"],
        ["languages", "nope"],
        ["schemas", "nope"],
        ["schemas", "sigma", "--kind", "nope"],
        ["schemas", "--samples", "."],
        ["schemas", "sigma", "--samples", "no/such/folder"],
        ["test", "no/such/folder"],
    ],
    ids=" ".join,
)
def test_usage(run: Run, arguments: list[str]) -> None:
    answer = run(*arguments)
    assert answer.code == 2
    assert answer.said.strip()


@pytest.mark.parametrize("option", ["--language", "--schema"])
def test_a_filter_that_selects_nothing_is_no_success(run: Run, tmp_path: Path, option: str) -> None:
    answer = run("test", rule(tmp_path / "r"), option, "winlogbeet")
    assert (answer.code, answer.codes()) == (2, ["nothing-selected"])
    assert "hint: languages: sigma; schemas: sigma" in answer.err


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["no-event"]),
        ("[]", ["no-event"]),
        ("[" * 100_000, ["too-deep"]),
        (b"\xff", ["not-utf-8"]),
    ],
    ids=["empty", "empty list", "deep", "bytes"],
)
def test_explain_without_an_event(
    run: Run, tmp_path: Path, text: str | bytes, codes: list[str]
) -> None:
    event = tmp_path / "event.json"
    event.write_bytes(text.encode() if isinstance(text, str) else text)
    answer = run("explain", rule(tmp_path / "r"), event)
    assert (answer.code, answer.codes()) == (2, codes)


@pytest.mark.parametrize(
    "text",
    [
        '{"EventID": NaN}',
        '{"EventID": ' + "9" * 5000 + "}",
        '{"EventID": "\\ud800"}',
        '{"EventID": ' + "[" * 50 + "]" * 50 + "}",
        '["text", 1, null]',
        "4692\tSecurity\n\n4693\tSystem\n",
        '{"EventID": 1e999}',
    ],
    ids=["nan", "long number", "surrogate", "nested", "no objects", "lines", "infinity"],
)
def test_explain_takes_odd_events(run: Run, tmp_path: Path, text: str) -> None:
    event = tmp_path / "event.json"
    event.write_text(text, "utf-8")
    folder = rule(tmp_path / "r")
    for form in ("text", "json"):
        answer = run("explain", folder, event, "--format", form)
        assert answer.code == 0
        assert answer.said


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (["-t", "nope"], ["unknown-translation"]),
        (["--schema", "nope"], ["unknown-schema"]),
        (["--schema", "elastic_defend"], ["unknown-kind"]),
    ],
    ids=["translation", "schema", "kind"],
)
def test_explain_something_unknown(
    run: Run, tmp_path: Path, arguments: list[str], codes: list[str]
) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"EventID": 4692}', "utf-8")
    answer = run("explain", rule(tmp_path / "r"), event, *arguments)
    assert (answer.code, answer.codes()) == (2, codes)


# help, start-up, interruption


@pytest.mark.parametrize(
    "command",
    [None, *sorted(cli.cli.list_commands(None))],  # type: ignore[arg-type]
)
def test_help(run: Run, command: str | None) -> None:
    for flag in ("-h", "--help"):
        answer = run(*(one for one in (command, flag) if one))
        assert answer.code == 0
        assert answer.out.startswith("Usage: harness")
        if command is None:
            assert "Exit codes: 0 every promise kept" in answer.out


def test_version(run: Run) -> None:
    answer = run("--version")
    assert (answer.code, bool(re.search(r"\d+\.\d+\.\d+", answer.out))) == (0, True)


def test_help_starts_quickly() -> None:
    """Nothing heavy is imported before a command is chosen."""
    script = (
        "import sys; from harness.cli import run; code = run(['--help'])\n"
        "print(code, sorted({'numpy', 'jsonschema', 'pytest', 'faker', 'hypothesis', 'regex'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "0 []"


def test_an_internal_error_says_how_to_report_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "on purpose"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("harness.cli.test.load", broken)
    answer = run("test", tmp_path)
    assert answer.code == 3
    assert "internal error: ZeroDivisionError: on purpose" in answer.err
    assert "CONTRIBUTING.md" in answer.err
    assert "Traceback" not in answer.err


_SLOW = """
import sys, time
from pathlib import Path
from harness import cli
from harness.run import engine

build = engine.build_documents

def slow(*arguments, **more):
    if engine_calls:
        print("running", file=sys.stderr, flush=True)
        time.sleep(60)
    engine_calls.append(1)
    return build(*arguments, **more)

engine_calls = []
engine.build_documents = slow
cli.main(sys.argv[1:])
"""


def test_interrupt_keeps_what_is_done(tmp_path: Path) -> None:
    """The first rule is done, the second is interrupted: valid JSON, exit code 2."""
    rule(tmp_path / "rules" / "a")
    rule(tmp_path / "rules" / "b")
    arguments = ["test", str(tmp_path / "rules"), "--format", "json", "--no-measure"]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _SLOW, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    document = json.loads(out)
    assert process.returncode == 2
    assert "Traceback" not in err
    assert document["summary"]["interrupted"] is True
    assert [one["status"] for one in document["results"]] == ["pass"]


def test_interrupt_before_the_run(tmp_path: Path) -> None:
    script = _SLOW.replace("cli.main", "import os, signal\n"
        "from harness.cli import test\n"
        "test.load = lambda *_: os.kill(os.getpid(), signal.SIGINT)\ncli.main")  # fmt: skip
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script, "test", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.split()[-1]) == (2, "interrupted")
    assert "Traceback" not in done.stderr
