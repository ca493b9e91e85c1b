"""A line of a page in, the dates it holds out: with their place in the line, their precision, and why they are none.

All work on folded text (half width, Simplified, lower case; `retrieval.text.fold` keeps every offset). A date is never
completed: what has no year is no date, an issue of a journal is no date, the Minguo calendar is only read where a year has
two or three digits, and 03/04/2020 is unknown since nothing says which number is the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

EARLIEST = 1990
"""No scraped page was published before there was a web; an earlier date is one the page speaks of. (Front matter may say it.)"""


@dataclass(frozen=True, slots=True)
class Found:
    """A date as it stands in a text. `iso` is None where it is no usable date; `why` says then why."""

    start: int
    end: int
    text: str
    iso: str | None
    why: str = ""


_ZH = "零〇○0一二三四五六七八九十廿卅"
_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0", "0": "0", "o": "0"}
_MONTHS = {m: i + 1 for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))}
_MONTH = r"(?P<%s>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_TIME = r"(?:[\s,t]{0,3}(?:上午|下午|晚上|凌晨|中午)?\s?(?:[01]?\d|2[0-3])[:时](?:[0-5]\d)(?:[:分](?:[0-5]\d)秒?|分)?(?:\.\d+)?(?:\s?[ap]m\b)?(?:z|[+-]\d\d:?\d\d)?)?"
_WEEKDAY = r"(?:[\s,]{0,2}\(?(?:星期|周)[一二三四五六日天]\)?)?"
_NOT_DIGIT = r"(?<![\d.])"

_FORMS = (
    # 中華民國91年3月19日, 民國 109 年 5 月; 109年5月1日 of Taiwan's offices
    ("minguo", rf"(?:中华)?民国\s?(?P<y>\d{{1,3}}|[{_ZH}百]{{1,5}})\s?年\s?(?:(?P<m>\d{{1,2}}|[{_ZH}]{{1,3}})\s?月\s?(?:(?P<d>\d{{1,2}}|[{_ZH}]{{1,3}})\s?日)?)?{_WEEKDAY}{_TIME}"),
    ("minguo", rf"{_NOT_DIGIT}(?P<y>[89]\d|1[0-2]\d)\s?年\s?(?P<m>\d{{1,2}})\s?月\s?(?P<d>\d{{1,2}})\s?日{_WEEKDAY}{_TIME}"),
    ("zh", rf"{_NOT_DIGIT}(?P<y>\d{{4}})\s?年\s?(?P<m>\d{{1,2}})\s?月(?!\s?[号刊])\s?(?:(?P<d>\d{{1,2}})\s?[日号](?!刊|期))?{_WEEKDAY}{_TIME}"),
    ("zh", rf"(?P<y>[一二][{_ZH}]{{3}})\s?年\s?(?P<m>[{_ZH}]{{1,3}})\s?月\s?(?:(?P<d>[{_ZH}]{{1,3}})\s?[日号])?{_WEEKDAY}{_TIME}"),
    ("iso", rf"{_NOT_DIGIT}(?P<y>(?:19|20)\d\d)(?P<s>[-/.]|\s-\s)(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?!\d)(?:\(?{_WEEKDAY}\)?){_TIME}"),
    ("minguo", rf"{_NOT_DIGIT}(?P<y>[89]\d|1[0-2]\d)(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?![\d.]){_WEEKDAY}{_TIME}"),
    ("dotted", rf"{_NOT_DIGIT}(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>(?:19|20)\d\d)(?!\d){_WEEKDAY}{_TIME}"),
    ("slashed", rf"{_NOT_DIGIT}(?P<d>\d{{1,2}})(?P<s>[/-])(?P<m>\d{{1,2}})(?P=s)(?P<y>(?:19|20)\d\d)(?!\d){_WEEKDAY}{_TIME}"),
    ("english", rf"\b(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s)?{_MONTH % 'n'}\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s?(?P<y>(?:19|20)\d\d)\b{_TIME}"),
    ("english", rf"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s{_MONTH % 'n'}\s{{1,2}}(?P<d>\d{{1,2}})\s(?:\d\d:\d\d:\d\d)\s(?:[a-z]{{3,4}}\s)?(?P<y>(?:19|20)\d\d)\b"),
    ("english", rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]{_MONTH % 'n'}[\s,-]{{1,2}}(?P<y>(?:19|20)\d\d)\b{_TIME}"),
    ("compact", r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
)
_COMPILED = tuple((kind, re.compile(form)) for kind, form in _FORMS)
_HINT = re.compile(r"\d\s?[年/.\-]\s?\d|年\s?[\d一二三四五六七八九十]|民国|(?<!\d)(?:19|20)\d{6}(?!\d)|[a-z]{3}\W+(?:\d{1,2}\W+|[\d:]+\s){1,3}(?:[a-z]+\s)?(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)?[\s-][a-z]{3,9}\.?[\s,-]{1,2}(?:19|20)\d\d|\d\s-\s\d")
COMPACT_MINGUO = re.compile(r"^(?P<y>0?[89]\d|1[0-2]\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])$")
ISSUE = re.compile(r"(?:19|20)\d\d\s?年\s?(?:第\s?)?\d{1,3}\s?(?:[期号]|月[号刊])|\bvol\.?\s?\d+[\s,.]*no\.?\s?\d+|(?:总)?第\s?\d{1,5}\s?期|(?:19|20)\d\d\s?年\s?第\s?[一二三四五六七八九十]{1,3}\s?期")
RELATIVE = re.compile(
    r"(?:\d{1,3}|[一两几数半]个?)\s?(?:秒钟?|分钟|小时|个小时|天|日|周|个?星期|个?月|年)\s?(?:以)?前|刚刚(?!好|才)|^(?:昨天|今天|前天|昨日|今日)(?:\s?\d{1,2}:\d\d|(?=\s|$))"
    r"|(?:昨天|今天|前天)\s?\d{1,2}:\d\d|(?<=\s)(?:昨天|今天|前天)$|\b\d{1,3}\s(?:second|minute|hour|day|week|month|year)s?\sago\b|\byesterday\b"
)
YEARLESS = re.compile(r"(?<![\d年/.-])(?:(?:0?[1-9]|1[0-2])月(?:0?[1-9]|[12]\d|3[01])日|(?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01]))(?![\d/.-])(?:\s?\d{1,2}:\d\d(?::\d\d)?)?")
CLOCK = re.compile(r"今天是|现在是|当前时间|现在时间|北京时间是|农历|欢迎(?:您|你|访问|光临)|^\W{0,3}(?:周|星期|週)[一二三四五六日天][.,]?\s?\d{1,2}\s?月\s?\d{1,2}(?:st|nd|rd|th)|gmt[+-]\d|\d{1,2}(?:st|nd|rd|th),\s?\d{4}")


def hinted(folded: str) -> bool:
    """Whether *folded* may hold a date at all; quick, for lines by the thousand."""
    return bool(_HINT.search(folded))


def find(folded: str, today: date, earliest: int = EARLIEST) -> list[Found]:
    """All dates of *folded*, in order, without overlap, including impossible and ambiguous ones (with `iso` None)."""
    if not hinted(folded):
        return []
    found: list[Found] = []
    for kind, form in _COMPILED:
        for match in form.finditer(folded):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            found.append(_read(kind, match, today, earliest))
    return sorted(found, key=lambda f: f.start)


def first(folded: str, today: date) -> Found | None:
    """The first usable date of *folded*."""
    return next((f for f in find(folded, today) if f.iso), None)


def compact_minguo(folded: str, today: date) -> Found | None:
    """A line that is nothing but 1050916: used at the very end of a page only, elsewhere it is a number."""
    match = COMPACT_MINGUO.match(folded.strip())
    return _read("minguo", match, today, EARLIEST) if match else None


def why_unknown(folded: str) -> str | None:
    """The reason a line that looks like a header gives no date: `relative`, `no year` or `issue only`, with the words."""
    for why, form in (("relative", RELATIVE), ("no year", YEARLESS), ("issue only", ISSUE)):
        match = form.search(folded)
        if match:
            return f"{why}: {match.group().strip()}"
    return None


def _read(kind: str, match: re.Match[str], today: date, earliest: int) -> Found:
    part = match.groupdict()
    year = _number(part["y"])
    if kind == "minguo" and year is not None:
        year += 1911
    month = _MONTHS[part["n"][:3]] if part.get("n") else _number(part.get("m"))
    day = _number(part.get("d"))
    end = match.end()
    text = match.group().strip()
    if kind == "slashed" and month is not None and day is not None:
        if month > 12 >= day:
            month, day = day, month
        elif day <= 12 and month <= 12 and day != month:
            return Found(match.start(), end, text, None, f"impossible to tell: {text} may be day or month first")
    iso, why = _valid(year, month, day, text, today, earliest)
    return Found(match.start(), end, text, iso, why)


def _valid(year: int | None, month: int | None, day: int | None, text: str, today: date, earliest: int) -> tuple[str | None, str]:
    if year is None or not 1 <= year <= 9999:
        return None, f"impossible: {text}"
    try:
        begin = date(year, month or 1, day or 1)
    except ValueError:
        return None, f"impossible: {text} is no day of the calendar"
    if year < earliest:
        return None, f"impossible: {text} is before {earliest}"
    if begin > today + timedelta(days=1):
        return None, f"impossible: {text} lies in the future"
    return (f"{year:04}" if month is None else f"{year:04}-{month:02}" if day is None else begin.isoformat()), ""


def _number(text: str | None) -> int | None:
    """12, 十二, 二十, 廿三, 二〇二〇, 一百零九 (Minguo) as numbers; None for nothing and for what is none."""
    if not text:
        return None
    if text.isdigit() and text.isascii():
        return int(text)
    text = text.replace("廿", "二十").replace("卅", "三十")
    if "百" in text:
        hundreds, _, rest = text.partition("百")
        return 100 * (_number(hundreds) or 1) + (_number(rest.lstrip("零〇○")) or 0)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * (_number(tens) or 1) + (_number(ones) or 0)
    digits = "".join(_DIGITS.get(c, "") for c in text)
    return int(digits) if digits else None


def parse(value: str, today: date, earliest: int = EARLIEST) -> tuple[str | None, str]:
    """What a metadata field says: an ISO date (with a zone: the day in +08:00), any form of a page, 2019-11 or 2019.

    Returns the date, or None and the reason.
    """
    from retrieval.text import fold

    folded = fold(value.strip())
    zoned = re.match(r"(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(z|[+-]\d\d:?\d\d)$", folded)
    if zoned:
        return _zoned(zoned, folded, today, earliest)
    part = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})月?)?年?", folded)
    if part:
        return _valid(int(part[1]), int(part[2]) if part[2] else None, None, folded, today, earliest)
    found = find(folded, today, earliest)
    for one in found:
        if one.iso:
            return one.iso, ""
    if found:
        return None, found[0].why
    return None, why_unknown(folded) or (f"impossible: {value.strip()[:40]} is no date" if folded else "none")


def _zoned(match: re.Match[str], text: str, today: date, earliest: int) -> tuple[str | None, str]:
    from datetime import datetime, timezone

    year, month, day, hour, minute = (int(match[i]) for i in range(1, 6))
    zone = match[7]
    offset = timedelta() if zone == "z" else timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=timezone(offset))
        local = moment.astimezone(timezone(timedelta(hours=8)))
    except (ValueError, OverflowError):
        return None, f"impossible: {text}"
    return _valid(local.year, local.month, local.day, text, today, earliest)
