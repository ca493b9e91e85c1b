"""A library holds exactly what its paths hold, and ranks as rank-bm25 does."""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from retrieval import Library, terms, text
from retrieval.errors import Cancelled, CorpusError, LibraryBusy, LibraryError, LibraryOutdated, RemovalRefused, WendaError
from retrieval.records import Article, Query, Window

BODIES = [
    "渭源县去年种了三千亩党参。农民的收入增加了。",
    "太原市的养老院新添了八十张床位。老人们很高兴。",
    "莲花县三年累计销售农产品6865万元。县里建了电商产业园。",
    "谷城县对非贫困户危房改造每户补助8000元。",
    "宁都縣的殘障人士領到了補助。縣裡建了電商產業園。",
]


@pytest.fixture
def library(tmp_path: Path) -> Iterable[Library]:
    with Library.open(tmp_path / "library.db") as library:
        yield library


def write(path: Path, articles: Iterable[dict[str, object]]) -> Path:
    """A JSON lines file that was last written long enough ago for its time to be trusted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles), encoding="utf-8")
    os.utime(path, (time.time() - 100, time.time() - 100))
    return path


def numbered(bodies: Iterable[str], **fields: object) -> list[dict[str, object]]:
    return [{"id": f"a{number}", "body": body, **fields} for number, body in enumerate(bodies)]


def expected(library: Library, question: str, k: int = 10) -> list[tuple[str, int, float]]:
    """What rank-bm25 itself ranks: passages that share a term, best first, ties by article id, then start."""
    passages = list(library.passages())
    asked = terms(question)
    scores = BM25Okapi([list(passage.terms) for passage in passages]).get_scores(asked)
    shared = [(p, float(s)) for p, s in zip(passages, scores, strict=True) if set(p.terms) & set(asked)]
    best = sorted(shared, key=lambda found: (-round(found[1], 9), found[0].article_id, found[0].start))
    return [(p.article_id, p.start, s) for p, s in best[:k]]


def assert_ranks_as_rank_bm25(library: Library, question: str, k: int = 10) -> None:
    hits, wanted = library.rank(question, k), expected(library, question, k)
    assert [(hit.article_id, hit.start) for hit in hits] == [(id, start) for id, start, _ in wanted]
    assert [hit.score for hit in hits] == pytest.approx([score for _, _, score in wanted], abs=1e-9, rel=0)


def test_a_library_ranks_as_rank_bm25(library: Library, tmp_path: Path) -> None:
    """Scores are BM25Okapi's, with its idf floor, repeated terms and unknown terms."""
    library.reindex([write(tmp_path / "c.jsonl", numbered(BODIES, title="县里的事"))])
    for question in ("哪个县建了电商产业园？", "县县县的", "补助补助多少元", "zzz 渭源", "，。"):
        assert_ranks_as_rank_bm25(library, question)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.text("的县农民渭源补助a1。 \n", min_size=1).filter(str.strip), min_size=1, max_size=8), question=st.text("的县农民渭源补助a1", max_size=8))
def test_any_small_library_ranks_as_rank_bm25(tmp_path: Path, bodies: list[str], question: str) -> None:
    """Tiny corpora have idfs of zero and below, and passages without a term; the ranking is rank-bm25's all the same."""
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        library.reindex([write(tmp_path / "c.jsonl", numbered(bodies))])
        if any(passage.terms for passage in library.passages()):
            assert_ranks_as_rank_bm25(library, question)
        else:
            assert library.rank(question) == []


def test_a_hit_is_a_slice_of_its_article(library: Library, tmp_path: Path) -> None:
    """The text of a hit stands in the article at its offsets."""
    library.reindex([write(tmp_path / "c.jsonl", numbered(BODIES))])
    hits = library.engine.search(Query(tuple((term, 1.0) for term in terms("殘障人士 电商产业园"))), 10)
    assert {hit.article_id for hit in hits} == {"a2", "a4"}
    for hit in hits:
        assert library.article(hit.article_id).body[hit.start : hit.end] == hit.text


def test_an_incremental_library_ranks_as_one_built_at_once(library: Library, tmp_path: Path) -> None:
    """After adding, changing and removing, hits and scores are those of a fresh library."""
    corpus = tmp_path / "c"
    write(corpus / "one.jsonl", numbered(BODIES[:3]))
    library.reindex([corpus])
    write(corpus / "one.jsonl", numbered([BODIES[0], "渭源县的人很高兴。"]))
    write(corpus / "two.jsonl", [{"id": "b", "body": BODIES[3]}, {"id": "0", "body": BODIES[4]}])
    report = library.reindex([corpus])
    assert (report.added, report.changed, report.removed, report.unchanged) == (2, 1, 1, 1)
    with Library.open(tmp_path / "fresh.db", ledger=False) as fresh:
        fresh.reindex([corpus])
        for question in ("渭源县补助", "高兴", "电商产业园", "农产品"):
            assert library.rank(question) == fresh.rank(question)
    assert library.rank("农产品") == []


def test_nothing_is_done_twice(library: Library, tmp_path: Path) -> None:
    """A second reindex of the same paths reports every article as unchanged."""
    path = write(tmp_path / "c.jsonl", numbered(BODIES))
    assert library.reindex([path]).added == 5
    report = library.reindex([path])
    assert (report.added, report.changed, report.removed, report.unchanged, report.articles) == (0, 0, 0, 5, 5)
    assert library.reindex([path], full=True).unchanged == 5


def test_bad_lines_and_second_ids_are_named(library: Library, tmp_path: Path) -> None:
    """The good lines are indexed; a bad line and a second article with one id are in the report, also the next time."""
    path = write(tmp_path / "c.jsonl", [*numbered(BODIES), {"id": "a0", "body": "又一篇。"}])
    path.write_text(path.read_text(encoding="utf-8") + "{bad\n", encoding="utf-8")
    for _ in range(2):
        report = library.reindex([path])
        assert report.articles == 5
        assert [Path(skipped.path).name for skipped in report.skipped] == ["c.jsonl:6", "c.jsonl:7"]
        assert "a0" in report.skipped[0].reason


def test_a_moved_file_of_lines_keeps_its_articles(library: Library, tmp_path: Path) -> None:
    """A file that moved unchanged costs nothing, and its articles know where it lies now."""
    path = write(tmp_path / "c" / "one.jsonl", numbered(BODIES))
    library.reindex([tmp_path / "c"])
    path.rename(tmp_path / "c" / "two.jsonl")
    report = library.reindex([tmp_path / "c"])
    assert (report.unchanged, report.added, report.removed) == (5, 0, 0)
    assert library.article("a0").path.endswith("two.jsonl")


def test_a_guarded_reindex_does_not_remove_more_than_a_fifth(library: Library, tmp_path: Path) -> None:
    """It names what would go and leaves the library as it was; `yes` and explicit paths are exact."""
    path = write(tmp_path / "c.jsonl", numbered(BODIES))
    library.reindex([path])
    write(path, numbered(BODIES[:3]))
    with pytest.raises(RemovalRefused) as refused:
        library.reindex([path], guard=True)
    assert refused.value.removed == ("a3", "a4")
    assert library.status()["articles"] == 5
    assert library.reindex([path], guard=True, yes=True).articles == 3


def test_a_cancelled_reindex_leaves_the_old_state(library: Library, tmp_path: Path) -> None:
    """Cancelling while articles are cut undoes everything, and the next reindex completes."""
    path = write(tmp_path / "c.jsonl", numbered(BODIES[:2]))
    library.reindex([path])
    before = library.rank("高兴")
    write(path, numbered(BODIES))
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        library.reindex([path], cancelled=lambda: next(asked, True))
    assert library.rank("高兴") == before
    assert library.reindex([path]).added == 3


def test_a_question_is_answered_over_one_state(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles that a reindex takes away between finding them and reading them are still there for the question that found them."""
    path = write(tmp_path / "articles.jsonl", numbered(BODIES))
    library.reindex([path])
    read = library.engine.articles

    def late(ids: Sequence[str]) -> Mapping[str, Article]:
        with Library.open(tmp_path / "library.db", ledger=False) as other:
            other.reindex([write(path, numbered(["全都换了，一个字也没留下。"]))], yes=True)
        return read(ids)

    asked: list[Callable[[], bool]] = [
        lambda: library.ask("谷城县危房改造每户补助多少", record=False).excerpts[0].text in BODIES[3],
        lambda: library.search("谷城县危房改造补助", 1)[0].text in BODIES[3],
    ]
    for right in asked:
        library.reindex([write(path, numbered(BODIES))], yes=True)
        with monkeypatch.context() as patched:
            patched.setattr(library.engine, "articles", late)
            assert right()
        assert library.ask("谷城县危房改造每户补助多少", record=False).status == "no_answer"


def test_a_second_reindex_is_refused(library: Library, tmp_path: Path) -> None:
    """While one reindex runs, another process gets LibraryBusy at once and readers the old state."""
    path = write(tmp_path / "c.jsonl", numbered(BODIES))

    def meanwhile(_: object) -> None:
        with Library.open(tmp_path / "library.db", ledger=False) as other:
            assert other.rank("高兴") == []
            with pytest.raises(LibraryBusy):
                other.reindex([path])

    assert library.reindex([path], progress=meanwhile).articles == 5


def test_another_process_reindex_is_noticed(library: Library, tmp_path: Path) -> None:
    """A library that is open answers from the new state after someone else's commit."""
    path = write(tmp_path / "c.jsonl", numbered(BODIES[:2]))
    library.reindex([path])
    assert not library.rank("电商产业园")
    with Library.open(tmp_path / "library.db", ledger=False) as other:
        other.reindex([write(path, numbered(BODIES))])
    assert {hit.article_id for hit in library.rank("电商产业园")} == {"a2", "a4"}


def test_filters_keep_the_exact_best(library: Library, tmp_path: Path) -> None:
    """A publication window and outlets restrict the candidates, not the result; a partial date is inside where it overlaps."""
    dates = ["2019-01-05", "2019", None, "2019-03", "2020-01-01"]
    outlets = ["甲报", "乙报", "甲报", "甲报", "乙报"]
    articles = [{"id": f"a{n}", "body": b, "published": d, "outlet": o} for n, (b, d, o) in enumerate(zip(BODIES, dates, outlets, strict=True))]
    library.reindex([write(tmp_path / "c.jsonl", articles)])

    def search(window: Window | None = None, outlets: tuple[str, ...] = ()) -> dict[str, float]:
        return {hit.article_id: hit.score for hit in library.engine.search(Query((("县", 1.0), ("的", 1.0)), window, outlets), 10)}

    everything = search()
    assert search(Window("2019-03-02", "2019-12-31", "")) == {id: everything[id] for id in everything if id in ("a1", "a3")}
    assert search(Window(None, "2019-01-31", "")) == {id: everything[id] for id in everything if id in ("a0", "a1")}
    assert search(outlets=("甲报",)) == {id: everything[id] for id in everything if id in ("a0", "a2", "a3")}
    assert search(Window("2020-01-01", None, "", filters=False)) == everything


def test_paths_that_hold_nothing_are_errors(library: Library, tmp_path: Path) -> None:
    """A path that does not exist and a folder without articles are named, and nothing is lost."""
    library.reindex([write(tmp_path / "c.jsonl", numbered(BODIES))])
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing", tmp_path / "empty"):
        with pytest.raises(CorpusError, match=path.name):
            library.reindex([path])
    assert library.status()["articles"] == 5


def test_names_that_are_no_articles_are_passed_over(library: Library, tmp_path: Path) -> None:
    """README and dot files are passed over silently, other kinds of files are named."""
    corpus = write(tmp_path / "c" / "a.jsonl", numbered(BODIES)).parent
    for name in ("README.md", ".hidden.txt", "picture.png"):
        (corpus / name).write_text("x")
    report = library.reindex([corpus])
    assert [Path(skipped.path).name for skipped in report.skipped] == ["picture.png"]


def test_an_unknown_article_is_named(library: Library) -> None:
    """Asking for an article that is not there names its id."""
    with pytest.raises(WendaError, match="nowhere"):
        library.article("nowhere")


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at" * 10, b"SQLite format 3\0" + b"\7" * 200])
def test_a_file_that_is_no_library_is_named(tmp_path: Path, content: bytes) -> None:
    """Another file at the library's path is left alone, and the error says which file it is."""
    path = tmp_path / "library.db"
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="library.db"):
        Library.open(path)
    assert path.read_bytes() == content


def test_a_backup_is_a_library(library: Library, tmp_path: Path) -> None:
    """A backup made while the library is open holds the same articles and ranks them the same."""
    library.reindex([write(tmp_path / "c.jsonl", numbered(BODIES))])
    library.store.backup(tmp_path / "copy.db")
    with Library.open(tmp_path / "copy.db", ledger=False) as copy:
        assert copy.rank("渭源县补助") == library.rank("渭源县补助")


def test_the_log_is_truncated_after_a_commit(library: Library, tmp_path: Path) -> None:
    """SQLite's write-ahead log does not stay as large as the reindex was."""
    library.reindex([write(tmp_path / "c.jsonl", numbered(BODIES * 40))])
    assert (tmp_path / "library.db-wal").stat().st_size == 0




def test_an_admins_words_cut_what_holds_them_anew(library: Library, tmp_path: Path) -> None:
    """A word that is added or taken away counts in the passages that hold it, and questions are cut by it too."""
    library.reindex([write(tmp_path / "c.jsonl", [*numbered(BODIES), {"id": "w", "title": "渭源黨參", "body": "去年卖得好。"}])])
    before = [passage.terms for passage in library.passages()]
    assert library.set_words(["谷城县对", "渭源党参"]) == 2
    assert library.words == ("渭源党参", "谷城县对")
    assert library.engine.frequencies(["渭源党参", "谷城县对"]) == {"渭源党参": 1, "谷城县对": 1}
    with Library.open(tmp_path / "fresh.db", ledger=False) as fresh:
        fresh.set_words(["谷城县对", "渭源党参"])
        fresh.reindex([tmp_path / "c.jsonl"])
        assert list(fresh.passages()) == list(library.passages())
        assert fresh.rank("渭源党参卖得好") == library.rank("渭源党参卖得好")
    with Library.open(tmp_path / "library.db", ledger=False) as other:
        assert other.words == library.words
    assert library.set_words([]) == 2
    assert [passage.terms for passage in library.passages()] == before


def test_an_incremental_library_ranks_as_one_built_at_once_with_the_same_words(library: Library, tmp_path: Path) -> None:
    """Whatever comes and goes, words and articles in any order: terms, frequencies and scores are those of a fresh library."""
    chance = random.Random(7)
    sentences = [sentence for body in BODIES for sentence in re.split(r"(?<=。)", body) if sentence]
    possible = ["谷城县对", "渭源县", "补助标准", "危房", "县电商", "of", "2019年全县", "年线上"]
    held: dict[int, str] = {}
    path = tmp_path / "c.jsonl"
    for step in range(12):
        if step % 2:
            library.set_words(chance.sample(possible, chance.randint(0, 5)))
        else:
            held = {n: body for n, body in held.items() if chance.random() > 0.2}
            held |= {max(held, default=0) + 1 + n: "".join(chance.choices(sentences, k=chance.choice([1, 3, 30]))) for n in range(6)}
            library.reindex([write(path, [{"id": f"{n:03}", "title": chance.choice([None, "谷城县对渭源县"]), "body": body} for n, body in held.items()])], yes=True)
        with Library.open(tmp_path / f"fresh{step}.db", ledger=False) as fresh:
            fresh.set_words(library.words)
            fresh.reindex([path])
            assert list(fresh.passages()) == list(library.passages())
            for question in ("谷城县对非贫困户补助多少钱", "渭源县危房改造补助标准", "县电商2019年全县线上"):
                assert fresh.rank(question, 50) == library.rank(question, 50)


def test_another_cutter_asks_for_a_full_reindex(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms of two kinds are never mixed: the error says what to do, and a full reindex does it."""
    path = write(tmp_path / "c.jsonl", numbered(BODIES))
    library.reindex([path])
    monkeypatch.setattr(text, "VERSION", 99)
    write(path, numbered([*BODIES, "新的一篇。"]))
    with pytest.raises(LibraryOutdated, match="--full"):
        library.reindex([path])
    assert library.reindex([path], full=True).articles == 6
    assert library.reindex([path]).unchanged == 6
