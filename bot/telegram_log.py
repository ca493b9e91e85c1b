"""The token in, logs without it out, whatever library wrote the line."""

from __future__ import annotations

import logging
import traceback

HIDDEN = "[token]"


class Redaction(logging.Filter):
    """Takes *secret* out of every record, tracebacks included."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if self._secret in text:
            record.msg, record.args = text.replace(self._secret, HIDDEN), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if record.exc_text:
            record.exc_text = record.exc_text.replace(self._secret, HIDDEN)
        return True


def keep_secret(token: str) -> None:
    """From now on no handler of the root logger writes *token*; libraries that log addresses are quiet."""
    for name in ("httpx", "httpcore", "telegram.request"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
    for handler in (*logging.getLogger().handlers, logging.lastResort):
        if handler:
            handler.addFilter(Redaction(token))
