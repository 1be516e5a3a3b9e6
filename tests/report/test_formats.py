"""What holds for every format: the same document gives the same bytes, and is left alone."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli._running import format_of
from harness.errors import InvalidInput
from harness.report import formats
from harness.report._jsonschema import validator

NAMES = sorted(formats())


@pytest.mark.parametrize("fixture", ["hostile", "empty", "interrupted"])
def test_the_documents_of_these_tests_are_valid(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    validator("test").validate(request.getfixturevalue(fixture))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fixture", ["hostile", "empty", "interrupted"])
def test_rendering_is_pure(name: str, fixture: str, request: pytest.FixtureRequest) -> None:
    document = request.getfixturevalue(fixture)
    before = copy.deepcopy(document)
    text = formats()[name].render(document)
    assert document == before
    assert text.endswith("\n")
    text.encode("utf-8")
    again = json.loads(formats()["json"].render(document))
    assert formats()[name].render(again) == text


@pytest.mark.parametrize("name", sorted({*NAMES} - {"text"}))
def test_halves_of_pairs_do_not_stop_a_report(name: str, hostile: dict[str, Any]) -> None:
    """JSON can spell half of a surrogate pair, UTF-8 cannot."""
    hostile["rules"][0]["title"] = "half \ud800"
    hostile["results"][0]["findings"][0]["witness"]["document"]["half"] = "\udfff"
    assert "\\ud800" in formats()[name].render(hostile).encode("utf-8").decode()


def test_hash_seed_does_not_matter(hostile: dict[str, Any]) -> None:
    """Sets and dictionaries of strings have another order in another process."""
    program = (
        "import hashlib, json, sys\n"
        "from harness.report import formats\n"
        "document = json.loads(sys.stdin.buffer.read())\n"
        "for name, one in sorted(formats().items()):\n"
        "    text = one.render(document)\n"
        "    print(name, hashlib.sha256(text.encode()).hexdigest())\n"
    )
    seen = {
        subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", program],
            input=formats()["json"].render(hostile).encode(),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.decode()
        for seed in ("1", "4242")
    }
    here = "".join(
        f"{name} {hashlib.sha256(one.render(hostile).encode()).hexdigest()}\n"
        for name, one in sorted(formats().items())
    )
    assert seen == {here}


def test_no_two_formats_share_an_ending() -> None:
    endings = [ending for one in formats().values() for ending in one.extensions]
    assert len(endings) == len(set(endings))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.json", "json"),
        ("a.layer.json", "navigator"),
        ("A.LAYER.JSON", "navigator"),
        ("layer.json", "json"),
        ("a.md", "markdown"),
        ("a.xml", "junit"),
        ("a.html", "html"),
        ("a.txt", "text"),
    ],
)
def test_the_longest_ending_selects(name: str, expected: str) -> None:
    assert format_of(Path("somewhere") / name).name == expected


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        format_of(Path("a.pdf"))
    assert caught.value.diagnostics[0].code == "unknown-format"
    assert ".layer.json" in caught.value.diagnostics[0].hint


GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["hostile.md", "hostile.layer.json"])
def test_golden(name: str, hostile: dict[str, Any]) -> None:
    """The whole text of a small document, to see what a change to a format does.

    ``HARNESS_REWRITE=1 pytest tests/report`` writes it again; read the difference.
    """
    hostile["results"][-1]["findings"] = []
    made = format_of(Path(name)).render(hostile)
    if os.environ.get("HARNESS_REWRITE"):
        (GOLDEN / name).write_text(made, encoding="utf-8", newline="")
    assert (GOLDEN / name).read_bytes().decode() == made
