"""What can be converted to, and which target a name stands for."""

from __future__ import annotations

import pytest

from harness import conversion, languages, schemas
from harness.errors import InvalidInput

BUILT_IN = conversion.built_in()


@pytest.mark.parametrize("target", BUILT_IN, ids=lambda one: one.name)
def test_a_built_in_target_names_what_exists(target: conversion.Target) -> None:
    assert target.language in languages.names()
    assert schemas.get(target.schema).label
    assert target.converter in conversion.converters()
    assert target.backend
    known = {one.name for one in languages.get(target.language).options}
    assert set(target.options) <= known


def test_names_are_unique() -> None:
    names = [one.name for one in BUILT_IN]
    assert len(set(names)) == len(names)


def _chosen(name: str, kind: str) -> str:
    choices = conversion.choose([name], BUILT_IN)
    return next(conversion.targets_of(kind, choices)).name


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("lucene", "windows_security", "lucene@winlogbeat"),
        ("lucene", "event", "lucene@sigma"),
        ("lucene@sigma", "windows_security", "lucene@sigma"),
        ("splunk", "windows_security", "splunk@splunk_wineventlog"),
        ("spl", "event", "splunk@sigma"),
        ("sigmac-grep", "windows_security", "sigmac-grep@text_line"),
    ],
)
def test_a_name_stands_for_the_first_source_that_records_the_kind(
    name: str, kind: str, expected: str
) -> None:
    assert _chosen(name, kind) == expected


def test_a_name_that_is_none_says_what_is_near() -> None:
    with pytest.raises(InvalidInput, match="nothing called 'lucen'") as caught:
        conversion.choose(["lucen"], BUILT_IN)
    assert "did you mean 'lucene'?" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[target]\n", "the TOML is broken"),
        ("x = 1\n", "'target' is a required property"),
        ('[[target]]\nname = "a"\n', "'language' is a required property"),
        ('[[target]]\nname = "a"\nlanguage = "klingon"\ncommand = ["x"]\n', "no language"),
        ('[[target]]\nname = "a"\nlanguage = "spl"\n', "neither a backend nor a command"),
        ('[[target]]\nname = "a"\nlanguage = "spl"\ncommand = []\n', "target.0.command"),
        (
            '[[target]]\nname = "a"\nlanguage = "spl"\nbackend = "x"\nschema = "winlogbet"\n',
            "there is no schema 'winlogbet'",
        ),
        ('[[target]]\nname = "a b"\nlanguage = "spl"\nbackend = "x"\n', "target.0.name"),
        ("[[target]]\n" + "a = " + "[" * 5000 + "\n", "the TOML is broken"),
    ],
)
def test_what_is_wrong_with_a_targets_file(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message.replace("(", r"\(")) as caught:
        conversion.read_targets(text, "mine.toml")
    assert all(one.place == "mine.toml" for one in caught.value.diagnostics)


def test_a_target_of_a_user() -> None:
    text = '[[target]]\nname = "mine"\nlanguage = "spl"\ncommand = ["tool", "-"]\n'
    (target,) = conversion.read_targets(text, "mine.toml")
    assert (target.converter, target.command, target.scoped) == ("command", ("tool", "-"), True)
