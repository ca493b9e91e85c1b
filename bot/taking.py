"""Articles that an admin sends in the chat in; in the library, once they were shown as they were read and the admin agreed, out.

add, a file, a post passed on → Draft → `drafted.told` → put right, given up, or taken in: a file in the added folder, the
corrections as decisions, and a reindex. What was taken in can be taken back out.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

from bot import drafted, telling, words_taking
from bot.admin import refused
from bot.drafts import Draft, Drafts, Field, packed
from bot.feeds import Feed
from bot.handling import Handler, Request
from bot.intake import Intake, TakenIn
from bot.posts import posted
from bot.replies import Block, Button, Message, Reply, Visitor
from bot.telling import Scene
from bot.words import means_unknown
from retrieval.errors import Cancelled, LibraryBusy, LinkFailed, PageRefused, RemovalRefused, WendaError
from retrieval.records import Article

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.admin import Desk
    from bot.feeds import Feeds
    from bot.settings import Settings
    from retrieval import Library
    from retrieval.ledger import Ledger

SPLIT = 3800
"""Characters from which a message is likely the first of several: apps cut a paste into messages of at most 4096."""

MOST = 1_000_000
"""Characters of a pasted text: a book."""

PATIENCE = 60.0
"""Seconds that an article waits for others that are taken in just now; ten posts agreed to in a row are so."""

VALUE = 200
"""Characters of a title or an outlet's name."""

KINDS = ".txt .md .html .docx .pdf .jsonl .zip"
"""Files that are read, for people."""

LINK = re.compile(r"https?://\S+", re.IGNORECASE)

_SENTENCE_ENDS = "。！？!?；;…：:”’」』）)》"


class Taking:
    """What an admin gets who takes articles in; nothing is taken in any more once *stopped* says so."""

    def __init__(self, library: Library, ledger: Ledger, settings: Settings, desk: Desk, feeds: Feeds, stopped: Callable[[], bool]) -> None:
        self._library, self._settings, self._feeds = library, settings, feeds
        self._drafts = Drafts(ledger)
        self._intake = Intake(library, ledger, settings, desk, stopped)

    def commands(self) -> dict[str, Handler]:
        return {"add": self._add}

    def presses(self) -> dict[str, Handler]:
        return {"take": self._pressed}

    def awaits(self, message: Message, visitor: Visitor, at: datetime) -> bool:
        """Whether an admin's *message* is part of an article, or what was asked about one; commands with a slash never are."""
        if not (visitor.admin and visitor.private) or message.action is not None:
            return False
        if message.file or message.post:
            return True
        text = message.text.strip()
        return bool(text) and text[0] not in "/／" and self._drafts.listening(visitor.user, at) is not None

    def take(self, request: Request) -> Reply:
        """What to say to a message that `awaits` said yes to."""
        message, owner = request.message, request.visitor.user
        if message.file:
            return self._read(self._drafts.open(owner, request.at, "file", message.file.name, message.file.data), request)
        listening = self._drafts.listening(owner, request.at)
        if message.post and not (listening and listening.awaits == "text" and message.post.outlet is None):
            return self._posted(request)
        if listening is None:
            return _text(request.scene, "take_gone")
        return self._pasted(listening, request) if listening.awaits == "text" else self._put_right(listening, request)

    # What comes in

    def _add(self, request: Request) -> Reply:
        given, owner = request.rest, request.visitor.user
        listening = self._drafts.listening(owner, request.at)
        if not given:
            if listening and listening.parts:
                return self._more(listening, request.scene)
            draft = listening if listening and listening.awaits == "text" else self._drafts.open(owner, request.at, "text", awaits="text")
            return _text(request.scene, "take_how", self._giving_up(draft, request.scene), kinds=KINDS)
        if LINK.fullmatch(given):
            return self._from_link(given, request)
        if len(request.message.text) >= SPLIT:
            return self._pasted(self._drafts.open(owner, request.at, "text", awaits="text"), replace(request, message=Message(given)))
        return self._read(self._drafts.open(owner, request.at, "text", data=given.encode("utf-8", "replace")), request)

    def _from_link(self, url: str, request: Request) -> Reply:
        from bot.adding import allowed
        from retrieval import web

        allow = allowed(self._settings.web_allow)
        try:
            found = web.fetch(url, allow=allow)
            if not web.is_feed(found):
                return self._read(self._drafts.open(request.visitor.user, request.at, "articles", url, packed([web.article(found)])), request)
            entries = list(web.feed(found, allow=allow))
        except (LinkFailed, PageRefused) as error:
            return _text(request.scene, "add_refused", reason=error)
        articles = [each for each in entries if isinstance(each, Article)]
        skipped = tuple((each.path, each.reason) for each in entries if not isinstance(each, Article))
        return self._read(self._drafts.open(request.visitor.user, request.at, "articles", url, packed(articles), feed=url, skipped=skipped), request)

    def _posted(self, request: Request) -> Reply:
        """A text that was passed on: a channel's is as the channel gave it, any other is read like a page."""
        post, owner, text = request.message.post, request.visitor.user, request.message.text
        if post is None or post.outlet is None:
            return self._read(self._drafts.open(owner, request.at, "text", data=text.encode("utf-8", "replace"), unsourced=True), request)
        try:
            article = posted(text, post)
        except PageRefused as refusal:
            return _text(request.scene, "add_refused", reason=refusal)
        return self._read(self._drafts.open(owner, request.at, "articles", post.name or "", packed([article])), request)

    def _pasted(self, draft: Draft, request: Request) -> Reply:
        text, scene = request.message.text, request.scene
        if words_taking.means_never_mind(text):
            return self._dropped(draft, scene)
        if words_taking.means_end(text):
            return self._ended(draft, request)
        so_far = draft.data.decode("utf-8")
        if len(so_far) + len(text) > MOST:
            return _text(scene, "take_large", self._collecting(draft, scene), limit=MOST)
        whole = so_far + _seam(so_far, draft.tail) + text if so_far else text
        draft = replace(draft, data=whole.encode("utf-8", "replace"), parts=draft.parts + 1, tail=len(request.message.text))
        return self._more(self._drafts.keep(draft, request.at), scene)

    def _more(self, draft: Draft, scene: Scene) -> Reply:
        return _text(scene, "take_more", self._collecting(draft, scene), parts=draft.parts, length=len(draft.data.decode("utf-8")))

    def _ended(self, draft: Draft, request: Request) -> Reply:
        if not draft.data:
            return _text(request.scene, "take_nothing", self._giving_up(draft, request.scene))
        return self._read(self._drafts.keep(replace(draft, awaits=""), request.at), request)

    # What is said about a draft

    def _read(self, draft: Draft, request: Request) -> Reply:
        """How *draft* was read; one that holds no article is told with the reason and leaves no trace."""
        try:
            reading = drafted.read(draft, self._today(request))
        except PageRefused as refusal:
            self._drafts.drop(draft)
            reason = f"{draft.name}: {refusal}" if draft.name else refusal
            return _text(request.scene, "add_refused", reason=reason)
        if not reading.articles:
            self._drafts.drop(draft)
        return drafted.told(draft, reading, self._library, request.scene)

    def _put_right(self, draft: Draft, request: Request) -> Reply:
        said, scene, name = request.message.text.strip(), request.scene, cast(Field, draft.awaits)
        if words_taking.means_never_mind(said):
            return self._read(self._drafts.keep(replace(draft, awaits=""), request.at), request)
        value: str | None = None
        if not means_unknown(said):
            value = " ".join(said.split())
            if name == "published":
                value = self._day(said, request)
                if value is None:
                    return _text(scene, "take_value_bad", self._keeping(draft, scene), date=said)
            elif len(value) > VALUE:
                return _text(scene, "take_value_long", self._keeping(draft, scene), limit=VALUE)
        corrected = replace(draft, awaits="", corrections={**draft.corrections, name: value})
        return self._read(self._drafts.keep(corrected, request.at), request)

    def _day(self, said: str, request: Request) -> str | None:
        from retrieval.pages import dates

        return dates.parse(said, self._today(request), earliest=1)[0]

    def _today(self, request: Request) -> date:
        return request.at.astimezone(self._settings.zone).date()

    # Buttons

    def _pressed(self, request: Request) -> Reply:
        act, _, key = request.rest.partition(":")
        draft = self._drafts.find(key, request.visitor.user, request.at)
        if draft is None:
            return _text(request.scene, "take_back_gone" if act == "back" else "take_gone")
        match act:
            case "in":
                return self._take_in(draft, request)
            case "back":
                return self._take_back(draft, request)
            case "drop":
                return self._dropped(draft, request.scene)
            case "end":
                return self._ended(draft, request)
            case "keep":
                return self._read(self._drafts.keep(replace(draft, awaits=""), request.at), request)
            case "title" | "outlet" | "published":
                self._drafts.keep(replace(draft, awaits=act), request.at)
                return _text(request.scene, f"take_ask_{act}", self._keeping(draft, request.scene))
        return _text(request.scene, "take_gone")

    def _dropped(self, draft: Draft, scene: Scene) -> Reply:
        self._drafts.drop(draft)
        return replace(_text(scene, "take_dropped"), edits=True)

    def _giving_up(self, draft: Draft, scene: Scene) -> Button:
        return Button(scene.say("button_take_drop"), f"take:drop:{draft.key}")

    def _collecting(self, draft: Draft, scene: Scene) -> tuple[Button, ...]:
        return Button(scene.say("button_take_end"), f"take:end:{draft.key}"), self._giving_up(draft, scene)

    def _keeping(self, draft: Draft, scene: Scene) -> Button:
        return Button(scene.say("button_take_keep"), f"take:keep:{draft.key}")

    # Into the library and out of it

    def _take_in(self, draft: Draft, request: Request) -> Reply:
        """Has the draft's articles indexed; where that fails, all is as it was and the draft stays."""
        scene, again = request.scene, Button(request.scene.say("button_take_in"), f"take:in:{draft.key}")
        try:
            with self._intake.turn(PATIENCE) as free:
                if not free:
                    return _text(scene, "take_busy", again)
                if self._drafts.find(draft.key, draft.owner, request.at) is None:  # pressed twice
                    return _text(scene, "take_gone")
                reading = drafted.read(draft, self._today(request))
                taken = self._intake.take_in(draft, reading, request.visitor.user, request.at, request.watch)
                self._drafts.drop(draft)
        except RemovalRefused as refusal:
            reply = refused(refusal, scene)
            return replace(reply, buttons=(*reply.buttons, (again,)))
        except Cancelled:
            return _text(scene, "take_cancelled", again)
        except LibraryBusy:
            return _text(scene, "take_busy", again)
        except WendaError as error:
            return _text(scene, "take_failed", again, reason=error)
        if draft.feed:
            self._feeds.remember(draft.feed, request.visitor.user, request.at)
        if taken.known:
            return _text(scene, "add_known", id=taken.known)
        receipt = self._drafts.open(request.visitor.user, request.at, "receipt", data=taken.packed(), feed=draft.feed)
        back = Button(scene.say("button_take_back"), f"take:back:{receipt.key}")
        return replace(self._told(draft, taken, reading.single, scene), buttons=((back,),))

    def _told(self, draft: Draft, taken: TakenIn, single: bool, scene: Scene) -> Reply:
        if not taken.articles:
            return _text(scene, "add_left_out", id=scene.listed(taken.files))
        hint = Block(scene.say("take_back_hint"), "notice")
        if single:
            article = taken.articles[0]
            lines = [scene.say("add_done", title=telling.named(article, scene)), scene.say("article_id", id=article.id)]
            return Reply((Block("\n".join(lines)), hint), language=scene.language)
        blocks = [Block(scene.say("take_done_many", count=len(taken.articles)))]
        if draft.feed:
            blocks.append(Block(scene.say("take_done_feed", url=draft.feed)))
        return Reply((*blocks, *drafted.left_out(taken.skipped, scene), hint), language=scene.language)

    def undoable(self, now: datetime) -> datetime | None:
        receipt = self._drafts.receipt(now)
        return receipt.at if receipt else None

    def undo(self, request: Request) -> Reply:
        """Offers to take back what was taken in last: that is a reindex, which only a button starts."""
        scene, receipt = request.scene, self._drafts.receipt(request.at)
        if receipt is None:
            return _text(scene, "nothing_to_undo")
        ids = json.loads(receipt.data)["ids"]
        stored = self._library.engine.articles(ids[:1])
        named = telling.named(next(iter(stored.values())), scene) if stored else scene.listed(ids[:1])
        what = named if len(ids) < 2 else scene.say("several_articles", title=named, count=len(ids))
        return _text(scene, "take_undo", Button(scene.say("button_take_back"), f"take:back:{receipt.key}"), what=what)

    def _take_back(self, receipt: Draft, request: Request) -> Reply:
        count = self._intake.take_back(receipt, request.visitor.user, request.at, request.watch)
        self._drafts.drop(receipt)
        if receipt.feed:
            self._feeds.forget(Feed(receipt.feed), request.visitor.user)
        return _text(request.scene, "take_back_done", count=count)


def _seam(before: str, tail: int) -> str:
    """What stands between two messages of one text: nothing where the first was full and a sentence goes on in the second."""
    return "" if tail >= SPLIT and before[-1] not in f"{_SENTENCE_ENDS}\n" else "\n"


def _text(scene: Scene, key: str, /, *rows: Button | tuple[Button, ...], **values: object) -> Reply:
    buttons = tuple((row,) if isinstance(row, Button) else row for row in rows)
    return Reply((Block(scene.say(key, **values)),), buttons, language=scene.language)
