"""From files and folders to rules, whatever formats they are in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text, rule_files
from harness.ruleset.model import Rule
from harness.ruleset.sources import Loaded, RuleFile, RuleSource, all_sources

__all__ = ["Loaded", "extensions", "load", "load_rules"]


def load(paths: Iterable[Path]) -> Loaded:
    """Return all rules at or below some paths; a broken rule does not stop the others.

    A file that is named itself must hold a rule; below a folder, files of other kinds are
    passed over.
    """
    result = Loaded()
    claimed: dict[RuleSource, list[RuleFile]] = {one: [] for one in all_sources()}
    for root in paths:
        _claim(root, claimed, result)
    for source, files in claimed.items():
        if files:
            source.read(files, result)
    return result


def load_rules(path: str | Path) -> list[Rule]:
    """Return the rules at or below a path; raises ``InvalidInput`` if one cannot be used."""
    result = load([Path(path)])
    if result.problems:
        raise InvalidInput(result.problems)
    return result.rules


def _claim(root: Path, claimed: dict[RuleSource, list[RuleFile]], result: Loaded) -> None:
    if not _exists(root):
        result.problems.append(_problem("no-such-file", str(root), "there is no such path"))
        return
    seen = {file.path for files in claimed.values() for file in files}
    found = 0
    for path in rule_files(root, extensions()):
        if path in seen:
            continue
        try:
            file = RuleFile(path=path, text=read_text(path, within=path.parent))
        except InvalidInput as error:
            found += 1
            result.problems.extend(error.diagnostics)
            continue
        source = next((one for one in claimed if _claims(one, file)), None)
        if source is not None:
            found += 1
            claimed[source].append(file)
    if not found:
        kinds = ", ".join(one.title for one in all_sources())
        message = "no rule was found at or below this path"
        hint = f"a rule is one of: {kinds}; see docs/rules.md"
        result.problems.append(_problem("no-rules", str(root), message, hint))


def extensions() -> tuple[str, ...]:
    """Return the endings of the names of files that may hold rules."""
    return tuple({ending for one in all_sources() for ending in one.extensions})


def _claims(source: RuleSource, file: RuleFile) -> bool:
    return file.path.name.endswith(source.extensions) and source.claims(file)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _problem(code: str, place: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code=code, message=message, place=place, hint=hint)
