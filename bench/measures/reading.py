"""Reading Sigma rules, and the time that pySigma takes to parse the same texts."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from harness import languages
from harness.ir import Context
from harness.ruleset.model import Rule
from harness.source import QuerySyntaxError, Source, Unsupported
from measures.tables import kind_of_message, ratio, section, table

_WARM = 20
"""Rules that both read beforehand, so that neither is measured while it loads."""


def pysigma() -> Callable[[str], object] | None:
    """Return pySigma's reader of rules, where it is installed."""
    if find_spec("sigma") is None:
        return None
    from sigma.collection import SigmaCollection  # noqa: PLC0415 - only where it is installed

    return SigmaCollection.from_yaml


def show(rules: Sequence[Rule]) -> None:
    """Print the section."""
    section(
        "1. Reading Sigma rules",
        "Every rule in turn by both, alternating who is first. The harness reads up to the",
        "predicate, `SigmaCollection.from_yaml` to a document whose conditions are still unparsed.",
        "Processor time.",
    )
    texts = [rule.reference.source.text for rule in rules]
    other = pysigma()
    ours: Counter[str] = Counter()
    times = {"harness": 0.0, "pySigma": 0.0}

    def read(text: str) -> None:
        try:
            languages.get("sigma").parse(Source(text), Context())
        except (QuerySyntaxError, Unsupported) as error:
            ours[f"{type(error).__name__}: {kind_of_message(error.message)}"] += 1
        else:
            ours["read"] += 1

    readers = {"harness": read} if other is None else {"harness": read, "pySigma": _quiet(other)}
    for text in texts[:_WARM]:
        for reader in readers.values():
            reader(text)
    ours.clear()
    for number, text in enumerate(texts):
        for name in sorted(readers, reverse=bool(number % 2)):
            started = time.process_time()
            readers[name](text)
            times[name] += time.process_time() - started
    table(("rules", "read", "not read"), [(len(texts), ours["read"], len(texts) - ours["read"])])
    if len(ours) > 1:
        del ours["read"]
        table(("why not read", "rules"), ours.most_common())
    if other is None:
        print("pySigma: not installed\n")
    else:
        print(
            f"time of the harness / time of pySigma: {ratio(times['harness'], times['pySigma'])}\n"
        )


def _quiet(reader: Callable[[str], object]) -> Callable[[str], None]:
    def read(text: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                reader(text)
            except Exception:  # noqa: BLE001 - what pySigma cannot read costs it time as well
                return

    return read
