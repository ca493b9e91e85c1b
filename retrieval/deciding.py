"""What an admin decides about articles and words: in force at once, at every reindex to come, and undone for a month.

`Deciding` is the part of `Library` that writes decisions into the ledger and brings what is stored into line with them.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from retrieval import holdings
from retrieval.decisions import EVERYWHERE, SAME, WORDS, Decision, Decisions, Kind, Rules
from retrieval.embedded import EmbeddedEngine
from retrieval.engine import Engine
from retrieval.errors import LibraryOutdated, UsageError
from retrieval.ledger import Ledger
from retrieval.passages import passages_of
from retrieval.records import Article, Passage
from retrieval.store import Store
from retrieval.text import default_cutter, fold, is_word
from retrieval.withholding import length, sentences_with, without_name

SHORTEST_PASSAGE = 4
"""Characters of a passage that is withheld; what is shorter stands in other sentences too."""

AT_ONCE = 200
"""Articles that are looked at together, of all that may hold what is to be withheld."""

LONGEST_WORD = 20
"""Characters of a name or word; what is longer is a sentence."""


class Deciding(ABC):
    """What a library needs of itself to decide, and the acts."""

    store: Store
    engine: Engine
    ledger: Ledger | None
    _beside: Ledger | None

    @abstractmethod
    def article(self, id: str) -> Article:
        """The article as it is stored. Raises WendaError where there is none."""

    @abstractmethod
    def _hand_over(self, added: Iterable[tuple[Article, Sequence[Passage]]], removed: Sequence[str], full: bool) -> None:
        """Have the engine add and remove articles."""

    @abstractmethod
    def _astray(self) -> bool:
        """Whether what is remembered of the corpus may not be what the engine holds."""

    # Words

    @property
    def cuts(self) -> bool:
        """Whether words of one's own can be added: a cluster's articles are cut by the dictionary alone."""
        return isinstance(self.engine, EmbeddedEngine)

    def set_words(self, words: Iterable[str]) -> int:
        """Have exactly these words beside the dictionary's; passages that hold one that is new or gone are cut again.

        How many those were. Raises LibraryBusy beside a reindex.
        """
        if not isinstance(self.engine, EmbeddedEngine):
            raise UsageError("a cluster's articles are cut by the dictionary alone; words of one's own need the embedded engine")
        return self.engine.set_words(words)

    def add_word(self, word: str, who: str = "local", at: datetime | None = None) -> Decision:
        """Have *word* kept whole from now on, in articles and questions.

        Raises UsageError for what is no word, and where it is one already; LibraryBusy beside a reindex.
        """
        if not isinstance(self.engine, EmbeddedEngine):
            raise UsageError("a cluster's articles are cut by the dictionary alone; words of one's own need the embedded engine")
        if fold(word := _word(word)) in map(fold, self.rules().words):
            raise UsageError(f"{word}: is a word already")
        return self._decide_on_words("word", word, who, at)

    def add_wording(self, words: Sequence[str], who: str = "local", at: datetime | None = None) -> Decision:
        """Have a question with one of *words* find the others, too. Raises as `add_word`."""
        group = tuple({fold(word): word for word in map(_word, words)}.values())
        if len(group) < 2:
            raise UsageError("at least two words are needed that mean the same")
        if {*map(fold, group)} in [{*map(fold, known)} for known in self.rules().wordings]:
            raise UsageError(f"{SAME.join(group)}: known already")
        return self._decide_on_words("wording", SAME.join(group), who, at)

    def drop_word(self, value: str, who: str = "local", at: datetime | None = None) -> Decision:
        """Have a word that was added, or a group of them written with `=`, or the groups with it, no longer. Raises UsageError where there is none."""
        rules, wanted = self.rules(), {fold(word.strip()) for word in value.split(SAME)}
        known = [word for word in rules.words if {fold(word)} == wanted] or [SAME.join(group) for group in rules.wordings if wanted <= {*map(fold, group)}]
        if len(known) != 1:
            raise UsageError(f"{value}: {'in several groups; write the whole group' if known else 'no such word was added'}")
        return self._decide_on_words("unword", known[0], who, at)

    def _decide_on_words(self, kind: Kind, value: str, who: str, at: datetime | None) -> Decision:
        decision = Decision(at=at or datetime.now(UTC), who=who, kind=kind, article="", title=None, value=value, content_hash="", original={})
        with self.store.writing():
            self._use_words(Rules([*self._decisions().all()[::-1], decision]))
            return self._kept(decision)

    def _use_words(self, rules: Rules) -> None:
        """Cut by the words in force; those that mean the same are kept whole where the dictionary does not know them."""
        grouped = [word for group in rules.wordings for word in group if len(word) > 1 and not default_cutter().knows(fold(word))]
        if isinstance(self.engine, EmbeddedEngine):
            self.engine.set_words([*rules.words, *grouped])
        self.store.set_state("wordings", json.dumps(rules.wordings, ensure_ascii=False))

    @contextmanager
    def _obeyed(self) -> Iterator[Rules]:
        """The rules, for a reindex; the words among them are in force from here on."""
        rules = self.rules()
        if (self.store.state("own words") or Rules().gist()) != rules.gist():
            self._use_words(rules)
        yield rules

    # Decisions

    def rules(self) -> Rules:
        """What admins decided about articles and is in force; also in a library that was opened without its ledger."""
        return self._decisions().rules() if self.ledger or self._beside or self._ledger_path.exists() else Rules()

    def correct(self, id: str, field: Literal["title", "outlet", "published"], value: str | None, who: str = "local", at: datetime | None = None) -> Decision:
        """Have the article's title, outlet or date be *value* (None: unknown) from now on, also when its file is read again.

        A date is ISO, as precise as it is known. Raises UsageError for a date that does not exist or is to come, and
        for an unknown article; LibraryBusy beside a reindex.
        """
        at = at or datetime.now(UTC)
        value = (value or "").strip() or None
        if field == "published" and value is not None and not _is_date(value, at.date() + timedelta(days=1)):
            raise UsageError(f"{value}: a date is YYYY-MM-DD, YYYY-MM or YYYY, exists, and is not to come")
        return self._decide(id, field, value, who, at)

    def annotate(self, id: str, note: str | None, who: str = "local", at: datetime | None = None) -> Decision:
        """Have *note* stand under every citation of the article from now on; None takes it away. Raises as `correct`."""
        return self._decide(id, "note", (note or "").strip() or None, who, at or datetime.now(UTC))

    def withdraw(self, id: str, reason: str, who: str = "local", at: datetime | None = None) -> Decision:
        """Take the article and its reprints out, from this moment and at every reindex to come; files stay where they are.

        Raises UsageError for an unknown article, LibraryBusy beside a reindex.
        """
        from retrieval.reprints import signature

        with self.store.writing():
            article = self._decidable(id)
            ids = [id, *self.reprints_of(article)]
            taken = tuple(holdings.taken(self.store, ids))
            decision = Decision(
                at=at or datetime.now(UTC), who=who, kind="withdrawn", article=id, title=article.title, value=reason.strip(),
                content_hash=article.content_hash, original={}, signature=signature(article.body).hex(), taken=taken,
            )  # fmt: skip
            holdings.withdraw(self.store, taken, decision.value or "")
            self._hand_over((), ids, False)
            return self._kept(decision)

    def withhold(self, words: str, id: str | None = None, who: str = "local", at: datetime | None = None) -> Decision:
        """Never show *words* again: a passage of the article with the *id*, or else a name, and with it every sentence that holds it.

        A long passage is withheld from every article that has it. Raises UsageError where no article holds the words, and for
        what is too short to be meant; LibraryBusy beside a reindex.
        """
        at = at or datetime.now(UTC)
        with self.store.writing():
            article = self._decidable(id) if id else None
            words = words.strip() if article else _word(words)
            if length(words) < SHORTEST_PASSAGE and article:
                raise UsageError(f"{words}: too short to be withheld from one article alone")
            decision = Decision(
                at=at, who=who, kind="withheld", article=id or EVERYWHERE, title=article.title if article else None, value=words,
                content_hash=article.content_hash if article else "", original={},
            )  # fmt: skip
            changed = list(self._changed_by(decision))
            if not changed or article and article.id not in [each.id for each in changed]:
                raise UsageError(f"{words}: not in {'that article' if id else 'any article'}")
            ids = [each.id for each in changed]
            decision = replace(decision, taken=tuple(holdings.taken(self.store, ids)))
            self._hand_over([(each, passages_of(each)) for each in changed], ids, False)
            return self._kept(decision)

    def holding(self, name: str) -> list[tuple[str, int]]:
        """The ids of the articles that withholding *name* would change, each with how many of its sentences."""
        return [(each.id, len(sentences_with(each.body, name))) for each in self._holding(name) if each != without_name(each, name, "")]

    def _changed_by(self, decision: Decision) -> Iterator[Article]:
        """The stored articles from which *decision* withholds something, without it."""
        others = self._holding(decision.value or "") if decision.everywhere else ()
        own = [self.article(decision.article)] if decision.article else []
        for article in (*own, *(other for other in others if other.id != decision.article)):
            if (shown := decision.on(article)) != article:
                yield shown

    def _holding(self, words: str) -> Iterator[Article]:
        """The stored articles that may hold *words*."""
        ids = self.engine.holding(words) if isinstance(self.engine, EmbeddedEngine) else [origin.id for origin in holdings.origins(self.store)]
        for first in range(0, len(ids), AT_ONCE):
            yield from self.engine.articles(ids[first : first + AT_ONCE]).values()

    def undoable(self, at: datetime | None = None) -> Decision | None:
        """What `undo` would take back now, or None."""
        return self._decisions().undoable(at or datetime.now(UTC))

    def undo(self, who: str = "local", at: datetime | None = None) -> Decision:
        """Take back the latest decision in force that is not older than 30 days; what it was.

        Articles that a withdrawal took come back as their files hold them now; what cannot be read waits for the next
        reindex. Raises UsageError where there is nothing to undo, LibraryBusy beside a reindex.
        """
        at = at or datetime.now(UTC)
        with self.store.writing():
            decision = self._decisions().undoable(at)
            if decision is None:
                raise UsageError("there is no decision of the last 30 days to undo")
            rules = Rules(each for each in self._decisions().all()[::-1] if each.number != decision.number)
            if decision.kind in WORDS:
                self._use_words(rules)
            again = self._as_without(decision, rules)
            if again:
                self._hand_over([(article, passages_of(article)) for article in again], [article.id for article in again], False)
            self._heard(rules)
            self._decisions().undo(decision, who, at)
        return decision

    def _decide(self, id: str, kind: Kind, value: str | None, who: str, at: datetime) -> Decision:
        with self.store.writing():
            article = self._decidable(id)
            fields = ("note",) if kind == "note" else (kind, f"{kind}_origin")
            standing = [each for each in self.rules().corrections.get(id, ()) if each.kind == kind]
            original = standing[0].original if standing else {name: getattr(article, name) for name in fields}
            decision = Decision(
                at=at, who=who, kind=kind, article=id, title=article.title, value=value, content_hash=article.content_hash, original=original
            )
            changed = decision.on(article)
            self._hand_over([(changed, passages_of(changed))], [id], False)
            return self._kept(decision)

    def _kept(self, decision: Decision) -> Decision:
        """Within the library's transaction: noted in the ledger first, so that what is in force is never forgotten."""
        kept = self._decisions().keep(decision)
        self._heard(self.rules())
        return kept

    def _decidable(self, id: str) -> Article:
        if self._astray():
            raise LibraryOutdated("another machine has indexed since; run `wenda reindex` here first")
        return self.article(id)

    def _as_without(self, decision: Decision, rules: Rules) -> list[Article]:
        """The articles that are others when *decision* is undone, as *rules*, all but it, make them."""
        match decision.kind:
            case "withdrawn":
                return self._brought_back(decision, rules)
            case "withheld":
                return self._shown_again(decision, rules)
            case "word" | "wording" | "unword":
                return []
        return self._reverted(decision, rules)

    def _shown_again(self, decision: Decision, rules: Rules) -> list[Article]:
        from retrieval import pages

        held = {row.id for row in holdings.taken(self.store, [each.id for each in decision.taken])}
        read = holdings.reread(self.store, [each for each in decision.taken if each.id in held], pages.read, pages.read_line)
        return [rules.applied(article, line) for article, line in read]

    def _reverted(self, decision: Decision, rules: Rules) -> list[Article]:
        """The article as its file holds it and as the other decisions make it; as it was read before *decision* where the file is another by now."""
        from retrieval import pages

        article = self.engine.articles([decision.article]).get(decision.article)
        if article is None:
            return []
        taken = holdings.taken(self.store, [article.id])
        if read := holdings.reread(self.store, taken, pages.read, pages.read_line):
            return [rules.applied(again, line) for again, line in read]
        (line,) = [each.line for each in taken] or [0]
        return [rules.applied(replace(article, **decision.original), line)]

    def _brought_back(self, decision: Decision, rules: Rules) -> list[Article]:
        from retrieval import pages

        found: list[Article] = []
        held = self.engine.articles([each.id for each in decision.taken])
        for each in decision.taken:
            article = None if each.id in held else holdings.restore(self.store, each, pages.read, pages.read_line)
            if article is None:
                continue
            if again := rules.withdrawal(article, each.line):
                holdings.withdraw(self.store, [each], again.value or "")
            else:
                found.append(rules.applied(article, each.line))
        holdings.read_withdrawn_again(self.store)
        return found

    def reprints_of(self, article: Article) -> list[str]:
        """The ids of other articles that print nearly the same text as *article*, which need not be in the library."""
        from retrieval.reprints import signature

        return [id for id in self.engine.printing(signature(article.body)) if id != article.id]

    def _decisions(self) -> Decisions:
        if self.ledger:
            return Decisions(self.ledger)
        if self._beside is None:
            self._beside = Ledger.open(self._ledger_path)
        return Decisions(self._beside)

    @property
    def _ledger_path(self) -> Path:
        return Path(f"{self.store.path}.ledger")

    def _heard(self, rules: Rules) -> None:
        self.store.set_state("decisions", json.dumps(rules.marks()))
        self.store.set_state("own words", rules.gist())

    def _unheard(self, rules: Rules) -> set[str]:
        """The ids of articles on which other decisions are in force than when the library was written last."""
        told, marks = json.loads(str(self.store.state("decisions") or "{}")), rules.marks()
        return {id for id in marks.keys() | told.keys() if marks.get(id) != told.get(id)}


def _word(written: str) -> str:
    """A word as an admin wrote it. Raises UsageError for one that cannot be one."""
    word = written.strip()
    if not 2 <= len(word) <= LONGEST_WORD or not is_word(word) or SAME in word or "\n" in word:
        raise UsageError(f"{word or written}: a word has 2 to {LONGEST_WORD} characters, letters among them")
    return word


def _is_date(value: str, latest: date) -> bool:
    """Whether *value* is a day, month or year that exists and does not begin after *latest*."""
    if not re.fullmatch(r"\d{4}(?:-\d\d){0,2}", value, re.ASCII):
        return False
    try:
        return date.fromisoformat(f"{value}-01-01"[:10] if len(value) < 10 else value) <= latest
    except ValueError:
        return False
