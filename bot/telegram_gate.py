"""Who may, and what is meant for the bot: an update in, the one verdict on it out. Nothing here sends.

Deny by default: without `WENDA_ALLOWED` only admins are answered. A denial wins over every permission. What a person
may is looked up for every single update, so that a change holds at once; being an admin of a group gives no right here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from telegram import Chat, Message, MessageEntity, Update, User

from bot.access import Access

Verdict = Literal["allowed", "admin", "stranger", "denied"]

TELEGRAM_ITSELF = 777000
"""The account that forwards a channel's posts into its discussion group."""

UPDATES = ("message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "inline_query", "my_chat_member")
"""Exactly what is handled, and so what Telegram is asked for."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an update comes from. `user` is None where nobody stands behind it; `chat` is None for inline queries."""

    user: User | None
    chat: Chat | None

    @property
    def private(self) -> bool:
        return self.chat is None or self.chat.type == Chat.PRIVATE

    @property
    def posted(self) -> bool:
        """Whether it is a channel that speaks."""
        return self.user is None and self.chat is not None and self.chat.type == Chat.CHANNEL

    @property
    def lane(self) -> tuple[str, int]:
        """The key of the updates that must stay in order."""
        if self.chat is not None:
            return "chat", self.chat.id
        return "user", self.user.id if self.user else 0


class Gate:
    """*admins* and *allowed* are the settings; *lists* gives whom admins let in, shut out and made admins since, as it is now.

    *channels* gives the channels that an admin has confirmed; nothing else lets a channel's posts in.
    """

    def __init__(
        self, admins: Collection[str], allowed: Collection[str], lists: Callable[[], Access] = Access, channels: Callable[[], Collection[str]] = frozenset
    ) -> None:
        self._admins, self._allowed, self._lists, self._channels = frozenset(admins), frozenset(allowed), lists, channels

    def judge(self, origin: Origin) -> Verdict:
        """One answer for every kind of update."""
        now = self._lists()
        user = str(origin.user.id) if origin.user else ""
        chat = str(origin.chat.id) if origin.chat else user
        if user in now.shut_out or chat in now.shut_out:
            return "denied"
        if origin.posted:
            return "allowed" if chat in self._channels() else "stranger"
        if user in self._admins | now.admins:
            return "admin"
        if {"*", user, chat} & self._allowed or {user, chat} & now.let_in:
            return "allowed"
        return "stranger"

    def allows(self, user: int, chat: int) -> bool:
        """Whether this user is answered in this chat."""
        return self.judge(Origin(User(user, "", False), Chat(chat, Chat.PRIVATE))) in ("allowed", "admin")

    @property
    def admins(self) -> frozenset[str]:
        """Everyone who is an admin now."""
        now = self._lists()
        return (self._admins | now.admins) - now.shut_out


def origin(update: Update) -> Origin:
    """Who sent *update*, and in which chat. An anonymous group admin is nobody in particular."""
    message = update.message or update.edited_message
    if message:
        user = message.from_user
        return Origin(None if message.sender_chat or (user and user.is_bot) else user, message.chat)
    if post := update.channel_post or update.edited_channel_post:
        return Origin(None, post.chat)
    if query := update.callback_query:
        return Origin(query.from_user, query.message.chat if query.message else None)
    if inline := update.inline_query:
        return Origin(inline.from_user, None)
    if member := update.my_chat_member:
        return Origin(member.from_user, member.chat)
    return Origin(None, None)


def ignored(message: Message) -> bool:
    """Posts that nobody wrote to a bot: of other bots, of channels, forwarded by Telegram itself."""
    user, sender = message.from_user, message.sender_chat
    if sender is not None:
        return sender.id != message.chat.id
    return user is None or user.is_bot or user.id == TELEGRAM_ITSELF or bool(message.is_automatic_forward)


def addressed(message: Message, bot: User, commands: Collection[str]) -> bool:
    """Whether a message in a group is meant for *bot*: mentioned, replied to, or commanded by one of *commands*."""
    named = commanded(words(message), bot.username or "")
    if named is not None:
        return named in commands
    if message.reply_to_message and message.reply_to_message.from_user and message.reply_to_message.from_user.id == bot.id:
        return not message.reply_to_message.forum_topic_created
    return any(True for _ in _mentions(message, bot))


def commanded(text: str, username: str) -> str | None:
    """The command that *text* begins with, without slash and bot name; "" if it names another bot; None if it is none."""
    found = re.match(r"\s*[/／]([A-Za-z0-9_]{1,32})(?:[@＠](\w+))?(?=\s|$)", text)
    if not found:
        return None
    if found[2] and found[2].casefold() != username.casefold():
        return ""
    return found[1].casefold()


def question(message: Message, bot: User) -> str:
    """What was asked: the words without mentions of *bot*, a command without the bot's name."""
    text = words(message)
    units = text.encode("utf-16-le", "surrogatepass")
    for start, end in sorted(_mentions(message, bot), reverse=True):
        units = units[: 2 * start] + " ".encode("utf-16-le") + units[2 * end :]
    text = units.decode("utf-16-le", "replace").strip()
    return re.sub(rf"^([/／]\w+)[@＠]{re.escape(bot.username or '')}(?=\s|$)", r"\1", text, flags=re.IGNORECASE)


def words(message: Message) -> str:
    return message.text or message.caption or ""


def said(update: Update) -> str:
    """The words of a message, an edit or an inline query; none for other updates."""
    post = update.message or update.edited_message
    return words(post) if post else update.inline_query.query if update.inline_query else ""


def _mentions(message: Message, bot: User) -> list[tuple[int, int]]:
    """Where *bot* is mentioned, in UTF-16 units; entities that lie outside of the text are passed over."""
    units = words(message).encode("utf-16-le", "surrogatepass")
    found = []
    for entity in message.entities or message.caption_entities or ():
        start, end = entity.offset, entity.offset + entity.length
        if not 0 <= start < end <= len(units) // 2:
            continue
        if entity.type == MessageEntity.TEXT_MENTION and entity.user and entity.user.id == bot.id:
            found.append((start, end))
        name = units[2 * start : 2 * end].decode("utf-16-le", "replace")
        if entity.type == MessageEntity.MENTION and name.casefold() == f"@{bot.username}".casefold():
            found.append((start, end))
    return found
