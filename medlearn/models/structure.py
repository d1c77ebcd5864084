"""Models of letters in their order: a label for each letter, and from one sequence to another.

Functions that return a `keras.Model`, not compiled. Letters come in as numbers, one of which fills sequences
up: 0, where nothing else is said. `masked_loss` leaves out each place whose label is below 0. Nothing here
knows a data set or how to train.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError

DILATIONS = (1, 2, 4, 1, 2, 4)
NEVER = -1e9  # a score that attention never chooses
AT_ONCE = 256  # sequences that are translated together


def masked_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """Minus the log of the probability of the true label, the mean over all places that have one.

    A place that fills up counts neither as right nor as wrong, and a long sequence counts more than a short.

    Parameters
    ----------
    y_true : the label of each place, (n, places), below 0 where there is none.
    y_pred : probabilities, (n, places, labels).

    >>> loss = masked_loss([[1, -1]], np.array([[[0.5, 0.5], [0.0, 1.0]]], "float32"))
    >>> round(float(np.exp(-float(loss))), 4)
    0.5
    """
    y_true, y_pred = ops.cast(ops.convert_to_tensor(y_true), "int32"), ops.convert_to_tensor(y_pred)
    there = ops.cast(y_true >= 0, y_pred.dtype)
    chosen = ops.one_hot(ops.maximum(y_true, 0), y_pred.shape[-1], dtype=y_pred.dtype)
    p = ops.maximum(ops.sum(chosen * y_pred, axis=-1), 1e-7)
    return -ops.sum(ops.log(p) * there) / ops.maximum(ops.sum(there), 1.0)


# A label for each letter


def structure_net(
    letters: int | ArrayLike,
    labels: int = 3,
    *,
    width: int = 96,
    dilations: Sequence[int] = DILATIONS,
    units: int = 0,
    dropout: float = 0.4,
    filling: int = 0,
    overall: bool = False,
) -> keras.Model:
    """A probability for each label of each letter, (n, letters, labels), from letters to both sides of it.

    Dilated convolutions see 14 letters to either side, recurrent nets the whole sequence; either may be left
    out. It learns by `masked_loss`.

    Parameters
    ----------
    letters : how many numbers of letters there are, that which fills up counted, or the vectors that they
        begin as, (numbers, size).
    labels : how many labels there are.
    width : channels of each convolution.
    dilations : of each convolution, how far apart the letters are that it joins; none without convolutions.
    units : the state of a recurrent net that reads forwards, and of one that reads backwards; 0 without them.
    dropout : the share of features that a training step leaves out.
    filling : the number that fills a sequence up.
    overall : whether each letter is told, after half of the convolutions, of the mean of all letters.

    >>> structure_net(22).output_shape, structure_net(22, 8, dilations=(), units=32).output_shape
    ((None, None, 3), (None, None, 8))
    """
    given = {"letters": keras.Input((None,), dtype="int32", name="letters")}
    there = ops.cast(ops.expand_dims(ops.not_equal(given["letters"], filling), -1), "float32")
    x = _vectors(letters, given["letters"]) * there
    x = layers.Dense(width, activation="relu")(layers.Dropout(dropout / 2)(x)) * there
    for number, dilation in enumerate(dilations, 1):
        z = layers.Conv1D(width, 3, padding="same", dilation_rate=dilation, activation="relu")(x)
        x = layers.LayerNormalization()(x + layers.Dropout(dropout / 2)(z)) * there
        if overall and number == (len(dilations) + 1) // 2:
            mean = ops.sum(x, 1, keepdims=True) / ops.maximum(ops.sum(there, 1, keepdims=True), 1)
            x = (x + layers.Dense(width)(layers.Dropout(dropout)(mean))) * there
    if units:
        recurrent = layers.Bidirectional(layers.GRU(units, return_sequences=True))
        x = recurrent(layers.Dropout(dropout / 2)(x), mask=there[..., 0] > 0) * there  # and no mask goes on
    p = layers.Dense(labels, activation="softmax")(layers.Dropout(dropout)(x))
    return keras.Model(given, p, name="structure_net")


def _vectors(letters: int | ArrayLike, numbers: keras.KerasTensor, size: int = 32) -> keras.KerasTensor:
    """The vector of each letter, learnt from what is given or from nothing."""
    vectors = None if np.ndim(letters) == 0 else np.asarray(letters, "float32")
    count, size = (letters, size) if vectors is None else vectors.shape
    embedding = layers.Embedding(count, size, name="vectors")
    x = embedding(numbers)
    if vectors is not None:
        embedding.set_weights([vectors])
    return x


# From one sequence to another


class Translation(NamedTuple):
    """What `translate` answers.

    Parameters
    ----------
    numbers : of the letters of each sequence, (n, most), 0 behind its end.
    ended : whether each came to its end, or was cut off there, (n,).
    """

    numbers: np.ndarray
    ended: np.ndarray


def translator(
    letters: int, targets: int, *, size: int = 32, units: int = 96, attention: bool = True
) -> keras.Model:
    """A probability for each next letter of a second sequence, (n, its letters, `targets`), from a first one.

    The encoder reads the first sequence both ways. The decoder says one letter after the other, and before
    each it is told the true one before (*teacher forcing*): the model shifts the second sequence itself, so
    that no letter is told before it is asked for. It learns by `masked_loss` of the second sequence less 1.

    Parameters
    ----------
    letters, targets : how many letters the first and the second sequence are made of, 0 not counted.
    size : of the vector of a letter.
    units : the state of each recurrent net.
    attention : whether the decoder looks, for each letter, for the places of the first sequence that matter.
        Without, it knows only the state in which the encoder ended.

    >>> translator(4, 21).output_shape
    (None, None, 21)
    """
    given = {name: keras.Input((None,), dtype="int32", name=name) for name in ("source", "target")}
    encoder = _encoder(letters + 1, size, units)
    decoder = _decoder(targets, size, units, attention=attention)
    memory, state, there = encoder(given["source"])
    told = {"memory": memory, "state": state, "there": there, "target": given["target"]}
    return keras.Model(given, decoder(_asked_by(decoder, told)), name="translator")


def _asked_by(decoder: keras.Model, told: dict) -> dict:
    """What a decoder asks of all that it could be told: without attention only the state."""
    return {name: told[name] for name in decoder.input}


def _encoder(count: int, size: int, units: int) -> keras.Model:
    """From the first sequence what is remembered of each place, the last state, and 1 where a letter is."""
    source = keras.Input((None,), dtype="int32")
    there = ops.cast(source > 0, "float32")
    is_letter = ops.expand_dims(there, -1)
    x = layers.Embedding(count, size)(source) * is_letter
    forwards = layers.GRU(units, return_sequences=True, return_state=True)
    memory, *states = layers.Bidirectional(forwards)(x, mask=there > 0)
    state = layers.Dense(units, activation="tanh")(layers.Concatenate()(states))
    return keras.Model(source, [memory * is_letter, state, there], name="encoder")


def _decoder(targets: int, size: int, units: int, *, attention: bool) -> keras.Model:
    """From what the encoder answers, and the second sequence, its next letter at each place."""
    given = {
        "state": keras.Input((units,), name="state"),
        "target": keras.Input((None,), dtype="int32", name="target"),
    }
    if attention:
        given["memory"] = keras.Input((None, 2 * units), name="memory")
        given["there"] = keras.Input((None,), name="there")
    before = ops.pad(given["target"][:, :-1], [[0, 0], [1, 0]])
    x = layers.Embedding(targets + 1, size)(before)
    x = layers.GRU(units, return_sequences=True)(x, initial_state=given["state"])
    if attention:
        keys = layers.Dense(units, use_bias=False)(given["memory"])
        scores = ops.matmul(x, ops.transpose(keys, (0, 2, 1))) / units**0.5  # (n, its letters, source's)
        scores = ops.where(ops.expand_dims(given["there"], 1) > 0, scores, NEVER)
        weights = layers.Softmax(name="attention")(scores)
        x = layers.Concatenate()([x, ops.matmul(weights, given["memory"])])
    x = layers.Dense(units, activation="relu")(x)
    return keras.Model(given, layers.Dense(targets, activation="softmax")(x), name="decoder")


def translate(model: keras.Model, source: ArrayLike, most: int, *, end: int = 1) -> Translation:
    """What a `translator` answers, each time its likeliest letter (*greedy*), until it comes to the end.

    Parameters
    ----------
    model : a `translator`.
    source : the numbers of the letters of the first sequences, (n, letters), filled up with 0.
    most : after so many letters a sequence is cut off, if it does not end before.
    end : the number of the letter that ends a sequence.

    >>> said = translate(translator(4, 3, units=8), np.ones((2, 5), int), most=4)
    >>> said.numbers.shape, said.ended.shape
    ((2, 4), (2,))
    """
    source = _checked(source, most)
    parts = [
        _translated(model, source[place : place + AT_ONCE], most, end)
        for place in range(0, len(source), AT_ONCE)
    ]
    numbers = np.concatenate(parts)
    return Translation(numbers, (numbers == end).any(1))


def _checked(source: ArrayLike, most: int) -> np.ndarray:
    source = np.asarray(source)
    if source.ndim != 2 or not source.size or source.dtype.kind not in "iu":
        raise DataError(
            f"sequences to translate are whole numbers, (n, letters), not {source.dtype} of {source.shape}"
        )
    if most < 1:
        raise DataError(f"most is how many letters an answer may have, 1 or more, not {most}")
    return source


def _translated(model: keras.Model, source: np.ndarray, most: int, end: int) -> np.ndarray:
    """The answers to some sequences, (n, most), 0 behind the end."""
    decoder, told = model.get_layer("decoder"), _encoded(model, source)
    numbers, going = np.zeros((len(source), most), np.int32), np.ones(len(source), bool)
    for place in range(most):
        told["target"] = ops.convert_to_tensor(numbers)
        p = decoder(_asked_by(decoder, told), training=False)
        numbers[going, place] = ops.convert_to_numpy(p)[going, place].argmax(-1) + 1
        going &= numbers[:, place] != end
        if not going.any():
            break
    return numbers


def _encoded(model: keras.Model, source: np.ndarray) -> dict:
    """What the decoder is told of the first sequences."""
    source = ops.convert_to_tensor(source.astype("int32"))
    answers = model.get_layer("encoder")(source, training=False)
    return dict(zip(("memory", "state", "there"), answers, strict=True))


def attention_of(model: keras.Model, source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """For each letter of the second sequences, how much each place of the first counts: (n, its, source's).

    Parameters
    ----------
    model : a `translator` with attention.
    source, target : the numbers of the letters of both, (n, letters), filled up with 0.

    >>> weights = attention_of(translator(4, 3, units=8), [[1, 2, 0]], [[2, 1]])
    >>> weights.shape, weights.sum(-1).round(3).tolist(), weights[..., 2].tolist()
    ((1, 2, 3), [[1.0, 1.0]], [[0.0, 0.0]])
    """
    decoder = model.get_layer("decoder")
    try:
        looked = keras.Model(decoder.input, decoder.get_layer("attention").output)
    except ValueError:
        raise DataError("this translator has no attention: build it with attention=True") from None
    told = _encoded(model, _checked(source, 1)) | {
        "target": ops.convert_to_tensor(np.asarray(target, "int32"))
    }
    return ops.convert_to_numpy(looked(told, training=False)).astype(float)
