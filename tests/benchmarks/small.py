"""What a small server needs: the bot over the starter corpus, and a reindex of 2,000 articles, each within a memory limit.

    PYTHONPATH=.:tests/bot python tests/benchmarks/small.py [--articles news.jsonl.xz] [--limit 2000]

The real `wenda serve` against the strict server, and the real `wenda reindex`. Memory is the proportional set size
(Pss) of the command with all of its processes, looked at every 20 ms; each process also runs under a limit of its data
segment (RLIMIT_DATA) of the target, so that a process that needs more fails. Without --articles, articles are made of
the starter corpus's sentences. Prints one line a figure; exit status 1 where a target is missed. Linux only.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from telegram_server import TelegramServer, telegram

TREE = Path(__file__).resolve().parents[2]
SERVE_MB, REINDEX_MB, START_SECONDS = 300, 600, 2.0
ASKED = 100


class Watched:
    """A command with all of its processes: `peak` is the most memory they had together, in MB."""

    def __init__(self, arguments: list[str], environment: dict[str, str], limit_mb: int, log: Path) -> None:
        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_DATA, (limit_mb << 20, limit_mb << 20))

        self.peak, self.started = 0.0, time.perf_counter()
        with log.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, "-m", "bot", *arguments], cwd=TREE, env=environment, stdout=out, stderr=out, preexec_fn=limited)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self.process.poll() is None:
            self.peak = max(self.peak, sum(map(pss, family(self.process.pid))))
            time.sleep(0.02)

    def end(self) -> int:
        status = self.process.wait(600)
        self._thread.join()
        return status


def family(pid: int) -> Iterator[int]:
    """A process and all that came from it."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def pss(pid: int) -> float:
    """The memory of a process in MB, what it shares divided among those that share it."""
    try:
        found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def articles(given: argparse.Namespace, target: Path) -> int:
    """Writes the articles to index as JSON lines; how many characters they have."""
    if given.articles:
        with lzma.open(given.articles, "rt", encoding="utf-8") as lines:
            texts = list(islice(lines, given.limit))
    else:
        sentences = [s for path in sorted((TREE / "seeds").glob("0*.md")) for s in re.findall(r"[^。\n]{8,}。", path.read_text(encoding="utf-8"))]
        chosen = random.Random(1)
        texts = [json.dumps({"id": f"{n}", "title": f"第{n}号", "body": "".join(chosen.choices(sentences, k=25))}, ensure_ascii=False) + "\n" for n in range(given.limit)]
    target.write_text("".join(texts), encoding="utf-8")
    return sum(len(json.loads(text)["body"]) for text in texts)


def questions() -> list[str]:
    return [line.strip() for line in (TREE / "seeds" / ".questions").read_text(encoding="utf-8").splitlines() if line.strip()]


def serve(server: TelegramServer, environment: dict[str, str], folder: Path) -> Iterator[tuple[str, float, float]]:
    """Start to the first poll, start to the first answer, and memory while questions are answered."""
    server.person(7)
    bot = Watched(["serve"], environment, SERVE_MB, folder / "serve.log")
    polled = server.calls["getUpdates"]
    while server.calls["getUpdates"] == polled and bot.process.poll() is None:
        time.sleep(0.005)
    yield "serve: seconds from start to the first poll", time.perf_counter() - bot.started, START_SECONDS
    for number in range(ASKED):
        server.reply(7, server.say(7, questions()[number % len(questions())]), 60)
        if not number:
            yield "serve: seconds from start to the first answer", time.perf_counter() - bot.started, 2 * START_SECONDS
    bot.process.send_signal(signal.SIGTERM)
    status = bot.end()
    yield f"serve: peak MB over {ASKED} questions, exit status {status}", bot.peak, SERVE_MB
    yield "serve: questions that failed", float((folder / "serve.log").read_text(encoding="utf-8").count("failed")), 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--limit", type=int, default=2000)
    given = parser.parse_args()
    missed = 0

    def figure(name: str, value: float, target: float) -> None:
        nonlocal missed
        missed += value > target
        print(f"{name:58} {value:8.2f}   target {target:g}", flush=True)

    with tempfile.TemporaryDirectory() as name, telegram() as server:
        folder = Path(name)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WENDA_")}
        environment = kept | {
            "WENDA_DB": str(folder / "wenda.db"), "WENDA_TELEGRAM_TOKEN": server.token, "WENDA_TELEGRAM_BASE_URL": server.base_url,
            "WENDA_TELEGRAM_BASE_FILE_URL": server.base_file_url, "WENDA_ALLOWED": "*", "WENDA_LIMIT_USER": "0",
        }  # fmt: skip
        subprocess.run([sys.executable, "-m", "bot", "reindex"], cwd=TREE, env=environment, check=True, stdout=subprocess.DEVNULL)
        for line in serve(server, environment, folder):
            figure(*line)
        characters = articles(given, folder / "articles.jsonl")
        run = Watched(["reindex", str(folder / "articles.jsonl"), "--db", str(folder / "many.db"), "--json"], environment, REINDEX_MB, folder / "reindex.log")
        status = run.end()
        seconds = time.perf_counter() - run.started
        figure(f"reindex: peak MB, {given.limit} articles, {characters / 1e6:.1f} M characters", run.peak, REINDEX_MB)
        figure("reindex: exit status", status, 0)
        print(f"reindex: {seconds:.1f} s; {(folder / 'reindex.log').read_text(encoding='utf-8')[:200]}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
