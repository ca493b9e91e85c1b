"""The seam between what Wenda knows of Chinese, pages and answers (above) and where passages lie and are ranked (below)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from retrieval.records import Article, Hit, Passage, Print, Query


class Engine(Protocol):
    """Two verbs, `apply` and `search`, and what the answering above needs to look up. Safe to use from several threads."""

    def apply(self, added: Iterable[tuple[Article, Sequence[Passage]]], removed: Iterable[str]) -> None:
        """Remove the articles with these ids, then add these articles with their passages: all or nothing."""

    def search(self, query: Query, limit: int) -> Sequence[Hit]:
        """At most *limit* hits, best first, ties by article id, then start. A hit shares at least one term."""

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term occurs; 0 for a term that occurs in none."""

    def count(self) -> int:
        """How many passages there are."""

    def articles(self, ids: Sequence[str]) -> Mapping[str, Article]:
        """The stored articles with these ids; ids that are not stored are left out."""

    def reprints(self, ids: Sequence[str]) -> Mapping[str, Sequence[Print]]:
        """For each of these articles that was printed more than once, all prints of its story, its own too, the earliest first."""

    def printing(self, signature: bytes) -> Sequence[str]:
        """The ids of the articles that print nearly the same as a body with this signature, in order."""

    def passages(self) -> Iterator[Passage]:
        """All passages with the terms the index holds for them, by article id, then start."""
