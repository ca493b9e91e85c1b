"""Slips of an admin, each undone with what the chat offers: what people see and what is stored is as it was before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from telegram_running import BRIDGE, HOUSES, TRADE
from telegram_server import TelegramServer
from telegram_story import Person, Story
from test_adding import PAGE

from bot import telegram_timers, words

FRIDAY = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
AN, BAI, LIN, MO = Person(11, "小安"), Person(12, "小白"), Person(13, "小林"), Person(14, "小莫")
"""An admin of the settings, one made in the chat, somebody who is let in, and a stranger."""

Act = Callable[[Story], object]


@dataclass(frozen=True)
class Slip:
    """What is done by mistake, how it shows, and what takes it back; *before* is what came first, and is meant."""

    act: Act
    shows: Callable[[Story], bool]
    back: Act
    before: Act = lambda _: None


def says(text: str, who: Person = AN) -> Act:
    return lambda story: story.says(who, text)


def presses(label: str, who: Person = AN) -> Act:
    return lambda story: story.presses(who, label)


def several(*acts: Act) -> Act:
    return lambda story: [act(story) for act in acts]


def answers(question: str, words: str) -> Callable[[Story], bool]:
    """Whether Lin, who asks, reads *words*."""
    return lambda story: any(words in sent.text for sent in story.says(LIN, question) if sent.chat == LIN.id)


def silent(question: str, words: str) -> Callable[[Story], bool]:
    found = answers(question, words)
    return lambda story: not found(story)


def corpus(story: Story) -> Path:
    return story.db.parent / "corpus"


def emptied(story: Story) -> None:
    """The folder is there with nothing in it, as where a disk was not mounted."""
    corpus(story).rename(corpus(story).with_name("elsewhere"))
    corpus(story).mkdir()


def mounted(story: Story) -> None:
    corpus(story).rmdir()
    corpus(story).with_name("elsewhere").rename(corpus(story))


def one_left(story: Story) -> None:
    """All articles but one are gone from the corpus."""
    shutil.copytree(corpus(story), corpus(story).with_name("elsewhere"))
    file = corpus(story) / "articles.jsonl"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")


def put_back(story: Story) -> None:
    shutil.rmtree(corpus(story))
    corpus(story).with_name("elsewhere").rename(corpus(story))


UNDO = says("/undo")

SLIPS = {
    "a wrong date accepted": Slip(says("/date houses 2009年3月2日"), answers(HOUSES, "2009年"), UNDO),
    "a wrong title": Slip(says("/title houses 青禾县修路"), answers(HOUSES, "修路"), UNDO),
    "a wrong outlet": Slip(says("/outlet houses 白石晚报"), answers(HOUSES, "白石晚报"), UNDO),
    "a wrong note": Slip(says("/note bridge 大桥已封闭"), answers(BRIDGE, "大桥已封闭"), UNDO),
    "the right note taken away": Slip(says("/note bridge -"), silent(BRIDGE, "桥在修"), UNDO, before=says("/note bridge 桥在修")),
    "the wrong article withdrawn": Slip(says("/withdraw houses 来函"), silent(HOUSES, "8600"), UNDO),
    "an article withdrawn on a reader's word": Slip(
        several(presses("撤下文章"), presses(words.say("zh-Hans", "button_report_sure"))), silent(HOUSES, "8600"), UNDO,
        before=several(says(HOUSES, LIN), presses("不对或过时", LIN), presses("数字不对", LIN)),
    ),
    "the wrong passage withheld": Slip(says("/withhold bridge 大桥全长640米,总投资9300万元。"), silent(BRIDGE, "640"), UNDO),
    "a name withheld that stands in many sentences": Slip(several(says("/withhold 青禾县"), presses("撤下这些句子")), silent(HOUSES, "8600"), UNDO),
    "the wrong word": Slip(says("/words 清水河的清水河大桥"), lambda story: bool(story.bot.library.rules().words), UNDO),
    "the wrong synonym": Slip(says("/words 大桥=危房"), lambda story: bool(story.bot.library.rules().wordings), UNDO),
    "the wrong article added": Slip(several(says(f"/add {PAGE}"), presses("收录")), answers("修水车的是几位木匠?", "两位木匠"), presses("撤回收录")),
    "the wrong article added, noticed later": Slip(
        several(says(f"/add {PAGE}"), presses("收录"), says("/help")), answers("修水车的是几位木匠?", "两位木匠"), several(says("/undo", BAI), presses("撤回收录", BAI))
    ),
    "the wrong channel confirmed": Slip(
        presses("收录这个频道"), lambda story: bool(story.bot.chat.channels.confirmed()), several(says("/channels"), presses("停止")),
        before=lambda story: story.adds_bot(AN, story.channel(-1001234500009, "水乡快讯", "shuixiang")),
    ),
    "the corpus folder gone": Slip(several(lambda story: corpus(story).rename(corpus(story).with_name("elsewhere")), says("/reindex")), answers(BRIDGE, "640米"),
        lambda story: corpus(story).with_name("elsewhere").rename(corpus(story))),
    "the corpus folder empty": Slip(several(emptied, says("/reindex")), answers(BRIDGE, "640米"), mounted),
    "the removal of most articles confirmed": Slip(
        several(one_left, says("/reindex"), presses("确认移除")), silent(BRIDGE, "640米"), several(put_back, says("/reindex"))
    ),
    "the wrong person let in": Slip(presses("允许"), lambda story: bool(story.says(MO, BRIDGE)), UNDO, before=several(says(BRIDGE, MO), presses("请管理员允许", MO))),
    "the wrong person shut out": Slip(says(f"/deny {LIN.id}"), silent(BRIDGE, "640米"), UNDO),
    "the wrong request refused": Slip(presses("拒绝"), lambda story: str(MO.id) in story.bot.chat.people.access().shut_out, UNDO, before=several(says(BRIDGE, MO), presses("请管理员允许", MO))),
    "the wrong admin added": Slip(says(f"/admin {LIN.id}"), lambda story: str(LIN.id) in story.bot.chat.people.admins(), UNDO),
    "an admin removed": Slip(says(f"/unadmin {BAI.id}"), lambda story: str(BAI.id) not in story.bot.chat.people.admins(), UNDO),
    "the contact line overwritten": Slip(says("/contact 热线"), lambda story: story.bot.ledger.get("contact") == "热线", UNDO, before=says("/contact 12345")),
    "the introduction emptied": Slip(says("/about -"), lambda story: story.bot.ledger.get("about") is None, UNDO, before=says("/about 报库")),
}  # fmt: skip


def seen(story: Story) -> list[object]:
    """All that an admin's act can change: articles, words, people, lines; and what people are told."""
    bot = story.bot
    assert bot
    rules = bot.library.rules()
    stored = bot.library.contents(0, 100)
    told = [[sent.text for sent in story.says(LIN, question) if sent.chat == LIN.id] for question in (HOUSES, BRIDGE, TRADE)]
    return [stored, rules.words, rules.wordings, rules.withdrawals, rules.withheld, rules.corrections, bot.chat.channels.confirmed(), bot.chat.people.access(), bot.ledger.get("contact"), bot.ledger.get("about"), told]


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_undone(name: str, db: Path, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows, it is taken back in the chat, and then nothing is left of it."""
    monkeypatch.setattr(telegram_timers, "TICK", 1e6)
    slip, story = SLIPS[name], Story(server, db, "zh-Hans", FRIDAY)
    for person in (AN, BAI, LIN, MO):
        story.person(person.id, person.name)
    with story.running(WENDA_ADMINS=str(AN.id), WENDA_ALLOWED="") as bot:
        bot.chat.people.do("admin", str(BAI.id), str(AN.id), story.now)
        bot.chat.people.do("allow", str(LIN.id), str(AN.id), story.now)
        bot.chat.desk.reindex()
        slip.before(story)
        before = seen(story)
        slip.act(story)
        assert slip.shows(story), story.page
        slip.back(story)
        story.says(AN, "/help")
        assert seen(story) == before, story.page


def test_there_are_more_than_ten_slips() -> None:
    """Those that were asked for, and some more."""
    assert len(SLIPS) >= 20
