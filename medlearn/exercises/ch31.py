"""The exercises of notebook 31. The third trains a network, and imports Keras when it is handed one."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. The Jaccard index of sets


def jaccard_of_sets():
    def jaccard(y_true, y_pred):
        both = np.sum((y_true == 1) & (y_pred == 1), axis=1)
        either = np.sum((y_true == 1) | (y_pred == 1), axis=1)
        return np.mean(np.where(either == 0, 1, both / np.maximum(either, 1)))

    return jaccard


def _judge_jaccard(jaccard) -> str | None:
    rng = np.random.default_rng(22)
    true, pred = (rng.random((2, 10, 5)) < 0.45).astype("uint8")
    true[7:], pred[8:], pred[7] = 0, 0, [0, 1, 0, 0, 0]
    with np.errstate(all="ignore"):
        given = jaccard(true.copy(), pred.copy())
        if np.shape(given) == (10,):
            return "That is one number a patient: return their mean."
        if np.shape(given) == (5,):
            return "That is one number a drug: add up within each patient's row, axis=1."
        if wrong := _fault_of_jaccard(given, true, pred):
            return wrong
        none, full = np.zeros((3, 2), "uint8"), rng.integers(0, 2, (40, 11)).astype("uint8")
        nobody, all_there = float(jaccard(none.copy(), none.copy())), float(jaccard(full.copy(), 1 - full))
    if nobody != 1:
        return f"Where nobody gets a drug and none is predicted, it should be 1, not {nobody:g}."
    if all_there != 0:
        return (
            f"Where each set predicted is just what the other leaves out, it should be 0, not {all_there:g}."
        )
    return None


def _fault_of_jaccard(given: float, true: np.ndarray, pred: np.ndarray) -> str | None:
    both, either, agree = (true & pred).sum(1), (true | pred).sum(1), true == pred
    sizes, empty = true.sum(1) + pred.sum(1), either == 0
    share, f1 = both / np.maximum(either, 1), 2 * both / np.maximum(sizes, 1)
    right, of_true, of_pred = share + empty, *(both / np.maximum(one.sum(1), 1) for one in (true, pred))
    by_drug = (true & pred).sum(0) / (true | pred).sum(0)
    if np.shape(given) == () and np.isnan(float(given)):
        return "It is nan: for two empty sets you divide 0 by 0. By convention, they agree: 1."
    said = (
        (share.mean(), "Two empty sets count 0 with you. Nobody needed a drug and none was predicted: 1."),
        (share[~empty].mean(), "You leave out the patients with two empty sets; each of them counts 1."),
        (
            both.sum() / either.sum(),
            "You add up over all patients and then divide (a micro average): who gets many drugs counts "
            "more. Divide for each patient, then take the mean.",
        ),
        (f1.mean(), "That is F1, with what is in both counted twice, and two empty sets count 0."),
        (np.mean(f1 + empty), "That is F1, with what is in both counted twice: divide by what is in either."),
        (
            np.mean(both / np.maximum(sizes, 1) + empty),
            "The two sizes added up hold what is in both twice: take it off once.",
        ),
        (
            np.mean(both / np.maximum(sizes, 1)),
            "The two sizes added up hold what is in both twice: take it off once. And two empty sets count "
            "1.",
        ),
        (
            agree.mean(),
            "That is the accuracy: a drug in neither set counts as well, and most are in neither.",
        ),
        (agree.all(1).mean(), "That counts sets that are wholly equal; one drug too many should cost less."),
        (
            of_true.mean(),
            "That is the share of the true set that was predicted: drugs too many cost nothing.",
        ),
        (
            np.mean(of_true + empty),
            "That is the share of the true set that was predicted: divide by what is in either.",
        ),
        (of_pred.mean(), "That is the share of the predicted set that is true: drugs missed cost nothing."),
        (
            np.mean(of_pred + empty),
            "That is the share of the predicted set that is true: divide by what is in either.",
        ),
        (by_drug.mean(), "You compare columns, one drug over all patients: add up in each row, axis=1."),
        (right.sum(), "That is the sum over patients: take the mean."),
        (1 - right.mean(), "That is a distance: one less the index."),
    )
    otherwise = (
        "For each patient: how many drugs are in both sets, over how many are in either. Then the mean."
    )
    return number(right.mean(), dict(said), otherwise, tolerance=1e-4)(given)


q1 = Exercise(
    hint=(
        "Count in each row, axis=1, the drugs that both sets hold, and those that at least one holds.",
        "np.where(either == 0, 1, both / np.maximum(either, 1)) divides by no 0; then take the mean.",
    ),
    solve=jaccard_of_sets,
    judge=_judge_jaccard,
    praise="Ask of any such figure what it does with empty sets, and over what its mean is taken.",
)


# 2. What may enter x

_COLUMNS = {
    "A": "age is known at the door.",
    "B": "change says whether a drug was changed at this stay: it is made from the answer.",
    "C": "the stays of the year before are over when this one begins.",
    "D": "diabetesMed says whether any of the drugs was given: it is made from the answer.",
    "E": "the A1C is measured to decide on the drugs; that nobody measured it tells something as well.",
    "F": "num_medications counts the drugs of this stay, those to be predicted among them.",
    "G": "how long she stayed is known when she leaves; the drugs were chosen before.",
    "H": "where she went is known when she leaves, and so is whether she died.",
    "I": "whether she came back is known weeks after the drugs were chosen.",
    "J": "the last set was written down at the visit before; no column tells more.",
}


def what_is_known_at_the_prescription():
    before = {"A": "age", "C": "number_inpatient", "J": "the last set"}
    with_it = {"E": "A1Cresult"}  # what the decision looks at
    return {*before, *with_it}


q2 = Exercise(
    hint=(
        "Stand at the bed at the moment the drugs are chosen. What is in the record, and what is not yet?",
        "Three are made from the drugs of this stay, and three are known only when she leaves or later.",
    ),
    solve=what_is_known_at_the_prescription,
    judge=letters("ACEJ", _COLUMNS, called="column", innocent="stays out"),
    praise=(
        "The diagnoses stand on the line: they were coded when she left, though most were known at the bed. "
        "That is a reason to say what a model was given, and when it was known."
    ),
)


# 3. A network that begins as the copy

DRUGS, FACTS = 11, 6  # of the last set, and numbers known of the patient
BY_HABIT, BY_FACT, BY_COIN = 0, 2, 5  # drugs: the others follow the last set, too


def net_that_begins_as_the_copy():
    def build():
        import keras
        from keras import layers

        last, x = keras.Input((11,)), keras.Input((6,))
        three = keras.initializers.Constant(3.0)
        alpha = layers.EinsumDense("nd,d->nd", output_shape=11, kernel_initializer=three)
        habit = alpha(layers.Rescaling(2, -1)(last))  # α · (2c − 1)
        hidden = layers.Dense(16, activation="relu")(x)
        correction = layers.Dense(11, kernel_initializer="zeros")(hidden)
        return keras.Model([last, x], layers.Activation("sigmoid")(layers.Add()([habit, correction])))

    return build


def _judge_correction(build) -> str | None:
    if hasattr(getattr(build, "__wrapped__", build), "layers"):
        return "Give the function that builds the network, not the network: it is built and trained here."
    model = build()
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Your function should return a Keras model, not trained."
    shapes = [tuple(one.shape[1:]) for one in getattr(model, "inputs", None) or []]
    if shapes != [(DRUGS,), (FACTS,)]:
        return f"It should take the last set and x, of (11,) and (6,) in this order, not {shapes}."
    if tuple(model.output_shape[1:]) != (DRUGS,):
        return f"It should give a probability for each of 11 drugs, not {tuple(model.output_shape[1:])}."
    if not model.trainable_weights:
        return "Nothing in it can learn: where are α and f?"
    return _fault_before_training(model) or _fault_after_training(model)


def _visits(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Last sets, facts and next sets: most drugs are kept, one follows a fact alone, and one a coin."""
    rng = np.random.default_rng(seed)
    last = (rng.random((count, DRUGS)) < 0.4).astype("float32")
    x = rng.normal(size=(count, FACTS)).astype("float32")
    y = np.abs(last - (rng.random((count, DRUGS)) < 0.05))
    y[:, BY_FACT], y[:, BY_COIN] = x[:, 0] > 0, rng.random(count) < 0.5
    return last, x, y


def _say(model, last: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What the model says, in NumPy: for a few cases quicker than predict."""
    import keras

    return keras.ops.convert_to_numpy(model([last, x], training=False)).astype(float)


def _fault_before_training(model) -> str | None:
    last, x, _ = _visits(300, seed=1)
    p, other_x, other_last = (
        _say(model, *given) for given in ((last, 3 * x), (last, -3 * x), (1 - last, 3 * x))
    )
    off, on = p[last == 0], p[last == 1]
    if not ((p >= 0) & (p <= 1)).all():
        return "It gives numbers outside 0 to 1: α · (2c − 1) + f are log-odds, and the sigmoid is missing."
    if np.allclose(p.sum(1), 1, atol=1e-3):
        return "The drugs of a patient add up to 1: a softmax lets one in only. Each is a yes or no: sigmoid."
    if np.allclose(p, 0.5, atol=0.01):
        return "Before training it says .5 for every drug: α begins at 0. Let it begin at 3."
    if np.allclose(p, other_last, atol=1e-3):
        return "Before training it says the same for every last set: where does α · (2c − 1) enter?"
    if not np.allclose(p, other_x, atol=1e-3):
        return (
            "Before training another x changes its answer, so it is not the copy: let f begin at 0, with "
            'kernel_initializer="zeros" in its last layer.'
        )
    if np.allclose(off, 0.5, atol=0.01):
        return "For a drug not in the last set it says .5, neither yes nor no: α multiplies 2c − 1, not c."
    if p.min() > 0.5:
        return "Before training all drugs are above .5: were log-odds made probabilities twice?"
    if off.min() > 0.5 and on.max() < 0.5:
        return "It begins as the opposite of the copy: log-odds above 0 where c is 1."
    if off.max() > 0.5 or on.min() < 0.5:
        return (
            "Before training it is not the copy: above .5 where the last set holds a drug, below where not."
        )
    return None


def _fault_after_training(model) -> str | None:
    import keras

    begun = model.get_weights()
    last, x, y = _visits(2000, seed=2)
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy", jit_compile=False)
    model.fit([last, x], y, batch_size=64, epochs=8, shuffle=False, verbose=0)
    last, x, y = _visits(1000, seed=3)
    p = _say(model, last, x)
    model.set_weights(begun)  # whoever looks at it afterwards finds it as it was
    right = np.mean((p > 0.5) == y, axis=0)
    found = f"It begins as the copy. Trained, it is right about drug {BY_FACT} in {right[BY_FACT]:.0%}"
    if right[BY_FACT] < 0.85:
        return (
            f"{found}, though x alone decides it. x does not come through: is it joined? And only f's last "
            "layer may begin at 0: if all weights do, none has a slope."
        )
    kept, started = p[last[:, BY_COIN] == 1, BY_COIN].mean(), p[last[:, BY_COIN] == 0, BY_COIN].mean()
    if kept - started > 0.4:
        return (
            f"{found}. A coin decides about drug {BY_COIN}, but yours still says {kept:.2f} where it was "
            f"given last, and {started:.2f} where not: α must be learnt, one number for each drug."
        )
    if right[BY_HABIT] < 0.9:
        return f"{found}, but about drug {BY_HABIT}, a habit, in {right[BY_HABIT]:.0%}: the copy has 95%."
    return None


q3 = Exercise(
    hint=(
        "layers.Rescaling(2, -1)(last) is 2c − 1. layers.EinsumDense('nd,d->nd', output_shape=11) multiplies "
        "each drug by a number of its own, which can begin at 3: keras.initializers.Constant(3.0).",
        "f: a Dense layer with ReLU on x, then Dense(11, kernel_initializer='zeros'). Add the two, and "
        "layers.Activation('sigmoid') makes probabilities.",
    ),
    solve=net_that_begins_as_the_copy,
    judge=_judge_correction,
    praise="Trained here, it kept the habit where there is one, dropped it where a coin decides, and used x.",
)


# 4. Forbidden pairs


def rate_of_forbidden_pairs():
    def pair_rate(y_pred, pairs):
        y_pred = y_pred.astype(int)
        together = np.triu(y_pred.T @ y_pred, 1)  # how many patients got both, above the diagonal
        return np.sum(together * pairs) / np.sum(together)

    return pair_rate


def _prescribed(patients: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Sets of six drugs, some of them empty or of one drug, and three forbidden pairs."""
    rng = np.random.default_rng(33)
    y_pred = (rng.random((patients, 6)) < [0.8, 0.6, 0.5, 0.4, 0.2, 0.2]).astype(dtype)
    y_pred[0], y_pred[1] = 0, np.eye(6)[2]
    pairs = np.zeros((6, 6), dtype)
    pairs[[0, 1, 2], [1, 4, 3]] = 1
    return y_pred, pairs + pairs.T


def _judge_pair_rate(pair_rate) -> str | None:
    y_pred, pairs = _prescribed(14, "int64")
    with np.errstate(all="ignore"):
        given = pair_rate(y_pred.copy(), pairs.copy())
        if np.shape(given) == (14,):
            return "That is one number a patient: add up the pairs of all patients, then divide."
        if wrong := _fault_of_pair_rate(given, y_pred, pairs):
            return wrong
        many, pairs = _prescribed(900, "uint8")
        rate = float(pair_rate(many.copy(), pairs.copy()))
    if not np.isclose(rate, rate_of_forbidden_pairs()(many, pairs)):
        return (
            "It is right for 14 patients, but not for 900 with sets of uint8: such a sum begins again at 0 "
            "after 255. Take y_pred.astype(int) first."
        )
    return None


def _fault_of_pair_rate(given: float, y_pred: np.ndarray, pairs: np.ndarray) -> str | None:
    drugs, together = y_pred.sum(1), np.triu(y_pred.T @ y_pred, 1)
    all_pairs, bad = drugs * (drugs - 1) / 2, ((y_pred @ pairs) * y_pred).sum(1) / 2
    own = bad[drugs > 1] / all_pairs[drugs > 1]
    rate = bad.sum() / all_pairs.sum()
    said = (
        (2 * rate, "Each forbidden pair is counted twice: the matrix holds it in both orders."),
        (rate / 2, "Each pair given is counted twice below: k drugs make k(k − 1)/2 pairs."),
        (
            bad.sum() / (15 * len(drugs)),
            "You divide by all pairs that there are, 15 a patient; asked for are those that were given.",
        ),
        (bad.sum() / len(drugs), "That is forbidden pairs per patient: divide by the pairs given."),
        (bad.sum() / drugs.sum(), "You divide by the drugs given: divide by the pairs of them."),
        (np.mean(bad > 0), "That is the share of patients with a forbidden pair: count pairs."),
        (np.mean(bad[drugs > 1] > 0), "That is a share of the patients with two drugs or more: count pairs."),
        (
            own.mean(),
            "That is the mean of the patients' own rates: count the pairs of all together, then divide.",
        ),
        (
            own.sum() / len(drugs),
            "That is the mean of the patients' own rates, with 0 where there is no pair: count the pairs of "
            "all together, then divide.",
        ),
        (
            bad.sum() / np.sum(drugs * (drugs + 1) / 2),
            "A drug with itself is no pair: leave out the diagonal.",
        ),
        (2 * bad.sum() / np.sum(drugs**2), "k drugs make k(k − 1)/2 pairs: a drug with itself is none."),
        (
            pairs.sum() / 30,
            "That is the share of forbidden pairs in the matrix; what patients got is not in it.",
        ),
        (
            np.sum((together > 0) * pairs) / np.sum(together > 0),
            "You count each kind of pair once, however many patients got it.",
        ),
        (bad.sum(), "That is how many forbidden pairs were given: divide by all pairs given."),
        (1 - rate, "That is the share of the pairs that are allowed."),
    )
    otherwise = (
        "Above: pairs of drugs given to the same patient that are forbidden. Below: all pairs given to the "
        "same patient. Add up both over all patients before you divide."
    )
    return number(rate, dict(said), otherwise, tolerance=1e-4)(given)


q4 = Exercise(
    hint=(
        "A patient with k drugs has k(k − 1)/2 pairs. Which of them are forbidden, pairs says.",
        "y_pred.T @ y_pred counts, for each two drugs, the patients who got both; np.triu(…, 1) keeps one "
        "order. Multiply by pairs, add up, and divide by the sum without it.",
    ),
    solve=rate_of_forbidden_pairs,
    judge=_judge_pair_rate,
    praise="Over all pairs that exist the rate would look far lower: a rate needs its denominator beside it.",
)


# 5. Without overlap

# By group of patients, the share that was given the drug.
OVERLAP = {
    "good kidneys, under 70": 0.35,
    "good kidneys, 70 or over": 0.22,
    "poor kidneys, under 70": 0.04,
    "poor kidneys, 70 or over": 0.0,
    "in shock": 1.0,
}

_POLICIES = {
    "A": "of poor kidneys at 70 or over nobody was given the drug: no record says what it does to them.",
    "B": "in shock everybody was given the drug: no record says what happens without it.",
    "C": "it asks in each group for what happened there, and every weight is 1.",
    "D": "it asks for the drug where some were given it. With poor kidneys under 70 they are 4 in 100, and "
    "stand for all: the interval is wide, but there is a value.",
    "E": "it asks for the drug in shock, where all got it, and for none where at least some got none.",
    "F": "it asks for the drug in poor kidneys at 70 or over, and nobody there was given it.",
    "G": "half of those in shock would get none, and all got the drug; with poor kidneys at 70 or over half "
    "would get it, and nobody did.",
}


def policies_without_a_value():
    given = np.array(list(OVERLAP.values()))  # good and poor kidneys, each by age; shock
    policies = {
        "A": [1, 1, 1, 1, 1],
        "B": [0, 0, 0, 0, 0],
        "C": given,
        "D": [1, 0, 1, 0, 1],
        "E": [1, 1, 0, 0, 1],
        "F": [0, 0, 1, 1, 1],
        "G": [0.5, 0.5, 0.5, 0.5, 0.5],
    }

    def asks_for_what_never_was(drug):
        drug = np.asarray(drug)
        return np.any((drug > 0) & (given == 0) | (drug < 1) & (given == 1))

    return {letter for letter, drug in policies.items() if asks_for_what_never_was(drug)}


q5 = Exercise(
    hint=(
        "In one group nobody was given the drug, and in one everybody. What does each policy want there?",
        "A share of .04 is small, but not 0: there is a value. Where a coin decides, both arms are asked "
        "for.",
    ),
    solve=policies_without_a_value,
    judge=letters("ABFG", _POLICIES, called="policy", innocent="has a value"),
    praise="No method repairs it: an outcome model would give a number there, and it would be a guess.",
)


# 6. The value of a policy


def value_of_a_policy():
    def value(y, treatment, propensity, policy):
        asked = propensity[np.arange(len(y)), policy]
        if np.any(asked == 0):
            raise ValueError("the policy asks for an arm that such patients never get")
        weight = (treatment == policy) / asked
        return np.sum(weight * y) / np.sum(weight)

    return value


def _records(arms: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sixty patients: outcome, treatment, propensity (60, arms), which is small for some, and a policy."""
    rng = np.random.default_rng(seed)
    propensity = rng.dirichlet(np.full(arms, 0.6), 60) * (1 - 0.02 * arms) + 0.02
    treatment = (rng.random((60, 1)) > propensity.cumsum(1)).sum(1)
    y = (rng.random(60) < 0.15 + 0.5 * propensity[:, 1]).astype(float)
    return y, treatment, propensity, rng.integers(0, arms, 60)


def _judge_value(value) -> str | None:
    y, treatment, propensity, policy = records = _records(2, seed=21)
    given = value(*(array.copy() for array in records))
    if np.shape(given) == (60,):
        return "That is one number a patient: add up, and divide by the sum of the weights."
    if wrong := _fault_of_value(given, *records):
        return wrong
    records = _records(3, seed=2)
    if not np.isclose(float(value(*(array.copy() for array in records))), value_of_a_policy()(*records)):
        return "It is right for two arms, but not for three: take the column of the arm itself."
    never, spared = propensity.copy(), propensity.copy()
    never[[0, 1]] = np.eye(2)[1 - policy[[0, 1]]]
    spared[[0, 1]] = np.eye(2)[policy[[0, 1]]]
    given_then = np.where(np.arange(60) < 2, 1 - policy, treatment)
    try:
        with np.errstate(all="ignore"):
            answer = value(y.copy(), given_then, never, policy.copy())
    except Exception:
        answer = None
    if answer is not None:
        return (
            f"For two patients the arm that the policy asks for has a propensity of 0, and you say "
            f"{answer:.3g}. No record says what would become of them: raise a ValueError."
        )
    asked_for = y, np.where(np.arange(60) < 2, policy, treatment), spared, policy
    try:
        answer = float(value(*(array.copy() for array in asked_for)))
    except Exception:
        answer = np.nan
    if not np.isclose(answer, value_of_a_policy()(*asked_for)):
        return (
            "For an arm that the policy does not ask for, a propensity of 0 does no harm: do not refuse it."
        )
    return None


def _fault_of_value(
    given: float, y: np.ndarray, treatment: np.ndarray, propensity: np.ndarray, policy: np.ndarray
) -> str | None:
    agree = (treatment == policy).astype(float)
    own, got = (propensity[np.arange(60), arm] for arm in (policy, treatment))

    def share(weight):
        return np.sum(weight * y) / np.sum(weight)

    trimmed = (
        "You clip propensities at {}: it makes the weights smaller, and the value that of another policy. "
        "Here nothing is to be clipped."
    )
    said = (
        (
            np.mean(agree / own * y),
            "You divide by the number of patients, and the weights do not add up to it: divide by their sum "
            "(self-normalised).",
        ),
        (np.sum(agree / own * y), "That is a sum of weighted outcomes: divide it by the sum of the weights."),
        (
            np.sum(agree / own * y) / agree.sum(),
            "You divide by how many agree: divide by the sum of their weights.",
        ),
        (
            share(agree),
            "That is the mean where doctors happened to agree, each counted once: weigh each by 1 / "
            "propensity.",
        ),
        (
            share(agree * own),
            "You multiply by the propensity: who was unlikely to get it must count more, not less.",
        ),
        (
            share(agree / (1 - own)),
            "Those are the weights of the wrong arm: take the propensity of the arm that the policy asks "
            "for.",
        ),
        (
            share(agree / propensity[:, 1]),
            "You take the propensity of arm 1 for everybody; who got arm 0 had another.",
        ),
        (
            share(agree / propensity[:, 0]),
            "You take the propensity of arm 0 for everybody; who got arm 1 had another.",
        ),
        (share(1 / own), "Everybody has a weight with you; who did not get what the policy says has none."),
        (
            share(1 / got),
            "Everybody has a weight, that of what they got; who did not get what the policy says has none.",
        ),
        (share((1 - agree) / got), "You count those who did not get what the policy says."),
        (y.mean(), "That is the mean of all, whatever they got."),
        *((share(agree / np.maximum(own, least)), trimmed.format(least)) for least in (0.05, 0.1)),
    )
    otherwise = (
        "A weight of 1 / propensity for those who got what the policy says, 0 for the others; then the "
        "weighted mean of y."
    )
    return number(share(agree / own), dict(said), otherwise, tolerance=1e-5)(given)


q6 = Exercise(
    hint=(
        "propensity[np.arange(len(y)), policy] is each patient's probability of the arm the policy asks for.",
        "Raise a ValueError if one of them is 0. Else weight = (treatment == policy) / that, and "
        "np.sum(weight * y) / np.sum(weight).",
    ),
    solve=value_of_a_policy,
    judge=_judge_value,
    praise=(
        "Without the refusal, patients who never get the arm would drop out in silence, and the value be "
        "that of the others."
    ),
)


# 7. "Where clinicians followed our model"

_FAULTS = {
    "A": "more patients would give the same 12 and 25 %, with narrower intervals.",
    "B": "four in five of those who got no drug were mildly ill, and one in five of the others.",
    "C": "to agree with doctors is no merit: it measures imitation.",
    "D": "they are of one size, 500 and 500; who is in them differs.",
    "E": "the advice is the same for everybody: it has nothing that it could have learnt by heart.",
}


def the_paper_and_its_fault():
    patients = np.array([[400, 100], [100, 400]])  # mild and severe; without the drug and with it
    died = np.array([[20, 3], [40, 120]])
    without_the_drug = (died / patients)[:, 0]
    of_all = patients.sum(axis=1) / patients.sum()
    return "B", np.sum(of_all * without_the_drug)


def _judge_paper(answer) -> str | None:
    says = 'Give two things, a letter and a share, such as ("A", 0.1).'
    try:
        fault, share = answer
    except (TypeError, ValueError):
        return says
    if not isinstance(fault, str):
        return says
    return letters("B", _FAULTS, called="sentence", innocent="is not the fault")(fault) or number(
        0.225,
        {
            0.12: "The letter is right. Your share is the paper's own: of the 500 without the drug, 400 are "
            "mild. Of all 1,000 it is half.",
            0.246: "The letter is right. Your share is that of those who got the drug, against the advice.",
            0.165: "The letter is right. Your share is what the drug for everybody would give.",
            0.183: "The letter is right. Your share is that of all as they were treated.",
            0.4: "The letter is right. Your share is that of the severe alone; half of all are mild.",
            0.05: "The letter is right. Your share is that of the mild alone; half of all are severe.",
            0.45: "The letter is right. Your share is the two rates added up: each counts for half of all.",
            22.5: "The letter is right. Give the share between 0 and 1, not in per cent.",
            225: "The letter is right. That is how many of the 1,000 would die; give their share.",
        },
        "The letter is right. For the share: take the rates of death without the drug, mild and severe, and "
        "weigh each by how many of all 1,000 are so.",
        tolerance=0.002,
    )(share)


q7 = Exercise(
    hint=(
        "How many of those who got no drug were severely ill, and how many of those who got it?",
        "Without the drug 5 % of the mild and 40 % of the severe died. Of all 1,000, half are mild.",
    ),
    solve=the_paper_and_its_fault,
    judge=_judge_paper,
    praise=(
        "The drug for everybody gives 16.5 %: the advice whose followers died least is the worse one. And "
        "even this holds only if doctors went by nothing but severity."
    ),
)


# 8. How strong a hidden cause must be


def two_e_values():
    odds_ratio, lower = 1.24, 1.03
    return odds_ratio + np.sqrt(odds_ratio * (odds_ratio - 1)), lower + np.sqrt(lower * (lower - 1))


_E_VALUES = (
    number(
        1.7855,
        {
            1.2058: "The first number is that of the lower limit; the first is asked of 1.24 itself.",
            2.3444: "The first number is that of the upper limit; the first is asked of 1.24 itself.",
            1.5376: "The root is forgotten: 1.24 + √(1.24 · .24).",
            0.5455: "That is the root alone: add the 1.24.",
            1.7299: "Under the root stands 1.24 · .24, not .24 alone.",
            2.48: "Under the root stands 1.24 · .24, the ratio less 1; you take 1.24 · 1.24.",
            1.24: "That is the ratio itself; a cause must be stronger, since it acts through two arrows.",
            1.469: "You take the root of the odds ratio for the risk ratio. Where the outcome is common, "
            "that is closer; the exercise takes 1.24 as it is.",
        },
        "The first number is 1.24 + √(1.24 · (1.24 − 1)).",
    ),
    number(
        1.2058,
        {
            1.7855: "The second number is that of 1.24 again; for the interval, take the limit nearest to 1.",
            2.3444: "The second number is that of the upper limit; the limit nearest to 1 decides.",
            1.0609: "In the second number the root is forgotten: 1.03 + √(1.03 · .03).",
            0.1758: "The second number is the root alone: add the 1.03.",
            1.2032: "In the second number, under the root stands 1.03 · .03, not .03 alone.",
            1.03: "The second number is the limit itself; put it into the formula.",
            1: "1 would be right if the interval held 1; it begins at 1.03.",
            1.1378: "The second number takes the root of the limit first; the first took the ratio as it is.",
        },
        "The second number is 1.03 + √(1.03 · (1.03 − 1)).",
    ),
)


def _judge_e_values(answer) -> str | None:
    given = grid(answer, (2,), "Give two numbers: the E-value of 1.24, and that of its interval.")
    if np.allclose(given, two_e_values()[::-1], rtol=0, atol=0.006):
        return "Exchange the two: first that of 1.24, then that of its interval."
    told = (judge(value) for judge, value in zip(_E_VALUES, given, strict=True))
    return next((wrong for wrong in told if wrong), None)


q8 = Exercise(
    hint=(
        "Put 1.24 into the formula; then, for the interval, the one of its limits that is nearer to 1.",
        "1.24 · .24 is .298, and its root .546. 1.03 · .03 is .031, and its root .176.",
    ),
    solve=two_e_values,
    judge=_judge_e_values,
    praise=(
        "A hidden cause that goes with both by a ratio of 1.21 can reach the interval: that is little. And "
        "this took an odds ratio for a risk ratio: deaths are common here, and its root, 1.11, gives 1.47 "
        "and 1.14."
    ),
)
