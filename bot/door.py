"""An admin's commands on people, and a stranger's request: who may ask, who looks after things, and the lines about this place.

A request in → a letter with two buttons to each admin → the decision of whoever presses first, told to all who press later.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from bot import access, claiming, words
from bot.access import Act, People
from bot.handling import Handler, Request
from bot.replies import Block, Button, Letter, Reply, Visitor
from bot.telling import Scene
from retrieval.errors import LibraryError

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.ledger import Ledger

TEXT_LENGTH = 1000
"""Characters of the about and contact lines: a quarter of a message, since they stand under answers and in `/start`."""


class Door:
    """What is said and done about people; *scene_of* gives the language that a person reads."""

    def __init__(self, ledger: Ledger, people: People, settings: Settings, scene_of: Callable[[str], Scene]) -> None:
        self._ledger, self._people, self._settings, self._scene_of = ledger, people, settings, scene_of

    def commands(self) -> dict[str, Handler]:
        """The commands of admins, by name."""
        return {
            "allow": partial(self._access, "allow"),
            "deny": partial(self._access, "deny"),
            "admin": self._admin,
            "unadmin": self._unadmin,
            "who": self._who,
            "contact": self._contact,
        }

    def presses(self) -> dict[str, Handler]:
        """The buttons of admins, by verb."""
        return {"letin": partial(self._decide, "allow"), "keepout": partial(self._decide, "deny")}

    def met(self, visitor: Visitor) -> None:
        """Remembers the names of those who are on a list, also of the groups."""
        for id, name in ((visitor.user, visitor.name), (visitor.chat, visitor.place)):
            if name:
                with suppress(LibraryError):
                    self._people.met(id, name)

    # The first admin

    def claim(self, request: Request) -> Reply:
        """Makes the visitor the first admin, if they send the code in private."""
        visitor, scene = request.visitor, request.scene
        if not visitor.private or visitor.chat == "local":
            return _text(scene, "claim_private")
        outcome = claiming.take(self._ledger, self._people, request.rest, visitor.user, request.at)
        if outcome != "claimed":
            return _text(scene, f"claim_{outcome}")
        self._people.met(visitor.user, visitor.name)
        return _text(scene, "claimed" if not self._settings.allowed else "claimed_open")

    # Requests

    def ask_in(self, request: Request) -> Reply:
        """Hands a stranger's request, or their group's, to every admin."""
        visitor, scene = request.visitor, request.scene
        subject = visitor.user if visitor.private else visitor.chat
        if {visitor.user, visitor.chat, "*"} & ({*self._settings.allowed} | self._people.access().let_in | self._people.admins()):
            return _notice(scene, "asked_needless")
        admins = sorted(self._people.admins())
        if not admins:
            return _notice(scene, "asked_nobody")
        plea = self._people.ask(subject, visitor.name if visitor.private else visitor.place, request.at)
        if plea is None:
            return _notice(scene, "asked_already")
        letters = []
        for admin in admins:
            theirs = self._scene_of(admin)
            asker = theirs.say("person", name=access.plain_name(visitor.name), id=visitor.user) if visitor.name else visitor.user
            said = theirs.say("plea" if visitor.private else "plea_group", person=self._named(subject, theirs), asker=asker)
            row = (Button(theirs.say("button_let_in"), f"letin:{plea.number}"), Button(theirs.say("button_keep_out"), f"keepout:{plea.number}"))
            letters.append(Letter(admin, Reply((Block(said),), (row,), language=theirs.language)))
        return Reply(notice=scene.say("asked_in"), letters=tuple(letters), language=scene.language)

    def _decide(self, kind: Literal["allow", "deny"], request: Request) -> Reply:
        """Lets in or shuts out who asked, unless somebody has decided before; the letter says so from now on."""
        scene, who = request.scene, request.visitor.user
        plea = self._people.plea(int(request.rest)) if request.rest.isdecimal() else None
        if plea is None:
            return _notice(scene, "plea_gone")
        act, now = self._people.decide(plea, kind, who, request.at)
        by = scene.say("you") if act.who == who else self._named(act.who, scene)
        said = scene.say(f"plea_{act.kind}", who=by, person=self._named(plea.subject, scene))
        if not now:
            return Reply((Block(scene.say("plea_before", what=said)),), edits=True, language=scene.language)
        letters = (self._welcome(plea.subject),) if kind == "allow" else ()
        return Reply((Block(f"{said}\n{scene.say('undo_hint')}"),), edits=True, letters=letters, language=scene.language)

    def _welcome(self, subject: str) -> Letter:
        """What somebody who asked gets when they are let in."""
        theirs = self._scene_of(subject)
        return Letter(subject, _text(theirs, "let_in_group" if subject.startswith("-") else "let_in"))

    # By number

    def _access(self, kind: Literal["allow", "deny"], request: Request) -> Reply:
        """Lets a person or a group in, or shuts them out, from the next message on."""
        scene, id = request.scene, access.number(request.rest)
        if id is None:
            return _text(scene, "access_who", name=kind)
        now = self._people.access()
        if kind == "deny" and id in self._people.fixed | now.admins:
            return _text(scene, "deny_admin", person=self._named(id, scene), id=id)
        if id in (now.let_in if kind == "allow" else now.shut_out):
            return _text(scene, f"already_{kind}", person=self._named(id, scene))
        self._people.do(kind, id, request.visitor.user, request.at)
        letters = (self._welcome(id),) if kind == "allow" and self._people.asked(id, request.at) else ()
        return _done(scene, "access_allowed" if kind == "allow" else "access_denied", letters, id=self._named(id, scene))

    def _admin(self, request: Request) -> Reply:
        """Makes a person an admin, who is told, and so are the others."""
        scene, id = request.scene, access.number(request.rest)
        if id is None or id.startswith("-"):
            return _text(scene, "how_admin")
        person = self._named(id, scene)
        if id in self._people.access().shut_out:
            return _text(scene, "admin_denied", person=person, id=id)
        if id in self._people.admins():
            return _text(scene, "already_admin", person=person)
        others = self._news("admin_news", id, request.visitor.user)
        self._people.do("admin", id, request.visitor.user, request.at)
        theirs = self._scene_of(id)
        welcome = Letter(id, _text(theirs, "admin_welcome", who=self._named(request.visitor.user, theirs)))
        return _done(scene, "admin_made", (welcome, *others), person=person)

    def _unadmin(self, request: Request) -> Reply:
        """An admin is one no longer; not the last, and not one of the settings."""
        scene, id = request.scene, access.number(request.rest)
        if id is None:
            return _text(scene, "how_unadmin")
        person = self._named(id, scene)
        if id in self._people.fixed:
            return _text(scene, "admin_fixed", person=person)
        if id not in self._people.access().admins:
            return _text(scene, "admin_not", person=person)
        if self._people.do("unadmin", id, request.visitor.user, request.at) is None:
            return _text(scene, "admin_last", person=person)
        return _done(scene, "admin_unmade", self._news("unadmin_news", id, request.visitor.user), person=person)

    def _news(self, key: str, id: str, who: str) -> tuple[Letter, ...]:
        """What the other admins hear when there is an admin more or less."""
        letters = []
        for admin in sorted(self._people.admins() - {id, who}):
            theirs = self._scene_of(admin)
            letters.append(Letter(admin, _text(theirs, key, who=self._named(who, theirs), person=self._named(id, theirs))))
        return tuple(letters)

    # Who is who

    def _who(self, request: Request) -> Reply:
        """Admins, who is let in and who is shut out: names where known, since when and by whom."""
        scene, standing, now = request.scene, self._people.standing(), self._people.access()
        admins = [*sorted(self._people.fixed - now.shut_out), *sorted(now.admins - self._people.fixed - now.shut_out)]
        allowed = [*sorted({*self._settings.allowed} - {"*"} - now.shut_out), *sorted(now.let_in - {*self._settings.allowed})]
        parts = [
            self._section("who_admins", admins, "admin", self._people.fixed, standing, scene),
            self._section("who_allowed", allowed, "access", frozenset(self._settings.allowed), standing, scene),
            self._section("who_denied", sorted(now.shut_out), "access", frozenset(), standing, scene),
        ]
        everyone = [Block(scene.say("who_everyone"), "notice")] if "*" in self._settings.allowed else []
        return Reply((*map(Block, parts), *everyone, Block(scene.say("who_undo"), "notice")), language=scene.language)

    def _section(self, head: str, ids: list[str], matter: str, fixed: frozenset[str], standing: dict[tuple[str, str], Act], scene: Scene) -> str:
        lines = [self._since(id, None if id in fixed else standing.get((matter, id)), scene) for id in ids]
        return "\n".join([scene.say(head, count=len(ids)), *(lines or [scene.say("who_nobody")])])

    def _since(self, id: str, act: Act | None, scene: Scene) -> str:
        person = self._named(id, scene)
        if act is None:
            return scene.say("who_setting", person=person)
        if act.at is None:
            return scene.say("who_early", person=person)
        return scene.say("who_claim" if act.kind == "claim" else "who_act", person=person, date=scene.day(_day(act.at, self._settings.zone)), who=self._named(act.who, scene))

    def _named(self, id: str, scene: Scene) -> str:
        """A person or group as admins read them: the name they chose, marked as such, and the number."""
        if id in ("local", ""):
            return scene.say("person_local" if id else "person_unknown")
        name = self._people.name(id)
        return scene.say("person", name=name, id=id) if name else scene.say("person_unnamed", id=id)

    # Texts

    def about(self, request: Request) -> Reply | None:
        """Sets the lines that `/about` begins with; None where that was not asked for, or not by an admin."""
        if not request.rest or not request.visitor.admin:
            return None
        return self._write("about", request)

    def _contact(self, request: Request) -> Reply:
        scene = request.scene
        if request.rest:
            return self._write("contact", request)
        return _text(scene, "contact", contact=scene.contact) if scene.contact else _text(scene, "contact_none")

    def _write(self, kind: Literal["about", "contact"], request: Request) -> Reply:
        scene, text = request.scene, request.rest
        if len(text) > TEXT_LENGTH:
            return _text(scene, "text_long", length=len(text), limit=TEXT_LENGTH)
        gone = words.means_unknown(text)
        self._people.write(kind, None if gone else text, request.visitor.user, request.at)
        return _done(scene, f"{kind}_gone" if gone else f"{kind}_set", **{kind: text})

    # Taking back

    def undoable(self, now: datetime) -> datetime | None:
        act = self._people.undoable(now)
        return act.at if act else None

    def undo(self, request: Request) -> Reply:
        """Takes back the latest act about people, and says what it was."""
        scene = request.scene
        act = self._people.undo(request.visitor.user, request.at)
        if act is None:
            return _text(scene, "nothing_to_undo")
        what = scene.say(f"act_{act.kind}", person=self._named(act.subject, scene), before=act.before or scene.say("nothing"))
        return _text(scene, "undone", what=what)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()


def _text(scene: Scene, key: str, /, **values: object) -> Reply:
    return Reply((Block(scene.say(key, **values)),), language=scene.language)


def _done(scene: Scene, key: str, letters: tuple[Letter, ...] = (), /, **values: object) -> Reply:
    """What was done, and that it can be taken back."""
    return Reply((Block(f"{scene.say(key, **values)}\n{scene.say('undo_hint')}"),), letters=letters, language=scene.language)


def _notice(scene: Scene, key: str) -> Reply:
    return Reply(notice=scene.say(key), language=scene.language)
