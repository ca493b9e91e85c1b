"""A file of lines in; out, in order, the runs of lines that stand where they stood, each as one, and line by line what lies between.

A run is known by the hash of all its bytes, so that a file of which little changed is looked at as fast as it is hashed.

    Run       lines of a file, one after another, as they were read last
    Changed   lines that may be others than they were
    Runs      goes through a file, and notes in which runs it lies now
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO, NamedTuple

from retrieval import corpus

LINES = 256
"""Lines of a run: as many are compared one by one where one of them changed. A run costs 10 µs beyond its hashing."""

SIZE = 1 << 20
"""Bytes from which on a run is full, however few its lines: it is held in memory."""

NEAR = 4
"""Changed runs in a row behind which no run is expected any more to stand where it stood, as where a line was put in."""


class Run(NamedTuple):
    """Lines of a file: the number of the first (from 1), how many they are, their bytes with the ends of lines, the digest of these."""

    line: int
    lines: int
    size: int
    digest: bytes

    @property
    def after(self) -> int:
        """The number of the first line behind it."""
        return self.line + self.lines

    @property
    def full(self) -> bool:
        return self.lines >= LINES or self.size >= SIZE


@dataclass(frozen=True, slots=True)
class Changed:
    """Lines without their ends, which must be taken to the last before what follows is asked for; the first has the number *line*.

    They are in place of those that stood before the line *until*; of all to the end where that is None.
    """

    line: int
    until: int | None
    lines: Iterable[bytes]


class Runs:
    """The file at *path*, of which the runs *known* were read before; may raise OSError, EOFError or lzma.LZMAError on the way.

    A run for which *trusted*, asked right before it is given, says no is given as lines. `made` are the runs of the lines
    given so far. `behind` tells how many bytes of the file are behind.
    """

    def __init__(self, path: str, known: Sequence[Run] = (), trusted: Callable[[Run], bool] = lambda run: True) -> None:
        self._path, self._trusted = path, trusted
        # More lines may follow the last ones; were those left alone, a file that grows by the hour would lie in runs of a line.
        self._known = deque(known if not known or known[-1].full else known[:-1])
        self._rest = b""  # was read, but not yet given
        self.made: list[Run] = []
        self.behind: Callable[[], int] = lambda: 0

    def __iter__(self) -> Iterator[Run | Changed]:
        with corpus.opened(self._path) as (raw, file):
            self.behind = raw.tell
            try:
                yield from self._parts(file)
            finally:
                end = raw.tell()
                self.behind = lambda: end

    def _parts(self, file: IO[bytes]) -> Iterator[Run | Changed]:
        changed: list[bytes] = []  # these lines are in place of those from `line` to `place`
        line, place, behind, held = 1, 1, 0, 0
        given: Iterator[bytes] = iter(())
        while self._known and behind < NEAR:
            run = self._known.popleft()
            if run.line > place:  # of the lines before it nothing is known
                yield Changed(line, run.line, self._noted(line, chain(changed, self._lines(file, run.line - place))))
                line, place, changed = run.line, run.line, []
            data = self._read(file, run.size)
            place = run.after
            if len(data) < run.size or corpus.digest(data) != run.digest:
                self._rest = data + self._rest
                given = self._lines(file, run.lines)
                for one in given:
                    changed.append(one)
                    held += len(one)
                    if held > NEAR * SIZE:  # more than can be held: the rest is given as it is read
                        behind = NEAR
                        break
                behind += 1
                continue
            if changed:
                yield Changed(line, run.line, self._noted(line, changed))
            if self._trusted(run):
                self.made.append(run)
                yield run
            else:
                yield Changed(run.line, run.after, self._noted(run.line, _split(data)))
            line, changed, behind, held = place, [], 0, 0
        yield Changed(line, None, self._noted(line, chain(changed, given, self._others(file))))

    def _read(self, file: IO[bytes], size: int) -> bytes:
        data, self._rest = self._rest[:size], self._rest[size:]
        return data + file.read(size - len(data)) if len(data) < size else data

    def _lines(self, file: IO[bytes], most: int) -> Iterator[bytes]:
        """The next lines with their ends."""
        while most > 0 and (data := self._rest + file.readline()):
            lines = _split(data)
            self._rest = b"".join(lines[most:])
            yield from lines[:most]
            most -= len(lines)

    def _others(self, file: IO[bytes]) -> Iterator[bytes]:
        """All lines that are left."""
        yield from _split(self._rest + file.readline())
        yield from file

    def _noted(self, number: int, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines without their ends; the runs that they make are noted."""
        own: list[bytes] = []
        size = 0
        for line in lines:
            own.append(line)
            size += len(line)
            yield line.rstrip(b"\r\n")
            if len(own) >= LINES or size >= SIZE:
                number = self._note(number, own)
                own, size = [], 0
        if own:
            self._note(number, own)

    def _note(self, number: int, lines: Sequence[bytes]) -> int:
        data = b"".join(lines)
        if data.endswith(b"\n"):  # else what comes to stand behind it is of its last line
            self.made.append(Run(number, len(lines), len(data), corpus.digest(data)))
        return number + len(lines)


def _split(data: bytes) -> list[bytes]:
    """Lines with their ends, which are line feeds alone."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
