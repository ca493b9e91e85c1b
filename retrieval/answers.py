"""Evidence in, a decision out: answered, related or no answer, from several signals and never from a score alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from retrieval.features import FEATURES, Candidates
from retrieval.measuring import CERTAIN
from retrieval.model import Model
from retrieval.questions import Question, standing
from retrieval.records import Article, Hit, Status
from retrieval.text import fold
from retrieval.windows import whole

Floats = npt.NDArray[np.float64]

FROM_WINDOW = (
    "exact", "soft", "bigrams", "rarest", "title", "near", "article", "measured", "evidence_close", "lacking", "unmeasured", "other_year",
    "density", "exact_count", "missing_rare", "full", "local",
)  # fmt: skip
"""Features of the best window that are signals of the decision too."""


def signals(question: Question, found: Candidates, scores: Floats, rows: Sequence[int], hits: Sequence[Hit], held: Mapping[str, int]) -> dict[str, float]:
    """What speaks for and against there being an answer, each a number of about one.

    *held* is in how many passages each unit of the question stands. The question's names and its other words count apart:
    the right article without the asked attribute is the commonest wrong answer.
    """
    if not rows:
        return {}
    row = rows[0]
    best = found.features[row]
    result = {name: float(best[FEATURES.index(name)]) for name in FROM_WINDOW}
    weight = np.array([u.weight for u in question.units])
    total = max(1e-9, float(weight.sum()))
    covered, around, known = found.coverage[row], found.around[row], found.known[row]
    names = np.array([u.name for u in question.units])
    nowhere = np.array([not held.get(u.text) for u in question.units])
    asked = np.where(names, 0.0, weight)
    told = max(1e-9, float(asked.sum()))
    other = [float(s) for s, w in zip(scores, found.windows, strict=True) if w.article_id != found.windows[row].article_id]
    result["score"] = float(scores[row]) / 10
    result["margin"] = min(1.0, (float(scores[row]) - max(other)) / 10) if other else 1.0
    result["heaviest_far"] = float((weight * (1 - around)).max() / 10)
    result["asked"] = float(asked @ covered / told) if asked.any() else 1.0
    result["asked_around"] = float(asked @ around / told) if asked.any() else 1.0
    focus = np.array([u.focus for u in question.units])
    result["focus_missing"] = float((focus * (1 - covered)).max())
    result["focus_nowhere"] = float((focus * nowhere * (1 - around)).max())
    result["year_absent"] = float(best[FEATURES.index("year_absent")])
    result["names_gone"] = min(1.0, float(best[FEATURES.index("names_absent")]) * total / 4)
    numbers = np.array([bool(_NUMBER.search(u.text)) for u in question.units])
    result["number_missing"] = float((numbers * (1 - around)).max())
    result["unfit"] = float(question.kind == "amount" and bool(question.measures) and not result["measured"])
    result["first_gone"] = float(1 - known[0])
    result["gone"] = float((weight * (1 - known)).max() / 10)
    counted = np.array([question.kind == "amount" and 0 <= u.start - question.asked[1] <= 1 and len(u.text) > 1 for u in question.units])
    result["counted_missing"] = float((counted * (1 - around)).max())
    result["last_missing"] = float(1 - covered[-1])
    result["named"] = float((weight * names) @ around / max(1e-9, float((weight * names).sum()))) if names.any() else 1.0
    result["weight"] = total / 30
    result["units"] = len(question.units) / 10
    result["few"] = float(len(question.units) <= 2)
    result["bm25"] = hits[0].score / total / 4
    offices = np.array([question.kind == "who" and bool(_OFFICE.search(u.text)) for u in question.units])
    properties = np.array([question.kind == "amount" and not u.name and bool(_PROPERTY.search(u.text)) for u in question.units])
    result["property_missing"] = float((properties * (1 - around)).max())
    result["office_missing"] = float((offices * (1 - around)).max())
    for kind in ("amount", "when", "where", "who", "what", "how", "why", "none", "list"):
        result[f"is_{kind}"] = float(question.kind == kind)
    result["soft_only"] = result["soft"] / max(0.05, result["soft"] + result["exact"])
    return result


_NUMBER = re.compile(r"\d{2}")
_PROPERTY = re.compile(r".(?:量|率|数|额|价|费|值|积|利润|收入|产值|寿命|龄|高度|长度|温度|速度|成本|工资|薪|奖金|税|息|款|学费|房租|租金)$")
_OFFICE = re.compile(r"(?:长|书记|主任|主席|总裁|总统|经理|代表|校长|教练|导演|作者|记者|太太|妻子|丈夫|老公|老婆|父亲|母亲|爸爸|妈妈|儿子|女儿|老师|负责人|创始人|发明人)$")
_OF_PUBLISHING = re.compile(r"登|篇|报道|报导|文章|新闻|稿|媒体|报纸|报社|发表|刊登|刊|见报|网站|写|发|做|日期|时间|讲")


def described(question: Question, articles: Mapping[str, Article]) -> dict[str, float]:
    """How much of what the question says of an article (not of its publishing) each article holds, its outlet included: 0 to 1."""
    units = [u for u in question.units if not _OF_PUBLISHING.fullmatch(u.text)]
    total = sum(u.weight for u in units)
    result = {}
    for id, article in articles.items():
        text = fold(" ".join(filter(None, (article.title, article.outlet, article.republisher, *article.authors)))) + whole(article.content_hash, article.body)
        held = sum(u.weight for u, here in zip(units, standing(units, [text])[0], strict=True) if here)
        result[id] = held / total if total else 0.0
    return result


def without_amount(question: Question, signals: Mapping[str, float]) -> bool:
    """Whether an amount is asked for that the best window cannot hold, whatever else it says: it has none, or none of money where money is asked for."""
    sure = signals.get("unmeasured", 0.0) > 0 and bool(question.measures) and question.measures[0] in CERTAIN
    return question.kind == "amount" and (sure or signals.get("lacking", 0.0) > 0)


def without_part(question: Question, found: Candidates, rows: Sequence[int]) -> bool:
    """Whether a part is asked for (其中女的) of which nothing stands in the best window or around it."""
    part = question.folded.rfind("其中", 0, len(question.text)) + 2
    if part < 2 or not rows or question.kind != "amount":
        return False
    near = np.maximum(found.coverage[rows[0]], found.around[rows[0]])
    return any(part <= u.start < len(question.text) and not near[n] for n, u in enumerate(question.units))


def of_another_year(question: Question, found: Candidates, rows: Sequence[int], articles: Mapping[str, Article]) -> bool:
    """Whether a figure of some year is asked for and the best window speaks of another: it names other years only, or
    none while its article is of another year and names the year neither before it nor in its heading."""
    if question.kind != "amount" or not question.years or not rows:
        return False
    window = found.windows[rows[0]]
    article = articles[window.article_id]
    part = found.sentences[window.first].part
    text = article.body[window.start : window.end]
    if any(year in text for year in question.years):
        return False
    if _YEAR.search(text):
        return True
    before = article.body[max(0, window.start - CONTEXT) : window.start] + part.above + (article.title or "")
    return article.published is not None and article.published[:4] not in question.years and not any(year in before for year in question.years)


CONTEXT = 400
"""Characters before an excerpt in which the year it speaks of may stand."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d年")


def decide(confidence: float, model: Model) -> Status:
    """The status for a confidence."""
    if confidence >= model.answered:
        return "answered"
    return "related" if confidence >= model.related else "no_answer"
