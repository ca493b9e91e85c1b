"""A message and a visitor in, a reply out: commands, questions and their follow-ups. Knows no front end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot import admin, handling, reasons, stats, telling, undoing, words
from bot.access import People
from bot.articles import Articles
from bot.buttons import Buttons
from bot.channels import Channels
from bot.commands import COMMANDS, Spoken, spoken
from bot.door import Door
from bot.feeds import Feeds
from bot.gaps import Gaps
from bot.handling import Handler, Request, Watch
from bot.refreshing import Refreshing
from bot.replies import Block, Button, Heard, Language, Message, Reply, Visitor
from bot.reports import Reports
from bot.taking import Taking
from bot.telling import Coverage, Scene
from bot.withholding import Withholding
from bot.wordlist import Wordlist
from retrieval.errors import Cancelled, EngineUnavailable, LibraryBusy, LibraryEmpty, LibraryError, RemovalRefused, WendaError
from retrieval.records import Answer

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval import Library
    from retrieval.ledger import Ledger, PastAnswer

_log = logging.getLogger(__name__)

FOLLOW_UP = timedelta(minutes=30)
"""How long after an answer a short question may continue it; later it is more likely a new matter."""

REMEMBERED = 3
"""Questions of a conversation that a follow-up may lean on."""

LONGEST = 1000
"""Characters of a question; a Telegram message may hold 4096, a question that long is a pasted article."""

LISTED = 10
"""Articles on one page of the contents."""

class Chat:
    """The conversation for every front end. Safe to use from several threads."""

    def __init__(
        self, library: Library, ledger: Ledger, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.library = library
        self.ledger = ledger
        self.settings = settings
        self.desk = admin.Desk(library, ledger, settings)
        self._buttons = Buttons(library, ledger)
        self._articles = Articles(library)
        self.people = People(ledger, settings.admins)
        self._door = Door(ledger, self.people, settings, self.scene_of)
        self.feeds = Feeds(ledger, settings)
        self.channels = Channels(ledger, self.feeds)
        self.refreshing = Refreshing(library, ledger, settings, self.desk, self.feeds, clock)
        self._taking = Taking(library, ledger, settings, self.desk, self.feeds, self.refreshing.stopped)
        self._parts = (
            self._articles, Wordlist(library), Withholding(library), Gaps(library, ledger, settings.zone), Reports(library, ledger), self._door, self._taking,
            self.channels,
        )  # fmt: skip
        self._clock = clock
        self._commands = self._for_all() | self._for_admins()
        self._presses: dict[str, Handler] = {
            "list": lambda request: self._sources(_page(request.rest), request.scene),
            "lang": lambda request: self._language(request.rest, request.visitor, request.scene),
            "try": self._try,
            "askin": self._door.ask_in,
        }
        self._admin_presses: dict[str, Handler] = {
            "desk": lambda request: self.reply(Message(f"/{request.rest}"), request.visitor),
            "reindex": lambda request: self.reply(Message(f"/reindex {request.rest}"), request.visitor, request.watch),
        } | handling.joined(part.presses() for part in self._parts)
        self.listeners: list[Callable[[Heard], None]] = []

    def reply(self, message: Message, visitor: Visitor, watch: Watch | None = None) -> Reply:
        """What *visitor* gets for *message*; *watch* follows a reindex. Every WendaError becomes words."""
        said = spoken(message.text)
        self._door.met(visitor)
        scene = self.scene(visitor, "" if said and said.name.isascii() else message.text)
        try:
            if message.action is not None:
                return self._press(message.action, visitor, watch)
            if self.awaits(message, visitor):
                return self._taking.take(Request("", message, visitor, self.scene(visitor), self._clock(), watch))
            if said is None:
                return self._question(message, visitor, scene)
            return self._command(said, message, visitor, scene, watch)
        except LibraryEmpty:
            return _text(scene, "library_empty")
        except RemovalRefused as refusal:
            return admin.refused(refusal, scene)
        except LibraryBusy:
            return _text(scene, "busy")
        except Cancelled:
            return _text(scene, "cancelled")
        except EngineUnavailable as error:
            return _text(scene, "failed", reason=error) if visitor.admin else _text(scene, "unreachable")
        except WendaError as error:
            return _text(scene, "failed", reason=reasons.told(str(error), scene)) if visitor.admin else _text(scene, "failed_plain")

    def awaits(self, message: Message, visitor: Visitor) -> bool:
        """Whether an admin's *message* is no question but belongs to an article that they are taking in."""
        return self._taking.awaits(message, visitor, self._clock())

    def ask(self, question: str, previous: Sequence[str], visitor: Visitor) -> Answer:
        """The answer to *question* after *previous* ones, kept in the ledger; small talk is not kept.

        Where the ledger cannot be written now (a full disk), the answer is given all the same, without an id.
        """
        answer = self.look_up(question, previous)
        if answer.message:
            return answer
        try:
            key = self.ledger.record(answer, visitor.context, visitor.chat, previous, self._clock())
        except LibraryError as error:
            _log.warning("an answer was not kept: %s", error)
            return answer
        return replace(answer, id=key)

    def look_up(self, question: str, previous: Sequence[str] = ()) -> Answer:
        """The answer to *question*, kept nowhere; whoever listens hears what became of it, not of `_examples`."""
        started, outcome = time.perf_counter(), "failed"
        try:
            answer = self.library.ask(question, previous, record=False, today=self.today().isoformat())
            outcome = "talk" if answer.message else answer.status
            return answer
        finally:
            for listener in self.listeners:
                listener(Heard(question, outcome, time.perf_counter() - started))

    def tell(self, answer: Answer, scene: Scene) -> Reply:
        """*answer* in words; a miss says what the library covers."""
        return telling.tell(answer, scene if answer.excerpts or answer.related else self._covering(scene))

    def scene(self, visitor: Visitor, text: str = "") -> Scene:
        """The visitor's language, today, the contact line.

        The language is the chosen one, else that of the script of *text* or of their last question, else their app's
        or the operator's.
        """
        chosen = visitor.language or words.language(self.ledger.get(f"language:{visitor.user}") or "")
        language = chosen or words.script(text) or self._last_script(visitor)
        language = language or words.fitting(text, visitor.client, self.settings.language)
        return Scene(language, self.today(), self.settings.old_after, self.ledger.get("contact"))

    def scene_of(self, person: str) -> Scene:
        """The scene in which somebody reads what they did not ask for, in their private chat."""
        return self.scene(Visitor(context=f"{person}:0:{person}", user=person, chat=person))

    def _last_script(self, visitor: Visitor) -> Language | None:
        """The script of the visitor's last question that shows one."""
        scripts = [words.script(past.question) for past in reversed(self._recent(visitor))]
        return next((script for script in scripts if script), None)

    def _covering(self, scene: Scene) -> Scene:
        status = self.library.status()
        return replace(scene, coverage=Coverage(status["articles"], status["oldest"], status["newest"]))

    def now(self) -> datetime:
        return self._clock()

    def today(self) -> date:
        """The day it is in the operator's time zone."""
        return self._clock().astimezone(self.settings.zone).date()

    # Questions

    def _question(self, message: Message, visitor: Visitor, scene: Scene) -> Reply:
        question = message.text.strip()
        if not question:
            return self._empty(scene)
        if len(question) > LONGEST:
            return _text(scene, "too_long", length=len(question), limit=LONGEST)
        return self.tell(self.ask(question, self._previous(message, visitor), visitor), scene)

    def _previous(self, message: Message, visitor: Visitor) -> tuple[str, ...]:
        """The questions this one may lean on: the answer replied to, whoever asked it in this chat, else the visitor's own last."""
        if message.in_reply_to:
            past = self.ledger.answer(message.in_reply_to)
            return _lineage(past) if past and past.chat == visitor.chat else ()
        recent = self._recent(visitor)
        return tuple(past.rewritten or past.question for past in recent)

    def _recent(self, visitor: Visitor) -> list[PastAnswer]:
        return self.ledger.recent(visitor.context, self._clock() - FOLLOW_UP, REMEMBERED) if visitor.context else []

    def _empty(self, scene: Scene) -> Reply:
        examples = self._examples()
        return _text(scene, "empty", example=examples[0]) if examples else _text(scene, "empty_plain")

    def _examples(self) -> list[str]:
        """Questions to try: up to three lines of `.questions` in the corpus folders that do have an answer now."""
        found: list[str] = []
        for folder in self.settings.paths:
            for question in _lines(folder / ".questions"):
                if len(found) < 3 and self._answered(question):
                    found.append(question)
        return found

    def _answered(self, question: str) -> bool:
        try:
            return self.library.ask(question, record=False).status == "answered"
        except LibraryEmpty:
            return False

    # Commands

    def _command(self, said: Spoken, message: Message, visitor: Visitor, scene: Scene, watch: Watch | None) -> Reply:
        command = said.command
        if command is None or command.who == "local" and visitor.chat != "local":
            return _text(scene, "unknown_command", name=said.name)
        if command.who == "admin" and not visitor.admin:
            return _text(scene, "admins_only")
        return self._commands[command.name](Request(said.rest, message, visitor, scene, self._clock(), watch))

    def _for_all(self) -> dict[str, Handler]:
        """The commands of everybody."""
        return {
            "start": lambda request: self._start(request.scene),
            "help": lambda request: self._help(request.visitor, request.scene),
            "about": lambda request: self._door.about(request) or _said(request.scene, self._about(request.scene)),
            "claim": self._door.claim,
            "ask": self._asked,
            "sources": lambda request: self._sources(_page(request.rest), request.scene),
            "language": lambda request: self._language(request.rest, request.visitor, request.scene),
            "privacy": self._privacy,
            "forget": lambda request: _text(request.scene, "forgotten", count=self.ledger.forget(request.visitor.context)),
            "quit": lambda request: _text(request.scene, "quit"),
        } | {name: partial(self._last, name) for name in ("more", "context", "original", "useful", "wrong")}

    def _for_admins(self) -> dict[str, Handler]:
        """The commands of the desk that need no module of their own, and those of its modules."""
        own: dict[str, Handler] = {
            "reindex": lambda request: admin.reported(self.desk.reindex(request.watch, yes=request.rest == "yes"), request.scene),
            "cancel": lambda request: _text(request.scene, self.desk.cancel()),
            "status": self._status,
            "stats": lambda request: stats.told(self.library, self.ledger, self.settings.zone, request.scene),
            "undo": partial(undoing.undo, (self._articles, self._door, self._taking)),
        }
        return own | handling.joined(part.commands() for part in self._parts)

    def _asked(self, request: Request) -> Reply:
        asked = replace(request.message, text=request.rest)
        if not request.rest:
            return _text(request.scene, "ask_again")
        return self._question(asked, request.visitor, self.scene(request.visitor, request.rest))

    def _privacy(self, request: Request) -> Reply:
        scene, days = request.scene, self.settings.keep_days
        kept = scene.say("privacy_kept", days=days) if days else scene.say("privacy_kept_always")
        number = [] if request.visitor.chat == "local" or not request.visitor.private else [scene.say("privacy_number", id=request.visitor.user)]
        return _said(scene, "\n".join([kept, scene.say("privacy_people"), scene.say("privacy_rest"), *number]))

    def _status(self, request: Request) -> Reply:
        status = self.library.status() | {"settings": self.settings.in_force()}
        return Reply((Block(admin.stated(status)),), language=request.scene.language)

    def _start(self, scene: Scene) -> Reply:
        examples = self._examples()
        blocks = [Block(scene.say("start")), Block(self._about(scene)), Block(scene.say("ask_freely"))]
        if examples:
            blocks.append(Block(scene.say("try")))
        rows = tuple((Button(question, f"try:{number}"),) for number, question in enumerate(examples))
        return Reply(tuple(blocks), rows, language=scene.language)

    def _about(self, scene: Scene) -> str:
        """What is in here, from when to when, who runs it, and what becomes of questions."""
        covering = self._covering(scene)
        lines = [telling.covered(covering.coverage, scene)] if covering.coverage and covering.coverage.articles else [scene.say("library_empty")]
        lines += [scene.say(key, **{key: value}) for key in ("operator", "contact") if (value := self.ledger.get(key))]
        about = self.ledger.get("about")
        return "\n".join([*([about] if about else []), *lines, scene.say("privacy")])

    def _help(self, visitor: Visitor, scene: Scene) -> Reply:
        examples = self._examples()
        lines = [scene.say("help", example=examples[0]) if examples else scene.say("help_plain")]
        for command in COMMANDS:
            if command.who == "all" and command.listed or command.who == "admin" and visitor.admin or command.who == visitor.chat:
                word = command.words[0] if command.words and scene.language != "en" else ""
                key = "command_word" if word else "command"
                lines.append(scene.say(key, name=command.name, word=word, help=scene.say(f"help_{command.name}")))
        return Reply((Block("\n".join(lines)),), language=scene.language)

    def _sources(self, page: int, scene: Scene) -> Reply:
        """A page of the contents, newest first."""
        count = self.library.status()["articles"]
        if not count:
            raise LibraryEmpty("nothing has been indexed yet")
        pages = -(-count // LISTED)
        page = min(max(page, 1), pages)
        lines = []
        for number, article in enumerate(self.library.contents((page - 1) * LISTED, LISTED), (page - 1) * LISTED + 1):
            outlet = article.outlet or scene.say("no_outlet")
            key = "listed_brief" if article.kind == "brief" else "listed"
            lines.append(scene.say(key, number=number, title=telling.named(article, scene), outlet=outlet, date=scene.day(article.published)))
        blocks = [Block(scene.say("sources", count=count)), *map(Block, lines)]
        row = []
        if pages > 1:
            blocks.append(Block(scene.say("page_of", page=page, pages=pages), "notice"))
            row += [Button(scene.say("button_previous"), f"list:{page - 1}")] if page > 1 else []
            row += [Button(scene.say("button_next"), f"list:{page + 1}")] if page < pages else []
        return Reply(tuple(blocks), (tuple(row),) if row else (), language=scene.language)

    def _last(self, name: str, request: Request) -> Reply:
        """A button's act on the last answer, by its word; `/context 2` is the second excerpt's."""
        recent, rest = self._recent(request.visitor), request.rest
        if not recent:
            return _text(request.scene, "nothing_before")
        verb = {"more": "more", "context": "near", "original": "full", "useful": "good", "wrong": "bad"}[name]
        past = recent[-1]
        first = int(rest) - 1 if rest.isdecimal() else past.shown if name == "more" else 0
        return self._buttons.press(verb, past, [first], request.visitor, request.scene, request.at) or _text(request.scene, "nothing_before")

    def _language(self, rest: str, visitor: Visitor, scene: Scene) -> Reply:
        if not rest:
            row = tuple(Button(name, f"lang:{code}") for code, name in words.LANGUAGE_NAMES.items())
            return Reply((Block(scene.say("language_ask")),), (row,), language=scene.language)
        code = words.language(rest)
        if code is None:
            choices = scene.listed(list(words.LANGUAGE_NAMES.values()))
            return _text(scene, "language_unknown", name=rest, choices=choices)
        self.ledger.put(f"language:{visitor.user}", code)
        return _text(replace(scene, language=code), "language_set", language=words.LANGUAGE_NAMES[code])

    # Buttons

    def _try(self, request: Request) -> Reply:
        examples, number = self._examples(), request.rest
        tried = examples[int(number)] if number.isdecimal() and int(number) < len(examples) else ""
        return self._question(Message(tried), request.visitor, self.scene(request.visitor, tried))

    def _press(self, action: str, visitor: Visitor, watch: Watch | None) -> Reply:
        verb, _, rest = action.partition(":")
        scene = self.scene(visitor)
        if handler := self._presses.get(verb):
            return handler(Request(rest, Message(action=action), visitor, scene, self._clock(), watch))
        if handler := self._admin_presses.get(verb):
            if not visitor.admin:
                return _text(scene, "admins_only")
            return handler(Request(rest, Message(action=action), visitor, scene, self._clock(), watch))
        key, *numbers = rest.split(":")
        past = self.ledger.answer(key)
        if past is None or past.chat != visitor.chat:
            return Reply(notice=scene.say("answer_gone"), language=scene.language)
        scene = self.scene(visitor, past.question)
        if verb == "alone":
            return self.tell(self.ask(past.question, (), visitor), scene)
        if verb == "anytime":
            return self.tell(self.ask(_without_window(past), past.previous, visitor), scene)
        found = self._buttons.press(verb, past, [int(number) for number in numbers if number.isdecimal()], visitor, scene, self._clock())
        return found or Reply(notice=scene.say("answer_gone"), language=scene.language)


def _lineage(past: PastAnswer) -> tuple[str, ...]:
    return (past.rewritten,) if past.rewritten else (*past.previous, past.question)


def _without_window(past: PastAnswer) -> str:
    """The question as it was understood, less the words that the publication window was read from."""
    question = past.rewritten or past.question
    return question.replace(past.window.phrase, "", 1).strip("，, 的") if past.window else question


def _page(rest: str) -> int:
    return int(rest) if rest.isdecimal() else 1


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError:
        return []


def _said(scene: Scene, text: str) -> Reply:
    return Reply((Block(text),), language=scene.language)


def _text(scene: Scene, key: str, /, **values: object) -> Reply:
    return Reply((Block(scene.say(key, **values)),), language=scene.language)
