"""Ratios of one run; see README.md beside this file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import harness
from harness import languages, schemas
from harness.api import corpus
from harness.evaluate import masks, oracle
from harness.evaluate.columns import Columns
from harness.events.kinds import CLOCK
from harness.ir import Context

ROOT = Path(__file__).parents[1]


def best(action: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest of some timings, in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def evaluators() -> None:
    """Print how oracle and masks compare on each translation's corpus."""
    print(f"{'translation':<16}{'schema':<34}{'events':>8}{'oracle / masks':>16}")
    for rule in harness.load_rules(ROOT / "rules"):
        for translation in rule.translations:
            name = translation.schemas[0]
            events = [one.document for one in corpus(rule, name)] * 5
            language = languages.get(translation.language)
            types = schemas.get(name).types(rule.kind)
            query = language.parse(translation.source, Context(types=types, now=CLOCK))
            if query.prepare:
                events = [query.prepare(event) for event in events]

            def slow(query=query, events=events, language=language) -> None:
                for event in events:
                    oracle.evaluate(query.predicate, event, language.semantics)

            def fast(query=query, events=events, language=language) -> None:
                masks.evaluate(query.predicate, Columns(events), language.semantics)

            ratio = best(slow) / best(fast)
            print(f"{translation.name:<16}{name:<34}{len(events):>8}{ratio:>15.1f}x")


def main_job() -> None:
    """Print what the main job takes on top of making its documents."""
    rules = harness.load_rules(ROOT / "rules")

    def generate() -> None:
        for rule in rules:
            for name in {name for one in rule.translations for name in one.schemas}:
                corpus(rule, name)

    made = best(generate)
    print(f"\nmain job / generating its documents: {best(lambda: harness.test(rules)) / made:.1f}x")
    measured = best(lambda: harness.test(rules, measure=True), repeats=1)
    print(f"with costs measured / generating:    {measured / made:.1f}x")


if __name__ == "__main__":
    evaluators()
    main_job()
