"""The kernel that ranks finds what its counterpart in Python and rank-bm25 find, whatever the postings and the questions are."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from retrieval import Library, postings
from retrieval.errors import LibraryError
from retrieval.index import summed
from retrieval.native import kernels
from retrieval.native import ranking as native
from retrieval.native.ranking import Kernel
from retrieval.postings import Postings
from retrieval.ranking import Ranker
from retrieval.records import Article, Passage
from retrieval.walking import Walker
from retrieval.weighing import CHUNK, Removed, Segment

pytestmark = pytest.mark.skipif(kernels() is None, reason="the kernels are not there")

Texts = list[list[str]]
words = st.sampled_from(["的", "在", "县", "农民", "补助", "a1", "电商产业园", "五个字的词"])
FORM = (1.5, 0.75)


def nothing(segment: int, first: int, end: int) -> Iterator[tuple[postings.Numbers, postings.Codes]]:
    raise AssertionError("everything is in memory")


def without_some(corpus: Texts, bounds: Sequence[int], dead: set[int]) -> tuple[list[Segment], Removed]:
    """A corpus in segments that begin at these passages, some of which are removed but still have postings."""
    held, removed = [], []
    for number, (begin, end) in enumerate(zip(bounds, bounds[1:], strict=False)):
        part: Postings = postings.pack(corpus[begin:end])
        gone = [at for at in range(end - begin) if begin + at in dead]
        lost = postings.pack([corpus[begin + at] for at in gone])
        removed.append((lost.keys, lost.counts))
        held.append(
            Segment(
                number, begin, part.keys, part.starts.astype(np.uint32), part.pairs, part.lengths, np.array(gone, np.int32),
                part.numbers, part.codes, np.zeros(0, bool), complete=True,
            )
        )  # fmt: skip
    return held, Removed.summed(removed)


def both(ranker: Ranker) -> tuple[Kernel, Walker]:
    library = kernels()
    assert library
    given = ranker.segments, ranker.removed, ranker.statistics.idf, ranker.statistics.avgdl or 1.0
    return Kernel(library, *given), Walker(*given)


def assert_alike(ranker: Ranker, corpus: Texts, dead: set[int], query: Sequence[str], limit: int, hidden: set[int]) -> None:
    """Kernel, counterpart and rank-bm25 give the same passages with the same scores, to the ninth digit."""
    left = [number for number in range(len(corpus)) if number not in dead]
    scores = dict(zip(left, BM25Okapi([corpus[number] for number in left]).get_scores(query).tolist(), strict=True))
    wanted = {number: scores[number] for number in left if set(corpus[number]) & set(query) and number not in hidden}
    flags = np.array([number in dead or number in hidden for number in range(len(corpus))])
    found = []
    for ways in both(ranker):
        ranker.ways = ways
        for _ in range(2):  # what is kept of common terms is made with the first question
            numbers, results = ranker.best(summed(query), limit, nothing, hidden=flags if hidden else None)
            assert results == sorted(results, reverse=True)
            found.append(dict(zip(numbers, results, strict=True)))
    for one in found:
        assert one.keys() <= wanted.keys()
        assert all(score == pytest.approx(wanted[number], abs=1e-9, rel=1e-12) for number, score in one.items())
        assert len(one) >= min(limit, len(wanted))
        last = sorted(one.values(), reverse=True)[min(limit, len(one)) - 1] if one else 0.0
        assert {number for number, score in wanted.items() if score > last + 2e-9} <= one.keys()
        if limit < len(one):
            assert {number for number, score in wanted.items() if score > last - 1e-10} <= one.keys()
    assert found[0] == found[1]


@given(
    corpus=st.lists(st.lists(words, max_size=12), min_size=1, max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=3),
    dead=st.sets(st.integers(0, 29), max_size=4),
    hidden=st.sets(st.integers(0, 29), max_size=8),
    query=st.lists(words, max_size=9),
    limit=st.integers(1, 40),
)
def test_small_corpora(corpus: Texts, cuts: list[int], dead: set[int], hidden: set[int], query: list[str], limit: int) -> None:
    """Negative, zero and floored idf, repeated terms, empty passages, removed and hidden ones, any division into segments."""
    if not any(terms for number, terms in enumerate(corpus) if number not in dead):
        return
    bounds = [*sorted({0, *(cut for cut in cuts if cut < len(corpus))}), len(corpus)]
    dead = {number for number in dead if number < len(corpus)}
    assert_alike(Ranker(*without_some(corpus, bounds, dead)), corpus, dead, query, limit, hidden)


@pytest.mark.parametrize(("seed", "common"), [(1, 1), (2, 40), (3, 256), (4, 10**9)])
def test_larger_corpora(seed: int, common: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With guides for every list, some or none, terms of all frequencies, several segments, removed and hidden passages."""
    monkeypatch.setattr(native, "COMMON", common)
    chance = random.Random(seed)
    vocabulary = [f"词{n}" for n in range(400)]
    shares = [1 / (n + 1) for n in range(400)]
    corpus = [chance.choices(vocabulary, shares, k=chance.randint(0, 40)) for _ in range(2500)]
    corpus[700:720] = [corpus[5]] * 20  # these tie
    for bounds in ([0, 2500], [0, 1800, 1801, 2400, 2500]):
        dead = set(chance.sample(range(2500), 60))
        ranker = Ranker(*without_some(corpus, bounds, dead))
        for _ in range(20):
            query = chance.choices(vocabulary, [1 / (n + 9) for n in range(400)], k=chance.randint(1, 25))
            hidden = set(chance.sample(range(2500), chance.choice((0, 0, 5, 2300, 2500))))
            assert_alike(ranker, corpus, dead, query, chance.choice((1, 3, 10, 200, 5000)), hidden)
        assert_alike(ranker, corpus, dead, corpus[5], 10, set())


def test_four_bytes_a_code() -> None:
    """Where there are too many pairs of count and length for two bytes, codes have four."""
    chance = random.Random(7)
    vocabulary = [f"词{n}" for n in range(60)]
    corpus = [chance.choices(vocabulary, [1 / (n + 1) for n in range(60)], k=chance.randint(1, 30)) for _ in range(800)]
    segments, removed = without_some(corpus, [0, 500, 800], set())
    for segment in segments:
        segment.codes = segment.codes.astype(np.uint32)
    ranker = Ranker(segments, removed)
    for _ in range(20):
        assert_alike(ranker, corpus, set(), chance.choices(vocabulary, k=chance.randint(1, 12)), 5, set())


def test_a_question_of_thousands_of_terms() -> None:
    """There is room for any number of terms, once it is asked for."""
    chance = random.Random(5)
    vocabulary = [f"词{n}" for n in range(3000)]
    corpus = [chance.choices(vocabulary, k=30) for _ in range(300)]
    ranker = Ranker(*without_some(corpus, [0, 300], set()))
    assert_alike(ranker, corpus, set(), vocabulary, 10, set())
    assert_alike(ranker, corpus, set(), ["没有的词"], 10, set())
    assert_alike(ranker, corpus, set(), [], 10, set())


def test_many_threads_find_what_one_finds() -> None:
    """Threads that ask at once, also for terms that nobody has asked for yet, do not see each other's scores."""
    chance = random.Random(6)
    vocabulary = [f"词{n}" for n in range(300)]
    corpus = [chance.choices(vocabulary, [1 / (n + 1) for n in range(300)], k=chance.randint(1, 40)) for _ in range(6000)]
    segments = without_some(corpus, [0, 5000, 6000], set())
    questions = [summed(chance.choices(vocabulary, k=12)) for _ in range(150)]
    alone = [Ranker(*segments).best(question, 10, nothing) for question in questions]
    for _ in range(3):
        ranker, start = Ranker(*segments), threading.Barrier(8)

        def ask(thread: int, ranker: Ranker = ranker, start: threading.Barrier = start) -> bool:
            start.wait()
            found = [ranker.best(question, 10, nothing) for question in questions]
            return found == alone

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(8)))


def filled(path: Path) -> None:
    with Library.open(path, ledger=False) as library:
        added = [(Article(id=f"n{n:04}", body=f"渭源县第{n}年种党参。"), [Passage(f"n{n:04}", 0, 6, "", ("渭源", f"第{n % 90}", "党参"))]) for n in range(4000)]
        library.engine.apply(added, ())


def damaged(name: str, row: dict[str, bytes], chunk: bytes) -> dict[str, bytes | int]:
    """One array of a segment, or of its first chunk of postings, as a failing disk may leave it."""
    numbers, codes = np.frombuffer(chunk, np.int32, CHUNK).copy(), np.frombuffer(chunk, np.uint16, CHUNK, 4 * CHUNK).copy()
    if name == "numbers":
        numbers[::7] = 10**9
    elif name == "negative numbers":
        numbers[::7] = -5
    elif name == "codes":
        codes[::7] = 65535
    elif name == "counts":
        return {"counts": np.full(len(row["counts"]) // 4, 10**8, np.int32).tobytes()}
    elif name == "fewer keys":
        return {"keys": row["keys"][:-8]}
    elif name == "lengths":
        return {"lengths": row["lengths"][:-40]}
    elif name == "half a chunk":
        return {"postings": chunk[: len(chunk) // 2]}
    elif name == "keys in disorder":
        return {"keys": np.frombuffer(row["keys"], np.uint64)[::-1].tobytes()}
    return {"postings": numbers.tobytes() + codes.tobytes()}


@pytest.mark.parametrize("name", ["numbers", "negative numbers", "codes", "counts", "fewer keys", "lengths", "half a chunk", "keys in disorder"])
def test_damage_in_the_file_is_an_error_that_can_be_read(name: str, tmp_path: Path) -> None:
    """What points out of its array never reaches the kernel."""
    path = tmp_path / "library.db"
    filled(path)
    with sqlite3.connect(path) as conn:
        conn.row_factory = sqlite3.Row
        (segment,) = conn.execute("SELECT * FROM segments").fetchall()
        chunk = conn.execute("SELECT postings FROM chunks ORDER BY number").fetchone()[0]
        for column, value in damaged(name, dict(segment), chunk).items():
            if column == "postings":
                conn.execute("UPDATE chunks SET postings = ? WHERE number = (SELECT min(number) FROM chunks)", (value,))
            else:
                conn.execute(f"UPDATE segments SET {column} = ?", (value,))
    conn.close()
    with Library.open(path, ledger=False) as library:
        if name == "keys in disorder":  # nothing is found, or something else: no more than that
            assert len(library.rank("渭源的党参")) <= 10
            return
        with pytest.raises(LibraryError, match="damaged"):
            for _ in range(8):
                library.rank("渭源的党参")
