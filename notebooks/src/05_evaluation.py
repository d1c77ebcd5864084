# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · Evaluation: good enough for the ward?
#
# > A model reads two days of intensive care and says who will die in hospital. The ward would send a senior
# > doctor to whomever it names. **Should the ward switch it on?**
#
# At the end of this notebook you can
#
# - read everything that a table of decisions holds, and say which of it moves when the patients change;
# - build ROC and precision-recall curves point by point, and choose a threshold for what errors cost;
# - give any measure an interval that counts patients, and compare two models on the same patients;
# - tell whether a probability means what it says, mend it, and ask whether acting on it helps;
# - write the report that a journal asks for, and find the hole in somebody else's.
#
# **Time**: about 2 hours, with the exercises. **You need**: notebook 1. No deep learning: what is measured here
# is any model at all. **Data**: intensive-care stays and chest films, simulated unless you ask for the real
# ones. Nothing here is made for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` in this cell to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from medlearn import claim, evaluation, load, plots
from medlearn.exercises import ch05
plots.use_style()

# %% [markdown]
# ## Something to judge
#
# A stay is one patient's time in intensive care, and `y` is 1 for those who died in hospital. From each stay we
# take the last value of every measurement, and what was known on arrival. To evaluate, a simple model is enough:
# a logistic regression (notebook 1), a weighted sum turned into a probability. (`C=0.02` keeps its weights small.)

# %%
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

stays = load("icu")
x = {part: np.hstack([split.x.last(), split.x.static]) for part, split in stays.splits.items()}

def logistic(**options):
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(),
                         LogisticRegression(C=0.02, max_iter=1000, **options))

# %% [markdown]
# It learns on `train`. On `validation` we may choose whatever must be chosen. On `test` we measure, once it is all
# settled. Two names hold for the rest of this notebook: `y_true` is what happened, `y_score` what the model said.

# %%
model = logistic().fit(x["train"], stays.train.y)
y_chosen, score_chosen = stays.validation.y, model.predict_proba(x["validation"])[:, 1]
y_true, y_score = stays.test.y, model.predict_proba(x["test"])[:, 1]
print(f"stays in the test set: {len(y_true):,}, of which {y_true.mean():.0%} died")

# %% [markdown]
# ## A table of decisions
#
# Let the model raise an alarm from a risk of 15 % on. Every stay then falls into one of four boxes, the
# *confusion matrix*.

# %%
y_pred = (y_score >= 0.15).astype(int)
pd.crosstab(np.where(y_true, "died", "lived"), np.where(y_pred, "alarm", "no alarm"), rownames=[""], colnames=[""])

# %% [markdown]
# All of the following are read off these four numbers. Those in a *row* ask what became of the dying, or of the
# living; those in a *column* ask what an alarm means. Each pair answers another person's question: the first is
# the buyer's, the second is that of the doctor who has just been called.

# %%
found, missed = np.sum((y_true == 1) & (y_pred == 1)), np.sum((y_true == 1) & (y_pred == 0))
false, let_go = np.sum((y_true == 0) & (y_pred == 1)), np.sum((y_true == 0) & (y_pred == 0))

by_hand = {
    "sensitivity": found / (found + missed),      # also "recall": of the dying, how many are found
    "specificity": let_go / (let_go + false),     # of the living, how many are left in peace
    "PPV": found / (found + false),               # also "precision": of the alarms, how many are right
    "NPV": let_go / (let_go + missed),            # of the silences, how many are right
    "accuracy": (found + let_go) / len(y_true),
    "F1": 2 * found / (2 * found + false + missed),  # between sensitivity and PPV
}

# %%
measures = {"sensitivity": evaluation.sensitivity, "specificity": evaluation.specificity, "PPV": evaluation.ppv,
            "NPV": evaluation.npv, "accuracy": evaluation.accuracy, "F1": evaluation.f1}
package = {name: measure(y_true, y_pred) for name, measure in measures.items()}
claim("the package computes what we computed by hand",
      all(np.isclose(package[name].value, by_hand[name]) for name in by_hand))
pd.Series({name: f"{value:.2f}" for name, value in package.items()}, name="value (95 % interval)").to_frame()

# %% [markdown]
# ### What accuracy does not see
#
# **Which is the more accurate: this model, or a program that never raises an alarm?** We also let the model wait
# until it is more than half sure.

# %%
rules = {"never": np.zeros(len(y_true), int), "from 50 % on": (y_score >= 0.5).astype(int), "from 15 % on": y_pred}
pd.DataFrame({name: {"accuracy": f"{evaluation.accuracy(y_true, rule):.2f}",
                     "balanced accuracy": f"{evaluation.balanced_accuracy(y_true, rule):.2f}",
                     "sensitivity": f"{evaluation.sensitivity(y_true, rule):.2f}"} for name, rule in rules.items()})

# %%
accuracy = {name: evaluation.accuracy(y_true, rule) for name, rule in rules.items()}
claim("by accuracy, saying nothing is better than the alarms that find most of the dying",
      accuracy["never"].clears(accuracy["from 15 % on"].value) and package["sensitivity"].value > 0.5)

# %% [markdown]
# Accuracy weighs a death that was missed like a visit that was not needed, and the living outvote the dying.
# *Balanced accuracy*, the mean of sensitivity and specificity, lets each class weigh half. That too is a choice of
# weights, and nobody on the ward has made it. The costs come back below, as costs.
#
# ### What moves when the patients change
#
# A product is sold with its sensitivity and specificity, since those do not depend on how many are ill. The doctor
# lives with the PPV, which does: where the illness is rarer, there are more of the well to be alarmed about.
# Bayes' rule says how, with $p$ for the prevalence:
#
# $$\text{PPV} = \frac{p \cdot \text{sensitivity}}
# {p \cdot \text{sensitivity} + (1 - p)(1 - \text{specificity})}.$$
#
# **With the sensitivity and specificity above, in a ward where 2 % die: how many alarms in ten are right?**

# %% mystnb={"image": {"alt": "PPV and NPV against prevalence from 0 to 60 percent, for the same sensitivity and specificity. PPV falls steeply towards zero at low prevalence; NPV falls slowly as prevalence rises."}}
prevalence = np.linspace(0.001, 0.6, 200)
ppv, npv = np.transpose([evaluation.predictive_values(sensitivity=by_hand["sensitivity"],
                         specificity=by_hand["specificity"], prevalence=p) for p in prevalence])
plt.plot(prevalence, ppv, label="PPV: an alarm is right")
plt.plot(prevalence, npv, "--", label="NPV: a silence is right")
plt.axvline(y_true.mean(), color="0.4", linestyle=":", label="our test set")
plt.xlabel("prevalence")
plt.legend()
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# We can look it up in our own stays. A *weight* says how many stays one stays for; weights that let the dying count
# for 2 in 100 turn our test set into such a ward.

# %%
weights = np.where(y_true == 1, 0.02 / y_true.mean(), 0.98 / (1 - y_true.mean()))
elsewhere = evaluation.ppv(y_true, y_pred, weights=weights)
expected = evaluation.predictive_values(sensitivity=by_hand["sensitivity"], specificity=by_hand["specificity"],
                                        prevalence=0.02)[0]
print(f"PPV here {package['PPV']:.2f}, where 2 % die {elsewhere:.2f}")
claim("it is what Bayes says, and most alarms there would be false",
      np.isclose(elsewhere.value, expected) and elsewhere.high < 0.5)

# %% [markdown]
# Bayes assumes that the patients of a class are the same kind everywhere. In a ward of the less ill, those who die
# may also be harder to recognise, and then sensitivity moves too.
#
# ## Every threshold at once
#
# The 15 % came from nowhere. Put the threshold at every score in turn, from the highest down, and note two shares:
# of the dying who are found, and of the living who are alarmed. That is the *ROC curve*.

# %%
thresholds = np.sort(y_score)[::-1]
sensitivity = np.array([np.mean(y_score[y_true == 1] >= t) for t in thresholds])
false_alarms = np.array([np.mean(y_score[y_true == 0] >= t) for t in thresholds])
precision = np.array([np.mean(y_true[y_score >= t]) for t in thresholds])

# %% mystnb={"image": {"alt": "Left, the ROC curve drawn point by point, bending well above the diagonal of chance. Right, the precision-recall curve of the same scores, falling from high PPV at low sensitivity towards a dotted line at the prevalence."}}
figure, axes = plt.subplots(1, 2, figsize=(8.6, 4))
plots.roc(y_true, {"model": y_score}, data=stays, ax=axes[0])
plots.precision_recall(y_true, {"model": y_score}, data=stays, ax=axes[1])
axes[0].plot(false_alarms[::40], sensitivity[::40], "ko", markersize=4)
axes[1].plot(sensitivity[::40], precision[::40], "ko", markersize=4);

# %% [markdown]
# The black dots are ours, the lines the library's. To the left both are strict, to the right they let everyone
# through. The area under the ROC curve is the *AUROC*. **Why should an area be interesting?** Because it is
# something else as well. Take every pair of one who died and one who lived, and count how often the one who died
# has the higher score; a tie counts half.

# %%
gap = y_score[y_true == 1][:, None] - y_score[y_true == 0]     # (died, lived): one number a pair
pairs = np.mean((gap > 0) + 0.5 * (gap == 0))
area = np.sum(np.diff(false_alarms, prepend=0) * sensitivity)  # as a sum of thin columns
print(f"{gap.size:,} pairs, ranked rightly {pairs:.3f}; area {area:.3f}")
claim("the area under the curve is the share of pairs ranked rightly",
      np.isclose(pairs, area, atol=0.002) and np.isclose(pairs, evaluation.auroc(y_true, y_score).value))

# %% [markdown]
# So the AUROC does not care what the scores are, only in which order they put the patients; and not how many
# are ill. The area under the precision-recall curve, the *AUPRC*, does: chance gives the prevalence, not a half.
# **Now we take weight off the living until half of all patients die. Which of the two will look better?**

# %%
half = np.where(y_true == 1, 0.5 / y_true.mean(), 0.5 / (1 - y_true.mean()))
pd.DataFrame({name: {"AUROC": f"{evaluation.auroc(y_true, y_score, weights=w):.2f}",
                     "AUPRC": f"{evaluation.auprc(y_true, y_score, weights=w):.2f}"}
              for name, w in {"as they came": None, "half of them die": half}.items()})

# %%
claim("balancing the test set leaves the AUROC and adds more than 0.2 to the AUPRC",
      np.isclose(evaluation.auroc(y_true, y_score, weights=half).value, pairs)
      and evaluation.auprc(y_true, y_score, weights=half).value - evaluation.auprc(y_true, y_score).value > 0.2)

# %% [markdown]
# An AUPRC or a PPV from a test set that was balanced by hand describes a ward that does not exist. Two papers' AUPRCs
# can be set side by side only if their prevalences can.
#
# ## Choosing a threshold
#
# A model has no threshold; a use has. It depends on what a missed patient costs and what a needless visit costs,
# and somebody must say so in words before a computer can say it in numbers. Here is what each threshold would do.

# %% mystnb={"image": {"alt": "Three histograms of the scores of those who died and those who lived, with the threshold at 5, 15 and 30 percent. Each title gives alarms, deaths found and deaths missed: as the threshold rises alarms fall and missed deaths rise."}}
def show(threshold, ax=None):
    alarm = score_chosen >= threshold
    ax = plots.scores(y_chosen, score_chosen, threshold=threshold, data=stays, ax=ax)
    ax.set_title(f"from {threshold:.0%}: {alarm.sum()} alarms\n{alarm[y_chosen == 1].sum()} deaths found, "
                 f"{(~alarm)[y_chosen == 1].sum()} missed", fontsize=10)

figure, axes = plt.subplots(1, 3, figsize=(9.5, 2.8), sharey=True)
for threshold, ax in zip((0.05, 0.15, 0.30), axes):
    show(threshold, ax)

# %% [markdown]
# In JupyterLab and on Colab, run the next cell for a slider. Move it to where you would send the senior doctor, and
# remember the number.

# %% tags=["nbval-ignore-output"]
from ipywidgets import FloatSlider, fixed, interact

interact(show, threshold=FloatSlider(value=0.15, min=0.01, max=0.6, step=0.01), ax=fixed(None));

# %% [markdown]
# Suppose the ward says: one death that nobody looked at is as bad as twenty needless visits. Then every threshold
# has a price, and the cheapest is found by trying them all, on the validation set. Or it says: four of five must be
# found, whatever the visits.

# %% mystnb={"image": {"alt": "Cost per 100 stays against the threshold, for a missed death costing 5, 20 and 50 visits. Each curve has a minimum, marked by a dotted line; the dearer a miss, the lower the threshold at the minimum."}}
grid = np.arange(0.005, 0.6, 0.005)
for number, miss in enumerate((5, 20, 50)):
    cost = [miss * np.mean((y_chosen == 1) & (score_chosen < t)) + np.mean((y_chosen == 0) & (score_chosen >= t)) for t in grid]
    best = evaluation.threshold_by_cost(y_chosen, score_chosen, miss=miss, false_alarm=1)
    plt.plot(grid, 100 * np.array(cost), color=f"C{number}", label=f"a miss costs {miss} visits: from {best:.0%}")
    plt.axvline(best, color=f"C{number}", linestyle=":")
plt.xlabel("threshold")
plt.ylabel("cost per 100 stays, in visits")
plt.legend(loc="center right", fontsize=10)
plots.mark(plt.gcf(), data=stays)

# %%
threshold = evaluation.threshold_by_sensitivity(y_chosen, score_chosen, at_least=0.8)
y_pred = (y_score >= threshold).astype(int)
print(f"threshold {threshold:.2f}")
print(f"sensitivity on validation {evaluation.sensitivity(y_chosen, score_chosen >= threshold):.2f}")
print(f"sensitivity on test       {evaluation.sensitivity(y_true, y_pred):.2f}")

# %% [markdown]
# The promise of four in five was kept on the patients it was made for. On others it comes out lower or higher, and
# the interval belongs in the contract. **What would happen if the threshold were chosen on the test set?** It would
# be chosen partly for the luck of these patients, and the sensitivity would be a promise kept by looking. The
# same goes for anything chosen: when to stop training (*early stopping*), which model, which features. Choose
# on validation, measure on test.

# %%
costs = [evaluation.threshold_by_cost(y_chosen, score_chosen, miss=miss, false_alarm=1) for miss in (5, 20, 50)]
claim("the dearer a miss, the lower the threshold", costs[0] >= costs[1] >= costs[2] and costs[0] > costs[2])

# %% [markdown]
# ## How sure are we?
#
# Had other patients come, every number above would be another. We cannot have other patients, but we can draw from
# those we have, with replacement: the *bootstrap*.

# %% mystnb={"image": {"alt": "Histogram of 1,000 bootstrap AUROCs, bell-shaped, with the measured AUROC as a solid line in the middle and the ends of the 95 percent interval as dotted lines."}}
rng = np.random.default_rng(0)
drawn = []
for _ in range(1000):
    index = rng.integers(len(y_true), size=len(y_true))
    drawn.append(evaluation.auroc(y_true[index], y_score[index]).value)
low, high = np.quantile(drawn, [0.025, 0.975])
plt.hist(drawn, 40, color="C0", alpha=0.7)
plt.axvline(pairs, color="black")
for end in (low, high):
    plt.axvline(end, color="black", linestyle=":")
plt.xlabel("AUROC of patients drawn again")
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# 95 of 100 draws lie between the dotted lines. For the AUROC there is also a formula, DeLong's: each one who died
# stands above a certain share of the living, each one who lived below a certain share of the dying, and the spread of
# these shares gives the interval without any drawing. `evaluation.auroc` uses it; `evaluation.bootstrap` works
# for any measure.

# %%
formula, again = evaluation.auroc(y_true, y_score), evaluation.bootstrap(evaluation.auroc, y_true, y_score)
print(f"by hand       {pairs:.2f} ({low:.2f} to {high:.2f})")
print(f"bootstrap     {again:.2f}")
print(f"DeLong        {formula:.2f}")
claim("the three agree to 0.01", max(abs(formula.low - low), abs(formula.high - high), abs(again.low - low)) < 0.01)

# %% [markdown]
# ### What 95 % means
#
# It is a promise about the method: of a hundred studies that use it, about ninety-five catch the truth. Let us
# do four hundred. Our test set plays the world, whose AUROC we know, and each study sees 300 of its patients.

# %% mystnb={"image": {"alt": "Fifty horizontal intervals, one a study, around a vertical line at the true AUROC. Most cross the line and are grey-blue; a few miss it and are orange."}}
studies = []
for _ in range(400):
    index = rng.integers(len(y_true), size=300)
    studies.append(evaluation.auroc(y_true[index], y_score[index]))
plt.figure(figsize=(7, 4.5))
for row, study in enumerate(studies[:50]):
    plt.plot([study.low, study.high], [row, row], color="C0" if pairs in study else "C1", linewidth=2 if pairs in study else 4)
plt.axvline(pairs, color="black", linewidth=1)
plt.yticks([])
plt.xlabel("AUROC: the first fifty studies")
plots.mark(plt.gcf(), data=stays)

# %%
caught = np.mean([pairs in study for study in studies])
print(f"caught by {caught:.0%} of the studies")
claim("about 95 of 100 intervals hold the truth", 0.9 <= caught <= 0.99)

# %% [markdown]
# Look how wide they are, and how far apart two studies of the same model can lie. A difference of 0.02 between two
# papers with 300 patients each is no difference at all.
#
# ### Patients, not images
#
# Now the model speaks three times in each stay, after 16, 32 and 48 hours, with what is known by then. Three
# predictions a patient, three times the rows. **Will the interval shrink?**

# %%
def three_times(records):
    known = records.grid(hours=48, step=16).values                # (stays, 3, variables)
    for hour in (1, 2):                                           # what was known stays known
        known[:, hour] = np.where(np.isnan(known[:, hour]), known[:, hour - 1], known[:, hour])
    static = np.repeat(records.static[:, None], 3, axis=1)
    return np.concatenate([known, static], axis=2).reshape(3 * len(records), -1)

thrice = logistic().fit(three_times(stays.train.x), np.repeat(stays.train.y, 3))
score_thrice = thrice.predict_proba(three_times(stays.test.x))[:, 1]
y_thrice, patient_thrice = np.repeat(y_true, 3), np.repeat(stays.test.patient, 3)

# %% mystnb={"image": {"alt": "AUROC of the threefold predictions with two intervals around the same value: by row, narrow; by patient, clearly wider."}}
naive = evaluation.auroc(y_thrice, score_thrice)
honest = evaluation.auroc(y_thrice, score_thrice, patient=patient_thrice)
plots.estimates({"each row a patient": naive, "by patient": honest}, measure="AUROC", data=stays);

# %%
wider = (honest.high - honest.low) / (naive.high - naive.low)
print(f"by patient, the interval is {wider:.1f} times as wide")
claim("counting rows as patients makes the interval too narrow by more than a fifth", wider > 1.2)

# %% [markdown]
# Three looks at one patient are not three patients: what makes one hard at 16 hours makes them hard at 48. The
# interval by row answers a question that nobody asked, how this would come out if the same patients were looked at
# once more. The limit is easy to see: copy each row nine times, and an interval that counts rows becomes three times
# narrower for no new information. Wherever patients have several films, teeth, lesions or hours, pass
# `patient=`; in a simulation of a hundred patients with three films each, intervals by film that promise 95 %
# held the truth in about 84 of 100 studies, those by patient in 95 (`benchmarks/interval_coverage.py`).
#
# ### Is one model better than another?
#
# Two rivals see the same test patients: *gradient boosting*, many small decision trees each mending those before, and
# SAPS-I, a score that doctors have added up by hand since 1984 [1]. For some stays SAPS-I is not known; we
# compare where it is.

# %%
from sklearn.ensemble import HistGradientBoostingClassifier

trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, l2_regularization=1, random_state=0)
score_trees = trees.fit(x["train"], stays.train.y).predict_proba(x["test"])[:, 1]
saps = np.asarray(stays.test.about["saps1"], float)
known = np.isfinite(saps)

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Left, AUROCs with intervals of logistic regression, gradient boosting and SAPS-I; the first two overlap widely. Right, the differences to logistic regression with intervals, narrower than those on the left; SAPS-I lies clearly below zero."}}
figure, axes = plt.subplots(1, 2, figsize=(11, 2.4))
scores = {"logistic": y_score, "trees": score_trees, "SAPS-I": saps}
single = {name: evaluation.auroc(y_true[known], score[known]) for name, score in scores.items()}
paired = {f"{name} − logistic": evaluation.auroc_difference(y_true[known], scores[name][known], y_score[known])
          for name in ("trees", "SAPS-I")}
plots.estimates(single, measure="AUROC", data=stays, ax=axes[0])
plots.estimates(paired, measure="difference of AUROCs", chance=0, data=stays, ax=axes[1]);

# %%
width = {name: value.high - value.low for name, value in {**single, **paired}.items()}
claim("the model ranks better than the score that doctors add up", paired["SAPS-I − logistic"].high < 0)
claim("the interval of a difference is narrower than two separate intervals suggest",
      width["trees − logistic"] < 0.8 * np.hypot(width["trees"], width["logistic"]))

# %% [markdown]
# Two overlapping intervals do not mean "no difference": both models stumble over the same patients, and in the
# difference that cancels out. So compare *paired*, on the same patients, and look at the interval of the difference.
# Whether trees and regression differ here, the right panel says; where its interval holds zero, the answer is "not
# shown", which is not "none".
#
# ## Does a probability mean what it says?
#
# Of a hundred patients told "20 %", twenty should die. That is *calibration*, and the AUROC cannot see it. As a
# warning we train the regression once more, as is often advised for rare outcomes: with the classes *balanced*, so
# that each death weighs as much as six survivors.

# %%
balanced = logistic(class_weight="balanced").fit(x["train"], stays.train.y)
score_balanced = balanced.predict_proba(x["test"])[:, 1]
change = evaluation.auroc_difference(y_true, score_balanced, y_score)
print(f"balanced − plain, in AUROC: {change:.3f}")

# %% [markdown]
# They rank alike. Then is it the same model? Sort the patients by score, cut them into ten groups, and set what was
# predicted beside what was observed: the *reliability curve*.

# %% mystnb={"image": {"alt": "Reliability curves. The plain model's dots lie along the diagonal. The balanced model's dots lie far below it: where it predicts 60 percent, about 20 percent were observed."}}
bins = {"plain": evaluation.reliability(y_true, y_score), "balanced": evaluation.reliability(y_true, score_balanced)}
plots.reliability(bins, data=stays);

# %% [markdown]
# Balancing taught the model of a world in which half of all patients die, and there its probabilities would be right.
# Two numbers say how a curve is off. The *intercept* is what all log-odds lack: below 0, too much was predicted. The
# *slope* is the factor they should have had: below 1, the model was too sure both ways, the mark of overfitting. And
# the *Brier score*, the mean squared distance between score and outcome, sums up ranking and calibration in one.

# %%
def calibration_of(score):
    return {"intercept (0)": f"{evaluation.calibration_intercept(y_true, score):.2f}",
            "slope (1)": f"{evaluation.calibration_slope(y_true, score):.2f}",
            "Brier score (low)": f"{evaluation.brier(y_true, score):.3f}",
            "calibration error (low)": f"{evaluation.calibration_error(y_true, score):.3f}"}

pd.DataFrame({"plain": calibration_of(y_score), "balanced": calibration_of(score_balanced)})

# %%
intercept = evaluation.calibration_intercept(y_true, score_balanced)
claim("balancing changed the ranking by less than 0.01", abs(change.value) < 0.01)
claim("and made the model predict far too many deaths", intercept.high < -1)

# %% [markdown]
# ### Mending it
#
# *Recalibration* learns, on the validation set, which probability a score stands for. Platt's way fits a new
# intercept and slope to the log-odds, $p' = \sigma(a + b \log\frac{p}{1-p})$; with $b > 0$ the order of the patients
# stays, and so does the AUROC. (*Temperature* fits $b$ alone; *isotonic* regression any rising steps, for those
# with a thousand cases or more.)

# %%
mend = evaluation.recalibrate(y_chosen, balanced.predict_proba(x["validation"])[:, 1], method="platt")
mended = mend(score_balanced)
pd.DataFrame({"balanced": calibration_of(score_balanced), "mended": calibration_of(mended)})

# %%
claim("recalibration halves the distance between predicted and observed",
      evaluation.calibration_error(y_true, mended).value < 0.5 * evaluation.calibration_error(y_true, score_balanced).value)
claim("and leaves the ranking as it was",
      np.isclose(evaluation.auroc(y_true, mended).value, evaluation.auroc(y_true, score_balanced).value))

# %% [markdown]
# The imbalance was never the model's illness. What looked like one, few alarms at a threshold of 50 %, is the fault of
# that threshold. A study of such corrections found what we found: no better ranking, and calibration harmed [2].
#
# ## Does acting on it help?
#
# Whoever sends a doctor from a risk of 10 % on says by that: nine needless visits for one death looked at is just
# worth it. So true alarms and false alarms can be put into one number, the *net benefit* at threshold $t$ [3]:
#
# $$\text{net benefit} = \frac{\text{found}}{n} - \frac{\text{false}}{n} \cdot \frac{t}{1 - t}.$$
#
# No one visited gives 0. Everyone visited gives the dashed curve. **A model must beat both. At which thresholds will the
# balanced one do harm?**

# %% mystnb={"image": {"alt": "Decision curves. The plain model lies above acting on all and on none over most thresholds. The balanced model falls below zero from a threshold of about 15 to 20 percent on. Acting on all crosses zero at the prevalence."}}
curves = {name: evaluation.decision_curve(y_true, score) for name, score in {"plain": y_score, "balanced": score_balanced}.items()}
plots.decision_curves(curves, data=stays);

# %%
at_20 = {name: evaluation.net_benefit(y_true, score, 0.2) for name, score in {"plain": y_score, "balanced": score_balanced, "mended": mended}.items()}
print("net benefit at 20 %:", ", ".join(f"{name} {value:.3f}" for name, value in at_20.items()))
plain = curves["plain"]
wins = [benefit.value > max(on_all, 0) for at, benefit, on_all in zip(plain.thresholds, plain.benefit, plain.act_on_all)
        if 0.1 <= at <= 0.3]
claim("between 10 and 30 % the plain model beats acting on all and acting on none", all(wins))
claim("the balanced one, which ranks as well, is worse than the plain", at_20["balanced"].high < at_20["plain"].low)

# %% [markdown]
# Read 0.04 as: of a hundred patients, as good as four deaths looked at and no needless visit. The harm came from
# probabilities that did not mean what they said, and mending them undoes it. That is why a paper that shows an AUROC
# alone has not shown that its model is useful.
#
# ## For whom does it work?
#
# One figure for everyone is an average over groups. We look at age and at the unit, and set a minimum first: a group
# with fewer than ten deaths or ten survivors is counted but not measured.

# %%
age = stays.test.x.static[:, stays.test.x.static_names.index("Age")]
unit = stays.test.x.static[:, stays.test.x.static_names.index("ICUType")]
names = {1: "coronary", 2: "cardiac surgery", 3: "medical", 4: "surgical"}
groups = {"age": np.select([age < 60, age < 75, age >= 75], ["59 and under", "60 to 74", "75 and over"], None),
          "unit": [names.get(number) for number in unit]}

# %% mystnb={"image": {"alt": "AUROC in three age groups and four units with intervals, over a grey band for everyone. Intervals of small groups are wide, and most overlap the band."}}
ranking = evaluation.subgroups(evaluation.auroc, y_true, y_score, groups)
plots.subgroups(ranking, data=stays);

# %% [markdown]
# Most overlap, and groups with few deaths have wide intervals. **So the model treats young and old alike?** With
# the one threshold that the ward uses, let us count those who live and are alarmed about all the same.

# %% mystnb={"image": {"alt": "Specificity in the same groups. It is highest at 59 and under and lowest at 75 and over, and differs between units."}}
peace = evaluation.subgroups(evaluation.specificity, y_true, y_pred, groups)
plots.subgroups(peace, data=stays);

# %%
in_group = {row.group: row.estimate for row in ranking.rows}
young, old = in_group["59 and under"], in_group["75 and over"]
claim("between young and old no difference of AUROC stands out", young.low < old.high and old.low < young.high)

compared = (y_true == 0) & ((age < 60) | (age >= 75))   # those who lived, young or old
higher = evaluation.auroc(age[compared] >= 75, y_score[compared])
print(f"of two who live, one old and one young, the old one scores higher in {higher:.2f} of pairs")
claim("yet the living old get higher scores than the living young", higher.clears(0.5))

# %% [markdown]
# The old die more often, so their scores are higher, and one threshold cuts the two groups at different places. Nothing
# is broken: with calibrated probabilities and different risks, equal thresholds *must* give unequal error rates, and
# no tuning makes everything equal at once [4]. Which inequality to accept is a question for people. And equal
# performance can hide worse: a model that predicted health costs worked as well for black as for white patients, but
# less money had been spent on black patients who were equally ill, so it ranked them as healthier [5]. No measure
# against the recorded label can show that the label is wrong.
#
# ## In another hospital
#
# Our films come with a shift built in, in the real set as in the simulated: fewer of the test films show pneumonia than of the
# training films, and they were not taken in the same way. A logistic regression on forty *principal components*
# of the pixels is good enough to see what happens.

# %%
from sklearn.decomposition import PCA

films = load("pneumonia")
flat = {part: split.x.reshape(len(split), -1) / 255 for part, split in films.splits.items()}
reader = make_pipeline(PCA(40, random_state=0), LogisticRegression(max_iter=2000)).fit(flat["train"], films.train.y)
seen = {part: (films.splits[part], reader.predict_proba(flat[part])[:, 1]) for part in ("validation", "test")}
pd.DataFrame({part: {"pneumonia": f"{split.y.mean():.0%}",
                     "AUROC": f"{evaluation.auroc(split.y, score, patient=split.patient):.2f}",
                     "calibration intercept": f"{evaluation.calibration_intercept(split.y, score, patient=split.patient):.2f}"}
              for part, (split, score) in seen.items()})

# %%
home, away = (evaluation.calibration_intercept(split.y, score, patient=split.patient) for split, score in seen.values())
claim("at home its predictions are not shown to be off", 0 in home)
claim("in the test films it predicts too much pneumonia", away.high < 0)

# %% [markdown]
# Calibration is the first thing to break when a model travels, and the cheapest to mend: a hundred local films are
# enough for a new intercept. Draw them *by patient*, for they have had their use and may not be measured on again.

# %% mystnb={"image": {"alt": "Reliability of the film model on the remaining test films, before and after recalibration on about a hundred local ones: before, the dots lie below the diagonal; after, nearer to it."}}
from medlearn.data import split_by_patient

test, score = seen["test"]
local, rest = split_by_patient(test.patient, test.y, shares=(0.35, 0.65))
adapted = evaluation.recalibrate(test.y[local], score[local])(score[rest])
both = {"as it came": score[rest], f"after {len(local)} local films": adapted}
plots.reliability({name: evaluation.reliability(test.y[rest], s, bins=5) for name, s in both.items()}, data=films);

# %%
before, after = (evaluation.calibration_intercept(test.y[rest], s, patient=test.patient[rest]) for s in both.values())
print(f"intercept {before:.2f}, after {after:.2f}")
claim("a few local films bring the intercept nearer to 0", abs(after.value) < abs(before.value))

# %% [markdown]
# ## More than two answers
#
# *Several classes.* The ward asks: will this patient die, go home soon, or stay long? One model gives three
# probabilities, and each class can be held against the rest. *Macro* averages the classes, *weighted* gives
# each its share of patients, *micro* throws all answers into one pot.

# %%
def fate(split):
    days = np.asarray(split.about["length_of_stay"], float)
    return np.where(split.y == 1, 0, np.where(days <= 10, 1, 2)), np.isfinite(days)

(fate_train, use_train), (fate_test, use_test) = fate(stays.train), fate(stays.test)
three = logistic().fit(x["train"][use_train], fate_train[use_train]).predict_proba(x["test"][use_test])
classes = ("dies", "home within 10 days", "stays longer")
each = {name: evaluation.auroc(fate_test[use_test] == k, three[:, k]) for k, name in enumerate(classes)}
together = {f"{how} average": evaluation.averaged(evaluation.auroc, fate_test[use_test], three, average=how)
            for how in ("macro", "weighted", "micro")}
pd.Series({name: f"{value:.2f}" for name, value in {**each, **together}.items()}, name="AUROC").to_frame()

# %%
claim("the macro average is the mean of the three", np.isclose(together["macro average"].value, np.mean([e.value for e in each.values()])))

# %% [markdown]
# An average hides its worst class: always show the classes, too. *Several findings at once* (a film can show a
# fracture and an effusion) are so many yes-or-no questions; `averaged` takes a column for each.
#
# *A number* instead of a class: how far is it off? The *mean absolute error* is in the outcome's own unit, the *root mean
# squared error* punishes the large errors more, *R²* is the share of the variance that is predicted, and the *mean
# error* shows whether it leans to one side. Here, the days that survivors stay.

# %%
from sklearn.linear_model import Ridge

def survivors(split):
    days = np.asarray(split.about["length_of_stay"], float)
    return (split.y == 0) & np.isfinite(days), days

(live_train, days_train), (live_test, days_test) = survivors(stays.train), survivors(stays.test)
line = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), Ridge(300))
days_pred = line.fit(x["train"][live_train], days_train[live_train]).predict(x["test"][live_test])
measure = {"mean absolute error, days": evaluation.mean_absolute_error, "root mean squared error, days": evaluation.root_mean_squared_error,
           "mean error, days": evaluation.mean_error, "R²": evaluation.r2}
pd.Series({name: f"{of(days_test[live_test], days_pred):.2f}" for name, of in measure.items()}, name="value").to_frame()

# %%
claim("a few very long stays make the root mean square larger than the mean error",
      evaluation.root_mean_squared_error(days_test[live_test], days_pred).value
      > 1.2 * evaluation.mean_absolute_error(days_test[live_test], days_pred).value)

# %% [markdown]
# An R² near 0 says: hardly better than telling everyone the mean stay. With more than one outcome at hand it is
# tempting to report the one that came out well; which one counts is settled before the test set is opened.
#
# Other questions have measures of their own:
#
# | question | measures | where |
# |---|---|---|
# | where is it? (segmentation) | *Dice* = 2·overlap / (area + area), *IoU* = overlap / union; Dice is F1 over pixels | Imaging |
# | where are they? (detection) | sensitivity against false alarms a film; average precision at an IoU | Imaging |
# | which belong together? (clustering) | silhouette, Davies-Bouldin; with labels, adjusted Rand | Records |
# | when? (survival) | concordance, Brier score over time | Precision |
#
# ## The report
#
# All of this in one call, with the threshold that was chosen on validation data. In a terminal it prints as text.

# %% tags=["nbval-ignore-output"]
paper = evaluation.report(y_true, y_score, threshold=threshold, patient=stays.test.patient, groups=groups,
                          others={"trees": score_trees}, data=stays, model="logistic regression")
paper

# %% [markdown]
# Journals ask for more than numbers. *TRIPOD+AI* lists 27 items that a reader needs [6]. The run fills in what it
# knows, you say what only you can, and what is still open stands at the end.

# %% tags=["nbval-ignore-output"]
from IPython.display import Markdown

Markdown(evaluation.tripod(paper, {
    "4": "To develop a model and evaluate it on other patients, for teaching.",
    "8": "Death in hospital, from the hospital's record; no one had to judge it.",
    "9": "The last value of each measurement in 48 hours, and age, sex, height, weight and unit.",
    "11": "Median of the training set.",
    "13": "None; balancing was tried and harmed calibration.",
    "26": "One source; one split; gaps filled without saying that they were gaps.",
}))

# %% [markdown]
# A *model card* is the package leaflet: one page that travels with the model and says what it is for, and what not [7].

# %% tags=["nbval-ignore-output"]
Markdown(evaluation.model_card(paper, {
    "details": "Logistic regression, trained in this notebook.",
    "intended use": "To learn evaluation. No other.",
    "not for": "Any decision about a patient.",
    "training data": f"{len(stays.train):,} stays.",
    "caveats": "Never tried on a ward: nobody knows what doctors do with its alarms.",
}))

# %% [markdown]
# So, **should the ward switch it on?** It ranks better than the score in use, its probabilities can be believed, and
# between 10 and 30 % acting on it would help more than acting on all or none, *if* a visit prevents what the model
# predicts. No test set knows that. A death that cannot be prevented is predicted as well as one that can; and once
# doctors act on alarms, the deaths they prevent turn right alarms into false ones. That takes a trial on the ward.
#
# ## Three published claims
#
# **1. "Best model: 0.947."** On PneumoniaMNIST's 624 test films (390 with pneumonia) an automatic search for nets reached
# an AUROC of 0.947, a ResNet-18 0.944 [8]. How wide is an interval there? We draw scores with that AUROC for as many
# films.

# %%
from scipy.stats import norm

y_drawn = np.repeat([1, 0], [390, 234])
drawn = rng.normal(size=624) + y_drawn * np.sqrt(2) * norm.ppf(0.944)
interval = evaluation.auroc(y_drawn, drawn)
print(f"with 624 films: about ± {(interval.high - interval.low) / 2:.3f}; the gain was 0.003")
claim("the interval is at least four times as wide as the gain", (interval.high - interval.low) / 2 > 4 * 0.003)

# %% [markdown]
# The two were measured on the same films, so a paired interval would be narrower; none was given. And training
# again with another seed moves the ResNet by more than that [9].
#
# **2. "Accuracy 0.735 on skin lesions."** Of DermaMNIST's 2,005 test pictures, 886 show a lesion that is also in
# the training set [10]. **If a net simply remembered all of those, how good would it be on the others?**

# %%
remembered, others = 886, 2005 - 886
rest = (0.735 * 2005 - remembered) / others
print(f"on the {others:,} lesions that it had never seen: {rest:.2f}")
claim("at worst, the figure for new lesions is 0.2 lower", 0.735 - rest > 0.2)

# %% [markdown]
# That is a bound, not a measurement: nobody can know where between 0.53 and 0.735 it lies until the split is
# mended. Had lesions been kept whole, as we keep patients, there would be nothing to bound.
#
# **3. "AUPRC 0.586 on intensive-care deaths"** [11], on stays of which 14 % died, beside somebody's 0.88. You have
# seen above what to ask first: *how many in your test set died?* Whoever balances the test set, or reports after
# *resampling* the data before splitting, comes near the second figure with a model like the first.

# %%
print(f"our model, as they came: AUPRC {evaluation.auprc(y_true, y_score):.2f}")
print(f"the same, balanced:      AUPRC {evaluation.auprc(y_true, y_score, weights=half):.2f}")

# %% [markdown]
# <details><summary><b>Reading a paper: ten questions</b></summary>
#
# 1. Whose are the patients, and are any on both sides of the split?
# 2. How many had the outcome? (Not: how many rows.)
# 3. What is the prevalence in the test set, and is it that of the ward?
# 4. Where was the threshold chosen?
# 5. Is there an interval, and does it count patients?
# 6. Is there a simple baseline, on the same patients, and the interval of the difference?
# 7. Is there a calibration curve, after any balancing?
# 8. Is there a decision that changes, and its net benefit?
# 9. In which groups was it measured, and how many are in the smallest?
# 10. Has anyone measured it elsewhere, later, on a ward?
#
# </details>
#
# ## Exercises
#
# Each answers you: `check` says what is wrong with an answer, `hint` helps, `solution` shows the code.
#
# **1. A doctor is called.** What is the chance that this alarm is right?
#
# | | died | lived |
# |---|---|---|
# | alarm | 45 | 90 |
# | no alarm | 15 | 850 |

# %%
right_alarm = ...
ch05.q1.check(right_alarm)

# %% [markdown]
# **2. Another ward.** A test has a sensitivity of 0.9 and a specificity of 0.8. What is its PPV where 5 % have the
# illness?

# %%
ppv_there = ...
ch05.q2.check(ppv_there)

# %% [markdown]
# **3. AUROC by counting.** Write a function that returns the share of pairs ranked rightly, ties counted half.

# %%
def count_pairs(y_true, y_score):
    return ...

ch05.q3.check(count_pairs)

# %% [markdown]
# **4. One draw of the bootstrap.** `patient` holds the patient number of each film. Return the positions of the
# films of one bootstrap draw: as many patients as there are, drawn with replacement with `rng`, each with all
# films, and twice if drawn twice.

# %%
def draw(patient, rng):
    return ...

ch05.q4.check(draw)

# %% [markdown]
# **5. The cheapest threshold.** Return a threshold at which misses and false alarms cost least; an alarm is raised
# when the score reaches the threshold.

# %%
def cheapest(y_true, y_score, miss, false_alarm):
    return ...

ch05.q5.check(cheapest)

# %% [markdown]
# **6. Net benefit.** Of 1,000 patients a model raises an alarm for 80 who have the illness and 180 who do not, at a
# threshold of 10 %. What is its net benefit?

# %%
benefit = ...
ch05.q6.check(benefit)

# %% [markdown]
# **7. Undoing the balance.** 14 % of the patients died. A model was trained with the classes balanced, half and half. It
# gives a patient 0.8. What risk does that stand for on the ward? (Balancing multiplied the odds, $p/(1-p)$, by a factor:
# which?)

# %%
risk = ...
ch05.q7.check(risk)

# %% [markdown]
# **8. Quiz: which of these would you stop?** Give a set of letters.
#
# - **A** "We resampled the data to balance the classes, then split them into training and test set."
# - **B** "The threshold was chosen on the validation set; on the test set its sensitivity was 0.78 (0.71 to 0.84)."
# - **C** "With 12,000 image patches from 40 patients, the interval is 0.91 to 0.92."
# - **D** "The models' intervals overlap, therefore they perform equally."
# - **E** "We report the AUROC on all 800 patients, and no figure for the 9 from the smallest hospital."
# - **F** "PPV was 0.81 in our test set of equal halves; in use, four of five alarms will be right."

# %%
stop = ...
ch05.q8.check(stop)

# %% [markdown]
# ## What we learnt
#
# - Sensitivity and specificity belong to a threshold; PPV also to a prevalence; accuracy to nobody's question.
# - The AUROC ranks pairs. It sees neither thresholds nor probabilities nor how many are ill.
# - A threshold is chosen for costs, on validation data. Everything else that is chosen, too.
# - Intervals count patients. Models are compared paired.
# - Calibration breaks first and mends cheaply; net benefit says whether acting on the score helps.
# - Subgroups need minimum counts, and equal figures may rest on an unequal label.
#
# **Onward**: notebook 6, [*Overfitting*](06_overfitting.ipynb), asks why a model works on our films and fails on theirs.
#
# <details><summary><b>Sources</b></summary>
#
# Stays, where real: PhysioNet/CinC Challenge 2012, Silva et al., Comput. Cardiol. 39:245 (2012); Goldberger et al.,
# Circulation 101:e215 (2000). Films, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al.,
# Sci. Data 10:41 (2023), CC BY 4.0. DeLong's interval: DeLong, DeLong, Clarke-Pearson, Biometrics 44:837 (1988); by
# patient: Obuchowski, Biometrics 53:567 (1997). Platt's recalibration: Platt, Advances in Large Margin Classifiers (1999).
#
# 1. Le Gall et al., Crit. Care Med. 12:975 (1984)
# 2. van den Goorbergh et al., J. Am. Med. Inform. Assoc. 29:1525 (2022), doi:10.1093/jamia/ocac093
# 3. Vickers, Elkin, Med. Decis. Making 26:565 (2006), doi:10.1177/0272989X06295361
# 4. Kleinberg, Mullainathan, Raghavan, arXiv:1609.05807
# 5. Obermeyer et al., Science 366:447 (2019), doi:10.1126/science.aax2342
# 6. Collins et al., BMJ 385:e078378 (2024), doi:10.1136/bmj-2023-078378
# 7. Mitchell et al., Conf. Fairness, Accountability, Transparency (2019), doi:10.1145/3287560.3287596
# 8. Yang et al., Sci. Data 10:41 (2023), doi:10.1038/s41597-022-01721-8
# 9. Doerrich et al., arXiv:2404.15786: 0.950 ± 0.003 over three seeds
# 10. arXiv:2401.14497
# 11. arXiv:2509.17809
#
# </details>
