"""Wrong answers that readers give in chapter 12, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers


def net(*between, shape=(64, 64, 1)):
    return keras.Sequential([keras.Input(shape), *between])


def without_handing_across():
    return net(
        layers.Conv2D(8, 3, padding="same"),
        layers.MaxPooling2D(2),
        layers.UpSampling2D(2),
        layers.Conv2D(1, 1, activation="sigmoid"),
    )


def handed_across(width, end):
    inputs = keras.Input((64, 64, 1))
    seen = layers.Conv2D(width, 3, padding="same")(inputs)
    x = layers.Conv2D(2 * width, 3, padding="same")(layers.MaxPooling2D(2)(seen))
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), seen])
    return keras.Model(inputs, layers.Conv2D(1, 1, activation=end)(x))


def without_the_one(y_true, y_pred):
    with np.errstate(invalid="ignore"):
        return 1 - 2 * np.sum(y_true * y_pred) / (np.sum(y_true) + np.sum(y_pred))


def not_from_one(y_true, y_pred):
    return (2 * np.sum(y_true * y_pred) + 1) / (np.sum(y_true) + np.sum(y_pred) + 1)


def counted_once(y_true, y_pred):
    return 1 - (np.sum(y_true * y_pred) + 1) / (np.sum(y_true) + np.sum(y_pred) + 1)


WRONG = {
    "q1": [
        (1 / 3, "That is the IoU"),
        (0.96, "background is counted"),
        (0.4, "the PPV"),
        (2 / 3, "sensitivity"),
    ],
    "q2": [
        (lambda dice: 2 * dice / (1 + dice), "the way back"),
        (lambda dice: dice / 2, "not half of it"),
        (lambda dice: dice**2, "the IoU is 0.667"),
    ],
    "q3": [(0.5, "match nothing count as well"), (0.4, "F1 of the objects"), (1 / 3, "was missed counts")],
    "q4": [
        (without_handing_across(), "Nothing is handed across"),
        (net(layers.Conv2D(1, 3, padding="same", activation="sigmoid")), "It never pools"),
        (net(layers.Conv2D(8, 3), layers.MaxPooling2D(2)), "double what was pooled"),
        (handed_across(64, "sigmoid"), "fewer channels"),
        (handed_across(4, None), "end with a sigmoid"),
        (42, "a Keras model"),
    ],
    "q5": [
        (without_the_one, "add 1 above and below"),
        (not_from_one, "take it from 1"),
        (counted_once, "counts twice"),
    ],
    "q6": [(2, "in voxels"), (5.7, "not 95 % of it"), (12, "not added")],
    "q7": [
        (lambda labels, sides: np.count_nonzero(labels) / 1000, "not 1 mm³"),
        (lambda labels, sides: np.count_nonzero(labels) * np.prod(sides), "in mm³"),
        (lambda labels, sides: np.sum(labels == 1) * np.prod(sides) / 1000, "anterior part alone"),
        (lambda labels, sides: np.sum(labels) * np.prod(sides) / 1000, "counts twice"),
    ],
    "q8": [("C", "Split C stands"), ("A", "Look again at split B"), ("ABD", "Split D stands")],
}
