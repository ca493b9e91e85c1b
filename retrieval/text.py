"""Text in, terms out: folded, cut into words, words and character bigrams in one list.

`fold` never changes the length of a text, so an offset in the folded text is an offset in the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import opencc
import rjieba

from retrieval.records import Span

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_WORD = re.compile(r"\w")


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _narrow() -> dict[int, str]:
    """Compatibility forms (full width, circled digits, ligatures of one letter) to their plain letter, one to one.

    Lone surrogates, which no UTF-8 text and no library written in C can hold, become U+FFFD.
    """
    table = dict.fromkeys(range(55296, 57344), "�")
    for start, end in ((0x00A0, 0x0250), (0x2000, 0x33FF), (0xF900, 0xFB00), (0xFE30, 0xFFF0)):
        for code in range(start, end):
            plain = unicodedata.normalize("NFKC", chr(code))
            if plain != chr(code) and len(plain) == 1:
                table[code] = plain
    return table


def fold(text: str) -> str:
    """*text* in half width, lower case and Simplified script; as many characters as before."""
    narrow = text.translate(_narrow())
    lower = narrow.lower()
    if len(lower) != len(narrow):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in narrow)
    simple: str = _converter().convert(lower)
    if len(simple) != len(lower):
        simple = "".join(s if len(s := _converter().convert(c)) == 1 else c for c in lower)
    return simple


class Cutter:
    """Cuts folded text into words by jieba's dictionary and an admin's words."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._jieba = rjieba.Jieba()
        for word in words:
            self._jieba.add_word(fold(word), None, None)

    def words(self, folded: str) -> list[tuple[str, int, int]]:
        """The words of *folded* with their spans; punctuation and white space are left out."""
        return [token for token in self._jieba.tokenize(folded) if _WORD.search(token[0])]

    def knows(self, word: str) -> bool:
        """Whether *word*, folded, stands in the dictionary or among the admin's words."""
        return bool(self._jieba.has_word(word))

    def is_name(self, word: str) -> bool:
        """Whether the dictionary tags *word* alone as the name of a person, a place or an organisation."""
        return any(tag.startswith(("nr", "ns", "nt", "nz")) and len(part) == len(word) for part, tag in self._jieba.tag(word))

    def terms(self, text: str) -> list[str]:
        """The terms of *text*: its words in order, then its Han bigrams in order."""
        folded = fold(text)
        return [w for w, _, _ in self.words(folded)] + [folded[i : i + 2] for i, _ in bigrams(folded)]


def bigrams(folded: str) -> list[Span]:
    """The spans of all pairs of neighbouring Han characters."""
    return [(i, i + 2) for run in _HAN.finditer(folded) for i in range(run.start(), run.end() - 1)]


@cache
def default_cutter() -> Cutter:
    return Cutter()


def terms(text: str) -> list[str]:
    """The terms of *text*, in order, by the default word list."""
    return default_cutter().terms(text)
