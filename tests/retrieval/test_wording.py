"""The table of wordings: what its lines say, what its words must be, and what a question's word finds by it."""

from __future__ import annotations

import pytest

from retrieval.text import fold
from retrieval.variants import TABLE, Wording, groups, variants
from retrieval.wording import FUNCTION_WORDS

LINES = TABLE.read_text(encoding="utf-8").splitlines()


def test_words_of_a_line_find_each_other() -> None:
    """Every word of a line without > finds every other one, and not itself."""
    wording = Wording(["# 交通", "", "计程车 出租车 的士"])
    assert wording.variants("计程车") == ("出租车", "的士")
    assert wording.variants("的士") == ("计程车", "出租车")
    assert wording.variants("交通") == ()


def test_an_arrow_goes_one_way() -> None:
    """Words left of > find each other and those on its right, which find nothing by that line."""
    wording = Wording(["栗子 毛栗 > 板栗 锥栗"])
    assert wording.variants("栗子") == ("毛栗", "板栗", "锥栗")
    assert wording.variants("板栗") == wording.variants("锥栗") == ()


def test_a_word_of_two_lines_has_both_meanings_and_keeps_them_apart() -> None:
    """A word finds what any of its lines says, each word once; its two meanings do not find each other."""
    wording = Wording(["媳妇 老婆 妻子", "媳妇 > 儿媳 老婆"])
    assert wording.variants("媳妇") == ("老婆", "妻子", "儿媳")
    assert wording.variants("老婆") == ("媳妇", "妻子")


def test_every_line_is_a_group() -> None:
    """A line that is no comment holds two different words or more, at most one >, and something on both sides of it."""
    for number, line in enumerate(LINES, 1):
        for same, besides in groups([line]):
            words = same + besides
            assert len(words) > 1 and len(set(words)) == len(words), f"{number}: {line}"
            assert same and bool(besides) == (">" in line) and ">" not in "".join(words), f"{number}: {line}"
    assert len(groups(LINES)) > 1500


def test_no_line_stands_twice() -> None:
    """Two lines do not say the same."""
    held = [(frozenset(same), frozenset(besides)) for same, besides in groups(LINES)]
    assert len(set(held)) == len(held)


def test_words_are_written_as_texts_are_compared() -> None:
    """Every word is folded already and holds no white space, no punctuation of a list."""
    for line in LINES:
        if not line.startswith("#"):
            assert fold(line) == line
            assert not set(line) & set("，、；,;|/")


def test_no_word_is_a_function_word() -> None:
    """Words that weigh nothing find nothing and are not found."""
    assert not [word for same, besides in groups(LINES) for word in same + besides if word in FUNCTION_WORDS]


def test_a_single_character_is_never_found() -> None:
    """What a question's word finds has two characters or more: one alone stands inside too many other words."""
    found = {other for same, besides in groups(LINES) for word in same for other in variants(word)}
    assert not [word for word in found if len(word) < 2]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("计程车", "出租车"), ("幼稚园", "幼儿园"), ("网路", "网络"), ("捷运", "地铁"), ("单车", "自行车"),
        ("返工", "上班"), ("后生仔", "年轻人"), ("瘫", "截瘫"), ("五保户", "特困人员"), ("低保", "最低生活保障"), ("大夫", "医生"),
        ("辍学", "失学"), ("工资", "薪水"), ("土豆", "马铃薯"), ("栗子", "板栗"), ("着火", "火灾"), ("媳妇", "妻子"),
        ("盖", "修建"), ("头一回", "首次"), ("残联", "残疾人联合会"), ("农合", "合作医疗"), ("高铁", "高速铁路"), ("翻倍", "增长一倍"),
    ],
)  # fmt: skip
def test_an_everyday_word_finds_the_official_one(asked: str, written: str) -> None:
    """A question's regional or everyday word finds what papers write."""
    assert written in variants(asked)


def test_a_narrower_word_does_not_find_the_wider_one() -> None:
    """A question about one kind is not answered by what is said of another."""
    assert "栗子" not in variants("板栗")
    assert "瘫" not in variants("截瘫")
