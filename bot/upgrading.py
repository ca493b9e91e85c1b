"""A library that another version made is made anew while it goes on answering, and the admins hear of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot import admin
from bot.replies import Block, Reply
from bot.telling import Scene
from retrieval.errors import Cancelled, WendaError

if TYPE_CHECKING:
    from bot.chat import Chat

log = logging.getLogger(__name__)


def upgrade(chat: Chat, tell: Callable[[Reply], object]) -> None:
    """Rebuilds where the cutter or the page reader has changed; *tell* gets what admins should read, before and after.

    Takes as long as a full reindex: to be run on a thread of its own. Where it cannot be done, the old state stays.
    """
    scene = Scene(chat.settings.language, chat.today())
    try:
        outdated = chat.library.outdated()
        if not outdated:
            return
        log.warning("the library was made by another version (%s); making it anew, the old state answers meanwhile", ", ".join(outdated))
        tell(_said(scene, "upgrading"))
        done = chat.desk.upgrade()
    except Cancelled:
        log.info("stopped before the library was made anew; the next start goes on")
    except WendaError as error:
        log.warning("the library could not be made anew: %s", error)
        tell(_said(scene, "upgrade_failed", reason=error))
    else:
        if done:
            tell(Reply(for_admins=admin.reported(done, scene).blocks, language=scene.language))


def _said(scene: Scene, key: str, **values: object) -> Reply:
    return Reply(for_admins=(Block(scene.say(key, **values)),), language=scene.language)
