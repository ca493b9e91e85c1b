"""What a running bot counts, for Prometheus, and whether it is well: `/metrics` and `/healthz` on an address of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.keeping import LAST_BACKUP
from bot.replies import OUTCOMES, Heard
from retrieval.errors import UsageError, WendaError

if TYPE_CHECKING:
    from bot.chat import Chat
    from bot.telegram_metrics import Counts

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: most answers take 10 to 50 ms, and after ten seconds people have gone."""


@dataclass(frozen=True, slots=True)
class Telegram:
    """What the Telegram side knows of itself: asked at every look, from another thread."""

    counts: Counts
    health: Callable[[], tuple[bool, str]]
    waiting: Callable[[], int]
    errors: Callable[[], dict[str, int]] = dict
    floods: Callable[[], int] = field(default=lambda: 0)
    flood_seconds: Callable[[], float] = field(default=lambda: 0.0)
    silent: Callable[[], float] = field(default=lambda: 0.0)


class Watch:
    """Listens at *address* (host:port) until closed; counts what *chat* answers and reindexes from now on.

    Raises UsageError where the address cannot be had.
    """

    def __init__(self, address: str, chat: Chat, telegram: Telegram) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._questions = Counter("wenda_questions", "Questions, by what became of them", ["outcome"], registry=self._registry)
        self._seconds = Histogram("wenda_answer_seconds", "How long an answer took to find", registry=self._registry, buckets=BUCKETS)
        self._reindexes = Counter("wenda_reindexes", "Reindexes, by how they ended", ["outcome"], registry=self._registry)
        self._last = Gauge("wenda_reindex_last_seconds", "How long the last reindex took", registry=self._registry)
        for outcome in OUTCOMES:
            self._questions.labels(outcome)
        for outcome in ("done", "refused", "cancelled", "failed"):
            self._reindexes.labels(outcome)
        self._registry.register(_Now(chat, telegram))
        chat.listeners.append(self._heard)
        chat.desk.listeners.append(self._reindexed)
        host, _, port = address.rpartition(":")
        try:
            self._server = ThreadingHTTPServer((host.strip("[]"), int(port)), _handler(self._registry, telegram.health))
        except OSError as error:
            raise UsageError(f"WENDA_METRICS_LISTEN: {address} cannot be listened on ({error.strerror or error})") from error
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _heard(self, question: Heard) -> None:
        self._questions.labels(question.outcome).inc()
        self._seconds.observe(question.seconds)

    def _reindexed(self, outcome: str, seconds: float) -> None:
        self._reindexes.labels(outcome).inc()
        if outcome == "done":
            self._last.set(seconds)


class _Now(Collector):
    """What is so at this moment, looked up at each visit."""

    def __init__(self, chat: Chat, telegram: Telegram) -> None:
        self._chat, self._telegram = chat, telegram

    def collect(self) -> Iterator[Metric]:
        telegram = self._telegram
        yield _gauge("wenda_up", "Whether updates are coming in", int(telegram.health()[0]))
        yield _gauge("wenda_inbox_waiting", "Updates received and not answered yet", telegram.waiting())
        yield _gauge("wenda_telegram_silent_seconds", "Seconds since Telegram last answered a poll", telegram.silent())
        yield CounterMetricFamily("wenda_telegram_floods", "How often Telegram asked to wait", telegram.floods())
        yield CounterMetricFamily("wenda_telegram_flood_seconds", "Seconds that Telegram asked to wait", telegram.flood_seconds())
        errors = CounterMetricFamily("wenda_telegram_errors", "Calls and polls that failed, by kind", labels=["kind"])
        for kind, count in sorted(telegram.errors().items()):
            errors.add_metric([kind], count)
        yield errors
        counts = telegram.counts
        updates = CounterMetricFamily("wenda_updates", "Updates taken up, by kind", labels=["kind"])
        for kind, count in sorted(counts.updates.items()):
            updates.add_metric([kind], count)
        yield updates
        yield CounterMetricFamily("wenda_turned_away", "Updates of people and chats that are not let in", counts.turned_away)
        yield CounterMetricFamily("wenda_bugs", "Updates that could not be answered, for which the log has a traceback", counts.errors)
        buckets, seconds = counts.within()
        yield HistogramMetricFamily("wenda_update_seconds", "From taking up an update until its answer is sent", buckets=buckets, sum_value=seconds)
        progress = self._chat.desk.progress
        yield _gauge("wenda_reindex_running", "Whether a reindex runs now", int(progress is not None))
        if progress and progress.total:
            yield _gauge("wenda_reindex_progress_ratio", "How much of its phase the running reindex has done", progress.done / progress.total)
        yield from self._library()
        yield from self._files()

    def _library(self) -> Iterator[Metric]:
        try:
            holds = self._chat.library.status()
        except WendaError:
            yield _gauge("wenda_library_up", "Whether the library can be read", 0)
            return
        yield _gauge("wenda_library_up", "Whether the library can be read", 1)
        yield _gauge("wenda_library_articles", "Articles in the library", holds["articles"])
        yield _gauge("wenda_library_passages", "Passages in the library", holds["passages"])
        if holds["indexed_at"]:
            at = datetime.fromisoformat(holds["indexed_at"])
            yield _gauge("wenda_library_indexed_timestamp_seconds", "When the library was last brought up to date", at.timestamp())
            yield _gauge("wenda_library_age_seconds", "Seconds since then", (datetime.now(UTC) - at).total_seconds())

    def _files(self) -> Iterator[Metric]:
        settings = self._chat.settings
        sizes = GaugeMetricFamily("wenda_file_bytes", "Sizes of the files that Wenda keeps", labels=["file"])
        for name, path in {"library": settings.db, "ledger": settings.ledger}.items():
            with suppress(OSError):
                sizes.add_metric([name], path.stat().st_size)
        yield sizes
        last = None
        with suppress(WendaError):
            yield _gauge("wenda_answers_kept", "Past answers in the ledger", self._chat.ledger.count())
            last = self._chat.ledger.get(LAST_BACKUP)
        if last:
            yield _gauge("wenda_backup_timestamp_seconds", "When the last backup was made", datetime.fromisoformat(last).timestamp())


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value)


def _handler(registry: CollectorRegistry, health: Callable[[], tuple[bool, str]]) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, kind = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, kind, encode(registry))
            elif path == "/healthz":
                fine, line = health()
                self._answer(200 if fine else 503, "text/plain; charset=utf-8", f"{line}\n".encode())
            else:
                self._answer(404, "text/plain; charset=utf-8", b"/metrics or /healthz\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A look at the metrics is not worth a line."""

    return Page
