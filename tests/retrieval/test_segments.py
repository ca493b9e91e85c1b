"""Postings in segments rank as rank-bm25 does over the passages that are left, however they came there."""

from __future__ import annotations

import json
import lzma
import os
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from retrieval import Library, postings, ranking, segments, text, walking
from retrieval.embedded import EmbeddedEngine
from retrieval.index import rank_small, summed
from retrieval.passages import split
from retrieval.postings import Given, Postings, Uncut
from retrieval.ranking import Ranker
from retrieval.records import Article, Passage, Query
from retrieval.store import Store
from retrieval.weighing import Removed, Segment

SHARED = Path(os.environ.get("WENDA_SHARED", Path(__file__).parents[2].parent / "shared"))
NEWS = SHARED / "public" / "news.jsonl.xz"

Texts = list[list[str]]
words = st.sampled_from(["的", "在", "县", "农民", "补助", "a1", "电商产业园", "五个字的词"])
texts = st.lists(st.lists(words, max_size=12), min_size=1, max_size=30)


def in_memory(parts: Sequence[Postings]) -> Ranker:
    """A ranker over these postings, one segment each."""
    found, base = [], 0
    for number, part in enumerate(parts):
        found.append(
            Segment(
                number, base, part.keys, part.starts.astype(np.uint32), part.pairs, part.lengths, np.zeros(0, np.int32),
                part.numbers, part.codes, np.zeros(0, bool), complete=True,
            )
        )  # fmt: skip
        base += len(part.lengths)
    return Ranker(found, Removed())


def nothing(segment: int, first: int, end: int) -> Iterator[tuple[postings.Numbers, postings.Codes]]:
    raise AssertionError("everything is in memory")


def scores(ranker: Ranker, query: Sequence[str], limit: int) -> dict[int, float]:
    numbers, found = ranker.best(summed(query), limit, nothing)
    return dict(zip(numbers, found, strict=True))


def expected(corpus: Texts, query: Sequence[str]) -> dict[int, float]:
    """rank-bm25's own score of each passage that shares a term."""
    found = BM25Okapi(corpus).get_scores(query)
    return {number: float(found[number]) for number, terms in enumerate(corpus) if set(terms) & set(query)}


def assert_best(ranker: Ranker, corpus: Texts, query: Sequence[str], limit: int) -> None:
    """The best are rank-bm25's best, to the ninth digit, with all that tie with the last."""
    wanted = expected(corpus, query)
    found = scores(ranker, query, limit)
    assert all(found[number] == pytest.approx(wanted[number], abs=1e-9, rel=1e-9) for number in found)
    assert len(found) >= min(limit, len(wanted))
    if found and len(found) < len(wanted):
        assert max(score for number, score in wanted.items() if number not in found) <= min(found.values()) + 1e-9


@given(corpus=texts, cuts=st.lists(st.integers(0, 30), max_size=3), query=st.lists(words, max_size=6), limit=st.integers(1, 12))
def test_any_corpus_in_any_segments_ranks_as_rank_bm25(corpus: Texts, cuts: list[int], query: list[str], limit: int) -> None:
    """Negative, zero and floored idf, repeated terms, empty passages, and any division into segments."""
    if not any(corpus):
        return
    bounds = sorted({0, len(corpus), *(cut for cut in cuts if cut < len(corpus))})
    parts = [postings.pack(corpus[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]
    assert_best(in_memory(parts), corpus, query, limit)
    assert_best(in_memory([postings.whole(postings.merge(parts))]), corpus, query, limit)


TYING: list[tuple[Texts, list[str], int]] = [
    ([list("乙甲丙丁"), list("丙甲乙丁乙丁"), list("甲乙丙丁丁甲乙")], list("丙乙甲"), 2),
    ([list("丁甲甲丙甲丁丁"), list("己甲"), list("乙丙己甲"), list("己丁丙己"), list("丙己"), list("甲戊乙甲丙")], list("戊丙甲己戊甲戊丙"), 2),
    ([list(text) for text in ("乙", "乙", "甲甲甲甲", "甲乙", "甲乙", "乙甲丙甲丙甲乙", "", "甲丙丙乙", "甲甲丙", "乙", "甲乙")], list("乙丙甲丙乙乙乙"), 10),
]  # fmt: skip


@pytest.mark.parametrize(("corpus", "query", "limit"), TYING)
def test_scores_that_differ_in_their_last_digits_tie(tmp_path: Path, corpus: Texts, query: list[str], limit: int) -> None:
    """Weights added in another order make other last digits; the order is that of the articles' ids then, as in all ties."""
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        added = [(Article(id=f"{n:02}", body="".join(terms) or "。"), [Passage(f"{n:02}", 0, len(terms), "", tuple(terms))]) for n, terms in enumerate(corpus)]
        library.engine.apply(added, ())
        wanted = sorted((-round(score, 9), f"{number:02}") for number, score in expected(corpus, query).items())
        for _ in range(4):  # lazily, then from memory
            for texts_too in (True, False):
                hits = library.engine.search(Query(summed(query), texts=texts_too), limit)
                assert [hit.article_id for hit in hits] == [id for _, id in wanted[:limit]]


def test_common_terms_that_are_looked_up_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With long lists left to be looked up, dense or not, the best are the same as with all lists walked."""
    chance = random.Random(3)
    vocabulary = [f"词{n}" for n in range(300)]
    corpus = [chance.choices(vocabulary, [1 / (n + 1) for n in range(300)], k=chance.randint(1, 40)) for _ in range(3000)]
    monkeypatch.setattr(ranking, "kernels", lambda: None)
    rankers = [in_memory([postings.pack(corpus)]), in_memory([postings.pack(corpus[:1000]), postings.pack(corpus[1000:])])]
    for long in (2, 8, 60, 3000):
        monkeypatch.setattr(walking, "LONG", long)
        monkeypatch.setattr(walking, "SHORT", 1)
        for _ in range(25):
            query = chance.choices(vocabulary, [1 / (n + 9) for n in range(300)], k=chance.randint(1, 15))
            for ranker in rankers:
                assert_best(ranker, corpus, query, chance.choice((1, 3, 10)))


def test_hidden_passages_are_never_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is hidden, the best of the others are found, and nothing else; also where few or none are left."""
    chance = random.Random(8)
    vocabulary = [f"词{n}" for n in range(60)]
    corpus = [chance.choices(vocabulary, [1 / (n + 1) for n in range(60)], k=chance.randint(1, 30)) for _ in range(2000)]
    monkeypatch.setattr(ranking, "kernels", lambda: None)
    monkeypatch.setattr(walking, "SHORT", 1)
    ranker = in_memory([postings.pack(corpus)])
    for shown in (0, 1, 5, 30, 1000, 1990):
        for _ in range(10):
            query = chance.choices(vocabulary, k=chance.randint(1, 8))
            left = set(chance.sample(range(len(corpus)), shown))
            hidden = np.array([number not in left for number in range(len(corpus))])
            numbers, found = ranker.best(summed(query), 10, nothing, hidden=hidden)
            wanted = {number: score for number, score in expected(corpus, query).items() if number in left}
            best = sorted(wanted.values(), reverse=True)[:10]
            assert set(numbers) <= set(wanted)
            assert found[:10] == pytest.approx(best, abs=1e-9)


@pytest.mark.skipif(not NEWS.exists(), reason=f"{NEWS} is not there")
def test_two_thousand_passages_of_news_rank_as_rank_bm25() -> None:
    """On real passages, for sentences of other articles as questions."""
    with lzma.open(NEWS) as lines:
        bodies = [json.loads(line)["body"] for line in islice(lines, 900)]
    cutter = text.default_cutter()
    passages = [body[start:end] for body in bodies for start, end in split(body)]
    held, others = passages[:2000], passages[2000:2200]
    corpus = [cutter.terms(passage) for passage in held]
    ranker = in_memory([postings.cut(cutter, Uncut([(None, held)]))])
    for other in others[::5]:
        for question in (other[:40], other[:12]):
            assert_best(ranker, corpus, cutter.terms(question), 10)


@given(title=st.none() | st.text("县 渭源Ａ1三十,。", max_size=8), parts=st.lists(st.text("县农民补助五千1.2万aB-1 %，。\n的😀𬱖", max_size=25), min_size=1, max_size=4))
def test_packed_postings_hold_the_terms_of_the_text(title: str | None, parts: list[str]) -> None:
    """What is cut in bulk is what `terms` says of title and passage, each with its count."""
    cutter = text.default_cutter()
    found = postings.cut(cutter, Uncut([(title, parts)]))
    given = postings.cut(cutter, Given([(cutter.terms(title) if title else []) + cutter.terms(part) for part in parts]))
    for one, other in zip(vars(found).values(), vars(given).values(), strict=True):
        assert np.array_equal(one, other)


@given(corpus=texts, dead=st.lists(st.booleans(), min_size=30, max_size=30))
def test_dead_passages_leave_nothing_behind(corpus: Texts, dead: list[bool]) -> None:
    """Postings without some passages are those of the others."""
    flags = np.array(dead[: len(corpus)])
    left = postings.without(postings.pack(corpus), flags)
    fresh = postings.pack([terms for terms, gone in zip(corpus, flags, strict=True) if not gone])
    assert np.array_equal(left.keys, fresh.keys)
    assert np.array_equal(left.counts, fresh.counts)
    assert np.array_equal(left.numbers, fresh.numbers)
    assert np.array_equal(left.lengths, fresh.lengths)
    assert np.array_equal(left.pairs[left.codes], fresh.pairs[fresh.codes])


def article(number: int, chance: random.Random) -> tuple[Article, list[Passage]]:
    body = "".join(chance.choices("县农民补助渭源党参电商的在是了", k=chance.randint(5, 60))) + "。"
    return Article(id=f"{number:04}", body=body, title="县里的事" if number % 3 else None), [Passage(f"{number:04}", s, e, body[s:e]) for s, e in split(body, 20)]


@pytest.mark.parametrize("seed", range(3))
def test_many_small_changes_rank_as_one_large_one(tmp_path: Path, seed: int) -> None:
    """Segments are written, worn out, merged and dropped; after each change all is as in a library built at once."""
    chance = random.Random(seed)
    store, fresh_store = Store.open(tmp_path / "a.db"), Store.open(tmp_path / "b.db")
    engine = EmbeddedEngine(store)
    held: dict[int, tuple[Article, list[Passage]]] = {}
    for step in range(14):
        gone = chance.sample(sorted(held), min(len(held), chance.choice((0, 1, 1, 8))))
        new = {number: article(number, chance) for number in chance.sample(range(300), chance.choice((1, 1, 2, 60)))}
        engine.apply(new.values(), [f"{number:04}" for number in [*gone, *(number for number in new if number in held)]])
        held = {number: one for number, one in held.items() if number not in gone} | new
        if step % 3:
            continue
        fresh = EmbeddedEngine(fresh_store)
        fresh.apply(held.values(), [one.id for one in fresh.headers().values()])
        assert engine.count() == fresh.count()
        assert list(engine.passages()) == list(fresh.passages())
        for question in ("渭源县补助", "农民电商的", "党参", "县里的事"):
            query = Query(summed(text.terms(question)))
            found, wanted = engine.search(query, 20), fresh.search(query, 20)
            assert [(hit.passage_id, hit.text) for hit in found] == [(hit.passage_id, hit.text) for hit in wanted]
            assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], abs=1e-9)
    with store.reading() as conn:
        assert conn.execute("SELECT count(*) FROM segments").fetchone()[0] <= 4
    store.close()
    fresh_store.close()


def test_a_small_change_writes_little(tmp_path: Path) -> None:
    """One more article leaves the large segment as it is."""
    chance = random.Random(1)
    store = Store.open(tmp_path / "a.db")
    engine = EmbeddedEngine(store)
    engine.apply((article(number, chance) for number in range(200)), ())
    with store.reading() as conn:
        before = {segment.number for segment in segments.load(conn)[0]}
    engine.apply([article(500, chance)], ["0007"])
    with store.reading() as conn:
        after = {segment.number for segment in segments.load(conn)[0]}
    assert before < after
    store.close()


def test_small_sets_are_ranked_with_the_idf_of_the_library() -> None:
    """rank-bm25 ranks a handful of sentences; what a word is worth is the library's to say."""
    sentences = [["渭源", "补助"], ["渭源", "党参", "党参"], ["天气"]]
    found = rank_small(sentences, ["党参", "渭源", "没有"], {"党参": 5.0, "渭源": 0.5, "补助": 2.0, "天气": 3.0}.__getitem__)
    assert found[1] > found[0] > found[2] == 0.0
    assert rank_small([], ["党参"], lambda term: 1.0) == []
    assert rank_small([[], []], ["党参"], lambda term: 1.0) == [0.0, 0.0]
