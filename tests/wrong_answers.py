"""Wrong answers that readers give, and a few words of the message meant for each.

By chapter and exercise; for every exercise at least two, and a stub where a function is asked for.
"""

import numpy as np


def by_case(patient):
    return np.random.default_rng(0).random(len(patient)) < 0.3


def by_position(patient):
    return np.arange(len(patient)) < 0.3 * len(patient)


def every_patient_once(patient, rng):
    return rng.permutation(len(patient))


def half_the_patients(patient, rng):
    return np.flatnonzero(np.isin(patient, rng.choice(np.unique(patient), 30, replace=False)))


def costs_swapped(y_true, y_score, miss, false_alarm):
    def cost(threshold):
        alarm = y_score >= threshold
        return false_alarm * np.sum((y_true == 1) & ~alarm) + miss * np.sum((y_true == 0) & alarm)

    return min([*np.unique(y_score), np.inf], key=cost)


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


def cells_of(time, hours, step):
    kept = time[time <= hours]
    return np.minimum((kept / step).astype(int), round(hours / step) - 1)


def counts_in_cells(time, hours, step):
    return np.bincount(cells_of(time, hours, step), minlength=round(hours / step))


def gaps(time, hours, step):
    return 1 - np.minimum(counts_in_cells(time, hours, step), 1)


def mask_carried(time, hours, step):
    return np.maximum.accumulate(1 - gaps(time, hours, step))


def all_squeezed_in(time, hours, step):
    return 1 - gaps(np.minimum(time, hours), hours, step)


def last_hour_lost(time, hours, step):
    return 1 - gaps(time[time < hours], hours, step)


def by_stay(stay, patient_of):
    return np.isin(stay, np.random.default_rng(0).permutation(np.unique(stay))[:60])


def one_patient_only(stay, patient_of):
    return np.array([patient_of[one] == 7 for one in stay])


def the_highest(y_score, count):
    return np.sort(y_score)[-round(count)]


def filled_both_ways(values):
    import pandas as pd

    return pd.DataFrame(values).ffill().bfill().to_numpy()


def filled_in_place(values):
    for hour in range(1, len(values)):
        values[hour] = np.where(np.isnan(values[hour]), values[hour - 1], values[hour])
    return values


def filled_once(values):
    return np.where(np.isnan(values), np.vstack([values[:1] * np.nan, values[:-1]]), values)


def straight_lines(values):
    hours = np.arange(len(values))
    known = [~np.isnan(column) for column in values.T]
    lines = [
        np.interp(hours, hours[k], column[k], left=np.nan) for k, column in zip(known, values.T, strict=True)
    ]
    return np.stack(lines, axis=1)


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
    "ch01": {
        "q1": [
            (1.2448, "their mean"),
            (0.180, "base 10"),
            (0.599, "base 2"),
            (0.877, "benign"),
            (-0.415, "a minus in front"),
            (0.3, "one by one"),
            ("much", "one number"),
        ],
        "q2": [
            (1.6, "plain gradient descent"),
            (2.1, "uphill"),
            (1.684, "start at zero"),
            (0.1, "where it ends"),
            (1.5, "four equations"),
        ],
        "q3": [
            (lambda prevalence: 1 - prevalence, "26 times"),
            (lambda prevalence: prevalence, "14 times"),
            (lambda prevalence: 100 * max(prevalence, 1 - prevalence), "percentage"),
            (lambda prevalence: 0.5, "you return 0.5"),
            (lambda: 0.86, "stops with TypeError"),
            (0.86, "the function itself"),
        ],
        "q4": [
            ({"A", "B", "C", "D", "F"}, "Plan B does not leak"),
            ({"C", "D", "F"}, "plan A: a mean over all cases"),
            (["a", "c", "d"], "plan F: when is the length"),
            ("ACDF E", "Plan E does not leak"),
            ({"G"}, "no plan G"),
            (4, "Give the letters"),
        ],
        "q5": [
            (by_case, "on both sides"),
            (by_position, "on both sides"),
            (lambda patient: np.zeros(len(patient), bool), "0% of the patients"),
            (lambda patient: np.flatnonzero(patient < 1060), "one True or False"),
            (lambda patient: patient < 1180, "about 30 of 100"),
        ],
        "q6": [
            (616, "also has a bias"),
            (55, "count the weights between"),
            (640, "the output has a bias"),
            (3840, "added, not multiplied"),
            (600, "one by one"),
        ],
        "q7": [
            (0.545, "the PPV"),
            (0.88, "the specificity"),
            (0.86, "the accuracy"),
            (0.25, "missed"),
            (75, "percentage"),
            (0.5, "which share"),
        ],
    },
    "ch02": {
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
            (1280, "One bias a filter"),
            (1168 * 784, "at every place"),
            (900, "Count the numbers in one filter"),
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
            ({"A", "B", "C", "F"}, "Not B: the heart"),
            ("ACDF", "Not D: nobody hangs"),
            ("ACEF", "Not E: the test films"),
            ("ACFG", "Not G: where the patch"),
            ({"A", "F"}, "C could happen"),
            ({"H"}, "no alteration H"),
            (3, "Give the letters"),
        ],
        "q5": [
            (lambda y: {k: np.mean(y == k) for k in range(3)}, "common class still"),
            (lambda y: {k: 1 / np.sum(y == k) for k in range(3)}, "weigh 3 in all"),
            (lambda y: {0: 1, 1: 2, 2: 3}, "should weigh the same"),
            (lambda y: [1, 2, 6], "Return a dictionary"),
        ],
        "q6": [
            (lambda y, s: np.argmin(np.bincount(y)), "the rarest"),
            (most_errors, "count errors in proportion"),
            (lowest_ppv, "lowest PPV"),
            (lambda y, s: 7, "of another, fewer"),
            (lambda y, s: s.argmax(1), "one kind"),
        ],
        "q7": [
            (lambda reference, weeks: 0, "before anything changed"),
            (mean_far_away, "towards the middle"),
            (mean_a_little_away, "weeks differ by chance"),
            (lambda reference, weeks: -1, "though the scores rose"),
            (lambda reference, weeks: 19, "you find week 19"),
        ],
    },
    "ch03": {
        "q1": [
            ({"A", "B", "C", "F", "G"}, "Line A does not leak: a value is carried"),
            ("BCDFG", "Line D does not leak: each window"),
            ("BCEFG", "Line E does not leak: all rows"),
            ({"C", "F", "G"}, "Look again at line B: what is still missing"),
            ({"B", "F", "G"}, "Look again at line C: the length"),
            (["b", "c", "g"], "Look again at line F: mean and spread"),
            ({"B", "C", "F"}, "Look again at line G: the test patients"),
            ({"Z"}, "no line Z"),
            (4, "Give the letters"),
        ],
        "q2": [
            (counts_in_cells, "You count the measurements"),
            (gaps, "1 where nothing was"),
            (mask_carried, "carry the mask forward"),
            (all_squeezed_in, "after the last hour"),
            (last_hour_lost, "exactly the last hour"),
            (lambda time, hours, step: np.zeros(round(hours / step)), "in steps of 2, you return"),
            (lambda time, hours, step: time > 0, "one number a cell"),
            ([1, 1, 0, 0, 0, 1], "the function itself"),
        ],
        "q3": [
            ([0, 4, 2.5, 1.75], "the start of each cell"),
            ([0, 2.5, 1.75, 5.75], "counted from admission"),
            ([float("nan"), 2.5, 1.75, 5.75], "counted from admission"),
            ([4, 0, 0, 4], "already some time ago"),
            ([4, 2.5, 1.75, 4], "nothing was measured"),
            ([4, 5.5, 10.25, 16], "how many hours ago"),
            ([2.5, 1.75], "four numbers"),
            ("late", "four numbers"),
        ],
        "q4": [
            (lambda stay, patient_of: by_case(stay), "cuts through stays"),
            (lambda stay, patient_of: by_position(stay), "cuts through stays"),
            (by_stay, "have stays on both sides"),
            (one_patient_only, "about 30 %"),
            (lambda stay, patient_of: np.flatnonzero(stay < 5050), "one True or False"),
            (lambda stay: stay > 0, "stops with TypeError"),
        ],
        "q5": [
            (lambda s, stays, alarms: the_highest(s, alarms), "among all 400 stays"),
            (lambda s, stays, alarms: np.quantile(s, alarms / stays), "the wrong side"),
            (lambda s, stays, alarms: 0.1, "go higher"),
            (lambda s, stays, alarms: 0.9, "go lower"),
            (lambda s, stays, alarms: the_highest(s, alarms / stays * 400), "the very score you cut at"),
            (lambda s, stays, alarms: np.nan, "a score can reach"),
            (0.3, "the function itself"),
        ],
        "q6": [
            (-0.7, "what is kept"),
            (0.4, "the old state's part"),
            (-0.4, "the candidate gets 1 − z"),
            (-0.25, "the gate stands at"),
            (0.6, "is taken off"),
            (-0.2, "the candidate's part"),
            (1.0, "0.8 of the old state"),
            ("open", "one number"),
        ],
        "q7": [
            (filled_both_ways, "from a later hour"),
            (straight_lines, "its other end is in the future"),
            (filled_once, "through longer gaps"),
            (filled_in_place, "work on a copy"),
            (lambda values: np.nan_to_num(values), "is not 0"),
            (lambda values: np.where(np.isnan(values), np.nanmean(values, 0), values), "or take a mean"),
            (lambda values: values.copy(), "should carry the last one"),
            (lambda values: values[0], "as they came"),
        ],
        "q8": [
            ({"A", "C", "D", "E", "H"}, "Input A may stay: it was measured"),
            ("BCDEH", "Input B may stay: it is counted"),
            ("CDEFH", "Input F may stay: it is known"),
            ("CDEGH", "Input G may stay: it comes"),
            ({"D", "E", "H"}, "Look again at input C: at hour 12"),
            ({"C", "E", "H"}, "Look again at input D: it takes"),
            (["c", "d", "h"], "Look again at input E: the line"),
            ({"C", "D", "E"}, "Look again at input H: it is written"),
            ({"Z"}, "no input Z"),
            (8, "Give the letters"),
        ],
    },
    "ch04": {
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
    },
    "ch05": {
        "q1": [
            (0.75, "the sensitivity"),
            (0.904, "the specificity"),
            (0.895, "the accuracy"),
            (0.983, "the NPV"),
            (0.46, "F1"),
            (0.5, "the odds"),
            (0.2, "which share was right"),
            ("often", "one number"),
        ],
        "q2": [
            (0.818, "where half are ill"),
            (0.9, "the sensitivity"),
            (0.045, "divide it by all"),
            (0.237, "the odds"),
            (0.056, "1 − specificity"),
            (0.993, "the NPV"),
            (0.5, "Of 1,000 people"),
        ],
        "q3": [
            (lambda y, s: np.mean(s[y == 1][:, None] > s[y == 0]), "Ties count nothing"),
            (lambda y, s: np.mean(s[y == 1][:, None] >= s[y == 0]), "Ties count in full"),
            (lambda y, s: np.mean(s[y == 1][:, None] < s[y == 0]), "the other way round"),
            (lambda y, s: np.sum(s[y == 1][:, None] > s[y == 0]), "a share of the pairs"),
            (lambda y, s: np.mean((s > 0.5) == y), "without ties you return"),
        ],
        "q4": [
            (lambda patient, rng: rng.integers(len(patient), size=len(patient)), "was cut"),
            (every_patient_once, "draw with replacement"),
            (half_the_patients, "You drew 30 patients"),
            (lambda patient, rng: rng.choice(np.unique(patient), 60), "Return positions"),
            (lambda patient: patient, "stops with TypeError"),
        ],
        "q5": [
            (lambda y, s, miss, false_alarm: 0.5, "whatever the errors cost"),
            (lambda y, s, miss, false_alarm: s.min(), "whatever the errors cost"),
            (costs_swapped, "the wrong way round"),
            (lambda y, s, miss, false_alarm: false_alarm / (miss + false_alarm), "is possible"),
            (0.3, "the function itself"),
        ],
        "q6": [
            (-0.1, "like a case found"),
            (0.062, "the odds"),
            (0.08, "not taken off"),
            (0.308, "the PPV"),
            (60, "number of patients"),
            (-1.54, "upside down"),
            (0.5, "Cases found per patient"),
        ],
        "q7": [
            (0.112, "Odds are multiplied"),
            (0.224, "Odds are multiplied"),
            (0.8, "what the model says"),
            (0.961, "wrong way round"),
            (0.651, "Those are the odds"),
            (0.14, "a score of 0.5"),
            (0.5, "Turn 0.8 into odds"),
        ],
        "q8": [
            ({"A", "B", "C", "D", "F"}, "B may stand: the choice"),
            ("ACDEF", "E may stand: nine patients"),
            ({"C", "D", "F"}, "Look again at sentence A: copies"),
            ({"A", "D", "F"}, "Look again at sentence C: patches"),
            (["a", "c", "f"], "Look again at sentence D: what decides"),
            ({"A", "C", "D"}, "Look again at sentence F: PPV moves"),
            ({"H"}, "no sentence H"),
            (8, "Give the letters"),
        ],
    },
    "ch06": {
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
    },
}
