"""The whole desk, walked through in Telegram as a story; golden files in three languages, to be read as one reads a page."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from documents import docx, paragraph, pdf
from telegram_running import BRIDGE, HOUSES, TRADE
from telegram_server import TelegramServer
from telegram_story import Person, Story
from test_adding import PAGE
from test_replies import matches

from bot import claiming, telegram_timers, words
from bot.replies import Language

FRIDAY = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
LINES = PAGE.strip().split("\n")
TOFU = ("石桥镇的豆腐坊", "2014-03-02 08:00 来源:临川日报", "石桥镇的豆腐坊开了四十年。每天凌晨三点磨豆子,六点出第一板豆腐,一板卖24元。", "老板娘说,水是后山的泉水,换了别处的水就不是这个味道。")
FERRY = "清水河渡口下周停航。\n\n渡口管理站说,停航是因为大桥通车以后坐船的人少了。最后一班船是星期五下午五点。"
CHANNEL = {"id": -1001234500009, "type": "channel", "title": "水乡快讯", "username": "shuixiang"}
POSTED = 1780000000
"""28 May 2026."""

MONDAY = datetime(2026, 11, 23, 9, 5, tzinfo=FRIDAY.tzinfo)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room, and a bot that looks at its own clock when it starts and not between."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e12, 0, 1e12))
    monkeypatch.setattr(telegram_timers, "TICK", 1e6)
    monkeypatch.setattr("bot.telegram_fresh.QUIET", 0.05)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_desk_is_walked_through(language: Language, db: Path, server: TelegramServer) -> None:
    """From the first admin on a Friday to the digest on Monday."""
    story = Story(server, db, language, FRIDAY)
    with story.running(WENDA_ADMINS="", WENDA_ALLOWED="") as bot:
        code = claiming.offer(bot.ledger, story.now)  # as `wenda serve` prints it on its terminal
        story.hidden[code] = "XXXX-XXXX-XXXX-XXXX"
        on_friday(story, code)
    story.now = MONDAY
    story.chapter("Monday morning, after a weekend without power")
    with story.running(WENDA_ADMINS="", WENDA_ALLOWED=""):
        on_monday(story)
    matches(f"{language}/desk.txt", story.page)


def on_friday(story: Story, code: str) -> None:
    an, bai, lin, mo = (story.person(id, name) for id, name in ((11, "小安"), (12, "小白"), (13, "小林"), (14, "小莫")))

    story.chapter("The first admin: the code is on the screen of the machine")
    story.says(an, "/start")
    story.says(an, "/claim AAAA-BBBB-CCCC-DDDD")
    story.says(an, f"/claim {code}")
    story.says(an, "/about 青禾县融媒体中心的报库，编辑部三个人看着。")
    story.says(an, "/contact 青禾县融媒体中心 12345")

    story.chapter("A stranger asks to be let in")
    story.says(lin, HOUSES)
    story.presses(lin, words.say(story.language, "button_ask_in"))
    story.presses(an, words.say(story.language, "button_let_in"))
    story.says(lin, HOUSES)

    story.chapter("A second admin, and one request that both answer")
    story.says(an, f"/admin {bai.id}")
    story.says(mo, BRIDGE)
    story.presses(mo, words.say(story.language, "button_ask_in"))
    story.presses(bai, words.say(story.language, "button_keep_out"))
    story.presses(an, words.say(story.language, "button_let_in"))
    story.says(mo, BRIDGE)
    story.says(an, "/who")

    story.chapter("The wrong person was shut out: undone, and let in by number")
    story.says(bai, "/undo")
    story.says(an, f"/allow {mo.id}")
    story.says(mo, BRIDGE)

    story.chapter("An article is pasted in two messages, put right, and taken in")
    story.says(bai, "/add")
    story.says(bai, "\n".join(LINES[:3]))
    story.says(bai, "\n".join(LINES[3:]))
    story.says(bai, "完")
    story.presses(bai, words.say(story.language, "button_take_title"))
    story.says(bai, "溪口的水车")
    story.presses(bai, words.say(story.language, "button_take_in"))
    story.says(lin, "修水车的是几位木匠?")

    story.chapter("A file, a scan, and a channel's post passed on")
    story.sends(an, "豆腐坊.docx", docx("".join(paragraph(line) for line in TOFU)))
    story.presses(an, words.say(story.language, "button_take_in"))
    story.sends(an, "扫描件.pdf", pdf([b"q 500 0 0 700 40 40 cm /Im1 Do Q"]))
    story.says(an, FERRY, forward_origin={"type": "channel", "chat": CHANNEL, "message_id": 31, "date": POSTED})
    story.presses(an, words.say(story.language, "button_take_drop"))

    story.chapter("A channel that is taken in by itself from now on")
    news = story.channel(CHANNEL["id"], CHANNEL["title"], CHANNEL["username"])
    story.adds_bot(an, news)
    story.presses(bai, words.say(story.language, "button_channel_yes"))
    story.posts(news, FERRY)
    story.says(lin, "清水河渡口最后一班船是几点?")
    story.says(an, "/channels")
    story.presses(an, words.say(story.language, "button_channel_off", name=CHANNEL["title"]))

    story.chapter("The wrong article was taken in: taken back out")
    story.says(bai, "/undo")
    story.presses(bai, words.say(story.language, "button_take_back"))

    story.chapter("An article is put right")
    story.says(bai, "/articles 危房")
    story.says(bai, "/note houses 补助已停止执行")
    story.says(bai, "/date houses 2018年3月")
    story.says(bai, "/outlet houses 青禾晚报")
    story.says(lin, HOUSES)
    story.says(bai, "/undo")
    story.says(bai, "/date houses 2018年13月")

    story.chapter("An article goes, and comes back")
    story.says(an, "/withdraw bridge 报社来函要求")
    story.says(lin, BRIDGE)
    story.says(an, "/undo")
    story.says(lin, BRIDGE)

    story.chapter("A passage goes, and a name")
    story.says(an, "/withhold trade 其中农产品线上交易额为2.1亿元。")
    story.says(lin, TRADE)
    story.says(an, "/undo")

    story.chapter("Words that people use")
    story.says(an, "/words 住房=危房")
    story.says(an, "/words")
    story.says(an, "/undo")

    story.chapter("What was asked in vain, and what somebody calls wrong")
    story.later(hours=1)
    story.says(lin, "残疾证怎么办理?")
    story.says(mo, "残疾证怎么办理?")
    story.says(lin, HOUSES)
    story.presses(lin, words.say(story.language, "button_wrong"))
    story.presses(lin, words.say(story.language, "button_outdated"))
    story.presses(an, words.say(story.language, "button_report_note"))
    story.presses(an, words.say(story.language, "report_note_checking"))
    story.says(an, "/gaps")
    story.presses(an, "残疾证")

    story.chapter("The corpus is read again; then its folder is gone")
    story.says(an, "/reindex")
    corpus = story.db.parent / "corpus"
    story.hidden[str(story.db.parent)] = "…"
    corpus.rename(corpus.with_name("elsewhere"))
    story.says(an, "/reindex")
    story.says(lin, BRIDGE)
    corpus.with_name("elsewhere").rename(corpus)
    story.says(an, "/reindex")

    story.chapter("Figures")
    story.says(an, "/stats")


def on_monday(story: Story) -> None:
    story.seen(Person(12, "小白"), words.say(story.language, "backup_none"))

