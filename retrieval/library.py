"""The only door to the articles: open, reindex, rank, search, ask, show, verify."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from retrieval import catalogue, corpus, holdings, index, machine, stories, text, variants
from retrieval.deciding import Deciding
from retrieval.decisions import EVERYWHERE
from retrieval.embedded import Ahead, EmbeddedEngine
from retrieval.engine import Engine
from retrieval.errors import LibraryEmpty, RemovalRefused, UsageError, WendaError
from retrieval.ledger import Check, Ledger
from retrieval.pace import Pace
from retrieval.passages import passages_of
from retrieval.records import Answer, Article, Hit, Passage, Progress, Query, Report
from retrieval.rows import Packed, Rows
from retrieval.spool import Spool
from retrieval.spool import spool as spooling
from retrieval.store import Store

if TYPE_CHECKING:
    from retrieval.opensearch_client import Address

REMOVABLE = 0.2
"""The share of the library that a guarded reindex may remove without being asked (feature F50: a fifth)."""


class Library(Deciding):
    """A library that is open. Safe to use from several threads."""

    def __init__(self, store: Store, engine: Engine, ledger: Ledger | None = None) -> None:
        self.store = store
        self.engine = engine
        self.ledger = ledger
        self._beside = None

    @classmethod
    def open(cls, path: str | Path, ledger: bool = True, cluster: Address | None = None) -> Library:
        """The library in the file at *path*, made if there is none, with the ledger beside it unless not wanted.

        With *cluster*, articles and passages lie there; what was read of the corpus, and the ledger, stay beside *path*.
        Raises LibraryError where one of the two files cannot be used.
        """
        if cluster:
            from retrieval.opensearch_library import ClusterLibrary

            return ClusterLibrary.at(path, cluster, ledger)
        store = Store.open(path)
        try:
            library = cls(store, EmbeddedEngine(store), Ledger.open(f"{path}.ledger") if ledger else None)
            library.index_what_is_stored()
            return library
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()
        for ledger in (self.ledger, self._beside):
            if ledger:
                ledger.close()

    # Reindexing

    def reindex(
        self,
        paths: Iterable[str | Path],
        progress: Callable[[Progress], None] | None = None,
        full: bool = False,
        yes: bool = False,
        cancelled: Callable[[], bool] | None = None,
        guard: bool = False,
    ) -> Report:
        """Bring the library to hold exactly what *paths* hold, in one transaction; what has not changed costs little.

        With *full* everything is read and cut again. With *guard*, unless *yes*, RemovalRefused is raised where more
        than a fifth of the articles would go. Raises CorpusError for a path that does not exist, LibraryBusy beside
        another reindex, Cancelled once *cancelled* says so; the old state stays then, as it does at any other error.
        """
        started, pace = time.perf_counter(), Pace(progress, cancelled)

        from retrieval import pages  # with what reads HTML and dates; asking needs none of it

        sources, skipped = corpus.scan(paths)
        with self.store.writing(), self._obeyed() as rules, spooling() as spool, self._ahead(spool) as ahead:
            full = full or self._astray() or EVERYWHERE in self._unheard(rules)
            compare = catalogue.Comparison(self.store, str(pages.VERSION), pages.read, pages.read_line, spool, full, rules, self._unheard(rules))
            changes = compare.run(sources, pace)
            held, gone = self._held(), self._leaving(changes)
            if guard and not yes and len(gone) > REMOVABLE * held:
                raise _refusal(gone, held)
            holdings.record(self.store, changes)
            if len(spool) or gone or full:
                if isinstance(self.engine, EmbeddedEngine):
                    self.engine.apply(self._spooled(spool, pace), sorted(changes.replaced), ahead)
                else:
                    self._hand_over(self._cut(spool, pace), sorted(changes.replaced), full)
            pace.writing()
            self.store.set_state("indexed_at", int(time.time()))
            self._heard(rules)
        machine.give_back()
        return Report(
            articles=self._held(),
            passages=self.engine.count(),
            added=changes.added,
            changed=changes.changed,
            removed=len(gone),
            unchanged=changes.unchanged,
            skipped=(*skipped, *changes.skipped),
            seconds=time.perf_counter() - started,
        )

    def _cut(self, spool: Spool, pace: Pace) -> Iterator[tuple[Article, list[Passage]]]:
        return (each for each in self._spooled(spool, pace) if not isinstance(each, Rows))  # there are rows only where lines were read ahead

    def _spooled(self, spool: Spool, pace: Pace) -> Iterator[tuple[Article, list[Passage]] | Rows]:
        done = 0
        pace.storing(0, len(spool))
        for each in spool:
            pace.storing(done, len(spool))
            if isinstance(each, Packed):
                done += len(each.counts)
                yield each.rows()
            else:
                done += 1
                yield each[0], passages_of(each[0])
        pace.merging()

    def recut(self, progress: Callable[[Progress], None] | None = None, cancelled: Callable[[], bool] | None = None) -> Report:
        """Index the stored articles again as this version cuts them, in one transaction, without reading the corpus.

        Until it is done, questions are answered from the old state. Raises LibraryBusy, Cancelled as `reindex`.
        """
        started, pace = time.perf_counter(), Pace(progress, cancelled)
        with self.store.writing(), spooling() as spool:
            for origin in list(holdings.origins(self.store)):
                if article := self.engine.articles([origin.id]).get(origin.id):
                    spool.put(article, origin)
            self._hand_over(self._cut(spool, pace), sorted(spool.ids), full=True)
            pace.writing()
        machine.give_back()
        count = self._held()
        return Report(articles=count, passages=self.engine.count(), added=0, changed=0, removed=0, unchanged=count, skipped=(), seconds=time.perf_counter() - started)

    def index_what_is_stored(self) -> None:
        """Index the articles of a library that has none in its index, as the first version left it; nothing elsewhere."""
        with self.store.reading() as conn:
            bare = conn.execute("SELECT EXISTS (SELECT 1 FROM articles) AND NOT EXISTS (SELECT 1 FROM segments)").fetchone()[0]
        if bare:
            self.recut()

    def outdated(self) -> list[str]:
        """What this version does otherwise than the one that indexed: `cutter`, `reader`; a full reindex brings it up to date."""
        from retrieval import pages

        with self.store.reading() as conn:
            readers = {row[0] for row in conn.execute("SELECT DISTINCT reader FROM files")}
            cutter = bool(readers) and self._cut_otherwise()
        return ["cutter"] * cutter + ["reader"] * bool(readers - {str(pages.VERSION)})

    def _cut_otherwise(self) -> bool:
        return self.store.state("fingerprint") not in (None, text.fingerprint())

    def _astray(self) -> bool:
        """Whether what is remembered of the corpus may not be what the engine holds, so that all must be read again."""
        return False

    def _leaving(self, changes: holdings.Changes) -> set[str]:
        return changes.gone

    @contextmanager
    def _ahead(self, spool: Spool) -> Iterator[Ahead | None]:
        """Articles are cut from the moment they wait in *spool*, while others are still being read."""
        if isinstance(self.engine, EmbeddedEngine):
            with self.engine.ahead() as ahead:
                spool.watch = lambda article: ahead.put(article, passages_of(article))
                spool.ahead, spool.stored = ahead, ahead.stores
                yield ahead
        else:
            yield None

    def _hand_over(self, added: Iterable[tuple[Article, Sequence[Passage]]], removed: Sequence[str], full: bool) -> None:
        self.engine.apply(added, removed)

    def _held(self) -> int:
        count: int = self.store.db.conn.execute("SELECT count(*) FROM origins").fetchone()[0]
        return count

    # Words

    @property
    def cutter(self) -> text.Cutter:
        """What cuts questions as the articles were cut: by jieba's dictionary and the words that were added to it."""
        return getattr(self.engine, "cutter", None) or text.default_cutter()

    @property
    def words(self) -> tuple[str, ...]:
        """The words that were added to the dictionary, folded."""
        return self.cutter.own_words

    @property
    def wording(self) -> variants.Wording:
        """The words that mean the same in this library, beside those that do in every one."""
        return _wording(str(self.store.state("wordings") or "[]"))

    # Reading

    def rank(self, question: str, k: int = 10) -> list[Hit]:
        """The best *k* passages by rank-bm25's `BM25Okapi` over the passages' terms; ties by article id, then start.

        The hits say where the passages are; their texts may be empty, `search` gives them.
        """
        if isinstance(self.engine, EmbeddedEngine):
            return list(self.engine.rank(question, k))
        return list(self.engine.search(Query(index.summed(self.cutter.terms(question)), texts=False), k))

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best *k* passages as the answering ranks them."""
        self._need_articles()
        with self.store.reading():
            return list(self._answerer().search(question, k))

    def ask(self, question: str, previous: Sequence[str] = (), record: bool = True, today: str | None = None, hidden: Sequence[str] = ()) -> Answer:
        """The answer to *question* after the *previous* ones, oldest first; kept in the ledger unless not *record*.

        The answer is as if the articles with the *hidden* ids were not there.

        Raises LibraryEmpty before anything was indexed.
        """
        self._need_articles()
        with self.store.reading():  # else a reindex could take away, on the way, what was just found
            answer: Answer = self._answerer(today).ask(question, previous, hidden)
        if record and self.ledger:
            answer = replace(answer, id=self.ledger.record(answer, previous=previous))
        return answer

    def verify(self, answer_id: str) -> tuple[Check, ...]:
        """Every citation of a past answer, checked against the articles as they are now. Raises UsageError if unknown."""
        if not self.ledger:
            raise UsageError("this library was opened without its ledger of past answers")
        return self.ledger.verify(answer_id, self.engine.articles)

    def _answerer(self, today: str | None = None) -> Any:
        return import_module("retrieval.answering").Answerer(self.engine, today, self.cutter, self.wording)

    def _need_articles(self) -> None:
        with self.store.reading() as conn:
            if not conn.execute("SELECT 1 FROM origins LIMIT 1").fetchone():
                raise LibraryEmpty(f"{self.store.path}: nothing has been indexed yet; run `wenda reindex`")

    def article(self, id: str) -> Article:
        """The stored article. Raises WendaError where there is none with this id."""
        article = self.engine.articles([id]).get(id)
        if article is None:
            raise WendaError(f"{id}: no such article in the library")
        return article

    def contents(self, offset: int = 0, limit: int = 10) -> list[Article]:
        """A page of the stored articles, newest first, those without a date last; ties by id."""
        with self.store.reading() as conn:
            order = "SELECT id FROM articles ORDER BY published IS NULL, published DESC, id LIMIT ? OFFSET ?"
            ids = [row[0] for row in conn.execute(order, (limit, offset))]
        stored = self.engine.articles(ids)
        return [stored[id] for id in ids if id in stored]

    def passages(self) -> Iterator[Passage]:
        """All passages with their text and the terms that the index holds for them, by article id, then start."""
        return self.engine.passages()

    def status(self) -> dict[str, Any]:
        """What the library holds: counts (`reprints`: articles that print what another one of them prints), dates, when it was last indexed."""
        with self.store.reading() as conn:
            articles, undated, newest, oldest = conn.execute("SELECT count(*), count(*) - count(published), max(published), min(published) FROM articles").fetchone()
            passages, reprints = self.engine.count(), stories.count(conn)
            at = self.store.state("indexed_at")
        indexed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at))) if at else None
        return {"articles": articles, "passages": passages, "reprints": reprints, "undated": undated, "newest": newest, "oldest": oldest, "indexed_at": indexed, "engine": "embedded"}


@lru_cache(maxsize=8)
def _wording(groups: str) -> variants.Wording:
    return variants.own(json.loads(groups))


def _refusal(gone: set[str], held: int) -> RemovalRefused:
    ids = tuple(sorted(gone))
    return RemovalRefused(f"{len(ids)} of {held} articles would be removed, more than a fifth; add --yes if that is meant", ids)
