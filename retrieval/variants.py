"""A word in, its other wordings out: regional and everyday words beside those of official papers, from data/wording.txt.

A library may have wordings of its own, which an admin gave it; they are tables of the same kind.

    group      one line: words that may stand for each other in a question without changing its answer
    one-way    a line with >: a question's word on its left also finds those on its right, not the other way round
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from retrieval.text import fold

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

    def add(self, same: Iterable[str]) -> None:
        """Words that stand for each other from now on."""
        group = (tuple(same), ())
        for word in group[0]:
            self._groups.setdefault(word, []).append(group)

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __contains__(self, word: object) -> bool:
        return word in self._groups

    def variants(self, word: str) -> tuple[str, ...]:
        """The other wordings of a folded *word*, in the order of the table, each once; empty for a word it does not hold."""
        others = [other for same, besides in self._groups.get(word, ()) for other in (*same, *besides)]
        return tuple(dict.fromkeys(other for other in others if other != word))


NONE = Wording(())
"""No wordings."""


def own(groups: Iterable[Iterable[str]]) -> Wording:
    """The table of an admin's *groups* of words that mean the same; words may hold spaces, and are folded here."""
    found = Wording(())
    for group in groups:
        found.add(dict.fromkeys(fold(word) for word in group))
    return found


@cache
def default_wording() -> Wording:
    """The table that ships with the program."""
    return Wording(TABLE.read_text(encoding="utf-8").splitlines())


def variants(word: str) -> tuple[str, ...]:
    """Other wordings of a folded *word*, by the table that ships with the program."""
    return default_wording().variants(word)
