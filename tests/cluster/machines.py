"""A real OpenSearch cluster of three nodes on this machine, each a process of its own that can be killed and started again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HEAP = os.environ.get("WENDA_TEST_HEAP", "384m")
"""Java heap a node; an empty node was seen to take 330 MB in all."""

FETCHING = 420
STARTING = 150
"""Seconds that may pass on a slow machine; it took 5 and 15 on an idle one of two cores."""


class NoCluster(Exception):
    """Why there cannot be a cluster here."""


def cache() -> Path:
    """Where the artifacts stay between runs: WENDA_TEST_CACHE, else the user's cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("WENDA_TEST_CACHE") or home / "wenda-tests")


def fetch() -> Path:
    """The folder with a node's jars and its compiled class, fetched and made if they are not there. Raises NoCluster."""
    for tool in ("java", "javac", "mvn"):
        if not shutil.which(tool):
            raise NoCluster(f"{tool} is not installed: the cluster tests need a Java 17 or 21 development kit and Maven")
    made = hashlib.sha256((HERE / "pom.xml").read_bytes() + (HERE / "SearchNode.java").read_bytes()).hexdigest()[:16]
    folder = cache() / f"opensearch-{made}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _run(["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'jars'}"])
            _run(["javac", "-nowarn", "-cp", str(folder / "jars" / "*"), "-d", str(folder / "classes"), str(HERE / "SearchNode.java")])
            (folder / "complete").touch()
    return folder


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCHING)
    except subprocess.TimeoutExpired:
        raise NoCluster(f"{command[0]} did not finish in {FETCHING} seconds: is there a way to Maven Central?") from None
    if done.returncode:
        raise NoCluster(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[-400:]}")


class Node:
    """One node: a home folder, two ports, a process while it runs."""

    def __init__(self, name: str, home: Path, http: int, transport: int) -> None:
        self.name, self.home, self.http, self.transport = name, home, http, transport
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def start(self, jars: Path) -> None:
        output = (self.home / "output").open("ab")
        self.process = subprocess.Popen(
            ["java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dlog4j2.level=WARN", f"-Djava.io.tmpdir={self.home / 'tmp'}",
             "-cp", f"{jars / 'classes'}{os.pathsep}{jars / 'jars' / '*'}", "SearchNode", str(self.home)],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        output.close()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Cluster:
    """Three nodes. `kill` and `start` take a node's number, from 0; `wait` waits until the cluster is as it should be."""

    def __init__(self, folder: Path, nodes: int = 3, **settings: Any) -> None:
        self._jars = fetch()
        ports = _free_ports(2 * nodes)
        self.nodes = [Node(f"n{number}", folder / f"n{number}", ports[2 * number], ports[2 * number + 1]) for number in range(nodes)]
        for node in self.nodes:
            (node.home / "config").mkdir(parents=True)
            (node.home / "tmp").mkdir()
            # JSON is YAML.
            (node.home / "config" / "opensearch.yml").write_text(json.dumps({
                "cluster.name": f"wenda-test-{ports[0]}", "node.name": node.name, "network.host": "127.0.0.1",
                "http.port": node.http, "transport.port": node.transport, "node.processors": 1,
                "discovery.seed_hosts": [f"127.0.0.1:{other.transport}" for other in self.nodes],
                "cluster.initial_cluster_manager_nodes": [other.name for other in self.nodes],
                "cluster.routing.allocation.disk.watermark.low": "2mb", "cluster.routing.allocation.disk.watermark.high": "2mb",
                "cluster.routing.allocation.disk.watermark.flood_stage": "1mb", "cluster.info.update.interval": "10s", **settings,
            }))  # fmt: skip

    @property
    def url(self) -> str:
        """The addresses of all nodes."""
        return ",".join(node.url for node in self.nodes)

    def start(self, *numbers: int) -> None:
        for number in numbers or range(len(self.nodes)):
            self.nodes[number].start(self._jars)
        self.wait()

    def kill(self, number: int) -> None:
        self.nodes[number].kill()

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the first node that gives one, by nothing but the standard library."""
        failure: Exception | None = None
        for node in self.nodes:
            if node.process is None:
                continue
            request = urllib.request.Request(node.url + path, method=method, data=json.dumps(body).encode() if body is not None else None, headers={"content-type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
            except OSError as error:
                failure = error
        raise RuntimeError(f"{method} {path}: {failure}")

    def wait(self, status: str = "green", seconds: float = STARTING) -> None:
        """Return when all running nodes have found each other and every index is *status*."""
        deadline = time.monotonic() + seconds
        running = sum(node.process is not None for node in self.nodes)
        answer: Any = None
        while time.monotonic() < deadline:
            for node in self.nodes:
                if node.process and node.process.poll() is not None:
                    raise RuntimeError(f"{node.name} ended: {self.output(node)}")
            try:
                answer = self.ask("GET", f"/_cluster/health?wait_for_status={status}&wait_for_nodes={running}&timeout=5s")
                if not answer["timed_out"]:
                    return
            except RuntimeError as error:
                answer = error
            time.sleep(0.5)
        raise RuntimeError(f"the cluster is not {status} with {running} nodes after {seconds} seconds: {answer}; {self.output(self.nodes[0])}")

    def output(self, node: Node) -> str:
        return (node.home / "output").read_text(errors="replace")[-2000:]


@contextmanager
def running(folder: Path, nodes: int = 3, **settings: Any) -> Iterator[Cluster]:
    """A cluster that runs until the end of the block, whatever happens. Raises NoCluster where there cannot be one."""
    cluster = Cluster(folder, nodes, **settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _free_ports(number: int) -> list[int]:
    """Ports that nobody listens on now; held all at once, so that they differ."""
    held = [socket.socket() for _ in range(number)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
