"""An Article in, the page as it was read out: each line with a mark in its margin, for a person who wants to check."""

from __future__ import annotations

from retrieval.records import Article

KEPT, DROPPED, HEADER = "+", "-", "="


def margin(article: Article) -> list[tuple[str, str, str]]:
    """Mark, text and reason of every line, in page order: `+` is body, `=` gave a field of the header, `-` was dropped.

    The reason of a kept line is empty. Where an article was stored, its page's line numbers are gone: the body stands first then.
    """
    places = article.body_lines or (0,) * (article.body.count("\n") + 1)
    kept = [(number, 1, KEPT, text, "") for number, text in zip(places, article.body.split("\n"), strict=False)]
    dropped = [
        (block.line + offset, 0, HEADER if block.reason.startswith(("header", "title")) and block.reason != "title repeated" else DROPPED, text, block.reason.removeprefix("header: "))
        for block in article.dropped
        for offset, text in enumerate(block.text.split("\n"))
    ]
    rows = sorted(kept + dropped, key=lambda row: row[0])
    return [(mark, text, reason) for _, _, mark, text, reason in rows]
