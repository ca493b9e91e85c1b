"""A folded sentence in, the spans in it that could answer a question of some type out."""

from __future__ import annotations

import re
from functools import cache

from retrieval.records import Span

_ARABIC = r"\d[\d,]*(?:\.\d+)?(?:[-~—至到]\d[\d,]*(?:\.\d+)?)?"
_HAN_NUMBER = r"[零〇一二两三四五六七八九十百千]+(?:点[零〇一二三四五六七八九]+)?"
_SCALE = r"(?:[十百千]?[万亿兆]|[百千])"
_UNIT = (
    r"(?:%|‰|℃|°c?|人次|平方公里|平方千米|平方米|平方英里|立方米|公里|千米|公顷|公斤|千克|公尺|英尺|英里|厘米|公分|毫米|个百分点|百分点|美元|港元|欧元|日元|英镑|"
    r"小时|分钟|个月|周岁|世纪|千瓦|兆瓦|kw|gb|tb|mb|km|cm|mm|kg|个|名|位|人|户|家|所|座|条|只|头|件|辆|架|艘|台|部|间|栋|层|亩|吨|斤|克|米|里|元|块|角|岁|天|日|周|年|次|届|场|回|轮|期|种|类|项|款|篇|本|册|张|份|支|批|套|处|片|棵|株|枚|颗|粒|瓶|杯|碗|箱|袋|艇|门|口|对|双|组|队|班|级|成|倍|分|度|秒|笔|单|例|起|宗|声|步|村|镇|县|省|市|国|人份|席|票|球|集|首|部|万|亿)"
)
AMOUNT = re.compile(
    rf"百分之{_HAN_NUMBER}|(?:{_ARABIC}|(?<!第)(?:{_HAN_NUMBER}|几|数)(?={_SCALE}|余|多|[来几]?{_UNIT})){_SCALE}?(?:余|多|来|几)?{_SCALE}?(?:余|多)?{_UNIT}?"
)
WEAK = re.compile(r"[一两](?:个|种|名|位|家|条|些|次|份|项|场|件|座|所|块|天|年|人|部|张|片|批|支|套|部分|样|下|点|边|面|起|直|般|定)")
"""Numbers that mostly count nothing: 一个, 一种, 一次."""
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d(?:年|[至到-]\d{4}年)|\d{1,2}日")
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
WHEN = re.compile(
    r"(?:(?:19|20)\d\d年?(?:\d{1,2}月)?(?:至|到|-|—|~)(?:(?:19|20)\d\d年?)?(?:\d{1,2}月)?(?:\d{1,2}日)?(?<=\d[年月日])|(?:19|20|1[0-8])\d\d年?(?:代)?(?:\d{1,2}月(?:份)?)?(?:\d{1,2}[日号])?(?:前|后|起|以来|底|初|末|至今)?|前?\d{1,4}年(?:代)?(?:\d{1,2}月(?:\d{1,2}[日号])?)?|\d{1,2}月(?:份)?(?:\d{1,2}[日号])?(?:前|后|起|底|初)?|"
    r"[一二三四五六七八九十〇零○]{2,4}年(?:[一二三四五六七八九十]{1,2}月)?(?:[一二三四五六七八九十]{1,3}日)?|\d{1,2}世纪(?:\d{1,2}年代|初|末|中期)?|"
    r"\d{1,2}[日号]|\d{1,2}岁|[上下凌清傍]?[午晨晚]\d{1,2}[点时]|\d{1,2}[点时]\d{0,2}分?|去年|今年|前年|昨天|今天|当年|同年|春节|国庆|元旦|周[一二三四五六日末]|星期[一二三四五六日]|[春夏秋冬]季|[一二三四五六七八九十]+月)"
)
WHERE = re.compile(r"[\u4e00-\u9fff]{2,12}?(?:省|市|县|区|州|镇|乡|村|路|街|岛|山|河|湖|江|港|国|旗|大学|医院|中心|广场|公园|学校|站|厂|馆|寺|部|北|南|东|西|段|边|旁)")
WHO = re.compile(
    r"[\u4e00-\u9fff]{2,16}?(?:公司|集团|局|会|院|部|厅|委|社|队|厂|银行|大学|中心|协会|政府|商店|学校|医院|媒体|电视台|日报|网)|"
    r"(?:[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴郁胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公][\u4e00-\u9fff]{1,2})(?![\u4e00-\u9fff]{0}省)|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,6}"
)
WHY = re.compile(r"因为|由于|原因|所以|为了|因此|以便|以免|导致|使得|之所以|因[^\w]|因而|目的|出于|造成|引起|减轻|鉴于|受[^，。]{1,8}影响")
HOW = re.compile(r"通过|采取|采用|利用|借助|依托|按照|以[^，。]{1,12}(?:方式|形式|模式)|方法|办法|措施|建立|开展|实行|推行|机制|先后|首先")
WHAT = re.compile(r"是指|即|就是|叫做|称为|名为|取名|被称|所谓|又称|简称|指的是|是一")

_BY_KIND = {"amount": AMOUNT, "when": WHEN, "where": WHERE, "who": WHO, "why": WHY, "how": HOW, "what": WHAT}


def spans(folded: str, kind: str) -> list[Span]:
    """Where *folded* could answer a question of this *kind*; empty for kinds without a shape of their own."""
    pattern = _BY_KIND.get(kind)
    if pattern is None:
        return []
    found = [match.span() for match in pattern.finditer(folded)]
    if kind == "amount":
        found = [(s, e) for s, e in found if not WEAK.fullmatch(folded[s:e]) and not _YEAR.match(folded[s:e])]
    return found


@cache
def _counted(measures: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(measures, key=len, reverse=True))))


def fits(span_text: str, following: str, measures: tuple[str, ...]) -> bool:
    """Whether an amount is counted in one of *measures*: the unit within the span or in the characters that follow it."""
    if not measures:
        return True
    return bool(_counted(measures).search(span_text.lstrip("0123456789.,") + following[:2]))
