"""One query on both sides: the harness, and an Elasticsearch or an OpenSearch."""

from __future__ import annotations

import json
import re
import secrets
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import settings

import harness
from harness import referee
from harness.engines.servers._elastic import Cluster, Index, RefusedMapping
from harness.ir import FieldType
from harness.ir.query import field_types, infer_types
from harness.languages import graylog
from harness.referee import Grammar, Report, World
from harness.run.opinions import version_option
from harness.source import QuerySyntaxError

Answer = list[bool | None] | str
"""One outcome per document, or why there is none: invalid, unsupported."""
VERDICTS: Counter[str] = Counter()
"""How many verdicts, each of one query on one document, were compared on each engine."""
CASES = Path(__file__).parents[1] / "languages" / "cases"
PROBES = Path(__file__).parents[3] / "shared" / "semantics" / "probes"
SECONDS = 45.0
"""What the random queries of one language may take."""
_NOW = re.compile(r"\bnow\b")
_DYNAMIC = FieldType(
    name="text", settings={"fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
)
"""How strings are mapped without a template."""


@dataclass(slots=True)
class Engine:
    """A server of a kind; a context manager, at whose end its indices are removed."""

    kind: str
    cluster: Cluster
    _stack: ExitStack = field(default_factory=ExitStack)
    _names: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self.cluster.close()

    @property
    def name(self) -> str:
        """The kind with its version."""
        return f"{self.kind} {self.cluster.version}"

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        return self.cluster.release

    @contextmanager
    def index(self, case: Case) -> Iterator[Index]:
        """Yield an empty index for a case; cases with the same mapping have it in turn."""
        key = repr((sorted(case.mapping.items(), key=str), case.settings))
        if key not in self._names:
            made = self.cluster.index(case.mapping, case.settings)
            self._names[key] = self._stack.enter_context(made).name
        index = Index(self.cluster, self._names[key])
        try:
            yield index
        finally:
            lines = [json.dumps({"delete": {"_id": name}}) + "\n" for name in index.names]
            if lines:
                self.cluster.ask("POST", f"/{index.name}/_bulk", "".join(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A query with documents, as ``harness.match`` takes them."""

    language: str
    query: str
    events: Sequence[Mapping[str, Any]]
    types: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    now: str | None = None

    def why_not(self, engine: Engine) -> str:
        """Return why the engine cannot judge this case; empty where it can."""
        if _NOW.search(self.query) and (self.now or "ts" in self.types):
            return "the engine's clock cannot be set"
        if self.language == "graylog":
            return self._why_not_graylog(engine)
        if "max_query_string_length" in self.options:
            return "it is about a setting of the cluster"
        wanted = re.findall(r"\d+(?:\.\d+)?", str(self.options.get("version") or ""))
        if engine.kind == "opensearch" and self.language != "opensearch" and wanted:
            return "it is about a version of Elasticsearch"
        if wanted and not any(_same_version(one, engine) for one in wanted):
            return f"it is about version {self.options['version']}"
        return ""

    def _why_not_graylog(self, engine: Engine) -> str:
        if self.options.get("backend") == "opensearch":
            return "it is about OpenSearch"
        if not self.events:
            return "Graylog itself refuses leading wildcards"
        return "" if engine.release == (7, 10) else "Graylog runs on Elasticsearch 7.10"

    def meaning(self, engine: Engine) -> dict[str, Any]:
        """Return the options with which the harness means this engine."""
        if self.language == "graylog":
            return {**self.options, "backend": "elasticsearch"}
        return {**self.options, **version_option(self.language, engine.name)}

    @property
    def documents(self) -> list[Mapping[str, Any]]:
        """The events as they are stored."""
        if self.language == "graylog" and self.options.get("ingest"):
            prefix = str(self.options.get("prefix") or "")
            return [graylog.stored(event, prefix) for event in self.events]
        return list(self.events)

    @property
    def mapping(self) -> dict[str, FieldType]:
        """The index types that the harness assumes."""
        found = {**infer_types(self.documents), **field_types(self.types)}
        found = {path: kind for path, kind in found.items() if path != "_id"}
        plain = FieldType(name="keyword")
        if self.language == "graylog":
            for path, kind in graylog.MAPPING.items():
                if found.get(path) in {None, plain}:
                    found[path] = kind
        if self.options.get("dynamic"):
            found = {path: _DYNAMIC if kind == plain else kind for path, kind in found.items()}
        return found

    @property
    def settings(self) -> dict[str, Any]:
        """The index settings that the options of the Query DSL stand for, and none for safety."""
        quick = {"index.translog.durability": "async"}
        if self.language != "querydsl":
            return quick
        names = {
            "default_field": "index.query.default_field",
            "lenient": "index.query_string.lenient",
        }
        meant = {names[key]: value for key, value in self.options.items() if key in names}
        return {**quick, **meant}


def _same_version(wanted: str, engine: Engine) -> bool:
    numbers = tuple(map(int, wanted.split(".")))
    return engine.release[: len(numbers)] == numbers


def cases(written: Mapping[str, Sequence[str]]) -> list[Any]:
    """Return the cases and probes of languages, each read as the languages that it names."""
    params = []
    for language, read_as in written.items():
        found = [*_of_files(language), *_of_probes(language)]
        params += [
            pytest.param(replace(case, language=one), id=f"{one}/{name}")
            for one in read_as
            for name, case in found
        ]
    return params


def _of_files(language: str) -> list[tuple[str, Case]]:
    found = []
    for path in sorted((CASES / language).glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        shared = {key: value for key, value in table.items() if key != "case"}
        for own in table["case"]:
            name = f"{language}/{path.stem}/{own['id']}"
            found.append((name, _case(language, {**shared, **own})))
    return found


def _of_probes(language: str) -> list[tuple[str, Case]]:
    file = PROBES / f"{language}.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else ()
    return [(given["id"], _case(language, given)) for given in map(json.loads, lines)]


def _case(language: str, given: dict[str, Any]) -> Case:
    events = given.get("events", [])
    listed = events if isinstance(events, list) else [events]
    return Case(
        language=language,
        query=given["query"],
        events=[json.loads(item) if isinstance(item, str) else item for item in listed],
        types=given.get("types") or {},
        options=given.get("options") or {},
        now=given.get("now"),
    )


def check(case: Case, engine: Engine) -> None:
    """Assert that both sides say the same of a case; skip what the engine cannot be asked."""
    why_not = case.why_not(engine)
    if why_not:
        pytest.skip(why_not)
    ours = _ours(case, engine)
    if ours == "unsupported":
        pytest.skip("the harness does not evaluate it")
    try:
        with engine.index(case) as index:
            stored = index.add(case.documents)
            theirs, words = _theirs(case, index)
    except RefusedMapping as error:
        pytest.skip(f"the engine has no such mapping: {error}")
    if isinstance(ours, list) and isinstance(theirs, list):
        pairs = zip(ours, stored, strict=True)
        VERDICTS[f"{engine.name}, cases of {case.language}"] += sum(
            kept and one is not None for one, kept in pairs
        )
    assert _agree(case, ours, theirs, stored), (ours, theirs, words)


def _ours(case: Case, engine: Engine) -> Answer:
    try:
        return harness.match(
            case.query,
            language=case.language,
            events=list(case.events),
            types=case.types,
            now=case.now,
            options=case.meaning(engine),
        )
    except harness.QuerySyntaxError:
        return "invalid"
    except harness.Unsupported:
        return "unsupported"


def _theirs(case: Case, index: Index) -> tuple[Answer, str]:
    """Return the engine's answer, and its words if it refuses the query."""
    try:
        return index.ask(case.language, case.query, options=case.options), ""
    except QuerySyntaxError as error:
        return "invalid", error.message


def _agree(case: Case, left: Answer, right: Answer, stored: Sequence[bool]) -> bool:
    """Return whether our answer and theirs are the same on the documents that the engine took.

    An outcome that the harness leaves undefined is no claim.
    A compound query may be answered before all of its clauses are read: a clause that can never
    match, such as a term of an unmapped field, makes the engine drop the others unread.
    """
    if left == "invalid" and isinstance(right, list) and _COMPOUND.search(case.query):
        return case.language == "querydsl"
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    rows = zip(left, right, stored, strict=True)
    return all(one is None or one == two or not kept for one, two, kept in rows)


_COMPOUND = re.compile(r'"(bool|boosting|dis_max|constant_score|nested)"')


# Random queries ------------------------------------------------------------------------------


class _Meaning:
    """A connection whose version is that of the Elasticsearch as which a fork is read."""

    def __init__(self, cluster: Cluster, version: str) -> None:
        self._cluster = cluster
        self.version = version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)


def compare(language: str, engine: Engine) -> None:
    """Assert that both sides say the same on random queries over an index with every type."""
    deep = settings.get_current_profile_name() == "deep"
    seed = secrets.randbelow(1 << 32) if deep else 0
    meant = version_option(language, engine.name)
    version = meant.pop("version")
    report = referee.search(
        _meaning(referee.get(language), meant),
        _Meaning(engine.cluster, version),
        engine.kind,
        examples=settings().max_examples,
        seconds=SECONDS * 10 if deep else SECONDS,
        seed=seed,
    )
    VERDICTS[f"{engine.name}, random {language}, seed {seed}"] += report.verdicts
    assert report.disagreement is None, story(report)


def _meaning(grammar: Grammar, options: Mapping[str, Any]) -> Grammar:
    """Return a grammar whose queries are read with some options besides."""
    made: dict[int, World] = {}

    def of(world: World) -> World:  # one world again and again is stored once
        more = replace(world, options={**world.options, **options})
        return made.setdefault(id(world), more)

    return replace(grammar, worlds=lambda takes: grammar.worlds(takes).map(of))


def story(report: Report) -> str:
    """Return what the two sides disagree on, as small as it gets."""
    found = report.disagreement
    assert found is not None
    types = {name: kind for name, kind in found.world.types.items() if name in found.query}
    return (
        f"{found.query!r} with {found.options}, seed {report.seed}, on "
        f"{list(found.world.documents)[:3]} of {types}: harness {str(found.ours)[:200]}, engine "
        f"{str(found.theirs)[:200]} {found.words}"
    )
