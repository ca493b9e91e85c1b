"""Hits and a question in, sentence windows with their features out: what an excerpt could be, before one is chosen.

    sentence   one sentence of an article that was hit, or stands beside one that was
    window     one to four neighbouring sentences, at most LIMIT characters unless a single sentence is longer
    feature    one number a window, each computed over all windows at once
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from retrieval import evidence
from retrieval.lexicon import Lexicon
from retrieval.passages import sentences
from retrieval.questions import Question, variants
from retrieval.records import Article, Hit, Span
from retrieval.text import Cutter, bigrams, fold
from retrieval.wording import FUNCTION_WORDS

Floats = npt.NDArray[np.float64]

LIMIT = 160
"""Characters an excerpt may hold: what fits a phone's screen without scrolling."""
LIST_LIMIT = 240
"""Characters an excerpt may hold where a list is asked for, which is kept whole."""
LONGEST = 4
"""Sentences a window may hold."""

_LEANS = re.compile(r"^[“\"「]?(?:他|她|它|其|该|此|这|那|同时|此外|另外|为此|因此|对此|并|而|也|还|但|不过|随后|之后|据了解|目前|如今)")
_ITEMS = re.compile(r"、|;|[一二三四五六]是|“[^”]{1,20}”(?=[“、,是])")
_DIGIT = re.compile(r"\d")

KINDS = ("amount", "when", "where", "who", "why", "how", "what", "list")

FEATURES = (
    "exact", "soft", "bigrams", "rarest", "previous", "next", "near", "title", "heading_above", "article", "names_near", "names_absent",
    "evidence", "measured", "evidence_close", "lacking", "unmeasured", "passage_score", "passage_top", "length", "sentences", "breaks",
    "year", "other_year", "quoted", "leans", "asks", "run", "lead", "density", "exact_count", "missing_rare", "digit", "first_hit",
    "heading", "items", "last_unit", "full",
    *(f"{kind}_evidence" for kind in KINDS[:5]),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    article_id: str
    number: int
    start: int
    end: int
    folded: str
    score: float
    heading: bool = False
    above: str = ""
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences first..last (rows of Candidates.sentences), and the span they cover in the article's body."""

    article_id: str
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidates:
    sentences: tuple[Sentence, ...]
    windows: tuple[Window, ...]
    features: Floats
    coverage: Floats
    """One row a window, one column a unit of the question: 1 where the unit stands in the window, less where it is only alike."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence of a body: its span without the white space after it, folded, and where it stands among paragraphs."""

    start: int
    end: int
    folded: str
    heading: bool
    above: str
    breaks: bool


@lru_cache(maxsize=2048)
def _parts(content_hash: str, body: str) -> tuple[_Part, ...]:
    folded = fold(body)
    parts: list[_Part] = []
    above = ""
    for start, end in sentences(body):
        text = body[start:end]
        first = start + len(text) - len(text.lstrip())
        last = start + len(text.rstrip())
        alone = (first == 0 or "\n" in body[max(0, first - 2) : first]) and (last == len(body) or body[last : last + 1] == "\n")
        heading = alone and last - first <= 30 and not re.search(r"[。!?;！？；…，”」』]$", text.rstrip())
        parts.append(_Part(first, last, folded[first:last], heading, "" if heading else above, "\n" in body[parts[-1].end : first] if parts else False))
        if heading:
            above = folded[first:last]
    return tuple(parts)


@lru_cache(maxsize=20_000)
def _cut(cutter: Cutter, folded: str) -> tuple[str, ...]:
    return tuple(w for w, _, _ in cutter.words(folded))


def gather(hits: Sequence[Hit], articles: Mapping[str, Article]) -> list[Sentence]:
    """The sentences of the hit passages and one on each side, by article (best hit first), in order."""
    wanted: dict[str, dict[int, float]] = {}
    for hit in hits:
        article = articles[hit.article_id]
        scores = wanted.setdefault(hit.article_id, {})
        parts = _parts(article.content_hash, article.body)
        inside = [n for n, part in enumerate(parts) if part.start < hit.end and part.end > hit.start]
        for n in inside:
            scores[n] = max(scores.get(n, 0.0), hit.score)
        for n in ([inside[0] - 1, inside[-1] + 1] if inside else []):
            if 0 <= n < len(parts):
                scores.setdefault(n, 0.0)
    found = []
    for article_id, scores in wanted.items():
        parts = _parts(articles[article_id].content_hash, articles[article_id].body)
        for n in sorted(scores):
            part = parts[n]
            found.append(Sentence(article_id, n, part.start, part.end, part.folded, scores[n], part.heading, part.above, part.breaks))
    return found


def _windows(found: Sequence[Sentence], limit: int) -> list[Window]:
    windows = []
    for first, begin in enumerate(found):
        for last in range(first, min(first + LONGEST + (limit > LIMIT) * 4, len(found))):
            end = found[last]
            if end.article_id != begin.article_id or end.number - begin.number != last - first:
                break
            if last > first and (end.end - begin.start > limit or begin.heading or end.heading):
                break
            windows.append(Window(begin.article_id, first, last, begin.start, end.end))
    return windows


def _alike(question: Question, texts: Sequence[tuple[str, ...]], lexicon: Lexicon) -> Floats:
    """How alike the nearest word of each sentence is to each unit (0 to 1): cosine of their vectors, or shared characters."""
    vocabulary = list(dict.fromkeys(word for words in texts for word in words if word not in FUNCTION_WORDS))
    result = np.zeros((len(texts), len(question.units)))
    if not vocabulary or not question.units:
        return result
    rows = {word: n for n, word in enumerate(vocabulary)}
    likeness = np.maximum(0.0, lexicon.vectors(vocabulary) @ lexicon.vectors([u.text for u in question.units]).T)
    likeness = np.where(likeness > 0.5, (likeness - 0.5) * 2 * 0.8, 0.0)
    holding: dict[str, list[int]] = {}
    for word, row in rows.items():
        for letter in set(word):
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
            likeness[row, column] = max(likeness[row, column], 0.7 * number / max(len(letters), len(vocabulary[row])))
    for n, words in enumerate(texts):
        inside = [rows[w] for w in words if w in rows]
        if inside:
            result[n] = likeness[inside].max(axis=0)
    return result


def _close(span: Span, marks: Sequence[Span]) -> float:
    """How close a span is to the nearest of *marks*: 1 beside it, 0 twenty characters away or more."""
    gap = min((max(m[0] - span[1], span[0] - m[1], 0) for m in marks), default=20)
    return max(0.0, 1 - gap / 20)


def candidates(
    question: Question, hits: Sequence[Hit], articles: Mapping[str, Article], cutter: Cutter, lexicon: Lexicon
) -> Candidates:
    """All windows over the hits' sentences with their features, in the order of FEATURES."""
    found = gather(hits, articles)
    windows = _windows(found, LIST_LIMIT if question.plural or question.kind == "list" else LIMIT)
    units = question.units
    count, width = len(found), len(units)
    if not windows:
        return Candidates(tuple(found), (), np.zeros((0, len(FEATURES))), np.zeros((0, width)))

    weight = np.array([u.weight for u in units]) if units else np.zeros(0)
    total = max(1e-9, weight.sum())
    names = np.array([u.name for u in units], dtype=bool) if units else np.zeros(0, dtype=bool)
    forms = [(u.text, *variants(u.text)) for u in units]
    exact = np.array([[any(f in s.folded for f in form) for form in forms] for s in found], dtype=float).reshape(count, width)
    soft = np.maximum(exact, _alike(question, [_cut(cutter, s.folded) for s in found], lexicon))

    content = {i for u in units for i in range(u.start, u.end)}
    pairs = list(dict.fromkeys(question.folded[i:j] for i, j in bigrams(question.folded) if i in content and i + 1 in content))
    paired = np.array([[p in s.folded for p in pairs] for s in found], dtype=float).reshape(count, len(pairs))

    ids = list(dict.fromkeys(s.article_id for s in found))
    of_article = np.array([ids.index(s.article_id) for s in found])
    titles = [fold(articles[i].title or "") for i in ids]
    bodies = [fold(articles[i].body) for i in ids]
    in_title = np.array([[any(f in t for f in form) for form in forms] for t in titles], dtype=float).reshape(len(ids), width)
    in_article = np.array([[any(f in b for f in form) for form in forms] for b in bodies], dtype=float).reshape(len(ids), width)
    in_article = np.maximum(in_article, in_title)

    answering, measured, closeness, digits, years, others = (np.zeros(count) for _ in range(6))
    for n, sentence in enumerate(found):
        marks = [m.span() for u in units for m in re.finditer(re.escape(u.text), sentence.folded)]
        for span in evidence.spans(sentence.folded, question.kind):
            text = sentence.folded[span[0] : span[1]]
            if text in question.folded:
                continue
            answering[n] = 1.0
            near = _close(span, marks)
            if question.kind == "amount" and question.measures:
                if evidence.fits(text, sentence.folded[span[1] :], question.measures):
                    measured[n] = 1.0
                    closeness[n] = max(closeness[n], near)
            else:
                closeness[n] = max(closeness[n], near)
        digits[n] = bool(_DIGIT.search(sentence.folded))
        if question.years:
            years[n] = any(y in sentence.folded for y in question.years)
            others[n] = bool(set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", sentence.folded)) - set(question.years))

    first = np.array([w.first for w in windows])
    last = np.array([w.last for w in windows])
    article = of_article[first]
    covered, softly, in_pairs = _highest(exact, first, last), _highest(soft, first, last), _highest(paired, first, last)
    zero = np.zeros((1, width))
    padded = np.vstack([zero, exact, zero])
    before = padded[first] * np.array([w.first > 0 and found[w.first - 1].article_id == w.article_id for w in windows])[:, None]
    after = padded[last + 2] * np.array([w.last + 1 < count and found[w.last + 1].article_id == w.article_id for w in windows])[:, None]
    begins, ends = np.searchsorted(of_article, article), np.searchsorted(of_article, article, "right") - 1
    around = _highest(exact, np.maximum(first - 3, begins), np.minimum(last + 3, ends))
    rest = 1 - covered

    def share(values: Floats) -> Floats:
        result: Floats = values @ weight / total if width else np.zeros(len(windows))
        return result

    def span_max(values: Floats) -> Floats:
        return _highest(values, first, last)

    scores = np.array([s.score for s in found])
    top = max(1e-9, max((h.score for h in hits), default=1.0))
    lengths = np.array([w.end - w.start for w in windows], dtype=float)
    rarest = weight == weight.max() if width else np.zeros(0, dtype=bool)
    whole = question.folded
    joined = ["".join(found[n].folded for n in range(w.first, w.last + 1)) for w in windows]
    headings = np.array([[any(f in sentence.above for f in form) for form in forms] for sentence in found], dtype=float).reshape(count, width)
    kind = question.kind
    shaped = kind in ("amount", "when", "where", "who")
    has, fitting, close = span_max(answering), span_max(measured), span_max(closeness)
    columns = {
        "exact": share(covered),
        "soft": share(softly - covered),
        "bigrams": in_pairs.mean(axis=1) if pairs else np.zeros(len(windows)),
        "rarest": (covered[:, rarest].max(axis=1) if rarest.any() else np.zeros(len(windows))),
        "previous": share(before * rest),
        "next": share(after * rest),
        "near": share(around * rest),
        "title": share(in_title[article] * rest),
        "heading_above": share(headings[first] * rest),
        "article": share(in_article[article] * rest),
        "names_near": (np.maximum(around, in_title[article])[:, names] @ weight[names] / total if names.any() else np.zeros(len(windows))),
        "names_absent": ((1 - in_article[article])[:, names] @ weight[names] / total if names.any() else np.zeros(len(windows))),
        "evidence": has * shaped,
        "measured": fitting,
        "evidence_close": close,
        "lacking": (1 - has) * shaped,
        "unmeasured": (1 - fitting) * bool(question.measures),
        "passage_score": span_max(scores) / top,
        "passage_top": (span_max(scores) >= top - 1e-9).astype(float),
        "length": np.log(lengths / 60),
        "sentences": (last - first).astype(float),
        "breaks": np.array([sum(found[n].breaks for n in range(w.first + 1, w.last + 1)) for w in windows], dtype=float),
        "year": span_max(years),
        "other_year": span_max(others) * (1 - span_max(years)),
        "quoted": np.array([any(q in text for q in question.quoted) for text in joined], dtype=float),
        "leans": np.array([bool(_LEANS.match(found[w.first].folded)) for w in windows], dtype=float),
        "asks": np.array([found[w.first].folded.rstrip("”\"』」").endswith(("?", "吗")) for w in windows], dtype=float),
        "run": np.array([_longest_run(whole, question, text) for text in joined]),
        "lead": np.array([found[w.first].number == 0 for w in windows], dtype=float),
        "density": share(covered) * total / np.maximum(20, lengths),
        "exact_count": covered.sum(axis=1) / max(1, width),
        "missing_rare": share(1 - np.maximum(softly, in_article[article])),
        "digit": span_max(digits),
        "first_hit": np.array([hits[0].article_id == w.article_id for w in windows], dtype=float),
        "heading": np.array([found[w.first].heading for w in windows], dtype=float),
        "items": np.array([min(6, len(_ITEMS.findall(text))) / 6 for text in joined]) * (kind == "list" or question.plural),
        "last_unit": covered[:, -1] if width else np.zeros(len(windows)),
        "full": (share(softly) > 0.95).astype(float),
        **{f"{k}_evidence": close * (kind == k) for k in KINDS[:5]},
    }
    return Candidates(tuple(found), tuple(windows), np.column_stack([columns[f] for f in FEATURES]), softly)


def _highest(values: Floats, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]) -> Floats:
    """The highest value (by column) from row *first* to row *last*, both included, for each pair of them."""
    result: Floats = values[first]
    for step in range(1, int((last - first).max()) + 1):
        inside = first + step <= last
        result[inside] = np.maximum(result[inside], values[first[inside] + step])
    return result


def _longest_run(whole: str, question: Question, text: str) -> float:
    """The longest run of the question's characters that stands in *text*, as a share of twelve characters."""
    best = 0
    for unit in question.units:
        length = best + 1
        while unit.start + length <= len(whole) and whole[unit.start : unit.start + length] in text:
            best, length = length, length + 1
    return min(best, 12) / 12
