"""Wenda running against the strict server: as the real `wenda serve`, or in this process where a test needs to reach in."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telegram_server import TelegramServer

from bot import settings as settings_module
from bot.chat import Chat
from bot.telegram_bot import TelegramBot
from retrieval import Library
from retrieval.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]

ARTICLES = [
    {"id": "houses", "title": "青禾县改造危房", "outlet": "青禾日报", "published": "2019-03-02", "url": "https://news.example.org/houses",
     "body": "青禾县去年改造危房1200户。对非贫困户,青禾县改造危房每户补助8600元。工程由县住建局负责,年底前全部完工。"},
    {"id": "bridge", "title": "青禾县新修大桥", "outlet": "青禾日报", "published": "2020-06-11", "url": None,
     "body": "青禾县的清水河大桥6月10日通车。大桥全长640米,总投资9300万元。通车后,从县城到河东镇只要十五分钟。"},
    {"id": "trade", "title": "白石县电商", "outlet": "白石晚报", "published": "2020-11-20", "url": "https://news.example.org/trade",
     "body": "白石县2019年电商线上交易额为7.4亿元。其中农产品线上交易额为2.1亿元。白石县建成电商产业园3个。"},
]  # fmt: skip
HOUSES = "青禾县改造危房,非贫困户每户补助多少钱?"
BRIDGE = "清水河大桥全长多少米?"
TRADE = "白石县2019年电商线上交易额有多少?"


def library(folder: Path) -> Path:
    """A library of three articles of two counties that do not exist; the path of its file."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "articles.jsonl").write_text("\n".join(json.dumps(article, ensure_ascii=False) for article in ARTICLES), encoding="utf-8")
    (corpus / ".questions").write_text(f"{HOUSES}\n{BRIDGE}\n", encoding="utf-8")
    path = folder / "wenda.db"
    with Library.open(path) as shelf:
        shelf.reindex([corpus])
    return path


def environment(db: Path, server: TelegramServer, **more: str) -> dict[str, str]:
    """The settings of a bot on *server*; everybody is answered unless *more* says otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WENDA_")}
    return kept | {
        "WENDA_DB": str(db), "WENDA_CORPUS": str(db.parent / "corpus"), "WENDA_TELEGRAM_TOKEN": server.token,
        "WENDA_TELEGRAM_BASE_URL": server.base_url, "WENDA_TELEGRAM_BASE_FILE_URL": server.base_file_url,
        "WENDA_ADMINS": "1", "WENDA_ALLOWED": "*", "WENDA_LIMIT_USER": "0", "WENDA_LIMIT_GROUP": "0", **more,
    }  # fmt: skip


def unanswered(db: Path) -> int:
    """How many updates the inbox holds that are not marked as answered."""
    with sqlite3.connect(f"{db}.ledger", timeout=20) as ledger:
        return int(ledger.execute("select count(*) from updates where body is not null").fetchone()[0])


class Process:
    """`wenda serve` as a process; what it logs goes to *log*."""

    def __init__(self, db: Path, server: TelegramServer, log: Path, *arguments: str, **more: str) -> None:
        self._env, self._log, self._arguments = environment(db, server, **more), log, arguments
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve", *self._arguments], cwd=ROOT, env=self._env, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )

    def kill(self) -> None:
        """As `kill -9` does: no farewell."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def process(db: Path, server: TelegramServer, log: Path, *arguments: str, **more: str) -> Iterator[Process]:
    running = Process(db, server, log, *arguments, **more)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()


class Inside:
    """The same bot on a thread of this process, by a clock of the test's where it has one."""

    def __init__(self, db: Path, server: TelegramServer, clock: Callable[[], datetime] | None = None, **more: str) -> None:
        given = {name.removeprefix("WENDA_").lower(): value for name, value in environment(db, server, **more).items() if name.startswith("WENDA_")}
        self.settings = settings_module.read(**given)
        self.library = Library.open(db, ledger=False)
        self.ledger = Ledger.open(self.settings.ledger)
        self.chat = Chat(self.library, self.ledger, self.settings, clock or (lambda: datetime.now(UTC)))
        self.bot: TelegramBot | None = None
        self.failure: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="bot")

    def _run(self) -> None:
        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self.bot = TelegramBot(self.chat, webhook=bool(self.settings.webhook_url))
            self._ready.set()
            await self.bot.run()

        try:
            asyncio.run(run())
        except BaseException as error:
            self.failure = error
            self._ready.set()

    def start(self) -> Inside:
        self._thread.start()
        self._ready.wait(30)
        return self

    def stop(self) -> None:
        if self._thread.is_alive() and self.bot:
            self._loop.call_soon_threadsafe(self.bot.stop)
        self._thread.join(60)
        self.library.close()
        self.ledger.close()


@contextmanager
def inside(db: Path, server: TelegramServer, clock: Callable[[], datetime] | None = None, **more: Any) -> Iterator[Inside]:
    running = Inside(db, server, clock, **more).start()
    try:
        yield running
    finally:
        running.stop()
