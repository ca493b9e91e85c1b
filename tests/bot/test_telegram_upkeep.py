"""An admin keeps the library up in Telegram: words, what is withheld, the index, the gaps."""

from __future__ import annotations

from telegram_running import Inside
from telegram_server import TelegramServer
from test_telegram_desk import ADMIN, PERSON, said


def test_a_synonym_from_the_chat(server: TelegramServer, bot: Inside) -> None:
    """One message of the admin, and everybody's next question is understood."""
    assert "640米" not in said(server, PERSON, "老鹰嘴全长多少米?").text
    assert "老鹰嘴" in said(server, ADMIN, "/words 老鹰嘴=清水河大桥").text
    assert "640米" in said(server, PERSON, "老鹰嘴全长多少米?").text
    assert "撤销了" in said(server, ADMIN, "/undo").text
    assert "640米" not in said(server, PERSON, "老鹰嘴全长多少米?").text
