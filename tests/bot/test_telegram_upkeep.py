"""An admin keeps the library up in Telegram: words, what is withheld, the index, the gaps."""

from __future__ import annotations

from telegram_running import HOUSES, Inside
from telegram_server import TelegramServer
from test_telegram_desk import ADMIN, PERSON, said


def test_a_synonym_from_the_chat(server: TelegramServer, bot: Inside) -> None:
    """One message of the admin, and everybody's next question is understood."""
    assert "640米" not in said(server, PERSON, "老鹰嘴全长多少米?").text
    assert "老鹰嘴" in said(server, ADMIN, "/words 老鹰嘴=清水河大桥").text
    assert "640米" in said(server, PERSON, "老鹰嘴全长多少米?").text
    assert "撤销了" in said(server, ADMIN, "/undo").text
    assert "640米" not in said(server, PERSON, "老鹰嘴全长多少米?").text


def test_a_passage_and_a_name_are_withheld_from_the_chat(server: TelegramServer, bot: Inside) -> None:
    """Old buttons say 已撤下; the next answer has neither; a slip is taken back."""
    answer = said(server, PERSON, HOUSES)
    assert "8600" in answer.text
    said(server, ADMIN, "/withhold houses 非贫困户,青禾县改造危房每户补助8600元")
    assert "已撤下" in str(server.alert(server.press(PERSON, answer, "前后文")))
    assert "8600" not in said(server, PERSON, HOUSES).text
    said(server, ADMIN, "撤销")
    assert "8600" in said(server, PERSON, HOUSES).text
    sure = said(server, ADMIN, "/withhold 河东镇")
    server.press(ADMIN, sure, "撤下这些句子")
    server.wait(lambda: [sent for sent in server.replies(ADMIN) if "撤下了1篇文章里含“河东镇”的句子" in sent.text], what="that the name is withheld")
    assert "十五分钟" not in said(server, PERSON, "大桥通车后,从县城到河东镇要几分钟?").text
