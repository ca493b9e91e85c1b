"""A question, hits and their articles in, every window with its features out; each feature is computed over all windows at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval import evidence
from retrieval.evidence import SHAPED
from retrieval.lexicon import Lexicon
from retrieval.questions import Question, standing
from retrieval.records import Article, Hit, Span
from retrieval.text import Cutter, bigrams, fold
from retrieval.windows import Sentence, Window, gather, whole, windows
from retrieval.wording import FUNCTION_WORDS

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_LEANS = re.compile(r"^[“\"「]?(?:他|她|它|其|该|此|这|那|同时|此外|另外|为此|因此|对此|并|而|也|还|但|不过|随后|之后|据了解|目前|如今)")
_ITEMS = re.compile(r"、|;|[一二三四五六]是|“[^”]{1,20}”(?=[“、,是])")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

NEAR = 3
"""Sentences on each side that count as near."""
REACH = 20
"""Characters between an answering span and the question's words beyond which they have nothing to do with each other."""
ALIKE = 0.5
"""Cosine from which two words count as alike; at the value itself they count for nothing, at 1 for .8 of the word."""
OPENING = 120
"""Characters at the beginning of a body that say what an article is about, as its title does."""
LONGEST_RUN = 12

FEATURES = (
    "exact", "soft", "bigrams", "rarest", "previous", "next", "near", "title", "opening", "heading_above", "article", "names_near", "names_absent",
    "evidence", "measured", "evidence_close", "lacking", "unmeasured", "passage_score", "passage_top", "length", "sentences", "breaks",
    "year", "other_year", "year_absent", "published_year", "quoted", "leans", "asks", "run", "lead", "density", "exact_count", "missing_rare", "digit", "first_hit",
    "heading", "items", "last_unit", "full", "squared", "focus", "focus_near",
    "local", "attribute", "frame", "letters", "open_length", "how_evidence", "tight",
    "amount_evidence", "when_evidence", "where_evidence", "who_evidence", "named_evidence", "why_evidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidates:
    """`features` has one row a window and one column a name in FEATURES; `coverage` one row a window and one column a
    unit of the question: 1 where the unit stands in the window, less where something like it does."""

    sentences: Sequence[Sentence]
    windows: Sequence[Window]
    features: Floats
    coverage: Floats
    around: Floats
    """As `coverage`, with the neighbouring sentences, the heading above and the title of the article."""
    known: Floats
    """As `coverage`, with all of the article."""


def _words(cutter: Cutter, texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The content words of each folded text, each once; all texts are cut in one go, since a call costs more than a sentence."""
    ends = np.cumsum([len(text) + 1 for text in texts]).tolist()
    result: list[dict[str, None]] = [{} for _ in texts]
    at, n = 0, 0
    for word in cutter.cut("\n".join(texts)):
        while at >= ends[n]:
            n += 1
        if word not in FUNCTION_WORDS and word[0].isalnum():
            result[n][word] = None
        at += len(word)
    return [tuple(words) for words in result]


def likeness(question: Question, texts: Sequence[tuple[str, ...]], lexicon: Lexicon) -> Floats:
    """How like the nearest word of each text is to each unit of the question (0 to .8): by use, or by shared characters."""
    result = np.zeros((len(texts), len(question.units)))
    vocabulary = list(dict.fromkeys(word for words in texts for word in words))
    if not vocabulary or not question.units:
        return result
    rows = {word: n for n, word in enumerate(vocabulary)}
    alike = (lexicon.vectors(vocabulary) @ lexicon.vectors([u.text for u in question.units]).T).astype(np.float64)
    alike = np.where(alike > ALIKE, (alike - ALIKE) / (1 - ALIKE) * 0.8, 0.0)
    holding: dict[str, list[int]] = {}
    wanted = {letter for unit in question.units for letter in unit.text}
    for word, row in rows.items():
        for letter in wanted.intersection(word):
            holding.setdefault(letter, []).append(row)
    for column, unit in enumerate(question.units):
        letters = set(unit.text)
        if len(letters) < 2:
            continue
        shared: dict[int, int] = {}
        for letter in letters:
            for row in holding.get(letter, ()):
                shared[row] = shared.get(row, 0) + 1
        for row, number in shared.items():
            alike[row, column] = max(alike[row, column], 0.7 * number / max(len(letters), len(vocabulary[row])))
    sizes = np.array([len(words) for words in texts])
    flat = np.array([rows[word] for words in texts for word in words], dtype=np.int64)
    filled = np.flatnonzero(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]]).astype(np.int64)
    result[filled] = np.maximum.reduceat(alike[flat], starts, axis=0)
    return result


def _close(span: Span, marks: Sequence[Span]) -> float:
    """How close a span is to the nearest of *marks*: 1 beside it, 0 REACH characters away or more."""
    gap = min((max(m[0] - span[1], span[0] - m[1], 0) for m in marks), default=REACH)
    return max(0.0, 1 - gap / REACH)


def _occurrences(folded: str, word: str) -> list[Span]:
    found, at = [], folded.find(word)
    while at >= 0:
        found.append((at, at + len(word)))
        at = folded.find(word, at + 1)
    return found


def _answering(question: Question, folded: str) -> tuple[float, float, float]:
    """Whether a sentence holds a span of the asked kind, one in the asked measure, and how close it is to the question's words."""
    if question.kind in ("why", "how"):
        spans, fitting = evidence.spans(folded, question.kind), False
    elif question.kind in SHAPED:
        spans, fitting = evidence.answering(question, folded)
    else:
        return 0.0, 0.0, 0.0
    if not spans:
        return 0.0, 0.0, 0.0
    marks = [span for unit in question.units for word in (unit.text, *unit.parts) for span in _occurrences(folded, word)]
    close = max(_close(span, marks) for span in spans)
    if question.kind == "amount" and question.measures and not fitting:
        return 1.0, 0.0, 0.0
    return 1.0, float(fitting), close


def _longest_run(question: Question, folded: str) -> float:
    """The longest run of the question's characters from the start of a unit that stands in *folded*, as a share of LONGEST_RUN."""
    best = 0
    asked = question.folded
    for unit in question.units:
        length = best + 1
        while unit.start + length <= len(asked) and asked[unit.start : unit.start + length] in folded:
            best, length = length, length + 1
    return min(best, LONGEST_RUN) / LONGEST_RUN


def _frame(question: Question, folded: str) -> float:
    """How much of what stands right before and after the words that ask stands in *folded*, in order: 以…为食 of 以什么为食."""
    start, end = question.asked
    if end <= start:
        return 0.0
    left, right = question.folded[max(0, start - FRAME) : start], _BREAK.split(question.folded[end : end + FRAME])[0]
    best = 0
    for m in range(len(right), MIN_FRAME - 1, -1):
        at = folded.rfind(right[:m])
        for n in range(len(left), 0, -1):
            if at > 0 and n + m > best and 0 < at - (folded.rfind(left[len(left) - n :], max(0, at - FRAMED), at) + n) <= FRAMED:
                best = n + m
                break
    return best / FRAME


FRAME, MIN_FRAME = 4, 2
"""Characters on each side of the words that ask that may frame the answer, and how many after them must."""
FRAMED = 40
"""Characters that an answer may hold within its frame."""
_BREAK = re.compile(r"[?,。!]|呢|吗")


def _over(spans: Sequence[Window], first: Rows, sizes: Rows) -> Callable[[Floats], Floats]:
    """A function that takes one row a sentence to the largest of them in each window, column by column."""
    longest = int(sizes.max())
    chosen = [np.flatnonzero(sizes == k + 1) for k in range(longest)]

    def over(values: Floats) -> Floats:
        result = np.empty((len(spans), *values.shape[1:]))
        level = values
        for k in range(longest):
            if k:
                level = np.maximum(level[:-1], values[k:])
            result[chosen[k]] = level[first[chosen[k]]]
        return result

    return over


def candidates(question: Question, hits: Sequence[Hit], articles: Mapping[str, Article], cutter: Cutter, lexicon: Lexicon) -> Candidates:
    """All windows over the hits' sentences with their features, in the order of FEATURES."""
    found = gather(hits, articles)
    lists = question.plural or question.kind == "list"
    spans = windows(found, lists)
    units, count, width = question.units, len(found), len(question.units)
    if not spans or not width:
        return Candidates(found, [], np.zeros((0, len(FEATURES))), *[np.zeros((0, width))] * 3)
    first = np.array([w.first for w in spans])
    last = np.array([w.last for w in spans])
    over = _over(spans, first, last - first + 1)
    texts = [s.part.folded for s in found]
    ids = list(dict.fromkeys(s.article_id for s in found))
    numbers = {id: n for n, id in enumerate(ids)}
    owner = np.array([numbers[s.article_id] for s in found])
    article = owner[first]

    weight = np.array([u.weight for u in units])
    total = max(1e-9, float(weight.sum()))
    names = np.array([u.name for u in units], dtype=bool)
    def holds(some: Sequence[str]) -> Floats:
        return np.array(standing(units, some), dtype=np.float64).reshape(len(some), width)

    def share(values: Floats) -> Floats:
        result: Floats = values @ weight / total
        return result

    # What of the question stands where: in each sentence, its neighbours, its heading, its article's title and body.
    exact = holds(texts)
    soft = np.maximum(exact, likeness(question, _words(cutter, texts), lexicon))
    content = {i for u in units for i in range(u.start, u.end)}
    pairs = list(dict.fromkeys(question.folded[i:j] for i, j in bigrams(question.folded) if i in content and i + 1 in content))
    paired = np.array([[pair in text for pair in pairs] for text in texts], dtype=np.float64).reshape(count, len(pairs))
    in_title = holds([fold(articles[id].title or "") for id in ids])
    in_article = np.maximum(in_title, holds([whole(articles[id].content_hash, articles[id].body) for id in ids]))
    in_opening = np.maximum(in_title, holds([whole(articles[id].content_hash, articles[id].body)[:OPENING] for id in ids]))
    above = dict.fromkeys(s.part.above for s in found)
    headed = holds(list(above))
    in_heading = {text: headed[n] for n, text in enumerate(above)}
    near = exact.copy()
    for shift in range(1, NEAR + 1):
        same = (owner[shift:] == owner[:-shift])[:, None]
        near[shift:] = np.maximum(near[shift:], exact[:-shift] * same)
        near[:-shift] = np.maximum(near[:-shift], exact[shift:] * same)

    headings = np.array([in_heading[s.part.above] for s in found])[first]
    covered, softly, around = over(exact), over(soft), over(near)
    rest = 1 - covered
    edge = np.zeros((1, width))
    before = np.vstack([edge, exact])[first] * np.concatenate([[False], owner[1:] == owner[:-1]])[first][:, None]
    after = np.vstack([exact, edge])[last + 1] * np.concatenate([owner[1:] == owner[:-1], [False]])[last][:, None]
    known = np.maximum(softly, in_article[article])

    spread = np.array([exact[owner == n].mean(axis=0) for n in range(len(ids))])
    rarity = weight * (1 - spread[article])
    rare = np.maximum(1e-9, rarity.sum(axis=1))
    asked_for = np.where(names, 0.0, weight)
    letters = {c for n, c in enumerate(question.folded) if c.isalnum() and not question.asked[0] <= n < question.asked[1]}
    lettered = np.array([[c in text for c in letters] for text in texts], dtype=np.float64).reshape(count, len(letters))

    # What of an answer stands in each sentence.
    relevant = soft.max(axis=1) + np.concatenate([soft.max(axis=1)[1:], [0]]) + np.concatenate([[0], soft.max(axis=1)[:-1]]) > 0
    answering = np.array([_answering(question, text) if some else (0.0, 0.0, 0.0) for text, some in zip(texts, relevant, strict=True)])
    mine = set(question.years)
    published_year = np.array([(articles[id].published or "")[:4] in mine for id in ids], dtype=np.float64)
    year_absent = np.array([bool(mine) and not any(y in whole(articles[id].content_hash, articles[id].body) for y in mine) for id in ids]) * (1 - published_year)
    focus = np.array([u.focus for u in units], dtype=bool)
    years = [set(_YEAR.findall(text)) if mine else mine for text in texts]
    per_sentence = over(
        np.array(
            [
                *answering.T,
                [bool(_DIGIT.search(text)) for text in texts],
                [bool(some & mine) for some in years],
                [bool(some - mine) for some in years],
                [any(q in text for q in question.quoted) for text in texts],
                [_longest_run(question, text) if exact[n].any() else 0.0 for n, text in enumerate(texts)],
                [s.score for s in found],
                [_frame(question, text) for text in texts],
            ],
            dtype=np.float64,
        ).T
    )
    has, fitting, close, digit, year, other_year, quoted, run, score, frame = per_sentence.T
    top = max(1e-9, max(h.score for h in hits))
    lengths = np.array([w.end - w.start for w in spans], dtype=np.float64)
    items = np.concatenate([[0], np.cumsum([len(_ITEMS.findall(text)) for text in texts])])
    breaks = np.cumsum([s.part.breaks for s in found])
    heading = np.array([s.part.heading for s in found])
    shaped = question.kind in SHAPED
    exactly = share(covered)
    columns: dict[str, Floats | npt.NDArray[np.bool_]] = {
        "exact": exactly,
        "soft": share(softly - covered),
        "bigrams": over(paired).mean(axis=1) if pairs else np.zeros(len(spans)),
        "rarest": covered[:, weight == weight.max()].max(axis=1),
        "previous": share(before * rest),
        "next": share(after * rest),
        "near": share(around * rest),
        "title": share(in_title[article] * rest),
        "opening": share(in_opening[article] * rest),
        "heading_above": share(headings * rest),
        "article": share(in_article[article] * rest),
        "names_near": np.maximum(around, in_title[article])[:, names] @ weight[names] / total,
        "names_absent": (1 - in_article[article])[:, names] @ weight[names] / total,
        "evidence": has * shaped,
        "measured": fitting,
        "evidence_close": close,
        "lacking": (1 - has) * shaped,
        "unmeasured": (1 - fitting) * (bool(question.measures) or question.kind in ("who", "where")),
        "passage_score": score / top,
        "passage_top": score >= top - 1e-9,
        "length": np.log(lengths / 60),
        "sentences": (last - first).astype(np.float64),
        "breaks": (breaks[last] - breaks[first]).astype(np.float64),
        "year": year,
        "other_year": other_year * (1 - year),
        "year_absent": year_absent[article],
        "published_year": published_year[article] * (1 - year),
        "quoted": quoted,
        "leans": np.array([bool(_LEANS.match(text)) for text in texts])[first],
        "asks": np.array([text.rstrip("”\"』」").endswith(("?", "吗")) for text in texts])[first],
        "run": run,
        "lead": np.array([s.number == 0 for s in found])[first],
        "density": exactly * total / np.maximum(20, lengths),
        "exact_count": covered.mean(axis=1),
        "missing_rare": share(1 - known),
        "digit": digit,
        "first_hit": article == numbers[hits[0].article_id],
        "heading": heading[first],
        "items": np.minimum(6, items[last + 1] - items[first]) / 6 * lists,
        "last_unit": covered[:, -1],
        "full": share(softly) > 0.95,
        "focus": softly[:, focus].mean(axis=1) if focus.any() else np.zeros(len(spans)),
        "focus_near": np.maximum(softly, around)[:, focus].mean(axis=1) if focus.any() else np.zeros(len(spans)),
        "squared": share(softly) ** 2,
        "local": (softly * rarity).sum(axis=1) / rare,
        "attribute": softly @ asked_for / max(1e-9, float(asked_for.sum())),
        "frame": frame,
        "letters": over(lettered).mean(axis=1) if letters else np.zeros(len(spans)),
        "open_length": np.log(lengths / 60) * (question.kind not in SHAPED),
        "tight": exactly * exactly * total / np.maximum(20, lengths),
        **{f"{kind}_evidence": close * (question.kind == kind) for kind in (*SHAPED, "why", "how")},
    }
    context = np.maximum.reduce([softly, around, in_opening[article], headings])
    return Candidates(found, spans, np.column_stack([columns[name] for name in FEATURES]).astype(np.float64), softly, context, known)
