"""The lines after a page's header in, the paragraphs of its body out; every other line gets the reason why it is none."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from retrieval.pages import dates, fields, firsts, header, markers, people
from retrieval.pages.lines import HAN, Line, bare, squeeze
from retrieval.text import fold

SHORTEST = 80
"""Characters of sentences that a scraped page must hold to be an article; the shortest real ones seen have over 200."""

_SAID = 40  # characters of sentences after which a tail marker ends the body; before, it is a block above the article

_SECOND = 30  # characters of sentences below a date alone that make it the head of another article

_REPLY = re.compile(
    r"^(?:推|→|嘘)\s[a-z0-9_-]{2,16}\s?:|^\d{1,4}#$|^#?\d{1,4}\s?(?:楼|l)\b|^第\s?\d{1,4}\s?楼|^(?:沙发|板凳|地板)\W*$|^(?:\S{1,16}\s)?发表于\s?:?\s?(?:\d{4}|昨|前|今)|^(?:楼主\|?\s?)发表于|^\S{2,16}\s?(?:网友|用户)\s?[\[(]|^(?:网友|游客)\s?[\[(]|^.{0,24}(?:点赞|赞|顶|支持)\s?[(\[]\s?\d+\s?[)\]]|^(?:回复|引用)\s?(?:@|\d+#|\S{1,12}\s?:)|^\S{1,16}\s?回复\s?\S{1,16}\s?:"
    r"|^\S{1,20}\s+\d{4}-\d{1,2}-\d{1,2}\s\d{1,2}:\d{2}(?::\d{2})?\s(?:来自|回复|举报|ip)"
)
_CODE = re.compile(r"[{}();=<>\[\]&|]")
_ASTERISKS = re.compile(r"^[\W_]+$")
_CREDIT = re.compile(r"^[(]?(?:[\u3400-\u9fff]{2,12}\s)?(?:[\u3400-\u9fff]{0,8}(?:记者|通讯员))?\s?[\u3400-\u9fff]{2,4}\s?(?:摄影?|供图|/摄)[)]?。?$")
_TEASER = re.compile(r"^\W{0,3}(?:点击|戳|长按|扫码|关注|更多精彩|下载|打开)[^。]{0,40}$")
_SIGNATURE = re.compile(r"(?:办公室|人民政府|委员会|局|厅|部|处|中心|公司|协会|联合会|残联|学校|医院|法院|政府|单位|指挥部|领导小组)$")
_LAST_EDITOR = re.compile(r"\s?[(\[【](?:责任编辑|责编|编辑|editor)[^()\[\]【】。]{2,40}[)\]】]\s?\d{0,8}$")
_LAST_NAMES = re.compile(r"[。!?…][”’」』\"']?\s?\(([\u3400-\u9fff]{2,4}(?:[\s、][\u3400-\u9fff]{2,4}){0,3})\)$")
_ONE_CAPTION = re.compile(r"(?:(?<=[。！？”])|^)\s?[^。！？“”]{4,40}[。]?\s[\u3400-\u9fff]{2,4}\s?(?:摄|攝|供图|供圖)[。\s]+")


@dataclass
class Body:
    """The paragraphs kept, as lines; `end` is the index of the line after the last of them; `notes` what a reader should know."""

    lines: list[Line] = field(default_factory=list)
    end: int = 0
    cut: int = 0
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    outlet: tuple[str, int] | None = None

    @property
    def sentences(self) -> int:
        return sum(len(line.text) for line in self.lines if line.ends or len(line.text) >= 46 or "。" in line.folded)


def read(lines: list[Line], top: header.Header, today: date, given: bool = False) -> Body:
    """The body between the header and the first end marker; where its author gave the whole (*given*), lists and tables at its end too."""
    body = Body()
    region = lines[top.start :]
    cut = _cut(region, top, today)
    counts = Counter(bare(line.folded) for line in lines[: top.start + cut] if not header.numbered(line))
    title = bare((top.title or "").lower())
    titles = {title, bare(lines[top.title_index].folded) if 0 <= top.title_index < len(lines) else title} - {""}
    chinese = sum(line.han for line in region[:cut]) > 20
    seen: set[str] = set()
    kept: list[tuple[int, Line]] = []
    for i, line in enumerate(region[:cut]):
        reason = line.reason or (_reason(line, titles, counts, seen, chinese, today) if not line.row else "")
        if not reason and not line.row and (said := people.byline(line.text, line.folded)) and said.whole and not header._SPEAKER.match(line.folded):
            reason = "byline"
            body.authors += tuple(n for n in said.authors if n not in body.authors)
            if said.outlet:
                body.outlet = (said.outlet, line.number)
        if reason:
            line.reason = reason
            if reason == "caption" and kept and kept[-1][0] == i - 1 and _CREDIT.match(line.folded) and len(kept[-1][1].text) <= 30:
                kept.pop()[1].reason = "caption"  # its photographer stands on the line below
            continue
        seen.add(bare(line.folded))
        kept.append((i, line))
    _trim(kept, given)
    if len(kept) <= 2:
        for _, line in kept:
            _without_captions(line)
    if kept and (match := _LAST_EDITOR.search(kept[-1][1].folded)):
        line = kept[-1][1]
        body.editors = people.editors(line.text[match.start() :], line.folded[match.start() :])
        line.text, line.folded = line.text[: match.start()].rstrip(), line.folded[: match.start()].rstrip()
    if kept and (match := _LAST_NAMES.search(kept[-1][1].folded)) and all(map(people.is_name, re.split(r"[\s、]", match[1]))):
        body.authors += people.names(kept[-1][1].text[match.start(1) : match.end(1)])
    body.lines = [line for _, line in kept]
    body.end = top.start + (kept[-1][0] + 1 if kept else 0)
    body.cut = top.start + cut
    for line in lines[body.cut :]:
        line.reason = line.reason or "after the end of the article"
    return body


def _cut(region: list[Line], top: header.Header, today: date) -> int:
    """The index of the line that ends the body; it and the lines of its block are given their reason."""
    said = 0
    after = _sentences_after(region)
    for i, line in enumerate(region):
        if said >= _SAID:
            if _REPLY.search(line.folded) and len(line.text) <= 200:
                return _end(region, i, "comments")
            marker = _marker(line)
            if marker and not _goes_on(marker, after[i], said) and not _inside(line, marker):
                return _end(region, i, marker)
            if _second(region, i, today):
                return _end(region, i, "another article")
            if _posted(line, today):
                return _end(region, i, "comments")
        elif _marker(line) and not line.reason and not header.paragraph(line):
            line.reason = "block above the article"
        if not line.reason and header.paragraph(line):
            said += len(line.text)
    return len(region)


def _marker(line: Line) -> str | None:
    if line.marks == "":
        line.marks = markers.tail_marker(line.folded)
    return line.marks


def _goes_on(marker: str, after: int, said: int) -> bool:
    """A footer or a button in the middle: more of the article follows it."""
    return marker == "button" and after >= 30 or marker == "footer" and after > max(said, 150)


def _sentences_after(region: list[Line]) -> list[int]:
    """For each line, the characters of paragraphs between it and the next list, comments or editor line."""
    after = [0] * (len(region) + 1)
    for i in range(len(region) - 1, -1, -1):
        line = region[i]
        marker = _marker(line)
        stop = marker not in (None, "footer", "button") or len(line.text) <= 60 and _REPLY.search(line.folded) is not None
        after[i] = 0 if stop else after[i + 1] + (len(line.text) if header.paragraph(line) else 0)
    return after[1:]


def _inside(line: Line, marker: str) -> bool:
    """A heading of the article itself that only looks like a marker."""
    return marker == "footer" and line.heading in (2, 3) and len(line.text) <= 6 and "注释" not in line.text


def _end(region: list[Line], i: int, marker: str) -> int:
    names = {"end mark": "end mark", "previous and next": "previous and next", "another article": "another article on the same page"}
    follow = {"end mark": "after the end mark", "editor line": "after the editor line", "source line": "after the source line", "previous and next": "footer"}
    region[i].reason = names.get(marker, marker)
    for line in region[i + 1 :]:
        own = _marker(line)
        if own in ("editor line", "source line", "comments", "related list"):
            marker = own
            line.reason = line.reason or own
        else:
            line.reason = line.reason or names.get(marker, "") or follow.get(marker, marker)
    return i


def _stated(line: Line, today: date) -> fields.Stated:
    """What a line states as a header would; three rules ask, it is read once."""
    if line.stated is None:
        line.stated = fields.state(line.number, line.text, line.folded, today)
    return line.stated


def _second(region: list[Line], i: int, today: date) -> bool:
    """A bare date line, then perhaps a headline, then paragraphs: the next article of a column's archive or digest."""
    line = region[i]
    if len(line.text) > 60 or not dates.hinted(line.folded) or line.ends or "。" in line.folded:
        return False
    stated = _stated(line, today)
    if not any(found.iso and kind in ("bare", "outlet", "published", "dated", "glued") for kind, found in stated.when):
        return False
    said = 0
    for following in region[i + 1 : i + 8]:
        if _marker(following):
            break
        if header.paragraph(following):
            said += len(following.text)
    return said >= _SECOND


def _posted(line: Line, today: date) -> bool:
    """The head of a reply: its author and its time, by their labels."""
    if len(line.text) > 60 or ":" not in line.folded or not dates.hinted(line.folded):
        return False
    stated = _stated(line, today)
    return bool(stated.authors) and any(kind in ("dated", "published") for kind, _ in stated.when)


def _reason(line: Line, titles: set[str], counts: Counter[str], seen: set[str], chinese: bool, today: date) -> str:
    """Why a line between header and tail is no paragraph, or the empty string."""
    look, key = line.folded, bare(line.folded)
    if key in titles:
        return "title repeated"
    if _ASTERISKS.match(look):
        return "" if re.fullmatch(r"[….·—]+", look) and len(look) >= 2 else "separator"
    if reason := markers.furniture(look):
        return reason
    if reason := markers.scholarly(look):
        return reason
    if reason := markers.platform_note(look):
        return reason
    if markers.caption(look):
        return "caption"
    if line.stated and any(kind == "first publication" for kind, _ in line.stated.when) or firsts.first_publication(look, today):
        return "first publication"
    if line.links > 0.9 and (line.bullet or len(look) <= 60) and not line.ends:
        return "link"
    if chinese and not HAN.search(line.text) and (" " not in look or len(_CODE.findall(look)) * 8 > len(look) or len(look) < 40 and not re.search(r"[.!?][\"'”)]?$", look)):
        return "residue"
    if len(key) >= 20 and key in seen:
        return "repeated"
    if len(key) > 3 and counts[key] > 1 and not line.ends:
        return "caption, printed more than once"
    stated = _stated(line, today) if len(look) <= 80 and "。" not in look else None
    if stated and not header._SPEAKER.match(look) and not header._SALUTATION.match(look):
        if stated.labels and (stated.when or stated.outlet or stated.labels > 1):
            return "header line"
        if any(kind in ("bare", "outlet", "glued", "stamp", "published") for kind, _ in stated.when) and len(look) <= 44:
            return "date line"
    if _TEASER.match(look):
        return "page furniture"
    return ""


def _trim(kept: list[tuple[int, Line]], given: bool) -> None:
    """The body ends with a sentence: what follows the last one is a signature, a note or a list without a marker."""
    last = len(kept)
    while last and (_signs(kept[last - 1][1]) if given else not _full(kept[last - 1][1])):
        last -= 1
    start = len(kept)
    while not given and start and (not _full(kept[start - 1][1]) or _cry(kept[start - 1][1])):
        start -= 1
    # A list of headlines holds questions and cries among titles without an end: they go with their neighbours.
    run = [line for _, line in kept[start:]]
    if start < last and sum(not _full(line) for line in run) >= 3:
        last = start
    if last == 0:
        return
    tail = kept[last:]
    for _, line in tail:
        if _signs(line):
            line.reason = "signature"
        else:
            line.reason = "list without a marker" if len(tail) >= 3 else "no sentence, after the last one"
    del kept[last:]


def _signs(line: Line) -> bool:
    """A date alone, or an office."""
    return bool(re.fullmatch(r"[\d年月日.\-/ 〇○零一二三四五六七八九十]+", line.folded)) or len(line.text) <= 40 and not line.ends and bool(_SIGNATURE.search(line.folded))


def _full(line: Line) -> bool:
    return line.ends or len(line.text) >= 46


def _cry(line: Line) -> bool:
    """A headline with a question mark or an exclamation mark."""
    return len(line.text) <= 30 and "。" not in line.folded and "," not in line.folded and re.search(r"[!?]$", line.folded) is not None


def _without_captions(line: Line) -> None:
    """A body printed as one line has its captions inside: `…。 X 摄。`"""
    text = squeeze(_ONE_CAPTION.sub(" ", line.text))
    if text != line.text:
        line.text, line.folded = text, fold(text)
