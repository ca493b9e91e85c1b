"""The conversation as people have it: commands, follow-ups, buttons, languages, and who may do what."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_replies import matches, with_buttons

from bot import render, words
from bot.chat import FOLLOW_UP, Chat
from bot.commands import COMMANDS, spoken
from bot.replies import Language, Message, Reply, Visitor
from bot.settings import Settings
from retrieval import Library
from retrieval.ledger import Ledger
from retrieval.records import Answer, Article, Excerpt

ORCHARD = (
    "清河县这几年种苹果的人多了。从2018年起,清河县对改造老果园的农户每户补助8000元,减轻农户投入的压力。全县有1260户拿到了补助。\n\n"
    "县里请来技术员,每月下乡两次。技术员白露说,树要慢慢长,路要一步步走。2019年全县线上卖出苹果4.3亿元,其中一半卖到省外。\n\n"
) + "果农老周算过一笔账,三年以后每亩地能多收两千斤。村里的合作社统一收果,统一装箱,统一往外卖。" * 40
CANTEEN = "白沙鄉去年開了三間老人食堂。每天有215位老人來吃飯,一餐只收10元。食堂的米是村裡自己種的。"
BRIDGES = "松河镇修了4座桥。最长的一座有120米,花了两年才修好。"


def article(identifier: str, body: str, **fields: str) -> dict[str, str]:
    return {"id": identifier, "body": body, **fields}


ARTICLES = (
    article("orchard", ORCHARD, title="果园里的新路子", outlet="青原日报", published="2020-11-02", url="https://news.example.org/1"),
    article("canteen", CANTEEN, title="白沙鄉的老人食堂", outlet="白沙週報", published="2019-09-19"),
    article("bridges", BRIDGES),
)


@dataclass
class Desk:
    """A conversation over a small library, with a clock that a test can turn."""

    folder: Path
    now: datetime = datetime(2026, 11, 22, 4, tzinfo=UTC)
    fields: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.corpus = self.folder / "corpus"
        self.corpus.mkdir()
        self.settings = Settings(_env_file=None, db=self.folder / "wenda.db", corpus=(self.corpus,), **self.fields)  # type: ignore[arg-type]
        self.library = Library.open(self.settings.db, ledger=False)
        self.chat = Chat(self.library, Ledger.open(self.settings.ledger), self.settings, lambda: self.now)

    def write(self, *articles: dict[str, str]) -> None:
        lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in articles)
        (self.corpus / "articles.jsonl").write_text("".join(lines), encoding="utf-8")

    def say(self, text: str, visitor: Visitor | None = None, **fields: str) -> Reply:
        return self.chat.reply(Message(text, **fields), visitor or PERSON)

    def press(self, label: str, reply: Reply, visitor: Visitor | None = None) -> Reply:
        (action,) = [button.action for row in reply.buttons for button in row if button.label == label]
        assert len(action.encode()) <= 64
        return self.chat.reply(Message(action=action), visitor or PERSON)


PERSON = Visitor("1:1", user="1", chat="1")
OTHER = Visitor("2:2", user="2", chat="2")
ADMIN = Visitor("9:9", user="9", chat="9", admin=True)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write(*ARTICLES)
    made.chat.desk.reindex()
    return made


def text(reply: Reply) -> str:
    return render.plain(reply)


# Questions and follow-ups


def test_a_question_is_answered_with_its_source(desk: Desk) -> None:
    """What a person gets is the excerpt, the outlet and the date."""
    said = text(desk.say("清河县改造老果园每户补助多少钱?"))
    assert "每户补助8000元" in said
    assert "青原日报，2020年11月2日" in said


def test_a_follow_up_leans_on_the_last_question(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The earlier questions of the same conversation go with the next one, oldest first, for half an hour."""
    seen: list[tuple[str, ...]] = []
    asked = desk.library.ask

    def watching(question: str, previous: tuple[str, ...] = (), **fields: object) -> object:
        seen.append(tuple(previous))
        return asked(question, previous, **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.library, "ask", watching)
    desk.say("清河县改造老果园每户补助多少钱?")
    desk.say("有多少户拿到了?")
    desk.say("几座桥?", OTHER)
    desk.now += FOLLOW_UP + timedelta(minutes=1)
    desk.say("那白沙乡呢?")
    assert len(seen[0]) == 0
    assert seen[1] == ("清河县改造老果园每户补助多少钱?",)
    assert seen[2:] == [(), ()]


def test_a_reply_to_an_answer_continues_that_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever replies to an answer in a chat continues its question; an answer of another chat is not continued."""
    group = Visitor("g:1", user="1", chat="g", private=False)
    neighbour = Visitor("g:2", user="2", chat="g", private=False)
    first = desk.say("清河县改造老果园每户补助多少钱?", group)
    assert first.answer and first.answer.id
    desk.say("几座桥?", neighbour)
    assert desk.chat._previous(Message("有多少户?", in_reply_to=first.answer.id), neighbour) == ("清河县改造老果园每户补助多少钱?",)
    assert desk.chat._previous(Message("有多少户?", in_reply_to=first.answer.id), OTHER) == ()


@pytest.mark.parametrize("written", ["", "  ", "\n"])
def test_an_empty_message_gets_one_short_prompt(desk: Desk, written: str) -> None:
    """Nothing written, nothing searched."""
    assert text(desk.say(written)) == "请写一个问题。"


def test_a_pasted_article_is_no_question(desk: Desk) -> None:
    """Ten thousand characters are declined with the limit."""
    assert "1000" in text(desk.say("苹果" * 5000))


def test_before_anything_is_indexed_people_are_told_so(tmp_path: Path) -> None:
    """An empty library is a friendly line for a visitor and no error."""
    empty = Desk(tmp_path)
    for message in ("几座桥?", "/sources"):
        assert text(empty.say(message)) == words.say("zh-Hans", "library_empty")
    assert words.say("zh-Hans", "library_empty") in text(empty.say("/start"))


def test_an_answer_that_cannot_be_kept_is_given(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another program holds the ledger, the answer comes without buttons instead of not at all."""
    monkeypatch.setattr("retrieval.ledger.BUSY_SECONDS", 0.1)
    held = Chat(desk.library, Ledger.open(desk.settings.ledger), desk.settings, lambda: desk.now)
    other = sqlite3.connect(desk.settings.ledger)
    other.execute("begin immediate")
    reply = held.reply(Message("清河县改造老果园每户补助多少钱?"), PERSON)
    other.close()
    assert "8000元" in text(reply)
    assert reply.buttons == ()


# Commands


@pytest.mark.parametrize(
    ("written", "name"),
    [("/help", "help"), ("／帮助", "help"), ("帮助", "help"), ("帮助。", "help"), ("目錄", "sources"), ("/sources@wenda_bot 2", "sources"), ("/MORE", "more"), ("更多", "more")],
)
def test_commands_are_understood_as_people_write_them(written: str, name: str) -> None:
    """A slash of either width, a bot's name behind it, a plain word, in either script."""
    said = spoken(written)
    assert said and said.command and said.command.name == name


@pytest.mark.parametrize("written", ["更多的农户拿到补助了吗?", "目录里有什么", "1/2是多少", "帮助残疾人的政策"])
def test_a_question_is_no_command(written: str) -> None:
    """A word means a command only where it stands alone."""
    assert spoken(written) is None


def test_an_unknown_command_is_named(desk: Desk) -> None:
    """A command that does not exist leads to the help."""
    assert "nonsense" in text(desk.say("/nonsense"))


def test_commands_have_names_that_telegram_takes() -> None:
    """Names are 1 to 32 small letters, no name or word means two commands, and every one has its help."""
    names = [command.name for command in COMMANDS]
    spellings = [word for command in COMMANDS for word in command.words]
    assert len(set(names)) == len(names)
    assert len(set(spellings)) == len(spellings)
    assert all(name.isascii() and name.islower() and len(name) <= 32 and words.has(f"help_{name}") for name in names)


@pytest.mark.parametrize("written", ["/reindex", "/cancel", "/status", "/contact x", "更新索引"])
def test_only_admins_may_run_admin_commands(desk: Desk, written: str) -> None:
    """The command checks at the act who writes; also the button behind it."""
    assert text(desk.say(written)) == words.say("zh-Hans", "admins_only")
    assert desk.chat.reply(Message(action="reindex:yes"), PERSON) == desk.say("/reindex yes")


def test_an_admin_reindexes_from_the_chat(desk: Desk) -> None:
    """The report has the counts; a file that was skipped is named with its reason."""
    desk.write(*ARTICLES, article("new", "青禾村通了火车。每天有6趟车经过,到县城只要20分钟。"))
    (desk.corpus / "empty.txt").touch()
    said = text(desk.say("/reindex", ADMIN))
    assert "共4篇文章" in said
    assert "新增1" in said
    assert "empty.txt" in said


def test_a_reindex_that_would_remove_much_asks_first(desk: Desk) -> None:
    """It stops, lists what would go, and a button goes on."""
    desk.write(ARTICLES[0])
    reply = desk.say("/reindex", ADMIN)
    assert "canteen" in text(reply)
    assert desk.library.status()["articles"] == 3
    assert "共1篇文章" in text(desk.press("确认移除", reply, ADMIN))


def test_a_second_reindex_is_refused_politely(desk: Desk) -> None:
    """While one runs, another says so, and /cancel stops the first, whose old state stays."""
    desk.write(*ARTICLES, *(article(f"n{n}", BRIDGES.replace("4", str(n))) for n in range(50)))
    heard: list[str] = []

    def meanwhile(step: object) -> None:
        if not heard:
            heard.extend([text(desk.say("/reindex", ADMIN)), text(desk.say("/cancel", ADMIN)), text(desk.say("几座桥?"))])

    said = text(desk.chat.reply(Message("/reindex"), ADMIN, meanwhile))
    assert heard[0] == words.say("zh-Hans", "busy")
    assert heard[1] == words.say("zh-Hans", "cancelling")
    assert "4座桥" in heard[2]
    assert said == words.say("zh-Hans", "cancelled")
    assert desk.library.status()["articles"] == 3
    assert text(desk.say("/cancel", ADMIN)) == words.say("zh-Hans", "nothing_running")


def test_a_reindex_tells_which_past_answers_changed(desk: Desk) -> None:
    """Past answers whose quoted words changed are counted once, at the reindex that changed them."""
    desk.say("清河县改造老果园每户补助多少钱?")
    desk.write({**ARTICLES[0], "body": ORCHARD.replace("8000", "9000")}, *ARTICLES[1:])
    assert "1条过去的回答" in text(desk.say("/reindex", ADMIN))
    assert "过去的回答" not in text(desk.say("/reindex", ADMIN))


def test_the_examples_are_known_to_have_answers(desk: Desk) -> None:
    """`/start` offers questions of the corpus's own list, at most three, none without an answer; a tap asks it."""
    questions = ["火星上有几个寺庙?", "清河县改造老果园每户补助多少钱?", "松河镇修了几座桥?"]
    (desk.corpus / ".questions").write_text("\n".join(questions), encoding="utf-8")
    start = desk.say("/start")
    assert [row[0].label for row in start.buttons] == questions[1:]
    assert "8000元" in text(desk.press(questions[1], start))


def test_the_contact_line_ends_misses_and_old_answers(desk: Desk) -> None:
    """What an admin sets is shown under a miss and under an old answer."""
    desk.say("/contact 热线12345", ADMIN)
    assert "热线12345" in text(desk.say("清河县改造老果园每户补助多少钱?"))
    assert "热线12345" in text(desk.say("/about"))


def test_the_contents_come_in_pages(desk: Desk) -> None:
    """Ten articles a page, newest first, with buttons to turn."""
    desk.write(*ARTICLES, *(article(f"n{n:02}", BRIDGES + str(n), title=f"第{n}期", published=f"2018-01-{n + 1:02}") for n in range(12)))
    desk.say("/reindex", ADMIN)
    first = desk.say("目录")
    assert text(first).index("果园里的新路子") < text(first).index("白沙鄉的老人食堂") < text(first).index("第11期")
    second = desk.press("下一页", first)
    assert "第2页，共2页" in text(second)
    assert "无标题文章" in text(second)
    assert desk.press("上一页", second) == first


def test_forgetting_means_forgetting(desk: Desk) -> None:
    """After /forget there is nothing left to continue or to press."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    assert "1条" in text(desk.say("/forget"))
    assert desk.press("前后文", first).notice == words.say("zh-Hans", "answer_gone")
    assert text(desk.say("更多")) == words.say("zh-Hans", "nothing_before")


def test_quitting_is_for_the_console(desk: Desk) -> None:
    """In a chat there is nothing to quit."""
    assert text(desk.say("/quit")) != words.say("zh-Hans", "quit")
    assert text(desk.say("/quit", Visitor("c"))) == words.say("zh-Hans", "quit")


# Buttons


def test_context_shows_the_sentences_around_and_grows(desk: Desk) -> None:
    """A press shows sentences before and after with the excerpt marked; the next press shows more; all are verbatim."""
    first = desk.say("其中一半卖到省外的苹果,2019年线上卖出多少元?")
    near = desk.press("前后文", first)
    nearer = desk.press("前后文", near)
    quotes = [next(block for block in reply.blocks if block.role == "quote") for reply in (near, nearer)]
    ((start, end),) = quotes[0].marks
    assert "4.3亿元" in quotes[0].text[start:end]
    assert quotes[0].text.strip("“”…") in quotes[1].text
    body = desk.library.article("orchard").body
    assert all(quote.text.strip("“”…") in body for quote in quotes)


def test_the_article_comes_in_pages_from_the_excerpt_on(desk: Desk) -> None:
    """The page that holds the excerpt comes first, marked; the pages together are the article."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    page = desk.press("看原文", first)
    assert "8000元" in text(page)
    assert "第1页，共2页" in text(page)
    assert "https://news.example.org/1" in text(page)
    second = desk.press("下一页", page)
    body = "".join(next(block.text for block in reply.blocks if block.role == "quote") for reply in (page, second))
    assert body.replace("\n", "") == ORCHARD.replace("\n", "")


def test_feedback_is_noted_and_a_wrong_figure_reaches_the_admins(desk: Desk) -> None:
    """Useful is thanked for; wrong asks why; a wrong figure goes to the admins with the excerpt and the question."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    assert first.answer and first.answer.id
    assert desk.press("有用", first).notice == words.say("zh-Hans", "thanks_useful")
    why = desk.press("不对或过时", first)
    assert [button.label for button in why.buttons[0]] == ["答非所问", "数字不对", "已经过时"]
    told = desk.press("数字不对", why)
    assert told.notice == words.say("zh-Hans", "thanks_wrong")
    assert "8000元" in " ".join(block.text for block in told.for_admins)
    assert desk.press("答非所问", why).for_admins == ()
    assert desk.chat.ledger.ratings(first.answer.id) == {"off_target": 1}


def test_only_the_chat_of_an_answer_may_press(desk: Desk) -> None:
    """A button's answer is not shown to another chat, nor is one that does not exist."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    gone = words.say("zh-Hans", "answer_gone")
    assert desk.press("前后文", first, OTHER).notice == gone
    for action in ("near:nosuch:0", "near:", "nonsense", "", "full::::", "near:" + "9" * 50):
        assert desk.chat.reply(Message(action=action), PERSON).notice == gone


def test_a_withdrawn_article_is_never_quoted_again(desk: Desk) -> None:
    """An old button of an article that is gone, or no longer says so, tells that instead."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    desk.write({**ARTICLES[0], "body": ORCHARD.replace("8000", "9000")}, *ARTICLES[1:])
    desk.say("/reindex", ADMIN)
    assert desk.press("前后文", first).notice == words.say("zh-Hans", "article_changed")
    desk.write(*ARTICLES[1:])
    desk.say("/reindex yes", ADMIN)
    assert desk.press("前后文", first).notice == words.say("zh-Hans", "article_gone")
    assert desk.press("看原文", first).notice == words.say("zh-Hans", "article_gone")


def test_buttons_outlive_a_restart(desk: Desk) -> None:
    """Another process with the same two files serves the button."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    again = Chat(Library.open(desk.settings.db, ledger=False), Ledger.open(desk.settings.ledger), desk.settings, lambda: desk.now)
    (action, *_) = [button.action for row in first.buttons for button in row]
    assert again.reply(Message(action=action), PERSON) == desk.press("前后文", first)


def test_words_act_on_the_last_answer(desk: Desk) -> None:
    """前后文, 看原文, 有用 and the like do what the buttons under the last answer do."""
    first = desk.say("清河县改造老果园每户补助多少钱?")
    assert desk.say("前后文") == desk.press("前后文", first)
    assert desk.say("看原文") == desk.press("看原文", first)
    assert desk.say("有用").notice == words.say("zh-Hans", "thanks_useful")
    assert desk.say("前后文 99").notice or desk.say("/context 99").notice


# Languages


@pytest.mark.parametrize(
    ("question", "language"),
    [("清河县补助多少钱?", "zh-Hans"), ("白沙鄉有多少老人來吃飯?", "zh-Hant"), ("How many bridges?", "en")],
)
def test_the_script_of_the_question_decides(desk: Desk, question: str, language: str) -> None:
    """A person is answered in the script they write, until they choose a language."""
    assert desk.say(question).language == language
    assert desk.say("/sources").language == desk.say("看原文").language == language


def test_a_chosen_language_stays(desk: Desk) -> None:
    """After /language the interface keeps it whatever is typed; excerpts stay as they were written."""
    assert "繁體中文" in text(desk.press("繁體中文", desk.say("/language")))
    reply = desk.say("清河县改造老果园每户补助多少钱?")
    assert reply.language == "zh-Hant"
    assert "出處：青原日报" in text(reply)
    assert "每户补助8000元" in text(reply)
    assert desk.say("清河县改造老果园每户补助多少钱?", OTHER).language == "zh-Hans"
    assert "火星文" in text(desk.say("/language 火星文"))


def _told(language: Language) -> dict[str, Callable[[Desk], Reply]]:
    def saying(written: str, visitor: Visitor) -> Callable[[Desk], Reply]:
        return lambda desk: desk.say(written, Visitor(visitor.context, visitor.user, visitor.chat, visitor.admin, language=language))

    return {
        "start": saying("/start", PERSON),
        "help": saying("/help", PERSON),
        "help_admin": saying("/help", ADMIN),
        "about": saying("/about", PERSON),
        "sources": saying("/sources", PERSON),
        "language": saying("/language", PERSON),
        "privacy": saying("/privacy", PERSON),
        "unknown": saying("/nonsense", PERSON),
        "admins_only": saying("/reindex", PERSON),
        "status": saying("/contact", ADMIN),
        "articles": saying("/articles", ADMIN),
        "articles_found": saying("/articles 苹果", ADMIN),
        "articles_none": saying("/articles 无此事物", ADMIN),
        "note": saying("/note orchard 补助已停止执行", ADMIN),
        "note_how": saying("/note", ADMIN),
        "note_gone": saying("/note orchard -", ADMIN),
        "date": saying("/date orchard 2021年3月", ADMIN),
        "date_how": saying("/date orchard", ADMIN),
        "date_bad": saying("/date orchard 2021年2月30日", ADMIN),
        "title": saying("/title bridges 松河修桥记", ADMIN),
        "title_how": saying("/title", ADMIN),
        "outlet": saying("/outlet bridges 松河日报", ADMIN),
        "outlet_how": saying("/outlet", ADMIN),
        "withdraw": saying("/withdraw canteen 报社来函", ADMIN),
        "withdraw_how": saying("/withdraw canteen", ADMIN),
        "withdraw_unknown": saying("/withdraw nothing.txt 报社来函", ADMIN),
        "undo": lambda desk: (saying("/withdraw canteen 报社来函", ADMIN)(desk), saying("/undo", ADMIN)(desk))[1],
        "undo_nothing": saying("/undo", ADMIN),
    }


def _pressed(language: Language) -> dict[str, Callable[[Desk], Reply]]:
    """Replies to presses under one answer, with two articles that answer and a third that comes with 更多."""
    person = replace(ADMIN, language=language)
    cited = tuple(Excerpt(stored, 0, 14, ((0, 3),), place="清河县") for stored in (Article(id=each["id"], body=each["body"]) for each in ARTICLES))

    def pressing(*verbs: str) -> Callable[[Desk], Reply]:
        def run(desk: Desk) -> Reply:
            stored = [Excerpt(desk.library.article(each.article.id), each.start, each.end, each.highlights, place=each.place) for each in cited]
            answer = Answer(question="清河县和白沙乡怎么样?", status="answered", excerpts=tuple(stored), shown=2)
            key = desk.chat.ledger.record(answer, person.context, person.chat, at=desk.now)
            reply = Reply()
            for verb in verbs:
                reply = desk.chat.reply(Message(action=f"{verb.partition(':')[0]}:{key}{verb[verb.find(':'):] if ':' in verb else ''}"), person)
            return replace(reply, buttons=tuple(tuple(replace(b, action=b.action.replace(key, "ID")) for b in row) for row in reply.buttons))

        return run

    def removing(desk: Desk) -> Reply:
        desk.write(ARTICLES[0])
        return desk.say("/reindex", person)

    return {
        "context": pressing("near:0"),
        "article": pressing("full:0"),
        "more": pressing("more:2"),
        "nothing_more": pressing("more:3"),
        "useful": pressing("good"),
        "wrong": pressing("bad"),
        "wrong_figure": pressing("num"),
        "wish": pressing("wish"),
        "gone": lambda desk: desk.chat.reply(Message(action="near:nosuch:0"), person),
        "removal": removing,
    }


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", sorted(_pressed("en")))
def test_a_press_brings_this(desk: Desk, name: str, language: Language) -> None:
    """What every button brings, in each language; what admins are told of a wrong figure stands below a line."""
    reply = _pressed(language)[name](desk)
    told = f"\n\n---\n{render.plain(Reply(reply.for_admins))}" if reply.for_admins else ""
    matches(f"{language}/press_{name}.txt", with_buttons(text(reply) + told, reply))


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", sorted(_told("en")))
def test_a_command_reads_like_this(desk: Desk, name: str, language: Language) -> None:
    """What every command says, in each language."""
    (desk.corpus / ".questions").write_text("松河镇修了几座桥?\n", encoding="utf-8")
    reply = _told(language)[name](desk)
    matches(f"{language}/command_{name}.txt", with_buttons(text(reply), reply))
