"""`/add` in the chat: a link or a pasted text in; its article in the added folder and in the library, and how it was read, out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot import telling
from bot.replies import Block, Reply
from bot.telling import Scene
from retrieval.errors import LinkFailed, PageRefused, WendaError
from retrieval.records import Article

if TYPE_CHECKING:
    from bot.admin import Reindexed
    from bot.settings import Settings
    from bot.shelf import Shelf
    from retrieval import Library

SHOWN = 40
"""Characters of a body's beginning and of its end that show whether it was read whole: two lines of a phone each."""

NAMED = 20
"""Characters of a title that name the file of a pasted text."""

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


def take(given: str, library: Library, settings: Settings, reindex: Callable[[], Reindexed], scene: Scene) -> Reply:
    """Takes the article of the link or text *given* in and says how it was read and how to put that right.

    A link or text that holds no article, or is there already, is told, and nothing is changed.
    """

    from bot.shelf import Shelf  # with what reads pages; a question needs none of it

    if not given:
        return _text(scene, "how_add")
    shelf = Shelf(settings.added_folder, lambda id: library.engine.articles([id]).get(id))
    try:
        id, new = _from_link(given, settings, shelf) if _LINK.fullmatch(given) else _from_text(given, shelf)
    except (LinkFailed, PageRefused) as error:
        return _text(scene, "add_refused", reason=error)
    if not new and library.engine.articles([id]):
        return _text(scene, "add_known", id=id)
    try:
        reindex()
    except WendaError as error:
        return _text(scene, "add_waits", reason=error)
    article = library.engine.articles([id]).get(id)
    return _told(article, scene) if article else _text(scene, "add_left_out", id=id)


def _from_link(url: str, settings: Settings, shelf: Shelf) -> tuple[str, bool]:
    """The id that the page's article will have, and whether it is new in the folder."""
    from bot.adding import allowed
    from retrieval import web

    found = web.fetch(url, allow=allowed(settings.web_allow))
    there, new = shelf.write(web.article(found))
    return there.stem, new


def _from_text(text: str, shelf: Shelf) -> tuple[str, bool]:
    """The same for a text, which is kept as it was pasted."""
    from retrieval import pages

    data = text.encode("utf-8", "replace")
    read = pages.read(data, "pasted.txt")
    with TemporaryDirectory() as work:
        pasted = Path(work) / "pasted.txt"
        pasted.write_bytes(data)
        there, new = shelf.copy(pasted, f"{(read.title or read.body)[:NAMED]}.txt".replace("/", "-"))
    return there.relative_to(shelf.folder).as_posix(), new


def _told(article: Article, scene: Scene) -> Reply:
    """Title, outlet, date and where it is from, and the first and last words, so that a slip is seen at once."""
    lines = [
        scene.say("add_done", title=telling.named(article, scene)),
        scene.say("add_read", outlet=article.outlet or scene.say("no_outlet"), date=scene.day(article.published), origin=article.published_origin or "-"),
        scene.say("article_id", id=article.id),
    ]
    first, last = article.body[:SHOWN].replace("\n", " "), article.body[-SHOWN:].replace("\n", " ")
    blocks = (Block("\n".join(lines)), Block(scene.say("add_ends", first=first, last=last)), Block(scene.say("add_hint", id=article.id), "notice"))
    return Reply(blocks, language=scene.language)


def _text(scene: Scene, key: str, /, **values: object) -> Reply:
    return Reply((Block(scene.say(key, **values)),), language=scene.language)
