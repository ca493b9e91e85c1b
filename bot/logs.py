"""Log records in, lines out: text or JSON, without secrets, and without what people asked unless a setting allows it."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from bot.replies import Heard
from bot.settings import Settings, is_secret

log = logging.getLogger(__name__)

HIDDEN, UNTOLD = "[secret]", "[question]"

FOREIGN = ("asyncio", "hpack", "httpcore", "httpx", "jieba", "opensearch", "opensearchpy", "telegram", "tornado", "urllib3")
"""Libraries that log addresses with the token, or messages whole, at lower levels: heard from `warning` up."""

SHORTEST = 4
"""Secrets and questions shorter than this are not looked for in lines: they would be found in ordinary words."""


def configure(settings: Settings) -> None:
    """From now on the root logger writes as the settings say; only what this program says itself goes below warnings."""
    level = settings.log_level.upper()
    logging.getLogger().setLevel(level)
    for name in FOREIGN:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    line = Lines(settings, settings.log_format == "json")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(line)


def heard(question: Heard) -> None:
    """Logs that a question was asked and what became of it; its words only where the formatter lets them through."""
    fields = {"outcome": question.outcome, "milliseconds": round(question.seconds * 1000)}
    log.info("a question: %s in %d ms", *fields.values(), extra={"fields": fields, "question": question.question})


class Lines(logging.Formatter):
    """One record as a line of text or JSON.

    A record's `fields` (a dict) become fields of the JSON; its `question` is added where questions may be logged, and
    cut out of the whole line, tracebacks included, where not.
    """

    def __init__(self, settings: Settings, as_json: bool) -> None:
        super().__init__()
        self._json, self._questions = as_json, settings.log_questions
        values = (str(getattr(settings, field) or "") for field in type(settings).model_fields if is_secret(field))
        self._secrets = sorted((value for value in values if len(value) >= SHORTEST), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without an end of line unless a traceback follows in text."""
        asked = str(getattr(record, "question", "") or "")
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message, error = self._clean(record.getMessage(), asked), self._clean(self._error(record), asked)
        if not self._json:
            told = f" {asked!r}" if asked and self._questions else ""
            return self._clean(f"{at} {record.levelname} {record.name}: {message}{told}", "") + (f"\n{error}" if error else "")
        fields: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": message}
        fields |= getattr(record, "fields", {})
        if asked and self._questions:
            fields["question"] = self._clean(asked, "")
        if error:
            fields["error"] = error
        return json.dumps(fields, ensure_ascii=False, default=str)

    def _error(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.exc_info[0]:
            return "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        return record.exc_text or ""

    def _clean(self, text: str, asked: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        if len(asked) >= SHORTEST and not self._questions:
            for form in (asked, repr(asked)[1:-1], json.dumps(asked)[1:-1]):
                text = text.replace(form, UNTOLD)
        return text
