"""Which articles of a cluster print one story: each is stored with its signature and probes, groups are found when asked for.

Two bodies are compared where they share a probe, those that share most first: as in the library file, but that there a
probe in very many bodies is looked at otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from retrieval import opensearch_schema as schema
from retrieval.opensearch_client import Client, Json
from retrieval.opensearch_state import State, alive
from retrieval.records import Print
from retrieval.reprints import Sketches, joined, key, order, probes

NEAR = 64
"""Prints that each print is compared with at most."""

AT_ONCE = 70
"""Prints that one question looks for others of: 13 clauses each, of which OpenSearch allows 1,024."""

LARGEST = 10_000
"""Documents that one answer may hold."""


def reprints(client: Client, state: State, ids: Sequence[str]) -> dict[str, list[Print]]:
    """For each of these articles that was printed more than once, all prints of its story, the earliest first."""
    if not ids:
        return {}
    documents = _found(client, state, {"terms": {"key": [schema.key(id) for id in ids]}}, ["article", "print", "signature"])
    stories = _stories(client, state, {int(document["print"]): schema.signature(document) for document in documents})
    asked = {stories[int(document["print"])] for document in documents}
    wanted = [str(number) for number, story in stories.items() if story in asked]
    members: dict[int, list[Print]] = {}
    for document in _found(client, state, {"terms": {"print": wanted}}, ["article", "print", "published"]) if wanted else ():
        members.setdefault(stories[int(document["print"])], []).append(Print(document["article"], document.get("published")))
    found = {document["article"]: order(members.get(stories[int(document["print"])], ())) for document in documents}
    return {id: prints for id, prints in found.items() if len(prints) > 1}


def printing(client: Client, state: State, signature: bytes) -> list[str]:
    """The ids of the articles that print nearly the same as a body with this signature, in order."""
    near = sorted(_near(client, state, {key(signature): signature}).items())
    zeros = np.zeros(len(near), np.int64)
    flags = Sketches([signature, *(packed for _, packed in near)]).alike(zeros, zeros + np.arange(1, len(near) + 1))
    same = [str(number) for (number, _), found in zip(near, flags.tolist(), strict=True) if found]
    return sorted(document["article"] for document in _found(client, state, {"terms": {"print": same}}, ["article"])) if same else []


def _stories(client: Client, state: State, frontier: dict[int, bytes]) -> dict[int, int]:
    """The stories of these prints and of all that are linked with them."""
    known: dict[int, bytes] = {}
    links: set[tuple[int, int]] = set()
    while frontier:
        known |= frontier
        every = known | _near(client, state, frontier)
        keys = sorted(every)
        found = {number: frozenset(probes(every[number])) for number in keys}
        pairs = [
            (place, keys.index(number))
            for number in frontier
            for place, other in enumerate(keys)
            if other != number and not found[number].isdisjoint(found[other])
        ]
        ends = np.array(pairs, np.int64).reshape(-1, 2)
        flags = Sketches([every[number] for number in keys]).alike(ends[:, 0], ends[:, 1])
        linked = {(keys[one], keys[other]) for one, other in ends[flags].tolist()}
        links |= linked
        frontier = {number: every[number] for pair in linked for number in pair if number not in known}
    keys = sorted(known)
    places = {number: place for place, number in enumerate(keys)}
    ends = np.array([[places[one], places[other]] for one, other in sorted(links)], np.int64).reshape(-1, 2)
    return joined(keys, ends[:, 0], ends[:, 1])


def _near(client: Client, state: State, prints: Mapping[int, bytes]) -> dict[int, bytes]:
    """The prints that share probes with these."""
    found: dict[int, bytes] = {}
    for some in _some(sorted(prints), AT_ONCE):
        wanted = sorted({probe for number in some for probe in probes(prints[number])})
        answer = client.send("POST", f"/{state.articles_index}/_search", {
            "size": min(LARGEST, NEAR * len(some)), "_source": ["print", "signature"], "track_total_hits": False, "collapse": {"field": "print"},
            "sort": [{"_score": "desc"}, {"print": "asc"}],
            "query": {"bool": {
                "filter": [alive(state)], "minimum_should_match": 1,
                "should": [{"constant_score": {"filter": {"term": {"probes": str(probe)}}}} for probe in wanted],
            }},
        }, allow_partial_search_results="false")  # fmt: skip
        found |= {int(hit["_source"]["print"]): schema.signature(hit["_source"]) for hit in answer["hits"]["hits"]}
    return found


def _found(client: Client, state: State, which: Json, fields: Sequence[str]) -> list[Json]:
    body = {"size": LARGEST, "_source": fields, "track_total_hits": False, "query": {"bool": {"filter": [alive(state), which]}}}
    hits = client.send("POST", f"/{state.articles_index}/_search", body, allow_partial_search_results="false")["hits"]["hits"]
    return [hit["_source"] for hit in hits]


def _some(values: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (values[start : start + size] for start in range(0, len(values), size))
