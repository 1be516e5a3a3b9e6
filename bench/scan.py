"""How fast `harness scan` is, as ratios of one run; see README.md beside this file."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
from lanes import LANES, write

ROOT = Path(__file__).parents[1]
_FLOOR = """
import sys, orjson
with open(sys.argv[1], "rb") as file:
    for line in file:
        orjson.loads(line)
"""
_ARROW = """
import sys, pyarrow.json as pj
options = pj.ReadOptions(use_threads=False, block_size=8 << 20)
for _ in pj.open_json(sys.argv[1], read_options=options):
    pass
"""
_PEERS = ("rsigma", "hayabusa", "chainsaw", "zircolite")


def run(command: Sequence[str], *, cache: str | None = None) -> tuple[float, int, str]:
    """Return wall seconds, peak memory of its largest process in MiB, and what was printed."""
    environment = {**os.environ, "HARNESS_CACHE": cache} if cache is not None else None
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        done = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(done.pid, 0)
        seconds = time.perf_counter() - started
        done.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        printed = out.read()
    if done.returncode not in {0, 1}:
        sys.exit(f"{' '.join(command[:5])}: {printed[-2000:]}")
    return seconds, usage.ru_maxrss >> 10, printed


def python(code: str, *arguments: str) -> float:
    """Return the wall seconds of a few lines of Python."""
    return run([sys.executable, "-c", code, *arguments])[0]


class Bench:
    """One run: a folder for the lanes, a cache of its own, and the rules."""

    def __init__(self, folder: Path, rules: Path, jobs: int) -> None:
        self.folder, self.rules, self.jobs = folder, rules, jobs
        self.cache = str(folder / "cache")

    def lane(self, name: str, count: int) -> Path:
        path = self.folder / f"{name}-{count}.jsonl"
        if not path.exists():
            write(path, name, count)
        return path

    def scan(self, path: Path, rules: Path | None = None, *options: str) -> tuple[float, int, str]:
        command = [sys.executable, "-m", "harness", "scan", str(rules or self.rules), str(path)]
        return run([*command, "-q", "-j", str(self.jobs), *options], cache=self.cache)

    def some_rules(self, count: int) -> Path:
        """Return a folder with one rule in so many of the whole set."""
        found = sorted(self.rules.rglob("*.yml"))
        folder = self.folder / f"rules-{count}"
        for path in found[:: max(1, len(found) // count)][:count]:
            to = folder / path.relative_to(self.rules)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
        return folder


def lanes(bench: Bench, count: int) -> None:
    """Print each lane beside the time merely to parse it."""
    bench.scan(bench.lane("repetitive", 1000))  # fills the cache
    print(f"\n{count:,} events, {bench.jobs} processes, warm cache")
    print(f"{'lane':<12}{'MB':>6}{'orjson':>9}{'scan':>9}{'ratio':>7}{'pyarrow':>9}{'MiB':>6}")
    for name in LANES:
        path = bench.lane(name, count)
        floor = python(_FLOOR, str(path))
        seconds, peak, _ = bench.scan(path)
        again = python(_FLOOR, str(path))
        arrow = python(_ARROW, str(path))
        best = min(floor, again)
        print(
            f"{name:<12}{path.stat().st_size / 1e6:>6.0f}{best:>8.2f}s{seconds:>8.2f}s"
            f"{seconds / best:>6.1f}x{arrow / best:>8.1f}x{peak:>6}"
        )


def growth(bench: Bench, count: int) -> None:
    """Print what twice the events and ten times the rules cost."""
    half, whole = bench.lane("realistic", count // 2), bench.lane("realistic", count)
    few = bench.some_rules(len(list(bench.rules.rglob("*.yml"))) // 10)
    for rules in (bench.rules, few):
        bench.scan(bench.lane("repetitive", 1000), rules)
    one, peak_one, _ = bench.scan(half)
    two, peak_two, _ = bench.scan(whole)
    tenth, _, _ = bench.scan(whole, few)
    print(f"\ntwice the events: {two / one:.2f}x the time, {peak_two / peak_one:.2f}x the memory")
    print(f"ten times the rules: {two / tenth:.2f}x the time")


def starts(bench: Bench) -> None:
    """Print what a start costs."""
    path = bench.lane("realistic", 1000)
    rule = next(iter(sorted(bench.rules.rglob("*.yml"))))
    cold = bench.scan(path, rule, "--no-cache")[0]
    warm = bench.scan(path, rule)[0]
    warm = bench.scan(path, rule)[0]
    whole_cold = bench.scan(path, None, "--no-cache")[0]
    whole = bench.scan(path)[0]
    start = run([sys.executable, "-m", "harness", "--help"])[0]
    bare = python("")
    print(f"\nstarts, in seconds (of which Python itself takes {bare:.2f})")
    print(f"harness --help {start:.2f}; one rule, 1,000 events: {cold:.2f} cold, {warm:.2f} warm")
    print(f"all rules, 1,000 events: {whole_cold:.2f} cold, {whole:.2f} warm")


def sql(bench: Bench, count: int) -> None:
    """Print how the route over SQL compares on the same events, in the same run."""
    from harness import conversion  # noqa: PLC0415
    from harness.cache import Cache  # noqa: PLC0415
    from harness.conversion.translate import convert  # noqa: PLC0415

    [[target]] = conversion.choose(["sqlite"], conversion.built_in())
    cache = Cache(Path(bench.cache))
    queries: list[str] = []
    for path in sorted(bench.rules.rglob("*.yml")):
        queries.extend(convert(path.read_text("utf-8"), target, cache).queries)
    path = bench.lane("realistic", count)
    started = time.perf_counter()
    database = sqlite3.connect(":memory:")
    database.create_function("REGEXP", 2, lambda p, v: v is not None and bool(re.search(p, str(v))))
    rows = [orjson.loads(line) for line in path.open("rb")]
    names = list(dict.fromkeys(key for row in rows for key in row))
    asked = set(
        re.findall(
            r"(?<![\w'.])([A-Z][A-Za-z0-9_]+)(?= ?(?:=| LIKE| IN| IS| REGEXP))", " ".join(queries)
        )
    )
    known = {name.lower() for name in names}
    names += [
        name for name in sorted(asked) if name.lower() not in known and not known.add(name.lower())
    ]
    columns = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in names)
    database.execute(f"CREATE TABLE logs ({columns})")
    marks = ", ".join("?" * len(names))
    database.executemany(
        f"INSERT INTO logs VALUES ({marks})", [[row.get(name) for name in names] for row in rows]
    )
    failed = 0
    for query in queries:
        try:
            database.execute(query).fetchall()
        except sqlite3.Error:
            failed += 1
    route = time.perf_counter() - started
    small, large = bench.scan(path)[0], bench.scan(bench.lane("realistic", count * 20))[0]
    per_event = (large - small) / (count * 19)
    print(f"\n{len(queries):,} SQL queries (failed: {failed}), {count:,} events: {route:.1f} s")
    print(
        f"SQL route / scan: {route / small:.0f}x on these events, "
        f"{route / count / per_event:.0f}x an event"
    )


def peers(bench: Bench, count: int) -> None:
    """Print what is on the PATH of the tools that a user would pick instead."""
    found = [name for name in _PEERS if shutil.which(name)]
    print(f"\npeers on the PATH: {', '.join(found) or 'none'}")
    commands = {
        "rsigma": [
            "rsigma",
            "eval",
            "-r",
            str(bench.rules),
            "-e",
            f"@{bench.lane('realistic', count)}",
        ],
        "zircolite": [
            "zircolite",
            "-r",
            str(bench.rules),
            "-j",
            "-e",
            str(bench.lane("realistic", count)),
        ],
    }
    for name in found:
        if name in commands:
            ours = bench.scan(bench.lane("realistic", count))[0]
            print(f"{name}: {run(commands[name])[0] / ours:.1f}x the time of scan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rules", type=Path, default=ROOT / ".." / "shared" / "data" / "sigma-rules"
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--sql-events", type=int, default=5_000)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=Path, help="keeps the lanes between runs")
    parser.add_argument("--only", choices=["lanes", "growth", "starts", "sql", "peers"])
    given = parser.parse_args()
    if not given.rules.is_dir():
        sys.exit(f"there are no rules at {given.rules}: name a folder with --rules")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, given.rules.resolve(), given.jobs)
        parts = {
            "lanes": lambda: lanes(bench, given.events),
            "growth": lambda: growth(bench, given.events),
            "starts": lambda: starts(bench),
            "sql": lambda: sql(bench, given.sql_events),
            "peers": lambda: peers(bench, given.events),
        }
        for name, part in parts.items():
            if given.only in {None, name}:
                part()


if __name__ == "__main__":
    main()
