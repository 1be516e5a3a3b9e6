"""The data sheet of a corpus: one page in words for somebody who knows nothing about it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.report._characters import in_columns, visible
from harness.report._markdown import code, fence, table
from harness.report._markdown import text as _text

if TYPE_CHECKING:
    from harness.corpora.make import Corpus

NAME = "README.md"
_MOST_LINES = 60
"""Lines of a query that are repeated from a rule."""
_LABELS = (
    ("label", "`malicious`: the rule must fire on the event; `benign`: it must stay silent"),
    ("name", "a name that no other event of the file has"),
    ("because", "why the event is in the corpus"),
    ("mutation", "the change that was made to the event, if any; `detail` says what it changed"),
    ("effect", "`keeps`: the label holds for the changed event; `probes`: no promise is made"),
    ("activity", "what happened, before any change"),
)


def text(words: object) -> str:
    """Return words that somebody else wrote as plain text, with nothing hidden in it."""
    return _text(visible(str(words)))


def sheet(corpus: Corpus) -> str:
    """Return the page, in Markdown."""
    return "\n".join((*_head(corpus), *_made(corpus), *_files(corpus), *_rest(corpus))) + "\n"


def _head(corpus: Corpus) -> Iterator[str]:
    rule = corpus.rule
    title = text(rule.metadata.title or rule.name)
    yield f"# Labelled events: {title}"
    yield ""
    yield (
        "Events on which one detection rule must fire, and events on which it must not, to test "
        "queries and detection pipelines with. Every event is synthetic: made by a program from "
        "the rule below. No event was recorded, no person, account, computer or address is real, "
        "and nothing in the events harms anything."
    )
    yield ""
    yield f"- Rule: {title}"
    yield f"- Identifier: {code(rule.key)}"
    if rule.metadata.author:
        yield f"- Author of the rule: {text(rule.metadata.author)}"
    yield f"- Licence of the rule: {text(rule.metadata.license or 'not stated in the rule')}"
    yield f"- About: {text(corpus.intent.schema.kind(rule.kind).title)} ({code(rule.kind)})"
    yield ""
    yield f"What the rule means, in {text(rule.reference.language)}:"
    yield ""
    yield from _shown(rule.reference.source.text)
    yield ""


def _made(corpus: Corpus) -> Iterator[str]:
    yield "## How it was made"
    yield ""
    yield (
        "The harness reads the rule and builds, for each way in which it can fire, an event that "
        "fires it; then, for each condition, events that differ in that condition alone and turn "
        "the verdict; then everyday events. What happened is told without any vendor first, then "
        "written the way each data source records it."
    )
    if corpus.wanted.mutations:
        made = {one.mutation for part in corpus.parts for one in part.written.kept}
        yield f"Some events are also *mutated*: {', '.join(sorted(filter(None, made)))}."
    yield ""
    yield (
        "The label of an event is the verdict of the rule as written above, on the event before "
        "any mutation. No translation of the rule into another language takes part in it."
    )
    yield ""
    yield "To make the same files again (the same seed gives the same bytes):"
    yield ""
    yield from _shown(command(corpus))
    yield ""


def command(corpus: Corpus) -> str:
    """Return the command that makes the corpus again."""
    wanted = corpus.wanted
    words = ["harness", "generate", corpus.path or corpus.rule.name]
    if wanted.schemas:
        words += [word for one in wanted.schemas for word in ("--schema", one)]
    words += ["--format", wanted.format] if wanted.format != "jsonl" else []
    words += [] if wanted.mutations else ["--no-mutations"]
    words += ["--seed", str(wanted.seed)] if wanted.seed else []
    return shlex.join([*words, "--output"]) + " FOLDER"


def _files(corpus: Corpus) -> Iterator[str]:
    format_ = corpus.format
    yield "## What is in it"
    yield ""
    rows = []
    for part in corpus.parts:
        counts = Counter(one.label for one in part.written.kept)
        title = f"{text(part.schema.title)} ({code(part.schema.label)})"
        rows.append((code(part.name), title, str(counts["malicious"]), str(counts["benign"])))
    yield from table(("file", "events as recorded by", "malicious", "benign"), rows, "llrr")
    yield ""
    yield f"{format_.title}, one {format_.record} an event. Labels stand {format_.labels}."
    if format_.sidecar:
        yield "The files of labels are JSON lines; their names end in `.labels.jsonl`."
    yield f"In the file, {format_.layout}."
    yield ""
    yield from table(("label", "meaning"), [(code(name), meaning) for name, meaning in _LABELS])
    yield ""
    yield from _values(corpus)


def _values(corpus: Corpus) -> Iterator[str]:
    """Yield what the values mean that the rule looks at."""
    declared = corpus.intent.schema.kind(corpus.rule.kind).values
    read = [declared[name] for name in sorted(corpus.intent.read_values()) if name in declared]
    if read:
        yield "What the rule looks at (the names of `activity`):"
        yield ""
        yield from table(
            ("value", "meaning"), [(code(one.name), text(one.meaning)) for one in read]
        )
        yield ""
    names = ", ".join(f"`harness schemas {part.schema.label}`" for part in corpus.parts)
    yield f"The fields of each data source: {names}."
    yield ""


def _rest(corpus: Corpus) -> Iterator[str]:
    yield "## What is missing"
    yield ""
    gaps = list(_gaps(corpus))
    yield from gaps or ["- Every alternative and every condition of the rule is covered."]
    yield "- Values are plausible, not measured: do not take frequencies from here."
    yield ""
    yield "## Terms"
    yield ""
    yield (
        "The events are data made by a program and hold nobody's personal data. What was taken "
        "over from the rule (its texts) stays under the rule's licence."
    )


def _gaps(corpus: Corpus) -> Iterator[str]:
    for gap in corpus.gaps:
        yield f"- Not built: {text(gap.what)}: {text(gap.reason)}."
    for fact in corpus.facts:
        why = f" ({text(fact.why)})" if fact.why else ""
        yield f"- Proven of the rule, so that no event can show otherwise: {text(fact.what)}{why}."
    for part in corpus.parts:
        for reason, count in part.written.left_out.items():
            yield f"- {code(part.name)}: {_events(count)} left out: {text(reason)}."
        warning = part.schema.coverage(corpus.rule.kind)
        if warning:
            yield f"- {code(part.name)}: {text(warning)}"


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"


def _shown(words: str) -> Iterator[str]:
    """Yield a fenced block of text that somebody else wrote."""
    lines = in_columns(words).rstrip("\n").split("\n")
    more = ["..."] if len(lines) > _MOST_LINES else []
    yield from fence("\n".join([*lines[:_MOST_LINES], *more]))
