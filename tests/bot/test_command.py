"""The `wenda` command: what goes in and out, and what every bad input leads to."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_adding import PAGE

from bot.__main__ import COMMANDS, main
from retrieval.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = [
    {
        "id": "orchard", "title": "果园里的新路子", "outlet": "青原日报", "published": "2020-11-02", "url": "https://news.example.org/1",
        "body": "清河县这几年种苹果的人多了。从2018年起,清河县对改造老果园的农户每户补助8000元,减轻农户投入的压力。全县有1260户拿到了补助。",
    },
    {
        "id": "canteen", "title": "白沙鄉的老人食堂", "outlet": "白沙週報", "published": "2019-09-19",
        "body": "白沙鄉去年開了三間老人食堂。每天有215位老人來吃飯,一餐只收10元。食堂的米是村裡自己種的。",
    },
    {"id": "undated", "title": None, "outlet": None, "published": None, "body": "松河镇修了4座桥。最长的一座有120米,花了两年才修好。"},
]  # fmt: skip


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.split("\n") if line]


Wenda = Callable[..., Done]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines = (json.dumps(article, ensure_ascii=False) + "\n" for article in ARTICLES)
    (folder / "articles.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def wenda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Wenda:
    """The command, run in this process with a library of its own and no setting of the machine."""
    for name in list(os.environ):
        if name.startswith("WENDA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WENDA_DB", str(tmp_path / "wenda.db"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as exit:
            main([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        assert b"Traceback" not in captured.err
        status = exit.value.code
        return Done(status if isinstance(status, int) else 0, captured.out.decode("utf-8"), captured.err.decode("utf-8"))

    return run


@pytest.fixture
def indexed(wenda: Wenda, corpus: Path) -> Wenda:
    assert wenda("reindex", corpus).status == 0
    return wenda


def one_line(err: str) -> bool:
    return err.startswith("wenda") and err.count("\n") == 1 and err.endswith("\n")


# What goes in and out


def test_the_whole_path(indexed: Wenda) -> None:
    """Articles in, a cited, dated, verbatim answer out."""
    done = indexed("ask", "清河县改造老果园每户补助多少钱?", "--json")
    (answer,) = done.json
    assert (done.status, answer["status"]) == (0, "answered")
    first = answer["excerpts"][0]  # type: ignore[index]
    body = indexed("show", first["article"]["id"], "--json").json[0]["body"]
    assert body[first["start"] : first["end"]] == first["text"]  # type: ignore[index]
    assert "8000元" in first["text"]
    assert (first["article"]["outlet"], first["article"]["published"]) == ("青原日报", "2020-11-02")


def test_an_answer_has_every_field_of_the_contract(indexed: Wenda) -> None:
    """The fields that other programs rely on are there, with the types they rely on."""
    (answer,) = indexed("ask", "清河县补助多少户?", "--json").json
    wanted = {
        "answer_id", "question", "rewritten", "status", "confidence", "excerpts", "related", "missing", "corrected", "message",
        "window", "elapsed_ms",
    }  # fmt: skip
    assert wanted <= set(answer)
    (article, *_) = [each["article"] for each in answer["excerpts"]]  # type: ignore[attr-defined]
    assert {
        "id", "path", "title", "outlet", "published", "url", "script", "kind", "note", "published_origin", "republisher", "content_hash",
    } <= set(article)  # fmt: skip


def test_a_person_reads_the_answer_with_its_source(indexed: Wenda) -> None:
    """Without --json the answer is told in words, with outlet and date, and its id for `wenda verify`."""
    done = indexed("ask", "清河县改造老果园每户补助多少钱?")
    assert "8000元" in done.out
    assert "青原日报，2020年11月2日" in done.out
    identifier = done.out.rstrip().rpartition("[")[2].rstrip("]")
    checked = indexed("verify", identifier, "--json").json[0]
    assert {citation["verdict"] for citation in checked["citations"]} == {"unchanged"}  # type: ignore[attr-defined]


def test_a_batch_answers_in_order_and_leaves_no_trace(indexed: Wenda, tmp_path: Path) -> None:
    """One output line an input line, with its id, in the same order; nothing is kept among past answers."""
    lines = [{"id": number, "question": question} for number, question in enumerate(["几座桥?", "老人食堂一餐多少钱?", "火星上有水吗?"])]
    stdin = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    done = indexed("ask", "--batch", "-", "--json", stdin=stdin)
    assert [line["id"] for line in done.json] == [0, 1, 2]
    assert all(line["answer_id"] is None for line in done.json)
    ledger = Ledger.open(tmp_path / "wenda.db.ledger")
    assert not ledger.answers_citing(["orchard", "canteen", "undated"])


def test_a_bad_line_of_a_batch_is_named_and_passed_over(indexed: Wenda) -> None:
    """A line that is not JSON, or holds no question, gives its error; the others are answered, the status is 0."""
    lines = [b'{"id": "a", "question": "\xe5\x87\xa0\xe5\xba\xa7\xe6\xa1\xa5?"}', b"not json", b'{"id": "b"}', b"[1]", b"\xff\xfe",
             b'{"id": "c", "question": "q", "previous": "text"}', b'{"id": "d", "question": "\\ud800"}', b"", b'{"id":"e","question":""}']  # fmt: skip
    done = indexed("ask", "--batch", "-", "--json", stdin=b"\n".join(lines))
    found = done.json
    assert done.status == 0
    assert [line["id"] for line in found] == ["a", None, "b", None, None, "c", "d", "e"]
    assert ["error" in line for line in found] == [False, True, True, True, True, True, False, False]
    assert [str(line.get("error"))[:7] for line in found[1:6]] == ["line 2:", "line 3:", "line 4:", "line 5:", "line 6:"]


def test_search_ranks_passages(indexed: Wenda) -> None:
    """`search` gives hits in the contract's shape, also for a batch, and as many as asked for."""
    (found,) = indexed("search", "老人食堂", "-k", "1", "--json").json
    (hit,) = found["hits"]  # type: ignore[misc]
    assert (hit["rank"], hit["article_id"]) == (1, "canteen")
    assert {"passage_id", "start", "end", "score", "text"} <= set(hit)
    (batch,) = indexed("search", "--batch", "-", "--json", stdin='{"id": 7, "question": "老人食堂"}\n'.encode()).json
    assert (batch["id"], batch["question"]) == (7, "老人食堂")


def test_status_tells_what_there_is(indexed: Wenda) -> None:
    """Counts, the first and last day, and the settings in force."""
    (status,) = indexed("status", "--json").json
    assert (status["articles"], status["undated"], status["oldest"], status["newest"]) == (3, 1, "2019-09-19", "2020-11-02")
    assert status["settings"]["WENDA_LANGUAGE"] == "zh-Hans"  # type: ignore[index]


def test_removing_much_of_the_library_needs_a_yes(indexed: Wenda, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without paths a reindex stops where more than a fifth would go; --yes goes on; explicit paths are exact."""
    monkeypatch.setenv("WENDA_CORPUS", str(corpus))
    line = json.dumps(ARTICLES[0], ensure_ascii=False)
    (corpus / "articles.jsonl").write_text(line, encoding="utf-8")
    refused = indexed("reindex", "--json")
    assert refused.status == 1
    assert one_line(refused.err)
    assert indexed("status", "--json").json[0]["articles"] == 3
    assert indexed("reindex", "--yes", "--json").json[0]["removed"] == 2


def test_a_reindex_reports_every_file(wenda: Wenda, corpus: Path) -> None:
    """The good files are indexed, and every other one is named with its reason."""
    (corpus / "empty.txt").touch()
    (corpus / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (corpus / "picture.png").write_bytes(b"\x89PNG")
    done = wenda("reindex", corpus, "--json")
    (report,) = done.json
    assert (done.status, report["articles"], report["added"]) == (0, 3, 3)
    skipped = {Path(file["path"]).name: file["reason"] for file in report["skipped"]}  # type: ignore[attr-defined]
    assert set(skipped) == {"empty.txt", "binary.txt", "picture.png"}
    assert all(skipped.values())
    assert "empty.txt" in wenda("reindex", corpus).out


def test_reading_a_page_stores_nothing(wenda: Wenda, corpus: Path, tmp_path: Path) -> None:
    """`read` prints one object a page and makes no library."""
    done = wenda("read", corpus / "articles.jsonl", "--json")
    assert [page["body"] for page in done.json] == [article["body"] for article in ARTICLES]
    assert not (tmp_path / "wenda.db").exists()


def test_a_page_without_an_article_is_an_error(wenda: Wenda, tmp_path: Path) -> None:
    """A file that holds no article has a null body, the reason, and exit status 1; the others are read."""
    (tmp_path / "empty.txt").touch()
    story = "松河镇今年修了4座桥，最长的一座有120米，花了两年才修好。镇上的人说，从前过河要等船，下雨天孩子上不了学，如今走几分钟就到了对岸。"
    (tmp_path / "good.txt").write_text(f"松河镇修桥记\n\n松河日报 2016-05-14\n\n{story}\n\n{story[::-1]}\n", encoding="utf-8")
    done = wenda("read", tmp_path / "empty.txt", tmp_path / "good.txt", "--json")
    empty, good = done.json
    assert done.status == 1
    assert empty["body"] is None
    assert str(empty["error"]).startswith("empty file")
    assert "4座桥" in str(good["body"])


def test_the_console_talks_through_a_pipe(indexed: Wenda) -> None:
    """Piped lines are answered in order without a prompt; a number presses a button; /quit ends."""
    done = indexed("chat", stdin="清河县改造老果园每户补助多少钱?\n1\n/sources\n/quit\n几座桥?\n".encode())
    assert done.status == 0
    assert "8000元" in done.out
    assert "前后文" in done.out
    assert "白沙鄉的老人食堂" in done.out
    assert "120米" not in done.out
    assert "\033" not in done.out


def test_the_console_indexes_the_starter_corpus_by_itself(wenda: Wenda) -> None:
    """`wenda chat` without a library makes one from the articles that ship."""
    assert wenda("chat", stdin=b"/quit\n").status == 0
    assert wenda("status", "--json").json[0]["articles"]


# Bad input


def test_a_question_before_anything_was_indexed(wenda: Wenda) -> None:
    """Asking and searching an empty library is an error that says what to do."""
    for command in ("ask", "search"):
        done = wenda(command, "几座桥?")
        assert done.status == 1
        assert one_line(done.err)
        assert "wenda reindex" in done.err
    assert wenda("ask", "--batch", "-", "--json", stdin=b'{"id": 1, "question": "q"}\n').status == 1


def test_a_path_that_is_not_there(wenda: Wenda, tmp_path: Path) -> None:
    """A missing path and a folder without articles are named, with status 1, and make no half library."""
    (tmp_path / "nothing").mkdir()
    for path in ("missing", "nothing"):
        done = wenda("reindex", tmp_path / path)
        assert done.status == 1
        assert one_line(done.err)
        assert path in done.err


@pytest.mark.parametrize("content", [b"this is no database " * 100, b"SQLite format 3\0" + b"\0" * 50])
def test_a_library_file_that_is_none(wenda: Wenda, tmp_path: Path, content: bytes) -> None:
    """A file that is not a library is named and left as it is."""
    (tmp_path / "wenda.db").write_bytes(content)
    for arguments in (("ask", "q"), ("reindex",), ("status",), ("chat",)):
        done = wenda(*arguments)
        assert done.status == 1
        assert one_line(done.err)
        assert "wenda.db" in done.err
    assert (tmp_path / "wenda.db").read_bytes() == content


def test_a_library_of_a_newer_version(indexed: Wenda, tmp_path: Path) -> None:
    """A newer library is refused with a line that says to upgrade."""
    with sqlite3.connect(tmp_path / "wenda.db") as newer:
        newer.execute("pragma user_version = 999")
    done = indexed("ask", "几座桥?")
    assert done.status == 1
    assert "newer" in done.err


def test_a_locked_library_can_still_be_asked(indexed: Wenda, tmp_path: Path, corpus: Path) -> None:
    """While another process reindexes, questions are answered from the old state and a second reindex says so."""
    other = sqlite3.connect(tmp_path / "wenda.db", isolation_level=None)
    other.execute("begin immediate")
    try:
        assert indexed("ask", "几座桥?", "--json").status == 0
        done = indexed("reindex", corpus)
        assert done.status == 1
        assert one_line(done.err)
    finally:
        other.close()
    assert indexed("reindex", corpus).status == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_read_only_library(indexed: Wenda, tmp_path: Path, corpus: Path) -> None:
    """A read-only folder: a reindex says so."""
    for path in (tmp_path / "wenda.db", tmp_path / "wenda.db.ledger"):
        path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        done = indexed("reindex", corpus)
        assert done.status == 1
        assert "cannot be written" in done.err
    finally:
        tmp_path.chmod(0o700)


def test_a_ledger_that_cannot_be_used_does_not_stop_an_answer(indexed: Wenda, tmp_path: Path) -> None:
    """The answer is given; a line on stderr says that it was not kept."""
    (tmp_path / "wenda.db.ledger").write_bytes(b"this is no database " * 100)
    for leftover in tmp_path.glob("wenda.db.ledger-*"):
        leftover.unlink()
    done = indexed("ask", "清河县改造老果园每户补助多少钱?")
    assert done.status == 0
    assert "8000元" in done.out
    assert "not kept" in done.err


@pytest.mark.parametrize(
    "question",
    ["", "   ", "？！。", "😀😀", "你好", "苹果" * 5000, "<b>几座桥</b>&lt;", "'; drop table articles; --", "几座\x00\x1b[31m桥?", "\ud800几座桥\udfff?", "\u202e桥?"],
    ids=["empty", "blank", "punctuation", "emoji", "greeting", "long", "html", "sql", "control", "surrogates", "right-to-left"],
)
def test_any_question_gets_an_answer(indexed: Wenda, question: str) -> None:
    """Odd input gets an ordinary answer or a friendly line, never an error, in both forms."""
    for form in ((), ("--json",)):
        done = indexed("ask", question, *form)
        assert done.status == 0
        assert done.out.strip()
        assert "\x1b" not in done.out
    assert indexed("status", "--json").json[0]["articles"] == 3


def test_an_unknown_setting_value(indexed: Wenda, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the setting and the value, with status 2."""
    monkeypatch.setenv("WENDA_LANGUAGE", "klingon")
    done = indexed("ask", "几座桥?")
    assert done.status == 2
    assert one_line(done.err)
    assert "WENDA_LANGUAGE" in done.err
    assert "klingon" in done.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("nonsense",), ("ask",), ("ask", "q", "--batch", "-"), ("ask", "q", "--today", "morgen"), ("search", "q", "-k", "0"), ("read",), ("verify", "nosuch")],
)
def test_wrong_usage_is_one_line(indexed: Wenda, arguments: tuple[str, ...]) -> None:
    """Wrong usage and an unknown answer exit with 2 and one line."""
    done = indexed(*arguments)
    assert done.status == 2
    assert one_line(done.err)


def test_an_unknown_article_is_one_line(indexed: Wenda) -> None:
    """What could not be shown since it is not there exits with 1 and one line."""
    done = indexed("show", "nosuch")
    assert done.status == 1
    assert one_line(done.err)


def test_help_lists_every_command_that_works() -> None:
    """`wenda --help` names the commands, each with a line of help."""
    from bot.__main__ import parser

    text = parser().format_help()
    assert all(command.help in " ".join(text.split()) for command in COMMANDS if command.name in text)
    assert {"reindex", "ask", "search", "chat", "read", "show", "verify", "status"} <= set(text.split())


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`wenda --version` prints the version that backups carry, too."""
    from bot.__main__ import main
    from bot.keeping import release

    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert (done.value.code, capsys.readouterr().out) == (0, f"wenda {release()}\n")


# The process


def test_output_is_utf8_in_any_locale(corpus: Path, tmp_path: Path) -> None:
    """JSON lines and words are UTF-8 where the locale is plain ASCII, for Chinese arguments and input too."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "WENDA_DB": str(tmp_path / "w.db"), "PYTHONPATH": str(ROOT)}

    def run(*arguments: object, stdin: bytes = b"") -> bytes:
        command = [sys.executable, "-m", "bot", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, cwd=tmp_path, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("reindex", corpus)
    batch = run("ask", "--batch", "-", "--json", stdin='{"id": "一", "question": "清河县改造老果园每户补助多少钱?"}\n'.encode())
    assert json.loads(batch)["id"] == "一"
    assert "青原日报" in run("ask", "清河县改造老果园每户补助多少钱?").decode("utf-8")
    assert "再见" not in run("chat", stdin="几座桥?\n".encode()).decode("utf-8")


def test_an_article_is_taken_in_at_the_console(indexed: Wenda, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are its pieces, 完 ends it, and the numbers of the buttons put it right and agree to it."""
    monkeypatch.setenv("WENDA_CORPUS", str(corpus))
    lines = ["/add", *PAGE.strip().split("\n"), "完", "4", "水乡周刊", "1", "修水车的是几位木匠?"]
    said = indexed("chat", stdin="\n".join([*lines, "/quit"]).encode()).out
    for words in ("收到4条", "[1] 收录", "媒体：临川日报", "媒体：水乡周刊", "已收录《溪口的水车又转了》", "出处：水乡周刊，2014年3月2日"):
        assert words in said


def test_a_closed_pipe_is_quiet(indexed: Wenda, tmp_path: Path) -> None:
    """A reader that has seen enough ends the output without a traceback."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "status"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=tmp_path)
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    process.wait(timeout=60)


def test_old_answers_are_forgotten_when_the_console_starts(indexed: Wenda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past answers older than WENDA_KEEP_DAYS go; 0 keeps them for ever."""
    (answer,) = indexed("ask", "清河县改造老果园每户补助多少钱?", "--json", "--today", "2020-01-01").json
    monkeypatch.setenv("WENDA_KEEP_DAYS", "0")
    assert indexed("chat", "--today", "2026-01-01", stdin=b"/quit\n").status == 0
    assert indexed("verify", answer["answer_id"]).status == 0
    monkeypatch.setenv("WENDA_KEEP_DAYS", "30")
    assert indexed("chat", "--today", "2020-01-20", stdin=b"/quit\n").status == 0
    assert indexed("verify", answer["answer_id"]).status == 0
    assert indexed("chat", "--today", "2020-02-20", stdin=b"/quit\n").status == 0
    assert indexed("verify", answer["answer_id"]).status == 2
