#!/usr/bin/env python3
"""A process that serves a large library: what it takes of memory, for what, and how long its answers take.

usage: python tests/benchmarks/serving.py NEWS.jsonl[.xz] [--questions 500] [--threads 1] [--library FILE]

NEWS is indexed into FILE (or a temporary file) where that is not there yet. Then a process of its own opens the library
as the bot does and answers the questions of tests/quality. Memory is what Linux tells of the process, in megabytes:
resident, its share (pages that several processes use, divided by their number), and anonymous, which no file backs.
A process that reindexes and serves is measured as well, with --reindex. Exits with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

MOST = 450
"""Megabytes resident that a process may take which serves 200,000 passages."""

ASK = {95: 30.0, 99: 60.0}
"""Milliseconds that so many of a hundred answers may take."""

FIRST = 1.5
"""Seconds from the start of a process to its first answer."""

ONE_ANSWER = "import sys; from retrieval import Library; Library.open(sys.argv[1], ledger=False).ask(sys.argv[2], record=False)"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("news", type=Path)
    given.add_argument("--questions", type=int, default=500)
    given.add_argument("--threads", type=int, default=1)
    given.add_argument("--library", type=Path)
    given.add_argument("--reindex", action="store_true")
    given.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = given.parse_args()
    asked = questions()[: options.questions]
    if options.serve:
        sys.exit(serve(options.library, asked, options.threads, options.news if options.reindex else None))
    with tempfile.TemporaryDirectory() as folder:
        library = options.library or Path(folder) / "library.db"
        if not library.exists():
            command = [sys.executable, "-m", "bot", "reindex", str(options.news), "--db", str(library), "--yes"]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", ONE_ANSWER, str(library), asked[0]], cwd=ROOT, check=True)
        seconds = time.perf_counter() - started
        print(f"{'the first answer of a process':36} {seconds:.2f} s")
        done = subprocess.run([sys.executable, __file__, *sys.argv[1:], "--library", str(library), "--serve"], check=False)
    sys.exit(done.returncode or int(seconds > FIRST))


def serve(path: Path, asked: list[str], threads: int, news: Path | None) -> int:
    before = memory("an empty process")
    import rjieba

    rjieba.cut("词典")
    dictionary = memory("with jieba's dictionary") - before
    import bot.__main__ as program
    from retrieval import Library

    memory(f"with the program ({program.__name__})")
    with Library.open(path, ledger=False) as library:
        if news:
            library.reindex([news], full=True)
            memory("after a full reindex")
        library.ask(asked[0], record=False)
        memory(f"the first answer, {library.engine.count():,} passages")
        times, busy = np.zeros(len(asked)), np.zeros(len(asked))

        def ask(number: int) -> None:
            started, worked = time.perf_counter(), time.thread_time()
            library.ask(asked[number], record=False)
            times[number], busy[number] = (time.perf_counter() - started) * 1000, (time.thread_time() - worked) * 1000

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(ask, range(len(asked))))
            held = memory(f"{len(asked)} answers, {threads} at a time")
    print(f"{'the dictionary is of these':36} {dictionary:.0f} MB")
    for clock, taken in (("clock", times), ("processor", busy)):
        print(f"an answer in ms by the {clock}: " + ", ".join(f"p{p} {np.percentile(taken, p):.1f}" for p in (50, 95, 99)) + f", longest {taken.max():.0f}")
    missed = [f"{held:.0f} MB resident, more than {MOST}"] * (held > MOST)
    if threads == 1:
        missed += [f"p{p} is more than {limit} ms" for p, limit in ASK.items() if np.percentile(times, p) > limit]
    print("\n".join(missed) or "within the limits")
    return bool(missed)


def questions() -> list[str]:
    files = sorted((ROOT / "tests/quality").glob("news-*.jsonl"))
    return [json.loads(line)["question"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def memory(label: str) -> float:
    """Megabytes that this process has in memory now; also printed."""
    rows = (line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {row[0]: int(row[1]) for row in rows}
    resident, share, anonymous = (kilobytes[name] / 1024 for name in ("Rss:", "Pss:", "Anonymous:"))
    print(f"{label:36} {resident:4.0f} MB resident, {share:4.0f} its share, {anonymous:4.0f} anonymous", flush=True)
    return resident


if __name__ == "__main__":
    main()
