#!/usr/bin/env python3
"""Reindexing beside the plain way: cut every passage with jieba.lcut, build rank_bm25.BM25Okapi, in one process.

usage: python tests/benchmarks/reindex.py NEWS.jsonl[.xz] [--articles 68162] [--jieba 5000]

Wenda reads and indexes the first ARTICLES from nothing. jieba cuts the passages of the first JIEBA of them, and its
time is scaled by characters to all of them (0.15 million characters a second would take five minutes for the whole set;
with --jieba equal to --articles nothing is scaled). Prints seconds, their ratio, and the peak of memory: of the
process and of its workers, which are counted all together each fifth of a second.
"""

from __future__ import annotations

import argparse
import logging
import lzma
import sys
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from retrieval import Library


def resident(pid: str) -> int:
    """Kilobytes in memory of a process and of those that it started; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except (OSError, StopIteration):
        return 0
    return own + sum(map(resident, children))


class Peak(threading.Thread):
    """Watches how much memory this process and its workers take at once, in megabytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0

    def run(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, resident("self") / 1024)
            time.sleep(0.2)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("news", type=Path)
    given.add_argument("--articles", type=int, default=68162)
    given.add_argument("--jieba", type=int, default=5000)
    options = given.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with lzma.open(options.news) if options.news.suffix == ".xz" else options.news.open("rb") as lines:
            (folder / "corpus.jsonl").write_bytes(b"".join(islice(lines, options.articles)))
        peak = Peak()
        peak.start()
        with Library.open(folder / "library.db", ledger=False) as library:
            report = library.reindex([folder / "corpus.jsonl"])
            print(f"Wenda: {report.articles:,} articles, {report.passages:,} passages in {report.seconds:.1f} s, {peak.megabytes:.0f} MB at most, workers included")
            passages = [passage.text for passage in library.passages()]
            cut = passages[: len(passages) * min(options.jieba, report.articles) // report.articles]
        compare(passages, cut, report.seconds)


def compare(passages: list[str], cut: list[str], seconds: float) -> None:
    import jieba
    from rank_bm25 import BM25Okapi

    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    started = time.perf_counter()
    terms = [jieba.lcut(passage) for passage in cut]
    cutting = time.perf_counter() - started
    started = time.perf_counter()
    BM25Okapi(terms)
    building = time.perf_counter() - started
    scale = sum(map(len, passages)) / sum(map(len, cut))
    plain = (cutting + building) * scale
    print(
        f"jieba.lcut and BM25Okapi: {cutting:.1f} s and {building:.1f} s for {len(cut):,} of {len(passages):,} passages, "
        f"so {plain:.0f} s for all; {plain / seconds:.1f} times as long"
    )


if __name__ == "__main__":
    main()
