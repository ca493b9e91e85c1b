"""Scored windows in, excerpts out: the best of them, apart from each other, with the answering words highlighted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from retrieval import evidence
from retrieval.features import Candidates
from retrieval.questions import Question, variants
from retrieval.records import Article, Excerpt, Span
from retrieval.text import default_cutter, fold
from retrieval.wording import FUNCTION_WORDS

Floats = npt.NDArray[np.float64]

MOST, MOST_SEVERAL = 3, 5
"""Excerpts of an answer; a question over several articles gets up to MOST_SEVERAL, one an article."""
MARGIN, MARGIN_SEVERAL = 5.0, 6.0
"""How far (in log odds of the window model) a further excerpt may lie behind the best."""
LONGEST_MARK = 20
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,7}[省市县区州旗镇乡]$")
_NOW = re.compile(r"截至目前|截止目前|目前|如今|现在|現在|當前|当前|至今|迄今")


def choose(question: Question, found: Candidates, scores: Floats) -> list[int]:
    """Rows of the windows to show, best first: no two share a sentence; for a question over several articles one an article."""
    chosen: list[int] = []
    used: set[tuple[str, int]] = set()
    articles: set[str] = set()
    most, margin = (MOST_SEVERAL, MARGIN_SEVERAL) if question.several else (MOST, MARGIN)
    for row in np.argsort(-scores, kind="stable"):
        window = found.windows[row]
        if len(chosen) == most or (chosen and scores[row] < scores[chosen[0]] - margin):
            break
        cells = {(window.article_id, found.sentences[n].number) for n in range(window.first, window.last + 1)}
        if cells & used or (question.several and window.article_id in articles):
            continue
        chosen.append(int(row))
        used |= cells
        articles.add(window.article_id)
    return chosen


def highlights(question: Question, text: str) -> tuple[Span, ...]:
    """The spans of *text* that answer, each at most LONGEST_MARK characters; the words that match where no span does.

    Of the spans of the asked kind it is the one nearest to the question's rarest words, later ones before earlier at the
    same distance where the question's word stands before it, as 电商线上交易额 before 15.3亿元.
    """
    folded = fold(text)
    marks = [
        (m.start(), m.end(), u.weight) for u in question.units for form in (u.text, *variants(u.text)) for m in re.finditer(re.escape(form), folded)
    ]
    spans = [s for s in answering(question, folded) if s[1] - s[0] <= LONGEST_MARK]
    if spans:
        return (min(spans, key=lambda s: (_distance(s, marks), s[0])),)
    return merge([(start, end) for start, end, _ in marks if end - start >= 2])


def answering(question: Question, folded: str) -> list[Span]:
    """The spans of a folded text that are of the asked kind and not the question's own words."""
    if question.kind in ("who", "where"):
        spans = names_in(folded, question.kind, organisations=bool(_ORGANISATION.search(question.folded[question.asked[0] : question.asked[1] + 4])))
    elif question.kind in ("amount", "when"):
        spans = evidence.spans(folded, question.kind)
    else:
        return []
    spans = [(s, e) for s, e in spans if folded[s:e] not in question.folded]
    if question.kind == "amount" and question.measures:
        fitting = [(s, e) for s, e in spans if evidence.fits(folded[s:e], folded[e:], question.measures)]
        return fitting or spans
    if question.kind == "when" and "年" in question.folded[question.asked[0] : question.asked[1]]:
        return [(s, e) for s, e in spans if "年" in folded[s:e]] or spans
    return spans


def _distance(span: Span, marks: Sequence[tuple[int, int, float]]) -> float:
    """The mean distance of *span* to the question's words, the rare ones and the near ones counting most."""
    cost = 0.0
    for start, end, weight in marks:
        gap = max(start - span[1], span[0] - end, 0)
        if gap > 40:
            continue
        cost -= weight * 0.5 ** (gap / 8) * (1.2 if end <= span[0] else 1.0)
    return cost


_ORGANISATION = re.compile(r"公司|单位|机构|部门|组织|企业|哪[一两几]?家|媒体|学校|医院|队")
_SURNAME = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦昌马苗方俞任袁柳史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟黄穆萧尹姚邵汪祁毛狄"
    "米贝明臧戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵季贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫房裘解应宗丁邓郁单洪包诸左石崔吉龚程邢裴陆荣翁荀甄曲封储靳汲段富巫焦巴牧山谷车侯全班仰秋仲伊宫宁"
    "仇栾甘厉祖武符刘景詹束龙叶司黎薄白怀蒲邰鄂索赖卓蔺屠蒙池乔阴闻党翟谭劳申冉桑桂牛寿边燕尚温庄晏柴瞿阎慕连习艾鱼容向古易廖庾居步都耿满弘匡文寇广欧利师巩聂晁敖冷辛简饶曾沙鞠关查游权盖付肖闫"
)
_OF_ORGANISATION = re.compile(r"(?:公司|集团|局|委|院|部|厅|社|队|厂|银行|大学|中心|协会|联合会|政府|商店|学校|医院|媒体|电视台|日报|晚报|网|合作社|基金会|残联|工会|法院|检察院|办|站)$")
_OF_PLACE = re.compile(r"[省市县区州旗镇乡村街路岛山湖河江港湾庄屯里号楼园场馆站国洲部]$")


def names_in(folded: str, kind: str, organisations: bool = False) -> list[Span]:
    """The names in a folded text: people (and organisations where asked for) for `who`, places for `where`.

    Words that jieba tags as names, joined with the words before and after that belong to the same name.
    """
    tagged = default_cutter().tags(folded)
    spans: list[Span] = []
    for n, (word, tag, start, end) in enumerate(tagged):
        if kind == "who" and not organisations:
            following = tagged[n + 1] if n + 1 < len(tagged) else None
            if tag.startswith("nr") and len(word) > 1:
                spans.append((start, end))
            elif len(word) == 1 and word in _SURNAME and following and 1 <= len(following[0]) <= 2 and following[1][0] in "anvzbitj" and following[0] not in FUNCTION_WORDS:
                spans.append((start, following[3]))
        elif kind == "who" and _OF_ORGANISATION.search(word) or kind == "where" and (tag == "ns" or (_OF_PLACE.search(word) and tag[0] in "nzjq")):
            first, last = start, end
            for before, kind_before, s, e in reversed(tagged[:n]):
                if e != first or end - s > LONGEST_MARK or kind_before[0] not in "njbzvaf" or before in FUNCTION_WORDS or (kind == "where" and kind_before[0] not in "nzj"):
                    break
                first = s
            if spans and spans[-1][1] > first:
                first = min(first, spans[-1][0]) if last - spans[-1][0] <= LONGEST_MARK else first
                spans.pop()
            spans.append((first, last))
    if kind == "who" and not spans and not organisations:
        return names_in(folded, kind, organisations=True)
    return spans


def merge(spans: Sequence[Span]) -> tuple[Span, ...]:
    """*spans* in order, those that touch joined as long as they stay within LONGEST_MARK characters."""
    result: list[Span] = []
    for start, end in sorted(set(spans)):
        if result and start <= result[-1][1] and max(end, result[-1][1]) - result[-1][0] <= LONGEST_MARK:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif not result or start >= result[-1][1]:
            result.append((start, end))
    return tuple(result)


@lru_cache(maxsize=4096)
def _places(content_hash: str, title: str, body: str) -> tuple[tuple[str, int], ...]:
    """The places an article names, in its own words, the most frequent first; the title counts as much as the body's ten best."""
    counts: Counter[str] = Counter()
    for text, times in ((title, 3), (body[:1500], 1)):
        folded = fold(text)
        for word, start, end in default_cutter().words(folded):
            if _PLACE.match(word):
                counts[text[start:end]] += times
    return tuple(counts.most_common(4))


def place(article: Article) -> str | None:
    """The place an article speaks of, in its own words; None where it names none twice."""
    found = _places(article.content_hash, article.title or "", article.body)
    return found[0][0] if found and found[0][1] > 1 else None


def excerpts(question: Question, found: Candidates, rows: Sequence[int], scores: Floats, articles: Mapping[str, Article]) -> tuple[Excerpt, ...]:
    """The windows at *rows* as excerpts."""
    result = []
    for row in rows:
        window = found.windows[row]
        article = articles[window.article_id]
        text = article.body[window.start : window.end]
        result.append(
            Excerpt(
                article=article,
                start=window.start,
                end=window.end,
                highlights=highlights(question, text),
                score=float(scores[row]),
                place=place(article),
                dated=tuple(dict.fromkeys(_NOW.findall(text))),
            )
        )
    return tuple(result)
