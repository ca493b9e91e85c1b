"""A library whose questions are answered in processes of their own: ranking holds the interpreter, a front end must not.

One answer takes some 10 ms of Python. On threads, twenty of them at once stall everything else in the process; here
the calling process only waits, and reads, reindexes and status stay in it as they are.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Self

from retrieval import machine
from retrieval.embedded import EmbeddedEngine
from retrieval.engine import Engine
from retrieval.ledger import Ledger
from retrieval.library import Library
from retrieval.records import Answer
from retrieval.store import Store

log = logging.getLogger(__name__)

MOST = 4
"""Processes at most: each keeps what it has read of the index."""

OWN, EACH = 200 << 20, 100 << 20
"""Bytes for the process that asks and for each that answers: with the starter corpus 114 and 78 MB, large libraries more."""

_here: Library | None = None


class LibraryAside(Library):
    """Like Library; `ask` is answered by another process, and by this one where none can be had."""

    def __init__(self, store: Store, engine: Engine, ledger: Ledger | None = None) -> None:
        super().__init__(store, engine, ledger)
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    @classmethod
    def beside(cls, path: Path) -> Self:
        """The library in the file at *path*, made if there is none, without its ledger. Raises LibraryError as Library.open."""
        store = Store.open(path)
        library = cls(store, EmbeddedEngine(store))
        library.index_what_is_stored()
        return library

    def ask(self, question: str, previous: Sequence[str] = (), record: bool = True, today: str | None = None, hidden: Sequence[str] = ()) -> Answer:
        """As Library.ask."""
        if record:
            return super().ask(question, previous, record, today, hidden)
        try:
            return self._started().submit(_ask, question, tuple(previous), today, tuple(hidden)).result()
        except (BrokenProcessPool, RuntimeError, OSError) as error:
            log.warning("a process that answers has ended (%s); answering here", type(error).__name__)
            self._ended()
            return super().ask(question, previous, record, today, hidden)

    def warm_up(self) -> None:
        """Starts the processes, so that the first question does not wait for them."""
        pool = self._started()
        for _ in range(workers()):
            pool.submit(_ready)

    def close(self) -> None:
        self._ended()
        super().close()

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(workers(), get_context("spawn"), _open, (str(self.store.path),))
            return self._pool

    def _ended(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(wait=False, cancel_futures=True)


def workers() -> int:
    """As many as memory allows; one processor is left to the process that asks."""
    return max(1, min(MOST, machine.processors() - 1, (machine.memory() - OWN) // EACH))


def _open(path: str) -> None:
    """In the new process: opens the library, leaves signals to the parent, and ends with it, however it ends."""
    global _here
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here = Library.open(Path(path), ledger=False)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(0)


def _ready() -> None:
    """Loads what the first answer needs."""
    with suppress(Exception):
        _ask("?", (), None, ())


def _ask(question: str, previous: tuple[str, ...], today: str | None, hidden: tuple[str, ...]) -> Answer:
    assert _here is not None
    return _here.ask(question, previous, record=False, today=today, hidden=hidden)
