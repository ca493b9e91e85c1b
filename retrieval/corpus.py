"""Paths in, corpus files out: which files hold articles, under which ids; nothing here opens the library."""

from __future__ import annotations

import lzma
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO

from retrieval.errors import CorpusError
from retrieval.records import Skipped

PAGES = (".txt", ".md", ".html", ".htm", ".docx", ".pdf")
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
        path = Path(given).absolute()
        if path.is_dir():
            sources = list(_folder(str(path), "", skipped))
            if not sources:
                raise CorpusError(f"{given}: no articles in this folder (looked for {', '.join(PAGES + LINES)})")
        elif path.exists():
            stat = path.stat()
            sources = [Source(str(path), path.name, stat.st_size, stat.st_mtime_ns)]
        else:
            raise CorpusError(f"{given}: no such file or folder")
        for source in sources:
            found.setdefault(source.path, source)
    return list(found.values()), skipped


def _unread(name: str) -> str | None:
    """Why a file of a folder is passed over by its name; None for one that is read."""
    if name.lower().endswith(PAGES + LINES) and not name.lower().endswith(".pdf"):
        return None
    from retrieval.pages import unread  # with what reads HTML and dates, which asking needs nothing of

    return unread(name) or (None if name.lower().endswith(".pdf") else "not a page, Markdown, HTML, Word, PDF or JSON lines file")


def _folder(folder: str, name: str, skipped: list[Skipped]) -> Iterator[Source]:
    """The corpus files in *folder*, which is called *name* (empty, or with a `/` at its end), and in its folders."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        skipped.append(Skipped(folder, f"cannot be read: {error.strerror}"))
        return
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _folder(entry.path, f"{name}{entry.name}/", skipped)
        elif entry.name.startswith("README"):
            continue
        elif reason := _unread(entry.name):
            skipped.append(Skipped(entry.path, reason))
        else:
            try:
                stat = entry.stat()
            except OSError as error:
                skipped.append(Skipped(entry.path, f"cannot be read: {error.strerror}"))
            else:
                yield Source(entry.path, name + entry.name, stat.st_size, stat.st_mtime_ns)


@contextmanager
def opened(path: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A JSON lines file, and the same with what is packed in it unpacked; may raise OSError, EOFError or lzma.LZMAError."""
    with Path(path).open("rb") as raw:
        if path.lower().endswith(".xz"):
            with lzma.open(raw) as file:
                yield raw, file
        else:
            yield raw, raw


def lines(path: str) -> Iterator[bytes]:
    """The lines of a JSON lines file, plain or xz, one at a time, without their ends; raises as `opened`."""
    with opened(path) as (_, file):
        for line in file:
            yield line.rstrip(b"\r\n")
