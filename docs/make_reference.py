"""Writes ``reference.md``, and the tables of ``mutations.md``, from what the package declares.

Run ``python docs/make_reference.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness import languages, mutations, schemas
from harness.checks import all_checks
from harness.corpora import formats as corpora
from harness.report import formats

PAGE = Path(__file__).parent / "reference.md"
HEAD = """# Reference

Made from the package by `python docs/make_reference.py`; a test compares it with the code.
"""
MUTATIONS = (
    "What they do to the label of an event, and how rules promise them: "
    "[mutations.md](mutations.md)."
)
MUTATIONS_PAGE = Path(__file__).parent / "mutations.md"


def reference() -> str:
    """Return the page."""
    sections = (
        ("Languages", "A page each in [languages/](languages/).", _languages()),
        ("Data sources", "How to read and add one: [schemas.md](schemas.md).", _schemas()),
        ("Kinds of activity", "Their values: `harness/schemas/kinds/`.", _kinds()),
        ("Mutations", MUTATIONS, _mutations()),
        ("Promises and their findings", "", _checks()),
        (
            "Corpus formats",
            "Selected by `harness generate --format`: [corpora.md](corpora.md).",
            _corpora(),
        ),
        ("Report formats", "Selected by the ending of `--output`.", _formats()),
    )
    parts = [HEAD]
    for title, text, table in sections:
        parts.append(f"\n## {title}\n\n" + (f"{text}\n\n" if text else "") + "".join(table))
    return "".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n"


def _languages() -> Iterator[str]:
    rows = []
    for name in languages.names():
        one = languages.get(name)
        options = ", ".join(f"`{option.name}`" for option in one.options) or "none"
        rows.append((f"[{name}](languages/{name}.md)", one.title, options))
    return _table(("name", "language", "options"), rows)


def _schemas() -> Iterator[str]:
    rows = []
    for name in schemas.names():
        one = schemas.get(name)
        shapes = ", ".join(f"`{label}`" for label in schemas.labels(name))
        every = len(one.kinds) == len(schemas.kinds())
        rows.append((name, one.title, "every kind" if every else ", ".join(one.kinds), shapes))
    return _table(("name", "data source", "kinds", "shapes"), rows)


def _kinds() -> Iterator[str]:
    rows = []
    for name in schemas.kinds():
        sources = ", ".join(schemas.sources_of(name)) or "Sigma's own names only"
        rows.append((name, schemas.kind(name).title, sources))
    return _table(("name", "what happens", "data sources"), rows)


def _mutations() -> Iterator[str]:
    found = (mutations.get(name) for name in mutations.names())
    rows = [(one.name, one.evasion or "", " or ".join(one.effects), one.summary) for one in found]
    return _table(("name", "evasion by", "effect", "what and why"), rows)


def mutations_page(text: str) -> str:
    """Return the page about mutations with its tables made anew."""
    for name, table in (("data", _data()), ("evasions", _evasions())):
        mark, end = f"<!-- {name} -->\n", "<!-- end -->"
        head, tail = text.split(mark)
        text = head + mark + "".join(table) + tail[tail.index(end) :]
    return text


def _data() -> Iterator[str]:
    found = (mutations.get(name) for name in mutations.names())
    rows = [
        (one.name, " or ".join(one.effects), one.summary) for one in found if one.evasion is None
    ]
    return _table(("mutation", "effect", "what and why"), rows)


def _evasions() -> Iterator[str]:
    found = [mutations.get(name) for name in mutations.names()]
    rows = [
        (
            one.name,
            one.evasion,
            one.summary,
            " ".join(f"[{n}]({s})" for n, s in enumerate(one.sources, 1)),
        )
        for one in sorted(found, key=lambda one: (one.evasion or "", one.name))
        if one.evasion is not None
    ]
    return _table(("mutation", "family", "what and why", "sources"), rows)


def _checks() -> Iterator[str]:
    for one in all_checks():
        yield f"**{one.name}**: {one.question}\n\n"
        yield from _table(
            ("finding", "meaning"), [(f"`{c}`", text) for c, text in one.codes.items()]
        )
        yield "\n"


def _corpora() -> Iterator[str]:
    found = [corpora.get(name) for name in corpora.names()]
    rows = [(one.name, one.title, f"`{one.ending}`", one.labels) for one in found]
    return _table(("name", "format", "ending", "labels stand"), rows)


def _formats() -> Iterator[str]:
    rows = [(one.title, ", ".join(f"`{e}`" for e in one.extensions)) for one in formats().values()]
    return _table(("format", "endings"), sorted(rows))


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    MUTATIONS_PAGE.write_text(mutations_page(MUTATIONS_PAGE.read_text("utf-8")), encoding="utf-8")
