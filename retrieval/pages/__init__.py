"""Page bytes in, Article out: encoding, header, date, outlet, people, body, and what was dropped and why.

decode      bytes → text, or what the bytes are instead
lines       text → clean lines;  wraps joins what was broken inside a sentence
markdown    front matter and Markdown's marks;  markup  HTML;  jsonlines  large sets
docx, pdf   documents;  pdftext  what reads a PDF, in a process of its own;  zips  bytes of archives
archive     files as they are handed over: one, or a ZIP archive of them
markers     what a line is by its words;  dates, people, fields, firsts  what it states
header      title, date, outlet, people above the body;  body  its paragraphs, and why the rest is none
reader      the stages in their order
margin      the page as it was read, for a person to check
"""

from __future__ import annotations

from retrieval.errors import PageRefused
from retrieval.pages.archive import File, opened
from retrieval.pages.common import script_of
from retrieval.pages.decode import MAX_BYTES
from retrieval.pages.jsonlines import read_line, read_lines, write_line
from retrieval.pages.lines import plain_body
from retrieval.pages.margin import margin
from retrieval.pages.reader import fragment, most_bytes, read, unread

__all__ = [
    "MAX_BYTES", "VERSION", "File", "PageRefused", "fragment", "margin", "most_bytes", "opened", "plain_body", "read", "read_line", "read_lines", "script_of", "unread", "write_line",
]  # fmt: skip

VERSION = 9
"""Raised whenever a page may be read differently than before: part of the library's fingerprint, a change means a reindex."""
