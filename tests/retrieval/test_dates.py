"""The rules by which the dates of a question are read; today is Sunday, 22 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.dates import mentions, overlaps, read_window, unread, years
from retrieval.records import Window

TODAY = date(2026, 11, 22)

# question | first day | last day | phrase; a dot is an open end
PUBLICATION = """
2019年以后的报道里,哪些县建了电商产业园? | 2019-01-01 | . | 2019年以后
2019年之后青山县修了几条路 | 2019-01-01 | . | 2019年之后
2017年以来临江发了多少补助 | 2017-01-01 | . | 2017年以来
2017年至今一共办了几期培训班 | 2017-01-01 | . | 2017年至今
2018年起补多少钱 | 2018-01-01 | . | 2018年起
从2018年开始补多少钱 | 2018-01-01 | . | 2018年开始
自2018年实施的办法有哪些 | 2018-01-01 | . | 自2018年
2019年后建的厂有几家 | 2019-01-01 | . | 2019年后
2020年6月以后有什么变化 | 2020-06-01 | . | 2020年6月以后
2020年底以后呢 | 2020-10-01 | . | 2020年底以后
今年以来卖了多少苹果 | 2026-01-01 | . | 今年以来
去年以来的新政策 | 2025-01-01 | . | 去年以来
2018年以后、2020年以前的报道 | 2018-01-01 | 2019-12-31 | 2018年以后、2020年以前
2018年起到2020年办了多少场 | 2018-01-01 | 2020-12-31 | 2018年起到2020年
最近有什么好消息 | 2026-08-22 | . | 最近
近期有没有招工 | 2026-08-22 | . | 近期
近日发生了什么 | 2026-08-22 | . | 近日
最近的报道讲了什么 | 2026-08-22 | . | 最近
近三年发了多少补贴 | 2023-11-22 | . | 近三年
近3年来发了多少补贴 | 2023-11-22 | . | 近3年来
最近一个月的新闻 | 2026-10-22 | . | 最近一个月
最近两周有啥消息 | 2026-11-08 | . | 最近两周
最近7天的文章 | 2026-11-15 | . | 最近7天
过去半年有几个项目 | 2026-05-22 | . | 过去半年
過去三個月的報導 | 2026-08-22 | . | 過去三個月
过去的五年里建了几所学校 | 2021-11-22 | . | 过去的五年里
近百年的报道 | 1926-11-22 | . | 近百年
1949年以后的报道 | 1949-01-01 | . | 1949年以后
2016年12月的报道里,青山全县有几个贫困村? | 2016-12-01 | 2016-12-31 | 2016年12月
2016 年 12 月 的报道 | 2016-12-01 | 2016-12-31 | 2016 年 12 月
2020年11月2日的新闻 | 2020-11-02 | 2020-11-02 | 2020年11月2日
2020年11月2号登的文章 | 2020-11-02 | 2020-11-02 | 2020年11月2号
2016-12的文章 | 2016-12-01 | 2016-12-31 | 2016-12
2016/12/05那篇 | 2016-12-05 | 2016-12-05 | 2016/12/05
2016.12.5的消息 | 2016-12-05 | 2016-12-05 | 2016.12.5
2019年那篇写青山县的文章里,多少人就业了? | 2019-01-01 | 2019-12-31 | 2019年
2019年登的那篇讲了什么 | 2019-01-01 | 2019-12-31 | 2019年
2019年刊登过哪些电商的事 | 2019-01-01 | 2019-12-31 | 2019年
2019年发表的文章有几篇 | 2019-01-01 | 2019-12-31 | 2019年
發表於2019年的文章 | 2019-01-01 | 2019-12-31 | 2019年
登在2019年5月的那篇 | 2019-05-01 | 2019-05-31 | 2019年5月
只看2019年的 | 2019-01-01 | 2019-12-31 | 2019年
文章是2019年的吗 | 2019-01-01 | 2019-12-31 | 2019年
2019年有几篇讲养老 | 2019-01-01 | 2019-12-31 | 2019年
2019年有哪些新闻 | 2019-01-01 | 2019-12-31 | 2019年
2019年关于养老院的报道 | 2019-01-01 | 2019-12-31 | 2019年
2019年青山县的新闻 | 2019-01-01 | 2019-12-31 | 2019年
2019年青山日报上讲养老院的 | 2019-01-01 | 2019-12-31 | 2019年
2019年第11期的文章 | 2019-01-01 | 2019-12-31 | 2019年
2019年以前的报道 | . | 2018-12-31 | 2019年以前
2019年之前登的 | . | 2018-12-31 | 2019年之前
2019年前的新闻 | . | 2018-12-31 | 2019年前
2019年及以前的新闻 | . | 2019-12-31 | 2019年及以前
截至2019年6月的报道 | . | 2019-06-30 | 截至2019年6月
2018年到2020年的报道 | 2018-01-01 | 2020-12-31 | 2018年到2020年
2018和2019年的新闻 | 2018-01-01 | 2019-12-31 | 2018和2019年
去年的报道 | 2025-01-01 | 2025-12-31 | 去年
去年12月发表的文章 | 2025-12-01 | 2025-12-31 | 去年12月
前年上半年的新闻 | 2024-01-01 | 2024-06-30 | 前年上半年
上个月的报道 | 2026-10-01 | 2026-10-31 | 上个月
上月的消息 | 2026-10-01 | 2026-10-31 | 上月
本月5号的新闻 | 2026-11-05 | 2026-11-05 | 本月5号
这个月有什么新闻 | 2026-11-01 | 2026-11-30 | 这个月
上上个月的新聞 | 2026-09-01 | 2026-09-30 | 上上个月
上周的报道 | 2026-11-09 | 2026-11-15 | 上周
上個禮拜的新聞 | 2026-11-09 | 2026-11-15 | 上個禮拜
这周登了什么 | 2026-11-16 | 2026-11-22 | 这周
上周三的新闻 | 2026-11-11 | 2026-11-11 | 上周三
昨天的新闻 | 2026-11-21 | 2026-11-21 | 昨天
前天报道的 | 2026-11-20 | 2026-11-20 | 前天
今天有什么新闻 | 2026-11-22 | 2026-11-22 | 今天
三年前的报道 | 2023-01-01 | 2023-12-31 | 三年前
三个月前的文章 | 2026-08-01 | 2026-08-31 | 三个月前
十天前的新闻 | 2026-11-12 | 2026-11-12 | 十天前
12月份的报道 | 2025-12-01 | 2025-12-31 | 12月份
5月3日的新闻 | 2026-05-03 | 2026-05-03 | 5月3日
三月以后的报道 | 2026-03-01 | . | 三月以后
上半年的新闻 | 2026-01-01 | 2026-06-30 | 上半年
第一季度的报道 | 2026-01-01 | 2026-03-31 | 第一季度
19年的报道 | 2019-01-01 | 2019-12-31 | 19年
民國108年的報導 | 2019-01-01 | 2019-12-31 | 民國108年
民國一百零八年以後的文章 | 2019-01-01 | . | 民國一百零八年以後
108年以後的報導 | 2019-01-01 | . | 108年以後
108年5月的新聞 | 2019-05-01 | 2019-05-31 | 108年5月
二〇二〇年的新闻 | 2020-01-01 | 2020-12-31 | 二〇二〇年
二零一九年五月以后 | 2019-05-01 | . | 二零一九年五月以后
２０１９年以後的報導 | 2019-01-01 | . | ２０１９年以後
since 2019 | 2019-01-01 | . | since 2019
what changed after 2019? | 2020-01-01 | . | after 2019
articles from 2019 | 2019-01-01 | 2019-12-31 | 2019
news in March 2021 | 2021-03-01 | 2021-03-31 | March 2021
articles before March 2021 | . | 2021-02-28 | before March 2021
last month's news | 2026-10-01 | 2026-10-31 | last month
in the past three months | 2026-08-22 | . | the past three months
recently built schools | 2026-08-22 | . | recently
reports published between 2018 and 2020 | 2018-01-01 | 2020-12-31 | 2018 and 2020
"""

EVENTS = """
2015年青山县有多少户脱贫了? | 2015-01-01 | 2015-12-31 | 2015年
2020年3月底临江复工的企业有多少家 | 2020-03-21 | 2020-03-31 | 2020年3月底
2018到2020这三年,临江打算安置多少人? | 2018-01-01 | 2020-12-31 | 2018到2020这三年
2018—2020年建了几家厂 | 2018-01-01 | 2020-12-31 | 2018—2020年
2018至2020三年一共多少 | 2018-01-01 | 2020-12-31 | 2018至2020
2018、2019年各多少 | 2018-01-01 | 2019-12-31 | 2018、2019年
2020年1至3月卖了多少 | 2020-01-01 | 2020-03-31 | 2020年1至3月
2020年1月到3月卖了多少 | 2020-01-01 | 2020-03-31 | 2020年1月到3月
2020年3月2日至5日办的会 | 2020-03-02 | 2020-03-05 | 2020年3月2日至5日
2019年11月到2月卖了多少 | 2019-11-01 | 2020-02-29 | 2019年11月到2月
去年卖了多少苹果? | 2025-01-01 | 2025-12-31 | 去年
今年多大年纪 | 2026-01-01 | 2026-12-31 | 今年
明年补多少 | 2027-01-01 | 2027-12-31 | 明年
今天天气怎么样 | 2026-11-22 | 2026-11-22 | 今天
2019年上半年卖了多少 | 2019-01-01 | 2019-06-30 | 2019年上半年
2019年下半年 | 2019-07-01 | 2019-12-31 | 2019年下半年
2019年第一季度产值 | 2019-01-01 | 2019-03-31 | 2019年第一季度
2019年Q3产值 | 2019-07-01 | 2019-09-30 | 2019年Q3
2019Q3产值 | 2019-07-01 | 2019-09-30 | 2019Q3
2019年前三季度产值 | 2019-01-01 | 2019-09-30 | 2019年前三季度
2019年前5个月产值 | 2019-01-01 | 2019-05-31 | 2019年前5个月
2019年初有多少户 | 2019-01-01 | 2019-03-31 | 2019年初
去年年底有多少户 | 2025-10-01 | 2025-12-31 | 去年年底
2019年底以前要建完多少 | . | 2019-12-31 | 2019年底以前
2019年以前有多少户 | . | 2018-12-31 | 2019年以前
到2020年要建几家 | . | 2020-12-31 | 到2020年
截至2020年3月底多少家 | . | 2020-03-31 | 截至2020年3月底
2019年5月上旬来了多少人 | 2019-05-01 | 2019-05-10 | 2019年5月上旬
2019年秋季招了多少学生 | 2019-09-01 | 2019-11-30 | 2019年秋季
九十年代村里有多少人 | 1990-01-01 | 1999-12-31 | 九十年代
20世纪80年代办的厂 | 1980-01-01 | 1989-12-31 | 20世纪80年代
1990年代的收入 | 1990-01-01 | 1999-12-31 | 1990年代
一九九八年发大水淹了几个村 | 1998-01-01 | 1998-12-31 | 一九九八年
二○二○年有几家 | 2020-01-01 | 2020-12-31 | 二○二○年
公元1998年建的桥 | 1998-01-01 | 1998-12-31 | 公元1998年
民國元年建的祠堂 | 1912-01-01 | 1912-12-31 | 民國元年
三年前卖了多少 | 2023-01-01 | 2023-12-31 | 三年前
半年前建的厂 | 2026-05-01 | 2026-05-31 | 半年前
那2020年呢? | 2020-01-01 | 2020-12-31 | 2020年
青山县 2019 电商 | 2019-01-01 | 2019-12-31 | 2019
那篇文章说2015年有多少户 | 2015-01-01 | 2015-12-31 | 2015年
2019年发布的办法 | 2019-01-01 | 2019-12-31 | 2019年
2019年登记的合作社有几家 | 2019-01-01 | 2019-12-31 | 2019年
2019年新闻发布会开了几场 | 2019-01-01 | 2019-12-31 | 2019年
2019年通讯录上有谁 | 2019-01-01 | 2019-12-31 | 2019年
2019年前后建的 | 2019-01-01 | 2019-12-31 | 2019年
2020年起到了什么作用 | 2020-01-01 | 2020-12-31 | 2020年
how many households in 2020? | 2020-01-01 | 2020-12-31 | 2020
sales in the first half of 2020 | 2020-01-01 | 2020-06-30 | the first half of 2020
who moved on 3 March 2020 | 2020-03-03 | 2020-03-03 | 3 March 2020
last year | 2025-01-01 | 2025-12-31 | last year
three years ago | 2023-01-01 | 2023-12-31 | three years ago
by 2020 how many | . | 2020-12-31 | by 2020
1949年之后谁设了书记处 | 1949-01-01 | . | 1949年之后
1997-98年那次选举 | 1997-01-01 | 1998-12-31 | 1997-98年
2019年登上山顶的人 | 2019-01-01 | 2019-12-31 | 2019年
2019年发表了什么讲话 | 2019-01-01 | 2019-12-31 | 2019年
2019年🍎卖了多少 | 2019-01-01 | 2019-12-31 | 2019年
"""

NO_DATE = """
100年老店在哪里
这家有2000年历史的村子叫什么
近2000年的古树
三年累计卖了多少
5年间有多少人脱贫?
3年内建成几家
十三五期间建了几家
培训了2032人次吗
5G基站有几个
第25个网店是谁开的
24小时营业吗
一年多少钱
每年收入多少
年纪大的怎么办
按方案,三年里要建多少家?
用了近三年时间才建成
离县城最近的医院
最近的车站在哪
2345工程是什么
中国制造2025是什么
补贴 2000 元
“2020”工程是什么
2019年13月的报道
2019年2月30日的新闻
2019年13月
民国年间的事
12月份卖了多少
12个月多少钱
村里三月办庙会吗
文明年货节
后天性耳聋怎么治
20年以后会怎样
12345热线
TH-01 机器 2018款
先天残疾和后天残疾
how many of the 2000 people
may I ask who runs it
改革开放以来
疫情以后
😀
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]


def _day(cell: str) -> str | None:
    return None if cell == "." else cell


@pytest.mark.parametrize(("question", "begin", "end", "phrase"), _rows(PUBLICATION))
def test_publication_and_lower_bounds_filter(question: str, begin: str, end: str, phrase: str) -> None:
    """A date beside words of publication, and a lower bound, bound the articles that may answer."""
    assert read_window(question, TODAY) == Window(_day(begin), _day(end), phrase, True)


@pytest.mark.parametrize(("question", "begin", "end", "phrase"), _rows(EVENTS))
def test_the_date_of_an_event_does_not_filter(question: str, begin: str, end: str, phrase: str) -> None:
    """Any other date is the event's: known, but no article is shut out for it."""
    assert read_window(question, TODAY) == Window(_day(begin), _day(end), phrase, False)


@pytest.mark.parametrize("question", NO_DATE.strip().splitlines())
def test_quantities_names_and_impossible_dates_are_no_window(question: str) -> None:
    """What is no date, or none that can be, is not applied."""
    assert read_window(question, TODAY) is None


def test_publication_goes_before_an_event_and_a_lower_bound() -> None:
    """Of several dates the one of publication is the window."""
    assert read_window("2016年12月的报道里,2015年有几个村?", TODAY) == Window("2016-12-01", "2016-12-31", "2016年12月", True)
    assert read_window("2015年以后建的厂,2019年的报道怎么说", TODAY) == Window("2019-01-01", "2019-12-31", "2019年", True)


def test_what_could_not_be_read_is_named() -> None:
    """Vague words and impossible dates are handed back, so that the reply can say that they were not applied."""
    assert unread("近几年卖了多少", TODAY) == ("近几年",)
    assert unread("2019年13月的報導", TODAY) == ("2019年13月",)
    assert unread("几年前的新闻,2019年2月30日的", TODAY) == ("几年前", "2019年2月30日")
    assert unread("2019年以后的报道", TODAY) == ()
    assert unread("附近几年级的学生", TODAY) == ()
    assert unread("要提前几天预约", TODAY) == ()


def test_years_are_those_that_are_named() -> None:
    """Both ends of a range are named, the years between are not; 去年 counts only where today is known."""
    assert years("2018到2020这三年") == (2018, 2020)
    assert years("民國108年與2020年") == (2019, 2020)
    assert years("去年卖了多少") == ()
    assert years("去年卖了多少", TODAY) == (2025,)
    assert years("近三年、上周", TODAY) == ()
    assert years("100年老店2032人次") == ()


def test_mentions_are_the_absolute_dates_of_a_text() -> None:
    """Every date that stands in a text by itself is found at its place; 去年 is not one of them."""
    text = "🍎二〇一五年,青山县有32户脱贫;2016年5月至8月、２０１７年底又有2032户。去年不算。"
    found = [(text[start:end], begin, end_day) for start, end, begin, end_day in mentions(text)]
    assert found == [("二〇一五年", "2015-01-01", "2015-12-31"), ("2016年5月至8月、２０１７年底", "2016-05-01", "2017-12-31")]
    assert [text[s:e] for text in ["2018-2020年,12345热线"] for s, e, _, _ in mentions(text)] == ["2018-2020年"]


def test_a_partial_date_is_inside_where_it_overlaps() -> None:
    """A month or a year counts as inside where any of its days is; no date is outside every window."""
    window = Window("2019-11-15", "2020-03-31", "")
    assert overlaps("2019-11", window) and overlaps("2019", window) and overlaps("2020-03-31", window) and overlaps("2020-02", window)
    assert not overlaps("2019-11-14", window) and not overlaps("2019-10", window) and not overlaps("2021", window)
    assert not overlaps(None, window) and not overlaps("", window) and not overlaps("2019-13", window) and not overlaps("昨天", window)
    assert overlaps("1999", Window(None, "2019-12-31", "")) and overlaps("2030", Window("2019-01-01", None, ""))
    assert overlaps("2020-02-29T08:00", Window("2020-02-29", "2020-02-29", ""))


DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
HAN = str.maketrans("0123456789", "〇一二三四五六七八九")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@given(DAYS, st.sampled_from(["{0.year}年{0.month}月{0.day}日", "{0.year}-{0.month:02}-{0.day:02}", "{0.year}/{0.month}/{0.day}", "{0.year} 年 {0.month} 月 {0.day} 号", "{0:%B} {0.day}, {0.year}"]), st.booleans())
def test_a_day_is_read_in_every_writing(day: date, writing: str, wide: bool) -> None:
    """However a day is written, in half or full width, the window is that day, and the phrase is as written."""
    written = writing.format(day)
    written = written.translate(WIDE) if wide else written
    window = read_window(f"青山县 {written} 办了几场", TODAY)
    assert window == Window(day.isoformat(), day.isoformat(), written, False)


@given(st.integers(1950, 2090))
def test_chinese_numerals_and_the_republic_name_the_same_year(year: int) -> None:
    """二〇二〇年, 2020年 and 民國109年 are one year."""
    spellings = [f"{year}年", f"{str(year).translate(HAN)}年", f"民國{year - 1911}年"]
    spans = {(w.begin, w.end) for text in spellings if (w := read_window(text, TODAY))}
    assert spans == {(f"{year}-01-01", f"{year}-12-31")}


@given(DAYS, DAYS, st.sampled_from(["到", "至", "—", "-", "~", "和"]))
def test_a_range_holds_both_its_ends(one: date, other: date, join: str) -> None:
    """A range goes from the earlier end to the later one."""
    text = f"{one.year}年{one.month}月{one.day}日{join}{other.year}年{other.month}月{other.day}日"
    window = read_window(text, TODAY)
    assert window is not None and (window.begin, window.end) == (min(one, other).isoformat(), max(one, other).isoformat())
    assert overlaps(one.isoformat(), window) and overlaps(other.isoformat()[:7], window)


@given(st.text(alphabet="0123456789一二三十〇年月日号前后去今上个近最的到至-/.以报道文章 民国周qsince", max_size=24), DAYS)
def test_any_question_is_read_without_a_fault(question: str, today: date) -> None:
    """Whatever stands in a question, the phrase is a slice of it and the days are in order."""
    window = read_window(question, today)
    if window:
        assert window.phrase and window.phrase in question
        assert window.begin or window.end
        assert not (window.begin and window.end) or window.begin <= window.end
    for start, end, begin, until in mentions(question):
        assert 0 <= start < end <= len(question) and begin <= until
    assert all(phrase in question for phrase in unread(question, today))


@given(DAYS)
def test_relative_days_follow_today(today: date) -> None:
    """昨天, 上周 and 上个月 lie directly before today, this week and this month, whatever day it is."""
    def days(question: str) -> tuple[date, date]:
        window = read_window(question, today)
        assert window and window.begin and window.end
        return date.fromisoformat(window.begin), date.fromisoformat(window.end)

    assert days("昨天") == (today - timedelta(days=1),) * 2
    assert days("上周")[1] + timedelta(days=1) == days("本周")[0] <= today <= days("本周")[1]
    assert days("上个月")[1] + timedelta(days=1) == days("本月")[0] == today.replace(day=1)
    assert days("上季度")[1] + timedelta(days=1) == days("本季度")[0] <= today <= days("本季度")[1]
    assert days("去年")[1] + timedelta(days=1) == days("今年")[0] == today.replace(month=1, day=1)
