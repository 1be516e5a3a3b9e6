"""Manifests that cannot be used: all errors at once, each with a place and a hint."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.ruleset.files import MAX_BYTES
from tests.cli.support import Run, manifest, pointed_at, rule

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
    folder = rule(tmp_path / "r")
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
    folder = manifest(tmp_path / "r", edit)
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, codes)
    assert pointed_at(folder, answer) == pointed
    assert hint in answer.said
    assert answer.said.count("^") >= len(codes)


def test_every_error_of_a_manifest_at_once(run: Run, tmp_path: Path) -> None:
    def edit(one: dict[str, Any]) -> None:
        one["kind"] = "no_kind"
        one["promises"] = {"robust": ["a", "b"]}
        wrong = {"name": "t", "file": "none", "language": "no_language", "schemas": ["no_schema"]}
        one["translations"].append(wrong)

    answer = run("test", manifest(tmp_path / "r", edit))
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
    folder = manifest(tmp_path / "r", lambda one: one["translations"][0].update(file=name))
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, ["invalid-manifest"])
    assert "what no report may show" not in answer.said


@pytest.mark.parametrize("name", ["t.txt", "sigma.yml", "harness.yml"])
def test_a_link_does_not_lead_out_of_the_folder(run: Run, tmp_path: Path, name: str) -> None:
    """A rule from a fork must not show files of the machine that tests it."""
    (tmp_path / "secret").write_text("a: what no report may show: [", "utf-8")
    folder = rule(tmp_path / "r")
    (folder / name).unlink()
    (folder / name).symlink_to("../secret")
    answer = run("test", folder)
    assert (answer.code, set(answer.codes())) == (2, {"outside-folder"})
    assert "what no report may show" not in answer.said


def test_a_link_inside_the_folder_is_followed(run: Run, tmp_path: Path) -> None:
    folder = rule(tmp_path / "r")
    (folder / "t.txt").unlink()
    (folder / "t.txt").symlink_to("sigma.yml")
    assert run("test", folder, "--no-measure").code == 0
