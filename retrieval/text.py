"""Text in, terms out: folded, cut into words; words, pairs of neighbouring Han characters and plain numbers in one list.

`fold` never changes the length of a text, so an offset in the folded text is an offset in the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version

import numpy as np
import opencc
import rjieba
from numpy.typing import NDArray

from retrieval.numerals import plain_numbers
from retrieval.records import Span

HAN_RANGES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_HAN = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in HAN_RANGES) + "]+")
_WORD = re.compile(r"\w")
_COMPATIBILITY = ((0x00A0, 0x0250), (0x2000, 0x33FF), (0xF900, 0xFB00), (0xFE30, 0xFFF0))

VERSION = 3
"""Counts up when this module makes other terms of a text, or more is stored of an article; part of the fingerprint of every library."""


def fingerprint() -> str:
    """Says what turns text into terms: this module, the cutter with its dictionary, the script converter."""
    return f"terms {VERSION}, rjieba {version('rjieba')}, opencc {version('opencc')}"


# Folding


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _narrow() -> dict[int, str]:
    """Compatibility forms (full width, circled digits, ligatures of one letter) to their plain letter, one to one.

    Lone surrogates, which no UTF-8 text and no library written in C can hold, become U+FFFD.
    """
    table = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    for start, end in _COMPATIBILITY:
        for code in range(start, end):
            plain = unicodedata.normalize("NFKC", chr(code))
            if plain != chr(code) and len(plain) == 1:
                table[code] = plain
    return table


# The forms that every Chinese text is full of, apart: replacing these few first makes the search for others find nothing.
_COMMON = (("\uff0c", ","), ("\uff1a", ":"), ("\uff08", "("), ("\uff09", ")"), ("\uff1b", ";"), ("\uff1f", "?"), ("\uff01", "!"), ("\xa0", " "), ("\u3000", " "))


@cache
def _compatibility() -> re.Pattern[str]:
    return re.compile("[" + "".join(map(re.escape, map(chr, _narrow()))) + "]")


def fold(text: str) -> str:
    """*text* in half width, lower case and Simplified script; as many characters as before."""
    lower = _lowered(text)
    simple: str = _converter().convert(lower)
    if len(simple) != len(lower):
        simple = "".join(s if len(s := _converter().convert(c)) == 1 else c for c in lower)
    return simple


def _lowered(text: str) -> str:
    narrow = text
    for form, plain in _COMMON:
        narrow = narrow.replace(form, plain)
    if _compatibility().search(narrow):
        narrow = narrow.translate(_narrow())
    lower = narrow.lower()
    if len(lower) != len(narrow):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in narrow)
    return lower


# The versions of OpenCC whose phrases were looked through: these characters t2s leaves as they are when they stand alone, and
# changes within a phrase that holds no other character that it changes.
_LOOKED_THROUGH = ("1.4.2",)
_WITHIN_PHRASES = "沈坏藉哩覆衹瞭甦"
# Latin, Greek and Cyrillic letters, signs, kana, Han characters, wide forms; what else there is may have rules of its own.
_ALONE = ((0x0001, 0x0250), (0x0370, 0x0500), (0x2010, 0x2028), (0x2030, 0x2060), (0x2070, 0x2C00), (0x3000, 0x3100), (0x3400, 0xA000), (0xFE30, 0xFE50), (0xFF00, 0xFFF0))

UNSURE = 0xFFFFFFFF


@cache
def folded_alone() -> NDArray[np.uint32] | None:
    """For each character of the basic plane what `fold` makes of it, UNSURE where that depends on its neighbours or it is rare.

    None where OpenCC's phrases are not known: a text without any character that is unsure is not converted, in a tenth of the time.
    """
    if version("opencc") not in _LOOKED_THROUGH:
        return None
    codes = [code for start, end in _ALONE for code in range(start, end) if code != 0x3A3]  # sigma is another letter at a word's end
    lower = "".join(c if len(c := chr(code).lower()) == 1 else "\ufffd" for code in map(ord, "".join(map(chr, codes)).translate(_narrow())))
    apart = "\n".join(lower)
    simple = _converter().convert(apart)
    table = np.full(0x10000, UNSURE, np.uint32)
    if len(simple) == len(apart):
        for code, one, other in zip(codes, lower, simple[::2], strict=True):
            if one == other != "\ufffd" and one not in _WITHIN_PHRASES:
                table[code] = ord(one)
    return table


# Cutting

# Characters that rjieba takes for Chinese and jieba does not (jieba/__init__.py, re_han_default): each stands alone.
_RARE = re.compile("([\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff])")
_RARE_OR_ASTRAL = re.compile("([\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")

# Where jieba's model for unknown words meets Latin text, it splits `glp-1` and `news.zol.com.cn` by this pattern
# (jieba/finalseg/__init__.py, re_skip); rjieba keeps them whole. Without this
# 168 of 2,525 passages of news and of DRCD were cut otherwise than by jieba, with it none of 5,509.
_LATIN = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
_CHAIN = re.compile(r"[a-zA-Z0-9+#&._%\-]{2,}")
# A chain that this pattern splits: not 2019, 5g or 12.5%, which most chains in the news are.
_SPLIT = re.compile(r"(?<![a-zA-Z0-9+#&._%\-])(?![a-zA-Z0-9]+(?:\.\d+)?%?(?![a-zA-Z0-9+#&._%\-]))[a-zA-Z0-9+#&._%\-]{2,}")


OWN = "nz"
"""The tag of an admin's words: jieba's for names that are neither a person's nor a place's nor an organisation's."""


def _any_of(words: Sequence[str]) -> re.Pattern[str] | None:
    """What finds any of the words, longer ones first; those that end in a Latin letter or digit not within a longer such chain."""

    def bounded(word: str) -> str:
        begin, end = (r"(?<![a-z0-9])" if _ALPHANUMERIC.match(word[0]) else ""), (r"(?![a-z0-9])" if _ALPHANUMERIC.match(word[-1]) else "")
        return f"{begin}{re.escape(word)}{end}"

    return re.compile(f"({'|'.join(bounded(word) for word in sorted(words, key=len, reverse=True))})") if words else None


_ALPHANUMERIC = re.compile(r"[a-z0-9]")


class Cutter:
    """Cuts folded text into words as jieba does, by jieba's dictionary; an admin's words are kept whole wherever they stand.

    rjieba is jieba's dictionary and algorithm in Rust: it loads in .08 s where jieba takes 1.5 s, and cuts 5 to 10
    million characters a second where jieba cuts .15 million. The tests hold it to jieba's own cuts. An admin's words are
    not put into the dictionary, since every word there moves the probabilities of all others: a text that does not hold
    a word is cut as if the word had never been added.

    Articles by the million characters are cut by a kernel (`coded`), by the same rules and the same dictionary: 47 million
    characters of news took it 4.5 s of a processor, terms packed and sorted, and this class 17 s, with the same terms of every
    passage. It leaves to this class what holds an admin's word, and one text in a thousand where two ways are as good
    as equally likely.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.own_words = tuple(sorted({fold(word) for word in words} - {""}))
        self._own = _any_of(self.own_words)

    def cut(self, folded: str) -> list[str]:
        """The words of *folded*, punctuation and white space included: joined they are *folded* again."""
        if self._own is None or not self._own.search(folded):
            return self._cut(folded)
        parts = self._own.split(folded)
        return [word for at, part in enumerate(parts) for word in ((part,) if at % 2 else self._cut(part) if part else ())]

    def _cut(self, folded: str) -> list[str]:
        if _RARE.search(folded) or len(folded.encode("utf-16-le")) > 2 * len(folded):
            return [word for part in _RARE_OR_ASTRAL.split(folded) for word in ((part,) if _RARE_OR_ASTRAL.match(part) else self._cut_common(part))]
        return self._cut_common(folded)

    def _cut_common(self, folded: str) -> list[str]:
        found: list[str] = rjieba.cut(folded)
        if not any(sign in folded for sign in "-._+#&") or not _SPLIT.search(folded):
            return found
        parts: list[str] = []
        for word in found:
            if len(word) > 1 and word.isascii() and _CHAIN.fullmatch(word) and not rjieba.has_word(word):
                parts += filter(None, _LATIN.split(word))
            else:
                parts.append(word)
        return parts

    def holds_own(self, folded: str) -> bool:
        """Whether an admin's word stands in *folded*."""
        return bool(self._own and self._own.search(folded))

    def words(self, folded: str) -> list[tuple[str, int, int]]:
        """The words of *folded* with their spans; punctuation and white space are left out."""
        found, end = [], 0
        for word in self.cut(folded):
            start, end = end, end + len(word)
            if _WORD.search(word):
                found.append((word, start, end))
        return found

    def knows(self, word: str) -> bool:
        """Whether *word*, folded, stands in the dictionary or among the admin's words."""
        return word in self.own_words or bool(rjieba.has_word(word))

    def is_name(self, word: str) -> bool:
        """Whether *word* is an admin's, or the dictionary tags it alone as the name of a person, a place or an organisation."""
        return any(tag.startswith(("nr", "ns", "nt", "nz")) and end - start == len(word) for _, tag, start, end in self.tags(word))

    def tags(self, folded: str) -> list[tuple[str, str, int, int]]:
        """The words of *folded* with jieba's part-of-speech tags (nr a person, ns a place, nt an organisation) and spans; an admin's are OWN."""
        found, end = [], 0
        for at, part in enumerate(self._own.split(folded) if self._own else (folded,)):
            for word, tag in ((part, OWN),) if at % 2 else rjieba.tag(part) if part else ():
                start, end = end, end + len(word)
                found.append((word, tag, start, end))
        return found

    def terms(self, text: str) -> list[str]:
        """The terms of *text*: its words in order, then its Han bigrams in order, then numbers in plain digits."""
        folded = fold(text)
        words = [word for word in self.cut(folded) if word.isalnum() or _WORD.search(word)]
        pairs = [run[at : at + 2] for run in _HAN.findall(folded) for at in range(len(run) - 1)]
        return words + pairs + [number for number, _, _ in plain_numbers(folded)]


def is_word(text: str) -> bool:
    """Whether a piece of text is a word: punctuation and white space alone are none."""
    return bool(_WORD.search(text))


def bigrams(folded: str) -> list[Span]:
    """The spans of all pairs of neighbouring Han characters."""
    return [(i, i + 2) for run in _HAN.finditer(folded) for i in range(run.start(), run.end() - 1)]


@cache
def default_cutter() -> Cutter:
    return Cutter()


def terms(text: str) -> list[str]:
    """The terms of *text*, in order, by the default word list."""
    return default_cutter().terms(text)
