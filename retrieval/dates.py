"""A question and today's date in, the publication window it speaks of out; and the dates that any text mentions.

Read offline, by rules. A window filters only where the question speaks of publication (2016年12月的报道里) or bounds
it below (2019年以后, 最近): elsewhere a date is the event's, which is reported later. What cannot be read is not
applied, and `unread` names it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from retrieval.datewords import Spell, Trust, number, spells
from retrieval.records import Window
from retrieval.text import fold

_JOIN = re.compile(r"\s*(?:一直)?(?P<word>直到|到|至|—+|--?|–|~|和|与|及|、|跟|and\b|to\b|through\b|until\b|or\b)\s*(?:the\s)?")
_LIST_WORDS = frozenset("和与及、跟") | {"and", "or"}
_N = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_REST = re.compile(
    rf"(?:(?P<year>(?:19|20)\d\d)(?![\d.年])(?=\s*(?:$|[,。?!的这间期、年]|[一二三四五六七八九十\d]{{1,2}}年))|(?P<roc>1[0-4]\d)年|(?P<month>{_N})\s?月份?(?:\s?(?P<day>{_N})\s?[日号])?|(?P<only>{_N})\s?[日号])")

_SINCE = re.compile(
    r"\s?(?:[(]?含[)]?)?(?:及|或)?(?:以后|之后|以来|以降|往后|至今|(?:到|至)(?:现在|今天|今日|目前|如今|今)|开始|起(?!来|步|点|草|诉|码|飞|止|家|义|到(?!\d)|用|源|伏)"
    r"|后(?![半期来续面备勤者台代天方排端果段院])|\s?(?:onwards?|on\b(?=\s*(?:$|[,?]))|till now|until now|to date|and (?:later|after)))")
_BEFORE = re.compile(r"\s?(?:[(]?含[)]?)?(?P<also>及|或)?(?:以前|之前|(?:\s?and before)|前(?![后半期夕来往沿景进端线身任提述面三十\d一二四五六七八九]))")
_BEFORE_WORDS = {
    "since": re.compile(r"(?:(?<![来各亲独])自从?|\bsince\s|\bstarting (?:in|from)\s|不早于)$"),
    "later": re.compile(r"(?:晚于|\bafter\s|\blater than\s)$"),
    "until": re.compile(r"(?:截至|截止到?|不晚于|直到|(?<![达遇得看直找])到|(?<![以甚乃])至|\buntil\s|\btill\s|\bby\s|\bup to\s)(?:the end of\s)?$"),
    "before": re.compile(r"(?:(?<!不)早于|\bbefore\s|\bprior to\s|\bearlier than\s)(?:the end of\s)?$"),
}

# Words of publication, as they stand after a date. 发布, 通讯 and 新闻 alone often name other things (发布的政策, 新闻发布会).
_NOUN = r"(?:报道|报导|文章|新闻(?!发布|发言|办|学|中心|工作|媒体|记者|出版)|消息|稿(?!费|酬)|通讯(?!录|费|公司|设备|员|社|网)|资讯|原文|articles?\b|reports?\b|news\b|stor(?:y|ies)\b|coverage\b)"
_VERB = r"(?:发表(?!了|论|讲|演|声|意|言|谈|致)|刊登|登载|刊载|刊发|刊出|登出|登(?=[的了过在啥哪]|什么|$|[,。?])|刊(?!物)|报道|报导|见报|发文|撰文|推送|发布的?(?:[那这][篇条则]|[^,。?!]{0,6}的?(?:报道|文章|新闻|消息))|发的(?:[那这][篇条则]|文章|报道|新闻|消息))"
_OUTLET = r"[一-鿿《]{0,8}(?:日报|晚报|早报|晨报|时报|周报|商报|快报|都市报|新闻网|杂志|月刊|周刊|通讯社|卫视|电视台|党报|报纸|报刊|媒体)》?"
_FILL = r"(?:份|度|期间|间|里|中|内|的|当天|那|这|哪|几|些|条|则|个|一|二|两|三|所有|全部|各|有|没有|过|什么|啥|相关|有关|本地|最新|旧|老|第?\d{1,3}期|上|在|公开|正式|published\s|posted\s|'s|\s)"
_PUBLISHED_AFTER = re.compile(
    rf"{_FILL}*(?:{_NOUN}|{_VERB}|[篇]|(?:关于|有关|写|讲|介绍|谈)[^,。?!;]{{1,15}}的?[那这]?[篇条则]?{_NOUN}|{_OUTLET}(?:的?{_FILL}*(?:{_NOUN}|{_VERB}|篇)|上|里|说|写|讲|怎么|关于|头版)"
    rf"|[一-鿿]{{1,3}}的{_NOUN}|[一-鿿]{{1,6}}有(?:哪些|什么|没有|过|啥)?{_NOUN}|第?\d{{1,3}}期(?:上|里|写|登|刊))")
_PUBLISHED_BEFORE = re.compile(
    rf"(?:(?:发表|刊登|登|刊|刊发|刊载|登载|写|见报)(?:于|在)|(?:发表|刊登|报道|见报|发布|登报)的?(?:时间|日期)(?:是|为|在|:)?|{_NOUN}(?:都|全)?是|只(?:看|要|找|查|搜)(?:一下)?"
    r"|(?:articles?|reports?|news|stories|story|coverage|published|printed|posted|reported)\s(?:(?:were|was|are|is)\s)?(?:(?:published|printed|posted|written|dated)\s)?(?:(?:in|from|on|during|of|between)\s)?)\s?(?:在|从|自|自从)?\s?$")
_TAIL = re.compile(r"\s?这[一二两三四五六七八九十\d]+(?:年|个月|天)(?:间|里|来|内)?|年间|年(?![\w])")
_DAY = timedelta(days=1)
FILTER_YEARS = 30
"""A lower bound longer ago than this does not filter unless it speaks of publication: it would shut out nothing of an
archive but its undated articles. Of 4,526 questions of DRCD dev and CMRC trial, mostly on history, 30 would filter without this rule and 12 do with it."""

_VAGUE = re.compile(
    r"(?<![附靠接将临])近(?:几|些|十几|几十)?年(?:来)?(?!级)|(?:最近|过去|这|(?<![提之以向])前|(?<![附靠接将临])近)(?:几|些)(?:个月|周|天|年)(?!级)|(?<!\d)[几多数]年前|早年|往年|(?<![提之以])前些(?:日子|时候|年|天)|前一?阵子?|这一?阵子?|十[一二三四]五期间|"
    r"(?:几|多|数)(?:个月|天|周)前|some time ago|a few (?:years|months|weeks|days) ago|in recent years")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One date of a question with what its neighbours say: the days, and whether they bound publication."""

    start: int
    end: int
    begin: date | None
    until: date | None
    published: bool
    filters: bool


def read_window(question: str, today: date) -> Window | None:
    """The days that *question* speaks of, or None where it names no date that can be read.

    A date of publication is preferred to a lower bound, and this to an event's date; of equals the first is taken.
    A lower and an upper bound that stand together are one window. `phrase` is a slice of the question.
    """
    readings = _readings(fold(question), today)
    if not readings:
        return None
    best = max(readings, key=lambda reading: (reading.published, reading.filters))
    for low, high in zip(readings, readings[1:], strict=False):
        if best in (low, high) and best.filters and high.start - low.end <= 4 and low.until is high.begin is None and low.begin and high.until and low.begin <= high.until:
            best = replace(best, start=low.start, end=high.end, begin=low.begin, until=high.until)
    return Window(
        best.begin.isoformat() if best.begin else None,
        best.until.isoformat() if best.until else None,
        question[best.start : best.end].strip(),
        best.filters,
    )


def mentions(text: str) -> list[tuple[int, int, str, str]]:
    """The absolute dates in *text*: (start, end, first day, last day), in order; 去年 and 最近 are not among them."""
    return [(s.start, s.end, s.begin.isoformat(), s.until.isoformat()) for s in _joined(fold(text), None) if s.trust == "sure" and s.begin and s.until]


def years(question: str, today: date | None = None) -> tuple[int, ...]:
    """The years that *question* names, in order and once each; with *today*, 去年 and the like too, but no reach (近三年)."""
    found = (year for spell in _joined(fold(question), today) if spell.trust != "weak" and spell.begin for year in spell.years)
    return tuple(dict.fromkeys(found))


def unread(question: str, today: date) -> tuple[str, ...]:
    """The words of *question* that speak of time and could not be read: vague ones (近几年) and impossible dates (2019年13月)."""
    folded = fold(question)
    read = _joined(folded, today)
    spans = [(s.start, s.end) for s in read if s.begin is None]
    spans += [f.span() for f in _VAGUE.finditer(folded) if not any(s.start < f.end() and f.start() < s.end for s in read if s.begin)]
    return tuple(question[start:end].strip() for start, end in sorted(set(spans)))


def overlaps(published: str | None, window: Window) -> bool:
    """Whether an article of this date can lie in the window: a partial date counts where it overlaps, no date never."""
    days = _days(published)
    return days is not None and (window.begin is None or days[1] >= window.begin) and (window.end is None or days[0] <= window.end)


def _days(published: str | None) -> tuple[str, str] | None:
    """The first and last day of an ISO date, month or year; None for anything else."""
    found = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?![\d-])", published or "")
    if not found:
        return None
    year, month, day = found.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        return first.isoformat(), first.isoformat()
    if not month:
        return f"{year}-01-01", f"{year}-12-31"
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.isoformat(), (following - timedelta(days=1)).isoformat()


@lru_cache(maxsize=512)
def _joined(folded: str, today: date | None) -> tuple[Spell, ...]:
    """The dates of a folded text, those joined by 到, —, 和 taken together: the range, or the span of the list."""
    joined: list[Spell] = []
    waiting = spells(folded, today)
    while waiting:
        spell = waiting.pop(0)
        while other := _other(folded, spell, waiting):
            waiting = [s for s in waiting if s.start >= other.end]
            spell = _hull(spell, other)
        if tail := _TAIL.match(folded, spell.end) if spell.joined else None:
            spell = replace(spell, end=tail.end())
        joined.append(spell)
    return tuple(joined)


def _other(folded: str, spell: Spell, waiting: list[Spell]) -> Spell | None:
    """The date that 到, — or 和 joins to *spell*; a month or day without its year takes the year of *spell*."""
    join = _JOIN.match(folded, spell.end)
    if join is None or spell.begin is None or spell.recent:
        return None
    whole = next((s for s in waiting if s.start == join.end() and s.trust != "weak"), None)
    if whole:
        return whole
    partial_allowed = join["word"] not in _LIST_WORDS or folded[spell.end - 1] in "月份日号"
    return _rest(folded, join.end(), spell.begin, folded[spell.start :].startswith(("民国", "中华民国"))) if partial_allowed else None


def _rest(folded: str, start: int, first: date, republic: bool) -> Spell | None:
    """The right side of a range that leaves out what its left side said."""
    found = _REST.match(folded, start)
    if found is None or (found["roc"] and not republic):
        return None
    try:
        if found["year"] or found["roc"]:
            year = int(found["year"] or 0) or 1911 + int(found["roc"])
            begin, until = date(year, 1, 1), date(year, 12, 31)
        elif found["only"]:
            begin = until = first.replace(day=number(found["only"]))
        else:
            month = number(found["month"])
            begin = date(first.year + (month < first.month), month, number(found["day"] or "1"))
            until = begin if found["day"] else (begin.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    except ValueError:
        return Spell(start, found.end(), None, None)
    return Spell(start, found.end(), begin, until, years=(until.year,))


def _hull(left: Spell, right: Spell) -> Spell:
    """Both dates as one: from the first day of the earlier to the last of the later; impossible where one of them is."""
    trust: Trust = "weak" if left.trust == "weak" else "sure"
    if not (left.begin and left.until and right.begin and right.until):
        return Spell(left.start, right.end, None, None, trust)
    return Spell(
        left.start, right.end, min(left.begin, right.begin), max(left.until, right.until), trust,
        closes=right.closes, years=tuple(dict.fromkeys(left.years + right.years)), joined=True,
    )


def _readings(folded: str, today: date) -> list[_Reading]:
    read = (_reading(folded, spell, today) for spell in _joined(folded, today) if spell.begin)
    return [reading for reading in read if reading]


def _reading(folded: str, spell: Spell, today: date) -> _Reading | None:
    """What stands around a date: a bound behind it (以后) or before it (since), and words of publication on either side."""
    start, end, begin, until = spell.start, spell.end, spell.begin, spell.until
    assert begin and until
    low: date | None = begin
    high: date | None = until
    bounded = False
    if spell.recent:
        high, bounded = None, True
    elif found := _SINCE.match(folded, end):
        end, high, bounded = found.end(), None, True
    elif found := _BEFORE.match(folded, end):
        end, low, high = found.end(), None, until if found["also"] or spell.closes else begin - _DAY
    elif not spell.joined:
        for word, pattern in _BEFORE_WORDS.items():
            if found := pattern.search(folded[:start]):
                start = found.start()
                low, high = {"since": (begin, None), "later": (until + _DAY, None), "until": (None, until), "before": (None, until if spell.closes else begin - _DAY)}[word]
                bounded = high is None
                break
    published = bool(_PUBLISHED_AFTER.match(folded, end) or _PUBLISHED_BEFORE.search(folded[:start]))
    if spell.trust == "weak" and not published:
        return None
    return _Reading(start, end, low, high, published, published or (bounded and today.year - begin.year <= FILTER_YEARS))
