"""Records in, the JSON objects of the commands out: what other programs rely on.

Fields may be added, the meaning of these never changes. Offsets count Unicode code points; dates are ISO or null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot import words
from retrieval.ledger import Check, PastAnswer
from retrieval.records import Answer, Article, Excerpt, Hit, Report, Skipped, Window

Json = dict[str, Any]


def line(value: object) -> bytes:
    """*value* as one line of JSON in UTF-8; a lone surrogate is written as its escape."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def answer(given: Answer) -> Json:
    """An answer of `wenda ask`."""
    return {
        "answer_id": given.id,
        "question": given.question,
        "rewritten": given.rewritten,
        "status": given.status,
        "confidence": given.confidence,
        "excerpts": [excerpt(each) for each in given.excerpts],
        "related": [excerpt(each) for each in given.related],
        "missing": list(given.missing),
        "corrected": dict(given.corrected),
        "message": words.small_talk("zh-Hans", given.message) if given.message else None,
        "window": window(given.window),
        "undated": given.undated,
        "outside_window": given.outside_window,
        "answer_type": given.answer_type,
        "figures_over_time": given.figures_over_time,
        "why": {"hit": list(given.why.hit), "missed": list(given.why.missed), "signals": dict(given.why.signals)},
        "elapsed_ms": round(given.elapsed_ms, 1),
    }


def excerpt(given: Excerpt) -> Json:
    return {
        "text": given.text,
        "start": given.start,
        "end": given.end,
        "highlights": [list(span) for span in given.highlights],
        "score": given.score,
        "place": given.place,
        "reprints": list(given.reprints),
        "dated": list(given.dated),
        "article": source(given.article),
    }


def source(given: Article) -> Json:
    """The article an excerpt cites."""
    return {
        "id": given.id,
        "path": given.path or given.id,
        "title": given.title,
        "outlet": given.outlet,
        "published": given.published,
        "url": given.url,
        "script": given.script,
        "kind": given.kind,
        "note": given.note,
        "published_origin": given.published_origin,
        "republisher": given.republisher,
        "original_published": given.original_published,
        "content_hash": given.content_hash,
    }


def window(given: Window | None) -> Json | None:
    if given is None:
        return None
    return {"from": given.begin, "to": given.end, "phrase": given.phrase, "filters": given.filters}


def search(question: str, hits: Sequence[Hit]) -> Json:
    """The hits of `wenda search`, best first."""
    return {
        "question": question,
        "hits": [
            {
                "rank": rank,
                "article_id": hit.article_id,
                "passage_id": hit.passage_id,
                "start": hit.start,
                "end": hit.end,
                "score": hit.score,
                "text": hit.text,
            }
            for rank, hit in enumerate(hits, 1)
        ],
    }


def page(path: str, read: Article) -> Json:
    """A page as `wenda read` shows it."""
    return {
        "path": path,
        "id": read.id,
        "title": read.title,
        "outlet": read.outlet,
        "published": read.published,
        "published_origin": read.published_origin,
        "authors": list(read.authors),
        "editors": list(read.editors),
        "script": read.script,
        "encoding": read.encoding,
        "url": read.url,
        "body": read.body,
        "dropped": [{"text": block.text, "reason": block.reason, "line": block.line} for block in read.dropped],
        "republisher": read.republisher,
        "original_published": read.original_published,
        "updated": read.updated,
        "title_origin": read.title_origin,
        "outlet_origin": read.outlet_origin,
        "kind": read.kind,
        "original": read.original,
        "note": read.note,
        "error": None,
    }


def refused_page(path: str, reason: str, dropped: Iterable[Any] = ()) -> Json:
    """A file that holds no article, with the reason."""
    fields = page(path, Article(id=path, body=""))
    blocks = [{"text": block.text, "reason": block.reason, "line": block.line} for block in dropped]
    return {**fields, "script": None, "body": None, "dropped": blocks, "error": reason}


def article(stored: Article) -> Json:
    """A stored article as `wenda show` gives it."""
    fields = page(stored.path or stored.id, stored)
    del fields["error"]
    return {"id": stored.id, "content_hash": stored.content_hash, **{name: fields[name] for name in fields if name != "id"}}


def report(given: Report) -> Json:
    """What a reindex did."""
    return {
        "articles": given.articles,
        "passages": given.passages,
        "added": given.added,
        "changed": given.changed,
        "removed": given.removed,
        "unchanged": given.unchanged,
        "skipped": [skipped(each) for each in given.skipped],
        "seconds": round(given.seconds, 3),
    }


def skipped(given: Skipped) -> Json:
    return {"path": given.path, "reason": given.reason}


def verification(past: PastAnswer, checks: Sequence[Check]) -> Json:
    """A past answer, each citation with what became of it."""
    return {
        "answer_id": past.id,
        "question": past.question,
        "answered_at": past.at.isoformat(timespec="seconds"),
        "status": past.status,
        "citations": [
            {
                "verdict": check.verdict,
                "article_id": check.citation.article_id,
                "title": check.citation.title,
                "outlet": check.citation.outlet,
                "published": check.citation.published,
                "start": check.citation.start,
                "end": check.citation.end,
                "text": check.citation.text,
                "content_hash": check.citation.content_hash,
                "related": check.citation.related,
            }
            for check in checks
        ],
    }
