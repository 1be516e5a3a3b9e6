"""Sigma rules and filters in YAML files, as SigmaHQ keeps them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harness.errors import InvalidInput
from harness.languages.sigma.document import SigmaDocument, SigmaFilter, read_documents
from harness.ruleset.logsource import kind_of
from harness.ruleset.model import Promises, Rule, Translation
from harness.ruleset.native import metadata_of
from harness.ruleset.sources._base import Loaded, RuleFile, RuleSource, from_syntax_error
from harness.source import QuerySyntaxError, Source, Unsupported

_SECTION = re.compile(r"^(detection|filter|correlation)\s*:", re.MULTILINE)
PROMISES = Promises(
    robust=("value-case", "deleted-key", "deleted-group", "extra-fields"), focused=True
)
"""What is asked of every translation of a rule that makes no promises of its own."""


def _claims(file: RuleFile) -> bool:
    return _SECTION.search(file.text) is not None


def _read(files: Sequence[RuleFile], loaded: Loaded) -> None:
    """Read every file before the first rule is built, since filters apply across files."""
    rules: list[tuple[RuleFile, SigmaDocument]] = []
    filters: list[SigmaFilter] = []
    for file in files:
        try:
            documents = read_documents(file.source)
        except (QuerySyntaxError, Unsupported) as error:
            loaded.problems.append(from_syntax_error(error))
            continue
        rules.extend((file, one) for one in documents if isinstance(one, SigmaDocument))
        filters.extend(one for one in documents if isinstance(one, SigmaFilter))
    several = _files_with_several(rules)
    for file, rule in rules:
        try:
            loaded.rules.append(_rule(file, rule, filters, alone=file.path not in several))
        except QuerySyntaxError as error:
            loaded.problems.append(from_syntax_error(error))
        except InvalidInput as error:
            loaded.problems.extend(error.diagnostics)


def _files_with_several(rules: Sequence[tuple[RuleFile, SigmaDocument]]) -> set[object]:
    return {path for path, count in Counter(file.path for file, _ in rules).items() if count > 1}


def _rule(
    file: RuleFile, rule: SigmaDocument, filters: Sequence[SigmaFilter], *, alone: bool
) -> Rule:
    if rule.problems:
        raise rule.problems[0]
    metadata = metadata_of(rule)
    name = file.path.stem if alone else rule.name or rule.id or rule.title or file.path.stem
    return Rule(
        name=name,
        folder=file.path.parent,
        metadata=metadata,
        kind=kind_of(metadata.logsource),
        reference=Translation(
            name="reference",
            language="sigma",
            source=_source(file, rule, [one for one in filters if one.applies_to(rule)]),
            schemas=("sigma",),
        ),
        translations=(),
        promises=PROMISES,
    )


def _source(file: RuleFile, rule: SigmaDocument, filters: Sequence[SigmaFilter]) -> Source:
    """Return the text of one rule, with the filters that apply to it behind it."""
    if not filters and rule.span.end - rule.span.start >= len(file.text.strip()) - len("---"):
        return file.source
    text = file.text[rule.span.start : rule.span.end].rstrip()
    pieces = (one.source.text[one.span.start : one.span.end].rstrip() for one in filters)
    line = file.text.count("\n", 0, rule.span.start) + 1
    return Source("\n---\n".join((text, *pieces)), str(file.path), first_line=line)


SOURCE = RuleSource(
    name="sigma",
    title="Sigma rule (.yml)",
    extensions=(".yml", ".yaml"),
    claims=_claims,
    read=_read,
    rank=1,
)
