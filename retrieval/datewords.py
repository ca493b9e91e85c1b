"""A folded text in, the runs of days its words name out: 2016年12月, 民国108年, 二〇二〇年上半年, 去年5月, 上周三, March 2021.

One rule a way of writing a date: a pattern and a function from its match to the first and the last day. A rule that
matches an impossible date (2019年13月) still takes the words, so that no smaller date is read out of them. Rules that
need to know what day it is are left out where `today` is None.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

Days = tuple[date, date]
Trust = Literal["sure", "bare", "weak"]

RECENT_MONTHS = 3
"""How far back 最近 and 近期 reach where no number stands beside them; the window is shown and can be removed."""


@dataclass(frozen=True, slots=True)
class Spell:
    """The words text[start:end] name the days *begin* to *until*; both are None where the date is impossible.

    `trust` is sure where the words are a date anywhere, bare for four digits without 年, weak where only words of
    publication beside it make it a date (12月份, 19年). `recent` marks a reach back from today (近三年), which bounds
    below only; `closes` marks 年底 and 月底, before which means until; `years` are those the words name, not those they
    only fall in (上周); `joined` marks a range or list.
    """

    start: int
    end: int
    begin: date | None
    until: date | None
    trust: Trust = "sure"
    recent: bool = False
    closes: bool = False
    years: tuple[int, ...] = ()
    joined: bool = False


_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "o": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_NUMBER = "〇零○一二两三四五六七八九十百千"
_N = rf"(?:\d+|[{_HAN_NUMBER}]+)"
_MEASURE = "元万亿人名户家个斤吨亩公米块件台款次多余只头间所篇条座种岁分秒字页位套辆村项第号集版千百"
_HAN_YEAR = r"[一二][〇零○o0一二三四五六七八九]{3}"


def number(written: str) -> int:
    """The value of digits or Chinese numerals (十五, 一百零八, 二〇一九); ValueError for anything else."""
    if written.isdecimal():
        return int(written)
    if not set(written) & set(_UNITS):
        return int("".join(str(int(c) if c.isdecimal() else _DIGITS.get(c, "?")) for c in written))
    total, digit = 0, 0
    for character in written:
        if character in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[character], 0
        else:
            digit = _DIGITS[character]
    return total + digit


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def _months(year: int, first: int, last: int) -> Days:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _day(year: int, month: int, day: int) -> Days:
    return (date(year, month, day),) * 2


def _week(day: date) -> Days:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def months_back(day: date, months: int) -> date:
    """The day so many months before *day*, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# What may stand behind a year, so that both 2019年 and 去年 take it. 年初 and 年底 are read as three months each.
_PART = rf"""(?:\s?(?:
    (?P<m1>{_N})\s?(?:-|—|–|~|至|到)\s?(?P<m2>{_N})\s?月份?
  | (?P<month>{_N})\s?月份?\s?(?:(?P<day>{_N})\s?[日号](?!线|楼|院|馆|店)|(?P<third>[上中下])旬|月?(?P<edge>初|底|末))?
  | (?P<half>[上下前后])半年
  | (?:第\s?)?(?P<quarter>[一二三四1-4])\s?季度?|q(?P<q>[1-4])(?!\d)
  | 前(?P<first>三季度|{_N}个月)
  | 年?(?P<turn>初|底|末|尾)(?!步|期|级|心)
  | (?P<season>[春夏秋冬])[季天]
))"""
_NO_UNIT = r"(?!级|代)(?!(?:多|余|来)?的?(?:历史|文明|古|老店|树龄))"
_ABSOLUTE = re.compile(
    rf"(?<![\d.])(?:(?:公元|西元|公历)\s?)?(?P<year>[12]\d{{3}}|(?<![{_HAN_NUMBER}]){_HAN_YEAR})\s?(?:年度?{_NO_UNIT}|(?=q[1-4](?!\d))){_PART}?", re.X)
_REPUBLIC = re.compile(rf"(?:中华)?民国\s?(?P<roc>元|{_N})\s?年度?{_PART}?", re.X)
_REPUBLIC_BARE = re.compile(rf"(?<![\d.])(?P<roc>1[0-4]\d)年(?:度|(?=\s?\d{{1,2}}月)){_PART}?", re.X)
_SHORT = re.compile(rf"(?<![\d.])(?P<short>\d\d)年{_NO_UNIT}(?P<strong>(?=\s?\d{{1,2}}月))?{_PART}?", re.X)
_NUMERIC = re.compile(r"(?<![\w.])(?<!-)(?P<year>[12]\d{3})(?:(?P<dash>[-/])(?P<month>\d{1,2})(?:(?P=dash)(?P<day>\d{1,2}))?|\.(?P<month2>\d{1,2})\.(?P<day2>\d{1,2}))(?![\d.])(?![-/]\d)(?:(?<=-\d\d)年)?")
_DECADE = re.compile(rf"(?:(?P<century>\d\d|[十二一]+|上个?|本)世纪)?(?<!\d)(?P<tens>[1-9]0|00|[二三四五六七八九]?十)年代(?:初期?|末期?|中期|后期|前期)?|(?<![\d{_HAN_NUMBER}])(?P<full>(?:19|20)\d0)(?:年代|s\b)")
_BARE = re.compile(
    r"(?<![0-9a-z.$¥_\-\"“‘「『《〈])(?P<year>(?:19|20)\d\d)"
    rf"(?=\s*(?:$|[,。?!;:、)\]—–~\-]|的|到|至|和|与|及|这|以后|之后|以来|以前|之前|q[1-4]|\s(?!\s*[{_MEASURE}])))")
_BARE_BEFORE = frozenset("在从自到至于和与及、是")

_MONTH_NAMES = ("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?", "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?")
_M = "(?:" + "|".join(_MONTH_NAMES) + r")\b\.?"
_ENGLISH = re.compile(rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?)?(?P<name>{_M})(?:\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)?,?\s(?P<year>[12]\d{{3}})\b")
_ENGLISH_PART = re.compile(r"\b(?:the\s)?(?:q(?P<q>[1-4])(?:\sof)?|(?P<half>first|second)\shalf\sof|(?P<turn>early|late|end\sof))\s(?P<year>(?:19|20)\d\d)\b")

_ENGLISH_BEFORE_YEAR = re.compile(r"\b(?:in|since|from|before|after|until|till|by|of|during|between|and|to|through|year|around|than|vs)\s$")
_ENGLISH_AFTER_YEAR = re.compile(r"(?:articles?|reports?|news|stor(?:y|ies)|coverage|issues?|and|to|through|onwards?|or)\b")

_RELATIVE_YEARS = {"今年": 0, "本年": 0, "本年度": 0, "去年": -1, "旧年": -1, "前年": -2, "大前年": -3, "明年": 1, "后年": 2}
# The characters before the bracket would make another word of the two: 过去年份, 文明年, 目前年均, 如今年产, 成本年均.
_RELATIVE_YEAR = re.compile(rf"(?P<rel>(?<!如)今年|(?<![基成资样])本年度?|(?<!过)去年|(?<!陈)旧年|大前年|(?<![目以之从年])前年|(?<![文说声证表])明年|(?<![以之今此])后年)(?!级|代){_PART}?", re.X)
_RELATIVE_MONTH = re.compile(rf"(?P<rel>上上个?月|(?<![以晚早])上一?个?月|这个?月|(?<![基成])本月|(?<![以乡])下个?月)(?:份)?(?:\s?(?P<day>{_N})\s?[日号]|(?P<third>[上中下])旬|月?(?P<edge>初|底|末))?")
_RELATIVE_WEEK = re.compile(r"(?P<rel>上上|(?<![以晚早])上|这|(?<![基成])本|(?<![以乡])下)个?(?:周|星期|礼拜)(?![年岁边围期末转])(?P<weekday>[一二三四五六日天](?!篇|次|共|些|个|起))?")
_RELATIVE_QUARTER = re.compile(r"(?P<rel>(?<!以)上|这|(?<![基成])本)个?季度")
_RELATIVE_DAY = re.compile(r"大前[天日]|(?<![目以之])前[天日](?!性)|昨[天日晚]|(?<!如)今(?:天|日(?!头条|中国|说法|关注|美术))")
_DAYS_BACK = {"大前": 3, "前": 2, "昨": 1, "今": 0}
_AGO = re.compile(rf"(?<![\d.第近几多数{_HAN_NUMBER}])(?P<n>\d{{1,3}}|[{_HAN_NUMBER}]+|半)\s?(?P<unit>年|个月|个?星期|个?礼拜|周|天|日)(?:多)?(?:以|之)?前(?!后|期|夕|面|往|景|进|线|来|所未|\d|[{_HAN_NUMBER}])")
_REACH = re.compile(
    rf"(?:最近|(?<!说)过去|(?<![附靠接将临邻了达时最])近)(?:的|这)?\s?(?P<n>{_N}|半)\s?个?(?P<unit>年|月|星期|礼拜|周|季度|天|日)(?!级|岁)(?!的?(?:时间|老店|历史|功夫|工夫))多?(?:以来|来|内|间|里)?")
_RECENT = re.compile(r"最近|近期|近日|(?<![目节假])日前|(?<![附靠])近来")
_NEAREST = re.compile(r"[离距][^,。;?!]{0,12}$")
_RECENT_THING = re.compile(r"的(?:报道|报导|新闻|消息|文章|稿|[一几两]?[次篇条期]|那|这|情况|进展|动态|变化|数据|政策|活动|会议|事|日子)")
_ENGLISH_RELATIVE = re.compile(r"\b(?P<rel>last|this|next)\s(?P<unit>year|month|week)\b|\b(?P<day>yesterday|today)\b")
_ENGLISH_NUMBERS = dict(zip(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], range(1, 13), strict=True)) | {"a": 1, "an": 1}
_REPUBLIC_BOUND = re.compile(r"(?<![\d.])(?P<roc>1[0-4][1-9])年(?=以后|以来|之后|以前|之前|起|至|到|的(?:报道|报导|新闻|文章))")
_EN = r"(?P<n>\d{1,3}|" + "|".join(_ENGLISH_NUMBERS) + ")"
_ENGLISH_AGO = re.compile(rf"\b{_EN}\s(?P<unit>year|month|week|day)s?\sago\b")
_ENGLISH_UNITS = {"year": "年", "month": "个月", "week": "周", "day": "天"}
_ENGLISH_REACH = re.compile(rf"\b(?:(?:(?:the\s)(?:past|last)|past|recent)\s(?:{_EN}\s)?|last\s{_EN.replace('?P<n>', '?P<m>')}\s)(?P<unit>year|month|week|day)s?\b|\brecent(?:ly)?\b|\blately\b")
_WEAK_MONTH = re.compile(rf"(?<![\d年每.])(?<!年\s)(?P<month>\d{{1,2}}|(?<![{_HAN_NUMBER}])[{_HAN_NUMBER}]{{1,2}})\s?月(?!亮|饼)份?(?:\s?(?P<day>{_N})\s?[日号])?")
_WEAK_PART = re.compile(r"(?P<half>[上下])半年|(?<![\d年])第?(?P<quarter>[一二三四1-4])季度|(?<![\w])q(?P<q>[1-4])(?!\d)|(?<![\d一-鿿])年(?P<turn>初|底|末)")


def _part(year: int, found: re.Match[str]) -> Days:
    """The days that the words after a year leave of it: a month, a day, a half, a quarter, or the whole year."""
    part = found.groupdict()
    if part.get("m1"):
        return _months(year, number(part["m1"]), number(part["m2"]))
    if part.get("month"):
        return _month_part(year, number(part["month"]), part)
    if part.get("half"):
        return _months(year, 1, 6) if part["half"] in ("上", "前", "first") else _months(year, 7, 12)
    if quarter := part.get("quarter") or part.get("q"):
        last = number(quarter) * 3
        return _months(year, last - 2, last)
    if first := part.get("first"):
        return _months(year, 1, 9 if first == "三季度" else number(first[:-2]))
    if turn := part.get("turn"):
        return _months(year, 1, 3) if turn in ("初", "early") else _months(year, 10, 12)
    if season := part.get("season"):
        first_month = 3 + 3 * "春夏秋冬".index(season)
        return (date(year, 12, 1), _months(year + 1, 2, 2)[1]) if season == "冬" else _months(year, first_month, first_month + 2)
    return _year(year)


def _month_part(year: int, month: int, part: dict[str, str | None]) -> Days:
    begin, until = _months(year, month, month)
    if part.get("day"):
        return _day(year, month, number(part["day"] or ""))
    third = part.get("third") or {"初": "上", "底": "下", "末": "下"}.get(part.get("edge") or "")
    if third == "上":
        return begin, date(year, month, 10)
    if third == "中":
        return date(year, month, 11), date(year, month, 20)
    return (date(year, month, 21), until) if third == "下" else (begin, until)


def _closing(found: re.Match[str]) -> bool:
    part = found.groupdict()
    return (part.get("edge") or part.get("turn") or "") in {"底", "末", "尾", "late", "end of"} or part.get("third") == "下"


def _spell(found: re.Match[str], read: Callable[[], Days], trust: Trust = "sure", *, recent: bool = False, year: bool = True) -> Spell:
    start, end = found.span()
    try:
        begin, until = read()
    except (ValueError, OverflowError, KeyError):
        return Spell(start, end, None, None, trust)
    return Spell(start, end, begin, until, trust, recent, _closing(found), tuple(sorted({begin.year, until.year})) if year and not recent and until.year - begin.year < 2 else ())


def _plausible(text: str, found: re.Match[str], year: int) -> bool:
    """Whether a number before 年 is a year and no length of time (近2000年, 有1500年)."""
    before = text[: found.start()].rstrip()
    if year % 100 == 0 and before.endswith(("近", "约", "达", "过", "已有", "距今")):
        return False
    return 1800 <= year < 2200 or (1000 <= year < 1800 and not before.endswith(("有", "约", "近", "达", "过", "今", "了")))


def _full_year(short: int) -> int:
    return short + (2000 if short <= 40 else 1900)


def _absolute(text: str) -> Iterator[Spell]:
    """The dates that need no today: years with their parts, the Republic's years, numeric dates, decades, English dates."""
    for found in _ABSOLUTE.finditer(text):
        if _plausible(text, found, number(found["year"])):
            yield _spell(found, partial(_part, number(found["year"]), found))
    for pattern in (_REPUBLIC, _REPUBLIC_BARE, _REPUBLIC_BOUND):
        for found in pattern.finditer(text):
            yield _spell(found, partial(_republic, found))
    for found in _NUMERIC.finditer(text):
        yield _spell(found, partial(_numeric, found))
    for found in _SHORT.finditer(text):
        sure = found["month"] is not None or found["short"].startswith("0")
        yield _spell(found, partial(_part, _full_year(int(found["short"])), found), "sure" if sure else "weak")
    for found in _DECADE.finditer(text):
        if found["full"] or found["century"] or number(found["tens"]) not in (10, 20):
            yield _spell(found, partial(_decade, found))
    for found in _ENGLISH.finditer(text):
        yield _spell(found, partial(_english, found))
    for found in _ENGLISH_PART.finditer(text):
        yield _spell(found, partial(_part, int(found["year"]), found))
    for found in _BARE.finditer(text):
        if _stands_free(text, found):
            yield _spell(found, partial(_year, int(found["year"])), "bare")


def _republic(found: re.Match[str]) -> Days:
    return _part(1911 + (1 if found["roc"] == "元" else number(found["roc"])), found)


def _numeric(found: re.Match[str]) -> Days:
    """A day or a month; 1997-98 is two years, as no month is the 98th."""
    year, month, day = int(found["year"]), found["month"] or found["month2"], found["day"] or found["day2"]
    if not day and year % 100 < int(month) > 12:
        return date(year, 1, 1), date(year - year % 100 + int(month), 12, 31)
    return _day(year, int(month), int(day)) if day else _months(year, int(month), int(month))


def _decade(found: re.Match[str]) -> Days:
    if found["full"]:
        first = int(found["full"])
    else:
        tens, century = number(found["tens"]), found["century"]
        if century is None:
            first = (1900 if tens >= 30 else 2000) + tens
        else:
            first = ({"上": 20, "上个": 20, "本": 21}.get(century) or number(century)) * 100 - 100 + tens
    return date(first, 1, 1), date(first + 9, 12, 31)


def _english(found: re.Match[str]) -> Days:
    year, day = int(found["year"]), found["d1"] or found["d2"]
    month = next(n for n, name in enumerate(_MONTH_NAMES, 1) if re.match(name, found["name"]))
    return _day(year, month, int(day)) if day else _months(year, month, month)


def _stands_free(text: str, found: re.Match[str]) -> bool:
    """Whether four digits without 年 can be a year: not glued to a word, and in English only where a date may stand."""
    before, after = text[: found.start()], text[found.end() :].lstrip()
    if before and before[-1] > "\u3400" and before[-1] not in _BARE_BEFORE and before[-1].isalpha():
        return False
    return not re.match("[a-z]", after) or bool(_ENGLISH_BEFORE_YEAR.search(before) or _ENGLISH_AFTER_YEAR.match(after))


def _relative(text: str, today: date) -> Iterator[Spell]:
    """The dates that lean on *today*."""
    for found in _RELATIVE_YEAR.finditer(text):
        yield _spell(found, partial(_part, today.year + _RELATIVE_YEARS[found["rel"]], found))
    for found in _RELATIVE_MONTH.finditer(text):
        yield _spell(found, partial(_relative_month, found, today), year=False)
    for found in _RELATIVE_WEEK.finditer(text):
        yield _spell(found, partial(_relative_week, found, today), year=False)
    for found in _RELATIVE_QUARTER.finditer(text):
        yield _spell(found, partial(_relative_quarter, found, today), year=False)
    for found in _RELATIVE_DAY.finditer(text):
        yield _spell(found, partial(_back, today, _DAYS_BACK[found[0].rstrip("天日晚")], "日"), year=False)
    for found in _AGO.finditer(text):
        yield _spell(found, partial(_back, today, found["n"], found["unit"]), year=found["unit"] == "年")
    for found in _REACH.finditer(text):
        yield _spell(found, partial(_reach, today, found["n"], found["unit"]), recent=True)
    for found in _RECENT.finditer(text):
        of_place = _NEAREST.search(text[: found.start()]) or (text[found.end() :].startswith("的") and not _RECENT_THING.match(text, found.end()))
        if found[0] != "最近" or not of_place:
            yield _spell(found, partial(_reach, today, str(RECENT_MONTHS), "月"), recent=True)
    for found in _ENGLISH_RELATIVE.finditer(text):
        yield _spell(found, partial(_english_relative, found, today), year=found["unit"] == "year")
    for found in _ENGLISH_AGO.finditer(text):
        yield _spell(found, partial(_back, today, _english_count(found["n"]), _ENGLISH_UNITS[found["unit"]]), year=found["unit"] == "year")
    for found in _ENGLISH_REACH.finditer(text):
        count, unit = (_english_count(found["n"] or found["m"] or "a"), _ENGLISH_UNITS[found["unit"]]) if found["unit"] else (str(RECENT_MONTHS), "月")
        yield _spell(found, partial(_reach, today, count, unit), recent=True)
    for found in _WEAK_MONTH.finditer(text):
        yield _spell(found, partial(_latest, found, today), "weak")
    for found in _WEAK_PART.finditer(text):
        yield _spell(found, partial(_latest, found, today), "weak")


def _relative_month(found: re.Match[str], today: date) -> Days:
    back = {"上上": 2, "下": -1, "这": 0, "本": 0}.get(found["rel"].rstrip("个一月"), 1)
    month = months_back(today.replace(day=1), back)
    return _month_part(month.year, month.month, found.groupdict())


def _relative_week(found: re.Match[str], today: date) -> Days:
    monday, sunday = _week(today + timedelta(weeks={"上上": -2, "上": -1, "下": 1}.get(found["rel"], 0)))
    if not found["weekday"]:
        return monday, sunday
    return (monday + timedelta(days="一二三四五六日天".index(found["weekday"].replace("天", "日"))),) * 2


def _relative_quarter(found: re.Match[str], today: date) -> Days:
    last = months_back(today.replace(day=1), (today.month - 1) % 3 - 2 + (3 if found["rel"] == "上" else 0))
    return _months(last.year, last.month - 2, last.month)


def _count(today: date, written: str | int, unit: str) -> tuple[int, int]:
    """So many whole months and days; 半 is half of the unit."""
    if written == "半":
        return (6, 0) if unit == "年" else (0, 15 if "月" in unit else 3)
    count = number(written) if isinstance(written, str) else written
    per = {"年": (12, 0), "季度": (3, 0), "周": (0, 7), "个星期": (0, 7), "个礼拜": (0, 7), "星期": (0, 7), "礼拜": (0, 7)}
    months, days = per.get(unit, (1, 0) if "月" in unit else (0, 1))
    if count > 200 or count < 0:
        raise ValueError(f"{count}{unit} is no reach back from {today}")
    return months * count, days * count


def _back(today: date, written: str | int, unit: str) -> Days:
    """The year, month, week or day that lies so far back: 三年前 is the whole year, 三个月前 the whole month."""
    months, days = _count(today, written, unit)
    day = months_back(today, months) - timedelta(days=days)
    if unit == "年" and written != "半":
        return _year(day.year)
    if months:
        return _months(day.year, day.month, day.month)
    return _week(day) if days and unit not in "天日" and written != "半" else (day, day)


def _reach(today: date, written: str, unit: str) -> Days:
    months, days = _count(today, written, unit)
    return months_back(today, months) - timedelta(days=days), today


def _english_count(written: str) -> str:
    return str(_ENGLISH_NUMBERS.get(written, written))


def _english_relative(found: re.Match[str], today: date) -> Days:
    if found["day"]:
        return _back(today, 1 if found["day"] == "yesterday" else 0, "日")
    step = {"last": -1, "this": 0, "next": 1}[found["rel"]]
    if found["unit"] == "year":
        return _year(today.year + step)
    if found["unit"] == "week":
        return _week(today + timedelta(weeks=step))
    month = months_back(today.replace(day=1), -step)
    return _months(month.year, month.month, month.month)


def _latest(found: re.Match[str], today: date) -> Days:
    """The last time this month, day, half or quarter had begun by today: 12月份 asked in November is last year's."""
    begin, until = _part(today.year, found)
    return (begin, until) if begin <= today else _part(today.year - 1, found)


def spells(text: str, today: date | None = None) -> list[Spell]:
    """The dates in *text*, which is folded, in order and without overlap; of two that begin together the longer stays."""
    found = [*_absolute(text), *(_relative(text, today) if today else ())]
    kept: list[Spell] = []
    for spell in sorted(found, key=lambda spell: (spell.start, -spell.end, spell.trust != "sure")):
        if not kept or spell.start >= kept[-1].end:
            kept.append(spell)
    return kept
