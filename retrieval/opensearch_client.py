"""Requests to an OpenSearch cluster in, its answers or errors fit to be shown out: retries, back-pressure, TLS, passwords.

The only module that knows opensearch-py, an extra (`pip install '.[opensearch]'`).
"""

from __future__ import annotations

import base64
import json
import logging
import random
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from retrieval.errors import EngineUnavailable, UsageError

OLDEST, NEWEST = (2, 19), (4, 0)
"""Supported versions: from the one the tests run to below the next that may break; scripts read term counts since 2.12."""

PATIENCE = 8.0
"""Seconds a question waits for a cluster that elects a manager or moves a shard; a lost node took 1 to 3 in the tests."""

LONG_PATIENCE = 120.0
"""Seconds a reindex waits: longer than a node takes to restart."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of one bulk request; the manual advises 5 to 15 MB a request, small heaps like it smaller."""

_PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses after which trying again may help; 500 is what a node says of another one that is just lost."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Address:
    """Where the cluster is and how to be let in: addresses separated by commas are nodes of one cluster.

    Every index name begins with *prefix* and a dash. *ca* is a file of certificates to trust besides the system's.
    *shards* None is one a data node, at most three until there is more to hold.
    """

    url: str = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    prefix: str = "wenda"
    ca: str | None = None
    shards: int | None = None

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(part.strip().rstrip("/") for part in self.url.split(",") if part.strip())

    @property
    def shown(self) -> str:
        """The addresses without user names and passwords."""
        parts = [urlsplit(node) for node in self.nodes]
        return ", ".join(f"{part.scheme}://{part.netloc.rpartition('@')[2]}" for part in parts)


class Missing(Exception):
    """What was asked for does not exist there (404)."""


class Conflict(Exception):
    """Somebody else wrote it first (409)."""


class _Overloaded(Exception):
    """Too much at once (429)."""


class Client:
    """Sends requests and tries again where that helps. Safe to use from several threads."""

    def __init__(self, address: Address) -> None:
        try:
            import opensearchpy
        except ImportError:
            raise UsageError("WENDA_ENGINE=opensearch needs opensearch-py: install Wenda with its extra, pip install '.[opensearch]'") from None
        if not address.nodes:
            raise UsageError("WENDA_ENGINE=opensearch needs WENDA_OPENSEARCH_URL, such as https://search.example.org:9200")
        # Its log names every failed attempt with the address it went to; ours says once what a person needs to know.
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        self.address = address
        self._errors = opensearchpy.exceptions
        trusted = {"ssl_context": ssl.create_default_context(cafile=address.ca)} if address.ca else {}
        options: dict[str, Any] = dict(
            headers={"authorization": _pass(address.user, address.password or "")} if address.user else None,
            http_compress=False,
            max_retries=len(address.nodes),
            retry_on_status=(),
            pool_maxsize=16,
            dead_timeout=5,
            timeout_cutoff=2,
            **trusted,
        )
        self._open = opensearchpy.OpenSearch(list(address.nodes), **options)
        self._checked = False

    def close(self) -> None:
        self._open.close()

    def send(self, method: str, path: str, body: Any = None, *, patience: float = PATIENCE, **params: Any) -> Json:
        """The cluster's answer. Tried again for *patience* seconds while the cluster is away, busy or electing.

        Raises Missing, Conflict, or EngineUnavailable with what a person should know and do.
        """
        self._check(patience)
        return self._send(method, path, body, patience, params)

    def bulk(self, lines: Iterable[tuple[Json, Json | None]], patience: float = LONG_PATIENCE) -> int:
        """Write actions with their documents; how many. Slows down where the cluster says that it is too much.

        An action may be sent twice: its document must have an id. Raises EngineUnavailable where one is refused for good.
        """
        written, size, batch = 0, 0, list[str]()
        limit = BATCH_BYTES
        for action, document in lines:
            text = json.dumps(action) + "\n"
            if document is not None:
                text += json.dumps(document, ensure_ascii=False) + "\n"
            batch.append(text)
            size += len(text.encode())
            if size >= limit:
                written += len(batch)
                limit = self._write(batch, limit, patience)
                size, batch = 0, []
        self._write(batch, limit, patience)
        return written + len(batch)

    def _write(self, batch: Sequence[str], limit: int, patience: float) -> int:
        """Send *batch* until every line of it is written; the size that the next one should have."""
        deadline, pause = time.monotonic() + patience, 0.1
        waiting = [list(batch)] if batch else []
        while waiting:
            some = waiting.pop(0)
            again = self._rejected(some, max(1.0, deadline - time.monotonic()))
            if not again:
                pause = 0.1
                continue
            if time.monotonic() > deadline:
                raise EngineUnavailable(f"{self.address.shown}: the cluster takes no more writes for now; try again later, or give it more machines")
            limit = max(BATCH_BYTES // 32, limit // 2)
            half = (len(again) + 1) // 2
            waiting[:0] = [part for part in (again[:half], again[half:]) if part]
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 10.0)
        return min(BATCH_BYTES, limit * 5 // 4)

    def _rejected(self, lines: list[str], patience: float) -> list[str]:
        """The lines of one bulk request that the cluster had no room for."""
        self._check(patience)
        try:
            answer = self._send("POST", "/_bulk", "".join(lines), patience, {"filter_path": "errors,items.*.status,items.*.error"}, _PASSING - {429})
        except _Overloaded:
            return lines
        again = []
        for line, item in zip(lines, answer["items"] if answer.get("errors") else (), strict=bool(answer.get("errors"))):
            (result,) = item.values()
            if result["status"] in _PASSING and not _full(result.get("error")):
                again.append(line)
            elif result["status"] >= 300 and not (result["status"] == 404 and "delete" in item):
                raise self._refused(result["status"], result.get("error", {}))
        return again

    def _check(self, patience: float) -> None:
        if self._checked:
            return
        version = self._send("GET", "/", None, patience, {}).get("version", {})
        number = str(version.get("number", "unknown"))
        parts = tuple(int(part) for part in number.split(".")[:2] if part.isdecimal())
        if version.get("distribution") != "opensearch" or not OLDEST <= parts < NEWEST:
            name = str(version.get("distribution") or "Elasticsearch or another server")
            raise EngineUnavailable(
                f"{self.address.shown}: {name} {number} is not supported; Wenda needs OpenSearch {OLDEST[0]}.{OLDEST[1]} or later, below {NEWEST[0]}.0"
            )
        self._checked = True

    def _send(self, method: str, path: str, body: Any, patience: float, params: Mapping[str, Any], passing: frozenset[int] = _PASSING) -> Json:
        deadline, pause = time.monotonic() + patience, 0.05
        while True:
            left = max(1.0, min(patience / 2.5, deadline - time.monotonic()))  # a node that hangs leaves time for another one
            try:
                headers = {"content-type": "application/x-ndjson"} if isinstance(body, str) else None
                return cast(Json, self._open.transport.perform_request(method, path, params=dict(params), body=body, headers=headers, timeout=left) or {})
            except self._errors.NotFoundError as error:
                raise Missing(str(error)) from error
            except self._errors.ConflictError as error:
                raise Conflict(str(error)) from error
            except self._errors.OpenSearchException as error:
                worded, status = self._worded(error)
                if status == 429 and 429 not in passing:
                    raise _Overloaded from error
                if status not in passing or time.monotonic() + pause > deadline:
                    raise worded from error
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 2.0)

    def _worded(self, error: Exception) -> tuple[EngineUnavailable, int]:
        """*error* in words for a person, and its HTTP status: 503 where there was no answer, 0 where trying again is no use."""
        where = self.address.shown
        if isinstance(error, self._errors.SSLError):
            return EngineUnavailable(f"{where}: the certificate is not trusted; name its authority's file in WENDA_OPENSEARCH_CA"), 0
        if isinstance(error, self._errors.ConnectionTimeout):
            return EngineUnavailable(f"{where}: the cluster did not answer in time; look at its load and health"), 503
        if isinstance(error, self._errors.ConnectionError):
            return EngineUnavailable(f"{where}: the cluster cannot be reached; check that it runs and WENDA_OPENSEARCH_URL"), 503
        if isinstance(error, self._errors.TransportError) and isinstance(error.status_code, int):
            info = error.info if isinstance(error.info, dict) else {}
            cause = info.get("error", error.error)
            return self._refused(error.status_code, cause), 0 if _full(cause) else error.status_code
        return EngineUnavailable(f"{where}: the answer is not OpenSearch's; check WENDA_OPENSEARCH_URL"), 0

    def _refused(self, status: int, cause: Any) -> EngineUnavailable:
        where, text = self.address.shown, _reason(cause)
        if _full(cause):
            return EngineUnavailable(f"{where}: the cluster is out of disk (flood stage) and takes no writes; free space or add a node; questions go on")
        if status == 401:
            return EngineUnavailable(f"{where}: the cluster refuses the user name or password; check WENDA_OPENSEARCH_USER and WENDA_OPENSEARCH_PASSWORD")
        if status == 403:
            return EngineUnavailable(f"{where}: the user may not do this there ({text}); give it the rights on indexes of WENDA_OPENSEARCH_PREFIX")
        if status == 429:
            return EngineUnavailable(f"{where}: the cluster is overloaded ({text}); try again later")
        if status in _PASSING:
            return EngineUnavailable(f"{where}: a part of the index is not available, the cluster is red or electing ({text}); look at its health")
        return EngineUnavailable(f"{where}: the cluster refused ({status}: {text})")


def _pass(user: str, password: str) -> str:
    """Basic authentication, in UTF-8; the packages below know only Latin-1."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _full(cause: Any) -> bool:
    """Whether the cluster's own guard of its disks says no: to writes, or, where no node has room, to new indexes."""
    text = json.dumps(cause)
    return any(words in text for words in ("flood-stage", "read-only-allow-delete", "create-index blocked"))


def _reason(cause: Any) -> str:
    """OpenSearch's own reason, the innermost that is given, cut to a line."""
    if isinstance(cause, dict):
        roots = cause.get("root_cause") or []
        first = roots[0] if roots and isinstance(roots[0], dict) else cause
        cause = first.get("reason") or cause.get("reason") or cause.get("type") or "no reason given"
    return " ".join(str(cause).split())[:200]
