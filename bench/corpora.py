"""What generated corpora are worth: decisions proven, breaks caught, speed. See README.md."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from breaks import NAMES, breaks

from harness.documents.build import documents
from harness.documents.document import Document
from harness.errors import HarnessError
from harness.evaluate.remembered import Remembered
from harness.events import solve
from harness.events.intent import Intent, intent_of
from harness.events.model import Samples
from harness.ir import And, Atom, Predicate, Truth, walk_predicate
from harness.logic.decisions import decisions
from harness.logic.search import Goal, Place, Search
from harness.logic.texts import GaveUp
from harness.logic.values import Domain
from harness.mutations import Effect
from harness.ruleset.load import load
from harness.ruleset.model import Rule

ROOT = Path(__file__).parents[1]
_OUTCOMES = ("caught", "missed", "undecided", "same meaning")


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=Path, default=ROOT.parent / "shared/data/sigma-rules")
    parser.add_argument("--every", type=int, default=1, help="take every Nth rule")
    parser.add_argument("--breaks", type=int, default=10, help="break every Nth of these rules")
    parser.add_argument("--list", action="store_true", help="name the breaks that are missed")
    options = parser.parse_args()
    rules = load([options.rules]).rules[:: options.every]
    built = Built()
    caught = Caught(verbose=options.list)
    for number, rule in enumerate(rules):
        intent, samples = built.build(rule)
        if intent is not None and number % options.breaks == 0:
            caught.look(rule, intent, samples)
    built.tell(len(rules))
    caught.tell()


class Built:
    """Corpora that are built, and what they prove."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()

    def build(self, rule: Rule) -> tuple[Intent | None, Samples]:
        try:
            intent = intent_of(rule)
        except HarnessError as error:
            self._reasons[type(error).__name__] += 1
            return None, Samples(samples=())
        started = time.process_time()
        samples = solve.samples(intent)
        self._counts["documents"] += len(_judged(intent, samples))
        self._seconds += time.process_time() - started
        self._count(intent, samples)
        return intent, samples

    def _count(self, intent: Intent, samples: Samples) -> None:
        counts = self._counts
        documents = _documents(intent, samples)
        scope = {id(one) for part in intent.scope for one in walk_predicate(part)}
        found = [
            one
            for one in decisions(intent.predicate, documents, intent.semantics)
            if id(one.leaf) not in scope
        ]
        undecided = sum(not one.both_ways for one in found)
        counts["samples"] += len(samples.samples)
        counts["conditions"] += len(found)
        counts["conditions that decide both ways"] += len(found) - undecided
        counts["rules of which every condition decides both ways"] += not undecided
        counts["rules of which every condition decides or provably cannot"] += not samples.gaps
        counts["rules with something proven"] += bool(samples.facts)
        for fact in samples.facts:
            counts[f"proven: {fact.code.value}"] += 1
        self._reasons.update({one.reason for one in samples.gaps})

    def tell(self, rules: int) -> None:
        print(
            f"{rules} rules, {rules / self._seconds:.0f} a second from predicate to documents, "
            "mutated ones included"
        )
        for name, number in self._counts.items():
            print(f"{number:>9} {name}")
        for reason, number in self._reasons.most_common():
            print(f"{number:>9} rules with a gap: {reason}")


class Caught:
    """Breaks that change the meaning of a rule, and those of them that its events show."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._counts: Counter[tuple[str, str]] = Counter()

    def look(self, rule: Rule, intent: Intent, samples: Samples) -> None:
        made = _judged(intent, samples)
        judged = [one for one in made if one.effect is not Effect.PROBES]
        corpus = {json.dumps([one.body, one.malicious]): one for one in judged}.values()
        for name, broken in _broken(intent):
            outcome = self._outcome(intent, broken, corpus)
            self._counts[name, outcome] += 1
            if outcome == "missed" and self._verbose:
                print(f"missed: {rule.reference.source.name}: {name}: {_first(intent, broken)}")

    def _outcome(
        self,
        intent: Intent,
        broken: Predicate,
        corpus: Iterable[Document],
    ) -> str:
        verdict = Remembered(broken, intent.semantics)
        for one in corpus:
            if (verdict.truth(one.body) is Truth.TRUE) is not one.malicious:
                return "caught"
        both = (intent.predicate, broken)
        search = _search(intent)
        try:
            for fires, silent in (both, both[::-1]):
                if search.solve([Goal(fires, True), Goal(silent, False)]) is not None:
                    return "missed"
        except GaveUp:
            return "undecided"
        return "same meaning"

    def tell(self) -> None:
        print(f"{'break':<20}", *(f"{one:>13}" for one in (*_OUTCOMES, "recall")))
        for name in NAMES:
            self._line(name, [name])
        self._line("all", NAMES)

    def _line(self, title: str, names: Sequence[str]) -> None:
        row = [sum(self._counts[name, one] for name in names) for one in _OUTCOMES]
        recall = row[0] / max(1, sum(row[:3]))
        print(f"{title:<20}", *(f"{one:>13}" for one in row), f"{recall:>13.2%}")


def _documents(intent: Intent, samples: Samples) -> list[Mapping[str, Any]]:
    return [intent.document(one.activity.values) for one in samples.samples]


def _search(intent: Intent) -> Search:
    """Return a search over any events; what the rule does not read is never recorded."""
    read = intent.read_fields()

    def domain(place: Place) -> Domain:
        if isinstance(place, str) and place not in read:
            return Domain(values=())
        return Domain(several=not isinstance(place, str))

    return Search(domain)


def _judged(intent: Intent, samples: Samples) -> list[Document]:
    """Return the documents that a translation of this rule alone is run on."""
    read = intent.read_fields()
    return documents(samples.samples, intent, intent.schema, focus=lambda _: read)


def _broken(intent: Intent) -> Iterator[tuple[str, Predicate]]:
    """Yield broken predicates; what the log source asks is left as it is."""
    if not intent.scope:
        yield from breaks(intent.predicate)
        return
    assert isinstance(intent.predicate, And)
    *scope, own = intent.predicate.items
    for name, broken in breaks(own):
        yield name, And((*scope, broken))


def _first(intent: Intent, after: Predicate) -> str:
    """Return the first condition of a broken predicate that the rule does not have."""
    old = {id(one) for one in walk_predicate(intent.predicate)}
    new = (one for one in walk_predicate(after) if id(one) not in old)
    atom = next((one for one in new if isinstance(one, Atom)), None)
    return f"{atom.field} {atom.check.describe()}" if atom else ""


if __name__ == "__main__":
    main()
