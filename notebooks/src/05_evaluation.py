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
# > After two days of intensive care a model says who is likely to die in hospital. The
# > ward would ask a second consultant to see every patient it names, to go over the
# > plan and the goals of care. **Should the ward switch it on?**
#
# At the end of this notebook you can
#
# - read a confusion matrix, and choose a threshold for what errors cost;
# - give any measure an interval that counts patients, and compare models on the same
#   patients;
# - tell whether a probability means what it says, recalibrate it, and ask whether
#   acting on it helps;
# - write the report that a journal asks for, and find the hole in somebody else's.
#
# **Time**: about 3½ hours, in two sittings, with the exercises. **You need**:
# notebook 1. **Data**: intensive-care stays and chest X-rays of children, simulated
# unless you ask for the real ones. Nothing here is made for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` above to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from medlearn import claim, evaluation, load, plots, training
from medlearn.exercises import ch05
plots.use_style()

# %% [markdown]
# A model gives each patient a *score*. The ward needs a yes or a no. So somebody must
# choose a *threshold*: an alarm is raised when the score reaches it. The picture holds
# most of the chapter.

# %% mystnb={"image": {"alt": "Drawing: two overlapping bell curves over the score of the model, a high one on the left for those who survived and a lower one on the right for those who died. A vertical line, the threshold, cuts them into four areas: TN and FN on the left, where no alarm is raised, FP and TP on the right."}}
from medlearn.plots import drawings

drawings.threshold()

# %% [markdown]
# The two groups overlap, so every threshold makes errors. Move it to the left: fewer
# deaths are missed (FN) and more survivors are named (FP). A better model pushes the
# curves apart; where the line should stand only people can say.
#
# ## The question, and whose data
#
# A *stay* is one patient's time in intensive care; `y` is 1 for those who died in
# hospital. From each stay we take the last value of every measurement in the first 48
# hours, and what was known on arrival. The model learns on *training* stays; on
# *validation* stays we choose whatever must be chosen; on *test* stays we measure. **Do
# equally many die in the three?**

# %%
stays = load("icu")
train, validation, test = stays.train, stays.validation, stays.test
x_train, x_validation, x_test = (
    np.hstack([part.x.last(), part.x.static]) for part in (train, validation, test)
)
y_train, y_validation, y_test, patient = train.y, validation.y, test.y, test.patient
pd.DataFrame({name: {"stays": len(part), "died": f"{part.y.mean():.1%}"}
              for name, part in stays.splits.items()})

# %% [markdown]
# Nearly. Training and validation stays come from one set, test stays from another,
# collected by the same rules. The share that died, the *prevalence*, comes back in the
# second sitting.
#
# ## Baseline and model
#
# A simple model is enough here: a *logistic regression* (notebook 1), a weighted sum
# turned into a probability. `C` sets how far its weights may grow. We choose it on the
# validation stays, by the cross-entropy. From here on `y_score` is what the model says
# of the test stays, and `y_test` is what happened.

# %%
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def logistic(C, **options):
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    regression = LogisticRegression(C=C, max_iter=1000, **options)
    return make_pipeline(fill, StandardScaler(), regression)

def loss_on_validation(C):
    fitted = logistic(C).fit(x_train, y_train)
    return log_loss(y_validation, fitted.predict_proba(x_validation))

# %%
C = min([0.002, 0.02, 0.2, 2], key=loss_on_validation)
model = logistic(C).fit(x_train, y_train)
score_validation = model.predict_proba(x_validation)[:, 1]
y_score = model.predict_proba(x_test)[:, 1]
print(f"C = {C}; scores on the test stays {y_score.min():.2f} to {y_score.max():.2f}")

# %% [markdown]
# ## A decision at a threshold
#
# Let the model raise an alarm at a risk of 15 % or more. Every stay then falls into one
# of four boxes, the *confusion matrix*. A *positive* is an alarm, a *negative* is none;
# true or false says whether it was right.

# %%
y_pred = (y_score >= 0.15).astype(int)
pd.crosstab(np.where(y_pred, "alarm", "no alarm"), np.where(y_test, "died", "survived"),
            rownames=[""], colnames=[""])

# %% [markdown]
# The columns are what happened, the rows what the model said: most alarms went to
# patients who survived. The drawing says which ratio is which measure.

# %% mystnb={"image": {"alt": "Drawing: the confusion matrix as four areas, TP and FN in the column of those who died, FP and TN in the wider column of those who survived. Beside it four small copies with formulas: sensitivity is TP over TP plus FN, specificity TN over TN plus FP, PPV TP over TP plus FP, NPV TN over TN plus FN."}}
drawings.confusion_matrix()

# %% [markdown]
# The *sensitivity* (*recall*, *true positive rate*) and the *specificity* start from
# what happened to the patient: they are the buyer's question. The *PPV* (*positive
# predictive value*, *precision*) and the *NPV* start from the alarm: they are the
# question of the consultant who has just been called. *F1* lies between recall and
# precision.

# %%
TP, FN = np.sum((y_test == 1) & (y_pred == 1)), np.sum((y_test == 1) & (y_pred == 0))
FP, TN = np.sum((y_test == 0) & (y_pred == 1)), np.sum((y_test == 0) & (y_pred == 0))
by_hand = [TP / (TP + FN), TN / (TN + FP), TP / (TP + FP), TN / (TN + FN),
           (TP + TN) / len(y_test), 2 * TP / (2 * TP + FP + FN)]
measures = [evaluation.sensitivity, evaluation.specificity, evaluation.ppv,
            evaluation.npv, evaluation.accuracy, evaluation.f1]
pd.DataFrame({"by hand": [f"{value:.2f}" for value in by_hand],
              "with its interval": [f"{of(y_test, y_pred):.2f}" for of in measures]},
             index=[of.label for of in measures])

# %% [markdown]
# The package computes what we computed, and adds an interval, which is explained below.
# The NPV looks splendid. It would without any model, since most patients survive:
# always ask what a measure is for a rule that knows nothing.
#
# ### Exercise 1: a consultant is called
#
# What is the chance that this alarm is right?
#
# | | died | survived |
# |---|---|---|
# | alarm | 45 | 90 |
# | no alarm | 15 | 850 |

# %%
right_alarm = ...
ch05.q1.check(right_alarm)

# %% [markdown]
# ### What accuracy does not see
#
# **Which is more accurate: this model, or a program that never raises an alarm?** We
# also let the model wait until it is more than half sure.

# %%
rules = {"never": np.zeros(len(y_test), int), "at 50 %": (y_score >= 0.5).astype(int),
         "at 15 %": y_pred}
accuracy = {name: evaluation.accuracy(y_test, rule) for name, rule in rules.items()}
claim("by accuracy, no alarm at all beats the alarms that find most of those who died",
      accuracy["never"].clears(accuracy["at 15 %"].value) and by_hand[0] > 0.5,
      shown=f"{accuracy['never']:.2f}, against {accuracy['at 15 %']:.2f}")
of = [evaluation.accuracy, evaluation.balanced_accuracy, evaluation.sensitivity]
pd.DataFrame({name: {measure.label: f"{measure(y_test, rule):.2f}" for measure in of}
              for name, rule in rules.items()})

# %% [markdown]
# By accuracy the silent program beats the alarms at 15 %. Accuracy counts a missed
# death like a needless review, and survivors are many. *Balanced accuracy*, the mean of
# sensitivity and specificity, gives each class half of the weight. That is a choice,
# too, and nobody on the ward has made it.
#
# ### What moves when the patients change
#
# Sensitivity and specificity are each a share within one class of patients. The PPV is
# not: it falls where fewer patients die, since there are more survivors to raise false
# alarms about. Bayes' rule says how, with $p$ for the prevalence:
#
# $$\text{PPV} = \frac{p \cdot \text{sensitivity}}
# {p \cdot \text{sensitivity} + (1 - p)(1 - \text{specificity})}.$$
#
# **With the sensitivity and specificity above, on a ward where 2 % die: which share of
# the alarms is right?**

# %% mystnb={"image": {"alt": "PPV and NPV against prevalence from 0 to 60 percent, for the same sensitivity and specificity. PPV, a solid line, falls steeply towards zero at low prevalence; NPV, dashed, falls slowly as prevalence rises. A dotted line marks our test set, a dot the PPV at 2 percent."}, "figure": {"caption": "PPV and NPV over the prevalence, at the sensitivity and specificity of the model; simulated stays."}}
prevalence = np.linspace(0.001, 0.6, 200)
rates = {"sensitivity": by_hand[0], "specificity": by_hand[1]}
bayes = evaluation.predictive_values
ppv, npv = np.transpose([bayes(**rates, prevalence=p) for p in prevalence])
there, _ = bayes(**rates, prevalence=0.02)
plt.figure(figsize=(5.4, 2.7))
plt.plot(prevalence, ppv, label="PPV: an alarm is right")
plt.plot(prevalence, npv, "--", label="NPV: no alarm, and rightly so")
plt.plot(0.02, there, "ko", label=f"PPV on a ward where 2 % die: {there:.2f}")
plt.axvline(y_test.mean(), color="0.4", linestyle=":", label="our test set")
plt.gca().set(xlabel="prevalence", ylabel="share that is right")
plt.legend(loc="lower right", fontsize=9)
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# About one alarm in twenty, with the same model and the same threshold. (If those who
# die on that ward are also harder to recognise, the sensitivity falls as well.)
#
# ## Every threshold at once
#
# Put the threshold at every score in turn, from the highest down, and note which share
# gets an alarm, of those who died (*true positive rate*) and of those who survived
# (*false positive rate*). That is the *ROC curve*. With the PPV instead of the false
# positive rate it is the *precision-recall curve*. The dots are ours, the lines the
# library's. **Where on the left curve is a threshold strict?**

# %% tags=["in-sight"] mystnb={"image": {"alt": "Left, the ROC curve drawn point by point, bending well above the diagonal of chance. Right, the precision-recall curve of the same scores, falling from high PPV at low sensitivity towards a dotted line at the prevalence."}, "figure": {"caption": "ROC curve and precision-recall curve of the logistic regression on the test stays; simulated data."}}
thresholds = np.sort(y_score)[::-1]
true_positive_rate = np.array([np.mean(y_score[y_test == 1] >= t) for t in thresholds])
false_positive_rate = np.array([np.mean(y_score[y_test == 0] >= t) for t in thresholds])
precision = np.array([np.mean(y_test[y_score >= t]) for t in thresholds])

figure, axes = plt.subplots(1, 2, figsize=(5.4, 2.7))
plots.roc(y_test, {"model": y_score}, data=stays, ax=axes[0])
plots.precision_recall(y_test, {"model": y_score}, data=stays, ax=axes[1])
axes[0].plot(false_positive_rate[::40], true_positive_rate[::40], "ko", markersize=4)
axes[1].plot(true_positive_rate[::40], precision[::40], "ko", markersize=4);

# %% [markdown]
# At the lower left, where few get an alarm. At the upper right everybody gets one. The
# area under the ROC curve is the *AUROC*. **Why should an area be interesting?**
# Because it is something else as well. Take every pair of one who died and one who
# survived, and count how often the one who died has the higher score; a tie counts
# half.

# %%
gap = y_score[y_test == 1][:, None] - y_score[y_test == 0]     # one number a pair
pairs = np.mean((gap > 0) + 0.5 * (gap == 0))
area = np.sum(np.diff(false_positive_rate, prepend=0) * true_positive_rate)
print(f"{gap.size:,} pairs, in the right order {pairs:.3f}; area {area:.3f}")

# %% [markdown]
# The two agree. So the AUROC asks only in which order the scores put the patients, not
# what the scores are, and not how many patients die. The area under the
# precision-recall curve, the *AUPRC*, depends on how many die: for a model that knows
# nothing it is the prevalence, not a half. **Now we weight the test stays until half of
# all patients die. Which of the two will look better?**

# %%
half = np.where(y_test == 1, 0.5 / y_test.mean(), 0.5 / (1 - y_test.mean()))
auprc, auprc_half = (evaluation.auprc(y_test, y_score, weights=w) for w in (None, half))
auroc, auroc_half = (evaluation.auroc(y_test, y_score, weights=w) for w in (None, half))
claim("balancing the test set leaves the AUROC and adds more than 0.2 to the AUPRC",
      np.isclose(auroc.value, auroc_half.value)
      and auprc_half.value > auprc.value + 0.2,
      shown=f"{auprc_half.value - auprc.value:+.2f}")
pd.DataFrame({"AUROC": [f"{auroc:.2f}", f"{auroc_half:.2f}"],
              "AUPRC": [f"{auprc:.2f}", f"{auprc_half:.2f}"]},
             index=["as they came", "half of them die"])

# %% [markdown]
# Only the AUPRC, and the model is the same. An AUPRC or a PPV from a balanced test set
# describes a ward that does not exist, and two papers' AUPRCs can be compared only if
# their prevalences can.
#
# ### Exercise 2: AUROC by counting
#
# Write a function that returns the share of pairs in the right order, ties counted
# half.

# %%
def count_pairs(y_true, y_score):
    return ...

ch05.q2.check(count_pairs)

# %% [markdown]
# ## Choosing a threshold
#
# A threshold belongs to a use, not to a model. It depends on what a missed patient
# costs and what a needless review costs, and that is for people to say. Here is what
# two thresholds would do on the validation stays.

# %% mystnb={"image": {"alt": "Two histograms of the scores, as shares within those who died and within those who survived, with the threshold at 5 and at 30 percent. Each title gives alarms, deaths found and deaths missed: as the threshold rises alarms fall and missed deaths rise."}, "figure": {"caption": "Scores of the validation stays by outcome, with two thresholds; simulated data."}}
def show(threshold, ax=None):
    alarm = score_validation >= threshold
    found = alarm[y_validation == 1].sum()
    ax = plots.scores(y_validation, score_validation, threshold=threshold,
                      data=stays, ax=ax)
    ax.set_title(f"at {threshold:.0%}: {alarm.sum()} alarms,\n"
                 f"{found} of {y_validation.sum()} deaths found", fontsize=10)

figure, axes = plt.subplots(1, 2, figsize=(5.5, 2.2), sharey=True)
for threshold, ax in zip((0.05, 0.30), axes):
    show(threshold, ax)

# %% [markdown]
# The hatched bars are the drawing's right-hand curve, and they start far on the left:
# some who died looked safe. At 5 % few deaths are missed and most of the ward is
# reviewed; at 30 % it is the other way round. The next cell gives a slider over every
# threshold, which in print stands at 15 %. Move it to where you would call the second
# consultant, and remember the number.

# %% tags=["nbval-ignore-output"]
from medlearn.sliders import ThresholdSlider

ThresholdSlider(y_validation, score_validation, start=0.15, data=stays,
                patient=validation.patient)

# %% [markdown]
# Suppose the ward says: a patient who dies without a review is as bad as twenty
# needless reviews. If the scores are true probabilities, the cheapest threshold needs
# no search. On average, a review of a patient with risk $t$ costs $(1 - t)$ false
# alarms and saves $t$ misses; the two are worth the same at
#
# $$t = \frac{\text{cost of a false alarm}}{\text{cost of a miss} + \text{cost of a false alarm}}.$$
#
# **For prices of 5, 20 and 50 reviews, does a search over all thresholds find the
# same?**

# %% mystnb={"image": {"alt": "Cost against the threshold for a missed death costing 5, 20 and 50 reviews, each as a share of what reviewing nobody costs. The curve for 5 has its minimum farthest to the right. Round markers show where the search found the minimum, crosses what the formula says; they lie close together in cost."}, "figure": {"caption": "Cost of every threshold on the validation stays, for three prices of a miss; simulated data."}}
plt.figure(figsize=(5, 2.6))
grid = np.arange(0.005, 0.6, 0.005)
wrong = (score_validation >= grid[:, None]) != y_validation     # (thresholds, stays)
for price, style in ((5, "-"), (20, "--"), (50, "-.")):
    cost = np.mean(np.where(y_validation, price, 1) * wrong, axis=1)
    cost = cost / (price * y_validation.mean())                 # reviewing nobody = 1
    search = evaluation.threshold_by_cost(
        y_validation, score_validation, miss=price, false_alarm=1)
    label = f"a miss costs {price}: search {search:.1%}, formula {1 / (price + 1):.1%}"
    (line,) = plt.plot(grid, cost, style, label=label)
    plt.plot(search, np.interp(search, grid, cost), "o", color=line.get_color())
    plt.plot(1 / (price + 1), np.interp(1 / (price + 1), grid, cost), "kx")
plt.gca().set(xlabel="threshold", ylabel="cost (reviewing nobody = 1)")
plt.legend(loc="lower right", fontsize=9)
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# The dearer a miss, the further to the left the cross. The search agrees only roughly:
# with so few deaths the curves are ragged, and around their minimum the cost hardly
# changes. Where the scores can be believed, the formula is the better guide. This ward
# names no price. It says: find four of five of those who die.

# %%
threshold = evaluation.threshold_by_sensitivity(
    y_validation, score_validation, at_least=0.8)
y_pred = (y_score >= threshold).astype(int)
chosen_on = evaluation.sensitivity(y_validation, score_validation >= threshold)
price = (1 - threshold) / threshold
print(f"threshold {threshold:.3f}: one miss is as bad as {price:.0f} reviews")
print(f"sensitivity on validation {chosen_on:.2f}")
print(f"sensitivity on test       {evaluation.sensitivity(y_test, y_pred):.2f}")
print(f"alarms on test for {evaluation.proportion(y_pred == 1):.0%} of the stays")

# %% [markdown]
# To ask for a sensitivity is to name a price without seeing it: the first line says
# which. On the validation stays four of five are found by construction; on others it
# may be fewer or more. **What if the threshold were chosen on the test set?** Then it
# would be fitted to the luck of these patients. From here on this is the ward's
# threshold.
#
# ### Exercise 3: the cheapest threshold
#
# Return a threshold at which misses and false alarms cost least; an alarm is raised
# when the score reaches the threshold. Try every score that occurs, not a grid: between
# two points of a grid there may be a cheaper one.

# %%
def cheapest_threshold(y_true, y_score, miss, false_alarm):
    return ...

ch05.q3.check(cheapest_threshold)

# %% [markdown]
# ### Early stopping: the epoch is chosen, too
#
# What holds for the threshold holds for everything that is chosen: for a neural network
# also the epoch. *Early stopping* watches the loss on the validation stays, ends the
# training when it has not fallen for some epochs (*patience*), and goes back to the
# best one. Here is a small network on the same columns. **Up to which epoch does
# training help on other stays?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Loss over the epochs: on the training stays it falls to the end, on the validation stays it falls, turns and rises slightly. A dotted line marks the epoch that is kept."}, "figure": {"caption": "Loss of the small network on training and validation stays over the epochs; simulated data."}}
import keras

prepare = logistic(C)[:2].fit(x_train)     # its first two steps: fill gaps, scale
training.set_seed(0)
net = keras.Sequential([keras.Input((x_train.shape[1],)),
                        keras.layers.Dense(32, activation="relu"),
                        keras.layers.Dense(1, activation="sigmoid")])
net.compile("adam", "binary_crossentropy")
given = prepare.transform(x_validation), y_validation
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
history = net.fit(prepare.transform(x_train), y_train, epochs=60, batch_size=64,
                  validation_data=given, callbacks=[stop], verbose=0)
losses = pd.DataFrame(history.history, index=np.add(history.epoch, 1))
ax = plots.history(losses, data=stays)
ax.axvline(stop.best_epoch + 1, color="0.4", linestyle=":");

# %% [markdown]
# The training loss keeps falling; the validation loss is lowest at the dotted line, and
# the weights of that epoch are kept. That loss was chosen for being low, so it is a
# little too good; only the test stays can say what the network is worth.
#
# ### Exercise 4: train one of your own
#
# Build a larger network (more units, or a second hidden layer), train it with early
# stopping on the validation stays, and hand in the pair `history, stop`. It should stop
# before its last epoch. Where is its best epoch, earlier or later?

# %%
your_training = ...     # history, stop
ch05.q4.check(your_training)

# %% [markdown]
# ## How sure are we?
#
# With other patients every number above would be different. We have only these, but we
# can draw from them with replacement, as many as there are: the *bootstrap*. The middle
# 95 of 100 draws are a *95 % confidence interval*. For the AUROC there is also a
# formula, DeLong's, which needs no drawing. **Do the two agree?**

# %% mystnb={"image": {"alt": "Histogram of 1,000 bootstrap AUROCs, bell-shaped, with the measured AUROC as a solid line in the middle and the ends of the 95 percent interval as dotted lines."}, "figure": {"caption": "AUROC on the test stays, whose patients are drawn again 1,000 times; simulated data."}}
rng = np.random.default_rng(0)
drawn = []
for _ in range(1000):
    index = rng.integers(len(y_test), size=len(y_test))
    drawn.append(evaluation.auroc(y_test[index], y_score[index]).value)
low, high = np.quantile(drawn, [0.025, 0.975])
print(f"bootstrap  {pairs:.2f} ({low:.2f} to {high:.2f})")
print(f"DeLong     {evaluation.auroc(y_test, y_score):.2f}")
plt.figure(figsize=(5.4, 2.6))
plt.hist(drawn, 40, color="C0", alpha=0.7)
for place, style in ((pairs, "-"), (low, ":"), (high, ":")):
    plt.axvline(place, color="black", linestyle=style)
plt.gca().set(xlabel="AUROC of patients drawn again", ylabel="draws")
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# They do: the dotted lines are the ends of the first interval, and the second is as
# wide. From here on the formula is used where there is one; `evaluation.bootstrap`
# works for any measure.
#
# ### What 95 % means
#
# It is a property of the method: of a hundred studies that use it, about ninety-five
# have the truth within their interval. We try it with four hundred. Our test set plays
# the whole world, whose AUROC we know, and each study sees 300 of its patients. **How
# many of the first fifty will miss?**

# %% mystnb={"image": {"alt": "Fifty horizontal intervals, one a study, around a vertical line at the true AUROC. Most cross the line and are thin and blue; a few miss it and are thick and orange."}, "figure": {"caption": "Intervals of the AUROC in fifty studies of 300 patients each, drawn from the simulated test stays."}}
studies = []
for _ in range(400):
    index = rng.integers(len(y_test), size=300)
    studies.append(evaluation.auroc(y_test[index], y_score[index]))
held = np.array([pairs in study for study in studies])
share = evaluation.proportion(held)
claim("about 95 of 100 studies have the truth within their interval",
      0.9 <= share.value <= 0.99, shown=f"{share:.2f}")
plt.figure(figsize=(7, 4))
for row, study in enumerate(studies[:50]):
    look = {"color": "C0", "lw": 2} if held[row] else {"color": "C1", "lw": 4}
    plt.plot([study.low, study.high], [row, row], **look)
plt.axvline(pairs, color="black", linewidth=1)
plt.gca().set(xlabel="AUROC", ylabel="the first fifty studies", yticks=[])
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# Count the orange ones: some two or three are expected, and five would be no surprise.
# If two papers with 300 patients each differ by 0.02, they have not shown a difference;
# nor have they shown that there is none.
#
# ### Exercise 5: one draw of the bootstrap
#
# `patient` holds the patient number of each X-ray. Return the positions of the X-rays
# of one bootstrap draw: as many patients as there are, drawn with replacement with
# `rng`, each with all X-rays, and twice if drawn twice.

# %%
def draw(patient, rng):
    return ...

ch05.q5.check(draw)

# %% [markdown]
# ### Patients, not images
#
# Why draw patients? Let a model speak three times in each stay, after 16, 32 and 48
# hours, with what is known by then: three predictions a patient, three times the rows.
# **Will the interval shrink?**

# %%
from medlearn.features.stays import carry_forward

def three_times(records):
    known = carry_forward(records.grid(hours=48, step=16).values)   # 3 times a stay
    static = np.repeat(records.static[:, None], 3, axis=1)
    return np.concatenate([known, static], axis=2).reshape(3 * len(records), -1)

thrice = logistic(C).fit(three_times(train.x), np.repeat(y_train, 3))
score_thrice = thrice.predict_proba(three_times(test.x))[:, 1]

# %% mystnb={"image": {"alt": "AUROC of the threefold predictions with two intervals around the same value: by row, narrow; by patient, clearly wider."}, "figure": {"caption": "AUROC with three predictions a patient, its interval counted in two ways; simulated test stays."}}
y_thrice, patient_thrice = np.repeat(y_test, 3), np.repeat(patient, 3)
by_row = evaluation.auroc(y_thrice, score_thrice)
by_patient = evaluation.auroc(y_thrice, score_thrice, patient=patient_thrice)
wider = (by_patient.high - by_patient.low) / (by_row.high - by_row.low)
claim("counting rows as patients makes the interval too narrow by more than a fifth",
      wider > 1.2, shown=f"by patient {wider:.1f} times as wide")
plots.estimates({"each row a patient": by_row, "by patient": by_patient},
                measure="AUROC", data=stays);

# %% [markdown]
# It seems to, and should not. Three looks at one patient are not three patients: who is
# hard to judge at 16 hours is hard to judge at 48. Wherever patients have several
# images, teeth, lesions or hours, pass `patient=`.
#
# ## Result: which model is better?
#
# The same test patients meet five models: our baseline, the logistic regression;
# *gradient boosting*, many small decision trees, each mending the errors of those
# before, their number chosen on the validation stays; the network; and *SAPS-I*, a
# score that doctors have added up by hand since 1984 [1]. SAPS-I uses the worst values
# of the first **24** hours; our models have seen 48, so part of their lead is a day of
# waiting. The fifth model is therefore the logistic regression once more, with what was
# known after 24 hours. Where SAPS-I is not known, we do not compare. **Which
# differences will have an interval without zero?**

# %%
from sklearn.ensemble import HistGradientBoostingClassifier

trees = HistGradientBoostingClassifier(max_iter=150, max_leaf_nodes=8, random_state=0)
trees.fit(x_train, y_train)
staged = trees.staged_predict_proba
best = np.argmin([log_loss(y_validation, p) for p in staged(x_validation)])

def first_day(records):
    return np.hstack([records.grid(hours=24, step=24).values[:, 0], records.static])

early = logistic(C).fit(first_day(train.x), y_train)
scores = {"logistic regression": y_score,
          "boosted trees": list(staged(x_test))[best][:, 1],
          "network": training.predict(net, prepare.transform(x_test))[:, 0],
          "logistic, 24 hours": early.predict_proba(first_day(test.x))[:, 1],
          "SAPS-I, 24 hours": np.asarray(test.about["saps1"], float)}

# %% tags=["nbval-ignore-output"]
known = np.isfinite(scores["SAPS-I, 24 hours"])
where_known = {name: score[known] for name, score in scores.items()}
at_24 = evaluation.auroc_difference(
    y_test[known], where_known["logistic, 24 hours"], where_known["SAPS-I, 24 hours"],
    patient=patient[known])
claim("with the same 24 hours the model still ranks better than SAPS-I",
      at_24.clears(0), shown=f"{at_24:+.2f}")
evaluation.compare(y_test[known], where_known, [evaluation.auroc, evaluation.auprc],
                   against="logistic regression", patient=patient[known])

# %% [markdown]
# Read the last column: each model less the baseline, on the same patients. The trees
# are not shown to differ from the logistic regression: their interval holds 0, which
# means "not shown", not "equal". The small network is not shown to be better, either.
# On a table of some thousand rows simple models are hard to beat; networks are for
# images or courses over time (notebooks 2 and 3). The first column alone would not have
# told us: models err on the same patients, and in the difference that cancels out. So
# compare *paired*.
#
# The last row compares 48 hours with SAPS-I's 24. With the same 24 hours the model's
# lead is smaller (in brackets above the table): part of it was a day of waiting.
#
# ## Stop here
#
# - A threshold follows from costs; it is chosen on validation data, and so is
#   everything else that is chosen.
# - Sensitivity and specificity depend on the threshold, the PPV on the prevalence, too.
#   Accuracy counts a missed death like a needless review.
# - Intervals count patients; models are compared on the same patients, by the interval
#   of the difference.
#
# Next: are the scores risks, does acting on them help, whom do they fail, and how does
# one report that?
#
# ## Second sitting: does a probability mean what it says?
#
# (If you come back to a fresh notebook, run all cells above first.) Of a hundred
# patients told "20 %", twenty should die. That is *calibration*, and the AUROC cannot
# see it. As a warning we train the regression once more, as is often advised, with the
# classes *balanced*, so that each death weighs as much as several survivors. To see
# calibration, sort the patients by score, cut them into ten groups, and draw what was
# observed in each against what was predicted: the *reliability curve*. **The two models
# rank alike. Do their probabilities mean the same?**

# %% mystnb={"image": {"alt": "Reliability curves. The plain model's dots lie along the diagonal. The balanced model's dots lie far below: where it predicts 60 percent, about 20 percent were observed."}, "figure": {"caption": "Observed against predicted share of deaths, in ten groups of the test stays; simulated data."}}
balanced = logistic(C, class_weight="balanced").fit(x_train, y_train)
score_balanced = balanced.predict_proba(x_test)[:, 1]
change = evaluation.auroc_difference(y_test, score_balanced, y_score)
groups_of_ten = {"plain": evaluation.reliability(y_test, y_score),
                 "balanced": evaluation.reliability(y_test, score_balanced)}
plots.reliability(groups_of_ten, data=stays, ax=plt.subplots(figsize=(3.6, 3.4))[1]);

# %% [markdown]
# They do not. Balancing showed the model a world in which half of all patients die;
# here its probabilities are far too high. Four numbers sum up calibration. The
# *calibration intercept* is what has to be added to all log-odds: above 0, too few
# deaths were predicted. The *calibration slope* is the factor the log-odds should have
# had: below 1, the model was too extreme in both directions. The *calibration error*
# (*ECE*, *expected calibration error*) is the mean distance between the dots and the
# diagonal. The *Brier score* is the mean squared distance between probability and
# outcome; telling everyone the prevalence $p$ gives $p(1 - p)$, its yardstick.

# %%
def calibration(y_score):
    measured = {"intercept (0)": evaluation.calibration_intercept,
                "slope (1)": evaluation.calibration_slope,
                "calibration error (0)": evaluation.calibration_error,
                "Brier score (low)": evaluation.brier}
    return {name: f"{of(y_test, y_score):.3f}" for name, of in measured.items()}

p = y_test.mean()
bias = evaluation.calibration_intercept(y_test, score_balanced)
print(f"Brier score of telling everyone {p:.1%}: {p * (1 - p):.3f}")
claim("balancing hardly changes the ranking and predicts far too many deaths",
      abs(change.value) < 0.02 and bias.high < -1,
      shown=f"AUROC {change:+.3f}, intercept {bias:.1f}")
pd.DataFrame({"plain": calibration(y_score), "balanced": calibration(score_balanced)})

# %% [markdown]
# Read the intercept first, then the slope. The plain model is not shown to be off as
# long as the intervals hold 0 and 1. "Calibrated" may be said no further than these
# intervals reach. (Had fewer died in the training stays than here, the model would
# predict too few deaths, and the intercept would lie above 0.) The balanced model's
# intercept says that its odds are about six times too high, and its Brier score is
# worse than that of telling everyone the same.
#
# ### Mending it
#
# *Recalibration* learns, on the validation stays, which probability a score stands for.
# Platt's way fits a new intercept and slope to the log-odds, $p' = \sigma(a + b
# \log\frac{p}{1-p})$. With $b > 0$ the order of the patients stays, and so does the
# AUROC.

# %%
mend = evaluation.recalibrate(y_validation, balanced.predict_proba(x_validation)[:, 1])
score_mended = mend(score_balanced)
pd.DataFrame({"balanced": calibration(score_balanced),
              "mended": calibration(score_mended)})

# %% [markdown]
# The intercept is back near 0, and the Brier score is below its yardstick again. The
# imbalance itself was never a fault; few alarms at 50 % are the fault of that
# threshold. A study of such corrections found the same [2].
#
# ### Exercise 6: undoing the balance
#
# 14 % of the patients died. A model was trained with the classes balanced, half and
# half. It gives a patient 0.8. What risk does that stand for on the ward? (Balancing
# multiplied the odds, $p/(1-p)$, by a factor: which?) Two decimals are enough.

# %%
risk = ...
ch05.q6.check(risk)

# %% [markdown]
# ## Does acting on it help?
#
# If you call a consultant at a risk of 10 % or more, you say that one death reviewed is
# worth nine needless reviews. So a threshold $t$ contains a price, and true and false
# positives can be put into one number, the *net benefit* [3]:
#
# $$\text{net benefit} = \frac{\text{TP}}{n} - \frac{\text{FP}}{n} \cdot \frac{t}{1 - t}.$$
#
# To review nobody gives 0. To review everybody gives the dashed grey curve. A model
# must beat both, at the threshold that the ward has chosen. **At which thresholds does
# the balanced model do harm?**

# %% mystnb={"image": {"alt": "Decision curves. The plain model lies above reviewing all and reviewing none over most thresholds; at the chosen threshold, a vertical line, it lies somewhat above reviewing all and far above reviewing none; at 5 percent and below it touches reviewing all. The balanced model falls below zero from a threshold of about 15 to 20 percent on."}, "figure": {"caption": "Net benefit of both models and of reviewing everybody, over the thresholds; simulated test stays."}}
curves = {"plain": evaluation.decision_curve(y_test, y_score),
          "balanced": evaluation.decision_curve(y_test, score_balanced)}
plots.decision_curves(curves, threshold=threshold, data=stays,
                      ax=plt.subplots(figsize=(5.2, 2.7))[1]);

# %% [markdown]
# Read 0.04 as: of a hundred patients, as good as four deaths reviewed and no needless
# review. The balanced model, which ranks just as well, does harm where its curve lies
# below 0, and up to there it is hardly better than reviewing everybody. Now look at the
# vertical line, the ward's threshold. **Is the model better there than reviewing
# everybody?** To review all is a score of 1 for everyone, to review none a score of 0.

# %%
everybody, nobody = np.ones(len(y_test)), np.zeros(len(y_test))

def gain(other, at):
    return evaluation.net_benefit_difference(y_test, y_score, other, at,
                                             patient=patient)

over_all, over_none = gain(everybody, threshold), gain(nobody, threshold)
claim("at the ward's threshold the model is better than reviewing all "
      "and reviewing none",
      over_all.clears(0) and over_none.clears(0),
      shown=f"{over_all:+.3f} and {over_none:+.3f}")
print(f"{price:.0f} reviews a miss: over reviewing all it saves as much as",
      f"{100 * price * over_all.value:.0f} reviews in 100 patients")
pd.DataFrame({f"at {at:.1%}": {"model − review all": f"{gain(everybody, at):+.3f}",
                               "model − review none": f"{gain(nobody, at):+.3f}"}
              for at in (threshold, 0.2)})

# %% [markdown]
# Read the first column: both intervals lie above 0. At its own threshold the ward does
# better with the model than by reviewing everybody, and better than by reviewing
# nobody. Against reviewing everybody the gain is small; the line above the table says
# what that is worth in reviews. At a threshold of 5 % or less the curves touch in the
# figure: if a miss is that dear, the ward can as well review everybody.
#
# ### Exercise 7: net benefit
#
# Of 1,000 patients a model raises an alarm for 80 who have the illness and 180 who do
# not, at a threshold of 10 %. What is its net benefit? (Give three decimals.)

# %%
benefit = ...
ch05.q7.check(benefit)

# %% [markdown]
# ## Where it fails
#
# One figure for everyone is an average over groups. We look at age and at the unit, and
# set a minimum first: a group with fewer than ten deaths or ten survivors is counted
# but not measured. **Does the model rank the patients of each group equally well?**

# %% mystnb={"image": {"alt": "AUROC in three age groups and four units with intervals, over a grey band for everyone. Intervals of small groups are wide, and most overlap the band."}, "figure": {"caption": "AUROC by age and by unit, with the number of deaths and of stays; simulated test stays."}}
age = test.x.static[:, test.x.static_names.index("Age")]
unit = test.x.static[:, test.x.static_names.index("ICUType")]
names = {1: "coronary", 2: "cardiac surgery", 3: "medical", 4: "surgical"}
groups = {"age": np.select([age < 60, age < 75, age >= 75],
                           ["59 and under", "60 to 74", "75 and over"], None),
          "unit": [names.get(number) for number in unit]}
ranking = evaluation.subgroups(evaluation.auroc, y_test, y_score, groups)
plots.subgroups(ranking, data=stays, ax=plt.subplots(figsize=(5.2, 2.6))[1]);

# %% [markdown]
# No group stands clear of the band for everyone. Where few patients died (the first
# number in brackets) the interval is so wide that a poor ranking would go unnoticed.
# **So does the model treat young and old alike?** At the ward's threshold we measure
# the specificity, the share of survivors who are left in peace.

# %% mystnb={"image": {"alt": "Specificity in the same groups. It is highest at 59 and under among the ages, and differs between units, lowest in the surgical one."}, "figure": {"caption": "Specificity at the threshold of the ward, by age and by unit; simulated test stays."}}
spared = evaluation.subgroups(evaluation.specificity, y_test, y_pred, groups)
plots.subgroups(spared, data=stays, ax=plt.subplots(figsize=(5.2, 2.6))[1])
survivors = (y_test == 0) & ((age < 60) | (age >= 75))
higher = evaluation.auroc(age[survivors] >= 75, y_score[survivors])
claim("of an old and a young survivor the old one mostly has the higher score",
      higher.clears(0.5), shown=f"{higher:.2f} of pairs")

# %% [markdown]
# It does not. Of the young survivors more are left in peace than of the older ones. Old
# patients die more often, so their scores are higher, and one threshold cuts the two
# groups at different places. There is a theorem behind it [4]: where two groups differ
# in risk and the prediction is not perfect, a score cannot be calibrated in both groups
# and at the same time have the same mean among the survivors of both and the same mean
# among those who died of both. About a single threshold it says nothing; but equal
# thresholds will in general give unequal error rates, and equal error rates need
# unequal thresholds. Which to accept is a question for people.
#
# Equal performance can hide worse. A model that predicted health costs worked as well
# for black as for white patients; but less had been spent on black patients who were
# equally ill, so it ranked them as healthier [5]. No measure against the recorded label
# can show that the label is wrong.
#
# Averages also hide people. **Which patients died although their scores were lowest?**

# %%
died = np.flatnonzero(y_test == 1)
lowest = died[np.argsort(y_score[died])[:6]]
pd.DataFrame({"age": age[lowest], "unit": np.array(groups["unit"])[lowest],
              "score": y_score[lowest].round(3), "SAPS-I": test.about["saps1"][lowest],
              "variables measured": np.isfinite(test.x.last()[lowest]).sum(1)})

# %% [markdown]
# To the model the last values of these patients did not look dangerous. Such a list
# belongs on the desk of a clinician who can look at the charts: is it the model, the
# data, or could nobody have known by hour 48?
#
# ## On other X-rays
#
# So far the test stays resembled the training stays. To measure a model where it was
# not made, in another hospital or in later years, is *external validation*. Our chest
# X-rays, real or simulated, have a shift built in: fewer of the test children have
# pneumonia than of the training children. A logistic regression on forty *principal
# components* of the pixels (weighted sums that keep most of what differs between
# images) is enough to see what happens. **Which will suffer more, the ranking or the
# calibration?**

# %%
from sklearn.decomposition import PCA

films = load("pneumonia")
flat = {name: part.x.reshape(len(part), -1) / 255
        for name, part in films.splits.items()}
classifier = make_pipeline(PCA(40, random_state=0), LogisticRegression(max_iter=2000))
classifier.fit(flat["train"], films.train.y)
film_score = {name: classifier.predict_proba(flat[name])[:, 1] for name in flat}

def on_films(name):
    part = films.splits[name]
    of = [evaluation.auroc, evaluation.calibration_intercept]
    return {"pneumonia": f"{part.y.mean():.0%}"} | {
        measure.label: f"{measure(part.y, film_score[name], patient=part.patient):.2f}"
        for measure in of}

pd.DataFrame({name: on_films(name) for name in ("validation", "test")})

# %% [markdown]
# The ranking is not shown to suffer: its two intervals overlap. The calibration breaks:
# on the validation X-rays the intercept's interval holds 0, on the test X-rays it does
# not. An intercept below 0 says that too much pneumonia is predicted: the classifier
# still expects the share of the training children. To mend it we learn a new
# **intercept** alone, one number, from about a hundred local X-rays. Draw them *by
# patient*; they have then been used, and only the others may be measured on.

# %%
from medlearn.data import split_by_patient

y_film, score_film, child = films.test.y, film_score["test"], films.test.patient
local, rest = split_by_patient(child, y_film, shares=(0.35, 0.65))
shift = evaluation.recalibrate(y_film[local], score_film[local], method="intercept")
before, after = (
    evaluation.calibration_intercept(y_film[rest], score, patient=child[rest])
    for score in (score_film[rest], shift(score_film[rest])))
print(f"learnt on {len(local)} local X-rays, measured on the other {len(rest)}")
claim("elsewhere too much pneumonia is predicted, and a new intercept mends most of it",
      before.high < 0 and abs(after.value) < abs(before.value) / 2,
      shown=f"{before:.2f}, then {after:.2f}")

# %% [markdown]
# The first interval lies below 0; the second value is much nearer to it. A new slope as
# well (Platt's way) would be a second number to learn from the same X-rays; that needs
# more of them.
#
# If the sicker children are X-rayed with another machine, a model may learn the
# machine: a third thing that goes with both the input and the outcome, called
# *confounding*. No split of your own data shows it (notebook 6).
#
# ## More than two answers
#
# The ward also asks: will this patient die, go home soon, or stay long? One model gives
# three probabilities, and the class with the highest is its answer. **What are
# precision and recall of each class?** A report per class says it.
# (`classification_report` of scikit-learn prints such a table under the same names,
# without intervals; *support* is the number of cases.) One number for all classes can
# be had in three ways: *macro* averages the classes, *weighted* gives each its share of
# patients, *micro* throws all answers together.

# %%
days = {name: np.asarray(part.about["length_of_stay"], float)
        for name, part in stays.splits.items()}

def outcome(part, name):
    return np.where(part.y == 1, 0, np.where(days[name] <= 10, 1, 2))

use_train, use_test = np.isfinite(days["train"]), np.isfinite(days["test"])
three = logistic(C).fit(x_train[use_train], outcome(train, "train")[use_train])
true = outcome(test, "test")[use_test]
probability = three.predict_proba(x_test[use_test])
answer = probability.argmax(axis=1)
classes = np.array(["dies", "home in 10 days", "stays longer"])

# %%
def class_report(k):
    is_k, says_k = (true == k).astype(int), (answer == k).astype(int)
    of = {"precision": evaluation.ppv, "recall": evaluation.sensitivity,
          "F1": evaluation.f1}
    row = {name: f"{measure(is_k, says_k):.2f}" for name, measure in of.items()}
    return row | {"AUROC": f"{evaluation.auroc(is_k, probability[:, k]):.2f}",
                  "support": is_k.sum()}

for how in ("macro", "weighted", "micro"):
    average = evaluation.averaged(evaluation.auroc, true, probability, average=how)
    print(f"AUROC, {how} average: {average:.2f}")
pd.DataFrame({name: class_report(k) for k, name in enumerate(classes)}).T

# %% [markdown]
# Of those who die only a quarter or a third are found (recall): the class with the
# highest probability wins, and a risk of 30 % rarely does. About half of the answers
# "dies" are right (precision). "Stays longer" is hardly recognised in the simulated
# stays, whose length follows little from what is measured. The three averages differ,
# so say which one you report, and show the classes, too.
#
# And *a number* instead of a class? The *mean absolute error* is in the outcome's own
# unit, the *root mean squared error* punishes large errors more, the *mean error* shows
# whether it leans to one side, and *R²* is the share of the variance that is predicted.
# Here: the days that survivors stay.

# %%
from sklearn.linear_model import Ridge

lived_train, lived_test = use_train & (y_train == 0), use_test & (y_test == 0)
ridge = make_pipeline(prepare, Ridge(300))
ridge.fit(x_train[lived_train], days["train"][lived_train])
days_true, days_pred = days["test"][lived_test], ridge.predict(x_test[lived_test])
of = {"mean absolute error, days": evaluation.mean_absolute_error,
      "root mean squared error, days": evaluation.root_mean_squared_error,
      "mean error, days": evaluation.mean_error, "R²": evaluation.r2}
pd.DataFrame({"value": {name: f"{measure(days_true, days_pred):.2f}"
                        for name, measure in of.items()}})

# %% [markdown]
# An R² near 0 says: hardly better than telling everyone the mean stay. A few very long
# stays make the root mean squared error larger than the mean absolute error.
# (Segmentation, detection, clustering and survival have measures of their own: *Dice*,
# *average precision*, *silhouette*, *concordance*. They belong to parts still to come.)
#
# ## The report
#
# One call measures the model at the threshold that was chosen on validation data.
# Journals ask for more than numbers: *TRIPOD+AI* lists 27 items that a reader needs
# [6]. The run fills in what it knows, you say what only you can, and the open items
# stand at the end.

# %% tags=["nbval-ignore-output"]
paper = evaluation.report(y_test, y_score, threshold=threshold, patient=patient,
                          groups=groups, data=stays, model="logistic regression",
                          others={"boosted trees": scores["boosted trees"]})
evaluation.tripod(paper, {
    "4": "To develop a model and evaluate it on other patients, for teaching.",
    "8": "Death in hospital, from the hospital's record; no one had to judge it.",
    "9": "Last value of each measurement in 48 hours; age, sex, height, weight, unit.",
    "11": "Median of the training set.",
    "13": "None; balancing was tried and harmed calibration.",
    "26": "One source; stays under 48 hours are absent; gaps filled without saying so.",
})

# %% [markdown]
# The table under item 23 holds what we found: the ranking, the decisions at the ward's
# threshold, the calibration, the groups. Most items are still open, and most of those
# are not about the model: who the patients were, who paid, who was asked. A *model
# card* is like a package leaflet: one page that travels with the model and says what it
# is for, and what not [7].

# %% tags=["nbval-ignore-output"]
evaluation.model_card(paper, {
    "details": "Logistic regression, trained in this notebook.",
    "intended use": "To learn evaluation. No other.",
    "not for": "Any decision about a patient.",
    "training data": f"{len(train):,} stays.",
    "caveats": "Never tried on a ward: nobody knows what doctors do with its alarms.",
})

# %% [markdown]
# The caveat matters most, and no measurement of ours can remove it.
#
# ## Three published claims
#
# Each of the three is real, and quoted as its source says it. Think before you read on.
#
# **1. 0.947 against 0.944.** In MedMNIST's table for PneumoniaMNIST an automatic search
# for networks (AutoKeras) has an AUROC of 0.947, a ResNet-18 has 0.944, and Google
# AutoML Vision 0.991 [8]; a network of this course reaches 0.989. All were measured on
# the same 624 X-rays, 390 with pneumonia. **Is 0.947 better than 0.944? Is 0.991 better
# than 0.989?** No interval is given, so we draw scores with these AUROCs for as many
# X-rays.

# %%
from scipy.stats import norm

y_drawn = np.repeat([1, 0], [390, 234])
width = {}
for known_auroc in (0.944, 0.989):
    distance = np.sqrt(2) * norm.ppf(known_auroc)    # between two bell curves
    interval = evaluation.auroc(y_drawn, rng.normal(size=624) + y_drawn * distance)
    width[known_auroc] = (interval.high - interval.low) / 2
    print(f"at {known_auroc} with 624 X-rays: about ± {width[known_auroc]:.3f}")
claim("both gains are smaller than a single interval's half-width",
      width[0.944] > 0.947 - 0.944 and width[0.989] > 0.991 - 0.989)

# %% [markdown]
# Both gains are smaller. The interval of a paired difference would be narrower, but
# nobody can compute it from the table. Over three seeds another group found 0.950 ±
# 0.003 for the same kind of ResNet [9], so a seed moves it about as far as AutoKeras is
# ahead. "Not shown" is the answer to both questions.
#
# **2. Accuracy 0.735 on skin lesions.** That is MedMNIST's figure for a ResNet-18 on
# DermaMNIST's 2,005 test pictures [8]. Later it was found that many of them show a
# lesion that is also in the training set, photographed another time: a *leak*. The
# finders published a corrected split, DermaMNIST-C, in which these pictures are moved
# to the training set: 1,227 test pictures remain [10]. **Suppose the network had simply
# remembered the other 778: how good was it on these 1,227?**

# %%
leaked = 2005 - 1227
bound = (0.735 * 2005 - leaked) / 1227
repaired = np.mean([0.827, 0.818, 0.830])
print(f"if all {leaked} were remembered: {bound:.2f}")
print(f"measured on the corrected split: {repaired:.2f}")

# %% [markdown]
# The bound says "at worst 0.57". The repair says 0.83 (three runs: 0.827, 0.818, 0.830
# [11]): the figure went **up**. Did the leak do no harm, then? **What else changed with
# the split?** The training set grew from 7,007 to 8,215 pictures. And the test pictures
# that left were not a random sample: they are the lesions that somebody photographed
# more than once. What remained may simply be easier; in the same logs the network is
# better on them than on those it was trained on (0.74 to 0.77). A leak makes a figure
# meaningless, not necessarily too high.
#
# **3. AUROC 0.880 ± 0.010, AUPRC 0.586 ± 0.041.** Both stand in the same row, for one
# model of deaths in intensive care (MTM, on PhysioNet 2012, five random splits [12]).
# **Are they a good mark and a poor one?** They are one model on one set of patients, of
# whom 14 % died. An AUROC starts at 0.5, an AUPRC at the prevalence, so 0.586 is four
# times what guessing gives. It cannot be compared with an AUPRC from another
# prevalence, as our weights of half and half have shown.
#
# There is a worse way to balance: to multiply the rare cases *before* the split. Then
# copies of one patient, or mixtures of patients (*SMOTE*), lie on both sides. For
# predicting preterm birth from one public data set many studies reported nearly perfect
# results in this way; rebuilt without the fault, they were gone [13].
#
# ### Exercise 8: mend a leaking evaluation
#
# This function has two faults of that kind. Mend it, so that on outcomes thrown by a
# coin it gives about 0.5. Keep its arguments and what it returns.
# `split_by_patient(patient, y, shares=(0.7, 0.3))` gives the positions of two parts.

# %%
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

def evaluate(x, y, patient):
    rare = np.flatnonzero(y == 1)
    more = np.concatenate([np.arange(len(y)), np.repeat(rare, 4)])   # rare ones 5 times
    x, y, patient = x[more], y[more], patient[more]
    train, test = train_test_split(np.arange(len(y)), test_size=0.3, random_state=0)
    model = KNeighborsClassifier(5).fit(x[train], y[train])
    return evaluation.auroc(y[test], model.predict_proba(x[test])[:, 1])

coin = (np.random.default_rng(1).random(200) < 0.2).astype(int)
noise = np.random.default_rng(2).normal(size=(200, 8))
print(f"on coin tosses: AUROC {evaluate(noise, coin, np.arange(200)):.2f}")

def fair(x, y, patient):
    return ...

ch05.q8.check(fair)

# %% [markdown]
# <details><summary><b>Reading a paper: ten questions</b></summary>
#
# 1. Whose are the patients, and are any on both sides of the split?
# 2. How many had the outcome?
# 3. What is the prevalence in the test set, and is it that of the ward?
# 4. Where was the threshold chosen?
# 5. Is there an interval, and does it count patients?
# 6. Is there a simple baseline, on the same patients, and the interval of the
#    difference?
# 7. Is there a calibration curve, after any balancing?
# 8. Is there a decision that changes, and its net benefit at the threshold that is
#    used?
# 9. In which groups was it measured, and how many are in the smallest?
# 10. Has anyone measured it elsewhere, later, on a ward?
#
# </details>
#
# ### Exercise 9: which of these would you stop?
#
# Give a set of letters.
#
# - **A** "We resampled the data to balance the classes, then split them into training
#   and test set."
# - **B** "The threshold was chosen on the validation set; on the test set its
#   sensitivity was 0.78 (0.71 to 0.84)."
# - **C** "With 12,000 image patches from 40 patients, the interval is 0.91 to 0.92."
# - **D** "The models' intervals overlap, therefore they perform equally."
# - **E** "We report the AUROC on all 800 patients, and no figure for the 9 from the
#   smallest hospital."
# - **F** "PPV was 0.81 in our test set of equal halves; in use, four of five alarms
#   will be right."

# %%
stop_these = ...
ch05.q9.check(stop_these)

# %% [markdown]
# ## What it must not be used for
#
# So, **should the ward switch it on?** On these test stays it does better at its chosen
# threshold with the model than without, its probabilities are on average not shown to
# be off, and the model ranks better than SAPS-I with the same hours of data. The price:
# about half of all patients get an alarm, about three of four alarms are false, and
# older survivors are named more often than young ones.
#
# Three things are missing. *Who is in the data*: the PhysioNet set leaves out stays
# under 48 hours, so it knows nothing of patients who died, or left, on the first two
# days. *Which deaths*: it keeps patients with do-not-resuscitate and comfort-care
# orders [14]. Their deaths are expected by everyone; a model that finds them gets a
# good AUROC and tells nobody anything new. *What a review does*: a death that cannot be
# prevented is predicted as well as one that can, and once consultants act on alarms,
# the deaths they prevent turn right alarms into false ones. No test set knows that; it
# takes a trial on the ward. Until then the model must not decide about a patient,
# withhold care, or stand in for the talk about what the patient wants.
#
# ## What we learnt
#
# - A threshold belongs to a use: it follows from what errors cost, and it contains a
#   price even if nobody names one.
# - The AUROC counts pairs in the right order. It depends neither on a threshold nor on
#   the size of the probabilities nor on how many patients die.
# - Everything that is chosen, the threshold and the epoch too, is chosen on validation
#   data.
# - Intervals count patients. Models are compared paired, with the same hours of data.
# - Where fewer patients have the outcome, calibration breaks even if the ranking holds;
#   a new intercept mends most of it. Net benefit at the chosen threshold says whether
#   acting on the score helps.
# - Equal thresholds in general give unequal error rates where risks differ.
# - A leak makes a figure meaningless; a repair changes more than the leak.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | confusion matrix | true and false positives and negatives in a table |
# | sensitivity, recall, true positive rate | of those with the outcome, the share with an alarm |
# | specificity, 1 − false positive rate | of those without the outcome, the share without an alarm |
# | PPV, precision | of the alarms, the share that is right; depends on the prevalence |
# | F1 | between recall and precision; true negatives do not count |
# | ROC curve, AUROC | true against false positive rate over all thresholds; the share of pairs in the right order |
# | precision-recall curve, AUPRC | precision against recall; guessing gives the prevalence |
# | early stopping, patience | to stop training when the validation loss has not fallen for so many epochs |
# | bootstrap, confidence interval | drawing patients again; a range that holds the truth in 95 of 100 studies |
# | calibration intercept, slope | what the log-odds lack; how much too extreme they are |
# | calibration error, ECE | mean distance between predicted and observed over groups of scores |
# | Brier score | mean squared distance between probability and outcome; yardstick $p(1-p)$ |
# | recalibration | learning on new cases which probability a score stands for |
# | net benefit, decision curve | true positives less false positives at the odds of the threshold; over all thresholds |
# | external validation | measuring a model where it was not made |
# | confounding | a third thing that goes with both input and outcome |
#
# **Onward**: notebook 6, [*Overfitting*](06_overfitting.ipynb), asks why a model works
# on our X-rays and fails on theirs.
#
# <details><summary><b>Sources</b></summary>
#
# Stays, where real: PhysioNet/CinC Challenge 2012, Silva et al., Comput. Cardiol.
# 39:245 (2012); Goldberger et al., Circulation 101:e215 (2000). X-rays, where real:
# Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al., Sci. Data 10:41
# (2023), CC BY 4.0. DeLong's interval: DeLong, DeLong, Clarke-Pearson, Biometrics
# 44:837 (1988); by patient: Obuchowski, Biometrics 53:567 (1997). Platt's
# recalibration: Platt, Advances in Large Margin Classifiers (1999).
#
# 1. Le Gall et al., Crit. Care Med. 12:975 (1984)
# 2. van den Goorbergh et al., J. Am. Med. Inform. Assoc. 29:1525 (2022),
#    doi:10.1093/jamia/ocac093
# 3. Vickers, Elkin, Med. Decis. Making 26:565 (2006), doi:10.1177/0272989X06295361
# 4. Kleinberg, Mullainathan, Raghavan, arXiv:1609.05807
# 5. Obermeyer et al., Science 366:447 (2019), doi:10.1126/science.aax2342
# 6. Collins et al., BMJ 385:e078378 (2024), doi:10.1136/bmj-2023-078378
# 7. Mitchell et al., Conf. Fairness, Accountability, Transparency (2019),
#    doi:10.1145/3287560.3287596
# 8. Yang et al., Sci. Data 10:41 (2023), doi:10.1038/s41597-022-01721-8
# 9. Doerrich et al., arXiv:2404.15786: ResNet-18 at 28 pixels
# 10. Abhishek et al., Sci. Data 12:196 (2025), doi:10.1038/s41597-025-04382-5,
#     arXiv:2401.14497
# 11. Their repository kakumarabhishek/Corrected-Skin-Image-Datasets, training logs of
#     ResNet-18 at 28 pixels on DermaMNIST-C; sizes of the sets:
#     `medmnist_corrected/info.py`
# 12. Zhong et al., KDD 2025, doi:10.1145/3711896.3737058, arXiv:2509.17809, table 3
# 13. Vandewiele et al., Artif. Intell. Med. 111:101987 (2021),
#     doi:10.1016/j.artmed.2020.101987
# 14. The challenge's page: physionet.org/content/challenge-2012, "Data for the
#     Challenge"
#
# </details>
