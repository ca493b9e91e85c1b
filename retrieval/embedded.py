"""The engine of one machine: articles, passages and postings in the library's SQLite file, ranking in this process."""

from __future__ import annotations

import json
import secrets
import sqlite3
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from functools import lru_cache
from itertools import groupby
from typing import Any, Self

import numpy as np

from retrieval import cutting, segments, stories, whereabouts
from retrieval.errors import LibraryOutdated
from retrieval.index import summed
from retrieval.postings import Flags, Given, Postings, Uncut, cut, merge, pack, whole
from retrieval.records import Article, Hit, Passage, Print, Query, Span
from retrieval.segments import Table
from retrieval.snapshot import Snapshot
from retrieval.store import Store
from retrieval.text import Cutter, default_cutter, fingerprint, fold
from retrieval.weighing import Segment

STORED = tuple(f.name for f in fields_of(Article) if f.name not in ("body", "path", "dropped", "body_lines"))
"""The columns of the table `articles` that are fields of an Article."""

BATCH = 1_000_000
"""Characters that are cut at a time: large enough that sorting and merging cost little, 200 MB of memory in the process that cuts it."""

Added = tuple[Article, Sequence[Passage]]


class Ahead:
    """Articles in, their postings and signatures out in the same order; they are cut in batches while more are put."""

    def __init__(self, words: Sequence[str]) -> None:
        self._cutting = cutting.Cutting(words)
        self._batch: list[Added] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cutting.__exit__()

    def put(self, article: Article, passages: Sequence[Passage]) -> None:
        self._batch.append((article, passages))
        self._size += len(article.body)
        if self._size > BATCH:
            self._flush()

    def put_all(self, batch: Sequence[Added]) -> None:
        """Take a batch, of which all articles or none come with their terms."""
        self._batch += batch
        self._flush()

    def results(self) -> list[cutting.Cut]:
        self._flush()
        return self._cutting.results()

    def _flush(self) -> None:
        batch, self._batch, self._size = self._batch, [], 0
        if _given(batch):
            self._cutting.put(Given([passage.terms for _, passages in batch for passage in passages]), [article.body for article, _ in batch])
        elif batch:
            bodies = [None if _covered(article, passages) else article.body for article, passages in batch]
            self._cutting.put(Uncut([(article.title, [passage.text for passage in passages]) for article, passages in batch]), bodies)


class EmbeddedEngine:
    """Implements `Engine` over a library file. Passages that come without terms are cut here, by several processes."""

    cuts = True

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    @property
    def cutter(self) -> Cutter:
        """What the articles are cut by: the dictionary, and the words that are kept in the library."""
        snapshot = self._snapshot
        with self._store.errors():
            fresh = snapshot is not None and self._store.state("commit") == snapshot.commit
        return snapshot.cutter if snapshot and fresh else self.snapshot().cutter

    # What the library says

    def count(self) -> int:
        with self._store.reading() as conn:
            return segments.count(conn)

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        return self.snapshot().ranker.frequencies(terms)

    def idf(self, term: str) -> float:
        """rank-bm25's idf of *term* in this library, floor included; 0 for a term that occurs nowhere."""
        return self.snapshot().ranker.idf(term)

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
            cutter = _cutter(self._words())
            articles = conn.execute("SELECT id, number FROM articles ORDER BY id").fetchall()
            for id, row in articles:
                stored = _Stored.of(conn, row)
                for (start, end), text, terms in zip(stored.spans, stored.texts(), stored.terms(cutter), strict=True):
                    yield Passage(id, start, end, text, tuple(terms))

    def reprints(self, ids: Sequence[str]) -> Mapping[str, Sequence[Print]]:
        with self._store.reading() as conn:
            return stories.of(conn, ids)

    def printing(self, signature: bytes) -> list[str]:
        with self._store.reading() as conn:
            return stories.alike(conn, signature)

    # Ranking

    def search(self, query: Query, limit: int) -> Sequence[Hit]:
        with self._store.errors():
            while True:
                snapshot = self._snapshot or self.snapshot()
                hits = snapshot.search(self._store.db.conn, query, limit)
                if hits is not None:
                    return hits
                self._snapshot = None  # another process has committed since

    def rank(self, question: str, limit: int) -> Sequence[Hit]:
        """The hits for the terms of *question*, without their texts."""
        with self._store.errors():
            while True:
                snapshot = self._snapshot or self.snapshot()
                hits = snapshot.search(self._store.db.conn, Query(summed(snapshot.cutter.terms(question)), texts=False), limit)
                if hits is not None:
                    return hits
                self._snapshot = None

    def warm(self) -> None:
        """Read all postings into memory now, rather than those of each question's terms when it is asked."""
        with self._store.reading() as conn:
            self.snapshot().warm(conn)

    def snapshot(self) -> Snapshot:
        """The state of the last commit (within a transaction: the state it sees)."""
        with self._store.reading() as conn:
            commit = self._store.state("commit")
            with self._lock:
                if self._snapshot is None or self._snapshot.commit != commit:
                    self._snapshot = Snapshot(commit, *segments.ranker(conn), _cutter(self._words()))
                return self._snapshot

    # Writing

    def _words(self) -> tuple[str, ...]:
        return tuple(json.loads(str(self._store.state("words") or "[]")))

    def set_words(self, words: Iterable[str]) -> int:
        """Have exactly these words beside the dictionary's. How many passages hold one that is new or gone, and were cut again."""
        with self._store.writing() as conn:
            old, new = self._words(), tuple(sorted({fold(word) for word in words} - {""}))
            if old == new:
                return 0
            held, tables, _ = segments.load(conn)
            concerned = self._holding(conn, set(old) ^ set(new), held, tables)
            again = segments.joined([table[flags] for table, flags in zip(tables, concerned, strict=True)])
            segments.remove_passages(conn, concerned, lambda table: _recut(conn, table, _cutter(old)))
            self._store.set_state("words", json.dumps(new, ensure_ascii=False))
            again = again[np.lexsort((again.begins, again.articles))]
            with cutting.Cutting(new) as cut_again:
                for batch in _uncut(conn, again):
                    cut_again.put(batch)
                parts = cut_again.results()
            if parts:
                segments.write(conn, merge([part.postings for part in parts]), again)
            self._finish(conn)
        return len(again)

    def _holding(self, conn: sqlite3.Connection, words: Iterable[str], held: Sequence[Segment], tables: Sequence[Table]) -> list[Flags]:
        """Which passages of each segment hold one of the folded words, in their text or their title; those with given terms apart."""
        read = segments.reader(conn)
        candidates = [np.zeros(len(table), bool) for table in tables]
        wanted = tuple(words)
        for word in wanted:
            for flags, more in zip(candidates, whereabouts.may_hold(word, held, read), strict=True):
                flags |= more
        for table, flags in zip(tables, candidates, strict=True):
            at = np.flatnonzero(flags)
            for row in np.unique(table.articles[at]).tolist():
                stored = _Stored.of(conn, row)
                title = fold(stored.title or "")
                entitled = any(word in title for word in wanted)
                for place in at[table.articles[at] == row].tolist():
                    folded = fold(stored.body[table.begins[place] : table.ends[place]])
                    flags[place] = not stored.given and (entitled or any(word in folded for word in wanted))
        return candidates

    def holding(self, text: str) -> list[str]:
        """The ids of the articles that may hold *text* in their title, body or authors, however it is written; few more than do."""
        with self._store.reading() as conn:
            held, tables, _ = segments.load(conn)
            rows = whereabouts.may_hold_in_parts(fold(text), held, tables, segments.reader(conn))
            named = conn.execute("SELECT id FROM articles WHERE instr(authors, ?) OR instr(editors, ?)", (text, text)).fetchall()
            return sorted({*(id for id, in named), *(conn.execute("SELECT id FROM articles WHERE number = ?", (row,)).fetchone()[0] for row in rows)})

    @property
    def outdated(self) -> bool:
        """Whether the articles were cut otherwise than questions are cut now."""
        return self._store.state("fingerprint") not in (None, fingerprint())

    def apply(self, added: Iterable[Added], removed: Iterable[str], ahead: Ahead | None = None) -> None:
        """As every engine; where *ahead* has been put the same articles in the same order, they are not cut again."""
        with self._store.writing() as conn:
            rows = [row[0] for id in removed if (row := conn.execute("SELECT number FROM articles WHERE id = ?", (id,)).fetchone())]
            if len(rows) == conn.execute("SELECT count(*) FROM articles").fetchone()[0]:
                segments.clear(conn)
                stories.clear(conn)
                gone: list[int] = []
                for table in ("articles", "bodies"):
                    conn.execute(f"DELETE FROM {table}")
            else:
                if self.outdated:
                    raise LibraryOutdated("the program cuts text otherwise than when the library was made; run `wenda reindex --full`")
                gone = stories.remove(conn, rows)
                self._remove(conn, rows)
            self._add(conn, added, gone, ahead)
            self._finish(conn)

    def _finish(self, conn: sqlite3.Connection) -> None:
        segments.tidy(conn)
        self._store.set_state("fingerprint", fingerprint())
        # Never the same number again, not even after a commit that was undone: what is kept in memory is known by it.
        self._store.set_state("commit", secrets.randbits(62))

    def _remove(self, conn: sqlite3.Connection, rows: Sequence[int]) -> None:
        if rows:
            segments.remove(conn, rows, lambda table: _recut(conn, table, _cutter(self._words())))
            for table in ("articles", "bodies"):
                conn.executemany(f"DELETE FROM {table} WHERE number = ?", [(row,) for row in rows])

    def ahead(self) -> Ahead:
        """Cuts articles while others are still being read, for an `apply` of the same articles in the same order."""
        return Ahead(self._words())

    def _add(self, conn: sqlite3.Connection, added: Iterable[Added], gone: Sequence[int], ahead: Ahead | None) -> None:
        tables: list[Table] = []
        rows: list[int] = []
        with ahead or self.ahead() as cut_here:
            for batch in _batches(added):
                tables.append(self._insert(conn, batch, rows))
                if not ahead:
                    cut_here.put_all(batch)
            parts = cut_here.results()
        if parts:
            segments.write(conn, merge([part.postings for part in parts]), segments.joined(tables))
        stories.update(conn, gone, rows, [signature for part in parts for signature in part.signatures])

    def _insert(self, conn: sqlite3.Connection, batch: Sequence[Added], numbers: list[int]) -> Table:
        """Store articles with their bodies, and put their *numbers* to the others; from which article each of their passages is."""
        given = _given(batch)
        rows: list[int] = []
        spans: list[Span] = []
        for article, passages in batch:
            here = [(passage.start, passage.end) for passage in passages]
            terms = json.dumps([passage.terms for passage in passages], ensure_ascii=False) if given else None
            values = (*(_column(getattr(article, name)) for name in STORED), article.content_hash, pack_spans(here), terms)
            number = conn.execute(_INSERT, values).lastrowid or 0
            conn.execute("INSERT INTO bodies VALUES (?, ?)", (number, article.body))
            numbers.append(number)
            rows += [number] * len(here)
            spans += here
        return segments.table(rows, spans)


_INSERT = f"INSERT INTO articles ({', '.join(STORED)}, content_hash, spans, terms) VALUES ({', '.join('?' * (len(STORED) + 3))})"


def _covered(article: Article, passages: Sequence[Passage]) -> bool:
    """Whether the passages' texts one after another are the body."""
    return "".join(passage.text for passage in passages) == article.body


def _given(batch: Sequence[Added]) -> bool:
    """Whether the passages came with their terms."""
    return any(passage.terms for _, passages in batch for passage in passages)


def _batches(added: Iterable[Added]) -> Iterator[list[Added]]:
    """Articles in batches of some BATCH characters, in order; those with given terms apart from those that are to be cut."""
    batch: list[Added] = []
    size = 0
    for one in added:
        if batch and (size > BATCH or _given([one]) != _given(batch[-1:])):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one[0].body)
    if batch:
        yield batch


@lru_cache(maxsize=2)
def _cutter(words: tuple[str, ...]) -> Cutter:
    return Cutter(words) if words else default_cutter()


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of an article's passages: its title, their spans, its body, and their terms where they were given."""

    title: str | None
    spans: list[Span]
    body: str
    given: list[list[str]] | None

    @classmethod
    def of(cls, conn: sqlite3.Connection, row: int) -> _Stored:
        query = "SELECT title, spans, body, terms FROM articles JOIN bodies USING (number) WHERE number = ?"
        title, spans, body, terms = conn.execute(query, (row,)).fetchone()
        return cls(title, unpack_spans(spans), body, json.loads(terms) if terms else None)

    def texts(self) -> list[str]:
        return [self.body[start:end] for start, end in self.spans]

    def given_from(self, begins: Sequence[int]) -> list[list[str]]:
        """The given terms of the passages that begin there; none where they were cut."""
        wanted = set(begins)
        return [terms for (start, _), terms in zip(self.spans, self.given, strict=True) if start in wanted] if self.given else []

    def terms(self, cutter: Cutter) -> list[list[str]]:
        if self.given:
            return self.given
        title = cutter.terms(self.title) if self.title else []
        return [title + cutter.terms(text) for text in self.texts()]


def _recut(conn: sqlite3.Connection, table: Table, cutter: Cutter) -> Postings:
    """The postings of these passages, as they were cut when they were added."""
    table = table[np.lexsort((table.begins, table.articles))]
    given = [terms for row, begins in _by_article(table) for terms in _Stored.of(conn, row).given_from(begins)]
    return whole(merge([pack(given), *(cut(cutter, batch) for batch in _uncut(conn, table))]))


def _uncut(conn: sqlite3.Connection, table: Table) -> Iterator[Uncut]:
    """These passages, in order, in batches to be cut; those with given terms are left out."""
    batch: list[tuple[str | None, list[str]]] = []
    size = 0
    for row, begins in _by_article(table):
        stored = _Stored.of(conn, row)
        if not stored.given:
            ends = dict(stored.spans)
            batch.append((stored.title, [stored.body[begin : ends[begin]] for begin in begins]))
            size += sum(map(len, batch[-1][1]))
        if size > BATCH:
            yield Uncut(batch)
            batch, size = [], 0
    if batch:
        yield Uncut(batch)


def _by_article(table: Table) -> Iterator[tuple[int, list[int]]]:
    """Of a table in order of articles, each row of an article and where its passages begin."""
    for row, places in groupby(zip(table.articles.tolist(), table.begins.tolist(), strict=True), key=lambda place: place[0]):
        yield row, [begin for _, begin in places]


def pack_spans(spans: Sequence[Span]) -> bytes:
    return struct.pack(f"<{2 * len(spans)}I", *(offset for span in spans for offset in span))


def unpack_spans(data: bytes) -> list[Span]:
    offsets = struct.unpack(f"<{len(data) // 4}I", data)
    return list(zip(offsets[::2], offsets[1::2], strict=True))


def _column(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value


def _article(row: Sequence[Any]) -> Article:
    values = dict(zip(STORED, row, strict=False))
    values["authors"], values["editors"] = tuple(json.loads(values["authors"])), tuple(json.loads(values["editors"]))
    return Article(**values, path=row[-2] or "", body=row[-1])
