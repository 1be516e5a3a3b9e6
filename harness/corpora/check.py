"""Would a corpus come out the same today? Its files are made again and compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.corpora import formats
from harness.corpora.formats import NotWritten
from harness.corpora.make import MANIFEST, SCHEMA, Corpus, Wanted, make
from harness.corpora.origin import digest
from harness.corpora.recorded import SCHEMA as RECORDED
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text
from harness.ruleset.load import load
from harness.ruleset.model import Rule
from harness.ruleset.regressions import home_of
from harness.ruleset.sources import from_syntax_error
from harness.source import QuerySyntaxError, Unsupported

MAX_BYTES = 256 << 20
"""A file of a corpus larger than this is not compared."""
_MAX_MANIFEST = 4_000_000
_SHOWN = 80
AGAIN = "if the change is wanted, make the corpus again as its README.md says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a file is not what comes out: ``place`` in it, what is there, and what comes out."""

    file: str
    place: str
    what: str
    committed: str = ""
    made: str = ""

    def __str__(self) -> str:
        at = f"{self.file}, {self.place}" if self.place else self.file
        values = f": {self.committed} here, {self.made} now" if self.made or self.committed else ""
        return f"{at}: {self.what}{values}"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A corpus and what is different; ``notes`` are changes that leave the events the same."""

    folder: str
    rule: str = ""
    origin: str = "generated"
    files: int = 0
    events: int = 0
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = field(default=())

    @property
    def status(self) -> str:
        """``same``, ``differs``, or ``unusable``."""
        if self.problems:
            return "unusable"
        return "differs" if self.differences else "same"


def manifests(folder: Path) -> list[Path]:
    """Return the manifests at or below a folder; raises ``InvalidInput`` where there is none."""
    if folder.is_file():
        return [folder]
    found = sorted(one for one in folder.rglob(MANIFEST) if not _is_hidden(one, folder))
    if not found:
        message = "there is no corpus with a manifest.json at or below this path"
        hint = "make one: harness generate RULE --output FOLDER"
        problem = Diagnostic(code="no-corpus", message=message, place=str(folder), hint=hint)
        raise InvalidInput([problem])
    return found


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def check(manifest: Path, rules: Sequence[Rule] = ()) -> Checked:
    """Return what is different about a corpus; ``rules`` are looked through first for its rule."""
    blank = Checked(folder=str(manifest.parent))
    try:
        told = read_manifest(manifest)
        if told["schema"] == RECORDED:
            return _recorded(manifest, told)
        rule = _rule_of(manifest, told, rules)
        wanted = Wanted(
            schemas=tuple(told["schemas"]),
            format=told["format"],
            mutations=told["mutations"],
            seed=told["seed"],
        )
        return _compared(manifest.parent, told, make(rule, wanted, told["made_from"]["path"]))
    except InvalidInput as error:
        placed = [replace(one, place=one.place or str(manifest)) for one in error.diagnostics]
        return replace(blank, problems=tuple(placed))
    except QuerySyntaxError as error:
        return replace(blank, problems=(from_syntax_error(error),))
    except Unsupported as error:
        problem = Diagnostic(code="unsupported", message=str(error), place=str(manifest))
        return replace(blank, problems=(problem,))


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest; raises ``InvalidInput`` with every place where it is none."""
    text = read_text(path, within=path.parent, limit=_MAX_MANIFEST)
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise _bad(place, f"this is no JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise _bad(str(path), f"this is no JSON that can be read: {error}") from error
    name = told.get("schema") if isinstance(told, dict) else None
    if not isinstance(name, str) or name not in {SCHEMA, RECORDED}:
        shown = repr(name)[:_SHOWN]
        raise _bad(str(path), f"'schema' is {shown}, not {SCHEMA!r} or {RECORDED!r}")
    errors = sorted(_validator(name).iter_errors(told), key=lambda error: error.json_path)
    if errors:
        raise InvalidInput(
            _problem(str(path), f"{one.json_path}: {one.message[:200]}") for one in errors[:20]
        )
    return dict(told)


@lru_cache(maxsize=2)
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 (slow to import)

    file = f"{name.split('/')[1]}.schema.json"
    return Draft202012Validator(json.loads(files(__package__).joinpath(file).read_text("utf-8")))


def _bad(place: str, message: str) -> InvalidInput:
    return InvalidInput([_problem(place, message)])


def _problem(place: str, message: str) -> Diagnostic:
    hint = "make the corpus again with harness generate RULE --output FOLDER"
    return Diagnostic(code="bad-manifest", message=message, place=place, hint=hint)


def _rule_of(manifest: Path, told: dict[str, Any], rules: Sequence[Rule]) -> Rule:
    """Return the rule of a corpus: by its key among those given, or where the manifest says."""
    key, path = told["rule"], Path(told["made_from"]["path"])
    for one in rules:
        if one.key == key:
            return one
    if path.is_absolute() or ".." in path.parts or path == Path():
        raise _no_rule(manifest, f"the manifest does not say where the rule {key[:_SHOWN]!r} lies")
    tops = dict.fromkeys((home_of(manifest.parent.resolve()), Path.cwd()))
    for top in tops:
        if (top / path).exists():
            loaded = load([top / path])
            for one in loaded.rules:
                if one.key == key:
                    return one
            if loaded.problems:
                raise InvalidInput(loaded.problems)
            message = f"the rule {key[:_SHOWN]!r} is not in {str(path)!r}"
            raise _no_rule(manifest, message)
    raise _no_rule(manifest, f"the rule of this corpus, {str(path)[:200]!r}, is not there")


def _no_rule(manifest: Path, message: str) -> InvalidInput:
    hint = "name where the rule is: harness generate RULE --check FOLDER"
    return InvalidInput(
        [Diagnostic(code="rule-not-found", message=message, place=str(manifest), hint=hint)]
    )


def _compared(folder: Path, told: dict[str, Any], corpus: Corpus) -> Checked:
    made = corpus.files()
    differences: list[Difference] = []
    notes: list[str] = []
    if told["made_from"]["sha256"] != corpus.manifest()["made_from"]["sha256"]:
        differences.append(
            Difference(file=MANIFEST, place="made_from.sha256", what="the rule was changed since")
        )
    same_rows: set[str] = set()
    for name, data in made.items():
        if name == MANIFEST:
            continue
        found = _file(folder / name, data, corpus)
        if isinstance(found, Difference):
            differences.append(found)
        elif found:
            same_rows.add(name)
            notes.append(found)
    differences.extend(_strays(folder, set(made)))
    new = json.loads(made[MANIFEST])
    if not differences:
        differences.extend(_manifest_differences(told, new, same_rows))
    if not differences and told["harness"] != new["harness"]:
        notes.append(
            f"only the version of the generator differs: made by {told['harness']}, and "
            f"{new['harness']} makes the same"
        )
    return Checked(
        folder=str(folder),
        rule=corpus.rule.key,
        files=len(made),
        events=sum(len(one.written.kept) for one in corpus.parts),
        differences=tuple(differences),
        notes=tuple(notes),
    )


def _strays(folder: Path, known: set[str]) -> Iterator[Difference]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in known and not path.name.startswith("."):
            what = "the manifest's corpus has no such file"
            yield Difference(file=path.name, place="", what=what)


def _file(path: Path, data: bytes, corpus: Corpus) -> Difference | str:
    """Return how a file differs from what is made; a note where only its bytes do."""
    if path.is_symlink():
        return Difference(file=path.name, place="", what="the file is a link")
    if not path.is_file():
        return Difference(file=path.name, place="", what="the file is missing")
    if path.stat().st_size > MAX_BYTES:
        raise InvalidInput(
            [Diagnostic(code="too-large", message="the file is too large", place=str(path))]
        )
    held = path.read_bytes()
    if held == data:
        return ""
    if any(path.name == one.name for one in corpus.parts) and corpus.format.name != "text":
        return _events(path.name, held, data, corpus)
    return _lines(path.name, held, data)


def _events(name: str, held: bytes, data: bytes, corpus: Corpus) -> Difference | str:
    """Compare two files of events record by record."""
    format_ = formats.get(corpus.wanted.format)
    made = format_.read(data)
    try:
        committed = format_.read(held)
    except NotWritten as error:
        return Difference(file=name, place="", what=f"the file cannot be read: {error}")
    for number, (old, new) in enumerate(zip(committed, made, strict=False), 1):
        for path, before, after in _paths(old, new):
            place = f"{format_.record} {number}"
            return Difference(file=name, place=place, what=path, committed=before, made=after)
    if len(committed) != len(made):
        return _count(name, format_.record, len(committed), len(made))
    if format_.exact:
        return _lines(name, held, data)
    return (
        f"{name}: the same {format_.record}s in other bytes, as another version of pyarrow writes"
    )


def _lines(name: str, held: bytes, data: bytes) -> Difference:
    """Compare two texts line by line; of JSON lines the first path that differs is told."""
    old, new = held.split(b"\n"), data.split(b"\n")
    for number, (before, after) in enumerate(zip(old, new, strict=False), 1):
        if before != after and b"" not in {before, after}:
            return _line(name, number, before, after)
    return _count(name, "line", len(old) - 1, len(new) - 1)


def _line(name: str, number: int, before: bytes, after: bytes) -> Difference:
    place = f"line {number}"
    try:
        for path, old, new in _paths(json.loads(before), json.loads(after)):
            return Difference(file=name, place=place, what=path, committed=old, made=new)
    except (ValueError, RecursionError):
        pass
    shown = [_cut(one.decode("utf-8", "replace")) for one in _from_difference(before, after)]
    return Difference(file=name, place=place, what="the line", committed=shown[0], made=shown[1])


def _from_difference(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Return two lines from a little before the first byte in which they differ."""
    pairs = enumerate(zip(before, after, strict=False))
    at = next((place for place, (one, other) in pairs if one != other), 0)
    start = max(0, at - 20)
    return before[start:], after[start:]


def _count(name: str, record: str, held: int, made: int) -> Difference:
    place = f"{record} {min(held, made) + 1}"
    more = "is new" if made > held else "does not come out any more"
    return Difference(
        file=name, place=place, what=more, committed=f"{held} {record}s", made=str(made)
    )


def _paths(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield each path at which two JSON values differ, and what stands there; labels first."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted({*old, *new}, key=lambda key: (key == "document", key != "label", key))
        for key in keys:
            below = f"{path}.{key}" if path else str(key)
            if key not in old or key not in new:
                there = [_shown(one[key]) if key in one else "absent" for one in (old, new)]
                yield below, there[0], there[1]
            else:
                yield from _paths(old[key], new[key], below)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _paths(one, other, f"{path}[{place}]")
    elif old != new or type(old) is not type(new):
        yield path or "the value", _shown(old), _shown(new)


def _shown(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _manifest_differences(
    told: dict[str, Any], new: dict[str, Any], same_rows: set[str]
) -> Iterator[Difference]:
    """Yield where the manifest is not what comes out, beside the version of the generator."""
    told, new = ({**one, "harness": ""} for one in (told, new))
    for name in same_rows & set(told["files"]):
        told["files"][name]["sha256"] = new["files"][name]["sha256"]
    for path, before, after in _paths(told, new):
        yield Difference(file=MANIFEST, place="", what=path, committed=before, made=after)
        return


def _recorded(manifest: Path, told: dict[str, Any]) -> Checked:
    """Compare the files of recorded events with their digests: nothing else can be made again."""
    folder = manifest.parent
    known = {**told["files"], told["data_sheet"]["name"]: told["data_sheet"]}
    differences: list[Difference] = []
    for name, facts in known.items():
        path = folder / Path(name).name
        if not path.is_file() or path.is_symlink():
            what = "the file is missing, or a link"
            differences.append(Difference(file=name, place="", what=what))
        elif digest(path.read_bytes()) != facts["sha256"]:
            what = "the file was changed after it was imported"
            differences.append(Difference(file=name, place="", what=what))
    differences.extend(_strays(folder, {*known, MANIFEST}))
    return Checked(
        folder=str(folder),
        rule=told["rule"],
        origin="recorded",
        files=len(known) + 1,
        events=sum(one["records"] for one in told["files"].values()),
        differences=tuple(differences),
    )
