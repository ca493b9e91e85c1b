"""The engine's promises, kept over a cluster of three nodes."""

from __future__ import annotations

from engine_contract import EngineContract

from retrieval.opensearch import OpenSearchEngine
from retrieval.records import Article, Passage, Query


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

