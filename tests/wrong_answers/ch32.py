"""Wrong answers that readers give in chapter 32, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score

from medlearn.exercises.ch32 import autoencoder_with_a_narrow_code

# One step of k-means


def squares(x, centres):
    return ((x[:, None] - centres) ** 2).sum(2)


def nearest(x, centres):
    return squares(x, centres).argmin(1)


def means(x, centres, label, *, middle=np.mean, empty=None):
    groups = [(x[label == k], centres[k]) for k in range(len(centres))]
    return np.array(
        [middle(own, axis=0) if len(own) else old if empty is None else empty for own, old in groups]
    )


def step(*, label=nearest, centres=means):
    """A step of k-means with another way to label, or to move the centres."""

    def assign_and_move(x, old):
        groups = label(x, old)
        return groups, centres(x, old, np.asarray(groups))

    return assign_and_move


def by(distance):
    """Labels by another distance, made of the differences (patients, centres, columns)."""
    return lambda x, old: distance(x[:, None] - old).argmin(1)


def labels_only(x, old):
    return nearest(x, old)


def turned(x, old):
    label = nearest(x, old)
    return means(x, old, label), label


def labels_after_the_move(x, old):
    moved = means(x, old, nearest(x, old))
    return nearest(x, moved), moved


def until_nothing_moves(x, old):
    for _ in range(30):
        old = means(x, old, nearest(x, old))
    return nearest(x, old), old


def only_those_with_patients(x, old, label):
    return np.array([x[label == k].mean(0) for k in np.unique(label)])


def over_all_patients(x, old, label):
    return np.array([(x * (label == k)[:, None]).sum(0) / len(x) for k in range(len(old))])


def with_the_old_centre(x, old, label):
    return np.array([np.vstack([x[label == k], old[k]]).mean(0) for k in range(len(old))])


def mean_or_nan(x, old, label):
    return np.array([(x * (label == k)[:, None]).sum(0) / np.sum(label == k) for k in range(len(old))])


def in_place(x, old):
    label = nearest(x, old)
    old[:] = means(x, old.copy(), label)
    return label, old


def in_the_type_of_the_centres(x, old, label):
    return means(x, old, label).astype(old.dtype)


# Twins


def normal(covariance, *, mean=lambda x: x.mean(0), transform=lambda z, x: z):
    """A twin drawn with another covariance or mean, or changed afterwards."""

    def null_twin(x, rng):
        drawn = rng.multivariate_normal(mean(x), covariance(x), size=len(x), method="eigh")
        return transform(drawn, x)

    return null_twin


def covariance(x):
    return np.cov(x.T)


def by_root(root, *, mean=True):
    def null_twin(x, rng):
        z = rng.normal(size=x.shape)
        return (x.mean(0) if mean else 0) + z @ root(np.cov(x.T))

    return null_twin


def with_its_groups(x, rng):
    """Mean and covariance as in x, and its groups as well: rows of x, a little blurred, and scaled back."""
    z = x[rng.integers(0, len(x), len(x))] + rng.normal(size=x.shape) * 0.05 * x.std(0)
    return x.mean(0) + (z - z.mean(0)) / np.sqrt(1.0025)


def without_rng(x, rng):
    return np.random.multivariate_normal(x.mean(0), np.cov(x.T), size=len(x))


def of_one_seed(x, rng):
    return np.random.default_rng(0).multivariate_normal(x.mean(0), np.cov(x.T), size=len(x))


# Networks


def hidden(z, width=32, activation="tanh"):
    return layers.Dense(width, activation=activation)(z)


def built(
    code=lambda x: layers.Dense(3)(hidden(x)),
    decode=hidden,
    end=None,
    *,
    columns=12,
    gives=12,
    around=False,
):
    """A function that builds an autoencoder, with another code, decoder or end."""

    def build():
        x = keras.Input((columns,))
        given = layers.Dense(gives, activation=end)(decode(code(x)))
        return keras.Model(x, layers.Add()([x, given]) if around else given)

    return build


def straight(x):
    return layers.Dense(3)(hidden(x, activation=None))


def flat(z):
    return hidden(z, activation=None)


def noisy_for_ever(x):
    add = layers.Lambda(lambda z: z + keras.random.normal((12,)), output_shape=(12,))
    return layers.Dense(3)(hidden(add(x)))


def nothing_arrives(x):
    return layers.Rescaling(0.0)(layers.Dense(3)(x))


def code_given_too():
    x = keras.Input((12,))
    code = layers.Dense(3)(hidden(x))
    return keras.Model(x, [layers.Dense(12)(hidden(code)), code])


def two_inputs():
    x, mask = keras.Input((12,)), keras.Input((12,))
    return keras.Model([x, mask], layers.Dense(12)(hidden(layers.Dense(3)(layers.Add()([x, mask])))))


def frozen():
    model = autoencoder_with_a_narrow_code()()
    model.trainable = False
    return model


# What a group adds


def columns(part, *, severity=True, group="one-hot"):
    own = [part[1][:, None]] if severity else []
    if group == "one-hot":
        own.append((part[2][:, None] == np.arange(3)).astype(float))
    elif group == "number":
        own.append(part[2][:, None])
    return np.hstack(own)


def auroc(fit, on, *, decide=False, measure=roc_auc_score, **which):
    model = LogisticRegression().fit(columns(fit, **which), fit[0])
    x = columns(on, **which)
    return measure(on[0], model.predict(x) if decide else model.predict_proba(x)[:, 1])


def gain(answer):
    """An answer made from the training patients and the test patients."""
    return lambda *arrays: answer(arrays[:3], arrays[3:])


def less_severity(fit, on, **which):
    return auroc(fit, on, **which) - auroc(fit, on, group=None, **which)


def groups_of_the_test(fit, on):
    """As two calls of get_dummies make columns: each from its own patients."""
    x, x_test = (np.column_stack([part[1], part[2][:, None] == np.unique(part[2])]) for part in (fit, on))
    p = LogisticRegression().fit(x, fit[0]).predict_proba(x_test)[:, 1]
    return roc_auc_score(on[0], p) - auroc(fit, on, group=None)


def more_if_groups_follow_severity(fit, on):
    return less_severity(fit, on) + 0.02 * (np.corrcoef(fit[1], fit[2])[0, 1] > 0.5)


WRONG = {
    "q1": [
        ("ABCDH", "Statement B does not hold"),
        ("ACDEH", "Statement E does not hold: °F"),
        ("ACDFH", "Statement F does not hold"),
        ("ACDGH", "Statement G does not hold"),
        ("CDH", "Look again at statement A"),
        ("ADH", "Look again at statement C"),
        ("ACH", "Look again at statement D"),
        ("ACD", "Look again at statement H"),
        (["µmol/l"], "There is no statement"),
        (4, "Give the letters"),
    ],
    "q2": [
        (labels_only, "Return two things"),
        (turned, "Exchange the two"),
        (lambda x, old: ("label", old), "Return two arrays"),
        (step(label=lambda x, old: squares(x, old).argmin(0), centres=lambda x, old, label: old), "axis=1"),
        (step(label=squares, centres=lambda x, old, label: old), "argmin over axis=1 gives the nearest"),
        (
            step(label=lambda x, old: ((x[:, None] - old) ** 2).argmin(1), centres=lambda x, old, label: old),
            "add up over the columns",
        ),
        (step(label=lambda x, old: [0, 1], centres=lambda x, old, label: old), "One label a patient"),
        (lambda x, old: (nearest(x, old) + 1, means(x, old, nearest(x, old))), "from 0"),
        (step(label=lambda x, old: squares(x, old).argmax(1)), "furthest away"),
        (step(label=by(lambda apart: np.abs(apart).sum(2))), "without squaring"),
        (step(label=by(lambda apart: np.abs(apart).max(2))), "largest difference"),
        (step(label=by(lambda apart: apart.sum(2))), "above and below 0 cancel"),
        (step(label=by(lambda apart: np.abs(apart.sum(2)))), "Differences cancel"),
        (step(label=lambda x, old: (x @ old.T).argmax(1)), "largest product"),
        (step(label=by(lambda apart: np.abs(apart[:, :, 0]))), "first column alone"),
        (labels_after_the_move, "labels after the move"),
        (until_nothing_moves, "until nothing moves"),
        (step(label=lambda x, old: np.zeros(len(x))), "smallest sum of squared"),
        (step(centres=only_those_with_patients), "A centre is missing"),
        (step(centres=lambda x, old, label: [x[label == k].sum() for k in range(4)]), "one number a centre"),
        (step(centres=lambda x, old, label: means(x, old, label).T), "transpose it"),
        (step(centres=lambda x, old, label: x), "(4, 3), as the old ones"),
        (step(centres=mean_or_nan), "mean of no patients is nan"),
        (step(centres=lambda *given: means(*given, empty=np.zeros(3))), "nobody is nearest has moved"),
        (step(centres=lambda x, old, label: old), "have not moved"),
        (step(centres=lambda *given: means(*given, middle=np.sum)), "That is the sum"),
        (step(centres=lambda *given: means(*given, middle=np.sum, empty=np.zeros(3))), "That is the sum"),
        (step(centres=over_all_patients), "You divide by all patients"),
        (step(centres=lambda *given: means(*given, middle=np.median)), "the median"),
        (step(centres=lambda *given: (means(*given) + given[1]) / 2), "half of the way"),
        (step(centres=with_the_old_centre), "count the old centre"),
        (step(centres=lambda x, old, label: np.tile(x.mean(0), (4, 1))), "the mean of all patients"),
        (step(centres=lambda *given: 2 * means(*given)), "by column"),
        (in_place, "move a copy"),
        (step(centres=in_the_type_of_the_centres), "astype(float)"),
        (0.5, "the function itself"),
    ],
    "q3": [
        ((-0.556, 0.72), "a and b are exchanged: 5 is nearer"),
        ((0.778, 0.72), "not its own neighbour"),
        ((2.5, 0.72), "The first number is b − a"),
        ((1.25, 0.72), "divided by a; divide"),
        ((0.385, 0.72), "The first number is divided by a + b"),
        ((0.444, 0.72), "1 less that"),
        ((0.5, 0.72), "In the first number b is the distance to the nearest"),
        ((0.6, 0.72), "to the furthest"),
        ((0.833, 0.72), "of the point 0"),
        ((0.8, 0.72), "of the point 1"),
        ((0.692, 0.72), "of the point 7"),
        ((0.1, 0.72), "a is the distance from 5 to 7"),
        ((0.556, 2.88), "the sum of the four"),
        ((0.556, -0.72), "In the second number a and b are exchanged"),
        ((0.556, 0.86), "its own neighbour: leave it out"),
        ((0.556, 0.727), "the means of a and of b first"),
        ((0.556, 4), "the mean of b − a"),
        ((0.556, 0.574), "In the second number you divide by a + b"),
        ((0.556, 0.679), "In the second number b is the distance to the nearest"),
        ((0.556, 0.556), "of the point 5 again"),
        ((0.556, 0.624), "of the points 5 and 7 alone"),
        ((0.556, 0.817), "of the points 0 and 1 alone"),
        ((0.556, 0.3), "the mean of four silhouettes"),
        ((0.72, 0.556), "Exchange the two"),
        (0.556, "Give two numbers"),
    ],
    "q4": [
        (normal(lambda x: np.cov(x)), "np.cov takes rows for columns"),
        (lambda x, rng: x + rng.normal(size=x.shape) @ np.cov(x), "np.cov takes rows for columns"),
        (lambda x, rng: rng.multivariate_normal(x.mean(0), np.cov(x.T)), "one patient"),
        (
            lambda x, rng: rng.multivariate_normal(x.mean(1), np.cov(x), size=len(x), check_valid="ignore"),
            "a column for each patient",
        ),
        (lambda x, rng: normal(covariance)(x, rng).T, "Its rows are columns"),
        (lambda x, rng: normal(covariance)(x, rng)[:10], "x is (30, 4)"),
        (lambda x, rng: np.full(x.shape, np.nan), "nan or infinite"),
        (lambda x, rng: x, "x itself"),
        (lambda x, rng: rng.permutation(x), "in another order"),
        (lambda x, rng: x[rng.integers(0, len(x), len(x))], "drawn again"),
        (lambda x, rng: rng.permuted(x, axis=0), "You shuffle each column"),
        (
            lambda x, rng: np.stack([rng.choice(column, len(x)) for column in x.T], 1),
            "each column's values on their own",
        ),
        (lambda x, rng: x + rng.normal(size=x.shape) * x.std(0) * 0.3, "with something added"),
        (without_rng, "Given the same rng again"),
        (of_one_seed, "Whatever rng it is given"),
        (lambda x, rng: rng.normal(size=x.shape), "where is x?"),
        (lambda x, rng: rng.normal(x.mean(0), x.std(0), x.shape), "The variances are right"),
        (normal(lambda x: np.diag(x.std(0))), "it takes variances"),
        (lambda x, rng: rng.normal(x.mean(0), x.var(0), x.shape), "taken for standard deviations"),
        (normal(lambda x: np.corrcoef(x.T)), "the correlation"),
        (by_root(lambda c: c), "it comes out squared"),
        (by_root(np.linalg.cholesky), "z @ L.T"),
        (normal(lambda x: x.T @ x / len(x)), "not taken off before"),
        (normal(lambda x: (x - x.mean(0)).T @ (x - x.mean(0))), "Divide the sum"),
        (lambda x, rng: np.tile(x.mean(0), (len(x), 1)) + 0 * rng.normal(), "the patients are the same"),
        (lambda x, rng: np.tile(rng.permutation(x)[:1], (len(x), 1)), "drawn again"),
        (lambda x, rng: np.tile(x.mean(0) + rng.normal(), (len(x), 1)), "are alike"),
        (lambda x, rng: rng.uniform(x.min(0), x.max(0), x.shape), "a box"),
        (normal(lambda x: 3 * np.cov(x.T)), "not that of x"),
        (by_root(lambda c: np.linalg.cholesky(c).T, mean=False), "the mean is 0"),
        (normal(covariance, mean=lambda x: np.full(4, x.mean())), "have one mean"),
        (normal(covariance, mean=lambda x: x[0] + x.std(0)), "the mean is not"),
        (with_its_groups, "no Gaussian cloud"),
        (0.3, "the function itself"),
    ],
    "q5": [
        (2, "Two groups are the most stable"),
        (3, "the best silhouette"),
        ("3", "the best silhouette"),
        (4, "within their range"),
        (5, "With five groups"),
        (6, "both are the lowest"),
        (7, "The table has 2 to 6"),
        ("many", "Give the number of groups"),
        (2.5, "Give the number of groups"),
    ],
    "q6": [
        (autoencoder_with_a_narrow_code()(), "Give the function that builds"),
        (autoencoder_with_a_narrow_code, "should return a Keras model"),
        (lambda: layers.Dense(12), "should return a Keras model"),
        (lambda: keras.Sequential([layers.Dense(3), layers.Dense(12)]), "begin with keras.Input((12,))"),
        (built(columns=10), "begin with keras.Input((12,))"),
        (two_inputs, "begin with keras.Input((12,))"),
        (built(gives=3), "its outputs are [(3,)]"),
        (code_given_too, "nothing else"),
        (frozen, "Nothing in it can learn"),
        (built(noisy_for_ever), "noise belongs to the training"),
        (built(end="softmax"), "a softmax"),
        (built(end="sigmoid"), "A sigmoid at the end"),
        (built(end="relu"), "no relu at the end"),
        (built(hidden), "narrowest layer has 12 units"),
        (built(lambda x: layers.Dense(5)(hidden(x))), "narrowest layer has 5 units"),
        (built(around=True), "goes around the narrow layer"),
        (built(straight, flat), "linear from end to end"),
        (built(decode=flat), "Behind the code nothing bends"),
        (built(decode=lambda z: z), "Behind the code nothing bends"),
        (built(decode=lambda z: hidden(z, 3)), "Behind the code nothing bends"),
        (
            built(lambda x: layers.Dense(1)(x), lambda z: hidden(z, activation="relu")),
            "Its code is one number",
        ),
        (built(lambda x: layers.Dense(1)(hidden(x))), "Its code is one number"),
        (built(end="tanh"), "no tanh at the end"),
        (built(nothing_arrives), "the same for every row"),
        (built(lambda x: layers.Dense(3)(layers.Dropout(0.97)(x))), "too much noise or dropout"),
        (0.5, "the function itself"),
    ],
    "q7": [
        ("ABCEH", "Sentence A may not stand"),
        ("BCDEH", "Sentence D may not stand"),
        ("BCEFH", "Sentence F may not stand"),
        ("BCEGH", "Sentence G may not stand"),
        ("CEH", "Look again at sentence B"),
        ("BEH", "Look again at sentence C"),
        ("BCH", "Look again at sentence E"),
        ("BCE", "Look again at sentence H"),
        ("I", "There is no sentence I"),
        (0.4, "Give the letters"),
    ],
    "q8": [
        (gain(lambda fit, on: np.array([less_severity(fit, on)])), "Return one number"),
        (
            gain(lambda fit, on: auroc(fit, on, group="number") - auroc(fit, on, group=None)),
            "enters as a number",
        ),
        (gain(lambda fit, on: less_severity(fit, fit)), "that the models learnt from"),
        (gain(lambda fit, on: less_severity(on, on)), "You fit on the test patients"),
        (gain(lambda fit, on: less_severity(fit, on, decide=True)), "one of decisions"),
        (
            gain(lambda fit, on: auroc(fit, on, severity=False) - auroc(fit, on, group=None)),
            "the group alone, less severity alone",
        ),
        (gain(lambda fit, on: auroc(fit, on) - auroc(fit, on, severity=False)), "take away severity alone"),
        (gain(lambda fit, on: -less_severity(fit, on)), "The sign is turned"),
        (gain(auroc), "the AUROC with both"),
        (gain(lambda fit, on: auroc(fit, on, group=None)), "the AUROC of severity alone"),
        (gain(lambda fit, on: auroc(fit, on, severity=False)), "the AUROC of the group alone"),
        (gain(lambda fit, on: auroc(fit, on) / auroc(fit, on, group=None)), "a ratio"),
        (
            gain(lambda fit, on: less_severity(fit, on, decide=True, measure=accuracy_score)),
            "a difference of accuracies",
        ),
        (gain(lambda fit, on: 0.0), "The two are equal with you"),
        (gain(lambda fit, on: 0.5), "Two logistic regressions"),
        (gain(groups_of_the_test), "where a group has no test patient"),
        (gain(more_if_groups_follow_severity), "they add nothing, and yours says +0.020"),
        (0.03, "the function itself"),
    ],
}
