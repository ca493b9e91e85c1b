"""Lines in, lines out with hard breaks inside a sentence joined, and advertising words between sentences marked."""

from __future__ import annotations

import re
from collections import Counter

from retrieval.pages import markers
from retrieval.pages.lines import HAN, Line

_CLOSING = re.compile(r"^[,。、;:!?)”』」》】%]")
_BROKEN = re.compile(r"\d[.,]?\n[.,]?\d|\d\n%")  # a number on two lines of a Chinese text
_WIDE = re.compile(HAN.pattern[:-1] + "，。！？；：、（）“”‘’「」『』《》…—]")
_COMMA = re.compile(r"[,、]$")
_DATELINE = re.compile(r"^(?:本报讯|本网讯|本台消息|本报|本报记者|记者|讯)$")
_BRAND = re.compile(r"(?:商城|旗舰店|专卖店|购物网|淘宝店|优惠券)$")
_PUNCTUATION = re.compile(r"^[,、。;.]$")


def join(lines: list[Line], width: int | None = None) -> list[Line]:
    """The lines of a page with broken sentences made whole: a joined line keeps the number of its first part.

    *width* is that of its longest line in columns where the page is known to be wrapped, 0 where it is known not to be.
    """
    _inserted(lines)
    width = _width(lines) if width is None else width
    joined: list[Line] = []
    last: Line | None = None
    for line in lines:
        if joined and last is not None and _continues(joined[-1], last, line, width):
            before = joined[-1]
            blank = "" if HAN.search(before.text[-1]) or HAN.search(line.text[0]) or not before.text[-1].isascii() or _CLOSING.match(line.folded) else " "
            if re.match(r"[(]", line.folded) or _BROKEN.search(f"{last.folded[-12:]}\n{line.folded[:8]}") and HAN.search(before.text):
                blank = ""
            before.text += blank + line.text
            before.folded += blank + line.folded
        else:
            joined.append(line)
        last = line
    return joined


def _inserted(lines: list[Line]) -> None:
    """A comma, a word, a comma, each on a line of its own: an advertiser's word, as a bad copy holds them."""
    for i in range(len(lines) - 2):
        a, b, c = lines[i : i + 3]
        if _PUNCTUATION.match(a.folded) and _PUNCTUATION.match(c.folded) and len(b.text) <= 12 and not b.ends:
            a.reason = b.reason = c.reason = "inserted advertising words"
        elif len(b.text) <= 6 and _BRAND.search(b.folded) and not b.heading:
            b.reason = "inserted advertising words"


def columns(text: str) -> int:
    """How wide *text* is printed: a Han character or full-width mark takes two columns."""
    return len(text) + len(_WIDE.findall(text))


def _width(lines: list[Line]) -> int:
    """The width that the page's text was wrapped at, in columns (a Han character has two), or 0 for a page that was not."""
    open_lines = [(columns(a.text), b) for a, b in zip(lines, lines[1:], strict=False) if not b.gap and not a.ends and len(a.text) >= 12]
    if len(open_lines) < 4:
        return 0
    widths = Counter(w for w, _ in open_lines)
    best = max(widths, key=lambda w: (sum(widths[v] for v in range(w - 3, w + 1)), w))
    near = sum(widths[v] for v in range(best - 4, best + 1))
    longer = sum(1 for line in lines if columns(line.text) > best + 4)
    return best if best >= 30 and near >= 4 and near * 2 >= len(open_lines) and longer * 8 <= len(lines) else 0


def _continues(whole: Line, before: Line, line: Line, width: int) -> bool:
    if before.reason or line.reason or line.heading or whole.heading or line.bullet or len(whole.text) > 20_000:
        return False
    look = line.folded
    if _CLOSING.match(look) and (re.search(r"\w", look) or look in (")", "〕")) and not line.gap:
        return True
    if line.gap or before.ends or markers.tail_marker(look):
        return False
    if _DATELINE.match(before.folded):
        return True
    opened = whole.folded[-60:]
    if opened.rfind("(") > opened.rfind(")") and ")" in look[:40] and len(whole.text) < 80:
        return True
    if opened.rfind("(") > opened.rfind(")") and len(look) <= 8 and len(whole.text) < 60:
        return True
    if _COMMA.search(before.folded) and len(before.text) >= 10:
        return True
    if width and columns(before.text) >= 0.75 * width and not line.indent:
        return True
    return bool(re.match(r"^(?:本报讯|本网讯)\s?\(", whole.folded)) and whole.folded.endswith(")") and len(whole.text) < 60
