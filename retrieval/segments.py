"""Postings in the library file: each reindex adds a segment, small ones are merged, removed passages are noted.

A segment is written once and never changed; its number is never used again. What is removed from it later lies apart,
with how often which term went, so that statistics stay exact until the segment is merged and what is removed is gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.postings import Codes, Flags, Merger, Numbers, Postings, Wide, merge, offsets, without
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
    removed = [(np.frombuffer(keys, np.uint64), np.frombuffer(counts, np.int32)) for keys, counts in conn.execute("SELECT keys, counts FROM removals")]
    return *_load(conn), Removed.summed(removed)


def _load(conn: sqlite3.Connection, numbers: Sequence[int] | None = None) -> tuple[list[Segment], list[Table]]:
    """The segments with these numbers, in order, or all."""
    segments: list[Segment] = []
    tables = []
    gone = _gone(conn)
    some = "" if numbers is None else f"WHERE number IN ({', '.join(map(str, numbers))})"
    base = 0
    for number, passages, postings, wide, keys, counts, pairs, lengths, places in conn.execute(
        f"SELECT number, passages, postings, wide, keys, counts, pairs, lengths, places FROM segments {some} ORDER BY number"
    ):
        segment = Segment(
            number, base, np.frombuffer(keys, np.uint64).copy(), offsets(np.frombuffer(counts, np.int32)).astype(np.uint32),
            np.frombuffer(pairs, np.int32).reshape(-1, 2), np.frombuffer(lengths, np.int32),
            gone.get(number, np.zeros(0, np.int32)),
            np.zeros(postings, np.int32), np.zeros(postings, np.uint32 if wide else np.uint16),
            np.ones(-(-postings // CHUNK), bool),
        )  # fmt: skip
        if not _fits(segment, passages, np.frombuffer(counts, np.int32)):
            raise sqlite3.DatabaseError(f"malformed segment {number}")
        segments.append(segment)
        tables.append(_table(number, passages, places))
        base += passages
    return segments, tables


def _table(segment: int, passages: int, places: bytes) -> Table:
    if len(places) != 12 * passages:
        raise sqlite3.DatabaseError(f"malformed table of segment {segment}")
    return Table(*np.frombuffer(places, np.int32).reshape(3, -1))


def _tables(conn: sqlite3.Connection) -> dict[int, Table]:
    """The tables of all segments by their numbers, in order, without what else there is of them."""
    rows = conn.execute("SELECT number, passages, places FROM segments ORDER BY number")
    return {number: _table(number, passages, places) for number, passages, places in rows}


def _gone(conn: sqlite3.Connection) -> dict[int, Numbers]:
    """By the numbers of segments which of their passages were removed; in the order of their removals."""
    gone: dict[int, list[Numbers]] = {}
    rows = conn.execute("SELECT r.segment, r.passages, s.passages FROM removals r JOIN segments s ON s.number = r.segment ORDER BY r.rowid")
    for number, removed, passages in rows:
        dead = np.frombuffer(removed, np.int32)
        if dead.view(np.uint32).max(initial=0) >= passages:
            raise sqlite3.DatabaseError(f"malformed removals of segment {number}")
        gone.setdefault(number, []).append(dead)
    return {number: np.concatenate(parts) for number, parts in gone.items()}


def _fits(segment: Segment, passages: int, counts: Numbers) -> bool:
    """Whether a segment's arrays are as long as they say of each other, and point into each other."""
    return (
        len(segment.lengths) == passages
        and len(segment.keys) == len(counts)
        and int(counts.min(initial=1)) > 0
        and int(counts.sum(dtype=np.int64)) == len(segment.numbers)
    )


def ranker(conn: sqlite3.Connection) -> tuple[Ranker, Table]:
    """What ranks the library as it is, and for each of its passages where it is from."""
    segments, tables, removed = load(conn)
    return Ranker(segments, removed), joined(tables)


def remove(conn: sqlite3.Connection, articles: Sequence[int], cut: Callable[[Table], Postings]) -> None:
    """Note that the passages of these article rows are gone; as `remove_passages`."""
    wanted = np.array(articles, np.int32)
    remove_passages(conn, [np.isin(table.articles, wanted) for table in _tables(conn).values()], cut)


def remove_passages(conn: sqlite3.Connection, flags: Sequence[Flags], cut: Callable[[Table], Postings]) -> None:
    """Note that the flagged passages of each segment are gone; *cut* makes the postings of some passages, in any order.

    A segment that is worn out by it is written anew; there nothing needs to be cut.
    """
    gone = _gone(conn)
    for (number, table), flagged in zip(_tables(conn).items(), flags, strict=True):
        dead = gone.get(number, np.zeros(0, np.int32))
        dying = flagged.copy()
        dying[dead] = False
        if not dying.any():
            continue
        if dying.sum() + len(dead) > WORN * len(table):
            dying[dead] = True
            _rewrite(conn, {number: dying})
            continue
        postings = cut(table[dying])
        passages = np.flatnonzero(dying).astype(np.int32)
        row = number, passages.tobytes(), postings.keys.tobytes(), postings.counts.tobytes()
        conn.execute("INSERT INTO removals VALUES (?, ?, ?, ?)", row)


def tidy(conn: sqlite3.Connection) -> None:
    """Merge the small segments, as RATIO tells, if there is more than one."""
    group: dict[int, Flags] = {}
    for number, passages in conn.execute("SELECT number, passages FROM segments ORDER BY passages, number").fetchall():
        if group and passages >= RATIO * sum(map(len, group.values())):
            break
        group[number] = np.zeros(passages, bool)
    if len(group) > 1:
        for number, dead in _gone(conn).items():
            if number in group:
                group[number][dead] = True
        _rewrite(conn, group)


def clear(conn: sqlite3.Connection) -> None:
    for table in ("segments", "removals", "chunks"):
        conn.execute(f"DELETE FROM {table}")


def _rewrite(conn: sqlite3.Connection, dead: Mapping[int, Flags]) -> None:
    """Write the segments with these numbers as one, without the passages that are flagged as dead."""
    read = reader(conn)
    segments, tables = _load(conn, list(dead))
    alive = []
    for segment in segments:
        segment.need_all(read)
        postings = Postings(segment.keys, segment.counts, segment.numbers, segment.codes, segment.pairs, segment.lengths)
        alive.append(without(postings, dead[segment.number]) if dead[segment.number].any() else postings)
    for segment in segments:
        drop(conn, segment.number)
    table = joined([table[~dead[segment.number]] for segment, table in zip(segments, tables, strict=True)])
    if len(table):
        write(conn, merge(alive), table)
