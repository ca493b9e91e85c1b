"""A strict Bot API server over real HTTP, for a bot as a process or in the same one.

People act through `TelegramServer` (`person`, `group`, `say`, `press`, `edit`, `inline` ...), which creates updates as
Telegram does, with entities in UTF-16 units; the bot calls the methods over HTTP and is told off in the API's own
words. Faults are switched on by `faults` (502, lost requests, lost responses, delays) and `floods` (the real limits).
`telegram()` runs a server on a thread of its own; everything public may be called from any thread.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from telegram_markup import MAX_CAPTION, ApiError, Text, bad, formatted, keyboard, utf16

Json = dict[str, Any]
DEFAULT_UPDATES = {
    "message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
    "callback_query", "my_chat_member", "poll", "shipping_query", "pre_checkout_query",
}  # fmt: skip
QUERY_SECONDS = 150
ADMINISTRATOR = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
)
REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests", 502: "Bad Gateway"}


@dataclass
class Floods:
    """The real limits: *chat* messages a second in a chat, *group* a minute in a group, *overall* a second; 0 is off."""

    chat: float = 0
    group: float = 0
    overall: float = 0
    burst: int = 1

    @classmethod
    def real(cls, burst: int = 1) -> Floods:
        return cls(1, 20, 30, burst)


@dataclass
class Faults:
    """Chances (0 to 1) that a call fails: before it is done (`bad_gateway`, `dropped`), after it (`lost`); `only` names methods."""

    bad_gateway: float = 0
    dropped: float = 0
    lost: float = 0
    flood: float = 0
    retry_after: int = 1
    delay: float = 0
    only: tuple[str, ...] = ()
    seed: int = 0


@dataclass
class Sent:
    """A message of the bot as people see it now; `history` holds its earlier texts."""

    chat: int
    id: int
    text: str
    entities: tuple[Json, ...] = ()
    raw: str = ""
    markup: Json | None = None
    reply_to: int | None = None
    thread: int | None = None
    silent: bool = False
    at: float = 0.0
    method: str = "sendMessage"
    document: str | None = None
    data: bytes = b""
    history: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def buttons(self) -> list[Json]:
        return [button for row in (self.markup or {}).get("inline_keyboard", []) for button in row]

    def button(self, label: str) -> Json:
        """The button whose label holds *label*."""
        found = [b for b in self.buttons if label in b["text"]]
        assert found, f"no button {label!r} among {[b['text'] for b in self.buttons]}"
        return found[0]

    def quotes(self) -> list[str]:
        return Text(self.text, self.entities).quoted()


class TelegramServer:
    def __init__(self, token: str = "123456789:AAstrict-test-token_0123456789abcdefg", username: str = "wenda_test_bot") -> None:
        self.token, self.username, self.bot_id = token, username, int(token.partition(":")[0])
        self.people: dict[int, Json] = {}
        self.chats: dict[int, Json] = {}
        self.members: dict[int, dict[int, str]] = defaultdict(dict)
        self.blocked: set[int] = set()
        self.messages: dict[tuple[int, int], Json] = {}
        self.sent: list[Sent] = []
        self.by_id: dict[tuple[int, int], Sent] = {}
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[float, str, Json, int, str]] = []
        self.keep_log = True
        self.errors: list[tuple[str, int, str]] = []
        self.provoked_floods: list[tuple[float, int]] = []
        self.alerts: dict[str, Json] = {}
        self.inline_answers: dict[str, Json] = {}
        self.actions: list[tuple[int, str, float]] = []
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.files: dict[str, bytes] = {}
        self.faults, self.floods = Faults(), Floods()
        self.repeated_offsets_slow = False
        self.privacy = True
        self.clock = 0.0
        self.webhook: Json = {"url": ""}
        self.webhook_route: tuple[str, int] | None = None
        self.webhook_log: list[tuple[int, int]] = []
        self.webhook_error: str | None = None
        self.retry_unit = 2.0
        self._queries: dict[str, float] = {}
        self._updates: deque[Json] = deque()
        self._next_update = random.Random(7).randrange(10**8, 9 * 10**8)
        self._next_message: Counter[int] = Counter()
        self._next_query = 4_000_000_000_000
        self._allowed: set[str] = set(DEFAULT_UPDATES)
        self._poll: asyncio.Future[None] | None = None
        self._arrived = asyncio.Event()
        self._stamps: dict[object, deque[float]] = defaultdict(deque)
        self._held: dict[int, float] = {}
        self._random = random.Random(0)
        self._changed = threading.Condition()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deliveries: set[asyncio.Task[None]] = set()
        self._webhook_queues: dict[object, asyncio.Queue[Json]] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    # What a bot is configured with

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def base_file_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/file/bot"

    # Running

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        for task in self._deliveries:
            task.cancel()
        for writer in list(self._writers):
            writer.close()
        await asyncio.sleep(0)

    def _do(self, action: Callable[[], Any]) -> Any:
        """Runs *action* on the server's loop, from any thread."""
        assert self._loop
        if threading.current_thread() is self._thread:
            return action()

        async def run() -> Any:
            return action()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    _thread: threading.Thread | None = None

    def wait(self, condition: Callable[[], Any], timeout: float = 30.0, what: str = "") -> Any:
        """The first true value of *condition*, looked at whenever the bot called; fails after *timeout* seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                value = condition()
                if value:
                    return value
                left = end - time.monotonic()
                if left <= 0:
                    latest = [(s.chat, s.text[:80]) for s in self.sent[-3:]]
                    raise AssertionError(f"waited {timeout} s in vain for {what or condition}; last sent: {latest}; errors: {self.errors[-3:]}")
                self._changed.wait(min(left, 0.5))

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # What people do

    def person(self, user: int, name: str = "小林", language: str | None = "zh-hans", bot: bool = False) -> int:
        """A person with a private chat; the id is both. They have written to the bot before unless they never do."""
        self.people[user] = {"id": user, "is_bot": bot, "first_name": name, **({"language_code": language} if language else {})}
        self.chats[user] = {"id": user, "type": "private", "first_name": name}
        return user

    def group(self, chat: int, title: str = "邻里互助", forum: bool = False, members: dict[int, str] | None = None) -> int:
        kind = "supergroup" if str(chat).startswith("-100") else "group"
        self.chats[chat] = {"id": chat, "type": kind, "title": title, **({"is_forum": True} if forum else {})}
        self.members[chat] = dict(members or {})
        return chat

    def say(
        self, user: int, text: str = "", chat: int | None = None, *, reply_to: int | None = None, thread: int | None = None,
        at: float | None = None, entities: list[Json] | None = None, **content: Any,
    ) -> int:  # fmt: skip
        """A message of *user*; its id. *content* is what else the message holds (voice, photo, sender_chat ...)."""
        return int(self._do(lambda: self._say(user, text, chat, reply_to, thread, at, entities, content)))

    def send_file(self, user: int, name: str, data: bytes, chat: int | None = None, *, size: int | None = None, **content: Any) -> int:
        """A document of *user*; its id. *size* is what the message says of its bytes, where that is not how many there are."""

        def send() -> int:
            file = f"BQAC{len(self.files):04}"
            self.files[file] = data
            document = {"file_id": file, "file_unique_id": file, "file_name": name, "file_size": len(data) if size is None else size}
            return self._say(user, "", chat, None, None, None, None, {"document": document, **content})

        return int(self._do(send))

    def edit(self, user: int, message: int, text: str, chat: int | None = None) -> None:
        """The same message with other words."""

        def change() -> None:
            where = chat if chat is not None else user
            old = self.messages[where, message]
            new = {**old, "text": text, "entities": detect_entities(text), "edit_date": int(time.time())}
            if not new["entities"]:
                del new["entities"]
            self.messages[where, message] = new
            self._add("edited_message", new)

        self._do(change)

    def press(self, user: int, sent: Sent, label: str = "", data: str | None = None, accessible: bool = True) -> str:
        """Presses a button under *sent* (or sends *data*, as a forged client could); the id of the query."""

        def make() -> str:
            button = sent.button(label) if data is None else {"callback_data": data}
            query = self._query()
            message = self._bot_message(sent)
            if not accessible:
                message = {"chat": message["chat"], "message_id": sent.id, "date": 0}
            self._add("callback_query", {
                "id": query, "from": self.people[user], "message": message, "chat_instance": str(sent.chat), "data": button["callback_data"],
            })  # fmt: skip
            return query

        return str(self._do(make))

    def inline(self, user: int, text: str, offset: str = "") -> str:
        """Types *text* after the bot's name in any chat; the id of the query."""

        def make() -> str:
            query = self._query()
            self._add("inline_query", {"id": query, "from": self.people[user], "query": text, "offset": offset, "chat_type": "sender"})
            return query

        return str(self._do(make))

    def membership(self, user: int, chat: int, status: str, before: str = "left") -> None:
        """*user* changes the bot's own membership: adds it to a group, removes it, blocks it in private (`kicked`)."""

        def make() -> None:
            if chat > 0:
                (self.blocked.add if status == "kicked" else self.blocked.discard)(chat)
            bot = {"id": self.bot_id, "is_bot": True, "first_name": "闻答", "username": self.username}
            member: Json = {"user": bot, "status": status}
            if status == "kicked":
                member["until_date"] = 0
            if status == "administrator":
                member |= dict.fromkeys(ADMINISTRATOR, False)
            self._add("my_chat_member", {
                "chat": self.chats[chat], "from": self.people[user], "date": int(time.time()),
                "old_chat_member": {"user": bot, "status": before, **dict.fromkeys(ADMINISTRATOR if before == "administrator" else (), False), **({"until_date": 0} if before == "kicked" else {})}, "new_chat_member": member,
            })  # fmt: skip

        self._do(make)

    def channel(self, chat: int, title: str = "频道", username: str | None = None) -> int:
        self.chats[chat] = {"id": chat, "type": "channel", "title": title, **({"username": username} if username else {})}
        return chat

    def channel_post(self, chat: int, text: str = "", *, at: float | None = None, **content: Any) -> int:
        """A post of a channel, signed by nobody; its id."""

        def make() -> int:
            self.chats.setdefault(chat, {"id": chat, "type": "channel", "title": "频道"})
            self._next_message[chat] += 1
            number = self._next_message[chat]
            post: Json = {"message_id": number, "date": int(at if at is not None else time.time()), "chat": self.chats[chat], "sender_chat": self.chats[chat], **content}
            if text:
                post |= {"text": text, **({"entities": found} if (found := detect_entities(text)) else {})}
            self.messages[chat, number] = post
            self._add("channel_post", post)
            return number

        return int(self._do(make))

    def edit_channel_post(self, chat: int, message: int, text: str) -> None:
        """The same post with other words."""

        def change() -> None:
            new = {**self.messages[chat, message], "text": text, "edit_date": int(time.time())}
            self.messages[chat, message] = new
            self._add("edited_channel_post", new)

        self._do(change)

    def raw(self, kind: str, body: Json) -> None:
        """Any update, as it is."""
        self._do(lambda: self._add(kind, body))

    def replies(self, chat: int, to: int | None = None) -> list[Sent]:
        """What the bot sent to *chat* and is still there, oldest first; only replies to message *to* where given."""
        return [s for s in list(self.sent) if s.chat == chat and not s.deleted and (to is None or s.reply_to == to)]

    def reply(self, chat: int, to: int, timeout: float = 30.0) -> Sent:
        """The first reply to message *to*, waited for."""
        found: list[Sent] = self.wait(lambda: self.replies(chat, to), timeout, f"a reply to message {to} in chat {chat}")
        return found[0]

    def alert(self, query: str, timeout: float = 30.0) -> Json:
        """How the bot answered a pressed button, waited for."""
        found: Json = self.wait(lambda: self.alerts.get(query), timeout, "an answer to a callback query")
        return found

    def results(self, query: str, timeout: float = 30.0) -> Json:
        found: Json = self.wait(lambda: self.inline_answers.get(query), timeout, "an answer to an inline query")
        return found

    def pending(self) -> int:
        return len(self._updates)

    def _query(self) -> str:
        self._next_query += 1
        self._queries[str(self._next_query)] = time.monotonic()
        return str(self._next_query)

    def _say(
        self, user: int, text: str, chat: int | None, reply_to: int | None, thread: int | None, at: float | None,
        entities: list[Json] | None, content: Json,
    ) -> int:  # fmt: skip
        where = chat if chat is not None else user
        self._next_message[where] += 1
        number = self._next_message[where]
        message: Json = {"message_id": number, "from": self.people[user], "chat": self.chats[where], "date": int(at if at is not None else time.time())}
        if text:
            message["text"] = text
            found = detect_entities(text) if entities is None else entities
            if found:
                message["entities"] = found
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if reply_to is not None:
            bot_message = self.by_id.get((where, reply_to))
            original = self._bot_message(bot_message) if bot_message else self.messages[where, reply_to]
            message["reply_to_message"] = {k: v for k, v in original.items() if k != "reply_to_message"}
        message |= content
        self.messages[where, number] = message
        self._add("message", message)
        return number

    def _bot_message(self, sent: Sent) -> Json:
        bot = {"id": self.bot_id, "is_bot": True, "first_name": "闻答", "username": self.username}
        message: Json = {"message_id": sent.id, "from": bot, "chat": self.chats[sent.chat], "date": int(sent.at)}
        if sent.document is not None:
            message["document"] = {"file_id": sent.document, "file_unique_id": sent.document, "file_name": sent.document}
        else:
            message["text"] = sent.text
            if sent.entities:
                message["entities"] = list(sent.entities)
        if sent.markup:
            message["reply_markup"] = sent.markup
        if sent.thread is not None:
            message |= {"message_thread_id": sent.thread, "is_topic_message": True}
        if sent.reply_to and (sent.chat, sent.reply_to) in self.messages:
            message["reply_to_message"] = {k: v for k, v in self.messages[sent.chat, sent.reply_to].items() if k != "reply_to_message"}
        return message

    def _add(self, kind: str, body: Json) -> None:
        if kind not in self._allowed:
            return
        self._next_update += 1
        update = {"update_id": self._next_update, kind: body}
        if self.webhook["url"]:
            self._deliver(update, kind, body)
        else:
            self._updates.append(update)
            self._arrived.set()

    # HTTP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").split("\r\n")
                verb, path, _ = first.split(" ", 2)
                headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if path.startswith("/file/bot"):
                    await self._file(path, writer)
                    continue
                status, payload = await self._call(path, headers.get("content-type", ""), body, reader)
                if status == 0:
                    writer.transport.abort()
                    return
                text = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
                kind = b"text/html" if isinstance(payload, bytes) else b"application/json"
                writer.write(
                    b"HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n"
                    % (status, REASONS.get(status, "OK").encode(), formatdate(time.time() + self.clock, usegmt=True).encode(), kind, len(text))
                    + text
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            with suppress(Exception):
                writer.close()

    async def _file(self, path: str, writer: asyncio.StreamWriter) -> None:
        path = unquote(path)
        data = self.files.get(path.rpartition("/")[2])
        ok = data is not None and path.startswith(f"/file/bot{self.token}/")
        body = data if ok and data is not None else b"Not Found"
        writer.write(b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (200 if ok else 404, len(body)) + body)
        await writer.drain()

    async def _call(self, path: str, kind: str, body: bytes, reader: asyncio.StreamReader) -> tuple[int, Json | bytes]:
        token, _, method = path.removeprefix("/bot").rpartition("/")
        method = method.partition("?")[0]
        if token != self.token:
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        data = parameters(kind, body)
        faults = self.faults
        hit = not faults.only or method in faults.only
        if method != "getUpdates" or "getUpdates" in faults.only:
            if hit and faults.delay:
                await asyncio.sleep(faults.delay)
            if hit and self._random.random() < faults.bad_gateway:
                return 502, b"<html><head><title>502 Bad Gateway</title></head></html>"
            if hit and self._random.random() < faults.dropped:
                return 0, b""
        self.calls[method] += 1
        try:
            if hit and method in FLOODED and self._random.random() < faults.flood:
                chat = int(data.get("chat_id", "0"))
                self._held[chat] = time.monotonic() + faults.retry_after
                raise ApiError(429, f"Too Many Requests: retry after {faults.retry_after}", retry_after=faults.retry_after)
            do = getattr(self, f"do_{method}", None)
            if do is None:
                raise ApiError(404, "Not Found")
            result = await do(data, reader) if method == "getUpdates" else do(data)
        except ApiError as error:
            self.errors.append((method, error.code, error.description))
            self._note(method, data, error.code, error.description)
            answer: Json = {"ok": False, "error_code": error.code, "description": error.description}
            if error.parameters:
                answer["parameters"] = error.parameters
            return error.code, answer
        self._note(method, data, 200, "")
        if method != "getUpdates" and hit and self._random.random() < faults.lost:
            return 0, b""
        return 200, {"ok": True, "result": result}

    def _note(self, method: str, data: Json, code: int, words: str) -> None:
        if self.keep_log and method != "getUpdates":
            self.log.append((time.monotonic(), method, data, code, words))
        self._notify()

    # Flood limits

    def _flood(self, chat: int) -> None:
        """Raises 429 where a message to *chat* now is over a limit; while told to wait, every further call is, too."""
        now = time.monotonic()
        if self._held.get(chat, 0) > now:
            wait = int(self._held[chat] - now) + 1
            self.provoked_floods.append((now, chat))
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        limits: list[tuple[object, int, float]] = [(chat, self.floods.burst, self.floods.burst / self.floods.chat)] if self.floods.chat and chat > 0 else []
        if self.floods.group and chat < 0:
            limits.append((chat, int(self.floods.group), 60.0))
        if self.floods.overall:
            limits.append(("all", int(self.floods.overall), 1.0))
        for key, most, seconds in limits:
            stamps = self._stamps[key]
            while stamps and stamps[0] <= now - seconds:
                stamps.popleft()
            if len(stamps) >= most:
                wait = max(1, int(stamps[0] + seconds - now + 0.999))
                if key != "all":
                    self._held[chat] = now + wait
                self.provoked_floods.append((now, chat))
                raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        for key, _, _ in limits:
            self._stamps[key].append(now)

    # Methods

    def do_getMe(self, data: Json) -> Json:
        return {
            "id": self.bot_id, "is_bot": True, "first_name": "闻答", "username": self.username, "can_join_groups": True,
            "can_read_all_group_messages": not self.privacy, "supports_inline_queries": True, "can_connect_to_business": False, "has_main_web_app": False,
        }  # fmt: skip

    async def do_getUpdates(self, data: Json, reader: asyncio.StreamReader) -> list[Json]:
        if self.webhook["url"]:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
        if "allowed_updates" in data:
            self._allow(data["allowed_updates"])
        if self._poll and not self._poll.done():
            self._poll.set_exception(ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"))
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = mine
        offset = int(data.get("offset") or 0)
        if offset < 0:
            while len(self._updates) > -offset:
                self._updates.popleft()
        while offset > 0 and self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        limit = min(100, max(1, int(data.get("limit") or 100)))
        end = time.monotonic() + min(50, int(float(data.get("timeout") or 0)))
        try:
            while not self._updates:
                self._arrived.clear()
                left = end - time.monotonic()
                if left <= 0 or reader.at_eof():
                    break
                arrived = asyncio.ensure_future(self._arrived.wait())
                await asyncio.wait({arrived, mine}, timeout=min(left, 1.0), return_when=asyncio.FIRST_COMPLETED)
                arrived.cancel()
                if mine.done():
                    mine.result()
            return list(self._updates)[:limit] if len(self._updates) < 2000 else [self._updates[i] for i in range(limit)]
        finally:
            if not mine.done():
                mine.cancel()

    def _allow(self, given: str) -> None:
        names = json.loads(given) if given else []
        self._allowed = set(names) or set(DEFAULT_UPDATES)

    def do_sendMessage(self, data: Json) -> Json:
        chat = self._chat(data)
        if not data.get("text"):
            raise bad("message text is empty")
        text = formatted(data["text"], data.get("parse_mode"))
        return self._send(chat, data, text)

    def do_sendDocument(self, data: Json) -> Json:
        chat = self._chat(data)
        file = data.get("document")
        if isinstance(file, str) and file.startswith("attach://"):
            file = data.get(file.removeprefix("attach://"))
        if not isinstance(file, tuple) or not file[1]:
            raise bad("file must be non-empty")
        caption = formatted(data["caption"], data.get("parse_mode"), MAX_CAPTION) if data.get("caption") else Text("")
        return self._send(chat, data, caption, file)

    def do_sendPhoto(self, data: Json) -> Json:
        chat = self._chat(data)
        file = data.get("photo")
        if isinstance(file, str) and file.startswith("attach://"):
            file = data.get(file.removeprefix("attach://"))
        if not isinstance(file, tuple) or not file[1]:
            raise bad("file must be non-empty")
        if not file[1].startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8")):
            raise bad("IMAGE_PROCESS_FAILED")
        width, height = int.from_bytes(file[1][16:20], "big"), int.from_bytes(file[1][20:24], "big")
        if file[1].startswith(b"\x89PNG") and (width + height > 10000 or max(width, height) > 20 * min(width, height)):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        caption = formatted(data["caption"], data.get("parse_mode"), MAX_CAPTION) if data.get("caption") else Text("")
        return self._send(chat, data, caption, file)

    def _send(self, chat: int, data: Json, text: Text, file: tuple[str, bytes] | None = None) -> Json:
        markup = loads(data.get("reply_markup"))
        keyboard(markup)
        reply = loads(data.get("reply_parameters")) or {}
        target = reply.get("message_id")
        known = (chat, target) in self.messages or ((chat, target) in self.by_id and not self.by_id[chat, target].deleted)
        if target is not None and not known:
            if not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            target = None
        self._flood(chat)
        self._next_message[chat] += 1
        sent = Sent(
            chat, self._next_message[chat], text.text, text.entities, str(data.get("text", "")), markup, target,
            int(data["message_thread_id"]) if data.get("message_thread_id") else None,
            str(data.get("disable_notification", "")).lower() == "true", time.time(),
            "sendDocument" if file else "sendMessage", file[0] if file else None, file[1] if file else b"",
        )  # fmt: skip
        self.sent.append(sent)
        self.by_id[chat, sent.id] = sent
        return self._bot_message(sent)

    def do_editMessageText(self, data: Json) -> Json:
        chat = self._chat(data)
        sent = self._own(chat, data)
        if not data.get("text"):
            raise bad("message text is empty")
        text = formatted(data["text"], data.get("parse_mode"))
        markup = loads(data.get("reply_markup"))
        keyboard(markup)
        if (text.text, text.entities, markup) == (sent.text, sent.entities, sent.markup):
            raise NOT_MODIFIED
        if chat < 0:
            self._flood(chat)
        sent.history.append(sent.text)
        sent.text, sent.entities, sent.markup, sent.raw = text.text, text.entities, markup, data["text"]
        return self._bot_message(sent)

    def do_editMessageReplyMarkup(self, data: Json) -> Json:
        sent = self._own(self._chat(data), data)
        markup = loads(data.get("reply_markup"))
        keyboard(markup)
        if markup == sent.markup:
            raise NOT_MODIFIED
        sent.markup = markup
        return self._bot_message(sent)

    def do_deleteMessage(self, data: Json) -> bool:
        self._own(self._chat(data), data, "message to delete not found").deleted = True
        return True

    def do_answerCallbackQuery(self, data: Json) -> bool:
        query = str(data.get("callback_query_id", ""))
        self._fresh(query)
        if len(data.get("text") or "") > 200:
            raise bad("MESSAGE_TOO_LONG")
        url = data.get("url")
        if url and not url.startswith((f"https://t.me/{self.username}?", f"t.me/{self.username}?", f"tg://resolve?domain={self.username}")):
            raise bad("URL_INVALID")
        self.alerts[query] = {**data, "show_alert": str(data.get("show_alert", "")).lower() == "true"}
        return True

    def do_answerInlineQuery(self, data: Json) -> bool:
        query = str(data.get("inline_query_id", ""))
        self._fresh(query, 30)
        results = loads(data.get("results")) or []
        if len(results) > 50:
            raise bad("RESULTS_TOO_MUCH")
        ids = [str(r.get("id", "")) for r in results]
        if any(not 1 <= len(i.encode()) <= 64 for i in ids):
            raise bad("RESULT_ID_INVALID")
        if len(set(ids)) != len(ids):
            raise bad("RESULT_ID_DUPLICATE")
        for result in results:
            if not result.get("title"):
                raise bad("ARTICLE_TITLE_EMPTY")
            content = result.get("input_message_content") or {}
            formatted(content.get("message_text", ""), content.get("parse_mode"))
            keyboard(result.get("reply_markup"))
        button = loads(data.get("button"))
        if button and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", button.get("start_parameter", "")):
            raise bad("START_PARAM_INVALID")
        self.inline_answers[query] = {**data, "results": results, "button": button, "at": time.monotonic(), "asked": self._queries.get(query, 0)}
        return True

    def do_sendChatAction(self, data: Json) -> bool:
        chat = self._chat(data)
        if data.get("action") != "typing":
            raise bad("wrong parameter action in request")
        self.actions.append((chat, data["action"], time.time()))
        return True

    def do_getChat(self, data: Json) -> Json:
        return {**self.chats[self._chat(data)], "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {
            "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False, "gifts_from_channels": False}}  # fmt: skip

    def do_getChatMember(self, data: Json) -> Json:
        chat, user = self._chat(data), int(data["user_id"])
        if user not in self.people:
            raise bad("PARTICIPANT_ID_INVALID")
        status = self.members[chat].get(user, "left")
        extra: Json = {"until_date": 0} if status == "kicked" else {}
        if status == "creator":
            extra = {"is_anonymous": False}
        return {"user": self.people[user], "status": status, **extra}

    def do_setMyCommands(self, data: Json) -> bool:
        commands = loads(data.get("commands")) or []
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command.get("command", "")):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        scope = loads(data.get("scope")) or {"type": "default"}
        if scope["type"].startswith("chat") and int(scope["chat_id"]) not in self.chats:
            raise bad("chat not found")
        language = data.get("language_code") or ""
        if not re.fullmatch(r"([a-z]{2})?", language):
            raise bad("invalid language code specified")
        self.commands[scope["type"] + (f":{scope['chat_id']}" if "chat_id" in scope else ""), language] = commands
        return True

    def do_getMyCommands(self, data: Json) -> list[Json]:
        scope = loads(data.get("scope")) or {"type": "default"}
        return self.commands.get((scope["type"], data.get("language_code") or ""), [])

    def do_getFile(self, data: Json) -> Json:
        file = str(data.get("file_id"))
        if file not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(self.files[file]) > MAX_DOWNLOAD:
            raise bad("file is too big")
        return {"file_id": file, "file_unique_id": file, "file_size": len(self.files[file]), "file_path": f"documents/{file}"}

    def do_setWebhook(self, data: Json) -> bool:
        url = data.get("url") or ""
        if not url:
            return self.do_deleteWebhook(data)
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in (443, 80, 88, 8443):
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if "." not in (parts.hostname or ""):
            raise bad("bad webhook: invalid host specified")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", data.get("secret_token") or ""):
            raise bad("secret token contains unallowed characters")
        if "allowed_updates" in data:
            self._allow(data["allowed_updates"])
        if str(data.get("drop_pending_updates", "")).lower() == "true":
            self._updates.clear()
        self.webhook = {"url": url, "secret": data.get("secret_token") or ""}
        if self._poll and not self._poll.done():
            self._poll.set_exception(ApiError(409, "Conflict: terminated by setWebhook request"))
        while self._updates:
            update = self._updates.popleft()
            kind = next(k for k in update if k != "update_id")
            self._deliver(update, kind, update[kind])
        return True

    def do_deleteWebhook(self, data: Json) -> bool:
        self.webhook = {"url": ""}
        if str(data.get("drop_pending_updates", "")).lower() == "true":
            self._updates.clear()
        return True

    def do_getWebhookInfo(self, data: Json) -> Json:
        waiting = sum(q.qsize() for q in self._webhook_queues.values()) + len(self._updates)
        info: Json = {"url": self.webhook["url"], "has_custom_certificate": False, "pending_update_count": waiting}
        if self.webhook_error:
            info |= {"last_error_date": int(time.time()), "last_error_message": self.webhook_error}
        return info

    def _fresh(self, query: str, seconds: float = QUERY_SECONDS) -> None:
        asked = self._queries.pop(query, None)
        if asked is None or time.monotonic() - asked > seconds:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self._queries[query] = asked if query not in self.alerts else -1e9

    def _chat(self, data: Json) -> int:
        try:
            chat = int(data["chat_id"])
        except (KeyError, ValueError):
            raise bad("chat_id is empty") from None
        if chat in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if chat not in self.chats:
            raise bad("chat not found")
        return chat

    def _own(self, chat: int, data: Json, missing: str = "message to edit not found") -> Sent:
        number = int(data.get("message_id") or 0)
        sent = self.by_id.get((chat, number))
        if sent is None or sent.deleted:
            if (chat, number) in self.messages:
                raise bad("message can't be edited")
            raise bad(missing)
        return sent

    # Webhook

    def _deliver(self, update: Json, kind: str, body: Json) -> None:
        """Queues as the server does: the messages of a chat in order, callbacks of a user apart."""
        key = ("callback", body["from"]["id"]) if kind == "callback_query" else (body.get("chat") or {}).get("id", kind)
        if key not in self._webhook_queues:
            self._webhook_queues[key] = asyncio.Queue()
            task = asyncio.get_running_loop().create_task(self._post_all(self._webhook_queues[key]))
            self._deliveries.add(task)
        self._webhook_queues[key].put_nowait(update)

    async def _post_all(self, queue: asyncio.Queue[Json]) -> None:
        while True:
            update = await queue.get()
            wait = 0.0
            while self.webhook["url"]:
                status = await self._post(update)
                self.webhook_log.append((update["update_id"], status))
                self._notify()
                if 200 <= status < 300:
                    break
                self.webhook_error = f"Wrong response from the webhook: {status}" if status else "Connection refused"
                await asyncio.sleep(wait)
                wait = min(60.0, max(self.retry_unit, wait * 2))

    async def _post(self, update: Json) -> int:
        """Posts to the route that stands for the proxy in front of the bot; 0 where nobody listens."""
        assert self.webhook_route
        parts = urlsplit(self.webhook["url"])
        body = json.dumps(update, ensure_ascii=False).encode("utf-8", "replace")
        secret = f"X-Telegram-Bot-Api-Secret-Token: {self.webhook['secret']}\r\n" if self.webhook["secret"] else ""
        head = f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n{secret}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        try:
            reader, writer = await asyncio.open_connection(*self.webhook_route)
            writer.write(head.encode() + body)
            line = await asyncio.wait_for(reader.readline(), 60)
            writer.close()
            return int(line.split()[1])
        except (OSError, IndexError, ValueError, TimeoutError):
            return 0


MAX_DOWNLOAD = 20 << 20  # MAX_DOWNLOAD_FILE_SIZE of the Bot API server's source
FLOODED = {"sendMessage", "sendDocument", "sendPhoto", "editMessageText"}
NOT_MODIFIED = bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")


def parameters(kind: str, body: bytes) -> Json:
    """The fields of a request: a form, JSON or multipart (files as name and bytes)."""
    if kind.startswith("application/json"):
        return dict(json.loads(body))
    if kind.startswith("multipart/form-data"):
        boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
        fields: Json = {}
        for part in body.split(boundary)[1:-1]:
            head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            content = content.removesuffix(b"\r\n")
            words = head.decode("utf-8", "replace")
            name = re.search(r'name="([^"]*)"', words)
            file = re.search(r'filename="([^"]*)"', words)
            if name:
                fields[name[1]] = (file[1], content) if file else content.decode()
        return fields
    return dict(parse_qsl(body.decode("utf-8", "surrogatepass"), keep_blank_values=True, encoding="utf-8", errors="surrogatepass"))


def loads(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise bad("can't parse JSON-serialized object") from None


def detect_entities(text: str) -> list[Json]:
    """Commands, mentions and links of *text* as Telegram's clients mark them, in UTF-16 units."""
    found: list[Json] = []
    for kind, pattern in (
        ("bot_command", r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?(?![\w@])"),
        ("mention", r"(?<![\w/@])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w)"),
        ("url", r"https?://\S+"),
    ):
        for match in re.finditer(pattern, text, re.ASCII):
            if kind == "mention" and any(e["type"] == "bot_command" and e["offset"] <= utf16(text[: match.start()]) < e["offset"] + e["length"] for e in found):
                continue
            found.append({"type": kind, "offset": utf16(text[: match.start()]), "length": utf16(match[0])})
    return sorted(found, key=lambda e: int(e["offset"]))


@contextmanager
def telegram(server: TelegramServer | None = None) -> Iterator[TelegramServer]:
    """A server that runs on a thread of its own until the block ends."""
    server = server or TelegramServer()
    started = threading.Event()
    ended: asyncio.Event | None = None

    async def run() -> None:
        nonlocal ended
        ended = asyncio.Event()
        await server.start()
        started.set()
        await ended.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True, name="telegram-server")
    server._thread = thread
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        assert server._loop and ended
        server._loop.call_soon_threadsafe(ended.set)
        thread.join(10)
