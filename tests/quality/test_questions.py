"""The news question files: what a question must look like, and that its answers stand in its articles."""

import json
import lzma
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

Question = dict[str, Any]

HERE = Path(__file__).parent
HALVES = ("dev", "held")
SHARED = Path(os.environ.get("WENDA_SHARED", Path(__file__).parents[2].parent / "shared"))
NEWS = SHARED / "public" / "news.jsonl.xz"

FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str, "split": str, "question": str, "script": str, "kind": str, "also": list, "article": (str, list, type(None)),
    "published": (str, list, type(None)), "answers": list, "must_all": list, "need": int, "expect": str, "answer_in": str, "forbid": list, "note": str,
}
OPTIONAL: dict[str, type] = {"previous": str, "sort": str, "near": list}
KINDS = {
    "amount", "who", "when", "where", "what", "list", "how-why", "colloquial", "cross-script", "typo", "keyword",
    "date-scoped", "follow-up", "multi-article", "unanswerable", "odd",
}
SORTS = {"near-topic", "wrong-attribute", "wrong-year", "absent-entity", "off-topic", "odd"}
LONGEST_ANSWER = 40      # characters; the articles' texts stay outside the project


def squeeze(text: str) -> str:
    """*text* without white space, as the scorers compare it."""
    return re.sub(r"\s", "", text)


@cache
def questions(half: str) -> tuple[Question, ...]:
    """The questions of one half, in file order."""
    with (HERE / f"news-{half}.jsonl").open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def both() -> tuple[Question, ...]:
    """All questions of both halves."""
    return tuple(question for half in HALVES for question in questions(half))


def articles(question: Question) -> list[str]:
    """Ids of the articles that answer it, or that it stands near where nothing does."""
    found = question["article"]
    if found is None:
        return list(question.get("near", ()))
    return found if isinstance(found, list) else [found]


def shape(question: Question) -> Iterator[str]:
    """What is wrong with the fields themselves."""
    for field, kind in FIELDS.items():
        if field not in question:
            yield f"{field} is missing"
        elif not isinstance(question[field], kind):
            yield f"{field} is {question[field]!r}"
    yield from (f"{field} is unknown" for field in question if field not in FIELDS and field not in OPTIONAL)
    yield from (f"{field} is {question[field]!r}" for field, kind in OPTIONAL.items() if field in question and not isinstance(question[field], kind))


def meaning(question: Question) -> Iterator[str]:
    """What cannot be meant: fields that contradict each other. The shape is right."""
    rules: list[tuple[bool, str]] = [
        (not re.fullmatch(r"n\d{3}", question["id"]), "the id is n and three digits"),
        (not question["question"].strip() and question["kind"] != "odd", "the question is empty"),
        (question["split"] not in HALVES, f"unknown split {question['split']}"),
        (question["script"] not in {"hans", "hant"}, f"unknown script {question['script']}"),
        (question["kind"] not in KINDS, f"unknown kind {question['kind']}"),
        (not set(question["also"]) <= KINDS - {question["kind"]}, f"secondary kinds {question['also']}"),
        (question["answer_in"] not in {"excerpt", "citation", "excerpt-or-citation"}, f"answer_in {question['answer_in']}"),
        (question["expect"] not in {"answer", "no_answer"}, f"expect {question['expect']}"),
        ("follow-up" in {question["kind"], *question["also"]} and not question.get("previous"), "a follow-up says what was asked before"),
        ("previous" in question and "follow-up" not in {question["kind"], *question["also"]}, "what was asked before makes a follow-up"),
        (question["kind"] == "multi-article" and len(articles(question)) < 2, "a question over several articles names them"),
    ]
    if question["expect"] == "answer":
        rules += [
            (not articles(question) or question["article"] is None, "an answer has an article"),
            (not question["answers"], "an answer has strings to look for"),
            ("sort" in question or "near" in question, "sort and near belong to questions without an answer"),
            (question["kind"] in {"unanswerable", "odd"}, f"{question['kind']} has no answer"),
            (question["kind"] == "multi-article" and question["need"] < 2, "a question over several articles needs something of each"),
            (bool(question["need"]) != bool(question["must_all"]), "need and must_all come together"),
            (question["need"] > len(question["must_all"]), f"need {question['need']} of {len(question['must_all'])}"),
            (len(set(articles(question))) != len(articles(question)), "an article is named twice"),
            (isinstance(question["published"], list) and len(question["published"]) != len(articles(question)), "one date an article, or one for all"),
            (any(trap in answer for trap in question["forbid"] for answer in question["answers"]), "an answer holds what is forbidden"),
            (question["script"] == "hant" and "cross-script" not in {question["kind"], *question["also"]}, "a Traditional question on a Simplified article is cross-script"),
        ]
    else:
        rules += [
            (question["article"] is not None or question["published"] is not None, "no answer, so no article"),
            (bool(question["answers"] or question["must_all"] or question["need"]), "no answer, so nothing to look for"),
            (question["kind"] not in {"unanswerable", "odd"}, f"{question['kind']} has an answer"),
            (question.get("sort") not in SORTS, f"unknown sort {question.get('sort')}"),
            ((question["kind"] == "odd") != (question.get("sort") == "odd"), "odd is its own sort"),
        ]
    rules += [(not 0 < len(squeeze(text)) <= LONGEST_ANSWER, f"length of {text!r}") for text in [*question["answers"], *question["must_all"], *question["forbid"]]]
    yield from (why for wrong, why in rules if wrong)


def faults(question: Question) -> list[str]:
    """Everything wrong with one question, in words; empty where it is right."""
    return list(shape(question)) or list(meaning(question))


@pytest.mark.parametrize("half", HALVES)
def test_every_question_is_well_formed(half: str) -> None:
    """Each line has the known fields, and none contradicts another."""
    wrong = {question.get("id", "?"): faults(question) for question in questions(half) if faults(question)}
    assert not wrong
    assert {question["split"] for question in questions(half)} == {half}


BREAK: dict[str, Callable[[Question], Any]] = {
    "unknown kind": lambda q: q.update(kind="riddle"),
    "missing field": lambda q: q.pop("answers"),
    "unknown field": lambda q: q.update(answer="x"),
    "wrong type": lambda q: q.update(need="2"),
    "answer without article": lambda q: q.update(article=None),
    "no answer with strings": lambda q: q.update(expect="no_answer", kind="unanswerable", sort="near-topic", article=None, published=None),
    "need without list": lambda q: q.update(need=1),
    "follow-up without previous": lambda q: q.update(kind="follow-up"),
    "previous without follow-up": lambda q: q.update(previous="x"),
    "forbidden answer": lambda q: q.update(forbid=[q["answers"][0]]),
    "long answer": lambda q: q["answers"].append("长" * 41),
    "empty answer": lambda q: q["answers"].append(" "),
}


@pytest.mark.parametrize("break_it", BREAK.values(), ids=BREAK.keys())
def test_a_spoilt_question_is_found_out(break_it: Callable[[Question], Any]) -> None:
    """The rules are loud: each way to spoil a good question is named."""
    good = next(q for q in questions("dev") if q["kind"] == "amount" and q["script"] == "hans" and not q["also"] and not q["need"])
    spoilt: Question = json.loads(json.dumps(good))
    assert not faults(spoilt)
    break_it(spoilt)
    assert faults(spoilt)


def test_no_question_twice() -> None:
    """Ids are unique, and no question is asked twice after the same question."""
    ids = [question["id"] for question in both()]
    asked = [(question["question"], question.get("previous")) for question in both()]
    assert len(set(ids)) == len(ids)
    assert len(set(asked)) == len(asked)


def test_halves_share_no_article() -> None:
    """What is tuned on one half says nothing about an article of the other."""
    dev, held = ({article for question in questions(half) for article in articles(question)} for half in HALVES)
    assert not dev & held


def test_mix() -> None:
    """Over 300 questions over 150 stories, every kind in both halves, about a quarter without an answer."""
    assert len(both()) >= 320
    assert len({articles(question)[0] for question in both() if question["expect"] == "answer"}) >= 150
    assert abs(len(questions("dev")) - len(questions("held"))) <= 0.1 * len(both())
    for half in HALVES:
        kinds = {kind for question in questions(half) for kind in (question["kind"], *question["also"])}
        assert kinds >= KINDS
        unanswerable = sum(question["expect"] == "no_answer" for question in questions(half))
        assert 0.2 <= unanswerable / len(questions(half)) <= 0.3


@pytest.fixture(scope="session")
def bodies() -> dict[str, str]:
    """The articles the questions name, without white space, read once."""
    if not NEWS.exists():
        pytest.skip(f"the news set is not here ({NEWS.name}); tests/quality/README.md says where it comes from")
    wanted = {article for question in both() for article in articles(question)}
    with lzma.open(NEWS, "rt", encoding="utf-8") as lines:
        parsed = (json.loads(line) for line in lines)
        return {article["id"]: squeeze(article["body"]) for article in parsed if article["id"] in wanted}


@pytest.mark.parametrize("half", HALVES)
def test_every_article_answers(half: str, bodies: dict[str, str]) -> None:
    """Each named article holds an answer; of a list, as many parts as are asked for; of several articles, all parts between them."""
    for question in questions(half):
        texts = [bodies[article] for article in articles(question)]
        if question["expect"] == "no_answer":
            continue
        parts = [squeeze(part) for part in question["must_all"]]
        if question["kind"] == "multi-article":
            assert all(any(part in text for text in texts) for part in parts), question["id"]
            assert all(any(part in text for part in parts) for text in texts), question["id"]
            continue
        for article, text in zip(articles(question), texts, strict=True):
            if parts:
                assert sum(part in text for part in parts) >= question["need"], (question["id"], article)
            else:
                assert any(squeeze(answer) in text for answer in question["answers"]), (question["id"], article)


@pytest.mark.parametrize("half", HALVES)
def test_every_answer_string_stands_somewhere(half: str, bodies: dict[str, str]) -> None:
    """No answer string is idle: each occurs in one of the question's articles."""
    for question in questions(half):
        texts = [bodies[article] for article in articles(question)]
        for answer in [*question["answers"], *question["must_all"]]:
            assert any(squeeze(answer) in text for text in texts), (question["id"], answer)


def test_what_nobody_wrote_of_is_asked_once_and_by_topic() -> None:
    """unanswered.jsonl: each question differs, says over which articles it is asked, and names a topic to part the folds by."""
    with (HERE / "unanswered.jsonl").open(encoding="utf-8") as lines:
        asked = [json.loads(line) for line in lines]
    assert all({*FIELDS, "over", "topic"} == question.keys() and question["expect"] == "no_answer" and question["article"] is None for question in asked)
    assert {question["over"] for question in asked} == {"seeds", "news"}
    assert len({question["question"] for question in asked}) == len({question["id"] for question in asked}) == len(asked)
    assert len({question["topic"] for question in asked}) > 50
    assert not {question["question"] for question in asked} & {question["question"] for question in both()}
