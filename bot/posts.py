"""The text of a channel's post in, an article out: nothing is read into it, what the channel says of itself is kept."""

from __future__ import annotations

from bot.replies import Post
from retrieval.errors import PageRefused
from retrieval.records import Article

TITLE = 60
"""Characters of a first line that can be a title; the briefs of newspapers' channels begin with such a line."""

ORIGIN = "post"
"""Where a post's day is from, in `Article.published_origin`."""


def posted(text: str, post: Post) -> Article:
    """The article of a post: a short first line is its title where more follows. Raises PageRefused where no text is left."""
    from retrieval import pages

    lines = text.strip().split("\n", 1)
    first, rest = lines[0].strip(), lines[1].strip() if len(lines) > 1 else ""
    title = first if rest and len(first) <= TITLE else None
    body = pages.plain_body(rest if title else text)
    if not body:
        raise PageRefused("no article body: the post holds no text")
    name = post.name or "post"
    return Article(
        id=name, path=name, body=body, title=title, title_origin="first line" if title else "none", outlet=post.outlet, outlet_origin="channel",
        published=post.published, published_origin=ORIGIN if post.published else "none: the post has no date", url=post.url, script=pages.script_of(body),
    )  # fmt: skip
