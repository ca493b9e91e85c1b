"""Settings and the ledger in, what is older than they allow gone: past answers, copies put aside, lines of the console."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.access import People
from bot.drafts import Drafts
from bot.jobbook import JobBook
from bot.settings import Settings
from retrieval.errors import LibraryError
from retrieval.ledger import Ledger

JOBS_KEPT = timedelta(days=30)
"""How long it is kept who started a reindex; as long as acts can be undone."""

log = logging.getLogger(__name__)

_ENTRY = re.compile(r"^# (\d{4}-\d\d-\d\d)[^\n]*\n(?:\+[^\n]*\n?)*", re.MULTILINE)
"""An entry of prompt_toolkit's history file: `# ` and its time, then its lines, each after a `+`."""


def tidy(settings: Settings, ledger: Ledger, now: datetime | None = None) -> None:
    """Forgets what the settings say is too old by *now*; what cannot be forgotten now is logged and left for next time."""
    now = now or datetime.now(UTC)
    try:
        if settings.keep_days:
            ledger.forget_before(now - timedelta(days=settings.keep_days))
            _tidy_history(settings.db.with_name(settings.db.name + ".history"), now - timedelta(days=settings.keep_days))
        People(ledger, settings.admins).tidy(now)
        Drafts(ledger).tidy(now)
        JobBook(ledger).forget_before(now - JOBS_KEPT)
        if settings.keep_copies_days:
            _tidy_copies(settings, now - timedelta(days=settings.keep_copies_days))
    except (LibraryError, OSError) as error:
        log.warning("what is too old could not be forgotten: %s", error)


def _tidy_copies(settings: Settings, before: datetime) -> None:
    for copy in settings.ledger.parent.glob(f"{settings.ledger.name}.before-*"):
        if copy.is_file() and copy.stat().st_mtime < before.timestamp():
            copy.unlink()


def _tidy_history(path: Path, before: datetime) -> None:
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    kept = _ENTRY.sub(lambda entry: "" if entry[1] < f"{before:%Y-%m-%d}" else entry[0], text)
    if kept != text:
        path.write_text(kept, encoding="utf-8")
