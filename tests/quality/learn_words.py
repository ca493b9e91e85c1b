"""Learns what words are like from a large corpus: document frequencies and vectors, small enough to ship.

usage: python tests/quality/learn_words.py NEWS.jsonl[.xz] retrieval/data/words.npz

The vectors are positive pointwise mutual information of words within four words of each other, context counts
smoothed by the power .75, reduced by a truncated singular value decomposition (Levy, Goldberg and Dagan,
"Improving Distributional Similarity with Lessons Learned from Word Embeddings", TACL 2015), rows scaled to
length 1 and kept as 8-bit integers. Only words of jieba's dictionary are kept, so no name that a corpus alone
holds is shipped. Needs scipy.
"""

from __future__ import annotations

import argparse
import collections
import json
import lzma
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.linalg import svds

from retrieval.text import default_cutter, fold

REACH = 4
SMOOTHING = 0.75


def bodies(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["body"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--words", type=int, default=50_000)
    parser.add_argument("--dimensions", type=int, default=96)
    options = parser.parse_args()

    cutter = default_cutter()
    numbers: dict[str, int] = {}
    known: list[bool] = []
    documents: collections.Counter[int] = collections.Counter()
    stream: list[np.ndarray] = []
    articles = 0
    for body in bodies(options.corpus):
        ids = []
        for sentence in fold(body).split("。"):
            for word, _, _ in cutter.words(sentence):
                number = numbers.setdefault(word, len(numbers))
                if number == len(known):
                    known.append(cutter.knows(word) and not word.isascii())
                ids.append(number)
            ids.append(-1)
        documents.update(set(ids))
        stream.append(np.array(ids, dtype=np.int64))
        articles += 1
    tokens = np.concatenate(stream)
    order = [n for n, _ in documents.most_common() if n >= 0 and known[n]][: options.words]
    place = np.full(len(known) + 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    tokens = place[tokens]                       # -1 (a sentence's end, an unknown word) stays -1: place[-1] is -1
    size = len(order)

    pairs: csr_matrix = csr_matrix((size, size), dtype=np.float64)
    for distance in range(1, REACH + 1):
        left, right = tokens[:-distance], tokens[distance:]
        both = (left >= 0) & (right >= 0)
        keys, counts = np.unique(left[both] * size + right[both], return_counts=True)
        one = coo_matrix((counts * (1 - (distance - 1) / REACH), (keys // size, keys % size)), shape=(size, size)).tocsr()
        pairs = pairs + one + one.T
    pairs.data[pairs.data < 2] = 0
    pairs.eliminate_zeros()

    total = pairs.sum()
    rows = np.asarray(pairs.sum(axis=1)).ravel()
    columns = np.asarray(pairs.sum(axis=0)).ravel() ** SMOOTHING
    columns /= columns.sum()
    cells = pairs.tocoo()
    cells.data = np.log(cells.data / (rows[cells.row] * columns[cells.col]))
    cells.data[cells.data < 0] = 0
    matrix = cells.tocsr()
    matrix.eliminate_zeros()
    left, values, _ = svds(matrix, k=options.dimensions, random_state=0)
    vectors = left * np.sqrt(values)
    vectors /= np.maximum(1e-9, np.linalg.norm(vectors, axis=1, keepdims=True))

    names = {n: w for w, n in numbers.items()}
    words = [names[n] for n in order]
    options.target.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        options.target,
        words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
        frequency=np.array([documents[n] / articles for n in order], dtype=np.float32),
        vectors=np.round(vectors * 127).astype(np.int8),
    )
    print(f"{articles} articles, {len(tokens)} tokens, {size} words, {matrix.nnz} cells, total {total:.0f}")


if __name__ == "__main__":
    main()
