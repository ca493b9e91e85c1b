"""JSON lines of questions in, JSON lines of answers out: one a line, in order, a bad line answered with its error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from retrieval.errors import LibraryEmpty, UsageError, WendaError

Json = dict[str, Any]


def answered(lines: Iterable[bytes], answer: Callable[[str, list[str]], Json]) -> Iterator[Json]:
    """What *answer* gives for each line's question and previous questions, with the line's id; empty lines are passed over.

    A line that is no question, or whose question cannot be answered, gives its id and the error, with the number of
    the line. Raises LibraryEmpty where nothing has been indexed, since no line could be answered then.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        asked: Json = {}
        try:
            asked = _object(line)
            yield {"id": asked.get("id"), **answer(*_question(asked))}
        except LibraryEmpty:
            raise
        except WendaError as error:
            yield {"id": asked.get("id"), "error": f"line {number}: {error}"}


def _object(line: bytes) -> Json:
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not JSON in UTF-8 ({error})") from error
    if not isinstance(found, dict):
        raise UsageError("must be an object with a question")
    return found


def _question(asked: Json) -> tuple[str, list[str]]:
    question, previous = asked.get("question"), asked.get("previous") or []
    if not isinstance(question, str):
        raise UsageError("question must be text")
    if not isinstance(previous, list) or not all(isinstance(each, str) for each in previous):
        raise UsageError("previous must be a list of questions")
    return question, previous
