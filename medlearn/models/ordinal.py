"""Models whose answer is a grade: classes in an order, of which neighbours are alike.

The net gives one score a picture; ordered thresholds cut it into grades (cumulative logits, or proportional
odds: McCullagh, J R Stat Soc B 42:109, 1980). Nothing here knows a data set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from medlearn.errors import DataError
from medlearn.models.cnn import course_net

SHARP = 5.0  # log-odds a unit of the score, so that a few hundred steps bring thresholds to their place


def ordinal_net(shape: tuple[int, int, int] = (28, 28, 3), grades: int = 5, **options: float) -> keras.Model:
    """`cnn.course_net` up to its features, then one score and thresholds: a probability a grade.

    Parameters
    ----------
    shape : (height, width, channels) of an image.
    grades : how many there are.
    options : the `width` and `dropout` of `course_net`.

    >>> ordinal_net((28, 28, 3), 5).output_shape
    (None, 5)
    """
    body = course_net(shape, grades, **options)
    score = layers.Dense(1, use_bias=False, name="score")(body.layers[-1].input)
    return keras.Model(body.input, Thresholds(grades)(score), name="ordinal_net")


@keras.saving.register_keras_serializable("medlearn")
class Thresholds(layers.Layer):
    """Probabilities of `grades` from one score a case: (n, 1) in, (n, grades) out.

    The chance of a grade above k is the sigmoid of the score less the k-th threshold. Each threshold is the
    one before and a step, which is made positive; so they cannot change places, and each grade has a chance.

    Parameters
    ----------
    grades : how many there are.
    options : see `keras.layers.Layer`.

    >>> layer = Thresholds(3)
    >>> tuple(layer(ops.zeros((2, 1))).shape)
    (2, 3)
    """

    def __init__(self, grades: int, **options: object):
        if grades < 3:
            raise DataError(
                f"grades are three or more, not {grades}: two are classes, for which there is course_net"
            )
        super().__init__(**options)
        self.grades = grades

    def build(self, shape):
        first = keras.initializers.Constant(-0.5)
        self.first = self.add_weight(shape=(1,), initializer=first, name="first")
        self.steps = self.add_weight(
            shape=(self.grades - 2,), initializer=keras.initializers.Constant(-1.0), name="steps"
        )

    def call(self, score):
        at = ops.concatenate([self.first, ops.softplus(self.steps)])
        above = ops.sigmoid(SHARP * (score - ops.cumsum(at)))  # (n, grades - 1)
        one, none = ops.ones_like(score), ops.zeros_like(score)
        return ops.concatenate([one, above], axis=1) - ops.concatenate([above, none], axis=1)

    def get_config(self):
        return super().get_config() | {"grades": self.grades}
