"""`wenda add`: files, folders, links and feeds come into the added folder and the library, and are read back as they were."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot import adding
from bot.__main__ import main
from retrieval.ledger import Ledger

PAGE = """溪口的水车又转了
2014-03-02 08:00 来源:临川日报
溪口的水车停了三十年,今天早上又转了起来。修水车的是两位木匠,他们把轴心换成了铁的,叶片还是用老樟木。
村里的老人坐在桥头看了一上午。有人说,声音不如从前响,也有人说,是溪水小了,和水车没有关系。
"""
HTML = """<!doctype html><html><head><title>渡口的旧书摊 - 临川在线</title><meta name="source" content="临川日报"></head><body>
<h1>渡口的旧书摊</h1><p>2015-06-07 08:00 来源:临川日报 作者:温一山</p>
<p>渡口停用以后,旧书摊还在。摊主说,等船的人没有了,等书的人还有。一本旧书卖3元,两本卖5元。</p>
<p>他的书按水位摆:最高一层是淹过三次也没有丢的,最低一层是随时可以漂走的。夏天他把书都搬到楼上去。</p></body></html>"""
LONG = "石桥镇的豆腐坊开了四十年。每天凌晨三点磨豆子,六点出第一板豆腐,一板卖24元。老板娘说,水是后山的泉水,换了别处的水就不是这个味道。" * 4
RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>临川日报</title>
<item><title>豆腐坊四十年</title><link>{base}/tofu</link><pubDate>Sun, 02 Mar 2014 00:30:00 GMT</pubDate><description><![CDATA[<p>{long}</p>]]></description></item>
<item><title>渡口的旧书摊</title><link>{base}/books.html</link><pubDate>Fri, 05 Jun 2015 01:00:00 GMT</pubDate><description>短。</description></item>
<item><title>没有了</title><link>{base}/gone</link><description>短。</description></item></channel></rss>"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wenda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder of its own, with a corpus of one article."""
    for name in list(os.environ):
        if name.startswith("WENDA_"):
            monkeypatch.delenv(name)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    line = {"id": "bridge", "title": "四座桥", "outlet": "松河报", "published": "2020-01-02", "body": "松河镇修了4座桥。最长的一座有120米,花了两年才修好。"}
    (corpus / "articles.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    monkeypatch.setenv("WENDA_CORPUS", str(corpus))
    monkeypatch.setenv("WENDA_DB", str(tmp_path / "wenda.db"))
    monkeypatch.setenv("WENDA_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        with pytest.raises(SystemExit) as exit:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(exit.value.code or 0), out, err

    return run


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, tuple[str, bytes]]]]:
    """A web server on 127.0.0.1: its address, and what it answers by path, as content type and bytes."""
    served: dict[str, tuple[str, bytes]] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = served.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}", served
    http.shutdown()
    http.server_close()


def added(tmp_path: Path) -> dict[str, bytes]:
    folder = tmp_path / "wenda.db.added"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def stored(wenda: Run, id: str) -> dict[str, object]:
    status, out, err = wenda("show", id, "--json")
    assert status == 0, err
    found: dict[str, object] = json.loads(out)
    return found


# Files


def test_a_file_is_in_the_library_at_once(wenda: Run, tmp_path: Path) -> None:
    """The page is copied as it is, told how it was read, found by a question, and still there after a plain reindex."""
    (tmp_path / "水车.txt").write_text(PAGE, encoding="utf-8")
    status, out, err = wenda("add", "水车.txt")
    assert (status, err) == (0, "")
    assert added(tmp_path) == {"水车.txt": PAGE.encode()}
    for words in ("title: 溪口的水车又转了", "outlet: 临川日报", "date: 2014-03-02 (line 2", "begins: 溪口的水车停了三十年", "2 articles"):
        assert words in out
    assert "两位木匠" in wenda("ask", "修水车的是几位木匠?", "--json")[1]
    assert wenda("reindex")[0] == 0
    assert stored(wenda, "水车.txt")["published"] == "2014-03-02"
    assert stored(wenda, "bridge")["published"] == "2020-01-02"


def test_the_same_file_again_is_said_to_be_unchanged(wenda: Run, tmp_path: Path) -> None:
    """Nothing is copied twice, and a file that lies in the added folder already stays where it is."""
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf-8")
    assert wenda("add", "a.txt")[0] == 0
    for given in ("a.txt", tmp_path / "wenda.db.added" / "a.txt"):
        status, out, _ = wenda("add", given)
        assert status == 0
        assert "unchanged" in out
    assert list(added(tmp_path)) == ["a.txt"]


def test_another_text_of_the_same_name_is_not_written_over_the_first(wenda: Run, tmp_path: Path) -> None:
    """It gets a number; so does a file whose name is the id of an article of the corpus."""
    (tmp_path / "corpus" / "own.txt").write_text(PAGE.replace("三十年", "二十年"), encoding="utf-8")
    assert wenda("reindex")[0] == 0
    for folder, years in (("x", "三十年"), ("y", "四十年")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.txt").write_text(PAGE.replace("三十年", years), encoding="utf-8")
        assert wenda("add", f"{folder}/own.txt")[0] == 0
    assert list(added(tmp_path)) == ["own-2.txt", "own-3.txt"]
    assert [str(stored(wenda, id)["body"])[7:10] for id in ("own.txt", "own-2.txt", "own-3.txt")] == ["二十年", "三十年", "四十年"]


def test_a_folder_keeps_its_shape(wenda: Run, tmp_path: Path) -> None:
    """Its pages and JSON lines come in under the folder's name; what holds no article is passed over with the reason."""
    inside = tmp_path / "news" / "march"
    inside.mkdir(parents=True)
    (inside / "a.txt").write_text(PAGE, encoding="utf-8")
    (inside / "empty.txt").write_bytes(b"")
    (tmp_path / "news" / "more.jsonl").write_text('{"id": "m1", "body": "豆腐坊开了四十年。"}\nnonsense\n', encoding="utf-8")
    status, out, err = wenda("add", "news")
    assert status == 0
    assert list(added(tmp_path)) == ["news/march/a.txt", "news/more.jsonl"]
    assert "empty.txt: empty file" in err and "more.jsonl:2: not text" in err
    assert out.count("added:") == 2
    assert stored(wenda, "m1")["body"] == "豆腐坊开了四十年。"
    assert stored(wenda, "news/march/a.txt")["outlet"] == "临川日报"


def test_a_zip_archive_comes_in_member_by_member(wenda: Run, tmp_path: Path) -> None:
    """Its pages and documents lie in a folder of its name, what is none is named, and a second time nothing changes."""
    import zipfile

    from documents import docx, paragraph

    report = docx(paragraph("渡口的旧书摊") + paragraph("2015-06-07　来源：松河报") + paragraph(LONG))
    with zipfile.ZipFile(tmp_path / "三月.zip", "w") as archive:
        for name, data in (("水车/a.txt", PAGE.encode()), ("../书摊.docx", report), ("p.png", b"\x89PNG"), ("b.zip", b"PK")):
            archive.writestr(name, data)
    status, out, err = wenda("add", "三月.zip")
    assert status == 0
    assert sorted(added(tmp_path)) == ["三月/书摊.docx", "三月/水车/a.txt"]
    assert out.count("added:") == 2 and "title: 溪口的水车又转了" in out
    assert "skipped 三月.zip/p.png" in err and "skipped 三月.zip/b.zip" in err
    assert stored(wenda, "三月/书摊.docx")["outlet"] == "松河报"
    status, out, _ = wenda("add", "三月.zip")
    assert (status, out.count("unchanged, lies")) == (0, 2)


def test_a_word_document_comes_in(wenda: Run, tmp_path: Path) -> None:
    """It is copied as it is and read from there; so it is from a folder of the corpus."""
    from documents import docx, paragraph

    report = docx(paragraph("渡口的旧书摊") + paragraph("2015-06-07　来源：松河报") + paragraph(LONG))
    (tmp_path / "书摊.docx").write_bytes(report)
    status, out, _ = wenda("add", "书摊.docx")
    assert status == 0 and "date: 2015-06-07" in out
    assert stored(wenda, "书摊.docx")["body"] == LONG
    (tmp_path / "corpus" / "二.docx").write_bytes(docx(paragraph("渡口的桥") + paragraph(LONG)))
    assert wenda("reindex", "--yes")[0] == 0
    assert stored(wenda, "二.docx")["title"] == "渡口的桥"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("README.txt", "page-README.txt"), (".hidden.txt", "hidden.txt"), ("a page: 1?.txt", "a-page-1-.txt"), ("page", "page.txt"), ("con.txt", "page-con.txt")],
)
def test_a_name_is_made_safe(wenda: Run, tmp_path: Path, name: str, kept: str) -> None:
    """No name is passed over by a reindex or refused by a file system."""
    (tmp_path / name).write_text(PAGE, encoding="utf-8")
    status, out, _ = wenda("add", name)
    assert status == 0
    assert list(added(tmp_path)) == [kept]
    assert "2 articles" in out


def test_a_long_name_is_cut() -> None:
    """At most 160 bytes and an ending, and two long names that differ stay apart."""
    one, two = adding.safe("水" * 300 + ".txt"), adding.safe("水" * 301 + ".txt")
    assert one != two
    assert len(one.encode()) < 180 and one.endswith(".txt")


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("none.txt", None, "no such file or folder (a link begins with http:// or https://)"),
        ("empty.txt", b"", "empty file"),
        ("list.txt", "第一条\n第二条\n第三条\n".encode(), "no article body"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0", "not text"),
        ("report.docx", b"PK\3\4", "Word document"),
        ("scan.pdf", b"%PDF-", "the PDF cannot be read"),
        ("pages.zip", b"PK\3\4", "ZIP archive"),
        ("none.zip", b"PK\5\6" + bytes(18), "no article"),
        ("bad.jsonl", b"nonsense\n", "not text"),
        ("none.jsonl", b"\n", "empty file"),
        ("bad.jsonl.xz", b"nonsense", "cannot be read"),
    ],
)
def test_what_holds_no_article_is_one_line(wenda: Run, tmp_path: Path, name: str, data: bytes | None, line: str) -> None:
    """The line names the file and the reason; nothing was copied and the library is as it was."""
    if data is not None:
        (tmp_path / name).write_bytes(data)
    status, out, err = wenda("add", name)
    assert (status, out) == (1, "")
    assert err.startswith("wenda: ") and err.count("\n") == 1
    assert line in err and name in err
    assert not (tmp_path / "wenda.db.added").exists()


def test_nothing_given_is_wrong_usage(wenda: Run, tmp_path: Path) -> None:
    """An empty argument, as from an unset variable of a script, does not mean the working folder."""
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf-8")
    status, out, err = wenda("add", "")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert not (tmp_path / "wenda.db.added").exists()


def test_a_library_of_another_corpus_is_not_emptied(wenda: Run, tmp_path: Path) -> None:
    """Where most of the library is not of the default corpus, the article lies in the folder and the line says what to do."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "o.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "a.txt").write_text(PAGE.replace("三十年", "五十年"), encoding="utf-8")
    assert wenda("reindex", "other")[0] == 0
    status, _, err = wenda("add", "a.txt")
    assert status == 1
    assert "not in the library yet" in err and "wenda reindex" in err and err.count("\n") == 1
    assert list(added(tmp_path)) == ["a.txt"]
    assert stored(wenda, "o.txt")["outlet"] == "临川日报"


# Links and feeds


def test_a_link_keeps_its_address_date_and_people(wenda: Run, tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The page behind a link lies in a file of its own, so that a later reindex knows where it came from."""
    base, served = site
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    monkeypatch.setenv("WENDA_WEB_ALLOW", "127.0.0.0/8")
    status, out, err = wenda("add", f"{base}/books.html")
    assert (status, err) == (0, "")
    assert "title: 渡口的旧书摊" in out and "2 articles" in out
    article = stored(wenda, "127.0.0.1-books")
    assert (article["url"], article["outlet"], article["published"], article["authors"]) == (f"{base}/books.html", "临川日报", "2015-06-07", ["温一山"])
    assert "unchanged" in wenda("add", f"{base}/books.html")[1]
    served["/books.html"] = ("text/html; charset=utf-8", HTML.replace("3元", "4元").encode())
    assert wenda("add", f"{base}/books.html")[0] == 0
    assert list(added(tmp_path)) == ["127.0.0.1-books-2.jsonl", "127.0.0.1-books.jsonl"]
    assert "4元" in str(stored(wenda, "127.0.0.1-books-2")["body"])
    assert wenda("reindex")[0] == 0
    assert stored(wenda, "127.0.0.1-books") == article


def test_a_feed_brings_its_entries_with_their_dates(wenda: Run, tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole texts are taken, teasers followed, and what cannot be read is named."""
    pytest.importorskip("feedparser")
    base, served = site
    served["/feed"] = ("application/rss+xml", RSS.format(base=base, long=LONG).encode())
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    monkeypatch.setenv("WENDA_WEB_ALLOW", "127.0.0.1")
    status, out, err = wenda("add", f"{base}/feed")
    assert status == 0
    assert out.count("added:") == 2 and "3 articles" in out
    assert f"skipped {base}/gone" in err and "404" in err
    tofu = stored(wenda, "127.0.0.1-tofu")
    assert (tofu["title"], tofu["outlet"], tofu["published"], tofu["url"]) == ("豆腐坊四十年", "临川日报", "2014-03-02", f"{base}/tofu")
    again = wenda("add", f"{base}/feed")
    assert again[1].count("unchanged, lies in") == 2 and "added:" not in again[1]


def test_private_addresses_are_not_read_unless_allowed(wenda: Run, tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]]) -> None:
    """By default nothing on this machine or its network is read."""
    base, served = site
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    status, out, err = wenda("add", f"{base}/books.html")
    assert (status, out) == (1, "")
    assert "private or reserved address" in err and err.count("\n") == 1
    assert not (tmp_path / "wenda.db.added").exists()


@pytest.mark.parametrize(("link", "line"), [("ftp://example.org/a", "only http and https"), ("http://", "not a link"), ("{base}/gone", "404"), ("{base}/pdf", "no page")])
def test_a_bad_link_is_one_line(wenda: Run, site: tuple[str, dict[str, tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch, link: str, line: str) -> None:
    """Other schemes, nothing there, and no page: one line with the reason, status 1."""
    base, served = site
    served["/pdf"] = ("application/pdf", b"%PDF-1.4")
    monkeypatch.setenv("WENDA_WEB_ALLOW", "127.0.0.1")
    status, out, err = wenda("add", link.format(base=base))
    assert (status, out) == (1, "")
    assert line in err and err.count("\n") == 1


def test_feeds_need_their_extra(wenda: Run, site: tuple[str, dict[str, tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without feedparser the line says what to install."""
    base, served = site
    served["/feed"] = ("application/rss+xml", RSS.format(base=base, long=LONG).encode())
    monkeypatch.setenv("WENDA_WEB_ALLOW", "127.0.0.1")
    monkeypatch.setitem(sys.modules, "feedparser", None)
    status, _, err = wenda("add", f"{base}/feed")
    assert status == 1
    assert 'pip install "wenda[web]"' in err and err.count("\n") == 1


def test_allowed_networks_are_the_named_ones() -> None:
    """A network opens its own addresses, in either notation, and no others."""
    from ipaddress import ip_address

    allow = adding.allowed(["10.1.0.0/16"])
    assert [allow(ip_address(a)) for a in ("10.1.2.3", "::ffff:10.1.2.3", "10.2.0.1", "127.0.0.1", "8.8.8.8")] == [True, True, False, False, True]


def test_a_feed_is_remembered(wenda: Run, tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed that was added by the command is read again on schedule; a page is not."""
    base, served = site
    monkeypatch.setenv("WENDA_WEB_ALLOW", "127.0.0.1/32")
    served["/feed"] = ("application/rss+xml", RSS.format(base=base, long=LONG).encode())
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    for page in ("feed", "books.html"):
        assert wenda("add", f"{base}/{page}")[0] == 0
    ledger = Ledger.open(tmp_path / "wenda.db.ledger")
    assert [row["url"] for row in ledger.read("select url from feeds")] == [f"{base}/feed"]
    ledger.close()
