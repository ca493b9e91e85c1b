"""`wenda add`: a file, a folder, an archive, a link or a feed in; its articles in the added folder and in the library out.

Files are copied as they are. What came over the web is written as JSON lines, one file an article, so that its address,
date and people stay with it. Nothing that lies in the folder is overwritten: what is there already is named, and another
text under the same name gets a name of its own.
"""

from __future__ import annotations

import argparse
import lzma
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv6Address, ip_network
from pathlib import Path

from bot import admin, render
from bot.chat import Chat
from bot.replies import Visitor
from bot.settings import Settings
from bot.shelf import BEGINNING, Shelf, Taken, ended, safe, take
from retrieval import Library, corpus, pages, web
from retrieval.errors import CorpusError, PageRefused, UsageError, WendaError
from retrieval.ledger import Ledger
from retrieval.records import Article, Skipped

SHOWN = 5
"""Articles of one file, folder or feed that are told one by one; of the others only the number."""

MOST_ARCHIVE = 128 * 1024 * 1024
"""Bytes of an archive that is taken in, as it is packed."""

_LINK = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def add(settings: Settings, given: argparse.Namespace) -> int:
    """Takes in what `given.source` names and brings the library up to date; 1 where no article was found.

    Raises CorpusError, PageRefused or LinkFailed where it cannot be read, and then nothing was changed; CorpusError too
    where the articles lie in the added folder but the library could not be brought up to date.
    """
    if not given.source.strip():
        raise UsageError("wenda add takes a file, a folder, or a link that begins with http:// or https://")
    with Library.open(settings.db, ledger=False, cluster=settings.cluster) as library:
        shelf = Shelf(settings.added_folder, lambda id: library.engine.articles([id]).get(id))
        taken = _from_link(given.source, settings, shelf) if _LINK.match(given.source) else _from_path(Path(given.source), shelf)
        _tell(taken)
        if not (taken.articles or taken.known):
            return 1
        _reindex(settings, library, taken.feed)
    return 0


def _reindex(settings: Settings, library: Library, feed: str) -> None:
    ledger = Ledger.open(settings.ledger)
    try:
        chat = Chat(library, ledger, settings)
        done = chat.desk.reindex()
        if feed:
            chat.feeds.remember(feed, "local", chat.now())
        print(render.plain(admin.reported(done, chat.scene(Visitor(context="", admin=True)))))
    except WendaError as error:
        raise CorpusError(f"the articles lie in {settings.added_folder}, but are not in the library yet: {error}; see to it, then run `wenda reindex`") from error
    finally:
        ledger.close()


# Files


def _from_path(path: Path, shelf: Shelf) -> Taken:
    if not (path.is_dir() or path.is_file()):
        raise CorpusError(f"{path}: no such file or folder (a link begins with http:// or https://)")
    if path.is_file() and path.name.lower().endswith(".zip"):
        return _from_archive(path, shelf)
    sources, skipped = corpus.scan([path])
    taken = Taken(skipped=list(skipped))
    for source in sources:
        try:
            _file(Path(source.path), f"{safe(path.resolve().name)}/{source.name}" if path.is_dir() else source.name, source.lines, shelf, taken)
        except (OSError, EOFError, lzma.LZMAError) as error:
            _refused(CorpusError(f"{source.path}: cannot be read: {getattr(error, 'strerror', None) or error}"), source.path, path, taken)
        except PageRefused as refusal:
            _refused(PageRefused(f"{source.path}: {refusal}"), source.path, path, taken)
    return taken


def _from_archive(path: Path, shelf: Shelf) -> Taken:
    try:
        if path.stat().st_size > MOST_ARCHIVE:
            raise PageRefused(f"{path}: too large: an archive may have {MOST_ARCHIVE // 1024 // 1024} MiB; split it, or unpack it and add the folder")
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror or error}") from error
    taken = take(data, path.name, shelf)
    if [skipped.path for skipped in taken.skipped] == [path.name] and not (taken.articles or taken.known):
        raise PageRefused(f"{path}: {taken.skipped[0].reason}")
    if not (taken.skipped or taken.articles or taken.known):
        raise PageRefused(f"{path}: no article body: the archive holds no files")
    return taken


def _refused(error: WendaError, source: str, path: Path, taken: Taken) -> None:
    """A file given by itself that holds no article is an error; one in a folder is passed over."""
    if path.is_file():
        raise error
    taken.skipped.append(Skipped(source, str(error).removeprefix(f"{source}: ")))


def _file(path: Path, name: str, lines: bool, shelf: Shelf, taken: Taken) -> None:
    found = _read_lines(path, taken) if lines else [_read_page(path)]
    there, new = shelf.copy(path, ended(name))
    if new:
        taken.articles += [(there, article) for article in found]
    else:
        taken.known.append(f"{path}: unchanged, lies in the added folder as {there.relative_to(shelf.folder) if there.is_relative_to(shelf.folder) else there}")


def _read_page(path: Path) -> Article:
    if path.stat().st_size > (most := pages.most_bytes(path.name)) and not pages.unread(path.name):
        raise PageRefused(f"too large: it may have {most // 1024 // 1024} MiB; split it, or give it as JSON lines")
    return pages.read(path.read_bytes(), path.name)


def _read_lines(path: Path, taken: Taken) -> list[Article]:
    """The articles of a JSON lines file, without their bodies' weight; its bad lines are passed over."""
    found, bad = [], []
    for each in pages.read_lines(corpus.lines(str(path)), path.name):
        if isinstance(each, Skipped):
            bad.append(each)
        else:
            found.append(replace(each, body=each.body[: BEGINNING + 1]))
    if not found:
        raise PageRefused(bad[0].reason if bad else "empty file")
    taken.skipped += bad
    return found


# Links


def _from_link(url: str, settings: Settings, shelf: Shelf) -> Taken:
    allow = allowed(settings.web_allow)
    found = web.fetch(url, allow=allow)
    taken = Taken(feed=url if web.is_feed(found) else "")
    articles: Iterable[Article | Skipped] = web.feed(found, allow=allow) if web.is_feed(found) else [web.article(found)]
    for article in articles:
        if isinstance(article, Skipped):
            taken.skipped.append(article)
            continue
        there, new = shelf.write(article)
        if new:
            taken.articles.append((there, article))
        else:
            taken.known.append(f"{article.url or article.id}: unchanged, lies in the added folder as {there.name}")
    return taken


def allowed(others: Iterable[str]) -> web.Allow:
    """Which addresses may be read: the public ones, and those of the networks *others*."""
    networks = [ip_network(other) for other in others]

    def allow(address: web.Address) -> bool:
        plain = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
        return web.public(address) or any(plain in network for network in networks)

    return allow


# What a person is told


def _tell(taken: Taken) -> None:
    for there, article in taken.articles[:SHOWN]:
        print(render.clean(f"added: {there}"), *_how(article), sep="\n  ")
    if len(taken.articles) > SHOWN:
        print(f"and {len(taken.articles) - SHOWN} more articles")
    for line in taken.known[:SHOWN]:
        print(render.clean(line))
    if len(taken.known) > SHOWN:
        print(f"and {len(taken.known) - SHOWN} more that were there already")
    for skipped in taken.skipped[: admin.LISTED]:
        print(render.clean(f"wenda: skipped {skipped.path}: {skipped.reason}"), file=sys.stderr)
    if len(taken.skipped) > admin.LISTED:
        print(f"wenda: skipped {len(taken.skipped) - admin.LISTED} more files", file=sys.stderr)


def _how(article: Article) -> list[str]:
    """How an article was read, for a person who wants to see at a glance whether that is right."""
    beginning = article.body[:BEGINNING].replace("\n", " ")
    lines = [
        f"title: {article.title or 'unknown'}",
        f"outlet: {article.outlet or 'unknown'}",
        f"date: {article.published or 'unknown'} ({article.published_origin or 'none'})",
        f"begins: {beginning}{'…' if len(article.body) > BEGINNING else ''}",
    ]
    return [render.clean(line) for line in lines]
