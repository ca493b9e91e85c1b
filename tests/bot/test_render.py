"""Replies become parts that Telegram takes, whatever is in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import render
from bot.replies import Block, Reply

TEXT = st.text(
    st.one_of(
        st.sampled_from("渭源縣的，。！？“”<>&\"'_*`[]()\n 🍎👨‍👩‍👧𠮷é\u0301\u202e\x00\x1b12三"),
        st.characters(),
    ),
    max_size=300,
)
ROLES = st.sampled_from(["text", "lead", "quote", "source", "notice", "heading"])


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    text = draw(TEXT) * draw(st.sampled_from([1, 1, 1, 20]))
    cuts = sorted(draw(st.lists(st.integers(0, max(0, len(text))), max_size=8, unique=True)))
    marks = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    url = draw(st.sampled_from([None, None, "https://news.example.org/?a=1&b=\"2\""]))
    return Block(text, draw(ROLES), marks, url)


replies = st.builds(lambda each: Reply(tuple(each)), st.lists(blocks(), max_size=12))


class Reader(HTMLParser):
    """Reads a part as Telegram does: known tags, properly nested, only known references; collects the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.entities = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in ("b", "a", "blockquote")
        self.open.append(tag)
        self.entities += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(part: str) -> Reader:
    assert re.fullmatch(r"(?:[^&]|&(?:lt|gt|amp|quot);)*", part)
    reader = Reader()
    reader.feed(part)
    reader.close()
    assert not reader.open
    return reader


@settings(max_examples=150)
@given(replies, st.sampled_from([render.PART_LENGTH, 200, 40]))
def test_every_part_is_one_that_telegram_takes(reply: Reply, limit: int) -> None:
    """No part is too long, cuts a tag or a reference, is blank, or holds more formats than are shown."""
    parts = render.html(reply, limit)
    for part in parts:
        found = read(part)
        assert 0 < len(found.text) <= limit
        assert found.text.strip()
        assert found.entities <= 100
        assert len(part.encode()) <= 32768 or limit < render.PART_LENGTH
    assert [read(part).text for part in parts] == render.plain_parts(reply, limit)


@settings(max_examples=150)
@given(replies, st.integers(10, 120))
def test_no_line_of_a_terminal_is_wider_than_it(reply: Reply, width: int) -> None:
    """Plain text holds no control characters, and wraps at the window's width."""
    for line in render.plain(reply, width=width).split("\n"):
        assert render.columns(line) <= width
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", line)


@settings(max_examples=100)
@given(replies)
def test_nothing_is_lost_on_the_way(reply: Reply) -> None:
    """Both renderings hold every word of every block, in order."""
    wanted = "".join(render.clean(block.text) for block in reply.blocks)
    for said in (render.plain(Reply(tuple(Block(b.text, "text") for b in reply.blocks))), "".join(render.plain_parts(reply))):
        assert re.sub(r"\s", "", said) == re.sub(r"\s", "", wanted)


def test_a_citation_stays_in_one_part() -> None:
    """A quotation and its source are not torn apart where they fit into one message."""
    citations = []
    for number in range(30):
        citations += [Block(f"{number}、县", "heading"), Block("“" + "原话" * 150 + "”", "quote", ((1, 5),)), Block(f"出处：日报{number}", "source")]
    parts = render.html(Reply(tuple(citations)))
    assert len(parts) > 1
    for part in parts:
        assert part.count("<blockquote>") == part.count("</blockquote>") == part.count("出处")
        assert part.startswith("<b>")


def test_a_quotation_longer_than_a_message_is_cut_at_a_sentence() -> None:
    """What does not fit is cut at sentence ends, and every piece is still a quotation."""
    sentence = "这一句话有十三个字符长度。"
    parts = render.html(Reply((Block(sentence * 700, "quote"),)))
    assert len(parts) == 3
    assert all(part.startswith("<blockquote>") and part.endswith("。</blockquote>") for part in parts)


def test_an_emoji_of_several_characters_is_not_cut() -> None:
    """A family emoji, joined of five characters, stays whole at a forced cut."""
    family = "👨‍👩‍👧"
    parts = render.plain_parts(Reply((Block("一" * 38 + family + "二" * 30),)), 40)
    assert any(family in part for part in parts)
