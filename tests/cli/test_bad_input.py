"""Input that cannot be used: exit code 2, all errors of a file, each with a place and a hint."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import cli
from harness.ruleset.files import MAX_BYTES
from tests.support import KEY_FILE, change, copy_rule, selection, write_rule

GOOD = selection(EventID=4692)
Run = Callable[..., "Answer"]


class Answer:
    """What a command printed and returned."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def said(self) -> str:
        """Everything that was printed; no traceback, ever."""
        text = f"{self.out}\n{self.err}"
        assert "Traceback" not in text
        assert "internal error:" not in text
        return text

    def places(self) -> list[tuple[int, int]]:
        """Return the lines and columns of all errors."""
        found = re.findall(r":(\d+):(\d+): error: ", self.said)
        return [(int(line), int(column)) for line, column in found]

    def codes(self) -> list[str]:
        """Return the codes of all errors."""
        return re.findall(r"^(?:.*: )?error: .*\[([a-z0-9-]+)\]$", self.said, re.MULTILINE)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command line."""

    def call(*arguments: object) -> Answer:
        code = cli.run([str(one) for one in arguments])
        return Answer(code, *capsys.readouterr())

    return call


def _rule(folder: Path, *, query: str | bytes = GOOD, language: str = "sigma") -> Path:
    schema = {"sigma": "sigma", "watcher": "winlogbeat", "lucene": "winlogbeat"}[language]
    write_rule(folder, reference=GOOD, translations={"t": (language, "", [schema])})
    data = query.encode() if isinstance(query, str) else query
    (folder / "t.txt").write_bytes(data)
    return folder


def _manifest(folder: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    _rule(folder)
    data = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    edit(data)
    (folder / "harness.yml").write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    return folder


def _pointed_at(folder: Path, answer: Answer) -> list[str]:
    """Return what stands at each place, up to the end of its line."""
    lines = (folder / "harness.yml").read_text("utf-8").splitlines()
    return [lines[line - 1][column - 1 :] for line, column in answer.places()]


# the manifest as a text


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"kind: \xff\xfe", "not-utf-8", ":1:7: "),
        (b"a: 1\nb: '\xe4'", "not-utf-8", ":2:5: "),
        (b"#" * (MAX_BYTES + 1), "too-large", ": "),
        (b"a: " + b"[" * 5000, "yaml", ":1:67: "),
        (b"\n".join(b" " * n + b"a:" for n in range(500)), "yaml", ":64:64: "),
        (LAUGHS.encode(), "yaml", ":6:11: "),
        (b"kind: a\nkind: b\n", "yaml", ":2:1: "),
        (b"kind: a\0b", "yaml", ":1:8: "),
        (b"a: [1, 2", "yaml", ":1:"),
        (b"a: !!python/object:os.system x", "yaml", ":1:"),
        (b"? [a]\n: b\n", "yaml", ":1:"),
        (b"", "yaml", ":1:1: "),
        (b"- 1\n", "invalid-manifest", ":1:1: "),
        (b"a" * 1_000_000, "invalid-manifest", ":1:1: "),
        (b"x: " + b"y" * 999_000, "invalid-manifest", ":1:1: "),
    ],
    ids=[
        "not utf-8",
        "latin-1",
        "enormous",
        "deep flow",
        "deep block",
        "billion laughs",
        "duplicate key",
        "nul",
        "unclosed",
        "python tag",
        "list as key",
        "empty",
        "a list",
        "one long word",
        "one long line",
    ],
)
def test_manifest_that_cannot_be_read(
    run: Run, tmp_path: Path, data: bytes, code: str, place: str
) -> None:
    folder = _rule(tmp_path / "r")
    (folder / "harness.yml").write_bytes(data)
    started = time.process_time()
    answer = run("test", folder)
    assert answer.code == 2
    assert code in answer.codes()
    assert f"{folder / 'harness.yml'}{place}" in answer.said
    assert max(map(len, answer.said.splitlines())) < 1000
    assert time.process_time() - started < 3


# the manifest as data


@pytest.mark.parametrize(
    ("edit", "codes", "pointed", "hint"),
    [
        (
            lambda one: one.update(translation=1),
            ["invalid-manifest"],
            ["translation: 1"],
            "did you mean 'translations'?",
        ),
        (lambda one: one.update(kind=7), ["invalid-manifest"], ["7"], "taxonomy"),
        (
            lambda one: one.update(promises={"recall": 2, "robus": []}),
            ["invalid-manifest", "invalid-manifest"],
            ["robus: []", "2"],
            "did you mean 'robust'?",
        ),
        (
            lambda one: one.update(promises={"late_by": "5 minutes"}),
            ["invalid-manifest"],
            ["5 minutes"],
            "such as 5m",
        ),
        (
            lambda one: one.update(promises={"robust": ["value-cas"]}),
            ["unknown-mutation"],
            ["value-cas"],
            "did you mean 'value-case'?",
        ),
        (
            lambda one: one["translations"][0].update(language="sigmaa"),
            ["unknown-language"],
            ["sigmaa"],
            "did you mean 'sigma'?",
        ),
        (
            lambda one: one["translations"][0].update(schemas=["winlogbeet", "sigma:x"]),
            ["unknown-schema", "unknown-variant"],
            ["winlogbeet", "sigma:x"],
            "did you mean 'winlogbeat'?",
        ),
        (
            lambda one: one["translations"][0].update(schemas=["elastic_defend"]),
            ["wrong-kind"],
            ["elastic_defend"],
            "it records: file_event",
        ),
        (lambda one: one["translations"][0].update(file="none"), ["no-such-file"], ["none"], ""),
        (
            lambda one: one["translations"].append(one["translations"][0] | {"file": "sigma.yml"}),
            ["duplicate-translation"],
            ["t"],
            "",
        ),
        (lambda one: one.pop("kind"), ["invalid-manifest"], ["reference:"], ""),
    ],
    ids=[
        "unknown key",
        "wrong type",
        "two at once",
        "no duration",
        "unknown mutation",
        "unknown language",
        "unknown schemas",
        "wrong kind",
        "missing file",
        "twice",
        "missing key",
    ],
)
def test_manifest_that_says_something_impossible(
    run: Run,
    tmp_path: Path,
    edit: Callable[[dict[str, Any]], object],
    codes: list[str],
    pointed: list[str],
    hint: str,
) -> None:
    folder = _manifest(tmp_path / "r", edit)
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, codes)
    assert _pointed_at(folder, answer) == pointed
    assert hint in answer.said
    assert answer.said.count("^") >= len(codes)


def test_every_error_of_a_manifest_at_once(run: Run, tmp_path: Path) -> None:
    def edit(one: dict[str, Any]) -> None:
        one["kind"] = "no_kind"
        one["promises"] = {"robust": ["a", "b"]}
        wrong = {"name": "t", "file": "none", "language": "no_language", "schemas": ["no_schema"]}
        one["translations"].append(wrong)

    answer = run("test", _manifest(tmp_path / "r", edit))
    assert answer.code == 2
    assert {
        "unknown-kind",
        "unknown-mutation",
        "unknown-language",
        "unknown-schema",
        "no-such-file",
        "duplicate-translation",
    } <= set(answer.codes())
    assert answer.codes().count("unknown-mutation") == 2


@pytest.mark.parametrize(
    "name", ["../secret", "..", ".", "/etc/hostname", "a/b", "a\\b", "a\0b", "", "x" * 300]
)
def test_a_file_is_beside_its_manifest(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("what no report may show", "utf-8")
    folder = _manifest(tmp_path / "r", lambda one: one["translations"][0].update(file=name))
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, ["invalid-manifest"])
    assert "what no report may show" not in answer.said


@pytest.mark.parametrize("name", ["t.txt", "sigma.yml", "harness.yml"])
def test_a_link_does_not_lead_out_of_the_folder(run: Run, tmp_path: Path, name: str) -> None:
    """A rule from a fork must not show files of the machine that tests it."""
    (tmp_path / "secret").write_text("a: what no report may show: [", "utf-8")
    folder = _rule(tmp_path / "r")
    (folder / name).unlink()
    (folder / name).symlink_to("../secret")
    answer = run("test", folder)
    assert (answer.code, set(answer.codes())) == (2, {"outside-folder"})
    assert "what no report may show" not in answer.said


def test_a_link_inside_the_folder_is_followed(run: Run, tmp_path: Path) -> None:
    folder = _rule(tmp_path / "r")
    (folder / "t.txt").unlink()
    (folder / "t.txt").symlink_to("sigma.yml")
    assert run("test", folder, "--no-measure").code == 0


# files and folders


def test_paths_that_hold_no_rule(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.yml").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "harness.yml").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ["nothing", "empty", "file.yml", "loop", "manifest", "pipe", "x" * 5000]
    answer = run("test", *(tmp_path / name for name in names))
    assert answer.code == 2
    assert answer.codes() == ["no-such-file"] * 3 + ["no-rules"] * 4
    assert "docs/rules.md" in answer.said


@pytest.mark.parametrize("what", ["folder", "pipe", "loop"])
def test_a_query_that_is_no_file(run: Run, tmp_path: Path, what: str) -> None:
    folder = _rule(tmp_path / "r")
    (folder / "t.txt").unlink()
    if what == "folder":
        (folder / "t.txt").mkdir()
    elif what == "pipe":
        os.mkfifo(folder / "t.txt")
    else:
        (folder / "t.txt").symlink_to("t.txt")
    answer = run("test", folder)
    assert answer.code == 2
    assert answer.codes()[0] in {"not-a-file", "no-such-file", "unreadable"}


def test_a_loop_of_folders_is_not_followed(run: Run, tmp_path: Path) -> None:
    folder = _rule(tmp_path / "r")
    (folder / "below").mkdir()
    (folder / "below" / "up").symlink_to("..")
    answer = run("test", folder, "--no-measure", "--format", "json")
    assert (answer.code, json.loads(answer.out)["summary"]["rules"]) == (0, 1)


def test_a_file_that_may_not_be_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated: root may read everything."""
    folder = _rule(tmp_path / "r")
    opened = Path.open

    def denied(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.name == "t.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", denied)
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, ["unreadable"])
    assert "the file cannot be read: Permission denied" in answer.said


@pytest.mark.parametrize("data", [b"a: \xff", b"#" * (MAX_BYTES + 1)], ids=["bytes", "size"])
def test_a_query_file_that_cannot_be_read(run: Run, tmp_path: Path, data: bytes) -> None:
    answer = run("test", _rule(tmp_path / "r", query=data))
    assert answer.code == 2
    assert str(tmp_path / "r" / "t.txt") in answer.said


@pytest.mark.parametrize(
    ("query", "language", "code"),
    [
        ("a:(b", "lucene", "invalid-query"),
        ("a:1 OR " * 20_000 + "a:1", "lucene", "invalid-query"),
        ("(" * 50_000, "lucene", "invalid-query"),
        ("x" * 1_900_000, "lucene", "invalid-query"),
        (selection(SubjectUserName__re="("), "sigma", "invalid-query"),
        ("", "sigma", "invalid-query"),
        ('{"trigger": [1,}', "watcher", "invalid-query"),
        ("[" * 100_000, "watcher", "invalid-query"),
        ("[1]", "watcher", "invalid-query"),
        ("", "watcher", "invalid-query"),
    ],
    ids=[
        "unclosed",
        "long",
        "deep",
        "long word",
        "broken pattern",
        "no rule",
        "broken watch",
        "deep watch",
        "no watch",
        "empty watch",
    ],
)
def test_a_query_that_its_language_rejects_is_a_finding(
    run: Run, tmp_path: Path, query: str, language: str, code: str
) -> None:
    folder = _rule(tmp_path / "r", query=query, language=language)
    answer = run("test", folder, "--format", "json")
    (result,) = json.loads(answer.out)["results"]
    (found,) = result["findings"]
    assert (answer.code, found["code"], result["status"]) == (1, code, "error")
    assert re.fullmatch(rf"{re.escape(str(folder / 't.txt'))}:\d+:\d+", found["place"])
    assert "^" in found["excerpt"]
    assert len(found["excerpt"]) < 300
    assert run("test", folder, "-q").said


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        (selection(SubjectUserName__re="("), 7),
        (GOOD.replace("condition: selection", "condition: selection and"), 8),
        (GOOD.replace("condition: selection", "condition: nothing"), 8),
        (GOOD.replace("4692", "9" * 5000), 7),
        (GOOD.replace("4692", "0x" + "F" * 5000), 7),
        (GOOD.replace("EventID: 4692", "EventID|nosuch: 4692"), 7),
        ("[1, 2]", 1),
        ("", None),
    ],
    ids=["pattern", "syntax", "name", "number", "hexadecimal", "modifier", "a list", "empty"],
)
def test_a_reference_that_cannot_be_read_next_to_a_good_rule(
    run: Run, tmp_path: Path, reference: str, place: int | None
) -> None:
    broken, good = _rule(tmp_path / "broken"), _rule(tmp_path / "good")
    (broken / "sigma.yml").write_text(reference, "utf-8")
    answer = run("test", tmp_path, "--format", "json", "--no-measure")
    document = json.loads(answer.out)
    assert answer.code == 2
    assert {one["place"].split(":")[0] for one in document["problems"]} == {
        str(broken / "sigma.yml")
    }
    if place is not None:
        assert int(document["problems"][0]["place"].split(":")[1]) == place
        assert "^" in document["problems"][0]["excerpt"]
    results = [(one["translation"], one["status"]) for one in document["results"]]
    assert results == [("t", "pass")], "the good rule is run and its results are kept"
    assert run("test", good, "--no-measure").code == 0


def test_an_option_that_a_language_does_not_take(run: Run, tmp_path: Path) -> None:
    """Found only when the query is read; the rest of the run goes on."""
    options = {"default_operator": [1]}
    broken = _rule(tmp_path / "broken", query="a:1", language="lucene")
    data = yaml.safe_load((broken / "harness.yml").read_text("utf-8"))
    data["translations"][0]["options"] = options
    (broken / "harness.yml").write_text(yaml.safe_dump(data), "utf-8")
    _rule(tmp_path / "good")
    answer = run("test", tmp_path, "--format", "json", "--no-measure")
    document = json.loads(answer.out)
    (problem,) = document["problems"]
    assert (answer.code, problem["code"]) == (2, "bad-option")
    assert problem["place"] == str(broken / "harness.yml")
    assert [one["status"] for one in document["results"]] == ["pass"]


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ('severity = "high"', 'severity = "high', ["toml"]),
        ("[rule]", "[rules]", ["no-query"]),
        ("query = '''", "querry = '''", ["no-query"]),
        ("[rule]", "[rule]\n[rule]", ["toml"]),
        ("risk_score = 73", "risk_score = " + "[" * 3000, ["toml"]),
    ],
    ids=["unclosed text", "no rule", "no query", "twice", "deep"],
)
def test_broken_toml(run: Run, tmp_path: Path, before: str, after: str, codes: list[str]) -> None:
    folder = copy_rule(KEY_FILE, tmp_path / "r", "eql")
    change(folder / "elastic.toml", before, after)
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, codes)
    assert str(folder / "elastic.toml") in answer.said
    assert ("^" in answer.said) is (codes == ["toml"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('author = ["Elastic"]', "author = 5"),
        ('from = "now-9m"', "from = 9"),
        ("max_signals = 100", 'max_signals = "many"'),
        ("risk_score = 73", "risk_score = true"),
        ("[[rule.threat]]", 'threat = ["x"]\n[[rule.other]]'),
        ("[[rule.threat.technique.subtechnique]]", "[rule.threat.technique.subtechnique]"),
        ("[rule.threat.tactic]", "[[rule.threat.tactic]]"),
    ],
    ids=["author", "from", "alerts", "score", "threat", "subtechnique", "tactic"],
)
def test_toml_of_another_shape(run: Run, tmp_path: Path, before: str, after: str) -> None:
    folder = copy_rule(KEY_FILE, tmp_path / "r", "eql")
    text = (folder / "elastic.toml").read_text("utf-8")
    if "threat = [" in after:
        text = text[: text.index("[[rule.threat.technique]]")]
    (folder / "elastic.toml").write_text(text, "utf-8")
    change(folder / "elastic.toml", before, after)
    answer = run("test", folder, "--no-measure", "-q", "--schema", "elastic_defend")
    assert answer.code in {0, 1}
    assert answer.said


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
    answer = run("test", _rule(tmp_path / "r"), "--no-measure", "-o", tmp_path / output)
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
    answer = run("test", _rule(tmp_path / "r"), option, "winlogbeet")
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
    answer = run("explain", _rule(tmp_path / "r"), event)
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
    folder = _rule(tmp_path / "r")
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
    answer = run("explain", _rule(tmp_path / "r"), event, *arguments)
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
    _rule(tmp_path / "rules" / "a")
    _rule(tmp_path / "rules" / "b")
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
