"""A question with words that no article holds in, the same question with likely typing errors put right out.

A character is only replaced where the words around it then stand in the library, and every replacement is reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from retrieval.lexicon import default_lexicon
from retrieval.questions import Frequencies
from retrieval.text import Cutter
from retrieval.wording import FUNCTION_WORDS, SURNAMES

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_PLACE = re.compile(r"[\u4e00-\u9fff][省市县区州镇乡村]")
_PLACE_END = re.compile(r"[省市县区州镇乡村]")
_ASKING = re.compile(r"[哪几啥谁]|多[大长高少久远重深宽快]")
COMMON = 3e-5
"""The share of news articles from which a word is too common to be a typing error."""
_JOINED = 5
"""Characters of the longest run that is looked at as one name."""

ALIKE = ["己已巳", "末未", "土士", "人入八", "大太犬", "日曰", "戊戌戍", "天夭", "干千于", "住往佳", "辨辩辫", "拔拨", "侯候", "晴睛", "折拆析", "崇祟", "茶荼", "兔免", "贝见", "鸟乌", "王玉主", "木本术", "田由甲申", "今令", "刀力", "白自", "目且", "问间", "第弟", "代贷货", "萍苹", "渭谓胃", "全泉", "治冶", "氏民", "风凤", "孑子", "库厍", "历厉", "冒昌", "治冶", "竟竞", "候侯", "幕墓慕暮", "滨宾", "渡度", "徒徙", "推堆", "淮准", "遣遗", "沂近", "汨汩", "亳毫", "郴彬", "莞菀", "圳川", "坻抵", "泸沪", "栗粟", "宫官", "晖辉", "玥明", "璇旋", "祥样", "炜伟", "栋拣", "晨辰", "杨扬", "梁粱", "肖萧", "付傅", "闫阎", "戴载", "亭享", "卢户", "柬东"]  # fmt: skip
"""Groups of characters that are mistaken for each other by their shape."""

_BLURRED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"), ("l", "n"), ("h", "f"))


def _plain(syllables: str) -> set[str]:
    """The toneless forms of comma-separated syllables."""
    bare = "".join(c for c in unicodedata.normalize("NFD", syllables) if not unicodedata.combining(c) or c == "\u0308")
    return set(unicodedata.normalize("NFC", bare).split(","))


def _blur(syllable: str) -> str:
    """A syllable without the distinctions that many speakers do not make."""
    for sharp, blunt in _BLURRED:
        if syllable.startswith(sharp) and sharp.isalpha() and len(sharp) < 3 and blunt in "zcsnf":
            syllable = blunt + syllable[len(sharp) :]
        elif syllable.endswith(sharp) and len(sharp) == 3:
            syllable = syllable[:-3] + blunt
    return syllable


@cache
def _syllables() -> Mapping[int, str]:
    """pypinyin's readings of each character, by code point. The file alone: with the package come its 47,000 phrases, 40 MB of memory."""
    package = find_spec("pypinyin")
    assert package and package.origin
    spec = spec_from_file_location("pinyin_dict", Path(package.origin).with_name("pinyin_dict.py"))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[int, str] = module.pinyin_dict
    return found


@cache
def _sounds() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, set[str]]]:
    """The syllables of each character, and the characters of each syllable and of each blurred syllable."""
    letters = {letter for word in default_lexicon().words() for letter in word if _HAN.match(letter)}
    of = {letter: _plain(_syllables()[ord(letter)]) for letter in letters if ord(letter) in _syllables()}
    by: dict[str, set[str]] = {}
    blurred: dict[str, set[str]] = {}
    for letter, syllables in of.items():
        for syllable in syllables:
            by.setdefault(syllable, set()).add(letter)
            blurred.setdefault(_blur(syllable), set()).add(letter)
    return of, by, blurred


def confusable(letter: str) -> dict[str, float]:
    """The characters that *letter* may have been typed for, with how likely: 1 same sound, .8 same shape, .6 nearly the same sound."""
    _, by, blurred = _sounds()
    syllables = _plain(_syllables().get(ord(letter), ""))
    found: dict[str, float] = {}
    for syllable in syllables:
        found |= dict.fromkeys(blurred.get(_blur(syllable), ()), 0.6)
    for group in ALIKE:
        if letter in group:
            found |= dict.fromkeys(group, 0.8)
    for syllable in syllables:
        found |= dict.fromkeys(by.get(syllable, ()), 1.0)
    found.pop(letter, None)
    return found


def _suspects(folded: str, cutter: Cutter, counts: Mapping[str, int], words: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """The runs of Han characters in which a typing error may stand: a word that no article holds, with short neighbours."""
    runs = []
    for n, (word, start, end) in enumerate(words):
        if n and _PLACE.fullmatch(word) and len(words[n - 1][0]) == 1 and words[n - 1][2] == start and not counts.get(folded[start - 1 : end]):
            runs.append((start - 1, end))
            continue
        if n + 1 < len(words) and words[n + 1][1] == end and _PLACE_END.fullmatch(words[n + 1][0]) and len(word) == 2 and not counts.get(folded[start : end + 1]):
            if not counts.get(word):
                runs.append((start, end + 1))
            continue
        if counts.get(word) or not _HAN.fullmatch(word) or len(word) < 2 or word in FUNCTION_WORDS or _ASKING.search(word):
            continue
        if default_lexicon().frequency(word) > COMMON:
            continue
        if not cutter.knows(word) and any(letter in FUNCTION_WORDS for letter in word):
            continue
        first, last = start, end
        if n and words[n - 1][2] == start and len(words[n - 1][0]) == 1:
            first = words[n - 1][1]
        if n + 1 < len(words) and words[n + 1][1] == end and len(words[n + 1][0]) == 1:
            last = words[n + 1][2]
        runs.append((first, min(last, first + _JOINED + 1)))
    return runs


def correct(folded: str, cutter: Cutter, frequencies: Frequencies) -> tuple[str, tuple[tuple[str, str], ...]]:
    """*folded* with typing errors put right, and each (typed, read) pair; unchanged where nothing better stands in the library."""
    words = cutter.words(folded)
    places = [folded[start - 1 : end] for word, start, end in words if start and _PLACE.fullmatch(word)]
    counts = frequencies([*(w for w, _, _ in words), *places, *(folded[s : e + 1] for _, s, e in words)])
    pairs: list[tuple[str, str]] = []
    for first, last in _suspects(folded, cutter, counts, words):
        run = folded[first:last]
        named = folded[first] in SURNAMES and any(s == first and e - s == 1 for _, s, e in words)
        best = _best(run, cutter, frequencies, named or any(s >= first and e <= last and e - s > 1 and cutter.knows(w) for w, s, e in words))
        if best:
            place, letter, span = best
            read = run[:place] + letter + run[place + 1 :]
            pairs.append((run[span[0] : span[1]], read[span[0] : span[1]]))
            folded = folded[:first] + read + folded[last:]
    return folded, tuple(dict.fromkeys(pairs))


def _best(run: str, cutter: Cutter, frequencies: Frequencies, proper: bool) -> tuple[int, str, tuple[int, int]] | None:
    """The likeliest replacement of one character of *run*: its place, the character, and the span of the word it makes.

    A *proper* run holds a word of the dictionary or begins with a character that may be a surname: it is only read as a
    longer name (古城县 as 谷城县), never as another word. A character that stands beside its neighbour in an article is right.
    """
    typed = frequencies([run[n : n + 2] for n in range(len(run) - 1)])
    wrong = [n for n in range(len(run)) if not (n and typed.get(run[n - 1 : n + 1])) and not (n + 1 < len(run) and typed.get(run[n : n + 2]))]
    tries = [(n, letter, sure) for n in wrong for letter, sure in confusable(run[n]).items()]
    pairs = {run[max(0, n - 1) : n] + letter for n, letter, _ in tries if n} | {letter + run[n + 1] for n, letter, _ in tries if n + 1 < len(run)}
    held = frequencies(sorted(pairs))
    alive = [
        (n, letter, sure)
        for n, letter, sure in tries
        if (n and held.get(run[n - 1] + letter)) or (n + 1 < len(run) and held.get(letter + run[n + 1]))
    ]
    made: dict[str, tuple[int, str, float, tuple[int, int]]] = {}
    for n, letter, sure in alive:
        read = run[:n] + letter + run[n + 1 :]
        for size in range(2, min(_JOINED, len(read)) + 1):
            for begin in range(max(0, n - size + 1), min(n, len(read) - size) + 1):
                word = read[begin : begin + size]
                if word not in made or sure > made[word][2]:
                    made[word] = (n, letter, sure, (begin, begin + size))
    counts = dict(frequencies(sorted(made)))
    apart = [word for word in made if len(word) == 3 and _PLACE_END.fullmatch(word[-1]) and not counts.get(word) and not set(word) & FUNCTION_WORDS]
    beside = frequencies(sorted({pair for word in apart for pair in (word[:2], word[1:])}))
    counts |= {word: min(beside[word[:2]], beside[word[1:]]) for word in apart}  # a name that was cut apart when it was indexed
    lexicon = default_lexicon()
    good = [
        (len(word) + sure * 2, counts[word], word)
        for word, (_, _, sure, _) in made.items()
        if counts.get(word) and (len(word) > 2 or (not proper and (len(run) == 2 or lexicon.knows(word) or cutter.knows(word))))
    ]
    if not good:
        return None
    n, letter, _, span = made[max(good)[2]]
    return n, letter, span
