"""Models of text: which words belong to an entity, and what a whole text says.

Functions that return a `keras.Model`, not compiled. Words and letters come in as numbers, 0 where a text is
filled up, as `medlearn.features.text` makes them; `Batches` fills up and puts what is equally long together.
Nothing here knows a data set or how to train.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.models.blocks import head
from medlearn.models.crf import CRF

STEP = 16  # sentences are filled up to a multiple: what compiles a model does so for each length it meets
DILATIONS = (1, 2, 4, 1, 2, 4)


def tagger(
    words: int | ArrayLike,
    letters: int,
    tags: int,
    *,
    width: int = 200,
    dilations: Sequence[int] = DILATIONS,
    dropout: float = 0.5,
) -> keras.Model:
    """From words and their letters the scores of pairs of tags, (n, words, tags, tags); see `CRF`.

    A word is its vector beside what a convolution finds in its letters. Dilated convolutions follow, which
    see 14 words to either side (Strubell et al. 2017, arXiv 1702.02098). It learns by `crf_loss`.

    Parameters
    ----------
    words : how many numbers of words there are, or the vectors that they begin as, (numbers, size).
    letters : how many numbers of letters there are.
    tags : how many tags there are.
    width : channels of each convolution.
    dilations : of each, how far apart the words are that it joins.
    dropout : the share of features that a training step leaves out before the first and the last layer.

    >>> tagger(50, 20, tags=3).output_shape
    (None, None, 3, 3)
    """
    given, x, there = _words_and_letters(words, letters)
    x = layers.Dense(width, activation="relu")(layers.Dropout(dropout)(x)) * there
    for dilation in dilations:
        z = layers.Conv1D(width, 3, padding="same", dilation_rate=dilation, activation="relu")(x)
        x = layers.LayerNormalization()(x + layers.Dropout(dropout / 2)(z)) * there
    emissions = layers.Dense(tags)(layers.Dropout(dropout)(x))
    return keras.Model(given, CRF(name="crf")(emissions), name="tagger")


def bilstm_tagger(
    words: int | ArrayLike, letters: int, tags: int, *, units: int = 100, dropout: float = 0.5
) -> keras.Model:
    """The same from recurrent nets, one that reads forwards and one that reads backwards.

    Parameters
    ----------
    words, letters, tags, dropout : as for `tagger`.
    units : the state of each of the two (Ma and Hovy 2016, arXiv 1603.01354).

    >>> bilstm_tagger(50, 20, tags=5).output_shape
    (None, None, 5, 5)
    """
    given, x, there = _words_and_letters(words, letters)
    recurrent = layers.Bidirectional(layers.LSTM(units, return_sequences=True))
    x = recurrent(layers.Dropout(dropout)(x), mask=there[..., 0] > 0)
    emissions = layers.Dense(tags)(layers.Dropout(dropout)(x))
    return keras.Model(given, CRF(name="crf")(emissions), name="bilstm_tagger")


def text_classifier(
    words: int, classes: int = 2, *, size: int = 64, width: int = 64, kernel: int = 3, dropout: float = 0.5
) -> keras.Model:
    """What a text says, from a convolution over it: of each feature the strongest place counts.

    Parameters
    ----------
    words : how many numbers of words there are, or of letters, where the text is read by these.
    classes : two or more.
    size : of the vector of a word.
    width : how many features are looked for.
    kernel : how many words, or letters, a feature sees at once.
    dropout : the share of features that a training step leaves out, before the convolution and behind it.

    >>> text_classifier(500).output_shape, text_classifier(500, classes=5).output_shape
    ((None, 1), (None, 5))
    """
    text = keras.Input((None,), dtype="int32")
    there = ops.cast(ops.expand_dims(text > 0, -1), "float32")
    x = layers.Dropout(dropout)(layers.Embedding(words, size)(text)) * there
    x = layers.Conv1D(width, kernel, padding="same", activation="relu")(x) * there
    x = layers.Dropout(dropout)(layers.GlobalMaxPooling1D()(x))
    return keras.Model(text, head(x, classes), name="text_classifier")


def _words_and_letters(
    words: int | ArrayLike, letters: int, *, size: int = 100, seen: int = 50
) -> tuple[dict[str, keras.KerasTensor], keras.KerasTensor, keras.KerasTensor]:
    """What goes in, the features of each word, and 1 where there is a word."""
    given = {
        "words": keras.Input((None,), dtype="int32", name="words"),
        "letters": keras.Input((None, None), dtype="int32", name="letters"),
    }
    vectors = None if np.ndim(words) == 0 else np.asarray(words, "float32")
    count, size = (words, size) if vectors is None else vectors.shape
    embedding = layers.Embedding(count, size, name="vectors")
    word = embedding(given["words"])
    if vectors is not None:
        embedding.set_weights([vectors])
    letter = layers.Embedding(letters, 25)(given["letters"])  # (n, words, letters, 25)
    letter = layers.Conv2D(seen, (1, 3), padding="same", activation="relu")(letter)
    there = ops.cast(ops.expand_dims(given["words"] > 0, -1), "float32")
    return given, layers.Concatenate()([word, ops.max(letter, axis=2)]), there


# Sentences of any length


def filled_up(
    x: Sequence[Mapping[str, np.ndarray]], y: Sequence[np.ndarray] | None = None, *, least: int = STEP
) -> dict[str, np.ndarray] | tuple[dict[str, np.ndarray], np.ndarray]:
    """Sentences as arrays of one size: filled up with 0 to the longest, rounded up to a multiple of STEP.

    Parameters
    ----------
    x : the arrays of each sentence, with a row a word.
    y : the tags of each, filled up with −1; where they are given, both are answered.
    least : the size of the arrays, where all sentences are shorter.

    >>> given, tags = filled_up([{"words": np.array([5, 2, 3])}], [np.array([0, 1, 2])])
    >>> given["words"].shape, tags[0, :5].tolist()
    ((1, 16), [0, 1, 2, -1, -1])
    """
    x = [*x]
    if not x:
        raise DataError("filled_up() needs at least one sentence")
    given = {name: _stacked([one[name] for one in x], 0, least) for name in x[0]}
    return given if y is None else (given, _stacked([*y], -1, least))


def _stacked(rows: Sequence[np.ndarray], filling: int, least: int) -> np.ndarray:
    longest = max(least, -(-max(map(len, rows)) // STEP) * STEP)
    stacked = np.full((len(rows), longest, *rows[0].shape[1:]), filling, np.int32)
    for place, row in zip(stacked, rows, strict=True):
        place[: len(row)] = row
    return stacked


class Batches(keras.utils.PyDataset):
    """Sentences about equally long together, so that little is filled up, in another order each epoch.

    Parameters
    ----------
    x, y : the arrays and the tags of each sentence, as `filled_up` takes them.
    size : how many sentences are in a batch.
    seed : of the order.
    """

    def __init__(
        self,
        x: Sequence[Mapping[str, np.ndarray]],
        y: Sequence[np.ndarray],
        *,
        size: int = 32,
        seed: int = 0,
    ):
        super().__init__()
        self.x, self.y, self.size = [*x], [*y], size
        if not self.x or len(self.x) != len(self.y):
            raise DataError(
                f"batches need one sentence or more, each with its tags, not {len(self.x)} and {len(self.y)}"
            )
        self.counts, self.rng = np.array([*map(len, self.y)]), np.random.default_rng(seed)
        self.lengths = np.maximum(1, -(-self.counts // STEP)) * STEP  # filled up
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        nearly = self.counts + self.rng.uniform(0, STEP / 2, len(self.counts))
        batches = np.split(np.argsort(nearly), range(self.size, len(nearly), self.size))
        self.batches = [batches[number] for number in self.rng.permutation(len(batches))]
        self.least = [int(self.lengths[batch].max()) for batch in self.batches]
        if len(batches) > 1 and np.ptp(self.lengths):
            self._tell_two_lengths()

    def _tell_two_lengths(self) -> None:
        """Keras takes a length that the first two batches share for that of all, in all epochs."""
        other = next((place for place, least in enumerate(self.least) if least != self.least[0]), None)
        if other is None:
            self.least[1] += STEP
            return
        for each in (self.batches, self.least):
            each[1], each[other] = each[other], each[1]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        batch = self.batches[index]
        x, y = ([each[case] for case in batch] for each in (self.x, self.y))
        return filled_up(x, y, least=self.least[index])
