"""A conditional random field: which tags follow which, learnt and decoded over whole sentences.

`CRF` turns a score for each tag of each word into a score for each pair of neighbouring tags, `crf_loss` is
minus the log-likelihood of the true path, and `best_path` finds the best one. Nothing here knows a data set
or how to train.

Scores of pairs are (…, words, tags, tags): at [t, i, j] stands what it is worth that word t has tag j after
word t − 1 had tag i. Before the first word stands tag 0, O.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError

NEVER = -1e4  # a score that no sum of others makes up for; −inf would have no slope
MOST_WORDS = 4096  # of a sentence whose length is not known when the model is built


@keras.saving.register_keras_serializable("medlearn")
class CRF(layers.Layer):
    """From scores of tags, (n, words, tags), to scores of pairs of tags, (n, words, tags, tags).

    The score of a pair is that of the later tag plus a weight of the pair, learnt and at first 0.
    """

    supports_masking = True

    def build(self, input_shape):
        tags = input_shape[-1]
        self.transition = self.add_weight(shape=(tags, tags), initializer="zeros", name="transition")

    def call(self, emissions):
        return emissions[:, :, None, :] + self.transition

    def compute_mask(self, inputs, previous_mask=None):
        return None  # what fills up has no tag, and the loss sees that

    def compute_output_shape(self, input_shape):
        return (*input_shape, input_shape[-1])


def crf_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """Minus the log of the probability of the true tags of each sentence: (n,).

    Parameters
    ----------
    y_true : the tags, (n, words), −1 where a sentence is filled up.
    y_pred : scores of pairs, (n, words, tags, tags).

    >>> loss = crf_loss([[1, 0, -1]], np.zeros((1, 3, 2, 2), "float32"))  # four paths are alike
    >>> round(float(np.exp(-float(loss[0]))), 4)
    0.25
    """
    y_true, scores = ops.cast(ops.convert_to_tensor(y_true), "int32"), ops.convert_to_tensor(y_pred)
    tags, there = scores.shape[-1], y_true >= 0
    tag = ops.maximum(y_true, 0)
    before = ops.pad(tag[:, :-1], [[0, 0], [1, 0]])
    pairs = ops.reshape(scores, (*ops.shape(scores)[:2], tags * tags))
    chosen = ops.one_hot(before * tags + tag, tags * tags, dtype=scores.dtype)
    of_path = ops.sum(ops.where(there[..., None], chosen * pairs, 0.0), axis=(1, 2))
    return _log_sum(scores, there) - of_path


def _log_sum(scores: keras.KerasTensor, there: keras.KerasTensor) -> keras.KerasTensor:
    """The log of the sum over all paths, of the exponential of their scores: (n,).

    Two words' pairs become one pair, as matrices are multiplied, with + for · and log-sum-exp for +. So each
    step halves the sentence, and what fills it up, the matrix that changes nothing, may stand anywhere.
    """
    tags = scores.shape[-1]
    nothing = ops.convert_to_tensor(np.where(np.eye(tags), 0, NEVER).astype("float32"))
    pairs = ops.where(there[..., None, None], scores, nothing)
    filling = ops.zeros_like(pairs[:, :1]) + nothing
    for _ in range(((scores.shape[1] or MOST_WORDS) - 1).bit_length()):
        later = ops.concatenate([pairs, filling], axis=1)[:, 1::2]
        pairs = ops.logsumexp(pairs[:, ::2, :, :, None] + later[:, :, None], axis=-2)
    whole = ops.reshape(pairs, (ops.shape(scores)[0], tags, tags))  # more than MOST_WORDS fail here
    return ops.logsumexp(whole[:, 0], axis=-1)


# The same for one sentence, in NumPy


def log_partition(scores: ArrayLike) -> float:
    """The log of the sum over all paths of a sentence, of the exponential of their scores.

    `scores` are those of pairs, (words, tags, tags).

    >>> round(np.exp(log_partition(np.zeros((3, 2, 2)))))  # paths, each of which counts 1
    8
    """
    scores = _checked(scores)
    total = scores[0, 0]
    for step in scores[1:]:
        total = np.logaddexp.reduce(total[:, None] + step, axis=0)
    return float(np.logaddexp.reduce(total))


def best_path(
    scores: ArrayLike, length: int | None = None, *, allowed: ArrayLike | None = None
) -> np.ndarray:
    """The path with the best score, by Viterbi's algorithm: a tag a word.

    Parameters
    ----------
    scores : those of pairs, (words, tags, tags).
    length : how many of the words are there, where the rest fills the sentence up.
    allowed : whether tag j may follow tag i, (tags, tags); all, where it is not given.

    >>> emissions = np.array([[0, 2.0, 3.0], [0, 1.0, 2.0]])
    >>> scores = emissions[:, None] + np.zeros((3, 3))
    >>> best_path(scores).tolist(), best_path(scores, allowed=iob_pairs(3)).tolist()
    ([2, 2], [1, 2])
    """
    scores = _checked(scores)[:length]
    if allowed is not None:
        scores = np.where(allowed, scores, scores + NEVER)
    best, came = scores[0, 0], np.zeros((len(scores), scores.shape[-1]), int)
    for place, step in enumerate(scores[1:], start=1):
        reached = best[:, None] + step
        came[place], best = reached.argmax(0), reached.max(0)
    path = [int(best.argmax())]
    for before in came[:0:-1]:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def iob_pairs(tags: int) -> np.ndarray:
    """Whether a tag may follow another, (tags, tags): inside an entity only what began with the same type.

    `tags` is their number: 0 is O, and each type has two more, B and I.

    >>> iob_pairs(3).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1], [1, 1, 1]]
    """
    if tags < 3 or tags % 2 == 0:
        raise DataError(f"there are 3 tags or 5, 7 …: O, and B and I of each type; not {tags}")
    tag = np.arange(tags)
    inside = (tag > 0) & (tag % 2 == 0)
    return ~inside | ((tag[:, None] + 1) // 2 == (tag + 1) // 2)


def _checked(scores: ArrayLike) -> np.ndarray:
    scores = np.asarray(scores, float)
    if scores.ndim != 3 or not len(scores) or scores.shape[1] != scores.shape[2]:
        raise DataError(
            f"scores of pairs are (words, tags, tags), of one word or more, not {scores.shape}: give one "
            "sentence at a time"
        )
    return scores
