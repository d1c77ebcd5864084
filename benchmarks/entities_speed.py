"""F1 of entities with its bootstrap interval by document, against a scorer that is run on each draw.

    python benchmarks/entities_speed.py

940 sentences of 25 words, about one entity each, in 100 documents, as the test file of NCBI-disease has them;
2,000 draws of documents. The loop is what one writes first: draw documents, take their sentences, find the
entities in both sequences of tags, count. Both draw the same documents and must give the same interval. The
interval of `entity_f1` itself needs no draws. Asked: 200 times as fast.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from medlearn.evaluation.entities import counts, entity_f1
from medlearn.evaluation.intervals import bootstrap
from medlearn.evaluation.measure import measure

WORDS = 25


def tagged(sentences: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True tags of so many `sentences`, predicted ones, and the document of each; drawn by `seed`."""
    rng = np.random.default_rng(seed)
    true = rng.choice(3, (sentences, WORDS), p=[0.92, 0.04, 0.04])
    pred = np.where(rng.random(true.shape) < 0.15, 0, true)
    return true, pred, rng.integers(0, -(-sentences // 9), sentences)


def spans(tags: np.ndarray) -> set[tuple[int, int, int]]:
    """The entities of a sentence, word by word."""
    found, begin, its = set(), None, None
    for place, tag in enumerate([*tags.tolist(), 0]):
        kind = (tag - 1) // 2 if tag else None
        if begin is not None and (kind != its or tag % 2):
            found.add((begin, place, its))
            begin = None
        if begin is None and tag:
            begin, its = place, kind
    return found


def plain(true: np.ndarray, pred: np.ndarray) -> float:
    """The F1 of all entities, by a loop over sentences."""
    right, total = 0, 0
    for one, other in zip(true, pred, strict=True):
        own, theirs = spans(one), spans(other)
        right += len(own & theirs)
        total += len(own) + len(theirs)
    return 2 * right / total


def f1_by_counts(found: np.ndarray) -> Callable[[np.ndarray], float]:
    """The F1 as a function of how often each sentence counts; `found` is what `counts` says of each."""
    right, total = 2 * found[:, 0], found[:, 1] + found[:, 2]
    return lambda times: float(times @ right / (times @ total))


@measure("F1 by counts", of="counts", low=0, high=1, reweighted=f1_by_counts)
def counted(found: np.ndarray) -> float:
    """The F1 of entities, of the counts `found` in each sentence."""
    return f1_by_counts(found)(np.ones(len(found)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sentences", type=int, default=940)
    parser.add_argument("--draws", type=int, default=2000)
    options = parser.parse_args()
    true, pred, document = tagged(options.sentences)
    how, quick = {"patient": document, "draws": options.draws}, []
    for _ in range(3):
        start = time.perf_counter()
        ours = bootstrap(counted, counts(true, pred), **how)
        quick.append(time.perf_counter() - start)
    start = time.perf_counter()
    loop = bootstrap(plain, true, pred, **how)
    slow = time.perf_counter() - start
    for end in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(ours, end), getattr(loop, end), rtol=1e-9)
    start = time.perf_counter()
    closed = entity_f1(true, pred, patient=document)
    at_once = time.perf_counter() - start
    print("| sentences | F1 | loop, s | counts, s | times as fast | without draws | s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    row = f"| {len(true):,} | {ours} | {slow:.1f} | {min(quick):.3f} | {slow / min(quick):.0f} "
    print(f"{row}| {closed} | {at_once:.4f} |")


if __name__ == "__main__":
    main()
