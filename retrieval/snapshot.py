"""One committed state of the library in memory: a query in, hits out; filters restrict what is ranked, not what was found."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from retrieval import segments
from retrieval.postings import Codes, Flags, Numbers, Wide
from retrieval.ranking import Ranker, graded
from retrieval.records import Hit, Query, Window
from retrieval.segments import Gone, Table
from retrieval.text import Cutter
from retrieval.weighing import Floats, Read

LAZY = 3
"""Questions for which only the postings of their terms are read; a process that asks more gets all of them at once."""

AT_ONCE = 500
"""Rows that one statement asks for; SQLite allows 32,766 parameters, and 10 is what is usual."""


@dataclass
class Dates:
    """The first and last day on which the article of each row may have been published, as 20190305; 0 where unknown."""

    rows: Numbers
    first: Numbers
    last: Numbers
    outlets: dict[str, list[int]]


@dataclass(frozen=True)
class Ids:
    """The ids of all articles by row, in one string: some ten bytes each."""

    rows: Numbers
    ends: Numbers
    joined: str

    @classmethod
    def read(cls, conn: sqlite3.Connection) -> Ids:
        found = conn.execute("SELECT number, id FROM articles ORDER BY number").fetchall()
        lengths = np.fromiter((len(id) for _, id in found), np.int64, len(found))
        return cls(np.fromiter((row for row, _ in found), np.int32, len(found)), np.cumsum(lengths).astype(np.int32), "".join(id for _, id in found))

    def of(self, rows: Numbers) -> list[str]:
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        ends = self.ends[places].tolist()
        begins = np.where(places > 0, self.ends[places - 1], 0).tolist()
        return [self.joined[begin:end] for begin, end in zip(begins, ends, strict=True)]


class Snapshot:
    """Answers while `commit` is the library's commit number; afterwards `search` gives None, and another one is needed."""

    def __init__(self, commit: object, ranker: Ranker, table: Table, cutter: Cutter) -> None:
        self.commit = commit
        self.ranker = ranker
        self.table = table
        self.cutter = cutter
        self._asked = 0
        self._ready: set[tuple[float | None, float | None]] = set()
        self._every_id: Ids | None = None
        self._filling = threading.Lock()
        self._dates: Dates | None = None
        self._hidden: dict[tuple[Window | None, tuple[str, ...]], Wide] = {}

    def search(self, conn: sqlite3.Connection, query: Query, limit: int) -> list[Hit] | None:
        """The best hits, ties by article id, then start; None where the library is at another commit by now."""
        try:
            read = self._reader(conn, query)
            hidden = self._hidden_by(conn, query)
            numbers, scores = self.ranker.best(query.terms, limit, read, query.k1, query.b, hidden)
        except Gone:
            return None
        if len(numbers) > limit:
            numbers, scores = self._untied(conn, numbers, scores, limit)
        if self._every_id and not query.texts:
            return self._bare_hits(conn, self._every_id, numbers, scores)
        hits = self._hits(conn, numbers, scores)
        return hits if query.texts or hits is None else [replace(hit, text="") for hit in hits]

    def warm(self, conn: sqlite3.Connection, form: tuple[float | None, float | None] = (None, None)) -> None:
        """Read all postings into memory, and make ready for this k1 and b. Raises Gone where the library is at another commit by now."""
        with self._filling:
            if not self._every_id:
                read = segments.reader(conn)
                for segment in self.ranker.segments:
                    segment.need_all(read)
                self._every_id = Ids.read(conn)
            if form not in self._ready:
                self.ranker.prepare(*form)
                self._ready.add(form)

    def _reader(self, conn: sqlite3.Connection, query: Query) -> Read:
        self._asked += 1
        if self._asked <= LAZY:
            return segments.reader(conn)
        if (query.k1, query.b) not in self._ready:
            self.warm(conn, (query.k1, query.b))
        return _nothing_to_read

    # Hits

    def _untied(self, conn: sqlite3.Connection, numbers: Wide, scores: Floats, limit: int) -> tuple[Wide, Floats]:
        """The first *limit* of them where passages that tie with the last are ordered by article id, then start."""
        grades = graded(scores)
        sure = int(np.searchsorted(-grades, -grades[limit - 1], "left"))
        ids = self._ids(conn, self.table.articles[numbers[sure:]])
        order = sorted(
            range(sure, len(numbers)), key=lambda at: (-grades[at], ids.get(int(self.table.articles[numbers[at]]), ""), self.table.begins[numbers[at]])
        )
        chosen = [*range(sure), *order[: limit - sure]]
        return numbers[chosen], scores[chosen]

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

    def _bare_hits(self, conn: sqlite3.Connection, ids: Ids, numbers: Wide, scores: Floats) -> list[Hit] | None:
        if conn.execute("SELECT value FROM state WHERE name = 'commit'").fetchone()[0] != self.commit:
            return None
        articles, begins, ends = ids.of(self.table.articles[numbers]), self.table.begins[numbers].tolist(), self.table.ends[numbers].tolist()
        found = sorted(zip((-graded(scores)).tolist(), articles, begins, ends, scores.tolist(), strict=True))
        return [Hit(id, begin, end, score) for _, id, begin, end, score in found]

    # Filters

    def _hidden_by(self, conn: sqlite3.Connection, query: Query) -> Wide | None:
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
            hidden = self._hidden[window, query.outlets] = np.flatnonzero(~allowed)
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


def _nothing_to_read(segment: int, chunk: int) -> tuple[Numbers, Codes]:
    raise Gone


def _days(published: str) -> tuple[int, int]:
    """The first and the last day of an ISO date that may be a year or a month, as numbers such as 20190305."""
    parts = [int(part) for part in published.split("-")]
    low, high = [*parts, 1, 1][:3], [*parts, 12, 31][: len(parts)] + [12, 31][len(parts) - 1 :]
    return low[0] * 10000 + low[1] * 100 + low[2], high[0] * 10000 + high[1] * 100 + high[2]
