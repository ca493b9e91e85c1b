"""A line that names an earlier publication in, its date out: 首发于《X》,2015年3月2日; first published in X on March 2, 2015.

Such a date is kept beside the page's own and never takes its place.
"""

from __future__ import annotations

import re
from datetime import date

from retrieval.pages import dates

EARLIEST = 1900
"""What is printed again may be older than the web."""

LONGEST = 120
"""Characters of such a line; a longer one is a paragraph that speaks of a publication."""

_SUBJECT = r"(?:本文|此文|该文|本稿|本篇|原文|文章|本刊|本报道|(?:本|此|该)(?:篇|系列)?(?:文章|报道|作品))"
_VERB = r"(?:首发|首刊|原载|原刊|原刊载|原发|原发表|首次(?:发表|刊登|刊发|刊载|发布)|(?:最早|最初|原|曾)(?:发表|刊登|刊发|刊载|发布|刊|载))"
_OPEN = r"^[\s(\[【〔*※#·•—\-]*"
_CHINESE = re.compile(
    rf"{_OPEN}(?:{_SUBJECT}[\s,]?(?P<when>[^。]{{0,24}}?))?{_VERB}(?:[于在]\s?:?|\s?:|\s|(?=[《“「\"]))\s?(?P<where>[^。]{{2,60}})"
    rf"|{_OPEN}{_SUBJECT}\s?(?:发表|刊登|刊发|刊载|刊|载)[于在]\s?(?P<there>[《“「][^。]{{2,60}})"
)
_ENGLISH = re.compile(
    r"^\W*(?:(?:this|the) (?:article|story|piece|report|essay|column|interview|post)\s)?(?:was\s|is\s|had\s|has\s|been\s)*(?:first|originally)\s(?:published|appeared|printed|posted|released)\s(?:in|by|at|on|with)\s(?P<where>.{4,90})"
)
_NAMED = re.compile(r"[《“「\"]|[\u3400-\u9fff]{2}")
_LATIN_NAME = re.compile(r"[a-z]{3}")


def first_publication(folded: str, today: date) -> dates.Found | None:
    """The date on which a line says that its text was published first, or None; the line must say where as well."""
    if len(folded) > LONGEST or not re.search(r"[首原早初载刊]|发表|first|origin", folded[:60]):
        return None
    if match := _CHINESE.match(folded):
        before, where = f"{match['when'] or ''} ", match["where"] or match["there"]
    elif match := _ENGLISH.match(folded):
        before, where = "", match["where"]
    else:
        return None
    found = dates.find(before + where, today, EARLIEST)
    named = (_NAMED if before else _LATIN_NAME).search(_undated(where, [(f.start - len(before), f.end - len(before)) for f in found if f.start >= len(before)]))
    return next((one for one in found if one.iso), None) if named else None


def _undated(text: str, dated: list[tuple[int, int]]) -> str:
    """*text* before its first date; after it, where it begins with the date."""
    if not dated:
        return text
    start, end = dated[0]
    return text[:start].strip() or text[end:]
