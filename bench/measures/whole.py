"""The whole `harness test` over all rules, against pySigma parsing and converting them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from harness import batch
from harness.conversion import built_in, choose, targets_of
from harness.ruleset.model import Rule
from measures.tables import ratio, section, share

NAMES = ("lucene", "splunk", "eql", "esql", "sqlite")
_WORK = """
import json, sys, time, warnings
from pathlib import Path
from sigma.collection import SigmaCollection
from sigma.plugins import InstalledSigmaPlugins
warnings.simplefilter("ignore")
given = json.load(sys.stdin)
plugins = InstalledSigmaPlugins.autodiscover()
resolver = plugins.get_pipeline_resolver()
started = time.perf_counter()
for path, targets in given:
    text = Path(path).read_text("utf-8")
    for name, pipelines in targets:
        try:
            rules = SigmaCollection.from_yaml(text)
            plugins.backends[name](resolver.resolve(pipelines)).convert(rules)
        except Exception:
            pass
print(time.perf_counter() - started)
"""


def show(folder: Path, rules: Sequence[Rule]) -> None:
    """Print the section."""
    section(
        "6. All rules through `harness test`",
        f"`harness test --translate {','.join(NAMES)}` over {len(rules)} rules with an empty",
        f"cache, in {batch.default_jobs(len(rules))} process(es), then again. pySigma, in one",
        "process, parses each rule for each of the same targets, since converting changes it.",
    )
    with tempfile.TemporaryDirectory() as cache:
        first, second = _run(folder, cache), _run(folder, cache)
    alone = _pysigma(rules)
    if alone is None:
        print("pySigma: not installed\n")
    else:
        print(f"wall time of the first run / pySigma: {ratio(first, alone)}")
    print(f"second run: {share(int(1000 * second), int(1000 * first))} % of the first\n")


def _run(folder: Path, cache: str) -> float:
    command = [sys.executable, "-m", "harness", "test", str(folder), "--translate", ",".join(NAMES)]
    environment = {**os.environ, "HARNESS_CACHE": cache}
    started = time.perf_counter()
    subprocess.run([*command, "-q"], check=False, capture_output=True, env=environment)
    return time.perf_counter() - started


def _pysigma(rules: Sequence[Rule]) -> float | None:
    """Return the seconds that pySigma takes, ``None`` where it is not installed."""
    choices = choose(NAMES, built_in())
    asked = [
        (rule.reference.source.name, [(one.backend, one.pipelines) for one in chosen])
        for rule in rules
        for chosen in (targets_of(rule.kind, choices),)
    ]
    command = [sys.executable, "-c", _WORK]
    done = subprocess.run(
        command, input=json.dumps(asked), check=False, capture_output=True, text=True
    )
    return float(done.stdout) if done.returncode == 0 else None
