"""What a change does to a rule set, in a git repository made for the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from tests.ruleset.texts import SIGMA, SIGMA_FILTER, SPLUNK
from tests.support import selection, write_rule

REFERENCE = selection(EventID=4692, SubjectUserName="backupsvc")
WIDE = selection(EventID=4692)
NARROW = selection(EventID=4692, SubjectUserName="backupsvc", Channel="System")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Repository:
    """A git repository with rules; two of them at first: ``good`` and ``wide``."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys
        root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.rule("good", REFERENCE)
        self.rule("wide", WIDE)
        self.commit()
        self.git("switch", "--quiet", "--create", "change")

    def git(self, *arguments: str) -> str:
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        who = {
            f"GIT_{role}_{part}": "x@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        done = subprocess.run(  # noqa: S603 - a fixed program
            ["git", "-C", str(self.root), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **quiet, **who},
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=change")

    def rule(self, name: str, query: str) -> Path:
        """Write a rule of its own id."""
        identifier = f"{len(name):08d}-0000-4000-8000-{zlib.crc32(name.encode()):012d}"
        old = "39a94fd1-8c9a-4ff6-bf22-c058762f8014"
        return write_rule(
            self.root / "rules" / name,
            reference=REFERENCE.replace(old, identifier).replace("A tiny rule", f"Rule {name}"),
            translations={"t": ("sigma", query, ["sigma"])},
        )

    def write(self, path: str, text: str) -> None:
        """Write a file of the rule set."""
        place = self.root / "rules" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")

    def query(self, name: str, query: str) -> None:
        (self.root / "rules" / name / "t.txt").write_text(query, "utf-8")

    def gate(self, *arguments: object, base: str = "main") -> tuple[int, dict[str, Any], str]:
        """Run the gate; return its code, its document, and what it said on standard error."""
        command = ["gate", str(self.root / "rules"), f"--base={base}", "--format=json"]
        code = cli.run([*command, *map(str, arguments)])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return code, json.loads(out) if out.strip() else {}, err


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Repository:
    return Repository(tmp_path / "repository", capsys)


def _codes(document: dict[str, Any], key: str) -> list[str]:
    return [f"{one['rule']}: {one['code']}" for one in document[key]]


def test_no_change(repository: Repository) -> None:
    """The finding of the rule that is wide stays out of it: nobody touched that rule."""
    code, document, _ = repository.gate()
    assert (code, document["passes"], document["rules"]) == (0, True, [])
    assert (document["new"], document["fixed"], document["unchanged"]) == ([], [], [])
    assert document["schema"] == "harness/gate/1"


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "uncommitted"])
def test_a_change_that_breaks_a_translation(repository: Repository, *, committed: bool) -> None:
    repository.query("good", WIDE)
    if committed:
        repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["passes"]) == (1, False)
    assert _codes(document, "new") == ["Rule good: false-alarm"]
    assert document["rules"] == ["Rule good"]
    assert document["new"][0]["witness"]["document"]["EventID"] == 4692


def test_a_change_that_mends_a_translation(repository: Repository) -> None:
    repository.query("wide", REFERENCE)
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["passes"], document["new"]) == (0, True, [])
    assert _codes(document, "fixed") == ["Rule wide: false-alarm"]


def test_a_change_that_leaves_a_finding_as_it_was(repository: Repository) -> None:
    repository.query("wide", f"{WIDE}# a comment\n")
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["passes"]) == (0, True)
    assert _codes(document, "unchanged") == ["Rule wide: false-alarm"]
    assert document["new"] == document["fixed"] == []


def test_one_finding_for_another(repository: Repository) -> None:
    repository.query("wide", NARROW)
    code, document, _ = repository.gate()
    assert code == 1
    assert _codes(document, "new") == ["Rule wide: never-fires"]
    assert _codes(document, "fixed") == ["Rule wide: false-alarm"]


def test_a_rule_that_is_added(repository: Repository) -> None:
    """Untracked files count: CI may not have committed them."""
    repository.rule("new", WIDE)
    code, document, _ = repository.gate()
    assert (code, _codes(document, "new")) == (1, ["Rule new: false-alarm"])


def test_a_good_rule_that_is_added(repository: Repository) -> None:
    repository.rule("new", REFERENCE)
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["rules"], document["new"]) == (0, ["Rule new"], [])


def test_a_rule_that_is_removed(repository: Repository) -> None:
    shutil.rmtree(repository.root / "rules" / "wide")
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["passes"]) == (0, True)
    assert _codes(document, "fixed") == ["Rule wide: false-alarm"]


def test_a_folder_that_is_renamed(repository: Repository) -> None:
    """The rule keeps its id, so its finding is the same."""
    repository.git("mv", "rules/wide", "rules/renamed")
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["new"], document["fixed"]) == (0, [], [])
    assert _codes(document, "unchanged") == ["Rule wide: false-alarm"]


MACRO = "name: hidden_shares\ndefinition: Share=*$\n"
PARTS = {
    "a query beside its rule": ("q.lucene", "process.name:rar.exe", "process.name:net.exe"),
    "a macro": ("macros/hidden.yml", MACRO, MACRO.replace("*$", "ADMIN$")),
    "a filter": ("filters/backup.yml", SIGMA_FILTER, SIGMA_FILTER.replace("backupsvc", "other")),
}


@pytest.mark.parametrize("part", PARTS)
def test_what_a_rule_is_put_together_from(repository: Repository, part: str) -> None:
    """A rule has changed where a file of it has, wherever that stands."""
    splunk = SPLUNK.split("search:", maxsplit=1)[0] + "search: EventCode=5145 `hidden_shares`\n"
    name, before, after = PARTS[part]
    repository.git("switch", "--quiet", "main")
    for path, text in (("rule.yml", SIGMA), ("splunk/rule.yml", splunk), (name, before)):
        repository.write(path, text)
    repository.commit()
    repository.git("switch", "--quiet", "--create", "other")
    assert repository.gate()[1]["rules"] == []
    repository.write(name, after)
    title = "Archive With Password" if part == "a macro" else "Archive with a password"
    assert repository.gate()[1]["rules"] == [title]


def test_a_file_outside_of_any_rule(repository: Repository) -> None:
    (repository.root / "README.md").write_text("x", "utf-8")
    (repository.root / "rules" / "notes.txt").write_text("x", "utf-8")
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["rules"]) == (0, [])


def test_the_base_is_where_the_branch_began(repository: Repository) -> None:
    """What happened on main since is not this change's."""
    repository.git("switch", "--quiet", "main")
    repository.query("good", WIDE)
    repository.commit()
    repository.git("switch", "--quiet", "change")
    repository.query("wide", REFERENCE)
    repository.commit()
    code, document, _ = repository.gate()
    assert (code, document["rules"]) == (0, ["Rule wide"])


def test_a_change_that_makes_a_rule_unusable(repository: Repository) -> None:
    manifest = repository.root / "rules" / "good" / "harness.yml"
    manifest.write_text(f"{manifest.read_text('utf-8')}nonsense: 1\n", "utf-8")
    code, document, _ = repository.gate()
    assert (code, document["passes"]) == (2, False)
    (problem,) = document["problems"]
    assert problem["code"] == "invalid-manifest"
    assert problem["place"].startswith(str(manifest))


def test_a_change_that_mends_an_unusable_rule(repository: Repository) -> None:
    repository.git("switch", "--quiet", "main")
    manifest = repository.root / "rules" / "good" / "harness.yml"
    text = manifest.read_text("utf-8")
    manifest.write_text(f"{text}nonsense: 1\n", "utf-8")
    repository.commit()
    manifest.write_text(text, "utf-8")
    code, document, _ = repository.gate(base="HEAD")
    assert (code, document["problems"], document["new"]) == (0, [], [])


@pytest.mark.parametrize("base", ["HEAD", "change", "main~0", "refs/heads/main"])
def test_forms_of_a_base(repository: Repository, base: str) -> None:
    repository.query("good", WIDE)
    assert repository.gate(base=base)[0] == 1


@pytest.mark.parametrize(
    "base",
    [
        "no-such-branch",
        "--output=stolen",
        "--help",
        "-x",
        "",
        " ",
        "main; touch stolen",
        "$(touch stolen)",
        "HEAD:rules",
        "main..change",
        "@{upstream}",
        "a" * 5000,
    ],
    ids=lambda base: base[:20] or "empty",
)
def test_a_base_that_is_no_commit(repository: Repository, base: str) -> None:
    repository.query("good", WIDE)
    code, document, err = repository.gate(base=base)
    assert (code, document) == (2, {})
    assert "hint: check --base" in err
    assert not list(repository.root.rglob("stolen"))
    assert not Path("stolen").exists()


def test_a_branch_whose_name_looks_like_an_option(repository: Repository) -> None:
    repository.git("update-ref", "refs/heads/--all", "main")
    repository.query("good", WIDE)
    code, document, _ = repository.gate(base="--all")
    assert (code, _codes(document, "new")) == (1, ["Rule good: false-alarm"])


def test_not_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rule(tmp_path / "r", reference=WIDE, translations={"t": ("sigma", WIDE, ["sigma"])})
    code = cli.run(["gate", str(tmp_path), "--base", "main"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "not a git repository" in err


@pytest.mark.parametrize("path", ["no/such/folder", "x" * 5000])
def test_a_path_that_does_not_exist(
    repository: Repository, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.run(["gate", str(repository.root / path), "--base", "main"])
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_git_is_not_installed(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    code, _, err = repository.gate()
    assert code == 2
    assert "git cannot be run" in err


def test_a_link_in_the_state_before_is_not_followed(repository: Repository) -> None:
    (repository.root / "rules" / "good" / "link").symlink_to("/etc/passwd")
    repository.commit()
    repository.query("good", WIDE)
    code, _, err = repository.gate(base="HEAD")
    assert code == 2
    assert "take links that leave their folder out of the rules" in err


def test_the_work_tree_is_left_alone(repository: Repository) -> None:
    repository.query("good", WIDE)
    before = repository.git("status", "--porcelain=v2", "--branch")
    repository.gate()
    assert repository.git("status", "--porcelain=v2", "--branch") == before


def test_names_that_git_would_quote(repository: Repository) -> None:
    repository.rule("with blank é\t'x'", WIDE)
    repository.commit()
    repository.query("with blank é\t'x'", REFERENCE)
    code, document, _ = repository.gate(base="HEAD")
    assert (code, len(document["fixed"])) == (0, 1)


def test_outputs(repository: Repository, tmp_path: Path) -> None:
    repository.query("good", WIDE)
    places = (tmp_path / "gate.md", tmp_path / "deep" / "gate.json")
    code, document, _ = repository.gate("-o", places[0], "-o", places[1])
    assert code == 1
    assert json.loads(places[1].read_text("utf-8")) == document
    text = places[0].read_text("utf-8")
    assert text.startswith("## Rule gate fails\n")
    assert "1 changed rule against `main`: 1 new, 0 fixed, 0 unchanged findings." in text
    assert "**false-alarm**" in text


def test_same_change_same_bytes(repository: Repository) -> None:
    repository.query("good", WIDE)
    assert repository.gate()[1] == repository.gate()[1]
