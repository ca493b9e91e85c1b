"""The conversation in a terminal: lines in, text out; also from a pipe, without colour, in a narrow window."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.shortcuts import CompleteStyle
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from bot import render
from bot.chat import Chat
from bot.commands import COMMANDS, spoken
from bot.following import Followed
from bot.handling import Watch
from bot.replies import Button, Language, Message, Reply, Visitor
from bot.telling import Scene
from retrieval.records import Progress as Step

PROMPT = "› "


def run(chat: Chat, colour: bool, history: Path) -> int:
    """Talks until `/quit`, Ctrl-D or the end of piped input. Returns the exit status."""
    visitor = Visitor(context=f"console:{secrets.token_hex(4)}", admin=True)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    questions = _typed(history) if terminal else _piped()
    buttons: tuple[Button, ...] = ()
    if terminal:
        buttons = _show(chat.reply(Message("/start"), visitor), colour)
    for line in questions:
        said = spoken(line)
        if said and said.command and said.command.name == "quit":
            break
        if not line.strip() and not terminal:
            continue
        message = _message(line, buttons)
        try:
            with progress_bar(chat.scene(visitor).language) if terminal and (said or message.action) else _unwatched() as watch:
                reply = chat.reply(message, visitor, watch)
        except KeyboardInterrupt:
            print(chat.scene(visitor).say("cancelled"))
            continue
        buttons = _show(reply, colour)
    if terminal:
        print(chat.scene(visitor).say("quit"))
    return 0


def _message(line: str, buttons: tuple[Button, ...]) -> Message:
    """What was written; the number of a button under the last reply presses it."""
    number = line.strip()
    if number.isdecimal() and 0 < int(number) <= len(buttons):
        return Message(action=buttons[int(number) - 1].action)
    return Message(line)


def _show(reply: Reply, colour: bool) -> tuple[Button, ...]:
    """Prints a reply and its buttons with their numbers; the buttons, in that order."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print(render.plain(reply, colour, width))
    buttons = tuple(button for row in reply.buttons for button in row if button.action)
    if buttons:
        print()
        print(render.plain_buttons([button.label for button in buttons], colour, width))
    print(flush=True)
    return buttons


def _typed(history: Path) -> Iterator[str]:
    """Lines edited at a prompt, with history; Ctrl-C gives up the line, Ctrl-D ends."""
    names = [f"/{command.name}" for command in COMMANDS]
    session: PromptSession[str] = PromptSession(
        history=_history(history),
        completer=WordCompleter(names, sentence=True),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        reserve_space_for_menu=0,
    )
    while True:
        try:
            yield session.prompt(PROMPT)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _history(path: Path) -> History:
    try:
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _piped() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def _unwatched() -> Iterator[None]:
    yield None


@contextmanager
def progress_bar(language: Language = "zh-Hans") -> Iterator[Watch]:
    """A bar on the terminal that follows a reindex: phase, done of all, time left. Gone when finished."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _follower(bar, language)


def _follower(bar: Progress, language: Language) -> Callable[[Step], None]:
    followed = Followed(Scene(language, date.today()))
    task = bar.add_task("", total=1.0, left="")

    def watch(step: Step) -> None:
        followed.heard(step)
        share = step.share if step.share is not None else step.done / step.total if step.total else 0.0
        bar.update(task, description=followed.phase(), completed=share, left=followed.left())

    return watch
