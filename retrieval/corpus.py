"""Paths in, corpus files out: which files hold articles, under which ids; nothing here opens the library."""

from __future__ import annotations

import lzma
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from retrieval.errors import CorpusError
from retrieval.records import Skipped

PAGES = (".txt", ".md", ".html", ".htm")
"""Files that hold one article each."""

LINES = (".jsonl", ".jsonl.xz")
"""Files that hold one article a line."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may hold articles. `path` is absolute, `name` is relative to the corpus folder, `/` between parts."""

    path: str
    name: str
    size: int
    mtime: int

    @property
    def lines(self) -> bool:
        return self.name.lower().endswith(LINES)


def digest(data: bytes) -> bytes:
    """16 bytes that change with the bytes of a file or line."""
    return blake2b(data, digest_size=16).digest()


def scan(paths: Iterable[str | Path]) -> tuple[list[Source], list[Skipped]]:
    """The corpus files under *paths* in the order given, each once, and the files passed over with a reason.

    Names that begin with README or a dot are passed over without a word. Raises CorpusError for a path that does
    not exist or a folder without a single corpus file.
    """
    found: dict[str, Source] = {}
    skipped: list[Skipped] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            sources = list(_folder(path, skipped))
            if not sources:
                raise CorpusError(f"{given}: no articles in this folder (looked for {', '.join(PAGES + LINES)})")
        elif path.exists():
            sources = [_source(path, path.name)]
        else:
            raise CorpusError(f"{given}: no such file or folder")
        for source in sources:
            found.setdefault(source.path, source)
    return list(found.values()), skipped


def _folder(folder: Path, skipped: list[Skipped]) -> Iterator[Source]:
    root = str(folder)
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith((".", "README")):
                continue
            path = Path(parent, name)
            if not name.lower().endswith(PAGES + LINES):
                skipped.append(Skipped(str(path), "not a page, Markdown, HTML or JSON lines file"))
                continue
            try:
                yield _source(path, path.relative_to(folder).as_posix())
            except OSError as error:
                skipped.append(Skipped(str(path), f"cannot be read: {error.strerror}"))


def _source(path: Path, name: str) -> Source:
    stat = path.stat()
    return Source(str(path.absolute()), name, stat.st_size, stat.st_mtime_ns)


def lines(path: str) -> Iterator[bytes]:
    """The lines of a JSON lines file, plain or xz, one at a time; may raise OSError, EOFError or lzma.LZMAError."""
    with lzma.open(path) if path.lower().endswith(".xz") else Path(path).open("rb") as file:
        for line in file:
            yield line.rstrip(b"\r\n")
