"""The values between a conversation and the ways in: who writes what, and what they get; nothing here knows a front end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from retrieval.records import Answer, Span

Language = Literal["zh-Hans", "zh-Hant", "en"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who writes, from where. `context` is the key under which follow-ups are remembered (chat, topic and user).

    `language` is what the visitor chose or None (then the script of the question decides, then the operator's
    setting). `private` is False in groups. `client` is the language of the visitor's app, which comes before the
    operator's setting. `name` is what the visitor calls themselves, `place` what the group is called.
    """

    context: str
    user: str = "local"
    chat: str = "local"
    admin: bool = False
    private: bool = True
    language: Language | None = None
    client: Language | None = None
    name: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """Where a text stood that was passed on: the channel's title, its day (ISO), its address, a name of its own.

    All are None where it is not known where the text comes from.
    """

    outlet: str | None = None
    published: str | None = None
    url: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor wrote, or a button's action in `action`. `in_reply_to` is the id of the answer replied to.

    `file` is a file that was sent; `post` says where `text` stood, where it was passed on.
    """

    text: str = ""
    action: str | None = None
    in_reply_to: str | None = None
    file: Document | None = None
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text with a role; a renderer decides how the role looks.

    text     plain words of the bot          lead      the answering words with their place, first
    quote    verbatim words of an article    source    outlet, date and title of the quote above
    notice   what to beware of               heading   a numbered or named part
    `marks` are offsets within `text` to emphasise. `url` makes the block (a source) a link.
    """

    text: str
    role: Literal["text", "lead", "quote", "source", "notice", "heading"] = "text"
    marks: tuple[Span, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A worded button. `action` comes back as Message.action (1 to 64 bytes in UTF-8); a `url` button opens a page."""

    label: str
    action: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a visitor gets. `notice` is shown as an alert where the front end has one, else as a line.

    `picture` is a PNG that says again what the blocks say, for those who can see one.
    `edits` is True where this replaces the message the button stands on (never for more text in a private chat).
    `for_admins` is what the operators should read at once, such as a report of a wrong figure with the excerpt, and
    `admin_buttons` what they can do about it;
    `letters` are what others get besides.
    """

    blocks: tuple[Block, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    notice: str | None = None
    answer: Answer | None = None
    document: Document | None = None
    picture: Document | None = None
    edits: bool = False
    for_admins: tuple[Block, ...] = ()
    admin_buttons: tuple[tuple[Button, ...], ...] = ()
    letters: tuple[Letter, ...] = ()
    language: Language = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody else gets because of what was done: `to` is the id of their chat."""

    to: str
    reply: Reply


OUTCOMES = ("answered", "related", "no_answer", "talk", "failed")
"""What becomes of a question; `talk` is small talk."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A question that was asked, what became of it, and how long that took: for logs and metrics."""

    question: str
    outcome: str
    seconds: float
