"""Batches of articles in, their postings and signatures out, in order: in this process, or in processes of low priority beside it.

The workers are started as programs of their own: nothing of this process is copied into them (SQLite, threads and
fork do not mix), and a script that calls `Library.reindex` needs no `if __name__ == "__main__"`.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Self

from retrieval import machine
from retrieval.postings import Batch, Uncut, cut
from retrieval.reading import Cut, Ready, Unread, read
from retrieval.reprints import signatures
from retrieval.text import Cutter, default_cutter

WORTH = 3
"""Batches from which on workers are started: they take half a second to load, as long as as many batches of lines take to read and cut."""

MOST = 4
"""Workers at most."""

EACH = 256 << 20
"""Bytes of memory for each worker and its part of the work: a worker takes 195 MB, and the parent holds what comes back of some batches."""

PATIENCE = 5.0
"""Seconds that the caller waits for a batch, of which one takes some .2 s of a processor, before it cuts itself what no worker
has begun: workers run when nobody else wants to, which on a busy machine may be never."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from retrieval.cutting import serve; serve()"


Work = tuple[Batch, Sequence[str | None]]
"""A batch, and the bodies of its articles that are to be signed; None where the passages of an article are all of its body."""

Made = Cut | Ready


def made(cutter: Cutter, work: Work | Unread) -> Made:
    if isinstance(work, Unread):
        return read(cutter, work)
    batch, bodies = work
    if isinstance(batch, Uncut):
        bodies = ["".join(texts) if body is None else body for body, (_, texts) in zip(bodies, batch.articles, strict=False)]
    return Cut(cut(cutter, batch), signatures([body or "" for body in bodies]))


class Begun:
    """Work that was taken: by a worker, or by nobody until it is asked for."""

    def __init__(self, work: Work | Unread, cutting: Cutting) -> None:
        self._work, self._cutting = work, cutting
        self.future: Future[Made | None] | None = None
        self._asked = 0.0

    @property
    def sent(self) -> bool:
        return self.future is not None

    def given(self, workers: _Workers) -> None:
        self.future = workers.cut(self._work)

    def wait(self, seconds: float) -> bool:
        """Whether what was made is there, or `made` would make it itself; waits for so many seconds at most."""
        if self.future is None:
            return True
        self._asked = self._asked or time.monotonic()
        with suppress(TimeoutError):
            self.future.result(0 if self._cutting.late and not self.future.running() else seconds)
            return True
        self._cutting.late |= time.monotonic() - self._asked > PATIENCE
        return self._cutting.late and not self.future.running()

    def made(self) -> Made:
        """What was made of it; it is made here where a worker has died, and where they are all too busy."""
        self._cutting.forget(self)
        return (self._there() if self.future else None) or made(self._cutting.cutter, self._work)

    def _there(self) -> Made | None:
        assert self.future
        if not self._cutting.late:
            with suppress(TimeoutError):
                return self.future.result(PATIENCE)
            self._cutting.late = True
        return None if self.future.cancel() else self.future.result()


class Cutting:
    """Batches in, as they come; what was made of them out, in order, when all are in.

    With several batches and processors, workers cut while the caller does something else.
    """

    def __init__(self, words: Sequence[str] = (), most: int | None = None) -> None:
        self._words = tuple(words)
        self._most = workers() if most is None else most
        self.cutter = Cutter(words) if words else default_cutter()
        self._unsent: list[Begun] = []
        self._waiting: deque[Begun | Cut] = deque()
        self._done: list[Cut] = []
        self._workers: _Workers | None = None
        self.late = False
        """Whether a batch took longer than PATIENCE: from then on nobody waits for what no worker has begun."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._workers:
            self._workers.end()

    @property
    def ahead(self) -> int:
        """How many batches may be on their way at once."""
        return 2 * self._most if self._most > 1 else 0

    def begin(self, work: Work | Unread) -> Begun:
        """Give *work* to a worker, where there are several batches and processors."""
        begun = Begun(work, self)
        if not self._workers:
            self._unsent.append(begun)
            if len(self._unsent) >= WORTH and self._most > 1 and sys.executable:
                self._workers = _Workers(self._words, self._most)
                for each in self._unsent:
                    each.given(self._workers)
                self._unsent.clear()
        else:
            begun.given(self._workers)
        return begun

    def put(self, batch: Batch, bodies: Sequence[str | None] = ()) -> None:
        """Take *batch*, and these bodies of its articles to sign; waits for a worker where too many are waiting already.

        With one processor it is cut at once.
        """
        self._waiting.append(self.begin((batch, bodies)))
        while (self._workers or self._most == 1) and len(self._waiting) > self.ahead:
            self._finish_one()

    def forget(self, begun: Begun) -> None:
        """It is no longer to be given to a worker."""
        if begun in self._unsent:
            self._unsent.remove(begun)

    def add(self, cut: Cut) -> None:
        """Take what was made of a batch already."""
        self._waiting.append(cut)

    def results(self) -> list[Cut]:
        """What was made of each batch, in order."""
        while self._waiting:
            self._finish_one()
        return self._done

    def _finish_one(self) -> None:
        found = self._waiting.popleft()
        cut = found.made() if isinstance(found, Begun) else found
        assert isinstance(cut, Cut)
        self._done.append(cut)


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

    def cut(self, work: Work | Unread) -> Future[Made | None]:
        return self._threads.submit(self._cut, work)

    def _cut(self, work: Work | Unread) -> Made | None:
        """What an idle worker makes of it; None where the worker has died, of memory for one."""
        worker = self._idle.get()
        try:
            _send(worker.stdin, work)
            assert worker.stdout
            found: Made = pickle.load(worker.stdout)
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
