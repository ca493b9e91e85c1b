"""The engine's promises, kept over a cluster of three nodes."""

from __future__ import annotations

from engine_contract import EngineContract

from retrieval.opensearch import OpenSearchEngine
from retrieval.records import Article, Passage, Query, Window


class TestOpenSearchEngine(EngineContract):
    """The fixture `engine` is the cluster's."""

    def test_terms_may_hold_any_character(self, engine: OpenSearchEngine) -> None:
        """A term with a space, of one letter, very long, or that means something in query languages, stays one term."""
        odd = ("iphone 15 pro", "a", "长" * 180, "c++", "*", "a:b", '"', "\\", "😀", "Ａ", "+x", "和/或")
        plain = ("iphone", "15", "pro", "长")
        engine.apply(((Article(id=id, body=id), [Passage(id, 0, len(id), id, words)]) for id, words in (("odd", odd), ("plain", plain))), ())
        for term in odd:
            assert [hit.article_id for hit in engine.search(Query(((term, 1.0),)), 5)] == ["odd"], term
        assert next(iter(engine.passages())).terms == odd

    def test_articles_may_be_long_and_oddly_dated(self, engine: OpenSearchEngine) -> None:
        """A body of half a million letters, a date that no calendar has, an id of two hundred characters."""
        odd = Article(id="夹" * 200, body="长文。" * 170_000, published="2023-03-00", outlet="报" * 2000)
        engine.apply([(odd, [Passage(odd.id, 0, 3, "长文。", ("长文",))])], ())
        assert engine.articles([odd.id])[odd.id] == odd
        assert [hit.article_id for hit in engine.search(Query((("长文", 1.0),), window=Window("2023-01", "2023-12", "")), 5)] == [odd.id]
