"""A draft in, the articles in it out, and how they were read in words, so that an admin sees a slip before it is taken in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from bot import telling
from bot.drafts import FIELDS, Draft, unpacked
from bot.replies import Block, Button, Document, Reply
from bot.telling import Scene
from retrieval.errors import PageRefused
from retrieval.records import Article, Print, Skipped

if TYPE_CHECKING:
    from retrieval import Library

SHOWN = 40
"""Characters of a body's beginning and of its end that show whether it was read whole: two lines of a phone each."""

LISTED = 10
"""Articles, and files left out, of one draft that are named in the chat; longer lists of what was left out come as a file."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft holds. `single` is that it is one article, whose title, outlet and date can still be put right.

    Of several articles only the beginnings of their bodies are here.
    """

    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...] = ()
    single: bool = False


def read(draft: Draft, today: date) -> Reading:
    """The articles of *draft* as they are read. Raises PageRefused where it is one page that holds none."""
    from retrieval import pages

    if draft.kind == "articles":
        return Reading(unpacked(draft.data), tuple(Skipped(path, reason) for path, reason in draft.skipped), single=not draft.feed)
    if draft.kind == "text":
        return Reading((pages.read(draft.data, "pasted.txt", today),), single=True)
    articles: list[Article] = []
    skipped: list[Skipped] = []
    pack = is_pack(draft.name)
    for each in pages.opened(draft.data, draft.name, today):
        if isinstance(each, Skipped):
            skipped.append(each)
        else:
            articles += [replace(article, body=article.body[:SHOWN]) for article in each.articles] if pack else each.articles
            skipped += each.skipped
    if not pack and not articles:
        raise PageRefused(skipped[0].reason)
    skipped.sort(key=lambda each: each.path != draft.name)  # why the file as a whole was not read comes first
    return Reading(tuple(articles), tuple(skipped), single=not pack)


def is_pack(name: str) -> bool:
    """Whether a file of this name may hold several articles."""
    from retrieval import corpus

    return name.lower().endswith((".zip", *corpus.LINES))


def corrected(article: Article, draft: Draft) -> Article:
    """*article* as the admin put it right."""
    said: dict[str, Any] = {str(name): value for name, value in draft.corrections.items()}
    return replace(article, **said)


def told(draft: Draft, reading: Reading, library: Library, scene: Scene) -> Reply:
    """How *draft* was read, with buttons to take it in, to put it right, or to give it up."""
    if not reading.articles:
        return _listing(_reply(scene, [Block(scene.say("take_none", name=draft.name)), *left_out(reading.skipped, scene)], ()), reading.skipped)
    blocks = _single(draft, corrected(reading.articles[0], draft), library, scene) if reading.single else _several(draft, reading, library, scene)
    rows = [[Button(scene.say("button_take_in"), f"take:in:{draft.key}")]]
    if reading.single:
        rows.append([Button(scene.say(f"button_take_{name}"), f"take:{name}:{draft.key}") for name in FIELDS])
    rows.append([Button(scene.say("button_take_drop"), f"take:drop:{draft.key}")])
    return _listing(_reply(scene, blocks, rows), reading.skipped)


def _listing(reply: Reply, skipped: Sequence[Skipped]) -> Reply:
    """*reply* with the whole list of what was left out, where that is longer than a chat bears."""
    if len(skipped) <= LISTED:
        return reply
    lines = "".join(f"{each.path}\t{each.reason}\n" for each in skipped)
    return replace(reply, document=Document("skipped.txt", lines.encode("utf-8", "replace")))


def _single(draft: Draft, article: Article, library: Library, scene: Scene) -> list[Block]:
    lines = [scene.say("take_read"), *described(draft, article, scene)]
    blocks = [Block("\n".join(lines)), ends(article, scene)]
    if draft.unsourced:
        blocks.append(Block(scene.say("take_unsourced"), "notice"))
    return blocks + _beware(article, library, scene)


def described(draft: Draft, article: Article, scene: Scene) -> list[str]:
    """Title, outlet and date, and where the date is from, a line each."""
    origin = scene.say("take_by_you") if "published" in draft.corrections else article.published_origin or "-"
    return [
        scene.say("take_title", title=article.title or scene.say("unknown")),
        scene.say("take_outlet", outlet=article.outlet or scene.say("unknown")),
        scene.say("take_date", date=scene.day(article.published), origin=scene.say("take_by_post") if origin == "post" else origin),
    ]


def ends(article: Article, scene: Scene) -> Block:
    """How the body begins and ends, and how long it is."""
    first, last = article.body[:SHOWN].replace("\n", " "), article.body[-SHOWN:].replace("\n", " ")
    length = scene.say("take_length", length=len(article.body), paragraphs=len(re.findall(r"[^\n]+", article.body)))
    return Block(f"{scene.say('add_ends', first=first, last=last)}\n{length}")


def _beware(article: Article, library: Library, scene: Scene) -> list[Block]:
    """What the library holds already, or must not hold, of the same text."""
    if withdrawal := library.rules().withdrawal(article):
        title = scene.say("title", title=withdrawal.title) if withdrawal.title else withdrawal.article
        return [Block(scene.say("take_withdrawn", title=title, reason=withdrawal.value), "notice")]
    others = dict(library.engine.articles([article.id, *library.reprints_of(article)]))
    if same := [other for other in others.values() if other.content_hash == article.content_hash]:
        return [Block(scene.say("take_known", title=telling.named(same[0], scene), id=same[0].id), "notice")]
    others.pop(article.id, None)
    if not others:
        return []
    from retrieval.reprints import order

    other = others[order(Print(each.id, each.published) for each in others.values())[0].article_id]
    outlet = other.outlet or scene.say("no_outlet")
    return [Block(scene.say("take_reprint", title=telling.named(other, scene), outlet=outlet, date=scene.day(other.published), id=other.id), "notice")]


def _several(draft: Draft, reading: Reading, library: Library, scene: Scene) -> list[Block]:
    articles = reading.articles
    lines = [scene.say("take_summary", name=draft.feed or draft.name, count=len(articles))]
    for number, article in enumerate(articles[:LISTED], 1):
        outlet = article.outlet or scene.say("no_outlet")
        lines.append(scene.say("take_item", number=number, title=telling.named(article, scene), outlet=outlet, date=scene.day(article.published)))
    if len(articles) > LISTED:
        lines.append(scene.say("and_more", count=len(articles) - LISTED))
    blocks = [Block("\n".join(lines))]
    if draft.feed:
        blocks.append(Block(scene.say("take_feed"), "notice"))
    elif known := len(library.engine.articles([article.id for article in articles])):
        blocks.append(Block(scene.say("take_ids_known", count=known), "notice"))
    return blocks + left_out(reading.skipped, scene)


def left_out(skipped: Sequence[Skipped], scene: Scene) -> list[Block]:
    """What of a file was not read, and why, if anything was."""
    if not skipped:
        return []
    lines = [scene.say("take_skipped", count=len(skipped)), *(scene.say("skipped_file", path=each.path, reason=each.reason) for each in skipped[:LISTED])]
    if len(skipped) > LISTED:
        lines.append(scene.say("and_more", count=len(skipped) - LISTED))
    return [Block("\n".join(lines), "notice")]


def _reply(scene: Scene, blocks: Sequence[Block], rows: Sequence[Sequence[Button]]) -> Reply:
    return Reply(tuple(blocks), tuple(map(tuple, rows)), language=scene.language)
