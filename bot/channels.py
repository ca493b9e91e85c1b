"""Channels whose posts are taken in without asking, once an admin has confirmed each: their list, and what is said about them.

added to a channel → asked → confirmed, or refused → posts and edits are taken in → removed by an admin, or left
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from bot.handling import Handler, Request
from bot.replies import Block, Button, Reply
from bot.telling import Scene

if TYPE_CHECKING:
    from bot.feeds import Feeds
    from retrieval.ledger import Ledger

log = logging.getLogger(__name__)

State = Literal["asked", "confirmed", "refused", "left"]

LABEL = 24
"""Characters of a name in a button."""


@dataclass(frozen=True, slots=True)
class Channel:
    """`since` is when it came into its state."""

    id: str
    title: str
    username: str | None
    state: State
    since: datetime

    @property
    def named(self) -> str:
        return f"{self.title} @{self.username}" if self.username else self.title


class Channels:
    """The channels in a ledger, and the admin's commands and buttons about them and the feeds."""

    def __init__(self, ledger: Ledger, feeds: Feeds) -> None:
        self._ledger, self._feeds = ledger, feeds

    def commands(self) -> dict[str, Handler]:
        return {"channels": lambda request: self._listed(request.scene)}

    def presses(self) -> dict[str, Handler]:
        return {"chan": self._pressed}

    def confirmed(self) -> frozenset[str]:
        """The ids of the channels that are taken in, as it is this moment."""
        return frozenset(each.id for each in self._all("confirmed"))

    def find(self, id: str) -> Channel | None:
        return next(iter(self._all(id=id)), None)

    def joined(self, id: str, title: str, username: str | None, who: str, at: datetime) -> Channel:
        """The bot was made an admin of a channel: it is asked about, whatever was decided before it left the last time."""
        return self._keep(Channel(id, title, username, "asked", at), who)

    def left(self, id: str, who: str, at: datetime) -> bool:
        """The bot is no admin of a channel any more; whether it was one that was taken in."""
        known = self.find(id)
        if known:
            self._keep(Channel(known.id, known.title, known.username, "left", at), who)
        return known is not None and known.state == "confirmed"

    def question(self, channel: Channel, scene: Scene) -> Reply:
        """What admins are asked about a channel that the bot was added to."""
        row = (Button(scene.say("button_channel_yes"), f"chan:yes:{channel.id}"), Button(scene.say("button_channel_no"), f"chan:no:{channel.id}"))
        return Reply((Block(scene.say("channel_asked", channel=channel.named)),), (row,), language=scene.language)

    def _pressed(self, request: Request) -> Reply:
        act, _, id = request.rest.partition(":")
        scene, who = request.scene, request.visitor.user
        if act == "feed":
            if feed := next((each for each in self._feeds.all() if each.key == id), None):
                self._feeds.forget(feed, who)
            return self._listed(scene, edits=True)
        channel = self.find(id)
        if channel is None or channel.state == "left":
            return _text(scene, "channel_gone")
        state: State = "confirmed" if act == "yes" else "refused"
        self._keep(Channel(channel.id, channel.title, channel.username, state, request.at), who)
        if act == "off":
            return self._listed(scene, edits=True)
        return _text(scene, "channel_confirmed" if act == "yes" else "channel_refused", edits=True, channel=channel.named)

    def _listed(self, scene: Scene, edits: bool = False) -> Reply:
        """The channels that are taken in and the feeds that are read, each with a button that ends it."""
        channels, feeds = self._all("confirmed"), self._feeds.all()
        if not (channels or feeds):
            return _text(scene, "channels_none", edits=edits)
        blocks: list[Block] = []
        rows: list[Sequence[Button]] = []
        for key, names in (("channels_listed", [each.named for each in channels]), ("feeds_listed", [each.url for each in feeds])):
            if names:
                blocks.append(Block("\n".join([scene.say(key, count=len(names)), *names])))
        rows += [[Button(scene.say("button_channel_off", name=each.title[:LABEL]), f"chan:off:{each.id}")] for each in channels]
        rows += [[Button(scene.say("button_channel_off", name=each.url.split("://")[-1][:LABEL]), f"chan:feed:{each.key}")] for each in feeds]
        return Reply((*blocks, Block(scene.say("channels_hint"), "notice")), tuple(map(tuple, rows)), edits=edits, language=scene.language)

    def _all(self, state: State | None = None, id: str | None = None) -> list[Channel]:
        rows: Iterable[dict[str, str]] = self._ledger.read(
            "select * from channels where (? is null or state = ?) and (? is null or id = ?) order by since, id", [state, state, id, id]
        )
        return [Channel(row["id"], row["title"], row["username"], _state(row["state"]), datetime.fromisoformat(row["since"])) for row in rows]

    def _keep(self, channel: Channel, who: str) -> Channel:
        values = [channel.id, channel.title, channel.username, channel.state, channel.since.astimezone(UTC).isoformat(), who]
        self._ledger.write("replace into channels (id, title, username, state, since, who) values (?, ?, ?, ?, ?, ?)", values)
        fields = {"act": f"channel {channel.state}", "article": channel.id, "who": who}
        log.info("an admin's act done: %s %s by %s", *fields.values(), extra={"fields": fields})
        return channel


def _state(written: str) -> State:
    match written:
        case "asked" | "confirmed" | "refused":
            return written
    return "left"


def _text(scene: Scene, key: str, /, edits: bool = False, **values: object) -> Reply:
    return Reply((Block(scene.say(key, **values)),), edits=edits, language=scene.language)
