"""`/withhold` in: a passage of an article, or a name and with it every sentence that holds it; what is hidden now out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import telling
from bot.articles import addressed
from bot.handling import Handler, Request
from bot.replies import Block, Button, Reply
from bot.telling import Scene
from retrieval.deciding import LONGEST_WORD
from retrieval.errors import UsageError

if TYPE_CHECKING:
    from retrieval import Library

MOST = 0.2
"""The share of the articles from which a word is taken for a slip and no name (as much as a reindex may remove unasked)."""


class Withholding:
    """What an admin gets for withholding words without losing the article."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def commands(self) -> dict[str, Handler]:
        return {"withhold": self._asked}

    def presses(self) -> dict[str, Handler]:
        """`hold:` and a name: its sentences are hidden."""
        return {"hold": self._name}

    def _asked(self, request: Request) -> Reply:
        rest, scene = request.rest.strip(), request.scene
        article, words = addressed(self._library, rest)
        if article is not None:
            if not words:
                return _text(scene, "how_withhold")
            try:
                decision = self._library.withhold(words, article.id, request.visitor.user, request.at)
            except UsageError:
                return _text(scene, "withhold_not_there", title=telling.named(article, scene))
            others = len(decision.taken) - 1
            lines = [scene.say("withheld", title=telling.named(article, scene))] + [scene.say("withheld_too", count=others)] * (others > 0)
            return _lines(scene, *lines, scene.say("undo_hint"))
        if not rest:
            return _text(scene, "how_withhold")
        if len(rest) > LONGEST_WORD or "\n" in rest:
            return _lines(scene, scene.say("no_such_article", id=rest.split()[0]), scene.say("how_withhold"))
        return self._preview(rest, scene)

    def _preview(self, name: str, scene: Scene) -> Reply:
        """In how many sentences the name stands, and a button that hides them: a slip of the finger is seen here."""
        held = self._library.holding(name) if len(name) > 1 else []
        if not held:
            return _text(scene, "withhold_nowhere", name=name)
        sentences = sum(count for _, count in held)
        if len(held) > max(5, MOST * self._library.status()["articles"]):
            return _text(scene, "withhold_too_common", name=name, articles=len(held))
        action = f"hold:{name}"
        if len(action.encode()) > 64:
            return _text(scene, "withhold_too_long", name=name)
        text = scene.say("withhold_sure", name=name, articles=len(held), sentences=sentences)
        return Reply((Block(text),), ((Button(scene.say("button_withhold"), action),),), language=scene.language)

    def _name(self, request: Request) -> Reply:
        scene, name = request.scene, request.rest
        try:
            decision = self._library.withhold(name, None, request.visitor.user, request.at)
        except UsageError:
            return _text(scene, "withhold_nowhere", name=name)
        return _lines(scene, scene.say("withheld_name", name=name, count=len(decision.taken)), scene.say("undo_hint"))


def _text(scene: Scene, key: str, /, **values: object) -> Reply:
    return _lines(scene, scene.say(key, **values))


def _lines(scene: Scene, *lines: str) -> Reply:
    return Reply((Block("\n".join(lines)),), language=scene.language)
