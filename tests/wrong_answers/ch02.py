"""Wrong answers that readers give in chapter 2, and a few words of what each is told."""

import os
from pathlib import Path

import keras
import numpy as np
from keras import layers

from medlearn.data.images import read_image


def fields_without_product(layers):
    sees, step = 1, 1
    for kernel, stride in layers:
        sees += (kernel - 1) * step
        step = stride
    return sees


def most_errors(y_true, y_score):
    return np.bincount(y_true[y_true != y_score.argmax(1)], minlength=8).argmax()


def lowest_ppv(y_true, y_score):
    y_pred = y_score.argmax(1)
    return np.argmin([np.mean(y_true[y_pred == kind] == kind) for kind in range(8)])


def mean_far_away(reference, weeks):
    return next((n for n, s in enumerate(weeks) if abs(s.mean() - reference.mean()) > 0.1), -1)


def mean_a_little_away(reference, weeks):
    return next((n for n, s in enumerate(weeks) if abs(s.mean() - reference.mean()) > 0.02), -1)


def network(*between, shape=(28, 28, 1), end=1):
    return keras.Sequential([keras.Input(shape), *between, layers.Dense(end, activation="sigmoid")])


def three(first, *, channels=8, mean=layers.GlobalAveragePooling2D):
    return [first, *(layers.Conv2D(channels, 3) for _ in range(2)), mean()]


WIDE = layers.Conv2D(8, 8, strides=4)


def courses(width):
    """The course's network, not trained."""

    def conv(x, channels, kernel=3, strides=1):
        x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    inputs = keras.Input((28, 28, 1))
    x = conv(inputs, width, kernel=4, strides=2)
    x = layers.AveragePooling2D(2)(conv(conv(x, 2 * width), 2 * width))
    x = layers.GlobalAveragePooling2D()(conv(conv(x, 4 * width), 4 * width))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def files_of(folder, ending="png"):
    return sorted(Path(folder).glob(f"*.{ending}"))


def read_all(folder):
    return np.stack([read_image(file, pixels=28) for file in files_of(folder)])


def mixed_up(model, folder):
    names = [file.name for file in files_of(folder)]
    return dict(zip(names[::-1], model.predict(read_all(folder)).ravel(), strict=True))


def scaled_twice(model, folder):
    names = [file.name for file in files_of(folder)]
    return dict(zip(names, model.predict(read_all(folder) / 255).ravel(), strict=True))


def one_by_one(model, folder):
    return {file.name: model.predict(read_image(file, pixels=28)) for file in files_of(folder)}


def all_files(model, folder):
    return {name: 0.5 for name in os.listdir(folder)}


WRONG = {
    "q1": [
        ([[-36, -36], [-27, -27]], "turned around"),
        ([[36, 27], [36, 27]], "wrong places"),
        ([[4, 4], [3, 3]], "their mean"),
        (np.zeros((4, 4)), "hang over the edge"),
        (36, "in 2 × 2 places"),
        ([[1, 2], [3, 4]], "upper left corner"),
        ("edge", "grid of numbers"),
    ],
    "q2": [
        (1152, "also has a bias"),
        (160, "all 8 channels"),
        (1280, "One bias a kernel"),
        (1168 * 784, "at every place"),
        (900, "Count the numbers in one kernel"),
    ],
    "q3": [
        (lambda layers: sum(kernel for kernel, stride in layers), "less than 6"),
        (lambda layers: np.prod([kernel for kernel, stride in layers]), "do not multiply"),
        (lambda layers: 1 + sum(kernel - 1 for kernel, stride in layers), "counts double"),
        (fields_without_product, "Steps multiply"),
        (lambda layers: 3, "One 5 × 5 layer"),
        (8, "the function itself"),
    ],
    "q4": [
        (three(WIDE), "keras.Sequential"),
        (keras.Sequential(three(layers.Conv2D(8, 3))), "begin with keras.Input"),
        (network(*three(layers.Conv2D(8, 3)), shape=(64, 64, 1)), "yours takes (64, 64, 1)"),
        (network(*three(layers.Conv2D(8, 3), mean=layers.Flatten)), "Without Flatten"),
        (network(layers.Conv2D(8, 3), layers.GlobalAveragePooling2D()), "yours has 1"),
        (network(*three(WIDE), end=2), "Dense(1"),
        (network(*three(layers.Conv2D(8, 3))), "sees 7 pixels"),
        (network(*three(WIDE, channels=128)), "fewer channels"),
        (
            keras.Sequential([keras.Input((28, 28, 1)), *three(WIDE, channels=4), layers.Dense(1)]),
            "probability",
        ),
    ],
    "q5": [
        ({"A", "B", "C", "F"}, "Alteration B is not allowed: the heart"),
        ("ACDF", "Alteration D is not allowed: no chest X-ray is read"),
        ("ACEF", "Alteration E is not allowed: the test images"),
        ("ACFG", "Alteration G is not allowed: what is cut away"),
        ({"A", "F"}, "Look again at alteration C: exposures differ"),
        ({"H"}, "no alteration H"),
        (3, "Give the letters"),
    ],
    "q6": [
        (np.zeros(140), "trained model itself"),
        (courses(8), "width of 8 that we had"),
        (courses(16), "yours has"),
        (courses(4), "train it first"),
    ],
    "q7": [
        (lambda reference, weeks: 0, "before anything changed"),
        (mean_far_away, "towards the middle"),
        (mean_a_little_away, "weeks differ by chance"),
        (lambda reference, weeks: -1, "though the scores rose"),
        (lambda reference, weeks: 19, "you find week 19"),
    ],
    "q8": [
        (lambda y: {k: np.mean(y == k) for k in range(3)}, "common class still"),
        (lambda y: {k: 1 / np.sum(y == k) for k in range(3)}, "weigh 3 together"),
        (lambda y: {0: 1, 1: 2, 2: 3}, "should weigh the same"),
        (lambda y: [1, 2, 6], "Return a dictionary"),
    ],
    "q9": [
        (lambda model, folder: [0.1, 0.2], "Return a dictionary"),
        (all_files, "no X-ray"),
        (lambda model, folder: {"a12.png": 0.3}, "holds 4 X-rays"),
        (mixed_up, "wrong names"),
        (scaled_twice, "0 to 255"),
        (one_by_one, "(n, 28, 28, 1)"),
        (lambda model, folder: {file.name: 0.5 for file in files_of(folder)}, "not those of the files"),
    ],
    "q10": [
        (lambda y, s: np.argmin(np.bincount(y)), "the rarest"),
        (most_errors, "count errors in proportion"),
        (lowest_ppv, "lowest PPV"),
        (lambda y, s: 7, "of another, fewer"),
        (lambda y, s: s.argmax(1), "one kind"),
    ],
}
