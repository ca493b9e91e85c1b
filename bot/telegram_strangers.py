"""Those who are not let in: an update of theirs in, one word at most out, and their request to the admins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import telegram
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot import claiming, words
from bot.inbox import Inbox
from bot.replies import Block, Button, Language, Message, Reply, Visitor
from bot.telegram_delivery import Address, Delivery
from bot.telegram_gate import Gate, Origin, Verdict, commanded
from bot.telegram_gate import words as words_of
from bot.telegram_inline import answer_inline

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)

ASK_IN = "askin"
"""The action of the button by which a stranger asks the admins."""

Alert = Callable[[telegram.CallbackQuery, str | None], Awaitable[None]]


class Post:
    """Carries what others should read because of what was said or pressed."""

    def __init__(self, chat: Chat, gate: Gate, delivery: Delivery) -> None:
        self._chat, self._gate, self._delivery = chat, gate, delivery

    async def carry(self, reply: Reply) -> None:
        """What admins should know at once, to each of them, and every letter to whom it is for."""
        if reply.for_admins:
            for admin in sorted(self._gate.admins):
                await self.hand(admin, Reply(reply.for_admins, reply.admin_buttons, language=reply.language))
        for letter in reply.letters:
            await self.hand(letter.to, letter.reply)

    async def hand(self, to: str, reply: Reply) -> bool:
        """Whether *reply* reached the chat *to*; who has never written to the bot, or blocked it, cannot be reached."""
        try:
            await self._delivery.send(Address(int(to)), reply)
        except TelegramError as error:
            log.info("chat %s could not be told: %s", to, error.message)
            return False
        return True


class Strangers:
    def __init__(self, chat: Chat, inbox: Inbox, delivery: Delivery, pool: Executor, post: Post, alert: Alert) -> None:
        self._chat, self._inbox, self._delivery, self._pool, self._post, self._alert = chat, inbox, delivery, pool, post, alert

    def claims(self, update: telegram.Update, username: str) -> bool:
        """Whether somebody sends a claim code in private, and there is one to be sent."""
        post = update.message
        private = post is not None and post.chat.type == telegram.Chat.PRIVATE
        return private and post is not None and commanded(words_of(post), username) == "claim" and claiming.is_open(self._chat.ledger)

    async def turned_away(self, update: telegram.Update, where: Origin, verdict: Verdict, meant: bool, offered: bool) -> None:
        """No content, and one word at most: strangers are told once how to be let in, the denied nothing.

        *meant* says whether a message is for the bot, *offered* whether a pressed button stands under its message.
        """
        if query := update.callback_query:
            await self._pressed(query, where, verdict, offered)
            return
        if inline := update.inline_query:
            await answer_inline(inline, [], None)
            return
        if verdict == "denied" or where.chat is None or where.chat.type == telegram.Chat.CHANNEL or update.edited_message:
            return
        change, post = update.my_chat_member, update.message
        if post and not meant or change and not joined(change):
            return
        if self._inbox.first_told(where.chat.id):
            thread = post.message_thread_id if post and post.is_topic_message else None
            to = Address(where.chat.id, post.message_id if post else None, thread)
            await self._delivery.send(to, self._told(who_asks(where, verdict, None), where.chat.id))

    def _told(self, stranger: Visitor, id: int) -> Reply:
        """The number to be let in by, and a button that asks."""
        language = self._chat.scene(stranger).language
        said = Block(words.say(language, "stranger" if stranger.private else "stranger_group", id=id))
        if not self._chat.people.admins():
            return Reply((said,), language=language)
        return Reply((said, Block(words.say(language, "stranger_ask"))), ((Button(words.say(language, "button_ask_in"), ASK_IN),),), language=language)

    async def _pressed(self, query: telegram.CallbackQuery, where: Origin, verdict: Verdict, offered: bool) -> None:
        stranger = who_asks(where, verdict, None)
        if verdict == "stranger" and query.data == ASK_IN and offered:
            reply = await asyncio.get_running_loop().run_in_executor(self._pool, self._chat.reply, Message(action=ASK_IN), stranger)
            await self._alert(query, reply.notice)
            await self._post.carry(reply)
            return
        await self._alert(query, self._chat.scene(stranger).say("stranger_alert") if verdict == "stranger" else None)


def who_asks(where: Origin, verdict: Verdict, thread: int | None) -> Visitor:
    """Who asks. Admin rights hold in the private chat only."""
    chat = where.chat.id if where.chat else where.user.id if where.user else 0
    user = where.user.id if where.user else chat
    return Visitor(
        context=f"{chat}:{thread or 0}:{user}", user=str(user), chat=str(chat), admin=verdict == "admin" and where.private, private=where.private,
        client=client_language(where.user), name=_name(where.user), place=(where.chat.title or "") if where.chat else "",
    )  # fmt: skip


def client_language(user: telegram.User | None) -> Language | None:
    """The language a person's app is in, as far as the interface has it."""
    code = (user.language_code or "").lower() if user else ""
    if code.startswith("zh"):
        return "zh-Hant" if any(part in code for part in ("hant", "tw", "hk", "mo")) else "zh-Hans"
    return "en" if code.startswith("en") else None


def joined(change: telegram.ChatMemberUpdated) -> bool:
    """Whether the bot has just been added to a group."""
    inside = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR)
    return change.chat.type != telegram.Chat.PRIVATE and change.new_chat_member.status in inside and change.old_chat_member.status not in inside


def _name(user: telegram.User | None) -> str:
    """What a person calls themselves, with the name that others can look them up by."""
    if user is None:
        return ""
    return f"{user.full_name} @{user.username}" if user.username else user.full_name
