"""What every engine promises, as tests: subclass EngineContract in a test file and give it a fixture `engine`, empty and writable."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from rank_bm25 import BM25Okapi

from retrieval.engine import Engine
from retrieval.passages import split
from retrieval.records import Article, Hit, Passage, Print, Query, Window
from retrieval.reprints import signature
from retrieval.text import terms

NEWS = (
    Article(id="b.txt", title="渡口小学通了自来水", outlet="河湾日报", published="2016-05-14", script="hans",
            body="渡口小学昨天通了自来水。校长说，四百名学生不必再从家里带水。\n工程花了八个月，由县水利局出资。"),
    Article(id="a/湖.md", title="湖畔车站重新开放", outlet="湖畔新闻", published="2019-11", script="hans", url="https://example.org/1?a=1&b=2",
            authors=("林一", "周二"), editors=("吴三",), note="转载\n两行 “引号” 😀", body="湖畔车站星期一重新开放，改建用了两年。新车站有六个站台，学生半价。"),
    Article(id="c.txt", title=None, outlet=None, published=None, script="hant", body="車站旁的小學也通了自來水，學生們很高興。😀他們唱了歌。"),
    Article(id="d.txt", title="年报", outlet="河湾日报", published="2021", body="全年新修道路四十公里，学生人数增加。"),
)  # fmt: skip


def cut(article: Article, size: int = 40) -> tuple[Article, list[Passage]]:
    """*article* with its passages, as a reindex makes them."""
    head = terms(article.title) if article.title else []
    return article, [Passage(article.id, s, e, article.body[s:e], (*head, *terms(article.body[s:e]))) for s, e in split(article.body, size)]


def asked(question: str, **rest: object) -> Query:
    return replace(Query(tuple((term, 1.0) for term in terms(question))), **rest)


def made(id: str, *words: str, **rest: object) -> tuple[Article, list[Passage]]:
    """An article with one passage of these words: Latin ones and single characters, each of which is one term."""
    body = " ".join(words)
    assert terms(body) == list(words)
    return replace(Article(id=id, body=body), **rest), [Passage(id, 0, len(body), body, words)]


def okapi(held: Sequence[Passage], query: Query) -> list[tuple[str, int, float]]:
    """What rank-bm25 itself makes of the same passages: all that share a term, best first, ties by article, then start."""
    k1, b = 1.5 if query.k1 is None else query.k1, 0.75 if query.b is None else query.b
    model = BM25Okapi([list(passage.terms) for passage in held], k1=k1, b=b)
    sums = {id(passage): 0.0 for passage in held}
    for term, weight in query.terms:
        for passage, score in zip(held, model.get_scores([term]), strict=True):
            sums[id(passage)] += weight * float(score)
    wanted = {term for term, _ in query.terms}
    shared = [(passage.article_id, passage.start, sums[id(passage)]) for passage in held if wanted & set(passage.terms)]
    return sorted(shared, key=lambda hit: (-round(hit[2], 5), hit[0], hit[1]))


def places(hits: Sequence[Hit]) -> list[tuple[str, int]]:
    return [(hit.article_id, hit.start) for hit in hits]


class EngineContract:
    def test_an_empty_library_answers_with_nothing(self, engine: Engine) -> None:
        """Nothing indexed is not an error below the seam."""
        assert list(engine.search(asked("学生"), 10)) == []
        assert engine.count() == 0
        assert dict(engine.articles(["b.txt"])) == {}
        assert dict(engine.frequencies(["学生"])) == {"学生": 0}
        assert list(engine.passages()) == []

    def test_articles_come_back_to_the_letter(self, engine: Engine) -> None:
        """Every field that is stored of an article survives, ids that are not there are left out."""
        engine.apply(map(cut, NEWS), ())
        assert dict(engine.articles([*(one.id for one in NEWS), "x"])) == {one.id: one for one in NEWS}

    def test_reprints_are_known_with_the_earliest_first(self, engine: Engine) -> None:
        """The whole group, whichever of it is asked for; what prints a body that is not there is found, too."""
        story = "".join(f"第{n}户人家种了{chr(0x4E00 + 7 * n)}和{chr(0x5E00 + 11 * n)}，收成很好。" for n in range(12))
        bodies = {"a": story, "b": story.replace("，", ","), "c": story + "本文经作者同意转载。", "d": story[:150], "e": NEWS[0].body}
        dates = {"a": "2020-05-02", "b": None, "c": "2020-05", "d": "2021"}
        engine.apply([cut(Article(id=id, body=body, published=dates.get(id))) for id, body in bodies.items()], ())
        whole = [Print("c", "2020-05"), Print("a", "2020-05-02"), Print("d", "2021"), Print("b", None)]
        assert {id: list(story) for id, story in engine.reprints(["d", "a", "e", "x"]).items()} == {"a": whole, "d": whole}
        assert list(engine.printing(signature(story + "完"))) == ["a", "b", "c", "d"]
        engine.apply([cut(Article(id="a", body="另一件事。"))], ["a", "d"])
        assert {id: list(story) for id, story in engine.reprints(["a", "b"]).items()} == {"b": [whole[0], whole[3]]}
        engine.apply((), ["c"])
        assert not engine.reprints(["b"])

    def test_passages_come_in_order_with_their_terms(self, engine: Engine) -> None:
        """By article id, then start; whole, so that another engine can be filled from them."""
        engine.apply(map(cut, NEWS), ())
        expected = sorted((passage for one in NEWS for passage in cut(one)[1]), key=lambda p: (p.article_id, p.start))
        assert list(engine.passages()) == expected
        assert engine.count() == len(expected)

    def test_hits_are_slices_of_their_articles(self, engine: Engine) -> None:
        """A hit's offsets count in the stored body, and its text is that slice."""
        engine.apply(map(cut, NEWS), ())
        hits = engine.search(asked("学生从家里带水吗"), 10)
        assert hits
        for hit in hits:
            assert hit.text == engine.articles([hit.article_id])[hit.article_id].body[hit.start : hit.end]

    @pytest.mark.parametrize(("k1", "b"), [(None, None), (0.9, 0.4), (1.2, 0.0)])
    def test_the_ranking_is_rank_bm25s(self, engine: Engine, k1: float | None, b: float | None) -> None:
        """Order and scores are BM25Okapi's, with its floor under words that most passages share, weights and repeats."""
        chance = random.Random(7)
        words = [f"w{number}" for number in range(40)]
        corpus = [made(f"{number:03}", *chance.choices(words, [1 / (rank + 1) for rank in range(40)], k=chance.randint(1, 60))) for number in range(90)]
        engine.apply(corpus, ())
        held = [passage for _, passages in corpus for passage in passages]
        for _ in range(15):
            query = Query(tuple((word, chance.choice((1.0, 1.0, 2.0, 0.3))) for word in chance.choices(words, k=chance.randint(1, 8))), k1=k1, b=b)
            expected = okapi(held, query)
            hits = engine.search(query, 100)
            assert [hit.score for hit in hits] == pytest.approx([score for *_, score in expected], rel=1e-4, abs=1e-4)
            by_place = {(article, start): score for article, start, score in expected}
            for hit in hits:
                assert hit.score == pytest.approx(by_place[hit.article_id, hit.start], rel=1e-4, abs=1e-4)

    def test_a_few_passages_are_ranked_though_their_scores_are_negative(self, engine: Engine) -> None:
        """On tiny corpora Okapi's idf is zero or negative: hits are passages that share a term, whatever the score."""
        corpus = [made("a", "水", "电"), made("b", "水", "水"), made("c", "水", "路")]
        engine.apply(corpus, ())
        query = Query((("水", 1.0),))
        expected = okapi([passage for _, passages in corpus for passage in passages], query)
        assert places(engine.search(query, 10)) == [(article, start) for article, start, _ in expected]

    def test_ties_are_in_order_of_article_and_start(self, engine: Engine) -> None:
        """Equal scores are ordered by article id, then start, also at the limit."""
        same = [made(id, "水", "电") for id in ("m", "b", "z", "a", "k")]
        body = "水，电。水，电。"
        twice = Article(id="f", body=body), [Passage("f", s, s + 4, body[s : s + 4], ("水", "电")) for s in (0, 4)]
        notices = [made(f"notice{number:03}", "版", "权") for number in range(300)]
        engine.apply([*reversed(notices), *same, twice, made("other", "路")], ())
        query = Query((("水", 1.0),))
        order = [("a", 0), ("b", 0), ("f", 0), ("f", 4), ("k", 0), ("m", 0), ("z", 0)]
        assert places(engine.search(query, 10)) == order
        assert places(engine.search(query, 3)) == order[:3]
        assert places(engine.search(Query((("权", 1.0),)), 5)) == [(f"notice{number:03}", 0) for number in range(5)]

    def test_words_that_nobody_wrote_find_nothing(self, engine: Engine) -> None:
        """A hit shares at least one term; a query without known terms has none."""
        engine.apply(map(cut, NEWS), ())
        assert list(engine.search(Query((("没有这词", 1.0),)), 5)) == []
        assert list(engine.search(Query(()), 5)) == []
        assert list(engine.search(asked("学生"), 0)) == []

    def test_frequencies_count_passages(self, engine: Engine) -> None:
        """In how many passages a term occurs, not how often."""
        engine.apply([made("a", "水", "水", "电"), made("b", "水"), made("c", "路")], ())
        assert dict(engine.frequencies(["水", "电", "桥"])) == {"水": 2, "电": 1, "桥": 0}

    def test_a_window_leaves_what_was_published_in_it(self, engine: Engine) -> None:
        """Both ends belong to it, a partial date is inside where it overlaps, an article without a date is outside."""
        engine.apply(map(cut, NEWS), ())

        def found(begin: str | None, end: str | None, filters: bool = True) -> set[str]:
            return {hit.article_id for hit in engine.search(asked("学生", window=Window(begin, end, "", filters)), 50)}

        assert found("2016-05-14", "2016-05-14") == {"b.txt"}
        assert found("2016-05-15", None) == {"a/湖.md", "d.txt"}
        assert found("2019-11-30", "2021-01-01") == {"a/湖.md", "d.txt"}
        assert found(None, "2019-10-31") == {"b.txt"}
        assert found("2022-01-01", None) == set()
        assert found("2022-01-01", None, filters=False) == {"a/湖.md", "b.txt", "c.txt", "d.txt"}

    def test_outlets_leave_what_they_published(self, engine: Engine) -> None:
        """Any of the named outlets; an article without one is outside."""
        engine.apply(map(cut, NEWS), ())
        assert {hit.article_id for hit in engine.search(asked("学生", outlets=("河湾日报",)), 50)} == {"b.txt", "d.txt"}
        assert {hit.article_id for hit in engine.search(asked("学生", outlets=("河湾日报", "湖畔新闻")), 50)} == {"a/湖.md", "b.txt", "d.txt"}

    def test_filters_do_not_change_the_scores(self, engine: Engine) -> None:
        """Statistics are the library's: a filter hides passages, it does not reweigh words."""
        engine.apply(map(cut, NEWS), ())
        everywhere = {hit.passage_id: hit.score for hit in engine.search(asked("学生自来水"), 50)}
        for hit in engine.search(asked("学生自来水", outlets=("河湾日报",)), 50):
            assert hit.score == pytest.approx(everywhere[hit.passage_id], rel=1e-5, abs=1e-5)

    def test_a_change_is_ranked_as_if_it_had_always_been_so(self, engine: Engine) -> None:
        """After articles were removed, replaced and added, everything equals a library that was built from what is left."""
        chance = random.Random(11)
        words = [f"w{number}" for number in range(25)]

        def some(id: int) -> tuple[Article, list[Passage]]:
            return made(f"{id:03}", *chance.choices(words, [1 / (rank + 1) for rank in range(25)], k=chance.randint(1, 30)))

        held = {number: some(number) for number in range(40)}
        engine.apply(held.values(), ())
        for _ in range(3):
            gone = chance.sample(sorted(held), 6)
            changed = chance.sample([number for number in sorted(held) if number not in gone], 5)
            new = {number: some(number) for number in [*changed, *(max(held) + 1 + extra for extra in range(4))]}
            engine.apply(new.values(), [f"{number:03}" for number in [*gone, *changed]])
            held = {number: one for number, one in held.items() if number not in gone} | new
            passages = [passage for _, several in held.values() for passage in several]
            assert engine.count() == len(passages)
            assert dict(engine.frequencies(words)) == {word: sum(word in passage.terms for passage in passages) for word in words}
            for word in ("w0", "w3", "w9"):
                query = Query(((word, 1.0), ("w1", 1.0)))
                expected = okapi(passages, query)
                hits = engine.search(query, 100)
                assert [hit.score for hit in hits] == pytest.approx([score for *_, score in expected], rel=1e-4, abs=1e-4)
            assert set(engine.articles([f"{number:03}" for number in range(60)])) == {f"{number:03}" for number in held}

    def test_a_change_that_fails_half_way_leaves_the_old_state(self, engine: Engine) -> None:
        """All or nothing: what was written before the failure is not seen, now or after the next change."""
        engine.apply([made("a", "水"), made("b", "水", "电")], ())

        def broken() -> Iterator[tuple[Article, list[Passage]]]:
            yield made("c", "水", "水")
            raise ValueError("the page cannot be read")

        with pytest.raises(ValueError, match="cannot be read"):
            engine.apply(broken(), ["a"])
        assert sorted(places(engine.search(Query((("水", 1.0),)), 10))) == [("a", 0), ("b", 0)]
        assert (engine.count(), dict(engine.articles(["c"]))) == (2, {})
        engine.apply([made("d", "水")], ())
        assert sorted(places(engine.search(Query((("水", 1.0),)), 10))) == [("a", 0), ("b", 0), ("d", 0)]

    def test_a_question_never_sees_half_a_change(self, engine: Engine) -> None:
        """From several threads, while articles are replaced: every answer is of one state, the one before or the one after."""
        ids = [f"{number:02}" for number in range(12)]
        engine.apply([made(id, "水", "v0") for id in ids], ())
        query, editions = Query((("水", 1.0),)), 4
        done = False

        def ask() -> set[int]:
            seen = set()
            while not done:
                hits = engine.search(query, 50)
                texts = {hit.text for hit in hits}
                assert len(hits) == len(ids), [hit.passage_id for hit in hits]
                assert len(texts) == 1, texts
                seen.add(int(texts.pop().rpartition("v")[2]))
            return seen

        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask) for _ in range(4)]
            try:
                for edition in range(1, editions):
                    engine.apply([made(id, "水", f"v{edition}") for id in ids], ids)
            finally:
                done = True
            seen = set().union(*(one.result(60) for one in asking))
        assert seen <= set(range(editions))
        assert {hit.text for hit in engine.search(query, 50)} == {f"水 v{editions - 1}"}
