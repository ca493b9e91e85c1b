"""Backup and restore: what cannot be rebuilt goes into one archive while everything runs, and comes back from it.

backup:  library file + ledger file (SQLite's online backup, one step each) + the folder of added articles → FILE
restore: FILE → unpacked beside the library, checked → through SQLite into the two files, the folder put in place
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import IO, Any

from bot.inbox import Inbox
from bot.settings import Settings, starter_corpus
from retrieval.errors import LibraryError, UsageError, WendaError
from retrieval.ledger import Ledger
from retrieval.store import Store

FORMAT = 1
"""The archive's layout; a restore refuses a higher one."""

LIBRARY, LEDGER, ADDED, MANIFEST = "library.db", "ledger.db", "added", "manifest.json"
"""The archive's members; the manifest comes last and has the SHA-256 of every other one."""

LAST_BACKUP = "last_backup"
"""The ledger's value that says when the last backup was made, in ISO form."""


class ArchiveError(WendaError):
    """The archive cannot be written or read; nothing was restored."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an archive holds: when it was made, by which version, how much of what."""

    made: str
    version: str
    articles: int
    answers: int
    added: int

    @property
    def line(self) -> str:
        return f"{self.articles} articles, {self.answers} past answers, {self.added} added files, made {self.made}"


def back_up(settings: Settings, given: argparse.Namespace) -> int:
    """`wenda backup FILE`: writes the archive, then says what it holds and what it does not."""
    target = Path(given.file)
    kept = pack(settings, target)
    print(f"{target}: {kept.line} ({_size(target.stat().st_size)})")
    print("not in it:", *not_held(settings), sep="\n  ")
    return 0


def restore(settings: Settings, given: argparse.Namespace) -> int:
    """`wenda restore FILE`: brings library, ledger and added articles to the state of the archive."""
    kept, aside = unpack(settings, Path(given.file))
    print(f"restored: {kept.line}")
    for path in aside:
        print(f"kept what was there before: {path}")
    print("not in the backup, see to it yourself:", *not_held(settings), sep="\n  ")
    print("next: `wenda doctor`, then `wenda reindex`")
    return 0


def not_held(settings: Settings) -> list[str]:
    """What a backup leaves out, one line each."""
    corpus = [str(path) for path in settings.corpus if path != starter_corpus()]
    lines = [f"the corpus: {', '.join(corpus)} (copy these folders yourself)"] if corpus else []
    if settings.engine == "opensearch":
        lines.append("the index in the cluster (`wenda reindex` builds it again)")
    return [*lines, "the settings: .env and the bot's token", f"the console's history: {settings.db.name}.history"]


def library_file(settings: Settings) -> Path:
    """The file of what was read of the corpus: the library, or what a library in a cluster remembers on this machine."""
    return settings.db if settings.engine == "embedded" else settings.db.with_name(settings.db.name + ".cluster")


# Backup


def pack(settings: Settings, target: Path) -> Kept:
    """Writes the archive to *target* at once or not at all, readable by its owner only; others may go on reading and writing.

    The library is taken before the folder of added articles, so that no article is in the library and not in the
    folder. Both copies pass SQLite's integrity check before the archive counts. Raises ArchiveError, or LibraryError
    where there is nothing to save.
    """
    if not (library := library_file(settings)).exists():
        raise LibraryError(f"{library}: there is no library to back up; run `wenda reindex` first, or give --db FILE")
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wenda-", dir=target.parent) as folder:
            return _packed(settings, Path(folder), target)


def _packed(settings: Settings, work: Path, target: Path) -> Kept:
    store, ledger = Store.open(library_file(settings)), Ledger.open(settings.ledger)
    try:
        store.backup(work / LIBRARY)
        ledger.back_up(work / LEDGER)
        articles, answers = checked(work / LIBRARY, "origins"), checked(work / LEDGER, "answers")
        part, digests = work / "archive", {}
        with part.open("xb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
            part.chmod(0o600)
            for name in (LIBRARY, LEDGER):
                with (work / name).open("rb") as copy:
                    digests[name] = hashlib.file_digest(copy, "sha256").hexdigest()
                archive.add(work / name, name)
            for name, data, at in _added(settings.added_folder):
                digests[name] = hashlib.sha256(data).hexdigest()
                _put(archive, name, data, at)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            kept = Kept(made, release(), articles, answers, len(digests) - 2)
            fields = {"format": FORMAT, "made": made, "version": kept.version, "articles": articles, "answers": answers, "sha256": digests}
            _put(archive, MANIFEST, json.dumps(fields, ensure_ascii=False, indent=1).encode(), time.time())
        _flush(part)
        part.replace(target)
        ledger.put(LAST_BACKUP, made)
        return kept
    finally:
        store.close()
        ledger.close()


def _added(folder: Path) -> Iterator[tuple[str, bytes, float]]:
    """Every file of the folder of added articles, sidecars and hidden ones too: its name in the archive, bytes, time."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield f"{ADDED}/{path.relative_to(folder).as_posix()}", path.read_bytes(), path.stat().st_mtime


def _put(archive: tarfile.TarFile, name: str, data: bytes, at: float) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(data), int(at), 0o600
    archive.addfile(member, io.BytesIO(data))


def checked(path: Path, table: str) -> int:
    """How many rows *table* has in a copy that passes SQLite's integrity check. Raises LibraryError where it does not."""
    conn = sqlite3.connect(path)
    try:
        problem = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if problem != "ok":
            raise LibraryError(f"{path.name}: SQLite finds damage ({problem})")
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{path.name}: SQLite finds damage ({error})") from error
    finally:
        conn.close()


# Restore


def unpack(settings: Settings, source: Path) -> tuple[Kept, list[Path]]:
    """Brings back what *source* holds; also where what was there before was put: the ledger and the added articles.

    Everything is unpacked and checked first: an archive that is damaged, or written by a newer version, changes
    nothing. Raises ArchiveError, LibraryError or LibraryOutdated.
    """
    if not source.is_file():
        raise UsageError(f"{source}: no such file")
    with _told(settings.db):
        settings.db.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wenda-", dir=settings.db.parent) as folder:
            return _restored(settings, source, Path(folder))


def _restored(settings: Settings, source: Path, work: Path) -> tuple[Kept, list[Path]]:
    manifest = _extracted(source, work)
    articles, answers = checked(work / LIBRARY, "origins"), checked(work / LEDGER, "answers")
    added = work / ADDED
    kept = Kept(manifest["made"], manifest["version"], articles, answers, len(manifest["sha256"]) - 2)
    # Opening brings an older file up to date and refuses one of a newer version, before anything is touched.
    Store.open(work / LIBRARY).close()
    Ledger.open(work / LEDGER).close()
    inbox = Inbox.open(work / LEDGER)
    inbox.give_up()  # an old backup must not make the bot answer questions that it answered long ago
    inbox.close()
    aside: list[Path] = []
    store, ledger = Store.open(library_file(settings)), Ledger.open(settings.ledger)
    try:
        if ledger.count():
            aside.append(_free(settings.ledger))
            ledger.back_up(aside[-1])
            aside[-1].chmod(0o600)
        store.restore(work / LIBRARY)
        ledger.restore(work / LEDGER)
    finally:
        store.close()
        ledger.close()
    here = settings.added_folder
    if here.is_dir() and any(here.iterdir()):
        aside.append(_free(here))
        shutil.move(here, aside[-1])
    if added.is_dir():
        shutil.copytree(added, here, dirs_exist_ok=True)
    return kept, aside


def _extracted(source: Path, work: Path) -> dict[str, Any]:
    """The archive's members in *work*, each as the manifest says; the manifest."""
    digests: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                data = archive.extractfile(member)
                if not member.isfile() or data is None or not _expected(member.name):
                    raise ArchiveError(f"{source}: holds {member.name!r}, which no backup of Wenda does; nothing was restored")
                if member.name == MANIFEST:
                    manifest = json.loads(data.read())
                    continue
                digests[member.name] = _written(data, work / member.name, member.mtime)
    except (tarfile.TarError, EOFError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ArchiveError(f"{source}: not a backup of Wenda, or damaged ({error}); nothing was restored") from error
    if manifest.get("format", 0) > FORMAT:
        raise ArchiveError(f"{source}: made by a newer version of Wenda ({manifest.get('version')}); upgrade Wenda, nothing was restored")
    if manifest.get("sha256") != digests or not {LIBRARY, LEDGER} <= set(digests):
        raise ArchiveError(f"{source}: not whole, or changed since it was made; nothing was restored")
    return manifest


def _expected(name: str) -> bool:
    parts = PurePosixPath(name).parts
    inside = len(parts) > 1 and parts[0] == ADDED and ".." not in parts and "\\" not in name
    return name in (LIBRARY, LEDGER, MANIFEST) or inside


def _written(data: IO[bytes], path: Path, at: float) -> str:
    """The SHA-256 of what was written to *path*; the file has the time it had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as file:
        while block := data.read(1 << 20):
            digest.update(block)
            file.write(block)
    os.utime(path, (at, at))
    return digest.hexdigest()


def _free(path: Path) -> Path:
    """A name beside *path* that nothing has yet: when it was put aside."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    names = (path.with_name(f"{path.name}.before-restore-{stamp}{'' if not n else f'-{n}'}") for n in range(1000))
    return next(name for name in names if not name.exists())


def _flush(path: Path) -> None:
    """Has the disk hold what was written, so that a power cut after the rename leaves a whole archive."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{error.filename or path}: {error.strerror or error}") from error


def release() -> str:
    """The version of Wenda that is running."""
    try:
        return version("wenda")
    except PackageNotFoundError:
        return "from a checkout"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
