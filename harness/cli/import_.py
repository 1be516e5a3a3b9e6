"""``harness import``: recorded events of the user's own as a labelled corpus of a rule."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli._common import FINDINGS, KEPT, write_bytes
from harness.corpora.recorded import Imported, Wanted, import_events
from harness.errors import Diagnostic, InvalidInput
from harness.redaction import Profile, default, one_field, read
from harness.ruleset import recorded
from harness.ruleset.files import read_text
from harness.ruleset.load import load
from harness.ruleset.model import Rule

KEY = "HARNESS_REDACTION_KEY"
_SHORTEST_KEY = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_SHOWN = 20


@click.command()
@click.argument("rule", type=click.Path(path_type=Path))
@click.argument("events", nargs=-1, required=True)
@click.option(
    "--label",
    required=True,
    type=click.Choice(recorded.LABELS),
    help="What the rule must do on all of EVENTS: fire (malicious) or stay silent (benign).",
)
@click.option("--schema", help="The data source of the events; default: found out for each.")
@click.option(
    "--redact",
    "redactions",
    multiple=True,
    metavar="FILE|FIELD=ACTION",
    help="A redaction profile instead of the one that ships, or what is done with one field: "
    "keep, drop, mask, hash, pseudonym. Repeatable.",
)
@click.option("--no-redact", is_flag=True, help="Take the events over as they are.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help=f"The key of hashes; default: the environment variable {KEY}.",
)
@click.option("--name", help="A name for the import; default: a digest of its events.")
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    help="Another folder; only below corpora/recorded/ does harness test find the events.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be taken over, and write nothing.")
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def command(
    rule: Path,
    events: tuple[str, ...],
    label: str,
    schema: str | None,
    redactions: tuple[str, ...],
    no_redact: bool,
    key_file: Path | None,
    name: str | None,
    folder: Path | None,
    dry_run: bool,
    form: str,
) -> int:
    """Take recorded EVENTS over into the corpus of RULE, labelled and redacted.

    Every harness test replays them. An event on which the reference says otherwise than the
    label, or only before redaction, is refused: exit code 1.
    """
    if name is not None and not _NAME.fullmatch(name):
        message = "--name is made of letters, digits, dots, dashes and underscores"
        raise click.UsageError(message)
    one = _one_rule(rule)
    wanted = Wanted(
        label=label,
        profile=_profile(redactions, no_redact=no_redact),
        key=_key(key_file),
        schema=schema or "",
    )
    made = import_events(one, events, wanted)
    place = None
    if made.events and not dry_run:
        place = folder or recorded.folder_of(one) / (name or made.name)
        for file, data in made.files().items():
            write_bytes(place / file, data)
    if form == "json":
        click.echo(json.dumps(_document(made, place), indent=2, ensure_ascii=False))
    else:
        _tell(made, place)
    return FINDINGS if made.refused else KEPT


def _one_rule(path: Path) -> Rule:
    loaded = load([path])
    if loaded.problems:
        raise InvalidInput(loaded.problems)
    if len(loaded.rules) != 1:
        message = "there are several rules at or below this path"
        raise InvalidInput([_problem("several-rules", message, str(path), "name one rule")])
    return loaded.rules[0]


def _problem(code: str, message: str, place: str = "", hint: str = "") -> Diagnostic:
    return Diagnostic(code=code, message=message, place=place, hint=hint)


def _profile(redactions: Sequence[str], *, no_redact: bool) -> Profile:
    """Return the profile of all ``--redact``: files first, then single fields before them."""
    if no_redact and redactions:
        message = "--redact and --no-redact exclude each other"
        raise click.UsageError(message)
    if no_redact:
        return Profile(name="none")
    files = [one for one in redactions if "=" not in one or Path(one).is_file()]
    if len(files) > 1:
        message = "name one redaction profile; its 'extends: true' adds the one that ships"
        raise click.UsageError(message)
    profile = read(read_text(Path(files[0])), files[0]) if files else default()
    return profile.with_rules([one_field(one) for one in redactions if one not in files])


def _key(path: Path | None) -> bytes:
    text = os.environ.get(KEY, "") if path is None else read_text(path)
    key = text.strip().encode()
    if key and len(key) < _SHORTEST_KEY:
        message = f"the key of hashes has fewer than {_SHORTEST_KEY} bytes"
        raise InvalidInput([_problem("short-key", message, str(path or KEY), "take a longer one")])
    return key


def _tell(made: Imported, place: Path | None) -> None:
    for one in made.refused[:_SHOWN]:
        click.echo(f"{one.place}: refused: {one.message} [{one.code}]")
        for part in one.parts:
            click.echo(f"  {part}")
    if len(made.refused) > _SHOWN:
        click.echo(f"... and {len(made.refused) - _SHOWN} more are refused")
    for told in made.redaction()["fields"]:
        shape = f" as {told['as']}" if told["action"] == "pseudonym" else ""
        click.echo(f"redacted {told['path']}: {told['action']}{shape}, {told['values']} values")
    for path, count in sorted(made.left.items()):
        click.echo(f"look at {path}: what is redacted elsewhere still stands there, {count} times")
    where = f", in {place}" if place is not None else ", nothing is written"
    click.echo(
        f"{len(made.events)} {made.wanted.label} events taken over, {len(made.refused)} refused, "
        f"{made.repeated} repeated{where}"
    )


def _document(made: Imported, place: Path | None) -> dict[str, Any]:
    return {
        "schema": "harness/import/1",
        "rule": made.rule.key,
        "label": made.wanted.label,
        "folder": None if place is None else str(place),
        "events": len(made.events),
        "repeated": made.repeated,
        "refused": [
            {
                "place": one.place,
                "code": one.code,
                "message": one.message,
                "parts": list(one.parts),
            }
            for one in made.refused
        ],
        "redaction": made.redaction(),
    }
