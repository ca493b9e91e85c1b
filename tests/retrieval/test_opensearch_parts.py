"""The parts of the cluster's engine that need no cluster: terms and records as documents, statistics of a vocabulary."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from engine_contract import NEWS
from hypothesis import given
from hypothesis import strategies as some
from rank_bm25 import BM25Okapi

from retrieval import opensearch_schema as schema
from retrieval.errors import UsageError
from retrieval.frequencies import Histogram, Vocabulary, weight
from retrieval.opensearch_client import Address, Client
from retrieval.records import Dropped

words = some.lists(some.lists(some.sampled_from("甲乙丙丁戊己"), max_size=12), min_size=1, max_size=12)


@given(some.text(some.characters(exclude_categories=["Cs", "Co"]), min_size=1, max_size=300))
def test_a_term_is_one_token(term: str) -> None:
    """What is indexed has no white space, is short enough for the analyser, and leads back to the term unless that is too long."""
    indexed = schema.indexed(term)
    assert len(indexed.split()) == 1
    assert len(indexed.encode("utf-16-le")) <= 2 * schema.LONGEST
    if len(term) <= schema.LONGEST // 2:
        assert schema.original(indexed) == term


def test_an_article_survives_as_a_document() -> None:
    """Every field comes back, and a half of a surrogate pair too, which JSON in UTF-8 cannot carry as it is."""
    for article in NEWS:
        odd = replace(article, body=article.body + "\ud83d\n\x00", dropped=(Dropped("广告", "recommended", 3),))
        document = json.loads(json.dumps(schema.article_document(odd, 7), ensure_ascii=False).encode())
        assert schema.article(document) == odd


@given(words)
def test_the_weights_are_rank_bm25s(corpus: list[list[str]]) -> None:
    """idf and its floor are BM25Okapi's, from nothing but how many terms occur in how many passages."""
    if not any(corpus):
        return
    vocabulary = Vocabulary()
    for passage in corpus:
        vocabulary.add(set(passage))
    mean = Histogram.unpacked(vocabulary.histogram().packed()).mean_idf(len(corpus))
    expected = BM25Okapi(corpus).idf
    frequencies = {term: sum(term in passage for passage in corpus) for term in expected}
    assert {term: weight(number, len(corpus), mean) for term, number in frequencies.items()} == pytest.approx(expected)


@given(words, words)
def test_statistics_follow_a_change(before: list[list[str]], after: list[list[str]]) -> None:
    """Moved from one count to another, term by term, the histogram is the one of the new passages."""

    def counted(corpus: list[list[str]]) -> Vocabulary:
        vocabulary = Vocabulary()
        for passage in corpus:
            vocabulary.add(set(passage))
        return vocabulary

    histogram = counted(before).histogram()
    for term in {term for passage in (*before, *after) for term in passage}:
        histogram.move(term, sum(term in passage for passage in before), sum(term in passage for passage in after))
    assert histogram.counts == counted(after).histogram().counts


def test_a_very_large_vocabulary_is_sampled() -> None:
    """Beyond a bound one term in two, four or more is counted, the same ones every time; the mean stays near."""
    whole, part = Vocabulary(), Vocabulary(largest=2000)
    for passage in range(400):
        terms = {f"w{passage * step % 9973}" for step in range(1, 60)}
        whole.add(terms)
        part.add(terms)
    assert part.histogram().share > 1
    assert part.histogram().mean_idf(400) == pytest.approx(whole.histogram().mean_idf(400), rel=0.02)


def test_a_password_is_not_shown() -> None:
    """Neither an address's repr nor its short form holds what lets one in."""
    address = Address("https://user:secret@one:9200, https://two:9200", "user", "secret")
    assert "secret" not in address.shown + repr(address)
    assert address.shown == "https://one:9200, https://two:9200"


def test_an_address_is_needed() -> None:
    """Without one, the error names the setting."""
    pytest.importorskip("opensearchpy")
    with pytest.raises(UsageError, match="WENDA_OPENSEARCH_URL"):
        Client(Address(" , "))
