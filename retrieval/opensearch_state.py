"""The state of a library in a cluster, and the one writer that moves it on: from generation to generation, or to fresh indexes.

A document belongs to the library while it was born in the state's generation or before, by no writer that gave up, and its
article was not buried since. The state is read in real time, documents as of the last refresh, which always comes first.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from types import TracebackType
from typing import Any
from uuid import uuid4

from retrieval import opensearch_schema as schema
from retrieval.errors import EngineUnavailable, LibraryBusy
from retrieval.frequencies import Histogram, Vocabulary
from retrieval.opensearch_client import LONG_PATIENCE, Client, Conflict, Json, Missing
from retrieval.records import Article, Passage

ABANDONED_AFTER = 300.0
"""Seconds without a sign of life after which a writer counts as killed; a living one gives a sign every ten."""

SIGN_OF_LIFE = 10.0
CLEARED_AT_ONCE = 10_000
MOST_SHARDS = 3
"""Shards by default, fewer where there are fewer data nodes: 20 million passages of 300 characters fit each in about 40 GB."""

_WRITING: set[str] = set()
"""The writers of this process that are at work; a lock of another one of it was left by a cluster that took no writes."""

Added = Iterable[tuple[Article, Sequence[Passage]]]


@dataclass(frozen=True)
class State:
    """What the library is at one moment. `buried` are keys of articles whose documents up to `buried_at` no longer count."""

    passages_index: str
    articles_index: str
    version: int = schema.VERSION
    generation: int = 0
    articles: int = 0
    passages: int = 0
    tokens: int = 0
    histogram: str = ""
    buried: tuple[str, ...] = ()
    buried_at: int = 0
    abandoned: tuple[int, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def mean_idf(self) -> float:
        return Histogram.unpacked(self.histogram).mean_idf(self.passages)


def load(client: Client) -> State | None:
    """The state of the library at this moment; None where there is no library. Of another version, only which indexes it has."""
    try:
        found = client.send("GET", f"/{client.address.prefix}-articles/_doc/state")
    except Missing:
        return None
    record = json.loads(found["_source"]["state"])
    prefix = f"{client.address.prefix}-"
    stamp = found["_index"].removeprefix(f"{prefix}articles-")
    if record["version"] != schema.VERSION:
        record = {"version": record["version"]}
    for name in record.keys() & {"buried", "abandoned"}:
        record[name] = tuple(record[name])
    return State(f"{prefix}passages-{stamp}", found["_index"], **record)


def alive(state: State) -> Json:
    """The filter that leaves the documents of *state*."""
    gone: list[Json] = []
    if state.buried:
        gone.append({"bool": {"filter": [{"terms": {"key": list(state.buried)}}, {"range": {"born": {"lte": state.buried_at}}}]}})
    if state.abandoned:
        gone.append({"terms": {"born": list(state.abandoned)}})
    return {"bool": {"filter": [{"range": {"born": {"gte": 0, "lte": state.generation}}}], "must_not": gone}}


class Writer:
    """The one that may write, from `with` to its end. Entering raises LibraryBusy where there is another one."""

    def __init__(self, client: Client, terms_of: Callable[[str | None, str], Sequence[str]]) -> None:
        self._client = client
        self._terms_of = terms_of
        self._prefix = f"{client.address.prefix}-"
        self._generation = time.time_ns()
        self._name = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"
        self._signed = 0.0
        self._version: Json = {}

    # The lock: a document that only one can make, and that only its maker can renew

    def __enter__(self) -> Writer:
        self._left_behind: list[int] = []
        try:
            before = self._client.send("GET", f"/{self._prefix}lock/_doc/writer", patience=LONG_PATIENCE)
        except Missing:
            with suppress(Conflict, EngineUnavailable):  # it is there already: then making the document decides
                self._client.send("PUT", f"/{self._prefix}lock", schema.lock_index(), patience=LONG_PATIENCE)
            self._version = {"op_type": "create"}
        else:
            if time.time() - before["_source"]["signed"] < ABANDONED_AFTER and not _dead(before["_source"]["writer"]):
                raise LibraryBusy(f"{self._client.address.shown}: another process writes there ({before['_source']['writer']}); try again when it is done")
            self._version = {"if_seq_no": before["_seq_no"], "if_primary_term": before["_primary_term"]}
            self._left_behind = [before["_source"]["generation"]]
        _WRITING.add(self._name)
        try:
            self._sign()
        except BaseException:
            _WRITING.discard(self._name)
            raise
        return self

    def _sign(self) -> None:
        """Give a sign of life, if it is time. Raises LibraryBusy where another writer took over."""
        if time.monotonic() - self._signed < SIGN_OF_LIFE:
            return
        body = {"writer": self._name, "generation": self._generation, "signed": time.time()}
        try:
            made = self._client.send("PUT", f"/{self._prefix}lock/_doc/writer", body, patience=LONG_PATIENCE, **self._version)
        except Conflict:
            now = self._client.send("GET", f"/{self._prefix}lock/_doc/writer", patience=LONG_PATIENCE)
            if now["_source"]["writer"] != self._name:
                raise LibraryBusy(f"{self._client.address.shown}: another process writes there; try again when it is done") from None
            made = now  # an answer was lost on the way: it is written
        self._version = {"if_seq_no": made["_seq_no"], "if_primary_term": made["_primary_term"]}
        self._signed = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _WRITING.discard(self._name)
        with suppress(Missing, Conflict, EngineUnavailable):
            self._client.send("DELETE", f"/{self._prefix}lock/_doc/writer", **self._version)

    # A change of what is there

    def change(self, added: Added, removed: Iterable[str], frequencies: Callable[[State, Sequence[str]], Mapping[str, int]], notes: Mapping[str, Any] | None) -> None:
        state = load(self._client)
        assert state is not None
        state = self._cleared(state)
        self._generation = max(self._generation, state.generation + 1)
        gone = set(removed)
        written = _Written()
        try:
            self._client.bulk(self._documents(state.passages_index, state.articles_index, added, written))
            self._refresh(state)
            # What is added under an id that is there takes its place.
            buried = tuple(sorted(schema.key(id) for id in gone | written.ids))
            lost = self._lost(state, buried)
            moved = self._counted(state, written, lost, frequencies)
        except BaseException:
            with suppress(Exception):
                self._clear(state, {"term": {"born": self._generation}}, patience=5.0)
            raise
        moved = replace(
            moved, generation=self._generation, articles=state.articles + written.articles - lost.articles,
            buried=buried if lost.articles else (), buried_at=state.generation, notes=state.notes if notes is None else dict(notes),
        )  # fmt: skip
        self._move(moved)
        if moved.buried:
            with suppress(EngineUnavailable):  # what stays behind does not count and is cleared by the next writer
                self._cleared(moved)

    def _cleared(self, state: State) -> State:
        """*state* with nothing left of writers that were killed, nor of what was buried."""
        self._refresh(state)
        abandoned = {*state.abandoned, *self._left_behind} - {state.generation}
        stray: list[Json] = [{"range": {"born": {"gt": state.generation}}}]
        if abandoned:
            stray.append({"terms": {"born": sorted(abandoned)}})
        if state.buried:
            stray.append({"bool": {"filter": [{"terms": {"key": list(state.buried)}}, {"range": {"born": {"lte": state.buried_at}}}]}})
        self._clear(state, {"bool": {"should": stray, "minimum_should_match": 1}})
        clear = replace(state, buried=(), buried_at=0, abandoned=tuple(sorted(abandoned)[-16:]))
        if clear != state:
            self._move(clear)
        return clear

    def _clear(self, state: State, which: Json, patience: float = LONG_PATIENCE) -> None:
        body = {"query": {"bool": {"filter": [{"exists": {"field": "born"}}, which]}}, "max_docs": CLEARED_AT_ONCE}
        for index in (state.passages_index, state.articles_index):
            more = True
            while more:
                done = self._client.send("POST", f"/{index}/_delete_by_query", body, patience=patience, conflicts="proceed", refresh="true")
                if done["failures"]:
                    raise EngineUnavailable(f"{self._client.address.shown}: {index} could not be cleared: {json.dumps(done['failures'])[:200]}")
                more = done["deleted"] + done["version_conflicts"] >= CLEARED_AT_ONCE
                if patience == LONG_PATIENCE:
                    self._sign()

    def _lost(self, state: State, buried: Sequence[str]) -> _Written:
        """What the buried articles take with them."""
        lost = _Written()
        for start in range(0, len(buried), 100):
            keys = {"bool": {"filter": [alive(state), {"terms": {"key": list(buried[start : start + 100])}}]}}
            counted = self._client.send("POST", f"/{state.articles_index}/_count", {"query": keys}, patience=LONG_PATIENCE)
            lost.articles += counted["count"]
            after: list[Any] | None = None
            while True:
                body: Json = {"size": 500, "_source": ["terms", "length"], "query": keys, "sort": [{"key": "asc"}, {"start": "asc"}], "track_total_hits": False}
                if after is not None:
                    body["search_after"] = after
                hits = self._client.send("POST", f"/{state.passages_index}/_search", body, patience=LONG_PATIENCE, allow_partial_search_results="false")["hits"]["hits"]
                for hit in hits:
                    lost.count(hit["_source"]["terms"].split(), hit["_source"]["length"])
                if len(hits) < 500:
                    break
                after = hits[-1]["sort"]
            self._sign()
        return lost

    def _counted(self, state: State, written: _Written, lost: _Written, frequencies: Callable[[State, Sequence[str]], Mapping[str, int]]) -> State:
        histogram = Histogram.unpacked(state.histogram)
        terms = sorted(written.terms.keys() | lost.terms.keys())
        for start in range(0, len(terms), 1000):
            for term, old in frequencies(state, terms[start : start + 1000]).items():
                histogram.move(term, old, old + written.terms[term] - lost.terms[term])
            self._sign()
        return replace(
            state, passages=state.passages + written.passages - lost.passages, tokens=state.tokens + written.tokens - lost.tokens, histogram=histogram.packed()
        )

    # A fresh pair of indexes

    def rebuild(self, added: Added, notes: Mapping[str, Any] | None) -> None:
        before = load(self._client)
        stamp = f"{self._generation:x}"
        passages, articles = f"{self._prefix}passages-{stamp}", f"{self._prefix}articles-{stamp}"
        self._drop(keep={before.passages_index, before.articles_index} if before else set())
        shards = self._client.address.shards or self._shards()
        vocabulary = Vocabulary()
        written = _Written(vocabulary.add)
        try:
            self._client.send("PUT", f"/{passages}", schema.passages_index(shards), patience=LONG_PATIENCE)
            self._client.send("PUT", f"/{articles}", schema.articles_index(shards), patience=LONG_PATIENCE)
            state = State(passages, articles, generation=self._generation)
            self._client.bulk(self._documents(passages, articles, added, written))
            self._refresh(state)
        except BaseException:
            with suppress(Exception):
                self._drop(keep={before.passages_index, before.articles_index} if before else set(), patience=5.0)
            raise
        kept = dict(notes) if notes is not None else dict(before.notes) if before else {}
        self._move(replace(
            state, articles=written.articles, passages=written.passages, tokens=written.tokens, histogram=vocabulary.histogram().packed(), notes=kept,
        ))  # fmt: skip
        actions: list[Json] = [{"add": {"index": passages, "alias": f"{self._prefix}passages"}}, {"add": {"index": articles, "alias": f"{self._prefix}articles"}}]
        if before:
            actions += [{"remove": {"index": index, "alias": f"{self._prefix}{kind}"}} for kind, index in (("passages", before.passages_index), ("articles", before.articles_index))]
        self._sign()
        self._client.send("POST", "/_aliases", {"actions": actions}, patience=LONG_PATIENCE)
        with suppress(EngineUnavailable):  # an index that stays behind is dropped by the next rebuild
            self._drop(keep={passages, articles})

    def _drop(self, keep: set[str], patience: float = LONG_PATIENCE) -> None:
        """Drop all indexes of this prefix but the lock and *keep*: what a killed or a finished rebuild left behind."""
        for kind in ("passages", "articles"):
            found = self._client.send("GET", f"/{self._prefix}{kind}-*", patience=patience, filter_path="*.settings.index.provided_name", expand_wildcards="all")
            for index in found:
                ours = all(digit in "0123456789abcdef" for digit in index.removeprefix(f"{self._prefix}{kind}-"))
                if ours and index not in keep:
                    with suppress(Missing):
                        self._client.send("DELETE", f"/{index}", patience=patience)

    def _shards(self) -> int:
        nodes: int = self._client.send("GET", "/_cluster/health", patience=LONG_PATIENCE)["number_of_data_nodes"]
        return max(1, min(MOST_SHARDS, nodes))

    # Both

    def _documents(self, passages_index: str, articles_index: str, added: Added, written: _Written) -> Iterator[tuple[Json, Json]]:
        for article, passages in added:
            self._sign()
            name = f"{schema.key(article.id)}:{self._generation:x}"
            written.article(article.id)
            yield {"index": {"_index": articles_index, "_id": name}}, schema.article_document(article, self._generation)
            for passage in passages:
                if not passage.terms:
                    passage = replace(passage, terms=tuple(self._terms_of(article.title, passage.text)))
                document = schema.passage_document(article, passage, self._generation)
                written.count(document["terms"].split(), len(passage.terms))
                yield {"index": {"_index": passages_index, "_id": f"{name}:{passage.start}"}}, document

    def _refresh(self, state: State) -> None:
        self._sign()
        for index in (state.passages_index, state.articles_index):
            self._client.send("POST", f"/{index}/_refresh", patience=LONG_PATIENCE)

    def _move(self, state: State) -> None:
        """Make *state* the library's state, in one write that a reader sees whole or not at all."""
        self._signed = 0.0
        self._sign()  # never after another one took over
        record = {name: value for name, value in asdict(state).items() if name not in ("passages_index", "articles_index")}
        self._client.send("PUT", f"/{state.articles_index}/_doc/state", {"state": json.dumps(record)}, patience=LONG_PATIENCE)


class _Written:
    """Counts of what is written, or lost. With *keep*, terms go there, and neither they nor ids are held in memory."""

    def __init__(self, keep: Callable[[Iterable[str]], None] | None = None) -> None:
        self.ids: set[str] = set()
        self.articles = self.passages = self.tokens = 0
        self.terms: Counter[str] = Counter()
        self._keep = keep

    def article(self, id: str) -> None:
        self.articles += 1
        if not self._keep:
            self.ids.add(id)

    def count(self, terms: Sequence[str], length: int) -> None:
        self.passages += 1
        self.tokens += length
        (self._keep or self.terms.update)(set(terms))


def _dead(writer: str) -> bool:
    """Whether *writer* was on this machine and is no more: nobody has to wait for it."""
    host, pid, _ = writer.split(" ")
    if host != socket.gethostname() or os.name == "nt":  # there, signal 0 would end the process
        return False
    if int(pid) == os.getpid():
        return writer not in _WRITING
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
