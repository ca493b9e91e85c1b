"""What readers say is wrong with an answer, for admins: told at once with the excerpt, and what can be done about it by a button.

An action is `report:act:answer id:rank`; the answer lies in the ledger, so that the buttons outlive a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import telling
from bot.handling import Handler, Request
from bot.replies import Block, Button, Reply
from bot.telling import Scene
from retrieval.records import Article

if TYPE_CHECKING:
    from retrieval import Library
    from retrieval.ledger import Ledger, PastAnswer

NOTES = ("checking", "outdated", "corrected")
"""Notes that are ready to be set: the words `report_note_…`."""


class Reports:
    """What an admin can do about a report: put a note under the article's citations, or withdraw it."""

    def __init__(self, library: Library, ledger: Ledger) -> None:
        self._library, self._ledger = library, ledger

    def commands(self) -> dict[str, Handler]:
        return {}

    def presses(self) -> dict[str, Handler]:
        return {"report": self._pressed}

    def _pressed(self, request: Request) -> Reply:
        act, key, number, *_ = (*request.rest.split(":"), "", "")
        past, scene = self._ledger.answer(key), request.scene
        rank = int(number) if number.isdecimal() else 0
        article = self._cited(past, rank)
        if past is None or article is None:
            return Reply(notice=scene.say("article_gone" if past else "answer_gone"), language=scene.language)
        title, who = telling.named(article, scene), request.visitor.user
        if act == "note":
            buttons = [Button(scene.say(f"report_note_{note}"), f"report:{note}:{key}:{rank}") for note in NOTES]
            return Reply((Block(scene.say("report_which_note", title=title, id=article.id)),), tuple((button,) for button in buttons), language=scene.language)
        if act == "out":
            sure = Button(scene.say("button_report_sure"), f"report:sure:{key}:{rank}")
            return Reply((Block(scene.say("report_sure", title=title)),), ((sure,),), language=scene.language)
        if act == "sure":
            self._library.withdraw(article.id, scene.say("report_reason"), who, request.at)
            return _done(scene, scene.say("withdrawn", title=title, reason=scene.say("report_reason")))
        if act in NOTES:
            note = scene.say(f"report_note_{act}")
            self._library.annotate(article.id, note, who, request.at)
            return _done(scene, scene.say("note_set", title=title, note=note))
        return Reply(notice=scene.say("answer_gone"), language=scene.language)

    def _cited(self, past: PastAnswer | None, rank: int) -> Article | None:
        if past is None or rank >= len(past.citations):
            return None
        id = past.citations[rank].article_id
        return self._library.engine.articles([id]).get(id)


def buttons(past: PastAnswer, rank: int, scene: Scene) -> tuple[tuple[Button, ...], ...]:
    """What stands under a report: a note, or away with it."""
    return ((Button(scene.say("button_report_note"), f"report:note:{past.id}:{rank}"), Button(scene.say("button_report_out"), f"report:out:{past.id}:{rank}")),)


def _done(scene: Scene, said: str) -> Reply:
    return Reply((Block(f"{said}\n{scene.say('undo_hint')}"),), language=scene.language)
