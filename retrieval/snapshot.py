"""One committed state of the library in memory: a query in, hits out; filters restrict what is ranked, not what was found."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from retrieval import segments
from retrieval.postings import Codes, Flags, Numbers, Wide
from retrieval.ranking import Ranker
from retrieval.records import Hit, Query, Window
from retrieval.segments import Gone, Table
from retrieval.text import Cutter
from retrieval.weighing import CHUNK, DIGITS, Floats, Read, graded

LAZY = 3
"""Questions for which only the postings of their terms are read; with each one after them a part of the others is."""

PART = 400
"""Chunks of postings, 20 MB, that are read with a question; that takes some 10 ms."""

SOME = 20_000
"""Ids of articles that are read with a question; that takes some 10 ms, too."""

AT_ONCE = 500
"""Rows that one statement asks for; SQLite allows 32,766 parameters, and 10 is what is usual."""


@dataclass
class Dates:
    """The first and last day on which the article of each row may have been published, as 20190305; 0 where unknown."""

    rows: Numbers
    first: Numbers
    last: Numbers
    outlets: dict[str, list[int]]


class Ids:
    """The id of the article of each passage: all ids in one string, some ten bytes each, and four bytes a passage."""

    def __init__(self, articles: Numbers) -> None:
        self._articles = articles
        self._last = 0
        self._parts: list[str] = []
        self._rows, self._lengths = [np.zeros(0, np.int64)], [np.zeros(1, np.int64)]

    def read_some(self, conn: sqlite3.Connection) -> bool:
        """Read some more; whether that were all."""
        found = conn.execute("SELECT number, id FROM articles WHERE number > ? ORDER BY number LIMIT ?", (self._last, SOME)).fetchall()
        self._parts.append("".join(id for _, id in found))
        self._rows.append(np.fromiter((row for row, _ in found), np.int64, len(found)))
        self._lengths.append(np.fromiter((len(id) for _, id in found), np.int64, len(found)))
        if len(found) == SOME:
            self._last = found[-1][0]
            return False
        bounds, rows = np.cumsum(np.concatenate(self._lengths)).astype(np.int32), np.concatenate(self._rows)
        places = np.minimum(rows.searchsorted(self._articles), max(0, len(rows) - 1)).astype(np.int32)
        # Of a memoryview a single number is taken in a fraction of the time that it takes of an array.
        self._bounds, self._places, self._joined = bounds.data, places.data, "".join(self._parts)
        del self._parts, self._rows, self._lengths
        return True

    def of(self, passage: int) -> str:
        place = self._places[passage]
        return self._joined[self._bounds[place] : self._bounds[place + 1]]


class Snapshot:
    """Answers while `commit` is the library's commit number; afterwards `search` gives None, and another one is needed."""

    def __init__(self, commit: object, ranker: Ranker, table: Table, cutter: Cutter) -> None:
        self.commit = commit
        self.ranker = ranker
        self.table = table
        self.cutter = cutter
        self._asked = 0
        self._every_id: Ids | None = None
        self._filling = threading.Lock()
        self._unread = deque((segment, chunk * CHUNK) for segment in ranker.segments for chunk in range(0, len(segment.missing), PART))
        self._reading_ids = Ids(table.articles)
        self._begins, self._ends = table.begins.data, table.ends.data
        self._dates: Dates | None = None
        self._hidden: dict[tuple[Window | None, tuple[str, ...]], Flags] = {}

    def search(self, conn: sqlite3.Connection, query: Query, limit: int) -> list[Hit] | None:
        """The best hits, ties by article id, then start; None where the library is at another commit by now."""
        try:
            read = self._reader(conn)
            hidden = self._hidden_by(conn, query)
            numbers, scores = self.ranker.best(query.terms, limit, read, query.k1, query.b, hidden)
        except Gone:
            return None
        if len(numbers) > limit:
            numbers, scores = self._untied(conn, np.array(numbers), np.array(scores), limit)
        if self._every_id and not query.texts:
            return self._bare_hits(conn, self._every_id, numbers, scores)
        hits = self._hits(conn, np.array(numbers, np.int64), np.array(scores, np.float64))
        return hits if query.texts or hits is None else [replace(hit, text="") for hit in hits]

    def warm(self, conn: sqlite3.Connection, form: tuple[float | None, float | None] = (None, None)) -> None:
        """Read all postings into memory, and make ready for this k1 and b. Raises Gone where the library is at another commit by now."""
        with self._filling:
            while not self._every_id:
                self._read_part(conn)
            self.ranker.prepare(*form)

    def _read_part(self, conn: sqlite3.Connection) -> None:
        """Read a part of what is not in memory yet."""
        if self._unread:
            segment, first = self._unread[0]
            segment.need(first, min(first + PART * CHUNK, len(segment.numbers)), segments.reader(conn))
            self._unread.popleft()
        else:
            for segment in self.ranker.segments:
                segment.complete = True
            if self._reading_ids.read_some(conn):
                self._every_id = self._reading_ids

    def _reader(self, conn: sqlite3.Connection) -> Read:
        if self._every_id:
            return _nothing_to_read
        self._asked += 1
        if self._asked > LAZY and self._filling.acquire(blocking=False):  # else another thread is at it
            try:
                self._read_part(conn)
            finally:
                self._filling.release()
        return segments.reader(conn)

    # Hits

    def _untied(self, conn: sqlite3.Connection, numbers: Wide, scores: Floats, limit: int) -> tuple[list[int], list[float]]:
        """The first *limit* of them where passages that tie with the last are ordered by article id, then start."""
        grades = graded(scores)
        sure = int(np.searchsorted(-grades, -grades[limit - 1], "left"))
        ids = self._ids(conn, self.table.articles[numbers[sure:]])
        order = sorted(
            range(sure, len(numbers)), key=lambda at: (-grades[at], ids.get(int(self.table.articles[numbers[at]]), ""), self.table.begins[numbers[at]])
        )
        chosen = [*range(sure), *order[: limit - sure]]
        return numbers[chosen].tolist(), scores[chosen].tolist()

    def _ids(self, conn: sqlite3.Connection, rows: Numbers) -> dict[int, str]:
        wanted = np.unique(rows).tolist()
        found: dict[int, str] = {}
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            found.update(conn.execute(f"SELECT number, id FROM articles WHERE number IN ({', '.join('?' * len(some))})", some))
        return found

    def _hits(self, conn: sqlite3.Connection, numbers: Wide, scores: Floats) -> list[Hit] | None:
        rows = self.table.articles[numbers].tolist()
        found: dict[int, tuple[str, str]] = {}
        commit: object = None
        wanted = list(dict.fromkeys(rows))
        for start in range(0, max(1, len(wanted)), AT_ONCE):
            # The commit number comes in the same statement, so that it is that of the articles; in a row of its own, since
            # there may be no others.
            some = wanted[start : start + AT_ONCE]
            statement = (
                "SELECT 0, value, NULL FROM state WHERE name = 'commit' UNION ALL SELECT number, id, body FROM articles JOIN bodies USING (number) "
                f"WHERE number IN ({', '.join('?' * len(some))})"
            )
            for number, id, body in conn.execute(statement, some):
                if number:
                    found[number] = id, body
                else:
                    commit = id
            if commit != self.commit:
                return None
        hits = []
        places = zip((-graded(scores)).tolist(), rows, self.table.begins[numbers].tolist(), self.table.ends[numbers].tolist(), scores.tolist(), strict=True)
        for grade, row, begin, end, score in places:
            id, body = found[row]
            hits.append((grade, id, begin, Hit(id, begin, end, score, body[begin:end])))
        hits.sort(key=itemgetter(0, 1, 2))
        return [hit for *_, hit in hits]

    def _bare_hits(self, conn: sqlite3.Connection, ids: Ids, numbers: Sequence[int], scores: Sequence[float]) -> list[Hit] | None:
        row = conn.execute("SELECT value FROM state WHERE name = 'commit'").fetchone()  # none before anything was indexed
        if (row and row[0]) != self.commit:
            return None
        begins, ends = self._begins, self._ends
        found = [(-round(score * 10**DIGITS), ids.of(number), begins[number], ends[number], score) for number, score in zip(numbers, scores, strict=True)]
        found.sort()
        return [Hit(id, begin, end, score) for _, id, begin, end, score in found]

    # Filters

    def _hidden_by(self, conn: sqlite3.Connection, query: Query) -> Flags | None:
        """The passages that are not ranked: those of removed articles and those that the query's filters leave out."""
        window = query.window if query.window and query.window.filters else None
        if not window and not query.outlets:
            return None
        hidden = self._hidden.get((window, query.outlets))
        if hidden is None:
            if len(self._hidden) > 16:
                self._hidden.clear()
            allowed = self._allowed(self._read_dates(conn), window, query.outlets)
            allowed[self.ranker.dead] = False
            hidden = self._hidden[window, query.outlets] = ~allowed
        return hidden

    def _allowed(self, dates: Dates, window: Window | None, outlets: tuple[str, ...]) -> Flags:
        inside = np.ones(len(dates.rows), bool)
        if window:
            inside &= dates.first > 0
            if window.begin:
                inside &= dates.last >= _days(window.begin)[0]
            if window.end:
                inside &= dates.first <= _days(window.end)[1]
        if outlets:
            inside &= np.isin(dates.rows, [row for outlet in outlets for row in dates.outlets.get(outlet, ())])
        return np.isin(self.table.articles, dates.rows[inside])

    def _read_dates(self, conn: sqlite3.Connection) -> Dates:
        if self._dates is None:
            rows, first, last = [], [], []
            outlets: dict[str, list[int]] = {}
            for row, published, outlet in conn.execute("SELECT number, published, outlet FROM articles"):
                days = _days(published) if published else (0, 0)
                rows.append(row)
                first.append(days[0])
                last.append(days[1])
                outlets.setdefault(outlet, []).append(row)
            self._dates = Dates(np.array(rows, np.int32), np.array(first, np.int32), np.array(last, np.int32), outlets)
        return self._dates


def _nothing_to_read(segment: int, first: int, end: int) -> Iterator[tuple[Numbers, Codes]]:
    raise Gone


def _days(published: str) -> tuple[int, int]:
    """The first and the last day of an ISO date that may be a year or a month, as numbers such as 20190305."""
    parts = [int(part) for part in published.split("-")]
    low, high = [*parts, 1, 1][:3], [*parts, 12, 31][: len(parts)] + [12, 31][len(parts) - 1 :]
    return low[0] * 10000 + low[1] * 100 + low[2], high[0] * 10000 + high[1] * 100 + high[2]
