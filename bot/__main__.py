"""The `wenda` command: arguments, environment and streams in, exit status out. Only here is anything printed or exited."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from retrieval.errors import LibraryError, RemovalRefused, UsageError, WendaError

if TYPE_CHECKING:
    from bot.chat import Chat
    from bot.replies import Reply, Visitor
    from bot.settings import Settings
    from retrieval import Library
    from retrieval.ledger import Ledger

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells expect: 128 and the signal's number."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the command line: what it does, the arguments it takes, the function, and the module it cannot do without."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    needs: str = "bot.chat"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 could not be done, 2 wrong usage; errors are one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    # numpy's threads cost 50 ms at the start and help nothing here: the matrices have a few hundred rows.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        parsed = parser().parse_args(arguments)
        status = parsed.run(parsed)
        sys.stdout.flush()
    except WendaError as error:
        print(f"wenda: {' '.join(str(error).split())}", file=sys.stderr)
        status = error.exit_status
    except KeyboardInterrupt:
        print("wenda: interrupted", file=sys.stderr)
        status = INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one line on stderr, exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Version(argparse.Action):
    """Which version this is; looked up only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from bot.keeping import release

        print(f"wenda {release()}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The command line as a table; a command whose module this version does not have is left out."""
    top = _Parser(prog="wenda", description="Answers questions over your own articles with verbatim, dated, cited excerpts.")
    top.add_argument("--version", action=_Version, nargs=0, help="print which version this is")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        if find_spec(command.needs) is None:
            continue
        one = commands.add_parser(command.name, help=command.help, description=f"wenda {command.name}: {command.help}.")
        one.add_argument("--db", type=Path, metavar="FILE", help="the library file (default: WENDA_DB)")
        command.arguments(one)
        one.set_defaults(run=command.run)
    return top


# What commands share


def _settings(given: argparse.Namespace) -> Settings:
    from bot import settings

    return settings.read(db=given.db)


@contextmanager
def _chat(given: argparse.Namespace, starter: bool = False, aside: bool = False) -> Iterator[Chat]:
    """The conversation over the library of the settings; with *starter*, an empty library is indexed first.

    With *aside*, questions are answered in processes of their own.
    """
    from bot import retention
    from bot.chat import Chat

    settings = _settings(given)
    with _library(settings, aside) as library, _ledger(settings) as ledger:
        clock = _clock(given, settings)
        chat = Chat(library, ledger, settings, clock)
        if starter:
            retention.tidy(settings, ledger, clock())
        if starter and not library.status()["articles"]:
            with _bar() as watch:
                chat.desk.reindex(watch)
        yield chat


@contextmanager
def _library(settings: Settings, aside: bool = False) -> Iterator[Library]:
    if aside and not settings.cluster:
        from retrieval.aside import LibraryAside

        with LibraryAside.beside(settings.db) as library:
            library.warm_up()
            yield library
        return
    from retrieval import Library

    with Library.open(settings.db, ledger=False, cluster=settings.cluster) as library:
        yield library


@contextmanager
def _ledger(settings: Settings) -> Iterator[Ledger]:
    """The ledger beside the library; where it cannot be written, one in memory, with a warning."""
    from retrieval.ledger import Ledger

    try:
        ledger = Ledger.open(settings.ledger)
    except LibraryError as error:
        print(f"wenda: past answers are not kept: {error}", file=sys.stderr)
        ledger = Ledger.open(":memory:")
    try:
        yield ledger
    finally:
        ledger.close()


def _clock(given: argparse.Namespace, settings: Settings) -> Callable[[], Any]:
    """The time now, or noon of `--today`."""
    from datetime import UTC, datetime, time

    day = getattr(given, "today", None)
    if day is None:
        return lambda: datetime.now(UTC)
    noon = datetime.combine(day, time(12), settings.zone)
    return lambda: noon


def _visitor(**fields: Any) -> Visitor:
    from bot.replies import Visitor

    return Visitor(**{"context": "", "admin": True, **fields})


def _print(reply: Reply) -> None:
    from bot import render

    print(render.plain(reply, colour=_coloured(), width=_width()))


def _print_json(value: object) -> None:
    from bot import contract

    sys.stdout.buffer.write(contract.line(value))
    sys.stdout.buffer.flush()


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int | None:
    """Columns of the terminal; None where output goes to a file, whose lines are not wrapped."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None


@contextmanager
def _bar() -> Iterator[Any]:
    """A progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from bot.console import progress_bar

    with progress_bar() as watch:
        yield watch


def _batch(name: str, answer: Callable[[str, list[str]], dict[str, Any]]) -> int:
    """JSON lines from a file, or from standard input for `-`, to JSON lines."""
    from bot import batch

    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as lines:
            for line in batch.answered(lines, answer):
                _print_json(line)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise UsageError(f"{name}: {error.strerror or error}") from error
    return 0


def _arguments(*each: Callable[[argparse.ArgumentParser], object]) -> Callable[[argparse.ArgumentParser], None]:
    def add(to: argparse.ArgumentParser) -> None:
        for one in each:
            one(to)

    return add


def _day(text: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day as YYYY-MM-DD, not {text!r}") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a number from 1, not {text!r}")
    return int(text)


def _json(to: argparse.ArgumentParser) -> None:
    to.add_argument("--json", action="store_true", help="print JSON")


def _today(to: argparse.ArgumentParser) -> None:
    to.add_argument("--today", type=_day, metavar="DATE", help="the day that 今天 and the age of reports count from (default: today)")


def _words(argument: str) -> str:
    """An argument as the UTF-8 text it was typed as, also where the locale says that it is ASCII."""
    try:
        return os.fsencode(argument).decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that no locale makes
        return argument


def _question(to: argparse.ArgumentParser) -> None:
    to.add_argument("question", nargs="?", type=_words, metavar="QUESTION")
    to.add_argument("--batch", metavar="FILE", help="JSON lines (id, question, previous) from a file or - for standard input; prints JSON lines")


# The commands


def reindex(given: argparse.Namespace) -> int:
    """Brings the library up to date with the paths given, exactly, or with the settings' corpus, guarded; a bot that serves goes before."""
    from bot import admin, contract
    from retrieval import machine

    machine.give_way()
    with _chat(given) as chat:

        def run(yes: bool) -> admin.Reindexed:
            with _bar() as watch:
                return chat.desk.reindex(watch, yes=yes, full=given.full, paths=given.paths)

        try:
            done = run(given.yes)
        except RemovalRefused as refusal:
            if given.json or not _agreed(refusal):
                raise
            done = run(True)
        if given.json:
            _print_json(contract.report(done.report) | {"changed_answers": done.changed_answers})
        else:
            _print(admin.reported(done, chat.scene(_visitor()), listed=None))
    return 0


def _agreed(refusal: RemovalRefused) -> bool:
    """Lists what would go and asks, on a terminal; elsewhere nobody can agree."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(*refusal.removed, sep="\n", file=sys.stderr)
    print(f"{len(refusal.removed)} articles would be removed, more than a fifth of the library. Remove them? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def ask(given: argparse.Namespace) -> int:
    """Answers one question, or each line of a batch; a batch is not kept among past answers."""
    from bot import contract

    if (given.question is None) == (given.batch is None):
        raise UsageError("wenda ask takes either a QUESTION or --batch FILE")
    with _chat(given) as chat:
        if given.batch is not None:
            day = chat.today().isoformat()
            return _batch(given.batch, lambda question, previous: contract.answer(chat.library.ask(question, previous, record=False, today=day)))
        answer = chat.ask(given.question, given.previous, _visitor())
        if given.json:
            _print_json(contract.answer(answer))
            return 0
        reply = chat.tell(answer, chat.scene(_visitor(), given.question))
        _print(reply)
        if answer.id:
            print(f"\n[{answer.id}]")
    return 0


def search(given: argparse.Namespace) -> int:
    """Ranked passages, without answering."""
    from bot import contract

    if (given.question is None) == (given.batch is None):
        raise UsageError("wenda search takes either a QUESTION or --batch FILE")
    with _library(_settings(given)) as library:
        if given.batch is not None:
            return _batch(given.batch, lambda question, previous: contract.search(question, library.search(question, given.k)))
        hits = library.search(given.question, given.k)
        if given.json:
            _print_json({"id": None, **contract.search(given.question, hits)})
            return 0
        from bot import render

        for rank, hit in enumerate(hits, 1):
            print(f"{rank}. {hit.passage_id}  {hit.score:.2f}\n{render.clean(hit.text.strip())}\n")
    return 0


def chat(given: argparse.Namespace) -> int:
    """The conversation in a terminal, or with piped lines."""
    from bot import console

    with _chat(given, starter=True) as talk:
        status: int = console.run(talk, colour=_coloured(), history=talk.settings.db.with_name(talk.settings.db.name + ".history"))
    return status


def serve(given: argparse.Namespace) -> int:
    """The Telegram bot, until it is stopped."""
    telegram = import_module("bot.telegram_bot")
    from bot import claiming, logs

    logs.configure(_settings(given))
    with _chat(given, starter=True, aside=True) as talk:
        claiming.announce(talk.ledger, talk.people, sys.stdout.isatty())
        talk.listeners.append(logs.heard)
        telegram.serve(talk, webhook=given.webhook)
    return 0


def read(given: argparse.Namespace) -> int:
    """How pages are read, one JSON object a line or as a person reads it; 1 where a file holds no article."""
    from bot import pages

    status = 0
    for path in given.paths:
        try:
            for page in pages.looked_at(path):
                status |= page.fields["error"] is not None
                if given.json:
                    _print_json(page.fields)
                else:
                    print(pages.told(page, colour=_coloured(), width=_width()), end="\n\n")
        except WendaError as error:
            print(f"wenda: {error}", file=sys.stderr)
            status = 1
    return status


def show(given: argparse.Namespace) -> int:
    """A stored article with its body."""
    from bot import contract, pages

    with _library(_settings(given)) as library:
        stored = contract.article(library.article(given.article))
    if given.json:
        _print_json(stored)
    else:
        print(pages.described(stored))
    return 0


def verify(given: argparse.Namespace) -> int:
    """Every citation of a past answer, re-checked; 0 whatever became of them."""
    from bot import contract

    settings = _settings(given)
    with _library(settings) as library, _ledger(settings) as ledger:
        checks = ledger.verify(given.answer, library.engine.articles)
        past = ledger.answer(given.answer)
        if given.json and past:
            _print_json(contract.verification(past, checks))
            return 0
    for check in checks:
        cited = check.citation
        print(f"{check.verdict}: {cited.outlet or '-'} {cited.published or '-'} {cited.article_id} [{cited.start}:{cited.end}]\n  {cited.text}")
    return 0


def status(given: argparse.Namespace) -> int:
    """What the library holds, its age, the engine and the settings in force, without secrets."""
    from bot import admin

    settings = _settings(given)
    with _library(settings) as library:
        found = library.status() | {"settings": settings.in_force()}
    if given.json:
        _print_json(found)
    else:
        print(admin.stated(found))
    return 0


def _later(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A command that another module brings: `name(settings, given)` returns the exit status."""

    def run(given: argparse.Namespace) -> int:
        return int(getattr(import_module(module), name)(_settings(given), given))

    return run


def _reindex_arguments(to: argparse.ArgumentParser) -> None:
    to.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files and folders (default: WENDA_CORPUS and what was added)")
    to.add_argument("--full", action="store_true", help="read and cut everything again")
    to.add_argument("--yes", action="store_true", help="go on where more than a fifth of the library would be removed")


def _previous(to: argparse.ArgumentParser) -> None:
    to.add_argument("--previous", action="append", type=_words, default=[], metavar="Q", help="an earlier question, oldest first; may be repeated")


def _hits(to: argparse.ArgumentParser) -> None:
    to.add_argument("-k", type=_count, default=10, metavar="N", help="how many passages (default: 10)")


def _paths(to: argparse.ArgumentParser) -> None:
    to.add_argument("paths", nargs="+", type=Path, metavar="PATH")


def _one(name: str, metavar: str) -> Callable[[argparse.ArgumentParser], object]:
    return lambda to: to.add_argument(name, metavar=metavar)


def _scoring(to: argparse.ArgumentParser) -> None:
    to.add_argument("--without", action="store_true", help="ask every question once more with the articles hidden that answer it")
    to.add_argument("--svg", type=Path, metavar="FILE", help="draw the risk-coverage curve into FILE")
    to.add_argument("--compare", type=Path, metavar="OLD.json", help="compare with the --json output of an earlier run, question by question")


def _webhook(to: argparse.ArgumentParser) -> None:
    to.add_argument("--webhook", action="store_true", help="receive updates at WENDA_WEBHOOK_URL instead of polling")


COMMANDS = (
    Command("reindex", "bring the library up to date with the articles", _arguments(_reindex_arguments, _json), reindex),
    Command("ask", "answer a question", _arguments(_question, _previous, _json, _today), ask),
    Command("search", "rank passages for a question, without answering", _arguments(_question, _hits, _json), search),
    Command("chat", "talk in the terminal", _arguments(_today), chat, "bot.console"),
    Command("serve", "run the Telegram bot", _arguments(_webhook), serve, "bot.telegram_bot"),
    Command("read", "show how a page is read, without storing it", _arguments(_paths, _json), read),
    Command("show", "print a stored article", _arguments(_one("article", "ARTICLE_ID"), _json), show),
    Command("verify", "re-check the citations of a past answer", _arguments(_one("answer", "ANSWER_ID"), _json), verify),
    Command("eval", "score a question file on the library", _arguments(_one("file", "FILE"), _scoring, _json, _today), _later("bot.evaluating", "score"), "bot.evaluating"),
    Command("add", "take articles into the added folder and the library", _arguments(_one("source", "PATH|URL|FEED")), _later("bot.adding", "add"), "bot.adding"),
    Command("doctor", "check the installation", _arguments(_json), _later("bot.doctor", "check"), "bot.doctor"),
    Command("backup", "save everything that is not rebuilt", _arguments(_one("file", "FILE")), _later("bot.keeping", "back_up"), "bot.keeping"),
    Command("restore", "bring a backup back", _arguments(_one("file", "FILE")), _later("bot.keeping", "restore"), "bot.keeping"),
    Command("claim", "print a code by which the first admin is made", _arguments(), _later("bot.claiming", "show"), "bot.claiming"),
    Command("deploy", "print a systemd unit, a Containerfile or a compose file", _arguments(lambda to: to.add_argument("file", nargs="?", metavar="NAME")), _later("bot.deploying", "show"), "bot.deploying"),
    Command("copy", "copy the library file into the cluster, or back", _arguments(_one("to", "cluster|file")), _later("bot.moving", "copy"), "bot.moving"),
    Command("status", "what the library holds, and the settings in force", _arguments(_json), status),
)

if __name__ == "__main__":
    main()
