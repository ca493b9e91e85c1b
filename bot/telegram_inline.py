"""An answer in, what a person may pick from while typing after the bot's name out."""

from __future__ import annotations

import logging

from telegram import InlineQuery, InlineQueryResultArticle, InlineQueryResultsButton, InputTextMessageContent, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot import render, telling
from bot.replies import Block, Reply
from bot.telling import Scene
from retrieval.records import Answer, Excerpt

log = logging.getLogger(__name__)

INLINE_CACHE = 30
"""Seconds an inline answer may be kept: long enough for typing on, short enough for a reindex."""

DESCRIPTION_LENGTH = 120
"""Characters below a result's title; a phone shows two lines of them."""

TITLE_LENGTH = 100


def results(answer: Answer, scene: Scene) -> list[InlineQueryResultArticle]:
    """One result an excerpt, best first: title, outlet and date with the excerpt below; sent, it is the whole citation."""
    return [_result(number, excerpt, scene) for number, excerpt in enumerate(answer.excerpts or answer.related)]


async def answer_inline(query: InlineQuery, found: list[InlineQueryResultArticle], button: InlineQueryResultsButton | None) -> None:
    """Shows *found* below what was typed, and *button* above; nothing where the query is too old."""
    try:
        await query.answer(found, cache_time=INLINE_CACHE, is_personal=True, button=button)
    except BadRequest as error:
        log.info("an inline query was answered too late: %s", error.message)


def _result(number: int, excerpt: Excerpt, scene: Scene) -> InlineQueryResultArticle:
    article = excerpt.article
    outlet, day = article.outlet or scene.say("no_outlet"), scene.day(article.published)
    place = f"{excerpt.place} " if excerpt.place else ""
    lead = Block(excerpt.place, "lead") if excerpt.place else None
    told = Reply(telling.cited(excerpt, scene, lead), language=scene.language)
    return InlineQueryResultArticle(
        id=str(number),
        title=_cut(telling.named(article, scene), TITLE_LENGTH),
        description=_cut(f"{place}{outlet} {day}\n{render.clean(excerpt.text)}", DESCRIPTION_LENGTH),
        input_message_content=InputTextMessageContent(
            render.html(told)[0], parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
        ),
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
