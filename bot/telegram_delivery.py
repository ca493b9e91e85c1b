"""A reply in, messages on a phone out: sent in parts, or in place of earlier ones; plain words where the HTML is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated
from telegram.ext import ExtBot

from bot import render
from bot.inbox import Inbox
from bot.replies import Block, Button, Document, Reply
from bot.telegram_limiter import Limiter

log = logging.getLogger(__name__)

VOTES = ("good:", "wish:", "off:", "num:", "old:", "askin")
"""Actions that only note something: in a group, their buttons stay buttons, all others lead to the private chat."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reply goes: a chat, the message it answers, and its topic. `silent` makes no sound.

    Buttons become links to the private chat in a group, and for a guest from the group `links_for`.
    """

    chat: int
    reply_to: int | None = None
    thread: int | None = None
    silent: bool = False
    links_for: int | None = None

    @property
    def group(self) -> int | None:
        return self.chat if self.chat < 0 else self.links_for


class Delivery:
    def __init__(self, bot: ExtBot[None], inbox: Inbox) -> None:
        self._bot, self._inbox = bot, inbox

    def carefully(self, chat: int) -> AbstractContextManager[None]:
        """Within it, *chat* gets no more than the flood limits allow, even where nothing has told that they hold."""
        limiter = self._bot.rate_limiter
        return limiter.careful(chat) if isinstance(limiter, Limiter) else nullcontext()

    async def send(self, to: Address, reply: Reply, after: int = 0, progress: Callable[[int], None] | None = None) -> tuple[int, ...]:
        """Sends all parts but the first *after*; the ids of the new messages. *progress* hears how many parts are out."""
        reply = _with_notice(reply)
        parts = _rendered(reply)
        keyboard = self._keyboard(reply, to.group)
        sent: list[int] = []
        for number, (text, plain) in enumerate(parts):
            if number < after:
                continue
            last = number == len(parts) - 1
            target = to if number == 0 else replace(to, silent=True)
            sent.append(await self._message(target, text, plain, keyboard if last else None))
            if progress and not last:
                progress(number + 1)
        if reply.picture:
            sent += await self._picture(to, reply.picture)
        if reply.document:
            sent.append(await self._document(to, reply))
        return tuple(sent)

    async def edit(self, to: Address, messages: Sequence[int], reply: Reply) -> tuple[int, ...]:
        """Puts *reply* in place of *messages*: changes, adds and deletes as needed; the ids of what shows it now."""
        reply = _with_notice(reply)
        parts = _rendered(reply)
        keyboard = self._keyboard(reply, to.group)
        shown: list[int] = []
        for number, (text, plain) in enumerate(parts):
            markup = keyboard if number == len(parts) - 1 else None
            if number < len(messages) and await self._changed(to.chat, messages[number], text, plain, markup):
                shown.append(messages[number])
            else:
                shown.append(await self._message(to, text, plain, markup))
        for surplus in messages[len(parts) :]:
            await self._deleted(to.chat, surplus)
        return tuple(shown)

    async def rebutton(self, to: Address, message: int, reply: Reply) -> None:
        """Puts the reply's buttons under a message, in place of those it has."""
        try:
            await self._bot.edit_message_reply_markup(to.chat, message, reply_markup=self._keyboard(reply, to.group))
        except BadRequest as error:
            log.info("message %s in chat %s keeps its buttons: %s", message, to.chat, error.message)

    async def _message(self, to: Address, text: str, plain: str, keyboard: InlineKeyboardMarkup | None) -> int:
        """Sends one message, with less and less decoration where Telegram refuses it; its id."""
        mode: str | None = ParseMode.HTML
        while True:
            try:
                message = await self._bot.send_message(
                    to.chat,
                    text,
                    parse_mode=mode,
                    reply_markup=keyboard,
                    message_thread_id=to.thread,
                    disable_notification=to.silent or None,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    reply_parameters=ReplyParameters(to.reply_to, allow_sending_without_reply=True) if to.reply_to else None,
                )
                return message.message_id
            except ChatMigrated as moved:
                to = replace(to, chat=moved.new_chat_id, reply_to=None)
            except BadRequest as error:
                words = error.message.lower()
                if mode and _formatting(words):
                    log.error("Telegram refuses the formatting (%s); sending plain text", error.message)
                    text, mode = plain, None
                elif keyboard and "button" in words:
                    log.error("Telegram refuses the buttons (%s); sending without", error.message)
                    keyboard = None
                elif to.thread and ("thread not found" in words or "topic" in words):
                    to = replace(to, thread=None)
                else:
                    raise

    async def _changed(self, chat: int, message: int, text: str, plain: str, keyboard: InlineKeyboardMarkup | None) -> bool:
        """Whether the message now shows *text*; False where it is gone or too old to change."""
        mode: str | None = ParseMode.HTML
        while True:
            try:
                await self._bot.edit_message_text(
                    text, chat, message, parse_mode=mode, reply_markup=keyboard, link_preview_options=LinkPreviewOptions(is_disabled=True)
                )
                return True
            except BadRequest as error:
                words = error.message.lower()
                if "not modified" in words:
                    return True
                if mode and _formatting(words):
                    log.error("Telegram refuses the formatting (%s); sending plain text", error.message)
                    text, mode = plain, None
                elif "message to edit not found" in words or "can't be edited" in words or "message_id_invalid" in words:
                    return False
                else:
                    raise

    async def _deleted(self, chat: int, message: int) -> None:
        try:
            await self._bot.delete_message(chat, message)
        except BadRequest as error:
            log.info("message %s in chat %s stays: %s", message, chat, error.message)

    async def _document(self, to: Address, reply: Reply) -> int:
        assert reply.document
        file = InputFile(reply.document.data, filename=reply.document.name)
        message = await self._bot.send_document(
            to.chat,
            file,
            message_thread_id=to.thread,
            disable_notification=True,
            reply_parameters=ReplyParameters(to.reply_to, allow_sending_without_reply=True) if to.reply_to else None,
        )
        return message.message_id

    async def _picture(self, to: Address, picture: Document) -> list[int]:
        """Sends a picture below the words; nothing where Telegram refuses it, since the words have said it."""
        try:
            message = await self._bot.send_photo(
                to.chat, InputFile(picture.data, filename=picture.name), message_thread_id=to.thread, disable_notification=True
            )
        except BadRequest as error:
            log.error("Telegram refuses the picture (%s)", error.message)
            return []
        return [message.message_id]

    def _keyboard(self, reply: Reply, group: int | None) -> InlineKeyboardMarkup | None:
        """The buttons under the last part; None for none."""
        rows = [[self._button(button, group) for button in row] for row in reply.buttons]
        return InlineKeyboardMarkup([row for row in rows if row]) if any(rows) else None

    def _button(self, button: Button, group: int | None) -> InlineKeyboardButton:
        if button.url:
            return InlineKeyboardButton(button.label, url=button.url)
        if group is not None and not button.action.startswith(VOTES):
            return InlineKeyboardButton(button.label, url=self.private_link(group, button.action))
        return InlineKeyboardButton(button.label, callback_data=button.action)

    def private_link(self, chat: int, action: str) -> str:
        """A link by which who may read *chat* gets what *action* brings in the private chat with the bot."""
        return f"https://t.me/{self._bot.username}?start={self._inbox.link(chat, action)}"


def _with_notice(reply: Reply) -> Reply:
    """Where there is no alert to show it in, a notice becomes a line."""
    if reply.notice and reply.blocks:
        return replace(reply, blocks=(*reply.blocks, Block(reply.notice, "notice")), notice=None)
    return reply


def _rendered(reply: Reply) -> list[tuple[str, str]]:
    """Each part as HTML and as plain text; plain twice where rendering fails, since a reply without form beats none."""
    plain = render.plain_parts(reply)
    try:
        marked = render.html(reply)
    except Exception:
        log.exception("a reply could not be rendered; sending plain text")
        marked = [render.escape(part) for part in plain]
    return list(zip(marked, plain, strict=True)) if len(marked) == len(plain) else [(render.escape(part), part) for part in plain]


def _formatting(words: str) -> bool:
    return "can't parse entities" in words or "entity" in words or "entities" in words
