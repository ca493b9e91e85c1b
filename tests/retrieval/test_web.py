"""Links and feeds: read from a server on this machine, and from nowhere that was not allowed."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from retrieval import pages, web
from retrieval.errors import LinkFailed, PageRefused
from retrieval.records import Article, Skipped

TODAY = date(2026, 11, 22)
PAGE = """<!doctype html><html><head><title>溪口的水车又转了 - 临川在线</title><meta name="source" content="临川日报"></head><body>
<h1>溪口的水车又转了</h1><p>2014-03-02 08:00 来源:临川日报</p>
<p>溪口的水车停了三十年,今天早上又转了起来。修水车的是两位木匠,他们把轴心换成了铁的,叶片还是用老樟木。</p>
<p>村里的老人坐在桥头看了一上午。有人说,声音不如从前响,也有人说,是溪水小了,和水车没有关系。</p></body></html>"""
LONG = "渡口停用以后,旧书摊还在。摊主说,等船的人没有了,等书的人还有。他的书按水位摆:最高一层是淹过三次也没有丢的,最低一层是随时可以漂走的。" * 4
RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>临川日报</title>
<item><title>溪口的水车</title><link>{base}/page</link><pubDate>Sun, 02 Mar 2014 00:30:00 GMT</pubDate><description>水车又转了……</description></item>
<item><title>渡口的旧书摊</title><link>{base}/nowhere</link><pubDate>Fri, 01 May 2020 22:30:00 GMT</pubDate><author>温一山</author><description><![CDATA[<p>{long}</p><script>x()</script>]]></description></item>
<item><title>没有了</title><link>{base}/gone</link><description>短。</description></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>望川晚报</title><entry><title>旧书摊</title><published>2021-04-02T23:30:00Z</published>
<link href="{base}/b"/><content type="html">&lt;p&gt;{long}&lt;/p&gt;</content></entry></feed>"""

Handler = Callable[[BaseHTTPRequestHandler], None]


def answer(request: BaseHTTPRequestHandler, body: bytes, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


class Server:
    """A web server on 127.0.0.1; `pages` maps a path to what answers it."""

    def __init__(self) -> None:
        server = self
        self.pages: dict[str, Handler] = {}
        self.hosts: list[str] = []
        self.stop = threading.Event()

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.hosts.append(self.headers["Host"])
                handler = server.pages.get(self.path)
                if handler:
                    handler(self)
                else:
                    answer(self, b"", status=404)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.port = self.http.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop.set()
    server.http.shutdown()
    server.http.server_close()


def loopback(address: web.Address) -> bool:
    return str(address) == "127.0.0.1"


def test_a_link_is_an_article_with_its_address(server: Server) -> None:
    """Title, outlet and date come from the page, the address from the link, the id from the address."""
    server.pages["/a/page.html?id=1"] = lambda r: answer(r, PAGE.encode())
    article = web.read(f"{server.base}/a/page.html?id=1", allow=loopback, today=TODAY)
    assert (article.title, article.outlet, article.published) == ("溪口的水车又转了", "临川日报", "2014-03-02")
    assert article.url == f"{server.base}/a/page.html?id=1"
    assert article.id == "127.0.0.1-a-page.html-id-1"
    assert article.body.startswith("溪口的水车停了三十年")


def test_an_article_from_a_link_survives_its_file(server: Server) -> None:
    """Written as a line of JSON and read again it is the same article."""
    server.pages["/"] = lambda r: answer(r, PAGE.encode())
    article = web.read(server.base, allow=loopback, today=TODAY)
    again = pages.read_line(pages.write_line(article), "added.jsonl", 1, TODAY)
    for name in ("id", "title", "outlet", "published", "url", "authors", "editors", "script", "body", "content_hash"):
        assert getattr(again, name) == getattr(article, name)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://[64:ff9b::7f00:1]/", "http://100.64.0.1/", "http://[fd00::1]/"],
)
def test_private_addresses_are_refused(url: str) -> None:
    """Without being allowed, no address of this machine, its network or its provider is connected to."""
    with pytest.raises(LinkFailed, match="private or reserved"):
        web.fetch(url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "gopher://example.org", "javascript:alert(1)", "http://", "http://user:secret@example.org/", "no link", "http://[::1", "http://exa mple.org:x/"])
def test_only_plain_web_links_are_read(url: str) -> None:
    """Other schemes, passwords and broken links are refused before anything is looked up, and a password is not repeated."""
    with pytest.raises(LinkFailed) as refusal:
        web.fetch(url, resolve=lambda host, port: pytest.fail("looked up"))
    assert "secret" not in str(refusal.value)


def test_a_name_with_one_private_address_is_refused() -> None:
    """A name that leads to an open and to a private address leads nowhere."""
    with pytest.raises(LinkFailed, match="private or reserved"):
        web.fetch("http://news.example/", resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"])


def test_the_checked_address_is_the_one_connected_to(server: Server) -> None:
    """A name is looked up once a request: an answer that changes between check and use has no second chance."""
    server.pages["/"] = lambda r: answer(r, PAGE.encode())
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    found = web.fetch(f"http://news.example:{server.port}/", allow=loopback, resolve=resolve)
    assert asked == ["news.example"]
    assert server.hosts == [f"news.example:{server.port}"]
    assert found.data == PAGE.encode()


def test_redirects_are_followed_and_checked_again(server: Server) -> None:
    """A redirect to what is not allowed is refused, one to another scheme too, and a circle ends."""
    server.pages["/one"] = lambda r: answer(r, b"", status=302, Location="two")
    server.pages["/two"] = lambda r: answer(r, PAGE.encode())
    assert web.fetch(f"{server.base}/one", allow=loopback).url == f"{server.base}/two"
    for target, reason in (("http://127.0.0.2/", "private or reserved"), ("file:///etc/passwd", "only http"), ("/round", "redirects")):
        server.pages["/round"] = lambda r, target=target: answer(r, b"", status=301, Location=target)
        with pytest.raises(LinkFailed, match=reason):
            web.fetch(f"{server.base}/round", allow=loopback)


def test_size_has_a_limit_packed_or_not(server: Server) -> None:
    """Neither a large page nor a small one that unpacks to a large one is taken."""
    server.pages["/large"] = lambda r: answer(r, b"x" * 300_000)
    server.pages["/bomb"] = lambda r: answer(r, gzip.compress(b"x" * 5_000_000), Content_Encoding="gzip")
    server.pages["/packed"] = lambda r: answer(r, gzip.compress(PAGE.encode()), Content_Encoding="gzip")
    for path in ("/large", "/bomb"):
        with pytest.raises(LinkFailed, match="larger than"):
            web.fetch(server.base + path, allow=loopback, limit=200_000)
    assert web.fetch(f"{server.base}/packed", allow=loopback).data == PAGE.encode()


def test_a_silent_or_endless_server_is_left(server: Server) -> None:
    """Time counts for the whole answer, so a byte now and then does not hold the reader."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/plain")
        request.end_headers()
        while not server.stop.wait(0.05):
            try:
                request.wfile.write(b"x")
                request.wfile.flush()
            except OSError:
                return

    server.pages["/drip"] = drip
    server.pages["/silent"] = lambda r: (server.stop.wait(), None)[1]
    for path in ("/drip", "/silent"):
        with pytest.raises(LinkFailed, match="in time"):
            web.fetch(server.base + path, allow=loopback, seconds=0.5)


def test_what_is_no_page_is_named(server: Server) -> None:
    """A picture, an error and a closed door each have their line."""
    server.pages["/picture"] = lambda r: answer(r, b"\x89PNG", kind="image/png")
    with pytest.raises(LinkFailed, match="image/png"):
        web.fetch(f"{server.base}/picture", allow=loopback)
    with pytest.raises(LinkFailed, match="404"):
        web.fetch(f"{server.base}/none", allow=loopback)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    with pytest.raises(LinkFailed, match="refused"):
        web.fetch(f"http://127.0.0.1:{closed}/", allow=loopback)
    server.pages["/list"] = lambda r: answer(r, "<html><body><ul><li><a href='/1'>一</a></li></ul></body></html>".encode())
    with pytest.raises(PageRefused, match="^no article body"):
        web.read(f"{server.base}/list", allow=loopback, today=TODAY)


def test_a_feed_gives_articles_with_its_dates(server: Server) -> None:
    """A teaser is read from its page, a whole entry from the feed, the day in +08:00; what is gone is named."""
    pytest.importorskip("feedparser")
    server.pages["/rss"] = lambda r: answer(r, RSS.format(base=server.base, long=LONG).encode(), kind="application/rss+xml")
    server.pages["/page"] = lambda r: answer(r, PAGE.encode())
    first, second, third = web.read_feed(f"{server.base}/rss", allow=loopback, today=TODAY)
    assert isinstance(first, Article) and isinstance(second, Article) and isinstance(third, Skipped)
    assert (first.title, first.published, first.outlet, first.url) == ("溪口的水车又转了", "2014-03-02", "临川日报", f"{server.base}/page")
    assert (second.title, second.published, second.outlet, second.authors) == ("渡口的旧书摊", "2020-05-02", "临川日报", ("温一山",))
    assert second.body == LONG and second.published_origin == "feed entry"
    assert "404" in third.reason


def test_an_atom_feed_is_read_too(server: Server) -> None:
    """Its dates have zones."""
    pytest.importorskip("feedparser")
    server.pages["/atom"] = lambda r: answer(r, ATOM.format(base=server.base, long=LONG).encode(), kind="application/atom+xml")
    (article,) = web.read_feed(f"{server.base}/atom", allow=loopback, today=TODAY)
    assert isinstance(article, Article)
    assert (article.published, article.outlet) == ("2021-04-03", "望川晚报")


def test_what_is_no_feed_is_named(server: Server) -> None:
    """A page given as a feed is refused, whatever its markup asks for; nothing it refers to is fetched."""
    pytest.importorskip("feedparser")
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/"><!ENTITY b "&a;&a;">]><rss><channel><title>&b;</title></channel></rss>'
    server.pages["/page"] = lambda r: answer(r, PAGE.encode())
    with pytest.raises(LinkFailed, match="no RSS or Atom feed"):
        list(web.read_feed(f"{server.base}/page", allow=loopback))
    assert web.entries(bomb.encode(), "http://news.example/") == []


def test_public_addresses_are_public() -> None:
    """The addresses of the open network are allowed."""
    assert web.public(ipaddress.ip_address("93.184.216.34"))
    assert web.public(ipaddress.ip_address("2606:2800:220:1:248:1893:25c8:1946"))
    assert web.anywhere(ipaddress.ip_address("127.0.0.1"))
