"""People at the door, in Telegram: the first admin, requests with two buttons, admins who add admins, and slips taken back."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from telegram_running import BRIDGE, HOUSES, ROOT, Inside, environment, inside
from telegram_server import Sent, TelegramServer

from bot import claiming

AN, LIN, BAI, MO = 1, 7, 8, 9
"""An admin of the settings, and three others."""

GROUP = -1001234567890


def said(server: TelegramServer, who: int, text: str) -> Sent:
    """The bot's first message to *who* after they wrote *text*."""
    asked = server.say(who, text)
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if sent.id > asked], what=f"what is said to {text}")
    return found[0]


def letter(server: TelegramServer, who: int, words: str) -> Sent:
    """What *who* was sent that holds *words*, waited for."""
    found: list[Sent] = server.wait(lambda: [sent for sent in server.replies(who) if words in sent.text], what=f"{words} for {who}")
    return found[-1]


@pytest.fixture
def people(server: TelegramServer) -> TelegramServer:
    for person, name in ((AN, "小安"), (LIN, "小林"), (BAI, "小白"), (MO, "<b>小莫</b>\n管理员")):
        server.person(person, name)
    return server


@pytest.fixture
def closed(db: Path, people: TelegramServer) -> Inside:
    """A bot that answers its one admin."""
    with inside(db, people, WENDA_ALLOWED="") as running:
        yield running


def test_the_first_start_on_a_terminal_shows_a_code_that_makes_the_admin(db: Path, people: TelegramServer, tmp_path: Path) -> None:
    """`wenda serve` on a real terminal, its log in a file: the code is on the screen alone, works once, and not after a restart."""
    log = tmp_path / "log"
    env = environment(db, people, WENDA_ADMINS="", WENDA_ALLOWED="", WENDA_LOG_LEVEL="debug", WENDA_LOG_QUESTIONS="true")

    def start() -> tuple[subprocess.Popen[bytes], str]:
        screen, theirs = pty.openpty()
        with log.open("ab") as err:
            process = subprocess.Popen([sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=env, stdout=theirs, stderr=err, stdin=subprocess.DEVNULL)
        os.close(theirs)
        shown = b""
        while b"nowhere else" not in shown:
            shown += os.read(screen, 4096)
        found = re.search(r"/claim (\S+)", shown.decode())
        assert found
        threading.Thread(target=lambda: _drain(screen), daemon=True).start()
        return process, found[1]

    process, old = start()
    process.kill()
    process.wait(10)
    process, code = start()
    try:
        assert code != old
        assert "不对" in said(people, LIN, f"/claim {old}").text
        assert "管理员" in said(people, BAI, f"/claim {code.lower()}").text
        assert "小白" in said(people, BAI, "/who").text
        people.say(LIN, f"/claim {code}")
        letter(people, LIN, "您的号码是 7")
        people.say(LIN, HOUSES)
        assert "8600" in said(people, BAI, HOUSES).text and len(people.replies(LIN)) == 2
        assert old not in log.read_text() and code not in log.read_text()
    finally:
        process.terminate()
        process.wait(40)
    assert code not in Path(f"{db}.ledger").read_bytes().decode("latin-1").upper()


def _drain(screen: int) -> None:
    try:
        while os.read(screen, 4096):
            pass
    except OSError:
        pass


def test_a_stranger_asks_and_the_first_admin_to_press_decides(closed: Inside, people: TelegramServer) -> None:
    """Told once, asks once a day; both admins get the names as data; the second to press reads who decided."""
    said(people, AN, f"/admin {BAI}")
    letter(people, BAI, "让您当了")
    door = said(people, MO, HOUSES)
    assert "8600" not in door.text and str(MO) in door.text
    assert "转告" in people.alert(people.press(MO, door, "请管理员允许"))["text"]
    assert "今天" in people.alert(people.press(MO, door, "请管理员允许"))["text"]
    asked = [letter(people, admin, "请求使用") for admin in (AN, BAI)]
    assert "“<b>小莫</b> 管理员”（9）" in asked[0].text
    people.press(BAI, asked[1], "允许")
    assert "直接写问题" in letter(people, MO, "允许您提问").text
    people.wait(lambda: "您允许了" in asked[1].text and not asked[1].buttons, what="the decision in the letter")
    people.press(AN, asked[0], "拒绝")
    people.wait(lambda: "已经决定过了：“小白”（8）允许了" in asked[0].text, what="who decided before")
    assert "8600" in said(people, MO, HOUSES).text


def test_a_button_is_pressed_by_admins_alone(closed: Inside, people: TelegramServer) -> None:
    """Who was an admin when the letter came, and is none when they press, decides nothing."""
    said(people, AN, f"/admin {BAI}")
    people.press(LIN, said(people, LIN, HOUSES), "请管理员允许")
    asked = letter(people, BAI, "请求使用")
    said(people, AN, f"/unadmin {BAI}")
    people.alert(people.press(BAI, asked, "允许"))
    assert LIN not in {int(id) for id in closed.chat.people.access().let_in}
    said(people, AN, f"/allow {BAI}")
    assert "只有管理员" in said(people, BAI, f"/allow {LIN}").text
    assert "只有管理员" in people.wait(lambda: _after_press(people, BAI, asked), what="a word to who is no admin")


def _after_press(people: TelegramServer, who: int, sent: Sent) -> str:
    people.alert(people.press(who, sent, "允许"))
    return next((found.text for found in people.replies(who) if "只有管理员" in found.text), "")


def test_a_refused_stranger_is_silent_from_then_on_and_undo_opens_again(closed: Inside, people: TelegramServer) -> None:
    """Refused by a slip: /undo, and the same buttons can be pressed again."""
    door = said(people, LIN, HOUSES)
    people.press(LIN, door, "请管理员允许")
    asked = letter(people, AN, "请求使用")
    people.press(AN, asked, "拒绝")
    people.wait(lambda: "拒绝了" in asked.text, what="the refusal")
    people.say(LIN, HOUSES)
    assert "撤销了：不让“小林”（7）使用" in said(people, AN, "撤销").text
    assert "允许“小林”" not in said(people, AN, "/who").text
    assert "“小林”（7）现在可以" in said(people, AN, f"/allow {LIN}").text
    assert letter(people, LIN, "允许您提问")
    assert "8600" in said(people, LIN, HOUSES).text


def test_a_group_is_asked_for_from_within_the_group(closed: Inside, people: TelegramServer) -> None:
    """The button stays a button there, and lets the whole group in."""
    people.group(GROUP, "邻里互助", members={LIN: "member"})
    asked = people.say(LIN, f"/ask@wenda_test_bot {HOUSES}", chat=GROUP)
    people.press(LIN, people.reply(GROUP, asked), "请管理员允许")
    plea = letter(people, AN, "让一个群使用")
    assert "邻里互助" in plea.text and "小林" in plea.text
    people.press(AN, plea, "允许")
    letter(people, GROUP, "允许这个群")
    again = people.say(LIN, f"/ask@wenda_test_bot {BRIDGE}", chat=GROUP)
    assert "640米" in people.reply(GROUP, again).text


def test_admins_add_admins_and_the_last_stays(closed: Inside, people: TelegramServer) -> None:
    """Others hear of it; the admins of the settings are not touched from the chat; the wrong one is undone."""
    said(people, AN, f"/admin {LIN}")
    letter(people, LIN, "让您当了")
    assert "现在是管理员" in said(people, LIN, f"/admin {BAI}").text
    assert "“小林”（7）添加了管理员" in letter(people, AN, "添加了管理员").text
    assert "撤销了：添加管理员" in said(people, LIN, "/undo").text
    assert "WENDA_ADMINS" in said(people, LIN, f"/unadmin {AN}").text
    assert "不能拒绝" in said(people, AN, f"/deny {LIN}").text
    assert "不是管理员" in said(people, AN, f"/unadmin {BAI}").text
    for wrong in ("/admin", "/admin 小林", f"/admin {GROUP}", "/unadmin x"):
        assert "请写" in said(people, AN, wrong).text
    said(people, AN, f"/deny {BAI}")
    assert "那里优先" in said(people, AN, f"/admin {BAI}").text


def test_the_last_admin_of_a_bot_without_settings_stays(db: Path, people: TelegramServer) -> None:
    """Not by /unadmin of their own, not by /undo."""
    with inside(db, people, WENDA_ADMINS="", WENDA_ALLOWED="*") as bot:
        code = claiming.offer(bot.ledger, bot.chat._clock())
        assert "管理员了" in said(people, LIN, f"/claim {code}").text
        assert "最后一个" in said(people, LIN, f"/unadmin {LIN}").text
        assert "没有可以撤销" in said(people, LIN, "/undo").text
        assert "用认领码" in said(people, LIN, "/who").text
        people.wait(lambda: "who" in {each["command"] for each in people.commands.get((f"chat:{LIN}", "zh"), ())}, what="the admin's menu")


def test_who_lists_everybody_with_since_when_and_by_whom(closed: Inside, people: TelegramServer) -> None:
    """The settings' too; names where they are known."""
    said(people, AN, f"/admin {LIN}")
    said(people, AN, f"/allow {GROUP}")
    said(people, AN, f"/deny {MO}")
    told = said(people, AN, "/who").text
    assert "管理员（2）：\n“小安”（1），由设置\n7，" in told
    assert f"可以使用（1）：\n{GROUP}，" in told and "不能使用（1）：\n9，" in told
    said(people, LIN, "/help")
    assert "“小林”（7），" in said(people, AN, "/who").text


def test_undo_takes_back_the_latest_act_of_either_kind(closed: Inside, people: TelegramServer) -> None:
    """Articles and people by turns, newest first."""
    said(people, AN, "/note bridge 桥在修")
    said(people, AN, f"/allow {LIN}")
    said(people, AN, "/title bridge 新桥")
    said(people, AN, "/contact 热线12345")
    told = [said(people, AN, "/undo").text for _ in range(5)]
    for text, words in zip(told, ("联系方式", "标题", "允许7使用", "编者注", "没有可以撤销"), strict=True):
        assert words in text


def test_the_about_and_contact_lines_are_set_by_admins(closed: Inside, people: TelegramServer) -> None:
    """Others read them; a `-` takes them away; too long a text is refused."""
    said(people, AN, f"/allow {LIN}")
    assert "介绍改为" in said(people, AN, "/about 青禾县融媒体中心的报库。").text
    assert said(people, LIN, "/about 我的").text.startswith("青禾县融媒体中心的报库。")
    assert "太长" in said(people, AN, "/about " + "长" * 1001).text
    assert "去掉了" in said(people, AN, "/about -").text
    assert "融媒体" not in said(people, LIN, "/about").text
    assert "联系方式改为" in said(people, AN, "/contact 热线12345").text
    assert "12345" in said(people, LIN, "/about").text
