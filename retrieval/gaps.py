"""Past questions in, gaps out: what was asked in vain, alike questions together, without a trace of who asked.

What only one person asked is told by its words alone, since a whole question can give its asker away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from retrieval.ledger import PastAnswer
from retrieval.lexicon import Lexicon
from retrieval.text import Cutter, fold
from retrieval.variants import variants
from retrieval.wording import FUNCTION_WORDS, INTERROGATIVES

ALIKE = 0.5
"""Share of the words of two questions that both must have to be one gap: two wordings of one matter share most of theirs,
questions on one place with different matters a third or less."""

NEAR = 0.4
"""How alike a word and what it shortens are used at least: 高铁 and 高速铁路 are .83, 医保 and 医疗保险 .76."""

LATEST = 2000
"""Questions that are looked at, the latest first: more than an admin can see to, grouped in a tenth of a second (2,000 made-up questions in 109 groups)."""

_ASKING = re.compile("|".join(f"(?:{pattern})" for _, pattern in INTERROGATIVES))
_MASKED = re.compile(r"×|\d{5,}")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Gap:
    """Alike questions without an answer: how many times, when last, and the words that most of them hold.

    `question` is the latest wording, masked as the ledger keeps it; None where one person alone asked.
    """

    times: int
    last: datetime
    words: tuple[str, ...]
    question: str | None = None


@dataclass(slots=True)
class _Group:
    words: tuple[str, ...]
    question: str
    last: datetime
    times: int = 0
    askers: set[str] = field(default_factory=set)


def gaps(unanswered: Iterable[PastAnswer], cutter: Cutter) -> list[Gap]:
    """The gaps that *unanswered* questions, newest first, show: what most people asked first, then what was asked most, then the latest."""
    groups: list[_Group] = []
    holding: dict[str, list[_Group]] = {}
    for past in unanswered:
        asked = past.rewritten or past.question
        words = content(asked, cutter)
        if not words:
            continue
        sharing = [each for word in words for each in holding.get(word, ())]
        group = max(sharing, key=lambda each: likeness(each.words, words), default=None)
        if group is None or likeness(group.words, words) < ALIKE:
            group = _Group(words, asked, past.at)
            groups.append(group)
            for word in words:
                holding.setdefault(word, []).append(group)
        group.times += 1
        group.askers.add(past.context.rsplit(":", 1)[-1])
    groups.sort(key=lambda each: (-len(each.askers), -each.times, -each.last.timestamp()))
    return [Gap(each.times, each.last, each.words, each.question if len(each.askers) > 1 else None) for each in groups]


def content(question: str, cutter: Cutter) -> tuple[str, ...]:
    """The words of a question that say what it is about, each once, in order; without those that ask, and without long numbers."""
    words = [word for word in cutter.cut(fold(question)) if _WORD.search(word) and not _MASKED.search(word)]
    telling = [word for word in words if word not in FUNCTION_WORDS and not _ASKING.fullmatch(word)]
    return tuple(dict.fromkeys([word for word in telling if len(word) > 1] or telling))


def candidates(word: str, frequencies: Callable[[Sequence[str]], Mapping[str, int]], lexicon: Lexicon, most: int = 3) -> tuple[str, ...]:
    """What the articles may call *word*, which they do not hold: other wordings of it, and words that it shortens or that shorten it.

    Words that are only used alike (医保 and 缴费) are not: they would answer another question.
    """
    word = fold(word)
    shorter = [other for other in lexicon.words() if len(other) > 1 and len(other) != len(word) and (_shortens(word, other) or _shortens(other, word))]
    near = (lexicon.vectors(shorter) @ lexicon.vectors([word])[0]).tolist() if shorter else []
    least = NEAR if lexicon.knows(word) else -1.0
    alike = [other for close, other in sorted(zip(near, shorter, strict=True), key=lambda pair: -pair[0]) if close >= least]
    every = [other for other in dict.fromkeys((*variants(word), *alike)) if other not in FUNCTION_WORDS]
    held = frequencies(every) if every else {}
    return tuple(other for other in every if held[other])[:most]


def _shortens(short: str, long: str) -> bool:
    """Whether *short* is *long* with letters left out, its first kept and none of its words cut off at an end: 医保 of 医疗保险."""
    if len(short) < 2 or len(long) < len(short) + 1 or short[0] != long[0] or short in long:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The share of all words of the two that both have."""
    return len(set(one) & set(other)) / len({*one, *other})
