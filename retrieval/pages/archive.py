"""What a person hands over in, its articles out: a page or document, a JSON lines file, or a ZIP archive of such files.

`opened` is the one door for whoever takes files: it never writes, and gives for each file the bytes to keep under a name
that is safe to use. A ZIP archive is read member by member, within limits of number and of bytes that really come out.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from lzma import LZMAError
from lzma import open as open_xz

from retrieval.corpus import LINES, PAGES
from retrieval.errors import PageRefused
from retrieval.pages import reader, zips
from retrieval.pages.decode import commonness
from retrieval.pages.jsonlines import read_lines
from retrieval.records import Article, Skipped

MOST_MEMBERS = 10_000
"""Members of an archive that are looked at."""

MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes that an archive may unpack to; a hundred thousand articles of the usual length."""

MOST_LINES_FILE = 64 * 1024 * 1024
"""Bytes of a JSON lines file that is handed over; larger ones are read from a folder."""

_PASSED_OVER = re.compile(r"(?:^|/)(?:__MACOSX/|\.|README|Thumbs\.db$|desktop\.ini$)")


@dataclass(frozen=True, slots=True)
class File:
    """A file that holds at least one article: the name it may be kept under, its bytes, its articles, its lines that hold none.

    `name` is relative, `/` between parts, without `..` or a drive; a reindex finds the articles in a file kept so.
    """

    name: str
    data: bytes
    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...] = ()


def opened(data: bytes, name: str, today: date | None = None) -> Iterator[File | Skipped]:
    """The files that *data*, called *name*, holds: itself, or a ZIP archive's members in their order; Skipped for what holds no article.

    Nothing is raised: a file that cannot be read is one Skipped with the reason, `path` being *name* or `archive.zip/member`.
    Reading goes on as the iterator is asked, so that a caller may stop at any member.
    """
    if not name.lower().endswith(".zip"):
        yield _file(data, name.replace("\\", "/").rpartition("/")[2] or "page.txt", name, today)
        return
    try:
        yield from (_file(each.data, each.name, f"{name}/{each.name}", today) if isinstance(each, Member) else each for each in members(data, name))
    except PageRefused as refusal:
        yield Skipped(name, str(refusal))


def _file(data: bytes, name: str, shown: str, today: date | None) -> File | Skipped:
    try:
        if name.lower().endswith(LINES):
            found = list(read_lines(_lines(data, name), name.rpartition("/")[2], today))
            articles = tuple(each for each in found if isinstance(each, Article))
            skipped = tuple(each for each in found if isinstance(each, Skipped))
            if not articles:
                return Skipped(shown, skipped[0].reason if skipped else "empty file")
            return File(name, data, articles, skipped)
        if len(data) > reader.most_bytes(name):
            return Skipped(shown, f"too large: it may have {reader.most_bytes(name) // 1024 // 1024} MiB; split it, or give it as JSON lines")
        return File(name, data, (reader.read(data, name.rpartition("/")[2], today),))
    except PageRefused as refusal:
        return Skipped(shown, str(refusal))


def _lines(data: bytes, name: str) -> Iterator[bytes]:
    """The lines of a JSON lines file. Raises PageRefused where it is damaged or unpacks to too much."""
    if not name.lower().endswith(".xz"):
        yield from data.split(b"\n")
        return
    total = 0
    try:
        with open_xz(BytesIO(data)) as file:
            for line in iter(lambda: file.readline(MOST_LINES_FILE + 1), b""):
                total += len(line)
                if total > MOST_LINES_FILE:
                    raise PageRefused(f"too large: more than {MOST_LINES_FILE // 1024 // 1024} MiB unpacked; put it into a folder of the corpus")
                yield line.rstrip(b"\r\n")
    except (LZMAError, EOFError) as error:
        raise PageRefused(f"text damaged: it cannot be unpacked ({error}); pack it again") from error


# A ZIP archive


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name made safe, and its bytes."""

    name: str
    data: bytes


def members(data: bytes, name: str, most: int = MOST_MEMBERS, unpacked: int = MOST_UNPACKED) -> Iterator[Member | Skipped]:
    """The files of a ZIP archive that may hold articles, in its order; Skipped for the others, hidden files and folders apart.

    Names are only names: what would lead out of a folder is taken off, and two members never have the same. Raises PageRefused where
    the archive cannot be opened, holds more than *most* members, or unpacks to more than *unpacked* bytes.
    """
    with zips.opened(data) as archive:
        infos = archive.infolist()
        if len(infos) > most:
            raise PageRefused(f"too large: {len(infos):,} members, an archive may have {most:,}; split it")
        left = unpacked
        taken: set[str] = set()
        for info in infos:
            called = member_name(info)
            safe = _safe(called)
            if info.is_dir() or _PASSED_OVER.search(safe):
                continue
            shown = f"{name}/{called}"
            if safe.lower().endswith(".zip"):
                yield Skipped(shown, "not text: an archive in an archive; unpack it and add it by itself")
                continue
            if not safe.lower().endswith(PAGES + LINES):
                yield Skipped(shown, reader.unread(safe) or "not a page, Markdown, HTML, Word, PDF or JSON lines file")
                continue
            try:
                most_bytes = MOST_LINES_FILE if safe.lower().endswith(LINES) else reader.most_bytes(safe)
                inside = zips.unpacked(archive, info, min(most_bytes, left))
            except PageRefused as refusal:
                if info.file_size > left:
                    raise PageRefused(f"too large: the archive unpacks to more than {unpacked // 1024 // 1024} MiB; split it") from refusal
                yield Skipped(shown, str(refusal))
                continue
            left -= len(inside)
            yield Member(_single(safe, taken), inside)


def member_name(info: zipfile.ZipInfo) -> str:
    """What a member is called: as UTF-8 where the archive says or shows so, else as a Chinese Windows wrote it (GBK or Big5)."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    raw = raw.split(b"\0")[0]
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" and (other := _decoded(raw, "big5hkscs")) and commonness(other) > commonness(name):
            return other
        return name
    return info.filename


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _safe(name: str) -> str:
    """*name* as a relative path: no drive, no root, no `..`, no control characters."""
    parts = re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", re.sub(r"[\x00-\x1f\x7f:*?\"<>|]", "_", re.sub(r"^[A-Za-z]:", "", name))))
    kept = [part.strip(" .") if set(part.strip()) <= {"."} else part.strip() for part in parts]
    return "/".join(part for part in kept if part) or "page.txt"


def _single(name: str, taken: set[str]) -> str:
    """*name*, with a number before its ending where the archive has it already (on disks that know no capitals, too)."""
    stem, dot, ending = name.rpartition(".")
    number = 1
    single = name
    while single.lower() in taken:
        number += 1
        single = f"{stem}-{number}{dot}{ending}"
    taken.add(single.lower())
    return single
