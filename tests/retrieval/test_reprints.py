"""Reprints are found by their letters: other script, cut ends and added lines do not hide them, other numbers do."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.records import Print
from retrieval.reprints import Known, Sketches, alike, groups, order, signature

STORY = (
    "溪口鎮的老水車停了三十年，今天早上又轉了起來。修水車的是兩位木匠，他們把軸心換成了鐵的，葉片還是用老樟木。"
    "村裡的老人坐在橋頭看了一上午，有人說聲音不如從前響，也有人說是溪水小了，和水車沒有關係。從明天起，水車每天轉兩個小時，"
    "帶動一盤石磨，磨出來的米粉分給來看水車的人。木匠說，明年開春還要在上游修一座小壩，讓溪水在夏天也夠用。鎮上已經撥了四萬二千元。"
)
HANS = STORY.translate(str.maketrans("鎮車轉來軸鐵還樟裡橋頭說聲響關係從時帶動盤給開壩讓夠撥萬兩們換個", "镇车转来轴铁还樟里桥头说声响关系从时带动盘给开坝让够拨万两们换个"))
OTHER = (
    "白鹭湾的渔歌唱了三百多年，从来没有谱子，因为会唱的人不识谱，识谱的人不会唱。今年夏天，一位音乐老师住进渔村，住了四十天，记下了七十二首。"
    "记谱最难的地方是没有拍子。渔歌跟着浪走，浪大就慢，浪小就快。她后来想了一个办法，不写拍子，写风向。"
)
REPORT = (
    "据临川气象台消息，今天临川县最高气温{0}度，最低气温{1}度，降水{2}毫米，东南风{3}级。预计未来三天以多云为主，"
    "局部地区有雷阵雨，请市民出行注意防范，农户及时抢收晾晒的稻谷。空气质量指数为{4}，适宜户外活动。森林火险等级为{5}级，请勿在野外用火。"
)


def grouped(**bodies: str) -> list[tuple[str, ...]]:
    return groups({id: signature(body) for id, body in bodies.items()})


def test_a_reprint_in_the_other_script_is_found() -> None:
    """A mirror that turned the article into the other script, with other punctuation, printed the same."""
    assert grouped(a=STORY, b=HANS.replace("，", ",").replace("。", ". "), c=OTHER) == [("a", "b")]


def test_a_reprint_with_a_cut_end_or_an_added_note_is_found() -> None:
    """The shorter is in the longer."""
    assert grouped(a=STORY, b=STORY[: len(STORY) * 2 // 3], c="原标题:老水车又转了。" + STORY + "本文经作者同意转载。") == [("a", "b", "c")]


def test_reports_from_one_mould_are_no_reprints() -> None:
    """Yesterday's weather and today's share nearly every letter, and not their numbers."""
    monday, tuesday = REPORT.format(31, 22, 14.5, 3, 42, 2), REPORT.format(28, 19, 0.2, 5, 77, 4)
    assert grouped(a=monday, b=tuesday, c=monday) == [("a", "c")]


def test_short_bodies_are_reprints_only_letter_by_letter() -> None:
    """A flash of thirty characters is too little to be alike."""
    assert grouped(a="临川今天下雨,渡船停驶。", b="临川今天下雨，渡船停驶", c="临川今天下雨,渡船照开。") == [("a", "b")]


def test_a_digest_is_no_reprint_of_what_it_holds() -> None:
    """A page of five articles repeats each of them and is none of them."""
    assert grouped(a=STORY, b=OTHER + STORY + OTHER[::-1] * 3) == []


def test_groups_do_not_depend_on_order() -> None:
    """The same articles make the same groups, whichever was stored first."""
    bodies = {"a": STORY, "b": HANS, "c": OTHER, "d": OTHER + "。", "e": REPORT.format(1, 2, 3, 4, 5, 6)}
    items = [(id, signature(body)) for id, body in bodies.items()]
    found = groups(dict(items))
    random.Random(7).shuffle(items)
    assert groups(dict(items)) == found == [("a", "b"), ("c", "d")]


def test_a_thousand_copies_are_one_group() -> None:
    """Many copies cost no more than their number."""
    signatures = {f"{i:04}": signature(STORY) for i in range(1000)}
    assert [len(group) for group in groups(signatures)] == [1000]


def test_the_earliest_comes_first() -> None:
    """By publication date, a month before its second day, an unknown date last, ties by id."""
    prints = [Print(id, published) for id, published in [("a", None), ("b", "2020-05-02"), ("c", "2020-05"), ("d", "2020-05-02"), ("e", "2019")]]
    assert [one.article_id for one in order(prints)] == ["e", "c", "b", "d", "a"]


def test_a_story_printed_more_often_than_a_crowd_is_one_group() -> None:
    """Many prints, each with another line at its end, share each probe with more than are compared with all others."""
    prints = {f"{n:03}": f"{STORY}{'一二三四五六七八九十'[n % 10] * (1 + n // 10)}。" for n in range(70)}
    assert [len(group) for group in groups({id: signature(body) for id, body in prints.items()})] == [70]


def test_standing_text_makes_no_reprints() -> None:
    """Articles that share a long notice are not one story, however many there are."""
    notice = "本网站刊载的所有内容，包括文字、图片和版面设计，均受著作权法保护，未经书面许可不得转载、摘编或以其他方式使用。"
    bodies = {f"{n:03}": "".join(chr(0x4E00 + (n * 97 + at * 31 + at * at * n) % 20000) for at in range(150)) + "。" + notice for n in range(80)}
    assert groups({id: signature(body) for id, body in bodies.items()}) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 60), st.integers(0, 2)), min_size=2, max_size=12))
def test_many_are_compared_as_two_are(cuts: list[tuple[int, int, int, int]]) -> None:
    """Whatever else is compared with them, two bodies are alike or not, the first with the second as the second with the first."""
    texts = (STORY, OTHER, REPORT.format(1, 2, 3, 4, 5, 6), REPORT.format(7, 8, 9, 10, 11, 12))
    signatures = [signature(texts[text][begin : len(texts[text]) - end] * (1 + more)) for text, begin, end, more in cuts]
    pairs = [(one, other) for one in range(len(cuts)) for other in range(len(cuts))]
    found = Sketches(signatures).alike(*np.array(pairs).T)
    assert found.tolist() == [alike(signatures[one], signatures[other]) for one, other in pairs]
    assert found.reshape(len(cuts), -1).tolist() == found.reshape(len(cuts), -1).T.tolist()
    assert all(found[len(cuts) * at + at] for at in range(len(cuts)))
    known = Known(signatures[1:])
    wanted = next((at for at in range(len(cuts) - 1) if alike(signatures[0], signatures[at + 1])), None)
    assert known.first_alike(signatures[0]) == wanted


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_body_has_a_signature_and_is_its_own_reprint(body: str) -> None:
    """A signature is short, always the same, and two equal bodies are a group."""
    assert signature(body) == signature(body)
    assert len(signature(body)) <= 4 * (4 + 64 + 16)
    assert groups({"a": signature(body), "b": signature(body)}) == [("a", "b")]
    assert groups({"a": signature(body)}) == groups({}) == []
