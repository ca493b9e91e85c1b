"""Past questions in, gaps out: what was asked in vain, alike questions together, without a trace of who asked.

What only one person asked is told by its words alone, since a whole question can give its asker away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from retrieval.ledger import PastAnswer
from retrieval.text import Cutter, fold
from retrieval.wording import FUNCTION_WORDS, INTERROGATIVES

ALIKE = 0.5
"""Share of the words of two questions that both must have to be one gap: two wordings of one matter share most of theirs,
questions on one place with different matters a third or less."""

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


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The share of all words of the two that both have."""
    return len(set(one) & set(other)) / len({*one, *other})
