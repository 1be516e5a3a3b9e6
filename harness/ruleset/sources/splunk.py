"""Splunk detections in YAML files: metadata and a ``search``, with macros beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness import yamlsource
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.logsource import ANY_KIND
from harness.ruleset.mapping import AS_WRITTEN
from harness.ruleset.model import Metadata, Rule, Translation
from harness.ruleset.sources import _splunk_macros
from harness.ruleset.sources._base import Loaded, RuleFile, RuleSource
from harness.source import Source

_SEARCH = re.compile(r"^search\s*:", re.MULTILINE)
_DEFINITION = re.compile(r"^definition\s*:", re.MULTILINE)
_NAME = re.compile(r"^name\s*:", re.MULTILINE)
_PASSES_ALL = "search *"
"""What Splunk's tools define a detection's own filter macro as
(https://github.com/splunk/contentctl)."""


def _claims(file: RuleFile) -> bool:
    if file.path.name == _splunk_macros.CONF:
        return True
    named = _NAME.search(file.text) is not None
    return named and bool(_SEARCH.search(file.text) or _is_macro(file))


def _is_macro(file: RuleFile) -> bool:
    return file.path.parent.name == "macros" and _DEFINITION.search(file.text) is not None


def _read(files: Sequence[RuleFile], loaded: Loaded) -> None:
    """Read every macro before the first detection is built."""
    macros = _splunk_macros.Macros()
    detections: list[tuple[RuleFile, yamlsource.Document]] = []
    for file in files:
        if file.path.name == _splunk_macros.CONF:
            found, problems = _splunk_macros.from_conf(file.text, file.path)
            macros.add(found)
            loaded.problems.extend(problems)
            continue
        try:
            documents = yamlsource.load_all(file.source)
        except yamlsource.YamlError as error:
            loaded.problems.append(error.diagnostic())
            continue
        for document in documents:
            data = document.plain()
            if isinstance(data, dict) and "search" not in data and "definition" in data:
                macro = _splunk_macros.from_table(data, file.path)
                macros.add([macro] if macro else [])
                loaded.problems.extend([] if macro else [_no_macro(document)])
            elif data is not None:
                detections.append((file, document))
    for file, document in detections:
        try:
            loaded.rules.append(_rule(file, document, macros))
        except InvalidInput as error:
            loaded.problems.extend(error.diagnostics)


def _rule(file: RuleFile, document: yamlsource.Document, macros: _splunk_macros.Macros) -> Rule:
    data = document.plain()
    if not isinstance(data, dict):
        message = "the document is no table with a name and a search"
        raise InvalidInput([_problem(document, (), message, "write name: and search:")])
    problems = list(_problems(document, data))
    if problems:
        raise InvalidInput(problems)
    search = _search(document, data["search"])
    own = f"{_own_name(data['name'])}_filter"
    known = {
        **{name: _PASSES_ALL for name in {own, f"{file.path.stem}_filter"} if name in search.text},
        **macros.used_by(search.text, file.path.parent),
    }
    query = Translation(
        name="reference",
        language="spl",
        source=search,
        schemas=(AS_WRITTEN,),
        options={"macros": known} if known else {},
    )
    return Rule(
        name=file.path.stem,
        folder=file.path.parent,
        metadata=_metadata(data),
        kind=ANY_KIND,
        reference=query,
        translations=(
            Translation(
                name="spl",
                language="spl",
                source=search,
                schemas=(AS_WRITTEN,),
                options=query.options,
            ),
        ),
        warnings=tuple(_missing(document, search.text, known)),
    )


def _missing(
    document: yamlsource.Document, search: str, known: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Yield a note on the macros that no file beside the detection defines."""
    defined = {one.partition("(")[0] for one in known}
    names = _splunk_macros.names_in(search, known) - defined
    if names:
        message = f"no file defines the macros {', '.join(sorted(names))}"
        hint = f"put macros/NAME.yml or a {_splunk_macros.CONF} into this folder or one above it"
        found = _problem(document, ("search",), message, hint)
        yield replace(found, code="no-macro", severity="note")


def _own_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _problems(document: yamlsource.Document, data: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for key in ("name", "search"):
        value = data.get(key)
        if key not in data:
            hint = f"write {key}: and a text"
            yield _problem(document, (), f"the detection has no {key}", hint)
        elif not isinstance(value, str) or not value.strip():
            yield _problem(document, (key,), f"the {key} is no text", "put it in quotes")


def _search(document: yamlsource.Document, text: str) -> Source:
    """Return the search, with the place of the YAML value that it stands in."""
    source = document.source
    line, column = source.line_column(document.span(("search",)).start)
    return Source(text, source.name, first_line=line, first_column=column)


def _metadata(data: Mapping[str, Any]) -> Metadata:
    tags = data.get("tags")
    tags = tags if isinstance(tags, dict) else {}
    attack = tags.get("mitre_attack_id", data.get("mitre_attack_id"))
    return Metadata(
        id=_text(data.get("id")),
        title=_text(data.get("name")),
        author=_text(data.get("author")),
        license=_text(data.get("license")),
        techniques=tuple(map(str, attack)) if isinstance(attack, list) else (),
    )


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _no_macro(document: yamlsource.Document) -> Diagnostic:
    message = "this is neither a detection nor a macro"
    hint = "a detection has name and search, a macro name, definition and a list of arguments"
    return _problem(document, (), message, hint)


def _problem(
    document: yamlsource.Document, path: tuple[str | int, ...], message: str, hint: str
) -> Diagnostic:
    span = document.span(path)
    return Diagnostic(
        code="invalid-rule",
        message=message,
        place=document.source.place(span),
        excerpt=document.source.excerpt(span),
        hint=hint,
    )


SOURCE = RuleSource(
    name="splunk",
    title="Splunk detection (.yml)",
    extensions=(".yml", ".yaml", _splunk_macros.CONF),
    claims=_claims,
    read=_read,
    rank=2,
)
