"""Wrong answers that readers give in chapter 6, and a few words of what each is told."""

import numpy as np


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


def keep_at_rate(h, rate, rng):
    return h * (rng.random(h.shape) < rate) / rate


def drop_columns(h, rate, rng):
    return h * (rng.random(h.shape[1]) >= rate) / (1 - rate)


def drop_only(h, rate, rng):
    return h * (rng.random(h.shape) >= rate)


def drop_in_place(h, rate, rng):
    h[rng.random(h.shape) < rate] = 0
    return h / (1 - rate)


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


WRONG = {
    "q1": [
        (0.142, "wrong way round"),
        (0.175, "plain mean"),
        (0.30, "too pessimistic"),
        (0.05, "the apparent error"),
        (0.1896, "only the second part"),
        (0.9, "0.368 times"),
        ("little", "one number"),
    ],
    "q2": [
        (1, "how many to expect"),
        (0.05, "here there are twenty"),
        (0.358, "none of the twenty"),
        (0.95, "shows no effect"),
        (64.15, "percentage"),
        (0.5, "Start from"),
    ],
    "q3": [
        (1.95, "without L2"),
        (1.89, "a factor of 2"),
        (2.07, "towards zero"),
        (2.17, "uphill"),
        (1.88, "L2's part alone"),
        (0.17, "where it ends"),
        (1.0, "The slope is 0.5"),
    ],
    "q4": [
        (epoch_from_zero, "Count epochs from 1"),
        (last_best, "never seen"),
        (last_epoch, "at which training ends"),
        (first_rise, "survives the bump"),
        (lambda losses, patience: 1, "you return 1"),
        (lambda losses, patience: losses, "the number of one epoch"),
        (3, "the function itself"),
    ],
    "q5": [
        (keep_at_rate, "the share that falls silent"),
        (drop_columns, "whole rows or columns"),
        (drop_only, "divide those that stay"),
        (drop_in_place, "changed h itself"),
        (lambda h, rate, rng: h, "0% of the units"),
        (lambda h, rate, rng: h[0], "h's shape"),
    ],
    "q6": [
        (scale_all, "include the test cases"),
        (scale_each, "by themselves"),
        (scale_flat, "axis=0"),
        (lambda x_train, x_test: (x_train, x_test), "mean 0 and spread 1"),
        (lambda x_train, x_test: x_train, "Return two arrays"),
    ],
    "q7": [
        (same_mean, "the mean of a training film"),
        (copies_in_test, "across the split"),
        (near_copies, "one pixel"),
        (lambda train, test: np.zeros(len(test), bool), "2 of the 2 copies"),
        (lambda train, test: np.zeros(len(train), bool), "ask it of the training films"),
        (lambda train, test: np.flatnonzero([True]), "one True or False"),
        (lambda train, test: np.arange(len(test)) % 12 == 0, "copies are missed"),
    ],
    "q8": [
        ({"A", "B", "C", "E", "F"}, "A may stand: turned"),
        ("BCDEF", "D may stand: every fold"),
        ("BCEFG", "G may stand: that is how"),
        ({"C", "E", "F"}, "Look again at sentence B: the ten"),
        ({"B", "E", "F"}, "Look again at sentence C: the winner"),
        (["b", "c", "f"], "Look again at sentence E: films"),
        ({"B", "C", "E"}, "Look again at sentence F: a low"),
        ({"H"}, "no sentence H"),
        (8, "Give the letters"),
    ],
}
