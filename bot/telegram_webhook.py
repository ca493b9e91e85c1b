"""Updates by webhook: a small HTTP server behind the operator's https proxy, and a check of its health."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import tornado.httpserver
import tornado.web
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.telegram_gate import UPDATES
from bot.telegram_metrics import Health, Healthz

if TYPE_CHECKING:
    from bot.settings import Settings

log = logging.getLogger(__name__)

CHECK_SECONDS = 300
"""How often the webhook that Telegram knows is compared with ours."""

MAX_BODY = 1 << 20
"""Bytes of an update; Telegram's are well below 100 kB."""


class Webhook:
    """Listens first and registers then, so that no update meets a closed door. *receive* must keep before it returns."""

    def __init__(
        self, bot: ExtBot[None], settings: Settings, receive: Callable[[Sequence[Update]], None], health: Health
    ) -> None:
        self._bot, self._receive = bot, receive
        self._url = settings.webhook_url or ""
        self._address = settings.webhook_listen or "127.0.0.1:8443"
        self._secret = settings.webhook_secret or secrets.token_urlsafe(32)
        path = urlsplit(self._url).path or "/"
        self._server = tornado.httpserver.HTTPServer(
            tornado.web.Application(
                [("/healthz", Healthz, {"health": health}), (path, _Updates, {"webhook": self})], log_function=lambda _: None
            ),
            max_body_size=MAX_BODY,
        )  # fmt: skip

    async def serve(self) -> None:
        """Registers with Telegram and looks after the registration until cancelled."""
        host, _, port = self._address.rpartition(":")
        self._server.listen(int(port), host.strip("[]"))
        await self._register()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                info = await self._bot.get_webhook_info()
                if info.url != self._url:
                    log.error("the webhook was set to another address; setting it to ours again")
                    await self._register()
                elif info.last_error_message:
                    log.warning("Telegram reports of the webhook: %s (%d waiting)", info.last_error_message, info.pending_update_count)
            except TelegramError as error:
                log.warning("the webhook could not be checked: %s", error.message)

    async def close(self) -> None:
        """Closes the door; Telegram keeps what comes until the next start."""
        self._server.stop()
        await self._server.close_all_connections()

    async def _register(self) -> None:
        await self._bot.set_webhook(self._url, allowed_updates=UPDATES, secret_token=self._secret, drop_pending_updates=False)

    def take(self, secret: str, body: bytes) -> int:
        """The HTTP status for a delivery: 200 only once the update is kept."""
        if not hmac.compare_digest(secret.encode(), self._secret.encode()):
            return 403
        try:
            update = Update.de_json(json.loads(body), self._bot)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.exception("a delivery that is no update")
            return 400
        self._receive([update])
        return 200


class _Updates(tornado.web.RequestHandler):
    def initialize(self, webhook: Webhook) -> None:
        self.webhook = webhook

    def post(self) -> None:
        self.set_status(self.webhook.take(self.request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), self.request.body))
