"""A line of a page in, the people and the outlet its bylines and datelines name out.

Names are shown as they are printed; roles (记者, 通讯员, 见习编辑 ...) are taken off. A run of names without separators
(何某某王某) is kept as the run it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.pages import markers
from retrieval.pages.common import DOUBLE_SURNAMES, SURNAMES
from retrieval.text import fold

_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{1,8}(?:·[\u3400-\u9fff]{1,8}){1,3}")
_ROLE = (
    r"(?:本报|本刊|本网|本台|本社|特约|特派|全媒体|融媒体?|首席|见习|实习|资深|驻\S{1,4}|南方\+|新媒体|文字|摄影|高级|客户端)*"
    r"(?:记者|通讯员|通信员|实习生|撰稿人?|撰文|采写|特约(?:记者|作者|撰稿)|评论员|编译|作者|文图|图文|图/文|文/图|文并图|文字|采访|报道组|摄影|供稿|供图|编辑|责任编辑|责编|报道|报导|摄|文|图|整理|执笔|主笔|专栏作家|staff writers?|staff reporters?|reporters?|writers?|by)"
)
_ROLES = re.compile(rf"(?:^|(?<=[\s/|:,、()]))(?:{_ROLE})(?=[\s/|:,、()]|$)|^(?:{_ROLE})[\s:/|丨]*")
COLUMNS = frozenset(
    re.findall(
        r"\S+",
        "通讯员 通信员 时间 时评 时政 经济 文化 文学 文旅 文章 文字 文图 农业 农村 关注 关于 终审 项目 金额 安全 高清 海外 官方 来源 公告 公示 公司 应用 平台 空间 广告 水利 双语 相关 都市 施工 查看 阅读 包括 "
        "和谐 党建 党员 法治 方言 支部 支持 明日 经验 党务 宣传 万家 成果 荣誉 古镇 应急 师资 童谣 乐活 诸位 车站 商业 商务 向导 步行 居民 成长 曾经 时代 时尚 贺词 贺信 祝福 祝愿 幸福 强国 花絮 凤凰",
    )
)
"""Words that begin as surnames do: the names of columns, roles and labels that stand where a writer might."""
_SPLIT = re.compile(r"\s*[、,;/&|丨·•]\s*(?![\u3400-\u9fff]+·)|\s+(?:and|和|与)\s+|\s+")
_CODE = re.compile(r"_?\(?\b[a-z]{1,4}\d{2,}\)?|_[a-z0-9]+$|\b\d+\b", re.IGNORECASE)
_PLACES = "台北|新北|桃园|台中|台南|高雄|基隆|新竹|嘉义|苗栗|彰化|南投|云林|屏东|宜兰|花莲|台东|澎湖|金门|马祖|连江|北京|上海|天津|重庆|香港|澳门|广州|深圳|南京|杭州|武汉|成都|西安|华盛顿|东京|纽约|伦敦|巴黎"


@dataclass(frozen=True, slots=True)
class Byline:
    """What a byline or dateline says. `whole` is True where the line holds nothing else and is no paragraph."""

    authors: tuple[str, ...] = ()
    outlet: str | None = None
    whole: bool = False


def is_name(folded: str) -> bool:
    """Two to four Han characters that begin with a surname."""
    if not 2 <= len(folded) <= 4 or folded in COLUMNS or not re.fullmatch(r"[\u3400-\u9fff]+", folded):
        return False
    if folded[:2] in DOUBLE_SURNAMES:
        return len(folded) >= 3
    return folded[0] in SURNAMES and len(folded) <= 3 and not re.search(r"[报网社台刊]$", folded)


def names(text: str) -> tuple[str, ...]:
    """The names in a byline's value: 記者 溫晚橋、費某 is 溫晚橋 and 費某; a role or a code is no name."""
    look = fold(text)
    for aside in reversed([m for m in _ASIDE.finditer(look) if not all(map(is_name, re.split(r"[\s、]", m[1])))]):
        text, look = text[: aside.start()] + text[aside.end() :], look[: aside.start()] + look[aside.end() :]
    spans: list[tuple[int, int]] = []
    start = 0
    for match in re.finditer(r"[、,;/&|丨•()\[\]【】]|\s+and\s+|\s+", look):
        spans.append((start, match.start()))
        start = match.end()
    spans.append((start, len(look)))
    if not re.search(r"[\u3400-\u9fff]", look):
        return _latin_names(text)
    found: list[str] = []
    for begin, end in _merged(look, spans):
        whole = end
        begin, end = _without_role(look, begin, end)
        if re.match(r"[^:]{2,6}:", look[begin:end]) or look.startswith("发自", begin):
            continue  # another label's value; where they wrote
        if found and look[end:whole] in ("报导", "报道") and not is_name(look[begin:end]) or _OFFICE.search(look[begin:end]):
            continue  # where they report from; 某报全媒体记者 before the name
        piece = text[begin:end].strip(" :_-—")
        piece = _CODE.sub("", piece).strip()
        chinese = bool(re.search(r"[\u3400-\u9fff]", piece))
        if piece not in found and not markers.widget(look[begin:end]) and 2 <= len(piece) <= 16 and (chinese or re.fullmatch(r"[A-Za-z][A-Za-z.\-]{1,20}", piece)):
            found.append(piece)
    return tuple(found)


_ASIDE = re.compile(r"(?<=[\u3400-\u9fff])\(([^()]{1,20})(?:\)|$)")  # what somebody is, behind the name
_OFFICE = re.compile(r"[\u3400-\u9fff]{2}(?:记者|通讯员|评论员|撰稿人?)$")


def _merged(look: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spaced names (王 某) are printed with a blank inside: two single characters in a row are one name."""
    merged: list[tuple[int, int]] = []
    for begin, end in spans:
        if merged and end - begin == 1 and merged[-1][1] - merged[-1][0] == 1 and not look[merged[-1][1] : begin].strip():
            merged[-1] = (merged[-1][0], end)
        elif end > begin:
            merged.append((begin, end))
    return merged


_ROLE_START = re.compile(rf"(?:{_ROLE})[\s:/|丨]*")
_ROLE_END = re.compile(r"(?:摄影报道|摄影报导|文并图|图文报道|综合报道|(?<=[\u3400-\u9fff]{2})(?:报道|报导|摄影|摄|文|图|整理|采写|撰文))$")


def _without_role(look: str, begin: int, end: int) -> tuple[int, int]:
    while True:
        role = _ROLE_START.match(look, begin, end)
        if not role or role.end() == begin:
            break
        if role.end() < end and role.end() - begin == 1 and is_name(look[begin:end]):
            break  # 文某: a surname that is also a role
        begin = role.end()
    tail = _ROLE_END.search(look, begin, end)
    if tail and not (tail.group() == "文" and is_name(look[begin:end])):
        end = tail.start()
    return begin, end


def _latin_names(text: str) -> tuple[str, ...]:
    text = re.sub(r"^(?:by\s+)?(?:(?:[A-Za-z']+\s+){0,3}(?:writers?|reporters?|correspondents?|editors?)\s*:?\s+)?", "", text.strip(), flags=re.IGNORECASE)
    pieces = re.split(r"\s*(?:,|;|&|/|\band\b|、)\s*", text)
    return tuple(p for p in (re.sub(r"\s+", " ", p).strip(" .:-") for p in pieces) if 2 <= len(p) <= 40 and re.fullmatch(r"[A-Z][A-Za-z.'’-]*(?: [A-Z][A-Za-z.'’-]*){0,4}", p))


def account(text: str) -> tuple[str, ...]:
    """An editor's name as an office writes it in small letters: huaxia."""
    return (text.strip(),) if re.fullmatch(r"\s*[a-z]{3,16}\s*", text) else ()


# --- lines that are bylines and paragraphs that begin with one -----------------------------------------------------------

_BRACKET_RUN = re.compile(r"^[【〔\[(](?:本报)?记者(?P<run>[\u3400-\u9fff、]{4,16})(?:报导|报道|电)[】〕\])]")
_TAIWAN = re.compile(r"^[〔\[【(]?(?P<outlet>[\u3400-\u9fff]{2,8}?)?[\s/|∕\\]{0,3}(?:即时|地方|财经|运动)?(?:特派员|特约|驻地)?记者(?P<names>[^/∕╱\\〕\]】)]{2,30}?)[/∕╱\\]\s?(?:[\u3400-\u9fff]{2,12}?(?:报导|报道|电|摄影)[〕\]】)]?)(?P<rest>.{0,12})")
_TAIWAN_SPACED = re.compile(r"^(?:记者|特派员)\s(?P<names>[\u3400-\u9fff]{2,4}(?:\s[\u3400-\u9fff]{2,4}){0,3})[\s/]+(?:[\u3400-\u9fff]{2,6}[\s/]?)?(?:报导|报道)$")
_AGENCY = re.compile(r"^[(〔\[](?P<outlet>[\u3400-\u9fff]{2,6}社)?(?:驻\S{1,4})?记者(?P<run>[\u3400-\u9fff、]{4,16})(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:综合|外)?(?:电|专电|报导|讯)[)〕\]]")
_DATELINE = re.compile(r"^[【〔\[(]?(?P<outlet>[\u3400-\u9fff]{2,14})(?:\([^()]{2,30}\))?\s?(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日\s?(?:电|讯|消息|报道|专电)[】〕\])]?(?:\s?\((?:记者)?\s?(?P<names>[\u3400-\u9fff]{2,4}(?:[、\s][\u3400-\u9fff]{2,4})*)\))?")
_NEWS_FROM = re.compile(r"^[【〔\[(](?P<outlet>[\u3400-\u9fff]{2,8}?)(?:专讯|讯|消息|综合报道|快讯)[】〕\])]|^(?P<outlet2>[\u3400-\u9fff]{2,8}(?:报|网|社|台|在线|融媒|客户端))讯(?=[\s(,:]|记者|\d|[\u3400-\u9fff])")
_OWN = re.compile(r"^(?:本报|本刊|本网|本台|本社)")
_PAPER_SLASH = re.compile(r"^(?P<outlet>[\u3400-\u9fff]{2,6}(?:报|网|社|台|新闻|周刊|杂志))\s?/\s?(?:记者\s?)?(?P<names>[\u3400-\u9fff]{2,4}(?:[、\s][\u3400-\u9fff]{2,4})*)\s?/\s?\S{2,6}(?:报导|报道)")
_OUTLET_REPORTER = re.compile(r"^(?P<outlet>[\u3400-\u9fff]{2,10})\s?(?:驻[\u3400-\u9fff]{2,4}?)?(?:见习|实习|首席|特派|特约|全媒体|融媒体?)*(?:记者|通讯员)\s?[/:]?\s?(?P<names>[\u3400-\u9fff]{2,4}(?:[、\s][\u3400-\u9fff]{2,4}){0,4})(?:\s?(?:文/图|摄影报道|图文|文并图|报导|报道))?$")
_INLINE = re.compile(r"^(?:[^。]{0,40}?)[(〔](?:本报|本网|本台|全媒体|融媒体?|见习|实习|首席)*(?:记者|通讯员)\s?:?\s?(?P<names>[^()〔〕。]{2,50})[)〕]")
_INLINE_BARE = re.compile(r"^(?:本报讯|本网讯|本台消息|讯)?\s?(?:本报|本网|本台|全媒体|见习|首席|特约)*(?:记者|通讯员)\s?(?P<names>[\u3400-\u9fff]{2,4}(?:[、\s][\u3400-\u9fff]{2,4})*)\s?(?:通讯员\s?[\u3400-\u9fff]{2,4}(?:[、\s][\u3400-\u9fff]{2,4})*\s?)?(?:报道|报导|摄影报道)")
_OWN_DOMAIN = re.compile(r"^本报\((?P<domain>[\w.-]+\.\w+)\)(?:见习|特约|首席)?记者\s?(?P<names>[\u3400-\u9fff]{2,4}(?:[、\s][\u3400-\u9fff]{2,4})*?)\s(?:[\u3400-\u9fff]{2,6}\s?)?(?:报导|报道)")
_SQUARE = re.compile(r"^[■☉□●◎○]\s?(?P<names>.{2,60})$")
_LABEL = re.compile(r"^[(〔\[【]?\s?(?:(?:特约|本报|本网|本刊|本台|实习|见习|首席|全媒体|融媒体?)*(?:作者|记者|撰文|撰稿|采写|文字|通讯员|执笔|图文|文图|文/图|图/文|文并图|供稿|文)(?:[/.·、]图|/摄影|/摄|/片|并图)?)\s?(?:[:|丨/]\s?|\s(?=\S))(?P<names>[^。!?]{2,70}?)\s?[)〕\]】]?$")
_ENDS_ROLE = re.compile(r"^(?P<names>[\u3400-\u9fff\s、·/]{2,40}?)\s?(?:文/图|文/摄|图文|文图|文并图|摄影报道|摄影报导|图/文|/文|/图文|综合整理|采写|撰文|报道)$")
_BRACKETS = re.compile(r"^[(〔](?P<names>[^()〔〕。,!?]{2,40})[)〕]$")
_ENGLISH = re.compile(r"^by\s+(?P<names>.{3,80})$|^(?P<outlet>xinhua) writers?\s+(?P<names2>.{3,80})$")
_EDITED = re.compile(r"^\W?(?:责任编辑|责编|编辑)\s[\u3400-\u9fff]{2,4}\W?$")
_OUTLET_NAMES = re.compile(r"^(?P<outlet>[\u3400-\u9fff]{2,10})\s(?P<names>[\u3400-\u9fff]{2,4}(?:[\s、][\u3400-\u9fff]{2,4}){0,3})$")
_BRACKETED_OUTLET = re.compile(r"^【(?P<outlet>[\u3400-\u9fff]{2,10})】\s?\((?P<names>(?:记者|通讯员|作者)[^()]{2,30})\)$")
_NUMBERED = re.compile(r"[\u3400-\u9fff]{2,4}\s?[\d*]{1,3}(?:\s?[,、\s]\s?[\u3400-\u9fff]{2,4}\s?[\d*]{0,3}){0,7}")  # a paper's, by their offices
_CONTRIBUTED = re.compile(r"^(?P<names>.{3,80}?) (?:also )?contributed to (?:this|the) (?:story|report|article)\.?$")
_COLUMN = re.compile(r"^[\u3400-\u9fff·\s《》]{2,12}\s?[-–—|]\s?(?P<names>[\u3400-\u9fff]{2,4})$")
_IMAGE_ROLE = re.compile(r"(?:^|[\s/、,;|])(?:图|摄影|摄|供图|视频|制图|海报|图片|剪辑|配音|设计|美编|校对|审核|监制|编审|编辑|责编|值班|来源)\s?(?:[/:|丨]|\s)\s?[^\s/]{2,12}|(?<=\s)[\u3400-\u9fff]{2,4}(?:\s?(?:摄影?|供图)|/(?:图|视频))(?=$|\s)")


def byline(text: str, folded: str) -> Byline | None:
    """The people of a line that is a byline and nothing else, or None."""
    if len(folded) > 90 or _EDITED.match(folded):
        return None
    if match := _OWN_DOMAIN.match(folded):
        return Byline(names(_slice(text, match, "names")), None, len(folded) <= match.end() + 4)
    if match := _AGENCY.match(folded):
        return Byline(_before_place(_slice(text, match, "run")), _slice(text, match, "outlet") or None, len(folded) <= match.end() + 2)
    if match := _BRACKET_RUN.match(folded):
        return Byline(_before_place(_slice(text, match, "run")), None, len(folded) <= match.end() + 2)
    for form in (_PAPER_SLASH, _TAIWAN):
        if match := form.match(folded):
            return Byline(names(_slice(text, match, "names")), _slice(text, match, "outlet") or None, len(folded) <= match.end() + 2)
    if (match := _OUTLET_REPORTER.match(folded)) and re.search(OUTLET_END, match["outlet"]) and not _OWN.match(match["outlet"]):
        return Byline(_people(_slice(text, match, "names")), _slice(text, match, "outlet"), True)
    if (match := _OUTLET_NAMES.match(folded)) and re.search(OUTLET_END, match["outlet"]) and all(is_name(n) for n in re.split(r"[\s、]", match["names"])):
        return Byline(names(_slice(text, match, "names")), _slice(text, match, "outlet"), True)
    if match := _TAIWAN_SPACED.match(folded):
        found = names(_slice(text, match, "names"))
        if len(found) > 1 and (re.search(rf"(?:{_PLACES})$", fold(found[-1])) or not is_name(fold(found[-1])) or len(found[-1]) < len(found[0])):
            found = found[:-1]  # where they report from
        return Byline(found, None, True)
    if re.search(r"[。!?;](?!$)", folded):
        return None
    if match := _SQUARE.match(folded):
        value = _slice(text, match, "names")
        people = tuple(n for n in _people(value) if is_name(fold(n)))
        return Byline(people, None, True) if people and len(folded) <= 40 else None
    if match := _INLINE_BARE.fullmatch(folded):
        return Byline(names(_slice(text, match, "names")), None, True)
    if match := _LABEL.match(folded):
        value = _slice(text, match, "names")
        people = _people(value)
        if people and not re.search(r"[,。:!?]", fold(value).replace(":", "", 1)) and all(len(p) <= 12 for p in people):
            return Byline(people, None, True)
        return None
    if len(folded) <= 44 and (match := _ENDS_ROLE.match(folded)):
        people = _people(_slice(text, match, "names"))
        if people and any(is_name(fold(p)) for p in people):
            return Byline(tuple(p for p in people if is_name(fold(p))), None, True)
    if (match := _BRACKETED_OUTLET.match(folded)) and re.search(OUTLET_END, match["outlet"]):
        return Byline(_people(_slice(text, match, "names")), _slice(text, match, "outlet"), True)
    if match := _BRACKETS.match(folded):
        return _bracketed(_slice(text, match, "names"))
    if _CONTRIBUTED.match(folded):
        return Byline((), None, True)
    if match := _ENGLISH.match(folded):
        value = text[match.start("names") if match["names"] else match.start("names2") :]
        value = re.split(r",\s*(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|\d)|\sadjust font|\s?\|", value, maxsplit=1, flags=re.IGNORECASE)[0]
        people = _latin_names(value)
        return Byline(people, None, True) if people else None
    if re.fullmatch(r"(?:地方|社会|生活|国际|财经|体育|综合|政治|娱乐|影剧|文化)?(?:中心|组|新闻部|新闻中心)\s?/\s?[\u3400-\u9fff]{2,4}(?:报导|报道|电)", folded):
        return Byline((), None, True)
    if re.fullmatch(r"题\s?:.{2,60}|[\u3400-\u9fff]{2,6}(?:社|报|网|台)(?:记者|专稿|电)?", folded) and not is_name(folded) and (folded.startswith("题") or folded.endswith(("记者", "专稿", "电"))):
        return Byline((), None, True)
    if (match := _DATELINE.fullmatch(folded)) and not match["names"]:
        return Byline((), _agency_name(_slice(text, match, "outlet")), True)
    if _NUMBERED.fullmatch(folded) and all(is_name(n) for n in re.findall(r"[\u3400-\u9fff]+", folded)):
        return Byline(tuple(re.findall(r"[\u3400-\u9fff]+", text)), None, True)
    if is_name(folded) or re.fullmatch(r"[\u3400-\u9fff]{2,3}(?:[\s、][\u3400-\u9fff]{2,3}){1,4}", folded) and all(is_name(n) for n in re.split(r"[\s、]", folded)):
        return Byline(names(text), None, True)
    return None


def _before_place(run: str) -> tuple[str, ...]:
    """記者李某某花蓮縣: three characters are the name unless a known place leaves another number."""
    look = fold(run)
    place = re.search(rf"(?:{_PLACES})[县市]?$", look)
    return names(run[: place.start()] if place and place.start() >= 2 else run[: max(3, look.rfind("、") + 4)])


def _bracketed(value: str) -> Byline | None:
    """(X Y), (中国某网 图文/X), (通讯员 X Y 文/图): people, with the outlet where it stands first."""
    look = fold(value)
    slashed = re.match(r"^(?P<outlet>[\u3400-\u9fff]{2,12})\s(?:图文|文图|文|记者|通讯员|摄影)\s?[/:]?\s?(?P<names>[\u3400-\u9fff、\s]{2,30})$", look)
    if slashed and re.search(OUTLET_END, slashed["outlet"]):
        return Byline(_people(value[slashed.start("names") : slashed.end("names")]), value[: slashed.end("outlet")], True)
    role = re.search(r"记者|通讯员|作者|图文|文/图|文图|撰稿|供稿|特约", look)
    people = _people(value)
    if people and (role or all(is_name(fold(p)) for p in people)):
        named = tuple(p for p in people if is_name(fold(p))) if role else people
        return Byline(named or tuple(p for p in people if len(p) <= 4), None, True)
    return None


def _people(value: str) -> tuple[str, ...]:
    """The writers of a byline's value; photographers and film makers beside them are left out."""
    look = fold(value)
    cut = _IMAGE_ROLE.search(look)
    if cut and cut.start() >= 2:
        value = value[: cut.start()]
    places = re.search(r"\s(?:[\u3400-\u9fff]{2,4})?(?:报导|报道)$", fold(value))
    if places:
        value = value[: places.start()]
    return tuple(n for n in names(value) if not re.search(OUTLET_END, fold(n)) and not re.search(r"中心$|公司$|委会$|部$|局$|办$|台$", fold(n)))


def opening(text: str, folded: str) -> Byline | None:
    """The people and the outlet that the first paragraph opens with: 本报讯(记者 X), 新华社X10月15日电, 【明報專訊】."""
    head, look = text[:140], folded[:140]
    authors: tuple[str, ...] = ()
    outlet: str | None = None
    if match := _AGENCY.match(look):
        return Byline(_before_place(_slice(head, match, "run")), _slice(head, match, "outlet") or None)
    if match := _BRACKET_RUN.match(look):
        return Byline(_before_place(_slice(head, match, "run")), None)
    for form in (_PAPER_SLASH, _TAIWAN, _OWN_DOMAIN):
        if match := form.match(look):
            groups = match.groupdict()
            return Byline(names(_slice(head, match, "names")), _slice(head, match, "outlet") if groups.get("outlet") else None)
    if match := _DATELINE.match(look):
        value = _slice(head, match, "outlet")
        outlet = _agency_name(value)
        authors = names(_slice(head, match, "names"))
    elif match := _NEWS_FROM.match(look):
        outlet = _slice(head, match, "outlet" if match["outlet"] else "outlet2")
        if _OWN.match(fold(outlet)):
            outlet = None
    if match := _INLINE.match(look) or _INLINE_BARE.match(look):
        authors = _people(_slice(head, match, "names"))
    return Byline(authors, outlet) if authors or outlet else None


_DISPATCH = re.compile(r"^[【〔](?P<outlet>[\u3400-\u9fff]{2,8}(?:报|网|社|刊|台))专讯[】〕]")


def dispatch(text: str, folded: str) -> str | None:
    """The paper that 【某报专讯】 names: it wrote what follows, whoever shows it."""
    match = _DISPATCH.match(folded)
    return _slice(text, match, "outlet") if match and not _OWN.match(folded[1:]) else None


def _agency_name(value: str) -> str | None:
    """新华社南昌 is 新华社: the place after the outlet's own ending is cut off."""
    look = fold(value)
    if _OWN.match(look):
        return None
    match = re.match(r"[\u3400-\u9fff]{1,8}?(?:通讯社|社|新闻网|网|日报|晚报|早报|晨报|时报|商报|都市报|报|电视台|广播|在线|客户端|新闻)", look)
    return value[: match.end()] if match else None


OUTLET_END = r"(?:日报|晚报|早报|晨报|时报|商报|都市报|周报|快报|导报|青年报|农民报|报社|[^海简情公举播汇填申上]报|新闻网|[^互关上官]网|网站|在线|电视台?|广播电台|电台|卫视|通讯社|[^会旅合]社|周刊|周末|月刊|杂志|(?<![\u3400-\u9fff]{5})发布|新闻|客户端|频道|传媒|融媒体?|融媒体中心|观察|时讯|热线|之声|之窗|论坛|热线|daily|times|news|post|herald|xinhua|weekly|online|review)$"
"""How a Chinese or English outlet's name ends; never enough alone, always together with its place on the page."""


def _slice(text: str, match: re.Match[str], group: str) -> str:
    start, end = match.span(group)
    return text[start:end].strip() if start >= 0 else ""


# --- editors -----------------------------------------------------------------------------------------------------------

_EDITOR = re.compile(r"(?:责任编辑|责编|见习编辑|实习编辑|执行编辑|网络编辑|本期编辑|值班编辑|责任主编|执行主编|新媒体编辑|微信编辑|总编辑|编辑|主编|编审|(?<![a-z])editors?)\s?(?:[:|丨/]\s?|\s(?=[\u3400-\u9fff]{2,4}(?:[\s)\]】]|$)))")
_NEXT_ROLE = re.compile(r"\s*[/|丨,;()\[\]【】]?\s*(?:责任编辑|责编|编辑|主编|编审|责任主编|见习编辑|执行编辑|实习编辑|校对|审核|审签|监制|终审|初审|复审|一审|二审|三审|来源|作者|记者|值班|美编|美术|版式|组版|视觉|统筹|策划|海报|出品|排版|责校|图片|摄影|制作|总监制|签发|投稿|电话|邮箱|字体|字号|纠错|打印|关闭|分享|点击|时间|阅读|浏览|\d{4}[-年])")


def editors(text: str, folded: str) -> tuple[str, ...]:
    """The editors a line names, without their roles, in the order printed; proof-readers and supervisors are none."""
    if len(folded) > 200:
        return ()
    found: list[str] = []
    for match in _EDITOR.finditer(folded):
        if "总编辑" in match.group():
            continue
        rest = folded[match.end() :]
        stop = _NEXT_ROLE.search(rest)
        closing = re.search(r"[\])】〕。]", rest)
        end = min(stop.start() if stop else len(rest), closing.start() if closing else len(rest), 60)
        value = text[match.end() : match.end() + end]
        for name in names(value) or account(value):
            if name not in found and not _OWN.match(fold(name)):
                found.append(name)
    return tuple(found)
