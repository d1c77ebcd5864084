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
# # 1 · Background: what medicine's data ask of a model
#
# > A lump in the breast, a fine needle, thirty measurements of the cells that it drew out.
# > **Is it cancer? And is a neural net the right tool to say so?**
#
# At the end of this notebook you can
#
# - look at a film, a stay and a table as data, and tell supervised, unsupervised and semi-supervised learning
#   apart by what each is given;
# - write a neural net with nothing but NumPy, train it by gradient descent and by Adam, and find the same
#   numbers in Keras;
# - decide from an interval whether depth helps, and whether a linear model is as good;
# - recognise five difficulties in a medical data set before they fool you.
#
# **Time**: about 90 minutes, with the exercises. **You need**: Python's loops, functions and arrays, and
# what a mean, a probability and a derivative are. No machine learning, no medicine. **Data**: two real
# tables that come with scikit-learn, and chest films and intensive-care stays, which are simulated unless
# you ask for the real ones. Nothing here is made for use on patients.

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
from medlearn.exercises import ch01
plots.use_style()

# %% [markdown]
# ## What a case looks like
#
# A model never meets a patient. It meets a *case*: what was written down about one. Most of medicine's
# cases come in one of three forms: a picture, a course of measurements in time, or a row in a table.
#
# ### A film
#
# A chest film is a shadow. Bone and heart stop X-rays and come out white, air lets them through and comes
# out dark. In pneumonia, an infection of the lungs, fluid takes the place of air, and part of a lung turns
# grey. Below, the upper row is normal, the lower row is pneumonia. How many of the lower six would you have
# found?

# %% mystnb={"image": {"alt": "Twelve small grey chest films in two rows. Upper row, normal: two dark lungs beside a white heart. Lower row, pneumonia: patches or streaks of the lungs are lighter, in some films barely so."}}
films = load("pneumonia")
normal, ill = films.train.x[films.train.y == 0], films.train.x[films.train.y == 1]
plots.pictures([*normal[:6], *ill[:6]], titles=["normal"] * 6 + ["pneumonia"] * 6, data=films);

# %% [markdown]
# Some are plain, some are hardly there. For the computer none of this is a shadow or a lung. It gets
# numbers, one for each dot of the film: its *pixels*. Here are all films of the training set at once, and
# then a corner of the first. (A grey film has one *channel*; a colour picture has three.)

# %%
print("films, height, width, channels:", films.train.x.shape)
films.train.x[0, 10:15, 10:18, 0]

# %% [markdown]
# From 0, black, to 255, white. These films were made small; one in a clinic has millions of pixels, and so
# more numbers in a single case than there are cases. Throughout this course such numbers are called `x`,
# one case a row, and what is asked of each case is `y`: here 0 for normal and 1 for pneumonia.
#
# ### A stay
#
# In intensive care the heart rate is written down every hour or so; creatinine, which rises as the kidneys
# fail, once or twice a day; lactate, which rises as tissue lacks oxygen, when somebody worries. The
# question about each *stay* is whether the patient died in hospital. Here is one, with a dot for every
# measurement of its first two days.

# %% mystnb={"image": {"alt": "Three rows of dots over 48 hours of one stay: heart rate measured often, creatinine a few times, lactate many times and at uneven distances."}}
stays = load("icu")
records = stays.train.x
is_lactate = records.variable == records.variables.index("Lactate")
lactates = np.bincount(records.case[is_lactate], minlength=len(records))
plots.stay(records.frame(lactates.argmax()), variables=["HR", "Creatinine", "Lactate"], data=stays);

# %% [markdown]
# Three rhythms in one stay, and none is regular. (The *oddities* that the line above counts are mostly values
# that no body can have and minutes with two values; notebook 3 looks at them.) Every film has the same number
# of pixels. **How many measurements does a stay have?**

# %%
measurements = np.diff(records.start)
print("at least", measurements.min(), "· half of the stays up to", np.median(measurements).astype(int),
      "· at most", measurements.max())

# %% [markdown]
# So a stay is not a row of numbers at all, and most models want one. How to make one of the other without
# throwing the rhythm away is the matter of notebook 3.
#
# ### A table
#
# This is our opening question. A needle draws cells from a lump in the breast, a computer outlines their
# nuclei in the microscope's picture, and thirty measures are taken: the nuclei's mean radius, their
# texture, how dented their outline is, and so on. Each row is one biopsy, and all are real.

# %%
cells = load("breast_cancer")
pd.DataFrame(cells.train.x, columns=cells.columns).iloc[:4, :6].round(2)

# %% [markdown]
# Before anything is learnt from a table, look at what its labels mean. In this one `y` is 1 for *benign*.
# We turn that around, so that 1 is what we look for, as everywhere in this course.

# %%
print("classes, in the order of y:", cells.classes)
y_train, y_validation, y_test = (1 - split.y for split in cells.splits.values())
print(f"malignant in the training set: {y_train.mean():.0%}")

# %% [markdown]
# The cases lie in three parts. A model learns from `train`; what must be chosen about the model is chosen
# on `validation`; `test` is kept for the end, since only cases that had no part in any decision can tell
# how the model will do on the next patient.
#
# ## Three ways to learn
#
# ### With labels: supervised
#
# Someone examined each lump and wrote down what it was. To learn from such labels is called *supervised*
# learning, and its smallest model is a threshold: call a biopsy malignant if its nuclei are larger than
# some radius. Where would you put it?

# %% mystnb={"image": {"alt": "Two overlapping histograms of the mean radius of the nuclei: benign biopsies around 12, malignant ones around 17 and more spread out; they overlap between about 12 and 16."}}
radius = cells.train.x[:, 0]
for label, name in enumerate(["benign", "malignant"]):
    plt.hist(radius[y_train == label], bins=np.arange(6, 30), alpha=0.6, label=name)
plt.xlabel("mean radius of the nuclei")
plt.ylabel("biopsies")
plt.legend();

# %% [markdown]
# The two overlap, so that every threshold errs. Learning means to try them all and keep the one that errs
# least on the training cases. That is all that "training" ever is: a search for numbers that make few
# errors.

# %%
thresholds = np.arange(6, 30, 0.25)
right = [np.mean((radius > threshold) == y_train) for threshold in thresholds]
threshold = thresholds[np.argmax(right)]
accuracy_threshold = evaluation.accuracy(y_test, (cells.test.x[:, 0] > threshold).astype(int))
print(f"threshold {threshold}, accuracy on the test set {accuracy_threshold:.2f}")

# %% [markdown]
# In brackets stands the *interval*. Other patients would have given another figure; the accuracy on all
# patients of this kind may well be anywhere between the two numbers. (Of 100 such intervals, about 95 hold
# the truth.) A score without its interval is half a result, and this course gives none.
#
# What the text concludes is checked in the cell beside it, as a *claim*. If you change something and a
# conclusion no longer holds, its line says so.

# %%
claim("one measurement and one threshold beat calling every biopsy benign",
      accuracy_threshold.clears(np.mean(y_test == 0)))

# %% [markdown]
# ### Without labels: unsupervised
#
# Suppose nobody had looked into the lumps. Thirty numbers a biopsy cannot be drawn, but they can be
# projected onto the two directions in which the biopsies differ most: their *principal components*. First
# each measure is *standardised*, brought to mean 0 and spread 1, so that those with large numbers do not
# drown the others. Mean and spread come from the training cases alone: the test cases stay unseen.

# %% mystnb={"image": {"alt": "A cloud of grey dots over two principal components, dense at the left and thinning out to the right and upward; no clear gap."}}
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

scaler = StandardScaler().fit(cells.train.x)
x_train, x_validation, x_test = (scaler.transform(split.x) for split in cells.splits.values())
components = PCA(n_components=2, random_state=0).fit_transform(x_train)
plt.scatter(*components.T, color="0.6", s=15)
plt.xlabel("first component")
plt.ylabel("second component");

# %% [markdown]
# **How many kinds of lump do you see?** The algorithm must be told how many to look for. *k-means* with two
# clusters puts two centres into the thirty dimensions, gives each biopsy to the nearer one, moves each
# centre into the middle of its biopsies, and repeats until nothing changes. It never sees a label. We do,
# and set its clusters beside the diagnoses.

# %% mystnb={"image": {"alt": "The same cloud twice. In the first picture dots and crosses are the two clusters of k-means, one at the left and one at the right; in the second they are benign and malignant. The two pictures nearly agree."}}
from sklearn.cluster import KMeans

cluster = KMeans(n_clusters=2, n_init=10, random_state=0).fit_predict(x_train)
cluster = cluster if cluster[y_train == 1].mean() > 0.5 else 1 - cluster  # which is called 0 is chance
figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
for ax, group, names in [
    (axes[0], cluster, ["cluster 0", "cluster 1"]),
    (axes[1], y_train, ["benign", "malignant"]),
]:
    for value, name in enumerate(names):
        ax.scatter(*components[group == value].T, s=15, marker="ox"[value], label=name)
    ax.set_xlabel("first component")
    ax.legend()
axes[0].set_ylabel("second component");

# %%
print(f"agree: {np.mean(cluster == y_train):.0%}")
claim("two clusters found without a label agree with more than 85 % of the diagnoses",
      np.mean(cluster == y_train) > 0.85)

# %% [markdown]
# Malignant and benign are different enough to be found without a teacher. But nothing told the algorithm
# that this difference is the one that matters: with other measures it might have sorted the biopsies by the
# laboratory that stained them. Unsupervised learning finds structure; what the structure means is for you
# to find out.
#
# ### With a few labels: semi-supervised
#
# Labels cost a pathologist's time, measurements do not. If a few biopsies are labelled and the rest are
# not, can the rest still help? *Self-training* says: train on the few, label the cases that the model is
# sure of, train again with them, and so on. In scikit-learn, −1 means "no label".

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import SelfTrainingClassifier

def with_few_labels(few, seed):
    """Accuracy on the test set with `few` labels of each kind: from these alone, and with self-training."""
    rng = np.random.default_rng(seed)
    of_each = [rng.choice(np.flatnonzero(y_train == label), few, replace=False) for label in (0, 1)]
    known = np.concatenate(of_each)
    y_known = np.full(len(y_train), -1)
    y_known[known] = y_train[known]
    model = LogisticRegression(solver="liblinear")
    taught = SelfTrainingClassifier(model, threshold=0.9).fit(x_train, y_known)
    alone = model.fit(x_train[known], y_train[known])
    return alone.score(x_test, y_test), taught.score(x_test, y_test)

# %% [markdown]
# `LogisticRegression` is the model of the next section; here any would do. **Will the unlabelled cases help
# more with three labels of each kind, or with thirty?** Which biopsies happen to be labelled matters a lot,
# so we draw them twenty times.

# %% mystnb={"image": {"alt": "Gain in accuracy from self-training against the number of labels of each kind. With one and with three labels it lies above zero; with ten it is smaller, with thirty it is about zero."}}
draws = {few: np.array([with_few_labels(few, seed) for seed in range(20)]) for few in (1, 3, 10, 30)}
gain = {f"{few} of each": evaluation.over_seeds(pair[:, 1] - pair[:, 0]) for few, pair in draws.items()}
plots.estimates(gain, measure="gain in accuracy from self-training", chance=0, data=cells);

# %%
claim("with three labels of each kind the unlabelled cases help", gain["3 of each"].clears(0))
claim("with thirty of each they help less", gain["30 of each"].value < gain["3 of each"].value)

# %% [markdown]
# Where labels are few, the unlabelled cases help: they show where biopsies lie, and the labels only need to
# say which side is which. With thirty of each there is little left to gain. Do not count on it, though. A
# model that is sure of wrong things teaches them to itself, and gets surer; whether it does must be
# measured, and that takes labels.
#
# ## From data to a prediction
#
# What is asked about a case is either *how much*, a number, or *which*, a class. The first is called
# regression, the second classification.
#
# ### How much: regression
#
# In 442 patients with diabetes ten things were noted, body-mass index, blood pressure, six blood values,
# age and sex; a year later a score said how far the disease had gone on. A *linear* model predicts a
# weighted sum,
#
# $$\hat y = w_1 x_1 + w_2 x_2 + \dots + w_{10} x_{10} + b,$$
#
# and learning finds the weights $w$ and the shift $b$ for which the squared errors are least.

# %% mystnb={"image": {"alt": "Predicted against true progression of diabetes in the test patients: the dots rise along the diagonal but scatter widely around it, high values are predicted too low."}}
from sklearn.linear_model import LinearRegression

diabetes = load("diabetes")
linear = LinearRegression().fit(diabetes.train.x, diabetes.train.y)
y_pred = linear.predict(diabetes.test.x)
plt.scatter(diabetes.test.y, y_pred, s=15)
plt.plot([0, 350], [0, 350], color="0.4", linestyle=":")
plt.xlabel("progression after a year")
plt.ylabel("predicted");

# %% [markdown]
# The dots follow the dotted line, from afar. **Is that good?** One cannot say before one knows how well a
# lazy model does, which predicts the training mean for everyone. Such a *baseline* stands beside every
# model of this course. We measure both by how far a prediction is off on average.

# %%
def error(y_true, y_pred):
    return np.mean(np.abs(y_true - y_pred))

error_mean = evaluation.bootstrap(error, diabetes.test.y, np.full(len(y_pred), diabetes.train.y.mean()))
error_linear = evaluation.bootstrap(error, diabetes.test.y, y_pred)
print(f"off by, on average: always the mean {error_mean:.0f}, linear model {error_linear:.0f}")
claim("the linear model errs less than the mean, beyond both intervals", error_linear.high < error_mean.low)

# %% [markdown]
# These intervals come from a *bootstrap*: the test patients are drawn again a thousand times, with
# replacement, as if other patients had come, and the error is measured each time.
#
# ### Which: classification
#
# For our biopsies the answer is a class, but it should come with a degree of doubt. So the weighted sum,
# now called $z$, is bent into a probability by the *logistic function*
#
# $$p = \sigma(z) = \frac{1}{1 + e^{-z}}.$$

# %% mystnb={"image": {"alt": "The logistic function, an S-shaped curve from 0 at z = −6 to 1 at z = 6, through one half at z = 0."}}
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

z = np.linspace(-6, 6, 100)
plt.figure(figsize=(5, 2.5))
plt.plot(z, sigmoid(z))
plt.xlabel("z")
plt.ylabel("p");

# %% [markdown]
# A model of this kind is a *logistic regression*, and medicine has used it for decades. Its probabilities
# are called `y_score` in this course, and the decisions made of them, here with a threshold of one half,
# `y_pred`.

# %%
logistic = LogisticRegression(max_iter=1000).fit(x_train, y_train)
y_score = logistic.predict_proba(x_test)[:, 1]
y_pred = (y_score > 0.5).astype(int)
print(f"accuracy {evaluation.accuracy(y_test, y_pred):.2f}")
print(f"AUROC    {evaluation.auroc(y_test, y_score):.3f}")

# %% [markdown]
# The *AUROC* needs no threshold: it is the chance that of two biopsies, one malignant and one benign, the
# malignant one gets the higher score. One half is guessing, 1 is perfect. Thirty measures do better than
# one, and this model leaves little to do. Keep that in mind: it is the baseline that a net must beat.

# %%
claim("logistic regression on thirty measures is more accurate than a threshold on one",
      evaluation.accuracy(y_test, y_pred).value > accuracy_threshold.value)

# %% [markdown]
# ## A neural net from nothing
#
# A neural net is a few such models, one behind the other. Ours has two. The first makes eight new measures
# $h$ of the thirty old ones, the second makes the decision from those:
#
# $$a = x W_1 + b_1, \qquad h = \max(0, a), \qquad z = h W_2 + b_2, \qquad p = \sigma(z).$$
#
# Without the $\max$, two weighted sums would be one weighted sum. With it, each of the eight *hidden units*
# is silent for some biopsies and speaks for others, and the net can bend. Nobody says what the eight should
# measure. That is left to training.

# %%
def forward(x, W1, b1, W2, b2):
    a = x @ W1 + b1  # (n, 8): n biopsies, 8 hidden units
    h = np.maximum(0, a)
    return h, h @ W2 + b2  # z is (n, 1): one number a biopsy

x, y = x_train, y_train[:, None]  # (n, 30) and (n, 1)
rng = np.random.default_rng(0)
W1, b1 = rng.normal(0, np.sqrt(2 / 30), (30, 8)), np.zeros(8)
W2, b2 = rng.normal(0, np.sqrt(2 / 8), (8, 1)), np.zeros(1)
start = [W1, b1, W2, b2]
print("numbers to learn:", sum(w.size for w in start))

# %% [markdown]
# The weights start at random: if all were alike, all hidden units would learn the same. How large they
# start is a matter of craft; with a spread of $\sqrt{2/\text{inputs}}$ the numbers neither grow nor fade
# from layer to layer.
#
# ### What an error costs: cross-entropy
#
# To learn, the net must know how wrong it is. If it gave the truth a probability of $p$, let that cost it
# $-\log p$. **What does it cost to be sure and wrong?**

# %% mystnb={"image": {"alt": "The cost of a prediction against the probability given to the truth: near zero at probability 1, rising steeply toward the left, without bound as the probability falls to zero."}}
p = np.linspace(0.001, 1, 500)
plt.figure(figsize=(5, 2.5))
plt.plot(p, -np.log(p))
plt.xlabel("probability that was given to the truth")
plt.ylabel("cost");

# %% [markdown]
# Nearly nothing where it was sure and right, 0.69 for a shrug, and no limit where it was sure and wrong.
# The mean over all biopsies is the *cross-entropy*. The probability of the truth is $p$ where $y = 1$ and
# $1 - p$ where $y = 0$, which one line can say:
#
# $$L = -\frac1n \sum \big( y \log p + (1 - y) \log (1 - p) \big).$$
#
# With $p = \sigma(z)$ this is the mean of $\log(1 + e^z) - y z$, the same number, and safe where $p$ is so
# near to 0 or 1 that its logarithm fails. (With more than two classes, $L$ is still the mean of $-\log$ of
# the probability that the true class got: notebook 2.)

# %%
def cross_entropy(y, z):
    return np.mean(np.logaddexp(0, z) - y * z)

h, z = forward(x, *start)
p = sigmoid(z)
print(f"as in the formula {-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)):.6f}")
print(f"the safe way      {cross_entropy(y, z):.6f}")

# %% [markdown]
# ### Which way is down: backpropagation
#
# The net should change its weights so that $L$ falls. Which way, the derivative of $L$ by each weight says,
# and there is one for each. Nobody computes them one by one: *backpropagation* walks through the net from
# its end, and each step reuses the one before. That is the chain rule, and nothing more. The first step is
# pleasantly simple, the probability minus the truth:
#
# $$\frac{\partial L}{\partial z} = \frac{p - y}{n}, \qquad
# \frac{\partial L}{\partial W_2} = h^\top \frac{\partial L}{\partial z}, \qquad
# \frac{\partial L}{\partial a} = \Big(\frac{\partial L}{\partial z} W_2^\top\Big) \cdot [a > 0], \qquad
# \frac{\partial L}{\partial W_1} = x^\top \frac{\partial L}{\partial a}.$$
#
# The bracket is 1 where a unit spoke and 0 where it was silent: who was silent has no share in the error.

# %%
def gradients(x, y, W1, b1, W2, b2):
    h, z = forward(x, W1, b1, W2, b2)
    dz = (sigmoid(z) - y) / len(y)  # (n, 1)
    da = (dz @ W2.T) * (h > 0)  # (n, 8)
    return [x.T @ da, da.sum(0), h.T @ dz, dz.sum(0)]

[g.shape for g in gradients(x, y, *start)]

# %% [markdown]
# One derivative for each weight, in the shapes of $W_1, b_1, W_2, b_2$. **Are they right?** A slip in such
# lines does not stop the program, it only makes it learn badly. So we check: nudge each weight a little up
# and a little down, and see how much the loss really changes.

# %%
numeric = [np.zeros_like(w) for w in start]
for w, slope in zip(start, numeric):
    for place in np.ndindex(w.shape):
        kept = w[place]
        w[place] = kept + 1e-6
        above = cross_entropy(y, forward(x, *start)[1])
        w[place] = kept - 1e-6
        below = cross_entropy(y, forward(x, *start)[1])
        w[place], slope[place] = kept, (above - below) / 2e-6

# %%
off = max(np.abs(g - slope).max() for g, slope in zip(gradients(x, y, *start), numeric))
claim("all derivatives by hand agree with those by nudging to 1e-7", off < 1e-7)

# %% [markdown]
# ### Going down: gradient descent
#
# Take a few biopsies, a *batch*, compute the derivatives $g$ on these, and move each weight a little
# against its own:
#
# $$w \leftarrow w - \alpha\, g.$$
#
# $\alpha$ is the *learning rate*. Then take the next batch. That is how nets of any size are trained.

# %%
batches = [rng.choice(len(x), size=32, replace=False) for step in range(300)]

weights, losses_descent = start, []
for batch in batches:
    losses_descent.append(cross_entropy(y[batch], forward(x[batch], *weights)[1]))
    g = gradients(x[batch], y[batch], *weights)
    weights = [w - 0.1 * slope for w, slope in zip(weights, g)]

print(f"loss: first batch {losses_descent[0]:.2f}, mean of the last 50 {np.mean(losses_descent[-50:]):.2f}")

# %% [markdown]
# It learns. But one rate has to serve all weights, those with steep slopes and those with flat ones.
#
# ### Going down faster: Adam
#
# *Adam* keeps two running means for each weight, $m$ of its slopes and $v$ of their squares, and divides
# the one by the root of the other. So a weight whose slopes are small but agree moves as far as one whose
# slopes are large; one whose slopes keep changing sign hardly moves.
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,$$
#
# $$\hat\alpha = \alpha\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}, \qquad
# w \leftarrow w - \hat\alpha\, \frac{m}{\sqrt v + \varepsilon}.$$
#
# Both means start at 0 and are too small in the first steps $t$; $\hat\alpha$ makes up for that. The
# paper's values are $\beta_1 = 0.9$ and $\beta_2 = 0.999$; $\varepsilon$ only prevents a division by zero.

# %%
def adam(weights, g, m, v, t, alpha=0.01, beta1=0.9, beta2=0.999, epsilon=1e-7):
    m = [beta1 * mean + (1 - beta1) * slope for mean, slope in zip(m, g)]
    v = [beta2 * mean + (1 - beta2) * slope**2 for mean, slope in zip(v, g)]
    alpha = alpha * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    weights = [w - alpha * mean / (np.sqrt(square) + epsilon) for w, mean, square in zip(weights, m, v)]
    return weights, m, v

# %% [markdown]
# The same start, the same batches, and only the step is another.

# %% mystnb={"image": {"alt": "Loss over 300 steps for gradient descent and Adam, each smoothed over 20 batches. Both fall; Adam falls faster and ends lower."}}
weights, m, v, losses_adam = start, [0] * 4, [0] * 4, []
for t, batch in enumerate(batches, start=1):
    losses_adam.append(cross_entropy(y[batch], forward(x[batch], *weights)[1]))
    weights, m, v = adam(weights, gradients(x[batch], y[batch], *weights), m, v, t)

losses = pd.DataFrame({"gradient descent": losses_descent, "Adam": losses_adam})
ax = losses.rolling(20).mean().plot(xlabel="step", ylabel="loss, mean of 20 batches", logy=True)
ax.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5], [0.02, 0.05, 0.1, 0.2, 0.5], minor=False)
ax.minorticks_off()

# %%
claim("on these batches Adam's loss is lower than gradient descent's",
      losses["Adam"].mean() < losses["gradient descent"].mean())
p_test = sigmoid(forward(x_test, *weights)[1])[:, 0]
print(f"AUROC on the test set: {evaluation.auroc(y_test, p_test):.3f}")

# %% [markdown]
# One pair of learning rates is no race: try 0.01 and 1 for gradient descent. What has made Adam the usual
# choice is that it mostly does well without such trying. Our net, by the way, ranks the test biopsies about
# as well as logistic regression did.
#
# ### The same net in Keras
#
# From here on nobody writes derivatives. In *Keras* one says what the layers are, and the rest follows: the
# forward pass, backpropagation, the optimiser. **Will it be the same net?** We give it our first weights
# and our batches, and look at the loss of every step. (The import takes some seconds.)

# %%
import keras

model = keras.Sequential([
    keras.Input((30,)),
    keras.layers.Dense(8, activation="relu"),
    keras.layers.Dense(1),
])
model.set_weights(start)
model.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
model.count_params()

# %% [markdown]
# The same count as ours. A `Dense` layer is $xW + b$, "relu" is $\max(0, \cdot)$, and `from_logits=True`
# says that the net gives $z$, not $p$. Now the steps. (`reset_metrics` asks for the loss of this batch;
# without it some versions of Keras report the mean over all batches so far.)

# %%
losses_keras = []
for batch in batches:
    model.reset_metrics()
    losses_keras.append(float(model.train_on_batch(x[batch], y[batch])))

off = np.abs(np.array(losses_keras) - losses_adam)
claim("all 300 losses of NumPy and Keras agree to 1e-5", off.max() < 1e-5)

# %% mystnb={"image": {"alt": "The difference between the losses of NumPy and Keras over 300 steps on a logarithmic axis: all dots lie below a dotted line at one in a hundred thousand."}}
plt.semilogy(off, ".", markersize=3)
plt.axhline(1e-5, color="0.4", linestyle=":")
plt.xlabel("step")
plt.ylabel("difference of the losses");

# %% [markdown]
# What remains is rounding: Keras computes with seven digits, NumPy with sixteen. So there is no magic in
# the library: in this training it did nothing that you have not just written yourself. What it adds are
# many kinds of layer, speed, and the derivatives of whatever you put together.
#
# ## When does depth help?
#
# A net with many layers is called deep. **Before you go on: will one beat logistic regression on the
# biopsies?** Here is one with three hidden layers of 64 units. `training.fit` is the course's short name for "train
# until the loss on the validation cases has not fallen for some rounds, then put the best weights back".

# %%
from medlearn import training

def deep_net(inputs, last):
    hidden = [keras.layers.Dense(64, activation="relu") for layer in range(3)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(1, activation=last)])

training.set_seed(0)
deep = deep_net(30, last="sigmoid")
deep.compile("adam", "binary_crossentropy")
print(f"{deep.count_params():,} weights, for {len(x_train)} biopsies")

# %% mystnb={"image": {"alt": "Loss of the deep net over the epochs: on the training biopsies it falls steadily, on the validation biopsies it falls at first and then stays or rises."}}
history = training.fit(deep, (x_train, y_train), (x_validation, y_validation), epochs=60)
plots.history(history, data=cells);

# %% [markdown]
# An *epoch* is one round through all training cases. The training loss falls and falls; the validation loss
# stops, and from there the net only learns its training cases by heart. That is *overfitting*, the matter
# of notebook 6.

# %% tags=["nbval-ignore-output"]
deep_score = deep.predict(x_test, verbose=0)[:, 0]
gain_cells = evaluation.auroc_difference(y_test, deep_score, y_score)
print(f"AUROC of the deep net {evaluation.auroc(y_test, deep_score):.3f}")
print(f"more than logistic regression by {gain_cells:.3f}")

# %% [markdown]
# Whether it is better, the interval of the *difference* answers, for which both models are measured on the
# same patients. This one does not lie above zero. And on the other table? Now the answer is a number, so
# the loss is the squared error.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Mean error of three models of diabetes progression with intervals: always the mean, far to the right; the linear model and the deep net, further left and with overlapping intervals."}}
scaler = StandardScaler().fit(diabetes.train.x)

def scale(split):
    return scaler.transform(split.x), split.y / 100  # nets like numbers around 1

training.set_seed(0)
deep = deep_net(10, last="linear")
deep.compile("adam", "mse")
training.fit(deep, scale(diabetes.train), scale(diabetes.validation), epochs=60)
y_deep = 100 * deep.predict(scale(diabetes.test)[0], verbose=0)[:, 0]
error_deep = evaluation.bootstrap(error, diabetes.test.y, y_deep)
errors = {"always the mean": error_mean, "linear": error_linear, "deep net": error_deep}
plots.estimates(errors, measure="mean error of the predicted progression", data=diabetes);

# %%
def saved(y_true, y_deep, y_linear):
    return error(y_true, y_linear) - error(y_true, y_deep)

gain_diabetes = evaluation.bootstrap(saved, diabetes.test.y, y_deep, linear.predict(diabetes.test.x))
claim("on the biopsies no advantage of depth is shown", not gain_cells.clears(0))
claim("on diabetes no advantage of depth is shown", not gain_diabetes.clears(0))

# %% [markdown]
# On both tables the linear model is as good, as far as these patients can tell. It trains in a moment, its
# weights can be read, and it needs few cases. That is no accident of our two tables: in a review of 71
# studies with clinical data, the careful comparisons found no advantage of machine learning over logistic
# regression [1], and on larger tables forests of decision trees are still hard to beat [2].
#
# ### Films
#
# A column of a table means the same in every row. A pixel does not: the opacity that means pneumonia may
# lie in any part of either lung. A linear model has one weight for each pixel, so what it learns can be
# looked at as a film. **What will it look like?**

# %% mystnb={"image": {"alt": "The weights of the linear model drawn as a film, red where a brighter pixel speaks for pneumonia, blue where against it: reddish patches over the lungs, speckled, without a clear shape."}}
flat = {part: split.x.reshape(len(split), -1) / 255 for part, split in films.splits.items()}
linear_film = LogisticRegression(C=0.1, max_iter=1000).fit(flat["train"], films.train.y)
weight = linear_film.coef_.reshape(28, 28)
plt.figure(figsize=(3, 3))
plt.imshow(weight, cmap="RdBu_r", vmin=-np.abs(weight).max(), vmax=np.abs(weight).max())
plt.axis("off")
plots.mark(plt.gcf(), data=films)

# %% [markdown]
# A stencil: brighter where it is red speaks for pneumonia, brighter where it is blue against it. It can
# only say where films differ on average. A *convolutional* layer instead slides small filters of 3 × 3
# pixels over the whole film, and asks everywhere the same question. The next layer asks its questions about
# the answers of the first, on a coarser film: edges, then textures, then shadows in a lung. (Notebook 2
# takes it apart.)

# %%
from keras import layers

training.set_seed(0)
convolutional = keras.Sequential([keras.Input((28, 28, 1))])
convolutional.add(layers.Rescaling(1 / 255))
convolutional.add(layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False))  # evens out dark and pale
for filters in (16, 32, 64):
    convolutional.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
    convolutional.add(layers.BatchNormalization(momentum=0.9))  # keeps the numbers around 0
    convolutional.add(layers.ReLU())
    convolutional.add(layers.AveragePooling2D(2))  # half the height, half the width
convolutional.add(layers.GlobalAveragePooling2D())
convolutional.add(layers.Dense(1, activation="sigmoid"))
print(f"{convolutional.count_params():,} weights; the linear model has {flat['train'].shape[1] + 1}")

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "AUROC on the test films with intervals: the convolutional net lies clearly to the right of the linear model, both right of the dotted line at one half."}}
convolutional.compile("adam", "binary_crossentropy")
training.fit(convolutional, films.train, epochs=15)  # no validation films given: all 15 epochs
score_linear = linear_film.decision_function(flat["test"])
score_convolutional = convolutional.predict(films.test.x, verbose=0)[:, 0]
patient = films.test.patient
both = {"linear": score_linear, "convolutional": score_convolutional}
aurocs = {name: evaluation.auroc(films.test.y, score, patient=patient) for name, score in both.items()}
plots.estimates(aurocs, measure="AUROC on the test films", chance=0.5, data=films);

# %%
gain_films = evaluation.auroc_difference(films.test.y, score_convolutional, score_linear, patient=patient)
claim("on the films the deep net ranks better than the linear model, beyond the interval", gain_films.clears(0))

# %% [markdown]
# Here depth earns its keep. As a rule of thumb: where someone has already turned the patient into
# well-chosen measures, in a table, start with a linear model and expect to stay there. Where the case is
# raw, a film, a sound, a text, a course in time, the measures must be learnt, and that is what the layers
# are for.
#
# ## Five difficulties
#
# Medicine's data are awkward in their own ways. Each of the following takes a few lines to see; the rest of
# the course is about what to do.
#
# ### 1. The ill are few
#
# Of the patients in intensive care most survive. **What accuracy does a program reach that says "survives"
# to everyone?** We set it beside a logistic regression on the last value of each measurement.

# %%
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

def features(split):
    return np.hstack([split.x.last(), split.x.static])  # one row a stay, with gaps

risk = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(),
                     LogisticRegression(C=0.1, max_iter=1000))
risk.fit(features(stays.train), stays.train.y)
y_score = risk.predict_proba(features(stays.test))[:, 1]

# %%
def measured(y_true, y_score):
    y_pred = (y_score > 0.5).astype(int)
    return {
        "accuracy": f"{evaluation.accuracy(y_true, y_pred):.2f}",
        "sensitivity": f"{evaluation.sensitivity(y_true, y_pred):.2f}",
        "AUROC": f"{evaluation.auroc(y_true, y_score):.2f}",
    }

y_true = stays.test.y
lazy = np.zeros(len(y_true))
pd.DataFrame({"always survives": measured(y_true, lazy), "logistic regression": measured(y_true, y_score)})

# %%
gain_accuracy = np.mean((y_score > 0.5) == y_true) - np.mean(lazy == y_true)
claim("the accuracy of a useless program is above 0.8", np.mean(lazy == y_true) > 0.8)
claim("a model that ranks far better than chance gains less than 0.03 of accuracy",
      evaluation.auroc(y_true, y_score).clears(0.65) and gain_accuracy < 0.03)

# %% [markdown]
# *Sensitivity* is the share that is found of those who die: for the lazy program, none. Accuracy sees next
# to no difference between a program that knows nothing and a model that ranks patients far better than
# chance. Notebook 5 is about measures that do see it.
#
# ### 2. What is missing says something
#
# Not every patient has a lactate. **Suppose all results were blacked out, and you saw only how often
# lactate was measured. Would that tell you who dies?**

# %% mystnb={"image": {"alt": "Share of patients who died, with intervals, by how often lactate was measured in two days: lowest where it never was, rising to highest where it was measured seven times or more."}}
names = ["never", "once", "2 or 3 times", "4 to 6 times", "7 times or more"]
often = pd.cut(lactates, [-1, 0, 1, 3, 6, 1000], labels=names)
died = {group: evaluation.proportion(stays.train.y[often == group] == 1) for group in names}
plots.estimates(died, measure="share who died in hospital", data=stays);

# %%
print(f"AUROC of the count alone: {evaluation.auroc(stays.train.y, lactates):.2f}")
claim("the number of lactate measurements, without one result, predicts death better than chance",
      evaluation.auroc(stays.train.y, lactates).clears(0.55))

# %% [markdown]
# A worried doctor orders a test, and the order knows what the doctor knows. So gaps must not be filled and
# forgotten; notebook 3 gives the model a `mask`, 1 where measured. But beware: such a model has learnt the
# habits of a hospital, not only the illness of its patients, and in a hospital with other habits it will
# err. In two hospitals in Boston, when a test was ordered predicted survival better than its result, for
# most tests [3].
#
# ### 3. Labels are few
#
# A film takes a moment to expose. To say what it shows takes a radiologist. **How much better does a linear
# model get with every doubling of the labelled films?** To save time, it is given the films' forty
# principal components, which need no label. Each dot is the mean of ten draws, the band its interval.

# %%
views = PCA(40, random_state=0).fit(flat["train"])
view_train, view_test = views.transform(flat["train"]), views.transform(flat["test"])

def auroc_from(count, seed):
    some = np.random.default_rng(seed).choice(len(films.train), count, replace=False)
    model = LogisticRegression(C=0.1).fit(view_train[some], films.train.y[some])
    return evaluation.auroc(films.test.y, model.decision_function(view_test)).value

counts = [25, 50, 100, 200, 400, 800]
curve = [evaluation.over_seeds([auroc_from(count, seed) for seed in range(10)]) for count in counts]

# %% mystnb={"image": {"alt": "AUROC of the linear model against the number of labelled films, on a logarithmic axis: it rises from 25 to 800 films, and the band around it narrows."}}
plt.fill_between(counts, [point.low for point in curve], [point.high for point in curve], alpha=0.3)
plt.semilogx(counts, [point.value for point in curve], "o-")
plt.xticks(counts, counts)
plt.minorticks_off()
plt.xlabel("labelled films")
plt.ylabel("AUROC on the test films")
plots.mark(plt.gcf(), data=films)

# %%
claim("more labels make the model better", curve[-1].low > curve[0].high)

# %% [markdown]
# Each step costs as many labels as all steps before it. Hence the interest in cases without a label, as
# above, in nets that have learnt to see on other pictures (notebook 2), and in made-up cases (notebook 4).
#
# ### 4. A name is not needed to recognise someone
#
# The stays carry no names. But somebody may know a few things: how old and how tall the patient was, man or
# woman, in which unit, and from a glance at the monitor, the heart rate on arrival. **Of a hundred stays,
# how many are the only ones with their combination of these five?**

# %% mystnb={"image": {"alt": "Share of stays that are unique, as one more fact becomes known: near zero with age alone and with sex, rising with height and unit, and above nine in ten with the first heart rate."}}
heart_rate = pd.Series(records.value, index=records.case)[records.variable == records.variables.index("HR")]
facts = pd.DataFrame(records.static, columns=records.static_names)[["Age", "Gender", "Height", "ICUType"]]
facts["first heart rate"] = heart_rate.groupby(level=0).first()
unique = [(~facts.iloc[:, : known + 1].duplicated(keep=False)).mean() for known in range(5)]
plt.figure(figsize=(7, 2.5))
plt.barh(["age", "+ sex", "+ height", "+ unit", "+ first heart rate"], unique)
plt.gca().invert_yaxis()
plt.xlabel("share of stays that are unique")
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# Then let us be that somebody. We pick a stay, pretend to know the five facts, and search the whole set for
# it.

# %%
alone = facts.index[~facts.duplicated(keep=False) & facts.notna().all(axis=1)][0]
fits = facts.eq(facts.loc[alone]).all(axis=1)
print(f"stays that fit: {fits.sum()}; its outcome: {stays.classes[stays.train.y[fits][0]]}")
claim("five harmless facts single out more than nine stays in ten", unique[-1] > 0.9)

# %% [markdown]
# One fits, and with it come every blood value of two days, and the outcome. (We took the facts from the set
# itself and looked for no real person. Nor must you, ever: the rules that such data come with forbid it.)
# To remove the names is called *de-identification*, and it is not anonymity: in the United States, fifteen
# facts were estimated to single out nearly everyone [4]. The Trust part of this course shows what can be
# done.
#
# ### 5. The same patient on both sides
#
# Patients come again. They have a film on Monday and one on Friday, visits in spring and in autumn, six
# shifts in two days of intensive care. It is tempting to take each visit for a case and to split the cases
# at random. Let us do that with the stays: cut each into shifts of eight hours, and predict death from
# every shift, by the outcomes of the five shifts in the training set that are most like it.

# %%
values = records.grid(hours=48, step=8).values  # (stays, 6 shifts, variables)
static = np.repeat(records.static[:, None, :], 6, axis=1)
x_shift = np.concatenate([values, static], axis=2).reshape(6 * len(records), -1)
y_shift, patient = np.repeat(stays.train.y, 6), np.repeat(stays.train.patient, 6)
x_shift.shape

# %% [markdown]
# One row a shift, and for each the patient it belongs to. We split twice: shifts at random, as many
# articles do, and by patient, so that all shifts of a stay are on one side. The model is the same, and so
# is the share of test cases. **Which gives the higher score, and by how much?**

# %% mystnb={"image": {"alt": "AUROC of the same model in two splits, with intervals: high when shifts are split at random, much lower and nearer to chance when patients are kept whole."}}
from medlearn.data import split_by_patient
from sklearn.neighbors import KNeighborsClassifier

def score_of(train, test):
    model = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(),
                          KNeighborsClassifier(5)).fit(x_shift[train], y_shift[train])
    return evaluation.auroc(y_shift[test], model.predict_proba(x_shift[test])[:, 1], patient=patient[test])

at_random = split_by_patient(np.arange(len(y_shift)), shares=(0.7, 0.3))  # as if each shift were a patient
by_patient = split_by_patient(patient, shares=(0.7, 0.3))
leak = {"shifts at random": score_of(*at_random), "by patient": score_of(*by_patient)}
plots.estimates(leak, measure="AUROC", chance=0.5, data=stays);

# %%
claim("split at random, the same model seems better by more than 0.08 of AUROC",
      leak["shifts at random"].value - leak["by patient"].value > 0.08)

# %% [markdown]
# Nothing about the model changed. In the first split it recognised the patient, whose age, height and usual
# values it had seen with the outcome attached, and that is of no use when a new patient comes. This is a
# *leak*, and leaks are common: in a review of studies with phones and wearable sensors, almost half had
# split this way [5], and leaks of all kinds have been found in hundreds of papers [6]. In this course,
# splits are made by patient.
#
# ## What it is good for
#
# Computers have been good at medicine before. In 1979, experts who did not know who had prescribed rated
# the antibiotics chosen by MYCIN, a program of a few hundred rules, at least as high as those of their
# colleagues [7]. In 1991, a net little larger than ours told heart attacks from other chest pain better
# than the doctors on duty [8]. Neither came into routine use. Backpropagation was known by then [9]; what
# came later were large labelled collections and machines to train on them. In 2016, a deep net found
# diabetic disease of the retina about as well as ophthalmologists [10].
#
# **Why deep learning**, then: it learns its own measures from raw cases, and it goes on improving with more
# of them where other models level off. **When not**: with a table, with few cases, where the weights must
# be read, where a simple rule does, and where the question is what a treatment *causes*, which no
# prediction answers.
#
# **Can it replace doctors?** On selected pictures, nets and professionals did about equally well in a
# review of 2019, but few of its studies had tested both on the same patients, or in another hospital than
# their own [11]. Outside, things go wrong that no test set shows. Nets for pneumonia had learnt to tell
# hospitals apart, and hospital alone gave an AUROC of 0.86 where one had far more pneumonia than the other
# [12]. A warning of sepsis, in use in hundreds of hospitals, reached 0.63 when others measured it [13]. And
# it can go right: in a randomised trial with 80,000 women, a net decided which mammograms one radiologist
# should read and which two, and no fewer cancers were found with 44 % less reading [14]. Less reading, and
# not none. A net answers the one question it was trained on; whom to ask it about, what else it could be,
# and what to do about it, remain somebody's responsibility.
#
# <details><summary><b>Reading popular articles: faults to look for</b></summary>
#
# | what you read | what is wrong | where |
# |---|---|---|
# | sliding windows over one table of all patients | windows reach from one patient into the next, and lie on both sides of the split | 1, 3 |
# | the label among the inputs | it predicts what it was told | 3 |
# | augmented test pictures | no longer the patients' | 2 |
# | mirrored chest films | the heart changes sides | 2 |
# | one accuracy, no interval, no baseline | may be the majority class, may be luck | 1, 5 |
# | a net for photographs of cats, said to be medical | shows nothing about medicine | 2 |
# | "deep nets are easy to explain" | they are not; what can be shown are hints | 2 |
#
# </details>
#
# ## Exercises
#
# Each answers you: `check` says what is wrong with an answer, `hint` helps, `solution` shows the code.
#
# **1. A loss by hand.** Three biopsies are malignant, benign, malignant; a model gives them probabilities
# of malignancy of 0.9, 0.2 and 0.4. What is the cross-entropy?

# %%
loss = ...
ch01.q1.check(loss)

# %% [markdown]
# **2. One step of Adam.** A weight is 2.0, its first derivative 4.0, the learning rate 0.1. Where is the
# weight after this step? (And where would it be if the derivative were 0.004?)

# %%
weight_after = ...
ch01.q2.check(weight_after)

# %% [markdown]
# **3. The laziest program** gives everyone the same answer, the more common one. Write its accuracy as a
# function of the prevalence, the share of the ill.

# %%
def lazy_accuracy(prevalence):
    return ...

ch01.q3.check(lazy_accuracy)

# %% [markdown]
# **4. Where is the leak?** Which of these plans let the model know what it could not know? Give a set of
# letters.
#
# - **A** Standardise all cases with the mean and spread of all cases, then split by patient.
# - **B** Split by patient, then add slightly turned copies of the training films to the training set.
# - **C** Cut the stays into shifts and split the shifts at random.
# - **D** Keep the ten columns that go best with `y` over all cases, then cross-validate a model on these.
# - **E** Choose the threshold on the validation set and report the sensitivity on the test set.
# - **F** Predict, at admission, death in hospital from age, heart rate and the length of the stay.

# %%
leaks = ...
ch01.q4.check(leaks)

# %% [markdown]
# **5. Split by patient.** `patient` holds the patient number of each case. Return an array of True and
# False, True for the cases of about 30 % of the patients, so that no patient is on both sides.

# %%
def split(patient):
    return ...

ch01.q5.check(split)

# %% [markdown]
# **6. How many numbers are learnt** by a net of `Dense` layers with 30 inputs, 16 and then 8 hidden units,
# and one output? (For your answer, Keras is not needed.)

# %%
parameters = ...
ch01.q6.check(parameters)

# %% [markdown]
# **7. Sensitivity.** What is the sensitivity of this screening test?
#
# | | cancer | no cancer |
# |---|---|---|
# | called malignant | 36 | 30 |
# | called benign | 12 | 222 |

# %%
sensitivity = ...
ch01.q7.check(sensitivity)

# %% [markdown]
# ## What we learnt
#
# - The opening question has a sober answer: thirty measurements tell malignant from benign nearly always, and a
#   logistic regression is all it takes. A deep net was no better.
# - A case is a film, a stay or a row; `x` is what is known, `y` what is asked, `patient` whose it is.
# - A net is weighted sums with bends between them. It learns by walking down the slope of the cross-entropy, and
#   backpropagation is the chain rule. Keras does what we did by hand, to the fifth digit.
# - On tables a linear model is hard to beat; on films depth pays. The interval of the difference decides.
# - Accuracy without the prevalence says nothing; gaps speak; labels cost; facts identify; patients must be kept
#   whole.
#
# All notebooks of this course go the same way: the question, the data and whose they are, a baseline, the
# model, its training, a result with its interval, where it fails, and what it must not be used for.
# **Onward**: notebook 2, [*CNN diagnosis*](02_cnn_diagnosis.ipynb), takes the net for films apart and builds it up again.
#
# <details><summary><b>Sources</b></summary>
#
# Data: breast cancer, Street, Wolberg, Mangasarian, Proc. SPIE 1905:861 (1993), doi:10.1117/12.148698.
# Diabetes, Efron, Hastie, Johnstone, Tibshirani, Ann. Stat. 32:407 (2004), doi:10.1214/009053604000000067.
# Films, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al., Sci. Data 10:41
# (2023), CC BY 4.0. Stays, where real: PhysioNet/CinC Challenge 2012, Silva et al., Comput. Cardiol. 39:245
# (2012); Goldberger et al., Circulation 101:e215 (2000). Adam: Kingma, Ba, arXiv:1412.6980; its equations
# stand here in the order that section 2 of the paper recommends for speed, which is also that of Keras.
#
# 1. Christodoulou et al., J. Clin. Epidemiol. 110:12 (2019), doi:10.1016/j.jclinepi.2019.02.004
# 2. Grinsztajn, Oyallon, Varoquaux, NeurIPS Datasets and Benchmarks (2022)
# 3. Agniel, Kohane, Weber, BMJ 361:k1479 (2018), doi:10.1136/bmj.k1479
# 4. Rocher, Hendrickx, de Montjoye, Nat. Commun. 10:3069 (2019), doi:10.1038/s41467-019-10933-3
# 5. Saeb et al., GigaScience 6(5):1 (2017), doi:10.1093/gigascience/gix019
# 6. Kapoor, Narayanan, Patterns 4:100804 (2023), doi:10.1016/j.patter.2023.100804
# 7. Yu et al., JAMA 242:1279 (1979)
# 8. Baxt, Ann. Intern. Med. 115:843 (1991), doi:10.7326/0003-4819-115-11-843
# 9. Rumelhart, Hinton, Williams, Nature 323:533 (1986), doi:10.1038/323533a0
# 10. Gulshan et al., JAMA 316:2402 (2016), doi:10.1001/jama.2016.17216
# 11. Liu et al., Lancet Digit. Health 1:e271 (2019), doi:10.1016/S2589-7500(19)30123-2
# 12. Zech et al., PLoS Med. 15:e1002683 (2018), doi:10.1371/journal.pmed.1002683
# 13. Wong et al., JAMA Intern. Med. 181:1065 (2021), doi:10.1001/jamainternmed.2021.2626
# 14. Lång et al., Lancet Oncol. 24:936 (2023), doi:10.1016/S1470-2045(23)00298-X
#
# </details>
