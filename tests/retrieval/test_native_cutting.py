"""What the compiled kernels make of texts is what Python makes of them: passages, terms, signatures, clean bodies and scripts."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import passages, postings, reprints
from retrieval.coded import Coded
from retrieval.coded import cut as cut_by_kernel
from retrieval.native.texts import Texts, coded, codes_of, text_of, texts
from retrieval.pages import common, lines
from retrieval.postings import Postings, Uncut
from retrieval.text import UNSURE, Cutter, default_cutter, fold, folded_alone

SHARED = Path(os.environ.get("WENDA_SHARED", Path(__file__).parents[2].parent / "shared"))

NEWS = "渭源縣2023年種了三千亩党参，约1.2万人受益；陈晓明说：“百分之五的增长不容易！”The GLP-1 (C++, AT&T) of news.zol.com.cn 3.5%……沈默 Σας\r\n"
MIXED = st.text(st.one_of(st.sampled_from(NEWS + "常在此锻炼的十一万亿点分零㐀鿖豈𠀀😀é²Ⅻﬁ　\u2028\x1c\x85.,_-+#&%0123abcXYZ'\"”』）\n"), st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5), st.characters()), max_size=120)


@pytest.fixture(scope="module")
def kernel() -> Texts:
    found = texts()
    if not found or not found.cuts(1_000_000):
        pytest.skip("the kernels were not compiled, or jieba's dictionary is another one")
    return found


def by_python(cutter: Cutter, batch: Uncut) -> Postings:
    with pytest.MonkeyPatch.context() as without:
        without.setattr(postings, "kernels_on_texts", lambda: None)
        without.setattr(postings, "merging", lambda: None)
        return postings.cut(cutter, batch)


def assert_cut_alike(kernel: Texts, cutter: Cutter, batch: Uncut) -> None:
    for one, other in zip(vars(cut_by_kernel(kernel, cutter, Coded.uncut(batch))).values(), vars(by_python(cutter, batch)).values(), strict=True):
        assert one.dtype == other.dtype and np.array_equal(one, other)


def assert_alike(kernel: Texts, body: str) -> None:
    with pytest.MonkeyPatch.context() as without:
        for module in (passages, common, lines):
            without.setattr(module, "texts", lambda: None)
        spans, clean, script = passages.split(body), lines.plain_body(body), common.script_of(body)
    assert passages.split(body) == spans
    assert lines.plain_body(body) == clean
    assert common.script_of(body) == script
    assert kernel.clean(coded(clean), lines._dirty()) == bool(clean)
    assert reprints.signatures([body, clean]) == [reprints._signature(body), reprints._signature(clean)]


@given(st.lists(st.tuples(st.none() | MIXED, st.lists(MIXED, max_size=3)), max_size=3))
def test_terms_are_those_of_the_cutter(kernel: Texts, articles: list[tuple[str | None, list[str]]]) -> None:
    """Whatever stands in titles and passages, with an admin's words too."""
    assert_cut_alike(kernel, default_cutter(), Uncut(articles))
    assert_cut_alike(kernel, Cutter(["千亩党参", "锻炼的", "glp-1", "c"]), Uncut(articles))


@given(MIXED)
def test_bodies_are_read_alike(kernel: Texts, body: str) -> None:
    """Sentences, passages, clean bodies, scripts and signatures."""
    assert_alike(kernel, body)
    assert_alike(kernel, body * 8)


@given(MIXED)
def test_folding_by_characters_is_folding(kernel: Texts, text: str) -> None:
    """Where no character is unsure, each becomes what `fold` makes of it within the text."""
    table = folded_alone()
    if table is None:
        pytest.skip("the phrases of this OpenCC were not looked through")
    folded, unsure = kernel.fold(*codes_of([text]), table)
    assert unsure[0] or text_of(folded) == fold(text)


def test_characters_that_change_within_phrases_are_unsure() -> None:
    """What OpenCC writes otherwise within a phrase alone, or at the end of a word, is left to it."""
    table = folded_alone()
    if table is None:
        pytest.skip("the phrases of this OpenCC were not looked through")
    for character in "沈藉瞭Σ縣İ":
        assert table[ord(character)] == UNSURE
    assert [chr(table[ord(character)]) for character in "中Ａa，"] == ["中", "a", "a", ","]


def test_ways_to_cut_that_are_nearly_as_likely_are_left_to_the_cutter(kernel: Texts) -> None:
    """The models of jieba and of rjieba choose otherwise here, by the seventh digit."""
    codes, bounds = codes_of(["常在此锻炼"])
    briefs, keys, _, _, close = kernel.terms(codes, bounds, np.array([[0, 1]]))
    assert close.tolist() == [True] and not len(briefs) and not len(keys)
    assert_cut_alike(kernel, default_cutter(), Uncut([(None, ["常在此锻炼的人", "此次义诊"])]))


def test_long_terms_have_the_hash_of_the_standard_library(kernel: Texts) -> None:
    """Of one block and of several, in every length of UTF-8."""
    for length in (3, 42, 43, 127, 128, 129, 255, 256, 257, 1000):
        assert_cut_alike(kernel, default_cutter(), Uncut([(None, ["x" * length, "1" * length + "é", "y" * length + "。"])]))


def test_the_news_is_read_alike(kernel: Texts) -> None:
    """The first articles of the news set, where it is there."""
    news = SHARED / "public" / "news.jsonl.xz"
    if not news.exists():
        pytest.skip(f"needs {news}")
    import lzma

    with lzma.open(news) as file:
        bodies = [json.loads(line)["body"] for line in islice(file, 700)]
    for body in bodies:
        assert_alike(kernel, body)
    assert_cut_alike(kernel, default_cutter(), Uncut([(body[:20], [body[start:end] for start, end in passages.split(body)]) for body in bodies]))
