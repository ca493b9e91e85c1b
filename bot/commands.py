"""The table of commands: name, words that mean the same, who may use it. Menus and help are views of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Who = Literal["all", "admin", "local"]


@dataclass(frozen=True, slots=True)
class Command:
    """`words` are what people write instead of the slash, each alone in a message; the first is shown in the help.

    Its line of help is `help_NAME` in `bot.words`. A `local` command exists only in a terminal. A command that is
    not `listed` works but is left out of menus.
    """

    name: str
    words: tuple[str, ...] = ()
    who: Who = "all"
    listed: bool = True


COMMANDS: tuple[Command, ...] = (
    Command("help", ("帮助", "幫助", "怎么用", "怎麼用", "help")),
    Command("sources", ("目录", "目錄")),
    Command("more", ("更多",)),
    Command("context", ("前后文", "前後文", "上下文")),
    Command("original", ("看原文", "原文", "全文")),
    Command("useful", ("有用",), listed=False),
    Command("wrong", ("不对或过时", "不對或過時", "不对", "不對"), listed=False),
    Command("about", ("关于", "關於")),
    Command("start", ("开始", "開始")),
    Command("ask", listed=False),
    Command("language", ("语言", "語言")),
    Command("privacy", ("隐私", "隱私")),
    Command("forget", ("忘记我", "忘記我")),
    Command("reindex", ("更新索引",), who="admin"),
    Command("cancel", ("取消",), who="admin"),
    Command("status", ("状态", "狀態"), who="admin"),
    Command("add", who="admin"),
    Command("channels", who="admin"),
    Command("articles", who="admin"),
    Command("note", who="admin"),
    Command("date", who="admin"),
    Command("title", who="admin"),
    Command("outlet", who="admin"),
    Command("withdraw", who="admin"),
    Command("withhold", who="admin"),
    Command("undo", ("撤销", "撤銷"), who="admin"),
    Command("gaps", who="admin"),
    Command("words", who="admin"),
    Command("stats", who="admin"),
    Command("contact", who="admin"),
    Command("allow", who="admin"),
    Command("deny", who="admin"),
    Command("admin", who="admin"),
    Command("unadmin", who="admin"),
    Command("who", who="admin"),
    Command("claim", listed=False),
    Command("quit", ("退出", "离开", "離開", "exit", "quit"), who="local"),
)

_BY_NAME = {command.name: command for command in COMMANDS}
_BY_WORD = {word: command for command in COMMANDS for word in command.words}
_WRITTEN = re.compile(r"/\s*([A-Za-z_]+|[\u4e00-\u9fff]+)(?:@\w+)?(?:\s+(.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command as it was written: its name as typed, its table entry (None where there is no such), and the rest."""

    name: str
    command: Command | None
    rest: str = ""


def spoken(text: str) -> Spoken | None:
    """The command in *text* (`/help`, `／目录`, `帮助。`), or None where it is none."""
    text = text.strip()
    if text[:1] in ("/", "／"):
        written = _WRITTEN.match("/" + text[1:])
        if not written:
            return None
        name = unicodedata.normalize("NFKC", written[1]).lower()
        return Spoken(name, _BY_NAME.get(name) or _BY_WORD.get(name), (written[2] or "").strip())
    word = text.strip("。.!！ ").lower()
    command = _BY_WORD.get(word)
    return Spoken(word, command) if command else None
