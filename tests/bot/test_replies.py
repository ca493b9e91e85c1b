"""What people see of an answer: golden files in three languages, for a terminal and for Telegram."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conversation import ANSWERS, PLAIN, SUBSIDY, scene

from bot import render, telling, words
from bot.replies import Button, Language, Reply

GOLDEN = Path(__file__).parent / "golden"


def matches(name: str, text: str) -> None:
    """Compares with the golden file, or writes it where WENDA_WRITE_GOLDEN is set: then read the difference."""
    path = GOLDEN / name
    if os.environ.get("WENDA_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def with_buttons(text: str, reply: Reply) -> str:
    rows = [" ".join(f"[{button.label}]({button.action})" for button in row) for row in reply.buttons]
    return "\n".join([text, "", *rows]).rstrip() + "\n"


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_reads_like_this(name: str, language: Language) -> None:
    """Order, tone and length of every kind of answer, in each language, plain and as HTML."""
    reply = telling.tell(ANSWERS[name], scene(language))
    matches(f"{language}/{name}.txt", with_buttons(render.plain(reply), reply))
    matches(f"{language}/{name}.html", "\n\n---\n\n".join(render.html(reply)) + "\n")


def test_a_terminal_shows_colour_and_wraps() -> None:
    """Marks stand out in colour; in a narrow window no line is wider than it and none begins with a comma."""
    reply = telling.tell(ANSWERS["several"], scene("zh-Hans"))
    matches("terminal/colour.txt", render.plain(reply, colour=True, width=60) + "\n")
    narrow = render.plain(reply, width=24)
    matches("terminal/narrow.txt", narrow + "\n")
    assert all(render.columns(line) <= 24 for line in narrow.split("\n"))


def test_without_colour_nothing_is_escaped() -> None:
    """Plain text holds no escape sequence, whatever the articles hold."""
    assert "\033" not in render.plain(telling.tell(ANSWERS["several"], scene("zh-Hans")))


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", ANSWERS)
def test_every_excerpt_stands_with_its_source(name: str, language: Language) -> None:
    """Each quotation is verbatim, and is followed by its outlet, its date in words and its title."""
    answer = ANSWERS[name]
    reply = telling.tell(answer, scene(language))
    quotes = [position for position, block in enumerate(reply.blocks) if block.role == "quote"]
    assert len(quotes) == (len(telling.shown(answer)) if answer.excerpts or answer.related else 0)
    for excerpt, position in zip(telling.shown(answer), quotes, strict=True):
        assert excerpt.text in reply.blocks[position].text
        source = reply.blocks[position + 1]
        assert source.role == "source"
        assert (excerpt.article.outlet or words.say(language, "no_outlet")) in source.text
        assert words.date(language, excerpt.article.published) in source.text
        assert (excerpt.article.title or words.say(language, "no_title")) in source.text


def test_marks_are_the_highlighted_words() -> None:
    """Emphasis lies on the words that the excerpt highlights, also after the quotation mark was put before them."""
    block = telling.quote(SUBSIDY)
    ((start, end),) = block.marks
    assert block.text[start:end] == "每户补助8000元"


def test_a_quotation_that_begins_inside_a_sentence_shows_it() -> None:
    """…… stands where words of the sentence are left out, and nowhere else."""
    assert telling.quote(SUBSIDY).text.startswith("“从2018年起")
    start = PLAIN.body.index("每户补助")
    cut = telling.Excerpt(PLAIN, start, start + 8)
    assert telling.quote(cut).text == "“……每户补助8000……”"


def test_buttons_fit_a_phone_and_the_api() -> None:
    """At most three buttons a row, each with words, and an action of 1 to 64 bytes."""
    for answer in ANSWERS.values():
        for row in telling.tell(answer, scene("zh-Hans")).buttons:
            assert 1 <= len(row) <= 3
            for button in row:
                assert button.label
                assert 1 <= len(button.action.encode()) <= 64


@pytest.mark.parametrize(
    ("published", "years"),
    [("2020-11-22", 6), ("2020-11-23", 5), ("2020-11", 5), ("2020", 5), ("2026-12-01", 0), (None, 0)],
)
def test_the_age_is_never_too_many(published: str | None, years: int) -> None:
    """A report's age counts whole years; where the day is unknown the latest possible one counts."""
    assert telling.years(published, scene("en").today) == years


def test_a_young_report_is_not_called_old() -> None:
    """The notice appears only from the set age on."""
    from dataclasses import replace

    recent = replace(scene("zh-Hans"), old_after=7)
    assert not [block for block in telling.tell(ANSWERS["answered"], recent).blocks if block.role == "notice"]


@pytest.mark.parametrize(("iso", "said"), [("2020-11-02", "2020年11月2日"), ("2019-11", "2019年11月"), ("2019", "2019年")])
def test_a_date_is_as_precise_as_it_is_known(iso: str, said: str) -> None:
    """A month is said as a month, a year as a year; nothing is filled in."""
    assert words.date("zh-Hans", iso) == said


def test_every_word_exists_in_three_languages() -> None:
    """Each entry has three wordings with the same places to fill in."""
    import re

    for key, wordings in words._WORDS.items():
        assert len(wordings) == 3, key
        assert len({frozenset(re.findall(r"{(\w+)}", wording)) for wording in wordings}) == 1, key


def test_a_url_stands_with_its_source() -> None:
    """The source is a link in Telegram, and its address is written out in a terminal."""
    reply = telling.tell(ANSWERS["answered"], scene("zh-Hans"))
    assert '<a href="https://news.example.org/qinghe">' in render.html(reply)[0]
    assert "https://news.example.org/qinghe" in render.plain(reply)


def test_button_numbers_stay_with_their_labels() -> None:
    """In a terminal every button has the number that presses it, never broken over two lines."""
    assert render.plain_buttons([Button("前后文", "a").label, "看原文"], width=12) == "[1] 前后文\n[2] 看原文"
