"""Folders with a ``harness.yml``; every error of a file is reported at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from harness import languages, mutations, schemas, yamlsource
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset import native
from harness.ruleset.files import MANIFEST, read_text
from harness.ruleset.model import Budget, Known, Metadata, Promises, Rule, Translation, duration
from harness.ruleset.sources._base import Loaded, RuleFile, RuleSource, from_syntax_error
from harness.source import QuerySyntaxError, Source, Span


def load_rule(file: RuleFile) -> Rule:
    """Return the rule of one ``harness.yml``."""
    source, manifest = file.source, file.path
    try:
        document = yamlsource.load(source)
    except yamlsource.YamlError as error:
        raise InvalidInput([error.diagnostic()]) from error
    problems = list(_violations(document))
    if problems:
        raise InvalidInput(problems)
    return _Reader(manifest.parent, document).rule()


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    text = files("harness.ruleset").joinpath("harness.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def _violations(document: yamlsource.Document) -> Iterator[Diagnostic]:
    errors = sorted(
        _validator().iter_errors(document.plain()), key=lambda one: list(map(str, one.path))
    )
    for error in errors:
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            for name in sorted(set(error.instance) - set(known)):
                span = document.key_span((*path, name))
                yield _violation(document, span, _unknown_key(path, name), _nearest(name, known))
        else:
            hint = error.schema.get("description", "")
            yield _violation(document, document.span(path), _words(error), hint)


def _violation(document: yamlsource.Document, span: Span, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code="invalid-manifest",
        message=message,
        place=document.source.place(span),
        excerpt=document.source.excerpt(span),
        hint=hint,
    )


def _unknown_key(path: tuple[str | int, ...], name: str) -> str:
    where = ".".join(map(str, path)) or "the file"
    return f"{where}: there is no key {name!r}"


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"


def _words(error: ValidationError) -> str:
    where = ".".join(str(step) for step in error.absolute_path) or "the file"
    text = error.message if len(error.message) <= 200 else f"{error.message[:200]}…"  # noqa: PLR2004
    return f"{where}: {text}"


class _Reader:
    """Reads one manifest that is valid by its schema, gathering what is still wrong."""

    def __init__(self, folder: Path, document: yamlsource.Document) -> None:
        self._folder = folder
        self._document = document
        self._data: dict[str, Any] = document.plain()
        self._problems: list[Diagnostic] = []

    def rule(self) -> Rule:
        """Return the rule, or raise with everything that is wrong."""
        data = self._data
        self._known_name(("kind",), data["kind"], schemas.kinds(), "kind")
        reference = self._translation(("reference",), data["reference"])
        translations = [
            self._translation(("translations", index), item)
            for index, item in enumerate(data["translations"])
        ]
        self._unique_names()
        promises = self._promises(data.get("promises", {}))
        metadata, schedule = self._metadata(data["reference"]["file"])
        if self._problems or reference is None:
            raise InvalidInput(self._problems)
        return Rule(
            name=self._folder.name,
            folder=self._folder,
            metadata=metadata,
            kind=data["kind"],
            reference=reference,
            translations=tuple(one for one in translations if one is not None),
            promises=promises,
            known=tuple(self._known()),
            budget=Budget(**data.get("budget", {})),
            schedule=schedule,
        )

    def _translation(self, path: tuple[str | int, ...], item: dict[str, Any]) -> Translation | None:
        before = len(self._problems)
        self._known_name((*path, "language"), item["language"], languages.names(), "language")
        wanted = item.get("schemas", [item.get("schema")])
        for index, name in enumerate(wanted):
            at = (*path, "schemas", index) if "schemas" in item else (*path, "schema")
            self._schema(at, name)
        source = self._source((*path, "file"), item)
        if len(self._problems) > before or source is None:
            return None
        return Translation(
            name=item.get("name", "reference"),
            language=item["language"],
            source=source,
            schemas=tuple(wanted),
            versions=tuple(item.get("versions", ())),
            options=item.get("options", {}),
        )

    def _source(self, path: tuple[str | int, ...], item: dict[str, Any]) -> Source | None:
        file = self._folder / item["file"]
        try:
            text = read_text(file, within=self._folder)
            return native.query_source(text, str(file), item["language"])
        except InvalidInput as error:
            if not file.exists():
                self._report(path, "no-such-file", f"there is no file {item['file']!r} beside it")
            else:
                self._problems.extend(self._new(error))
            return None

    def _new(self, error: InvalidInput) -> list[Diagnostic]:
        """Return what is not reported yet: one file may hold reference and translation."""
        return [one for one in error.diagnostics if one not in self._problems]

    def _schema(self, path: tuple[str | int, ...], name: str) -> None:
        try:
            schema = schemas.get(name)
        except InvalidInput as error:
            first = error.diagnostics[0]
            self._report(path, first.code, first.message, first.hint)
            return
        if self._data["kind"] not in schema.kinds:
            message = f"the schema {name!r} does not record activities of this rule's kind"
            self._report(path, "wrong-kind", message, f"it records: {', '.join(schema.kinds)}")

    def _known_name(
        self, path: tuple[str | int, ...], name: str, known: Iterable[str], what: str
    ) -> None:
        names = sorted(known)
        if name not in names:
            message = f"there is no {what} {name!r}"
            self._report(path, f"unknown-{what}", message, _nearest(name, names))

    def _unique_names(self) -> None:
        seen: set[str] = set()
        for index, item in enumerate(self._data["translations"]):
            if item["name"] in seen:
                message = f"the translation {item['name']!r} is declared twice"
                self._report(("translations", index, "name"), "duplicate-translation", message)
            seen.add(item["name"])

    def _promises(self, data: dict[str, Any]) -> Promises:
        for index, name in enumerate(data.get("robust", ())):
            self._known_name(("promises", "robust", index), name, mutations.names(), "mutation")
        late_by = duration(data["late_by"]) if "late_by" in data else None
        return Promises(**{**data, "robust": tuple(data.get("robust", ())), "late_by": late_by})

    def _known(self) -> Iterator[Known]:
        for index, item in enumerate(self._data.get("known", ())):
            place = self._document.source.place(self._document.span(("known", index)))
            yield Known(**item, place=place)

    def _metadata(self, name: str) -> tuple[Metadata, Any]:
        file = self._folder / name
        try:
            text = read_text(file, within=self._folder)
            if name.endswith(".toml"):
                table = native.elastic_table(text, str(file))
                return native.elastic_metadata(table), native.elastic_schedule(table)
            if name.endswith((".yml", ".yaml")):
                return native.sigma_metadata(Source(text, str(file))), None
        except InvalidInput as error:
            self._problems.extend(self._new(error))
        except QuerySyntaxError as error:
            self._problems.append(from_syntax_error(error))
        return Metadata(title=self._folder.name), None

    def _report(self, path: tuple[str | int, ...], code: str, message: str, hint: str = "") -> None:
        span = self._document.span(path)
        source = self._document.source
        self._problems.append(
            Diagnostic(
                code=code,
                message=message,
                place=source.place(span),
                excerpt=source.excerpt(span),
                hint=hint,
            )
        )


def _read(files: Sequence[RuleFile], loaded: Loaded) -> None:
    for file in files:
        try:
            loaded.rules.append(load_rule(file))
        except InvalidInput as error:
            loaded.problems.extend(error.diagnostics)


SOURCE = RuleSource(
    name="manifest",
    title="Folder with a harness.yml",
    extensions=(MANIFEST,),
    claims=lambda file: file.path.name == MANIFEST,
    read=_read,
)
