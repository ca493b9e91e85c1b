"""What the Telegram bot bears: the real `wenda serve` against the strict server, under load, storms and kills.

    PYTHONPATH=.:tests/bot python tests/benchmarks/telegram_load.py SCENARIO ... --articles news.jsonl.xz [--limit N] [--db FILE]

Scenarios: steady (50 people, 20 questions each, 20 a second), burst (the same at once, beside an echo bot of
python-telegram-bot on the same server), floods (real limits), storms (429 and 502), kills (ten times kill -9),
reindex (steady, while the articles are indexed again), followed (an admin's /reindex of all articles into an empty
library, with the real limits on), fuzz (5,000 odd messages). Without --db a library is built
first; a --db that exists is taken as it is. Prints one line a figure.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from telegram_running import Process, environment, unanswered
from telegram_server import Faults, Floods, TelegramServer, telegram
from test_telegram_steady import odd

TREE = Path(__file__).resolve().parents[2]
PEOPLE, EACH, RATE = 50, 20, 20.0
Asked = dict[tuple[int, int], float]

ECHO = """
import asyncio, sys
from telegram.ext import Application, MessageHandler, filters
async def echo(update, context):
    await update.effective_message.reply_text(update.effective_message.text, do_quote=True)
app = Application.builder().token(sys.argv[1]).base_url(sys.argv[2]).concurrent_updates(True).connection_pool_size(64).pool_timeout(60).build()
app.add_handler(MessageHandler(filters.TEXT, echo))
app.run_polling()
"""


def figure(name: str, value: object, target: str = "") -> None:
    print(f"{name:58} {value!s:>14}   {target}", flush=True)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Load:
    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.folder, self.people, self.each, self.rate = folder, given.people, given.each, given.rate
        self.questions = [json.loads(line)["question"] for line in given.questions.read_text(encoding="utf-8").splitlines()]
        self.kills, self.odd = given.kills, given.odd
        self.corpus = folder / "corpus"
        self.corpus.mkdir(exist_ok=True)
        cut = self.corpus / "articles.jsonl"
        if not cut.exists():
            opened = lzma.open if given.articles.suffix == ".xz" else open
            with opened(given.articles, "rt", encoding="utf-8") as lines, cut.open("w", encoding="utf-8") as out:
                out.writelines(islice(lines, given.limit or None))
        self.db = given.db or folder / "wenda.db"
        if not self.db.exists():
            started = time.monotonic()
            subprocess.run([sys.executable, "-m", "bot", "reindex", "--db", str(self.db), "--yes", str(cut)], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
            figure("building the library, s", f"{time.monotonic() - started:.0f}")
        status = subprocess.run([sys.executable, "-m", "bot", "status", "--json", "--db", str(self.db)], cwd=TREE, check=True, capture_output=True, text=True)
        held = json.loads(status.stdout)
        figure("articles, passages", f"{held['articles']}, {held['passages']}")

    @contextmanager
    def running(self, **faults: object):
        """A fresh server with 50 people, and the bot on it, warmed up by one question."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.db}.ledger{suffix}").unlink(missing_ok=True)
        server = TelegramServer()
        server.keep_log = False
        with telegram(server):
            people = [server.person(1000 + number) for number in range(self.people)]
            log = self.folder / "log"
            log.unlink(missing_ok=True)
            wenda = Process(self.db, server, log, WENDA_CORPUS=str(self.corpus))
            try:
                server.person(5)
                for question in self.questions[:8]:
                    server.reply(5, server.say(5, question), 300)
                yield server, people, wenda
            finally:
                if wenda.process.poll() is None:
                    wenda.kill()
                if "Traceback" in wenda.log:
                    figure("tracebacks in the log", wenda.log.count("Traceback"), "0")

    def ask(self, server: TelegramServer, people: list[int], rate: float | None) -> Asked:
        """Every person asks their questions in turn, *rate* in all a second, or all at once; when each was sent."""
        rng = random.Random(1)
        turns = [who for _ in range(self.each) for who in rng.sample(people, len(people))]
        asked: Asked = {}
        start = time.time()
        for number, who in enumerate(turns):
            if rate and (wait := start + number / rate - time.time()) > 0:
                time.sleep(wait)
            asked[who, server.say(who, rng.choice(self.questions))] = time.time()
        return asked

    def answered(self, server: TelegramServer, asked: Asked, seconds: float) -> None:
        server.wait(lambda: len({(s.chat, s.reply_to) for s in server.sent} & set(asked)) == len(asked), seconds)

    def report(self, server: TelegramServer, asked: Asked, doubles: str = "0") -> list[float]:
        counts = Counter((sent.chat, sent.reply_to) for sent in server.sent if (sent.chat, sent.reply_to) in asked)
        figure("questions, unanswered", f"{len(asked)}, {len(asked) - len(counts)}", "0 unanswered")
        figure("answers too many", sum(count - 1 for count in counts.values()), doubles)
        disordered = 0
        for who in {chat for chat, _ in asked}:
            order = list(dict.fromkeys(sent.reply_to for sent in server.sent if sent.chat == who and (who, sent.reply_to) in asked))
            disordered += order != sorted(order)
        figure("chats out of order", disordered, "0")
        first: dict[tuple[int, int], float] = {}
        for sent in server.sent:
            if (sent.chat, sent.reply_to) in asked:
                first.setdefault((sent.chat, sent.reply_to), sent.at)
        return [first[key] - at for key, at in asked.items() if key in first]

    # Scenarios

    def steady(self) -> float:
        with self.running() as (server, people, _):
            asked = self.ask(server, people, self.rate)
            self.answered(server, asked, 300)
            times = self.report(server, asked)
            figure(f"steady, {self.rate:.0f} a second: p50, p95 ms", f"{1000 * percentile(times, .5):.0f}, {1000 * percentile(times, .95):.0f}", "p95 < 300")
            figure("calls of typing", server.calls["sendChatAction"])
            return percentile(times, 0.95)

    def burst(self) -> None:
        def rate(server: TelegramServer, asked: Asked, begun: float) -> float:
            self.answered(server, asked, 600)
            return len(asked) / (max(s.at for s in server.sent if (s.chat, s.reply_to) in asked) - begun)

        figures: dict[str, list[float]] = {"echo": [], "wenda": []}
        for _ in range(2):
            with telegram(TelegramServer()) as server:
                server.keep_log = False
                people = [server.person(1000 + number) for number in range(self.people)]
                echo = subprocess.Popen([sys.executable, "-c", ECHO, server.token, server.base_url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    server.reply(people[0], server.say(people[0], "早"), 60)
                    begun = time.time()
                    figures["echo"].append(rate(server, self.ask(server, people, None), begun))
                finally:
                    echo.kill()
                    echo.wait()
            with self.running() as (server, people, _):
                begun = time.time()
                asked = self.ask(server, people, None)
                figures["wenda"].append(rate(server, asked, begun))
                self.report(server, asked)
        best = {name: max(values) for name, values in figures.items()}
        figure("all at once, answers a second: echo, wenda", f"{best['echo']:.0f}, {best['wenda']:.0f}")
        figure("wenda / echo", f"{best['wenda'] / best['echo']:.2f}", ">= .5")

    def floods(self) -> None:
        with self.running() as (server, people, _):
            server.floods = Floods.real()
            asked = self.ask(server, people, None)
            self.answered(server, asked, 900)
            self.report(server, asked)
            first = server.provoked_floods[0][0] if server.provoked_floods else 0.0
            later = [at for at, _ in server.provoked_floods if at > first + 1]
            figure("429s provoked in the first second, later", f"{len(server.provoked_floods) - len(later)}, {len(later)}", "hardly any later")

    def storms(self) -> None:
        for name, faults in {
            "502 for a third": Faults(bad_gateway=0.33), "429 for a third": Faults(flood=0.33), "connections dropped for a third": Faults(dropped=0.33),
            "a tenth of all responses lost": Faults(lost=0.1, only=("sendMessage",)),
        }.items():  # fmt: skip
            print(name)
            with self.running() as (server, people, _):
                server.faults = faults
                asked = self.ask(server, people, self.rate * 2)
                self.answered(server, asked, 900)
                sent = server.calls["sendMessage"]
                self.report(server, asked, "0" if not faults.lost else f"about {sent / 10:.0f}")

    def killed(self) -> None:
        with self.running() as (server, people, wenda):
            asked: Asked = {}
            done = threading.Event()

            def load() -> None:
                asked.update(self.ask(server, people, self.rate))
                done.set()

            threading.Thread(target=load, daemon=True).start()
            for number in range(self.kills):
                time.sleep(max(0.5, self.people * self.each / self.rate / (self.kills + 1)))
                wenda.kill()
                wenda.start()
                print(f"kill {number + 1}", end=" ", flush=True)
            print()
            done.wait()
            self.answered(server, asked, 900)
            server.wait(lambda: not unanswered(self.db), 60)
            self.report(server, asked, f"<= {2 * self.kills}")

    def reindexed(self) -> None:
        alone = self.steady()
        with self.running() as (server, people, _):
            job = subprocess.Popen(
                ["nice", "-n", "5", sys.executable, "-m", "bot", "reindex", "--full", "--yes", "--db", str(self.db), str(self.corpus)], cwd=TREE, stdout=subprocess.DEVNULL,
                env=environment(self.db, server),
            )  # fmt: skip
            asked = self.ask(server, people, self.rate)
            self.answered(server, asked, 300)
            figure("the reindex ended before the last question", job.poll() is not None, "False")
            times = self.report(server, asked)
            job.kill()
            job.wait()
            during = percentile(times, 0.95)
            figure("p95 ms alone, during a reindex", f"{1000 * alone:.0f}, {1000 * during:.0f}", "at most twice")

    def followed(self) -> None:
        """What the admin reads while all articles are indexed, and how far the time left is from the truth."""
        server = TelegramServer()
        server.floods = Floods.real()
        fresh, first = self.folder / "fresh.db", self.corpus / "first.jsonl"
        first.write_text('{"id": "first", "body": "先有的一篇，这样机器人启动时不用更新索引。"}\n', encoding="utf-8")
        subprocess.run([sys.executable, "-m", "bot", "reindex", "--db", str(fresh), str(first)], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
        with telegram(server):
            wenda = Process(fresh, server, self.folder / "log", WENDA_CORPUS=str(self.corpus))
            admin = server.person(1)
            server.say(admin, "/reindex")
            seen: dict[str, float] = {}
            begun = 0.0
            while not any(re.search(r"新增\d+", text) for text in seen):
                seen |= {sent.text: time.time() for sent in server.replies(admin) if sent.text not in seen}
                begun = begun or min(seen.values(), default=0.0)
                time.sleep(0.1)
            wenda.stop()
        whole, told = time.time() - begun, []
        for text, at in seen.items():
            if left := re.search(r"大约还要(?:(\d+)分钟?)?(?:(\d+)秒)?", text):
                told.append((at - begun, 60 * int(left[1] or 0) + int(left[2] or 0), whole - (at - begun)))
        for at, left, truth in told:
            print(f"  after {at:6.1f} s: {left:4d} s left, in truth {truth:6.1f}")
        later = [left / truth for at, left, truth in told if at >= whole / 10 and truth > 5]
        figure("seconds in all, lines of progress, floods provoked", f"{whole:.0f}, {len(told)}, {len(server.provoked_floods)}", "0 floods")
        figure("time left / truth after the first tenth: least, most", f"{min(later):.2f}, {max(later):.2f}", ".67 to 1.33")

    def fuzz(self) -> None:
        with self.running() as (server, people, wenda):
            rng = random.Random(5)
            for number, (text, entities) in enumerate(odd(rng, self.odd)):
                server.say(people[number % len(people)], text, entities=entities)
            last = [(who, server.say(who, self.questions[0])) for who in people]
            for who, number in last:
                server.reply(who, number, 900)
            server.wait(lambda: not unanswered(self.db), 60)
            refused = [error for error in server.errors if error[0].startswith(("send", "edit", "answer"))]
            figure("odd messages, API errors, exceptions", f"{self.odd}, {len(refused)}, {wenda.log.count('Traceback')}", "0, 0")
            for error in refused[:5]:
                print("  ", error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scenarios: dict[str, Callable[[Load], object]] = {
        "steady": Load.steady, "burst": Load.burst, "floods": Load.floods, "storms": Load.storms, "kills": Load.killed, "reindex": Load.reindexed, "followed": Load.followed, "fuzz": Load.fuzz,
    }  # fmt: skip
    parser.add_argument("scenarios", nargs="*", default=list(scenarios), metavar="SCENARIO")
    shared = Path(os.environ.get("WENDA_SHARED") or TREE.parent / "shared")
    parser.add_argument("--articles", type=Path, default=shared / "public" / "news.jsonl.xz", help="JSON lines, as .jsonl or .jsonl.xz")
    parser.add_argument("--questions", type=Path, default=TREE / "tests" / "quality" / "news-dev.jsonl", help="JSON lines with `question`")
    parser.add_argument("--limit", type=int, default=0, help="only so many articles")
    parser.add_argument("--db", type=Path)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--odd", type=int, default=5000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load = Load(given, Path(folder))
        for name in given.scenarios:
            print(f"\n{name}, load average {os.getloadavg()[0]:.1f}")
            scenarios[name](load)


if __name__ == "__main__":
    main()
