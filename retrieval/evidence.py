"""A question and a folded sentence in, the spans of the sentence that could answer it out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from retrieval.measuring import CONTACT, ORDINAL, PEOPLE
from retrieval.numerals import plain_numbers
from retrieval.questions import Question
from retrieval.records import Span
from retrieval.text import default_cutter
from retrieval.wording import FUNCTION_WORDS, SURNAMES

_ARABIC = r"\d[\d,]*(?:\.\d+)?(?:[-~—至到]\d[\d,]*(?:\.\d+)?)?"
_HAN_NUMBER = r"[零〇一二两三四五六七八九十百千]+(?:点[零〇一二三四五六七八九]+)?"
_SCALE = r"(?:[十百千]?[万亿兆]|[百千])"
_UNIT = (
    r"(?:%|‰|℃|°c?|人次|平方公里|平方千米|平方米|平方英里|立方米|公里|千米|公顷|公斤|千克|公尺|英尺|英里|厘米|公分|毫米|个百分点|百分点|美元|港元|欧元|日元|英镑|"
    r"小时|分钟|个月|周岁|世纪|千瓦|兆瓦|kw|gb|tb|mb|km|cm|mm|kg|个|名|位|人|户|家|所|座|条|只|头|件|辆|架|艘|台|部|间|栋|层|亩|吨|斤|克|米|里|元|块|角|岁|天|日|周|年|次|届|场|回|轮|期|种|类|项|款|篇|本|册|张|份|支|批|套|处|片|棵|株|枚|颗|粒|瓶|杯|碗|箱|袋|艇|门|口|对|双|组|队|班|级|成|倍|分|度|秒|笔|单|例|起|宗|声|步|村|镇|县|省|市|国|人份|席|票|球|集|首|部|万|亿)"
)
AMOUNT = re.compile(
    rf"(?:百|{_HAN_NUMBER})分之(?:{_HAN_NUMBER}|\d+)|[一大过]半(?![天年月日个小])|半数|(?:{_ARABIC}|(?<!第)(?:{_HAN_NUMBER}|几|数)(?={_SCALE}|余|多|[来几]?{_UNIT})){_SCALE}?(?:余|多|来|几)?{_SCALE}?(?:余|多)?{_UNIT}?"
)
WEAK = re.compile(r"[一两](?:个|种|名|位|家|户|条|些|次|份|项|场|件|座|所|块|天|年|人|部|张|片|批|支|套|款|本|篇|类|队|股|对|门|部分|样|下|点|边|面|起|直|般|定)")
"""Numbers that mostly count nothing: 一个, 一种, 一次."""
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
WHEN = re.compile(
    r"(?:(?:19|20)\d\d年?(?:\d{1,2}月)?(?:至|到|-|—|~)(?:(?:19|20)\d\d年?)?(?:\d{1,2}月)?(?:\d{1,2}日)?(?<=\d[年月日])|(?:19|20|1[0-8])\d\d年?(?:代)?(?:\d{1,2}月(?:份)?)?(?:\d{1,2}[日号])?(?:前|后|起|以来|底|初|末|至今)?|前?\d{1,4}年(?:代)?(?:\d{1,2}月(?:\d{1,2}[日号])?)?|\d{1,2}月(?:份)?(?:\d{1,2}[日号])?(?:前|后|起|底|初)?|"
    r"[一二三四五六七八九十〇零○]{2,4}年(?:[一二三四五六七八九十]{1,2}月)?(?:[一二三四五六七八九十]{1,3}日)?|\d{1,2}世纪(?:\d{1,2}年代|初|末|中期)?|"
    r"\d{1,2}[日号]|\d{1,2}岁|[上下凌清傍]?[午晨晚]?\d{1,2}(?:[点时](?!间)(?:\d{1,2}分)?|:\d\d)|去年|今年|前年|昨天|今天|当年|同年|春节|国庆|元旦|周[一二三四五六日末]|星期[一二三四五六日]|[春夏秋冬]季|[一二三四五六七八九十]+月|"
    r"[\u4e00-\u9fff]{2}(?:元|[一二三四五六七八九十]{1,3})年(?!级|制|来|间)|[\u4e00-\u9fff]{2}年间|\d[\d.]*[万亿]年前|"
    r"(?:[东西南北前后]?[商周秦汉魏晋隋唐宋辽金元明清]|战国|春秋|三国|民国|五代|南北朝)(?:[朝代末初](?:[末初]年?)?|时期|年间)|[早中晚]期|[\u4e00-\u9fff]{2}时期|[大高初小][一二三四五六]的?时候?)"
)
WHY = re.compile(r"因为|由于|原因|所以|为了|因此|以便|以免|导致|使得|之所以|因[^\w]|因而|目的|出于|造成|引起|减轻|鉴于|受[^，。]{1,8}影响")
HOW = re.compile(r"通过|采取|采用|利用|借助|依托|按照|以[^，。]{1,12}(?:方式|形式|模式)|方法|办法|措施|建立|开展|实行|推行|机制|先后|首先")
WHAT = re.compile(r"是指|即|就是|叫做|称为|名为|取名|被称|所谓|又称|简称|指的是|是一")

NAMED = re.compile(r"(?<=[“\"「『《])[^”\"」』》“「《]{2,20}(?=[”\"」』》])|(?<=名为|叫做|称为|取名|命名|名叫|叫作)[^,。!?;、“「《]{2,12}")
_BY_KIND = {"amount": AMOUNT, "when": WHEN, "why": WHY, "how": HOW, "what": WHAT, "named": NAMED}
SHAPED = ("amount", "when", "where", "who", "named")
"""Kinds of answers that have a shape that can be looked for in a sentence."""
LONGEST_NAME = 20
"""Characters a name may hold that is read as an answer."""


_CLOCK = re.compile(r"\d{1,2}月(?:\d{1,2}[日号]?)?|\d{1,2}[时点](?!间)(?:\d{1,2}分?)?|\d{1,2}:\d\d|(?:19|20)\d\d年?(?:至|到|-)(?:19|20)\d\d年|(?:1[5-9]|20)\d\d年(?!来)|(?<!\d)\d{1,2}[日号](?![线楼元圆])|第\d+|最后一(?:公里|百米|米)")
"""Dates, clock times, ordinals and the last mile: no figure in them is an amount."""


def spans(folded: str, kind: str) -> list[Span]:
    """Where *folded* could answer a question of this *kind*; empty for kinds without a shape of their own."""
    pattern = _BY_KIND.get(kind)
    if pattern is None:
        return []
    if _LOOSE.search(folded) and kind in ("amount", "when"):
        tight = [at for at in range(len(folded)) if not (folded[at] == " " and _LOOSE.match(folded, at))]
        return [(tight[start], tight[end - 1] + 1) for start, end in spans("".join(folded[at] for at in tight), kind)]
    found = [match.span() for match in pattern.finditer(folded)]
    if kind == "amount":
        taken = [match.span() for match in _CLOCK.finditer(folded)]
        found = [(s, e) for s, e in found if not WEAK.fullmatch(folded[s:e]) and not any(s < end and begin < e for begin, end in taken)]
    return found


_LOOSE = re.compile(r" (?:(?<=\d )(?=[年月日号时点分万亿]|[十百千][万亿])|(?<=[年月] )(?=\d))")
"""A blank within a figure or a date, as some pages have it (4.88 万户, 8 月 3 日)."""


@cache
def _counted(measures: tuple[str, ...]) -> re.Pattern[str]:
    units = "|".join("分(?![之钟])" if unit == "分" else re.escape(unit) for unit in sorted(measures, key=len, reverse=True))
    return re.compile(f"{units}|{_FOREIGN}" if "盾" in measures else units)


_SOMEBODY = re.compile(rf"^(?:[^\u4e00-\u9fff]|$|[\u4e00-\u9fff]{{0,4}}{PEOPLE})")
"""What follows 个 where people are counted: them, or nothing more."""
_FOREIGN = "[\u4e00-\u9fff]{1,3}(?:盾|马克|法郎|卢布|卢比|比索|克朗|里拉|第纳尔|先令|镑|铢)"
"""Money of another country with its name before it (越南盾)."""
_ABOUT = re.compile(r"^(?:余|多|来|几|\s)+")


def fits(span_text: str, following: str, measures: tuple[str, ...]) -> bool:
    """Whether an amount is counted in one of *measures*: the unit within the span or in the characters that follow it."""
    if not measures:
        return True
    counted = _counted(measures)
    if measures[0] == "人" and (span_text.endswith("个") or following.startswith("个")):  # 18个集装箱 are nobody
        return bool(_SOMEBODY.search(following.removeprefix("个")))
    return bool(counted.search(span_text.lstrip("0123456789.,")) or counted.match(_ABOUT.sub("", following)))


def _with_sign(folded: str, start: int, end: int) -> str:
    """An amount with the sign of its currency, where one stands before it."""
    return folded[start - (start > 0 and folded[start - 1] in "$¥€£") : end]


def answering(question: Question, folded: str) -> tuple[list[Span], bool]:
    """The spans of a folded text that are of the asked kind and not the question's own words, and whether they are all
    that was asked: in the asked measure, a company where a company is asked for, a town where a town is."""
    kind = question.kind
    asked = question.folded[question.asked[0] : question.asked[1] + 4]
    if kind in ("who", "where"):
        found = list(names_in(folded, kind, bool(_ORGANISATION.search(asked))))
        found = [(s, e) for s, e in found if not any(u.name and folded[s:e].endswith(u.text) for u in question.units)] or found
    elif question.measures == (ORDINAL,):
        found = [m.span() for m in _ORDINAL.finditer(folded)]
    elif question.measures == (CONTACT,):
        found = [m.span() for m in _CONTACT.finditer(folded)]
    else:
        found = spans(folded, kind)
        if kind == "amount" and question.measures:
            found = sorted({*found, *(m.span() for m in _TWO.finditer(folded) if fits(m[0][1:], "", question.measures))})
        if kind == "amount" and _SENTENCED.search(question.folded):
            found = sorted({*found, *(m.span() for m in _FOR_LIFE.finditer(folded))})
    told = _in_digits(question.folded)
    found = [(s, e) for s, e in found if folded[s:e] not in question.folded and folded[s:e] not in _VAGUE_PLACE and not (kind == "amount" and _in_digits(folded[s:e]) in told)]
    if kind == "amount" and _AGE.search(question.folded):
        found = [(s, e) for s, e in found if not _of_another(question, folded, s, e)]
    special = found
    if kind == "who" and "公司" in asked:
        special = [(s, e) for s, e in found if "公司" in folded[s:e]]
    elif kind == "who" and _SAID.search(question.folded):
        special = [(s, e) for s, e in found if _SAYING.search(folded[e : e + 14])]
    elif kind == "where" and (ends := re.search(r"[省市县区州镇乡村国岛路街]", asked)):
        special = [(s, folded.rindex(ends[0], s, e) + 1) for s, e in found if ends[0] in folded[s:e]]
        special = [(s, e) for s, e in special if folded[e : e + 1] not in ("庄", "民", "委", "里", "镇", "乡", "县", "市")]
    elif kind == "who" and (wanted := next((ends for word, ends in _ENDS_OF.items() if question.folded[: question.asked[1]].endswith(word)), None)):
        special = [(s, e) for s, e in found if wanted.search(folded[s:e])]
    elif kind == "amount" and question.measures in ((ORDINAL,), (CONTACT,)):
        special = found
    elif kind == "amount" and _AGE_NOW.search(question.folded):
        special = found = [(s, e) for s, e in found if folded[s:e].endswith("岁") and not _AGE_THEN.match(folded, e)]
    elif kind == "amount" and question.measures:
        special = [(s, e) for s, e in found if fits(_with_sign(folded, s, e), folded[e : e + 6], question.measures) or _FOR_LIFE.fullmatch(folded[s:e])]
    elif kind == "when" and "点" in asked:
        special = found = [(s, e) for s, e in found if re.search(r"[时点:]", folded[s:e])]
    elif kind == "when" and "年" in asked:
        special = [(s, e) for s, e in found if "年" in folded[s:e]]
    elif kind == "when":
        special = [(s, e) for s, e in found if not re.search(r"[时点:]", folded[s:e])]
    return (special, True) if special else (found, False)


@lru_cache(maxsize=20_000)
def _in_digits(folded: str) -> str:
    """*folded* with its written-out numbers in plain digits: 六十家 is 60家."""
    end, parts = 0, []
    for number, start, stop in plain_numbers(folded):
        parts += [folded[end:start], number]
        end = stop
    return "".join([*parts, folded[end:]])


_AGE = re.compile(r"几岁|多大年纪|多大岁数|多少岁|多大了|年龄")


def _of_another(question: Question, folded: str, start: int, end: int) -> bool:
    """Whether an age stands with somebody else's name: in its sentence the nearest before it, or else after it, is not the one asked about."""
    asked = [u.text for u in question.units if u.name]
    begin = max(folded.rfind(stop, 0, start) for stop in "。!?;") + 1
    stops = [at for stop in "。!?;" if (at := folded.find(stop, end)) >= 0]
    sentence = folded[begin : min(stops, default=len(folded))]
    people = [(s + begin, sentence[s:e]) for s, e in names_in(sentence, "who")]
    nearest = max((one for one in people if one[0] < start), default=min(people, default=None))
    return bool(asked) and nearest is not None and any(name in folded for name in asked) and not any(name in nearest[1] or nearest[1] in name for name in asked)


_ORDINAL = re.compile(r"第(?:\d+|[一二三四五六七八九十百]+)[\u4e00-\u9fff]?|首[位个次届名家例]|倒数第[一二三四五六七八九十\d]+")
_CONTACT = re.compile(r"(?<!\d)(?:\d{3,4}-)?\d{7,11}(?!\d)|(?<!\d)400-?\d{3}-?\d{4}|[\w.+-]+@[\w.-]+\w|(?:https?://|www\.)[\w./-]+")
_ENDS_OF = {
    word: re.compile(ends)
    for word, ends in {"大学": "大学|学院", "学校": "大学|学院|中学|小学|学校|一中", "学院": "学院|大学", "中学": "中学|[一二三]中", "小学": "小学", "医院": "医院|卫生院", "银行": "银行", "报社": "报", "电视台": "台"}.items()
}
"""How the names end of what is asked for with 哪所, 哪家 and 哪个."""
_TWO = re.compile(r"[两二三四五六七八九十](?!分[之钟])[\u4e00-\u9fff]")
"""Small numbers in characters, which count as answers where they are counted in what is asked for: 两种 to 几种."""
_SENTENCED = re.compile(r"判|刑")
_FOR_LIFE = re.compile(r"无期徒刑|死刑")
_AGE_NOW = re.compile(r"(?:今年|现在|如今|目前).{0,4}(?:几岁|多大年纪|多大岁数|多少岁|多大了)|(?:几岁|多大年纪|多大岁数)了")
_AGE_THEN = re.compile(r"[^,。;]{0,8}(?:时|那年|起|开始)")
"""What follows an age of the past: 17岁在外打工时."""
_SAID = re.compile(r"话|说|讲|表示|提出|指出|认为")
_SAYING = re.compile(r"说|指出|表示|强调|认为|介绍|告诉|写道|称|坦言|回忆|要求")
_ORGANISATION = re.compile(r"公司|单位|机构|部门|组织|企业|哪[一两几]?家|媒体|学校|医院|队")
_OF_ORGANISATION = re.compile(r"(?:公司|集团|局|委|学院|中学|小学|卫生院|院|部|厅|社|队|厂|银行|大学|中心|协会|联合会|政府|商店|学校|医院|媒体|电视台|日报|晚报|网|合作社|基金会|残联|工会|法院|检察院|办|站)$")
_TITLED = re.compile(
    rf"(?:负责人|主任|书记|局长|县长|市长|镇长|乡长|村长|院长|校长|厂长|所长|站长|部长|科长|处长|理事长|董事长|秘书长|会长|队长|经理|主席|总裁|老板|店主|摊主|铺主|记者|教授|教师|老师|医生|律师|队员|选手|作者|创始人|发言人)"
    rf"([{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}?)(?=[^\u4e00-\u9fff]|$|说|介|表|告|认|指|今|在|是|的|坦|回|正|和|与|等|对|带|来|从|将|自|年|也|就|向|为|接)"
)
"""A surname with one or two characters after the word for an office or a trade."""
_OF_PLACE = re.compile(r"[省市县区州旗镇乡村街路岛山湖河江港湾庄屯号楼园场馆站国洲]$|中段|[东西南北中]部|交界|境内|附近|一带|市区|郊区")
_VAGUE_PLACE = frozenset(["山区", "地区", "农村", "乡村", "全县", "全市", "全省", "全国", "当地", "外地", "本地", "各地", "城市", "县城", "市区", "乡镇", "我国", "国家", "外国", "部门", "泉水", "社区", "园区", "景区", "城区", "小区", "现场", "市场", "农场", "全部", "内部", "外部", "大部", "局部", "网络", "上网", "政府", "办", "全会"])


_OF_PARTS = re.compile(r"(?:(?![由是的在和与对据向被让给叫从])[\u4e00-\u9fff]){1,5}(?:[·•・][\u4e00-\u9fffa-z.]{1,8}?)+(?=[^\u4e00-\u9fffa-z.·•・]|$|说|表示|是|在|的|和|与|、|执导|出演|主演|介绍|认为|指出|告诉)")
"""A foreign name of several parts."""


@lru_cache(maxsize=20_000)
def names_in(folded: str, kind: str, organisations: bool = False) -> tuple[Span, ...]:
    """The names in a folded text: people (and organisations where asked for) for `who`, places for `where`.

    Words that jieba tags as names, joined with the words before and after that belong to the same name.
    """
    tagged = default_cutter().tags(folded)
    if kind == "where" or organisations:
        return tuple(_joined(tagged, kind))
    people = [m.span() for m in _OF_PARTS.finditer(folded)]
    people += [span for m in _TITLED.finditer(folded) if not any(s < m.end(1) and m.start(1) < e for s, e in people) and (span := m.span(1))]
    for n, (word, tag, start, end) in enumerate(tagged):
        following = tagged[n + 1] if n + 1 < len(tagged) else None
        if tag.startswith("nr") and len(word) > 1:
            span = (start, end)
        elif word in SURNAMES and following and len(following[0]) <= 2 and following[1][0] in "anvzbitj" and following[0] not in FUNCTION_WORDS:
            span = (start, following[3])
        else:
            continue
        if not any(s < span[1] and span[0] < e for s, e in people):
            people.append(span)
    return tuple(sorted(people)) or names_in(folded, kind, True)


def _joined(tagged: Sequence[tuple[str, str, int, int]], kind: str) -> list[Span]:
    """Places, or organisations, each with the words before it that belong to its name."""
    found: list[Span] = []
    before_tags = "nzj" if kind == "where" else "njbzvaf"
    for n, (word, tag, start, end) in enumerate(tagged):
        if not (tag == "ns" or (_OF_PLACE.search(word) and tag[0] in "nzjq") if kind == "where" else _OF_ORGANISATION.search(word)):
            continue
        first = start
        for before, before_tag, s, e in reversed(tagged[:n]):
            if e != first or end - s > LONGEST_NAME or before_tag[0] not in before_tags or before in FUNCTION_WORDS:
                break
            first = s
        if found and found[-1][1] > first:
            first = min(first, found[-1][0]) if end - found[-1][0] <= LONGEST_NAME else first
            found.pop()
        found.append((first, end))
    return found
