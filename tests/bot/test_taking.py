"""Articles taken in from the chat: shown as they were read, put right, then in with the next question, and out again after a slip."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from test_adding import HTML, LONG, PAGE, RSS, site
from test_chat import ADMIN, ARTICLES, Desk, text
from test_replies import matches, with_buttons

from bot import words
from bot.chat import Chat
from bot.replies import Document, Language, Message, Post, Reply, Visitor
from bot.telegram_jobs import is_long
from retrieval import Library
from retrieval.decisions import Decisions
from retrieval.ledger import Ledger

__all__ = ["site"]  # a fixture of theirs

ASKED = "修水车的是几位木匠?"
SECOND = Visitor("8:8", user="8", chat="8", admin=True)
MIRROR = PAGE.replace("临川日报", "水乡周刊").replace("2014-03-02", "2014-03-05")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(*ARTICLES)
    desk.library.reindex([desk.corpus])
    return desk


def added(desk: Desk) -> list[str]:
    folder = desk.settings.added_folder
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def drafts(desk: Desk) -> int:
    return len(desk.chat.ledger.read("select key from drafts"))


def sent(desk: Desk, name: str, data: bytes, visitor: Visitor = ADMIN) -> Reply:
    return desk.chat.reply(Message(file=Document(name, data)), visitor)


def broken_off(watch: object) -> None:
    raise KeyboardInterrupt


def unkeyed(reply: Reply) -> str:
    """The reply and its buttons, the draft's key as KEY."""
    key = reply.buttons[0][0].action.rsplit(":", 1)[-1]
    return with_buttons(text(reply), reply).replace(key, "KEY")


# As a conversation


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_taking_an_article_in_reads_like_this(desk: Desk, language: Language) -> None:
    """From the command alone to the article in the library, in each language, as one story."""
    admin = Visitor("9:9", user="9", chat="9", admin=True, language=language)
    first, rest = PAGE[: PAGE.index("村里")], PAGE[PAGE.index("村里") :]
    told = [desk.say("/add", admin), desk.say(first, admin), desk.say(rest, admin), desk.say("完", admin)]
    read = told[-1]
    told += [desk.press(words.say(language, "button_take_published"), read, admin), desk.say("2014年2月30日", admin), desk.say("2014年3月1日", admin)]
    told += [desk.press(words.say(language, "button_take_in"), told[-1], admin)]
    told += [desk.press(words.say(language, "button_take_back"), told[-1], admin)]
    matches(f"{language}/taking.txt", "\n────\n\n".join(unkeyed(reply) if reply.buttons else text(reply) + "\n" for reply in told))


def test_nothing_is_in_before_it_was_agreed_to(desk: Desk) -> None:
    """The bot shows title, outlet, date with where it is from, first and last words; the library and the folder stay as they are."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    for shown in ("标题：溪口的水车又转了", "媒体：临川日报", "日期：2014年3月2日（出自：line 2", "开头：溪口的水车停了三十年", "和水车没有关系。"):
        assert shown in text(reply)
    assert [[button.label for button in row] for row in reply.buttons] == [["收录"], ["改日期", "改标题", "改媒体"], ["放弃"]]
    assert desk.library.status()["articles"] == 3
    assert added(desk) == []


def test_an_article_is_in_the_next_answer(desk: Desk) -> None:
    """Agreed to, it lies in the added folder as it was pasted, and is quoted with its outlet and date."""
    assert "已收录《溪口的水车又转了》" in text(desk.press("收录", desk.say(f"/add\n{PAGE}", ADMIN), ADMIN))
    assert [(desk.settings.added_folder / name).read_text(encoding="utf-8") for name in added(desk)] == [PAGE.strip()]
    answer = text(desk.say(ASKED))
    assert "两位木匠" in answer
    assert "出处：临川日报，2014年3月2日" in answer


def test_a_long_paste_comes_in_several_messages(desk: Desk) -> None:
    """What an app cut into full messages is one text again, also inside a sentence; 完 ends it."""
    paragraph = "溪口的水车停了三十年,今天早上又转了起来,村里的老人坐在桥头看了一上午,谁也没有说话。"
    whole = PAGE + "\n".join(paragraph * 30 for _ in range(6))
    pieces = [whole[start : start + 4096] for start in range(0, len(whole), 4096)]
    assert len(pieces) > 1
    desk.say("/add", ADMIN)
    for piece in pieces:
        reply = desk.say(piece, ADMIN)
    assert f"收到{len(pieces)}条" in text(reply)
    desk.press("收录", desk.say("完了。", ADMIN), ADMIN)
    assert [(desk.settings.added_folder / name).read_text(encoding="utf-8") for name in added(desk)] == [whole]


def test_a_paste_after_the_command_that_fills_the_message_goes_on_in_the_next(desk: Desk) -> None:
    """An app cuts `/add` and a long text, too: the first message is full, so that the bot waits for the rest."""
    whole = PAGE + "水乡的早晨总是从橹声开始。" * 500
    first, rest = f"/add {whole}"[:4096], f"/add {whole}"[4096:]
    assert "收到1条" in text(desk.say(first, ADMIN))
    desk.say(rest, ADMIN)
    desk.press("收录", desk.say("完", ADMIN), ADMIN)
    assert (desk.settings.added_folder / added(desk)[0]).read_text(encoding="utf-8") == whole


def test_while_a_paste_is_open_commands_still_work(desk: Desk) -> None:
    """A command with a slash is a command; a word that is one elsewhere is part of the text; 取消 gives the paste up."""
    desk.say("/add", ADMIN)
    assert "收到1条" in text(desk.say("目录", ADMIN))
    assert "（3篇）" in text(desk.say("/sources", ADMIN))
    assert "收到1条" in text(desk.say("/add", ADMIN))
    assert text(desk.say("取消", ADMIN)) == words.say("zh-Hans", "take_dropped")
    assert "8000元" in text(desk.say("清河县改造老果园每户补助多少钱?", ADMIN))
    assert drafts(desk) == 0


def test_an_end_without_a_text_asks_for_one(desk: Desk) -> None:
    """完 at once is a slip."""
    desk.say("/add", ADMIN)
    assert text(desk.say("完", ADMIN)) == words.say("zh-Hans", "take_nothing")


def test_what_was_read_wrongly_is_put_right_before_it_is_in(desk: Desk) -> None:
    """Date, title and outlet are asked for one by one and shown again; a reading of the file later keeps them."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    for label, said in (("改日期", "2014年3月"), ("改标题", "水车\n又转了"), ("改媒体", "-")):
        assert desk.press(label, reply, ADMIN).buttons[0][0].label == "不改了"
        reply = desk.say(said, ADMIN)
    for shown in ("标题：水车 又转了", "媒体：不详", "日期：2014年3月（出自：您填的）"):
        assert shown in text(reply)
    desk.press("收录", reply, ADMIN)
    desk.chat.desk.reindex(full=True)
    (article,) = [each for each in desk.library.contents(0, 10) if each.title == "水车 又转了"]
    assert (article.outlet, article.published) == (None, "2014-03")


@pytest.mark.parametrize("said", ["2014年2月30日", "2999-01-01", "昨天", "03/04"])
def test_a_date_that_cannot_be_is_asked_for_again(desk: Desk, said: str) -> None:
    """Nothing is guessed; the date stays as it was read, and 不改了 goes back."""
    desk.press("改日期", desk.say(f"/add {PAGE}", ADMIN), ADMIN)
    assert said in text(desk.say(said, ADMIN))
    assert "2014年3月2日" in text(desk.say("不改了", ADMIN))


def test_giving_up_leaves_no_trace(desk: Desk) -> None:
    """Nothing in the folder, nothing in the ledger, and the button of the old message says so."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    assert desk.press("放弃", reply, ADMIN).edits
    assert (drafts(desk), added(desk)) == (0, [])
    assert text(desk.press("收录", reply, ADMIN)) == words.say("zh-Hans", "take_gone")


def test_a_draft_outlives_a_restart_for_a_day(desk: Desk) -> None:
    """Another process goes on where the paste stood; after a day the draft is gone, and words are questions again."""
    desk.say("/add", ADMIN)
    desk.say(PAGE, ADMIN)
    desk.chat = Chat(Library.open(desk.settings.db, ledger=False), Ledger.open(desk.settings.ledger), desk.settings, lambda: desk.now)
    reply = desk.say("完", ADMIN)
    assert "溪口的水车又转了" in text(reply)
    desk.now += timedelta(days=1, minutes=1)
    assert text(desk.press("收录", reply, ADMIN)) == words.say("zh-Hans", "take_gone")
    desk.say("/add", ADMIN)
    desk.now += timedelta(hours=2)
    assert "8000元" in text(desk.say("清河县改造老果园每户补助多少钱?", ADMIN))


def test_two_admins_have_drafts_of_their_own(desk: Desk) -> None:
    """What one pastes is not in the other's article, and one's button is nothing to the other."""
    desk.say("/add", ADMIN)
    desk.say("/add", SECOND)
    desk.say(PAGE, ADMIN)
    desk.say(LONG, SECOND)
    mine, theirs = desk.say("完", ADMIN), desk.say("完", SECOND)
    assert "水车" in text(mine) and "豆腐" not in text(mine)
    assert "豆腐" in text(theirs) and "水车" not in text(theirs)
    assert text(desk.press("收录", mine, SECOND)) == words.say("zh-Hans", "take_gone")
    desk.press("收录", mine, ADMIN)
    desk.press("收录", theirs, SECOND)
    assert desk.library.status()["articles"] == 5


def test_only_admins_in_private_take_in(desk: Desk) -> None:
    """A file of anybody else, or in a group, is no article."""
    group = Visitor("g:9", user="9", chat="g", admin=True, private=False)
    for visitor in (Visitor("1:1", user="1", chat="1"), group):
        sent(desk, "a.txt", PAGE.encode(), visitor)
        assert drafts(desk) == 0


# What the library holds already


def test_a_likely_reprint_is_named(desk: Desk) -> None:
    """The same story of another paper: the one that is in here is named with outlet and date, and both can be kept."""
    desk.press("收录", desk.say(f"/add {PAGE}", ADMIN), ADMIN)
    longer = MIRROR + "本报还将继续关注水车的修复情况。\n"
    reply = desk.say(f"/add {longer}", ADMIN)
    assert "很像已收录的《溪口的水车又转了》（临川日报，2014年3月2日）" in text(reply)
    desk.press("收录", reply, ADMIN)
    assert desk.library.status()["articles"] == 5


def test_an_article_that_is_there_is_told(desk: Desk) -> None:
    """The same text again is said to be the same, changes nothing when agreed to, and names the id."""
    desk.press("收录", desk.say(f"/add {PAGE}", ADMIN), ADMIN)
    (id,) = added(desk)
    reply = desk.say(f"/add {PAGE}", ADMIN)
    assert "完全一样" in text(reply)
    assert text(desk.press("收录", reply, ADMIN)) == words.say("zh-Hans", "add_known", id=id)
    assert added(desk) == [id]


def test_what_was_withdrawn_is_not_taken_in_again(desk: Desk) -> None:
    """The admin reads so before agreeing; after /undo of the withdrawal it is there."""
    desk.press("收录", desk.say(f"/add {PAGE}", ADMIN), ADMIN)
    (id,) = added(desk)
    desk.now += timedelta(minutes=1)
    desk.say(f"/withdraw {id} 贴错了", ADMIN)
    reply = desk.say(f"/add {MIRROR}", ADMIN)
    assert "理由：贴错了" in text(reply)
    assert "更新索引时没有收" in text(desk.press("收录", reply, ADMIN))
    assert "两位木匠" not in text(desk.say(ASKED))
    desk.say("/undo", ADMIN)
    assert "两位木匠" in text(desk.say(ASKED))


def test_what_was_taken_in_by_a_slip_is_taken_back_out(desk: Desk) -> None:
    """The file moves aside and is not deleted; corrections go with it; the same article can be taken in again, as it is read."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    desk.press("改日期", reply, ADMIN)
    done = desk.press("收录", desk.say("1999", ADMIN), ADMIN)
    desk.now += timedelta(days=29)
    assert "已撤回1个文件" in text(desk.press("撤回收录", done, ADMIN))
    assert "两位木匠" not in text(desk.say(ASKED))
    (aside,) = added(desk)
    assert aside.startswith(".aside/")
    assert text(desk.press("撤回收录", done, ADMIN)) == words.say("zh-Hans", "take_back_gone")
    assert "/reindex" not in text(desk.say("/reindex", ADMIN))
    desk.press("收录", desk.say(f"/add {PAGE}", ADMIN), ADMIN)
    assert "出处：临川日报，2014年3月2日" in text(desk.say(ASKED))


# Where it fails, nothing is half done


def test_a_cancel_at_the_last_moment_leaves_the_draft(desk: Desk) -> None:
    """Cancelled while it is indexed, the article is not in the folder, its corrections are not in force, and the button works again."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    desk.press("改媒体", reply, ADMIN)
    reply = desk.say("水乡周刊", ADMIN)
    (action,) = [button.action for row in reply.buttons for button in row if button.label == "收录"]
    told = desk.chat.reply(Message(action=action), ADMIN, lambda step: desk.chat.desk.cancel() and None)
    assert text(told) == words.say("zh-Hans", "take_cancelled")
    assert added(desk) == []
    assert not desk.library.rules().corrections
    desk.press("收录", told, ADMIN)
    assert "出处：水乡周刊" in text(desk.say(ASKED))


def test_beside_a_long_reindex_the_draft_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever agrees while another admin reindexes reads so, and the button works afterwards."""
    monkeypatch.setattr("bot.taking.PATIENCE", 0.1)
    reply, told = desk.say(f"/add {PAGE}", SECOND), []

    def meanwhile(step: object) -> None:
        if not told:
            told.append(desk.press("收录", reply, SECOND))

    desk.chat.reply(Message("/reindex"), ADMIN, meanwhile)
    assert text(told[0]) == words.say("zh-Hans", "take_busy")
    assert "已收录" in text(desk.press("收录", told[0], SECOND))


def test_articles_agreed_to_at_once_are_taken_in_one_after_the_other(desk: Desk) -> None:
    """Two admins who agree to ten articles within a moment get ten articles; nobody is told to try again."""
    readings = [(who, desk.say(f"/add {PAGE.replace('两位木匠', f'{number}位木匠')}{number}", who)) for number, who in enumerate([ADMIN, SECOND] * 5)]
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda each: text(desk.press("收录", each[1], each[0])), readings))
    assert all("已收录" in one for one in told), told
    assert desk.library.status()["articles"] == 13


def test_a_button_pressed_twice_takes_in_once(desk: Desk) -> None:
    """The second press reads that the draft is gone."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(lambda _: text(desk.press("收录", reply, ADMIN)), range(2)))
    assert words.say("zh-Hans", "take_gone") in told
    assert desk.library.status()["articles"] == 4


def test_after_a_kill_in_the_middle_the_button_works_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the file and the index: pressed once more, the article is in once, with its correction in force once."""
    desk.press("改媒体", desk.say(f"/add {PAGE}", ADMIN), ADMIN)
    reply = desk.say("水乡周刊", ADMIN)
    with monkeypatch.context() as killed:
        killed.setattr(desk.chat.desk, "reindex", broken_off)
        killed.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        killed.setattr(Decisions, "undo", lambda *given: None)
        with pytest.raises(KeyboardInterrupt):
            desk.press("收录", reply, ADMIN)
    assert len(added(desk)) == 1
    assert "已收录" in text(desk.press("收录", reply, ADMIN))
    assert len(added(desk)) == 1
    assert len(desk.library.rules().corrections[added(desk)[0]]) == 1
    assert "出处：水乡周刊" in text(desk.say(ASKED))


def test_while_the_corpus_is_away_nothing_is_taken_in(desk: Desk) -> None:
    """The admin reads the reason; the draft stays, and is in as soon as the corpus is back."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    away = desk.corpus.rename(desk.corpus.with_name("away"))
    told = desk.press("收录", reply, ADMIN)
    assert "草稿还在" in text(told)
    assert added(desk) == []
    away.rename(desk.corpus)
    desk.press("收录", told, ADMIN)
    assert desk.library.status()["articles"] == 4


def test_taking_in_asks_before_much_would_go(desk: Desk) -> None:
    """Where the corpus lost more than a fifth meanwhile, it stops, lists, and keeps the draft."""
    reply = desk.say(f"/add {PAGE}", ADMIN)
    desk.write(ARTICLES[0])
    told = desk.press("收录", reply, ADMIN)
    assert "canteen" in text(told)
    assert desk.library.status()["articles"] == 3
    desk.write(*ARTICLES)
    desk.press("收录", told, ADMIN)
    assert desk.library.status()["articles"] == 4


# Links, files and posts


def test_a_link_is_taken_in_with_its_address(tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]]) -> None:
    """A page of a network that the settings allow is read once, kept, and quoted with a link to it."""
    base, served = site
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    desk = Desk(tmp_path, fields={"web_allow": ("127.0.0.1/32",)})
    desk.write(*ARTICLES)
    reply = desk.say(f"/add {base}/books.html", ADMIN)
    assert "标题：渡口的旧书摊" in text(reply)
    desk.press("收录", reply, ADMIN)
    answer = desk.say("渡口的旧书摊一本旧书卖多少钱?").answer
    assert answer
    assert answer.excerpts[0].article.url == f"{base}/books.html"


def test_a_feed_is_shown_as_a_whole(tmp_path: Path, site: tuple[str, dict[str, tuple[str, bytes]]]) -> None:
    """Its articles by title, what could not be read with the reason; agreed to, all are in."""
    base, served = site
    served["/books.html"] = ("text/html; charset=utf-8", HTML.encode())
    served["/feed"] = ("application/rss+xml", RSS.format(base=base, long=LONG).encode())
    desk = Desk(tmp_path, fields={"web_allow": ("127.0.0.1/32",)})
    desk.write(*ARTICLES)
    reply = desk.say(f"/add {base}/feed", ADMIN)
    for shown in ("读出2篇", "《豆腐坊四十年》，临川日报，2014年3月2日", "《渡口的旧书摊》", "没有读的（1）", f"{base}/gone"):
        assert shown in text(reply)
    assert "已收录2篇" in text(desk.press("收录", reply, ADMIN))
    assert desk.library.status()["articles"] == 5


@pytest.mark.parametrize("given", ["12345", "http://127.0.0.1:9/page.html", "http://10.0.0.1/page.html"])
def test_what_holds_no_article_is_refused_with_the_reason(desk: Desk, given: str) -> None:
    """No text, an address of this machine, one of the office's network: told at once, and nothing is written."""
    before = words.say("zh-Hans", "add_refused", reason="")
    assert text(desk.say(f"/add {given}", ADMIN)).startswith(before)
    assert (drafts(desk), added(desk)) == (0, [])


def test_a_file_is_read_like_a_page(desk: Desk) -> None:
    """It lies in the added folder byte by byte, under its own name."""
    data = PAGE.encode("gb18030")
    desk.press("收录", sent(desk, "水车.txt", data), ADMIN)
    assert (desk.settings.added_folder / "水车.txt").read_bytes() == data
    assert "两位木匠" in text(desk.say(ASKED))


def test_a_file_of_several_articles_is_shown_as_a_whole(desk: Desk) -> None:
    """Titles, and the lines that were left out with the reason; ids that are taken are said; agreed to, the others are in."""
    lines = [json.dumps({"title": f"第{n}号", "body": f"第{n}号船今早离港,船上有{n}名船员。"}, ensure_ascii=False) for n in range(12)]
    lines += ["{", json.dumps({"title": "空", "body": ""}), json.dumps({"id": "orchard", "body": "果园里又种了一百棵梨树。"}, ensure_ascii=False)]
    reply = sent(desk, "船.jsonl", "\n".join(lines).encode())
    for shown in ("船.jsonl：读出13篇", "1. 《第0号》", "另有3个", "其中1篇的编号已经有了", "没有读的（2）", "船.jsonl:13", "船.jsonl:14"):
        assert shown in text(reply)
    told = text(desk.press("收录", reply, ADMIN))
    assert "已收录12篇" in told
    assert "second article with the id orchard" in told
    assert "7名船员" in text(desk.say("第7号船上有几名船员?"))


def test_a_long_list_of_what_was_left_out_comes_as_a_file(desk: Desk) -> None:
    """The chat names ten, the file all."""
    reply = sent(desk, "坏.jsonl", "\n".join(["{"] * 30 + [json.dumps({"body": "码头上的灯亮了一夜,没有人去关。"}, ensure_ascii=False)]).encode())
    assert reply.document
    assert reply.document.data.decode().count("\n") == 30
    assert "另有20个" in text(reply)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("空.txt", b"", "empty file"), ("图.jpg", b"\xff\xd8\xff\xe0" + bytes(500), "JPEG"), ("程序.exe", b"MZ" + bytes(range(256)) * 20, "not text"),
     ("表.xlsx", b"PK\x03\x04" + bytes(100), "not text"), ("全空.jsonl", b"{}\n", "没有读出文章")],
)  # fmt: skip
def test_a_file_without_an_article_is_refused_with_the_reason(desk: Desk, name: str, data: bytes, reason: str) -> None:
    """Empty, a picture, a program, a spreadsheet, lines without bodies: a clear line, and nothing is kept."""
    told = text(sent(desk, name, data))
    assert name in told and reason in told
    assert (drafts(desk), added(desk)) == (0, [])


@pytest.mark.parametrize("name", ["../../etc/水车.txt", "..\\水车.txt", "/水车", "CON.txt", ".水车.txt", "README.md", "水" * 300 + ".txt", "\u202e水车.txt", ""])
def test_a_files_name_leads_nowhere_else(desk: Desk, name: str) -> None:
    """Whatever a file is called, it lies in the added folder itself, where a reindex reads it."""
    desk.press("收录", sent(desk, name, PAGE.encode()), ADMIN)
    (file,) = desk.settings.added_folder.iterdir()
    assert file.is_file() and file.read_bytes() == PAGE.encode()
    assert "两位木匠" in text(desk.say(ASKED))


def test_a_channels_post_has_the_channels_name_date_and_address(desk: Desk) -> None:
    """Nothing is read into it: the first line is the title, the rest the body; taken in once, it is known the second time."""
    post = Post("水乡快讯", "2024-05-06", "https://t.me/shuixiang/12", "t.me-shuixiang-12")
    reply = desk.chat.reply(Message("渡口今起停航\n渡口今起停航三天,检修两条缆绳。\n来源:县航运所", post=post), ADMIN)
    for shown in ("标题：渡口今起停航", "媒体：水乡快讯", "日期：2024年5月6日（出自：频道文章的发表时间）"):
        assert shown in text(reply)
    desk.press("收录", reply, ADMIN)
    answer = desk.say("渡口检修几条缆绳?").answer
    assert answer and answer.excerpts[0].article.url == "https://t.me/shuixiang/12"
    assert answer.excerpts[0].article.body.endswith("来源:县航运所")


def test_a_text_passed_on_without_a_trace_says_so(desk: Desk) -> None:
    """Its outlet and date are what it says itself; that it came from nowhere is told."""
    reply = desk.chat.reply(Message(LONG, post=Post()), ADMIN)
    assert words.say("zh-Hans", "take_unsourced") in text(reply)
    assert "媒体：不详" in text(reply)


def test_a_text_passed_on_is_part_of_an_open_paste(desk: Desk) -> None:
    """Several messages passed on from a person are pieces of one article."""
    desk.say("/add", ADMIN)
    desk.chat.reply(Message(PAGE, post=Post()), ADMIN)
    assert "收到2条" in text(desk.chat.reply(Message("完整的修复要到秋天。", post=Post()), ADMIN))


def test_what_takes_long_runs_beside_the_conversation() -> None:
    """Reading a link, taking in and taking back go on while the admin's chat is answered; a paste is read at once."""
    for command in ("/add https://news.example.org/1", "take:in:0", "take:back:0", "/reindex", "reindex:yes"):
        assert is_long(command)
    for command in ("/add", f"/add {PAGE}", "take:drop:0", "take:title:0", "/articles"):
        assert not is_long(command)
