"""What happens when machines fail, disks fill up and writers die, seen on a real cluster."""

from __future__ import annotations

import http.server
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from engine_contract import NEWS, asked, cut, made, places

from retrieval.errors import EngineUnavailable, LibraryBusy, LibraryOutdated
from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_client import Address
from retrieval.records import Article, Passage, Query

from .machines import Cluster

WATER = Query((("水", 1.0),))
SOON = 150
"""Seconds in which a cluster has to be well again on a slow machine; it takes 1 to 5."""


def eventually(true: Callable[[], bool], seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def works(act: Callable[[], object]) -> bool:
    try:
        act()
    except EngineUnavailable:
        return False
    return True


def indexes(cluster: Cluster, prefix: str) -> set[str]:
    return set(cluster.ask("GET", f"/{prefix}-*/_settings?expand_wildcards=all"))


def test_a_rebuild_moves_the_aliases_and_leaves_nothing_behind(engine: OpenSearchEngine, cluster: Cluster, address: Address) -> None:
    """Fresh indexes take the place of the old ones, which go; every name begins with the prefix."""
    engine.rebuild([made("a", "水")], {"note": 1})
    first = indexes(cluster, address.prefix)
    engine.rebuild([made("b", "水"), made("c", "水")])
    second = indexes(cluster, address.prefix)
    assert places(engine.search(WATER, 5)) == [("b", 0), ("c", 0)]
    assert len(first) == len(second) == 3
    assert first & second == {f"{address.prefix}-lock"}
    assert engine.notes() == {"note": 1}
    aliases = cluster.ask("GET", f"/_alias/{address.prefix}-*")
    assert {alias for index in aliases.values() for alias in index["aliases"]} == {f"{address.prefix}-passages", f"{address.prefix}-articles"}


def test_libraries_of_other_prefixes_are_left_alone(cluster: Cluster, address: Address) -> None:
    """Also where one prefix begins like the other's names of indexes."""
    outer, inner = OpenSearchEngine(address), OpenSearchEngine(replace(address, prefix=f"{address.prefix}-passages"))
    inner.apply([made("inner", "水")], ())
    outer.apply([made("outer", "水")], ())
    outer.rebuild([made("outer2", "水")])
    assert places(inner.search(WATER, 5)) == [("inner", 0)]
    assert places(outer.search(WATER, 5)) == [("outer2", 0)]


def test_indexes_of_another_version_are_rebuilt(engine: OpenSearchEngine, cluster: Cluster, address: Address) -> None:
    """They are neither asked nor changed, and the error says what to do; a rebuild takes their place."""
    engine.apply([made("a", "水")], ())
    stored = cluster.ask("GET", f"/{address.prefix}-articles/_doc/state")
    state = json.loads(stored["_source"]["state"]) | {"version": 99, "more": "unknown"}
    cluster.ask("PUT", f"/{stored['_index']}/_doc/state", {"state": json.dumps(state)})
    for act in (lambda: engine.search(WATER, 5), engine.count, lambda: engine.apply([made("b", "水")], ())):
        with pytest.raises(LibraryOutdated, match="wenda reindex --full"):
            act()
    engine.rebuild([made("c", "水")])
    assert places(engine.search(WATER, 5)) == [("c", 0)]


def test_writes_slow_down_where_the_cluster_says_so(engine: OpenSearchEngine) -> None:
    """A bulk request beyond what the nodes have room for is sent again in parts, until everything is written."""
    articles = [made(f"{number:04}", *(f"w{number}x{word}" for word in range(1200))) for number in range(260)]
    engine.apply(articles, ())
    assert engine.count() == 260
    assert places(engine.search(Query((("w259x1199", 1.0),)), 5)) == [("0259", 0)]


def test_only_one_writes_at_a_time(engine: OpenSearchEngine) -> None:
    """A second writer is told who is first, and neither disturbs the other."""
    engine.apply([made("a", "水")], ())

    def meanwhile() -> Iterator[tuple[Article, list[Passage]]]:
        yield made("b", "水")
        with pytest.raises(LibraryBusy, match="another process writes there"):
            engine.apply([made("c", "水")], ())

    engine.apply(meanwhile(), ())
    assert places(engine.search(WATER, 5)) == [("a", 0), ("b", 0)]


WRITER = """
import sys, time
sys.path[:0] = sys.argv[3:]
from engine_contract import made
from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_client import Address
import retrieval.opensearch_client as client
client.BATCH_BYTES = 1000
def articles():
    for number in range(50):
        yield made(f"half{number}", "水", "水")
    print("half", flush=True)
    time.sleep(600)
engine = OpenSearchEngine(Address(url=sys.argv[1], prefix=sys.argv[2]))
RUN
"""


@pytest.mark.parametrize("run", ["engine.rebuild(articles())", "engine.apply(articles(), ['a'])"])
def test_a_killed_writer_changes_nothing(run: str, engine: OpenSearchEngine, cluster: Cluster, address: Address, tmp_path: Path) -> None:
    """What it wrote is not seen, not even after a refresh; the next writer need not wait and clears it away."""
    engine.apply([made("a", "水"), made("b", "水", "电")], ())
    before = indexes(cluster, address.prefix)
    script = tmp_path / "writer.py"
    script.write_text(WRITER.replace("RUN", run))
    writer = subprocess.Popen([sys.executable, str(script), address.url, address.prefix, *filter(None, sys.path)], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert writer.stdout
    assert writer.stdout.readline() == b"half\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    cluster.ask("POST", f"/{address.prefix}-*/_refresh?expand_wildcards=all")
    assert sorted(places(engine.search(WATER, 99))) == [("a", 0), ("b", 0)]
    assert sorted(engine.articles(["a", "half0"])) == ["a"]
    engine.apply([made("c", "水")], ["b"])
    assert sorted(places(engine.search(WATER, 99))) == [("a", 0), ("c", 0)]
    assert len(list(engine.passages())) == engine.count() == 2
    engine.rebuild([made("d", "水")])
    assert len(indexes(cluster, address.prefix)) == len(before)


def test_a_killed_node_costs_seconds_and_no_wrong_answer(engine: OpenSearchEngine, cluster: Cluster) -> None:
    """Twenty questions a second and a reindex go on while one machine after another, the manager too, is lost and comes back."""
    ids = [f"{number:02}" for number in range(30)]

    def edition(number: int) -> list[tuple[Article, list[Passage]]]:
        return [made(id, "水", f"v{number}") for id in ids]

    engine.apply(edition(0), ())
    expected = [(id, 0) for id in ids]
    failed: list[tuple[float, str]] = []
    wrong: list[object] = []
    asked_at: list[float] = []
    done = threading.Event()

    def ask(number: int) -> None:
        while not done.is_set():
            started = time.monotonic()
            try:
                hits = engine.search(WATER, 50)
            except EngineUnavailable as error:
                failed.append((started, str(error)))
            else:
                if places(hits) != expected or len({hit.text for hit in hits}) != 1:
                    wrong.append(hits)
            asked_at.append(started)
            done.wait(max(0.0, 0.2 - (time.monotonic() - started)))

    def write() -> int:
        written = 0
        while not done.is_set():
            try:
                engine.apply(edition(written + 1), ids)
                written += 1
            except EngineUnavailable:
                done.wait(0.5)
        return written

    lost_at = []
    with ThreadPoolExecutor(5) as pool:
        asking = [pool.submit(ask, number) for number in range(4)]
        writing = pool.submit(write)
        try:
            manager = cluster.ask("GET", "/_cat/cluster_manager?format=json")[0]["node"]
            order = sorted(range(3), key=lambda number: cluster.nodes[number].name != manager)
            for number in order[:2]:
                eventually(lambda: len(asked_at) > 20)
                asked_at.clear()
                lost_at.append(time.monotonic())
                cluster.kill(number)
                eventually(lambda: len(asked_at) > 60)
                cluster.start(number)
        finally:
            done.set()
        for one in asking:
            one.result(SOON)
        written = writing.result(3 * SOON)
    assert wrong == []
    for started, reason in failed:
        assert any(0 <= started - lost < SOON or -10 < started - lost < 0 for lost in lost_at), reason
    assert written > 0
    assert works(lambda: engine.apply(edition(1000), ids))
    assert {hit.text for hit in engine.search(WATER, 50)} == {"水 v1000"}
    assert engine.count() == len(ids)


def test_a_red_cluster_says_so_and_recovers(engine: OpenSearchEngine, cluster: Cluster, address: Address) -> None:
    """With a part of the index lost there is an error instead of half an answer; when it is back, so are the answers."""
    engine.apply(map(cut, NEWS), ())
    expected = engine.search(asked("学生"), 9)
    cluster.ask("PUT", f"/{address.prefix}-passages/_settings", {"index": {"auto_expand_replicas": False, "number_of_replicas": 0}})
    cluster.wait()
    shards = cluster.ask("GET", f"/_cat/shards/{address.prefix}-passages?format=json")
    lost = next(number for number, node in enumerate(cluster.nodes) if node.name == shards[0]["node"])
    cluster.kill(lost)
    try:
        with pytest.raises(EngineUnavailable, match="not available|cannot be reached|did not answer"):
            engine.search(asked("学生"), 9)
    finally:
        cluster.start(lost)
    eventually(lambda: works(lambda: engine.search(asked("学生"), 9)))
    assert engine.search(asked("学生"), 9) == expected


def test_a_full_disk_stops_writes_and_not_questions(engine: OpenSearchEngine, cluster: Cluster, address: Address) -> None:
    """At the flood stage a reindex says what to do; questions go on, and writes work again once there is room."""
    engine.apply([made("a", "水")], ())
    marks = {f"cluster.routing.allocation.disk.watermark.{name}": "900tb" for name in ("low", "high", "flood_stage")}
    cluster.ask("PUT", "/_cluster/settings", {"transient": marks})
    try:
        eventually(lambda: "read_only_allow_delete" in json.dumps(cluster.ask("GET", f"/{address.prefix}-*/_settings")))
        with pytest.raises(EngineUnavailable, match="out of disk"):
            engine.apply([made("c", "水")], ["a"])
        assert places(engine.search(WATER, 9)) == [("a", 0)]
    finally:
        cluster.ask("PUT", "/_cluster/settings", {"transient": dict.fromkeys(marks)})
    eventually(lambda: works(lambda: engine.apply([made("d", "水")], [])))
    assert places(engine.search(WATER, 9)) == [("a", 0), ("d", 0)]
    # New indexes are kept out of the whole cluster a while longer, those of the next test too.
    eventually(lambda: works(lambda: engine.rebuild([made("e", "水")])))
    assert places(engine.search(WATER, 9)) == [("e", 0)]


def test_an_address_where_nobody_listens(cluster: Cluster) -> None:
    """The error names the address, without a password that stands in it, and the setting."""
    port = cluster.nodes[0].transport  # speaks another protocol
    for url in (f"http://user:secret@127.0.0.1:{port}", "http://127.0.0.1:9"):
        engine = OpenSearchEngine(Address(url=url))
        with pytest.raises(EngineUnavailable, match="WENDA_OPENSEARCH_URL") as error:
            engine.count()
        assert "secret" not in str(error.value)


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """A server that answers everything with *body*."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    "version", [{"number": "8.15.0"}, {"number": "1.3.20", "distribution": "opensearch"}, {"number": "4.0.0", "distribution": "opensearch"}]
)
def test_another_server_or_version_is_refused(version: dict[str, str]) -> None:
    """Elasticsearch, and an OpenSearch that is too old or too new, are named with what is needed."""
    with answering(json.dumps({"version": version}).encode()) as url, pytest.raises(EngineUnavailable, match=f"{version['number']} is not supported"):
        OpenSearchEngine(Address(url=url)).count()


def test_what_is_no_opensearch_at_all() -> None:
    """A web server at the address is not mistaken for a cluster."""
    with answering(b"<html>hello</html>") as url, pytest.raises(EngineUnavailable, match="WENDA_OPENSEARCH_URL"):
        OpenSearchEngine(Address(url=url)).count()
