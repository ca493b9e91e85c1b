"""A library and cases in, figures out: what is found, cited, dated, verbatim, refused, and how far confidence can be trusted.

Nothing is recorded and nothing leaves the machine. A question without hits counts as zero in every figure it is part of.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import sqrt
from statistics import mean, quantiles
from typing import Any, Protocol

from retrieval import curves
from retrieval.cases import Case
from retrieval.errors import QuestionsError, UsageError
from retrieval.judging import Verdict, article_rank, judge, passage_rank, stem
from retrieval.records import Answer, Article, Hit, Passage

DEPTH = 10
"""Passages looked at for R@k and MRR."""
RISKS = (0.05, 0.02)
"""The shares of wrong answers for which the coverage is reported."""


class Asked(Protocol):
    """What is scored: `retrieval.Library`, or anything that answers, searches and shows articles as it does."""

    def ask(self, question: str, previous: Sequence[str] = (), record: bool = True, today: str | None = None, hidden: Sequence[str] = ()) -> Answer: ...

    def search(self, question: str, k: int = 10) -> list[Hit]: ...

    def article(self, id: str) -> Article: ...

    def passages(self) -> Iterator[Passage]: ...


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval: where the share of all such questions may lie, as these are only some of them."""
        if not self.of:
            return None
        z, n, share = 1.96, self.of, self.hits / self.of
        middle, reach = share + z * z / (2 * n), z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return max(0.0, (middle - reach) / (1 + z * z / n)), min(1.0, (middle + reach) / (1 + z * z / n))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranks of what is looked for, None where it was not found."""

    ranks: tuple[int | None, ...]

    def recall(self, k: int) -> float | None:
        return mean(rank is not None and rank <= k for rank in self.ranks) if self.ranks else None

    @property
    def mrr(self) -> float | None:
        return mean(1 / rank if rank else 0.0 for rank in self.ranks) if self.ranks else None


@dataclass(frozen=True, slots=True)
class Hiding:
    """The same question asked with and without the articles that answer it."""

    id: str
    kept: float
    hidden: float
    refused: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdicts, in the order of the cases, and every figure that follows from them."""

    verdicts: tuple[Verdict, ...]
    hidings: tuple[Hiding, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def shares(self) -> Mapping[str, Share]:
        some = [v for v in self.verdicts if v.case.answerable]
        none = [v for v in self.verdicts if not v.case.answerable]
        every = self.verdicts
        return {
            "first": Share(sum(v.first for v in some), len(some)),
            "top3": Share(sum(v.top3 for v in some), len(some)),
            "kept": Share(sum(v.answered for v in some), len(some)),
            "refused": Share(sum(not v.answered for v in none), len(none)),
            "dated": Share(sum(v.dated for v in every), sum(v.datable for v in every)),
            "verbatim": Share(sum(v.verbatim for v in every), sum(v.excerpts for v in every)),
            "span": Share(sum(v.pointed for v in every), sum(v.pointable for v in every)),
        }

    @property
    def kinds(self) -> Mapping[str, Share]:
        """Right answers by kind of question; where none is right, refusals."""
        kinds: dict[str, list[bool]] = defaultdict(list)
        for verdict in self.verdicts:
            kinds[verdict.case.kind].append(verdict.right)
        return {kind: Share(sum(rights), len(rights)) for kind, rights in sorted(kinds.items())}

    @property
    def trapped(self) -> int:
        """Questions whose excerpts hold a forbidden string."""
        return sum(v.trapped for v in self.verdicts)

    @property
    def chars(self) -> float | None:
        """The mean length of the first excerpt of answerable questions that were answered."""
        lengths = [len(v.text) for v in self.verdicts if v.case.answerable and v.answered]
        return mean(lengths) if lengths else None

    @property
    def articles(self) -> Ranking:
        return Ranking(tuple(v.article_rank for v in self.verdicts if v.article_rank != 0))

    @property
    def passages(self) -> Ranking:
        return Ranking(tuple(v.passage_rank for v in self.verdicts if v.passage_rank != 0))

    @property
    def auroc(self) -> float | None:
        """Of confidence, between answerable questions and those without an answer."""
        return curves.auroc([v.confidence for v in self.verdicts if v.case.answerable], [v.confidence for v in self.verdicts if not v.case.answerable])

    @property
    def brier(self) -> float:
        """The mean squared distance of confidence from the truth, 1 where there is an answer and 0 where not."""
        return mean((v.confidence - v.case.answerable) ** 2 for v in self.verdicts)

    @property
    def curve(self) -> curves.Curve:
        """Risk by coverage over all questions: what would be shown first is right, or not; with no answer it never is."""
        return curves.risk_coverage([(v.confidence, v.shown) for v in self.verdicts])

    @property
    def operating_point(self) -> curves.Point | None:
        """Where the library answers by itself: the share of questions answered, and the share of these answers wrong."""
        answered = [v for v in self.verdicts if v.answered]
        return (len(answered) / len(self.verdicts), mean(not v.first for v in answered)) if answered else None

    @property
    def hiding_auroc(self) -> float | None:
        """Of confidence, between questions with the articles that answer them and the same questions without."""
        return curves.auroc([h.kept for h in self.hidings], [h.hidden for h in self.hidings])

    @property
    def milliseconds(self) -> tuple[float, float]:
        """How long an answer took: the median and the 95th in a hundred."""
        times = [v.ms for v in self.verdicts]
        cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
        return cuts[9], cuts[18]


def evaluate(
    library: Asked,
    cases: Sequence[Case],
    *,
    without: bool = False,
    today: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Every case asked and judged; *without* asks each once more with the articles hidden that answer it.

    *progress* hears how many of how many questions are done. Raises QuestionsError where the library holds none of the
    articles that the cases name.
    """
    ids = _ids(library, cases)
    unknown = tuple(sorted({name for case in cases for name in case.articles} - ids.keys()))
    if unknown and not ids:
        raise QuestionsError(f"the library holds none of the {len(unknown)} articles that answer these questions, such as {unknown[0]}; index them first")
    dates = {stem(name): day for case in cases for name, day in zip(case.articles, case.published, strict=True) if day}
    hidable = [case for case in cases if case.answerable and _one_source(case) and all(name in ids for name in case.articles)] if without else []
    steps = len(cases) + len(hidable)
    verdicts: dict[str, Verdict] = {}
    for done, case in enumerate(cases, 1):
        verdicts[case.id] = _verdict(library, case, dates, today)
        if progress:
            progress(done, steps)
    hidings = []
    for done, case in enumerate(hidable, len(cases) + 1):
        answer = library.ask(case.question, case.previous, record=False, today=today, hidden=tuple(ids[name] for name in case.articles))
        hidings.append(Hiding(case.id, verdicts[case.id].confidence, answer.confidence, not answer.excerpts))
        if progress:
            progress(done, steps)
    return Evaluation(tuple(verdicts.values()), tuple(hidings), unknown)


def _verdict(library: Asked, case: Case, dates: Mapping[str, str], today: str | None) -> Verdict:
    started = time.perf_counter()
    answer = library.ask(case.question, case.previous, record=False, today=today)
    verdict = replace(judge(case, answer, library.article, dates), ms=(time.perf_counter() - started) * 1000)
    if not case.answerable:
        return verdict
    hits = library.search(answer.rewritten or case.question, DEPTH)
    in_passage = case.answer_in == "excerpt"
    return replace(verdict, article_rank=article_rank(case, hits), passage_rank=passage_rank(case, hits, library.article) if in_passage else 0)


def _one_source(case: Case) -> bool:
    """Whether any one of its articles answers it: several articles without a list are reprints of one story."""
    return len(case.articles) == 1 or not case.need


def _ids(library: Asked, cases: Iterable[Case]) -> dict[str, str]:
    """The library's id of each article that the cases name and the library holds, whatever its folder and ending."""
    names = {name for case in cases for name in case.articles}
    found: dict[str, str] = {}
    for name in names:
        with suppress(UsageError):
            found[name] = library.article(name).id
    if len(found) < len(names):
        by_stem = {stem(passage.article_id): passage.article_id for passage in library.passages()}
        found |= {name: by_stem[stem(name)] for name in names - found.keys() if stem(name) in by_stem}
    return found


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """All figures and, under `results`, what became of each question; `compare` reads it back."""
    curve, middle = evaluation.curve, evaluation.milliseconds
    return {
        "questions": len(evaluation.verdicts),
        "figures": {name: _share(share) for name, share in evaluation.shares.items()},
        "trapped": evaluation.trapped,
        "chars": _round(evaluation.chars),
        "ms": {"p50": _round(middle[0]), "p95": _round(middle[1])},
        "retrieval": {"articles": _ranking(evaluation.articles), "passages": _ranking(evaluation.passages)},
        "kinds": {kind: _share(share) for kind, share in evaluation.kinds.items()},
        "abstention": {
            "auroc": _round(evaluation.auroc),
            "brier": _round(evaluation.brier),
            "aurc": _round(curve.area),
            "coverage_at_risk": {str(risk): _round(curve.coverage_at(risk)) for risk in RISKS},
            "operating_point": [_round(value) for value in evaluation.operating_point or ()] or None,
            "curve": [[_round(coverage), _round(risk)] for coverage, risk in curve.points],
        },
        "without": {
            "auroc": _round(evaluation.hiding_auroc),
            "questions": len(evaluation.hidings),
            "refused": sum(h.refused for h in evaluation.hidings),
        }
        if evaluation.hidings
        else None,
        "unknown_articles": list(evaluation.unknown),
        "results": [_result(verdict) for verdict in evaluation.verdicts],
    }


def _result(verdict: Verdict) -> dict[str, Any]:
    case = verdict.case
    return {
        "id": case.id,
        "question": case.question,
        "kind": case.kind,
        "expect": "answer" if case.answerable else "no_answer",
        "status": verdict.status,
        "confidence": _round(verdict.confidence),
        "right": verdict.right,
        "top3": verdict.top3,
        "article_rank": verdict.article_rank or None,
        "passage_rank": verdict.passage_rank or None,
        "cited": list(verdict.cited) if verdict.cited else None,
        "text": verdict.text,
        "ms": _round(verdict.ms),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"value": _round(share.value), "hits": share.hits, "of": share.of, "interval": [_round(end) for end in share.interval or ()] or None}


def _ranking(ranking: Ranking) -> dict[str, Any]:
    return {"questions": len(ranking.ranks), **{f"R@{k}": _round(ranking.recall(k)) for k in (1, 5, 10)}, "MRR@10": _round(ranking.mrr)}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def to_text(evaluation: Evaluation) -> str:
    """The figures for a terminal, one a line, with the table by kind and the curve in block characters."""
    lines = [f"questions {len(evaluation.verdicts)}"]
    for name, share in evaluation.shares.items():
        lines.append(f"{name:9} {_percent(share)}")
    lines += [f"trapped   {evaluation.trapped}", f"chars     {_number(evaluation.chars, '.0f')}"]
    for name, ranking in (("article", evaluation.articles), ("passage", evaluation.passages)):
        recalls = "  ".join(f"R@{k} {_number(ranking.recall(k))}" for k in (1, 5, 10))
        lines.append(f"{name:9} {recalls}  MRR@10 {_number(ranking.mrr)}  ({len(ranking.ranks)} questions)")
    middle, slow = evaluation.milliseconds
    lines += [f"ms        {middle:.1f} median, {slow:.1f} p95", "", "by kind"]
    lines += [f"  {kind:18} {share.hits:4}/{share.of}" for kind, share in evaluation.kinds.items()]
    curve, at = evaluation.curve, evaluation.operating_point
    coverages = "  ".join(f"coverage at {risk:.0%} risk {curve.coverage_at(risk):.3f}" for risk in RISKS)
    lines += ["", f"abstention  AUROC {_number(evaluation.auroc)}  Brier {evaluation.brier:.3f}  AURC {curve.area:.3f}  {coverages}"]
    if at:
        lines.append(f"            answers {at[0]:.1%} of the questions, {at[1]:.1%} of the answers wrong")
    lines += ["risk by coverage", curves.blocks(curve)]
    if evaluation.hidings:
        refused = sum(h.refused for h in evaluation.hidings)
        lines += ["", f"without     AUROC {_number(evaluation.hiding_auroc)}  ({len(evaluation.hidings)} questions with and without their articles; {refused} refused without)"]
    if evaluation.unknown:
        lines += ["", f"{len(evaluation.unknown)} articles are not in the library, such as {evaluation.unknown[0]}: their questions cannot be right"]
    return "\n".join(lines) + "\n"


def _percent(share: Share) -> str:
    if share.value is None or share.interval is None:
        return "-"
    low, high = share.interval
    return f"{share.value:6.1%}  ({share.hits}/{share.of}; {low:.0%} to {high:.0%})"


def _number(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else format(value, form)


def to_svg(evaluation: Evaluation) -> str:
    """The risk–coverage curve as an SVG picture, with the point where the library answers by itself."""
    title = f"Risk by coverage: {len(evaluation.verdicts)} questions, area {evaluation.curve.area:.3f}"
    return curves.svg(evaluation.curve, title, evaluation.operating_point)
