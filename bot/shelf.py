"""The folder of added articles: a file, its bytes or an article in, where it lies there out. Nothing in it is overwritten."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from filecmp import cmp
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from retrieval import corpus, pages
from retrieval.errors import CorpusError
from retrieval.records import Article, Skipped

NAME_BYTES = 160
"""Bytes of a file's name in UTF-8; file systems take 255, and a number and an ending may follow."""

ASIDE = ".aside"
"""Where in the folder lies what was taken out of it; a name that no reindex looks into and every backup holds."""

BEGINNING = 60
"""Characters of a body that show a person whether it begins where the article does."""


@dataclass
class Taken:
    """What became of one `wenda add`: the articles that were taken in, with their files, and what was there or held none.

    `feed` is the address of the feed that they came from.
    """

    articles: list[tuple[Path, Article]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    feed: str = ""


@dataclass(frozen=True)
class Shelf:
    """The added folder. `held` gives the library's article with an id, or None."""

    folder: Path
    held: Callable[[str], Article | None]

    def copy(self, source: Path, name: str) -> tuple[Path, bool]:
        """Where *source* lies in the folder now, and whether it had to be copied; *name* is its path there, if that is free."""
        if source.resolve().is_relative_to(self.folder.resolve()):
            return source, False
        return self._put(name, lambda there: cmp(source, there, shallow=False), lambda there: shutil.copyfile(source, there))

    def keep(self, data: bytes, name: str) -> tuple[Path, bool]:
        """The same for bytes that are no file here."""
        return self._put(name, lambda there: there.read_bytes() == data, lambda there: there.write_bytes(data))

    def write(self, article: Article) -> tuple[Path, bool]:
        """The same for an article that has no file: it is written as one line of JSON, its id that of the file."""
        return self._put(f"{article.id}.jsonl", lambda there: there.read_bytes() == _line(article, there), lambda there: there.write_bytes(_line(article, there)))

    def correct(self, article: Article, at: datetime) -> bool:
        """Has the folder hold *article* as it is now, its earlier text put aside; whether anything changed."""
        there = self.place(article.id)
        if not there.is_file():
            return self.write(article)[1]
        line = _line(article, there)
        try:
            if there.read_bytes() == line:
                return False
            self._keep_aside(there, at)
            self._replace(there, lambda part: part.write_bytes(line))
        except OSError as error:
            raise CorpusError(f"{there}: cannot be corrected: {error.strerror or error}") from error
        return True

    def place(self, id: str) -> Path:
        """Where an article that came without a file lies, if nothing else had its name."""
        return self.folder / f"{safe(f'{id}.jsonl')}"

    def put_aside(self, there: Path, at: datetime) -> Path:
        """Moves a file of the folder to where no reindex looks; its place there, from which it can be brought back by hand."""
        try:
            aside = self._keep_aside(there, at)
            there.unlink()
        except OSError as error:
            raise CorpusError(f"{there}: cannot be moved aside: {error.strerror or error}") from error
        self.tidy(there.parent)
        return aside

    def _keep_aside(self, there: Path, at: datetime) -> Path:
        name = there.relative_to(self.folder)
        places = (self.folder / ASIDE / f"{at:%Y%m%d-%H%M%S}{'' if number == 1 else f'-{number}'}" / name for number in range(1, 1_000_000))
        aside = next(place for place in places if not place.exists())
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(there, aside)
        return aside

    def tidy(self, folder: Path) -> None:
        """Removes *folder* and those around it that are empty, since a reindex takes an empty one for a mistake."""
        while folder != self.folder and folder.is_relative_to(self.folder) and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def _put(self, name: str, same: Callable[[Path], bool], write: Callable[[Path], object]) -> tuple[Path, bool]:
        try:
            for there, id in self._places(name):
                if there.is_file() and same(there):
                    return there, False
                if not there.exists() and self.held(id) is None:
                    self._replace(there, write)
                    return there, True
        except OSError as error:
            raise CorpusError(f"{error.filename or self.folder}: {error.strerror or error}; the added folder is WENDA_ADDED") from error
        raise CorpusError(f"{self.folder / name}: a thousand other texts have this name; give the file another one")

    def _replace(self, there: Path, write: Callable[[Path], object]) -> None:
        """Has the file be what *write* writes, in one step."""
        there.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".wenda-", dir=there.parent) as work:  # a name that no reindex looks into
            part = Path(work) / there.name
            write(part)
            part.replace(there)

    def _places(self, name: str) -> Iterator[tuple[Path, str]]:
        """Paths in the folder for *name*, each with the id that an article there would have."""
        *folders, last = (safe(part) for part in name.split("/"))
        stem, ending = _split(last)
        for number in range(1, 1000):
            there = Path(*folders, f"{stem}{'' if number == 1 else f'-{number}'}{ending}")
            yield self.folder / there, there.stem if ending == ".jsonl" else there.as_posix()


def _line(article: Article, there: Path) -> bytes:
    """What the file *there* holds that is written for *article*, whose id becomes that of the file."""
    return f"{pages.write_line(replace(article, id=there.stem))}\n".encode("utf-8", "backslashreplace")


def safe(name: str) -> str:
    """*name* as a file may be called on every system, so that a reindex does not pass it over: letters, digits, `.`, `-`, `_`."""
    if not _split(name)[0]:
        name = f"page{name}"
    name = re.sub(r"[^\w.()-]+", "-", name).strip("-. ")
    if not re.search(r"\w", name) or name.startswith("README") or re.fullmatch(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", name):
        name = f"page-{name}".rstrip("-")
    stem, ending = _split(name)
    if len(name.encode("utf-8", "replace")) > NAME_BYTES:
        cut = stem.encode("utf-8", "replace")[: NAME_BYTES - 20].decode("utf-8", "ignore")
        stem = f"{cut}-{blake2b(name.encode('utf-8', 'replace'), digest_size=4).hexdigest()}"
    return stem + ending


def _split(name: str) -> tuple[str, str]:
    """A file's name and the ending by which it is read, if it has one."""
    ending = next((e for e in (*corpus.PAGES, *sorted(corpus.LINES, key=len, reverse=True)) if name.lower().endswith(e)), "")
    return name[: len(name) - len(ending)], ending


# What a person hands over


def take(data: bytes, name: str, shelf: Shelf) -> Taken:
    """Keeps what a person handed over: the bytes of a page, a document, a JSON lines file, or a ZIP archive of them, and its name.

    Nothing is raised for what holds no article: that is among the skipped. Raises CorpusError where the folder cannot be
    written. The library knows of it after the next reindex.
    """
    taken = Taken()
    for each in put(data, name, shelf):
        if isinstance(each, Skipped):
            taken.skipped.append(each)
            continue
        taken.skipped += each.skipped
        if each.new:
            taken.articles += [(each.there, replace(article, body=article.body[: BEGINNING + 1])) for article in each.articles]
        else:
            taken.known.append(f"{each.name}: unchanged, lies in the added folder as {each.there.relative_to(shelf.folder)}")
    return taken


@dataclass(frozen=True, slots=True)
class Put:
    """A file of what was handed over: where it lies now, whether it is new there, what it was called, its articles and its lines that hold none."""

    there: Path
    new: bool
    name: str
    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...]


def put(data: bytes, name: str, shelf: Shelf) -> Iterator[Put | Skipped]:
    """The same, file by file as the iterator is asked; those of an archive lie in a folder of its name."""
    stem = name.rpartition("/")[2][: -len(".zip")] if name.lower().endswith(".zip") else ""
    for each in pages.opened(data, name):
        if isinstance(each, Skipped):
            yield each
            continue
        called = f"{stem}/{each.name}" if stem and not each.name.startswith(f"{stem}/") else each.name
        there, new = shelf.keep(each.data, ended(called))
        yield Put(there, new, called, each.articles, each.skipped)


def ended(name: str) -> str:
    """A page is known by its content; a name without an ending would be passed over by a reindex."""
    return name if name.lower().endswith((*corpus.PAGES, *corpus.LINES)) else f"{name}.txt"
