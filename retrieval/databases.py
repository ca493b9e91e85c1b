"""What SQLite and the file system say about one of our two files, turned into errors that a person can read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import LibraryBusy, LibraryError

_REMEDIES = {"library": "move it away and run `wenda reindex`", "ledger": "move it away, or restore a backup"}


@contextmanager
def readable(path: Path, file: str) -> Iterator[None]:
    """Raises LibraryError, or LibraryBusy, in place of SQLite's errors and the system's; *file* is `library` or `ledger`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _worded(str(error), path, file) from error
    except OSError as error:
        raise LibraryError(f"{path}: {error.strerror or error}") from error


def _worded(text: str, path: Path, file: str) -> LibraryError:
    if "locked" in text or "busy" in text:
        return LibraryBusy(f"{path}: the {file} is being written by another process; try again when it is done")
    if "not a database" in text or "malformed" in text:
        return LibraryError(f"{path}: not a {file} of Wenda, or damaged; {_REMEDIES[file]}")
    if "readonly" in text or "unable to open" in text:
        return LibraryError(f"{path}: the {file} cannot be written; check the permissions of the file and its folder")
    if "full" in text:
        return LibraryError(f"{path}: the disk is full; the {file} is as it was before")
    if "disk I/O" in text:
        return LibraryError(f"{path}: the disk is full or failing ({text}); the {file} is as it was before")
    return LibraryError(f"{path}: {text}")
