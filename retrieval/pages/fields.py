"""A header or footer line in, the fields it states out: 发布日期:…来源:…作者:… , `date outlet`, `outlet date`, a newspaper's stamp.

A label without a value is nothing, never the label after it. Unknown labels end the value before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from retrieval.pages import dates, firsts, markers, people
from retrieval.text import fold

_KINDS = {
    "published": "发布日期 发布时间 张贴日期 张贴时间 公告日期 公告时间 刊载日期 发表时间 发表日期 发稿时间 发稿日期 发布于 发表于 刊发时间 刊发日期 刊登日期 刊登时间 上网日期 上网时间 公布日期 公布时间 上稿时间 出版日期 出版时间 见报日期 发文时间 首发时间 上传时间 published publishdate pubdate posted",
    "dated": "时间 日期 文章日期 加入时间 添加时间 添加日期 录入时间 录入日期 稿件时间 创建时间 提交时间 文章时间 发布 发表 date time 发帖时间",
    "updated": "最后更新 最后更新时间 最后更新日期 最近更新 更新时间 更新日期 更新 修改时间 修改日期 更新于 updated lastupdated",
    "signed": "成文日期 成文时间 发文日期 印发日期 签发日期",
    "other date": "收稿日期 修回日期 接受日期 录用日期 截止日期 截止时间 生效日期 失效日期 有效期 抓取时间 采集时间 网络首发 活动时间 演出时间 开放时间 会议时间",
    "outlet": "来源 稿源 信息来源 文章来源 新闻来源 稿件来源 内容来源 消息来源 媒体来源 资料来源 来源于 来源网站 出处 文章出处 发布单位 上稿单位 发稿单位 张贴单位 提供单位 资料提供 发布机构 发布部门 发文单位 发文机关 发文机构 发文部门 制发机关 发布机关 供稿单位 来稿单位 信息提供 刊名 期刊 报纸 媒体 转自 转载自 摘自 选自 来自 source from",
    "author": "作者 原创 作家 撰文 撰稿 撰稿人 采写 记者 本报记者 通讯员 特约记者 文/图 图文 文图 图/文 文.图 文·图 文、图 文字 文 执笔 采访 作者姓名 文章作者 记者署名 author by reporter writer",
    "supplier": "供稿 供稿人",
    "editor": "责任编辑 责编 编辑 见习编辑 实习编辑 执行编辑 主编 编审 责任主编 网络编辑 editor",
    "people": "录入 录入员 录入者 录入人 审核 审核人 校对 审签 监制 发布人 发布者 发布员 上传 上传者 信息员 签发 责校 美编 排版 图片 摄影 图 供图 摄 投稿 终审 初审 复审 制作 剪辑 联系人 电话 邮箱 地址 网址 热线",
    "title": "标题 题目 文章标题 新闻标题 名称",
    "count": "阅读 阅读量 阅读数 阅读次数 浏览 浏览量 浏览数 浏览次数 点击 点击量 点击数 点击率 点击次数 访问 访问量 访问次数 点阅 点阅数 点阅率 人气 热度 评论 评论数 回复 查看 字数 views hits",
    "other": "原标题 原题 原文标题 字号 字体 大小 字体大小 关键词 关键字 标签 分类 类别 栏目 所属栏目 频道 索引号 文号 发文字号 主题词 主题分类 版次 版面 摘要 导读 核心提示 提要 分享 收藏 打印 语言 地区 状态 发布状态 体裁 期号 公开方式 公开范围 信息分类 组配分类 看板 附件 备注 tags keywords adjustfontsize",
}
_LABELS = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_NAMES = "|".join(sorted((r"\s?".join(w) if len(w) == 2 and w >= "一" else re.escape(w) for w in _LABELS), key=len, reverse=True))
_LABEL = re.compile(rf"(?:\[|【)?(?P<label>{_NAMES})(?:\]|】)?\s?[:](?!//)|(?:【|\[(?=[^\]]{{3}}))(?P<bracketed>{_NAMES})[】\]]|(?P<joined>发布于|更新于|刊登于|发表时间|发布时间|更新时间|最后更新|最后修改|(?<![\u3400-\u9fff])(?:发布|更新|修改|首发)|(?<![a-z])(?:updated|published|posted)(?: on)?)\s(?=\d{{4}}|[a-z]{{3}}[a-z.]* \d)", re.IGNORECASE)
_BAR_LABEL = re.compile(r"(?:^|(?<=[\s|/]))(?P<label>作者|编辑|责编|责任编辑|来源|记者|文|撰文|主编|编审)\s?[|丨/]\s?(?=[^\s|])")
_UNKNOWN = re.compile(r"\s[\u3400-\u9fff]{2,6}\s?:")
_STAMP = re.compile(r"[《〈](?P<outlet>[^《》〈〉]{2,16})[》〉]\s?\(?\s?(?P<inner>[^()]{6,40}?)(?:第?\s?[a-z]?\d{1,3}\s?版[^)]{0,10})\)?")
_EDITION = re.compile(r"第?\s?[a-z]?\d{1,3}\s?版(?:\s?[:：]\s?\S{1,8})?")
_EDITION_NOW = re.compile(r"^[当當]前\s?[:：]\s?[A-Za-z]?\d{0,3}\s?[(（]?\s?$")
_BY = re.compile(r"(?i:\bby)\s+((?:(?i:staff (?:writer|reporter)s?|our (?:reporter|correspondent))\s+)?[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+){1,3}(?:(?:,| and)\s+[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+){1,3}(?!\s?\d))*)")
_FORUM = re.compile(r"发表于\s?\d|最后由.{1,20}于|本帖|发表时间.*只看|只看该作者|^\d+#|\d+楼|^(?:\S{1,16}\s)?发表于")
_TRIM = " \t|｜丨/\\-—–:;,，。()[]【】〔〕<>»·•_~*#"
_FROM = re.compile(r"(?:转载?自|摘自|选自|原载于?|来自|(?:文章|内容|信息|稿件)?来源[于自])[:《]?")
_ROLE_NAME = re.compile(r"(?:本报|特约|见习|实习)?(?:记者|作者|撰文|通讯员)\s?(?=[\u3400-\u9fff]{2,4}$)")
_REPORTED = re.compile(r"[\u3400-\u9fff]{2,6}(?:报道|报导|专电|电)")
_OFFICES = r"(?:站|局|中心|办|委|部|校|院|馆|所|政府|会|队|社|公司|厂|组)$"  # how a supplier's name ends that is no person's
_GATHERED = re.compile(r"^(?:本文|内容)?(?:综合|整理|编译|摘编|改编|转载|转|摘|选)自\s?:?\s?(?P<outlet>[^。!?]{2,30})$")
_REPORTER = re.compile(r"\s(?:本报|见习|实习|首席|全媒体|特约|特派)*(?:记者|通讯员)\s(?=[\u3400-\u9fff]{2,4}(?:\s|、|$))")
_STATE_WORDS = re.compile(r"更新|发布|发表|修改|上稿|出版|最后|编辑|于|来源|作者|记者|时间|日期|updated|by|on|at|last|posted|published")
_OWN = ("dated", "outlet", "glued", "bare")  # how a date stands that is the page's own unless the line says otherwise
_PLACE = re.compile(r"^(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)$")


@dataclass
class Stated:
    """What one line states. `dated` says how a date stands there: published, dated, updated, signed, outlet, bare, stamp, glued."""

    number: int
    when: list[tuple[str, dates.Found]] = field(default_factory=list)
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    title: str | None = None
    waiting: str | None = None  # the kind of a last label without a value: its value may be the next line
    labels: int = 0
    unknown: str | None = None  # why its date is none: relative, no year ...

    @property
    def empty(self) -> bool:
        return not (self.when or self.outlet or self.authors or self.editors or self.title or self.labels or self.unknown)


def state(number: int, text: str, folded: str, today: date) -> Stated:
    """What the line *text* states as a header or footer line would; an empty Stated for a line that states nothing."""
    stated = Stated(number)
    if len(folded) > 240 or "。" in folded:
        return stated  # a sentence with a colon in it
    if gathered := _GATHERED.match(folded):
        stated.outlet, found = _outlet_value(text[gathered.start("outlet") :], gathered["outlet"], today)
        stated.when = [("outlet", one) for one in found]
        stated.labels = 1
        return stated
    marks = _labels(folded)
    stated.labels = len(marks)
    end = marks[0][0] if marks else len(folded)
    if marks:
        _labelled(stated, text, folded, marks, today)
    if end > 0:
        _unlabelled(stated, text[:end], folded[:end], today, alone=not marks)
    if any(kind in _OWN for kind, _ in stated.when) and firsts.first_publication(folded, today):
        stated.when = [("first publication" if kind in _OWN else kind, found) for kind, found in stated.when]
    return stated


def _labels(folded: str) -> list[tuple[int, int, str]]:
    """Start, end and kind of each label, in order."""
    found = [(m.start(), m.end(), _kind(m)) for m in _LABEL.finditer(folded)] if re.search(r"[:【\[]|[于新d间布改发] \d|[dn] [a-z]{3}", folded) else []
    for m in _BAR_LABEL.finditer(folded) if re.search(r"[|丨/]", folded) else ():
        if not any(start <= m.start() < end for start, end, _ in found):
            found.append((m.start(), m.end(), _LABELS[m["label"]]))
    return sorted(found)


def _kind(match: re.Match[str]) -> str:
    if joined := match["joined"]:
        return "updated" if re.search("更新|修改|updated", joined) else "published"
    return _LABELS[re.sub(r"\s", "", match["label"] or match["bracketed"])]


def _labelled(stated: Stated, text: str, folded: str, marks: list[tuple[int, int, str]], today: date) -> None:
    for i, (_, begin, kind) in enumerate(marks):
        end = marks[i + 1][0] if i + 1 < len(marks) else len(folded)
        unknown = _UNKNOWN.search(folded, begin, end)
        if unknown and unknown.start() > begin:
            end = unknown.start()
        value, look = text[begin:end].strip(), folded[begin:end].strip()
        if not re.search(r"\w", look):
            if i + 1 == len(marks):
                stated.waiting = kind
            continue
        if kind in ("published", "dated", "updated", "signed", "other date"):
            _dated(stated, kind, value, look, today)
        elif kind == "outlet":
            outlet, rest = _outlet_value(value, look, today)
            stated.outlet = stated.outlet or outlet
            stated.when += [("outlet", f) for f in rest]
            if reporter := _REPORTER.search(look):
                stated.authors += tuple(n for n in people.names(_until_bar(value[reporter.end() :])) if people.is_name(fold(n)) and n not in stated.authors)
        elif kind == "supplier" and re.search(_OFFICES, look):
            stated.outlet = stated.outlet or _outlet_value(value, look, today)[0]
        elif kind in ("author", "supplier"):
            value = _without_pictures(value)
            names = people.names(_until_bar(dates.RELATIVE.sub(" ", value) if dates.RELATIVE.search(look) else value))
            if kind == "supplier":
                names = tuple(n for n in names if people.is_name(fold(n)))
            if (relative := dates.RELATIVE.search(look)) and len(names) > 1:
                stated.unknown = f"relative: {relative.group()}"
                stated.outlet, names = stated.outlet or names[-1], names[:-1]  # an account's line: author, account, 昨天
            stated.authors += tuple(n for n in names if n not in stated.authors)
        elif kind == "editor":
            stated.editors += tuple(n for n in people.names(_until_bar(value)) or people.account(value) if n not in stated.editors and not re.match(r"本[报刊网站台]", fold(n)))
        elif kind == "title":
            stated.title = value
        if kind in ("author", "editor", "count", "people"):
            stated.when += [("outlet", f) for f in dates.find(look, today) if f.iso]


def _without_pictures(value: str) -> str:
    """An author's value up to where those who took the pictures are named: 文/X 图/Y."""
    cut = people._IMAGE_ROLE.search(fold(value))
    return value[: cut.start()] if cut and cut.start() >= 2 else value


def _until_bar(value: str) -> str:
    """A value up to where buttons, counts, codes or a date begin."""
    look = fold(value)
    match = re.search(r"\s{2,}|\d{4}-\d|\s(?:字号|字体|打印|分享|收藏|点击|浏览|阅读)|[)\]】]|\s[|]\s|_", look)
    return value[: match.start()] if match and match.start() >= 2 else value


def _dated(stated: Stated, kind: str, value: str, look: str, today: date) -> None:
    found = dates.find(look, today)
    if found and found[0].start <= 12:
        stated.when.append((kind, found[0]))
        rest = value[found[0].end :].strip(_TRIM)
        beside = _header_rest("", " " + rest) if rest else None
        if beside:
            stated.outlet = stated.outlet or (beside[0] if beside[0] and len(beside[0]) >= 3 else None)
            stated.authors += tuple(n for n in beside[1] if n not in stated.authors)
    elif why := dates.why_unknown(look):
        stated.unknown = stated.unknown or why


def _outlet_value(value: str, look: str, today: date) -> tuple[str | None, list[dates.Found]]:
    found = [f for f in dates.find(look, today) if f.iso]
    cut = min((f.start for f in found), default=len(value))
    issue = dates.ISSUE.search(look)
    if issue and issue.start() < cut and found:
        cut = max(cut, issue.end())
    name = _remainder(value[:cut])
    if name is None and found and cut == 0:
        name = _remainder(value[found[0].end :])
    return name, found


def _unlabelled(stated: Stated, text: str, look: str, today: date, *, alone: bool) -> None:
    """The part of a line that stands before its first label, or a line without labels."""
    if stamp := _STAMP.search(look):
        stamped = dates.first(stamp["inner"], today)
        if stamped:
            stated.when.append(("stamp", stamped))
            stated.outlet = stated.outlet or text[stamp.start("outlet") : stamp.end("outlet")].strip()
            return
    if (len(look) > 100 if alone else len(look) > 160) or dates.CLOCK.search(look) or alone and re.search(r"。|[,;]$|[^\s]{8},[^\s]{6}", look):
        return  # a sentence that speaks of a date
    found = dates.find(look, today)
    if not found:
        if alone and len(look) <= 40 and (why := dates.why_unknown(look)) and not why.startswith("issue"):
            left = dates.YEARLESS.sub(" ", dates.RELATIVE.sub(" ", look))
            if len(left.strip(_TRIM)) <= 14:
                stated.unknown = why
                rest = _header_rest(_strip_yearless(text, look), "")
                if rest and not re.search(r"日\s?[电讯]", look) and not (re.search(r"来自|发自", look) and not re.search(people.OUTLET_END, fold(rest[0] or ""))):
                    stated.outlet, stated.authors = stated.outlet or rest[0], stated.authors or rest[1]
        elif not alone and stated.outlet is None and stated.when and not re.search(r"[\u3400-\u9fff]", look) and (by := _BY.match(text.strip())):
            stated.authors = stated.authors or people.names(by[1])
            beside = [piece.strip(_TRIM) for piece in text.strip()[by.end() :].split("|")]
            stated.outlet = next((piece for piece in beside if 2 < len(piece) <= 40 and re.search(people.OUTLET_END, fold(piece))), None)
        elif not alone and stated.outlet is None and (stated.when or stated.authors) and len(look.strip(_TRIM)) <= 16:
            name = _remainder(text)
            if name and re.search(people.OUTLET_END, fold(name)):
                stated.outlet = name
        return
    one = next((f for f in found if f.iso), found[0])
    if _FORUM.search(look):
        stated.when.append(("forum", one))
        return
    if not re.search(r"[\u3400-\u9fff]", look) and (by := _BY.search(text)):
        stated.authors = stated.authors or people.names(by[1])
        text = text[: by.start()] + " " * (by.end() - by.start()) + text[by.end() :]
    before, after = _EDITION_NOW.sub("", text[: one.start]), text[one.end :]
    rest = _header_rest(before, after)
    if rest is None:
        return
    outlet, authors, kind = rest
    if stated.labels:
        kind = "outlet"
    stated.when.append((kind, one))
    stated.when += [("bare", f) for f in found if f is not one and f.iso]
    stated.outlet = stated.outlet or outlet
    stated.authors = stated.authors or authors


def _strip_yearless(text: str, look: str) -> str:
    for form in (dates.RELATIVE, dates.YEARLESS):
        if match := form.search(look):
            return (text[: match.start()] + " " + text[match.end() :]).strip()
    return text


def _header_rest(before: str, after: str) -> tuple[str | None, tuple[str, ...], str] | None:
    """Outlet, authors and how the date stands, from what is left and right of it; None where it is no header line."""
    left, right = _pieces(before), _pieces(after)
    if sum(map(len, left + right)) > 44:
        return None
    if right and _PLACE.match(fold(right[0])) and left:
        return left[-1], tuple(p for p in left[:-1] if people.is_name(fold(p))), "outlet"  # an account, the date, its place
    pieces, roles = _without_roles(left + right)
    if roles:
        named = [p for p in pieces if re.search(people.OUTLET_END, fold(p))] or [p for p in pieces if not people.is_name(fold(p))]
        return next(iter(named), None), roles, "outlet" if named else "glued"
    if not pieces:
        return None, (), "bare"
    glued = bool(after) and not after[0].isspace() and bool(right) and people.is_name(fold(right[0]))
    authors = tuple(p for p in pieces if people.is_name(fold(p)) and not re.search(people.OUTLET_END, fold(p)))
    outlets = [p for p in pieces if p not in authors]
    if not outlets and len(authors) == len(pieces) and not glued and len(pieces) > 1 and before.strip(_TRIM):
        outlets, authors = [authors[-1]], authors[:-1]
    if any(re.search(r"[。!?;]$", fold(p)) for p in outlets):
        return None
    strong = [p for p in outlets if re.search(people.OUTLET_END, fold(p))]
    if after and not after[0].isspace() and right and not strong and len(right[0]) <= 12 and re.fullmatch(r"[\u3400-\u9fff]+", right[0]) and not left:
        return None, (right[0],), "glued"
    outlet = next(iter(strong or outlets), None)
    return outlet, authors, "outlet" if outlet else "glued"


def _without_roles(pieces: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The pieces that are neither a person with a role (记者沈一苇) nor where they report from (芦汀报导), and those people."""
    named = [(p, match) for p in pieces if (match := _ROLE_NAME.match(fold(p)))]
    rest = [p for p in pieces if not _ROLE_NAME.match(fold(p)) and not (named and _REPORTED.fullmatch(fold(p)))]
    return rest, tuple(p[match.end() :] for p, match in named if not _NO_OUTLET.fullmatch(fold(p[match.end() :])))


def _pieces(text: str) -> list[str]:
    """What a header line holds beside its date: without edition, counts, widgets, weekday."""
    look = fold(text)
    for form in (_EDITION, markers._COUNTS, dates.YEARLESS):
        for match in reversed(list(form.finditer(look))):
            text, look = text[: match.start()] + "|" + text[match.end() :], look[: match.start()] + "|" + look[match.end() :]
    pieces = []
    apart = r"[^\s|丨/>»()\[\]【】]+" if re.search(r"[\u3400-\u9fff]", look) else r"[^|/>»()\[\]·]+"  # an English name has spaces
    for match in re.finditer(apart, look):
        piece = _unquoted(text[match.start() : match.end()].strip(_TRIM + "，：；（）"))
        folded = fold(piece)
        if len(piece) < 2 or markers.widget(folded) or re.fullmatch(r"[\d:.\-年月日]+|星期.|周.|[\W_]+", folded):
            continue
        piece = re.sub(r"(?:大字|小字|字号|字体|打印|收藏|分享|评论)+$", "", piece) or piece
        if from_ := _FROM.match(folded):
            piece, folded = piece[from_.end() :], folded[from_.end() :]
        if len(piece) > 1 and not _STATE_WORDS.fullmatch(folded) and not (from_ and _NO_OUTLET.fullmatch(folded)):
            pieces.append(piece)
    return pieces


_NO_OUTLET = re.compile(r"本[站网报刊台社]|原创|网络|互联网|转载|未知|其他|其它|佚名|admin|不详|无|暂无|网站|综合|编辑部")


def _unquoted(text: str) -> str:
    """*text* without what only separates, and without 《》 where they hold the whole."""
    text = text.strip(_TRIM + "\"'")
    if text.endswith("）") and "（" not in text:
        text = text[:-1].strip(_TRIM)
    text = re.sub(r"\s?[(（][^()（）]{0,12}$", "", text)
    while len(text) > 2 and (text[0], text[-1]) in (("《", "》"), ("“", "”"), ("「", "」")) and text[0] not in text[1:]:
        text = text[1:-1].strip(_TRIM)
    return text


def _remainder(text: str) -> str | None:
    """An outlet's name as a field's value states it, or None: widgets, counts and bars are cut off."""
    text = _unquoted(text)
    look = fold(text)
    for stop in re.finditer(r"\s{2,}|\s?[|丨]\s?|\s/\s|\s(?=(?:字号|字体|打印|分享|收藏|点击|浏览|阅读|评论|大\s|编辑|作者|(?:本报|见习|实习|首席|全媒体|特约|特派)*(?:记者|通讯员)))|[《(]?\d{4}[-年]\d{1,2}[-月]\d|\s【|_", look):
        if stop.start() >= 2:
            text, look = text[: stop.start()], look[: stop.start()]
            break
    text = re.sub(r"^(?:转载?自|摘自|选自|原载于?|轉載?自|原載於?|来源于?|據|据)\s*[:：]?\s*", "", text)
    text = re.sub(r"[(（]\s*(?:作者|记者|编辑|原标题).*$", "", text)
    words = text.split(" ")
    while len(words) > 1 and markers.widget(fold(words[-1])):
        words.pop()
    text = _unquoted(" ".join(words))
    if _NO_OUTLET.fullmatch(fold(text)) or not 2 <= len(text) <= 40 or re.search(r"[。!?;]", fold(text)) or markers.widget(fold(text)):
        return None
    return text if re.search(r"[^\W\d_]", text) else None
