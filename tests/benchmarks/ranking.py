#!/usr/bin/env python3
"""Peers of the ranking side by side: the same passages, the same terms, the same questions, one process.

usage: python tests/benchmarks/ranking.py NEWS.jsonl[.xz] [--sizes 20000,200000] [--questions 300] [--peers Wenda,tantivy] [--cpu]

NEWS holds articles as JSON lines. The questions are sentences of its last thousand articles, which are not indexed;
beyond its size it is repeated with other ids and shuffled sentences. A question is timed from its text to its ten
passages, cutting included, all peers in turn; memory is measured in a process of its own that opens the index and
answers the same questions. With --cpu times are of the processor, of all threads, and not of the clock: on a machine that
does other work beside. Needs the packages of the extra `benchmarks`.
"""

from __future__ import annotations

import argparse
import json
import logging
import lzma
import os
import pickle
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from retrieval import Library, terms
from retrieval.passages import sentences

K = 10
HELD_BACK = 1000
"""Articles at the end of the news set that questions are taken from."""

Best = list[tuple[int, float]]
Corpus = Sequence[Sequence[str]]


class Peer:
    """A way to rank. `build` makes the index in a folder, `open` makes it ready, `best` ranks."""

    name: ClassVar[str]
    formula: ClassVar[str] = "its own"
    largest: ClassVar[int] = 10**9
    questions: ClassVar[int] = 10**9

    @abstractmethod
    def build(self, corpus: Corpus, folder: Path) -> None: ...

    @abstractmethod
    def open(self, folder: Path) -> None: ...

    @abstractmethod
    def best(self, question: str) -> Best: ...


class RankBm25(Peer):
    """The definition: every passage for every question."""

    name, formula, largest, questions = "rank_bm25", "Okapi", 250_000, 30

    def build(self, corpus: Corpus, folder: Path) -> None:
        from rank_bm25 import BM25Okapi

        with (folder / "index").open("wb") as file:
            pickle.dump(BM25Okapi(corpus), file, pickle.HIGHEST_PROTOCOL)

    def open(self, folder: Path) -> None:
        with (folder / "index").open("rb") as file:
            self._model = pickle.load(file)

    def best(self, question: str) -> Best:
        scores = self._model.get_scores(terms(question))
        return [(int(n), float(scores[n])) for n in np.argsort(-scores, kind="stable")[:K]]


class Fts5(Peer):
    """SQLite's full-text index; a term is written as a word of letters and digits."""

    name, largest, questions = "SQLite FTS5", 250_000, 30

    def build(self, corpus: Corpus, folder: Path) -> None:
        numbers: dict[str, int] = {}
        with sqlite3.connect(folder / "index") as conn:
            conn.execute("CREATE VIRTUAL TABLE passages USING fts5 (terms, content='', tokenize='ascii')")
            rows = ((n + 1, " ".join(f"t{numbers.setdefault(term, len(numbers))}" for term in found)) for n, found in enumerate(corpus))
            conn.executemany("INSERT INTO passages (rowid, terms) VALUES (?, ?)", rows)
        (folder / "terms").write_bytes(pickle.dumps(numbers))

    def open(self, folder: Path) -> None:
        self._conn = sqlite3.connect(folder / "index")
        self._numbers: dict[str, int] = pickle.loads((folder / "terms").read_bytes())

    def best(self, question: str) -> Best:
        asked = " OR ".join(f"t{self._numbers[term]}" for term in dict.fromkeys(terms(question)) if term in self._numbers)
        found = self._conn.execute("SELECT rowid, rank FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?", (asked, K)) if asked else []
        return [(row - 1, -rank) for row, rank in found]


class Bm25s(Peer):
    """bm25s with rank-bm25's weights: its sparse matrix, each column scaled from its idf to Okapi's with the floor."""

    name, formula = "bm25s numpy", "Okapi"
    backend = "numpy"

    def build(self, corpus: Corpus, folder: Path) -> None:
        import bm25s
        from bm25s.tokenization import Tokenized

        numbers: dict[str, int] = {}
        ids = [[numbers.setdefault(term, len(numbers)) for term in found] for found in corpus]
        model = bm25s.BM25(method="atire", k1=1.5, b=0.75)
        model.index(Tokenized(ids=ids, vocab=numbers), show_progress=False)
        del ids
        counts = np.diff(model.scores["indptr"])
        size = len(corpus)
        okapi = np.log(size - counts + 0.5) - np.log(counts + 0.5)
        okapi[okapi < 0] = 0.25 * okapi[: len(numbers)].mean()
        theirs = np.log(size / np.maximum(counts, 1))
        scale = np.divide(okapi, theirs, out=np.zeros_like(okapi), where=theirs > 0)
        model.scores["data"] = (model.scores["data"] * np.repeat(scale, counts)).astype(np.float32)
        model.save(str(folder))

    def open(self, folder: Path) -> None:
        import bm25s

        self._model = bm25s.BM25.load(str(folder))
        self._model.backend = self.backend
        if self.backend == "numba":
            self._model.activate_numba_scorer()

    def best(self, question: str) -> Best:
        asked = [term for term in terms(question) if term in self._model.vocab_dict]
        if not asked:
            return []
        found, scores = self._model.retrieve([asked], k=K, show_progress=False)
        return list(zip(found[0].tolist(), scores[0].tolist(), strict=True))


class Bm25sNumba(Bm25s):
    """The same, compiled."""

    name, backend = "bm25s numba", "numba"


class Tantivy(Peer):
    """A search engine library in Rust, with block-max pruning."""

    name = "tantivy"

    def build(self, corpus: Corpus, folder: Path) -> None:
        import tantivy

        writer = tantivy.Index(self._schema(), path=str(folder)).writer(heap_size=200_000_000, num_threads=2)
        for number, found in enumerate(corpus):
            writer.add_document(tantivy.Document(number=number, terms=" ".join(found)))
        writer.commit()
        writer.wait_merging_threads()

    def _schema(self) -> Any:
        import tantivy

        return (
            tantivy.SchemaBuilder()
            .add_integer_field("number", stored=True, fast=True)
            .add_text_field("terms", stored=False, tokenizer_name="whitespace", index_option="freq")
            .build()
        )

    def open(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        self._fields = self._schema()
        index = tantivy.Index(self._fields, path=str(folder))
        index.reload()
        self._searcher = index.searcher()

    def best(self, question: str) -> Best:
        query = self._tantivy.Query
        each = [(self._tantivy.Occur.Should, query.term_query(self._fields, "terms", term, "freq")) for term in dict.fromkeys(terms(question))]
        hits = self._searcher.search(query.boolean_query(each), K).hits
        return [(self._searcher.doc(address)["number"][0], score) for score, address in hits]


class Wenda(Peer):
    """Library.rank: the index is the library itself, which was built from the articles' texts."""

    name, formula = "Wenda", "Okapi"

    def build(self, corpus: Corpus, folder: Path) -> None:
        raise AssertionError("built before all others")

    def open(self, folder: Path) -> None:
        self._library = Library.open(folder / "library.db", ledger=False)
        self._library.engine.warm()  # the peers read their indexes when they are opened

    def best(self, question: str) -> Best:
        return [(self.places.get(hit.passage_id, -1), hit.score) for hit in self._library.rank(question, K)]

    places: ClassVar[dict[str, int]] = {}


PEERS: tuple[type[Peer], ...] = (RankBm25, Fts5, Bm25s, Bm25sNumba, Tantivy, Wenda)


def articles(news: Path) -> list[str]:
    with lzma.open(news, "rt", encoding="utf-8") if news.suffix == ".xz" else news.open(encoding="utf-8") as lines:
        return [json.loads(line)["body"] for line in lines]


def write_corpus(bodies: Sequence[str], passages: int, path: Path) -> None:
    """A file of JSON lines with as many articles as make *passages* passages, repeated in shuffled form where there are too few."""
    from retrieval.passages import split

    chance, count, number, rounds = random.Random(11), 0, 0, 0
    with path.open("w", encoding="utf-8") as file:
        while count < passages:
            for body in bodies:
                if rounds:
                    parts = [body[start:end] for start, end in sentences(body)]
                    chance.shuffle(parts)
                    body = "".join(parts)
                file.write(json.dumps({"id": f"n{number:07}", "body": body}, ensure_ascii=False) + "\n")
                number += 1
                count += len(split(body))
                if count >= passages:
                    break
            rounds += 1


def questions_from(bodies: Sequence[str], count: int) -> list[str]:
    found = [body[start:end].strip() for body in bodies for start, end in sentences(body)]
    return random.Random(5).sample(sorted({sentence for sentence in found if 8 <= len(sentence) <= 40}), count)


def terms_of(library: Path) -> Iterator[tuple[str, list[str]]]:
    """The passages of the library with their terms; one string a term, however often it occurs."""
    with Library.open(library, ledger=False) as opened:
        for passage in opened.passages():
            yield passage.id, [sys.intern(term) for term in passage.terms]


def run(news: Path, size: int, count: int, names: Sequence[str], folder: Path, clock: Callable[[], float]) -> None:
    bodies = articles(news)
    asked = questions_from(bodies[-HELD_BACK:], count)
    (folder / "questions").write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
    write_corpus(bodies[:-HELD_BACK], size, folder / "corpus.jsonl")
    del bodies
    library = folder / "Wenda" / "library.db"
    library.parent.mkdir()
    built: dict[str, float] = {}
    started = time.perf_counter()
    with Library.open(library, ledger=False) as opened:
        report = opened.reindex([folder / "corpus.jsonl"])
    built["Wenda"] = time.perf_counter() - started
    chosen = [peer for peer in PEERS if peer.name in names and report.passages <= peer.largest]
    started = time.perf_counter()
    ids, corpus = [], []
    for id, found in terms_of(library):
        ids.append(id)
        corpus.append(found)
    Wenda.places = {id: number for number, id in enumerate(ids)}
    cut = time.perf_counter() - started
    for peer in chosen:
        if peer is not Wenda and peer is not Bm25sNumba:
            (folder / peer.name).mkdir()
            started = time.perf_counter()
            peer().build(corpus, folder / peer.name)
            built[peer.name] = time.perf_counter() - started
    if Bm25sNumba in chosen:
        if Bm25s not in chosen:
            (folder / Bm25s.name).mkdir()
            Bm25s().build(corpus, folder / Bm25s.name)
        (folder / Bm25sNumba.name).symlink_to(folder / Bm25s.name)
    del corpus
    opened_peers = []
    for peer in chosen:
        one = peer()
        one.open(folder / peer.name)
        opened_peers.append(one)
    times, best = timed(opened_peers, asked, clock)
    print(f"\n{report.passages:,} passages of {report.articles:,} articles, {count} questions of other articles, top {K}; the terms for the peers were read in {cut:.0f} s")
    print("| peer | build s | MB on disk | MB in memory | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|---|---|")
    for one in opened_peers:
        p50, p95, p99 = np.percentile(np.array(times[one.name]) * 1000, [50, 95, 99])
        build = f"{built[one.name]:.0f}" if one.name in built else "as above"
        disk = sum(file.stat().st_size for file in (folder / one.name).resolve().rglob("*") if file.is_file()) / 1e6
        print(f"| {one.name} | {build} | {disk:.0f} | {memory(one.name, folder):.0f} | {p50:.2f} | {p95:.2f} | {p99:.2f} |")
    same(opened_peers, best)


def timed(peers: Sequence[Peer], asked: Sequence[str], clock: Callable[[], float]) -> tuple[dict[str, list[float]], dict[str, dict[str, Best]]]:
    """Seconds a question, and what was found; the peers take turns with each question, after each has answered some others."""
    for peer in peers:
        for question in asked[: min(20, peer.questions)]:
            peer.best(question[::-1])
    times: dict[str, list[float]] = {peer.name: [] for peer in peers}
    best: dict[str, dict[str, Best]] = {peer.name: {} for peer in peers}
    for number, question in enumerate(asked):
        for peer in peers:
            if number < peer.questions:
                started = clock()
                best[peer.name][question] = peer.best(question)
                times[peer.name].append(clock() - started)
    return times, best


def same(peers: Sequence[Peer], best: dict[str, dict[str, Best]]) -> None:
    """Whether the peers with one formula rank alike: equal scores, and equal passages but for those that tie."""
    okapi = [peer.name for peer in peers if peer.formula == "Okapi"]
    for other in okapi[:-1]:
        asked = best[other]
        equal = sum(alike(best[okapi[-1]][question], found) for question, found in asked.items())
        print(f"{okapi[-1]} and {other}: the same top {K} for {equal} of {len(asked)} questions")


def alike(one: Best, other: Best) -> bool:
    """Scores agree to five digits (bm25s keeps 32-bit floats), and passages but for those that score as the last does."""
    if len(one) != len(other) or not one:
        return len(one) == len(other)
    close = 1e-5 * abs(one[0][1])
    sure = {number for number, score in one if score > one[-1][1] + close}
    return all(abs(a - b) <= close for (_, a), (_, b) in zip(one, other, strict=True)) and sure <= {number for number, _ in other}


def memory(name: str, folder: Path) -> float:
    """Megabytes at most that a process takes which opens the index and answers the questions."""
    done = subprocess.run([sys.executable, __file__, "--serve", name, str(folder)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def serve(name: str, folder: Path) -> None:
    peer = next(peer for peer in PEERS if peer.name == name)()
    peer.open(folder / name)
    for question in json.loads((folder / "questions").read_text(encoding="utf-8"))[: min(100, peer.questions)]:
        peer.best(question)
    status = Path("/proc/self/status")  # what getrusage tells counts the process that started this one as well
    lines = status.read_text().splitlines() if status.exists() else []
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    print((peaks[0] if peaks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024)


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        return serve(sys.argv[2], Path(sys.argv[3]))
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("news", type=Path)
    given.add_argument("--sizes", default="20000,200000")
    given.add_argument("--questions", type=int, default=300)
    given.add_argument("--peers", default=",".join(peer.name for peer in PEERS))
    given.add_argument("--cpu", action="store_true")
    options = given.parse_args()
    logging.disable(logging.WARNING)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}")
    for size in map(int, options.sizes.split(",")):
        folder = Path(tempfile.mkdtemp(prefix="wenda-ranking-"))
        try:
            run(options.news, size, options.questions, options.peers.split(","), folder, time.process_time if options.cpu else time.perf_counter)
        finally:
            shutil.rmtree(folder)
    return None


if __name__ == "__main__":
    main()
