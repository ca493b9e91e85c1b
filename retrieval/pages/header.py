"""The lines of a page in, its header out: title, dates, outlet, people, and the line where the body begins.

The date line is the anchor: the title is looked for above it, then below it; a page without one is anchored at its first
paragraph. Nothing is invented: a page whose first line is a paragraph has no title.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from retrieval.pages import dates, fields, firsts, markers, people
from retrieval.pages.lines import HAN, Line, bare
from retrieval.text import fold

HEAD = 80
"""Lines that a header is looked for in; the longest seen (a forum's and an e-paper's) end before the thirtieth."""

_NUMBERED = re.compile(r"^(?:\d{1,2}\s[\u3400-\u9fff]{2,14}$|[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十]{1,3}[章节条部])")
_SALUTATION = re.compile(r"^(?:各|尊敬的|敬爱的|亲爱的|致|同志们|女士们|市民朋友|广大|全[市县省区]|有关)[^。!?]{1,60}[:!]$|^[^。!?:]{2,40}(?:先生|女士|同志|朋友们?|单位|部门|委员会|办公室|办事处|政府|公司|学校|领导|代表|委员|老师|同学们?|人民)[:!]$")
_SPEAKER = re.compile(r"^(?:【[^】]{1,12}】|问|答|记者|主持人|q|a|[\u3400-\u9fff]{2,4})\s?[:]\s?\S.{5,}")
_DOCUMENT_NUMBER = re.compile(r"[〔\[(【]\s?(?:19|20)\d\d\s?[〕\])】]\s?第?\s?\d{1,4}\s?号$")
_SITE_WORDS = r"首页|正文|新闻|频道|专栏|专题|存档|栏目|电子报|数字报|手机版|官网|要闻|民生|网站|门户|客户端|资讯|中心|时政|地方|社会"
_SITE = re.compile(rf"^[\w·]{{2,14}}(?:报|网|社|台|在线|周刊|传媒|之窗|论坛|热线)(?:\s*[-_|>·]?\s*(?:{_SITE_WORDS}))+$|^(?:{_SITE_WORDS}|\s|[-_|>·])+$|^[\w·]{{2,12}}(?:日报|晚报|早报|晨报|时报|商报|都市报|新闻网|信息网|在线|电视台|报社)$|主办单?位?$|主管$|承办$|^(?:新闻稿|公告|通知公告|新闻发布|新闻公报|本市要闻|新闻详情|文章详情|详细内容|内容|正文|公告内容)$|^第?[a-z]?\d{{1,3}}版")
_OWNER = re.compile(r"(?:版权所有|copyright|©|\(c\))[\s:©]*(?:\(c\)\s?)?(?:\d{4}(?:\s?-\s?\d{4})?)?\s*(?P<after>[^\s,。|(]{2,20})?|《?(?P<before>[\u3400-\u9fff]{2,14})》?\s?版权所有")


@dataclass
class Header:
    """What stands above the body. `start` is the index of the line the body begins with; `used` maps a line's index to what it gave."""

    start: int
    title: str | None = None
    title_index: int = -1
    anchor: int = -1
    stated: dict[int, fields.Stated] = field(default_factory=dict)
    authors: tuple[str, ...] = ()
    outlets: list[tuple[str, int, str]] = field(default_factory=list)  # name, line index, rule; best first
    site: str | None = None
    used: dict[int, str] = field(default_factory=dict)


def read(lines: list[Line], today: date, hint: str | None = None) -> Header:
    """The header of a page's lines. *hint* is a title that metadata gave (it may have the site's name behind it)."""
    head = lines[:HEAD]
    _board(head)
    stated = {i: s for i, line in enumerate(head) if not line.reason and not (s := fields.state(line.number, line.text, line.folded, today)).empty}
    _values_below(head, stated, today)
    _clocks(head, stated)
    if sum(line.han for line in lines[:200]) > sum(len(line.text) for line in lines[:200]) * 0.3:
        for line in head:
            if not HAN.search(line.text):
                line.text_like = False  # the English title and abstract above a Chinese paper
    for line in head:
        if firsts.first_publication(line.folded, today):
            line.text_like = False  # it says where the text stood before
    start = _first_paragraph(head, stated, 0)
    anchor = _anchor(head, stated, start)
    if anchor >= 0:
        start = _first_paragraph(head, stated, anchor + 1)
    start = _after_byline(head, stated, start)
    header = Header(start, anchor=anchor, stated={i: s for i, s in stated.items() if i < max(start, anchor + 1)})
    _title(header, lines, head, hint)
    _back_to_salutation(header, head)
    _people(header, head)
    _outlets(header, head)
    return header


_BOARD = re.compile(r"^(作者|看板|标题|时间)\s(?=\S)")


def _board(head: list[Line]) -> None:
    """A bulletin board's four lines (作者 看板 標題 時間) get the colon that other pages have; its poster is no author."""
    marked = [line for line in head[:8] if _BOARD.match(line.folded)]
    if len(marked) < 3:
        return
    for line in marked:
        line.text, line.folded = line.text[:2] + ":" + line.text[2:], line.folded[:2] + ":" + line.folded[2:]
        if line.folded.startswith(("作者", "看板")):
            line.reason = "board"


def _values_below(head: list[Line], stated: dict[int, fields.Stated], today: date) -> None:
    """A label alone on its line has its value on the next, unless that is a label too."""
    for i, s in list(stated.items()):
        if s.waiting is None or s.when or i + 1 >= len(head) or head[i + 1].bullet:
            continue
        below = head[i + 1]
        if s.waiting == "outlet" and s.outlet is None and i + 1 not in stated and len(below.text) <= 24 and not below.ends and len(head[i].text) <= 12 and head[i].bullet:
            s.outlet = below.text
            stated[i + 1] = fields.Stated(below.number, labels=1)
        elif s.waiting in ("published", "dated", "updated", "signed") and len(below.text) <= 30 and (found := dates.first(below.folded, today)):
            s.when.append((s.waiting, found))
            stated[i + 1] = fields.Stated(below.number, labels=1)


def _clocks(head: list[Line], stated: dict[int, fields.Stated]) -> None:
    """A date with a weekday or a time alone on the lines below it is the visitor's clock."""
    for i, s in list(stated.items()):
        if [kind for kind, _ in s.when] == ["bare"] and i + 1 < len(head) and re.fullmatch(r"(?:sun|mon|tues|wednes|thurs|fri|satur)day|星期.|周.", head[i + 1].folded):
            s.when.clear()
            s.labels = s.labels or 1
            for following in head[i + 1 : i + 3]:
                if re.fullmatch(r"[a-z]+day|星期.|周.|\d{1,2}:\d\d(?::\d\d)?", following.folded):
                    following.reason = "visitor's clock"


def numbered(line: Line) -> bool:
    """一、, (二), 第三章: a heading of the article itself."""
    return bool(_NUMBERED.match(line.folded))


def paragraph(line: Line) -> bool:
    """Text of an article: it ends as a sentence or is long, and is neither caption, byline nor furniture."""
    if line.text_like is None:
        line.text_like = _text_like(line)
    return line.text_like and not line.reason


def _text_like(line: Line) -> bool:
    long = 110 if not HAN.search(line.text[:80]) else 46
    if markers.scholarly(line.folded) or markers.platform_note(line.folded) or (len(line.folded) <= 160 and (markers.furniture(line.folded) or line.bullet)):
        return False
    ends = line.ends
    if not (ends and len(line.text) >= 8 or len(line.text) >= long) and not ("。" in line.folded and len(line.text) >= 20):
        return False
    if markers.caption(line.folded) and len(line.text) < 90:
        return False
    said = people.byline(line.text, line.folded)
    return not (said and said.whole)


def _first_paragraph(head: list[Line], stated: dict[int, fields.Stated], begin: int) -> int:
    for i in range(begin, len(head)):
        line = head[i]
        if i in stated and (stated[i].labels or stated[i].when) and len(line.text) < 120 and not ("。" in line.folded and _SPEAKER.match(line.folded)):
            continue
        if paragraph(line) and not _title_like(head, stated, i):
            return i
    return len(head)


def _after_byline(head: list[Line], stated: dict[int, fields.Stated], start: int) -> int:
    """A short sentence above a reporter's line is a picture's caption: the body begins below the line."""
    if start + 1 < len(head) and len(head[start].text) <= 60:
        for i in range(start + 1, min(start + 3, len(head))):
            said = people.byline(head[i].text, head[i].folded)
            if said and said.whole and said.authors and re.search(r"记者|通讯员", head[i].folded) and not _SPEAKER.match(head[i].folded):
                after = _first_paragraph(head, stated, i + 1)
                return after if after < len(head) else start
    return start


def _title_like(head: list[Line], stated: dict[int, fields.Stated], i: int) -> bool:
    """A short question or cry above a date line, or said again further down, is a title and no paragraph."""
    line = head[i]
    if "。" in line.folded or len(line.text) > (60 if HAN.search(line.text) else 110) or line.folded.endswith(("…", ";", "...")):
        return False
    if line.heading:
        return True
    if any(j in stated and (stated[j].when or stated[j].labels) for j in range(i + 1, min(i + 5, len(head)))):
        return True
    if any(j in stated or _candidate(head[j]) for j in range(i)):
        return False
    return i <= 3 and len(line.text) <= 40 and not line.indent and re.search(r"[?!][”」』\"]?$", line.folded) is not None and not _SPEAKER.match(line.folded)


_STRENGTH = {"published": 0, "dated": 1, "outlet": 2, "glued": 3, "bare": 4, "stamp": 5, "updated": 6, "forum": 7, "signed": 8}


def _anchor(head: list[Line], stated: dict[int, fields.Stated], start: int) -> int:
    """The index of the line that dates the page, or of the first line that names its outlet or people, or -1."""
    best: tuple[int, int] | None = None
    said = 0
    for i, line in enumerate(head):
        if i >= start and i not in stated:
            said += len(line.text)
        if i > start + 4 or said > 400:
            break
        if i not in stated:
            continue
        kinds = [kind for kind, found in stated[i].when if found.iso and kind in _STRENGTH]
        rank = min((_STRENGTH[k] for k in kinds), default=9)
        if stated[i].unknown:
            rank = min(rank, 6)
        if i > start and rank > 2:
            continue
        if rank < 9 and (best is None or rank < best[0] or (rank == best[0] and False)):
            best = (rank, i)
    if best is not None:
        return best[1]
    for i in range(min(start, len(head))):
        if i in stated and (stated[i].outlet or stated[i].authors or stated[i].labels and i > 0):
            return i
    return -1


# --- title -------------------------------------------------------------------------------------------------------------


def _candidate(line: Line) -> bool:
    look = line.folded
    if line.reason or not re.search(r"[^\W\d_]{2}", look) or len(line.text) > 90 or line.bullet and not line.heading:
        return False
    if line.heading == 1:
        return True
    if re.match(r"——|--", look) or re.fullmatch(r"\d{1,2}\s(?:引言|前言|绪论|问题的提出)|引言|前言|绪论|摘要|目录", look) or re.search(r"\(logo-\w+\)", look) or markers.platform_note(look):
        return False
    if (markers.furniture(look) and not _fused(line.text)) or markers.caption(look) or markers.scholarly(look) or _SITE.search(look) or _outlet_line(line) or (markers.tail_marker(look) and not line.heading):
        return False
    if line.links > 0.9 and not line.heading or look in people.COLUMNS or _DOCUMENT_NUMBER.search(look):
        return False
    said = people.byline(line.text, look)
    if said and said.whole or people._COLUMN.match(look) and people.is_name(look.split()[-1].strip("-–—|")):
        return False
    return not (HAN.search(line.text) is None and len(line.text) < 8)


def _fused(text: str) -> str | None:
    """The title that search-engine words hang on: title|word|word|word. It is longer than any of the words."""
    for mark in "|_":
        first, *rest = (piece.strip() for piece in text.split(mark))
        if len(rest) >= 3 and 8 <= len(first) <= 45 and len(first) > 1.5 * max(map(len, rest)):
            return first
    return None


def _title(header: Header, lines: list[Line], head: list[Line], hint: str | None) -> None:
    said = Counter(bare(line.folded) for line in lines[:2000] if len(line.text) <= 90)
    labelled = next(((i, s.title) for i, s in header.stated.items() if s.title), None)
    if labelled and labelled[1]:
        header.title, header.title_index = labelled[1], labelled[0]
        header.used[labelled[0]] = "title"
        return
    above: list[int] = []
    below: list[int] = []
    for i in range(min(header.start, len(head))):
        if i in header.stated or not _candidate(head[i]) or (above or below) and _journal(head, i):
            continue
        (above if header.anchor < 0 or i < header.anchor else below).append(i)
    best, chosen = -1.0, -1
    for group, worth, near in ((above, 6.0, 1.5), (below, 3.0, 0.8)):
        for distance, i in enumerate(reversed(group)):
            score = worth - near * distance + _title_worth(head[i], said, hint) - (3 if _in_list(head, i) else 0)
            if score > best:
                best, chosen = score, i
    if chosen < 0:
        header.title = hint or None
        if not hint and (glued := _glued_title(head, header)):
            header.title, header.title_index = glued, header.anchor
        return
    title = _trim_title(head[chosen].text, said)
    header.title, header.title_index = title, chosen
    header.used[chosen] = "title"
    if chosen + 1 < min(header.start, len(head)) and re.match(r"^(?:——|──|--)\s?\S", head[chosen + 1].text) and chosen + 1 not in header.stated:
        header.title = title + head[chosen + 1].text
        header.used[chosen + 1] = "title"


def _journal(head: list[Line], i: int) -> bool:
    """A short line whose next line is an issue and nothing else: a journal's name."""
    return i + 1 < len(head) and len(head[i].text) <= 12 and bool(dates.ISSUE.fullmatch(head[i + 1].folded))


def _glued_title(head: list[Line], header: Header) -> str | None:
    """A title that the date line hangs on without a blank: 某事2018-11-06 09:12来源:某报."""
    if not 0 <= header.anchor <= 3:
        return None
    line = head[header.anchor]
    found = re.search(r"(?:19|20)\d\d\s?[-/.年]\s?\d", line.folded)
    if not found or not 6 <= found.start() <= 45 or re.search(r"[:|]|来源|作者|记者|编辑", line.folded[: found.start()]):
        return None
    text = line.text[: found.start()].strip()
    return None if re.search(people.OUTLET_END, fold(text)) else text


def _in_list(head: list[Line], i: int) -> bool:
    """A line among bullets is the rest of another headline."""
    return 0 < i < len(head) - 1 and head[i - 1].bullet and not head[i].gap and any(line.bullet for line in head[i + 1 : i + 3])


def _title_worth(line: Line, said: Counter[str], hint: str | None) -> float:
    look, key = line.folded, bare(line.folded)
    worth = 0.0
    if said[key] > 1:
        worth += 4
    if line.heading:
        worth += 4 if line.heading == 1 else 1.5
    if hint and key and bare(hint.lower()).startswith(key[:40]):
        worth += 5
    size = len(line.text)
    worth += 1 if 8 <= size <= 45 else -1 if size < 4 else -2 if size > 60 else 0
    if "。" in look:
        worth -= 5
    if look.endswith((":", ",", ";", "…")):
        worth -= 2
    if dates.ISSUE.search(look[-14:]) or line.text_like is False and not HAN.search(line.text):
        worth -= 4  # a journal's issue; the English title of a Chinese paper
    if re.fullmatch(r"[A-Z][A-Z.'’-]+(?: [A-Z][A-Z.'’-]+){1,2}", line.text):
        worth -= 2  # a writer's name in capitals
    if size <= 12 and re.search(r"(?:专栏|专版|专刊|副刊|栏目|存档|连载|访谈|评论|特稿|随笔|观察)$", look):
        worth -= 4  # the column that the article stands in
    if re.match(r"快讯\s?[/:|]", look):
        worth -= 4  # a block of flashes above the article
    if numbered(line):
        worth -= 4  # a heading of the text
    if len(words := look.split()) == 3 and all(len(word) <= 3 for word in words):
        worth -= 3  # keywords, or the beginning of a menu
    parts = re.split(r"[,,\s]", look)
    if len(parts) == 2 and size <= 13 and len(parts[0]) == len(parts[1]) and line.number == 1:
        worth -= 2  # a place's slogan: two equal halves on the first line
    return worth


def _trim_title(text: str, said: Counter[str]) -> str:
    text = re.sub(r"^(?:标题|標題|题目|題目)\s?[:：]\s?", "", text)
    if fused := _fused(text):
        return fused
    for mark in "|_":
        pieces = [p.strip() for p in text.split(mark)]
        repeated = [p for p in pieces if said[bare(fold(p))] > 0 and not re.search(people.OUTLET_END, fold(p))]
        if len(pieces) >= 2 and repeated:
            return repeated[0]
        if len(pieces) >= 2 and len(pieces[0]) >= 6 and len(pieces[-1]) <= 14 and re.search(people.OUTLET_END, fold(pieces[-1])):
            return pieces[0]  # the name of the site hangs on behind
    return text.strip()


# --- body start, people, outlet ------------------------------------------------------------------------------------------


def _back_to_salutation(header: Header, head: list[Line]) -> None:
    """A salutation or a numbered heading right above the first sentence belongs to the body."""
    i = header.start - 1
    while i > max(header.title_index, header.anchor) and i >= 0:
        line = head[i]
        if i in header.stated and header.stated[i].when or header.used.get(i):
            break
        if _SALUTATION.match(line.folded) or _NUMBERED.match(line.folded) and len(line.text) <= 40:
            header.start = i
            header.stated.pop(i, None)
        elif not _SALUTATION.match(line.folded):
            break
        i -= 1


def _people(header: Header, head: list[Line]) -> None:
    found: list[str] = []
    for i in range(min(header.start, len(head))):
        line = head[i]
        if i in header.stated:
            found += [n for n in header.stated[i].authors if n not in found]
        if i == header.title_index or line.reason or markers.caption(line.folded) and not line.folded.startswith("【"):
            continue
        said = people.byline(line.text, line.folded) if i not in header.stated or not header.stated[i].authors else None
        if said and said.whole and (i > min(header.title_index, header.anchor) or said.outlet or re.search(r"记者|通讯员|作者", line.folded)):
            found += [n for n in said.authors if n not in found]
            header.used.setdefault(i, "byline")
            if said.outlet:
                header.outlets.append((said.outlet, i, "byline"))
        column = people._COLUMN.match(line.folded)
        if column and people.is_name(column["names"]) and i not in header.stated:
            name = line.text[column.start("names") : column.end("names")]
            found += [name] if name not in found else []
            header.used.setdefault(i, "byline")
    runs = {"".join(pair) for pair in zip(found, found[1:], strict=False)}
    header.authors = tuple(n for n in found if not _nobody(n) and n not in runs)


def _nobody(name: str) -> bool:
    return bool(re.fullmatch(r"(?i)admin\w*|administrator|佚名|未知|匿名|网络|網絡|小编|小編|管理员|管理員|不详|本站|原创|原創|转载|root|user\w*|编辑部|综合|綜合|.*(?:居委会|委员会|中心|公司|协会|办公室|编辑部|通讯组|记者站|居委會|委員會|辦公室|管理局|民政局|文化局|教育局|残联|学校|大学|研究所|人民政府)", name)) or bool(re.search(people.OUTLET_END, fold(name)) and len(name) > 3)


def _outlets(header: Header, head: list[Line]) -> None:
    labelled: list[tuple[str, int, str]] = []
    beside: list[tuple[str, int, str]] = []
    for i, s in header.stated.items():
        if not s.outlet:
            continue
        kinds = {kind for kind, _ in s.when}
        if s.labels and re.search(r"来源|稿源|出处|单位|机构|source|自|媒体|刊名|供稿", head[i].folded):
            labelled.append((s.outlet, i, "source label"))
        elif "stamp" in kinds:
            labelled.append((s.outlet, i, "newspaper stamp"))
        elif "forum" not in kinds:
            beside.append((s.outlet, i, "beside the date"))
    issue: list[tuple[str, int, str]] = []
    lonely: list[tuple[str, int, str]] = []
    for i in range(min(header.start, len(head))):
        line = head[i]
        match = dates.ISSUE.search(line.folded)
        taken = i in header.stated and (header.stated[i].outlet or not match)
        if taken or i == header.title_index or line.reason:
            continue
        if match and 2 <= match.start() <= 24 and len(line.text) <= 44 and abs(i - header.anchor) <= 5:
            issue.append((line.text[: match.end()].strip("《》 "), i, "journal and issue"))
        elif _journal(head, i):
            issue.append((line.text.strip("《》 "), i, "journal, above its issue"))
        elif len(line.text) <= 24 and not markers.furniture(line.folded) and (name := _outlet_line(line)) and (header.anchor >= 0 and abs(i - header.anchor) <= 2 or i > header.title_index >= 0):
            lonely.append((name, i, "line beside the title"))
        elif header.site is None and (site := _site_name(line) or _behind_title(line, header.title)):
            header.site = site
    header.outlets = labelled + issue + beside + lonely + header.outlets
    for _, i, rule in issue + lonely:
        header.used.setdefault(i, f"outlet ({rule})")


_LATIN_OUTLET = re.compile(r"(?:The )?(?:[A-Z][A-Za-z.&'’-]*\s){1,3}(?:Daily|Times|Post|Herald|Weekly|Online)")
_OUTLET_LINE = re.compile(r"^(?P<outlet>(?:[^\W_]|·){2,14})(?:\s(?:编辑)?(?:整理|综合|综合报道|综合整理|报道|讯|供稿|原创|转载|发布|出品|编译))?$")


def _outlet_line(line: Line) -> str | None:
    """An outlet that stands alone on a line, or with what it did: 某某在线 编辑整理. One in Latin letters heads its page."""
    if line.number <= 3 and _LATIN_OUTLET.fullmatch(line.text):
        return line.text
    match = _OUTLET_LINE.match(re.sub(r"^[•·●]\s?", "", line.folded))
    if match and re.search(people.OUTLET_END, match["outlet"]):
        return re.sub(r"^[•·●]\s?", "", line.text)[: match.end("outlet")]
    return None


def _site_name(line: Line) -> str | None:
    """The site a breadcrumb, a menu or a page's first line names."""
    piece = re.split(r"\s*(?:[>»›|_]|\s-\s)\s*|\s{1,}", line.text, maxsplit=1)[0].strip()
    crumb = markers.menu(line.folded) == "breadcrumb" or bool(_SITE.search(line.folded))
    if crumb and 2 < len(piece) <= 14 and not fields._EDITION.match(fold(piece)) and re.search(people.OUTLET_END, fold(piece)):
        return piece
    return None


def _behind_title(line: Line, title: str | None) -> str | None:
    """The site that stands behind the title, as in a window's title bar: 某事_某某网."""
    first, _, site = line.text.rpartition("_")
    if not title or bare(fold(first.split("_")[0])) != bare(fold(title)):
        return None
    return site.strip() if len(site) <= 14 and re.search(people.OUTLET_END, fold(site.strip())) else None


def owner(lines: list[Line]) -> str | None:
    """The owner that a copyright line names, where it is named like an outlet: a weak hint."""
    for line in reversed(lines[-40:]):
        match = _OWNER.search(line.folded) if len(line.text) <= 80 else None
        if match:
            group = "after" if match["after"] else "before"
            if match[group]:
                name = line.text[match.start(group) : match.end(group)].strip(" :.-")
                if re.search(people.OUTLET_END, fold(name)):
                    return name
    return None
