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
# # 6 · Overfitting: why did it work on our X-rays and fail on theirs?
#
# > Our hospital trains a model on its chest X-rays. On X-rays kept aside it is nearly
# > perfect. The hospital across the river tries it on theirs. **It is hardly better
# > than a coin. What happened?**
#
# At the end of this notebook you can
#
# - read a learning curve, and tell overfitting from underfitting;
# - write L2, dropout and early stopping into a Keras model, and measure whether a
#   remedy helps;
# - cross-validate by patient, and nest the choice of settings;
# - find four leaks that no training curve shows, and a shortcut that no split of your
#   own data shows.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebook
# 1, and from notebook 5 the AUROC and what an interval is. **Data**: chest X-rays,
# simulated unless you ask for the real ones; X-rays drawn on the spot, always
# simulated; and pure noise. Nothing here is made for use on patients.

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
from medlearn import claim, evaluation, load, plots
from medlearn.exercises import ch06
plots.use_style()

# %% [markdown]
# ## The question: two hospitals
#
# A simulator can draw as many X-rays as we like, and the same recipe can draw them for
# two hospitals. We take 600 of ours, 400 to train on and 200 kept aside, and 300 of the
# hospital across the river. Every X-ray is another child's. How the two hospitals
# differ is revealed at the end of the notebook.

# %% mystnb={"image": {"alt": "Eight small grey chest X-rays in two rows, four of our hospital and four of the other, each marked normal or pneumonia. All show a rib cage with a heart; some are crisp, some pale and grainy; each has a small bright mark in the upper right corner."}, "figure": {"caption": "X-rays that a simulator drew for two hospitals, four of each, with their labels."}}
from medlearn.data import Dataset, Split
from medlearn.data.images import draw_films

def hospital(count, seed, scanner):
    y = np.random.default_rng(seed).integers(0, 2, count)
    x, truth = draw_films(y, seed=seed, scanner=np.where(y == 1, *scanner))
    return Split(x, y, 10_000 * seed + np.arange(count), truth)

ours, theirs = hospital(600, 1, (0.98, 0.02)), hospital(300, 2, (0.5, 0.5))
ours_train, ours_kept = ours.take(np.arange(400)), ours.take(np.arange(400, 600))
hospitals = Dataset("two", ours_train, ours_kept, theirs, "binary", simulated=True)
kind = np.array(["normal", "pneumonia"], object)
plots.pictures(np.concatenate([ours.x[:4], theirs.x[:4]]), columns=4, data=hospitals,
    titles=[*("ours, " + kind[ours.y[:4]]), *("theirs, " + kind[theirs.y[:4]])]);

# %% [markdown]
# At 28 by 28 pixels the X-rays of the two hospitals look much alike. Look closely; we
# shall come back to them.
#
# ### Model: ridge regression
#
# Where no network is needed, our model is a weighted sum of pixels, fitted to +1 for
# pneumonia and −1 for normal. The weights $w$ are chosen so that the mean squared error
# is small and the weights are small too:
#
# $$\frac1n\sum_{i=1}^n (x_i w - y_i)^2 + \lambda \sum_j w_j^2.$$
#
# The second term is called *L2*. Such a price for large weights is the best known form
# of *regularisation*: anything that keeps a model from fitting its training data too
# closely. With it, the model is called *ridge regression*. A formula gives its weights
# at once, so it needs no training loop. Because the error is a *mean* over the $n$
# X-rays, the same $\lambda$ weighs as much with 25 X-rays as with 800; Keras counts in
# the same way.

# %%
def flat(x):
    """Each X-ray as a row of 196 pixels, at half resolution, with mean 0 and sd 1."""
    x = np.asarray(x, float).reshape(len(x), 14, 2, 14, 2).mean((2, 4)).reshape(-1, 196)
    return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)

def ridge(x, y, x_new, l2):
    """Scores of x_new by ridge regression on x and y; l2 is the λ of the formula."""
    middle, target = x.mean(0), 2.0 * y - 1
    x = x - middle
    squares = x @ x.T + l2 * len(x) * np.eye(len(x))
    w = x.T @ np.linalg.solve(squares, target - target.mean())
    return target.mean() + (x_new - middle) @ w

# %% [markdown]
# (It gives what scikit-learn's `RidgeClassifier(alpha=l2 * n).decision_function` gives,
# only faster; we shall need it thousands of times.) Now the two results of the opening
# question: the AUROC on our X-rays kept aside, and on theirs.

# %%
x_ours, y_ours = flat(ours_train.x), ours_train.y
here = evaluation.auroc(ours_kept.y, ridge(x_ours, y_ours, flat(ours_kept.x), l2=0.25))
there = evaluation.auroc(theirs.y, ridge(x_ours, y_ours, flat(theirs.x), l2=0.25))
print(f"AUROC, ours kept aside: {here:.2f}\nAUROC, theirs:          {there:.2f}")
claim("the model fails in the other hospital: the intervals lie more than 0.1 apart",
      here.low - there.high > 0.1, shown=f"difference {here.value - there.value:.2f}")

# %% [markdown]
# The model was measured on patients that it had never seen, and still the result did
# not hold elsewhere. There are two explanations. The model may have learnt *our
# patients* instead of pneumonia: that is overfitting, and the first half of this
# notebook. Or it may have learnt something that is true of nearly all our X-rays and
# not of theirs. **Which of the two can it not be here?** Keep your answer until the
# end.
#
# ## Underfitting and overfitting
#
# First the idea itself, with one number in and one number out. Fourteen patients got a
# drug; we fit their response to the dose with curves that bend more and more. (A curve
# of degree 3 has up to two bends, one of degree 10 up to nine.) **Which of the three
# curves will be nearest to the next patients?**

# %% mystnb={"image": {"alt": "The same fourteen dots three times, response against dose, rising and then levelling off, with grey rings for new patients. Left, a straight line that misses the bend. Middle, a gentle curve through the middle of the dots. Right, a curve that passes through nearly every dot and swings wildly between them, far from the rings."}, "figure": {"caption": "Response to the dose in fourteen simulated patients and in new ones, with three curves."}}
rng = np.random.default_rng(2)
dose, dose_new = np.linspace(0.02, 0.98, 14), rng.uniform(0.02, 0.98, 200)
effect = 1 - np.exp(-4 * dose) + rng.normal(0, 0.12, 14)
effect_new = 1 - np.exp(-4 * dose_new) + rng.normal(0, 0.12, 200)
figure, axes = plt.subplots(1, 3, figsize=(7.4, 2.5), sharey=True)
for ax, degree in zip(axes, (1, 3, 10)):
    curve = np.polynomial.Polynomial.fit(dose, effect, degree)
    error = np.mean((curve(dose) - effect) ** 2)
    error_new = np.mean((curve(dose_new) - effect_new) ** 2)
    ax.plot(dose_new[:30], effect_new[:30], "o", mfc="none", color="0.7")
    ax.plot(dose, effect, "o", *curve.linspace(300, (0, 1)), "-")
    ax.set(ylim=(-0.4, 1.6), xlabel="dose",
           title=f"degree {degree}\nerror {error:.3f}, new {error_new:.3f}")
plots.mark(figure, data=hospitals)

# %% [markdown]
# The dots are the fourteen patients, the rings new ones; *error* is the mean squared
# error. The straight line is wrong on both: *underfitting*, the model has too little
# *capacity* to follow what is there. The curve of degree 10 passes close to every dot,
# and is the worst of the three on new patients: *overfitting*, it has followed the
# chance deviations of these fourteen. The difference between the two errors is the
# *generalisation gap*. The degree is a *hyperparameter*: a setting that is not learnt
# from the training data but chosen by us, and it should be chosen on patients that took
# no part in the fit.
#
# ## Data, and whose they are
#
# From here on we use the course's own X-rays. A child may have several, so we always
# draw whole children: `some(150, seed)` gives the positions of 150 training X-rays. And
# we shall need thousands of AUROCs: the share of pairs of a sick and a healthy child
# whose scores are in the right order, computed from ranks.

# %%
films = load("pneumonia")
x_train, x_validation, x_test = (flat(split.x) for split in films.splits.values())
y_train, y_validation, y_test = (split.y for split in films.splits.values())

def some(count, seed):
    """Positions of count training X-rays: whole patients, in random order."""
    children, number = np.unique(films.train.patient, return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(children))
    return np.argsort(place[number], kind="stable")[:count]

def auroc(y, score):
    """The AUROC of scores (…, cases), without an interval."""
    rank, sick = 1 + score.argsort(-1).argsort(-1), y.sum(-1)
    return ((rank * y).sum(-1) - sick * (sick + 1) / 2) / (sick * (y.shape[-1] - sick))

# %% [markdown]
# ## How much data: the learning curve
#
# A *learning curve* shows the same model on more and more training X-rays: how well it
# does on the X-rays it learnt from, and on the validation X-rays. We draw six training
# sets of each size and take the mean, once with next to no L2 and once with a lot.
# **Where will the two curves start, and where will they go?**

# %%
sizes = [25, 50, 100, 200, 400, 800]

def learning_curve(l2):
    rows = []
    for size in sizes:
        for seed in range(6):
            few = some(size, seed)
            x, y = x_train[few], y_train[few]
            rows.append([size, auroc(y, ridge(x, y, x, l2)),
                         auroc(y_validation, ridge(x, y, x_validation, l2))])
    table = pd.DataFrame(rows, columns=["X-rays", "train", "validation"])
    return table.groupby("X-rays").mean()

curves = {0.005: learning_curve(0.005), 1.0: learning_curve(1.0)}

# %% mystnb={"image": {"alt": "Two learning curves, with little and with much L2. AUROC on the training X-rays starts at 1 and falls; AUROC on the validation X-rays rises with the number of X-rays. The gap between them is wide at the left and narrower at the right. With much L2 the two curves come together sooner."}, "figure": {"caption": "AUROC on training and validation X-rays over the number of training X-rays; simulated data."}}
figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.9), sharey=True)
for ax, (l2, curve) in zip(axes, curves.items()):
    curve.plot(style=["o-", "s--"], logx=True, ax=ax)
    ax.set(title=f"λ = {l2}", xlabel="training X-rays", ylabel="AUROC, mean of 6 draws")
    ax.set_xticks(sizes, sizes)
    ax.minorticks_off()
plots.mark(figure, data=films)

# %% [markdown]
# With 25 X-rays the model fits its training X-rays perfectly and is little better than
# chance on others. With more the training curve falls, because more X-rays are harder
# to fit, and the validation curve rises. Read such a figure like this:
#
# - a wide gap, and a validation curve that still rises: overfitting. More X-rays will
#   help, or more regularisation (on the right the gap closes sooner);
# - two curves that have met, too low: underfitting. More X-rays of this kind will not
#   help; the model needs more capacity, or the X-rays do not show the answer.
#
# Is the rise more than chance? The same validation X-rays, scored by models of 25 and
# of 800 X-rays, give an interval by patient.

# %%
def six_scores(size):
    """Scores of the validation X-rays by six models of that size: (X-rays, 6)."""
    draws = [some(size, seed) for seed in range(6)]
    scores = [ridge(x_train[few], y_train[few], x_validation, l2=1) for few in draws]
    return np.stack(scores, axis=1)

def mean_gain(y, few, many):
    return (auroc(y, many.T) - auroc(y, few.T)).mean()

gain = evaluation.bootstrap(mean_gain, y_validation, six_scores(25), six_scores(800),
                            patient=films.validation.patient, draws=300)
narrower = [np.ptp(curve.loc[800]) < np.ptp(curve.loc[25]) for curve in curves.values()]
claim("from 25 to 800 X-rays the validation AUROC rises and the gap becomes narrower",
      gain.clears(0) and all(narrower), shown=f"AUROC {gain:+.2f}")

# %% [markdown]
# ### Exercise 1: read five projects
#
# AUROC on training and on validation patients, with 100 and with 400 training patients.
# **Which projects should collect more patients before anything else?** Give a set of
# letters.
#
# | project | train, 100 | validation, 100 | train, 400 | validation, 400 |
# |---|---|---|---|---|
# | **A** | 1.00 | 0.66 | 0.97 | 0.78 |
# | **B** | 0.72 | 0.69 | 0.71 | 0.70 |
# | **C** | 0.99 | 0.98 | 0.99 | 0.99 |
# | **D** | 0.94 | 0.70 | 0.88 | 0.77 |
# | **E** | 1.00 | 0.50 | 1.00 | 0.51 |

# %%
collect_more = ...
ch06.q1.check(collect_more)

# %% [markdown]
# ## A network can learn noise by heart
#
# Now networks. This function builds and compiles one with a hidden layer of 64 units,
# for X-rays of 14 by 14 pixels. Its options are the remedies of this chapter; at first
# all of them are off.

# %%
import keras
from keras import layers
from medlearn.training import set_seed

def network(units=64, l2=0.0, dropout=0.0, smoothing=0.0, augment=()):
    penalty = keras.regularizers.L2(l2)
    model = keras.Sequential([
        keras.Input((14, 14, 1)), *augment,
        layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False),
        layers.Flatten(),
        layers.Dense(units, activation="relu", kernel_regularizer=penalty),
        layers.Dropout(dropout),
        layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty)])
    loss = keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    model.compile(keras.optimizers.Adam(0.005), loss)
    return model

# %% [markdown]
# `LayerNormalization`, as it is used here, has no weights: it gives each X-ray mean 0
# and sd 1, as `flat` does.
#
# One training proves little: other X-rays or another start may give something else. So
# we train eight networks, each on 150 X-rays drawn anew. `train_each` does what `fit`
# would do, for all eight at the same time, and returns what each predicts after each
# epoch: for its training X-rays and for every set that we ask it to watch.

# %%
from medlearn.models.side_by_side import train_each

def half(x):
    """The X-rays at half resolution: (n, 14, 14, 1)."""
    return np.asarray(x, "float32").reshape(len(x), 14, 2, 14, 2, 1).mean((2, 4))

def eight_samples(count):
    """Eight training sets: X-rays (8, count, 14, 14, 1), labels (8, count)."""
    chosen = np.stack([some(count, seed) for seed in range(8)])
    return half(films.train.x)[chosen], y_train[chosen]

x_eight, y_eight = eight_samples(150)
watched = {"validation": half(films.validation.x), "test": half(films.test.x)}
runs = {"none": train_each(network, x_eight, y_eight, watched, epochs=25)}

# %% [markdown]
# The eight training sets come from one pool, so they are not independent: any two of
# them share about one X-ray in six.
#
# Now the same once more with the labels shuffled: X-ray 1 gets the label of X-ray 94,
# and so on. There is nothing to learn. **How well will the networks do on those
# training X-rays?**

# %%
y_shuffled = np.random.default_rng(0).permuted(y_eight, axis=1)
shuffled = train_each(network, x_eight, y_shuffled, watched, epochs=40)

def cross_entropy(y, p):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)

def draw_epochs(ax, measure, run, y, title):
    """A measure over the epochs: thick, the mean; thin, the eight networks."""
    truth = {"train": y, "validation": y_validation}
    for part, look in (("train", "C0-"), ("validation", "C1--")):
        values = measure(truth[part], run[part])  # (epochs, networks)
        epoch = 1 + np.arange(len(values))
        if part == "validation":
            ax.plot(epoch, values, look, alpha=0.25, linewidth=1)
        ax.plot(epoch, values.mean(1), look, linewidth=2.5, label=part)
    ax.set(xlabel="epoch", title=title)

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Cross-entropy of eight networks over forty epochs with shuffled labels. The mean training loss falls to zero; the validation loss of each rises steadily from the start."}, "figure": {"caption": "Loss of eight networks on shuffled labels over the epochs; simulated X-rays."}}
ax = plt.subplots(figsize=(4.6, 2.8))[1]
draw_epochs(ax, cross_entropy, shuffled, y_shuffled, "shuffled labels")
ax.set(ylabel="cross-entropy", ylim=(0, 1.9))
ax.legend()
by_heart = auroc(y_shuffled, shuffled["train"][-1])
on_others = auroc(y_validation, shuffled["validation"][-1])
claim("networks learn shuffled labels by heart, and have no skill on other X-rays",
      by_heart.min() > 0.98 and abs(on_others.mean() - 0.5) < 0.1,
      shown=f"AUROC: training {by_heart.mean():.2f}, validation {on_others.mean():.2f}")
plots.mark(ax.figure, data=films)

# %% [markdown]
# In the figure the two losses part from the first epochs on. The networks fitted labels
# that mean nothing, nearly perfectly. So a low training loss does not show that there
# was anything to learn [1]; only the dashed curves can. Shuffling the labels is also a
# good test of your own program: if a model then does better than chance on *other*
# patients, something leaks.
#
# ## The probabilities suffer first
#
# Now the eight networks with real labels. Their validation loss, too, will turn
# upwards, and there one would stop. **Does the ranking, the AUROC, get worse from that
# epoch on, too?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two panels over twenty-five epochs with real labels. Left, cross-entropy: training falls to zero, validation has its lowest point early, marked by a dotted line, and rises steadily after it. Right, AUROC: training rises to one; validation is still rising at the dotted line, goes on rising for many epochs and then stays level."}, "figure": {"caption": "Loss and AUROC of eight networks over the epochs, with the epoch of the lowest validation loss; simulated X-rays."}}
epoch_loss = cross_entropy(y_validation, runs["none"]["validation"]).argmin(0)
figure, axes = plt.subplots(1, 2, figsize=(6.8, 2.7))
draw_epochs(axes[0], cross_entropy, runs["none"], y_eight, "the probabilities: loss")
draw_epochs(axes[1], auroc, runs["none"], y_eight, "the ranking: AUROC")
for ax in axes:
    ax.axvline(1 + np.median(epoch_loss), color="0.3", linestyle=":")
axes[0].set(ylabel="cross-entropy", ylim=(0, 1.8))
axes[1].set(ylabel="AUROC", ylim=(0.45, 1.02))
axes[0].legend(loc="upper left")
plots.mark(figure, data=films)

# %% [markdown]
# The dotted line marks the epoch with the lowest validation loss (the median of the
# eight networks). Beyond it the validation AUROC still rises, and then stays level: the
# ranking does *not* get worse. The loss rises because of overconfidence: the networks
# go on making their predictions more extreme, the wrong ones too, and a wrong
# prediction of 0.99 costs much cross-entropy, while the order of the X-rays hardly
# changes. Overfitting spoils the probabilities before it spoils the ranking.
#
# ### An interval for two kinds of luck
#
# What do we gain and lose on the test X-rays by stopping at the lowest validation loss?
# Another eight trainings would have given other networks, and other patients another
# test set. A *bootstrap* can draw both anew: patients *and* networks, with replacement,
# many times. (Since the training sets overlap, the intervals are a little too narrow.)

# %%
from medlearn.evaluation.intervals import resamples

def contrast(measure, parts, far=2.0):
    """The sum of weight · measure over the parts, ± far standard errors."""
    def total(cases, nets):
        values = [measure(y_test[cases], p[np.ix_(nets, cases)]).mean()
                  for _, p in parts]
        return np.dot([weight for weight, _ in parts], values)

    rng = np.random.default_rng(0)
    drawn = [total(cases, rng.integers(8, size=8))
             for cases in resamples(len(y_test), films.test.patient, draws=200, seed=0)]
    value, half_width = total(np.arange(len(y_test)), np.arange(8)), far * np.std(drawn)
    return evaluation.Estimate(value, value - half_width, value + half_width)

# %% [markdown]
# `at_best` gives the predictions on the test X-rays of each network at its own best
# epoch. Both measures are written so that more is better.

# %%
def saved(y, p):
    """The cross-entropy with its sign turned round: the more, the better."""
    return -cross_entropy(y, p)

def at_best(name, measure):
    epoch = measure(y_validation, runs[name]["validation"]).argmax(0)  # one a network
    return runs[name]["test"][epoch, np.arange(8)]

at_the_end = runs["none"]["test"][-1]
stopped_less_end = [(1, at_best("none", saved)), (-1, at_the_end)]
loss_saved = contrast(saved, stopped_less_end)
auroc_gained = contrast(auroc, stopped_less_end)
claim("stopping at the lowest loss saves cross-entropy and does not rank better",
      loss_saved.clears(0) and not auroc_gained.clears(0),
      shown=f"saved {loss_saved:.2f}; AUROC {auroc_gained:+.2f}")

# %% [markdown]
# The cross-entropy saved is large. In AUROC, on these X-rays, stopping even costs
# something, since the networks were still learning to rank. So stop by the measure that
# you will report: by the loss if somebody is to be told a probability, by the AUROC if
# the X-rays are only to be put in order.
#
# ## Remedies, in one model
#
# | remedy | the idea | in Keras |
# |---|---|---|
# | L2 | large weights cost something | `kernel_regularizer=L2(0.01)` |
# | *dropout* | hidden units are set to 0 at random in training, so that none can rely on another | `Dropout(0.5)` |
# | *early stopping* | keep the weights of the epoch with the lowest validation loss | `EarlyStopping` |
# | *augmentation* | alter each X-ray a little each time it is seen | `Augment`, `RandomTranslation`, … |
# | a smaller network | less capacity: 8 hidden units instead of 64 | `Dense(8)` |
# | *label smoothing* | train towards 0.95 and 0.05 instead of 1 and 0 | `label_smoothing=0.1` |
# | *pre-training* | start from weights that were learnt on other X-rays | `set_weights` |
# | more data | 600 X-rays instead of 150 | |
#
# A close relative of L2 is *weight decay*: each step shrinks every weight by a small
# share, instead of adding a term to the loss (`AdamW(weight_decay=…)`).

# %% mystnb={"image": {"alt": "A small network of three inputs, four hidden units and one output, drawn twice. In a training step two of the hidden units give 0 and have no arrows; in use all four have arrows."}}
from medlearn.plots import drawings

drawings.dropout_in_a_network()

# %% [markdown]
# In training, the units that stay are made larger, so that their sum is the same on
# average; in use nothing has to be changed.

# %% mystnb={"image": {"alt": "Loss over the epochs. The training loss falls steadily. The validation loss falls, reaches its lowest point, where a dotted line says these weights are kept, and rises; four epochs later a second dotted line says training ends. The four epochs between are labelled patience."}}
drawings.early_stopping()

# %% [markdown]
# One cannot know that an epoch was the best before later ones have been worse.
# *Patience* is how many of them one waits for.
#
# Here is a model with three of the remedies, as you would write it: L2 on both weight
# matrices, dropout behind the hidden layer, and early stopping in `fit`. It learns from
# the first 150 X-rays.

# %% tags=["flagship", "nbval-ignore-output"]
from keras import regularizers
from keras.callbacks import EarlyStopping

set_seed(0)
model = keras.Sequential([
    keras.Input((14, 14, 1)),
    layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False),
    layers.Flatten(),
    layers.Dense(64, activation="relu", kernel_regularizer=regularizers.L2(0.01)),
    layers.Dropout(0.5),
    layers.Dense(1, activation="sigmoid", kernel_regularizer=regularizers.L2(0.01)),
])
model.compile(keras.optimizers.Adam(0.005), loss="binary_crossentropy")
stop = EarlyStopping(monitor="val_loss", patience=8, restore_best_weights=True)
history = model.fit(x_eight[0], y_eight[0], batch_size=30, epochs=60, verbose=0,
    validation_data=(watched["validation"], y_validation), callbacks=[stop])

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Training and validation loss of one network over the epochs. The training loss falls to the end; the validation loss falls at first, then flattens and stays far above it."}, "figure": {"caption": "Loss of the network with three remedies on training and validation X-rays over the epochs; simulated data."}}
print(f"{model.count_params():,} weights; network() has {network().count_params():,}")
table = pd.DataFrame(history.history, index=1 + np.arange(len(history.epoch)))
plots.history(table, data=films);

# %% [markdown]
# Training ended on its own, eight epochs after the lowest validation loss, and the
# model has the weights of that epoch. Both curves contain the L2 term, so they lie
# higher than the cross-entropy alone. The training loss goes on falling after the best
# epoch: it could not have told us when to stop.
#
# ### Exercise 2: a step with L2
#
# A weight is 2. The cross-entropy has a slope of 0.5 there; the loss is the
# cross-entropy plus $\lambda w^2$ with $\lambda = 0.3$; the learning rate is 0.1. Where
# is the weight after one step of gradient descent?

# %%
w = ...
ch06.q2.check(w)

# %% [markdown]
# ### Exercise 3: early stopping by hand
#
# `losses` holds the validation loss after each epoch. Training ends once the loss has
# not fallen below its best for `patience` epochs. Return the epoch whose weights are
# kept, counted from 1.

# %%
def stop_early(losses, patience):
    return ...

ch06.q3.check(stop_early)

# %% [markdown]
# ### Exercise 4: mend this model
#
# A colleague wanted L2, dropout and early stopping, and the model overfits as before.
# There are five faults in these lines. Mend them, and hand in the pair `(model, stop)`;
# nothing has to be trained.

# %%
def broken():
    model = keras.Sequential([
        keras.Input((14, 14, 1)),
        layers.Flatten(),
        layers.Dense(64, activation="relu", bias_regularizer="l2"),
        layers.Dense(1, activation="sigmoid"),
        layers.Dropout(0.5),
    ])
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0)
    return model, stop

mended = ...
ch06.q4.check(mended)

# %% [markdown]
# ## Which remedy helps?
#
# A fair comparison changes one thing at a time and trains every network as long as is
# best for it. So each of the eight networks, with whatever remedy, is judged at its own
# best epoch on the validation X-rays: by the AUROC where the AUROC is compared, by the
# cross-entropy where that is. What it costs *not* to stop gets a row of its own.
# Networks that learn slowly get 40 epochs, the others 25.
#
# For pre-training, one network first learns from 1,000 drawn X-rays of another
# hospital. *Together* is L2, dropout, augmentation, label smoothing and pre-training at
# once. **Write down your order of the remedies before you go on.**

# %%
from medlearn.models.augment import Augment

elsewhere = hospital(1000, 3, (1, 1))
set_seed(0)
first = network()
first.fit(half(elsewhere.x), elsewhere.y, batch_size=30, epochs=8, verbose=0)
pretrained = first.get_weights()

def run(name, x=x_eight, y=y_eight, epochs=25, start=None, **options):
    def build():
        model = network(**options)
        if start is not None:
            model.set_weights(start)
        return model

    runs[name] = train_each(build, x, y, watched, epochs=epochs)

# %%
mild = dict(shift=0.05, zoom=0.1, turn=5, contrast=0.1, gamma=0.15, grain=0.03)
run("L2", l2=0.01)
run("dropout", dropout=0.5, epochs=40)
run("augmentation", augment=[Augment(**mild)])
run("smaller network", units=8, epochs=40)
run("label smoothing", smoothing=0.1)
run("pre-training", start=pretrained)
run("together", l2=0.01, dropout=0.5, smoothing=0.1, augment=[Augment(**mild)],
    start=pretrained)
run("more data", *eight_samples(600))

# %% [markdown]
# ### Nine differences at once
#
# Next come nine differences. With 95 % for each, about one in three such tables shows a
# difference by luck alone (1 − 0.95⁹ = 0.37, if they were independent). So we widen
# every interval until all nine hold *together* in 95 of 100 tables: 2.8 standard errors
# instead of 2, the *Bonferroni correction*.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two columns of intervals, one row a remedy, with a dotted line at zero, which is the network without remedies at its own best epoch. Left, gain in AUROC: most rows lie near zero; pre-training, together and more data lie clearly to the right. Right, cross-entropy saved: without early stopping far to the left; pre-training, together and more data furthest to the right."}, "figure": {"caption": "Gain of each remedy over none, in AUROC and in cross-entropy; simulated test X-rays."}}
def gains(measure):
    none = at_best("none", measure)
    others = {"no early stopping": at_the_end}
    others |= {name: at_best(name, measure) for name in runs if name != "none"}
    return {name: contrast(measure, [(1, p), (-1, none)], far=2.8)
            for name, p in others.items()}

gain_auroc, gain_loss = gains(auroc), gains(saved)
figure, axes = plt.subplots(1, 2, figsize=(8.4, 4.2), sharey=True)
plots.estimates(gain_auroc, measure="gain in AUROC", chance=0, data=films, ax=axes[0])
plots.estimates(gain_loss, measure="cross-entropy saved", chance=0, data=films,
                ax=axes[1]);

# %% [markdown]
# Each line is one remedy: the dot is its gain over the network without remedies at its
# own best epoch, the line its widened interval. Where a line crosses the dotted zero,
# no gain is shown. Take the left picture first. L2, dropout and label smoothing hardly
# move the ranking; nor does a smaller network. What helps most is more X-rays, or
# weights that were learnt on others. Augmentation, which makes X-rays from X-rays, may
# help a little: its line begins at about zero.
#
# On the right, the longest line belongs to the network that did not stop early. The
# lines of several remedies cross zero; that of *together* does not, and it is among
# those that save most. So what "helps" depends on the measure that counts for you;
# write it down before you look. The table gives the results themselves, and after how
# many epochs each was best.

# %% tags=["nbval-ignore-output"]
rows = {}
for name, run_of in runs.items():
    epoch = 1 + np.median(saved(y_validation, run_of["validation"]).argmax(0))
    ranked, told = at_best(name, auroc), at_best(name, saved)
    rows[name] = [f"{epoch:.0f}", auroc(y_test, ranked).mean().round(2),
                  cross_entropy(y_test, told).mean().round(2)]
claim("not stopping early costs cross-entropy, beyond the widened interval",
      gain_loss["no early stopping"].high < 0,
      shown=f"{gain_loss['no early stopping']:+.2f}")
claim("together, the remedies save cross-entropy, beyond the widened interval",
      gain_loss["together"].clears(0), shown=f"{gain_loss['together']:+.2f}")
pd.DataFrame(rows, index=["best epoch by loss", "AUROC", "cross-entropy"]).T

# %% [markdown]
# Most remedies slow learning down, so that the best epoch comes later. Had all networks
# been judged after equally many epochs, some remedies would have been judged too early.
#
# ### Do the gains add up?
#
# *Together* contains five of the remedies. **Does it gain as much as the five of them
# added up?**

# %% tags=["nbval-ignore-output"]
five = ["L2", "dropout", "augmentation", "label smoothing", "pre-training"]

def sum_and_together(measure):
    none = at_best("none", measure)
    added = [(1, at_best(name, measure)) for name in five] + [(-5, none)]
    together = [(1, at_best("together", measure)), (-1, none)]
    less = together + [(-weight, p) for weight, p in added]
    return [f"{contrast(measure, parts):+.2f}" for parts in (added, together, less)]

columns = {"AUROC": sum_and_together(auroc), "cross-entropy": sum_and_together(saved)}
pd.DataFrame(columns,
             index=["the five gains, added", "together", "together, less them"])

# %% [markdown]
# Not on these X-rays. Added up, the five gains are larger than what *together* gains;
# the last row says by how much, with its interval, in either measure. (On X-rays drawn
# anew such an interval can hold zero: then it is not shown.) Remedies overlap: what
# pre-training has mended, augmentation need not mend again. So a combination must be
# measured as one.
#
# All this holds for one setting of each remedy, one kind of network and one kind of
# X-ray. On the real X-rays the same network ranks well after 150 of them (AUROC about
# 0.91): there no remedy moves the AUROC by more than about 0.02, pre-training on drawn
# X-rays does nothing, and early stopping, label smoothing and *together* save
# cross-entropy as they do here. Where an interval holds zero, say "not shown to help",
# and read off its ends how large a benefit was ruled out.
#
# ### Exercise 5: your remedy
#
# Here are 150 X-rays to train on and 150 to validate on. Build a network, choose a
# remedy or several by the validation X-rays, train it, and hand in the model. It is
# scored by the cross-entropy on 1,000 X-rays that you do not see. Without remedies,
# after 40 epochs, it is 1.27; at most 0.66 is asked for.

# %%
x_yours, y_yours, x_yours_validation, y_yours_validation = ch06.your_films()

your_model = ...
ch06.q5.check(your_model)

# %% [markdown]
# ### Exercise 6: twenty remedies
#
# None of twenty remedies does anything. Each is tried on new data, with an interval
# that shows a benefit by luck in 5 of 100 cases. What is the chance that at least one
# seems to help?

# %%
chance = ...
ch06.q6.check(chance)

# %% [markdown]
# ## Stop here
#
# - A model that fits its training data perfectly may have learnt something, or noise by
#   heart; only other patients tell.
# - The validation loss turns up long before the ranking suffers, so say which of the
#   two you care about, and stop by it.
# - More X-rays, or weights learnt on many X-rays, help most; regularisation first mends
#   the probabilities.
#
# Next: how to measure honestly when there are few patients, four ways to fool yourself,
# and the answer to the riddle.
#
# ## Second sitting: measuring without fooling yourself
#
# ## Cross-validation
#
# With few X-rays, 140 kept aside for validation are 140 not learnt from, and still too
# few to tell an AUROC of 0.80 from 0.85. *Cross-validation* lets every X-ray play both
# parts: cut the *patients* into five parts, called *folds*, train on four of them,
# measure on the fifth, and go round.

# %% mystnb={"image": {"alt": "A table of five rounds by ten patients A to J, each patient a box with one to three small squares, their X-rays. In each round two neighbouring patients are orange, measured on, and the other eight blue, trained on; each round gives an AUROC. The orange pair moves from A and B in round 1 to I and J in round 5."}}
drawings.cross_validation_by_patient()

# %% [markdown]
# We do it with 200 X-rays. Because the course has more X-rays, we can also see what
# cross-validation tries to estimate: the AUROC of this model on many other patients.
# **How far will the five folds lie apart?**

# %%
from medlearn.data import folds_by_patient

few, kept_out = some(200, 1), np.setdiff1d(np.arange(len(y_train)), some(300, 1))
x_few, y_few, patient_few = x_train[few], y_train[few], films.train.patient[few]

def cross_validate(x, y, patient, l2, folds=5):
    """The AUROC of each fold, by a model trained on the others."""
    return [auroc(y[out], ridge(x[inside], y[inside], x[out], l2))
            for inside, out in folds_by_patient(patient, y, folds=folds)]

folds = cross_validate(x_few, y_few, patient_few, l2=1)
truth = auroc(y_train[kept_out], ridge(x_few, y_few, x_train[kept_out], l2=1))
print("five folds:", *(f"{fold:.2f}" for fold in folds))
print(f"mean {np.mean(folds):.2f}; on {len(kept_out)} other X-rays {truth:.2f}")

# %% [markdown]
# The folds differ, although the model is the same: each is measured on only forty
# X-rays. Their mean is a better estimate than any one of them, but still one from 200
# X-rays, and with other X-rays it can be well off. Do not take the spread of five folds
# for an interval: the five models share most of their training X-rays, so they are not
# five independent experiments.
#
# ### Choosing a hyperparameter
#
# Cross-validation also chooses. Here are seven values of $\lambda$, compared on the
# same 200 X-rays, without a look at any test X-ray.

# %%
l2s = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
folds = {l2: cross_validate(x_few, y_few, patient_few, l2) for l2 in l2s}
scores = pd.DataFrame(folds).mean()
chosen = scores.idxmax()
score_test = ridge(x_few, y_few, x_test, chosen)
print(scores.round(3).to_dict())
print(f"chosen: λ = {chosen:g}; then once on the test X-rays, AUROC",
      f"{evaluation.auroc(y_test, score_test, patient=films.test.patient):.2f}")

# %% [markdown]
# Neighbouring values are nearly as good, and with other folds one of them might have
# won. The figure to report is the one from the test X-rays. The winner's own
# cross-validated score will not do, as the next section shows.
#
# ### Nested cross-validation
#
# **How good is the best of many settings?** Not as good as its own score says, since it
# was chosen for having a high one. Where there is no separate test set, an honest
# answer needs a second loop around the first: hold out a fold, *choose within the
# others*, and measure on the fold held out. This is *nested cross-validation*.

# %% mystnb={"image": {"alt": "Four folds in a row, the fourth in orange. An arrow leads from the first three to an inner loop of three rows: in each row another fold is green, compare, and the other two blue, train. An arrow leads on to a box: best setting, trained on folds 1 to 3. An arrow from it, and one from fold 4, lead to an orange box: measured on fold 4."}}
drawings.nested_cross_validation()

# %% [markdown]
# We try it where we know the truth: the labels are tosses of a coin, so the AUROC of
# any model is 0.5. The settings are six parts of the X-ray that the model may look at,
# times five values of $\lambda$.

# %%
down, across = np.mgrid[:14, :14].reshape(2, -1)
parts = [down >= 0, down < 7, down >= 7, across < 7, across >= 7, abs(down - 6.5) < 4]
settings = [(part, l2) for part in parts for l2 in (0.01, 0.1, 1, 10, 100)]

def choose(x, y, patient):
    """The setting with the best cross-validated AUROC, and that AUROC."""
    scores = [np.mean(cross_validate(x[:, part], y, patient, l2, folds=4))
              for part, l2 in settings]
    return settings[np.argmax(scores)], max(scores)

def nested(x, y, patient):
    values = []
    for inside, out in folds_by_patient(patient, y, folds=4):
        (part, l2), _ = choose(x[inside], y[inside], patient[inside])
        score = ridge(x[inside][:, part], y[inside], x[out][:, part], l2)
        values.append(auroc(y[out], score))
    return np.mean(values)

# %% [markdown]
# Each of 20 samples has 80 X-rays, and labels that a coin has tossed anew.

# %%
values = {"the winner's own score": [], "nested": []}
for seed in range(20):
    few = some(80, seed)
    tossed = np.random.default_rng(seed).integers(0, 2, 80)
    sample = x_train[few], tossed, films.train.patient[few]
    values["the winner's own score"].append(choose(*sample)[1])
    values["nested"].append(nested(*sample))
found = {name: evaluation.over_seeds(each) for name, each in values.items()}
apart = evaluation.over_seeds(np.subtract(*values.values()))
claim("on noise the winner's own score is above 0.52; nested cross-validation is lower",
      found["the winner's own score"].clears(0.52) and apart.clears(0.03),
      shown=f"by {apart:.2f}")
pd.DataFrame({"AUROC, mean of 20": {name: f"{one:.2f}" for name, one in found.items()}})

# %% [markdown]
# The winner's own score claims skill where there is none; nested cross-validation lies
# near one half. Looking for the best setting was itself a training, and this training
# overfitted. Nested cross-validation repeats the choice for each outer fold, and gives
# one figure for the whole procedure, choice included.
#
# The labels of a fold held out were tossed independently of all that the model saw, so
# its expected AUROC is exactly 0.5; that the mean of these 20 samples differs from it
# is chance. Nested cross-validation takes the optimism away, not the luck.
#
# ### The bootstrap's .632
#
# The bootstrap can estimate an error, too. A draw of patients with replacement holds
# about 63 of 100 of them, some of them twice or more; the others are left out. Train on
# the draw and measure on those left out: that is honest, but pessimistic, because the
# model sees fewer different patients than it will in the end. The *apparent error*, on
# the training cases themselves, is optimistic. The **.632** mixes the two: 0.368 ·
# apparent + 0.632 · left out [2]. **For which kind of model must this go wrong?** We
# try ridge regression and a model that only remembers: it gives the label of the
# nearest X-ray (*nearest neighbour*, 1-NN).

# %%
def nearest(x, y, x_new):
    """How much nearer the nearest pneumonia is than the nearest normal X-ray."""
    distance = (x_new**2).sum(1)[:, None] + (x**2).sum(1) - 2 * x_new @ x.T
    far = distance.max()  # where a draw holds no X-ray of a class
    return (distance[:, y == 0].min(1, initial=far)
            - distance[:, y == 1].min(1, initial=far))

def draw_patients(index, rng):
    """The X-rays of as many patients as there are, drawn with replacement."""
    of_patient = pd.Series(index).groupby(films.train.patient[index]).indices
    people = list(of_patient)
    drawn = rng.integers(len(people), size=len(people))
    return index[np.concatenate([of_patient[people[i]] for i in drawn])]

# %%
def errors_of(model, y, seed):
    """From 60 X-rays: error apparent and left out, .632, and on other patients."""
    def error(inside, out):
        return np.mean((model(x_train[inside], y[inside], x_train[out]) > 0) != y[out])

    rng, few = np.random.default_rng(seed), some(60, seed)
    others = np.flatnonzero(~np.isin(films.train.patient, films.train.patient[few]))
    draws = [draw_patients(few, rng) for _ in range(25)]
    left_out = np.mean([error(drawn, np.setdiff1d(few, drawn)) for drawn in draws])
    apparent = error(few, few)
    return apparent, left_out, 0.368 * apparent + 0.632 * left_out, error(few, others)

# %%
y_noise = np.random.default_rng(0).permutation(y_train)
models = {"ridge": (lambda x, y, x_new: ridge(x, y, x_new, 5), y_train),
          "1-NN": (nearest, y_train), "1-NN, shuffled labels": (nearest, y_noise)}
errors = {name: np.mean([errors_of(model, y, seed) for seed in range(20)], axis=0)
          for name, (model, y) in models.items()}
columns = ["apparent", "left out", ".632", "truth"]
pd.DataFrame(errors, index=columns).T.round(2)

# %% [markdown]
# For ridge regression the apparent error is too low; the error left out and the .632
# are both close to the truth. The nearest neighbour has no apparent error at all,
# whatever the labels mean, and the .632 gives that a weight of a third: it reports far
# too small an error. Networks remember, too. The .632+ mends the fault by asking how a
# model does on shuffled labels [3]; for networks, use cross-validation by patient.
#
# ### Exercise 7: the .632
#
# A model has an apparent error of 0.05, and of 0.30 on the cases left out of the draws.
# What does the .632 say?

# %%
error = ...
ch06.q7.check(error)

# %% [markdown]
# ## Leaks: overfitting that no curve shows
#
# All of the above shows on validation X-rays. A *data leak* hides it: something about
# the test cases gets into the training. Here are four. In each, **the labels are tosses
# of a coin**, so that the truth is an AUROC of one half; in each, an honest twin does
# everything in the same way without the leak. **How high do you get?**
#
# **1. Duplicates**: 30 of 100 test X-rays are also in the training set, as when an
# archive exports an X-ray twice.

# %%
def duplicates(rng, leak):
    index, y = rng.permutation(len(x_train))[:300], rng.integers(0, 2, 300)
    x, test = x_train[index], np.arange(200, 300)
    train = np.arange(230) if leak else np.arange(200)
    return auroc(y[test], nearest(x[train], y[train], x[test]))

# %% [markdown]
# **2. Patients**: ten X-rays of each of 30 children, one label a child, and a split
# that cuts through children. The honest twin keeps each child on one side.

# %%
child = np.repeat(np.arange(30), 10)
healthy = np.zeros(300, int)
albums = [flat(draw_films(healthy, seed=seed, patient=child)[0]) for seed in range(5)]

def patients(rng, leak):
    x, y = albums[rng.integers(5)], rng.permutation(30)[child] % 2
    by_child = np.argsort(rng.permutation(30)[child], kind="stable")
    order = rng.permutation(300) if leak else by_child
    train, test = order[:200], order[200:]
    return auroc(y[test], ridge(x[train], y[train], x[test], 0.15))

# %% [markdown]
# **3. Preprocessing**: of 1,000 columns of noise the 20 that differ most between the
# classes are chosen, on all cases, and then one cross-validates. The honest twin
# chooses anew within each round.
#
# **4. Choosing on the test set**: 200 models, and the one that does best on the test
# X-rays is reported. The honest twin reports the first.

# %%
def preprocessing(rng, leak):
    noise, y = rng.normal(size=(80, 1000)), rng.permutation(np.repeat([0, 1], 40))
    values = []
    for inside, out in folds_by_patient(np.arange(80), y, folds=4):
        looked_at = np.arange(80) if leak else inside
        difference = abs((2 * y[looked_at] - 1) @ noise[looked_at])
        x = noise[:, np.argsort(-difference)[:20]]
        values.append(auroc(y[out], ridge(x[inside], y[inside], x[out], 0.2)))
    return np.mean(values)

def choosing(rng, leak):
    y, scores = rng.permutation(np.repeat([0, 1], 50)), rng.normal(size=(200, 100))
    return auroc(y, scores).max() if leak else auroc(y, scores[0])

# %% mystnb={"image": {"alt": "Intervals of the AUROC on labels that are tosses of a coin, eight rows: duplicates, patients, preprocessing and choosing, each with the leak and without. With the leak all lie to the right of the dotted line at one half, preprocessing furthest; without, all lie around it."}, "figure": {"caption": "AUROC on coin-toss labels, with four leaks and with their honest twins; simulated data."}}
leaks = {}
for case in (duplicates, patients, preprocessing, choosing):
    for leak in (True, False):
        values = [case(np.random.default_rng(seed), leak) for seed in range(40)]
        name = f"{case.__name__}, {'leak' if leak else 'honest'}"
        leaks[name] = evaluation.over_seeds(values)
with_leak = [value for name, value in leaks.items() if "leak" in name]
honest = [value for name, value in leaks.items() if "honest" in name]
claim("each of the four leaks finds skill where there is none; no honest twin does",
      all(value.clears(0.53) for value in with_leak)
      and all(abs(value.value - 0.5) < 0.05 for value in honest),
      shown=", ".join(f"{value.value:.2f}" for value in with_leak))
plots.estimates(leaks, measure="AUROC where the truth is 0.5, mean of 40",
                chance=0.5, data=hospitals);

# %% [markdown]
# Preprocessing is the worst of the four, and the one that looks most harmless in a
# methods section. None of them is a mistake in the program; the second and third have
# each been found in many published studies [4]. In the fourth nobody cheats: every
# model is made without a test X-ray, and the choice is the leak. So a test set wears
# out with use. The cure is one sentence: *whatever is learnt, chosen or fitted is
# learnt, chosen and fitted on training patients.* A scaler is learnt. A list of columns
# is chosen.
#
# ### Exercise 8: a scaler that does not leak
#
# Return both arrays standardised, column by column: less the mean, divided by the
# standard deviation.

# %%
def scale(x_train, x_test):
    return ...

ch06.q8.check(scale)

# %% [markdown]
# ### Exercise 9: duplicates
#
# Return True for each test X-ray that is also in the training set, pixel by pixel.

# %%
def copies(train, test):
    return ...

ch06.q9.check(copies)

# %% [markdown]
# ## Where it fails: the X-rays across the river
#
# Back to the two hospitals. No child was in both parts, and nothing was chosen on the
# X-rays kept aside. So it was not overfitting. **What has the model learnt, then?** Its
# weights, drawn as an image, may tell. And a simulator can show what no archive can:
# the same healthy child, X-rayed with two machines.

# %% mystnb={"image": {"alt": "Three pictures. The weights of our hospital's model as an image with a colour bar, from blue, speaks for normal, to red, speaks for pneumonia: strongest in a few pixels of the upper right corner, paler along the edges and over the lungs. Then the same normal child on two machines, the first crisp, the second pale and grainy, each with a bright mark in the upper right corner, of different form."}, "figure": {"caption": "Weights of our model as an image, and a simulated child, X-rayed with both machines."}}
nothing, one_pixel = np.zeros((1, 196)), np.eye(196)
weights = ridge(x_ours, y_ours, one_pixel, 0.25) - ridge(x_ours, y_ours, nothing, 0.25)
y_same = np.repeat([0, 1], 100)
same_0, same_1 = (draw_films(y_same, seed=7, scanner=scanner)[0] for scanner in (0, 1))
figure, axes = plt.subplots(1, 3, figsize=(8.4, 2.7))
image = axes[0].imshow(weights.reshape(14, 14), cmap="RdBu_r", vmin=-0.2, vmax=0.2)
bar = figure.colorbar(image, ax=axes[0], ticks=[-0.2, 0, 0.2])
bar.ax.set_yticklabels(["bright: normal", "0", "bright: pneumonia"], fontsize=8)
axes[1].imshow(same_0[3], vmin=0, vmax=255)
axes[2].imshow(same_1[3], vmin=0, vmax=255)
for ax, title in zip(axes, ("the model's weights", "a child, machine 0", "machine 1")):
    ax.set_title(title, fontsize=10)
    ax.axis("off")
plots.mark(figure, data=hospitals)

# %% [markdown]
# Red means: the brighter this pixel, the higher the score for pneumonia; blue, the
# lower. The strongest weights sit in the upper right corner, where each machine prints
# its mark, and others along the edge; those over the lungs are weaker. **How much does
# the machine move the score, beside pneumonia itself?** The same 200 children, on
# either machine:

# %%
on_0, on_1 = (ridge(x_ours, y_ours, flat(same), 0.25) for same in (same_0, same_1))
machine = evaluation.over_seeds(on_1 - on_0)
pneumonia = on_0[y_same == 1].mean() - on_0[y_same == 0].mean()
claim("another machine moves the score more than twice as far as pneumonia does",
      machine.clears(2 * pneumonia), shown=f"{machine:.2f} against {pneumonia:.2f}")
pd.DataFrame({"machine 0": [on_0[y_same == 0].mean(), on_0[y_same == 1].mean()],
              "machine 1": [on_1[y_same == 0].mean(), on_1[y_same == 1].mean()]},
             index=["normal", "pneumonia"]).round(2).rename_axis("mean score")

# %% [markdown]
# Read each row from left to right: the machine moves the score further than the disease
# does, from row to row. In our hospital, children with pneumonia are X-rayed in bed,
# with the ward's portable machine; healthy children walk to the other one. The machine
# leaves its mark on the X-ray, and the mark gives the label away. This is a *shortcut*:
# a feature that goes with the label in the training data for a reason that has nothing
# to do with the disease. It holds for nearly all X-rays that we have, so no split of
# our own data can find it. Networks trained to see pneumonia in one hospital have been
# found to read which machine and which ward an X-ray came from [5]. **Will it help to
# cover the mark?**

# %%
def covered(x):
    x = x.copy()
    x[:, :8, 20:] = 0
    return x

mixed = hospital(400, 4, (0.5, 0.5))  # both machines for both kinds of children
x_covered = flat(covered(ours_train.x))
attempts = {"as it was": ridge(x_ours, y_ours, flat(theirs.x), 0.25),
            "mark covered": ridge(x_covered, y_ours, flat(covered(theirs.x)), 0.25),
            "mixed machines": ridge(flat(mixed.x), mixed.y, flat(theirs.x), 0.25)}
evaluation.compare(theirs.y, attempts, against="as it was").rename_axis("on theirs")

# %% [markdown]
# Covering the mark changes little: grain, softness and frame still give the machine
# away. Training on X-rays in which the shortcut does not hold helps, with as many
# X-rays as before. Before that, it takes someone who knows how the X-rays were taken,
# and asks.
#
# ## What these models must not be used for
#
# None of the models here has seen enough X-rays to read one for a patient, and the
# simulated X-rays are simpler than real ones: two machines, one view, pneumonia that is
# a brighter patch. What carries over is the method. A figure measured in one hospital
# says nothing about another one until somebody has measured there (*external
# validation*), and a remedy that helped here may do nothing on your data.
#
# ## A checklist
#
# | before training | while training | before telling anyone |
# |---|---|---|
# | Split by patient, and by hospital or year if you can. | Draw both curves, of the loss and of your measure. | Open the test set once. |
# | Look for duplicates across the split. | Try shuffled labels: is the score then one half? | Give intervals: patients, and trainings. |
# | Ask how each class's cases were recorded. | Draw the learning curve: more data, or more capacity? | Say how many models were tried. |
# | Compare with a simple baseline. | Fit scalers and choose columns inside the folds. | Widen the intervals for many comparisons. |
# | Write down the one measure that counts. | Nest the choice of settings. | Test elsewhere, and by machine and ward. |
#
# ### Exercise 10: which of these would you stop?
#
# Seven sentences from methods sections. Give the set of letters of those that you would
# not let pass.
#
# - **A** "After splitting by patient, we added ten turned copies of each training
#   X-ray."
# - **B** "The ten features that differ most between the classes were chosen on all
#   cases; then we cross-validated."
# - **C** "Of 40 networks we report the one with the best AUROC on the test set, 0.93."
# - **D** "In every outer fold, scaling and tuning were done on the other folds only."
# - **E** "The 9,000 X-rays of 2,000 children were split at random, 80 to 20."
# - **F** "The training loss reached 0.01, so the X-rays clearly hold the answer."
# - **G** "We also measured on X-rays of healthy children that were taken on the ward's
#   machine."

# %%
stop_these = ...
ch06.q10.check(stop_these)

# %% [markdown]
# ## What we learnt
#
# - The gap between the curves is what a model knows about its training patients only. A
#   network can learn noise by heart.
# - Overfitting spoils the probabilities before the ranking. Stop by the measure that
#   you will report.
# - More data, or weights learnt on many other X-rays, helped more than any setting.
#   Which remedy helps on *your* X-rays is a measurement, with an interval; gains need not
#   add up.
# - Cross-validate by patient, and nest whatever is chosen. The .632 goes wrong for a
#   model that only remembers.
# - Leaks show in no curve. A shortcut shows in no split of your own data.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | overfitting | following the chance features of the training cases, at the expense of new ones |
# | underfitting | too little capacity, or too little training, to follow what is there |
# | capacity | how much a model could fit |
# | generalisation gap | the difference between the results on training and on new cases |
# | learning curve | results on training and validation cases against the number of training cases |
# | hyperparameter | a setting that is chosen, not learnt: λ, the number of units, the epochs |
# | regularisation | anything that keeps a model from fitting its training data too closely |
# | L2, weight decay | a price for large weights; shrinking the weights a little at each step |
# | dropout | hidden units set to 0 at random, in training only |
# | early stopping, patience | keeping the best epoch by the validation data; how long one waits for a better one |
# | augmentation | altering each case a little each time it is seen |
# | label smoothing | training towards 0.95 and 0.05 instead of 1 and 0 |
# | pre-training | starting from weights learnt on other data |
# | cross-validation, fold | each part of the patients, a fold, is measured on once by a model trained on the rest |
# | nested cross-validation | choosing within the training folds, measuring on the fold outside |
# | bootstrap, .632 | drawing patients with replacement; an estimate of the error from it |
# | data leak | something about the test cases gets into the training |
# | shortcut | a feature that goes with the label in these data, and has nothing to do with the disease |
# | external validation | measuring a finished model on patients of another hospital |
#
# **Onward.** This was the last notebook of the core. You can now train a network on
# images, on records and on noise, say how good it is with an interval, and find out why
# it is worse elsewhere. Take a set of your own or one of the open ones: `medlearn data
# list` shows those that the course can load. Split it by patient, write the one measure
# that counts down beforehand, work down the checklist, and report what you find as in
# [*Evaluation*](05_evaluation.ipynb).
#
# <details><summary><b>Sources</b></summary>
#
# X-rays, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et
# al., Sci. Data 10:41 (2023), CC BY 4.0.
#
# 1. Zhang et al., Understanding deep learning requires rethinking generalization, arXiv:1611.03530
# 2. Efron, J. Am. Stat. Assoc. 78:316 (1983)
# 3. Efron, Tibshirani, J. Am. Stat. Assoc. 92:548 (1997)
# 4. Kapoor, Narayanan, Patterns 4:100804 (2023), doi:10.1016/j.patter.2023.100804; columns chosen on all cases:
#    Ambroise, McLachlan, Proc. Natl Acad. Sci. 99:6562 (2002)
# 5. Zech et al., PLoS Med. 15:e1002683 (2018), doi:10.1371/journal.pmed.1002683
#
# </details>
