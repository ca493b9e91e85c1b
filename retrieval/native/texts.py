"""Texts in code points in, their passages, terms and signatures out: what cutting.c and signing.c do, as Python calls it.

`codes` of texts are arrays of unsigned 32-bit numbers, texts one after another; `bounds` say where each begins and, at
last, where they end. What characters are is told by tables that are made here, so that a kernel knows of no more than Python does.
"""

from __future__ import annotations

import ctypes
import pickle
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.native import function, kernels

Codes = NDArray[np.uint32]
Bounds = NDArray[np.int64]
Bytes = NDArray[np.uint8]

CODES, PLANE = 0x110000, 0x10000

WORD, BLOCK, HAN, NUMERAL, NUMERAL_NEXT, SPACE, DECIMAL = 1, 2, 4, 8, 16, 32, 64
"""What a character is, as the kernels read it: the bits of `kinds`."""

DICTIONARY = "931a1622cc9962c9"
"""The digest of the dictionary that rjieba holds as well, jieba's 0.42.1: with another one the kernel would cut otherwise."""

SLOTS = 1 << 20
"""Places in the table of the dictionary's words and their beginnings, of which there are 498,113."""

WORTH = 200_000
"""Characters that rjieba cuts in .08 s, in half the time that it takes to read the dictionary."""

MIN_FLOAT = -3.14e100
"""jieba's logarithm of the probability of what never occurred."""

def coded(text: str) -> bytes:
    """The code points of *text*, four bytes each; lone surrogates stay."""
    return text.encode("utf-32-le", "surrogatepass")


def codes_of(texts: Iterable[str]) -> tuple[Codes, Bounds]:
    parts = [coded(text) for text in texts]
    return np.frombuffer(b"".join(parts), "<u4"), bounds_of([len(part) // 4 for part in parts])


def bounds_of(sizes: Sequence[int]) -> Bounds:
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(np.array(sizes, np.int64), out=bounds[1:])
    return bounds


def text_of(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@cache
def kinds() -> Bytes:
    """What each character is."""
    from retrieval.numerals import BEGINS, FOLLOWS
    from retrieval.text import HAN_RANGES

    table = np.zeros(CODES, np.uint8)
    every = text_of(np.arange(CODES, dtype="<u4"))
    # White space is in the basic plane, digits are in it and the next one: the others hold ideographs.
    for bit, pattern, end in ((WORD, r"\w+", CODES), (SPACE, r"\s+", PLANE), (DECIMAL, r"\d+", 2 * PLANE)):
        for run in re.compile(pattern).finditer(every, 0, end):
            table[run.start() : run.end()] |= bit
    table[0x4E00:0x9FD6] |= BLOCK
    for start, end in HAN_RANGES:
        table[start : end + 1] |= HAN
    for bit, characters in ((NUMERAL, BEGINS), (NUMERAL_NEXT, FOLLOWS), (BLOCK, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+#&._%-")):
        table[[ord(character) for character in characters]] |= bit
    return table


class _Words(ctypes.Structure):
    """`Dictionary` in cutting.c."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("kinds", "table")), ("mask", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("hashes", "firsts", "emit", "start", "trans")), ("absent", ctypes.c_double),
    ]  # fmt: skip


class Dictionary:
    """jieba's words and its model of unknown ones, as the kernel looks them up; 25 MB."""

    def __init__(self, library: ctypes.CDLL, words: bytes, model: tuple[Any, Any, Any]) -> None:
        start, trans, emit = model
        self.table, self.hashes = np.zeros(2 * SLOTS, np.uint64), np.zeros(SLOTS, np.uint64)
        self.firsts, self.emit = np.zeros(PLANE, np.int32), np.full((0x9FD5 - 0x4E00 + 1, 4), MIN_FLOAT)
        for at, state in enumerate("BEMS"):
            for character, value in emit[state].items():
                if 0x4E00 <= ord(character) <= 0x9FD5:
                    self.emit[ord(character) - 0x4E00, at] = value
        self.start = np.array([start[state] for state in "BEMS"])
        self.trans = np.array([[trans[state].get(other, MIN_FLOAT) for other in "BEMS"] for state in "BEMS"])
        absent = ctypes.c_double()
        pointer, whole = ctypes.c_void_p, ctypes.c_int64
        dictionary = function(library, "cutting_dictionary", (ctypes.c_char_p, whole, pointer, ctypes.c_uint64, pointer, pointer, pointer), whole)
        self.count = int(
            dictionary(words, len(words), at_(self.table), SLOTS - 1, at_(self.hashes), at_(self.firsts), ctypes.byref(absent))
        )
        self.words = _Words(
            at_(kinds()), at_(self.table), SLOTS - 1, at_(self.hashes), at_(self.firsts), at_(self.emit), at_(self.start), at_(self.trans), absent.value
        )


def at_(array: NDArray[Any]) -> int:
    return array.ctypes.data


@dataclass(frozen=True)
class Table:
    """What each character of the basic plane is, and where this lies: asking an array takes as long as a kernel does."""

    values: Bytes

    @cached_property
    def address(self) -> int:
        return at_(self.values)


class Texts:
    """The kernels on texts. Safe to use from several threads."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, whole = ctypes.c_void_p, ctypes.c_int64
        self._library = library
        self._terms = function(library, "cutting_terms", (pointer, pointer, pointer, pointer, whole, *[pointer] * 10))
        self._fold = function(library, "cutting_fold", (pointer, pointer, whole, pointer, pointer, pointer))
        self._passages = function(library, "cutting_passages", (pointer, ctypes.c_char_p, whole, whole, pointer), whole)
        self._signatures = function(library, "signing_signatures", (pointer, pointer, whole, pointer, pointer, pointer, pointer, pointer))
        self._clean = function(library, "signing_clean", (ctypes.c_char_p, whole, pointer), ctypes.c_int32)
        self._kinds = function(library, "signing_kinds", (ctypes.c_char_p, whole, pointer, pointer))
        self._kinds_at = at_(kinds())
        self._cuts = False

    # Cutting

    def cuts(self, characters: int) -> bool:
        """Whether the kernel is to cut so many characters: where it has the dictionary, or where that is worth reading it.

        Jieba's dictionary must be the one that the kernel is known to cut by.
        """
        if not self._cuts and characters < WORTH:
            return False
        self._cuts = True
        return _dictionary(self._library) is not None

    def fold(self, codes: Codes, bounds: Bounds, table: Codes) -> tuple[Codes, NDArray[np.bool_]]:
        """*codes* folded by *table*, and which texts it does not suffice for."""
        folded, unsure = np.empty(len(codes), np.uint32), np.zeros(len(bounds) - 1, np.bool_)
        self._fold(at_(codes), at_(bounds), len(unsure), at_(table), at_(folded), at_(unsure))
        return folded, unsure

    def terms(self, codes: Codes, bounds: Bounds, owners: Bounds) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.bool_], NDArray[np.bool_]]:
        """The terms of folded texts, of each of which *owners* say the first passage that it is of, and of how many.

        Terms of one or two characters packed with their passages, the keys of longer ones, their passages, which texts may
        hold a written-out number, and of which nothing was made since two ways to cut them are as good as equally likely.
        """
        dictionary = _dictionary(self._library)
        assert dictionary
        sizes = np.diff(bounds)
        room, longest = int((sizes * owners[:, 1]).sum()), int(sizes.max(initial=0)) + 1
        briefs, keys, holders = np.empty(2 * room, np.uint64), np.empty(room // 3 + 1, np.uint64), np.empty(room // 3 + 1, np.uint64)
        hints, close, found = np.zeros(len(sizes), np.bool_), np.zeros(len(sizes), np.bool_), np.zeros(2, np.int64)
        route, after, nodes, back = np.empty(longest), np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty(4 * longest, np.uint8)
        self._terms(
            ctypes.addressof(dictionary.words), at_(codes), at_(bounds), at_(owners), len(sizes), at_(briefs), at_(keys), at_(holders), at_(hints),
            at_(close), at_(found), at_(route), at_(after), at_(nodes), at_(back),
        )  # fmt: skip
        return briefs[: found[0]], keys[: found[1]], holders[: found[1]], hints, close

    # Passages

    def passages(self, codes: bytes, size: int) -> list[int]:
        """Where each passage of a body ends."""
        length = len(codes) // 4
        ends = (ctypes.c_int64 * (2 * length // size + 2))()
        return ends[: self._passages(self._kinds_at, codes, length, size, ends)]

    # Signing

    def signatures(self, codes: Codes, bounds: Bounds, letters: Codes) -> list[bytes]:
        """The signatures of bodies, by the table of *letters*."""
        count = len(bounds) - 1
        room, found, lengths = np.empty(int(np.diff(bounds).max(initial=0)), np.uint32), np.empty(84 * count, np.uint32), np.zeros(count, np.int64)
        self._signatures(at_(codes), at_(bounds), count, at_(letters), self._kinds_at, at_(room), at_(found), at_(lengths))
        ends = np.cumsum(lengths)
        packed = found[: int(lengths.sum())].astype("<u4", copy=False).tobytes()
        return [packed[4 * (end - size) : 4 * end] for end, size in zip(ends.tolist(), lengths.tolist(), strict=True)]

    def clean(self, codes: bytes, dirty: Table) -> bool:
        """Whether a text holds no *dirty* character, and no blank or line end at its ends or beside another."""
        return bool(self._clean(codes, len(codes) // 4, dirty.address))

    def counted(self, codes: bytes, marks: Table) -> list[int]:
        """How many characters of a text, of at most 65,535, *marks* have each of four bits for."""
        found = (ctypes.c_int64 * 4)()
        self._kinds(codes, len(codes) // 4, marks.address, found)
        return found[:]


@cache
def texts() -> Texts | None:
    """The kernels on texts; None where they are not to be had."""
    library = kernels()
    return Texts(library) if library else None


@cache
def _dictionary(library: ctypes.CDLL) -> Dictionary | None:
    spec = find_spec("jieba")
    if not spec or not spec.origin:
        return None
    folder = Path(spec.origin).parent
    try:
        words = (folder / "dict.txt").read_bytes()
        model = tuple(pickle.loads((folder / "finalseg" / f"prob_{name}.p").read_bytes()) for name in ("start", "trans", "emit"))
    except OSError:
        return None
    if blake2b(words, digest_size=8).hexdigest() != DICTIONARY:
        return None
    found = Dictionary(library, words, (model[0], model[1], model[2]))
    return found if found.count > 0 else None
