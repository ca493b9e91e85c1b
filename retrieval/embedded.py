"""The engine of one machine: articles, passages and postings in the library's SQLite file, ranking in this process."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Self

import numpy as np

from retrieval import cutting, segments, stories, whereabouts
from retrieval.errors import LibraryOutdated
from retrieval.index import summed
from retrieval.postings import Flags, Given, Postings, Uncut, cut, merge, pack, whole
from retrieval.reading import Cut, Pending, Unread
from retrieval.records import Article, Hit, Passage, Print, Query, Span
from retrieval.rows import COLUMNS, STORED, Packed, Rows, article_of, rows_of, unpack_spans
from retrieval.segments import Table
from retrieval.snapshot import Snapshot
from retrieval.store import Store
from retrieval.text import Cutter, default_cutter, fingerprint, fold
from retrieval.weighing import Segment

BATCH = 1_000_000
"""Characters that are cut at a time: large enough that sorting and merging cost little, 200 MB of memory in the process that cuts it."""

Added = tuple[Article, Sequence[Passage]]


class Ahead:
    """Articles in, their postings and signatures out in the same order; they are cut in batches while more are put."""

    def __init__(self, words: Sequence[str], store: Callable[[Sequence[Added] | Rows], None] | None = None) -> None:
        """With *store*, articles are stored as soon as they are put."""
        self._cutting = cutting.Cutting(words)
        self._store = store
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

    def begin(self, lines: Unread) -> Pending:
        """Have lines of a file read, cut and signed; what is made of them is to be told to `add`, where it is to be stored."""
        return self._cutting.begin(lines)

    @property
    def most(self) -> int:
        """How many batches may be on their way at once."""
        return self._cutting.ahead

    @property
    def stores(self) -> bool:
        """Whether articles are stored as soon as they are put."""
        return self._store is not None

    def add(self, articles: Packed, cut: Cut) -> None:
        """Take articles of which all is made already."""
        self._flush()
        self._cutting.add(cut)
        if self._store:
            self._store(articles.rows())

    def results(self) -> list[Cut]:
        self._flush()
        return self._cutting.results()

    def _flush(self) -> None:
        batch, self._batch, self._size = self._batch, [], 0
        if _given(batch):
            self._cutting.put(Given([passage.terms for _, passages in batch for passage in passages]), [article.body for article, _ in batch])
        elif batch:
            bodies = [None if _covered(article, passages) else article.body for article, passages in batch]
            self._cutting.put(Uncut([(article.title, [passage.text for passage in passages]) for article, passages in batch]), bodies)
        if batch and self._store:
            self._store(batch)


@dataclass(frozen=True, slots=True)
class _Inserted:
    """The rows of articles that were stored, in order, and from which article each of their passages is."""

    numbers: list[int] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


class EmbeddedEngine:
    """Implements `Engine` over a library file. Passages that come without terms are cut here, by several processes."""

    cuts = True

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._stored = _Inserted()

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
        return {row[0]: article_of(row, row[-2] or "", row[-1]) for row in rows}

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
        return self._found(lambda _: query, limit)

    def rank(self, question: str, limit: int) -> Sequence[Hit]:
        """The hits for the terms of *question*, without their texts."""
        return self._found(lambda cutter: Query(summed(cutter.terms(question)), texts=False), limit)

    def _found(self, query: Callable[[Cutter], Query], limit: int) -> Sequence[Hit]:
        with self._store.errors():
            snapshot = self._snapshot or self.snapshot()
            while (hits := snapshot.search(self._store.db.conn, query(snapshot.cutter), limit)) is None:
                if self._snapshot is snapshot:
                    self._snapshot = None
                snapshot = self.snapshot()  # of the state that this thread sees: somebody has committed since
            return hits

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

    def apply(self, added: Iterable[Added | Rows], removed: Iterable[str], ahead: Ahead | None = None) -> None:
        """As every engine; where *ahead* has been put the same articles in the same order, they are not cut again."""
        with self._store.writing() as conn:
            rows = [row[0] for id in removed if (row := conn.execute("SELECT number FROM articles WHERE id = ?", (id,)).fetchone())]
            gone: list[int] = []
            if ahead and ahead.stores:
                segments.clear(conn)
            elif len(rows) == conn.execute("SELECT count(*) FROM articles").fetchone()[0]:
                segments.clear(conn)
                stories.clear(conn)
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
        """Cuts articles while others are still being read, for an `apply` of the same articles in the same order.

        Within a transaction on an empty library they are stored meanwhile, too, and `apply` is given none.
        """
        conn = self._store.db.conn
        if not conn.in_transaction or conn.execute("SELECT EXISTS (SELECT 1 FROM articles)").fetchone()[0]:
            return Ahead(self._words())
        conn.execute("DELETE FROM bodies")
        self._stored = _Inserted()
        return Ahead(self._words(), lambda batch: self._insert(conn, batch, self._stored))

    def _add(self, conn: sqlite3.Connection, added: Iterable[Added | Rows], gone: Sequence[int], ahead: Ahead | None) -> None:
        inserted = self._stored if ahead and ahead.stores else _Inserted()
        with ahead or Ahead(self._words()) as cut_here:
            for batch in _batches(added):
                self._insert(conn, batch, inserted)
                if not ahead and not isinstance(batch, Rows):
                    cut_here.put_all(batch)
            parts = cut_here.results()
        signatures = [signature for part in parts for signature in part.signatures]
        with ThreadPoolExecutor(1) as beside:
            grouped = beside.submit(stories.grouped, signatures) if ahead and ahead.stores else None
            if parts:
                segments.write(conn, merge([part.postings for part in parts]), segments.joined(inserted.tables))
            if grouped:
                stories.fill(conn, inserted.numbers, grouped.result())
            else:
                stories.update(conn, gone, inserted.numbers, signatures)

    def _insert(self, conn: sqlite3.Connection, batch: Sequence[Added] | Rows, inserted: _Inserted) -> None:
        """Store articles with their bodies, and note them among those *inserted*."""
        rows = batch if isinstance(batch, Rows) else _rows(batch)
        first = 1 + int(conn.execute("SELECT coalesce(max(number), 0) FROM articles").fetchone()[0])
        mine = range(first, first + len(rows))
        conn.executemany(_INSERT, ((number, *row) for number, row in zip(mine, rows.rows, strict=True)))
        conn.executemany("INSERT INTO bodies VALUES (?, ?)", zip(mine, rows.bodies, strict=True))
        inserted.numbers.extend(mine)
        inserted.tables.append(Table(np.repeat(np.arange(first, first + len(rows), dtype=np.int32), rows.counts), rows.begins, rows.ends))


_INSERT = f"INSERT INTO articles (number, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"


def _rows(batch: Sequence[Added]) -> Rows:
    given = _given(batch)
    terms = [json.dumps([passage.terms for passage in passages], ensure_ascii=False) if given else None for _, passages in batch]
    return rows_of([(article, [(passage.start, passage.end) for passage in passages]) for article, passages in batch], terms)


def _covered(article: Article, passages: Sequence[Passage]) -> bool:
    """Whether the passages' texts one after another are the body."""
    return "".join(passage.text for passage in passages) == article.body


def _given(batch: Sequence[Added]) -> bool:
    """Whether the passages came with their terms."""
    return any(passage.terms for _, passages in batch for passage in passages)


def _batches(added: Iterable[Added | Rows]) -> Iterator[list[Added] | Rows]:
    """Articles in batches of some BATCH characters, in order; those with given terms apart from those that are to be cut."""
    batch: list[Added] = []
    size = 0
    for one in added:
        if isinstance(one, Rows):
            if batch:
                yield batch
            yield one
            batch, size = [], 0
            continue
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


