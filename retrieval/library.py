"""The only door to the articles: open, reindex, rank, search, ask, show, verify."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from retrieval import catalogue, corpus, index, text
from retrieval.decisions import Decision, Decisions, Kind, Rules
from retrieval.embedded import Ahead, EmbeddedEngine
from retrieval.engine import Engine
from retrieval.errors import Cancelled, LibraryEmpty, LibraryOutdated, RemovalRefused, UsageError, WendaError
from retrieval.ledger import Check, Ledger
from retrieval.passages import split
from retrieval.records import Answer, Article, Hit, Passage, Progress, Query, Report
from retrieval.store import Store

if TYPE_CHECKING:
    from retrieval.opensearch_client import Address

REMOVABLE = 0.2
"""The share of the library that a guarded reindex may remove without being asked (feature F50: a fifth)."""


CANDIDATES = 50
"""Passages that are looked at for reprints, for each of the PROBED longest passages of an article: one story printed more
often than that shares nearly all of its words with each of its prints, and the next reading of the others finds them, too."""

PROBED = 3


class Library:
    """A library that is open. Safe to use from several threads."""

    def __init__(self, store: Store, engine: Engine, ledger: Ledger | None = None) -> None:
        self.store = store
        self.engine = engine
        self.ledger = ledger
        self._beside: Ledger | None = None

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
        started = time.perf_counter()

        def tell(phase: str, done: int, total: int | None) -> None:
            if cancelled and cancelled():
                raise Cancelled("cancelled; the library is as it was before")
            if progress:
                progress(Progress(phase, done, total))

        from retrieval import pages  # with what reads HTML and dates; asking needs none of it

        sources, skipped = corpus.scan(paths)
        with self.store.writing(), catalogue.spool() as spool, self._ahead(spool) as ahead:
            full = full or self._astray()
            rules = self.rules()
            compare = catalogue.Comparison(self.store, str(pages.VERSION), pages.read, pages.read_line, spool, full, rules, self._unheard(rules))
            changes = compare.run(sources, lambda done: tell("reading", done, len(sources)))
            held, gone = self._held(), self._leaving(changes)
            if guard and not yes and len(gone) > REMOVABLE * held:
                raise _refusal(gone, held)
            catalogue.record(self.store, changes)
            if len(spool) or gone or full:
                self._hand_over(self._cut(spool, tell), sorted(changes.replaced), full, ahead)
            tell("writing", 1, 1)
            self.store.set_state("indexed_at", int(time.time()))
            self._heard(rules)
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

    def _cut(self, spool: catalogue.Spool, tell: Callable[[str, int, int | None], None]) -> Iterator[tuple[Article, list[Passage]]]:
        for done, (article, _) in enumerate(spool):
            tell("cutting", done, len(spool))
            yield article, _passages(article)

    def recut(self, progress: Callable[[Progress], None] | None = None, cancelled: Callable[[], bool] | None = None) -> Report:
        """Index the stored articles again as this version cuts them, in one transaction, without reading the corpus.

        Until it is done, questions are answered from the old state. Raises LibraryBusy, Cancelled as `reindex`.
        """
        started = time.perf_counter()

        def tell(phase: str, done: int, total: int | None) -> None:
            if cancelled and cancelled():
                raise Cancelled("cancelled; the library is as it was before")
            if progress:
                progress(Progress(phase, done, total))

        with self.store.writing(), catalogue.spool() as spool:
            for origin in list(catalogue.origins(self.store)):
                if article := self.engine.articles([origin.id]).get(origin.id):
                    spool.put(article, origin)
            self._hand_over(self._cut(spool, tell), sorted(spool.ids), full=True)
            tell("writing", 1, 1)
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

    def _leaving(self, changes: catalogue.Changes) -> set[str]:
        return changes.gone

    @contextmanager
    def _ahead(self, spool: catalogue.Spool) -> Iterator[Ahead | None]:
        """Articles are cut from the moment they wait in *spool*, while others are still being read."""
        if isinstance(self.engine, EmbeddedEngine):
            with self.engine.ahead() as ahead:
                spool.watch = lambda article: ahead.put(article, _passages(article))
                yield ahead
        else:
            yield None

    def _hand_over(self, added: Iterable[tuple[Article, Sequence[Passage]]], removed: Sequence[str], full: bool, ahead: Ahead | None = None) -> None:
        if isinstance(self.engine, EmbeddedEngine):
            self.engine.apply(added, removed, ahead)
        else:
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

    def set_words(self, words: Iterable[str]) -> int:
        """Have exactly these words beside the dictionary's; articles that hold one that is new or gone are cut again.

        How many those were. Raises LibraryBusy beside a reindex.
        """
        if not isinstance(self.engine, EmbeddedEngine):
            raise UsageError("a cluster's articles are cut by the dictionary alone; words of one's own need the embedded engine")
        return self.engine.set_words(words)

    # An admin's decisions

    def rules(self) -> Rules:
        """What admins decided about articles and is in force; also in a library that was opened without its ledger."""
        return self._decisions().rules() if self.ledger or self._beside or self._ledger_path.exists() else Rules()

    def correct(self, id: str, field: Literal["title", "outlet", "published"], value: str | None, who: str = "local", at: datetime | None = None) -> Decision:
        """Have the article's title, outlet or date be *value* (None: unknown) from now on, also when its file is read again.

        A date is ISO, as precise as it is known. Raises UsageError for a date that does not exist or is to come, and
        for an unknown article; LibraryBusy beside a reindex.
        """
        at = at or datetime.now(UTC)
        value = (value or "").strip() or None
        if field == "published" and value is not None and not _is_date(value, at.date() + timedelta(days=1)):
            raise UsageError(f"{value}: a date is YYYY-MM-DD, YYYY-MM or YYYY, exists, and is not to come")
        return self._decide(id, field, value, who, at)

    def annotate(self, id: str, note: str | None, who: str = "local", at: datetime | None = None) -> Decision:
        """Have *note* stand under every citation of the article from now on; None takes it away. Raises as `correct`."""
        return self._decide(id, "note", (note or "").strip() or None, who, at or datetime.now(UTC))

    def withdraw(self, id: str, reason: str, who: str = "local", at: datetime | None = None) -> Decision:
        """Take the article and its reprints out, from this moment and at every reindex to come; files stay where they are.

        Raises UsageError for an unknown article, LibraryBusy beside a reindex.
        """
        from retrieval.reprints import signature

        with self.store.writing():
            article = self._decidable(id)
            ids = [id, *self.reprints_of(article)]
            taken = tuple(catalogue.taken(self.store, ids))
            decision = Decision(
                at=at or datetime.now(UTC), who=who, kind="withdrawn", article=id, title=article.title, value=reason.strip(),
                content_hash=article.content_hash, original={}, signature=signature(article.body).hex(), taken=taken,
            )  # fmt: skip
            catalogue.withdraw(self.store, taken, decision.value or "")
            self._hand_over((), ids, False)
            return self._kept(decision)

    def undoable(self, at: datetime | None = None) -> Decision | None:
        """What `undo` would take back now, or None."""
        return self._decisions().undoable(at or datetime.now(UTC))

    def undo(self, who: str = "local", at: datetime | None = None) -> Decision:
        """Take back the latest decision in force that is not older than 30 days; what it was.

        Articles that a withdrawal took come back as their files hold them now; what cannot be read waits for the next
        reindex. Raises UsageError where there is nothing to undo, LibraryBusy beside a reindex.
        """
        at = at or datetime.now(UTC)
        with self.store.writing():
            decision = self._decisions().undoable(at)
            if decision is None:
                raise UsageError("there is no decision of the last 30 days to undo")
            rules = Rules(each for each in self._decisions().all()[::-1] if each.number != decision.number)
            again = self._brought_back(decision, rules) if decision.kind == "withdrawn" else self._reverted(decision, rules)
            if again:
                self._hand_over([(article, _passages(article)) for article in again], [article.id for article in again], False)
            self._heard(rules)
            self._decisions().undo(decision, who, at)
        return decision

    def _decide(self, id: str, kind: Kind, value: str | None, who: str, at: datetime) -> Decision:
        with self.store.writing():
            article = self._decidable(id)
            fields = ("note",) if kind == "note" else (kind, f"{kind}_origin")
            standing = [each for each in self.rules().corrections.get(id, ()) if each.kind == kind]
            original = standing[0].original if standing else {name: getattr(article, name) for name in fields}
            decision = Decision(
                at=at, who=who, kind=kind, article=id, title=article.title, value=value, content_hash=article.content_hash, original=original
            )
            changed = decision.on(article)
            self._hand_over([(changed, _passages(changed))], [id], False)
            return self._kept(decision)

    def _kept(self, decision: Decision) -> Decision:
        """Within the library's transaction: noted in the ledger first, so that what is in force is never forgotten."""
        kept = self._decisions().keep(decision)
        self._heard(self.rules())
        return kept

    def _decidable(self, id: str) -> Article:
        if self._astray():
            raise LibraryOutdated("another machine has indexed since; run `wenda reindex` here first")
        return self.article(id)

    def _reverted(self, decision: Decision, rules: Rules) -> list[Article]:
        """The article as it was read and as the other decisions make it."""
        article = self.engine.articles([decision.article]).get(decision.article)
        if article is None:
            return []
        (line,) = [each.line for each in catalogue.taken(self.store, [article.id])] or [0]
        return [rules.applied(replace(article, **decision.original), line)]

    def _brought_back(self, decision: Decision, rules: Rules) -> list[Article]:
        from retrieval import pages

        found: list[Article] = []
        held = self.engine.articles([each.id for each in decision.taken])
        for each in decision.taken:
            article = None if each.id in held else catalogue.restore(self.store, each, pages.read, pages.read_line)
            if article is None:
                continue
            if again := rules.withdrawal(article, each.line):
                catalogue.withdraw(self.store, [each], again.value or "")
            else:
                found.append(rules.applied(article, each.line))
        catalogue.read_withdrawn_again(self.store)
        return found

    def reprints_of(self, article: Article) -> list[str]:
        """The ids of other articles that print nearly the same text as *article*, which need not be in the library."""
        from retrieval.reprints import alike, signature

        probes = sorted(_passages(article), key=lambda passage: -len(passage.text))[:PROBED]
        near = {hit.article_id for passage in probes for hit in self.rank(passage.text, CANDIDATES)} - {article.id}
        mine = signature(article.body)
        return sorted(id for id, other in self.engine.articles(sorted(near)).items() if alike(mine, signature(other.body)))

    def _decisions(self) -> Decisions:
        if self.ledger:
            return Decisions(self.ledger)
        if self._beside is None:
            self._beside = Ledger.open(self._ledger_path)
        return Decisions(self._beside)

    @property
    def _ledger_path(self) -> Path:
        return Path(f"{self.store.path}.ledger")

    def _heard(self, rules: Rules) -> None:
        self.store.set_state("decisions", json.dumps(rules.marks()))

    def _unheard(self, rules: Rules) -> set[str]:
        """The ids of articles on which other decisions are in force than when the library was written last."""
        told, marks = json.loads(str(self.store.state("decisions") or "{}")), rules.marks()
        return {id for id in marks.keys() | told.keys() if marks.get(id) != told.get(id)}

    # Reading

    def rank(self, question: str, k: int = 10) -> list[Hit]:
        """The best *k* passages by rank-bm25's `BM25Okapi` over the passages' terms; ties by article id, then start.

        The hits say where the passages are; their texts may be empty, `search` gives them.
        """
        return list(self.engine.search(Query(index.summed(self.cutter.terms(question)), texts=False), k))

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best *k* passages as the answering ranks them."""
        self._need_articles()
        return list(self._answerer().search(question, k))

    def ask(self, question: str, previous: Sequence[str] = (), record: bool = True, today: str | None = None, hidden: Sequence[str] = ()) -> Answer:
        """The answer to *question* after the *previous* ones, oldest first; kept in the ledger unless not *record*.

        The answer is as if the articles with the *hidden* ids were not there.

        Raises LibraryEmpty before anything was indexed.
        """
        self._need_articles()
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
        return import_module("retrieval.answering").Answerer(self.engine, today, self.cutter)

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
        """What the library holds: counts, the oldest and newest publication date, when it was last indexed."""
        with self.store.reading() as conn:
            articles, undated, newest, oldest = conn.execute("SELECT count(*), count(*) - count(published), max(published), min(published) FROM articles").fetchone()
            passages = self.engine.count()
            at = self.store.state("indexed_at")
        indexed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at))) if at else None
        return {"articles": articles, "passages": passages, "undated": undated, "newest": newest, "oldest": oldest, "indexed_at": indexed, "engine": "embedded"}


def _passages(article: Article) -> list[Passage]:
    return [Passage(article.id, start, end, article.body[start:end]) for start, end in split(article.body)]


def _is_date(value: str, latest: date) -> bool:
    """Whether *value* is a day, month or year that exists and does not begin after *latest*."""
    if not re.fullmatch(r"\d{4}(?:-\d\d){0,2}", value, re.ASCII):
        return False
    try:
        return date.fromisoformat(f"{value}-01-01"[:10] if len(value) < 10 else value) <= latest
    except ValueError:
        return False


def _refusal(gone: set[str], held: int) -> RemovalRefused:
    ids = tuple(sorted(gone))
    return RemovalRefused(f"{len(ids)} of {held} articles would be removed, more than a fifth; add --yes if that is meant", ids)
