"""What the bot counts, as text for a monitoring system: `/metrics` in Prometheus' format, `/healthz` for a supervisor."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping

import tornado.httpserver
import tornado.web

BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds from taking up an update to its answer; 0.3 is the goal for nineteen of twenty."""

Health = Callable[[], tuple[bool, str]]


class Counts:
    """Counted since the start; nothing in here tells who asked what."""

    def __init__(self) -> None:
        self.updates: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.turned_away = 0
        self.errors = 0
        self._within = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def took(self, seconds: float) -> None:
        """Notes how long an update took until it was done with."""
        self._within[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def exposed(self, now: Mapping[str, float]) -> str:
        """All counts, and the gauges *now*, in Prometheus' text format."""
        lines = [f'wenda_updates_total{{kind="{kind}"}} {count}' for kind, count in sorted(self.updates.items())]
        lines += [f'wenda_answers_total{{status="{status}"}} {count}' for status, count in sorted(self.answers.items())]
        lines += [f"wenda_turned_away_total {self.turned_away}", f"wenda_errors_total {self.errors}"]
        total = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._within, strict=True):
            total += count
            lines.append(f'wenda_update_seconds_bucket{{le="{bound}"}} {total}')
        lines += [f"wenda_update_seconds_sum {self._seconds:.3f}", f"wenda_update_seconds_count {total}"]
        lines += [f"wenda_{name} {value:g}" for name, value in sorted(now.items())]
        return "\n".join(lines) + "\n"


def listen(address: str, metrics: Callable[[], str], health: Health) -> tornado.httpserver.HTTPServer:
    """A server at *address* (host:port) that tells both. Raises OSError where the address is taken."""
    told = tornado.web.Application(
        [("/metrics", _Metrics, {"metrics": metrics}), ("/healthz", Healthz, {"health": health})], log_function=lambda _: None
    )  # fmt: skip
    server = tornado.httpserver.HTTPServer(told)
    host, _, port = address.rpartition(":")
    server.listen(int(port), host.strip("[]"))
    return server


class Healthz(tornado.web.RequestHandler):
    """200 while updates come in, 503 while they do not; one line about it."""

    def initialize(self, health: Health) -> None:
        self.health = health

    def get(self) -> None:
        fine, line = self.health()
        self.set_status(200 if fine else 503)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(line + "\n")


class _Metrics(tornado.web.RequestHandler):
    def initialize(self, metrics: Callable[[], str]) -> None:
        self.metrics = metrics

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.write(self.metrics())
