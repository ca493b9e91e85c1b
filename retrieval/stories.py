"""Which articles of the library file print one story: signatures and groups, brought up to date with every reindex.

    printed   the print of each article: articles with one signature are one print
    prints    each signature under its key, and its story: the least key of the prints that are linked with it
    probes    which prints have a probe; those that share one are compared

Groups depend on what the library holds, never on how it came there: where prints come or go, the groups of all that
share a probe with them are found anew.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from retrieval.records import Print
from retrieval.reprints import BESIDE, CROWD, Sketches, joined, key, linked, order, probes

Value = TypeVar("Value")

AT_ONCE = 500
"""Rows that one statement asks for."""

MANY = 0.25
"""The share of all prints that changed from which on all groups are found anew: .8 s for 68,000 articles."""


def of(conn: sqlite3.Connection, ids: Sequence[str]) -> dict[str, list[Print]]:
    """For each of these articles that was printed more than once, all prints of its story, the earliest first."""
    found: dict[str, list[Print]] = {}
    for some in _some(ids):
        rows = conn.execute(
            "SELECT asked.id, article.id, article.published FROM articles asked JOIN printed mine ON mine.article = asked.number "
            "JOIN prints print ON print.number = mine.print JOIN prints other ON other.story = print.story "
            "JOIN printed theirs ON theirs.print = other.number JOIN articles article ON article.number = theirs.article "
            f"WHERE asked.id IN ({_marks(some)})",
            some,
        )
        for asked, id, published in rows:
            found.setdefault(asked, []).append(Print(id, published))
    return {id: order(prints) for id, prints in found.items() if len(prints) > 1}


def alike(conn: sqlite3.Connection, signature: bytes) -> list[str]:
    """The ids of the articles that print nearly the same as a body with this signature, in order."""
    number = key(signature)
    near = {number} | {other for probe in probes(signature) for other in _beside(conn, probe, number)}
    known = sorted(_signatures(conn, near).items())
    zeros = np.zeros(len(known), np.int64)
    flags = Sketches([signature, *(packed for _, packed in known)]).alike(zeros, zeros + np.arange(1, len(known) + 1))
    same = [other for (other, _), found in zip(known, flags.tolist(), strict=True) if found]
    query = "SELECT a.id FROM printed p JOIN articles a ON a.number = p.article WHERE p.print IN ({})"
    return sorted(row[0] for some in _some(same) for row in conn.execute(query.format(_marks(some)), some))


def count(conn: sqlite3.Connection) -> int:
    """How many articles are prints of a story of which another one is counted already."""
    articles, stories = conn.execute("SELECT (SELECT count(*) FROM printed), (SELECT count(DISTINCT story) FROM prints)").fetchone()
    return int(articles) - int(stories)


# Writing, within the transaction that adds and removes the articles


def clear(conn: sqlite3.Connection) -> None:
    for table in ("printed", "prints", "probes"):
        conn.execute(f"DELETE FROM {table}")


def remove(conn: sqlite3.Connection, rows: Iterable[int]) -> list[int]:
    """Forget these article rows; the prints that they were, for `update`."""
    wanted = [(row,) for row in rows]
    gone = [number for row in wanted for (number,) in conn.execute("SELECT print FROM printed WHERE article = ?", row)]
    conn.executemany("DELETE FROM printed WHERE article = ?", wanted)
    return gone


def update(conn: sqlite3.Connection, gone: Iterable[int], rows: Sequence[int], signatures: Sequence[bytes]) -> None:
    """Remember the signatures of these new article rows, drop those of the *gone* prints that nothing prints, group anew."""
    keys = [key(signature) for signature in signatures]
    conn.executemany("INSERT INTO printed VALUES (?, ?)", zip(rows, keys, strict=True))
    held = {number for number in gone if not conn.execute("SELECT 1 FROM printed WHERE print = ?", (number,)).fetchone()}
    old = _signatures(conn, held)
    conn.executemany("DELETE FROM prints WHERE number = ?", [(number,) for number in old])
    conn.executemany("DELETE FROM probes WHERE probe = ? AND print = ?", [(probe, number) for number, packed in old.items() for probe in probes(packed)])
    new = dict(zip(keys, signatures, strict=True))
    for number in _signatures(conn, new):
        del new[number]
    conn.executemany("INSERT INTO prints VALUES (?, ?, ?)", [(number, packed, number) for number, packed in sorted(new.items())])
    conn.executemany("INSERT INTO probes VALUES (?, ?)", _probed(new))
    if old or new:
        _group(conn, old, new)


@dataclass(frozen=True)
class Grouped:
    """What is stored of articles that are all there are: the print of each, the signature and the story of each print, and their probes."""

    keys: Sequence[int]
    prints: dict[int, bytes]
    stories: dict[int, int]
    probed: Sequence[tuple[int, int]]


def grouped(signatures: Sequence[bytes]) -> Grouped:
    """The groups among articles with these *signatures*."""
    keys = [key(signature) for signature in signatures]
    prints = dict(sorted(dict(zip(keys, signatures, strict=True)).items()))
    return Grouped(keys, prints, joined(list(prints), *linked(list(prints.values()))), list(_probed(prints)))


def fill(conn: sqlite3.Connection, rows: Sequence[int], all_there_are: Grouped) -> None:
    """Remember the groups of these article rows, where no others are."""
    clear(conn)
    found = all_there_are
    conn.executemany("INSERT INTO printed VALUES (?, ?)", zip(rows, found.keys, strict=True))
    conn.executemany("INSERT INTO prints VALUES (?, ?, ?)", ((number, packed, found.stories[number]) for number, packed in found.prints.items()))
    conn.executemany("INSERT INTO probes VALUES (?, ?)", found.probed)


def _probed(prints: dict[int, bytes]) -> Iterator[tuple[int, int]]:
    """Each probe of each print, in order."""
    found, owners = Sketches(list(prints.values())).probes()
    numbers = np.array(list(prints), np.int64)[owners]
    order = np.lexsort((numbers, found))
    return zip(found[order].tolist(), numbers[order].tolist(), strict=True)


def _group(conn: sqlite3.Connection, old: dict[int, bytes], new: dict[int, bytes]) -> None:
    prints = conn.execute("SELECT count(*) FROM prints").fetchone()[0]
    touched = set() if len(old) + len(new) > MANY * prints else _touched(conn, old, new)
    if len(old) + len(new) + len(touched) > MANY * prints:
        known = dict(conn.execute("SELECT number, signature FROM prints ORDER BY number"))
        stories = joined(list(known), *linked(list(known.values())))
    else:
        stories = _stories(conn, touched)
    conn.executemany("UPDATE prints SET story = ?1 WHERE number = ?2 AND story <> ?1", [(story, number) for number, story in stories.items()])


def _touched(conn: sqlite3.Connection, old: dict[int, bytes], new: dict[int, bytes]) -> set[int]:
    """The prints whose links may have changed: those that share a probe with what came or went, in a crowd those beside it."""
    changes = [(probe, number, more) for some, more in ((new, 1), (old, -1)) for number, packed in some.items() for probe in probes(packed)]
    more_now = Counter[int]()
    for probe, _, more in changes:
        more_now[probe] += more
    found = set(new)
    for probe, number, _ in changes:
        small = CROWD + max(0, more_now[probe])  # no more than this now: all are compared, or were before
        holders = [row[0] for row in conn.execute("SELECT print FROM probes WHERE probe = ? LIMIT ?", (probe, small + 1))]
        found.update(holders if len(holders) <= small else _neighbours(conn, probe, number))
    return found


def _stories(conn: sqlite3.Connection, frontier: set[int]) -> dict[int, int]:
    """The stories of these prints and of all that are linked with them."""
    known = _signatures(conn, frontier)
    frontier = set(known)
    links: set[tuple[int, int]] = set()
    compared: set[tuple[int, int]] = set()
    while frontier:
        pairs = {
            (min(number, other), max(number, other))
            for number in frontier
            for probe in probes(known[number])
            for other in _beside(conn, probe, number)
            if other != number
        } - compared
        compared |= pairs
        fresh = {number for pair in pairs for number in pair} - known.keys()
        signatures = known | _signatures(conn, fresh)
        linked_now = _linked(signatures, sorted(pairs))
        links |= linked_now
        frontier = {number for pair in linked_now for number in pair} - known.keys()
        known |= {number: signatures[number] for number in frontier}
    keys = sorted(known)
    places = {number: place for place, number in enumerate(keys)}
    ends = np.array([[places[one], places[other]] for one, other in sorted(links)], np.int64).reshape(-1, 2)
    return joined(keys, ends[:, 0], ends[:, 1])


def _linked(signatures: dict[int, bytes], pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    if not pairs:
        return set()
    keys = sorted({number for pair in pairs for number in pair})
    places = {number: place for place, number in enumerate(keys)}
    ends = np.array([[places[one], places[other]] for one, other in pairs], np.int64)
    flags = Sketches([signatures[number] for number in keys]).alike(ends[:, 0], ends[:, 1])
    return {pair for pair, found in zip(pairs, flags.tolist(), strict=True) if found}


def _beside(conn: sqlite3.Connection, probe: int, number: int) -> list[int]:
    """The prints that one with this number is compared with for this probe."""
    holders = [row[0] for row in conn.execute("SELECT print FROM probes WHERE probe = ? LIMIT ?", (probe, CROWD + 1))]
    return holders if len(holders) <= CROWD else _neighbours(conn, probe, number)


def _neighbours(conn: sqlite3.Connection, probe: int, number: int) -> list[int]:
    below = conn.execute("SELECT print FROM probes WHERE probe = ? AND print < ? ORDER BY print DESC LIMIT ?", (probe, number, BESIDE))
    above = conn.execute("SELECT print FROM probes WHERE probe = ? AND print > ? ORDER BY print LIMIT ?", (probe, number, BESIDE))
    return [row[0] for rows in (below.fetchall(), above.fetchall()) for row in rows]


def _signatures(conn: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for some in _some(sorted(numbers)):
        found.update(conn.execute(f"SELECT number, signature FROM prints WHERE number IN ({_marks(some)})", some))
    return found


def _some(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
