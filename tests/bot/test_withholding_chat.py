"""How an admin hides a passage or a name from the chat, and what people see of it then."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from test_chat import ADMIN, ARTICLES, CANTEEN, PERSON, Desk, article, text
from test_replies import matches

from bot import words
from bot.contract import answer as answer_json
from bot.replies import Language, Message, Reply, Visitor

FIGURE = "每户补助8000元"
ASKED = "改造老果园每户补助多少钱?"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES, article("visit", "技术员白露又来了。苹果红了。", title="白露下乡"), article("two words.txt", CANTEEN.replace("食堂", "茶館")))
    desk.library.reindex([desk.corpus])
    return desk


def everything(desk: Desk, reply: Reply) -> str:
    """All that is said by an answer and by every button under it, and its JSON."""
    said = [text(reply)]
    if reply.answer:
        said.append(json.dumps(answer_json(reply.answer), ensure_ascii=False))
    for button in (button for row in reply.buttons for button in row if button.action):
        shown = desk.chat.reply(Message(action=button.action), PERSON)
        said += [text(shown), shown.notice or ""]
    return "\n".join(said)


def test_only_admins_withhold(desk: Desk) -> None:
    """Others are told so, also where they press the button."""
    assert text(desk.say(f"/withhold orchard {FIGURE}")) == words.say("zh-Hans", "admins_only")
    assert text(desk.chat.reply(Message(action="hold:白露"), PERSON)) == words.say("zh-Hans", "admins_only")
    assert not desk.library.rules().withheld


def test_a_passage_is_nowhere_to_be_seen(desk: Desk) -> None:
    """Neither in answers, nor behind old and new buttons, nor in JSON; the article says that something is missing."""
    old = desk.say(ASKED)
    assert FIGURE in text(old) and old.answer and old.answer.id
    desk.say(f"/withhold orchard “……{FIGURE}……”", ADMIN)
    assert desk.chat.reply(Message(action=f"near:{old.answer.id}:0"), PERSON).notice == words.say("zh-Hans", "passage_withheld")
    whole = text(desk.chat.reply(Message(action=f"full:{old.answer.id}:0"), PERSON))
    assert "【已撤下】" in whole and "8000" not in whole
    assert "8000" not in everything(desk, old).replace(text(old), "").replace(json.dumps(answer_json(old.answer), ensure_ascii=False), "")
    for question in (ASKED, "清河县每户补助8000元吗?", "全县有多少户拿到了补助?"):
        assert "每户补助8000" not in everything(desk, desk.say(question)).replace(question, "")
    desk.say("/undo", ADMIN)
    assert FIGURE in text(desk.say(ASKED))
    assert desk.chat.reply(Message(action=f"near:{old.answer.id}:0"), PERSON).blocks


def test_a_name_is_shown_first_and_then_hidden(desk: Desk) -> None:
    """The admin sees in how many sentences it stands, and presses; titles go too, and the rest of the articles stays."""
    asked = desk.say("/withhold 白露", ADMIN)
    assert "2篇文章的2句话" in text(asked)
    assert not desk.library.rules().withheld
    assert "白露" in text(desk.press(words.say("zh-Hans", "button_withhold"), asked, ADMIN))
    assert desk.library.article("visit").title is None
    assert desk.library.article("visit").body == "【已撤下】苹果红了。"
    assert "白露" not in text(desk.say("/articles 苹果", ADMIN))
    assert "含“白露”的句子" in text(desk.say("/undo", ADMIN))
    assert desk.library.article("visit").title == "白露下乡"


@pytest.mark.parametrize("slip", ["/withhold 没有这个人", "/withhold orchard 没有这句话的", "/withhold orchard 户", "/withhold", "/withhold orchard", "/withhold nosuch 每户补助8000元每户补助8000元每户补助8000元", "/withhold 户"])
def test_a_slip_changes_nothing(desk: Desk, slip: str) -> None:
    """The admin reads what to write instead."""
    reply = desk.say(slip, ADMIN)
    assert text(reply)
    assert not reply.buttons
    assert not desk.library.rules().withheld


def test_a_word_that_everybody_writes_is_no_name(desk: Desk) -> None:
    """What stands in more than a fifth of the articles is not withheld at the press of a button."""
    desk.write(*(article(f"n{number:02}", f"青石村第{number}次修路。路修好了,村民很高兴。") for number in range(12)))
    desk.library.reindex([desk.corpus], yes=True)
    reply = desk.say("/withhold 村民", ADMIN)
    assert "12" in text(reply)
    assert not reply.buttons


def test_what_cannot_be_shown_again_at_once_is_told(desk: Desk) -> None:
    """An article whose file is gone by then is named."""
    desk.say(f"/withhold orchard {FIGURE}", ADMIN)
    desk.write(*ARTICLES[1:])
    assert "orchard" in text(desk.say("/undo", ADMIN)).splitlines()[-1]


def _said() -> dict[str, Callable[[Desk, Visitor], Reply]]:
    return {
        "withhold_how": lambda desk, admin: desk.say("/withhold", admin),
        "withhold": lambda desk, admin: desk.say(f"/withhold orchard {FIGURE}", admin),
        "withhold_too": lambda desk, admin: desk.say("/withhold canteen 每天有215位老人來吃飯,一餐只收10元。食堂的米是村裡自己種的。", admin),
        "withhold_not_there": lambda desk, admin: desk.say("/withhold orchard 没有这句话的", admin),
        "withhold_nowhere": lambda desk, admin: desk.say("/withhold 没有这个人", admin),
        "withhold_name": lambda desk, admin: desk.say("/withhold 白露", admin),
        "withhold_name_done": lambda desk, admin: desk.chat.reply(Message(action="hold:白露"), admin),
        "withhold_undo": lambda desk, admin: [desk.say(f"/withhold orchard {FIGURE}", admin), desk.say("/undo", admin)][1],
        "withhold_name_undo": lambda desk, admin: [desk.chat.reply(Message(action="hold:白露"), admin), desk.say("/undo", admin)][1],
    }


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", sorted(_said()))
def test_withholding_reads_like_this(desk: Desk, name: str, language: Language) -> None:
    """What every use of the command says, in each language."""
    desk.write(*ARTICLES, article("visit", "技术员白露又来了。苹果红了。", title="白露下乡"), article("mirror", CANTEEN + "大家都说好。"))
    desk.library.reindex([desk.corpus], yes=True)
    matches(f"{language}/command_{name}.txt", text(_said()[name](desk, Visitor("9:9", user="9", chat="9", admin=True, language=language))))
