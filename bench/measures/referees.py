"""Real parsers, where they are installed, on what the harness rejects and a sample of the rest."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.languages.kusto._columns import kusto_type
from measures.tables import section, short, table
from measures.targets import SAMPLE, Judged, Measured

HERE = Path(__file__).parents[1] / "referees"
LUCENE_PROGRAM = Path(__file__).parents[2] / "tests" / "engines" / "Lucene.java"
KUSTO = "HARNESS_KUSTO_PARSER"
"""The environment variable that names the folder of npm's @kusto/language-service-next."""
LUCENE = "HARNESS_LUCENE_JARS"
"""The environment variable that names the folder of Lucene's jars."""
_JARS = "/usr/share/java"
_TIME = 1200.0
_EXAMPLES = 3
_COLUMNS = 1900
_MISSING_COLUMN = re.compile(r"no such column: (.+)")
_MISSING_TABLE = re.compile(r"no such table: (?:main\.)?(.+)")
_FIRST_TABLE = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\||\Z)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a referee says: rejected with a reason, accepted (no reason), or nothing."""

    error: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Referee:
    """A real parser: the languages it knows, what it is, and how it is asked.

    ``ready`` is why it cannot be asked, empty if it can.
    """

    title: str
    languages: frozenset[str]
    ready: Callable[[], str]
    ask: Callable[[Sequence[Judged]], list[Answer]]
    note: str


def _sqlite(queries: Sequence[Judged]) -> list[Answer]:
    return [_prepared(one.text) for one in queries]


def _prepared(query: str) -> Answer:
    """Prepare a statement; tables and columns that it names are made first."""
    database = sqlite3.connect(":memory:")
    database.create_function("regexp", 2, lambda *_: None)
    made = "logs"
    database.execute("CREATE TABLE logs (no_column)")
    try:
        for _ in range(_COLUMNS):
            try:
                database.execute(f"EXPLAIN {query}").close()
            except sqlite3.Error as error:
                column, missing = (
                    _MISSING_COLUMN.match(str(error)),
                    _MISSING_TABLE.match(str(error)),
                )
                if missing is not None and made == "logs":
                    made = missing[1]
                    database.execute(f"CREATE TABLE {_name(made)} (no_column)")
                elif column is None or _added(database, made, column[1]):
                    return Answer(str(error))
            else:
                return Answer()
        return Answer(silent=True)
    finally:
        database.close()


def _added(database: sqlite3.Connection, made: str, column: str) -> str:
    """Add a column, and return why that cannot be."""
    try:
        database.execute(f"ALTER TABLE {_name(made)} ADD COLUMN {_name(column)}")
    except sqlite3.Error as error:
        return str(error)
    return ""


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _grep(queries: Sequence[Judged]) -> list[Answer]:
    with tempfile.TemporaryDirectory() as empty:
        return [_run_grep(one.text, empty) for one in queries]


def _run_grep(query: str, folder: str) -> Answer:
    """Run the command on no input: status 2 is a command line or pattern that grep refuses."""
    try:
        argv = shlex.split(query)
    except ValueError as error:
        return Answer(f"shell: {error}")
    tokens = shlex.shlex(query, posix=True, punctuation_chars=True)
    tokens.whitespace_split = True
    plain = not any(re.fullmatch(r"[();<>|&]+", token) for token in tokens)
    if argv[:1] != ["grep"] or not plain:
        return Answer(silent=True)
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=10,
            cwd=folder,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return Answer(silent=True)
    said = done.stderr.decode("utf-8", "replace").strip()
    return Answer(said.removeprefix("grep: ") or "status 2") if done.returncode > 1 else Answer()


def _jars() -> list[Path]:
    folder = Path(os.environ.get(LUCENE, _JARS))
    parts = ("core", "queryparser", "analyzers-common", "queries", "sandbox")
    found = [sorted(folder.glob(f"lucene-{part}-*.jar")) for part in parts]
    return [paths[-1] for paths in found if paths]


def _no_lucene() -> str:
    if not any("queryparser" in jar.name for jar in _jars()):
        return f"no Lucene jars in {LUCENE} or where liblucene8-java puts them"
    return "" if shutil.which("javac") and shutil.which("java") else "javac is not there"


def _lucene(queries: Sequence[Judged], *options: str) -> list[Answer]:
    """Compile the program and give it a query a line, in base64."""
    path = ":".join(map(str, _jars()))
    lines = "\n".join(base64.b64encode(one.text.encode()).decode() for one in queries)
    with tempfile.TemporaryDirectory() as folder:
        compile_ = ["javac", "-cp", path, "-d", folder, str(LUCENE_PROGRAM)]
        subprocess.run(compile_, check=True, capture_output=True)
        run = ["java", "-Xmx1g", "-cp", f"{path}:{folder}", "Lucene", *options]
        return _lines(run, lines, len(queries))


def _no_kusto() -> str:
    if _kusto_folder() is None:
        return f"{KUSTO} names no folder with Kusto.Language.Bridge.min.js"
    return "" if shutil.which("node") else "node is not there"


def _kusto_folder() -> Path | None:
    named = os.environ.get(KUSTO)
    if not named:
        return None
    folders = (Path(named), Path(named) / "package")
    return next((one for one in folders if (one / "Kusto.Language.Bridge.min.js").is_file()), None)


def _kusto(queries: Sequence[Judged]) -> list[Answer]:
    """Give the script a query a line, with its table and the types of the columns."""
    lines = []
    for one in queries:
        start = _FIRST_TABLE.match(one.text)
        columns = {name: kusto_type(kind.name) or "dynamic" for name, kind in one.types.items()}
        text = one.text if start else f"Events\n| where {one.text}"
        given = {"query": text, "table": start[1] if start else "Events", "columns": columns}
        lines.append(json.dumps(given))
    run = ["node", str(HERE / "kusto.js"), str(_kusto_folder())]
    return _lines(run, "\n".join(lines), len(queries))


def _lines(argv: Sequence[str], text: str, count: int) -> list[Answer]:
    """Return the answers of a program that writes one line of JSON a query."""
    done = subprocess.run(
        list(argv), input=text + "\n", capture_output=True, check=False, timeout=_TIME, text=True
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [Answer(one.get("error", ""), silent=bool(one.get("silent"))) for one in found]
    return answers[:count] + [Answer(silent=True)] * (count - len(answers))


def _ready() -> str:
    return ""


REFEREES = (
    Referee(
        title="SQLite",
        languages=frozenset({"sqlite"}),
        ready=_ready,
        ask=_sqlite,
        note=f"SQLite {sqlite3.sqlite_version}: EXPLAIN; tables and columns that are named exist",
    ),
    Referee(
        title="GNU grep",
        languages=frozenset({"grep"}),
        ready=lambda: "" if shutil.which("grep") else "grep is not there",
        ask=_grep,
        note="GNU grep: exit status 2 on no input; what is more than one plain command is not run",
    ),
    Referee(
        title="Lucene",
        languages=frozenset({"lucene", "opensearch"}),
        ready=_no_lucene,
        ask=_lucene,
        note="Lucene 8's classic QueryParser, not Elasticsearch's own subclass of it: it knows no"
        " types of fields (a value that is no number is fine), builds every regular expression, by"
        " the grammar of Lucene 8 (without the classes \\d, \\w, \\s of 9 and later), and has no"
        " limit of its own on a regular expression's length",
    ),
    Referee(
        title="Lucene as Graylog sets it",
        languages=frozenset({"graylog"}),
        ready=_no_lucene,
        ask=lambda queries: _lucene(queries, "no-leading-wildcard"),
        note="The same where a term may not begin with a wildcard, Graylog's default; it refuses"
        " `field:*` as well, which Elasticsearch and OpenSearch make a test for existence",
    ),
    Referee(
        title="Kusto",
        languages=frozenset({"kusto"}),
        ready=_no_kusto,
        ask=_kusto,
        note="Microsoft's Kusto parser and analyzer: errors only; one table with the columns of the"
        " types given, open to others",
    ),
)


def show(results: Sequence[Measured]) -> None:
    """Print the section."""
    section(
        "3. Referees",
        f"Every query that the harness rejects, and at most {SAMPLE} of a target that it accepts,",
        "drawn at random from a fixed seed. No answer: longer than ten seconds, or not asked.",
        "",
        *(f"- {one.note}." for one in REFEREES),
    )
    rows: list[tuple[object, ...]] = []
    examples: list[tuple[object, ...]] = []
    for referee in REFEREES:
        fitting = [one for one in results if one.target.language in referee.languages]
        problem = referee.ready()
        for one in fitting:
            if problem:
                rows.append(
                    (referee.title, one.target.name, *[""] * 6, f"not installed: {problem}")
                )
                continue
            asked = [*one.refused, *one.accepted]
            answers = referee.ask(asked)
            rows.append((referee.title, one.target.name, *_counts(asked, answers), ""))
            examples += _disagreements(referee, one.target.name, asked, answers)
    heads = (
        "asked",
        "both reject",
        "only we reject",
        "only it rejects",
        "both accept",
        "no answer",
    )
    table(("referee", "target", *heads, "note"), rows)
    if examples:
        print("Disagreements, up to three of each kind:\n")
        table(("referee", "target", "rule", "who rejects", "why", "query"), examples)


def _counts(asked: Sequence[Judged], answers: Sequence[Answer]) -> tuple[int, ...]:
    found = Counter(_verdict(*pair) for pair in zip(asked, answers, strict=True))
    names = ("both", "we", "it", "neither", "silent")
    return (len(asked), *(found[name] for name in names))


def _verdict(one: Judged, answer: Answer) -> str:
    if answer.silent:
        return "silent"
    if one.error:
        return "both" if answer.error else "we"
    return "it" if answer.error else "neither"


def _disagreements(
    referee: Referee, target: str, asked: Sequence[Judged], answers: Sequence[Answer]
) -> list[tuple[object, ...]]:
    left = Counter({"we": _EXAMPLES, "it": _EXAMPLES})
    rows: list[tuple[object, ...]] = []
    for one, answer in zip(asked, answers, strict=True):
        who = _verdict(one, answer)
        if left[who] > 0:
            left[who] -= 1
            rejects = "only we" if who == "we" else "only it"
            why = short(one.error or answer.error, 80)
            rows.append((referee.title, target, one.rule, rejects, why, short(one.text, 100)))
    return rows
