"""A question about two things in, a question for each out; and what a question asks of an article as a publication."""

from __future__ import annotations

import re

from retrieval.followups import names
from retrieval.questions import Frequencies
from retrieval.text import Cutter, fold

_AND = re.compile(r"\s*(?:和|与|與|跟|同|及|以及|还有|還有|、|vs)\s*", re.IGNORECASE)
_CLAUSE = re.compile(r"[、,，;；]")
_COMPARED = re.compile(r"分别|各有|各是|各自|各(?=多少|几)|哪个[更最]?[多少大小高低快好强贵早晚]|谁[更最]?[多少大小高低快好强早晚]|对比|比较|相比")
_REPEATED = ("谁", "哪")
BETWEEN = 8
"""Characters that may stand between and and the second name (王某和水厂打工的雷某)."""

_ARTICLE = r"(?:文章|报道|报导|新闻|稿子?|消息|通讯|这篇|那篇|一文|[这那一]篇)"
_WHEN_PUBLISHED = re.compile(
    rf"(?:{_ARTICLE}.{{0,6}}(?:什么时候|何时|哪天|哪一天|哪年|哪一年|几号|啥时候|几月|什么时间|日期).{{0,4}}(?:登|发表|发布|刊登|刊发|发|报道|出来|写|见报)?)|"
    rf"(?:什么时候|何时|哪天|哪一天|哪年|哪一年|几号|啥时候|什么时间).{{0,3}}(?:登的|登出|登过|发表|刊登|刊发|见报|报道的|登报|发布的(?:文章|报道|新闻))|(?:发表|刊登|见报|报道|发布)(?:的)?(?:时间|日期)"
)
_WHO_PUBLISHED = re.compile(
    rf"(?:哪家|哪个|哪份|什么|啥)(?:媒体|报纸|报社|报|网站|电视台|杂志|刊物|通讯社|期刊).{{0,8}}|{_ARTICLE}.{{0,8}}(?:哪家|哪个|谁)(?:媒体|报社|报纸)?.{{0,3}}(?:登|写|发|做|报道|采写)|(?:出自|来自|出处是?)哪"
)


def published(question: str) -> str | None:
    """`date` where *question* asks when an article was published, `outlet` where it asks by whom, else None."""
    folded = fold(question)
    if re.search(r"[这那一]篇|文章|一文|这条|那条|(?:报道|新闻|消息|稿子?)(?=是|由|出自|在|什么|何|哪)", folded):
        if _WHEN_PUBLISHED.search(folded):
            return "date"
        if _WHO_PUBLISHED.search(folded):
            return "outlet"
    return None


def _of_one(question: str) -> str:
    """What a comparison asks of one of the things compared: 哪个多 is 多少 of each, 谁早 is 什么时候."""
    question = re.sub(r"分别|各自|对比一?下?|比较一?下?|[，,](?=相比)", "", question)
    return _WHICH.sub(lambda found: _OF_ONE.get(found[1], "怎么样"), question)


_WHICH = re.compile(r"(?:哪个|哪個|谁|誰|哪边|哪邊)[更最]?([多少大小高低快慢好强強贵貴早晚])")
_OF_ONE = dict.fromkeys("多少", "多少") | dict.fromkeys("大小", "多大") | dict.fromkeys("高低", "多高") | dict.fromkeys("快慢", "多快") | dict.fromkeys("贵貴", "多少钱") | dict.fromkeys("早晚", "什么时候")


def split(question: str, cutter: Cutter, frequencies: Frequencies | None = None) -> tuple[str, ...]:
    """The questions that *question* puts at once, each to be answered alone; empty where it is one question."""
    folded = fold(question)
    comparing = _COMPARED.search(folded) and not re.search(r"(?:和|与|、|还有|以及).{0,3}(?:哪|何|一个)", folded)
    found = sorted(names(question, cutter, frequencies), key=lambda name: name[1]) if comparing else []
    for (_, start, end), (_, begin, stop) in zip(found, found[1:], strict=False):
        joint = _AND.match(question, end)
        if joint and 0 <= begin - joint.end() <= BETWEEN:
            return _of_one(question[:end] + question[stop:]), _of_one(question[:start] + question[joint.end() :])
    for word in _REPEATED:
        if folded.count(word) == 2:
            pieces = [p for p in _CLAUSE.split(question) if p.strip()]
            asking = [p for p in pieces if word in fold(p)]
            if len(asking) == 2 and len(pieces) == 2 and all(len(p) >= 5 for p in asking):
                return tuple(asking)
    return ()
