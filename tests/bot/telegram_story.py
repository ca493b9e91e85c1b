"""A story told in Telegram: people write and press, and everything that the bot says to anybody is written down in order.

A `Story` drives the strict server and a real bot, waits after every act until the bot has nothing left to do, and turns
its clock on by a minute. `page` is the whole as a text that a person can read.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from telegram_running import Inside, inside, unanswered
from telegram_server import Json, Sent, TelegramServer

from bot.replies import Language

CLIENTS: dict[Language, str] = {"zh-Hans": "zh-hans", "zh-Hant": "zh-hant", "en": "en"}
BOT = "闻答"

_SECONDS = re.compile(r"(用时|用時)[\d.]+秒|; [\d.]+ seconds")
_PATIENCE = 60.0


@dataclass(frozen=True)
class Person:
    id: int
    name: str


@dataclass
class Story:
    """Use `story`. `hidden` are words that differ from run to run and what is written for them."""

    server: TelegramServer
    db: Path
    language: Language
    now: datetime
    bot: Inside | None = None
    lines: list[str] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    _shown: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    _alerts: set[str] = field(default_factory=set)

    @property
    def page(self) -> str:
        return "\n".join(self.lines).strip() + "\n"

    # Who is there

    def person(self, id: int, name: str) -> Person:
        """Somebody whose app, and whose interface, is in the story's language."""
        self.server.person(id, name, language=CLIENTS[self.language])
        self.names[id] = name
        if self.bot:
            self.bot.ledger.put(f"language:{id}", self.language)
        return Person(id, name)

    def group(self, id: int, title: str, *members: Person) -> int:
        self.names[id] = title
        return self.server.group(id, title, members={member.id: "member" for member in members})

    @contextmanager
    def running(self, **settings: str) -> Iterator[Inside]:
        """The bot, by the story's clock; every start and stop is a part of the story."""
        with inside(self.db, self.server, lambda: self.now, WENDA_LANGUAGE=self.language, WENDA_KEEP_DAYS="0", **settings) as bot:
            self.bot = bot
            self._settle()
            self._write()
            yield bot
        self.bot = None

    # What they do

    def chapter(self, title: str) -> None:
        self.lines += [f"## {title}", ""]

    def later(self, **passed: float) -> None:
        """Time passes in which the bot runs, and notes now and then that it does."""
        self.now += timedelta(**passed)
        if self.bot and self.bot.bot:
            self.bot.bot._timers._alarms.away()

    def says(self, who: Person, text: str = "", chat: int | None = None, **content: Any) -> list[Sent]:
        """Writes, and what the bot sends on that, to anybody."""
        what = " ".join([*text.strip().splitlines()[:1], *(["…"] if "\n" in text.strip() else []), *(f"[{_content(kind, value)}]" for kind, value in content.items() if kind != "entities")])
        where = f" ({self.names[chat]})" if chat is not None else ""
        return self._act(f"{who.name}{where}: {self._plain(what)}", lambda: self.server.say(who.id, text, chat, **content))

    def sends(self, who: Person, name: str, data: bytes) -> list[Sent]:
        """Sends a file."""
        return self._act(f"{who.name}: [{name}]", lambda: self.server.send_file(who.id, name, data))

    def presses(self, who: Person, label: str, under: Sent | None = None) -> list[Sent]:
        """Presses the button that holds *label*, under the latest message to them that has one."""
        offered = [sent for sent in self.server.replies(who.id) if any(label in button["text"] for button in sent.buttons)]
        sent = under or offered[-1]
        return self._act(f"{who.name} presses [{sent.button(label)['text']}]", lambda: self.server.press(who.id, sent, label))

    def channel(self, id: int, title: str, username: str) -> int:
        self.names[id] = title
        return self.server.channel(id, title, username)

    def adds_bot(self, who: Person, channel: int) -> list[Sent]:
        """Makes the bot an admin of a channel."""
        return self._act(f"{who.name} makes the bot an admin of the channel {self.names[channel]}", lambda: self.server.membership(who.id, channel, "administrator"))

    def posts(self, channel: int, text: str) -> list[Sent]:
        """A new post in a channel."""
        first = text.splitlines()[0]
        return self._act(f"{self.names[channel]} (channel): {first} …", lambda: self.server.channel_post(channel, text, at=self.now.timestamp()))

    def seen(self, who: Person, words: str) -> Sent:
        """The latest message to *who* that holds *words*, waited for."""
        self.server.wait(lambda: [sent for sent in self.server.replies(who.id) if words in sent.text], what=f"{words} for {who.name}")
        self._settle()
        self._write()
        return [sent for sent in self.server.replies(who.id) if words in sent.text][-1]

    # Writing it down

    def _act(self, line: str, act: Callable[[], Any]) -> list[Sent]:
        self.later(minutes=1)
        self.lines += [line]
        before = len(self.server.sent)
        act()
        self._settle()
        self._write()
        return self.server.sent[before:]

    def _settle(self) -> None:
        """Waits until every update is answered and no job runs."""
        end = time.monotonic() + _PATIENCE
        while self._busy():
            assert time.monotonic() < end, "the bot does not come to rest"
            time.sleep(0.01)

    def _busy(self) -> bool:
        bot = self.bot.bot if self.bot else None
        if bot is None or self.bot is None:
            return False
        assert self.bot.failure is None, self.bot.failure
        reception = bot._reception
        indexing = self.bot.chat.refreshing.wanted() or self.bot.chat.desk.progress is not None
        return bool(self.server.pending() or len(bot._lanes) or reception._jobs._running or reception._sent._late or unanswered(self.db) or indexing)

    def _write(self) -> None:
        """Everything new: alerts first, then messages in the order in which they were sent, then those that changed."""
        for query, alert in list(self.server.alerts.items()):
            if query not in self._alerts and alert.get("text"):
                self.lines += [f"{BOT} (alert): {self._plain(alert['text'])}"]
            self._alerts.add(query)
        known = set(self._shown)
        for sent in list(self.server.sent):
            key, shown = (sent.chat, sent.id), (sent.text, json.dumps(sent.markup, sort_keys=True))
            if sent.deleted or self._shown.get(key) == shown:
                continue
            self.lines += self._message(sent, "→" if key not in known else "changes what it said to")
            self._shown[key] = shown
        self.lines += [""] if self.lines and self.lines[-1] else []

    def _message(self, sent: Sent, how: str) -> list[str]:
        whom = self.names.get(sent.chat, str(sent.chat))
        if sent.document:
            return [f"{BOT} {how} {whom}: [{self._plain(sent.document)}]"]
        rows = [" ".join(f"[{button['text']}]" for button in row) for row in (sent.markup or {}).get("inline_keyboard", [])]
        return [f"{BOT} {how} {whom}:", *(f"    {line}".rstrip() for line in [*self._plain(sent.text).split("\n"), *rows])]

    def _plain(self, text: str) -> str:
        for found, shown in self.hidden.items():
            text = text.replace(found, shown)
        return _SECONDS.sub(lambda match: f"{match[1] or '; '}…{'秒' if match[1] else ' seconds'}", text)


def _content(kind: str, value: Json) -> str:
    return f"passed on from {value['chat']['title']}" if kind == "forward_origin" and "chat" in value else kind
