"""Whatever a page holds, reading it ends soon, raises nothing but a refusal, and gives text that can be stored."""

from __future__ import annotations

import contextlib
import random
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.pages import PageRefused, margin, read
from retrieval.records import Article

TODAY = date(2026, 11, 22)
PAGES = sorted((Path(__file__).parent / "pages").glob("*.txt"))
SLOW = 20.0
"""Seconds that three million bytes may take at most on a slow and busy machine; on an idle one it is under two."""

ARTICLE = """溪口的水车又转了
2014-03-02 08:00 来源:临川日报
溪口的水车停了三十年,今天早上又转了起来。修水车的是两位木匠,他们把轴心换成了铁的,叶片还是用老樟木。

村里的老人坐在桥头看了一上午。有人说,声音不如从前响,也有人说,是溪水小了,和水车没有关系。

从明天起,水车每天转两个小时,带动一盘石磨,磨出来的米粉分给来看水车的人。
"""

ENDLESS = {
    "one character": "a", "one Han character": "县", "sentences without an end": "渭水边有一座桥", "dots": ".", "brackets": "(", "title marks": "《", "quotes": "“", "blank lines": "\n \n",
    "lines of one letter": "x\n", "labels": "来源: 作者: 时间:2020-01-01\n", "dates": "2020-11-11 ", "digits": "1-", "names": "王小明 ", "commas": ",\n", "links": "[a](b)", "pictures": "![",
    "stars": "**a ", "rules": "---\n", "keys": "---\na: b\n", "quotation": "> ", "glosses": "書(shū)", "entities": "&nbsp", "tags": "<p ", "open tags": "<", "bars": "a|", "crumbs": "a > ", "ads": "广告 ",
    "widgets": "大字", "markers": "相关阅读\n", "headlines": "溪口的水车又转了\n", "replies": "推 abc: 好\n",
    "first publications": "原载《水鄉》2008年12月4日\n", "English first publications": "first published in 《水鄉》 jan 2008, ", "addresses": "http://a.example/b/c.html\n", "credits": "(王小明)\n", "bylines": "本报记者 王小明 李大山\n",
    "English lines": "The water wheel turned again.\n", "stamps": "《临川日报》( 2020年05月24日 08版)\n", "Taiwan bylines": "記者王小明/台北報導\n", "captions": "图为溪口的水车。王小明 摄\n", "full width": "２０２０年１月１日\n",
    "menus": "首页 新闻 民生 专题 ", "sources": "来源:临川日报\n", "whole header lines": "2014-03-02 08:00 来源:临川日报 作者:王小明\n", "related": "• 溪口的水车又转了 2020-01-01\n", "editors": "责任编辑:王小明\n", "front matter": "a: b\n",
    "numbers alone": "12345\n", "Minguo dates": "民國109年5月1日 ", "numerals": "二〇二〇年五月十八日 ", "brackets of writers": "鲁一舟1，", "gathered": "综合自北塘晚报、", "names of papers": "《临川日报》", "asides": "安小然(教研员)、",
}  # fmt: skip


def timed(data: bytes) -> Article | None:
    begun = time.perf_counter()
    try:
        return read(data, "page.txt", TODAY)
    except PageRefused:
        return None
    finally:
        assert time.perf_counter() - begun < SLOW


@pytest.mark.parametrize("piece", ENDLESS.values(), ids=ENDLESS.keys())
def test_no_repetition_makes_the_reader_slow(piece: str) -> None:
    """A piece repeated for four hundred kilobytes takes time in proportion."""
    timed((piece * (400_000 // len(piece.encode()) + 1)).encode())


@pytest.mark.parametrize("tag", ["<div>", "<p>溪口的水车又转了。", "<a>", "<table><tr><td>", "<", "<!--", "<b a='", "&amp;", "<ul><li>x", "<p>", "<p>2020-01-01</p>", "<table><tr><td>a</td></tr></table>", "<li><a href=x>溪口的水车</a></li>", "<b><i>", "<span>x</span>", "<meta name=a content=b>", "<p style='display:none'>x</p>", "<font color=red>"])
def test_no_html_makes_the_reader_slow(tag: str) -> None:
    """Deep, open and broken markup is only markup."""
    timed(("<html><body>" + tag * (400_000 // len(tag.encode()))).encode())


def test_an_article_above_sixty_thousand_headlines_is_read() -> None:
    """A page of more lines than are looked at says so, and the article above them is whole."""
    article = timed((ARTICLE + "\n".join(f"溪口的第{i}条旧闻" for i in range(60_000))).encode())
    assert article is not None
    assert article.body.endswith("来看水车的人。")
    assert any(block.reason.startswith("beyond") for block in article.dropped)


def test_a_page_of_three_megabytes_keeps_its_first_article() -> None:
    """A thousand copies one below the other are one article and its repetitions."""
    article = timed((ARTICLE * (3_000_000 // len(ARTICLE.encode()))).encode())
    assert article is not None
    assert article.published == "2014-03-02"
    assert article.body.count("水车停了三十年") == 1


REPEATED = ["水车", "(", ")", "《", "》", "【", "]", "来源:", "作者:", "责任编辑:", "记者", "王小明", "本报讯", "日", "月", "年", "2020", "2020-01-01", "1", "/", "|", "-", "。", ",", "、", "…", "·", "*", "**", "`", "![", "](", "<p>", "</div>", "<a href=x>", "&nbsp;", "图为", "摄", "相关阅读", "广告", "首页", ">", "http://a.b/", "\u200b", "\u3000", "民國", "第3期", "版权所有", "发表于", "原载", "by ", "jan ", "first published in", "大 中 小", "一、", "---", "a: b", "转自", "(shū)", "２０", "社", "报", "\n", "\n\n", " "]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(REPEATED), min_size=1, max_size=6), st.booleans(), st.sampled_from(["", "<html><body>"]))
def test_no_repetition_of_several_pieces_makes_the_reader_slow(pieces: list[str], below: bool, start: str) -> None:
    """Whatever few pieces are repeated, alone or below an article, as text or as HTML."""
    unit = "".join(pieces)
    timed((start + ARTICLE * below + unit * (300_000 // len(unit.encode()) + 1)).encode())


def sound(article: Article) -> None:
    """What always holds of an article."""
    article.body.encode("utf-8")
    assert article.body.strip() == article.body != ""
    assert "\r" not in article.body and "\n\n" not in article.body and "\u200b" not in article.body
    assert article.published is None or "1990" <= article.published <= "2026-11-23"
    assert article.published_origin
    assert [text for mark, text, _ in margin(article) if mark == "+"] == article.body.split("\n")
    assert all(block.reason for block in article.dropped)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_are_an_article_or_refused(data: bytes) -> None:
    """No other exception leaves the reader."""
    try:
        sound(read(data, "x.txt", TODAY))
    except PageRefused as refusal:
        assert str(refusal).startswith(("no article body", "empty file", "not text", "text damaged", "too large"))


PIECES = st.sampled_from([
    "来源:", "作者:", "2020-01-02", "2020年13月45日", "民國", "(", ")", "《", "》", "相关阅读", "责任编辑:王小明", "\n", "\n\n", "　　", "溪口的水车又转了。", "村里的老人坐在桥头看了一上午,没有说话。", "<p>", "&nbsp;", "**", "---", "# ",
    "\u200b", "\ud800", "记者 ", "本报讯", "[a](b)", "!", "1#", "发表于", "完", "a", "☉", "😀", "\x00", "，", "“", "”", "|", "_", "http://a.example/", "来源: 作者:", "图为", "摄", "…",
])  # fmt: skip


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=80), st.sampled_from(["x.txt", "x.md", "x.html"]))
def test_any_mixture_of_what_pages_hold_is_an_article_or_refused(pieces: list[str], path: str) -> None:
    """Markers, labels, dates and broken characters in any order do no harm."""
    with contextlib.suppress(PageRefused):
        sound(read("".join(pieces).encode("utf-8", "surrogatepass"), path, TODAY))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_damaged_page_is_an_article_or_refused(path: Path) -> None:
    """Bytes cut out, doubled, changed and moved: the page may lose its fields, the reader not its head."""
    chance = random.Random(path.stem)
    data = path.read_bytes()[:20_000]
    for _ in range(12):
        mutated = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            if not mutated:
                break
            a, b = sorted(chance.randrange(len(mutated) + 1) for _ in range(2))
            b = min(b, a + 300)
            match chance.randrange(4):
                case 0:
                    del mutated[a:b]
                case 1:
                    mutated[a:a] = mutated[a:b]
                case 2:
                    mutated[a : a + 1] = bytes([chance.randrange(256)])
                case _:
                    mutated[a:b] = mutated[a:b][::-1]
        with contextlib.suppress(PageRefused):
            sound(read(bytes(mutated), path.name, TODAY))
