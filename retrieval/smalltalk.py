"""A message in, what kind of small talk it is out, or None where it may be a question to the articles.

Only a message that is small talk as a whole counts: 你好,请问防贫保一年多少钱 is a question.
"""

from __future__ import annotations

import re

from retrieval.text import fold

_END = r"[,。!?~、.\s]*(?:[呀啊吗哦呢吧啦哈了的]*)[,。!?~、.\s]*"

_KINDS = (
    ("greeting", r"(?:你好|您好|哈[喽罗啰]|嗨|早上好|早安|早|上午好|中午好|下午好|晚上好|晚安|大家好|在吗|在不在|有人吗|喂|hi|hello|hey|good (?:morning|evening|afternoon))"),
    ("thanks", r"(?:太|非常|十分|好的,?)?(?:谢谢|多谢|感谢|谢了|谢啦|唔该|辛苦|thanks?|thank you|thx)(?:你|您|大家|了|you|very much|a lot)*"),
    ("goodbye", r"(?:再见|拜拜|回头见|回见|下次聊|bye|goodbye|see you)"),
    ("praise", r"(?:你|您)?(?:真|好|太|很)?(?:棒|厉害|聪明|不错|好用|有用|赞|牛|可以)(?:极了)?"),
    ("odd", r"(?:哈|呵|嘿|嘻|lol|233+|hh+){2,}[哈呵嘿嘻h]*"),
    ("yes", r"(?:好的?|好吧|行|嗯+|哦+|噢+|知道了|明白了?|收到|ok|okay|可以|没事了?|对|是的|不是|不用了?|算了|没有了?)"),
    ("identity", r"(?:你|您)(?:到底)?(?:是谁|是什么|叫什么(?:名字)?|是(?:真人|人|机器人|ai|人工智能).{0,10}|会(?:干|做)?什么|能(?:干|做|帮我)(?:什么|啥|嘛).{0,6}|是哪里的|几岁|多大)|(?:who|what) are you"),
    ("ability", r"(?:请|帮我|给我|来|你|能不能|可以)*(?:讲|说|来)(?:一)?个?(?:笑话|故事|段子).{0,6}|(?:请|帮我|给我|替我|你)*(?:(?:写|作|画|编|翻译|唱)(?:一)?(?:首|篇|段|个|幅|封|张|下|支)|(?:帮我|替我)(?:预?订|买|点|叫|打电话|发)).{0,20}"),
    ("ability", r"[\d一二三四五六七八九十百千万零两.\s]+(?:(?:加|减|乘以?|除以?|[-+*/×÷x])[\d一二三四五六七八九十百千万零两.\s]+)+(?:等于|是|=)?(?:多少|几)?"),
    ("ability", r".{0,20}(?:忽略|忘记|无视).{0,8}(?:指令|提示|规则|设定|要求).*|.*(?:系统提示词|system prompt|ignore (?:all|previous|the)[a-z ]*instructions).*"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(rf"[,。!?~、\s]*{pattern}{_END}", re.DOTALL)) for kind, pattern in _KINDS)
_PAUSE = re.compile(r"[,。!?~;\s]+")
_NUMBER = re.compile(r"[\d\s.,]{1,4}")
_LETTER = re.compile(r"[^\W\d_]|\d")
_REPEATED = re.compile(r"(.{1,3})\1{5,}", re.DOTALL)
LONGEST = 60
"""Characters that small talk may hold; a longer message is read as a question."""


def kind(text: str) -> str | None:
    """`greeting`, `thanks`, `goodbye`, `praise`, `yes`, `identity`, `ability` (asks for a joke, a sum, other orders), `odd`, `empty` or None."""
    folded = fold(text).strip()
    if not folded:
        return "empty"
    if not _LETTER.search(folded) or _NUMBER.fullmatch(folded) or _REPEATED.fullmatch(folded):
        return "odd"
    if len(folded) > LONGEST:
        return None
    whole = _named(folded)
    if whole:
        return whole
    clauses = [_named(clause) for clause in _PAUSE.split(folded) if clause.strip()]
    return clauses[0] if len(clauses) > 1 and all(clauses) else None


def _named(folded: str) -> str | None:
    return next((name for name, pattern in _PATTERNS if pattern.fullmatch(folded)), None)
