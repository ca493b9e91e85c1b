"""The Telegram bot as it runs: updates in (by polling or a webhook), into the durable inbox, through lanes to the reception.

An update is confirmed to Telegram only after it lies in the inbox, and forgotten there only after it was answered: a
killed bot loses none. python-telegram-bot's own Application confirms updates once they are in memory, hence this loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import signal
import time
import warnings
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from telegram import BotCommand, BotCommandScope, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, BotCommandScopeChat, Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest
from telegram.warnings import PTBUserWarning

from bot import retention, upgrading, words
from bot.commands import COMMANDS
from bot.doctor import SERVING
from bot.inbox import Inbox, Waiting
from bot.replies import Language
from bot.telegram_gate import UPDATES, Gate, Origin, origin
from bot.telegram_lanes import Job, Lanes
from bot.telegram_limiter import Limiter
from bot.telegram_limits import Limits
from bot.telegram_log import keep_secret
from bot.telegram_reception import GROUP_COMMANDS, Reception
from bot.telegram_timers import Timers
from bot.telegram_webhook import Webhook
from retrieval.errors import LibraryError, UsageError

if TYPE_CHECKING:
    from bot.chat import Chat
    from bot.metrics import Watch

log = logging.getLogger(__name__)

POLL_SECONDS = 25
"""How long Telegram may hold a poll open; routers and proxies cut what is silent for 30 s and more."""

STALLED_SECONDS = 20
"""A poll that is overdue by so much hangs on a dead connection, which is then made anew."""

POLL_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds after each failed poll in a row, the last one for ever."""

RIVAL_SECONDS = 3.0
"""The pause before polling again where another process polls with the same token."""

OUTAGE_SECONDS = 60
"""After so long without a poll, questions from before are answered as late ones."""

CLOSING_SECONDS = 20
"""How long a stopping bot finishes what it began; the rest is answered after the next start."""

THREADS = 4
"""Threads that think out replies: ranking holds the interpreter, more would only take turns."""

DAY = 86400

BEAT_SECONDS = 30
"""How often the running bot notes in the ledger that it runs."""


def serve(chat: Chat, webhook: bool = False) -> None:
    """Runs the bot until SIGINT or SIGTERM. Raises UsageError for a token that is missing or that Telegram does not know."""

    async def run() -> None:
        await TelegramBot(chat, webhook).run()

    asyncio.run(run())


class TelegramBot:
    def __init__(self, chat: Chat, webhook: bool = False) -> None:
        settings = chat.settings
        if not settings.telegram_token:
            raise UsageError("WENDA_TELEGRAM_TOKEN is not set: get a token from @BotFather and put it into .env")
        if webhook and not settings.webhook_url:
            raise UsageError("WENDA_WEBHOOK_URL is not set: give the public https address that Telegram should send updates to")
        keep_secret(settings.telegram_token)
        self._chat, self._settings = chat, settings
        self._polls = HTTPXRequest(connection_pool_size=2, proxy=settings.telegram_proxy)
        self.limiter = Limiter()
        self._bot: ExtBot[None] = ExtBot(
            settings.telegram_token,
            base_url=settings.telegram_base_url,
            base_file_url=settings.telegram_base_file_url,
            request=HTTPXRequest(connection_pool_size=64, read_timeout=20.0, pool_timeout=20.0, proxy=settings.telegram_proxy),
            get_updates_request=self._polls,
            rate_limiter=self.limiter,
        )
        self._inbox = Inbox.open(settings.ledger)
        self._lanes = Lanes(self._handle)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="reply")
        gate = Gate(settings.admins, settings.allowed, chat.people.access, chat.channels.confirmed)
        limits = Limits(settings.limit_user, settings.limit_group)
        self._reception = Reception(chat, self._bot, self._inbox, gate, self._pool, settings.zone, limits, self._behind)
        self._webhook = Webhook(self._bot, settings, self.receive, self.health) if webhook else None
        self._timers = Timers(chat, self._reception.post, lambda: self.health()[0])
        self._stopped = asyncio.Event()
        self._last_poll = time.monotonic()
        self._offset: int | None = None
        self._rival: str | None = None
        self._watch: Watch | None = None

    async def run(self) -> None:
        """Starts, serves until stopped, finishes what was begun."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, self.stop)
        chores: list[asyncio.Task[None]] = []
        try:
            if not await self._started():
                return
            self._recover()
            self._watch = self._watched()
            begun = (
                self._source(), self._menus(), self._tidy(), self._beat(), self._upgrade(), self._timers.run(), self._reception.take_up(), self._reception.fresh.run(),
            )  # fmt: skip
            chores = [asyncio.create_task(chore) for chore in begun]
            stopped = asyncio.create_task(self._stopped.wait())
            await asyncio.wait({chores[0], stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if chores[0].done():
                chores[0].result()
        finally:
            await self._close(chores)

    def stop(self) -> None:
        """Asks the bot to stop, as SIGTERM does."""
        log.info("stopping; finishing what was begun")
        self._stopped.set()

    def health(self) -> tuple[bool, str]:
        """Whether updates are coming in, and a line about it."""
        waiting = len(self._lanes)
        if self._webhook:
            return True, f"ok, webhook, {waiting} waiting"
        silent = time.monotonic() - self._last_poll
        return silent < OUTAGE_SECONDS + POLL_SECONDS, f"last poll {silent:.0f} s ago, {waiting} waiting"

    # Updates in

    def receive(self, updates: Sequence[Update]) -> None:
        """Keeps *updates* in the inbox, then hands those that are new to their lanes; what fails here was not confirmed."""
        places = self._inbox.take_in((update.update_id, json.dumps(update.to_dict(), ensure_ascii=False)) for update in updates)
        for update, place in zip(updates, places, strict=True):
            if place is not None:
                self._lanes.put(_lane(update), Job(Waiting(place, ""), update))

    def _recover(self) -> None:
        """Takes up what an earlier process received and did not answer."""
        waiting = self._inbox.waiting()
        if waiting:
            log.info("%d updates from before the start are answered first", len(waiting))
        for kept in waiting:
            try:
                update = Update.de_json(json.loads(kept.body), self._bot)
            except Exception:
                log.exception("update %s cannot be read any more", kept.place)
                self._inbox.answered(kept.place)
                continue
            self._lanes.put(_lane(update), Job(Waiting(kept.place, "", kept.sent), update))

    async def _source(self) -> None:
        if self._webhook:
            await self._webhook.serve()
            return
        await self._bot.delete_webhook(drop_pending_updates=False)
        failures = 0
        while True:
            try:
                updates = await asyncio.wait_for(
                    self._bot.get_updates(self._offset, timeout=POLL_SECONDS, allowed_updates=UPDATES), POLL_SECONDS + STALLED_SECONDS
                )
            except TimeoutError:
                self.limiter.errors["PollTimeout"] += 1
                log.warning("a poll hangs; making a new connection")
                await self._reconnect()
            except InvalidToken:
                raise _unknown_token() from None
            except Conflict as error:
                self.limiter.errors["Conflict"] += 1
                if "webhook" in error.message:
                    log.error("somebody set a webhook for this token; removing it, since this process polls")
                    with suppress(TelegramError):
                        await self._bot.delete_webhook(drop_pending_updates=False)
                else:
                    log.error("another process polls with the same token; stop it, or nobody gets all questions")
                    self._rival = datetime.now(UTC).isoformat(timespec="seconds")
                await asyncio.sleep(RIVAL_SECONDS)
            except RetryAfter as error:
                wait = error.retry_after
                await asyncio.sleep(wait if isinstance(wait, int) else wait.total_seconds())
            except (NetworkError, TelegramError) as error:
                self.limiter.errors[type(error).__name__] += 1
                pause = POLL_PAUSES[min(failures, len(POLL_PAUSES) - 1)]
                failures += 1
                log.warning("polling: %s; trying again in %.1f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
            except (KeyError, TypeError, ValueError, AttributeError):
                log.exception("Telegram sent what python-telegram-bot cannot read")
                await self._skip_one()
            else:
                failures = 0
                self._polled(updates)

    def _polled(self, updates: Sequence[Update]) -> None:
        """An answered poll: updates kept here are confirmed by the next one."""
        if time.monotonic() - self._last_poll > OUTAGE_SECONDS + POLL_SECONDS:
            self._reception.back_since = datetime.now(self._settings.zone)
        self._last_poll = time.monotonic()
        self.receive(updates)
        self._offset = updates[-1].update_id + 1 if updates else None

    async def _skip_one(self) -> None:
        """Passes over the first waiting update if it is the unreadable one, so that those behind it are answered."""
        with suppress(TelegramError), warnings.catch_warnings():
            warnings.simplefilter("ignore", PTBUserWarning)  # it recommends the very method that failed
            raw = await self._bot.do_api_request("getUpdates", {"offset": self._offset, "limit": 1, "timeout": 0})
            for update in raw if isinstance(raw, list) else []:
                try:
                    self._polled([Update.de_json(update, self._bot)])
                except (KeyError, TypeError, ValueError, AttributeError):
                    self._offset = update["update_id"] + 1

    async def _reconnect(self) -> None:
        with suppress(Exception):
            await self._polls.shutdown()
        await self._polls.initialize()

    # Answers out

    async def _handle(self, job: Job) -> None:
        await self._reception.handle(job)

    def _behind(self, where: Origin) -> int:
        return self._lanes.behind(("inline", where.user.id if where.user else 0))

    # Starting, chores, stopping

    async def _started(self) -> bool:
        """Whether the bot knows who it is; waits for the network as long as it takes, or until it is stopped."""
        start = asyncio.create_task(self._bot.initialize())
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({start, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not start.done():
            start.cancel()
            return False
        try:
            start.result()
        except InvalidToken:
            raise _unknown_token() from None
        log.info("@%s is listening (%s)", self._bot.username, "webhook" if self._webhook else "polling")
        return True

    async def _menus(self) -> None:
        """The commands in the apps' menus: for people, for groups, for each admin as long as they are one."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()

        def heard() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        self._chat.people.listeners.append(heard)
        for scope in (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
            await self._menu(scope, False)
        shown: frozenset[str] = frozenset()
        while True:
            with suppress(LibraryError):
                admins = await asyncio.to_thread(self._chat.people.admins)
                for admin in sorted(admins ^ shown):
                    await self._menu(BotCommandScopeChat(int(admin)), admin in admins)
                shown = admins
            await changed.wait()
            changed.clear()

    async def _menu(self, scope: BotCommandScope, admin: bool) -> None:
        """Sets one menu in every language; a failure costs only that."""
        for code, language in _menu_languages(self._settings.language):
            try:
                await self._bot.set_my_commands(_menu(scope, language, admin), scope=scope, language_code=code)
            except TelegramError as error:
                log.info("the menu for %s could not be set: %s", scope.type, error.message)
                break

    async def _tidy(self) -> None:
        while True:
            self._inbox.tidy(self._settings.keep_message_days or math.inf)
            await asyncio.to_thread(retention.tidy, self._settings, self._chat.ledger)
            await asyncio.sleep(DAY)

    async def _beat(self) -> None:
        """Notes in the ledger that the bot runs, for `wenda doctor`, which then need not poll to find other pollers."""
        while True:
            said = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "process": os.getpid(), "rival": self._rival}
            with suppress(LibraryError):
                await asyncio.to_thread(self._chat.ledger.put, SERVING, json.dumps(said))
            await asyncio.sleep(BEAT_SECONDS)

    async def _upgrade(self) -> None:
        """Has a library of another version made anew beside everything else, and tells the admins."""
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(upgrading.upgrade, self._chat, lambda reply: asyncio.run_coroutine_threadsafe(self._reception.post.carry(reply), loop))

    def _watched(self) -> Watch | None:
        """The metrics page, where one is wanted."""
        if not self._settings.metrics_listen:
            return None
        from bot import metrics  # costs 30 ms at the start, for those who want it

        telegram = metrics.Telegram(
            counts=self._reception.counts, health=self.health, waiting=lambda: len(self._lanes), errors=lambda: dict(self.limiter.errors), floods=lambda: self.limiter.floods,
            flood_seconds=lambda: self.limiter.flood_seconds, silent=lambda: 0.0 if self._webhook else time.monotonic() - self._last_poll,
        )  # fmt: skip
        return metrics.Watch(self._settings.metrics_listen, self._chat, telegram)

    async def _close(self, chores: list[asyncio.Task[None]]) -> None:
        """Receives no more, finishes the answers at work, confirms what was taken in."""
        self._chat.refreshing.stop()
        self._reception.break_off()
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        if self._webhook:
            await self._webhook.close()
        await self._lanes.close(CLOSING_SECONDS)
        await self._reception.close()
        if self._watch:
            self._watch.close()
        with suppress(LibraryError):
            self._chat.ledger.put(SERVING, None)
        if self._offset is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._bot.get_updates(self._offset, timeout=0, limit=1, allowed_updates=UPDATES), 5)
        with suppress(Exception):
            await self._bot.shutdown()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._inbox.close()
        log.info("stopped")


def _lane(update: Update) -> Hashable:
    """What must stay in order: a chat's messages; the presses of a person and their inline queries go beside them."""
    where = origin(update)
    if update.callback_query:
        return "press", where.user.id if where.user else 0
    if update.inline_query:
        return "inline", where.user.id if where.user else 0
    return where.lane


def _menu(scope: BotCommandScope, language: Language, admin: bool) -> list[BotCommand]:
    group = isinstance(scope, BotCommandScopeAllGroupChats)
    shown = [
        command.name
        for command in COMMANDS
        if (command.name in GROUP_COMMANDS and (command.listed or group and command.name == "ask")) or (admin and command.who == "admin")
    ]
    return [BotCommand(name, words.say(language, f"help_{name}")) for name in shown]


def _menu_languages(operator: Language) -> list[tuple[str | None, Language]]:
    """Telegram knows languages by two letters only: Chinese is the operator's kind of it."""
    return [(None, operator), ("zh", operator if operator != "en" else "zh-Hans"), ("en", "en")]


def _unknown_token() -> UsageError:
    return UsageError("WENDA_TELEGRAM_TOKEN: Telegram does not know this token; copy it anew from @BotFather")
