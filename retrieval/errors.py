"""What can go wrong in a way a person should read about.

WendaError                      shown as one line; exit status 1
├── UsageError                  the caller asked for something that does not exist; exit status 2
├── CorpusError                 a path, folder or file of the corpus cannot be used
├── PageRefused                 a page holds no article; the others are read
├── LinkFailed                  a link or feed cannot be read: not allowed, away, too large, no page
├── LibraryError                the library or ledger file cannot be used
│   ├── LibraryEmpty            nothing has been indexed yet
│   ├── LibraryBusy             another process is reindexing
│   └── LibraryOutdated         the cutter or the schema changed: reindex or upgrade first
├── QuestionsError              a file of questions to be scored, or of earlier scores, has bad lines
├── RemovalRefused              a reindex would remove more than a fifth of the library
├── EngineUnavailable           the cluster is away, full, or of a wrong version
└── Cancelled                   the reindex was cancelled; the old state stays

Everything else is a bug and stays loud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.records import Dropped


class WendaError(Exception):
    """An error fit to be shown: its text says what went wrong, where, and what to do."""

    exit_status = 1


class UsageError(WendaError):
    exit_status = 2


class CorpusError(WendaError):
    pass


class PageRefused(WendaError):
    """The reason begins with `no article body`, `empty file`, `not text`, `text damaged` or `too large`.

    Carries the blocks of the page that were looked at and left out, where there were any.
    """

    def __init__(self, reason: str, dropped: tuple[Dropped, ...] = ()) -> None:
        super().__init__(reason)
        self.dropped = dropped


class LinkFailed(WendaError):
    pass


class LibraryError(WendaError):
    pass


class LibraryEmpty(LibraryError):
    pass


class LibraryBusy(LibraryError):
    pass


class LibraryOutdated(LibraryError):
    pass


class QuestionsError(WendaError):
    """Names the lines and what to do about them; nothing was scored."""


class RemovalRefused(WendaError):
    """Carries the ids that would go, so that a front end can list them and ask."""

    def __init__(self, message: str, removed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.removed = removed


class EngineUnavailable(WendaError):
    pass


class Cancelled(WendaError):
    pass
