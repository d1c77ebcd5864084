"""Alignments of two sequences: the best one, and the sum over all of them, which has a slope.

`best_alignment` and `best_scores` are Needleman and Wunsch's and, with `local`, Smith and Waterman's, with
gaps that cost more to open than to go on with (Gotoh). `SoftAlignment` is the same with the sum over all
alignments in place of the best, so that the scores of letters can be learnt. Nothing here knows a data set.

A pair comes as `score`, (letters of the first, letters of the second): what it is worth to put each letter of
the one under each letter of the other. All cells with the same i + j are computed at once.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from medlearn.errors import DataError

NEVER = -1e9  # what no sum of scores makes up for
PAIR, GAP_BELOW, GAP_ABOVE = range(3)  # how a path enters a cell: both letters, the first's only, the second's


class Gaps(NamedTuple):
    """What gaps cost, as numbers of 0 or less.

    Parameters
    ----------
    open : the first letter of a gap; `extend` : each further one.
    end_open, end_extend : the same before the first and behind the last letter of the other sequence.
    """

    open: float = -11.0
    extend: float = -1.0
    end_open: float = -11.0
    end_extend: float = -1.0


class Alignment(NamedTuple):
    """The best alignment of two sequences.

    Parameters
    ----------
    score : its score.
    pairs : the places of letters that stand under each other, from 0, (pairs, 2).
    """

    score: float
    pairs: np.ndarray


def best_alignment(score: np.ndarray, gaps: Gaps = Gaps(), *, local: bool = False) -> Alignment:
    """One of the best alignments; where several are as good, the one with its pairs furthest to the end.

    Parameters
    ----------
    score : of each letter of the first under each of the second, (n, m).
    gaps : what gaps cost.
    local : whether only the best piece of both is aligned.

    >>> best_alignment(np.eye(3)[[0, 2]] * 5 - 1, Gaps(-2, -1, 0, 0)).pairs.tolist()
    [[0, 0], [1, 2]]
    """
    score = _checked(score)
    cells = _filled(score[None], gaps, local=local)[0]  # (n + 1, m + 1, 3)
    if local:
        place = np.unravel_index(cells[:, :, PAIR].argmax(), cells.shape[:2])
        state = PAIR
    else:
        place, state = (score.shape[0], score.shape[1]), int(cells[-1, -1].argmax())
    best = float(cells[place][state])
    return Alignment(best, _traced(cells, score, gaps, place, state, local=local))


def best_scores(scores: np.ndarray, gaps: Gaps = Gaps(), *, local: bool = False) -> np.ndarray:
    """The score of the best alignment of each of many pairs of equal lengths, (pairs,).

    Parameters
    ----------
    scores : as for `best_alignment`, one pair after another, (pairs, n, m).
    gaps, local : as there.
    """
    cells = _filled(np.asarray(scores, float), gaps, local=local)
    return cells[..., PAIR].max((1, 2)) if local else cells[:, -1, -1].max(-1)


def _checked(score: np.ndarray) -> np.ndarray:
    score = np.asarray(score, float)
    if score.ndim != 2 or not score.size:
        raise DataError(
            f"the scores of a pair have the shape {score.shape}, but must be (letters of the first, letters "
            "of the second), one of each at least"
        )
    return score


def _filled(scores: np.ndarray, gaps: Gaps, *, local: bool) -> np.ndarray:
    """The best score of a path into each cell, by how it enters: (pairs, n + 1, m + 1, 3)."""
    pairs, n, m = scores.shape
    cells = np.full((pairs, n + 1, m + 1, 3), NEVER)
    cells[:, 0, 0, PAIR] = 0
    for diagonal in range(1, n + m + 1):
        i = np.arange(max(0, diagonal - m), min(n, diagonal) + 1)
        j = diagonal - i
        both = (i > 0) & (j > 0)
        before = cells[:, i[both] - 1, j[both] - 1].max(-1)
        if local:
            before = np.maximum(before, 0)
        cells[:, i[both], j[both], PAIR] = before + scores[:, i[both] - 1, j[both] - 1]
        for state, down, right in ((GAP_BELOW, 1, 0), (GAP_ABOVE, 0, 1)):
            some = (i >= down) & (j >= right)
            at_end = np.isin(j[some], (0, m)) if down else np.isin(i[some], (0, n))
            first = np.where(at_end, gaps.end_open, gaps.open)
            further = np.where(at_end, gaps.end_extend, gaps.extend)
            came = cells[:, i[some] - down, j[some] - right]
            begun = np.delete(came, state, axis=-1).max(-1) + first
            cells[:, i[some], j[some], state] = np.maximum(begun, came[..., state] + further)
    return cells


def _traced(cells, score, gaps, place, state, *, local) -> np.ndarray:
    """The pairs of letters on the way back from a cell."""
    (i, j), (n, m), pairs = place, score.shape, []
    while i or j:
        value = cells[i, j, state]
        if state == PAIR:
            pairs.append((i - 1, j - 1))
            rest, i, j = value - score[i - 1, j - 1], i - 1, j - 1
            if local and np.isclose(rest, 0) and cells[i, j].max() <= 0:
                break
            state = int(cells[i, j].argmax())
            continue
        down = state == GAP_BELOW
        at_end = j in (0, m) if down else i in (0, n)
        further = gaps.end_extend if at_end else gaps.extend
        i, j = (i - 1, j) if down else (i, j - 1)
        if not np.isclose(cells[i, j, state] + further, value):
            others = cells[i, j].copy()
            others[state] = NEVER
            state = int(others.argmax())
    return np.array(pairs[::-1], int).reshape(-1, 2)


# The sum over all alignments


@keras.saving.register_keras_serializable("medlearn")
class SoftAlignment(layers.Layer):
    """From scores of letters, (n, first, second), to the log of the sum of e to the score over all alignments.

    What gaps cost is learnt, and begins as `open` and `extend`; gaps at the ends cost nothing else.

    Parameters
    ----------
    open, extend : what a gap costs at first.
    """

    def __init__(self, open: float = -3.0, extend: float = -0.5, **kwargs):  # noqa: A002
        super().__init__(**kwargs)
        self.first_open, self.first_extend = open, extend

    def get_config(self):
        return super().get_config() | {"open": self.first_open, "extend": self.first_extend}

    def build(self, input_shape):
        self.gap = self.add_weight(
            shape=(2,), initializer=keras.initializers.Constant([self.first_open, self.first_extend])
        )

    def call(self, scores):
        return log_partition(scores, self.gap[0], self.gap[1])

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)


def log_partition(scores, gap_open, gap_extend):
    """The log of the sum over all global alignments of each pair, (n,).

    Parameters
    ----------
    scores : of letters, (n, first, second); lengths are fixed.
    gap_open, gap_extend : the cost of the first and of each further letter of a gap.
    """
    first, second = scores.shape[1], scores.shape[2]
    skewed = _by_diagonal(scores)  # (first + second + 1, n, first + 1)
    like = ops.zeros_like(skewed[0])  # (n, first + 1)
    never = like + NEVER
    places = np.arange(first + 1)
    begin = ops.concatenate([like[:, :1], never[:, 1:]], axis=1)  # only cell (0, 0) is begun

    def step(carry, inputs):
        (m1, x1, y1), (m2, x2, y2) = carry  # one and two diagonals before
        score, inside = inputs
        pair = _down(ops.logaddexp(ops.logaddexp(m2, x2), y2)) + score
        below = ops.logaddexp(
            _down(ops.logaddexp(m1, y1)) + gap_open, _down(x1) + gap_extend
        )  # the first's letter stands alone
        above = ops.logaddexp(ops.logaddexp(m1, x1) + gap_open, y1 + gap_extend)
        now = tuple(ops.where(inside, state, never) for state in (pair, below, above))
        return (now, (m1, x1, y1)), now

    diagonals = np.arange(1, first + second + 1)[:, None]
    inside = (places <= diagonals) & (diagonals - places <= second)  # (diagonals, first + 1)
    start = ((begin, never, never), (never, never, never))
    (last, _), _ = ops.scan(step, start, (skewed[1:], ops.convert_to_tensor(inside)))
    m, x, y = (state[:, first] for state in last)
    return ops.logaddexp(ops.logaddexp(m, x), y)


def _down(state):
    """What stood one letter of the first sequence before: (n, first + 1)."""
    return ops.concatenate([ops.full_like(state[:, :1], NEVER), state[:, :-1]], axis=1)


def _by_diagonal(scores):
    """The score of the pair that ends in cell (i, d − i), for each diagonal d and place i."""
    first, second = scores.shape[1], scores.shape[2]
    i, d = np.arange(first + 1), np.arange(first + second + 1)[:, None]
    j = d - i
    there = (i > 0) & (j > 0) & (j <= second)
    flat = np.where(there, (i - 1) * second + j - 1, 0)  # (diagonals, first + 1)
    picked = ops.take(ops.reshape(scores, (-1, first * second)), flat.ravel(), axis=1)
    picked = ops.reshape(picked, (-1, *flat.shape))
    return ops.transpose(ops.where(there, picked, NEVER), (1, 0, 2))
