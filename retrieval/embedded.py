"""The engine of one machine: articles, passages and postings in the library's SQLite file, ranking in this process."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

from retrieval import index
from retrieval.records import Article, Hit, Passage, Query, Span, Window
from retrieval.store import Store
from retrieval.text import Cutter, default_cutter

STORED = tuple(f.name for f in fields_of(Article) if f.name not in ("body", "path", "dropped", "body_lines"))
"""The columns of the table `articles` that are fields of an Article."""


@dataclass(frozen=True)
class Snapshot:
    """One committed state of the library, kept in memory until another one is committed."""

    commit: int
    passages: tuple[tuple[int, int, int], ...]
    """Article number, start and end of each passage, by article id, then start: a passage's number is its place here."""
    postings: index.Postings


class EmbeddedEngine:
    """Implements `Engine` over a library file."""

    def __init__(self, store: Store, cutter: Cutter | None = None) -> None:
        self._store = store
        self._cutter = cutter
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    @property
    def cutter(self) -> Cutter:
        return self._cutter or default_cutter()

    # What the library says

    def count(self) -> int:
        return len(self.snapshot().passages)

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        return self.snapshot().postings.frequencies(terms)

    def idf(self, term: str) -> float:
        """rank-bm25's idf of *term* in this library, floor included; 0 for a term that occurs nowhere."""
        return self.snapshot().postings.idf(term)

    def articles(self, ids: Sequence[str]) -> Mapping[str, Article]:
        return self._articles(ids, bodies=True)

    def headers(self, ids: Sequence[str] | None = None) -> Mapping[str, Article]:
        """Like `articles`, without reading bodies: each body is empty. None asks for all articles."""
        return self._articles(ids, bodies=False)

    def _articles(self, ids: Sequence[str] | None, bodies: bool) -> dict[str, Article]:
        columns = ", ".join(f"a.{name}" for name in STORED)
        query = (
            f"SELECT {columns}, f.path, {'b.body' if bodies else repr('')} FROM articles a LEFT JOIN origins o ON o.id = a.id "
            f"LEFT JOIN files f ON f.number = o.file {'JOIN bodies b ON b.number = a.number' if bodies else ''}"
        )
        with self._store.reading() as conn:
            if ids is None:
                rows = conn.execute(query + " ORDER BY a.id").fetchall()
            else:
                rows = [row for id in ids if (row := conn.execute(query + " WHERE a.id = ?", (id,)).fetchone())]
        return {row[0]: _article(row) for row in rows}

    def passages(self) -> Iterator[Passage]:
        with self._store.reading() as conn:
            ids = [row[0] for row in conn.execute("SELECT id FROM articles ORDER BY id")]
        for id in ids:
            with self._store.reading() as conn:
                row = conn.execute("SELECT title, spans, body FROM articles JOIN bodies USING (number) WHERE id = ?", (id,)).fetchone()
            if row is None:
                continue
            title, spans, body = row
            for start, end in unpack(spans):
                text = body[start:end]
                yield Passage(id, start, end, text, tuple(self.terms_of(title, text)))

    def terms_of(self, title: str | None, text: str) -> list[str]:
        """The terms the index holds for a passage: those of its article's title, then its own."""
        return (self.cutter.terms(title) if title else []) + self.cutter.terms(text)

    # Ranking

    def search(self, query: Query, limit: int) -> Sequence[Hit]:
        with self._store.reading() as conn:
            snapshot = self.snapshot()
            allowed = self._allowed(snapshot, query)
            best = snapshot.postings.best(query.terms, limit, query.k1, query.b, allowed)
            hits = []
            for number, score in best:
                article, start, end = snapshot.passages[number]
                id, body = conn.execute("SELECT id, body FROM articles JOIN bodies USING (number) WHERE number = ?", (article,)).fetchone()
                hits.append(Hit(id, start, end, score, body[start:end]))
        return hits

    def _allowed(self, snapshot: Snapshot, query: Query) -> Any:
        window = query.window if query.window and query.window.filters else None
        if not window and not query.outlets:
            return None
        headers = self._store.db.conn.execute("SELECT number, published, outlet FROM articles")
        inside = {n for n, published, outlet in headers if (not window or overlaps(published, window)) and (not query.outlets or outlet in query.outlets)}
        return index.mask(article in inside for article, _, _ in snapshot.passages)

    def snapshot(self) -> Snapshot:
        """The state of the last commit (within a transaction: the state it sees)."""
        with self._store.reading():
            commit = int(self._store.state("commit") or 0)
            with self._lock:
                if self._snapshot is None or self._snapshot.commit != commit:
                    self._snapshot = self._load(commit)
                return self._snapshot

    def _load(self, commit: int) -> Snapshot:
        passages: list[tuple[int, int, int]] = []

        def texts() -> Iterator[list[str]]:
            rows = self._store.db.conn.execute("SELECT number, title, spans, body FROM articles JOIN bodies USING (number) ORDER BY id")
            for number, title, spans, body in rows:
                for start, end in unpack(spans):
                    passages.append((number, start, end))
                    yield self.terms_of(title, body[start:end])

        postings = index.Postings(texts())
        return Snapshot(commit, tuple(passages), postings)

    # Writing

    def apply(self, added: Iterable[tuple[Article, Sequence[Passage]]], removed: Iterable[str]) -> None:
        with self._store.writing() as conn:
            for id in removed:
                self._remove(id)
            for article, passages in added:
                self._remove(article.id)
                number = conn.execute(
                    f"INSERT INTO articles ({', '.join(STORED)}, content_hash, spans) VALUES ({', '.join('?' * (len(STORED) + 2))})",
                    (*(_column(getattr(article, name)) for name in STORED), article.content_hash, pack([(p.start, p.end) for p in passages])),
                ).lastrowid
                conn.execute("INSERT INTO bodies VALUES (?, ?)", (number, article.body))
            self._store.set_state("commit", int(self._store.state("commit") or 0) + 1)

    def _remove(self, id: str) -> None:
        conn = self._store.db.conn
        conn.execute("DELETE FROM bodies WHERE number = (SELECT number FROM articles WHERE id = ?)", (id,))
        conn.execute("DELETE FROM articles WHERE id = ?", (id,))


def overlaps(published: str | None, window: Window) -> bool:
    """Whether a publication date, which may be partial, can lie within *window*; without a date it never does."""
    if not published:
        return False
    first, last = published.ljust(10, "\0"), published.ljust(10, "~")
    return (window.begin is None or last >= window.begin) and (window.end is None or first <= window.end.ljust(10, "~"))


def pack(spans: Sequence[Span]) -> bytes:
    return struct.pack(f"<{2 * len(spans)}I", *(offset for span in spans for offset in span))


def unpack(data: bytes) -> list[Span]:
    offsets = struct.unpack(f"<{len(data) // 4}I", data)
    return list(zip(offsets[::2], offsets[1::2], strict=True))


def _column(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value


def _article(row: Sequence[Any]) -> Article:
    values = dict(zip(STORED, row, strict=False))
    values["authors"], values["editors"] = tuple(json.loads(values["authors"])), tuple(json.loads(values["editors"]))
    return Article(**values, path=row[-2] or "", body=row[-1])
