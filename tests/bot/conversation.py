"""Invented articles and answers for the tests of what people see. No place, person or figure here is real."""

from __future__ import annotations

from datetime import date

from bot.replies import Language
from bot.telling import Coverage, Scene
from retrieval.records import Answer, Article, Excerpt, Window

TODAY = date(2026, 11, 22)

PLAIN = Article(
    id="qinghe.txt",
    title="果园里的新路子",
    outlet="青原日报",
    published="2020-11-02",
    republisher="清河发布",
    script="hans",
    url="https://news.example.org/qinghe",
    body=(
        "清河县这几年种苹果的人多了。从2018年起,清河县对改造老果园的农户每户补助8000元,减轻农户投入的压力。"
        "截至目前,全县有1260户拿到了补助。县里还请来技术员,每月下乡两次。\n\n"
        "“树要慢慢长,路要一步步走。”技术员<白露>&同事这样说。去年全县线上卖出苹果4.3亿元,其中一半卖到省外🍎。"
    ),
)
HANT = Article(
    id="baisha.txt",
    title="白沙鄉的老人食堂",
    outlet="白沙週報",
    published="2019-09-19",
    original_published="2019年11期",
    script="hant",
    note="食堂已於2023年停辦",
    body="白沙鄉去年開了三間老人食堂。目前每天有215位老人來吃飯,一餐只收10元。",
)
BRIEF = Article(
    id="songhe.md", title="松河镇修桥记", outlet="松河日报", published="2016-05", script="hans", kind="brief",
    body="松河镇在2015年修了4座桥。最长的一座有120米,花了两年才修好。",
)  # fmt: skip
ISSUE = Article(
    id="issue.txt", title="茶山的一年", outlet="乡土杂志 2019年11期", published="2019-09-19", script="hans",
    body="茶山乡的茶农每斤卖45元。今年收了两季。",
)  # fmt: skip
BARE = Article(id="bare.txt", body="有人说村里要通火车了。真假还不知道,要等县里的消息。")


def excerpt(article: Article, text: str, *marks: str, **fields: object) -> Excerpt:
    """The excerpt *text* of an article with the words *marks* highlighted."""
    start = article.body.index(text)
    spans = tuple((text.index(mark), text.index(mark) + len(mark)) for mark in marks)
    return Excerpt(article, start, start + len(text), spans, **fields)  # type: ignore[arg-type]


SUBSIDY = excerpt(
    PLAIN, "从2018年起,清河县对改造老果园的农户每户补助8000元,减轻农户投入的压力。", "每户补助8000元", place="清河县"
)
CANTEEN = excerpt(HANT, "目前每天有215位老人來吃飯", "215位", place="白沙鄉", dated=("目前",))
BRIDGES = excerpt(BRIEF, "松河镇在2015年修了4座桥。", "4座", place="松河镇")
ONLINE = excerpt(
    PLAIN, "技术员<白露>&同事这样说。去年全县线上卖出苹果4.3亿元,其中一半卖到省外🍎。", "4.3亿元", place="清河县",
    reprints=("copy.txt",),
)  # fmt: skip
RUMOUR = excerpt(BARE, "有人说村里要通火车了。", "通火车")

ANSWERS: dict[str, Answer] = {
    "answered": Answer(
        question="改造老果园每户补多少钱?", status="answered", confidence=0.9, id="0123456789abcdef", answer_type="amount",
        excerpts=(SUBSIDY, ONLINE),
    ),
    "answered_brief": Answer(
        question="松河镇修了几座桥?", status="answered", confidence=0.8, id="0123456789abcdef", answer_type="amount", excerpts=(BRIDGES,)
    ),
    "answered_issue": Answer(
        question="茶多少钱一斤?", status="answered", confidence=0.8, id="0123456789abcdef", answer_type="amount",
        excerpts=(excerpt(ISSUE, "茶山乡的茶农每斤卖45元。", "45元", place="茶山乡"),),
    ),
    "answered_unknown_source": Answer(
        question="村里要通什么?", status="answered", confidence=0.6, id="0123456789abcdef", answer_type="what", excerpts=(RUMOUR,)
    ),
    "several": Answer(
        question="清河县和白沙乡各有多少?", status="answered", confidence=0.8, id="0123456789abcdef", answer_type="amount",
        excerpts=(ONLINE, CANTEEN), shown=2,
    ),
    "over_time": Answer(
        question="各年有多少?", status="answered", confidence=0.8, id="0123456789abcdef", answer_type="amount",
        excerpts=(SUBSIDY, CANTEEN, BRIDGES), figures_over_time=True,
    ),
    "related": Answer(
        question="清河县2018年线上卖了多少苹果?", status="related", confidence=0.4, id="0123456789abcdef", answer_type="amount",
        related=(ONLINE,), missing=("2018年",),
    ),
    "missed": Answer(
        question="办养老证要带什么材料?", status="no_answer", confidence=0.1, id="0123456789abcdef", missing=("养老证", "材料")
    ),
    "window": Answer(
        question="2019年以后的报道里哪里有食堂?", status="answered", confidence=0.7, id="0123456789abcdef", answer_type="where",
        excerpts=(CANTEEN,), window=Window("2019-01-01", None, "2019年以后"), outside_window=2, undated=1,
    ),
    "window_empty": Answer(
        question="去年的报道里谁修了桥?", status="no_answer", confidence=0.1, id="0123456789abcdef",
        window=Window("2025-01-01", "2025-12-31", "去年"), outside_window=1,
    ),
    "follow_up": Answer(
        question="一餐多少钱?", rewritten="白沙鄉老人食堂,一餐多少钱?", status="answered", confidence=0.7, id="0123456789abcdef",
        answer_type="amount", corrected=(("白纱", "白沙"),),
        excerpts=(excerpt(HANT, "目前每天有215位老人來吃飯,一餐只收10元。", "10元", place="白沙鄉", dated=("目前",)),),
    ),
    "greeting": Answer(question="你好", status="no_answer", message="greeting"),
}  # fmt: skip


def scene(language: Language, contact: str | None = "12345") -> Scene:
    return Scene(language, TODAY, contact=contact, coverage=Coverage(5, "2016-05-14", "2021-01-10"))
