"""The treatment chapter's recipe: which drugs come next, beside the copy; or what a trial's rule is worth.

In short, of encounters: each seed deals the patients out anew; the network that corrects the copy learns from
the training and validation patients, and is scored once on the test patients' encounters that have an earlier
one. Of a trial, asked for with a treatment and an outcome: each patient's arm comes from nets that learnt
from others, and a patient gets another arm than the usual one only where such a rule has shown, among those
learnt from, that it gains. Nothing is chosen on the patients who value it.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient, split_by_patient
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import Estimate, policies, sets
from medlearn.features.history import history
from medlearn.features.scaling import QuantileEncoding, Scaling
from medlearn.models.arms import arms_net, given_arm_loss
from medlearn.models.sets import correction_net
from medlearn.results.seeds import known_cases, load_data, tabulate
from medlearn.results.table import OURS, Column, Table
from medlearn.training import fit, optimizer, predict, set_seed

NAMES = ("treatment",)
BATCH = 128
ANY = (float("-inf"), float("inf"))

# Encounters
COPY, USUAL, REGRESSION = "same as last time", "the usual set", "one logistic regression a drug"
EPOCHS, HIDDEN, DROPOUT, STEPS_BACK = 14, 256, 0.5, 5
FEWEST_RETURNING = 10  # patients with two encounters, to learn from and to test
DRUG_COLUMNS = {
    "jaccard": Column("Jaccard"),
    "prauc": Column("PRAUC within a patient"),
    "jaccard_changed": Column("Jaccard where the set changed"),
    "prauc_changed": Column("PRAUC where the set changed"),
    "f1": Column("F1"),
    "difference": Column("Jaccard less the copy's", -1),
}
OTHERS = (
    "Published figures on MIMIC-III (Jaccard, by SafeDrug's README: logistic regression .4945, GAMENet "
    ".5081, SafeDrug .5053) are of other data, and no copy of the last set stands beside them."
)

# Trials
GIVEN, IMITATION = "as it was given", "imitation of the doctors"
FOLDS, NETS = 5, 3
TRIAL_EPOCHS, MOST_STEPS = 10, 1000
GAINS = (0, 0.01, 0.02, 0.04, 0.08)  # of the range of the outcome, that a patient's other arm must promise
FEWEST_IN_ARM = 30
MEASURED = (
    "Nobody drew lots here: every figure rests on what is measured. A cause of treatment and outcome that is "
    "in no column makes all of them wrong, and no interval shows it."
)
DRAWN = "Chance decided who got what, so that each arm's share of the patients is the propensity."


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train",
        metavar="PATH",
        help="encounters: learn from this file, and score on --file's test patients",
    )
    trial = parser.add_argument_group("trials", "rules for treatment, valued in a table with a row a patient")
    trial.add_argument("--treatment", metavar="COLUMN", help="what was given; with --outcome")
    trial.add_argument("--outcome", metavar="COLUMN", help="what came of it: 0 and 1, or a number")
    several = {"nargs": "+", "action": "extend"}
    trial.add_argument("--after", metavar="COLUMN", help="known only after the decision", **several)
    trial.add_argument("--before", metavar="COLUMN", help="the only inputs (all others)", **several)
    trial.add_argument("--bad", metavar="VALUE", help="of the outcome, which count as 1", **several)
    trial.add_argument("--unknown", metavar="VALUE", help="of either, which set a row aside", **several)
    trial.add_argument("--patient", metavar="COLUMN", help="whose each row is (a patient of its own)")
    trial.add_argument(
        "--better", choices=("lower", "higher"), default="lower", help="which outcome is better (lower)"
    )
    trial.add_argument(
        "--observational", action="store_true", help="nobody drew lots: learn the propensities"
    )


def run(
    name: str,
    *,
    file: str | None = None,
    seeds: int = 3,
    train: str | None = None,
    treatment: str | None = None,
    outcome: str | None = None,
    better: str = "lower",
    observational: bool = False,
    **parts: object,
) -> Table:
    """Train and score ours and the baselines: on encounters, or on a trial where a treatment is named.

    Parameters
    ----------
    name : "treatment".
    file : one's own encounters, prescriptions or trial; see `read_encounters` and `read_treatments`.
    seeds : how many times patients are dealt out and nets are trained.
    train : another file of encounters to learn from.
    treatment, outcome : the columns of a trial that say what was given and what came of it.
    better : whether a "lower" or a "higher" outcome is the better one.
    observational : whether nobody drew lots.
    parts : which other parts the columns of a trial have: `after`, `before`, `bad`, `unknown`, `patient`.
    """
    if (treatment is None) != (outcome is None):
        there, lacks = ("outcome", "treatment") if treatment is None else ("treatment", "outcome")
        raise DataError(f"--{there} alone says too little of a trial: name the column of the {lacks}, too")
    if treatment is None:
        odd = [part for part, value in parts.items() if value is not None] + ["observational"] * observational
        if odd:
            raise DataError(f"--{odd[0]} is for trials: name their columns with --treatment and --outcome")
        return of_encounters([load_encounters(file, train, seed=seed) for seed in range(seeds)])
    if train is not None:
        raise DataError("--train is for encounters: in a trial, all patients are learnt from and tested")
    data = load_data(
        "trial", file=file, treatment=treatment, outcome=outcome, randomised=not observational, **parts
    )
    return of_trial(data, seeds=seeds, higher=better == "higher", observational=observational)


# Encounters: which drugs come next


class Again(NamedTuple):
    """The encounters that have an earlier one.

    Parameters
    ----------
    given : what a net is told of each, as `correction_net` takes it.
    y : the drugs of each, 0 and 1.
    patient : whose each is.
    """

    given: Mapping[str, np.ndarray]
    y: np.ndarray
    patient: np.ndarray


class Answer(NamedTuple):
    """A set `y_pred` for each of the `test` encounters, and a score `y_score` for each drug."""

    test: Again
    y_pred: np.ndarray
    y_score: np.ndarray


def load_encounters(file: str | Path | None, train: str | Path | None, *, seed: int) -> Dataset:
    """The encounters of `file`, dealt out by `seed`; if it is given, `train` has those to learn from."""
    data = load_data("encounters", file=file, train=train, seed=seed)
    if train is not None and seed == 0:
        learnt, scored = (load_data("encounters", file=path) for path in (train, file))
        for what in ("columns", "classes"):
            one, other = getattr(learnt, what), getattr(scored, what)
            if one != other:
                differ = ", ".join(sorted(set(one) ^ set(other))[:3]) or "their order"
                called = {"columns": "inputs", "classes": "drugs"}[what]
                raise DataError(
                    f"{train} and {file or 'the real file'} have different {called} ({differ}): a network "
                    "for one cannot answer for the other"
                )
    return data


def of_encounters(dealt: Sequence[Dataset]) -> Table:
    """The table of the same encounters, `dealt` out once for each seed."""
    parts = [parts_of(data) for data in dealt]
    differences = []

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        learnt, test = parts[seed]
        p_net = predict(train_net(learnt, seed=seed), test.given)
        tick()
        p_regressed = regress(learnt, test)
        tick()
        kinds, counts = np.unique(learnt.y, axis=0, return_counts=True)
        usual = np.tile(kinds[counts.argmax()], (len(test.y), 1))
        answers = {
            OURS: (sets.decide(p_net), p_net),
            COPY: (test.given["last"],) * 2,
            USUAL: (usual, usual),
            REGRESSION: (sets.decide(p_regressed), p_regressed),
        }
        answers = {system: Answer(test, *each) for system, each in answers.items()}
        differences.append(less_the_copy(answers[OURS]))
        return answers

    test = parts[0][1]
    table = tabulate(
        dealt[0],
        seeds=len(dealt),
        ticks=2,
        answer=answer,
        aside=[differences],
        measure=measures,
        notes=[
            f"Mean over {len(dealt)} splits by patient, with 95 % intervals for another split and training; "
            "nothing is chosen on the test patients.",
            f"Of encounters with an earlier one alone: {len(test.y):,} of the first split's test patients, "
            f"of which {(test.y == test.given['last']).all(1).mean():.0%} have the same set as last time.",
            f"Two empty sets count 1; {(~test.y.any(1)).mean():.0%} have none of the {test.y.shape[1]} "
            "drugs. PRAUC is over encounters with a drug.",
        ],
        columns=DRUG_COLUMNS,
    )
    said = "; ".join(f"{one:+.3f}" for one in differences)
    table.notes.extend([f"Jaccard less the copy's, by patient, a split: {said}.", OTHERS])
    return table


def parts_of(data: Dataset) -> tuple[Again, Again]:
    """What is learnt from, the training and validation patients of `data`, and what is tested."""
    scaling, test = Scaling.of(data.train.x), data.test
    both = again_of(*known_cases(data), scaling), again_of(test.x, test.y, test.patient, scaling)
    for what, stays in zip(("to learn from", "to test"), both, strict=True):
        if (found := len(np.unique(stays.patient))) < FEWEST_RETURNING:
            raise DataError(
                f"{data.name}: {found} patient(s) {what} have two encounters, which is too few: there should "
                f"be {FEWEST_RETURNING} or more"
            )
    return both


def again_of(x: np.ndarray, y: np.ndarray, patient: np.ndarray, scaling: Scaling) -> Again:
    """The encounters that have an earlier one, with what is known at each, now and from the past.

    Parameters
    ----------
    x, y, patient : of all encounters; each patient's stand in the order of time.
    scaling : of the columns of `x`.
    """
    past = history(y, patient, sequence=STEPS_BACK)
    share = past.counts / np.maximum(past.earlier, 1)[:, None]
    now = np.nan_to_num(scaling(x))  # 0 where nothing was measured
    rows = np.column_stack([now, share, np.log1p(past.earlier)]).astype(np.float32)
    given = {"x": rows, "last": past.last, "sequence": past.sequence}
    again = past.repeat
    return Again({name: array[again] for name, array in given.items()}, y[again], patient[again])


def train_net(learnt: Again, *, seed: int) -> keras.Model:
    """The network that corrects the copy, trained on `learnt`; `seed` draws its weights and the order."""
    set_seed(seed)
    columns, drugs = learnt.given["x"].shape[1], learnt.y.shape[1]
    net = correction_net(columns, drugs, sequence=STEPS_BACK, hidden=HIDDEN, dropout=DROPOUT)
    steps = EPOCHS * -(-len(learnt.y) // BATCH)
    net.compile(optimizer(steps, weight_decay=0.01), "binary_crossentropy")
    fit(net, (learnt.given, learnt.y), epochs=EPOCHS, batch_size=BATCH, patience=None, seed=seed)
    return net


def regress(learnt: Again, test: Again) -> np.ndarray:
    """The probability of each drug at the `test` encounters: a logistic regression a drug, of `learnt`."""
    from sklearn.linear_model import LogisticRegression

    known, asked = (np.column_stack([each.given["x"], each.given["last"]]) for each in (learnt, test))
    p = np.tile(learnt.y.mean(0), (len(test.y), 1))
    for drug, y in enumerate(learnt.y.T):
        if 0 < p[0, drug] < 1:  # else all got it, or nobody
            model = LogisticRegression(C=0.1, max_iter=1000).fit(known, y)
            p[:, drug] = model.predict_proba(asked)[:, 1]
    return p


def measures(answer: Answer) -> dict[str, float]:
    """The six measures of an `answer`; one that has no value on these encounters is left out."""
    test, y_pred, y_score = answer
    changed = (test.y != test.given["last"]).any(1)
    asked = {
        "jaccard": lambda: sets.jaccard(test.y, y_pred),
        "prauc": lambda: sets.set_auprc(test.y, y_score),
        "jaccard_changed": lambda: sets.jaccard(test.y, y_pred, weights=changed),
        "prauc_changed": lambda: sets.set_auprc(test.y, y_score, weights=changed),
        "f1": lambda: sets.set_f1(test.y, y_pred),
        "difference": lambda: less_the_copy(answer),
    }
    found = {}
    for name, measure in asked.items():
        if changed.any() or not name.endswith("_changed"):
            with contextlib.suppress(UndefinedMeasure):
                found[name] = measure().value
    return found


def less_the_copy(answer: Answer) -> Estimate:
    """The Jaccard index of an `answer` less that of the copy, with its interval by patient."""
    test = answer.test
    return sets.jaccard_difference(test.y, answer.y_pred, test.given["last"], patient=test.patient)


# Trials: what a rule is worth


class Trial(NamedTuple):
    """The patients of a trial, or of records.

    Parameters
    ----------
    x : what was known before, NaN where missing.
    y : the outcome; `sign` is 1 where a lower one is better, −1 where a higher one is.
    arm : the code of what was given.
    patient : whose each case is.
    names : of the arms.
    shares : of each arm, its propensity where chance decided; None where nobody drew lots.
    """

    x: np.ndarray
    y: np.ndarray
    arm: np.ndarray
    patient: np.ndarray
    names: tuple[str, ...]
    sign: int
    shares: np.ndarray | None

    def take(self, index: np.ndarray) -> Trial:
        """The cases at the positions `index`."""
        names = ("x", "y", "arm", "patient")
        return self._replace(**{name: getattr(self, name)[index] for name in names})

    def folds(self, folds: int, *, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Positions to learn from and to answer for, in each of so many `folds`, drawn by `seed`."""
        stratum = 2 * self.arm + (self.y > self.y.mean())
        return folds_by_patient(self.patient, stratum, folds=folds, seed=seed)

    def for_all(self, arm: int) -> np.ndarray:
        """The policy that gives all of them this `arm`."""
        return np.full(len(self.y), arm)


class Belief(NamedTuple):
    """What models that did not see a case say of it: `propensity` and `predicted` outcome of each arm."""

    propensity: np.ndarray
    predicted: np.ndarray


class Rule(NamedTuple):
    """What a rule gives each case, and what is believed of the cases.

    Parameters
    ----------
    policy : arms, or the probability of each.
    belief : of all cases.
    changed : of the learnt rule, the share of cases that get another arm than the usual one.
    """

    policy: np.ndarray
    belief: Belief
    changed: float | None = None


def of_trial(data: Dataset, *, seeds: int, higher: bool, observational: bool) -> Table:
    """The table of a trial, or of records where nobody drew lots.

    Parameters
    ----------
    data : all of its patients learn and value, in turn.
    seeds : how many times.
    higher : whether a higher outcome is better.
    observational : whether the propensities are learnt.
    """
    trial = whole(data, higher=higher, drawn=not observational)
    constant = {f"{name} for all": trial.for_all(arm) for arm, name in enumerate(trial.names)}
    learnt = []

    def answer(seed: int, tick: Callable) -> dict[str, Rule]:
        learnt.append(learn_rule(trial, seed=seed, tick=tick))
        belief = learnt[-1].belief
        others = constant | {GIVEN: belief.propensity}
        if observational:
            others[IMITATION] = belief.propensity.argmax(1)
        return {OURS: learnt[-1]} | {name: Rule(policy, belief) for name, policy in others.items()}

    better = "higher" if higher else "lower"
    table = tabulate(
        data,
        seeds=seeds,
        ticks=FOLDS,
        answer=answer,
        aside=[learnt],
        measure=lambda rule: worth(trial, rule),
        notes=[
            f"The outcome, of which a {better} value is better, if all were treated by each rule; "
            f"{FOLDS} folds by patient, each patient's arm comes from models that learnt from others.",
            f"Mean over {seeds} seeds, with 95 % intervals for other folds and trainings on these patients"
            + ("." if observational else "; the value of an arm for all has its interval by patient."),
            MEASURED if observational else DRAWN,
        ],
        columns={
            "value": Column("value by weighting", *ANY),
            "robust": Column("doubly robust value", *ANY),
            "effective_n": Column("effective patients", *ANY),
            "gain": Column("value less the better arm's for all", *ANY),
            "share_changed": Column("share who get another arm than most"),
        },
    )
    if not observational:  # of these no seed knows better
        for name in (*constant, GIVEN):
            policy = constant.get(name, learnt[0].belief.propensity)
            once = Rule(policy, learnt[0].belief)
            table.rows[name] |= {
                "value": weighted(trial, once),
                "effective_n": [worth(trial, once)["effective_n"]],
            }
    table.notes.extend(in_words(trial, learnt))
    return table


def whole(data: Dataset, *, higher: bool, drawn: bool) -> Trial:
    """All patients of `data`; `higher` as in `of_trial`, `drawn`: whether chance decided. Few are refused."""
    x, y, patient, arm = (
        np.concatenate([of(split) for split in data.splits.values()])
        for of in (lambda s: s.x, lambda s: s.y, lambda s: s.patient, lambda s: s.about["treatment"])
    )
    for code, name in enumerate(data.classes):
        if (found := len(np.unique(patient[arm == code]))) < FEWEST_IN_ARM:
            raise DataError(
                f"{data.name}: {found} patients got {name!r}, which is too few for a rule: there should be "
                f"{FEWEST_IN_ARM} or more in each arm"
            )
    shares = np.bincount(arm) / len(arm) if drawn else None
    return Trial(x, y.astype(float), arm, patient, data.classes, -1 if higher else 1, shares)


def learn_rule(trial: Trial, *, seed: int, tick: Callable = lambda: None) -> Rule:
    """The learnt rule for all patients of a `trial`, fold by fold from the others.

    `seed` draws folds and nets; `tick` is called after each fold.
    """
    propensity, predicted = np.zeros((2, len(trial.y), len(trial.names)))
    policy, changed = np.zeros((2, len(trial.y)), int)
    for number, (learn, say) in enumerate(trial.folds(FOLDS, seed=seed)):
        known = trial.take(learn)
        of_known, of_unseen = believe(known, trial.x[say], seed=FOLDS * seed + number)
        usual, least = choose(known, of_known)
        propensity[say], predicted[say] = of_unseen
        policy[say] = depart(trial.sign * of_unseen.predicted, usual, least)
        changed[say] = policy[say] != usual
        tick()
    return Rule(policy, Belief(propensity, predicted), float(changed.mean()))


def believe(known: Trial, unseen: np.ndarray, *, seed: int) -> tuple[Belief, Belief]:
    """What is believed of the `known` cases, and of those whose x is `unseen`.

    Each of NETS models learns from all known patients but a part, and answers for that part; for the unseen
    the mean of their answers counts. `seed` draws the parts and the models.
    """
    of_known = np.zeros((2, len(known.y), len(known.names)))
    of_unseen = np.zeros((2, len(unseen), len(known.names)))
    for number, (learn, say) in enumerate(known.folds(NETS, seed=seed)):
        answer = train_arms(known.take(learn), seed=NETS * seed + number)
        of_known[:, say] = answer(known.x[say])
        of_unseen += np.divide(answer(unseen), NETS)
    return Belief(*of_known), Belief(*of_unseen)


def train_arms(known: Trial, *, seed: int) -> Callable[[np.ndarray], Belief]:
    """What answers for any x, learnt from the `known` cases; `seed` draws the net."""
    encode = QuantileEncoding.of(known.x)
    x = encode(known.x)
    if not x.shape[1]:
        raise DataError(
            "no column differs in more than one patient in a hundred: there is nothing to learn from"
        )
    low, span = known.y.min(), np.ptp(known.y) or 1.0
    set_seed(seed)
    net = arms_net(x.shape[1], len(known.names))
    a_round = -(-len(x) // BATCH)
    epochs = max(1, min(TRIAL_EPOCHS, MOST_STEPS // a_round))
    net.compile(optimizer(epochs * a_round, weight_decay=0.01, peak=5e-3), given_arm_loss)
    target = np.stack([(known.y - low) / span, known.arm], axis=1).astype(np.float32)
    fit(net, (x, target), epochs=epochs, batch_size=BATCH, patience=None, seed=seed)
    doctor = imitate(x, known.arm) if known.shares is None else None

    def answer(asked: np.ndarray) -> Belief:
        asked = encode(asked)
        predicted = low + span * predict(net, asked)
        return Belief(np.tile(known.shares, (len(asked), 1)) if doctor is None else doctor(asked), predicted)

    return answer


def imitate(x: np.ndarray, arm: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The probability of each `arm` for any `x`, (cases, arms): a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, max_iter=1000).fit(x, arm).predict_proba


def choose(known: Trial, belief: Belief) -> tuple[int, float]:
    """The arm for all that is best among the `known`, and the gain from which a patient gets another.

    That is the one of GAINS whose rule is better by most, by the lower end of its interval; infinite where no
    rule is surely better. `belief` is of the same cases, from models that did not see them.
    """
    values = [weighted(known, Rule(known.for_all(arm), belief)).value for arm in range(len(known.names))]
    usual = int(np.argmin(known.sign * np.array(values)))
    cost, most, chosen = known.sign * belief.predicted, 0.0, float("inf")
    for least in np.ptp(known.y) * np.array(GAINS):
        policy = depart(cost, usual, least)
        both = (known.for_all(usual), policy)
        saved = policies.value_difference(
            known.sign * known.y, known.arm, belief.propensity, *both, cost, patient=known.patient
        )
        if saved.low > most:
            most, chosen = saved.low, float(least)
    return usual, chosen


def depart(cost: np.ndarray, usual: int, least: float) -> np.ndarray:
    """The arm with the least `cost` where it saves more than `least` over the `usual` arm, else that one.

    >>> depart(np.array([[0.5, 0.3], [0.4, 0.38], [0.2, 0.6]]), usual=0, least=0.1)
    array([1, 0, 0])
    """
    return np.where(cost[:, usual] - cost.min(1) > least, cost.argmin(1), usual)


# What a rule is worth


def worth(trial: Trial, rule: Rule) -> dict[str, float]:
    """The measures of a `rule`, valued by all patients of the `trial`."""
    found = {
        "value": weighted(trial, rule).value,
        "robust": robust(trial, rule).value,
        "effective_n": policies.effective_size(trial.arm, rule.belief.propensity, rule.policy),
        "gain": gain(trial, rule)[1].value,
    }
    return found if rule.changed is None else found | {"share_changed": rule.changed}


def weighted(trial: Trial, rule: Rule) -> Estimate:
    """The value of a `rule` by weighting; where chance decided, that of an arm for all is its mean.

    `trial` : whose patients value it.
    """
    given = trial.y, trial.arm, rule.belief.propensity
    return policies.value_by_weighting(*given, rule.policy, patient=trial.patient)


def robust(trial: Trial, rule: Rule, part: np.ndarray | slice = slice(None)) -> Estimate:
    """The doubly robust value of a `rule`, in a `part` of the patients of the `trial`."""
    given = trial.y, trial.arm, rule.belief.propensity, rule.policy, rule.belief.predicted
    return policies.value_doubly_robust(*(each[part] for each in given), patient=trial.patient[part])


def gain(trial: Trial, rule: Rule) -> tuple[str, Estimate]:
    """The better arm for all in the `trial`, and the value of a `rule` less that of this arm."""
    values = [
        weighted(trial, rule._replace(policy=trial.for_all(arm))).value for arm in range(len(trial.names))
    ]
    best = int(np.argmin(trial.sign * np.array(values)))
    both = rule.policy, trial.for_all(best)
    found = policies.value_difference(
        trial.y, trial.arm, rule.belief.propensity, *both, rule.belief.predicted, patient=trial.patient
    )
    return trial.names[best], found


def in_words(trial: Trial, learnt: Sequence[Rule]) -> list[str]:
    """What stands below the table of a `trial`: the gain of each seed's `learnt` rule, and its halves."""
    gains = [gain(trial, rule) for rule in learnt]
    said = "; ".join(f"less {name} for all {one:+.3f}" for name, one in gains)
    sure = sum((one.high if trial.sign > 0 else -one.low) < 0 for _, one in gains)
    verdict = (
        "The learnt rule is better than any arm for all, by the interval of every seed."
        if sure == len(learnt)
        else f"No superiority can be told: by its interval, the rule is better in {sure} of {len(learnt)}."
    )
    halves = [
        [robust(trial, rule, part) for part in split_by_patient(trial.patient, shares=(0.5, 0.5), seed=seed)]
        for seed, rule in enumerate(learnt)
    ]
    agree = sum(one.low <= other.high and other.low <= one.high for one, other in halves)
    each = "; ".join(f"{one:.3f} and {other:.3f}" for one, other in halves)
    return [
        f"The learnt rule, doubly robust, by patient, a seed: {said}.",
        verdict,
        f"Its value in two random halves of the patients, a seed: {each}. The intervals meet in {agree} of "
        f"{len(learnt)}.",
    ]
