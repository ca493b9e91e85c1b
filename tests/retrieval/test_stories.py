"""Groups of reprints follow what the library holds, article by article, in any order, as if all had been read at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval import Library, reprints, stories
from retrieval.records import Article, Print
from retrieval.reprints import signature

CHANCE = random.Random(3)
TEXTS = tuple("".join(CHANCE.choices("的一是不了人我在有中国县农民产品渭源党参云计算产业扶贫车间年月日，。", k=200)) for _ in range(4))


def article(id: str, text: int, cut: int, tail: int) -> Article:
    """One of the texts, without its beginning, with another end; the more of both, the less it is the same story."""
    return Article(id=id, body=TEXTS[text][cut:] + TEXTS[(text + 1) % 4][:tail] + "。", published=f"2020-01-{1 + tail % 28:02}")


def groups(library: Library, ids: Sequence[str]) -> set[frozenset[str]]:
    return {frozenset(one.article_id for one in story) for story in library.engine.reprints(ids).values()}


def keep(library: Library, held: dict[str, Article], changes: Sequence[tuple[str, Article | None]]) -> None:
    """Put or remove some articles in one commit."""
    last = dict(changes)
    library.engine.apply([(one, []) for one in last.values() if one], sorted(held.keys() & last.keys()))
    for id, one in last.items():
        if one:
            held[id] = one
        else:
            held.pop(id, None)


drawn = st.builds(article, st.sampled_from("abcdefghijkl"), st.integers(0, 3), st.integers(0, 120), st.integers(0, 60))
acts = st.lists(st.one_of(drawn.map(lambda one: (one.id, one)), st.sampled_from("abcdefghijkl").map(lambda id: (id, None))), min_size=1, max_size=30)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=st.lists(acts, min_size=1, max_size=6), crowd=st.sampled_from([1, 2, 3, 32]), many=st.sampled_from([0.0, 0.25, 1e9]))
def test_any_history_makes_the_groups_of_what_is_held(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, commits: list[list[tuple[str, Article | None]]], crowd: int, many: float
) -> None:
    """Added, changed and removed one by one or many at a time, in crowds and outside of them: as if all came at once."""
    for module in (reprints, stories):
        monkeypatch.setattr(module, "CROWD", crowd)
        monkeypatch.setattr(module, "BESIDE", 1)
    monkeypatch.setattr(stories, "MANY", many)
    held: dict[str, Article] = {}
    with Library.open(tmp_path_factory.mktemp("stories") / "library.db", ledger=False) as library:
        for changes in commits:
            keep(library, held, changes)
            wanted = reprints.groups({id: signature(one.body) for id, one in held.items()})
            assert groups(library, sorted(held)) == set(map(frozenset, wanted))
            assert stories.count(library.store.db.conn) == sum(len(group) - 1 for group in wanted)


def test_the_corpus_one_by_one_and_in_any_order_makes_the_same_groups(tmp_path: Path) -> None:
    """Sixty prints of four stories with other ends, more than a crowd: read at once, one by one, and backwards."""
    held = [article(f"{n:02}", n % 4, n // 4 % 5 * 3, n // 4) for n in range(160)]
    found = []
    for name, step in (("once", len(held)), ("singly", 1), ("backwards", -7)):
        with Library.open(tmp_path / f"{name}.db", ledger=False) as library:
            rows = held if step > 0 else held[::-1]
            for start in range(0, len(held), abs(step)):
                library.engine.apply([(one, []) for one in rows[start : start + abs(step)]], ())
            found.append(groups(library, [one.id for one in held]))
    assert found[0] == found[1] == found[2]
    assert max(map(len, found[0])) > reprints.CROWD


def test_only_what_comes_is_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An article that stays as it is keeps its signature; removed ones leave nothing behind."""
    signed: list[str] = []
    monkeypatch.setattr("retrieval.cutting.signatures", lambda bodies: signed.extend(bodies) or [signature(body) for body in bodies])
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        held: dict[str, Article] = {}
        keep(library, held, [(id, article(id, 0, 0, 0)) for id in "abc"])
        assert len(signed) == 3
        keep(library, held, [("d", article("d", 1, 0, 0)), ("a", None)])
        assert len(signed) == 4
        keep(library, held, [(id, None) for id in "bcd"])
        for table in ("printed", "prints", "probes"):
            assert library.store.db.conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_what_prints_a_body_is_found_though_it_is_not_in_the_library(tmp_path: Path) -> None:
    """By its signature, whatever its letters' script and punctuation."""
    with Library.open(tmp_path / "library.db", ledger=False) as library:
        keep(library, {}, [(id, article(id, 0, 0, tail)) for id, tail in (("a", 0), ("b", 9))] + [("c", article("c", 2, 0, 0))])
        assert library.engine.printing(signature(TEXTS[0].replace("，", ","))) == ["a", "b"]
        assert library.engine.printing(signature(TEXTS[3])) == []
        assert library.engine.reprints(["a", "c", "x"]) == {"a": [Print("a", "2020-01-01"), Print("b", "2020-01-10")]}
