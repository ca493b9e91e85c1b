"""An admin's names and synonyms: `/words` and what stands after it in, what is known now out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.handling import Handler, Request
from bot.replies import Block, Reply
from bot.telling import Scene
from retrieval.decisions import SAME
from retrieval.errors import UsageError
from retrieval.text import fold

if TYPE_CHECKING:
    from retrieval import Library

LISTED = 60
"""Words and groups in a message; more would not be read on a phone."""

_SAME = re.compile(r"\s*[=＝]\s*")
_SEVERAL = re.compile(r"[、，,;；\n]+")
_AWAY = re.compile(r"(?:[-－−–—]|去掉|删除|刪除|remove\b)\s*")


class Wordlist:
    """What an admin gets for a command on words. They hold from the next question on."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def commands(self) -> dict[str, Handler]:
        return {"words": self._words}

    def presses(self) -> dict[str, Handler]:
        """`same:` and two words joined by `=`: the synonym is known from then on."""
        return {"same": self._words}

    def _words(self, request: Request) -> Reply:
        rest, scene = request.rest.strip(), request.scene
        if not rest:
            return self.listed(scene)
        away = _AWAY.match(rest)
        lines = [self._one(part.strip(), bool(away), request) for part in _SEVERAL.split(rest[away.end() :] if away else rest) if part.strip()]
        if not lines:
            return _text(scene, "how_words")
        return Reply((Block("\n".join(lines)),), language=scene.language)

    def _one(self, part: str, away: bool, request: Request) -> str:
        """Does one of the things that the command asks for, and says so."""
        scene, who, at = request.scene, request.visitor.user, request.at
        words = _SAME.split(part)
        try:
            if away:
                decision = self._library.drop_word(SAME.join(words), who, at)
                return scene.say("word_gone", word=shown(decision.value or "", scene))
            if len(words) > 1:
                decision = self._library.add_wording(words, who, at)
                return "\n".join([scene.say("wording_added", word=shown(decision.value or "", scene)), *self._held(words, scene), scene.say("undo_hint")])
            decision = self._library.add_word(part, who, at)
        except UsageError:
            return scene.say("word_unknown" if away else "words_cluster" if not self._library.cuts and len(words) == 1 else "word_refused", word=part)
        return "\n".join([scene.say("word_added", word=decision.value), *self._held(words, scene), scene.say("undo_hint")])

    def _held(self, words: list[str], scene: Scene) -> list[str]:
        """Which of the words no article holds, since a slip of the finger looks like that."""
        counts = self._library.engine.frequencies([fold(word) for word in words])
        absent = [word for word in words if not counts[fold(word)]]
        return [scene.say("words_absent", words=scene.listed(absent))] if absent else []

    def listed(self, scene: Scene) -> Reply:
        """All words and groups in force, and how to change them."""
        rules = self._library.rules()
        every = [*(SAME.join(group) for group in rules.wordings), *rules.words]
        if not every:
            return Reply((Block(scene.say("words_none")), Block(scene.say("how_words"))), language=scene.language)
        lines = [scene.say("word", word=shown(value, scene)) for value in every[:LISTED]]
        lines += [scene.say("and_more", count=len(every) - LISTED)] * (len(every) > LISTED)
        return Reply((Block("\n".join([scene.say("words", count=len(every)), *lines])), Block(scene.say("how_words"))), language=scene.language)


def shown(value: str, scene: Scene) -> str:
    """A word, or the words of a group, as people read them."""
    return scene.say("same_as").join(value.split(SAME))


def _text(scene: Scene, key: str, /, **values: object) -> Reply:
    return Reply((Block(scene.say(key, **values)),), language=scene.language)
