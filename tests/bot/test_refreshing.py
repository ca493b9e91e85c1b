"""The library kept fresh by itself: feeds and folders read again on schedule, told only where something changed or failed."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from telegram_running import HOUSES, inside
from telegram_server import TelegramServer
from test_adding import HTML, LONG, site
from test_chat import ADMIN, ARTICLES, Desk, article, text

from bot import refreshing, words
from bot.refreshing import News
from bot.replies import Message
from retrieval.errors import LibraryBusy

__all__ = ["site"]  # a fixture of theirs

Site = tuple[str, dict[str, tuple[str, bytes]]]


def rss(base: str, *entries: tuple[str, str, str]) -> tuple[str, bytes]:
    """A feed of entries: path, title, text."""
    items = "".join(
        f"<item><title>{title}</title><link>{base}/{path}</link><pubDate>Sun, 02 Mar 2014 00:30:00 GMT</pubDate><description><![CDATA[<p>{body}</p>]]></description></item>"
        for path, title, body in entries
    )
    return "application/rss+xml", f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>临川日报</title>{items}</channel></rss>'.encode()


TOFU = ("tofu", "豆腐坊四十年", LONG)
BOATS = ("boats", "渡船换了新漆", "渡口的三条渡船换了新漆,一条绿的两条蓝的。" + "船工说,颜色是镇上的孩子挑的,挑了整整一个下午,最后谁也没有哭。" * 8)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, fields={"web_allow": ("127.0.0.1/32",), "rescan": 60})
    desk.write(*ARTICLES)
    desk.library.reindex([desk.corpus])
    return desk


@pytest.fixture
def feed(desk: Desk, site: Site) -> Site:
    """A feed of one article that an admin took in."""
    base, served = site
    served["/feed"] = rss(base, TOFU)
    desk.press("收录", desk.say(f"/add {base}/feed", ADMIN), ADMIN)
    refresh(desk)
    return site


def refresh(desk: Desk) -> News:
    desk.now += timedelta(hours=1)
    return desk.chat.refreshing.run(scheduled=True)


def told(desk: Desk, news: News) -> str:
    return text(refreshing.told(news, desk.chat.scene(ADMIN)))


def test_a_feed_that_was_taken_in_brings_its_new_articles(desk: Desk, feed: Site) -> None:
    """What is new in it is in at the next reading, with a report; where nothing is new, nothing is said."""
    base, served = feed
    assert not refresh(desk)
    served["/feed"] = rss(base, BOATS, TOFU)
    assert "新增1" in told(desk, refresh(desk))
    assert not refresh(desk)
    assert "一条绿的两条蓝的" in text(desk.say("渡口的渡船换了什么颜色的新漆?"))


def test_an_entry_is_fetched_again_only_when_the_feed_says_something_else(desk: Desk, feed: Site) -> None:
    """A teaser's page is read once; put right in the feed, it is read again, and the earlier text is put aside."""
    base, served = feed
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    served["/feed"] = rss(base, TOFU, ("books.html", "渡口的旧书摊", "短。"))
    assert "新增1" in told(desk, refresh(desk))
    served["/books.html"] = ("text/html; charset=utf-8", HTML.replace("一本旧书卖3元", "一本旧书卖4元").encode())
    assert not refresh(desk)
    served["/feed"] = rss(base, TOFU, ("books.html", "渡口的旧书摊(更正)", "短。"))
    assert "改动1" in told(desk, refresh(desk))
    assert "一本旧书卖4元" in text(desk.say("渡口的旧书摊一本旧书卖多少钱?"))
    (aside,) = (desk.settings.added_folder / ".aside").rglob("*.jsonl")
    assert "卖3元" in aside.read_text(encoding="utf-8")


def test_what_was_withdrawn_does_not_come_back(desk: Desk, feed: Site) -> None:
    """A feed that still holds a withdrawn article brings it no more."""
    (id,) = [each.id for each in desk.library.contents(0, 10) if each.title == "豆腐坊四十年"]
    desk.say(f"/withdraw {id} 报社来函", ADMIN)
    refresh(desk)
    assert desk.library.status()["articles"] == 3


def test_a_feed_that_was_taken_back_is_forgotten(desk: Desk, site: Site) -> None:
    """Neither its articles nor new ones come again."""
    base, served = site
    served["/feed"] = rss(base, TOFU)
    done = desk.press("收录", desk.say(f"/add {base}/feed", ADMIN), ADMIN)
    assert [each.url for each in desk.chat.feeds.all()] == [f"{base}/feed"]
    desk.press("撤回收录", done, ADMIN)
    assert not refresh(desk)
    assert desk.library.status()["articles"] == 3


def test_an_admin_ends_a_feed(desk: Desk, feed: Site) -> None:
    """/channels lists it with a button; its articles stay."""
    base, served = feed
    served["/feed"] = rss(base, BOATS, TOFU)
    reply = desk.say("/channels", ADMIN)
    assert f"{base}/feed" in text(reply)
    assert text(desk.press(reply.buttons[0][0].label, reply, ADMIN)) == words.say("zh-Hans", "channels_none")
    assert not refresh(desk)
    assert desk.library.status()["articles"] == 4


def test_a_failure_is_told_once_until_it_is_another_or_over(desk: Desk, feed: Site) -> None:
    """A feed that is away is no news every hour; the corpus is read all the same."""
    base, served = feed
    served.clear()
    desk.write(*ARTICLES, article("new", "青禾村通了火车。每天有6趟车经过。"))
    said = told(desk, refresh(desk))
    assert f"{base}/feed" in said and "404" in said and "新增1" in said
    assert not refresh(desk)
    served["/feed"] = ("text/html", b"<html><body>404</body></html>")
    assert "no RSS" in told(desk, refresh(desk))
    served["/feed"] = rss(base, TOFU)
    assert not refresh(desk)
    served.clear()
    assert refresh(desk).failures


def test_a_corpus_that_is_away_is_told_and_nothing_is_lost(desk: Desk) -> None:
    """An unmounted folder, or an empty one: the old state answers, admins hear of it once, and back it is as before."""
    away = desk.corpus.rename(desk.corpus.with_name("away"))
    assert str(desk.corpus) in told(desk, refresh(desk))
    desk.corpus.mkdir()
    assert "no articles in this folder" in told(desk, refresh(desk))
    assert not refresh(desk)
    assert "8000元" in text(desk.say("清河县改造老果园每户补助多少钱?"))
    desk.corpus.rmdir()
    away.rename(desk.corpus)
    assert not refresh(desk)
    assert desk.library.status()["articles"] == 3


def test_much_is_not_removed_without_being_asked(desk: Desk) -> None:
    """Where more than a fifth would go, it stops, lists, and offers the button that lets it; asked once."""
    desk.write(ARTICLES[0])
    news = refresh(desk)
    assert "canteen" in told(desk, news)
    assert not refresh(desk)
    assert desk.library.status()["articles"] == 3
    assert "共1篇文章" in text(desk.press("确认移除", refreshing.told(news, desk.chat.scene(ADMIN)), ADMIN))


def test_it_never_runs_beside_a_reindex(desk: Desk) -> None:
    """It is put off; feeds are not even read."""
    refused: list[LibraryBusy] = []

    def meanwhile(step: object) -> None:
        try:
            desk.chat.refreshing.run(scheduled=True)
        except LibraryBusy as busy:
            refused.append(busy)

    desk.chat.reply(Message("/reindex"), ADMIN, meanwhile)
    assert refused
    assert desk.chat.refreshing.due() == 0


def test_the_schedule_is_by_the_clock_and_outlives_a_restart(desk: Desk) -> None:
    """The first reading is due at once, the next one an hour after; without the setting never."""
    assert desk.chat.refreshing.due() == 0
    refresh(desk)
    assert desk.chat.refreshing.due() == 3600
    desk.now += timedelta(minutes=45)
    assert desk.chat.refreshing.due() == 900
    desk.now += timedelta(days=2)
    assert desk.chat.refreshing.due() == 0
    desk.now -= timedelta(days=9)  # a clock that was put right
    assert desk.chat.refreshing.due() == 3600


def test_what_it_says_exists_in_every_language(desk: Desk) -> None:
    """Admins read it in their own."""
    for language in words.LANGUAGES:
        assert re.search("By itself|自动更新|自動更新", words.say(language, "refreshed"))


# In the serving process


def test_the_running_bot_reads_again_on_schedule(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is told and survived; the next reading brings what was put into the folder; answers go on all the while."""
    monkeypatch.setattr("bot.telegram_fresh.LONGEST", 0.1)
    corpus = db.parent / "corpus"
    away = corpus.rename(corpus.with_name("away"))
    server.person(1)
    server.person(7)
    with inside(db, server, WENDA_RESCAN="1") as bot:
        server.wait(lambda: [sent for sent in server.replies(1) if "没能更新" in sent.text], what="the failure")
        assert "8600" in server.reply(7, server.say(7, HOUSES)).text
        away.rename(corpus)
        (corpus / "new.txt").write_text(f"新开的渡口\n{LONG}", encoding="utf-8")
        bot.ledger.put(refreshing.LAST, None)
        server.wait(lambda: [sent for sent in server.replies(1) if "新增1" in sent.text], what="the report")
        assert bot.library.status()["articles"] == 4
        bot.ledger.put(refreshing.LAST, None)
        server.wait(lambda: bot.ledger.get(refreshing.LAST), what="another reading")
        assert len([sent for sent in server.replies(1) if "自动更新" in sent.text]) == 2


def test_without_the_setting_nothing_is_read_again(db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart is no rescan."""
    monkeypatch.setattr("bot.telegram_fresh.LONGEST", 0.1)
    server.person(7)
    with inside(db, server) as bot:
        (db.parent / "corpus" / "new.txt").write_text(f"新开的渡口\n{LONG}", encoding="utf-8")
        server.reply(7, server.say(7, HOUSES))
        assert bot.chat.refreshing.due() is None
        assert bot.library.status()["articles"] == 3
