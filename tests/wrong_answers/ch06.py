"""Wrong answers that readers give in chapter 6, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers

from medlearn.exercises.ch06 import mend_the_model, your_films


def epoch_from_zero(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        if epoch - best >= patience:
            break
    return best


def last_epoch(losses, patience):
    best = np.argmin(losses[:patience])
    return best + 1 + patience


def last_best(losses, patience):
    return 1 + int(np.argmin(losses))


def first_rise(losses, patience):
    return next((k for k in range(1, len(losses)) if losses[k] > losses[k - 1]), len(losses))


def scale_all(x_train, x_test):
    both = np.vstack([x_train, x_test])
    return (x_train - both.mean(0)) / both.std(0), (x_test - both.mean(0)) / both.std(0)


def scale_each(x_train, x_test):
    return tuple((part - part.mean(0)) / part.std(0) for part in (x_train, x_test))


def scale_flat(x_train, x_test):
    return tuple((part - x_train.mean()) / x_train.std() for part in (x_train, x_test))


def same_mean(train, test):
    return np.isin(test.mean((1, 2)), train.mean((1, 2)))


def copies_in_test(train, test):
    films = [film.tobytes() for film in test]
    return np.array([films.count(film) > 1 or film in {t.tobytes() for t in train} for film in films])


def near_copies(train, test):
    return np.array([(train == film).mean((1, 2)).max() > 0.9 for film in test])


L2 = keras.regularizers.L2(0.01)


def model_of(*middle, bias=None, kernel=L2):
    return keras.Sequential(
        [
            keras.Input((14, 14, 1)),
            *middle[:1],
            layers.Flatten(),
            layers.Dense(64, activation="relu", kernel_regularizer=kernel, bias_regularizer=bias),
            *middle[1:2],
            layers.Dense(1, activation="sigmoid"),
            *middle[2:],
        ]
    )


def as_it_is():
    return layers.Activation("linear")


def watching(monitor="val_loss", patience=8, best=True):
    return keras.callbacks.EarlyStopping(monitor=monitor, patience=patience, restore_best_weights=best)


def weighted_sum(times, *, activation="sigmoid", outputs=1):
    """A model of one layer whose weights are the differences of the class means, times a number."""
    x, y, *_ = your_films()
    scale = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False)
    model = keras.Sequential(
        [keras.Input((14, 14, 1)), scale, layers.Flatten(), layers.Dense(outputs, activation)]
    )
    x = np.asarray(scale(x)).reshape(len(x), -1)
    w = x[y == 1].mean(0) - x[y == 0].mean(0)
    model.set_weights([times * np.repeat(w[:, None], outputs, axis=1), np.zeros(outputs)])
    return model


MENDED = mend_the_model()

WRONG = {
    "q1": [
        ("AB", "Project B has another need: the two have met"),
        ("ACD", "Project C has another need: near perfect"),
        ("ADE", "Project E has another need: one half"),
        ("A", "project D: the gap is still wide"),
        ({"D"}, "project A: a wide gap"),
        ({"F"}, "no project F"),
        (2, "Give the letters"),
    ],
    "q2": [
        (1.95, "without L2"),
        (1.89, "a factor of 2"),
        (2.07, "towards zero"),
        (2.17, "uphill"),
        (1.88, "L2's part alone"),
        (0.17, "where it ends"),
        (1.0, "The slope is 0.5"),
    ],
    "q3": [
        (epoch_from_zero, "Count epochs from 1"),
        (last_best, "never seen"),
        (last_epoch, "at which training ends"),
        (first_rise, "survives the bump"),
        (lambda losses, patience: 1, "you return 1"),
        (lambda losses, patience: losses, "the number of one epoch"),
        (3, "the function itself"),
    ],
    "q4": [
        (MENDED[0], "the pair (model, stop)"),
        ((keras.Sequential([keras.Input((3,)), layers.Dense(1)]), watching()), "Keep the two Dense"),
        ((model_of(as_it_is(), layers.Dropout(0.5), bias=L2), watching()), "L2 on the bias"),
        ((model_of(as_it_is(), layers.Dropout(0.5), kernel=None), watching()), "no L2 on its weights"),
        ((model_of(), watching()), "Dropout is gone"),
        ((model_of(as_it_is(), as_it_is(), layers.Dropout(0.5)), watching()), "the last layer"),
        ((model_of(layers.Dropout(0.5)), watching()), "drops pixels"),
        ((MENDED[0], keras.callbacks.History()), "the callback EarlyStopping"),
        ((MENDED[0], watching("loss")), "watches 'loss'"),
        ((MENDED[0], watching(patience=0)), "a patience of 0"),
        ((MENDED[0], watching(best=False)), "restore_best_weights=True"),
    ],
    "q5": [
        (your_films, "the trained Keras model"),
        (weighted_sum(0), "hardly ranks better than a coin"),
        (weighted_sum(-0.1), "hardly ranks better than a coin"),
        (weighted_sum(3), "too sure: stop earlier"),
        (weighted_sum(1, activation=None), "needs a sigmoid"),
        (weighted_sum(1, outputs=2), "one probability for each X-ray"),
    ],
    "q6": [
        (1, "how many to expect"),
        (0.05, "here there are twenty"),
        (0.358, "none of the twenty"),
        (0.95, "shows no effect"),
        (64.15, "percentage"),
        (0.5, "Start from"),
    ],
    "q7": [
        (0.142, "wrong way round"),
        (0.175, "plain mean"),
        (0.30, "too pessimistic"),
        (0.05, "the apparent error"),
        (0.1896, "only the second part"),
        (20.8, "percentage"),
        (0.9, "0.368 times"),
        ("little", "one number"),
    ],
    "q8": [
        (scale_all, "include the test cases"),
        (scale_each, "by themselves"),
        (scale_flat, "axis=0"),
        (lambda x_train, x_test: (x_train, x_test), "mean 0 and sd 1"),
        (lambda x_train, x_test: x_train, "Return two arrays"),
    ],
    "q9": [
        (same_mean, "the mean of a training X-ray"),
        (copies_in_test, "across the split"),
        (near_copies, "one pixel"),
        (lambda train, test: np.zeros(len(test), bool), "2 of the 2 copies"),
        (lambda train, test: np.zeros(len(train), bool), "ask it of the training X-rays"),
        (lambda train, test: np.flatnonzero([True]), "one True or False"),
        (lambda train, test: np.arange(len(test)) % 12 == 0, "copies are missed"),
    ],
    "q10": [
        ({"A", "B", "C", "E", "F"}, "A may stand: turned"),
        ("BCDEF", "D may stand: every fold"),
        ("BCEFG", "G may stand: that is how"),
        ({"C", "E", "F"}, "Look again at sentence B: the ten"),
        ({"B", "E", "F"}, "Look again at sentence C: the winner"),
        (["b", "c", "f"], "Look again at sentence E: X-rays"),
        ({"B", "C", "E"}, "Look again at sentence F: a low"),
        ({"H"}, "no sentence H"),
        (8, "Give the letters"),
    ],
}
