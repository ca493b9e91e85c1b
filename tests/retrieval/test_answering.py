"""What an answer promises: the right sentence, verbatim, dated, or an honest no."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval import Library

ARTICLES = [
    {
        "id": "qinghe",
        "title": "清禾县:网店开到山坡上",
        "outlet": "青岭日报",
        "published": "2017-09-06",
        "body": "清禾县石桥乡的平房里,二十九岁的店主苗小禾正在打包。三年前的一场车祸让他坐上了轮椅。\n"
        "全县现有持证残疾人4312人,其中37人开了网店。2016年,县残联办了5期电商培训班,共86人参加。\n"
        "培训送到炕头上\n"
        "凡是开店满半年的残疾人,每人可领启动补贴3000元,快递费每件再减8角。到8月底,全县已发放补贴11.1万元。\n"
        "“一个都不能落下。”县残联理事长钟守田在会上说。",
    },
    {
        "id": "yunling",
        "title": "雲嶺鎮縫紉坊讓聽障婦女安心上工",
        "outlet": "雲嶺時報",
        "published": "2021-03-02",
        "body": "雲嶺鎮老糧站改成的縫紉坊裡有22名聽障婦女,最年長的56歲。負責人莊望舒今年41歲,自幼失聰。\n"
        "2018年,鎮上的社工幫她申請到一筆3萬元的小額貸款。她們平均每月能領到2400元。",
    },
    {
        "id": "linxi",
        "title": "临溪市的暖心食堂",
        "outlet": "临溪新闻网",
        "published": "2016-11-23",
        "body": "临溪市柳堰街道的暖心食堂位于旧锅炉房,一份午饭6元,能送到轮椅跟前。\n"
        "食堂只有5名正式员工,其余是居民志愿者。截至目前,食堂已经供餐4.2万份。\n"
        "街道推行“暖心卡”,65岁以上的老人每餐再减2元。",
    },
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("answering")
    corpus = folder / "articles.jsonl"
    corpus.write_text("\n".join(json.dumps(a, ensure_ascii=False) for a in ARTICLES), encoding="utf-8")
    with Library.open(folder / "library.db", ledger=False) as opened:
        opened.reindex([corpus])
        yield opened


@pytest.mark.parametrize(
    ("question", "article", "holds"),
    [
        ("清禾县有多少残疾人开网店?", "qinghe", "37人开了网店"),
        ("开店的残疾人能领多少启动补贴", "qinghe", "3000元"),
        ("縫紉坊的負責人是誰?", "yunling", "莊望舒"),
        ("云岭镇缝纫坊的听障妇女每月领多少钱", "yunling", "2400元"),
        ("暖心食堂在什么地方", "linxi", "旧锅炉房"),
        ("青禾县的网店补贴多少钱", "qinghe", "3000元"),
    ],
)
def test_the_first_excerpt_holds_the_answer(library: Library, question: str, article: str, holds: str) -> None:
    """The first excerpt is from the right article and holds the answer, whichever script is asked in."""
    answer = library.ask(question, record=False)
    assert answer.status == "answered"
    assert answer.excerpts[0].article.id == article
    assert holds in answer.excerpts[0].text


def test_a_typing_error_is_read_otherwise_and_said(library: Library) -> None:
    """A homophone in a name is found, and what it was read as is told."""
    answer = library.ask("青禾县有多少残疾人开网店", record=False)
    assert answer.corrected == (("青禾", "清禾"),) or answer.corrected == (("青禾县", "清禾县"),)
    assert "37人" in answer.excerpts[0].text


def test_a_follow_up_goes_on_from_what_was_read(library: Library) -> None:
    """What a follow-up takes from a mistyped question is taken as it was read, not as it was typed."""
    answer = library.ask("那补贴是多少", previous=["青禾县的网店有多少家"], record=False)
    assert answer.rewritten
    assert "清禾县" in answer.rewritten
    assert "青禾" not in answer.rewritten


@pytest.mark.parametrize(
    ("question", "mark"),
    [("清禾县有多少残疾人开网店?", "37人"), ("縫紉坊的負責人是誰?", "莊望舒"), ("哪一年申請到小額貸款的?", "2018年"), ("暖心食堂一份午饭多少钱", "6元")],
)
def test_the_answering_words_are_highlighted(library: Library, question: str, mark: str) -> None:
    """What is highlighted is the answer, not only the words that match, and it is short."""
    excerpt = library.ask(question, record=False).excerpts[0]
    marks = [excerpt.text[start:end] for start, end in excerpt.highlights]
    assert any(mark in text or text in mark for text in marks)
    assert all(len(text) <= 20 for text in marks)


@pytest.mark.parametrize(
    "question", ["火星上有多少座火山?", "暖心食堂的老板欠了银行多少贷款利息", "今天股市收盘多少点", "苗小禾哪年结的婚"]
)
def test_what_no_article_says_is_not_answered(library: Library, question: str) -> None:
    """A question whose matter or attribute no article holds gets no answer."""
    assert library.ask(question, record=False).status != "answered"


@pytest.mark.parametrize("question", ["培训送到炕头上要走多少路", "一场车祸让店主坐上了轮椅,花了多少钱"])
def test_an_excerpt_without_the_amount_asked_for_is_no_answer(library: Library, question: str) -> None:
    """It may speak of the matter, but holds no figure, or none of money where money is asked for: it is shown as close to it."""
    answer = library.ask(question, record=False)
    assert answer.status == "related" and answer.confidence >= 0.25
    assert not answer.excerpts and answer.related


def test_a_part_of_which_nothing_is_said_is_no_answer(library: Library) -> None:
    """The number of all is none of the women among them; where something is said of the part, it is."""
    asked = library.ask("其中女的有多少", previous=["清禾县有多少持证残疾人"], record=False)
    assert asked.rewritten and "其中女的" in asked.rewritten
    assert asked.status != "answered"
    assert "37人" in library.ask("其中开网店的有多少", previous=["清禾县有多少持证残疾人"], record=False).excerpts[0].text


def test_missing_words_are_named(library: Library) -> None:
    """The words of a question that stand nowhere are told."""
    assert "火山" in library.ask("火星上有多少座火山?", record=False).missing


@pytest.mark.parametrize(("text", "kind"), [("你好", "greeting"), ("谢谢你!", "thanks"), ("讲个笑话", "ability"), ("😀😀", "odd"), ("", "empty"), ("你是谁", "identity")])
def test_small_talk_gets_a_message_and_no_sources(library: Library, text: str, kind: str) -> None:
    """Small talk is answered by a kind of message, never by excerpts."""
    answer = library.ask(text, record=False)
    assert (answer.message, answer.excerpts, answer.related) == (kind, (), ())


def test_a_follow_up_is_completed_and_shown(library: Library) -> None:
    """那2016年呢 takes the earlier question's matter; what it was completed to is told."""
    answer = library.ask("她每月领多少钱?", previous=["云岭镇缝纫坊的负责人是谁"], record=False)
    assert answer.rewritten
    assert "2400元" in answer.excerpts[0].text


def test_a_question_that_stands_alone_is_not_completed(library: Library) -> None:
    """A question that names its own matter takes nothing from the one before."""
    answer = library.ask("暖心食堂一份午饭多少钱", previous=["清禾县有多少残疾人开网店"], record=False)
    assert answer.rewritten is None
    assert answer.excerpts[0].article.id == "linxi"


def test_when_an_article_appeared_is_answered_by_its_date(library: Library) -> None:
    """A question about the article itself cites the article it describes."""
    answer = library.ask("青岭日报写清禾县网店的那篇报道是什么时候登的?", record=False)
    assert [e.article.published for e in answer.excerpts[:1]] == ["2017-09-06"]


def test_a_window_of_publication_filters(library: Library) -> None:
    """2020年以后的报道 leaves earlier articles out, says so, and counts what was left out."""
    answer = library.ask("2020年以后的报道里,每月能领多少钱?", record=False)
    assert answer.window and answer.window.begin == "2020-01-01"
    assert {e.article.id for e in answer.excerpts + answer.related} <= {"yunling"}


def test_an_empty_window_offers_what_lies_outside_it(library: Library) -> None:
    """Where nothing was published within the window, nothing is called an answer."""
    answer = library.ask("2025年以后的报道里,暖心食堂一份午饭多少钱?", record=False)
    assert answer.status != "answered"


def test_two_places_in_one_question_get_an_excerpt_each(library: Library) -> None:
    """A comparison is answered from both articles."""
    answer = library.ask("清禾县和临溪市分别有什么补贴或者减免", record=False)
    assert {e.article.id for e in answer.excerpts} >= {"qinghe"} or answer.status != "answered"


def test_the_place_is_in_the_articles_own_words(library: Library) -> None:
    """Every excerpt knows the place it speaks of, in the article's own script."""
    assert library.ask("有多少人开了网店", record=False).excerpts[0].place == "清禾县"


def test_words_that_the_date_dates_are_named(library: Library) -> None:
    """截至目前 in an excerpt is told, so that it can be dated by the article."""
    answer = library.ask("暖心食堂供餐多少份", record=False)
    assert "截至目前" in answer.excerpts[0].dated


def test_a_hidden_article_is_as_good_as_gone(library: Library) -> None:
    """With the only article that answers hidden, there is no answer from it."""
    answer = library.ask("暖心食堂一份午饭多少钱", record=False, hidden=["linxi"])
    assert all(e.article.id != "linxi" for e in answer.excerpts + answer.related)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(st.sampled_from(["清禾县", "多少", "残疾人", "網店", "谁", "2016年", "<b>", "😀", "５０", "哪里", "'; --", "\ud800", "呢"]), max_size=12).map("".join),
    )
)
def test_any_question_gets_a_verbatim_answer(library: Library, question: str) -> None:
    """Whatever is asked, nothing breaks and every excerpt is a slice of its article with highlights inside it."""
    answer = library.ask(question, record=False)
    for excerpt in answer.excerpts + answer.related:
        assert excerpt.text == excerpt.article.body[excerpt.start : excerpt.end] != ""
        assert all(0 <= start < end <= len(excerpt.text) for start, end in excerpt.highlights)
    assert (answer.status == "answered") == bool(answer.excerpts)
    assert 0 <= answer.confidence <= 1


REPRINTED = ARTICLES[0]["body"]
UNRELATED = "(记者林一、通讯员周二报道,编辑吴三,校对郑四,摄影王五,版式钱六,值班主任冯七,夜班编委陈八,印刷于城北路九号,天气晴转多云,南风三级,气温十二到二十度)"


@pytest.fixture
def reprinted(tmp_path: Path) -> Iterator[Library]:
    """Thirty prints of one text, the earliest of them with a title that the question does not meet."""
    lines = [{"id": f"p{n:02}", "title": "残疾人开网店", "outlet": "南屿在线", "published": f"2017-09-{30 - n:02}", "body": REPRINTED} for n in range(29)]
    lines.append({"id": "first", "title": None, "outlet": "青岭日报", "published": "2016-12", "body": REPRINTED + UNRELATED})
    lines += [{"id": f"o{n}", "title": "天气", "outlet": "青岭日报", "published": "2017-09-06", "body": f"{n}号渡口今天水位{n * 7}厘米。"} for n in range(99)]
    corpus = tmp_path / "many.jsonl"
    corpus.write_text("\n".join(json.dumps(a, ensure_ascii=False) for a in lines), encoding="utf-8")
    with Library.open(tmp_path / "many.db", ledger=False) as library:
        library.reindex([corpus])
        yield library


def test_the_earliest_print_is_cited_though_it_was_not_found(reprinted: Library) -> None:
    """The same text in thirty outlets is shown once, by its earliest article, and all others are counted."""
    hits = {hit.article_id for hit in reprinted.search("清禾县有多少残疾人开网店?", 16)}
    assert "first" not in hits
    answer = reprinted.ask("清禾县有多少残疾人开网店?", record=False)
    assert {e.article.id for e in answer.excerpts} == {"first"}
    for excerpt in answer.excerpts:
        assert excerpt.text == excerpt.article.body[excerpt.start : excerpt.end]
        assert sorted(excerpt.reprints) == [f"p{n:02}" for n in range(29)]


def test_the_earliest_print_is_that_of_the_window_asked_for(reprinted: Library) -> None:
    """A print from before the window is counted, not cited; a hidden one is neither."""
    answer = reprinted.ask("2017年9月5日以后的报道，清禾县有多少残疾人开网店?", record=False, hidden=["p25"])
    assert answer.window and answer.window.begin == "2017-09-05"
    assert {e.article.id for e in answer.excerpts} == {"p24"}
    assert len(answer.excerpts[0].reprints) == 28 and "p25" not in answer.excerpts[0].reprints


def test_reprints_are_counted_with_the_earliest(tmp_path: Path) -> None:
    """The same text in two outlets is shown once, by its earliest article, the other counted."""
    body = ARTICLES[0]["body"]
    lines = [
        {"id": "later", "title": None, "outlet": "南屿在线", "published": "2017-09-08", "body": body},
        {"id": "first", "title": None, "outlet": "青岭日报", "published": "2017-09-06", "body": body},
    ]
    corpus = tmp_path / "two.jsonl"
    corpus.write_text("\n".join(json.dumps(a, ensure_ascii=False) for a in lines), encoding="utf-8")
    with Library.open(tmp_path / "two.db", ledger=False) as library:
        library.reindex([corpus])
        answer = library.ask("清禾县有多少残疾人开网店?", record=False)
    assert {e.article.id for e in answer.excerpts} == {"first"}
    assert answer.excerpts[0].reprints == ("later",)
