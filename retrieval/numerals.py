"""Folded text in, its written-out numbers in plain digits out, so that 三十 matches 30, 1.2万 12000 and 百分之五 5%.

A number that stands in plain digits already is a word of the text as it is and is not repeated here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}

_CHINESE = "零〇一二两三四五六七八九十百千万亿"

BEGINS, FOLLOWS = f"{_CHINESE}0123456789", f"{_CHINESE},分"
"""Two characters beside each other that only written-out numbers have: one of the former, one of the latter."""

# A digit alone is left as it is: with 三个 as 3 the first passage was right for 10 fewer of DRCD's 3,524 questions, with
# the forms below for 1 fewer (and for as many of CMRC's 1,002).
_NUMBER = re.compile(
    rf"(?P<share>百分之)(?P<of>[{_CHINESE}]+(?:点[零〇一二三四五六七八九]+)?|\d+(?:\.\d+)?)"
    r"|(?P<grouped>(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]))(?P<unit>[十百千万亿]*)"
    rf"|(?P<mixed>\d+(?:\.\d+)?[十百千万亿][{_CHINESE}\d]*)"
    rf"|(?P<written>[{_CHINESE}]{{2,}})"
)
# Where a number may be: two characters that only such numbers have, found some ten times as fast as the whole pattern.
_HINT = re.compile(f"[{BEGINS}][{FOLLOWS}]")
_PART = re.compile(r"\d+(?:\.\d+)?|.")


def plain_numbers(folded: str) -> list[tuple[str, int, int]]:
    """The written-out numbers of *folded* in plain digits, with their spans."""
    found = []
    end = 0
    for hint in _HINT.finditer(folded):
        start = hint.start()
        while start > end and folded[start - 1] in "0123456789.,":
            start -= 1
        match = _NUMBER.match(folded, start) or _NUMBER.match(folded, hint.start())
        if start < end or not match:
            continue
        end = match.end()
        value = _in_digits(*match.groups())
        if value:
            found.append((value, match.start(), end))
    return found


@lru_cache(maxsize=20_000)  # most stand in more than one text
def _in_digits(share: str | None, of: str | None, grouped: str | None, unit: str | None, mixed: str | None, written: str | None) -> str:
    """The number of a match's groups in plain digits; empty where it is none."""
    if of:
        whole, _, fraction = of.partition("点")
        value = parse(whole)
        value = value if value is None or not fraction else value + parse_digits(fraction).scaleb(-len(fraction))
    elif grouped:
        value = parse(grouped.replace(",", "") + (unit or ""))
    else:
        value = parse(mixed or written or "")
    return "" if value is None else _plain(value) + ("%" if share else "")


def parse_digits(text: str) -> Decimal:
    return Decimal("".join(str(_DIGITS[c]) for c in text))


def parse(text: str) -> Decimal | None:
    """The value of a number in Chinese, plain or mixed digits, such as 三百五, 二〇一九, 1.2万; None where it is none."""
    if all(c in _DIGITS for c in text):
        # 二〇一九 is read digit by digit; 三四 is three or four.
        return parse_digits(text) if len(text) != 2 or "〇" in text or "零" in text else None
    total = section = Decimal(0)
    digit: Decimal | None = None
    last = Decimal(1)
    for part in _PART.findall(text):
        if part in _TENS:
            if digit is None and part != "十":
                return None
            section += (1 if digit is None else digit) * _TENS[part]
            digit, last = None, Decimal(_TENS[part])
        elif part in _MYRIADS:
            if not (section or digit or total):
                return None
            here = section + (digit or 0)
            total = (total + here) * _MYRIADS[part] if part == "亿" or not total else total + here * _MYRIADS[part]
            section, digit, last = Decimal(0), None, Decimal(_MYRIADS[part])
        elif digit:
            return None
        else:
            digit = Decimal(_DIGITS[part]) if part in _DIGITS else Decimal(part)
            if part in "零〇":
                last = Decimal(1)
    if digit and last >= 100:  # 三百五 is 350, 一万二 is 12000
        digit *= last / 10
    return total + section + (digit or 0)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
