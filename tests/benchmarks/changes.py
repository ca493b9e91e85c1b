#!/usr/bin/env python3
"""What a small change costs: one article of many files, one line of a large file.

usage: python tests/benchmarks/changes.py NEWS.jsonl[.xz] [--files 10000] [--lines 68162]

FILES articles are written into a folder, one a file, and LINES articles into one file of JSON lines. Both are indexed; then
reindexed as they are, and with one article changed, three times each; the least is printed. Beside the folder stands the
reindex that finds nothing changed, beside the lines the time in which they are read and hashed. Exits with 1 where the
changed file costs more than a second beyond that, or the changed line more than one and a half times the hashing.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from retrieval import Library, corpus

MOST = 1.0
"""Seconds that a changed file may cost beyond reading the directory."""

SHARE = 1.5
"""How many times as long as hashing all lines a changed line may take."""

TIMES = 3
PASSED = 100
"""Seconds by which files are dated back, so that their times tell whether they were written again."""


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("news", type=Path)
    given.add_argument("--files", type=int, default=10_000)
    given.add_argument("--lines", type=int, default=68_162)
    options = given.parse_args()
    with lzma.open(options.news) if options.news.suffix == ".xz" else options.news.open("rb") as lines:
        rows = [line.rstrip(b"\n") for line in islice(lines, max(options.files, options.lines))]
    with tempfile.TemporaryDirectory() as name:
        missed = [in_a_folder(rows[: options.files], Path(name) / "folder"), in_lines(rows[: options.lines], Path(name) / "lines")]
    sys.exit(any(missed))


def in_a_folder(rows: Sequence[bytes], folder: Path) -> bool:
    def write(number: int, note: str = "") -> None:
        article = json.loads(rows[number])
        head = f"---\ntitle: {json.dumps(article.get('title') or '无题', ensure_ascii=False)}\npublished: {article.get('published') or '2023'}\n---\n"
        path = folder / f"{number // 500:03}" / f"{number:06}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{head}{article['body']}\n{note}", encoding="utf-8")
        os.utime(path, (time.time() - PASSED, time.time() - PASSED))

    for number in range(len(rows)):
        write(number)
    with Library.open(folder.with_suffix(".db"), ledger=False) as library:
        print(f"{len(rows):,} files indexed in {library.reindex([folder]).seconds:.1f} s")
        same = least(library, folder, lambda time: None)
        changed = least(library, folder, lambda time: write(len(rows) // 2, f"第{time + 1}次补充。\n"))
    print(f"nothing changed {same:.2f} s, one file changed {changed:.2f} s")
    return changed > same + MOST


def in_lines(rows: Sequence[bytes], folder: Path) -> bool:
    folder.mkdir()
    path = folder / "corpus.jsonl"

    def write(note: str = "") -> None:
        article = json.loads(rows[len(rows) // 2])
        middle = json.dumps({**article, "body": article["body"] + note}, ensure_ascii=False).encode()
        path.write_bytes(b"\n".join([*rows[: len(rows) // 2], middle, *rows[len(rows) // 2 + 1 :]]) + b"\n")
        os.utime(path, (time.time() - PASSED, time.time() - PASSED))

    write()
    with Library.open(folder.with_suffix(".db"), ledger=False) as library:
        print(f"{len(rows):,} lines indexed in {library.reindex([path]).seconds:.1f} s")
        changed = least(library, path, lambda time: write(f"第{time + 1}次补充。"))
        times = []
        for _ in range(TIMES):
            started = time.perf_counter()
            for line in corpus.lines(str(path)):
                corpus.digest(line)
            times.append(time.perf_counter() - started)
    print(f"lines read and hashed {min(times):.2f} s, one line changed {changed:.2f} s")
    return changed > SHARE * min(times)


def least(library: Library, path: Path, change: Callable[[int], None]) -> float:
    """Seconds of the quickest of some reindexes, each after a change."""
    seconds = []
    for number in range(TIMES):
        change(number)
        seconds.append(library.reindex([path]).seconds)
    return min(seconds)


if __name__ == "__main__":
    main()
