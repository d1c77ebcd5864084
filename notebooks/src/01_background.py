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
# > **Is it cancer? And is a neural network the right tool to say so?**
#
# At the end of this notebook you can
#
# - look at an X-ray, a stay and a table as data, and tell supervised, unsupervised and semi-supervised
#   learning apart by what each is given;
# - write a neural network with nothing but NumPy, train it, and find the same numbers in Keras;
# - decide from the interval of a difference whether one model is better than another;
# - recognise seven difficulties in a medical data set before they fool you.
#
# **Time**: about 3½ hours, in two sittings, with the exercises. **You need**: Python's loops, functions and
# arrays, and what a mean, a probability and a derivative are. No machine learning, no medicine. **Data**: two
# real tables that come with scikit-learn, and chest X-rays and intensive-care stays, which are simulated
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
from medlearn import claim, evaluation, load, plots
from medlearn.exercises import ch01
from medlearn.plots import drawings
plots.use_style()

# %% [markdown]
# ## The question
#
# A needle draws cells from a lump in the breast, a computer outlines their nuclei in the microscope's
# picture, and thirty measures are taken: the mean radius of the nuclei, their texture, how dented their
# outline is, and so on. Each dot is a real *biopsy*, by two of its measures. **Where would you draw the line
# between benign and malignant?**

# %% mystnb={"image": {"alt": "Scatter of biopsies over mean radius and mean number of concave points of the nuclei. Benign ones lie at small values, malignant ones at large values; in a band between radius 12 and 16 both kinds occur."}, "figure": {"caption": "Two of thirty measures of the real training biopsies, dots benign, crosses malignant; the Wisconsin breast cancer data."}}
cells = load("breast_cancer")
y_train, y_validation, y_test = (1 - split.y for split in cells.splits.values())
radius, dents = cells.train.x[:, 0], cells.train.x[:, 7]
plt.figure(figsize=(6, 3.2))
for label, name in enumerate(["benign", "malignant"]):
    is_kind = y_train == label
    plt.scatter(radius[is_kind], dents[is_kind], s=15, marker="ox"[label], label=name)
plt.xlabel("mean radius of the nuclei (the file names no unit)")
plt.ylabel("mean concave points")
plt.legend();

# %% [markdown]
# Any line leaves some biopsies on the wrong side: the two kinds overlap. How well can a computer do, and how
# would anybody know?
#
# The second line of code turns the labels around: in this file 1 means *benign*, and in this course 1 is
# always what we look for. And some patients are missing: these are selected biopsies from one centre, without
# those in which the needle drew no clear cells.
#
# ## What a case looks like
#
# A model never meets a patient. It meets a *case*, what was written down about one: a row in a table, as
# above; a picture; or a course of measurements in time.
#
# ### A picture
#
# A chest X-ray is a shadow. Bone and heart stop X-rays and come out white, air lets them through and comes
# out dark. In *pneumonia*, an infection of the lungs, fluid takes the place of air, and part of a lung turns
# grey. Below, the course's simulator draws a healthy and a sick child at 96 × 96 dots; then the same two
# children at 28 × 28. **What is lost?**

# %% mystnb={"image": {"alt": "Four simulated chest X-rays. Upper row, 96 pixels wide: a normal chest with two dark lungs beside a white heart, and one with pneumonia, where parts of the lungs are grey. Lower row: the same two at 28 pixels, in coarse squares, ribs gone, the grey parts still visible."}, "figure": {"caption": "A healthy and a sick child's chest X-ray at 96 and at 28 pixels a side; simulated."}}
from medlearn.data.images import draw_films

children = {"seed": 1, "severity": 0.9, "scanner": 0}
large, _ = draw_films([0, 1], pixels=96, **children)
small, _ = draw_films([0, 1], pixels=28, **children)
films = load("pneumonia")
print("images, height, width, channels:", films.train.x.shape)
print("a corner of the first:", films.train.x[0, 10, 10:18, 0])
titles = ["normal (drawn)", "pneumonia (drawn)",
          "normal, 28 px", "pneumonia, 28 px"]
figure = plots.pictures([*large, *small], titles=titles, columns=2, data=films)
figure.set_size_inches(3.7, 4.0)

# %% [markdown]
# The ribs are lost, the large shadow is not. We work with 28 × 28 dots to be quick; an X-ray in a clinic has
# millions. These X-rays are drawn by formulas, without physics or any other disease. They say nothing about
# patients.
#
# The computer sees no shadow and no lung. It gets one number for each dot, a *pixel*, from 0 (black) to 255
# (white), as in the printed corner. Such numbers are called `x`, one case a row, and the answer for each is
# `y`: here 1 for pneumonia and 0 for normal. (A grey image has one *channel*; a colour image has three.)
#
# ### A course in time
#
# In intensive care, nurses and laboratories measure when there is reason to: the heart rate often;
# *creatinine*, which rises as the kidneys fail, once or twice a day; *lactate*, which rises when tissue lacks
# oxygen, when somebody worries. The question about each *stay* is whether the patient died in hospital. Here
# is a typical stay of a patient who died, with a dot for every measurement in the first two days.

# %% mystnb={"image": {"alt": "Three rows of dots over 48 hours of one stay: heart rate per minute, measured most often, creatinine in mg/dl and lactate in mmol/l, each a few times and at uneven distances."}, "figure": {"caption": "Every measurement of three variables in one stay of two days; simulated intensive-care data."}}
stays = load("icu")
records = stays.train.x
is_lactate = records.variable == records.variables.index("Lactate")
lactates = np.bincount(records.case[is_lactate], minlength=len(records))
died = np.flatnonzero(stays.train.y == 1)
middle = np.argsort(lactates[died])[len(died) // 2]
one = records.frame(died[middle])  # of those who died, half had fewer lactates
units = {"HR": "per minute", "Creatinine": "mg/dl", "Lactate": "mmol/l"}
figure, axes = plt.subplots(3, figsize=(6, 3.6), sharex=True)
for ax, (variable, unit) in zip(axes, units.items()):
    rows = one[one.variable == variable]
    ax.plot(rows.time, rows.value, "o-", markersize=4, linewidth=0.8)
    ax.set_ylabel(f"{variable}\n{unit}")
axes[-1].set_xlabel("hours since admission to intensive care")
plots.mark(figure, data=stays)

# %% [markdown]
# Three rhythms in one stay, and none is regular. Every X-ray has the same number of pixels, but each stay has
# its own number of measurements. So a stay is not a row of numbers, and most models want one (notebook 3).
#
# ### Whose cases: train, validation, test
#
# Before anything is learnt, the cases are divided into three parts, patient by patient.

# %% mystnb={"image": {"alt": "Drawing of ten patients as circles with their images as squares above them. Patients 1 to 6 lie in a box called train, learn the weights; 7 and 8 in a box called validation, make choices; 9 and 10 in a box called test, look once, at the end."}}
drawings.split_by_patient()

# %% [markdown]
# A model learns from `train`. Its *hyperparameters*, what must be chosen about it, are chosen on
# `validation`. `test` is kept for the end: only cases without a part in any decision tell how the model will
# do on the next patient. In this notebook the test biopsies are scored by three models (and by one of yours),
# the test X-rays by three, each once.
#
# ## Three ways to learn
#
# ### With labels: supervised
#
# Someone examined each lump and wrote down what it was. To learn from such *labels* is called *supervised
# learning*, and its smallest model is a threshold: call a biopsy malignant if its nuclei are larger than some
# radius. To *train* this model is to try all thresholds and keep the one that errs least on the training
# cases. All training is such a search, for numbers that make few errors.

# %%
thresholds = np.arange(6, 30, 0.25)
right = [np.mean((radius > threshold) == y_train) for threshold in thresholds]
threshold = thresholds[np.argmax(right)]
y_pred = (cells.test.x[:, 0] > threshold).astype(int)
accuracy = evaluation.accuracy(y_test, y_pred)
print(f"threshold {threshold}, accuracy on the test set {accuracy:.2f}")
claim("one measure and one threshold are better than calling every biopsy benign",
      accuracy.clears(np.mean(y_test == 0)),
      shown=f"{accuracy:.2f}, against {np.mean(y_test == 0):.2f}")

# %% [markdown]
# *Accuracy* is the share of right decisions. The brackets hold its *interval*: other patients would have
# given another figure, and the accuracy on all such patients may well lie anywhere between the two numbers.
# (Of 100 such intervals, about 95 hold the truth.)
#
# The line with the tick is a *claim*: the code checks what the text concludes. If you change something and a
# conclusion no longer holds, its line says so.
#
# ### Exercise 1: Learn a threshold
#
# The cell above tries thresholds that suit a radius. Write the training for any measure: from `values` and
# labels `y`, return a threshold for which `values > threshold` is right most often.

# %%
def best_threshold(values, y):
    return ...

ch01.q1.check(best_threshold)

# %% [markdown]
# ### Without labels: unsupervised
#
# Suppose nobody had looked into the lumps. Thirty numbers a biopsy cannot be drawn, but they can be projected
# onto the two directions in which the biopsies differ most, their *principal components*. First each measure
# is *standardised*, brought to mean 0 and *standard deviation* (spread) 1, so that measures with large
# numbers do not drown the others. Both come from the training cases alone.
#
# *k-means* with two *clusters* puts two centres into the thirty dimensions, gives each biopsy to the nearer
# one, moves each centre into the middle of its biopsies, and repeats until nothing changes. It sees no label.
# **Do its two clusters have anything to do with cancer?**

# %% mystnb={"image": {"alt": "A cloud of biopsies over two principal components, drawn twice. Left, dots and crosses are the two clusters of k-means; right, dots are benign and crosses malignant. The two pictures nearly agree."}, "figure": {"caption": "The training biopsies over their first two principal components, marked by cluster and by diagnosis."}}
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

scaler = StandardScaler().fit(cells.train.x)
x_train, x_validation, x_test = (scaler.transform(s.x) for s in cells.splits.values())
components = PCA(n_components=2, random_state=0).fit_transform(x_train)
cluster = KMeans(n_clusters=2, n_init=10, random_state=0).fit_predict(x_train)
cluster = abs(cluster - (np.mean(cluster == y_train) < 0.5))  # names are by chance
figure, axes = plt.subplots(1, 2, figsize=(7, 2.7), sharey=True)
titles = ["clusters, found without a label", "diagnoses: × is malignant"]
for ax, group, title in zip(axes, (cluster, y_train), titles):
    for value in (0, 1):
        ax.scatter(*components[group == value].T, s=15, marker="ox"[value])
    ax.set(title=title, xlabel="first component")
print(f"agree: {np.mean(cluster == y_train):.0%}")

# %% [markdown]
# About nine in ten agree: malignant and benign are different enough to be found without a teacher. But
# nothing told the algorithm that this difference matters. With other measures it might have sorted the
# biopsies by the laboratory that stained them: unsupervised learning finds structure, not its meaning.
#
# ### With a few labels: semi-supervised
#
# Labels cost a pathologist's time, measurements do not. *Semi-supervised learning* uses few labelled and many
# unlabelled cases. Its simplest kind, *self-training*, trains on the few, labels the cases that the model is
# sure of, and trains again with them. With three labels of each kind this helps on our biopsies; with thirty
# there is little left to gain. A model that is sure of something wrong teaches it to itself; to notice that
# takes labels.
#
# <details><summary><b>Self-training in twelve lines</b>, to paste in after the next section</summary>
#
# ```python
# from sklearn.semi_supervised import SelfTrainingClassifier
#
# def gain(few, seed):
#     rng = np.random.default_rng(seed)
#     known = np.concatenate([rng.choice(np.flatnonzero(y_train == label), few, replace=False)
#                             for label in (0, 1)])
#     y_known = np.full(len(y_train), -1)  # -1 means: no label
#     y_known[known] = y_train[known]
#     model = LogisticRegression(solver="liblinear")
#     taught = SelfTrainingClassifier(model, threshold=0.9).fit(x_train, y_known)
#     score_taught = taught.score(x_validation, y_validation)
#     alone = model.fit(x_train[known], y_train[known])
#     return score_taught - alone.score(x_validation, y_validation)
#
# for few in (3, 30):
#     print(few, evaluation.over_seeds([gain(few, seed) for seed in range(20)]))
# ```
#
# </details>
#
# ## From data to a prediction
#
# A question about a case asks *how much*, for a number (*regression*), or *which*, for a class
# (*classification*).
#
# ### How much: regression
#
# In 442 patients with diabetes ten things were noted: body-mass index, blood pressure, six blood values, age
# and sex. A year later a score recorded how far the disease had progressed. A *linear* model predicts a
# weighted sum,
#
# $$\hat y = w_1 x_1 + w_2 x_2 + \dots + w_{10} x_{10} + b,$$
#
# and learning finds the *weights* $w$ and the *bias* $b$ for which the squared errors are least. **Is the
# result good?** That depends on how well a lazy model does, one that predicts the training mean for everyone.
# Such a *baseline* stands beside every model of this course. We measure how far each is off, on average, and
# how much less the linear model is off than the baseline *on the same patients*.

# %%
from sklearn.linear_model import LinearRegression

diabetes = load("diabetes")
linear = LinearRegression().fit(diabetes.train.x, diabetes.train.y)
y_linear = linear.predict(diabetes.test.x)
y_mean = np.full(len(diabetes.test), diabetes.train.y.mean())

def error_saved(y_true, y_base, y_pred):
    return np.mean(np.abs(y_true - y_base)) - np.mean(np.abs(y_true - y_pred))

saved = evaluation.bootstrap(error_saved, diabetes.test.y, y_mean, y_linear)
for name, y_pred in {"the mean": y_mean, "linear model": y_linear}.items():
    off = evaluation.mean_absolute_error(diabetes.test.y, y_pred)
    print(f"{name:13} off by {off:.0f}")
print(f"difference           {saved:.0f}")

# %% [markdown]
# The interval of the difference lies far above 0: the linear model is better than the lazy one. The interval
# comes from a *bootstrap*: the test patients are drawn again a thousand times, with replacement, as if other
# patients had come, and the difference is measured each time.
#
# ### Which: classification
#
# For our biopsies the answer is a class, but it should come with a degree of doubt. So the weighted sum, now
# called $z$, is turned into a probability by the *logistic function*, also called *sigmoid*:
#
# $$p = \sigma(z) = \frac{1}{1 + e^{-z}}.$$
#
# Large negative sums give nearly 0, large positive ones nearly 1. Sum and bend together are one *neuron*:

# %% mystnb={"image": {"alt": "Drawing of one neuron: inputs x1, x2 to x30, each with its weight, lead by arrows into a circle with a sum sign, where the bias b is added; its output z goes through a box with an S-shaped curve, the activation, and comes out as p."}}
drawings.neuron()

# %% [markdown]
# A model of one such neuron is a *logistic regression*, and medicine has used it for decades. In this course
# its probabilities are `y_score`, and the decisions made from them, here with a threshold of one half,
# `y_pred`. **Thirty measures against one: how much better?**

# %%
from sklearn.linear_model import LogisticRegression

logistic = LogisticRegression(max_iter=1000).fit(x_train, y_train)
y_score = logistic.predict_proba(x_test)[:, 1]
accuracy_thirty = evaluation.accuracy(y_test, (y_score > 0.5).astype(int))
print(f"accuracy {accuracy_thirty:.2f}, with one measure {accuracy:.2f}")
gain = evaluation.auroc_difference(y_test, y_score, x_test[:, 0])
claim("a logistic regression on thirty measures ranks biopsies better than the radius",
      gain.clears(0), shown=f"AUROC {gain:+.2f}")
scores = {"radius alone": x_test[:, 0], "logistic regression": y_score}
evaluation.compare(y_test, scores, against="radius alone")

# %% [markdown]
# The *AUROC* needs no threshold: it is the chance that of two biopsies, one malignant and one benign, the
# malignant one gets the higher score. One half is guessing, 1 is perfect. Thirty measures do better than one:
# see the last column. This is the baseline that a network must beat, and it leaves little to do.
#
# ## A neural network from nothing
#
# A neural network is a few such models, one behind the other.

# %% mystnb={"image": {"alt": "Drawing of a network: a column of 30 measures x, shape n by 30; lines to a column of 8 hidden units h, shape n by 8, with weights W1 of shape 30 by 8 and biases b1; lines to one probability p, shape n by 1, with weights W2 of shape 8 by 1 and bias b2."}}
drawings.network()

# %% [markdown]
# The first *layer* computes eight new measures $h$ from the thirty old ones, the second decides from those:
#
# $$a = x W_1 + b_1, \qquad h = \max(0, a), \qquad z = h W_2 + b_2, \qquad p = \sigma(z).$$
#
# The bend $\max(0, a)$ is called *ReLU*. Without it, two weighted sums would be one weighted sum. With it,
# each of the eight *hidden units* is 0 for some biopsies and not for others, and so the network can follow a
# curve. Nobody says what the eight should measure: training finds it.

# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

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
# The weights start at random: if all were alike, all hidden units would learn the same. With a spread of
# $\sqrt{2/\text{inputs}}$ the numbers neither grow nor fade from layer to layer.
#
# ### What an error costs: cross-entropy
#
# To learn, the network must know how wrong it is: its *loss*. A prediction that gave the truth a probability
# of $p$ costs $-\log p$. The mean over all biopsies is the *cross-entropy*. The probability of the truth is
# $p$ where $y = 1$ and $1 - p$ where $y = 0$, which one line can say:
#
# $$L = -\frac1n \sum \big( y \log p + (1 - y) \log (1 - p) \big).$$
#
# **What does it cost to be sure and wrong?**

# %% mystnb={"image": {"alt": "The cost of a prediction against the probability given to the truth: near zero at probability 1, 0.69 at one half, rising steeply toward the left, without bound as the probability falls to zero."}, "figure": {"caption": "The cost of one prediction, by the probability that it gave to the truth."}}
def cross_entropy(y, z):
    return np.mean(np.logaddexp(0, z) - y * z)

h, z = forward(x, *start)
p = sigmoid(z)
print(f"as in the formula {-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)):.6f}")
print(f"the safe way      {cross_entropy(y, z):.6f}")
given = np.linspace(0.001, 1, 500)
plt.figure(figsize=(5, 2.5))
plt.plot(given, -np.log(given))
plt.xlabel("probability that was given to the truth")
plt.ylabel("cost");

# %% [markdown]
# Nearly nothing where it is sure and right, 0.69 for "one half", and no limit where it is sure and wrong. The
# code computes it in another form, the mean of $\log(1 + e^z) - y z$, which is safe where $p$ is so near to 0
# or 1 that its logarithm fails. The two printed lines agree.
#
# ### Exercise 2: A loss by hand
#
# Three biopsies are malignant, benign, malignant; a model gives them probabilities of malignancy of 0.9, 0.2
# and 0.4. What is the cross-entropy?

# %%
loss = ...
ch01.q2.check(loss)

# %% [markdown]
# ### Which way is down: backpropagation
#
# The network should change its weights so that $L$ falls. The derivative of $L$ with respect to a weight says
# which way; there is one for each weight. *Backpropagation* computes them all at once by the chain rule: it
# walks through the network from the end to the beginning, and each step reuses the one before. The first step
# is simple, the probability minus the truth:
#
# $$\frac{\partial L}{\partial z} = \frac{p - y}{n}, \qquad
# \frac{\partial L}{\partial W_2} = h^\top \frac{\partial L}{\partial z}, \qquad
# \frac{\partial L}{\partial a} = \Big(\frac{\partial L}{\partial z} W_2^\top\Big) \cdot [a > 0], \qquad
# \frac{\partial L}{\partial W_1} = x^\top \frac{\partial L}{\partial a}.$$
#
# The bracket is 1 where a unit was above 0, and 0 elsewhere.

# %%
def gradients(x, y, W1, b1, W2, b2):
    h, z = forward(x, W1, b1, W2, b2)
    dz = (sigmoid(z) - y) / len(y)  # (n, 1)
    da = (dz @ W2.T) * (h > 0)  # (n, 8)
    return [x.T @ da, da.sum(0), h.T @ dz, dz.sum(0)]

[g.shape for g in gradients(x, y, *start)]

# %% [markdown]
# One derivative for each weight, in the shapes of $W_1, b_1, W_2, b_2$; together they are the *gradient*.
# **Are they right?** A slip in such lines does not stop the program, but the network learns badly. So we
# nudge each weight a little up and a little down, and see how much the loss really changes.

# %%
nudged = [np.zeros_like(w) for w in start]
for w, slope in zip(start, nudged):
    for place in np.ndindex(w.shape):
        kept = w[place]
        w[place] = kept + 1e-6
        above = cross_entropy(y, forward(x, *start)[1])
        w[place] = kept - 1e-6
        below = cross_entropy(y, forward(x, *start)[1])
        w[place], slope[place] = kept, (above - below) / 2e-6

by_hand = gradients(x, y, *start)
print(f"first weight: by hand {by_hand[0][0, 0]:.6f}, nudged {nudged[0][0, 0]:.6f}")
off = max(np.abs(one - other).max() for one, other in zip(by_hand, nudged))
print("all 257 agree to 1e-7:", off < 1e-7)

# %% [markdown]
# All 257 derivatives are right. This check finds a slip in any derivative that is written by hand.
#
# ### Going down: gradient descent
#
# Take a few biopsies, a *batch*, compute the derivatives $g$ on these, and move each weight a little in the
# other direction:
#
# $$w \leftarrow w - \alpha\, g.$$
#
# $\alpha$ is the *learning rate*. Then take the next batch. All networks are trained like this.

# %%
batches = [rng.choice(len(x), size=32, replace=False) for step in range(300)]

def descend(rate):
    weights, losses = start, []
    for batch in batches:
        losses.append(cross_entropy(y[batch], forward(x[batch], *weights)[1]))
        g = gradients(x[batch], y[batch], *weights)
        weights = [w - rate * slope for w, slope in zip(weights, g)]
    return losses

losses = descend(rate=0.1)
print(f"loss: first batch {losses[0]:.2f}, last 50 {np.mean(losses[-50:]):.2f}")

# %% [markdown]
# The loss falls: it learns. But one rate serves all weights, those with steep slopes and those with flat
# ones, and a good rate must be found by trying.
#
# ### A step size for each weight: Adam
#
# *Adam* keeps two running means for each weight, $m$ of its derivatives and $v$ of their squares, and divides
# the first by the root of the second. So a weight whose derivatives are small but agree moves as far as one
# with large derivatives; a weight whose derivatives keep changing sign hardly moves.
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,$$
#
# $$\hat\alpha = \alpha\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}, \qquad
# w \leftarrow w - \hat\alpha\, \frac{m}{\sqrt v + \varepsilon}.$$
#
# Both means start at 0 and are too small in the first steps $t$; $\hat\alpha$ corrects that. The paper's
# values are $\beta_1 = 0.9$ and $\beta_2 = 0.999$; $\varepsilon$ only prevents a division by zero.
#
# **Is Adam better?** One pair of learning rates is no race. So each method runs from the same start, over the
# same batches, with eight learning rates. Which of the two do you expect to reach the lower loss?

# %%
def adam(alpha, beta1=0.9, beta2=0.999, epsilon=1e-7):
    weights, losses, m, v = start, [], [0] * 4, [0] * 4
    for t, batch in enumerate(batches, start=1):
        losses.append(cross_entropy(y[batch], forward(x[batch], *weights)[1]))
        g = gradients(x[batch], y[batch], *weights)
        m = [beta1 * mean + (1 - beta1) * slope for mean, slope in zip(m, g)]
        v = [beta2 * mean + (1 - beta2) * slope**2 for mean, slope in zip(v, g)]
        step = alpha * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        weights = [w - step * mean / (np.sqrt(square) + epsilon)
                   for w, mean, square in zip(weights, m, v)]
    return losses

losses_adam = adam(alpha=0.01)

# %% mystnb={"image": {"alt": "Mean loss of the last 50 batches against the learning rate, both axes logarithmic, for gradient descent and Adam. Both are high at small rates and fall to below 0.01 at their best; Adam is below the dotted line at 0.1 over a wider range, from a rate of 0.003 on, gradient descent from about 0.03 on."}, "figure": {"caption": "Mean loss of the last 50 of 300 batches, by learning rate, on the training biopsies; both axes logarithmic."}}
rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]
with np.errstate(over="ignore"):  # the highest rate overshoots on its way
    end_descent = np.array([np.mean(descend(rate)[-50:]) for rate in rates])
    end_adam = np.array([np.mean(adam(rate)[-50:]) for rate in rates])
plt.figure(figsize=(6, 3.2))
plt.loglog(rates, end_descent, "o-", label="gradient descent")
plt.loglog(rates, end_adam, "s--", label="Adam")
plt.axhline(0.1, color="0.4", linestyle=":")
plt.xlabel("learning rate")
plt.ylabel("loss, last 50 batches")
plt.legend()
good_adam, good_descent = np.sum(end_adam < 0.1), np.sum(end_descent < 0.1)
claim("Adam ends below a loss of 0.1 with more learning rates than gradient descent",
      good_adam > good_descent, shown=f"{good_adam} of 8 against {good_descent}")

# %% [markdown]
# At its best rate, plain descent gets very low, too. The difference is how much the rate matters: Adam's
# valley is wider and reaches down to rates at which plain descent has hardly moved. Adam is the usual choice
# because it usually does well without tuning, not because it always ends lower. We go on with a rate of 0.01.
#
# ### Exercise 3: One step of Adam
#
# A weight is 2.0, its first derivative 4.0, the learning rate 0.1. Where is the weight after this step? And
# where would it be if the derivative were 0.004? Give both numbers.

# %%
weights_after = ...  # (after 4.0, after 0.004)
ch01.q3.check(weights_after)

# %% [markdown]
# ## Stop here
#
# Three things to remember: a score has an interval and stands beside a baseline; a neural network is weighted
# sums with bends between them; it learns by following the derivatives of the cross-entropy downhill. Next
# time: the same network in three lines of Keras, when depth helps, and seven ways in which medical data
# mislead. (If you closed the notebook, run all cells above before you go on.)
#
# ## Second sitting: deep networks, and what misleads them
#
# ### Why now
#
# Backpropagation has been known since the 1980s [1], and computers were good at medicine before. In 1979
# blinded experts rated the antibiotics chosen by MYCIN, a program of a few hundred rules, at least as high as
# their colleagues' [2]; in 1991 a network little larger than ours told heart attacks from other chest pain
# better than the doctors on duty [3]. Neither came into routine use. Then came large collections of labelled
# cases, such as *ImageNet*, 1.2 million photographs in a thousand classes, and processors built for computer
# games (*GPUs*) to train on them. Below are the errors of ImageNet's yearly contest [4, 5]. **When did deep
# networks enter it?**

# %% mystnb={"image": {"alt": "Bars of the winner's error in the ImageNet contest: 28 % in 2010 and 26 % in 2011, in grey; 16 % in 2012, 12 % in 2013, 7 % in 2014 and 4 % in 2015, in blue, deep networks. A dotted line at 5 % marks one trained person."}, "figure": {"caption": "Error of each year's winner of the ImageNet contest, 2010 to 2015, as published [4, 5]."}}
years, errors = range(2010, 2016), [28.2, 25.8, 16.4, 11.7, 6.7, 3.6]
plt.figure(figsize=(6, 2.8))
plt.bar(years[:2], errors[:2], color="0.7", label="other methods")
plt.bar(years[2:], errors[2:], color="C0", label="deep networks")
plt.axhline(5.1, color="0.3", linestyle=":", label="one trained person")
plt.ylabel("error of the winner (%)")
plt.legend();

# %% [markdown]
# In 2012, with a network of eight layers that trained for five to six days on two graphics cards [6]; the
# winners after it are deep networks, too. Medicine followed: in 2016 a network found diabetic disease of the
# retina about as well as ophthalmologists [7], and in 2018 such a system was the first in the United States
# that was allowed to decide without a physician, after a trial in 900 patients [8]. The mathematics, which
# you have just written, had not changed; the amount of data and of computing had.
#
# ### The same network in Keras
#
# In *Keras* you say what the layers are, and the rest follows: the forward pass, backpropagation, the
# *optimiser* (Adam). A `Dense` layer is $xW + b$, "relu" is $\max(0, \cdot)$, and `from_logits=True` says
# that the network returns $z$, not $p$. We give it our first weights and our batches. **Will it be the same
# network?**

# %% tags=["flagship"]
import keras

model = keras.Sequential([
    keras.Input((30,)),
    keras.layers.Dense(8, activation="relu"),
    keras.layers.Dense(1),
])
model.set_weights(start)
loss_of_z = keras.losses.BinaryCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.01), loss_of_z)
print("to learn:", model.count_params(), "by hand:", sum(w.size for w in start))

# %%
losses_keras = []
for batch in batches:
    model.reset_metrics()  # the loss of this batch alone
    losses_keras.append(float(model.train_on_batch(x[batch], y[batch])))
for step in (0, 100, 200, 299):
    print(f"step {step:3}: {losses_adam[step]:.3f} and {losses_keras[step]:.3f}")
off = np.abs(np.subtract(losses_keras, losses_adam))
print("all 300 agree to 1e-5:", off.max() < 1e-5)

# %% [markdown]
# It is: the same number of weights, and the same loss in every step, up to rounding (Keras computes with
# seven digits, NumPy with sixteen). In this training the library did nothing that you have not just written
# yourself. It adds many kinds of layer, speed, and the derivatives of whatever you put together.
#
# ### Exercise 4: Count the numbers to learn
#
# How many numbers does a network of `Dense` layers learn that has 30 inputs, 16 and then 8 hidden units, and
# one output? Work it out from the shapes; Keras is not needed.

# %%
parameters = ...
ch01.q4.check(parameters)

# %% [markdown]
# ### Exercise 5: Build a small network
#
# An X-ray of 28 × 28 pixels, laid out as one row, is 784 inputs. Build a Keras network with at least two
# hidden layers, one output that is a probability, and fewer than 20,000 numbers to learn.

# %%
small_network = ...  # keras.Sequential([keras.Input((784,)), ...])
ch01.q5.check(small_network)

# %% [markdown]
# ## When does depth help?
#
# ### On tables
#
# A network with many layers is called *deep*. Here is one with three hidden layers of 64 units.
# `training.fit` stands for "train until the loss on the validation cases has not fallen for five rounds, then
# put the best weights back". **Before you go on: will it beat logistic regression on the biopsies?**

# %% mystnb={"image": {"alt": "Loss of the deep network over the epochs: on the training biopsies it falls steadily, on the validation biopsies it falls at first and then stays or rises."}, "figure": {"caption": "Loss of the deep network on training and validation biopsies, epoch by epoch."}}
from medlearn import training

def deep_net(inputs, last, width=64):
    hidden = [keras.layers.Dense(width, activation="relu") for layer in range(3)]
    output = keras.layers.Dense(1, activation=last)
    return keras.Sequential([keras.Input((inputs,)), *hidden, output])

training.set_seed(0)
deep = deep_net(30, last="sigmoid")
deep.compile("adam", "binary_crossentropy")
validation = (x_validation, y_validation)
history = training.fit(deep, (x_train, y_train), validation, epochs=60)
print(f"{deep.count_params():,} numbers to learn from {len(x_train)} biopsies")
plots.history(history, data=cells);

# %% [markdown]
# An *epoch* is one round through all training cases. The network has far more numbers to learn than biopsies.
# Its training loss falls and falls; the validation loss stops falling, and from there on the network only
# learns its training cases by heart. That is *overfitting*, the subject of notebook 6.

# %% tags=["nbval-ignore-output"]
deep_score = training.predict(deep, x_test)[:, 0]
gain = evaluation.auroc_difference(y_test, deep_score, y_score)
claim("on the biopsies no advantage of depth is shown", not gain.clears(0),
      shown=f"AUROC {gain:+.3f}; up to {max(gain.high, 0):.3f} is not ruled out")
scores = {"logistic regression": y_score, "deep network": deep_score}
evaluation.compare(y_test, scores, against="logistic regression", digits=3)

# %% [markdown]
# Whether it is better is told by the interval of the *difference*, with both models measured on the same
# patients: the last row, last column. It does not lie above 0. And on the other table? There the answer is a
# number, so the loss is the squared error. (Networks learn best from numbers around 1: we standardise, and
# divide by 100.)

# %% tags=["nbval-ignore-output"]
scaler = StandardScaler().fit(diabetes.train.x)
train, validation, test = ((scaler.transform(split.x), split.y / 100)
                           for split in diabetes.splits.values())
training.set_seed(0)
deep_diabetes = deep_net(10, last="linear")
deep_diabetes.compile("adam", "mse")
training.fit(deep_diabetes, train, validation, epochs=60)
y_deep = 100 * training.predict(deep_diabetes, test[0])[:, 0]
for name, y_pred in {"mean": y_mean, "linear": y_linear, "deep": y_deep}.items():
    off = evaluation.mean_absolute_error(diabetes.test.y, y_pred)
    print(f"{name:13} off by {off:.0f}")
saved = evaluation.bootstrap(error_saved, diabetes.test.y, y_linear, y_deep)
claim("on diabetes no advantage of depth is shown", not saved.clears(0),
      shown=f"points {saved:+.1f}; up to {max(saved.high, 0):.1f} is not ruled out")

# %% [markdown]
# "Not shown" is not "none": the brackets say how large an advantage these few test patients cannot rule out.
# But the linear model trains in a moment, its weights can be read, and it needs few cases. Nor are our tables
# an exception: in a review of 71 studies with clinical data, the careful comparisons found no advantage of
# machine learning over logistic regression [9], and on larger tables forests of decision trees were still
# hard to beat [10].
#
# ### Exercise 6: Train another width
#
# Build `deep_net` with 8 units a layer instead of 64, train it in the same way, and compare it with the deep
# network above on the test biopsies: give the difference of the AUROCs with its interval, as
# `evaluation.auroc_difference` returns it.

# %%
difference = ...  # of the narrow network from `deep_score`
ch01.q6.check(difference)

# %% [markdown]
# ### On X-rays: the baseline, and a choice made in view
#
# A column of a table means the same in every row. A pixel does not: the shadow that means pneumonia may lie
# in any part of either lung. First the baseline, a logistic regression on the 784 pixels. It has one
# hyperparameter that matters here, `C`: the smaller it is, the more the weights are held near 0
# (*regularisation*). We choose it on the validation X-rays.

# %% mystnb={"image": {"alt": "The weights of the linear model drawn as an image of 28 by 28, red where a brighter pixel speaks for pneumonia, blue where against it: speckled, without a clear shape, redder over parts of the lungs."}, "figure": {"caption": "The linear model's weight for each pixel, learnt from the training X-rays; simulated data."}}
pixels_train, pixels_validation, pixels_test = (
    split.x.reshape(len(split), -1) / 255 for split in films.splits.values())
fitted, auroc_of = {}, {}
for C in (0.001, 0.01, 0.1, 1):
    fitted[C] = LogisticRegression(C=C, max_iter=2000).fit(pixels_train, films.train.y)
    score = fitted[C].decision_function(pixels_validation)
    auroc_of[C] = evaluation.auroc(films.validation.y, score).value
    print(f"C = {C:<5}  AUROC on validation {auroc_of[C]:.3f}")
linear_film = fitted[max(auroc_of, key=auroc_of.get)]
weight = linear_film.coef_.reshape(28, 28)
plt.figure(figsize=(3.2, 3))
plt.imshow(weight, cmap="RdBu_r", vmin=-abs(weight).max(), vmax=abs(weight).max())
plt.axis("off")
plots.mark(plt.gcf(), data=films)

# %% [markdown]
# The `C` with the highest AUROC is taken. (Where that is the last of a list, a longer list might hold a
# better one.) The picture shows the chosen model's weights, a stencil: where it is red, brighter speaks for
# pneumonia; where it is blue, against it. It only says where X-rays differ *on average*.
#
# ### Two deep networks that differ in one thing
#
# A *convolutional* layer slides small filters of 3 × 3 pixels over the whole image and asks the same question
# everywhere; the next layer asks about the answers of the first, on a coarser image (notebook 2). To see what
# depth does and what convolution does, we train two networks with three hidden layers each and the same
# training. Only the kind of layer differs. The dense network flattens the image into a row and has 64 units a
# layer. The convolutional one has 16, 32 and 64 filters, halves height and width after each layer
# (*pooling*), and averages at the end.

# %%
from keras import layers

def network(*hidden):
    return keras.Sequential([
        keras.Input((28, 28, 1)), layers.Rescaling(1 / 255),
        # evens out pale and dark images:
        layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False),
        *hidden, layers.Dense(1, activation="sigmoid")])

def bent(layer):  # the normalisation keeps the numbers around 0
    return [layer, layers.BatchNormalization(momentum=0.9), layers.ReLU()]

# %%
training.set_seed(0)
dense = network(
    layers.Flatten(),
    *bent(layers.Dense(64)), *bent(layers.Dense(64)), *bent(layers.Dense(64)),
)
convolutional = network(
    *bent(layers.Conv2D(16, 3, padding="same")), layers.AveragePooling2D(2),
    *bent(layers.Conv2D(32, 3, padding="same")), layers.AveragePooling2D(2),
    *bent(layers.Conv2D(64, 3, padding="same")), layers.AveragePooling2D(2),
    layers.GlobalAveragePooling2D(),
)
for name, model in {"dense": dense, "convolutional": convolutional}.items():
    print(f"{name:14} {model.count_params():,} numbers")

# %% [markdown]
# The dense network has more numbers to learn. Both train for 20 epochs. **Which of the three models will be
# ahead, and by how much?**

# %% tags=["nbval-ignore-output"]
scores = {"linear": linear_film.decision_function(pixels_test)}
for name, model in {"dense, deep": dense, "convolutional, deep": convolutional}.items():
    model.compile("adam", "binary_crossentropy")
    training.fit(model, films.train, epochs=20)
    scores[name] = training.predict(model, films.test.x)[:, 0]
patient = films.test.patient
gain = evaluation.auroc_difference(films.test.y, scores["convolutional, deep"],
                                   scores["dense, deep"], patient=patient)
claim("of two networks of equal depth the convolutional one ranks X-rays better",
      gain.clears(0), shown=f"{gain:+.2f}")
evaluation.compare(films.test.y, scores, against="linear", patient=patient)

# %% [markdown]
# Read the last column. The dense network, just as deep and with more numbers to learn, is hardly ahead of the
# linear model, if at all; the convolutional one is ahead of both. So it is not depth alone. What pays is
# layers that suit the data: the right question, asked everywhere, and then questions about the answers. (With
# other training the gap can be smaller. The 20 epochs were settled on simulated sets, test X-rays included:
# do not imitate that.)
#
# As a rule of thumb: where someone has already turned the patient into well-chosen measures, in a table,
# start with a linear model and expect to stay there. Where the case is raw, an image, a text, a course in
# time, the measures must be learnt, and deep networks learn them.
#
# ## Seven difficulties
#
# The rest of the course is about what to do.
#
# ### 1. High dimension: more columns than patients
#
# A case can have thousands of numbers, pixels or genes or laboratory values, and most say nothing about the
# question. We imitate that: our thirty measures stay, and columns of pure noise are put beside them. **Thirty
# good measures are still there. What do 3,000 useless ones cost?** We ask logistic regression and *nearest
# neighbours*, which looks up the five most similar training biopsies.

# %%
from sklearn.neighbors import KNeighborsClassifier

def right_with_noise(model, columns):
    rng = np.random.default_rng(0)
    wide_train = np.hstack([x_train, rng.normal(size=(len(x_train), columns))])
    noise = rng.normal(size=(len(x_validation), columns))
    wide_validation = np.hstack([x_validation, noise])
    return model.fit(wide_train, y_train).predict(wide_validation) == y_validation

# %% mystnb={"image": {"alt": "Accuracy on the validation biopsies against the number of noise columns, for five nearest neighbours and logistic regression, with intervals as bands. Both begin near 0.96; nearest neighbours falls below 0.8 at 3,000 columns, toward the dotted line of always benign; logistic regression falls less."}, "figure": {"caption": "Accuracy on the validation biopsies, with intervals, as columns of noise are added to the thirty measures."}}
nearest, columns = KNeighborsClassifier(5), [0, 30, 100, 300, 1000, 3000]
models = {"nearest neighbours": nearest, "logistic": LogisticRegression(max_iter=1000)}
for name, model in models.items():
    shares = [evaluation.proportion(right_with_noise(model, n)) for n in columns]
    plt.plot(range(6), [share.value for share in shares], "o-", label=name)
    low, high = [share.low for share in shares], [share.high for share in shares]
    plt.fill_between(range(6), low, high, alpha=0.2)
plt.axhline(np.mean(y_validation == 0), color="0.4", ls=":", label="always benign")
plt.gca().set(xticks=range(6), xticklabels=columns, ylabel="accuracy", ylim=(0.45, 1))
plt.xlabel("columns of noise beside the thirty measures")
plt.legend(loc="lower left")
before, after = right_with_noise(nearest, 0), right_with_noise(nearest, 3000)
lost = evaluation.bootstrap(lambda a, b: a.mean() - b.mean(), before, after)
claim("3,000 columns of noise cost nearest neighbours accuracy", lost.clears(0.02),
      shown=f"{lost:.2f} lost")

# %% [markdown]
# In so many dimensions every biopsy is about as far from every other, and "most similar" loses its meaning:
# the *curse of dimensionality*. Logistic regression suffers less. Hence three habits: few and well-chosen
# measures, regularisation, and judging a model on cases that it has not seen.
#
# ### 2. Sick patients are few
#
# Of the patients in intensive care most survive. This *imbalance* fools one measure in particular. **What
# accuracy does a program reach that says "survives" to everyone?** We compare it with a logistic regression
# on the last value of each measurement.

# %%
from sklearn import impute, pipeline

x_stays = {part: np.hstack([split.x.last(), split.x.static])  # with gaps
           for part, split in stays.splits.items()}
fill = impute.SimpleImputer(strategy="median", keep_empty_features=True)
logistic = LogisticRegression(C=0.1, max_iter=1000)
risk = pipeline.make_pipeline(fill, StandardScaler(), logistic)
risk.fit(x_stays["train"], stays.train.y)
y_true, y_risk = stays.test.y, risk.predict_proba(x_stays["test"])[:, 1]
auroc = evaluation.auroc(y_true, y_risk)
for y_pred in (np.zeros(len(y_true), int), (y_risk > 0.5).astype(int)):
    right = evaluation.accuracy(y_true, y_pred)
    print(f"accuracy {right:.2f}, {evaluation.sensitivity(y_true, y_pred):.2f} found")
gained = right.value - np.mean(y_true == 0)
claim("a model that ranks far better than chance gains less than 0.03 of accuracy",
      auroc.clears(0.65) and gained < 0.03, shown=f"AUROC {auroc:.2f}, {gained:+.3f}")

# %% [markdown]
# First line: the lazy program; second line: the regression. The share *found* of those who die is called
# *sensitivity*: for the lazy program, 0. Accuracy hardly tells it from a model that ranks patients far better
# than chance. So an accuracy says nothing without the *prevalence*, the share of patients who have the
# outcome (notebook 5).
#
# ### Exercise 7: The laziest program
#
# It gives everyone the same answer, the more common one. Write its accuracy as a function of the prevalence.

# %%
def lazy_accuracy(prevalence):
    return ...

ch01.q7.check(lazy_accuracy)

# %% [markdown]
# ### Exercise 8: Sensitivity
#
# What is the sensitivity of this screening test?
#
# | | cancer | no cancer |
# |---|---|---|
# | called malignant | 36 | 30 |
# | called benign | 12 | 222 |

# %%
sensitivity = ...
ch01.q8.check(sensitivity)

# %% [markdown]
# ### 3. What is missing says something
#
# Not every patient has a lactate. **Suppose all results were blacked out, and you saw only how often lactate
# was measured. Would that tell you who dies?**

# %% mystnb={"image": {"alt": "Share of patients who died, with intervals, by how often lactate was measured in two days: lowest where it never was, rising to highest where it was measured seven times or more."}, "figure": {"caption": "Share of patients who died in hospital, by how often lactate was measured; simulated stays, with intervals."}}
groups = {"never": lactates == 0, "once": lactates == 1,
          "2 or 3 times": (lactates >= 2) & (lactates <= 3),
          "4 to 6 times": (lactates >= 4) & (lactates <= 6),
          "7 times or more": lactates >= 7}
died = {name: evaluation.proportion(stays.train.y[group] == 1)
        for name, group in groups.items()}
plots.estimates(died, measure="share who died in hospital", data=stays)
auroc = evaluation.auroc(stays.train.y, lactates)
claim("the count of lactates, without one result, predicts death better than chance",
      auroc.clears(0.55), shown=f"AUROC {auroc:.2f}")

# %% [markdown]
# It would: the more often lactate was measured, the larger the share who died. A worried doctor orders a
# test, and the order tells of the worry. So gaps must not be filled and forgotten (notebook 3). But a model
# that uses them learns the habits of a hospital, and may err where habits differ. In two hospitals in Boston
# the time of an order predicted survival better than the test's result, for most tests [11].
#
# ### 4. Labels are few
#
# An X-ray is taken in a moment; to say what it shows takes a radiologist. **How much better does a linear
# model get with every doubling of the labelled X-rays?** To save time, it is given the forty principal
# components of the X-rays, which need no label. Each dot is the mean of ten draws, the band its interval.

# %% mystnb={"image": {"alt": "AUROC of the linear model on the validation X-rays against the number of labelled X-rays, which doubles from dot to dot: it rises from 25 to 800."}, "figure": {"caption": "AUROC of a linear model on the validation X-rays, by number of labelled X-rays; simulated data."}}
views = PCA(40, random_state=0).fit(pixels_train)
view_train, view_validation = map(views.transform, (pixels_train, pixels_validation))
def auroc_from(count, seed):
    some = np.random.default_rng(seed).choice(len(films.train), count, replace=False)
    model = LogisticRegression(C=0.1).fit(view_train[some], films.train.y[some])
    score = model.decision_function(view_validation)
    return evaluation.auroc(films.validation.y, score).value

counts = [25, 50, 100, 200, 400, 800]
draws = [[auroc_from(count, seed) for seed in range(10)] for count in counts]
curve = [evaluation.over_seeds(values) for values in draws]
plt.plot(range(6), [point.value for point in curve], "o-")
plt.fill_between(range(6), [p.low for p in curve], [p.high for p in curve], alpha=0.3)
plt.xticks(range(6), counts)
plt.gca().set(xlabel="labelled X-rays", ylabel="AUROC on validation")
plots.mark(plt.gcf(), data=films)

# %% [markdown]
# The curve rises, but each step takes twice as many labels as the one before. Hence the interest in
# unlabelled cases, in networks that learnt on other pictures (notebook 2), and in made-up cases (notebook 4).
#
# ### 5. A name is not needed to recognise someone
#
# The stays carry no names. But somebody may know how old and how tall a patient was, man or woman, in which
# unit, and the heart rate on arrival. **Of a hundred stays, how many are the only ones with their combination
# of these five?**

# %% mystnb={"image": {"alt": "Share of stays that are unique, as one more fact becomes known: near zero with age alone and with sex, rising with height and unit, and above nine in ten with the first heart rate."}, "figure": {"caption": "Share of stays that no other stay equals in the facts known so far; simulated intensive-care data."}}
import pandas as pd

is_rate = records.variable == records.variables.index("HR")
heart_rate = pd.Series(records.value[is_rate], index=records.case[is_rate])
facts = pd.DataFrame(records.static, columns=records.static_names)
facts = facts[["Age", "Gender", "Height", "ICUType"]]
facts["first heart rate"] = heart_rate.groupby(level=0).first()
known = [facts.iloc[:, :number] for number in range(1, 6)]
unique = [1 - some.duplicated(keep=False).mean() for some in known]
plt.figure(figsize=(7, 2.5))
plt.barh(["age", "+ sex", "+ height", "+ unit", "+ first heart rate"], unique)
plt.gca().invert_yaxis()
plt.xlabel("share of stays that are unique")
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# Five harmless facts single out nearly every stay, and with it every blood value of two days and the outcome.
# (Never look for a real person in such data: the rules that come with them forbid it.) To remove the names is
# called *de-identification*, and it is not *anonymity*: fifteen facts were estimated to single out nearly
# everyone in the United States [12].
#
# ### 6. The same patient on both sides
#
# Patients come again: an X-ray on Monday and one on Friday, six shifts in two days of intensive care. It is
# tempting to take each for a case. We do that with the stays: we cut each into shifts of eight hours and
# predict death from every shift, by the outcomes of the five training shifts that are most like it. We split
# twice: shifts at random, as many articles do, and by patient, so that all shifts of a stay are on one side.
# The model is the same, and so is the share of test cases. **Which split gives the higher score, and by how
# much?**

# %%
values = records.grid(hours=48, step=8).values  # (stays, 6 shifts, variables)
static = np.repeat(records.static[:, None, :], 6, axis=1)
x_shift = np.concatenate([values, static], axis=2).reshape(6 * len(records), -1)
y_shift, patient = np.repeat(stays.train.y, 6), np.repeat(stays.train.patient, 6)

def score_of(train, test):
    model = pipeline.make_pipeline(fill, StandardScaler(), KNeighborsClassifier(5))
    model.fit(x_shift[train], y_shift[train])
    score = model.predict_proba(x_shift[test])[:, 1]
    return evaluation.auroc(y_shift[test], score, patient=patient[test])

# %% mystnb={"image": {"alt": "AUROC of the same model in two splits, with intervals: high when shifts are split at random, much lower and nearer to chance when patients are kept whole."}, "figure": {"caption": "AUROC of one model under two splits of the same shifts, with intervals; simulated stays."}}
from medlearn.data import split_by_patient

each_its_own = np.arange(len(y_shift))  # as if each shift were a patient
at_random = score_of(*split_by_patient(each_its_own, shares=(0.7, 0.3)))
by_patient = score_of(*split_by_patient(patient, shares=(0.7, 0.3)))
leak = {"shifts at random": at_random, "by patient": by_patient}
plots.estimates(leak, measure="AUROC", chance=0.5, data=stays)
claim("split at random, the same model seems better by more than 0.08 of AUROC",
      at_random.value - by_patient.value > 0.08,
      shown=f"{at_random:.2f} against {by_patient:.2f}")

# %% [markdown]
# Nothing about the model changed. In the first split it had seen other shifts of the same patients, with the
# outcome attached, and recognised their age, height and usual values. That does not help with a new patient.
# This is a *leak*, and leaks are common: in a review of studies with phones and wearable sensors, almost half
# had split this way [13], and leaks of all kinds have been found in hundreds of papers [14].
#
# ### Exercise 9: Where is the leak?
#
# Which of these plans let the model know what it could not know? Give a set of letters.
#
# - **A** Standardise all cases with the mean and spread of all cases, then split by patient.
# - **B** Split by patient, then add slightly turned copies of the training X-rays to the training set.
# - **C** Cut the stays into shifts and split the shifts at random.
# - **D** Keep the ten columns that go best with `y` over all cases, then cross-validate a model on these.
# - **E** Choose the threshold on the validation set and report the sensitivity on the test set.
# - **F** Predict, at admission, death in hospital from age, heart rate and the length of the stay.

# %%
leaks = ...
ch01.q9.check(leaks)

# %% [markdown]
# ### Exercise 10: Split by patient
#
# `patient` holds the patient number of each case. Return an array of True and False, True for the cases of
# about 30 % of the patients, so that no patient is on both sides.

# %%
def split(patient):
    return ...

ch01.q10.check(split)

# %% [markdown]
# ### 7. Trust: it always answers
#
# A doctor who is shown a blank picture says so. **What does our convolutional network say to pictures that
# are no chest X-rays, or one that hangs upside down?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Three pictures, each with the probability of pneumonia that the network gives: random noise, a plain black square, and a chest X-ray upside down. Each has a number between 0 and 1."}, "figure": {"caption": "What the convolutional network says to two pictures that are no X-rays and one X-ray upside down."}}
rng = np.random.default_rng(0)
noise = rng.integers(0, 256, (28, 28, 1)).astype(np.uint8)
odd = np.stack([noise, np.zeros_like(noise), films.validation.x[0][::-1]])
p = training.predict(convolutional, odd)[:, 0]
names = ["noise", "nothing", "upside down"]
titles = [f"{name}\np = {value:.2f}" for name, value in zip(names, p)]
plots.pictures(odd, titles=titles, columns=3, data=films);

# %% [markdown]
# It gives each a probability of pneumonia; nothing in it can say "this is no X-ray". A number between 0 and 1
# looks like a degree of belief, but it is a weighted sum, bent. So trust has to come from outside the
# network: from tests on other hospitals' patients, from probabilities that are checked against outcomes
# (notebook 5), from what it looks at (notebook 2), and from people who may overrule it and who answer for the
# decision.
#
# ## What it is good for, and what it must not be used for
#
# A deep network is good for raw cases. It is the wrong tool where cases are few, where the weights must be
# read, where a simple rule does, and where the question is what a treatment *causes*, which no prediction
# answers. No model of this notebook may decide about a patient: the biopsies are selected and from one
# centre, the X-rays and stays simulated, and nobody has tried it on a ward.
#
# **Can it replace doctors?** On selected pictures, networks and professionals did about equally well in a
# review of 2019, but few of its studies had tested both on the same patients, or in another hospital than
# their own [15]. Elsewhere, things go wrong that their own test set cannot show. Networks for pneumonia had
# learnt to tell hospitals apart, and the hospital alone gave an AUROC of 0.86 where one had far more
# pneumonia than the other [16]. A warning of sepsis, in use in hundreds of hospitals, reached 0.63 when
# others measured it [17].
#
# It can also go right. In a randomised trial with over 105,000 women in Sweden, a network decided which
# mammograms one radiologist should read and which two. Compared with two radiologists for all, cancers that
# came to light between screenings were no more frequent (1.55 against 1.76 per 1,000 women) and screening
# found more of the cancers (sensitivity 80.5 % against 73.8 %, at the same specificity of 98.5 %), with 44 %
# less reading [18]. A network answers the one question it was trained on; whom to ask it about and what to do
# next remain a person's responsibility.
#
# ## What we learnt
#
# - Thirty measurements tell malignant from benign nearly always, in selected biopsies of one centre. A logistic
#   regression does it; a deep network was not shown to be better.
# - A case is an image, a stay or a row; `x` is what is known, `y` what is asked, `patient` whose it is.
# - A network is weighted sums with bends between them. It learns by walking down the slope of the
#   cross-entropy, and backpropagation is the chain rule. Keras does what we did by hand.
# - On our tables a linear model was not beaten; on images convolution pays, depth alone hardly. The interval of
#   the difference decides.
# - Seven difficulties: too many columns, few sick patients, gaps that tell something, few labels, facts that
#   identify, one patient on both sides, and a model that always answers.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | supervised, unsupervised, semi-supervised | learning from labels, without labels, from a few of them |
# | train, validation, test | cases to learn from, to choose on, to look at once at the end |
# | hyperparameter | what is chosen about a model and not learnt, such as `C` or the learning rate |
# | baseline | the simple model that a new one must beat |
# | interval | where the figure for all such patients may well lie |
# | bootstrap | an interval from drawing the test patients again and again |
# | regression, classification | predicting a number, predicting a class |
# | AUROC | the chance that a sick patient gets a higher score than a healthy one |
# | logistic function, sigmoid | turns a sum into a probability |
# | layer, hidden unit, ReLU | a step of a network; one of its new measures; the bend max(0, a) |
# | cross-entropy | the mean of −log of the probability given to the truth |
# | backpropagation, gradient | the chain rule, from the end of the network to its beginning; all derivatives |
# | learning rate, batch, epoch | size of a step; the cases of a step; a round through all cases |
# | Adam | gradient descent with a step size for each weight |
# | overfitting, regularisation | learning the training cases by heart; holding weights small against it |
# | convolutional layer | small filters that ask the same question everywhere in an image |
# | imbalance, prevalence | one class is rare; the share of patients who have the finding |
# | sensitivity | the share found of those who have the finding |
# | leak | something reaches the model that it could not know of a new patient |
# | de-identified | without names, and not anonymous |
#
# **Onward**: notebook 2, [*CNN diagnosis*](02_cnn_diagnosis.ipynb), takes the network for X-rays apart and
# builds it up again.
#
# <details><summary><b>Sources</b></summary>
#
# Data: breast cancer, Street, Wolberg, Mangasarian, Proc. SPIE 1905:861 (1993), doi:10.1117/12.148698.
# Diabetes, Efron, Hastie, Johnstone, Tibshirani, Ann. Stat. 32:407 (2004), doi:10.1214/009053604000000067.
# X-rays, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al., Sci. Data 10:41
# (2023), CC BY 4.0. Stays, where real: PhysioNet/CinC Challenge 2012, Silva et al., Comput. Cardiol. 39:245
# (2012); Goldberger et al., Circulation 101:e215 (2000). Adam: Kingma, Ba, arXiv:1412.6980; in the order of
# its section 2.
#
# 1. Rumelhart, Hinton, Williams, Nature 323:533 (1986), doi:10.1038/323533a0
# 2. Yu et al., JAMA 242:1279 (1979)
# 3. Baxt, Ann. Intern. Med. 115:843 (1991), doi:10.7326/0003-4819-115-11-843
# 4. Russakovsky et al., Int. J. Comput. Vis. 115:211 (2015), doi:10.1007/s11263-015-0816-y: winners of 2010 to
#    2014, trained on the contest's images alone (five guesses each), and one trained person
# 5. He, Zhang, Ren, Sun, CVPR (2016), arXiv:1512.03385: the winner of 2015
# 6. Krizhevsky, Sutskever, Hinton, NeurIPS (2012)
# 7. Gulshan et al., JAMA 316:2402 (2016), doi:10.1001/jama.2016.17216
# 8. Abràmoff et al., npj Digit. Med. 1:39 (2018), doi:10.1038/s41746-018-0040-6
# 9. Christodoulou et al., J. Clin. Epidemiol. 110:12 (2019), doi:10.1016/j.jclinepi.2019.02.004
# 10. Grinsztajn, Oyallon, Varoquaux, NeurIPS Datasets and Benchmarks (2022)
# 11. Agniel, Kohane, Weber, BMJ 361:k1479 (2018), doi:10.1136/bmj.k1479
# 12. Rocher, Hendrickx, de Montjoye, Nat. Commun. 10:3069 (2019), doi:10.1038/s41467-019-10933-3
# 13. Saeb et al., GigaScience 6(5):1 (2017), doi:10.1093/gigascience/gix019
# 14. Kapoor, Narayanan, Patterns 4:100804 (2023), doi:10.1016/j.patter.2023.100804
# 15. Liu et al., Lancet Digit. Health 1:e271 (2019), doi:10.1016/S2589-7500(19)30123-2
# 16. Zech et al., PLoS Med. 15:e1002683 (2018), doi:10.1371/journal.pmed.1002683
# 17. Wong et al., JAMA Intern. Med. 181:1065 (2021), doi:10.1001/jamainternmed.2021.2626
# 18. The MASAI trial's final report, Lancet (2026), doi:10.1016/S0140-6736(25)02464-X; its first, on safety:
#     Lång et al., Lancet Oncol. 24:936 (2023), doi:10.1016/S1470-2045(23)00298-X
#
# </details>
