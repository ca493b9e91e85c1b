"""Fits the answering's numbers on question sets and writes retrieval/data/model.json.

usage: python tests/quality/fit.py SHARED_FOLDER [--sample N] [--write]

Windows: a conditional logit over all windows of a question; the windows of the right article that hold an accepted
answer share the probability of being right. Decision: a logistic regression on the signals of the best window, each
question once with and once without the article that answers it, and the questions that have no answer.

Every second paragraph group of DRCD and CMRC is left out of the fit and scored; the gold and news questions are
scored by five-fold cross-validation.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from retrieval import Library, answers, excerpts, questions
from retrieval.answering import Answerer
from retrieval.features import FEATURES
from retrieval.text import default_cutter, fold
from retrieval.windows import LIMIT

TARGET = Path(__file__).parents[2] / "retrieval" / "data" / "model.json"
ANSWERED, HIDDEN, WITHOUT_ANSWER = 2.0, 0.5, 6.0
"""What an answerable question counts in the decision, one whose article was hidden, and one that was asked without an
answer: the right article without the asked attribute is the harder case and the rarer one. Cross-validated at .96 of the
gold questions kept: .87 of those without an answer refused and .968 of DRCD's kept, against .80 and .951 with 1, 1 and 3."""
IN_DOMAIN = 3
"""How often a gold or news question counts beside one of DRCD or CMRC: they are few, and what users ask."""


@dataclass
class Example:
    name: str
    question: str
    previous: list[str]
    articles: list[str]
    accepted: list[str]
    all_of: list[str]
    need: int
    answerable: bool
    features: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    right: np.ndarray = field(default_factory=lambda: np.zeros(0))
    lengths: np.ndarray = field(default_factory=lambda: np.zeros(0))


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)


def squad(path: Path, folder: Path, sample: int) -> tuple[Path, list[Example], list[Example]]:
    """The corpus file of a SQuAD-shaped set and its examples: those to fit on and those left out, by the set's articles."""
    halves: tuple[list[Example], list[Example]] = ([], [])
    lines = []
    for number, group in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        for paragraph in group["paragraphs"]:
            id = f"p{len(lines):05d}"
            lines.append(json.dumps({"id": id, "title": group.get("title"), "outlet": None, "published": None, "body": paragraph["context"]}, ensure_ascii=False))
            for one in paragraph["qas"]:
                accepted = sorted({a["text"] for a in one["answers"]})
                halves[number % 2].append(Example(path.stem, one["question"], [], [id], accepted, [], 0, True))
    corpus = folder / f"{path.stem}.jsonl"
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for half in halves:
        random.Random(1).shuffle(half)
    return corpus, halves[0][:sample], halves[1][:sample]


def gold(path: Path, name: str) -> list[Example]:
    examples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        q = json.loads(line)
        if q["answer_in"] == "citation":
            continue
        ids = q["article"] if isinstance(q["article"], list) else [q["article"]] if q["article"] else []
        several = q["kind"] == "multi-article"
        examples.append(
            Example(name, q["question"], [q["previous"]] if q.get("previous") else [], ids, q["answers"], [] if several else q["must_all"],
                    0 if several else q["need"], q["expect"] == "answer")  # fmt: skip
        )
    return examples


def label(example: Example, text: str) -> bool:
    text = squeeze(text)
    if example.need:
        return sum(squeeze(s) in text for s in example.all_of) >= example.need
    return any(squeeze(s) in text for s in example.accepted)


def renamed(examples: list[Example]) -> list[Example]:
    """Each question that names somebody or some place, asked of another name that other questions hold: without an answer."""
    cutter = default_cutter()
    named: list[tuple[Example, list[str]]] = []
    for e in examples:
        if e.answerable and not e.previous:
            words = [w for w, tag, _, _ in cutter.tags(fold(e.question)) if len(w) > 1 and tag[:2] in ("nr", "ns", "nt", "nz")]
            named.append((e, words))
    pool = sorted({w for _, words in named for w in words})
    result = []
    for number, (e, words) in enumerate(named):
        mine = fold(e.question)
        others = [w for w in pool if words and w not in mine and len(w) == len(words[0]) and (w[-1] == words[0][-1] or w[-1] not in "省市县区镇乡村")]
        if others:
            other = random.Random(number).choice(others)
            result.append(Example(e.name, mine.replace(words[0], other), [], [], [], [], 0, False))
    return result


def gather(library: Library, examples: list[Example], today: str) -> None:
    """Fill in the features of every window of each question, and which are right."""
    answerer = Answerer(library.engine, today)
    for example in examples:
        prepared = answerer.prepare(example.question, answerer.complete(example.question, example.previous))
        found, articles = prepared.found, prepared.articles
        if found is None or not found.windows:
            continue
        example.features = found.features
        example.lengths = np.array([w.end - w.start for w in found.windows])
        example.right = np.array(
            [w.article_id in example.articles and label(example, articles[w.article_id].body[w.start : w.end]) for w in found.windows], dtype=float
        )


def _sampled(example: Example, most: int = 120) -> np.ndarray:
    """The rows of all right windows and of a sample of the wrong ones, which leaves a conditional logit consistent (McFadden 1978)."""
    wrong = np.flatnonzero(example.right == 0)
    if len(wrong) > most:
        wrong = np.random.default_rng(len(wrong)).choice(wrong, most, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(example.right), wrong]))


def fit_windows(examples: list[tuple[Example, float]], ridge: float = 1.0) -> np.ndarray:
    """Weights that make the right windows probable, by L-BFGS on the conditional log-likelihood with a ridge penalty."""
    used = [(e, c) for e, c in examples if e.right.any()]
    kept = {id(e): _sampled(e) for e, _ in used}
    rows = np.vstack([e.features[kept[id(e)]] for e, _ in used])
    spread = rows.std(axis=0) + 1e-9
    rows = rows / spread
    starts = np.cumsum([0] + [len(kept[id(e)]) for e, _ in used])
    owner = np.repeat(np.arange(len(used)), np.diff(starts))
    right = np.concatenate([e.right[kept[id(e)]] for e, _ in used])
    counts = np.array([c for _, c in used])
    scale = 100 / counts.sum()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = rows @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts[:-1])[owner])
        every, good = np.add.reduceat(powers, starts[:-1]), np.add.reduceat(powers * right, starts[:-1])
        value = -(counts * (np.log(good + 1e-300) - np.log(every))).sum() * scale + ridge * weights @ weights
        slope = rows.T @ ((powers / every[owner] - powers * right / (good + 1e-300)[owner]) * counts[owner]) * scale + 2 * ridge * weights
        return value, slope

    return minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x / spread


def score(examples: list[Example], weights: np.ndarray, brevity: float) -> tuple[float, float]:
    """The share of examples whose best window is right, and the mean length of the best windows in characters."""
    good, length = 0.0, 0.0
    for e in examples:
        if len(e.right):
            row = int(np.argmax(e.features @ weights - brevity * e.lengths / LIMIT))
            good += e.right[row]
            length += e.lengths[row]
    return good / max(1, len(examples)), length / max(1, len(examples))


def folds(examples: list[Example], k: int = 5) -> list[tuple[list[Example], list[Example]]]:
    order = list(examples)
    random.Random(2).shuffle(order)
    return [([e for n, e in enumerate(order) if n % k != f], order[f::k]) for f in range(k)]


def signals(library: Library, examples: list[Example], today: str, weights: np.ndarray, brevity: float) -> list[tuple[dict[str, float], bool, bool]]:
    """The signals of each question, whether it can be answered, and whether that is so with all articles there."""
    answerer = Answerer(library.engine, today)
    result: list[tuple[dict[str, float], bool, bool]] = []
    for e in examples:
        for hidden in ((), tuple(e.articles)) if e.answerable else ((),):
            prepared = answerer.prepare(e.question, answerer.complete(e.question, e.previous, hidden), hidden)
            if prepared.found is None or not prepared.found.windows:
                continue
            scores = prepared.found.features @ weights - brevity * np.array([(w.end - w.start) / LIMIT for w in prepared.found.windows])
            rows = excerpts.choose(prepared.question, prepared.found, scores)
            held = questions.held([u.text for u in prepared.question.units], library.engine.frequencies)
            found = answers.signals(prepared.question, prepared.found, scores, rows, prepared.hits, held)
            if found:
                result.append((found, e.answerable and not hidden, not e.answerable))
    return result


def fit_decision(rows: list[tuple[dict[str, float], bool, float]], ridge: float = 0.8) -> tuple[dict[str, float], float]:
    """A logistic regression with a ridge penalty on standardised signals."""
    names = list(rows[0][0])
    x = np.array([[r[n] for n in names] for r, _, _ in rows])
    y = np.array([float(a) for _, a, _ in rows])
    c = np.array([w for _, _, w in rows])
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.hstack([(x - mean) / spread, np.ones((len(x), 1))])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        t = z @ w
        value = (c * (np.logaddexp(0, t) - y * t)).sum() / c.sum() * 100 + ridge * (w[:-1] @ w[:-1])
        slope = z.T @ (c * (1 / (1 + np.exp(-t)) - y)) / c.sum() * 100 + 2 * ridge * np.append(w[:-1], 0)
        return value, slope

    w = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    weights = w[:-1] / spread
    return dict(zip(names, map(float, weights), strict=True)), float(w[-1] - weights @ mean)


def _counts(id: str, answerable: bool, real: bool) -> float:
    kind = ANSWERED if answerable else WITHOUT_ANSWER if real else HIDDEN
    return kind * (IN_DOMAIN if id in ("gold", "news") else 1)


def auroc(yes: list[float], no: list[float]) -> float:
    ranks = np.argsort(np.argsort(np.array(yes + no), kind="stable"), kind="stable") + 1
    return float((ranks[: len(yes)].sum() - len(yes) * (len(yes) + 1) / 2) / max(1, len(yes) * len(no)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--news", type=Path, help="a JSONL corpus with the articles of news-dev.jsonl and others")
    parser.add_argument("--pages", type=Path, help="what to index for the gold questions, if not SHARED_FOLDER/seeds")
    parser.add_argument("--sample", type=int, default=600)
    parser.add_argument("--today", default="2026-11-22")
    parser.add_argument("--brevity", type=float, default=0.25)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    sets: dict[str, tuple[Library, list[Example], list[Example]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def library(id: str, corpus: Path) -> Library:
            opened = Library.open(folder / f"{id}.db", ledger=False)
            opened.reindex([corpus])
            return opened

        sets["gold"] = (library("gold", options.pages or options.shared / "seeds"), gold(options.shared / "gold" / "questions-dev.jsonl", "gold"), [])
        if options.news:
            sets["news"] = (library("news", options.news), gold(Path(__file__).parent / "news-dev.jsonl", "news"), [])
        for path in (options.shared / "public" / "DRCD_dev.json", options.shared / "public" / "cmrc_trial.json"):
            corpus, fitted, held = squad(path, folder, options.sample)
            sets[path.stem] = (library(path.stem, corpus), fitted, held)
        for id, (lib, fitted, held) in sets.items():
            gather(lib, fitted + held, options.today)
            asked = [e for e in fitted + held if e.answerable]
            print(f"{id}: {len(asked)} questions, a right window among the candidates of {np.mean([e.right.any() for e in asked]):.3f}", flush=True)

        ours = [e for id in ("gold", "news") if id in sets for e in sets[id][1] if e.answerable]
        public = [(e, 1.0) for id in sets if id not in ("gold", "news") for e in sets[id][1]]
        weights = fit_windows(public + [(e, IN_DOMAIN) for e in ours])
        crossed = [(test, fit_windows(public + [(e, IN_DOMAIN) for e in train])) for train, test in folds(ours)]
        for brevity in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
            line = [f"brevity {brevity}"]
            for id in ("gold", "news"):
                if id in sets:
                    tested = [(score([e for e in test if e.name == id], w, brevity), sum(e.name == id for e in test)) for test, w in crossed]
                    total = sum(n for _, n in tested)
                    good, length = (sum(figures[i] * n for figures, n in tested) / total for i in (0, 1))
                    line.append(f"{id} (cross-validated) {good:.3f} at {length:.0f} characters")
            for id in sets:
                if sets[id][2]:
                    good, length = score(sets[id][2], weights, brevity)
                    line.append(f"{id} (left out) {good:.3f} at {length:.0f}")
            print(", ".join(line), flush=True)

        rows: dict[str, list[tuple[dict[str, float], bool, bool]]] = {}
        left: dict[str, list[tuple[dict[str, float], bool, bool]]] = {}
        for id, (lib, fitted, held) in sets.items():
            rows[id] = signals(lib, fitted[: options.sample // 2] if held else fitted, options.today, weights, options.brevity)
            if id != "gold":
                rows[id] += [(s, y, False) for s, y, _ in signals(lib, renamed(fitted[: options.sample // 2] if held else fitted), options.today, weights, options.brevity)]
            left[id] = signals(lib, held[: options.sample // 2], options.today, weights, options.brevity)
        every = [(s, y, _counts(id, y, real)) for id, some in rows.items() for s, y, real in some]
        decision, bias = fit_decision(every)

        def confidence(s: dict[str, float], d: dict[str, float] = decision, b: float = bias) -> float:
            return 1 / (1 + np.exp(-(b + sum(d[n] * v for n, v in s.items()))))

        for id in sets:
            tested = left[id] or rows[id]
            yes = [confidence(s) for s, y, _ in tested if y]
            no = [confidence(s) for s, y, _ in tested if not y]
            print(f"decision {id}: AUROC {auroc(yes, no):.3f} ({'left out' if left[id] else 'fitted on'}), {len(yes)} with, {len(no)} without")
        for id in ("gold", "news"):
            if id in rows:
                order = list(rows[id])
                random.Random(3).shuffle(order)
                others = [(s, y, _counts(other, y, real)) for other, some in rows.items() if other != id for s, y, real in some]
                yes, no, never = [], [], []
                for f in range(5):
                    train = [(s, y, _counts(id, y, real)) for n, (s, y, real) in enumerate(order) if n % 5 != f] + others
                    d, b = fit_decision(train)
                    for s, y, real in order[f::5]:
                        (yes if y else never if real else no).append(confidence(s, d, b))
                print(f"decision {id}: AUROC {auroc(yes, no):.3f} with and without their articles, {auroc(yes, never):.3f} to those without an answer (cross-validated)")
                for at in (0.15, 0.2, 0.25, 0.3, 0.4):
                    print(f"   from {at}: kept {np.mean(np.array(yes) >= at):.3f}, refused {np.mean(np.array(never) < at):.3f} of those without an answer")
    for name, value in sorted(zip(FEATURES, weights, strict=True), key=lambda pair: -abs(pair[1])):
        print(f"  {name:18s}{value:8.2f}", file=sys.stderr)
    print(json.dumps({k: round(v, 2) for k, v in sorted(decision.items(), key=lambda p: -abs(p[1]))}), file=sys.stderr)
    if options.write:
        stored = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {"answered": 0.25, "related": 0.1}
        stored |= {"window": dict(zip(FEATURES, map(float, np.round(weights, 4)), strict=True)), "brevity": options.brevity}
        stored |= {"decision": {k: round(v, 4) for k, v in decision.items()}, "bias": round(bias, 4)}
        TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")

if __name__ == "__main__":
    main()
