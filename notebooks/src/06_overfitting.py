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
# # 6 · Overfitting: why did it work on our films and fail on theirs?
#
# > Our hospital trains a model on its chest films. On films kept aside it is nearly perfect. The hospital across the
# > river tries it on theirs. **It is hardly better than a coin. What happened?**
#
# At the end of this notebook you can
#
# - read a learning curve, and tell whether a model lacks data or room;
# - show that a net learns noise by heart, and what that looks like in its losses;
# - measure which remedy helps: L2, dropout, early stopping, augmentation, a smaller net, more data, pre-training,
#   label smoothing; and say so when none stands out;
# - cross-validate by patient, nest the tuning, and know what the .632 is for;
# - find five leaks that no training curve shows.
#
# **Time**: about 2 hours, with the exercises. **You need**: notebook 1, and from notebook 5 the AUROC and what an
# interval is. **Data**: chest films, simulated unless you ask for the real ones; films drawn on the spot, always
# simulated; and pure noise. Nothing here is made for use on patients.

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
from medlearn.exercises import ch06
plots.use_style()

# %% [markdown]
# ## Two hospitals
#
# A simulator can do what no archive can: say what a film would have looked like elsewhere. We draw 600 films of our
# hospital and 300 of theirs, from one recipe; what differs will be told at the end. `Split` and `Dataset` keep films,
# answers and patients together.

# %%
from medlearn.data import Dataset, Split
from medlearn.data.images import draw_films

def hospital(count, seed, scanner):
    y = np.random.default_rng(seed).integers(0, 2, count)
    x, truth = draw_films(y, seed=seed, scanner=np.where(y == 1, *scanner))
    return Split(x, y, 10_000 * seed + np.arange(count), truth)

ours = hospital(600, 1, scanner=(0.98, 0.02))
theirs = hospital(300, 2, scanner=(0.5, 0.5))
kept = ours.take(np.arange(600) >= 400)
hospitals = Dataset("hospitals", ours.take(np.arange(600) < 400), kept, theirs, task="binary", simulated=True)

# %% [markdown]
# The model of this notebook, wherever no net is needed, is a weighted sum of all pixels, fitted to +1 for pneumonia
# and −1 for normal. Its weights $w$ make the squared errors small, and themselves:
#
# $$\sum_i (x_i w - y_i)^2 + \lambda \sum_j w_j^2.$$
#
# The second part is *L2*, and `strength` is its $\lambda$. This is called *ridge regression*; there is a formula for
# it, and so it takes no training.

# %%
def flat(x):
    """Each film as one row of 196: at half its resolution, with mean 0 and spread 1."""
    x = np.asarray(x, float).reshape(len(x), 14, 2, 14, 2).mean((2, 4)).reshape(len(x), -1)
    return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)

def ridge(x, y, x_new, strength):
    """Scores of `x_new` from the ridge regression of `y` on `x`."""
    x, x_new = (np.c_[np.ones(len(part)), part] for part in (x, x_new))
    if len(x) > x.shape[1]:  # the same answer two ways: whichever matrix is smaller
        return x_new @ np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ (2.0 * y - 1))
    return x_new @ x.T @ np.linalg.solve(x @ x.T + strength * np.eye(len(x)), 2.0 * y - 1)

# %%
score = {name: ridge(flat(hospitals.train.x), hospitals.train.y, flat(part.x), strength=100)
         for name, part in {"ours, kept aside": kept, "theirs": theirs}.items()}
abroad = {name: evaluation.auroc(part.y, score[name]) for name, part in zip(score, (kept, theirs))}
pd.Series({name: f"{value:.2f}" for name, value in abroad.items()}, name="AUROC").to_frame()

# %%
claim("on our films kept aside it is nearly perfect", abroad["ours, kept aside"].low > 0.9)
claim("on theirs it is worse by more than 0.2", abroad["ours, kept aside"].low - abroad["theirs"].high > 0.2)

# %% [markdown]
# It was measured on patients that it had never seen, and still the figure was worthless. There are two explanations.
# The model may have learnt *our patients* instead of pneumonia: that is overfitting, and the first half of this
# notebook. Or it may have learnt something true of all our films and of no one else's. **Which of the two can it not
# have been here?** Keep your answer until the end.
#
# ## How much data, how much room
#
# From here on the course's own films. First, what everyone should draw before anything else, a *learning curve*: the
# same model on more and more training films. **Where will the two curves start, and where will they go?**

# %%
films = load("pneumonia")
x = {part: flat(split.x) for part, split in films.splits.items()}
validation, test = films.validation, films.test

def some(count, seed):
    """Positions of about `count` training films: whole patients, drawn at random."""
    patient = films.train.patient
    order = np.random.default_rng(seed).permutation(np.unique(patient))
    rank = np.empty(patient.max() + 1, int)
    rank[order] = np.arange(len(order))
    return np.argsort(rank[patient], kind="stable")[:count]

def aurocs(y, z):
    """The AUROC of each column of scores: the share of pairs ranked rightly, from ranks."""
    y, z = (np.reshape(part, (len(part), -1)) for part in (y, z))
    rank, ill = 1 + z.argsort(axis=0).argsort(axis=0), y.sum(axis=0)
    return ((rank * y).sum(axis=0) - ill * (ill + 1) / 2) / (ill * (len(y) - ill))

# %% mystnb={"image": {"alt": "Two learning curves, for a weak and a strong L2. AUROC on the training films starts at 1 and falls; AUROC on the validation films rises with the number of films. The gap between them is wide at the left and narrows. With the strong L2 the curves are nearer to each other."}}
sizes, curves = [25, 50, 100, 200, 400, 800], {}
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.3), sharey=True)
for ax, strength in zip(axes, (1, 300)):
    drawn = np.zeros((len(sizes), 6, 2))
    for (row, seed), _ in np.ndenumerate(drawn[..., 0]):
        x_known, y_known = x["train"][index := some(sizes[row], seed)], films.train.y[index]
        z = ridge(x_known, y_known, np.vstack([x_known, x["validation"]]), strength)
        drawn[row, seed] = aurocs(y_known, z[:len(index)])[0], aurocs(validation.y, z[len(index):])[0]
    curves[strength] = drawn.mean(1)
    ax.plot(sizes, curves[strength][:, 0], "o-", label="train")
    ax.plot(sizes, curves[strength][:, 1], "s--", label="validation")
    ax.set(xscale="log", xlabel="training films", title=f"strength {strength}")
    ax.set_xticks(sizes, sizes)
    ax.minorticks_off()
axes[0].set_ylabel("AUROC, mean of 6 draws")
axes[0].legend()
plots.mark(figure, data=films)

# %%
gaps = {strength: curve[:, 0] - curve[:, 1] for strength, curve in curves.items()}
claim("with more films the gap between training and validation narrows", all(gap[-1] < gap[0] for gap in gaps.values()))
claim("with more films the validation AUROC rises", all(curve[-1, 1] > curve[0, 1] + 0.03 for curve in curves.values()))

# %% [markdown]
# The *gap* is what the model has learnt about these patients only. Read it so: a wide gap, and a lower curve that
# still rises, means that more films will help, or less room for the model. Two curves that have met, too low, mean
# that more films of this kind will not help: the model lacks room, or the films lack the answer.
#
# ### Room
#
# A model's *capacity* is how much it could fit. We give ridge regression more and more measures to work with: random
# mixtures of the pixels, cut off at zero, like the hidden units of a net that nobody trained. 200 films, two
# strengths. **What happens when there are as many measures as films?**

# %% mystnb={"image": {"alt": "Error rate on training and validation films against the number of random measures, from 10 to 2,000. With next to no L2 the validation error falls, rises to a peak around 200, where there are as many measures as films, and falls again beyond; the training error reaches zero there. With L2 there is no peak."}}
def mixtures(count, seed=0):
    mix = np.random.default_rng(seed).normal(0, np.sqrt(2 / 196), (196, count))
    return lambda x: np.maximum(0, x @ mix) / np.sqrt(count)

counts = np.array([10, 20, 40, 80, 120, 160, 200, 250, 320, 500, 1000, 2000])
index, missed = some(200, 0), {}
for strength, colour in ((1e-7, "C0"), (0.3, "C1")):
    missed[strength] = np.zeros((len(counts), 2))
    for row, count in enumerate(counts):
        for seed in range(3):
            both = mixtures(count, seed)(np.vstack([x["train"][index], x["validation"]]))
            wrong = (ridge(both[:200], films.train.y[index], both, strength) > 0) != np.append(films.train.y[index], validation.y)
            missed[strength][row] += wrong[:200].mean() / 3, wrong[200:].mean() / 3
    name = "next to no L2" if strength < 1e-3 else "with L2"
    plt.plot(counts, missed[strength][:, 1], "s--", color=colour, label=f"validation, {name}")
    plt.plot(counts, missed[strength][:, 0], "o-", color=colour, label=f"train, {name}", alpha=0.5)
plt.axvline(200, color="0.4", linestyle=":")
plt.xscale("log")
plt.xlabel("random measures (dotted: as many as films)")
plt.ylabel("error rate")
plt.legend(fontsize=9)
plots.mark(plt.gcf(), data=films)

# %%
at = {count: missed[1e-7][row, 1] for row, count in enumerate(counts)}
with_l2 = missed[0.3][list(counts).index(200), 1]
claim("without L2, as many measures as films is worse than ten times as many", at[200] > at[2000] + 0.05)
claim("with L2 the peak is gone", with_l2 < at[200] - 0.05)

# %% [markdown]
# This is *double descent* [1]. Where measures just suffice to fit every film there is one way to do it, and it needs
# wild weights. Beyond, there are many ways, and the formula takes the one with the smallest weights. So "more weights
# than patients" is no proof of overfitting, and a perfect fit to the training films is not either. What is measured
# on others counts.
#
# ## A net can learn noise by heart
#
# Now nets. To say anything about a remedy we need many: each on its own 150 films, with its own start. Eight at once
# are as quick as one if they stand side by side: `EinsumDense` is a `Dense` layer with one more axis, here for the
# `NETS`. They share nothing.

# %%
import keras
from keras import layers
from medlearn.models.augment import Augment
from medlearn.training import set_seed

NETS, FILMS = 8, 150

def eight_nets(*, units=64, l2=0.0, dropout=0.0, augmented=False):
    """Eight nets side by side, each with one hidden layer: films (n, 8, 14, 14) in, z (n, 8) out."""
    def dense(width, spread):
        return layers.EinsumDense("bsi,sij->bsj", (NETS, width), bias_axes="sj",
            kernel_initializer=keras.initializers.RandomNormal(stddev=spread), kernel_regularizer=keras.regularizers.L2(l2))

    inputs = keras.Input((NETS, 14, 14))
    h = inputs
    if augmented:  # the layer of notebook 2 wants its pictures last: (n, 14, 14, 8)
        shaken = Augment(shift=0.05, zoom=0.1, turn=5, contrast=0.1, gamma=0.15, grain=0.03)
        h = layers.Permute((3, 1, 2))(shaken(layers.Permute((2, 3, 1))(h)))
    h = layers.LayerNormalization(axis=(2, 3), center=False, scale=False)(h)
    h = layers.Reshape((NETS, 196))(h)
    h = layers.ReLU()(dense(units, np.sqrt(2 / 196))(h))
    h = layers.Dropout(dropout)(h)
    return keras.Model(inputs, layers.Reshape((NETS,))(dense(1, np.sqrt(1 / units))(h)))

# %% [markdown]
# Training them is as in notebook 1, with the cross-entropy written so that it takes $z$. After each epoch we note the
# loss of each net on the training and on the validation films, and keep its weights: early stopping can then be
# judged on the same training, afterwards.

# %%
def cross_entropy(y, z):
    return np.mean(np.logaddexp(0, z) - y * z, axis=0)  # one a net

def small(x):
    return np.asarray(x, "float32").reshape(len(x), 14, 2, 14, 2).mean((2, 4))

def for_each(values):
    return np.repeat(np.asarray(values)[:, None], NETS, axis=1)

def train(nets, x, y, *, epochs=25, smoothing=0.0):
    """Losses (epochs, 2, nets), on training and validation films, and the weights after each epoch."""
    def loss(y, z):
        y = y * (1 - smoothing) + smoothing / 2
        return keras.ops.sum(keras.ops.softplus(z) - y * z, axis=-1)

    nets.compile(keras.optimizers.Adam(0.002), loss)
    losses, weights = [], []
    def note(epoch, logs):
        z, z_validation = nets.predict_on_batch(x), nets.predict_on_batch(x_validation)
        losses.append([cross_entropy(y, z), cross_entropy(for_each(validation.y), z_validation)])
        weights.append(nets.get_weights())
    nets.fit(x, y, epochs=epochs, batch_size=30, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)])
    return np.array(losses), weights

x_validation, x_test = for_each(small(validation.x)), for_each(small(test.x))

# %% [markdown]
# Each net gets its own films, and all of them once more with their answers shuffled: film 1 has the answer of film
# 94, and so on. There is nothing to learn. **How well will the nets do on those films?**

# %%
def draw(count):
    """Films and answers of eight nets, each with its own."""
    index = np.stack([some(count, seed) for seed in range(NETS)], axis=1)  # (count, 8)
    return small(films.train.x)[index], films.train.y[index].astype("float32")

x_train, y_train = draw(FILMS)
y_shuffled = np.random.default_rng(0).permuted(y_train, axis=0)
set_seed(0)
plain = eight_nets()
losses, weights = train(plain, x_train, y_train)
set_seed(0)
dreamers = eight_nets()
losses_shuffled, _ = train(dreamers, x_train, y_shuffled, epochs=60)

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Loss of eight nets over the epochs, twice. Left, real answers: training loss falls towards zero, validation loss falls at first, then levels off or rises. Right, shuffled answers: training loss falls just as far, only more slowly, while validation loss rises steadily from the start."}}
def show(losses, ax, title):
    for part, (name, line) in enumerate([("train", "-"), ("validation", "--")]):
        ax.plot(1 + np.arange(len(losses)), losses[:, part], color=f"C{part}", linestyle=line, alpha=0.35, linewidth=1)
        ax.plot(1 + np.arange(len(losses)), losses[:, part].mean(1), color=f"C{part}", linestyle=line, label=name)
    ax.set(xlabel="epoch", title=title, ylim=(0, 2.5))

figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.3), sharey=True)
show(losses, axes[0], "real answers")
show(losses_shuffled, axes[1], "shuffled answers")
axes[0].set_ylabel("cross-entropy")
axes[0].legend()
plots.mark(figure, data=films)

# %%
by_heart = aurocs(y_shuffled, dreamers.predict_on_batch(x_train))
dreamt = aurocs(for_each(validation.y), dreamers.predict_on_batch(x_validation)).mean()
claim("on shuffled answers every net reaches a training AUROC above 0.98", bool((by_heart > 0.98).all()))
claim("on the validation films the mean over the nets is within 0.1 of chance", abs(dreamt - 0.5) < 0.1)

# %% [markdown]
# The nets fitted answers that mean nothing, nearly perfectly. So a low training loss says nothing about whether
# there was anything to learn [2]. Only the dashed lines tell. They also tell something else: where the answers are
# real, the validation *loss* turns up after a while because the nets grow too sure, often while they still rank no
# worse. Overfitting spoils probabilities before it spoils the ranking, and so we measure both.
#
# ## Which remedy helps?
#
# | remedy | the idea | in Keras |
# |---|---|---|
# | L2 | large weights cost something | `kernel_regularizer=L2(0.003)` |
# | dropout | hidden units fall silent at random in training, so none can rely on another | `Dropout(0.5)` |
# | early stopping | keep the epoch at which the validation loss was least | `EarlyStopping(restore_best_weights=True)` |
# | augmentation | show each film a little altered each time | `Augment()` |
# | a smaller net | less room: 8 hidden units in place of 64 | `units=8` |
# | label smoothing | ask for 0.95 in place of 1: do not be too sure | `BinaryCrossentropy(label_smoothing=0.1)` |
# | pre-training | start from weights that were learnt elsewhere | `set_weights` |
# | more data | 600 films in place of 150 | |
#
# **Write down your order before you go on.** For pre-training, "elsewhere" are 1,000 drawn films from a hospital with
# the other scanner, half of them ill. *Together* means all of them but for more data: whoever can have more data
# does not need to be told.

# %% tags=["nbval-ignore-output"]
remedies = {"L2": dict(l2=0.003), "dropout": dict(dropout=0.5), "augmentation": dict(augmented=True), "a smaller net": dict(units=8)}
runs = {"none": (plain, losses, weights)}

def run(name, x=x_train, y=y_train, start=None, smoothing=0.0, epochs=25, **options):
    set_seed(0)
    nets = eight_nets(**options)
    if start is not None:
        nets.set_weights(start + nets.get_weights()[len(start):])
    runs[name] = (nets, *train(nets, x, y, smoothing=smoothing, epochs=epochs))

for name, options in remedies.items():
    run(name, **options)
run("label smoothing", smoothing=0.1)

# %% tags=["nbval-ignore-output"]
elsewhere = hospital(1000, 3, scanner=(1, 1))
run("elsewhere", for_each(small(elsewhere.x)), for_each(elsewhere.y).astype("float32"), epochs=6)
learnt = runs.pop("elsewhere")[0].get_weights()
run("pre-training", start=learnt)
run("together", start=learnt, smoothing=0.1, l2=0.003, dropout=0.5, augmented=True)
run("more data", *draw(600));

# %% [markdown]
# Early stopping needs no further training: it takes, for each net, the weights of its best epoch. *Together* stops
# early as well.

# %%
def stopped(name):
    nets, losses, weights = runs[name]
    best = losses[:, 1].argmin(axis=0)  # one epoch a net
    which = np.arange(NETS)
    nets.set_weights([np.stack([weights[epoch][number][net] for net, epoch in zip(which, best)])
                      if len(array) == NETS else array for number, array in enumerate(weights[0])])
    return nets.predict_on_batch(x_test)

known = {name: aurocs(y_train, runs[name][0].predict_on_batch(x_train)).mean() for name in runs if name != "more data"}
z = {name: nets.predict_on_batch(x_test) for name, (nets, *_) in runs.items()}  # (films, nets)
z["early stopping"], z["together"] = stopped("none"), stopped("together")
y_test = for_each(test.y)

# %% [markdown]
# ### An interval for two kinds of luck
#
# Another eight trainings would have given other nets, and other patients another test set. A bootstrap can draw both:
# patients *and* nets, with replacement. And we are about to look at nine remedies. With 95 % each, one in three such
# tables would hold a remedy that seems to help or harm by luck alone. So we widen every interval until all nine hold
# *together* in 95 of 100 tables: 2.8 standard errors in place of 2 (Bonferroni).

# %%
from scipy.stats import norm

def two_kinds_of_luck(measure, draws=500):
    """How far each remedy's measure, less that of no remedy, moves with other patients and other nets."""
    rng = np.random.default_rng(0)
    films_of = pd.Series(np.arange(len(test))).groupby(test.patient).indices
    people, moved = list(films_of), []
    for _ in range(draws):
        index = np.concatenate([films_of[people[k]] for k in rng.integers(len(people), size=len(people))])
        nets = rng.integers(NETS, size=NETS)
        value = {name: measure(y_test[index][:, nets], z[name][index][:, nets]).mean() for name in z}
        moved.append([value[name] - value["none"] for name in z])
    return dict(zip(z, norm.ppf(1 - 0.025 / 9) * np.std(moved, axis=0)))

def gains(measure):
    far, value = two_kinds_of_luck(measure), {name: measure(y_test, z[name]).mean() for name in z}
    return {name: evaluation.Estimate(value[name] - value["none"], value[name] - value["none"] - far[name],
                                      value[name] - value["none"] + far[name]) for name in order}

order = ["L2", "dropout", "early stopping", "augmentation", "a smaller net", "label smoothing", "pre-training", "together", "more data"]
gain, saved = gains(aurocs), gains(lambda y, z: -cross_entropy(y, z))

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two columns of intervals, one row a remedy, with a dotted line at zero. Left, gain in AUROC: L2 and label smoothing lie at zero, early stopping and a smaller net below it; pre-training, together and more data lie clearly to the right. Right, cross-entropy saved: nearly all lie to the right of zero, early stopping, label smoothing and together among them."}}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4.6), sharey=True)
plots.estimates(gain, measure="gain in AUROC", chance=0, data=films, ax=axes[0])
plots.estimates(saved, measure="cross-entropy saved", chance=0, data=films, ax=axes[1]);

# %% tags=["nbval-ignore-output"]
pd.DataFrame({"AUROC, train": {name: f"{value:.2f}" for name, value in known.items() if name != "together"},
              "AUROC, test": {name: f"{aurocs(y_test, z[name]).mean():.2f}" for name in z},
              "gain": {name: f"{gain[name]:.2f}" for name in order},
              "cross-entropy saved": {name: f"{saved[name]:.2f}" for name in order}}).reindex(["none", *order]).fillna("")

# %%
claim("more data helps the ranking, beyond the widened interval", gain["more data"].clears(0))
claim("none of the six knobs, from L2 to label smoothing, gains as much of it",
      all(gain[name].value < gain["more data"].value for name in order[:6]))
claim("label smoothing, and all together, save cross-entropy", saved["label smoothing"].clears(0) and saved["together"].clears(0))

# %% [markdown]
# Read the left picture first. The six knobs hardly move the ranking, and some rather cost: a net too small, or too
# often silenced, lacks room; and early stopping ends when the nets grow too sure, although they still learn to rank.
# What helps is films: more of them, or weights that were learnt on others. *Together* gains little more than
# pre-training alone: remedies do not add up.
#
# The right picture tells another story. Nearly everything saves some cross-entropy, since nearly everything keeps
# the nets from being too sure. So what "helps" depends on what counts for you; write it down before you look.
#
# This is one setting of each knob, one kind of net, and one kind of film. On the real films a net of this size ranks
# well after 150, and then no knob stands out at all; pre-training on drawn films does nothing for it, and with more
# data but as many epochs, hence more steps, the nets only grow surer. Where an interval holds zero, say "not shown to help",
# and read off its ends how large a help was ruled out.
#
# ## Cross-validation
#
# With few films, 140 kept aside for validation are 140 not learnt from, and still too few to tell 0.80 from 0.85.
# *Cross-validation* lets every film play both parts: cut the *patients* into five folds, train on four, measure on
# the fifth, and go round.

# %%
from medlearn.data import folds_by_patient

index = some(200, 1)
rest = np.setdiff1d(np.arange(len(films.train)), some(300, 1))  # no patient of ours among them, to know the truth
x_few, y_few, patient_few = x["train"][index], films.train.y[index], films.train.patient[index]
folds = folds_by_patient(patient_few, y_few, folds=5)
each = [aurocs(y_few[out], ridge(x_few[inside], y_few[inside], x_few[out], 300))[0] for inside, out in folds]
truth = aurocs(films.train.y[rest], ridge(x_few, y_few, x["train"][rest], 300))[0]
print("five folds:", *(f"{value:.2f}" for value in each), f"· mean {np.mean(each):.2f} · on many other films {truth:.2f}")

# %%
cut = [len(np.intersect1d(patient_few[inside], patient_few[out])) for inside, out in folds]
claim("no patient is on both sides of a fold", sum(cut) == 0)
claim("single folds differ by more than the mean is off", np.ptp(each) > abs(np.mean(each) - truth))

# %% [markdown]
# The folds differ widely, though the model is the same: each is forty films. The mean serves well. But do not take the
# spread of five folds for an interval: they share most of their training films, so they are not five experiments.
#
# ### Nested, if anything is tuned
#
# Cross-validation is also used to choose: try thirty settings, keep the best. **Then how good is the best?** Not as
# good as its own score says, since that score was chosen for being high. An honest answer needs a second loop around
# the first: hold out a fold, *choose within the others*, measure on the fold held out. With a coin tossed for each
# answer, the truth is one half, and we see the difference. The settings are six windows on the film, times five strengths.

# %%
down, across = np.mgrid[:14, :14].reshape(2, -1)
windows = [down >= 0, down < 7, down >= 7, across < 7, across >= 7, (abs(down - 6.5) < 4) & (abs(across - 6.5) < 4)]
settings = [(window, strength) for window in windows for strength in (1, 10, 100, 1000, 10000)]

def cross_validated(setting, x, y, patient, folds):
    window, strength = setting
    return np.mean([aurocs(y[out], ridge(x[inside][:, window], y[inside], x[out][:, window], strength))[0]
                    for inside, out in folds_by_patient(patient, folds=folds)])

def best_setting(x, y, patient):
    scores = [cross_validated(setting, x, y, patient, folds=4) for setting in settings]
    return settings[np.argmax(scores)], max(scores)

def nested(x, y, patient):
    values = []
    for inside, out in folds_by_patient(patient, folds=4):
        (window, strength), _ = best_setting(x[inside], y[inside], patient[inside])
        values.append(aurocs(y[out], ridge(x[inside][:, window], y[inside], x[out][:, window], strength))[0])
    return np.mean(values)

# %% mystnb={"image": {"alt": "Two intervals of the AUROC on answers that are tosses of a coin. The best of thirty settings by its own cross-validation lies clearly above the dotted line at one half; nested cross-validation lies around it."}}
found = {"the best setting's own score": [], "nested": []}
for seed in range(25):
    index = some(80, seed)
    few = x["train"][index], np.random.default_rng(seed).integers(0, 2, 80), films.train.patient[index]
    found["the best setting's own score"].append(best_setting(*few)[1])
    found["nested"].append(nested(*few))
found = {name: evaluation.over_seeds(values) for name, values in found.items()}
plots.estimates(found, measure="AUROC where the truth is 0.5, mean of 25 samples", chance=0.5, data=films);

# %%
claim("on noise the best setting's own score promises something", found["the best setting's own score"].clears(0.53))
claim("nested cross-validation promises at least 0.04 less",
      found["nested"].value < found["the best setting's own score"].value - 0.04)

# %% [markdown]
# Looking for the best was itself a training, and this training overfitted. The honest loop costs five times as much,
# and gives one figure for the whole procedure, tuning included.
#
# ### The bootstrap's .632
#
# The bootstrap, too, can estimate an error. A draw with replacement holds about 63 of 100 patients, and the others
# were *left out*: train on the draw, measure there. That is honest but pessimistic, for the model saw fewer different
# patients than it will in the end. The *apparent* error, on the training cases, is optimistic. The **.632** mixes them:
# 0.368 apparent + 0.632 left out [3]. **For which model must this go wrong?** We try two: ridge regression, and one
# that only remembers, and gives the answer of the nearest film.

# %%
def nearest(x, y, x_new):
    """How much nearer the nearest film with pneumonia is than the nearest normal one."""
    distance = (x_new**2).sum(1)[:, None] + (x**2).sum(1) - 2 * x_new @ x.T
    return distance[:, y == 0].min(1) - distance[:, y == 1].min(1)

def errors_of(model, y, seed, size=60, draws=25):
    """Apparent, left out, .632, and the truth: the error on all other patients' films. Draws patients."""
    rng = np.random.default_rng(seed)
    index, patient = some(size, seed), films.train.patient
    films_of = {number: index[patient[index] == number] for number in np.unique(patient[index])}
    others = np.flatnonzero(~np.isin(patient, list(films_of)))
    def error(inside, out):
        return np.mean((model(x["train"][inside], y[inside], x["train"][out]) > 0) != y[out])
    left_out = []
    for _ in range(draws):
        drawn = np.concatenate([films_of[number] for number in rng.choice(list(films_of), len(films_of))])
        left_out.append(error(drawn, np.setdiff1d(index, drawn)))
    apparent, left_out = error(index, index), np.mean(left_out)
    return apparent, left_out, 0.368 * apparent + 0.632 * left_out, error(index, others)

y_real, y_noise = films.train.y, np.random.default_rng(0).permutation(films.train.y)
rows = {"ridge": (lambda *cases: ridge(*cases, 300), y_real), "nearest film": (nearest, y_real),
        "nearest film, shuffled answers": (nearest, y_noise)}
errors = pd.DataFrame({name: np.mean([errors_of(model, y, seed) for seed in range(20)], axis=0) for name, (model, y) in rows.items()},
                      index=["apparent", "left out", ".632", "truth"]).T
errors.round(2)

# %%
off = errors.sub(errors["truth"], axis=0)
claim("for ridge the apparent error is too low by more than 0.05, the .632 is nearer to the truth",
      off.loc["ridge", "apparent"] < -0.05 and abs(off.loc["ridge", ".632"]) < abs(off.loc["ridge", "apparent"]))
claim("for a model that remembers noise the .632 is too low by more than 0.08", off.loc["nearest film, shuffled answers", ".632"] < -0.08)

# %% [markdown]
# A model that remembers has no apparent error, and the .632 believes a third of that. Nets remember. There is a
# .632+ that mends it by asking how a model does on shuffled answers [4]; for nets, use cross-validation by patient.
#
# ## Leaks: overfitting that nobody sees
#
# All of this shows in a validation curve, if the validation films are honest. The following does not. In each
# of four cases below **the answers are tosses of a coin**, so that the truth is one half. How high do you get?
#
# - *Duplicates*: 30 of 100 test films are also in the training set, as when an archive exports a film twice.
# - *Patients*: ten films of each child, one answer a child, and the split cuts children in two.
# - *Preprocessing*: of 1,000 columns the 20 best are chosen, on all cases, before cross-validation.
# - *Tuning on the test set*: 200 models; the one that does best on the test set is reported.

# %%
def duplicates(rng, leak):
    index, y = rng.permutation(len(x["train"]))[:300], rng.integers(0, 2, 300)
    known = np.r_[np.arange(200), np.arange(200, 230)] if leak else np.arange(200)
    return aurocs(y[200:], nearest(x["train"][index[known]], y[known], x["train"][index[200:]]))[0]

children = np.repeat(np.arange(30), 10)
albums = [flat(draw_films(np.zeros(300, int), seed=seed, patient=children)[0]) for seed in range(5)]

def patients(rng, leak):
    album, y = albums[rng.integers(5)], rng.permutation(30)[children] % 2
    order = rng.permutation(300) if leak else np.argsort(rng.permutation(30)[children], kind="stable")
    return aurocs(y[order[200:]], ridge(album[order[:200]], y[order[:200]], album[order[200:]], 30))[0]

def preprocessing(rng, leak):
    noise, y = rng.normal(size=(80, 1000)), rng.permutation(np.repeat([0, 1], 40))
    values = []
    for inside, out in folds_by_patient(np.arange(80), y, folds=4):
        looked = np.arange(80) if leak else inside
        best = np.argsort(-np.abs((2 * y[looked] - 1) @ noise[looked]))[:20]
        values.append(aurocs(y[out], ridge(noise[inside][:, best], y[inside], noise[out][:, best], 10))[0])
    return np.mean(values)

def tuning(rng, leak):
    y, tries = rng.permutation(np.repeat([0, 1], 50)), rng.normal(size=(100, 200))
    return aurocs(y, tries).max() if leak else aurocs(y, tries)[0]

# %% mystnb={"image": {"alt": "Intervals of the AUROC on answers that are tosses of a coin, eight rows: duplicates, patients, preprocessing and tuning, each with the leak and without. With the leak all lie to the right of the dotted line at one half, preprocessing furthest; without, all lie around it."}}
leaks = {}
for case in (duplicates, patients, preprocessing, tuning):
    for leak in (True, False):
        values = [case(np.random.default_rng(seed), leak) for seed in range(40)]
        leaks[f"{case.__name__}, {'leak' if leak else 'honest'}"] = evaluation.over_seeds(values)
plots.estimates(leaks, measure="AUROC where the truth is 0.5", chance=0.5, data=hospitals);

# %%
claim("with a leak, all four find something where there is nothing", all(value.clears(0.53) for name, value in leaks.items() if "leak" in name))
claim("without, none strays from one half by more than 0.05", all(abs(value.value - 0.5) < 0.05 for name, value in leaks.items() if "honest" in name))

# %% [markdown]
# None of these is a coding error, each looks reasonable in a methods section, and the second and third have each
# been found in many published studies [5]. The cure is one sentence: *whatever is learnt, chosen or fitted, is
# learnt, chosen and fitted on training patients.* A scaler is learnt. A list of columns is chosen.
#
# ### Until it wins
#
# The fourth is the most human: try, look at the test set, try again. Let us do it on real questions: 200 models that
# differ only in their random measures. One half of the test films is "the test set"; the other half nobody looks
# at. What is drawn is how far the best so far lies above the mean of all 200, on either half.

# %% mystnb={"image": {"alt": "Advantage over the average model of the best of so many tries, up to 200. On the test films that chose it the advantage climbs steadily; on test films that nobody looked at the same models keep only part of it, or none."}}
from medlearn.data import split_by_patient

index = some(300, 0)
tries = np.stack([ridge(of(x["train"][index]), films.train.y[index], of(x["test"]), 0.3) for of in (mixtures(60, seed) for seed in range(200))], axis=1)
chosen, unseen = [], []
for seed in range(20):
    for half, other in (halves := split_by_patient(test.patient, test.y, shares=(0.5, 0.5), seed=seed), halves[::-1]):
        here, there = aurocs(test.y[half], tries[half]), aurocs(test.y[other], tries[other])
        winner = [np.argmax(here[:count]) for count in range(1, 201)]
        chosen.append(here[winner] - here.mean())
        unseen.append(there[winner] - there.mean())
chosen, unseen = np.mean(chosen, axis=0), np.mean(unseen, axis=0)
plt.plot(1 + np.arange(200), chosen, label="on the test films that chose it")
plt.plot(1 + np.arange(200), unseen, "--", label="on test films nobody looked at")
plt.axhline(0, color="0.4", linestyle=":")
plt.xlabel("tries")
plt.ylabel("AUROC above the average model")
plt.legend()
plots.mark(plt.gcf(), data=films)

# %%
print(f"the winner of 200: {chosen[-1]:+.3f} where it won, {unseen[-1]:+.3f} elsewhere")
claim("at least a third of the winner's advantage is luck", unseen[-1] < 2 / 3 * chosen[-1])

# %% [markdown]
# Nobody cheated: every model was trained without a test film. The choice was the leak. A test set wears out with use;
# public ones, on which thousands have tried, more than others.
#
# ## The films across the river
#
# Back to the two hospitals. No patient was in both parts, nothing was tuned, and our films kept aside were honest. It
# was not overfitting. **What has the model learnt, then?** Its weights, drawn as a film, may tell; and a simulator can
# show us what we cannot ask of an archive: the same child, taken on the other machine.

# %% mystnb={"image": {"alt": "Three pictures. The weights of the hospital model drawn as a film, red and blue, strongest by far in the upper right corner, paler over the lungs; and the same normal child on two scanners, the first crisp, the second pale and grainy, each with a bright mark in the upper right corner, of another form."}}
weights_ours = ridge(flat(hospitals.train.x), hospitals.train.y, np.eye(196), 100) - ridge(flat(hospitals.train.x), hospitals.train.y, np.zeros((1, 196)), 100)
y_same = np.repeat([0, 1], 100)
twins = [draw_films(y_same, seed=7, scanner=scanner)[0] for scanner in (0, 1)]
figure, axes = plt.subplots(1, 3, figsize=(7, 2.6))
axes[0].imshow(weights_ours.reshape(14, 14), cmap="RdBu_r", vmin=-np.abs(weights_ours).max(), vmax=np.abs(weights_ours).max())
for ax, picture in zip(axes[1:], twins):
    ax.imshow(picture[3], vmin=0, vmax=255)
for ax, title in zip(axes, ("weights", "a child, scanner 0", "the same, scanner 1")):
    ax.set_title(title, fontsize=10)
    ax.axis("off")
plots.mark(figure, data=hospitals)

# %%
on = [ridge(flat(hospitals.train.x), hospitals.train.y, flat(picture), 100) for picture in twins]
pd.DataFrame({f"scanner {number}": [part[y_same == 0].mean(), part[y_same == 1].mean()] for number, part in enumerate(on)},
             index=["normal", "pneumonia"]).round(2).rename_axis("mean score")

# %%
by_scanner = (on[1] - on[0]).mean()
by_illness = np.mean([part[y_same == 1].mean() - part[y_same == 0].mean() for part in on])
claim("another scanner moves the score more than twice as far as pneumonia does", by_scanner > 2 * by_illness)

# %% [markdown]
# In our hospital the ill are taken lying in bed, on the ward's portable machine; the well walk to the other. The
# machine leaves its mark in the corner, and gives the answer away: a *shortcut*. True of every film we have, so no
# split of ours can find it. Nets trained to see pneumonia in one hospital have been found to read which machine
# and which ward a film came from [6]. **Will it help to cover the mark?**

# %%
covered = {part: (cases := split.x.copy(), cases.__setitem__(np.s_[:, :8, 20:], 0))[0] for part, split in {"ours": hospitals.train, "theirs": theirs}.items()}
mixed = hospital(400, 4, scanner=(0.5, 0.5))
attempts = {"as it was": (hospitals.train.x, hospitals.train.y, theirs.x), "mark covered": (covered["ours"], hospitals.train.y, covered["theirs"]),
            "both machines for both": (mixed.x, mixed.y, theirs.x)}
attempts = {name: evaluation.auroc(theirs.y, ridge(flat(known), y, flat(new), 100)) for name, (known, y, new) in attempts.items()}
pd.Series({name: f"{value:.2f}" for name, value in attempts.items()}, name="AUROC on theirs").to_frame()

# %%
claim("with the mark covered the shortcut is still there: theirs stays worse by 0.05 than with mixed machines",
      attempts["mark covered"].value < attempts["both machines for both"].value - 0.05)

# %% [markdown]
# Grain, softness and frame give the machine away as well as its mark does. What helps is data in which the shortcut
# does not hold, and before that, someone who knows how the films were taken, and asks.
#
# ## A checklist
#
# | before training | while training | before telling anyone |
# |---|---|---|
# | Split by patient, and by hospital or year if you can. | Draw both curves, and both losses. | Open the test set once. |
# | Look for duplicates across the split. | Try shuffled answers: is the score then one half? | Give intervals: patients, and seeds. |
# | Ask how each class's cases were recorded. | Draw the learning curve: more data, or more room? | Say how many models were tried. |
# | Compare with a simple baseline. | Fit scalers and choose columns inside the folds. | Widen the intervals for many comparisons. |
# | Write down the one measure that counts. | Nest the tuning. | Test elsewhere, and by machine and ward. |
#
# ## Exercises
#
# Each answers you: `check` says what is wrong with an answer, `hint` helps, `solution` shows the code.
#
# **1. The .632.** A model has an apparent error of 0.05, and of 0.30 on the cases left out of the draws. What does the
# .632 say?

# %%
error = ...
ch06.q1.check(error)

# %% [markdown]
# **2. Twenty remedies.** None of twenty remedies does anything. Each is tried on new data, with an interval that shows a
# benefit by luck in 5 of 100 cases. What is the chance that at least one seems to help?

# %%
chance = ...
ch06.q2.check(chance)

# %% [markdown]
# **3. A step with L2.** A weight is 2. The cross-entropy has a slope of 0.5 there; the loss is the cross-entropy plus
# $\lambda w^2$ with $\lambda = 0.3$; the learning rate is 0.1. Where is the weight after one step of gradient descent?

# %%
w = ...
ch06.q3.check(w)

# %% [markdown]
# **4. Early stopping.** `losses` holds the validation loss after each epoch. Training ends once the loss has not
# fallen below its best for `patience` epochs. Return the epoch whose weights are kept, counted from 1.

# %%
def stop(losses, patience):
    return ...

ch06.q4.check(stop)

# %% [markdown]
# **5. Dropout.** Return `h`, films by hidden units, with a share `rate` of its numbers set to zero at random, with
# `rng`, and the others enlarged so that the mean stays.

# %%
def drop(h, rate, rng):
    return ...

ch06.q5.check(drop)

# %% [markdown]
# **6. A scaler that does not leak.** Return both arrays standardised, column by column.

# %%
def scale(x_train, x_test):
    return ...

ch06.q6.check(scale)

# %% [markdown]
# **7. Duplicates.** Return True for each test film that is also in the training set, pixel by pixel.

# %%
def copies(train, test):
    return ...

ch06.q7.check(copies)

# %% [markdown]
# **8. Quiz: which of these would you stop?** Give a set of letters.
#
# - **A** "After splitting by patient, we added ten turned copies of each training film."
# - **B** "The ten measures that differ most between the classes were chosen on all cases; then we cross-validated."
# - **C** "Of 40 nets we report the one with the best AUROC on the test set, 0.93."
# - **D** "In every outer fold, scaling and tuning were done on the other folds only."
# - **E** "The 9,000 films of 2,000 children were split at random, 80 to 20."
# - **F** "The training loss reached 0.01, so the films clearly hold the answer."
# - **G** "We also measured on films of the well that were taken on the ward's machine."

# %%
stop_these = ...
ch06.q8.check(stop_these)

# %% [markdown]
# ## What we learnt
#
# - The gap between the curves is what a model knows about its training patients only. A net can learn noise by heart.
# - More weights than patients is not in itself overfitting; what is measured on others decides.
# - More data, or weights learnt on many other films, can be worth more than all the knobs. Most knobs first
#   mend the probabilities. Which one helps on *your* films is a measurement, with an interval.
# - Cross-validate by patient; nest whatever is chosen. The .632 trusts memory.
# - Leaks show in no curve. A shortcut shows in no split of your own.
#
# **Onward**: back to notebook 2, [*CNN diagnosis*](02_cnn_diagnosis.ipynb), where the nets are deeper and the same
# remedies are at work.
#
# <details><summary><b>Sources</b></summary>
#
# Films, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al., Sci. Data 10:41 (2023),
# CC BY 4.0.
#
# 1. Belkin et al., Proc. Natl Acad. Sci. 116:15849 (2019), doi:10.1073/pnas.1903070116
# 2. Zhang et al., Understanding deep learning requires rethinking generalization, arXiv:1611.03530
# 3. Efron, J. Am. Stat. Assoc. 78:316 (1983)
# 4. Efron, Tibshirani, J. Am. Stat. Assoc. 92:548 (1997)
# 5. Kapoor, Narayanan, Patterns 4:100804 (2023), doi:10.1016/j.patter.2023.100804; columns chosen on all cases:
#    Ambroise, McLachlan, Proc. Natl Acad. Sci. 99:6562 (2002)
# 6. Zech et al., PLoS Med. 15:e1002683 (2018), doi:10.1371/journal.pmed.1002683
#
# </details>
