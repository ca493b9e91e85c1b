"""The library over a cluster: the same door; what was read of the corpus is remembered in a file on this machine.

A token in that file and in the cluster says that the one describes the other. Where they differ, since another machine
reindexed or the file is new, a reindex reads everything again and builds fresh indexes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from retrieval import holdings
from retrieval.embedded import Ahead
from retrieval.errors import LibraryEmpty, LibraryOutdated
from retrieval.ledger import Ledger
from retrieval.library import Library
from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_client import Address
from retrieval.opensearch_state import load
from retrieval.records import Article, Passage
from retrieval.store import Store
from retrieval.text import fingerprint

Articles = Iterable[tuple[Article, Sequence[Passage]]]


class ClusterLibrary(Library):
    """A library whose articles and passages lie in a cluster."""

    engine: OpenSearchEngine

    @classmethod
    def at(cls, path: str | Path, address: Address, ledger: bool = True) -> ClusterLibrary:
        """The library at *address*; `FILE.cluster` beside *path* remembers what was read of the corpus."""
        engine = OpenSearchEngine(address)
        store = Store.open(f"{path}.cluster")
        try:
            return cls(store, engine, Ledger.open(f"{path}.ledger") if ledger else None)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        super().close()
        self.engine.close()

    @property
    def _ledger_path(self) -> Path:
        return self.store.path.with_name(self.store.path.name.removesuffix(".cluster") + ".ledger")

    # What a reindex asks

    def _cut_otherwise(self) -> bool:
        made: object = self.engine.notes().get("fingerprint", fingerprint())
        return made != fingerprint()

    def _astray(self) -> bool:
        notes = self.engine.notes()
        return (self.store.state("catalogue"), fingerprint()) != (notes.get("catalogue"), notes.get("fingerprint"))

    def _leaving(self, changes: holdings.Changes) -> set[str]:
        if self._astray():
            return {id for id in self.engine.ids() if id not in changes.spool.ids and id not in changes.kept}
        return changes.gone

    def _hand_over(self, added: Articles, removed: Sequence[str], full: bool, ahead: Ahead | None = None) -> None:
        token = uuid4().hex
        notes = {"catalogue": token, "fingerprint": fingerprint(), "indexed_at": int(time.time())}
        if full:
            self.engine.rebuild(added, notes)
        else:
            self.engine.apply(added, removed, notes)
        self.store.set_state("catalogue", token)

    def _held(self) -> int:
        state = load(self.engine.client)
        return state.articles if state else 0

    # What the library says of itself

    def _need_articles(self) -> None:
        state, where = self.engine.holding(), self.engine.client.address.shown
        if not state or not state.articles:
            raise LibraryEmpty(f"{where}: nothing has been indexed there yet; run `wenda reindex`")
        if state.notes.get("fingerprint", fingerprint()) != fingerprint():
            raise LibraryOutdated(f"{where}: the articles were cut by another version of Wenda; run `wenda reindex --full`, or use that version")

    def contents(self, offset: int = 0, limit: int = 10) -> list[Article]:
        return self.engine.contents(offset, limit)

    def status(self) -> dict[str, Any]:
        at = self.engine.notes().get("indexed_at")
        indexed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at else None
        # Reprints are found when they are asked for; to count them all would take as long as a reindex.
        return {**self.engine.overview(), "passages": self.engine.count(), "reprints": None, "indexed_at": indexed, "engine": "opensearch"}


def copied(source: Library) -> Iterator[tuple[Article, list[Passage]]]:
    """All articles of *source* with their passages and terms, by id."""
    waiting: list[tuple[str, list[Passage]]] = []
    for passage in source.passages():
        if not waiting or waiting[-1][0] != passage.article_id:
            if len(waiting) == 200:
                yield from _with_articles(source, waiting)
                waiting = []
            waiting.append((passage.article_id, []))
        waiting[-1][1].append(passage)
    yield from _with_articles(source, waiting)


def _with_articles(source: Library, several: Sequence[tuple[str, list[Passage]]]) -> Iterator[tuple[Article, list[Passage]]]:
    articles: Mapping[str, Article] = source.engine.articles([id for id, _ in several])
    return ((articles[id], passages) for id, passages in several if id in articles)


def copy_to_cluster(source: Library, target: ClusterLibrary) -> int:
    """Make the cluster hold what the library file holds, in fresh indexes; how many articles.

    What was read of the corpus is remembered there too, so that the next reindex costs only what changed.
    """
    with target.store.writing():
        holdings.copy(source.store, target.store)
        target._hand_over(copied(source), (), full=True)
    return target._held()


def copy_from_cluster(source: ClusterLibrary, target: Library) -> int:
    """Make the library file hold what the cluster holds, in one transaction; how many articles.

    Where another machine filled the cluster, the next reindex reads the corpus again.
    """
    ids = set(source.engine.ids())
    with target.store.writing():
        before = {origin.id for origin in holdings.origins(target.store)}
        holdings.copy(source.store, target.store, None if not source._astray() else ids)
        cut_again = ((article, [replace(passage, terms=()) for passage in passages]) for article, passages in copied(source))
        target.engine.apply(cut_again, sorted(before))
        target.store.set_state("indexed_at", int(source.engine.notes().get("indexed_at") or time.time()))
    return target._held()
