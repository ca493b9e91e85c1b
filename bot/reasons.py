"""Why a file was passed over, as the reader says it, in; the same in an admin's language out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from bot.telling import Scene
from retrieval.records import Skipped

_BEGINNINGS = (
    (re.compile(r"no article body(?:: |$)"), "reason_no_body"),
    (re.compile(r"empty file(?:: it holds nothing but white space$|: |$)"), "reason_empty"),
    (re.compile(r"not text(?:: |$)"), "reason_not_text"),
    (re.compile(r"text damaged(?:: |$)"), "reason_damaged"),
    (re.compile(r"too large(?:: |$)"), "reason_too_large"),
    (re.compile(r"cannot be read(?:: |$)"), "reason_unreadable"),
    (re.compile(r"withdrawn(?:: |$)"), "reason_withdrawn"),
    (re.compile(r"steps aside: its original (?P<original>.+) is in the library$"), "reason_aside"),
    (re.compile(r"second (?:file|article) with the id (?P<id>.+); the first is (?:in )?(?P<first>.+)$"), "reason_second"),
    (re.compile(r"not a page, .*file$"), "reason_kind"),
    (re.compile(r"(?P<path>.+): no such file or folder$"), "reason_no_folder"),
    (re.compile(r"(?P<path>.+): no articles in this folder \(.*\)$"), "reason_empty_folder"),
)
"""How reasons begin, by the contract for those of a page, and what is said instead."""

_DETAILS = (
    (r"nothing stands below the front matter", "detail_below_front_matter"),
    (r"\d+ characters of sentences are left", "detail_few_sentences"),
    (r"a list of headlines with the beginnings of other articles", "detail_headlines"),
    (r"the document holds no (?:text|paragraph)", "detail_no_text_layer"),
    (r"`body` is empty|`body` must be a text|the line is JSON, but no object", "detail_no_body"),
    (r"no JSON object \(.*\)", "detail_no_json"),
    (r"the line is not UTF-8", "detail_not_utf8"),
    (r"it holds zero bytes|more than one character in twenty is a control character", "detail_binary"),
    (r".*locked with a password.*", "detail_locked"),
    (r"the bytes are readable in none of UTF-8, GB18030, Big5 and UTF-16", "detail_encoding"),
    (r"more than one character in seven is lost; save the page again", "detail_lost"),
    (r"it is in a font's private characters; save the page again|its characters make no words.*|read with a wrong \(Western\) encoding.*", "detail_garbled"),
    (r".*(?:cannot be opened|cannot be unpacked|has no end).*", "detail_broken_archive"),
    (r"(?P<size>[\d.]+) MiB, a (?:page|document) may have (?P<most>\d+);.*", "detail_size"),
    (r"a line may have (?P<most>\d+) MiB", "detail_line_size"),
    (r"Permission denied", "detail_permission"),
    (r"No such file or directory", "detail_gone"),
)
"""What stands after the beginning, where it is common; the rest stays as it is."""


def told(reason: str, scene: Scene) -> str:
    """*reason* in the language of the scene; what is not known stays in English behind its beginning."""
    if scene.language == "en":
        return reason
    for beginning, key in _BEGINNINGS:
        if found := beginning.match(reason):
            said = scene.say(key, **found.groupdict())
            rest = reason[found.end() :]
            return scene.say("reason_with", reason=said, detail=_detail(rest, scene)) if rest else said
    return reason


def _detail(rest: str, scene: Scene) -> str:
    for pattern, key in _DETAILS:
        if found := re.fullmatch(pattern, rest):
            return scene.say(key, **found.groupdict())
    return rest


def table(skipped: Iterable[Skipped], scene: Scene) -> bytes:
    """All skipped files with their reasons, for a spreadsheet: UTF-8 with a mark at its start; no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([scene.say("skipped_column_file"), scene.say("skipped_column_reason")])
    writer.writerows([cell(file.path), cell(told(file.reason, scene))] for file in skipped)
    return out.getvalue().encode("utf-8-sig", "replace")


def cell(text: str) -> str:
    """*text* as a spreadsheet shows it, whatever it begins with."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
