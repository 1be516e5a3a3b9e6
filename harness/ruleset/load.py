"""From files and folders to rules, whatever formats they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import MANIFEST, read_text, rule_files
from harness.ruleset.model import Rule
from harness.ruleset.recorded import with_recorded
from harness.ruleset.regressions import with_regressions
from harness.ruleset.sources import Loaded, RuleFile, RuleSource, all_sources

__all__ = ["Loaded", "load", "load_rules"]


def load(paths: Sequence[Path]) -> Loaded:
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
    result.problems.extend([_no_rules(root) for root in paths if _is_empty(root, result)])
    result.rules[:], bad = with_regressions(list(_told_apart(result.rules)))
    result.problems.extend(bad)
    result.rules[:], bad = with_recorded(result.rules)
    result.problems.extend(bad)
    return result


def load_rules(path: str | Path) -> list[Rule]:
    """Return the rules at or below a path; raises ``InvalidInput`` if one cannot be used."""
    result = load([Path(path)])
    if result.problems:
        raise InvalidInput(result.problems)
    return result.rules


def _told_apart(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Yield the rules; those that share an id know it, so that their results stay apart."""
    places: dict[str, list[str]] = {}
    for rule in rules:
        places.setdefault(rule.metadata.id, []).append(rule.reference.source.name)
    for rule in rules:
        same = list(places[rule.metadata.id])
        if not rule.metadata.id or len(same) == 1:
            yield rule
            continue
        place = rule.reference.source.name
        same.remove(place)
        message = f"another rule has the same id, {rule.metadata.id}: {same[0]}"
        hint = "give each rule an id of its own; alert histories and exceptions go by it"
        warning = _problem("duplicate-id", place, message, hint)
        yield replace(rule, shares_id=True, warnings=(*rule.warnings, warning))


def _claim(root: Path, claimed: dict[RuleSource, list[RuleFile]], result: Loaded) -> None:
    if not _exists(root):
        result.problems.append(_problem("no-such-file", str(root), "there is no such path"))
        return
    seen = {file.path for files in claimed.values() for file in files}
    for path in rule_files(root, ("",)):
        if path in seen:
            continue
        try:
            found = _source_of(path, claimed, named=path == root)
        except InvalidInput as error:
            result.problems.extend(error.diagnostics)
            continue
        if found is not None:
            source, file = found
            claimed[source].append(file)


def _source_of(
    path: Path, among: Iterable[RuleSource], *, named: bool
) -> tuple[RuleSource, RuleFile] | None:
    """Return the source that claims a file, and the file; its text is read once if at all."""
    text: str | None = None
    for source in among:
        if source.by_name:
            file = RuleFile(path=path, text="", named=named)
        elif path.name.endswith(source.extensions):
            text = read_text(path, within=path.parent) if text is None else text
            file = RuleFile(path=path, text=text, named=named)
        else:
            continue
        if source.claims(file):
            return source, file
    return None


def _is_empty(root: Path, result: Loaded) -> bool:
    """Return whether neither a rule nor a problem was found at or below a path."""
    if any(_holds(root, one) for one in result.rules):
        return False
    places = (one.place for one in result.problems)
    return not any(
        Path(place).is_relative_to(root) or place.startswith(f"{root}:") for place in places
    )


def _holds(root: Path, rule: Rule) -> bool:
    """Return whether a rule, or a translation of it, lies at or below a path."""
    if root.name == MANIFEST:
        return rule.folder == root.parent
    queries = (rule.reference, *rule.translations)
    return any(Path(one.source.name).is_relative_to(root) for one in queries)


def _no_rules(root: Path) -> Diagnostic:
    kinds = ", ".join(one.title for one in all_sources())
    message = "no rule was found at or below this path"
    hint = f"a rule is one of: {kinds}; see docs/rules.md"
    return _problem("no-rules", str(root), message, hint)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _problem(code: str, place: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code=code, message=message, place=place, hint=hint)
