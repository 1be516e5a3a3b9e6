"""Native query files: translations of the rule that lies beside them, or rules of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from harness import languages, schemas
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text
from harness.ruleset.logsource import ANY_KIND
from harness.ruleset.mapping import AS_WRITTEN
from harness.ruleset.model import Metadata, Rule, Translation
from harness.ruleset.sources._base import Loaded, RuleFile, RuleSource
from harness.source import Source

_GENERAL = (".json", ".sh", ".ps1", ".sql")
"""Endings of many files that are no queries: such a file is one beside a rule, or if named."""
_NEVER = frozenset({"", ".md", ".txt", ".rst", ".csv", ".py", ".toml", ".yml", ".yaml", ".conf"})
"""Endings that no query file has; nothing is asked of the languages for them."""
_SIGMA = "sigma"
_USUAL = ("winlogbeat",)
"""Schemas that come before others where several fit: what converters write queries for."""


@lru_cache(maxsize=1)
def _endings() -> dict[str, tuple[str, ...]]:
    """Return, per file name ending, the languages whose queries have it."""
    found: dict[str, tuple[str, ...]] = {}
    for name in languages.names():
        for ending in languages.get(name).extensions if name != _SIGMA else ():
            found[ending] = (*found.get(ending, ()), name)
    return found


def _ending(path: Path) -> str:
    """Return the longest ending of a file's name that a language has; empty for none."""
    if path.suffix.lower() in _NEVER:
        return ""
    name = path.name.lower()
    fitting = (one for one in _endings() if name.endswith(one) and len(name) > len(one))
    return max(fitting, key=len, default="")


def _claims(file: RuleFile) -> bool:
    return bool(_ending(file.path))


def _read(files: Sequence[RuleFile], loaded: Loaded) -> None:
    """Put every file where it belongs, rules of the other sources being read already."""
    folders: dict[Path, list[int]] = {}
    for at, rule in enumerate(loaded.rules):
        folders.setdefault(rule.folder, []).append(at)
    for file in files:
        try:
            _put(file, folders.get(file.path.parent, []), loaded)
        except InvalidInput as error:
            loaded.problems.extend(error.diagnostics)


def _put(file: RuleFile, beside: Sequence[int], loaded: Loaded) -> None:
    """Add a file to the rule that it belongs to, or as a rule of its own."""
    ending = _ending(file.path)
    stem = file.path.name[: -len(ending)]
    of_stem = [at for at in beside if _stem(loaded.rules[at]) == stem]
    if len(of_stem) > 1:
        raise InvalidInput([_several(file, loaded.rules[of_stem[0]])])
    chosen = of_stem or beside
    if len(chosen) == 1:
        rule = loaded.rules[chosen[0]]
        added = _translation(rule, file, "" if of_stem else stem, _language(file, ending))
        loaded.rules[chosen[0]] = replace(rule, translations=(*rule.translations, added))
    elif ending not in _GENERAL or file.named:
        loaded.rules.append(_own(file, stem, _language(file, ending)))


def _stem(rule: Rule) -> str:
    return Path(rule.reference.source.name).stem


def _language(file: RuleFile, ending: str) -> str:
    """Return the language of a file by its ending, if no other language has the same."""
    known = _endings()[ending]
    if len(known) == 1:
        return known[0]
    raise InvalidInput(
        [
            Diagnostic(
                code="ambiguous-language",
                message=f"a file that ends in {ending} may be {' or '.join(known)}",
                place=str(file.path),
                hint="add a harness.yml that names the language, see docs/rules.md",
            )
        ]
    )


def _several(file: RuleFile, rule: Rule) -> Diagnostic:
    name = Path(rule.reference.source.name).name
    return Diagnostic(
        code="ambiguous-rule",
        message=f"{name} holds several rules, and nothing says which of them this query is of",
        place=str(file.path),
        hint="give each rule a file of its own, or add a harness.yml",
    )


def _translation(rule: Rule, file: RuleFile, name: str, language: str) -> Translation:
    """Return a query file as a translation of a rule, on the first schema that fits."""
    fitting = next(_fitting(rule.kind, language), "")
    is_sigma = rule.reference.language == _SIGMA
    schema = fitting or (_SIGMA if is_sigma else rule.reference.schemas[0])
    taken = {one.name for one in rule.translations}
    name = name or language
    return Translation(
        name=file.path.name if name in taken else name,
        language=language,
        source=_source(file),
        schemas=(schema,),
        options=_options(language, schema),
        scoped=is_sigma and not fitting,
    )


def _source(file: RuleFile) -> Source:
    return Source(read_text(file.path, within=file.path.parent), str(file.path))


def _fitting(kind: str, language: str) -> Iterator[str]:
    names = sorted(schemas.names(), key=lambda one: (one not in _USUAL, one))
    for name in names:
        schema = schemas.get(name)
        if language in schema.languages and kind in schema.kinds:
            yield name


def _own(file: RuleFile, stem: str, language: str) -> Rule:
    """Return a query without a rule as a rule: it can be read, and does what it says."""
    query = Translation(
        name="reference",
        language=language,
        source=_source(file),
        schemas=(AS_WRITTEN,),
        options=_options(language, AS_WRITTEN),
    )
    return Rule(
        name=file.path.name,
        folder=file.path.parent,
        metadata=Metadata(title=stem),
        kind=ANY_KIND,
        reference=query,
        translations=(replace(query, name=language),),
    )


def _options(language: str, schema: str) -> dict[str, str]:
    """Return the options of a query on fields that no mapping lists."""
    open_fields = schema in {AS_WRITTEN, _SIGMA} and language in {"eql", "esql"}
    return {"unmapped": "missing"} if open_fields else {}


SOURCE = RuleSource(
    name="plain",
    title="query file (.lucene, .spl, ...)",
    extensions=(),
    claims=_claims,
    read=_read,
    rank=3,
    by_name=True,
)
