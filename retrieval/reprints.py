"""Bodies in, groups of near-identical articles out: what was printed more than once is found by its own letters.

    signature   a body → what tells it from others, some 340 bytes; of articles with one signature one is looked at
    probes      the few numbers of a signature that others are looked up by: two bodies that share none are not compared
    linked      signatures → the pairs of them that are reprints of each other
    joined      pairs → groups, which depend on what is there alone, never on the order in which it came

All articles stay stored, ranked and counted as they are; an answer cites the earliest of a group and counts the others
with it (`Excerpt.reprints`). `stories` keeps signatures, probes and groups in the library file.

A signature is a bottom-k sketch: of the hashes of all runs of six letters the sixty-four smallest, so that two signatures
tell how many runs two bodies share. Script, width, case, punctuation and white space do not count: a mirror that turned
an article into the other script is a reprint. Reports made from one mould (yesterday's weather, today's) are none: the
numbers in both must agree too.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from retrieval.native.merging import merging
from retrieval.native.texts import codes_of, texts
from retrieval.records import Print
from retrieval.text import fold

SHARED = 0.8
"""Share of the shorter body's runs that the longer one must hold. On 68,162 news articles of 2023 this finds 6,320 groups with
15,514 articles; of 24 groups drawn by lot and read, all were one story printed again."""

NUMBERS = 0.8
"""Share of the fewer numbers that must be the other's too."""

SHORTER = 0.4
"""The shorter body must have this share of the longer one's length: a digest that holds five articles is a reprint of none."""

CROWD = 32
"""A probe in more bodies than this is mostly a site's standing text: there each is compared with BESIDE others, not with all."""

BESIDE = 4

_RUN = 6  # letters of a run
_KEPT = 64  # hashes of runs in a signature
_KEPT_NUMBERS = 16
_PROBES = 12  # of the kept hashes, those that candidates are looked up by
_SHORT = 40  # letters below which only the same letters are a reprint
_NONE = 1 << 32  # stands where a signature has fewer hashes than others; no hash is as large
_NEAR = 0.25  # share of hashes that must be in both at least: SHARED of a body is .3 of it and one 2.5 times as long
_TOGETHER = 50_000  # pairs compared at a time; 100 MB

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_Wide: TypeAlias = npt.NDArray[np.int64]
_Flags: TypeAlias = npt.NDArray[np.bool_]


@cache
def letters() -> npt.NDArray[np.uint32]:
    """For each character of the basic plane its folded code, or 0 where it is no letter or digit."""
    plane = "".join(chr(c) if not 0xD800 <= c < 0xE000 else " " for c in range(0x10000))
    return np.array([ord(c) if c.isalnum() else 0 for c in fold(plane)], dtype=np.uint32)


def signature(body: str) -> bytes:
    """What tells a body from others, in about 340 bytes: length, a hash of the whole, the smallest hashes, the numbers."""
    return signatures([body])[0]


def signatures(bodies: Sequence[str]) -> list[bytes]:
    """The signature of each body; a thousand articles take 9 ms, 80 without the compiled kernel."""
    if kernel := texts():
        return kernel.signatures(*codes_of(bodies), letters())
    return [_signature(body) for body in bodies]


def _signature(body: str) -> bytes:
    codes = np.frombuffer(body.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = letters()[np.where(codes < 0x10000, codes, 0x4E00)]
    codes = codes[codes != 0].astype(np.uint64)
    whole = zlib.crc32(codes.tobytes())
    size = len(codes)
    hashes = np.empty(0, np.uint32)
    if size >= _SHORT:
        rolled = np.zeros(size - _RUN + 1, np.uint64)
        for i in range(_RUN):
            rolled = rolled * np.uint64(0x9E3779B97F4A7C15) + codes[i : size - _RUN + 1 + i]
        rolled ^= rolled >> np.uint64(29)
        rolled *= np.uint64(0xBF58476D1CE4E5B9)
        hashes = (rolled >> np.uint64(32)).astype(np.uint32)
        # The smallest are among the first few thousandths of the range: fewer to sort.
        few = hashes[hashes < np.uint32(min(0xFFFFFFFF, 0xFFFFFFFF * 8 * _KEPT // max(1, len(hashes))))]
        found = np.unique(few)
        hashes = found[:_KEPT] if len(found) >= _KEPT else np.unique(hashes)[:_KEPT]
    numbers = sorted({zlib.crc32(number.encode()) for number in _NUMBER.findall(body)})[:_KEPT_NUMBERS]
    head = np.array([size, whole, len(hashes), len(numbers)], np.uint32)
    return np.concatenate([head, hashes, np.array(numbers, np.uint32)]).astype("<u4").tobytes()


def key(signature: bytes) -> int:
    """A number that stands for a signature, of 63 bits: two of a million share one with a chance of one in ten million."""
    return int.from_bytes(blake2b(signature, digest_size=8).digest(), "big") >> 1


def probes(signature: bytes) -> list[int]:
    """The numbers by which a signature finds others: its smallest hashes, and one for the whole."""
    size, whole, kept, _ = struct.unpack_from("<4I", signature)
    return [*struct.unpack_from(f"<{min(kept, _PROBES)}I", signature, 16), _NONE | zlib.crc32(struct.pack("<2I", size, whole))]


def groups(signatures: Mapping[str, bytes]) -> list[tuple[str, ...]]:
    """The groups of two articles or more that are reprints of one another, each sorted by id, in the order of their first ids."""
    prints = dict(sorted((key(packed), packed) for packed in signatures.values()))
    stories = joined(list(prints), *linked(list(prints.values())))
    found: dict[int, list[str]] = {}
    for id in sorted(signatures):
        found.setdefault(stories[key(signatures[id])], []).append(id)
    return [tuple(group) for group in found.values() if len(group) > 1]


def alike(one: bytes, other: bytes) -> bool:
    """Whether two signatures are of reprints of one story, or of the very same letters."""
    return bool(Sketches([one, other]).alike(np.array([0]), np.array([1]))[0])


class Known:
    """Signatures that others are held against, one after another; those that share nothing with them cost little."""

    def __init__(self, signatures: Sequence[bytes]) -> None:
        self._signatures = signatures
        self._holders: dict[int, list[int]] = {}
        for place, packed in enumerate(signatures):
            for number in _found(packed):
                self._holders.setdefault(number, []).append(place)

    def first_alike(self, signature: bytes) -> int | None:
        """The place of the first that is alike."""
        found = _found(signature)
        shared = Counter(place for number in found for place in self._holders.get(number, ()))
        near = sorted(place for place, count in shared.items() if count >= _NEAR * (len(found) - 1))
        return next((place for place in near if alike(self._signatures[place], signature)), None)


def _found(signature: bytes) -> list[int]:
    """All hashes of a signature, and the probe of the whole: two that are alike share one of them."""
    (kept,) = struct.unpack_from("<I", signature, 8)
    return [*struct.unpack_from(f"<{kept}I", signature, 16), probes(signature)[-1]]


def order(prints: Iterable[Print]) -> list[Print]:
    """The earliest published first, a partial date as its first day, an unknown one last; ties by id."""
    return sorted(prints, key=lambda one: (one.published is None, (one.published or "").ljust(10, "-"), one.article_id))


def linked(signatures: Sequence[bytes]) -> tuple[_Wide, _Wide]:
    """The places of the signatures that are alike, pair by pair; signatures come once each, in the order of their keys."""
    sketches = Sketches(signatures)
    firsts, seconds = _candidates(*sketches.probes())
    alike = sketches.alike(firsts, seconds)
    return firsts[alike], seconds[alike]


def joined(keys: Sequence[int], firsts: _Wide, seconds: _Wide) -> dict[int, int]:
    """For each of the ascending keys the least one of its group, where the keys at these places are of one group."""
    roots = list(range(len(keys)))

    def root(at: int) -> int:
        while roots[at] != at:
            roots[at] = roots[roots[at]]
            at = roots[at]
        return at

    for one, other in zip(firsts.tolist(), seconds.tolist(), strict=True):
        low, high = sorted((root(one), root(other)))
        roots[high] = low
    return {found: keys[root(at)] for at, found in enumerate(keys)}


def _candidates(found: _Wide, owners: _Wide) -> tuple[_Wide, _Wide]:
    """Pairs of owners that share a probe, each once; in a crowd only those that stand beside each other."""
    order = np.lexsort((owners, found))
    found, owners = found[order], owners[order]
    bounds = np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1], [True]]))
    crowded = np.repeat(np.diff(bounds) > CROWD, np.diff(bounds))
    pairs = [np.zeros(0, np.int64)]
    for apart in range(1, max(CROWD, BESIDE + 1)):
        shared: _Flags = found[apart:] == found[:-apart]
        if apart > BESIDE:
            shared &= ~crowded[apart:]
        if not shared.any():
            break
        pairs.append(owners[:-apart][shared] << 32 | owners[apart:][shared])
    packed = np.unique(np.concatenate(pairs))
    return packed >> 32, packed & 0xFFFFFFFF


class Sketches:
    """Signatures taken apart, to be compared many at a time."""

    def __init__(self, signatures: Sequence[bytes]) -> None:
        values = np.frombuffer(b"".join(signatures), "<u4")
        begins = np.cumsum([0, *(len(packed) // 4 for packed in signatures)])[:-1]
        self._sizes, self._wholes, self._kept, self._counted = (values[begins + at].astype(np.int64) for at in range(4))
        self._hashes = _rows(values, begins + 4, self._kept, _KEPT)
        self._numbers = _rows(values, begins + 4 + self._kept, self._counted, _KEPT_NUMBERS)

    def probes(self) -> tuple[_Wide, _Wide]:
        """The probes of all, and of which signature each is."""
        places = np.arange(len(self._kept))
        hashes = self._hashes[:, :_PROBES]
        some = hashes < _NONE
        wholes = [_NONE | zlib.crc32(struct.pack("<2I", size, whole)) for size, whole in zip(self._sizes.tolist(), self._wholes.tolist(), strict=True)]
        return np.concatenate([hashes[some], np.array(wholes, np.int64)]), np.concatenate([np.broadcast_to(places[:, None], hashes.shape)[some], places])

    def alike(self, firsts: _Wide, seconds: _Wide) -> _Flags:
        """Whether each of *firsts* and each of *seconds* are of one story, or of the very same letters."""
        parts = [np.zeros(0, bool)]
        for at in range(0, len(firsts), _TOGETHER):
            one, other = firsts[at : at + _TOGETHER], seconds[at : at + _TOGETHER]
            same = (self._sizes[one] == self._sizes[other]) & (self._wholes[one] == self._wholes[other])
            same[same] = (self._hashes[one[same]] == self._hashes[other[same]]).all(axis=1)
            rest = np.flatnonzero(~same)
            same[rest] = self._reprints(one[rest], other[rest])
            parts.append(same)
        return np.concatenate(parts)

    def _reprints(self, one: _Wide, other: _Wide) -> _Flags:
        """Whether one body holds nearly all of the other, by letters and by numbers."""
        short, long = np.minimum(self._sizes[one], self._sizes[other]), np.maximum(self._sizes[one], self._sizes[other])
        found: _Flags = (short >= SHORTER * long) & (self._kept[one] > 0) & (self._kept[other] > 0)
        at = np.flatnonzero(found)
        one, other, short, long = one[at], other[at], short[at], long[at]
        most = np.maximum(self._kept[one], self._kept[other])
        # Of the smallest hashes of both together, the share that is in both tells the share of their runs.
        share = _shared(self._hashes, one, other, most) / most
        enough = share * (short + long) / (1 + share) / short >= SHARED
        at, one, other = at[enough], one[enough], other[enough]
        fewer = np.minimum(self._counted[one], self._counted[other])
        both = _shared(self._numbers, one, other, np.full(len(one), 2 * _KEPT_NUMBERS))
        found[:] = False
        found[at[both >= NUMBERS * fewer]] = True
        return found


def _rows(values: npt.NDArray[np.uint32], begins: _Wide, counts: _Wide, width: int) -> _Wide:
    """The values from each beginning, as many as counted, in rows of *width*; _NONE where there are no more."""
    columns = np.arange(width)
    rows: _Wide = values.take(begins[:, None] + columns, mode="clip").astype(np.int64)
    rows[columns >= counts[:, None]] = _NONE
    return rows


def _shared(rows: _Wide, ones: _Wide, others: _Wide, most: _Wide) -> _Wide:
    """For each pair of rows, how many of the *most* smallest values of both together are in both."""
    if kernel := merging():
        return kernel.shared(rows, _NONE, ones, others, most)
    both = np.concatenate([rows[ones], rows[others]], axis=1)
    both.sort(axis=1)
    again = both[:, 1:] == both[:, :-1]
    places = np.cumsum(~again, axis=1, dtype=np.int16) + 1  # the second of two equal ones has the place of the first
    counts: _Wide = np.count_nonzero(again & (both[:, 1:] < _NONE) & (places <= most[:, None]), axis=1)
    return counts
