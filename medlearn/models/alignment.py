"""Alignments of two sequences: the best one, and the sum over all of them, which has a slope.

`best_alignment` and `best_scores` are Needleman and Wunsch's and, with `local`, Smith and Waterman's, with
gaps that cost more to open than to go on with (Gotoh). `log_partition` is the same with a sum over all
alignments in place of the best one, so that the scores of letters can be learnt: `alignment_learner`. Nothing
here knows a data set.

A pair comes as `score`, (letters of the first, letters of the second): what it is worth to put each letter of
the one under each letter of the other. All cells with the same i + j, a diagonal, are computed at once.

What makes an alignment is which letters stand under each other. Where letters of both stand alone between two
pairs, those of the first are written before those of the second, so that the sum counts each alignment once.
The best one may also have them the other way round, which matters only where gaps at the ends cost less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError

NEVER = -1e9  # what no sum of scores makes up for
PAIR, GAP_BELOW, GAP_ABOVE = range(
    3
)  # how a path enters a cell: with both letters, the first's, the second's
AT_ONCE = 128  # pairs whose diagonals are near at hand
MOST_CELLS = 50_000_000  # of a grid that is kept whole: 1.2 GB


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


USUAL = Gaps()  # with BLOSUM62


class Alignment(NamedTuple):
    """The best alignment of two sequences.

    Parameters
    ----------
    score : its score.
    pairs : the places of letters that stand under each other, from 0, (pairs, 2).
    """

    score: float
    pairs: np.ndarray


# The best


def best_alignment(score: ArrayLike, gaps: Gaps = USUAL, *, local: bool = False) -> Alignment:
    """The best alignment; where several are as good, one that, from the end, takes a pair before a gap.

    Parameters
    ----------
    score : of each letter of the first under each of the second, (n, m).
    gaps : what gaps cost.
    local : whether only the best piece of both is aligned.

    >>> best_alignment(np.eye(3)[[0, 2]] * 5 - 1, Gaps(-2, -1, 0, 0)).pairs.tolist()
    [[0, 0], [1, 2]]
    """
    score = _checked(score, 2)
    _check_gaps(gaps)
    n, m = score.shape
    if (n + 1) * (m + 1) > MOST_CELLS:
        raise DataError(
            f"to align {n:,} letters with {m:,} would take {24e-9 * (n + 1) * (m + 1):,.1f} GB: cut them, or "
            "ask best_scores() for the score alone"
        )
    cells = _filled(score, gaps, local=local)
    place, state = (n, m), int(cells[n, m].argmax())
    if local:
        place, state = divmod(int(cells[..., PAIR].argmax()), m + 1), PAIR
    return Alignment(float(cells[place][state]), _traced(cells, gaps, place, state, local=local))


def best_scores(scores: ArrayLike, gaps: Gaps = USUAL, *, local: bool = False) -> np.ndarray:
    """The score of the best alignment of each of many pairs of equal lengths, (pairs,).

    Only two diagonals are kept, so that a single long pair takes little memory beside its scores.

    Parameters
    ----------
    scores : as for `best_alignment`, one pair after another, (pairs, n, m).
    gaps, local : as there.

    >>> best_scores(np.eye(3)[None] * 5 - 1), best_scores(-np.ones((1, 2, 2)), local=True)
    (array([12.]), array([0.]))
    """
    scores = _checked(scores, 3)
    _check_gaps(gaps)
    some = (scores[place : place + AT_ONCE] for place in range(0, len(scores), AT_ONCE))
    return np.concatenate([_best_of(these, gaps, local=local) for these in some])


def _best_of(scores: np.ndarray, gaps: Gaps, *, local: bool) -> np.ndarray:
    best = np.zeros(len(scores))
    for states in _diagonals(scores, gaps, local=local):
        if local:
            np.maximum(best, states[PAIR].max(0), out=best)
    return best if local else states[:, -1].max(0)


def _checked(scores: ArrayLike, dimensions: int) -> np.ndarray:
    scores = np.asarray(scores, float)
    if scores.ndim != dimensions or not scores.size:
        first = "(" if dimensions == 2 else "(pairs, "
        raise DataError(
            f"the scores have the shape {scores.shape}, but must be {first}letters of the first, letters of "
            "the second), with one of each or more: a sequence without a letter cannot be aligned"
        )
    if not np.isfinite(scores).all():
        raise DataError("a score is NaN or infinite: give each pair of letters a finite one")
    return scores


def _check_gaps(gaps: Gaps) -> None:
    for begins, goes_on in (gaps[:2], gaps[2:]):
        if not begins <= goes_on <= 0:
            raise DataError(
                f"gaps cost {begins:g} and then {goes_on:g}, but both must be 0 or less, and the first "
                "letter must not cost less than a further one"
            )


def _diagonals(scores: np.ndarray, gaps: Gaps, *, local: bool) -> Iterator[np.ndarray]:
    """The best score of a path into each cell of a diagonal, by how it enters: (3, cells, pairs).

    One diagonal comes after the other, its cells by how many letters of the first lie behind them. Its array
    is written over when the next one comes.
    """
    pairs, n, m = scores.shape
    scores = np.ascontiguousarray(scores.reshape(pairs, n * m).T)
    by_column, by_row = (_costs_along(gaps, size) for size in (m, n))
    last, now = np.full((2, 3, n + 1, pairs), NEVER)
    before, best = np.full((2, n + 1, pairs), NEVER)  # of the three states; before is a diagonal older
    last[PAIR, 0] = best[0] = 0
    yield last[:, :1]
    for d in range(1, n + m + 1):
        low, high = max(0, d - m), min(n, d)
        begin, end = max(low, 1), min(high, d - 1) + 1  # cells with letters of both behind them
        (pair, below, above), came = now, before[begin - 1 : end - 1]
        if local:
            np.maximum(came, 0, out=came)
        np.add(came, _on_diagonal(scores, d, m, begin, end), out=pair[begin:end])
        costs, rows = by_column[:, m - d + begin : m - d + high + 1], slice(begin - 1, high)  # turned round
        _gap(best[rows], last[GAP_BELOW, rows], costs, out=below[begin : high + 1])
        costs, rows = by_row[:, low:end], slice(low, end)
        _gap(best[rows], last[GAP_ABOVE, rows], costs, out=above[rows])
        now[:2, low:begin] = NEVER  # without a letter of the first there is no pair, and no gap below
        now[::2, end : high + 1] = NEVER  # and without one of the second no gap above
        yield now[:, low : high + 1]
        np.max(now[:, low : high + 1], axis=0, out=before[low : high + 1])
        before, best, last, now = best, before, now, last


def _on_diagonal(scores: np.ndarray, d: int, m: int, begin: int, end: int) -> np.ndarray:
    """The scores of the pairs that end in cells (i, d − i), from begin to end, of (n · m, pairs)."""
    step = max(1, m - 1)
    place = (begin - 1) * m + d - begin - 1
    return scores[place : place + step * (end - begin) : step]


def _gap(best: np.ndarray, going: np.ndarray, costs: np.ndarray, *, out: np.ndarray) -> None:
    """The best of a gap that begins and of one that is `going` on, which is written over.

    It may begin behind itself: that is worth no more than to go on.
    """
    np.add(best, costs[0], out=out)
    np.add(going, costs[1], out=going)
    np.maximum(out, going, out=out)


def _costs_along(gaps: Gaps, size: int) -> np.ndarray:
    """What the first and a further letter of a gap costs in each cell across it, (2, size + 1, 1)."""
    at_end = np.isin(np.arange(size + 1), (0, size))
    return np.stack(_costs(gaps, at_end[:, None]))


def _costs(gaps: Gaps, at_end: np.ndarray | bool) -> tuple[np.ndarray, np.ndarray]:
    """What the first and what a further letter of a gap costs."""
    return np.where(at_end, gaps.end_open, gaps.open), np.where(at_end, gaps.end_extend, gaps.extend)


def _filled(score: np.ndarray, gaps: Gaps, *, local: bool) -> np.ndarray:
    """The best score of a path into each cell of one pair, by how it enters: (n + 1, m + 1, 3)."""
    n, m = score.shape
    cells = np.empty((n + 1, m + 1, 3))
    for d, states in enumerate(_diagonals(score[None], gaps, local=local)):
        i = np.arange(max(0, d - m), min(n, d) + 1)
        cells[i, d - i] = states[..., 0].T
    return cells


def _traced(cells: np.ndarray, gaps: Gaps, place: tuple[int, int], state: int, *, local: bool) -> np.ndarray:
    """The pairs of letters on the way back from a cell, as they stand in the sequences."""
    (i, j), (n, m, _), pairs = place, cells.shape, []
    while i or j:
        if state == PAIR:
            i, j = i - 1, j - 1
            pairs.append((i, j))
            if local and cells[i, j].max() <= 0:
                break
            state = int(cells[i, j].argmax())
            continue
        at_end = j in (0, m - 1) if state == GAP_BELOW else i in (0, n - 1)
        i, j = (i - 1, j) if state == GAP_BELOW else (i, j - 1)
        first, further = _costs(gaps, at_end)
        other = GAP_ABOVE if state == GAP_BELOW else GAP_BELOW
        came = cells[i, j]
        if max(came[PAIR], came[other]) + first > came[state] + further:
            state = PAIR if came[PAIR] >= came[other] else other
    return np.array(pairs[::-1], int).reshape(-1, 2)


# The sum over all


def log_partition(
    scores: keras.KerasTensor, gap_open: float, gap_extend: float, lengths: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """The log of the sum of e to the score over all global alignments of each pair, (n,).

    Parameters
    ----------
    scores : of letters, (n, first, second); the two lengths are known when a model is built.
    gap_open, gap_extend : what the first and each further letter of a gap costs, at the ends too.
    lengths : how many letters of both are there, (n, 2), where the rest fills up; all, where not given.

    >>> log_sum = log_partition(np.zeros((1, 4, 4), "float32"), 0.0, 0.0)
    >>> round(np.exp(float(log_sum[0])))  # alignments of four letters and four, each of which counts 1
    70
    """
    scores = ops.convert_to_tensor(scores)
    first, second = scores.shape[1], scores.shape[2]
    skewed = _by_diagonal(scores)  # (first + second + 1, n, first + 1)
    like = ops.zeros_like(skewed[0])  # (n, first + 1)
    never = like + NEVER
    begin = ops.concatenate([like[:, :1], never[:, 1:]], axis=1)  # only cell (0, 0) is begun
    goes_on = _goes_on(gap_open, gap_extend)

    def step(carry, inputs):
        states, before = carry  # of the diagonal before, (3, n, first + 1), and the sum of that before it
        score, inside = inputs
        below, above, total = ops.unstack(ops.logsumexp(states + goes_on, axis=1), 3)
        pair, below = ops.unstack(_down(ops.stack([before, below])), 2)
        now = ops.where(inside, ops.stack([pair + score, below, above]), NEVER), total
        return now, now  # on TensorFlow what is kept of a step must be built like what is handed on

    diagonal, i = np.arange(1, first + second + 1)[:, None], np.arange(first + 1)
    inside = ops.convert_to_tensor((i <= diagonal) & (diagonal - i <= second))  # (diagonals, first + 1)
    _, (states, _) = ops.scan(step, (ops.stack([begin, never, never]), never), (skewed[1:], inside))
    return ops.logsumexp(_at_the_end(states, lengths, second), axis=0)


def _goes_on(gap_open: float, gap_extend: float) -> keras.KerasTensor:
    """What a letter below, one above and no gap cost after each state, (3, 3, 1, 1)."""
    first, further = (ops.convert_to_tensor(cost, "float32") for cost in (gap_open, gap_extend))
    never, free = NEVER + 0 * first, 0 * first
    costs = [first, further, never, first, first, further, free, free, free]
    return ops.reshape(ops.stack(costs), (3, 3, 1, 1))


def _down(states: keras.KerasTensor) -> keras.KerasTensor:
    """What stood one letter of the first sequence before: (…, first + 1)."""
    return ops.concatenate([ops.full_like(states[..., :1], NEVER), states[..., :-1]], axis=-1)


def _at_the_end(states: keras.KerasTensor, lengths: keras.KerasTensor | None, second: int):
    """What stands in the last cell of each pair, (3, n), from (diagonals, 3, n, first + 1)."""
    if lengths is None:
        return states[-1, :, :, -1]
    first = states.shape[3] - 1
    lengths = ops.cast(lengths, "int32")
    flat = ops.reshape(ops.transpose(states, (1, 2, 0, 3)), (3, -1, (first + second) * (first + 1)))
    last = (lengths[:, 0] + lengths[:, 1] - 1) * (first + 1) + lengths[:, 0]
    return ops.take_along_axis(flat, ops.tile(last[None, :, None], (3, 1, 1)), axis=2)[..., 0]


def _by_diagonal(scores: keras.KerasTensor) -> keras.KerasTensor:
    """The score of the pair that ends in cell (i, d − i), for each diagonal d and row i."""
    first, second = scores.shape[1], scores.shape[2]
    i, d = np.arange(first + 1), np.arange(first + second + 1)[:, None]
    j = d - i
    there = (i > 0) & (j > 0) & (j <= second)
    flat = np.where(there, (i - 1) * second + j - 1, 0)  # (diagonals, first + 1)
    picked = ops.take(ops.reshape(scores, (-1, first * second)), flat.ravel().astype("int32"), axis=1)
    picked = ops.reshape(picked, (-1, *flat.shape))
    return ops.transpose(ops.where(there, picked, NEVER), (1, 0, 2))


def posterior(score: ArrayLike, gap_open: float, gap_extend: float) -> np.ndarray:
    """How probable it is that each letter of the first stands under each of the second, (n, m).

    An alignment is as probable as e to its score, against the sum over all, which is that of `log_partition`.
    This one is for a single pair, in NumPy: forwards from the beginning, and backwards from the end.

    Parameters
    ----------
    score : of each letter of the first under each of the second, (n, m).
    gap_open, gap_extend : what the first and each further letter of a gap costs.

    >>> posterior(np.zeros((1, 1)), 0.0, 0.0).round(3)  # a pair, or each letter alone
    array([[0.5]])
    """
    score = _checked(score, 2)
    forward = _forward(score, gap_open, gap_extend)
    backward = _backward(score, gap_open, gap_extend)
    total = np.logaddexp.reduce(forward[-1, -1])
    return np.exp(forward[1:, 1:, PAIR] + backward[1:, 1:] - total)


def _forward(score: np.ndarray, begins: float, goes_on: float) -> np.ndarray:
    """The log of the sum over all paths into each cell, by how they enter: (n + 1, m + 1, 3)."""
    n, m = score.shape
    cells = np.full((n + 1, m + 1, 3), NEVER)
    cells[0, 0, PAIR] = 0
    for i, j in _places(n, m):
        if i and j:
            cells[i, j, PAIR] = np.logaddexp.reduce(cells[i - 1, j - 1]) + score[i - 1, j - 1]
        if i:
            pair, below, _ = cells[i - 1, j]
            cells[i, j, GAP_BELOW] = np.logaddexp(pair + begins, below + goes_on)
        if j:
            pair, below, above = cells[i, j - 1]
            cells[i, j, GAP_ABOVE] = np.logaddexp(np.logaddexp(pair, below) + begins, above + goes_on)
    return cells


def _backward(score: np.ndarray, begins: float, goes_on: float) -> np.ndarray:
    """The log of the sum over all ways to go on from a pair that ends in each cell: (n + 1, m + 1)."""
    n, m = score.shape
    after = np.full((n + 2, m + 2, 3), NEVER)  # from each cell, by how it was entered
    after[n, m] = 0
    for i, j in reversed([(0, 0), *_places(n, m)]):
        if (i, j) == (n, m):
            continue
        pair = after[i + 1, j + 1, PAIR] + (score[i, j] if i < n and j < m else NEVER)
        below, above = after[i + 1, j, GAP_BELOW], after[i, j + 1, GAP_ABOVE]
        after[i, j] = np.logaddexp.reduce(
            [
                [pair, below + begins, above + begins],
                [pair, below + goes_on, above + begins],
                [pair, NEVER, above + goes_on],
            ],
            axis=1,
        )
    return after[: n + 1, : m + 1, PAIR]


def _places(n: int, m: int) -> list[tuple[int, int]]:
    """All cells but the first, row by row."""
    return [(i, j) for i in range(n + 1) for j in range(m + 1) if i or j]


# Learning the scores of letters


def alignment_learner(
    start: ArrayLike,
    length: int,
    *,
    gap_open: float = -3.8,
    gap_extend: float = -0.35,
    penalty: float = 0.0,
) -> keras.Model:
    """Minus the log of the probability of a given alignment, (n,), to be made small by scores of letters.

    It takes what `filled_pairs` makes and learns by `its_output`. Scores are natural logs: half-bits, which
    BLOSUM62 has, times log(2) / 2. What gaps cost is learnt too.

    Parameters
    ----------
    start : the score of each letter under each other at first, (letters, letters).
    length : to which both sequences are filled up.
    gap_open, gap_extend : what the first and each further letter of a gap costs at first.
    penalty : what holds the scores near their start: it costs so much times the sum of squared changes.

    >>> alignment_learner(np.eye(4), 16).count_params()
    18
    """
    given = {
        "first": keras.Input((length,), dtype="int32", name="first"),
        "second": keras.Input((length,), dtype="int32", name="second"),
        "lengths": keras.Input((2,), dtype="int32", name="lengths"),
        "pairs": keras.Input((length, length), name="pairs"),
        "gaps": keras.Input((2,), name="gaps"),
    }
    scores = LetterScores(start, penalty=penalty, name="letters")([given["first"], given["second"]])
    soft = SoftAlignment(gap_open, gap_extend, name="soft")
    log_p = soft([scores, *(given[name] for name in ("lengths", "pairs", "gaps"))])
    return keras.Model(given, -log_p, name="alignment_learner")


def its_output(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """The loss of a model whose output `y_pred` is what is to be made small; `y_true` may be anything."""
    return ops.mean(y_pred)


def learnt_scores(model: keras.Model) -> np.ndarray:
    """The scores of letters that an `alignment_learner`, `model`, has come to: (letters, letters)."""
    layer = model.get_layer("letters")
    return ops.convert_to_numpy(layer.table()).astype(float)


@keras.saving.register_keras_serializable("medlearn")
class LetterScores(layers.Layer):
    """From the letters of two sequences, (n, first) and (n, second), to their scores, (n, first, second).

    Parameters
    ----------
    start : the score of each letter under each other at first, (letters, letters).
    penalty : times the sum of squared changes, it is added to the loss.
    kwargs : what every layer takes, such as its name.
    """

    def __init__(self, start: ArrayLike, *, penalty: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.start, self.penalty = np.asarray(start, "float32"), penalty
        if self.start.ndim != 2 or not np.array_equal(self.start, self.start.T):
            raise DataError(
                "scores of letters are a table that is the same both ways, (letters, letters): take the mean "
                "of yours and its transpose"
            )

    def get_config(self):
        return super().get_config() | {"start": self.start.tolist(), "penalty": self.penalty}

    def build(self, input_shape):
        self.change = self.add_weight(
            shape=self.start.shape,
            initializer="zeros",
            regularizer=keras.regularizers.L2(self.penalty),
            name="change",
        )

    def table(self) -> keras.KerasTensor:
        """The scores of letters as they are now, the same both ways."""
        change = ops.convert_to_tensor(self.change)
        return ops.convert_to_tensor(self.start) + (change + ops.transpose(change)) / 2

    def call(self, inputs):
        first, second = (ops.one_hot(one, len(self.start)) for one in inputs)
        return ops.matmul(ops.matmul(first, self.table()), ops.transpose(second, (0, 2, 1)))

    def compute_output_shape(self, input_shape):
        (n, first), (_, second) = input_shape
        return (n, first, second)


@keras.saving.register_keras_serializable("medlearn")
class SoftAlignment(layers.Layer):
    """The log of the probability of an alignment among all: its score, less `log_partition`, (n,).

    It takes a list: scores of letters, (n, first, second); how many letters are there, (n, 2); 1 where a pair
    of letters stands in the alignment, (n, first, second); and how many letters begin a gap and how many go
    on with one, (n, 2). What gaps cost is learnt.

    Parameters
    ----------
    gap_open, gap_extend : what the first and each further letter of a gap costs at first.
    kwargs : what every layer takes, such as its name.
    """

    def __init__(self, gap_open: float = -3.8, gap_extend: float = -0.35, **kwargs):
        super().__init__(**kwargs)
        self.gap_open, self.gap_extend = gap_open, gap_extend

    def get_config(self):
        return super().get_config() | {"gap_open": self.gap_open, "gap_extend": self.gap_extend}

    def build(self, input_shape):
        begin = keras.initializers.Constant(np.array([self.gap_open, self.gap_extend], "float32"))
        self.gap = self.add_weight(shape=(2,), initializer=begin, name="gap")

    def call(self, inputs):
        scores, lengths, pairs, gaps = inputs
        gap = ops.convert_to_tensor(self.gap)
        of_it = ops.sum(scores * pairs, axis=(1, 2)) + ops.sum(gaps * gap, axis=1)
        return of_it - log_partition(scores, gap[0], gap[1], lengths)

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0],)


def filled_pairs(
    first: Sequence[ArrayLike], second: Sequence[ArrayLike], pairs: Sequence[ArrayLike], length: int
) -> dict[str, np.ndarray]:
    """Aligned pairs of sequences as an `alignment_learner` takes them, filled up to `length`.

    Parameters
    ----------
    first, second : the number of each letter, from 0, of the sequences of each pair.
    pairs : the places of letters that stand under each other, (k, 2) of each.
    length : to which both are filled up.

    >>> given = filled_pairs([[5, 2, 3]], [[5, 3]], [[(0, 0), (2, 1)]], 4)
    >>> given["second"][0].tolist(), given["gaps"][0].tolist()
    ([5, 3, 0, 0], [1.0, 0.0])
    """
    count = len(first)
    lengths = np.array([[len(one), len(other)] for one, other in zip(first, second, strict=True)])
    if not count or lengths.max() > length or lengths.min() < 1:
        raise DataError(
            f"sequences to align need 1 to {length} letters each, and there must be one pair: cut longer ones"
        )
    given = {name: np.zeros((count, length), np.int32) for name in ("first", "second")}
    there, gaps = np.zeros((count, length, length), np.float32), np.zeros((count, 2), np.float32)
    for case, its in enumerate(pairs):
        its = np.asarray(its, int).reshape(-1, 2)
        for name, letters in (("first", first[case]), ("second", second[case])):
            given[name][case, : len(letters)] = letters
        there[case, its[:, 0], its[:, 1]] = 1
        gaps[case] = _gap_letters(its, lengths[case])
    return given | {"lengths": lengths.astype(np.int32), "pairs": there, "gaps": gaps}


def _gap_letters(pairs: np.ndarray, lengths: np.ndarray) -> tuple[int, int]:
    """How many letters begin a gap, and how many go on with one."""
    alone = np.diff(np.concatenate([[(-1, -1)], pairs, [lengths]]), axis=0) - 1  # of both, between two pairs
    if (alone < 0).any():
        raise DataError("the pairs of an alignment must rise in both sequences, and stand within both")
    begun = np.count_nonzero(alone)
    return begun, int(alone.sum()) - begun
