"""An admin's commands on articles: find them, correct them, put a note under them, withdraw them, and take that back."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from bot import telling, words
from bot.handling import Handler, Request
from bot.replies import Block, Button, Reply
from bot.telling import Scene
from retrieval.errors import UsageError
from retrieval.records import Article
from retrieval.withholding import GAP

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.decisions import Decision

LISTED = 8
"""Articles on one page, with their ids: two screens of a phone."""

FOUND = 200
"""Passages that a search for articles looks at; whoever wants more than their articles needs better words."""

_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?")

Act = Literal["title", "outlet", "date", "note", "withdraw"]


class Articles:
    """What an admin gets for a command on articles."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def commands(self) -> dict[str, Handler]:
        """The commands on articles, by name."""
        names: tuple[Act, ...] = ("note", "date", "title", "outlet", "withdraw")
        return {
            "articles": lambda request: self.listed(request.rest, 1, request.scene),
        } | {name: partial(self._act, name) for name in names}

    def presses(self) -> dict[str, Handler]:
        """The buttons on articles, by verb."""
        return {"arts": self._turned}

    def _turned(self, request: Request) -> Reply:
        page, _, searched = request.rest.partition(":")
        return self.listed(searched, int(page) if page.isdecimal() else 1, request.scene)

    def listed(self, searched: str, page: int, scene: Scene) -> Reply:
        """A page of the articles with their ids: all, newest first, or those that the words searched for find, best first."""
        found = self._found(searched) if searched else None
        count = self._library.status()["articles"] if found is None else len(found)
        if not count:
            return _text(scene, "articles_none", words=searched) if searched else _text(scene, "library_empty")
        pages = -(-count // LISTED)
        page = min(max(page, 1), pages)
        first = (page - 1) * LISTED
        here = self._library.contents(first, LISTED) if found is None else self._stored(found[first : first + LISTED])
        head = scene.say("articles_found", words=searched, count=count) if searched else scene.say("sources", count=count)
        blocks = [Block(head), *(Block(_line(number, article, scene)) for number, article in enumerate(here, first + 1))]
        row = []
        if pages > 1:
            blocks.append(Block(scene.say("page_of", page=page, pages=pages), "notice"))
            steps = [(page - 1, "button_previous")] * (page > 1) + [(page + 1, "button_next")] * (page < pages)
            row = [Button(scene.say(label), action) for to, label in steps if len((action := f"arts:{to}:{searched}").encode()) <= 64]
        return Reply(tuple(blocks), (tuple(row),) if row else (), language=scene.language)

    def _act(self, name: Act, request: Request) -> Reply:
        """Does what the command says to the article whose id stands after it; the answer says how to take it back."""
        rest, visitor, scene, at = request.rest, request.visitor, request.scene, request.at
        article, said = addressed(self._library, rest)
        if article is None:
            return _text(scene, "no_such_article", id=rest.split()[0]) if rest else _text(scene, f"how_{name}")
        if not said:
            return _text(scene, f"how_{name}")
        title, who = telling.named(article, scene), visitor.user
        value = None if words.means_unknown(said) else said
        match name:
            case "withdraw":
                decision = self._library.withdraw(article.id, said, who, at)
                others = len(decision.taken) - 1
                told = [scene.say("withdrawn", title=title, reason=said)] + [scene.say("withdrawn_too", count=others)] * (others > 0)
                return Reply((Block("\n".join([*told, scene.say("undo_hint")])),), language=scene.language)
            case "note":
                self._library.annotate(article.id, value, who, at)
                told = [scene.say("note_set", title=title, note=value) if value else scene.say("note_gone", title=title)]
            case "date":
                published = _iso(value) if value else None
                if value and published is None:
                    return _text(scene, "bad_date", date=value)
                try:
                    self._library.correct(article.id, "published", published, who, at)
                except UsageError:
                    return _text(scene, "bad_date", date=value)
                told = [scene.say("date_set", title=title, old=scene.day(article.published), new=scene.day(published))]
            case _:
                self._library.correct(article.id, name, value, who, at)
                unknown = scene.say("unknown")
                told = [scene.say(f"{name}_set", title=title, old=getattr(article, name) or unknown, new=value or unknown)]
        return Reply((Block("\n".join([*told, scene.say("undo_hint")])),), language=scene.language)

    def undoable(self, now: datetime) -> datetime | None:
        decision = self._library.undoable(now)
        return decision.at if decision else None

    def undo(self, request: Request) -> Reply:
        """Takes back the latest act on an article, whoever did it, and says what it was."""
        scene = request.scene
        decision = self._library.undo(request.visitor.user, request.at)
        kind = f"{decision.kind}_name" if decision.kind == "withheld" and not decision.article else decision.kind
        what = scene.say(f"act_{kind}", title=scene.say("title", title=decision.title) if decision.title else decision.article, value=decision.value)
        blocks = [Block(scene.say("undone", what=what))]
        if missing := self._missing(decision):
            blocks.append(Block(scene.say("undone_later", ids=scene.listed(missing)), "notice"))
        return Reply(tuple(blocks), language=scene.language)

    def _missing(self, decision: Decision) -> list[str]:
        """The ids of articles that the undone act took, in whole or in part, and that could not be brought back at once."""
        held = self._library.engine.articles([each.id for each in decision.taken])
        if decision.kind == "withheld":
            return [] if self._library.rules().withheld else [id for id, article in held.items() if GAP in article.body]
        return [each.id for each in decision.taken if each.id not in held]

    def _found(self, searched: str) -> list[str]:
        hits = dict.fromkeys(hit.article_id for hit in self._library.rank(searched, FOUND))
        exact = [searched] if self._library.engine.articles([searched]) else []
        return list(dict.fromkeys([*exact, *hits]))

    def _stored(self, ids: list[str]) -> list[Article]:
        stored = self._library.engine.articles(ids)
        return [stored[id] for id in ids if id in stored]


def addressed(library: Library, rest: str) -> tuple[Article | None, str]:
    """The article whose id *rest* begins with, the longest such id, and what follows it."""
    ends = [match.start() for match in re.finditer(r"\s+|$", rest)]
    stored = library.engine.articles([rest[:end] for end in ends])
    for end in reversed(ends):
        if article := stored.get(rest[:end]):
            return article, rest[end:].strip()
    return None, ""


def _line(number: int, article: Article, scene: Scene) -> str:
    outlet = article.outlet or scene.say("no_outlet")
    key = "listed_brief" if article.kind == "brief" else "listed"
    lines = [scene.say(key, number=number, title=telling.named(article, scene), outlet=outlet, date=scene.day(article.published))]
    lines += [scene.say("note", note=article.note)] if article.note else []
    return "\n".join([*lines, scene.say("article_id", id=article.id)])


def _iso(written: str) -> str | None:
    """A date as people write it (2019年5月14日, 2019/5, 2019) as ISO, or None; whether it exists is not looked at."""
    found = _DATE.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", written)))
    return "-".join(part.zfill(2) for part in found.groups() if part) if found else None


def _text(scene: Scene, key: str, /, **values: object) -> Reply:
    return Reply((Block(scene.say(key, **values)),), language=scene.language)
