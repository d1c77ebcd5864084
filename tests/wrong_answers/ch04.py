"""Wrong answers that readers give in chapter 4, and a few words of what each is told."""

import numpy as np


def share_without_r(p, q, r):
    return p / (p + q)


def r_on_the_real(p, q, r):
    return r * p / (r * p + q)


def r_squared(p, q, r):
    return p / (p + r**2 * q)


def nearest_pixels(train, synthetic):
    flat = [films.reshape(len(films), -1).astype(float) for films in (synthetic, train)]
    return np.linalg.norm(flat[0][:, None] - flat[1], axis=2).min(axis=1).argmin()


def farthest_pixels(train, synthetic):
    flat = [films.reshape(len(films), -1).astype(float) for films in (synthetic, train)]
    return np.linalg.norm(flat[0][:, None] - flat[1], axis=2).min(axis=1).argmax()


def within_one_deviation(sizes, distances):
    mean, spread = distances.mean(1), distances.std(1, ddof=1)
    return np.min(np.asarray(sizes)[mean <= (mean + spread)[mean.argmin()]])


def first_within_one_error(sizes, distances):
    mean, error = distances.mean(1), distances.std(1, ddof=1) / distances.shape[1] ** 0.5
    return sizes[np.flatnonzero(mean <= (mean + error)[mean.argmin()])[0]]


WRONG = {
    "q1": [
        (share_without_r, "D must doubt more"),
        (lambda p, q, r: q / (p + q), "how likely it is real"),
        (lambda p, q, r: p / q, "the odds"),
        (lambda p, q, r: p, "compares them with"),
        (r_on_the_real, "not the real ones"),
        (r_squared, "Write the formula again"),
        (lambda p, q, r: p + q, "you return 0.40"),
        (0.75, "the function itself"),
    ],
    "q2": [
        ({"A": 4, "B": 3, "C": 3}, "no good sign"),
        ({"A": 3, "B": 1, "C": 3}, "against each other"),
        ({"A": 4, "B": 1, "C": 2}, "no such beginning"),
        ({"A": 4, "B": 1, "C": 1}, "In C both losses settle"),
        ({"A": 2, "B": 1, "C": 3}, "neither near 0 nor still"),
        ({"A": 4, "B": 4, "C": 3}, "where B ends"),
        ({"A": 4, "B": 1, "C": 5}, "no diagnosis 5"),
        ("413", "a diagnosis for each"),
    ],
    "q3": [
        (nearest_pixels, "its exposure is the same"),
        (farthest_pixels, "the farthest"),
        (lambda train, synthetic: 8, "nobody's"),
        (lambda train, synthetic: 200, "numbered from 0"),
        (lambda train, synthetic: np.zeros(30, bool), "Return one number"),
    ],
    "q4": [
        (lambda sizes, distances: sizes[distances.mean(1).argmin()], "the lowest mean"),
        (lambda sizes, distances: sizes[distances.min(1).argmin()], "luckiest single run"),
        (within_one_deviation, "standard *deviation*"),
        (lambda sizes, distances: min(sizes), "far from the best"),
        (first_within_one_error, "need not come in order"),
        (lambda sizes, distances: distances.mean(1).argmin(), "a position in the list"),
        (lambda sizes, distances: sizes, "one of the sizes"),
    ],
    "q5": [
        (9, "the part of the means"),
        (4, "the part of the spreads"),
        (5, "squared before"),
        (3.606, "its square root"),
        (73, "the spreads that are subtracted"),
        (19, "The last term is missing"),
        (1, "not the product itself"),
        (2, "Square the difference"),
    ],
    "q6": [
        (lambda members, outsiders: np.mean(members[:, None] > outsiders), "wrong way round"),
        (lambda members, outsiders: np.sum(members[:, None] < outsiders), "a share of the pairs"),
        (lambda members, outsiders: np.mean(members < np.median(outsiders)), "every pair"),
        (lambda members, outsiders: np.mean(members[:, None] < outsiders), "Ties count half"),
        (lambda members, outsiders: np.mean(members) / np.mean(outsiders), "you return 0."),
    ],
    "q7": [
        ({"A", "B", "C", "D", "F", "G"}, "A may stand: trained"),
        ("BCDEFG", "E may stand: the second row"),
        ({"C", "D", "F", "G"}, "Look again at sentence B: 0.86"),
        ({"B", "D", "F", "G"}, "Look again at sentence C: 0.88"),
        (["b", "c", "f", "g"], "Look again at sentence D: the generator"),
        ("BCDG", "Look again at sentence F: no exact"),
        ("BCDF", "Look again at sentence G: the test"),
        ({"H"}, "no sentence H"),
        (7, "Give the letters"),
    ],
}
