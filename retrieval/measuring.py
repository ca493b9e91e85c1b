"""A question about an amount in, what the amount would be counted in out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from retrieval.records import Span
from retrieval.wording import CLASSIFIERS, COUNTED, FUNCTION_WORDS, MEASURES, PROPERTIES, SAME_MEASURE

Word = tuple[str, int, int]
"""A folded word and where it stands."""

ORDINAL = "第"
"""The measure of what is asked with 第几."""
CERTAIN = frozenset(["元", "人", "岁"])
"""First measures of what is always told in its own: money, people, ages. Lengths and weights have too many."""
CONTACT = "联系"
"""The measure of a telephone number, an address on the net and the like."""
PROPERTY_REACH = 8
"""Characters before a bare 多少 in which the property stands that it asks for."""
NOUN_REACH = 6
"""Characters after 多少 in which stands what is counted."""

_CONTACT = re.compile(
    r"(?<![个次通部台打])(?:电话|手机|热线|传真|微信|qq|邮箱|邮编|邮政编码|电子邮件|网址|身份证|车牌|联系方式|联系方法)(?:号码?|地址)?(?:是|为|有)?(?=多少|几|什么|啥|[?呢]|$)"
)
_ASKED_COUNT = re.compile(r"多少|几多|哪几|几")
_MORE = re.compile(r"^(?:个(?!月)|多(?=[大长高重宽深远久快厚]))?")
_SCALE = re.compile(r"^[十百千]?[万亿](?=[\u4e00-\u9fff])")
PEOPLE = "(?:[人者员生工童手师兵客友士众]|(?<!国)民|(?<![国商厂农店大全各东住买])家|孩子|子女|儿子|女儿|兄弟|姐妹|姊妹|代表|干部|教授|专家|党员)"
"""How the words for people end."""
_PEOPLE = re.compile(f"{PEOPLE}$")
_GROUPED = re.compile(r"[户村县镇乡省市国家所]$")
_SHARE = re.compile(r"(?<!表)率(?![领先队团])|占比|比重|百分[之比]|占[^,。]{0,14}几成")
_GROWTH = re.compile(r"[涨增降跌升减](?:长|加|幅|少|低|高|了)*(?:多少|几)")
"""What grows or falls by so much does it by a share, too."""
_ASKED_ORDINAL = re.compile(r"第几|第多少")
_BARE = re.compile(r"(?:是|为|有|达|达到|大约|大概|约)?(?:多少|几多)(?:[?了呢啊]|$|一[平斤吨个年月天次晚户人张]|每)")
_PROPERTIES = [(re.compile(noun), counted_in.split("|")) for noun, counted_in in PROPERTIES]
_AGE = re.compile(r"年纪|岁数|年龄|多大了")
_PLACE = re.compile(r"[省市县区州镇乡村国岛湖山港湾园场厂馆楼校]$")
_YEARS = ("岁", "周", "个月")


def asked_contact(folded: str) -> Span | None:
    """Where a question asks for a telephone number, an address on the net or the like."""
    found = _CONTACT.search(folded) if "哪" not in folded else None
    return found.span() if found else None


def apart(words: Sequence[Word], folded: str, knows: Callable[[str], bool]) -> list[Word]:
    """*words* with a measure word after 多少 or 几 apart from what it counts, where both were read as one that no dictionary *knows* (头猪)."""
    ends = [asked.end() for asked in _ASKED_COUNT.finditer(folded)]
    result: list[Word] = []
    for word, start, end in words:
        at = next((at for at in ends if start <= at < end), end)
        counted = word[at - start :]
        measure = COUNTED.match(counted) if len(counted) > 1 and (not knows(counted) or counted in GLUED) else None
        if measure and measure.end() < len(counted):
            cut = at + measure.end()
            result += [(word[: at - start], start, at)] * (at > start) + [(measure[0], at, cut), (counted[measure.end() :], cut, end)]
        else:
            result.append((word, start, end))
    return result


GLUED = frozenset(["层楼", "辆车", "首歌", "本书", "句话", "件事", "家人", "批货", "把伞", "朵花"])
"""Words of the dictionary that are a measure word and what it counts."""


def idle(words: Sequence[Word], folded: str) -> list[Span]:
    """The classifiers between 多少 and what is counted, and 钱 after it: they say nothing of it, and no text calls money so."""
    ends = {asked.end() for asked in _ASKED_COUNT.finditer(folded)}
    return [
        (start, end) for (word, start, end), (following, begin, _) in zip(words, words[1:], strict=False)
        if start in ends and word in CLASSIFIERS and begin == end and following not in FUNCTION_WORDS and following[0].isalpha()
    ] + [(start, end) for word, start, end in words if start in ends and word == "钱"]  # fmt: skip


def measures(folded: str, words: Sequence[Word], people: bool = False) -> tuple[str, ...]:
    """The measure words an amount would be counted in; empty where the question does not say.

    多少 and 几 are followed by a measure word (多少户), by what is counted (多少残疾人) or by what is measured (多少学费).
    *people* tells whether somebody is named, whose 多大 is an age.
    """
    if asked_contact(folded):
        return (CONTACT,)
    if _ASKED_ORDINAL.search(folded):
        return (ORDINAL,)
    found: list[str] = []
    for asked in _ASKED_COUNT.finditer(folded):
        found += _counted(folded, asked.end(), words, one_by_one=asked[0].endswith("几") or folded.startswith("个", asked.end()))
    for noun, counted_in in MEASURES.items():
        if noun not in ("人", "家", "次") and re.search(rf"(?:多少|几多|多|几){noun}(?!数民族)", folded) or (noun in ("钱", "比例") and noun in folded):
            found += _old(folded, people) if noun == "大" else counted_in.split("|")
    if _SHARE.search(folded):
        found += MEASURES["比例"].split("|")
    if bare := _BARE.search(folded):
        found += _property(folded[max(0, bare.start() - PROPERTY_REACH) : bare.start()])
    if found and _GROWTH.search(folded):
        found += MEASURES["比例"].split("|")
    return tuple(dict.fromkeys(found))


def _old(folded: str, people: bool) -> list[str]:
    """What 多大 is counted in: years for somebody, and never for a place."""
    every = MEASURES["大"].split("|")
    before = folded[: folded.index("多大")].removesuffix("有")
    if _AGE.search(folded):
        return MEASURES["岁"].split("|")
    if _PLACE.search(before):
        return [each for each in every if each not in _YEARS]
    return MEASURES["岁"].split("|") if people and _ALONE.search(folded) else every


_ALONE = re.compile(r"^[\u4e00-\u9fff·]{2,4}(?:今年|现在)?多大(?:[?了呢啊]|$)")


def _property(text: str, whole: bool = False) -> list[str]:
    """What the last property in *text* is counted in; with *whole*, only where the text ends with it."""
    if "占" in text:
        return []
    at = [(m.end(), counted_in) for pattern, counted_in in _PROPERTIES for m in pattern.finditer(text) if not whole or m.end() == len(text)]
    return max(at)[1] if at else []


def _counted(folded: str, at: int, words: Sequence[Word], one_by_one: bool) -> list[str]:
    """What the things after 多少 or 几, which end *at*, are counted in; *one_by_one*, as after 几, they are no goods that are weighed or priced."""
    more = _MORE.match(folded[at:])
    begin = at + (more.end() if more else 0)
    if scale := _SCALE.match(folded[begin:]):
        begin += scale.end()
    elif folded[begin : begin + 1] in ("亿", "万"):
        return [folded[begin]]
    rest = folded[begin:]
    known = COUNTED.match(rest)
    if known and (len(known[0]) > 1 or len(rest) == 1 or scale or not any(s == begin and e > begin + 1 for _, s, e in words)):
        return [known[0], *SAME_MEASURE.get(known[0], ())]
    nouns = [w for w, s, _ in words if begin <= s < begin + NOUN_REACH and w not in FUNCTION_WORDS][:2]
    noun = next((w for w in nouns if _PEOPLE.search(w)), nouns[0] if nouns else "")
    if not noun:
        return []
    if _PEOPLE.search(noun):
        return [*MEASURES["人"].split("|"), *([noun] if begin == at else [])]
    if property := _property(noun, whole=True):
        return property
    if _GROUPED.search(noun):
        return [noun[-1], "个"]
    return [*CLASSIFIERS, noun] if one_by_one and folded.startswith(noun, begin) else []
