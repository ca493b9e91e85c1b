"""Passages in, their postings in packed arrays out, and several sets of postings merged into one; all of it exact.

A term is known by its key, a number of 64 bits: terms of one or two characters (most) by their code points, longer ones
by a hash with the highest bit set (two of ten million such terms share one with a chance of one in 180,000).
A posting is the number of a passage and a code; the code stands for how often the term is in the passage and how
many terms the passage has, the two numbers that BM25 weighs a posting by. There are few such pairs (some 8,000 in
200,000 passages of news), so a posting takes six bytes and the weights of all pairs fit into the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from retrieval.native.merging import merging
from retrieval.native.texts import texts as kernels_on_texts
from retrieval.numerals import plain_numbers
from retrieval.text import HAN_RANGES, Cutter, fold, is_word

Keys = NDArray[np.uint64]
Numbers = NDArray[np.int32]
Codes = NDArray[np.unsignedinteger]
"""Two bytes each while there are no more than 65,536 pairs, else four."""
Wide = NDArray[np.int64]
Flags = NDArray[np.bool_]

_BITS = np.uint64(21)
"""A code point has 21 bits; so has a passage's number within one cut, of at most two million passages."""

TOGETHER = 32
"""Sets of postings whose keys are brought together at a time; a batch has some 200,000 keys."""

SLICE = 2_000_000
"""Postings that are merged at a time; 12 MB of arrays and as much again while they are sorted in."""


@dataclass(frozen=True)
class Postings:
    """The postings of the passages 0, 1, 2 ...; by key, then by passage.

    keys     the terms, ascending                  counts   in how many passages each is
    numbers  the passage of each posting           codes    its place in `pairs`
    pairs    (how often, passage length) rows      lengths  how many terms each passage has
    """

    keys: Keys
    counts: Numbers
    numbers: Numbers
    codes: Codes
    pairs: Numbers
    lengths: Numbers

    @property
    def starts(self) -> Wide:
        """Where the postings of each term begin, and at last where they all end."""
        return offsets(self.counts)


def offsets(counts: Numbers) -> Wide:
    starts: Wide = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def key(term: str) -> int:
    """The key of a term; 0 for the empty one."""
    if len(term) == 2:
        return ord(term[0]) << 21 | ord(term[1])
    if len(term) == 1:
        return ord(term) << 21
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") | 1 << 63 if term else 0


# Cutting


class _WordKeys(dict[str, int]):
    """The keys of words, each computed once; 0 for what is no word."""

    def __missing__(self, word: str) -> int:
        found = self[word] = key(word) if is_word(word) else 0
        return found


@cache
def _han() -> Flags:
    table = np.zeros(0x110000, bool)
    for start, end in HAN_RANGES:
        table[start : end + 1] = True
    return table


@cache
def _word_characters() -> NDArray[np.int8]:
    """Whether a character makes a word: 1, 0, or -1 where nobody asked yet."""
    return np.full(0x110000, -1, np.int8)


def _makes_word(codes: Keys) -> Flags:
    table = _word_characters()
    found = table[codes]
    if (found < 0).any():
        for code in np.unique(codes[found < 0]).tolist():
            table[code] = is_word(chr(code))
        found = table[codes]
    return found.astype(bool)


@dataclass(frozen=True, slots=True)
class Uncut:
    """Passages to be cut: of each article the title and the texts of its passages."""

    articles: Sequence[tuple[str | None, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Given:
    """Passages whose terms are given."""

    passages: Sequence[Sequence[str]]


Batch = Uncut | Given


def cut(cutter: Cutter, batch: Batch) -> Postings:
    """The postings of the passages of a batch, by the terms of title and passage.

    The same terms as `Cutter.terms` gives, without making a string of each: that would take five times as long.
    """
    if isinstance(batch, Given):
        return pack(batch.passages)
    kernel = kernels_on_texts()
    if kernel and kernel.cuts(sum(len(text) for _, passages in batch.articles for text in passages)):
        from retrieval import coded  # which imports this module

        return coded.cut(kernel, cutter, coded.Coded.uncut(batch))
    texts: list[str] = []
    words: list[list[str]] = []
    owners: list[int] = []
    passage = 0
    for title, passages in batch.articles:
        folded_title = fold(title) if title else ""
        title_words = cutter.cut(folded_title) if title else []
        for text in passages:
            folded = fold(text)
            texts += (folded_title, folded)
            words += (title_words, cutter.cut(folded))
            owners += (passage, passage)
            passage += 1
    return _postings(texts, words, np.array(owners, np.uint64), passage)


def _postings(texts: list[str], words: list[list[str]], owners: Keys, passages: int) -> Postings:
    joined = "".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    pieces = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), np.int64, len(texts)))
    short = [_pairs_of_han(codes, pieces, owners)]
    flat = list(chain.from_iterable(words))
    sizes = np.fromiter(map(len, flat), np.int64, len(flat))
    begins = np.cumsum(sizes) - sizes
    for size in (1, 2):
        at = begins[sizes == size]
        term = codes[at] << _BITS
        keep = _makes_word(codes[at])
        if size == 2:
            term |= codes[at + 1]
            keep |= _makes_word(codes[at + 1])
        short.append((term[keep] << _BITS) | owners[pieces[at[keep]]])
    longer = np.flatnonzero(sizes > 2)
    long_words = [flat[i] for i in longer.tolist()]
    long_owners = owners[pieces[begins[longer]]].tolist()
    for text, owner in zip(texts, owners.tolist(), strict=True):
        for number, _, _ in plain_numbers(text):
            long_words.append(number)
            long_owners.append(owner)
    if len(_word_keys) > _WORD_KEYS_LIMIT:
        _word_keys.clear()
    keys = np.fromiter(map(_word_keys.__getitem__, long_words), np.uint64, len(long_words))
    return sorted_in(short, keys, np.array(long_owners, np.uint64), passages)


def pack(passages: Sequence[Sequence[str]]) -> Postings:
    """The postings of passages whose terms are given."""
    owners = np.repeat(np.arange(len(passages), dtype=np.uint64), [len(terms) for terms in passages])
    keys = np.array([key(term) for terms in passages for term in terms], np.uint64)
    return sorted_in([], keys, owners, len(passages))


def _pairs_of_han(codes: Keys, pieces: Wide, owners: Keys) -> Keys:
    han = _han()[codes]
    at = np.flatnonzero(han[:-1] & han[1:] & (pieces[:-1] == pieces[1:]))
    return (((codes[at] << _BITS) | codes[at + 1]) << _BITS) | owners[pieces[at]]


_word_keys = _WordKeys()
_WORD_KEYS_LIMIT = 1_000_000


def sorted_in(short: list[Keys], keys: Keys, holders: Keys, passages: int) -> Postings:
    """Postings from terms of one or two characters, packed with their passage, and the keys of others with theirs."""
    brief = (keys > 0) & (keys < np.uint64(1 << 63))
    short.append((keys[brief] << _BITS) | holders[brief])
    long = keys >= np.uint64(1 << 63)
    long_keys, places = np.unique(keys[long], return_inverse=True)
    # Both kinds are sorted as one number, term above passage; equal numbers are one posting and their count.
    if kernel := merging():
        briefs, longs, every_length = np.concatenate(short), (places.astype(np.uint64) << _BITS) | holders[long], np.zeros(passages, np.int32)
        briefs.sort()
        longs.sort()
        found_keys, found_counts, found_numbers, found_times = kernel.counted(briefs, longs, long_keys, every_length)
        coded = kernel.coded(found_numbers, found_times, every_length) or _coded(found_times.astype(np.int64), every_length[found_numbers])
        return Postings(found_keys, found_counts, found_numbers, coded[0], coded[1], every_length)
    first, first_times = _counted(np.concatenate(short))
    second, second_times = _counted((places.astype(np.uint64) << _BITS) | holders[long])
    mask = np.uint64((1 << 21) - 1)
    every = np.concatenate([first >> _BITS, long_keys[(second >> _BITS).astype(np.int64)]])
    numbers = np.concatenate([first & mask, second & mask]).astype(np.int32)
    times = np.concatenate([first_times, second_times])
    lengths = np.bincount(numbers, times, passages).astype(np.int32)
    begins = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]])) if len(every) else np.zeros(0, np.int64)
    counts = np.diff(np.append(begins, len(every))).astype(np.int32)
    codes, pairs = _coded(times, lengths[numbers])
    return Postings(every[begins], counts, numbers, codes, pairs, lengths)


def _counted(packed: Keys) -> tuple[Keys, Wide]:
    packed.sort()
    begins = np.flatnonzero(np.concatenate([[True], packed[1:] != packed[:-1]])) if len(packed) else np.zeros(0, np.int64)
    return packed[begins], np.diff(np.append(begins, len(packed)))


def _coded(times: Wide, lengths: Numbers) -> tuple[Codes, Numbers]:
    """Each pair of a count and a length as its place among the pairs that occur."""
    width = int(lengths.max(initial=0)) + 1
    packed = times * width + lengths
    size = int(packed.max(initial=0)) + 1
    if size <= 16_000_000:  # one flag for each possible pair: quick, and small unless a passage is a book
        seen = np.zeros(size, bool)
        seen[packed] = True
        found = np.flatnonzero(seen)
        places = np.cumsum(seen) - 1
        codes = places[packed]
    else:
        found, codes = np.unique(packed, return_inverse=True)
    pairs = np.stack([found // width, found % width], axis=1).astype(np.int32)
    return _narrow(codes, len(pairs)), pairs


def _narrow(codes: Wide, pairs: int) -> Codes:
    return codes.astype(np.uint16 if pairs < 1 << 16 else np.uint32)


# Merging


def without(postings: Postings, dead: Flags) -> Postings:
    """The postings without the passages that are *dead*; the others move up."""
    alive = ~dead
    moved = (np.cumsum(alive) - 1).astype(np.int32)
    keep = alive[postings.numbers]
    terms = np.repeat(np.arange(len(postings.keys)), postings.counts)[keep]
    counts = np.bincount(terms, minlength=len(postings.keys)).astype(np.int32)
    used = counts > 0
    return Postings(
        postings.keys[used], counts[used], moved[postings.numbers[keep]], postings.codes[keep], postings.pairs, postings.lengths[alive]
    )


def compact(postings: Postings) -> Postings:
    """The same without pairs that no posting has."""
    used, codes = np.unique(postings.codes, return_inverse=True)
    return replace(postings, codes=_narrow(codes, len(used)), pairs=postings.pairs[used])


@dataclass(frozen=True)
class Merger:
    """Several sets of postings as one, the passages numbered on; the arrays of postings come slice by slice."""

    parts: Sequence[Postings]
    keys: Keys
    counts: Numbers
    pairs: Numbers
    lengths: Numbers
    places: Sequence[Numbers]
    """For each part, the places of its keys among all keys."""
    recoded: Sequence[Codes]
    """For each part, the merged code of each of its codes."""

    def slices(self) -> Iterator[tuple[Numbers, Codes]]:
        """The numbers and codes of all postings, in order, some millions at a time; the next are merged while these are used."""
        slices = self._slices()
        with ThreadPoolExecutor(1) as beside:
            coming = beside.submit(next, slices, None)
            while found := coming.result():
                coming = beside.submit(next, slices, None)
                yield found

    def _slices(self) -> Iterator[tuple[Numbers, Codes]]:
        kernel = merging()
        starts = offsets(self.counts)
        part_starts = [part.starts for part in self.parts]
        bases = offsets(np.array([len(part.lengths) for part in self.parts], np.int32))
        low = 0
        while low < len(self.keys):
            high = max(low + 1, int(np.searchsorted(starts, starts[low] + SLICE, "right")) - 1)
            size = int(starts[high] - starts[low])
            numbers, codes = np.empty(size, np.int32), np.empty(size, self.recoded[0].dtype)
            free = (starts[low:high] - starts[low]).copy()  # where the next posting of each term goes
            for part, begins, places, recoded, base in zip(self.parts, part_starts, self.places, self.recoded, bases, strict=False):
                first, last = np.searchsorted(places, [low, high])
                if kernel:
                    span = slice(begins[first], begins[last])
                    own = (part.numbers[span], part.codes[span])
                    kernel.slice(places[first:last], part.counts[first:last], low, own, recoded, int(base), free, (numbers, codes))
                    continue
                here, counts = places[first:last] - low, part.counts[first:last]
                begin, end = begins[first], begins[last]
                into = np.repeat(free[here] - (begins[first:last] - begin), counts) + np.arange(end - begin)
                numbers[into] = part.numbers[begin:end] + np.int32(base)
                codes[into] = recoded[part.codes[begin:end]]
                free[here] += counts
            yield numbers, codes
            low = high


def merge(parts: Sequence[Postings]) -> Merger:
    """*parts* as one set of postings."""
    keys = _union([part.keys for part in parts])
    kernel = merging()
    places = [kernel.places(keys, part.keys) if kernel else np.searchsorted(keys, part.keys).astype(np.int32) for part in parts]
    counts = np.zeros(len(keys), np.int32)
    for part, here in zip(parts, places, strict=True):
        counts[here] += part.counts
    packed, codes = np.unique(np.concatenate([part.pairs[:, 0].astype(np.int64) << 32 | part.pairs[:, 1] for part in parts]), return_inverse=True)
    pairs = np.stack([packed >> 32, packed & 0xFFFFFFFF], axis=1).astype(np.int32)
    recoded = _narrow(codes, len(pairs))
    return Merger(
        parts,
        keys,
        counts,
        pairs,
        np.concatenate([part.lengths for part in parts]),
        places,
        np.split(recoded, np.cumsum([len(part.pairs) for part in parts])[:-1]),
    )


def _union(parts: Sequence[Keys]) -> Keys:
    """All keys, ascending; some parts at a time, so that what most of them share does not fill the memory."""
    found = parts[0]
    for at in range(1, len(parts), TOGETHER):
        every = np.concatenate([found, *parts[at : at + TOGETHER]])
        every.sort()  # a tenth of the time that np.unique takes, which hashes
        new: Flags = np.ones(len(every), bool)
        np.not_equal(every[1:], every[:-1], out=new[1:])
        found = every[new]
    return found


def whole(merger: Merger) -> Postings:
    """The merged postings with all their arrays in memory."""
    slices = list(merger.slices())
    numbers = np.concatenate([np.zeros(0, np.int32), *(numbers for numbers, _ in slices)])
    codes = np.concatenate([np.zeros(0, merger.recoded[0].dtype), *(codes for _, codes in slices)])
    return Postings(merger.keys, merger.counts, numbers, codes, merger.pairs, merger.lengths)
