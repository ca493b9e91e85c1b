"""`wenda doctor`: an installation in, one finding a line out, each with what to do; 1 where something must be mended.

settings → this machine (files, disk, clock), library and corpus, engine, Telegram → findings → lines or JSON
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from bot import keeping
from bot.access import People
from bot.settings import Settings
from retrieval import Library, corpus
from retrieval.errors import WendaError
from retrieval.ledger import Ledger

Level = Literal["ok", "warning", "mend"]

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "afpfs", "ncpfs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "davfs", "vboxsf", "drvfs"})  # fmt: skip
"""File systems on which SQLite's write-ahead log is not safe: it needs shared memory and locks that hold (sqlite.org/wal.html)."""

LEAST_FREE, ENOUGH_FREE = 50e6, 500e6
"""Bytes of disk: below the one nothing can be written reliably, below the other a reindex or a backup may not fit."""

SKEW = timedelta(minutes=1)
"""A clock that is wrong by more dates questions and answers wrongly; a question a minute old counts as late."""

BACKUP_AGE = timedelta(days=8)
"""A week and a day: a weekly backup that was missed once is worth a word."""

BEAT = timedelta(seconds=90)
"""A running bot notes every 30 seconds that it runs; three missed beats are a stopped bot."""

SERVING = "serving"
"""The ledger's value that a running bot keeps fresh: JSON with `at`, `process` and `rival` (when another poller was met)."""

OLDEST_SQLITE = (3, 38, 0)
"""The first with `->>`, which the ledger's queries use."""

Check = Callable[[Settings], Iterator["Finding"]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do about it where it is not fine."""

    check: str
    level: Level
    says: str
    do: str = ""


def check(settings: Settings, given: argparse.Namespace) -> int:
    """Prints every finding; 0 where nothing must be mended, also with warnings, else 1."""
    findings: list[Finding] = []
    for finding in found(settings):
        findings.append(finding)
        if not given.json:
            print(_line(finding), flush=True)
    if given.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    return int(any(finding.level == "mend" for finding in findings))


def found(settings: Settings) -> Iterator[Finding]:
    """Every finding, one check after the other; a check that fails is a finding itself."""
    from bot import telegram_checks

    checks: dict[str, Check] = {
        "python": _python, "secrets": _secrets, "paths": _paths, "disk": _disk, "file system": _file_system,
        "clock": _clock, "library": _library, "ledger": _ledger, "corpus": _corpus, "people": _people, "telegram": telegram_checks.found,
    }  # fmt: skip
    for name, look in checks.items():
        try:
            yield from look(settings)
        except WendaError as error:
            yield Finding(name, "mend", " ".join(str(error).split()), "see the line itself")
        except OSError as error:
            yield Finding(name, "mend", f"{error.filename or ''} {error.strerror or error}".strip(), "check the path and its permissions")


def _line(finding: Finding) -> str:
    mark = {"ok": "ok     ", "warning": "warning", "mend": "MEND   "}[finding.level]
    return f"{mark} {finding.check}: {finding.says}" + (f"\n        → {finding.do}" if finding.do else "")


# This machine


def _python(settings: Settings) -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Finding("python", "mend", f"SQLite {sqlite3.sqlite_version} is too old", "use a Python that is built with SQLite 3.38 or later")
    else:
        yield Finding("python", "ok", f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")


def _secrets(settings: Settings) -> Iterator[Finding]:
    env = Path(".env")
    if os.name == "posix" and env.is_file() and env.stat().st_mode & 0o044:
        yield Finding("secrets", "warning", ".env can be read by other users of this machine", "chmod 600 .env")


def _paths(settings: Settings) -> Iterator[Finding]:
    for what, folder in {"library": settings.db.parent, "added articles": settings.added_folder}.items():
        there = _existing(folder)
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as error:
            yield Finding("paths", "mend", f"{there}: the folder of the {what} cannot be written ({error.strerror})", "give its user the right to write there, or set WENDA_DB")
        else:
            yield Finding("paths", "ok", f"{folder}: can be written ({what})")


def _existing(path: Path) -> Path:
    """*path*, or the nearest folder above it that exists."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = _existing(settings.db.parent)
    free = shutil.disk_usage(folder).free
    library = settings.db.stat().st_size if settings.db.exists() else 0
    says = f"{free / 1e9:.1f} GB free at {folder}"
    if free < LEAST_FREE:
        yield Finding("disk", "mend", says, "make room: answers can no longer be kept")
    elif free < ENOUGH_FREE + 2 * library:
        yield Finding("disk", "warning", says, "a full reindex or a backup may not fit; make room for twice the library and 0.5 GB")
    else:
        yield Finding("disk", "ok", says)


def _file_system(settings: Settings) -> Iterator[Finding]:
    mounts = Path("/proc/self/mountinfo")
    if not mounts.exists():
        yield Finding("file system", "ok", "not looked at on this system; the library belongs on a disk of this machine")
        return
    kind = file_system(_existing(settings.db.parent).resolve(), mounts.read_text(encoding="utf-8", errors="replace"))
    if kind in NETWORK:
        says = f"{settings.db.parent} lies on a network file system ({kind}), where SQLite can be damaged"
        yield Finding("file system", "mend", says, "move the library to a disk of this machine: `wenda backup`, set WENDA_DB, `wenda restore`")
    else:
        yield Finding("file system", "ok", f"{kind or 'unknown'} under the library")


def file_system(path: Path, mountinfo: str) -> str:
    """The type of the file system that *path* lies on, from the text of /proc/self/mountinfo; empty where it is not there."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        place, _, source = line.partition(" - ")
        fields = place.split(" ")
        if len(fields) > 4 and source:
            mounted = Path(fields[4].replace("\\040", " "))
            if path.is_relative_to(mounted) and len(mounted.parts) >= best:
                best, kind = len(mounted.parts), source.split(" ")[0]
    return kind


def _clock(settings: Settings) -> Iterator[Finding]:
    local = datetime.now(settings.zone)
    yield Finding("clock", "ok", f"{local:%Y-%m-%d %H:%M} in {settings.timezone}, which 今天 and the age of reports go by")


# What Wenda keeps


def _library(settings: Settings) -> Iterator[Finding]:
    file = keeping.library_file(settings)
    if not file.exists() and settings.engine == "embedded":
        yield Finding("library", "warning", f"{file}: nothing has been indexed yet", "wenda reindex")
        return
    if file.exists() and (damage := _damage(file)):
        yield Finding("library", "mend", f"{file}: {damage}", "move it away, then `wenda restore FILE` or `wenda reindex`")
        return
    with Library.open(settings.db, ledger=False, cluster=settings.cluster) as library:
        holds, outdated = library.status(), library.outdated()
    says = f"{holds['articles']} articles, {holds['passages']} passages, newest {holds['newest']}, indexed {holds['indexed_at']}, engine {holds['engine']}"
    if not holds["articles"]:
        yield Finding("library", "warning", "nothing has been indexed yet", "wenda reindex")
    elif outdated:
        yield Finding("library", "warning", f"{says}; made by another version ({', '.join(outdated)})", "`wenda serve` rebuilds it by itself; or wenda reindex --full")
    else:
        yield Finding("library", "ok", says)


def _ledger(settings: Settings) -> Iterator[Finding]:
    if not settings.ledger.exists():
        return
    if damage := _damage(settings.ledger):
        yield Finding("ledger", "mend", f"{settings.ledger}: {damage}", "move it away, then `wenda restore FILE`")
        return
    ledger = Ledger.open(settings.ledger)
    try:
        answers, last = ledger.count(), ledger.get(keeping.LAST_BACKUP)
    finally:
        ledger.close()
    yield Finding("ledger", "ok", f"{answers} past answers")
    age = datetime.now(UTC) - datetime.fromisoformat(last) if last else None
    if age is None or age > BACKUP_AGE:
        yield Finding("backup", "warning", f"the last one was {age.days} days ago" if age else "there was none yet", "wenda backup FILE, best by a timer")
    else:
        yield Finding("backup", "ok", f"the last one was made {last}")


def _damage(file: Path) -> str:
    """What SQLite's quick check finds in *file*, opened for reading only; empty where all is well."""
    try:
        conn = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            result = str(conn.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            conn.close()
    except sqlite3.Error as error:
        return str(error)
    return "" if result == "ok" else result


def _corpus(settings: Settings) -> Iterator[Finding]:
    try:
        sources, skipped = corpus.scan(settings.paths)
    except WendaError as error:
        yield Finding("corpus", "mend", str(error), "set WENDA_CORPUS to the folders with your articles, or put articles there")
        return
    unread = [source.path for source in sources if not os.access(source.path, os.R_OK)]
    if unread:
        yield Finding("corpus", "mend", f"{len(unread)} files cannot be read, such as {unread[0]}", "give the user of Wenda the right to read them")
    else:
        others = f", {len(skipped)} files of other kinds" if skipped else ""
        yield Finding("corpus", "ok", f"{len(sources)} files in {', '.join(map(str, settings.paths))}{others}")


def _people(settings: Settings) -> Iterator[Finding]:
    if not settings.telegram_token:
        return
    admins, let_in = _listed(settings)
    if not admins:
        yield Finding("people", "warning", "nobody is an admin", "`wenda claim`, and send the bot the code; or set WENDA_ADMINS to your own Telegram id")
    else:
        yield Finding("people", "ok", f"{len(admins)} admins, of whom {len(admins - {*settings.admins})} were made in the chat")
    if "*" in settings.allowed:
        yield Finding("people", "ok", "everybody is answered (WENDA_ALLOWED=*)")
    elif not settings.allowed and not let_in:
        yield Finding("people", "warning", "only admins are answered", "let people in with /allow in the chat, or set WENDA_ALLOWED to chats and users, or to *")


def _listed(settings: Settings) -> tuple[frozenset[str], frozenset[str]]:
    """Who is an admin, by the settings or made in the chat, and who was let in there."""
    if not settings.ledger.exists():
        return frozenset(settings.admins), frozenset()
    ledger = Ledger.open(settings.ledger)
    try:
        people = People(ledger, settings.admins)
        return people.admins(), people.access().let_in
    finally:
        ledger.close()


def running(settings: Settings) -> dict[str, object] | None:
    """What the bot that runs on this ledger says of itself, or None where none runs."""
    if not settings.ledger.exists() or _damage(settings.ledger):
        return None
    ledger = Ledger.open(settings.ledger)
    try:
        said = json.loads(ledger.get(SERVING) or "{}")
    finally:
        ledger.close()
    at = said.get("at")
    return said if at and datetime.now(UTC) - datetime.fromisoformat(at) < BEAT else None
