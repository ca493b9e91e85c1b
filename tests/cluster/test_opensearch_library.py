"""A whole library over the cluster: reindexed, asked, copied, and told of in words when the cluster is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import words
from bot.chat import Chat
from bot.replies import Message, Visitor
from bot.settings import Settings
from retrieval import Library
from retrieval.errors import EngineUnavailable, RemovalRefused
from retrieval.ledger import Ledger
from retrieval.opensearch_client import Address
from retrieval.opensearch_library import ClusterLibrary, copy_from_cluster, copy_to_cluster

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = ("渡口小学有多少学生？", "湖畔车站改建用了多久？", "2019年以后新修了多少公里道路？", "水利局出了多少钱？", "火星上有水吗？")
PAGES = {
    "a.md": "---\ntitle: 渡口小学通了自来水\noutlet: 河湾日报\npublished: 2016-05-14\n---\n渡口小学昨天通了自来水。校长说，全校四百名学生不必再从家里带水。工程花了八个月，由县水利局出资七十万元。\n",
    "b.md": "---\ntitle: 湖畔车站重新开放\noutlet: 湖畔新闻\npublished: 2019-11-02\n---\n湖畔车站星期一重新开放，改建用了两年。新车站有六个站台，学生半价。\n",
    "c.md": "---\ntitle: 全年修路四十公里\noutlet: 河湾日报\npublished: 2021-01-20\n---\n全县去年新修道路四十公里，其中乡村道路三十公里。\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, address: Address) -> Iterator[Library]:
    with Library.open(tmp_path / "wenda.db", cluster=address) as library:
        yield library


def counts(report: object) -> tuple[int, ...]:
    return tuple(getattr(report, name) for name in ("articles", "added", "changed", "removed", "unchanged"))


def told(library: Library, question: str) -> object:
    """An answer, but for what differs from one asking to the next."""
    answer = library.ask(question, record=False, today="2022-01-01")
    return [(e.article, e.start, e.end, e.highlights) for e in (*answer.excerpts, *answer.related)], answer.status, round(answer.confidence, 3), answer.missing


def test_the_answers_are_the_library_files(tmp_path: Path, corpus: Path, library: Library) -> None:
    """Ranking, excerpts, confidence, contents and status are the same from either engine."""
    with Library.open(tmp_path / "file.db") as file:
        file.reindex([corpus])
        assert counts(library.reindex([corpus])) == (3, 3, 0, 0, 0)
        for question in QUESTIONS:
            assert told(library, question) == told(file, question)
            assert [hit.passage_id for hit in library.rank(question)] == [hit.passage_id for hit in file.rank(question)]
        assert library.contents(0, 2) == file.contents(0, 2)
        assert list(library.passages()) == list(file.passages())
        ignored = {"indexed_at": None, "engine": None, "reprints": None}
        assert library.status() | ignored == file.status() | ignored


def test_an_article_that_is_gone_before_it_is_read_is_not_cited(corpus: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine may take it away between finding and reading; the question is answered from the others."""
    library.reindex([corpus])
    read = library.engine.articles
    monkeypatch.setattr(library.engine, "articles", lambda ids: {id: article for id, article in read(ids).items() if id != "a.md"})
    for question in QUESTIONS:
        assert "a.md" not in [each.article.id for each in library.ask(question, record=False).excerpts]
        assert "a.md" not in [hit.article_id for hit in library.search(question, 20)]


def test_a_reindex_costs_what_changed(corpus: Path, library: Library) -> None:
    """Nothing, an added, a changed and a removed file are told apart as on one machine."""
    library.reindex([corpus])
    assert counts(library.reindex([corpus])) == (3, 0, 0, 0, 3)
    (corpus / "b.md").unlink()
    (corpus / "c.md").write_text(PAGES["c.md"].replace("四十", "五十"), encoding="utf-8")
    (corpus / "d.md").write_text(PAGES["a.md"].replace("渡口", "山口"), encoding="utf-8")
    with pytest.raises(RemovalRefused):
        library.reindex([corpus], guard=True)
    assert counts(library.reindex([corpus])) == (3, 1, 1, 1, 1)
    assert [article.id for article in library.contents()] == ["c.md", "a.md", "d.md"]
    assert counts(library.reindex([corpus], full=True))[0] == 3


def test_another_machine_reindexes_from_what_it_has(tmp_path: Path, corpus: Path, library: Library, address: Address) -> None:
    """A machine that has not filled the cluster reads everything, takes away what it does not have, and asks before that."""
    library.reindex([corpus])
    (corpus / "a.md").unlink()
    with Library.open(tmp_path / "elsewhere.db", cluster=address) as other:
        assert other.ask(QUESTIONS[0], today="2022-01-01").status == "answered"
        with pytest.raises(RemovalRefused):
            other.reindex([corpus], guard=True)
        assert counts(other.reindex([corpus]))[0::3] == (2, 1)
    (corpus / "a.md").write_text(PAGES["a.md"], encoding="utf-8")
    assert counts(library.reindex([corpus]))[0] == 3
    assert counts(library.reindex([corpus])) == (3, 0, 0, 0, 3)


def test_a_library_is_copied_there_and_back(tmp_path: Path, corpus: Path, address: Address) -> None:
    """Every article and passage, and what was read of the corpus, so that the next reindex finds nothing to do."""
    with Library.open(tmp_path / "file.db") as file, ClusterLibrary.at(tmp_path / "file.db", address) as there, Library.open(tmp_path / "back.db") as back:
        file.reindex([corpus])
        assert copy_to_cluster(file, there) == 3
        assert list(there.passages()) == list(file.passages())
        assert counts(there.reindex([corpus])) == (3, 0, 0, 0, 3)
        assert copy_from_cluster(there, back) == 3
        assert list(back.passages()) == list(file.passages())
        assert [told(back, question) for question in QUESTIONS] == [told(file, question) for question in QUESTIONS]
        assert counts(back.reindex([corpus])) == (3, 0, 0, 0, 3)


def test_the_command_asks_the_cluster(tmp_path: Path, corpus: Path, address: Address) -> None:
    """`WENDA_ENGINE` and the cluster's settings are all that `wenda` needs; `wenda copy` moves the library between the two."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WENDA_")}
    there = {"WENDA_ENGINE": "opensearch", "WENDA_OPENSEARCH_URL": address.url, "WENDA_OPENSEARCH_PREFIX": address.prefix}

    def wenda(*arguments: str, **settings: str) -> str:
        command = [sys.executable, "-m", "bot", *arguments, "--db", str(tmp_path / "wenda.db")]
        done = subprocess.run(command, env={**kept, **settings}, cwd=ROOT, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr
        return done.stdout

    wenda("reindex", str(corpus))
    assert "3" in wenda("copy", "cluster", **there)
    found = json.loads(wenda("ask", QUESTIONS[0], "--json", **there))
    assert found["excerpts"][0]["article"]["id"] == "a.md"
    status = json.loads(wenda("status", "--json", **there))
    assert (status["engine"], status["articles"], status["newest"]) == ("opensearch", 3, "2021-01-20")
    assert json.loads(wenda("reindex", str(corpus), "--json", **there))["unchanged"] == 3
    assert "3" in wenda("copy", "file", **there)


def test_the_conversation_says_that_the_archive_is_away(tmp_path: Path) -> None:
    """A visitor reads that it cannot be reached now, an admin reads why; neither is left without a reply."""
    settings = Settings(db=tmp_path / "wenda.db", engine="opensearch", opensearch_url="http://127.0.0.1:9")
    with Library.open(settings.db, ledger=False, cluster=settings.cluster) as library:
        chat = Chat(library, Ledger.open(settings.ledger), settings, lambda: datetime.now(UTC))
        visitor = Visitor(context="c", user="1", admin=False)
        assert words.say("zh-Hans", "unreachable") in str(chat.reply(Message(text=QUESTIONS[0]), visitor))
        assert "127.0.0.1:9" in str(chat.reply(Message(text=QUESTIONS[0]), replace(visitor, admin=True)))
        with pytest.raises(EngineUnavailable):
            library.status()
