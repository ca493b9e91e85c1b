"""What is done with each kind of update, once the gate has judged it: `Reception.handle` is the only way in.

update → Gate.judge → message, edited message, pressed button, inline query or membership → Chat.reply → Delivery
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import telegram
from telegram.constants import ChatAction, ChatMemberStatus
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot import words
from bot.commands import COMMANDS, spoken
from bot.inbox import Exchange, Inbox, Link, digest
from bot.replies import Block, Language, Message, Reply, Visitor
from bot.telegram_delivery import Address, Delivery
from bot.telegram_fresh import Fresh
from bot.telegram_gate import Gate, Origin, Verdict, addressed, commanded, ignored, origin, question
from bot.telegram_gate import said as all_words
from bot.telegram_gate import words as words_of
from bot.telegram_inline import answer_inline, results
from bot.telegram_jobs import Asked, Jobs, is_long
from bot.telegram_lanes import Job
from bot.telegram_limits import Limits
from bot.telegram_metrics import Counts
from bot.telegram_strangers import Post, Strangers, joined, who_asks
from bot.telegram_taking import Sent
from bot.telling import Scene
from retrieval.errors import WendaError

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)

TYPING_AFTER = 0.5
"""Seconds of work before `typing` is shown: it costs a call as dear as the answer, and most answers are there sooner."""

TYPING_EVERY = 4.0
"""Telegram shows `typing` for five seconds."""

ALERT_LENGTH = 200
"""Characters of an alert (Bot API, answerCallbackQuery)."""

CALLBACK_PATIENCE = 2.0
"""Seconds a pressed button may spin before it is answered without words."""

LATE = timedelta(minutes=1)
"""A question older than this when the bot comes back is answered silently, saying when it was asked."""

EDIT_ASKS = timedelta(minutes=15)
"""An edit of a message that was never answered counts as a question for this long."""

FRAGMENT_LENGTH = 12
FRAGMENT_SECONDS = 60.0
JOINED_LENGTH = 60
"""A message without question words, at most so long and without an answer, is joined with what follows within a minute."""

QUOTED_LENGTH = 60
"""Characters of a late question that the answer repeats."""

GROUP_COMMANDS = frozenset(command.name for command in COMMANDS if command.who == "all")
"""Commands that are answered in a group; all others could be meant for somebody else."""


class Reception:
    def __init__(
        self, chat: Chat, bot: ExtBot[None], inbox: Inbox, gate: Gate, pool: Executor, zone: ZoneInfo, limits: Limits,
        behind: Callable[[Origin], int] = lambda _: 0,
    ) -> None:  # fmt: skip
        self._chat, self._bot, self._inbox, self._gate, self._pool = chat, bot, inbox, gate, pool
        self._zone, self._limits, self._behind = zone, limits, behind
        self._delivery = Delivery(bot, inbox)
        self._fragments: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._jobs = Jobs(chat, self._delivery)
        self.post = Post(chat, gate, self._delivery)
        self._strangers = Strangers(chat, inbox, self._delivery, pool, self.post, self._alert)
        self.fresh = Fresh(chat, self.post)
        self._sent = Sent(chat, bot, self._delivery, zone, self._ask)
        self.back_since = datetime.now(zone)
        self.counts = Counts()
        self.kinds: dict[str, Callable[[Job, Origin, Verdict], Awaitable[Exchange | None]]] = {
            "message": self._message,
            "edited_message": self._edited,
            "channel_post": self._posted,
            "edited_channel_post": self._posted,
            "callback_query": self._pressed,
            "inline_query": self._inline,
            "my_chat_member": self._membership,
        }

    async def handle(self, job: Job) -> None:
        """Answers one update and marks it as answered. Whatever goes wrong is logged, and the person gets a line."""
        exchange, started = None, time.monotonic()
        try:
            exchange = await self._judged(job)
        except Forbidden as error:
            log.info("update %s: %s", job.waiting.place, error.message)
        except Exception:
            log.exception("update %s could not be answered", job.waiting.place, extra={"question": all_words(job.update)})
            self.counts.errors += 1
            await self._apologise(job.update)
        self._inbox.answered(job.waiting.place, exchange)
        self.counts.took(time.monotonic() - started)

    def break_off(self) -> None:
        """Cancels the long jobs of admins, so that what ends from here on is told as broken off."""
        self._jobs.break_off()

    async def close(self) -> None:
        """Stops what admins started."""
        self._sent.close()
        await self._jobs.close()

    async def take_up(self) -> None:
        """Tells admins what an earlier process began and did not end."""
        await self._jobs.tell_broken_off()

    async def _judged(self, job: Job) -> Exchange | None:
        """The gate, in front of every kind of update."""
        where = origin(job.update)
        verdict = self._gate.judge(where)
        kind = next((kind for kind in self.kinds if getattr(job.update, kind)), None)
        if kind is None:
            return None
        self.counts.updates[kind] += 1
        if verdict in ("allowed", "admin"):
            return await self.kinds[kind](job, where, verdict)
        if verdict == "stranger" and (link := self._link(job.update)) and await self._reads(where, link):
            return await self._follow(job, where, verdict, link)
        if verdict == "stranger" and self._strangers.claims(job.update, self._bot.username):
            return await self._message(job, where, verdict)
        self.counts.turned_away += 1
        meant = job.update.message is not None and self._meant(job.update.message, where)
        offered = job.update.callback_query is not None and self._offered(job.update.callback_query)
        await self._strangers.turned_away(job.update, where, verdict, meant, offered)
        return None

    # Messages

    async def _message(self, job: Job, where: Origin, verdict: Verdict) -> Exchange | None:
        post = job.update.message
        assert post
        if not self._meant(post, where):
            return None
        if link := self._link(job.update):
            return await self._follow(job, where, verdict, link)
        asked = self._asked(post, where, verdict)
        text = question(post, self._bot.bot)
        if asked.visitor.admin and (exchange := await self._sent.took(post, text, asked)):
            return exchange
        if not words_of(post) and post.effective_attachment is not None:
            await self._delivery.send(asked.to, self._words(asked.visitor, _kind_line(post)))
            return None
        if not words_of(post) or await self._too_many(post, where, asked):
            return None
        if asked.visitor.admin and is_long(text):
            self._jobs.start(Message(text), asked)
            return None
        reply = await self._reply_to(post, text, asked)
        if reply.answer and asked.to.silent:
            reply = replace(reply, blocks=(self._late(reply.language, asked.at, text), *reply.blocks))
        to = asked.to if reply.answer or not where.private else replace(asked.to, reply_to=None)
        sent = await self._delivery.send(to, reply, job.waiting.sent, lambda parts: self._inbox.sent_part(job.waiting.place, parts))
        await self.post.carry(reply)
        return Exchange(post.chat_id, post.message_id, digest(words_of(post)), sent, reply.answer.id if reply.answer else None)

    async def _edited(self, job: Job, where: Origin, verdict: Verdict) -> Exchange | None:
        post = job.update.edited_message
        assert post
        known = self._inbox.exchange(post.chat_id, post.message_id)
        if not words_of(post) or (known and known.words == digest(words_of(post))) or not self._meant(post, where):
            return None
        asked = self._asked(post, where, verdict)
        if await self._sent.edited(asked, known):
            return None
        if known is None and (post.edit_date or asked.at) - asked.at > EDIT_ASKS:
            return None
        if await self._too_many(post, where, asked):
            return None
        reply = await self._reply_to(post, question(post, self._bot.bot), asked)
        if known and known.messages:
            messages = await self._delivery.edit(asked.to, known.messages, reply)
        else:
            messages = await self._delivery.send(asked.to, reply)
        return Exchange(post.chat_id, post.message_id, digest(words_of(post)), messages, reply.answer.id if reply.answer else None)

    def _meant(self, post: telegram.Message, where: Origin) -> bool:
        """Whether a message is for the bot at all."""
        return not ignored(post) and (where.private or addressed(post, self._bot.bot, GROUP_COMMANDS))

    def _asked(self, post: telegram.Message, where: Origin, verdict: Verdict) -> Asked:
        thread = post.message_thread_id if post.is_topic_message else None
        late = self.back_since - post.date > LATE
        return Asked(who_asks(where, verdict, thread), Address(post.chat_id, post.message_id, thread, silent=late), post.date)

    async def _reply_to(self, post: telegram.Message, text: str, asked: Asked) -> Reply:
        replied = post.reply_to_message
        shown = self._inbox.answer_shown(post.chat_id, replied.message_id) if replied else None
        context, sent_at = asked.visitor.context, asked.at.timestamp()
        begun, begun_at = self._fragments.pop(context, ("", 0.0))
        plain = not shown and commanded(text, self._bot.username) is None
        joined = bool(begun) and plain and 0 <= sent_at - begun_at <= FRAGMENT_SECONDS and len(begun) + len(text) < JOINED_LENGTH
        if joined:
            text = f"{begun} {text}"
        reply = await self._ask(Message(text, in_reply_to=shown), asked.visitor, asked.to)
        if plain and _fragment(reply) and (joined or len(text) <= FRAGMENT_LENGTH):
            self._fragments[context] = (text, sent_at)
            while len(self._fragments) > 1000:
                self._fragments.popitem(last=False)
        if joined and reply.answer and not reply.answer.rewritten:
            return replace(reply, blocks=(Block(words.say(reply.language, "follow_up", question=text)), *reply.blocks))
        return reply

    async def _too_many(self, post: telegram.Message, where: Origin, asked: Asked) -> bool:
        """Whether this question is over a limit; says so once a minute. Commands other than /ask are free."""
        said = spoken(question(post, self._bot.bot))
        if said and said.name != "ask":
            return False
        at = asked.at.timestamp()
        who = where.user.id if where.user else post.chat_id
        for kind, key in [("user", who)] + ([] if where.private else [("group", post.chat_id)]):
            seconds = self._limits.over(kind, key, at)
            if seconds:
                if self._limits.tell(kind, key, at):
                    await self._delivery.send(asked.to, self._words(asked.visitor, f"limit_{kind}", seconds=seconds))
                return True
        return False

    # From a group to the private chat

    def _link(self, update: telegram.Update) -> Link | None:
        """What a `/start KEY` in the private chat leads to, where the key is one of ours."""
        post = update.message
        if post is None or post.chat.type != telegram.Chat.PRIVATE:
            return None
        key = re.fullmatch(r"/start\s+([A-Za-z0-9_-]{10,64})", words_of(post).strip())
        return self._inbox.follow(key[1]) if key else None

    async def _reads(self, where: Origin, link: Link) -> bool:
        """Whether this person may read what was said in the link's group: the group is let in, and they are in it now."""
        if where.user is None or not self._gate.allows(where.user.id, link.chat):
            return False
        try:
            member = await self._bot.get_chat_member(link.chat, where.user.id)
        except TelegramError as error:
            log.info("cannot tell who is in chat %s: %s", link.chat, error.message)
            return False
        if isinstance(member, telegram.ChatMemberRestricted):
            return member.is_member
        return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)

    async def _follow(self, job: Job, where: Origin, verdict: Verdict, link: Link) -> Exchange | None:
        """More text for one reader: what a button under an answer in a group brings, in the private chat."""
        post = job.update.message
        assert post and where.user
        asked = self._asked(post, where, verdict)
        if verdict != "stranger" and link.chat < 0 and not await self._reads(where, link):
            await self._delivery.send(asked.to, self._words(asked.visitor, "link_not_yours"))
            return None
        reply = await self._ask(Message(action=link.action), replace(asked.visitor, chat=str(link.chat)), asked.to)
        await self._delivery.send(replace(asked.to, reply_to=None, links_for=link.chat), reply)
        return None

    # Buttons

    async def _pressed(self, job: Job, where: Origin, verdict: Verdict) -> Exchange | None:
        query = job.update.callback_query
        assert query
        message = query.message
        if message is None or query.data is None or not self._offered(query):
            await self._alert(query, self._say(where, "button_gone"))
            return None
        thread = message.message_thread_id if isinstance(message, telegram.Message) and message.is_topic_message else None
        visitor = who_asks(where, verdict, thread)
        to = Address(message.chat.id, None, thread)
        if visitor.admin and is_long(query.data):
            await self._alert(query)
            await self._delivery.rebutton(to, message.message_id, Reply())  # pressed once is enough
            self._jobs.start(Message(action=query.data), Asked(visitor, to, datetime.now(self._zone)))
            return None
        work = asyncio.ensure_future(self._ask(Message(action=query.data), visitor, to))
        done, _ = await asyncio.wait({work}, timeout=CALLBACK_PATIENCE)
        if not done:
            await self._alert(query)
        reply = await work
        await self.post.carry(reply)
        alone = not reply.blocks and not reply.document
        fits = reply.notice is not None and len(reply.notice) <= ALERT_LENGTH
        if not where.private and not (alone and not reply.buttons):
            await self._alert(query, url=self._delivery.private_link(message.chat.id, query.data))
            return None
        if done:
            await self._alert(query, reply.notice if fits else None)
            reply = replace(reply, notice=None) if fits else reply
        if alone and reply.edits and reply.buttons:
            await self._delivery.rebutton(to, message.message_id, reply)
        elif reply.edits and reply.blocks:
            shown = await self._delivery.edit(to, [message.message_id], reply)
            self._inbox.note_reply(to.chat, shown, reply.answer.id if reply.answer else None)
        elif reply.blocks or reply.document or reply.notice:
            shown = await self._delivery.send(replace(to, reply_to=message.message_id), reply)
            self._inbox.note_reply(to.chat, shown, reply.answer.id if reply.answer else None)
        return None

    def _offered(self, query: telegram.CallbackQuery) -> bool:
        """Whether the pressed button stands, or stood, under that message; a client could send anything."""
        message = query.message
        if isinstance(message, telegram.Message) and message.is_accessible:
            rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
            return any(button.callback_data == query.data for row in rows for button in row)
        if message is None:
            return False
        shown = self._inbox.answer_shown(message.chat.id, message.message_id)
        return shown is not None and shown in (query.data or "").split(":")

    async def _alert(self, query: telegram.CallbackQuery, text: str | None = None, url: str | None = None) -> None:
        try:
            await query.answer(text, show_alert=bool(text) or None, url=url)
        except BadRequest as error:
            log.info("a pressed button was answered too late: %s", error.message)

    # Inline queries and membership

    async def _inline(self, job: Job, where: Origin, verdict: Verdict) -> Exchange | None:
        query = job.update.inline_query
        assert query
        if self._behind(where):
            return None
        text = query.query.strip()
        visitor = who_asks(where, verdict, None)
        scene = self._chat.scene(visitor, text)
        found = await asyncio.get_running_loop().run_in_executor(self._pool, self._looked_up, text, scene) if text else []
        hint = telegram.InlineQueryResultsButton(scene.say("inline_none" if text else "inline_hint"), start_parameter="inline")
        await answer_inline(query, found, None if found else hint)
        return None

    def _looked_up(self, text: str, scene: Scene) -> list[telegram.InlineQueryResultArticle]:
        try:
            return results(self._chat.look_up(text), scene)
        except WendaError as error:
            log.info("an inline query found nothing: %s", error)
            return []

    async def _membership(self, job: Job, where: Origin, verdict: Verdict) -> Exchange | None:
        """Added to a group: says how to be used there; to a channel: asks the admins. Blocked, unblocked, removed: nothing to say."""
        change = job.update.my_chat_member
        assert change
        if change.chat.type == telegram.Chat.CHANNEL:
            await self.fresh.membership(change, str(change.from_user.id))
        elif joined(change):
            await self._delivery.send(Address(change.chat.id), self._words(who_asks(where, verdict, None), "group_hello", name=self._bot.username))
        log.info("chat %s: the bot is now %s", change.chat.id, change.new_chat_member.status)
        return None

    async def _posted(self, job: Job, where: Origin, verdict: Verdict) -> Exchange | None:
        """A post of a channel that an admin has confirmed, or an edit of one."""
        if post := job.update.channel_post or job.update.edited_channel_post:
            await self.fresh.posted(post, edited=job.update.channel_post is None)
        return None

    # Asking, and words of the bot's own

    async def _ask(self, message: Message, visitor: Visitor, to: Address) -> Reply:
        """The reply, thought out on another thread; `typing` is shown once it takes long."""
        work = asyncio.get_running_loop().run_in_executor(self._pool, self._chat.reply, message, visitor)
        done, _ = await asyncio.wait({work}, timeout=TYPING_AFTER)
        if not done:
            typist = asyncio.create_task(self._type(to))
            try:
                await asyncio.wait({work})
            finally:
                typist.cancel()
        return await work

    async def _type(self, to: Address) -> None:
        while True:
            try:
                await self._bot.send_chat_action(to.chat, ChatAction.TYPING, message_thread_id=to.thread)
            except TelegramError as error:
                log.info("typing could not be shown: %s", error.message)
            await asyncio.sleep(TYPING_EVERY)

    def _words(self, visitor: Visitor, key: str, **values: object) -> Reply:
        language = self._chat.scene(visitor).language
        return Reply((Block(words.say(language, key, **values)),), language=language)

    def _say(self, where: Origin, key: str) -> str:
        return self._chat.scene(who_asks(where, "stranger", None)).say(key)

    def _late(self, language: Language, at: datetime, text: str) -> Block:
        """When the question was asked that is answered late: 刚恢复,您昨天21:14问的是……"""
        local, today = at.astimezone(self._zone), datetime.now(self._zone).date()
        day = {0: "today", 1: "yesterday"}.get((today - local.date()).days)
        when = words.say(language, f"late_{day}", time=f"{local:%H:%M}") if day else words.say(
            language, "late_day", date=words.date(language, local.date().isoformat()), time=f"{local:%H:%M}"
        )  # fmt: skip
        quoted = text if len(text) <= QUOTED_LENGTH else text[:QUOTED_LENGTH] + words.say(language, "ellipsis")
        return Block(words.say(language, "late", when=when, question=quoted))

    async def _apologise(self, update: telegram.Update) -> None:
        where = origin(update)
        try:
            if update.callback_query:
                await self._alert(update.callback_query, self._say(where, "apology"))
            elif update.message and where.chat:
                visitor = who_asks(where, "stranger", None)
                thread = update.message.message_thread_id if update.message.is_topic_message else None
                await self._delivery.send(Address(where.chat.id, update.message.message_id, thread), self._words(visitor, "apology"))
        except Exception as error:
            log.error("not even an apology arrived: %s", error)


def _fragment(reply: Reply) -> bool:
    """Whether what was said held no question yet: no answer came, and it asked for nothing in particular."""
    answer = reply.answer
    return answer is not None and answer.status != "answered" and answer.answer_type is None and answer.message is None


def _kind_line(post: telegram.Message) -> str:
    if post.voice or post.audio or post.video_note:
        return "media_voice"
    if post.sticker or post.dice:
        return "media_sticker"
    return "media_photo" if post.photo or post.video or post.animation else "media_other"

