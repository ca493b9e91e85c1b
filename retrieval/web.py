"""A link in, the page or the feed behind it out, as articles: the one place that speaks to the web.

Only http and https; only public addresses, unless the caller allows others; a host's name is looked up once, the address
is checked, and that very address is connected to, so that a name cannot turn to another address between check and use.
Redirects are followed five times at most, each checked like the first link. Size and time have limits. No script runs, no
picture is loaded, no cookie is kept, and nothing of the library is sent.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
import zlib
from calendar import timegm
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, TypeAlias
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from retrieval import pages
from retrieval.errors import LinkFailed, WendaError
from retrieval.records import Article, Skipped

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], list[str]]
Allow: TypeAlias = Callable[[Address], bool]

SECONDS = 20.0
"""A page must be here within this time, redirects included."""

_REDIRECTS = 5
_CHUNK = 64 * 1024
_AGENT = "Wenda (reads single articles on request; https only where offered)"
_TEXT = re.compile(r"^(?:text/(?:html|plain|markdown|xml)|application/(?:xhtml\+xml|xml|rss\+xml|atom\+xml|rdf\+xml|json|jsonl|x-ndjson))\b", re.IGNORECASE)
_TRANSITIONAL = tuple(ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
_LONG = 200  # characters of an entry's own text that make it an article; a shorter one is a teaser of the page it links to


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a link led to: `url` is the address after redirects, `type` the content type without parameters."""

    url: str
    data: bytes
    type: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed; `html` is the text it carries, which may be a teaser or empty."""

    title: str | None
    url: str | None
    published: str | None
    author: str | None
    outlet: str | None
    html: str


def public(address: Address) -> bool:
    """Whether *address* is one of the open network: not private, loopback, link-local, reserved or a wrapped one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return public(address.ipv4_mapped)
        if any(address in network for network in _TRANSITIONAL):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def anywhere(address: Address) -> bool:
    """Allows every address: for an operator who serves articles on a network of their own."""
    return True


def _look_up(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def fetch(url: str, *, allow: Allow = public, limit: int = pages.MAX_BYTES, seconds: float = SECONDS, resolve: Resolve = _look_up) -> Fetched:
    """What lies behind *url*, at most *limit* bytes within *seconds*. Raises LinkFailed with the reason."""
    end = time.monotonic() + seconds
    for _ in range(_REDIRECTS + 1):
        answer, target = _once(url, allow, limit, end, resolve)
        if answer is not None:
            return answer
        url = urljoin(url, target)
    raise LinkFailed(f"{url}: more than {_REDIRECTS} redirects")


def read(url: str, *, allow: Allow = public, resolve: Resolve = _look_up, today: date | None = None) -> Article:
    """The article behind *url*, with its address and an id made of it. Raises LinkFailed or PageRefused."""
    return article(fetch(url, allow=allow, resolve=resolve), today=today)


def article(found: Fetched, *, today: date | None = None) -> Article:
    """The article of a page that was fetched, with its address and an id made of it. Raises PageRefused."""
    name = file_name(found.url)
    read = pages.read(found.data, name + (".html" if "html" in found.type else ".txt"), today)
    return replace(read, id=name, path=name, url=read.url if _same_site(read.url, found.url) else found.url)


def read_feed(url: str, *, most: int = 50, allow: Allow = public, resolve: Resolve = _look_up, today: date | None = None) -> Iterator[Article | Skipped]:
    """The articles of the feed behind *url*, as `feed` gives them. Raises LinkFailed where the feed itself cannot be read."""
    yield from feed(fetch(url, allow=allow, resolve=resolve), most=most, allow=allow, resolve=resolve, today=today)


def feed(
    found: Fetched, *, most: int = 50, allow: Allow = public, resolve: Resolve = _look_up, today: date | None = None,
    passed_over: Callable[[Entry], bool] = lambda _: False,
) -> Iterator[Article | Skipped]:  # fmt: skip
    """The articles of the first *most* entries of a feed that was fetched, with its dates; an entry that cannot be read is a Skipped.

    Nothing is fetched for an entry that is *passed_over*. An entry's own text is taken where it is an article's; where it is a teaser, the page it links to is read.
    Raises LinkFailed where *found* is no feed, or feedparser is not installed.
    """
    for entry in entries(found.data, found.url)[:most]:
        if passed_over(entry):
            continue
        try:
            yield _article(entry, allow, resolve, today)
        except WendaError as error:
            yield Skipped(entry.url or entry.title or found.url, str(error))


def entries(data: bytes, url: str) -> list[Entry]:
    """The entries of a feed's bytes, in its order. Raises LinkFailed where they are no feed, or feedparser is not installed."""
    try:
        import feedparser
    except ImportError as error:
        raise LinkFailed('feeds need feedparser: pip install "wenda[web]"') from error
    parsed: Any = feedparser.parse(io.BytesIO(data), response_headers={"content-location": url})
    if not parsed.entries and not parsed.get("version"):
        raise LinkFailed(f"{url}: no RSS or Atom feed")
    outlet = _line(parsed.feed.get("title"))
    return [_entry(entry, url, outlet) for entry in parsed.entries]


def is_feed(found: Fetched) -> bool:
    """Whether what was fetched looks like an RSS or Atom feed."""
    return bool(re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", found.data[:2000]))


def file_name(url: str) -> str:
    """A file name for what *url* leads to: host and path, no longer than 100 characters, the same for the same address."""
    parts = urlsplit(url)
    text = re.sub(r"[^\w.-]+", "-", f"{parts.hostname or ''}{parts.path}{'-' + parts.query if parts.query else ''}").strip("-.")
    text = re.sub(r"\.(?:s?html?|php|aspx?|jsp)$", "", text)
    return text if len(text) <= 100 else f"{text[:90]}-{zlib.crc32(text.encode()):08x}"


# --- one request -----------------------------------------------------------------------------------------------------------


def _once(url: str, allow: Allow, limit: int, end: float, resolve: Resolve) -> tuple[Fetched | None, str]:
    """The answer, or None and the address it sends on to."""
    scheme, host, port, target = _parts(url)
    address = _checked(url, host, port, allow, resolve)
    connection = _connection(scheme, host, port, address, end)
    try:
        connection.request("GET", target, headers={"User-Agent": _AGENT, "Accept": "text/html,text/plain,application/xml;q=0.9,*/*;q=0.5", "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        if response.status in (301, 302, 303, 307, 308) and response.getheader("Location"):
            return None, response.getheader("Location") or ""
        if response.status != 200:
            raise LinkFailed(f"{url}: the server answered {response.status} {response.reason}"[:200])
        kind = (response.getheader("Content-Type") or "text/html").split(";")[0].strip().lower()
        if not _TEXT.match(kind):
            raise LinkFailed(f"{url}: is {kind[:60]}, no page; save its text as a file and add that")
        data = _body(url, response, connection, limit, end)
        return Fetched(url, data, kind), ""
    except (OSError, http.client.HTTPException, zlib.error) as error:
        raise LinkFailed(f"{url}: {_reason(error)}") from error
    finally:
        connection.close()


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and request target of a link, or LinkFailed."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if not re.fullmatch(r"[\d.]+|[\da-fA-F:.]+", parts.hostname or "") else parts.hostname or ""
    except (ValueError, UnicodeError) as error:
        raise LinkFailed(f"{url[:200]}: not a link") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise LinkFailed(f"{url[:200]}: only http and https links are read")
    if not host:
        raise LinkFailed(f"{url[:200]}: not a link")
    if parts.username is not None or parts.password is not None:
        raise LinkFailed("a link with a name or password in it is not read")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    target = urlunsplit(("", "", path, quote(parts.query, safe="/%:@!$&'()*+,;=~-._?"), ""))
    scheme = parts.scheme.lower()
    return scheme, host, port or (443 if scheme == "https" else 80), target


def _checked(url: str, host: str, port: int, allow: Allow, resolve: Resolve) -> str:
    """The address to connect to. Every address of the name must be allowed, or none is used."""
    try:
        found = resolve(host, port)
    except OSError as error:
        raise LinkFailed(f"{url}: {host} is not known ({_reason(error)})") from error
    addresses = [ipaddress.ip_address(text.split("%")[0]) for text in found]
    if not addresses:
        raise LinkFailed(f"{url}: {host} is not known")
    if not all(allow(address) for address in addresses):
        raise LinkFailed(f"{url}: leads to a private or reserved address, which is not allowed")
    return str(next((a for a in addresses if a.version == 4), addresses[0]))


def _connection(scheme: str, host: str, port: int, address: str, end: float) -> http.client.HTTPConnection:
    """A connection to *address* that calls itself *host*: the certificate is checked for the name, the name is not looked up again."""

    class Pinned(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.create_connection((address, port), timeout=_left(end))
            if scheme == "https":
                self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=host)

    connection = Pinned(host, port, timeout=_left(end))
    connection.default_port = 443 if scheme == "https" else 80  # so that the Host header names no port that is the scheme's own
    return connection


def _body(url: str, response: http.client.HTTPResponse, connection: http.client.HTTPConnection, limit: int, end: float) -> bytes:
    """The answer's bytes, unpacked; both the packed and the unpacked bytes are counted."""
    packed = (response.getheader("Content-Encoding") or "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise LinkFailed(f"{url}: packed as {packed[:20]}, which was not asked for")
    unpack = zlib.decompressobj(47) if packed in ("gzip", "x-gzip", "deflate") else None
    whole = bytearray()
    while True:
        left = _left(end)
        if connection.sock is not None:
            connection.sock.settimeout(left)
        chunk = response.read1(_CHUNK)
        if not chunk:
            break
        while chunk:
            whole += unpack.decompress(chunk, limit + 1 - len(whole)) if unpack else chunk
            if len(whole) > limit:
                raise LinkFailed(f"{url}: larger than {limit // 1024 // 1024} MiB")
            chunk = unpack.unconsumed_tail if unpack else b""
    return bytes(whole)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, ssl.SSLError):
        return f"the certificate or connection is not sound ({error.reason or error})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


# --- entries to articles ----------------------------------------------------------------------------------------------------


def _entry(entry: Any, url: str, outlet: str | None) -> Entry:
    contents = [c.get("value") or "" for c in entry.get("content", [])] + [entry.get("summary") or ""]
    source = entry.get("source")
    link = entry.get("link")
    return Entry(
        title=_line(entry.get("title")),
        url=urljoin(url, link) if link and re.match(r"https?://", urljoin(url, link)) else None,
        published=_day(entry.get("published_parsed")),
        author=_line(entry.get("author")),
        outlet=_line(source.get("title")) if source else outlet,
        html=max(contents, key=len),
    )


def _day(moment: time.struct_time | None) -> str | None:
    """The day in +08:00 of a feed's moment, which feedparser gives in UTC."""
    if moment is None:
        return None
    try:
        return (datetime.fromtimestamp(timegm(moment), UTC)).astimezone(timezone(timedelta(hours=8))).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _line(text: Any) -> str | None:
    return (re.sub(r"\s+", " ", re.sub(r"<[^<>]{0,500}>", "", text)).strip() or None) if isinstance(text, str) else None


def _article(entry: Entry, allow: Allow, resolve: Resolve, today: date | None) -> Article:
    own = pages.fragment(entry.html)
    if len(own) < _LONG and entry.url:
        article = read(entry.url, allow=allow, resolve=resolve, today=today)
    elif own:
        name = file_name(entry.url) if entry.url else f"entry-{zlib.crc32(own.encode()):08x}"
        article = Article(id=name, path=name, body=own, script=pages.script_of(own), url=entry.url)
    else:
        raise LinkFailed("no article body: the entry holds no text and no link")
    known = date.fromisoformat(entry.published) <= (today or date.today()) + timedelta(days=1) if entry.published else False
    if known and not (article.published_origin or "").startswith("metadata"):
        article = replace(article, published=entry.published, published_origin="feed entry")
    elif article.published is None and article.published_origin is None:
        article = replace(article, published_origin="none: the feed states no date" if not entry.published else f"impossible: {entry.published}")
    outlet = article.outlet or entry.outlet
    return replace(
        article,
        title=article.title or entry.title,
        title_origin=article.title_origin if article.title else "feed entry",
        outlet=outlet,
        outlet_origin=article.outlet_origin or ("feed" if outlet else None),
        authors=article.authors or ((entry.author,) if entry.author else ()),
    )


def _same_site(own: str | None, found: str) -> bool:
    """A page may name its canonical address, but only on its own host."""
    return bool(own) and urlsplit(own or "").hostname == urlsplit(found).hostname
