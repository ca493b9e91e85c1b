"""A word in, its other wordings out: regional and everyday words beside those of official papers, from data/wording.txt.

    group      one line: words that may stand for each other in a question without changing its answer
    one-way    a line with >: a question's word on its left also finds those on its right, not the other way round
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

Group = tuple[tuple[str, ...], tuple[str, ...]]

TABLE = Path(__file__).parent / "data" / "wording.txt"


def groups(lines: Iterable[str]) -> list[Group]:
    """The groups of a table's *lines*: the words that stand for each other, and the words they find besides."""
    found = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            same, _, besides = line.partition(">")
            found.append((tuple(same.split()), tuple(besides.split())))
    return found


class Wording:
    """A table of wordings. Which lines hold a word is noted at once, what they say of it when it is asked for."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._groups: dict[str, list[Group]] = {}
        for group in groups(lines):
            for word in group[0]:
                self._groups.setdefault(word, []).append(group)

    def variants(self, word: str) -> tuple[str, ...]:
        """The other wordings of a folded *word*, in the order of the table, each once; empty for a word it does not hold."""
        others = [other for same, besides in self._groups.get(word, ()) for other in (*same, *besides)]
        return tuple(dict.fromkeys(other for other in others if other != word))


@cache
def default_wording() -> Wording:
    """The table that ships with the program."""
    return Wording(TABLE.read_text(encoding="utf-8").splitlines())


def variants(word: str) -> tuple[str, ...]:
    """Other wordings of a folded *word*, by the table that ships with the program."""
    return default_wording().variants(word)
