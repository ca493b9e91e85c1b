"""The engine over an OpenSearch cluster: the same terms, the same ranking, the same answers, from many machines.

One library is a pair of indexes behind two aliases, `<prefix>-passages` and `<prefix>-articles`. A document of the second,
the state, says which generation of documents counts, so that questions see all of a change or nothing of it:

    apply     writes documents of the next generation, which nobody sees; moves the state on; then clears what it buried
    rebuild   writes a fresh pair of indexes; moves both aliases in one step; then drops the old pair

Lucene's own BM25 chooses candidates; the shards then score those exactly as rank-bm25 does, with the library's statistics.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import log1p
from typing import Any, TypeVar

from retrieval import opensearch_schema as schema
from retrieval import opensearch_stories
from retrieval.errors import LibraryOutdated
from retrieval.frequencies import weight
from retrieval.opensearch_client import Address, Client, Json, Missing
from retrieval.opensearch_state import State, Writer, alive, load
from retrieval.records import Article, Hit, Passage, Print, Query
from retrieval.text import Cutter, default_cutter

K1, B = 1.5, 0.75
"""rank-bm25's defaults."""

CANDIDATES = 200
"""Passages a shard scores exactly for one question; see tests/benchmarks/cluster.py for what other numbers gave."""

CLAUSES = 1000
"""Terms of a question that choose candidates, heaviest first; OpenSearch allows 1,024 clauses."""

PAGE = 500
"""Documents fetched at once where all are wanted."""

LARGEST_PAGE = 10_000
"""Hits of one answer, and passages a shard scores exactly, that OpenSearch allows."""

FRESH = 0.5
"""Seconds for which counts and frequencies may be those of the state last seen; hits and articles are always of this moment."""

REMEMBERED = 200_000
"""Frequencies of terms kept in memory for the generation at hand."""

EXACT = """
double score = params.above;
double norm = params.k1 * (1 - params.b + params.b * doc['length'].value / params.mean);
for (int i = 0; i < params.terms.length; ++i) {
  double f = termFreq('terms', params.terms[i]);
  score += params.weights[i] * f * (params.k1 + 1) / (f + norm);
}
return score;
"""
"""BM25Okapi.get_scores of one passage. Scores may not be negative there, so `above` lifts them all; it is taken off again."""


Found = TypeVar("Found")


@dataclass
class _View:
    """A state of the library and the frequencies that were read in it."""

    state: State
    known: dict[str, int] = field(default_factory=dict)
    seen: float = 0.0


class OpenSearchEngine:
    """The Engine over a cluster. Safe to use from several threads; several processes may read while one writes.

    Every verb raises EngineUnavailable, with what to do, where the cluster does not serve it in a few seconds.
    """

    def __init__(self, address: Address, cutter: Cutter | None = None, candidates: int = CANDIDATES) -> None:
        self.client = Client(address)
        self._cutter = cutter
        self.candidates = candidates
        self._lock = threading.Lock()
        self._view: _View | None = None

    def close(self) -> None:
        self.client.close()

    # Reading

    def search(self, query: Query, limit: int) -> list[Hit]:
        """At most *limit* hits, best first, ties by article id, then start. A hit shares at least one term."""
        weights: dict[str, float] = {}
        for term, share in query.terms:
            weights[term] = weights.get(term, 0.0) + share
        if not weights or limit <= 0:
            return []
        return self._consistent(lambda view: self._search(view, query, weights, limit), [])

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs; 0 for a term that occurs in none."""
        view = self._recent()
        if view and all(term in view.known for term in terms):
            return {term: view.known[term] for term in terms}
        return self._consistent(lambda view: self._frequencies(view, terms), dict.fromkeys(terms, 0))

    def count(self) -> int:
        """How many passages there are."""
        view = self._recent()
        return view.state.passages if view else 0

    def current(self) -> State | None:
        """The state of this moment; None where there is no library. Raises LibraryOutdated."""
        state = load(self.client)
        if state is not None and state.version != schema.VERSION:
            raise LibraryOutdated(f"{self.client.address.shown}: the indexes are of version {state.version}, this Wenda's is {schema.VERSION}; run `wenda reindex --full`")
        return state

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The stored articles with these ids; ids that are not stored are left out."""
        return self._consistent(lambda view: self._articles(view.state, ids), {})

    def passages(self) -> Iterator[Passage]:
        """All passages with the terms the index holds for them, by article id, then start."""
        state = self.current()
        if state:
            for document in self._scan(state.passages_index, alive(state), ["article", "start"]):
                yield schema.passage(document)

    def reprints(self, ids: Sequence[str]) -> dict[str, list[Print]]:
        """For each of these articles that was printed more than once, all prints of its story, its own too, the earliest first."""
        return self._consistent(lambda view: opensearch_stories.reprints(self.client, view.state, ids), {})

    def printing(self, signature: bytes) -> list[str]:
        """The ids of the articles that print nearly the same as a body with this signature, in order."""
        return self._consistent(lambda view: opensearch_stories.printing(self.client, view.state, signature), [])

    def ids(self) -> Iterator[str]:
        """The ids of all stored articles, in order."""
        state = load(self.client)
        if state:
            for document in self._scan(state.articles_index, alive(state), ["article"]):
                yield document["article"]

    def contents(self, offset: int, limit: int) -> list[Article]:
        """A page of the articles, newest first, those without a date last; ties by id. Pages end where 10,000 are passed."""
        size = max(0, min(limit, LARGEST_PAGE - offset))
        order: list[Json] = [{"published": {"order": "desc", "missing": "_last"}}, {"article": "asc"}]
        return self._consistent(lambda view: [schema.article(source) for source in self._page(view.state, order, offset, size)], [])

    def overview(self) -> dict[str, Any]:
        """How many articles, how many of them without a date, and the newest and oldest date."""
        nothing = {"articles": 0, "undated": 0, "newest": None, "oldest": None}
        return self._consistent(lambda view: self._overview(view.state), nothing)

    def holding(self) -> State | None:
        """Counts and notes, at most half a second old; None where there is no library."""
        view = self._recent()
        return view.state if view else None

    def notes(self) -> Mapping[str, Any]:
        """What `apply` or `rebuild` was given to keep with the library; empty where there is none."""
        state = load(self.client)
        return state.notes if state else {}

    def terms_of(self, title: str | None, text: str) -> list[str]:
        """The terms of a passage that comes without: those of its article's title, then its own."""
        cutter = self._cutter or default_cutter()
        return (cutter.terms(title) if title else []) + cutter.terms(text)

    # Writing

    def apply(
        self, added: Iterable[tuple[Article, Sequence[Passage]]], removed: Iterable[str], notes: Mapping[str, Any] | None = None
    ) -> None:
        """Remove the articles with these ids, then add these articles with their passages: all or nothing.

        Raises LibraryBusy beside another writer; a writer that was killed is followed by the next after five minutes.
        """
        if self.current() is None:
            return self.rebuild(added, notes)
        try:
            with Writer(self.client, self.terms_of) as writer:
                writer.change(added, removed, self._frequencies_anew, notes)
        finally:
            self._view = None
        return None

    def rebuild(self, added: Iterable[tuple[Article, Sequence[Passage]]], notes: Mapping[str, Any] | None = None) -> None:
        """Make the library hold exactly these articles, in fresh indexes; questions see the old ones until all is written."""
        try:
            with Writer(self.client, self.terms_of) as writer:
                writer.rebuild(added, notes)
        finally:
            self._view = None

    # How reading is done

    def _consistent(self, read: Callable[[_View], Found], nothing: Found) -> Found:
        """What *read* finds in one state of the library: read again where a writer moved on in the meantime.

        The state is looked at afterwards, since what it buries is cleared only after it has moved.
        """
        view = self._view or self._now()
        while view is not None:
            try:
                found = read(view)
            except Missing:
                found, view = nothing, None
            after = self._now()
            if after is view and view is not None:
                return found
            view = after
        return nothing

    def _recent(self) -> _View | None:
        """The view last seen, if that was just now."""
        view = self._view
        return view if view and time.monotonic() - view.seen < FRESH else self._now()

    def _now(self) -> _View | None:
        """The view of this moment, the one at hand where nothing has moved."""
        state = self.current()
        with self._lock:
            if self._view is None or self._view.state != state:
                self._view = _View(state) if state else None
            if self._view:
                self._view.seen = time.monotonic()
            return self._view

    def _search(self, view: _View, query: Query, weights: Mapping[str, float], limit: int) -> list[Hit]:
        state, known = view.state, self._frequencies(view, list(weights))
        exact = {term: share * weight(known[term], state.passages, state.mean_idf) for term, share in weights.items() if known[term]}
        if not exact:
            return []
        k1 = K1 if query.k1 is None else query.k1
        b = B if query.b is None else query.b
        above = sum(-value * (k1 + 1) for value in exact.values() if value < 0)
        size = min(limit + 20, LARGEST_PAGE)  # what ties with the last is put in order here
        which = [alive(state), *_filters(query)]
        scoring = {"script_score": {"query": {"match_all": {}}, "script": {"source": EXACT, "params": {
            "terms": [schema.indexed(term) for term in exact], "weights": list(exact.values()), "above": above,
            "k1": k1, "b": b, "mean": state.tokens / max(1, state.passages),
        }}}}  # fmt: skip
        found = self._hits(state, {
            "size": size,
            "query": {"bool": {"filter": which, "should": _candidates(exact, known, state.passages), "minimum_should_match": 1}},
            "rescore": {
                "window_size": min(max(self.candidates, 2 * size), LARGEST_PAGE),
                "query": {"query_weight": 0, "rescore_query_weight": 1, "rescore_query": scoring},
            },
        })  # fmt: skip
        if len(found) == size > limit and found[limit - 1]["_score"] == found[-1]["_score"]:
            found += self._ties(state, which, list(exact), scoring, found[-1], limit)
        hits = {
            (source["article"], source["start"]): Hit(source["article"], source["start"], source["end"], hit["_score"] - above, source["text"])
            for hit in found
            for source in (hit["_source"],)
        }
        return sorted(hits.values(), key=lambda hit: (-hit.score, hit.article_id, hit.start))[:limit]

    def _ties(self, state: State, which: list[Json], terms: Sequence[str], scoring: Json, last: Json, limit: int) -> list[Json]:
        """The first that score as *last* does, where there are more of them than fit a page: a notice under every article."""
        named = [{"term": {"terms": {"value": schema.indexed(term), "_name": str(number)}}} for number, term in enumerate(terms[:CLAUSES])]
        one = self._hits(state, {"size": 1, "query": {"bool": {"filter": [{"ids": {"values": [last["_id"]]}}], "should": named}}})
        shared = [{"term": {"terms": schema.indexed(terms[int(name)])}} for hit in one for name in hit["matched_queries"]]
        return self._hits(state, {
            "size": limit, "min_score": last["_score"] * (1 - 1e-6),
            "query": {"script_score": {**scoring["script_score"], "query": {"bool": {"filter": [*which, *shared]}}}},
            "sort": [{"_score": "desc"}, {"article": "asc"}, {"start": "asc"}],
        })  # fmt: skip

    def _hits(self, state: State, body: Json) -> list[Json]:
        body = {"_source": ["article", "start", "end", "text"], "track_total_hits": False, **body}
        hits: list[Json] = self.client.send("POST", f"/{state.passages_index}/_search", body, allow_partial_search_results="false")["hits"]["hits"]
        return hits

    def _frequencies(self, view: _View, terms: Sequence[str]) -> dict[str, int]:
        known = {term: view.known[term] for term in terms if term in view.known}
        unknown = [term for term in dict.fromkeys(terms) if term not in known]
        if unknown:
            found = self._frequencies_anew(view.state, unknown)
            with self._lock:
                if len(view.known) > REMEMBERED:
                    view.known = {}
                view.known.update(found)
            known |= found
        return known

    def _frequencies_anew(self, state: State, terms: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in _batches(terms, CLAUSES):
            answer = self.client.send(
                "POST", f"/{state.passages_index}/_search",
                {
                    "size": 0,
                    "track_total_hits": False,
                    "query": {"bool": {"filter": [alive(state)]}},
                    "aggs": {"terms": {"filters": {"filters": [{"term": {"terms": schema.indexed(term)}} for term in some]}}},
                },
                allow_partial_search_results="false", request_cache="false",
            )  # fmt: skip
            found |= {term: bucket["doc_count"] for term, bucket in zip(some, answer["aggregations"]["terms"]["buckets"], strict=True)}
        return found

    def _articles(self, state: State, ids: Sequence[str]) -> dict[str, Article]:
        found: dict[str, Article] = {}
        for some in _batches(list(dict.fromkeys(ids)), PAGE):
            keys = [schema.key(id) for id in some]
            answer = self.client.send(
                "POST", f"/{state.articles_index}/_search",
                {"size": len(keys), "_source": ["record"], "query": {"bool": {"filter": [alive(state), {"terms": {"key": keys}}]}}},
                allow_partial_search_results="false",
            )  # fmt: skip
            found |= {one.id: one for one in (schema.article(hit["_source"]) for hit in answer["hits"]["hits"])}
        return {id: found[id] for id in dict.fromkeys(ids) if id in found}

    def _page(self, state: State, order: list[Json], offset: int, size: int) -> list[Json]:
        body = {"from": offset, "size": size, "_source": ["record", "published"], "query": {"bool": {"filter": [alive(state)]}}, "sort": order}
        hits = self.client.send("POST", f"/{state.articles_index}/_search", body, allow_partial_search_results="false")["hits"]["hits"]
        return [hit["_source"] for hit in hits]

    def _overview(self, state: State) -> dict[str, Any]:
        def end(order: str) -> str | None:
            found = self._page(state, [{"published": {"order": order, "missing": "_last"}}], 0, 1)
            return found[0].get("published") if found else None

        undated = {"query": {"bool": {"filter": [alive(state)], "must_not": [{"exists": {"field": "published"}}]}}}
        count = self.client.send("POST", f"/{state.articles_index}/_count", undated)["count"]
        return {"articles": state.articles, "undated": count, "newest": end("desc"), "oldest": end("asc")}

    def _scan(self, index: str, which: Json, order: Sequence[str]) -> Iterator[Json]:
        """All documents, in order, of one moment: what is written later is not among them."""
        point = self.client.send("POST", f"/{index}/_search/point_in_time", keep_alive="5m")["pit_id"]
        after: list[Any] | None = None
        try:
            while True:
                body: Json = {
                    "size": PAGE, "query": {"bool": {"filter": [which]}}, "sort": [{name: "asc"} for name in order],
                    "pit": {"id": point, "keep_alive": "5m"}, "track_total_hits": False,
                }  # fmt: skip
                if after is not None:
                    body["search_after"] = after
                hits = self.client.send("POST", "/_search", body, allow_partial_search_results="false")["hits"]["hits"]
                for hit in hits:
                    yield hit["_source"]
                if len(hits) < PAGE:
                    return
                after = hits[-1]["sort"]
        finally:
            self.client.send("DELETE", "/_search/point_in_time", {"pit_id": [point]})


def _candidates(exact: Mapping[str, float], known: Mapping[str, int], passages: int) -> list[Json]:
    """Clauses whose weights undo Lucene's idf, log(1 + (N - n + 0.5) / (n + 0.5)), in favour of ours."""
    heaviest = sorted(exact, key=lambda term: exact[term], reverse=True)[:CLAUSES]
    lucene = {term: log1p((passages - known[term] + 0.5) / (known[term] + 0.5)) for term in heaviest}
    return [{"term": {"terms": {"value": schema.indexed(term), "boost": max(1e-6, exact[term] / max(1e-6, lucene[term]))}}} for term in heaviest]


def _filters(query: Query) -> list[Json]:
    """The query's window and outlets: an article without a date is outside every window."""
    filters: list[Json] = []
    if query.window is not None and query.window.filters:
        begin, end = query.window.begin, query.window.end
        filters += [{"range": {"last_day": {"gte": schema.span(begin)[0]}}}] if begin else []
        filters += [{"range": {"first_day": {"lte": schema.span(end)[1]}}}] if end else []
        filters += [] if begin or end else [{"exists": {"field": "first_day"}}]
    if query.outlets:
        filters.append({"terms": {"outlet": [schema.text(outlet) for outlet in query.outlets]}})
    return filters


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
