"""Postings in the library file: each reindex adds a segment, small ones are merged, removed passages are noted.

A segment is written once and never changed; its number is never used again. What is removed from it later lies apart,
with how often which term went, so that statistics stay exact until the segment is merged and what is removed is gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.postings import Codes, Flags, Keys, Merger, Numbers, Postings, Wide, merge, offsets, without
from retrieval.ranking import Ranker
from retrieval.weighing import CHUNK, Read, Removed, Segment

RATIO = 8
"""A segment is merged with the next as soon as it has fewer than so many times its passages: a posting is written a
few times in all, and questions look into few segments."""

WORN = 0.2
"""The share of removed passages from which on a segment is written anew without them."""


@dataclass(frozen=True)
class Table:
    """For each passage of a segment the row of its article and where in the body it begins and ends."""

    articles: Numbers
    begins: Numbers
    ends: Numbers

    def __getitem__(self, which: Flags | Wide) -> Table:
        return Table(self.articles[which], self.begins[which], self.ends[which])

    def __len__(self) -> int:
        return len(self.articles)


def table(articles: Sequence[int], spans: Sequence[tuple[int, int]]) -> Table:
    places = np.array(spans, np.int32).reshape(-1, 2)
    return Table(np.array(articles, np.int32), places[:, 0], places[:, 1])


def joined(tables: Sequence[Table]) -> Table:
    parts = [np.stack([table.articles, table.begins, table.ends]) for table in tables]
    return Table(*np.concatenate([np.zeros((3, 0), np.int32), *parts], axis=1))


def write(conn: sqlite3.Connection, merger: Merger, table: Table) -> int:
    """Store merged postings as a new segment; its number. The postings go in chunks of CHUNK, as they are merged."""
    row = conn.execute(
        "INSERT INTO segments (passages, postings, wide, keys, counts, pairs, lengths, places) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            len(table),
            int(merger.counts.sum(dtype=np.int64)),
            merger.recoded[0].dtype.itemsize > 2,
            merger.keys.tobytes(),
            merger.counts.tobytes(),
            merger.pairs.tobytes(),
            merger.lengths.tobytes(),
            np.stack([table.articles, table.begins, table.ends]).astype(np.int32).tobytes(),
        ),
    )
    number = int(row.lastrowid or 0)
    chunk = 0
    numbers, codes = np.zeros(0, np.int32), np.zeros(0, merger.recoded[0].dtype)
    for more_numbers, more_codes in merger.slices():
        numbers, codes = np.concatenate([numbers, more_numbers]), np.concatenate([codes, more_codes])
        full = len(numbers) // CHUNK * CHUNK
        chunk = _write_chunks(conn, number, chunk, numbers[:full], codes[:full])
        numbers, codes = numbers[full:], codes[full:]
    _write_chunks(conn, number, chunk, numbers, codes)
    return number


def _write_chunks(conn: sqlite3.Connection, segment: int, first: int, numbers: Numbers, codes: Codes) -> int:
    starts = range(0, len(numbers), CHUNK)
    rows = ((segment << 32 | first + i, numbers[s : s + CHUNK].tobytes() + codes[s : s + CHUNK].tobytes()) for i, s in enumerate(starts))
    conn.executemany("INSERT INTO chunks VALUES (?, ?)", rows)
    return first + len(starts)


def drop(conn: sqlite3.Connection, number: int) -> None:
    conn.execute("DELETE FROM segments WHERE number = ?", (number,))
    conn.execute("DELETE FROM removals WHERE segment = ?", (number,))
    conn.execute("DELETE FROM chunks WHERE number >= ? AND number < ?", (number << 32, number + 1 << 32))


class Gone(Exception):
    """A chunk is not there any more: another process has merged its segment since."""


def reader(conn: sqlite3.Connection) -> Read:
    """What reads postings. Raises Gone, and sqlite3.DatabaseError where what it reads fits no segment: nobody else looks again."""
    known = {number: rest for number, *rest in conn.execute("SELECT number, wide, passages, length(pairs) / 8 FROM segments")}

    def read(segment: int, first: int, end: int) -> Iterator[tuple[Numbers, Codes]]:
        if segment not in known:
            raise Gone
        wide, passages, pairs = known[segment]
        chunk = first
        for number, data in conn.execute("SELECT number, postings FROM chunks WHERE number >= ? AND number < ? ORDER BY number", (segment << 32 | first, segment << 32 | end)):
            size = len(data) // (8 if wide else 6)
            numbers = np.frombuffer(data, np.int32, size)
            codes: Codes = np.frombuffer(data, np.uint32 if wide else np.uint16, size, 4 * size)
            if number != segment << 32 | chunk or not size or numbers.view(np.uint32).max() >= passages or codes.max() >= pairs:
                raise sqlite3.DatabaseError(f"malformed postings in chunk {number}")
            yield numbers, codes
            chunk += 1
        if chunk < end:
            raise Gone

    return read


def count(conn: sqlite3.Connection) -> int:
    """How many passages there are, without reading what ranks them."""
    held, gone = conn.execute(
        "SELECT (SELECT coalesce(sum(passages), 0) FROM segments), (SELECT coalesce(sum(length(passages)), 0) / 4 FROM removals)"
    ).fetchone()
    return int(held) - int(gone)


def load(conn: sqlite3.Connection) -> tuple[list[Segment], list[Table], Removed]:
    """All segments without their postings, with their tables of passages, and what was removed from them."""
    segments: list[Segment] = []
    tables = []
    gone: dict[int, list[Numbers]] = {}
    removed: list[tuple[Keys, Numbers]] = []
    for number, dead, keys, counts in conn.execute("SELECT segment, passages, keys, counts FROM removals"):
        gone.setdefault(number, []).append(np.frombuffer(dead, np.int32))
        removed.append((np.frombuffer(keys, np.uint64), np.frombuffer(counts, np.int32)))
    base = 0
    for number, passages, postings, wide, keys, counts, pairs, lengths, places in conn.execute(
        "SELECT number, passages, postings, wide, keys, counts, pairs, lengths, places FROM segments ORDER BY number"
    ):
        segment = Segment(
            number, base, np.frombuffer(keys, np.uint64).copy(), offsets(np.frombuffer(counts, np.int32)).astype(np.uint32),
            np.frombuffer(pairs, np.int32).reshape(-1, 2), np.frombuffer(lengths, np.int32),
            np.concatenate([np.zeros(0, np.int32), *gone.get(number, ())]),
            np.zeros(postings, np.int32), np.zeros(postings, np.uint32 if wide else np.uint16),
            np.ones(-(-postings // CHUNK), bool),
        )  # fmt: skip
        if not _fits(segment, passages, np.frombuffer(counts, np.int32)):
            raise sqlite3.DatabaseError(f"malformed segment {number}")
        segments.append(segment)
        tables.append(Table(*np.frombuffer(places, np.int32).reshape(3, -1)))
        base += passages
    return segments, tables, Removed.summed(removed)


def _fits(segment: Segment, passages: int, counts: Numbers) -> bool:
    """Whether a segment's arrays are as long as they say of each other, and point into each other."""
    return (
        len(segment.lengths) == passages
        and len(segment.keys) == len(counts)
        and int(counts.min(initial=1)) > 0
        and int(counts.sum(dtype=np.int64)) == len(segment.numbers)
        and int(segment.dead.min(initial=0)) >= 0
        and int(segment.dead.max(initial=-1)) < passages
    )


def ranker(conn: sqlite3.Connection) -> tuple[Ranker, Table]:
    """What ranks the library as it is, and for each of its passages where it is from."""
    segments, tables, removed = load(conn)
    return Ranker(segments, removed), joined(tables)


def remove(conn: sqlite3.Connection, articles: Sequence[int], cut: Callable[[Table], Postings]) -> None:
    """Note that the passages of these article rows are gone; as `remove_passages`."""
    wanted = np.array(articles, np.int32)
    remove_passages(conn, [np.isin(table.articles, wanted) for table in load(conn)[1]], cut)


def remove_passages(conn: sqlite3.Connection, flags: Sequence[Flags], cut: Callable[[Table], Postings]) -> None:
    """Note that the flagged passages of each segment are gone; *cut* makes the postings of some passages, in any order.

    A segment that is worn out by it is written anew; there nothing needs to be cut.
    """
    for segment, table, flagged in zip(*load(conn)[:2], flags, strict=True):
        dying = flagged.copy()
        dying[segment.dead] = False
        if not dying.any():
            continue
        if dying.sum() + len(segment.dead) > WORN * len(table):
            dying[segment.dead] = True
            _rewrite(conn, [(segment, table, dying)])
            continue
        postings = cut(table[dying])
        passages = np.flatnonzero(dying).astype(np.int32)
        row = segment.number, passages.tobytes(), postings.keys.tobytes(), postings.counts.tobytes()
        conn.execute("INSERT INTO removals VALUES (?, ?, ?, ?)", row)


def tidy(conn: sqlite3.Connection) -> None:
    """Merge the small segments, as RATIO tells, if there is more than one."""
    segments, tables, _ = load(conn)
    order = sorted(range(len(segments)), key=lambda at: len(tables[at]))
    group: list[int] = []
    passages = 0
    for at in order:
        if group and len(tables[at]) >= RATIO * passages:
            break
        group.append(at)
        passages += len(tables[at])
    if len(group) > 1:
        parts = []
        for at in sorted(group):
            dead = np.zeros(len(tables[at]), bool)
            dead[segments[at].dead] = True
            parts.append((segments[at], tables[at], dead))
        _rewrite(conn, parts)


def clear(conn: sqlite3.Connection) -> None:
    for table in ("segments", "removals", "chunks"):
        conn.execute(f"DELETE FROM {table}")


def _rewrite(conn: sqlite3.Connection, parts: Sequence[tuple[Segment, Table, Flags]]) -> None:
    """Write several segments as one, without the passages that are flagged as dead."""
    read = reader(conn)
    alive = []
    for segment, _, dead in parts:
        segment.need_all(read)
        postings = Postings(segment.keys, segment.counts, segment.numbers, segment.codes, segment.pairs, segment.lengths)
        alive.append(without(postings, dead) if dead.any() else postings)
    for segment, _, _ in parts:
        drop(conn, segment.number)
    table = joined([table[~dead] for _, table, dead in parts])
    if len(table):
        write(conn, merge(alive), table)
