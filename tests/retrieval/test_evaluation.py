"""How answers are scored: question files, verdicts, figures, the risk–coverage curve, two runs compared."""

from __future__ import annotations

import json
import math
import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import cases, comparison, curves, evaluation
from retrieval.errors import QuestionsError, UsageError
from retrieval.evaluation import Evaluation, Share, evaluate
from retrieval.judging import judge
from retrieval.records import Answer, Article, Excerpt, Hit, Passage

ORCHARD = Article(
    id="news/orchard.txt",
    path="news/orchard.txt",
    title="果园丰收",
    outlet="青山日报",
    published="2019-05-03",
    body="李明今年种了３０亩苹果🍎。合作社一共有120户,每户分红8000元。\n水果卖到了临江和石桥。",
)
CLINIC = Article(id="news/clinic.txt", path="news/clinic.txt", outlet="临江晚报", published="2020", body="临江县新建卫生室45个。相关阅读:石桥卫生室关门。")


def quote(article: Article, text: str, *marks: str) -> Excerpt:
    start = article.body.index(text)
    return Excerpt(article, start, start + len(text), tuple((text.index(m), text.index(m) + len(m)) for m in marks))


@dataclass(frozen=True)
class Shelf:
    """A library of prepared answers, for scoring what is known beforehand; `without` are those with articles hidden."""

    answers: Mapping[str, Answer]
    without: Mapping[str, Answer]

    def ask(self, question: str, previous: Sequence[str] = (), record: bool = True, today: str | None = None, hidden: Sequence[str] = ()) -> Answer:
        assert not record, "scoring leaves no trace among past answers"
        return (self.without if hidden else self.answers).get(question, Answer(question=question, status="no_answer"))

    def search(self, question: str, k: int = 10) -> list[Hit]:
        return [Hit(p.article_id, p.start, p.end, 1.0, p.text) for p in self.passages() if question != "XYZ"][:k]

    def article(self, id: str) -> Article:
        for article in (ORCHARD, CLINIC):
            if article.id == id:
                return article
        raise UsageError(f"{id}: no such article")

    def passages(self) -> Iterator[Passage]:
        for article in (CLINIC, ORCHARD):
            yield Passage(article.id, 0, len(article.body), article.body)


def line(**fields: object) -> str:
    return json.dumps({"id": "a", "question": "分红多少?", "expect": "answer", "article": "orchard.txt", "answers": ["8000元"]} | fields, ensure_ascii=False)


QUESTIONS = "\n".join([
    line(id="a", kind="amount", published="2019-05-03", forbid=["相关阅读"]),
    line(id="b", question="谁种苹果?", kind="who", answers=["李 明"]),
    line(id="c", question="卖到哪?", kind="list", answers=["临江"], must_all=["临江", "石桥"], need=2),
    line(id="d", question="哪天登的?", kind="when", answers=["2019-05-03"], answer_in="citation"),
    line(id="e", question="石桥卫生室?", kind="boilerplate-trap", expect="no_answer", article=None, answers=[], forbid=["石桥卫生室"]),
    line(id="f", question="今天天气?", kind="unanswerable", expect="no_answer", article=None, answers=[]),
    line(id="g", question="卫生室几个?", kind="amount", answers=["45个"], article="clinic", published="2020-01-01"),
])


def shelf() -> Shelf:
    money = quote(ORCHARD, "每户分红8000元。", "8000元")
    answers = {
        "分红多少?": Answer(question="", status="answered", confidence=0.9, excerpts=(money,)),
        "谁种苹果?": Answer(question="", status="answered", confidence=0.8, excerpts=(quote(ORCHARD, "水果卖到了"), quote(ORCHARD, "李明今年种了", "今年"))),
        "卖到哪?": Answer(question="", status="answered", confidence=0.7, excerpts=(quote(ORCHARD, "卖到了临江和石桥"),)),
        "哪天登的?": Answer(question="", status="answered", confidence=0.6, excerpts=(money,)),
        "石桥卫生室?": Answer(question="", status="answered", confidence=0.5, excerpts=(quote(CLINIC, "石桥卫生室关门"),)),
        "今天天气?": Answer(question="", status="no_answer", confidence=0.1),
        "卫生室几个?": Answer(question="", status="related", confidence=0.3, related=(quote(CLINIC, "卫生室45个"),)),
    }
    return Shelf(answers, {"分红多少?": Answer(question="", status="related", confidence=0.4, related=(money,))})


@pytest.fixture
def run() -> Evaluation:
    return evaluate(shelf(), cases.parse(QUESTIONS), without=True)


def test_each_figure_counts_what_it_names(run: Evaluation) -> None:
    """First and top3 need the answer and its article, refused and kept need the right silence, dated the right day."""
    shares = {name: (share.hits, share.of) for name, share in run.shares.items()}
    assert shares == {"first": (3, 5), "top3": (4, 5), "kept": (4, 5), "refused": (1, 2), "dated": (5, 6), "verbatim": (7, 7), "span": (1, 1)}
    assert (run.trapped, run.chars) == (1, (10 + 5 + 8 + 10) / 4)
    assert {kind: (share.hits, share.of) for kind, share in run.kinds.items()} == {
        "amount": (1, 2), "boilerplate-trap": (0, 1), "list": (1, 1), "unanswerable": (1, 1), "when": (1, 1), "who": (0, 1),
    }


def test_an_article_that_is_a_line_of_a_file_is_known_by_its_id() -> None:
    """A JSON lines corpus has one path for all its articles; the question files name their ids."""
    told = Article(id="n00012", path="news.jsonl.xz", published="2023-08-01", body="临江县新建卫生室45个。")
    case = cases.parse(line(id="q1", question="建了几个卫生室", article="n00012", published="2023-08-01", answers=["45个"]), "questions")[0]
    answer = Answer(question=case.question, status="answered", excerpts=(quote(told, "临江县新建卫生室45个。"),))
    verdict = judge(case, answer, lambda _: told, {"n00012": "2023-08-01"})
    assert (verdict.first, verdict.datable, verdict.dated) == (True, 1, 1)


def test_retrieval_counts_a_question_without_hits_as_zero() -> None:
    """A search that finds nothing lowers R@k and MRR as a wrong one does."""
    found = evaluate(shelf(), cases.parse(QUESTIONS + "\n" + line(id="z", question="XYZ")))
    assert found.articles.ranks == (2, 2, 2, 2, 1, None)
    assert found.articles.recall(1) == pytest.approx(1 / 6) and found.articles.recall(5) == pytest.approx(5 / 6)
    assert found.articles.mrr == pytest.approx(3 / 6)
    assert found.passages.ranks == (2, 2, 2, 1, None), "a citation is in no passage"


def test_confidence_is_scored_over_all_questions(run: Evaluation) -> None:
    """AUROC sets answerable questions against the others; the curve asks whether what is shown first is right."""
    assert run.auroc == pytest.approx((4 * 2 + 1) / 10)
    assert run.curve.points[0] == (pytest.approx(1 / 7), 0.0) and run.curve.points[-1] == (1.0, pytest.approx(3 / 7))
    assert run.curve.coverage_at(0.05) == pytest.approx(1 / 7)
    assert run.operating_point == (pytest.approx(5 / 7), pytest.approx(2 / 5))


def test_hiding_the_answer_asks_every_question_twice(run: Evaluation) -> None:
    """Without its article a question should be refused with less confidence; a list over several articles is left out."""
    several = cases.parse(line(article=["orchard", "clinic"], must_all=["8000元", "45个"], need=2))
    assert evaluate(shelf(), several, without=True).hidings == ()
    assert [(h.id, h.kept, h.hidden, h.refused) for h in run.hidings if h.id in "ab"] == [("a", 0.9, 0.4, True), ("b", 0.8, 0.0, True)]
    assert [h.id for h in run.hidings] == ["a", "b", "c", "d", "g"]


def test_an_article_that_is_not_in_the_library_is_named() -> None:
    """Missing articles are counted and named; where none is there, nothing is scored."""
    some = evaluate(shelf(), cases.parse(line() + "\n" + line(id="b", article="gone.txt")))
    assert some.unknown == ("gone.txt",) and "gone.txt" in evaluation.to_text(some)
    with pytest.raises(QuestionsError, match="holds none of the 1 articles"):
        evaluate(shelf(), cases.parse(line(article="gone.txt")))


def test_progress_counts_every_question_asked() -> None:
    """A bar can be drawn from what is told: one step a question, two where its article is hidden too."""
    told: list[tuple[int, int]] = []
    evaluate(shelf(), cases.parse(line()), without=True, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(("text", "fault"), [
    ("{", "line 1: not JSON"),
    ("[1]", "line 1: holds list, not a JSON object"),
    (line() + "\n\n" + line(), "line 3: id 'a' stands on an earlier line"),
    (line(expect="maybe"), "expect must be 'answer' or 'no_answer', not 'maybe'"),
    (line(question=None), "question must be a text"),
    ('{"id": "a", "expect": "answer"}', "question is missing"),
    (line(answers=[]), "answers is empty"),
    (line(answers=["8000元", " "]), "is blank"),
    (line(article=None), "article is empty"),
    (line(need=2, must_all=["临江"]), "need is 2, but must_all holds 1"),
    (line(need="two"), "need must be a count"),
    (line(answer_in="title"), "answer_in must be one of excerpt, citation"),
    (line(expect="no_answer"), "expects no answer, but names"),
    (line(forbid=["8000"]), "forbids '8000', which stands in an answer"),
    (line(published="2019年"), "published must be a date such as"),
    (line(published=["2019"], article=["a", "b"]), "published holds 1 dates for 2 articles"),
    (line(published="2019") + "\n" + line(id="b", published="2020"), "dates orchard.txt 2020, but question a dates it 2019"),
    (" \n", "holds no question"),
])
def test_a_bad_question_file_is_refused_with_its_line(text: str, fault: str) -> None:
    """Nothing is scored from a file that contradicts itself; the message names the line and what to do."""
    with pytest.raises(QuestionsError) as caught:
        cases.parse(text, "my.jsonl")
    assert str(caught.value).startswith("my.jsonl: ") and fault in str(caught.value)


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    """A file with many faults is corrected in one go; a missing one and one in another encoding are named."""
    with pytest.raises(QuestionsError, match=r"line 1: .*; line 12: .*; and 2 more") as caught:
        cases.parse("\n".join(["{"] * 1 + [""] * 2 + ["{"] * 11))
    assert "\n" not in str(caught.value)
    with pytest.raises(QuestionsError, match="No such file"):
        cases.read(tmp_path / "gone.jsonl")
    (tmp_path / "gbk.jsonl").write_bytes(line().encode("gbk"))
    with pytest.raises(QuestionsError, match="not UTF-8"):
        cases.read(tmp_path / "gbk.jsonl")
    (tmp_path / "bom.jsonl").write_text("\ufeff" + line(), encoding="utf-8")
    assert cases.read(tmp_path / "bom.jsonl")[0].answers == ("8000元",)


def test_the_shared_question_file_is_read(shared: Path) -> None:
    """The format is the one of the published question files."""
    read = cases.read(shared / "gold" / "questions-dev.jsonl")
    assert len(read) == 173 and sum(case.answerable for case in read) == 139 and sum(len(case.previous) for case in read) == 8


@pytest.fixture
def shared() -> Path:
    import os

    found = Path(os.environ.get("WENDA_SHARED") or Path(__file__).parents[2].parent / "shared")
    if not found.is_dir():
        pytest.skip("the sample files are not here")
    return found


def test_json_holds_the_figures_and_every_question(run: Evaluation) -> None:
    """What is written can be read back, holds every question, and compares with itself as unchanged."""
    written = json.loads(json.dumps(evaluation.to_json(run), allow_nan=False))
    assert written["figures"]["first"] == {"value": 0.6, "hits": 3, "of": 5, "interval": [0.2307, 0.8824]}
    assert written["retrieval"]["articles"]["R@10"] == 1.0 and written["without"]["refused"] == len(run.hidings)
    assert [row["right"] for row in written["results"]] == [True, False, True, True, False, True, False]
    same = comparison.compare(written, written)
    assert (same.gained, same.lost, same.changed, same.same, same.chance) == ((), (), (), 7, 1.0)


def test_two_runs_are_compared_question_by_question(run: Evaluation) -> None:
    """Gained, lost and changed are named; a question that stands in one run only is in none of them."""
    old = json.loads(json.dumps(evaluation.to_json(run)))
    new = json.loads(json.dumps(old))
    new["results"][0] |= {"right": False, "text": "别的", "cited": ["x", 0, 2]}
    new["results"][1] |= {"right": True}
    new["results"][2] |= {"cited": ["x", 0, 2]}
    new["results"][3] |= {"question": "哪年登的?"}
    del new["results"][6]
    found = comparison.compare(old, new)
    assert [[c.id for c in changes] for changes in (found.gained, found.lost, found.changed)] == [["b"], ["a"], ["c"]]
    assert (found.same, found.only_old, found.only_new, found.chance) == (2, ("d", "g"), ("d",), 1.0)
    text = comparison.to_text(found)
    assert "gained 1, lost 1, changed 1, same 2" in text and "- a amount | 分红多少? | 每户分红8000元。 → 别的" in text
    assert json.loads(json.dumps(comparison.to_json(found)))["lost"][0]["id"] == "a"
    with pytest.raises(QuestionsError, match="the earlier run is not the output"):
        comparison.compare({"results": [1]}, new)


def test_the_text_has_the_table_and_the_curve(run: Evaluation) -> None:
    """The terminal shows every figure with its counts, the kinds, and the curve in block characters."""
    text = evaluation.to_text(run)
    for part in ("first      60.0%  (3/5; 23% to 88%)", "trapped   1", "boilerplate-trap      0/1", "AURC", "coverage at 5% risk", "█", "└───"):
        assert part in text


def test_the_picture_is_well_formed(run: Evaluation) -> None:
    """The SVG is XML without anything to load, with one line and the library's own point."""
    picture = evaluation.to_svg(run)
    root = ElementTree.fromstring(picture)
    names = [element.tag.split("}")[1] for element in root.iter()]
    assert names.count("polyline") == 1 and names.count("circle") == 1 and "image" not in names and "href" not in picture
    assert ElementTree.fromstring(curves.svg(curves.risk_coverage([]), "a <b> & c")) is not None


def test_nothing_answerable_is_no_division_by_zero() -> None:
    """A file of unanswerable questions alone has figures too, those that can be."""
    found = evaluate(shelf(), cases.parse(line(id="f", question="今天天气?", expect="no_answer", article=None, answers=[])))
    assert (found.auroc, found.chars, found.articles.mrr, found.shares["first"].value, found.operating_point) == (None, None, None, None, None)
    assert "first     -" in evaluation.to_text(found) and evaluation.to_svg(found)
    json.dumps(evaluation.to_json(found), allow_nan=False)


CONFIDENCES = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)


@given(CONFIDENCES)
def test_auroc_is_the_share_of_pairs_in_order(judged: list[tuple[float, bool]]) -> None:
    """The fast count equals comparing every pair, a tie counting half."""
    yes, no = [c for c, right in judged if right], [c for c, right in judged if not right]
    slow = sum((y > n) + (y == n) / 2 for y in yes for n in no) / (len(yes) * len(no)) if yes and no else None
    assert curves.auroc(yes, no) == (None if slow is None else pytest.approx(slow))


@given(CONFIDENCES)
def test_the_curve_does_not_depend_on_the_order_of_ties(judged: list[tuple[float, bool]]) -> None:
    """Coverage rises to 1, risk ends at the share of wrong answers, and shuffling the questions changes nothing."""
    curve = curves.risk_coverage(judged)
    shuffled = random.Random(1).sample(judged, len(judged))
    assert curves.risk_coverage(shuffled) == curve
    coverages = [coverage for coverage, _ in curve.points]
    assert coverages == sorted(set(coverages)) and coverages[-1] == 1.0
    assert curve.points[-1][1] == pytest.approx(sum(not right for _, right in judged) / len(judged))
    assert 0 <= curve.area <= 1 and curve.coverage_at(1.0) == 1.0
    assert curves.blocks(curve).count("\n") == 9


def test_the_area_of_a_known_curve() -> None:
    """Right, wrong, right, wrong in order of confidence: risks 0, 1/2, 1/3, 1/2."""
    curve = curves.risk_coverage([(0.9, True), (0.8, False), (0.7, True), (0.6, False)])
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert curve.coverage_at(0.34) == 0.75 and curve.coverage_at(0.05) == 0.25


@given(st.integers(1, 400), st.floats(0, 1))
def test_an_interval_holds_its_share(of: int, part: float) -> None:
    """Wilson's interval lies within 0 and 1 and around the share it belongs to."""
    share = Share(round(of * part), of)
    assert share.interval and share.value is not None
    low, high = share.interval
    assert -1e-9 <= low <= share.value + 1e-9 and share.value - 1e-9 <= high <= 1 + 1e-9 and math.isfinite(high)
