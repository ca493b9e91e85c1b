"""Whatever cuts, jieba is the reference: its dictionary and its algorithm; an admin's words are kept whole beside it."""

from __future__ import annotations

import json
import logging
import lzma
import os
from collections import Counter
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.numerals import plain_numbers
from retrieval.text import Cutter, default_cutter, fold, terms

SHARED = Path(os.environ.get("WENDA_SHARED", Path(__file__).parents[2].parent / "shared"))
NEWS = SHARED / "public" / "news.jsonl.xz"
OWN = ("渭源党参", "产业扶贫车间", "th-01型", "5g手机", "云计算")

TEXTS = [
    "谷城县对非贫困户危房改造每户补助8000元，减轻了自筹资金压力。",
    "GLP-1 与 5G、TH-01、f-35a、i9-13900f 和 www.example.com.cn 都是 Latin 字。",
    "电话：0731-85571188，版本 5.1.1，增长12.5%，1.5k 人；wi-fi、c++、c#、at&t、a_b、Q&A",
    "乒乓球拍卖完了，研究生命的起源，结婚的和尚未结婚的。",
    "产业扶贫车间卖渭源党参，TH-01型用云计算，5G手机也能看😀。",
    "習近平主席在長李莊雨等地調研，𬱖字也在。",
]


@cache
def reference() -> jieba.Tokenizer:
    jieba.setLogLevel(logging.ERROR)
    return jieba.Tokenizer()


@cache
def cutter(own: tuple[str, ...] = ()) -> Cutter:
    return Cutter(own)


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_jiebas_words(text: str) -> None:
    """The cutter splits Chinese, Latin and mixed text exactly as jieba does."""
    assert cutter().cut(fold(text)) == reference().lcut(fold(text))


MIXED = st.text(st.one_of(st.sampled_from("的一是不了人我在有中国县农民产品渭源党参云计算产业扶贫车间年月日"), st.sampled_from("aAzZ0159-._+#&%@ ,:。，《》\n"), st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)), max_size=30)


def likelihood(words: list[str]) -> tuple[Counter[str], Counter[str]]:
    """What jieba's model for unknown words multiplies: of each character with its place in its word, and of each such place after another."""
    places = [place for word in words for place in ("S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E")]
    return Counter(map("".join, zip(places, "".join(words), strict=True))), Counter(map("".join, pairwise(["^", *places, "$"])))


def is_jiebas(found: list[str], wanted: list[str]) -> bool:
    """Whether these are jieba's words, or exactly as likely ones: of 人国国|国国 and 人国|国国国 the last digit of a sum decides.

    By its dictionary the same words are as likely in any order, by its model for unknown words the same factors.
    """
    return "".join(found) == "".join(wanted) and (sorted(found) == sorted(wanted) or likelihood(found) == likelihood(wanted))


def test_only_equally_likely_words_pass_for_jiebas() -> None:
    """The factors are the same where a pattern is shifted along a repetition of itself, and nowhere else."""
    assert is_jiebas(["人国", "国国国", "中"], ["人国国", "国国", "中"])
    assert is_jiebas(["泱", "泱泱"], ["泱泱", "泱"])
    assert not is_jiebas(["人国", "国国", "中"], ["人国国", "国", "中"])
    assert not is_jiebas(["研究", "生命"], ["研究生", "命"])


@given(MIXED)
def test_any_text_is_cut_as_jieba_cuts_it(text: str) -> None:
    """Chains of Latin letters, digits and signs are split as jieba's model for unknown words splits them."""
    assert is_jiebas(cutter().cut(fold(text)), reference().lcut(fold(text)))


@given(MIXED, st.sampled_from(OWN), MIXED)
def test_an_admins_word_is_kept_whole_and_changes_nothing_else(before: str, word: str, after: str) -> None:
    """Wherever it stands, it is one word, and what stands around it is cut as jieba cuts it; other texts are cut as ever."""
    folded = fold(f"{before}，{word}。{after}")
    found = cutter(OWN).cut(folded)
    assert "".join(found) == folded
    assert fold(word) in found
    assert cutter((*OWN, "白石滩")).cut(folded) == found
    if not any(fold(other) in fold(before) for other in OWN):
        assert is_jiebas(cutter(OWN).cut(fold(before)), reference().lcut(fold(before)))


def test_an_admins_word_is_a_word_and_a_name() -> None:
    """It is known, tagged as a name, kept whole within other words, and not found within a longer chain of letters."""
    own = cutter(("渭源党参", "AI"))
    assert own.knows("渭源党参") and own.is_name("渭源党参")
    assert own.cut("小渭源党参厂") == ["小", "渭源党参", "厂"]
    assert own.tags("卖渭源党参")[-1] == ("渭源党参", "nz", 1, 5)
    assert own.cut("said ai") == ["said", " ", "ai"]


def test_every_word_of_jiebas_dictionary_is_known() -> None:
    """The compiled dictionary is jieba's: each of its words is in it."""
    reference().initialize()
    assert not [word for word, count in reference().FREQ.items() if count and not default_cutter().knows(word)]


@pytest.mark.skipif(not NEWS.exists(), reason=f"{NEWS} is not there")
def test_news_is_cut_as_jieba_cuts_it() -> None:
    """On real news no word differs."""
    with lzma.open(NEWS) as lines:
        for line in islice(lines, 0, 3000, 30):
            folded = fold(json.loads(line)["body"])
            assert cutter().cut(folded) == reference().lcut(folded)


@given(st.text())
def test_folding_keeps_every_offset(text: str) -> None:
    """A folded text is as long as the text, and its words join to the whole."""
    folded = fold(text)
    assert len(folded) == len(text)
    assert "".join(default_cutter().cut(folded)) == folded


def test_scripts_and_widths_share_their_terms() -> None:
    """Traditional and Simplified, full and half width, upper and lower case have the same terms."""
    assert terms("電商產業園ＡＢＣ１２３") == terms("电商产业园abc123")


def test_words_bigrams_and_numbers_are_terms() -> None:
    """The terms of a text are its words, then the pairs of neighbouring Han characters, then written-out numbers."""
    assert terms("三十亩地。") == ["三十亩", "地", "三十", "十亩", "亩地", "30"]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("三十户", "30"), ("1.2万元", "12000"), ("百分之五", "5%"), ("百分之五点五", "5.5%"), ("12,000人", "12000"), ("二〇一九年", "2019"),
        ("三百五", "350"), ("一万二千三百", "12300"), ("三亿五千万", "350000000"), ("3亿5千万", "350000000"),
        ("两百", "200"), ("一百零五", "105"), ("1.2万亿", "1200000000000"), ("1,234.5万", "12345000"), ("３０万", "300000"),
    ],
)  # fmt: skip
def test_written_out_numbers_match_plain_digits(written: str, plain: str) -> None:
    """三十, 30 and ３０ share a term, as do 1.2万 and 12000, 百分之五 and 5%."""
    assert [number for number, _, _ in plain_numbers(fold(written))] == [plain]
    assert plain in terms(written)
    assert plain in terms(plain)


@pytest.mark.parametrize("text", ["三四个", "三个县", "十几", "万家", "三峡", "张三", "2019年", "12,34", "一些"])
def test_what_is_no_number_is_left_alone(text: str) -> None:
    """Estimates, names and plain digits get no second term."""
    assert plain_numbers(fold(text)) == []
