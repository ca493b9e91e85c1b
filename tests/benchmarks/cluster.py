"""Both engines side by side: time to index, size, time a question, and how far their rankings agree.

usage: python tests/benchmarks/cluster.py [--articles N] [--questions N] [--candidates 50,200] [--url URL] ARTICLES.jsonl[.xz] [--gold QUESTIONS.jsonl]

Starts three nodes on this machine unless given a cluster's address. The news questions are clauses of 8 to 24 characters,
each from a passage drawn by chance (seed 1); a gold file adds its own questions. `--pages` adds articles to answer those.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import lzma
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]


def articles(path: Path, limit: int) -> Iterator[dict[str, object]]:
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number == limit:
                return
            yield json.loads(line)


def main() -> None:
    from cluster.machines import HEAP, running

    from retrieval import index, text
    from retrieval.embedded import EmbeddedEngine
    from retrieval.opensearch import OpenSearchEngine
    from retrieval.opensearch_client import Address
    from retrieval.passages import split
    from retrieval.records import Article, Passage, Query
    from retrieval.store import Store

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("corpus", type=Path)
    options.add_argument("--articles", type=int, default=6800, help="how many of the corpus; 6,800 of the news are some 20,000 passages")
    options.add_argument("--pages", type=Path, help="a folder of pages to add")
    options.add_argument("--gold", type=Path)
    options.add_argument("--questions", type=int, default=500)
    options.add_argument("--candidates", default="200")
    options.add_argument("--kill", action="store_true", help="afterwards, kill the elected manager while 20 questions a second and a rebuild run")
    options.add_argument("--url", help="a cluster that runs already")
    options.add_argument("--prefix", default="benchmark")
    chosen = options.parse_args()

    def corpus() -> Iterator[tuple[Article, list[Passage]]]:
        def cut(article: Article) -> tuple[Article, list[Passage]]:
            return article, [Passage(article.id, start, end, article.body[start:end]) for start, end in split(article.body)]

        for row in articles(chosen.corpus, chosen.articles):
            yield cut(Article(id=str(row["id"]), body=str(row["body"]), published=row.get("published") or None))
        if chosen.pages:
            from retrieval import pages

            for path in sorted(chosen.pages.iterdir()):
                with contextlib.suppress(pages.PageRefused):
                    yield cut(pages.read(path.read_bytes(), path.name))

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        started = time.perf_counter()
        store = Store.open(folder / "wenda.db")
        embedded = EmbeddedEngine(store)
        embedded.apply(corpus(), ())
        embedded.count()
        rows = [("embedded", time.perf_counter() - started, sum(path.stat().st_size for path in folder.glob("wenda.db*")))]

        nodes = None if chosen.url else stack.enter_context(running(folder / "cluster"))
        url = chosen.url or nodes.url
        address = Address(url=url, prefix=chosen.prefix)
        remote = OpenSearchEngine(address)
        started = time.perf_counter()
        remote.rebuild(corpus())
        seconds = time.perf_counter() - started
        stats = remote.client.send("GET", f"/{chosen.prefix}-*/_stats/store")["indices"]
        rows.append(("opensearch", seconds, sum(one["primaries"]["store"]["size_in_bytes"] for one in stats.values())))
        for name, one in sorted(stats.items()):
            print(f"{name}: {one['primaries']['store']['size_in_bytes'] / 1e6:.1f} MB in primaries")
        assert embedded.count() == remote.count(), (embedded.count(), remote.count())
        print(f"{embedded.count()} passages; heap {HEAP} a node")

        asked = {"news": news_questions([passage.text for _, several in corpus() for passage in several], chosen.questions)}
        if chosen.gold:
            asked["gold"] = [json.loads(line)["question"] for line in chosen.gold.read_text(encoding="utf-8").splitlines()]
        print("| engine | index s | MB | questions | k1 b | candidates | p50 ms | p95 ms | overlap | first |\n|---|---|---|---|---|---|---|---|---|---|")
        for name, questions in asked.items():
            for k1, b in ((None, None), (0.9, 0.4)):
                queries = [Query(index.summed(text.terms(question)), k1=k1, b=b) for question in questions]
                expected, took = timed(embedded, queries)
                show(rows[0], name, (k1, b), "", took, "", "")
                for candidates in map(int, chosen.candidates.split(",")):
                    remote.candidates = candidates
                    timed(remote, queries[:50])  # the virtual machines compile what is asked often
                    found, took = timed(remote, queries)
                    overlap = statistics.mean(len(set(a) & set(b)) / max(1, len(a)) if a else float(not b) for a, b in zip(expected, found, strict=True))
                    first = statistics.mean(a[:1] == b[:1] for a, b in zip(expected, found, strict=True))
                    show(rows[1], name, (k1, b), candidates, took, f"{overlap:.3f}", f"{first:.3f}")
        if chosen.kill and nodes:
            lose_a_machine(remote, nodes, corpus, [Query(index.summed(text.terms(question))) for question in asked["news"]])
        remote.close()
        store.close()


def lose_a_machine(engine: Any, nodes: Any, corpus: Callable[[], Iterable[Any]], queries: Sequence[Any]) -> None:
    """Twenty questions a second; after ten seconds a rebuild from the same articles begins, after twenty the manager is killed."""
    from retrieval.errors import EngineUnavailable

    expected = [[hit.passage_id for hit in engine.search(query, 10)] for query in queries]
    asked: list[tuple[float, float, str]] = []
    begun, lost = time.monotonic(), 0.0
    done = threading.Event()

    def ask(number: int) -> None:
        due = number / 20
        while not done.is_set():
            done.wait(max(0.0, begun + due - time.monotonic()))
            started, which = time.monotonic(), int(due * 20) % len(queries)
            try:
                outcome = "right" if [hit.passage_id for hit in engine.search(queries[which], 10)] == expected[which] else "wrong"
            except EngineUnavailable as error:
                outcome = f"failed: {error}"
            asked.append((started - begun, time.monotonic() - started, outcome))
            due = max(due + 1, time.monotonic() - begun)

    def rebuild() -> str:
        try:
            engine.rebuild(corpus())
            return f"done after {time.monotonic() - begun:.0f} s"
        except EngineUnavailable as error:
            return str(error)

    with ThreadPoolExecutor(21) as pool:
        threads = [pool.submit(ask, number) for number in range(20)]
        time.sleep(10)
        rebuilding = pool.submit(rebuild)
        time.sleep(10)
        manager = nodes.ask("GET", "/_cat/cluster_manager?format=json")[0]["node"]
        number = next(number for number, node in enumerate(nodes.nodes) if node.name == manager)
        lost = time.monotonic() - begun
        nodes.kill(number)
        time.sleep(20)
        nodes.start(number)
        well = time.monotonic() - begun
        said = rebuilding.result()
        time.sleep(5)
        done.set()
        for one in threads:
            one.result()
    outcomes = Counter(outcome.partition(":")[0] for *_, outcome in asked)
    failed = [at - lost for at, _, outcome in asked if outcome.startswith("failed")]
    around = [1000 * took for at, took, _ in asked if lost - 1 < at < lost + 10]
    before = [1000 * took for at, took, _ in asked if 1 < at < 10]
    print(
        f"{len(asked)} questions in {asked[-1][0]:.0f} s: {dict(outcomes)}; manager killed at {lost:.0f} s, green with it again at {well:.0f} s; rebuild: {said}\n"
        f"questions that failed were asked {min(failed, default=0):.1f} to {max(failed, default=0):.1f} s after the kill; "
        f"p50 {statistics.median(before):.0f} ms before, slowest around the kill {max(around):.0f} ms"
    )


def timed(engine: object, queries: Sequence[object]) -> tuple[list[list[str]], list[float]]:
    found, took = [], []
    for query in queries:
        started = time.perf_counter()
        hits = engine.search(query, 10)
        took.append(1000 * (time.perf_counter() - started))
        found.append([hit.passage_id for hit in hits])
    return found, took


def show(row: tuple[str, float, int], name: str, constants: tuple[float | None, float | None], candidates: object, took: Sequence[float], overlap: str, first: str) -> None:
    p95 = sorted(took)[int(0.95 * len(took))]
    constant = "1.5 .75" if constants[0] is None else f"{constants[0]} {constants[1]}"
    print(f"| {row[0]} | {row[1]:.0f} | {row[2] / 1e6:.0f} | {len(took)} {name} | {constant} | {candidates} | {statistics.median(took):.1f} | {p95:.1f} | {overlap} | {first} |", flush=True)


def news_questions(passages: Sequence[str], number: int) -> list[str]:
    """Clauses from passages drawn by chance, the same ones every time."""
    chance = random.Random(1)
    questions: list[str] = []
    while len(questions) < number:
        clauses = [clause for clause in re.split(r"[。！？；，、：“”\s]+", chance.choice(passages)) if 8 <= len(clause) <= 24]
        if clauses:
            questions.append(chance.choice(clauses))
    return questions


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE / "tests")]
    main()
