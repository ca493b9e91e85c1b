"""How articles and passages look in the cluster: strict, versioned mappings, and records to documents and back."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from retrieval import reprints
from retrieval.records import Article, Dropped, Passage

VERSION = 2
"""The mappings' version; an index of another one is rebuilt by a reindex, never changed in place."""

SIMILARITY = {"k1": 0.9, "b": 0.4}
"""BM25 of the first pass, which only chooses candidates; the exact ranking of a query's own k1 and b follows on the shards."""

LONGEST = 255
"""UTF-16 units at which the whitespace analyser cuts a term; a longer one (never a word) is told by its beginning and a hash."""

_HASHED = 24
_SPACES = re.compile(r"[\s\x1c-\x1f\x00]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_KEYWORD = {"type": "keyword"}
_STORED = {"type": "keyword", "index": False, "doc_values": False}
_LABEL = {"type": "keyword", "ignore_above": 1000}
_LONG = {"type": "long"}
_INTEGER = {"type": "integer"}


def passages_index(shards: int) -> dict[str, Any]:
    """Settings and mappings of the index that is searched."""
    return _index(
        shards,
        {
            "article": _KEYWORD, "key": _KEYWORD, "start": _INTEGER, "end": _INTEGER, "born": _LONG, "length": _INTEGER,
            "outlet": _LABEL, "first_day": _LABEL, "last_day": _LABEL, "text": _STORED,
            "terms": {"type": "text", "analyzer": "whitespace", "similarity": "terms", "index_options": "freqs"},
        },
    )  # fmt: skip


def articles_index(shards: int) -> dict[str, Any]:
    """Settings and mappings of the index of whole articles, which also holds the library's state."""
    return _index(
        shards,
        {
            "article": _KEYWORD, "key": _KEYWORD, "born": _LONG, "published": _LABEL, "record": _STORED, "state": _STORED,
            "print": _KEYWORD, "probes": _KEYWORD, "signature": _STORED,
        },
    )  # fmt: skip


def lock_index() -> dict[str, Any]:
    """Settings and mappings of the index whose one document says who writes."""
    properties = {"writer": _KEYWORD, "generation": _LONG, "signed": {"type": "double"}}
    return {"settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}, "mappings": {"dynamic": "strict", "properties": properties}}


def _index(shards: int, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "settings": {
            "index": {
                "number_of_shards": shards,
                "auto_expand_replicas": "0-1",
                "refresh_interval": "-1",
                "codec": "best_compression",
                "max_terms_count": 1_000_000,
                "similarity": {"terms": {"type": "BM25", **SIMILARITY}},
            },
        },
        "mappings": {"dynamic": "strict", "_meta": {"wenda": VERSION}, "properties": properties},
    }


def key(article_id: str) -> str:
    """A name for an article that fits into a document's id, which may have 512 bytes."""
    return sha256(article_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def indexed(term: str) -> str:
    """*term* as the whitespace tokenizer leaves it whole: its spaces become letters of private use, and it is not too long."""
    whole = _SURROGATES.sub("\ufffd", _SPACES.sub(lambda space: chr(0xF0000 + ord(space[0])), term))
    if len(whole) > LONGEST // 2 and len(whole.encode("utf-16-le")) > 2 * LONGEST:
        return whole[: (LONGEST - _HASHED) // 2] + sha256(whole.encode()).hexdigest()[:_HASHED]
    return whole


def original(term: str) -> str:
    """What `indexed` was given, unless that was too long."""
    return "".join(chr(ord(letter) - 0xF0000) if 0xF0000 <= ord(letter) < 0xF3001 else letter for letter in term)


def article_document(article: Article, born: int) -> dict[str, Any]:
    record = text(json.dumps(asdict(article), ensure_ascii=False))
    return {
        "article": text(article.id), "key": key(article.id), "born": born, "published": article.published, "record": record,
        **print_document(reprints.signature(article.body)),
    }  # fmt: skip


def print_document(signature: bytes) -> dict[str, Any]:
    """What tells the reprints of an article: its signature, the signature's key, the probes that look for others."""
    return {
        "print": str(reprints.key(signature)),
        "probes": [str(probe) for probe in reprints.probes(signature)],
        "signature": base64.b64encode(signature).decode(),
    }


def signature(document: dict[str, Any]) -> bytes:
    return base64.b64decode(document["signature"])


def article(document: dict[str, Any]) -> Article:
    """The article that `article_document` was given, to the letter."""
    record = json.loads(document["record"])
    for name in ("authors", "editors"):
        record[name] = tuple(record[name])
    record["dropped"] = tuple(Dropped(**block) for block in record["dropped"])
    return Article(**record)


def text(value: str) -> str:
    """*value* as JSON can carry it: a lone surrogate, which is no character, is written as an escape."""
    return _SURROGATES.sub(lambda half: f"\\u{ord(half[0]):04x}", value)


def passage_document(of: Article, passage: Passage, born: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "article": text(of.id), "key": key(of.id), "start": passage.start, "end": passage.end, "born": born,
        "length": len(passage.terms), "terms": " ".join(map(indexed, passage.terms)), "text": _SURROGATES.sub("\ufffd", passage.text),
    }  # fmt: skip
    if of.outlet is not None:
        document["outlet"] = text(of.outlet)
    if of.published is not None:
        document["first_day"], document["last_day"] = map(text, span(of.published))
    return document


def passage(document: dict[str, Any]) -> Passage:
    return Passage(document["article"], document["start"], document["end"], document["text"], tuple(map(original, document["terms"].split(" "))) if document["terms"] else ())


def span(date: str) -> tuple[str, str]:
    """The first and the last that an ISO date may mean, as text that sorts: `2019-11` is all of November.

    Dates are compared as text, since a page may bear one that no calendar has.
    """
    return date, date.ljust(10, "~")
