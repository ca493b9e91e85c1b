"""Batches of articles in, their postings and signatures out, in order: in this process, or in processes of low priority beside it.

The workers are started as programs of their own: nothing of this process is copied into them (SQLite, threads and
fork do not mix), and a script that calls `Library.reindex` needs no `if __name__ == "__main__"`.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, NamedTuple, Self

from retrieval import machine
from retrieval.postings import Batch, Postings, Uncut, cut
from retrieval.reprints import signatures
from retrieval.text import Cutter, default_cutter

WORTH = 2
"""Batches from which on workers are started: they take half a second to load, as long as half a batch takes to cut."""

MOST = 4
"""Workers at most."""

EACH = 256 << 20
"""Bytes of memory for each worker and its part of the work: 2,000 articles took 474 MB with two, 589 MB with four."""

PATIENCE = 5.0
"""Seconds that the caller waits for a batch, of which one takes some 1.2 s of a processor, before it cuts itself what no worker
has begun: workers run when nobody else wants to, which on a busy machine may be never."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from retrieval.cutting import serve; serve()"


class Cut(NamedTuple):
    """What was made of a batch: the postings of its passages, the signatures of its articles."""

    postings: Postings
    signatures: list[bytes]


Work = tuple[Batch, Sequence[str | None]]
"""A batch, and the bodies of its articles that are to be signed; None where the passages of an article are all of its body."""


def made(cutter: Cutter, work: Work) -> Cut:
    batch, bodies = work
    if isinstance(batch, Uncut):
        bodies = ["".join(texts) if body is None else body for body, (_, texts) in zip(bodies, batch.articles, strict=False)]
    return Cut(cut(cutter, batch), signatures([body or "" for body in bodies]))


class Cutting:
    """Batches in, as they come; what was made of them out, in order, when all are in.

    With several batches and processors, workers cut while the caller does something else; otherwise `results` cuts.
    """

    def __init__(self, words: Sequence[str] = (), most: int | None = None) -> None:
        self._words = tuple(words)
        self._most = workers() if most is None else most
        self._cutter = Cutter(words) if words else default_cutter()
        self._uncut: list[Work] = []
        self._waiting: deque[tuple[Work, Future[Cut | None]]] = deque()
        self._done: list[Cut] = []
        self._workers: _Workers | None = None
        self._late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._workers:
            self._workers.end()

    def put(self, batch: Batch, bodies: Sequence[str | None] = ()) -> None:
        """Take *batch*, and these bodies of its articles to sign; waits for a worker where too many are waiting already."""
        self._uncut.append((batch, bodies))
        if not self._workers and len(self._uncut) >= WORTH and self._most > 1 and sys.executable:
            self._workers = _Workers(self._words, self._most)
        if self._workers:
            self._waiting += [(uncut, self._workers.cut(uncut)) for uncut in self._uncut]
            self._uncut.clear()
            while len(self._waiting) > 2 * self._most:
                self._finish_one()

    def results(self) -> list[Cut]:
        """What was made of each batch, in order."""
        while self._waiting:
            self._finish_one()
        self._done += [made(self._cutter, work) for work in self._uncut]
        self._uncut.clear()
        return self._done

    def _finish_one(self) -> None:
        work, done = self._waiting.popleft()
        self._done.append(self._cut_there(done) or made(self._cutter, work))

    def _cut_there(self, done: Future[Cut | None]) -> Cut | None:
        """What a worker made of a batch; None where it has died, and where they are all too busy."""
        if not self._late:
            with suppress(TimeoutError):
                return done.result(PATIENCE)
            self._late = True
        return None if done.cancel() else done.result()


def workers() -> int:
    """As many as there are processors and memory for."""
    return max(1, min(MOST, machine.processors(), machine.memory() // EACH))


class _Workers:
    def __init__(self, words: Sequence[str], count: int) -> None:
        self._all: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(count)
        for _ in range(count):
            worker = subprocess.Popen([sys.executable, "-c", _START, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self._all.append(worker)
            self._idle.put(worker)
            _send(worker.stdin, tuple(words))

    def end(self) -> None:
        for worker in self._all:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            with suppress(BrokenPipeError), worker:  # closes its pipes, of which one may hold what it died before reading, and waits
                pass

    def cut(self, work: Work) -> Future[Cut | None]:
        return self._threads.submit(self._cut, work)

    def _cut(self, work: Work) -> Cut | None:
        """What an idle worker makes of it; None where the worker has died, of memory for one."""
        worker = self._idle.get()
        try:
            _send(worker.stdin, work)
            assert worker.stdout
            found: Cut = pickle.load(worker.stdout)
            return found
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        finally:
            self._idle.put(worker)


def _send(pipe: IO[bytes] | None, value: object) -> None:
    assert pipe
    with suppress(BrokenPipeError):
        pickle.dump(value, pipe, pickle.HIGHEST_PROTOCOL)
        pipe.flush()


def serve() -> None:
    """What a worker does: batches come on its standard input, postings go to its standard output, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    machine.give_way(entirely=True)
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError, pickle.UnpicklingError):  # the last where the parent was killed while it wrote
        words = pickle.load(incoming)
        cutter = Cutter(words) if words else default_cutter()
        while True:
            _send(outgoing, made(cutter, pickle.load(incoming)))
