"""What `wenda doctor` asks Telegram: settings in, findings about the token, the way there, webhook, pollers and modes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot import doctor
from bot.doctor import Finding
from bot.settings import Settings
from bot.telegram_log import keep_secret

TIMEOUT = 10.0
"""Seconds for a connection and an answer; what takes longer is too slow for a chat."""

RIVAL_POLL = 6
"""Seconds of a poll that another poller's next one breaks off: clients poll again within a few seconds."""

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")

Json = dict[str, Any]


class _Refused(Exception):
    """Telegram's error: its number and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def found(settings: Settings) -> Iterator[Finding]:
    """The findings, one after the other; where Telegram cannot be reached, that is the last one."""
    token = settings.telegram_token
    if not token:
        yield Finding("token", "warning", "WENDA_TELEGRAM_TOKEN is not set; only the console works", "get a token from @BotFather and put it into .env")
        return
    keep_secret(token)
    if not _TOKEN.fullmatch(token):
        yield Finding("token", "mend", "WENDA_TELEGRAM_TOKEN does not look like a token (digits, a colon, letters)", "copy it anew from @BotFather, without quotation marks")
        return
    try:
        with _Telegram(settings) as telegram:
            yield from _asked(settings, telegram)
    except _Refused as error:
        yield Finding("telegram", "mend", f"Telegram refuses: {error}", "try again later; if it stays, ask @BotFather about the bot")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        yield _unreachable(settings, error)


class _Telegram:
    """Calls methods of the Bot API, as far as the doctor needs them."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.telegram_base_url}{settings.telegram_token}/"
        self._client = httpx.Client(proxy=settings.telegram_proxy, timeout=httpx.Timeout(TIMEOUT, read=TIMEOUT + RIVAL_POLL), trust_env=True)
        self.skew = 0.0

    def __enter__(self) -> _Telegram:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, method: str, **parameters: object) -> Any:
        """The method's result. Raises _Refused with Telegram's words, or httpx's errors where nothing comes back."""
        answer = self._client.post(self._url + method, json=parameters)
        if "date" in answer.headers:
            self.skew = (datetime.now(UTC) - parsedate_to_datetime(answer.headers["date"])).total_seconds()
        given: Json = answer.json()
        if not given.get("ok"):
            raise _Refused(int(given.get("error_code", answer.status_code)), str(given.get("description", "")))
        return given["result"]


def _asked(settings: Settings, telegram: _Telegram) -> Iterator[Finding]:
    try:
        me: Json = telegram.call("getMe")
    except _Refused as error:
        if error.code in (401, 404):
            yield Finding("token", "mend", "Telegram does not know this token", "copy it anew from @BotFather (/token), and restart the bot")
            return
        raise
    yield Finding("token", "ok", f"the token of @{me['username']}")
    way = " through WENDA_TELEGRAM_PROXY" if settings.telegram_proxy else ""
    yield Finding("reach", "ok", f"{urlsplit(settings.telegram_base_url).netloc} answers{way}")
    if abs(telegram.skew) > doctor.SKEW.total_seconds():
        yield Finding("clock", "mend", f"this machine's clock is {telegram.skew:+.0f} s off Telegram's", "set the clock; turn on time synchronisation (timedatectl set-ntp true)")
    yield from _modes(me)
    webhook: Json = telegram.call("getWebhookInfo")
    yield from _webhook(settings, webhook)
    if not webhook.get("url"):
        yield _pollers(settings, telegram)


def _modes(me: Json) -> Iterator[Finding]:
    if me.get("can_read_all_group_messages"):
        yield Finding("privacy mode", "warning", "off: Telegram sends the bot everything that is said in its groups", "@BotFather: /setprivacy, Enable; then remove the bot from the groups and add it again")
    else:
        yield Finding("privacy mode", "ok", "on: in groups the bot gets what is meant for it")
    if not me.get("supports_inline_queries"):
        yield Finding("inline mode", "warning", "off: @bot and a question in other chats finds nothing", "@BotFather: /setinline, if that is wanted")


def _webhook(settings: Settings, webhook: Json) -> Iterator[Finding]:
    url = webhook.get("url", "")
    if url and url != settings.webhook_url:
        says = f"Telegram sends the updates to {urlsplit(url).netloc}, which is not WENDA_WEBHOOK_URL: another program may use this token"
        yield Finding("webhook", "mend", says, "stop that program, or give the bots a token each; `wenda serve` removes the webhook when it starts")
    elif url:
        if failed := webhook.get("last_error_message"):
            says = f"Telegram reports: {failed}; {webhook.get('pending_update_count', 0)} updates wait"
            yield Finding("webhook", "warning", says, "check that WENDA_WEBHOOK_URL leads to WENDA_WEBHOOK_LISTEN through the https proxy")
        else:
            yield Finding("webhook", "ok", f"{urlsplit(url).netloc}, {webhook.get('pending_update_count', 0)} updates wait")


def _pollers(settings: Settings, telegram: _Telegram) -> Finding:
    """Whether somebody else polls with the token. A bot that runs here says so itself, and is not disturbed."""
    here = doctor.running(settings)
    if here:
        if met := here.get("rival"):
            return Finding("pollers", "mend", f"the bot runs here, and met another poller at {met}", "stop the other program that uses this token")
        return Finding("pollers", "ok", f"the bot runs here (process {here.get('process')}) and has met no other")
    try:
        waiting = telegram.call("getUpdates", timeout=RIVAL_POLL, limit=1)
    except _Refused as error:
        if error.code != 409:
            raise
        return Finding("pollers", "mend", "another program polls with this token now", "stop it, wherever it runs; a token serves one program")
    if waiting:
        return Finding("pollers", "ok", "questions wait, and no other program fetches them")
    return Finding("pollers", "ok", "no other program polls with this token")


def _unreachable(settings: Settings, error: Exception) -> Finding:
    host = urlsplit(settings.telegram_base_url).netloc
    words = str(error).replace(settings.telegram_token or "\0", "[token]") or type(error).__name__
    if isinstance(error, httpx.ProxyError) or (settings.telegram_proxy and isinstance(error, httpx.ConnectError)):
        return Finding("reach", "mend", f"the proxy does not lead to {host} ({words})", "check WENDA_TELEGRAM_PROXY, and that the proxy runs")
    if "certificate" in words.lower():
        return Finding("reach", "mend", f"{host}: {words}", "check this machine's clock and its certificates (ca-certificates)")
    advice = "check WENDA_TELEGRAM_PROXY" if settings.telegram_proxy else "check the network; where Telegram is blocked set WENDA_TELEGRAM_PROXY"
    return Finding("reach", "mend", f"{host} cannot be reached ({words})", advice)
