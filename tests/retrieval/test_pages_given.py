"""Articles as their owners give them: front matter and JSON lines are believed, and nothing is judged too short or too old."""

from __future__ import annotations

import json
from datetime import date

import pytest

from retrieval.pages import PageRefused, read, read_line, read_lines, unread
from retrieval.pages.firsts import first_publication
from retrieval.records import Article, Skipped
from retrieval.text import fold

TODAY = date(2026, 11, 22)


def matter(keys: str, body: str) -> Article:
    return read(f"---\n{keys}\n---\n{body}".encode(), "a.md", TODAY)


def test_front_matter_is_believed() -> None:
    """Every field of the front matter is the article's, in either script's keys and with quotes or lists."""
    article = matter(
        'title: "山口:一座桥"\noutlet: 临川日报\nauthor: [甲小山, 乙大川]\npublished: 1987-03-05\noriginal: x.txt\nkind: brief\nurl: https://example.org/a\nnote: 更正:桥长40米',
        "\n桥修好了。\n\n## 桥头\n\n人多了\n",
    )
    assert (article.title, article.outlet, article.authors) == ("山口:一座桥", "临川日报", ("甲小山", "乙大川"))
    assert (article.published, article.published_origin) == ("1987-03-05", "front matter: published")
    assert (article.original, article.kind, article.url, article.note) == ("x.txt", "brief", "https://example.org/a", "更正:桥长40米")
    assert article.body == "桥修好了。\n桥头\n人多了"
    assert article.id == article.path == "a.md"


def test_front_matter_without_a_date_is_undated() -> None:
    """A crawler's time is no publication date."""
    article = matter("title: 桥\nfetched: 2024-01-09T11:20:33Z", "桥修好了。")
    assert article.published is None
    assert article.published_origin is not None and article.published_origin.startswith("none")


@pytest.mark.parametrize(
    ("written", "iso"),
    [("2022-04", "2022-04"), ("2022", "2022"), ("2022-04-23T22:30:00Z", "2022-04-24"), ("2022年4月23日", "2022-04-23"), ("民國111年4月23日", "2022-04-23"), ("2031-01-01", None), ("昨天", None)],
)
def test_a_date_keeps_its_precision(written: str, iso: str | None) -> None:
    """2022-04 stays 2022-04, a zone is brought to +08:00 before the day is cut, and what is no date is none, with the reason."""
    article = matter(f"published: {written}", "桥修好了。")
    assert article.published == iso
    assert article.published_origin is not None
    assert iso or article.published_origin.startswith(("impossible", "relative"))


def test_a_list_of_links_under_an_article_is_dropped() -> None:
    """Pictures and lists of links are no body; the list of facts of a brief is."""
    article = matter("title: 桥", "# 桥\n\n桥修好了。\n\n![桥](a.jpg)\n\n- 桥长四十米\n- 桥宽六米\n\n---\n\n- [旧桥](https://example.org/1)\n")
    assert article.body == "桥修好了。\n桥长四十米\n桥宽六米"
    assert "旧桥" in {block.text for block in article.dropped}


def test_a_name_blanked_with_asterisks_is_no_markdown() -> None:
    """Three asterisks stand for words that a site blanked out; they stay, while **bold** loses its marks."""
    assert matter("title: 桥", "《临川县***办法》和《关于***的意见》**今天**公布。").body == "《临川县***办法》和《关于***的意见》今天公布。"


def test_json_lines_are_articles() -> None:
    """A line is an article; its id is its own or the file's name and line; a bad line is named and the others are read."""
    lines = [
        json.dumps({"id": "n1", "title": None, "outlet": None, "published": "2023-08-16", "body": "桥\u200b修好了。\r\n路也通了。"}, ensure_ascii=False),
        "{not json",
        "",
        json.dumps({"body": "没有别的。", "author": "记者 温一山、费二川", "published": "2019-11"}),
        json.dumps({"body": None}),
        json.dumps(["桥"]),
        json.dumps({"body": 7}),
    ]
    found = list(read_lines(lines, "news.jsonl", TODAY))
    first, second = found[0], found[2]
    assert isinstance(first, Article) and isinstance(second, Article)
    assert (first.id, first.published, first.script, first.body) == ("n1", "2023-08-16", "hans", "桥修好了。\n路也通了。")
    assert (second.id, second.authors, second.published) == ("news.jsonl:4", ("温一山", "费二川"), "2019-11")
    assert [(s.path, s.reason.split(":")[0]) for s in found if isinstance(s, Skipped)] == [
        ("news.jsonl:2", "not text"),
        ("news.jsonl:5", "no article body"),
        ("news.jsonl:6", "no article body"),
        ("news.jsonl:7", "no article body"),
    ]


def test_lone_surrogates_in_json_do_not_reach_the_body() -> None:
    """A body can always be written as UTF-8."""
    assert read_line('{"body": "桥\\ud800修好了。"}', "n.jsonl", 1, TODAY).body == "桥\ufffd修好了。"


def test_cleaning_twice_changes_nothing() -> None:
    """A body that is given again as a JSON line comes out the same."""
    body = matter("title: 桥", "桥\u3000\u3000修好了。\n\n\n  路也通了。\u200b").body
    assert read_line(json.dumps({"body": body}), "n.jsonl", 1, TODAY).body == body


@pytest.mark.parametrize(
    ("data", "path", "reason"),
    [
        (b"", "a.txt", "empty file"),
        (b" \r\n\t ", "a.txt", "empty file"),
        ("\ufeff\u3000\n".encode(), "a.txt", "empty file"),
        (b"\x89PNG\r\n\x1a\n0000", "a.txt", "not text"),
        (b"%PDF-1.4", "a.txt", "not text"),
        (b"PK\x03\x04", "a.docx", "text damaged"),
        (b"abc\x00\x01\x02def", "a.txt", "not text"),
        (b"x" * (16 * 1024 * 1024 + 1), "a.txt", "too large"),
        ("锟斤拷" * 60, "a.txt", "text damaged"),
        ("一座桥修好了，".encode().decode("latin-1") * 20, "a.txt", "text damaged"),
        ("这座桥修好了，老人们都来看，村里的路也通了。" * 9, "a.txt", "text damaged"),
        (b"---\ntitle: x\n---\n", "a.md", "no article body"),
    ],
)
def test_what_holds_no_article_is_refused_with_its_reason(data: bytes | str, path: str, reason: str) -> None:
    """The reason begins with what the contract names."""
    raw = data if isinstance(data, bytes) else data.encode("utf-8").decode("gb18030", "ignore").encode() if reason == "text damaged" and "村" in data else data.encode()
    with pytest.raises(PageRefused, match=f"^{reason}"):
        read(raw, path, TODAY)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_simplified_text_is_read_in_its_encodings(encoding: str) -> None:
    """With and without a byte order mark, with either line end."""
    text = "溪口通了公交车\r\n\r\n2021-03-04 09:10 来源:临川日报\r\n\r\n" + "村里的老人说,这条路他们等了二十年,现在车站就在祠堂门口。" * 5 + "\r\n"
    assert read(text.encode(encoding), "a.txt", TODAY).published == "2021-03-04"


@pytest.mark.parametrize("encoding", ["big5", "utf-16-le", "utf-8"])
def test_traditional_text_is_read_in_its_encodings(encoding: str) -> None:
    """Big5 usually decodes as GB18030 without an error, and is still read as Big5."""
    text = "溪口通了公車\n\n發布時間:2021/3/4\n\n" + "村裡的老人說,這條路他們等了二十年,現在車站就在祠堂門口。" * 5
    article = read(text.encode(encoding), "a.txt", TODAY)
    assert (article.published, article.script, article.encoding) == ("2021-03-04", "hant", encoding)


def paragraphs(*texts: str) -> str:
    return "溪口的水车又转了\n2021-03-04 09:10 来源:临川日报\n" + "\n".join(texts)


@pytest.mark.parametrize(
    "sentence",
    [
        "2002年5月22日晚,溪口村发生了一起火灾,烧毁了半座磨坊。",
        "截至2020年6月30日,全镇已经修好水车十四架。",
        "这是自2021年3月25日以来水位最高的一次。",
        "推特的广告产品主要有三类:文字、图片和短片。",
        "网友说,这样的水车他只在画里见过。",
        "举报方式如下,受理时间:2023年7月至2024年6月,请拨打镇政府电话。",
        "据了解,水车最容易坏的位置是轴心。",
        "办法是在手机里打开设置→安全→应急预警通知→地震预警。",
        "相关报道称,水车已经成了镇上的招牌。",
        "近日,有人利用微信随机添加微信好友后组建群聊,冒充木匠收取定金。",
        "来源很简单,就是村里人一根一根捐出来的木头。",
        "水车上写着:点击这里,可以听到水的声音。",
    ],
)
def test_a_sentence_that_sounds_like_furniture_is_text(sentence: str) -> None:
    """Dates, colons, arrows and the words of menus occur in sentences; only lines that are nothing else are dropped."""
    before = "溪口的水车停了三十年,今天早上又转了起来,修水车的是两位木匠,他们把轴心换成了铁的。"
    after = "村里的老人坐在桥头看了一上午。有人说,声音不如从前响,也有人说,是溪水小了,和水车没有关系。"
    for order in ((before, sentence, after), (before, after, sentence)):
        assert read(paragraphs(*order).encode(), "a.txt", TODAY).body == "\n".join(order)


def test_a_kind_that_is_not_read_is_named_with_what_to_do() -> None:
    """An old Word document or an archive among the pages says what it is and how its text gets in."""
    assert unread("报告.doc") == "an old Word document is not read; save its text as .txt, .md or .html first"
    assert unread("a/b.RAR") == "a RAR archive is not read; unpack it first"
    assert unread("a.mht") == "a web archive is not read; save its text as .txt, .md or .html first"
    assert "wenda add" in (unread("a.zip") or "")
    assert unread("a.txt") is None


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("(原載《水鄉》2008年12月4日)", "2008-12-04"),
        ("首发于2015年3月2日的《读者报》", "2015-03-02"),
        ("本文发表于《水乡》1985年3月", "1985-03"),
        ("曾刊於《水鄉報》民國98年3月5日", "2009-03-05"),
        ("This story was originally published by The Reedbank Post on 2 March 2015", "2015-03-02"),
        ("原載《水鄉》2008年第12期", None),
        ("首发时间:2015年3月2日", None),
        ("发表于 2013-02-03 10:11", None),
        ("Originally published on March 2, 2015", None),
        ("首发阵容:2015年3月2日", None),
        ("原载的那一期是2015年3月2日的", None),
    ],
)
def test_a_first_publication_names_where_and_when(line: str, iso: str | None) -> None:
    """Without an outlet it is the page's own date, without a day or month there is none."""
    found = first_publication(fold(line), TODAY)
    assert (found.iso if found else None) == iso
