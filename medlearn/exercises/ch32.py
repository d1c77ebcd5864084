"""The exercises of notebook 32. The sixth trains a network, and imports Keras when it is handed one."""

from __future__ import annotations

import itertools

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number, whole

# 1. What a unit decides

UNITS = {  # of six patients: creatinine in µmol/l, temperature in °C, lactate in mmol/l
    "Ada": [70, 36.6, 1.3],
    "Ben": [85, 37.4, 3.9],
    "Cleo": [110, 37.8, 2.0],
    "Dan": [240, 37.1, 3.2],
    "Eve": [310, 38.3, 0.9],
    "Finn": [400, 38.9, 2.6],
}

_UNITS = {
    "A": "creatinine differs by hundreds, the other two by a few: its squares are the whole distance.",
    "B": "divided by 88.4, creatinine runs from 0.8 to 4.5, and lactate and temperature decide as well.",
    "C": "mean and standard deviation change with the unit by the same factor, and it cancels.",
    "D": "the log makes of a factor something that is added, and the mean takes it away.",
    "E": "°F is a factor and 32 more. The log takes care of a factor alone.",
    "F": "scaled, it weighs as much as each of the others: it adds noise to every distance.",
    "G": "the test patients have then moved what the training patients are measured by. It is a leak, if a "
    "small one.",
    "H": "scaling keeps the shape of a column: with a long tail two patients lie far from all others.",
}


def what_a_unit_decides():
    def groups(x):  # of all ways to cut in two, the one that k-means looks for
        cuts = [np.array((0, *rest)) for rest in itertools.product((0, 1), repeat=len(x) - 1)][1:]
        return min(cuts, key=lambda cut: sum(x[cut == k].var(axis=0).sum() * sum(cut == k) for k in (0, 1)))

    def scaled(x):
        return (x - x.mean(axis=0)) / x.std(axis=0)

    x = np.array(list(UNITS.values()))
    in_mg, in_fahrenheit = x * [1 / 88.4, 1, 1], x * [1, 1.8, 1] + [0, 32, 0]
    with_tail = np.vstack([x, [1000, 37.0, 1.8], [1100, 37.6, 2.3]])
    found = {
        "A": np.array_equal(groups(x), groups(x[:, :1])),
        "B": np.array_equal(groups(x), groups(in_mg)),
        "C": np.allclose(scaled(x), scaled(in_mg)),
        "D": np.allclose(scaled(np.log(x)), scaled(np.log(in_mg))),
        "E": np.allclose(scaled(np.log(x)), scaled(np.log(in_fahrenheit))),
        "H": np.array_equal(groups(scaled(with_tail)), [0, 0, 0, 0, 0, 0, 1, 1]),
    }  # F and G do not hold: the first adds noise, the second is a leak
    return {letter for letter, holds in found.items() if holds}


q1 = Exercise(
    hint=(
        "k-means adds up squared differences over the columns: which column has the largest?",
        "A factor cancels when a column is divided by its standard deviation. What is added cancels when "
        "the mean is taken off. Of log(1.8 t + 32) neither helps.",
    ),
    solve=what_a_unit_decides,
    judge=letters("ACDH", _UNITS, called="statement", innocent="does not hold"),
    praise=(
        "Without scaling, whoever chose the unit chose the groups. Scaling gives all columns the same say, "
        "which is a choice as well."
    ),
)


# 2. One step of k-means


def one_step_of_k_means():
    def assign_and_move(x, centres):
        distance = ((x[:, None] - centres) ** 2).sum(axis=2)  # (patients, centres)
        label = distance.argmin(axis=1)
        moved = centres.astype(float)  # a copy
        for k in np.unique(label):
            moved[k] = x[label == k].mean(axis=0)
        return label, moved

    return assign_and_move


def _patients_and_centres() -> tuple[np.ndarray, np.ndarray]:
    """Thirty patients in three columns and four centres, to the third of which nobody is nearest."""
    rng = np.random.default_rng(251)
    x = rng.normal(size=(30, 3)) * [2.0, 1.0, 3.0] + [1.0, -2.0, 4.0]
    centres = x[[4, 11, 0, 20]] + rng.normal(size=(4, 3))
    centres[2] = [-25.0, 30.0, 8.0]
    return x, centres


def _judge_step(assign_and_move) -> str | None:
    x, centres = _patients_and_centres()
    kept = centres.copy()
    with np.errstate(all="ignore"):
        answer = assign_and_move(x.copy(), kept)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "Return two things: the label of each patient, and the new centres."
    label, moved = (_floats(one) for one in answer)
    if label.shape == centres.shape and moved.shape == (30,):
        return "Exchange the two: first the labels, then the new centres."
    wrong = _fault_of_label(label, x, centres) or _fault_of_centres(moved, x, centres)
    if not wrong and not np.array_equal(kept, centres):
        return "The centres that your function was given have changed: move a copy."
    return wrong or _fault_with_whole_numbers(assign_and_move)


def _floats(values) -> np.ndarray:
    return grid(values, None, "Return two arrays: the label of each patient, and the new centres.")


def _fault_of_label(label: np.ndarray, x: np.ndarray, centres: np.ndarray) -> str | None:
    shapes = {
        (4,): "That is one label a centre. Each patient needs one: the argmin over the centres, axis=1.",
        (30, 4): "That is a number for each patient and centre: argmin over axis=1 gives the nearest.",
        (30, 3): "That is one label a patient and column: add up over the columns before the argmin.",
    }
    if label.shape != (30,):
        return shapes.get(label.shape, f"One label a patient is wanted, (30,), not {label.shape}.")
    apart = x[:, None] - centres
    squares = (apart**2).sum(axis=2)
    right = squares.argmin(axis=1)
    if np.array_equal(label, right):
        return None
    later, settled = _moved(x, centres, right), centres
    for _ in range(30):
        settled = _moved(x, settled, _nearest(x, settled))
    said = (
        (right + 1, "Count the centres from 0, as their rows are."),
        (squares.argmax(axis=1), "Those are the centres furthest away."),
        (
            np.abs(apart).sum(axis=2).argmin(axis=1),
            "You add up differences without squaring them. k-means takes squares: they go with the mean.",
        ),
        (np.abs(apart).max(axis=2).argmin(axis=1), "You take the largest difference: add up the squares."),
        (
            apart.sum(axis=2).argmin(axis=1),
            "Differences above and below 0 cancel: square them before you add up.",
        ),
        (np.abs(apart.sum(axis=2)).argmin(axis=1), "Differences cancel: square them before you add up."),
        ((x @ centres.T).argmax(axis=1), "That is the largest product, not the smallest distance."),
        (np.abs(apart[:, :, 0]).argmin(axis=1), "You look at the first column alone."),
        (_nearest(x, later), "Those are the labels after the move. Assign to the centres you are given."),
        (_nearest(x, settled), "You go on until nothing moves: one step is asked for."),
    )
    told = (message for mistake, message in said if np.array_equal(label, mistake))
    return next(told, "The label is the number of the centre with the smallest sum of squared differences.")


def _nearest(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)


def _moved(x: np.ndarray, centres: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The mean of each group; a centre without patients stays."""
    groups = ((label == k, centre) for k, centre in enumerate(centres))
    return np.array([x[mine].mean(axis=0) if mine.any() else centre for mine, centre in groups])


def _fault_of_centres(moved: np.ndarray, x: np.ndarray, centres: np.ndarray) -> str | None:
    shapes = {
        (3, 3): "A centre is missing: that without patients stays where it is, and keeps its row.",
        (4,): "That is one number a centre: take the mean over its patients only, axis=0.",
        (3, 4): "Its rows are columns: transpose it.",
    }
    if moved.shape != (4, 3):
        otherwise = f"The new centres are (4, 3), as the old ones, and not {moved.shape}."
        return f"The labels are right. {shapes.get(moved.shape, otherwise)}"
    label = _nearest(x, centres)
    right, count = _moved(x, centres, label), np.bincount(label, minlength=4)[:, None]
    if np.allclose(moved, right):
        return None
    if np.isnan(moved).any():
        return "The labels are right. The mean of no patients is nan: a centre without patients stays."
    if np.allclose(moved[count[:, 0] > 0], right[count[:, 0] > 0]):
        return "The labels are right. The centre to which nobody is nearest has moved: it stays."
    medians = [np.median(x[label == k], axis=0) if any(label == k) else centres[k] for k in range(4)]
    said = (
        (centres, "The centres have not moved: each goes to the mean of its patients."),
        (right * np.maximum(count, 1), "That is the sum: divide by the number of patients."),
        (right * count / len(x), "You divide by all patients: divide by those of the centre."),
        (np.array(medians), "That is the median: k-means takes the mean."),
        ((right + centres) / 2, "They go half of the way: each goes to the mean of its patients itself."),
        (
            (right * count + centres) / (count + 1),
            "You count the old centre as a patient: the mean is that of the patients alone.",
        ),
        (np.tile(x.mean(axis=0), (4, 1)), "Each is the mean of all patients: take its own, label == k."),
    )
    told = (message for mistake, message in said if _same_or_0(moved, mistake, count))
    return f"The labels are right. {next(told, 'A new centre is the mean of its patients, by column.')}"


def _same_or_0(moved: np.ndarray, mistake: np.ndarray, count: np.ndarray) -> bool:
    """Whether these are the centres of that mistake; the one without patients may be 0."""
    return any(np.allclose(moved, centres) for centres in (mistake, np.where(count == 0, 0, mistake)))


def _fault_with_whole_numbers(assign_and_move) -> str | None:
    x, centres = np.array([[0, 0], [1, 0], [8, 9], [9, 9]]), np.array([[1, 1], [7, 7]])
    _, moved = assign_and_move(x, centres)
    if not np.allclose(moved, [[0.5, 0], [8.5, 9]]):
        return (
            "It is right, but not where x and centres are whole numbers: a copy of them keeps no decimals. "
            "Take centres.astype(float)."
        )
    return None


q2 = Exercise(
    hint=(
        "x[:, None] - centres is (patients, centres, columns). Square it, add up over the columns, and take "
        "the argmin over the centres.",
        "Begin with moved = centres.astype(float); then, for each k that has patients, moved[k] = x[label == "
        "k].mean(axis=0).",
    ),
    solve=one_step_of_k_means,
    judge=_judge_step,
    praise="Repeated until nothing moves, that is k-means. Where it ends depends on where the centres began.",
)


# 3. The silhouette of four points


def silhouette_by_hand():
    point, group = np.array([0, 1, 5, 7]), np.array([0, 0, 1, 1])
    distance = np.abs(point[:, None] - point)

    def silhouette(i):
        own = (group == group[i]) & (np.arange(4) != i)
        a, b = distance[i, own].mean(), distance[i, group != group[i]].mean()
        return (b - a) / max(a, b)

    each = [silhouette(i) for i in range(4)]
    return each[2], np.mean(each)


_OF_POINT_5 = {
    -2.5 / 4.5: "In the first number a and b are exchanged: 5 is nearer to 7, so it is above 0.",
    3.5 / 4.5: "In the first number a is too small: the point 5 is not its own neighbour, only 7 is.",
    2.5: "The first number is b − a; divide it by the larger of the two.",
    1.25: "The first number is divided by a; divide by the larger of the two, which is b.",
    2.5 / 6.5: "The first number is divided by a + b; divide by the larger of the two.",
    2 / 4.5: "The first number is a / b; it is 1 less that.",
    0.5: "In the first number b is the distance to the nearest of the others; it is their mean, 4.5.",
    0.6: "In the first number b is the distance to the furthest of the others; it is their mean, 4.5.",
    0.8333: "The first number is the silhouette of the point 0; that of the point 5 is asked for.",
    0.8: "The first number is the silhouette of the point 1; that of the point 5 is asked for.",
    0.6923: "The first number is the silhouette of the point 7; that of the point 5 is asked for.",
}
_OF_ALL_POINTS = {
    2.8813: "The second number is the sum of the four: divide it by 4.",
    -0.7203: "In the second number a and b are exchanged.",
    0.8601: "In the second number each point is its own neighbour: leave it out.",
    0.7273: "The second number takes the means of a and of b first. Take the mean of four silhouettes.",
    4: "The second number is the mean of b − a; divide each by the larger of the two first.",
    0.5741: "In the second number you divide by a + b; divide by the larger of the two.",
    0.6792: "In the second number b is the distance to the nearest of the others; it is their mean.",
    0.5556: "The second number is that of the point 5 again; the mean of all four is asked for.",
    0.6239: "The second number is the mean of the points 5 and 7 alone.",
    0.8167: "The second number is the mean of the points 0 and 1 alone.",
}
_SILHOUETTES = (
    number(
        2.5 / 4.5,
        _OF_POINT_5,
        "For the first number: a is the distance from 5 to 7, b the mean of those to 0 and 1. Then (b − a) / "
        "max(a, b).",
    ),
    number(
        0.7203,
        _OF_ALL_POINTS,
        "The second number is the mean of four silhouettes: .83, .80, that of 5, and .69.",
        tolerance=0.0052,
    ),
)


def _judge_silhouettes(answer) -> str | None:
    given = grid(answer, (2,), "Give two numbers: the silhouette of the point 5, and the mean of all four.")
    if np.allclose(given, silhouette_by_hand()[::-1], rtol=0, atol=0.006):
        return "Exchange the two: first that of the point 5, then the mean."
    told = (judge(value) for judge, value in zip(_SILHOUETTES, given, strict=True))
    return next((wrong for wrong in told if wrong), None)


q3 = Exercise(
    hint=(
        "For the point 5: how far is it to 7, its only neighbour? How far is it to 0 and to 1, on average?",
        "a = 2 and b = 4.5, so that it is 2.5 / 4.5. The others are 5/6, 4/5 and 4.5/6.5.",
    ),
    solve=silhouette_by_hand,
    judge=_judge_silhouettes,
    praise="No label is in it, and no patient that was not used: it says how far apart groups lie, not why.",
)


# 4. A twin without groups


def twin_without_groups():
    def null_twin(x, rng):
        return rng.multivariate_normal(x.mean(axis=0), np.cov(x, rowvar=False), size=len(x))

    return null_twin


def _cohort(count: int) -> np.ndarray:
    """Patients of three kinds far from each other, in four columns that go together, in their units."""
    rng = np.random.default_rng(count)
    kinds = np.array([[0.0, 0, 0, 0], [6, 0, 5, 0], [0, 6, 5, 3]])[rng.integers(0, 3, count)]
    z = kinds + rng.normal(size=(count, 4)) @ np.array(
        [[1, 0.6, 0, 0], [0, 1, 0, -0.5], [0, 0, 1, 0], [0, 0, 0, 1]]
    )
    return z * [0.4, 12, 1.5, 3] + [37, 90, 8, -4]


def _judge_twin(null_twin) -> str | None:
    x = _cohort(30)
    try:
        twin = null_twin(x.copy(), np.random.default_rng(0))
    except (ValueError, np.linalg.LinAlgError) as error:
        return (
            f"With 30 patients in 4 columns it stops: {error}. Is the covariance that of the columns, "
            "(4, 4)? np.cov takes rows for columns, unless rowvar=False."
        )
    if wrong := _fault_of_twin_shape(np.shape(twin)):
        return wrong
    x = _cohort(2000)
    twin, again, other = (_cloud(null_twin(x.copy(), np.random.default_rng(seed))) for seed in (1, 1, 2))
    if not np.isfinite(twin).all():
        return "Your made-up patients hold nan or infinite numbers."
    if wrong := _fault_of_copies(twin, x):
        return wrong
    if not np.array_equal(twin, again):
        return "Given the same rng again it makes up other patients: draw from rng, to make it repeatable."
    if np.array_equal(twin, other):
        return "Whatever rng it is given, the patients are the same: draw from rng."
    return _fault_of_moments(twin, x) or _fault_of_cloud(twin)


def _cloud(values) -> np.ndarray:
    return grid(values, (2000, 4), "Return as many patients as x has, with as many columns.")


def _fault_of_twin_shape(shape: tuple[int, ...]) -> str | None:
    shapes = {
        (4,): "That is one patient: draw as many as there are rows in x, size=len(x).",
        (30, 30): "That is a column for each patient: the covariance is one of columns, (4, 4).",
        (4, 30): "Its rows are columns: a patient is a row, as in x.",
    }
    if shape == (30, 4):
        return None
    return shapes.get(shape, f"x is (30, 4), and so should its twin be, not {shape}.")


def _fault_of_copies(twin: np.ndarray, x: np.ndarray) -> str | None:
    """Whether the made-up patients are those of x, or are made from their values one by one."""
    if np.array_equal(twin, x):
        return "That is x itself: make up patients."
    rows, made = {row.tobytes() for row in x}, [row.tobytes() for row in twin]
    if rows == set(made):
        return "Those are the same patients in another order: the groups are still there."
    if rows.issuperset(made):
        return "Those are patients of x, drawn again: the groups are still there."
    columns = list(zip(twin.T, x.T, strict=True))
    if all(np.array_equal(np.sort(own), np.sort(real)) for own, real in columns):
        return "You shuffle each column: what goes with what is lost, and with it the covariance."
    if all(np.isin(own, real).all() for own, real in columns):
        return "You draw each column's values on their own: what goes with what is lost."
    follows = [np.corrcoef(own, real)[0, 1] for own, real in columns if own.std() > 0]
    if follows and min(follows) > 0.2:
        return "Your patients are those of x with something added: the groups are still there."
    return None


def _fault_of_moments(twin: np.ndarray, x: np.ndarray) -> str | None:
    mean, sd = x.mean(axis=0), x.std(axis=0)
    covariance, made = np.cov(x, rowvar=False), np.cov(twin, rowvar=False)
    root = np.linalg.cholesky(covariance)
    flat = (twin - twin.mean(axis=0)) / np.maximum(twin.std(axis=0), 1e-9)
    said = (
        (np.eye(4), "Each column has a standard deviation of 1, and none goes with another: where is x?"),
        (np.diag(sd**2), "The variances are right, and no column goes with another: the covariance is lost."),
        (
            np.diag(sd),
            "The diagonal holds standard deviations: it takes variances, and the covariances beside.",
        ),
        (np.diag(sd**4), "The variances are taken for standard deviations, and the covariances are lost."),
        (
            np.corrcoef(x, rowvar=False),
            "That is the correlation for the covariance: each column's spread is 1.",
        ),
        (
            covariance @ covariance,
            "You multiply by the covariance itself, so that it comes out squared: multiply by a root of it.",
        ),
        (root.T @ root, "The factor is turned around: with L from Cholesky it is z @ L.T, not z @ L."),
        (covariance + np.outer(mean, mean), "The mean was not taken off before the products: take it off."),
        (covariance * len(x), "Divide the sum of the products by the number of patients."),
        (0 * covariance, "All made-up patients are alike: draw around the mean."),
    )
    if not _alike(made, covariance):
        if told := next((message for mistake, message in said if _alike(made, mistake)), None):
            return told
        if np.all((twin >= x.min(axis=0)) & (twin <= x.max(axis=0))) and np.mean(flat**4) < 2:
            return (
                "That is a box, evenly filled from the lowest to the highest values: the covariance is lost."
            )
        return "The covariance is not that of x: compare np.cov(twin.T) with np.cov(x.T)."
    if np.allclose((twin.mean(axis=0) - mean) / sd, 0, atol=0.1):
        return None
    if np.allclose(twin.mean(axis=0) / sd, 0, atol=0.1):
        return "The covariance is right, and the mean is 0: add the mean of each column."
    if np.allclose((twin.mean(axis=0) - x.mean()) / sd, 0, atol=0.1):
        return "The covariance is right, and all columns have one mean: take it by column, axis=0."
    return "The covariance is right, the mean is not: compare twin.mean(axis=0) with that of x."


def _alike(made: np.ndarray, one: np.ndarray) -> bool:
    """Whether two covariances are equal but for what chance does to 2,000 patients."""
    sd = np.sqrt(np.maximum(np.diag(one), 1e-12))
    scale = np.outer(sd, sd)
    return bool(np.allclose(made / scale, one / scale, atol=0.15))


def _fault_of_cloud(twin: np.ndarray) -> str | None:
    """Whether the cloud is a Gaussian one: the groups of x would flatten it along some direction."""
    z = twin - twin.mean(axis=0)
    along = z @ np.linalg.svd(z, full_matrices=False)[2].T
    fourth = np.mean(along**4, axis=0) / np.mean(along**2, axis=0) ** 2
    if np.all(np.abs(fourth - 3) < 0.5):
        return None
    return (
        "Mean and covariance are right, and it is no Gaussian cloud: the groups, or other corners, are still "
        "in it. Draw from one normal distribution."
    )


q4 = Exercise(
    hint=(
        "The mean of each column is x.mean(axis=0), and the covariance of the columns np.cov(x, "
        "rowvar=False).",
        "rng.multivariate_normal(mean, covariance, size=len(x)) draws from one Gaussian.",
    ),
    solve=twin_without_groups,
    judge=_judge_twin,
    praise="Whatever a recipe finds in it is not there: this is what the groups in x have to be better than.",
)


# 5. How many groups


def how_many_groups():
    k = np.arange(2, 7)
    stability = np.array([0.70, 0.52, 0.51, 0.40, 0.38])
    highest_of_the_twins = np.array([0.83, 0.66, 0.55, 0.52, 0.49])
    beyond = stability > highest_of_the_twins
    return k[beyond].tolist() or "none"


_NUMBERS_OF_GROUPS = {
    2: "Two groups are the most stable, and the twins' two groups are as stable: .55 to .83. Any cloud that "
    "is longer than wide is cut in two at the same place each time.",
    3: "Three groups have the best silhouette, .41, and in the twins, which have no groups, it is .40.",
    4: "With four the stability lies furthest above the twins' mean, .51 against .44, and yet within their "
    "range, which goes up to .55. The largest of five differences is above 0 by chance alone.",
    5: "With five groups neither column differs from the twins'.",
    6: "With six groups neither column differs from the twins', and both are the lowest.",
}


def _judge_number_of_groups(answer) -> str | None:
    if isinstance(answer, str) and answer.strip(" .").lower() in ("none", "no groups", "no groups found"):
        return None
    groups = whole(answer, 'Give the number of groups, or "none".')
    if groups in (0, 1):
        return None
    return _NUMBERS_OF_GROUPS.get(
        groups, "The table has 2 to 6 groups: is any of them more than in the twins?"
    )


q5 = Exercise(
    hint=(
        "Do not look for the highest number in a column. Compare each with what the twins have, which hold "
        "no groups.",
        "For which k is the stability above the highest of the 20 twins? For k = 4 it is .51, and theirs go "
        "up to .55.",
    ),
    solve=how_many_groups,
    judge=_judge_number_of_groups,
    praise=(
        'So it is none, or one, which is the same. "No groups found" is a result: with more patients, or '
        "other columns, there may be some."
    ),
)


# 6. An autoencoder for a bent sheet

COLUMNS, CODE = 12, 3
_ONE_NUMBER = "Its code is one number, and the rows differ in two ways: take 2 or 3."


def autoencoder_with_a_narrow_code():
    def build():
        import keras
        from keras import layers

        x = keras.Input((12,))
        hidden = layers.Dense(32, activation="tanh")(x)
        code = layers.Dense(3)(hidden)
        hidden = layers.Dense(32, activation="tanh")(code)
        return keras.Model(x, layers.Dense(12)(hidden))

    return build


def _judge_autoencoder(build) -> str | None:
    if hasattr(getattr(build, "__wrapped__", build), "layers"):
        return "Give the function that builds the network, not the network: it is built and trained here."
    import keras

    keras.utils.set_random_seed(32)  # the same answer is told the same
    model = build()
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Your function should return a Keras model, not trained."
    shapes = [tuple(one.shape[1:]) for one in getattr(model, "inputs", None) or []]
    if shapes != [(COLUMNS,)]:
        return f"It should begin with keras.Input((12,)), one row of 12 columns; its inputs are {shapes}."
    if [tuple(one.shape[1:]) for one in model.outputs] != [(COLUMNS,)]:
        ends = [tuple(one.shape[1:]) for one in model.outputs]
        return f"It should give back the 12 columns and nothing else; its outputs are {ends}."
    if not model.trainable_weights:
        return "Nothing in it can learn."
    return _fault_before_it_learns(model) or _fault_of_reconstruction(model)


def _give_back(model, x: np.ndarray) -> np.ndarray:
    """What the model makes of x, in NumPy."""
    import keras

    return keras.ops.convert_to_numpy(model(x.astype("float32"), training=False)).astype(float)


def _units(model) -> list[int]:
    """The widths of all dense layers, those of models within the model as well."""
    own = [layer.units for layer in model.layers if hasattr(layer, "units")]
    return own + [units for layer in model.layers if hasattr(layer, "layers") for units in _units(layer)]


def _fault_before_it_learns(model) -> str | None:
    x = 2 * np.random.default_rng(4).normal(size=(300, COLUMNS))
    y = _give_back(model, x)
    if not np.array_equal(y, _give_back(model, x)):
        return "Asked twice, it gives two answers: noise belongs to the training alone, as in GaussianNoise."
    if np.allclose(y.sum(axis=1), 1, atol=1e-3):
        return "The columns of a row add up to 1: a softmax is for classes. End with no activation."
    if y.min() >= 0 and y.max() > 0:
        return _name_of_the_end(_give_back(model, 1e-3 * x))
    if _moves_too_freely(model):
        narrowest = min(_units(model), default=COLUMNS)
        if narrowest > CODE:
            return f"Its narrowest layer has {narrowest} units: let all pass through a code of 3 or fewer."
        return "Something goes around the narrow layer: what comes out must be made from the code alone."
    return _fault_of_flatness(model, x, y)


def _name_of_the_end(near_0: np.ndarray) -> str:
    if np.allclose(near_0, 0.5, atol=0.2):
        return "A sigmoid at the end gives 0 to 1, and scaled columns go below 0 and beyond 1: leave it out."
    return "None of its answers is below 0, and half of all scaled values are: no relu at the end."


def _moves_too_freely(model) -> bool:
    """Whether the output moves in more directions with its input than a code of three numbers lets it."""
    at, fourth = np.random.default_rng(5).normal(size=(25, 1, COLUMNS)), []
    for size in (0.2, 0.02, 0.002):  # long ones leap over sharp bends, short ones drown in rounding
        there, back = (
            _give_back(model, (at + step).reshape(-1, COLUMNS))
            for step in (size * np.eye(COLUMNS), -size * np.eye(COLUMNS))
        )
        sizes = np.linalg.svd((there - back).reshape(25, COLUMNS, COLUMNS), compute_uv=False)
        fourth.append(np.median(sizes[:, CODE] / np.maximum(sizes[:, 0], 1e-4)))
    return min(fourth) > (0.03 if min(_units(model), default=0) <= CODE else 0.003)


def _fault_of_flatness(model, x: np.ndarray, y: np.ndarray) -> str | None:
    sizes = np.linalg.svd(y - y.mean(axis=0), compute_uv=False)
    if sizes[0] < 1e-3 or sizes[CODE] > 1e-5 * sizes[0]:
        return None
    if min(_units(model), default=CODE) == 1:
        return _ONE_NUMBER
    at_0 = _give_back(model, np.zeros((1, COLUMNS)))
    both = _give_back(model, x[:150] + x[150:]) + at_0 - y[:150] - y[150:]
    if np.abs(both).max() < 1e-4 * np.abs(y).max():
        return (
            "It is linear from end to end: trained, it can find no more than principal components. Give the "
            'hidden layers an activation="tanh".'
        )
    return (
        "Behind the code nothing bends, so that what it gives lies in a flat space, as with principal "
        "components. Put a wide hidden layer with tanh or relu between the code and the output."
    )


def _sheet(count: int, seed: int) -> np.ndarray:
    """Rows of 12 columns that hang on two numbers: a sheet, bent in many directions, and a little noise."""
    rng = np.random.default_rng(seed)
    two = rng.uniform(-1, 1, (count, 2))
    angle = np.linspace(0, np.pi, COLUMNS, endpoint=False)
    t = two @ np.stack([np.cos(angle), np.sin(angle)])
    x = np.empty((count, COLUMNS))
    for first, bend in enumerate((np.copy, np.square, lambda t: np.sin(3 * t), lambda t: np.exp(2 * t))):
        x[:, first::4] = bend(t[:, first::4])
    return x


def _scaled_sheets() -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and new ones, scaled by the first, with noise that nothing can predict."""
    rng = np.random.default_rng(6)
    train, new = _sheet(1000, seed=1), _sheet(500, seed=2)
    mean, sd = train.mean(axis=0), train.std(axis=0)
    return tuple((one - mean) / sd + 0.1 * rng.normal(size=one.shape) for one in (train, new))


def _left_by_components(train: np.ndarray, new: np.ndarray) -> float:
    """The share of the variance of new rows that three principal components leave."""
    mean = train.mean(axis=0)
    axes = np.linalg.svd(train - mean, full_matrices=False)[2][:CODE]
    z = new - mean
    return float(np.mean((z - z @ axes.T @ axes) ** 2) / np.mean(z**2))


def _fault_of_reconstruction(model) -> str | None:
    import keras

    begun, (train, new) = model.get_weights(), _scaled_sheets()
    noisy = train + 0.2 * np.random.default_rng(7).normal(size=train.shape)
    compiled = keras.backend.backend() == "jax"  # slow otherwise; elsewhere it does not pay
    model.compile(keras.optimizers.Adam(0.02), "mse", jit_compile=compiled)
    model.fit(noisy.astype("float32"), train.astype("float32"), batch_size=100, epochs=30, verbose=0)
    given = _give_back(model, new)
    model.set_weights(begun)  # whoever looks at it afterwards finds it as it was
    if not np.isfinite(given).all():
        return "Trained here with Adam, it gives nan."
    left = np.mean((new - given) ** 2) / np.mean((new - train.mean(axis=0)) ** 2)
    components = _left_by_components(train, new)
    if left <= components / 2:
        return None
    found = f"Of new rows it leaves {left:.0%} of the variance, three principal components {components:.0%}"
    return f"{found}; half of theirs is wanted. {_guess(model, given)}"


def _guess(model, given: np.ndarray) -> str:
    """What may keep a trained model from giving back its rows."""
    if given.std(axis=0).max() < 0.1:
        return "It gives the same for every row: does anything of x reach the code, and the code the output?"
    if 0.95 < np.abs(given).max() <= 1:
        return "None of its answers is beyond 1, and scaled columns are: no tanh at the end."
    if min(_units(model), default=CODE) == 1:
        return _ONE_NUMBER
    return (
        "Has it some 32 hidden units on either side of a code without activation, and not too much noise or "
        "dropout?"
    )


q6 = Exercise(
    hint=(
        "Twelve columns, a hidden layer of 32 with tanh, a code of 3 without activation; then a hidden layer "
        "of 32 with tanh again.",
        "The last layer is Dense(12) without activation: scaled columns have any sign and size.",
    ),
    solve=autoencoder_with_a_narrow_code,
    judge=_judge_autoencoder,
    praise=(
        "The rows lie on a bent sheet: two numbers say nearly all, and no flat space holds it. Where data "
        "are few or hardly bent, principal components do as well: compare."
    ),
)


# 7. What may be said of groups

_SENTENCES = {
    "A": "creatinine made the groups: it differs between them even where there are none.",
    "B": "mortality made no group, and these patients made none either.",
    "C": "it says what the groups add to what is known already, with an interval, on new patients.",
    "D": "the clearer of two is chosen by its result. That the two do not agree is the result.",
    "E": "it reports that the groups depend on the seed.",
    "F": "the network was trained to make such a code. Noise has a high silhouette there, too.",
    "G": "t-SNE makes islands of one cloud; their number follows the perplexity.",
    "H": "the groups were fixed before, and are compared with what twins without groups give.",
}


def what_may_be_said():
    made_the_groups = {"A"}  # tested with the columns that made them
    by_choice_or_by_picture = {"D", "F", "G"}
    return set("ABCDEFGH") - made_the_groups - by_choice_or_by_picture


q7 = Exercise(
    hint=(
        "For each sentence: would it be true of a cloud without groups as well? Then it says nothing.",
        "What was used to make the groups, or to choose among them, cannot be evidence for them. Four "
        "sentences may stand.",
    ),
    solve=what_may_be_said,
    judge=letters("BCEH", _SENTENCES, called="sentence", innocent="may not stand"),
    praise="To test groups on what made them is called double dipping: it finds p < .001 in pure noise.",
)


# 8. Does the group add to severity?


def gain_over_severity():
    def gain(y, severity, group, y_test, severity_test, group_test):
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score

        def auroc(x, x_test):
            p = LogisticRegression().fit(x, y).predict_proba(x_test)[:, 1]
            return roc_auc_score(y_test, p)

        names = np.unique(group)
        both = np.column_stack([severity, group[:, None] == names])  # one column a group
        both_test = np.column_stack([severity_test, group_test[:, None] == names])
        return auroc(both, both_test) - auroc(severity[:, None], severity_test[:, None])

    return gain


_Patients = tuple[np.ndarray, np.ndarray, np.ndarray]


def _patients(count: int, seed: int, slope: float, extra: tuple[float, ...] | None) -> _Patients:
    """Outcome, severity, group. `extra`: the log-odds of each group; None: the groups are severity, cut."""
    rng = np.random.default_rng(seed)
    severity = rng.normal(size=count)
    group = rng.integers(0, 3, count) if extra else np.digitize(severity, [-0.4, 0.6])
    log_odds = slope * severity - 1 + (np.array(extra)[group] if extra else 0)
    return (rng.random(count) < 1 / (1 + np.exp(-log_odds))).astype(int), severity, group


def _judge_gain(gain) -> str | None:
    train = _patients(1200, 1, 0.9, (0.0, 2.2, -0.6))
    test = _patients(1500, 2, 0.7, (0.0, 1.5, -0.2))
    given = _ask(gain, train, test)
    if np.shape(given) != ():
        return "Return one number: the AUROC with severity and group, less that with severity alone."
    if wrong := _fault_of_gain(given, train, test):
        return wrong
    seen = test[2] != 1
    try:
        given = _ask(gain, train, tuple(one[seen] for one in test))
    except Exception:
        given = np.nan
    if not np.isclose(given, _gain(train, tuple(one[seen] for one in test)), atol=0.005):
        return (
            "It is right, but not where a group has no test patient: make the columns of both from the "
            "groups of the training patients."
        )
    train, test = _patients(1200, 3, 1.0, None), _patients(1500, 4, 1.0, None)
    if abs(given := float(_ask(gain, train, test))) > 0.01:
        return f"Where the groups are severity cut in three they add nothing, and yours says {given:+.3f}."
    return None


def _ask(gain, train: _Patients, test: _Patients):
    return gain(*(one.copy() for one in (*train, *test)))


def _gain(train: _Patients, test: _Patients) -> float:
    return float(gain_over_severity()(*train, *test))


def _fault_of_gain(given: float, train: _Patients, test: _Patients) -> str | None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, roc_auc_score

    def score(columns, fit=train, on=test, *, decide=False, measure=roc_auc_score):
        model = LogisticRegression().fit(columns(fit), fit[0])
        x = columns(on)
        return measure(on[0], model.predict(x) if decide else model.predict_proba(x)[:, 1])

    def severity(part):
        return part[1][:, None]

    def one_hot(part):
        return (part[2][:, None] == np.arange(3)).astype(float)

    def both(part):
        return np.column_stack([part[1], one_hot(part)])

    def as_number(part):
        return np.column_stack(part[1:])

    alone, right = score(severity), score(both) - score(severity)
    within = {"decide": True, "measure": accuracy_score}
    said = (
        (
            score(as_number) - alone,
            "The group enters as a number, as if 2 were twice 1: give each group a column of 0 and 1.",
        ),
        (
            score(both, on=train) - score(severity, on=train),
            "You score on the patients that the models learnt from: score on the test patients.",
        ),
        (
            score(both, fit=test) - score(severity, fit=test),
            "You fit on the test patients: fit on the others, and score on these.",
        ),
        (
            score(both, decide=True) - score(severity, decide=True),
            "The AUROC is one of decisions, yes or no: give it probabilities, predict_proba(…)[:, 1].",
        ),
        (
            score(one_hot) - alone,
            "That is the group alone, less severity alone: the first model has both.",
        ),
        (
            score(both) - score(one_hot),
            "You take away the group alone: take away severity alone.",
        ),
        (
            -right,
            "The sign is turned: with both, less severity alone, by the probability of a 1, predict_proba(…)"
            "[:, 1].",
        ),
        (score(both), "That is the AUROC with both: take away that of severity alone."),
        (alone, "That is the AUROC of severity alone: how much more is it with the group?"),
        (score(one_hot), "That is the AUROC of the group alone: how much does it add to severity?"),
        (score(both) / alone, "That is a ratio: take the difference."),
        (
            score(both, **within) - score(severity, **within),
            "That is a difference of accuracies: take the AUROC, with probabilities.",
        ),
        (0, "The two are equal with you: does the group enter the first model?"),
    )
    otherwise = (
        "Two logistic regressions, fitted on the first three: severity and a column for each group, and "
        "severity alone. The difference of their AUROCs on the last three."
    )
    return number(right, dict(said), otherwise, tolerance=0.004)(given)


q8 = Exercise(
    hint=(
        "group[:, None] == np.unique(group) has a column for each group; np.column_stack puts severity "
        "beside it.",
        "Fit LogisticRegression twice on the training patients, with both and with severity[:, None], and "
        "take roc_auc_score(y_test, model.predict_proba(…)[:, 1]) of each.",
    ),
    solve=gain_over_severity,
    judge=_judge_gain,
    praise=(
        "Groups that are severity cut in three add nothing, however much they differ in mortality. In a "
        "paper the gain has an interval, by bootstrap of the test patients."
    ),
)
