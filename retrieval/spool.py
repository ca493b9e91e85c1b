"""Articles that were read in, the same out once it is known what a reindex has to do; in between they lie in a file."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple, cast

from retrieval.reading import Reading, Ready
from retrieval.records import Article
from retrieval.rows import Packed

IN_MEMORY = 64 * 1024 * 1024
"""Bytes of newly read articles that wait in memory; more of them wait in a temporary file."""


class Origin(NamedTuple):
    """Where an article came from: the file's row, its line (0 is the whole file), the hash of the bytes it was read from."""

    id: str
    file: int
    line: int
    digest: bytes
    original: str | None


class Spool:
    """Articles that wait to be indexed, with their origins, in the order they were put; they lie in *file*, unless they are stored at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.ids: set[str] = set()
        self.origins: list[Origin] = []
        self.watch: Callable[[Article], object] | None = None
        """Told of each article that is put."""
        self.stored = False
        """Whether what is put is stored at once, and waits nowhere."""
        self.ahead: Reading | None = None
        """Reads lines while others are being looked at; told of what was made of those that are put."""

    def put(self, article: Article, origin: Origin) -> None:
        if not self.stored:
            pickle.dump((replace(article, dropped=()) if article.dropped else article, origin), self._file, pickle.HIGHEST_PROTOCOL)
        self.ids.add(article.id)
        self.origins.append(origin)
        if self.watch:
            self.watch(article)

    def put_ready(self, ready: Ready, origins: Sequence[Origin]) -> None:
        """Put articles that were read, cut and signed; they wait as they came."""
        assert self.ahead
        if not self.stored:
            pickle.dump(ready.articles, self._file, pickle.HIGHEST_PROTOCOL)
        self.ids.update(origin.id for origin in origins)
        self.origins += origins
        self.ahead.add(ready.articles, ready.cut)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[tuple[Article, Origin] | Packed]:
        self._file.seek(0)
        with suppress(EOFError):
            while True:
                yield pickle.load(self._file)


@contextmanager
def spool() -> Iterator[Spool]:
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        yield Spool(cast(IO[bytes], file))
